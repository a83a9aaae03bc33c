/* lock_private.h - what both locks need */
#pragma once

#include <mugai/sandbox.h>

/* Landlock for the calling thread and those that it will start: of files nothing but @paths, no TCP
 * port, no signal to outside, no abstract socket; as far as the running kernel can. TRUE without
 * doing anything on one that has no Landlock. SYSTEM. */
gboolean mugai_lock_restrict(const MugaiLockPath *paths, gsize n_paths, GError **error);
