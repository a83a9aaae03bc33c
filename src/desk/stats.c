/*
 * stats.c - how much came in, and what became of it: the entries of the index, counted
 *
 * Invariants: 1. what is counted apart is bounded: senders choose domains and types, and could fill
 *                the memory with them; what is beyond is counted as "(other)".
 */
#include "desk_private.h"

#include <mugai/report.h>
#include <string.h>
#include <sysexits.h>

#define KEYS_MAX 20000u
#define OTHER "(other)"
/* Of what is sealed, and the key not here. */
#define SEALED "(sealed)"
/* Entries between two words of progress. */
#define PROGRESS_ENTRIES 10000u

/* What is counted apart of one key. */
typedef struct {
    char *name;
    MugaiTally tally;
    guint64 last; /* the message that was counted last: it has several parts or recipients */
} Row;

static void
row_free(Row *row)
{
    g_free(row->name);
    g_free(row);
}

typedef struct {
    const MugaiDesk *desk;
    MugaiBy by;
    MugaiTally all;
    GHashTable *rows; /* name -> Row */
} Count;

static Row *
find_row(Count *count, const char *name)
{
    Row *row = g_hash_table_lookup(count->rows, name);

    if (row == NULL && g_hash_table_size(count->rows) >= KEYS_MAX)
        row = g_hash_table_lookup(count->rows, name = OTHER);
    if (row != NULL)
        return row;
    row = g_new0(Row, 1);
    row->name = g_strdup(name);
    g_hash_table_insert(count->rows, row->name, row);
    return row;
}

/* --- one message --- */

static void
tally_message(MugaiTally *tally, const MugaiEntry *entry, const MugaiReport *report)
{
    tally->messages++;
    if (g_str_equal(entry->state, "passed"))
        tally->passed++;
    else if (g_str_equal(entry->state, "notice-only"))
        tally->notice_only++;
    else
        tally->unknown++;
    tally->warned += report->warnings->len > 0 ? 1 : 0;
    tally->held += entry->held ? 1 : 0;
    tally->damaged += entry->damaged ? 1 : 0;
}

static void
tally_whole(MugaiTally *tally, const MugaiEntry *entry, const MugaiReport *report)
{
    tally_message(tally, entry, report);
    tally->octets += entry->size;
    for (guint i = 0; i < report->parts->len; i++)
        tally->parts[((const MugaiPart *)report->parts->pdata[i])->disposition]++;
}

/* Once for each message, whatever the number of its recipients there. */
static void
count_domain(Count *count, const char *address, const MugaiEntry *entry, const MugaiReport *report)
{
    const char *at = strrchr(address, '@');
    g_autofree char *domain = g_ascii_strdown(at != NULL ? at + 1 : "<>", -1);
    Row *row = find_row(count, domain);

    if (row->last != count->all.messages)
        tally_whole(&row->tally, entry, report);
    row->last = count->all.messages;
}

static void
count_types(Count *count, const MugaiEntry *entry, const MugaiReport *report)
{
    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];
        Row *row = find_row(count, part->type[0] != '\0' ? part->type : SEALED);

        if (row->last != count->all.messages)
            tally_message(&row->tally, entry, report);
        row->last = count->all.messages;
        row->tally.octets += part->size;
        row->tally.parts[part->disposition]++;
    }
}

static void
count_apart(Count *count, const MugaiEntry *entry, const MugaiReport *report)
{
    const GPtrArray *recipients = entry->envelope->recipients;
    g_autoptr(GDateTime) time = NULL;
    g_autofree char *day = NULL;

    switch (count->by) {
    case MUGAI_BY_DAY:
        time = g_date_time_new_from_unix_local(entry->received);
        day = time != NULL ? g_date_time_format(time, "%Y-%m-%d") : g_strdup("?");
        tally_whole(&find_row(count, day)->tally, entry, report);
        break;
    case MUGAI_BY_SENDER:
        count_domain(count, entry->envelope->sender, entry, report);
        break;
    case MUGAI_BY_RECIPIENT:
        for (guint i = 0; i < recipients->len; i++)
            count_domain(count, recipients->pdata[i], entry, report);
        break;
    case MUGAI_BY_TYPE:
        count_types(count, entry, report);
        break;
    case MUGAI_BY_NOTHING:
    case MUGAI_BYS:
        break;
    }
}

static gboolean
count_entry(const MugaiEntry *entry, gpointer data)
{
    Count *count = data;
    g_autoptr(MugaiReport) report = mugai_report_from_json(entry->report_json, -1, NULL);
    MugaiAnswer progress = {.kind = MUGAI_ANSWER_PROGRESS};

    /* One that cannot be read says nothing of parts; the message counts all the same. */
    if (report == NULL)
        report = mugai_report_new();
    tally_whole(&count->all, entry, report);
    count_apart(count, entry, report);
    progress.objects = count->all.messages;
    progress.octets = count->all.octets;
    return count->all.messages % PROGRESS_ENTRIES != 0 ||
           count->desk->tell(&progress, count->desk->data);
}

/* --- the answer --- */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Row *)a)->name, ((const Row *)b)->name);
}

/* The most frequent first. */
static int
compare_messages(gconstpointer a, gconstpointer b)
{
    guint64 of_a = ((const Row *)a)->tally.messages;
    guint64 of_b = ((const Row *)b)->tally.messages;

    return of_a != of_b ? (of_a < of_b ? 1 : -1) : compare_names(a, b);
}

static gboolean
tell_tally(const MugaiDesk *desk, const char *name, const MugaiTally *tally)
{
    return desk->tell(
        &(MugaiAnswer){.kind = MUGAI_ANSWER_TALLY, .name = (char *)name, .tally = *tally},
        desk->data);
}

static void
tell_all(const MugaiDesk *desk, const MugaiRequest *request, const Count *count)
{
    g_autoptr(GList) rows = g_hash_table_get_values(count->rows);
    gboolean listening = tell_tally(desk, NULL, &count->all);
    guint left = request->limit > 0 ? request->limit : G_MAXUINT;

    rows = g_list_sort(rows, request->by == MUGAI_BY_DAY ? compare_names : compare_messages);
    for (GList *at = rows; at != NULL && listening && left > 0; at = at->next, left--)
        listening =
            tell_tally(desk, ((const Row *)at->data)->name, &((const Row *)at->data)->tally);
}

int
mugai_desk_stats(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiIndex) index = mugai_desk_look(desk, request, &store, error);
    g_autoptr(GHashTable) rows =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)row_free);
    const MugaiQuery within = {.since = request->since, .until = request->until};
    Count count = {.desk = desk, .by = request->by, .rows = rows};

    if (index == NULL || !mugai_index_list(index, &within, count_entry, &count, error))
        return -1;
    tell_all(desk, request, &count);
    return EX_OK;
}
