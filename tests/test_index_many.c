/* test_index_many.c - an index of more entries than a chunk has rows finds what looking through all
 * of them finds, in whatever order they came, were replaced and removed */
#include "bench/town.h"
#include "store_fixture.h"

#include <mugai/sandbox.h>
#include <sqlite3.h>
#include <stdlib.h>

#define ENTRIES 10000u /* two chunks and fresh rows */
/* Each is answered twice over: a sanitizer sees in a few what it sees in all. */
#define QUERIES (MUGAI_WITH_ADDRESS_SANITIZER ? 60u : 400u)
#define QUERIES_DAMAGED 12u /* they look through all there is */

static MugaiIndex *
open_index(MugaiStore *store, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    MugaiIndex *index = mugai_index_open(store, writable, &error);

    cr_assert_not_null(index, "%s", error != NULL ? error->message : "");
    return index;
}

/* Of MugaiEntry, in no order. */
static GPtrArray *
draw_entries(guint count)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);

    town_seed = 7;
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(entries, town_draw_entry(i));
    for (guint i = count; i > 1; i--) {
        guint other = town_draw(i);
        gpointer entry = entries->pdata[i - 1];

        entries->pdata[i - 1] = entries->pdata[other];
        entries->pdata[other] = entry;
    }
    return entries;
}

static void
add_in_batches(MugaiIndex *index, const GPtrArray *entries)
{
    for (guint from = 0; from < entries->len;) {
        guint count = MIN(1 + town_draw(64), entries->len - from);
        g_autoptr(GPtrArray) batch = g_ptr_array_new();
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < count; i++)
            g_ptr_array_add(batch, entries->pdata[from + i]);
        cr_assert(mugai_index_add_many(index, batch, &error), "%s",
                  error != NULL ? error->message : "");
        from += count;
    }
}

/* --- looking through all of them --- */

static char *
fold(const char *text)
{
    g_autofree char *first = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    g_autofree char *second = g_utf8_casefold(first, -1);

    return g_utf8_normalize(second, -1, G_NORMALIZE_NFKC);
}

/* What the oracle knows of an entry: folded, parts of a field between line ends. */
typedef struct {
    const MugaiEntry *entry;
    char *from, *to, *subject, *names;
    gboolean removed, warnings;
} Known;

static void
known_free(Known *known)
{
    g_free(known->from);
    g_free(known->to);
    g_free(known->subject);
    g_free(known->names);
    g_free(known);
}

static Known *
know(const MugaiEntry *entry)
{
    Known *known = g_new0(Known, 1);
    g_autoptr(MugaiReport) report = mugai_report_from_json(entry->report_json, -1, NULL);
    g_autofree char *from = g_strconcat(entry->from, "\n", entry->envelope->sender, NULL);
    g_autoptr(GString) to = g_string_new(NULL);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < entry->envelope->recipients->len; i++)
        g_string_append_printf(to, "%s\n", (char *)entry->envelope->recipients->pdata[i]);
    for (guint i = 0; i < report->parts->len; i++)
        g_string_append_printf(names, "%s\n", ((const MugaiPart *)report->parts->pdata[i])->name);
    known->entry = entry;
    known->from = fold(from);
    known->to = fold(to->str);
    known->subject = fold(entry->subject);
    known->names = fold(names->str);
    known->removed = mugai_report_count(report, MUGAI_REMOVED) > 0;
    known->warnings = report->warnings->len > 0;
    return known;
}

/* Of Known, in the order of @entries. */
static GPtrArray *
know_all(const GPtrArray *entries)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)known_free);

    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(all, know(entries->pdata[i]));
    return all;
}

static gboolean
is_in(const char *term, const char *folded)
{
    return term == NULL || strstr(folded, term) != NULL;
}

static gboolean
is_wanted(const Known *known, const MugaiQuery *query)
{
    const MugaiEntry *entry = known->entry;
    const char *text = query->text;

    return (query->since == 0 || entry->received >= query->since) &&
           (query->until == 0 || entry->received < query->until) &&
           (query->state == NULL || g_str_equal(query->state, entry->state)) &&
           (!query->removed || known->removed) && (!query->warnings || known->warnings) &&
           is_in(query->from, known->from) && is_in(query->to, known->to) &&
           is_in(query->subject, known->subject) && is_in(query->name, known->names) &&
           (is_in(text, known->from) || is_in(text, known->to) || is_in(text, known->subject) ||
            is_in(text, known->names) || g_ascii_strcasecmp(text, entry->id.text) == 0);
}

static int
newest_first(gconstpointer a, gconstpointer b)
{
    const MugaiEntry *first = *(const MugaiEntry *const *)a;
    const MugaiEntry *second = *(const MugaiEntry *const *)b;

    if (first->received != second->received)
        return first->received < second->received ? 1 : -1;
    return strcmp(second->id.text, first->id.text);
}

/* Ids of what @query should find of @all (of Known), which are in order. */
static char *
look_through(const GPtrArray *all, const MugaiQuery *query)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    MugaiQuery folded = *query;
    const char **terms[] = {&folded.from, &folded.to, &folded.subject, &folded.name, &folded.text};
    GString *ids = g_string_new(NULL);
    guint left = query->limit > 0 ? query->limit : G_MAXUINT;

    for (guint i = 0; i < G_N_ELEMENTS(terms); i++) {
        if (*terms[i] != NULL) {
            char *term = fold(*terms[i]);

            g_ptr_array_add(kept, term);
            *terms[i] = term;
        }
    }
    for (guint i = 0; i < all->len && left > 0; i++) {
        const Known *known = all->pdata[i];

        if (is_wanted(known, &folded)) {
            g_string_append_printf(ids, "%s ", known->entry->id.text);
            left--;
        }
    }
    return g_string_free(ids, FALSE);
}

static gboolean
append_id(const MugaiEntry *entry, gpointer data)
{
    g_string_append_printf(data, "%s ", entry->id.text);
    return TRUE;
}

static char *
list(MugaiIndex *index, const MugaiQuery *query)
{
    GString *ids = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_index_list(index, query, append_id, ids, &error), "%s",
              error != NULL ? error->message : "");
    return g_string_free(ids, FALSE);
}

/* --- queries at random --- */

/* Some characters of @text; NULL where there are not two. */
static char *
draw_term(const char *text)
{
    glong length = g_utf8_strlen(text, -1);
    glong count = 2 + (glong)town_draw(10);
    glong from = 0;

    if (length < 2)
        return NULL;
    count = MIN(count, length);
    from = (glong)town_draw((guint32)(length - count + 1));
    return g_utf8_substring(text, from, from + count);
}

/* The terms are put into @terms. */
static MugaiQuery
draw_query(const GPtrArray *entries, GPtrArray *terms)
{
    const MugaiEntry *entry = entries->pdata[town_draw(entries->len)];
    const MugaiEntry *other = entries->pdata[town_draw(entries->len)];
    const char *sources[] = {entry->from,
                             entry->envelope->recipients->pdata[0],
                             entry->subject,
                             entry->subject,
                             other->envelope->sender,
                             town_topics[town_draw(28)]};
    MugaiQuery query = {.limit = town_draw(25) == 0 ? 0 : 1 + town_draw(50)};
    const char **places[] = {&query.from, &query.to,   &query.subject,
                             &query.text, &query.text, &query.name};

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        if (town_draw(4) != 0)
            continue;
        *places[i] = draw_term(sources[i]);
        g_ptr_array_add(terms, (gpointer)*places[i]);
    }
    if (town_draw(20) == 0)
        query.text = entry->id.text;
    if (town_draw(4) == 0)
        query.since = entry->received;
    if (town_draw(4) == 0)
        query.until = other->received;
    if (town_draw(6) == 0)
        query.state = town_draw(2) == 0 ? "passed" : "notice-only";
    query.removed = town_draw(6) == 0;
    query.warnings = town_draw(10) == 0;
    return query;
}

static void
check_queries(MugaiIndex *index, GPtrArray *entries, guint queries)
{
    g_autoptr(GPtrArray) all = NULL;
    guint found = 0;

    g_ptr_array_sort(entries, newest_first);
    all = know_all(entries);
    for (guint i = 0; i < queries; i++) {
        g_autoptr(GPtrArray) terms = g_ptr_array_new_with_free_func(g_free);
        MugaiQuery query = draw_query(entries, terms);
        g_autofree char *expected = look_through(all, &query);
        g_autofree char *listed = list(index, &query);

        cr_assert_str_eq(listed, expected, "from %s, to %s, subject %s, text %s, name %s",
                         query.from, query.to, query.subject, query.text, query.name);
        found += expected[0] != '\0';
    }
    cr_assert_gt(found, queries / 4, "queries that find something");
}

/* Removes and replaces some, in @entries as well. */
static void
change_some(MugaiIndex *index, GPtrArray *entries)
{
    for (guint i = 0; i < 500; i++) {
        guint at = town_draw(entries->len);
        MugaiEntry *entry = entries->pdata[at];

        if (i % 2 == 0) {
            cr_assert(mugai_index_remove(index, &entry->id, NULL));
            g_ptr_array_remove_index_fast(entries, at);
        } else {
            g_free(entry->subject);
            entry->subject = g_strdup_printf("差し替え %u", i);
            cr_assert(mugai_index_add(index, entry, NULL));
        }
    }
}

Test(index_many, finds_what_looking_through_all_finds)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_index(fixture.store, FALSE);
    g_autoptr(GPtrArray) entries = draw_entries(ENTRIES);
    g_autoptr(GPtrArray) all = NULL;
    MugaiQuery everything = {0};
    g_autofree char *expected = NULL;
    g_autofree char *listed = NULL;

    add_in_batches(index, entries);
    check_queries(reader, entries, QUERIES);
    change_some(index, entries);
    check_queries(reader, entries, QUERIES);
    all = know_all(entries);
    expected = look_through(all, &everything);
    listed = list(reader, &everything);
    cr_assert_str_eq(listed, expected);
}

typedef struct {
    MugaiIndex *writer;
    const GPtrArray *later;
    GString *ids;
    guint seen;
} Slow;

static gboolean
add_while_listing(const MugaiEntry *entry, gpointer data)
{
    Slow *slow = data;

    append_id(entry, slow->ids);
    if (slow->seen++ == 10)
        add_in_batches(slow->writer, slow->later);
    return TRUE;
}

Test(index_many, a_list_is_whole_though_rows_are_renumbered_meanwhile)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_index(fixture.store, FALSE);
    g_autoptr(GPtrArray) entries = draw_entries(3000);
    g_autoptr(GPtrArray) later = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    g_autoptr(GString) ids = g_string_new(NULL);
    MugaiQuery query = {.text = "example"};
    g_autoptr(GPtrArray) all = NULL;
    Slow slow = {.writer = writer, .later = later, .ids = ids};
    g_autofree char *expected = NULL;

    for (guint i = 0; i < 3000; i++) /* newer than what is being listed */
        g_ptr_array_add(later, town_draw_entry(i + 1000000));
    add_in_batches(writer, entries);
    g_ptr_array_sort(entries, newest_first);
    all = know_all(entries);
    expected = look_through(all, &query);
    cr_assert(mugai_index_list(reader, &query, add_while_listing, &slow, NULL));
    cr_assert_str_eq(ids->str, expected);
}

Test(index_many, pages_are_the_whole_list)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(GPtrArray) entries = draw_entries(6000);
    g_autoptr(GString) pages = g_string_new(NULL);
    MugaiQuery everything = {.subject = "の"
                                        "ご"};
    g_autofree char *whole = NULL;
    MugaiId before = {0};
    gsize length = 0;

    add_in_batches(index, entries);
    whole = list(index, &everything);
    cr_assert_gt(strlen(whole), 1000);
    do {
        MugaiQuery page = everything;
        g_autofree char *ids = NULL;

        page.limit = 17;
        page.before = pages->len > 0 ? &before : NULL;
        ids = list(index, &page);
        length = strlen(ids);
        g_string_append(pages, ids);
        if (length > 0)
            g_strlcpy(before.text, ids + length - MUGAI_ID_LENGTH - 1, sizeof before.text);
    } while (length > 0);
    cr_assert_str_eq(pages->str, whole);
}

/* --- the file --- */

static sqlite3 *
open_file(const Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->path, "index.sqlite", NULL);
    sqlite3 *database = NULL;

    cr_assert_eq(sqlite3_open(path, &database), SQLITE_OK);
    return database;
}

static int
count_rows(sqlite3 *database, const char *table)
{
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    sqlite3_stmt *statement = NULL;
    int count = -1;

    cr_assert_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static void
remove_all(MugaiIndex *index, const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++)
        cr_assert(mugai_index_remove(index, &((MugaiEntry *)entries->pdata[i])->id, NULL));
}

Test(index_many, what_is_removed_leaves_nothing)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(GPtrArray) entries = draw_entries(5000);
    const char *const tables[] = {"messages", "fresh", "chunks", "lists"};
    sqlite3 *database = NULL;

    add_in_batches(index, entries);
    database = open_file(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        cr_assert_gt(count_rows(database, tables[i]), 0, "%s", tables[i]);
    remove_all(index, entries);
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        cr_assert_eq(count_rows(database, tables[i]), 0, "%s", tables[i]);
    sqlite3_close(database);
}

/* Random octets over some leaves and rows. */
static void
spoil(sqlite3 *database)
{
    cr_assert_eq(sqlite3_exec(database,
                              "UPDATE lists SET leaf = randomblob(length(leaf))"
                              " WHERE abs(random()) % 3 = 0;"
                              "UPDATE lists SET leaf = substr(leaf, 1, length(leaf) / 2)"
                              " WHERE abs(random()) % 3 = 0;"
                              "UPDATE messages SET packed = randomblob(200)"
                              " WHERE abs(random()) % 50 = 0;"
                              "UPDATE messages SET packed = '' WHERE abs(random()) % 50 = 0;",
                              NULL, NULL, NULL),
                 SQLITE_OK);
}

/* Whether each of the ids in @expected, which are in order, is among those of @listed. */
static gboolean
has_all(const char *listed, const char *expected)
{
    for (; *expected != '\0'; expected += MUGAI_ID_LENGTH + 1) {
        char id[MUGAI_ID_LENGTH + 1];

        g_strlcpy(id, expected, sizeof id);
        if (strstr(listed, id) == NULL)
            return FALSE;
    }
    return TRUE;
}

Test(index_many, damage_is_said_and_hides_nothing)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(GPtrArray) entries = draw_entries(5000);
    g_autoptr(GPtrArray) all = NULL;
    sqlite3 *database = NULL;
    guint more = 0;

    add_in_batches(index, entries);
    g_ptr_array_sort(entries, newest_first);
    all = know_all(entries);
    database = open_file(&fixture);
    for (guint i = 0; i < 2 * QUERIES_DAMAGED; i++) {
        g_autoptr(GPtrArray) terms = g_ptr_array_new_with_free_func(g_free);
        MugaiQuery query = draw_query(entries, terms);
        g_autofree char *expected = NULL;
        g_autofree char *listed = NULL;

        if (i % 8 == 0)
            spoil(database);
        query.limit = 0; /* what cannot be read is listed as well */
        expected = look_through(all, &query);
        listed = list(index, &query);
        cr_assert(has_all(listed, expected));
        more += strlen(listed) > strlen(expected);
    }
    cr_assert(mugai_index_is_damaged(index));
    cr_assert_gt(more, 4);
    sqlite3_close(database);
}

/* --- a disk that is not perfect --- */

/* One octet of the blob @column of each row of @table is another one now. */
static void
damage_each(const Fixture *fixture, const char *table, const char *key, const char *column)
{
    g_autofree char *all = g_strdup_printf("SELECT %s, %s FROM %s", key, column, table);
    g_autofree char *one = g_strdup_printf("UPDATE %s SET %s = ? WHERE %s = ?", table, column, key);
    sqlite3 *database = open_file(fixture);
    sqlite3_stmt *read = NULL;
    sqlite3_stmt *write = NULL;

    cr_assert_eq(sqlite3_exec(database, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(database, all, -1, &read, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(database, one, -1, &write, NULL), SQLITE_OK);
    while (sqlite3_step(read) == SQLITE_ROW) {
        gsize length = (gsize)sqlite3_column_bytes(read, 1);
        g_autofree guint8 *octets = g_memdup2(sqlite3_column_blob(read, 1), length);

        octets[town_draw((guint32)length)] ^= (guint8)(1u << town_draw(8));
        sqlite3_bind_blob(write, 1, octets, (int)length, SQLITE_STATIC);
        sqlite3_bind_int64(write, 2, sqlite3_column_int64(read, 0));
        cr_assert_eq(sqlite3_step(write), SQLITE_DONE);
        sqlite3_reset(write);
    }
    sqlite3_finalize(read);
    sqlite3_finalize(write);
    cr_assert_eq(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_close(database), SQLITE_OK);
}

Test(index_many, one_wrong_octet_in_a_list_hides_nothing)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_index(fixture.store, FALSE);
    g_autoptr(GPtrArray) entries = draw_entries(ENTRIES);
    g_autoptr(GError) error = NULL;

    add_in_batches(index, entries);
    cr_assert(mugai_index_check(reader, NULL));
    damage_each(&fixture, "lists", "number", "leaf");
    cr_assert_not(mugai_index_is_damaged(reader));
    check_queries(reader, entries, QUERIES_DAMAGED);
    cr_assert(mugai_index_is_damaged(reader));
    cr_assert_not(mugai_index_check(reader, &error));
    cr_assert_eq(error->code, MUGAI_ERROR_MALFORMED);
}

/* How many of the entries found are readable. */
static gboolean
count_readable(const MugaiEntry *entry, gpointer data)
{
    guint *counts = data;

    counts[entry->unreadable ? 1 : 0]++;
    return TRUE;
}

static guint
count_all(MugaiIndex *index)
{
    const MugaiQuery everything = {0};
    guint counts[2] = {0};

    cr_assert(mugai_index_list(index, &everything, count_readable, counts, NULL));
    cr_assert_eq(counts[1], 0);
    return counts[0];
}

/* Lists and words are made of entries: mending them costs none, and nothing that one says. */
static void
check_mended(const Fixture *fixture, GPtrArray *entries)
{
    g_autoptr(MugaiIndex) writer = open_index(fixture->store, TRUE);
    g_autoptr(MugaiIndex) reader = NULL;
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_index_mend(writer, &error), "%s", error != NULL ? error->message : "");
    cr_assert_not(mugai_index_was_made(writer));
    reader = open_index(fixture->store, FALSE);
    cr_assert(mugai_index_check(reader, &error), "%s", error != NULL ? error->message : "");
    cr_assert_eq(count_all(reader), entries->len);
    check_queries(reader, entries, QUERIES_DAMAGED);
    cr_assert_not(mugai_index_is_damaged(reader));
}

Test(index_many, mended_lists_are_as_they_were)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(GPtrArray) entries = draw_entries(ENTRIES);

    add_in_batches(index, entries);
    damage_each(&fixture, "lists", "number", "leaf");
    damage_each(&fixture, "fresh", "number", "subject");
    check_mended(&fixture, entries);
    cr_assert(mugai_index_mend(index, NULL)); /* where nothing is to be mended */
    cr_assert_eq(count_all(index), entries->len);
    /* Chunks that were mended can lose rows and come to their end. */
    remove_all(index, entries);
    cr_assert_eq(count_all(index), 0);
}

Test(index_many, where_tables_are_damaged_mending_begins_anew)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(GPtrArray) entries = draw_entries(100);
    g_autoptr(GError) error = NULL;
    sqlite3 *database = NULL;

    add_in_batches(index, entries);
    g_clear_pointer(&index, mugai_index_free);
    database = open_file(&fixture);
    cr_assert_eq(sqlite3_exec(database,
                              "PRAGMA writable_schema = 1;"
                              "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM"
                              " sqlite_master WHERE name = 'fresh') WHERE name = 'lists'",
                              NULL, NULL, NULL),
                 SQLITE_OK);
    sqlite3_close(database);
    index = open_index(fixture.store, TRUE);
    cr_assert(mugai_index_mend(index, &error), "%s", error != NULL ? error->message : "");
    cr_assert(mugai_index_was_made(index));
    cr_assert_eq(count_all(index), 0);
}

Test(index_many, one_wrong_octet_in_an_entry_costs_no_other_and_passes_for_nothing)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(GPtrArray) entries = draw_entries(5000); /* a chunk and fresh rows */
    guint counts[2] = {0};
    MugaiQuery everything = {0};
    g_autoptr(GError) error = NULL;

    add_in_batches(index, entries);
    damage_each(&fixture, "messages", "number", "packed");
    cr_assert(mugai_index_list(index, &everything, count_readable, counts, &error), "%s",
              error != NULL ? error->message : "");
    cr_assert_eq(counts[0], 0);
    cr_assert_eq(counts[1], entries->len);
    for (guint i = 0; i < entries->len; i += 2) /* as fsck mends them */
        cr_assert(mugai_index_add(index, entries->pdata[i], NULL));
    memset(counts, 0, sizeof counts);
    cr_assert(mugai_index_list(index, &everything, count_readable, counts, NULL));
    cr_assert_eq(counts[0], entries->len / 2);
    cr_assert_eq(counts[1], entries->len / 2);
}

Test(index_many, wrong_words_of_fresh_rows_hide_nothing_and_reach_no_list)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_index(fixture.store, FALSE);
    g_autoptr(GPtrArray) entries = draw_entries(4000);
    g_autoptr(GPtrArray) more = NULL;
    g_autoptr(GError) error = NULL;

    add_in_batches(index, entries);
    damage_each(&fixture, "fresh", "number", "subject");
    check_queries(reader, entries, QUERIES_DAMAGED);
    cr_assert(mugai_index_is_damaged(reader));
    cr_assert_not(mugai_index_check(reader, &error));
    town_seed = 8;
    more = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    for (guint i = 0; i < 200; i++)
        g_ptr_array_add(more, town_draw_entry(ENTRIES + i));
    add_in_batches(index, more); /* they are no longer fresh */
    g_ptr_array_extend_and_steal(entries, g_steal_pointer(&more));
    check_queries(reader, entries, QUERIES_DAMAGED);
    g_clear_error(&error);
    cr_assert(mugai_index_check(reader, &error), "%s", error != NULL ? error->message : "");
}
