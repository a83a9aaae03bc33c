/*
 * cmd_stats.c - how much came in, and what became of it
 *
 * Counts of what the index knows, of the last thirty days unless told otherwise; with --by one line
 * for each day, domain or type.
 */
#include "cli.h"

#include <mugai/time.h>
#include <stdio.h>

#define DAYS 30
#define ROWS 20
#define LIMIT_UNSAID (-1)
#define NAME_COLUMNS 32u
#define LABEL_COLUMNS 28u
#define HEADING_COLUMNS 10u
#define COUNT_COLUMNS 10

typedef struct {
    char *since, *until, *by;
    gboolean json, csv;
    gint limit;
} StatsOptions;

static void
stats_options_clear(StatsOptions *options)
{
    g_free(options->since);
    g_free(options->until);
    g_free(options->by);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StatsOptions, stats_options_clear)

typedef struct {
    const StatsOptions *options;
    const MugaiRequest *request;
    gboolean progress; /* standard error is a terminal */
    gboolean begun;    /* the table */
} Job;

/* NULL after the last. */
static const char *const bys[MUGAI_BYS + 1] = {
    [MUGAI_BY_NOTHING] = "of",          [MUGAI_BY_DAY] = "day",   [MUGAI_BY_SENDER] = "sender",
    [MUGAI_BY_RECIPIENT] = "recipient", [MUGAI_BY_TYPE] = "type",
};

/* --- for machines --- */

#define COUNT(member) G_STRUCT_OFFSET(MugaiTally, member)

/* In this order, by these names. */
static const struct {
    const char *name;
    gsize offset;
} counts[] = {
    {"messages", COUNT(messages)},
    {"passed", COUNT(passed)},
    {"notice_only", COUNT(notice_only)},
    {"unknown", COUNT(unknown)},
    {"octets", COUNT(octets)},
    {"kept", COUNT(parts[MUGAI_KEPT])},
    {"converted", COUNT(parts[MUGAI_CONVERTED])},
    {"removed", COUNT(parts[MUGAI_REMOVED])},
    {"unreadable", COUNT(parts[MUGAI_UNREADABLE])},
    {"warned", COUNT(warned)},
    {"held", COUNT(held)},
    {"damaged", COUNT(damaged)},
};

static guint64
count_of(const MugaiTally *tally, gsize at)
{
    return G_STRUCT_MEMBER(guint64, tally, counts[at].offset);
}

/* One object a line: of all, then, with --by, of each. */
static void
print_json(const Job *job, const MugaiAnswer *answer)
{
    if (answer->name == NULL) {
        g_autofree char *since = mugai_cli_time(job->request->since);
        g_autofree char *until = mugai_cli_time(job->request->until);

        printf("{\"since\":\"%s\",\"until\":\"%s\"", since, until);
    } else {
        g_autofree char *name = mugai_cli_json_string(answer->name);

        printf("{\"%s\":%s", bys[job->request->by], name);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        printf(",\"%s\":%" G_GUINT64_FORMAT, counts[i].name, count_of(&answer->tally, i));
    puts("}");
}

static void
print_csv(Job *job, const MugaiAnswer *answer)
{
    const char *fields[1 + G_N_ELEMENTS(counts)] = {bys[job->request->by]};
    char numbers[G_N_ELEMENTS(counts)][24];

    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        fields[1 + i] = counts[i].name;
    if (!job->begun)
        mugai_cli_print_csv_heading(fields, G_N_ELEMENTS(fields));
    job->begun = TRUE;
    fields[0] = answer->name != NULL ? answer->name : "all";
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_snprintf(numbers[i], sizeof(numbers[i]), "%" G_GUINT64_FORMAT,
                   count_of(&answer->tally, i));
        fields[1 + i] = numbers[i];
    }
    mugai_cli_print_csv_fields(fields, G_N_ELEMENTS(fields));
}

/* --- for people --- */

static void
print_count(const char *what, guint64 count)
{
    g_autofree char *label = mugai_cli_fit(_(what), LABEL_COLUMNS);

    printf("%s %*" G_GUINT64_FORMAT "\n", label, COUNT_COLUMNS, count);
}

static void
print_all(const Job *job, const MugaiTally *tally)
{
    g_autofree char *since = mugai_cli_time(job->request->since);
    g_autofree char *until = mugai_cli_time(job->request->until);
    g_autofree char *size = mugai_cli_size(tally->octets);
    g_autofree char *label = mugai_cli_fit(_("Octets of originals"), LABEL_COLUMNS);

    printf(_("From %.16s until %.16s\n\n"), since, until);
    print_count(N_("Messages"), tally->messages);
    print_count(N_("  sanitized and passed"), tally->passed);
    print_count(N_("  only the notice passed"), tally->notice_only);
    print_count(N_("  it is not known"), tally->unknown);
    print_count(N_("  with a warning"), tally->warned);
    print_count(N_("  on hold"), tally->held);
    print_count(N_("  damaged"), tally->damaged);
    print_count(N_("Parts kept"), tally->parts[MUGAI_KEPT]);
    print_count(N_("  converted"), tally->parts[MUGAI_CONVERTED]);
    print_count(N_("  removed"), tally->parts[MUGAI_REMOVED]);
    print_count(N_("  unreadable"), tally->parts[MUGAI_UNREADABLE]);
    printf("%s %*s\n", label, COUNT_COLUMNS, size);
}

static void
print_heading(void)
{
    static const char *const names[] = {N_("MESSAGES"), N_("PASSED"), N_("REMOVED"),
                                        N_("UNREADABLE"), N_("SIZE")};

    printf("\n%-*s", (int)NAME_COLUMNS, "");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = mugai_cli_fit(_(names[i]), HEADING_COLUMNS);

        printf(" %s", name);
    }
    putchar('\n');
}

static void
print_row(Job *job, const MugaiAnswer *answer)
{
    const MugaiTally *tally = &answer->tally;
    g_autofree char *name = mugai_cli_fit(answer->name, NAME_COLUMNS);
    g_autofree char *size = mugai_cli_size(tally->octets);

    if (!job->begun)
        print_heading();
    job->begun = TRUE;
    printf("%s %10" G_GUINT64_FORMAT " %10" G_GUINT64_FORMAT " %10" G_GUINT64_FORMAT
           " %10" G_GUINT64_FORMAT " %10s\n",
           name, tally->messages, tally->passed, tally->parts[MUGAI_REMOVED],
           tally->parts[MUGAI_UNREADABLE], size);
}

static gboolean
tell(const MugaiAnswer *answer, gpointer data)
{
    Job *job = data;

    if (answer->kind == MUGAI_ANSWER_PROGRESS && job->progress)
        fprintf(stderr, _("\r%" PRIu64 " messages "), answer->objects);
    if (answer->kind != MUGAI_ANSWER_TALLY)
        return TRUE;
    if (job->progress && answer->name == NULL)
        fputs("\r\033[K", stderr);
    if (job->options->json)
        print_json(job, answer);
    else if (job->options->csv)
        print_csv(job, answer);
    else if (answer->name == NULL)
        print_all(job, &answer->tally);
    else
        print_row(job, answer);
    return !ferror(stdout);
}

/* --- options --- */

static gboolean
read_by(const char *typed, MugaiBy *ret_by, GError **error)
{
    for (MugaiBy by = MUGAI_BY_DAY; by < MUGAI_BYS; by++) {
        if (g_str_equal(typed, bys[by])) {
            *ret_by = by;
            return TRUE;
        }
    }
    return mugai_cli_misuse(error, _("--by day, sender, recipient or type, not \"%s\""), typed);
}

static gboolean
read_options(const StatsOptions *options, MugaiRequest *request, GError **error)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;

    if (options->json && options->csv)
        return mugai_cli_misuse(error, _("--json or --csv, not both"));
    if (options->limit < 0 && options->limit != LIMIT_UNSAID)
        return mugai_cli_misuse(error, _("--limit takes a number of lines"));
    if (options->by != NULL && !read_by(options->by, &request->by, error))
        return FALSE;
    request->since = mugai_time_midnight(now, 1 - DAYS);
    request->until = now;
    if ((options->since != NULL &&
         !mugai_cli_parse_moment(options->since, &request->since, error)) ||
        (options->until != NULL && !mugai_cli_parse_moment(options->until, &request->until, error)))
        return FALSE;
    if (options->limit != LIMIT_UNSAID)
        request->limit = (guint)options->limit;
    else if (request->by != MUGAI_BY_DAY)
        request->limit = ROWS;
    return request->since < request->until ||
           mugai_cli_misuse(error, _("--since is not before --until"));
}

int
cmd_stats(int argc, char **argv, GError **error)
{
    g_auto(StatsOptions) options = {.limit = LIMIT_UNSAID};
    MugaiRequest request = {.verb = MUGAI_VERB_STATS};
    Job job = {.options = &options, .request = &request, .progress = isatty(STDERR_FILENO)};
    g_autofree char *what = g_strjoinv("|", (char **)&bys[MUGAI_BY_DAY]);
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since,
         N_("Received then or later; default: thirty days, today with them"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, N_("Received before; default: now"),
         "TIME"},
        {"by", 0, 0, G_OPTION_ARG_FILENAME, &options.by,
         N_("Also each day, sender's or recipients' domain, or type of part"), what},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit,
         N_("At most so many lines, 0 for all; default: 20, of days all"), "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_("One JSON object a line"), NULL},
        {"csv", 0, 0, G_OPTION_ARG_NONE, &options.csv, N_("Comma-separated values (RFC 4180)"),
         NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Counts what came in, and what became of it, as far as the index knows. "
               "With --by type, SIZE is that of the parts."),
            argc, argv, error))
        return -1;
    if (common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("stats takes options only, not \"%s\""), common.arguments[0]);
        return -1;
    }
    if (!read_options(&options, &request, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    request.words = common.words;
    return config != NULL ? mugai_cli_ask(config, &request, tell, &job, error) : -1;
}
