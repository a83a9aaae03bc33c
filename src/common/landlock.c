/*
 * landlock.c - what Landlock takes away
 *
 * Every right that the running kernel can take is taken, and given back for the paths that are
 * named.
 *
 * Limits: a right that the kernel does not know yet stays: cutting a file short before 6.2, TCP
 * before 6.7, signals and abstract sockets before 6.12. Looking at the attributes of a file and
 * connecting to a socket that has a path are no rights of Landlock's: lock.c's filter refuses both,
 * lock_service.c says what it leaves.
 */
#include "lock_private.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of <linux/landlock.h>, newer than Debian 12's. */
#define FS_REFER (1ull << 13)     /* ABI 2 */
#define FS_TRUNCATE (1ull << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ull << 15) /* ABI 5 */
#define FS_FIRST ((1ull << 13) - 1)
#define NET_BIND_AND_CONNECT_TCP 3ull           /* ABI 4 */
#define SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS 3ull /* ABI 6 */

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define KEEP                                                                                       \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                          \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)
/* The others can be granted for directories only. */
#define RIGHTS_OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

/* struct landlock_ruleset_attr as it has grown. */
typedef struct {
    guint64 fs;
    guint64 net;
    guint64 scoped;
} Handled;

static const guint64 rights_of[] = {
    [MUGAI_LOCK_NOTHING] = 0,
    [MUGAI_LOCK_READ] = READ,
    [MUGAI_LOCK_KEEP] = KEEP,
    [MUGAI_LOCK_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

/* Of a kernel with @abi; an older one refuses fields that it does not know unless they are zero. */
static Handled
handle_all(long abi)
{
    Handled handled = {.fs = FS_FIRST};

    if (abi >= 2)
        handled.fs |= FS_REFER;
    if (abi >= 3)
        handled.fs |= FS_TRUNCATE;
    if (abi >= 4)
        handled.net = NET_BIND_AND_CONNECT_TCP;
    if (abi >= 5)
        handled.fs |= FS_IOCTL_DEV;
    if (abi >= 6)
        handled.scoped = SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS;
    return handled;
}

static gboolean
grant(int ruleset, const MugaiLockPath *path, guint64 handled, GError **error)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights_of[path->access] & handled};
    struct stat status;
    gboolean granted = FALSE;

    rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd >= 0 && fstat(rule.parent_fd, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            rule.allowed_access &= RIGHTS_OF_FILES;
        granted =
            syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    }
    if (!granted)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot keep %s within reach",
                              path->path);
    if (rule.parent_fd >= 0)
        close(rule.parent_fd);
    return granted;
}

gboolean
mugai_lock_has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

gboolean
mugai_lock_restrict(const MugaiLockPath *paths, gsize n_paths, GError **error)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    Handled handled = handle_all(abi);
    gboolean restricted = FALSE;
    int ruleset = -1;

    if (abi < 1)
        return TRUE;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    if (ruleset < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "Landlock has no rules");
        return FALSE;
    }
    for (gsize i = 0; i < n_paths; i++) {
        if (!grant(ruleset, &paths[i], handled.fs, error)) {
            close(ruleset);
            return FALSE;
        }
    }
    restricted = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!restricted)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot be restricted by Landlock");
    close(ruleset);
    return restricted;
}
