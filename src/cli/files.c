/*
 * files.c - files as the command line meets them: whatever is given in, made only what is not there
 * out
 *
 * Limits: an input without end, as /dev/urandom is one, is read up to INPUT_OCTETS_MAX; a regular
 * file is not bounded here.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/digest.h>
#include <sys/stat.h>
#include <sysexits.h>

#define CHUNK_OCTETS (64u * 1024u)
/* More than any mail system carries. */
#define INPUT_OCTETS_MAX (256u * 1024 * 1024)

gboolean
mugai_cli_write(int fd, const void *octets, gsize length)
{
    const guint8 *at = octets;

    while (length > 0) {
        gssize written = TEMP_FAILURE_RETRY(write(fd, at, length));

        if (written < 0)
            return FALSE;
        at += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Up to INPUT_OCTETS_MAX octets; what follows is left. */
static gboolean
copy_bounded(int from, int to, const char *name, GError **error)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK_OCTETS);
    guint64 total = 0;

    while (total < INPUT_OCTETS_MAX) {
        gssize count = TEMP_FAILURE_RETRY(read(from, buffer, CHUNK_OCTETS));

        if (count == 0)
            return TRUE;
        if (count < 0)
            return mugai_cli_fail(error, EX_NOINPUT, "%s", name);
        if (!mugai_cli_write(to, buffer, (gsize)count))
            return mugai_cli_fail(error, EX_OSERR, _("copy of %s"), name);
        total += (guint64)count;
    }
    mugai_cli_complain(_("%s: only the first %" PRIu64 " octets are read"), name, total);
    return TRUE;
}

int
mugai_cli_open_input(const char *path, GError **error)
{
    gboolean standard = g_str_equal(path, "-");
    g_auto(MugaiFd) input = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    g_auto(MugaiFd) copy = -1;
    struct stat status;

    if (input < 0 || fstat(input, &status) != 0) {
        mugai_cli_fail(error, EX_NOINPUT, "%s", standard ? _("standard input") : path);
        return -1;
    }
    if (S_ISREG(status.st_mode) && !standard)
        return mugai_fd_steal(&input);
    copy = mugai_desk_open_unnamed(error);
    if (copy < 0 || !copy_bounded(input, copy, standard ? _("standard input") : path, error))
        return -1;
    return mugai_fd_steal(&copy);
}

int
mugai_cli_create(const char *path, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0 && errno == EEXIST)
        g_set_error(error, MUGAI_CLI_ERROR, EX_CANTCREAT,
                    _("%s is there already and is not overwritten"), path);
    else if (fd < 0)
        mugai_cli_fail(error, EX_CANTCREAT, "%s", path);
    return fd;
}

/* Calls @use with all of the file @fd, chunk by chunk, wherever its position is. */
typedef gboolean (*ChunkUse)(const guint8 *octets, gsize length, gpointer data);

static gboolean
for_each_chunk(int fd, ChunkUse use, gpointer data)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK_OCTETS);
    off_t at = 0;
    gssize count = 0;

    while ((count = TEMP_FAILURE_RETRY(pread(fd, buffer, CHUNK_OCTETS, at))) > 0) {
        if (!use(buffer, (gsize)count, data))
            return FALSE;
        at += count;
    }
    return count == 0;
}

static gboolean
write_chunk(const guint8 *octets, gsize length, gpointer data)
{
    return mugai_cli_write(*(const int *)data, octets, length);
}

gboolean
mugai_cli_copy(int from, int to, const char *name, GError **error)
{
    return for_each_chunk(from, write_chunk, &to) || mugai_cli_fail(error, EX_IOERR, "%s", name);
}

typedef struct {
    MugaiDigest *checksum;
    guint64 size;
} Digest;

static gboolean
digest_chunk(const guint8 *octets, gsize length, gpointer data)
{
    Digest *digest = data;

    mugai_digest_update(digest->checksum, octets, length);
    digest->size += length;
    return TRUE;
}

gboolean
mugai_cli_digest(int fd, guint64 *ret_size, char **ret_sha256, GError **error)
{
    g_autoptr(MugaiDigest) checksum = mugai_digest_new();
    Digest digest = {.checksum = checksum};

    if (!for_each_chunk(fd, digest_chunk, &digest))
        return mugai_cli_fail(error, EX_NOINPUT, _("input"));
    *ret_size = digest.size;
    *ret_sha256 = mugai_digest_finish(checksum);
    return TRUE;
}
