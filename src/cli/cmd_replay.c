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

/* --- one message --- */

static const MugaiDisposition dispositions[] = {MUGAI_KEPT, MUGAI_CONVERTED, MUGAI_REMOVED,
                                                MUGAI_UNREADABLE};

/* "removed 1 -> 2", and so on; "the text" where no count differs. */
static char *
describe(const MugaiSide *before, const MugaiSide *after)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(dispositions); i++) {
        guint first = before->counts[dispositions[i]];
        guint second = after->counts[dispositions[i]];

        if (first != second)
            g_string_append_printf(text, "%s%s %u -> %u", text->len > 0 ? ", " : "",
                                   mugai_cli_word(mugai_disposition_name(dispositions[i])), first,
                                   second);
    }
    if ((before->failure != NULL) != (after->failure != NULL))
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                               after->failure != NULL ? _("now only the notice alone")
                                                      : _("no longer the notice alone"));
    return g_strdup(text->len > 0 ? text->str : _("the text"));
}

static GPtrArray *
compare_texts(const MugaiAnswer *answer)
{
    return answer->before.text != NULL ? mugai_cli_diff(answer->before.text, answer->after.text)
                                       : g_ptr_array_new();
}

static void
print_text(const MugaiAnswer *answer)
{
    g_autofree char *what = describe(&answer->before, &answer->after);
    g_autoptr(GPtrArray) lines = compare_texts(answer);

    printf("%s  %s\n", answer->id.text, what);
    for (guint i = 0; i < lines->len; i++)
        puts(lines->pdata[i]);
}

static void
print_side(const char *name, const MugaiSide *side)
{
    printf(",\"%s\":{\"sha256\":\"%s\"", name, side->sha256);
    for (gsize i = 0; i < G_N_ELEMENTS(dispositions); i++)
        printf(",\"%s\":%u", mugai_disposition_name(dispositions[i]),
               side->counts[dispositions[i]]);
    if (side->failure != NULL) {
        g_autofree char *quoted = mugai_cli_json_string(side->failure);

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
print_json(const MugaiAnswer *answer)
{
    printf("{\"id\":\"%s\"", answer->id.text);
    print_side("before", &answer->before);
    print_side("after", &answer->after);
    if (answer->before.text != NULL) {
        g_autoptr(GPtrArray) lines = compare_texts(answer);

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
tell(const MugaiAnswer *answer, gpointer data)
{
    const ReplayOptions *options = data;

    if (answer->kind == MUGAI_ANSWER_DIFFERENCE)
        (options->json ? print_json : print_text)(answer);
    if (answer->kind == MUGAI_ANSWER_REPLAY && !options->json)
        printf(_("%" PRIu64 " of %" PRIu64 " come out differently\n"), answer->findings,
               answer->objects);
    if (answer->kind == MUGAI_ANSWER_REPLAY && answer->failed > 0)
        mugai_cli_complain(_("%" PRIu64 " could not be compared"), answer->failed);
    return !ferror(stdout);
}

/* The file is read here, with the caller's rights. */
static gboolean
read_planned(const char *path, MugaiRequest *request, char **ret_text, GError **error)
{
    *ret_text = mugai_config_read_file(path, error);
    request->config_name = (char *)path;
    request->config_text = *ret_text;
    return *ret_text != NULL;
}

static gboolean
check_usage(const MugaiCommon *common, const ReplayOptions *options, GError **error)
{
    if (common->arguments[0] != NULL)
        return mugai_cli_misuse(error, _("replay takes options alone"));
    if (options->with_config == NULL)
        return mugai_cli_misuse(error, _("--with-config FILE is wanted"));
    return options->limit >= 0 || mugai_cli_misuse(error, _("--limit is a number from 0 on"));
}

int
cmd_replay(int argc, char **argv, GError **error)
{
    g_auto(ReplayOptions) options = {0};
    g_auto(MugaiCommon) common = {0};
    const GOptionEntry entries[] = {
        {"with-config", 0, 0, G_OPTION_ARG_FILENAME, &options.with_config,
         N_("The configuration to compare with the present one"), "FILE"},
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since,
         N_("Received then or later: a date or time, yesterday, -2h"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, N_("Received before"), "TIME"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options.limit, N_("At most so many, oldest first"), "N"},
        {"diff", 0, 0, G_OPTION_ARG_NONE, &options.diff, N_("Show which lines of the text differ"),
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json,
         N_("One JSON object a line for each that differs"), NULL},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };
    g_autoptr(MugaiConfig) config = NULL;
    g_autofree char *planned = NULL;
    MugaiRequest request = {.verb = MUGAI_VERB_REPLAY};

    if (!mugai_cli_parse(&common, entries, "",
                         N_("Sanitizes stored originals under the present configuration and under "
                            "another one, and says\nwhich would come out differently. Nothing is "
                            "changed."),
                         argc, argv, error) ||
        !check_usage(&common, &options, error) ||
        (options.since != NULL && !mugai_cli_parse_moment(options.since, &request.since, error)) ||
        (options.until != NULL && !mugai_cli_parse_moment(options.until, &request.until, error)))
        return -1;
    config = mugai_cli_load_config(&common, error);
    if (config == NULL || !read_planned(options.with_config, &request, &planned, error))
        return -1;
    request.words = common.words;
    request.limit = (guint)options.limit;
    request.diff = options.diff;
    return mugai_cli_unlock(&common, config, &request, error)
               ? mugai_cli_ask(config, &request, tell, &options, error)
               : -1;
}
