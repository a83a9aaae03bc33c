/*
 * census.c - how many originals there are, and how much room they take
 *
 * The directories are the list, as in visit.c, and whoever deletes need not tell: a directory whose
 * time of change is the known one has what it had, for objects do not change. So the first count
 * looks at every file, and each later one at the days that something has happened in.
 *
 * Invariants: 1. a day is believed unread only if it had been left alone for SETTLED_SECONDS when
 * it was read: within a tick of the clock a directory changes without showing it. Trust: file names
 * are not ours to believe, and nothing but their ending is read. Errors: SYSTEM.
 */
#include "store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLED_SECONDS 2

typedef struct {
    struct timespec changed; /* of the directory, when it was read */
    gboolean settled;
    guint64 objects, octets;
} Day;

struct MugaiCensus {
    MugaiStore *store;
    GHashTable *days; /* YYYYMMDD -> Day, as the last count has found them */
};

/* A count under way. */
typedef struct {
    MugaiStore *store;
    GHashTable *known;
    GHashTable *days;
    const gint *stop;
    MugaiCounts counts;
    GError **error;
} Count;

MugaiCensus *
mugai_census_new(MugaiStore *store)
{
    MugaiCensus *census = g_new0(MugaiCensus, 1);

    census->store = store;
    census->days = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return census;
}

void
mugai_census_free(MugaiCensus *census)
{
    if (census == NULL)
        return;
    g_hash_table_unref(census->days);
    g_free(census);
}

static gboolean
fail(const Count *count, const char *path)
{
    mugai_error_set_errno(count->error, errno, MUGAI_ERROR_SYSTEM, "store %s: %s",
                          count->store->path, path);
    return FALSE;
}

static void
add_file(int directory, const char *name, Day *day)
{
    struct stat status;

    if (!g_str_has_suffix(name, MUGAI_STORE_SUFFIX) &&
        !g_str_has_suffix(name, MUGAI_STORE_SEALED_SUFFIX))
        return;
    /* Deleted in this moment. */
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        return;
    day->objects++;
    day->octets += (guint64)status.st_size;
}

/* TRUE also where it has been removed in the meantime: without objects. */
static gboolean
read_day(const Count *count, const char *path, Day *day)
{
    int fd = openat(count->store->directory, path, MUGAI_STORE_DIRECTORY_FLAGS);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry = NULL;

    if (directory == NULL)
        return errno == ENOENT || fail(count, path);
    while ((errno = 0, entry = readdir(directory)) != NULL)
        add_file(fd, entry->d_name, day);
    if (errno != 0)
        (void)fail(count, path);
    closedir(directory);
    return *count->error == NULL;
}

static gboolean
is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Midnight of YYYYMMDD, UTC; 0 if there is no such day. */
static gint64
seconds_of(gint number)
{
    g_autoptr(GDateTime) time =
        g_date_time_new_utc(number / 10000, number / 100 % 100, number % 100, 0, 0, 0);

    return time != NULL ? g_date_time_to_unix(time) : 0;
}

static void
add_day(Count *count, gint number, Day *day)
{
    gint64 begins = seconds_of(number);

    count->counts.objects += day->objects;
    count->counts.octets += day->octets;
    if (day->objects > 0 && (count->counts.oldest == 0 || begins < count->counts.oldest))
        count->counts.oldest = begins;
    g_hash_table_insert(count->days, GINT_TO_POINTER(number), day);
}

static gboolean
count_day(Count *count, const char *path, gint number)
{
    const Day *known = g_hash_table_lookup(count->known, GINT_TO_POINTER(number));
    g_autofree Day *day = g_new0(Day, 1);
    struct stat status;

    if (fstatat(count->store->directory, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || fail(count, path);
    if (!S_ISDIR(status.st_mode))
        return TRUE;
    day->changed = status.st_mtim;
    day->settled = status.st_mtim.tv_sec + SETTLED_SECONDS < g_get_real_time() / G_USEC_PER_SEC;
    if (known != NULL && known->settled && is_same_time(&known->changed, &day->changed))
        *day = *known;
    else if (!read_day(count, path, day))
        return FALSE;
    add_day(count, number, g_steal_pointer(&day));
    return TRUE;
}

/* What lies under @path, whose digits so far are @number. FALSE also when it is to stop. */
static gboolean
count_level(Count *count, const char *path, gint number, int level)
{
    g_autoptr(GPtrArray) names = NULL;

    if (g_atomic_int_get(count->stop) != 0)
        return FALSE;
    if (level == MUGAI_STORE_LEVELS)
        return count_day(count, path, number);
    names = mugai_store_list_names(count->store->directory, path);
    if (names == NULL)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || fail(count, path);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *below = g_build_filename(path, name, NULL);
        gint digits = (gint)g_ascii_strtoll(name, NULL, 10);

        if (mugai_store_is_level(name, level) &&
            !count_level(count, below, number * (level == 0 ? 1 : 100) + digits, level + 1))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_census_take(MugaiCensus *census, const gint *stop, MugaiCounts *ret_counts, GError **error)
{
    g_autoptr(GHashTable) days = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GError) wrong = NULL;
    Count count = {
        .store = census->store, .known = census->days, .days = days, .stop = stop, .error = &wrong};

    if (!count_level(&count, ".", 0, 0)) {
        if (wrong == NULL)
            g_set_error_literal(&wrong, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "stopped");
        g_propagate_error(error, g_steal_pointer(&wrong));
        return FALSE;
    }
    g_hash_table_unref(census->days);
    census->days = g_steal_pointer(&days);
    *ret_counts = count.counts;
    return TRUE;
}
