/* session.h - what libmilter calls: connections and the messages on them */
#pragma once

#include "message.h"

#include <pthread.h>

/* What all sessions share. */
typedef struct {
    MugaiGatePolicy policy;
    bool hold;
    pthread_mutex_t lock; /* guards what follows */
    MugaiGateKeys *keys;
} MugaiGateService;

/* Registers the callbacks; false, said in the log, if libmilter does not take them. @service
 * outlives smfi_main(). Once per process: libmilter hands its callbacks nothing of the program's
 * own. */
bool mugai_gate_session_register(MugaiGateService *service);
