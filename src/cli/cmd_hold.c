/*
 * cmd_hold.c - keep originals beyond the days of retention, and let them go again
 *
 * Each is written down with its reason, then done.
 */
#include "cli.h"

#include <mugai/retention.h>
#include <stdio.h>

/* Why not, or NULL. */
static GError *
find_objection(const MugaiOrder *order, gboolean hold, const MugaiId *id)
{
    GError *why = NULL;
    gboolean held = mugai_hold_check(order->store, id, &why);
    g_autoptr(MugaiRecord) record = NULL;
    g_autofree char *time = NULL;

    if (why != NULL || held == !hold)
        return why;
    if (!hold)
        return g_error_new(MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "%s is not held", id->text);
    record = mugai_hold_read(order->store, id, NULL);
    time = record != NULL ? mugai_cli_time(record->time) : NULL;
    return record == NULL
               ? g_error_new(MUGAI_ERROR, MUGAI_ERROR_EXISTS, "%s is held already", id->text)
               : g_error_new(MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                             "%s is held already, since %s by %s: %s", id->text, time,
                             record->actor->user, record->reason != NULL ? record->reason : "");
}

static gboolean
set_held(const MugaiOrder *order, gboolean hold, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiRecord) record = mugai_cli_record(hold ? "hold" : "unhold", id);
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) unlisted = NULL;

    record->reason = g_strdup(order->reason);
    if (!mugai_cli_note(order->config, record, find_objection(order, hold, id), error))
        return FALSE;
    if (!(hold ? mugai_hold_set(order->store, id, record, &failure)
               : mugai_hold_clear(order->store, id, &failure))) {
        mugai_cli_note_failure(order->config, record, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (order->index != NULL && !mugai_index_set_held(order->index, id, hold, &unlisted))
        mugai_cli_complain("done, but list does not show it: %s", unlisted->message);
    printf("%s %s\n", id->text, hold ? "held" : "no longer held");
    return TRUE;
}

static gboolean
hold_one(const MugaiOrder *order, const MugaiId *id, GError **error)
{
    return set_held(order, TRUE, id, error);
}

static gboolean
unhold_one(const MugaiOrder *order, const MugaiId *id, GError **error)
{
    return set_held(order, FALSE, id, error);
}

int
cmd_hold(int argc, char **argv, GError **error)
{
    return mugai_cli_order(hold_one,
                           "Keeps originals beyond the days of retention, until they are let go.",
                           argc, argv, error);
}

int
cmd_unhold(int argc, char **argv, GError **error)
{
    return mugai_cli_order(unhold_one,
                           "Lets originals go that were held: retention applies to them again.",
                           argc, argv, error);
}
