/*
 * hold.c - originals that are kept beyond their days: a file beside the object
 *
 * Invariants: 1. a hold is durable before anybody is told;
 *             2. it is set and looked at under the lock of its day's directory, which deleting
 * takes as well: what is held does not go, what goes was not held;
 *             3. what cannot be looked at counts as held.
 * Errors: NOT_FOUND, EXISTS, MALFORMED, FULL, SYSTEM.
 */
#include "retention_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* An entry of the log is not longer. */
#define HOLD_OCTETS_MAX (256u * 1024u)

static char *
hold_name(const MugaiId *id)
{
    return g_strconcat(id->text, MUGAI_STORE_HOLD_SUFFIX, NULL);
}

static gboolean
fail(const MugaiId *id, const char *step, GError **error)
{
    mugai_error_set_errno(error, errno, mugai_store_error_code(errno), "hold of %s: %s", id->text,
                          step);
    return FALSE;
}

int
mugai_hold_lock_day(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);

    if (day < 0 || TEMP_FAILURE_RETRY(flock(day, LOCK_EX)) == 0)
        return day;
    fail(id, "lock", error);
    close(day);
    return -1;
}

gboolean
mugai_hold_check_in(int day, const MugaiId *id)
{
    g_autofree char *name = hold_name(id);

    return faccessat(day, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

gboolean
mugai_hold_check(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    gboolean held =
        day < 0 || !mugai_store_has_object(day, id, error) || mugai_hold_check_in(day, id);

    if (day >= 0)
        close(day);
    return held;
}

/* --- reading --- */

static gboolean
not_held(const MugaiId *id, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "%s is not held", id->text);
    return FALSE;
}

/* The file's text, or NULL with @error. */
static char *
read_file(int day, const MugaiId *id, GError **error)
{
    g_autofree char *name = hold_name(id);
    g_autofree char *text = g_malloc(HOLD_OCTETS_MAX + 1);
    gssize count = -1;
    int file = openat(day, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file < 0 && errno == ENOENT) {
        not_held(id, error);
        return NULL;
    }
    if (file >= 0) {
        count = TEMP_FAILURE_RETRY(read(file, text, HOLD_OCTETS_MAX));
        close(file);
    }
    if (count < 0) {
        fail(id, "read", error);
        return NULL;
    }
    text[count] = '\0';
    return g_steal_pointer(&text);
}

MugaiRecord *
mugai_hold_read(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    g_autofree char *text = day >= 0 ? read_file(day, id, error) : NULL;

    if (day >= 0)
        close(day);
    return text != NULL ? mugai_record_from_json(g_strchomp(text), -1, error) : NULL;
}

/* --- setting and clearing --- */

/* Writes the whole file, synced, without a name yet; -1 with @error. */
static int
write_unnamed(int day, const MugaiId *id, const MugaiRecord *record, GError **error)
{
    g_autofree char *json = mugai_record_to_json(record);
    g_autofree char *line = g_strconcat(json, "\n", NULL);
    struct stat status;
    int file = openat(day, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (file >= 0 && fstat(day, &status) == 0 &&
        (geteuid() == status.st_uid || fchown(file, status.st_uid, status.st_gid) == 0) &&
        mugai_store_write(file, (const guint8 *)line, strlen(line)) &&
        TEMP_FAILURE_RETRY(fsync(file)) == 0)
        return file;
    fail(id, "write", error);
    if (file >= 0)
        close(file);
    return -1;
}

static gboolean
link_hold(int day, int file, const MugaiId *id, GError **error)
{
    g_autofree char *name = hold_name(id);
    g_autofree char *unnamed = g_strdup_printf("/proc/self/fd/%d", file);

    if (linkat(AT_FDCWD, unnamed, day, name, AT_SYMLINK_FOLLOW) == 0)
        return TEMP_FAILURE_RETRY(fsync(day)) == 0 || fail(id, "sync", error);
    if (errno != EEXIST)
        return fail(id, "link", error);
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS, "%s is held already", id->text);
    return FALSE;
}

gboolean
mugai_hold_set(MugaiStore *store, const MugaiId *id, const MugaiRecord *record, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    int file = day >= 0 && mugai_store_has_object(day, id, error)
                   ? write_unnamed(day, id, record, error)
                   : -1;
    gboolean set = file >= 0 && link_hold(day, file, id, error);

    if (file >= 0)
        close(file);
    if (day >= 0)
        close(day);
    return set;
}

gboolean
mugai_hold_clear(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    g_autofree char *name = hold_name(id);
    gboolean cleared = FALSE;

    if (day < 0)
        return FALSE;
    if (unlinkat(day, name, 0) == 0)
        cleared = TEMP_FAILURE_RETRY(fsync(day)) == 0 || fail(id, "sync", error);
    else if (errno == ENOENT)
        not_held(id, error);
    else
        fail(id, "remove", error);
    close(day);
    return cleared;
}
