/*
 * vault_write.c - seal an original while it comes in
 *
 * Invariants: 1. a data key is random, of one original, and in no place but the boxes when its
 *                writer is freed;
 *             2. what goes to the file has been sealed: nothing of the content is written else.
 * Errors: errno of the file.
 * Limits: the content itself passes through ordinary memory, as it does in whoever received it.
 */
#include "key.h"
#include "vault_private.h"

#include <mugai/digest.h>
#include <mugai/error.h>
#include <mugai/limits.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    guint8 id[MUGAI_VAULT_KEY_ID_OCTETS];
    guint8 public_key[crypto_box_PUBLICKEYBYTES];
} Recipient;

struct MugaiVaultRecipients {
    guint count;
    Recipient recipients[MUGAI_PUBLIC_KEYS_MAX];
};

struct MugaiVaultWriter {
    int fd;
    GByteArray *header; /* until it is written, with the first chunk */
    guint8 stream_header[MUGAI_VAULT_STREAM_OCTETS];
    crypto_secretstream_xchacha20poly1305_state state;
    MugaiDigest *digest;
    gsize filled; /* of @content */
    guint8 content[MUGAI_VAULT_CHUNK_OCTETS];
    guint8 sealed[MUGAI_VAULT_CHUNK_OCTETS + MUGAI_VAULT_MORE_OCTETS];
};

/* --- whom to seal to --- */

/* Whether @public_key is a point that something can be sealed to. */
static gboolean
is_usable(const guint8 public_key[crypto_box_PUBLICKEYBYTES])
{
    guint8 nothing[crypto_box_SEALBYTES];

    return crypto_box_seal(nothing, NULL, 0, public_key) == 0;
}

MugaiVaultRecipients *
mugai_vault_recipients_new(const GPtrArray *public_keys, GError **error)
{
    g_autoptr(MugaiVaultRecipients) recipients = g_new0(MugaiVaultRecipients, 1);

    g_assert(public_keys->len > 0 && public_keys->len <= MUGAI_PUBLIC_KEYS_MAX);
    if (!mugai_seal_start(error))
        return NULL;
    for (guint i = 0; i < public_keys->len; i++) {
        const MugaiPublicKey *key = public_keys->pdata[i];
        Recipient *recipient = &recipients->recipients[recipients->count++];

        if (!is_usable(key->octets)) {
            g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                        "public key %s: nothing can be sealed to it: make a new pair with mugai "
                        "keygen --vault",
                        key->path);
            return NULL;
        }
        memcpy(recipient->public_key, key->octets, sizeof(recipient->public_key));
        mugai_vault_hash_key(key->octets, recipient->id);
    }
    return g_steal_pointer(&recipients);
}

void
mugai_vault_recipients_free(MugaiVaultRecipients *recipients)
{
    g_free(recipients);
}

char *
mugai_vault_recipients_names(const MugaiVaultRecipients *recipients)
{
    MugaiVaultBox boxes[MUGAI_PUBLIC_KEYS_MAX] = {0};

    for (guint i = 0; i < recipients->count; i++)
        sodium_bin2hex(boxes[i].key_id, sizeof(boxes[i].key_id), recipients->recipients[i].id,
                       MUGAI_VAULT_KEY_ID_OCTETS);
    return mugai_vault_box_names(boxes, recipients->count);
}

/* --- the header --- */

static void
append_number(GByteArray *octets, guint32 number)
{
    guint32 big_endian = GUINT32_TO_BE(number);

    g_byte_array_append(octets, (const guint8 *)&big_endian, sizeof(big_endian));
}

static void
append_box(GByteArray *header, const Recipient *recipient, const MugaiVaultDataKey *data_key)
{
    guint8 box[MUGAI_VAULT_BOX_OCTETS];

    /* It fails for keys that nothing can be sealed to, and these are usable. */
    if (crypto_box_seal(box, data_key->octets, sizeof(data_key->octets), recipient->public_key) !=
        0)
        g_error("vault: a key that could be sealed to cannot be any more");
    g_byte_array_append(header, recipient->id, sizeof(recipient->id));
    g_byte_array_append(header, box, sizeof(box));
}

GByteArray *
mugai_vault_boxes_make(const MugaiVaultRecipients *recipients, const MugaiVaultDataKey *data_key)
{
    GByteArray *boxes = g_byte_array_new();

    for (guint i = 0; i < recipients->count; i++)
        append_box(boxes, &recipients->recipients[i], data_key);
    return boxes;
}

static GByteArray *
make_header(const MugaiVaultRecipients *recipients, const MugaiId *id, const char *envelope,
            const MugaiVaultDataKey *data_key)
{
    GByteArray *header = g_byte_array_new();
    g_autoptr(GByteArray) boxes = mugai_vault_boxes_make(recipients, data_key);
    gsize length = strlen(envelope);

    g_assert(length > 0 && length < MUGAI_LIMIT_ENVELOPE_OCTETS);
    g_byte_array_append(header, (const guint8 *)MUGAI_VAULT_MARK, MUGAI_VAULT_MARK_OCTETS);
    g_byte_array_append(header, (const guint8 *)id->text, MUGAI_ID_LENGTH);
    append_number(header, recipients->count);
    append_number(header, (guint32)length);
    g_byte_array_append(header, boxes->data, boxes->len);
    g_byte_array_append(header, (const guint8 *)envelope, (guint)length);
    return header;
}

MugaiVaultWriter *
mugai_vault_writer_new(const MugaiVaultRecipients *recipients, const MugaiId *id,
                       const char *envelope, int fd)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    MugaiVaultWriter *writer = g_new0(MugaiVaultWriter, 1);

    mugai_vault_data_key_make(&data_key);
    crypto_secretstream_xchacha20poly1305_init_push(&writer->state, writer->stream_header,
                                                    data_key.octets);
    writer->fd = fd;
    writer->digest = mugai_digest_new();
    writer->header = make_header(recipients, id, envelope, &data_key);
    return writer;
}

void
mugai_vault_writer_free(MugaiVaultWriter *writer)
{
    if (writer == NULL)
        return;
    g_clear_pointer(&writer->header, g_byte_array_unref);
    mugai_digest_free(writer->digest);
    sodium_memzero(&writer->state, sizeof(writer->state));
    g_free(writer);
}

/* --- writing --- */

static gboolean
put(MugaiVaultWriter *writer, const guint8 *octets, gsize length)
{
    mugai_digest_update(writer->digest, octets, length);
    while (length > 0) {
        ssize_t written = TEMP_FAILURE_RETRY(write(writer->fd, octets, length));

        if (written < 0)
            return FALSE;
        octets += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Seals and writes what is in writer->content; before the first chunk, the header. */
static gboolean
put_chunk(MugaiVaultWriter *writer, guint8 tag)
{
    g_autoptr(GByteArray) header = g_steal_pointer(&writer->header);
    unsigned long long length = 0;

    crypto_secretstream_xchacha20poly1305_push(&writer->state, writer->sealed, &length,
                                               writer->content, writer->filled,
                                               header != NULL ? header->data : NULL,
                                               header != NULL ? header->len : 0, tag);
    writer->filled = 0;
    if (header != NULL && (!put(writer, header->data, header->len) ||
                           !put(writer, writer->stream_header, sizeof(writer->stream_header))))
        return FALSE;
    return put(writer, writer->sealed, length);
}

gboolean
mugai_vault_writer_append(MugaiVaultWriter *writer, const void *octets, gsize length)
{
    const guint8 *from = octets;

    while (length > 0) {
        gsize taken = 0;

        /* A full chunk waits until something follows: the last one is written by the end. */
        if (writer->filled == sizeof(writer->content) &&
            !put_chunk(writer, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE))
            return FALSE;
        taken = MIN(length, sizeof(writer->content) - writer->filled);
        memcpy(writer->content + writer->filled, from, taken);
        writer->filled += taken;
        from += taken;
        length -= taken;
    }
    return TRUE;
}

gboolean
mugai_vault_writer_finish(MugaiVaultWriter *writer, guint64 original_octets)
{
    guint64 size = GUINT64_TO_BE(original_octets);
    g_autofree char *hash = NULL;

    if (!put_chunk(writer, crypto_secretstream_xchacha20poly1305_TAG_FINAL) ||
        !put(writer, (const guint8 *)&size, sizeof(size)))
        return FALSE;
    hash = mugai_digest_finish(writer->digest);
    return put(writer, (const guint8 *)hash, MUGAI_VAULT_HASH_DIGITS);
}
