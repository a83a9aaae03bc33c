/*
 * hold.c - keep originals beyond the days of retention, and let them go again
 *
 * Each is written down with its reason, then done.
 */
#include "desk_private.h"

#include <sysexits.h>

static char *
format_time(gint64 seconds)
{
    g_autoptr(GDateTime) local = g_date_time_new_from_unix_local(seconds);

    return local != NULL ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S %z") : g_strdup("?");
}

/* Why not, or NULL. */
static GError *
find_objection(MugaiStore *store, gboolean hold, const MugaiId *id)
{
    GError *why = NULL;
    /* What is lost can still be let go. */
    gboolean held = hold ? mugai_hold_check(store, id, &why) : mugai_hold_is_set(store, id, &why);
    g_autoptr(MugaiRecord) record = NULL;
    g_autofree char *time = NULL;

    if (why != NULL || held == !hold)
        return why;
    if (!hold)
        return g_error_new(MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "%s is not held", id->text);
    record = mugai_hold_read(store, id, NULL);
    time = record != NULL ? format_time(record->time) : NULL;
    return record == NULL
               ? g_error_new(MUGAI_ERROR, MUGAI_ERROR_EXISTS, "%s is held already", id->text)
               : g_error_new(MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                             "%s is held already, since %s by %s: %s", id->text, time,
                             record->actor->user, record->reason != NULL ? record->reason : "");
}

static void
mark(const MugaiDesk *desk, MugaiStore *store, gboolean hold, const MugaiId *id)
{
    g_autoptr(MugaiIndex) index = mugai_desk_open_index(desk, store);
    g_autoptr(GError) error = NULL;

    if (index != NULL && !mugai_index_set_held(index, id, hold, &error))
        mugai_desk_complain(desk, "done, but list does not show it: %s", error->message);
}

int
mugai_desk_hold(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    gboolean hold = request->verb == MUGAI_VERB_HOLD;
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    MugaiAnswer done = {.kind = MUGAI_ANSWER_DONE, .id = request->id};
    GError *failure = NULL;

    if (store == NULL ||
        !mugai_desk_note(desk, record, find_objection(store, hold, &request->id), error))
        return -1;
    if (!(hold ? mugai_hold_set(store, &request->id, record, &failure)
               : mugai_hold_clear(store, &request->id, &failure))) {
        mugai_desk_note_failure(desk, record, failure, error);
        return -1;
    }
    mark(desk, store, hold, &request->id);
    done.text = (char *)(hold ? N_("held") : N_("no longer held"));
    desk->tell(&done, desk->data);
    return EX_OK;
}
