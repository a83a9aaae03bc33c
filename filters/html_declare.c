/* html_declare.c - one declaration of CSS, as far as it decides what is seen
 *
 * Trust: the value is hostile. Invariant: what is not understood changes nothing.
 * Limits: shorthands are read as far as visibility needs them; calc() and var() count as not given.
 */
#include "html_declare.h"

#include <math.h>
#include <string.h>

/* A word longer than this is none that we know. */
#define WORD_OCTETS 63u
/* Beyond this a length is no place on a page: 10,000,000 px. */
#define LENGTH_MAX 1e9

typedef struct {
    const char *word;
    HtmlProperty property;
    guint32 value;
} Keyword;

static const Keyword keywords[] = {
    {"display:none", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_NONE},
    {"display:inline", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_INLINE},
    {"display:contents", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_INLINE},
    {"display:inline-block", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_INLINE_BLOCK},
    {"display:inline-flex", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_INLINE_BLOCK},
    {"display:inline-table", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_INLINE_BLOCK},
    {"display:table-cell", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_CELL},
    {"display:block", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"display:flex", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"display:grid", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"display:flow-root", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"display:list-item", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"display:table", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"display:table-row", HTML_PROPERTY_DISPLAY, HTML_DISPLAY_BLOCK},
    {"visibility:hidden", HTML_PROPERTY_VISIBILITY, 0},
    {"visibility:collapse", HTML_PROPERTY_VISIBILITY, 0},
    {"visibility:visible", HTML_PROPERTY_VISIBILITY, 1},
    {"visibility:initial", HTML_PROPERTY_VISIBILITY, 1},
    {"content-visibility:hidden", HTML_PROPERTY_VEIL, 0},
    {"content-visibility:visible", HTML_PROPERTY_VEIL, 1},
    {"clip:auto", HTML_PROPERTY_VEIL, 1},
    {"clip-path:none", HTML_PROPERTY_VEIL, 1},
    {"transform:none", HTML_PROPERTY_VEIL, 1},
    {"white-space:normal", HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_NORMAL},
    {"white-space:nowrap", HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_NORMAL},
    {"white-space:pre", HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {"white-space:pre-wrap", HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {"white-space:break-spaces", HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {"white-space:pre-line", HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE_LINE},
    {"text-transform:none", HTML_PROPERTY_CASE, HTML_CASE_AS_IS},
    {"text-transform:uppercase", HTML_PROPERTY_CASE, HTML_CASE_UPPER},
    {"text-transform:lowercase", HTML_PROPERTY_CASE, HTML_CASE_LOWER},
    {"text-transform:capitalize", HTML_PROPERTY_CASE, HTML_CASE_CAPITALIZE},
    {"list-style:none", HTML_PROPERTY_MARKER, HTML_MARKER_NONE},
    {"list-style:disc", HTML_PROPERTY_MARKER, HTML_MARKER_BULLET},
    {"list-style:circle", HTML_PROPERTY_MARKER, HTML_MARKER_BULLET},
    {"list-style:square", HTML_PROPERTY_MARKER, HTML_MARKER_BULLET},
    {"list-style:decimal", HTML_PROPERTY_MARKER, HTML_MARKER_DECIMAL},
    {"list-style:lower-alpha", HTML_PROPERTY_MARKER, HTML_MARKER_LOWER_ALPHA},
    {"list-style:lower-latin", HTML_PROPERTY_MARKER, HTML_MARKER_LOWER_ALPHA},
    {"list-style:upper-alpha", HTML_PROPERTY_MARKER, HTML_MARKER_UPPER_ALPHA},
    {"list-style:upper-latin", HTML_PROPERTY_MARKER, HTML_MARKER_UPPER_ALPHA},
    {"list-style:lower-roman", HTML_PROPERTY_MARKER, HTML_MARKER_LOWER_ROMAN},
    {"list-style:upper-roman", HTML_PROPERTY_MARKER, HTML_MARKER_UPPER_ROMAN},
    {"position:absolute", HTML_PROPERTY_POSITION, 1},
    {"position:fixed", HTML_PROPERTY_POSITION, 1},
    {"position:relative", HTML_PROPERTY_POSITION, 1},
    {"position:sticky", HTML_PROPERTY_POSITION, 0},
    {"position:static", HTML_PROPERTY_POSITION, 0},
    {"overflow:hidden", HTML_PROPERTY_OVERFLOW, 0},
    {"overflow:clip", HTML_PROPERTY_OVERFLOW, 0},
    {"overflow:visible", HTML_PROPERTY_OVERFLOW, 1},
    {"overflow:auto", HTML_PROPERTY_OVERFLOW, 1},
    {"overflow:scroll", HTML_PROPERTY_OVERFLOW, 1},
    {"overflow-y:hidden", HTML_PROPERTY_OVERFLOW, 0},
    {"overflow-x:hidden", HTML_PROPERTY_OVERFLOW, 0},
};

static const struct {
    const char *name;
    HtmlProperty property;
} lengths[] = {
    {"font-size", HTML_PROPERTY_FONT_SIZE},
    {"margin-top", HTML_PROPERTY_MARGIN_TOP},
    {"margin-left", HTML_PROPERTY_MARGIN_LEFT},
    {"margin-bottom", HTML_PROPERTY_MARGIN_BOTTOM},
    {"left", HTML_PROPERTY_LEFT},
    {"top", HTML_PROPERTY_TOP},
    {"right", HTML_PROPERTY_RIGHT},
    {"bottom", HTML_PROPERTY_BOTTOM},
    {"text-indent", HTML_PROPERTY_TEXT_INDENT},
    {"width", HTML_PROPERTY_WIDTH},
    {"height", HTML_PROPERTY_HEIGHT},
    {"max-width", HTML_PROPERTY_MAX_WIDTH},
    {"max-height", HTML_PROPERTY_MAX_HEIGHT},
    {"padding", HTML_PROPERTY_PADDING},
    {"padding-top", HTML_PROPERTY_PADDING},
    {"padding-bottom", HTML_PROPERTY_PADDING},
};

static void
declare(HtmlDeclarations *declarations, HtmlProperty property, guint32 value, gboolean important)
{
    guint32 bit = 1u << property;

    if ((declarations->important & bit) != 0 && !important)
        return;
    declarations->set |= bit;
    declarations->important |= important ? bit : 0;
    declarations->value[property] = value;
    declarations->unit[property] = HTML_UNIT_PIXEL;
}

static gboolean
read_length(const char *word, guint32 *ret_value, HtmlUnit *ret_unit)
{
    char *end = NULL;
    double number = g_ascii_strtod(word, &end);
    double scale = 100.0;

    if (end == word || !isfinite(number))
        return FALSE;
    *ret_unit = HTML_UNIT_PIXEL;
    if (*end == '%')
        *ret_unit = HTML_UNIT_PERCENT;
    else if (g_str_has_prefix(end, "em") || g_str_has_prefix(end, "ex") ||
             g_str_has_prefix(end, "ch"))
        *ret_unit = HTML_UNIT_EM;
    else if (g_str_has_prefix(end, "rem"))
        scale = 1600.0;
    else if (g_str_has_prefix(end, "pt"))
        scale = 133.0;
    else if (*end == 'v' || g_str_has_prefix(end, "in") || g_str_has_prefix(end, "cm"))
        scale = 1000.0;
    *ret_value = (guint32)(gint32)CLAMP(number * scale, -LENGTH_MAX, LENGTH_MAX);
    return TRUE;
}

static void
declare_length(HtmlDeclarations *declarations, HtmlProperty property, const char *word,
               gboolean important)
{
    guint32 value = 0;
    HtmlUnit unit = HTML_UNIT_PIXEL;

    if (property == HTML_PROPERTY_FONT_SIZE && g_ascii_isalpha(word[0]))
        value = 1600; /* small, larger, inherit: not nothing */
    else if (strcmp(word, "auto") == 0 || strcmp(word, "none") == 0)
        value = (guint32)LENGTH_MAX / 2;
    else if (!read_length(word, &value, &unit))
        return;
    declare(declarations, property, value, important);
    declarations->unit[property] = (guint8)unit;
}

/* Splits at blanks outside of parentheses. */
static gboolean
next_word(const char **text, char *ret_word)
{
    const char *at = *text + strspn(*text, " ");
    guint depth = 0;
    gsize length = 0;

    for (; *at != '\0' && (*at != ' ' || depth > 0); at++) {
        depth += *at == '(';
        depth -= *at == ')' && depth > 0;
        if (length < WORD_OCTETS)
            ret_word[length++] = *at;
    }
    ret_word[length] = '\0';
    *text = at;
    return length > 0;
}

static void
declare_margin(HtmlDeclarations *declarations, const char *value, gboolean important)
{
    char words[4][WORD_OCTETS + 1] = {{0}};
    guint count = 0;

    while (count < 4 && next_word(&value, words[count]))
        count++;
    if (count == 0)
        return;
    declare_length(declarations, HTML_PROPERTY_MARGIN_TOP, words[0], important);
    declare_length(declarations, HTML_PROPERTY_MARGIN_BOTTOM, words[count > 2 ? 2 : 0], important);
    declare_length(declarations, HTML_PROPERTY_MARGIN_LEFT,
                   words[count > 3   ? 3
                         : count > 1 ? 1
                                     : 0],
                   important);
}

static void
declare_background(HtmlDeclarations *declarations, const char *value, gboolean shorthand,
                   gboolean important)
{
    char word[WORD_OCTETS + 1];
    guint32 color = 0;

    if (shorthand) {
        gboolean picture = strstr(value, "url(") != NULL || strstr(value, "gradient(") != NULL;

        declare(declarations, HTML_PROPERTY_PICTURE, picture, important);
        declare(declarations, HTML_PROPERTY_BACKGROUND, 0, important);
    }
    while (next_word(&value, word)) {
        if (html_style_color(word, strlen(word), &color))
            declare(declarations, HTML_PROPERTY_BACKGROUND, color, important);
    }
}

/* The size is the first word of "font" that begins like a number and is no weight. */
static void
declare_font(HtmlDeclarations *declarations, const char *value, gboolean important)
{
    char word[WORD_OCTETS + 1];

    while (next_word(&value, word)) {
        gboolean weight = strlen(word) == 3 && strcmp(word + 1, "00") == 0;

        if (weight || (!g_ascii_isdigit(word[0]) && word[0] != '.'))
            continue;
        declare_length(declarations, HTML_PROPERTY_FONT_SIZE, word, important);
        return;
    }
}

/* Whether a transform takes its element out of sight: to no size, or far away. */
static gboolean
transforms_away(const char *value)
{
    const char *scale = strstr(value, "scale");
    const char *translate = strstr(value, "translate");
    double number = 1.0;

    if (scale != NULL && (scale = strchr(scale, '(')) != NULL &&
        html_style_number(&scale, 1.0, &number) && ABS(number) < 0.01)
        return TRUE;
    return translate != NULL && (translate = strchr(translate, '(')) != NULL &&
           html_style_number(&translate, 1.0, &number) && ABS(number) >= 1000.0;
}

/* Whether a clip() or clip-path leaves nothing: rect(0 0 0 0), rect(1px,1px,1px,1px), inset(50%),
 * circle(0). */
static gboolean
clips_all(const char *value)
{
    const char *at = strchr(value, '(');
    double edge[4] = {0, 0, 0, 0};
    guint count = 0;

    if (at == NULL)
        return FALSE;
    for (; count < 4 && html_style_number(&at, 100.0, &edge[count]); count++)
        at += strspn(at, "px");
    if (g_str_has_prefix(value, "rect"))
        return count == 4 && (edge[2] <= edge[0] || edge[1] <= edge[3]);
    if (g_str_has_prefix(value, "inset"))
        return count > 0 && edge[0] >= 50.0;
    return g_str_has_prefix(value, "circle") && count > 0 && edge[0] <= 0.0;
}

static gboolean
declare_keyword(HtmlDeclarations *declarations, const char *name, const char *value,
                gboolean important)
{
    g_autofree char *both = g_strconcat(name, ":", value, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++) {
        if (!html_is(both, keywords[i].word))
            continue;
        declare(declarations, keywords[i].property, keywords[i].value, important);
        return TRUE;
    }
    return FALSE;
}

static gboolean
declare_named_length(HtmlDeclarations *declarations, const char *name, const char *value,
                     gboolean important)
{
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        if (!html_is(name, lengths[i].name))
            continue;
        declare_length(declarations, lengths[i].property, value, important);
        return TRUE;
    }
    return FALSE;
}

static void
declare_list_style(HtmlDeclarations *declarations, const char *value, gboolean important)
{
    char word[WORD_OCTETS + 1];

    while (next_word(&value, word))
        declare_keyword(declarations, "list-style", word, important);
}

static void
declare_color(HtmlDeclarations *declarations, HtmlProperty property, const char *value,
              gboolean important)
{
    guint32 color = 0;

    if (html_style_color(value, strlen(value), &color))
        declare(declarations, property, color, important);
    else if (strcmp(value, "inherit") == 0) /* a colour that no browser can show otherwise */
        declare(declarations, property, 0x01000000u, important);
}

static void
declare_opacity(HtmlDeclarations *declarations, const char *value, gboolean important)
{
    double number = 1.0;

    if (html_style_number(&value, 1.0, &number))
        declare(declarations, HTML_PROPERTY_OPACITY, (guint32)(CLAMP(number, 0.0, 1.0) * 100.0),
                important);
}

void
html_declare(HtmlDeclarations *declarations, const char *name, const char *value,
             gboolean important)
{
    if (declare_named_length(declarations, name, value, important) ||
        declare_keyword(declarations, name, value, important))
        return;
    if (strcmp(name, "color") == 0)
        declare_color(declarations, HTML_PROPERTY_COLOR, value, important);
    else if (strcmp(name, "-webkit-text-fill-color") == 0)
        declare_color(declarations, HTML_PROPERTY_FILL, value, important);
    else if (strcmp(name, "background") == 0)
        declare_background(declarations, value, TRUE, important);
    else if (strcmp(name, "background-color") == 0)
        declare_background(declarations, value, FALSE, important);
    else if (strcmp(name, "background-image") == 0)
        declare(declarations, HTML_PROPERTY_PICTURE, strcmp(value, "none") != 0, important);
    else if (strcmp(name, "opacity") == 0)
        declare_opacity(declarations, value, important);
    else if (strcmp(name, "filter") == 0 && g_str_has_prefix(value, "opacity("))
        declare_opacity(declarations, value + strlen("opacity("), important);
    else if (strcmp(name, "font") == 0)
        declare_font(declarations, value, important);
    else if (strcmp(name, "margin") == 0)
        declare_margin(declarations, value, important);
    else if (g_str_has_prefix(name, "list-style"))
        declare_list_style(declarations, value, important);
    else if (strcmp(name, "transform") == 0 && transforms_away(value))
        declare(declarations, HTML_PROPERTY_VEIL, 0, important);
    else if ((strcmp(name, "clip") == 0 || strcmp(name, "clip-path") == 0) && clips_all(value))
        declare(declarations, HTML_PROPERTY_VEIL, 0, important);
}
