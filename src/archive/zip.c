/*
 * zip.c - writes a zip with one encrypted member
 *
 * Trust: the octets are hostile and only copied; libarchive reads none of them as an archive.
 * Errors: SYSTEM.
 * Limits: name and length of the member are not encrypted, no zip does that.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <mugai/archive.h>
#include <mugai/error.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_OCTETS (64u * 1024u)

typedef struct archive Archive;
typedef struct archive_entry ArchiveEntry;

static void
archive_end(Archive *archive)
{
    archive_write_free(archive);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_end)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveEntry, archive_entry_free)

static gboolean
failed(Archive *archive, GError **error)
{
    const char *why = archive_error_string(archive);

    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "zip: %s",
                why != NULL ? why : N_("libarchive cannot write it"));
    return FALSE;
}

static gboolean
write_header(Archive *archive, const char *name, gint64 modified, gint64 size, GError **error)
{
    g_autoptr(ArchiveEntry) entry = archive_entry_new();

    archive_entry_update_pathname_utf8(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, S_IRUSR | S_IWUSR);
    archive_entry_set_size(entry, size);
    archive_entry_set_mtime(entry, modified, 0);
    return archive_write_header(archive, entry) == ARCHIVE_OK || failed(archive, error);
}

static gboolean
write_octets(Archive *archive, int from, GError **error)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK_OCTETS);
    off_t at = 0;
    gssize count = 0;

    while ((count = TEMP_FAILURE_RETRY(pread(from, buffer, CHUNK_OCTETS, at))) > 0) {
        if (archive_write_data(archive, buffer, (gsize)count) != count)
            return failed(archive, error);
        at += count;
    }
    if (count == 0)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "zip: what is to go in");
    return FALSE;
}

static gboolean
write_zip(int from, const char *name, gint64 modified, const char *password, int to, GError **error)
{
    g_autoptr(Archive) archive = archive_write_new();
    struct stat status;

    if (fstat(from, &status) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "zip: what is to go in");
        return FALSE;
    }
    if (archive_write_set_format_zip(archive) != ARCHIVE_OK ||
        archive_write_set_options(archive, "zip:encryption=aes256,zip:hdrcharset=UTF-8") !=
            ARCHIVE_OK ||
        archive_write_set_passphrase(archive, password) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open_fd(archive, to) != ARCHIVE_OK)
        return failed(archive, error);
    return write_header(archive, name, modified, status.st_size, error) &&
           write_octets(archive, from, error) &&
           (archive_write_close(archive) == ARCHIVE_OK || failed(archive, error));
}

/* A name is UTF-8 in every locale; libarchive before 3.6 believes it in a UTF-8 locale only. */
gboolean
mugai_archive_zip(int from, const char *name, gint64 modified, const char *password, int to,
                  GError **error)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
    gboolean written = write_zip(from, name, modified, password, to, error);

    if (utf8 != (locale_t)0) {
        uselocale(before);
        freelocale(utf8);
    }
    return written;
}
