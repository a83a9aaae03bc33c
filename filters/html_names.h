/* html_names.h - the elements of HTML that change what is shown, and how */
#pragma once

#include <glib.h>
#include <string.h>

/* Traits of an element, as a browser's own style sheet and the nesting rules of the HTML standard
 * have them. */
enum {
    HTML_BLOCK = 1 << 0,      /* begins and ends a line */
    HTML_GAP = 1 << 1,        /* with an empty line before and after */
    HTML_VOID = 1 << 2,       /* has no content and no end tag */
    HTML_SPECIAL = 1 << 3,    /* an end tag of another name does not reach through it */
    HTML_FORMATTING = 1 << 4, /* goes on behind a wrongly nested end tag */
    HTML_SCOPE = 1 << 5,      /* no end tag outside of tables reaches through it */
    HTML_CLOSES_P = 1 << 6,   /* ends an open paragraph */
    HTML_NOT_SHOWN = 1 << 7,  /* display: none by itself */
    HTML_RAW = 1 << 8,        /* its content is no markup and never shown */
    HTML_RAW_SHOWN = 1 << 9,  /* its content is no markup but text */
    HTML_TABLE_PART = 1 << 10 /* means nothing outside of a table */
};

#define HTML_BOX (HTML_BLOCK | HTML_SPECIAL)
#define HTML_DIVISION (HTML_BOX | HTML_CLOSES_P)
#define HTML_PARAGRAPH (HTML_DIVISION | HTML_GAP)

/* Sorted by name: html_element() searches by halves. */
#define HTML_ELEMENTS(X) \
    X(A, "a", HTML_FORMATTING) \
    X(ADDRESS, "address", HTML_DIVISION) \
    X(AREA, "area", HTML_VOID) \
    X(ARTICLE, "article", HTML_DIVISION) \
    X(ASIDE, "aside", HTML_DIVISION) \
    X(AUDIO, "audio", HTML_NOT_SHOWN) \
    X(B, "b", HTML_FORMATTING) \
    X(BASE, "base", HTML_VOID) \
    X(BIG, "big", HTML_FORMATTING) \
    X(BLOCKQUOTE, "blockquote", HTML_PARAGRAPH) \
    X(BODY, "body", HTML_BOX) \
    X(BR, "br", HTML_VOID) \
    X(BUTTON, "button", HTML_SPECIAL) \
    X(CANVAS, "canvas", HTML_NOT_SHOWN) \
    X(CAPTION, "caption", HTML_BOX | HTML_SCOPE | HTML_TABLE_PART) \
    X(CENTER, "center", HTML_DIVISION) \
    X(CODE, "code", HTML_FORMATTING) \
    X(COL, "col", HTML_VOID | HTML_TABLE_PART) \
    X(COLGROUP, "colgroup", HTML_SPECIAL | HTML_TABLE_PART) \
    X(DATALIST, "datalist", HTML_NOT_SHOWN) \
    X(DD, "dd", HTML_DIVISION) \
    X(DESC, "desc", HTML_NOT_SHOWN) \
    X(DETAILS, "details", HTML_DIVISION) \
    X(DIALOG, "dialog", HTML_DIVISION) \
    X(DIR, "dir", HTML_PARAGRAPH) \
    X(DIV, "div", HTML_DIVISION) \
    X(DL, "dl", HTML_PARAGRAPH) \
    X(DT, "dt", HTML_DIVISION) \
    X(EM, "em", HTML_FORMATTING) \
    X(EMBED, "embed", HTML_VOID) \
    X(FIELDSET, "fieldset", HTML_PARAGRAPH) \
    X(FIGCAPTION, "figcaption", HTML_DIVISION) \
    X(FIGURE, "figure", HTML_PARAGRAPH) \
    X(FONT, "font", HTML_FORMATTING) \
    X(FOOTER, "footer", HTML_DIVISION) \
    X(FORM, "form", HTML_DIVISION) \
    X(FRAME, "frame", HTML_VOID) \
    X(H1, "h1", HTML_PARAGRAPH) \
    X(H2, "h2", HTML_PARAGRAPH) \
    X(H3, "h3", HTML_PARAGRAPH) \
    X(H4, "h4", HTML_PARAGRAPH) \
    X(H5, "h5", HTML_PARAGRAPH) \
    X(H6, "h6", HTML_PARAGRAPH) \
    X(HEAD, "head", HTML_SPECIAL) \
    X(HEADER, "header", HTML_DIVISION) \
    X(HGROUP, "hgroup", HTML_DIVISION) \
    X(HR, "hr", HTML_VOID | HTML_CLOSES_P) \
    X(HTML, "html", HTML_SPECIAL) \
    X(I, "i", HTML_FORMATTING) \
    X(IFRAME, "iframe", HTML_RAW) \
    X(IMAGE, "image", HTML_VOID) \
    X(IMG, "img", HTML_VOID) \
    X(INPUT, "input", HTML_VOID) \
    X(KEYGEN, "keygen", HTML_VOID) \
    X(LABEL, "label", 0) \
    X(LEGEND, "legend", HTML_BLOCK) \
    X(LI, "li", HTML_DIVISION) \
    X(LINK, "link", HTML_VOID) \
    X(LISTING, "listing", HTML_PARAGRAPH) \
    X(MAIN, "main", HTML_DIVISION) \
    X(MATH, "math", 0) \
    X(MENU, "menu", HTML_PARAGRAPH) \
    X(META, "meta", HTML_VOID) \
    X(METER, "meter", HTML_NOT_SHOWN) \
    X(NAV, "nav", HTML_DIVISION) \
    X(NOBR, "nobr", HTML_FORMATTING) \
    X(NOEMBED, "noembed", HTML_RAW) \
    X(NOFRAMES, "noframes", HTML_RAW) \
    X(OBJECT, "object", HTML_SPECIAL | HTML_SCOPE) \
    X(OL, "ol", HTML_PARAGRAPH) \
    X(OPTGROUP, "optgroup", 0) \
    X(OPTION, "option", 0) \
    X(P, "p", HTML_PARAGRAPH) \
    X(PARAM, "param", HTML_VOID) \
    X(PLAINTEXT, "plaintext", HTML_PARAGRAPH | HTML_RAW_SHOWN) \
    X(PRE, "pre", HTML_PARAGRAPH) \
    X(PROGRESS, "progress", HTML_NOT_SHOWN) \
    X(Q, "q", 0) \
    X(RP, "rp", 0) \
    X(RT, "rt", 0) \
    X(RTC, "rtc", 0) \
    X(RUBY, "ruby", 0) \
    X(S, "s", HTML_FORMATTING) \
    X(SCRIPT, "script", HTML_RAW) \
    X(SEARCH, "search", HTML_DIVISION) \
    X(SECTION, "section", HTML_DIVISION) \
    X(SELECT, "select", HTML_SPECIAL) \
    X(SMALL, "small", HTML_FORMATTING) \
    X(SOURCE, "source", HTML_VOID) \
    X(SPAN, "span", 0) \
    X(STRIKE, "strike", HTML_FORMATTING) \
    X(STRONG, "strong", HTML_FORMATTING) \
    X(STYLE, "style", HTML_RAW) \
    X(SUMMARY, "summary", HTML_DIVISION) \
    X(SVG, "svg", 0) \
    X(TABLE, "table", HTML_DIVISION | HTML_SCOPE) \
    X(TBODY, "tbody", HTML_BOX | HTML_TABLE_PART) \
    X(TD, "td", HTML_BOX | HTML_SCOPE | HTML_TABLE_PART) \
    X(TEMPLATE, "template", HTML_SPECIAL | HTML_SCOPE | HTML_NOT_SHOWN) \
    X(TEXTAREA, "textarea", HTML_RAW_SHOWN) \
    X(TFOOT, "tfoot", HTML_BOX | HTML_TABLE_PART) \
    X(TH, "th", HTML_BOX | HTML_SCOPE | HTML_TABLE_PART) \
    X(THEAD, "thead", HTML_BOX | HTML_TABLE_PART) \
    X(TITLE, "title", HTML_RAW) \
    X(TR, "tr", HTML_BOX | HTML_TABLE_PART) \
    X(TRACK, "track", HTML_VOID) \
    X(TT, "tt", HTML_FORMATTING) \
    X(U, "u", HTML_FORMATTING) \
    X(UL, "ul", HTML_PARAGRAPH) \
    X(VIDEO, "video", HTML_NOT_SHOWN) \
    X(WBR, "wbr", HTML_VOID) \
    X(XMP, "xmp", HTML_PARAGRAPH | HTML_RAW_SHOWN)

typedef enum {
    HTML_UNKNOWN = 0,
#define X(code, name, traits) HTML_##code,
    HTML_ELEMENTS(X)
#undef X
        HTML_ELEMENT_COUNT
} HtmlElement;

/* Whether @word is @known: of a list of names most differ in their first octet. */
static inline gboolean
html_is(const char *word, const char *known)
{
    return word[0] == known[0] && strcmp(word, known) == 0;
}

/* The element called @name (@length octets, any case), HTML_UNKNOWN for all others. */
HtmlElement html_element(const char *name, gsize length);
/* Its name in lower case; "unknown" for HTML_UNKNOWN. */
const char *html_element_name(HtmlElement element);
guint html_element_traits(HtmlElement element);
