/* html_tree.c - which elements a tag opens and ends: the nesting rules of the HTML standard,
 * section 13.2.6, as far as they decide what is seen
 *
 * Invariants: 1. what nests deeper than the stack is not opened, its text belongs to the innermost
 * that is; 2. the work for a tag is bounded by what it closes, besides constants.
 * Trust: the tags are hostile. Limits: a wrongly nested formatting element is ended where its end
 * tag stands; a browser would then also put it inside the blocks before that.
 */
#include "html_stack.h"

gboolean
html_tree_is_inside(const HtmlTree *tree, HtmlElement element)
{
    return tree->last[element] >= 0;
}

static void
close_paragraph(HtmlTree *tree)
{
    if (html_stack_in_scope(tree, HTML_P) && tree->last[HTML_P] > tree->last[HTML_BUTTON])
        html_stack_close_to(tree, tree->last[HTML_P]);
}

static gboolean
is_heading(HtmlElement element)
{
    return element >= HTML_H1 && element <= HTML_H6;
}

/* Ends what is open inside the innermost table down to a cell, row or section, whichever @kinds
 * lists. */
static void
clear_table(HtmlTree *tree, const HtmlElement *kinds, gsize count)
{
    int table = tree->last[HTML_TABLE];
    int lowest = -1;

    for (gsize i = 0; i < count; i++) {
        int index = tree->last[kinds[i]];

        if (index > table && (lowest < 0 || index < lowest))
            lowest = index;
    }
    if (lowest >= 0)
        html_stack_close_to(tree, lowest);
}

/* A cell stands in a row, a row in a section, whether their tags are there or not. */
static void
open_implied(HtmlTree *tree, HtmlElement element)
{
    gboolean cell = element == HTML_TD || element == HTML_TH;

    if ((cell || element == HTML_TR) && html_stack_top(tree)->element == HTML_TABLE)
        html_stack_push(tree, HTML_TBODY, &html_stack_no_attributes);
    if (cell && html_stack_top(tree)->element != HTML_TR)
        html_stack_push(tree, HTML_TR, &html_stack_no_attributes);
}

/* Before a cell, row, section or caption. FALSE when there is no table for it. */
static gboolean
prepare_table_part(HtmlTree *tree, HtmlElement element)
{
    static const HtmlElement kinds[] = {HTML_TD, HTML_TH,    HTML_CAPTION, HTML_COLGROUP,
                                        HTML_TR, HTML_TBODY, HTML_THEAD,   HTML_TFOOT};
    gsize count = element == HTML_TD || element == HTML_TH ? 4
                  : element == HTML_TR                     ? 5
                                                           : G_N_ELEMENTS(kinds);

    if (tree->last[HTML_TABLE] < 0)
        return FALSE;
    clear_table(tree, kinds, count);
    while (!html_stack_is_frame(html_stack_top(tree)->element))
        html_stack_pop(tree);
    open_implied(tree, element);
    return TRUE;
}

static void
prepare_table(HtmlTree *tree)
{
    int table = tree->last[HTML_TABLE];

    if (!html_sheet_has_quirks(tree->sheet))
        close_paragraph(tree);
    if (table >= 0 && html_stack_top(tree)->scope == table)
        html_stack_close_to(tree, table);
}

static void
prepare_item(HtmlTree *tree, HtmlElement element)
{
    int index = html_stack_top(tree)->barrier;
    HtmlElement bound = index >= 0 ? html_stack_at(tree, index)->element : HTML_UNKNOWN;
    gboolean term = bound == HTML_DD || bound == HTML_DT;

    if ((element == HTML_LI && bound == HTML_LI) || (element != HTML_LI && term))
        html_stack_close_to(tree, index);
    close_paragraph(tree);
}

static void
prepare_option(HtmlTree *tree, HtmlElement element)
{
    if (html_stack_top(tree)->element == HTML_OPTION)
        html_stack_close_to(tree, html_stack_top_index(tree));
    if (element == HTML_OPTGROUP && html_stack_top(tree)->element == HTML_OPTGROUP)
        html_stack_close_to(tree, html_stack_top_index(tree));
}

/* A field inside a select ends it. FALSE: a second <select> does nothing else. */
static gboolean
prepare_in_select(HtmlTree *tree, HtmlElement element)
{
    if (element == HTML_INPUT || element == HTML_TEXTAREA || element == HTML_SELECT)
        html_stack_close_to(tree, tree->last[HTML_SELECT]);
    return element != HTML_SELECT;
}

/* Ends what cannot stay open when @element begins. FALSE when the tag means nothing here. */
static gboolean
prepare(HtmlTree *tree, HtmlElement element)
{
    guint traits = html_element_traits(element);

    if (html_stack_in_scope(tree, HTML_SELECT) && !prepare_in_select(tree, element))
        return FALSE;
    if ((traits & HTML_TABLE_PART) != 0)
        return prepare_table_part(tree, element);
    if (element == HTML_TABLE)
        prepare_table(tree);
    else if (element == HTML_LI || element == HTML_DD || element == HTML_DT)
        prepare_item(tree, element);
    else if (element == HTML_OPTION || element == HTML_OPTGROUP)
        prepare_option(tree, element);
    else if ((element == HTML_A || element == HTML_NOBR) && html_stack_end_pending(tree, element))
        return TRUE;
    else if ((element == HTML_A || element == HTML_NOBR) && html_stack_in_scope(tree, element))
        html_stack_end_formatting(tree, tree->last[element]);
    else if (element == HTML_BUTTON && html_stack_in_scope(tree, element))
        html_stack_close_to(tree, tree->last[element]);
    else if ((element == HTML_RT || element == HTML_RP) && html_stack_in_scope(tree, HTML_RUBY) &&
             (html_stack_top(tree)->element == HTML_RT || html_stack_top(tree)->element == HTML_RP))
        html_stack_close_to(tree, html_stack_top_index(tree));
    else if ((traits & HTML_CLOSES_P) != 0)
        close_paragraph(tree);
    if (is_heading(element) && is_heading(html_stack_top(tree)->element))
        html_stack_close_to(tree, html_stack_top_index(tree));
    return element != HTML_FORM || !html_tree_is_inside(tree, HTML_FORM);
}

/* The first <body> gives its attributes to the one that is open from the start. */
static void
start_body(HtmlTree *tree, const HtmlAttributes *attributes)
{
    int index = tree->last[HTML_BODY];

    if (tree->has_body || html_stack_top_index(tree) != index)
        return;
    tree->has_body = TRUE;
    html_stack_dress(tree, index, attributes);
}

static gboolean
is_ignored(HtmlElement element)
{
    return element == HTML_HTML || element == HTML_HEAD ||
           (html_element_traits(element) & HTML_RAW) != 0;
}

void
html_tree_start(HtmlTree *tree, HtmlElement element, const HtmlAttributes *attributes,
                gboolean closed)
{
    gboolean is_void =
        (html_element_traits(element) & HTML_VOID) != 0 ||
        (closed && (element == HTML_UNKNOWN || element == HTML_SVG || element == HTML_MATH) &&
         (html_tree_is_inside(tree, HTML_SVG) || html_tree_is_inside(tree, HTML_MATH)));

    gboolean in_frame = html_stack_is_frame(html_stack_top(tree)->element);

    if (element == HTML_BODY) {
        start_body(tree, attributes);
        return;
    }
    element = element == HTML_IMAGE ? HTML_IMG : element;
    if (is_ignored(element) || !prepare(tree, element))
        return;
    if (tree->stack->len >= HTML_STACK_DEPTH_MAX && !is_void) {
        tree->beyond++;
        return;
    }
    if ((html_element_traits(element) & (HTML_SCOPE | HTML_TABLE_PART)) != 0)
        html_stack_forget_pending(tree);
    else if ((html_element_traits(element) & HTML_SPECIAL) == 0)
        html_stack_reopen(tree);
    html_stack_push(tree, element, attributes);
    if (is_void || (element == HTML_FORM && in_frame))
        html_stack_pop(tree);
}

static void
end_heading(HtmlTree *tree)
{
    int highest = -1;

    for (int element = HTML_H1; element <= HTML_H6; element++)
        highest = MAX(highest, tree->last[element]);
    if (highest >= 0 && highest > html_stack_top(tree)->scope)
        html_stack_close_to(tree, highest);
}

/* The tag ends the form for later forms, but what is open in it stays inside. */
static void
end_form(HtmlTree *tree)
{
    if (!html_stack_in_scope(tree, HTML_FORM))
        return;
    close_paragraph(tree);
    if (html_stack_top(tree)->element == HTML_FORM) {
        html_stack_pop(tree);
    } else {
        html_stack_at(tree, tree->last[HTML_FORM])->over = TRUE;
        tree->last[HTML_FORM] = -1;
    }
}

static void
end_paragraph(HtmlTree *tree)
{
    if (!html_stack_in_scope(tree, HTML_P))
        html_tree_start(tree, HTML_P, &html_stack_no_attributes, FALSE);
    close_paragraph(tree);
}

/* Where the end tag of @element may reach no further down than this. */
static int
end_limit(const HtmlTree *tree, HtmlElement element)
{
    guint traits = html_element_traits(element);

    if (element == HTML_TABLE)
        return -1;
    if ((traits & HTML_TABLE_PART) != 0)
        return tree->last[HTML_TABLE];
    if (element == HTML_LI)
        return MAX(html_stack_top(tree)->scope, MAX(tree->last[HTML_UL], tree->last[HTML_OL]));
    if ((traits & (HTML_SPECIAL | HTML_FORMATTING)) != 0)
        return html_stack_top(tree)->scope - ((traits & HTML_SCOPE) != 0);
    return html_stack_top(tree)->special;
}

void
html_tree_end(HtmlTree *tree, HtmlElement element)
{
    int index = tree->last[element];

    if (is_ignored(element) || element == HTML_BODY)
        return;
    if (tree->beyond > 0 && element != HTML_BR && (html_element_traits(element) & HTML_VOID) == 0) {
        tree->beyond--;
        return;
    }
    if (element == HTML_BR)
        html_tree_start(tree, element, &html_stack_no_attributes, FALSE);
    else if (element == HTML_P)
        end_paragraph(tree);
    else if (element == HTML_FORM)
        end_form(tree);
    else if (is_heading(element))
        end_heading(tree);
    else if ((html_element_traits(element) & HTML_FORMATTING) != 0 &&
             html_stack_end_pending(tree, element))
        return;
    else if (index < 0 || index <= end_limit(tree, element))
        return;
    else if ((html_element_traits(element) & HTML_FORMATTING) != 0)
        html_stack_end_formatting(tree, index);
    else
        html_stack_close_to(tree, index);
}

HtmlTree *
html_tree_new(HtmlSheet *sheet, const HtmlTreeEvents *events, gpointer data)
{
    HtmlTree *tree = g_new0(HtmlTree, 1);

    tree->sheet = sheet;
    tree->events = events;
    tree->data = data;
    tree->stack = g_array_sized_new(FALSE, TRUE, sizeof(HtmlOpen), 32);
    for (guint i = 0; i < HTML_ELEMENT_COUNT; i++)
        tree->last[i] = -1;
    html_stack_push(tree, HTML_HTML, &html_stack_no_attributes);
    html_stack_push(tree, HTML_BODY, &html_stack_no_attributes);
    return tree;
}

const HtmlOpen *
html_tree_holder(HtmlTree *tree, gboolean blank)
{
    if (!blank && tree->stack->len + tree->pending_count < HTML_STACK_DEPTH_MAX)
        html_stack_reopen(tree);
    return html_stack_at(tree, html_stack_holder(tree, html_stack_top_index(tree)));
}

void
html_tree_finish(HtmlTree *tree)
{
    html_stack_forget_pending(tree);
    while (tree->stack->len > 0)
        html_stack_pop(tree);
}

void
html_tree_free(HtmlTree *tree)
{
    html_tree_finish(tree);
    g_array_unref(tree->stack);
    g_free(tree);
}
