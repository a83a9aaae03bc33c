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

/* What is known of the time from @since to before @until (unix seconds). */
typedef struct MugaiDaily MugaiDaily;

typedef struct {
    guint64 messages, passed, notice_only, kept; /* by what went on; kept: it is not known */
    guint64 removed, unreadable;                 /* parts */
    guint64 noteworthy;              /* messages that are told of, or would be with more room */
    guint64 held, damaged, expiring; /* of the whole store, at the time of asking */
} MugaiDailyCounts;

MugaiDaily *mugai_daily_new(gint64 since, gint64 until, gboolean subjects,
                            const MugaiSettings *settings);
void mugai_daily_free(MugaiDaily *daily);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiDaily, mugai_daily_free)

/* Counts @entry in, and tells of it where there is something to tell. Newest first. */
void mugai_daily_add(MugaiDaily *daily, const MugaiEntry *entry);
/* Asks the index for all of it. @now: unix seconds. Errors of the index. */
MugaiDaily *mugai_daily_collect(MugaiIndex *index, const MugaiConfig *config, gint64 since,
                                gint64 until, gint64 now, GError **error);
MugaiDailyCounts mugai_daily_counts(const MugaiDaily *daily);

/* The text: clean characters, links inert, lines end in LF. Newly allocated. */
char *mugai_daily_text(const MugaiDaily *daily);

/* The mail from @sender to @to (plain addresses), in the output profile, sealed with @key (may be
 * NULL); the guard has said yes. @now: unix seconds. GUARD. */
GBytes *mugai_daily_compose(const MugaiDaily *daily, const char *sender, const char *const *to,
                            const MugaiSealKey *key, gint64 now, GError **error);

/* Composes it and hands it to [digest] server, once: the log of looks says so before and after.
 * EXISTS where it was sent, or may have been, and not @again; SYSTEM where it certainly was not and
 * a later try may help; CONFIG. @words: what was typed. @ret_refused: recipients that the server
 * did not take, newly allocated, NULL if it took all. */
gboolean mugai_daily_send(const MugaiDaily *daily, const MugaiConfig *config, gboolean again,
                          GPtrArray *words, char **ret_refused, GError **error);
/* Writes down that the quarantine is looked at (I9), for the digest of that time. */
gboolean mugai_daily_note_look(const MugaiConfig *config, gint64 since, gint64 until,
                               GPtrArray *words, GError **error);

G_END_DECLS
