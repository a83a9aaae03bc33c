/* session.h - what libmilter calls: connections and the messages on them */
#pragma once

#include "indexer.h"
#include "service.h"

#include <libmilter/mfapi.h>

/* Registers the callbacks. @desk and @indexer outlive smfi_main(). SYSTEM. Once per process:
 * libmilter hands its callbacks nothing of the program's own. */
gboolean mugai_session_register(MugaiDesk *desk, MugaiIndexer *indexer, GError **error);
