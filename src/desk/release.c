/*
 * release.c - sends an original on, to whom the configuration allows; at one person's word, unless
 * it takes two
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
#include "release_job.h"

#include <mugai/release.h>
#include <mugai/released.h>
#include <sysexits.h>

/* --- may it go? --- */

static gboolean
check_addresses(const MugaiReleaseJob *job, GError **error)
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
check_released(const MugaiReleaseJob *job, GError **error)
{
    if (job->again || mugai_released_check(job->store, job->id, job->addresses, error))
        return TRUE;
    g_prefix_error(error, "--again is wanted: ");
    return FALSE;
}

int
mugai_release_job_fetch(const MugaiReleaseJob *job, MugaiRecord *record, GError **error)
{
    g_autoptr(MugaiOriginal) original =
        check_addresses(job, error) ? mugai_store_read(job->store, job->id, error) : NULL;
    g_auto(MugaiFd) octets = -1;

    if (original == NULL || !check_released(job, error) ||
        !mugai_desk_unlock(original, job->request, error))
        return -1;
    octets = mugai_desk_fetch(original, &record->size, &record->sha256, error);
    if (octets < 0 || !mugai_desk_check_known(job->desk, job->store, job->request, record->size,
                                              record->sha256, error))
        return -1;
    record->has_size = TRUE;
    return mugai_release_check_original(octets, error) ? mugai_fd_steal(&octets) : -1;
}

/* --- what came of it --- */

static gboolean
has_outcome(const MugaiReleaseRecipient *recipient, MugaiReleaseOutcome outcome)
{
    return recipient->outcome == outcome;
}

/* Marks those who have it, and those who certainly have not; who may have it stays begun. */
static void
mark(const MugaiReleaseJob *job, const MugaiRecord *record)
{
    const MugaiId *id = job->id;
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
report(const MugaiReleaseJob *job, GString *ret_failures)
{
    int status = EX_OK;

    for (guint i = 0; i < job->recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = job->recipients->pdata[i];
        const MugaiAnswer answer = {
            .kind = MUGAI_ANSWER_RELEASED,
            .id = *job->id,
            .name = recipient->address,
            .outcome = recipient->outcome,
            .text = recipient->reply,
        };

        job->desk->tell(&answer, job->desk->data);
        if (has_outcome(recipient, MUGAI_RELEASE_ACCEPTED))
            continue;
        if (ret_failures->len > 0)
            g_string_append(ret_failures, "; ");
        g_string_append_printf(ret_failures,
                               has_outcome(recipient, MUGAI_RELEASE_UNKNOWN)
                                   ? N_("may have been released to %s: %s")
                                   : N_("not released to %s: %s"),
                               recipient->address, recipient->reply);
        status = MAX(status, status_of(recipient->outcome));
    }
    return status;
}

static void
note_failures(const MugaiReleaseJob *job, MugaiRecord *record, const GString *failures)
{
    GError *failure = g_error_new_literal(MUGAI_DESK_ERROR, EX_TEMPFAIL, failures->str);

    mugai_desk_note_failure(job->desk, record, failure, NULL);
}

int
mugai_release_job_send(const MugaiReleaseJob *job, MugaiRecord *record, int octets, GError **error)
{
    g_autoptr(GString) failures = g_string_new(NULL);
    GError *why = NULL;
    int status = EX_OK;

    if (!mugai_released_begin(job->store, job->id, record, job->addresses, job->again, &why)) {
        mugai_desk_note_failure(job->desk, record, why, error);
        return -1;
    }
    mugai_release_send(job->desk->config, job->id, octets, job->recipients);
    mark(job, record);
    status = report(job, failures);
    if (failures->len > 0)
        note_failures(job, record, failures);
    return status;
}

/* --- the job --- */

MugaiReleaseJob *
mugai_release_job_new(const MugaiDesk *desk, const MugaiRequest *request,
                      const GPtrArray *addresses, gboolean again, GError **error)
{
    g_autoptr(MugaiReleaseJob) job = g_new0(MugaiReleaseJob, 1);

    job->desk = desk;
    job->request = request;
    job->id = &request->id;
    job->addresses = addresses;
    job->again = again;
    job->recipients = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_release_recipient_free);
    for (guint i = 0; i < addresses->len; i++)
        g_ptr_array_add(job->recipients, mugai_release_recipient_new(addresses->pdata[i]));
    job->store = mugai_store_open(desk->config, error);
    return job->store != NULL ? g_steal_pointer(&job) : NULL;
}

void
mugai_release_job_free(MugaiReleaseJob *job)
{
    if (job == NULL)
        return;
    g_clear_pointer(&job->store, mugai_store_free);
    g_ptr_array_unref(job->recipients);
    g_free(job);
}

/* --- at one person's word --- */

/* The original, if one person may release it; -1 with @error. */
static int
fetch_alone(const MugaiReleaseJob *job, MugaiRecord *record, GError **error)
{
    if (!job->desk->config->release_two_person)
        return mugai_release_job_fetch(job, record, error);
    mugai_desk_refuse(error, EX_NOPERM,
                      "a release takes two ([release] two_person): \"mugai request %s --to ADDRESS "
                      "--reason TEXT\", and \"mugai approve\" by another releaser",
                      job->id->text);
    return -1;
}

int
mugai_desk_release(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiReleaseJob) job =
        mugai_release_job_new(desk, request, request->recipients, request->again, error);
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    GError *why = NULL;
    g_auto(MugaiFd) octets = job != NULL ? fetch_alone(job, record, &why) : -1;

    if (job == NULL || !mugai_desk_note(desk, record, why, error))
        return -1;
    return mugai_release_job_send(job, record, octets, error);
}
