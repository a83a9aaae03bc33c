/*
 * object.c - keep an original: all of it, durable and named, or nothing
 *
 *     begin   an unnamed file in the directory of its day, which is durable
 *     append  octets, compressed, digested, and where the configuration names keys, sealed
 *     finish  end of stream, sync the file, link its name, sync the directory: a receipt
 *
 * Invariants: 1. a name in the store is linked once, after the whole file is synced: a process
 *                killed at any moment leaves a whole object or none (I2);
 *             2. a MugaiReceipt is made in mugai_object_finish() alone, after the directory is
 *                synced (I2);
 *             3. an object that failed once fails for ever.
 * Trust: octets and envelope are hostile; neither is looked into.
 * Errors: FULL where there is no room, LIMIT for an envelope beyond all measure, SYSTEM, EXISTS.
 * Limits: whoever may write to the store may change what is in it.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/digest.h>
#include <mugai/limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP 16 /* zlib: so many window bits more mean a gzip header and trailer */
#define GZIP_OS_UNIX 3
/* zlib counts its input in unsigned int. */
#define INPUT_OCTETS_MAX (1024u * 1024u * 1024u)

struct MugaiReceipt {
    MugaiId id;
    guint64 size;
    char *sha256;
    MugaiEnvelope *envelope;
};

struct MugaiObject {
    int day;  /* directory */
    int file; /* without a name */
    gboolean failed;
    MugaiDigest *digest;
    MugaiReceipt *receipt; /* filled as we go; leaves only through finish */
    char *name, *comment;  /* header points to them */
    gz_header header;      /* stream points to it */
    z_stream stream;
    MugaiVaultWriter *vault; /* seals what the stream gives; NULL: it is not sealed */
    guint8 *compressed;      /* MUGAI_STORE_CHUNK_OCTETS of room for what the stream gives */
};

void
mugai_receipt_free(MugaiReceipt *receipt)
{
    if (receipt == NULL)
        return;
    g_free(receipt->sha256);
    mugai_envelope_free(receipt->envelope);
    g_free(receipt);
}

const MugaiId *
mugai_receipt_id(const MugaiReceipt *receipt)
{
    return &receipt->id;
}

guint64
mugai_receipt_size(const MugaiReceipt *receipt)
{
    return receipt->size;
}

const char *
mugai_receipt_sha256(const MugaiReceipt *receipt)
{
    return receipt->sha256;
}

const MugaiEnvelope *
mugai_receipt_envelope(const MugaiReceipt *receipt)
{
    return receipt->envelope;
}

const MugaiId *
mugai_object_id(const MugaiObject *object)
{
    return &object->receipt->id;
}

void
mugai_object_abort(MugaiObject *object)
{
    if (object == NULL)
        return;
    deflateEnd(&object->stream);
    mugai_vault_writer_free(object->vault);
    if (object->file >= 0)
        close(object->file);
    if (object->day >= 0)
        close(object->day);
    mugai_digest_free(object->digest);
    mugai_receipt_free(object->receipt);
    g_free(object->name);
    g_free(object->comment);
    g_free(object->compressed);
    g_free(object);
}

gboolean
mugai_store_write(int fd, const guint8 *octets, gsize length)
{
    while (length > 0) {
        gssize written = TEMP_FAILURE_RETRY(write(fd, octets, length));

        if (written < 0)
            return FALSE;
        octets += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Remembers that @object failed, with errno's reason. */
static gboolean
fail(MugaiObject *object, const char *step, GError **error)
{
    object->failed = TRUE;
    mugai_error_set_errno(error, errno, mugai_store_error_code(errno), "original %s: %s",
                          object->receipt->id.text, step);
    return FALSE;
}

/* --- begin --- */

/* Whether the open directory is still what the path names. If it was moved away or another disk
 * lies over it, nobody would find what is kept in it. */
static gboolean
check_place(MugaiStore *store, GError **error)
{
    struct stat opened;
    struct stat named;

    if (fstat(store->directory, &opened) == 0 && stat(store->path, &named) == 0 &&
        opened.st_dev == named.st_dev && opened.st_ino == named.st_ino)
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                "store %s is gone or another one: put it back, or restart mugaid", store->path);
    return FALSE;
}

static gboolean
check_space(MugaiStore *store, GError **error)
{
    struct statvfs status;

    if (fstatvfs(store->directory, &status) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s: free space",
                              store->path);
        return FALSE;
    }
    if (status.f_bavail * status.f_frsize < store->min_free_octets) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_FULL,
                    "store %s has less free space than the configured minimum of %" G_GUINT64_FORMAT
                    " MiB",
                    store->path, store->min_free_octets / (1024 * 1024));
        return FALSE;
    }
    return TRUE;
}

/* Draws ids until one is free and opens the directory of its day. */
static gboolean
draw_id(MugaiStore *store, MugaiObject *object, GError **error)
{
    MugaiId *id = &object->receipt->id;

    mugai_id_new(object->receipt->envelope->received, id);
    object->day = mugai_store_make_day(store, id, error);
    if (object->day < 0)
        return FALSE;
    while (mugai_store_has_object(object->day, id, NULL))
        mugai_id_new(object->receipt->envelope->received, id);
    return TRUE;
}

static gboolean
open_unnamed(MugaiObject *object, GError **error)
{
    object->file = openat(object->day, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (object->file < 0 && errno == EOPNOTSUPP) {
        g_set_error_literal(
            error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
            "the store's file system has no unnamed files: use ext4, xfs, btrfs or tmpfs");
        return FALSE;
    }
    return object->file >= 0 || fail(object, N_("unnamed file"), error);
}

/* With what zlib needs to look for what it has seen before; without, where it is not to look: it
 * would have to be cleared all the same. Both calls fail only for want of memory, which aborts here
 * as everywhere, or for our own wrong arguments. */
static void
start_stream(MugaiObject *object, int level)
{
    int window_bits = level == 0 ? 9 : 15;
    int memory_level = level == 0 ? 1 : 8;

    if (deflateInit2(&object->stream, level, Z_DEFLATED, window_bits + GZIP, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK ||
        deflateSetHeader(&object->stream, &object->header) != Z_OK)
        g_error("zlib cannot begin a stream");
}

static gboolean
start_compression(MugaiObject *object, int level, GError **error)
{
    object->comment = mugai_envelope_to_json(object->receipt->envelope);
    /* What is kept is also read again. */
    if (strlen(object->comment) >= MUGAI_LIMIT_ENVELOPE_OCTETS ||
        object->receipt->envelope->recipients->len > MUGAI_LIMIT_RECIPIENTS) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                            "the envelope is too long to be kept");
        return FALSE;
    }
    /* Whatever becomes of the file's name, the object says whose original it is. */
    object->name = mugai_store_original_name(&object->receipt->id);
    object->header.name = (Bytef *)object->name;
    object->header.comment = (Bytef *)object->comment;
    object->header.time = (uLong)object->receipt->envelope->received;
    object->header.os = GZIP_OS_UNIX;
    object->header.hcrc = 1; /* a damaged envelope is found out as a damaged message is */
    start_stream(object, level);
    return TRUE;
}

/* From here on the file gets sealed octets alone. */
static gboolean
start_sealing(MugaiStore *store, MugaiObject *object)
{
    if (store->recipients != NULL)
        object->vault = mugai_vault_writer_new(store->recipients, &object->receipt->id,
                                               object->comment, object->file);
    return TRUE;
}

MugaiObject *
mugai_store_begin(MugaiStore *store, const MugaiEnvelope *envelope, GError **error)
{
    g_autoptr(MugaiObject) object = g_new0(MugaiObject, 1);

    object->day = -1;
    object->file = -1;
    object->compressed = g_malloc(MUGAI_STORE_CHUNK_OCTETS);
    object->digest = mugai_digest_new();
    object->receipt = g_new0(MugaiReceipt, 1);
    object->receipt->envelope = mugai_envelope_copy(envelope);
    if (!check_place(store, error) || !check_space(store, error) ||
        !draw_id(store, object, error) || !open_unnamed(object, error) ||
        !start_compression(object, store->compression, error) || !start_sealing(store, object))
        return NULL;
    return g_steal_pointer(&object);
}

/* --- append --- */

/* What zlib has given, to the file. FALSE with errno set. */
static gboolean
put(MugaiObject *object, gsize length)
{
    if (object->vault != NULL)
        return mugai_vault_writer_append(object->vault, object->compressed, length);
    return mugai_store_write(object->file, object->compressed, length);
}

/* Gives the stream's input to zlib and writes what comes out, until zlib wants no more room. */
static gboolean
compress_input(MugaiObject *object, int flush, GError **error)
{
    do {
        int status = Z_OK;

        object->stream.next_out = object->compressed;
        object->stream.avail_out = MUGAI_STORE_CHUNK_OCTETS;
        status = deflate(&object->stream, flush);
        g_assert(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR);
        if (!put(object, MUGAI_STORE_CHUNK_OCTETS - object->stream.avail_out))
            return fail(object, N_("write"), error);
    } while (object->stream.avail_out == 0);
    return TRUE;
}

static gboolean
check_usable(MugaiObject *object, GError **error)
{
    if (object->failed)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                    "original %s: writing it has failed before", object->receipt->id.text);
    return !object->failed;
}

gboolean
mugai_object_append(MugaiObject *object, const void *octets, gsize length, GError **error)
{
    guint8 *at = (guint8 *)(guintptr)octets; /* zlib reads it and has no const */

    if (!check_usable(object, error))
        return FALSE;
    while (length > 0) {
        guint chunk = (guint)MIN(length, INPUT_OCTETS_MAX);

        mugai_digest_update(object->digest, at, chunk);
        object->stream.next_in = at;
        object->stream.avail_in = chunk;
        if (!compress_input(object, Z_NO_FLUSH, error))
            return FALSE;
        object->receipt->size += chunk;
        at += chunk;
        length -= chunk;
    }
    return TRUE;
}

/* --- finish --- */

/* Gives the synced file its name. */
static gboolean
link_name(MugaiObject *object, const char *name, GError **error)
{
    g_autofree char *unnamed = g_strdup_printf("/proc/self/fd/%d", object->file);

    if (linkat(AT_FDCWD, unnamed, object->day, name, AT_SYMLINK_FOLLOW) == 0)
        return TRUE;
    if (errno == EEXIST) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS, "original %s: the id is taken",
                    object->receipt->id.text);
        return FALSE;
    }
    return fail(object, N_("link"), error);
}

static gboolean
end_sealing(MugaiObject *object, GError **error)
{
    return object->vault == NULL ||
           mugai_vault_writer_finish(object->vault, object->receipt->size) ||
           fail(object, N_("write"), error);
}

static gboolean
make_durable(MugaiObject *object, GError **error)
{
    g_autofree char *name = mugai_store_object_name(&object->receipt->id, object->vault != NULL);

    if (TEMP_FAILURE_RETRY(fsync(object->file)) != 0)
        return fail(object, N_("sync"), error);
    if (!link_name(object, name, error))
        return FALSE;
    if (TEMP_FAILURE_RETRY(fsync(object->day)) != 0) {
        fail(object, N_("sync of its directory"), error);
        unlinkat(object->day, name, 0);
        return FALSE;
    }
    return TRUE;
}

MugaiReceipt *
mugai_object_finish(MugaiObject *object, GError **error)
{
    g_autoptr(MugaiObject) owned = object;

    if (!check_usable(owned, error) || !compress_input(owned, Z_FINISH, error) ||
        !end_sealing(owned, error) || !make_durable(owned, error))
        return NULL;
    owned->receipt->sha256 = mugai_digest_finish(owned->digest);
    return g_steal_pointer(&owned->receipt);
}
