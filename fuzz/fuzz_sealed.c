/*
 * fuzz_sealed.c - a sealed original gives what was sealed, or nothing
 *
 * The input, by its first octet:
 *
 *     f   a sealed file follows
 *     m   the same; the SHA-256 at its end is mended, so that what lies behind it is reached
 *     w   a line "w STEP PLACE CHANGE" of numbers, then the content: sealed in steps of STEP to two
 *         keys, opened with each, and opened again with the file changed at PLACE, mended or not
 *
 * Properties: 1. a file is refused as MALFORMED or has the parts that a second reader finds in it
 *                (vault.h, one look at the whole file), and its SHA-256 is right exactly if that
 *                reader says so;
 *             2. what nobody sealed to a key is not opened with it;
 *             3. content, id, envelope and size come back, whichever key opens it;
 *             4. changed in one place it is refused, whoever mended it; only the size at its end is
 *                nobody's word.
 */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/vault.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIXED_OCTETS 44u
#define BOX_OCTETS 88u
#define STREAM_OCTETS 24u
#define MORE_OCTETS 17u
#define TRAILER_OCTETS 72u
#define HASH_DIGITS 64u
#define ENVELOPE "{\"received\":\"2026-11-20T10:00:15Z\"}"
#define KEYS 2u

/* --- keys of our own --- */

static MugaiVaultKey *keys[KEYS];
static MugaiVaultRecipients *recipients;

static void
make_key(const char *directory, guint number, GString *paths)
{
    g_autofree char *private_path = g_strdup_printf("%s/%u.key", directory, number);
    char *public_path = g_strdup_printf("%s/%u.pub", directory, number);
    MugaiVaultCost cost = {.passes = 1, .memory_kib = 8};
    g_autofree char *id = NULL;
    g_autoptr(GError) error = NULL;

    mugai_vault_keygen(private_path, public_path, "x", cost, &id, &error);
    g_assert_no_error(error);
    keys[number] = mugai_vault_key_open(private_path, "x", &error);
    g_assert_no_error(error);
    g_string_append_printf(paths, "%s%s", number > 0 ? "," : "", public_path);
    g_remove(private_path);
    g_free(public_path);
}

/* Once, never freed. */
static void
make_keys(void)
{
    g_autofree char *directory = NULL, *file = NULL;
    g_autoptr(GString) text = NULL;
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(GError) error = NULL;

    if (recipients != NULL)
        return;
    directory = g_dir_make_tmp("mugai-fuzz-XXXXXX", NULL);
    file = g_build_filename(directory, "mugai.conf", NULL);
    text = g_string_new("[store]\nseal_to=");
    for (guint i = 0; i < KEYS; i++)
        make_key(directory, i, text);
    g_assert_true(g_file_set_contents(file, text->str, -1, NULL));
    config = mugai_config_load(file, &error);
    g_assert_no_error(error);
    recipients = mugai_vault_recipients_new(config->seal_to, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < KEYS; i++)
        g_remove(((const MugaiPublicKey *)config->seal_to->pdata[i])->path);
    g_remove(file);
    g_rmdir(directory);
}

/* --- a second reader --- */

typedef struct {
    gboolean whole; /* it has all of its parts */
    gboolean hash;  /* and a right SHA-256 */
    guint n_boxes;
    gsize envelope, envelope_octets; /* where it begins */
} Parts;

static gsize
big_endian(const guint8 *octets)
{
    return (gsize)octets[0] << 24 | (gsize)octets[1] << 16 | (gsize)octets[2] << 8 | octets[3];
}

static char *
hash_of(const guint8 *file, gsize length)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, file, length - HASH_DIGITS);
}

static Parts
read_parts(const guint8 *file, gsize length)
{
    Parts parts = {0};
    g_autofree char *hash = NULL;
    gsize count = 0;
    gsize envelope = 0;

    if (length < FIXED_OCTETS || memcmp(file, "mugai-sealed-1\r\n", 16) != 0)
        return parts;
    count = big_endian(file + 36);
    envelope = big_endian(file + 40);
    if (count < 1 || count > 16 || envelope < 1 || envelope >= MUGAI_LIMIT_ENVELOPE_OCTETS ||
        length < FIXED_OCTETS + count * BOX_OCTETS + envelope + STREAM_OCTETS + MORE_OCTETS +
                     TRAILER_OCTETS)
        return parts;
    parts.n_boxes = (guint)count;
    parts.envelope = FIXED_OCTETS + count * BOX_OCTETS;
    parts.envelope_octets = envelope;
    parts.whole = memchr(file + parts.envelope, '\0', envelope) == NULL;
    hash = hash_of(file, length);
    parts.hash = memcmp(hash, file + length - HASH_DIGITS, HASH_DIGITS) == 0;
    return parts;
}

static void
mend(guint8 *file, gsize length)
{
    g_autofree char *hash = length >= HASH_DIGITS ? hash_of(file, length) : NULL;

    if (hash != NULL)
        memcpy(file + length - HASH_DIGITS, hash, HASH_DIGITS);
}

/* --- what must hold --- */

static int
file_of(const guint8 *octets, gsize length)
{
    int fd = memfd_create("sealed", MFD_CLOEXEC);

    g_assert_cmpint(write(fd, octets, length), ==, (gssize)length);
    return fd;
}

static void
expect_refused(const GError *error)
{
    g_assert_true(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED) ||
                  g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SEALED));
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

/* The content with @key, NULL where it is refused. */
static GByteArray *
open_with(MugaiVaultReader *reader, const MugaiVaultKey *key)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) content = g_byte_array_new();
    g_autofree guint8 *chunk = g_malloc(MUGAI_VAULT_CHUNK_OCTETS);
    guint count = 0;
    const MugaiVaultBox *boxes = mugai_vault_reader_boxes(reader, &count);
    gssize got = -1;

    if (mugai_vault_key_unbox(key, boxes, count, &data_key, &error) &&
        mugai_vault_reader_unlock(reader, &data_key, &error)) {
        while ((got = mugai_vault_reader_read(reader, chunk, &error)) > 0)
            g_byte_array_append(content, chunk, (guint)got);
    }
    if (got == 0)
        return g_steal_pointer(&content);
    expect_refused(error);
    return NULL;
}

/* The reader of @fd, and that it says what the second one does; NULL where it is refused. */
static MugaiVaultReader *
expect_as_second_reader(int fd, const guint8 *file, gsize length)
{
    Parts parts = read_parts(file, length);
    g_autoptr(GError) error = NULL;
    MugaiVaultReader *reader = mugai_vault_reader_new(fd, &error);
    guint count = 0;

    g_assert_cmpint(reader != NULL, ==, parts.whole);
    if (reader == NULL) {
        g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED);
        return NULL;
    }
    (void)mugai_vault_reader_boxes(reader, &count);
    g_assert_cmpuint(count, ==, parts.n_boxes);
    g_assert_cmpuint(strlen(mugai_vault_reader_envelope(reader)), ==, parts.envelope_octets);
    g_assert_cmpint(memcmp(mugai_vault_reader_envelope(reader), file + parts.envelope,
                           parts.envelope_octets),
                    ==, 0);
    g_assert_cmpint(mugai_vault_reader_check(reader, NULL), ==, parts.hash);
    return reader;
}

static void
read_file(const guint8 *octets, gsize length, gboolean mended)
{
    g_autofree guint8 *file = g_memdup2(octets, length);
    g_autoptr(MugaiVaultReader) reader = NULL;
    int fd = -1;

    if (mended)
        mend(file, length);
    fd = file_of(file, length);
    reader = expect_as_second_reader(fd, file, length);
    if (reader != NULL)
        g_assert_null(open_with(reader, keys[0]));
    close(fd);
}

/* --- sealed here --- */

typedef struct {
    gulong step, place, change;
    const guint8 *content;
    gsize length;
} Given;

static void
take_given(const guint8 *octets, gsize length, Given *ret_given)
{
    const guint8 *end = memchr(octets, '\n', length);
    gsize line_octets = end != NULL ? (gsize)(end - octets) : length;
    g_autofree char *line = g_strndup((const char *)octets, line_octets);
    char *next = line;

    ret_given->step = strtoul(next, &next, 10) % 100000 + 1;
    ret_given->place = strtoul(next, &next, 10);
    ret_given->change = strtoul(next, &next, 10);
    ret_given->content = end != NULL ? end + 1 : octets + length;
    ret_given->length = end != NULL ? length - line_octets - 1 : 0;
}

static GByteArray *
seal(const Given *given)
{
    int fd = memfd_create("sealed", MFD_CLOEXEC);
    g_autoptr(MugaiVaultWriter) writer =
        mugai_vault_writer_new(recipients, fuzz_id(), ENVELOPE, fd);
    GByteArray *file = g_byte_array_new();

    for (gsize at = 0; at < given->length; at += given->step)
        g_assert_true(mugai_vault_writer_append(writer, given->content + at,
                                                MIN(given->step, given->length - at)));
    g_assert_true(mugai_vault_writer_finish(writer, given->length));
    g_byte_array_set_size(file, (guint)lseek(fd, 0, SEEK_END));
    g_assert_cmpint(pread(fd, file->data, file->len, 0), ==, (gssize)file->len);
    close(fd);
    return file;
}

static void
expect_sealed(const GByteArray *file, const Given *given)
{
    for (guint i = 0; i < KEYS; i++) {
        int fd = file_of(file->data, file->len);
        g_autoptr(MugaiVaultReader) reader = expect_as_second_reader(fd, file->data, file->len);
        g_autoptr(GByteArray) content = open_with(reader, keys[i]);

        g_assert_nonnull(content);
        g_assert_cmpmem(content->data, content->len, given->content, given->length);
        g_assert_cmpstr(mugai_vault_reader_id(reader), ==, fuzz_id()->text);
        g_assert_cmpstr(mugai_vault_reader_envelope(reader), ==, ENVELOPE);
        g_assert_cmpuint(mugai_vault_reader_original_octets(reader), ==, given->length);
        close(fd);
    }
}

/* One octet another one, left out, or put in; or the rest cut off. TRUE if that may go unseen. */
static gboolean
change_file(GByteArray *file, const Given *given)
{
    guint place = (guint)(given->place % file->len);
    guint8 other = (guint8)(given->change >> 3);
    gboolean in_size = place >= file->len - TRAILER_OCTETS && place < file->len - HASH_DIGITS;

    switch (given->change % 4) {
    case 0:
        file->data[place] ^= other != 0 ? other : 0xFF;
        return in_size;
    case 1:
        g_byte_array_remove_index(file, place);
        return FALSE;
    case 2:
        g_byte_array_append(file, &other, 1);
        memmove(file->data + place + 1, file->data + place, file->len - 1 - place);
        file->data[place] = other;
        return FALSE;
    default:
        g_byte_array_set_size(file, place);
        return FALSE;
    }
}

/* An octet of the SHA-256 changed and mended is the file again. */
static gboolean
is_same(const GByteArray *a, const GByteArray *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void
expect_change_found(const GByteArray *file, const Given *given)
{
    g_autoptr(GByteArray) changed = g_byte_array_append(g_byte_array_new(), file->data, file->len);
    gboolean mended = (given->change & 4) != 0;
    gboolean unseen = change_file(changed, given) && mended;
    g_autoptr(MugaiVaultReader) reader = NULL;
    g_autoptr(GByteArray) content = NULL;
    int fd = -1;

    if (mended)
        mend(changed->data, changed->len);
    fd = file_of(changed->data, changed->len);
    reader = expect_as_second_reader(fd, changed->data, changed->len);
    content = reader != NULL ? open_with(reader, keys[0]) : NULL;
    if (!is_same(changed, file) && !unseen)
        g_assert_null(content);
    close(fd);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_autoptr(GByteArray) file = NULL;
    Given given = {0};

    if (length == 0)
        return 0;
    make_keys();
    if (octets[0] != 'w') {
        read_file(octets + 1, length - 1, octets[0] == 'm');
        return 0;
    }
    take_given(octets + 1, length - 1, &given);
    file = seal(&given);
    expect_sealed(file, &given);
    expect_change_found(file, &given);
    return 0;
}
