/*
 * send.c - the digest goes out, once
 *
 * The log of looks is the memory: durable, chained, and written anyway (I9). For each digest it has
 * "granted" before the quarantine is looked at, "sending" before the server is spoken to, then what
 * came of it. Its reason names the time, for that is what makes two digests the same.
 *
 * Invariants: 1. after "sending" nothing is sent again of itself until "failed" stands there, which
 *                only a certain no earns: whoever dies in between has perhaps sent it;
 *             2. two at once wait for each other.
 * Errors: see daily.h.
 */
#include "daily_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/audit.h>
#include <mugai/error.h>
#include <mugai/release.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#define VERB "digest"
#define SENDING "sending"
#define SENT "sent"

typedef int Fd;
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Fd, close, -1)

/* --- the log --- */

/* The head goes where a tamperer with the log does not reach. */
static void
send_head(const char *head, const MugaiRecord *record)
{
    openlog("mugai", LOG_PID, LOG_MAIL);
    syslog(LOG_NOTICE, "log %s: %s - by uid %u: %.7s", head, record->verb, record->actor->uid,
           record->outcome);
}

/* Seconds, for local time has the same hour twice a year. */
static char *
name_period(gint64 since, gint64 until)
{
    return g_strdup_printf("digest of %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, since, until);
}

static gboolean
note(const MugaiConfig *config, const char *period, const char *outcome, GPtrArray *words,
     GError **error)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("mugai");
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    g_autoptr(MugaiRecord) record = mugai_record_new(actor, VERB, NULL, outcome);
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autofree char *head = NULL;

    record->reason = g_strdup(period);
    record->words = words != NULL ? g_ptr_array_ref(words) : NULL;
    g_ptr_array_add(records, record);
    if (audit == NULL || !mugai_audit_append(audit, records, &head, error)) {
        g_prefix_error(error, "not written down, so not done: ");
        return FALSE;
    }
    send_head(head, record);
    return TRUE;
}

gboolean
mugai_daily_note_look(const MugaiConfig *config, gint64 since, gint64 until, GPtrArray *words,
                      GError **error)
{
    g_autofree char *period = name_period(since, until);

    return note(config, period, "granted", words, error);
}

typedef struct {
    const char *period;
    gboolean sent, sending;
} Past;

static gboolean
look_at(const char *line, const MugaiRecord *record, gpointer data)
{
    Past *past = data;

    (void)line;
    if (!g_str_equal(record->verb, VERB) || g_strcmp0(record->reason, past->period) != 0)
        return TRUE;
    if (g_str_has_prefix(record->outcome, SENT))
        past->sent = TRUE;
    else if (g_str_equal(record->outcome, SENDING))
        past->sending = TRUE;
    else if (g_str_has_prefix(record->outcome, "failed"))
        past->sending = FALSE;
    return TRUE;
}

/* All of the log from the end of that time on: before it there is no digest of it. */
static gboolean
check_past(const MugaiConfig *config, gint64 since, const char *period, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(config, error);
    Past past = {.period = period};

    if (audit == NULL || !mugai_audit_visit(audit, since, 0, look_at, &past, error))
        return FALSE;
    if (past.sent)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                            "this digest was sent already; --again sends it once more");
    else if (past.sending)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                            "this digest was begun and perhaps sent: look whether it arrived; "
                            "--again sends it once more");
    return !past.sent && !past.sending;
}

/* --- the server --- */

static int
make_file(GBytes *mail, GError **error)
{
    gsize length = 0;
    const char *octets = g_bytes_get_data(mail, &length);
    g_auto(Fd) fd = memfd_create("digest", MFD_CLOEXEC);

    while (fd >= 0 && length > 0) {
        gssize written = TEMP_FAILURE_RETRY(write(fd, octets, length));

        if (written <= 0)
            break;
        octets += written;
        length -= (gsize)written;
    }
    if (fd >= 0 && length == 0)
        return g_steal_fd(&fd);
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the digest");
    return -1;
}

/* Who has it, who may have it, and in @refused who has not and why. */
static void
sum_up(const GPtrArray *recipients, gboolean *ret_accepted, gboolean *ret_unknown, GString *refused)
{
    for (guint i = 0; i < recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = recipients->pdata[i];

        if (recipient->outcome == MUGAI_RELEASE_ACCEPTED) {
            *ret_accepted = TRUE;
            continue;
        }
        *ret_unknown |= recipient->outcome == MUGAI_RELEASE_UNKNOWN;
        g_string_append_printf(refused, "%s%s: %s", refused->len > 0 ? "; " : "",
                               recipient->address, recipient->reply);
    }
}

static GPtrArray *
make_recipients(const MugaiConfig *config)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_release_recipient_free);

    for (char **to = config->digest_to; *to != NULL; to++)
        g_ptr_array_add(list, mugai_release_recipient_new(*to));
    return list;
}

/* Between "sending" and what came of it. An unknown end leaves "sending" as the last word. */
static gboolean
hand_over(const MugaiConfig *config, const char *period, int fd, GPtrArray *words,
          char **ret_refused, GError **error)
{
    const MugaiMailServer server = {.url = config->digest_server,
                                    .tls = config->digest_tls,
                                    .ca_file = config->digest_ca_file};
    g_autoptr(GPtrArray) recipients = make_recipients(config);
    g_autoptr(GString) refused = g_string_new(NULL);
    g_autofree char *failure = NULL;
    gboolean accepted = FALSE;
    gboolean unknown = FALSE;

    mugai_release_hand_over(&server, config->digest_sender, "", fd, recipients);
    sum_up(recipients, &accepted, &unknown, refused);
    if (accepted) {
        *ret_refused = refused->len > 0 ? g_strdup(refused->str) : NULL;
        return note(config, period, SENT, words, error);
    }
    failure = g_strconcat("failed: ", refused->str, NULL);
    if (!unknown && !note(config, period, failure, words, error))
        return FALSE;
    g_set_error(error, MUGAI_ERROR, unknown ? MUGAI_ERROR_EXISTS : MUGAI_ERROR_SYSTEM,
                "the digest %s: %s", unknown ? "was perhaps sent" : "was not sent", refused->str);
    return FALSE;
}

/* --- all of it --- */

static gboolean
check_config(const MugaiConfig *config, GError **error)
{
    if (config->digest_server == NULL || config->digest_sender == NULL ||
        config->digest_to == NULL) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                            "no digest is sent before [digest] server, sender and to are "
                            "configured; --dry-run shows it");
        return FALSE;
    }
    if (g_strv_length(config->digest_to) <= MUGAI_RELEASE_RECIPIENTS_MAX)
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "[digest] to: %u addresses at most",
                MUGAI_RELEASE_RECIPIENTS_MAX);
    return FALSE;
}

static GBytes *
compose(const MugaiDaily *daily, const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiSealKey) key = NULL;

    if (config->seal_key != NULL && (key = mugai_seal_key_load(config->seal_key, error)) == NULL)
        return NULL;
    return mugai_daily_compose(daily, config->digest_sender, (const char *const *)config->digest_to,
                               key, g_get_real_time() / G_USEC_PER_SEC, error);
}

/* Held as long as the descriptor. A file of its own: whoever waits for a slow server must not make
 * mugaid wait, which locks the store's directory. */
static int
lock_digests(const MugaiConfig *config, GError **error)
{
    g_autofree char *path = g_build_filename(config->store_path, "digest.lock", NULL);
    g_auto(Fd) fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) == 0)
        return g_steal_fd(&fd);
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "%s", path);
    return -1;
}

gboolean
mugai_daily_send(const MugaiDaily *daily, const MugaiConfig *config, gboolean again,
                 GPtrArray *words, char **ret_refused, GError **error)
{
    g_autofree char *period = name_period(daily->since, daily->until);
    g_autoptr(GBytes) mail = check_config(config, error) ? compose(daily, config, error) : NULL;
    g_auto(Fd) fd = mail != NULL ? make_file(mail, error) : -1;
    g_auto(Fd) lock = fd >= 0 ? lock_digests(config, error) : -1;

    return lock >= 0 && (again || check_past(config, daily->since, period, error)) &&
           note(config, period, SENDING, words, error) &&
           hand_over(config, period, fd, words, ret_refused, error);
}
