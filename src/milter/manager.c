/*
 * manager.c - tells the service manager how mugaid is: sd_notify(3)
 *
 * The protocol is a datagram of text to the socket that NOTIFY_SOCKET names, and documented as
 * stable for those who write it themselves. libsystemd is not linked for it: on Debian it brings
 * five libraries of compression and cryptography into the process that keeps capabilities.
 *
 * Trust: the environment is the manager's. Only constant text and numbers are sent.
 * Errors: none; whoever is not told that mugaid is ready says so itself.
 */
#include "manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path, or @ and the name of an abstract socket. */
static void
read_address(const char *name, MugaiManager *manager)
{
    gsize length = name != NULL ? strlen(name) : 0;

    if (length < 2 || length >= sizeof(manager->address.sun_path) ||
        (name[0] != '/' && name[0] != '@'))
        return;
    manager->address.sun_family = AF_UNIX;
    memcpy(manager->address.sun_path, name, length);
    if (name[0] == '@')
        manager->address.sun_path[0] = '\0';
    manager->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static guint64
read_number(const char *name)
{
    const char *value = g_getenv(name);

    return value != NULL ? g_ascii_strtoull(value, NULL, 10) : 0;
}

void
mugai_manager_find(MugaiManager *ret)
{
    guint64 watched = read_number("WATCHDOG_PID");

    *ret = (MugaiManager){.length = 0};
    read_address(g_getenv("NOTIFY_SOCKET"), ret);
    if (ret->length > 0 && (watched == 0 || watched == (guint64)getpid()))
        ret->watchdog_useconds = read_number("WATCHDOG_USEC");
    g_unsetenv("NOTIFY_SOCKET");
    g_unsetenv("WATCHDOG_USEC");
    g_unsetenv("WATCHDOG_PID");
}

void
mugai_manager_tell(const MugaiManager *manager, const char *state)
{
    int fd = -1;

    if (manager->length == 0)
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (const struct sockaddr *)&manager->address, manager->length);
    close(fd);
}
