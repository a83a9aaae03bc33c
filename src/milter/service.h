/* service.h - the configuration in force and what was started with it; a message keeps the one it
 * began with */
#pragma once

#include <mugai/approve.h>
#include <mugai/config.h>
#include <mugai/store.h>

/* Immutable; counted references, for many threads. */
typedef struct {
    MugaiConfig *config;
    MugaiStore *store;
    MugaiPool *pool;
} MugaiService;

/* Opens the store and has @launcher, which outlives everything, start a worker. Takes @config over,
 * also on failure. */
MugaiService *mugai_service_new(MugaiConfig *config, MugaiLauncher *launcher, GError **error);
MugaiService *mugai_service_ref(MugaiService *service);
/* The last one waits for the worker to end. */
void mugai_service_unref(MugaiService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiService, mugai_service_unref)

/* Where the threads of the milter find the service of the moment, and where the end waits for their
 * messages. */
typedef struct MugaiDuty MugaiDuty;

/* Takes @service over. Lives until the process ends: threads of idle connections may look in at any
 * time. */
MugaiDuty *mugai_duty_new(MugaiService *service);

/* For a message that begins: the service of the moment, to be given back to mugai_duty_leave().
 * NULL once closed. */
MugaiService *mugai_duty_enter(MugaiDuty *duty);
void mugai_duty_leave(MugaiDuty *duty, MugaiService *service);

/* New messages get @service (taken over) from now on. */
void mugai_duty_replace(MugaiDuty *duty, MugaiService *service);
/* No new messages; waits @seconds at most for those under way and gives the service back. FALSE if
 * some still are. */
gboolean mugai_duty_close(MugaiDuty *duty, guint seconds);
