/*
 * cmd_log.c - who looked at what, and whether that is still what was written down
 *
 * Trust: queries and reasons are what people typed, and the log may have been tampered with: all of
 * it is quoted. The JSON is the lines themselves, which are printable ASCII or no entries.
 */
#include "cli.h"

#include <mugai/seal.h>
#include <mugai/text.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define FIELD_CHARACTERS_MAX 2000u

typedef struct {
    char *since, *until, *user, *id, *verb, *head;
    char **keys;
    gboolean json, verify;
} LogOptions;

static void
log_options_clear(LogOptions *options)
{
    char *strings[] = {options->since, options->until, options->user,
                       options->id,    options->verb,  options->head};

    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    g_strfreev(options->keys);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LogOptions, log_options_clear)

static const char description[] =
    N_("Shows who looked at what, oldest first. --verify says whether it is as it was written:\n"
       "exit status 0 if it is, 1 if not. TIME: 2026-11-20, \"2026-11-20 10:00\", today,\n"
       "yesterday, -2h, -30m, -7d.");

/* --- showing --- */

/* " LABELTEXT" with TEXT quoted, nothing for none. */
static void
append_field(GString *line, const char *label, const char *text)
{
    g_autofree char *quoted = text != NULL ? mugai_text_quote(text, FIELD_CHARACTERS_MAX) : NULL;

    if (quoted != NULL && quoted[0] != '\0')
        g_string_append_printf(line, " %s%s", label, quoted);
}

static void
append_actor(GString *line, const MugaiActor *actor)
{
    const char *behind = actor->sudo_user[0] != '\0' ? actor->sudo_user : actor->login_user;

    if (actor->user[0] != '\0')
        append_field(line, "", actor->user);
    else
        g_string_append_printf(line, " %u", actor->uid);
    if (behind[0] != '\0' && !g_str_equal(behind, actor->user))
        append_field(line, _("for "), behind);
}

static void
print_record(const MugaiRecord *record)
{
    g_autofree char *time = mugai_cli_time(record->time);
    g_autofree char *outcome = mugai_cli_say(record->outcome);
    g_autofree char *reason = mugai_cli_say_reason(record);
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "%" G_GUINT64_FORMAT " %s", record->number, time);
    append_actor(line, record->actor);
    append_field(line, "", record->verb);
    append_field(line, "", record->id);
    append_field(line, _("part "), record->part);
    for (guint i = 0; i < record->words->len; i++)
        append_field(line, "", record->words->pdata[i]);
    append_field(line, "sha256 ", record->sha256);
    append_field(line, "", outcome);
    append_field(line, _("because "), reason);
    puts(line->str);
}

static gboolean
print_look(const MugaiAnswer *answer, gpointer data)
{
    const LogOptions *options = data;
    g_autoptr(MugaiRecord) record = NULL;

    if (answer->kind != MUGAI_ANSWER_LOOK)
        return TRUE;
    /* What is no entry is passed over: verifying finds it. */
    record = mugai_record_from_json(answer->text, -1, NULL);
    if (record != NULL && options->json)
        puts(answer->text);
    else if (record != NULL)
        print_record(record);
    return !ferror(stdout);
}

static int
show_log(const MugaiConfig *config, LogOptions *options, MugaiRequest *request, GError **error)
{
    if ((options->since != NULL &&
         !mugai_cli_parse_moment(options->since, &request->since, error)) ||
        (options->until != NULL &&
         !mugai_cli_parse_moment(options->until, &request->until, error)) ||
        (options->id != NULL && !mugai_id_parse(options->id, &request->id, error)))
        return -1;
    request->user = options->user;
    request->logged_verb = options->verb;
    return mugai_cli_ask(config, request, print_look, options, error);
}

/* --- verifying --- */

static void
print_summary(const MugaiAnswer *summary)
{
    if (summary->signatures == 0)
        printf(_("%" PRIu64 " entries, unsigned; head %s\n"), summary->objects, summary->text);
    else
        printf(_("%" PRIu64 " entries, %" PRIu64 " signed; head %s\n"), summary->objects,
               summary->signatures, summary->text);
    if (summary->findings > 0)
        printf(_("%" PRIu64 " faults: this is not the log as it was written\n"), summary->findings);
    else
        puts(_("no fault found"));
}

static gboolean
print_verified(const MugaiAnswer *answer, gpointer data)
{
    (void)data;
    if (answer->kind == MUGAI_ANSWER_FAULT) {
        g_autofree char *where = mugai_cli_say(answer->name);
        g_autofree char *what = mugai_cli_say(answer->text);

        printf(answer->flag ? _("%s: %s\n") : _("%s: (no fault) %s\n"), where, what);
    } else if (answer->kind == MUGAI_ANSWER_VERIFIED)
        print_summary(answer);
    return TRUE;
}

/* The files are read here, with the caller's rights. */
static GPtrArray *
read_keys(char *const *paths, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

    for (; paths != NULL && *paths != NULL; paths++) {
        MugaiSealPublic key = {0};
        char *text = NULL;

        if (!mugai_seal_public_load(*paths, &key, error))
            return NULL;
        if (!g_file_get_contents(*paths, &text, NULL, NULL)) {
            mugai_cli_fail(error, EX_NOINPUT, "%s", *paths);
            return NULL;
        }
        g_ptr_array_add(keys, text);
    }
    return g_steal_pointer(&keys);
}

/* Exit status, or -1 with @error. */
static int
verify_log(const MugaiConfig *config, const LogOptions *options, MugaiRequest *request,
           GError **error)
{
    g_autoptr(GPtrArray) keys = read_keys(options->keys, error);

    if (keys == NULL)
        return -1;
    request->verb = MUGAI_VERB_VERIFY;
    request->head = options->head;
    request->keys = keys;
    return mugai_cli_ask(config, request, print_verified, NULL, error);
}

static gboolean
check_options(const MugaiCommon *common, const LogOptions *options, GError **error)
{
    if (common->arguments[0] != NULL)
        return mugai_cli_misuse(error, _("log takes options only, not \"%s\""),
                                common->arguments[0]);
    if (!options->verify && (options->head != NULL || options->keys != NULL))
        return mugai_cli_misuse(error, _("--head and --key go with --verify"));
    if (options->verify &&
        (options->since != NULL || options->until != NULL || options->user != NULL ||
         options->id != NULL || options->verb != NULL || options->json))
        return mugai_cli_misuse(error, _("--verify reads all of the log: of the other options only "
                                         "--head and --key go with it"));
    if (g_strcmp0(options->user, "") == 0 || g_strcmp0(options->verb, "") == 0)
        return mugai_cli_misuse(error, _("--user and --verb want a name"));
    return TRUE;
}

int
cmd_log(int argc, char **argv, GError **error)
{
    g_auto(LogOptions) options = {0};
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since, N_("At this time or later"), "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, N_("Before this time"), "TIME"},
        {"user", 0, 0, G_OPTION_ARG_FILENAME, &options.user, N_("By this user, also as root"),
         "NAME"},
        {"id", 0, 0, G_OPTION_ARG_FILENAME, &options.id, N_("Of this message"), "ID"},
        {"verb", 0, 0, G_OPTION_ARG_FILENAME, &options.verb, N_("list, show, get, hold, ..."),
         "VERB"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_("The lines as they are kept"), NULL},
        {"verify", 0, 0, G_OPTION_ARG_NONE, &options.verify,
         N_("Say whether anything was changed, removed or put in"), NULL},
        {"head", 0, 0, G_OPTION_ARG_FILENAME, &options.head,
         N_("Entry N was this one: as written down elsewhere, or in syslog"), "N:SHA-256"},
        {"key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.keys,
         N_("A public key; every entry must be signed"), "FILE"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    MugaiRequest request = {.verb = MUGAI_VERB_LOG};

    if (!mugai_cli_parse(&common, entries, "", description, argc, argv, error) ||
        !check_options(&common, &options, error))
        return -1;
    request.words = common.words;
    config = mugai_cli_load_config(&common, error);
    if (config == NULL)
        return -1;
    return options.verify ? verify_log(config, &options, &request, error)
                          : show_log(config, &options, &request, error);
}
