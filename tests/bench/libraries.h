/* libraries.h - what GMime and libxml2 alone do with a message: whoever sanitizes it does more */
#pragma once

#include "gmime_cleanup.h"

/* As GMime reads it, without anything done about it. Owned by the caller. */
GMimeMessage *libraries_parse(const char *octets, gsize length);
/* Its parts decoded, their octets thrown away; those of HTML parts added to @html if that is not
 * NULL. */
void libraries_decode(GMimeMessage *message, GString *html);
/* libxml2's events of @html, thrown away. */
void libraries_sax(const char *html, gsize length);
