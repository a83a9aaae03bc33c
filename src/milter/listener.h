/* listener.h - the socket that the MTA connects to: mugaid's own, or one that systemd has passed */
#pragma once

#include <mugai/config.h>

/* libmilter's own default: within one message the MTA may be silent for as long as a slow client
 * sends. */
#define MUGAI_LISTENER_TIMEOUT_SECONDS 7210

typedef struct MugaiListener MugaiListener;

/* Hands a socket to libmilter: @passed, which has to be the one that [milter] socket names, or
 * where that is -1 one that is made here. CONFIG if they are two; SYSTEM. Once per process, before
 * the first thread. */
MugaiListener *mugai_listener_open(const MugaiConfig *config, int passed, GError **error);
/* Removes the socket if it is mugaid's own. */
void mugai_listener_free(MugaiListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiListener, mugai_listener_free)

/* What is to be removed at the end; NULL if nothing is. */
const char *mugai_listener_own_path(const MugaiListener *listener);

/* The MTA finds nobody from now on. One's own socket is removed. At systemd's nothing is taken any
 * more, so that what comes waits for the next mugaid, and those who are connected are served until
 * they leave, for a while. How many seconds messages that are under way then may still take. */
guint mugai_listener_end(MugaiListener *listener);
