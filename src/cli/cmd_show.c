/*
 * cmd_show.c - one message: its envelope, its parts and what became of each, who looked at it;
 * never its content
 *
 * What the index knows is shown from there. What it does not know, because mugaid was stopped
 * before it got there, is found out anew: the envelope is in the object, and the worker reads the
 * message once more.
 *
 * Trust: everything that came with the message is hostile and quoted.
 */
#include "cli.h"

#include <mugai/audit.h>
#include <mugai/catalog.h>
#include <mugai/text.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define LABEL_COLUMNS 12
/* A message may be looked at before it was received, by another host's clock. */
#define CLOCKS_DIFFER_SECONDS 86400

typedef struct {
    MugaiEntry *entry;
    MugaiReport *report;
    char *sha256; /* of the original as it is in the store now, NULL: see damage */
    char *damage;
} Shown;

static void
shown_clear(Shown *shown)
{
    mugai_entry_free(shown->entry);
    mugai_report_free(shown->report);
    g_free(shown->sha256);
    g_free(shown->damage);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shown, shown_clear)

/* --- finding out --- */

/* Makes the entry that the index should have. */
static MugaiEntry *
make_entry(const MugaiConfig *config, MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiPool) pool = mugai_pool_new(config, error);
    int scratch = pool != NULL ? mugai_cli_open_unnamed(error) : -1;

    return scratch >= 0 ? mugai_catalog_kept(store, pool, id, scratch, error) : NULL;
}

/* From the index; where there is none, or not this message, from the object. */
static MugaiEntry *
find_entry(const MugaiConfig *config, MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, FALSE, &missing);
    g_autoptr(MugaiEntry) entry = index != NULL ? mugai_index_get(index, id, &missing) : NULL;

    if (entry != NULL)
        return g_steal_pointer(&entry);
    entry = make_entry(config, store, id, error);
    if (entry != NULL)
        mugai_cli_complain("%s; shown from the object itself", missing->message);
    return g_steal_pointer(&entry);
}

/* Whether the original is still there and whole. */
static void
check_original(MugaiStore *store, const MugaiId *id, Shown *shown)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, &error);
    g_auto(MugaiFd) octets =
        original != NULL ? mugai_cli_fetch(original, NULL, &shown->sha256, &error) : -1;

    if (octets < 0)
        shown->damage = g_strdup(error->message);
}

/* --- showing --- */

static void
print_line(const char *label, const char *text)
{
    g_autofree char *field = mugai_cli_fit(text, 0);

    if (text[0] != '\0')
        printf("%-*s%s\n", LABEL_COLUMNS, label, field);
}

static void
print_lines(const char *label, const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++)
        print_line(i == 0 ? label : "", lines->pdata[i]);
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
print_part(const MugaiPart *part)
{
    g_autofree char *path = mugai_cli_fit(part->path, LABEL_COLUMNS - 2);
    g_autofree char *type = mugai_cli_fit(part->type, 0);
    g_autofree char *declared = mugai_cli_fit(part->declared_type, 0);
    g_autofree char *name = mugai_cli_fit(part->name, 0);
    g_autofree char *reason = mugai_cli_fit(part->reason, 0);

    printf("  %s%s%s%s  %s", path, mugai_disposition_name(part->disposition),
           reason[0] != '\0' ? ": " : "", reason, type);
    if (declared[0] != '\0' && !g_str_equal(declared, type))
        printf(" (declared %s)", declared);
    printf("  %" G_GUINT64_FORMAT " octets", part->size);
    if (name[0] != '\0')
        printf("  \"%s\"", name);
    printf("\n%*ssha256 %s\n", LABEL_COLUMNS, "", part->sha256);
}

/* --- history --- */

typedef struct {
    const MugaiId *id;
    gboolean begun;
} History;

static void
print_event(History *history, gint64 seconds, const char *what)
{
    g_autofree char *time = mugai_cli_time(seconds);
    g_autofree char *line = g_strdup_printf("%s %s", time, what);

    print_line(history->begun ? "" : "History", line);
    history->begun = TRUE;
}

/* To whom a release was to go, as it was typed. */
static void
append_recipients(GString *what, const GPtrArray *words)
{
    for (guint i = 0; words != NULL && i < words->len; i++) {
        const char *word = words->pdata[i];

        if (g_str_has_prefix(word, "--to="))
            g_string_append_printf(what, " to %s", word + strlen("--to="));
        else if (g_str_equal(word, "--to") && i + 1 < words->len)
            g_string_append_printf(what, " to %s", (const char *)words->pdata[++i]);
    }
}

static gboolean
print_look(const char *json, const MugaiRecord *record, gpointer data)
{
    History *history = data;
    const MugaiActor *actor = record->actor;
    g_autoptr(GString) what = g_string_new(record->verb);

    (void)json;
    if (g_strcmp0(record->id, history->id->text) != 0)
        return TRUE;
    if (record->part != NULL)
        g_string_append_printf(what, " part %s", record->part);
    if (g_str_equal(record->verb, "release"))
        append_recipients(what, record->words);
    g_string_append_printf(what, " by %s", actor->user[0] != '\0' ? actor->user : "?");
    if (actor->sudo_user[0] != '\0')
        g_string_append_printf(what, " for %s", actor->sudo_user);
    if (!g_str_equal(record->outcome, "granted"))
        g_string_append_printf(what, ", %s", record->outcome);
    if (record->reason != NULL)
        g_string_append_printf(what, ": %s", record->reason);
    print_event(history, record->time, what->str);
    return !ferror(stdout);
}

/* Received, what became of it, and who looked at it since, this look included. */
static gboolean
print_history(const MugaiConfig *config, const MugaiEntry *entry, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    g_autofree char *what = g_strdup_printf("received, %s", entry->state);
    History history = {.id = &entry->id};

    if (audit == NULL)
        return FALSE;
    print_event(&history, entry->received, what);
    return mugai_audit_visit(audit, entry->received - CLOCKS_DIFFER_SECONDS, 0, print_look,
                             &history, error);
}

static void
print_message(const Shown *shown)
{
    const MugaiEntry *entry = shown->entry;
    g_autofree char *state = g_strconcat(entry->state, entry->held ? ", held" : "",
                                         entry->damaged ? ", damaged" : "", NULL);
    g_autofree char *time = mugai_cli_time(entry->received);
    g_autofree char *original =
        shown->sha256 != NULL ? g_strdup_printf("%" G_GUINT64_FORMAT " octets, whole, sha256 %s",
                                                entry->size, shown->sha256)
                              : g_strdup(shown->damage);

    print_line("Id", entry->id.text);
    print_line("Received", time);
    print_line("State", state);
    print_line("From", entry->from);
    print_line("Subject", entry->subject);
    print_envelope(entry->envelope);
    print_line("Original", original);
    printf("Parts\n");
    for (guint i = 0; i < shown->report->parts->len; i++)
        print_part(shown->report->parts->pdata[i]);
    print_lines("Checks", shown->report->authentication);
    print_lines("Ambiguous", shown->report->ambiguities);
    print_lines("Warnings", shown->report->warnings);
}

static gboolean
show(const MugaiConfig *config, const MugaiId *id, gboolean json, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(config, &why);
    g_autoptr(MugaiRecord) record = mugai_cli_record("show", id);
    g_auto(Shown) shown = {0};

    shown.entry = store != NULL ? find_entry(config, store, id, &why) : NULL;
    if (!mugai_cli_note(config, record, why, error))
        return FALSE;
    if (json) {
        puts(shown.entry->report_json);
        return TRUE;
    }
    shown.report = mugai_report_from_json(shown.entry->report_json, -1, error);
    if (shown.report == NULL)
        return FALSE;
    check_original(store, id, &shown);
    print_message(&shown);
    return print_history(config, shown.entry, error);
}

int
cmd_show(int argc, char **argv, GError **error)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "The report as JSON, on one line", NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    MugaiId id = {0};

    if (!mugai_cli_parse(
            &common, entries, "ID",
            "Shows envelope and parts of a message and what became of each, never its content.",
            argc, argv, error) ||
        !mugai_cli_read_id(&common, &id, error))
        return -1;
    config = mugai_cli_load_config(&common, error);
    return config != NULL && show(config, &id, json, error) ? EX_OK : -1;
}
