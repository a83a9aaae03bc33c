/* retention_private.h - what hold.c and retention.c share: an object is held or deleted under the
 * lock of its day, so that no hold is promised for what goes in the same moment */
#pragma once

#include "store_private.h"

#include <mugai/retention.h>

G_BEGIN_DECLS

/* Opens and locks the day of @id; closing unlocks. -1 with @error. */
int mugai_hold_lock_day(MugaiStore *store, const MugaiId *id, GError **error);
/* Whether @id is held, in its open @day. */
gboolean mugai_hold_check_in(int day, const MugaiId *id);

G_END_DECLS
