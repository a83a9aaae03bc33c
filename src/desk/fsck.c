/*
 * fsck.c - is every original in the store what it was? And the index anew, from the objects
 *
 * The run is written down (I9), and each original that is not there any more; no original is shown,
 * changed or deleted.
 */
#include "desk_private.h"

#include <mugai/audit.h>
#include <mugai/fsck.h>
#include <mugai/retention.h>
#include <sysexits.h>

G_STATIC_ASSERT(MUGAI_FSCK_LOST_MAX <= MUGAI_AUDIT_RECORDS_MAX);

/* Objects between two answers that say how far it is. */
#define PROGRESS_OBJECTS 100u

static void
tell(const MugaiFinding *finding, gpointer data)
{
    const MugaiDesk *desk = data;
    const MugaiAnswer answer = {
        .kind = MUGAI_ANSWER_FINDING,
        .outcome = finding->kind,
        .name = (char *)finding->name,
        .text = (char *)finding->what,
        .flag = finding->repaired,
    };

    desk->tell(&answer, desk->data);
}

static gboolean
note_lost(const GPtrArray *entries, gpointer data, GError **error)
{
    const MugaiDesk *desk = data;
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_record_free);

    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(records, mugai_retention_lost(desk->actor, mugai_verb_name(MUGAI_VERB_FSCK),
                                                      entries->pdata[i]));
    return mugai_desk_append(desk, records, error);
}

static void
progress(guint64 objects, guint64 octets, gpointer data)
{
    const MugaiDesk *desk = data;
    const MugaiAnswer answer = {.kind = MUGAI_ANSWER_PROGRESS,
                                .objects = objects,
                                .octets = octets};

    if (objects % PROGRESS_OBJECTS == 0)
        desk->tell(&answer, desk->data);
}

/* How many findings there were. */
static guint64
tell_summary(const MugaiDesk *desk, const MugaiFsckSummary *summary)
{
    MugaiAnswer answer = {
        .kind = MUGAI_ANSWER_FSCK,
        .objects = summary->objects,
        .octets = summary->octets,
        .repaired = summary->repaired,
        .recent = summary->recent,
    };

    for (gsize i = 0; i < MUGAI_FSCK_KINDS; i++)
        answer.findings += summary->findings[i];
    desk->tell(&answer, desk->data);
    return answer.findings;
}

int
mugai_desk_fsck(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    guint workers = desk->config->worker_count;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(MugaiPool) pool = NULL;
    GError *why = NULL;
    MugaiFsckSummary summary = {0};
    MugaiFsck fsck = {
        .repair = request->repair,
        .parallel = workers > 0 ? workers : g_get_num_processors(),
        .open_scratch = mugai_desk_open_unnamed,
        .note_lost = note_lost,
        .tell = tell,
        .progress = progress,
        .data = (gpointer)desk,
    };

    if (store == NULL || !mugai_desk_note(desk, record, NULL, error))
        return -1;
    if (request->vault_key != NULL)
        mugai_store_use_key(store, request->vault_key);
    fsck.pool = pool = request->repair ? mugai_pool_new(desk->config, &why) : NULL;
    if (why != NULL || !mugai_fsck(store, &fsck, &summary, &why)) {
        mugai_desk_note_failure(desk, record, why, error);
        return -1;
    }
    return tell_summary(desk, &summary) > 0 ? 1 : EX_OK;
}
