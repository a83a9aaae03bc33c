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

/* --- the server --- */

static int
make_file(GBytes *mail, GError **error)
{
    gsize length = 0;
    const char *octets = g_bytes_get_data(mail, &length);
    g_auto(MugaiFd) fd = memfd_create("digest", MFD_CLOEXEC);

    while (fd >= 0 && length > 0) {
        gssize written = TEMP_FAILURE_RETRY(write(fd, octets, length));

        if (written <= 0)
            break;
        octets += written;
        length -= (gsize)written;
    }
    if (fd >= 0 && length == 0)
        return mugai_fd_steal(&fd);
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the digest");
    return -1;
}

static void
sum_up(const GPtrArray *recipients, MugaiDailySum *sum)
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
make_recipients(const char *const *to)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_release_recipient_free);

    for (; *to != NULL; to++)
        g_ptr_array_add(list, mugai_release_recipient_new(*to));
    return list;
}

/* A certain no. The administrators' digest stays due all the same: it is the only one of its day,
 * and whom it goes to can be corrected. */
static gboolean
note_no(const MugaiDaily *daily, const MugaiConfig *config, const MugaiDailySum *sum,
        GPtrArray *words, GError **error)
{
    gboolean over = daily->reader != NULL && !sum->failed;
    g_autofree char *outcome =
        g_strconcat(over ? MUGAI_DAILY_REFUSED : MUGAI_DAILY_FAILED, ": ", sum->refused->str, NULL);

    return mugai_daily_note(config, &daily->period, daily->reader, outcome, words, error);
}

/* Writes down what came of "sending". An unknown end leaves it as the last word. */
static gboolean
conclude(const MugaiDaily *daily, const MugaiConfig *config, const MugaiDailySum *sum,
         GPtrArray *words, GError **error)
{
    if (sum->accepted)
        return mugai_daily_note(config, &daily->period, daily->reader, MUGAI_DAILY_SENT, words,
                                error);
    if (sum->unknown) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS, "the digest was perhaps sent: %s",
                    sum->refused->str);
        return FALSE;
    }
    if (!note_no(daily, config, sum, words, error))
        return FALSE;
    if (!sum->failed)
        return TRUE; /* no later try will help */
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "the digest was not sent: %s",
                sum->refused->str);
    return FALSE;
}

static GBytes *
compose(const MugaiDaily *daily, const MugaiConfig *config, const char *const *to, GError **error)
{
    g_autoptr(MugaiSealKey) key = NULL;

    if (config->seal_key != NULL && (key = mugai_seal_key_load(config->seal_key, error)) == NULL)
        return NULL;
    return mugai_daily_compose(daily, config->digest_sender, to, key,
                               g_get_real_time() / G_USEC_PER_SEC, error);
}

gboolean
mugai_daily_hand_over(const MugaiDaily *daily, const MugaiConfig *config, const char *const *to,
                      GPtrArray *words, MugaiDailySum *sum, GError **error)
{
    const MugaiMailServer server = {.url = config->digest_server,
                                    .tls = config->digest_tls,
                                    .ca_file = config->digest_ca_file};
    g_autoptr(GPtrArray) recipients = make_recipients(to);
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) mail = compose(daily, config, to, &why);
    g_auto(MugaiFd) fd = mail != NULL ? make_file(mail, &why) : -1;

    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_GUARD)) {
        g_string_append_printf(sum->refused, "%s: %s", *to, why->message);
        if (!note_no(daily, config, sum, words, error))
            return FALSE;
    }
    if (why != NULL)
        g_propagate_error(error, g_steal_pointer(&why));
    if (fd < 0 ||
        !mugai_daily_note(config, &daily->period, daily->reader, MUGAI_DAILY_SENDING, words, error))
        return FALSE;
    mugai_release_hand_over(&server, config->digest_sender, "", fd, recipients);
    sum_up(recipients, sum);
    return conclude(daily, config, sum, words, error);
}

/* --- all of it --- */

gboolean
mugai_daily_check_config(const MugaiConfig *config, GError **error)
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

/* A file of its own: whoever waits for a slow server must not make mugaid wait, which locks the
 * store's directory. */
int
mugai_daily_lock(const MugaiConfig *config, GError **error)
{
    g_autofree char *path = g_build_filename(config->store_path, "digest.lock", NULL);
    g_auto(MugaiFd) fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) == 0)
        return mugai_fd_steal(&fd);
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "%s", path);
    return -1;
}

gboolean
mugai_daily_send(const MugaiDaily *daily, const MugaiConfig *config, gboolean again,
                 GPtrArray *words, gboolean *ret_sent, char **ret_refused, GError **error)
{
    const char *const *to = (const char *const *)config->digest_to;
    g_auto(MugaiFd) lock =
        mugai_daily_check_config(config, error) ? mugai_daily_lock(config, error) : -1;
    g_autoptr(GString) refused = g_string_new(NULL);
    MugaiDailySum sum = {.refused = refused};

    if (lock < 0 || (!again && !mugai_daily_check_past(config, &daily->period, error)) ||
        !mugai_daily_hand_over(daily, config, to, words, &sum, error))
        return FALSE;
    *ret_sent = sum.accepted;
    *ret_refused = refused->len > 0 ? g_strdup(refused->str) : NULL;
    return TRUE;
}
