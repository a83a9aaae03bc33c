/* html_tree.h - which elements are open: the nesting rules of the HTML standard, as far as they
 * decide what is seen */
#pragma once

#include <glib.h>

#include "html_names.h"
#include "html_scan.h"
#include "html_sheet.h"
#include "html_style.h"

/* The attributes of a tag, NULL where there is none. */
typedef struct {
    const char *value[HTML_ATTRIBUTE_COUNT];
} HtmlAttributes;

/* An open element. */
typedef struct {
    HtmlElement element;
    HtmlSubject subject;
    HtmlDeclarations declared;
    HtmlLook look;
    gboolean dead; /* ended by its tag, though elements inside are open */
    gboolean over; /* a form that is ended, but for what is open in it */
    int same;      /* the next open element of this kind below, -1 if none */
    int scope;     /* the nearest at or below with HTML_SCOPE */
    int special;   /* the nearest at or below with HTML_SPECIAL */
    int barrier;   /* the nearest at or below that bounds a list item */
    guint indents; /* from here on for the one who shows: indents pushed, */
    guint shows;   /* and what else ends with it */
} HtmlOpen;

/* Told when an element begins and ends. */
typedef struct {
    void (*opened)(gpointer data, HtmlOpen *open, const HtmlAttributes *attributes);
    void (*closed)(gpointer data, HtmlOpen *open);
} HtmlTreeEvents;

typedef struct HtmlTree HtmlTree;

/* @sheet and @data must outlive the tree. */
HtmlTree *html_tree_new(HtmlSheet *sheet, const HtmlTreeEvents *events, gpointer data);
void html_tree_free(HtmlTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlTree, html_tree_free)

void html_tree_start(HtmlTree *tree, HtmlElement element, const HtmlAttributes *attributes,
                     gboolean closed);
void html_tree_end(HtmlTree *tree, HtmlElement element);
/* Ends all that is open. */
void html_tree_finish(HtmlTree *tree);
/* The open element that text belongs to, never NULL; @blank: text that is white space alone. */
const HtmlOpen *html_tree_holder(HtmlTree *tree, gboolean blank);
/* Whether such an element is open. */
gboolean html_tree_is_inside(const HtmlTree *tree, HtmlElement element);

/* What attributes, rules and the browser's own sheet declare about the element at level 0
 * (html_hints.c). */
void html_hints_declare(HtmlSheet *sheet, HtmlAncestor ancestor, gpointer data,
                        const HtmlAttributes *attributes, HtmlDeclarations *ret_declared);
