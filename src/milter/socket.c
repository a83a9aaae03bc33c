/*
 * socket.c - the unix sockets that mugaid makes, and what an earlier one has left in their place
 */
#include "socket.h"

#include <mugai/error.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char *
mugai_socket_path(const char *name)
{
    if (g_str_has_prefix(name, "unix:"))
        return name + strlen("unix:");
    return g_str_has_prefix(name, "local:") ? name + strlen("local:") : NULL;
}

/* Whether somebody takes connections at @path. */
static gboolean
somebody_listens(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gboolean answered = FALSE;

    if (fd < 0)
        return FALSE;
    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) < sizeof(address.sun_path))
        answered =
            connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != ECONNREFUSED;
    close(fd);
    return answered;
}

/* Removes the socket that a killed mugaid has left; nothing else is removed. */
gboolean
mugai_socket_make_room(const char *path, const char *key, GError **error)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return TRUE;
    if (!S_ISSOCK(status.st_mode)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                    "%s is no socket: move it away or write another %s", path, key);
        return FALSE;
    }
    if (somebody_listens(path)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                    "another mugaid serves %s: stop that one first", path);
        return FALSE;
    }
    if (unlink(path) == 0)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot remove the old socket %s",
                          path);
    return FALSE;
}
