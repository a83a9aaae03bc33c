/*
 * starter.c - mugaid as two processes: a starter that may still start something, and a service that
 * serves mail
 *
 *      starter   the process that was started, with the capabilities to change users if it had
 *                them. Knows no mail and reads no octet from outside. It starts the one program
 *                that the configuration named when mugaid started, ends its own workers, passes
 *                signals on, and speaks to the service manager.
 *      service   all that mugaid is otherwise. It can start nothing, and reach no other process.
 *
 * The service asks with packets of a fixed size over a pair of sockets:
 *
 *      START, a socket  ->  a worker with this socket  ->  its number and its pidfd, or an errno
 *      KILL, a number   ->  SIGKILL, if it is one of the starter's own workers
 *      TELL, a number   ->  one of the sentences of watch.c for the service manager
 *
 * Invariants: 1. of what the service says the starter uses a kind, a number that it compares with
 *                its own or counts up to, and a socket that it hands on;
 *             2. a number is signalled only while its process has not been reaped, so it is still
 *                that process';
 *             3. neither outlives the other: the service is killed with the starter, and the
 * starter kills the workers and ends when the service has;
 *             4. every wait of the service for the starter has its end.
 * Trust: the service reads mail: to the starter it is hostile. A service that is under somebody's
 * control may have WORKERS_MAX workers and no other process.
 * Errors: of the split: to the caller. Afterwards the starter logs who was killed.
 */
#include "starter.h"

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>
#include <mugai/sandbox.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* One, the one before a reload that still has messages, and what dies while it is replaced. */
#define WORKERS_MAX 16u

typedef enum {
    REQUEST_NONE = 0,
    REQUEST_START,
    REQUEST_KILL,
    REQUEST_TELL,
} RequestKind;

typedef struct {
    guint32 kind;
    guint32 serial; /* of START: the answer bears the same */
    gint32 number;  /* of KILL: a process; of TELL: MugaiTidings */
} Request;

typedef struct {
    guint32 serial;
    gint32 failed; /* an errno; 0 with a pidfd */
    gint32 pid;
} Reply;

typedef struct {
    const char *program;
    const char *user; /* NULL: whoever the starter is */
    int socket;
    int signal_fd;
    pid_t service;
    gboolean ending;            /* it was told to */
    pid_t workers[WORKERS_MAX]; /* 0: none */
    MugaiWatch watch;
} Starter;

/* The service's end. */
typedef struct {
    MugaiLauncher launcher;
    GMutex lock; /* one question at a time */
    int socket;
    guint32 serial;
} Client;

/* --- packets --- */

typedef union {
    struct cmsghdr align;
    char octets[CMSG_SPACE(sizeof(int))];
} Control;

/* A packet, with @fd unless it is -1. */
static gboolean
send_packet(int socket, const void *octets, gsize length, int fd, int flags)
{
    struct iovec part = {(void *)octets, length};
    Control control = {.octets = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct cmsghdr *header = NULL;

    if (fd >= 0) {
        message.msg_control = control.octets;
        message.msg_controllen = sizeof(control.octets);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    }
    return TEMP_FAILURE_RETRY(sendmsg(socket, &message, flags | MSG_NOSIGNAL)) == (ssize_t)length;
}

/* A packet of @length octets; *@ret_fd: what came with it, or -1. There is room for one descriptor,
 * the kernel closes more; in the padding of CMSG_SPACE() it would find room for a second one. 0 at
 * the end, -1 with errno set. */
static ssize_t
receive_packet(int socket, void *octets, gsize length, int *ret_fd, int flags)
{
    struct iovec part = {octets, length};
    Control control = {.octets = {0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.octets,
                             .msg_controllen = CMSG_LEN(sizeof(int))};
    ssize_t received = TEMP_FAILURE_RETRY(recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC));
    const struct cmsghdr *header = received > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    *ret_fd = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
    return received;
}

/* --- the starter --- */

static pid_t *
find_worker(Starter *starter, pid_t pid)
{
    for (gsize i = 0; i < WORKERS_MAX; i++) {
        if (starter->workers[i] == pid)
            return &starter->workers[i];
    }
    return NULL;
}

/* An errno. */
static int
start_worker(Starter *starter, int fd, Reply *reply, int *ret_pidfd)
{
    pid_t *room = find_worker(starter, 0);
    int failed = 0;

    if (room == NULL || fd < 0)
        return room == NULL ? EAGAIN : EBADF;
    failed = mugai_worker_spawn(starter->program, starter->user, fd, room);
    if (failed != 0) {
        mugai_log(MUGAI_LOG_ERROR, "cannot start %s: %s", starter->program, g_strerror(failed));
        *room = 0;
        return failed;
    }
    reply->pid = *room;
    *ret_pidfd = pidfd_open(*room, 0);
    if (*ret_pidfd >= 0)
        return 0;
    failed = errno;
    kill(*room, SIGKILL);
    return failed;
}

static void
answer(Starter *starter, const Request *request, int fd)
{
    Reply reply = {.serial = request->serial};
    int pidfd = -1;

    reply.failed = start_worker(starter, fd, &reply, &pidfd);
    /* A service that does not read gets no answer. */
    (void)send_packet(starter->socket, &reply, sizeof(reply), pidfd, MSG_DONTWAIT);
    if (pidfd >= 0)
        close(pidfd);
}

/* FALSE at the end of the service. An error is none: where one for want of memory made us deaf, no
 * worker would be started any more. */
static gboolean
handle_request(Starter *starter)
{
    Request request = {0};
    int fd = -1;
    ssize_t received =
        receive_packet(starter->socket, &request, sizeof(request), &fd, MSG_DONTWAIT);

    if (received == sizeof(request) && request.kind == REQUEST_START)
        answer(starter, &request, fd);
    else if (received == sizeof(request) && request.kind == REQUEST_KILL && request.number > 0 &&
             find_worker(starter, request.number) != NULL)
        kill(request.number, SIGKILL);
    else if (received == sizeof(request) && request.kind == REQUEST_TELL && request.number > 0 &&
             request.number < MUGAI_TIDINGS_COUNT)
        mugai_watch_tell(&starter->watch, (MugaiTidings)request.number);
    if (fd >= 0)
        close(fd);
    return received != 0;
}

/* What it ended with, for us to end with. */
static int
service_status(const Starter *starter, int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    /* Before it had a handler. */
    if (starter->ending && (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT))
        return EXIT_SUCCESS;
    mugai_log(MUGAI_LOG_ERROR, "the service was ended by signal %d%s", WTERMSIG(status),
              WTERMSIG(status) == SIGSYS ? ": a system call that its lock does not allow" : "");
    return EX_SOFTWARE;
}

/* Buries whoever has ended; FALSE if the service has. */
static gboolean
reap(Starter *starter, int *ret_status)
{
    gboolean serving = TRUE;
    int status = 0;

    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        pid_t *worker = find_worker(starter, pid);

        if (worker != NULL)
            *worker = 0;
        if (worker != NULL && WIFSIGNALED(status))
            mugai_log(MUGAI_LOG_ERROR, "worker %d was ended by signal %d", (int)pid,
                      WTERMSIG(status));
        if (pid == starter->service) {
            *ret_status = service_status(starter, status);
            serving = FALSE;
        }
    }
    return serving;
}

/* FALSE once the service has ended. */
static gboolean
handle_signal(Starter *starter, int *ret_status)
{
    struct signalfd_siginfo info;

    if (read(starter->signal_fd, &info, sizeof(info)) != sizeof(info))
        return TRUE;
    if (info.ssi_signo == SIGCHLD)
        return reap(starter, ret_status);
    starter->ending = starter->ending || info.ssi_signo != SIGHUP;
    kill(starter->service, (int)info.ssi_signo);
    return TRUE;
}

/* As long as the service lives; what it ended with. */
static int
run_starter(Starter *starter)
{
    int status = EX_SOFTWARE;
    gboolean serving = TRUE;

    while (serving) {
        int asked = mugai_watch_ask(&starter->watch);
        struct pollfd waits[] = {{.fd = starter->signal_fd, .events = POLLIN},
                                 {.fd = starter->socket, .events = POLLIN},
                                 {.fd = asked, .events = POLLIN}};

        if (poll(waits, G_N_ELEMENTS(waits), mugai_watch_wait(&starter->watch)) < 0)
            continue;
        if (waits[2].revents != 0)
            mugai_watch_hear(&starter->watch);
        /* A service that has closed its end is about to end itself. */
        if (waits[1].revents != 0 && !handle_request(starter))
            starter->socket = -1;
        if (waits[0].revents != 0)
            serving = handle_signal(starter, &status);
    }
    for (gsize i = 0; i < WORKERS_MAX; i++) {
        if (starter->workers[i] == 0)
            continue;
        kill(starter->workers[i], SIGKILL);
        (void)TEMP_FAILURE_RETRY(waitpid(starter->workers[i], NULL, 0));
    }
    return status;
}

/* --- the service's end --- */

/* The answer to the question @serial; one that came too late for its own question is passed over.
 */
static gboolean
receive_reply(const Client *client, Reply *reply, int *ret_pidfd)
{
    for (;;) {
        ssize_t received = receive_packet(client->socket, reply, sizeof(*reply), ret_pidfd, 0);

        if (received == sizeof(*reply) && reply->serial == client->serial)
            return TRUE;
        if (*ret_pidfd >= 0)
            close(*ret_pidfd);
        if (received <= 0) {
            errno = received == 0 ? EPIPE : errno;
            return FALSE;
        }
    }
}

static int
ask_start(MugaiLauncher *launcher, int fd, pid_t *ret_pid, GError **error)
{
    Client *client = (Client *)launcher;
    Reply reply = {0};
    int pidfd = -1;
    gboolean answered = FALSE;

    g_mutex_lock(&client->lock);
    client->serial++;
    answered =
        send_packet(client->socket, &(Request){.kind = REQUEST_START, .serial = client->serial},
                    sizeof(Request), fd, 0) &&
        receive_reply(client, &reply, &pidfd);
    if (!answered)
        reply.failed = errno;
    else if (reply.failed == 0 && pidfd < 0)
        reply.failed = EMFILE; /* there was no room here for what came with the answer */
    g_mutex_unlock(&client->lock);
    if (reply.failed == 0) {
        *ret_pid = reply.pid;
        return pidfd;
    }
    mugai_error_set_errno(error, reply.failed, MUGAI_ERROR_SYSTEM,
                          answered ? "worker: cannot be started" : "worker: the starter is silent");
    return -1;
}

static void
ask_kill(MugaiLauncher *launcher, pid_t pid)
{
    const Client *client = (Client *)launcher;

    (void)send_packet(client->socket, &(Request){.kind = REQUEST_KILL, .number = pid},
                      sizeof(Request), -1, 0);
}

void
mugai_starter_tell(MugaiLauncher *launcher, MugaiTidings tidings)
{
    const Client *client = (Client *)launcher;

    (void)send_packet(client->socket, &(Request){.kind = REQUEST_TELL, .number = tidings},
                      sizeof(Request), -1, 0);
}

static MugaiLauncher *
client_new(int socket)
{
    struct timeval patience = {.tv_sec = MUGAI_LIMIT_WORKER_START_SECONDS};
    Client *client = g_new0(Client, 1);

    client->launcher = (MugaiLauncher){.start = ask_start, .kill = ask_kill};
    g_mutex_init(&client->lock);
    client->socket = socket;
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return &client->launcher;
}

void
mugai_starter_free(MugaiLauncher *launcher)
{
    Client *client = (Client *)launcher;

    close(client->socket);
    g_mutex_clear(&client->lock);
    g_free(client);
}

/* --- the split --- */

static MugaiUser *
find_user(const char *name, const char *key, GError **error)
{
    g_autoptr(GError) why = NULL;
    MugaiUser *user = mugai_user_find(name, &why);

    if (user == NULL)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                    "%s user: %s: run \"adduser --system --group --no-create-home %s\", or write "
                    "another user into the configuration",
                    key, why->message, name);
    return user;
}

/* Two users where they can be become; TRUE with NULL where they cannot. */
static gboolean
find_users(const MugaiConfig *config, MugaiUser **ret_milter, MugaiUser **ret_worker,
           GError **error)
{
    g_autoptr(MugaiUser) milter = NULL;
    g_autoptr(MugaiUser) worker = NULL;

    if (!mugai_sandbox_can_become())
        return TRUE;
    milter = find_user(config->milter_user, "[milter]", error);
    worker = milter != NULL ? find_user(config->worker_user, "[worker]", error) : NULL;
    if (worker == NULL)
        return FALSE;
    if (milter->uid == worker->uid) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                    "[worker] user: %s is [milter] user too: what reads hostile mail needs a user "
                    "of its own",
                    worker->name);
        return FALSE;
    }
    *ret_milter = g_steal_pointer(&milter);
    *ret_worker = g_steal_pointer(&worker);
    return TRUE;
}

static int
open_signals(const sigset_t *signals)
{
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static MugaiLauncher *
become_service(const MugaiUser *user, int socket, pid_t starter, sigset_t *mask, GError **error)
{
    /* Until it has a handler a reload would be its end. */
    sigaddset(mask, SIGHUP);
    /* The kernel forgets the wish to die when the user changes, so the user comes first. */
    if (!mugai_sandbox_become(user, MUGAI_GROUPS_OWN, error))
        return NULL;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != starter ||
        sigprocmask(SIG_SETMASK, mask, NULL) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the service has no starter");
        return NULL;
    }
    return client_new(socket);
}

static void G_GNUC_NORETURN
become_starter(Starter *starter)
{
    g_autoptr(GError) error = NULL;

    /* The log may lose its reader. */
    signal(SIGPIPE, SIG_IGN);
    if (!mugai_sandbox_keep_starting(&error)) {
        mugai_log(MUGAI_LOG_ERROR, "%s", error->message);
        kill(starter->service, SIGKILL);
    }
    exit(run_starter(starter));
}

MugaiLauncher *
mugai_starter_split(const MugaiConfig *config, const MugaiManager *manager, const int *service_fds,
                    gsize n_service_fds, GError **error)
{
    g_autoptr(MugaiUser) milter = NULL;
    g_autoptr(MugaiUser) worker = NULL;
    g_autofree char *program = mugai_worker_find(config, error);
    Starter starter = {.program = program,
                       .socket = -1,
                       .watch = {.manager = *manager, .socket_name = config->socket, .fd = -1}};
    pid_t self = getpid();
    sigset_t signals;
    sigset_t before;
    int ends[2] = {-1, -1};

    if (program == NULL || !find_users(config, &milter, &worker, error))
        return NULL;
    starter.user = worker != NULL ? worker->name : NULL;
    starter.watch.user = milter != NULL ? milter->uid : geteuid();
    sigemptyset(&signals);
    for (gsize i = 0; i < 4; i++)
        sigaddset(&signals, (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP}[i]);
    /* Blocked before there are two, so that none is lost in between. */
    sigprocmask(SIG_BLOCK, &signals, &before);
    starter.signal_fd = open_signals(&signals);
    if (starter.signal_fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 ||
        (starter.service = fork()) < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot become two processes");
        return NULL;
    }
    close(ends[starter.service == 0 ? 0 : 1]);
    starter.socket = ends[0];
    if (starter.service == 0) {
        close(starter.signal_fd);
        return become_service(milter, ends[1], self, &before, error);
    }
    for (gsize i = 0; i < n_service_fds; i++) {
        if (service_fds[i] >= 0)
            close(service_fds[i]);
    }
    become_starter(&starter);
}
