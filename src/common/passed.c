/*
 * passed.c - the socket that the service manager has opened, and passes: sd_listen_fds(3)
 *
 * LISTEN_PID is whom it is for, LISTEN_FDS how many there are, from descriptor 3 on. libsystemd is
 * not linked for that.
 *
 * Invariants: 1. what is passed to another process is left alone: its number says nothing of ours.
 * Errors: SYSTEM.
 */
#include <mugai/error.h>
#include <mugai/passed.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PASSED_FD 3

static gboolean
has_option(int fd, int option, int wanted)
{
    int value = 0;
    socklen_t length = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

static guint64
read_number(const char *name)
{
    guint64 number = 0;
    const char *value = g_getenv(name);

    if (value != NULL)
        (void)g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT, &number, NULL);
    return number;
}

int
mugai_passed_socket(int domain, int type, const char *directive, GError **error)
{
    guint64 count = read_number("LISTEN_PID") == (guint64)getpid() ? read_number("LISTEN_FDS") : 0;

    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");
    if (count == 0)
        return -1;
    if (count == 1 && (domain == AF_UNSPEC || has_option(PASSED_FD, SO_DOMAIN, domain)) &&
        has_option(PASSED_FD, SO_TYPE, type) && has_option(PASSED_FD, SO_ACCEPTCONN, 1) &&
        fcntl(PASSED_FD, F_SETFD, FD_CLOEXEC) == 0)
        return PASSED_FD;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                "what was passed is not one socket of %s=", directive);
    return -1;
}
