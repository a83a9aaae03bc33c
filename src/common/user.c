/*
 * user.c - gives up root and its capabilities, for good
 *
 * A process that root has started becomes another user; any process loses its capabilities, and
 * what would bring them back: by a new program, by another user id, by an ambient set.
 *
 * Invariants: 1. TRUE means that the kernel was asked afterwards: all ids are the user's, no
 *                capability is left, and root cannot be had back.
 * Limits: the bounding set and the secure bits are the kernel's to refuse where root has no
 * CAP_SETPCAP, as in some containers. Without new privileges, which are given up in any case, they
 * change nothing.
 */
#include <mugai/sandbox.h>

#include <mugai/error.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Root is nothing special from here on, and these bits stay. */
#define SECURE_BITS                                                                                \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |                              \
     SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

MugaiUser *
mugai_user_find(const char *name, GError **error)
{
    const struct passwd *entry = NULL;
    MugaiUser *user = NULL;

    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL && errno != 0 && errno != ENOENT && errno != ESRCH) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "user %s", name);
        return NULL;
    }
    if (entry == NULL || entry->pw_uid == 0 || entry->pw_gid == 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND,
                    entry == NULL ? N_("there is no user %s") : N_("of root's user or group is %s"),
                    name);
        return NULL;
    }
    user = g_new0(MugaiUser, 1);
    user->name = g_strdup(entry->pw_name);
    user->uid = entry->pw_uid;
    user->gid = entry->pw_gid;
    return user;
}

void
mugai_user_free(MugaiUser *user)
{
    if (user == NULL)
        return;
    g_free(user->name);
    g_free(user);
}

/* --- capabilities --- */

typedef struct __user_cap_data_struct CapabilitySets[_LINUX_CAPABILITY_U32S_3];

/* To become another user, to take capabilities from whoever comes after, and to end them. All are
 * in the first 32. */
#define TO_START (1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_SETPCAP | 1u << CAP_KILL)

static gboolean
has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    CapabilitySets sets = {{0}};
    guint32 any = 0;

    if (syscall(SYS_capget, &header, sets) != 0)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
        any |= sets[i].effective | sets[i].permitted | sets[i].inheritable;
    return any != 0;
}

/* @inherited may be raised in the ambient set. Who has none has none to give up: the call is
 * forbidden to the units that start without. */
static gboolean
set_capabilities(guint64 kept, guint64 inherited)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    CapabilitySets sets = {{0}};

    if (kept == 0 && inherited == 0 && !has_capabilities())
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
        sets[i].effective = sets[i].permitted = (guint32)(kept >> (32 * i));
        sets[i].inheritable = (guint32)(inherited >> (32 * i));
    }
    return syscall(SYS_capset, &header, sets) == 0;
}

gboolean
mugai_sandbox_can_become(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    CapabilitySets sets = {{0}};

    return geteuid() == 0 ||
           (syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & TO_START) == TO_START);
}

/* What somebody else than root hands on to the programs that it executes. */
static gboolean
hand_on_capabilities(guint64 handed)
{
    for (int i = 0; i < 64; i++) {
        if ((handed & (1ull << i)) != 0 &&
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) != 0)
            return FALSE;
    }
    return TRUE;
}

static void
bound_capabilities(guint64 kept)
{
    for (int i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
        if ((kept & (1ull << i)) == 0)
            (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    }
}

static gboolean
give_up_new_privileges(void)
{
    /* Findings of AddressSanitizer's are made by a process that looks into this one. */
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_DUMPABLE, MUGAI_WITH_ADDRESS_SANITIZER, 0, 0, 0) == 0;
}

gboolean
mugai_sandbox_keep_starting(GError **error)
{
    guint64 kept = mugai_sandbox_can_become() ? TO_START : 0;
    /* Root's come back by executing, somebody else's do not. */
    guint64 handed = geteuid() != 0 ? kept : 0;

    if (kept != 0)
        bound_capabilities(kept);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (set_capabilities(kept, handed) && hand_on_capabilities(handed) && give_up_new_privileges())
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot give up capabilities");
    return FALSE;
}

/* --- users --- */

static gboolean
change_ids(const MugaiUser *user, MugaiGroups groups)
{
    bound_capabilities(0);
    (void)prctl(PR_SET_SECUREBITS, SECURE_BITS, 0, 0, 0);
    if ((groups == MUGAI_GROUPS_OWN ? initgroups(user->name, user->gid) : setgroups(0, NULL)) != 0)
        return FALSE;
    return setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

/* Invariant 1. */
static gboolean
has_become(const MugaiUser *user, MugaiGroups groups)
{
    uid_t uids[3] = {0};
    gid_t gids[3] = {0};

    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(uids); i++) {
        if (uids[i] != user->uid || gids[i] != user->gid)
            return FALSE;
    }
    if (groups == MUGAI_GROUPS_NONE && getgroups(0, NULL) != 0)
        return FALSE;
    return setresuid(0, 0, 0) != 0 && setresgid(0, 0, 0) != 0;
}

gboolean
mugai_sandbox_become(const MugaiUser *user, MugaiGroups groups, GError **error)
{
    const char *name = user != NULL ? user->name : N_("an unprivileged user");

    if (user == NULL && geteuid() == 0) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "root stays nobody else");
        return FALSE;
    }
    if ((user == NULL || change_ids(user, groups)) && set_capabilities(0, 0) &&
        give_up_new_privileges() && (user == NULL || has_become(user, groups)) &&
        !has_capabilities())
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot become %s", name);
    return FALSE;
}
