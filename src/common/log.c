/*
 * log.c - one line to syslog or to standard error
 *
 * The one place that writes the log. What it keeps between calls (name, level, where to) is set by
 * main before the first thread starts and then only read.
 *
 * Invariants: 1. one call is one line: control characters in a line become '?';
 *             2. a line is written with one write, so lines of several threads do not mix;
 *             3. where standard error is the journal a line keeps its priority (sd-daemon(3)).
 * Trust: text from outside was quoted by the caller; invariant 1 is the second line of defence.
 */
#include <mugai/log.h>

#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_OCTETS_MAX 8192u

static struct {
    const char *program;
    gboolean to_stderr;
    gboolean to_journal; /* by standard error */
    MugaiLogLevel level;
} log_state = {"mugai", TRUE, FALSE, MUGAI_LOG_INFO};

/* systemd.exec(5): JOURNAL_STREAM names the device and inode that the journal gave a service. Only
 * where standard error is still that one is a prefix read there, and not shown. */
static gboolean
stderr_is_journal(void)
{
    const char *stream = g_getenv("JOURNAL_STREAM");
    g_autofree char *here = NULL;
    struct stat status;

    if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
        return FALSE;
    here = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)status.st_dev,
                           (guint64)status.st_ino);
    return strcmp(here, stream) == 0;
}

void
mugai_log_open(const char *program, gboolean to_stderr)
{
    log_state.program = program;
    log_state.to_stderr = to_stderr || isatty(STDERR_FILENO);
    log_state.to_journal = log_state.to_stderr && stderr_is_journal();
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    if (!log_state.to_stderr)
        openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
mugai_log_set_level(MugaiLogLevel level)
{
    log_state.level = level;
}

static const char *
level_name(MugaiLogLevel level)
{
    switch (level) {
    case MUGAI_LOG_ALERT:
        return "alert: ";
    case MUGAI_LOG_CRITICAL:
        return "critical: ";
    case MUGAI_LOG_ERROR:
        return "error: ";
    case MUGAI_LOG_WARNING:
        return "warning: ";
    case MUGAI_LOG_INFO:
    case MUGAI_LOG_DEBUG:
        return "";
    }
    return "";
}

static void
write_line(const char *line)
{
    gsize length = strlen(line);

    /* Nobody can be told that the log cannot be written. */
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, line, length);

        if (written <= 0)
            return;
        line += written;
        length -= (gsize)written;
    }
}

void
mugai_log(MugaiLogLevel level, const char *format, ...)
{
    g_autoptr(GString) line = NULL;
    va_list arguments;

    if (level > log_state.level)
        return;
    line = g_string_new(level_name(level));
    va_start(arguments, format);
    g_string_append_vprintf(line, format, arguments);
    va_end(arguments);
    if (line->len > LINE_OCTETS_MAX)
        g_string_truncate(line, LINE_OCTETS_MAX);
    for (gsize i = 0; i < line->len; i++) {
        if (g_ascii_iscntrl(line->str[i]))
            line->str[i] = '?';
    }
    if (log_state.to_stderr) {
        g_string_prepend(line, ": ");
        g_string_prepend(line, log_state.program);
        if (log_state.to_journal)
            g_string_prepend(line, (const char[]){'<', (char)('0' + level), '>', '\0'});
        g_string_append_c(line, '\n');
        write_line(line->str);
    } else {
        syslog((int)level, "%s", line->str);
    }
}
