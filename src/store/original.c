/*
 * original.c - read an original back: its envelope, its octets, and that both are whole
 *
 * Invariants: mugai_original_copy() says yes only after the gzip trailer has confirmed length and
 * checksum of what was written, and nothing follows it.
 * Trust: the octets are hostile and not looked into; the store is ours, but disks are not perfect.
 * Errors: NOT_FOUND, MALFORMED for whatever is not one whole object of ours, SYSTEM.
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

struct MugaiOriginal {
    int file;
    MugaiId id;
    MugaiEnvelope *envelope;
};

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
    g_free(original);
}

const MugaiEnvelope *
mugai_original_envelope(const MugaiOriginal *original)
{
    return original->envelope;
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

/* Starts @stream at the beginning of the object. */
static gboolean
start_inflating(const MugaiOriginal *original, z_stream *stream, GError **error)
{
    if (inflateInit2(stream, GZIP_WINDOW_BITS) != Z_OK)
        g_error("zlib cannot begin a stream");
    return lseek(original->file, 0, SEEK_SET) == 0 || failed(original, "seek", error);
}

/* Gives @stream more input where it has none; none left means that the object was cut. */
static gboolean
refill(const MugaiOriginal *original, z_stream *stream, guint8 buffer[MUGAI_STORE_CHUNK_OCTETS],
       GError **error)
{
    gssize count = 0;

    if (stream->avail_in > 0)
        return TRUE;
    count = TEMP_FAILURE_RETRY(read(original->file, buffer, MUGAI_STORE_CHUNK_OCTETS));
    if (count < 0)
        return failed(original, "read", error);
    if (count == 0)
        return damaged(original, "it ends too early", error);
    stream->next_in = buffer;
    stream->avail_in = (guint)count;
    return TRUE;
}

/* Reads the gzip header: its comment is the envelope. */
static gboolean
read_envelope(MugaiOriginal *original, GError **error)
{
    g_auto(z_stream) stream = {0};
    g_autofree guint8 *buffer = g_malloc(MUGAI_STORE_CHUNK_OCTETS);
    /* Pages not written to cost nothing. */
    g_autofree char *comment = g_malloc(MUGAI_LIMIT_ENVELOPE_OCTETS);
    gz_header header = {.comment = (Bytef *)comment, .comm_max = MUGAI_LIMIT_ENVELOPE_OCTETS};

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
            return damaged(original, "its header is not one of gzip", error);
    }
    if (header.done < 0 || header.comment == NULL ||
        memchr(comment, '\0', MUGAI_LIMIT_ENVELOPE_OCTETS) == NULL)
        return damaged(original, "it has no envelope", error);
    original->envelope = mugai_envelope_from_json(comment, -1, error);
    g_prefix_error(error, "object %s: ", original->id.text);
    return original->envelope != NULL;
}

MugaiOriginal *
mugai_store_read(MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiOriginal) original = g_new0(MugaiOriginal, 1);
    g_autofree char *name = mugai_store_object_name(id);
    int day = mugai_store_open_day(store, id, error);
    int saved_errno = 0;

    original->id = *id;
    original->file = -1;
    if (day < 0)
        return NULL;
    original->file = openat(day, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    saved_errno = errno;
    close(day);
    errno = saved_errno;
    if (original->file < 0 && errno == ENOENT) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "there is no message %s", id->text);
        return NULL;
    }
    if (original->file < 0) {
        failed(original, "open", error);
        return NULL;
    }
    return read_envelope(original, error) ? g_steal_pointer(&original) : NULL;
}

/* What is written and what is known of it so far. */
typedef struct {
    int fd;
    guint64 size;
    MugaiDigest *digest;
} Copy;

static gboolean
write_chunk(const MugaiOriginal *original, Copy *copy, const guint8 *octets, gsize length,
            GError **error)
{
    copy->size += length;
    mugai_digest_update(copy->digest, octets, length);
    return mugai_store_write(copy->fd, octets, length) ||
           failed(original, "write of the copy", error);
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
            return damaged(original, stream->msg != NULL ? stream->msg : "not gzip", error);
        if (!write_chunk(original, copy, out, MUGAI_STORE_CHUNK_OCTETS - stream->avail_out, error))
            return FALSE;
    }
    if (stream->avail_in > 0 || read(original->file, in, 1) != 0)
        return damaged(original, "something follows its end", error);
    return TRUE;
}

gboolean
mugai_original_copy(MugaiOriginal *original, int fd, guint64 *ret_size, char **ret_sha256,
                    GError **error)
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
