/*
 * fuzz_object.c - an object of the store comes back octet for octet, or is called damaged
 *
 * The input, by its first octet:
 *
 *     o   the file of an object follows
 *     m   the same; its checksums are mended, so that what lies behind them is reached
 *     w   a line "w LEVEL CHUNK PLACE CHANGE" of numbers, lines of the envelope (sender, client
 * name and address, HELO, queue id, recipients), an empty line, a message: written by the store in
 * chunks, read back, and read again with the file changed at PLACE
 *
 * Properties: 1. an object is whole, or MALFORMED, as a second reader of gzip says (RFC 1952, one
 *                look at the whole file), envelope and octets apart;
 *             2. what is read are the octets, the envelope, the size and the digest that were
 *                written;
 *             3. changed in one place, the octets are the same or the object is damaged; so is the
 *                envelope.
 *
 * Limits: gzip guards its header, and so the envelope, with 16 bits: one change in 65,536 is not
 *         found there. The second reader knows when.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/store.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP_HEADER_OCTETS 10u
#define GZIP_TRAILER_OCTETS 8u
#define GZIP_HCRC 0x02u
#define GZIP_EXTRA 0x04u
#define GZIP_NAME 0x08u
#define GZIP_COMMENT 0x10u
#define GZIP_RESERVED 0xE0u
#define COPY_OCTETS_MAX (64u * 1024u * 1024u)
/* Of 2026, whatever the time zone; see object_path(). */
#define RECEIVED 1795168815

/* --- a store of our own --- */

static char *store_path;

static void
remove_store(void)
{
    static const char *const levels[] = {"2026/11/20", "2026/11", "2026", "."};

    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        g_autofree char *path = g_build_filename(store_path, levels[i], NULL);

        rmdir(path);
    }
    rmdir(store_path);
}

/* In memory where there is such a place: every object is synced twice. */
static MugaiStore *
open_store(guint compression)
{
    g_autoptr(GError) error = NULL;
    MugaiConfig config = {.compression = compression};
    MugaiStore *store = NULL;

    if (store_path == NULL) {
        const char *shared = "/dev/shm";
        const char *parent = access(shared, W_OK) == 0 ? shared : g_get_tmp_dir();
        g_autofree char *day = NULL;

        store_path = g_build_filename(parent, "mugai-fuzz-XXXXXX", NULL);
        g_assert_nonnull(g_mkdtemp(store_path));
        day = g_build_filename(store_path, "2026/11/20", NULL);
        g_assert_cmpint(g_mkdir_with_parents(day, 0700), ==, 0);
        atexit(remove_store);
    }
    config.store_path = store_path;
    store = mugai_store_open(&config, &error);
    g_assert_no_error(error);
    return store;
}

static char *
object_path(const MugaiId *id)
{
    g_autofree char *name = g_strconcat(id->text, ".eml.gz", NULL);

    return g_build_filename(store_path, "2026/11/20", name, NULL);
}

/* --- a second reader of gzip --- */

typedef struct {
    GByteArray *file;
    gboolean header;    /* it is whole */
    gsize hcrc;         /* where it stands, 0 without one */
    gsize body;         /* where the deflated octets begin */
    char *name;         /* NULL without one */
    char *comment;      /* likewise */
    gboolean stream;    /* the deflated octets are whole */
    gsize trailer;      /* where they end */
    GByteArray *octets; /* inflated */
} Gzip;

static void
gzip_clear(Gzip *gzip)
{
    g_free(gzip->name);
    g_free(gzip->comment);
    g_byte_array_unref(gzip->file);
    g_byte_array_unref(gzip->octets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gzip, gzip_clear)

static guint
little_endian(const guint8 *octets, gsize count)
{
    guint value = 0;

    for (gsize i = count; i > 0; i--)
        value = value << 8 | octets[i - 1];
    return value;
}

static void
put_little_endian(guint8 *octets, gsize count, guint value)
{
    for (gsize i = 0; i < count; i++)
        octets[i] = (guint8)(value >> (8 * i));
}

/* Goes behind the text that begins at *@at and ends in a NUL. */
static const char *
take_text(const GByteArray *file, gsize *at)
{
    const guint8 *start = file->data + *at;
    const guint8 *end = *at < file->len ? memchr(start, '\0', file->len - *at) : NULL;

    if (end == NULL)
        return NULL;
    *at += (gsize)(end - start) + 1;
    return (const char *)start;
}

/* Finds the parts of the header: FALSE where it is not whole. */
static gboolean
take_header(Gzip *gzip)
{
    const GByteArray *file = gzip->file;
    gsize at = GZIP_HEADER_OCTETS;
    guint flags = 0;

    if (file->len < at || memcmp(file->data, "\x1F\x8B\x08", 3) != 0)
        return FALSE;
    flags = file->data[3];
    if ((flags & GZIP_RESERVED) != 0)
        return FALSE;
    if ((flags & GZIP_EXTRA) != 0) {
        if (file->len - at < 2)
            return FALSE;
        at += 2 + little_endian(file->data + at, 2);
    }
    if ((flags & GZIP_NAME) != 0) {
        gzip->name = g_strdup(take_text(file, &at));
        if (gzip->name == NULL)
            return FALSE;
    }
    if ((flags & GZIP_COMMENT) != 0) {
        gzip->comment = g_strdup(take_text(file, &at));
        if (gzip->comment == NULL)
            return FALSE;
    }
    gzip->hcrc = (flags & GZIP_HCRC) != 0 ? at : 0;
    gzip->body = at + (gzip->hcrc != 0 ? 2 : 0);
    return gzip->body <= file->len;
}

static guint
header_checksum(const Gzip *gzip)
{
    return (guint)crc32(0, gzip->file->data, (uInt)gzip->hcrc) & 0xFFFF;
}

/* Inflates from the end of the header: FALSE unless the deflated octets end. */
static gboolean
take_stream(Gzip *gzip)
{
    z_stream stream = {.next_in = gzip->file->data + gzip->body,
                       .avail_in = (uInt)(gzip->file->len - gzip->body)};
    int status = inflateInit2(&stream, -15);
    guint8 room[4096];

    g_assert_cmpint(status, ==, Z_OK);
    while (status == Z_OK && gzip->octets->len < COPY_OCTETS_MAX) {
        stream.next_out = room;
        stream.avail_out = sizeof room;
        status = inflate(&stream, Z_NO_FLUSH);
        g_byte_array_append(gzip->octets, room, (guint)(sizeof room - stream.avail_out));
    }
    gzip->trailer = gzip->file->len - stream.avail_in;
    inflateEnd(&stream);
    return status == Z_STREAM_END;
}

static void
mend(Gzip *gzip)
{
    GByteArray *octets = gzip->octets;

    if (gzip->hcrc != 0)
        put_little_endian(gzip->file->data + gzip->hcrc, 2, header_checksum(gzip));
    if (!gzip->stream)
        return;
    g_byte_array_set_size(gzip->file, (guint)(gzip->trailer + GZIP_TRAILER_OCTETS));
    put_little_endian(gzip->file->data + gzip->trailer, 4,
                      (guint)crc32(0, octets->data, octets->len));
    put_little_endian(gzip->file->data + gzip->trailer + 4, 4, octets->len);
}

static void
read_gzip(const guint8 *file, gsize length, gboolean mended, Gzip *ret_gzip)
{
    ret_gzip->file = g_byte_array_append(g_byte_array_new(), file, (guint)length);
    ret_gzip->octets = g_byte_array_new();
    ret_gzip->header = take_header(ret_gzip);
    ret_gzip->stream = ret_gzip->header && take_stream(ret_gzip);
    if (mended && ret_gzip->header)
        mend(ret_gzip);
    if (ret_gzip->hcrc != 0 && ret_gzip->header)
        ret_gzip->header =
            little_endian(ret_gzip->file->data + ret_gzip->hcrc, 2) == header_checksum(ret_gzip);
}

/* Whether all of it is whole and nothing follows. */
static gboolean
is_whole(const Gzip *gzip)
{
    const guint8 *trailer = gzip->file->data + gzip->trailer;
    const GByteArray *octets = gzip->octets;

    return gzip->header && gzip->stream && gzip->file->len == gzip->trailer + GZIP_TRAILER_OCTETS &&
           little_endian(trailer, 4) == (guint)crc32(0, octets->data, octets->len) &&
           little_endian(trailer + 4, 4) == octets->len;
}

/* --- what must hold --- */

static void
expect_damaged(const GError *error)
{
    g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static gboolean
is_same_envelope(const MugaiEnvelope *a, const MugaiEnvelope *b)
{
    g_autofree char *first = mugai_envelope_to_json(a);
    g_autofree char *second = mugai_envelope_to_json(b);

    return g_str_equal(first, second);
}

/* The octets of @original; NULL where they are damaged. */
static GBytes *
copy_octets(MugaiOriginal *original)
{
    int fd = memfd_create("copy", MFD_CLOEXEC);
    guint64 size = 0;
    g_autofree char *sha256 = NULL;
    g_autofree char *expected = NULL;
    g_autofree guint8 *octets = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(fd, >=, 0);
    if (!mugai_original_copy(original, fd, &size, &sha256, &error)) {
        expect_damaged(error);
        close(fd);
        return NULL;
    }
    g_assert_no_error(error);
    g_assert_cmpuint((guint64)lseek(fd, 0, SEEK_END), ==, size);
    octets = g_malloc(size + 1);
    g_assert_cmpint(pread(fd, octets, size, 0), ==, (gssize)size);
    close(fd);
    expected = g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets, size);
    g_assert_cmpstr(sha256, ==, expected);
    return g_bytes_new_take(g_steal_pointer(&octets), size);
}

/* The object @id of @store, whose file is @gzip's, as the second reader has it. Returns its octets,
 * NULL where it is damaged. */
static GBytes *
expect_as_second_reader(MugaiStore *store, const MugaiId *id, const Gzip *gzip,
                        MugaiEnvelope **ret_envelope)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, &error);
    g_autoptr(MugaiEnvelope) envelope = NULL;
    g_autoptr(GBytes) octets = NULL;
    g_autofree char *name = g_strconcat(id->text, ".eml", NULL);

    if (gzip->header && gzip->comment != NULL &&
        (gzip->name == NULL || g_str_equal(gzip->name, name)))
        envelope = mugai_envelope_from_json(gzip->comment, -1, NULL);
    g_assert_cmpint(original == NULL, ==, envelope == NULL);
    if (original == NULL) {
        expect_damaged(error);
        return NULL;
    }
    g_assert_true(is_same_envelope(mugai_original_envelope(original), envelope));
    octets = copy_octets(original);
    g_assert_cmpint(octets == NULL, ==, !is_whole(gzip));
    if (octets != NULL)
        g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets),
                        gzip->octets->data, gzip->octets->len);
    if (ret_envelope != NULL)
        *ret_envelope = g_steal_pointer(&envelope);
    return g_steal_pointer(&octets);
}

static void
put_file(const MugaiId *id, const GByteArray *file)
{
    g_autofree char *path = object_path(id);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, file->data, file->len), ==, (gssize)file->len);
    close(fd);
}

static void
remove_file(const MugaiId *id)
{
    g_autofree char *path = object_path(id);

    g_assert_cmpint(unlink(path), ==, 0);
}

static void
read_object(const guint8 *octets, gsize length, gboolean mended)
{
    g_autoptr(MugaiStore) store = open_store(0);
    g_autoptr(GBytes) read = NULL;
    g_auto(Gzip) gzip = {0};

    read_gzip(octets, length, mended, &gzip);
    put_file(fuzz_id(), gzip.file);
    read = expect_as_second_reader(store, fuzz_id(), &gzip, NULL);
    remove_file(fuzz_id());
}

/* --- written by the store --- */

typedef struct {
    gulong level, chunk, place, change;
    MugaiEnvelope *envelope;
    const guint8 *message;
    gsize length;
} Given;

/* The next line of the input as valid UTF-8; NULL at an empty one. */
static char *
take_line(const char **at, const char *end)
{
    const char *line = *at;
    const char *line_end = memchr(line, '\n', (gsize)(end - line));

    if (line_end == NULL)
        line_end = end;
    *at = line_end < end ? line_end + 1 : end;
    if (line_end == line || memchr(line, '\0', (gsize)(line_end - line)) != NULL)
        return NULL;
    return g_utf8_make_valid(line, (gssize)(line_end - line));
}

static void
read_given(const guint8 *octets, gsize length, Given *ret_given)
{
    const char *at = (const char *)octets;
    const char *end = at + length;
    g_autofree char *numbers = take_line(&at, end);
    MugaiEnvelope *envelope = mugai_envelope_new(RECEIVED);
    char **const fields[] = {&envelope->sender, &envelope->client_name, &envelope->client_address,
                             &envelope->helo, &envelope->queue_id};
    char *next = numbers;
    char *line = NULL;

    ret_given->level = next != NULL ? strtoul(next + 1, &next, 10) % 10 : 0;
    ret_given->chunk = next != NULL ? strtoul(next, &next, 10) : 0;
    ret_given->place = next != NULL ? strtoul(next, &next, 10) : 0;
    ret_given->change = next != NULL ? strtoul(next, &next, 10) : 0;
    for (gsize i = 0; (line = take_line(&at, end)) != NULL; i++) {
        if (i < G_N_ELEMENTS(fields)) {
            g_free(*fields[i]);
            *fields[i] = line;
        } else {
            g_ptr_array_add(envelope->recipients, line);
        }
    }
    ret_given->envelope = envelope;
    ret_given->message = (const guint8 *)at;
    ret_given->length = (gsize)(end - at);
}

static MugaiReceipt *
write_object(MugaiStore *store, const Given *given)
{
    g_autoptr(GError) error = NULL;
    MugaiObject *object = mugai_store_begin(store, given->envelope, &error);
    MugaiReceipt *receipt = NULL;

    g_assert_no_error(error);
    for (gsize at = 0, taken = 0; at < given->length; at += taken) {
        taken = MIN(given->chunk % 1000 + 1, given->length - at);
        g_assert_true(mugai_object_append(object, given->message + at, taken, &error));
    }
    receipt = mugai_object_finish(object, &error);
    g_assert_no_error(error);
    return receipt;
}

/* One octet another one, left out, or put in; or the rest cut off. */
static void
change_file(GByteArray *file, const Given *given)
{
    guint place = (guint)(given->place % file->len);
    guint8 other = (guint8)(given->change >> 2);

    switch (given->change % 4) {
    case 0:
        file->data[place] ^= other != 0 ? other : 0xFF;
        break;
    case 1:
        g_byte_array_remove_index(file, place);
        break;
    case 2:
        g_byte_array_append(file, &other, 1);
        memmove(file->data + place + 1, file->data + place, file->len - 1 - place);
        file->data[place] = other;
        break;
    default:
        g_byte_array_set_size(file, place);
        break;
    }
}

static void
expect_written(MugaiStore *store, const MugaiReceipt *receipt, const Given *given, const Gzip *gzip)
{
    g_autoptr(MugaiEnvelope) envelope = NULL;
    g_autoptr(GBytes) octets =
        expect_as_second_reader(store, mugai_receipt_id(receipt), gzip, &envelope);
    g_autofree char *sha256 =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, given->message, given->length);

    g_assert_nonnull(octets);
    g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets), given->message,
                    given->length);
    g_assert_cmpuint(mugai_receipt_size(receipt), ==, given->length);
    g_assert_cmpstr(mugai_receipt_sha256(receipt), ==, sha256);
    g_assert_true(is_same_envelope(envelope, given->envelope));
    g_assert_true(is_same_envelope(mugai_receipt_envelope(receipt), given->envelope));
}

/* The file is another now: what still is read must be what was written. */
static void
expect_no_wrong_octet(MugaiStore *store, const MugaiId *id, const Given *given, Gzip *gzip)
{
    g_auto(Gzip) changed = {0};
    g_autoptr(MugaiEnvelope) envelope = NULL;
    g_autoptr(GBytes) octets = NULL;

    change_file(gzip->file, given);
    read_gzip(gzip->file->data, gzip->file->len, FALSE, &changed);
    put_file(id, changed.file);
    octets = expect_as_second_reader(store, id, &changed, &envelope);
    if (envelope != NULL && !is_same_envelope(envelope, given->envelope))
        g_assert_cmpuint(changed.hcrc, !=, 0); /* it fits by chance */
    if (octets != NULL)
        g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets), given->message,
                        given->length);
}

static void
write_and_read(const guint8 *octets, gsize length)
{
    Given given = {0};
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autofree char *path = NULL;
    g_autofree char *file = NULL;
    gsize file_length = 0;
    g_auto(Gzip) gzip = {0};

    read_given(octets, length, &given);
    store = open_store((guint)given.level);
    receipt = write_object(store, &given);
    path = object_path(mugai_receipt_id(receipt));
    g_assert_true(g_file_get_contents(path, &file, &file_length, NULL));
    read_gzip((const guint8 *)file, file_length, FALSE, &gzip);
    expect_written(store, receipt, &given, &gzip);
    expect_no_wrong_octet(store, mugai_receipt_id(receipt), &given, &gzip);
    remove_file(mugai_receipt_id(receipt));
    mugai_envelope_free(given.envelope);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    if (length == 0)
        return 0;
    if (octets[0] == 'w')
        write_and_read(octets, length);
    else
        read_object(octets + 1, length - 1, octets[0] == 'm');
    return 0;
}
