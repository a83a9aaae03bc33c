/* truetype.h - what a part is in truth, by its first octets; the only user of libmagic */
#pragma once

#include <glib.h>

/* How many octets from the beginning are worth looking at. */
#define MUGAI_TRUETYPE_OCTETS 16384u

/* Loads the database, once per process, before any message. SYSTEM if it is missing. */
gboolean mugai_truetype_warm_up(GError **error);

/* The media type of what begins with @octets, static until the next call;
 * "application/octet-stream" if unknown. */
const char *mugai_truetype_of(const char *octets, gsize length);

/* Whether @type is something a machine would run. */
gboolean mugai_truetype_is_program(const char *type);
