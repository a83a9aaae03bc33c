/*
 * audit_lines.c - the files of the log of looks, their lines, and its head, as they are read
 *
 * Trust: all of it may have been tampered with, so nothing here believes what it reads; memory is
 * bounded by the longest line that an entry may have.
 * Errors: SYSTEM; MALFORMED for a head that is none.
 */
#include "audit_private.h"

#include <mugai/digest.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME_OCTETS 13u /* "YYYY-MM.jsonl" */
/* Number, two hashes and a signature are below 300. */
#define HEAD_OCTETS_MAX 1024u

/* --- files --- */

static gboolean
is_file_name(const char *name)
{
    static const char form[FILE_NAME_OCTETS + 1] = "####-##.jsonl";

    if (strlen(name) != FILE_NAME_OCTETS)
        return FALSE;
    for (gsize i = 0; i < FILE_NAME_OCTETS; i++) {
        if (form[i] == '#' ? !g_ascii_isdigit(name[i]) : name[i] != form[i])
            return FALSE;
    }
    return TRUE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
mugai_audit_list_files(MugaiAudit *audit, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int again = openat(audit->directory, ".", MUGAI_STORE_DIRECTORY_FLAGS);
    DIR *directory = again >= 0 ? fdopendir(again) : NULL;
    const struct dirent *entry = NULL;

    while (directory != NULL && (errno = 0, entry = readdir(directory)) != NULL) {
        if (is_file_name(entry->d_name))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    if (errno != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "log %s", audit->path);
        g_clear_pointer(&names, g_ptr_array_unref);
    }
    if (directory != NULL)
        closedir(directory);
    if (names != NULL)
        g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

/* --- lines --- */

void
mugai_audit_reader_init(MugaiAuditReader *reader, int file, guint64 at, guint64 size)
{
    *reader = (MugaiAuditReader){.file = file, .at = at, .size = size};
    reader->buffer = g_malloc(MUGAI_AUDIT_LINE_OCTETS_MAX + 1);
}

void
mugai_audit_reader_clear(MugaiAuditReader *reader)
{
    g_clear_pointer(&reader->buffer, g_free);
}

/* Reads on behind what is buffered. FALSE with @error. */
static gboolean
refill(MugaiAuditReader *reader, GError **error)
{
    gsize kept = reader->end - reader->start;
    gsize room = 0;
    gssize count = 0;

    memmove(reader->buffer, reader->buffer + reader->start, kept);
    reader->start = 0;
    reader->end = kept;
    room = MIN(MUGAI_AUDIT_LINE_OCTETS_MAX - kept, reader->size - reader->at);
    count = TEMP_FAILURE_RETRY(pread(reader->file, reader->buffer + kept, room, (off_t)reader->at));
    if (count < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "log");
        return FALSE;
    }
    if (count == 0) /* cut off in the meantime */
        reader->size = reader->at;
    reader->at += (guint64)count;
    reader->end += (gsize)count;
    return TRUE;
}

gboolean
mugai_audit_reader_next(MugaiAuditReader *reader, MugaiAuditPiece *ret_piece, GError **error)
{
    gboolean first = !reader->inside;
    char *feed = NULL;

    for (;;) {
        gsize buffered = reader->end - reader->start;

        feed = memchr(reader->buffer + reader->start, '\n', buffered);
        if (feed != NULL || buffered == MUGAI_AUDIT_LINE_OCTETS_MAX || reader->at >= reader->size)
            break;
        if (!refill(reader, error))
            return FALSE;
    }
    ret_piece->octets = reader->buffer + reader->start;
    ret_piece->ended = feed != NULL;
    ret_piece->length =
        (gsize)((feed != NULL ? feed : reader->buffer + reader->end) - ret_piece->octets);
    ret_piece->whole =
        first && ret_piece->length > 0 && ret_piece->length < MUGAI_AUDIT_LINE_OCTETS_MAX;
    if (feed == NULL && ret_piece->length == 0)
        return FALSE;
    reader->line += first ? 1 : 0;
    reader->inside = feed == NULL;
    reader->start += ret_piece->length + (feed != NULL ? 1 : 0);
    reader->buffer[ret_piece->octets - reader->buffer + (gssize)ret_piece->length] = '\0';
    return TRUE;
}

void
mugai_audit_hash(const char *octets, gsize length, char ret_hash[MUGAI_RECORD_HASH_SIZE])
{
    g_autofree char *hash = mugai_digest_text(octets, length);

    g_strlcpy(ret_hash, hash, MUGAI_RECORD_HASH_SIZE);
}

/* --- the head --- */

void
mugai_audit_head_clear(MugaiAuditHead *head)
{
    g_free(head->key);
    g_free(head->signature);
    *head = (MugaiAuditHead){0};
}

char *
mugai_audit_signed_text(const char *context, guint64 number, const char *hash)
{
    return g_strdup_printf("%s%" G_GUINT64_FORMAT "\n%s\n", context, number, hash);
}

/* Number and hash. */
static gboolean
read_place(const char *number, const char *hash, MugaiAuditHead *head)
{
    if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT64, &head->number, NULL) ||
        strlen(hash) != MUGAI_RECORD_HASH_SIZE - 1 ||
        strspn(hash, "0123456789abcdef") != MUGAI_RECORD_HASH_SIZE - 1)
        return FALSE;
    g_strlcpy(head->hash, hash, sizeof head->hash);
    head->present = TRUE;
    return TRUE;
}

gboolean
mugai_audit_head_parse(const char *text, MugaiAuditHead *ret_head)
{
    g_auto(GStrv) words = g_strsplit(text, ":", 3);

    return g_strv_length(words) == 2 && read_place(words[0], words[1], ret_head);
}

/* The line, without its end. */
static gboolean
read_line(const char *line, MugaiAuditHead *head)
{
    g_auto(GStrv) words = NULL;
    guint count = 0;

    if (!g_str_has_prefix(line, MUGAI_AUDIT_HEAD_MARK))
        return FALSE;
    words = g_strsplit(line + strlen(MUGAI_AUDIT_HEAD_MARK), " ", 5);
    count = g_strv_length(words);
    if ((count != 2 && count != 4) || !read_place(words[0], words[1], head))
        return FALSE;
    if (count == 4) {
        head->key = g_strdup(words[2]);
        head->signature = g_strdup(words[3]);
    }
    return TRUE;
}

gboolean
mugai_audit_head_read(MugaiAudit *audit, MugaiAuditHead *ret_head, GError **error)
{
    char buffer[HEAD_OCTETS_MAX + 1];
    gssize count = 0;
    int file =
        openat(audit->directory, MUGAI_AUDIT_HEAD, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file < 0 && errno == ENOENT)
        return TRUE;
    if (file >= 0) {
        count = TEMP_FAILURE_RETRY(read(file, buffer, HEAD_OCTETS_MAX));
        close(file);
    }
    if (file < 0 || count < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "log %s: its head", audit->path);
        return FALSE;
    }
    buffer[count] = '\0';
    if (count > 0 && buffer[count - 1] == '\n') {
        buffer[count - 1] = '\0';
        if (read_line(buffer, ret_head))
            return TRUE;
    }
    mugai_audit_head_clear(ret_head);
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "log %s: %s is no head", audit->path,
                MUGAI_AUDIT_HEAD);
    return FALSE;
}
