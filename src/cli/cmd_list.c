/*
 * cmd_list.c - what is in quarantine, newest first: a table for people, JSON and CSV for programs
 *
 * Trust: everything that came with a message is hostile: quoted in the table, escaped in the JSON,
 * cleaned in the CSV, where it is no formula either.
 * Limits: a message that was kept but not yet indexed (mugaid stopped in between) is not listed;
 * mugaid catches up when it starts.
 */
#include "cli.h"

#include <mugai/text.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define TIME_COLUMNS 16u /* "2026-11-20 10:00" */
#define YEAR_COLUMNS 5u  /* left out where it is narrow: the id begins with it */
#define NARROW_COLUMNS 100u
#define STATE_COLUMNS 11u
#define MARK_COLUMNS 2u
#define SIZE_COLUMNS 6u
#define BLANKS 6u /* between the columns */
#define FROM_COLUMNS_MIN 10u
#define SUBJECT_COLUMNS_MIN 12u
#define FROM_COLUMNS_PIPE 30u
/* On a terminal, unless --limit says otherwise: what nobody wanted to see scrolls away what was. */
#define TERMINAL_LIMIT 100
#define LIMIT_UNSAID G_MININT

typedef struct {
    char *since, *until, *from, *to, *subject, *name, *text, *state, *queue_id, *message_id,
        *before;
    gboolean removed, warnings, held, damaged;
    int limit;
    gboolean json, csv;
} ListOptions;

static void
list_options_clear(ListOptions *options)
{
    char *strings[] = {options->since,    options->until,      options->from,  options->to,
                       options->subject,  options->name,       options->text,  options->state,
                       options->queue_id, options->message_id, options->before};

    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ListOptions, list_options_clear)

static const char description[] = N_(
    "Lists what is in quarantine, newest first. TEXT: any part of it, two characters at\n"
    "least, whatever their case and width. TIME: 2026-11-20, \"2026-11-20 10:00\", today,\n"
    "yesterday, -2h, -30m, -7d. In the table, H: held, D: damaged. On a terminal the newest 100,\n"
    "unless --limit says otherwise (0: all).");

/* Widths of the columns that give way; a subject of 0 is as wide as it is. */
typedef struct {
    gsize time, from, subject;
    gboolean colour;
    guint left;     /* rows that may still be printed; G_MAXUINT: any number */
    gboolean begun; /* the heading is there */
    gboolean more;
    MugaiId last;
} Table;

static Table
plan_table(void)
{
    gsize columns = mugai_cli_terminal_columns();
    Table table = {.time = TIME_COLUMNS, .from = FROM_COLUMNS_PIPE, .left = G_MAXUINT};
    gsize fixed = 0;
    gsize left = 0;

    table.colour = mugai_cli_wants_colour();
    if (columns == 0)
        return table;
    if (columns < NARROW_COLUMNS)
        table.time -= YEAR_COLUMNS;
    fixed = MUGAI_ID_LENGTH + table.time + STATE_COLUMNS + MARK_COLUMNS + SIZE_COLUMNS + BLANKS;
    left = columns > fixed ? columns - fixed : 0;
    table.from = MAX(left / 3, FROM_COLUMNS_MIN);
    table.subject = MAX(left - MIN(left, table.from), SUBJECT_COLUMNS_MIN);
    return table;
}

/* What a row says, hostile. */
typedef struct {
    const char *id, *time, *state, *marks, *size, *from, *subject;
} Row;

static const char *
colour_of(const Table *table, const Row *row)
{
    if (!table->colour)
        return "";
    if (strchr(row->marks, 'D') != NULL)
        return MUGAI_CLI_RED;
    return g_str_equal(row->state, "notice-only") ? MUGAI_CLI_YELLOW : "";
}

static void
print_row(const Table *table, const Row *row)
{
    g_autofree char *id = mugai_cli_fit(row->id, MUGAI_ID_LENGTH);
    g_autofree char *time = mugai_cli_fit(row->time, table->time);
    g_autofree char *state = mugai_cli_fit(mugai_cli_word(row->state), STATE_COLUMNS);
    g_autofree char *from = mugai_cli_fit(row->from, table->from);
    g_autofree char *subject = mugai_cli_fit(row->subject, table->subject);
    gsize size_columns = mugai_text_columns(row->size, -1);
    int padding = (int)(SIZE_COLUMNS - MIN(size_columns, SIZE_COLUMNS));
    const char *colour = colour_of(table, row);

    printf("%s %s %s%s %-*s%s %*s%s %s %s\n", id, time, colour, state, (int)MARK_COLUMNS,
           row->marks, colour[0] != '\0' ? MUGAI_CLI_PLAIN : "", padding, "", row->size, from,
           g_strchomp(subject));
}

/* Not before it is known that the query is one. */
static void
begin_table(Table *table)
{
    const Row heading = {_("ID"),   _("RECEIVED"), _("STATE"),  "",
                         _("SIZE"), _("FROM"),     _("SUBJECT")};

    if (!table->begun)
        print_row(table, &heading);
    table->begun = TRUE;
}

static gboolean
print_entry(const MugaiAnswer *answer, gpointer data)
{
    Table *table = data;
    const MugaiEntry *entry = answer->entry;
    g_autofree char *time = mugai_cli_time(entry->received);
    g_autofree char *minutes = g_strndup(time, TIME_COLUMNS);
    g_autofree char *size = mugai_cli_size(entry->size);
    g_autofree char *marks = g_strconcat(entry->held ? "H" : "", entry->damaged ? "D" : "", NULL);
    Row row = {
        .id = entry->id.text,
        .time = minutes + TIME_COLUMNS - table->time,
        .state = entry->state,
        .marks = marks,
        .size = size,
        .from = entry->from[0] != '\0' ? entry->from : entry->envelope->sender,
        .subject = entry->subject,
    };

    table->more = table->left == 0;
    if (table->more)
        return FALSE;
    begin_table(table);
    print_row(table, &row);
    table->left -= table->left != G_MAXUINT;
    table->last = entry->id;
    return !ferror(stdout);
}

static gboolean
print_json(const MugaiAnswer *answer, gpointer data)
{
    (void)data;
    puts(answer->entry->report_json);
    return !ferror(stdout);
}

static gboolean
print_csv(const MugaiAnswer *answer, gpointer data)
{
    gboolean *begun = data;

    if (!*begun)
        mugai_cli_print_csv_columns();
    *begun = TRUE;
    mugai_cli_print_csv(answer->entry);
    return !ferror(stdout);
}

/* One entry more than is shown is asked for: so it is known whether there are more. */
static int
list_table(const MugaiConfig *config, MugaiRequest *request, GError **error)
{
    Table table = plan_table();
    int status = EX_OK;

    if (request->limit > 0)
        table.left = request->limit++;
    status = mugai_cli_ask(config, request, print_entry, &table, error);
    if (status < 0)
        return status;
    begin_table(&table);
    if (table.more && mugai_cli_terminal_columns() > 0)
        mugai_cli_complain(_("there are more: --before %s lists what follows"), table.last.text);
    return status;
}

static int
list_all(const MugaiConfig *config, const ListOptions *options, MugaiRequest *request,
         GError **error)
{
    gboolean begun = FALSE;
    int status = EX_OK;

    if (options->json)
        return mugai_cli_ask(config, request, print_json, NULL, error);
    if (!options->csv)
        return list_table(config, request, error);
    status = mugai_cli_ask(config, request, print_csv, &begun, error);
    if (status >= 0 && !begun)
        mugai_cli_print_csv_columns();
    return status;
}

/* A term that is empty or too short would list what nobody asked for. */
static gboolean
check_terms(const ListOptions *options, GError **error)
{
    const char *terms[] = {options->from, options->to,       options->subject,   options->name,
                           options->text, options->queue_id, options->message_id};

    for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
        if (terms[i] != NULL && terms[i][0] == '\0')
            return mugai_cli_misuse(error, _("what is looked for must not be empty"));
    }
    return TRUE;
}

/* @request borrows from @options. */
static gboolean
read_options(const ListOptions *options, MugaiRequest *request, GError **error)
{
    gboolean terminal = mugai_cli_terminal_columns() > 0 && !options->json && !options->csv;

    if (options->limit < 0 && options->limit != LIMIT_UNSAID)
        return mugai_cli_misuse(error, _("--limit takes a number of messages"));
    if (options->json && options->csv)
        return mugai_cli_misuse(error, _("--json or --csv, not both"));
    if (!check_terms(options, error) ||
        (options->since != NULL &&
         !mugai_cli_parse_moment(options->since, &request->since, error)) ||
        (options->until != NULL &&
         !mugai_cli_parse_moment(options->until, &request->until, error)) ||
        (options->before != NULL && !mugai_id_parse(options->before, &request->before, error)))
        return FALSE;
    request->from = options->from;
    request->to = options->to;
    request->subject = options->subject;
    request->name = options->name;
    request->text = options->text;
    request->queue_id = options->queue_id;
    request->message_id = options->message_id;
    request->state = options->state;
    request->removed = options->removed;
    request->warnings = options->warnings;
    request->held = options->held;
    request->damaged = options->damaged;
    request->limit = options->limit >= 0 ? (guint)options->limit : terminal ? TERMINAL_LIMIT : 0;
    return TRUE;
}

int
cmd_list(int argc, char **argv, GError **error)
{
    g_auto(ListOptions) options = {.limit = LIMIT_UNSAID};
    g_auto(MugaiCommon) common = {0};
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since, N_("Received at this time or later"),
         "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, N_("Received before this time"),
         "TIME"},
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &options.from,
         N_("In the envelope sender or the header From"), "TEXT"},
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &options.to, N_("In a recipient"), "TEXT"},
        {"subject", 0, 0, G_OPTION_ARG_FILENAME, &options.subject, N_("In the subject"), "TEXT"},
        {"name", 0, 0, G_OPTION_ARG_FILENAME, &options.name, N_("In the name of a part"), "TEXT"},
        {"text", 0, 0, G_OPTION_ARG_FILENAME, &options.text,
         N_("In any of these, or a whole id, queue id or message id"), "TEXT"},
        {"queue-id", 0, 0, G_OPTION_ARG_FILENAME, &options.queue_id, N_("Postfix's, whole"), "ID"},
        {"message-id", 0, 0, G_OPTION_ARG_FILENAME, &options.message_id, N_("Whole"), "ID"},
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &options.state, N_("What became of it"),
         MUGAI_STATE_PASSED "|" MUGAI_STATE_NOTICE_ONLY "|" MUGAI_STATE_KEPT},
        {"removed", 0, 0, G_OPTION_ARG_NONE, &options.removed,
         N_("With parts that were removed or unreadable"), NULL},
        {"warnings", 0, 0, G_OPTION_ARG_NONE, &options.warnings, N_("With warnings"), NULL},
        {"held", 0, 0, G_OPTION_ARG_NONE, &options.held, N_("Held"), NULL},
        {"damaged", 0, 0, G_OPTION_ARG_NONE, &options.damaged, N_("Found damaged by fsck"), NULL},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit, N_("At most so many, the newest; 0: all"),
         "N"},
        {"before", 0, 0, G_OPTION_ARG_FILENAME, &options.before,
         N_("What is listed after this one"), "ID"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_("One JSON object a line"), NULL},
        {"csv", 0, 0, G_OPTION_ARG_NONE, &options.csv, N_("Comma-separated, for spreadsheets"),
         NULL},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };
    g_autoptr(MugaiConfig) config = NULL;
    MugaiRequest request = {.verb = MUGAI_VERB_LIST};

    if (!mugai_cli_parse(&common, entries, "", description, argc, argv, error))
        return -1;
    request.words = common.words;
    if (common.arguments[0] != NULL)
        mugai_cli_misuse(error, _("list takes options only, not \"%s\""), common.arguments[0]);
    else
        config = mugai_cli_load_config(&common, error);
    return config != NULL && read_options(&options, &request, error) &&
                   mugai_cli_unlock(&common, config, &request, error)
               ? list_all(config, &options, &request, error)
               : -1;
}
