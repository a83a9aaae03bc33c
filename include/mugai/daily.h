/*
 * daily.h - the digest: what became of the mail of some time, as one mail to the administrators
 *
 * (digest.h is SHA-256.)
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/id.h>
#include <mugai/seal.h>
#include <mugai/store.h>

G_BEGIN_DECLS

/* Messages told of one by one, and parts or warnings of each; beyond them only how many more. */
#define MUGAI_DAILY_MESSAGES_MAX 200u
#define MUGAI_DAILY_PARTS_MAX 10u
/* What is deleted within so many days is said before. */
#define MUGAI_DAILY_NOTICE_DAYS 7
/* Recipients that get a digest of their own. */
#define MUGAI_DAILY_READERS_MAX 10000u
/* So many that fail one after the other are the server's fault: no more are tried. */
#define MUGAI_DAILY_FAILURES_MAX 3u
/* A digest that could not be sent is due for so many days. */
#define MUGAI_DAILY_DAYS_MAX 14u
/* So long after its first try a digest waits for originals that the index does not know yet. */
#define MUGAI_DAILY_PATIENCE_SECONDS 86400

/* From @since to before @until, unix seconds. */
typedef struct {
    gint64 since, until;
} MugaiPeriod;

/* What is known of a time. */
typedef struct MugaiDaily MugaiDaily;

typedef struct {
    guint64 messages, passed, notice_only, kept; /* by what went on; kept: it is not known */
    guint64 removed, unreadable;                 /* parts */
    guint64 missing;                 /* originals that are not in the index: nothing of the above */
    guint64 noteworthy;              /* messages that are told of, or would be with more room */
    guint64 held, damaged, expiring; /* of the whole store, at the time of asking */
} MugaiDailyCounts;

MugaiDaily *mugai_daily_new(const MugaiPeriod *period, gboolean subjects,
                            const MugaiSettings *settings);
void mugai_daily_free(MugaiDaily *daily);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiDaily, mugai_daily_free)

/* Counts @entry in, and tells of it where there is something to tell. Newest first. */
void mugai_daily_add(MugaiDaily *daily, const MugaiEntry *entry);
/* Asks the index for all of it, and @store whether the index knows all of it: it is a cache, and
 * may have been lost. @now: unix seconds. Errors of the index and the store. */
MugaiDaily *mugai_daily_collect(MugaiStore *store, MugaiIndex *index, const MugaiConfig *config,
                                const MugaiPeriod *period, gint64 now, GError **error);
MugaiDailyCounts mugai_daily_counts(const MugaiDaily *daily);

/* The text: clean characters, links inert, lines end in LF. Newly allocated. */
char *mugai_daily_text(const MugaiDaily *daily);

/* The mail from @sender to @to (plain addresses), in the output profile, sealed with @key (may be
 * NULL); the guard has said yes. @now: unix seconds. GUARD. */
GBytes *mugai_daily_compose(const MugaiDaily *daily, const char *sender, const char *const *to,
                            const MugaiSealKey *key, gint64 now, GError **error);

/* Composes it and hands it to [digest] server, once: the log of looks says so before and after.
 * EXISTS where it was sent, or may have been, and not @again; SYSTEM where it certainly was not and
 * a later try may help; CONFIG, GUARD. @words: what was typed. @ret_refused: recipients that the
 * server did not take and why, newly allocated, NULL if it took all; @ret_sent: FALSE where it is
 * all of them, and for good: the digest has "failed" and stays due. */
gboolean mugai_daily_send(const MugaiDaily *daily, const MugaiConfig *config, gboolean again,
                          GPtrArray *words, gboolean *ret_sent, char **ret_refused, GError **error);
/* What became of the digests of single recipients; those that had theirs before do not count. */
typedef struct {
    guint64 sent, refused; /* refused: for good, by the server or the guard */
    guint64 failed;        /* a later try may help */
    guint64 unknown;       /* perhaps sent */
    guint64 beyond;        /* not even tried: more recipients than MUGAI_DAILY_READERS_MAX */
} MugaiDailyReaders;

/* Sends each recipient that [digest] recipients names, and from whose mail of @period something was
 * removed, what that was: once, and of nobody else's mail. @ret_refused: who has not got his and
 * why, newly allocated, NULL if all have. Errors of the index and the log. */
gboolean mugai_daily_send_readers(MugaiIndex *index, const MugaiConfig *config,
                                  const MugaiPeriod *period, GPtrArray *words,
                                  MugaiDailyReaders *ret_readers, char **ret_refused,
                                  GError **error);
/* Writes down that the quarantine is looked at (I9), for the digest of that time. */
gboolean mugai_daily_note_look(const MugaiConfig *config, const MugaiPeriod *period,
                               GPtrArray *words, GError **error);
/* Writes down that the index of that time could not be read: its digest stays due. */
gboolean mugai_daily_note_failure(const MugaiConfig *config, const MugaiPeriod *period,
                                  const char *why, GPtrArray *words, GError **error);
/* Whether the digest of that time is to wait for what the index does not know: from the first time
 * that this is asked, for MUGAI_DAILY_PATIENCE_SECONDS. If so, writes it down, and @why. */
gboolean mugai_daily_put_off(const MugaiConfig *config, const MugaiPeriod *period, gint64 now,
                             const char *why, GPtrArray *words, gboolean *ret_waits,
                             GError **error);

/* The whole local days whose digest is to be sent, oldest first (of MugaiPeriod), at least one:
 * those after the last one that was sent, those that failed, for all or for one reader, and
 * yesterday, unless it was sent and another is due. @ret_lost: the time before them of which none
 * was sent and none will be; all 0 if there is none. Errors of the log. */
GArray *mugai_daily_due(const MugaiConfig *config, gint64 now, MugaiPeriod *ret_lost,
                        GError **error);

G_END_DECLS
