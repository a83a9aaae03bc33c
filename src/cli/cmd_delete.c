/* cmd_delete.c - delete originals by their ids, whatever their age; not those that are held */
#include "cli.h"

int
cmd_delete(int argc, char **argv, GError **error)
{
    return mugai_cli_order(
        MUGAI_VERB_DELETE,
        N_("Deletes originals for good, whatever their age. What is held stays."), argc, argv,
        error);
}
