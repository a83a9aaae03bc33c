/*
 * purge.c - delete the originals whose days of retention are over
 *
 * The run is written down, and then each original before it goes (I9).
 */
#include "desk_private.h"

#include <sysexits.h>

static gboolean
note(const GPtrArray *records, gpointer data, GError **error)
{
    return mugai_desk_append(data, records, error);
}

static void
tell(MugaiPurgeOutcome outcome, const MugaiRecord *record, const GError *why, gpointer data)
{
    const MugaiDesk *desk = data;
    MugaiAnswer answer = {
        .kind = MUGAI_ANSWER_PURGED,
        .outcome = outcome,
        .received = record->received,
        .size = record->size,
        .has_size = record->has_size,
        .sha256 = record->sha256,
        .text = why != NULL ? why->message : NULL,
    };

    g_strlcpy(answer.id.text, record->id, sizeof(answer.id.text));
    desk->tell(&answer, desk->data);
}

/* To compare with alone, where nothing is to be deleted. */
static MugaiIndex *
open_index(const MugaiDesk *desk, const MugaiRequest *request, MugaiStore *store)
{
    return request->dry_run ? mugai_index_open(store, FALSE, NULL)
                            : mugai_desk_open_index(desk, store);
}

int
mugai_desk_purge(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(MugaiIndex) index = store != NULL ? open_index(desk, request, store) : NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    GError *why = NULL;
    MugaiAnswer summary = {.kind = MUGAI_ANSWER_PURGE};
    MugaiPurge how = {
        .actor = desk->actor,
        .days = desk->config->retention_days,
        .policies = desk->config->policies,
        .now = g_get_real_time() / G_USEC_PER_SEC,
        .dry_run = request->dry_run,
        .force = request->force,
        .note = note,
        .tell = tell,
        .data = (gpointer)desk,
    };

    if (store == NULL || !mugai_desk_note(desk, record, NULL, error))
        return -1;
    if (!mugai_purge(store, index, &how, &summary.purge, &why)) {
        mugai_desk_note_failure(desk, record, why, error);
        return -1;
    }
    desk->tell(&summary, desk->data);
    return summary.purge.failed > 0 ? EX_DATAERR : EX_OK;
}
