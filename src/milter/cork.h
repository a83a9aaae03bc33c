/* cork.h - what libmilter writes on one thread, sent at once */
#pragma once

#include <glib.h>

/* From now on what libmilter writes on this thread is kept, to be sent by one call. */
void mugai_cork_begin(void);
/* Sends what was kept; what libmilter writes goes at once again. FALSE with errno set if the MTA is
 * gone: libmilter, which believes it sent, is told by its next write. */
gboolean mugai_cork_end(void);
/* The same, but nothing is sent any more. */
void mugai_cork_drop(void);
