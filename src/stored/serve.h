/* serve.h - connections: a process for each, one request in it */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    const char *config_file; /* read anew for each request */
    int listener;            /* SOCK_SEQPACKET */
    guint idle_seconds;      /* ends when nobody has asked for so long; 0: never */
} MugaiServe;

/* Serves until SIGTERM or SIGINT, or until it is idle. What is under way is finished first, for a
 * while. SYSTEM. */
gboolean mugai_serve(const MugaiServe *serve, GError **error);

/* The one request of the connection @fd, in a process of its own: its exit status. */
int mugai_serve_request(int fd, const char *config_file);

/* Tells whoever asks that it was not done, and why; without waiting. */
void mugai_serve_refuse(int fd, int status, const char *why);

G_END_DECLS
