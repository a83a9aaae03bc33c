/*
 * shown.c - what is shown of an entry whose content is sealed
 *
 * Invariants: nothing is copied but what the boundary host knows without the message, and how many
 *             parts had which fate: a new member of the report is not shown until it is named here.
 */
#include "index_private.h"

#define SUBJECT "(sealed)"

/* A remark in the place of all: there are some. */
static void
show_remarks(GPtrArray *shown, const GPtrArray *remarks)
{
    if (remarks->len > 0)
        mugai_report_remark(shown, "sealed", "%u remarks", remarks->len);
}

static MugaiReport *
show_report(const MugaiReport *report)
{
    MugaiReport *shown = mugai_report_new();

    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];
        MugaiPart *bare = mugai_part_new(part->path);

        bare->disposition = part->disposition;
        g_free(bare->reason);
        bare->reason = g_strdup(part->reason);
        g_ptr_array_add(shown->parts, bare);
    }
    show_remarks(shown->ambiguities, report->ambiguities);
    show_remarks(shown->warnings, report->warnings);
    return shown;
}

MugaiEntry *
mugai_entry_without_content(const MugaiEntry *entry)
{
    g_autoptr(MugaiReport) report = mugai_entry_report(entry);
    g_autoptr(MugaiReport) shown = report != NULL ? show_report(report) : mugai_report_new();
    MugaiFacts facts = {.id = entry->id.text,
                        .received = entry->received,
                        .original_size = entry->size,
                        .original_sha256 = "",
                        .output_sha256 = ""};
    MugaiEntry *bare = g_new0(MugaiEntry, 1);

    bare->id = entry->id;
    bare->received = entry->received;
    bare->state = g_strdup(entry->state);
    bare->envelope = mugai_envelope_copy(entry->envelope);
    bare->subject = g_strdup(SUBJECT);
    bare->from = g_strdup("");
    bare->size = entry->size;
    bare->sha256 = g_strdup("");
    bare->report_json = mugai_report_to_json(shown, &facts, entry->envelope, entry->state, FALSE);
    bare->held = entry->held;
    bare->damaged = entry->damaged;
    bare->sealed = TRUE;
    return bare;
}
