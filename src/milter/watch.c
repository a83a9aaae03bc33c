/*
 * watch.c - does the service still answer? And who wants to know
 *
 * Three times in the manager's patience the starter connects to the milter's socket and says what
 * an MTA says first. What answers are libmilter's listener and a thread of its own, which is what
 * has to work for mail to come in. It is done from outside because the service itself may connect
 * to nothing, and because a process that is stuck cannot be asked whether it is.
 *
 * Invariants: 1. WATCHDOG=1 is sent for an answer that has come, never for a question;
 *             2. no step waits longer than STEP_SECONDS, for workers have to be started meanwhile.
 * Trust: the answer is the service's: 12 octets of it are looked at, nothing is kept.
 */
#include "watch.h"

#include <mugai/error.h>
#include <mugai/probe.h>

#include <sys/fsuid.h>
#include <unistd.h>

#define STEP_SECONDS 1u
#define QUESTIONS_IN_PATIENCE 3

static const char *const states[MUGAI_TIDINGS_COUNT] = {
    [MUGAI_TIDINGS_NONE] = "",
    [MUGAI_TIDINGS_SERVING] = "READY=1\nSTATUS=Serving\n",
    [MUGAI_TIDINGS_RELOADING] = "RELOADING=1\nSTATUS=Reading the configuration\n",
    [MUGAI_TIDINGS_NOT_RELOADED] =
        "READY=1\nSTATUS=Serving; the last reload was refused, the log says why\n",
    [MUGAI_TIDINGS_ENDING] = "STOPPING=1\nSTATUS=Answering the messages under way\n",
};

static gint64
interval(const MugaiWatch *watch)
{
    return (gint64)(watch->manager.watchdog_useconds / QUESTIONS_IN_PATIENCE);
}

void
mugai_watch_tell(MugaiWatch *watch, MugaiTidings tidings)
{
    /* Which RELOADING belongs to which READY is told by the time. */
    g_autofree char *state = g_strdup_printf("%sMONOTONIC_USEC=%" G_GINT64_FORMAT "\n",
                                             states[tidings], g_get_monotonic_time());

    mugai_manager_tell(&watch->manager, state);
    if (tidings == MUGAI_TIDINGS_SERVING && watch->next == 0 && interval(watch) > 0)
        watch->next = g_get_monotonic_time() + interval(watch);
}

int
mugai_watch_wait(const MugaiWatch *watch)
{
    gint64 left = watch->next - g_get_monotonic_time();

    if (watch->next == 0)
        return -1;
    return left > 0 ? (int)MIN(left / 1000 + 1, G_MAXINT) : 0;
}

static void
forget(MugaiWatch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

int
mugai_watch_ask(MugaiWatch *watch)
{
    int self = -1;

    if (mugai_watch_wait(watch) != 0)
        return watch->fd;
    forget(watch);
    watch->next = g_get_monotonic_time() + interval(watch);
    /* Root without its capabilities may not connect to another's socket. */
    self = setfsuid(watch->user);
    watch->fd = mugai_probe_open(watch->socket_name, STEP_SECONDS, NULL);
    setfsuid((uid_t)self);
    return watch->fd;
}

void
mugai_watch_hear(MugaiWatch *watch)
{
    if (mugai_probe_receive_options(watch->fd, NULL))
        mugai_manager_tell(&watch->manager, "WATCHDOG=1\n");
    forget(watch);
}
