/*
 * cmd_get.c - the original, byte for byte, or one decoded part of it
 *
 * The object is read to the end and its checksum compared before the first octet is given out. A
 * part is cut out by the worker; nothing is parsed here.
 *
 * Invariants: 1. never to a terminal: what is in there could steer it;
 *             2. a file that exists is not overwritten; one that could not be written whole is
 *                removed;
 *             3. it is written down who gets what before the first octet is given out (I9).
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

typedef struct {
    char *part;
    char *output;
    char *reason;
} GetOptions;

static void
get_options_clear(GetOptions *options)
{
    g_free(options->part);
    g_free(options->output);
    g_free(options->reason);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GetOptions, get_options_clear)

/* Puts the decoded part in place of the original in @fd. */
static gboolean
extract_part(const MugaiConfig *config, const char *path, int *fd, GError **error)
{
    g_autoptr(MugaiPool) pool = mugai_pool_new(config, error);
    g_auto(MugaiFd) part = pool != NULL ? mugai_cli_open_unnamed(error) : -1;

    if (part < 0 || !mugai_pool_extract_part(pool, *fd, path, part, error))
        return FALSE;
    close(*fd);
    *fd = g_steal_fd(&part);
    return TRUE;
}

static gboolean
write_file(int from, const char *path, GError **error)
{
    g_auto(MugaiFd) file = mugai_cli_create(path, error);

    if (file < 0)
        return FALSE;
    if (!mugai_cli_copy(from, file, path, error)) {
        unlink(path);
        return FALSE;
    }
    return close(g_steal_fd(&file)) == 0 || mugai_cli_fail(error, EX_IOERR, "%s", path);
}

/* What is to be given out, in a file without a name; -1 with @error. */
static int
fetch(const MugaiConfig *config, const MugaiId *id, const GetOptions *options, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(config, error);
    g_autoptr(MugaiOriginal) original = store != NULL ? mugai_store_read(store, id, error) : NULL;
    g_auto(MugaiFd) octets = original != NULL ? mugai_cli_fetch(original, NULL, NULL, error) : -1;

    if (octets < 0 ||
        (options->part != NULL && !extract_part(config, options->part, &octets, error)))
        return -1;
    return g_steal_fd(&octets);
}

static gboolean
get(const MugaiConfig *config, const MugaiId *id, const GetOptions *options, GError **error)
{
    GError *why = NULL;
    g_auto(MugaiFd) octets = fetch(config, id, options, &why);
    g_autoptr(MugaiRecord) record = mugai_cli_record("get", id);

    record->part = g_strdup(options->part);
    record->reason = g_strdup(options->reason);
    if (!mugai_cli_note(config, record, why, error))
        return FALSE;
    if (options->output != NULL)
        return write_file(octets, options->output, error);
    return mugai_cli_copy(octets, STDOUT_FILENO, "standard output", error);
}

int
cmd_get(int argc, char **argv, GError **error)
{
    g_auto(GetOptions) options = {0};
    const GOptionEntry entries[] = {
        {"part", 0, 0, G_OPTION_ARG_FILENAME, &options.part,
         "Only this part, decoded; show names them", "PATH"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         "Write to FILE, which must not exist", "FILE"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &options.reason, "For the log: why", "TEXT"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    MugaiId id = {0};

    if (!mugai_cli_parse(&common, entries, "ID",
                         "Gives the original out, byte for byte as it was received.", argc, argv,
                         error) ||
        !mugai_cli_read_id(&common, &id, error))
        return -1;
    if (options.output == NULL && isatty(STDOUT_FILENO)) {
        mugai_cli_complain(
            "an original does not go to a terminal, which it could steer: use -o FILE or a pipe");
        return 1;
    }
    config = mugai_cli_load_config(&common, error);
    return config != NULL && get(config, &id, &options, error) ? EX_OK : -1;
}
