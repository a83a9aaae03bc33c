/* html.c - an HTML part as a person would have read it
 *
 * What a browser shows becomes text, in reading order; what it hides is counted. The stages:
 *
 *   html_survey    style sheets and list lengths, read ahead
 *   html_guard     the hostile octets rebuilt as flat markup that libxml2 reads as a browser would
 *                  (html_scan, html_reference)
 *   libxml2        tags and text by its SAX interface, no tree
 *   html_tree      which elements are open (html_stack, html_names), what is declared about them
 *                  (html_hints; html_sheet, html_selector, html_media; html_style, html_declare,
 *                  html_color), how they look (html_look)
 *   html_show      elements to words, links, fields (html_link, html_field, html_marker), to lines
 *                  (html_flow) and tables (html_table)
 *
 * Invariants: 1. any input gives a text and ends; 2. time is linear in the input, memory bounded by
 * it; 3. nothing is fetched, no entity is loaded, no declared charset heeded.
 *
 * Trust: the part is hostile, valid UTF-8.
 */
#include <libxml/HTMLparser.h>
#include <mugai/filter.h>
#include <string.h>

#include "html_guard.h"
#include "html_show.h"
#include "html_survey.h"
#include "html_tree.h"

typedef struct {
    HtmlTree *tree;
    HtmlShow *show;
} Reading;

static void
read_attributes(const xmlChar **pairs, HtmlAttributes *attributes, gboolean *ret_closed)
{
    for (; pairs[0] != NULL; pairs += 2) {
        const char *value = pairs[1] != NULL ? (const char *)pairs[1] : "";

        *ret_closed = *ret_closed || strcmp((const char *)pairs[0], HTML_GUARD_CLOSED) == 0;
        for (guint i = 0; i < HTML_ATTRIBUTE_COUNT; i++) {
            if (html_is((const char *)pairs[0], html_attribute_name((HtmlAttribute)i)))
                attributes->value[i] = value;
        }
    }
}

/* A tag as the guard wrote it; libxml2 adds <html> and <body> of its own, which have no attributes.
 */
static void
start_element(void *data, const xmlChar *name, const xmlChar **pairs)
{
    Reading *reading = data;
    HtmlAttributes attributes = {{NULL}};
    const char *element = NULL;
    gboolean closed = FALSE;

    if (pairs == NULL || pairs[0] == NULL || strcmp((const char *)pairs[0], HTML_GUARD_NAME) != 0)
        return;
    element = (const char *)pairs[1];
    if (element[0] == '/') {
        html_tree_end(reading->tree, html_element(element + 1, strlen(element + 1)));
        return;
    }
    read_attributes(pairs + 2, &attributes, &closed);
    html_tree_start(reading->tree, html_element(element, strlen(element)), &attributes, closed);
}

static void
characters(void *data, const xmlChar *text, int length)
{
    Reading *reading = data;
    const char *utf8 = (const char *)text;
    gsize octets = (gsize)MAX(length, 0);
    gsize blanks = 0;

    while (blanks < octets && g_ascii_isspace(utf8[blanks]))
        blanks++;
    html_show_text(reading->show, html_tree_holder(reading->tree, blanks == octets), utf8, octets);
}

static void
stay_silent(void *data, xmlErrorPtr error)
{
}

static int
close_nothing(void *guard)
{
    return 0;
}

/* Reads the document with libxml2's SAX interface. FALSE when it could not be begun. */
static gboolean
parse(HtmlGuard *guard, Reading *reading)
{
    htmlSAXHandler handlers = {
        .startElement = start_element,
        .characters = characters,
        .ignorableWhitespace = characters,
        .serror = stay_silent,
        .initialized = XML_SAX2_MAGIC,
    };
    int options = HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC |
                  HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | XML_PARSE_HUGE;
    htmlParserCtxtPtr context = htmlNewParserCtxt();
    htmlDocPtr document = NULL;

    if (context == NULL)
        return FALSE;
    *context->sax = handlers;
    context->_private = NULL;
    context->userData = reading;
    document =
        htmlCtxtReadIO(context, html_guard_read, close_nothing, guard, NULL, "UTF-8", options);
    if (document != NULL)
        xmlFreeDoc(document);
    htmlFreeParserCtxt(context);
    return TRUE;
}

void
mugai_filter_html(const char *utf8, gsize length, const MugaiSettings *settings, MugaiText *text,
                  MugaiFilterNotes *notes)
{
    g_autoptr(HtmlSurvey) survey = html_survey_new(utf8, length);
    g_autoptr(HtmlGuard) guard = html_guard_new(utf8, length);
    g_autoptr(HtmlShow) show = html_show_new(survey, settings, text, notes);
    g_autoptr(HtmlTree) tree = html_tree_new(survey->sheet, &html_show_events, show);
    Reading reading = {.tree = tree, .show = show};

    notes->unreadable = !parse(guard, &reading);
    html_tree_finish(tree);
    html_show_finish(show);
}
