/* html_flow.h - text becomes lines: white space, empty lines, indentation, quotes */
#pragma once

#include <glib.h>
#include <mugai/text.h>

#include "html_style.h"

typedef struct HtmlFlow HtmlFlow;

/* @text receives the lines and must outlive the flow. */
HtmlFlow *html_flow_new(MugaiText *text);
/* Does not write what is still in the line: html_flow_finish() does. */
void html_flow_free(HtmlFlow *flow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlFlow, html_flow_free)
void html_flow_finish(HtmlFlow *flow);

/* Text of the document, its white space treated as the look says. */
void html_flow_text(HtmlFlow *flow, const char *utf8, gsize length, const HtmlLook *look);
/* A word of ours or of an attribute, as it is; blank before it if @apart and there is something
 * before it. */
void html_flow_word(HtmlFlow *flow, const char *word, gboolean apart);
/* Put behind the last visible text, even if its line has ended. */
void html_flow_suffix(HtmlFlow *flow, const char *suffix);
/* <br> */
void html_flow_newline(HtmlFlow *flow);
/* The next text begins a line; with @gap, after an empty one. */
void html_flow_break(HtmlFlow *flow, gboolean gap);
/* A line of its own under the first @indents indents. */
void html_flow_line(HtmlFlow *flow, guint indents, const char *line, gsize length);
guint html_flow_indents(const HtmlFlow *flow);

/* From here on lines begin with @first once, then with blanks as wide; @quote: with "> " always. */
void html_flow_push(HtmlFlow *flow, const char *first, gboolean quote);
void html_flow_pop(HtmlFlow *flow);

/* Counts what can be seen, so that callers find out whether anything came between. */
guint64 html_flow_visible(const HtmlFlow *flow);

enum {
    HTML_GAP_BEFORE = 1,
    HTML_GAP_AFTER = 2,
};

/* Lines go into @buffer (of the caller) instead of the text, until the next call; NULL: into the
 * text again. Indents of before do not count while they go into a buffer. Returns which empty lines
 * were due around the lines diverted until now. */
guint html_flow_divert(HtmlFlow *flow, GString *buffer);
gboolean html_flow_is_diverted(const HtmlFlow *flow);
