/*
 * cmd_sanitize.c - one message in, one message of the output profile out: the same worker and guard
 * as in mugaid, but no store and no daemon
 *
 * Exit: 0 for any input whatever; what cannot be read, or cannot be made anything of, ends as the
 * notice alone.
 */
#include "cli.h"

#include <sysexits.h>

typedef struct {
    char *report, *id, *received, *output;
} SanitizeOptions;

static void
sanitize_options_clear(SanitizeOptions *options)
{
    g_free(options->report);
    g_free(options->id);
    g_free(options->received);
    g_free(options->output);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SanitizeOptions, sanitize_options_clear)

/* The id typed, or a new one. */
static gboolean
choose_id(const char *typed, MugaiTime received, MugaiId *ret_id, GError **error)
{
    if (typed != NULL)
        return mugai_id_parse(typed, ret_id, error);
    mugai_id_new(received.seconds, ret_id);
    return TRUE;
}

static gboolean
write_output(const MugaiApproved *approved, GError **error)
{
    gsize length = 0;
    const char *octets = mugai_approved_octets(approved, &length);

    if (mugai_approved_failure(approved) != NULL) {
        g_autofree char *why = mugai_cli_say(mugai_approved_failure(approved));

        mugai_cli_complain(_("only the notice could be made: %s"), why);
    }
    return mugai_cli_write(STDOUT_FILENO, octets, length) ||
           mugai_cli_fail(error, EX_IOERR, "%s", _("standard output"));
}

static gboolean
sanitize_one(const MugaiConfig *config, const char *path, const SanitizeOptions *options,
             MugaiTime received, GError **error)
{
    g_auto(MugaiFd) original = -1;
    g_autoptr(MugaiApproved) approved = NULL;
    MugaiId id = {0};

    if (!choose_id(options->id, received, &id, error))
        return FALSE;
    original = mugai_cli_open_input(path, error);
    if (original < 0)
        return FALSE;
    approved = mugai_cli_sanitize(config, original, &id, received, NULL, error);
    if (approved == NULL || !write_output(approved, error))
        return FALSE;
    return options->report == NULL ||
           mugai_cli_write_report(options->report, approved, original, &id, received, error);
}

static int
sanitize_many(const MugaiConfig *config, const GStrv paths, const SanitizeOptions *options,
              MugaiTime received, GError **error)
{
    MugaiMany many = {
        .output = options->output,
        .reports = options->report,
        .received = received,
        .config = config,
        .paths = paths,
    };

    return mugai_cli_sanitize_many(&many, error);
}

static gboolean
check_usage(const MugaiCommon *common, const SanitizeOptions *options, GError **error)
{
    guint paths = g_strv_length(common->arguments);

    if (g_strcmp0(options->report, "-") == 0)
        return mugai_cli_misuse(error,
                                _("--report takes a file; standard output is for the message"));
    if (options->output == NULL && paths > 1)
        return mugai_cli_misuse(error, _("one message at a time, or --output DIR"));
    if (options->output != NULL && paths == 0)
        return mugai_cli_misuse(error, _("--output DIR wants files or directories"));
    if (options->output != NULL && options->id != NULL)
        return mugai_cli_misuse(error, _("--id is for one message, --output for many"));
    return TRUE;
}

int
cmd_sanitize(int argc, char **argv, GError **error)
{
    g_auto(SanitizeOptions) options = {0};
    const GOptionEntry entries[] = {
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &options.report,
         N_("Write a report as JSON to FILE; with --output, one for each message to the directory "
            "FILE"),
         "FILE"},
        {"id", 0, 0, G_OPTION_ARG_FILENAME, &options.id, N_("Use this id, not a new one"), "ID"},
        {"received", 0, 0, G_OPTION_ARG_FILENAME, &options.received,
         N_("2026-11-20T10:00:00+09:00 or @UNIXSECONDS (default: now)"), "TIME"},
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &options.output,
         N_("Many: files, Maildirs, folders, mbox files; to files of the same relative names in "
            "DIR"),
         "DIR"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    MugaiTime received = {0};
    const char *path = NULL;

    if (!mugai_cli_parse(&common, entries, "[FILE]",
                         N_("Sanitizes a message from FILE or standard input to standard output.\n"
                            "Needs no store, no daemon and no configuration file."),
                         argc, argv, error) ||
        !check_usage(&common, &options, error) ||
        !mugai_cli_parse_received(options.received, &received, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    if (config == NULL)
        return -1;
    if (options.output != NULL)
        return sanitize_many(config, common.arguments, &options, received, error);
    path = common.arguments[0] != NULL ? common.arguments[0] : "-";
    return sanitize_one(config, path, &options, received, error) ? EX_OK : -1;
}
