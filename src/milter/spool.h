/* spool.h - one message as it comes in, on its way to the worker and to the store */
#pragma once

#include <mugai/store.h>

typedef struct MugaiSpool MugaiSpool;

/* @object (not owned, outlives the spool's last append) gets the same octets. @directory: where a
 * message too large for memory is kept, in a file without a name; not owned. */
MugaiSpool *mugai_spool_new(const char *directory, MugaiObject *object);
void mugai_spool_free(MugaiSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiSpool, mugai_spool_free)

/* Appends octets as they are. After a failure the spool is of no more use. */
gboolean mugai_spool_append(MugaiSpool *spool, const void *octets, gsize length, GError **error);

/* Appends "NAME:VALUE" CRLF; a lone LF in @value (a fold, as milters get it) becomes CRLF. */
gboolean mugai_spool_append_field(MugaiSpool *spool, const char *name, const char *value,
                                  GError **error);

/* Octets of the message; all of them once it is finished. */
guint64 mugai_spool_octets(const MugaiSpool *spool);

/* Passes on what is still collected; afterwards the object has everything. The descriptor of the
 * whole message, owned by @spool; -1 on failure. */
int mugai_spool_finish(MugaiSpool *spool, GError **error);
