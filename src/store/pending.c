/*
 * pending.c - a release that one person has requested and another one is to approve
 *
 * Invariants: 1. a request is durable before anybody is told, and gone, durably, before what it
 *                asks for begins: whatever dies, it is done once at most;
 *             2. it is set and taken under the lock of its day's directory.
 * Trust: the log has every request; the file says what may still be approved.
 * Errors: NOT_FOUND, EXISTS, MALFORMED, FULL, SYSTEM.
 */
#include "beside.h"
#include "retention_private.h"

#include <mugai/pending.h>
#include <mugai/time.h>
#include <string.h>
#include <unistd.h>

#define REQUESTED "requested"
#define REQUESTED_AGAIN "requested --again"
/* Clocks are set now and then. */
#define CLOCK_SECONDS 300

static void
set_none(const MugaiId *id, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND,
                "there is no request for %s that waits, or it is not the same any more", id->text);
}

static char *
read_line(int day, const MugaiId *id, GError **error)
{
    g_autoptr(GError) why = NULL;
    char *line = mugai_beside_read(day, id, MUGAI_STORE_REQUEST_SUFFIX, &why);

    if (line != NULL)
        return line;
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        set_none(id, error);
    else
        g_propagate_error(error, g_steal_pointer(&why));
    return NULL;
}

static MugaiRecord *
read_in(int day, const MugaiId *id, GError **error)
{
    g_autofree char *line = read_line(day, id, error);
    MugaiRecord *record = line != NULL ? mugai_record_from_json(line, -1, error) : NULL;

    if (line != NULL && record == NULL)
        g_prefix_error(error, "what is requested for %s cannot be read: ", id->text);
    return record;
}

MugaiRecord *
mugai_pending_read(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    MugaiRecord *record = day >= 0 ? read_in(day, id, error) : NULL;

    if (day >= 0)
        close(day);
    return record;
}

gboolean
mugai_pending_is_over(const MugaiRecord *pending, gint64 now)
{
    return pending->time > now + CLOCK_SECONDS ||
           pending->time <= now - (gint64)MUGAI_PENDING_DAYS * MUGAI_TIME_DAY_SECONDS;
}

gboolean
mugai_pending_is_again(const MugaiRecord *pending)
{
    return g_str_equal(pending->outcome, REQUESTED_AGAIN);
}

/* Makes room for a new one in the locked @day. */
static gboolean
remove_over(int day, const MugaiId *id, gint64 now, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(MugaiRecord) present = read_in(day, id, &why);

    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        return TRUE;
    /* What cannot be read, nobody can approve. */
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_MALFORMED) ||
        (present != NULL && mugai_pending_is_over(present, now)))
        return mugai_beside_remove(day, id, MUGAI_STORE_REQUEST_SUFFIX, error);
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                "a request for %s waits already: approve it, or withdraw it first", id->text);
    return FALSE;
}

gboolean
mugai_pending_set(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                  const GPtrArray *recipients, gboolean again, gint64 now, GError **error)
{
    MugaiRecord line = *record; /* borrows all it has */
    g_autofree char *json = NULL;
    gboolean set = FALSE;
    int day = mugai_hold_lock_day(store, id, error);

    if (day < 0)
        return FALSE;
    line.words = (GPtrArray *)(guintptr)recipients;
    line.outcome = (char *)(again ? REQUESTED_AGAIN : REQUESTED);
    json = mugai_record_to_json(&line);
    set = remove_over(day, id, now, error) &&
          mugai_beside_make(day, id, MUGAI_STORE_REQUEST_SUFFIX, json, error);
    close(day);
    return set;
}

gboolean
mugai_pending_take(MugaiStore *store, const MugaiId *id, const MugaiRecord *pending, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    g_autofree char *wanted = mugai_record_to_json(pending);
    g_autofree char *present = day >= 0 ? read_line(day, id, error) : NULL;
    gboolean taken = FALSE;

    if (present != NULL && g_str_equal(present, wanted))
        taken = mugai_beside_remove(day, id, MUGAI_STORE_REQUEST_SUFFIX, error);
    else if (present != NULL)
        set_none(id, error);
    if (day >= 0)
        close(day);
    return taken;
}

gboolean
mugai_pending_put_back(MugaiStore *store, const MugaiId *id, const MugaiRecord *pending,
                       GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    g_autofree char *json = mugai_record_to_json(pending);
    gboolean put = day >= 0 && mugai_beside_make(day, id, MUGAI_STORE_REQUEST_SUFFIX, json, error);

    if (day >= 0)
        close(day);
    return put;
}
