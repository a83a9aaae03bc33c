/*
 * spool.c - one message as it comes in, on its way to the worker and to the store
 *
 * Octets are collected in a small buffer and go from there to two places at once: the file that the
 * worker will read, and the store's object. The file is a memfd at first; a message beyond
 * MUGAI_LIMIT_SPOOL_MEMORY_OCTETS moves on to a file without a name in the store's directory, where
 * large files have their room anyway. Neither is ever synced, and both are gone with the last
 * process that has them open.
 *
 * Invariants: 1. worker and store get the same octets in the same order;
 *             2. memory is bounded: the buffer and the memfd, whatever the size of the message
 *                (I7);
 *             3. the file never has a name.
 * Trust: every octet is hostile; none is looked at but LF in field values.
 * Errors: SYSTEM; of the object: the store's.
 */
#include "spool.h"

#include <mugai/error.h>
#include <mugai/limits.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

struct MugaiSpool {
    const char *directory;
    MugaiObject *object;
    GString *buffer;
    int fd;         /* -1: nothing has been written yet */
    guint64 octets; /* in @fd */
    gboolean in_memory;
};

MugaiSpool *
mugai_spool_new(const char *directory, MugaiObject *object)
{
    MugaiSpool *spool = g_new0(MugaiSpool, 1);

    spool->directory = directory;
    spool->object = object;
    spool->buffer = g_string_sized_new(MUGAI_LIMIT_SPOOL_BUFFER_OCTETS);
    spool->fd = -1;
    return spool;
}

void
mugai_spool_free(MugaiSpool *spool)
{
    if (spool == NULL)
        return;
    if (spool->fd >= 0)
        close(spool->fd);
    g_string_free(spool->buffer, TRUE);
    g_free(spool);
}

static gboolean
fail(GError **error, const char *what)
{
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "spool: cannot %s", what);
    return FALSE;
}

static gboolean
open_memory(MugaiSpool *spool, GError **error)
{
    spool->fd = memfd_create("message", MFD_CLOEXEC);
    spool->in_memory = TRUE;
    return spool->fd >= 0 || fail(error, "get memory for the message");
}

/* All that @from holds, from its beginning, to @to. */
static gboolean
copy_file(int from, int to, guint64 octets, GError **error)
{
    off_t offset = 0;

    while ((guint64)offset < octets) {
        ssize_t copied = sendfile(to, from, &offset, (size_t)(octets - (guint64)offset));

        if (copied <= 0)
            return fail(error, "move the message out of memory");
    }
    return TRUE;
}

static gboolean
move_to_disk(MugaiSpool *spool, GError **error)
{
    int fd = open(spool->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail(error, "make a file without a name in the store's directory");
    if (!copy_file(spool->fd, fd, spool->octets, error)) {
        close(fd);
        return FALSE;
    }
    close(spool->fd);
    spool->fd = fd;
    spool->in_memory = FALSE;
    return TRUE;
}

static gboolean
write_file(MugaiSpool *spool, const char *octets, gsize length, GError **error)
{
    if (spool->fd < 0 && !open_memory(spool, error))
        return FALSE;
    if (spool->in_memory && spool->octets + length > MUGAI_LIMIT_SPOOL_MEMORY_OCTETS &&
        !move_to_disk(spool, error))
        return FALSE;
    spool->octets += length;
    while (length > 0) {
        ssize_t written = write(spool->fd, octets, length);

        if (written < 0 && errno != EINTR)
            return fail(error, "write the message");
        octets += MAX(written, 0);
        length -= (gsize)MAX(written, 0);
    }
    return TRUE;
}

static gboolean
flush(MugaiSpool *spool, GError **error)
{
    gsize length = spool->buffer->len;

    if (!write_file(spool, spool->buffer->str, length, error) ||
        !mugai_object_append(spool->object, spool->buffer->str, length, error))
        return FALSE;
    g_string_truncate(spool->buffer, 0);
    return TRUE;
}

gboolean
mugai_spool_append(MugaiSpool *spool, const void *octets, gsize length, GError **error)
{
    const char *from = octets;

    while (length > 0) {
        gsize room = MUGAI_LIMIT_SPOOL_BUFFER_OCTETS - spool->buffer->len;
        gsize taken = MIN(room, length);

        g_string_append_len(spool->buffer, from, (gssize)taken);
        from += taken;
        length -= taken;
        if (taken == room && !flush(spool, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
append_value(MugaiSpool *spool, const char *value, GError **error)
{
    const char *line = value;

    for (const char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        gboolean has_cr = end > value && end[-1] == '\r';

        if (!mugai_spool_append(spool, line, (gsize)(end - line), error) ||
            !mugai_spool_append(spool, has_cr ? "\n" : "\r\n", has_cr ? 1 : 2, error))
            return FALSE;
        line = end + 1;
    }
    return mugai_spool_append(spool, line, strlen(line), error);
}

gboolean
mugai_spool_append_field(MugaiSpool *spool, const char *name, const char *value, GError **error)
{
    return mugai_spool_append(spool, name, strlen(name), error) &&
           mugai_spool_append(spool, ":", 1, error) && append_value(spool, value, error) &&
           mugai_spool_append(spool, "\r\n", 2, error);
}

int
mugai_spool_finish(MugaiSpool *spool, GError **error)
{
    return flush(spool, error) ? spool->fd : -1;
}

guint64
mugai_spool_octets(const MugaiSpool *spool)
{
    return spool->octets;
}
