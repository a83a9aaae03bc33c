/*
 * retention.c - delete originals: those whose days are over, or one that was named
 *
 *     collect   objects old enough, by the directories and their envelopes alone; each is read to
 *               its end for its hash
 *     settle    a batch of one day, under the day's lock: not those held in the meantime; written
 *               down; out of the index; unlinked
 *     sweep     entries of the index without an object, directories of days that are empty
 *
 * Invariants: 1. an object is unlinked after the entry with its hash is in the log (I9);
 *             2. an object that is held, or damaged, or of which anything is in doubt, stays; only
 *                mugai_retention_delete() takes a damaged one;
 *             3. what is left beside an object that is lost goes as the object would;
 *             4. interrupted at any moment, the next purge does what is left: the objects are what
 *                is walked over, and an entry of the index without one is removed.
 * Trust: the store is ours; clocks are not to be trusted with deleting.
 * Errors: CONFIG for a clock that cannot be right; SYSTEM; NOT_FOUND, EXISTS; those of the log.
 * Limits: unlinking does not overwrite what is on the disk.
 */
#include "retention_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/audit.h>
#include <mugai/limits.h>
#include <mugai/policy.h>
#include <mugai/time.h>
#include <string.h>
#include <unistd.h>

/* Days before the first that may be kept whose directories are looked for: as many as retention can
 * have been set to. */
#define SWEEP_DAYS MUGAI_LIMIT_RETENTION_DAYS_MAX

#define PURGE "purge" /* in the log */

/* --- one object --- */

/* Reads the object to its end: its facts go into @record. MALFORMED if it is damaged. */
static gboolean
examine(MugaiOriginal *original, MugaiRecord *record, GError **error)
{
    g_auto(MugaiOriginalFacts) facts = {0};

    record->received = mugai_original_envelope(original)->received;
    if (!mugai_original_verify(original, &facts, error))
        return FALSE;
    record->has_size = TRUE;
    record->size = facts.size;
    record->sha256 = g_steal_pointer(&facts.sha256);
    record->sealed = !facts.open;
    return TRUE;
}

/* TRUE also where it is gone. */
static gboolean
unlink_file(int day, const MugaiId *id, const char *suffix)
{
    g_autofree char *name = g_strconcat(id->text, suffix, NULL);

    return unlinkat(day, name, 0) == 0 || errno == ENOENT;
}

/* Removes entry and object of @id, which is written down, from the locked @day, and to whom it was
 * released or was to be, which the log has. TRUE also where they are gone. */
static gboolean
unlink_object(MugaiIndex *index, int day, const MugaiId *id, GError **error)
{
    if (index != NULL && !mugai_index_remove(index, id, error))
        return FALSE;
    if (unlink_file(day, id, MUGAI_STORE_REQUEST_SUFFIX) &&
        unlink_file(day, id, MUGAI_STORE_RELEASED_SUFFIX) && mugai_store_unlink_object(day, id))
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "original %s cannot be deleted",
                          id->text);
    return FALSE;
}

/* Whether something lies in @day that was beside the object of @id. */
static gboolean
has_remains(int day, const MugaiId *id)
{
    for (const char *const *suffix = mugai_store_beside_suffixes; *suffix != NULL; suffix++) {
        g_autofree char *name = g_strconcat(id->text, *suffix, NULL);

        if (faccessat(day, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
delete_locked(int day, MugaiIndex *index, const MugaiId *id, MugaiRecord *record,
              MugaiRetentionNote note, gpointer data, GError **error)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new();

    if (mugai_hold_check_in(day, id)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                    "%s is held: mugai unhold lets it go first", id->text);
        return FALSE;
    }
    g_ptr_array_add(records, record);
    if (!note(records, data, error) || !unlink_object(index, day, id, error))
        return FALSE;
    if (TEMP_FAILURE_RETRY(fsync(day)) == 0)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "original %s: sync", id->text);
    return FALSE;
}

gboolean
mugai_retention_delete(MugaiStore *store, MugaiIndex *index, const MugaiId *id, MugaiRecord *record,
                       MugaiRetentionNote note, gpointer data, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, &local);
    gboolean examined = original != NULL && examine(original, record, &local);
    gboolean lost = g_error_matches(local, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND);
    gboolean deleted = FALSE;
    int day = -1;

    if (!examined && !lost && !g_error_matches(local, MUGAI_ERROR, MUGAI_ERROR_MALFORMED)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    day = mugai_hold_lock_day(store, id, error);
    if (day < 0)
        return FALSE;
    if (lost && !has_remains(day, id))
        g_propagate_error(error, g_steal_pointer(&local));
    else
        deleted = delete_locked(day, index, id, record, note, data, error);
    close(day);
    return deleted;
}

MugaiRecord *
mugai_retention_lost(const MugaiActor *actor, const char *verb, const MugaiEntry *entry)
{
    MugaiRecord *record =
        mugai_record_new(actor, verb, entry->id.text,
                         entry->held ? N_("failed: the original is lost, it was held")
                                     : N_("failed: the original is lost"));

    record->received = entry->received;
    record->size = entry->size;
    record->has_size = TRUE;
    record->sha256 = entry->sha256[0] != '\0' ? g_strdup(entry->sha256) : NULL;
    return record;
}

/* --- is the clock right? --- */

/* A clock that runs ahead would delete too early, one that is behind says that all is wrong. */
MugaiClock
mugai_retention_check_clock(MugaiStore *store, gint64 now, GError **error)
{
    MugaiId future = {0};
    MugaiId recent = {0};
    MugaiId any = {0};

    if (!mugai_store_find_first(store, now + 2 * MUGAI_TIME_DAY_SECONDS, &future, error) ||
        !mugai_store_find_first(store, now - MUGAI_PURGE_SILENT_DAYS * MUGAI_TIME_DAY_SECONDS,
                                &recent, error) ||
        !mugai_store_find_first(store, 0, &any, error))
        return MUGAI_CLOCK_UNKNOWN;
    if (future.text[0] != '\0') {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                    "the clock is behind: there is a message of a day to come, %s; nothing is "
                    "deleted (--force, if the clock is right)",
                    future.text);
        return MUGAI_CLOCK_BEHIND;
    }
    if (any.text[0] == '\0' || recent.text[0] != '\0')
        return MUGAI_CLOCK_FITS;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                "no message of the last %d days: is the clock ahead? Nothing is deleted (--force, "
                "if the clock is right)",
                MUGAI_PURGE_SILENT_DAYS);
    return MUGAI_CLOCK_SILENCE;
}

/* --- purging --- */

typedef struct {
    MugaiStore *store;
    MugaiIndex *index;
    const MugaiPurge *purge;
    MugaiPurgeSummary *summary;
    gint64 cutoff;    /* received then or before: old enough by some policy */
    GArray *ids;      /* of MugaiId, of one day */
    GPtrArray *batch; /* of MugaiRecord, one for each of ids */
    GError *error;    /* that ends it all */
} Work;

static void
work_clear(Work *work)
{
    g_clear_pointer(&work->ids, g_array_unref);
    g_clear_pointer(&work->batch, g_ptr_array_unref);
    g_clear_error(&work->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static void
tell(Work *work, MugaiPurgeOutcome outcome, const MugaiRecord *record, const GError *why)
{
    if (outcome == MUGAI_PURGE_GONE) {
        work->summary->purged++;
        work->summary->octets += record->size;
    } else if (outcome == MUGAI_PURGE_HELD)
        work->summary->held++;
    else
        work->summary->failed++;
    work->purge->tell(outcome, record, why, work->purge->data);
}

/* Takes out of the batch what is held by now. */
static void
drop_held(Work *work, int day)
{
    for (guint i = work->ids->len; i > 0; i--) {
        if (!mugai_hold_check_in(day, &g_array_index(work->ids, MugaiId, i - 1)))
            continue;
        tell(work, MUGAI_PURGE_HELD, work->batch->pdata[i - 1], NULL);
        g_array_remove_index(work->ids, i - 1);
        g_ptr_array_remove_index(work->batch, i - 1);
    }
}

/* Writes the batch down and deletes it. */
static gboolean
settle_locked(Work *work, int day, GError **error)
{
    drop_held(work, day);
    if (work->batch->len == 0 ||
        (!work->purge->dry_run && !work->purge->note(work->batch, work->purge->data, error)))
        return work->batch->len == 0;
    for (guint i = 0; i < work->ids->len; i++) {
        const MugaiId *id = &g_array_index(work->ids, MugaiId, i);

        if (!work->purge->dry_run && !unlink_object(work->index, day, id, error))
            return FALSE;
        tell(work, MUGAI_PURGE_GONE, work->batch->pdata[i], NULL);
    }
    return TRUE;
}

/* FALSE with work->error. */
static gboolean
settle(Work *work)
{
    int day = -1;
    gboolean settled = work->ids->len == 0;

    if (!settled) {
        day = mugai_hold_lock_day(work->store, &g_array_index(work->ids, MugaiId, 0), &work->error);
        settled = day >= 0 && settle_locked(work, day, &work->error);
    }
    if (day >= 0)
        close(day);
    g_array_set_size(work->ids, 0);
    g_ptr_array_set_size(work->batch, 0);
    return settled;
}

static gboolean
begins_new_batch(const Work *work, const MugaiId *id)
{
    return work->ids->len == MUGAI_AUDIT_RECORDS_MAX ||
           (work->ids->len > 0 && mugai_store_day_number(&g_array_index(work->ids, MugaiId, 0)) !=
                                      mugai_store_day_number(id));
}

/* Whether the days of an original with @envelope are over; how many there are. */
static gboolean
is_old(const Work *work, const MugaiId *id, const MugaiEnvelope *envelope, guint *ret_days)
{
    const MugaiPurge *purge = work->purge;

    *ret_days = mugai_policy_retention(purge->days, purge->policies, envelope);
    return MAX(envelope->received, mugai_id_day(id)) <=
           purge->now - (gint64)*ret_days * MUGAI_TIME_DAY_SECONDS;
}

/* Whether what was read, which @record says, is what the index knows; TRUE where it knows none. */
static gboolean
is_known(const Work *work, const MugaiId *id, const MugaiRecord *record, GError **error)
{
    g_autoptr(MugaiEntry) entry =
        work->index != NULL ? mugai_index_get(work->index, id, NULL) : NULL;

    if (!mugai_entry_contradicts(entry, record->size, record->sealed ? NULL : record->sha256))
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                "object %s is whole, but not the original that the index knows", id->text);
    return FALSE;
}

static gboolean
collect(const MugaiId *id, gpointer data)
{
    Work *work = data;
    g_autoptr(MugaiRecord) record = NULL;
    g_autoptr(MugaiOriginal) original = NULL;
    g_autoptr(GError) why = NULL;
    guint days = 0;

    if (begins_new_batch(work, id) && !settle(work))
        return FALSE;
    original = mugai_store_read(work->store, id, &why);
    if (original != NULL && !is_old(work, id, mugai_original_envelope(original), &days))
        return TRUE;
    record = mugai_record_new(work->purge->actor, PURGE, id->text, "granted");
    record->reason = g_strdup_printf(N_("older than %u days"), days);
    if (original != NULL && mugai_hold_check(work->store, id, &why)) {
        if (why == NULL)
            tell(work, MUGAI_PURGE_HELD, record, NULL);
    } else if (original != NULL && examine(original, record, &why) &&
               is_known(work, id, record, &why)) {
        g_array_append_val(work->ids, *id);
        g_ptr_array_add(work->batch, g_steal_pointer(&record));
    }
    /* Gone in the meantime is what was wanted. */
    if (why != NULL && !g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        tell(work, MUGAI_PURGE_FAILED, record, why);
    return TRUE;
}

/* --- sweeping --- */

static gboolean
note_lost(const Work *work, const MugaiEntry *entry, GError **error)
{
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_record_free);

    g_ptr_array_add(records, mugai_retention_lost(work->purge->actor, PURGE, entry));
    return work->purge->note(records, work->purge->data, error);
}

static gboolean
remove_stale(const MugaiEntry *entry, gpointer data)
{
    Work *work = data;
    g_autoptr(GError) why = NULL;
    guint days = 0;

    /* What is lost is told of by fsck as long as it should have been there. */
    if (entry->held || !is_old(work, &entry->id, entry->envelope, &days))
        return TRUE;
    if (mugai_hold_check(work->store, &entry->id, &why) &&
        g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND)) {
        if (!note_lost(work, entry, &work->error) ||
            !mugai_index_remove(work->index, &entry->id, &work->error))
            return FALSE;
        work->summary->stale++;
    }
    return TRUE;
}

static gboolean
sweep_index(Work *work, GError **error)
{
    MugaiQuery query = {.until = work->cutoff + 1};

    if (!mugai_index_list(work->index, &query, remove_stale, work, error))
        return FALSE;
    if (work->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&work->error));
    return FALSE;
}

/* Whether the directory @path is gone, now at the latest. */
static gboolean
is_gone(MugaiStore *store, const char *path)
{
    return unlinkat(store->directory, path, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

/* Removes the directories of the day, month and year of @seconds where they are empty; the system
 * itself leaves those that are not. */
static void
remove_empty(MugaiStore *store, gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *day = g_date_time_format(time, "%Y/%m/%d");
    g_autofree char *month = g_date_time_format(time, "%Y/%m");
    g_autofree char *year = g_date_time_format(time, "%Y");

    (void)(is_gone(store, day) && is_gone(store, month) && is_gone(store, year));
}

/* mugaid makes objects for today only, and today is not over: a day before the cutoff's is not. */
static void
sweep_days(Work *work)
{
    gint64 first = work->cutoff - SWEEP_DAYS * MUGAI_TIME_DAY_SECONDS;

    for (gint64 day = MAX(first, 0); day < work->cutoff - MUGAI_TIME_DAY_SECONDS;
         day += MUGAI_TIME_DAY_SECONDS)
        remove_empty(work->store, day);
}

gboolean
mugai_purge(MugaiStore *store, MugaiIndex *index, const MugaiPurge *purge,
            MugaiPurgeSummary *ret_summary, GError **error)
{
    g_auto(Work) work = {.store = store, .index = index, .purge = purge, .summary = ret_summary};

    *ret_summary = (MugaiPurgeSummary){0};
    work.cutoff = purge->now - (gint64)mugai_policy_retention_least(purge->days, purge->policies) *
                                   MUGAI_TIME_DAY_SECONDS;
    work.ids = g_array_new(FALSE, FALSE, sizeof(MugaiId));
    work.batch = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_record_free);
    if (!purge->force && mugai_retention_check_clock(store, purge->now, error) != MUGAI_CLOCK_FITS)
        return FALSE;
    if (!mugai_store_visit(store, 0, work.cutoff, collect, &work, error))
        return FALSE;
    if (work.error != NULL || !settle(&work)) {
        g_propagate_error(error, g_steal_pointer(&work.error));
        return FALSE;
    }
    if (purge->dry_run)
        return TRUE;
    sweep_days(&work);
    return index == NULL || sweep_index(&work, error);
}
