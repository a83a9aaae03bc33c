/* indexer.h - puts passed messages into the index, behind the accept path */
#pragma once

#include "service.h"

typedef struct MugaiIndexer MugaiIndexer;

/* Starts the thread, which first looks for what an earlier process has left out. @duty outlives the
 * indexer; of @config only the store is used. SYSTEM. */
MugaiIndexer *mugai_indexer_new(MugaiDuty *duty, const MugaiConfig *config, GError **error);
/* Works off what is queued and ends the thread. */
void mugai_indexer_free(MugaiIndexer *indexer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiIndexer, mugai_indexer_free)

/* Queues a message that has passed; takes both over. Never waits for a disk: with a full queue it
 * forgets the message for now, and the thread finds it again in the store. */
void mugai_indexer_add(MugaiIndexer *indexer, MugaiReceipt *receipt, MugaiApproved *approved,
                       MugaiTime received);
