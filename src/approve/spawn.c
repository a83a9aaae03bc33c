/*
 * spawn.c - starts mugai-worker as a child of the caller
 *
 * Whose child it is decides who may end it: the kernel lets nobody signal another user's process
 * but root. So `mugaid` has its workers started by its starter (src/milter/starter.c), with the
 * same mugai_worker_spawn() as everybody else.
 *
 * Trust: program and user come from the configuration.
 */
#include "launcher.h"

#include <mugai/error.h>
#include <mugai/sandbox.h>
#include <mugai/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Beside the caller, where it is installed, or else in the build tree. */
char *
mugai_worker_find(const MugaiConfig *config, GError **error)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", error);
    g_autofree char *folder = NULL;
    g_autofree char *installed = NULL;

    if (config->worker_program != NULL)
        return g_strdup(config->worker_program);
    if (self == NULL)
        return NULL;
    folder = g_path_get_dirname(self);
    installed = g_build_filename(folder, MUGAI_LIBEXEC_FROM_BIN, "mugai-worker", NULL);
    if (g_file_test(installed, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer(&installed);
    return g_build_filename(folder, "..", "worker", "mugai-worker", NULL);
}

/* What the new process finds: descriptor 3, nothing beside the standard ones, no signal blocked or
 * ignored, a process group of its own (the interrupt key at mugaid's terminal is not meant for a
 * worker with messages in it). */
int
mugai_worker_spawn(const char *program, const char *user, int fd, pid_t *ret_pid)
{
    char *const arguments[] = {(char *)program, (char *)user, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    int failed = 0;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd, MUGAI_WIRE_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, MUGAI_WIRE_FD + 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    failed = posix_spawn(ret_pid, program, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* --- the launcher of those who have no starter --- */

typedef struct {
    MugaiLauncher launcher;
    char *program;
    char *user; /* NULL: the caller is not root, or the worker is to find somebody itself */
} Direct;

static int
start(MugaiLauncher *launcher, int fd, pid_t *ret_pid, GError **error)
{
    const Direct *direct = (Direct *)launcher;
    int failed = mugai_worker_spawn(direct->program, direct->user, fd, ret_pid);
    int pidfd = -1;

    if (failed != 0) {
        mugai_error_set_errno(error, failed, MUGAI_ERROR_SYSTEM, "worker: cannot start %s",
                              direct->program);
        return -1;
    }
    pidfd = pidfd_open(*ret_pid, 0);
    if (pidfd < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "worker: cannot watch it");
        kill(*ret_pid, SIGKILL);
        waitpid(*ret_pid, NULL, 0);
    }
    return pidfd;
}

static void
end(MugaiLauncher *launcher, pid_t pid)
{
    kill(pid, SIGKILL);
}

MugaiLauncher *
mugai_launcher_new_direct(const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiUser) user = geteuid() == 0 ? mugai_user_find(config->worker_user, NULL) : NULL;
    g_autofree char *program = mugai_worker_find(config, error);
    Direct *direct = NULL;

    if (program == NULL)
        return NULL;
    direct = g_new0(Direct, 1);
    direct->launcher = (MugaiLauncher){.start = start, .kill = end};
    direct->program = g_steal_pointer(&program);
    direct->user = user != NULL ? g_strdup(user->name) : NULL;
    return &direct->launcher;
}

void
mugai_launcher_free_direct(MugaiLauncher *launcher)
{
    Direct *direct = (Direct *)launcher;

    if (direct == NULL)
        return;
    g_free(direct->program);
    g_free(direct->user);
    g_free(direct);
}
