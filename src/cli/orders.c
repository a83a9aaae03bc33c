/*
 * orders.c - what hold, unhold and delete have in common: ids and a reason, one message after the
 * other
 *
 * One that cannot be done does not keep the others from being done; the exit status says so.
 */
#include "cli.h"

#include <stdio.h>
#include <sysexits.h>

static gboolean
print_done(const MugaiAnswer *answer, gpointer data)
{
    (void)data;
    if (answer->kind == MUGAI_ANSWER_DONE)
        printf("%s %s\n", answer->id.text, mugai_cli_word(answer->text));
    return TRUE;
}

/* Exit status: that of the last one that could not be. */
static int
order_all(const MugaiConfig *config, MugaiVerb verb, char *reason, const GArray *ids)
{
    int status = EX_OK;

    for (guint i = 0; i < ids->len; i++) {
        const MugaiRequest request = {.verb = verb,
                                      .id = g_array_index(ids, MugaiId, i),
                                      .reason = reason};
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (mugai_cli_ask(config, &request, print_done, NULL, &error) >= 0)
            continue;
        text = mugai_cli_explain(error);
        mugai_cli_complain("%s", text);
        status = error->code;
    }
    return status;
}

int
mugai_cli_order(MugaiVerb verb, const char *description, int argc, char **argv, GError **error)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, N_("Why; stands in the log"), "TEXT"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(GArray) ids = NULL;
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(&common, entries, "ID...", description, argc, argv, error))
        return -1;
    ids = mugai_cli_read_ids(&common, error);
    if (ids == NULL || !mugai_cli_check_reason(reason, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    return config != NULL ? order_all(config, verb, reason, ids) : -1;
}
