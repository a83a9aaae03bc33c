/*
 * pending.h - a release that one person has requested and another one is to approve, kept beside
 * the original
 *
 * The file <id>.request is one line: an entry of the log (record.h), its words the recipients, its
 * outcome "requested" or "requested --again". There is one at most. It goes where the object goes
 * and needs no index (I8).
 */
#pragma once

#include <glib.h>
#include <mugai/record.h>
#include <mugai/store.h>

G_BEGIN_DECLS

/* So long it may be approved. */
#define MUGAI_PENDING_DAYS 7

/* NOT_FOUND if there is none, MALFORMED if it cannot be read, SYSTEM. */
MugaiRecord *mugai_pending_read(MugaiStore *store, const MugaiId *id, GError **error);
/* Whether @pending may no longer be approved at @now (unix seconds), or is of a time to come. */
gboolean mugai_pending_is_over(const MugaiRecord *pending, gint64 now);
/* Whether it is also for whom has it already. */
gboolean mugai_pending_is_again(const MugaiRecord *pending);

/* Keeps what @record, which the log has, requests for @recipients (of char*); durable when it
 * returns. One that is over, or cannot be read, gives way: EXISTS for another one. NOT_FOUND
 * without an object. */
gboolean mugai_pending_set(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                           const GPtrArray *recipients, gboolean again, gint64 now, GError **error);
/* Takes @pending, as it was read, away, durably: of several at once one gets TRUE. NOT_FOUND if it
 * is not there any more, or another one is. */
gboolean mugai_pending_take(MugaiStore *store, const MugaiId *id, const MugaiRecord *pending,
                            GError **error);
/* Puts one that was taken back; EXISTS if there is another one by now. */
gboolean mugai_pending_put_back(MugaiStore *store, const MugaiId *id, const MugaiRecord *pending,
                                GError **error);

G_END_DECLS
