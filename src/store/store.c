/*
 * store.c - the quarantine's directories: <store>/YYYY/MM/DD, owner-only, made durable before
 * anything is named in them
 *
 * Invariants: 1. every directory is reached from the store's descriptor, one name at a time, never
 *                through a symbolic link;
 *             2. mugai_store_make_day() returns only directories whose own names are synced,
 *                whoever made them (I2).
 * Trust: the store belongs to one user and nobody else can write there.
 * Errors: SYSTEM, FULL, NOT_FOUND.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LEVELS 3 /* year, month, day */

const char *const mugai_store_beside_suffixes[] = {MUGAI_STORE_HOLD_SUFFIX,
                                                   MUGAI_STORE_RELEASED_SUFFIX,
                                                   MUGAI_STORE_REQUEST_SUFFIX, NULL};

/* --- opening --- */

/* Whether the open directory is one that nobody else can look into or write to. */
static gboolean
check_owner_only(int directory, const char *path, GError **error)
{
    struct stat status;

    if (fstat(directory, &status) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s", path);
        return FALSE;
    }
    if (status.st_uid != geteuid() && geteuid() != 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                    "store %s belongs to another user: run this as its owner or as root", path);
        return FALSE;
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                    "store %s is open to other users: run chmod 700 on it", path);
        return FALSE;
    }
    return TRUE;
}

MugaiStore *
mugai_store_open(const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiStore) store = g_new0(MugaiStore, 1);

    store->directory = -1;
    store->path = g_strdup(config->store_path);
    store->min_free_octets = config->min_free_mib * 1024 * 1024;
    store->compression = (int)config->compression;
    store->directory = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s cannot be opened",
                              store->path);
        return NULL;
    }
    if (!check_owner_only(store->directory, store->path, error))
        return NULL;
    if (config->seal_to != NULL) {
        store->recipients = mugai_vault_recipients_new(config->seal_to, error);
        if (store->recipients == NULL)
            return NULL;
        store->sealed_to = mugai_vault_recipients_names(store->recipients);
        store->seals_index = config->seal_index;
    }
    return g_steal_pointer(&store);
}

gboolean
mugai_store_space(const MugaiStore *store, guint64 *ret_free, guint64 *ret_minimum)
{
    struct statvfs status;

    if (fstatvfs(store->directory, &status) != 0)
        return FALSE;
    *ret_free = (guint64)status.f_bavail * status.f_frsize;
    *ret_minimum = store->min_free_octets;
    return TRUE;
}

const char *
mugai_store_sealed_to(const MugaiStore *store)
{
    return store->sealed_to;
}

void
mugai_store_use_key(MugaiStore *store, const MugaiVaultKey *key)
{
    store->key = key;
}

void
mugai_store_free(MugaiStore *store)
{
    if (store == NULL)
        return;
    if (store->directory >= 0)
        close(store->directory);
    g_clear_pointer(&store->recipients, mugai_vault_recipients_free);
    g_free(store->sealed_to);
    g_free(store->path);
    g_free(store);
}

MugaiErrorCode
mugai_store_error_code(int saved_errno)
{
    return saved_errno == ENOSPC || saved_errno == EDQUOT ? MUGAI_ERROR_FULL : MUGAI_ERROR_SYSTEM;
}

/* --- the directory of a day --- */

typedef char DayLevels[LEVELS][5]; /* "YYYY", "MM", "DD" */

static void
split_day(const MugaiId *id, DayLevels ret_levels)
{
    g_strlcpy(ret_levels[0], id->text, 5);
    g_strlcpy(ret_levels[1], id->text + 4, 3);
    g_strlcpy(ret_levels[2], id->text + 6, 3);
}

gint
mugai_store_day_number(const MugaiId *id)
{
    char digits[9];

    g_strlcpy(digits, id->text, sizeof digits);
    return (gint)g_ascii_strtoll(digits, NULL, 10);
}

/* --- the object of an id --- */

char *
mugai_store_object_name(const MugaiId *id, gboolean sealed)
{
    return g_strconcat(id->text, sealed ? MUGAI_STORE_SEALED_SUFFIX : MUGAI_STORE_SUFFIX, NULL);
}

char *
mugai_store_original_name(const MugaiId *id)
{
    return g_strconcat(id->text, ".eml", NULL);
}

char *
mugai_store_find_object(int day, const MugaiId *id, gboolean *ret_sealed, GError **error)
{
    for (gboolean sealed = FALSE; sealed <= TRUE; sealed++) {
        g_autofree char *name = mugai_store_object_name(id, sealed);

        if (faccessat(day, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
            *ret_sealed = sealed;
            return g_steal_pointer(&name);
        }
        if (errno != ENOENT) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the object of %s", id->text);
            return NULL;
        }
    }
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "there is no message %s", id->text);
    return NULL;
}

gboolean
mugai_store_has_object(int day, const MugaiId *id, GError **error)
{
    gboolean sealed = FALSE;
    g_autofree char *name = mugai_store_find_object(day, id, &sealed, error);

    return name != NULL;
}

gboolean
mugai_store_unlink_object(int day, const MugaiId *id)
{
    g_autofree char *plain = mugai_store_object_name(id, FALSE);
    g_autofree char *sealed = mugai_store_object_name(id, TRUE);

    return (unlinkat(day, plain, 0) == 0 || errno == ENOENT) &&
           (unlinkat(day, sealed, 0) == 0 || errno == ENOENT);
}

gboolean
mugai_store_has(MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(GError) local = NULL;
    int day = mugai_store_open_day(store, id, &local);
    gboolean found = day >= 0 && mugai_store_has_object(day, id, &local);

    if (day >= 0)
        close(day);
    if (!found && !g_error_matches(local, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        g_propagate_error(error, g_steal_pointer(&local));
    return found;
}

/* --- the levels --- */

/* Opens @name in @parent; with @make, makes it first where it is missing and syncs @parent if
 * @sync, or if it was made. */
static int
open_level(int parent, const char *name, gboolean make, gboolean sync)
{
    int level = openat(parent, name, MUGAI_STORE_DIRECTORY_FLAGS);

    if (level < 0 && errno == ENOENT && make) {
        if (mkdirat(parent, name, S_IRWXU) != 0 && errno != EEXIST)
            return -1;
        sync = TRUE;
        level = openat(parent, name, MUGAI_STORE_DIRECTORY_FLAGS);
    }
    if (level >= 0 && sync && fsync(parent) != 0) {
        int saved_errno = errno;

        close(level);
        errno = saved_errno;
        return -1;
    }
    return level;
}

/* Opens the day of @id level by level: -1 with errno set. */
static int
walk_to_day(MugaiStore *store, const MugaiId *id, gboolean make, gboolean sync)
{
    DayLevels levels;
    int at = store->directory;

    split_day(id, levels);
    for (int i = 0; i < LEVELS; i++) {
        int next = open_level(at, levels[i], make, sync);
        int saved_errno = errno;

        if (at != store->directory)
            close(at);
        errno = saved_errno;
        if (next < 0)
            return -1;
        at = next;
    }
    return at;
}

int
mugai_store_open_day(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = walk_to_day(store, id, FALSE, FALSE);

    if (day < 0 && errno == ENOENT)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "there is no message %s", id->text);
    else if (day < 0)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s: day of %s", store->path,
                              id->text);
    return day;
}

int
mugai_store_make_day(MugaiStore *store, const MugaiId *id, GError **error)
{
    gint number = mugai_store_day_number(id);
    /* A directory that is there may be another process's and not durable yet: the first time, sync
     * in any case. */
    gboolean sync = g_atomic_int_get(&store->synced_day) != number;
    int day = walk_to_day(store, id, TRUE, sync);

    if (day < 0) {
        mugai_error_set_errno(error, errno, mugai_store_error_code(errno),
                              "store %s: directory of the day of %s", store->path, id->text);
        return -1;
    }
    g_atomic_int_set(&store->synced_day, number);
    return day;
}
