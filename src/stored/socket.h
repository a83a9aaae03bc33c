/* socket.h - the socket that mugai-stored serves: systemd's, or its own */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The socket that systemd passed, -1 without error if it passed none; -1 with @error if it is not
 * one SOCK_SEQPACKET unix socket that listens. */
int mugai_socket_passed(GError **error);
/* Makes the socket @path, which everybody may connect to: what he may is asked later. -1 with
 * @error, also if somebody serves it already. */
int mugai_socket_make(const char *path, GError **error);

G_END_DECLS
