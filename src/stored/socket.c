/*
 * socket.c - the socket that mugai-stored serves: systemd's, or its own
 *
 * The protocol of systemd's is sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, descriptors from 3 on.
 *
 * Errors: SYSTEM, EXISTS.
 */
#include "socket.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PASSED_FD 3
/* Connections that wait for a process. */
#define BACKLOG 64
/* Who may do what, the desk decides; it logs who tries. */
#define SOCKET_MODE 0666

/* --- systemd's --- */

static gboolean
has_option(int fd, int option, int wanted)
{
    int value = 0;
    socklen_t length = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

int
mugai_socket_passed(GError **error)
{
    guint64 pid = 0;
    guint64 count = 0;
    const char *listen_pid = g_getenv("LISTEN_PID");
    const char *listen_fds = g_getenv("LISTEN_FDS");

    if (listen_pid == NULL || listen_fds == NULL ||
        !g_ascii_string_to_unsigned(listen_pid, 10, 1, G_MAXINT, &pid, NULL) ||
        pid != (guint64)getpid() ||
        !g_ascii_string_to_unsigned(listen_fds, 10, 1, G_MAXINT, &count, NULL))
        return -1;
    if (count == 1 && has_option(PASSED_FD, SO_DOMAIN, AF_UNIX) &&
        has_option(PASSED_FD, SO_TYPE, SOCK_SEQPACKET) && has_option(PASSED_FD, SO_ACCEPTCONN, 1) &&
        fcntl(PASSED_FD, F_SETFD, FD_CLOEXEC) == 0) {
        g_unsetenv("LISTEN_PID");
        g_unsetenv("LISTEN_FDS");
        g_unsetenv("LISTEN_FDNAMES");
        return PASSED_FD;
    }
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                        "what was passed is not one socket of ListenSequentialPacket=");
    return -1;
}

/* --- its own --- */

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
