/* html_reference.h - character references (&amp; &#12354; &nbsp) as browsers read them */
#pragma once

#include <glib.h>

/* A name of the HTML standard, section 13.5. */
typedef struct {
    const char *name;       /* without '&' and ';' */
    gboolean bare;          /* may stand without ';' */
    gunichar characters[2]; /* the second 0 where there is one alone */
} HtmlReferenceName;

/* Sorted by name; made by html_reference_make.py. */
extern const HtmlReferenceName html_reference_names[];
extern const gsize html_reference_name_count;

/* Reads a character reference at @at, which holds '&', and before @end. Returns the octets it
 * takes, 0 if it is none; puts its characters into @ret_characters, the second 0 where there is one
 * alone. @attribute: in an attribute's value, where a name without ';' must not run into letters.
 */
gsize html_reference_read(const char *at, const char *end, gboolean attribute,
                          gunichar ret_characters[2]);
