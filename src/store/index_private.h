/* index_private.h - what the files of the index share; SQLite's types get their cleanup here */
#pragma once

#include "store_private.h"

#include <sqlite3.h>

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* --- index.c: the file --- */

typedef enum {
    STATEMENT_NUMBER = 0, /* id -> number, marks */
    STATEMENT_GET,        /* id -> MUGAI_INDEX_COLUMNS */
    STATEMENT_AT,         /* number -> MUGAI_INDEX_COLUMNS */
    STATEMENT_LIST,       /* a list of a chunk: see chunk.c */
    STATEMENT_KEY,        /* number -> boxes */
    STATEMENT_FRESH,      /* span of the numbers of fresh rows */
    STATEMENTS_READING,
    STATEMENT_ADD = STATEMENTS_READING,
    STATEMENT_ADD_FRESH,
    STATEMENT_ADD_KEY,
    STATEMENT_MARK,
    STATEMENT_REMOVE,
    STATEMENT_REMOVE_FRESH,
    STATEMENT_REMOVE_FROM_CHUNK,
    STATEMENT_ROWS_OF_CHUNK,
    STATEMENTS,
} Statement;

struct MugaiIndex {
    MugaiStore *store;
    gboolean writable;
    gboolean made;    /* the file, since mugai_index_was_made() */
    gboolean damaged; /* something in it was passed over */
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS]; /* those that write: NULL unless writable */
    guint64 device, inode;                /* of the file that is open */
    GHashTable *keys;                   /* gint64 -> MugaiVaultDataKey: those at hand, see keys.c */
    gint64 sealing_number, sealing_day; /* of the key that entries are sealed with; 0: none yet */
};

/* --- keys.c: what entries are sealed with --- */

/* The key to seal an entry with, drawn and kept where there is none for today; NULL with @error.
 * Within a transaction. */
const MugaiVaultDataKey *mugai_index_sealing_key(MugaiIndex *index, gint64 *ret_number,
                                                 GError **error);
/* The key of that number; NULL: it is not at hand. */
const MugaiVaultDataKey *mugai_index_key(MugaiIndex *index, gint64 number);
/* Whether entries can be opened, some at least. */
gboolean mugai_index_has_keys(MugaiIndex *index);
/* What was not committed, or is of another file, is not there any more. */
void mugai_index_forget_keys(MugaiIndex *index);

/* --- index.c, again --- */

/* Opens the file anew if it is not the one that is open: it may be deleted at any time (I8). */
gboolean mugai_index_refresh(MugaiIndex *index, GError **error);

/* Deletes the file and begins an empty one; other writers and readers follow. */
gboolean mugai_index_renew(MugaiIndex *index, GError **error);

/* FALSE with the database's last error: MALFORMED if the file is damaged, else SYSTEM. */
gboolean mugai_index_fail(MugaiIndex *index, const char *step, GError **error);
/* FALSE with MALFORMED: @what is not as this program writes it. */
gboolean mugai_index_damaged(MugaiIndex *index, const char *what, GError **error);

/* SQL without results. */
gboolean mugai_index_execute(MugaiIndex *index, const char *sql, GError **error);
/* A statement used once; NULL with @error. */
sqlite3_stmt *mugai_index_prepare(MugaiIndex *index, const char *sql, GError **error);
/* Runs a statement that returns no row, and leaves it ready for the next time. */
gboolean mugai_index_run(MugaiIndex *index, sqlite3_stmt *statement, GError **error);
void mugai_index_bind_text(sqlite3_stmt *statement, int at, const char *text);
/* A column as valid UTF-8, newly allocated. */
char *mugai_index_copy_column(sqlite3_stmt *row, int at);

/* Puts the CRC-32 of what @octets are about, whose own is @about, and of them, before them: SQLite
 * has none, and disks are not perfect. */
void mugai_index_prepend_checksum(GByteArray *octets, guint32 about);
/* What stands behind such a checksum in the blob @at of @row, borrowed; NULL if it is not what was
 * written. */
const guint8 *mugai_index_check_blob(sqlite3_stmt *row, int at, guint32 about, gsize *ret_length);

/* --- entry.c: rows --- */

/* One change of the file; within it nothing is committed. */
typedef gboolean (*MugaiIndexChange)(MugaiIndex *index, gconstpointer data, GError **error);
/* Makes the change in one transaction, or not at all; where the file is damaged, in a new one. */
gboolean mugai_index_change(MugaiIndex *index, MugaiIndexChange change, gconstpointer data,
                            GError **error);

/* What mugai_index_read_row() reads. */
#define MUGAI_INDEX_COLUMNS "id, received, size, marks, packed, sealed"
MugaiEntry *mugai_index_read_row(MugaiIndex *index, sqlite3_stmt *row, GError **error);

/* What the report of @entry says, at hand or read from its JSON; a reference of the caller's, NULL
 * if it is none. */
MugaiReport *mugai_entry_report(const MugaiEntry *entry);

/* What may be shown of @entry where its content is sealed: nothing that the content says. */
MugaiEntry *mugai_entry_without_content(const MugaiEntry *entry);

/* Bits of the column marks. */
#define MUGAI_MARK_HELD 1
#define MUGAI_MARK_DAMAGED 2

/* --- words.c: what can be searched --- */

typedef enum {
    /* lines in which any substring is found */
    FIELD_FROM = 0,
    FIELD_TO,
    FIELD_SUBJECT,
    FIELD_NAME,
    FIELDS_OF_TEXT,
    /* lines that are found whole */
    FIELD_ID = FIELDS_OF_TEXT,
    FIELD_QUEUE_ID,
    FIELD_MESSAGE_ID,
    FIELD_MARK,
    FIELDS,
} Field;

/* The searched text of one entry: for each field lines, folded, each with a line end. */
typedef struct {
    char *fields[FIELDS];
} MugaiWords;

void mugai_words_clear(MugaiWords *words);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiWords, mugai_words_clear)

/* Lines of FIELD_MARK. */
#define MUGAI_WORD_REMOVED "removed"
#define MUGAI_WORD_WARNINGS "warnings"
#define MUGAI_WORD_STATE "state:"
#define MUGAI_WORD_SEALED "sealed" /* there is more in it than can be searched */

/* NFKC and case folding, and no invalid octets. */
char *mugai_words_fold(const char *text);
/* A message id as it is searched: folded, without brackets. */
char *mugai_words_fold_message_id(const char *message_id);
void mugai_words_of_entry(const MugaiEntry *entry, MugaiWords *ret_words);
gboolean mugai_words_has_line(const MugaiWords *words, Field field, const char *folded);

/* CRC-32 of all fields. */
guint32 mugai_words_checksum(const MugaiWords *words);
/* Borrows the fields from the columns of @row from @first on, behind which stands their checksum.
 * FALSE: they are not what was written; those that are no text are "". */
gboolean mugai_words_of_row(sqlite3_stmt *row, int first, MugaiWords *ret_words);

/* The hashes (guint32) of @words are appended to @hashes, those of each field in no order, perhaps
 * some twice. */
void mugai_words_hash(const MugaiWords *words, GArray *hashes);
/* Hashes that an entry has if the folded substring is in the field; two characters at least. */
void mugai_words_hash_term(Field field, const char *folded, GArray *hashes);
/* The one that an entry has if the folded line is one of the field. */
guint32 mugai_words_hash_line(Field field, const char *folded);

/* --- chunk.c: which rows have a hash --- */

#define MUGAI_CHUNK_BITS 12
#define MUGAI_CHUNK_ROWS (1 << MUGAI_CHUNK_BITS)
/* Rows from this number on are fresh: in no chunk yet. */
#define MUGAI_FRESH_NUMBER (G_GINT64_CONSTANT(1) << 60)

/* The words of what is sealed in @row, borrowed from @ret_content; FALSE where nothing is, or it
 * cannot be opened. */
gboolean mugai_index_read_words(MugaiIndex *index, sqlite3_stmt *row, GByteArray **ret_content,
                                MugaiWords *ret_words);

/* A bit for each row of a chunk, the oldest first. */
typedef struct {
    guint64 words[MUGAI_CHUNK_ROWS / 64];
} MugaiBits;

/* Makes a chunk of the fresh rows if there are enough of them. */
gboolean mugai_chunk_seal(MugaiIndex *index, GError **error);
/* Sets @ret_bits to the rows of @chunk that have @hash; where that cannot be read, to all. */
gboolean mugai_chunk_find(MugaiIndex *index, gint64 chunk, guint32 hash, MugaiBits *ret_bits,
                          GError **error);
/* MALFORMED where a list, or words that are in none yet, are not what was written. */
gboolean mugai_chunk_check_all(MugaiIndex *index, GError **error);
/* A MugaiIndexChange: makes lists and words of that kind anew from their rows. */
gboolean mugai_chunk_mend_all(MugaiIndex *index, gconstpointer unused, GError **error);
/* Forgets one row of the chunk that @number lies in; with its last one the chunk. */
gboolean mugai_chunk_remove_row(MugaiIndex *index, gint64 number, GError **error);

G_END_DECLS
