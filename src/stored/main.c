/*
 * main.c - mugai-stored: serves the quarantine to those who may not open it themselves
 *
 * Takes its socket from systemd or makes it, gives up root, and serves. It stands apart from the
 * mail path: mugaid needs nothing of it, and it nothing of mugaid.
 *
 * Invariants: 1. no request is read as root, or with any capability; what it starts, the worker,
 *                gets no new privileges either, and locks itself (I6);
 *             2. who asks is what the kernel says.
 * Limits: releases want the network and workers want exec, so what lock_service.c forbids mugaid
 * cannot be forbidden here; what it may reach of the file system is for its unit to say. Started by
 * root it becomes [milter] user, whose the store is; workers run as that user too.
 */
#include "serve.h"
#include "socket.h"

#include <mugai/config.h>
#include <mugai/error.h>
#include <mugai/log.h>
#include <mugai/passed.h>
#include <mugai/sandbox.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Started by systemd when somebody asks, and again. */
#define IDLE_SECONDS_DEFAULT 60

typedef struct {
    const char *config_file;
    gboolean log_stderr, version;
    gint ready_fd, idle_seconds;
} Options;

static const char description[] =
    "Serves list, show, get, release and the like to those who may not open the quarantine\n"
    "themselves: mugai asks it. Who may what, [access] of the configuration says. The socket is\n"
    "systemd's, or the one that [access] socket names.";

static gboolean
read_options(int *argc, char ***argv, Options *options, char **ret_config_file, GError **error)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, ret_config_file,
         "The configuration (default " MUGAI_CONFIG_DEFAULT_FILE ")", "FILE"},
        {"log-stderr", 0, 0, G_OPTION_ARG_NONE, &options->log_stderr,
         "Log to standard error, not to syslog", NULL},
        {"ready-fd", 0, 0, G_OPTION_ARG_INT, &options->ready_fd,
         "Write one octet to N once it serves", "N"},
        {"idle", 0, 0, G_OPTION_ARG_INT, &options->idle_seconds,
         "With systemd's socket: end when nobody has asked for N seconds (default 60)", "N"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- serves the quarantine to mugai");
    g_autoptr(GError) wrong = NULL;

    g_option_context_set_summary(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &wrong))
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_USAGE, wrong->message);
    else if (*argc > 1)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_USAGE, "options only: see --help");
    else if (options->idle_seconds < 1 || options->idle_seconds > 86400)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_USAGE,
                            "--idle takes seconds, 1 to 86400");
    else
        return TRUE;
    return FALSE;
}

/* Root becomes the user of the store; the others stay who they are, without what they need not. */
static gboolean
become_user(const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiUser) user = NULL;

    if (geteuid() != 0)
        return mugai_sandbox_become(NULL, MUGAI_GROUPS_OWN, error);
    user = mugai_user_find(config->milter_user, error);
    if (user == NULL)
        g_prefix_error(error, "[milter] user: ");
    return user != NULL && mugai_sandbox_become(user, MUGAI_GROUPS_OWN, error);
}

static void
say_ready(const Options *options)
{
    if (options->ready_fd < 0)
        return;
    if (write(options->ready_fd, "r", 1) != 1)
        mugai_log(MUGAI_LOG_WARNING, "nobody hears that this is ready");
    close(options->ready_fd);
}

/* The configuration is read again as the user: what he may not read shows now. */
static gboolean
serve(const Options *options, MugaiServe *how, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_config_load(options->config_file, error);

    if (config == NULL)
        return FALSE;
    mugai_log_set_level((MugaiLogLevel)config->log_level);
    say_ready(options);
    return mugai_serve(how, error);
}

static gboolean
run(const Options *options, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_config_load(options->config_file, error);
    g_autoptr(GError) wrong = NULL;
    MugaiServe how = {.config_file = options->config_file, .listener = -1};

    if (config == NULL)
        return FALSE;
    how.listener = mugai_passed_socket(AF_UNIX, SOCK_SEQPACKET, "ListenSequentialPacket", &wrong);
    if (wrong != NULL) {
        g_propagate_error(error, g_steal_pointer(&wrong));
        return FALSE;
    }
    if (how.listener >= 0)
        how.idle_seconds = (guint)options->idle_seconds;
    else
        how.listener = mugai_socket_make(config->access_socket, error);
    return how.listener >= 0 && become_user(config, error) && serve(options, &how, error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *config_file = NULL;
    Options options = {.config_file = MUGAI_CONFIG_DEFAULT_FILE,
                       .ready_fd = -1,
                       .idle_seconds = IDLE_SECONDS_DEFAULT};

    umask(077);
    mugai_log_open("mugai-stored", TRUE);
    if (!read_options(&argc, &argv, &options, &config_file, &error)) {
        mugai_log(MUGAI_LOG_ERROR, "%s", error->message);
        return mugai_error_exit_status(error);
    }
    if (options.version) {
        g_print("mugai-stored %s\n", MUGAI_VERSION);
        return EXIT_SUCCESS;
    }
    mugai_log_open("mugai-stored", options.log_stderr);
    if (config_file != NULL)
        options.config_file = config_file;
    if (run(&options, &error))
        return EXIT_SUCCESS;
    mugai_log(MUGAI_LOG_ERROR, "%s", error->message);
    return mugai_error_exit_status(error);
}
