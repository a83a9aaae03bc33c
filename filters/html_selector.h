/* html_selector.h - selectors of CSS: elements, classes, ids, and those inside one another */
#pragma once

#include "html_sheet.h"

/* Compound selectors in one, and classes in one of those. */
#define HTML_SELECTOR_PARTS_MAX 6u
#define HTML_SELECTOR_CLASSES_MAX 4u
/* Comparisons with an element for a whole document, a second of work; then nothing matches. */
#define HTML_SELECTOR_COMPARISONS_MAX 20000000u

typedef struct {
    HtmlElement element; /* HTML_UNKNOWN: any */
    char *id;
    char *classes[HTML_SELECTOR_CLASSES_MAX + 1];
    gboolean child; /* stands directly inside the part before it */
} HtmlSelectorPart;

typedef struct {
    HtmlSelectorPart parts[HTML_SELECTOR_PARTS_MAX]; /* the last one is the subject's */
    guint count;
} HtmlSelector;

/* FALSE for what is none, or none that we read: attributes, siblings, pseudo-classes. Then
 * @selector is to be cleared all the same. */
gboolean html_selector_read(HtmlSelector *selector, const char *text, gsize length);
void html_selector_clear(HtmlSelector *selector);
/* Ids, classes and elements, four bits each. */
guint32 html_selector_specificity(const HtmlSelector *selector);
/* What an element must have to be its subject: "#id", ".class", "element" or "*", in lower case.
 * Newly allocated. */
char *html_selector_key(const HtmlSelector *selector);
/* Whether the element at level 0 is its subject; adds the comparisons it took. @any_case: names of
 * classes and ids do not differ by case. */
gboolean html_selector_matches(const HtmlSelector *selector, HtmlAncestor ancestor, gpointer data,
                               gboolean any_case, guint64 *comparisons);
