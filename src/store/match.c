/*
 * match.c - which rows of a chunk may match a query
 *
 * All demands, of each one alternative, of that all hashes: bits of lists, combined. What is rare
 * in one chunk is rare in the others: with it first, most chunks need no second look.
 *
 * Invariants: a row that matches has its bit; not every row that has one matches.
 * Errors: SYSTEM, MALFORMED where the file is damaged.
 */
#include "query_private.h"

#include <string.h>

gboolean
mugai_bits_is_empty(const MugaiBits *bits)
{
    guint64 any = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(bits->words); i++)
        any |= bits->words[i];
    return any == 0;
}

static void
intersect(MugaiBits *bits, const MugaiBits *other)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bits->words); i++)
        bits->words[i] &= other->words[i];
}

/* Leaves of @bits the rows that have all @hashes. */
static gboolean
keep_with_all(MugaiIndex *index, gint64 chunk, const GArray *hashes, MugaiBits *bits,
              GError **error)
{
    for (guint i = 0; i < hashes->len && !mugai_bits_is_empty(bits); i++) {
        MugaiBits found;

        if (!mugai_chunk_find(index, chunk, g_array_index(hashes, guint32, i), &found, error))
            return FALSE;
        intersect(bits, &found);
    }
    return TRUE;
}

/* Leaves of @bits the rows for which one of @alternatives holds. */
static gboolean
keep_with_one(MugaiIndex *index, gint64 chunk, const GPtrArray *alternatives, MugaiBits *bits,
              GError **error)
{
    MugaiBits any = {0};

    for (guint i = 0; i < alternatives->len; i++) {
        MugaiBits all = *bits;

        if (!keep_with_all(index, chunk, alternatives->pdata[i], &all, error))
            return FALSE;
        for (gsize j = 0; j < G_N_ELEMENTS(any.words); j++)
            any.words[j] |= all.words[j];
    }
    *bits = any;
    return TRUE;
}

/* Leaves of @bits the rows with all marks. */
static gboolean
keep_marked(MugaiIndex *index, int marks, gint64 chunk, MugaiBits *bits, GError **error)
{
    g_autoptr(sqlite3_stmt) marked =
        mugai_index_prepare(index,
                            "SELECT number FROM messages INDEXED BY marked WHERE marks <> 0"
                            " AND (marks & ?1) = ?1 AND number >= ?2 AND number < ?3",
                            error);
    MugaiBits found = {0};
    int status = SQLITE_OK;

    if (marked == NULL)
        return FALSE;
    sqlite3_bind_int(marked, 1, marks);
    sqlite3_bind_int64(marked, 2, chunk << MUGAI_CHUNK_BITS);
    sqlite3_bind_int64(marked, 3, (chunk + 1) << MUGAI_CHUNK_BITS);
    while ((status = sqlite3_step(marked)) == SQLITE_ROW) {
        guint place = (guint)(sqlite3_column_int64(marked, 0) & (MUGAI_CHUNK_ROWS - 1));

        found.words[place / 64] |= G_GUINT64_CONSTANT(1) << (place % 64);
    }
    intersect(bits, &found);
    return status == SQLITE_DONE || mugai_index_fail(index, N_("marks"), error);
}

gboolean
mugai_search_find(MugaiIndex *index, const Search *search, gint64 chunk, MugaiBits *ret_bits,
                  GError **error)
{
    const GPtrArray *demands = search->demands;

    memset(ret_bits, 0xFF, sizeof *ret_bits);
    if (search->marks != 0 && !keep_marked(index, search->marks, chunk, ret_bits, error))
        return FALSE;
    for (guint i = 0; i < demands->len && !mugai_bits_is_empty(ret_bits); i++) {
        if (!keep_with_one(index, chunk, demands->pdata[i], ret_bits, error))
            return FALSE;
    }
    return TRUE;
}

/* --- which hashes to look for first --- */

typedef struct {
    guint rows;
    guint32 hash;
} Frequency;

static int
compare_frequencies(gconstpointer a, gconstpointer b)
{
    guint first = ((const Frequency *)a)->rows;
    guint second = ((const Frequency *)b)->rows;

    return (first > second) - (first < second);
}

/* Sorts @hashes: those that fewest rows of @chunk have come first. */
static gboolean
sort_hashes(MugaiIndex *index, gint64 chunk, GArray *hashes, GError **error)
{
    g_autoptr(GArray) frequencies = g_array_new(FALSE, FALSE, sizeof(Frequency));

    for (guint i = 0; i < hashes->len; i++) {
        Frequency frequency = {.hash = g_array_index(hashes, guint32, i)};
        MugaiBits bits;

        if (!mugai_chunk_find(index, chunk, frequency.hash, &bits, error))
            return FALSE;
        for (gsize j = 0; j < G_N_ELEMENTS(bits.words); j++)
            frequency.rows += (guint)__builtin_popcountll(bits.words[j]);
        g_array_append_val(frequencies, frequency);
    }
    g_array_sort(frequencies, compare_frequencies);
    for (guint i = 0; i < hashes->len; i++)
        g_array_index(hashes, guint32, i) = g_array_index(frequencies, Frequency, i).hash;
    return TRUE;
}

gboolean
mugai_search_sort(MugaiIndex *index, Search *search, gint64 chunk, GError **error)
{
    for (guint i = 0; i < search->demands->len; i++) {
        const GPtrArray *alternatives = search->demands->pdata[i];

        for (guint j = 0; j < alternatives->len; j++) {
            if (!sort_hashes(index, chunk, alternatives->pdata[j], error))
                return FALSE;
        }
    }
    return TRUE;
}
