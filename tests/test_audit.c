/* test_audit.c - the log of looks: one chain whoever writes it, and nothing lost that was promised
 */
#include "remove_tree.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <mugai/audit.h>
#include <mugai/error.h>
#include <mugai/seal.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 20
#define ENTRIES_EACH 50
#define KILLS 80
/* Of a writer that never promises anything. */
#define PATIENCE_MILLISECONDS 60000

typedef struct {
    char *path;
    MugaiConfig *config;
} Fixture;

static void
fixture_clear(Fixture *fixture)
{
    remove_tree(fixture->path);
    g_free(fixture->path);
    mugai_config_free(fixture->config);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static Fixture
fixture_make(gboolean with_key)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *public_path = NULL;
    g_autofree char *id = NULL;
    Fixture fixture = {.path = g_dir_make_tmp("mugai-audit-XXXXXX", &error)};

    cr_assert_not_null(fixture.path);
    fixture.config = mugai_config_new();
    g_free(fixture.config->store_path);
    fixture.config->store_path = g_build_filename(fixture.path, "store", NULL);
    cr_assert_eq(g_mkdir(fixture.config->store_path, 0700), 0);
    if (with_key) {
        public_path = g_build_filename(fixture.path, "log.pub", NULL);
        fixture.config->log_key = g_build_filename(fixture.path, "log.key", NULL);
        cr_assert(mugai_seal_keygen(fixture.config->log_key, public_path, &id, &error));
    }
    return fixture;
}

static MugaiRecord *
make_record(const char *verb)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("test");

    return mugai_record_new(actor, verb, NULL, "granted");
}

/* Appends @count entries at once; NULL with @error, else the head. */
static char *
append(MugaiAudit *audit, guint count, GError **error)
{
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_record_free);
    char *head = NULL;

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(records, make_record("list"));
    return mugai_audit_append(audit, records, &head, error) ? head : NULL;
}

static void
print_finding(gboolean fault, const char *where, const char *what, gpointer data)
{
    (void)data;
    if (fault)
        cr_log_warn("%s: %s", where, what);
}

/* What verifying says; @head may be NULL. */
static MugaiAuditSummary
verify(const Fixture *fixture, const char *head)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiAudit) audit = mugai_audit_open(fixture->config, &error);
    MugaiAuditProof proof = {.head = head};
    MugaiAuditSummary summary = {0};

    cr_assert_not_null(audit, "%s", error != NULL ? error->message : "");
    cr_assert(mugai_audit_verify(audit, &proof, print_finding, NULL, &summary, &error), "%s",
              error != NULL ? error->message : "");
    return summary;
}

/* --- many at once --- */

static void
write_many(const Fixture *fixture)
{
    for (guint i = 0; i < ENTRIES_EACH; i++) {
        /* opened anew each time, as by commands */
        g_autoptr(MugaiAudit) audit = mugai_audit_open(fixture->config, NULL);
        g_autofree char *head = audit != NULL ? append(audit, 1, NULL) : NULL;

        if (head == NULL)
            _exit(1);
    }
    _exit(0);
}

static void
check_concurrent_writers(gboolean with_key)
{
    g_auto(Fixture) fixture = fixture_make(with_key);
    g_auto(MugaiAuditSummary) summary = {0};

    for (guint i = 0; i < WRITERS; i++) {
        if (fork() == 0)
            write_many(&fixture);
    }
    for (guint i = 0; i < WRITERS; i++) {
        int status = -1;

        cr_assert_gt(wait(&status), 0);
        cr_assert_eq(status, 0);
    }
    summary = verify(&fixture, NULL);
    cr_assert_eq(summary.faults, 0);
    cr_assert_eq(summary.entries, WRITERS * ENTRIES_EACH);
    cr_assert_eq(summary.signed_entries, with_key ? WRITERS * ENTRIES_EACH : 0);
}

Test(audit, I9_concurrent_writers_make_one_chain)
{
    check_concurrent_writers(FALSE);
}

Test(audit, I9_concurrent_writers_make_one_signed_chain)
{
    check_concurrent_writers(TRUE);
}

/* --- killed --- */

/* Appends for ever, one and several at once by turns, and says each head on @fd after the promise.
 */
static void
write_until_killed(const Fixture *fixture, int fd)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(fixture->config, NULL);

    if (audit == NULL)
        _exit(1);
    for (guint i = 0;; i++) {
        g_autofree char *head = append(audit, i % 3 == 0 ? 40 : 1, NULL);
        g_autofree char *line = head != NULL ? g_strconcat(head, "\n", NULL) : NULL;

        if (line == NULL || write(fd, line, strlen(line)) != (gssize)strlen(line))
            _exit(1);
    }
}

/* Lets a writer run for @microseconds, if @promised from its first promise on, and kills it: the
 * last head it was promised, or NULL. */
static char *
kill_writer(const Fixture *fixture, gboolean promised, guint microseconds)
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    char buffer[4096];
    gssize count = 0;
    int ends[2];
    pid_t child = -1;
    int status = 0;
    struct pollfd first = {.events = POLLIN};

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    first.fd = ends[0];
    child = fork();
    if (child == 0)
        write_until_killed(fixture, ends[1]);
    close(ends[1]);
    if (promised)
        cr_assert_eq(poll(&first, 1, PATIENCE_MILLISECONDS), 1);
    g_usleep(microseconds); /* the moment is what is drawn */
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status), "the writer ended by itself");
    while ((count = read(ends[0], buffer, sizeof buffer)) > 0)
        g_string_append_len(said, buffer, count);
    close(ends[0]);
    lines = g_strsplit(said->str, "\n", -1);
    return g_strv_length(lines) >= 2 ? g_strdup(lines[g_strv_length(lines) - 2]) : NULL;
}

Test(audit, I9_kill_at_any_moment_breaks_no_chain_and_loses_no_promised_entry)
{
    g_auto(Fixture) fixture = fixture_make(TRUE);
    g_autoptr(GRand) draw = g_rand_new_with_seed(11);

    for (guint i = 0; i < KILLS; i++) {
        gboolean promised = i % 2 == 1;
        g_autofree char *head =
            kill_writer(&fixture, promised, (guint)g_rand_int_range(draw, 0, 30000));
        g_auto(MugaiAuditSummary) summary = verify(&fixture, head);

        cr_assert_eq(summary.faults, 0, "after kill %u", i);
        cr_assert(head != NULL || !promised);
    }
}

/* --- what cannot be written --- */

static guint64
size_of_log(const Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->config->store_path, "log", NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    guint64 size = 0;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        struct stat status;

        if (g_str_has_suffix(name, ".jsonl") && stat(file, &status) == 0)
            size += (guint64)status.st_size;
    }
    return size;
}

Test(audit, I9_entry_that_does_not_fit_on_the_disk_is_no_promise_and_leaves_nothing)
{
    g_auto(Fixture) fixture = fixture_make(TRUE);
    g_autoptr(MugaiAudit) audit = mugai_audit_open(fixture.config, NULL);
    g_autofree char *head = append(audit, 3, NULL);
    g_auto(MugaiAuditSummary) summary = {0};
    guint64 size = size_of_log(&fixture);
    struct rlimit before;

    cr_assert_not_null(head);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (guint64 more = 0; more < size * 2 / 3;
         more += 37) { /* two entries, like the three there */
        struct rlimit limit = {.rlim_cur = size + more, .rlim_max = before.rlim_max};
        g_autoptr(GError) error = NULL;
        g_autofree char *none = NULL;

        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        none = append(audit, 2, &error);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        cr_assert_null(none);
        cr_assert_not_null(error);
        cr_assert_eq(size_of_log(&fixture), size);
    }
    summary = verify(&fixture, head);
    cr_assert_eq(summary.faults, 0);
    cr_assert_eq(summary.entries, 3);
}

Test(audit, I9_head_that_cannot_be_written_is_no_promise_and_falls_no_further_behind)
{
    g_auto(Fixture) fixture = fixture_make(TRUE);
    g_autoptr(MugaiAudit) audit = mugai_audit_open(fixture.config, NULL);
    g_autofree char *first = append(audit, 1, NULL);
    g_autofree char *obstacle =
        g_build_filename(fixture.config->store_path, "log", ".head.new", NULL);
    g_autofree char *last = NULL;
    g_auto(MugaiAuditSummary) summary = {0};

    cr_assert_not_null(first);
    cr_assert_eq(g_mkdir(obstacle, 0700), 0);
    for (guint i = 0; i < 20; i++) {
        g_autofree char *none = append(audit, 40, NULL);

        cr_assert_null(none);
    }
    cr_assert_eq(g_rmdir(obstacle), 0);
    last = append(audit, 1, NULL);
    cr_assert_not_null(last);
    summary = verify(&fixture, first);
    cr_assert_eq(summary.faults, 0);
}

Test(audit, I9_entry_longer_than_a_line_may_be_is_refused)
{
    g_auto(Fixture) fixture = fixture_make(FALSE);
    g_autoptr(MugaiAudit) audit = mugai_audit_open(fixture.config, NULL);
    g_autoptr(MugaiRecord) record = make_record("list");
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char *head = NULL;

    record->reason = g_strnfill(MUGAI_AUDIT_LINE_OCTETS_MAX, 'x');
    g_ptr_array_add(records, record);
    cr_assert_not(mugai_audit_append(audit, records, &head, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT));
    cr_assert_eq(size_of_log(&fixture), 0);
}

/* --- entries --- */

Test(audit, entry_is_read_back_as_it_was_written)
{
    g_autoptr(MugaiRecord) record = make_record("purge");
    g_autoptr(MugaiRecord) again = NULL;
    g_autofree char *json = NULL;
    g_autofree char *once_more = NULL;

    record->number = 7;
    memset(record->previous, 'a', sizeof record->previous - 1);
    record->time = 1795168815;
    record->id = g_strdup("20261120-00000-00000");
    record->part = g_strdup("2.1");
    record->words = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(record->words, g_strdup("\xE8\xA6\x8B\"\\\x1b\n"));
    record->reason = g_strdup("\xE7\x90\x86\xE7\x94\xB1");
    record->sha256 = g_strnfill(64, 'b');
    record->size = 12345;
    record->has_size = TRUE;
    record->received = 1795168000;
    json = mugai_record_to_json(record);
    for (const char *at = json; *at != '\0'; at++)
        cr_assert(g_ascii_isprint(*at));
    again = mugai_record_from_json(json, -1, NULL);
    cr_assert_not_null(again);
    once_more = mugai_record_to_json(again);
    cr_assert_str_eq(once_more, json);
    cr_assert_str_eq(again->words->pdata[0], record->words->pdata[0]);
    cr_assert_str_eq(again->reason, record->reason);
}

Test(audit, what_is_no_entry_is_refused)
{
    g_autoptr(MugaiRecord) record = make_record("list");
    g_autofree char *json = NULL;

    record->number = 1;
    memset(record->previous, '0', sizeof record->previous - 1);
    json = mugai_record_to_json(record);
    for (gsize length = 0; length < strlen(json); length++) {
        g_autoptr(GError) error = NULL;

        cr_assert_null(mugai_record_from_json(json, (gssize)length, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
    }
    for (guchar octet = 0x80; octet != 0; octet++) {
        g_autofree char *changed = g_strdup(json);

        changed[strlen(changed) / 2] = (char)octet;
        cr_assert_null(mugai_record_from_json(changed, -1, NULL));
    }
}
