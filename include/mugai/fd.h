/* fd.h - a descriptor that is closed where its variable ends */
#pragma once

#include <glib.h>
#include <unistd.h>

G_BEGIN_DECLS

/* g_auto(MugaiFd) fd = open(...); -1 is none. */
typedef int MugaiFd;
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(MugaiFd, close, -1)

/* The descriptor for somebody else to close; *@fd is -1 then. GLib has g_steal_fd() since 2.70. */
static inline int
mugai_fd_steal(MugaiFd *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

G_END_DECLS
