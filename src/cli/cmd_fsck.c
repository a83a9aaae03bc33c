/*
 * cmd_fsck.c - is every original in the store what it was? And the index anew, from the objects
 *
 * A line for each finding and a summary. The run is written down (I9); no original is shown,
 * changed or deleted.
 *
 * Errors: 0 nothing was found, 1 something was, repaired or not; EX_* where it could not be looked.
 */
#include "cli.h"

#include <mugai/fsck.h>
#include <stdio.h>
#include <sysexits.h>

/* Objects between two looks at the progress line. */
#define PROGRESS_OBJECTS 100u

typedef struct {
    gboolean repair, json;
    gboolean progress; /* standard error is a terminal */
    gboolean shown;    /* a progress line */
} Job;

static void
clear_progress(Job *job)
{
    if (job->shown)
        fputs("\r\033[K", stderr);
    job->shown = FALSE;
}

static void
tell(const MugaiFinding *finding, gpointer data)
{
    Job *job = data;
    const char *kind = mugai_fsck_kind_name(finding->kind);
    g_autofree char *name = NULL;
    g_autofree char *what = NULL;

    clear_progress(job);
    if (job->json) {
        name = mugai_cli_json_string(finding->name);
        what = mugai_cli_json_string(finding->what);
        printf("{\"finding\":\"%s\",\"name\":%s,\"what\":%s,\"repaired\":%s}\n", kind, name, what,
               finding->repaired ? "true" : "false");
        return;
    }
    name = mugai_cli_fit(finding->name, 0);
    what = mugai_cli_fit(finding->what, 0);
    printf("%s %s: %s%s\n", name, kind, what, finding->repaired ? " (repaired)" : "");
}

static void
progress(guint64 objects, guint64 octets, gpointer data)
{
    Job *job = data;
    g_autofree char *size = NULL;

    if (!job->progress || objects % PROGRESS_OBJECTS != 0)
        return;
    size = mugai_cli_size(octets);
    fprintf(stderr, "\r%" G_GUINT64_FORMAT " originals, %s ", objects, size);
    job->shown = TRUE;
}

static guint64
count_findings(const MugaiFsckSummary *summary)
{
    guint64 all = 0;

    for (gsize i = 0; i < MUGAI_FSCK_KINDS; i++)
        all += summary->findings[i];
    return all;
}

static void
print_summary(const Job *job, const MugaiFsckSummary *summary)
{
    g_autofree char *size = mugai_cli_size(summary->octets);

    if (job->json) {
        printf("{\"objects\":%" G_GUINT64_FORMAT ",\"octets\":%" G_GUINT64_FORMAT
               ",\"findings\":%" G_GUINT64_FORMAT ",\"repaired\":%" G_GUINT64_FORMAT
               ",\"recent\":%" G_GUINT64_FORMAT "}\n",
               summary->objects, summary->octets, count_findings(summary), summary->repaired,
               summary->recent);
        return;
    }
    printf("%" G_GUINT64_FORMAT " originals (%s) read, %" G_GUINT64_FORMAT
           " findings, %" G_GUINT64_FORMAT " repaired\n",
           summary->objects, size, count_findings(summary), summary->repaired);
    if (summary->recent > 0)
        printf("%" G_GUINT64_FORMAT " of the last minute are not in the index yet\n",
               summary->recent);
}

/* Exit status, or -1 with @error. */
static int
check(const MugaiConfig *config, Job *job, GPtrArray *words, GError **error)
{
    g_autoptr(MugaiRecord) record = mugai_cli_record("fsck", NULL);
    g_autoptr(MugaiStore) store = mugai_store_open(config, error);
    g_autoptr(MugaiPool) pool = NULL;
    g_autoptr(GError) why = NULL;
    MugaiFsckSummary summary = {0};
    MugaiFsck fsck = {
        .repair = job->repair,
        .parallel = config->worker_count > 0 ? config->worker_count : g_get_num_processors(),
        .open_scratch = mugai_cli_open_unnamed,
        .tell = tell,
        .progress = progress,
        .data = job,
    };

    if (store == NULL)
        return -1;
    record->words = g_ptr_array_ref(words);
    if (!mugai_cli_note(config, record, NULL, error))
        return -1;
    fsck.pool = pool = job->repair ? mugai_pool_new(config, &why) : NULL;
    if (why != NULL || !mugai_fsck(store, &fsck, &summary, &why)) {
        clear_progress(job);
        mugai_cli_note_failure(config, record, why);
        g_propagate_error(error, g_steal_pointer(&why));
        return -1;
    }
    clear_progress(job);
    print_summary(job, &summary);
    return count_findings(&summary) > 0 ? 1 : EX_OK;
}

int
cmd_fsck(int argc, char **argv, GError **error)
{
    Job job = {.progress = isatty(STDERR_FILENO)};
    const GOptionEntry entries[] = {
        {"repair", 0, 0, G_OPTION_ARG_NONE, &job.repair, "Mend the index; never an original", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &job.json, "One JSON object for each finding", NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            "Reads every original, compares it with its checksums and with the index,\n"
            "and says what is wrong. mugaid may run meanwhile.",
            argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, "fsck takes options only, not \"%s\"", common.arguments[0]);
        return -1;
    }
    config = mugai_cli_load_config(&common, error);
    return config != NULL ? check(config, &job, common.words, error) : -1;
}
