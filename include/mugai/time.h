/* time.h - a moment and where the clocks on the wall stood then */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUGAI_TIME_DAY_SECONDS G_GINT64_CONSTANT(86400)
/* 9999-12-31T23:59:59Z: times beyond could be read and not be written. */
#define MUGAI_TIME_SECONDS_MAX G_GINT64_CONSTANT(253402300799)

typedef struct {
    gint64 seconds; /* since 1970, UTC */
    gint32 offset;  /* of local time, seconds east of UTC, whole minutes */
} MugaiTime;

/* @seconds with the offset that local time had, or will have, then; 0 where nobody can say. The C
 * library's, which a locked process may ask once it has asked before: GLib would want to read the
 * time zone's file. */
MugaiTime mugai_time_local(gint64 seconds);

/* The first second of the local day @days after that of @now (unix seconds), or before it. Not in a
 * locked process. */
gint64 mugai_time_midnight(gint64 now, int days);

G_END_DECLS
