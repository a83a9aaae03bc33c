/* html_survey.h - what must be known of a document before its first word is shown */
#pragma once

#include <glib.h>

#include "html_sheet.h"

typedef struct {
    HtmlSheet *sheet;   /* the rules of all <style> elements */
    GArray *countdowns; /* of guint: the items of each <ol reversed>, in order */
    char *base;         /* the href of the first <base>, NULL if none */
    gboolean quirks;    /* no document type: browsers fall back to what was before the standards */
} HtmlSurvey;

HtmlSurvey *html_survey_new(const char *utf8, gsize length);
void html_survey_free(HtmlSurvey *survey);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlSurvey, html_survey_free)
