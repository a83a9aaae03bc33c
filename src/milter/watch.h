/* watch.h - does the service still answer? And who wants to know */
#pragma once

#include "manager.h"

#include <sys/types.h>

/* What the service has to say of itself. */
typedef enum {
    MUGAI_TIDINGS_NONE = 0,
    MUGAI_TIDINGS_SERVING,
    MUGAI_TIDINGS_RELOADING,
    MUGAI_TIDINGS_NOT_RELOADED, /* serving, with the settings that it had */
    MUGAI_TIDINGS_ENDING,
    MUGAI_TIDINGS_COUNT,
} MugaiTidings;

typedef struct {
    MugaiManager manager;
    const char *socket_name; /* the milter's, in libmilter's form */
    uid_t user;              /* who may connect to it */
    gint64 next;             /* monotonic; 0: nothing is watched */
    int fd;                  /* a question that is not answered; -1: none */
} MugaiWatch;

/* Tells the manager. What is served is watched from then on, where the manager wants that. */
void mugai_watch_tell(MugaiWatch *watch, MugaiTidings tidings);

/* For poll(2): milliseconds until mugai_watch_ask(), -1 for never. */
int mugai_watch_wait(const MugaiWatch *watch);
/* Once the time has come: asks the milter at its socket, as an MTA would. @watch->fd, to be waited
 * for. */
int mugai_watch_ask(MugaiWatch *watch);
/* There is something to read in @watch->fd. Only a milter's answer counts as a sign of life. */
void mugai_watch_hear(MugaiWatch *watch);
