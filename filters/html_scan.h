/* html_scan.h - hostile HTML cut into tags and text as a browser cuts it */
#pragma once

#include <glib.h>

#include "html_names.h"

/* The attributes that may have a say in what is shown; all others are passed over. Sorted by name.
 */
#define HTML_ATTRIBUTES(X) \
    X(ALT, "alt", 2048) \
    X(BACKGROUND, "background", 16) \
    X(BGCOLOR, "bgcolor", 64) \
    X(BORDER, "border", 16) \
    X(CHECKED, "checked", 16) \
    X(CLASS, "class", 512) \
    X(COLOR, "color", 64) \
    X(COLSPAN, "colspan", 16) \
    X(HEIGHT, "height", 16) \
    X(HIDDEN, "hidden", 16) \
    X(HREF, "href", 8192) \
    X(ID, "id", 128) \
    X(LABEL, "label", 2048) \
    X(MEDIA, "media", 512) \
    X(OPEN, "open", 16) \
    X(PLACEHOLDER, "placeholder", 2048) \
    X(REVERSED, "reversed", 16) \
    X(ROWSPAN, "rowspan", 16) \
    X(SELECTED, "selected", 16) \
    X(SIZE, "size", 16) \
    X(START, "start", 16) \
    X(STYLE, "style", 8192) \
    X(TEXT, "text", 64) \
    X(TYPE, "type", 64) \
    X(VALUE, "value", 2048) \
    X(WIDTH, "width", 16)

typedef enum {
#define X(code, name, octets) HTML_ATTRIBUTE_##code,
    HTML_ATTRIBUTES(X)
#undef X
        HTML_ATTRIBUTE_COUNT
} HtmlAttribute;

const char *html_attribute_name(HtmlAttribute attribute);
/* How many octets of its value are read. */
gsize html_attribute_octets(HtmlAttribute attribute);

typedef enum {
    HTML_TOKEN_NONE = 0, /* the end of the input */
    HTML_TOKEN_TEXT,     /* text with character references */
    HTML_TOKEN_LITERAL,  /* text without */
    HTML_TOKEN_RAW,      /* the content of @element, which is not shown */
    HTML_TOKEN_START,
    HTML_TOKEN_END,
} HtmlTokenKind;

typedef struct {
    const char *octets; /* in the input; NULL: no such attribute */
    gsize length;
} HtmlSpan;

typedef struct {
    HtmlTokenKind kind;
    HtmlElement element;
    gboolean closed; /* START: written as <element/> */
    HtmlSpan text;
    HtmlSpan attributes[HTML_ATTRIBUTE_COUNT]; /* of START; the first of a name counts */
} HtmlToken;

/* Where a scan is. Plain data, no cleanup. */
typedef struct {
    const char *at;
    const char *end;
    HtmlElement raw;  /* the element whose content comes next, HTML_UNKNOWN for none */
    gboolean begun;   /* a token was given */
    gboolean doctype; /* a document type stood before the first one */
} HtmlScan;

/* @utf8 stays with the caller and must outlive the scan and its tokens. */
void html_scan_init(HtmlScan *scan, const char *utf8, gsize length);
/* The next token; FALSE at the end. Linear over the whole scan. */
gboolean html_scan_next(HtmlScan *scan, HtmlToken *ret_token);
