/*
 * log.c - one line to syslog or to standard error
 *
 * Invariants: 1. one call is one line: control characters in a line become '?';
 *             2. a line is written with one write, so lines of several threads do not mix.
 * Trust: text from outside was quoted by the caller; invariant 1 is the second line of defence.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "mugai-gate"
#define LINE_OCTETS 2048u

/* Set by main before the first thread starts, then only read. */
static bool log_to_stderr = true;

void
mugai_gate_log_open(bool to_stderr)
{
    log_to_stderr = to_stderr || isatty(STDERR_FILENO);
    if (!log_to_stderr)
        openlog(PROGRAM, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

static const char *
level_name(int level)
{
    switch (level) {
    case LOG_ALERT:
        return "alert: ";
    case LOG_ERR:
        return "error: ";
    case LOG_WARNING:
        return "warning: ";
    default:
        return "";
    }
}

static void
write_line(char *line, size_t length)
{
    line[length++] = '\n';
    /* Nobody can be told that the log cannot be written. */
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, line, length);

        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

void
mugai_gate_log(int level, const char *format, ...)
{
    char line[LINE_OCTETS] = "";
    size_t length = 0;
    size_t prefix = 0;
    va_list arguments;

    snprintf(line, sizeof(line), PROGRAM ": %s", level_name(level));
    prefix = strlen(line);
    va_start(arguments, format);
    vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, arguments);
    va_end(arguments);
    length = strlen(line);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = '?';
    }
    if (log_to_stderr)
        write_line(line, length);
    else
        syslog(level, "%s", line + strlen(PROGRAM ": "));
}

char *
mugai_gate_quote(char *out, size_t size, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *at = out;

    /* The longest form of one octet, and the NUL. */
    while (*text != '\0' && (size_t)(at - out) + 5 <= size) {
        unsigned char octet = (unsigned char)*text++;

        if (octet == '"' || octet == '\\') {
            *at++ = '\\';
            *at++ = (char)octet;
        } else if (octet >= 0x20 && octet < 0x7F) {
            *at++ = (char)octet;
        } else {
            *at++ = '\\';
            *at++ = 'x';
            *at++ = digits[octet >> 4];
            *at++ = digits[octet & 15];
        }
    }
    *at = '\0';
    return out;
}
