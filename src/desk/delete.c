/*
 * delete.c - delete originals by their ids, whatever their age; not those that are held
 *
 * Each is written down with its hash and the reason before it goes (I9).
 */
#include "desk_private.h"

#include <sysexits.h>

typedef struct {
    const MugaiDesk *desk;
    gboolean granted; /* it is written down */
} Note;

static gboolean
write_note(const GPtrArray *records, gpointer data, GError **error)
{
    Note *note = data;

    note->granted = mugai_desk_append(note->desk, records, error);
    return note->granted;
}

int
mugai_desk_delete(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(MugaiIndex) index = store != NULL ? mugai_desk_open_index(desk, store) : NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    const MugaiAnswer done = {.kind = MUGAI_ANSWER_DONE,
                              .id = request->id,
                              .text = (char *)N_("deleted")};
    Note note = {.desk = desk};
    GError *why = NULL;

    if (store == NULL)
        return -1;
    if (mugai_retention_delete(store, index, &request->id, record, write_note, &note, &why)) {
        desk->tell(&done, desk->data);
        return EX_OK;
    }
    if (note.granted)
        mugai_desk_note_failure(desk, record, why, error);
    else
        mugai_desk_note(desk, record, why, error);
    return -1;
}
