/* lock_private.h - what both locks need */
#pragma once

#include <mugai/sandbox.h>

/* Of filters of system calls: searched as a tree, not as a list; the kernel tries every call that
 * there is when a process is locked. */
#define MUGAI_LOCK_AS_TREE 2

/* Landlock for the calling thread and those that it will start: of files nothing but @paths, no TCP
 * port, no signal to outside, no abstract socket; as far as the running kernel can. TRUE without
 * doing anything on one that has no Landlock. SYSTEM. */
gboolean mugai_lock_restrict(const MugaiLockPath *paths, gsize n_paths, GError **error);
