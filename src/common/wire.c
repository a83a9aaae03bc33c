/*
 * wire.c - what mugaid and mugai-worker say to each other
 *
 * Requests are packets: one GVariant each, in normal form, that begins with a magic number. A
 * result is a stream: one octet that says "begun", a header of four 32-bit numbers in the machine's
 * order (both ends are the same machine), report, payload, end of file.
 *
 * Invariants: 1. nothing is allocated for a number that has not been compared with its limit;
 *             2. reading a result ends at the deadline at the latest, however slowly its octets
 *                come;
 *             3. outputs are untouched on failure, and descriptors that came with a bad packet are
 *                closed.
 * Trust: packets come from the trusted side and are read strictly all the same; every octet of a
 *         result is hostile.
 */
#include <mugai/wire.h>

#include <mugai/error.h>
#include <mugai/limits.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SETUP_MAGIC 0x6d755332u
#define SETTINGS_MAGIC 0x6d755331u
#define READY_MAGIC 0x6d755231u
#define JOB_MAGIC 0x6d754a31u
#define RESULT_MAGIC 0x6d754f31u

/* magic, how many settings follow, children, seconds, memory */
#define SETUP_TYPE "(uuuuu)"
/* magic, settings */
#define SETTINGS_TYPE "(uv)"
/* magic, why not ("" if all is warm) */
#define READY_TYPE "(us)"
/* settings, links, body, attachments, text */
#define TREATMENT_TYPE "(uuuut)"
/* magic, kind, id, received (seconds, offset), path, treatment */
#define JOB_TYPE "(uusxis" TREATMENT_TYPE ")"

/* A job is a few numbers, an id and a path; a ready packet holds one sentence. */
#define JOB_OCTETS_MAX 1024u
#define READY_OCTETS_MAX 8192u
#define SETUP_OCTETS_MAX 64u
#define DESCRIPTORS_MAX 2u

/* --- packets --- */

static gboolean
send_packet(int fd, GVariant *floating, const int *descriptors, gsize n_descriptors, GError **error)
{
    g_autoptr(GVariant) packet = g_variant_ref_sink(floating);
    gsize length = g_variant_get_size(packet);
    g_autofree char *octets = g_malloc(length);
    struct iovec part = {octets, length};
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control = {.octets = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent = -1;

    g_variant_store(packet, octets);
    if (n_descriptors > 0) {
        struct cmsghdr *header = NULL;

        message.msg_control = control.octets;
        message.msg_controllen = CMSG_SPACE(n_descriptors * sizeof(int));
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(n_descriptors * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, n_descriptors * sizeof(int));
    }
    if (length > MUGAI_LIMIT_PACKET_OCTETS) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                    "worker: a request of %" G_GSIZE_FORMAT " octets", length);
        return FALSE;
    }
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)length)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "worker: cannot send a request");
    return FALSE;
}

static void
close_all(const int *descriptors, gsize n_descriptors)
{
    for (gsize i = 0; i < n_descriptors; i++)
        close(descriptors[i]);
}

/* Takes the descriptors out of @message: at most DESCRIPTORS_MAX fit into its control buffer. */
static gsize
take_descriptors(struct msghdr *message, int *descriptors)
{
    gsize n_descriptors = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        gsize octets = header->cmsg_len - CMSG_LEN(0);

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        memcpy(descriptors + n_descriptors, CMSG_DATA(header), octets);
        n_descriptors += octets / sizeof(int);
    }
    return n_descriptors;
}

/* One packet of @type with exactly @n_expected descriptors. NULL without error at the end of the
 * socket. */
static GVariant *
receive_packet(int fd, const char *type, gsize limit, int *ret_descriptors, gsize n_expected,
               GError **error)
{
    g_autofree char *octets = g_malloc(limit);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GVariant) packet = NULL;
    struct iovec part = {octets, limit};
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control = {.octets = {0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.octets,
                             .msg_controllen = sizeof(control.octets)};
    int descriptors[DESCRIPTORS_MAX] = {-1, -1};
    gsize n_descriptors = 0;
    ssize_t length = -1;

    do
        length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    if (length < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "worker: cannot receive a request");
        return NULL;
    }
    n_descriptors = take_descriptors(&message, descriptors);
    if (length == 0 && n_descriptors == 0)
        return NULL;
    bytes = g_bytes_new_take(g_steal_pointer(&octets), (gsize)length);
    packet = g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(type), bytes, FALSE));
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || n_descriptors != n_expected ||
        !g_variant_is_normal_form(packet)) {
        close_all(descriptors, n_descriptors);
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                            "worker: a request that is none");
        return NULL;
    }
    if (n_expected > 0)
        memcpy(ret_descriptors, descriptors, n_expected * sizeof(int));
    return g_steal_pointer(&packet);
}

/* The end of the socket where a packet had to come. */
static void
set_end_error(GError **error)
{
    if (error != NULL && *error == NULL)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_WORKER,
                            "worker: the other side is gone");
}

static gboolean
refuse(GError **error, const char *what)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "worker: %s", what);
    return FALSE;
}

/* --- setup and ready --- */

gboolean
mugai_wire_send_setup(int fd, const GPtrArray *settings, const MugaiWireBounds *bounds,
                      GError **error)
{
    if (!send_packet(fd,
                     g_variant_new(SETUP_TYPE, SETUP_MAGIC, settings->len, bounds->children,
                                   bounds->seconds, bounds->memory_mib),
                     NULL, 0, error))
        return FALSE;
    for (guint i = 0; i < settings->len; i++) {
        GVariant *each = mugai_settings_to_variant(settings->pdata[i]);

        if (!send_packet(fd, g_variant_new(SETTINGS_TYPE, SETTINGS_MAGIC, each), NULL, 0, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
bounds_are_sane(const MugaiWireBounds *bounds)
{
    return bounds->children >= 1 && bounds->children <= MUGAI_LIMIT_WORKER_COUNT_MAX &&
           bounds->seconds >= 1 && bounds->seconds <= MUGAI_LIMIT_WORKER_SECONDS_MAX &&
           bounds->memory_mib >= MUGAI_LIMIT_WORKER_MEMORY_MIB_MIN &&
           bounds->memory_mib <= MUGAI_LIMIT_WORKER_MEMORY_MIB_MAX;
}

static MugaiSettings *
receive_settings(int fd, GError **error)
{
    g_autoptr(GVariant) packet =
        receive_packet(fd, SETTINGS_TYPE, MUGAI_LIMIT_PACKET_OCTETS, NULL, 0, error);
    g_autoptr(GVariant) inner = NULL;
    guint32 magic = 0;

    if (packet == NULL) {
        set_end_error(error);
        return NULL;
    }
    g_variant_get(packet, SETTINGS_TYPE, &magic, &inner);
    if (magic == SETTINGS_MAGIC)
        return mugai_settings_from_variant(inner, error);
    refuse(error, N_("settings that are none"));
    return NULL;
}

GPtrArray *
mugai_wire_receive_setup(int fd, MugaiWireBounds *ret_bounds, GError **error)
{
    g_autoptr(GVariant) packet = receive_packet(fd, SETUP_TYPE, SETUP_OCTETS_MAX, NULL, 0, error);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_settings_free);
    MugaiWireBounds bounds = {0, 0, 0};
    guint32 magic = 0;
    guint32 count = 0;

    if (packet == NULL) {
        set_end_error(error);
        return NULL;
    }
    g_variant_get(packet, SETUP_TYPE, &magic, &count, &bounds.children, &bounds.seconds,
                  &bounds.memory_mib);
    if (magic != SETUP_MAGIC || count < 1 || count > 1 + MUGAI_LIMIT_POLICIES ||
        !bounds_are_sane(&bounds)) {
        refuse(error, N_("a setup that is none"));
        return NULL;
    }
    while (all->len < count) {
        MugaiSettings *settings = receive_settings(fd, error);

        if (settings == NULL)
            return NULL;
        g_ptr_array_add(all, settings);
    }
    *ret_bounds = bounds;
    return g_steal_pointer(&all);
}

gboolean
mugai_wire_send_ready(int fd, const char *failure, GError **error)
{
    g_autofree char *text = g_utf8_make_valid(failure != NULL ? failure : "", -1);

    return send_packet(fd, g_variant_new(READY_TYPE, READY_MAGIC, text), NULL, 0, error);
}

gboolean
mugai_wire_receive_ready(int fd, guint seconds, GError **error)
{
    g_autoptr(GVariant) packet = NULL;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    const char *failure = NULL;
    guint32 magic = 0;

    if (poll(&wait, 1, (int)MIN(seconds * 1000u, (guint)G_MAXINT)) <= 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_WORKER, "worker: not ready after %u seconds",
                    seconds);
        return FALSE;
    }
    packet = receive_packet(fd, READY_TYPE, READY_OCTETS_MAX, NULL, 0, NULL);
    if (packet == NULL) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_WORKER,
                            "worker: ended before it was ready");
        return FALSE;
    }
    g_variant_get(packet, "(u&s)", &magic, &failure);
    if (magic == READY_MAGIC && failure[0] == '\0')
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_WORKER, "worker: %s",
                magic == READY_MAGIC ? failure : N_("an answer that is none"));
    return FALSE;
}

/* A packet of this octet. */
#define DEATH 'd'

void
mugai_wire_send_death(int fd)
{
    const char octet = DEATH;

    (void)send(fd, &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

guint
mugai_wire_count_deaths(int fd)
{
    guint deaths = 0;
    char octet = 0;

    while (recv(fd, &octet, 1, MSG_DONTWAIT) == 1)
        deaths += octet == DEATH;
    return deaths;
}

/* --- jobs --- */

gboolean
mugai_wire_send_job(int fd, const MugaiJob *job, int original_fd, int result_fd, GError **error)
{
    const int descriptors[] = {original_fd, result_fd};
    const MugaiTreatment *treatment = &job->treatment;

    return send_packet(fd,
                       g_variant_new(JOB_TYPE, JOB_MAGIC, (guint32)job->kind, job->id.text,
                                     job->received.seconds, job->received.offset, job->path,
                                     treatment->settings, (guint32)treatment->links,
                                     (guint32)treatment->body, (guint32)treatment->attachments,
                                     (guint64)treatment->text_octets),
                       descriptors, G_N_ELEMENTS(descriptors), error);
}

static gboolean
treatment_is_sane(const guint32 *words, guint64 text_octets)
{
    return words[0] <= MUGAI_LIMIT_POLICIES && words[1] <= MUGAI_LINKS_KEEP &&
           words[2] <= MUGAI_BODY_HTML && words[3] <= MUGAI_ATTACHMENTS_TEXT &&
           text_octets <= MUGAI_LIMIT_TEXT_OCTETS_MAX;
}

static gboolean
read_job(GVariant *packet, MugaiJob *ret_job, GError **error)
{
    MugaiJob job = {.kind = MUGAI_JOB_NONE};
    const char *id = NULL;
    const char *path = NULL;
    guint32 magic = 0;
    guint32 kind = 0;
    guint32 words[4] = {0};
    guint64 text_octets = 0;

    g_variant_get(packet, "(uu&sxi&s(uuuut))", &magic, &kind, &id, &job.received.seconds,
                  &job.received.offset, &path, &words[0], &words[1], &words[2], &words[3],
                  &text_octets);
    if (magic != JOB_MAGIC || (kind != MUGAI_JOB_SANITIZE && kind != MUGAI_JOB_EXTRACT))
        return refuse(error, N_("a job that is none"));
    if (g_strlcpy(job.id.text, id, sizeof(job.id.text)) >= sizeof(job.id.text) ||
        g_strlcpy(job.path, path, sizeof(job.path)) >= sizeof(job.path))
        return refuse(error, N_("a job with an overlong name"));
    if (!treatment_is_sane(words, text_octets))
        return refuse(error, N_("a job with a treatment that is none"));
    job.kind = (MugaiJobKind)kind;
    job.treatment = (MugaiTreatment){.settings = words[0],
                                     .links = (MugaiLinks)words[1],
                                     .body = (MugaiBody)words[2],
                                     .attachments = (MugaiAttachments)words[3],
                                     .text_octets = (gsize)text_octets};
    *ret_job = job;
    return TRUE;
}

gboolean
mugai_wire_receive_job(int fd, MugaiJob *ret_job, int *ret_original_fd, int *ret_result_fd,
                       GError **error)
{
    g_autoptr(GVariant) packet = NULL;
    int descriptors[2] = {-1, -1};

    packet =
        receive_packet(fd, JOB_TYPE, JOB_OCTETS_MAX, descriptors, G_N_ELEMENTS(descriptors), error);
    if (packet == NULL)
        return FALSE;
    if (!read_job(packet, ret_job, error)) {
        close_all(descriptors, G_N_ELEMENTS(descriptors));
        return FALSE;
    }
    *ret_original_fd = descriptors[0];
    *ret_result_fd = descriptors[1];
    return TRUE;
}

/* --- results --- */

#define BEGUN 'b'

typedef struct {
    guint32 magic;
    guint32 outcome;
    guint32 report_octets;
    guint32 payload_octets;
} ResultHeader;

G_STATIC_ASSERT(sizeof(ResultHeader) == 16);

gboolean
mugai_wire_send_begun(int fd)
{
    const char octet = BEGUN;

    return send(fd, &octet, 1, MSG_NOSIGNAL) == 1;
}

static gboolean
send_all(int fd, struct iovec *parts, gsize n_parts, GError **error)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = n_parts};

    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                                  "worker: cannot send the result");
            return FALSE;
        }
        for (gsize left = sent > 0 ? (gsize)sent : 0; message.msg_iovlen > 0;) {
            gsize taken = MIN(left, message.msg_iov->iov_len);

            /* Nothing of NULL is taken: not even that may be added to it. */
            if (taken > 0)
                message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + taken;
            message.msg_iov->iov_len -= taken;
            left -= taken;
            if (message.msg_iov->iov_len > 0)
                break;
            message.msg_iov++;
            message.msg_iovlen--;
        }
    }
    return TRUE;
}

gboolean
mugai_wire_send_result(int fd, MugaiOutcome outcome, const MugaiReport *report, const void *payload,
                       gsize payload_octets, GError **error)
{
    g_autoptr(GVariant) boxed = NULL;
    gsize report_octets = 0;
    ResultHeader header = {.magic = RESULT_MAGIC, .outcome = outcome};
    struct iovec parts[3] = {{NULL, 0}};

    if (report != NULL) {
        boxed = g_variant_ref_sink(g_variant_new_variant(mugai_report_to_variant(report)));
        report_octets = g_variant_get_size(boxed);
    }
    if (report_octets > MUGAI_LIMIT_REPORT_OCTETS || payload_octets > G_MAXUINT32) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                            "worker: the result is too large to be sent");
        return FALSE;
    }
    header.report_octets = (guint32)report_octets;
    header.payload_octets = (guint32)payload_octets;
    parts[0] = (struct iovec){&header, sizeof(header)};
    parts[1] =
        (struct iovec){boxed != NULL ? (void *)g_variant_get_data(boxed) : NULL, report_octets};
    parts[2] = (struct iovec){(void *)payload, payload_octets};
    return send_all(fd, parts, G_N_ELEMENTS(parts), error);
}

static gboolean
set_nonsense(GError **error, const char *what)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_WORKER, "worker: %s", what);
    return FALSE;
}

/* Waits until @fd can be read or is at its end. */
static gboolean
wait_readable(int fd, gint64 deadline, GError **error)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    for (;;) {
        gint64 left = deadline - g_get_monotonic_time();
        int ready = 0;

        if (left <= 0)
            return set_nonsense(error, N_("no result in time"));
        ready = poll(&wait, 1, (int)MIN(left / 1000 + 1, G_MAXINT));
        if (ready > 0)
            return TRUE;
        if (ready < 0 && errno != EINTR) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                                  "worker: cannot wait for the result");
            return FALSE;
        }
    }
}

/* Reads @length octets or up to the end of the stream: @ret_length says how many there were. */
static gboolean
read_up_to(int fd, gint64 deadline, void *octets, gsize length, gsize *ret_length, GError **error)
{
    gsize got = 0;

    while (got < length) {
        ssize_t received = 0;

        if (!wait_readable(fd, deadline, error))
            return FALSE;
        received = recv(fd, (char *)octets + got, length - got, MSG_DONTWAIT);
        if (received == 0 || (received < 0 && errno == ECONNRESET))
            break;
        if (received > 0)
            got += (gsize)received;
        else if (errno != EINTR && errno != EAGAIN) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                                  "worker: cannot read the result");
            return FALSE;
        }
    }
    *ret_length = got;
    return TRUE;
}

static gboolean
read_exactly(int fd, gint64 deadline, void *octets, gsize length, GError **error)
{
    gsize got = 0;

    if (!read_up_to(fd, deadline, octets, length, &got, error))
        return FALSE;
    return got == length || set_nonsense(error, N_("the result is cut off"));
}

static gboolean
read_begun(int fd, gint64 deadline, GError **error)
{
    g_autoptr(GError) late = NULL;
    gsize got = 0;
    char octet = 0;

    if (read_up_to(fd, deadline, &octet, 1, &got, &late) && got == 1)
        return octet == BEGUN || set_nonsense(error, N_("a result that is none"));
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                        late != NULL ? late->message
                                     : N_("worker: ended before it read the message"));
    return FALSE;
}

static gboolean
read_header(int fd, gint64 deadline, gsize payload_limit, ResultHeader *ret_header, GError **error)
{
    gsize got = 0;

    if (!read_up_to(fd, deadline, ret_header, sizeof(*ret_header), &got, error))
        return FALSE;
    if (got == 0)
        return set_nonsense(error, N_("ended without a result"));
    if (got < sizeof(*ret_header) || ret_header->magic != RESULT_MAGIC)
        return set_nonsense(error, N_("a result that is none"));
    if (ret_header->outcome != MUGAI_OUTCOME_DONE && ret_header->outcome != MUGAI_OUTCOME_NOT_FOUND)
        return set_nonsense(error, N_("an outcome that is none"));
    if (ret_header->outcome == MUGAI_OUTCOME_NOT_FOUND &&
        (ret_header->report_octets != 0 || ret_header->payload_octets != 0))
        return set_nonsense(error, N_("a result of what was not found"));
    if (ret_header->report_octets <= MUGAI_LIMIT_REPORT_OCTETS &&
        ret_header->payload_octets <= payload_limit)
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT, "worker: the result is too large");
    return FALSE;
}

/* Octets of known number; the number has met its limit, but memory may be short all the same. */
static GBytes *
read_octets(int fd, gint64 deadline, gsize length, GError **error)
{
    g_autofree char *octets = g_try_malloc(MAX(length, 1));

    if (octets == NULL) {
        mugai_error_set_errno(error, ENOMEM, MUGAI_ERROR_SYSTEM, "worker: no room for the result");
        return NULL;
    }
    if (!read_exactly(fd, deadline, octets, length, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&octets), length);
}

static gboolean
read_end(int fd, gint64 deadline, GError **error)
{
    gsize got = 0;
    char octet = 0;

    if (!read_up_to(fd, deadline, &octet, 1, &got, error))
        return FALSE;
    return got == 0 || set_nonsense(error, N_("octets after the result"));
}

static MugaiReport *
parse_report(GBytes *octets, GError **error)
{
    g_autoptr(GVariant) boxed = NULL;
    g_autoptr(GVariant) inner = NULL;
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GError) reason = NULL;

    boxed = g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE_VARIANT, octets, FALSE));
    if (!g_variant_is_normal_form(boxed)) {
        set_nonsense(error, N_("the report is not in normal form"));
        return NULL;
    }
    inner = g_variant_get_variant(boxed);
    report = mugai_report_from_variant(inner, &reason);
    if (report == NULL)
        set_nonsense(error, reason->message);
    return g_steal_pointer(&report);
}

gboolean
mugai_wire_receive_result(int fd, gint64 deadline, gsize payload_limit, MugaiOutcome *ret_outcome,
                          MugaiReport **ret_report, GBytes **ret_payload, GError **error)
{
    g_autoptr(GBytes) report_octets = NULL;
    g_autoptr(GBytes) payload = NULL;
    g_autoptr(MugaiReport) report = NULL;
    ResultHeader header = {0};

    if (!read_begun(fd, deadline, error) ||
        !read_header(fd, deadline, payload_limit, &header, error))
        return FALSE;
    report_octets = read_octets(fd, deadline, header.report_octets, error);
    if (report_octets == NULL)
        return FALSE;
    payload = read_octets(fd, deadline, header.payload_octets, error);
    if (payload == NULL || !read_end(fd, deadline, error))
        return FALSE;
    if (header.report_octets > 0) {
        report = parse_report(report_octets, error);
        if (report == NULL)
            return FALSE;
    }
    *ret_outcome = (MugaiOutcome)header.outcome;
    *ret_report = g_steal_pointer(&report);
    *ret_payload = g_steal_pointer(&payload);
    return TRUE;
}
