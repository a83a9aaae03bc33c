/* html_tree.c - which elements are open: the nesting rules of the HTML standard, as far as they
 * decide what is seen
 *
 * A stack of open elements. Each knows the next of its kind below and the nearest bounds of scope,
 * so that whether an end tag has anything to end is known without a walk. A formatting element
 * (<b>, <font>, <a>) that is ended while blocks inside are open is marked dead; one that is open
 * when the block around it ends is opened anew behind it.
 *
 * Invariants: 1. the stack is bounded; what nests deeper is not opened, its text belongs to the
 * innermost that is;
 * 2. the work for a tag is bounded by what it closes, besides constants.
 * Trust: the tags are hostile. Limits: text directly inside <table> is not moved before the table
 * here.
 */
#include "html_tree.h"

#include <string.h>

/* Open elements: replies quoted in replies reach some hundred. */
#define DEPTH_MAX 1000u
/* Formatting elements opened anew behind one block, and elements above one that is ended out of
 * order. */
#define REOPENED_MAX 8u
#define ABOVE_DEAD_MAX 64u
#define CLASSES_MAX 16u

struct HtmlTree {
    HtmlSheet *sheet;
    const HtmlTreeEvents *events;
    gpointer data;
    GArray *stack;                  /* of HtmlOpen */
    int last[HTML_ELEMENT_COUNT];   /* the innermost open element of each kind, -1 */
    HtmlOpen pending[REOPENED_MAX]; /* formatting elements to open again, the outermost first */
    guint pending_count;
    guint64 beyond;    /* elements begun and not ended beyond DEPTH_MAX */
    gboolean has_body; /* the <body> tag has been seen */
};

static const HtmlAttributes no_attributes = {{NULL}};

static HtmlOpen *
at(const HtmlTree *tree, int index)
{
    return &g_array_index(tree->stack, HtmlOpen, index);
}

static int
top_index(const HtmlTree *tree)
{
    return (int)tree->stack->len - 1;
}

static HtmlOpen *
top(const HtmlTree *tree)
{
    return at(tree, top_index(tree));
}

/* Where only rows or cells may stand. */
static gboolean
is_table_frame(HtmlElement element)
{
    return element == HTML_TABLE || element == HTML_TBODY || element == HTML_THEAD ||
           element == HTML_TFOOT || element == HTML_TR;
}

/* The element that text and other elements in the one at @index belong to: what stands in a table
 * but in none of its cells is shown before the table (HTML standard, section 13.2.6.1). */
static int
holder(const HtmlTree *tree, int index)
{
    if (index < 0 || !is_table_frame(at(tree, index)->element) || tree->last[HTML_TABLE] < 1)
        return index;
    return MIN(index, tree->last[HTML_TABLE] - 1);
}

gboolean
html_tree_is_inside(const HtmlTree *tree, HtmlElement element)
{
    return tree->last[element] >= 0;
}

static const HtmlSubject *
subject_above(gpointer data, guint level)
{
    const HtmlTree *tree = data;

    return level < tree->stack->len ? &at(tree, top_index(tree) - (int)level)->subject : NULL;
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
    int index = top_index(tree);
    HtmlOpen *open = at(tree, index);
    const HtmlOpen *below = index > 0 ? at(tree, index - 1) : NULL;
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
    HtmlOpen *open = at(tree, index);
    gboolean part = (html_element_traits(open->element) & HTML_TABLE_PART) != 0;
    int parent = part ? index - 1 : holder(tree, index - 1);
    HtmlLook look = parent >= 0 ? at(tree, parent)->look : html_look_initial;

    if (open->element == HTML_TABLE && html_sheet_has_quirks(tree->sheet)) {
        look.color = at(tree, tree->last[HTML_BODY])->look.color;
        look.font_size = html_look_initial.font_size;
        look.white_space = HTML_SPACE_NORMAL;
    }
    open->look = open->dead ? look : html_style_look(&look, open->element, &open->declared);
    if (html_sheet_is_unsure(tree->sheet))
        open->look.background = HTML_COLOR_UNKNOWN;
}

static void
push(HtmlTree *tree, HtmlElement element, const HtmlAttributes *attributes)
{
    HtmlOpen open = {.element = element};

    set_subject(&open, attributes);
    g_array_append_val(tree->stack, open);
    link_top(tree);
    html_hints_declare(tree->sheet, subject_above, tree, attributes, &top(tree)->declared);
    set_look(tree, top_index(tree));
    tree->events->opened(tree->data, top(tree), attributes);
}

static void
unlink_top(HtmlTree *tree)
{
    tree->last[top(tree)->element] = top(tree)->same;
    g_array_set_size(tree->stack, tree->stack->len - 1);
}

static void
forget(HtmlTree *tree, HtmlOpen *open)
{
    if (!open->dead)
        tree->events->closed(tree->data, open);
    clear_subject(open);
}

/* Ends the innermost element, and the ended forms that were open for its sake. */
static void
pop(HtmlTree *tree)
{
    do {
        forget(tree, top(tree));
        unlink_top(tree);
    } while (tree->stack->len > 0 && top(tree)->over);
}

static void
push_again(HtmlTree *tree, const HtmlOpen *open)
{
    g_array_append_val(tree->stack, *open);
    link_top(tree);
    set_look(tree, top_index(tree));
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
    if (tree->pending_count == REOPENED_MAX)
        forget(tree, &tree->pending[--tree->pending_count]);
    memmove(&tree->pending[1], &tree->pending[0], tree->pending_count * sizeof tree->pending[0]);
    tree->pending[0] = *open;
    tree->pending_count++;
}

/* A cell, and what else bounds scope, keeps the formatting outside out and that inside in. */
static void
forget_pending(HtmlTree *tree)
{
    while (tree->pending_count > 0)
        forget(tree, &tree->pending[--tree->pending_count]);
}

/* Before text, and before elements that stand in a line: formatting that is not ended goes on. */
static void
reopen_pending(HtmlTree *tree)
{
    for (guint i = 0; i < tree->pending_count; i++)
        push_again(tree, &tree->pending[i]);
    tree->pending_count = 0;
}

/* Ends the element at @index and all above it; formatting ones above wait to be opened again. */
static void
close_to(HtmlTree *tree, int index)
{
    while (top_index(tree) >= index) {
        HtmlOpen *open = top(tree);
        guint traits = html_element_traits(open->element);

        if (top_index(tree) > index && is_formatting(open)) {
            suspend(tree, open);
            unlink_top(tree);
            continue;
        }
        if ((traits & HTML_SCOPE) != 0 && open->element != HTML_TABLE)
            forget_pending(tree);
        pop(tree);
    }
}

/* The end tag of a formatting element: where blocks are open inside, they stay, without its effect.
 */
static void
end_formatting(HtmlTree *tree, int index)
{
    HtmlOpen *open = at(tree, index);

    if (top(tree)->special < index) {
        close_to(tree, index);
        return;
    }
    if (open->dead || top_index(tree) - index > (int)ABOVE_DEAD_MAX)
        return;
    tree->events->closed(tree->data, open);
    open->dead = TRUE;
    for (int i = index; i <= top_index(tree); i++)
        set_look(tree, i);
}

/* The end tag of a formatting element that waits. FALSE if none does. */
static gboolean
end_pending(HtmlTree *tree, HtmlElement element)
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

static gboolean
in_scope(const HtmlTree *tree, HtmlElement element)
{
    return tree->last[element] >= 0 && tree->last[element] >= top(tree)->scope;
}

static void
close_paragraph(HtmlTree *tree)
{
    if (in_scope(tree, HTML_P) && tree->last[HTML_P] > tree->last[HTML_BUTTON])
        close_to(tree, tree->last[HTML_P]);
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
        close_to(tree, lowest);
}

/* A cell stands in a row, a row in a section, whether their tags are there or not. */
static void
open_implied(HtmlTree *tree, HtmlElement element)
{
    gboolean cell = element == HTML_TD || element == HTML_TH;

    if ((cell || element == HTML_TR) && top(tree)->element == HTML_TABLE)
        push(tree, HTML_TBODY, &no_attributes);
    if (cell && top(tree)->element != HTML_TR)
        push(tree, HTML_TR, &no_attributes);
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
    while (!is_table_frame(top(tree)->element))
        pop(tree);
    open_implied(tree, element);
    return TRUE;
}

static void
prepare_table(HtmlTree *tree)
{
    int table = tree->last[HTML_TABLE];

    if (!html_sheet_has_quirks(tree->sheet))
        close_paragraph(tree);
    if (table >= 0 && top(tree)->scope == table)
        close_to(tree, table);
}

static void
prepare_item(HtmlTree *tree, HtmlElement element)
{
    int index = top(tree)->barrier;
    HtmlElement bound = index >= 0 ? at(tree, index)->element : HTML_UNKNOWN;
    gboolean term = bound == HTML_DD || bound == HTML_DT;

    if ((element == HTML_LI && bound == HTML_LI) || (element != HTML_LI && term))
        close_to(tree, index);
    close_paragraph(tree);
}

static void
prepare_option(HtmlTree *tree, HtmlElement element)
{
    if (top(tree)->element == HTML_OPTION)
        close_to(tree, top_index(tree));
    if (element == HTML_OPTGROUP && top(tree)->element == HTML_OPTGROUP)
        close_to(tree, top_index(tree));
}

/* A field inside a select ends it. FALSE: a second <select> does nothing else. */
static gboolean
prepare_in_select(HtmlTree *tree, HtmlElement element)
{
    if (element == HTML_INPUT || element == HTML_TEXTAREA || element == HTML_SELECT)
        close_to(tree, tree->last[HTML_SELECT]);
    return element != HTML_SELECT;
}

/* Ends what cannot stay open when @element begins. FALSE when the tag means nothing here. */
static gboolean
prepare(HtmlTree *tree, HtmlElement element)
{
    guint traits = html_element_traits(element);

    if (in_scope(tree, HTML_SELECT) && !prepare_in_select(tree, element))
        return FALSE;
    if ((traits & HTML_TABLE_PART) != 0)
        return prepare_table_part(tree, element);
    if (element == HTML_TABLE)
        prepare_table(tree);
    else if (element == HTML_LI || element == HTML_DD || element == HTML_DT)
        prepare_item(tree, element);
    else if (element == HTML_OPTION || element == HTML_OPTGROUP)
        prepare_option(tree, element);
    else if ((element == HTML_A || element == HTML_NOBR) && end_pending(tree, element))
        return TRUE;
    else if ((element == HTML_A || element == HTML_NOBR) && in_scope(tree, element))
        end_formatting(tree, tree->last[element]);
    else if (element == HTML_BUTTON && in_scope(tree, element))
        close_to(tree, tree->last[element]);
    else if ((element == HTML_RT || element == HTML_RP) && in_scope(tree, HTML_RUBY) &&
             (top(tree)->element == HTML_RT || top(tree)->element == HTML_RP))
        close_to(tree, top_index(tree));
    else if ((traits & HTML_CLOSES_P) != 0)
        close_paragraph(tree);
    if (is_heading(element) && is_heading(top(tree)->element))
        close_to(tree, top_index(tree));
    return element != HTML_FORM || !html_tree_is_inside(tree, HTML_FORM);
}

/* The first <body> gives its attributes to the one that is open from the start. */
static void
start_body(HtmlTree *tree, const HtmlAttributes *attributes)
{
    int index = tree->last[HTML_BODY];
    HtmlOpen *body = at(tree, index);

    if (tree->has_body || top_index(tree) != index)
        return;
    tree->has_body = TRUE;
    clear_subject(body);
    set_subject(body, attributes);
    html_hints_declare(tree->sheet, subject_above, tree, attributes, &body->declared);
    set_look(tree, index);
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

    gboolean in_frame = is_table_frame(top(tree)->element);

    if (element == HTML_BODY) {
        start_body(tree, attributes);
        return;
    }
    element = element == HTML_IMAGE ? HTML_IMG : element;
    if (is_ignored(element) || !prepare(tree, element))
        return;
    if (tree->stack->len >= DEPTH_MAX && !is_void) {
        tree->beyond++;
        return;
    }
    if ((html_element_traits(element) & (HTML_SCOPE | HTML_TABLE_PART)) != 0)
        forget_pending(tree);
    else if ((html_element_traits(element) & HTML_SPECIAL) == 0)
        reopen_pending(tree);
    push(tree, element, attributes);
    if (is_void || (element == HTML_FORM && in_frame))
        pop(tree);
}

static void
end_heading(HtmlTree *tree)
{
    int highest = -1;

    for (int element = HTML_H1; element <= HTML_H6; element++)
        highest = MAX(highest, tree->last[element]);
    if (highest >= 0 && highest > top(tree)->scope)
        close_to(tree, highest);
}

/* The tag ends the form for later forms, but what is open in it stays inside. */
static void
end_form(HtmlTree *tree)
{
    if (!in_scope(tree, HTML_FORM))
        return;
    close_paragraph(tree);
    if (top(tree)->element == HTML_FORM) {
        pop(tree);
    } else {
        at(tree, tree->last[HTML_FORM])->over = TRUE;
        tree->last[HTML_FORM] = -1;
    }
}

static void
end_paragraph(HtmlTree *tree)
{
    if (!in_scope(tree, HTML_P))
        html_tree_start(tree, HTML_P, &no_attributes, FALSE);
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
        return MAX(top(tree)->scope, MAX(tree->last[HTML_UL], tree->last[HTML_OL]));
    if ((traits & (HTML_SPECIAL | HTML_FORMATTING)) != 0)
        return top(tree)->scope - ((traits & HTML_SCOPE) != 0);
    return top(tree)->special;
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
        html_tree_start(tree, element, &no_attributes, FALSE);
    else if (element == HTML_P)
        end_paragraph(tree);
    else if (element == HTML_FORM)
        end_form(tree);
    else if (is_heading(element))
        end_heading(tree);
    else if ((html_element_traits(element) & HTML_FORMATTING) != 0 && end_pending(tree, element))
        return;
    else if (index < 0 || index <= end_limit(tree, element))
        return;
    else if ((html_element_traits(element) & HTML_FORMATTING) != 0)
        end_formatting(tree, index);
    else
        close_to(tree, index);
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
    push(tree, HTML_HTML, &no_attributes);
    push(tree, HTML_BODY, &no_attributes);
    return tree;
}

const HtmlOpen *
html_tree_holder(HtmlTree *tree, gboolean blank)
{
    if (!blank && tree->stack->len + tree->pending_count < DEPTH_MAX)
        reopen_pending(tree);
    return at(tree, holder(tree, top_index(tree)));
}

void
html_tree_finish(HtmlTree *tree)
{
    forget_pending(tree);
    while (tree->stack->len > 0)
        pop(tree);
}

void
html_tree_free(HtmlTree *tree)
{
    html_tree_finish(tree);
    g_array_unref(tree->stack);
    g_free(tree);
}
