/*
 * cmd_show.c - one message: its envelope, its parts and what became of each, who looked at it;
 * never its content
 *
 * Trust: everything that came with the message is hostile and quoted.
 */
#include "cli.h"

#include <mugai/pending.h>
#include <mugai/policy.h>
#include <mugai/text.h>
#include <mugai/time.h>
#include <stdio.h>
#include <string.h>

#define LABEL_COLUMNS 12

/* --- showing --- */

static void
print_line(const char *label, const char *text)
{
    g_autofree char *name = mugai_cli_fit(_(label), LABEL_COLUMNS);
    g_autofree char *field = mugai_cli_fit(text, 0);

    if (text[0] != '\0')
        printf("%s%s\n", name, field);
}

static void
print_lines(const char *label, const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++)
        print_line(i == 0 ? label : "", lines->pdata[i]);
}

/* What the worker wrote in English. */
static void
print_remarks(const char *label, const GPtrArray *remarks)
{
    for (guint i = 0; i < remarks->len; i++) {
        g_autofree char *said = mugai_cli_say(remarks->pdata[i]);

        print_line(i == 0 ? label : "", said);
    }
}

static void
print_envelope(const MugaiEnvelope *envelope)
{
    g_autofree char *sender = g_strdup_printf("<%s>", envelope->sender);
    g_autofree char *client =
        g_strdup_printf("%s [%s]", envelope->client_name, envelope->client_address);

    print_line("Sender", sender);
    print_lines("Recipients", envelope->recipients);
    print_line("Client", envelope->client_address[0] != '\0' ? client : envelope->client_name);
    print_line("HELO", envelope->helo);
    print_line("Queue id", envelope->queue_id);
}

static void
print_part(const MugaiPart *part, gboolean sealed)
{
    g_autofree char *path = mugai_cli_fit(part->path, LABEL_COLUMNS - 2);
    g_autofree char *type = mugai_cli_fit(part->type, 0);
    g_autofree char *declared = mugai_cli_fit(part->declared_type, 0);
    g_autofree char *name = mugai_cli_fit(part->name, 0);
    g_autofree char *reason = mugai_cli_fit(part->reason, 0);

    printf("  %s%s%s%s  %s", path, mugai_cli_word(mugai_disposition_name(part->disposition)),
           reason[0] != '\0' ? ": " : "", mugai_cli_word(reason), type);
    if (sealed) {
        puts(_("  (sealed)"));
        return;
    }
    if (declared[0] != '\0' && !g_str_equal(declared, type))
        printf(_(" (declared %s)"), declared);
    printf(_("  %" PRIu64 " octets"), part->size);
    if (name[0] != '\0')
        printf("  \"%s\"", name);
    printf("\n%*ssha256 %s\n", LABEL_COLUMNS, "", part->sha256);
}

/* --- history --- */

static gboolean
is_release(const char *verb)
{
    return g_str_equal(verb, "release") || g_str_equal(verb, "request") ||
           g_str_equal(verb, "approve");
}

/* "tanaka", "uid 1001", "root for tanaka" */
static void
append_actor(GString *what, const MugaiActor *actor)
{
    if (actor->user[0] != '\0')
        g_string_append_printf(what, _(" by %s"), actor->user);
    else
        g_string_append_printf(what, _(" by uid %u"), actor->uid);
    if (actor->sudo_user[0] != '\0')
        g_string_append_printf(what, _(" for %s"), actor->sudo_user);
}

static void
print_event(const char *label, gint64 seconds, const char *what)
{
    g_autofree char *time = mugai_cli_time(seconds);
    g_autofree char *line = g_strdup_printf("%s %s", time, what);

    print_line(label, line);
}

/* To whom a release was to go, as it was typed. */
static void
append_recipients(GString *what, const GPtrArray *words)
{
    for (guint i = 0; words != NULL && i < words->len; i++) {
        const char *word = words->pdata[i];

        if (g_str_has_prefix(word, "--to="))
            g_string_append_printf(what, _(" to %s"), word + strlen("--to="));
        else if (g_str_equal(word, "--to") && i + 1 < words->len)
            g_string_append_printf(what, _(" to %s"), (const char *)words->pdata[++i]);
    }
}

static void
print_look(const char *label, const MugaiRecord *record)
{
    g_autofree char *outcome = mugai_cli_say(record->outcome);
    g_autofree char *reason = mugai_cli_say_reason(record);
    g_autoptr(GString) what = g_string_new(record->verb);

    if (record->part != NULL)
        g_string_append_printf(what, _(" part %s"), record->part);
    if (is_release(record->verb))
        append_recipients(what, record->words);
    append_actor(what, record->actor);
    if (!g_str_equal(record->outcome, "granted"))
        g_string_append_printf(what, ", %s", outcome);
    if (reason != NULL)
        g_string_append_printf(what, ": %s", reason);
    print_event(label, record->time, what->str);
}

/* What a second person may approve; its words are the recipients. */
static void
print_pending(const MugaiRecord *record)
{
    g_autoptr(GString) what = g_string_new(_("release to"));

    for (guint i = 0; record->words != NULL && i < record->words->len; i++)
        g_string_append_printf(what, "%s%s", i > 0 ? ", " : " ",
                               (const char *)record->words->pdata[i]);
    append_actor(what, record->actor);
    g_string_append_printf(what, _(", for %d days: %s"), MUGAI_PENDING_DAYS,
                           record->reason != NULL ? record->reason : "");
    print_event("Requested", record->time, what->str);
}

/* --- the message --- */

static void
print_message(const MugaiConfig *config, const MugaiEntry *entry, const MugaiReport *report,
              const MugaiAnswer *answer)
{
    guint days = mugai_policy_retention(config->retention_days, config->policies, entry->envelope);
    g_autofree char *until =
        mugai_cli_time(entry->received + (gint64)days * MUGAI_TIME_DAY_SECONDS);
    g_autofree char *state =
        g_strconcat(mugai_cli_word(entry->state), entry->held ? _(", held") : "",
                    entry->damaged ? _(", damaged") : "", NULL);
    g_autofree char *time = mugai_cli_time(entry->received);
    g_autofree char *original = answer->sha256 != NULL
                                    ? g_strdup_printf(_("%" PRIu64 " octets, whole, sha256 %s"),
                                                      entry->size, answer->sha256)
                                    : mugai_cli_say(answer->text != NULL ? answer->text : "");

    print_line("Id", entry->id.text);
    print_line("Received", time);
    print_line("Kept until", entry->held ? _("somebody lets it go") : until);
    print_line("State", state);
    print_line("From", entry->from);
    print_line("Subject", entry->subject);
    print_envelope(entry->envelope);
    print_line("Original", original);
    puts(_("Parts"));
    for (guint i = 0; i < report->parts->len; i++)
        print_part(report->parts->pdata[i], entry->sealed);
    print_lines("Checks", report->authentication);
    print_remarks("Ambiguous", report->ambiguities);
    print_remarks("Warnings", report->warnings);
}

typedef struct {
    const MugaiConfig *config;
    gboolean json;
    gint64 received;
    char *state;    /* NULL: the history has begun, or the message is gone */
    gboolean begun; /* the history */
    GError *error;  /* what could not be read */
} Show;

/* Received, and what became of it: before who looked at it. */
static void
begin_history(Show *show)
{
    g_autofree char *what = show->state != NULL
                                ? g_strdup_printf(_("received, %s"), mugai_cli_word(show->state))
                                : NULL;

    if (what != NULL)
        print_event("History", show->received, what);
    show->begun |= what != NULL;
    g_clear_pointer(&show->state, g_free);
}

static gboolean
print_shown(Show *show, const MugaiAnswer *answer)
{
    const MugaiEntry *entry = answer->entry;
    g_autoptr(MugaiReport) report = NULL;

    if (show->json) {
        puts(entry->report_json);
        return TRUE;
    }
    report = mugai_report_from_json(entry->report_json, -1, &show->error);
    if (report == NULL)
        return FALSE;
    print_message(show->config, entry, report, answer);
    show->received = entry->received;
    show->state = g_strdup(entry->state);
    return TRUE;
}

static gboolean
print_answer(const MugaiAnswer *answer, gpointer data)
{
    Show *show = data;
    g_autoptr(MugaiRecord) record = NULL;

    if (answer->kind == MUGAI_ANSWER_SHOWN)
        return print_shown(show, answer);
    if (answer->kind != MUGAI_ANSWER_LOOK && answer->kind != MUGAI_ANSWER_PENDING)
        return TRUE;
    record = mugai_record_from_json(answer->text, -1, &show->error);
    if (record == NULL)
        return FALSE;
    if (answer->kind == MUGAI_ANSWER_PENDING)
        print_pending(record);
    else {
        begin_history(show);
        print_look(show->begun ? "" : "History", record);
        show->begun = TRUE;
    }
    return !ferror(stdout);
}

static int
show(const MugaiConfig *config, const MugaiRequest *request, GError **error)
{
    Show show = {.config = config, .json = request->brief};
    int status = mugai_cli_ask(config, request, print_answer, &show, error);

    begin_history(&show);
    if (status < 0 || show.error == NULL) {
        g_clear_error(&show.error);
        return status;
    }
    g_propagate_error(error, show.error);
    return -1;
}

int
cmd_show(int argc, char **argv, GError **error)
{
    MugaiRequest request = {.verb = MUGAI_VERB_SHOW};
    g_auto(MugaiCommon) common = {0};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &request.brief, N_("The report as JSON, on one line"),
         NULL},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_cli_parse(
            &common, entries, "ID",
            N_("Shows envelope and parts of a message and what became of each, never its content."),
            argc, argv, error) ||
        !mugai_cli_read_id(&common, &request.id, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    return config != NULL && mugai_cli_unlock(&common, config, &request, error)
               ? show(config, &request, error)
               : -1;
}
