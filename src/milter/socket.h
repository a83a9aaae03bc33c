/* socket.h - the unix sockets that mugaid makes, and what an earlier one has left in their place */
#pragma once

#include <glib.h>

/* The path of "unix:/path" or "local:/path", within @name; NULL for another kind of socket. */
const char *mugai_socket_path(const char *name);

/* Removes the socket at @path if nobody serves it; TRUE also where there is nothing. CONFIG if it
 * is something else: another @key ("[milter] socket") must be written; SYSTEM if it is served. */
gboolean mugai_socket_make_room(const char *path, const char *key, GError **error);
