/*
 * cmd_digest.c - mail the administrators what became of yesterday's mail
 *
 * Run by a timer and by hand, as the store's owner or root: it opens the store itself.
 *
 * Exit: 0; 1 if this digest was sent, or perhaps sent, before; EX_TEMPFAIL if the server could not
 * take it and a later try may help; EX_UNAVAILABLE if some recipients were refused.
 */
#include "cli.h"

#include <mugai/daily.h>
#include <stdio.h>
#include <sysexits.h>

typedef struct {
    char *since, *until;
    gboolean dry_run, again, json;
} DigestOptions;

static void
digest_options_clear(DigestOptions *options)
{
    g_free(options->since);
    g_free(options->until);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DigestOptions, digest_options_clear)

static gboolean
read_period(const DigestOptions *options, gint64 *ret_since, gint64 *ret_until, GError **error)
{
    const char *since = options->since != NULL ? options->since : "yesterday";
    const char *until = options->until != NULL ? options->until : "today";

    if (!mugai_cli_parse_moment(since, ret_since, error) ||
        !mugai_cli_parse_moment(until, ret_until, error))
        return FALSE;
    return *ret_since < *ret_until ||
           mugai_cli_misuse(error, "--since %s is not before --until %s", since, until);
}

static void
print_json(const MugaiDailyCounts *counts, gint64 since, gint64 until, gboolean sent)
{
    g_autofree char *from = mugai_cli_time(since);
    g_autofree char *to = mugai_cli_time(until);

    printf("{\"since\":\"%s\",\"until\":\"%s\",\"sent\":%s", from, to, sent ? "true" : "false");
    printf(",\"messages\":%" G_GUINT64_FORMAT ",\"passed\":%" G_GUINT64_FORMAT
           ",\"notice_only\":%" G_GUINT64_FORMAT ",\"kept\":%" G_GUINT64_FORMAT,
           counts->messages, counts->passed, counts->notice_only, counts->kept);
    printf(",\"removed\":%" G_GUINT64_FORMAT ",\"unreadable\":%" G_GUINT64_FORMAT
           ",\"noteworthy\":%" G_GUINT64_FORMAT,
           counts->removed, counts->unreadable, counts->noteworthy);
    printf(",\"held\":%" G_GUINT64_FORMAT ",\"damaged\":%" G_GUINT64_FORMAT
           ",\"expiring\":%" G_GUINT64_FORMAT "}\n",
           counts->held, counts->damaged, counts->expiring);
}

/* What nobody has now, a later try may bring; what was sent already, none may. */
static gboolean
send_digest(const MugaiDaily *daily, const MugaiConfig *config, const DigestOptions *options,
            GPtrArray *words, int *ret_status, GError **error)
{
    g_autofree char *refused = NULL;
    g_autoptr(GError) why = NULL;

    if (mugai_daily_send(daily, config, options->again, words, &refused, &why)) {
        if (refused != NULL)
            mugai_cli_complain("not sent to all: %s", refused);
        *ret_status = refused != NULL ? EX_UNAVAILABLE : EX_OK;
        return TRUE;
    }
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_SYSTEM))
        g_set_error_literal(error, MUGAI_CLI_ERROR, EX_TEMPFAIL, why->message);
    else if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_EXISTS))
        g_set_error_literal(error, MUGAI_CLI_ERROR, 1, why->message);
    else
        g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static int
tell_or_send(const MugaiDaily *daily, const MugaiConfig *config, const DigestOptions *options,
             GPtrArray *words, GError **error)
{
    int status = EX_OK;

    if (options->dry_run && !options->json) {
        g_autofree char *text = mugai_daily_text(daily);

        fputs(text, stdout);
    }
    if (!options->dry_run && !send_digest(daily, config, options, words, &status, error))
        return -1;
    return status;
}

static int
run(const MugaiCommon *common, const DigestOptions *options, gint64 since, gint64 until,
    GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_cli_load_whole_config(common, error);
    g_autoptr(MugaiStore) store = config != NULL ? mugai_store_open(config, error) : NULL;
    g_autoptr(MugaiIndex) index = store != NULL ? mugai_index_open(store, FALSE, error) : NULL;
    g_autoptr(MugaiDaily) daily = NULL;
    MugaiDailyCounts counts;
    int status = -1;

    if (index == NULL || !mugai_daily_note_look(config, since, until, common->words, error))
        return -1;
    daily =
        mugai_daily_collect(index, config, since, until, g_get_real_time() / G_USEC_PER_SEC, error);
    if (daily == NULL)
        return -1;
    status = tell_or_send(daily, config, options, common->words, error);
    counts = mugai_daily_counts(daily);
    if (status >= 0 && options->json)
        print_json(&counts, since, until, !options->dry_run);
    return status;
}

int
cmd_digest(int argc, char **argv, GError **error)
{
    g_auto(DigestOptions) options = {0};
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since,
         "Received then or later; default: yesterday", "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, "Received before; default: today",
         "TIME"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, "Show the text and send nothing",
         NULL},
        {"again", 0, 0, G_OPTION_ARG_NONE, &options.again, "Also if it was sent before", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print the counts as one JSON object",
         NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    gint64 since = 0;
    gint64 until = 0;

    if (!mugai_cli_parse(&common, entries, "",
                         "Mails the administrators what was removed yesterday, once: to [digest] "
                         "to, by [digest] server.",
                         argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, "digest takes options only, not \"%s\"", common.arguments[0]);
        return -1;
    }
    return read_period(&options, &since, &until, error)
               ? run(&common, &options, since, until, error)
               : -1;
}
