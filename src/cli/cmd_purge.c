/*
 * cmd_purge.c - delete the originals whose days of retention are over
 *
 * Run by a timer and by hand. It says how many; with --json each of them. The run is written down,
 * and then each original before it goes (I9).
 */
#include "cli.h"

#include <mugai/retention.h>
#include <stdio.h>
#include <sysexits.h>

/* Objects between two looks at the progress line. */
#define PROGRESS_OBJECTS 100u

typedef struct {
    const MugaiConfig *config;
    gboolean dry_run, json;
    gboolean progress; /* standard error is a terminal */
    guint64 seen;
} Job;

static gboolean
note(const GPtrArray *records, gpointer data, GError **error)
{
    const Job *job = data;

    return mugai_cli_append(job->config, records, error);
}

static const char *
outcome_name(const Job *job, MugaiPurgeOutcome outcome)
{
    switch (outcome) {
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
print_json(const char *outcome, const MugaiRecord *record)
{
    printf("{\"id\":\"%s\",\"outcome\":\"%s\"", record->id, outcome);
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
tell(MugaiPurgeOutcome outcome, const MugaiRecord *record, const GError *why, gpointer data)
{
    Job *job = data;

    if (job->json)
        print_json(outcome_name(job, outcome), record);
    if (why != NULL)
        mugai_cli_complain("%s stays: %s", record->id, why->message);
    if (job->progress && ++job->seen % PROGRESS_OBJECTS == 0)
        fprintf(stderr, "\r%" G_GUINT64_FORMAT " originals, at %.8s ", job->seen, record->id);
}

static void
print_summary(const Job *job, const MugaiPurgeSummary *summary)
{
    g_autofree char *size = mugai_cli_size(summary->octets);

    if (job->progress && job->seen >= PROGRESS_OBJECTS)
        fputs("\r", stderr);
    if (job->json)
        return;
    printf("%" G_GUINT64_FORMAT " originals %s (%s), %" G_GUINT64_FORMAT " held", summary->purged,
           outcome_name(job, MUGAI_PURGE_GONE), size, summary->held);
    if (summary->failed > 0)
        printf(", %" G_GUINT64_FORMAT " could not be read and stay", summary->failed);
    if (summary->stale > 0)
        printf(", %" G_GUINT64_FORMAT " old entries of the index removed", summary->stale);
    putchar('\n');
}

/* Exit status, or -1 with @error. */
static int
purge(Job *job, gboolean force, GPtrArray *words, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(job->config, error);
    g_autoptr(MugaiIndex) index =
        store != NULL && !job->dry_run ? mugai_cli_open_index(store) : NULL;
    g_autoptr(MugaiActor) actor = mugai_actor_self("mugai");
    g_autoptr(MugaiRecord) record = mugai_cli_record("purge", NULL);
    GError *why = NULL;
    MugaiPurgeSummary summary = {0};
    MugaiPurge how = {
        .actor = actor,
        .days = job->config->retention_days,
        .now = g_get_real_time() / G_USEC_PER_SEC,
        .dry_run = job->dry_run,
        .force = force,
        .note = note,
        .tell = tell,
        .data = job,
    };

    record->words = g_ptr_array_ref(words);
    if (store == NULL || !mugai_cli_note(job->config, record, NULL, error))
        return -1;
    if (!mugai_purge(store, index, &how, &summary, &why)) {
        mugai_cli_note_failure(job->config, record, why);
        g_propagate_error(error, why);
        return -1;
    }
    print_summary(job, &summary);
    return summary.failed > 0 ? EX_DATAERR : EX_OK;
}

int
cmd_purge(int argc, char **argv, GError **error)
{
    gboolean force = FALSE;
    Job job = {.progress = isatty(STDERR_FILENO)};
    const GOptionEntry entries[] = {
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &job.dry_run, "Only say what would be deleted", NULL},
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "Also when the clock looks wrong", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &job.json, "One JSON object for each original", NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(&common, entries, "",
                         "Deletes the originals that are older than [store] retention_days. What "
                         "is held stays.",
                         argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, "purge takes options only, not \"%s\"", common.arguments[0]);
        return -1;
    }
    config = mugai_cli_load_config(&common, error);
    if (config == NULL)
        return -1;
    job.config = config;
    return purge(&job, force, common.words, error);
}
