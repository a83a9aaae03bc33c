/*
 * index.c - the file of the index: a cache in SQLite behind the objects, for people who look for
 * something
 *
 *     messages   one row a message, see entry.c
 *     fresh      what can be searched of the newest, see words.c
 *     chunks     the others, MUGAI_CHUNK_ROWS together
 *     lists      which rows of a chunk have which hash, see chunk.c
 *     keys       what entries are sealed with, themselves sealed, see keys.c
 *
 * Invariants: 1. nothing is known here that cannot be had from the objects: the file may be deleted
 *                at any time, and one that is damaged or of another version is made anew by the
 *                next writer (I8). What became of a message at the time is not in its object: an
 *                entry made from one has the state "kept";
 *             2. an entry costs no sync of its own: after a power cut the newest may be missing and
 *                are made again, but the file is whole.
 * Errors: SYSTEM, MALFORMED where the file is damaged, NOT_FOUND.
 */
#include "index_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define INDEX_NAME "index.sqlite"
#define BUSY_MILLISECONDS 10000
#define REMEDY "; mugai fsck --repair makes it anew"
/* Raised with every change of the schema. */
#define SCHEMA_VERSION "5"

static const char schema[] = "BEGIN;"
                             "CREATE TABLE messages("
                             " number INTEGER PRIMARY KEY,"
                             " id TEXT NOT NULL UNIQUE,"
                             " received INTEGER NOT NULL,"
                             " size INTEGER NOT NULL,"
                             " marks INTEGER NOT NULL,"
                             " packed BLOB NOT NULL,"
                             " sealed BLOB);"
                             "CREATE INDEX marked ON messages(number) WHERE marks <> 0;"
                             "CREATE TABLE fresh("
                             " number INTEGER PRIMARY KEY,"
                             " received INTEGER NOT NULL,"
                             " id TEXT NOT NULL,"
                             " senders TEXT, recipients TEXT, subject TEXT, names TEXT,"
                             " ids TEXT, queue_id TEXT, message_id TEXT, marks TEXT,"
                             " checksum INTEGER);"
                             "CREATE TABLE chunks("
                             " chunk INTEGER PRIMARY KEY,"
                             " oldest INTEGER NOT NULL,"
                             " newest INTEGER NOT NULL,"
                             " live INTEGER NOT NULL);"
                             "CREATE TABLE keys("
                             " number INTEGER PRIMARY KEY,"
                             " boxes BLOB NOT NULL);"
                             "CREATE TABLE lists(number INTEGER PRIMARY KEY, leaf BLOB NOT NULL);"
                             "PRAGMA user_version = " SCHEMA_VERSION ";"
                             "COMMIT;";

static const char *const statements[STATEMENTS] = {
    [STATEMENT_NUMBER] = "SELECT number, marks FROM messages WHERE id = ?",
    [STATEMENT_GET] = "SELECT " MUGAI_INDEX_COLUMNS " FROM messages WHERE id = ?",
    [STATEMENT_AT] = "SELECT " MUGAI_INDEX_COLUMNS " FROM messages WHERE number = ?",
    [STATEMENT_LIST] =
        "SELECT number, leaf FROM lists WHERE number <= ? ORDER BY number DESC LIMIT 1",
    [STATEMENT_KEY] = "SELECT boxes FROM keys WHERE number = ?",
    [STATEMENT_FRESH] = "SELECT (SELECT min(number) FROM fresh), (SELECT max(number) FROM fresh)",
    /* two to the power of 60: MUGAI_FRESH_NUMBER */
    [STATEMENT_ADD] =
        "INSERT INTO messages(number, " MUGAI_INDEX_COLUMNS ")"
        " VALUES(ifnull((SELECT max(number) FROM fresh) + 1, 1 << 60), ?, ?, ?, ?, ?, ?)",
    [STATEMENT_ADD_FRESH] = "INSERT INTO fresh(number, received, id, senders, recipients, subject,"
                            " names, ids, queue_id, message_id, marks, checksum)"
                            " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_ADD_KEY] = "INSERT INTO keys(boxes) VALUES(?)",
    [STATEMENT_MARK] = "UPDATE messages SET marks = (marks & ~?2) | ?3 WHERE id = ?1",
    [STATEMENT_REMOVE] = "DELETE FROM messages WHERE number = ?",
    [STATEMENT_REMOVE_FRESH] = "DELETE FROM fresh WHERE number = ?",
    [STATEMENT_REMOVE_FROM_CHUNK] = "UPDATE chunks SET live = live - 1 WHERE chunk = ?",
    [STATEMENT_ROWS_OF_CHUNK] = "SELECT live FROM chunks WHERE chunk = ?",
};

/* --- opening --- */

static gboolean
fail_with(MugaiIndex *index, MugaiErrorCode code, const char *step, GError **error)
{
    g_set_error(error, MUGAI_ERROR, (gint)code,
                code == MUGAI_ERROR_MALFORMED ? N_("index of %s: %s: %s" REMEDY)
                                              : N_("index of %s: %s: %s"),
                index->store->path, step, sqlite3_errmsg(index->database));
    return FALSE;
}

gboolean
mugai_index_fail(MugaiIndex *index, const char *step, GError **error)
{
    int code = sqlite3_errcode(index->database) & 0xFF;
    gboolean damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

    return fail_with(index, damaged ? MUGAI_ERROR_MALFORMED : MUGAI_ERROR_SYSTEM, step, error);
}

gboolean
mugai_index_damaged(MugaiIndex *index, const char *what, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "index of %s is damaged: %s" REMEDY,
                index->store->path, what);
    return FALSE;
}

gboolean
mugai_index_execute(MugaiIndex *index, const char *sql, GError **error)
{
    return sqlite3_exec(index->database, sql, NULL, NULL, NULL) == SQLITE_OK ||
           mugai_index_fail(index, N_("change"), error);
}

static gboolean
prepare(MugaiIndex *index, const char *sql, guint flags, sqlite3_stmt **ret_statement,
        GError **error)
{
    int status = sqlite3_prepare_v3(index->database, sql, -1, flags, ret_statement, NULL);

    if (status == SQLITE_ERROR) /* the statement is right, so the tables are not */
        return fail_with(index, MUGAI_ERROR_MALFORMED, N_("tables"), error);
    return status == SQLITE_OK || mugai_index_fail(index, N_("statement"), error);
}

sqlite3_stmt *
mugai_index_prepare(MugaiIndex *index, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;

    return prepare(index, sql, 0, &statement, error) ? statement : NULL;
}

static gboolean
prepare_all(MugaiIndex *index, GError **error)
{
    gsize count = index->writable ? STATEMENTS : STATEMENTS_READING;

    for (gsize i = 0; i < count; i++) {
        if (!prepare(index, statements[i], SQLITE_PREPARE_PERSISTENT, &index->statements[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_index_run(MugaiIndex *index, sqlite3_stmt *statement, GError **error)
{
    gboolean done =
        sqlite3_step(statement) == SQLITE_DONE || mugai_index_fail(index, N_("write"), error);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
}

void
mugai_index_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

char *
mugai_index_copy_column(sqlite3_stmt *row, int at)
{
    const char *text = (const char *)sqlite3_column_text(row, at);

    return g_utf8_make_valid(text != NULL ? text : "", -1);
}

void
mugai_index_prepend_checksum(GByteArray *octets, guint32 about)
{
    guint32 checksum = GUINT32_TO_BE((guint32)crc32_z(about, octets->data, octets->len));

    g_byte_array_prepend(octets, (const guint8 *)&checksum, sizeof checksum);
}

const guint8 *
mugai_index_check_blob(sqlite3_stmt *row, int at, guint32 about, gsize *ret_length)
{
    const guint8 *blob = sqlite3_column_blob(row, at);
    gsize length = (gsize)sqlite3_column_bytes(row, at);
    guint32 checksum = 0;

    if (blob == NULL || length < sizeof checksum)
        return NULL;
    memcpy(&checksum, blob, sizeof checksum);
    blob += sizeof checksum;
    *ret_length = length - sizeof checksum;
    return GUINT32_FROM_BE(checksum) == (guint32)crc32_z(about, blob, *ret_length) ? blob : NULL;
}

/* MALFORMED if the open file is not an index of this version; an empty one is not. */
static gboolean
check_version(MugaiIndex *index, GError **error)
{
    g_autoptr(sqlite3_stmt) version = NULL;

    if (sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &version, NULL) !=
            SQLITE_OK ||
        sqlite3_step(version) != SQLITE_ROW)
        return mugai_index_fail(index, N_("version"), error);
    if (g_strcmp0((const char *)sqlite3_column_text(version, 0), SCHEMA_VERSION) != 0)
        return fail_with(index, MUGAI_ERROR_MALFORMED, N_("another version"), error);
    return TRUE;
}

static void
disconnect(MugaiIndex *index)
{
    for (gsize i = 0; i < STATEMENTS; i++)
        g_clear_pointer(&index->statements[i], sqlite3_finalize);
    g_clear_pointer(&index->database, sqlite3_close);
    mugai_index_forget_keys(index);
}

/* What SQLite is told to open. On a file system that takes no writes it could not share its log:
 * then the file cannot change either, and is read as it is. */
static char *
make_uri(const MugaiIndex *index)
{
    g_autofree char *path = g_canonicalize_filename(INDEX_NAME, index->store->path);
    g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);
    gboolean fixed =
        !index->writable && faccessat(index->store->directory, ".", W_OK, AT_EACCESS) != 0;

    return g_strdup_printf("file:%s%s", escaped, fixed ? "?immutable=1" : "");
}

static gboolean
open_file(MugaiIndex *index, GError **error)
{
    g_autofree char *uri = make_uri(index);
    int access = index->writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

    if (sqlite3_open_v2(uri, &index->database, access | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return mugai_index_fail(index, N_("open"), error);
    sqlite3_busy_timeout(index->database, BUSY_MILLISECONDS);
    if (!index->writable)
        return TRUE;
    return mugai_index_execute(index, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
                               error);
}

/* Opens the index that is there. NOT_FOUND, MALFORMED, SYSTEM. */
static gboolean
open_existing(MugaiIndex *index, GError **error)
{
    struct stat status = {0};

    if (fstatat(index->store->directory, INDEX_NAME, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        g_set_error(
            error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND,
            "store %s has no index: mugaid makes it when it starts, mugai fsck --repair at once",
            index->store->path);
        return FALSE;
    }
    index->device = status.st_dev;
    index->inode = status.st_ino;
    return open_file(index, error) && check_version(index, error) && prepare_all(index, error);
}

/* What root makes in somebody's store is his who owns the store. */
static gboolean
give_to_owner(MugaiIndex *index, int file, GError **error)
{
    struct stat store = {0};

    if (geteuid() != 0 || (fstat(index->store->directory, &store) == 0 &&
                           fchown(file, store.st_uid, store.st_gid) == 0))
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "index of %s: owner",
                          index->store->path);
    return FALSE;
}

/* Deletes what is there and makes an empty index, readable by the owner alone. */
static gboolean
make_anew(MugaiIndex *index, GError **error)
{
    int file = -1;
    gboolean given = FALSE;

    disconnect(index);
    unlinkat(index->store->directory, INDEX_NAME "-wal", 0);
    unlinkat(index->store->directory, INDEX_NAME "-shm", 0);
    unlinkat(index->store->directory, INDEX_NAME, 0);
    file = openat(index->store->directory, INDEX_NAME,
                  O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "index of %s cannot be made",
                              index->store->path);
        return FALSE;
    }
    given = give_to_owner(index, file, error);
    close(file);
    if (!given || !open_file(index, error) || !mugai_index_execute(index, schema, error))
        return FALSE;
    disconnect(index);
    index->made = TRUE;
    return open_existing(index, error);
}

/* Whether all that helps is a new file. */
static gboolean
is_hopeless(const GError *error)
{
    return g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND) ||
           g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED);
}

/* Opens or makes the index. One at a time, threads as well, so that nobody deletes what another has
 * just made. */
static gboolean
open_writable(MugaiIndex *index, gboolean anew, GError **error)
{
    g_autoptr(GError) existing = NULL;
    gboolean opened = FALSE;
    int lock = openat(index->store->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (lock < 0 || TEMP_FAILURE_RETRY(flock(lock, LOCK_EX)) != 0)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "index of %s: lock",
                              index->store->path);
    else if (!anew && open_existing(index, &existing))
        opened = TRUE;
    else if (anew || is_hopeless(existing))
        opened = make_anew(index, error);
    else
        g_propagate_error(error, g_steal_pointer(&existing));
    if (lock >= 0)
        close(lock);
    return opened;
}

/* Whether the file of that name is the one that is open. */
static gboolean
is_current(const MugaiIndex *index)
{
    struct stat status = {0};

    return index->database != NULL &&
           fstatat(index->store->directory, INDEX_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_dev == index->device && status.st_ino == index->inode;
}

gboolean
mugai_index_renew(MugaiIndex *index, GError **error)
{
    /* Another may have been quicker: what it made is not deleted. */
    if (is_current(index) ? open_writable(index, TRUE, error) : mugai_index_refresh(index, error))
        return TRUE;
    disconnect(index);
    return FALSE;
}

gboolean
mugai_index_refresh(MugaiIndex *index, GError **error)
{
    if (is_current(index))
        return TRUE;
    disconnect(index);
    if (index->writable ? open_writable(index, FALSE, error) : open_existing(index, error))
        return TRUE;
    disconnect(index);
    return FALSE;
}

MugaiIndex *
mugai_index_open(MugaiStore *store, gboolean writable, GError **error)
{
    g_autoptr(MugaiIndex) index = g_new0(MugaiIndex, 1);

    index->store = store;
    index->writable = writable;
    return mugai_index_refresh(index, error) ? g_steal_pointer(&index) : NULL;
}

void
mugai_index_free(MugaiIndex *index)
{
    if (index == NULL)
        return;
    disconnect(index);
    g_clear_pointer(&index->keys, g_hash_table_unref);
    g_free(index);
}

gboolean
mugai_index_was_made(MugaiIndex *index)
{
    gboolean made = index->made;

    index->made = FALSE;
    return made;
}

gboolean
mugai_index_is_damaged(const MugaiIndex *index)
{
    return index->damaged;
}

/* Of the file as SQLite sees it. */
static gboolean
check_tables(MugaiIndex *index, GError **error)
{
    g_autoptr(sqlite3_stmt) check = NULL;
    g_autofree char *said = NULL;

    if (!mugai_index_refresh(index, error))
        return FALSE;
    check = mugai_index_prepare(index, "PRAGMA integrity_check(1)", error);
    if (check == NULL)
        return FALSE;
    if (sqlite3_step(check) != SQLITE_ROW)
        return mugai_index_fail(index, N_("check"), error);
    said = mugai_index_copy_column(check, 0);
    return g_str_equal(said, "ok") || mugai_index_damaged(index, said, error);
}

gboolean
mugai_index_check(MugaiIndex *index, GError **error)
{
    return check_tables(index, error) && mugai_chunk_check_all(index, error);
}

gboolean
mugai_index_mend(MugaiIndex *index, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (check_tables(index, &why))
        return mugai_index_change(index, mugai_chunk_mend_all, NULL, error);
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_MALFORMED))
        return mugai_index_renew(index, error);
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}
