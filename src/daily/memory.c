/*
 * memory.c - what the log of looks remembers of digests
 *
 * The log is the memory: durable, chained, and written anyway (I9). For each digest it has
 * "granted" before the quarantine is looked at, "sending" before the server is spoken to, then
 * "sent" or "failed". Its reason names the time, for that is what makes two digests the same.
 *
 * Invariants: 1. a day that was sent, or perhaps sent, is not due; one that certainly was not is,
 *                for MUGAI_DAILY_DAYS_MAX days.
 * Errors: those of the log, CONFIG for its key.
 */
#include "daily_private.h"

#include <mugai/audit.h>
#include <mugai/error.h>
#include <mugai/time.h>
#include <string.h>
#include <syslog.h>

#define VERB "digest"
/* Between the time and whose digest it is. */
#define READER " to "

/* The head goes where a tamperer with the log does not reach. */
static void
send_head(const char *head, const MugaiRecord *record)
{
    openlog("mugai", LOG_PID, LOG_MAIL);
    syslog(LOG_NOTICE, "log %s: %s - by uid %u: %.7s", head, record->verb, record->actor->uid,
           record->outcome);
}

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
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    g_autoptr(MugaiRecord) record = mugai_record_new(actor, VERB, NULL, outcome);
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autofree char *head = NULL;

    record->reason = name_digest(period, reader);
    record->words = words != NULL ? g_ptr_array_ref(words) : NULL;
    g_ptr_array_add(records, record);
    if (audit == NULL || !mugai_audit_append(audit, records, &head, error)) {
        g_prefix_error(error, "not written down, so not done: ");
        return FALSE;
    }
    send_head(head, record);
    return TRUE;
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
    g_autofree char *outcome = g_strconcat(MUGAI_DAILY_FAILED ": ", why, NULL);

    return mugai_daily_note(config, period, NULL, outcome, words, error);
}

/* --- what became of them --- */

/* From SENDING on it is not tried again of itself. */
typedef enum { NOT_TRIED = 0, FAILED, SENDING, REFUSED, SENT } State;

/* Some times, and what became of the digest of each. */
typedef struct {
    guint count;
    char *names[MUGAI_DAILY_DAYS_MAX];
    State states[MUGAI_DAILY_DAYS_MAX];
    gint64 begin;        /* of the oldest */
    gboolean any;        /* a digest was sent before that */
    GHashTable *readers; /* of the first time: address -> State */
} Past;

static void
past_clear(Past *past)
{
    for (guint i = 0; i < past->count; i++)
        g_free(past->names[i]);
    g_clear_pointer(&past->readers, g_hash_table_unref);
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
    return g_str_has_prefix(outcome, MUGAI_DAILY_FAILED) ? FAILED : before;
}

/* If it is that of a reader at the first time. */
static void
look_at_reader(Past *past, const MugaiRecord *record)
{
    gsize length = strlen(past->names[0]);
    const char *reader = NULL;
    State before = NOT_TRIED;

    if (strncmp(record->reason, past->names[0], length) != 0 ||
        !g_str_has_prefix(record->reason + length, READER))
        return;
    reader = record->reason + length + strlen(READER);
    before = (State)GPOINTER_TO_INT(g_hash_table_lookup(past->readers, reader));
    g_hash_table_replace(past->readers, g_strdup(reader),
                         GINT_TO_POINTER(read_state(record->outcome, before)));
}

static gboolean
look_at(const char *line, const MugaiRecord *record, gpointer data)
{
    Past *past = data;

    (void)line;
    if (!g_str_equal(record->verb, VERB) || record->reason == NULL)
        return TRUE;
    for (guint i = 0; i < past->count; i++) {
        if (g_str_equal(record->reason, past->names[i]))
            past->states[i] = read_state(record->outcome, past->states[i]);
    }
    look_at_reader(past, record);
    past->any |= record->time < past->begin && g_str_has_prefix(record->outcome, MUGAI_DAILY_SENT);
    return TRUE;
}

/* At what was written from @since on. */
static gboolean
look_back(const MugaiConfig *config, gint64 since, Past *past, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);

    past->readers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return audit != NULL && mugai_audit_visit(audit, since, 0, look_at, past, error);
}

gboolean
mugai_daily_check_past(const MugaiConfig *config, const MugaiPeriod *period, GError **error)
{
    g_auto(Past) past = {.count = 1, .names = {name_digest(period, NULL)}};

    /* No digest is sent before the time that it is of begins. */
    if (!look_back(config, period->since, &past, error))
        return FALSE;
    if (past.states[0] == SENT)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                            "this digest was sent already; --again sends it once more");
    else if (past.states[0] == SENDING)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                            "this digest was begun and perhaps sent: look whether it arrived; "
                            "--again sends it once more");
    return past.states[0] < SENDING;
}

static gboolean
is_tried_again(gpointer reader, gpointer state, gpointer data)
{
    (void)reader;
    (void)data;
    return GPOINTER_TO_INT(state) < SENDING;
}

GHashTable *
mugai_daily_readers_past(const MugaiConfig *config, const MugaiPeriod *period, GError **error)
{
    g_auto(Past) past = {.count = 1, .names = {name_digest(period, NULL)}};

    if (!look_back(config, period->since, &past, error))
        return NULL;
    g_hash_table_foreach_remove(past.readers, is_tried_again, NULL);
    return g_steal_pointer(&past.readers);
}

/* --- what is to be sent --- */

/* So many days are after the last one that went out, perhaps: none if there is none. */
static guint
count_after_last(const Past *past)
{
    guint days = 0;

    while (days < past->count && past->states[days] < SENDING)
        days++;
    return days < past->count || past->any ? days : 0;
}

GArray *
mugai_daily_due(const MugaiConfig *config, gint64 now, GError **error)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(MugaiPeriod));
    g_auto(Past) past = {.count = MUGAI_DAILY_DAYS_MAX};
    MugaiPeriod days[MUGAI_DAILY_DAYS_MAX]; /* the newest first: yesterday is 0 */
    guint after = 0;

    for (guint i = 0; i < past.count; i++) {
        days[i].since = mugai_time_midnight(now, -(int)i - 1);
        days[i].until = mugai_time_midnight(now, -(int)i);
        past.names[i] = name_digest(&days[i], NULL);
    }
    past.begin = days[past.count - 1].since;
    if (!look_back(config, 0, &past, error))
        return NULL;
    after = count_after_last(&past);
    for (guint i = past.count; i-- > 0;) {
        if (past.states[i] == FAILED || (past.states[i] == NOT_TRIED && i < after))
            g_array_append_val(due, days[i]);
        else if (i == 0 && (past.states[0] != SENT || due->len == 0))
            g_array_append_val(due, days[0]);
    }
    return g_steal_pointer(&due);
}
