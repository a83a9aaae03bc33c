/* html_look.c - from what style sheets declare to what a reader sees */
#include "html_style.h"

#include <stdlib.h>

/* Farther than this from the page, in hundredths of a pixel, nobody looks. */
#define FAR_AWAY (1000 * 100)
/* Text smaller than half a pixel is no text; one with less than 4 % opacity neither. */
#define SMALLEST_FONT 50
#define FAINTEST_PERCENT 4
/* Colours that differ by no more than this in each channel are one to the eye. */
#define SAME_COLOR 6
/* "inherit", see declare_color() of html_style.c: no colour anyone can write has this alpha and is
 * seen. */
#define INHERIT 0x01000000u

const HtmlLook html_look_initial = {
    .font_size = 1600,
    .color = HTML_COLOR_BLACK,
    .background = HTML_COLOR_WHITE,
    .marker = HTML_MARKER_BULLET,
    .display = HTML_DISPLAY_BLOCK,
};

static gboolean
has(const HtmlDeclarations *declared, HtmlProperty property)
{
    return (declared->set >> property & 1u) != 0;
}

static gint64
length_of(const HtmlDeclarations *declared, HtmlProperty property, gint64 font_size)
{
    gint64 value = (gint32)declared->value[property];

    if (declared->unit[property] == HTML_UNIT_EM)
        return value * font_size / 100;
    if (declared->unit[property] == HTML_UNIT_PERCENT)
        return property == HTML_PROPERTY_FONT_SIZE ? value * font_size / 10000 : value * 10;
    return value;
}

static gboolean
is_beyond(const HtmlDeclarations *declared, HtmlProperty property, gint64 font_size)
{
    return has(declared, property) && length_of(declared, property, font_size) <= -FAR_AWAY;
}

static gboolean
is_off_screen(const HtmlDeclarations *declared, gint64 font_size)
{
    if (is_beyond(declared, HTML_PROPERTY_TEXT_INDENT, font_size) ||
        is_beyond(declared, HTML_PROPERTY_MARGIN_LEFT, font_size) ||
        is_beyond(declared, HTML_PROPERTY_MARGIN_TOP, font_size))
        return TRUE;
    if (!has(declared, HTML_PROPERTY_POSITION) || declared->value[HTML_PROPERTY_POSITION] == 0)
        return FALSE;
    return is_beyond(declared, HTML_PROPERTY_LEFT, font_size) ||
           is_beyond(declared, HTML_PROPERTY_TOP, font_size) ||
           is_beyond(declared, HTML_PROPERTY_RIGHT, font_size) ||
           is_beyond(declared, HTML_PROPERTY_BOTTOM, font_size);
}

static gboolean
is_nothing(const HtmlDeclarations *declared, HtmlProperty property, gint64 font_size)
{
    return has(declared, property) && length_of(declared, property, font_size) <= 100;
}

/* Tables and their parts take the room they need, whatever height they are given. */
static gboolean
grows_with_content(HtmlElement element)
{
    return element == HTML_TABLE || element == HTML_FIELDSET ||
           (html_element_traits(element) & HTML_TABLE_PART) != 0;
}

/* A box without room that cuts what does not fit. */
static gboolean
is_cut_away(const HtmlDeclarations *declared, HtmlElement element, HtmlDisplay display,
            gint64 font_size)
{
    gboolean positioned =
        has(declared, HTML_PROPERTY_POSITION) && declared->value[HTML_PROPERTY_POSITION] != 0;

    if (!has(declared, HTML_PROPERTY_OVERFLOW) || declared->value[HTML_PROPERTY_OVERFLOW] != 0 ||
        (display != HTML_DISPLAY_BLOCK && display != HTML_DISPLAY_INLINE_BLOCK && !positioned))
        return FALSE;
    if (grows_with_content(element))
        return FALSE;
    if (has(declared, HTML_PROPERTY_PADDING) &&
        !is_nothing(declared, HTML_PROPERTY_PADDING, font_size))
        return FALSE;
    return is_nothing(declared, HTML_PROPERTY_HEIGHT, font_size) ||
           is_nothing(declared, HTML_PROPERTY_MAX_HEIGHT, font_size) ||
           is_nothing(declared, HTML_PROPERTY_WIDTH, font_size) ||
           is_nothing(declared, HTML_PROPERTY_MAX_WIDTH, font_size);
}

static guint32
blend(guint32 above, guint32 below)
{
    guint32 alpha = above >> 24;
    guint32 blended = 0xFF000000u;

    if (below >> 24 == 0)
        return alpha == 255 ? above : HTML_COLOR_UNKNOWN;
    for (guint shift = 0; shift < 24; shift += 8)
        blended |=
            ((above >> shift & 255u) * alpha + (below >> shift & 255u) * (255u - alpha)) / 255u
            << shift;
    return blended;
}

static void
set_colors(HtmlLook *look, const HtmlDeclarations *declared)
{
    HtmlProperty ink = has(declared, HTML_PROPERTY_FILL) ? HTML_PROPERTY_FILL : HTML_PROPERTY_COLOR;

    if (has(declared, ink) && declared->value[ink] != INHERIT)
        look->color = declared->value[ink];
    if (has(declared, HTML_PROPERTY_BACKGROUND) &&
        declared->value[HTML_PROPERTY_BACKGROUND] >> 24 != 0)
        look->background = blend(declared->value[HTML_PROPERTY_BACKGROUND], look->background);
    if (has(declared, HTML_PROPERTY_PICTURE) && declared->value[HTML_PROPERTY_PICTURE] != 0)
        look->background = HTML_COLOR_UNKNOWN;
}

static HtmlDisplay
default_display(HtmlElement element)
{
    guint traits = html_element_traits(element);

    if ((traits & HTML_NOT_SHOWN) != 0)
        return HTML_DISPLAY_NONE;
    if (element == HTML_BUTTON || element == HTML_SELECT)
        return HTML_DISPLAY_INLINE_BLOCK;
    return (traits & HTML_BLOCK) != 0 ? HTML_DISPLAY_BLOCK : HTML_DISPLAY_INLINE;
}

static gboolean
has_room(const HtmlDeclarations *declared, HtmlProperty margin, gboolean by_itself,
         gint64 font_size)
{
    return has(declared, margin) ? by_itself && length_of(declared, margin, font_size) > 200
                                 : by_itself;
}

static void
set_box(HtmlLook *look, HtmlElement element, const HtmlDeclarations *declared)
{
    gboolean gap = (html_element_traits(element) & HTML_GAP) != 0;

    look->display = default_display(element);
    if (has(declared, HTML_PROPERTY_DISPLAY))
        look->display = (HtmlDisplay)declared->value[HTML_PROPERTY_DISPLAY];
    look->gap_before = (element >= HTML_H1 && element <= HTML_H6) ||
                       has_room(declared, HTML_PROPERTY_MARGIN_TOP, gap, look->font_size);
    look->gap_after = has_room(declared, HTML_PROPERTY_MARGIN_BOTTOM, gap, look->font_size);
}

static void
set_text(HtmlLook *look, const HtmlDeclarations *declared)
{
    if (has(declared, HTML_PROPERTY_WHITE_SPACE))
        look->white_space = (HtmlWhiteSpace)declared->value[HTML_PROPERTY_WHITE_SPACE];
    if (has(declared, HTML_PROPERTY_CASE))
        look->letter_case = (HtmlCase)declared->value[HTML_PROPERTY_CASE];
    if (has(declared, HTML_PROPERTY_MARKER))
        look->marker = (HtmlMarker)declared->value[HTML_PROPERTY_MARKER];
    if (has(declared, HTML_PROPERTY_VISIBILITY))
        look->invisible = declared->value[HTML_PROPERTY_VISIBILITY] == 0;
}

HtmlLook
html_style_look(const HtmlLook *parent, HtmlElement element, const HtmlDeclarations *declared)
{
    HtmlLook look = *parent;

    if (has(declared, HTML_PROPERTY_FONT_SIZE))
        look.font_size = length_of(declared, HTML_PROPERTY_FONT_SIZE, parent->font_size);
    look.font_size = CLAMP(look.font_size, 0, 1000000);
    set_box(&look, element, declared);
    set_text(&look, declared);
    set_colors(&look, declared);
    look.gone = parent->gone || look.display == HTML_DISPLAY_NONE ||
                is_off_screen(declared, look.font_size) ||
                is_cut_away(declared, element, look.display, look.font_size);
    if (has(declared, HTML_PROPERTY_OPACITY) &&
        declared->value[HTML_PROPERTY_OPACITY] < FAINTEST_PERCENT)
        look.gone = TRUE;
    if (has(declared, HTML_PROPERTY_VEIL) && declared->value[HTML_PROPERTY_VEIL] == 0)
        look.gone = TRUE;
    return look;
}

static gboolean
same_color(guint32 one, guint32 other)
{
    for (guint shift = 0; shift < 24; shift += 8) {
        if (abs((int)(one >> shift & 255u) - (int)(other >> shift & 255u)) > SAME_COLOR)
            return FALSE;
    }
    return TRUE;
}

gboolean
html_style_is_seen(const HtmlLook *look)
{
    if (look->gone || look->invisible || look->font_size < SMALLEST_FONT)
        return FALSE;
    if ((look->color >> 24) * 100u / 255u < FAINTEST_PERCENT)
        return FALSE;
    return look->background >> 24 == 0 ||
           !same_color(blend(look->color, look->background), look->background);
}
