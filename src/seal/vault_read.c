/*
 * vault_read.c - read a sealed original: what stands in the clear, whether it is whole, and with
 * its data key the content
 *
 * Invariants: 1. content is given out only chunk by chunk as each was authenticated, and the end is
 *                said only where the last one was the last one that was written, and the file's
 *                SHA-256 is right;
 *             2. no length is believed before it was compared with that of the file.
 * Trust: the file is hostile until it is unlocked: somebody may have written one of his own.
 * Errors: MALFORMED, SEALED, SYSTEM.
 */
#include "key.h"
#include "vault_private.h"

#include <mugai/digest.h>
#include <mugai/error.h>
#include <mugai/limits.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALED_CHUNK_OCTETS (MUGAI_VAULT_CHUNK_OCTETS + MUGAI_VAULT_MORE_OCTETS)

struct MugaiVaultReader {
    int fd;
    guint64 file_octets;
    GByteArray *header; /* up to the stream header: the additional data */
    guint8 stream_header[MUGAI_VAULT_STREAM_OCTETS];
    guint64 original_octets;
    char hash[MUGAI_VAULT_HASH_DIGITS + 1]; /* as the file says */
    char id[MUGAI_ID_LENGTH + 1];
    char *envelope;
    guint n_boxes;
    MugaiVaultBox boxes[MUGAI_PUBLIC_KEYS_MAX];
    /* unlocked */
    gboolean unlocked;
    MugaiVaultDataKey data_key;
    crypto_secretstream_xchacha20poly1305_state state;
    MugaiDigest *digest; /* of all octets read so far */
    guint64 at;          /* next octet of the file */
    guint8 sealed[SEALED_CHUNK_OCTETS];
};

void
mugai_vault_reader_free(MugaiVaultReader *reader)
{
    if (reader == NULL)
        return;
    g_clear_pointer(&reader->header, g_byte_array_unref);
    g_clear_pointer(&reader->digest, mugai_digest_free);
    g_free(reader->envelope);
    mugai_vault_data_key_clear(&reader->data_key);
    sodium_memzero(&reader->state, sizeof(reader->state));
    g_free(reader);
}

const char *
mugai_vault_reader_id(const MugaiVaultReader *reader)
{
    return reader->id;
}

const char *
mugai_vault_reader_envelope(const MugaiVaultReader *reader)
{
    return reader->envelope;
}

guint64
mugai_vault_reader_original_octets(const MugaiVaultReader *reader)
{
    return reader->original_octets;
}

const char *
mugai_vault_reader_sha256(const MugaiVaultReader *reader)
{
    return reader->hash;
}

const MugaiVaultBox *
mugai_vault_reader_boxes(const MugaiVaultReader *reader, guint *ret_count)
{
    *ret_count = reader->n_boxes;
    return reader->boxes;
}

gboolean
mugai_vault_reader_is_unlocked(const MugaiVaultReader *reader)
{
    return reader->unlocked;
}

static gboolean
damaged(GError **error, const char *what)
{
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, what);
    return FALSE;
}

/* Exactly @length octets from @at on. */
static gboolean
read_at(const MugaiVaultReader *reader, guint64 at, guint8 *ret_octets, gsize length,
        GError **error)
{
    while (length > 0) {
        ssize_t got = TEMP_FAILURE_RETRY(pread(reader->fd, ret_octets, length, (off_t)at));

        if (got < 0) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "read");
            return FALSE;
        }
        if (got == 0)
            return damaged(error, N_("it ends too early"));
        ret_octets += got;
        at += (guint64)got;
        length -= (gsize)got;
    }
    return TRUE;
}

/* --- what stands in the clear --- */

static guint32
number_at(const guint8 *octets)
{
    return (guint32)octets[0] << 24 | (guint32)octets[1] << 16 | (guint32)octets[2] << 8 |
           (guint32)octets[3];
}

/* Where the chunks end. */
static guint64
chunks_end(const MugaiVaultReader *reader)
{
    return reader->file_octets - MUGAI_VAULT_TRAILER_OCTETS;
}

/* The fixed part says how long the rest of the header is. */
static gboolean
read_fixed(MugaiVaultReader *reader, gsize *ret_length, GError **error)
{
    guint8 fixed[MUGAI_VAULT_FIXED_OCTETS];
    guint32 envelope = 0;

    if (!read_at(reader, 0, fixed, sizeof(fixed), error))
        return FALSE;
    if (memcmp(fixed, MUGAI_VAULT_MARK, MUGAI_VAULT_MARK_OCTETS) != 0)
        return damaged(error, N_("it does not begin as a sealed original"));
    memcpy(reader->id, fixed + MUGAI_VAULT_MARK_OCTETS, MUGAI_ID_LENGTH);
    reader->n_boxes = number_at(fixed + sizeof(fixed) - 8);
    envelope = number_at(fixed + sizeof(fixed) - 4);
    if (reader->n_boxes < 1 || reader->n_boxes > MUGAI_PUBLIC_KEYS_MAX)
        return damaged(error, N_("it is sealed to no keys, or to too many"));
    if (envelope < 1 || envelope >= MUGAI_LIMIT_ENVELOPE_OCTETS)
        return damaged(error, N_("it has no envelope, or too long a one"));
    *ret_length = sizeof(fixed) + reader->n_boxes * MUGAI_VAULT_RECIPIENT_OCTETS + envelope;
    if (reader->file_octets < *ret_length + MUGAI_VAULT_STREAM_OCTETS + MUGAI_VAULT_MORE_OCTETS +
                                  MUGAI_VAULT_TRAILER_OCTETS)
        return damaged(error, N_("it ends too early"));
    return TRUE;
}

static gboolean
read_header(MugaiVaultReader *reader, gsize length, GError **error)
{
    const guint8 *at = NULL;

    reader->header = g_byte_array_sized_new((guint)length);
    g_byte_array_set_size(reader->header, (guint)length);
    if (!read_at(reader, 0, reader->header->data, length, error) ||
        !read_at(reader, length, reader->stream_header, sizeof(reader->stream_header), error))
        return FALSE;
    at = reader->header->data + MUGAI_VAULT_FIXED_OCTETS;
    mugai_vault_boxes_read(at, reader->n_boxes * MUGAI_VAULT_RECIPIENT_OCTETS, reader->boxes,
                           &reader->n_boxes);
    at += reader->n_boxes * MUGAI_VAULT_RECIPIENT_OCTETS;
    length -= (gsize)(at - reader->header->data);
    if (memchr(at, '\0', length) != NULL)
        return damaged(error, N_("its envelope is no text"));
    reader->envelope = g_strndup((const char *)at, length);
    return TRUE;
}

static gboolean
read_trailer(MugaiVaultReader *reader, GError **error)
{
    guint8 trailer[MUGAI_VAULT_TRAILER_OCTETS];

    if (!read_at(reader, chunks_end(reader), trailer, sizeof(trailer), error))
        return FALSE;
    reader->original_octets = (guint64)number_at(trailer) << 32 | number_at(trailer + 4);
    memcpy(reader->hash, trailer + MUGAI_VAULT_SIZE_OCTETS, MUGAI_VAULT_HASH_DIGITS);
    return TRUE;
}

MugaiVaultReader *
mugai_vault_reader_new(int fd, GError **error)
{
    g_autoptr(MugaiVaultReader) reader = g_new0(MugaiVaultReader, 1);
    struct stat status;
    gsize length = 0;

    if (!mugai_seal_start(error))
        return NULL;
    if (fstat(fd, &status) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "look");
        return NULL;
    }
    reader->fd = fd;
    reader->file_octets = (guint64)status.st_size;
    return read_fixed(reader, &length, error) && read_header(reader, length, error) &&
                   read_trailer(reader, error)
               ? g_steal_pointer(&reader)
               : NULL;
}

/* --- without a key --- */

static gboolean
has_hash(const MugaiVaultReader *reader, const char *hash, GError **error)
{
    return g_str_equal(hash, reader->hash) ||
           damaged(error, N_("it does not have the SHA-256 that stands at its end"));
}

gboolean
mugai_vault_reader_check(const MugaiVaultReader *reader, GError **error)
{
    g_autoptr(MugaiDigest) digest = mugai_digest_new();
    g_autofree guint8 *buffer = g_malloc(MUGAI_VAULT_CHUNK_OCTETS);
    g_autofree char *hash = NULL;
    guint64 end = reader->file_octets - MUGAI_VAULT_HASH_DIGITS;

    for (guint64 at = 0; at < end; at += MUGAI_VAULT_CHUNK_OCTETS) {
        gsize length = (gsize)MIN(MUGAI_VAULT_CHUNK_OCTETS, end - at);

        if (!read_at(reader, at, buffer, length, error))
            return FALSE;
        mugai_digest_update(digest, buffer, length);
    }
    hash = mugai_digest_finish(digest);
    return has_hash(reader, hash, error);
}

/* --- with the data key --- */

void
mugai_vault_reader_rewind(MugaiVaultReader *reader)
{
    g_clear_pointer(&reader->digest, mugai_digest_free);
    reader->digest = mugai_digest_new();
    mugai_digest_update(reader->digest, reader->header->data, reader->header->len);
    mugai_digest_update(reader->digest, reader->stream_header, sizeof(reader->stream_header));
    reader->at = reader->header->len + sizeof(reader->stream_header);
    crypto_secretstream_xchacha20poly1305_init_pull(&reader->state, reader->stream_header,
                                                    reader->data_key.octets);
}

/* Whether the whole file has the SHA-256 that stands at its end; all chunks were read. */
static gboolean
check_end(MugaiVaultReader *reader, GError **error)
{
    guint64 size = GUINT64_TO_BE(reader->original_octets);
    g_autofree char *hash = NULL;

    mugai_digest_update(reader->digest, &size, sizeof(size));
    hash = mugai_digest_finish(reader->digest);
    return has_hash(reader, hash, error);
}

/* The next @length octets of the file, one chunk. */
static gboolean
read_chunk(MugaiVaultReader *reader, gsize length, guint8 *ret_content,
           unsigned long long *ret_octets, GError **error)
{
    gboolean first = reader->at == reader->header->len + sizeof(reader->stream_header);
    guint8 wanted = reader->at + length == chunks_end(reader)
                        ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                        : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    guint8 tag = 0;

    if (!read_at(reader, reader->at, reader->sealed, length, error))
        return FALSE;
    mugai_digest_update(reader->digest, reader->sealed, length);
    reader->at += length;
    return (crypto_secretstream_xchacha20poly1305_pull(&reader->state, ret_content, ret_octets,
                                                       &tag, reader->sealed, length,
                                                       first ? reader->header->data : NULL,
                                                       first ? reader->header->len : 0) == 0 &&
            tag == wanted) ||
           damaged(error, N_("it is not what was sealed"));
}

gssize
mugai_vault_reader_read(MugaiVaultReader *reader, guint8 ret_content[MUGAI_VAULT_CHUNK_OCTETS],
                        GError **error)
{
    gsize length = (gsize)MIN(SEALED_CHUNK_OCTETS, chunks_end(reader) - reader->at);
    unsigned long long got = 0;

    g_assert(reader->unlocked);
    if (length > 0 && !read_chunk(reader, length, ret_content, &got, error))
        return -1;
    if (got == 0)
        return check_end(reader, error) ? 0 : -1;
    return (gssize)got;
}

gboolean
mugai_vault_reader_unlock(MugaiVaultReader *reader, const MugaiVaultDataKey *data_key,
                          GError **error)
{
    g_autofree guint8 *content = g_malloc(MUGAI_VAULT_CHUNK_OCTETS);
    gssize got = 0;

    reader->data_key = *data_key;
    reader->unlocked = TRUE;
    mugai_vault_reader_rewind(reader);
    got = mugai_vault_reader_read(reader, content, NULL);
    sodium_memzero(content, MUGAI_VAULT_CHUNK_OCTETS);
    mugai_vault_reader_rewind(reader);
    if (got >= 0)
        return TRUE;
    mugai_vault_data_key_clear(&reader->data_key);
    reader->unlocked = FALSE;
    /* Damaged, or is it the key? */
    if (mugai_vault_reader_check(reader, error))
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SEALED,
                            "this is not its data key, or somebody has changed it");
    return FALSE;
}
