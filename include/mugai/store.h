/*
 * store.h - the quarantine: originals as gzip objects, durable before anybody is told, and an index
 * behind them
 *
 * <path>/YYYY/MM/DD/<id>.eml.gz, the date that of the id. The gzip header's comment is
 * mugai_envelope_to_json(). Where [store] seal_to names keys, it is <id>.eml.sealed instead, the
 * same gzip sealed to them (vault.h); a store may hold both. The index is <path>/index.sqlite: a
 * cache, may be deleted at any time (I8).
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/id.h>
#include <mugai/report.h>
#include <mugai/vault.h>

G_BEGIN_DECLS

typedef struct MugaiStore MugaiStore;

/* Opens the store at @config->store_path, which must exist, be a directory of the caller's (or the
 * caller be root) and be open to nobody else (mode 0700). Day directories are made as needed.
 * SYSTEM with what to do. Safe to use from many threads. */
MugaiStore *mugai_store_open(const MugaiConfig *config, GError **error);
void mugai_store_free(MugaiStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiStore, mugai_store_free)

/* Octets free for originals on its file system, and below how many none is begun; FALSE with errno
 * set. */
gboolean mugai_store_space(const MugaiStore *store, guint64 *ret_free, guint64 *ret_minimum);

/* "KEYID, KEYID" of the keys that new originals are sealed to, NULL if they are not; owned. */
const char *mugai_store_sealed_to(const MugaiStore *store);
/* From now on sealed originals, and sealed entries of the index, are unlocked with @key as they are
 * read, where they are sealed to it. Before any other thread has @store; @key stays the caller's
 * and must live as long. */
void mugai_store_use_key(MugaiStore *store, const MugaiVaultKey *key);

/* An original being written: an unnamed file, gone with the process unless finished. */
typedef struct MugaiObject MugaiObject;

/* Begins an original. A new id for @envelope->received is drawn that the store does not have. FULL
 * below min_free. */
MugaiObject *mugai_store_begin(MugaiStore *store, const MugaiEnvelope *envelope, GError **error);
const MugaiId *mugai_object_id(const MugaiObject *object);
/* Appends octets of the original. */
gboolean mugai_object_append(MugaiObject *object, const void *octets, gsize length, GError **error);
/* Gives up: nothing stays. NULL is fine. */
void mugai_object_abort(MugaiObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiObject, mugai_object_abort)

/* Proof that an original is durable and named; made by mugai_object_finish() alone (I2). */
typedef struct MugaiReceipt MugaiReceipt;
void mugai_receipt_free(MugaiReceipt *receipt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiReceipt, mugai_receipt_free)
const MugaiId *mugai_receipt_id(const MugaiReceipt *receipt);
guint64 mugai_receipt_size(const MugaiReceipt *receipt); /* octets of the original */
const char *
mugai_receipt_sha256(const MugaiReceipt *receipt); /* of the original, lower-case hex, owned */
const MugaiEnvelope *mugai_receipt_envelope(const MugaiReceipt *receipt);

/* Ends the gzip stream, syncs, links the name, syncs the directories. Frees @object whatever
 * happens; on failure nothing stays. EXISTS if the id was taken in the meantime. */
MugaiReceipt *mugai_object_finish(MugaiObject *object, GError **error);

/* An original being read. */
typedef struct MugaiOriginal MugaiOriginal;

/* NOT_FOUND if there is no such object, MALFORMED if it is not one of ours. */
MugaiOriginal *mugai_store_read(MugaiStore *store, const MugaiId *id, GError **error);
void mugai_original_free(MugaiOriginal *original);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiOriginal, mugai_original_free)
/* Of a sealed one that is not unlocked: what it says in the clear, which only the key can prove. */
const MugaiEnvelope *mugai_original_envelope(const MugaiOriginal *original);
/* Writes all octets to @fd and verifies the gzip checksum: MALFORMED if the object is damaged,
 * SEALED if it is sealed and not unlocked. @ret_size and @ret_sha256 (newly allocated lower-case
 * hex) may be NULL. */
gboolean mugai_original_copy(MugaiOriginal *original, int fd, guint64 *ret_size, char **ret_sha256,
                             GError **error);

/* Whether it is sealed; unlocking changes nothing of that. */
gboolean mugai_original_is_sealed(const MugaiOriginal *original);
/* Whether its octets can be had: it is not sealed, or unlocked. */
gboolean mugai_original_is_open(const MugaiOriginal *original);
/* The data keys of a sealed one, for who has a private key: mugai_vault_key_unbox(). Owned; of one
 * that is not sealed NULL, and the count 0. */
const MugaiVaultBox *mugai_original_boxes(const MugaiOriginal *original, guint *ret_count);
/* Unlocks this one. SEALED if it is another key, MALFORMED if the object is damaged. */
gboolean mugai_original_unlock(MugaiOriginal *original, const MugaiVaultDataKey *data_key,
                               GError **error);

/* What reading an object to its end has shown. */
typedef struct {
    guint64 size;  /* octets of the original; of one that is not open, as it says itself */
    char *sha256;  /* of the original; of one that is not open the one at its end (vault.h) */
    gboolean open; /* as mugai_original_is_open() */
} MugaiOriginalFacts;
void mugai_original_facts_clear(MugaiOriginalFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiOriginalFacts, mugai_original_facts_clear)
/* Reads all of it and writes nothing: MALFORMED if it is damaged. */
gboolean mugai_original_verify(MugaiOriginal *original, MugaiOriginalFacts *ret_facts,
                               GError **error);

/* Calls @visit for each object of the days from @since to @until (unix seconds, UTC days), oldest
 * first; stops when it returns FALSE. Foreign files are passed over. */
typedef gboolean (*MugaiStoreVisit)(const MugaiId *id, gpointer data);
gboolean mugai_store_visit(MugaiStore *store, gint64 since, gint64 until, MugaiStoreVisit visit,
                           gpointer data, GError **error);

/* The id of the first object of the day of @since or a later one; of none, ret_id->text is "". */
gboolean mugai_store_find_first(MugaiStore *store, gint64 since, MugaiId *ret_id, GError **error);
/* The id of the last object of all; of none, ret_id->text is "". */
gboolean mugai_store_find_last(MugaiStore *store, MugaiId *ret_id, GError **error);

/* The same as mugai_store_visit() for all objects, and @stray for each file that is none of ours:
 * @path below the store, hostile, and what is odd about it. */
typedef gboolean (*MugaiStoreStray)(const char *path, const char *what, gpointer data);
gboolean mugai_store_visit_all(MugaiStore *store, MugaiStoreVisit visit, MugaiStoreStray stray,
                               gpointer data, GError **error);

/* --- how much there is --- */

typedef struct {
    guint64 objects;
    guint64 octets; /* of their files */
    gint64 oldest;  /* unix seconds: when the day of the oldest begins (UTC); 0: there is none */
} MugaiCounts;

/* Counts, and remembers of each day what it has found. One thread only. */
typedef struct MugaiCensus MugaiCensus;

/* @store outlives it. */
MugaiCensus *mugai_census_new(MugaiStore *store);
void mugai_census_free(MugaiCensus *census);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiCensus, mugai_census_free)
/* What the store has now; of days that have not changed since the last time no file is looked at.
 * SYSTEM; the same when another thread has set @stop (atomic) to something else than 0. */
gboolean mugai_census_take(MugaiCensus *census, const gint *stop, MugaiCounts *ret_counts,
                           GError **error);

/* Whether there is an object of @id, whole or not. FALSE with @error: it cannot be known. */
gboolean mugai_store_has(MugaiStore *store, const MugaiId *id, GError **error);

/* --- the index --- */

typedef struct MugaiIndex MugaiIndex;

/* Opens or makes the index of @store. One per thread. @writable FALSE never creates or changes it;
 * NOT_FOUND if there is none yet. */
MugaiIndex *mugai_index_open(MugaiStore *store, gboolean writable, GError **error);
void mugai_index_free(MugaiIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiIndex, mugai_index_free)
/* Whether @index made the file anew since this was asked last: it has lost what it knew. */
gboolean mugai_index_was_made(MugaiIndex *index);
/* Whether anything in it was damaged and passed over, or shown as unreadable, since it was opened.
 */
gboolean mugai_index_is_damaged(const MugaiIndex *index);
/* Reads all of the file: MALFORMED if it is damaged. What is in an entry is not looked at: fsck
 * does that, with the object beside it. */
gboolean mugai_index_check(MugaiIndex *index, GError **error);
/* Mends what that finds: what searching needs is made anew from the entries; where the tables
 * themselves are damaged an empty file is begun, which other writers and readers follow. */
gboolean mugai_index_mend(MugaiIndex *index, GError **error);

/* The states of an entry: the sanitized message went on; only the notice did; what became of it is
 * not known, for the entry was made from the object. */
#define MUGAI_STATE_PASSED "passed"
#define MUGAI_STATE_NOTICE_ONLY "notice-only"
#define MUGAI_STATE_KEPT "kept"

/* One message as the index knows it. All strings owned by the entry, valid UTF-8, hostile. */
typedef struct {
    MugaiId id;
    gint64 received; /* unix seconds */
    char *state;     /* a MUGAI_STATE_* */
    MugaiEnvelope *envelope;
    char *subject;
    char *from;
    guint64 size;
    char *sha256;        /* of the original, lower-case hex */
    MugaiReport *report; /* what report_json says, in an entry that is to be added; NULL: it is read
                            from there */
    char *report_json;   /* mugai_report_to_json(), one line, with envelope and state: what list
                            --json prints; read back, with "held" and "damaged" where they are TRUE */
    gboolean held;       /* kept beyond its days, see mugai_index_set_held() */
    gboolean damaged;    /* see mugai_index_set_damaged() */
    gboolean unreadable; /* its row is damaged: all but id, received and size, which may be wrong,
                            is unknown */
    gboolean sealed;     /* what the content says is sealed, and the key not here: subject is
                            "(sealed)", from and sha256 are "", of the report there are the
                            dispositions of its parts; in report_json "sealed":true */
} MugaiEntry;

void mugai_entry_free(MugaiEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiEntry, mugai_entry_free)

/* One that says of @id what @envelope, which it takes over, and @report do: the state is "kept". */
MugaiEntry *mugai_entry_of_envelope(const MugaiId *id, MugaiEnvelope *envelope, guint64 size,
                                    const MugaiReport *report);
/* Whether it was made with the original at hand; not if all it has is an envelope, or less. */
gboolean mugai_entry_knows_original(const MugaiEntry *entry);
/* Whether the original of that size and, unless NULL, SHA-256 is the one that @entry knows. */
gboolean mugai_entry_is_of(const MugaiEntry *entry, guint64 size, const char *sha256);
/* Whether @entry, which may be NULL, knows another original than that one. */
gboolean mugai_entry_contradicts(const MugaiEntry *entry, guint64 size, const char *sha256);

/* Adds or replaces the entry of its id. Not synced: the objects are the truth. */
gboolean mugai_index_add(MugaiIndex *index, const MugaiEntry *entry, GError **error);
/* The same for all @entries (of MugaiEntry) or none of them: many at once are cheaper. */
gboolean mugai_index_add_many(MugaiIndex *index, const GPtrArray *entries, GError **error);
/* The same, but an entry that is there already stays: it may know what became of the message. */
gboolean mugai_index_add_missing(MugaiIndex *index, const MugaiEntry *entry, GError **error);
/* Removes the entry of @id; TRUE also where there was none. */
gboolean mugai_index_remove(MugaiIndex *index, const MugaiId *id, GError **error);
/* Sets the mark that list shows; TRUE also without an entry. What the store itself says of a hold
 * is the truth, this a copy for finding it. */
gboolean mugai_index_set_held(MugaiIndex *index, const MugaiId *id, gboolean held, GError **error);
/* The same for an object that is no longer what it was. */
gboolean mugai_index_set_damaged(MugaiIndex *index, const MugaiId *id, gboolean damaged,
                                 GError **error);
gboolean mugai_index_has(MugaiIndex *index, const MugaiId *id);
/* NOT_FOUND without one. */
MugaiEntry *mugai_index_get(MugaiIndex *index, const MugaiId *id, GError **error);

/* With [store] seal_index, entries are sealed under keys that are themselves sealed and kept in the
 * index, one for each day and writer. */

/* Whether there are entries that no key at hand opens: mugai_index_list() does not find them by
 * what is sealed. */
gboolean mugai_index_is_locked(MugaiIndex *index, gboolean *ret_locked, GError **error);
/* Calls @visit with each key as it is kept, for who has a private key: mugai_vault_key_unbox(). */
typedef gboolean (*MugaiIndexKeyVisit)(gint64 number, const MugaiVaultBox *boxes, guint n_boxes,
                                       gpointer data);
gboolean mugai_index_visit_keys(MugaiIndex *index, MugaiIndexKeyVisit visit, gpointer data,
                                GError **error);
/* Gives it key @number. Forgotten where the file is made anew. */
void mugai_index_unlock(MugaiIndex *index, gint64 number, const MugaiVaultDataKey *data_key);

/* Calls @visit for all ids in the index, in order; stops when it returns FALSE. No lock is held
 * meanwhile. */
gboolean mugai_index_visit(MugaiIndex *index, MugaiStoreVisit visit, gpointer data, GError **error);

/* What to list; zeroed means everything. Terms are substrings of two characters at least, compared
 * after NFKC and case folding; an empty one is none. */
typedef struct {
    gint64 since, until; /* unix seconds, 0: no bound; until is exclusive */
    const char *from;    /* in envelope sender or header From */
    const char *to;      /* in any recipient */
    const char *subject;
    const char *name;     /* in the name of a part */
    const char *text;     /* in any of these, or a whole id, its first 14 characters, a whole queue
                             id or message id */
    const char *queue_id; /* whole, whatever its case */
    const char *message_id; /* the same, with or without brackets */
    const char *state;      /* exactly */
    gboolean removed;      /* only with parts that the reader did not get: removed or unreadable; an
                              alternative that is not shown does not count */
    gboolean warnings;     /* only with warnings */
    gboolean held;         /* only what is held */
    gboolean damaged;      /* only what is damaged */
    const MugaiId *before; /* only what is listed after this one, which must be in the index */
    guint limit;           /* 0: no limit */
} MugaiQuery;

/* Calls @visit for each match, newest first (those of one second by id, backwards); stops when it
 * returns FALSE. No lock is held meanwhile: the visitor may take its time. USAGE for a term that is
 * too short, NOT_FOUND if @before is not in the index. */
typedef gboolean (*MugaiIndexVisit)(const MugaiEntry *entry, gpointer data);
gboolean mugai_index_list(MugaiIndex *index, const MugaiQuery *query, MugaiIndexVisit visit,
                          gpointer data, GError **error);

G_END_DECLS
