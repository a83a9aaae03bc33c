/* starter.h - mugaid as two processes: a starter that may still start something, and a service that
 * serves mail */
#pragma once

#include "watch.h"

#include <mugai/approve.h>

/* Makes a service beside the calling process and returns in it alone: as @config->milter_user where
 * the caller may change users (root, or whoever has the capabilities), without capabilities, with
 * SIGHUP blocked, to be ended with the caller. What is returned has the starter start workers and
 * end them; it is given to mugai_starter_free() after the last pool.
 *
 * The caller becomes the starter and does not return: it closes @service_fds (-1: none), sends the
 * service the SIGTERM, SIGINT and SIGHUP that it gets itself, and ends when the service does, with
 * its exit status. It tells @manager what mugai_starter_tell() says and, where that is wanted,
 * whether the milter's socket still answers. CONFIG if root has called and the users of @config are
 * not there or are the same; SYSTEM. Before the first thread, once per process. */
MugaiLauncher *mugai_starter_split(const MugaiConfig *config, const MugaiManager *manager,
                                   const int *service_fds, gsize n_service_fds, GError **error);
/* Has the starter tell the service manager. */
void mugai_starter_tell(MugaiLauncher *launcher, MugaiTidings tidings);
void mugai_starter_free(MugaiLauncher *launcher);
