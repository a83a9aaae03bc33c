/*
 * audit.c - write a look at an original down before it is allowed (I9)
 *
 *     lock     one at a time, over all processes
 *     end      the last whole entry, what a crash may have left after it, and the head
 *     write    the entries, each with the hash of the one before, and a signature; one write
 *     sync     the file, and its directory where it is new
 *     head     written aside, synced, put in its place
 *
 * Invariants: 1. TRUE is returned when all entries are on the disk, not before;
 *             2. nothing that stands in a file is changed or removed, but for octets that this call
 *                itself could not write to the end;
 *             3. the head is never ahead of what is durable in the files: where it names more, some
 *                was taken away.
 * Trust: the directory belongs to one user. What is read back there is used for its hash alone, so
 *        that tampering stays visible and breaks nothing.
 * Errors: SYSTEM, FULL, LIMIT, CONFIG.
 * Limits: who may write to the log and has the key can write another one; the heads in syslog are
 *         what he cannot reach. A clock that goes back makes times go back, never numbers.
 */
#include "audit_private.h"

#include <mugai/digest.h>
#include <mugai/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_NAME "log"
#define HEAD_NEW MUGAI_AUDIT_HEAD ".new"
/* The last entry is looked for in so many last octets of a file, then in all of it. */
static const guint64 tail_octets[] = {8192, 2 * MUGAI_AUDIT_LINE_OCTETS_MAX, G_MAXUINT64};

static gboolean
fail(const MugaiAudit *audit, const char *what, GError **error)
{
    mugai_error_set_errno(error, errno, mugai_store_error_code(errno), "log %s: %s", audit->path,
                          what);
    return FALSE;
}

/* --- opening --- */

/* Makes <store>/log, for the owner of the store, if it is not there. */
static gboolean
make_directory(const char *store_path, const char *path, GError **error)
{
    struct stat store;

    if (stat(store_path, &store) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "store %s cannot be opened",
                              store_path);
        return FALSE;
    }
    if (mkdir(path, S_IRWXU) == 0) {
        if (geteuid() == 0 && lchown(path, store.st_uid, store.st_gid) != 0) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "log %s", path);
            return FALSE;
        }
        return TRUE;
    }
    if (errno == EEXIST)
        return TRUE;
    mugai_error_set_errno(error, errno, mugai_store_error_code(errno), "log %s cannot be made",
                          path);
    return FALSE;
}

static gboolean
open_directory(MugaiAudit *audit, GError **error)
{
    struct stat status;

    audit->directory = open(audit->path, MUGAI_STORE_DIRECTORY_FLAGS);
    if (audit->directory < 0 || fstat(audit->directory, &status) != 0)
        return fail(audit, N_("it cannot be opened"), error);
    if ((status.st_uid != geteuid() && geteuid() != 0) ||
        (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                    "log %s must belong to whoever runs this and be open to nobody else: run "
                    "chmod 700 on it, or run this as its owner or as root",
                    audit->path);
        return FALSE;
    }
    audit->owner = status.st_uid;
    audit->group = status.st_gid;
    return TRUE;
}

MugaiAudit *
mugai_audit_open(const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiAudit) audit = g_new0(MugaiAudit, 1);

    audit->directory = -1;
    audit->path = config->log_path != NULL ? g_strdup(config->log_path)
                                           : g_build_filename(config->store_path, LOG_NAME, NULL);
    if (config->log_path == NULL && !make_directory(config->store_path, audit->path, error))
        return NULL;
    if (!open_directory(audit, error))
        return NULL;
    if (config->log_key != NULL) {
        audit->key = mugai_seal_key_load(config->log_key, error);
        if (audit->key == NULL)
            return NULL;
    }
    return g_steal_pointer(&audit);
}

void
mugai_audit_free(MugaiAudit *audit)
{
    if (audit == NULL)
        return;
    if (audit->directory >= 0)
        close(audit->directory);
    mugai_seal_key_free(audit->key);
    g_free(audit->path);
    g_free(audit);
}

/* --- the end of the log --- */

typedef struct {
    char *file; /* name of the newest file, NULL: none yet */
    /* the last whole entry; number 0: none */
    guint64 number;
    char hash[MUGAI_RECORD_HASH_SIZE];
    char previous[MUGAI_RECORD_HASH_SIZE];
    gboolean signed_by_us;
    /* what stands after it in the newest file */
    guint64 torn_octets;
    char *torn_sha256;
    gboolean open_end; /* it ends without a line end */
} End;

static void
end_clear(End *end)
{
    g_free(end->file);
    g_free(end->torn_sha256);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(End, end_clear)

/* Looks for the last entry of @file between the octets @from and @size, and where its line ends: in
 * @ret_after, untouched without one. */
static gboolean
find_last(MugaiAudit *audit, int file, guint64 from, guint64 size, End *end, guint64 *ret_after,
          GError **error)
{
    g_auto(MugaiAuditReader) reader = {0};
    MugaiAuditPiece piece = {0};
    g_autoptr(GError) local = NULL;
    guint64 at = from;

    mugai_audit_reader_init(&reader, file, from, size);
    while (mugai_audit_reader_next(&reader, &piece, &local)) {
        g_autoptr(MugaiRecord) record =
            piece.whole ? mugai_record_from_json(piece.octets, (gssize)piece.length, NULL) : NULL;

        at += piece.length + (piece.ended ? 1 : 0);
        if (record == NULL)
            continue;
        end->number = record->number;
        end->signed_by_us =
            audit->key != NULL && g_strcmp0(record->key, mugai_seal_key_id(audit->key)) == 0;
        g_strlcpy(end->previous, record->previous, sizeof end->previous);
        mugai_audit_hash(piece.octets, piece.length, end->hash);
        end->open_end = !piece.ended;
        *ret_after = at;
    }
    if (local == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* Describes the octets from @at to @size of the newest file. */
static gboolean
describe_torn(MugaiAudit *audit, int file, guint64 at, guint64 size, End *end, GError **error)
{
    g_autoptr(MugaiDigest) digest = mugai_digest_new();
    g_autofree guchar *buffer = g_malloc(MUGAI_STORE_CHUNK_OCTETS);

    end->torn_octets = size - at;
    while (at < size) {
        gssize count = TEMP_FAILURE_RETRY(
            pread(file, buffer, MIN(size - at, (guint64)MUGAI_STORE_CHUNK_OCTETS), (off_t)at));

        if (count <= 0)
            return fail(audit, N_("what a crash left"), error);
        mugai_digest_update(digest, buffer, (gsize)count);
        end->open_end = buffer[count - 1] != '\n';
        at += (guint64)count;
    }
    if (end->torn_octets > 0)
        end->torn_sha256 = mugai_digest_finish(digest);
    return TRUE;
}

/* Reads the end of the open file. What it begins with in the middle of a line is no entry: strings
 * in entries have no bare `{"` in them. */
static gboolean
read_end(MugaiAudit *audit, int file, gboolean newest, End *end, GError **error)
{
    struct stat status;
    guint64 size = 0;
    guint64 after = 0;

    if (fstat(file, &status) != 0)
        return fail(audit, N_("its newest file"), error);
    size = (guint64)status.st_size;
    for (gsize i = 0; i < G_N_ELEMENTS(tail_octets) && after == 0; i++) {
        guint64 from = size - MIN(size, tail_octets[i]);

        if (!find_last(audit, file, from, size, end, &after, error))
            return FALSE;
    }
    return !newest || describe_torn(audit, file, after, size, end, error);
}

static gboolean
find_end(MugaiAudit *audit, End *end, GError **error)
{
    g_autoptr(GPtrArray) names = mugai_audit_list_files(audit, error);
    gboolean done = names != NULL;

    memset(end->hash, '0', sizeof end->hash - 1);
    for (guint i = done ? names->len : 0; done && i > 0 && end->number == 0; i--) {
        gboolean newest = i == names->len;
        int file = openat(audit->directory, names->pdata[i - 1],
                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

        if (newest)
            end->file = g_strdup(names->pdata[i - 1]);
        done = file >= 0 ? read_end(audit, file, newest, end, error)
                         : fail(audit, names->pdata[i - 1], error);
        if (file >= 0)
            close(file);
    }
    return done;
}

/* Whether @head is the one that was written after the last entry, or, a crash in between, after one
 * before it. */
static gboolean
head_fits(const MugaiAudit *audit, const MugaiAuditHead *head, const End *end)
{
    g_autofree char *text = NULL;
    g_autofree char *signature = NULL;

    if (head->number > end->number)
        return FALSE;
    if (head->number + 1 == end->number)
        return g_str_equal(head->hash, end->previous);
    if (head->number < end->number) /* verifying compares it with the entry */
        return end->number - head->number <= MUGAI_AUDIT_RECORDS_MAX + 1;
    if (!g_str_equal(head->hash, end->hash))
        return FALSE;
    if (!end->signed_by_us)
        return TRUE;
    text = mugai_audit_signed_text(MUGAI_AUDIT_HEAD_CONTEXT, head->number, head->hash);
    signature = mugai_seal_sign_text(audit->key, text);
    return g_strcmp0(head->signature, signature) == 0;
}

/* What the head says that is not so: "N:HASH", "none"; NULL if it fits. And whether it fits an
 * entry before the last one. */
static gboolean
check_head(MugaiAudit *audit, const End *end, char **ret_lost, gboolean *ret_behind, GError **error)
{
    g_auto(MugaiAuditHead) head = {0};
    g_autoptr(GError) local = NULL;

    if (!mugai_audit_head_read(audit, &head, &local) &&
        !g_error_matches(local, MUGAI_ERROR, MUGAI_ERROR_MALFORMED)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!head.present)
        *ret_lost = g_strdup(end->number > 0 || local != NULL ? "none" : NULL);
    else if (!head_fits(audit, &head, end))
        *ret_lost = g_strdup_printf("%" G_GUINT64_FORMAT ":%s", head.number, head.hash);
    *ret_behind = *ret_lost == NULL && head.number < end->number;
    return TRUE;
}

/* --- writing --- */

/* What is going to be written. */
typedef struct {
    MugaiAudit *audit;
    guint64 number; /* of the last entry */
    char hash[MUGAI_RECORD_HASH_SIZE];
    gint64 now;
    gint32 offset;
    GString *lines;
} Draft;

/* Puts the signature over @line, which ends in `}`, into it. */
static void
sign_line(const MugaiSealKey *key, guint64 number, GString *line)
{
    char hash[MUGAI_RECORD_HASH_SIZE];
    g_autofree char *text = NULL;
    g_autofree char *signature = NULL;

    mugai_audit_hash(line->str, line->len, hash);
    text = mugai_audit_signed_text(MUGAI_AUDIT_ENTRY_CONTEXT, number, hash);
    signature = mugai_seal_sign_text(key, text);
    g_string_truncate(line, line->len - 1);
    g_string_append_printf(line, ",\"key\":\"%s\",\"signature\":\"%s\"}", mugai_seal_key_id(key),
                           signature);
}

static gboolean
draft_record(Draft *draft, MugaiRecord *record, GError **error)
{
    g_autofree char *json = NULL;
    g_autoptr(GString) line = NULL;

    record->number = draft->number + 1;
    g_strlcpy(record->previous, draft->hash, sizeof record->previous);
    record->time = draft->now;
    record->offset = draft->offset;
    json = mugai_record_to_json(record);
    line = g_string_new(json);
    if (draft->audit->key != NULL)
        sign_line(draft->audit->key, record->number, line);
    if (line->len >= MUGAI_AUDIT_LINE_OCTETS_MAX) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT, "log %s: the entry is too long",
                    draft->audit->path);
        return FALSE;
    }
    draft->number = record->number;
    mugai_audit_hash(line->str, line->len, draft->hash);
    g_string_append_len(draft->lines, line->str, (gssize)line->len);
    g_string_append_c(draft->lines, '\n');
    return TRUE;
}

/* The entry that says what was found at the end of the log and should not be there, or be there and
 * is not. */
static gboolean
draft_repair(Draft *draft, const End *end, const char *lost_head, const MugaiRecord *first,
             GError **error)
{
    g_autoptr(MugaiRecord) repair = NULL;

    if (end->torn_octets == 0 && lost_head == NULL)
        return TRUE;
    repair = mugai_record_new(first->actor, "repair", NULL, "granted");
    repair->torn_octets = end->torn_octets;
    repair->torn_sha256 = g_strdup(end->torn_sha256);
    repair->lost_head = g_strdup(lost_head);
    return draft_record(draft, repair, error);
}

/* The file of the month, or the newest if that is later. */
static char *
choose_file(gint64 now, const char *newest)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now);
    g_autofree char *name = g_date_time_format(time, "%Y-%m.jsonl");

    return g_strdup(newest != NULL && strcmp(newest, name) > 0 ? newest : name);
}

/* --- the head --- */

static char *
write_head_line(const MugaiAudit *audit, guint64 number, const char *hash)
{
    g_autofree char *text = NULL;
    g_autofree char *signature = NULL;

    if (audit->key == NULL)
        return g_strdup_printf(MUGAI_AUDIT_HEAD_MARK "%" G_GUINT64_FORMAT " %s\n", number, hash);
    text = mugai_audit_signed_text(MUGAI_AUDIT_HEAD_CONTEXT, number, hash);
    signature = mugai_seal_sign_text(audit->key, text);
    return g_strdup_printf(MUGAI_AUDIT_HEAD_MARK "%" G_GUINT64_FORMAT " %s %s %s\n", number, hash,
                           mugai_seal_key_id(audit->key), signature);
}

static gboolean
replace_head(MugaiAudit *audit, guint64 number, const char *hash, GError **error)
{
    g_autofree char *line = write_head_line(audit, number, hash);
    int file = openat(audit->directory, HEAD_NEW,
                      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    gboolean written =
        file >= 0 && mugai_store_write(file, (const guint8 *)line, strlen(line)) &&
        (geteuid() == audit->owner || fchown(file, audit->owner, audit->group) == 0) &&
        TEMP_FAILURE_RETRY(fdatasync(file)) == 0;
    int saved_errno = errno;

    if (file >= 0)
        close(file);
    errno = saved_errno;
    if (!written || renameat(audit->directory, HEAD_NEW, audit->directory, MUGAI_AUDIT_HEAD) != 0)
        return fail(audit, N_("its head"), error);
    return TRUE;
}

/* --- the lines --- */

/* Writes to the open file, and syncs it. What could not be written whole goes again. */
static gboolean
write_lines(MugaiAudit *audit, int file, const struct stat *before, const GString *lines,
            GError **error)
{
    if (before->st_uid != audit->owner && fchown(file, audit->owner, audit->group) != 0)
        return fail(audit, N_("owner"), error);
    if (!mugai_store_write(file, (const guint8 *)lines->str, lines->len)) {
        int saved_errno = errno;

        /* Where this fails too, the next entry's repair tells of the rest. */
        (void)!ftruncate(file, before->st_size);
        errno = saved_errno;
        return fail(audit, N_("write"), error);
    }
    if (TEMP_FAILURE_RETRY(fdatasync(file)) != 0)
        return fail(audit, N_("sync"), error);
    return before->st_size > 0 || TEMP_FAILURE_RETRY(fsync(audit->directory)) == 0 ||
           fail(audit, N_("sync of the directory"), error);
}

static gboolean
append_lines(MugaiAudit *audit, const char *name, const Draft *draft, GError **error)
{
    struct stat before = {0};
    gboolean done = FALSE;
    int file = openat(audit->directory, name,
                      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);

    if (file < 0)
        return fail(audit, name, error);
    if (fstat(file, &before) != 0)
        done = fail(audit, N_("stat"), error);
    else if (write_lines(audit, file, &before, draft->lines, error)) {
        done = replace_head(audit, draft->number, draft->hash, error);
        if (!done) /* nobody may act on them: they go again, as far as can be */
            (void)!(ftruncate(file, before.st_size) == 0 && fdatasync(file) == 0);
    }
    close(file);
    return done;
}

/* A log that begins has a head before it has an entry: so one that is missing was taken away, not
 * forgotten by a crash. */
static gboolean
begin_log(MugaiAudit *audit, const End *end, GError **error)
{
    struct stat status;

    if (end->file != NULL ||
        fstatat(audit->directory, MUGAI_AUDIT_HEAD, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return TRUE;
    return errno == ENOENT ? replace_head(audit, 0, end->hash, error)
                           : fail(audit, N_("its head"), error);
}

/* Makes durable what a crash has left behind its head, and names it: so a head is never behind by
 * more than one write, however often that is interrupted. */
static gboolean
catch_up(MugaiAudit *audit, const End *end, GError **error)
{
    int file = openat(audit->directory, end->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    gboolean synced = file >= 0 && TEMP_FAILURE_RETRY(fdatasync(file)) == 0;
    int saved_errno = errno;

    if (file >= 0)
        close(file);
    errno = saved_errno;
    return synced ? replace_head(audit, end->number, end->hash, error)
                  : fail(audit, end->file, error);
}

/* --- all together --- */

static gboolean
append_locked(MugaiAudit *audit, const GPtrArray *records, char **ret_head, GError **error)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autofree char *lost_head = NULL;
    g_autofree char *name = NULL;
    gboolean behind = FALSE;
    g_auto(End) end = {0};
    Draft draft = {.audit = audit, .lines = lines};

    if (!find_end(audit, &end, error) || !begin_log(audit, &end, error) ||
        !check_head(audit, &end, &lost_head, &behind, error) ||
        (behind && !catch_up(audit, &end, error)))
        return FALSE;
    draft.now = g_get_real_time() / G_USEC_PER_SEC;
    draft.offset = mugai_time_local(draft.now).offset;
    draft.number = end.number;
    g_strlcpy(draft.hash, end.hash, sizeof draft.hash);
    name = choose_file(draft.now, end.file);
    if (end.open_end && g_str_equal(name, end.file))
        g_string_append_c(lines, '\n');
    if (!draft_repair(&draft, &end, lost_head, records->pdata[0], error))
        return FALSE;
    for (guint i = 0; i < records->len; i++) {
        if (!draft_record(&draft, records->pdata[i], error))
            return FALSE;
    }
    if (!append_lines(audit, name, &draft, error))
        return FALSE;
    *ret_head = g_strdup_printf("%" G_GUINT64_FORMAT ":%s", draft.number, draft.hash);
    return TRUE;
}

gboolean
mugai_audit_append(MugaiAudit *audit, const GPtrArray *records, char **ret_head, GError **error)
{
    gboolean done = FALSE;

    g_assert(records->len > 0 && records->len <= MUGAI_AUDIT_RECORDS_MAX);
    if (TEMP_FAILURE_RETRY(flock(audit->directory, LOCK_EX)) != 0)
        return fail(audit, N_("lock"), error);
    done = append_locked(audit, records, ret_head, error);
    flock(audit->directory, LOCK_UN);
    return done;
}
