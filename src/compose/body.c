/*
 * body.c - hostile text to lines that may stand in the body (profile, sections 4 and 5)
 *
 * Clean the characters, then make the links inert, then cut and mark the lines: in this order, for
 * each step could undo the one before it. What a line may not be is decided again by the guard.
 */
#include "links.h"

#include <mugai/compose.h>
#include <mugai/profile.h>

#include <string.h>

/* Room for the "> " before a forged mark. */
#define LINE_OCTETS (MUGAI_PROFILE_TEXT_LINE_OCTETS - 2)

/* Whether @line looks like one of ours: the mark's square after optional blanks. */
static gboolean
forges_mark(const char *line, const char *end)
{
    while (line < end) {
        gunichar c = g_utf8_get_char(line);

        if (c == 0x25A0)
            return TRUE;
        if (!g_unichar_isspace(c))
            return FALSE;
        line = g_utf8_next_char(line);
    }
    return FALSE;
}

/* The largest piece of @line that fits in a line and after which another may begin. */
static const char *
cut_line(const char *line, const char *end)
{
    const char *cut = line + LINE_OCTETS;

    if (end - line <= (gssize)LINE_OCTETS)
        return end;
    while (((guchar)*cut & 0xC0) == 0x80)
        cut--;
    /* A selector or mark stays with its base; there are at most 9 of them together. */
    while (mugai_text_is_selector(g_utf8_get_char(cut)) || g_unichar_ismark(g_utf8_get_char(cut)))
        cut = g_utf8_prev_char(cut);
    return cut;
}

static void
append_line(MugaiText *text, const char *line, const char *end)
{
    do {
        const char *cut = cut_line(line, end);

        if (forges_mark(line, cut))
            mugai_text_append(text, "> ", 2);
        mugai_text_append(text, line, cut - line);
        mugai_text_append(text, "\n", 1);
        line = cut;
    } while (line < end);
}

void
mugai_compose_body(MugaiText *text, const char *utf8, gsize length, MugaiLinks links,
                   MugaiCleaned *cleaned)
{
    g_autoptr(MugaiText) clean = mugai_text_new(G_MAXSIZE / 2);
    GString *inert = g_string_sized_new(length + 64);
    const char *line = NULL;
    const char *end = NULL;

    mugai_text_append_clean(clean, utf8, (gssize)length, cleaned);
    mugai_links_append_inert(inert, mugai_text_string(clean), mugai_text_length(clean), links);
    line = inert->str;
    end = inert->str + inert->len;
    while (line < end && mugai_text_missing(text) == 0) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));

        append_line(text, line, line_end == NULL ? end : line_end);
        line = line_end == NULL ? end : line_end + 1;
    }
    g_string_free(inert, TRUE);
}
