/*
 * connect.c - a connection to a milter, by the names that libmilter gives to sockets
 *
 * Trust: the name is of the configuration, which knows the forms.
 * Errors: SYSTEM with the name; CONFIG for a name of no form.
 */
#include "connect.h"

#include <mugai/error.h>

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_storage room;
    } address;
    socklen_t length;
} Address;

static gboolean
find_local(const char *path, Address *ret)
{
    struct sockaddr_un *local = &ret->address.local;

    local->sun_family = AF_UNIX;
    ret->length = sizeof(*local);
    return g_strlcpy(local->sun_path, path, sizeof(local->sun_path)) < sizeof(local->sun_path);
}

/* "PORT@ADDRESS"; "PORT" alone is of this host. */
static gboolean
find_internet(const char *rest, int family, Address *ret)
{
    g_auto(GStrv) words = g_strsplit(rest, "@", 2);
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    gboolean fits = FALSE;

    if (words[0] == NULL || getaddrinfo(words[1], words[0], &hints, &found) != 0)
        return FALSE;
    fits = found->ai_addrlen <= sizeof(ret->address);
    if (fits)
        memcpy(&ret->address, found->ai_addr, found->ai_addrlen);
    ret->length = found->ai_addrlen;
    freeaddrinfo(found);
    return fits;
}

static gboolean
find_address(const char *name, Address *ret)
{
    if (g_str_has_prefix(name, "unix:"))
        return find_local(name + strlen("unix:"), ret);
    if (g_str_has_prefix(name, "local:"))
        return find_local(name + strlen("local:"), ret);
    if (g_str_has_prefix(name, "inet6:"))
        return find_internet(name + strlen("inet6:"), AF_INET6, ret);
    return g_str_has_prefix(name, "inet:") && find_internet(name + strlen("inet:"), AF_INET, ret);
}

int
mugai_probe_connect(const char *name, guint seconds, GError **error)
{
    const struct timeval patience = {.tv_sec = seconds};
    Address address = {.length = 0};
    int fd = -1;

    if (!find_address(name, &address)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "%s is no socket of a milter", name);
        return -1;
    }
    fd = socket(address.address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
        connect(fd, &address.address.any, address.length) == 0)
        return fd;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "%s", name);
    if (fd >= 0)
        close(fd);
    return -1;
}
