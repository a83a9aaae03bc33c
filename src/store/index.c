/*
 * index.c - what is in the store, for people who look for something: a cache in SQLite behind the
 * objects
 *
 *     messages   one row a message, whole; ordered by time of receipt
 *     words      one row a message: what can be searched, folded (NFKC, case); an index of all its
 *                groups of three characters, for Japanese has no spaces
 *
 * Invariants: 1. nothing is known here that cannot be had from the objects: the file may be deleted
 *                at any time, and one that is damaged or of another version is made anew by the
 *                next writer (I8);
 *             2. an entry costs no sync of its own: after a power cut the newest may be missing and
 *                are made again, but the file is whole.
 * Trust: the strings of an entry are hostile; they are bound to statements, never pasted into them.
 * Errors: SYSTEM, MALFORMED where the file is damaged, NOT_FOUND.
 */
#include "index_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_NAME "index.sqlite"
#define BUSY_MILLISECONDS 10000
/* Raised with every change of the schema. */
#define SCHEMA_VERSION "2"

static const char schema[] =
    "BEGIN;"
    "CREATE TABLE messages("
    " number INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " received INTEGER NOT NULL,"
    " state TEXT NOT NULL,"
    " envelope TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " sender TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " report TEXT NOT NULL,"
    " held INTEGER NOT NULL);"
    "CREATE INDEX by_received ON messages(received, state);"
    /* the text is folded already, so it is compared as it is */
    "CREATE VIRTUAL TABLE words USING fts5(sender, recipients, subject, other,"
    " tokenize = 'trigram case_sensitive 1');"
    "PRAGMA user_version = " SCHEMA_VERSION ";"
    "COMMIT;";

/* --- opening --- */

static gboolean
fail_with(MugaiIndex *index, MugaiErrorCode code, const char *step, GError **error)
{
    g_set_error(error, MUGAI_ERROR, (gint)code, "index of %s: %s: %s%s", index->store->path, step,
                sqlite3_errmsg(index->database),
                code == MUGAI_ERROR_MALFORMED
                    ? "; it may be deleted, mugaid makes it anew when it starts"
                    : "");
    return FALSE;
}

gboolean
mugai_index_fail(MugaiIndex *index, const char *step, GError **error)
{
    int code = sqlite3_errcode(index->database) & 0xFF;
    gboolean damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

    return fail_with(index, damaged ? MUGAI_ERROR_MALFORMED : MUGAI_ERROR_SYSTEM, step, error);
}

static gboolean
execute(MugaiIndex *index, const char *sql, GError **error)
{
    return sqlite3_exec(index->database, sql, NULL, NULL, NULL) == SQLITE_OK ||
           mugai_index_fail(index, "setup", error);
}

static gboolean
prepare(MugaiIndex *index, const char *sql, sqlite3_stmt **ret_statement, GError **error)
{
    int status = sqlite3_prepare_v3(index->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    ret_statement, NULL);

    if (status == SQLITE_ERROR) /* the statement is right, so the tables are not */
        return fail_with(index, MUGAI_ERROR_MALFORMED, "tables", error);
    return status == SQLITE_OK || mugai_index_fail(index, "statement", error);
}

static gboolean
prepare_all(MugaiIndex *index, GError **error)
{
    if (!prepare(index, "SELECT 1 FROM messages WHERE id = ?", &index->has, error) ||
        !prepare(index, "SELECT " MUGAI_INDEX_COLUMNS " FROM messages WHERE id = ?", &index->get,
                 error))
        return FALSE;
    if (!index->writable)
        return TRUE;
    return prepare(index,
                   "DELETE FROM words WHERE rowid = (SELECT number FROM messages WHERE id = ?)",
                   &index->remove_words, error) &&
           prepare(index, "DELETE FROM messages WHERE id = ?", &index->remove, error) &&
           prepare(index, "UPDATE messages SET held = ? WHERE id = ?", &index->hold, error) &&
           prepare(index,
                   "INSERT INTO messages(" MUGAI_INDEX_COLUMNS
                   ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   &index->add, error) &&
           prepare(index,
                   "INSERT INTO words(rowid, sender, recipients, subject, other)"
                   " VALUES(last_insert_rowid(), ?, ?, ?, ?)",
                   &index->add_words, error);
}

/* MALFORMED if the open file is not an index of this version; an empty one is not. */
static gboolean
check_version(MugaiIndex *index, GError **error)
{
    g_autoptr(sqlite3_stmt) version = NULL;

    if (sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &version, NULL) !=
            SQLITE_OK ||
        sqlite3_step(version) != SQLITE_ROW)
        return mugai_index_fail(index, "version", error);
    if (g_strcmp0((const char *)sqlite3_column_text(version, 0), SCHEMA_VERSION) != 0)
        return fail_with(index, MUGAI_ERROR_MALFORMED, "another version", error);
    return TRUE;
}

static void
disconnect(MugaiIndex *index)
{
    sqlite3_stmt **statements[] = {&index->has,          &index->get,  &index->remove,
                                   &index->remove_words, &index->hold, &index->add,
                                   &index->add_words};

    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++)
        g_clear_pointer(statements[i], sqlite3_finalize);
    g_clear_pointer(&index->database, sqlite3_close);
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
        return mugai_index_fail(index, "open", error);
    sqlite3_busy_timeout(index->database, BUSY_MILLISECONDS);
    if (!index->writable)
        return TRUE;
    return execute(index, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", error);
}

/* Opens the index that is there. NOT_FOUND, MALFORMED, SYSTEM. */
static gboolean
open_existing(MugaiIndex *index, GError **error)
{
    struct stat status = {0};

    if (fstatat(index->store->directory, INDEX_NAME, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND,
                    "store %s has no index: mugaid makes it when it starts", index->store->path);
        return FALSE;
    }
    index->device = status.st_dev;
    index->inode = status.st_ino;
    return open_file(index, error) && check_version(index, error) && prepare_all(index, error);
}

/* Deletes what is there and makes an empty index, readable by the owner alone. */
static gboolean
make_anew(MugaiIndex *index, GError **error)
{
    int file = -1;

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
    close(file);
    if (!open_file(index, error) || !execute(index, schema, error))
        return FALSE;
    disconnect(index);
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

gboolean
mugai_index_refresh(MugaiIndex *index, GError **error)
{
    struct stat status = {0};

    if (index->database != NULL &&
        fstatat(index->store->directory, INDEX_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        status.st_dev == index->device && status.st_ino == index->inode)
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
    g_free(index);
}

/* --- entries --- */

void
mugai_entry_free(MugaiEntry *entry)
{
    if (entry == NULL)
        return;
    g_free(entry->state);
    mugai_envelope_free(entry->envelope);
    g_free(entry->subject);
    g_free(entry->from);
    g_free(entry->report_json);
    g_free(entry);
}

char *
mugai_index_fold(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *normal = g_utf8_normalize(valid, -1, G_NORMALIZE_NFKC);
    g_autofree char *folded = g_utf8_casefold(normal, -1);

    /* Folding may have taken it apart again. */
    return g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC);
}

static void
bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

/* Runs a statement that returns no row, and leaves it ready for the next time. */
static gboolean
run(MugaiIndex *index, sqlite3_stmt *statement, GError **error)
{
    gboolean done =
        sqlite3_step(statement) == SQLITE_DONE || mugai_index_fail(index, "write", error);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
}

static void
bind_folded(sqlite3_stmt *statement, int at, const GString *text)
{
    g_autofree char *folded = mugai_index_fold(text->str);

    bind_text(statement, at, folded);
}

/* A line each, so that no search finds what spans two of them. */
static void
append_line(GString *text, const char *line)
{
    g_string_append(text, line);
    g_string_append_c(text, '\n');
}

static void
append_names(GString *text, const char *report_json)
{
    g_autoptr(MugaiReport) report = mugai_report_from_json(report_json, -1, NULL);

    for (guint i = 0; report != NULL && i < report->parts->len; i++)
        append_line(text, ((const MugaiPart *)report->parts->pdata[i])->name);
}

static gboolean
add_words(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    g_autoptr(GString) from = g_string_new(NULL);
    g_autoptr(GString) to = g_string_new(NULL);
    g_autoptr(GString) subject = g_string_new(entry->subject);
    g_autoptr(GString) other = g_string_new(NULL);

    append_line(from, entry->envelope->sender);
    append_line(from, entry->from);
    for (guint i = 0; i < entry->envelope->recipients->len; i++)
        append_line(to, entry->envelope->recipients->pdata[i]);
    append_line(other, entry->id.text);
    append_line(other, entry->envelope->queue_id);
    append_names(other, entry->report_json);
    bind_folded(index->add_words, 1, from);
    bind_folded(index->add_words, 2, to);
    bind_folded(index->add_words, 3, subject);
    bind_folded(index->add_words, 4, other);
    return run(index, index->add_words, error);
}

static gboolean
add_message(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    g_autofree char *envelope = mugai_envelope_to_json(entry->envelope);

    bind_text(index->add, 1, entry->id.text);
    sqlite3_bind_int64(index->add, 2, entry->received);
    bind_text(index->add, 3, entry->state);
    bind_text(index->add, 4, envelope);
    bind_text(index->add, 5, entry->subject);
    bind_text(index->add, 6, entry->from);
    sqlite3_bind_int64(index->add, 7, (gint64)entry->size);
    bind_text(index->add, 8, entry->report_json);
    sqlite3_bind_int(index->add, 9, entry->held);
    return run(index, index->add, error);
}

static gboolean
remove_entry(MugaiIndex *index, gconstpointer data, GError **error)
{
    const MugaiId *id = data;

    bind_text(index->remove_words, 1, id->text);
    bind_text(index->remove, 1, id->text);
    return run(index, index->remove_words, error) && run(index, index->remove, error);
}

typedef gboolean (*Change)(MugaiIndex *index, gconstpointer data, GError **error);

/* Makes the change in one transaction, or not at all. */
static gboolean
change_once(MugaiIndex *index, Change change, gconstpointer data, GError **error)
{
    if (!mugai_index_refresh(index, error) || !execute(index, "BEGIN IMMEDIATE", error))
        return FALSE;
    if (change(index, data, error) && execute(index, "COMMIT", error))
        return TRUE;
    sqlite3_exec(index->database, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

/* The same; where the file is damaged, in a new one. */
static gboolean
change_index(MugaiIndex *index, Change change, gconstpointer data, GError **error)
{
    g_autoptr(GError) first = NULL;

    g_assert(index->writable);
    if (change_once(index, change, data, &first))
        return TRUE;
    if (g_error_matches(first, MUGAI_ERROR, MUGAI_ERROR_MALFORMED))
        return open_writable(index, TRUE, error) && change_once(index, change, data, error);
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

static gboolean
add_entry(MugaiIndex *index, gconstpointer data, GError **error)
{
    const MugaiEntry *entry = data;

    return remove_entry(index, &entry->id, error) && add_message(index, entry, error) &&
           add_words(index, entry, error);
}

gboolean
mugai_index_add(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    return change_index(index, add_entry, entry, error);
}

gboolean
mugai_index_remove(MugaiIndex *index, const MugaiId *id, GError **error)
{
    return change_index(index, remove_entry, id, error);
}

typedef struct {
    const MugaiId *id;
    gboolean held;
} Hold;

static gboolean
set_held(MugaiIndex *index, gconstpointer data, GError **error)
{
    const Hold *hold = data;

    sqlite3_bind_int(index->hold, 1, hold->held);
    bind_text(index->hold, 2, hold->id->text);
    return run(index, index->hold, error);
}

gboolean
mugai_index_set_held(MugaiIndex *index, const MugaiId *id, gboolean held, GError **error)
{
    Hold hold = {.id = id, .held = held};

    return change_index(index, set_held, &hold, error);
}

gboolean
mugai_index_has(MugaiIndex *index, const MugaiId *id)
{
    gboolean found = FALSE;

    if (!mugai_index_refresh(index, NULL))
        return FALSE;
    bind_text(index->has, 1, id->text);
    found = sqlite3_step(index->has) == SQLITE_ROW;
    sqlite3_reset(index->has);
    return found;
}

static char *
copy_column(sqlite3_stmt *row, int at)
{
    const char *text = (const char *)sqlite3_column_text(row, at);

    return g_utf8_make_valid(text != NULL ? text : "", -1);
}

MugaiEntry *
mugai_index_read_row(MugaiIndex *index, sqlite3_stmt *row, GError **error)
{
    g_autoptr(MugaiEntry) entry = g_new0(MugaiEntry, 1);
    g_autofree char *id = copy_column(row, 0);
    g_autofree char *envelope = copy_column(row, 3);

    entry->received = sqlite3_column_int64(row, 1);
    entry->state = copy_column(row, 2);
    entry->subject = copy_column(row, 4);
    entry->from = copy_column(row, 5);
    entry->size = (guint64)sqlite3_column_int64(row, 6);
    entry->report_json = copy_column(row, 7);
    entry->held = sqlite3_column_int(row, 8) != 0;
    entry->envelope = mugai_envelope_from_json(envelope, -1, error);
    if (entry->envelope != NULL && mugai_id_parse(id, &entry->id, error))
        return g_steal_pointer(&entry);
    g_prefix_error(error, "index of %s is damaged: ", index->store->path);
    return NULL;
}

MugaiEntry *
mugai_index_get(MugaiIndex *index, const MugaiId *id, GError **error)
{
    MugaiEntry *entry = NULL;
    int status = SQLITE_OK;

    if (!mugai_index_refresh(index, error))
        return NULL;
    bind_text(index->get, 1, id->text);
    status = sqlite3_step(index->get);
    if (status == SQLITE_ROW)
        entry = mugai_index_read_row(index, index->get, error);
    else if (status == SQLITE_DONE)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "the index has no message %s",
                    id->text);
    else
        mugai_index_fail(index, "read", error);
    sqlite3_reset(index->get);
    return entry;
}
