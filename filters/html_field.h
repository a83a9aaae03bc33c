/* html_field.h - images and the fields of forms, named in brackets; the words for it */
#pragma once

#include "html_flow.h"
#include "html_tree.h"

typedef struct {
    const char *language;
    const char *image;
    const char *input;
    const char *password;
    const char *file;
    const char *button;
    const char *submit;
    const char *reset;
    const char *choice;
    const char *bullet;
    const char *elsewhere_begin; /* around the target of a link whose words name another */
    const char *elsewhere_end;
    const char *elsewhere; /* the same without a target */
} HtmlWords;

/* The words of @language, Japanese for one that is not known. */
const HtmlWords *html_field_words(const char *language);
/* Writes "[name: text]", or "[name]" where there is no text. */
void html_field_put(HtmlFlow *flow, const char *name, const char *text);
/* Writes what is drawn for an <input>. */
void html_field_put_input(HtmlFlow *flow, const HtmlWords *words, const HtmlAttributes *attributes);

/* The whole number that @text begins with, within reason; @otherwise if there is none. */
int html_field_number(const char *text, int otherwise);
/* @text, or @otherwise if it is NULL or empty. */
const char *html_field_or(const char *text, const char *otherwise);
