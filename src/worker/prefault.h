/* prefault.h - the pages that a message will touch, had before it comes */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MugaiPrefault:
 * Which pages of this process a child of it touches that handles a message. A forked child has
 * none of the pages of libraries, and shares all others until it writes to them: each costs a trap
 * when it is touched first. A child that waits can have that behind it.
 */
typedef struct MugaiPrefault MugaiPrefault;

/* Learns it from a child that calls @rehearse and ends; before any message, while there is one
 * thread. Where the kernel does not tell, or that child fails, no pages are known: it is a matter
 * of time alone. Never NULL. */
MugaiPrefault *mugai_prefault_learn(void (*rehearse)(void));
void mugai_prefault_free(MugaiPrefault *prefault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiPrefault, mugai_prefault_free)

/* How many pages are known. */
gsize mugai_prefault_count(const MugaiPrefault *prefault);

/* Has them all now: in a child of the process that learned it. */
void mugai_prefault_apply(const MugaiPrefault *prefault);

G_END_DECLS
