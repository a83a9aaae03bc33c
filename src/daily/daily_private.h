/* daily_private.h - what the files of the digest share */
#pragma once

#include <mugai/daily.h>
#include <mugai/text.h>

/* Outcomes in the log of looks; a reason may stand behind the last one. */
#define MUGAI_DAILY_SENDING "sending"
#define MUGAI_DAILY_SENT "sent"
#define MUGAI_DAILY_FAILED "failed"

struct MugaiDaily {
    MugaiPeriod period;
    gboolean subjects;
    const MugaiSettings *settings;
    MugaiDailyCounts counts;
    guint64 told;
    MugaiText *messages; /* lines of what is told one by one */
};

/* "2026-11-20 10:00" in local time, newly allocated. */
char *mugai_daily_format(gint64 seconds);

/* Writes into the log of looks what became of the digest of @period. */
gboolean mugai_daily_note(const MugaiConfig *config, const MugaiPeriod *period, const char *outcome,
                          GPtrArray *words, GError **error);
/* EXISTS if the digest of @period was sent, or may have been. */
gboolean mugai_daily_check_past(const MugaiConfig *config, const MugaiPeriod *period,
                                GError **error);
