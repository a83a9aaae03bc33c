/* html_table.h - tables: rows and columns where they are data, plain flow where they are layout */
#pragma once

#include <glib.h>

#include "html_flow.h"

typedef struct HtmlTable HtmlTable;

/* @flow must outlive it. */
HtmlTable *html_table_new(HtmlFlow *flow);
void html_table_free(HtmlTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlTable, html_table_free)

/* The tags of all tables of a document, in order. @ruled: with lines between its cells. */
void html_table_open(HtmlTable *table, gboolean ruled);
void html_table_close(HtmlTable *table);
void html_table_row(HtmlTable *table);
void html_table_cell(HtmlTable *table, gboolean header, guint columns, guint rows);
void html_table_cell_end(HtmlTable *table);
