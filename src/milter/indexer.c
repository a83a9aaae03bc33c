/*
 * indexer.c - puts passed messages into the index, behind the accept path
 *
 * One thread takes passed messages from a bounded queue, all that wait in one transaction. What is
 * not in the index when the thread starts, and what the queue had no room for, it finds by walking
 * over the objects of today and yesterday (UTC) and has sanitized once more, one at a time and
 * after everything in the queue, for the report alone; the state of those is "kept", for the walk
 * cannot know whether the MTA took the message.
 *
 * Invariants: 1. the milter's threads never wait for the index;
 *             2. nothing is kept here that is not in the store (I8): losing the queue loses no
 *                message;
 *             3. the queue is bounded in number and octets (I7).
 * Errors: are logged; a message missing in the index is a nuisance and no more. `mugai fsck
 *         --repair` finds older ones, and a log line says so where there are any.
 */
#include "indexer.h"

#include <mugai/catalog.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SECONDS_PER_DAY (24 * 60 * 60)
/* Between two walks, should messages be left out again and again. */
#define WALK_PAUSE_MICROSECONDS (60 * G_USEC_PER_SEC)
/* Messages of one transaction: their entries are in memory, and readers wait for nothing. */
#define BATCH_MESSAGES 64u

typedef struct {
    MugaiReceipt *receipt;
    MugaiApproved *approved;
    MugaiTime received;
} Item;

struct MugaiIndexer {
    MugaiDuty *duty;
    MugaiStore *store; /* its own: services come and go */
    char *directory;
    GThread *thread;
    GMutex lock; /* guards what follows */
    GCond changed;
    GQueue queue; /* of Item */
    gsize octets;
    gboolean left_out; /* something is missing in the index */
    gboolean ending;
};

static void
item_free(Item *item)
{
    mugai_receipt_free(item->receipt);
    mugai_approved_free(item->approved);
    g_free(item);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Item, item_free)

static gsize
item_octets(const Item *item)
{
    gsize length = 0;

    (void)mugai_approved_octets(item->approved, &length);
    return length;
}

/* --- what was left out --- */

static MugaiEntry *
entry_of_object(const MugaiIndexer *indexer, const MugaiId *id, GError **error)
{
    MugaiService *service = mugai_duty_enter(indexer->duty);
    MugaiEntry *entry = NULL;
    int scratch = -1;

    if (service == NULL) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "mugaid is ending");
        return NULL;
    }
    scratch = open(indexer->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (scratch >= 0)
        entry = mugai_catalog_kept(indexer->store, service->pool, id, scratch, error);
    else
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                              "cannot make a file without a name");
    mugai_duty_leave(indexer->duty, service);
    return entry;
}

typedef struct {
    MugaiIndex *index;
    GQueue *missing; /* of MugaiId */
} Walk;

static gboolean
note_missing(const MugaiId *id, gpointer data)
{
    Walk *walk = data;

    if (!mugai_index_has(walk->index, id))
        g_queue_push_tail(walk->missing, g_memdup2(id, sizeof(*id)));
    return TRUE;
}

/* --- the thread --- */

/* What the thread alone knows. */
typedef struct {
    MugaiIndexer *indexer;
    MugaiIndex *index; /* NULL: could not be opened so far */
    GQueue missing;    /* of MugaiId */
    gint64 walk_after; /* monotonic */
} Work;

static void
leave_out(MugaiIndexer *indexer)
{
    g_mutex_lock(&indexer->lock);
    indexer->left_out = TRUE;
    g_mutex_unlock(&indexer->lock);
}

static gboolean
note_older(const MugaiId *id, gpointer data)
{
    (void)id;
    *(gboolean *)data = TRUE;
    return FALSE;
}

/* An index that was made anew lacks what this thread does not look for. */
static void
note_new_index(Work *work)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    gboolean older = FALSE;

    if (!mugai_index_was_made(work->index))
        return;
    leave_out(work->indexer);
    if (mugai_store_visit(work->indexer->store, 0, now - 2 * SECONDS_PER_DAY, note_older, &older,
                          NULL) &&
        older)
        mugai_log(MUGAI_LOG_WARNING, "index: it was made anew; messages from before yesterday are "
                                     "listed again after mugai fsck --repair");
}

static gboolean
have_index(Work *work)
{
    g_autoptr(GError) error = NULL;

    if (work->index == NULL)
        work->index = mugai_index_open(work->indexer->store, TRUE, &error);
    if (error != NULL)
        mugai_log(MUGAI_LOG_WARNING, "no index: %s", error->message);
    if (work->index != NULL)
        note_new_index(work);
    return work->index != NULL;
}

static void
add_entries(Work *work, const GPtrArray *entries)
{
    g_autoptr(GError) error = NULL;

    if (have_index(work) && mugai_index_add_many(work->index, entries, &error)) {
        note_new_index(work);
        return;
    }
    leave_out(work->indexer);
    mugai_log(MUGAI_LOG_WARNING, "index: %u messages are missing: %s", entries->len,
              error != NULL ? error->message : "there is none");
}

static void
add_object(Work *work)
{
    g_autofree MugaiId *id = g_queue_pop_head(&work->missing);
    g_autoptr(MugaiEntry) entry = NULL;
    g_autoptr(GError) error = NULL;

    /* It was under way when the walk came by, and has come through the queue since. */
    if (!have_index(work) || mugai_index_has(work->index, id))
        return;
    entry = entry_of_object(work->indexer, id, &error);
    if (entry == NULL || !mugai_index_add_missing(work->index, entry, &error))
        mugai_log(MUGAI_LOG_WARNING, "id=%s is not in the index: %s", id->text, error->message);
}

static void
walk(Work *work)
{
    g_autoptr(GError) error = NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    Walk walking = {.missing = &work->missing};

    work->walk_after = g_get_monotonic_time() + WALK_PAUSE_MICROSECONDS;
    if (!have_index(work))
        return;
    walking.index = work->index;
    if (!mugai_store_visit(work->indexer->store, now - SECONDS_PER_DAY, now, note_missing, &walking,
                           &error))
        mugai_log(MUGAI_LOG_WARNING, "cannot look for what the index lacks: %s", error->message);
    if (!g_queue_is_empty(&work->missing))
        mugai_log(MUGAI_LOG_INFO, "index: %u messages are added later",
                  g_queue_get_length(&work->missing));
}

/* The messages that wait in the queue, BATCH_MESSAGES at most. None: there is something else to do,
 * a walk, an object, the end. */
static GPtrArray *
next_items(Work *work)
{
    MugaiIndexer *indexer = work->indexer;
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
    gboolean waiting = TRUE;

    g_mutex_lock(&indexer->lock);
    while (waiting && g_queue_is_empty(&indexer->queue) && !indexer->ending &&
           g_queue_is_empty(&work->missing)) {
        if (indexer->left_out)
            waiting = g_cond_wait_until(&indexer->changed, &indexer->lock, work->walk_after);
        else
            g_cond_wait(&indexer->changed, &indexer->lock);
    }
    while (items->len < BATCH_MESSAGES && !g_queue_is_empty(&indexer->queue)) {
        Item *item = g_queue_pop_head(&indexer->queue);

        indexer->octets -= item_octets(item);
        g_ptr_array_add(items, item);
    }
    g_mutex_unlock(&indexer->lock);
    return items;
}

static void
add_items(Work *work, const GPtrArray *items)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);

    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i];

        g_ptr_array_add(entries,
                        mugai_catalog_passed(item->receipt, item->approved, item->received));
    }
    add_entries(work, entries);
}

static gboolean
take_flag(MugaiIndexer *indexer, gboolean *flag, gboolean clear)
{
    gboolean value = FALSE;

    g_mutex_lock(&indexer->lock);
    value = *flag;
    if (clear)
        *flag = FALSE;
    g_mutex_unlock(&indexer->lock);
    return value;
}

static gpointer
run(gpointer data)
{
    Work work = {.indexer = data, .missing = G_QUEUE_INIT};

    for (;;) {
        g_autoptr(GPtrArray) items = next_items(&work);

        if (items->len > 0) {
            add_items(&work, items);
        } else if (take_flag(work.indexer, &work.indexer->ending, FALSE)) {
            break;
        } else if (!g_queue_is_empty(&work.missing)) {
            add_object(&work);
        } else if (take_flag(work.indexer, &work.indexer->left_out, TRUE)) {
            walk(&work);
        }
    }
    g_queue_clear_full(&work.missing, g_free);
    g_clear_pointer(&work.index, mugai_index_free);
    return NULL;
}

/* --- from outside --- */

MugaiIndexer *
mugai_indexer_new(MugaiDuty *duty, const MugaiConfig *config, GError **error)
{
    MugaiStore *store = mugai_store_open(config, error);
    MugaiIndexer *indexer = NULL;

    if (store == NULL)
        return NULL;
    indexer = g_new0(MugaiIndexer, 1);
    indexer->duty = duty;
    indexer->store = store;
    indexer->directory = g_strdup(config->store_path);
    indexer->left_out = TRUE; /* by an earlier process, perhaps */
    g_mutex_init(&indexer->lock);
    g_cond_init(&indexer->changed);
    g_queue_init(&indexer->queue);
    indexer->thread = g_thread_new("indexer", run, indexer);
    return indexer;
}

void
mugai_indexer_free(MugaiIndexer *indexer)
{
    if (indexer == NULL)
        return;
    g_mutex_lock(&indexer->lock);
    indexer->ending = TRUE;
    g_cond_signal(&indexer->changed);
    g_mutex_unlock(&indexer->lock);
    g_thread_join(indexer->thread);
    g_cond_clear(&indexer->changed);
    g_mutex_clear(&indexer->lock);
    mugai_store_free(indexer->store);
    g_free(indexer->directory);
    g_free(indexer);
}

void
mugai_indexer_add(MugaiIndexer *indexer, MugaiReceipt *receipt, MugaiApproved *approved,
                  MugaiTime received)
{
    g_autoptr(Item) item = g_new0(Item, 1);
    gboolean full = FALSE;

    item->receipt = receipt;
    item->approved = approved;
    item->received = received;
    g_mutex_lock(&indexer->lock);
    full = g_queue_get_length(&indexer->queue) >= MUGAI_LIMIT_INDEX_QUEUE ||
           indexer->octets + item_octets(item) > MUGAI_LIMIT_INDEX_QUEUE_OCTETS;
    if (full) {
        indexer->left_out = TRUE;
    } else {
        indexer->octets += item_octets(item);
        g_queue_push_tail(&indexer->queue, g_steal_pointer(&item));
        g_cond_signal(&indexer->changed);
    }
    g_mutex_unlock(&indexer->lock);
    if (full)
        mugai_log(MUGAI_LOG_WARNING, "index: the queue is full, messages are added later");
}
