/*
 * catalog.h - what the index says of a message: of one that was just answered, and of an object of
 * which nothing else is known
 */
#pragma once

#include <glib.h>
#include <mugai/approve.h>
#include <mugai/store.h>

G_BEGIN_DECLS

/* The entry of a message that has passed. */
MugaiEntry *mugai_catalog_passed(const MugaiReceipt *receipt, const MugaiApproved *approved,
                                 MugaiTime received);

/* An object whose entry is being made. */
typedef struct MugaiCatalogJob MugaiCatalogJob;

/* Reads the object of @id to @scratch, an empty file, which is taken over whatever happens, and has
 * it sanitized for the report alone; several may be under way at once. NOT_FOUND, MALFORMED if the
 * object is damaged, SEALED, SYSTEM. */
MugaiCatalogJob *mugai_catalog_begin(MugaiStore *store, MugaiPool *pool, const MugaiId *id,
                                     int scratch, GError **error);
/* Waits for the entry, whose state is "kept", for nobody knows what became of the message; held if
 * it is. Frees @job. The errors of mugai_ticket_collect(). */
MugaiEntry *mugai_catalog_finish(MugaiCatalogJob *job, GError **error);
void mugai_catalog_cancel(MugaiCatalogJob *job);

/* The entry of an object that is sealed and not open: its envelope and size. Without sha256.
 * NOT_FOUND, MALFORMED, SYSTEM. */
MugaiEntry *mugai_catalog_sealed(MugaiStore *store, const MugaiId *id, GError **error);

/* Both at once; of an object that is sealed and not open, mugai_catalog_sealed(). */
MugaiEntry *mugai_catalog_kept(MugaiStore *store, MugaiPool *pool, const MugaiId *id, int scratch,
                               GError **error);

/* The entry of an object that cannot be read to its end: its envelope where that can be read, and
 * marked as damaged. Without sha256. */
MugaiEntry *mugai_catalog_damaged(MugaiStore *store, const MugaiId *id, const char *why);

G_END_DECLS
