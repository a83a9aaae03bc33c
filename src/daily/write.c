/*
 * write.c - the digest as a mail in the output profile
 *
 * Invariants: 1. it is sealed as what mugaid passes, and the guard reads it last: what it refuses
 * is not sent, so the digest can go wherever sanitized mail may.
 */
#include "daily_private.h"

#include <mugai/compose.h>
#include <mugai/error.h>
#include <mugai/guard.h>
#include <mugai/limits.h>
#include <string.h>

#define SUBJECT_CHARACTERS 200u

static void
append_count(MugaiText *text, const MugaiDaily *daily, const char *key, guint64 count)
{
    g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, count);
    g_autofree char *days = g_strdup_printf("%d", MUGAI_DAILY_NOTICE_DAYS);

    if (count > 0)
        mugai_compose_notice(text, daily->settings, key, "count", number, "days", days, NULL);
}

/* What a recipient is told: of his own mail alone, and whom to ask. */
static void
append_reader(MugaiText *text, const MugaiDaily *daily)
{
    g_autofree char *since = mugai_daily_format(daily->period.since);
    g_autofree char *until = mugai_daily_format(daily->period.until);

    mugai_compose_notice(text, daily->settings, "digest/reader", "since", since, "until", until,
                         NULL);
    mugai_text_append(text, mugai_text_string(daily->messages), -1);
    append_count(text, daily, "digest/reader-more", daily->counts.noteworthy - daily->told);
}

static void
append_summary(MugaiText *text, const MugaiDaily *daily)
{
    const MugaiDailyCounts *counts = &daily->counts;
    g_autofree char *since = mugai_daily_format(daily->period.since);
    g_autofree char *until = mugai_daily_format(daily->period.until);
    g_autofree char *messages = g_strdup_printf("%" G_GUINT64_FORMAT, counts->messages);
    g_autofree char *passed = g_strdup_printf("%" G_GUINT64_FORMAT, counts->passed);

    mugai_compose_notice(text, daily->settings, "digest/period", "since", since, "until", until,
                         NULL);
    mugai_compose_notice(text, daily->settings, "digest/messages", "count", messages, "passed",
                         passed, NULL);
    append_count(text, daily, "digest/count-notice-only", counts->notice_only);
    append_count(text, daily, "digest/count-kept", counts->kept);
    append_count(text, daily, "digest/count-missing", counts->missing);
    append_count(text, daily, "digest/count-removed", counts->removed);
    append_count(text, daily, "digest/count-unreadable", counts->unreadable);
    append_count(text, daily, "digest/count-damaged", counts->damaged);
    append_count(text, daily, "digest/count-held", counts->held);
    append_count(text, daily, "digest/count-expiring", counts->expiring);
}

char *
mugai_daily_text(const MugaiDaily *daily)
{
    g_autoptr(MugaiText) text = mugai_text_new(MUGAI_LIMIT_TEXT_OCTETS_MAX + 65536u);
    const MugaiDailyCounts *counts = &daily->counts;

    if (daily->reader != NULL) {
        append_reader(text, daily);
        return g_strdup(mugai_text_string(text));
    }
    append_summary(text, daily);
    mugai_compose_notice(text, daily->settings, "notice/rule", NULL);
    if (counts->noteworthy > 0)
        mugai_compose_notice(text, daily->settings, "digest/listed", NULL);
    else if (counts->missing == 0)
        mugai_compose_notice(text, daily->settings, "digest/nothing", NULL);
    mugai_text_append(text, mugai_text_string(daily->messages), -1);
    append_count(text, daily, "digest/more-messages", daily->counts.noteworthy - daily->told);
    return g_strdup(mugai_text_string(text));
}

static MugaiAddress *
read_address(const char *plain)
{
    const char *at = strchr(plain, '@');
    g_autofree char *local = g_strndup(plain, (gsize)(at - plain));

    return mugai_address_new("", local, at + 1);
}

static void
append_addresses(GString *out, const char *name, const char *const *plain)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);

    for (; *plain != NULL; plain++)
        g_ptr_array_add(list, read_address(*plain));
    mugai_compose_address_field(out, name, list);
}

static void
append_subject(GString *out, const MugaiDaily *daily)
{
    g_autoptr(MugaiText) line = mugai_text_new(4096);
    g_autofree char *since = mugai_daily_format(daily->period.since);
    g_autofree char *count = g_strdup_printf("%" G_GUINT64_FORMAT, daily->counts.noteworthy);
    g_autofree char *clean = NULL;

    mugai_compose_notice(line, daily->settings, "digest/subject", "since", since, "count", count,
                         NULL);
    /* Without the mark that lines of a text bear. */
    clean = mugai_text_clean_line(mugai_text_length(line) > 0
                                      ? mugai_text_string(line) + strlen(MUGAI_TEXT_MARK)
                                      : "",
                                  -1, SUBJECT_CHARACTERS);
    mugai_compose_text_field(out, "Subject", clean);
}

static gboolean
guard_accepts(GBytes *octets, GError **error)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, MUGAI_GUARD_INERT_LINKS);
    mugai_guard_feed(&guard, g_bytes_get_data(octets, NULL), g_bytes_get_size(octets));
    if (mugai_guard_finish(&guard))
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_GUARD,
                "guard: the digest, line %" G_GUINT64_FORMAT ", column %" G_GUINT64_FORMAT ": %s",
                guard.line, guard.column, mugai_guard_rule_text(guard.rule));
    return FALSE;
}

static GBytes *
write_mail(const MugaiDaily *daily, const char *sender, const char *const *to, const MugaiId *id,
           gint64 now)
{
    const char *const from[] = {sender, NULL};
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiPart *part = mugai_part_new("1");
    g_autofree char *date = mugai_compose_date(mugai_time_local(now));
    g_autofree char *text = mugai_daily_text(daily);
    GString *out = g_string_new(NULL);

    part->disposition = MUGAI_KEPT;
    g_ptr_array_add(report->parts, part);
    g_string_append_printf(out, "Date: %s\r\n", date);
    append_addresses(out, "From", from);
    append_addresses(out, "To", to);
    append_subject(out, daily);
    g_string_append_printf(out, "Message-ID: <%s@" MUGAI_COMPOSE_DOMAIN ">\r\n", id->text);
    g_string_append(out, "Auto-Submitted: auto-generated\r\n");
    mugai_compose_finish(out, id, report, text, strlen(text));
    return g_string_free_to_bytes(out);
}

GBytes *
mugai_daily_compose(const MugaiDaily *daily, const char *sender, const char *const *to,
                    const MugaiSealKey *key, gint64 now, GError **error)
{
    MugaiId id;
    g_autoptr(GBytes) mail = NULL;

    mugai_id_new(now, &id);
    mail = write_mail(daily, sender, to, &id, now);
    if (key != NULL) {
        GBytes *sealed = mugai_seal_message(key, &id, now, mail, error);

        if (sealed == NULL)
            return NULL;
        g_bytes_unref(mail);
        mail = sealed;
    }
    return guard_accepts(mail, error) ? g_steal_pointer(&mail) : NULL;
}
