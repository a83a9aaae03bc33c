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

/* mugaid's socket, as the Postfix that asks there sees it. */
typedef struct {
    char *name;          /* as it is to be written: "unix:mugai/mugai.sock" */
    char *path;          /* the file, its links followed; NULL: there is none */
    char *queue;         /* the queue directory, links followed: whoever is chrooted is there */
    GPtrArray *services; /* of master.cf */
} MugaiPostfixMilter;

/* CONFIG if its smtpd cannot get there. */
MugaiPostfixMilter *mugai_postfix_milter_new(const char *directory, const MugaiConfig *config,
                                             GError **error);
void mugai_postfix_milter_free(MugaiPostfixMilter *milter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiPostfixMilter, mugai_postfix_milter_free)

/* Whether the list of milters @value names it, by whatever address: also by one that leads there
 * with a chroot alone, or without one alone. */
gboolean mugai_postfix_lists(const MugaiPostfixMilter *milter, const char *value);
/* Whether @value, of @parameter, names it once, as the last, and so that all get there that ask. */
gboolean mugai_postfix_is_right(const MugaiPostfixMilter *milter, const char *parameter,
                                const char *value);
/* @value without it; and with it as is_right() wants it, in the words that stand there already as
 * far as they are right. */
char *mugai_postfix_without(const MugaiPostfixMilter *milter, const char *value);
char *mugai_postfix_with_last(const MugaiPostfixMilter *milter, const char *parameter,
                              const char *value);
/* Whether @parameter of main.cf names it. */
gboolean mugai_postfix_names(const char *directory, const char *parameter,
                             const MugaiPostfixMilter *milter);
/* Where main.cf and master.cf name it: of char*, "main.cf: smtpd_milters". */
GPtrArray *mugai_postfix_places(const char *directory, const MugaiPostfixMilter *milter);
/* Whether a default_action lets a message through when a milter does not answer. "quarantine" keeps
 * it as it came, for whoever releases it. */
gboolean mugai_postfix_is_unsafe(const char *action);

/* Adds how these settings are to @findings. */
void mugai_postfix_check(const char *directory, const MugaiConfig *config, GPtrArray *findings);
