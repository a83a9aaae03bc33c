/* session.h - what libmilter calls: connections and the messages on them */
#pragma once

#include "indexer.h"
#include "metrics.h"
#include "service.h"

#include <libmilter/mfapi.h>

/* Registers the callbacks. SYSTEM. */
gboolean mugai_session_register(GError **error);
/* What they use, from before smfi_main() until after it. Once per process: libmilter hands its
 * callbacks nothing of the program's own. */
void mugai_session_use(MugaiDuty *duty, MugaiIndexer *indexer, MugaiMetrics *metrics);
