/*
 * cmd_hold.c - keep originals beyond the days of retention, and let them go again
 *
 * Each is written down with its reason, then done. One that cannot be held does not keep the others
 * from being held; the exit status says so.
 */
#include "cli.h"

#include <mugai/retention.h>
#include <stdio.h>
#include <sysexits.h>

typedef struct {
    const MugaiConfig *config;
    MugaiStore *store;
    MugaiIndex *index; /* NULL: none to be told */
    const char *reason;
    gboolean hold; /* or let go */
} Job;

/* Why not, or NULL. */
static GError *
find_objection(const Job *job, const MugaiId *id)
{
    GError *why = NULL;
    gboolean held = mugai_hold_check(job->store, id, &why);
    g_autoptr(MugaiRecord) record = NULL;
    g_autofree char *time = NULL;

    if (why != NULL || held == !job->hold)
        return why;
    if (!job->hold)
        return g_error_new(MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "%s is not held", id->text);
    record = mugai_hold_read(job->store, id, NULL);
    time = record != NULL ? mugai_cli_time(record->time) : NULL;
    return record == NULL
               ? g_error_new(MUGAI_ERROR, MUGAI_ERROR_EXISTS, "%s is held already", id->text)
               : g_error_new(MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                             "%s is held already, since %s by %s: %s", id->text, time,
                             record->actor->user, record->reason != NULL ? record->reason : "");
}

static gboolean
hold_one(const Job *job, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiRecord) record = mugai_cli_record(job->hold ? "hold" : "unhold", id);
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) unlisted = NULL;

    record->reason = g_strdup(job->reason);
    if (!mugai_cli_note(job->config, record, find_objection(job, id), error))
        return FALSE;
    if (!(job->hold ? mugai_hold_set(job->store, id, record, &failure)
                    : mugai_hold_clear(job->store, id, &failure))) {
        mugai_cli_note_failure(job->config, record, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (job->index != NULL && !mugai_index_set_held(job->index, id, job->hold, &unlisted))
        mugai_cli_complain("done, but list does not show it: %s", unlisted->message);
    printf("%s %s\n", id->text, job->hold ? "held" : "no longer held");
    return TRUE;
}

/* Exit status: that of the last one that could not be. */
static int
hold_all(const Job *job, const GArray *ids)
{
    int status = EX_OK;

    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) error = NULL;

        if (hold_one(job, &g_array_index(ids, MugaiId, i), &error))
            continue;
        mugai_cli_complain("%s", error->message);
        status = mugai_cli_refusal_status(error);
    }
    return status;
}

static int
run(gboolean hold, const char *description, int argc, char **argv, GError **error)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, "Why; stands in the log", "TEXT"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(GArray) ids = NULL;
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiIndex) index = NULL;
    Job job = {.hold = hold};

    if (!mugai_cli_parse(&common, entries, "ID...", description, argc, argv, error))
        return -1;
    ids = mugai_cli_read_ids(&common, error);
    if (ids == NULL || !mugai_cli_check_reason(reason, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    store = config != NULL ? mugai_store_open(config, error) : NULL;
    if (store == NULL)
        return -1;
    index = mugai_cli_open_index(store);
    job.config = config;
    job.store = store;
    job.index = index;
    job.reason = reason;
    return hold_all(&job, ids);
}

int
cmd_hold(int argc, char **argv, GError **error)
{
    return run(TRUE, "Keeps originals beyond the days of retention, until they are let go.", argc,
               argv, error);
}

int
cmd_unhold(int argc, char **argv, GError **error)
{
    return run(FALSE, "Lets originals go that were held: retention applies to them again.", argc,
               argv, error);
}
