/* socket.h - the socket that mugai-stored makes itself where systemd has passed none */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes the socket @path, which everybody may connect to: what he may is asked later. -1 with
 * @error, also if somebody serves it already. */
int mugai_socket_make(const char *path, GError **error);

G_END_DECLS
