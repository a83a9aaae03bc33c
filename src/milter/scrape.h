/* scrape.h - hands the metrics out, on a unix socket and on the loopback interface */
#pragma once

#include "metrics.h"
#include "service.h"

typedef struct MugaiScrape MugaiScrape;

/* Makes the sockets of [metrics]; none where it names none. Before the lock, which lets none be
 * made. CONFIG, SYSTEM. */
MugaiScrape *mugai_scrape_open(const MugaiConfig *config, GError **error);
/* Begins to answer and to count the store, each in a thread of its own; nothing where there is no
 * socket. @duty and @metrics outlive the scrape; of @config only the store is used. SYSTEM. */
gboolean mugai_scrape_start(MugaiScrape *scrape, MugaiDuty *duty, const MugaiMetrics *metrics,
                            const MugaiConfig *config, GError **error);
/* Ends the thread; whoever waits for an answer gets none. */
void mugai_scrape_free(MugaiScrape *scrape);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiScrape, mugai_scrape_free)
