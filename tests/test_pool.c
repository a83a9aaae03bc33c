/*
 * test_pool.c - the worker's processes and the pool that keeps them: nothing a message does is felt
 * by another
 *
 * The worker is the real one, linked with tests/hostile_sanitize.c: each message says what is to
 * become of its child.
 */
#include "launcher.h"

#include <criterion/criterion.h>

#include <mugai/approve.h>
#include <mugai/error.h>
#include <mugai/sandbox.h>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3u
#define SECONDS 3u
#define MESSAGES 60u
#define MESSAGES_BESIDE 20u

static const MugaiId id = {"20261120-ABCDE-FGHJK"};
static const MugaiTime received = {1795000000, 32400};

static MugaiConfig *
make_config(void)
{
    MugaiConfig *config = mugai_config_new();

    g_free(config->worker_program);
    config->worker_program = g_strdup(MUGAI_HOSTILE_WORKER);
    config->worker_count = CHILDREN;
    config->worker_seconds = SECONDS;
    config->worker_memory_mib = 128;
    return config;
}

static MugaiPool *
make_pool(void)
{
    g_autoptr(MugaiConfig) config = make_config();
    g_autoptr(GError) error = NULL;
    MugaiPool *pool = mugai_pool_new(config, &error);

    cr_assert_not_null(pool, "%s", error != NULL ? error->message : "");
    return pool;
}

static int
make_message(const char *text)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

static MugaiTicket *
submit(MugaiPool *pool, const char *text)
{
    int fd = make_message(text);
    MugaiTicket *ticket = mugai_pool_submit(pool, fd, &id, received, NULL);

    close(fd);
    return ticket;
}

static MugaiApproved *
collect(MugaiTicket *ticket)
{
    g_autoptr(GError) error = NULL;
    MugaiApproved *approved = mugai_ticket_collect(ticket, &error);

    cr_assert_not_null(approved, "%s", error != NULL ? error->message : "");
    return approved;
}

/* The number of the process that handled a message which passed. */
static int
collect_passed(MugaiTicket *ticket)
{
    g_autoptr(MugaiApproved) approved = collect(ticket);

    cr_assert_null(mugai_approved_failure(approved), "%s", mugai_approved_failure(approved));
    return atoi(mugai_approved_report(approved)->subject);
}

static void
assert_notice_only(MugaiTicket *ticket, const char *reason)
{
    g_autoptr(MugaiApproved) approved = collect(ticket);

    cr_assert_not_null(mugai_approved_failure(approved));
    cr_assert_not_null(strstr(mugai_approved_failure(approved), reason), "%s",
                       mugai_approved_failure(approved));
}

/* Processes whose parent is @parent; their number. */
static guint
children_of(pid_t parent, pid_t *ret_children, guint room)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)parent, (int)parent);
    g_autofree char *text = NULL;
    g_auto(GStrv) words = NULL;
    guint count = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    words = g_strsplit(text, " ", -1);
    for (char **word = words; *word != NULL && **word != '\0'; word++) {
        if (count < room)
            ret_children[count] = atoi(*word);
        count++;
    }
    return count;
}

/* The worker's parent; processes are made by threads of the pool's users, so all of ours are looked
 * at. */
static pid_t
worker_of(pid_t self)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)self);
    GDir *tasks = g_dir_open(path, 0, NULL);
    pid_t worker = 0;

    for (const char *task = g_dir_read_name(tasks); task != NULL; task = g_dir_read_name(tasks)) {
        g_autofree char *children = g_build_filename(path, task, "children", NULL);
        g_autofree char *text = NULL;

        if (worker == 0 && g_file_get_contents(children, &text, NULL, NULL))
            worker = atoi(text);
    }
    g_dir_close(tasks);
    return worker;
}

static void
wait_for_end(pid_t pid)
{
    int pidfd = pidfd_open(pid, 0);
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};

    if (pidfd < 0)
        return;
    cr_assert_eq(poll(&wait, 1, 10000), 1, "process %d does not end", (int)pid);
    close(pidfd);
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

Test(pool, I6_no_process_handles_two_messages)
{
    g_autoptr(MugaiPool) pool = make_pool();
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < MESSAGES; i++)
        cr_assert(g_hash_table_add(seen, GINT_TO_POINTER(collect_passed(submit(pool, "ok")))));
}

Test(pool, I6_child_has_the_message_the_result_and_nothing_else)
{
    g_autoptr(MugaiPool) pool = make_pool();
    MugaiTicket *other = submit(pool, "slow");
    g_autoptr(MugaiApproved) approved = collect(submit(pool, "ok"));

    /* Three standard ones, original and result. */
    cr_assert_str_eq(mugai_approved_report(approved)->from, "5");
    collect_passed(other);
}

Test(pool, I1_candidate_with_another_id_is_not_approved)
{
    g_autoptr(MugaiPool) pool = make_pool();

    assert_notice_only(submit(pool, "other"), "another id");
}

Test(pool, I1_candidate_with_a_seal_is_not_approved)
{
    g_autoptr(MugaiPool) pool = make_pool();

    assert_notice_only(submit(pool, "sealed"), "wrote a seal");
}

Test(pool, I4_child_that_crashes_or_exceeds_a_limit_ends_in_the_notice)
{
    /* The last one is not limited in a build with AddressSanitizer. */
    const char *const ways[] = {"crash", "file", "quiet", "memory"};
    gsize n_ways = G_N_ELEMENTS(ways) - MUGAI_WITH_ADDRESS_SANITIZER;
    g_autoptr(MugaiPool) pool = make_pool();
    gint64 begun = g_get_monotonic_time();

    for (gsize i = 0; i < n_ways; i++)
        assert_notice_only(submit(pool, ways[i]), "ended without a result");
    cr_assert_lt(g_get_monotonic_time() - begun, SECONDS * G_USEC_PER_SEC,
                 "it was the deadline that ended one of them");
    collect_passed(submit(pool, "ok"));
}

Test(pool, I4_child_that_does_not_end_is_killed_and_the_others_do_not_notice)
{
    const char *const ways[] = {"hang", "stop", "spin"};

    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autoptr(MugaiPool) pool = make_pool();
        gint64 begun = g_get_monotonic_time();
        MugaiTicket *endless = submit(pool, ways[i]);

        for (guint j = 0; j < MESSAGES_BESIDE; j++)
            collect_passed(submit(pool, "ok"));
        cr_assert_lt(g_get_monotonic_time() - begun, SECONDS * G_USEC_PER_SEC, "they waited");
        /* Not "no result in time": that is what the pool says if the parent did not kill it. */
        assert_notice_only(endless, "ended without a result");
    }
}

Test(pool, I4_all_children_hang_and_later_messages_wait_for_their_turn)
{
    g_autoptr(MugaiPool) pool = make_pool();
    MugaiTicket *hanging[CHILDREN];
    MugaiTicket *waiting = NULL;

    for (guint i = 0; i < CHILDREN; i++)
        hanging[i] = submit(pool, "hang");
    waiting = submit(pool, "ok");
    for (guint i = 0; i < CHILDREN; i++)
        assert_notice_only(hanging[i], "ended without a result");
    collect_passed(waiting);
}

static gpointer
send_slow(gpointer pool)
{
    return GINT_TO_POINTER(collect_passed(submit(pool, "slow")));
}

Test(pool, I4_killed_parent_is_repaired_without_losing_a_message)
{
    g_autoptr(MugaiPool) pool = make_pool();

    for (guint round = 0; round < 5; round++) {
        GThread *threads[2 * CHILDREN];

        for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
            threads[i] = g_thread_new("sender", send_slow, pool);
        /* In the middle of the first messages, with others waiting for their turn. */
        poll(NULL, 0, 30 + 50 * (int)round);
        kill(worker_of(getpid()), SIGKILL);
        for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
            cr_assert_neq(GPOINTER_TO_INT(g_thread_join(threads[i])), 0);
    }
}

Test(pool, I4_stopped_parent_is_replaced_and_no_message_is_lost)
{
    g_autoptr(MugaiPool) pool = make_pool();

    /* Its children still wait: they take as many messages as they are, the next ones nobody. */
    kill(worker_of(getpid()), SIGSTOP);
    for (guint i = 0; i < 2 * CHILDREN; i++)
        collect_passed(submit(pool, "ok"));
}

Test(pool, I4_waiting_children_that_are_killed_are_replaced)
{
    g_autoptr(MugaiPool) pool = make_pool();
    pid_t worker = worker_of(getpid());
    pid_t children[2 * CHILDREN];
    guint count = children_of(worker, children, G_N_ELEMENTS(children));

    cr_assert_eq(count, CHILDREN);
    for (guint i = 0; i < count; i++)
        kill(children[i], SIGKILL);
    for (guint i = 0; i < MESSAGES; i++)
        collect_passed(submit(pool, "ok"));
    cr_assert_eq(worker_of(getpid()), worker, "the parent is the same");
}

static void
assert_deaths(const MugaiLauncher *launcher, gint parents, gint children)
{
    cr_assert_eq(launcher->deaths[MUGAI_DEATH_PARENT], parents, "%d parents",
                 launcher->deaths[MUGAI_DEATH_PARENT]);
    cr_assert_eq(launcher->deaths[MUGAI_DEATH_CHILD], children, "%d children",
                 launcher->deaths[MUGAI_DEATH_CHILD]);
}

Test(pool, each_death_is_counted_once_and_no_end_that_was_asked_for)
{
    g_autoptr(MugaiConfig) config = make_config();
    MugaiLauncher *launcher = mugai_launcher_new_direct(config, NULL);
    MugaiPool *pool = mugai_pool_new_launched(config, launcher, NULL);
    MugaiTicket *slow[CHILDREN];
    pid_t worker = 0;

    collect_passed(submit(pool, "ok"));
    assert_notice_only(submit(pool, "other"), "another id");
    assert_deaths(launcher, 0, 0);
    assert_notice_only(submit(pool, "crash"), "ended without a result");
    assert_deaths(launcher, 0, 1);
    assert_notice_only(submit(pool, "hang"), "ended without a result");
    assert_deaths(launcher, 0, 2);
    /* With messages, which pass all the same; its children are not counted beside it. */
    for (guint i = 0; i < CHILDREN; i++)
        slow[i] = submit(pool, "slow");
    poll(NULL, 0, 100);
    kill(worker_of(getpid()), SIGKILL);
    for (guint i = 0; i < CHILDREN; i++)
        collect_passed(slow[i]);
    assert_deaths(launcher, 1, 2);
    /* Without any: the next one finds it out. */
    worker = worker_of(getpid());
    kill(worker, SIGKILL);
    wait_for_end(worker);
    collect_passed(submit(pool, "ok"));
    assert_deaths(launcher, 2, 2);
    mugai_pool_free(pool);
    assert_deaths(launcher, 2, 2);
    mugai_launcher_free_direct(launcher);
}

/* Their parent says so a moment later; the next message after that finds it out. */
Test(pool, waiting_children_that_are_killed_are_deaths)
{
    g_autoptr(MugaiConfig) config = make_config();
    MugaiLauncher *launcher = mugai_launcher_new_direct(config, NULL);
    MugaiPool *pool = mugai_pool_new_launched(config, launcher, NULL);
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    pid_t children[2 * CHILDREN];
    guint count = children_of(worker_of(getpid()), children, G_N_ELEMENTS(children));

    cr_assert_eq(count, CHILDREN); /* there has been no message: all wait */
    for (guint i = 0; i < count; i++)
        kill(children[i], SIGKILL);
    do
        collect_passed(submit(pool, "ok"));
    while (launcher->deaths[MUGAI_DEATH_CHILD] < (gint)CHILDREN && g_get_monotonic_time() < until);
    assert_deaths(launcher, 0, CHILDREN);
    mugai_pool_free(pool);
    assert_deaths(launcher, 0, CHILDREN);
    mugai_launcher_free_direct(launcher);
}

Test(pool, parent_that_had_to_be_killed_or_does_not_come_up_is_a_death)
{
    static const char mute[] = "#!/bin/sh\nexec 3>&-\nexec sleep 60\n";
    g_autoptr(MugaiConfig) config = make_config();
    MugaiLauncher *launcher = mugai_launcher_new_direct(config, NULL);
    g_autoptr(MugaiPool) pool = mugai_pool_new_launched(config, launcher, NULL);

    kill(worker_of(getpid()), SIGSTOP);
    for (guint i = 0; i < 2 * CHILDREN; i++)
        collect_passed(submit(pool, "ok"));
    assert_deaths(launcher, 1, 0);
    g_clear_pointer(&pool, mugai_pool_free);
    mugai_launcher_free_direct(launcher);

    g_free(config->worker_program);
    config->worker_program = g_strdup_printf("/tmp/mugai-pool-%d", (int)getpid());
    cr_assert(g_file_set_contents_full(config->worker_program, mute, -1, 0, 0700, NULL));
    launcher = mugai_launcher_new_direct(config, NULL);
    cr_assert_null(mugai_pool_new_launched(config, launcher, NULL));
    assert_deaths(launcher, 1, 0);
    mugai_launcher_free_direct(launcher);
    unlink(config->worker_program);
}

Test(pool, given_up_messages_free_their_place)
{
    g_autoptr(MugaiPool) pool = make_pool();

    for (guint i = 0; i < MESSAGES; i++)
        mugai_ticket_cancel(submit(pool, "ok"));
    collect_passed(submit(pool, "ok"));
}

Test(pool, I7_number_of_processes_and_descriptors_is_bounded)
{
    g_autoptr(MugaiPool) pool = make_pool();
    pid_t worker = worker_of(getpid());
    guint before = count_descriptors();

    for (guint i = 0; i < MESSAGES; i++) {
        MugaiTicket *tickets[CHILDREN];

        for (guint j = 0; j < CHILDREN; j++)
            tickets[j] = submit(pool, "ok");
        cr_assert_leq(children_of(worker, NULL, 0), 2 * CHILDREN);
        for (guint j = 0; j < CHILDREN; j++)
            collect_passed(tickets[j]);
    }
    cr_assert_eq(count_descriptors(), before);
}

Test(pool, no_process_is_left_when_the_pool_is_gone)
{
    MugaiPool *pool = make_pool();

    collect_passed(submit(pool, "ok"));
    mugai_pool_free(pool);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
}

Test(pool, I6_no_process_is_left_when_the_caller_is_killed)
{
    pid_t children[2 * CHILDREN];
    pid_t worker = 0;
    pid_t caller = 0;
    guint count = 0;
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    caller = fork();
    if (caller == 0) {
        MugaiPool *pool = make_pool();
        MugaiTicket *ticket = submit(pool, "hang");

        worker = worker_of(getpid());
        if (ticket == NULL || write(ends[1], &worker, sizeof(worker)) != sizeof(worker))
            abort();
        for (;;)
            pause();
    }
    cr_assert_eq(read(ends[0], &worker, sizeof(worker)), sizeof(worker));
    count = children_of(worker, children, G_N_ELEMENTS(children));
    cr_assert_geq(count, CHILDREN);
    kill(caller, SIGKILL);
    waitpid(caller, NULL, 0);
    wait_for_end(worker);
    for (guint i = 0; i < count; i++)
        wait_for_end(children[i]);
}

Test(pool, I6_no_child_outlives_its_parent)
{
    g_autoptr(MugaiPool) pool = make_pool();
    MugaiTicket *ticket = submit(pool, "hang");
    pid_t worker = worker_of(getpid());
    pid_t children[2 * CHILDREN];
    guint count = children_of(worker, children, G_N_ELEMENTS(children));

    cr_assert_geq(count, CHILDREN);
    kill(worker, SIGKILL);
    for (guint i = 0; i < count; i++)
        wait_for_end(children[i]);
    assert_notice_only(ticket, "ended without a result");
}

Test(pool, parts_come_out_or_are_not_found)
{
    g_autoptr(MugaiPool) pool = make_pool();
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) hanging = NULL;
    int message = make_message("a message with parts");
    int out = memfd_create("out", MFD_CLOEXEC);
    char octets[16] = "";

    cr_assert(mugai_pool_extract_part(pool, message, "1", out, NULL));
    cr_assert_eq(pread(out, octets, sizeof(octets), 0), 8);
    cr_assert_str_eq(octets, "part one");
    cr_assert(mugai_pool_extract_part(pool, message, "2", out, NULL));
    cr_assert_not(mugai_pool_extract_part(pool, message, "3", out, &missing));
    cr_assert(g_error_matches(missing, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND));
    cr_assert_not(mugai_pool_extract_part(pool, message, "hang", out, &hanging));
    cr_assert(g_error_matches(hanging, MUGAI_ERROR, MUGAI_ERROR_WORKER));
}

Test(pool, worker_that_is_not_there_is_an_error)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    g_autoptr(GError) error = NULL;

    config->worker_program = g_strdup("/nonexistent/mugai-worker");
    cr_assert_null(mugai_pool_new(config, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    cr_assert_not_null(strstr(error->message, "/nonexistent/mugai-worker"));
}
