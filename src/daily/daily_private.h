/* daily_private.h - what the files of the digest share */
#pragma once

#include <mugai/daily.h>
#include <mugai/fd.h>
#include <mugai/text.h>
#include <unistd.h>

/* Outcomes in the log of looks; a reason may stand behind the last four. "failed" is tried again,
 * as are the last two, which come before "sending": the index could not be read, or has not all. */
#define MUGAI_DAILY_SENDING "sending"
#define MUGAI_DAILY_SENT "sent"
#define MUGAI_DAILY_REFUSED "refused"
#define MUGAI_DAILY_FAILED "failed"
#define MUGAI_DAILY_UNREADABLE "unreadable"
#define MUGAI_DAILY_INCOMPLETE "incomplete"

struct MugaiDaily {
    MugaiPeriod period;
    char *reader; /* whose mail it is of, and who gets it; NULL: all, and the administrators */
    gboolean subjects;
    const MugaiSettings *settings;
    MugaiDailyCounts counts;
    guint64 told;
    MugaiText *messages; /* lines of what is told one by one */
};

/* Whether there is anything to tell of it. @report: the entry's, NULL if it cannot be read. */
gboolean mugai_daily_is_noteworthy(const MugaiEntry *entry, const MugaiReport *report);
/* mugai_daily_add() for who has read the report. */
void mugai_daily_add_read(MugaiDaily *daily, const MugaiEntry *entry, const MugaiReport *report);
/* "2026-11-20 10:00" in local time, newly allocated. */
char *mugai_daily_format(gint64 seconds);

/* Writes into the log of looks what became of the digest of @period to @reader. */
gboolean mugai_daily_note(const MugaiConfig *config, const MugaiPeriod *period, const char *reader,
                          const char *outcome, GPtrArray *words, GError **error);
/* The readers whose digest of @period is not to be tried again, as a set. */
GHashTable *mugai_daily_readers_past(const MugaiConfig *config, const MugaiPeriod *period,
                                     GError **error);

/* What came of a digest at all of its recipients. */
typedef struct {
    gboolean accepted, unknown, failed; /* of one at least */
    GString *refused;                   /* who has not got it, and why */
} MugaiDailySum;

/* Composes @daily for @to, hands it over, and writes down before and after what becomes of it.
 * SYSTEM where a later try may help, EXISTS where nobody knows; GUARD, which @sum->refused says as
 * well, and a reader's is not tried again. Under the lock. */
gboolean mugai_daily_hand_over(const MugaiDaily *daily, const MugaiConfig *config,
                               const char *const *to, GPtrArray *words, MugaiDailySum *sum,
                               GError **error);
/* CONFIG where nobody is told to whom, by whom and how. */
gboolean mugai_daily_check_config(const MugaiConfig *config, GError **error);
/* A descriptor: as long as it is open, nobody else sends a digest. -1: SYSTEM. */
int mugai_daily_lock(const MugaiConfig *config, GError **error);
/* EXISTS if the digest of @period was sent, or may have been. */
gboolean mugai_daily_check_past(const MugaiConfig *config, const MugaiPeriod *period,
                                GError **error);
