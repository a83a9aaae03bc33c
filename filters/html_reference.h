/* html_reference.h - character references (&amp; &#12354; &nbsp) as browsers read them */
#pragma once

#include <glib.h>

/* Names already looked up: libxml2 searches its table from the front each time. NULL-initialised, g_autoptr. */
GHashTable *html_references_new(void);

/* Reads a character reference at @at, which holds '&', and before @end. Returns the octets it takes, 0 if it is none;
 * puts its character into @ret_character. @attribute: in an attribute's value, where names need their ';'. */
gsize html_reference_read(GHashTable *names, const char *at, const char *end, gboolean attribute,
                          gunichar *ret_character);
