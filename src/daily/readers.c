/*
 * readers.c - each recipient's own digest: what was removed from his mail, and of nobody else's
 *
 * Invariants: 1. a digest tells of messages alone whose envelope names its reader;
 *             2. no address gets one that [digest] recipients does not name;
 *             3. each gets one of a time at most, for as long as the log of looks says so.
 * Trust: the envelopes of the index are what any sender wrote.
 */
#include "daily_private.h"

#include <mugai/address.h>
#include <mugai/error.h>
#include <string.h>

typedef struct {
    MugaiDaily *daily;
    MugaiId last; /* the message that was counted last: he may be named twice in one */
} Reader;

static void
reader_free(Reader *reader)
{
    mugai_daily_free(reader->daily);
    g_free(reader);
}

typedef struct {
    const MugaiConfig *config;
    const MugaiPeriod *period;
    GHashTable *readers; /* address, lower case -> Reader */
    guint64 beyond;      /* so often there was no room for another one */
} Gathering;

static Reader *
find_reader(Gathering *gathering, const char *address)
{
    g_autofree char *key = g_ascii_strdown(address, -1);
    Reader *reader = g_hash_table_lookup(gathering->readers, key);

    if (reader != NULL)
        return reader;
    if (g_hash_table_size(gathering->readers) >= MUGAI_DAILY_READERS_MAX) {
        gathering->beyond++;
        return NULL;
    }
    reader = g_new0(Reader, 1);
    reader->daily = mugai_daily_new(gathering->period, TRUE, gathering->config->settings);
    reader->daily->reader = g_strdup(key);
    g_hash_table_insert(gathering->readers, g_steal_pointer(&key), reader);
    return reader;
}

static gboolean
gather(const MugaiEntry *entry, gpointer data)
{
    Gathering *gathering = data;
    const GPtrArray *recipients = entry->envelope->recipients;
    g_autoptr(MugaiReport) report = mugai_report_from_json(entry->report_json, -1, NULL);

    /* Who lost nothing takes no place from who did. */
    if (!mugai_daily_is_noteworthy(entry, report))
        return TRUE;
    for (guint i = 0; i < recipients->len; i++) {
        const char *address = recipients->pdata[i];
        Reader *reader = NULL;

        if (!mugai_address_is_plain(address) ||
            !mugai_address_matches_any(address, gathering->config->digest_recipients))
            continue;
        reader = find_reader(gathering, address);
        if (reader == NULL || strcmp(reader->last.text, entry->id.text) == 0)
            continue;
        reader->last = entry->id;
        mugai_daily_add_read(reader->daily, entry, report);
    }
    return TRUE;
}

/* --- sending --- */

typedef struct {
    const MugaiConfig *config;
    GPtrArray *words;
    MugaiDailyReaders *counts;
    GString *refused;
    guint failures; /* one after the other */
} Round;

static void
tell_refused(Round *round, const char *what)
{
    g_string_append_printf(round->refused, "%s%s", round->refused->len > 0 ? "; " : "", what);
}

/* FALSE ends the round: what is not written down is not sent. */
static gboolean
send_one(Round *round, const MugaiDaily *daily, GError **error)
{
    const char *const to[] = {daily->reader, NULL};
    g_autoptr(GString) refused = g_string_new(NULL);
    g_autoptr(GError) why = NULL;
    MugaiDailySum sum = {.refused = refused};

    if (mugai_daily_hand_over(daily, round->config, to, round->words, &sum, &why)) {
        round->failures = 0;
        round->counts->sent += sum.accepted ? 1 : 0;
        round->counts->refused += sum.accepted ? 0 : 1;
    } else if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_GUARD)) {
        round->counts->refused++; /* of no consequence for the others */
    } else if (sum.failed) {
        round->failures++;
        round->counts->failed++;
    } else if (sum.unknown) {
        round->counts->unknown++;
    } else {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (refused->len > 0)
        tell_refused(round, refused->str);
    return TRUE;
}

/* A server that has turned away so many, one after the other, is not asked for the others. */
static gboolean
send_all(Round *round, GList *keys, GHashTable *readers, GHashTable *past, GError **error)
{
    for (GList *at = keys; at != NULL; at = at->next) {
        const Reader *reader = g_hash_table_lookup(readers, at->data);

        if (g_hash_table_contains(past, at->data))
            continue;
        if (round->failures >= MUGAI_DAILY_FAILURES_MAX)
            round->counts->failed++;
        else if (!send_one(round, reader->daily, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_daily_send_readers(MugaiIndex *index, const MugaiConfig *config, const MugaiPeriod *period,
                         GPtrArray *words, MugaiDailyReaders *ret_readers, char **ret_refused,
                         GError **error)
{
    g_autoptr(GHashTable) readers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)reader_free);
    g_autoptr(GString) refused = g_string_new(NULL);
    Gathering gathering = {.config = config, .period = period, .readers = readers};
    Round round = {.config = config, .words = words, .counts = ret_readers, .refused = refused};
    const MugaiQuery within = {.since = period->since, .until = period->until};
    g_autoptr(GHashTable) past = NULL;
    g_autoptr(GList) keys = NULL;
    g_auto(MugaiFd) lock = -1;

    *ret_readers = (MugaiDailyReaders){0};
    if (config->digest_recipients == NULL || *config->digest_recipients == NULL)
        return TRUE;
    if (!mugai_daily_check_config(config, error) ||
        !mugai_index_list(index, &within, gather, &gathering, error) ||
        (lock = mugai_daily_lock(config, error)) < 0 ||
        (past = mugai_daily_readers_past(config, period, error)) == NULL)
        return FALSE;
    ret_readers->beyond = gathering.beyond;
    keys = g_list_sort(g_hash_table_get_keys(readers), (GCompareFunc)strcmp);
    if (!send_all(&round, keys, readers, past, error))
        return FALSE;
    *ret_refused = refused->len > 0 ? g_strdup(refused->str) : NULL;
    return TRUE;
}
