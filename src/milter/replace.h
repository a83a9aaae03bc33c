/* replace.h - puts the sanitized message in the place of the original */
#pragma once

#include <libmilter/mfapi.h>
#include <mugai/approve.h>
#include <mugai/store.h>

/* The names of the fields that a message has, as Postfix counts them: regardless of case. */
typedef struct MugaiFields MugaiFields;

MugaiFields *mugai_fields_new(void);
void mugai_fields_free(MugaiFields *fields);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiFields, mugai_fields_free)

/* Counts one more field. LIMIT beyond MUGAI_LIMIT_FIELD_NAMES_OCTETS. */
gboolean mugai_fields_add(MugaiFields *fields, const char *name, GError **error);

/* Asks the MTA to delete all @fields, add those of @approved, and replace the body; only in
 * xxfi_eom. @receipt: proof that the original is kept. On failure the message must be answered with
 * a 4xx, which takes all changes back. */
gboolean mugai_replace_apply(SMFICTX *ctx, const MugaiFields *fields, const MugaiApproved *approved,
                             const MugaiReceipt *receipt, GError **error);
