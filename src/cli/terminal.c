/* terminal.c - how things look on a terminal: columns of wide characters, sizes, times */
#include "cli.h"

#include <mugai/text.h>
#include <sys/ioctl.h>

/* Characters of one field that are looked at: far more than any terminal is wide. */
#define FIELD_CHARACTERS_MAX 2000u

gsize
mugai_cli_terminal_columns(void)
{
    struct winsize size = {0};

    if (!isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/* Cuts @text to @columns, the last one for a mark that something is missing. */
static void
cut(GString *text, gsize columns)
{
    if (mugai_text_columns(text->str, (gssize)text->len) <= columns)
        return;
    while (text->len > 0 && mugai_text_columns(text->str, (gssize)text->len) + 1 > columns)
        g_string_truncate(text, (gsize)(g_utf8_find_prev_char(text->str, text->str + text->len) -
                                        text->str));
    g_string_append(text, "\xE2\x80\xA6"); /* … */
}

char *
mugai_cli_fit(const char *text, gsize columns)
{
    g_autofree char *quoted =
        mugai_text_quote(text, columns > 0 ? columns + 1 : FIELD_CHARACTERS_MAX);
    GString *field = g_string_new(quoted);

    if (columns > 0) {
        gsize used = 0;

        cut(field, columns);
        used = mugai_text_columns(field->str, (gssize)field->len);
        for (gsize i = used; i < columns; i++)
            g_string_append_c(field, ' ');
    }
    return g_string_free(field, FALSE);
}

char *
mugai_cli_size(guint64 octets)
{
    static const char units[] = "KMGTPE";
    double size = (double)octets;
    gsize unit = 0;

    if (octets < 1024)
        return g_strdup_printf("%" G_GUINT64_FORMAT, octets);
    for (size /= 1024; size >= 999.5; size /= 1024)
        unit++;
    return g_strdup_printf(size < 99.95 ? "%.1f%c" : "%.0f%c", size, units[unit]);
}

char *
mugai_cli_time(gint64 seconds)
{
    g_autoptr(GDateTime) local = g_date_time_new_from_unix_local(seconds);

    return local != NULL ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S %z") : g_strdup("?");
}

gboolean
mugai_cli_wants_colour(void)
{
    const char *refused = g_getenv("NO_COLOR");
    const char *terminal = g_getenv("TERM");

    return isatty(STDOUT_FILENO) && (refused == NULL || refused[0] == '\0') &&
           g_strcmp0(terminal, "dumb") != 0;
}

char *
mugai_cli_json_string(const char *text)
{
    g_autofree char *clean = mugai_text_clean_line(text, -1, FIELD_CHARACTERS_MAX);
    GString *string = g_string_new("\"");

    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(string, '\\');
        g_string_append_c(string, *at);
    }
    return g_string_free(g_string_append_c(string, '"'), FALSE);
}
