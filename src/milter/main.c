/*
 * main.c - mugaid: the milter daemon
 *
 * Splits into starter and service (see starter.c). The service reads the configuration, takes the
 * socket (see listener.c), locks itself, opens the store, has the worker started, and lets
 * libmilter's threads do the rest. Its first thread waits for signals: SIGHUP reads the
 * configuration anew, SIGTERM and SIGINT end.
 *
 * libmilter starts a thread that waits for these signals too and ends the milter on each of them,
 * SIGHUP included, which thread gets one being a matter of luck. It cannot be told not to, so it is
 * given a sigwait() of ours, see below.
 *
 * Invariants: 1. "ready" is said when the socket takes connections and the worker is warm, not
 *                before;
 *             2. a wrong configuration changes nothing in a running daemon;
 *             3. nothing that comes from outside is read before the lock;
 *             4. at the end, messages under way are answered first, for a while.
 * Errors: of the start: one line that says what to do, and an exit status of sysexits.h.
 * Limits: socket, store, users and worker program of a running daemon do not change; that takes a
 * restart, and so do notices and a key in other directories than at its start.
 */
#include "changes.h"
#include "confine.h"
#include "indexer.h"
#include "listener.h"
#include "scrape.h"
#include "service.h"
#include "session.h"
#include "starter.h"

#include <mugai/error.h>
#include <mugai/log.h>
#include <mugai/passed.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *config_file;
    gboolean log_stderr;
    gint ready_fd;
    gint passed_fd; /* -1: mugaid makes the socket itself */
    gboolean version;
    MugaiLauncher *launcher; /* of the service */
    MugaiActor *actor;       /* who started this */
    MugaiManager manager;
} Options;

/* Octets in the pipe: why the first thread wakes up. */
typedef enum {
    EVENT_NONE = 0,
    EVENT_RELOAD = 'r',
    EVENT_END = 'e',   /* a signal asks for it */
    EVENT_ENDED = 'x', /* libmilter has, unasked */
} Event;

/* Written by main before the handlers are set; a handler can be given nothing. */
static int event_fd = -1;

static void
send_event(Event event)
{
    char octet = (char)event;
    int saved_errno = errno;

    /* A full pipe holds events enough. */
    if (write(event_fd, &octet, 1) < 0)
        errno = saved_errno;
}

/* Takes the place of the C library's for libmilter, the only one here that calls it: its thread is
 * left to sleep, with the signals blocked, as it blocks them itself. */
int
sigwait(const sigset_t *set, int *ret_number)
{
    for (;;)
        pause();
}

static void
on_signal(int number)
{
    send_event(number == SIGHUP ? EVENT_RELOAD : EVENT_END);
}

static gboolean
usage_error(GError **error, const char *text)
{
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_USAGE, text);
    return FALSE;
}

static gboolean
read_options(int *argc, char ***argv, Options *options, char **ret_config_file, GError **error)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, ret_config_file,
         "The configuration (default " MUGAI_CONFIG_DEFAULT_FILE ")", "FILE"},
        {"log-stderr", 0, 0, G_OPTION_ARG_NONE, &options->log_stderr,
         "Log to standard error, not to syslog", NULL},
        {"ready-fd", 0, 0, G_OPTION_ARG_INT, &options->ready_fd,
         "Write one octet to N once mail is served", "N"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- sanitizes mail for Postfix");
    g_autoptr(GError) wrong = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &wrong))
        return usage_error(error, wrong->message);
    if (*argc > 1)
        return usage_error(error, "mugaid takes options only, see --help");
    return TRUE;
}

/* --- signals and reloading --- */

static gboolean
open_events(int *ret_read_fd, GError **error)
{
    const int numbers[] = {SIGHUP, SIGTERM, SIGINT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
    int ends[2] = {-1, -1};
    sigset_t reload;

    /* A handler must not wait. */
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "no pipe for signals");
        return FALSE;
    }
    *ret_read_fd = ends[0];
    event_fd = ends[1];
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&reload);
    sigaddset(&reload, SIGHUP);
    sigprocmask(SIG_UNBLOCK, &reload, NULL);
    return TRUE;
}

static gboolean
load(const Options *options, MugaiConfig **ret_config, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_config_load(options->config_file, error);

    if (config == NULL)
        return FALSE;
    mugai_log_set_level((MugaiLogLevel)config->log_level);
    *ret_config = g_steal_pointer(&config);
    return TRUE;
}

/* The members that only a restart can change keep their value. */
static void
keep_fixed(MugaiConfig *config, const MugaiConfig *running)
{
    const struct {
        char **now;
        const char *then;
        const char *name;
    } fixed[] = {
        {&config->socket, running->socket, "[milter] socket"},
        {&config->milter_user, running->milter_user, "[milter] user"},
        {&config->worker_program, running->worker_program, "[worker] program"},
        {&config->worker_user, running->worker_user, "[worker] user"},
        {&config->store_path, running->store_path, "[store] path"},
        {&config->log_path, running->log_path, "[log] path"},
        {&config->metrics_socket, running->metrics_socket, "[metrics] socket"},
        {&config->metrics_listen, running->metrics_listen, "[metrics] listen"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++) {
        if (g_strcmp0(*fixed[i].now, fixed[i].then) == 0)
            continue;
        mugai_log(MUGAI_LOG_WARNING, "reload: a new %s takes a restart", fixed[i].name);
        g_free(*fixed[i].now);
        *fixed[i].now = g_strdup(fixed[i].then);
    }
}

static void
log_no_reload(const GError *error)
{
    /* The lock's answer to a path, or that of the file's mode: the text of the error is the same.
     */
    gboolean out_of_reach = strstr(error->message, g_strerror(EACCES)) != NULL;

    mugai_log(MUGAI_LOG_ERROR, "reload: the old settings stay: %s%s", error->message,
              out_of_reach ? ": a running mugaid reads only in the directories that it was started "
                             "with, another one takes a restart"
                           : "");
}

/* A service by the configuration as it is now, beside the @running one; NULL if that cannot be. */
static MugaiService *
make_service(const Options *options, const MugaiService *running, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_config_load(options->config_file, error);

    if (config == NULL)
        return NULL;
    keep_fixed(config, running->config);
    if (!mugai_changes_note(config, options->actor, NULL, error))
        return NULL;
    return mugai_service_new(g_steal_pointer(&config), options->launcher, error);
}

static void
reload(const Options *options, MugaiDuty *duty)
{
    MugaiService *running = mugai_duty_enter(duty);
    g_autoptr(GError) error = NULL;
    MugaiService *service = NULL;

    mugai_starter_tell(options->launcher, MUGAI_TIDINGS_RELOADING);
    service = make_service(options, running, &error);
    if (service != NULL) {
        mugai_log_set_level((MugaiLogLevel)service->config->log_level);
        mugai_duty_replace(duty, service);
        mugai_log(MUGAI_LOG_INFO, "reload: done");
    } else {
        /* Also where it was granted a moment ago. */
        mugai_changes_note(running->config, options->actor, error, NULL);
        log_no_reload(error);
    }
    mugai_starter_tell(options->launcher,
                       error == NULL ? MUGAI_TIDINGS_SERVING : MUGAI_TIDINGS_NOT_RELOADED);
    mugai_duty_leave(duty, running);
}

/* --- serving --- */

static gpointer
run_libmilter(gpointer unused)
{
    (void)smfi_main();
    send_event(EVENT_ENDED);
    return NULL;
}

static void
say_ready(const Options *options)
{
    mugai_log(MUGAI_LOG_INFO, "ready");
    mugai_starter_tell(options->launcher, MUGAI_TIDINGS_SERVING);
    if (options->ready_fd < 0)
        return;
    if (write(options->ready_fd, "r", 1) != 1)
        mugai_log(MUGAI_LOG_WARNING, "nobody reads --ready-fd %d", options->ready_fd);
    close(options->ready_fd);
}

/* Until a signal asks for the end: TRUE. FALSE if libmilter ends by itself. */
static gboolean
handle_events(int fd, const Options *options, MugaiDuty *duty)
{
    char event = EVENT_NONE;

    while (event != EVENT_ENDED) {
        ssize_t got = read(fd, &event, 1);

        if (got < 0 && errno == EINTR)
            continue;
        g_assert(got == 1);
        if (event == EVENT_END)
            return TRUE;
        if (event == EVENT_RELOAD)
            reload(options, duty);
    }
    return FALSE;
}

/* libmilter is not asked to end: its listener looks up every five seconds only, and messages are
 * what counts. Those that begin from now on are answered with a 4xx, as the MTA answers them itself
 * once the socket is gone. */
static void
end(MugaiDuty *duty, MugaiListener *listener)
{
    if (mugai_duty_close(duty, mugai_listener_end(listener))) {
        mugai_log(MUGAI_LOG_INFO, "ended");
        return;
    }
    mugai_log(MUGAI_LOG_WARNING, "ended with messages under way: the MTA answers them with a 4xx");
    /* Their threads still use what would be freed now. */
    _exit(EXIT_SUCCESS);
}

static gboolean
serve(const Options *options, MugaiListener *listener, MugaiScrape *scrape, MugaiDuty *duty,
      const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiIndexer) indexer = NULL;
    /* A reload frees the configuration it began with. */
    g_autofree char *socket_name = g_strdup(config->socket);
    /* Lives as long as the duty, and for the same reason. */
    MugaiMetrics *metrics =
        mugai_metrics_new(g_get_real_time() / G_USEC_PER_SEC, options->launcher);
    int events = -1;

    indexer = mugai_indexer_new(duty, config, error);
    if (indexer == NULL || !open_events(&events, error))
        return FALSE;
    mugai_session_use(duty, indexer, metrics);
    if (!mugai_scrape_start(scrape, duty, metrics, config, error))
        return FALSE;
    g_thread_unref(g_thread_new("libmilter", run_libmilter, NULL));
    say_ready(options);
    if (!handle_events(events, options, duty)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "libmilter does not serve %s",
                    socket_name);
        return FALSE;
    }
    mugai_starter_tell(options->launcher, MUGAI_TIDINGS_ENDING);
    end(duty, listener);
    return TRUE;
}

/* With the sockets open and the lock applied. */
static gboolean
start_and_serve(const Options *options, MugaiListener *listener, MugaiScrape *scrape,
                MugaiConfig *config, GError **error)
{
    MugaiService *service = NULL;

    if (!mugai_changes_note(config, options->actor, NULL, error)) {
        mugai_config_free(config);
        return FALSE;
    }
    service = mugai_service_new(config, options->launcher, error);
    return service != NULL &&
           serve(options, listener, scrape, mugai_duty_new(service), service->config, error);
}

/* The service. It reads the configuration itself, so that what it may not read shows now and not at
 * the first reload. */
static gboolean
run_service(const Options *options, GError **error)
{
    g_autoptr(MugaiListener) listener = NULL;
    g_autoptr(MugaiScrape) scrape = NULL;
    MugaiConfig *config = NULL;

    if (!load(options, &config, error))
        return FALSE;
    listener = mugai_session_register(error)
                   ? mugai_listener_open(config, options->passed_fd, error)
                   : NULL;
    scrape = listener != NULL ? mugai_scrape_open(config, error) : NULL;
    if (scrape != NULL &&
        mugai_confine(config, mugai_listener_own_path(listener), options->config_file, error))
        return start_and_serve(options, listener, scrape, config, error);
    mugai_config_free(config);
    return FALSE;
}

/* Returns in the service. */
static gboolean
run(Options *options, GError **error)
{
    g_autoptr(MugaiConfig) config = NULL;
    gboolean served = FALSE;

    if (!load(options, &config, error))
        return FALSE;
    options->launcher =
        mugai_starter_split(config, &options->manager,
                            (const int[]){options->ready_fd, options->passed_fd}, 2, error);
    if (options->launcher == NULL)
        return FALSE;
    served = run_service(options, error);
    mugai_starter_free(options->launcher);
    return served;
}

/* What others have left open does not come along, but for the two: no lock takes from the service
 * what it has. */
static void
close_inherited(gint one, gint other)
{
    const gint kept[] = {MIN(one, other), MAX(one, other)};
    guint first = STDERR_FILENO + 1;

    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        if (kept[i] < (gint)first)
            continue;
        if (kept[i] > (gint)first)
            (void)close_range(first, (guint)kept[i] - 1, 0);
        first = (guint)kept[i] + 1;
    }
    (void)close_range(first, ~0u, 0);
}

/* Of all that is open there stay the standard streams, @options->ready_fd and what systemd has
 * passed. */
static gboolean
take_descriptors(Options *options, GError **error)
{
    g_autoptr(GError) wrong = NULL;

    options->passed_fd = mugai_passed_socket(AF_UNSPEC, SOCK_STREAM, "ListenStream", &wrong);
    if (wrong != NULL) {
        g_propagate_error(error, g_steal_pointer(&wrong));
        return FALSE;
    }
    if (options->passed_fd >= 0 && options->passed_fd == options->ready_fd)
        return usage_error(error, "--ready-fd: that is the socket that was passed");
    close_inherited(options->ready_fd, options->passed_fd);
    return TRUE;
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
    g_autoptr(GError) error = NULL;
    g_autofree char *config_file = NULL;
    g_autoptr(MugaiActor) actor = NULL;
    Options options = {.config_file = MUGAI_CONFIG_DEFAULT_FILE, .ready_fd = -1, .passed_fd = -1};

    fill_standard_streams();
    umask(077);
    mugai_log_open("mugaid", TRUE);
    if (!read_options(&argc, &argv, &options, &config_file, &error)) {
        mugai_log(MUGAI_LOG_ERROR, "%s", error->message);
        return mugai_error_exit_status(error);
    }
    if (options.version) {
        g_print("mugaid %s\n", MUGAI_VERSION);
        return EXIT_SUCCESS;
    }
    if (!take_descriptors(&options, &error)) {
        mugai_log(MUGAI_LOG_ERROR, "%s", error->message);
        return mugai_error_exit_status(error);
    }
    mugai_log_open("mugaid", options.log_stderr);
    if (config_file != NULL)
        options.config_file = config_file;
    mugai_manager_find(&options.manager);
    actor = mugai_actor_self("mugaid");
    options.actor = actor;
    if (run(&options, &error))
        return EXIT_SUCCESS;
    mugai_log(MUGAI_LOG_ERROR, "%s", error->message);
    return mugai_error_exit_status(error);
}
