/* log.h - one line to syslog or to standard error */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

/* Once, before the first thread starts. */
void mugai_gate_log_open(bool to_stderr);

/* One line. @level: LOG_ALERT, LOG_ERR, LOG_WARNING, LOG_INFO. Hostile text in it was quoted. */
__attribute__((format(printf, 2, 3))) void mugai_gate_log(int level, const char *format, ...);

/* Puts hostile text in a form for a log line into @out, whole or cut: printable ASCII stays, `"`
 * and
 * `\` get a backslash, other octets become \xHH. No quotes around. Returns @out. */
char *mugai_gate_quote(char *out, size_t size, const char *text);
