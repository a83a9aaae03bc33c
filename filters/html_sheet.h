/* html_sheet.h - simple <style> rules: elements, classes, ids, their combinations, and media
 * queries */
#pragma once

#include <glib.h>

#include "html_style.h"

typedef struct HtmlSheet HtmlSheet;

/* What a selector asks of an element: how it is called. Strings stay with the caller. */
typedef struct {
    HtmlElement element;
    const char *id;       /* NULL: none */
    const char **classes; /* NULL-terminated, NULL: none */
} HtmlSubject;

/* The subject @level steps above an element (0: itself), NULL above the root. */
typedef const HtmlSubject *(*HtmlAncestor)(gpointer data, guint level);

HtmlSheet *html_sheet_new(void);
void html_sheet_free(HtmlSheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlSheet, html_sheet_free)

/* Whether names of classes and ids differ by case: not in documents without a document type. */
void html_sheet_set_quirks(HtmlSheet *sheet, gboolean quirks);
gboolean html_sheet_has_quirks(const HtmlSheet *sheet);
/* Adds the rules of a <style> element. */
void html_sheet_add(HtmlSheet *sheet, const char *css, gsize length);
/* Adds to @cascade what the rules say about the element at level 0. */
void html_sheet_apply(HtmlSheet *sheet, HtmlAncestor ancestor, gpointer data, HtmlCascade *cascade);
/* Whether a media query list is true on the screen of an ordinary desk. */
gboolean html_sheet_media_matches(const char *query, gsize length);
/* Whether a rule could not be read that may give a background: then colours prove nothing. */
gboolean html_sheet_is_unsure(const HtmlSheet *sheet);
