/* test_wire.c - the strict readers of packets and results */
#include <criterion/criterion.h>

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/wire.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAYLOAD "candidate"
/* "begun", magic, outcome, length of report, length of payload */
#define HEADER_OCTETS 17u
#define REPORT_LENGTH_AT 9u

static void
make_pair(int type, int ends[2])
{
    cr_assert_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

static guint
count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    guint count = 0;

    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static gint64
soon(void)
{
    return g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
}

static MugaiReport *
make_report(void)
{
    MugaiReport *report = mugai_report_new();
    MugaiPart *part = mugai_part_new("1");

    g_free(report->subject);
    report->subject = g_strdup("\xE4\xBB\xB6\xE5\x90\x8D");
    g_ptr_array_add(report->parts, part);
    mugai_report_remark(report->warnings, "hidden", "12 characters");
    return report;
}

/* The octets that mugai_wire_send_result() writes, after the one that says "begun". */
static GByteArray *
result_octets(MugaiOutcome outcome, const MugaiReport *report, const void *payload, gsize length)
{
    GByteArray *octets = g_byte_array_new();
    guint8 buffer[4096];
    ssize_t got = 0;
    int ends[2];

    make_pair(SOCK_STREAM, ends);
    cr_assert(mugai_wire_send_begun(ends[0]));
    cr_assert(mugai_wire_send_result(ends[0], outcome, report, payload, length, NULL));
    close(ends[0]);
    while ((got = read(ends[1], buffer, sizeof(buffer))) > 0)
        g_byte_array_append(octets, buffer, (guint)got);
    close(ends[1]);
    return octets;
}

/* Whether @octets are read as a result; the code of the refusal else. */
static gboolean
read_result(const guint8 *octets, gsize length, gsize payload_limit, int *ret_code)
{
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GBytes) payload = NULL;
    g_autoptr(GError) error = NULL;
    MugaiOutcome outcome = MUGAI_OUTCOME_NONE;
    gboolean accepted = FALSE;
    int ends[2];

    make_pair(SOCK_STREAM, ends);
    cr_assert_eq(send(ends[0], octets, length, 0), (ssize_t)length);
    close(ends[0]);
    accepted = mugai_wire_receive_result(ends[1], soon(), payload_limit, &outcome, &report,
                                         &payload, &error);
    close(ends[1]);
    cr_assert_eq(accepted, error == NULL);
    if (!accepted) {
        cr_assert_eq(outcome, MUGAI_OUTCOME_NONE);
        cr_assert_null(report);
        cr_assert_null(payload);
    }
    *ret_code = error != NULL ? error->code : -1;
    return accepted;
}

static GByteArray *
good_result(void)
{
    g_autoptr(MugaiReport) report = make_report();

    return result_octets(MUGAI_OUTCOME_DONE, report, PAYLOAD, strlen(PAYLOAD));
}

Test(wire, result_comes_as_it_was_sent)
{
    g_autoptr(MugaiReport) sent = make_report();
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GBytes) payload = NULL;
    MugaiOutcome outcome = MUGAI_OUTCOME_NONE;
    int ends[2];

    make_pair(SOCK_STREAM, ends);
    cr_assert(mugai_wire_send_begun(ends[0]));
    cr_assert(
        mugai_wire_send_result(ends[0], MUGAI_OUTCOME_DONE, sent, PAYLOAD, strlen(PAYLOAD), NULL));
    close(ends[0]);
    cr_assert(mugai_wire_receive_result(ends[1], soon(), 100, &outcome, &report, &payload, NULL));
    cr_assert_eq(outcome, MUGAI_OUTCOME_DONE);
    cr_assert_str_eq(report->subject, sent->subject);
    cr_assert_eq(report->parts->len, 1);
    cr_assert_eq(report->warnings->len, 1);
    cr_assert_eq(g_bytes_get_size(payload), strlen(PAYLOAD));
    cr_assert_arr_eq(g_bytes_get_data(payload, NULL), PAYLOAD, strlen(PAYLOAD));
    close(ends[1]);
}

Test(wire, result_without_report_and_payload_comes_as_it_was_sent)
{
    g_autoptr(GByteArray) octets = result_octets(MUGAI_OUTCOME_NOT_FOUND, NULL, NULL, 0);
    int code = 0;

    cr_assert_eq(octets->len, HEADER_OCTETS);
    cr_assert(read_result(octets->data, octets->len, 0, &code));
}

Test(wire, I4_truncated_result_is_refused_wherever_it_was_cut)
{
    g_autoptr(GByteArray) octets = good_result();
    int code = 0;

    for (gsize length = 0; length < octets->len; length++) {
        cr_assert_not(read_result(octets->data, length, 100, &code), "cut to %zu", length);
        cr_assert_eq(code, length == 0 ? MUGAI_ERROR_SYSTEM : MUGAI_ERROR_WORKER);
    }
    cr_assert(read_result(octets->data, octets->len, 100, &code));
}

Test(wire, I4_octets_after_the_result_are_refused)
{
    g_autoptr(GByteArray) octets = good_result();
    int code = 0;

    g_byte_array_append(octets, (const guint8 *)"", 1);
    cr_assert_not(read_result(octets->data, octets->len, 100, &code));
    cr_assert_eq(code, MUGAI_ERROR_WORKER);
}

Test(wire, I4_every_changed_bit_of_the_header_is_refused)
{
    g_autoptr(GByteArray) octets = good_result();
    int code = 0;

    for (guint bit = 0; bit < 8 * HEADER_OCTETS; bit++) {
        octets->data[bit / 8] ^= (guint8)(1u << bit % 8);
        cr_assert_not(read_result(octets->data, octets->len, 100, &code), "bit %u", bit);
        octets->data[bit / 8] ^= (guint8)(1u << bit % 8);
    }
}

Test(wire, I4_every_changed_bit_of_the_report_is_refused_or_read_as_a_report)
{
    g_autoptr(GByteArray) octets = good_result();
    guint refused = 0;
    int code = 0;

    for (guint bit = 8 * HEADER_OCTETS; bit < 8 * (octets->len - strlen(PAYLOAD)); bit++) {
        octets->data[bit / 8] ^= (guint8)(1u << bit % 8);
        refused += !read_result(octets->data, octets->len, 100, &code);
        octets->data[bit / 8] ^= (guint8)(1u << bit % 8);
    }
    cr_assert_gt(refused, 100);
}

Test(wire, I7_payload_and_report_over_the_limit_are_refused_before_they_are_read)
{
    g_autoptr(GByteArray) octets = good_result();
    guint32 huge = MUGAI_LIMIT_REPORT_OCTETS + 1;
    int code = 0;

    cr_assert_not(read_result(octets->data, octets->len, strlen(PAYLOAD) - 1, &code));
    cr_assert_eq(code, MUGAI_ERROR_LIMIT);
    memcpy(octets->data + REPORT_LENGTH_AT, &huge, sizeof(huge));
    cr_assert_not(read_result(octets->data, octets->len, 100, &code));
    cr_assert_eq(code, MUGAI_ERROR_LIMIT);
}

/* A result whose report is @floating, boxed as reports are. */
static GByteArray *
result_with_variant(GVariant *floating)
{
    g_autoptr(GVariant) boxed = g_variant_ref_sink(g_variant_new_variant(floating));
    g_autoptr(GByteArray) octets = good_result();
    guint32 length = (guint32)g_variant_get_size(boxed);

    memcpy(octets->data + REPORT_LENGTH_AT, &length, sizeof(length));
    g_byte_array_set_size(octets, HEADER_OCTETS);
    g_byte_array_append(octets, g_variant_get_data(boxed), length);
    g_byte_array_append(octets, (const guint8 *)PAYLOAD, strlen(PAYLOAD));
    return g_steal_pointer(&octets);
}

Test(wire, I4_report_of_another_type_is_refused)
{
    g_autoptr(GByteArray) octets = result_with_variant(g_variant_new("(ss)", "subject", "from"));
    g_autoptr(GByteArray) deep = NULL;
    GVariant *nested = g_variant_new_string("deep");
    int code = 0;

    cr_assert_not(read_result(octets->data, octets->len, 100, &code));
    cr_assert_eq(code, MUGAI_ERROR_WORKER);
    for (guint i = 0; i < 60; i++)
        nested = g_variant_new_variant(nested);
    deep = result_with_variant(nested);
    cr_assert_not(read_result(deep->data, deep->len, 100, &code));
}

Test(wire, I4_report_in_no_normal_form_is_refused)
{
    g_autoptr(GByteArray) octets = good_result();
    guint32 length = 0;
    int code = 0;

    /* One octet more than the report has: the offsets at its end no longer fit. */
    memcpy(&length, octets->data + REPORT_LENGTH_AT, sizeof(length));
    length++;
    memcpy(octets->data + REPORT_LENGTH_AT, &length, sizeof(length));
    g_byte_array_append(octets, (const guint8 *)"e", 1);
    cr_assert_not(read_result(octets->data, octets->len, 100, &code));
    cr_assert_eq(code, MUGAI_ERROR_WORKER);
}

Test(wire, I7_silence_ends_at_the_deadline)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GBytes) payload = NULL;
    MugaiOutcome outcome = MUGAI_OUTCOME_NONE;
    gint64 begun = g_get_monotonic_time();
    int ends[2];

    make_pair(SOCK_STREAM, ends);
    cr_assert(mugai_wire_send_begun(ends[0]));
    cr_assert_not(mugai_wire_receive_result(ends[1], begun + G_USEC_PER_SEC / 5, 100, &outcome,
                                            &report, &payload, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_WORKER));
    cr_assert_geq(g_get_monotonic_time() - begun, G_USEC_PER_SEC / 5);
    cr_assert_lt(g_get_monotonic_time() - begun, 3 * G_USEC_PER_SEC);
}

Test(wire, I4_silence_before_the_beginning_means_unread)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GBytes) payload = NULL;
    MugaiOutcome outcome = MUGAI_OUTCOME_NONE;
    int ends[2];

    make_pair(SOCK_STREAM, ends);
    cr_assert_not(mugai_wire_receive_result(ends[1], g_get_monotonic_time() + 1000, 100, &outcome,
                                            &report, &payload, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
}

/* --- packets --- */

/* Sends any octets with any descriptors. */
static void
send_raw(int fd, const void *octets, gsize length, const int *descriptors, gsize n_descriptors)
{
    struct iovec part = {(void *)octets, length};
    char control[CMSG_SPACE(8 * sizeof(int))] __attribute__((aligned(8))) = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (n_descriptors > 0) {
        struct cmsghdr *header = NULL;

        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(n_descriptors * sizeof(int));
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(n_descriptors * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, n_descriptors * sizeof(int));
    }
    cr_assert_eq(sendmsg(fd, &message, MSG_NOSIGNAL), (ssize_t)length);
}

/* The octets of one packet that @send has written. */
#define CAPTURE(octets, length, send)                                                              \
    do {                                                                                           \
        int capture[2];                                                                            \
        make_pair(SOCK_SEQPACKET, capture);                                                        \
        cr_assert((send));                                                                         \
        (length) = recv(capture[1], (octets), sizeof(octets), 0);                                  \
        cr_assert_gt((length), 0);                                                                 \
        close(capture[0]);                                                                         \
        close(capture[1]);                                                                         \
    } while (0)

static const MugaiJob good_job = {
    .kind = MUGAI_JOB_EXTRACT,
    .id = {"20261120-ABCDE-FGHJK"},
    .received = {1795000000, 32400},
    .path = "1.2",
    .treatment = {.settings = 2,
                  .links = MUGAI_LINKS_KEEP,
                  .body = MUGAI_BODY_HTML,
                  .attachments = MUGAI_ATTACHMENTS_TEXT,
                  .text_octets = 4096},
};

static gboolean
receive_job_of(const void *octets, gsize length, gsize n_descriptors)
{
    const int descriptors[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    guint before = count_descriptors();
    g_autoptr(GError) error = NULL;
    MugaiJob job = {.kind = MUGAI_JOB_NONE};
    int original = -1;
    int result = -1;
    int ends[2];
    gboolean accepted = FALSE;

    make_pair(SOCK_SEQPACKET, ends);
    send_raw(ends[0], octets, length, descriptors, n_descriptors);
    accepted = mugai_wire_receive_job(ends[1], &job, &original, &result, &error);
    cr_assert_eq(accepted, error == NULL);
    if (accepted) {
        cr_assert(fcntl(original, F_GETFD) & FD_CLOEXEC);
        cr_assert(fcntl(result, F_GETFD) & FD_CLOEXEC);
        close(original);
        close(result);
    } else {
        cr_assert_eq(job.kind, MUGAI_JOB_NONE);
        cr_assert_eq(original, -1);
        cr_assert_eq(result, -1);
    }
    close(ends[0]);
    close(ends[1]);
    cr_assert_eq(count_descriptors(), before, "descriptors of a packet were left open");
    return accepted;
}

Test(wire, job_comes_as_it_was_sent)
{
    MugaiJob job = {.kind = MUGAI_JOB_NONE};
    int original = -1;
    int result = -1;
    int ends[2];

    make_pair(SOCK_SEQPACKET, ends);
    cr_assert(mugai_wire_send_job(ends[0], &good_job, STDIN_FILENO, STDOUT_FILENO, NULL));
    cr_assert(mugai_wire_receive_job(ends[1], &job, &original, &result, NULL));
    cr_assert_eq(job.kind, good_job.kind);
    cr_assert_str_eq(job.id.text, good_job.id.text);
    cr_assert_str_eq(job.path, good_job.path);
    cr_assert_eq(job.received.seconds, good_job.received.seconds);
    cr_assert_eq(job.received.offset, good_job.received.offset);
    cr_assert_eq(memcmp(&job.treatment, &good_job.treatment, sizeof(job.treatment)), 0);
}

Test(wire, job_with_a_treatment_beyond_the_limits_is_refused)
{
    const MugaiTreatment wrong[] = {
        {.settings = MUGAI_LIMIT_POLICIES + 1},
        {.links = MUGAI_LINKS_KEEP + 1},
        {.body = MUGAI_BODY_HTML + 1},
        {.attachments = MUGAI_ATTACHMENTS_TEXT + 1},
        {.text_octets = MUGAI_LIMIT_TEXT_OCTETS_MAX + 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        MugaiJob job = good_job;
        char octets[1024];
        ssize_t length = 0;

        job.treatment = wrong[i];
        CAPTURE(octets, length, mugai_wire_send_job(capture[0], &job, 0, 1, NULL));
        cr_assert_not(receive_job_of(octets, (gsize)length, 2), "%zu", i);
    }
}

Test(wire, end_of_the_socket_is_no_job_and_no_error)
{
    g_autoptr(GError) error = NULL;
    MugaiJob job = {.kind = MUGAI_JOB_NONE};
    int original = -1;
    int result = -1;
    int ends[2];

    make_pair(SOCK_SEQPACKET, ends);
    close(ends[0]);
    cr_assert_not(mugai_wire_receive_job(ends[1], &job, &original, &result, &error));
    cr_assert_null(error);
}

Test(wire, job_without_exactly_two_descriptors_is_refused_and_they_are_closed)
{
    char octets[1024];
    ssize_t length = 0;

    CAPTURE(octets, length, mugai_wire_send_job(capture[0], &good_job, 0, 1, NULL));
    for (gsize n_descriptors = 0; n_descriptors <= 3; n_descriptors++)
        cr_assert_eq(receive_job_of(octets, (gsize)length, n_descriptors), n_descriptors == 2,
                     "%zu", n_descriptors);
}

Test(wire, truncated_job_is_refused_wherever_it_was_cut)
{
    char octets[1024];
    ssize_t length = 0;

    CAPTURE(octets, length, mugai_wire_send_job(capture[0], &good_job, 0, 1, NULL));
    for (gsize cut = 1; cut < (gsize)length; cut++)
        cr_assert_not(receive_job_of(octets, cut, 2), "cut to %zu", cut);
}

Test(wire, overlong_job_is_refused)
{
    char octets[4096] = {0};
    ssize_t length = 0;

    CAPTURE(octets, length, mugai_wire_send_job(capture[0], &good_job, 0, 1, NULL));
    cr_assert_not(receive_job_of(octets, sizeof(octets), 2));
}

Test(wire, job_with_wrong_magic_or_kind_is_refused)
{
    char octets[1024];
    ssize_t length = 0;

    CAPTURE(octets, length, mugai_wire_send_job(capture[0], &good_job, 0, 1, NULL));
    cr_assert(receive_job_of(octets, (gsize)length, 2));
    octets[0] ^= 1;
    cr_assert_not(receive_job_of(octets, (gsize)length, 2));
    octets[0] ^= 1;
    octets[4] = MUGAI_JOB_EXTRACT + 1;
    cr_assert_not(receive_job_of(octets, (gsize)length, 2));
    octets[4] = MUGAI_JOB_NONE;
    cr_assert_not(receive_job_of(octets, (gsize)length, 2));
}

static GPtrArray *
settings_of(const char *first, const char *second)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_settings_free);

    g_ptr_array_add(all, mugai_settings_new(first));
    if (second != NULL)
        g_ptr_array_add(all, mugai_settings_new(second));
    return all;
}

Test(wire, setup_comes_as_it_was_sent)
{
    g_autoptr(GPtrArray) sent = settings_of("ja", "en");
    g_autoptr(GPtrArray) settings = NULL;
    const MugaiWireBounds sent_bounds = {3, 30, 512};
    MugaiWireBounds bounds = {0, 0, 0};
    int ends[2];

    make_pair(SOCK_SEQPACKET, ends);
    cr_assert(mugai_wire_send_setup(ends[0], sent, &sent_bounds, NULL));
    settings = mugai_wire_receive_setup(ends[1], &bounds, NULL);
    cr_assert_not_null(settings);
    cr_assert_eq(settings->len, 2);
    for (guint i = 0; i < 2; i++) {
        const MugaiSettings *one = sent->pdata[i];
        const MugaiSettings *other = settings->pdata[i];

        cr_assert_str_eq(one->language, other->language);
        cr_assert_eq(g_hash_table_size(one->notice), g_hash_table_size(other->notice));
    }
    cr_assert_eq(memcmp(&bounds, &sent_bounds, sizeof(bounds)), 0);
}

Test(wire, setup_with_bounds_beyond_the_limits_is_refused)
{
    g_autoptr(GPtrArray) sent = settings_of("en", NULL);
    const MugaiWireBounds wrong[] = {
        {0, 30, 512},  {MUGAI_LIMIT_WORKER_COUNT_MAX + 1, 30, 512},    {3, 0, 512},
        {3, 601, 512}, {3, 30, MUGAI_LIMIT_WORKER_MEMORY_MIB_MIN - 1}, {3, 30, G_MAXUINT},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        MugaiWireBounds bounds = {7, 7, 7};
        int ends[2];

        make_pair(SOCK_SEQPACKET, ends);
        cr_assert(mugai_wire_send_setup(ends[0], sent, &wrong[i], NULL));
        cr_assert_null(mugai_wire_receive_setup(ends[1], &bounds, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
        cr_assert_eq(bounds.children, 7);
    }
}

Test(wire, setup_without_settings_or_with_more_than_there_may_be_is_refused)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(GPtrArray) many = g_ptr_array_new();
    g_autoptr(MugaiSettings) settings = mugai_settings_new("en");
    const GPtrArray *wrong[] = {none, many};

    for (guint i = 0; i < MUGAI_LIMIT_POLICIES + 2; i++)
        g_ptr_array_add(many, settings);
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        const MugaiWireBounds sent_bounds = {3, 30, 512};
        g_autoptr(GError) error = NULL;
        MugaiWireBounds bounds;
        int ends[2];

        make_pair(SOCK_SEQPACKET, ends);
        /* Nobody reads: what has no place in the socket is not sent. */
        cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        (void)mugai_wire_send_setup(ends[0], wrong[i], &sent_bounds, NULL);
        cr_assert_null(mugai_wire_receive_setup(ends[1], &bounds, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
    }
}

Test(wire, setup_that_ends_before_its_settings_is_none)
{
    g_autoptr(GPtrArray) sent = settings_of("en", "ja");
    const MugaiWireBounds sent_bounds = {3, 30, 512};
    g_autoptr(GError) error = NULL;
    MugaiWireBounds bounds;
    char packet[4096];
    int ends[2];
    int relay[2];

    make_pair(SOCK_SEQPACKET, ends);
    make_pair(SOCK_SEQPACKET, relay);
    cr_assert(mugai_wire_send_setup(ends[0], sent, &sent_bounds, NULL));
    cr_assert_eq(send(relay[0], packet, (size_t)recv(ends[1], packet, sizeof(packet), 0), 0), 20);
    close(relay[0]);
    cr_assert_null(mugai_wire_receive_setup(relay[1], &bounds, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_WORKER));
}

Test(wire, end_of_the_socket_is_no_setup)
{
    g_autoptr(GError) error = NULL;
    MugaiWireBounds bounds;
    int ends[2];

    make_pair(SOCK_SEQPACKET, ends);
    close(ends[0]);
    cr_assert_null(mugai_wire_receive_setup(ends[1], &bounds, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_WORKER));
}

Test(wire, ready_says_yes_or_why_not_or_nothing)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) silence = NULL;
    g_autoptr(GError) end = NULL;
    int ends[2];

    make_pair(SOCK_SEQPACKET, ends);
    cr_assert(mugai_wire_send_ready(ends[0], NULL, NULL));
    cr_assert(mugai_wire_receive_ready(ends[1], 5, NULL));
    cr_assert(mugai_wire_send_ready(ends[0], "no \xFF table", NULL));
    cr_assert_not(mugai_wire_receive_ready(ends[1], 5, &failure));
    cr_assert(g_error_matches(failure, MUGAI_ERROR, MUGAI_ERROR_WORKER));
    cr_assert_not_null(strstr(failure->message, "table"));
    cr_assert_not(mugai_wire_receive_ready(ends[1], 0, &silence));
    cr_assert(g_error_matches(silence, MUGAI_ERROR, MUGAI_ERROR_WORKER));
    close(ends[0]);
    cr_assert_not(mugai_wire_receive_ready(ends[1], 5, &end));
    cr_assert(g_error_matches(end, MUGAI_ERROR, MUGAI_ERROR_WORKER));
}

Test(wire, deaths_are_counted_once_and_saying_so_never_waits)
{
    int ends[2];

    make_pair(SOCK_SEQPACKET, ends);
    cr_assert_eq(mugai_wire_count_deaths(ends[1]), 0);
    mugai_wire_send_death(ends[0]);
    mugai_wire_send_death(ends[0]);
    cr_assert_eq(mugai_wire_count_deaths(ends[1]), 2);
    cr_assert_eq(mugai_wire_count_deaths(ends[1]), 0);
    /* Far more than the socket holds: those that fit are there. */
    for (guint i = 0; i < 100000; i++)
        mugai_wire_send_death(ends[0]);
    cr_assert_gt(mugai_wire_count_deaths(ends[1]), 0);
    close(ends[1]);
    mugai_wire_send_death(ends[0]);
    close(ends[0]);
}
