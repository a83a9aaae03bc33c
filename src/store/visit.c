/*
 * visit.c - walks over the objects of the store, day by day
 *
 * The directories themselves are the list (I8): nothing here asks the index.
 *
 * Trust: what does not look like one of ours, name and place, is passed over, or told of as a
 * stray: foreign files, symbolic links, an object in the directory of another day. Errors: SYSTEM.
 */
#include "store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mugai/pending.h>
#include <mugai/released.h>
#include <mugai/retention.h>
#include <mugai/time.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_MAX 99991231

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
mugai_store_list_names(int parent, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int level = openat(parent, name, MUGAI_STORE_DIRECTORY_FLAGS);
    DIR *directory = level >= 0 ? fdopendir(level) : NULL;
    const struct dirent *entry = NULL;

    if (directory == NULL)
        return NULL;
    while ((errno = 0, entry = readdir(directory)) != NULL) {
        if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
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
    MugaiStoreStray stray; /* NULL: nobody wants to know */
    gpointer data;
    gboolean backwards; /* newest first */
    gboolean stopped;
} Walk;

static void
tell_stray(Walk *walk, const char *directory, const char *name, const char *what)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    if (walk->stray != NULL)
        walk->stopped =
            !walk->stray(g_str_has_prefix(path, "./") ? path + 2 : path, what, walk->data);
}

/* Whether @name is an id, as we write it, and @suffix. */
static gboolean
read_name(const char *name, const char *suffix, MugaiId *ret_id)
{
    g_autofree char *stem = NULL;

    if (!g_str_has_suffix(name, suffix))
        return FALSE;
    stem = g_strndup(name, strlen(name) - strlen(suffix));
    return mugai_id_parse(stem, ret_id, NULL) && g_str_equal(ret_id->text, stem);
}

/* The same with one of the suffixes of what lies beside objects. */
static gboolean
read_beside(const char *name, MugaiId *ret_id)
{
    for (const char *const *suffix = mugai_store_beside_suffixes; *suffix != NULL; suffix++) {
        if (read_name(name, *suffix, ret_id))
            return TRUE;
    }
    return FALSE;
}

/* @names are sorted. */
static gboolean
has_name(const GPtrArray *names, const char *name)
{
    return bsearch(&name, names->pdata, names->len, sizeof name, compare_names) != NULL;
}

/* Whether @names have an object of @id. */
static gboolean
has_object(const GPtrArray *names, const MugaiId *id)
{
    g_autofree char *plain = mugai_store_object_name(id, FALSE);
    g_autofree char *sealed = mugai_store_object_name(id, TRUE);

    return has_name(names, plain) || has_name(names, sealed);
}

/* An object, which is visited once, whatever its forms. */
static void
visit_object(Walk *walk, gint day, const char *path, const GPtrArray *names, const char *name,
             const MugaiId *id)
{
    g_autofree char *plain = mugai_store_object_name(id, FALSE);

    if (mugai_store_day_number(id) != day)
        tell_stray(walk, path, name, N_("an object in the directory of another day"));
    else if (!g_str_equal(name, plain) && has_name(names, plain))
        tell_stray(walk, path, name, N_("the same original lies beside it, not sealed"));
    else
        walk->stopped = !walk->visit(id, walk->data);
}

/* Tells of the file @name beside the object of @id if nobody can read what it says. A hold that
 * says nothing holds all the same. */
static void
check_beside(Walk *walk, const char *path, const char *name, const MugaiId *id)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) records = NULL;

    if (g_str_has_suffix(name, MUGAI_STORE_HOLD_SUFFIX))
        mugai_record_free(mugai_hold_read(walk->store, id, &why));
    else if (g_str_has_suffix(name, MUGAI_STORE_REQUEST_SUFFIX))
        mugai_record_free(mugai_pending_read(walk->store, id, &why));
    else
        records = mugai_released_read(walk->store, id, &why);
    if (why != NULL && !g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        tell_stray(walk, path, name, why->message);
}

/* One of @names in the directory @path of the day @day. */
static void
visit_file(Walk *walk, gint day, const char *path, const GPtrArray *names, const char *name)
{
    MugaiId id = {0};

    if (read_name(name, MUGAI_STORE_SUFFIX, &id) || read_name(name, MUGAI_STORE_SEALED_SUFFIX, &id))
        visit_object(walk, day, path, names, name, &id);
    else if (walk->stray == NULL)
        return;
    else if (!read_beside(name, &id))
        tell_stray(walk, path, name, N_("not mugai's"));
    else if (!has_object(names, &id))
        tell_stray(walk, path, name,
                   g_str_has_suffix(name, MUGAI_STORE_HOLD_SUFFIX)
                       ? N_("its original is lost: put it back from a backup, or mugai unhold")
                       : N_("its original is lost: put it back from a backup, or mugai delete"));
    else
        check_beside(walk, path, name, &id);
}

/* Whether the days whose number begins with the digits of @number can be wanted. */
static gboolean
is_wanted(const Walk *walk, gint number, int level)
{
    static const gint units[MUGAI_STORE_LEVELS] = {10000, 100, 1};

    return number >= walk->since / units[level] && number <= walk->until / units[level];
}

/* What lies in the store beside the years. */
static gboolean
is_known(const char *name)
{
    return g_str_equal(name, "log") || g_str_equal(name, "digest.lock") ||
           g_str_has_prefix(name, "index.sqlite");
}

gboolean
mugai_store_is_level(const char *name, int level)
{
    gsize digits = level == 0 ? 4 : 2;

    return strlen(name) == digits && strspn(name, "0123456789") == digits;
}

/* Visits what lies under @path, whose digits so far are @number: three levels of numbers, then
 * objects. */
static gboolean
visit_level(Walk *walk, const char *path, gint number, int level, GError **error)
{
    g_autoptr(GPtrArray) names = mugai_store_list_names(walk->store->directory, path);

    if (names == NULL && (errno == ENOTDIR || errno == ELOOP)) {
        tell_stray(walk, path, NULL, N_("no directory"));
        return TRUE;
    }
    if (names == NULL && errno == ENOENT)
        return TRUE; /* removed in the meantime */
    if (names == NULL) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s: %s", walk->store->path,
                              path);
        return FALSE;
    }
    for (guint i = 0; i < names->len && !walk->stopped; i++) {
        const char *name = names->pdata[walk->backwards ? names->len - 1 - i : i];
        g_autofree char *below = NULL;
        gint next = 0;

        if (level == MUGAI_STORE_LEVELS) {
            visit_file(walk, number, path, names, name);
            continue;
        }
        if (!mugai_store_is_level(name, level)) {
            if (level > 0 || !is_known(name))
                tell_stray(walk, path, name, N_("not mugai's"));
            continue;
        }
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
        return seconds < 0 ? 0 : DAY_MAX;
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

static gboolean
stop_at_first(const MugaiId *id, gpointer data)
{
    *(MugaiId *)data = *id;
    return FALSE;
}

gboolean
mugai_store_find_first(MugaiStore *store, gint64 since, MugaiId *ret_id, GError **error)
{
    *ret_id = (MugaiId){0};
    return mugai_store_visit(store, since, MUGAI_TIME_SECONDS_MAX, stop_at_first, ret_id, error);
}

gboolean
mugai_store_find_last(MugaiStore *store, MugaiId *ret_id, GError **error)
{
    Walk walk = {
        .store = store,
        .until = DAY_MAX,
        .visit = stop_at_first,
        .data = ret_id,
        .backwards = TRUE,
    };

    *ret_id = (MugaiId){0};
    return visit_level(&walk, ".", 0, 0, error);
}

gboolean
mugai_store_visit_all(MugaiStore *store, MugaiStoreVisit visit, MugaiStoreStray stray,
                      gpointer data, GError **error)
{
    Walk walk = {
        .store = store,
        .until = DAY_MAX,
        .visit = visit,
        .stray = stray,
        .data = data,
    };

    return visit_level(&walk, ".", 0, 0, error);
}
