/*
 * diff.c - two texts as the lines of a unified diff
 *
 * What is the same at both ends is passed over, the longest common subsequence of the rest is found
 * in a table. Where that would be larger than CELLS_MAX, the rest counts as replaced whole: right,
 * and not the shortest.
 */
#include "cli.h"

#include <string.h>

#define CONTEXT_LINES 3u
/* 64 MiB: two texts of 4,000 lines with nothing in common. */
#define CELLS_MAX (16u * 1024u * 1024u)

typedef struct {
    char sign; /* ' ', '-' or '+' */
    const char *line;
} Edit;

typedef struct {
    char **lines;
    guint count;
} Side;

static void
add(GArray *edits, char sign, const char *line)
{
    Edit edit = {sign, line};

    g_array_append_val(edits, edit);
}

/* Lengths of common subsequences: of what begins at line i of @before and line j of @after, in cell
 * (i, j). */
static guint32 *
measure(Side before, Side after)
{
    gsize width = (gsize)after.count + 1;
    guint32 *cells = g_new0(guint32, ((gsize)before.count + 1) * width);

    for (guint i = before.count; i-- > 0;) {
        for (guint j = after.count; j-- > 0;) {
            guint32 *cell = &cells[i * width + j];

            *cell = g_str_equal(before.lines[i], after.lines[j]) ? cell[width + 1] + 1
                                                                 : MAX(cell[width], cell[1]);
        }
    }
    return cells;
}

/* What has no common end. */
static void
compare_middle(Side before, Side after, GArray *edits)
{
    gboolean fits = ((guint64)before.count + 1) * ((guint64)after.count + 1) <= CELLS_MAX;
    g_autofree guint32 *cells = fits ? measure(before, after) : NULL;
    gsize width = (gsize)after.count + 1;
    guint i = 0;
    guint j = 0;

    while (cells != NULL && i < before.count && j < after.count) {
        if (g_str_equal(before.lines[i], after.lines[j])) {
            add(edits, ' ', before.lines[i++]);
            j++;
        } else if (cells[(i + 1) * width + j] >= cells[i * width + j + 1])
            add(edits, '-', before.lines[i++]);
        else
            add(edits, '+', after.lines[j++]);
    }
    while (i < before.count)
        add(edits, '-', before.lines[i++]);
    while (j < after.count)
        add(edits, '+', after.lines[j++]);
}

static GArray *
compare(Side before, Side after)
{
    GArray *edits = g_array_new(FALSE, FALSE, sizeof(Edit));
    guint shorter = MIN(before.count, after.count);
    guint head = 0;
    guint tail = 0;

    while (head < shorter && g_str_equal(before.lines[head], after.lines[head]))
        add(edits, ' ', before.lines[head++]);
    while (tail < shorter - head &&
           g_str_equal(before.lines[before.count - 1 - tail], after.lines[after.count - 1 - tail]))
        tail++;
    compare_middle((Side){before.lines + head, before.count - head - tail},
                   (Side){after.lines + head, after.count - head - tail}, edits);
    for (guint i = before.count - tail; i < before.count; i++)
        add(edits, ' ', before.lines[i]);
    return edits;
}

/* Where the hunk ends that has the change at @at: CONTEXT_LINES behind the last change that is near
 * enough to be shown with it. */
static guint
find_end(const GArray *edits, guint at)
{
    guint last = at;

    for (guint i = at; i < edits->len && i - last <= 2 * CONTEXT_LINES; i++) {
        if (g_array_index(edits, Edit, i).sign != ' ')
            last = i;
    }
    return MIN(last + 1 + CONTEXT_LINES, edits->len);
}

/* Lines of one side among the edits from @from to before @to. */
static guint
count_lines(const GArray *edits, guint from, guint to, char other_side)
{
    guint count = 0;

    for (guint i = from; i < to; i++)
        count += g_array_index(edits, Edit, i).sign != other_side;
    return count;
}

static char *
format_heading(const GArray *edits, guint from, guint to)
{
    guint before = count_lines(edits, from, to, '+');
    guint after = count_lines(edits, from, to, '-');

    return g_strdup_printf("@@ -%u,%u +%u,%u @@", count_lines(edits, 0, from, '+') + (before > 0),
                           before, count_lines(edits, 0, from, '-') + (after > 0), after);
}

GPtrArray *
mugai_cli_diff(const char *before, const char *after)
{
    g_auto(GStrv) old_lines = g_strsplit(before, "\n", -1);
    g_auto(GStrv) new_lines = g_strsplit(after, "\n", -1);
    g_autoptr(GArray) edits = compare((Side){old_lines, g_strv_length(old_lines)},
                                      (Side){new_lines, g_strv_length(new_lines)});
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    guint shown = 0;

    for (guint i = 0; i < edits->len; i++) {
        guint end = 0;

        if (g_array_index(edits, Edit, i).sign == ' ')
            continue;
        end = find_end(edits, i);
        i = MAX(shown, i - MIN(i, CONTEXT_LINES));
        g_ptr_array_add(lines, format_heading(edits, i, end));
        for (; i < end; i++) {
            const Edit *edit = &g_array_index(edits, Edit, i);

            g_ptr_array_add(lines, g_strdup_printf("%c%s", edit->sign, edit->line));
        }
        shown = end;
        i--;
    }
    return lines;
}
