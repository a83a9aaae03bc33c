/* html_color.c - numbers and colours as CSS writes them
 *
 * Trust: the text is hostile. Limits: lab(), color-mix() and system colours are none that we know.
 */
#include "html_declare.h"

#include <math.h>
#include <string.h>

/* A word longer than this is no colour. */
#define WORD_OCTETS 63u

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

gboolean
html_style_number(const char **text, double whole, double *ret_number)
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

    if (at == NULL || !html_style_number(&at, 255.0, &part[0]) ||
        !html_style_number(&at, hsl ? 1.0 : 255.0, &part[1]) ||
        !html_style_number(&at, hsl ? 1.0 : 255.0, &part[2]))
        return FALSE;
    if (!html_style_number(&at, 1.0, &alpha))
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
        if (!html_is(word, colors[i].name))
            continue;
        *ret_color = colors[i].rgb | 0xFF000000u;
        return TRUE;
    }
    return length == 6 && read_hex_color(word, length, ret_color);
}
