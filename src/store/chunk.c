/*
 * chunk.c - which rows have a hash: small inverted lists that are written once
 *
 *     fresh    rows that are in no chunk yet, with their searched text; they are looked through
 *     chunk    MUGAI_CHUNK_ROWS rows that were fresh together, numbered anew in order of time:
 *              number = chunk << MUGAI_CHUNK_BITS | place
 *     lists    for each chunk, ordered by hash: which places have it
 *
 * Lists are packed into leaves of less than a page of SQLite, found by the chunk and the first hash
 * in them. In a leaf, behind the CRC-32 of its number and the rest, for each list: the distance of
 * its hash from the one before, its form and octets in one number, and the places as distances, or,
 * where many have it, as bits. Numbers are base 128, the lowest seven bits first.
 *
 * Nothing is ever merged: an entry costs the same in an empty index and in a full one. Retention
 * removes the oldest first, so that chunks empty one by one and go whole; a row removed before
 * stays in the lists and is not there when it is looked for.
 *
 * Where a leaf is damaged, any row of its chunk may match: searching gets slower, not wrong. All
 * the lists of a chunk can be made anew from its rows.
 *
 * Invariants: 1. a chunk's places are in order of (received, id);
 *             2. a chunk is written in the transaction that renumbers its rows: a reader sees both
 *                or neither.
 * Trust: the file is ours, but disks are not perfect: every number is checked against its bound.
 * Errors: SYSTEM, MALFORMED.
 */
#include "index_private.h"

#include <string.h>
#include <zlib.h>

/* Fits a page of 4096 octets with its own bookkeeping. */
#define LEAF_OCTETS_MAX 4000u
/* Lists of bits are this long; longer ones of places are written as such. */
#define BITS_OCTETS (MUGAI_CHUNK_ROWS / 8)
#define VARINT_OCTETS_MAX 5
#define HASH_BITS 32
#define PLACE_MASK (MUGAI_CHUNK_ROWS - 1)

/* --- numbers of variable length --- */

static void
append_number(GByteArray *octets, guint32 number)
{
    guint8 octet = 0;

    for (; number >= 0x80; number >>= 7) {
        octet = (guint8)(number | 0x80);
        g_byte_array_append(octets, &octet, 1);
    }
    octet = (guint8)number;
    g_byte_array_append(octets, &octet, 1);
}

/* Octets still to be read; failed once, failed for good. */
typedef struct {
    const guint8 *at, *end;
    gboolean failed;
} Reader;

static guint32
read_number(Reader *reader)
{
    guint64 number = 0;

    for (int i = 0; i < VARINT_OCTETS_MAX && reader->at < reader->end; i++) {
        guint8 octet = *reader->at++;

        number |= (guint64)(octet & 0x7F) << (7 * i);
        if (octet < 0x80)
            return (guint32)number;
    }
    reader->failed = TRUE;
    return 0;
}

/* --- writing --- */

/* Of where a leaf stands. */
static guint32
checksum_number(gint64 number)
{
    gint64 place = GINT64_TO_BE(number);

    return (guint32)crc32_z(0, (const Bytef *)&place, sizeof place);
}

/* The hashes of the rows of a chunk to be: hash << MUGAI_CHUNK_BITS | place. */
typedef struct {
    MugaiIndex *index;
    gint64 chunk;
    GArray *keys; /* of guint64 */
    gint64 rows;
    gint64 oldest, newest;
} Seal;

static int
compare_keys(gconstpointer a, gconstpointer b)
{
    guint64 first = *(const guint64 *)a;
    guint64 second = *(const guint64 *)b;

    return (first > second) - (first < second);
}

/* The list of the keys from @from, which have one hash; returns where the next begins. */
static guint
pack_list(const GArray *keys, guint from, GByteArray *list, gboolean *ret_bits)
{
    MugaiBits bits = {0};
    guint64 hash = g_array_index(keys, guint64, from) >> MUGAI_CHUNK_BITS;
    guint32 last = 0;
    guint at = from;

    g_byte_array_set_size(list, 0);
    for (; at < keys->len && g_array_index(keys, guint64, at) >> MUGAI_CHUNK_BITS == hash; at++) {
        guint32 place = (guint32)(g_array_index(keys, guint64, at) & PLACE_MASK);

        if (at > from && place == last)
            continue; /* the same hash twice in a row */
        append_number(list, place - last);
        bits.words[place / 64] |= G_GUINT64_CONSTANT(1) << (place % 64);
        last = place;
    }
    *ret_bits = list->len >= BITS_OCTETS;
    if (*ret_bits) {
        g_byte_array_set_size(list, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(bits.words); i++) {
            guint64 word = GUINT64_TO_LE(bits.words[i]);

            g_byte_array_append(list, (const guint8 *)&word, sizeof word);
        }
    }
    return at;
}

static gint64
leaf_number(gint64 chunk, guint32 hash)
{
    return chunk << HASH_BITS | hash;
}

static gboolean
write_leaf(const Seal *seal, sqlite3_stmt *insert, guint32 first, GByteArray *leaf, GError **error)
{
    gint64 number = leaf_number(seal->chunk, first);

    mugai_index_prepend_checksum(leaf, checksum_number(number));
    sqlite3_bind_int64(insert, 1, number);
    sqlite3_bind_blob(insert, 2, leaf->data, (int)leaf->len, SQLITE_STATIC);
    if (!mugai_index_run(seal->index, insert, error))
        return FALSE;
    g_byte_array_set_size(leaf, 0);
    return TRUE;
}

static gboolean
write_lists(const Seal *seal, GError **error)
{
    g_autoptr(sqlite3_stmt) insert =
        mugai_index_prepare(seal->index, "INSERT INTO lists(number, leaf) VALUES(?, ?)", error);
    g_autoptr(GByteArray) leaf = g_byte_array_new();
    g_autoptr(GByteArray) list = g_byte_array_new();
    guint32 first = 0;
    guint32 last = 0;
    guint at = 0;

    if (insert == NULL)
        return FALSE;
    while (at < seal->keys->len) {
        guint32 hash = (guint32)(g_array_index(seal->keys, guint64, at) >> MUGAI_CHUNK_BITS);
        gboolean bits = FALSE;

        at = pack_list(seal->keys, at, list, &bits);
        if (leaf->len + list->len + 2 * VARINT_OCTETS_MAX > LEAF_OCTETS_MAX &&
            !write_leaf(seal, insert, first, leaf, error))
            return FALSE;
        if (leaf->len == 0)
            first = last = hash;
        append_number(leaf, hash - last);
        append_number(leaf, list->len << 1 | (bits ? 1 : 0));
        g_byte_array_append(leaf, list->data, list->len);
        last = hash;
    }
    return leaf->len == 0 || write_leaf(seal, insert, first, leaf, error);
}

/* The hashes of a row whose own words are damaged or gone, from its entry; without any, where that
 * is damaged too, it is not found by words until fsck has mended it. */
static gboolean
hash_entry(MugaiIndex *index, gint64 number, GArray *hashes, GError **error)
{
    sqlite3_stmt *at = index->statements[STATEMENT_AT];
    g_autoptr(MugaiEntry) entry = NULL;
    g_auto(MugaiWords) words = {0};

    mugai_index_forget_keys(index); /* what is sealed stays so */
    sqlite3_bind_int64(at, 1, number);
    if (sqlite3_step(at) == SQLITE_ROW)
        entry = mugai_index_read_row(index, at, error);
    else
        mugai_index_damaged(index, N_("a row has gone"), error);
    sqlite3_reset(at);
    if (entry == NULL)
        return FALSE;
    mugai_words_of_entry(entry, &words);
    mugai_words_hash(&words, hashes);
    return TRUE;
}

static void
add_keys(Seal *seal, const GArray *hashes, gint64 place)
{
    for (guint i = 0; i < hashes->len; i++) {
        guint64 key = (guint64)g_array_index(hashes, guint32, i) << MUGAI_CHUNK_BITS;

        key |= (guint64)place;
        g_array_append_val(seal->keys, key);
    }
}

/* Takes the hashes of the fresh row at hand, and gives its entry the number of its place. */
static gboolean
seal_row(Seal *seal, sqlite3_stmt *fresh, sqlite3_stmt *renumber, GError **error)
{
    g_autoptr(GArray) hashes = g_array_new(FALSE, FALSE, sizeof(guint32));
    MugaiWords words = {0}; /* borrowed from the row */

    if (mugai_words_of_row(fresh, 2, &words)) {
        mugai_words_hash(&words, hashes);
    } else {
        seal->index->damaged = TRUE;
        if (!hash_entry(seal->index, sqlite3_column_int64(fresh, 0), hashes, error))
            return FALSE;
    }
    add_keys(seal, hashes, seal->rows);
    seal->newest = sqlite3_column_int64(fresh, 1);
    if (seal->rows == 0)
        seal->oldest = seal->newest;
    sqlite3_bind_int64(renumber, 1, seal->chunk << MUGAI_CHUNK_BITS | seal->rows);
    sqlite3_bind_int64(renumber, 2, sqlite3_column_int64(fresh, 0));
    seal->rows++;
    return mugai_index_run(seal->index, renumber, error);
}

static gboolean
seal_rows(Seal *seal, GError **error)
{
    g_autoptr(sqlite3_stmt) fresh = mugai_index_prepare(
        seal->index,
        "SELECT number, received, senders, recipients, subject, names, ids, queue_id, message_id,"
        " marks, checksum FROM fresh ORDER BY received, id",
        error);
    g_autoptr(sqlite3_stmt) renumber =
        fresh != NULL
            ? mugai_index_prepare(seal->index, "UPDATE messages SET number = ? WHERE number = ?",
                                  error)
            : NULL;
    int status = SQLITE_OK;

    if (renumber == NULL)
        return FALSE;
    while ((status = sqlite3_step(fresh)) == SQLITE_ROW) {
        if (seal->rows == MUGAI_CHUNK_ROWS)
            return mugai_index_damaged(seal->index, N_("too many fresh rows"), error);
        if (!seal_row(seal, fresh, renumber, error))
            return FALSE;
    }
    return status == SQLITE_DONE || mugai_index_fail(seal->index, N_("fresh rows"), error);
}

/* The number of the chunk to be; 0 with @error. */
static gint64
next_chunk(MugaiIndex *index, GError **error)
{
    g_autoptr(sqlite3_stmt) last =
        mugai_index_prepare(index, "SELECT ifnull(max(chunk), 0) FROM chunks", error);

    if (last == NULL)
        return 0;
    if (sqlite3_step(last) != SQLITE_ROW)
        return mugai_index_fail(index, N_("chunks"), error);
    return sqlite3_column_int64(last, 0) + 1;
}

static gboolean
note_chunk(const Seal *seal, GError **error)
{
    g_autoptr(sqlite3_stmt) insert = mugai_index_prepare(
        seal->index, "INSERT INTO chunks(chunk, oldest, newest, live) VALUES(?, ?, ?, ?)", error);

    if (insert == NULL)
        return FALSE;
    sqlite3_bind_int64(insert, 1, seal->chunk);
    sqlite3_bind_int64(insert, 2, seal->oldest);
    sqlite3_bind_int64(insert, 3, seal->newest);
    sqlite3_bind_int64(insert, 4, seal->rows);
    return mugai_index_run(seal->index, insert, error);
}

/* How many numbers the fresh rows span: no more than that there are. */
static gint64
fresh_span(MugaiIndex *index)
{
    sqlite3_stmt *span = index->statements[STATEMENT_FRESH];
    gint64 numbers = 0;

    if (sqlite3_step(span) == SQLITE_ROW && sqlite3_column_type(span, 0) != SQLITE_NULL)
        numbers = sqlite3_column_int64(span, 1) - sqlite3_column_int64(span, 0) + 1;
    sqlite3_reset(span);
    return numbers;
}

/* Makes a chunk of the fresh rows, however many they are. */
static gboolean
seal_fresh(MugaiIndex *index, GError **error)
{
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(guint64));
    Seal seal = {.index = index, .chunk = next_chunk(index, error), .keys = keys};

    if (seal.chunk == 0)
        return FALSE;
    if (!seal_rows(&seal, error))
        return FALSE;
    g_array_sort(keys, compare_keys);
    return write_lists(&seal, error) && note_chunk(&seal, error) &&
           mugai_index_execute(index, "DELETE FROM fresh", error);
}

gboolean
mugai_chunk_seal(MugaiIndex *index, GError **error)
{
    return fresh_span(index) < MUGAI_CHUNK_ROWS || seal_fresh(index, error);
}

/* --- reading --- */

static void
set_bits(Reader *list, gboolean is_bits, MugaiBits *bits)
{
    guint32 place = 0;

    if (is_bits) {
        list->failed = list->end - list->at != BITS_OCTETS;
        for (gsize i = 0; i < G_N_ELEMENTS(bits->words) && !list->failed; i++) {
            memcpy(&bits->words[i], list->at + i * sizeof bits->words[i], sizeof bits->words[i]);
            bits->words[i] = GUINT64_FROM_LE(bits->words[i]);
        }
        return;
    }
    while (list->at < list->end && !list->failed) {
        place += read_number(list);
        list->failed |= place >= MUGAI_CHUNK_ROWS;
        if (!list->failed)
            bits->words[place / 64] |= G_GUINT64_CONSTANT(1) << (place % 64);
    }
}

/* What stands in the leaf of the row at hand behind its checksum. FALSE: it is damaged. */
static gboolean
read_leaf(sqlite3_stmt *row, Reader *ret_leaf)
{
    gsize length = 0;
    const guint8 *octets =
        mugai_index_check_blob(row, 1, checksum_number(sqlite3_column_int64(row, 0)), &length);

    if (octets == NULL)
        return FALSE;
    *ret_leaf = (Reader){.at = octets, .end = octets + length};
    return TRUE;
}

/* Looks for @wanted in a leaf whose first hash is @hash. FALSE: the leaf is damaged. */
static gboolean
search_leaf(Reader leaf, guint32 hash, guint32 wanted, MugaiBits *ret_bits)
{
    while (leaf.at < leaf.end) {
        guint32 form = 0;
        Reader list = {0};

        hash += read_number(&leaf);
        form = read_number(&leaf);
        if (leaf.failed || (gsize)(leaf.end - leaf.at) < form >> 1)
            return FALSE;
        list = (Reader){.at = leaf.at, .end = leaf.at + (form >> 1)};
        leaf.at = list.end;
        if (hash == wanted) {
            set_bits(&list, (form & 1) != 0, ret_bits);
            return !list.failed;
        }
        if (hash > wanted)
            break;
    }
    return TRUE;
}

gboolean
mugai_chunk_find(MugaiIndex *index, gint64 chunk, guint32 hash, MugaiBits *ret_bits, GError **error)
{
    sqlite3_stmt *find = index->statements[STATEMENT_LIST];
    gboolean found = TRUE;
    int status = SQLITE_OK;

    *ret_bits = (MugaiBits){0};
    sqlite3_bind_int64(find, 1, leaf_number(chunk, hash));
    status = sqlite3_step(find);
    if (status == SQLITE_ROW && sqlite3_column_int64(find, 0) >> HASH_BITS == chunk) {
        Reader leaf = {0};

        if (!read_leaf(find, &leaf) ||
            !search_leaf(leaf, (guint32)sqlite3_column_int64(find, 0), hash, ret_bits)) {
            memset(ret_bits, 0xFF, sizeof *ret_bits);
            index->damaged = TRUE;
        }
    } else if (status != SQLITE_ROW && status != SQLITE_DONE) {
        found = mugai_index_fail(index, N_("list"), error);
    }
    sqlite3_reset(find);
    return found;
}

static gboolean
check_fresh(MugaiIndex *index, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = mugai_index_prepare(
        index,
        "SELECT senders, recipients, subject, names, ids, queue_id, message_id, marks, checksum"
        " FROM fresh",
        error);
    MugaiWords words = {0}; /* borrowed from a row */
    int status = SQLITE_OK;

    if (rows == NULL)
        return FALSE;
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        if (!mugai_words_of_row(rows, 0, &words))
            return mugai_index_damaged(index, N_("fresh words are not what was written"), error);
    }
    return status == SQLITE_DONE || mugai_index_fail(index, N_("fresh rows"), error);
}

/* The chunks (gint64, ascending) that have a leaf which is not what was written. */
static GArray *
find_damaged(MugaiIndex *index, GError **error)
{
    g_autoptr(GArray) chunks = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(sqlite3_stmt) rows =
        mugai_index_prepare(index, "SELECT number, leaf FROM lists ORDER BY number", error);
    Reader leaf = {0};
    int status = SQLITE_OK;

    if (rows == NULL)
        return NULL;
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        gint64 chunk = sqlite3_column_int64(rows, 0) >> HASH_BITS;

        if (!read_leaf(rows, &leaf) &&
            (chunks->len == 0 || g_array_index(chunks, gint64, chunks->len - 1) != chunk))
            g_array_append_val(chunks, chunk);
    }
    if (status != SQLITE_DONE) {
        mugai_index_fail(index, N_("lists"), error);
        return NULL;
    }
    return g_steal_pointer(&chunks);
}

gboolean
mugai_chunk_check_all(MugaiIndex *index, GError **error)
{
    g_autoptr(GArray) damaged = find_damaged(index, error);

    if (damaged == NULL)
        return FALSE;
    if (damaged->len > 0)
        return mugai_index_damaged(index, N_("a list is not what was written"), error);
    return check_fresh(index, error);
}

/* --- removing --- */

static gboolean
drop_lists(MugaiIndex *index, gint64 chunk, GError **error)
{
    g_autofree char *sql = g_strdup_printf("DELETE FROM lists WHERE number >= %" G_GINT64_FORMAT
                                           " AND number < %" G_GINT64_FORMAT,
                                           leaf_number(chunk, 0), leaf_number(chunk + 1, 0));

    return mugai_index_execute(index, sql, error);
}

static gboolean
drop_chunk(MugaiIndex *index, gint64 chunk, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM chunks WHERE chunk = %" G_GINT64_FORMAT, chunk);

    return drop_lists(index, chunk, error) && mugai_index_execute(index, sql, error);
}

gboolean
mugai_chunk_remove_row(MugaiIndex *index, gint64 number, GError **error)
{
    sqlite3_stmt *fewer = index->statements[STATEMENT_REMOVE_FROM_CHUNK];
    sqlite3_stmt *live = index->statements[STATEMENT_ROWS_OF_CHUNK];
    gint64 chunk = number >> MUGAI_CHUNK_BITS;
    gint64 left = 0;
    int status = SQLITE_OK;

    sqlite3_bind_int64(fewer, 1, chunk);
    if (!mugai_index_run(index, fewer, error))
        return FALSE;
    sqlite3_bind_int64(live, 1, chunk);
    status = sqlite3_step(live);
    if (status == SQLITE_ROW)
        left = sqlite3_column_int64(live, 0);
    sqlite3_reset(live);
    if (status == SQLITE_DONE)
        return mugai_index_damaged(index, N_("a row of no chunk"), error);
    if (status != SQLITE_ROW)
        return mugai_index_fail(index, N_("chunk"), error);
    return left > 0 || drop_chunk(index, chunk, error);
}

/* --- mending --- */

/* Makes all lists of @chunk anew from what its rows say. */
static gboolean
mend_chunk(MugaiIndex *index, gint64 chunk, GError **error)
{
    g_autoptr(sqlite3_stmt) rows =
        mugai_index_prepare(index, "SELECT number FROM messages WHERE number >= ? AND number < ?",
                            error);
    g_autoptr(GArray) hashes = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(guint64));
    Seal seal = {.index = index, .chunk = chunk, .keys = keys};
    int status = SQLITE_OK;

    if (rows == NULL)
        return FALSE;
    sqlite3_bind_int64(rows, 1, chunk << MUGAI_CHUNK_BITS);
    sqlite3_bind_int64(rows, 2, (chunk + 1) << MUGAI_CHUNK_BITS);
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        gint64 number = sqlite3_column_int64(rows, 0);

        g_array_set_size(hashes, 0);
        if (!hash_entry(index, number, hashes, error))
            return FALSE;
        add_keys(&seal, hashes, number & PLACE_MASK);
    }
    if (status != SQLITE_DONE)
        return mugai_index_fail(index, N_("rows"), error);
    g_array_sort(keys, compare_keys);
    return drop_lists(index, chunk, error) && write_lists(&seal, error);
}

gboolean
mugai_chunk_mend_all(MugaiIndex *index, gconstpointer unused, GError **error)
{
    g_autoptr(GArray) damaged = find_damaged(index, error);
    g_autoptr(GError) why = NULL;

    if (damaged == NULL)
        return FALSE;
    for (guint i = 0; i < damaged->len; i++) {
        if (!mend_chunk(index, g_array_index(damaged, gint64, i), error))
            return FALSE;
    }
    if (check_fresh(index, &why))
        return TRUE;
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_MALFORMED))
        return seal_fresh(index, error);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}
