/* fsck.h - is everything in the store what it was? And the index anew, from the objects alone (I8)
 */
#pragma once

#include <glib.h>
#include <mugai/approve.h>
#include <mugai/store.h>

G_BEGIN_DECLS

typedef enum {
    MUGAI_FSCK_DAMAGED = 0, /* an object that cannot be read to its end */
    MUGAI_FSCK_CHANGED,     /* a whole object that is not the one the index knows */
    MUGAI_FSCK_MISPLACED,   /* a whole object that was received on another day than its id says */
    MUGAI_FSCK_LOST,        /* an entry without an object */
    MUGAI_FSCK_UNLISTED,    /* an object without an entry */
    MUGAI_FSCK_MARK,        /* an entry whose marks are wrong */
    MUGAI_FSCK_INDEX,       /* the index is missing or damaged */
    MUGAI_FSCK_STRAY, /* a file that is none of ours, or cannot be read, or whose object is lost */
    MUGAI_FSCK_KINDS,
} MugaiFsckKind;

/* A word: "damaged", "stray". */
const char *mugai_fsck_kind_name(MugaiFsckKind kind);

typedef struct {
    MugaiFsckKind kind;
    const char *name; /* an id, or a path below the store; hostile */
    const char *what; /* for people; hostile */
    gboolean repaired;
} MugaiFinding;

typedef struct {
    gboolean repair;
    MugaiPool *pool; /* with repair: sanitizes what has no entry */
    guint parallel;  /* with repair: messages in the pool at once, not more than it has children */
    /* With repair: an empty file for a copy of an original, -1 with @error. */
    int (*open_scratch)(GError **error);
    /* With repair: writes down that the originals of @entries (of MugaiEntry) are lost, before
     * their entries go. */
    gboolean (*note_lost)(const GPtrArray *entries, gpointer data, GError **error);
    void (*tell)(const MugaiFinding *finding, gpointer data);
    /* After each object. */
    void (*progress)(guint64 objects, guint64 octets, gpointer data);
    gpointer data;
} MugaiFsck;

typedef struct {
    guint64 objects, octets; /* read */
    guint64 findings[MUGAI_FSCK_KINDS];
    guint64 repaired; /* of the findings */
    guint64 recent;   /* objects of the last minute without an entry: it is on its way */
} MugaiFsckSummary;

/* Entries that are noted at once. */
#define MUGAI_FSCK_LOST_MAX 256u

/* Reads every object and compares it with the index. With repair, the index gets what it lacks and
 * loses what it has too much, marks included; nothing else is changed: an object never. mugaid may
 * run, no lock is held for long. TRUE: all was looked at, @ret_summary says what was found; FALSE:
 * SYSTEM, and whatever a worker that cannot be started says. */
gboolean mugai_fsck(MugaiStore *store, const MugaiFsck *fsck, MugaiFsckSummary *ret_summary,
                    GError **error);

G_END_DECLS
