/* index_private.h - what the files of the index share; SQLite's types get their cleanup here */
#pragma once

#include "store_private.h"

#include <sqlite3.h>

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

struct MugaiIndex {
    MugaiStore *store;
    gboolean writable;
    sqlite3 *database;
    sqlite3_stmt *has, *get;
    sqlite3_stmt *remove, *remove_words, *hold, *add, *add_words; /* NULL unless writable */
    guint64 device, inode;                                        /* of the file that is open */
};

/* Opens the file anew if it is not the one that is open: it may be deleted at any time (I8). */
gboolean mugai_index_refresh(MugaiIndex *index, GError **error);

/* FALSE with the database's last error: MALFORMED if the file is damaged, else SYSTEM. */
gboolean mugai_index_fail(MugaiIndex *index, const char *step, GError **error);

/* NFKC and case folding, and no invalid octets. */
char *mugai_index_fold(const char *text);

/* The columns of get and of nothing else. */
#define MUGAI_INDEX_COLUMNS "id, received, state, envelope, subject, sender, size, report, held"
/* The entry of the row at hand. */
MugaiEntry *mugai_index_read_row(MugaiIndex *index, sqlite3_stmt *row, GError **error);

G_END_DECLS
