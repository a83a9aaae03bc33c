/*
 * id.h - the name of a message: YYYYMMDD-XXXXX-XXXXX
 *
 * UTC date, nine characters of Crockford's base32 (45 random bits), one check character over all 17
 * before it. The check finds every single wrong character and every swap of two neighbours, date
 * included.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUGAI_ID_LENGTH 20u

typedef struct {
    char text[MUGAI_ID_LENGTH + 1]; /* canonical form, NUL-terminated; all zero is no id */
} MugaiId;

/* Makes a new id for the UTC day of @unix_seconds from the kernel's random numbers. Aborts if there
 * are none. */
void mugai_id_new(gint64 unix_seconds, MugaiId *ret_id);

/* The same with given bits (the low 45 of @random): for tests. */
void mugai_id_from_bits(gint64 unix_seconds, guint64 random, MugaiId *ret_id);

/* Reads what a person typed: any case, dashes and blanks anywhere or nowhere, O for 0, I and L
 * for 1. MALFORMED when it cannot be an id: wrong length or alphabet, no such date, check character
 * wrong; the message says "mistyped". @ret_id is untouched on failure. */
gboolean mugai_id_parse(const char *typed, MugaiId *ret_id, GError **error);

/* Midnight UTC of the day that @id names, unix seconds. */
gint64 mugai_id_day(const MugaiId *id);

G_END_DECLS
