/*
 * cmd_delete.c - delete originals by their ids, whatever their age; not those that are held
 *
 * Each is written down with its hash and the reason before it goes (I9).
 */
#include "cli.h"

#include <mugai/retention.h>
#include <stdio.h>

typedef struct {
    const MugaiConfig *config;
    gboolean granted; /* it is written down */
} Note;

static gboolean
write_note(const GPtrArray *records, gpointer data, GError **error)
{
    Note *note = data;

    note->granted = mugai_cli_append(note->config, records, error);
    return note->granted;
}

static gboolean
delete_one(const MugaiOrder *order, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiRecord) record = mugai_cli_record("delete", id);
    Note note = {.config = order->config};
    GError *why = NULL;

    record->reason = g_strdup(order->reason);
    if (mugai_retention_delete(order->store, order->index, id, record, write_note, &note, &why)) {
        printf("%s deleted\n", id->text);
        return TRUE;
    }
    if (!note.granted)
        return mugai_cli_note(order->config, record, why, error);
    mugai_cli_note_failure(order->config, record, why);
    g_propagate_error(error, why);
    return FALSE;
}

int
cmd_delete(int argc, char **argv, GError **error)
{
    return mugai_cli_order(delete_one,
                           "Deletes originals for good, whatever their age. What is held stays.",
                           argc, argv, error);
}
