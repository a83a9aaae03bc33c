/*
 * cmd_list.c - what is in quarantine, newest first
 *
 * Trust: everything that came with a message is hostile: quoted in the table, escaped in the JSON.
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
#define SIZE_COLUMNS 6u
#define FROM_COLUMNS_MIN 10u
#define SUBJECT_COLUMNS_MIN 12u
#define FROM_COLUMNS_PIPE 30u

typedef struct {
    char *since, *until, *from, *to, *subject, *text, *state;
    int limit;
    gboolean json;
} ListOptions;

static void
list_options_clear(ListOptions *options)
{
    char *strings[] = {options->since,   options->until, options->from, options->to,
                       options->subject, options->text,  options->state};

    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ListOptions, list_options_clear)

static const char description[] =
    "Lists what is in quarantine, newest first. TEXT: any part of it, whatever its case\n"
    "and width. TIME: 2026-11-20, \"2026-11-20 10:00\", today, yesterday, -2h, -30m, -7d.";

/* Widths of the columns that give way; a subject of 0 is as wide as it is. */
typedef struct {
    gsize time, from, subject;
} Table;

static Table
plan_table(void)
{
    gsize columns = mugai_cli_terminal_columns();
    Table table = {.time = TIME_COLUMNS, .from = FROM_COLUMNS_PIPE, .subject = 0};
    gsize fixed = 0;
    gsize left = 0;

    if (columns == 0)
        return table;
    if (columns < NARROW_COLUMNS)
        table.time -= YEAR_COLUMNS;
    fixed = MUGAI_ID_LENGTH + table.time + STATE_COLUMNS + SIZE_COLUMNS + 5; /* blanks between */
    left = columns > fixed ? columns - fixed : 0;
    table.from = MAX(left / 3, FROM_COLUMNS_MIN);
    table.subject = MAX(left - MIN(left, table.from), SUBJECT_COLUMNS_MIN);
    return table;
}

static void
print_row(const Table *table, const char *id, const char *time, const char *state, const char *size,
          const char *from, const char *subject)
{
    g_autofree char *state_field = mugai_cli_fit(state, STATE_COLUMNS);
    g_autofree char *from_field = mugai_cli_fit(from, table->from);
    g_autofree char *subject_field = mugai_cli_fit(subject, table->subject);

    printf("%-*s %-*.*s %s %*s %s %s\n", (int)MUGAI_ID_LENGTH, id, (int)table->time,
           (int)table->time, time, state_field, (int)SIZE_COLUMNS, size, from_field,
           g_strchomp(subject_field));
}

static gboolean
print_entry(const MugaiEntry *entry, gpointer data)
{
    const Table *table = data;
    g_autofree char *time = mugai_cli_time(entry->received);
    g_autofree char *size = mugai_cli_size(entry->size);
    const char *from = entry->from[0] != '\0' ? entry->from : entry->envelope->sender;

    print_row(table, entry->id.text, time + TIME_COLUMNS - table->time, entry->state, size, from,
              entry->subject);
    return !ferror(stdout);
}

static gboolean
print_json(const MugaiEntry *entry, gpointer data)
{
    (void)data;
    puts(entry->report_json);
    return !ferror(stdout);
}

static gboolean
read_query(const ListOptions *options, MugaiQuery *query, GError **error)
{
    if (options->limit < 0)
        return mugai_cli_misuse(error, "--limit takes a number of messages");
    if (options->since != NULL && !mugai_cli_parse_moment(options->since, &query->since, error))
        return FALSE;
    if (options->until != NULL && !mugai_cli_parse_moment(options->until, &query->until, error))
        return FALSE;
    query->from = options->from;
    query->to = options->to;
    query->subject = options->subject;
    query->text = options->text;
    query->state = options->state;
    query->limit = (guint)options->limit;
    return TRUE;
}

static gboolean
list(const MugaiConfig *config, const ListOptions *options, GPtrArray *words, GError **error)
{
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiIndex) index = NULL;
    g_autoptr(MugaiRecord) record = mugai_cli_record("list", NULL);
    GError *why = NULL;
    MugaiQuery query = {0};
    Table table = plan_table();

    if (!read_query(options, &query, error))
        return FALSE;
    store = mugai_store_open(config, &why);
    index = store != NULL ? mugai_index_open(store, FALSE, &why) : NULL;
    record->words = g_ptr_array_ref(words);
    if (!mugai_cli_note(config, record, why, error))
        return FALSE;
    if (options->json)
        return mugai_index_list(index, &query, print_json, NULL, error);
    print_row(&table, "ID", "RECEIVED", "STATE", "SIZE", "FROM", "SUBJECT");
    return mugai_index_list(index, &query, print_entry, &table, error);
}

int
cmd_list(int argc, char **argv, GError **error)
{
    g_auto(ListOptions) options = {0};
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since, "Received at this time or later",
         "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, "Received before this time", "TIME"},
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &options.from,
         "In the envelope sender or the header From", "TEXT"},
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &options.to, "In a recipient", "TEXT"},
        {"subject", 0, 0, G_OPTION_ARG_FILENAME, &options.subject, "In the subject", "TEXT"},
        {"text", 0, 0, G_OPTION_ARG_FILENAME, &options.text,
         "In any of these, names of parts, id, queue id", "TEXT"},
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &options.state, "passed or notice-only", "STATE"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "At most so many, the newest", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "One JSON object a line", NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(&common, entries, "", description, argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL)
        mugai_cli_misuse(error, "list takes options only, not \"%s\"", common.arguments[0]);
    else
        config = mugai_cli_load_config(&common, error);
    return config != NULL && list(config, &options, common.words, error) ? EX_OK : -1;
}
