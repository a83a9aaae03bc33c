/* test_index.c - what is in the store is found, newest first, and the index is only a cache */
#include "store_fixture.h"

#include "index_fixture.h"

#include <sys/wait.h>

static MugaiIndex *
open_index(MugaiStore *store, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    MugaiIndex *index = mugai_index_open(store, writable, &error);

    cr_assert_not_null(index, "%s", error != NULL ? error->message : "");
    return index;
}

static MugaiEntry *
make_entry(gint64 received, const char *from, const char *subject, const char *part_name)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    MugaiPart *part = mugai_part_new("1");
    MugaiFacts facts = {.id = entry->id.text, .original_sha256 = "", .output_sha256 = ""};

    mugai_id_new(received, &entry->id);
    g_free(part->name);
    part->name = g_strdup(part_name);
    g_ptr_array_add(report->parts, part);
    entry->received = received;
    entry->state = g_strdup("passed");
    entry->envelope = make_envelope();
    entry->subject = g_strdup(subject);
    entry->from = g_strdup(from);
    entry->size = 4711;
    entry->report_json = mugai_report_to_json(report, &facts, NULL, NULL, FALSE);
    return entry;
}

static MugaiId
add(MugaiIndex *index, gint64 received, const char *from, const char *subject,
    const char *part_name)
{
    g_autoptr(MugaiEntry) entry = make_entry(received, from, subject, part_name);
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_index_add(index, entry, &error), "%s", error != NULL ? error->message : "");
    return entry->id;
}

Test(index, entry_comes_back_whole)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, HOSTILE, HOSTILE, HOSTILE);
    g_autoptr(MugaiEntry) back = NULL;
    g_autoptr(GError) error = NULL;
    MugaiId unknown = {0};

    g_ptr_array_add(entry->envelope->recipients, g_strdup(HOSTILE));
    cr_assert(mugai_index_add(index, entry, NULL));
    cr_assert(mugai_index_has(index, &entry->id));
    back = mugai_index_get(index, &entry->id, NULL);
    cr_assert_str_eq(back->id.text, entry->id.text);
    cr_assert_eq(back->received, RECEIVED);
    cr_assert_str_eq(back->state, "passed");
    cr_assert_str_eq(back->subject, HOSTILE);
    cr_assert_str_eq(back->from, HOSTILE);
    cr_assert_eq(back->size, 4711);
    cr_assert_str_eq(back->report_json, entry->report_json);
    cr_assert_str_eq(back->envelope->recipients->pdata[1], HOSTILE);
    mugai_id_new(RECEIVED, &unknown);
    cr_assert(!mugai_index_has(index, &unknown));
    cr_assert_null(mugai_index_get(index, &unknown, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND));
}

Test(index, adding_again_replaces)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, "a@example.jp", "old subject", "");

    cr_assert(mugai_index_add(index, entry, NULL));
    g_free(entry->subject);
    entry->subject = g_strdup("new subject");
    cr_assert(mugai_index_add(index, entry, NULL));
    check_list(index, (MugaiQuery){0}, "new subject;");
    check_list(index, (MugaiQuery){.subject = "old"}, "");
    check_list(index, (MugaiQuery){.subject = "new"}, "new subject;");
}

Test(index, removing_takes_entry_and_words)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, "a@example.jp", "gone", "");

    add(index, RECEIVED, "x@example.jp", "stays", "");
    cr_assert(mugai_index_add(index, entry, NULL));
    cr_assert(mugai_index_remove(index, &entry->id, NULL));
    cr_assert(mugai_index_remove(index, &entry->id, NULL), "once more is no error");
    check_list(index, (MugaiQuery){0}, "stays;");
    check_list(index, (MugaiQuery){.subject = "gone"}, "");
    cr_assert(!mugai_index_has(index, &entry->id));
}

Test(index, what_is_there_is_not_replaced_by_what_knows_less)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, "a@example.jp", "passed", "");

    cr_assert(mugai_index_add(index, entry, NULL));
    cr_assert(mugai_index_set_held(index, &entry->id, TRUE, NULL));
    g_free(entry->subject);
    entry->subject = g_strdup("made from the object");
    cr_assert(mugai_index_add_missing(index, entry, NULL));
    check_list(index, (MugaiQuery){0}, "passed;");
    cr_assert(mugai_index_add(index, entry, NULL));
    check_list(index, (MugaiQuery){.held = TRUE}, "made from the object;"); /* the mark stays */
    cr_assert(mugai_index_remove(index, &entry->id, NULL));
    cr_assert(mugai_index_add_missing(index, entry, NULL));
    check_list(index, (MugaiQuery){.held = TRUE}, "");
    check_list(index, (MugaiQuery){0}, "made from the object;");
}

Test(index, terms_of_one_character_are_refused)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    const MugaiQuery queries[] = {
        {.text = "見"}, {.subject = "x"}, {.from = "@"}, {.to = "ｘ"}, {.name = "ﾊﾞ"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autoptr(GString) found = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        cr_assert(!mugai_index_list(index, &queries[i], append_subject, found, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_USAGE));
    }
    add(index, RECEIVED, "x@example.jp", "㈱", ""); /* one character that is three */
    check_list(index, (MugaiQuery){.subject = "㈱"}, "㈱;");
}

Test(index, I8_writer_says_that_it_made_the_file_anew)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autofree char *file = g_build_filename(fixture.path, "index.sqlite", NULL);

    cr_assert(mugai_index_was_made(index));
    cr_assert(!mugai_index_was_made(index));
    add(index, RECEIVED, "x@example.jp", "one", "");
    cr_assert(!mugai_index_was_made(index));
    cr_assert_eq(unlink(file), 0);
    add(index, RECEIVED, "x@example.jp", "two", "");
    cr_assert(mugai_index_was_made(index));
}

Test(index, held_is_set_and_found)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, "a@example.jp", "evidence", "");
    g_autoptr(MugaiEntry) held = NULL;

    add(index, RECEIVED, "x@example.jp", "other", "");
    cr_assert(mugai_index_add(index, entry, NULL));
    check_list(index, (MugaiQuery){.held = TRUE}, "");
    cr_assert(mugai_index_set_held(index, &entry->id, TRUE, NULL));
    check_list(index, (MugaiQuery){.held = TRUE}, "evidence;");
    held = mugai_index_get(index, &entry->id, NULL);
    cr_assert(held != NULL && held->held);
    cr_assert(mugai_index_set_held(index, &entry->id, FALSE, NULL));
    check_list(index, (MugaiQuery){.held = TRUE}, "");
}

Test(index, lists_newest_first_within_bounds)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) other = make_entry(RECEIVED + 5, "x@example.jp", "notice", "");
    MugaiQuery query = {0};
    g_autoptr(GError) error = NULL;

    g_free(other->state);
    other->state = g_strdup("notice-only");
    cr_assert(mugai_index_add(index, other, NULL));
    for (int i = 0; i < 4; i++) {
        const char *const subjects[] = {"s0", "s1", "s2", "s3"};

        add(index, RECEIVED + i, "x@example.jp", subjects[i], "");
    }
    check_list(index, (MugaiQuery){0}, "notice;s3;s2;s1;s0;");
    check_list(index, (MugaiQuery){.limit = 2}, "notice;s3;");
    check_list(index, (MugaiQuery){.since = RECEIVED + 1, .until = RECEIVED + 3}, "s2;s1;");
    check_list(index, (MugaiQuery){.state = "notice-only"}, "notice;");
    query.state = "passed' OR 1";
    cr_assert_not(mugai_index_list(index, &query, append_subject, NULL, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_USAGE));
    check_list(index, (MugaiQuery){.from = "x@", .limit = 2}, "notice;s3;");
    check_list(index, (MugaiQuery){.from = "x@", .state = "passed", .limit = 2}, "s3;s2;");
}

Test(index, finds_japanese_of_any_length_and_width)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);

    add(index, RECEIVED, "\"鈴木 一郎\" <suzuki@Example.com>", "見積書のご送付",
        "ﾐﾂﾓﾘ（最終版）.XLSX");
    add(index, RECEIVED + 1, "tanaka@example.jp", "会議のお知らせ", "Straße.pdf");
    check_list(index, (MugaiQuery){.subject = "見積"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.subject = "見積書の"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.subject = "のご送付"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.subject = "見書積"}, "");
    check_list(index, (MugaiQuery){.from = "鈴木"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.from = "ＥＸＡＭＰＬＥ.com"},
               "会議のお知らせ;見積書のご送付;"); /* envelope sender */
    check_list(index, (MugaiQuery){.from = "tanaka"}, "会議のお知らせ;");
    check_list(index, (MugaiQuery){.to = "shisho"}, "会議のお知らせ;見積書のご送付;");
    check_list(index, (MugaiQuery){.to = "鈴木"}, "");
    check_list(index, (MugaiQuery){.text = "ミツモリ(最終版).xlsx"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.text = "モリ"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.text = "STRASSE"}, "会議のお知らせ;");
    check_list(index, (MugaiQuery){.text = "4f3a21b0c9", .subject = "会議"}, "会議のお知らせ;");
    check_list(index, (MugaiQuery){.subject = "見積書", .from = "鈴木 一", .text = "ミツ"},
               "見積書のご送付;");
}

Test(index, terms_are_never_syntax)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    const char *const terms[] = {
        "\"\"",      "\"\"\"",   "%%",         "__",       "**",        "abc*",
        "' OR 1 --", "\" OR \"", "sender : x", "a AND b",  "NEAR(a b)", "\\\\",
        "^abc",      "{a b}",    "-abc",       "\xFF\xFE", "abc\ndef",
    };

    add(index, RECEIVED, "x@example.jp", "plain", "");
    for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
        check_list(index, (MugaiQuery){.subject = terms[i]}, "");
        check_list(index, (MugaiQuery){.text = terms[i]}, "");
    }
    add(index, RECEIVED + 1, "x@example.jp", "100% \"AND\" _*_", "");
    check_list(index, (MugaiQuery){.subject = "0% \"and\" _*"}, "100% \"AND\" _*_;");
    check_list(index, (MugaiQuery){.subject = "*_"}, "100% \"AND\" _*_;");
    check_list(index, (MugaiQuery){.subject = ""}, "100% \"AND\" _*_;plain;");
}

Test(index, a_term_does_not_span_two_addresses)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, "x@example.jp", "plain", "");

    g_ptr_array_add(entry->envelope->recipients, g_strdup("next@example.jp"));
    cr_assert(mugai_index_add(index, entry, NULL));
    check_list(index, (MugaiQuery){.to = "example.jpnext"}, "");
    check_list(index, (MugaiQuery){.to = "jpne"}, "");
    check_list(index, (MugaiQuery){.to = "next"}, "plain;");
}

Test(index, reader_needs_an_index_and_changes_nothing)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiIndex) reader = NULL;

    cr_assert_null(mugai_index_open(fixture.store, FALSE, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND));
    cr_assert_eq(count_files(&fixture), 0);
    mugai_index_free(open_index(fixture.store, TRUE));
    reader = open_index(fixture.store, FALSE);
    check_list(reader, (MugaiQuery){0}, "");
}

Test(index, reader_sees_what_a_writer_adds_meanwhile)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_index(fixture.store, FALSE);

    check_list(reader, (MugaiQuery){0}, "");
    add(writer, RECEIVED, "x@example.jp", "added", "");
    check_list(reader, (MugaiQuery){0}, "added;");
    cr_assert_eq((count_files(&fixture), found_open_modes), 0, "the index is the owner's alone");
}

Test(index, reader_reads_where_nothing_can_be_written)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = NULL;
    g_autofree char *file = g_build_filename(fixture.path, "index.sqlite", NULL);
    uid_t user = geteuid();

    add(writer, RECEIVED, "x@example.jp", "added", "");
    g_clear_pointer(&writer, mugai_index_free);
    cr_assert(user != 0 || chown(file, 65534, 65534) == 0);
    become_nobody(fixture.path);
    cr_assert_eq(chmod(fixture.path, 0500), 0);
    reader = open_index(fixture.store, FALSE);
    check_list(reader, (MugaiQuery){.subject = "added"}, "added;");
    cr_assert_eq(chmod(fixture.path, 0700), 0);
    if (user == 0)
        cr_assert_eq(setresuid(0, 0, 0), 0);
}

/* Replaces the index by @octets; NULL deletes it, and leaves its companions. */
static void
spoil(const Fixture *fixture, const char *octets, gsize length)
{
    g_autofree char *file = g_build_filename(fixture->path, "index.sqlite", NULL);

    cr_assert_eq(unlink(file), 0);
    if (octets != NULL)
        cr_assert(g_file_set_contents(file, octets, (gssize)length, NULL));
}

Test(index, I8_index_can_be_deleted_at_any_time)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_index(fixture.store, FALSE);
    g_autoptr(MugaiIndex) fresh = NULL;

    add(writer, RECEIVED, "x@example.jp", "before", "");
    spoil(&fixture, NULL, 0);
    add(writer, RECEIVED, "x@example.jp", "after", "");
    check_list(writer, (MugaiQuery){0}, "after;");
    check_list(reader, (MugaiQuery){0}, "after;");
    fresh = open_index(fixture.store, FALSE);
    check_list(fresh, (MugaiQuery){0}, "after;");
}

Test(index, I8_damaged_or_foreign_index_is_made_anew)
{
    const char *const contents[] = {"", "SQLite format 3",
                                    "this is no database at all, but long enough to look at"};

    for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
        g_auto(Fixture) fixture = fixture_make();
        g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
        g_autoptr(GError) error = NULL;

        g_clear_pointer(&writer, mugai_index_free);
        spoil(&fixture, contents[i], strlen(contents[i]));
        cr_assert_null(mugai_index_open(fixture.store, FALSE, &error), "a reader mends nothing");
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED), "%s", error->message);
        writer = open_index(fixture.store, TRUE);
        add(writer, RECEIVED, "x@example.jp", "after", "");
        check_list(writer, (MugaiQuery){0}, "after;");
    }
}

Test(index, I8_index_of_another_version_is_made_anew)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
    g_autofree char *file = g_build_filename(fixture.path, "index.sqlite", NULL);
    g_autofree char *octets = NULL;
    gsize length = 0;

    add(writer, RECEIVED, "x@example.jp", "before", "");
    g_clear_pointer(&writer, mugai_index_free);
    cr_assert(g_file_get_contents(file, &octets, &length, NULL));
    octets[63] ^= 0x55; /* user_version: octets 60 to 63 of the database header */
    spoil(&fixture, octets, length);
    writer = open_index(fixture.store, TRUE);
    check_list(writer, (MugaiQuery){0}, "");
}

Test(index, I8_damage_that_shows_later_is_mended_by_the_next_writer)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) writer = open_index(fixture.store, TRUE);
    g_autofree char *file = g_build_filename(fixture.path, "index.sqlite", NULL);
    g_autofree char *octets = NULL;
    gsize length = 0;

    for (int i = 0; i < 50; i++)
        add(writer, RECEIVED, "x@example.jp", "before", "");
    g_clear_pointer(&writer, mugai_index_free);
    cr_assert(g_file_get_contents(file, &octets, &length, NULL));
    cr_assert_gt(length, 8 * 4096);
    memset(octets + 4096, 0xAA, length - 4096); /* the schema in the first page stays */
    spoil(&fixture, octets, length);
    writer = open_index(fixture.store, TRUE);
    add(writer, RECEIVED, "x@example.jp", "after", "");
    check_list(writer, (MugaiQuery){0}, "after;");
}

static gpointer
add_many(gpointer data)
{
    g_autoptr(MugaiIndex) index = open_index(data, TRUE);

    for (int i = 0; i < 50; i++)
        add(index, RECEIVED, "x@example.jp", "s", "");
    return NULL;
}

static gboolean
count_entry(const MugaiEntry *entry, gpointer data)
{
    (void)entry;
    ++*(guint *)data;
    return TRUE;
}

Test(index, many_threads_write_with_an_index_each)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) reader = NULL;
    GThread *threads[8] = {NULL};
    guint count = 0;
    MugaiQuery everything = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("writer", add_many, fixture.store);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    reader = open_index(fixture.store, FALSE);
    cr_assert(mugai_index_list(reader, &everything, count_entry, &count, NULL));
    cr_assert_eq(count, 8 * 50);
}
