/*
 * cork.c - what libmilter writes on one thread, sent at once
 *
 * libmilter writes every change of a message by itself, and Postfix is woken for each of the thirty
 * that a small message takes. It has nothing to write them together, so it is given a writev() of
 * ours, which keeps them while the thread has a cork. A libmilter that writes otherwise would write
 * at once, as before.
 *
 * Invariants: 1. the MTA gets the same octets in the same order, unless they are dropped;
 *             2. memory is bounded: what does not fit goes at once (I7);
 *             3. a thread without a cork writes as ever.
 * Trust: what is kept is libmilter's and is not looked at.
 */
#include "cork.h"

#include "listener.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Changes of a message with a thousand fields; a larger body needs no company. */
#define KEPT_OCTETS_MAX (64u * 1024u)

typedef ssize_t (*Writev)(int fd, const struct iovec *parts, int count);

static _Thread_local struct {
    GString *kept; /* NULL: no cork */
    int fd;        /* the one that @kept is for; -1: nothing is */
} cork;

/* As libmilter does it: whoever takes nothing for so long is gone. */
static gboolean
send_kept(void)
{
    const char *at = cork.kept->str;
    gsize left = cork.kept->len;

    while (left > 0) {
        struct pollfd room = {.fd = cork.fd, .events = POLLOUT};
        int ready = TEMP_FAILURE_RETRY(poll(&room, 1, MUGAI_LISTENER_TIMEOUT_SECONDS * 1000));
        ssize_t sent = ready > 0 ? send(cork.fd, at, left, MSG_DONTWAIT | MSG_NOSIGNAL) : -1;

        if (ready == 0)
            errno = ETIMEDOUT;
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return FALSE;
        at += MAX(sent, 0);
        left -= (gsize)MAX(sent, 0);
    }
    g_string_truncate(cork.kept, 0);
    return TRUE;
}

static gsize
count_octets(const struct iovec *parts, int count)
{
    gsize octets = 0;

    for (int i = 0; i < count; i++)
        octets += parts[i].iov_len;
    return octets;
}

/* Takes the place of the C library's. */
ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    static Writev next;
    gsize octets = 0;

    if (g_once_init_enter(&next))
        g_once_init_leave(&next, (Writev)dlsym(RTLD_NEXT, "writev"));
    if (cork.kept == NULL || (cork.fd >= 0 && cork.fd != fd))
        return next(fd, parts, count);
    cork.fd = fd;
    octets = count_octets(parts, count);
    if (cork.kept->len + octets > KEPT_OCTETS_MAX)
        return send_kept() ? next(fd, parts, count) : -1;
    for (int i = 0; i < count; i++)
        g_string_append_len(cork.kept, parts[i].iov_base, (gssize)parts[i].iov_len);
    return (ssize_t)octets;
}

void
mugai_cork_begin(void)
{
    g_assert(cork.kept == NULL);
    cork.kept = g_string_new(NULL);
    cork.fd = -1;
}

gboolean
mugai_cork_end(void)
{
    gboolean sent = send_kept();

    mugai_cork_drop();
    return sent;
}

void
mugai_cork_drop(void)
{
    int saved = errno;

    g_string_free(cork.kept, TRUE);
    cork.kept = NULL;
    errno = saved;
}
