/* warm_up.c - for targets of the worker: what it loads before its first message */
#include "fuzz.h"

void
fuzz_warm_up(void)
{
    static gboolean warm;
    g_autoptr(GError) error = NULL;

    if (!warm)
        warm = mugai_sanitize_warm_up(&error);
    g_assert_no_error(error);
}
