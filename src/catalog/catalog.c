/*
 * catalog.c - what the index says of a message
 *
 * The one place where an object becomes an entry: mugaid catches up with it, mugai fsck rebuilds
 * the index with it, mugai show shows what no index has.
 *
 * Invariants: an entry that is made from the object alone never says that the message passed: an
 *             original that was kept may have been answered with a 4xx.
 * Limits: of an object that is sealed, and whose key is not here, the envelope is all there is.
 * Trust: the report is the claim of a worker; the guard has seen the message, not the report.
 * Errors: those of the store and of the worker.
 */
#include <errno.h>
#include <mugai/catalog.h>
#include <mugai/error.h>
#include <mugai/retention.h>
#include <mugai/time.h>
#include <string.h>
#include <unistd.h>

struct MugaiCatalogJob {
    MugaiStore *store;
    MugaiOriginal *original;
    MugaiId id;
    MugaiTime received;
    MugaiTicket *ticket;
    guint64 size;
    char *sha256;
    int scratch;
};

/* The entry of what @facts (id, received and original are set) and @approved say. */
static MugaiEntry *
make_entry(MugaiFacts *facts, const MugaiId *id, const MugaiEnvelope *envelope,
           const MugaiApproved *approved, const char *state)
{
    const MugaiReport *report = mugai_approved_report(approved);
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    gsize length = 0;

    (void)mugai_approved_octets(approved, &length);
    facts->output_size = length;
    facts->output_sha256 = mugai_approved_sha256(approved);
    entry->id = *id;
    entry->received = facts->received;
    entry->state = g_strdup(state);
    entry->envelope = mugai_envelope_copy(envelope);
    entry->subject = g_strdup(report->subject);
    entry->from = g_strdup(report->from);
    entry->size = facts->original_size;
    entry->sha256 = g_strdup(facts->original_sha256);
    entry->report = mugai_report_ref(report);
    entry->report_json = mugai_report_to_json(report, facts, envelope, state, FALSE);
    return entry;
}

MugaiEntry *
mugai_catalog_passed(const MugaiReceipt *receipt, const MugaiApproved *approved, MugaiTime received)
{
    MugaiFacts facts = {
        .id = mugai_receipt_id(receipt)->text,
        .received = received.seconds,
        .offset = received.offset,
        .original_size = mugai_receipt_size(receipt),
        .original_sha256 = mugai_receipt_sha256(receipt),
    };

    return make_entry(&facts, mugai_receipt_id(receipt), mugai_receipt_envelope(receipt), approved,
                      mugai_approved_failure(approved) == NULL ? MUGAI_STATE_PASSED
                                                               : MUGAI_STATE_NOTICE_ONLY);
}

void
mugai_catalog_cancel(MugaiCatalogJob *job)
{
    if (job == NULL)
        return;
    if (job->ticket != NULL)
        mugai_ticket_cancel(job->ticket);
    mugai_original_free(job->original);
    g_free(job->sha256);
    close(job->scratch);
    g_free(job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiCatalogJob, mugai_catalog_cancel)

MugaiCatalogJob *
mugai_catalog_begin(MugaiStore *store, MugaiPool *pool, const MugaiId *id, int scratch,
                    GError **error)
{
    g_autoptr(MugaiCatalogJob) job = g_new0(MugaiCatalogJob, 1);

    job->store = store;
    job->id = *id;
    job->scratch = scratch;
    job->original = mugai_store_read(store, id, error);
    if (job->original == NULL ||
        !mugai_original_copy(job->original, scratch, &job->size, &job->sha256, error))
        return NULL;
    job->received = mugai_time_local(mugai_original_envelope(job->original)->received);
    job->ticket =
        mugai_pool_submit(pool, scratch, id, job->received, mugai_original_envelope(job->original));
    return g_steal_pointer(&job);
}

MugaiEntry *
mugai_catalog_finish(MugaiCatalogJob *job, GError **error)
{
    g_autoptr(MugaiCatalogJob) owned = job;
    g_autoptr(MugaiApproved) approved =
        mugai_ticket_collect(g_steal_pointer(&owned->ticket), error);
    MugaiFacts facts = {
        .id = owned->id.text,
        .received = owned->received.seconds,
        .offset = owned->received.offset,
        .original_size = owned->size,
        .original_sha256 = owned->sha256,
    };
    MugaiEntry *entry = NULL;

    if (approved == NULL)
        return NULL;
    entry = make_entry(&facts, &owned->id, mugai_original_envelope(owned->original), approved,
                       MUGAI_STATE_KEPT);
    entry->held = mugai_hold_check(owned->store, &owned->id, NULL);
    return entry;
}

MugaiEntry *
mugai_catalog_kept(MugaiStore *store, MugaiPool *pool, const MugaiId *id, int scratch,
                   GError **error)
{
    g_autoptr(GError) local = NULL;
    MugaiCatalogJob *job = mugai_catalog_begin(store, pool, id, scratch, &local);

    if (job != NULL)
        return mugai_catalog_finish(job, error);
    if (g_error_matches(local, MUGAI_ERROR, MUGAI_ERROR_SEALED))
        return mugai_catalog_sealed(store, id, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return NULL;
}

/* An entry that says of @id what @envelope does, and @report. Takes @envelope over. */
static MugaiEntry *
entry_of_envelope(MugaiStore *store, const MugaiId *id, MugaiEnvelope *envelope, guint64 size,
                  const MugaiReport *report)
{
    MugaiEntry *entry = mugai_entry_of_envelope(id, envelope, size, report);

    entry->held = mugai_hold_check(store, id, NULL);
    return entry;
}

MugaiEntry *
mugai_catalog_sealed(MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, error);
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_auto(MugaiOriginalFacts) facts = {0};

    if (original == NULL || !mugai_original_verify(original, &facts, error))
        return NULL;
    mugai_report_remark(report->warnings, "sealed",
                        "nothing but the envelope can be known without the private key");
    return entry_of_envelope(store, id, mugai_envelope_copy(mugai_original_envelope(original)),
                             facts.size, report);
}

MugaiEntry *
mugai_catalog_damaged(MugaiStore *store, const MugaiId *id, const char *why)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, NULL);
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiEntry *entry = NULL;

    mugai_report_remark(report->warnings, "damaged", "%s", why);
    entry =
        entry_of_envelope(store, id,
                          original != NULL ? mugai_envelope_copy(mugai_original_envelope(original))
                                           : mugai_envelope_new(mugai_id_day(id)),
                          0, report);
    entry->damaged = TRUE;
    return entry;
}
