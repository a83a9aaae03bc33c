/* peer.h - who is at the other end of a connection, as the kernel has it */
#pragma once

#include <mugai/record.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
    uid_t uid;
    pid_t pid;
    GArray *groups; /* of gid_t: its own and the supplementary ones */
} MugaiPeer;

void mugai_peer_clear(MugaiPeer *peer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiPeer, mugai_peer_clear)

/* The user that connected to @fd; FALSE with errno. */
gboolean mugai_peer_read_user(int fd, uid_t *ret_uid);
/* All of it. SYSTEM. */
gboolean mugai_peer_read(int fd, MugaiPeer *ret_peer, GError **error);

G_END_DECLS
