/*
 * hold.c - originals that are kept beyond their days: a file beside the object
 *
 * Invariants: 1. a hold is durable before anybody is told;
 *             2. it is set and looked at under the lock of its day's directory, which deleting
 * takes as well: what is held does not go, what goes was not held;
 *             3. what cannot be looked at counts as held.
 * Errors: NOT_FOUND, EXISTS, MALFORMED, FULL, SYSTEM.
 */
#include "beside.h"
#include "retention_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

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
    fail(id, N_("lock"), error);
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

gboolean
mugai_hold_is_set(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    gboolean set = day < 0 || mugai_hold_check_in(day, id);

    if (day >= 0)
        close(day);
    return set;
}

/* --- reading --- */

/* What is missing, or there already, is said in words of its own. */
static void
say(const MugaiId *id, GError *why, GError **error)
{
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_EXISTS))
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS, "%s is held already", id->text);
    else
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "%s is not held", id->text);
    g_error_free(why);
}

MugaiRecord *
mugai_hold_read(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    GError *why = NULL;
    g_autofree char *text =
        day >= 0 ? mugai_beside_read(day, id, MUGAI_STORE_HOLD_SUFFIX, &why) : NULL;

    if (day >= 0)
        close(day);
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        say(id, why, error);
    else if (why != NULL)
        g_propagate_error(error, why);
    return text != NULL ? mugai_record_from_json(text, -1, error) : NULL;
}

/* --- setting and clearing --- */

gboolean
mugai_hold_set(MugaiStore *store, const MugaiId *id, const MugaiRecord *record, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    g_autofree char *json = mugai_record_to_json(record);
    GError *why = NULL;
    gboolean set = day >= 0 && mugai_beside_make(day, id, MUGAI_STORE_HOLD_SUFFIX, json, &why);

    if (day >= 0)
        close(day);
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_EXISTS))
        say(id, why, error);
    else if (why != NULL)
        g_propagate_error(error, why);
    return set;
}

gboolean
mugai_hold_clear(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    GError *why = NULL;
    gboolean cleared = day >= 0 && mugai_beside_remove(day, id, MUGAI_STORE_HOLD_SUFFIX, &why);

    if (day >= 0)
        close(day);
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        say(id, why, error);
    else if (why != NULL)
        g_propagate_error(error, why);
    return cleared;
}
