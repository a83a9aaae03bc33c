/* changes.h - which configuration is in force, in the log of looks (I9) */
#pragma once

#include <mugai/config.h>
#include <mugai/record.h>

/* Writes into @config's log that @config comes into force, or, with @refused, that what its file
 * says now does not. FALSE: it is not written down, and must not come into force. */
gboolean mugai_changes_note(const MugaiConfig *config, const MugaiActor *actor,
                            const GError *refused, GError **error);
