/*
 * doctor_user.c - tries something with the rights of another user, in a process of its own
 *
 * Root may read and connect to anything, so what root succeeds in says nothing of those who do the
 * work: Postfix, and mugaid.
 *
 * Errors: those of what is tried, with their code; SYSTEM if it cannot be tried.
 */
#include "doctor.h"

#include "cli.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_OCTETS_MAX 2000u

/* The exit status: 0, or the code of the error and 1. */
static void G_GNUC_NORETURN
try_and_exit(int fd, const MugaiUser *user, MugaiDoctorAttempt attempt, gconstpointer data)
{
    GError *error = NULL;
    char *text = NULL;
    gboolean done =
        mugai_sandbox_become(user, MUGAI_GROUPS_OWN, &error) && attempt(data, &text, &error);
    const char *said = done ? text : error->message;

    (void)mugai_cli_write(fd, said, MIN(strlen(said), SAID_OCTETS_MAX));
    _exit(done ? 0 : 1 + error->code);
}

static char *
read_all(int fd)
{
    char said[SAID_OCTETS_MAX + 1] = "";
    gsize length = 0;
    ssize_t got = 0;

    while ((got = TEMP_FAILURE_RETRY(read(fd, said + length, SAID_OCTETS_MAX - length))) > 0)
        length += (gsize)got;
    return g_strndup(said, length);
}

/* Waits for the child @pid, which has said @said. */
static gboolean
take_outcome(pid_t pid, char *said, char **ret_text, GError **error)
{
    int status = 0;

    if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid && WIFEXITED(status)) {
        if (WEXITSTATUS(status) == 0) {
            *ret_text = said;
            return TRUE;
        }
        g_set_error_literal(error, MUGAI_ERROR, WEXITSTATUS(status) - 1, said);
    } else
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "process %d ended before it was done",
                    pid);
    g_free(said);
    return FALSE;
}

gboolean
mugai_doctor_try_as(const MugaiUser *user, MugaiDoctorAttempt attempt, gconstpointer data,
                    char **ret_text, GError **error)
{
    int ends[2] = {-1, -1};
    pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    int saved_errno = errno;
    g_auto(MugaiFd) hearing = ends[0];
    g_auto(MugaiFd) saying = ends[1];

    if (pid < 0) {
        mugai_error_set_errno(error, saved_errno, MUGAI_ERROR_SYSTEM, "cannot start a process");
        return FALSE;
    }
    if (pid == 0)
        try_and_exit(saying, user, attempt, data);
    close(mugai_fd_steal(&saying));
    return take_outcome(pid, read_all(hearing), ret_text, error);
}
