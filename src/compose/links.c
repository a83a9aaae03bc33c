/*
 * links.c - makes links inert, in the one place through which all text goes
 *
 * No parser of URLs: the four patterns by which mail programs find links are broken wherever they
 * stand, so that nothing depends on where a link begins or ends. What follows a pattern up to the
 * end of the host is defanged too (dots in brackets), for the reader's eye and for programs that
 * guess at bare host names.
 *
 * Trust: the text is hostile. Its characters must be clean already: a character dropped later could
 * make a pattern.
 */
#include "links.h"

#include <string.h>

typedef struct {
    const char *pattern; /* lower case */
    const char *inert;
    gboolean number; /* only where a word begins and a number follows: "hotel:", "TEL: 03" are no
                        links */
} LinkPattern;

static const LinkPattern patterns[] = {
    {"://", "[:]//", FALSE},
    {"www.", "www[.]", FALSE},
    {"mailto:", "mailto[:]", FALSE},
    {"tel:", "tel[:]", TRUE},
};

static const struct {
    const char *scheme, *inert;
} schemes[] = {{"https", "hxxps"}, {"http", "hxxp"}, {"ftp", "fxp"}};

static gboolean
is_number(const char *p, gsize left)
{
    return left > 0 && (g_ascii_isdigit(*p) || *p == '+');
}

static const LinkPattern *
find_pattern(const char *p, gsize left, gboolean at_word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        gsize length = strlen(patterns[i].pattern);

        if (left >= length && g_ascii_strncasecmp(p, patterns[i].pattern, length) == 0 &&
            ((at_word && is_number(p + length, left - length)) || !patterns[i].number))
            return &patterns[i];
    }
    return NULL;
}

/* Octets at @p that begin no pattern. */
static gsize
plain_octets(const char *p, gsize left)
{
    gsize i = 0;

    while (i < left && p[i] != ':' && (p[i] | 0x20) != 'w' && (p[i] | 0x20) != 'm' &&
           (p[i] | 0x20) != 't')
        i++;
    return i;
}

/* Octets at @p that can be part of a URL: printable ASCII but quotes and angle brackets. */
static gsize
url_octets(const char *p, gsize left)
{
    gsize i = 0;

    while (i < left && p[i] > 0x20 && p[i] < 0x7F && strchr("<>\"'`", p[i]) == NULL)
        i++;
    return i;
}

/* Renames the scheme at the end of @out; returns where the link began. */
static gsize
rename_scheme(GString *out, gsize floor)
{
    gsize start = out->len;

    while (start > floor && g_ascii_isalpha(out->str[start - 1]))
        start--;
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strcasecmp(out->str + start, schemes[i].scheme) == 0) {
            g_string_truncate(out, start);
            g_string_append(out, schemes[i].inert);
            break;
        }
    }
    return start;
}

/* Appends the host at @p with its dots in brackets; returns its octets. */
static gsize
append_host(GString *out, const char *p, gsize left)
{
    gsize i = 0;

    for (; i < left && (g_ascii_isalnum(p[i]) || strchr("-_.@%", p[i]) != NULL) && p[i] != '\0';
         i++) {
        gboolean inner = p[i] == '.' && i + 1 < left && g_ascii_isalnum(p[i + 1]);

        /* "www." within a host is a pattern of its own and comes next, and so is "tel:" behind one.
         */
        if (find_pattern(p + i, left - i, i == 0 || !g_ascii_isalnum(p[i - 1])) != NULL)
            break;
        if (inner)
            g_string_append(out, "[.]");
        else
            g_string_append_c(out, p[i]);
    }
    return i;
}

void
mugai_links_append_inert(GString *out, const char *text, gsize length, MugaiLinks links)
{
    gsize floor = out->len;
    gsize i = 0;

    if (links == MUGAI_LINKS_KEEP) {
        g_string_append_len(out, text, (gssize)length);
        return;
    }
    while (i < length) {
        gsize plain = plain_octets(text + i, length - i);
        const LinkPattern *found = NULL;
        gsize start = 0;

        g_string_append_len(out, text + i, (gssize)plain);
        i += plain;
        if (i == length)
            break;
        found = find_pattern(text + i, length - i, i == 0 || !g_ascii_isalnum(text[i - 1]));
        start = out->len;
        if (found == NULL) {
            g_string_append_c(out, text[i++]);
            continue;
        }
        if (found->pattern[0] == ':')
            start = rename_scheme(out, floor);
        if (links == MUGAI_LINKS_REMOVE) {
            g_string_truncate(out, start);
            g_string_append(out, "[URL]");
            i += url_octets(text + i, length - i);
            floor = out->len;
            continue;
        }
        g_string_append(out, found->inert);
        i += strlen(found->pattern);
        i += append_host(out, text + i, length - i);
    }
}
