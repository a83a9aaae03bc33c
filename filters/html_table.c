/* html_table.c - tables: rows and columns where they are data, plain flow where they are layout
 *
 * Only the innermost table is gathered, for no data table holds another: as soon as one begins
 * inside, the outer one is layout, and what was gathered of it flows. So every octet is gathered
 * once, however deep tables nest.
 *
 * Invariants: 1. at most one table is gathered; 2. what is gathered is bounded: past the bound its
 * rows are written and gathering starts anew; 3. nothing gathered is lost.
 */
#include "html_table.h"

#include <string.h>

/* Gathered at most, then written: octets of text, cells. */
#define GATHERED_OCTETS_MAX (256u * 1024u)
#define GATHERED_CELLS_MAX 4096u
/* A row with more cells is no row of data. */
#define COLUMNS_MAX 64u
/* Columns on a screen: a table that is wider is not aligned; a cell that is wider is a paragraph.
 */
#define ALIGNED_COLUMNS_MAX 100u
#define CELL_COLUMNS_MAX 60u
/* Lines in a cell of data. */
#define CELL_LINES_MAX 8u

typedef struct {
    guint row;
    guint column;
    guint columns; /* how many it spans */
    gsize offset;  /* of its text in the store */
    gsize length;
    guint gaps;
    guint lines;
    guint width; /* of its widest line */
    gboolean header;
} Cell;

struct HtmlTable {
    HtmlFlow *flow;
    guint depth;     /* open tables */
    guint gathering; /* the depth of the one gathered, 0: none */
    guint indents;   /* outside of it */
    gboolean ruled;
    gboolean in_cell;
    GString *store;
    GArray *cells; /* of Cell */
    guint row;
    guint column;
    guint occupied[COLUMNS_MAX]; /* rows that a cell above still takes */
    guint widths[COLUMNS_MAX];
    gboolean aligned;
};

HtmlTable *
html_table_new(HtmlFlow *flow)
{
    HtmlTable *table = g_new0(HtmlTable, 1);

    table->flow = flow;
    table->store = g_string_new(NULL);
    table->cells = g_array_new(FALSE, TRUE, sizeof(Cell));
    return table;
}

void
html_table_free(HtmlTable *table)
{
    g_array_unref(table->cells);
    g_string_free(table->store, TRUE);
    g_free(table);
}

static Cell *
cell_at(HtmlTable *table, guint index)
{
    return &g_array_index(table->cells, Cell, index);
}

/* A walk over the lines of a cell. */
typedef struct {
    const char *at, *end;
    const char *line;
    gsize length; /* of @line */
} Lines;

static Lines
lines_of(const HtmlTable *table, const Cell *cell)
{
    const char *at = table->store->str + cell->offset;

    return (Lines){.at = at, .end = at + cell->length};
}

static gboolean
next_line(Lines *lines)
{
    const char *newline = NULL;

    if (lines->at >= lines->end)
        return FALSE;
    newline = memchr(lines->at, '\n', (gsize)(lines->end - lines->at));
    lines->line = lines->at;
    lines->length = (gsize)((newline != NULL ? newline : lines->end) - lines->at);
    lines->at += lines->length + 1;
    return TRUE;
}

static void
write_flowing(HtmlTable *table, const Cell *cell)
{
    Lines lines = lines_of(table, cell);

    html_flow_break(table->flow, (cell->gaps & HTML_GAP_BEFORE) != 0);
    while (next_line(&lines)) {
        if (lines.length == 0)
            html_flow_break(table->flow, TRUE);
        else
            html_flow_line(table->flow, table->indents, lines.line, lines.length);
    }
    html_flow_break(table->flow, (cell->gaps & HTML_GAP_AFTER) != 0);
}

static void
measure(const HtmlTable *table, Cell *cell)
{
    Lines lines = lines_of(table, cell);

    cell->lines = 0;
    cell->width = 0;
    for (; next_line(&lines); cell->lines++)
        cell->width = MAX(cell->width, (guint)mugai_text_columns(lines.line, (gssize)lines.length));
}

/* Whether the cells from @first up to @end are a row of data. */
static gboolean
is_tabular(HtmlTable *table, guint first, guint end)
{
    guint filled = 0;
    guint wide = 0;

    for (guint i = first; i < end; i++) {
        const Cell *cell = cell_at(table, i);

        filled += cell->width > 0;
        wide += cell->width > CELL_COLUMNS_MAX;
        if (cell->lines > (table->ruled ? CELL_LINES_MAX : 1))
            return FALSE;
    }
    return wide <= 1 && (filled >= 2 || (table->ruled && filled == 1 &&
                                         (end - first >= 2 || cell_at(table, first)->column > 0)));
}

static guint
row_end(HtmlTable *table, guint first)
{
    guint end = first;

    while (end < table->cells->len && cell_at(table, end)->row == cell_at(table, first)->row)
        end++;
    return end;
}

static guint
width_before(const HtmlTable *table, guint column)
{
    guint width = 0;

    for (guint i = 0; i < MIN(column, COLUMNS_MAX); i++)
        width += table->widths[i] + (table->widths[i] > 0 ? 2 : 0);
    return width;
}

/* Makes the last column of a cell so wide that the cell has room. */
static void
make_room(HtmlTable *table, const Cell *cell)
{
    guint last = MIN(cell->column + cell->columns, COLUMNS_MAX) - 1;
    guint begin = width_before(table, last) - width_before(table, cell->column);

    if (cell->width > begin)
        table->widths[last] = MAX(table->widths[last], cell->width - begin);
}

/* For the cells of data that span many columns, or for those that do not. Returns how many rows
 * there are. */
static guint
make_room_for_all(HtmlTable *table, gboolean spanning)
{
    guint rows = 0;

    for (guint first = 0, end = 0; first < table->cells->len; first = end) {
        end = row_end(table, first);
        if (!is_tabular(table, first, end))
            continue;
        rows++;
        for (guint i = first; i < end; i++) {
            if ((cell_at(table, i)->columns > 1) == spanning)
                make_room(table, cell_at(table, i));
        }
    }
    return rows;
}

/* The columns' widths, and whether the rows of data can stand aligned. */
static void
set_widths(HtmlTable *table)
{
    guint rows = 0;

    memset(table->widths, 0, sizeof table->widths);
    make_room_for_all(table, FALSE);
    rows = make_room_for_all(table, TRUE);
    table->aligned = rows > 1 && width_before(table, COLUMNS_MAX) <= ALIGNED_COLUMNS_MAX;
}

/* The @number-th line of a cell; all of them, joined by blanks, where the row is not aligned. Newly
 * allocated. */
static char *
cell_line(const HtmlTable *table, const Cell *cell, guint number)
{
    Lines lines = lines_of(table, cell);

    if (!table->aligned)
        return g_strdelimit(g_strndup(lines.at, cell->length), "\n", ' ');
    for (guint i = 0; next_line(&lines); i++) {
        if (i == number)
            return g_strndup(lines.line, lines.length);
    }
    return g_strdup("");
}

static void
write_row_line(HtmlTable *table, guint first, guint end, guint number)
{
    g_autoptr(GString) line = g_string_new(NULL);
    guint width = 0;

    for (guint i = first; i < end; i++) {
        const Cell *cell = cell_at(table, i);
        g_autofree char *text = cell_line(table, cell, number);
        guint begin = table->aligned ? width_before(table, cell->column) : 0;

        if (text[0] == '\0')
            continue;
        if (width > 0)
            begin = MAX(begin, width + 2);
        for (; width < begin; width++)
            g_string_append_c(line, ' ');
        g_string_append(line, text);
        width += (guint)mugai_text_columns(text, -1);
    }
    if (line->len > 0)
        html_flow_line(table->flow, table->indents, line->str, line->len);
}

static void
write_tabular(HtmlTable *table, guint first, guint end)
{
    guint lines = 1;

    for (guint i = first; table->aligned && i < end; i++)
        lines = MAX(lines, cell_at(table, i)->lines);
    for (guint number = 0; number < lines; number++)
        write_row_line(table, first, end, number);
}

/* Measures all cells. Whether they will be more than one line: then the table stands apart. */
static gboolean
measure_all(HtmlTable *table)
{
    guint lines = 0;
    guint row = G_MAXUINT;

    for (guint i = 0; i < table->cells->len; i++) {
        Cell *cell = cell_at(table, i);

        measure(table, cell);
        table->ruled = table->ruled || cell->header;
        if (cell->width > 0)
            lines += cell->row == row ? cell->lines - 1 : cell->lines;
        row = cell->width > 0 ? cell->row : row;
    }
    return lines > 1;
}

/* Writes what is gathered, @tabular where it is data, and forgets it. */
static void
write_rows(HtmlTable *table, gboolean tabular)
{
    gboolean apart = measure_all(table);

    set_widths(table);
    html_flow_break(table->flow, apart);
    for (guint first = 0, end = 0; first < table->cells->len; first = end) {
        end = row_end(table, first);
        if (tabular && is_tabular(table, first, end)) {
            html_flow_break(table->flow, FALSE);
            write_tabular(table, first, end);
            continue;
        }
        for (guint i = first; i < end; i++)
            write_flowing(table, cell_at(table, i));
    }
    html_flow_break(table->flow, apart);
    g_array_set_size(table->cells, 0);
    g_string_truncate(table->store, 0);
}

/* The table is layout: what was gathered flows, and so will the rest. */
static void
spill(HtmlTable *table)
{
    html_table_cell_end(table);
    write_rows(table, FALSE);
    html_flow_break(table->flow, TRUE);
    table->gathering = 0;
}

void
html_table_open(HtmlTable *table, gboolean ruled)
{
    if (table->gathering != 0)
        spill(table);
    html_flow_break(table->flow, FALSE);
    table->gathering = ++table->depth;
    table->indents = html_flow_indents(table->flow);
    table->ruled = ruled;
    table->row = 0;
    table->column = 0;
    memset(table->occupied, 0, sizeof table->occupied);
}

void
html_table_close(HtmlTable *table)
{
    if (table->gathering == table->depth && table->depth > 0) {
        html_table_cell_end(table);
        write_rows(table, TRUE);
        table->gathering = 0;
    } else {
        html_flow_break(table->flow, TRUE);
    }
    table->depth -= table->depth > 0;
}

void
html_table_row(HtmlTable *table)
{
    if (table->gathering == 0 || table->gathering != table->depth)
        return;
    html_table_cell_end(table);
    if (table->cells->len > GATHERED_CELLS_MAX || table->store->len > GATHERED_OCTETS_MAX)
        write_rows(table, TRUE);
    for (guint i = 0; i < COLUMNS_MAX; i++)
        table->occupied[i] -= table->occupied[i] > 0;
    table->row++;
    table->column = 0;
}

static void
occupy(HtmlTable *table, guint columns, guint rows)
{
    for (guint i = 0; i < columns && table->column + i < COLUMNS_MAX; i++)
        table->occupied[table->column + i] = rows;
}

void
html_table_cell(HtmlTable *table, gboolean header, guint columns, guint rows)
{
    Cell cell = {.row = table->row, .columns = CLAMP(columns, 1, COLUMNS_MAX), .header = header};

    if (table->gathering == 0 || table->gathering != table->depth)
        return;
    html_table_cell_end(table);
    while (table->column < COLUMNS_MAX && table->occupied[table->column] > 0)
        table->column++;
    if (table->column >= COLUMNS_MAX) {
        spill(table);
        return;
    }
    cell.column = table->column;
    cell.offset = table->store->len;
    occupy(table, cell.columns, MAX(rows, 1));
    g_array_append_val(table->cells, cell);
    table->column += cell.columns;
    table->in_cell = TRUE;
    html_flow_divert(table->flow, table->store);
}

void
html_table_cell_end(HtmlTable *table)
{
    Cell *cell = NULL;

    if (!table->in_cell || table->gathering != table->depth)
        return;
    table->in_cell = FALSE;
    cell = cell_at(table, table->cells->len - 1);
    cell->gaps = html_flow_divert(table->flow, NULL);
    cell->length = table->store->len - cell->offset;
}
