/* test_store.c - originals are kept whole or not at all, found again byte for byte, and the index
 * is only a cache */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/store.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECEIVED 1795168815 /* 2026-11-20T10:00:15Z */
#define DAY "2026/11/20"
#define HOSTILE "\"\\\x01\x1b[2J\n\x7f\xC2\x9B\xE2\x80\xAE\xE6\x97\xA5\xE6\x9C\xAC"

/* --- a store of its own for each test --- */

typedef struct {
    char *path;
    MugaiConfig config; /* what the store reads of it */
    MugaiStore *store;
} Fixture;

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void
fixture_clear(Fixture *fixture)
{
    mugai_store_free(fixture->store);
    nftw(fixture->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    g_free(fixture->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static MugaiStore *
open_store(const MugaiConfig *config)
{
    g_autoptr(GError) error = NULL;
    MugaiStore *store = mugai_store_open(config, &error);

    cr_assert_not_null(store, "%s", error != NULL ? error->message : "");
    return store;
}

/* In memory where that is possible: thousands of syncs would make the tests slow, and prove nothing
 * more. */
static Fixture
fixture_make(void)
{
    Fixture fixture = {.path = g_mkdtemp(g_strdup("/dev/shm/mugai-test-XXXXXX"))};

    if (fixture.path == NULL)
        fixture.path = g_dir_make_tmp("mugai-test-XXXXXX", NULL);
    fixture.config.store_path = fixture.path;
    fixture.config.compression = 6;
    fixture.store = open_store(&fixture.config);
    return fixture;
}

static char *
object_path(const Fixture *fixture, const MugaiId *id)
{
    return g_strdup_printf("%s/%.4s/%.2s/%.2s/%s.eml.gz", fixture->path, id->text, id->text + 4,
                           id->text + 6, id->text);
}

static MugaiEnvelope *
make_envelope(void)
{
    MugaiEnvelope *envelope = mugai_envelope_new(RECEIVED);

    g_free(envelope->sender);
    envelope->sender = g_strdup("suzuki@example.com");
    g_ptr_array_add(envelope->recipients, g_strdup("shisho@city.example.jp"));
    g_free(envelope->queue_id);
    envelope->queue_id = g_strdup("4F3A21B0C9");
    return envelope;
}

/* --- steps of keeping --- */

static MugaiReceipt *
keep(MugaiStore *store, const MugaiEnvelope *envelope, const char *octets, gsize length,
     GError **error)
{
    g_autoptr(MugaiObject) object = mugai_store_begin(store, envelope, error);

    if (object == NULL || !mugai_object_append(object, octets, length / 2, error) ||
        !mugai_object_append(object, octets + length / 2, length - length / 2, error))
        return NULL;
    return mugai_object_finish(g_steal_pointer(&object), error);
}

static MugaiId
keep_or_fail(MugaiStore *store, const char *octets, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(MugaiReceipt) receipt = keep(store, envelope, octets, length, &error);

    cr_assert_not_null(receipt, "%s", error != NULL ? error->message : "");
    return *mugai_receipt_id(receipt);
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

/* --- files under a store --- */

static guint found_files;
static guint found_open_modes;

static int
count_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)path, (void)walk;
    found_files += type == FTW_F;
    found_open_modes += (status->st_mode & 0077) != 0;
    return 0;
}

static guint
count_files(const Fixture *fixture)
{
    found_files = 0;
    found_open_modes = 0;
    nftw(fixture->path, count_one, 16, FTW_PHYS);
    return found_files;
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

/* Root writes where it may not: as nobody, then. */
static void
become_nobody(const char *path)
{
    if (geteuid() != 0)
        return;
    cr_assert_eq(chown(path, 65534, 65534), 0);
    cr_assert_eq(setresuid(65534, 65534, 0), 0);
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

typedef struct __ptrace_syscall_info SystemCall;

/* What happens to a traced writer at each stop at a system call; FALSE kills it. */
typedef gboolean (*AtSystemCall)(pid_t child, const SystemCall *call, gpointer data);

static void
write_and_exit(MugaiStore *store, const char *octets, gsize length, int times)
{
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    gboolean kept = TRUE;

    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    while (kept && times-- > 0) {
        g_autoptr(MugaiReceipt) receipt = keep(store, envelope, octets, length, NULL);

        kept = receipt != NULL;
    }
    _exit(kept ? 0 : 1);
}

/* Keeps @octets in a process of its own: 0 kept, 1 refused, -1 killed. */
static int
keep_traced(const Fixture *fixture, const char *octets, gsize length, int times,
            AtSystemCall at_call, gpointer data)
{
    SystemCall call;
    int status = 0;
    pid_t child = fork();

    cr_assert(child >= 0);
    if (child == 0)
        write_and_exit(fixture->store, octets, length, times);
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while (WIFSTOPPED(status)) {
        ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        waitpid(child, &status, 0);
        if (!WIFSTOPPED(status))
            break;
        cr_assert_gt(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call), 0);
        if (!at_call(child, &call, data)) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

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

static gboolean
count_down(pid_t child, const SystemCall *call, gpointer data)
{
    (void)child, (void)call;
    return --*(guint *)data > 0;
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

/* M: a directory is made, S: synced, W: written, L: linked. */
static gboolean
write_down(pid_t child, const SystemCall *call, gpointer data)
{
    GString *trace = data;

    (void)child;
    if (call->op != PTRACE_SYSCALL_INFO_ENTRY)
        return TRUE;
    if (call->entry.nr == SYS_mkdirat)
        g_string_append_c(trace, 'M');
    else if (call->entry.nr == SYS_fsync)
        g_string_append_c(trace, 'S');
    else if (call->entry.nr == SYS_linkat)
        g_string_append_c(trace, 'L');
    else if (call->entry.nr == SYS_write && (trace->len == 0 || trace->str[trace->len - 1] != 'W'))
        g_string_append_c(trace, 'W');
    return TRUE;
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
typedef struct {
    guint nth; /* of the calls below: this one fails */
    guint seen;
    gboolean failing; /* between its entry and its exit */
} Torture;

static gboolean
can_fail(guint64 number)
{
    const long numbers[] = {SYS_openat, SYS_mkdirat, SYS_write, SYS_fsync, SYS_linkat, SYS_fstatfs};

    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if ((long)number == numbers[i])
            return TRUE;
    }
    return FALSE;
}

/* Replaces the nth call by none at all and its answer by EIO. */
static gboolean
fail_nth(pid_t child, const SystemCall *call, gpointer data)
{
    Torture *torture = data;
    struct user_regs_struct registers;
    gboolean begins = call->op == PTRACE_SYSCALL_INFO_ENTRY && can_fail(call->entry.nr) &&
                      ++torture->seen == torture->nth;

    if (!begins && !torture->failing)
        return TRUE;
    ptrace(PTRACE_GETREGS, child, NULL, &registers);
    if (begins)
        registers.orig_rax = (unsigned long long)-1;
    else
        registers.rax = (unsigned long long)-EIO;
    torture->failing = begins;
    ptrace(PTRACE_SETREGS, child, NULL, &registers);
    return TRUE;
}

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

/* --- the index --- */

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

static gboolean
append_subject(const MugaiEntry *entry, gpointer data)
{
    g_string_append_printf(data, "%s;", entry->subject);
    return TRUE;
}

static void
check_list(MugaiIndex *index, MugaiQuery query, const char *expected)
{
    g_autoptr(GString) found = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_index_list(index, &query, append_subject, found, &error), "%s",
              error != NULL ? error->message : "");
    cr_assert_str_eq(found->str, expected);
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
    check_list(index, (MugaiQuery){.state = "passed' OR 1"}, "");
    check_list(index, (MugaiQuery){.subject = "s", .limit = 2}, "s3;s2;");
}

Test(index, finds_japanese_of_any_length_and_width)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);

    add(index, RECEIVED, "\"鈴木 一郎\" <suzuki@Example.com>", "見積書のご送付",
        "ﾐﾂﾓﾘ（最終版）.XLSX");
    add(index, RECEIVED + 1, "tanaka@example.jp", "会議のお知らせ", "Straße.pdf");
    check_list(index, (MugaiQuery){.subject = "見積"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.subject = "積"}, "見積書のご送付;");
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
    check_list(index, (MugaiQuery){.text = "2026112", .from = "鈴木"}, "見積書のご送付;");
    check_list(index, (MugaiQuery){.subject = "見積書", .from = "鈴木 一", .text = "ミツ"},
               "見積書のご送付;");
}

Test(index, terms_are_never_syntax)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = open_index(fixture.store, TRUE);
    const char *const terms[] = {
        "\"",        "\"\"\"",   "%",          "_",        "*",         "abc*",
        "' OR 1 --", "\" OR \"", "sender : x", "a AND b",  "NEAR(a b)", "\\",
        "^abc",      "{a b}",    "-abc",       "\xFF\xFE", "abc\ndef",
    };

    add(index, RECEIVED, "x@example.jp", "plain", "");
    for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
        check_list(index, (MugaiQuery){.subject = terms[i]}, "");
        check_list(index, (MugaiQuery){.text = terms[i]}, "");
    }
    add(index, RECEIVED, "x@example.jp", "100% \"AND\" _*_", "");
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
