/*
 * get.c - the original, octet for octet; one decoded part of it; or the sanitized text once more
 *
 * The object is read to the end, and its checksum and what the index knows of it compared, before
 * the first octet is given out. A
 * part is cut out by the worker; nothing is parsed here. The text is that of a message which the
 * guard has approved.
 *
 * Invariants: 1. it is written down who gets what before the first octet is given out (I9);
 *             2. what is given out is a copy without a name, to be read alone: whoever keeps it
 *                open can neither change nor grow what is on the service's disk.
 */
#include "desk_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>

/* What is to be given out. */
typedef struct {
    MugaiFd octets; /* a file without a name */
    char *name;     /* of the part, hostile; NULL: none */
    char *remark;   /* NULL: none */
    MugaiTime received;
} Gift;

static void
gift_clear(Gift *gift)
{
    if (gift->octets >= 0)
        close(gift->octets);
    g_free(gift->name);
    g_free(gift->remark);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gift, gift_clear)

static void
replace_octets(Gift *gift, MugaiFd *octets)
{
    close(gift->octets);
    gift->octets = mugai_fd_steal(octets);
}

static gboolean
write_all(int fd, const char *octets, gsize length, GError **error)
{
    while (length > 0) {
        gssize written = TEMP_FAILURE_RETRY(write(fd, octets, length));

        if (written < 0) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "copy of the text");
            return FALSE;
        }
        octets += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Puts the same file, to be read alone, in its own place. */
static gboolean
make_read_only(Gift *gift, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", gift->octets);
    g_auto(MugaiFd) file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "copy of the original");
        return FALSE;
    }
    replace_octets(gift, &file);
    return TRUE;
}

/* Puts the sanitized text in place of the original. */
static gboolean
take_text(MugaiPool *pool, const MugaiRequest *request, const MugaiEnvelope *envelope, Gift *gift,
          GError **error)
{
    g_autoptr(MugaiApproved) approved = mugai_ticket_collect(
        mugai_pool_submit(pool, gift->octets, &request->id, gift->received, envelope), error);
    g_auto(MugaiFd) file = approved != NULL ? mugai_desk_open_unnamed(error) : -1;
    g_autofree char *text = NULL;

    if (file < 0)
        return FALSE;
    if (mugai_approved_failure(approved) != NULL)
        gift->remark = g_strdup_printf(N_("only the notice could be made: %s"),
                                       mugai_approved_failure(approved));
    text = mugai_desk_approved_text(approved);
    if (!write_all(file, text, strlen(text), error))
        return FALSE;
    replace_octets(gift, &file);
    return TRUE;
}

/* What the part is called in the message; NULL if it is not. */
static char *
find_name(const MugaiApproved *approved, const char *path)
{
    const GPtrArray *parts = mugai_approved_report(approved)->parts;

    for (guint i = 0; i < parts->len; i++) {
        const MugaiPart *part = parts->pdata[i];

        if (g_str_equal(part->path, path))
            return g_strdup(part->name);
    }
    return NULL;
}

/* Puts the decoded part in place of the original. */
static gboolean
take_part(MugaiPool *pool, const MugaiRequest *request, Gift *gift, GError **error)
{
    g_auto(MugaiFd) part = mugai_desk_open_unnamed(error);
    g_autoptr(MugaiApproved) approved = NULL;

    if (part < 0 || !mugai_pool_extract_part(pool, gift->octets, request->part, part, error))
        return FALSE;
    if (request->named) {
        approved = mugai_ticket_collect(
            mugai_pool_submit(pool, gift->octets, &request->id, gift->received, NULL), error);
        if (approved == NULL)
            return FALSE;
        gift->name = find_name(approved, request->part);
    }
    replace_octets(gift, &part);
    return TRUE;
}

static gboolean
fetch(const MugaiDesk *desk, const MugaiRequest *request, Gift *gift, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    g_autoptr(MugaiOriginal) original =
        store != NULL ? mugai_store_read(store, &request->id, error) : NULL;
    g_autoptr(MugaiPool) pool = NULL;
    g_autofree char *sha256 = NULL;
    guint64 size = 0;

    if (original == NULL || !mugai_desk_unlock(original, request, error))
        return FALSE;
    gift->received = mugai_desk_received(original);
    gift->octets = mugai_desk_fetch(original, &size, &sha256, error);
    if (gift->octets < 0 || !mugai_desk_check_known(desk, store, request, size, sha256, error))
        return FALSE;
    if (!request->as_text && request->part == NULL)
        return make_read_only(gift, error);
    pool = mugai_pool_new(desk->config, error);
    if (pool == NULL)
        return FALSE;
    return (request->as_text
                ? take_text(pool, request, mugai_original_envelope(original), gift, error)
                : take_part(pool, request, gift, error)) &&
           make_read_only(gift, error);
}

int
mugai_desk_get(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_auto(Gift) gift = {.octets = -1};
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    MugaiAnswer answer = {.kind = MUGAI_ANSWER_GIFT, .id = request->id};

    fetch(desk, request, &gift, &why);
    if (!mugai_desk_note(desk, record, why, error))
        return -1;
    if (gift.remark != NULL)
        mugai_desk_complain(desk, "%s", gift.remark);
    answer.descriptor = gift.octets;
    answer.name = gift.name;
    answer.received = gift.received.seconds;
    desk->tell(&answer, desk->data);
    return EX_OK;
}
