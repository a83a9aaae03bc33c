/*
 * audit_write.c - what is asked for is written down before it is done, for whoever does it (I9)
 *
 * The head goes to syslog, where a tamperer with the log does not reach, with enough to know the
 * entry by.
 *
 * By which configuration it is done is written down as well, where it is another one than the last
 * time: a release or a role that was allowed for an hour leaves a trace.
 *
 * Errors: those of the log: whoever cannot write it down gives nothing out and does nothing.
 */
#include "audit_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define HASH_DIGITS (MUGAI_RECORD_HASH_SIZE - 1)

static void
send_head(const char *head, const MugaiRecord *record)
{
    openlog("mugai", LOG_PID, LOG_MAIL);
    syslog(LOG_NOTICE, "log %s: %s %s by uid %u: %.7s", head, record->verb,
           record->id != NULL ? record->id : "-", record->actor->uid, record->outcome);
}

/* --- the configuration --- */

MugaiRecord *
mugai_audit_configure(const MugaiConfig *config, const MugaiActor *actor)
{
    MugaiRecord *record = mugai_record_new(actor, "configure", NULL, "granted");

    record->sha256 = g_strdup(config->sha256);
    record->words = g_ptr_array_new_with_free_func(g_free);
    if (config->path != NULL)
        g_ptr_array_add(record->words, g_strdup(config->path));
    return record;
}

void
mugai_audit_remember(const MugaiAudit *audit, const MugaiConfig *config)
{
    int file = openat(audit->directory, MUGAI_AUDIT_CONFIGURATION,
                      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);

    if (file < 0)
        return;
    if (geteuid() == audit->owner || fchown(file, audit->owner, audit->group) == 0)
        (void)mugai_store_write(file, (const guint8 *)config->sha256, HASH_DIGITS);
    close(file);
}

/* Whether the log was written by @config last, as far as can be known. */
static gboolean
is_remembered(const MugaiAudit *audit, const MugaiConfig *config)
{
    char digits[HASH_DIGITS];
    gssize count = -1;
    int file = openat(audit->directory, MUGAI_AUDIT_CONFIGURATION,
                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file >= 0) {
        count = TEMP_FAILURE_RETRY(read(file, digits, sizeof digits));
        close(file);
    }
    return count == HASH_DIGITS && memcmp(digits, config->sha256, HASH_DIGITS) == 0;
}

/* An entry of its own: @actor did not change it, but asks by it. */
static gboolean
write_configuration(MugaiAudit *audit, const MugaiConfig *config, const MugaiActor *asks,
                    GError **error)
{
    g_autoptr(MugaiActor) self = NULL;
    g_autoptr(GPtrArray) records = NULL;
    g_autofree char *head = NULL;

    if (config->sha256 == NULL || is_remembered(audit, config))
        return TRUE;
    self = mugai_actor_self(asks->via);
    records = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_record_free);
    g_ptr_array_add(records, mugai_audit_configure(config, self));
    if (!mugai_audit_append(audit, records, &head, error))
        return FALSE;
    send_head(head, records->pdata[0]);
    mugai_audit_remember(audit, config);
    return TRUE;
}

/* --- all together --- */

gboolean
mugai_audit_write_down(const MugaiConfig *config, const GPtrArray *records, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    const MugaiRecord *first = records->pdata[0];
    g_autofree char *head = NULL;

    if (audit == NULL || !write_configuration(audit, config, first->actor, error) ||
        !mugai_audit_append(audit, records, &head, error)) {
        g_prefix_error(error, "not written down, so not done: ");
        return FALSE;
    }
    send_head(head, records->pdata[records->len - 1]);
    return TRUE;
}
