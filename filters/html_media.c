/* html_media.c - media queries, answered for the screen of an ordinary desk: 1024 by 768 pixels,
 * light, with a mouse */
#include "html_sheet.h"

#include <string.h>

#define SCREEN_WIDTH 1024.0
#define SCREEN_HEIGHT 768.0

static const struct {
    const char *name;
    const char *value; /* NULL: any */
} true_features[] = {
    {"color", NULL},
    {"orientation", "landscape"},
    {"prefers-color-scheme", "light"},
    {"prefers-reduced-motion", "no-preference"},
    {"hover", NULL},
    {"any-hover", NULL},
    {"pointer", "fine"},
    {"any-pointer", "fine"},
    {"-webkit-min-device-pixel-ratio", "0"},
    {"min-resolution", "0"},
};

static double
pixels_of(const char *value)
{
    char *unit = NULL;
    double number = g_ascii_strtod(value, &unit);

    return g_str_has_prefix(unit, "em") || g_str_has_prefix(unit, "rem") ? number * 16.0 : number;
}

/* (min-width: 600px) and its like; FALSE in @ret_known when @name is none of them. */
static gboolean
size_matches(const char *name, const char *value, gboolean *ret_known)
{
    gboolean minimum = g_str_has_prefix(name, "min-");
    const char *side = minimum || g_str_has_prefix(name, "max-") ? name + strlen("min-") : name;
    double screen = 0.0;

    if (g_str_has_prefix(side, "device-"))
        side += strlen("device-");
    screen = strcmp(side, "width") == 0    ? SCREEN_WIDTH
             : strcmp(side, "height") == 0 ? SCREEN_HEIGHT
                                           : 0.0;
    *ret_known = screen > 0.0;
    if (side == name)
        return pixels_of(value) == screen;
    return minimum ? screen >= pixels_of(value) : screen <= pixels_of(value);
}

/* "name: value", lower case, no blanks around the parts. */
static gboolean
feature_matches(char *feature)
{
    char *colon = strchr(feature, ':');
    const char *value = colon != NULL ? g_strstrip(colon + 1) : "";
    gboolean known = FALSE;
    gboolean matches = FALSE;

    if (colon != NULL)
        *colon = '\0';
    g_strstrip(feature);
    matches = size_matches(feature, value, &known);
    if (known)
        return matches;
    for (gsize i = 0; i < G_N_ELEMENTS(true_features); i++) {
        if (strcmp(feature, true_features[i].name) == 0)
            return colon == NULL || true_features[i].value == NULL ||
                   strcmp(value, true_features[i].value) == 0;
    }
    return FALSE;
}

static gboolean
type_matches(const char *word)
{
    return strcmp(word, "screen") == 0 || strcmp(word, "all") == 0;
}

/* One query of the list, lower case, changed while read. */
static gboolean
query_matches(char *query)
{
    gboolean matches = TRUE;
    gboolean negated = FALSE;

    for (char *at = query; *at != '\0';) {
        gsize length = 0;
        char *word = at += strspn(at, " \t\r\n\f");
        gboolean feature = *at == '(';

        length = feature ? strcspn(at, ")") : strcspn(at, " \t\r\n\f(");
        at += length;
        if (length == 0)
            break;
        if (*at != '\0' && *at != '(')
            *at++ = '\0';
        if (feature)
            matches = matches && feature_matches(word + 1);
        else if (strcmp(word, "not") == 0)
            negated = TRUE;
        else if (strcmp(word, "only") != 0 && strcmp(word, "and") != 0)
            matches = matches && type_matches(word);
    }
    return matches != negated;
}

gboolean
html_sheet_media_matches(const char *query, gsize length)
{
    g_autofree char *lower = g_ascii_strdown(query, (gssize)length);
    g_auto(GStrv) queries = g_strsplit(lower, ",", 64);

    for (guint i = 0; queries[i] != NULL; i++) {
        if (query_matches(queries[i]))
            return TRUE;
    }
    return queries[0] == NULL;
}
