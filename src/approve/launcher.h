/* launcher.h - the launcher of those who have no starter: workers are children of the caller */
#pragma once

#include <mugai/approve.h>

/* SYSTEM. */
MugaiLauncher *mugai_launcher_new_direct(const MugaiConfig *config, GError **error);
void mugai_launcher_free_direct(MugaiLauncher *launcher);
