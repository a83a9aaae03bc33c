/* html_style.h - the part of CSS that decides whether text is seen, and how its lines run */
#pragma once

#include <glib.h>

#include "html_names.h"

typedef enum {
    HTML_DISPLAY_NONE = 0,
    HTML_DISPLAY_INLINE,
    HTML_DISPLAY_INLINE_BLOCK,
    HTML_DISPLAY_CELL,
    HTML_DISPLAY_BLOCK,
} HtmlDisplay;

typedef enum {
    HTML_SPACE_NORMAL = 0,
    HTML_SPACE_PRE,
    HTML_SPACE_PRE_LINE,
} HtmlWhiteSpace;

typedef enum {
    HTML_CASE_AS_IS = 0,
    HTML_CASE_UPPER,
    HTML_CASE_LOWER,
    HTML_CASE_CAPITALIZE,
} HtmlCase;

typedef enum {
    HTML_MARKER_NONE = 0,
    HTML_MARKER_BULLET,
    HTML_MARKER_DECIMAL,
    HTML_MARKER_LOWER_ALPHA,
    HTML_MARKER_UPPER_ALPHA,
    HTML_MARKER_LOWER_ROMAN,
    HTML_MARKER_UPPER_ROMAN,
} HtmlMarker;

/* Colours are 0xAARRGGBB; as a background, alpha 0 means that nobody knows it (a picture). */
#define HTML_COLOR_BLACK 0xFF000000u
#define HTML_COLOR_WHITE 0xFFFFFFFFu
#define HTML_COLOR_LINK 0xFF0000EEu
#define HTML_COLOR_UNKNOWN 0u

typedef enum {
    HTML_PROPERTY_DISPLAY,
    HTML_PROPERTY_VISIBILITY, /* 0: hidden */
    HTML_PROPERTY_VEIL, /* 0: content-visibility, scale(0), translate() far away, clip to nothing */
    HTML_PROPERTY_OPACITY, /* percent */
    HTML_PROPERTY_COLOR,
    HTML_PROPERTY_FILL,
    HTML_PROPERTY_BACKGROUND,
    HTML_PROPERTY_PICTURE, /* 1: a background picture */
    HTML_PROPERTY_WHITE_SPACE,
    HTML_PROPERTY_CASE,
    HTML_PROPERTY_MARKER,
    HTML_PROPERTY_POSITION, /* 1: left, top, right and bottom count */
    HTML_PROPERTY_OVERFLOW, /* 0: hidden */
    HTML_PROPERTY_LENGTH,   /* from here on lengths */
    HTML_PROPERTY_FONT_SIZE = HTML_PROPERTY_LENGTH,
    HTML_PROPERTY_MARGIN_TOP,
    HTML_PROPERTY_MARGIN_BOTTOM,
    HTML_PROPERTY_MARGIN_LEFT,
    HTML_PROPERTY_LEFT,
    HTML_PROPERTY_TOP,
    HTML_PROPERTY_RIGHT,
    HTML_PROPERTY_BOTTOM,
    HTML_PROPERTY_TEXT_INDENT,
    HTML_PROPERTY_WIDTH,
    HTML_PROPERTY_HEIGHT,
    HTML_PROPERTY_MAX_WIDTH,
    HTML_PROPERTY_MAX_HEIGHT,
    HTML_PROPERTY_PADDING, /* above or below */
    HTML_PROPERTY_COUNT
} HtmlProperty;

/* A length: hundredths of a pixel, of an em or of a percent. */
typedef enum {
    HTML_UNIT_PIXEL = 0,
    HTML_UNIT_EM,
    HTML_UNIT_PERCENT,
} HtmlUnit;

typedef struct {
    guint32 set;       /* a bit for each property given */
    guint32 important; /* a bit for each with !important */
    guint32 value[HTML_PROPERTY_COUNT];
    guint8 unit[HTML_PROPERTY_COUNT];
} HtmlDeclarations;

/* What won for each property, and by what weight. Zero-initialised. */
typedef struct {
    HtmlDeclarations won;
    guint32 weight[HTML_PROPERTY_COUNT];
} HtmlCascade;

/* Weights: presentational attributes below all rules, rules by specificity and order, the style
 * attribute above. */
#define HTML_WEIGHT_ATTRIBUTE 1u
#define HTML_WEIGHT_RULE (1u << 1)
#define HTML_WEIGHT_INLINE (1u << 29)

/* How an element looks. What is inherited is so by copying the parent's. */
typedef struct {
    gboolean gone;      /* nothing inside can be seen again */
    gboolean invisible; /* until a descendant says visible */
    gint64 font_size;   /* hundredths of a pixel */
    guint32 color;
    guint32 background;
    HtmlWhiteSpace white_space;
    HtmlCase letter_case;
    HtmlMarker marker;
    HtmlDisplay display;
    gboolean gap_before;
    gboolean gap_after;
} HtmlLook;

/* A document's body before anything is said about it. */
extern const HtmlLook html_look_initial;

/* Reads a list of declarations (no braces, no comments, escapes undone); adds to @declarations. */
void html_style_parse(const char *css, gsize length, HtmlDeclarations *declarations);
void html_style_add(HtmlCascade *cascade, const HtmlDeclarations *declarations, guint32 weight);
/* Sets one property as an attribute of HTML does. */
void html_style_hint(HtmlCascade *cascade, HtmlProperty property, guint32 value);
/* A colour as CSS writes it, or bare hexadecimal digits. FALSE if it is none. */
gboolean html_style_color(const char *text, gsize length, guint32 *ret_color);
/* Removes comments and undoes escapes of letters and digits: what browsers do before they compare.
 * Newly allocated. */
GString *html_style_plain(const char *css, gsize length);

/* The look of @element inside @parent. */
HtmlLook html_style_look(const HtmlLook *parent, HtmlElement element,
                         const HtmlDeclarations *declared);
/* Whether a reader sees text of this look. */
gboolean html_style_is_seen(const HtmlLook *look);
