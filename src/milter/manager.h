/* manager.h - the service manager that has started mugaid, and what it is told: sd_notify(3) */
#pragma once

#include <glib.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Zeroed: there is none. */
typedef struct {
    struct sockaddr_un address;
    socklen_t length;          /* of @address; 0: nobody wants to be told */
    guint64 watchdog_useconds; /* how long it waits for "WATCHDOG=1"; 0: for ever */
} MugaiManager;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, so
 * that no worker inherits them. Before the first thread. */
void mugai_manager_find(MugaiManager *ret);

/* Lines of VARIABLE=VALUE. Waits for nobody; a manager that does not listen is none. */
void mugai_manager_tell(const MugaiManager *manager, const char *state);
