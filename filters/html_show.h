/* html_show.h - elements become words, marks and lines */
#pragma once

#include <glib.h>
#include <mugai/filter.h>

#include "html_survey.h"
#include "html_tree.h"

typedef struct HtmlShow HtmlShow;

/* All arguments must outlive it. */
HtmlShow *html_show_new(const HtmlSurvey *survey, const MugaiSettings *settings, MugaiText *text,
                        MugaiFilterNotes *notes);
void html_show_free(HtmlShow *show);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlShow, html_show_free)

/* For html_tree_new(), with the show as data. */
extern const HtmlTreeEvents html_show_events;
/* Text inside @open. */
void html_show_text(HtmlShow *show, const HtmlOpen *open, const char *utf8, gsize length);
/* Writes what is left. */
void html_show_finish(HtmlShow *show);
