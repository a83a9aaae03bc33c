/* html_show.c - elements become words, marks and lines
 *
 * What begins with an element is remembered in its HtmlOpen (shows, indents) and ends with it,
 * however the tags nest.
 *
 * Trust: names, attributes and text are hostile. Of attributes only alternative texts, values and
 * labels of fields and the targets of links become text. Invariants: nothing that
 * html_style_is_seen() denies is written; it is counted.
 */
#include "html_show.h"

#include <string.h>

#include "html_field.h"
#include "html_flow.h"
#include "html_link.h"
#include "html_marker.h"
#include "html_table.h"

/* The words of a link that are looked at, for hosts. */
#define LINK_WORDS_OCTETS_MAX 2048u
/* An image of this size or less is there to count readers. */
#define PIXEL_MAX 2

/* What ends with an element, beside its indents. */
enum {
    SHOWS_BREAK = 1 << 0,
    SHOWS_GAP = 1 << 1,
    SHOWS_LIST = 1 << 2,
    SHOWS_LINK = 1 << 3,
    SHOWS_TABLE = 1 << 4,
    SHOWS_CELL = 1 << 5,
    SHOWS_FIELD = 1 << 6,
    SHOWS_READING = 1 << 7,
    SHOWS_QUOTE = 1 << 8,
    SHOWS_OPTION = 1 << 9,
};

typedef struct {
    int next;
    int step;
} List;

typedef enum {
    READING_NONE = 0,
    READING_DUE, /* inside <rt>, nothing seen yet */
    READING_OPEN,
} Reading;

struct HtmlShow {
    const HtmlSurvey *survey;
    const MugaiSettings *settings;
    const HtmlWords *words;
    MugaiFilterNotes *notes;
    HtmlFlow *flow;
    HtmlTable *table;
    GArray *lists;    /* of List */
    guint countdowns; /* lists seen that count down */
    HtmlLink *link;   /* the link that is open, if it leads anywhere */
    GString *link_words;
    guint64 link_begin; /* what was visible before it */
    GString *field;     /* the content of the field that is open, NULL: none is */
    HtmlElement field_kind;
    guint options;     /* open in it */
    char *placeholder; /* of that field */
    Reading reading;
    gboolean skip_newline; /* directly after <pre> */
};

HtmlShow *
html_show_new(const HtmlSurvey *survey, const MugaiSettings *settings, MugaiText *text,
              MugaiFilterNotes *notes)
{
    HtmlShow *show = g_new0(HtmlShow, 1);

    show->survey = survey;
    show->settings = settings;
    show->words = html_field_words(settings->language);
    show->notes = notes;
    show->flow = html_flow_new(text);
    show->table = html_table_new(show->flow);
    show->lists = g_array_new(FALSE, TRUE, sizeof(List));
    show->link_words = g_string_new(NULL);
    return show;
}

void
html_show_free(HtmlShow *show)
{
    g_clear_pointer(&show->link, html_link_free);
    if (show->field != NULL)
        g_string_free(show->field, TRUE);
    g_free(show->placeholder);
    g_string_free(show->link_words, TRUE);
    g_array_unref(show->lists);
    html_table_free(show->table);
    html_flow_free(show->flow);
    g_free(show);
}

void
html_show_finish(HtmlShow *show)
{
    html_flow_finish(show->flow);
}

static void
show_link_target(HtmlShow *show, const HtmlLink *link, const char *words)
{
    gboolean deceptive = html_link_is_deceptive(link, words);
    gboolean removed = show->settings->links == MUGAI_LINKS_REMOVE;
    g_autoptr(GString) suffix = g_string_new(NULL);

    show->notes->deceptive_links += deceptive;
    if (removed) {
        if (deceptive)
            html_flow_suffix(show->flow, show->words->elsewhere);
        return;
    }
    if (!deceptive && !link->foreign && html_link_is_said(link, words))
        return;
    g_string_printf(suffix, "%s<%s>", deceptive ? show->words->elsewhere_begin : "", link->target);
    if (link->foreign)
        g_string_append_printf(suffix, " (%s)", link->host);
    g_string_append(suffix, deceptive ? show->words->elsewhere_end : "");
    html_flow_suffix(show->flow, suffix->str);
}

static void
open_link(HtmlShow *show, HtmlOpen *open, const char *href)
{
    g_clear_pointer(&show->link, html_link_free);
    if (href == NULL)
        return;
    show->link = html_link_new(href, show->survey->base);
    show->link_begin = html_flow_visible(show->flow);
    g_string_truncate(show->link_words, 0);
    open->shows |= SHOWS_LINK;
}

static void
close_link(HtmlShow *show)
{
    if (show->link != NULL && html_flow_visible(show->flow) > show->link_begin)
        show_link_target(show, show->link, show->link_words->str);
    g_clear_pointer(&show->link, html_link_free);
}

static gboolean
is_pixel(const HtmlOpen *open, const char *value, HtmlProperty property)
{
    if (value != NULL && html_field_number(value, PIXEL_MAX + 1) <= PIXEL_MAX)
        return TRUE;
    return (open->declared.set >> property & 1u) != 0 &&
           open->declared.unit[property] == HTML_UNIT_PIXEL &&
           (gint32)open->declared.value[property] <= PIXEL_MAX * 100;
}

static void
show_image(HtmlShow *show, const HtmlOpen *open, const HtmlAttributes *attributes)
{
    const char *alt = attributes->value[HTML_ATTRIBUTE_ALT];
    g_autofree char *line = mugai_text_clean_line(alt != NULL ? alt : "", -1, 2000);
    gboolean named = g_strstrip(line)[0] != '\0';

    if (is_pixel(open, attributes->value[HTML_ATTRIBUTE_WIDTH], HTML_PROPERTY_WIDTH) ||
        is_pixel(open, attributes->value[HTML_ATTRIBUTE_HEIGHT], HTML_PROPERTY_HEIGHT))
        return;
    if (show->field != NULL)
        g_string_append_printf(show->field, " %s ", line);
    else if (named || show->link != NULL)
        html_field_put(show->flow, show->words->image, line);
}

static void
show_area(HtmlShow *show, const HtmlAttributes *attributes)
{
    const char *href = attributes->value[HTML_ATTRIBUTE_HREF];
    g_autoptr(HtmlLink) link = href != NULL ? html_link_new(href, show->survey->base) : NULL;

    if (link == NULL)
        return;
    html_field_put(show->flow, show->words->image, attributes->value[HTML_ATTRIBUTE_ALT]);
    show_link_target(show, link, "");
}

static void
open_field(HtmlShow *show, HtmlOpen *open, const HtmlAttributes *attributes)
{
    if (show->field != NULL)
        return;
    show->field = g_string_new(NULL);
    show->field_kind = open->element;
    open->shows |= SHOWS_FIELD;
    show->placeholder = g_strdup(attributes->value[HTML_ATTRIBUTE_PLACEHOLDER]);
}

static void
close_field(HtmlShow *show, const HtmlOpen *open)
{
    g_autoptr(GString) field = g_steal_pointer(&show->field);
    const HtmlWords *words = show->words;

    html_field_put(show->flow,
                   open->element == HTML_BUTTON   ? words->button
                   : open->element == HTML_SELECT ? words->choice
                                                  : words->input,
                   html_field_or(field->str, show->placeholder));
    g_clear_pointer(&show->placeholder, g_free);
}

/* Options and their groups stand in a row. */
static void
open_option(HtmlShow *show, HtmlOpen *open, const HtmlAttributes *attributes)
{
    const char *label = attributes->value[HTML_ATTRIBUTE_LABEL];

    if (show->field == NULL)
        return;
    if (show->field->len > 0)
        g_string_append(show->field, " / ");
    g_string_append(show->field, html_field_or(label, ""));
    if (open->element == HTML_OPTION) {
        show->options++;
        open->shows |= SHOWS_OPTION;
    }
}

static void
close_reading(HtmlShow *show)
{
    if (show->reading == READING_OPEN)
        html_flow_word(show->flow, "）", FALSE);
    show->reading = READING_NONE;
}

static void
open_list(HtmlShow *show, HtmlOpen *open, const HtmlAttributes *attributes)
{
    gboolean reversed =
        open->element == HTML_OL && attributes->value[HTML_ATTRIBUTE_REVERSED] != NULL;
    List list = {.next = 1, .step = reversed ? -1 : 1};

    if (reversed && show->countdowns < show->survey->countdowns->len)
        list.next = (int)g_array_index(show->survey->countdowns, guint, show->countdowns++);
    list.next = html_field_number(attributes->value[HTML_ATTRIBUTE_START], list.next);
    g_array_append_val(show->lists, list);
    open->shows |= SHOWS_LIST;
}

static void
push_indent(HtmlShow *show, HtmlOpen *open, const char *first, gboolean quote)
{
    html_flow_push(show->flow, first, quote);
    open->indents++;
}

static void
open_item(HtmlShow *show, HtmlOpen *open, const HtmlAttributes *attributes)
{
    List none = {.next = 1, .step = 1};
    List *list =
        show->lists->len > 0 ? &g_array_index(show->lists, List, show->lists->len - 1) : &none;
    int number = html_field_number(attributes->value[HTML_ATTRIBUTE_VALUE], list->next);
    HtmlMarker kind =
        open->look.display == HTML_DISPLAY_BLOCK ? open->look.marker : HTML_MARKER_NONE;
    g_autofree char *marker = html_marker(kind, number, show->words->bullet);

    list->next = number + list->step;
    push_indent(show, open, marker, FALSE);
}

static void
open_cell(HtmlShow *show, HtmlOpen *open, const HtmlAttributes *attributes)
{
    int columns = html_field_number(attributes->value[HTML_ATTRIBUTE_COLSPAN], 1);
    int rows = html_field_number(attributes->value[HTML_ATTRIBUTE_ROWSPAN], 1);

    html_table_cell(show->table, open->element == HTML_TH, (guint)MAX(columns, 1),
                    (guint)MAX(rows, 1));
    open->shows |= SHOWS_CELL;
}

static void
open_block(HtmlShow *show, HtmlOpen *open, gboolean in_list)
{
    gboolean list =
        open->element == HTML_UL || open->element == HTML_OL || open->element == HTML_MENU;
    gboolean inner = list && in_list;

    html_flow_break(show->flow, open->look.gap_before && !inner);
    open->shows |= SHOWS_BREAK | (open->look.gap_after && !inner ? SHOWS_GAP : 0);
}

static void
open_content(HtmlShow *show, HtmlOpen *open, const HtmlAttributes *attributes)
{
    static const char rule[] = "----------------------------------------";

    switch (open->element) {
    case HTML_BR: html_flow_newline(show->flow); break;
    case HTML_HR: html_flow_line(show->flow, G_MAXUINT, rule, strlen(rule)); break;
    case HTML_IMG: show_image(show, open, attributes); break;
    case HTML_AREA: show_area(show, attributes); break;
    case HTML_INPUT: html_field_put_input(show->flow, show->words, attributes); break;
    case HTML_A: open_link(show, open, attributes->value[HTML_ATTRIBUTE_HREF]); break;
    case HTML_UL:
    case HTML_OL:
    case HTML_MENU:
    case HTML_DIR: open_list(show, open, attributes); break;
    case HTML_LI: open_item(show, open, attributes); break;
    case HTML_DD: push_indent(show, open, "    ", FALSE); break;
    case HTML_BLOCKQUOTE: push_indent(show, open, "> ", TRUE); break;
    case HTML_TR: html_table_row(show->table); break;
    case HTML_TD:
    case HTML_TH: open_cell(show, open, attributes); break;
    case HTML_PRE:
    case HTML_LISTING: show->skip_newline = TRUE; break;
    case HTML_BUTTON:
    case HTML_SELECT:
    case HTML_TEXTAREA: open_field(show, open, attributes); break;
    case HTML_OPTION:
    case HTML_OPTGROUP: open_option(show, open, attributes); break;
    case HTML_RT:
    case HTML_RTC:
        show->reading = READING_DUE;
        open->shows |= SHOWS_READING;
        break;
    case HTML_Q:
        html_flow_word(show->flow, "“", FALSE);
        open->shows |= SHOWS_QUOTE;
        break;
    default: break;
    }
}

static void
opened(gpointer data, HtmlOpen *open, const HtmlAttributes *attributes)
{
    HtmlShow *show = data;

    show->skip_newline = FALSE;
    if (open->look.gone)
        return;
    if (open->element == HTML_TABLE) {
        html_table_open(show->table,
                        html_field_number(attributes->value[HTML_ATTRIBUTE_BORDER], 0) > 0);
        open->shows |= SHOWS_TABLE;
    }
    if (open->look.display == HTML_DISPLAY_BLOCK && show->field == NULL)
        open_block(show, open, show->lists->len > 0);
    else if (open->look.display == HTML_DISPLAY_CELL)
        html_flow_text(show->flow, " ", 1, &html_look_initial);
    if (open->look.invisible && (html_element_traits(open->element) & HTML_VOID) != 0)
        return;
    open_content(show, open, attributes);
}

static void
closed(gpointer data, HtmlOpen *open)
{
    HtmlShow *show = data;

    show->skip_newline = FALSE;
    if ((open->shows & SHOWS_READING) != 0)
        close_reading(show);
    if ((open->shows & SHOWS_QUOTE) != 0)
        html_flow_word(show->flow, "”", FALSE);
    show->options -= (open->shows & SHOWS_OPTION) != 0;
    if ((open->shows & SHOWS_FIELD) != 0)
        close_field(show, open);
    if ((open->shows & SHOWS_LINK) != 0)
        close_link(show);
    if ((open->shows & SHOWS_LIST) != 0)
        g_array_set_size(show->lists, show->lists->len - 1);
    if ((open->shows & SHOWS_CELL) != 0)
        html_table_cell_end(show->table);
    if ((open->shows & SHOWS_BREAK) != 0)
        html_flow_break(show->flow, (open->shows & SHOWS_GAP) != 0);
    if ((open->shows & SHOWS_TABLE) != 0)
        html_table_close(show->table);
    for (; open->indents > 0; open->indents--)
        html_flow_pop(show->flow);
    open->shows = 0;
}

const HtmlTreeEvents html_show_events = {opened, closed};

static gboolean
is_blank(const char *utf8, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isspace(utf8[i]))
            return FALSE;
    }
    return TRUE;
}

static void
count_hidden(HtmlShow *show, const HtmlOpen *open, const char *utf8, gsize length)
{
    const char *end = utf8 + length;

    for (; open->element != HTML_RP && utf8 < end; utf8 = g_utf8_next_char(utf8)) {
        gunichar c = g_utf8_get_char(utf8);

        show->notes->hidden_characters += !g_unichar_isspace(c) && mugai_text_is_clean(c);
    }
}

/* Of a select's text only that of its options is drawn. */
static gboolean
is_between_options(const HtmlShow *show)
{
    return show->field != NULL && show->field_kind == HTML_SELECT && show->options == 0;
}

static void
show_seen(HtmlShow *show, const HtmlOpen *open, const char *utf8, gsize length)
{
    if (show->reading == READING_DUE && !is_blank(utf8, length)) {
        html_flow_word(show->flow, "（", FALSE);
        show->reading = READING_OPEN;
    }
    if (show->link != NULL && show->link_words->len < LINK_WORDS_OCTETS_MAX)
        g_string_append_len(show->link_words, utf8, (gssize)length);
    html_flow_text(show->flow, utf8, length, &open->look);
}

void
html_show_text(HtmlShow *show, const HtmlOpen *open, const char *utf8, gsize length)
{
    gsize skipped = show->skip_newline && length > 0 && utf8[0] == '\n';

    show->skip_newline = FALSE;
    if (!html_style_is_seen(&open->look) || is_between_options(show))
        count_hidden(show, open, utf8, length);
    else if (show->field != NULL)
        g_string_append_len(show->field, utf8, (gssize)length);
    else
        show_seen(show, open, utf8 + skipped, length - skipped);
}
