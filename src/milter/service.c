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

struct MugaiDuty {
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

MugaiDuty *
mugai_duty_new(MugaiService *service)
{
    MugaiDuty *duty = g_new0(MugaiDuty, 1);

    g_mutex_init(&duty->lock);
    g_cond_init(&duty->all_left);
    duty->service = service;
    return duty;
}

MugaiService *
mugai_duty_enter(MugaiDuty *duty)
{
    MugaiService *service = NULL;

    g_mutex_lock(&duty->lock);
    if (!duty->closed) {
        duty->inside++;
        service = mugai_service_ref(duty->service);
    }
    g_mutex_unlock(&duty->lock);
    return service;
}

void
mugai_duty_leave(MugaiDuty *duty, MugaiService *service)
{
    mugai_service_unref(service);
    g_mutex_lock(&duty->lock);
    duty->inside--;
    if (duty->inside == 0)
        g_cond_signal(&duty->all_left);
    g_mutex_unlock(&duty->lock);
}

void
mugai_duty_replace(MugaiDuty *duty, MugaiService *service)
{
    MugaiService *old = NULL;

    g_mutex_lock(&duty->lock);
    old = duty->service;
    duty->service = service;
    g_mutex_unlock(&duty->lock);
    mugai_service_unref(old);
}

gboolean
mugai_duty_close(MugaiDuty *duty, guint seconds)
{
    gint64 until = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    gboolean in_time = TRUE;

    g_mutex_lock(&duty->lock);
    duty->closed = TRUE;
    while (in_time && duty->inside > 0)
        in_time = g_cond_wait_until(&duty->all_left, &duty->lock, until);
    if (duty->inside == 0)
        g_clear_pointer(&duty->service, mugai_service_unref);
    g_mutex_unlock(&duty->lock);
    return duty->service == NULL;
}
