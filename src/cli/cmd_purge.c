/*
 * cmd_purge.c - delete the originals whose days of retention are over
 *
 * Run by a timer and by hand. It says how many; with --json each of them.
 */
#include "cli.h"

#include <mugai/retention.h>
#include <stdio.h>

/* Objects between two looks at the progress line. */
#define PROGRESS_OBJECTS 100u

typedef struct {
    gboolean dry_run, json;
    gboolean progress; /* standard error is a terminal */
    guint64 seen;
} Job;

static const char *
outcome_name(const Job *job, guint outcome)
{
    switch ((MugaiPurgeOutcome)outcome) {
    case MUGAI_PURGE_FAILED:
        return "failed";
    case MUGAI_PURGE_HELD:
        return "held";
    case MUGAI_PURGE_GONE:
        return job->dry_run ? "would be purged" : "purged";
    }
    g_assert_not_reached();
}

/* Ids, numbers and hashes need no escapes. */
static void
print_json(const char *outcome, const MugaiAnswer *record)
{
    printf("{\"id\":\"%s\",\"outcome\":\"%s\"", record->id.text, outcome);
    if (record->received >= 0) {
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(record->received);
        g_autofree char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");

        printf(",\"received\":\"%s\"", text);
    }
    if (record->has_size)
        printf(",\"size\":%" G_GUINT64_FORMAT ",\"sha256\":\"%s\"", record->size, record->sha256);
    puts("}");
}

static void
print_one(Job *job, const MugaiAnswer *answer)
{
    if (job->json)
        print_json(outcome_name(job, answer->outcome), answer);
    if (answer->text != NULL) {
        g_autofree char *why = mugai_cli_say(answer->text);

        mugai_cli_complain(_("%s stays: %s"), answer->id.text, why);
    }
    if (job->progress && ++job->seen % PROGRESS_OBJECTS == 0)
        fprintf(stderr, _("\r%" PRIu64 " originals, at %.8s "), job->seen, answer->id.text);
}

static void
print_summary(const Job *job, const MugaiPurgeSummary *summary)
{
    g_autofree char *size = mugai_cli_size(summary->octets);

    if (job->progress && job->seen >= PROGRESS_OBJECTS)
        fputs("\r", stderr);
    if (job->json)
        return;
    printf(job->dry_run ? _("%" PRIu64 " originals would be purged (%s), %" PRIu64 " held")
                        : _("%" PRIu64 " originals purged (%s), %" PRIu64 " held"),
           summary->purged, size, summary->held);
    if (summary->failed > 0)
        printf(_(", %" PRIu64 " could not be read and stay"), summary->failed);
    if (summary->stale > 0)
        printf(_(", %" PRIu64 " old entries of the index removed"), summary->stale);
    putchar('\n');
}

static gboolean
tell(const MugaiAnswer *answer, gpointer data)
{
    Job *job = data;

    if (answer->kind == MUGAI_ANSWER_PURGED)
        print_one(job, answer);
    else if (answer->kind == MUGAI_ANSWER_PURGE)
        print_summary(job, &answer->purge);
    return TRUE;
}

int
cmd_purge(int argc, char **argv, GError **error)
{
    MugaiRequest request = {.verb = MUGAI_VERB_PURGE};
    Job job = {.progress = isatty(STDERR_FILENO)};
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &job.dry_run, N_("Only say what would be deleted"),
         NULL},
        {"force", 0, 0, G_OPTION_ARG_NONE, &request.force, N_("Also when the clock looks wrong"),
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &job.json, N_("One JSON object for each original"), NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Deletes the originals that are older than [store] retention_days. What "
               "is held stays."),
            argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("purge takes options only, not \"%s\""), common.arguments[0]);
        return -1;
    }
    config = mugai_cli_load_config(&common, error);
    request.words = common.words;
    request.dry_run = job.dry_run;
    return config != NULL ? mugai_cli_ask(config, &request, tell, &job, error) : -1;
}
