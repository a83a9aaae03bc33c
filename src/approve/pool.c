/*
 * pool.c - keeps mugai-worker running and hands messages over to it
 *
 * A pool is one mugai-worker (a parent with its children, see src/worker/main.c) and as many slots
 * as it has children. A ticket takes a slot, sends its job with two descriptors over the request
 * socket, reads the result from a socket of its own, has the guard decide, and gives the slot back.
 * So no job waits inside the worker, and the deadline of a message counts its own time only.
 * Without a free slot, submit sends nothing; collect waits for one first.
 *
 *      submit:  slot? -> sent            collect:  (slot -> sent) -> result -> guard -> approved
 *                 no -> waiting              failure -> unread, or worker gone? sent again
 *                                               still unread? an error : notice-only
 *
 * Invariants: 1. collect gives an approved message or an error, never the worker's word (I1, I4);
 *             2. collect returns: every wait in it has its end;
 *             3. at most one worker of the pool takes new messages; a dead one is replaced under
 *                the lock;
 *             4. a message that no child began is sent again; one whose worker's parent died once
 *                only: should it be the message that kills, it ends as notice-only;
 *             5. a message that nobody has read never ends as notice-only: later it may pass whole;
 *             6. each death that is seen is counted once: a parent's with the last reference to it,
 *                a child's with the result that it owes, or where it has begun with none, when its
 *                parent says so.
 * Trust: what comes out of the result socket is hostile; the worker's parent is not.
 */
#include "decide.h"
#include "launcher.h"

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/policy.h>
#include <mugai/profile.h>
#include <mugai/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A candidate: header section and the body with its line ends. */
#define CANDIDATE_OCTETS_MAX                                                                       \
    (MUGAI_PROFILE_HEADER_SECTION_OCTETS + MUGAI_PROFILE_TEXT_OCTETS / 3u * 4u / 76u * 78u + 4096u)
/* A child dies with its parent a moment before the parent's own end can be seen. */
#define GONE_MILLISECONDS 250
/* A parent that was killed, or whose socket is closed already, is sure to end. */
#define ENDING_MILLISECONDS 5000
/* How often a message is sent: while nobody has read it, it cannot be what kills; afterwards it
 * can. */
#define ATTEMPTS_UNREAD 5u
#define ATTEMPTS 2u
/* After a worker did not come up, messages are answered at once for a while, not after a vain start
 * each. */
#define START_PAUSE_MICROSECONDS (5 * G_USEC_PER_SEC)

/* One mugai-worker; counted references: a ticket holds the one it was sent to. */
typedef struct {
    MugaiLauncher *launcher; /* the pool's */
    int fd;                  /* request socket */
    pid_t pid;               /* of the parent, as the launcher knows it */
    int pidfd;               /* of the parent */
    guint seconds;           /* it takes this long at most to end */
} Worker;

struct MugaiPool {
    GPtrArray *settings;    /* of MugaiSettings: [sanitize]'s and those of the policies */
    GPtrArray *policies;    /* of MugaiPolicy */
    MugaiSealKey *seal_key; /* NULL: nothing is sealed */
    MugaiWireBounds bounds;
    MugaiLauncher *launcher;
    MugaiLauncher *own_launcher; /* @launcher, unless that is the caller's */
    GMutex lock;                 /* guards what follows */
    GCond slot_free;
    guint busy;         /* slots taken */
    guint waiting;      /* tickets waiting for one */
    Worker *worker;     /* NULL if the last one could not be started */
    gint64 start_after; /* monotonic: no further attempt before */
};

struct MugaiTicket {
    MugaiPool *pool;
    MugaiJob job;
    MugaiSettings *settings; /* the message's own; NULL for a part */
    int original_fd;         /* read-only, with an offset of its own; -1: could not be had */
    GError *failure;         /* why not */
    gboolean has_slot;
    Worker *worker; /* the one it was last sent to */
    gboolean sent;
    gboolean gone; /* that worker, instead of a result */
    guint attempts;
    int result_fd;
    gint64 deadline; /* monotonic */
};

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* --- the worker's life --- */

static gboolean
has_ended(int pidfd, int milliseconds)
{
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};

    return poll(&wait, 1, milliseconds) > 0;
}

static void
count_deaths(const Worker *worker, MugaiDeath death, guint count)
{
    g_atomic_int_add(&worker->launcher->deaths[death], (gint)count);
}

static void
kill_worker(const Worker *worker)
{
    worker->launcher->kill(worker->launcher, worker->pid);
}

/* The last reference: its end is due. It gets the time that a message may take, then it is killed.
 * */
static void
end_worker(gpointer data)
{
    Worker *worker = data;
    siginfo_t ignored;

    /* Before it is told to by the end of its socket. */
    if (has_ended(worker->pidfd, 0))
        count_deaths(worker, MUGAI_DEATH_PARENT, 1);
    close_fd(&worker->fd);
    if (worker->pidfd < 0)
        return;
    if (!has_ended(worker->pidfd, (int)worker->seconds * 1000))
        kill_worker(worker);
    /* Where it is not a child of ours, whoever started it has done so. */
    waitid(P_PIDFD, (id_t)worker->pidfd, &ignored, WEXITED);
    close_fd(&worker->pidfd);
}

static void
worker_unref(Worker *worker)
{
    g_atomic_rc_box_release_full(worker, end_worker);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Worker, worker_unref)

/* A worker process that has not been spoken to. */
static Worker *
worker_spawn(MugaiLauncher *launcher, GError **error)
{
    g_autoptr(Worker) worker = g_atomic_rc_box_new0(Worker);
    int ends[2] = {-1, -1};

    worker->launcher = launcher;
    worker->fd = worker->pidfd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "worker: no socket");
        return NULL;
    }
    worker->fd = ends[0];
    worker->pidfd = launcher->start(launcher, ends[1], &worker->pid, error);
    close(ends[1]);
    return worker->pidfd >= 0 ? g_steal_pointer(&worker) : NULL;
}

static Worker *
worker_start(const MugaiPool *pool, GError **error)
{
    g_autoptr(Worker) worker = worker_spawn(pool->launcher, error);
    struct timeval patience = {.tv_sec = MUGAI_LIMIT_WORKER_START_SECONDS};

    if (worker == NULL)
        return NULL;
    worker->seconds = pool->bounds.seconds + MUGAI_LIMIT_WORKER_GRACE_SECONDS;
    /* Never for ever: neither the setup nor a job, should the worker be stopped and not dead. */
    setsockopt(worker->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (mugai_wire_send_setup(worker->fd, pool->settings, &pool->bounds, error) &&
        mugai_wire_receive_ready(worker->fd, MUGAI_LIMIT_WORKER_START_SECONDS, error))
        return g_steal_pointer(&worker);
    kill_worker(worker);
    /* A death, and no end that it is told to. */
    (void)has_ended(worker->pidfd, ENDING_MILLISECONDS);
    return NULL;
}

/* With the lock held. */
static Worker *
restart(MugaiPool *pool, GError **error)
{
    Worker *worker = NULL;

    if (g_get_monotonic_time() < pool->start_after) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_WORKER,
                            "worker: could not be started a moment ago");
        return NULL;
    }
    worker = worker_start(pool, error);
    if (worker == NULL)
        pool->start_after = g_get_monotonic_time() + START_PAUSE_MICROSECONDS;
    return worker;
}

/* The pool's living worker, started anew if need be; a reference of the caller's own. */
static Worker *
pool_worker(MugaiPool *pool, GError **error)
{
    Worker *worker = NULL;

    g_mutex_lock(&pool->lock);
    if (pool->worker != NULL)
        count_deaths(pool->worker, MUGAI_DEATH_CHILD, mugai_wire_count_deaths(pool->worker->fd));
    if (pool->worker != NULL && has_ended(pool->worker->pidfd, 0))
        g_clear_pointer(&pool->worker, worker_unref);
    if (pool->worker == NULL)
        pool->worker = restart(pool, error);
    if (pool->worker != NULL)
        worker = g_atomic_rc_box_acquire(pool->worker);
    g_mutex_unlock(&pool->lock);
    return worker;
}

/* --- the pool --- */

/* One more than processors: while one child waits for its last pages to be read, another computes.
 * */
static guint
count_children(const MugaiConfig *config)
{
    guint count = config->worker_count != 0 ? config->worker_count : g_get_num_processors() + 1;

    return MIN(count, MUGAI_LIMIT_WORKER_COUNT_MAX);
}

static GPtrArray *
collect_settings(const MugaiConfig *config)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_settings_free);

    g_ptr_array_add(all, mugai_settings_copy(config->settings));
    for (guint i = 0; i < config->policies->len; i++) {
        const MugaiPolicy *policy = config->policies->pdata[i];

        g_ptr_array_add(all, mugai_settings_copy(policy->settings));
    }
    return all;
}

MugaiPool *
mugai_pool_new_launched(const MugaiConfig *config, MugaiLauncher *launcher, GError **error)
{
    g_autoptr(MugaiPool) pool = g_new0(MugaiPool, 1);

    g_mutex_init(&pool->lock);
    g_cond_init(&pool->slot_free);
    pool->bounds.children = count_children(config);
    pool->bounds.seconds = config->worker_seconds;
    pool->bounds.memory_mib = config->worker_memory_mib;
    pool->settings = collect_settings(config);
    pool->policies = g_ptr_array_ref(config->policies);
    if (config->seal_key != NULL) {
        pool->seal_key = mugai_seal_key_load(config->seal_key, error);
        if (pool->seal_key == NULL)
            return NULL;
    }
    pool->launcher = launcher;
    pool->worker = worker_start(pool, error);
    return pool->worker != NULL ? g_steal_pointer(&pool) : NULL;
}

MugaiPool *
mugai_pool_new(const MugaiConfig *config, GError **error)
{
    MugaiLauncher *launcher = mugai_launcher_new_direct(config, error);
    MugaiPool *pool = NULL;

    if (launcher == NULL)
        return NULL;
    pool = mugai_pool_new_launched(config, launcher, error);
    if (pool != NULL)
        pool->own_launcher = launcher;
    else
        mugai_launcher_free_direct(launcher);
    return pool;
}

void
mugai_pool_free(MugaiPool *pool)
{
    if (pool == NULL)
        return;
    g_assert(pool->busy == 0 && pool->waiting == 0);
    g_clear_pointer(&pool->worker, worker_unref);
    g_clear_pointer(&pool->settings, g_ptr_array_unref);
    g_clear_pointer(&pool->policies, g_ptr_array_unref);
    g_clear_pointer(&pool->seal_key, mugai_seal_key_free);
    mugai_launcher_free_direct(pool->own_launcher);
    g_cond_clear(&pool->slot_free);
    g_mutex_clear(&pool->lock);
    g_free(pool);
}

/* Takes a slot if one is free and nobody waited for it longer. */
static void
try_slot(MugaiTicket *ticket)
{
    MugaiPool *pool = ticket->pool;

    g_mutex_lock(&pool->lock);
    ticket->has_slot = pool->waiting == 0 && pool->busy < pool->bounds.children;
    pool->busy += ticket->has_slot;
    g_mutex_unlock(&pool->lock);
}

static gboolean
wait_for_slot(MugaiTicket *ticket, GError **error)
{
    gint64 until =
        g_get_monotonic_time() + (gint64)MUGAI_LIMIT_WORKER_WAIT_SECONDS * G_USEC_PER_SEC;
    MugaiPool *pool = ticket->pool;
    gboolean in_time = TRUE;

    if (ticket->has_slot)
        return TRUE;
    g_mutex_lock(&pool->lock);
    pool->waiting++;
    while (in_time && pool->busy >= pool->bounds.children)
        in_time = g_cond_wait_until(&pool->slot_free, &pool->lock, until);
    pool->waiting--;
    ticket->has_slot = pool->busy < pool->bounds.children;
    pool->busy += ticket->has_slot;
    g_mutex_unlock(&pool->lock);
    if (!ticket->has_slot)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                    "worker: all %u children were busy for %u seconds", pool->bounds.children,
                    MUGAI_LIMIT_WORKER_WAIT_SECONDS);
    return ticket->has_slot;
}

static void
give_slot_back(MugaiTicket *ticket)
{
    MugaiPool *pool = ticket->pool;

    if (!ticket->has_slot)
        return;
    g_mutex_lock(&pool->lock);
    pool->busy--;
    g_cond_signal(&pool->slot_free);
    g_mutex_unlock(&pool->lock);
    ticket->has_slot = FALSE;
}

/* --- tickets --- */

static void
ticket_free(MugaiTicket *ticket)
{
    close_fd(&ticket->result_fd);
    close_fd(&ticket->original_fd);
    g_clear_pointer(&ticket->worker, worker_unref);
    g_clear_error(&ticket->failure);
    mugai_settings_free(ticket->settings);
    give_slot_back(ticket);
    g_free(ticket);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiTicket, ticket_free)

/* A second opening of the same file: the worker can neither write it nor move the caller's offset.
 * */
static int
reopen(int fd, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    int reopened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (reopened < 0)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                              "worker: cannot open the message for reading");
    return reopened;
}

/* Opened once more: the child that was given the last one may have read from it. */
static gboolean
rewind_original(MugaiTicket *ticket, GError **error)
{
    int fresh = reopen(ticket->original_fd, error);

    if (fresh < 0)
        return FALSE;
    close_fd(&ticket->original_fd);
    ticket->original_fd = fresh;
    return TRUE;
}

static MugaiTicket *
ticket_new(MugaiPool *pool, int original_fd, MugaiJobKind kind)
{
    MugaiTicket *ticket = g_new0(MugaiTicket, 1);

    ticket->pool = pool;
    ticket->job.kind = kind;
    ticket->result_fd = -1;
    ticket->original_fd = reopen(original_fd, &ticket->failure);
    return ticket;
}

/* Hands the job to the pool's worker; the time that the message may take begins. */
static gboolean
ticket_send(MugaiTicket *ticket, GError **error)
{
    MugaiPool *pool = ticket->pool;
    int ends[2] = {-1, -1};

    ticket->sent = ticket->gone = FALSE;
    ticket->attempts++;
    g_clear_pointer(&ticket->worker, worker_unref);
    close_fd(&ticket->result_fd);
    ticket->worker = pool_worker(pool, error);
    if (ticket->worker == NULL)
        return FALSE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "worker: no socket");
        return FALSE;
    }
    ticket->result_fd = ends[0];
    ticket->sent =
        mugai_wire_send_job(ticket->worker->fd, &ticket->job, ticket->original_fd, ends[1], error);
    close(ends[1]);
    ticket->deadline =
        g_get_monotonic_time() +
        (gint64)(pool->bounds.seconds + MUGAI_LIMIT_WORKER_GRACE_SECONDS) * G_USEC_PER_SEC;
    return ticket->sent;
}

/* Sends the job unless that is done; FALSE also if that has failed before. */
static gboolean
ticket_start(MugaiTicket *ticket, GError **error)
{
    if (ticket->failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&ticket->failure));
        return FALSE;
    }
    return ticket->sent || ticket_send(ticket, error);
}

/* Without a result: whether the whole worker has died, the child alone, or neither. @begun: the
 * child has said so. */
static void
look_who_died(MugaiTicket *ticket, gboolean begun)
{
    struct pollfd closed = {.fd = ticket->result_fd, .events = 0};

    if (poll(&closed, 1, 0) <= 0)
        return;
    ticket->gone = has_ended(ticket->worker->pidfd, GONE_MILLISECONDS);
    if (!ticket->gone && begun)
        count_deaths(ticket->worker, MUGAI_DEATH_CHILD, 1);
}

static gboolean
receive_result(MugaiTicket *ticket, gsize limit, MugaiOutcome *ret_outcome,
               MugaiReport **ret_report, GBytes **ret_payload, GError **error)
{
    GError *why = NULL;

    if (mugai_wire_receive_result(ticket->result_fd, ticket->deadline, limit, ret_outcome,
                                  ret_report, ret_payload, &why))
        return TRUE;
    look_who_died(ticket, !g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    g_propagate_error(error, why);
    return FALSE;
}

/* Whether it was not for the message that this went wrong: nobody has read it, or the whole worker
 * has died. */
static gboolean
deserves_another(MugaiTicket *ticket, const GError *failure)
{
    gboolean unread = g_error_matches(failure, MUGAI_ERROR, MUGAI_ERROR_SYSTEM);

    if (ticket->worker == NULL || ticket->attempts >= (unread ? ATTEMPTS_UNREAD : ATTEMPTS))
        return FALSE;
    if (!ticket->sent)
        return has_ended(ticket->worker->pidfd, ENDING_MILLISECONDS);
    if (g_get_monotonic_time() < ticket->deadline)
        return unread || ticket->gone;
    /* By now the parent had to end the child: it is of no use to anybody. */
    kill_worker(ticket->worker);
    return has_ended(ticket->worker->pidfd, ENDING_MILLISECONDS) && unread;
}

static gboolean
send_again(MugaiTicket *ticket, GError **failure)
{
    if (!deserves_another(ticket, *failure))
        return FALSE;
    g_clear_error(failure);
    return rewind_original(ticket, failure) && ticket_send(ticket, failure);
}

/* What the worker gave, approved. */
static MugaiApproved *
receive_candidate(MugaiTicket *ticket, GError **error)
{
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GBytes) candidate = NULL;
    MugaiOutcome outcome = MUGAI_OUTCOME_NONE;

    if (!receive_result(ticket, CANDIDATE_OCTETS_MAX, &outcome, &report, &candidate, error))
        return NULL;
    if (outcome == MUGAI_OUTCOME_DONE && report != NULL)
        return mugai_approve_candidate(ticket->settings, ticket->pool->seal_key, &ticket->job.id,
                                       candidate, &report, error);
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_WORKER,
                        "worker: a result without a report");
    return NULL;
}

MugaiTicket *
mugai_pool_submit(MugaiPool *pool, int original_fd, const MugaiId *id, MugaiTime received,
                  const MugaiEnvelope *envelope)
{
    MugaiTicket *ticket = ticket_new(pool, original_fd, MUGAI_JOB_SANITIZE);
    MugaiTreatment *treatment = &ticket->job.treatment;

    mugai_policy_choose(pool->settings->pdata[0], pool->policies, envelope, treatment);
    ticket->settings =
        mugai_treatment_settings(treatment, pool->settings->pdata[treatment->settings]);

    ticket->job.id = *id;
    ticket->job.received = received;
    if (ticket->failure != NULL)
        return ticket;
    try_slot(ticket);
    if (ticket->has_slot)
        (void)ticket_send(ticket, &ticket->failure);
    return ticket;
}

MugaiApproved *
mugai_ticket_collect(MugaiTicket *ticket, GError **error)
{
    g_autoptr(MugaiTicket) mine = ticket;
    g_autoptr(MugaiApproved) approved = NULL;
    g_autoptr(GError) failure = NULL;

    if (!wait_for_slot(mine, error))
        return NULL;
    if (ticket_start(mine, &failure))
        approved = receive_candidate(mine, &failure);
    while (approved == NULL && send_again(mine, &failure))
        approved = receive_candidate(mine, &failure);
    if (approved != NULL)
        return g_steal_pointer(&approved);
    if (mine->sent && !g_error_matches(failure, MUGAI_ERROR, MUGAI_ERROR_SYSTEM))
        return mugai_approve_notice_only(mine->settings, mine->pool->seal_key, &mine->job.id,
                                         mine->job.received, failure, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

void
mugai_ticket_cancel(MugaiTicket *ticket)
{
    if (ticket != NULL)
        ticket_free(ticket);
}

/* --- one part --- */

static GBytes *
receive_part(MugaiTicket *ticket, GError **error)
{
    g_autoptr(MugaiReport) report = NULL;
    g_autoptr(GBytes) part = NULL;
    MugaiOutcome outcome = MUGAI_OUTCOME_NONE;
    struct stat status;

    /* A decoded part is no larger than the message it came in. */
    if (fstat(ticket->original_fd, &status) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot measure the message");
        return NULL;
    }
    if (!receive_result(ticket, (gsize)status.st_size, &outcome, &report, &part, error))
        return NULL;
    if (outcome == MUGAI_OUTCOME_DONE)
        return g_steal_pointer(&part);
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "the message has no part %s",
                ticket->job.path);
    return NULL;
}

static gboolean
write_all(int fd, GBytes *octets, GError **error)
{
    gsize length = 0;
    const char *data = g_bytes_get_data(octets, &length);

    while (length > 0) {
        ssize_t written = write(fd, data, length);

        if (written < 0 && errno != EINTR) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot write the part");
            return FALSE;
        }
        data += MAX(written, 0);
        length -= (gsize)MAX(written, 0);
    }
    return TRUE;
}

gboolean
mugai_pool_extract_part(MugaiPool *pool, int original_fd, const char *path, int out_fd,
                        GError **error)
{
    g_autoptr(MugaiTicket) ticket = ticket_new(pool, original_fd, MUGAI_JOB_EXTRACT);
    g_autoptr(GBytes) part = NULL;
    g_autoptr(GError) failure = NULL;

    if (g_strlcpy(ticket->job.path, path, sizeof(ticket->job.path)) >= sizeof(ticket->job.path)) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND,
                            "the message has no part of such a long name");
        return FALSE;
    }
    if (!wait_for_slot(ticket, error))
        return FALSE;
    if (ticket_start(ticket, &failure))
        part = receive_part(ticket, &failure);
    while (part == NULL && send_again(ticket, &failure))
        part = receive_part(ticket, &failure);
    if (part != NULL)
        return write_all(out_fd, part, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
