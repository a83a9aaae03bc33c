/*
 * peer.c - who is at the other end of a connection, as the kernel has it
 *
 * User and groups are those that the process had when it connected. What it became since, or what
 * it says, does not matter.
 *
 * Errors: SYSTEM; then nobody is served.
 */
#include "peer.h"

#include <errno.h>
#include <mugai/error.h>
#include <sys/socket.h>

/* Linux' NGROUPS_MAX. */
#define GROUPS_MAX 65536u

static gboolean
read_credentials(int fd, struct ucred *ret_credentials)
{
    socklen_t length = sizeof(*ret_credentials);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_credentials, &length) == 0 &&
           length == sizeof(*ret_credentials);
}

/* The supplementary groups, appended to @groups. */
static gboolean
add_groups(int fd, GArray *groups)
{
    g_autofree gid_t *all = g_new(gid_t, GROUPS_MAX);
    socklen_t length = GROUPS_MAX * sizeof(gid_t);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, all, &length) != 0)
        return FALSE;
    g_array_append_vals(groups, all, length / sizeof(gid_t));
    return TRUE;
}

void
mugai_peer_clear(MugaiPeer *peer)
{
    g_clear_pointer(&peer->groups, g_array_unref);
}

gboolean
mugai_peer_read_user(int fd, uid_t *ret_uid)
{
    struct ucred credentials = {0};

    if (!read_credentials(fd, &credentials))
        return FALSE;
    *ret_uid = credentials.uid;
    return TRUE;
}

gboolean
mugai_peer_read(int fd, MugaiPeer *ret_peer, GError **error)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
    struct ucred credentials = {0};

    if (!read_credentials(fd, &credentials) || !add_groups(fd, groups)) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the kernel does not say who asks");
        return FALSE;
    }
    g_array_append_val(groups, credentials.gid);
    ret_peer->uid = credentials.uid;
    ret_peer->pid = credentials.pid;
    ret_peer->groups = g_steal_pointer(&groups);
    return TRUE;
}
