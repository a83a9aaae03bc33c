/*
 * test_vault.c - what is sealed is opened by whom it is sealed to and by nobody else, and whatever
 * was done to it is found
 *
 * tests/vault holds a known answer, made once; tests/test_sealed.py opens it as well.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/vault.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSPHRASE "correct horse 電池 staple"
#define ENVELOPE "{\"received\":\"2026-11-20T10:00:15Z\"}"
#define CHUNK MUGAI_VAULT_CHUNK_OCTETS
/* As little as Argon2id takes: what is tested is what is done with it. */
#define CHEAP ((MugaiVaultCost){.passes = 1, .memory_kib = 8})

/* A directory of its own for each test, which runs in a process of its own. */
static char *directory;

static void
make_directory(void)
{
    directory = g_dir_make_tmp("mugai-vault-XXXXXX", NULL);
    cr_assert_not_null(directory);
}

static void
remove_directory(void)
{
    g_autoptr(GDir) opened = g_dir_open(directory, 0, NULL);
    const char *name = NULL;

    while ((name = g_dir_read_name(opened)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        g_remove(path);
    }
    g_rmdir(directory);
    g_free(directory);
}

TestSuite(vault, .init = make_directory, .fini = remove_directory);

static char *
path_of(const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);

    return g_build_filename(directory, file, NULL);
}

static void
make_keys(const char *name)
{
    g_autofree char *private_path = path_of(name, ".key");
    g_autofree char *public_path = path_of(name, ".pub");
    g_autofree char *id = NULL;
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_vault_keygen(private_path, public_path, PASSPHRASE, CHEAP, &id, &error), "%s",
              error != NULL ? error->message : "");
    cr_assert_eq(strlen(id), MUGAI_VAULT_ID_DIGITS);
}

static MugaiVaultKey *
open_key(const char *name, const char *passphrase, GError **error)
{
    g_autofree char *path = path_of(name, ".key");

    return mugai_vault_key_open(path, passphrase, error);
}

static MugaiVaultKey *
must_open_key(const char *name)
{
    g_autoptr(GError) error = NULL;
    MugaiVaultKey *key = open_key(name, PASSPHRASE, &error);

    cr_assert_not_null(key, "%s", error != NULL ? error->message : "");
    return key;
}

/* Those of the configuration "seal_to = NAMES". */
static MugaiVaultRecipients *
load_recipients(const char *const *names, GError **error)
{
    g_autofree char *file = path_of("mugai", ".conf");
    g_autoptr(GString) text = g_string_new("[store]\nseal_to = ");
    g_autoptr(MugaiConfig) config = NULL;

    for (gsize i = 0; names[i] != NULL; i++)
        g_string_append_printf(text, "%s%s/%s.pub", i > 0 ? ", " : "", directory, names[i]);
    cr_assert(g_file_set_contents(file, text->str, -1, NULL));
    config = mugai_config_load(file, error);
    return config != NULL ? mugai_vault_recipients_new(config->seal_to, error) : NULL;
}

static MugaiVaultRecipients *
must_load_recipients(const char *first, const char *second)
{
    const char *const names[] = {first, second, NULL};
    g_autoptr(GError) error = NULL;
    MugaiVaultRecipients *recipients = load_recipients(names, &error);

    cr_assert_not_null(recipients, "%s", error != NULL ? error->message : "");
    return recipients;
}

static MugaiId
an_id(void)
{
    MugaiId id = {0};

    mugai_id_from_bits(1795168815, 7, &id);
    return id;
}

static char *
numbered_octets(gsize length)
{
    char *octets = g_malloc(length + 1);

    for (gsize i = 0; i < length; i++)
        octets[i] = (char)(i * 2654435761u >> 24);
    return octets;
}

/* --- sealing and opening in memory --- */

static GByteArray *
contents_of(int fd)
{
    GByteArray *file = g_byte_array_new();
    off_t length = lseek(fd, 0, SEEK_END);

    g_byte_array_set_size(file, (guint)length);
    cr_assert_eq(pread(fd, file->data, (gsize)length, 0), (gssize)length);
    return file;
}

/* The file of @length octets of content, given in steps of @step. */
static GByteArray *
seal_octets(const MugaiVaultRecipients *recipients, const char *octets, gsize length, gsize step)
{
    int fd = memfd_create("sealed", MFD_CLOEXEC);
    MugaiId id = an_id();
    g_autoptr(MugaiVaultWriter) writer = mugai_vault_writer_new(recipients, &id, ENVELOPE, fd);
    GByteArray *file = NULL;

    for (gsize at = 0; at < length; at += step)
        cr_assert(mugai_vault_writer_append(writer, octets + at, MIN(step, length - at)));
    cr_assert(mugai_vault_writer_finish(writer, length));
    file = contents_of(fd);
    close(fd);
    return file;
}

static int
file_of(const guint8 *octets, gsize length)
{
    int fd = memfd_create("sealed", MFD_CLOEXEC);

    cr_assert_eq(write(fd, octets, length), (gssize)length);
    return fd;
}

static gboolean
unlock(MugaiVaultReader *reader, const MugaiVaultKey *key, GError **error)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    guint count = 0;
    const MugaiVaultBox *boxes = mugai_vault_reader_boxes(reader, &count);

    return mugai_vault_key_unbox(key, boxes, count, &data_key, error) &&
           mugai_vault_reader_unlock(reader, &data_key, error);
}

static GByteArray *
read_content(MugaiVaultReader *reader, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    g_autofree guint8 *chunk = g_malloc(CHUNK);
    gssize got = 0;

    while ((got = mugai_vault_reader_read(reader, chunk, error)) > 0)
        g_byte_array_append(content, chunk, (guint)got);
    return got == 0 ? g_steal_pointer(&content) : NULL;
}

/* The content of the file with @key; NULL with @error. */
static GByteArray *
open_octets(const guint8 *octets, gsize length, const MugaiVaultKey *key, GError **error)
{
    int fd = file_of(octets, length);
    g_autoptr(MugaiVaultReader) reader = mugai_vault_reader_new(fd, error);
    GByteArray *content = NULL;

    if (reader != NULL && unlock(reader, key, error))
        content = read_content(reader, error);
    close(fd);
    return content;
}

static gboolean
is_whole_without_key(const guint8 *octets, gsize length)
{
    int fd = file_of(octets, length);
    g_autoptr(MugaiVaultReader) reader = mugai_vault_reader_new(fd, NULL);
    gboolean whole = reader != NULL && mugai_vault_reader_check(reader, NULL);

    close(fd);
    return whole;
}

static void
expect_content(const GByteArray *file, const MugaiVaultKey *key, const char *octets, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) content = open_octets(file->data, file->len, key, &error);

    cr_assert_not_null(content, "%s", error != NULL ? error->message : "");
    cr_assert_eq(content->len, length);
    cr_assert(length == 0 || memcmp(content->data, octets, length) == 0);
    cr_assert(is_whole_without_key(file->data, file->len));
}

Test(vault, what_was_sealed_comes_back_whatever_its_size)
{
    const gsize lengths[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 10000000};
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(MugaiVaultKey) key = NULL;

    make_keys("a");
    recipients = must_load_recipients("a", NULL);
    key = must_open_key("a");
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *octets = numbered_octets(lengths[i]);
        g_autoptr(GByteArray) file = seal_octets(recipients, octets, lengths[i], 70001);
        gsize chunks = MAX((lengths[i] + CHUNK - 1) / CHUNK, 1);

        expect_content(file, key, octets, lengths[i]);
        cr_assert_eq(file->len,
                     44 + 88 + strlen(ENVELOPE) + 24 + lengths[i] + chunks * 17 + 8 + 64);
    }
}

Test(vault, the_file_shows_envelope_and_size_and_nothing_of_the_content)
{
    const char content[] = "Subject: the secret of the town\r\n";
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(GByteArray) file = NULL;
    g_autoptr(MugaiVaultReader) reader = NULL;
    MugaiId id = an_id();
    int fd = -1;

    make_keys("a");
    recipients = must_load_recipients("a", NULL);
    file = seal_octets(recipients, content, strlen(content), 3);
    cr_assert_null(memmem(file->data, file->len, "secret", 6));
    cr_assert_not_null(memmem(file->data, file->len, ENVELOPE, strlen(ENVELOPE)));
    fd = file_of(file->data, file->len);
    reader = mugai_vault_reader_new(fd, NULL);
    cr_assert_not_null(reader);
    cr_assert_str_eq(mugai_vault_reader_id(reader), id.text);
    cr_assert_str_eq(mugai_vault_reader_envelope(reader), ENVELOPE);
    cr_assert_eq(mugai_vault_reader_original_octets(reader), strlen(content));
    close(fd);
}

Test(vault, two_of_the_same_are_sealed_differently)
{
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(GByteArray) one = NULL;
    g_autoptr(GByteArray) other = NULL;
    gsize body = 44 + 88 + strlen(ENVELOPE);

    make_keys("a");
    recipients = must_load_recipients("a", NULL);
    one = seal_octets(recipients, "the same", 8, 8);
    other = seal_octets(recipients, "the same", 8, 8);
    cr_assert_neq(memcmp(one->data + body, other->data + body, one->len - body), 0);
    cr_assert_neq(memcmp(one->data + 52, other->data + 52, 80), 0);
}

/* --- whose key --- */

Test(vault, each_of_two_keys_opens_it_and_a_third_does_not)
{
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(GByteArray) file = NULL;
    g_autoptr(MugaiVaultKey) a = NULL;
    g_autoptr(MugaiVaultKey) b = NULL;
    g_autoptr(MugaiVaultKey) c = NULL;
    g_autoptr(GByteArray) content = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *names = NULL;
    g_autofree char *expected = NULL;

    make_keys("a");
    make_keys("b");
    make_keys("c");
    recipients = must_load_recipients("a", "b");
    file = seal_octets(recipients, "hello", 5, 5);
    a = must_open_key("a");
    b = must_open_key("b");
    c = must_open_key("c");
    expect_content(file, a, "hello", 5);
    expect_content(file, b, "hello", 5);
    content = open_octets(file->data, file->len, c, &error);
    cr_assert_null(content);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED), "%s", error->message);
    names = mugai_vault_recipients_names(recipients);
    expected = g_strdup_printf("%s, %s", mugai_vault_key_id(a), mugai_vault_key_id(b));
    cr_assert_str_eq(names, expected);
    cr_assert_not_null(strstr(error->message, names), "whose key would do: %s", error->message);
}

Test(vault, the_data_key_of_one_original_does_not_open_another)
{
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(MugaiVaultKey) key = NULL;
    g_autoptr(GByteArray) one = NULL;
    g_autoptr(GByteArray) other = NULL;
    g_autoptr(MugaiVaultReader) reader_of_one = NULL;
    g_autoptr(MugaiVaultReader) reader_of_other = NULL;
    g_auto(MugaiVaultDataKey) data_key = {0};
    g_autoptr(GError) error = NULL;
    guint count = 0;
    int first = -1;
    int second = -1;

    make_keys("a");
    recipients = must_load_recipients("a", NULL);
    key = must_open_key("a");
    one = seal_octets(recipients, "one", 3, 3);
    other = seal_octets(recipients, "two", 3, 3);
    first = file_of(one->data, one->len);
    second = file_of(other->data, other->len);
    reader_of_one = mugai_vault_reader_new(first, NULL);
    reader_of_other = mugai_vault_reader_new(second, NULL);
    cr_assert(mugai_vault_key_unbox(key, mugai_vault_reader_boxes(reader_of_one, &count), 1,
                                    &data_key, NULL));
    cr_assert_eq(count, 1);
    cr_assert_not(mugai_vault_reader_unlock(reader_of_other, &data_key, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED), "%s", error->message);
    cr_assert_not(mugai_vault_reader_is_unlocked(reader_of_other));
    cr_assert(mugai_vault_reader_unlock(reader_of_one, &data_key, NULL));
    close(first);
    close(second);
}

/* --- whatever was done to it --- */

/* Puts a right SHA-256 at the end: what an attacker can do as well. */
static void
mend(guint8 *octets, gsize length)
{
    g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets, length - 64);

    memcpy(octets + length - 64, hash, 64);
}

static void
expect_found(const guint8 *octets, gsize length, const MugaiVaultKey *key, const char *what,
             gsize place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) content = open_octets(octets, length, key, &error);

    cr_assert_null(content, "%s at %zu is not found", what, place);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED) ||
                  g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED),
              "%s at %zu: %s", what, place, error->message);
}

Test(vault, every_octet_altered_is_found_with_the_key_and_without)
{
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(MugaiVaultKey) key = NULL;
    g_autoptr(GByteArray) file = NULL;

    make_keys("a");
    make_keys("b");
    recipients = must_load_recipients("a", "b");
    key = must_open_key("a");
    file = seal_octets(recipients, "a few octets", 12, 12);
    for (guint place = 0; place < file->len; place++) {
        g_autofree guint8 *octets = g_memdup2(file->data, file->len);
        /* The size is for who has no key; the content says its own. */
        gboolean size = place >= file->len - 72 && place < file->len - 64;

        octets[place] ^= 0x01;
        cr_assert_not(is_whole_without_key(octets, file->len), "%u", place);
        expect_found(octets, file->len, key, "an octet", place);
        if (place >= file->len - 64 || size)
            continue;
        mend(octets, file->len);
        expect_found(octets, file->len, key, "an octet, mended,", place);
    }
}

Test(vault, cut_anywhere_is_found)
{
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(MugaiVaultKey) key = NULL;
    g_autofree char *octets = numbered_octets(3 * CHUNK + 5);
    g_autoptr(GByteArray) file = NULL;
    gsize body = 44 + 88 + strlen(ENVELOPE) + 24;

    make_keys("a");
    recipients = must_load_recipients("a", NULL);
    key = must_open_key("a");
    file = seal_octets(recipients, octets, 3 * CHUNK + 5, CHUNK);
    for (gsize length = 0; length <= body + 17 + 72; length++)
        expect_found(file->data, length, key, "a cut", length);
    /* At each border of chunks, and with a right trailer behind it. */
    for (gsize chunks = 0; chunks <= 3; chunks++) {
        gsize cut = body + chunks * (CHUNK + 17);
        g_autofree guint8 *mended = g_memdup2(file->data, file->len);

        expect_found(file->data, cut, key, "a cut", cut);
        memmove(mended + cut, file->data + file->len - 72, 72);
        mend(mended, cut + 72);
        cr_assert(chunks == 0 || is_whole_without_key(mended, cut + 72));
        expect_found(mended, cut + 72, key, "a cut, mended,", cut);
    }
    expect_found(file->data, file->len - 1, key, "a cut", file->len - 1);
}

Test(vault, chunks_moved_repeated_left_out_or_put_behind_are_found)
{
    const gsize sealed = CHUNK + 17;
    g_autoptr(MugaiVaultRecipients) recipients = NULL;
    g_autoptr(MugaiVaultKey) key = NULL;
    g_autofree char *octets = numbered_octets(4 * CHUNK);
    g_autoptr(GByteArray) file = NULL;
    g_autofree guint8 *changed = NULL;
    guint8 *chunks = NULL;
    gsize body = 44 + 88 + strlen(ENVELOPE) + 24;

    make_keys("a");
    recipients = must_load_recipients("a", NULL);
    key = must_open_key("a");
    file = seal_octets(recipients, octets, 4 * CHUNK, CHUNK);
    changed = g_malloc(file->len + sealed);
    chunks = changed + body;

    memcpy(changed, file->data, file->len);
    memcpy(chunks + sealed, file->data + body + 2 * sealed, sealed);
    memcpy(chunks + 2 * sealed, file->data + body + sealed, sealed);
    mend(changed, file->len);
    expect_found(changed, file->len, key, "two chunks moved", 0);

    memcpy(changed, file->data, file->len);
    memcpy(chunks + 2 * sealed, file->data + body + sealed, sealed);
    mend(changed, file->len);
    expect_found(changed, file->len, key, "a chunk repeated", 0);

    memcpy(changed, file->data, file->len);
    memmove(chunks + sealed, file->data + body + 2 * sealed, file->len - body - 2 * sealed);
    mend(changed, file->len - sealed);
    expect_found(changed, file->len - sealed, key, "a chunk left out", 0);

    memcpy(changed, file->data, file->len);
    memcpy(chunks + 4 * sealed, file->data + body, sealed);
    memcpy(chunks + 5 * sealed, file->data + file->len - 72, 72);
    mend(changed, file->len + sealed);
    expect_found(changed, file->len + sealed, key, "a chunk behind", 0);

    memcpy(changed, file->data, file->len);
    changed[file->len] = 0;
    expect_found(changed, file->len + 1, key, "an octet behind", 0);
}

/* --- key files --- */

Test(vault, a_private_key_is_for_its_owner_and_its_passphrase)
{
    g_autofree char *path = path_of("a", ".key");
    g_autofree char *public_path = path_of("a", ".pub");
    g_autoptr(GError) error = NULL;
    g_autofree char *line = NULL;
    struct stat status;

    make_keys("a");
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 07777, 0600);
    cr_assert_eq(stat(public_path, &status), 0);
    cr_assert_eq(status.st_mode & 07777, 0644);
    cr_assert(g_file_get_contents(path, &line, NULL, NULL));
    cr_assert(g_str_has_prefix(line, "mugai-vault-private-1 1 8 "));
    cr_assert_null(open_key("a", PASSPHRASE " ", &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED), "%s", error->message);
    cr_assert_not_null(strstr(error->message, path));
    g_clear_error(&error);
    cr_assert_null(open_key("a", "", &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED));
    g_clear_error(&error);
    cr_assert_eq(g_chmod(path, 0644), 0);
    cr_assert_null(open_key("a", PASSPHRASE, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_assert_not_null(strstr(error->message, "chmod 600"));
}

Test(vault, every_character_of_a_private_key_altered_is_found)
{
    g_autofree char *path = path_of("a", ".key");
    g_autofree char *line = NULL;
    gsize length = 0;

    make_keys("a");
    cr_assert(g_file_get_contents(path, &line, &length, NULL));
    for (gsize place = 0; place < length; place++) {
        char original = line[place];
        g_autoptr(GError) error = NULL;

        line[place] = original == '2' ? '3' : '2';
        cr_assert(g_file_set_contents(path, line, (gssize)length, NULL));
        cr_assert_eq(g_chmod(path, 0600), 0);
        line[place] = original;
        cr_assert_null(open_key("a", PASSPHRASE, &error), "at %zu", place);
        cr_assert_not_null(strstr(error->message, path), "%s", error->message);
    }
}

Test(vault, what_is_no_private_key_is_refused)
{
    g_autofree char *path = path_of("a", ".key");
    const char *const files[] = {
        "",
        "mugai-vault-private-1",
        "mugai-vault-private-1 1 8 a b c d",
        "mugai-vault-private-1 65 8 AAAAAAAAAAAAAAAAAAAAAA== "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "mugai-vault-private-1 1 4194304 AAAAAAAAAAAAAAAAAAAAAA== "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "mugai-vault-public-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;

        cr_assert(g_file_set_contents(path, files[i], -1, NULL));
        cr_assert_eq(g_chmod(path, 0600), 0);
        cr_assert_null(open_key("a", PASSPHRASE, &error), "file %zu", i);
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG), "file %zu: %s", i,
                  error->message);
    }
}

Test(vault, keygen_overwrites_nothing_and_wants_a_passphrase)
{
    g_autofree char *private_path = path_of("a", ".key");
    g_autofree char *public_path = path_of("a", ".pub");
    g_autofree char *id = NULL;
    g_autoptr(GError) error = NULL;

    cr_assert_not(mugai_vault_keygen(private_path, public_path, "", CHEAP, &id, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_USAGE));
    g_clear_error(&error);
    cr_assert(g_file_set_contents(public_path, "mine", -1, NULL));
    cr_assert_not(mugai_vault_keygen(private_path, public_path, "x", CHEAP, &id, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS));
    cr_assert_not(g_file_test(private_path, G_FILE_TEST_EXISTS), "half a pair is none");
}

Test(vault, a_public_key_that_nothing_can_be_sealed_to_is_named)
{
    g_autofree char *path = path_of("zero", ".pub");
    const char *const names[] = {"zero", NULL};
    g_autoptr(GError) error = NULL;

    cr_assert(g_file_set_contents(
        path, "mugai-vault-public-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", -1, NULL));
    cr_assert_null(load_recipients(names, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_assert_not_null(strstr(error->message, path), "%s", error->message);
}

/* --- a few octets --- */

Test(vault, octets_are_opened_with_their_key_about_what_they_are_and_whole)
{
    const guint8 octets[] = "a subject";
    g_auto(MugaiVaultDataKey) key = {0};
    g_auto(MugaiVaultDataKey) other = {0};
    g_autoptr(GByteArray) sealed = NULL;
    g_autoptr(GByteArray) opened = NULL;

    mugai_vault_data_key_make(&key);
    mugai_vault_data_key_make(&other);
    sealed = mugai_vault_seal_octets(&key, "one", octets, sizeof octets);
    opened = mugai_vault_open_octets(&key, "one", sealed->data, sealed->len);
    cr_assert_eq(opened->len, sizeof octets);
    cr_assert_eq(memcmp(opened->data, octets, sizeof octets), 0);
    cr_assert_null(mugai_vault_open_octets(&other, "one", sealed->data, sealed->len));
    cr_assert_null(mugai_vault_open_octets(&key, "two", sealed->data, sealed->len));
    for (guint i = 0; i < sealed->len; i++) {
        cr_assert_null(mugai_vault_open_octets(&key, "one", sealed->data, i));
        sealed->data[i] ^= 1;
        cr_assert_null(mugai_vault_open_octets(&key, "one", sealed->data, sealed->len));
        sealed->data[i] ^= 1;
    }
}

/* --- the known answer --- */

static GByteArray *
vector_file(const char *name)
{
    g_autofree char *path = g_build_filename(MUGAI_SOURCE_ROOT "/tests/vault", name, NULL);
    GByteArray *file = g_byte_array_new();
    g_autofree char *contents = NULL;
    gsize length = 0;

    cr_assert(g_file_get_contents(path, &contents, &length, NULL));
    return g_byte_array_append(file, (const guint8 *)contents, (guint)length);
}

Test(vault, the_known_answer_is_opened)
{
    g_autoptr(GByteArray) line = vector_file("vault.key");
    g_autoptr(GByteArray) file = vector_file("20261120-5V0M4-N1W0B.eml.sealed");
    g_autofree char *path = path_of("a", ".key");
    g_autoptr(MugaiVaultKey) key = NULL;
    g_autoptr(GByteArray) content = NULL;
    g_autoptr(GError) error = NULL;

    cr_assert(g_file_set_contents(path, (const char *)line->data, (gssize)line->len, NULL));
    cr_assert_eq(g_chmod(path, 0600), 0);
    key = must_open_key("a");
    cr_assert_str_eq(mugai_vault_key_id(key), "89e629cd03d742d1");
    content = open_octets(file->data, file->len, key, &error);
    cr_assert_not_null(content, "%s", error != NULL ? error->message : "");
    /* An object of the store: gzip. Level 0 shows the text. */
    cr_assert_eq(memcmp(content->data, "\x1F\x8B\x08", 3), 0);
    cr_assert_not_null(
        memmem(content->data, content->len, "Whoever has the key can read this.", 34));
}
