/* html_flow.c - text becomes lines: white space as CSS has it, empty lines, indentation and quotes
 *
 * A line is gathered, then written with its indents. A line's end is written only when the next
 * line comes, so a link's target can still be put behind the last word of a button.
 *
 * Invariants: 1. no line ends in a blank; 2. no two empty lines follow each other, none comes
 * first; 3. the indents of one line are bounded, so the output is linear in the input.
 */
#include "html_flow.h"

#include <string.h>

/* Octets of all indents of a line: beyond, deeper ones do not show. */
#define INDENT_OCTETS_MAX 48u

typedef struct {
    char text[16];
    gboolean quote;
    gboolean used; /* the first line has been written */
    guint octets; /* of this and all before; beyond INDENT_OCTETS_MAX it does not show, nor do those
                     behind it */
    guint quotes; /* among this and all before */
} Indent;

/* Where lines go: the text or a table's cell. */
typedef struct {
    GString *buffer; /* NULL: the text */
    gboolean begun;  /* a line was written, its end not yet */
    gboolean gap;    /* an empty line is due */
    gboolean led;    /* one was due before the first line */
    guint quotes;    /* of the last line */
    guint indent;    /* the first indent that counts */
} Sink;

struct HtmlFlow {
    MugaiText *text;
    Sink document;
    Sink cell;
    Sink *sink;
    GArray *indents; /* of Indent */
    GString *line;
    gsize kept;       /* octets of @line that may not be trimmed */
    gboolean solid;   /* @line holds something that is seen */
    gboolean pending; /* collapsed white space waits for a word behind it */
    gboolean broken;  /* and it held a line's end */
    gboolean forced; /* @line, if empty, is an empty line: the one of <br> or of a no-break space */
    gunichar last;   /* the last character, 0 at the beginning of a line */
    guint64 visible;
};

HtmlFlow *
html_flow_new(MugaiText *text)
{
    HtmlFlow *flow = g_new0(HtmlFlow, 1);

    flow->text = text;
    flow->sink = &flow->document;
    flow->indents = g_array_new(FALSE, TRUE, sizeof(Indent));
    flow->line = g_string_new(NULL);
    return flow;
}

void
html_flow_free(HtmlFlow *flow)
{
    g_array_unref(flow->indents);
    g_string_free(flow->line, TRUE);
    g_free(flow);
}

static void
put(HtmlFlow *flow, const char *octets, gsize length)
{
    if (flow->sink->buffer != NULL)
        g_string_append_len(flow->sink->buffer, octets, (gssize)length);
    else
        mugai_text_append(flow->text, octets, (gssize)length);
}

static guint
quotes_below(const HtmlFlow *flow, guint count)
{
    return count == 0 ? 0 : g_array_index(flow->indents, Indent, count - 1).quotes;
}

static void
put_gap(HtmlFlow *flow, guint quotes)
{
    for (guint i = 0; i < quotes; i++)
        put(flow, i == 0 ? ">" : " >", i == 0 ? 1 : 2);
    put(flow, "\n", 1);
}

static void
put_indents(HtmlFlow *flow, guint count)
{
    for (guint i = flow->sink->indent; i < count; i++) {
        Indent *indent = &g_array_index(flow->indents, Indent, i);

        if (indent->octets > INDENT_OCTETS_MAX)
            return;
        if (indent->quote || !indent->used)
            put(flow, indent->text, strlen(indent->text));
        else
            put(flow, "                ", MIN(mugai_text_columns(indent->text, -1), 16u));
        indent->used = TRUE;
    }
}

/* Under the first @count indents. */
static void
put_line(HtmlFlow *flow, guint count, const char *line, gsize length)
{
    Sink *sink = flow->sink;
    guint quotes = quotes_below(flow, count) - quotes_below(flow, MIN(count, sink->indent));

    if (sink->begun)
        put(flow, "\n", 1);
    if (sink->begun && sink->gap)
        put_gap(flow, MIN(quotes, sink->quotes));
    put_indents(flow, count);
    put(flow, line, length);
    sink->led = sink->led || (!sink->begun && sink->gap);
    sink->begun = TRUE;
    sink->gap = FALSE;
    sink->quotes = quotes;
}

static void
reset_line(HtmlFlow *flow)
{
    g_string_truncate(flow->line, 0);
    flow->kept = 0;
    flow->solid = FALSE;
    flow->pending = FALSE;
    flow->broken = FALSE;
    flow->forced = FALSE;
    flow->last = 0;
}

static void
end_line(HtmlFlow *flow)
{
    while (flow->line->len > flow->kept &&
           strchr(" \t", flow->line->str[flow->line->len - 1]) != NULL)
        g_string_truncate(flow->line, flow->line->len - 1);
    if (flow->solid)
        put_line(flow, flow->indents->len, flow->line->str, flow->line->len);
    else if (flow->forced)
        flow->sink->gap = TRUE;
    reset_line(flow);
}

void
html_flow_break(HtmlFlow *flow, gboolean gap)
{
    end_line(flow);
    flow->sink->gap = flow->sink->gap || gap;
}

void
html_flow_newline(HtmlFlow *flow)
{
    flow->forced = TRUE;
    end_line(flow);
}

void
html_flow_finish(HtmlFlow *flow)
{
    end_line(flow);
    if (flow->sink->begun)
        put(flow, "\n", 1);
    flow->sink->begun = FALSE;
}

guint
html_flow_indents(const HtmlFlow *flow)
{
    return flow->indents->len;
}

void
html_flow_line(HtmlFlow *flow, guint indents, const char *line, gsize length)
{
    end_line(flow);
    put_line(flow, MIN(indents, flow->indents->len), line, length);
}

static gboolean
is_wide(gunichar c)
{
    return g_unichar_iswide(c) && g_unichar_get_script(c) != G_UNICODE_SCRIPT_HANGUL;
}

/* Collapsed white space before @next: nothing at a line's beginning, nothing where a line ended
 * between two characters of a script that has no spaces (CSS Text, section 4.1.3). */
static void
settle_space(HtmlFlow *flow, gunichar next)
{
    gboolean nothing = flow->last == 0 || flow->last == ' ' || flow->last == '\n' ||
                       (flow->broken && is_wide(flow->last) && is_wide(next));

    if (flow->pending && !nothing)
        g_string_append_c(flow->line, ' ');
    flow->pending = FALSE;
    flow->broken = FALSE;
}

static void
put_character(HtmlFlow *flow, gunichar c)
{
    gboolean japanese = mugai_text_is_japanese(c);
    gboolean clean = japanese || mugai_text_is_clean(c);

    if (flow->pending)
        settle_space(flow, c);
    if (c == 0xA0) {
        flow->forced = TRUE;
        g_string_append_c(flow->line, ' ');
    } else if (c < 0x80) {
        g_string_append_c(flow->line, (char)c); /* without a call */
    } else {
        g_string_append_unichar(flow->line, c);
    }
    if (japanese || (clean && !g_unichar_isspace(c) && !mugai_text_is_selector(c))) {
        flow->solid = TRUE;
        flow->visible++;
    }
    if (clean)
        flow->last = c;
}

static gunichar
change_case(const HtmlFlow *flow, gunichar c, HtmlCase letter_case)
{
    if (letter_case == HTML_CASE_UPPER)
        return g_unichar_toupper(c);
    if (letter_case == HTML_CASE_LOWER)
        return g_unichar_tolower(c);
    if (letter_case == HTML_CASE_CAPITALIZE && (flow->pending || !g_unichar_isalnum(flow->last)) &&
        flow->last != '\'' && flow->last != 0x2019)
        return g_unichar_totitle(c);
    return c;
}

static void
put_white_space(HtmlFlow *flow, char c, HtmlWhiteSpace mode)
{
    if (c == '\n' && mode != HTML_SPACE_NORMAL) {
        html_flow_newline(flow);
    } else if (mode == HTML_SPACE_PRE) {
        settle_space(flow, c);
        g_string_append_c(flow->line, c);
        flow->last = 0x20;
    } else {
        flow->pending = TRUE;
        flow->broken = flow->broken || c == '\n';
    }
}

void
html_flow_text(HtmlFlow *flow, const char *utf8, gsize length, const HtmlLook *look)
{
    const char *end = utf8 + length;

    for (; utf8 < end; utf8 = g_utf8_next_char(utf8)) {
        gunichar c = g_utf8_get_char(utf8);

        if (c == ' ' || c == '\n' || c == '\t')
            put_white_space(flow, (char)c, look->white_space);
        else
            put_character(flow, look->letter_case == HTML_CASE_AS_IS
                                    ? c
                                    : change_case(flow, c, look->letter_case));
    }
}

void
html_flow_word(HtmlFlow *flow, const char *word, gboolean apart)
{
    flow->pending = flow->pending || (apart && flow->solid && flow->last != ' ');
    for (; *word != '\0'; word = g_utf8_next_char(word))
        put_character(flow, g_utf8_get_char(word));
}

void
html_flow_suffix(HtmlFlow *flow, const char *suffix)
{
    gboolean pending = flow->pending;
    gboolean broken = flow->broken;

    if (!flow->solid && flow->sink->begun) {
        put(flow, " ", 1);
        put(flow, suffix, strlen(suffix));
        return;
    }
    flow->pending = FALSE;
    html_flow_word(flow, suffix, TRUE);
    flow->pending = pending;
    flow->broken = broken;
}

void
html_flow_push(HtmlFlow *flow, const char *first, gboolean quote)
{
    Indent indent = {.quote = quote, .octets = (guint)strlen(first)};

    if (flow->indents->len > 0)
        indent.octets += g_array_index(flow->indents, Indent, flow->indents->len - 1).octets;
    indent.quotes =
        quotes_below(flow, flow->indents->len) + (quote && indent.octets <= INDENT_OCTETS_MAX);
    g_strlcpy(indent.text, first, sizeof indent.text);
    g_array_append_val(flow->indents, indent);
}

void
html_flow_pop(HtmlFlow *flow)
{
    if (flow->indents->len > 0)
        g_array_set_size(flow->indents, flow->indents->len - 1);
}

guint64
html_flow_visible(const HtmlFlow *flow)
{
    return flow->visible;
}

guint
html_flow_divert(HtmlFlow *flow, GString *buffer)
{
    guint gaps = 0;

    end_line(flow);
    gaps = (flow->cell.led ? HTML_GAP_BEFORE : 0) | (flow->cell.gap ? HTML_GAP_AFTER : 0);
    flow->cell = (Sink){.buffer = buffer, .indent = flow->indents->len};
    flow->sink = buffer != NULL ? &flow->cell : &flow->document;
    return gaps;
}

gboolean
html_flow_is_diverted(const HtmlFlow *flow)
{
    return flow->sink == &flow->cell;
}
