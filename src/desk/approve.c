/*
 * approve.c - a release that takes two persons: one requests, another one approves
 *
 * Who is a person, and which one, the kernel says of a client of mugai-stored: the user, and whom
 * his session began with where that is known, so that nobody is two by means of sudo or su. Root
 * and the service's user are nobody in particular: what they do here themselves, in a process of
 * their own, they could do as anybody. So they neither request nor approve; and who is root can
 * change the store and the configuration anyway, which no program of ours prevents.
 *
 * Invariants: 1. nothing goes out at one person's word;
 *             2. of approvals at once one is carried out: the request is gone, durably, before the
 *                release begins, and comes back only where certainly nobody got anything;
 *             3. what is approved is what was requested: recipients come from the request alone.
 */
#include "release_job.h"

#include <mugai/pending.h>
#include <mugai/release.h>
#include <sysexits.h>

/* --- persons --- */

static gboolean
check_person(const MugaiDesk *desk, GError **error)
{
    if (!desk->config->release_two_person)
        return mugai_desk_refuse(error, EX_CONFIG,
                                 "a release takes one person only ([release] two_person): use "
                                 "\"mugai release\"");
    if (!desk->direct)
        return TRUE;
    return mugai_desk_refuse(
        error, EX_NOPERM,
        "it takes two persons, and who may open the store is nobody in "
        "particular: ask as a user of [access] releaser, through mugai-stored");
}

static gboolean
is_one_of(gint64 uid, const MugaiActor *actor)
{
    return uid >= 0 && (uid == (gint64)actor->uid || uid == actor->login_uid);
}

static gboolean
is_same_person(const MugaiActor *one, const MugaiActor *other)
{
    return is_one_of(one->uid, other) || is_one_of(one->login_uid, other);
}

/* --- request --- */

/* Whether it could be released now: what never could is not requested. Of what is sealed whoever
 * has the key finds out. */
static gboolean
check_request(const MugaiReleaseJob *job, MugaiRecord *record, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_auto(MugaiFd) octets =
        check_person(job->desk, &why) ? mugai_release_job_fetch(job, record, &why) : -1;

    if (octets >= 0 || g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_SEALED))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static gint64
now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

int
mugai_desk_request(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiReleaseJob) job =
        mugai_release_job_new(desk, request, request->recipients, request->again, error);
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    const MugaiAnswer done = {.kind = MUGAI_ANSWER_DONE,
                              .id = request->id,
                              .text = (char *)N_("waits for another releaser: mugai approve ID")};
    GError *why = NULL;

    if (job == NULL)
        return -1;
    check_request(job, record, &why);
    if (!mugai_desk_note(desk, record, why, error))
        return -1;
    if (!mugai_pending_set(job->store, &request->id, record, request->recipients, request->again,
                           now(), &why)) {
        mugai_desk_note_failure(desk, record, why, error);
        return -1;
    }
    desk->tell(&done, desk->data);
    return EX_OK;
}

/* --- withdraw --- */

int
mugai_desk_withdraw(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    g_autoptr(MugaiRecord) pending =
        store != NULL ? mugai_pending_read(store, &request->id, &why) : NULL;
    const MugaiAnswer done = {.kind = MUGAI_ANSWER_DONE,
                              .id = request->id,
                              .text = (char *)N_("no longer requested")};

    if (store == NULL || !mugai_desk_note(desk, record, why, error))
        return -1;
    if (!mugai_pending_take(store, &request->id, pending, &why)) {
        mugai_desk_note_failure(desk, record, why, error);
        return -1;
    }
    desk->tell(&done, desk->data);
    return EX_OK;
}

/* --- approve --- */

static gboolean
check_pending(const MugaiDesk *desk, const MugaiRecord *pending, GError **error)
{
    if (mugai_pending_is_over(pending, now()))
        return mugai_desk_refuse(error, EX_NOPERM,
                                 "the request is older than %d days: it must be made anew",
                                 MUGAI_PENDING_DAYS);
    if (is_same_person(pending->actor, desk->actor))
        return mugai_desk_refuse(error, EX_NOPERM,
                                 "another person than the one who requested it must approve it");
    return TRUE;
}

/* The log says of an approval what it was for: the recipients behind what was typed, and the reason
 * of the request unless there is one of its own. */
static void
describe(MugaiRecord *record, const MugaiRecord *pending)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; record->words != NULL && i < record->words->len; i++)
        g_ptr_array_add(words, g_strdup(record->words->pdata[i]));
    for (guint i = 0; i < pending->words->len; i++) {
        g_ptr_array_add(words, g_strdup("--to"));
        g_ptr_array_add(words, g_strdup(pending->words->pdata[i]));
    }
    g_clear_pointer(&record->words, g_ptr_array_unref);
    record->words = words;
    if (record->reason == NULL)
        record->reason = g_strdup(pending->reason);
}

/* Whether nobody got it or may have got it, and a later try may help. */
static gboolean
failed_for_all(const MugaiReleaseJob *job)
{
    for (guint i = 0; i < job->recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = job->recipients->pdata[i];

        if (recipient->outcome != MUGAI_RELEASE_FAILED)
            return FALSE;
    }
    return TRUE;
}

static void
put_back(const MugaiReleaseJob *job, const MugaiRecord *pending)
{
    g_autoptr(GError) error = NULL;

    if (mugai_pending_put_back(job->store, job->id, pending, &error))
        mugai_desk_complain(job->desk, "the request still waits: it may be approved again");
    else
        mugai_desk_complain(job->desk, "the request must be made anew: %s", error->message);
}

/* Exit status, or -1 with @error. */
static int
carry_out(const MugaiReleaseJob *job, const MugaiRecord *pending, MugaiRecord *record,
          GError **error)
{
    GError *why = NULL;
    g_auto(MugaiFd) octets = -1;
    int status = -1;

    if (check_pending(job->desk, pending, &why))
        octets = mugai_release_job_fetch(job, record, &why);
    /* Whoever requests a sealed one need not have its key: of that one the seal says whose it is.
     */
    if (octets >= 0 && pending->sha256 != NULL && !g_str_equal(pending->sha256, record->sha256))
        why = g_error_new(MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                          "%s is not the original that was requested (SHA-256 %s)", job->id->text,
                          pending->sha256);
    if (!mugai_desk_note(job->desk, record, why, error))
        return -1;
    if (!mugai_pending_take(job->store, job->id, pending, &why)) {
        mugai_desk_note_failure(job->desk, record, why, error);
        return -1;
    }
    status = mugai_release_job_send(job, record, octets, error);
    if (failed_for_all(job))
        put_back(job, pending);
    return status;
}

/* What waits; NULL with @error. */
static MugaiRecord *
find_pending(const MugaiDesk *desk, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiStore) store =
        check_person(desk, error) ? mugai_store_open(desk->config, error) : NULL;
    g_autoptr(MugaiRecord) pending = store != NULL ? mugai_pending_read(store, id, error) : NULL;

    if (pending != NULL && pending->words->len > 0 &&
        pending->words->len <= MUGAI_RELEASE_RECIPIENTS_MAX)
        return g_steal_pointer(&pending);
    if (pending != NULL)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                    "the request for %s does not say to whom: withdraw it", id->text);
    return NULL;
}

int
mugai_desk_approve(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    g_autoptr(MugaiRecord) pending = find_pending(desk, &request->id, &why);
    g_autoptr(MugaiReleaseJob) job = NULL;

    if (pending == NULL) {
        mugai_desk_note(desk, record, why, error);
        return -1;
    }
    describe(record, pending);
    job = mugai_release_job_new(desk, request, pending->words, mugai_pending_is_again(pending),
                                error);
    return job != NULL ? carry_out(job, pending, record, error) : -1;
}
