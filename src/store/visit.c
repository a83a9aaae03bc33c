/*
 * visit.c - walks over the objects of the store, day by day
 *
 * The directories themselves are the list (I8): nothing here asks the index.
 *
 * Trust: what does not look like one of ours, name and place, is passed over: foreign files,
 * symbolic links, an object in the directory of another day.
 * Errors: SYSTEM.
 */
#include "store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LEVELS 3 /* year, month, day */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in the directory @name of @parent, sorted; NULL with errno set. */
static GPtrArray *
list_names(int parent, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int level = openat(parent, name, MUGAI_STORE_DIRECTORY_FLAGS);
    DIR *directory = level >= 0 ? fdopendir(level) : NULL;
    const struct dirent *entry = NULL;

    if (directory == NULL)
        return NULL;
    while ((errno = 0, entry = readdir(directory)) != NULL)
        g_ptr_array_add(names, g_strdup(entry->d_name));
    if (errno != 0)
        g_clear_pointer(&names, g_ptr_array_unref);
    closedir(directory);
    if (names != NULL)
        g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

typedef struct {
    MugaiStore *store;
    gint since, until; /* YYYYMMDD */
    MugaiStoreVisit visit;
    gpointer data;
    gboolean stopped;
} Walk;

static void
visit_object(Walk *walk, gint day, const char *name)
{
    g_autofree char *stem = NULL;
    MugaiId id = {0};

    if (!g_str_has_suffix(name, MUGAI_STORE_SUFFIX))
        return;
    stem = g_strndup(name, strlen(name) - strlen(MUGAI_STORE_SUFFIX));
    if (!mugai_id_parse(stem, &id, NULL) || !g_str_equal(id.text, stem) ||
        mugai_store_day_number(&id) != day)
        return;
    walk->stopped = !walk->visit(&id, walk->data);
}

/* Whether the days whose number begins with the digits of @number can be wanted. */
static gboolean
is_wanted(const Walk *walk, gint number, int level)
{
    static const gint units[LEVELS] = {10000, 100, 1};

    return number >= walk->since / units[level] && number <= walk->until / units[level];
}

static gboolean
is_number_of(const char *name, int level)
{
    gsize digits = level == 0 ? 4 : 2;

    return strlen(name) == digits && strspn(name, "0123456789") == digits;
}

/* Visits what lies under @path, whose digits so far are @number: three levels of numbers, then
 * objects. */
static gboolean
visit_level(Walk *walk, const char *path, gint number, int level, GError **error)
{
    g_autoptr(GPtrArray) names = list_names(walk->store->directory, path);

    if (names == NULL && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return TRUE; /* removed in the meantime, or none of ours */
    if (names == NULL) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s: %s", walk->store->path,
                              path);
        return FALSE;
    }
    for (guint i = 0; i < names->len && !walk->stopped; i++) {
        const char *name = names->pdata[i];
        g_autofree char *below = NULL;
        gint next = 0;

        if (level == LEVELS) {
            visit_object(walk, number, name);
            continue;
        }
        if (!is_number_of(name, level))
            continue;
        next = number * (level == 0 ? 1 : 100) + (gint)g_ascii_strtoll(name, NULL, 10);
        below = g_build_filename(path, name, NULL);
        if (is_wanted(walk, next, level) && !visit_level(walk, below, next, level + 1, error))
            return FALSE;
    }
    return TRUE;
}

/* The UTC day of @seconds as YYYYMMDD; what lies outside of the calendar is its first or last day.
 * */
static gint
day_of_seconds(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

    if (time == NULL)
        return seconds < 0 ? 0 : 99991231;
    return g_date_time_get_year(time) * 10000 + g_date_time_get_month(time) * 100 +
           g_date_time_get_day_of_month(time);
}

gboolean
mugai_store_visit(MugaiStore *store, gint64 since, gint64 until, MugaiStoreVisit visit,
                  gpointer data, GError **error)
{
    Walk walk = {
        .store = store,
        .since = day_of_seconds(since),
        .until = day_of_seconds(until),
        .visit = visit,
        .data = data,
    };

    return visit_level(&walk, ".", 0, 0, error);
}
