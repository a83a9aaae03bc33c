/*
 * show.c - one message: its envelope, its parts and what became of each, who looked at it; never
 * its content
 *
 * What the index knows is told from there. What it does not know, because mugaid was stopped before
 * it got there, is found out anew: the envelope is in the object, and the worker reads the message
 * once more.
 */
#include "desk_private.h"

#include <mugai/audit.h>
#include <mugai/catalog.h>
#include <mugai/pending.h>
#include <mugai/released.h>
#include <sysexits.h>

/* A message may be looked at before it was received, by another host's clock. */
#define CLOCKS_DIFFER_SECONDS 86400

/* --- finding out --- */

/* Makes the entry that the index should have. */
static MugaiEntry *
make_entry(const MugaiDesk *desk, MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiPool) pool = mugai_pool_new(desk->config, error);
    int scratch = pool != NULL ? mugai_desk_open_unnamed(error) : -1;

    return scratch >= 0 ? mugai_catalog_kept(store, pool, id, scratch, error) : NULL;
}

/* From the index; where there is none, or not this message, from the object, and @ret_missing says
 * so. */
static MugaiEntry *
find_entry(const MugaiDesk *desk, MugaiStore *store, const MugaiRequest *request,
           GError **ret_missing, GError **error)
{
    const MugaiId *id = &request->id;
    g_autoptr(GError) missing = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, FALSE, &missing);
    g_autoptr(MugaiEntry) entry = NULL;

    if (index != NULL) {
        mugai_desk_unlock_index(index, request);
        entry = mugai_index_get(index, id, &missing);
    }
    if (entry != NULL)
        return g_steal_pointer(&entry);
    entry = make_entry(desk, store, id, error);
    if (entry != NULL)
        *ret_missing = g_steal_pointer(&missing);
    return g_steal_pointer(&entry);
}

static char *
describe_sealed(const MugaiOriginal *original, const MugaiOriginalFacts *facts)
{
    guint n_boxes = 0;
    const MugaiVaultBox *boxes = mugai_original_boxes(original, &n_boxes);
    g_autofree char *names = mugai_vault_box_names(boxes, n_boxes);

    return g_strdup_printf(N_("%" G_GUINT64_FORMAT " octets, undamaged, sealed to %s"), facts->size,
                           names);
}

/* SHA-256 of the original if it is still there, whole and open; what there is to say otherwise in
 * @ret_instead. */
static char *
check_original(MugaiStore *store, const MugaiEntry *entry, const MugaiRequest *request,
               char **ret_instead)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, &request->id, &error);
    g_auto(MugaiOriginalFacts) facts = {0};

    if (original == NULL || !mugai_desk_unlock(original, request, &error) ||
        !mugai_original_verify(original, &facts, &error)) {
        *ret_instead = g_strdup(error->message);
        return NULL;
    }
    if (mugai_entry_contradicts(entry, facts.size, facts.open ? facts.sha256 : NULL)) {
        *ret_instead =
            g_strdup_printf(N_("%" G_GUINT64_FORMAT " octets, sha256 %s: another original than the "
                               "index knows"),
                            facts.size, facts.sha256);
        return NULL;
    }
    if (facts.open)
        return g_steal_pointer(&facts.sha256);
    *ret_instead = describe_sealed(original, &facts);
    return NULL;
}

/* --- telling --- */

typedef struct {
    const MugaiDesk *desk;
    const MugaiId *id;
} History;

static gboolean
tell_look(const char *line, const MugaiRecord *record, gpointer data)
{
    const History *history = data;
    const MugaiDesk *desk = history->desk;

    return g_strcmp0(record->id, history->id->text) != 0 ||
           desk->tell(&(MugaiAnswer){.kind = MUGAI_ANSWER_LOOK, .text = (char *)line}, desk->data);
}

/* The same, but nothing of who asked in vain. */
static gboolean
tell_granted(const char *line, const MugaiRecord *record, gpointer data)
{
    return g_str_has_prefix(record->outcome, "refused") || tell_look(line, record, data);
}

/* Who looked at @id since it was received, this look included. */
static gboolean
tell_history(const MugaiDesk *desk, const MugaiId *id, gint64 received, MugaiAuditVisit visit,
             GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(desk->config, error);
    History history = {.desk = desk, .id = id};

    return audit != NULL &&
           mugai_audit_visit(audit, received - CLOCKS_DIFFER_SECONDS, 0, visit, &history, error);
}

/* What the log has of a message that is not there, or never was: when it was purged, deleted, found
 * lost. */
static void
tell_gone(const MugaiDesk *desk, const MugaiRequest *request)
{
    g_autoptr(GError) error = NULL;

    if (!request->brief &&
        !tell_history(desk, &request->id, mugai_id_day(&request->id), tell_granted, &error))
        mugai_desk_complain(desk, "%s", error->message);
}

/* The request for a release that waits, if there is one; one that is over counts as none. */
static void
tell_pending(const MugaiDesk *desk, MugaiStore *store, const MugaiId *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiRecord) pending = mugai_pending_read(store, id, &error);
    g_autofree char *json = NULL;

    if (pending == NULL && !g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        mugai_desk_complain(desk, "%s", error->message);
    if (pending == NULL || mugai_pending_is_over(pending, g_get_real_time() / G_USEC_PER_SEC))
        return;
    json = mugai_record_to_json(pending);
    desk->tell(&(MugaiAnswer){.kind = MUGAI_ANSWER_PENDING, .text = json}, desk->data);
}

/* That nobody can say any more to whom it was released; the log may. */
static void
complain_of_released(const MugaiDesk *desk, MugaiStore *store, const MugaiId *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records = mugai_released_read(store, id, &error);

    if (records == NULL && !g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        mugai_desk_complain(desk, "%s", error->message);
}

/* The entry, and unless @brief all that is known beside it. */
static gboolean
tell(const MugaiDesk *desk, MugaiStore *store, MugaiEntry *entry, const MugaiRequest *request,
     GError **error)
{
    gboolean brief = request->brief;
    g_autofree char *damage = NULL;
    g_autofree char *sha256 = brief ? NULL : check_original(store, entry, request, &damage);
    const MugaiAnswer shown = {
        .kind = MUGAI_ANSWER_SHOWN, .entry = entry, .sha256 = sha256, .text = damage};

    if (!desk->tell(&shown, desk->data) || brief)
        return TRUE;
    tell_pending(desk, store, &entry->id);
    complain_of_released(desk, store, &entry->id);
    return tell_history(desk, &entry->id, entry->received, tell_look, error);
}

int
mugai_desk_show(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_autoptr(GError) missing = NULL;
    gboolean gone = FALSE;
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, &why);
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    g_autoptr(MugaiEntry) entry =
        store != NULL ? find_entry(desk, store, request, &missing, &why) : NULL;

    gone = g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND);
    if (!mugai_desk_note(desk, record, why, error)) {
        if (gone)
            tell_gone(desk, request);
        return -1;
    }
    if (missing != NULL)
        mugai_desk_complain(desk, "%s; shown from the object itself", missing->message);
    return tell(desk, store, entry, request, error) ? EX_OK : -1;
}
