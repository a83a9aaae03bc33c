/*
 * test_store_sealed.c - a store that seals keeps every promise of one that does not, and a key
 * opens what it should
 */
#include "sealed_fixture.h"
#include "traced.h"

#include <fcntl.h>
#include <mugai/audit.h>
#include <mugai/retention.h>
#include <sys/mman.h>

static char *
object_path(const Fixture *fixture, const MugaiId *id, const char *suffix)
{
    return g_strdup_printf("%s/%.4s/%.2s/%.2s/%s%s", fixture->path, id->text, id->text + 4,
                           id->text + 6, id->text, suffix);
}

/* What the original gives; NULL with @error. */
static GBytes *
copy_of(MugaiOriginal *original, GError **error)
{
    int fd = memfd_create("copy", MFD_CLOEXEC);
    GBytes *bytes = NULL;
    guint64 size = 0;

    if (mugai_original_copy(original, fd, &size, NULL, error)) {
        guint8 *octets = g_malloc(size + 1);

        cr_assert_eq(pread(fd, octets, size + 1, 0), (gssize)size);
        bytes = g_bytes_new_take(octets, size);
    } else {
        cr_assert_eq(lseek(fd, 0, SEEK_END), 0, "something was given out");
    }
    close(fd);
    return bytes;
}

static void
expect_octets(MugaiOriginal *original, const char *octets, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = original != NULL ? copy_of(original, &error) : NULL;

    cr_assert_not_null(bytes, "%s", error != NULL ? error->message : "");
    cr_assert_eq(g_bytes_get_size(bytes), length);
    cr_assert(length == 0 || memcmp(g_bytes_get_data(bytes, NULL), octets, length) == 0);
}

/* Unlocks @original as a client does that has the key, for a store that has none. */
static gboolean
unlock(MugaiOriginal *original, const MugaiVaultKey *key, GError **error)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    guint count = 0;
    const MugaiVaultBox *boxes = mugai_original_boxes(original, &count);

    return mugai_vault_key_unbox(key, boxes, count, &data_key, error) &&
           mugai_original_unlock(original, &data_key, error);
}

/* --- keeping and opening --- */

Test(store_sealed, I2_original_is_found_byte_for_byte_with_the_key)
{
    g_auto(Sealed) sealed = sealed_make();
    const gsize lengths[] = {0, 1, 65535, 65536, 65537, 5000000};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *octets = g_malloc(lengths[i] + 1);
        g_autoptr(MugaiOriginal) original = NULL;
        g_autofree char *path = NULL;
        MugaiId id = {0};

        for (gsize at = 0; at < lengths[i]; at++)
            octets[at] = (char)g_random_int();
        id = keep_or_fail(sealed.fixture.store, octets, lengths[i]);
        path = object_path(&sealed.fixture, &id, ".eml.sealed");
        cr_assert(g_file_test(path, G_FILE_TEST_IS_REGULAR));
        original = mugai_store_read(sealed.fixture.store, &id, NULL);
        cr_assert(unlock(original, sealed.key, NULL));
        expect_octets(original, octets, lengths[i]);
        expect_octets(original, octets, lengths[i]); /* and once more */
    }
    cr_assert_eq(count_files(&sealed.fixture), G_N_ELEMENTS(lengths));
    cr_assert_eq(found_open_modes, 0, "files and directories are the owner's alone");
}

Test(store_sealed, without_the_key_there_is_the_envelope_and_an_error_that_names_the_key)
{
    g_auto(Sealed) sealed = sealed_make();
    MugaiId id = keep_or_fail(sealed.fixture.store, "hello", 5);
    g_autoptr(MugaiOriginal) original = mugai_store_read(sealed.fixture.store, &id, NULL);
    g_auto(MugaiOriginalFacts) facts = {0};
    g_autoptr(GError) error = NULL;

    cr_assert_not_null(original);
    cr_assert(mugai_original_is_sealed(original));
    cr_assert_not(mugai_original_is_open(original));
    cr_assert_str_eq(mugai_original_envelope(original)->sender, "suzuki@example.com");
    cr_assert_null(copy_of(original, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED));
    cr_assert_not_null(strstr(error->message, mugai_vault_key_id(sealed.key)), "%s",
                       error->message);
    cr_assert_not_null(strstr(error->message, id.text));
    g_clear_error(&error);
    cr_assert(mugai_original_verify(original, &facts, NULL));
    cr_assert_not(facts.open);
    cr_assert_eq(facts.size, 5);
    cr_assert(mugai_original_is_sealed(original));
}

Test(store_sealed, a_store_with_the_key_opens_as_it_reads_and_another_key_is_told_so)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiVaultKey) other = make_key(&sealed, "b");
    MugaiId id = keep_or_fail(sealed.fixture.store, "hello", 5);
    g_autoptr(MugaiOriginal) opened = NULL;
    g_autoptr(MugaiOriginal) locked = NULL;
    g_auto(MugaiOriginalFacts) facts = {0};
    g_autoptr(GError) error = NULL;

    mugai_store_use_key(sealed.fixture.store, other);
    locked = mugai_store_read(sealed.fixture.store, &id, NULL);
    cr_assert_not_null(locked);
    cr_assert_null(copy_of(locked, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED));
    cr_assert_not_null(strstr(error->message, mugai_vault_key_id(other)), "%s", error->message);
    mugai_store_use_key(sealed.fixture.store, sealed.key);
    opened = mugai_store_read(sealed.fixture.store, &id, NULL);
    expect_octets(opened, "hello", 5);
    cr_assert(mugai_original_verify(opened, &facts, NULL));
    cr_assert(facts.open);
    cr_assert_str_eq(facts.sha256,
                     "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

Test(store_sealed, both_forms_are_visited_had_and_read_and_one_original_once)
{
    g_auto(Sealed) sealed = sealed_make();
    MugaiId one = keep_or_fail(sealed.fixture.store, "sealed", 6);
    MugaiId two = {0};
    g_autoptr(MugaiOriginal) original = NULL;
    g_autofree char *path = NULL;
    g_autofree char *other = NULL;

    reopen(&sealed, FALSE);
    two = keep_or_fail(sealed.fixture.store, "plain", 5);
    cr_assert(mugai_store_has(sealed.fixture.store, &one, NULL));
    cr_assert(mugai_store_has(sealed.fixture.store, &two, NULL));
    original = mugai_store_read(sealed.fixture.store, &two, NULL);
    cr_assert_not(mugai_original_is_sealed(original));
    expect_octets(original, "plain", 5);
    /* Whatever lies beside it as its sealed form: what needs no key counts. */
    path = object_path(&sealed.fixture, &one, ".eml.sealed");
    other = object_path(&sealed.fixture, &two, ".eml.sealed");
    cr_assert_eq(link(path, other), 0);
    g_clear_pointer(&original, mugai_original_free);
    original = mugai_store_read(sealed.fixture.store, &two, NULL);
    expect_octets(original, "plain", 5);
}

static gboolean
count_id(const MugaiId *id, gpointer data)
{
    (void)id;
    ++*(guint *)data;
    return TRUE;
}

static gboolean
note_stray(const char *path, const char *what, gpointer data)
{
    (void)data;
    cr_assert(g_str_has_suffix(path, ".eml.sealed"), "%s: %s", path, what);
    return TRUE;
}

Test(store_sealed, an_original_in_both_forms_is_visited_once_and_its_double_is_a_stray)
{
    g_auto(Sealed) sealed = sealed_make();
    MugaiId id = keep_or_fail(sealed.fixture.store, "sealed", 6);
    g_autofree char *path = object_path(&sealed.fixture, &id, ".eml.sealed");
    g_autofree char *other = object_path(&sealed.fixture, &id, ".eml.gz");
    guint visited = 0;

    cr_assert(mugai_store_visit_all(sealed.fixture.store, count_id, note_stray, &visited, NULL));
    cr_assert_eq(visited, 1);
    cr_assert_eq(link(path, other), 0);
    cr_assert(mugai_store_visit_all(sealed.fixture.store, count_id, note_stray, &visited, NULL));
    cr_assert_eq(visited, 2);
}

/* --- damage --- */

Test(store_sealed, every_octet_altered_is_damage_with_the_key_and_without)
{
    g_auto(Sealed) sealed = sealed_make();
    MugaiId id = keep_or_fail(sealed.fixture.store, "hello", 5);
    g_autofree char *path = object_path(&sealed.fixture, &id, ".eml.sealed");
    g_autofree char *octets = NULL;
    gsize length = 0;

    cr_assert(g_file_get_contents(path, &octets, &length, NULL));
    for (gsize at = 0; at < length; at++) {
        for (gboolean with_key = FALSE; with_key <= TRUE; with_key++) {
            g_autoptr(MugaiOriginal) original = NULL;
            g_auto(MugaiOriginalFacts) facts = {0};
            g_autoptr(GError) error = NULL;

            octets[at] ^= 0x20;
            cr_assert(g_file_set_contents(path, octets, (gssize)length, NULL));
            octets[at] ^= 0x20;
            mugai_store_use_key(sealed.fixture.store, with_key ? sealed.key : NULL);
            original = mugai_store_read(sealed.fixture.store, &id, &error);
            cr_assert(original == NULL || !mugai_original_verify(original, &facts, &error),
                      "at %zu", at);
            cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED), "at %zu: %s", at,
                      error->message);
            cr_assert_not_null(strstr(error->message, id.text), "at %zu: %s", at, error->message);
        }
    }
}

Test(store_sealed, an_original_under_the_name_of_another_is_found_without_a_key)
{
    g_auto(Sealed) sealed = sealed_make();
    MugaiId one = keep_or_fail(sealed.fixture.store, "one", 3);
    MugaiId two = keep_or_fail(sealed.fixture.store, "two", 3);
    g_autofree char *path = object_path(&sealed.fixture, &one, ".eml.sealed");
    g_autofree char *other = object_path(&sealed.fixture, &two, ".eml.sealed");
    g_autoptr(GError) error = NULL;

    cr_assert_eq(rename(path, other), 0);
    cr_assert_null(mugai_store_read(sealed.fixture.store, &two, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
}

/* --- deleting --- */

static gboolean
note_nothing(const GPtrArray *records, gpointer data, GError **error)
{
    (void)error;
    *(gboolean *)data = ((const MugaiRecord *)records->pdata[0])->sealed;
    return TRUE;
}

Test(store_sealed, held_ones_stay_and_what_is_deleted_is_gone_in_every_form)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiActor) actor = mugai_actor_self("test");
    MugaiId id = keep_or_fail(sealed.fixture.store, "hello", 5);
    g_autoptr(MugaiRecord) record = mugai_record_new(actor, "delete", id.text, "granted");
    g_autoptr(MugaiRecord) again = mugai_record_new(actor, "delete", id.text, "granted");
    gboolean said_sealed = FALSE;
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_hold_set(sealed.fixture.store, &id, record, NULL));
    cr_assert(mugai_hold_check(sealed.fixture.store, &id, NULL));
    cr_assert_not(mugai_retention_delete(sealed.fixture.store, NULL, &id, record, note_nothing,
                                         &said_sealed, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS));
    cr_assert(mugai_hold_clear(sealed.fixture.store, &id, NULL));
    cr_assert(mugai_retention_delete(sealed.fixture.store, NULL, &id, again, note_nothing,
                                     &said_sealed, NULL));
    cr_assert(said_sealed);
    cr_assert_eq(again->size, 5);
    cr_assert_not(mugai_store_has(sealed.fixture.store, &id, NULL));
    cr_assert_eq(count_files(&sealed.fixture), 0);
}

Test(store_sealed, I9_the_log_says_that_a_hash_is_not_that_of_the_original)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("test");
    g_autoptr(MugaiRecord) record = mugai_record_new(actor, "delete", NULL, "granted");
    g_autoptr(MugaiRecord) read = NULL;
    g_autofree char *json = NULL;
    g_auto(GStrv) parts = NULL;
    g_autofree char *wrong = NULL;
    g_autoptr(GError) error = NULL;

    record->number = 1;
    memset(record->previous, '0', sizeof record->previous - 1);
    record->sealed = TRUE;
    json = mugai_record_to_json(record);
    read = mugai_record_from_json(json, -1, &error);
    cr_assert_not_null(read, "%s", error != NULL ? error->message : "");
    cr_assert(read->sealed);
    parts = g_strsplit(json, "\"sealed\":true", 2);
    wrong = g_strjoinv("\"sealed\":1", parts);
    cr_assert_null(mugai_record_from_json(wrong, -1, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
}

static void
tell_nothing(MugaiPurgeOutcome outcome, const MugaiRecord *record, const GError *why, gpointer data)
{
    (void)outcome, (void)record, (void)why, (void)data;
}

Test(store_sealed, purge_deletes_what_is_old_without_a_key)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiActor) actor = mugai_actor_self("test");
    gboolean said_sealed = FALSE;
    MugaiPurge purge = {.actor = actor,
                        .days = 1,
                        .now = RECEIVED + 86400,
                        .force = TRUE,
                        .note = note_nothing,
                        .tell = tell_nothing,
                        .data = &said_sealed};
    MugaiPurgeSummary summary = {0};

    keep_or_fail(sealed.fixture.store, "hello", 5);
    cr_assert(mugai_purge(sealed.fixture.store, NULL, &purge, &summary, NULL));
    cr_assert_eq(summary.purged, 1);
    cr_assert_eq(summary.octets, 5);
    cr_assert(said_sealed);
    cr_assert_eq(count_files(&sealed.fixture), 0);
}

/* --- killed at any system call, or failed by any --- */

typedef struct {
    const Sealed *sealed;
    const char *octets;
    gsize length;
    guint count;
} Expected;

static gboolean
check_visited(const MugaiId *id, gpointer data)
{
    Expected *expected = data;
    g_autoptr(MugaiOriginal) original = mugai_store_read(expected->sealed->fixture.store, id, NULL);

    cr_assert_not_null(original);
    cr_assert(unlock(original, expected->sealed->key, NULL));
    expect_octets(original, expected->octets, expected->length);
    expected->count++;
    return TRUE;
}

/* How many whole objects the store has; fails for anything else with a name. */
static guint
count_whole(const Sealed *sealed, const char *octets, gsize length)
{
    Expected expected = {.sealed = sealed, .octets = octets, .length = length};

    cr_assert(mugai_store_visit(sealed->fixture.store, 0, RECEIVED + 86400, check_visited,
                                &expected, NULL));
    cr_assert_eq(count_files(&sealed->fixture), expected.count, "a name that is no object");
    return expected.count;
}

Test(store_sealed, I2_original_is_whole_or_absent_after_kill_at_any_system_call)
{
    g_autofree char *octets = g_strnfill(200000, 'a');
    int outcome = -1;
    guint absent = 0;

    for (guint nth = 1; outcome == -1; nth++) {
        g_auto(Sealed) sealed = sealed_make();
        guint left = nth;
        guint whole = 0;

        outcome = keep_traced(&sealed.fixture, octets, 200000, 1, count_down, &left);
        whole = count_whole(&sealed, octets, 200000);
        cr_assert(outcome == -1 || (outcome == 0 && whole == 1));
        absent += whole == 0;
    }
    cr_assert_gt(absent, 10, "the killing must have met the writer at work");
}

Test(store_sealed, I2_everything_is_synced_before_and_after_it_gets_its_name)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(GString) trace = g_string_new(NULL);

    /* year, month, day; then file, name, directory; the second message finds the day durable */
    cr_assert_eq(keep_traced(&sealed.fixture, "hello", 5, 2, write_down, trace), 0);
    cr_assert_str_eq(trace->str, "MSMSMSWSLS"
                                 "WSLS");
}

#ifdef __x86_64__
Test(store_sealed, I2_original_is_whole_or_absent_whichever_system_call_fails)
{
    g_autofree char *octets = g_malloc(200000);
    Torture torture = {0};
    guint refused = 0;

    for (gsize i = 0; i < 200000; i++)
        octets[i] = (char)g_random_int();
    do {
        g_auto(Sealed) sealed = sealed_make();
        int outcome = 0;
        guint whole = 0;

        torture = (Torture){.nth = torture.nth + 1};
        outcome = keep_traced(&sealed.fixture, octets, 200000, 1, fail_nth, &torture);
        whole = count_whole(&sealed, octets, 200000);
        cr_assert(outcome == 0 || outcome == 1, "call %u: neither kept nor refused", torture.nth);
        cr_assert_eq(whole, outcome == 0 ? 1 : 0, "call %u: said %d, but there are %u", torture.nth,
                     outcome, whole);
        refused += outcome == 1;
    } while (torture.seen >= torture.nth);
    cr_assert_gt(refused, 10, "the failures must have met the writer at work");
}
#endif
