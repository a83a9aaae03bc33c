/*
 * cmd_delete.c - delete originals by their ids, whatever their age; not those that are held
 *
 * Each is written down with its hash and the reason before it goes (I9).
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
    gboolean granted; /* the one at hand is written down */
} Job;

static gboolean
note(const GPtrArray *records, gpointer data, GError **error)
{
    Job *job = data;

    job->granted = mugai_cli_append(job->config, records, error);
    return job->granted;
}

static gboolean
delete_one(Job *job, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiRecord) record = mugai_cli_record("delete", id);
    GError *why = NULL;

    job->granted = FALSE;
    record->reason = g_strdup(job->reason);
    if (mugai_retention_delete(job->store, job->index, id, record, note, job, &why)) {
        printf("%s deleted\n", id->text);
        return TRUE;
    }
    if (!job->granted)
        return mugai_cli_note(job->config, record, why, error);
    mugai_cli_note_failure(job->config, record, why);
    g_propagate_error(error, why);
    return FALSE;
}

/* Exit status: that of the last one that could not be deleted. */
static int
delete_all(Job *job, const GArray *ids)
{
    int status = EX_OK;

    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) error = NULL;

        if (delete_one(job, &g_array_index(ids, MugaiId, i), &error))
            continue;
        mugai_cli_complain("%s", error->message);
        status = mugai_cli_refusal_status(error);
    }
    return status;
}

int
cmd_delete(int argc, char **argv, GError **error)
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
    Job job = {0};

    if (!mugai_cli_parse(&common, entries, "ID...",
                         "Deletes originals for good, whatever their age. What is held stays.",
                         argc, argv, error))
        return -1;
    ids = mugai_cli_read_ids(&common, error);
    if (ids == NULL || !mugai_cli_check_reason(reason, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    store = config != NULL ? mugai_store_open(config, error) : NULL;
    if (store == NULL)
        return -1;
    index = mugai_cli_open_index(store);
    job = (Job){.config = config, .store = store, .index = index, .reason = reason};
    return delete_all(&job, ids);
}
