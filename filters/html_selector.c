/* html_selector.c - selectors of CSS: elements, classes, ids, and those inside one another
 *
 * Trust: selectors are hostile. Invariants: parts and classes are bounded; a comparison is one step
 * up the open elements.
 */
#include "html_selector.h"

#include <string.h>

void
html_selector_clear(HtmlSelector *selector)
{
    for (guint i = 0; i < HTML_SELECTOR_PARTS_MAX; i++) {
        g_clear_pointer(&selector->parts[i].id, g_free);
        for (guint c = 0; c < HTML_SELECTOR_CLASSES_MAX; c++)
            g_clear_pointer(&selector->parts[i].classes[c], g_free);
    }
}

static gboolean
is_name_character(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '\\' || (guchar)c >= 128;
}

/* A name at @at; a backslash makes the next character part of it. Newly allocated. */
static char *
read_name(const char **at, const char *end)
{
    GString *name = g_string_new(NULL);

    while (*at < end && is_name_character(**at)) {
        if (**at == '\\' && ++*at == end)
            break;
        g_string_append_c(name, *(*at)++);
    }
    return g_string_free(name, FALSE);
}

static gboolean
add_class(HtmlSelectorPart *part, char *name)
{
    for (guint i = 0; i < HTML_SELECTOR_CLASSES_MAX; i++) {
        if (part->classes[i] != NULL)
            continue;
        part->classes[i] = name;
        return TRUE;
    }
    g_free(name);
    return FALSE;
}

static gboolean
read_element(const char **at, const char *end, HtmlSelectorPart *part)
{
    g_autofree char *name = read_name(at, end);

    part->element = html_element(name, strlen(name));
    return part->element != HTML_UNKNOWN;
}

/* element#id.class.class. FALSE for what is none. */
static gboolean
read_compound(const char **at, const char *end, HtmlSelectorPart *part)
{
    const char *begin = *at;

    if (*at < end && **at == '*')
        (*at)++;
    else if (*at < end && is_name_character(**at) && !read_element(at, end, part))
        return FALSE;
    while (*at < end && (**at == '.' || **at == '#')) {
        gboolean is_class = *(*at)++ == '.';
        char *name = read_name(at, end);

        if (is_class && !add_class(part, name))
            return FALSE;
        if (!is_class) {
            g_free(part->id);
            part->id = name;
        }
    }
    return *at > begin;
}

static void
skip_blanks(const char **at, const char *end)
{
    while (*at < end && g_ascii_isspace(**at))
        (*at)++;
}

gboolean
html_selector_read(HtmlSelector *selector, const char *text, gsize length)
{
    const char *at = text;
    const char *end = text + length;
    gboolean child = FALSE;

    skip_blanks(&at, end);
    while (at < end) {
        if (selector->count == HTML_SELECTOR_PARTS_MAX ||
            !read_compound(&at, end, &selector->parts[selector->count]))
            return FALSE;
        selector->parts[selector->count++].child = child;
        if (at < end && !g_ascii_isspace(*at) && *at != '>')
            return FALSE;
        skip_blanks(&at, end);
        child = at < end && *at == '>';
        at += child;
        skip_blanks(&at, end);
    }
    return selector->count > 0 && !child;
}

guint32
html_selector_specificity(const HtmlSelector *selector)
{
    guint ids = 0;
    guint classes = 0;
    guint names = 0;

    for (guint i = 0; i < selector->count; i++) {
        ids += selector->parts[i].id != NULL;
        names += selector->parts[i].element != HTML_UNKNOWN;
        for (guint c = 0; selector->parts[i].classes[c] != NULL; c++)
            classes++;
    }
    return MIN(ids, 15u) << 8 | MIN(classes, 15u) << 4 | MIN(names, 15u);
}

char *
html_selector_key(const HtmlSelector *selector)
{
    const HtmlSelectorPart *subject = &selector->parts[selector->count - 1];
    const char *element = "*";
    g_autofree char *key = NULL;

    if (subject->element != HTML_UNKNOWN)
        element = html_element_name(subject->element);
    if (subject->id != NULL)
        key = g_strconcat("#", subject->id, NULL);
    else if (subject->classes[0] != NULL)
        key = g_strconcat(".", subject->classes[0], NULL);
    return g_ascii_strdown(key != NULL ? key : element, -1);
}

static gboolean
same_name(gboolean any_case, const char *one, const char *other)
{
    return any_case ? g_ascii_strcasecmp(one, other) == 0 : strcmp(one, other) == 0;
}

static gboolean
has_class(gboolean any_case, const HtmlSubject *subject, const char *name)
{
    for (const char **c = subject->classes; c != NULL && *c != NULL; c++) {
        if (same_name(any_case, *c, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
part_matches(gboolean any_case, const HtmlSelectorPart *part, const HtmlSubject *subject)
{
    if (part->element != HTML_UNKNOWN && part->element != subject->element)
        return FALSE;
    if (part->id != NULL && (subject->id == NULL || !same_name(any_case, part->id, subject->id)))
        return FALSE;
    for (guint i = 0; part->classes[i] != NULL; i++) {
        if (!has_class(any_case, subject, part->classes[i]))
            return FALSE;
    }
    return TRUE;
}

/* A comparison under way. */
typedef struct {
    const HtmlSelector *selector;
    HtmlAncestor ancestor;
    gpointer data;
    gboolean any_case;
    guint64 *comparisons;
} Match;

/* Whether the element at @level is the part, and those around it the parts before. As deep as a
 * selector has parts. */
static gboolean
matches_at(const Match *match, guint part, guint level)
{
    const HtmlSubject *subject = match->ancestor(match->data, level);

    if (*match->comparisons >= HTML_SELECTOR_COMPARISONS_MAX)
        return FALSE;
    (*match->comparisons)++;
    if (subject == NULL || !part_matches(match->any_case, &match->selector->parts[part], subject))
        return FALSE;
    if (part == 0)
        return TRUE;
    if (match->selector->parts[part].child)
        return matches_at(match, part - 1, level + 1);
    for (guint above = level + 1; match->ancestor(match->data, above) != NULL; above++) {
        if (matches_at(match, part - 1, above))
            return TRUE;
    }
    return FALSE;
}

gboolean
html_selector_matches(const HtmlSelector *selector, HtmlAncestor ancestor, gpointer data,
                      gboolean any_case, guint64 *comparisons)
{
    Match match = {selector, ancestor, data, any_case, comparisons};

    return matches_at(&match, selector->count - 1, 0);
}
