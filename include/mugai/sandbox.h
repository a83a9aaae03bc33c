/* sandbox.h - gives up what a process will not need again */
#pragma once

#include <glib.h>
#include <sys/types.h>

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
 * limits on CPU @seconds, address space @memory_mib, no further processes, @descriptors open files
 * at most. SYSTEM if any of them cannot be had: then do not go on. */
gboolean mugai_sandbox_limit(guint seconds, guint memory_mib, guint descriptors, GError **error);
/* No file that it writes is larger than @octets: also when it is locked already. */
gboolean mugai_sandbox_limit_files(guint64 octets, GError **error);

/* --- users and capabilities --- */

typedef struct {
    char *name;
    uid_t uid;
    gid_t gid;
} MugaiUser;

/* NOT_FOUND without such a user, or if it is root or of root's group; SYSTEM. */
MugaiUser *mugai_user_find(const char *name, GError **error);
void mugai_user_free(MugaiUser *user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiUser, mugai_user_free)

typedef enum {
    MUGAI_GROUPS_NONE = 0, /* its primary group alone */
    MUGAI_GROUPS_OWN,      /* all that it is a member of */
} MugaiGroups;

/* Whether this process may become other users and end their processes: root, or somebody with
 * CAP_SETUID, CAP_SETGID, CAP_SETPCAP and CAP_KILL. */
gboolean mugai_sandbox_can_become(void);

/* Becomes @user for good, with no capability, no new privileges, undumpable; with @user NULL all
 * that but the user, which root may not ask for. Looks afterwards whether it is so. Before the
 * first thread. SYSTEM: then do not go on. */
gboolean mugai_sandbox_become(const MugaiUser *user, MugaiGroups groups, GError **error);

/* Of what mugai_sandbox_can_become() asks for keeps what it takes to start a process of another
 * user and to end it, and hands that on to the programs it starts; no new privileges. SYSTEM. */
gboolean mugai_sandbox_keep_starting(GError **error);

/* --- files and system calls --- */

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

typedef enum {
    MUGAI_LOCK_NOTHING = 0,
    MUGAI_LOCK_READ, /* a file; or a directory and all beneath it */
    MUGAI_LOCK_KEEP, /* beneath a directory: read, write, make and remove files, make directories */
    MUGAI_LOCK_REMOVE, /* beneath a directory: remove files */
} MugaiLockAccess;

/* What stays within reach of a locked service. */
typedef struct {
    const char *path;
    MugaiLockAccess access;
} MugaiLockPath;

/* Whether this kernel keeps files out of reach at all; where it does not, rights of users do alone.
 */
gboolean mugai_lock_has_landlock(void);

/* Locks the calling process and all threads that it will start, as lock_service.c says: of files it
 * has @paths alone, it executes nothing, starts no process, makes no socket but for the log,
 * signals nobody. What it has open stays usable. Before the first thread. Does nothing in a build
 * with AddressSanitizer. SYSTEM, also without such a path: then do not go on. */
gboolean mugai_lock_service(const MugaiLockPath *paths, gsize n_paths, GError **error);

G_END_DECLS
