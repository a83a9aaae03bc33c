/* cmd_check_config.c - says whether a configuration is right before mugaid has to */
#include "cli.h"

#include <stdio.h>
#include <sysexits.h>

int
cmd_check_config(int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {{NULL}};
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    const char *path = NULL;

    if (!mugai_cli_parse(&common, entries, "[FILE]",
                         N_("Says ok, or what is wrong and in which line."), argc, argv, error))
        return -1;
    if (g_strv_length(common.arguments) > 1 ||
        (common.arguments[0] != NULL && common.config_path != NULL)) {
        mugai_cli_misuse(error, _("check-config takes one file"));
        return -1;
    }
    path = common.config_path != NULL ? common.config_path : common.arguments[0];
    config = mugai_config_load(path != NULL ? path : MUGAI_CONFIG_DEFAULT_FILE, error);
    if (config == NULL)
        return -1;
    puts(_("ok"));
    return EX_OK;
}
