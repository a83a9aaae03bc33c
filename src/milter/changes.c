/*
 * changes.c - write down which configuration is in force before it is (I9)
 *
 * Whoever looks at an original later is judged by the configuration of that time: how long it was
 * to be kept, who was told what.
 *
 * Errors: those of the log; mugaid does not serve by a configuration that nobody will know of.
 */
#include "changes.h"

#include <mugai/audit.h>
#include <mugai/error.h>
#include <mugai/log.h>
#include <mugai/vault.h>

/* Whom originals are sealed to is in other files than the one whose hash is written down. */
static gboolean
add_keys(const MugaiConfig *config, GPtrArray *words, GError **error)
{
    g_autoptr(MugaiVaultRecipients) recipients =
        config->seal_to != NULL ? mugai_vault_recipients_new(config->seal_to, error) : NULL;
    g_autofree char *names = NULL;

    if (recipients == NULL)
        return config->seal_to == NULL;
    names = mugai_vault_recipients_names(recipients);
    g_ptr_array_add(words, g_strdup_printf("sealed to %s", names));
    return TRUE;
}

gboolean
mugai_changes_note(const MugaiConfig *config, const MugaiActor *actor, const GError *refused,
                   GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(MugaiRecord) record = mugai_audit_configure(config, actor);
    g_autofree char *head = NULL;

    if (refused == NULL) {
        if (!add_keys(config, record->words, error))
            return FALSE;
    } else {
        g_clear_pointer(&record->sha256, g_free);
        g_free(record->outcome);
        record->outcome = g_strdup_printf("refused: %s", refused->message);
    }
    g_ptr_array_add(records, record);
    if (audit == NULL || !mugai_audit_append(audit, records, &head, error))
        return FALSE;
    if (refused == NULL && config->sha256 != NULL)
        mugai_audit_remember(audit, config);
    mugai_log(MUGAI_LOG_INFO, "log %s: configure: %.7s", head, record->outcome);
    return TRUE;
}
