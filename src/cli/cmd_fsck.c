/*
 * cmd_fsck.c - is every original in the store what it was? And the index anew, from the objects
 *
 * A line for each finding and a summary.
 *
 * Errors: 0 nothing was found, 1 something was, repaired or not; EX_* where it could not be looked.
 */
#include "cli.h"

#include <mugai/fsck.h>
#include <stdio.h>

typedef struct {
    gboolean json;
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
print_finding(Job *job, const MugaiAnswer *finding)
{
    const char *kind = mugai_fsck_kind_name((MugaiFsckKind)finding->outcome);
    g_autofree char *name = NULL;
    g_autofree char *what = NULL;
    g_autofree char *said = NULL;

    clear_progress(job);
    if (job->json) {
        name = mugai_cli_json_string(finding->name);
        what = mugai_cli_json_string(finding->text);
        printf("{\"finding\":\"%s\",\"name\":%s,\"what\":%s,\"repaired\":%s}\n", kind, name, what,
               finding->flag ? "true" : "false");
        return;
    }
    name = mugai_cli_fit(finding->name, 0);
    said = mugai_cli_say(finding->text);
    what = mugai_cli_fit(said, 0);
    printf(finding->flag ? _("%s %s: %s (repaired)\n") : _("%s %s: %s\n"), name,
           mugai_cli_word(kind), what);
}

static void
print_progress(Job *job, const MugaiAnswer *answer)
{
    g_autofree char *size = mugai_cli_size(answer->octets);

    if (!job->progress)
        return;
    fprintf(stderr, _("\r%" PRIu64 " originals, %s "), answer->objects, size);
    job->shown = TRUE;
}

static void
print_summary(const Job *job, const MugaiAnswer *summary)
{
    g_autofree char *size = mugai_cli_size(summary->octets);

    if (job->json) {
        printf("{\"objects\":%" G_GUINT64_FORMAT ",\"octets\":%" G_GUINT64_FORMAT
               ",\"findings\":%" G_GUINT64_FORMAT ",\"repaired\":%" G_GUINT64_FORMAT
               ",\"recent\":%" G_GUINT64_FORMAT "}\n",
               summary->objects, summary->octets, summary->findings, summary->repaired,
               summary->recent);
        return;
    }
    printf(_("%" PRIu64 " originals (%s) read, %" PRIu64 " findings, %" PRIu64 " repaired\n"),
           summary->objects, size, summary->findings, summary->repaired);
    if (summary->recent > 0)
        printf(_("%" PRIu64 " of the last minute are not in the index yet\n"), summary->recent);
}

static gboolean
tell(const MugaiAnswer *answer, gpointer data)
{
    Job *job = data;

    if (answer->kind == MUGAI_ANSWER_FINDING)
        print_finding(job, answer);
    else if (answer->kind == MUGAI_ANSWER_PROGRESS)
        print_progress(job, answer);
    else if (answer->kind == MUGAI_ANSWER_FSCK) {
        clear_progress(job);
        print_summary(job, answer);
    }
    return TRUE;
}

/* Exit status, or -1 with @error. */
static int
check(const MugaiConfig *config, const MugaiRequest *request, Job *job, GError **error)
{
    int status = mugai_cli_ask(config, request, tell, job, error);

    clear_progress(job);
    return status;
}

int
cmd_fsck(int argc, char **argv, GError **error)
{
    MugaiRequest request = {.verb = MUGAI_VERB_FSCK};
    Job job = {.progress = isatty(STDERR_FILENO)};
    g_auto(MugaiCommon) common = {0};
    const GOptionEntry entries[] = {
        {"repair", 0, 0, G_OPTION_ARG_NONE, &request.repair,
         N_("Mend the index; never an original"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &job.json, N_("One JSON object for each finding"), NULL},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Reads every original, compares it with its checksums and with the index,\n"
               "and says what is wrong. mugaid may run meanwhile."),
            argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("fsck takes options only, not \"%s\""), common.arguments[0]);
        return -1;
    }
    config = mugai_cli_load_config(&common, error);
    request.words = common.words;
    return config != NULL && mugai_cli_unlock(&common, config, &request, error)
               ? check(config, &request, &job, error)
               : -1;
}
