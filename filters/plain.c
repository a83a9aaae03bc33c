/* plain.c - text/plain: the characters are the text; trailing blanks and the empty lines at both
 * ends go */
#include <mugai/filter.h>

#include <string.h>

static const char *
skip_empty_lines(const char *utf8, const char *end)
{
    const char *start = utf8;

    for (const char *p = utf8; p < end && strchr(" \t\r\n", *p) != NULL && *p != '\0'; p++) {
        if (*p == '\n')
            start = p + 1;
    }
    return start;
}

void
mugai_filter_plain(const char *utf8, gsize length, const MugaiSettings *settings, MugaiText *text,
                   MugaiFilterNotes *notes)
{
    const char *end = utf8 + length;
    const char *line = skip_empty_lines(utf8, end);
    guint empty = 0;

    while (line < end) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));
        const char *trimmed = line_end == NULL ? end : line_end;
        const char *next = line_end == NULL ? end : line_end + 1;

        while (trimmed > line && strchr(" \t\r", trimmed[-1]) != NULL && trimmed[-1] != '\0')
            trimmed--;
        if (trimmed > line) {
            for (; empty > 0; empty--)
                mugai_text_append(text, "\n", 1);
            mugai_text_append(text, line, trimmed - line);
            mugai_text_append(text, "\n", 1);
        } else
            empty++;
        line = next;
    }
}
