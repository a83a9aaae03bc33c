/* log.h - one line to journal or syslog; the program logs, libraries are silent */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* syslog(3) severities that mugai uses. */
typedef enum {
    MUGAI_LOG_ALERT = 1,    /* somebody must look now: guard refused */
    MUGAI_LOG_CRITICAL = 2, /* soon no mail will pass: the store is full */
    MUGAI_LOG_ERROR = 3,    /* a message was answered with a 4xx, a worker died */
    MUGAI_LOG_WARNING = 4,  /* handled, but an administrator should know */
    MUGAI_LOG_INFO = 6,     /* one line a message */
    MUGAI_LOG_DEBUG = 7,
} MugaiLogLevel;

/* Names the program in every line; first call of main. Logs to standard error when it is a terminal
 * or @to_stderr, else to syslog (facility mail). Where standard error is the journal's
 * (JOURNAL_STREAM of systemd.exec(5)), lines keep their priority there. Also makes GLib criticals
 * fatal. */
void mugai_log_open(const char *program, gboolean to_stderr);

/* Lines above @level are dropped; the default is MUGAI_LOG_INFO. */
void mugai_log_set_level(MugaiLogLevel level);

/* One line. Text from outside must have gone through mugai_text_quote() first. */
void mugai_log(MugaiLogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

G_END_DECLS
