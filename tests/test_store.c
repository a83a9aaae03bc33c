/* test_store.c - originals are kept whole or not at all, and found again byte for byte */
#include "store_fixture.h"
#include "traced.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- steps of keeping --- */

static char *
object_path(const Fixture *fixture, const MugaiId *id)
{
    return g_strdup_printf("%s/%.4s/%.2s/%.2s/%s.eml.gz", fixture->path, id->text, id->text + 4,
                           id->text + 6, id->text);
}

/* Reads an object back; NULL with @error. */
static GBytes *
fetch(MugaiStore *store, const MugaiId *id, char **ret_sha256, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, error);
    FILE *file = tmpfile();
    guint64 size = 0;
    GBytes *bytes = NULL;

    if (original != NULL && mugai_original_copy(original, fileno(file), &size, ret_sha256, error)) {
        guint8 *octets = g_malloc(size + 1);

        cr_assert_eq(lseek(fileno(file), 0, SEEK_END), (off_t)size);
        cr_assert_eq(pread(fileno(file), octets, size + 1, 0), (gssize)size);
        bytes = g_bytes_new_take(octets, size);
    }
    fclose(file);
    return bytes;
}

static void
check_fetched(MugaiStore *store, const MugaiId *id, const char *octets, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sha256 = NULL;
    g_autofree char *expected =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)octets, length);
    g_autoptr(GBytes) bytes = fetch(store, id, &sha256, &error);

    cr_assert_not_null(bytes, "%s", error != NULL ? error->message : "");
    cr_assert_eq(g_bytes_get_size(bytes), length);
    cr_assert(length == 0 || memcmp(g_bytes_get_data(bytes, NULL), octets, length) == 0);
    cr_assert_str_eq(sha256, expected);
}

/* Octets that do not compress well and are different each time. */
static char *
random_octets(gsize length)
{
    char *octets = g_malloc(length + 1);

    for (gsize i = 0; i < length; i++)
        octets[i] = (char)g_random_int();
    octets[length] = '\0';
    return octets;
}

/* --- objects --- */

Test(store, I2_original_is_found_byte_for_byte)
{
    g_auto(Fixture) fixture = fixture_make();
    const gsize lengths[] = {0, 1, 65535, 65536, 65537, 5000000};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *octets = random_octets(lengths[i]);
        g_autofree char *plain = g_strnfill(lengths[i], 'a');
        MugaiId id = keep_or_fail(fixture.store, octets, lengths[i]);
        MugaiId plain_id = keep_or_fail(fixture.store, plain, lengths[i]);

        check_fetched(fixture.store, &id, octets, lengths[i]);
        check_fetched(fixture.store, &plain_id, plain, lengths[i]);
    }
    cr_assert_eq(count_files(&fixture), 2 * G_N_ELEMENTS(lengths));
    cr_assert_eq(found_open_modes, 0, "files and directories are the owner's alone");
}

Test(store, I2_every_compression_level_brings_the_same_octets)
{
    for (guint level = 0; level <= 9; level++) {
        g_auto(Fixture) fixture = fixture_make();
        MugaiId id = {0};

        g_clear_pointer(&fixture.store, mugai_store_free);
        fixture.config.compression = level;
        fixture.store = open_store(&fixture.config);
        id = keep_or_fail(fixture.store, "Subject: x\r\n\r\nhello\r\n", 21);
        check_fetched(fixture.store, &id, "Subject: x\r\n\r\nhello\r\n", 21);
    }
}

Test(store, receipt_says_what_was_kept)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(MugaiReceipt) receipt = keep(fixture.store, envelope, "hello", 5, NULL);
    g_autofree char *path = NULL;

    cr_assert_not_null(receipt);
    cr_assert_eq(mugai_receipt_size(receipt), 5);
    cr_assert_str_eq(mugai_receipt_sha256(receipt),
                     "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    cr_assert_str_eq(mugai_receipt_envelope(receipt)->sender, "suzuki@example.com");
    cr_assert(g_str_has_prefix(mugai_receipt_id(receipt)->text, "20261120-"));
    path = object_path(&fixture, mugai_receipt_id(receipt));
    cr_assert(g_str_has_prefix(path + strlen(fixture.path), "/" DAY "/"));
    cr_assert(g_file_test(path, G_FILE_TEST_IS_REGULAR));
}

Test(store, zcat_and_gzip_agree)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autofree char *octets = g_strnfill(300000, 'x');
    MugaiId id = keep_or_fail(fixture.store, octets, 300000);
    g_autofree char *path = object_path(&fixture, &id);
    char *zcat[] = {(char *)"zcat", path, NULL};
    char *test[] = {(char *)"gzip", (char *)"-t", path, NULL};
    g_autofree char *output = NULL;
    g_autofree char *complaint = NULL;
    int status = -1;

    cr_assert(g_spawn_sync(NULL, zcat, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL,
                           &status, NULL));
    cr_assert_eq(status, 0);
    cr_assert_str_eq(output, octets);
    cr_assert(g_spawn_sync(NULL, test, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &complaint,
                           &status, NULL));
    cr_assert_eq(status, 0);
    cr_assert_str_eq(complaint, "");
}

Test(store, hostile_envelope_comes_back_from_the_object)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autoptr(MugaiOriginal) original = NULL;
    const MugaiEnvelope *back = NULL;

    g_free(envelope->helo);
    envelope->helo = g_strdup(HOSTILE);
    for (guint i = 0; i < 5000; i++)
        g_ptr_array_add(envelope->recipients, g_strdup_printf("%u" HOSTILE "@example.jp", i));
    receipt = keep(fixture.store, envelope, "x", 1, NULL);
    cr_assert_not_null(receipt);
    original = mugai_store_read(fixture.store, mugai_receipt_id(receipt), NULL);
    cr_assert_not_null(original);
    back = mugai_original_envelope(original);
    cr_assert_eq(back->received, RECEIVED);
    cr_assert_str_eq(back->helo, HOSTILE);
    cr_assert_eq(back->recipients->len, 5001);
    cr_assert_str_eq(back->recipients->pdata[5000], "4999" HOSTILE "@example.jp");
    check_fetched(fixture.store, mugai_receipt_id(receipt), "x", 1);
}

Test(store, envelope_beyond_all_measure_is_refused)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(GError) error = NULL;

    g_free(envelope->helo);
    envelope->helo = g_strnfill(9 * 1024 * 1024, 'x');
    cr_assert_null(mugai_store_begin(fixture.store, envelope, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT));
}

Test(store, I2_abort_leaves_nothing)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    MugaiObject *object = mugai_store_begin(fixture.store, envelope, NULL);

    cr_assert(mugai_object_append(object, "hello", 5, NULL));
    mugai_object_abort(object);
    mugai_object_abort(NULL);
    cr_assert_eq(count_files(&fixture), 0);
}

Test(store, unknown_id_is_not_found)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep_or_fail(fixture.store, "x", 1); /* the day is there, the object is not */
    const gint64 times[] = {RECEIVED, 0};

    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autoptr(GError) error = NULL;

        mugai_id_new(times[i], &id);
        cr_assert_null(mugai_store_read(fixture.store, &id, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND));
    }
}

Test(store, below_the_minimum_of_free_space_it_is_full)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&fixture.store, mugai_store_free);
    fixture.config.min_free_mib = 1024ull * 1024 * 1024;
    fixture.store = open_store(&fixture.config);
    cr_assert_null(mugai_store_begin(fixture.store, envelope, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_FULL));
    cr_assert_eq(count_files(&fixture), 0);
}

/* The limit on file size stands for a disk that fails in the middle of an object. */
static void
assert_begin_fails(const Fixture *fixture, const MugaiEnvelope *envelope, MugaiErrorCode code)
{
    g_autoptr(GError) error = NULL;

    cr_assert_null(mugai_store_begin(fixture->store, envelope, &error));
    cr_assert_eq(error->code, (int)code, "%s", error->message);
}

/* Whoever looks for an original looks at the path of the store. */
Test(store, I2_store_that_was_moved_away_keeps_nothing_until_it_is_back)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autofree char *away = g_strconcat(fixture.path, "-away", NULL);
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(RECEIVED);
    MugaiObject *object = NULL;

    cr_assert_eq(rename(fixture.path, away), 0);
    assert_begin_fails(&fixture, envelope, MUGAI_ERROR_SYSTEM);
    cr_assert_eq(mkdir(fixture.path, 0700), 0);
    assert_begin_fails(&fixture, envelope, MUGAI_ERROR_SYSTEM);
    cr_assert_eq(rmdir(fixture.path), 0);
    cr_assert_eq(rename(away, fixture.path), 0);
    object = mugai_store_begin(fixture.store, envelope, NULL);
    cr_assert_not_null(object);
    mugai_object_abort(object);
}

Test(store, I2_failed_write_fails_the_object_for_ever)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autofree char *octets = random_octets(1000000);
    g_autoptr(GError) error = NULL;
    struct rlimit limit = {100000, RLIM_INFINITY};
    MugaiObject *object = mugai_store_begin(fixture.store, envelope, NULL);

    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert(!mugai_object_append(object, octets, 1000000, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    g_clear_error(&error);
    limit.rlim_cur = RLIM_INFINITY; /* the disk has recovered, but something is missing */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert(!mugai_object_append(object, "x", 1, &error));
    g_clear_error(&error);
    cr_assert_null(mugai_object_finish(object, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    cr_assert_eq(count_files(&fixture), 0);
}

Test(store, read_only_store_refuses_to_begin)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiIndex) index = NULL;
    uid_t user = geteuid();

    become_nobody(fixture.path);
    cr_assert_eq(chmod(fixture.path, 0500), 0);
    cr_assert_null(mugai_store_begin(fixture.store, envelope, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    g_clear_error(&error);
    index = mugai_index_open(fixture.store, TRUE, &error);
    cr_assert_null(index);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    cr_assert_eq(chmod(fixture.path, 0700), 0);
    if (user == 0)
        cr_assert_eq(setresuid(0, 0, 0), 0);
    cr_assert_eq(count_files(&fixture), 0);
}

Test(store, store_open_to_others_or_missing_is_refused)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autofree char *missing = NULL;
    const mode_t modes[] = {0777, 0770, 0750, 0701, 0704};

    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GError) error = NULL;

        cr_assert_eq(chmod(fixture.path, modes[i]), 0);
        cr_assert_null(mugai_store_open(&fixture.config, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    }
    cr_assert_eq(chmod(fixture.path, 0700), 0);
    missing = g_build_filename(fixture.path, "missing", NULL);
    fixture.config.store_path = missing;
    cr_assert_null(mugai_store_open(&fixture.config, NULL));
}

Test(store, symbolic_links_are_not_followed)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autofree char *link_path = g_build_filename(fixture.path, "2026", NULL);
    g_autoptr(GError) error = NULL;

    cr_assert_eq(symlink("/tmp", link_path), 0);
    cr_assert_null(mugai_store_begin(fixture.store, envelope, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
}

/* --- damage --- */

/* Writes @octets over the object. */
static void
overwrite(const Fixture *fixture, const MugaiId *id, const char *octets, gsize length)
{
    g_autofree char *path = object_path(fixture, id);
    FILE *file = fopen(path, "wb");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(octets, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

static void
check_damage_found(const Fixture *fixture, const MugaiId *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = fetch(fixture->store, id, NULL, &error);

    cr_assert_null(bytes);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED), "%s", error->message);
}

Test(store, I2_every_cut_and_every_wrong_bit_is_found)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep_or_fail(fixture.store, "Subject: x\r\n\r\nhello, hello, hello\r\n", 35);
    g_autofree char *path = object_path(&fixture, &id);
    g_autofree char *good = NULL;
    g_autofree char *longer = NULL;
    gsize length = 0;

    cr_assert(g_file_get_contents(path, &good, &length, NULL));
    for (gsize cut = 0; cut < length; cut++) {
        overwrite(&fixture, &id, good, cut);
        check_damage_found(&fixture, &id);
    }
    for (gsize bit = 0; bit < length * 8; bit++) {
        if (bit / 8 == 8 || bit / 8 == 9)
            continue; /* XFL and OS of RFC 1952: they say nothing of the content */
        good[bit / 8] ^= (char)(1 << (bit % 8));
        overwrite(&fixture, &id, good, length);
        check_damage_found(&fixture, &id);
        good[bit / 8] ^= (char)(1 << (bit % 8));
    }
    longer = g_malloc0(length + 1);
    memcpy(longer, good, length);
    overwrite(&fixture, &id, longer, length + 1);
    check_damage_found(&fixture, &id);
}

Test(store, foreign_files_under_an_id_are_malformed)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep_or_fail(fixture.store, "x", 1);
    /* gzip of nothing without a comment, and with the comment "{}" */
    const char bare[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    const char braces[] = "\x1f\x8b\x08\x10\0\0\0\0\0\x03{}\0\x03\0\0\0\0\0\0\0\0\0";

    overwrite(&fixture, &id, "From: plain@example.jp\r\n", 24);
    check_damage_found(&fixture, &id);
    overwrite(&fixture, &id, bare, sizeof bare - 1);
    check_damage_found(&fixture, &id);
    overwrite(&fixture, &id, braces, sizeof braces - 1);
    check_damage_found(&fixture, &id);
}

/* --- writers that are watched, killed, or whose system calls fail --- */

typedef struct {
    const Fixture *fixture;
    const char *octets;
    gsize length;
    guint count;
} Expected;

static gboolean
check_visited(const MugaiId *id, gpointer data)
{
    Expected *expected = data;

    check_fetched(expected->fixture->store, id, expected->octets, expected->length);
    expected->count++;
    return TRUE;
}

/* How many whole objects the store has; fails for anything else with a name. */
static guint
count_whole(const Fixture *fixture, const char *octets, gsize length)
{
    Expected expected = {.fixture = fixture, .octets = octets, .length = length};

    cr_assert(
        mugai_store_visit(fixture->store, 0, RECEIVED + 86400, check_visited, &expected, NULL));
    cr_assert_eq(count_files(fixture), expected.count, "a name that is no object");
    return expected.count;
}

Test(store, I2_original_is_whole_or_absent_after_kill_at_any_system_call)
{
    int outcome = -1;
    guint absent = 0;

    for (guint nth = 1; outcome == -1; nth++) {
        g_auto(Fixture) fixture = fixture_make();
        g_autofree char *octets = random_octets(200000);
        guint left = nth;
        guint whole = 0;

        outcome = keep_traced(&fixture, octets, 200000, 1, count_down, &left);
        whole = count_whole(&fixture, octets, 200000);
        cr_assert_leq(whole, 1);
        cr_assert(outcome == -1 || (outcome == 0 && whole == 1));
        absent += whole == 0;
    }
    cr_assert_gt(absent, 10, "the killing must have met the writer at work");
}

Test(store, I2_everything_is_synced_before_and_after_it_gets_its_name)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GString) first = g_string_new(NULL);
    g_autoptr(GString) second = g_string_new(NULL);

    /* year, month, day; then file, name, directory; the second message finds the day durable */
    cr_assert_eq(keep_traced(&fixture, "hello", 5, 2, write_down, first), 0);
    cr_assert_str_eq(first->str, "MSMSMSWSLS"
                                 "WSLS");
    /* another process cannot know that the directories it finds are durable */
    cr_assert_eq(keep_traced(&fixture, "hello", 5, 2, write_down, second), 0);
    cr_assert_str_eq(second->str, "SSSWSLS"
                                  "WSLS");
}

#ifdef __x86_64__
Test(store, I2_original_is_whole_or_absent_whichever_system_call_fails)
{
    Torture torture = {0};
    guint refused = 0;

    do {
        g_auto(Fixture) fixture = fixture_make();
        g_autofree char *octets = random_octets(200000);
        int outcome = 0;
        guint whole = 0;

        torture = (Torture){.nth = torture.nth + 1};
        outcome = keep_traced(&fixture, octets, 200000, 1, fail_nth, &torture);
        whole = count_whole(&fixture, octets, 200000);
        cr_assert(outcome == 0 || outcome == 1, "call %u: neither kept nor refused", torture.nth);
        cr_assert_eq(whole, outcome == 0 ? 1 : 0, "call %u: said %d, but there are %u", torture.nth,
                     outcome, whole);
        refused += outcome == 1;
    } while (torture.seen >= torture.nth);
    cr_assert_gt(refused, 10, "the failures must have met the writer at work");
}
#endif

/* --- visiting --- */

static gboolean
append_id(const MugaiId *id, gpointer data)
{
    g_string_append_printf(data, "%.8s ", id->text);
    return TRUE;
}

static gboolean
stop_at_once(const MugaiId *id, gpointer data)
{
    (void)id;
    return ++*(guint *)data == 0;
}

static MugaiId
keep_at(MugaiStore *store, gint64 received)
{
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(MugaiReceipt) receipt = NULL;

    envelope->received = received;
    receipt = keep(store, envelope, "x", 1, NULL);
    cr_assert_not_null(receipt);
    return *mugai_receipt_id(receipt);
}

Test(store, I8_objects_are_visited_by_day_oldest_first)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GString) some = g_string_new(NULL);
    guint visited = 0;

    keep_at(fixture.store, RECEIVED + 45 * 86400); /* 2027-01-04 */
    keep_at(fixture.store, RECEIVED);
    keep_at(fixture.store, RECEIVED - 86400);
    keep_at(fixture.store, 0);
    cr_assert(mugai_store_visit(fixture.store, G_MININT64, G_MAXINT64, append_id, all, NULL));
    cr_assert_str_eq(all->str, "19700101 20261119 20261120 20270104 ");
    cr_assert(mugai_store_visit(fixture.store, RECEIVED - 86400, RECEIVED, append_id, some, NULL));
    cr_assert_str_eq(some->str, "20261119 20261120 ");
    cr_assert(mugai_store_visit(fixture.store, 0, G_MAXINT64, stop_at_once, &visited, NULL));
    cr_assert_eq(visited, 1);
}

Test(store, foreign_files_are_passed_over)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GString) all = g_string_new(NULL);
    const char *const directories[] = {"lost+found", "2025", "2026/13x", DAY "/deep", "20261"};
    const char *const files[] = {
        "README",       "2024",       DAY "/note.txt", DAY "/20261120-00000-00001.eml.gz",
        DAY "/.eml.gz", "2026/11/21",
    };
    g_autofree char *link_path = g_build_filename(fixture.path, "2023", NULL);
    g_autofree char *wrong_day = NULL;
    MugaiId id = keep_at(fixture.store, RECEIVED);
    MugaiId other = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *path = g_build_filename(fixture.path, directories[i], NULL);

        cr_assert_eq(g_mkdir_with_parents(path, 0700), 0);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(fixture.path, files[i], NULL);

        cr_assert(g_file_set_contents(path, "x", 1, NULL));
    }
    mugai_id_new(0, &other);
    wrong_day = g_strdup_printf("%s/" DAY "/%s.eml.gz", fixture.path, other.text);
    cr_assert(g_file_set_contents(wrong_day, "x", 1, NULL));
    cr_assert_eq(symlink("2026", link_path), 0);
    cr_assert(mugai_store_visit(fixture.store, 0, G_MAXINT64, append_id, all, NULL));
    cr_assert_str_eq(all->str, "20261120 ");
    check_fetched(fixture.store, &id, "x", 1);
}
