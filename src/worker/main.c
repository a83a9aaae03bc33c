/*
 * main.c - mugai-worker: a warm parent and one child per message
 *
 * The parent gives up root, becoming the user that its one argument names, gets its settings over
 * descriptor 3, loads all that sanitizing needs, says that it is ready, and from then on keeps
 * children that wait. The children themselves wait for jobs on the request socket. A child that has
 * one says so with one octet over its own pipe (and one to mugaid), handles the message and ends;
 * on that octet the parent sets the child's deadline.
 *
 *      parent:  setup -> warm -> ready -> { fork, reap, kill what is overdue } -> end of requests
 *      child:   pages, limits, lock -> wait -> job -> 'started' -> sanitize -> result -> exit
 *
 * The parent keeps `children`, waiting or working, and one that waits beside as many as work: 2 x
 * children at most. So it forks when a child has ended, and at the begin of a message only where no
 * other child waits: the kernel likes to run whom an octet wakes in the place of the writer, and a
 * fork takes half as long as a small message. mugaid hands over no more than `children` messages at
 * once (see src/approve/pool.c), so that none waits for a fork.
 *
 * Invariants: 1. a process handles one message and no second one (I6);
 *             2. the parent holds no message and reads nothing a child wrote but the one octet;
 *             3. the octet is written before the first hostile octet is read, so no message can
 *                avoid its deadline;
 *             4. nothing is opened after "ready" but a memfd, and that before the first hostile
 *                octet is read;
 *             5. no child outlives the parent (PR_SET_PDEATHSIG), the parent outlives mugaid by one
 *                deadline at most.
 * Trust: a child is hostile from the first octet of its message on. The setup and the jobs come
 *         from mugaid.
 * Errors: whatever goes wrong in a child ends it without a result; the other side answers for it.
 */
#include "prefault.h"

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>
#include <mugai/sandbox.h>
#include <mugai/sanitize.h>
#include <mugai/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's descriptor for its one octet, right after the request socket. */
#define STARTED_FD (MUGAI_WIRE_FD + 1)
/* A child has three standard descriptors, request, octet, original, result and a memfd; some room
 * beside. */
#define CHILD_DESCRIPTORS 16u
/* Where forking fails, or children die while they wait, the parent does not spin. */
#define FORK_PAUSE_MICROSECONDS (100 * G_TIME_SPAN_MILLISECOND)

typedef struct {
    pid_t pid;
    int started_fd;   /* reading end of its pipe; -1 once it has started or ended */
    gboolean started; /* a message */
    gint64 deadline;  /* monotonic; 0 while it waits */
} Child;

typedef struct {
    GPtrArray *settings; /* of MugaiSettings; a job's treatment names one */
    MugaiLock *lock;
    MugaiPrefault *prefault;
    MugaiWireBounds bounds;
    int signal_fd;
    gboolean ended;    /* the request socket has: no more forks */
    gint64 fork_after; /* monotonic */
    GArray *children;  /* of Child */
} Parent;

/* Who the worker is where root starts it and names nobody: whoever runs `mugai sanitize`. */
#define ANYBODY "nobody"

/* --- the child --- */

/* Keeps standard streams, request socket and octet; other children's pipes are none of its
 * business. */
static void
become_child(int started_fd, pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    if (dup2(started_fd, STARTED_FD) < 0 || close_range(STARTED_FD + 1, ~0u, 0) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    /* What a hostile process writes there would reach a terminal or the journal; ASan's findings
     * must, though. */
    if (!MUGAI_WITH_ADDRESS_SANITIZER && dup2(STDIN_FILENO, STDERR_FILENO) < 0)
        _exit(EXIT_FAILURE);
}

static gboolean
lock(const Parent *parent)
{
    return mugai_sandbox_limit(parent->bounds.seconds, parent->bounds.memory_mib, CHILD_DESCRIPTORS,
                               NULL) &&
           mugai_lock_apply(parent->lock, NULL);
}

static gboolean
sanitize(const Parent *parent, const MugaiJob *job, int original_fd, int result_fd)
{
    g_autoptr(MugaiSettings) settings = NULL;
    g_autoptr(MugaiResult) result = NULL;
    const void *candidate = NULL;
    gsize length = 0;

    if (job->treatment.settings >= parent->settings->len || !mugai_sandbox_limit_files(0, NULL))
        return FALSE;
    settings =
        mugai_treatment_settings(&job->treatment, parent->settings->pdata[job->treatment.settings]);
    result = mugai_sanitize_fd(original_fd, settings, &job->id, job->received);
    candidate = g_bytes_get_data(result->candidate, &length);
    return mugai_wire_send_result(result_fd, MUGAI_OUTCOME_DONE, result->report, candidate, length,
                                  NULL);
}

static gboolean
send_memfd(int memory_fd, int result_fd)
{
    off_t size = lseek(memory_fd, 0, SEEK_END);
    void *octets = NULL;

    if (size < 0)
        return FALSE;
    if (size == 0)
        return mugai_wire_send_result(result_fd, MUGAI_OUTCOME_DONE, NULL, NULL, 0, NULL);
    octets = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, memory_fd, 0);
    return octets != MAP_FAILED &&
           mugai_wire_send_result(result_fd, MUGAI_OUTCOME_DONE, NULL, octets, (gsize)size, NULL);
}

static gboolean
extract(const Parent *parent, const MugaiJob *job, int original_fd, int memory_fd, int result_fd)
{
    g_autoptr(GError) error = NULL;
    off_t size = lseek(original_fd, 0, SEEK_END); /* fstat(2) is out of reach by now */

    /* A decoded part is no larger than the message it came in. */
    if (size < 0 || lseek(original_fd, 0, SEEK_SET) != 0 ||
        !mugai_sandbox_limit_files((guint64)size, NULL))
        return FALSE;
    if (mugai_sanitize_extract_part(original_fd, job->path, parent->settings->pdata[0], memory_fd,
                                    &error))
        return send_memfd(memory_fd, result_fd);
    return g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND) &&
           mugai_wire_send_result(result_fd, MUGAI_OUTCOME_NOT_FOUND, NULL, NULL, 0, NULL);
}

static void G_GNUC_NORETURN
run_child(const Parent *parent)
{
    g_autoptr(GError) error = NULL;
    MugaiJob job;
    int original_fd = -1;
    int result_fd = -1;
    int memory_fd = memfd_create("part", MFD_CLOEXEC);
    gboolean done = FALSE;

    /* What can be done before a message waits is done before. */
    mugai_prefault_apply(parent->prefault);
    if (memory_fd < 0 || !lock(parent))
        _exit(EXIT_FAILURE);
    if (!mugai_wire_receive_job(MUGAI_WIRE_FD, &job, &original_fd, &result_fd, &error))
        _exit(error == NULL ? EXIT_SUCCESS : EXIT_FAILURE);
    if (write(STARTED_FD, "s", 1) != 1 || !mugai_wire_send_begun(result_fd))
        _exit(EXIT_FAILURE);
    close(STARTED_FD);
    close(MUGAI_WIRE_FD);
    if (job.kind == MUGAI_JOB_SANITIZE) {
        close(memory_fd);
        done = sanitize(parent, &job, original_fd, result_fd);
    } else {
        done = extract(parent, &job, original_fd, memory_fd, result_fd);
    }
    /* The end of the result: mugaid need not wait until the kernel has taken this process down. */
    close(result_fd);
    _exit(done ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --- the parent --- */

static gboolean
fork_child(Parent *parent)
{
    Child child = {.pid = -1, .started_fd = -1};
    pid_t self = getpid();
    int ends[2] = {-1, -1};

    if (pipe2(ends, O_CLOEXEC) != 0)
        return FALSE;
    child.pid = fork();
    if (child.pid == 0) {
        become_child(ends[1], self);
        run_child(parent);
    }
    close(ends[1]);
    if (child.pid < 0) {
        close(ends[0]);
        return FALSE;
    }
    child.started_fd = ends[0];
    g_array_append_val(parent->children, child);
    return TRUE;
}

static guint
count_waiting(const Parent *parent)
{
    guint waiting = 0;

    for (guint i = 0; i < parent->children->len; i++)
        waiting += g_array_index(parent->children, Child, i).deadline == 0;
    return waiting;
}

static void
top_up(Parent *parent)
{
    guint wanted = parent->bounds.children;

    while (!parent->ended && g_get_monotonic_time() >= parent->fork_after &&
           (parent->children->len < wanted ||
            (count_waiting(parent) == 0 && parent->children->len < 2 * wanted))) {
        if (!fork_child(parent))
            parent->fork_after = g_get_monotonic_time() + FORK_PAUSE_MICROSECONDS;
    }
}

static void
on_started(Parent *parent, Child *child)
{
    char octet = 0;

    child->started = read(child->started_fd, &octet, 1) == 1;
    close(child->started_fd);
    child->started_fd = -1;
    child->deadline = g_get_monotonic_time() + (gint64)parent->bounds.seconds * G_USEC_PER_SEC;
    if (!child->started && !parent->ended)
        parent->fork_after = g_get_monotonic_time() + FORK_PAUSE_MICROSECONDS;
}

static void
log_death(pid_t pid, int status)
{
    if (WIFSIGNALED(status))
        mugai_log(MUGAI_LOG_ERROR, "child %d was ended by signal %d", (int)pid, WTERMSIG(status));
    else if (WEXITSTATUS(status) != EXIT_SUCCESS)
        mugai_log(MUGAI_LOG_ERROR, "child %d ended with status %d", (int)pid, WEXITSTATUS(status));
}

/* Of a child that had a message mugaid learns by the result that is missing. */
static void
forget_child(Parent *parent, pid_t pid, int status)
{
    for (guint i = 0; i < parent->children->len; i++) {
        Child *child = &g_array_index(parent->children, Child, i);

        if (child->pid != pid)
            continue;
        if (child->started_fd >= 0)
            on_started(parent, child);
        if (!child->started && status != 0)
            mugai_wire_send_death(MUGAI_WIRE_FD);
        g_array_remove_index_fast(parent->children, i);
        return;
    }
}

static void
reap(Parent *parent)
{
    struct signalfd_siginfo ignored;
    pid_t pid = 0;
    int status = 0;

    if (read(parent->signal_fd, &ignored, sizeof(ignored)) < 0)
        return;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        log_death(pid, status);
        forget_child(parent, pid, status);
    }
}

static void
kill_overdue(const Parent *parent)
{
    gint64 now = g_get_monotonic_time();

    for (guint i = 0; i < parent->children->len; i++) {
        const Child *child = &g_array_index(parent->children, Child, i);

        /* Not yet reaped, so the number is still its own. */
        if (child->deadline != 0 && child->deadline <= now)
            kill(child->pid, SIGKILL);
    }
}

/* Milliseconds until the next thing that has its time; -1: nothing has. */
static int
next_timeout(const Parent *parent)
{
    gint64 now = g_get_monotonic_time();
    gint64 next = !parent->ended && parent->fork_after > now ? parent->fork_after : G_MAXINT64;

    for (guint i = 0; i < parent->children->len; i++) {
        const Child *child = &g_array_index(parent->children, Child, i);

        if (child->deadline > now)
            next = MIN(next, child->deadline);
    }
    return next == G_MAXINT64 ? -1 : (int)((next - now) / 1000 + 1);
}

/* Waits for: the end of the request socket, a dead child, a child that has started. */
static void
wait_and_handle(Parent *parent)
{
    struct pollfd waits[2 + 2 * MUGAI_LIMIT_WORKER_COUNT_MAX];
    guint n_children = parent->children->len;

    /* Jobs are the children's to read: of the request socket only its end is asked for. */
    waits[0] = (struct pollfd){.fd = parent->ended ? -1 : MUGAI_WIRE_FD, .events = 0};
    waits[1] = (struct pollfd){.fd = parent->signal_fd, .events = POLLIN};
    for (guint i = 0; i < n_children; i++) {
        waits[2 + i] = (struct pollfd){.fd = g_array_index(parent->children, Child, i).started_fd,
                                       .events = POLLIN};
    }
    if (poll(waits, 2 + n_children, next_timeout(parent)) < 0)
        return;
    parent->ended = parent->ended || waits[0].revents != 0;
    for (guint i = 0; i < n_children; i++) {
        if (waits[2 + i].revents != 0)
            on_started(parent, &g_array_index(parent->children, Child, i));
    }
    if (waits[1].revents != 0)
        reap(parent);
}

static void
serve(Parent *parent)
{
    while (!parent->ended || parent->children->len > 0) {
        wait_and_handle(parent);
        kill_overdue(parent);
        top_up(parent);
    }
}

static int
open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Before anything is read: the user that was named by whoever may become it, and nobody where root
 * names none. */
static gboolean
drop_root(const char *name, GError **error)
{
    g_autoptr(MugaiUser) user = NULL;

    if (geteuid() == 0 || (name != NULL && mugai_sandbox_can_become())) {
        user = mugai_user_find(name != NULL ? name : ANYBODY, error);
        if (user == NULL)
            return FALSE;
    }
    return mugai_sandbox_become(user, MUGAI_GROUPS_NONE, error);
}

/* Setup, warmth and the first children; says ready, or why not. */
static gboolean
prepare(Parent *parent, const char *user, GError **error)
{
    if (!drop_root(user, error))
        return FALSE;
    parent->settings = mugai_wire_receive_setup(MUGAI_WIRE_FD, &parent->bounds, error);
    if (parent->settings == NULL || !mugai_sanitize_warm_up(error))
        return FALSE;
    parent->lock = mugai_lock_new(error);
    if (parent->lock == NULL)
        return FALSE;
    parent->prefault = mugai_prefault_learn(mugai_sanitize_rehearse);
    parent->signal_fd = open_signals();
    if (parent->signal_fd < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot wait for children");
        return FALSE;
    }
    top_up(parent);
    return TRUE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Parent parent = {.signal_fd = -1};
    struct stat status;

    mugai_log_open("mugai-worker", TRUE);
    if (argc > 2 || fstat(MUGAI_WIRE_FD, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        mugai_log(MUGAI_LOG_ERROR, "mugai-worker is started by mugaid and mugai, not by hand");
        return mugai_error_exit_status(NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    parent.children = g_array_new(FALSE, FALSE, sizeof(Child));
    if (!prepare(&parent, argv[1], &error)) {
        (void)mugai_wire_send_ready(MUGAI_WIRE_FD, error->message, NULL);
        return mugai_error_exit_status(error);
    }
    if (mugai_wire_send_ready(MUGAI_WIRE_FD, NULL, NULL))
        serve(&parent);
    g_array_free(parent.children, TRUE);
    g_ptr_array_unref(parent.settings);
    mugai_prefault_free(parent.prefault);
    mugai_lock_free(parent.lock);
    return EXIT_SUCCESS;
}
