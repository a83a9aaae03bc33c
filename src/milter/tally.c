/*
 * tally.c - counts the store again and again, beside everything else
 *
 * A count of a million originals looks at as many files the first time, and at today's from then
 * on. It has a thread of its own, which rests REST times as long as it has worked, so that it costs
 * no more than one per cent of a processor; but a minute at least, and ten at most, for the alert
 * on numbers that are old.
 *
 * Errors: a warning in the log, and what was known stays, with the time of its count.
 */
#include "tally.h"

#include <mugai/log.h>
#include <mugai/store.h>

#define PAUSE_MICROSECONDS (60 * G_USEC_PER_SEC)
#define PAUSE_MICROSECONDS_MAX (600 * G_USEC_PER_SEC)
#define REST 100

struct MugaiTally {
    MugaiStore *store; /* its own: services come and go */
    GThread *thread;
    gint ending; /* atomic, and changed under the lock */
    GMutex lock; /* guards what follows */
    GCond changed;
    MugaiFigures figures;
};

static void
note(MugaiTally *tally, const MugaiCounts *counts)
{
    g_mutex_lock(&tally->lock);
    tally->figures.counted = TRUE;
    tally->figures.objects = counts->objects;
    tally->figures.octets = counts->octets;
    tally->figures.oldest = counts->oldest;
    tally->figures.counted_at = g_get_real_time() / G_USEC_PER_SEC;
    g_mutex_unlock(&tally->lock);
}

/* FALSE: it is time to end. */
static gboolean
rest(MugaiTally *tally, gint64 microseconds)
{
    gint64 until = g_get_monotonic_time() + microseconds;
    gboolean waiting = TRUE;

    g_mutex_lock(&tally->lock);
    while (waiting && g_atomic_int_get(&tally->ending) == 0)
        waiting = g_cond_wait_until(&tally->changed, &tally->lock, until);
    g_mutex_unlock(&tally->lock);
    return g_atomic_int_get(&tally->ending) == 0;
}

static gpointer
run(gpointer data)
{
    MugaiTally *tally = data;
    g_autoptr(MugaiCensus) census = mugai_census_new(tally->store);
    gint64 took = 0;

    do {
        g_autoptr(GError) error = NULL;
        gint64 begun = g_get_monotonic_time();
        MugaiCounts counts = {0};

        if (mugai_census_take(census, &tally->ending, &counts, &error))
            note(tally, &counts);
        else if (g_atomic_int_get(&tally->ending) == 0)
            mugai_log(MUGAI_LOG_WARNING, "cannot count the store: %s", error->message);
        took = g_get_monotonic_time() - begun;
    } while (rest(tally, CLAMP(REST * took, PAUSE_MICROSECONDS, PAUSE_MICROSECONDS_MAX)));
    return NULL;
}

MugaiTally *
mugai_tally_new(const MugaiConfig *config, GError **error)
{
    MugaiStore *store = mugai_store_open(config, error);
    MugaiTally *tally = NULL;

    if (store == NULL)
        return NULL;
    tally = g_new0(MugaiTally, 1);
    tally->store = store;
    g_mutex_init(&tally->lock);
    g_cond_init(&tally->changed);
    tally->thread = g_thread_new("tally", run, tally);
    return tally;
}

void
mugai_tally_free(MugaiTally *tally)
{
    if (tally == NULL)
        return;
    g_mutex_lock(&tally->lock);
    g_atomic_int_set(&tally->ending, 1);
    g_cond_signal(&tally->changed);
    g_mutex_unlock(&tally->lock);
    g_thread_join(tally->thread);
    g_cond_clear(&tally->changed);
    g_mutex_clear(&tally->lock);
    mugai_store_free(tally->store);
    g_free(tally);
}

void
mugai_tally_read(MugaiTally *tally, MugaiFigures *figures)
{
    g_mutex_lock(&tally->lock);
    figures->counted = tally->figures.counted;
    figures->objects = tally->figures.objects;
    figures->octets = tally->figures.octets;
    figures->oldest = tally->figures.oldest;
    figures->counted_at = tally->figures.counted_at;
    g_mutex_unlock(&tally->lock);
}
