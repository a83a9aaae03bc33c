/* html_stack.c - the stack of open elements, each with its look
 *
 * Each element knows the next of its kind below and the nearest bounds of scope, so that whether an
 * end tag has anything to end is known without a walk. A formatting element (<b>, <font>, <a>) that
 * is ended while blocks inside are open is marked dead; one that is open when the block around it
 * ends waits until text comes, and is opened again there.
 *
 * Invariants: 1. the stack and what waits are bounded; 2. the work for a tag is bounded by what it
 * closes, besides constants.
 */
#include "html_stack.h"

#include <string.h>

/* Elements above a formatting element that is ended out of order. */
#define ABOVE_DEAD_MAX 64u
#define CLASSES_MAX 16u

const HtmlAttributes html_stack_no_attributes = {{NULL}};

HtmlOpen *
html_stack_at(const HtmlTree *tree, int index)
{
    return &g_array_index(tree->stack, HtmlOpen, index);
}

int
html_stack_top_index(const HtmlTree *tree)
{
    return (int)tree->stack->len - 1;
}

HtmlOpen *
html_stack_top(const HtmlTree *tree)
{
    return html_stack_at(tree, html_stack_top_index(tree));
}

gboolean
html_stack_is_frame(HtmlElement element)
{
    return element == HTML_TABLE || element == HTML_TBODY || element == HTML_THEAD ||
           element == HTML_TFOOT || element == HTML_TR;
}

int
html_stack_holder(const HtmlTree *tree, int index)
{
    if (index < 0 || !html_stack_is_frame(html_stack_at(tree, index)->element) ||
        tree->last[HTML_TABLE] < 1)
        return index;
    return MIN(index, tree->last[HTML_TABLE] - 1);
}

static const HtmlSubject *
subject_above(gpointer data, guint level)
{
    const HtmlTree *tree = data;

    return level < tree->stack->len
               ? &html_stack_at(tree, html_stack_top_index(tree) - (int)level)->subject
               : NULL;
}

static void
set_subject(HtmlOpen *open, const HtmlAttributes *attributes)
{
    const char *classes = attributes->value[HTML_ATTRIBUTE_CLASS];

    open->subject = (HtmlSubject){.element = open->element};
    open->subject.id = g_strdup(attributes->value[HTML_ATTRIBUTE_ID]);
    if (classes != NULL)
        open->subject.classes = (const char **)g_strsplit_set(classes, " \t\n", CLASSES_MAX);
}

static void
clear_subject(HtmlOpen *open)
{
    union {
        const char *constant;
        char *owned;
    } id = {.constant = open->subject.id};
    union {
        const char **constant;
        char **owned;
    } classes = {.constant = open->subject.classes};

    g_free(id.owned);
    g_strfreev(classes.owned);
}

/* Where the element stands, now that it is on top. */
static void
link_top(HtmlTree *tree)
{
    int index = html_stack_top_index(tree);
    HtmlOpen *open = html_stack_at(tree, index);
    const HtmlOpen *below = index > 0 ? html_stack_at(tree, index - 1) : NULL;
    guint traits = html_element_traits(open->element);
    gboolean bounds = (traits & HTML_SPECIAL) != 0 && open->element != HTML_ADDRESS &&
                      open->element != HTML_DIV && open->element != HTML_P;

    open->same = tree->last[open->element];
    tree->last[open->element] = index;
    open->scope = (traits & HTML_SCOPE) != 0 ? index : below != NULL ? below->scope : -1;
    open->special = (traits & HTML_SPECIAL) != 0 ? index : below != NULL ? below->special : -1;
    open->barrier = bounds ? index : below != NULL ? below->barrier : -1;
}

static void
set_look(HtmlTree *tree, int index)
{
    HtmlOpen *open = html_stack_at(tree, index);
    gboolean part = (html_element_traits(open->element) & HTML_TABLE_PART) != 0;
    int parent = part ? index - 1 : html_stack_holder(tree, index - 1);
    HtmlLook look = parent >= 0 ? html_stack_at(tree, parent)->look : html_look_initial;

    if (open->element == HTML_TABLE && html_sheet_has_quirks(tree->sheet)) {
        look.color = html_stack_at(tree, tree->last[HTML_BODY])->look.color;
        look.font_size = html_look_initial.font_size;
        look.white_space = HTML_SPACE_NORMAL;
    }
    open->look = open->dead ? look : html_style_look(&look, open->element, &open->declared);
    if (html_sheet_is_unsure(tree->sheet))
        open->look.background = HTML_COLOR_UNKNOWN;
}

void
html_stack_push(HtmlTree *tree, HtmlElement element, const HtmlAttributes *attributes)
{
    HtmlOpen open = {.element = element};

    set_subject(&open, attributes);
    g_array_append_val(tree->stack, open);
    link_top(tree);
    html_hints_declare(tree->sheet, subject_above, tree, attributes,
                       &html_stack_top(tree)->declared);
    set_look(tree, html_stack_top_index(tree));
    tree->events->opened(tree->data, html_stack_top(tree), attributes);
}

static void
unlink_top(HtmlTree *tree)
{
    tree->last[html_stack_top(tree)->element] = html_stack_top(tree)->same;
    g_array_set_size(tree->stack, tree->stack->len - 1);
}

static void
forget(HtmlTree *tree, HtmlOpen *open)
{
    if (!open->dead)
        tree->events->closed(tree->data, open);
    clear_subject(open);
}

void
html_stack_pop(HtmlTree *tree)
{
    do {
        forget(tree, html_stack_top(tree));
        unlink_top(tree);
    } while (tree->stack->len > 0 && html_stack_top(tree)->over);
}

static void
push_again(HtmlTree *tree, const HtmlOpen *open)
{
    g_array_append_val(tree->stack, *open);
    link_top(tree);
    set_look(tree, html_stack_top_index(tree));
}

static gboolean
is_formatting(const HtmlOpen *open)
{
    return (html_element_traits(open->element) & HTML_FORMATTING) != 0 && !open->dead;
}

/* Puts an element that was just taken off the stack before those that wait already. */
static void
suspend(HtmlTree *tree, HtmlOpen *open)
{
    if (tree->pending_count == HTML_STACK_PENDING_MAX)
        forget(tree, &tree->pending[--tree->pending_count]);
    memmove(&tree->pending[1], &tree->pending[0], tree->pending_count * sizeof tree->pending[0]);
    tree->pending[0] = *open;
    tree->pending_count++;
}

void
html_stack_forget_pending(HtmlTree *tree)
{
    while (tree->pending_count > 0)
        forget(tree, &tree->pending[--tree->pending_count]);
}

void
html_stack_reopen(HtmlTree *tree)
{
    for (guint i = 0; i < tree->pending_count; i++)
        push_again(tree, &tree->pending[i]);
    tree->pending_count = 0;
}

void
html_stack_close_to(HtmlTree *tree, int index)
{
    while (html_stack_top_index(tree) >= index) {
        HtmlOpen *open = html_stack_top(tree);
        guint traits = html_element_traits(open->element);

        if (html_stack_top_index(tree) > index && is_formatting(open)) {
            suspend(tree, open);
            unlink_top(tree);
            continue;
        }
        if ((traits & HTML_SCOPE) != 0 && open->element != HTML_TABLE)
            html_stack_forget_pending(tree);
        html_stack_pop(tree);
    }
}

/* The end tag of a formatting element: where blocks are open inside, they stay, without its effect.
 */
void
html_stack_end_formatting(HtmlTree *tree, int index)
{
    HtmlOpen *open = html_stack_at(tree, index);

    if (html_stack_top(tree)->special < index) {
        html_stack_close_to(tree, index);
        return;
    }
    if (open->dead || html_stack_top_index(tree) - index > (int)ABOVE_DEAD_MAX)
        return;
    tree->events->closed(tree->data, open);
    open->dead = TRUE;
    for (int i = index; i <= html_stack_top_index(tree); i++)
        set_look(tree, i);
}

gboolean
html_stack_end_pending(HtmlTree *tree, HtmlElement element)
{
    for (guint i = tree->pending_count; i > 0; i--) {
        if (tree->pending[i - 1].element != element)
            continue;
        forget(tree, &tree->pending[i - 1]);
        tree->pending_count--;
        memmove(&tree->pending[i - 1], &tree->pending[i],
                (tree->pending_count - (i - 1)) * sizeof tree->pending[0]);
        return TRUE;
    }
    return FALSE;
}

gboolean
html_stack_in_scope(const HtmlTree *tree, HtmlElement element)
{
    return tree->last[element] >= 0 && tree->last[element] >= html_stack_top(tree)->scope;
}

void
html_stack_dress(HtmlTree *tree, int index, const HtmlAttributes *attributes)
{
    HtmlOpen *open = html_stack_at(tree, index);

    clear_subject(open);
    set_subject(open, attributes);
    html_hints_declare(tree->sheet, subject_above, tree, attributes, &open->declared);
    set_look(tree, index);
}
