/*
 * cmd_release.c - sends an original on, to whom the configuration allows
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
#include "cli.h"

#include <mugai/release.h>
#include <mugai/released.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

typedef struct {
    const MugaiConfig *config;
    MugaiStore *store;
    MugaiId id;
    const char *reason;
    GPtrArray *words;      /* as typed, for the log */
    GPtrArray *addresses;  /* of char*, borrowed */
    GPtrArray *recipients; /* of MugaiReleaseRecipient, the same in the same order */
    gboolean again;
} Job;

/* --- may it go? --- */

static gboolean
check_addresses(const Job *job, GError **error)
{
    for (guint i = 0; i < job->addresses->len; i++) {
        g_autofree char *why = mugai_release_object(job->config, job->addresses->pdata[i]);

        if (why == NULL)
            continue;
        g_set_error_literal(error, MUGAI_CLI_ERROR,
                            job->config->release_server == NULL ||
                                    job->config->release_sender == NULL
                                ? EX_CONFIG
                                : EX_NOPERM,
                            why);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_released(const Job *job, GError **error)
{
    if (job->again || mugai_released_check(job->store, &job->id, job->addresses, error))
        return TRUE;
    g_prefix_error(error, "--again is wanted: ");
    return FALSE;
}

/* The original, if all may get it; -1 with @error. */
static int
fetch(const Job *job, MugaiRecord *record, GError **error)
{
    g_autoptr(MugaiOriginal) original =
        check_addresses(job, error) ? mugai_store_read(job->store, &job->id, error) : NULL;
    g_auto(MugaiFd) octets = -1;

    if (original == NULL || !check_released(job, error))
        return -1;
    octets = mugai_cli_fetch(original, &record->size, &record->sha256, error);
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
    if ((arrived->len > 0 &&
         !mugai_released_end(job->store, &job->id, record, arrived, TRUE, &error)) ||
        (failed->len > 0 &&
         !mugai_released_end(job->store, &job->id, record, failed, FALSE, &error)))
        mugai_cli_complain("how it ended could not be kept, another release will want --again: %s",
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

/* A line for each; the exit status: that of the most hopeful failure. @ret_failures: all of them,
 * for the log. */
static int
report(const Job *job, GString *ret_failures)
{
    int status = EX_OK;

    for (guint i = 0; i < job->recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = job->recipients->pdata[i];
        const char *what = has_outcome(recipient, MUGAI_RELEASE_UNKNOWN) ? "may have been" : "not";

        if (has_outcome(recipient, MUGAI_RELEASE_ACCEPTED)) {
            printf("%s released to %s\n", job->id.text, recipient->address);
            continue;
        }
        mugai_cli_complain("%s %s released to %s: %s", job->id.text, what, recipient->address,
                           recipient->reply);
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
    g_autoptr(GError) failure = g_error_new_literal(MUGAI_CLI_ERROR, EX_TEMPFAIL, failures->str);

    mugai_cli_note_failure(job->config, record, failure);
}

/* Exit status, or -1 with @error. */
static int
release(const Job *job, GError **error)
{
    g_autoptr(MugaiRecord) record = mugai_cli_record("release", &job->id);
    g_autoptr(GString) failures = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;
    GError *why = NULL;
    g_auto(MugaiFd) octets = fetch(job, record, &why);
    int status = EX_OK;

    record->words = g_ptr_array_ref(job->words);
    record->reason = g_strdup(job->reason);
    if (!mugai_cli_note(job->config, record, why, error))
        return -1;
    if (!mugai_released_begin(job->store, &job->id, record, job->addresses, job->again, &failure)) {
        mugai_cli_note_failure(job->config, record, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return -1;
    }
    mugai_release_send(job->config, &job->id, octets, job->recipients);
    mark(job, record);
    status = report(job, failures);
    if (failures->len > 0)
        note_failures(job, record, failures);
    return status;
}

/* --- the command line --- */

/* Takes what --to was given, each once. USAGE. */
static gboolean
take_addresses(Job *job, char *const *typed, GError **error)
{
    for (; typed != NULL && *typed != NULL; typed++) {
        for (guint i = 0; i < job->addresses->len; i++) {
            if (g_ascii_strcasecmp(job->addresses->pdata[i], *typed) == 0)
                return mugai_cli_misuse(error, "%s is named twice", *typed);
        }
        g_ptr_array_add(job->addresses, *typed);
        g_ptr_array_add(job->recipients, mugai_release_recipient_new(*typed));
    }
    if (job->addresses->len > 0 && job->addresses->len <= MUGAI_RELEASE_RECIPIENTS_MAX)
        return TRUE;
    return mugai_cli_misuse(error, "--to ADDRESS is wanted, once or up to %u times",
                            MUGAI_RELEASE_RECIPIENTS_MAX);
}

static int
run(Job *job, const MugaiCommon *common, char *const *to, GError **error)
{
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    g_autoptr(GPtrArray) recipients =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_release_recipient_free);
    int status = -1;

    job->addresses = addresses;
    job->recipients = recipients;
    job->words = common->words;
    if (!mugai_cli_read_id(common, &job->id, error) ||
        !mugai_cli_check_reason(job->reason, error) || !take_addresses(job, to, error))
        return -1;
    config = mugai_cli_load_config(common, error);
    store = config != NULL ? mugai_store_open(config, error) : NULL;
    if (store == NULL)
        return -1;
    job->config = config;
    job->store = store;
    status = release(job, error);
    if (status >= 0 || !g_error_matches(*error, MUGAI_ERROR, MUGAI_ERROR_EXISTS))
        return status;
    mugai_cli_complain("%s", (*error)->message);
    status = mugai_cli_refusal_status(*error);
    g_clear_error(error);
    return status;
}

int
cmd_release(int argc, char **argv, GError **error)
{
    g_autofree char *reason = NULL;
    g_auto(GStrv) to = NULL;
    Job job = {0};
    const GOptionEntry entries[] = {
        {"to", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &to, "Who gets it; may be given again",
         "ADDRESS"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, "Why; stands in the log", "TEXT"},
        {"again", 0, 0, G_OPTION_ARG_NONE, &job.again, "Also to whom it was released before", NULL},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};

    if (!mugai_cli_parse(&common, entries, "ID",
                         "Sends the original on, by SMTP to the server of [release], unchanged "
                         "behind Resent- fields.\nOnly to whom [release] allowed names and never "
                         "does not. An original that SMTP would change is\nrefused: get --zip "
                         "gives it out.",
                         argc, argv, error))
        return -1;
    job.reason = reason;
    return run(&job, &common, to, error);
}
