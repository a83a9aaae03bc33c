/*
 * cmd_verify.c - is it in the output profile? The guard alone decides; nothing is parsed here
 *
 * Exit: 0 all conform, 1 one does not, EX_NOINPUT one could not be read.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/guard.h>
#include <mugai/text.h>
#include <stdio.h>
#include <sysexits.h>

#define CHUNK_OCTETS (64u * 1024u)
#define NAME_CHARACTERS 4096u

static const char description[] =
    N_("Says of each file, or standard input, that is not in the output profile where and why\n"
       "not: FILE:LINE:COLUMN: reason. Exit status 0 if all are, 1 if one is not.");

/* Feeds the guard until it refuses or the input ends. FALSE with errno set if it cannot be read. */
static gboolean
feed_guard(int fd, MugaiGuard *guard)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK_OCTETS);
    gssize count = 0;

    while ((count = TEMP_FAILURE_RETRY(read(fd, buffer, CHUNK_OCTETS))) > 0) {
        if (!mugai_guard_feed(guard, buffer, (size_t)count))
            return TRUE;
    }
    return count == 0;
}

static void
print_refusal(const char *name, const MugaiGuard *guard)
{
    g_autofree char *quoted = mugai_text_quote(name, NAME_CHARACTERS);
    g_autofree char *why = mugai_cli_say(mugai_guard_rule_text(guard->rule));

    printf(_("%s:%" PRIu64 ":%" PRIu64 ": %s\n"), quoted, (guint64)guard->line,
           (guint64)guard->column, why);
}

/* The exit status for one file. */
static int
verify(const char *path, uint32_t flags)
{
    gboolean standard = g_str_equal(path, "-");
    g_auto(MugaiFd) fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    MugaiGuard guard;

    mugai_guard_init(&guard, flags);
    if (fd < 0 || !feed_guard(fd, &guard)) {
        mugai_cli_complain_of(path, g_strerror(errno));
        return EX_NOINPUT;
    }
    if (mugai_guard_finish(&guard))
        return EX_OK;
    print_refusal(path, &guard);
    return 1;
}

int
cmd_verify(int argc, char **argv, GError **error)
{
    gboolean inert_links = FALSE;
    const GOptionEntry entries[] = {
        {"inert-links", 0, 0, G_OPTION_ARG_NONE, &inert_links,
         N_("Refuse links that a mail program would make clickable"), NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    guint32 flags = MUGAI_GUARD_RELAYED; /* what arrived has been through relays */
    int status = EX_OK;

    if (!mugai_cli_parse(&common, entries, "[FILE...]", description, argc, argv, error))
        return -1;
    if (inert_links)
        flags |= MUGAI_GUARD_INERT_LINKS;
    if (common.arguments[0] == NULL)
        return verify("-", flags);
    for (char **path = common.arguments; *path != NULL; path++) {
        int verdict = verify(*path, flags);

        status = MAX(status, verdict);
    }
    return status;
}
