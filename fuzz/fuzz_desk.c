/*
 * fuzz_desk.c - a request or an answer is read as it was written, or not at all
 *
 * The input is what follows the first octet of a packet.
 *
 * Properties: 1. a request that is read and written again is the same octets: it has one form;
 *             2. an answer that is read and written again is read as the same one, and from then on
 *                has one form (an envelope is JSON, which has several);
 *             3. what is refused gives an error and nothing else;
 *             4. over a socket it is the same, however the packet comes: within, or in a memfd,
 * which must be sealed; a descriptor too many, or an answer's too few, is refused, and none stays
 * open.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <mugai/desk.h>
#include <mugai/error.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_OCTETS_MAX (60u * 1024u)
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define DESCRIPTORS_MAX 2u

static GVariant *
variant_of(const void *octets, gsize length)
{
    g_autoptr(GBytes) bytes = g_bytes_new(octets, length);

    return g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE("(ua(yv))"), bytes, FALSE));
}

static void
expect_refused(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == MUGAI_ERROR);
}

/* --- written again --- */

static gboolean
read_request(const guint8 *octets, gsize length)
{
    g_autoptr(GVariant) variant = variant_of(octets, length);
    g_autoptr(GVariant) again = NULL;
    g_auto(MugaiRequest) request = {0};
    g_autoptr(GError) error = NULL;

    if (!mugai_request_from_variant(variant, &request, &error)) {
        expect_refused(error);
        g_assert_cmpint(request.verb, ==, MUGAI_VERB_NONE);
        return FALSE;
    }
    g_assert_nonnull(mugai_verb_name(request.verb));
    again = g_variant_ref_sink(mugai_request_to_variant(&request));
    g_assert_cmpmem(octets, length, g_variant_get_data(again), g_variant_get_size(again));
    return TRUE;
}

/* What was read of @variant as it is written; NULL if it is refused. */
static GVariant *
rewrite_answer(GVariant *variant, gboolean *ret_gift)
{
    g_auto(MugaiAnswer) answer = {.descriptor = -1};
    g_autoptr(GError) error = NULL;

    if (!mugai_answer_from_variant(variant, &answer, &error)) {
        expect_refused(error);
        g_assert_cmpint(answer.kind, ==, MUGAI_ANSWER_NONE);
        return NULL;
    }
    g_assert_cmpint(answer.descriptor, ==, -1);
    *ret_gift = answer.kind == MUGAI_ANSWER_GIFT;
    return g_variant_ref_sink(mugai_answer_to_variant(&answer));
}

static gboolean
read_answer(const guint8 *octets, gsize length, gboolean *ret_gift)
{
    g_autoptr(GVariant) variant = variant_of(octets, length);
    g_autoptr(GVariant) first = rewrite_answer(variant, ret_gift);
    g_autoptr(GVariant) second = first != NULL ? rewrite_answer(first, ret_gift) : NULL;

    if (first == NULL)
        return FALSE;
    g_assert_nonnull(second);
    g_assert_true(g_variant_equal(first, second));
    return TRUE;
}

/* --- over a socket --- */

/* The end of a socket whose other end sent @where and @octets with @count descriptors and hung up.
 */
static int
hear(char where, const guint8 *octets, gsize length, const int *descriptors, gsize count)
{
    int ends[2] = {-1, -1};
    struct iovec parts[] = {{&where, 1}, {(void *)(guintptr)octets, length}};
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control = {.octets = {0}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    if (count > 0) {
        message.msg_control = control.octets;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.align), descriptors, count * sizeof(int));
    }
    g_assert_cmpint(sendmsg(ends[1], &message, MSG_NOSIGNAL), ==, (gssize)length + 1);
    close(ends[1]);
    return ends[0];
}

static void
expect_request(int fd, gboolean wanted)
{
    g_auto(MugaiRequest) request = {0};
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(mugai_request_receive(fd, &request, &error), ==, wanted);
    if (!wanted)
        expect_refused(error);
    close(fd);
}

static void
expect_answer(int fd, gboolean wanted)
{
    g_auto(MugaiAnswer) answer = {.descriptor = -1};
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(mugai_answer_receive(fd, &answer, &error), ==, wanted);
    if (!wanted)
        expect_refused(error);
    close(fd);
}

/* With @count times the end of a pipe, which hangs up when nobody has it any more. */
static void
hear_within(const guint8 *octets, gsize length, gsize count, gboolean request, gboolean answer)
{
    int pipe_ends[2] = {-1, -1};
    int descriptors[DESCRIPTORS_MAX] = {-1, -1};
    int request_fd = -1;
    int answer_fd = -1;
    struct pollfd closed = {.events = POLLIN};

    g_assert_cmpint(pipe2(pipe_ends, O_CLOEXEC), ==, 0);
    for (gsize i = 0; i < count; i++)
        descriptors[i] = pipe_ends[1];
    request_fd = hear('i', octets, length, descriptors, count);
    answer_fd = hear('i', octets, length, descriptors, count);
    close(pipe_ends[1]);
    expect_request(request_fd, request && count == 0);
    expect_answer(answer_fd, answer);
    closed.fd = pipe_ends[0];
    g_assert_cmpint(poll(&closed, 1, 0), ==, 1);
    g_assert_cmpint(closed.revents, ==, POLLHUP);
    close(pipe_ends[0]);
}

static void
hear_beside(const guint8 *octets, gsize length, int seals, gboolean request, gboolean answer)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    g_assert_cmpint(write(fd, octets, length), ==, (gssize)length);
    g_assert_cmpint(fcntl(fd, F_ADD_SEALS, seals), ==, 0);
    expect_request(hear('m', NULL, 0, &fd, 1), request && seals == SEALS);
    expect_answer(hear('m', NULL, 0, &fd, 1), answer && seals == SEALS);
    expect_request(hear('m', octets, length, &fd, 1), length == 0 && request && seals == SEALS);
    close(fd);
    expect_request(hear('m', octets, length, NULL, 0), FALSE);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    gboolean gift = FALSE;
    gboolean request = FALSE;
    gboolean answer = FALSE;

    length = MIN(length, INPUT_OCTETS_MAX);
    request = read_request(octets, length);
    answer = read_answer(octets, length, &gift);
    g_assert_false(request && answer);
    for (gsize count = 0; count <= DESCRIPTORS_MAX; count++)
        hear_within(octets, length, count, request, answer && count == (gift ? 1 : 0));
    hear_beside(octets, length, SEALS, request, answer && !gift);
    hear_beside(octets, length, F_SEAL_SHRINK, request, answer && !gift);
    return 0;
}
