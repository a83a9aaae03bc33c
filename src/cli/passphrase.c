/*
 * passphrase.c - asks for the passphrase of a private key: on the terminal, or in a file
 *
 * Invariants: 1. the terminal shows nothing of it and echoes again afterwards, whatever signal
 * comes;
 *             2. the buffers it went through are wiped.
 * Limits: a file with a passphrase is as secret as whoever may read it.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>

/* With its line end; a longer one is a mistake. */
#define LINE_OCTETS 1024u

void
mugai_cli_passphrase_free(char *passphrase)
{
    if (passphrase == NULL)
        return;
    explicit_bzero(passphrase, strlen(passphrase));
    g_free(passphrase);
}

/* The first line of what @fd gives, NULL with errno, or with 0 where there is none, it is empty or
 * too long. */
static char *
read_line(int fd)
{
    char line[LINE_OCTETS] = "";
    gsize length = 0;
    ssize_t got = 0;
    char *passphrase = NULL;

    while (length < sizeof(line) - 1 && strchr(line, '\n') == NULL &&
           (got = TEMP_FAILURE_RETRY(read(fd, line + length, sizeof(line) - 1 - length))) > 0)
        length += (gsize)got;
    if (got >= 0) {
        gsize end = strcspn(line, "\r\n");

        errno = 0;
        if (end > 0 && end < sizeof(line) - 1)
            passphrase = g_strndup(line, end);
    }
    explicit_bzero(line, sizeof(line));
    return passphrase;
}

static gboolean
refuse(GError **error, const char *from)
{
    if (errno != 0)
        return mugai_cli_fail(error, EX_NOINPUT, "%s", from);
    return mugai_cli_misuse(error, _("%s: a passphrase of 1 to %u octets is wanted in one line"),
                            from, LINE_OCTETS - 2);
}

/* --- on the terminal --- */

/* A line that is not shown; the signals that would leave the terminal mute wait meanwhile. */
static char *
read_hidden(int terminal, const char *prompt)
{
    struct termios shown;
    struct termios hidden;
    sigset_t waiting;
    sigset_t before;
    char *passphrase = NULL;

    if (tcgetattr(terminal, &shown) != 0)
        return NULL;
    hidden = shown;
    hidden.c_lflag = (hidden.c_lflag & ~(tcflag_t)ECHO) | ECHONL | ICANON;
    sigemptyset(&waiting);
    for (gsize i = 0; i < 5; i++)
        sigaddset(&waiting, (const int[]){SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP}[i]);
    sigprocmask(SIG_BLOCK, &waiting, &before);
    if (tcsetattr(terminal, TCSAFLUSH, &hidden) == 0) {
        dprintf(terminal, "%s", prompt);
        passphrase = read_line(terminal);
        (void)tcsetattr(terminal, TCSAFLUSH, &shown);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return passphrase;
}

/* The same words once more, or FALSE with @error. */
static gboolean
confirm(int terminal, const char *passphrase, GError **error)
{
    char *again = read_hidden(terminal, _("Once more: "));
    gboolean same = again != NULL && g_str_equal(again, passphrase);

    mugai_cli_passphrase_free(again);
    return same || mugai_cli_misuse(error, _("the two passphrases are not the same"));
}

static char *
ask(gboolean twice, GError **error)
{
    g_auto(MugaiFd) terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    char *passphrase = NULL;

    if (terminal < 0) {
        mugai_cli_misuse(error, _("there is no terminal to ask for the passphrase: use "
                                  "--passphrase-file FILE"));
        return NULL;
    }
    passphrase = read_hidden(terminal, _("Passphrase of the private key: "));
    if (passphrase == NULL) {
        refuse(error, _("the terminal"));
        return NULL;
    }
    if (twice && !confirm(terminal, passphrase, error)) {
        mugai_cli_passphrase_free(passphrase);
        return NULL;
    }
    return passphrase;
}

char *
mugai_cli_passphrase(const char *path, gboolean twice, GError **error)
{
    g_auto(MugaiFd) file = -1;
    char *passphrase = NULL;

    if (path == NULL)
        return ask(twice, error);
    file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file >= 0)
        passphrase = read_line(file);
    if (passphrase == NULL)
        refuse(error, path);
    return passphrase;
}
