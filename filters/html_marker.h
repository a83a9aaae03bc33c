/* html_marker.h - the numbers of list items */
#pragma once

#include <glib.h>

#include "html_style.h"

/* "3. ", "c. ", "iii. ": what stands before item @number; @bullet for lists without numbers. Newly
 * allocated. */
char *html_marker(HtmlMarker marker, int number, const char *bullet);
