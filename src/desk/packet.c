/*
 * packet.c - requests and answers over a SOCK_SEQPACKET socket
 *
 * A packet is one octet that says where the GVariant is: behind it, or, where it is long, in a
 * memfd that comes beside it. A gift has its file beside it.
 *
 * Invariants: 1. nothing is allocated for a length that was not compared with its limit;
 *             2. a memfd is sealed: what was measured is what is read, and reading it never waits;
 *             3. outputs are untouched on failure, and descriptors that came with a bad packet are
 *                closed.
 * Trust: whoever may connect sends what he likes.
 * Errors: MALFORMED, LIMIT, SYSTEM; NOT_FOUND at the end of the socket.
 */
#include "desk_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* What a socket takes at once with every setting of net.core.wmem_max. */
#define INLINE_OCTETS_MAX (64u * 1024u)
#define INLINE 'i'
#define BESIDE 'm'
/* One is wanted; with two there is room to see that there are too many. */
#define DESCRIPTORS_MAX 2u
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

typedef union {
    struct cmsghdr align;
    char octets[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
} Control;

static gboolean
fail(GError **error, const char *step)
{
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "mugai-stored: %s", step);
    return FALSE;
}

static gboolean
refuse(GError **error)
{
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                        "mugai-stored: a packet that is none");
    return FALSE;
}

/* --- sending --- */

static gboolean
send_packet(int fd, char where, const void *octets, gsize length, int descriptor, GError **error)
{
    struct iovec parts[] = {{&where, 1}, {(void *)octets, length}};
    Control control = {.octets = {0}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts)};

    if (descriptor >= 0) {
        struct cmsghdr *header = &control.align;

        message.msg_control = control.octets;
        message.msg_controllen = CMSG_SPACE(sizeof(int));
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    return TEMP_FAILURE_RETRY(sendmsg(fd, &message, MSG_NOSIGNAL)) == (gssize)length + 1 ||
           fail(error, N_("cannot send"));
}

/* -1 with @error. */
static int
seal_octets(const char *octets, gsize length, GError **error)
{
    g_auto(MugaiFd) fd = memfd_create("mugai-packet", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    while (fd >= 0 && length > 0) {
        gssize written = TEMP_FAILURE_RETRY(write(fd, octets, length));

        if (written <= 0)
            break;
        octets += written;
        length -= (gsize)written;
    }
    if (fd >= 0 && length == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        return mugai_fd_steal(&fd);
    fail(error, N_("no room for a long packet"));
    return -1;
}

static gboolean
send_variant(int fd, GVariant *floating, gsize limit, int descriptor, GError **error)
{
    g_autoptr(GVariant) packet = g_variant_ref_sink(floating);
    gsize length = g_variant_get_size(packet);
    g_autofree char *octets = g_malloc(length);
    g_auto(MugaiFd) beside = -1;

    if (length > limit || (length > INLINE_OCTETS_MAX && descriptor >= 0)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                    "mugai-stored: a packet of %" G_GSIZE_FORMAT " octets is too long", length);
        return FALSE;
    }
    g_variant_store(packet, octets);
    if (length <= INLINE_OCTETS_MAX)
        return send_packet(fd, INLINE, octets, length, descriptor, error);
    beside = seal_octets(octets, length, error);
    return beside >= 0 && send_packet(fd, BESIDE, NULL, 0, beside, error);
}

/* --- receiving --- */

/* Takes the one descriptor out of @message; -1: none. FALSE, and all closed, if there are more. */
static gboolean
take_descriptor(struct msghdr *message, int *ret_descriptor)
{
    int descriptors[DESCRIPTORS_MAX] = {-1, -1};
    gsize count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        gsize octets = header->cmsg_len - CMSG_LEN(0);

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        memcpy(descriptors + count, CMSG_DATA(header), octets);
        count += octets / sizeof(int);
    }
    *ret_descriptor = descriptors[0];
    if (count <= 1 && (message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
        return TRUE;
    for (gsize i = 0; i < count; i++)
        close(descriptors[i]);
    *ret_descriptor = -1;
    return FALSE;
}

/* The octets of a sealed memfd; NULL with @error. */
static GBytes *
read_beside(int fd, gsize limit, GError **error)
{
    g_autofree char *octets = NULL;
    struct stat status;
    gsize length = 0;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &status) != 0 || status.st_size < 0 ||
        (guint64)status.st_size > limit) {
        refuse(error);
        return NULL;
    }
    octets = g_malloc((gsize)status.st_size);
    while (length < (gsize)status.st_size) {
        gssize count = TEMP_FAILURE_RETRY(
            pread(fd, octets + length, (gsize)status.st_size - length, (off_t)length));

        if (count <= 0) {
            fail(error, N_("cannot read a long packet"));
            return NULL;
        }
        length += (gsize)count;
    }
    return g_bytes_new_take(g_steal_pointer(&octets), length);
}

/* That the other side has closed without reading comes before what it said: then once more. */
static gssize
receive(int fd, struct msghdr *message)
{
    gssize length = TEMP_FAILURE_RETRY(recvmsg(fd, message, MSG_CMSG_CLOEXEC));

    return length < 0 && errno == ECONNRESET
               ? TEMP_FAILURE_RETRY(recvmsg(fd, message, MSG_CMSG_CLOEXEC))
               : length;
}

/* The packet's octets, and in @ret_descriptor, unless they were in it, what came beside them. */
static GBytes *
receive_octets(int fd, gsize limit, int *ret_descriptor, GError **error)
{
    g_autofree char *octets = g_malloc(INLINE_OCTETS_MAX + 1);
    char where = '\0';
    struct iovec parts[] = {{&where, 1}, {octets, INLINE_OCTETS_MAX}};
    Control control = {.octets = {0}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = G_N_ELEMENTS(parts),
                             .msg_control = control.octets,
                             .msg_controllen = sizeof(control.octets)};
    gssize length = receive(fd, &message);
    g_auto(MugaiFd) descriptor = -1;

    if (length < 0) {
        fail(error, N_("cannot receive"));
        return NULL;
    }
    if (length == 0 && message.msg_controllen == 0) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND,
                            "mugai-stored: the other side is gone");
        return NULL;
    }
    if (take_descriptor(&message, &descriptor) && length > 0) {
        if (where == BESIDE && length == 1 && descriptor >= 0)
            return read_beside(descriptor, limit, error);
        if (where == INLINE && (gsize)length - 1 <= limit) {
            *ret_descriptor = mugai_fd_steal(&descriptor);
            return g_bytes_new_take(g_realloc(g_steal_pointer(&octets), (gsize)length),
                                    (gsize)length - 1);
        }
    }
    refuse(error);
    return NULL;
}

static GVariant *
receive_variant(int fd, gsize limit, int *ret_descriptor, GError **error)
{
    g_autoptr(GBytes) octets = receive_octets(fd, limit, ret_descriptor, error);

    return octets != NULL ? g_variant_ref_sink(
                                g_variant_new_from_bytes(G_VARIANT_TYPE("(ua(yv))"), octets, FALSE))
                          : NULL;
}

/* --- requests and answers --- */

gboolean
mugai_request_send(int fd, const MugaiRequest *request, GError **error)
{
    return send_variant(fd, mugai_request_to_variant(request), MUGAI_LIMIT_DESK_REQUEST_OCTETS, -1,
                        error);
}

gboolean
mugai_request_receive(int fd, MugaiRequest *ret_request, GError **error)
{
    g_auto(MugaiFd) descriptor = -1;
    g_autoptr(GVariant) packet =
        receive_variant(fd, MUGAI_LIMIT_DESK_REQUEST_OCTETS, &descriptor, error);

    if (packet == NULL)
        return FALSE;
    return descriptor < 0 ? mugai_request_from_variant(packet, ret_request, error) : refuse(error);
}

gboolean
mugai_answer_send(int fd, const MugaiAnswer *answer, GError **error)
{
    return send_variant(fd, mugai_answer_to_variant(answer), MUGAI_LIMIT_DESK_ANSWER_OCTETS,
                        answer->kind == MUGAI_ANSWER_GIFT ? answer->descriptor : -1, error);
}

gboolean
mugai_answer_receive(int fd, MugaiAnswer *ret_answer, GError **error)
{
    g_auto(MugaiFd) descriptor = -1;
    g_autoptr(GVariant) packet =
        receive_variant(fd, MUGAI_LIMIT_DESK_ANSWER_OCTETS, &descriptor, error);
    g_auto(MugaiAnswer) answer = {.descriptor = -1};

    if (packet == NULL || !mugai_answer_from_variant(packet, &answer, error))
        return FALSE;
    if ((answer.kind == MUGAI_ANSWER_GIFT) != (descriptor >= 0))
        return refuse(error);
    answer.descriptor = mugai_fd_steal(&descriptor);
    *ret_answer = answer;
    memset(&answer, 0, sizeof(answer));
    return TRUE;
}
