/*
 * orders.c - what hold, unhold and delete have in common: ids and a reason, one message after the
 * other
 *
 * One that cannot be done does not keep the others from being done; the exit status says so.
 */
#include "cli.h"

#include <sysexits.h>

/* Exit status: that of the last one that could not be. */
static int
order_all(const MugaiOrder *order, MugaiOrderVisit visit, const GArray *ids)
{
    int status = EX_OK;

    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) error = NULL;

        if (visit(order, &g_array_index(ids, MugaiId, i), &error))
            continue;
        mugai_cli_complain("%s", error->message);
        status = mugai_cli_refusal_status(error);
    }
    return status;
}

int
mugai_cli_order(MugaiOrderVisit visit, const char *description, int argc, char **argv,
                GError **error)
{
    g_autofree char *reason = NULL;
    const GOptionEntry entries[] = {
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, "Why; stands in the log", "TEXT"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(GArray) ids = NULL;
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiIndex) index = NULL;

    if (!mugai_cli_parse(&common, entries, "ID...", description, argc, argv, error))
        return -1;
    ids = mugai_cli_read_ids(&common, error);
    if (ids == NULL || !mugai_cli_check_reason(reason, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    store = config != NULL ? mugai_store_open(config, error) : NULL;
    if (store == NULL)
        return -1;
    index = mugai_cli_open_index(store);
    return order_all(&(MugaiOrder){config, store, index, reason}, visit, ids);
}
