/*
 * cmd_doctor.c - mugai doctor: is this host's mugai well, and if not, what is to be done
 *
 * Looks at everything that mail needs on its way, from the configuration to a message through the
 * mugaid that runs. That message is one like any other: it is kept, so that all of the way is
 * tried; monitoring that asks every minute says --no-message.
 *
 * Errors: of the command line. What is wrong on the host is a finding, and exit status 1.
 */
#include "cli.h"
#include "doctor.h"
#include "findings.h"
#include "postfix.h"

#include <sysexits.h>

typedef struct {
    gboolean no_message, no_postfix, json;
    char *postfix_directory;
} Options;

static void
look(const Options *options, MugaiConfig *config, GPtrArray *findings)
{
    gboolean message = !options->no_message;
    gboolean answers = FALSE;

    mugai_doctor_check_rights(config, findings);
    /* mugaid alone seals: a worker of ours does without the key. */
    g_clear_pointer(&config->seal_key, g_free);
    mugai_doctor_check_store(config, findings);
    mugai_doctor_check_disk(config, findings);
    if (!mugai_doctor_check_clock(config, findings) && message) {
        /* It would be the newest original, and purge would believe the clock. */
        mugai_findings_add(findings, MUGAI_FOUND_NOTE, "message",
                           _("none is sent as long as the clock is wrong"));
        message = FALSE;
    }
    mugai_doctor_check_kernel(findings);
    mugai_doctor_check_worker(config, findings);
    answers = mugai_doctor_check_daemon(config, message, findings);
    mugai_doctor_check_sockets(config, findings);
    if (options->no_postfix)
        return;
    if (answers)
        mugai_doctor_check_reach(config, options->postfix_directory, findings);
    mugai_postfix_check(options->postfix_directory, config, findings);
}

static int
run(const Options *options, const char *path)
{
    g_autoptr(GPtrArray) findings = mugai_findings_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = mugai_config_load(path, &error);

    if (config == NULL) {
        mugai_findings_add_error(findings, "configuration", error);
    } else {
        mugai_findings_add(findings, MUGAI_FOUND_OK, "configuration", "%s", path);
        look(options, config, findings);
    }
    return mugai_findings_print(findings, options->json);
}

int
cmd_doctor(int argc, char **argv, GError **error)
{
    Options options = {FALSE};
    const GOptionEntry entries[] = {
        {"no-message", 0, 0, G_OPTION_ARG_NONE, &options.no_message,
         N_("Send no test message through mugaid: nothing is kept"), NULL},
        {"no-postfix", 0, 0, G_OPTION_ARG_NONE, &options.no_postfix,
         N_("Do not look at Postfix' settings"), NULL},
        {"postfix-config", 0, 0, G_OPTION_ARG_FILENAME, &options.postfix_directory,
         N_("Of the Postfix whose main.cf is in DIR"), "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_("One object a line"), NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autofree char *directory = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Looks at all that mail needs on its way through this host, and says what "
               "to do. Run it as root. Exit status 1: something is wrong."),
            argc, argv, error))
        return -1;
    directory = options.postfix_directory;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("doctor takes options only"));
        return -1;
    }
    if (options.json)
        mugai_cli_speak_english();
    return run(&options,
               common.config_path != NULL ? common.config_path : MUGAI_CONFIG_DEFAULT_FILE);
}
