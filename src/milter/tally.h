/* tally.h - counts the store again and again, beside everything else */
#pragma once

#include "metrics.h"

#include <mugai/config.h>

typedef struct MugaiTally MugaiTally;

/* Starts the thread; of @config only the store is used. SYSTEM. */
MugaiTally *mugai_tally_new(const MugaiConfig *config, GError **error);
void mugai_tally_free(MugaiTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiTally, mugai_tally_free)

/* Sets what @figures have of a count to the last one; leaves them alone before the first. Never
 * waits for a disk. */
void mugai_tally_read(MugaiTally *tally, MugaiFigures *figures);
