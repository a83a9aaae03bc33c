/*
 * indexer.c - puts passed messages into the index, behind the accept path
 *
 * One thread takes passed messages from a bounded queue. What is not in the index when the thread
 * starts, and what the queue had no room for, it finds by walking over the objects of today and
 * yesterday (UTC) and has sanitized once more, one at a time and after everything in the queue, for
 * the report alone.
 *
 * Invariants: 1. the milter's threads never wait for the index;
 *             2. nothing is kept here that is not in the store (I8): losing the queue loses no
 *                message;
 *             3. the queue is bounded in number and octets (I7).
 * Errors: are logged; a message missing in the index is a nuisance and no more. `mugai fsck` finds
 *         older ones.
 * Limits: the walk cannot know whether the MTA took a message; one answered with a 4xx after its
 *         original was kept is listed too.
 */
#include "indexer.h"

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_PER_DAY (24 * 60 * 60)
/* Between two walks, should messages be left out again and again. */
#define WALK_PAUSE_MICROSECONDS (60 * G_USEC_PER_SEC)

typedef struct {
    MugaiReceipt *receipt;
    MugaiApproved *approved;
    MugaiTime received;
} Item;

struct MugaiIndexer {
    MugaiDesk *desk;
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

/* --- entries --- */

static void
set_string(char **field, const char *value)
{
    g_free(*field);
    *field = g_strdup(value);
}

static MugaiEnvelope *
copy_envelope(const MugaiEnvelope *envelope)
{
    MugaiEnvelope *copy = mugai_envelope_new(envelope->received);

    set_string(&copy->sender, envelope->sender);
    set_string(&copy->client_name, envelope->client_name);
    set_string(&copy->client_address, envelope->client_address);
    set_string(&copy->helo, envelope->helo);
    set_string(&copy->queue_id, envelope->queue_id);
    for (guint i = 0; i < envelope->recipients->len; i++)
        g_ptr_array_add(copy->recipients, g_strdup(g_ptr_array_index(envelope->recipients, i)));
    return copy;
}

/* The entry of what @facts (id, received and original are set) and @approved say. */
static MugaiEntry *
make_entry(MugaiFacts *facts, const MugaiId *id, const MugaiEnvelope *envelope,
           const MugaiApproved *approved)
{
    const MugaiReport *report = mugai_approved_report(approved);
    const char *state = mugai_approved_failure(approved) == NULL ? "passed" : "notice-only";
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    gsize length = 0;

    (void)mugai_approved_octets(approved, &length);
    facts->output_size = length;
    facts->output_sha256 = mugai_approved_sha256(approved);
    entry->id = *id;
    entry->received = facts->received;
    entry->state = g_strdup(state);
    entry->envelope = copy_envelope(envelope);
    entry->subject = g_strdup(report->subject);
    entry->from = g_strdup(report->from);
    entry->size = facts->original_size;
    entry->report_json = mugai_report_to_json(report, facts, envelope, state, FALSE);
    return entry;
}

static MugaiEntry *
entry_of_item(const Item *item)
{
    const MugaiReceipt *receipt = item->receipt;
    MugaiFacts facts = {
        .id = mugai_receipt_id(receipt)->text,
        .received = item->received.seconds,
        .offset = item->received.offset,
        .original_size = mugai_receipt_size(receipt),
        .original_sha256 = mugai_receipt_sha256(receipt),
    };

    return make_entry(&facts, mugai_receipt_id(receipt), mugai_receipt_envelope(receipt),
                      item->approved);
}

/* --- what was left out --- */

/* The original in a file without a name. */
static int
unpack(const MugaiIndexer *indexer, MugaiOriginal *original, guint64 *ret_size, char **ret_sha256,
       GError **error)
{
    int fd = open(indexer->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                              "cannot make a file without a name");
        return -1;
    }
    if (mugai_original_copy(original, fd, ret_size, ret_sha256, error))
        return fd;
    close(fd);
    return -1;
}

static MugaiApproved *
sanitize_again(const MugaiIndexer *indexer, int fd, const MugaiId *id, MugaiTime received,
               GError **error)
{
    MugaiService *service = mugai_desk_enter(indexer->desk);
    MugaiApproved *approved = NULL;

    if (service == NULL) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "mugaid is ending");
        return NULL;
    }
    approved = mugai_ticket_collect(mugai_pool_submit(service->pool, fd, id, received), error);
    mugai_desk_leave(indexer->desk, service);
    return approved;
}

static MugaiTime
local_time(gint64 seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts = {0};

    localtime_r(&when, &parts);
    return (MugaiTime){.seconds = seconds, .offset = (gint32)(parts.tm_gmtoff / 60 * 60)};
}

static MugaiEntry *
entry_of_object(const MugaiIndexer *indexer, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(indexer->store, id, error);
    g_autoptr(MugaiApproved) approved = NULL;
    g_autofree char *sha256 = NULL;
    MugaiFacts facts = {.id = id->text};
    MugaiTime received;
    int fd = -1;

    if (original == NULL)
        return NULL;
    received = local_time(mugai_original_envelope(original)->received);
    fd = unpack(indexer, original, &facts.original_size, &sha256, error);
    if (fd < 0)
        return NULL;
    approved = sanitize_again(indexer, fd, id, received, error);
    close(fd);
    if (approved == NULL)
        return NULL;
    facts.received = received.seconds;
    facts.offset = received.offset;
    facts.original_sha256 = sha256;
    return make_entry(&facts, id, mugai_original_envelope(original), approved);
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

static gboolean
have_index(Work *work)
{
    g_autoptr(GError) error = NULL;

    if (work->index == NULL)
        work->index = mugai_index_open(work->indexer->store, TRUE, &error);
    if (error != NULL)
        mugai_log(MUGAI_LOG_WARNING, "no index: %s", error->message);
    return work->index != NULL;
}

static void
leave_out(MugaiIndexer *indexer)
{
    g_mutex_lock(&indexer->lock);
    indexer->left_out = TRUE;
    g_mutex_unlock(&indexer->lock);
}

static void
add_entry(Work *work, const MugaiEntry *entry)
{
    g_autoptr(GError) error = NULL;

    if (have_index(work) && mugai_index_add(work->index, entry, &error))
        return;
    leave_out(work->indexer);
    mugai_log(MUGAI_LOG_WARNING, "id=%s is not in the index: %s", entry->id.text,
              error != NULL ? error->message : "there is none");
}

static void
add_object(Work *work)
{
    g_autofree MugaiId *id = g_queue_pop_head(&work->missing);
    g_autoptr(MugaiEntry) entry = NULL;
    g_autoptr(GError) error = NULL;

    /* It was under way when the walk came by, and has come through the queue since. */
    if (have_index(work) && mugai_index_has(work->index, id))
        return;
    entry = entry_of_object(work->indexer, id, &error);
    if (entry != NULL)
        add_entry(work, entry);
    else
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

/* The next message of the queue. NULL if there is something else to do: a walk, an object, the end.
 * */
static Item *
next_item(Work *work)
{
    MugaiIndexer *indexer = work->indexer;
    gboolean waiting = TRUE;
    Item *item = NULL;

    g_mutex_lock(&indexer->lock);
    while (waiting && g_queue_is_empty(&indexer->queue) && !indexer->ending &&
           g_queue_is_empty(&work->missing)) {
        if (indexer->left_out)
            waiting = g_cond_wait_until(&indexer->changed, &indexer->lock, work->walk_after);
        else
            g_cond_wait(&indexer->changed, &indexer->lock);
    }
    item = g_queue_pop_head(&indexer->queue);
    if (item != NULL)
        indexer->octets -= item_octets(item);
    g_mutex_unlock(&indexer->lock);
    return item;
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
        g_autoptr(Item) item = next_item(&work);

        if (item != NULL) {
            g_autoptr(MugaiEntry) entry = entry_of_item(item);

            add_entry(&work, entry);
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
mugai_indexer_new(MugaiDesk *desk, const MugaiConfig *config, GError **error)
{
    MugaiStore *store = mugai_store_open(config, error);
    MugaiIndexer *indexer = NULL;

    if (store == NULL)
        return NULL;
    indexer = g_new0(MugaiIndexer, 1);
    indexer->desk = desk;
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
