/*
 * memory.c - what the log of looks remembers of digests
 *
 * The log is the memory: durable, chained, and written anyway (I9). For each digest it has
 * "granted" before the quarantine is looked at, "unreadable" or "incomplete" where the index is,
 * "sending" before the server is spoken to, then "sent", "refused" or "failed". Its reason names
 * the time, for that is what makes two digests the same, and whose it is.
 *
 * Invariants: 1. a digest that was sent, or perhaps sent, is not due; one that certainly was not
 *                is, for MUGAI_DAILY_DAYS_MAX days.
 * Errors: those of the log, CONFIG for its key.
 */
#include "daily_private.h"

#include <mugai/address.h>
#include <mugai/audit.h>
#include <mugai/error.h>
#include <mugai/time.h>
#include <stdio.h>
#include <string.h>

#define VERB "digest"
/* Between the time and whose digest it is. */
#define READER " to "

/* Seconds, for local time has the same hour twice a year. @reader: NULL for the administrators. */
static char *
name_digest(const MugaiPeriod *period, const char *reader)
{
    return g_strdup_printf("digest of %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "%s%s", period->since,
                           period->until, reader != NULL ? READER : "",
                           reader != NULL ? reader : "");
}

gboolean
mugai_daily_note(const MugaiConfig *config, const MugaiPeriod *period, const char *reader,
                 const char *outcome, GPtrArray *words, GError **error)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("mugai");
    g_autoptr(MugaiRecord) record = mugai_record_new(actor, VERB, NULL, outcome);
    g_autoptr(GPtrArray) records = g_ptr_array_new();

    record->reason = name_digest(period, reader);
    record->words = words != NULL ? g_ptr_array_ref(words) : NULL;
    g_ptr_array_add(records, record);
    return mugai_audit_write_down(config, records, error);
}

gboolean
mugai_daily_note_look(const MugaiConfig *config, const MugaiPeriod *period, GPtrArray *words,
                      GError **error)
{
    return mugai_daily_note(config, period, NULL, "granted", words, error);
}

gboolean
mugai_daily_note_failure(const MugaiConfig *config, const MugaiPeriod *period, const char *why,
                         GPtrArray *words, GError **error)
{
    g_autofree char *outcome = g_strconcat(MUGAI_DAILY_UNREADABLE ": ", why, NULL);

    return mugai_daily_note(config, period, NULL, outcome, words, error);
}

/* --- what became of them --- */

/* From SENDING on it is not tried again of itself. */
typedef enum { NOT_TRIED = 0, FAILED, SENDING, REFUSED, SENT } State;

typedef struct {
    gint64 begin;       /* of what was written from then on there are the states */
    GHashTable *states; /* time and reader, as in the reason -> State */
    gint64 last;        /* the end of the last time whose digest was sent before @begin, or 0 */
    const char *name;   /* may be NULL */
    gint64 incomplete;  /* when it first waited for what the index does not know, or 0 */
} Past;

static void
past_clear(Past *past)
{
    g_clear_pointer(&past->states, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Past, past_clear)

static State
read_state(const char *outcome, State before)
{
    if (before == SENT || g_str_has_prefix(outcome, MUGAI_DAILY_SENT))
        return SENT;
    if (g_str_equal(outcome, MUGAI_DAILY_SENDING))
        return SENDING;
    if (g_str_has_prefix(outcome, MUGAI_DAILY_REFUSED))
        return REFUSED;
    if (g_str_has_prefix(outcome, MUGAI_DAILY_FAILED))
        return FAILED;
    /* It came to no server: what was begun before stays in doubt. */
    if (g_str_has_prefix(outcome, MUGAI_DAILY_UNREADABLE) ||
        g_str_has_prefix(outcome, MUGAI_DAILY_INCOMPLETE))
        return MAX(before, FAILED);
    return before;
}

static State
find_state(const Past *past, const char *name)
{
    return (State)GPOINTER_TO_INT(g_hash_table_lookup(past->states, name));
}

/* Of the administrators' digest; 0 of a reader's. */
static gint64
read_until(const char *name)
{
    gint64 until = 0;
    int length = 0;

    if (sscanf(name, "digest of %*d-%" G_GINT64_FORMAT "%n", &until, &length) != 1)
        return 0;
    return name[length] == '\0' ? until : 0;
}

static gboolean
look_at(const char *line, const MugaiRecord *record, gpointer data)
{
    Past *past = data;
    State state = NOT_TRIED;

    (void)line;
    if (!g_str_equal(record->verb, VERB) || record->reason == NULL)
        return TRUE;
    if (record->time < past->begin) {
        if (g_str_has_prefix(record->outcome, MUGAI_DAILY_SENT))
            past->last = MAX(past->last, read_until(record->reason));
        return TRUE;
    }
    state = read_state(record->outcome, find_state(past, record->reason));
    g_hash_table_replace(past->states, g_strdup(record->reason), GINT_TO_POINTER(state));
    if (past->incomplete == 0 && g_strcmp0(record->reason, past->name) == 0 &&
        g_str_has_prefix(record->outcome, MUGAI_DAILY_INCOMPLETE))
        past->incomplete = record->time;
    return TRUE;
}

/* At what was written from @since on. */
static gboolean
look_back(const MugaiConfig *config, gint64 since, Past *past, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);

    past->states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return audit != NULL && mugai_audit_visit(audit, since, 0, look_at, past, error);
}

gboolean
mugai_daily_check_past(const MugaiConfig *config, const MugaiPeriod *period, GError **error)
{
    g_autofree char *name = name_digest(period, NULL);
    g_auto(Past) past = {.begin = period->since};
    State state = NOT_TRIED;

    /* No digest is sent before the time that it is of begins. */
    if (!look_back(config, period->since, &past, error))
        return FALSE;
    state = find_state(&past, name);
    if (state == SENT)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                            "this digest was sent already; --again sends it once more");
    else if (state == SENDING)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                            "this digest was begun and perhaps sent: look whether it arrived; "
                            "--again sends it once more");
    return state < SENDING;
}

/* Whose of the time called @name it is, if it is a reader's; or NULL. */
static const char *
read_reader(const char *reason, const char *name)
{
    gsize length = strlen(name);

    if (strncmp(reason, name, length) != 0 || !g_str_has_prefix(reason + length, READER))
        return NULL;
    reason += length + strlen(READER);
    return mugai_address_is_plain(reason) ? reason : NULL;
}

GHashTable *
mugai_daily_readers_past(const MugaiConfig *config, const MugaiPeriod *period, GError **error)
{
    g_autoptr(GHashTable) readers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *name = name_digest(period, NULL);
    g_auto(Past) past = {.begin = period->since};
    GHashTableIter each;
    gpointer reason = NULL;
    gpointer state = NULL;

    if (!look_back(config, period->since, &past, error))
        return NULL;
    g_hash_table_iter_init(&each, past.states);
    while (g_hash_table_iter_next(&each, &reason, &state)) {
        const char *reader = read_reader(reason, name);

        if (reader != NULL && GPOINTER_TO_INT(state) >= SENDING)
            g_hash_table_add(readers, g_strdup(reader));
    }
    return g_steal_pointer(&readers);
}

gboolean
mugai_daily_put_off(const MugaiConfig *config, const MugaiPeriod *period, gint64 now,
                    const char *why, GPtrArray *words, gboolean *ret_waits, GError **error)
{
    g_autofree char *outcome = g_strconcat(MUGAI_DAILY_INCOMPLETE ": ", why, NULL);
    g_autofree char *name = name_digest(period, NULL);
    g_auto(Past) past = {.begin = period->since, .name = name};

    if (!look_back(config, period->since, &past, error))
        return FALSE;
    *ret_waits =
        past.incomplete == 0 || now - past.incomplete < (gint64)MUGAI_DAILY_PATIENCE_SECONDS;
    return !*ret_waits || mugai_daily_note(config, period, NULL, outcome, words, error);
}

/* --- what is to be sent --- */

typedef struct {
    MugaiPeriod period;
    State state;
    gboolean waiting; /* a reader waits for his */
} Day;

static gboolean
is_waited_for(const Past *past, const char *name, const MugaiConfig *config)
{
    GHashTableIter each;
    gpointer reason = NULL;
    gpointer state = NULL;

    g_hash_table_iter_init(&each, past->states);
    while (g_hash_table_iter_next(&each, &reason, &state)) {
        const char *reader = GPOINTER_TO_INT(state) == FAILED ? read_reader(reason, name) : NULL;

        if (reader != NULL && mugai_address_matches_any(reader, config->digest_recipients))
            return TRUE;
    }
    return FALSE;
}

/* So many days are after the last one that went out, perhaps: none if there is none. */
static guint
count_after_last(const Day *days, const Past *past)
{
    guint count = 0;

    while (count < MUGAI_DAILY_DAYS_MAX && days[count].state < SENDING)
        count++;
    return count < MUGAI_DAILY_DAYS_MAX || past->last > 0 ? count : 0;
}

GArray *
mugai_daily_due(const MugaiConfig *config, gint64 now, MugaiPeriod *ret_lost, GError **error)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(MugaiPeriod));
    Day days[MUGAI_DAILY_DAYS_MAX] = {0}; /* the newest first: yesterday is 0 */
    const Day *oldest = &days[MUGAI_DAILY_DAYS_MAX - 1];
    g_auto(Past) past = {.begin = mugai_time_midnight(now, -(int)MUGAI_DAILY_DAYS_MAX)};
    guint after = 0;

    if (!look_back(config, 0, &past, error))
        return NULL;
    for (guint i = 0; i < MUGAI_DAILY_DAYS_MAX; i++) {
        MugaiPeriod period = {.since = mugai_time_midnight(now, -(int)i - 1),
                              .until = mugai_time_midnight(now, -(int)i)};
        g_autofree char *name = name_digest(&period, NULL);

        days[i] = (Day){.period = period,
                        .state = find_state(&past, name),
                        .waiting = is_waited_for(&past, name, config)};
    }
    after = count_after_last(days, &past);
    for (guint i = MUGAI_DAILY_DAYS_MAX; i-- > 0;) {
        if (days[i].state == FAILED || days[i].waiting ||
            (days[i].state == NOT_TRIED && i < after) ||
            (i == 0 && (days[0].state != SENT || due->len == 0)))
            g_array_append_val(due, days[i].period);
    }
    *ret_lost = (MugaiPeriod){0};
    if (after == MUGAI_DAILY_DAYS_MAX && past.last < oldest->period.since)
        *ret_lost = (MugaiPeriod){.since = past.last, .until = oldest->period.since};
    return g_steal_pointer(&due);
}
