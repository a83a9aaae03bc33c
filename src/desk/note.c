/*
 * note.c - every look at the quarantine is written down before anything is shown of it (I9)
 *
 * Invariants: mugai_desk_note() says yes only when the entry is on the disk.
 * Errors: those of the log: whoever cannot write it down gives nothing out.
 */
#include "desk_private.h"

#include <mugai/audit.h>

MugaiRecord *
mugai_desk_record(const MugaiDesk *desk, const MugaiRequest *request)
{
    const char *id = request->id.text[0] != '\0' ? request->id.text : NULL;
    MugaiRecord *record =
        mugai_record_new(desk->actor, mugai_verb_name(request->verb), id, "granted");

    record->part = g_strdup(request->part);
    record->reason = g_strdup(request->reason);
    record->words = request->words != NULL ? g_ptr_array_ref(request->words) : NULL;
    return record;
}

gboolean
mugai_desk_append(const MugaiDesk *desk, const GPtrArray *records, GError **error)
{
    return mugai_audit_write_down(desk->config, records, error);
}

static gboolean
append_one(const MugaiDesk *desk, MugaiRecord *record, const char *outcome, const GError *why,
           GError **error)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new();

    g_ptr_array_add(records, record);
    if (why != NULL) {
        g_free(record->outcome);
        record->outcome = g_strdup_printf("%s: %s", outcome, why->message);
    }
    return mugai_desk_append(desk, records, error);
}

gboolean
mugai_desk_note(const MugaiDesk *desk, MugaiRecord *record, GError *why, GError **error)
{
    g_autoptr(GError) refused = why;

    if (!append_one(desk, record, "refused", refused, error))
        return FALSE;
    if (refused == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&refused));
    return FALSE;
}

void
mugai_desk_note_failure(const MugaiDesk *desk, MugaiRecord *record, GError *failure, GError **error)
{
    g_autoptr(GError) unwritten = NULL;

    if (!append_one(desk, record, "failed", failure, &unwritten))
        mugai_desk_complain(desk, "%s", unwritten->message);
    g_propagate_error(error, failure);
}
