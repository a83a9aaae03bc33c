/*
 * audit_write.c - what is asked for is written down before it is done, for whoever does it (I9)
 *
 * The head goes to syslog, where a tamperer with the log does not reach, with enough to know the
 * entry by.
 *
 * Errors: those of the log: whoever cannot write it down gives nothing out and does nothing.
 */
#include <mugai/audit.h>

#include <syslog.h>

static void
send_head(const char *head, const MugaiRecord *record)
{
    openlog("mugai", LOG_PID, LOG_MAIL);
    syslog(LOG_NOTICE, "log %s: %s %s by uid %u: %.7s", head, record->verb,
           record->id != NULL ? record->id : "-", record->actor->uid, record->outcome);
}

gboolean
mugai_audit_write_down(const MugaiConfig *config, const GPtrArray *records, GError **error)
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
