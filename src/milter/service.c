/*
 * service.c - the configuration in force and what was started with it
 *
 * Reloading makes a whole new service beside the old one and swaps the two. Messages under way keep
 * theirs; the thread that gives the last reference back ends the old worker.
 *
 * Invariants: 1. a message sees one configuration from its first octet to its answer;
 *             2. a service is never changed, only replaced.
 */
#include "service.h"

#include <mugai/log.h>

struct MugaiDesk {
    GMutex lock;
    GCond all_left;
    MugaiService *service;
    guint inside; /* messages */
    gboolean closed;
};

static void
service_clear(gpointer data)
{
    MugaiService *service = data;

    g_clear_pointer(&service->pool, mugai_pool_free);
    g_clear_pointer(&service->store, mugai_store_free);
    g_clear_pointer(&service->config, mugai_config_free);
}

MugaiService *
mugai_service_new(MugaiConfig *config, MugaiLauncher *launcher, GError **error)
{
    g_autoptr(MugaiService) service = g_atomic_rc_box_new0(MugaiService);

    service->config = config;
    service->store = mugai_store_open(config, error);
    if (service->store == NULL)
        return NULL;
    if (mugai_store_sealed_to(service->store) != NULL)
        mugai_log(MUGAI_LOG_INFO, "originals are sealed to %s",
                  mugai_store_sealed_to(service->store));
    service->pool = mugai_pool_new_launched(config, launcher, error);
    return service->pool != NULL ? g_steal_pointer(&service) : NULL;
}

MugaiService *
mugai_service_ref(MugaiService *service)
{
    return g_atomic_rc_box_acquire(service);
}

void
mugai_service_unref(MugaiService *service)
{
    g_atomic_rc_box_release_full(service, service_clear);
}

MugaiDesk *
mugai_desk_new(MugaiService *service)
{
    MugaiDesk *desk = g_new0(MugaiDesk, 1);

    g_mutex_init(&desk->lock);
    g_cond_init(&desk->all_left);
    desk->service = service;
    return desk;
}

MugaiService *
mugai_desk_enter(MugaiDesk *desk)
{
    MugaiService *service = NULL;

    g_mutex_lock(&desk->lock);
    if (!desk->closed) {
        desk->inside++;
        service = mugai_service_ref(desk->service);
    }
    g_mutex_unlock(&desk->lock);
    return service;
}

void
mugai_desk_leave(MugaiDesk *desk, MugaiService *service)
{
    mugai_service_unref(service);
    g_mutex_lock(&desk->lock);
    desk->inside--;
    if (desk->inside == 0)
        g_cond_signal(&desk->all_left);
    g_mutex_unlock(&desk->lock);
}

void
mugai_desk_replace(MugaiDesk *desk, MugaiService *service)
{
    MugaiService *old = NULL;

    g_mutex_lock(&desk->lock);
    old = desk->service;
    desk->service = service;
    g_mutex_unlock(&desk->lock);
    mugai_service_unref(old);
}

gboolean
mugai_desk_close(MugaiDesk *desk, guint seconds)
{
    gint64 until = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    gboolean in_time = TRUE;

    g_mutex_lock(&desk->lock);
    desk->closed = TRUE;
    while (in_time && desk->inside > 0)
        in_time = g_cond_wait_until(&desk->all_left, &desk->lock, until);
    if (desk->inside == 0)
        g_clear_pointer(&desk->service, mugai_service_unref);
    g_mutex_unlock(&desk->lock);
    return desk->service == NULL;
}
