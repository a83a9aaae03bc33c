/* html_declare.h - one declaration of CSS; numbers and colours in it */
#pragma once

#include "html_style.h"

/* Adds what "name: value" says. Both in lower case, with single blanks. */
void html_declare(HtmlDeclarations *declarations, const char *name, const char *value,
                  gboolean important);

/* The next number in @text, which is NUL-terminated and moves behind it; of a '%' it is that part
 * of
 * @whole. */
gboolean html_style_number(const char **text, double whole, double *ret_number);
