/*
 * released.h - to whom an original was released, kept beside it
 *
 * The file <id>.released has a line for each step of each try: an entry of the log (record.h), its
 * words the recipients, its outcome "begun", "released" or "failed". It goes where the object goes
 * and needs no index (I8). A try that has begun and of which nothing more is known may have
 * arrived: it counts as released.
 */
#pragma once

#include <glib.h>
#include <mugai/record.h>
#include <mugai/store.h>

G_BEGIN_DECLS

/* All lines, of MugaiRecord, oldest first; empty if there is no file. MALFORMED if one of them
 * cannot be read, SYSTEM. */
GPtrArray *mugai_released_read(MugaiStore *store, const MugaiId *id, GError **error);

/* TRUE if none of @recipients (of char*, case does not matter) has it already; EXISTS with who gave
 * it to whom when. The errors of mugai_released_read(). */
gboolean mugai_released_check(MugaiStore *store, const MugaiId *id, const GPtrArray *recipients,
                              GError **error);

/* Writes down that a try begins, by @record, which the log has; durable when it returns. Unless
 * @again, checks in the same moment, so that of two at once one is refused. NOT_FOUND without an
 * object. */
gboolean mugai_released_begin(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                              const GPtrArray *recipients, gboolean again, GError **error);

/* Writes down how it ended for @recipients: @arrived, or certainly not. */
gboolean mugai_released_end(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                            const GPtrArray *recipients, gboolean arrived, GError **error);

G_END_DECLS
