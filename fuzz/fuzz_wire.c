/*
 * fuzz_wire.c - the reader of what the worker says takes one well-formed result or nothing
 *
 * The input is what the other side of each socket says before it closes.
 *
 * Properties: 1. a result is either refused, with an error and without output, or it is one that
 *                can be sent again and arrives the same;
 *             2. packets likewise: refused, or such as could have been sent;
 *             3. a job has two descriptors; of what is refused none stays open.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/wire.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends of a socket hold this much without a reader. */
#define SAID_OCTETS (64u * 1024)
#define PAYLOAD_OCTETS (32u * 1024)
#define SETUP_OCTETS 20u
/* More than any job has. */
#define PACKET_OCTETS 4096u
/* One more than a job has. */
#define DESCRIPTORS_MAX 3u
/* Longer than the kernel needs to close what nobody holds; what is held never hangs up. */
#define HANG_UP_MS 10000

/* The end of a socket whose other end said @octets and hung up. */
static int
hear(int type, const guint8 *octets, gsize length)
{
    int ends[2] = {-1, -1};

    g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), ==, 0);
    if (length > 0)
        g_assert_cmpint(send(ends[1], octets, length, MSG_NOSIGNAL), ==, (gssize)length);
    close(ends[1]);
    return ends[0];
}

/* A result as it was read. */
typedef struct {
    MugaiOutcome outcome;
    MugaiReport *report;
    GBytes *payload;
} Result;

static gboolean
receive(int fd, Result *result, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    return mugai_wire_receive_result(fd, deadline, PAYLOAD_OCTETS, &result->outcome,
                                     &result->report, &result->payload, error);
}

static void
clear(Result *result)
{
    g_clear_pointer(&result->report, mugai_report_free);
    g_clear_pointer(&result->payload, g_bytes_unref);
}

static void
expect_same_report(const MugaiReport *a, const MugaiReport *b)
{
    g_autoptr(GVariant) first = NULL;
    g_autoptr(GVariant) second = NULL;

    g_assert_cmpint(a == NULL, ==, b == NULL);
    if (a == NULL)
        return;
    first = g_variant_ref_sink(mugai_report_to_variant(a));
    second = g_variant_ref_sink(mugai_report_to_variant(b));
    g_assert_true(g_variant_equal(first, second));
}

static void
expect_sent_again(const Result *result)
{
    int ends[2] = {-1, -1};
    Result arrived = {0};
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_assert_true(mugai_wire_send_begun(ends[1]));
    mugai_wire_send_result(ends[1], result->outcome, result->report,
                           g_bytes_get_data(result->payload, NULL),
                           g_bytes_get_size(result->payload), &error);
    g_assert_no_error(error);
    close(ends[1]);
    receive(ends[0], &arrived, &error);
    g_assert_no_error(error);
    close(ends[0]);
    g_assert_cmpint(arrived.outcome, ==, result->outcome);
    g_assert_true(g_bytes_equal(arrived.payload, result->payload));
    expect_same_report(arrived.report, result->report);
    clear(&arrived);
}

static void
read_result(const guint8 *octets, gsize length)
{
    int fd = hear(SOCK_STREAM, octets, length);
    Result result = {0};
    g_autoptr(GError) error = NULL;

    if (receive(fd, &result, &error)) {
        g_assert_no_error(error);
        g_assert_cmpint(result.outcome, >, MUGAI_OUTCOME_NONE);
        g_assert_cmpint(result.outcome, <=, MUGAI_OUTCOME_NOT_FOUND);
        g_assert_cmpuint(g_bytes_get_size(result.payload), <=, PAYLOAD_OCTETS);
        expect_sent_again(&result);
    } else {
        g_assert_nonnull(error);
        g_assert_true(error->domain == MUGAI_ERROR);
        g_assert_null(result.report);
        g_assert_null(result.payload);
    }
    clear(&result);
    close(fd);
}

/* A setup is a packet of five numbers, and one for each of the settings: all that follows is one.
 */
static int
hear_setup(const guint8 *octets, gsize length)
{
    gsize first = MIN(length, SETUP_OCTETS);
    int ends[2] = {-1, -1};

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    if (first > 0)
        g_assert_cmpint(send(ends[1], octets, first, MSG_NOSIGNAL), ==, (gssize)first);
    if (length > first)
        g_assert_cmpint(send(ends[1], octets + first, length - first, MSG_NOSIGNAL), ==,
                        (gssize)(length - first));
    close(ends[1]);
    return ends[0];
}

static void
read_setup(const guint8 *octets, gsize length)
{
    int fd = hear_setup(octets, length);
    MugaiWireBounds bounds = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) settings = mugai_wire_receive_setup(fd, &bounds, &error);

    g_assert_cmpint(settings == NULL, ==, error != NULL);
    if (settings == NULL)
        g_assert_cmpuint(bounds.children, ==, 0);
    else
        g_assert_true(bounds.children >= 1 && bounds.children <= MUGAI_LIMIT_WORKER_COUNT_MAX);
    close(fd);
}

/* --- jobs --- */

/* The end of a socket whose other end sent one packet with @count times @descriptor and hung up. */
static int
hear_with_descriptors(const guint8 *octets, gsize length, int descriptor, gsize count)
{
    int ends[2] = {-1, -1};
    struct iovec part = {(void *)(guintptr)octets, length};
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control = {.octets = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    if (count > 0) {
        message.msg_control = control.octets;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
        for (gsize i = 0; i < count; i++)
            memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &descriptor, sizeof(int));
    }
    if (length > 0 || count > 0)
        g_assert_cmpint(sendmsg(ends[1], &message, MSG_NOSIGNAL), ==, (gssize)length);
    close(ends[1]);
    return ends[0];
}

static void
expect_job_sent_again(const MugaiJob *job)
{
    int ends[2] = {-1, -1};
    int original = -1;
    int result = -1;
    MugaiJob arrived = {0};

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_assert_true(mugai_wire_send_job(ends[1], job, ends[0], ends[1], NULL));
    g_assert_true(mugai_wire_receive_job(ends[0], &arrived, &original, &result, NULL));
    g_assert_cmpint(arrived.kind, ==, job->kind);
    g_assert_cmpstr(arrived.id.text, ==, job->id.text);
    g_assert_cmpint(arrived.received.seconds, ==, job->received.seconds);
    g_assert_cmpint(arrived.received.offset, ==, job->received.offset);
    g_assert_cmpstr(arrived.path, ==, job->path);
    g_assert_cmpmem(&arrived.treatment, sizeof(arrived.treatment), &job->treatment,
                    sizeof(job->treatment));
    close(original);
    close(result);
    close(ends[0]);
    close(ends[1]);
}

/* What came with @count descriptors: a job if they are two, else none. */
static void
read_job(const guint8 *octets, gsize length, gsize count)
{
    int pipe_ends[2] = {-1, -1};
    MugaiJob job = {0};
    int original = -1;
    int result = -1;
    g_autoptr(GError) error = NULL;
    struct pollfd closed = {.events = POLLIN};
    int fd = -1;

    g_assert_cmpint(pipe2(pipe_ends, O_CLOEXEC), ==, 0);
    fd = hear_with_descriptors(octets, length, pipe_ends[1], count);
    close(pipe_ends[1]);
    if (mugai_wire_receive_job(fd, &job, &original, &result, &error)) {
        g_assert_cmpuint(count, ==, 2);
        g_assert_true(job.kind == MUGAI_JOB_SANITIZE || job.kind == MUGAI_JOB_EXTRACT);
        expect_job_sent_again(&job);
        g_assert_cmpint(close(original), ==, 0);
        g_assert_cmpint(close(result), ==, 0);
    } else {
        g_assert_cmpint(error == NULL, ==, length == 0 && count == 0);
        g_assert_cmpint(original, ==, -1);
        g_assert_cmpint(result, ==, -1);
    }
    close(fd);
    /* Only when nobody holds the pipe's other end any more does it hang up. The kernel may let go
     * a moment later of what a closed socket had not delivered. */
    closed.fd = pipe_ends[0];
    g_assert_cmpint(poll(&closed, 1, HANG_UP_MS), ==, 1);
    g_assert_cmpint(closed.revents, ==, POLLHUP);
    close(pipe_ends[0]);
}

static void
read_ready(const guint8 *octets, gsize length)
{
    int fd = hear(SOCK_SEQPACKET, octets, length);
    g_autoptr(GError) error = NULL;
    gboolean ready = mugai_wire_receive_ready(fd, 10, &error);

    g_assert_cmpint(ready, ==, error == NULL);
    close(fd);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    length = MIN(length, SAID_OCTETS);
    read_result(octets, length);
    read_setup(octets, length);
    for (gsize count = 0; count <= DESCRIPTORS_MAX; count++)
        read_job(octets, MIN(length, PACKET_OCTETS), count);
    read_ready(octets, length);
    return 0;
}
