/*
 * original.c - read an original back: its envelope, its octets, and that both are whole
 *
 * A sealed one is the same gzip, chunk by chunk from the vault, where it was unlocked.
 *
 * Invariants: 1. mugai_original_copy() says yes only after the gzip trailer has confirmed length
 * and checksum of what was written, and nothing follows it;
 *             2. of a sealed one, nothing is inflated that its key has not proved.
 * Trust: the octets are hostile and not looked into; the store is ours, but disks are not perfect.
 * Errors: NOT_FOUND, MALFORMED for whatever is not one whole object of ours, SEALED, SYSTEM.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/digest.h>
#include <mugai/limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP_WINDOW_BITS (15 + 16) /* zlib: 16 more means gzip and nothing else */
/* Of the gzip's file: that of an id, and more than that. */
#define NAME_OCTETS_MAX 128

#define ANOTHER_ID N_("it is the original of another id")

struct MugaiOriginal {
    int file;
    MugaiId id;
    MugaiEnvelope *envelope;
    MugaiVaultReader *vault; /* NULL: it is not sealed */
    GError *locked;          /* why a sealed one is not open; NULL: it is */
};

G_STATIC_ASSERT(MUGAI_STORE_CHUNK_OCTETS == MUGAI_VAULT_CHUNK_OCTETS);

static void
end_inflating(z_stream *stream)
{
    inflateEnd(stream);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(z_stream, end_inflating)

void
mugai_original_free(MugaiOriginal *original)
{
    if (original == NULL)
        return;
    if (original->file >= 0)
        close(original->file);
    mugai_envelope_free(original->envelope);
    mugai_vault_reader_free(original->vault);
    g_clear_error(&original->locked);
    g_free(original);
}

const MugaiEnvelope *
mugai_original_envelope(const MugaiOriginal *original)
{
    return original->envelope;
}

gboolean
mugai_original_is_sealed(const MugaiOriginal *original)
{
    return original->vault != NULL;
}

gboolean
mugai_original_is_open(const MugaiOriginal *original)
{
    return original->locked == NULL;
}

const MugaiVaultBox *
mugai_original_boxes(const MugaiOriginal *original, guint *ret_count)
{
    *ret_count = 0;
    return original->vault != NULL ? mugai_vault_reader_boxes(original->vault, ret_count) : NULL;
}

void
mugai_original_facts_clear(MugaiOriginalFacts *facts)
{
    g_free(facts->sha256);
}

static gboolean
damaged(const MugaiOriginal *original, const char *what, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "object %s is damaged: %s",
                original->id.text, what);
    return FALSE;
}

static gboolean
failed(const MugaiOriginal *original, const char *step, GError **error)
{
    mugai_error_set_errno(error, errno, mugai_store_error_code(errno), "original %s: %s",
                          original->id.text, step);
    return FALSE;
}

/* Says of which object an error of the vault is. */
static void
prefix(const MugaiOriginal *original, GError **error)
{
    if (error != NULL && g_error_matches(*error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED))
        g_prefix_error(error, "object %s is damaged: ", original->id.text);
    else
        g_prefix_error(error, "original %s: ", original->id.text);
}

/* Starts @stream at the beginning of the object. */
static gboolean
start_inflating(const MugaiOriginal *original, z_stream *stream, GError **error)
{
    if (inflateInit2(stream, GZIP_WINDOW_BITS) != Z_OK)
        g_error("zlib cannot begin a stream");
    if (original->vault != NULL) {
        mugai_vault_reader_rewind(original->vault);
        return TRUE;
    }
    return lseek(original->file, 0, SEEK_SET) == 0 || failed(original, N_("seek"), error);
}

/* The next octets of the gzip; 0 at its end, -1 with @error. */
static gssize
read_gzip(const MugaiOriginal *original, guint8 buffer[MUGAI_STORE_CHUNK_OCTETS], GError **error)
{
    gssize count = 0;

    if (original->vault == NULL) {
        count = TEMP_FAILURE_RETRY(read(original->file, buffer, MUGAI_STORE_CHUNK_OCTETS));
        if (count < 0)
            failed(original, N_("read"), error);
        return count;
    }
    count = mugai_vault_reader_read(original->vault, buffer, error);
    if (count < 0)
        prefix(original, error);
    return count;
}

/* Gives @stream more input where it has none; none left means that the object was cut. */
static gboolean
refill(const MugaiOriginal *original, z_stream *stream, guint8 buffer[MUGAI_STORE_CHUNK_OCTETS],
       GError **error)
{
    gssize count = 0;

    if (stream->avail_in > 0)
        return TRUE;
    count = read_gzip(original, buffer, error);
    if (count < 0)
        return FALSE;
    if (count == 0)
        return damaged(original, N_("it ends too early"), error);
    stream->next_in = buffer;
    stream->avail_in = (guint)count;
    return TRUE;
}

/* Whether the gzip header, which has been read, is that of this original, and has an envelope. */
static gboolean
check_header(const MugaiOriginal *original, const gz_header *header, GError **error)
{
    g_autofree char *name = mugai_store_original_name(&original->id);

    if (header->done < 0 || header->comment == NULL ||
        memchr(header->comment, '\0', header->comm_max) == NULL)
        return damaged(original, N_("it has no envelope"), error);
    /* The first versions wrote no name. */
    return header->name == NULL ||
           strncmp((const char *)header->name, name, header->name_max) == 0 ||
           damaged(original, ANOTHER_ID, error);
}

/* Reads the gzip header: its comment is the envelope. */
static gboolean
read_envelope(MugaiOriginal *original, GError **error)
{
    g_auto(z_stream) stream = {0};
    g_autofree guint8 *buffer = g_malloc(MUGAI_STORE_CHUNK_OCTETS);
    /* Pages not written to cost nothing. */
    g_autofree char *comment = g_malloc(MUGAI_LIMIT_ENVELOPE_OCTETS);
    char name[NAME_OCTETS_MAX] = "";
    gz_header header = {.name = (Bytef *)name,
                        .name_max = sizeof name,
                        .comment = (Bytef *)comment,
                        .comm_max = MUGAI_LIMIT_ENVELOPE_OCTETS};

    if (!start_inflating(original, &stream, error))
        return FALSE;
    comment[0] = '\0';
    inflateGetHeader(&stream, &header);
    while (header.done == 0) {
        int status = Z_OK;

        if (!refill(original, &stream, buffer, error))
            return FALSE;
        /* zlib wants an address, though Z_BLOCK ends before any output. */
        stream.next_out = (Bytef *)&status;
        status = inflate(&stream, Z_BLOCK);
        if (status != Z_OK && status != Z_BUF_ERROR)
            return damaged(original, N_("its header is not one of gzip"), error);
    }
    if (!check_header(original, &header, error))
        return FALSE;
    original->envelope = mugai_envelope_from_json(comment, -1, error);
    g_prefix_error(error, "object %s: ", original->id.text);
    return original->envelope != NULL;
}

/* --- sealed --- */

/* Why it is not open, from now on; takes @why over. */
static void
lock(MugaiOriginal *original, GError *why)
{
    g_clear_error(&original->locked);
    original->locked = why;
}

/* Unlocks the original with @key, where it is sealed to it; says why not else. */
static void
use_key(MugaiOriginal *original, const MugaiVaultKey *key)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    g_autoptr(GError) why = NULL;
    guint count = 0;
    const MugaiVaultBox *boxes = mugai_vault_reader_boxes(original->vault, &count);

    if (!mugai_vault_key_unbox(key, boxes, count, &data_key, &why)) {
        prefix(original, &why);
        lock(original, g_steal_pointer(&why));
        return;
    }
    if (!mugai_original_unlock(original, &data_key, &why))
        lock(original, g_steal_pointer(&why));
}

gboolean
mugai_original_unlock(MugaiOriginal *original, const MugaiVaultDataKey *data_key, GError **error)
{
    if (original->vault == NULL)
        return TRUE;
    if (!mugai_vault_reader_unlock(original->vault, data_key, error)) {
        prefix(original, error);
        return FALSE;
    }
    g_clear_error(&original->locked);
    return TRUE;
}

/* What a sealed original says in the clear. */
static gboolean
read_sealed(MugaiOriginal *original, GError **error)
{
    g_autofree char *names = NULL;
    const MugaiVaultBox *boxes = NULL;
    guint count = 0;

    original->vault = mugai_vault_reader_new(original->file, error);
    if (original->vault == NULL) {
        prefix(original, error);
        return FALSE;
    }
    if (!g_str_equal(mugai_vault_reader_id(original->vault), original->id.text))
        return damaged(original, ANOTHER_ID, error);
    original->envelope =
        mugai_envelope_from_json(mugai_vault_reader_envelope(original->vault), -1, error);
    g_prefix_error(error, "object %s: ", original->id.text);
    if (original->envelope == NULL)
        return FALSE;
    boxes = mugai_vault_reader_boxes(original->vault, &count);
    names = mugai_vault_box_names(boxes, count);
    lock(original,
         g_error_new(MUGAI_ERROR, MUGAI_ERROR_SEALED,
                     count == 1 ? N_("original %s is sealed to %s: it takes that private key")
                                : N_("original %s is sealed to %s: it takes one such private key"),
                     original->id.text, names));
    return TRUE;
}

/* --- from outside --- */

/* Opens the file of @id; -1 with @error. */
static int
open_object(MugaiStore *store, const MugaiId *id, gboolean *ret_sealed, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    g_autofree char *name = day >= 0 ? mugai_store_find_object(day, id, ret_sealed, error) : NULL;
    int file = -1;

    if (name != NULL) {
        file = openat(day, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file < 0 && errno == ENOENT)
            g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "there is no message %s",
                        id->text);
        else if (file < 0)
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "original %s: open", id->text);
    }
    if (day >= 0)
        close(day);
    return file;
}

MugaiOriginal *
mugai_store_read(MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiOriginal) original = g_new0(MugaiOriginal, 1);
    gboolean sealed = FALSE;

    original->id = *id;
    original->file = open_object(store, id, &sealed, error);
    if (original->file < 0)
        return NULL;
    if (!sealed)
        return read_envelope(original, error) ? g_steal_pointer(&original) : NULL;
    if (!read_sealed(original, error))
        return NULL;
    if (store->key != NULL)
        use_key(original, store->key);
    return g_steal_pointer(&original);
}

/* What is written and what is known of it so far. */
typedef struct {
    int fd; /* -1: nothing is */
    guint64 size;
    MugaiDigest *digest;
} Copy;

static gboolean
write_chunk(const MugaiOriginal *original, Copy *copy, const guint8 *octets, gsize length,
            GError **error)
{
    copy->size += length;
    mugai_digest_update(copy->digest, octets, length);
    if (copy->fd < 0)
        return TRUE;
    return mugai_store_write(copy->fd, octets, length) ||
           failed(original, N_("write of the copy"), error);
}

/* The gzip is whole: nothing may follow it, and of a sealed one all of the file must be right. */
static gboolean
ends_here(const MugaiOriginal *original, const Copy *copy, const z_stream *stream, guint8 *buffer,
          GError **error)
{
    gssize count = stream->avail_in > 0 ? 1 : read_gzip(original, buffer, error);

    if (count < 0)
        return FALSE;
    if (count > 0)
        return damaged(original, N_("something follows its end"), error);
    return original->vault == NULL ||
           mugai_vault_reader_original_octets(original->vault) == copy->size ||
           damaged(original, N_("its size is not the one that stands at its end"), error);
}

/* The whole stream; zlib compares the trailer's checksum and length. */
static gboolean
inflate_all(const MugaiOriginal *original, Copy *copy, z_stream *stream, GError **error)
{
    g_autofree guint8 *in = g_malloc(MUGAI_STORE_CHUNK_OCTETS);
    g_autofree guint8 *out = g_malloc(MUGAI_STORE_CHUNK_OCTETS);
    int status = Z_OK;

    while (status != Z_STREAM_END) {
        if (!refill(original, stream, in, error))
            return FALSE;
        stream->next_out = out;
        stream->avail_out = MUGAI_STORE_CHUNK_OCTETS;
        status = inflate(stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return damaged(original, stream->msg != NULL ? stream->msg : N_("not gzip"), error);
        if (!write_chunk(original, copy, out, MUGAI_STORE_CHUNK_OCTETS - stream->avail_out, error))
            return FALSE;
    }
    return ends_here(original, copy, stream, in, error);
}

/* All octets to @fd, -1 for nowhere. */
static gboolean
read_all(MugaiOriginal *original, int fd, guint64 *ret_size, char **ret_sha256, GError **error)
{
    g_autoptr(MugaiDigest) digest = mugai_digest_new();
    g_auto(z_stream) stream = {0};
    Copy copy = {.fd = fd, .digest = digest};

    if (!start_inflating(original, &stream, error) || !inflate_all(original, &copy, &stream, error))
        return FALSE;
    if (ret_size != NULL)
        *ret_size = copy.size;
    if (ret_sha256 != NULL)
        *ret_sha256 = mugai_digest_finish(digest);
    return TRUE;
}

gboolean
mugai_original_copy(MugaiOriginal *original, int fd, guint64 *ret_size, char **ret_sha256,
                    GError **error)
{
    if (original->locked == NULL)
        return read_all(original, fd, ret_size, ret_sha256, error);
    g_propagate_error(error, g_error_copy(original->locked));
    return FALSE;
}

gboolean
mugai_original_verify(MugaiOriginal *original, MugaiOriginalFacts *ret_facts, GError **error)
{
    if (original->locked == NULL) {
        ret_facts->open = TRUE;
        return read_all(original, -1, &ret_facts->size, &ret_facts->sha256, error);
    }
    /* The key fits, and yet it does not open. */
    if (!g_error_matches(original->locked, MUGAI_ERROR, MUGAI_ERROR_SEALED)) {
        g_propagate_error(error, g_error_copy(original->locked));
        return FALSE;
    }
    if (!mugai_vault_reader_check(original->vault, error)) {
        prefix(original, error);
        return FALSE;
    }
    ret_facts->open = FALSE;
    ret_facts->size = mugai_vault_reader_original_octets(original->vault);
    ret_facts->sha256 = g_strdup(mugai_vault_reader_sha256(original->vault));
    return TRUE;
}
