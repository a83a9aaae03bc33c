/*
 * collect.c - counts what became of messages, and tells of those where something was lost
 *
 * Invariants: 1. every line is a sentence of the notice file with cleaned values in it: no subject,
 *                name or address begins a line, and no link in one works;
 *             2. its length is bounded whatever the index has: so many messages, so many parts of
 *                each, and how many more.
 * Trust: all that an entry says is hostile text.
 */
#include "daily_private.h"

#include <mugai/compose.h>
#include <mugai/limits.h>
#include <mugai/policy.h>
#include <mugai/time.h>
#include <string.h>

MugaiDaily *
mugai_daily_new(const MugaiPeriod *period, gboolean subjects, const MugaiSettings *settings)
{
    MugaiDaily *daily = g_new0(MugaiDaily, 1);

    daily->period = *period;
    daily->subjects = subjects;
    daily->settings = settings;
    daily->messages = mugai_text_new(MUGAI_LIMIT_TEXT_OCTETS_MAX);
    return daily;
}

void
mugai_daily_free(MugaiDaily *daily)
{
    if (daily == NULL)
        return;
    mugai_text_free(daily->messages);
    g_free(daily->reader);
    g_free(daily);
}

MugaiDailyCounts
mugai_daily_counts(const MugaiDaily *daily)
{
    return daily->counts;
}

char *
mugai_daily_format(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);

    return time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M") : g_strdup("?");
}

/* --- one message --- */

/* Whether the reader did not get @part; an alternative was shown in another form. */
static gboolean
is_lost(const MugaiPart *part)
{
    return part->disposition == MUGAI_UNREADABLE ||
           (part->disposition == MUGAI_REMOVED && !g_str_equal(part->reason, "alternative"));
}

static guint
count_lost(const MugaiReport *report)
{
    guint lost = 0;

    for (guint i = 0; i < report->parts->len; i++)
        lost += is_lost(report->parts->pdata[i]) ? 1 : 0;
    return lost;
}

/* Why, in the words that the reader of the message saw, where there are such. */
static const char *
why_lost(const MugaiDaily *daily, const MugaiPart *part)
{
    g_autofree char *key = g_strconcat("reason/", part->reason, NULL);
    const char *sentence = g_hash_table_lookup(daily->settings->notice, key);

    if (sentence != NULL && *sentence != '\0')
        return sentence;
    return mugai_settings_notice(daily->settings, part->disposition == MUGAI_UNREADABLE
                                                      ? "digest/was-unreadable"
                                                      : "digest/was-removed");
}

static void
tell_more(MugaiText *text, const MugaiDaily *daily, const char *key, guint64 count)
{
    g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, count);

    mugai_compose_notice(text, daily->settings, key, "count", number, NULL);
}

static void
tell_part(MugaiDaily *daily, const MugaiPart *part)
{
    g_autofree char *size = mugai_compose_size(part->size);
    const char *unnamed = mugai_settings_notice(daily->settings, "notice/unnamed");

    mugai_compose_notice(daily->messages, daily->settings, "digest/part", "name",
                         part->name[0] != '\0' ? part->name : unnamed, "type", part->type, "size",
                         size, "reason", why_lost(daily, part), NULL);
}

static void
tell_parts(MugaiDaily *daily, const MugaiReport *report)
{
    guint told = 0;
    guint lost = count_lost(report);

    for (guint i = 0; i < report->parts->len && told < MUGAI_DAILY_PARTS_MAX; i++) {
        if (!is_lost(report->parts->pdata[i]))
            continue;
        tell_part(daily, report->parts->pdata[i]);
        told++;
    }
    if (lost > told)
        tell_more(daily->messages, daily, "digest/more-parts", lost - told);
}

/* By its code, "CODE: details", in the language of the digest; one that has no sentence as it is.
 */
static void
tell_warning(MugaiDaily *daily, const char *warning)
{
    const char *colon = strchr(warning, ':');
    g_autofree char *code = colon != NULL ? g_strndup(warning, (gsize)(colon - warning)) : NULL;
    g_autofree char *key = g_strconcat("digest/warning-", code, NULL);
    gboolean known = code != NULL && g_hash_table_contains(daily->settings->notice, key);

    mugai_compose_notice(daily->messages, daily->settings, known ? key : "digest/warning", "text",
                         warning, NULL);
}

static void
tell_warnings(MugaiDaily *daily, const MugaiReport *report)
{
    guint count = MIN(report->warnings->len, MUGAI_DAILY_PARTS_MAX);

    for (guint i = 0; i < count; i++)
        tell_warning(daily, report->warnings->pdata[i]);
    if (report->warnings->len > count)
        tell_more(daily->messages, daily, "digest/more-warnings", report->warnings->len - count);
}

/* What became of it as a whole, where that is not that it was sanitized and went on. */
static const char *
find_fate(const MugaiEntry *entry)
{
    if (g_str_equal(entry->state, "passed"))
        return NULL;
    return g_str_equal(entry->state, "notice-only") ? "digest/notice-only" : "digest/unknown";
}

/* @report: NULL if it cannot be read. */
static void
tell_message(MugaiDaily *daily, const MugaiEntry *entry, const MugaiReport *report)
{
    const char *fate = find_fate(entry);
    g_autofree char *time = mugai_daily_format(entry->received);
    const char *sender = entry->envelope->sender;

    mugai_compose_notice(daily->messages, daily->settings, "digest/message", "time", time, "id",
                         entry->id.text, "sender", *sender != '\0' ? sender : "<>", NULL);
    if (daily->subjects)
        mugai_compose_notice(daily->messages, daily->settings, "digest/subject-line", "subject",
                             entry->subject, NULL);
    if (fate != NULL)
        mugai_compose_notice(daily->messages, daily->settings, fate, NULL);
    if (entry->damaged)
        mugai_compose_notice(daily->messages, daily->settings, "digest/is-damaged", NULL);
    if (report == NULL) {
        mugai_compose_notice(daily->messages, daily->settings, "digest/no-report", NULL);
        return;
    }
    tell_parts(daily, report);
    tell_warnings(daily, report);
}

static void
count_state(MugaiDailyCounts *counts, const MugaiEntry *entry)
{
    counts->messages++;
    if (g_str_equal(entry->state, "passed"))
        counts->passed++;
    else if (g_str_equal(entry->state, "notice-only"))
        counts->notice_only++;
    else
        counts->kept++;
}

static void
count_parts(MugaiDailyCounts *counts, const MugaiReport *report)
{
    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];

        if (is_lost(part) && part->disposition == MUGAI_REMOVED)
            counts->removed++;
        else if (is_lost(part))
            counts->unreadable++;
    }
}

gboolean
mugai_daily_is_noteworthy(const MugaiEntry *entry, const MugaiReport *report)
{
    return report == NULL || count_lost(report) > 0 || report->warnings->len > 0 ||
           entry->damaged || find_fate(entry) != NULL;
}

void
mugai_daily_add_read(MugaiDaily *daily, const MugaiEntry *entry, const MugaiReport *report)
{
    count_state(&daily->counts, entry);
    if (report != NULL)
        count_parts(&daily->counts, report);
    if (!mugai_daily_is_noteworthy(entry, report))
        return;
    if (daily->counts.noteworthy++ < MUGAI_DAILY_MESSAGES_MAX) {
        tell_message(daily, entry, report);
        daily->told++;
    }
}

void
mugai_daily_add(MugaiDaily *daily, const MugaiEntry *entry)
{
    g_autoptr(MugaiReport) report = mugai_report_from_json(entry->report_json, -1, NULL);

    mugai_daily_add_read(daily, entry, report);
}

/* --- all of them --- */

static gboolean
add_entry(const MugaiEntry *entry, gpointer data)
{
    mugai_daily_add(data, entry);
    return TRUE;
}

static gboolean
count_one(const MugaiEntry *entry, gpointer data)
{
    (void)entry;
    (*(guint64 *)data)++;
    return TRUE;
}

/* --- what goes soon --- */

typedef struct {
    const MugaiConfig *config;
    gint64 now;
    guint64 count;
} Expiring;

/* Received before this, an original that is kept for @days goes within the days of notice. */
static gint64
expires_before(const Expiring *expiring, guint days)
{
    return expiring->now - ((gint64)days - MUGAI_DAILY_NOTICE_DAYS) * MUGAI_TIME_DAY_SECONDS;
}

static gboolean
count_expiring(const MugaiEntry *entry, gpointer data)
{
    Expiring *expiring = data;
    const MugaiConfig *config = expiring->config;
    guint days = mugai_policy_retention(config->retention_days, config->policies, entry->envelope);

    if (!entry->held && entry->received < expires_before(expiring, days))
        expiring->count++;
    return TRUE;
}

/* --- what the index does not know --- */

typedef struct {
    MugaiStore *store;
    MugaiIndex *index;
    const MugaiPeriod *period;
    guint64 missing;
} Search;

/* Objects lie by UTC days; of one that cannot be read nobody knows the hour. */
static gboolean
is_within(const Search *search, const MugaiId *id)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(search->store, id, NULL);
    gint64 received = 0;

    if (original == NULL)
        return TRUE;
    received = mugai_original_envelope(original)->received;
    return received >= search->period->since && received < search->period->until;
}

static gboolean
count_missing(const MugaiId *id, gpointer data)
{
    Search *search = data;

    if (!mugai_index_has(search->index, id) && is_within(search, id))
        search->missing++;
    return TRUE;
}

MugaiDaily *
mugai_daily_collect(MugaiStore *store, MugaiIndex *index, const MugaiConfig *config,
                    const MugaiPeriod *period, gint64 now, GError **error)
{
    g_autoptr(MugaiDaily) daily =
        mugai_daily_new(period, config->digest_subjects, config->settings);
    const MugaiQuery within = {.since = period->since, .until = period->until};
    const MugaiQuery held = {.held = TRUE};
    const MugaiQuery damaged = {.damaged = TRUE};
    Expiring expiring = {.config = config, .now = now};
    const MugaiQuery soon = {
        .until = expires_before(&expiring, mugai_policy_retention_least(config->retention_days,
                                                                        config->policies))};
    Search search = {.store = store, .index = index, .period = period};

    if (!mugai_store_visit(store, period->since, period->until, count_missing, &search, error) ||
        !mugai_index_list(index, &within, add_entry, daily, error) ||
        !mugai_index_list(index, &held, count_one, &daily->counts.held, error) ||
        !mugai_index_list(index, &damaged, count_one, &daily->counts.damaged, error) ||
        !mugai_index_list(index, &soon, count_expiring, &expiring, error))
        return NULL;
    daily->counts.expiring = expiring.count;
    daily->counts.missing = search.missing;
    return g_steal_pointer(&daily);
}
