/*
 * beside.c - small files beside an object, of one line: what somebody ordered for it
 *
 * Invariants: 1. such a file is whole or not there: it is written and synced before it has a name;
 *             2. none is without its object; the caller holds the lock of the day, which deleting
 *                takes as well.
 * Errors: NOT_FOUND, EXISTS, FULL, SYSTEM.
 */
#include "beside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An entry of the log is not longer. */
#define LINE_OCTETS_MAX (256u * 1024u)

static char *
name_of(const MugaiId *id, const char *suffix)
{
    return g_strconcat(id->text, suffix, NULL);
}

static gboolean
fail(const MugaiId *id, const char *suffix, const char *step, GError **error)
{
    MugaiErrorCode code = errno == ENOENT   ? MUGAI_ERROR_NOT_FOUND
                          : errno == EEXIST ? MUGAI_ERROR_EXISTS
                                            : mugai_store_error_code(errno);

    mugai_error_set_errno(error, errno, code, "%s%s: %s", id->text, suffix, step);
    return FALSE;
}

char *
mugai_beside_read(int day, const MugaiId *id, const char *suffix, GError **error)
{
    g_autofree char *name = name_of(id, suffix);
    g_autofree char *text = g_malloc(LINE_OCTETS_MAX + 1);
    gssize count = -1;
    int file = openat(day, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file >= 0) {
        count = TEMP_FAILURE_RETRY(read(file, text, LINE_OCTETS_MAX));
        close(file);
    }
    if (count < 0) {
        fail(id, suffix, N_("read"), error);
        return NULL;
    }
    text[count] = '\0';
    return g_strdup(g_strchomp(text));
}

/* Writes the whole file, synced, without a name yet; -1 with @error. */
static int
write_unnamed(int day, const MugaiId *id, const char *suffix, const char *line, GError **error)
{
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    struct stat status;
    int file = openat(day, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (file >= 0 && fstat(day, &status) == 0 &&
        (geteuid() == status.st_uid || fchown(file, status.st_uid, status.st_gid) == 0) &&
        mugai_store_write(file, (const guint8 *)text, strlen(text)) &&
        TEMP_FAILURE_RETRY(fsync(file)) == 0)
        return file;
    fail(id, suffix, N_("write"), error);
    if (file >= 0)
        close(file);
    return -1;
}

gboolean
mugai_beside_make(int day, const MugaiId *id, const char *suffix, const char *line, GError **error)
{
    g_autofree char *name = name_of(id, suffix);
    g_autofree char *unnamed = NULL;
    gboolean made = FALSE;
    int file =
        mugai_store_has_object(day, id, error) ? write_unnamed(day, id, suffix, line, error) : -1;

    if (file < 0)
        return FALSE;
    unnamed = g_strdup_printf("/proc/self/fd/%d", file);
    if (linkat(AT_FDCWD, unnamed, day, name, AT_SYMLINK_FOLLOW) != 0)
        fail(id, suffix, N_("link"), error);
    else
        made = TEMP_FAILURE_RETRY(fsync(day)) == 0 || fail(id, suffix, N_("sync"), error);
    close(file);
    return made;
}

gboolean
mugai_beside_remove(int day, const MugaiId *id, const char *suffix, GError **error)
{
    g_autofree char *name = name_of(id, suffix);

    if (unlinkat(day, name, 0) != 0)
        return fail(id, suffix, N_("remove"), error);
    return TEMP_FAILURE_RETRY(fsync(day)) == 0 || fail(id, suffix, N_("sync"), error);
}
