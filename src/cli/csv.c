/*
 * csv.c - comma-separated values, for spreadsheets
 *
 * RFC 4180 in UTF-8 behind a byte order mark: without one, Excel in Japan takes the file for
 * Shift_JIS and shows nothing readable. Every field is quoted.
 *
 * Trust: everything that came with a message is hostile. What a spreadsheet would take for a
 * formula gets an apostrophe before it; what a terminal would obey is left out.
 */
#include "cli.h"

#include <mugai/text.h>
#include <stdio.h>
#include <string.h>

#define FIELD_CHARACTERS_MAX 5000u

static void
print_field(const char *text, gboolean last)
{
    g_autofree char *clean = mugai_text_clean_line(text, -1, FIELD_CHARACTERS_MAX);
    gboolean formula = clean[0] != '\0' && strchr("=+-@", clean[0]) != NULL;

    fputs(formula ? "\"'" : "\"", stdout);
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"')
            putchar('"');
        putchar(*at);
    }
    fputs(last ? "\"\r\n" : "\",", stdout);
}

void
mugai_cli_print_csv_fields(const char *const *fields, gsize count)
{
    for (gsize i = 0; i < count; i++)
        print_field(fields[i], i + 1 == count);
}

void
mugai_cli_print_csv_heading(const char *const *names, gsize count)
{
    fputs("\xEF\xBB\xBF", stdout);
    mugai_cli_print_csv_fields(names, count);
}

/* --- entries --- */

void
mugai_cli_print_csv_columns(void)
{
    static const char *const names[] = {
        "id",   "received",   "state",   "held",        "damaged",  "size",       "sender",
        "from", "recipients", "subject", "attachments", "queue_id", "message_id", "sha256",
    };

    mugai_cli_print_csv_heading(names, G_N_ELEMENTS(names));
}

static char *
join_names(const MugaiReport *report)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; report != NULL && i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];

        if (part->name[0] != '\0')
            g_string_append_printf(names, "%s%s", names->len > 0 ? "; " : "", part->name);
    }
    return g_string_free(names, FALSE);
}

static char *
join_recipients(const MugaiEnvelope *envelope)
{
    GString *recipients = g_string_new(NULL);

    for (guint i = 0; i < envelope->recipients->len; i++)
        g_string_append_printf(recipients, "%s%s", i > 0 ? " " : "",
                               (const char *)envelope->recipients->pdata[i]);
    return g_string_free(recipients, FALSE);
}

void
mugai_cli_print_csv(const MugaiEntry *entry)
{
    g_autoptr(MugaiReport) report = mugai_report_from_json(entry->report_json, -1, NULL);
    g_autofree char *received = mugai_cli_time(entry->received);
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, entry->size);
    g_autofree char *recipients = join_recipients(entry->envelope);
    g_autofree char *names = join_names(report);
    const char *const fields[] = {
        entry->id.text,
        received,
        entry->state,
        entry->held ? "yes" : "",
        entry->damaged ? "yes" : "",
        size,
        entry->envelope->sender,
        entry->from,
        recipients,
        entry->subject,
        names,
        entry->envelope->queue_id,
        report != NULL ? report->message_id : "",
        entry->sha256,
    };

    mugai_cli_print_csv_fields(fields, G_N_ELEMENTS(fields));
}
