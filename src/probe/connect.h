/* connect.h - a connection to a milter */
#pragma once

#include <glib.h>

/* See mugai_probe_open(); sends nothing. */
int mugai_probe_connect(const char *name, guint seconds, GError **error);
