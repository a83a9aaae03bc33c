/*
 * cmd_request.c - where a release takes two: requests one, or takes the request back; and approves
 * what another person has requested
 *
 * Exit of approve: as of release; EX_NOPERM for the same person, and for a request that is too old.
 */
#include "cli.h"

#include <stdio.h>

static gboolean
print_done(const MugaiAnswer *answer, gpointer data)
{
    (void)data;
    if (answer->kind == MUGAI_ANSWER_DONE)
        printf("%s %s\n", answer->id.text, mugai_cli_word(answer->text));
    return TRUE;
}

/* Exit status, or -1 with @error. */
static int
ask(MugaiCommon *common, MugaiRequest *request, MugaiDeskTell tell, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_cli_load_config(common, error);

    request->words = common->words;
    return config != NULL && mugai_cli_unlock(common, config, request, error)
               ? mugai_cli_ask(config, request, tell, NULL, error)
               : -1;
}

int
cmd_request(int argc, char **argv, GError **error)
{
    g_autofree char *reason = NULL;
    g_auto(GStrv) to = NULL;
    gboolean withdraw = FALSE;
    MugaiRequest request = {.verb = MUGAI_VERB_REQUEST};
    const GOptionEntry entries[] = {
        {"to", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &to, N_("Who is to get it; may be given again"),
         "ADDRESS"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, N_("Why; stands in the log"), "TEXT"},
        {"again", 0, 0, G_OPTION_ARG_NONE, &request.again,
         N_("Also to whom it was released before"), NULL},
        {"withdraw", 0, 0, G_OPTION_ARG_NONE, &withdraw, N_("Take the request back"), NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(GPtrArray) recipients = NULL;

    if (!mugai_cli_parse(
            &common, entries, "ID",
            N_("Requests that the original be sent on, where [release] two_person says "
               "that this takes two.\nAnother releaser approves it within 7 days: mugai "
               "approve ID. Until then --withdraw takes it back."),
            argc, argv, error) ||
        !mugai_cli_read_id(&common, &request.id, error))
        return -1;
    request.reason = reason;
    if (withdraw && (to != NULL || request.again)) {
        mugai_cli_misuse(error, _("--withdraw takes nothing but --reason"));
        return -1;
    }
    if (withdraw) {
        request.verb = MUGAI_VERB_WITHDRAW;
        return ask(&common, &request, print_done, error);
    }
    recipients =
        mugai_cli_check_reason(reason, error) ? mugai_cli_read_recipients(to, error) : NULL;
    request.recipients = recipients;
    return recipients != NULL ? ask(&common, &request, print_done, error) : -1;
}

int
cmd_approve(int argc, char **argv, GError **error)
{
    g_autofree char *reason = NULL;
    MugaiRequest request = {.verb = MUGAI_VERB_APPROVE};
    g_auto(MugaiCommon) common = {0};
    const GOptionEntry entries[] = {
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason,
         N_("Why; stands in the log. Without it, that of the request"), "TEXT"},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };

    if (!mugai_cli_parse(&common, entries, "ID",
                         N_("Sends on an original as another person has requested it: \"mugai show "
                            "ID\" says who wants it to\ngo to whom, and why."),
                         argc, argv, error) ||
        !mugai_cli_read_id(&common, &request.id, error) ||
        (reason != NULL && !mugai_cli_check_reason(reason, error)))
        return -1;
    request.reason = reason;
    return ask(&common, &request, mugai_cli_print_released, error);
}
