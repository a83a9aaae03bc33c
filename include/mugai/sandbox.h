/* sandbox.h - gives up what a process will not need again */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* 1 in a build with AddressSanitizer, which wants terabytes of address space and a standard error
 * to report to. */
#ifdef __SANITIZE_ADDRESS__
#define MUGAI_WITH_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MUGAI_WITH_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef MUGAI_WITH_ADDRESS_SANITIZER
#define MUGAI_WITH_ADDRESS_SANITIZER 0
#endif

/* For a process that is about to meet hostile octets: no core dump, undumpable, no new privileges,
 * limits on CPU @seconds, address space @memory_mib, file size @file_octets, no further processes,
 * @descriptors open files at most. SYSTEM if any of them cannot be had: then do not go on. */
gboolean mugai_sandbox_limit(guint seconds, guint memory_mib, guint64 file_octets,
                             guint descriptors, GError **error);

/**
 * MugaiLock:
 * The lock of a process that reads hostile octets, made once and applied in many.
 */
typedef struct MugaiLock MugaiLock;

/* SYSTEM if it cannot be made. */
MugaiLock *mugai_lock_new(GError **error);
void mugai_lock_free(MugaiLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiLock, mugai_lock_free)

/* Locks the calling process: from here on it can open nothing, connect to nothing, execute nothing
 * and signal nobody. Asking for a path fails with EACCES, any other call not on lock.c's list kills
 * it. Landlock beside it where the kernel has it. Does nothing in a build with AddressSanitizer.
 * SYSTEM: then do not go on. */
gboolean mugai_lock_apply(const MugaiLock *lock, GError **error);

G_END_DECLS
