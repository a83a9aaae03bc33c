/* list.c - what is in quarantine, newest first */
#include "desk_private.h"

#include <sysexits.h>

static gboolean
tell_entry(const MugaiEntry *entry, gpointer data)
{
    const MugaiDesk *desk = data;

    return desk->tell(&(MugaiAnswer){.kind = MUGAI_ANSWER_ENTRY, .entry = (MugaiEntry *)entry},
                      desk->data);
}

/* Borrows from @request. */
static MugaiQuery
read_query(const MugaiRequest *request)
{
    return (MugaiQuery){
        .since = request->since,
        .until = request->until,
        .from = request->from,
        .to = request->to,
        .subject = request->subject,
        .name = request->name,
        .text = request->text,
        .state = request->state,
        .queue_id = request->queue_id,
        .message_id = request->message_id,
        .removed = request->removed,
        .warnings = request->warnings,
        .held = request->held,
        .damaged = request->damaged,
        .before = request->before.text[0] != '\0' ? &request->before : NULL,
        .limit = request->limit,
    };
}

int
mugai_desk_list(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, &why);
    g_autoptr(MugaiIndex) index = store != NULL ? mugai_index_open(store, FALSE, &why) : NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    MugaiQuery query = read_query(request);

    return mugai_desk_note(desk, record, why, error) &&
                   mugai_index_list(index, &query, tell_entry, (gpointer)desk, error)
               ? EX_OK
               : -1;
}
