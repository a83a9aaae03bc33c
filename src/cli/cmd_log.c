/*
 * cmd_log.c - who looked at what, and whether that is still what was written down
 *
 * Reading the log is a look itself: written down before anything is shown; after verifying, which
 * must see what others have left there.
 *
 * Trust: queries and reasons are what people typed, and the log may have been tampered with: all of
 * it is quoted. The JSON is the lines themselves, which are printable ASCII or no entries.
 */
#include "cli.h"

#include <mugai/audit.h>
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
    "Shows who looked at what, oldest first. --verify says whether it is as it was written:\n"
    "exit status 0 if it is, 1 if not. TIME: 2026-11-20, \"2026-11-20 10:00\", today,\n"
    "yesterday, -2h, -30m, -7d.";

/* --- showing --- */

typedef struct {
    const LogOptions *options;
    MugaiId id; /* all zero: any */
} Filter;

static gboolean
is_by(const MugaiActor *actor, const char *user)
{
    return g_str_equal(actor->user, user) || g_str_equal(actor->login_user, user) ||
           g_str_equal(actor->sudo_user, user);
}

static gboolean
is_wanted(const Filter *filter, const MugaiRecord *record)
{
    const LogOptions *options = filter->options;

    return (options->user == NULL || is_by(record->actor, options->user)) &&
           (options->verb == NULL || g_str_equal(record->verb, options->verb)) &&
           (filter->id.text[0] == '\0' || g_strcmp0(record->id, filter->id.text) == 0);
}

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
        append_field(line, "for ", behind);
}

static gboolean
print_record(const char *json, const MugaiRecord *record, gpointer data)
{
    const Filter *filter = data;
    g_autofree char *time = mugai_cli_time(record->time);
    g_autoptr(GString) line = g_string_new(NULL);

    if (!is_wanted(filter, record))
        return TRUE;
    if (filter->options->json) {
        puts(json);
        return !ferror(stdout);
    }
    g_string_printf(line, "%" G_GUINT64_FORMAT " %s", record->number, time);
    append_actor(line, record->actor);
    append_field(line, "", record->verb);
    append_field(line, "", record->id);
    append_field(line, "part ", record->part);
    for (guint i = 0; i < record->words->len; i++)
        append_field(line, "", record->words->pdata[i]);
    append_field(line, "sha256 ", record->sha256);
    append_field(line, "", record->outcome);
    append_field(line, "because ", record->reason);
    puts(line->str);
    return !ferror(stdout);
}

static gboolean
show_log(const MugaiConfig *config, const LogOptions *options, MugaiRecord *record, GError **error)
{
    g_autoptr(MugaiAudit) audit = NULL;
    Filter filter = {.options = options};
    gint64 since = 0;
    gint64 until = 0;

    if ((options->since != NULL && !mugai_cli_parse_moment(options->since, &since, error)) ||
        (options->until != NULL && !mugai_cli_parse_moment(options->until, &until, error)) ||
        (options->id != NULL && !mugai_id_parse(options->id, &filter.id, error)) ||
        !mugai_cli_note(config, record, NULL, error))
        return FALSE;
    audit = mugai_audit_open(config, error);
    return audit != NULL && mugai_audit_visit(audit, since, until, print_record, &filter, error);
}

/* --- verifying --- */

/* Kept until the look itself is written down. */
static void
keep_finding(gboolean fault, const char *where, const char *what, gpointer data)
{
    GString *findings = data;

    g_string_append_printf(findings, "%s: %s%s\n", where, fault ? "" : "(no fault) ", what);
}

static void
print_summary(const MugaiAuditSummary *summary)
{
    g_autofree char *how = g_strdup_printf("%" G_GUINT64_FORMAT " signed", summary->signed_entries);

    printf("%" G_GUINT64_FORMAT " entries, %s; head %s\n", summary->entries,
           summary->signed_entries == 0 ? "unsigned" : how, summary->head);
    if (summary->faults > 0)
        printf("%" G_GUINT64_FORMAT " faults: this is not the log as it was written\n",
               summary->faults);
    else
        puts("no fault found");
}

/* Exit status, or -1 with @error. */
static int
verify_log(const MugaiConfig *config, const LogOptions *options, MugaiRecord *record,
           GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    g_autoptr(GString) findings = g_string_new(NULL);
    g_auto(MugaiAuditSummary) summary = {0};
    MugaiAuditProof proof = {.public_keys = (const char *const *)options->keys,
                             .head = options->head};

    if (audit == NULL ||
        !mugai_audit_verify(audit, &proof, keep_finding, findings, &summary, error) ||
        !mugai_cli_note(config, record, NULL, error))
        return -1;
    fputs(findings->str, stdout);
    print_summary(&summary);
    return summary.faults > 0 ? 1 : EX_OK;
}

static gboolean
check_options(const MugaiCommon *common, const LogOptions *options, GError **error)
{
    if (common->arguments[0] != NULL)
        return mugai_cli_misuse(error, "log takes options only, not \"%s\"", common->arguments[0]);
    if (!options->verify && (options->head != NULL || options->keys != NULL))
        return mugai_cli_misuse(error, "--head and --key go with --verify");
    if (options->verify &&
        (options->since != NULL || options->until != NULL || options->user != NULL ||
         options->id != NULL || options->verb != NULL || options->json))
        return mugai_cli_misuse(error, "--verify reads all of the log: of the other options only "
                                       "--head and --key go with it");
    return TRUE;
}

int
cmd_log(int argc, char **argv, GError **error)
{
    g_auto(LogOptions) options = {0};
    const GOptionEntry entries[] = {
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options.since, "At this time or later", "TIME"},
        {"until", 0, 0, G_OPTION_ARG_FILENAME, &options.until, "Before this time", "TIME"},
        {"user", 0, 0, G_OPTION_ARG_FILENAME, &options.user, "By this user, also as root", "NAME"},
        {"id", 0, 0, G_OPTION_ARG_FILENAME, &options.id, "Of this message", "ID"},
        {"verb", 0, 0, G_OPTION_ARG_FILENAME, &options.verb, "list, show, get, hold, ...", "VERB"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "The lines as they are kept", NULL},
        {"verify", 0, 0, G_OPTION_ARG_NONE, &options.verify,
         "Say whether anything was changed, removed or put in", NULL},
        {"head", 0, 0, G_OPTION_ARG_FILENAME, &options.head,
         "Entry N was this one: as written down elsewhere, or in syslog", "N:SHA-256"},
        {"key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.keys,
         "A public key; every entry must be signed", "FILE"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(MugaiRecord) record = mugai_cli_record("log", NULL);

    if (!mugai_cli_parse(&common, entries, "", description, argc, argv, error) ||
        !check_options(&common, &options, error))
        return -1;
    record->words = g_ptr_array_ref(common.words);
    config = mugai_cli_load_config(&common, error);
    if (config == NULL)
        return -1;
    if (options.verify)
        return verify_log(config, &options, record, error);
    return show_log(config, &options, record, error) ? EX_OK : -1;
}
