/*
 * walk.c - walks through the index, newest first, and lists what matches
 *
 * Chunk by chunk, newest first, the lists of hashes give the rows that may match. The rows of those
 * chunks whose times overlap are merged in order of time; each is read and compared with the query
 * itself. At the limit it stops: what is common is found at once, what is rare leaves few rows to
 * read, and what is nowhere costs a look into a leaf for each chunk.
 *
 * Matches are collected a page at a time, each page in one read transaction, and shown when it is
 * over.
 *
 * Invariants: 1. what is listed was compared with the query: hashes only say where to look;
 *             2. the order is that of (received, id), whatever the order of adding.
 * Errors: USAGE, NOT_FOUND, SYSTEM, MALFORMED where the file is damaged.
 */
#include "query_private.h"

#include <string.h>

/* Entries in memory at once. */
#define PAGE_ENTRIES 500u
#define VISIT_IDS 1000

/* Where a message stands in the order of the list. */
typedef struct {
    gint64 received;
    char id[MUGAI_ID_LENGTH + 1];
} Rank;

static int
compare_ranks(const Rank *a, const Rank *b)
{
    if (a->received != b->received)
        return a->received < b->received ? -1 : 1;
    return strcmp(a->id, b->id);
}

/* A row that may match. */
typedef struct {
    Rank rank;
    gint64 number;
} Candidate;

static int
compare_candidates(gconstpointer a, gconstpointer b)
{
    return compare_ranks(&((const Candidate *)b)->rank, &((const Candidate *)a)->rank);
}

/* The candidates of a chunk, or of the fresh rows, newest first. */
typedef struct {
    gint64 chunk;
    MugaiBits bits;
    int place;       /* looked at next, of a chunk */
    GArray *fresh;   /* of Candidate; NULL: a chunk */
    guint next;      /* of fresh */
    Candidate first; /* number 0: there is none any more */
} Stream;

static void
stream_free(Stream *stream)
{
    g_clear_pointer(&stream->fresh, g_array_unref);
    g_free(stream);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stream, stream_free)

typedef struct {
    gint64 chunk, oldest, newest;
} Chunk;

typedef struct {
    MugaiIndex *index;
    Search *search;
    Rank before;        /* no id: from the newest */
    GArray *chunks;     /* of Chunk, newest first */
    guint next_chunk;   /* the first that is not among the streams */
    GPtrArray *streams; /* of Stream */
} Walk;

static gint64
newest_wanted(const Walk *walk)
{
    return walk->before.id[0] != '\0' ? walk->before.received : G_MAXINT64;
}

static gboolean
is_in_range(const Walk *walk, const Rank *rank)
{
    return rank->received >= walk->search->since && rank->received < walk->search->until &&
           (walk->before.id[0] == '\0' || compare_ranks(rank, &walk->before) < 0);
}

/* --- streams --- */

static void
read_rank(sqlite3_stmt *row, int id, int received, Rank *ret_rank)
{
    const char *text = (const char *)sqlite3_column_text(row, id);

    g_strlcpy(ret_rank->id, text != NULL ? text : "", sizeof ret_rank->id);
    ret_rank->received = sqlite3_column_int64(row, received);
}

/* The highest place up to @place that has its bit; -1 if there is none. */
static int
highest_bit(const MugaiBits *bits, int place)
{
    while (place >= 0) {
        guint64 word = bits->words[place / 64] << (63 - place % 64);

        if (word != 0)
            return place - __builtin_clzll(word);
        place = place / 64 * 64 - 1;
    }
    return -1;
}

/* Goes on to the next row of the chunk that is there and in range. */
static gboolean
advance_chunk(Walk *walk, Stream *stream, GError **error)
{
    sqlite3_stmt *at = walk->index->statements[STATEMENT_AT];

    stream->first = (Candidate){0};
    while ((stream->place = highest_bit(&stream->bits, stream->place)) >= 0) {
        Candidate candidate = {.number = stream->chunk << MUGAI_CHUNK_BITS | stream->place};
        int status = SQLITE_OK;

        stream->place--;
        sqlite3_bind_int64(at, 1, candidate.number);
        status = sqlite3_step(at);
        if (status == SQLITE_ROW)
            read_rank(at, 0, 1, &candidate.rank);
        sqlite3_reset(at);
        if (status != SQLITE_ROW && status != SQLITE_DONE)
            return mugai_index_fail(walk->index, N_("read"), error);
        if (status == SQLITE_DONE)
            continue; /* removed */
        if (candidate.rank.received < walk->search->since)
            break; /* and so are all before it */
        if (is_in_range(walk, &candidate.rank)) {
            stream->first = candidate;
            break;
        }
    }
    return TRUE;
}

static gboolean
advance(Walk *walk, Stream *stream, GError **error)
{
    if (stream->fresh == NULL)
        return advance_chunk(walk, stream, error);
    stream->first = (Candidate){0};
    if (stream->next < stream->fresh->len)
        stream->first = g_array_index(stream->fresh, Candidate, stream->next++);
    return TRUE;
}

static gboolean
add_stream(Walk *walk, Stream *stream, GError **error)
{
    g_ptr_array_add(walk->streams, stream);
    return advance(walk, stream, error);
}

static gboolean
begin_chunk(Walk *walk, gint64 chunk, GError **error)
{
    g_autoptr(Stream) stream = g_new0(Stream, 1);

    stream->chunk = chunk;
    stream->place = MUGAI_CHUNK_ROWS - 1;
    if (!mugai_search_find(walk->index, walk->search, chunk, &stream->bits, error))
        return FALSE;
    return mugai_bits_is_empty(&stream->bits) || add_stream(walk, g_steal_pointer(&stream), error);
}

/* Whether the conditions hold for the fresh row at hand, or may: its words are the columns from 3
 * on. */
static gboolean
fresh_may_match(Walk *walk, sqlite3_stmt *row)
{
    MugaiWords words = {0}; /* borrowed from the row */

    if (mugai_words_of_row(row, 3, &words))
        return mugai_search_may_match(walk->search, &words);
    walk->index->damaged = TRUE;
    return TRUE;
}

/* Looks through the fresh rows. */
static gboolean
begin_fresh(Walk *walk, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = mugai_index_prepare(
        walk->index,
        "SELECT number, received, id, senders, recipients, subject, names, ids, queue_id,"
        " message_id, marks, checksum FROM fresh"
        " WHERE received >= ?1 AND received < ?2 AND received <= ?3"
        " AND (?4 = 0 OR ?4 = (SELECT messages.marks & ?4 FROM messages"
        "                      WHERE messages.number = fresh.number))",
        error);
    g_autoptr(Stream) stream = g_new0(Stream, 1);
    int status = SQLITE_OK;

    if (rows == NULL)
        return FALSE;
    stream->fresh = g_array_new(FALSE, FALSE, sizeof(Candidate));
    sqlite3_bind_int64(rows, 1, walk->search->since);
    sqlite3_bind_int64(rows, 2, walk->search->until);
    sqlite3_bind_int64(rows, 3, newest_wanted(walk));
    sqlite3_bind_int(rows, 4, walk->search->marks);
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        Candidate candidate = {.number = sqlite3_column_int64(rows, 0)};

        read_rank(rows, 2, 1, &candidate.rank);
        if (is_in_range(walk, &candidate.rank) && fresh_may_match(walk, rows))
            g_array_append_val(stream->fresh, candidate);
    }
    g_array_sort(stream->fresh, compare_candidates);
    return (status == SQLITE_DONE || mugai_index_fail(walk->index, N_("fresh rows"), error)) &&
           add_stream(walk, g_steal_pointer(&stream), error);
}

/* --- the walk --- */

static gboolean
list_chunks(Walk *walk, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = mugai_index_prepare(
        walk->index,
        "SELECT chunk, oldest, newest FROM chunks WHERE newest >= ? AND oldest < ? AND oldest <= ?"
        " ORDER BY newest DESC",
        error);
    int status = SQLITE_OK;

    if (rows == NULL)
        return FALSE;
    sqlite3_bind_int64(rows, 1, walk->search->since);
    sqlite3_bind_int64(rows, 2, walk->search->until);
    sqlite3_bind_int64(rows, 3, newest_wanted(walk));
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        Chunk chunk = {.chunk = sqlite3_column_int64(rows, 0),
                       .oldest = sqlite3_column_int64(rows, 1),
                       .newest = sqlite3_column_int64(rows, 2)};

        g_array_append_val(walk->chunks, chunk);
    }
    return status == SQLITE_DONE || mugai_index_fail(walk->index, N_("chunks"), error);
}

/* The stream whose first candidate is the newest; NULL if none has one. Drops those at their end.
 */
static Stream *
find_newest(Walk *walk)
{
    Stream *newest = NULL;

    for (guint i = walk->streams->len; i-- > 0;) {
        Stream *stream = walk->streams->pdata[i];

        if (stream->first.number == 0)
            g_ptr_array_remove_index_fast(walk->streams, i);
        else if (newest == NULL || compare_ranks(&stream->first.rank, &newest->first.rank) > 0)
            newest = stream;
    }
    return newest;
}

/* The stream to take the next candidate from; NULL at the end, or with @error. */
static gboolean
choose_stream(Walk *walk, Stream **ret_stream, GError **error)
{
    *ret_stream = find_newest(walk);
    while (walk->next_chunk < walk->chunks->len) {
        const Chunk *chunk = &g_array_index(walk->chunks, Chunk, walk->next_chunk);

        if (*ret_stream != NULL && (*ret_stream)->first.rank.received > chunk->newest)
            break;
        walk->next_chunk++;
        if (!begin_chunk(walk, chunk->chunk, error))
            return FALSE;
        *ret_stream = find_newest(walk);
    }
    return TRUE;
}

/* Whether the entry is what is looked for; one that cannot be read may be. */
static gboolean
is_match(const Search *search, const MugaiEntry *entry)
{
    g_auto(MugaiWords) words = {0};
    int marks = (entry->held ? MUGAI_MARK_HELD : 0) | (entry->damaged ? MUGAI_MARK_DAMAGED : 0);

    if ((marks & search->marks) != search->marks)
        return FALSE;
    if (search->conditions->len == 0 || entry->unreadable)
        return TRUE;
    mugai_words_of_entry(entry, &words);
    return mugai_search_matches(search, &words);
}

/* Whether the words that are sealed in @row say that it does not match: reading its entry would be
 * for nothing. */
static gboolean
is_ruled_out(const Walk *walk, sqlite3_stmt *row)
{
    g_autoptr(GByteArray) content = NULL;
    MugaiWords words = {0}; /* borrowed from the content */

    return walk->search->unlocked && mugai_index_read_words(walk->index, row, &content, &words) &&
           !mugai_search_matches(walk->search, &words);
}

static gboolean
take(Walk *walk, Stream *stream, GPtrArray *entries, GError **error)
{
    sqlite3_stmt *at = walk->index->statements[STATEMENT_AT];
    g_autoptr(MugaiEntry) entry = NULL;

    sqlite3_bind_int64(at, 1, stream->first.number);
    if (sqlite3_step(at) != SQLITE_ROW) {
        sqlite3_reset(at);
        return mugai_index_damaged(walk->index, N_("a row has gone"), error);
    }
    if (!is_ruled_out(walk, at)) {
        entry = mugai_index_read_row(walk->index, at, NULL);
        walk->index->damaged |= entry == NULL;
    }
    sqlite3_reset(at);
    if (entry != NULL && is_match(walk->search, entry))
        g_ptr_array_add(entries, g_steal_pointer(&entry));
    return advance(walk, stream, error);
}

static gboolean
collect(Walk *walk, guint count, GPtrArray *entries, GError **error)
{
    Stream *stream = NULL;

    if (!list_chunks(walk, error) || !begin_fresh(walk, error))
        return FALSE;
    if (walk->chunks->len > 0 &&
        !mugai_search_sort(walk->index, walk->search, g_array_index(walk->chunks, Chunk, 0).chunk,
                           error))
        return FALSE;
    while (entries->len < count) {
        if (!choose_stream(walk, &stream, error))
            return FALSE;
        if (stream == NULL)
            break;
        if (!take(walk, stream, entries, error))
            return FALSE;
    }
    return TRUE;
}

/* The next @count matches after @before, in one transaction; NULL with @error. */
static GPtrArray *
collect_page(MugaiIndex *index, Search *search, const Rank *before, guint count, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    g_autoptr(GArray) chunks = g_array_new(FALSE, FALSE, sizeof(Chunk));
    g_autoptr(GPtrArray) streams = g_ptr_array_new_with_free_func((GDestroyNotify)stream_free);
    Walk walk = {
        .index = index, .search = search, .before = *before, .chunks = chunks, .streams = streams};
    gboolean collected = FALSE;

    if (!mugai_index_refresh(index, error) || !mugai_index_execute(index, "BEGIN", error))
        return NULL;
    collected = collect(&walk, count, entries, error);
    sqlite3_exec(index->database, "COMMIT", NULL, NULL, NULL); /* nothing was written */
    return collected ? g_steal_pointer(&entries) : NULL;
}

/* --- from outside --- */

static gboolean
find_rank(MugaiIndex *index, const MugaiId *id, Rank *ret_rank, GError **error)
{
    sqlite3_stmt *get = index->statements[STATEMENT_GET];
    int status = SQLITE_OK;

    mugai_index_bind_text(get, 1, id->text);
    status = sqlite3_step(get);
    if (status == SQLITE_ROW)
        read_rank(get, 0, 1, ret_rank);
    sqlite3_reset(get);
    if (status == SQLITE_DONE)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "the index has no message %s",
                    id->text);
    else if (status != SQLITE_ROW)
        mugai_index_fail(index, N_("read"), error);
    return status == SQLITE_ROW;
}

gboolean
mugai_index_list(MugaiIndex *index, const MugaiQuery *query, MugaiIndexVisit visit, gpointer data,
                 GError **error)
{
    guint left = query->limit > 0 ? query->limit : G_MAXUINT;
    g_auto(Search) search = {.unlocked = mugai_index_has_keys(index)};
    Rank before = {0};

    if (!mugai_index_refresh(index, error) || !mugai_search_init(&search, query, error) ||
        (query->before != NULL && !find_rank(index, query->before, &before, error)))
        return FALSE;
    while (left > 0) {
        guint count = MIN(left, PAGE_ENTRIES);
        g_autoptr(GPtrArray) page = collect_page(index, &search, &before, count, error);

        if (page == NULL)
            return FALSE;
        for (guint i = 0; i < page->len; i++) {
            const MugaiEntry *entry = page->pdata[i];

            if (!visit(entry, data))
                return TRUE;
            before.received = entry->received;
            g_strlcpy(before.id, entry->id.text, sizeof before.id);
        }
        if (page->len < count)
            return TRUE;
        left -= count;
    }
    return TRUE;
}

/* Ids after @after, in order, appended to @ids. */
static gboolean
collect_ids(MugaiIndex *index, const char *after, GArray *ids, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    int status = SQLITE_OK;

    if (!mugai_index_refresh(index, error))
        return FALSE;
    rows = mugai_index_prepare(index, "SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT ?",
                               error);
    if (rows == NULL)
        return FALSE;
    mugai_index_bind_text(rows, 1, after);
    sqlite3_bind_int(rows, 2, VISIT_IDS);
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        g_autofree char *text = mugai_index_copy_column(rows, 0);
        MugaiId id = {0};

        if (!mugai_id_parse(text, &id, error))
            return FALSE;
        g_array_append_val(ids, id);
    }
    return status == SQLITE_DONE || mugai_index_fail(index, N_("ids"), error);
}

gboolean
mugai_index_visit(MugaiIndex *index, MugaiStoreVisit visit, gpointer data, GError **error)
{
    MugaiId after = {0};

    for (;;) {
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(MugaiId));

        if (!collect_ids(index, after.text, ids, error))
            return FALSE;
        for (guint i = 0; i < ids->len; i++) {
            if (!visit(&g_array_index(ids, MugaiId, i), data))
                return TRUE;
        }
        if (ids->len < VISIT_IDS)
            return TRUE;
        after = g_array_index(ids, MugaiId, ids->len - 1);
    }
}
