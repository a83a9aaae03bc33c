/*
 * hostile_sanitize.c - stands in the place of the sanitizer in a mugai-worker made for tests, and
 * does what the message tells it to do: what a parser that a message has taken over could do
 *
 * A message begins with one word: ok, slow, hang, stop, spin, crash, memory, file, other, sealed,
 * quiet, or anything else for a conforming message whose report has the process number as its
 * subject and the number of open descriptors as its sender.
 */
#include <mugai/compose.h>
#include <mugai/error.h>
#include <mugai/profile.h>
#include <mugai/sanitize.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOW_MILLISECONDS 300
/* More than any process here has. */
#define DESCRIPTORS 1024

void
mugai_sanitize_rehearse(void)
{
}

gboolean
mugai_sanitize_warm_up(GError **error)
{
    return TRUE;
}

void
mugai_result_free(MugaiResult *result)
{
    g_bytes_unref(result->candidate);
    mugai_report_free(result->report);
    g_free(result);
}

static void
hang(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (;;)
        poll(NULL, 0, -1); /* pause() would end it: the lock has no such call */
}

static void
spin(void)
{
    for (volatile guint turns = 0;; turns++)
        ;
}

static void
take_memory(void)
{
    for (;;)
        memset(g_malloc(1024 * 1024), 1, 1024 * 1024);
}

static void
write_file(void)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    if (write(fd, "octet", 5) < 0)
        abort();
}

static void
stop(void)
{
    raise(SIGSTOP);
}

static void
wait_a_little(void)
{
    poll(NULL, 0, SLOW_MILLISECONDS);
}

static const struct {
    const char *word;
    void (*run)(void);
} commands[] = {
    {"slow", wait_a_little}, {"hang", hang},          {"stop", stop},       {"spin", spin},
    {"crash", abort},        {"memory", take_memory}, {"file", write_file},
};

static void
obey(const char *message)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_has_prefix(message, commands[i].word))
            commands[i].run();
    }
    if (g_str_has_prefix(message, "quiet"))
        _exit(EXIT_SUCCESS);
}

static guint
count_descriptors(void)
{
    guint count = 0;

    /* The lock leaves no call that would ask, but one that must be given an open one. */
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
    return count;
}

/* @candidate with a seal of the right form; takes it. */
static char *
with_seal(char *candidate, gsize *length)
{
    g_autofree char *signature = g_strnfill(MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS - 2, 'A');
    g_autofree char *seal = g_strdup_printf(
        "\r\nMugai-Seal: version=1; key=0123456789abcdef; time=1; signature=%s==\r\n\r\n",
        signature);
    g_auto(GStrv) parts = g_strsplit(candidate, "\r\n\r\n", 2);

    g_free(candidate);
    candidate = g_strjoinv(seal, parts);
    *length = strlen(candidate);
    return candidate;
}

MugaiResult *
mugai_sanitize_fd(int fd, const MugaiSettings *settings, const MugaiId *id, MugaiTime received)
{
    MugaiResult *result = g_new0(MugaiResult, 1);
    const MugaiId other = {"20200101-00000-00000"};
    char message[64] = "";
    gsize length = 0;
    char *candidate = NULL;

    if (read(fd, message, sizeof(message) - 1) <= 0)
        abort();
    obey(message);
    candidate =
        mugai_compose_notice_only(settings, g_str_has_prefix(message, "other") ? &other : id,
                                  received, &length);
    if (g_str_has_prefix(message, "sealed"))
        candidate = with_seal(candidate, &length);
    result->candidate = g_bytes_new_take(candidate, length);
    result->report = mugai_report_new();
    g_free(result->report->subject);
    result->report->subject = g_strdup_printf("%d", (int)getpid());
    g_free(result->report->from);
    result->report->from = g_strdup_printf("%u", count_descriptors());
    return result;
}

gboolean
mugai_sanitize_extract_part(int fd, const char *path, const MugaiSettings *settings, int out_fd,
                            GError **error)
{
    if (strcmp(path, "1") == 0)
        return write(out_fd, "part one", 8) == 8;
    if (strcmp(path, "2") == 0)
        return TRUE;
    if (strcmp(path, "hang") == 0)
        hang();
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "no such part");
    return FALSE;
}
