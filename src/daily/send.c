/*
 * send.c - the digest goes out, once
 *
 * Invariants: 1. after "sending" nothing is sent again of itself until "failed" stands there, which
 *                only a certain no earns: whoever dies in between has perhaps sent it;
 *             2. two at once wait for each other.
 * Errors: see daily.h.
 */
#include "daily_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/error.h>
#include <mugai/release.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int Fd;
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Fd, close, -1)

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

/* What came of all recipients. */
typedef struct {
    gboolean accepted, unknown, failed; /* of one at least */
    GString *refused;                   /* who has not got it, and why */
} Sum;

static void
sum_up(const GPtrArray *recipients, Sum *sum)
{
    for (guint i = 0; i < recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = recipients->pdata[i];

        sum->accepted |= recipient->outcome == MUGAI_RELEASE_ACCEPTED;
        sum->unknown |= recipient->outcome == MUGAI_RELEASE_UNKNOWN;
        sum->failed |= recipient->outcome == MUGAI_RELEASE_FAILED;
        if (recipient->outcome != MUGAI_RELEASE_ACCEPTED)
            g_string_append_printf(sum->refused, "%s%s: %s", sum->refused->len > 0 ? "; " : "",
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

/* Writes down what came of "sending". An unknown end leaves it as the last word. */
static gboolean
conclude(const MugaiConfig *config, const MugaiPeriod *period, const Sum *sum, GPtrArray *words,
         GError **error)
{
    if (sum->accepted)
        return mugai_daily_note(config, period, MUGAI_DAILY_SENT, words, error);
    if (sum->unknown) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS, "the digest was perhaps sent: %s",
                    sum->refused->str);
        return FALSE;
    }
    if (!mugai_daily_note_failure(config, period, sum->refused->str, words, error))
        return FALSE;
    if (!sum->failed)
        return TRUE; /* no later try will help */
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "the digest was not sent: %s",
                sum->refused->str);
    return FALSE;
}

static gboolean
hand_over(const MugaiConfig *config, const MugaiPeriod *period, int fd, GPtrArray *words,
          char **ret_refused, GError **error)
{
    const MugaiMailServer server = {.url = config->digest_server,
                                    .tls = config->digest_tls,
                                    .ca_file = config->digest_ca_file};
    g_autoptr(GPtrArray) recipients = make_recipients(config);
    g_autoptr(GString) refused = g_string_new(NULL);
    Sum sum = {.refused = refused};

    mugai_release_hand_over(&server, config->digest_sender, "", fd, recipients);
    sum_up(recipients, &sum);
    if (!conclude(config, period, &sum, words, error))
        return FALSE;
    *ret_refused = refused->len > 0 ? g_strdup(refused->str) : NULL;
    return TRUE;
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
    const MugaiPeriod *period = &daily->period;
    g_autoptr(GBytes) mail = check_config(config, error) ? compose(daily, config, error) : NULL;
    g_auto(Fd) fd = mail != NULL ? make_file(mail, error) : -1;
    g_auto(Fd) lock = fd >= 0 ? lock_digests(config, error) : -1;

    return lock >= 0 && (again || mugai_daily_check_past(config, period, error)) &&
           mugai_daily_note(config, period, MUGAI_DAILY_SENDING, words, error) &&
           hand_over(config, period, fd, words, ret_refused, error);
}
