/* html_hints.c - what attributes, rules and a browser's own style sheet declare about one element
 */
#include "html_tree.h"

#include <string.h>

static const struct {
    HtmlElement element;
    HtmlProperty property;
    guint32 value;
} own_sheet[] = {
    {HTML_RP, HTML_PROPERTY_DISPLAY, HTML_DISPLAY_NONE},
    {HTML_OL, HTML_PROPERTY_MARKER, HTML_MARKER_DECIMAL},
    {HTML_UL, HTML_PROPERTY_MARKER, HTML_MARKER_BULLET},
    {HTML_MENU, HTML_PROPERTY_MARKER, HTML_MARKER_BULLET},
    {HTML_DIR, HTML_PROPERTY_MARKER, HTML_MARKER_BULLET},
    {HTML_PRE, HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {HTML_XMP, HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {HTML_LISTING, HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {HTML_PLAINTEXT, HTML_PROPERTY_WHITE_SPACE, HTML_SPACE_PRE},
    {HTML_BUTTON, HTML_PROPERTY_COLOR, HTML_COLOR_BLACK},
    {HTML_BUTTON, HTML_PROPERTY_BACKGROUND, 0xFFEFEFEFu},
    {HTML_SELECT, HTML_PROPERTY_COLOR, HTML_COLOR_BLACK},
    {HTML_SELECT, HTML_PROPERTY_BACKGROUND, HTML_COLOR_WHITE},
    {HTML_TEXTAREA, HTML_PROPERTY_COLOR, HTML_COLOR_BLACK},
    {HTML_TEXTAREA, HTML_PROPERTY_BACKGROUND, HTML_COLOR_WHITE},
};

static const struct {
    const char *type;
    HtmlMarker marker;
} marker_types[] = {
    {"1", HTML_MARKER_DECIMAL},     {"a", HTML_MARKER_LOWER_ALPHA}, {"A", HTML_MARKER_UPPER_ALPHA},
    {"i", HTML_MARKER_LOWER_ROMAN}, {"I", HTML_MARKER_UPPER_ROMAN}, {"disc", HTML_MARKER_BULLET},
    {"circle", HTML_MARKER_BULLET}, {"square", HTML_MARKER_BULLET}, {"none", HTML_MARKER_NONE},
};

static void
hint_color(HtmlCascade *cascade, HtmlProperty property, const char *value)
{
    guint32 color = 0;

    if (value != NULL && html_style_color(value, strlen(value), &color))
        html_style_hint(cascade, property, color);
}

static void
hint_marker(HtmlCascade *cascade, HtmlElement element, const char *type)
{
    if (type == NULL || (element != HTML_OL && element != HTML_UL && element != HTML_LI))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(marker_types); i++) {
        if (html_is(type, marker_types[i].type))
            html_style_hint(cascade, HTML_PROPERTY_MARKER, marker_types[i].marker);
    }
}

static void
hint_attributes(HtmlCascade *cascade, HtmlElement element, const HtmlAttributes *attributes)
{
    const char *const *value = attributes->value;

    if (value[HTML_ATTRIBUTE_HIDDEN] != NULL ||
        (element == HTML_DIALOG && value[HTML_ATTRIBUTE_OPEN] == NULL))
        html_style_hint(cascade, HTML_PROPERTY_DISPLAY, HTML_DISPLAY_NONE);
    if (element == HTML_A && value[HTML_ATTRIBUTE_HREF] != NULL)
        html_style_hint(cascade, HTML_PROPERTY_COLOR, HTML_COLOR_LINK);
    if (element == HTML_FONT)
        hint_color(cascade, HTML_PROPERTY_COLOR, value[HTML_ATTRIBUTE_COLOR]);
    if (element == HTML_BODY)
        hint_color(cascade, HTML_PROPERTY_COLOR, value[HTML_ATTRIBUTE_TEXT]);
    hint_color(cascade, HTML_PROPERTY_BACKGROUND, value[HTML_ATTRIBUTE_BGCOLOR]);
    if (value[HTML_ATTRIBUTE_BACKGROUND] != NULL)
        html_style_hint(cascade, HTML_PROPERTY_PICTURE, 1);
    hint_marker(cascade, element, value[HTML_ATTRIBUTE_TYPE]);
}

static void
add_style_attribute(HtmlCascade *cascade, const char *style)
{
    g_autoptr(GString) plain = html_style_plain(style, strlen(style));
    HtmlDeclarations declarations = {0};

    html_style_parse(plain->str, plain->len, &declarations);
    html_style_add(cascade, &declarations, HTML_WEIGHT_INLINE);
}

void
html_hints_declare(HtmlSheet *sheet, HtmlAncestor ancestor, gpointer data,
                   const HtmlAttributes *attributes, HtmlDeclarations *ret_declared)
{
    HtmlElement element = ancestor(data, 0)->element;
    HtmlCascade cascade = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(own_sheet); i++) {
        if (own_sheet[i].element == element)
            html_style_hint(&cascade, own_sheet[i].property, own_sheet[i].value);
    }
    hint_attributes(&cascade, element, attributes);
    html_sheet_apply(sheet, ancestor, data, &cascade);
    if (attributes->value[HTML_ATTRIBUTE_STYLE] != NULL)
        add_style_attribute(&cascade, attributes->value[HTML_ATTRIBUTE_STYLE]);
    *ret_declared = cascade.won;
}
