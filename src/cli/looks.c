/*
 * looks.c - every look at the quarantine is written down before anything is shown of it (I9)
 *
 * Invariants: mugai_cli_note() says yes only when the entry is on the disk.
 * Errors: those of the log: whoever cannot write it down gives nothing out.
 */
#include "cli.h"

#include <mugai/audit.h>
#include <string.h>
#include <syslog.h>

#define REASON_OCTETS_MAX 4000u

gboolean
mugai_cli_check_reason(const char *reason, GError **error)
{
    g_autofree char *stripped = g_strstrip(g_strdup(reason != NULL ? reason : ""));

    if (stripped[0] == '\0')
        return mugai_cli_misuse(error, "--reason TEXT is wanted: it stands in the log");
    if (strlen(stripped) > REASON_OCTETS_MAX)
        return mugai_cli_misuse(error, "--reason is longer than %u octets", REASON_OCTETS_MAX);
    return TRUE;
}

MugaiRecord *
mugai_cli_record(const char *verb, const MugaiId *id)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("mugai");

    return mugai_record_new(actor, verb, id != NULL ? id->text : NULL, "granted");
}

/* The head goes where a tamperer with the log does not reach, with enough to know it by. */
static void
send_head(const char *head, const MugaiRecord *record)
{
    openlog("mugai", LOG_PID, LOG_MAIL);
    syslog(LOG_NOTICE, "log %s: %s %s by uid %u: %.7s", head, record->verb,
           record->id != NULL ? record->id : "-", record->actor->uid, record->outcome);
}

gboolean
mugai_cli_append(const MugaiConfig *config, const GPtrArray *records, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    g_autofree char *head = NULL;

    if (audit == NULL || !mugai_audit_append(audit, records, &head, error)) {
        g_prefix_error(error, "not written down, so not done: ");
        return FALSE;
    }
    send_head(head, records->pdata[records->len - 1]);
    return TRUE;
}

gboolean
mugai_cli_note(const MugaiConfig *config, MugaiRecord *record, GError *why, GError **error)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(GError) refused = why;

    g_ptr_array_add(records, record);
    if (refused != NULL) {
        g_free(record->outcome);
        record->outcome = g_strdup_printf("refused: %s", refused->message);
    }
    if (!mugai_cli_append(config, records, error))
        return FALSE;
    if (refused == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&refused));
    return FALSE;
}

int
mugai_cli_refusal_status(const GError *error)
{
    return g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS) ? 1
                                                                   : mugai_error_exit_status(error);
}

void
mugai_cli_note_failure(const MugaiConfig *config, MugaiRecord *record, const GError *failure)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(records, record);
    g_free(record->outcome);
    record->outcome = g_strdup_printf("failed: %s", failure->message);
    if (!mugai_cli_append(config, records, &error))
        mugai_cli_complain("%s", error->message);
}
