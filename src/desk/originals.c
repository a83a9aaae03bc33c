/* originals.c - originals and their sanitized texts, as the verbs need them */
#include "desk_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int
mugai_desk_open_unnamed(GError **error)
{
    int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0) /* not every file system has unnamed files; then in memory */
        fd = memfd_create("mugai", MFD_CLOEXEC);
    if (fd < 0)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "no room for a copy");
    return fd;
}

MugaiIndex *
mugai_desk_open_index(const MugaiDesk *desk, MugaiStore *store)
{
    g_autoptr(GError) error = NULL;
    /* For reading first: that makes none where there is none. */
    g_autoptr(MugaiIndex) present = mugai_index_open(store, FALSE, &error);
    MugaiIndex *index = present != NULL ? mugai_index_open(store, TRUE, &error) : NULL;

    if (index == NULL && !g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        mugai_desk_complain(desk, "%s", error->message);
    return index;
}

int
mugai_desk_fetch(MugaiOriginal *original, guint64 *ret_size, char **ret_sha256, GError **error)
{
    g_auto(MugaiFd) copy = mugai_desk_open_unnamed(error);

    if (copy < 0 || !mugai_original_copy(original, copy, ret_size, ret_sha256, error))
        return -1;
    return mugai_fd_steal(&copy);
}

gboolean
mugai_desk_check_known(const MugaiDesk *desk, MugaiStore *store, const MugaiRequest *request,
                       guint64 size, const char *sha256, GError **error)
{
    g_autoptr(GError) unknown = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, FALSE, &unknown);
    g_autoptr(MugaiEntry) entry = NULL;

    if (index != NULL) {
        mugai_desk_unlock_index(index, request);
        entry = mugai_index_get(index, &request->id, &unknown);
    }
    if (entry == NULL && !g_error_matches(unknown, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        mugai_desk_complain(desk, "not compared with the index: %s", unknown->message);
    if (!mugai_entry_contradicts(entry, size, sha256))
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                "object %s is whole, but not the original that the index knows (%" G_GUINT64_FORMAT
                " octets, SHA-256 %s): put the right one back from a backup",
                request->id.text, size, sha256);
    return FALSE;
}

MugaiTime
mugai_desk_received(const MugaiOriginal *original)
{
    return mugai_time_local(
        CLAMP(mugai_original_envelope(original)->received, 0, MUGAI_TIME_SECONDS_MAX));
}

char *
mugai_desk_approved_text(const MugaiApproved *approved)
{
    gsize length = 0;
    const char *octets = mugai_approved_octets(approved, &length);
    const char *body = g_strstr_len(octets, (gssize)length, "\r\n\r\n");
    g_autofree char *base64 = NULL;
    g_autofree guchar *decoded = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert(body != NULL); /* the output profile: a header, and one body in base64 */
    base64 = g_strndup(body, length - (gsize)(body - octets));
    decoded = g_base64_decode(base64, &length);
    g_assert(g_utf8_validate_len((const char *)decoded, length, NULL));
    g_string_append_len(text, (const char *)decoded, (gssize)length);
    g_string_replace(text, "\r\n", "\n", 0);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
