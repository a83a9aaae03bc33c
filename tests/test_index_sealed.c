/*
 * test_index_sealed.c - with [store] seal_index, what a message says is shown and found with the
 * key alone, and what the boundary host knows without it as before
 */
#include "sealed_fixture.h"

#include "index_fixture.h"

#define CHUNK_ENTRIES 4096u

static MugaiIndex *
open_index(MugaiStore *store, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    MugaiIndex *index = mugai_index_open(store, writable, &error);

    cr_assert_not_null(index, "%s", error != NULL ? error->message : "");
    return index;
}

static MugaiEntry *
make_entry(gint64 received, const char *subject)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    MugaiPart *part = mugai_part_new("1");
    MugaiFacts facts = {.id = entry->id.text,
                        .original_size = 4711,
                        .original_sha256 = "feed",
                        .output_sha256 = "beef"};

    mugai_id_new(received, &entry->id);
    g_free(part->name);
    part->name = g_strconcat(subject, ".xlsx", NULL);
    part->disposition = MUGAI_REMOVED;
    g_free(part->reason);
    part->reason = g_strdup("attachment");
    g_ptr_array_add(report->parts, part);
    g_free(report->message_id);
    report->message_id = g_strconcat("<", subject, "@example.org>", NULL);
    mugai_report_remark(report->warnings, "odd", "says %s", subject);
    entry->received = received;
    entry->state = g_strdup("passed");
    entry->envelope = make_envelope();
    entry->subject = g_strdup(subject);
    entry->from = g_strdup_printf("%s <x@example.org>", subject);
    entry->size = 4711;
    entry->sha256 = g_strdup("feed");
    entry->report_json = mugai_report_to_json(report, &facts, entry->envelope, entry->state, FALSE);
    return entry;
}

static MugaiId
add(MugaiIndex *index, gint64 received, const char *subject)
{
    g_autoptr(MugaiEntry) entry = make_entry(received, subject);
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_index_add(index, entry, &error), "%s", error != NULL ? error->message : "");
    return entry->id;
}

/* Each kind of query that the content answers, for @word in it. */
static void
expect_found_by_content(MugaiIndex *index, const char *word, const char *expected)
{
    g_autofree char *name = g_strconcat(word, ".xlsx", NULL);
    g_autofree char *message_id = g_strconcat(word, "@example.org", NULL);

    check_list(index, (MugaiQuery){.subject = word}, expected);
    check_list(index, (MugaiQuery){.name = name}, expected);
    check_list(index, (MugaiQuery){.from = word}, expected);
    check_list(index, (MugaiQuery){.message_id = message_id}, expected);
    check_list(index, (MugaiQuery){.text = word}, expected);
    check_list(index, (MugaiQuery){.text = message_id}, expected);
}

static gboolean
is_locked(MugaiIndex *index)
{
    gboolean locked = FALSE;

    cr_assert(mugai_index_is_locked(index, &locked, NULL));
    return locked;
}

/* A reader of the store with @key, or without. */
static MugaiIndex *
open_with(const Sealed *sealed, const MugaiVaultKey *key)
{
    mugai_store_use_key(sealed->fixture.store, key);
    return open_index(sealed->fixture.store, FALSE);
}

/* --- without a key --- */

Test(index_sealed, without_the_key_the_envelope_is_shown_and_found_and_nothing_of_the_content)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);
    MugaiId id = add(writer, RECEIVED, "budget");
    g_autoptr(MugaiIndex) reader = open_with(&sealed, NULL);
    g_autoptr(MugaiEntry) entry = mugai_index_get(reader, &id, NULL);

    cr_assert_not_null(entry);
    cr_assert(entry->sealed);
    cr_assert_str_eq(entry->subject, "(sealed)");
    cr_assert_str_eq(entry->from, "");
    cr_assert_str_eq(entry->sha256, "");
    cr_assert_eq(entry->size, 4711);
    cr_assert_str_eq(entry->envelope->sender, "suzuki@example.com");
    for (gsize i = 0; i < 3; i++)
        cr_assert_null(strstr(entry->report_json, (const char *[]){"budget", "feed", "beef"}[i]),
                       "%s", entry->report_json);
    cr_assert_not_null(strstr(entry->report_json, "\"sealed\":true"), "%s", entry->report_json);
    cr_assert(is_locked(reader));
    expect_found_by_content(reader, "budget", "");
    check_list(reader, (MugaiQuery){.subject = "sealed"}, "");
    check_list(reader, (MugaiQuery){.from = "suzuki"}, "(sealed);");
    check_list(reader, (MugaiQuery){.to = "shisho"}, "(sealed);");
    check_list(reader, (MugaiQuery){.text = "suzuki@"}, "(sealed);");
    check_list(reader, (MugaiQuery){.text = id.text}, "(sealed);");
    check_list(reader, (MugaiQuery){.queue_id = "4F3A21B0C9"}, "(sealed);");
    check_list(reader, (MugaiQuery){.state = "passed", .removed = TRUE, .warnings = TRUE},
               "(sealed);");
    check_list(reader, (MugaiQuery){.since = RECEIVED, .until = RECEIVED + 1}, "(sealed);");
}

/* Whether a file of the index has @text in it. */
static gboolean
is_in_file(const Sealed *sealed, const char *text)
{
    gboolean found = FALSE;

    for (gsize i = 0; i < 2; i++) {
        g_autofree char *name = g_strconcat("index.sqlite", i == 0 ? "" : "-wal", NULL);
        g_autofree char *path = g_build_filename(sealed->fixture.path, name, NULL);
        g_autofree char *contents = NULL;
        gsize length = 0;

        if (g_file_get_contents(path, &contents, &length, NULL))
            found |= memmem(contents, length, text, strlen(text)) != NULL;
    }
    return found;
}

Test(index_sealed, the_file_has_the_envelope_and_not_the_content)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);

    add(writer, RECEIVED, "budget");
    cr_assert_not(is_in_file(&sealed, "budget"));
    cr_assert(is_in_file(&sealed, "suzuki"));
    g_clear_pointer(&writer, mugai_index_free);
    reopen(&sealed, FALSE);
    writer = open_index(sealed.fixture.store, TRUE);
    add(writer, RECEIVED, "budget");
    cr_assert(is_in_file(&sealed, "budget"), "this would have shown it");
}

/* --- with the key --- */

Test(index_sealed, with_the_key_all_is_shown_and_found)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);
    g_autoptr(MugaiEntry) given = make_entry(RECEIVED, "予算 budget");
    g_autoptr(MugaiIndex) reader = NULL;
    g_autoptr(MugaiEntry) entry = NULL;

    cr_assert(mugai_index_add(writer, given, NULL));
    add(writer, RECEIVED + 1, "meeting");
    reader = open_with(&sealed, sealed.key);
    entry = mugai_index_get(reader, &given->id, NULL);
    cr_assert_not(entry->sealed);
    cr_assert_str_eq(entry->report_json, given->report_json);
    cr_assert_str_eq(entry->sha256, "feed");
    cr_assert_str_eq(entry->from, given->from);
    cr_assert_not(is_locked(reader));
    expect_found_by_content(reader, "予算 budget", "予算 budget;");
    expect_found_by_content(reader, "meeting", "meeting;");
    expect_found_by_content(reader, "nowhere", "");
    check_list(reader, (MugaiQuery){.subject = "meeting", .to = "nobody"}, "");
    check_list(reader, (MugaiQuery){.limit = 1}, "meeting;");
    check_list(reader, (MugaiQuery){.name = ".xlsx"}, "meeting;予算 budget;");
}

Test(index_sealed, in_a_chunk_as_well_beside_entries_that_are_not_sealed)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = NULL;

    add(writer, RECEIVED, "sealed budget");
    g_clear_pointer(&writer, mugai_index_free);
    reopen(&sealed, FALSE);
    writer = open_index(sealed.fixture.store, TRUE);
    for (guint i = 1; i < CHUNK_ENTRIES; i++)
        g_ptr_array_add(entries,
                        make_entry(RECEIVED + i, i == 7 ? "open budget" : "something else"));
    cr_assert(mugai_index_add_many(writer, entries, NULL));
    reader = open_with(&sealed, NULL);
    check_list(reader, (MugaiQuery){.subject = "budget"}, "open budget;");
    cr_assert(is_locked(reader));
    g_clear_pointer(&reader, mugai_index_free);
    reader = open_with(&sealed, sealed.key);
    check_list(reader, (MugaiQuery){.subject = "budget"}, "open budget;sealed budget;");
    check_list(reader, (MugaiQuery){.text = "sealed budget"}, "sealed budget;");
    check_list(reader, (MugaiQuery){.subject = "nothing at all"}, "");
}

Test(index_sealed, another_key_opens_nothing_and_finds_nothing_wrong)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiVaultKey) other = make_key(&sealed, "b");
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = NULL;

    add(writer, RECEIVED, "budget");
    reader = open_with(&sealed, other);
    cr_assert(is_locked(reader));
    check_list(reader, (MugaiQuery){0}, "(sealed);");
    expect_found_by_content(reader, "budget", "");
}

/* --- somebody else has the key --- */

typedef struct {
    MugaiIndex *index;
    const MugaiVaultKey *key;
    guint count;
} Unlocking;

static gboolean
unlock(gint64 number, const MugaiVaultBox *boxes, guint n_boxes, gpointer data)
{
    Unlocking *unlocking = data;
    g_auto(MugaiVaultDataKey) data_key = {0};

    cr_assert(mugai_vault_key_unbox(unlocking->key, boxes, n_boxes, &data_key, NULL));
    mugai_index_unlock(unlocking->index, number, &data_key);
    unlocking->count++;
    return TRUE;
}

Test(index_sealed, a_reader_without_the_key_is_unlocked_by_who_has_it_a_writer_at_a_time)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiIndex) first = open_index(sealed.fixture.store, TRUE);
    g_autoptr(MugaiIndex) second = open_index(sealed.fixture.store, TRUE);
    g_autoptr(MugaiIndex) reader = open_with(&sealed, NULL);
    Unlocking unlocking = {.index = reader, .key = sealed.key};

    add(first, RECEIVED, "one");
    add(second, RECEIVED + 1, "two");
    add(first, RECEIVED + 2, "three");
    check_list(reader, (MugaiQuery){0}, "(sealed);(sealed);(sealed);");
    cr_assert(mugai_index_visit_keys(reader, unlock, &unlocking, NULL));
    cr_assert_eq(unlocking.count, 2, "%u", unlocking.count);
    check_list(reader, (MugaiQuery){0}, "three;two;one;");
    check_list(reader, (MugaiQuery){.subject = "two"}, "two;");
    cr_assert_not(is_locked(reader));
}

/* --- keys and entries stay together --- */

Test(index_sealed, I8_an_index_that_was_deleted_begins_with_a_key_of_its_own)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);
    g_autofree char *path = g_build_filename(sealed.fixture.path, "index.sqlite", NULL);
    g_autoptr(MugaiIndex) reader = NULL;

    add(writer, RECEIVED, "before");
    cr_assert_eq(g_unlink(path), 0);
    add(writer, RECEIVED, "after");
    reader = open_with(&sealed, sealed.key);
    check_list(reader, (MugaiQuery){0}, "after;");
}

Test(index_sealed, replaced_and_marked_as_any_other)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiIndex) writer = open_index(sealed.fixture.store, TRUE);
    g_autoptr(MugaiEntry) entry = make_entry(RECEIVED, "old");
    g_autoptr(MugaiIndex) reader = NULL;

    cr_assert(mugai_index_add(writer, entry, NULL));
    cr_assert(mugai_index_set_held(writer, &entry->id, TRUE, NULL));
    g_free(entry->subject);
    entry->subject = g_strdup("new");
    cr_assert(mugai_index_add(writer, entry, NULL));
    reader = open_with(&sealed, sealed.key);
    check_list(reader, (MugaiQuery){.held = TRUE}, "new;");
    check_list(reader, (MugaiQuery){.subject = "old"}, "");
    cr_assert(mugai_index_remove(writer, &entry->id, NULL));
    check_list(reader, (MugaiQuery){0}, "");
}
