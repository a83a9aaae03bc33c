/* daily_private.h - what the files of the digest share */
#pragma once

#include <mugai/daily.h>
#include <mugai/text.h>

struct MugaiDaily {
    gint64 since, until;
    gboolean subjects;
    const MugaiSettings *settings;
    MugaiDailyCounts counts;
    guint64 told;
    MugaiText *messages; /* lines of what is told one by one */
};

/* "2026-11-20 10:00" in local time, newly allocated. */
char *mugai_daily_format(gint64 seconds);
