/*
 * retention.h - originals are kept so many days, longer while they are held, and then deleted
 *
 * A hold is the file <id>.hold beside the object: the entry of the log that ordered it, as JSON
 * (record.h). It goes where the object goes, and needs no index (I8). Whatever it holds, a file of
 * that name holds the object.
 */
#pragma once

#include <glib.h>
#include <mugai/record.h>
#include <mugai/store.h>

G_BEGIN_DECLS

/* Whether @id is held. NOT_FOUND if there is no such object: then, and on any other error, TRUE, so
 * that nobody deletes what he could not look at. */
gboolean mugai_hold_check(MugaiStore *store, const MugaiId *id, GError **error);
/* Whether there is a hold of @id, whether or not what it holds is there. TRUE with @error. */
gboolean mugai_hold_is_set(MugaiStore *store, const MugaiId *id, GError **error);
/* Who holds it since when and why; NULL with NOT_FOUND if nobody does, MALFORMED if the file does
 * not say. */
MugaiRecord *mugai_hold_read(MugaiStore *store, const MugaiId *id, GError **error);
/* Holds the object as @record says, durable when it returns. NOT_FOUND without an object, EXISTS if
 * it is held. */
gboolean mugai_hold_set(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                        GError **error);
/* Lets it go, durable when it returns. NOT_FOUND if it is not held. */
gboolean mugai_hold_clear(MugaiStore *store, const MugaiId *id, GError **error);

/* --- deleting --- */

/* Writes @records (of MugaiRecord, MUGAI_AUDIT_RECORDS_MAX at most) down (I9). Nothing is deleted
 * if it fails. */
typedef gboolean (*MugaiRetentionNote)(const GPtrArray *records, gpointer data, GError **error);

/* Deletes one object that is not held, whatever its age and state: writes down @record with its
 * size, SHA-256 and time of receipt (without them where it is damaged), removes it from @index (may
 * be NULL) and the disk, durable when it returns. NOT_FOUND, unless there is something left beside
 * where the object was; EXISTS if it is held. */
gboolean mugai_retention_delete(MugaiStore *store, MugaiIndex *index, const MugaiId *id,
                                MugaiRecord *record, MugaiRetentionNote note, gpointer data,
                                GError **error);

/* An entry of the log: @verb of @actor found that the original of @entry is lost, with what the
 * index knew of it. It is written down before the entry goes. */
MugaiRecord *mugai_retention_lost(const MugaiActor *actor, const char *verb,
                                  const MugaiEntry *entry);

/* --- purging --- */

/* A clock, as far as what is in the store says. */
typedef enum {
    MUGAI_CLOCK_UNKNOWN = 0, /* the store could not be asked */
    MUGAI_CLOCK_BEHIND,      /* an object is of more than a day after it */
    MUGAI_CLOCK_SILENCE,     /* the newest object is older than MUGAI_PURGE_SILENT_DAYS: the clock
                                is ahead, or no mail comes */
    MUGAI_CLOCK_FITS,
} MugaiClock;

#define MUGAI_PURGE_SILENT_DAYS 7
/* Of @now, unix seconds. @error says why for all but FITS: CONFIG, or what UNKNOWN is for. */
MugaiClock mugai_retention_check_clock(MugaiStore *store, gint64 now, GError **error);

/* What became, or would become, of one object that is old enough. */
typedef enum {
    MUGAI_PURGE_FAILED = 0, /* damaged, or it could not be read: it stays, and somebody must look */
    MUGAI_PURGE_HELD,
    MUGAI_PURGE_GONE,
} MugaiPurgeOutcome;

/* @record: its facts; @why: what failed, else NULL. */
typedef void (*MugaiPurgeTell)(MugaiPurgeOutcome outcome, const MugaiRecord *record,
                               const GError *why, gpointer data);

typedef struct {
    const MugaiActor *actor;
    guint days;                /* of retention, 1 and more */
    const GPtrArray *policies; /* of MugaiPolicy, which may say other days */
    gint64 now;                /* unix seconds */
    gboolean dry_run;          /* looks, and deletes nothing, writes nothing down */
    gboolean force;            /* does not ask whether the clock is right */
    MugaiRetentionNote note;
    MugaiPurgeTell tell;
    gpointer data; /* of both */
} MugaiPurge;

typedef struct {
    guint64 purged, held, failed; /* objects */
    guint64 octets;               /* of the originals purged */
    guint64 stale;                /* entries of the index whose objects were gone before */
} MugaiPurgeSummary;

/* Deletes all objects received so many days (of 24 hours) and more before @now that are not held;
 * the day of the id and the time of receipt must both say so. Interrupted at any moment, it is run
 * again. @index may be NULL. Memory does not grow with the number of objects of more than a day.
 *
 * CONFIG, and nothing is done, where @now does not fit what is in the store. One damaged object
 * does not keep others from being deleted; SYSTEM and the errors of @note do. */
gboolean mugai_purge(MugaiStore *store, MugaiIndex *index, const MugaiPurge *purge,
                     MugaiPurgeSummary *ret_summary, GError **error);

G_END_DECLS
