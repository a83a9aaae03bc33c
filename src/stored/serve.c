/*
 * serve.c - connections: a process for each
 *
 * Nobody waits for anybody, nothing of one request is left in memory for the next, and what one
 * does to its process it does to itself.
 *
 * Invariants: 1. processes are bounded, all and those of one user (limits.h): who asks more often
 * is told so, others wait in the kernel's queue;
 *             2. what is under way when it is to end is finished, for END_SECONDS at most.
 */
#include "serve.h"

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>

#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* A release may take this long; systemd's own limit is 90. */
#define END_SECONDS 80u

typedef struct {
    const MugaiServe *serve;
    int signals;
    GHashTable *users; /* pid -> uid of a process under way */
    gboolean ending;
} Server;

static guint
count_of(const Server *server, uid_t uid)
{
    GHashTableIter iter;
    gpointer value = NULL;
    guint count = 0;

    g_hash_table_iter_init(&iter, server->users);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        count += GPOINTER_TO_UINT(value) == uid;
    return count;
}

static G_NORETURN void
become_child(const Server *server, int fd)
{
    sigset_t none;

    close(server->signals);
    close(server->serve->listener);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    _exit(mugai_serve_request(fd, server->serve->config_file));
}

static void
start(Server *server, int fd, uid_t uid)
{
    pid_t pid = fork();

    if (pid == 0)
        become_child(server, fd);
    if (pid > 0)
        g_hash_table_insert(server->users, GINT_TO_POINTER(pid), GUINT_TO_POINTER(uid));
    else
        mugai_serve_refuse(fd, EX_TEMPFAIL, "mugai-stored: no room for another process");
}

static void
accept_one(Server *server)
{
    int fd = accept4(server->serve->listener, NULL, NULL, SOCK_CLOEXEC);
    uid_t uid = 0;

    if (fd < 0)
        return; /* gone again, or another process took it */
    if (!mugai_peer_read_user(fd, &uid))
        mugai_log(MUGAI_LOG_ERROR, "the kernel does not say who asks: %s", g_strerror(errno));
    else if (count_of(server, uid) >= MUGAI_LIMIT_STORED_USER_PROCESSES)
        mugai_serve_refuse(fd, EX_TEMPFAIL,
                           "mugai-stored: too much at once for one user, try again later");
    else
        start(server, fd, uid);
    close(fd);
}

static void
reap(Server *server)
{
    int status = 0;
    pid_t pid = 0;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (WIFSIGNALED(status))
            mugai_log(MUGAI_LOG_ERROR, "process %d for uid %u was ended by signal %d", pid,
                      GPOINTER_TO_UINT(g_hash_table_lookup(server->users, GINT_TO_POINTER(pid))),
                      WTERMSIG(status));
        g_hash_table_remove(server->users, GINT_TO_POINTER(pid));
    }
}

static void
read_signals(Server *server)
{
    struct signalfd_siginfo signal;

    while (read(server->signals, &signal, sizeof(signal)) == sizeof(signal)) {
        if (signal.ssi_signo == SIGCHLD)
            reap(server);
        else
            server->ending = TRUE;
    }
}

/* Milliseconds to wait for something to happen; -1: for ever. */
static int
waiting_time(const Server *server)
{
    gboolean busy = g_hash_table_size(server->users) > 0;

    return busy || server->serve->idle_seconds == 0 ? -1 : (int)server->serve->idle_seconds * 1000;
}

static void
loop(Server *server)
{
    struct pollfd waits[] = {{.fd = server->signals, .events = POLLIN},
                             {.fd = server->serve->listener, .events = POLLIN}};

    while (!server->ending) {
        gboolean room = g_hash_table_size(server->users) < MUGAI_LIMIT_STORED_PROCESSES;
        int ready = poll(waits, room ? 2 : 1, waiting_time(server));

        if (ready == 0)
            return; /* idle; what comes now starts another one */
        if (ready < 0)
            continue;
        if ((waits[0].revents & POLLIN) != 0)
            read_signals(server);
        if (room && !server->ending && (waits[1].revents & POLLIN) != 0)
            accept_one(server);
    }
}

static void
finish(Server *server)
{
    gint64 until = g_get_monotonic_time() + END_SECONDS * G_USEC_PER_SEC;
    struct pollfd wait = {.fd = server->signals, .events = POLLIN};

    while (g_hash_table_size(server->users) > 0) {
        gint64 left = until - g_get_monotonic_time();

        if (left <= 0 || (poll(&wait, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR))
            return;
        read_signals(server);
    }
}

/* Signals are read, not caught. -1 with @error. */
static int
open_signals(GError **error)
{
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT};
    sigset_t set;
    int fd = -1;

    sigemptyset(&set);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        sigaddset(&set, numbers[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* each request reads the configuration */
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "signals");
    return fd;
}

gboolean
mugai_serve(const MugaiServe *serve, GError **error)
{
    g_autoptr(GHashTable) users = g_hash_table_new(NULL, NULL);
    Server server = {.serve = serve, .users = users, .signals = open_signals(error)};

    if (server.signals < 0)
        return FALSE;
    /* Who connected may be gone again when he is taken. */
    (void)fcntl(serve->listener, F_SETFL, O_NONBLOCK);
    loop(&server);
    finish(&server);
    close(server.signals);
    return TRUE;
}
