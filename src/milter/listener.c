/*
 * listener.c - the socket that the MTA connects to: mugaid's own, or one that systemd has passed
 *
 * One's own goes when mugaid ends, and until the next one is there the MTA tells senders to come
 * again. systemd's (mugaid.socket) stays: who connects meanwhile waits in the kernel's queue. All
 * that takes is to stop taking connections, and to serve those that were taken until the MTA has
 * closed them: it does not connect twice for one SMTP session, so a session that loses its milter
 * is answered with a 4xx to its end.
 *
 * Neither can be had of libmilter. Its listener looks up every five seconds whether it should end,
 * and it does not tell what it has taken and not yet read from. So it is given an accept() of ours,
 * and which connections there are is asked of the kernel: an accepted socket has the address of the
 * one that it came in by.
 *
 * libmilter takes a descriptor as "fd:N" where it has the patch that Debian and Fedora have added;
 * it listens at it anew, which is no harm, and at the end neither closes nor removes it.
 *
 * Invariants: 1. what systemd has made is neither removed nor changed;
 *             2. nothing is taken after mugai_listener_end() has looked who is there.
 * Errors: CONFIG, SYSTEM.
 * Limits: whoever stays longer than LINGER_SECONDS is answered as if the socket had gone. Of an
 * internet socket whose name is no address only the port is compared.
 */
#include "listener.h"

#include "socket.h"

#include <mugai/error.h>
#include <mugai/log.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections that wait to be taken: while all threads start, or for the next mugaid. More than
 * Postfix has processes, for whoever finds the queue full is turned away. */
#define BACKLOG 512
/* Group may connect: Postfix' user is put into it, or the directory passes its group on. */
#define SOCKET_MODE 0660
/* A little more than a message takes at most with the default of 30 seconds. */
#define END_SECONDS 40u
/* Who waits for the next mugaid does so for milter_connect_timeout, 30 seconds: the two together,
 * and a start, are less. */
#define LINGER_SECONDS 15u
#define LINGER_END_SECONDS 10u
/* How often it is looked whether they have left; nobody tells. */
#define LOOK_MICROSECONDS 10000u

struct MugaiListener {
    char *own_path; /* NULL: none, or not made here */
    int passed;     /* -1: made here */
};

/* What accept() has for the end. */
static struct {
    GMutex lock;
    gboolean ended;
    int highest; /* the highest descriptor that there was */
} taken;

/* Takes the place of the C library's for libmilter, the only one here that calls it: its thread is
 * left to sleep once nothing is to be taken any more. */
int
accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict length)
{
    int connection = -1;

    g_mutex_lock(&taken.lock);
    if (taken.ended) {
        g_mutex_unlock(&taken.lock);
        for (;;)
            pause();
    }
    connection = accept4(fd, address, length, SOCK_CLOEXEC);
    taken.highest = MAX(taken.highest, connection);
    g_mutex_unlock(&taken.lock);
    return connection;
}

/* --- whose address --- */

typedef union {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} Address;

static gboolean
find_address(int fd, Address *ret)
{
    socklen_t length = sizeof(*ret);

    memset(ret, 0, sizeof(*ret));
    return getsockname(fd, &ret->any, &length) == 0 && length <= sizeof(*ret);
}

/* As [milter] socket would have it. A path's NUL is there, for no path is longer than libmilter
 * would take. */
static char *
name_address(const Address *address)
{
    char text[INET6_ADDRSTRLEN] = "";

    switch (address->any.sa_family) {
    case AF_UNIX:
        return g_strdup_printf("unix:%.*s", (int)sizeof(address->local.sun_path),
                               address->local.sun_path);
    case AF_INET:
        inet_ntop(AF_INET, &address->four.sin_addr, text, sizeof(text));
        return g_strdup_printf("inet:%u@%s", ntohs(address->four.sin_port), text);
    case AF_INET6:
        inet_ntop(AF_INET6, &address->six.sin6_addr, text, sizeof(text));
        return g_strdup_printf("inet6:%u@%s", ntohs(address->six.sin6_port), text);
    default:
        return g_strdup("of another family");
    }
}

/* @name, of the configuration, in the same form; without its host where that is no address. */
static char *
name_configured(const char *name)
{
    const char *path = mugai_socket_path(name);
    g_auto(GStrv) words = g_strsplit_set(name, ":@", 3);
    int family = g_str_equal(words[0], "inet") ? AF_INET : AF_INET6;
    struct in6_addr octets;
    char text[INET6_ADDRSTRLEN] = "";

    if (path != NULL)
        return g_strconcat("unix:", path, NULL);
    if (inet_pton(family, words[2], &octets) == 1)
        inet_ntop(family, &octets, text, sizeof(text));
    return g_strdup_printf("%s:%u@%s", words[0], (guint)g_ascii_strtoull(words[1], NULL, 10), text);
}

static gboolean
check_address(int fd, const char *name, GError **error)
{
    Address address;
    g_autofree char *is =
        find_address(fd, &address) ? name_address(&address) : g_strdup("nameless");
    g_autofree char *wanted = name_configured(name);

    if (g_str_equal(is, wanted) || (g_str_has_suffix(wanted, "@") && g_str_has_prefix(is, wanted)))
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                "the socket that systemd has passed is %s, [milter] socket is %s: write the same "
                "into mugaid.socket (\"systemctl edit mugaid.socket\") and into mugai.conf",
                is, name);
    return FALSE;
}

/* --- opening --- */

static gboolean
give_to_libmilter(const char *name)
{
    g_autofree char *copy = g_strdup(name);

    return smfi_setconn(copy) == MI_SUCCESS && smfi_setbacklog(BACKLOG) == MI_SUCCESS &&
           smfi_settimeout(MUGAI_LISTENER_TIMEOUT_SECONDS) == MI_SUCCESS &&
           smfi_opensocket(false) == MI_SUCCESS;
}

static gboolean
take_passed(const MugaiConfig *config, int passed, GError **error)
{
    g_autofree char *name = g_strdup_printf("fd:%d", passed);
    int flags = fcntl(passed, F_GETFL);

    if (!check_address(passed, config->socket, error))
        return FALSE;
    /* accept() must not wait for somebody who has gone again. */
    if (flags >= 0 && fcntl(passed, F_SETFL, flags | O_NONBLOCK) == 0 && give_to_libmilter(name))
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                        "this libmilter does not take the socket that systemd has passed: run "
                        "\"systemctl disable --now mugaid.socket\", then start mugaid");
    return FALSE;
}

static gboolean
make_own(const MugaiConfig *config, GError **error)
{
    const char *path = mugai_socket_path(config->socket);

    if (path != NULL && !mugai_socket_make_room(path, "[milter] socket", error))
        return FALSE;
    if (!give_to_libmilter(config->socket)) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                              "cannot open the socket %s: its directory must exist and be writable "
                              "for mugaid, a port must be free",
                              config->socket);
        return FALSE;
    }
    if (path == NULL || chmod(path, SOCKET_MODE) == 0)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                          "cannot let the group use the socket %s", path);
    return FALSE;
}

MugaiListener *
mugai_listener_open(const MugaiConfig *config, int passed, GError **error)
{
    g_autoptr(MugaiListener) listener = NULL;

    if (passed >= 0 ? !take_passed(config, passed, error) : !make_own(config, error))
        return NULL;
    listener = g_new0(MugaiListener, 1);
    listener->passed = passed;
    if (passed < 0)
        listener->own_path = g_strdup(mugai_socket_path(config->socket));
    return g_steal_pointer(&listener);
}

const char *
mugai_listener_own_path(const MugaiListener *listener)
{
    return listener->own_path;
}

/* --- the end --- */

static void
remove_own(MugaiListener *listener)
{
    if (listener->own_path != NULL)
        (void)unlink(listener->own_path);
    g_clear_pointer(&listener->own_path, g_free);
}

void
mugai_listener_free(MugaiListener *listener)
{
    if (listener == NULL)
        return;
    remove_own(listener);
    g_free(listener);
}

/* Connections that came in by @listener and are open. */
static guint
count_connections(const MugaiListener *listener)
{
    guint count = 0;
    Address own;

    if (!find_address(listener->passed, &own))
        return 0;
    for (int fd = STDERR_FILENO + 1; fd <= taken.highest; fd++) {
        Address address;

        if (fd != listener->passed && find_address(fd, &address) &&
            memcmp(&address, &own, sizeof(own)) == 0)
            count++;
    }
    return count;
}

guint
mugai_listener_end(MugaiListener *listener)
{
    gint64 until = g_get_monotonic_time() + (gint64)LINGER_SECONDS * G_USEC_PER_SEC;
    guint left = 0;

    remove_own(listener);
    if (listener->passed < 0)
        return END_SECONDS;
    g_mutex_lock(&taken.lock);
    taken.ended = TRUE;
    g_mutex_unlock(&taken.lock);
    left = count_connections(listener);
    mugai_log(MUGAI_LOG_INFO, "ending: %u connections are open, those to come wait", left);
    while (left > 0 && g_get_monotonic_time() < until) {
        g_usleep(LOOK_MICROSECONDS);
        left = count_connections(listener);
    }
    if (left > 0)
        mugai_log(MUGAI_LOG_WARNING,
                  "%u connections stayed open: what begins on them is answered with a 4xx", left);
    return LINGER_END_SECONDS;
}
