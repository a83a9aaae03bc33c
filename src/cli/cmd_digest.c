/*
 * cmd_digest.c - mail the administrators what became of yesterday's mail
 *
 * Run by a timer and by hand, as the store's owner or root: it opens the store itself. Without a
 * time it sends one digest for each day that is due, so that no day is lost when the host was off.
 *
 * Exit: the highest of 0; 1 if a digest was sent, or perhaps sent, before; EX_UNAVAILABLE if the
 * server refused recipients for good; EX_SOFTWARE if the guard refused one; EX_TEMPFAIL if a later
 * try may help: for the server, and for an index that is missing, damaged or behind, which mugaid
 * mends. But EX_UNAVAILABLE above all where no administrator's address was taken: a later try would
 * ask for that again, too.
 */
#include "cli.h"

#include <mugai/daily.h>
#include <stdio.h>
#include <sysexits.h>

/* Higher than any exit status. */
#define NOBODY_TOOK_IT 256

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
read_period(const DigestOptions *options, MugaiPeriod *period, GError **error)
{
    const char *since = options->since != NULL ? options->since : "yesterday";
    const char *until = options->until != NULL ? options->until : "today";

    if (!mugai_cli_parse_moment(since, &period->since, error) ||
        !mugai_cli_parse_moment(until, &period->until, error))
        return FALSE;
    return period->since < period->until ||
           mugai_cli_misuse(error, _("--since %s is not before --until %s"), since, until);
}

/* As --since takes it, newly allocated. */
static char *
write_moment(gint64 seconds)
{
    g_autoptr(GDateTime) local = g_date_time_new_from_unix_local(seconds);

    return g_date_time_format(local, "%Y-%m-%d %H:%M");
}

static void
complain_lost(const MugaiPeriod *lost)
{
    g_autofree char *since = write_moment(lost->since);
    g_autofree char *until = write_moment(lost->until);

    mugai_cli_complain(
        _("no digest was sent of the time from %s to %s, and only the last %u days are "
          "made up for: mugai digest --since '%s' --until '%s' sends one"),
        since, until, MUGAI_DAILY_DAYS_MAX, since, until);
}

/* @asked, or all that is due. */
static GArray *
find_periods(const MugaiPeriod *asked, const MugaiConfig *config, gint64 now, GError **error)
{
    MugaiPeriod lost = {0};
    GArray *periods = NULL;

    if (asked != NULL) {
        periods = g_array_new(FALSE, FALSE, sizeof *asked);
        return g_array_append_vals(periods, asked, 1);
    }
    periods = mugai_daily_due(config, now, &lost, error);
    if (lost.until > lost.since)
        complain_lost(&lost);
    return periods;
}

static void
print_json(const MugaiDailyCounts *counts, const MugaiPeriod *period, gboolean sent,
           const MugaiDailyReaders *readers)
{
    g_autofree char *from = mugai_cli_time(period->since);
    g_autofree char *to = mugai_cli_time(period->until);

    printf("{\"since\":\"%s\",\"until\":\"%s\",\"sent\":%s", from, to, sent ? "true" : "false");
    printf(",\"messages\":%" G_GUINT64_FORMAT ",\"passed\":%" G_GUINT64_FORMAT
           ",\"notice_only\":%" G_GUINT64_FORMAT ",\"kept\":%" G_GUINT64_FORMAT,
           counts->messages, counts->passed, counts->notice_only, counts->kept);
    printf(",\"removed\":%" G_GUINT64_FORMAT ",\"unreadable\":%" G_GUINT64_FORMAT
           ",\"noteworthy\":%" G_GUINT64_FORMAT ",\"missing\":%" G_GUINT64_FORMAT,
           counts->removed, counts->unreadable, counts->noteworthy, counts->missing);
    printf(",\"held\":%" G_GUINT64_FORMAT ",\"damaged\":%" G_GUINT64_FORMAT
           ",\"expiring\":%" G_GUINT64_FORMAT ",\"recipients\":%" G_GUINT64_FORMAT "}\n",
           counts->held, counts->damaged, counts->expiring, readers->sent);
}

/* --- one digest --- */

#define NOT_YET                                                                                    \
    "%" PRIu64 " originals of that time are not in the index yet: mugaid adds them, "              \
    "mugai fsck --repair does at once"

typedef struct {
    const DigestOptions *options;
    const MugaiConfig *config;
    MugaiStore *store;
    GPtrArray *words;
    gint64 now;
} Job;

/* What mugaid or fsck mends is for a later try; the index is a cache. */
static MugaiDaily *
collect(const Job *job, const MugaiPeriod *period, MugaiIndex **ret_index, GError **error)
{
    g_autoptr(GError) why = NULL;
    MugaiIndex *index = *ret_index = mugai_index_open(job->store, FALSE, &why);
    MugaiDaily *daily = NULL;

    if (index != NULL)
        daily = mugai_daily_collect(job->store, index, job->config, period, job->now, &why);
    if (daily == NULL && (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND) ||
                          g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_MALFORMED)))
        g_set_error_literal(error, MUGAI_CLI_ERROR, EX_TEMPFAIL, why->message);
    else if (daily == NULL)
        g_propagate_error(error, g_steal_pointer(&why));
    return daily;
}

/* For the log of looks first, so in English. A digest must not say that nothing was removed while
 * nobody has looked; nor wait for ever. */
static gboolean
put_off(const Job *job, const MugaiPeriod *period, guint64 missing, gboolean *ret_waits,
        GError **error)
{
    g_autofree char *why = g_strdup_printf(NOT_YET, missing);
    g_autofree char *text = g_strdup_printf(_(NOT_YET), missing);

    if (!mugai_daily_put_off(job->config, period, job->now, why, job->words, ret_waits, error))
        return FALSE;
    if (*ret_waits)
        mugai_cli_complain("%s", text);
    return TRUE;
}

static gboolean
hand_over(const Job *job, const MugaiDaily *daily, int *ret_status, GError **error)
{
    g_autofree char *refused = NULL;
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;
    gboolean sent = FALSE;

    if (mugai_daily_send(daily, job->config, job->options->again, job->words, &sent, &refused,
                         &why)) {
        if (refused != NULL) {
            text = mugai_cli_say(refused);
            mugai_cli_complain(sent ? _("not sent to all: %s") : _("not sent to anybody: %s"),
                               text);
        }
        if (!sent)
            *ret_status = NOBODY_TOOK_IT;
        else
            *ret_status = refused != NULL ? EX_UNAVAILABLE : EX_OK;
        return TRUE;
    }
    text = mugai_cli_explain(why);
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_SYSTEM))
        g_set_error(error, MUGAI_CLI_ERROR, EX_TEMPFAIL, "%s", text);
    else if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_EXISTS))
        g_set_error(error, MUGAI_CLI_ERROR, 1, "%s", text);
    else
        g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

/* To those recipients that have not got theirs. What was said here is in @ret_status alone. */
static gboolean
send_readers(const Job *job, const MugaiPeriod *period, MugaiIndex *index,
             MugaiDailyReaders *ret_readers, int *ret_status, GError **error)
{
    g_autofree char *refused = NULL;

    if (!mugai_daily_send_readers(index, job->config, period, job->words, ret_readers, &refused,
                                  error))
        return FALSE;
    if (refused != NULL) {
        g_autofree char *said = mugai_cli_say(refused);

        mugai_cli_complain(_("not sent to all recipients: %s"), said);
    }
    if (ret_readers->beyond > 0)
        mugai_cli_complain(_("only the first %u recipients get a digest"), MUGAI_DAILY_READERS_MAX);
    if (ret_readers->failed > 0)
        *ret_status = EX_TEMPFAIL;
    else if (ret_readers->refused > 0 || ret_readers->beyond > 0)
        *ret_status = EX_UNAVAILABLE;
    else
        *ret_status = ret_readers->unknown > 0 ? 1 : EX_OK;
    return TRUE;
}

/* The recipients' come first: what they still wait for makes yesterday due, and then the
 * administrators have had theirs. */
static gboolean
send_digests(const Job *job, const MugaiDaily *daily, const MugaiPeriod *period, MugaiIndex *index,
             MugaiDailyReaders *ret_readers, int *ret_status, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean tried = FALSE;
    int status = EX_OK;

    if (!send_readers(job, period, index, ret_readers, ret_status, error))
        return FALSE;
    tried =
        ret_readers->sent + ret_readers->refused + ret_readers->failed + ret_readers->unknown > 0;
    if (!hand_over(job, daily, &status, &why) &&
        !(tried && g_error_matches(why, MUGAI_CLI_ERROR, 1))) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    *ret_status = MAX(*ret_status, status);
    return TRUE;
}

static void
print_text(const MugaiDaily *daily)
{
    g_autofree char *text = mugai_daily_text(daily);

    fputs(text, stdout);
}

static int
handle(const Job *job, const MugaiPeriod *period, GError **error)
{
    const DigestOptions *options = job->options;
    g_autoptr(MugaiIndex) index = NULL;
    g_autoptr(MugaiDaily) daily = NULL;
    g_autoptr(GError) why = NULL;
    MugaiDailyReaders readers = {0};
    MugaiDailyCounts counts;
    gboolean waits = FALSE;
    int status = EX_OK;

    if (!mugai_daily_note_look(job->config, period, job->words, error))
        return -1;
    daily = collect(job, period, &index, &why);
    if (daily == NULL) {
        /* It stays due; where even that cannot be written down, that is the worse news. */
        if (options->dry_run ||
            mugai_daily_note_failure(job->config, period, why->message, job->words, error))
            mugai_cli_pass_on(error, why);
        return -1;
    }
    counts = mugai_daily_counts(daily);
    if (!options->dry_run && counts.missing > 0 &&
        !put_off(job, period, counts.missing, &waits, error))
        return -1;
    if (waits)
        return EX_TEMPFAIL;
    if (!options->dry_run && !send_digests(job, daily, period, index, &readers, &status, error))
        return -1;
    if (options->json)
        print_json(&counts, period, !options->dry_run && status != NOBODY_TOOK_IT, &readers);
    else if (options->dry_run)
        print_text(daily);
    return status;
}

/* --- all of them --- */

/* Whether the others can be sent all the same. */
static gboolean
concerns_one(const GError *why)
{
    return g_error_matches(why, MUGAI_CLI_ERROR, 1) ||
           g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_GUARD);
}

/* One that fails does not keep the others from being sent; what fails all of them ends it. */
static int
handle_all(const Job *job, const GArray *periods, GError **error)
{
    int highest = EX_OK;

    for (guint i = 0; i < periods->len; i++) {
        const MugaiPeriod *period = &g_array_index(periods, MugaiPeriod, i);
        g_autoptr(GError) why = NULL;
        int status = handle(job, period, &why);
        g_autofree char *text = why != NULL ? mugai_cli_explain(why) : NULL;

        if (concerns_one(why)) {
            mugai_cli_complain("%s", text);
            status = why->domain == MUGAI_ERROR ? EX_SOFTWARE : 1;
        } else if (why != NULL && highest == NOBODY_TOOK_IT) {
            mugai_cli_complain("%s", text);
            break;
        } else if (why != NULL) {
            g_propagate_error(error, g_steal_pointer(&why));
            return -1;
        }
        highest = MAX(highest, status);
    }
    return highest == NOBODY_TOOK_IT ? EX_UNAVAILABLE : highest;
}

static int
run(const MugaiCommon *common, const DigestOptions *options, const MugaiPeriod *asked,
    GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_cli_load_whole_config(common, error);
    g_autoptr(MugaiStore) store = config != NULL ? mugai_store_open(config, error) : NULL;
    const Job job = {.options = options,
                     .config = config,
                     .store = store,
                     .words = common->words,
                     .now = g_get_real_time() / G_USEC_PER_SEC};
    g_autoptr(GArray) periods = store != NULL ? find_periods(asked, config, job.now, error) : NULL;

    return periods != NULL ? handle_all(&job, periods, error) : -1;
}

int
cmd_digest(int argc, char **argv, GError **error)
{
    g_auto(DigestOptions) options = {0};
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since,
         N_("Received then or later; default: each day that is due"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until,
         N_("Received before; default: today"), "TIME"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, N_("Show the text and send nothing"),
         NULL},
        {"again", 0, 0, G_OPTION_ARG_NONE, &options.again, N_("Also if it was sent before"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_("Print the counts as one JSON object"),
         NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    MugaiPeriod asked = {0};
    gboolean any_time = FALSE;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Mails what was removed, once for each day, up to yesterday: to [digest] "
               "to, and to each recipient that [digest] recipients names what was his."),
            argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("digest takes options only, not \"%s\""), common.arguments[0]);
        return -1;
    }
    any_time = options.since == NULL && options.until == NULL;
    if (!any_time && !read_period(&options, &asked, error))
        return -1;
    return run(&common, &options, any_time ? NULL : &asked, error);
}
