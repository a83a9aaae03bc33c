/* html_marker.c - the numbers of list items, as CSS Counter Styles writes them */
#include "html_marker.h"

static char *
alphabetic(int number, char first)
{
    char digits[16] = {0};
    int at = (int)sizeof digits - 1;

    for (; number > 0 && at > 0; number = (number - 1) / 26)
        digits[--at] = (char)(first + (number - 1) % 26);
    return g_strconcat(digits + at, ". ", NULL);
}

static char *
roman(int number, gboolean upper)
{
    static const struct {
        int value;
        const char *digits;
    } values[] = {
        {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
        {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"},
    };
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        for (; number >= values[i].value; number -= values[i].value)
            g_string_append(text, values[i].digits);
    }
    g_string_append(text, ". ");
    return upper ? g_ascii_strup(text->str, -1) : g_strdup(text->str);
}

char *
html_marker(HtmlMarker marker, int number, const char *bullet)
{
    if (marker == HTML_MARKER_NONE)
        return g_strdup("");
    if (marker == HTML_MARKER_BULLET)
        return g_strdup(bullet);
    if ((marker == HTML_MARKER_LOWER_ALPHA || marker == HTML_MARKER_UPPER_ALPHA) && number > 0)
        return alphabetic(number, marker == HTML_MARKER_LOWER_ALPHA ? 'a' : 'A');
    if ((marker == HTML_MARKER_LOWER_ROMAN || marker == HTML_MARKER_UPPER_ROMAN) && number > 0 &&
        number < 4000)
        return roman(number, marker == HTML_MARKER_UPPER_ROMAN);
    return g_strdup_printf("%d. ", number);
}
