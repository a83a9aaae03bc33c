/* beside.h - small files beside an object, of one line: what somebody ordered for it */
#pragma once

#include "store_private.h"

G_BEGIN_DECLS

/* The line of the file of @suffix beside the object of @id in the open @day. NOT_FOUND, SYSTEM. */
char *mugai_beside_read(int day, const MugaiId *id, const char *suffix, GError **error);
/* Makes it, durable when it returns. NOT_FOUND without an object, EXISTS. */
gboolean mugai_beside_make(int day, const MugaiId *id, const char *suffix, const char *line,
                           GError **error);
/* Removes it, durably. NOT_FOUND. */
gboolean mugai_beside_remove(int day, const MugaiId *id, const char *suffix, GError **error);

G_END_DECLS
