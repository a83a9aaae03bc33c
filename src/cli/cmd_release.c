/*
 * cmd_release.c - sends an original on, to whom the configuration allows
 *
 * Exit: 0 if all have it; 1 for a refusal because of an earlier release; EX_NOPERM for an address;
 *       EX_TEMPFAIL where a later try may help, EX_UNAVAILABLE where none will.
 */
#include "cli.h"

#include <mugai/release.h>
#include <stdio.h>

gboolean
mugai_cli_print_released(const MugaiAnswer *answer, gpointer data)
{
    g_autofree char *why = NULL;

    (void)data;
    if (answer->kind != MUGAI_ANSWER_RELEASED)
        return TRUE;
    why = mugai_cli_say(answer->text);
    if (answer->outcome == MUGAI_RELEASE_ACCEPTED)
        printf(_("%s released to %s\n"), answer->id.text, answer->name);
    else
        mugai_cli_complain(answer->outcome == MUGAI_RELEASE_UNKNOWN
                               ? _("%s may have been released to %s: %s")
                               : _("%s not released to %s: %s"),
                           answer->id.text, answer->name, why);
    return TRUE;
}

GPtrArray *
mugai_cli_read_recipients(char *const *typed, GError **error)
{
    g_autoptr(GPtrArray) recipients = g_ptr_array_new();

    for (; typed != NULL && *typed != NULL; typed++) {
        for (guint i = 0; i < recipients->len; i++) {
            if (g_ascii_strcasecmp(recipients->pdata[i], *typed) != 0)
                continue;
            mugai_cli_misuse(error, _("%s is named twice"), *typed);
            return NULL;
        }
        g_ptr_array_add(recipients, *typed);
    }
    if (recipients->len > 0 && recipients->len <= MUGAI_RELEASE_RECIPIENTS_MAX)
        return g_steal_pointer(&recipients);
    mugai_cli_misuse(error, _("--to ADDRESS is wanted, once or up to %u times"),
                     MUGAI_RELEASE_RECIPIENTS_MAX);
    return NULL;
}

int
cmd_release(int argc, char **argv, GError **error)
{
    g_autofree char *reason = NULL;
    g_auto(GStrv) to = NULL;
    MugaiRequest request = {.verb = MUGAI_VERB_RELEASE};
    g_auto(MugaiCommon) common = {0};
    const GOptionEntry entries[] = {
        {"to", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &to, N_("Who gets it; may be given again"),
         "ADDRESS"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, N_("Why; stands in the log"), "TEXT"},
        {"again", 0, 0, G_OPTION_ARG_NONE, &request.again,
         N_("Also to whom it was released before"), NULL},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(GPtrArray) recipients = NULL;

    if (!mugai_cli_parse(
            &common, entries, "ID",
            N_("Sends the original on, by SMTP to the server of [release], unchanged "
               "behind Resent- fields.\nOnly to whom [release] allowed names and never "
               "does not. An original that SMTP would change is\nrefused: get --zip "
               "gives it out."),
            argc, argv, error) ||
        !mugai_cli_read_id(&common, &request.id, error) || !mugai_cli_check_reason(reason, error))
        return -1;
    recipients = mugai_cli_read_recipients(to, error);
    config = recipients != NULL ? mugai_cli_load_config(&common, error) : NULL;
    if (config == NULL)
        return -1;
    request.reason = reason;
    request.words = common.words;
    request.recipients = recipients;
    return mugai_cli_unlock(&common, config, &request, error)
               ? mugai_cli_ask(config, &request, mugai_cli_print_released, NULL, error)
               : -1;
}
