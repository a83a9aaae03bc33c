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

/* Whether @request asks for what may be sealed. */
static gboolean
asks_for_content(const MugaiRequest *request)
{
    return request->from != NULL || request->subject != NULL || request->name != NULL ||
           request->text != NULL || request->message_id != NULL;
}

/* Nothing found is no answer where not everything could be looked through. */
static void
complain_if_locked(const MugaiDesk *desk, MugaiIndex *index, const MugaiRequest *request)
{
    g_autoptr(GError) error = NULL;
    gboolean locked = FALSE;

    if (!asks_for_content(request))
        return;
    if (!mugai_index_is_locked(index, &locked, &error))
        mugai_desk_complain(desk, "%s", error->message);
    else if (locked)
        mugai_desk_complain(desk, "some subjects and names are sealed and were not searched: "
                                  "--private-key FILE opens them");
}

int
mugai_desk_list(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiIndex) index = mugai_desk_look(desk, request, &store, error);
    MugaiQuery query = read_query(request);

    if (index == NULL || !mugai_index_list(index, &query, tell_entry, (gpointer)desk, error))
        return -1;
    complain_if_locked(desk, index, request);
    if (mugai_index_is_damaged(index))
        mugai_desk_complain(desk, "the index is damaged: what is shown may be less than there is; "
                                  "mugai fsck --repair mends it");
    return EX_OK;
}
