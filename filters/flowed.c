/*
 * flowed.c - format=flowed (RFC 3676): soft line breaks undone, so that sentences are whole again
 *
 * A line that ends in a space goes on in the next one of the same quote depth; "-- " is a
 * signature's separator and does not. With DelSp=yes the space was only the mark (as in Japanese,
 * which has none between words).
 */
#include <mugai/filter.h>

#include <string.h>

typedef struct {
    const char *p;
    gsize octets;
    gsize depth;
    gboolean flows; /* goes on in the next line */
} FlowedLine;

/* Reads the line at @p: quote marks counted, stuffing undone; returns where the next begins. */
static const char *
read_flowed_line(const char *p, const char *end, FlowedLine *ret_line)
{
    const char *line_end = memchr(p, '\n', (gsize)(end - p));
    const char *next = line_end == NULL ? end : line_end + 1;
    FlowedLine line = {.p = p};

    if (line_end == NULL)
        line_end = end;
    if (line_end > p && line_end[-1] == '\r')
        line_end--;
    while (line.p < line_end && *line.p == '>') {
        line.depth++;
        line.p++;
    }
    if (line.p < line_end && *line.p == ' ')
        line.p++;
    line.octets = (gsize)(line_end - line.p);
    line.flows = line.octets > 0 && line.p[line.octets - 1] == ' ' &&
                 !(line.octets == 3 && memcmp(line.p, "-- ", 3) == 0);
    *ret_line = line;
    return next;
}

static void
append_depth(GString *text, gsize depth)
{
    for (gsize i = 0; i < depth; i++)
        g_string_append_c(text, '>');
    if (depth > 0)
        g_string_append_c(text, ' ');
}

GString *
mugai_flowed_unwrap(const char *utf8, gsize length, gboolean delete_space)
{
    GString *text = g_string_sized_new(length);
    const char *end = utf8 + length;
    FlowedLine before = {0};

    for (const char *p = utf8; p < end;) {
        FlowedLine line = {0};

        p = read_flowed_line(p, end, &line);
        if (!before.flows || before.depth != line.depth) {
            if (before.p != NULL)
                g_string_append_c(text, '\n');
            append_depth(text, line.depth);
        }
        g_string_append_len(text, line.p,
                            (gssize)(line.octets - (line.flows && delete_space ? 1 : 0)));
        before = line;
    }
    if (before.p != NULL)
        g_string_append_c(text, '\n');
    return text;
}
