/* cmd_hold.c - keep originals beyond the days of retention, and let them go again */
#include "cli.h"

int
cmd_hold(int argc, char **argv, GError **error)
{
    return mugai_cli_order(
        MUGAI_VERB_HOLD, N_("Keeps originals beyond the days of retention, until they are let go."),
        argc, argv, error);
}

int
cmd_unhold(int argc, char **argv, GError **error)
{
    return mugai_cli_order(MUGAI_VERB_UNHOLD,
                           N_("Lets originals go that were held: retention applies to them again."),
                           argc, argv, error);
}
