/* postfix.h - the Postfix that asks mugaid: its settings, by its own postconf */
#pragma once

#include <mugai/config.h>

/* Runs postconf(1) or postfix(1) (@program) with -c @directory (NULL: Postfix' own default) and
 * @arguments (ends in NULL); what it wrote to standard output, without the last line end. NULL with
 * its complaint. */
char *mugai_postfix_run(const char *program, const char *directory, const char *const *arguments,
                        GError **error);
/* A parameter of main.cf as it stands there, or expanded. */
char *mugai_postfix_get(const char *directory, const char *parameter, gboolean expanded,
                        GError **error);
/* The directory of main.cf. */
char *mugai_postfix_directory(const char *directory, GError **error);

/* mugaid's socket as Postfix names it; CONFIG if its smtpd cannot get there. */
char *mugai_postfix_socket(const char *directory, const MugaiConfig *config, GError **error);
/* Whether the list of milters @value names @milter. */
gboolean mugai_postfix_lists(const char *value, const char *milter);
/* Whether @milter is the last one in it. */
gboolean mugai_postfix_ends_in(const char *value, const char *milter);
/* @value without @milter; and with it as the last, as it is written there already or alone. */
char *mugai_postfix_without(const char *value, const char *milter);
char *mugai_postfix_with_last(const char *value, const char *milter);
/* Whether a default_action lets a message through when a milter does not answer. "quarantine" keeps
 * it as it came, for whoever releases it. */
gboolean mugai_postfix_is_unsafe(const char *action);

/* Adds how these settings are to @findings. */
void mugai_postfix_check(const char *directory, const MugaiConfig *config, GPtrArray *findings);
