/* passed.h - the socket that the service manager has opened, and passes: sd_listen_fds(3) */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The one socket that was passed to this process; it will not be passed on, and neither will the
 * variables that tell of it. -1 without @error: none was. -1 with SYSTEM: there are several, or it
 * is no socket that listens, of @domain (AF_UNSPEC: any) and @type, which a .socket unit makes by
 * @directive. Before the first thread, and before anything else takes the number 3. */
int mugai_passed_socket(int domain, int type, const char *directive, GError **error);

G_END_DECLS
