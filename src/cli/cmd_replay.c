/*
 * cmd_replay.c - what would come out differently under another configuration: stored originals are
 * sanitized again under the present one and under the new one, and compared
 *
 * Both are sanitized now, by the workers that the two configurations name, so that nothing but the
 * configurations differs (I5); nothing is changed and nothing goes out.
 *
 * Exit: 0 if all is the same, 1 if anything differs; EX_DATAERR if nothing differs, but not all of
 * it could be compared.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

typedef struct {
    char *since, *until, *with_config;
    int limit;
    gboolean json, diff;
} ReplayOptions;

static void
replay_options_clear(ReplayOptions *options)
{
    g_free(options->since);
    g_free(options->until);
    g_free(options->with_config);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReplayOptions, replay_options_clear)

typedef struct {
    const ReplayOptions *options;
    gint64 since, until; /* until is exclusive */
    MugaiStore *store;
    MugaiPool *present, *planned;
    guint compared, different, failed;
} Replay;

/* --- one message --- */

/* Both outcomes; FALSE with @error where one cannot be had. */
static gboolean
sanitize_both(const Replay *replay, MugaiOriginal *original, const MugaiId *id,
              MugaiApproved **ret_before, MugaiApproved **ret_after, GError **error)
{
    const MugaiEnvelope *envelope = mugai_original_envelope(original);
    MugaiTime received = mugai_cli_local_time(envelope->received);
    g_auto(MugaiFd) octets = mugai_cli_fetch(original, NULL, NULL, error);
    g_autoptr(MugaiApproved) before = NULL;
    g_autoptr(MugaiApproved) after = NULL;
    MugaiTicket *first = NULL;
    MugaiTicket *second = NULL;

    if (octets < 0)
        return FALSE;
    first = mugai_pool_submit(replay->present, octets, id, received, envelope);
    second = mugai_pool_submit(replay->planned, octets, id, received, envelope);
    before = mugai_ticket_collect(first, error);
    if (before == NULL) {
        mugai_ticket_cancel(second);
        return FALSE;
    }
    after = mugai_ticket_collect(second, error);
    if (after == NULL)
        return FALSE;
    *ret_before = g_steal_pointer(&before);
    *ret_after = g_steal_pointer(&after);
    return TRUE;
}

static gboolean
is_same(const MugaiApproved *before, const MugaiApproved *after)
{
    return g_str_equal(mugai_approved_sha256(before), mugai_approved_sha256(after));
}

static const MugaiDisposition dispositions[] = {MUGAI_KEPT, MUGAI_CONVERTED, MUGAI_REMOVED,
                                                MUGAI_UNREADABLE};

/* "removed 1 -> 2", and so on; "the text" where no count differs. */
static char *
describe(const MugaiApproved *before, const MugaiApproved *after)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(dispositions); i++) {
        guint first = mugai_report_count(mugai_approved_report(before), dispositions[i]);
        guint second = mugai_report_count(mugai_approved_report(after), dispositions[i]);

        if (first != second)
            g_string_append_printf(text, "%s%s %u -> %u", text->len > 0 ? ", " : "",
                                   mugai_disposition_name(dispositions[i]), first, second);
    }
    if ((mugai_approved_failure(before) != NULL) != (mugai_approved_failure(after) != NULL))
        g_string_append_printf(text, "%s%s the notice alone", text->len > 0 ? ", " : "",
                               mugai_approved_failure(after) != NULL ? "now only" : "no longer");
    return g_strdup(text->len > 0 ? text->str : "the text");
}

static GPtrArray *
compare_texts(const MugaiApproved *before, const MugaiApproved *after)
{
    g_autofree char *first = mugai_cli_approved_text(before);
    g_autofree char *second = mugai_cli_approved_text(after);

    return mugai_cli_diff(first, second);
}

static void
print_text(const Replay *replay, const MugaiId *id, const MugaiApproved *before,
           const MugaiApproved *after)
{
    g_autofree char *what = describe(before, after);
    g_autoptr(GPtrArray) lines =
        replay->options->diff ? compare_texts(before, after) : g_ptr_array_new();

    printf("%s  %s\n", id->text, what);
    for (guint i = 0; i < lines->len; i++)
        puts(lines->pdata[i]);
}

static void
print_side(const char *name, const MugaiApproved *approved)
{
    const char *failure = mugai_approved_failure(approved);

    printf(",\"%s\":{\"sha256\":\"%s\"", name, mugai_approved_sha256(approved));
    for (gsize i = 0; i < G_N_ELEMENTS(dispositions); i++)
        printf(",\"%s\":%u", mugai_disposition_name(dispositions[i]),
               mugai_report_count(mugai_approved_report(approved), dispositions[i]));
    if (failure != NULL) {
        g_autofree char *quoted = mugai_cli_json_string(failure);

        printf(",\"failure\":%s", quoted);
    }
    putchar('}');
}

/* A line of an approved text: clean, blanks and TABs count. */
static void
print_line(const char *line)
{
    putchar('"');
    for (const char *at = line; *at != '\0'; at++) {
        if (*at == '\t')
            fputs("\\t", stdout);
        else
            printf("%s%c", *at == '"' || *at == '\\' ? "\\" : "", *at);
    }
    putchar('"');
}

static void
print_json(const Replay *replay, const MugaiId *id, const MugaiApproved *before,
           const MugaiApproved *after)
{
    printf("{\"id\":\"%s\"", id->text);
    print_side("before", before);
    print_side("after", after);
    if (replay->options->diff) {
        g_autoptr(GPtrArray) lines = compare_texts(before, after);

        printf(",\"diff\":[");
        for (guint i = 0; i < lines->len; i++) {
            if (i > 0)
                putchar(',');
            print_line(lines->pdata[i]);
        }
        putchar(']');
    }
    puts("}");
}

/* --- all of them --- */

static gboolean
is_in_range(const Replay *replay, const MugaiOriginal *original)
{
    gint64 received = mugai_original_envelope(original)->received;

    return received >= replay->since && received < replay->until;
}

static gboolean
replay_one(Replay *replay, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(replay->store, id, error);
    g_autoptr(MugaiApproved) before = NULL;
    g_autoptr(MugaiApproved) after = NULL;

    if (original == NULL)
        return FALSE;
    if (!is_in_range(replay, original))
        return TRUE;
    if (!sanitize_both(replay, original, id, &before, &after, error))
        return FALSE;
    replay->compared++;
    if (is_same(before, after))
        return TRUE;
    replay->different++;
    (replay->options->json ? print_json : print_text)(replay, id, before, after);
    return TRUE;
}

static gboolean
visit(const MugaiId *id, gpointer data)
{
    Replay *replay = data;
    g_autoptr(GError) error = NULL;

    /* What was purged meanwhile is nobody's concern. */
    if (!replay_one(replay, id, &error) &&
        !g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND)) {
        mugai_cli_complain("%s: %s", id->text, error->message);
        replay->failed++;
    }
    return replay->options->limit == 0 || replay->compared < (guint)replay->options->limit;
}

static int
finish(const Replay *replay)
{
    if (!replay->options->json)
        printf("%u of %u come out differently\n", replay->different, replay->compared);
    if (replay->failed > 0)
        mugai_cli_complain("%u could not be compared", replay->failed);
    if (replay->different > 0)
        return 1;
    return replay->failed > 0 ? EX_DATAERR : EX_OK;
}

/* Exit status, or -1 with @error. */
static int
run(const MugaiConfig *config, const MugaiConfig *planned, const ReplayOptions *options,
    GPtrArray *words, gint64 since, gint64 until, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(config, &why);
    g_autoptr(MugaiPool) present_pool = store != NULL ? mugai_pool_new(config, &why) : NULL;
    g_autoptr(MugaiPool) planned_pool = present_pool != NULL ? mugai_pool_new(planned, &why) : NULL;
    g_autoptr(MugaiRecord) record = mugai_cli_record("replay", NULL);
    Replay replay = {
        .options = options,
        .since = since,
        .until = until,
        .store = store,
        .present = present_pool,
        .planned = planned_pool,
    };

    record->words = g_ptr_array_ref(words);
    record->sha256 = g_strdup(planned->sha256);
    if (!mugai_cli_note(config, record, why, error) ||
        !mugai_store_visit(store, since, until, visit, &replay, error))
        return -1;
    return finish(&replay);
}

static gboolean
check_usage(const MugaiCommon *common, const ReplayOptions *options, GError **error)
{
    if (common->arguments[0] != NULL)
        return mugai_cli_misuse(error, "replay takes options alone");
    if (options->with_config == NULL)
        return mugai_cli_misuse(error, "--with-config FILE is wanted");
    return options->limit >= 0 || mugai_cli_misuse(error, "--limit is a number from 0 on");
}

int
cmd_replay(int argc, char **argv, GError **error)
{
    g_auto(ReplayOptions) options = {0};
    const GOptionEntry entries[] = {
        {"with-config", 0, 0, G_OPTION_ARG_FILENAME, &options.with_config,
         "The configuration to compare with the present one", "FILE"},
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since,
         "Received then or later: a date or time, yesterday, -2h", "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, "Received before", "TIME"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "At most so many, oldest first", "N"},
        {"diff", 0, 0, G_OPTION_ARG_NONE, &options.diff, "Show which lines of the text differ",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json,
         "One JSON object a line for each that differs", NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(MugaiConfig) planned = NULL;
    gint64 since = 0;
    gint64 until = G_MAXINT64;

    if (!mugai_cli_parse(&common, entries, "",
                         "Sanitizes stored originals under the present configuration and under "
                         "another one, and says\nwhich would come out differently. Nothing is "
                         "changed.",
                         argc, argv, error) ||
        !check_usage(&common, &options, error) ||
        (options.since != NULL && !mugai_cli_parse_moment(options.since, &since, error)) ||
        (options.until != NULL && !mugai_cli_parse_moment(options.until, &until, error)))
        return -1;
    config = mugai_cli_load_config(&common, error);
    planned = config != NULL ? mugai_config_load(options.with_config, error) : NULL;
    if (planned == NULL)
        return -1;
    g_clear_pointer(&planned->seal_key, g_free);
    return run(config, planned, &options, common.words, since, until, error);
}
