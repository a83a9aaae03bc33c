/*
 * fsck.c - reads every object, compares it with the index, and mends the index
 *
 *     objects   each read to its end: its checksum, its hash against the entry, its day, its hold;
 *               a sealed one without its key: the checksum of its file, its size against the entry
 *     entries   each must have an object
 *     again     what had no entry when it was looked at may have one by now
 *
 * Invariants: 1. no object is changed or deleted;
 *             2. the index is mended an entry at a time: mugaid adds its own meanwhile, and what it
 *                knows of a message is not overwritten;
 *             3. only an object that is not there costs an entry, and only if it is still not there
 *                at that moment, and what the index knew of it is in the log.
 * Trust: the store is ours; disks, copies and hands are not to be trusted.
 * Errors: what one object is, is a finding; what keeps from looking at the others is an error.
 * Limits: one original put in another's place by who can write to the store, and gives it the
 *         other's id, is found only while the index knows the other.
 */
#include <mugai/catalog.h>
#include <mugai/error.h>
#include <mugai/fsck.h>
#include <mugai/retention.h>
#include <string.h>

/* mugaid adds entries behind its answers. */
#define RECENT_SECONDS 60

typedef struct {
    MugaiStore *store;
    MugaiIndex *index; /* NULL: there is none that could be read */
    const MugaiFsck *fsck;
    MugaiFsckSummary *summary;
    GQueue jobs;      /* of Job: being sanitized */
    GArray *unlisted; /* of MugaiId: to be looked at again */
    GPtrArray *lost;  /* of MugaiEntry: to be written down */
    GError *error;    /* that ends it all */
} Work;

typedef struct {
    MugaiId id;
    MugaiCatalogJob *job;
    const char *why; /* it is sanitized again */
} Job;

/* What an object is, read to its end. */
typedef struct {
    MugaiOriginalFacts original;
    gint64 received;
} Facts;

static void
work_clear(Work *work)
{
    Job *job = NULL;

    while ((job = g_queue_pop_head(&work->jobs)) != NULL) {
        mugai_catalog_cancel(job->job);
        g_free(job);
    }
    g_clear_pointer(&work->index, mugai_index_free);
    g_clear_pointer(&work->unlisted, g_array_unref);
    g_clear_pointer(&work->lost, g_ptr_array_unref);
    g_clear_error(&work->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

const char *
mugai_fsck_kind_name(MugaiFsckKind kind)
{
    static const char *const names[MUGAI_FSCK_KINDS] = {
        [MUGAI_FSCK_DAMAGED] = "damaged",     [MUGAI_FSCK_CHANGED] = "changed",
        [MUGAI_FSCK_MISPLACED] = "misplaced", [MUGAI_FSCK_LOST] = "lost",
        [MUGAI_FSCK_UNLISTED] = "unlisted",   [MUGAI_FSCK_MARK] = "mark",
        [MUGAI_FSCK_INDEX] = "index",         [MUGAI_FSCK_STRAY] = "stray",
    };

    return names[kind];
}

static void
facts_clear(Facts *facts)
{
    mugai_original_facts_clear(&facts->original);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Facts, facts_clear)

static void
tell(Work *work, MugaiFsckKind kind, const char *name, const char *what, gboolean repaired)
{
    MugaiFinding finding = {.kind = kind, .name = name, .what = what, .repaired = repaired};

    work->summary->findings[kind]++;
    work->summary->repaired += repaired;
    work->fsck->tell(&finding, work->fsck->data);
}

static gboolean
repairs(const Work *work)
{
    return work->fsck->repair && work->index != NULL;
}

/* --- objects without an entry --- */

/* The entry is in the index; not if the object went meanwhile. */
static gboolean
add_entry(Work *work, const MugaiEntry *entry, GError **error)
{
    g_autoptr(GError) unknown = NULL;

    if (!mugai_index_add_missing(work->index, entry, error))
        return FALSE;
    if (mugai_store_has(work->store, &entry->id, &unknown) || unknown != NULL)
        return TRUE;
    return mugai_index_remove(work->index, &entry->id, error);
}

/* Takes the oldest job to its end. FALSE with work->error. */
static gboolean
finish_job(Work *work)
{
    g_autofree Job *job = g_queue_pop_head(&work->jobs);
    g_autoptr(GError) local = NULL;
    g_autoptr(MugaiEntry) entry = mugai_catalog_finish(job->job, &local);

    if (entry == NULL)
        tell(work, MUGAI_FSCK_UNLISTED, job->id.text, local->message, FALSE);
    else if (!add_entry(work, entry, &work->error))
        return FALSE;
    else
        tell(work, MUGAI_FSCK_UNLISTED, job->id.text, job->why, TRUE);
    return TRUE;
}

/* TRUE where the object was deleted meanwhile. */
static gboolean
forgive_gone(Work *work)
{
    gboolean gone = g_error_matches(work->error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND);

    if (gone)
        g_clear_error(&work->error);
    return gone;
}

/* What the envelope of a sealed object says goes into the index. FALSE with work->error. */
static gboolean
add_sealed(Work *work, const MugaiId *id)
{
    g_autoptr(MugaiEntry) entry = mugai_catalog_sealed(work->store, id, &work->error);

    if (entry == NULL)
        return forgive_gone(work);
    if (!add_entry(work, entry, &work->error))
        return FALSE;
    tell(work, MUGAI_FSCK_UNLISTED, id->text,
         N_("it was not in the index; it is sealed: its envelope is"), TRUE);
    return TRUE;
}

/* FALSE with work->error. */
static gboolean
begin_job(Work *work, const MugaiId *id, const char *why)
{
    g_autofree Job *job = g_new0(Job, 1);
    int scratch = work->fsck->open_scratch(&work->error);

    if (scratch < 0)
        return FALSE;
    job->id = *id;
    job->why = why;
    job->job = mugai_catalog_begin(work->store, work->fsck->pool, id, scratch, &work->error);
    if (g_error_matches(work->error, MUGAI_ERROR, MUGAI_ERROR_SEALED)) {
        g_clear_error(&work->error);
        return add_sealed(work, id);
    }
    if (job->job == NULL)
        return forgive_gone(work);
    g_queue_push_tail(&work->jobs, g_steal_pointer(&job));
    return g_queue_get_length(&work->jobs) < MAX(work->fsck->parallel, 1) || finish_job(work);
}

static gboolean
is_recent(gint64 received)
{
    gint64 age = g_get_real_time() / G_USEC_PER_SEC - received;

    return ABS(age) < RECENT_SECONDS;
}

static const char *
describe_unlisted(const MugaiEntry *entry)
{
    return entry != NULL && entry->unreadable ? N_("its entry in the index is damaged")
                                              : N_("it is not in the index");
}

/* @entry: NULL, or one that has no more than an envelope. */
static gboolean
check_unlisted(Work *work, const MugaiEntry *entry, const MugaiId *id, const Facts *facts)
{
    if (repairs(work))
        return (entry == NULL || mugai_index_remove(work->index, id, &work->error)) &&
               begin_job(work, id, describe_unlisted(entry));
    if (is_recent(facts->received))
        work->summary->recent++;
    else
        g_array_append_val(work->unlisted, *id);
    return TRUE;
}

/* --- objects --- */

/* Reads the object to its end. */
static gboolean
read_facts(Work *work, const MugaiId *id, Facts *facts, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(work->store, id, error);

    if (original == NULL || !mugai_original_verify(original, &facts->original, error))
        return FALSE;
    facts->received = mugai_original_envelope(original)->received;
    return TRUE;
}

/* Tells of an object that is not what it was, and marks its entry. */
static gboolean
tell_damage(Work *work, MugaiFsckKind kind, const MugaiEntry *entry, const MugaiId *id,
            const char *what)
{
    g_autoptr(MugaiEntry) made = NULL;

    if (repairs(work) && entry == NULL) {
        made = mugai_catalog_damaged(work->store, id, what);
        if (!mugai_index_add_missing(work->index, made, &work->error))
            return FALSE;
    } else if (repairs(work) && !mugai_index_set_damaged(work->index, id, TRUE, &work->error)) {
        return FALSE;
    }
    tell(work, kind, id->text, what, FALSE);
    return TRUE;
}

/* The marks of an entry whose object is what it was. */
static gboolean
check_marks(Work *work, const MugaiEntry *entry)
{
    g_autoptr(GError) unknown = NULL;
    gboolean held = mugai_hold_check(work->store, &entry->id, &unknown);

    if (entry->damaged) {
        if (repairs(work) && !mugai_index_set_damaged(work->index, &entry->id, FALSE, &work->error))
            return FALSE;
        tell(work, MUGAI_FSCK_MARK, entry->id.text, N_("marked as damaged, and whole"),
             repairs(work));
    }
    if (unknown == NULL && held != entry->held) {
        if (repairs(work) && !mugai_index_set_held(work->index, &entry->id, held, &work->error))
            return FALSE;
        tell(work, MUGAI_FSCK_MARK, entry->id.text,
             held ? N_("held, and not marked so") : N_("marked as held, and not held"),
             repairs(work));
    }
    return TRUE;
}

static gboolean
check_day(Work *work, const MugaiId *id, gint64 received)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(received);
    g_autofree char *day = time != NULL ? g_date_time_format(time, "%Y%m%d") : g_strdup("?");

    if (!g_str_has_prefix(id->text, day))
        tell(work, MUGAI_FSCK_MISPLACED, id->text,
             N_("it was received on another day than its id says: another original has its name"),
             FALSE);
    return TRUE;
}

/* Whether a better entry than @entry can be made of the object. */
static gboolean
is_poor(const MugaiEntry *entry, const MugaiOriginalFacts *original)
{
    return entry->unreadable ||
           (!mugai_entry_knows_original(entry) && (original->open || entry->damaged));
}

static gboolean
compare(Work *work, const MugaiEntry *entry, const MugaiId *id, const Facts *facts)
{
    const MugaiOriginalFacts *original = &facts->original;

    if (entry == NULL || is_poor(entry, original))
        return work->index == NULL || check_unlisted(work, entry, id, facts);
    if (!mugai_entry_is_of(entry, original->size, original->open ? original->sha256 : NULL))
        return tell_damage(work, MUGAI_FSCK_CHANGED, entry, id,
                           N_("it is whole, but not the original that the index knows"));
    return check_marks(work, entry);
}

/* The entry of @id; NULL without one. FALSE with work->error. */
static gboolean
find_entry(Work *work, const MugaiId *id, MugaiEntry **ret_entry)
{
    *ret_entry = NULL;
    if (work->index == NULL)
        return TRUE;
    *ret_entry = mugai_index_get(work->index, id, &work->error);
    if (g_error_matches(work->error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        g_clear_error(&work->error);
    return work->error == NULL;
}

static gboolean
check_object(const MugaiId *id, gpointer data)
{
    Work *work = data;
    g_autoptr(MugaiEntry) entry = NULL;
    g_autoptr(GError) why = NULL;
    g_auto(Facts) facts = {0};
    gboolean done = FALSE;

    if (!find_entry(work, id, &entry))
        return FALSE;
    if (read_facts(work, id, &facts, &why))
        done = check_day(work, id, facts.received) && compare(work, entry, id, &facts);
    else if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        done = TRUE; /* deleted meanwhile */
    else
        done = tell_damage(work, MUGAI_FSCK_DAMAGED, entry, id, why->message);
    work->summary->objects++;
    work->summary->octets += facts.original.size;
    work->fsck->progress(work->summary->objects, work->summary->octets, work->fsck->data);
    return done;
}

static gboolean
check_stray(const char *path, const char *what, gpointer data)
{
    tell(data, MUGAI_FSCK_STRAY, path, what, FALSE);
    return TRUE;
}

/* --- entries --- */

/* Writes those collected down and removes them. FALSE with work->error. */
static gboolean
settle_lost(Work *work)
{
    if (repairs(work) && work->lost->len > 0 &&
        !work->fsck->note_lost(work->lost, work->fsck->data, &work->error))
        return FALSE;
    for (guint i = 0; i < work->lost->len; i++) {
        const MugaiEntry *entry = work->lost->pdata[i];

        if (repairs(work) && !mugai_index_remove(work->index, &entry->id, &work->error))
            return FALSE;
        tell(work, MUGAI_FSCK_LOST, entry->id.text,
             entry->held ? N_("the index has it, held; the store has no such original")
                         : N_("the index has it, the store has no such original"),
             repairs(work));
    }
    g_ptr_array_set_size(work->lost, 0);
    return TRUE;
}

static gboolean
check_entry(const MugaiId *id, gpointer data)
{
    Work *work = data;
    MugaiEntry *entry = NULL;

    /* Looked for twice: a purge removes the entry first, then the object. */
    if (mugai_store_has(work->store, id, &work->error) || work->error != NULL)
        return work->error == NULL;
    if (!find_entry(work, id, &entry) || entry == NULL)
        return work->error == NULL;
    g_ptr_array_add(work->lost, entry);
    return work->lost->len < MUGAI_FSCK_LOST_MAX || settle_lost(work);
}

static void
look_again(Work *work)
{
    for (guint i = 0; i < work->unlisted->len; i++) {
        const MugaiId *id = &g_array_index(work->unlisted, MugaiId, i);

        g_autoptr(MugaiEntry) entry = mugai_index_get(work->index, id, NULL);

        if ((entry == NULL || !mugai_entry_knows_original(entry)) &&
            mugai_store_has(work->store, id, NULL))
            tell(work, MUGAI_FSCK_UNLISTED, id->text, describe_unlisted(entry), FALSE);
    }
}

/* --- the index --- */

/* Opens the index, which may be what is wrong. */
static gboolean
open_index(Work *work, GError **error)
{
    g_autoptr(GError) why = NULL;
    /* For reading first: a writer would mend what should be told of. */
    g_autoptr(MugaiIndex) reader = mugai_index_open(work->store, FALSE, &why);
    gboolean sound = reader != NULL && mugai_index_check(reader, &why);

    if (!sound && !g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND) &&
        !g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_MALFORMED)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (work->fsck->repair) {
        work->index = mugai_index_open(work->store, TRUE, error);
        if (work->index == NULL ||
            (reader != NULL && !sound && !mugai_index_mend(work->index, error)))
            return FALSE;
    } else if (sound) {
        work->index = g_steal_pointer(&reader);
    }
    if (!sound)
        tell(work, MUGAI_FSCK_INDEX, "index.sqlite", why->message, work->fsck->repair);
    return TRUE;
}

/* --- all of it --- */

static gboolean
check_all(Work *work, GError **error)
{
    if (!mugai_store_visit_all(work->store, check_object, check_stray, work, error))
        return FALSE;
    while (work->error == NULL && !g_queue_is_empty(&work->jobs)) {
        if (!finish_job(work))
            break;
    }
    if (work->index != NULL && work->error == NULL &&
        !mugai_index_visit(work->index, check_entry, work, error))
        return FALSE;
    if (work->error != NULL || !settle_lost(work)) {
        g_propagate_error(error, g_steal_pointer(&work->error));
        return FALSE;
    }
    look_again(work);
    return TRUE;
}

gboolean
mugai_fsck(MugaiStore *store, const MugaiFsck *fsck, MugaiFsckSummary *ret_summary, GError **error)
{
    g_auto(Work)
        work = {.store = store, .fsck = fsck, .summary = ret_summary, .jobs = G_QUEUE_INIT};

    *ret_summary = (MugaiFsckSummary){0};
    work.unlisted = g_array_new(FALSE, FALSE, sizeof(MugaiId));
    work.lost = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    return open_index(&work, error) && check_all(&work, error);
}
