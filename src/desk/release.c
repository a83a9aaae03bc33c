/*
 * release.c - sends an original on, to whom the configuration allows
 *
 * Refused are: addresses not allowed, before anything is connected to; whom it was released to
 * before, without --again; originals that SMTP would change. What is left is written down, marked
 * as begun beside the object, sent, and marked with what came of it.
 *
 * Invariants: 1. who has it, or may have it, stands beside the object whatever dies when;
 *             2. what certainly did not arrive leaves that as it was.
 * Exit: 0 if all have it; 1 for a refusal because of an earlier release; EX_NOPERM for an address;
 *       EX_TEMPFAIL where a later try may help, EX_UNAVAILABLE where none will.
 */
#include "desk_private.h"

#include <mugai/release.h>
#include <mugai/released.h>
#include <sysexits.h>

typedef struct {
    const MugaiDesk *desk;
    const MugaiRequest *request;
    MugaiStore *store;
    GPtrArray *recipients; /* of MugaiReleaseRecipient, as requested and in the same order */
} Job;

/* --- may it go? --- */

static gboolean
check_addresses(const Job *job, GError **error)
{
    const MugaiConfig *config = job->desk->config;

    for (guint i = 0; i < job->recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = job->recipients->pdata[i];
        g_autofree char *why = mugai_release_object(config, recipient->address);

        if (why == NULL)
            continue;
        return mugai_desk_refuse(error,
                                 config->release_server == NULL || config->release_sender == NULL
                                     ? EX_CONFIG
                                     : EX_NOPERM,
                                 "%s", why);
    }
    return TRUE;
}

static gboolean
check_released(const Job *job, GError **error)
{
    if (job->request->again ||
        mugai_released_check(job->store, &job->request->id, job->request->recipients, error))
        return TRUE;
    g_prefix_error(error, "--again is wanted: ");
    return FALSE;
}

/* The original, if all may get it; -1 with @error. */
static int
fetch(const Job *job, MugaiRecord *record, GError **error)
{
    g_autoptr(MugaiOriginal) original =
        check_addresses(job, error) ? mugai_store_read(job->store, &job->request->id, error) : NULL;
    g_auto(MugaiFd) octets = -1;

    if (original == NULL || !check_released(job, error))
        return -1;
    octets = mugai_desk_fetch(original, &record->size, &record->sha256, error);
    if (octets < 0)
        return -1;
    record->has_size = TRUE;
    return mugai_release_check_original(octets, error) ? g_steal_fd(&octets) : -1;
}

/* --- what came of it --- */

static gboolean
has_outcome(const MugaiReleaseRecipient *recipient, MugaiReleaseOutcome outcome)
{
    return recipient->outcome == outcome;
}

/* Marks those who have it, and those who certainly have not; who may have it stays begun. */
static void
mark(const Job *job, const MugaiRecord *record)
{
    const MugaiId *id = &job->request->id;
    g_autoptr(GPtrArray) arrived = g_ptr_array_new();
    g_autoptr(GPtrArray) failed = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < job->recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = job->recipients->pdata[i];

        if (has_outcome(recipient, MUGAI_RELEASE_ACCEPTED))
            g_ptr_array_add(arrived, recipient->address);
        else if (!has_outcome(recipient, MUGAI_RELEASE_UNKNOWN))
            g_ptr_array_add(failed, recipient->address);
    }
    if ((arrived->len > 0 && !mugai_released_end(job->store, id, record, arrived, TRUE, &error)) ||
        (failed->len > 0 && !mugai_released_end(job->store, id, record, failed, FALSE, &error)))
        mugai_desk_complain(job->desk,
                            "how it ended could not be kept, another release will want --again: %s",
                            error->message);
}

static int
status_of(MugaiReleaseOutcome outcome)
{
    switch (outcome) {
    case MUGAI_RELEASE_ACCEPTED:
        return EX_OK;
    case MUGAI_RELEASE_REFUSED:
        return EX_UNAVAILABLE;
    case MUGAI_RELEASE_FAILED:
    case MUGAI_RELEASE_UNKNOWN:
        break;
    }
    return EX_TEMPFAIL;
}

/* An answer for each; the exit status: that of the most hopeful failure. @ret_failures: all of
 * them, for the log. */
static int
report(const Job *job, GString *ret_failures)
{
    int status = EX_OK;

    for (guint i = 0; i < job->recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = job->recipients->pdata[i];
        const char *what = has_outcome(recipient, MUGAI_RELEASE_UNKNOWN) ? "may have been" : "not";
        const MugaiAnswer answer = {
            .kind = MUGAI_ANSWER_RELEASED,
            .id = job->request->id,
            .name = recipient->address,
            .outcome = recipient->outcome,
            .text = recipient->reply,
        };

        job->desk->tell(&answer, job->desk->data);
        if (has_outcome(recipient, MUGAI_RELEASE_ACCEPTED))
            continue;
        g_string_append_printf(ret_failures, "%s%s released to %s: %s",
                               ret_failures->len > 0 ? "; " : "", what, recipient->address,
                               recipient->reply);
        status = MAX(status, status_of(recipient->outcome));
    }
    return status;
}

static void
note_failures(const Job *job, MugaiRecord *record, const GString *failures)
{
    GError *failure = g_error_new_literal(MUGAI_DESK_ERROR, EX_TEMPFAIL, failures->str);

    mugai_desk_note_failure(job->desk, record, failure, NULL);
}

/* Exit status, or -1 with @error. */
static int
release(const Job *job, GError **error)
{
    const MugaiRequest *request = job->request;
    g_autoptr(MugaiRecord) record = mugai_desk_record(job->desk, request);
    g_autoptr(GString) failures = g_string_new(NULL);
    GError *why = NULL;
    g_auto(MugaiFd) octets = fetch(job, record, &why);
    int status = EX_OK;

    if (!mugai_desk_note(job->desk, record, why, error))
        return -1;
    if (!mugai_released_begin(job->store, &request->id, record, request->recipients, request->again,
                              &why)) {
        mugai_desk_note_failure(job->desk, record, why, error);
        return -1;
    }
    mugai_release_send(job->desk->config, &request->id, octets, job->recipients);
    mark(job, record);
    status = report(job, failures);
    if (failures->len > 0)
        note_failures(job, record, failures);
    return status;
}

int
mugai_desk_release(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(GPtrArray) recipients =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_release_recipient_free);
    const Job job = {desk, request, store, recipients};

    if (store == NULL)
        return -1;
    for (guint i = 0; i < request->recipients->len; i++)
        g_ptr_array_add(recipients, mugai_release_recipient_new(request->recipients->pdata[i]));
    return release(&job, error);
}
