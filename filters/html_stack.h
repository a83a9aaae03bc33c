/* html_stack.h - the stack of open elements; for html_tree.c alone */
#pragma once

#include "html_tree.h"

/* Open elements: replies quoted in replies reach some hundred. */
#define HTML_STACK_DEPTH_MAX 1000u
/* Formatting elements that wait to be opened again. */
#define HTML_STACK_PENDING_MAX 8u

struct HtmlTree {
    HtmlSheet *sheet;
    const HtmlTreeEvents *events;
    gpointer data;
    GArray *stack;                            /* of HtmlOpen */
    int last[HTML_ELEMENT_COUNT];             /* the innermost open element of each kind, -1 */
    HtmlOpen pending[HTML_STACK_PENDING_MAX]; /* formatting elements to open again, the outermost
                                                 first */
    guint pending_count;
    guint64 beyond;    /* elements begun and not ended beyond DEPTH_MAX */
    gboolean has_body; /* the <body> tag has been seen */
};

extern const HtmlAttributes html_stack_no_attributes;

HtmlOpen *html_stack_at(const HtmlTree *tree, int index);
HtmlOpen *html_stack_top(const HtmlTree *tree);
int html_stack_top_index(const HtmlTree *tree);
/* The element that text and other elements in the one at @index belong to: what stands in a table
 * but in none of its cells is shown before the table (HTML standard, section 13.2.6.1). */
int html_stack_holder(const HtmlTree *tree, int index);
/* Where only rows or cells may stand. */
gboolean html_stack_is_frame(HtmlElement element);
/* Whether such an element is open, and no cell or the like around what is innermost. */
gboolean html_stack_in_scope(const HtmlTree *tree, HtmlElement element);

void html_stack_push(HtmlTree *tree, HtmlElement element, const HtmlAttributes *attributes);
/* Gives the element at @index, the innermost, other attributes. */
void html_stack_dress(HtmlTree *tree, int index, const HtmlAttributes *attributes);
/* Ends the innermost element, and the ended forms that were open for its sake. */
void html_stack_pop(HtmlTree *tree);
/* Ends the element at @index and all above it; formatting ones above wait to be opened again. */
void html_stack_close_to(HtmlTree *tree, int index);
/* The end tag of a formatting element: where blocks are open inside, they stay, without its effect.
 */
void html_stack_end_formatting(HtmlTree *tree, int index);
/* The end tag of a formatting element that waits. FALSE if none does. */
gboolean html_stack_end_pending(HtmlTree *tree, HtmlElement element);
/* Before text, and before elements that stand in a line: formatting that is not ended goes on. */
void html_stack_reopen(HtmlTree *tree);
/* A cell, and what else bounds scope, keeps the formatting outside out and that inside in. */
void html_stack_forget_pending(HtmlTree *tree);
