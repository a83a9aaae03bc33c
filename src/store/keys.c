/*
 * keys.c - what entries of the index are sealed with
 *
 * To seal each entry to public keys would be dear, and to open a million of them dearer. So a
 * writer draws a key a day, seals that to the recipients and puts it into the index; entries name
 * it by its number. Opening it once opens a day's entries.
 *
 * Invariants: 1. no key is in the file but sealed;
 *             2. a key seals nothing unless it is in the file with it: one transaction.
 * Errors: SYSTEM, MALFORMED.
 * Limits: whoever reads mugaid's memory has the key of its day.
 */
#include "index_private.h"

#define SECONDS_PER_DAY (24 * 60 * 60)

static void
data_key_free(MugaiVaultDataKey *data_key)
{
    mugai_vault_data_key_clear(data_key);
    g_free(data_key);
}

void
mugai_index_forget_keys(MugaiIndex *index)
{
    index->sealing_number = 0;
    if (index->keys != NULL)
        g_hash_table_remove_all(index->keys);
}

static const MugaiVaultDataKey *
remember(MugaiIndex *index, gint64 number, const MugaiVaultDataKey *data_key)
{
    MugaiVaultDataKey *copy = g_memdup2(data_key, sizeof *data_key);

    if (index->keys == NULL)
        index->keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                            (GDestroyNotify)data_key_free);
    g_hash_table_replace(index->keys, g_memdup2(&number, sizeof number), copy);
    return copy;
}

void
mugai_index_unlock(MugaiIndex *index, gint64 number, const MugaiVaultDataKey *data_key)
{
    remember(index, number, data_key);
}

gboolean
mugai_index_has_keys(MugaiIndex *index)
{
    return index->store->key != NULL || (index->keys != NULL && g_hash_table_size(index->keys) > 0);
}

/* --- sealing --- */

/* Draws a key for today and keeps it. */
static gboolean
draw_key(MugaiIndex *index, gint64 today, GError **error)
{
    sqlite3_stmt *add = index->statements[STATEMENT_ADD_KEY];
    g_auto(MugaiVaultDataKey) data_key = {0};
    g_autoptr(GByteArray) boxes = NULL;

    mugai_vault_data_key_make(&data_key);
    boxes = mugai_vault_boxes_make(index->store->recipients, &data_key);
    sqlite3_bind_blob(add, 1, boxes->data, (int)boxes->len, SQLITE_STATIC);
    if (!mugai_index_run(index, add, error))
        return FALSE;
    mugai_index_forget_keys(index); /* those of other days are not needed to write */
    index->sealing_number = sqlite3_last_insert_rowid(index->database);
    index->sealing_day = today;
    remember(index, index->sealing_number, &data_key);
    return TRUE;
}

const MugaiVaultDataKey *
mugai_index_sealing_key(MugaiIndex *index, gint64 *ret_number, GError **error)
{
    gint64 today = g_get_real_time() / G_USEC_PER_SEC / SECONDS_PER_DAY;

    if ((index->sealing_number == 0 || index->sealing_day != today) &&
        !draw_key(index, today, error))
        return NULL;
    *ret_number = index->sealing_number;
    return g_hash_table_lookup(index->keys, &index->sealing_number);
}

/* --- opening --- */

/* The key in @octets, if the store's private one opens it. */
static const MugaiVaultDataKey *
unbox(MugaiIndex *index, gint64 number, const guint8 *octets, gsize length)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    MugaiVaultBox boxes[MUGAI_PUBLIC_KEYS_MAX];
    guint count = 0;

    if (octets == NULL || !mugai_vault_boxes_read(octets, length, boxes, &count) ||
        !mugai_vault_key_unbox(index->store->key, boxes, count, &data_key, NULL))
        return NULL;
    return remember(index, number, &data_key);
}

const MugaiVaultDataKey *
mugai_index_key(MugaiIndex *index, gint64 number)
{
    sqlite3_stmt *get = index->statements[STATEMENT_KEY];
    const MugaiVaultDataKey *data_key =
        index->keys != NULL ? g_hash_table_lookup(index->keys, &number) : NULL;

    if (data_key != NULL || index->store->key == NULL)
        return data_key;
    sqlite3_bind_int64(get, 1, number);
    if (sqlite3_step(get) == SQLITE_ROW)
        data_key =
            unbox(index, number, sqlite3_column_blob(get, 0), (gsize)sqlite3_column_bytes(get, 0));
    sqlite3_reset(get);
    return data_key;
}

/* Shows the key in @row; TRUE with *ret_more: go on. */
static gboolean
visit_key(MugaiIndex *index, sqlite3_stmt *row, MugaiIndexKeyVisit visit, gpointer data,
          gboolean *ret_more, GError **error)
{
    MugaiVaultBox boxes[MUGAI_PUBLIC_KEYS_MAX];
    const guint8 *octets = sqlite3_column_blob(row, 1);
    guint count = 0;

    if (octets == NULL ||
        !mugai_vault_boxes_read(octets, (gsize)sqlite3_column_bytes(row, 1), boxes, &count))
        return mugai_index_damaged(index, N_("a key cannot be read"), error);
    *ret_more = visit(sqlite3_column_int64(row, 0), boxes, count, data);
    return TRUE;
}

gboolean
mugai_index_visit_keys(MugaiIndex *index, MugaiIndexKeyVisit visit, gpointer data, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    gboolean more = TRUE;
    int status = SQLITE_DONE;

    if (!mugai_index_refresh(index, error))
        return FALSE;
    rows = mugai_index_prepare(index, "SELECT number, boxes FROM keys ORDER BY number DESC", error);
    if (rows == NULL)
        return FALSE;
    while (more && (status = sqlite3_step(rows)) == SQLITE_ROW) {
        if (!visit_key(index, rows, visit, data, &more, error))
            return FALSE;
    }
    return !more || status == SQLITE_DONE || mugai_index_fail(index, N_("keys"), error);
}

typedef struct {
    MugaiIndex *index;
    gboolean locked;
} Look;

static gboolean
look_at_key(gint64 number, const MugaiVaultBox *boxes, guint n_boxes, gpointer data)
{
    Look *look = data;

    (void)boxes, (void)n_boxes;
    look->locked = mugai_index_key(look->index, number) == NULL;
    return !look->locked;
}

gboolean
mugai_index_is_locked(MugaiIndex *index, gboolean *ret_locked, GError **error)
{
    Look look = {.index = index};

    if (!mugai_index_visit_keys(index, look_at_key, &look, error))
        return FALSE;
    *ret_locked = look.locked;
    return TRUE;
}
