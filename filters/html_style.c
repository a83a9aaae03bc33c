/* html_style.c - the part of CSS that decides whether text is seen, and how its lines run
 *
 * Declarations are read into a small fixed record; everything unknown is passed over, as CSS asks
 * for.
 *
 * Trust: the style text is hostile. Invariants: linear in the text; a record has a fixed size.
 * Limits: shorthands are read as far as visibility needs them; calc() and var() count as not given.
 */
#include "html_style.h"

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

static const struct {
    const char *name;
    guint32 rgb;
} colors[] = {
    {"aliceblue", 0xF0F8FF},  {"antiquewhite", 0xFAEBD7}, {"aqua", 0x00FFFF},
    {"azure", 0xF0FFFF},      {"beige", 0xF5F5DC},        {"black", 0x000000},
    {"blue", 0x0000FF},       {"brown", 0xA52A2A},        {"crimson", 0xDC143C},
    {"cyan", 0x00FFFF},       {"darkblue", 0x00008B},     {"darkgray", 0xA9A9A9},
    {"darkgreen", 0x006400},  {"darkgrey", 0xA9A9A9},     {"darkorange", 0xFF8C00},
    {"darkred", 0x8B0000},    {"dimgray", 0x696969},      {"dimgrey", 0x696969},
    {"dodgerblue", 0x1E90FF}, {"firebrick", 0xB22222},    {"floralwhite", 0xFFFAF0},
    {"fuchsia", 0xFF00FF},    {"gainsboro", 0xDCDCDC},    {"ghostwhite", 0xF8F8FF},
    {"gold", 0xFFD700},       {"gray", 0x808080},         {"green", 0x008000},
    {"grey", 0x808080},       {"honeydew", 0xF0FFF0},     {"hotpink", 0xFF69B4},
    {"indigo", 0x4B0082},     {"ivory", 0xFFFFF0},        {"khaki", 0xF0E68C},
    {"lavender", 0xE6E6FA},   {"lightblue", 0xADD8E6},    {"lightgray", 0xD3D3D3},
    {"lightgreen", 0x90EE90}, {"lightgrey", 0xD3D3D3},    {"lightyellow", 0xFFFFE0},
    {"lime", 0x00FF00},       {"linen", 0xFAF0E6},        {"magenta", 0xFF00FF},
    {"maroon", 0x800000},     {"mintcream", 0xF5FFFA},    {"navy", 0x000080},
    {"oldlace", 0xFDF5E6},    {"olive", 0x808000},        {"orange", 0xFFA500},
    {"orangered", 0xFF4500},  {"pink", 0xFFC0CB},         {"purple", 0x800080},
    {"red", 0xFF0000},        {"royalblue", 0x4169E1},    {"seashell", 0xFFF5EE},
    {"silver", 0xC0C0C0},     {"skyblue", 0x87CEEB},      {"slategray", 0x708090},
    {"snow", 0xFFFAFA},       {"steelblue", 0x4682B4},    {"tan", 0xD2B48C},
    {"teal", 0x008080},       {"tomato", 0xFF6347},       {"violet", 0xEE82EE},
    {"wheat", 0xF5DEB3},      {"white", 0xFFFFFF},        {"whitesmoke", 0xF5F5F5},
    {"yellow", 0xFFFF00},
};

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

static gboolean
read_hex_color(const char *text, gsize length, guint32 *ret_color)
{
    guint32 digits[8] = {0};

    if (length != 3 && length != 4 && length != 6 && length != 8)
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isxdigit(text[i]))
            return FALSE;
        digits[i] = (guint32)g_ascii_xdigit_value(text[i]);
    }
    if (length <= 4)
        *ret_color = (digits[0] * 17) << 16 | (digits[1] * 17) << 8 | digits[2] * 17 |
                     (length == 4 ? digits[3] * 17 : 255u) << 24;
    else
        *ret_color = digits[0] << 20 | digits[1] << 16 | digits[2] << 12 | digits[3] << 8 |
                     digits[4] << 4 | digits[5] |
                     (length == 8 ? digits[6] << 4 | digits[7] : 255u) << 24;
    return TRUE;
}

/* The next number in @text, which is NUL-terminated; a '%' behind it is taken of @whole. */
static gboolean
next_number(const char **text, double whole, double *ret_number)
{
    char *end = NULL;

    while (**text == ' ' || **text == ',' || **text == '/' || **text == '(')
        (*text)++;
    *ret_number = g_ascii_strtod(*text, &end);
    if (end == *text || !isfinite(*ret_number))
        return FALSE;
    if (*end == '%') {
        *ret_number *= whole / 100.0;
        end++;
    } else if (g_str_has_prefix(end, "deg")) {
        end += strlen("deg");
    }
    *text = end;
    return TRUE;
}

static guint32
channel(double value)
{
    return (guint32)(CLAMP(value, 0.0, 255.0) + 0.5);
}

/* Of any number, by a positive one: never negative. */
static double
remainder_of(double number, double by)
{
    double rest = CLAMP(number, -1e6, 1e6);

    rest -= by * (double)(int)(rest / by);
    return rest < 0.0 ? rest + by : rest;
}

static double
hue_channel(double hue, double saturation, double lightness, double offset)
{
    double k = remainder_of(offset + hue / 30.0, 12.0);
    double reach = saturation * MIN(lightness, 1.0 - lightness);

    return 255.0 * (lightness - reach * MAX(-1.0, MIN(MIN(k - 3.0, 9.0 - k), 1.0)));
}

static gboolean
read_function_color(const char *text, guint32 *ret_color)
{
    gboolean hsl = g_str_has_prefix(text, "hsl");
    const char *at = strchr(text, '(');
    double part[3] = {0, 0, 0};
    double alpha = 1.0;

    if (at == NULL || !next_number(&at, 255.0, &part[0]) ||
        !next_number(&at, hsl ? 1.0 : 255.0, &part[1]) ||
        !next_number(&at, hsl ? 1.0 : 255.0, &part[2]))
        return FALSE;
    if (!next_number(&at, 1.0, &alpha))
        alpha = 1.0;
    if (hsl) {
        double hue = remainder_of(part[0], 360.0);
        double saturation = CLAMP(part[1], 0.0, 1.0);
        double lightness = CLAMP(part[2], 0.0, 1.0);

        part[0] = hue_channel(hue, saturation, lightness, 0.0);
        part[1] = hue_channel(hue, saturation, lightness, 8.0);
        part[2] = hue_channel(hue, saturation, lightness, 4.0);
    }
    *ret_color = channel(alpha * 255.0) << 24 | channel(part[0]) << 16 | channel(part[1]) << 8 |
                 channel(part[2]);
    return TRUE;
}

gboolean
html_style_color(const char *text, gsize length, guint32 *ret_color)
{
    char word[WORD_OCTETS + 1] = {0};

    if (length == 0 || length > WORD_OCTETS)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        word[i] = g_ascii_tolower(text[i]);
    if (word[0] == '#')
        return read_hex_color(word + 1, length - 1, ret_color);
    if (g_str_has_prefix(word, "rgb") || g_str_has_prefix(word, "hsl"))
        return read_function_color(word, ret_color);
    if (strcmp(word, "transparent") == 0) {
        *ret_color = 0;
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(colors); i++) {
        if (strcmp(word, colors[i].name) != 0)
            continue;
        *ret_color = colors[i].rgb | 0xFF000000u;
        return TRUE;
    }
    return length == 6 && read_hex_color(word, length, ret_color);
}

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
        next_number(&scale, 1.0, &number) && ABS(number) < 0.01)
        return TRUE;
    return translate != NULL && (translate = strchr(translate, '(')) != NULL &&
           next_number(&translate, 1.0, &number) && ABS(number) >= 1000.0;
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
    for (; count < 4 && next_number(&at, 100.0, &edge[count]); count++)
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
        if (strcmp(both, keywords[i].word) != 0)
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
        if (strcmp(name, lengths[i].name) != 0)
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

    if (next_number(&value, 1.0, &number))
        declare(declarations, HTML_PROPERTY_OPACITY, (guint32)(CLAMP(number, 0.0, 1.0) * 100.0),
                important);
}

/* Name and value in lower case, single blanks. */
static void
declare_property(HtmlDeclarations *declarations, const char *name, const char *value,
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
    declare_property(declarations, name, value, bang != NULL);
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
    HtmlDeclarations hint = {0};

    declare(&hint, property, value, FALSE);
    html_style_add(cascade, &hint, HTML_WEIGHT_ATTRIBUTE);
}
