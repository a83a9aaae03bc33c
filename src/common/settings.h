/* settings.h - what reading mugai.conf needs of settings.c beside the public contract */
#pragma once

#include <mugai/config.h>

/* Whether there are notice texts in @language. */
gboolean mugai_settings_known_language(const char *language);

/* Changes to another known language and its built-in sentences. */
void mugai_settings_set_language(MugaiSettings *settings, const char *language);

/* Replaces sentences by those of @directory/LANGUAGE.conf. CONFIG if it cannot be read or has a
 * sentence we do not. */
gboolean mugai_settings_load_notices(MugaiSettings *settings, const char *directory,
                                     GError **error);
