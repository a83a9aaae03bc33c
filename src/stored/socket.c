/*
 * socket.c - the socket that mugai-stored makes itself where systemd has passed none
 *
 * Errors: SYSTEM, EXISTS, CONFIG.
 */
#include "socket.h"

#include <mugai/error.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections that wait for a process. */
#define BACKLOG 64
/* Who may do what, the desk decides; it logs who tries. */
#define SOCKET_MODE 0666

/* Removes what a process that is gone has left; FALSE if somebody is there. */
static gboolean
remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    int fd = -1;
    gboolean there = FALSE;

    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return TRUE; /* nothing, or what bind() will complain of */
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    there = fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
            errno != ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    if (!there)
        (void)unlink(address->sun_path);
    return !there;
}

int
mugai_socket_make(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                    "[access] socket: more than the %zu octets that a socket's name may have",
                    sizeof(address.sun_path) - 1);
        return -1;
    }
    if (!remove_stale(&address)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS, "%s is served already", path);
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        chmod(path, SOCKET_MODE) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "socket %s: is its directory there?",
                          path);
    if (fd >= 0)
        close(fd);
    return -1;
}
