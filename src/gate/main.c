/*
 * main.c - mugai-gate: the milter on the LGWAN side, which lets only the output profile through
 *
 * It shares no code with the boundary host but the guard, and no configuration but public keys. It
 * parses nothing; what it approves is what the guard approves and a boundary host has signed.
 * libmilter's threads do the work; this thread waits for signals: SIGHUP reads the keys anew,
 * SIGTERM and SIGINT end.
 *
 * libmilter starts a thread that waits for these signals too and ends the milter on each of them.
 * It cannot be told not to, so it is given a sigwait() of ours; this thread uses sigwaitinfo().
 *
 * Invariants: 1. "ready" is said when the socket takes connections, not before;
 *             2. wrong keys at SIGHUP change nothing;
 *             3. root is given up before a key is read or a socket opened.
 * Errors: of the start: one line that says what to do, and an exit status of sysexits.h; 2 for
 *         wrong usage.
 * Limits: while it is away, what happens to mail is Postfix' milter_default_action: tempfail,
 *         which is its default and must stay.
 */
#include "log.h"
#include "notify.h"
#include "options.h"
#include "session.h"
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define STATUS_USAGE 2

/* Takes the place of the C library's for libmilter, the only one here that calls it: its thread is
 * left to sleep. */
int
sigwait(const sigset_t *set, int *ret_number)
{
    for (;;)
        pause();
}

/* --- keys --- */

/* All keys of the options; NULL, said in the log, if one is wrong or there is none. */
static MugaiGateKeys *
load_keys(const MugaiGateOptions *options)
{
    char error[MUGAI_GATE_ERROR_OCTETS] = "no memory for keys";
    MugaiGateKeys *keys = calloc(1, sizeof(*keys));
    bool loaded = keys != NULL;

    for (size_t i = 0; loaded && i < options->source_count; i++) {
        const MugaiGateSource *source = &options->sources[i];

        loaded = source->is_directory ? mugai_gate_keys_add_directory(keys, source->path, error)
                                      : mugai_gate_keys_add_file(keys, source->path, error);
    }
    if (loaded && keys->count == 0 && !options->policy.allow_unsealed) {
        snprintf(error, sizeof(error), "there is no *.pub in the directories of --public-keys");
        loaded = false;
    }
    if (loaded)
        return keys;
    mugai_gate_log(LOG_ERR, "keys: %s", error);
    free(keys);
    return NULL;
}

static void
log_keys(const MugaiGateKeys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        mugai_gate_log(LOG_INFO, "believes key %s", keys->keys[i].id);
}

static void
reload(const MugaiGateOptions *options, MugaiGateService *service)
{
    MugaiGateKeys *keys = load_keys(options);
    MugaiGateKeys *old = NULL;

    if (keys == NULL || pthread_mutex_lock(&service->lock) != 0) {
        free(keys);
        mugai_gate_log(LOG_ERR, "reload: the old keys stay");
        return;
    }
    old = service->keys;
    service->keys = keys;
    pthread_mutex_unlock(&service->lock);
    free(old);
    log_keys(keys);
    mugai_gate_log(LOG_INFO, "reload: done");
}

/* --- serving --- */

static void *
run_libmilter(void *unused)
{
    (void)smfi_main();
    mugai_gate_log(LOG_ERR, "libmilter does not serve any more");
    _exit(EX_OSERR);
}

static void
say_ready(const MugaiGateOptions *options)
{
    mugai_gate_log(LOG_INFO, "ready");
    mugai_gate_notify("READY=1");
    if (options->ready_fd < 0)
        return;
    if (write(options->ready_fd, "r", 1) != 1)
        mugai_gate_log(LOG_WARNING, "nobody reads --ready-fd %d", options->ready_fd);
    close(options->ready_fd);
}

/* Until a signal asks for the end. */
static void
handle_signals(const sigset_t *signals, const MugaiGateOptions *options, MugaiGateService *service)
{
    int number = 0;

    while (number != SIGTERM && number != SIGINT) {
        number = sigwaitinfo(signals, NULL);
        if (number == SIGHUP)
            reload(options, service);
    }
}

/* From here on nobody decides: messages that have not been answered the MTA answers with a 4xx. */
static void
end(const MugaiGateOptions *options, MugaiGateService *service)
{
    mugai_gate_notify("STOPPING=1");
    mugai_gate_remove_socket(options->socket);
    (void)pthread_mutex_lock(&service->lock);
    mugai_gate_log(LOG_INFO, "ended");
}

/* Before the first thread, for all of them, and before keys are read: a SIGHUP meanwhile waits. */
static bool
block_signals(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGHUP);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    return sigprocmask(SIG_BLOCK, ret_signals, NULL) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

static int
serve(const MugaiGateOptions *options, const sigset_t *signals, MugaiGateService *service)
{
    pthread_t thread;

    if (!mugai_gate_session_register(service) || !mugai_gate_open_socket(options->socket))
        return EX_OSERR;
    if (pthread_create(&thread, NULL, run_libmilter, NULL) != 0) {
        mugai_gate_log(LOG_ERR, "no thread: %s", strerror(errno));
        return EX_OSERR;
    }
    log_keys(service->keys);
    say_ready(options);
    handle_signals(signals, options, service);
    end(options, service);
    return EXIT_SUCCESS;
}

static int
run(const MugaiGateOptions *options)
{
    static MugaiGateService service; /* libmilter's threads outlive every function */
    sigset_t signals;

    if (!mugai_gate_become_user(options->user))
        return EX_CONFIG;
    if (sodium_init() < 0 || pthread_mutex_init(&service.lock, NULL) != 0 ||
        !block_signals(&signals)) {
        mugai_gate_log(LOG_ERR, "libsodium, locks or signals do not work here");
        return EX_OSERR;
    }
    service.policy = options->policy;
    service.hold = options->hold;
    service.keys = load_keys(options);
    if (service.keys == NULL)
        return EX_CONFIG;
    if (options->check) {
        puts("ok");
        return EXIT_SUCCESS;
    }
    mugai_gate_log_open(options->log_stderr);
    return serve(options, &signals, &service);
}

/* So that nothing else gets the number of a standard stream that was closed, and is written to. */
static void
fill_standard_streams(void)
{
    int fd = -1;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int
main(int argc, char **argv)
{
    MugaiGateOptions options;

    fill_standard_streams();
    umask(007);
    switch (mugai_gate_options_read(argc, argv, &options)) {
    case MUGAI_GATE_OPTIONS_RUN:
        return run(&options);
    case MUGAI_GATE_OPTIONS_ANSWERED:
        return EXIT_SUCCESS;
    case MUGAI_GATE_OPTIONS_WRONG:
        break;
    }
    return STATUS_USAGE;
}
