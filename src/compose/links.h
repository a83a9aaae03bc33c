/* links.h - makes links inert: what the text holds afterwards, no mail program makes clickable */
#pragma once

#include <glib.h>
#include <mugai/config.h>

/* Appends @length octets of valid UTF-8 to @out. DEFANG: "://", "www.", "mailto:" and "tel:" are
 * broken up and known schemes renamed; REMOVE: the link's text becomes "[URL]"; KEEP: appended as
 * it is. After the first two @out holds none of the patterns of the profile's inert links, if it
 * held none before and @text does not continue one. Linear. */
void mugai_links_append_inert(GString *out, const char *text, gsize length, MugaiLinks links);
