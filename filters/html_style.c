/* html_style.c - the part of CSS that decides whether text is seen, and how its lines run
 *
 * Declarations are read into a small fixed record; everything unknown is passed over, as CSS asks
 * for.
 *
 * Trust: the style text is hostile. Invariants: linear in the text; a record has a fixed size.
 */
#include "html_declare.h"

#include <string.h>

GString *
html_style_plain(const char *css, gsize length)
{
    GString *plain = g_string_sized_new(length + 1);
    const char *end = css + length;

    while (css < end) {
        if (end - css > 1 && css[0] == '/' && css[1] == '*') {
            const char *close = g_strstr_len(css + 2, end - css - 2, "*/");

            css = close != NULL ? close + 2 : end;
            g_string_append_c(plain, ' ');
        } else if (css[0] == '\\' && end - css > 1 && g_ascii_isxdigit(css[1])) {
            gunichar c = 0;
            const char *digit = css + 1;

            for (; digit < end && digit < css + 7 && g_ascii_isxdigit(*digit); digit++)
                c = c * 16 + (gunichar)g_ascii_xdigit_value(*digit);
            css = digit < end && g_ascii_isspace(*digit) ? digit + 1 : digit;
            g_string_append_c(plain,
                              c < 128 && (g_ascii_isalnum((char)c) || c == '-') ? (char)c : '_');
        } else {
            g_string_append_c(plain, *css++);
        }
    }
    return plain;
}

/* Lower case, runs of blanks as one, none at the ends. */
static char *
tidy(const char *text, gsize length)
{
    GString *tidied = g_string_sized_new(length + 1);

    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isspace(text[i]))
            g_string_append_c(tidied, g_ascii_tolower(text[i]));
        else if (tidied->len > 0 && tidied->str[tidied->len - 1] != ' ')
            g_string_append_c(tidied, ' ');
    }
    if (tidied->len > 0 && tidied->str[tidied->len - 1] == ' ')
        g_string_truncate(tidied, tidied->len - 1);
    return g_string_free(tidied, FALSE);
}

static void
parse_declaration(const char *css, gsize length, HtmlDeclarations *declarations)
{
    const char *colon = memchr(css, ':', length);
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;
    char *bang = NULL;

    if (colon == NULL)
        return;
    name = tidy(css, (gsize)(colon - css));
    value = tidy(colon + 1, length - (gsize)(colon + 1 - css));
    bang = strrchr(value, '!');
    if (bang != NULL) {
        *bang = '\0';
        g_strchomp(value);
    }
    html_declare(declarations, name, value, bang != NULL);
}

void
html_style_parse(const char *css, gsize length, HtmlDeclarations *declarations)
{
    const char *begin = css;
    const char *end = css + length;
    guint depth = 0;
    char quote = '\0';

    for (; css < end; css++) {
        if (quote != '\0')
            quote = *css == quote ? '\0' : quote;
        else if (*css == '"' || *css == '\'')
            quote = *css;
        else if (*css == '(' || (*css == ')' && depth > 0))
            depth += *css == '(' ? 1u : -1u;
        else if (*css == ';' && depth == 0) {
            parse_declaration(begin, (gsize)(css - begin), declarations);
            begin = css + 1;
        }
    }
    parse_declaration(begin, (gsize)(end - begin), declarations);
}

void
html_style_add(HtmlCascade *cascade, const HtmlDeclarations *declarations, guint32 weight)
{
    for (guint i = 0; i < HTML_PROPERTY_COUNT; i++) {
        guint32 own = weight | ((declarations->important >> i & 1u) != 0 ? 1u << 31 : 0);

        if ((declarations->set >> i & 1u) == 0 || own < cascade->weight[i])
            continue;
        cascade->weight[i] = own;
        cascade->won.set |= 1u << i;
        cascade->won.value[i] = declarations->value[i];
        cascade->won.unit[i] = declarations->unit[i];
    }
}

void
html_style_hint(HtmlCascade *cascade, HtmlProperty property, guint32 value)
{
    HtmlDeclarations hint = {.set = 1u << property};

    hint.value[property] = value;
    html_style_add(cascade, &hint, HTML_WEIGHT_ATTRIBUTE);
}
