/*
 * entry.c - rows of the index: one a message, compressed
 *
 * Everything that is shown of a message, strings one after the other, each with its NUL, deflated
 * with a dictionary of what reports have in common: about a third of a kilobyte a message, most of
 * it checksums.
 *
 * Where the store seals its index, the row shows an entry without what the content says, and beside
 * it has the whole one sealed: number of the key (8 octets), then as mugai_vault_seal_octets() has
 * it, about the id, its words, each field with its NUL, and behind them the deflated strings: a
 * search opens many, and inflates what matches.
 *
 * Before the deflated strings stands the CRC-32 of the row: SQLite keeps none, and one octet that a
 * disk has changed must neither pass for what was written nor hide the other messages.
 *
 * Invariants: 1. a change is one transaction: made, or not at all;
 *             2. a row that is not what was written costs its own entry alone, and is told of.
 * Trust: the strings of an entry are hostile; they are bound to statements, never pasted into them.
 * Errors: SYSTEM, MALFORMED where the file is damaged, NOT_FOUND.
 */
#include "index_private.h"

#include <mugai/limits.h>
#include <string.h>
#include <zlib.h>

#define RAW_DEFLATE (-15) /* zlib: no header, no checksum of its own */
#define LEVEL 6
/* An entry is a few KiB: more would be cleared for each and not used. */
#define MEMORY_LEVEL 6
/* Report and envelope, escaped as JSON at worst. */
#define PACKED_OCTETS_MAX (7u * (MUGAI_LIMIT_REPORT_OCTETS + MUGAI_LIMIT_ENVELOPE_OCTETS))

enum { PACKED_STATE, PACKED_SUBJECT, PACKED_FROM, PACKED_SHA256, PACKED_ENVELOPE, PACKED_REPORT };
#define PACKED_STRINGS (PACKED_REPORT + 1)

/* What reports are made of, the most frequent last. Changing it is a change of the schema. */
static const char dictionary[] =
    "image/gif image/png image/jpeg text/csv text/calendar message/rfc822 application/octet-stream"
    "application/zip application/x-zip-compressed application/msword application/vnd.ms-excel"
    "application/vnd.ms-powerpoint"
    "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ".pptx.docx.xlsx.zip.pdf@gmail.com@yahoo.co.jp@docomo.ne.jp.or.jp.pref..go.jp.city..lg.jp"
    ",\"disposition\":\"unreadable\",\"disposition\":\"converted\",\"reason\":\"alternative\"}"
    ",{\"path\":\"2\",\"type\":\"application/pdf\",\"declared_type\":\"application/pdf\",\"name\":"
    "\"\",\"disposition\":\"removed\",\"reason\":\"attachment\"},{\"path\":\"1.2\",\"type\":"
    "\"text/html\",\"declared_type\":\"text/html\",\"name\":\"\",\"size\":"
    "notice-only\0kept\0passed\0"
    "{\"received\":\"2026-11-20T10:00:15+00:00\",\"sender\":\"\",\"recipients\":[\"\"],"
    "\"client_name\":\"mail.\",\"client_address\":\"192.168.\",\"helo\":\"mail.\",\"queue_id\":\""
    "\"}\0{\"id\":\"2026-\",\"received\":\"2026-11-20T19:00:15+09:00\",\"state\":\"passed\","
    "\"envelope\":{},\"subject\":\"\",\"from\":\"\",\"message_id\":\"<@\",\"date\":\"Fri, 20 Nov "
    "2026 19:00:00 +0900\",\"original\":{\"size\":,\"sha256\":\"\"},\"output\":{\"size\":"
    ",\"sha256\":\"\"},\"parts\":[{\"path\":\"1\",\"type\":\"text/plain\",\"declared_type\":"
    "\"text/plain\",\"name\":\"\",\"size\":,\"sha256\":\"\",\"disposition\":\"kept\",\"reason\":"
    "\"\"}],\"ambiguities\":[],\"warnings\":[]}\0";

void
mugai_entry_free(MugaiEntry *entry)
{
    if (entry == NULL)
        return;
    g_free(entry->state);
    mugai_envelope_free(entry->envelope);
    g_free(entry->subject);
    g_free(entry->from);
    g_free(entry->sha256);
    mugai_report_free(entry->report);
    g_free(entry->report_json);
    g_free(entry);
}

MugaiEntry *
mugai_entry_of_envelope(const MugaiId *id, MugaiEnvelope *envelope, guint64 size,
                        const MugaiReport *report)
{
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    MugaiFacts facts = {
        .id = id->text, .original_size = size, .original_sha256 = "", .output_sha256 = ""};

    entry->id = *id;
    entry->envelope = envelope;
    entry->received = facts.received = envelope->received;
    entry->state = g_strdup(MUGAI_STATE_KEPT);
    entry->subject = g_strdup("");
    entry->from = g_strdup("");
    entry->size = size;
    entry->sha256 = g_strdup("");
    entry->report_json = mugai_report_to_json(report, &facts, envelope, MUGAI_STATE_KEPT, FALSE);
    return entry;
}

MugaiReport *
mugai_entry_report(const MugaiEntry *entry)
{
    return entry->report != NULL ? mugai_report_ref(entry->report)
                                 : mugai_report_from_json(entry->report_json, -1, NULL);
}

gboolean
mugai_entry_knows_original(const MugaiEntry *entry)
{
    return !entry->unreadable && (entry->sha256[0] != '\0' || entry->sealed);
}

gboolean
mugai_entry_is_of(const MugaiEntry *entry, guint64 size, const char *sha256)
{
    return entry->size == size &&
           (sha256 == NULL || entry->sha256[0] == '\0' || g_str_equal(entry->sha256, sha256));
}

gboolean
mugai_entry_contradicts(const MugaiEntry *entry, guint64 size, const char *sha256)
{
    return entry != NULL && mugai_entry_knows_original(entry) &&
           !mugai_entry_is_of(entry, size, sha256);
}

/* --- packing --- */

/* Of what a row has in the clear. */
static guint32
checksum_columns(const char *id, gint64 received, gint64 size)
{
    const gint64 numbers[] = {GINT64_TO_BE(received), GINT64_TO_BE(size)};

    return (guint32)crc32_z(crc32_z(0, (const Bytef *)id, strlen(id)), (const Bytef *)numbers,
                            sizeof numbers);
}

static void
append_string(GByteArray *octets, const char *text)
{
    g_byte_array_append(octets, (const guint8 *)text, (guint)strlen(text) + 1);
}

static GByteArray *
deflate_octets(const GByteArray *octets)
{
    GByteArray *packed = g_byte_array_new();
    z_stream stream = {0};
    int status =
        deflateInit2(&stream, LEVEL, Z_DEFLATED, RAW_DEFLATE, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);

    if (status != Z_OK ||
        deflateSetDictionary(&stream, (const Bytef *)dictionary, sizeof dictionary - 1) != Z_OK)
        g_error("zlib cannot begin a stream");
    g_byte_array_set_size(packed, (guint)deflateBound(&stream, octets->len));
    stream.next_in = octets->data;
    stream.avail_in = octets->len;
    stream.next_out = packed->data;
    stream.avail_out = packed->len;
    status = deflate(&stream, Z_FINISH);
    g_assert(status == Z_STREAM_END);
    g_byte_array_set_size(packed, packed->len - stream.avail_out);
    deflateEnd(&stream);
    return packed;
}

static GByteArray *
pack(const MugaiEntry *entry)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    g_autofree char *envelope = mugai_envelope_to_json(entry->envelope);
    const char *strings[PACKED_STRINGS] = {
        [PACKED_STATE] = entry->state, [PACKED_SUBJECT] = entry->subject,
        [PACKED_FROM] = entry->from,   [PACKED_SHA256] = entry->sha256,
        [PACKED_ENVELOPE] = envelope,  [PACKED_REPORT] = entry->report_json,
    };

    for (gsize i = 0; i < PACKED_STRINGS; i++)
        append_string(octets, strings[i] != NULL ? strings[i] : "");
    return deflate_octets(octets);
}

/* All that @packed holds, at most PACKED_OCTETS_MAX; NULL if it cannot be read. */
static GByteArray *
inflate_octets(const guint8 *packed, gsize length)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    /* zlib reads its input and has no const */
    z_stream stream = {.next_in = (Bytef *)(guintptr)packed, .avail_in = (uInt)length};
    int status = Z_OK;

    if (inflateInit2(&stream, RAW_DEFLATE) != Z_OK ||
        inflateSetDictionary(&stream, (const Bytef *)dictionary, sizeof dictionary - 1) != Z_OK)
        g_error("zlib cannot begin a stream");
    while (status == Z_OK && octets->len < PACKED_OCTETS_MAX) {
        guint used = octets->len;

        g_byte_array_set_size(octets, MAX(4096, used * 2));
        stream.next_out = octets->data + used;
        stream.avail_out = octets->len - used;
        status = inflate(&stream, Z_NO_FLUSH);
        g_byte_array_set_size(octets, octets->len - stream.avail_out);
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END ? g_steal_pointer(&octets) : NULL;
}

/* The strings in @octets; FALSE if there are fewer than PACKED_STRINGS. */
static gboolean
split_strings(const GByteArray *octets, const char *ret_strings[PACKED_STRINGS])
{
    const guint8 *at = octets->data;
    const guint8 *end = octets->data + octets->len;

    for (gsize i = 0; i < PACKED_STRINGS; i++) {
        const guint8 *nul = at < end ? memchr(at, '\0', (gsize)(end - at)) : NULL;

        if (nul == NULL)
            return FALSE;
        ret_strings[i] = (const char *)at;
        at = nul + 1;
    }
    return TRUE;
}

/* --- reading --- */

/* The report, with what has been noted since it was written. */
static char *
note_marks(const MugaiEntry *entry, const char *report)
{
    if (report[0] != '{')
        return g_strdup(report);
    return g_strconcat("{", entry->held ? "\"held\":true," : "",
                       entry->damaged ? "\"damaged\":true," : "",
                       entry->sealed ? "\"sealed\":true," : "", report + 1, NULL);
}

/* What is sealed in @row, opened; NULL where nothing is, or its key is not at hand. FALSE: it
 * cannot be read. */
static gboolean
open_row(MugaiIndex *index, sqlite3_stmt *row, GByteArray **ret_content)
{
    const char *id = (const char *)sqlite3_column_text(row, 0);
    const guint8 *sealed = sqlite3_column_blob(row, 5);
    gsize length = (gsize)sqlite3_column_bytes(row, 5);
    const MugaiVaultDataKey *data_key = NULL;
    gint64 number = 0;

    *ret_content = NULL;
    if (sealed == NULL)
        return TRUE;
    if (id == NULL || length < sizeof number)
        return FALSE;
    memcpy(&number, sealed, sizeof number);
    data_key = mugai_index_key(index, GINT64_FROM_BE(number));
    if (data_key == NULL)
        return TRUE;
    *ret_content =
        mugai_vault_open_octets(data_key, id, sealed + sizeof number, length - sizeof number);
    return *ret_content != NULL;
}

/* The words that begin @content, borrowed from it, and where they end; NULL if they do not. */
static const guint8 *
split_words(const GByteArray *content, MugaiWords *ret_words)
{
    const guint8 *at = content->data;
    const guint8 *end = content->data + content->len;

    for (gsize i = 0; i < FIELDS; i++) {
        const guint8 *nul = at < end ? memchr(at, '\0', (gsize)(end - at)) : NULL;

        if (nul == NULL)
            return NULL;
        ret_words->fields[i] = (char *)(guintptr)at;
        at = nul + 1;
    }
    return at;
}

/* The whole entry in @content, inflated; NULL if it cannot be read. */
static GByteArray *
inflate_content(const GByteArray *content)
{
    MugaiWords words = {0};
    const guint8 *packed = split_words(content, &words);

    if (packed == NULL)
        return NULL;
    return inflate_octets(packed, content->len - (gsize)(packed - content->data));
}

/* What stands deflated in @row behind its checksum; NULL if it is not what was written. */
static const guint8 *
check_row(sqlite3_stmt *row, gsize *ret_length)
{
    const char *id = (const char *)sqlite3_column_text(row, 0);

    if (id == NULL)
        return NULL;
    return mugai_index_check_blob(
        row, 4, checksum_columns(id, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)),
        ret_length);
}

/* The entry in @row, inflated: the whole one where it can be had, what is shown of it else. */
static GByteArray *
inflate_row(MugaiIndex *index, sqlite3_stmt *row, gboolean *ret_sealed)
{
    g_autoptr(GByteArray) content = NULL;
    gsize length = 0;
    const guint8 *packed = check_row(row, &length);

    if (packed == NULL || !open_row(index, row, &content))
        return NULL;
    *ret_sealed = content == NULL && sqlite3_column_type(row, 5) != SQLITE_NULL;
    if (content != NULL)
        return inflate_content(content);
    return inflate_octets(packed, length);
}

gboolean
mugai_index_read_words(MugaiIndex *index, sqlite3_stmt *row, GByteArray **ret_content,
                       MugaiWords *ret_words)
{
    return open_row(index, row, ret_content) && *ret_content != NULL &&
           split_words(*ret_content, ret_words) != NULL;
}

/* What is left of a row that is not what was written. */
static MugaiEntry *
make_unreadable(MugaiIndex *index, sqlite3_stmt *row, const MugaiId *id)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiEntry *entry = NULL;

    index->damaged = TRUE;
    mugai_report_remark(report->warnings, "unreadable",
                        "its entry in the index is damaged; mugai fsck --repair makes it anew");
    entry = mugai_entry_of_envelope(id, mugai_envelope_new(sqlite3_column_int64(row, 1)),
                                    (guint64)sqlite3_column_int64(row, 2), report);
    entry->unreadable = TRUE;
    return entry;
}

/* Puts the strings of @octets, a whole row's, into @entry. */
static gboolean
read_strings(const GByteArray *octets, MugaiEntry *entry)
{
    const char *strings[PACKED_STRINGS];

    if (octets == NULL || !split_strings(octets, strings))
        return FALSE;
    entry->state = g_utf8_make_valid(strings[PACKED_STATE], -1);
    entry->subject = g_utf8_make_valid(strings[PACKED_SUBJECT], -1);
    entry->from = g_utf8_make_valid(strings[PACKED_FROM], -1);
    entry->sha256 = g_utf8_make_valid(strings[PACKED_SHA256], -1);
    entry->report_json = g_strdup(strings[PACKED_REPORT]);
    entry->envelope = mugai_envelope_from_json(strings[PACKED_ENVELOPE], -1, NULL);
    return entry->envelope != NULL;
}

MugaiEntry *
mugai_index_read_row(MugaiIndex *index, sqlite3_stmt *row, GError **error)
{
    g_autoptr(MugaiEntry) entry = g_new0(MugaiEntry, 1);
    g_autofree char *id = mugai_index_copy_column(row, 0);
    gint64 marks = sqlite3_column_int64(row, 3);
    g_autofree char *report = NULL;
    g_autoptr(GByteArray) octets = NULL;

    if (!mugai_id_parse(id, &entry->id, NULL)) {
        mugai_index_damaged(index, N_("an entry has no id"), error);
        return NULL;
    }
    octets = inflate_row(index, row, &entry->sealed);
    if (!read_strings(octets, entry)) {
        MugaiId known = entry->id;

        mugai_entry_free(entry);
        entry = make_unreadable(index, row, &known);
    }
    entry->received = sqlite3_column_int64(row, 1);
    entry->size = (guint64)sqlite3_column_int64(row, 2);
    entry->held = (marks & MUGAI_MARK_HELD) != 0;
    entry->damaged = (marks & MUGAI_MARK_DAMAGED) != 0;
    report = g_steal_pointer(&entry->report_json);
    entry->report_json = note_marks(entry, report);
    return g_steal_pointer(&entry);
}

/* The number of the row of @id, and its marks; 0 if there is none, or with @error. */
static gint64
find_number(MugaiIndex *index, const MugaiId *id, gint64 *ret_marks, GError **error)
{
    sqlite3_stmt *find = index->statements[STATEMENT_NUMBER];
    gint64 number = 0;
    int status = SQLITE_OK;

    mugai_index_bind_text(find, 1, id->text);
    status = sqlite3_step(find);
    *ret_marks = 0;
    if (status == SQLITE_ROW) {
        number = sqlite3_column_int64(find, 0);
        *ret_marks = sqlite3_column_int64(find, 1);
    } else if (status != SQLITE_DONE)
        mugai_index_fail(index, N_("read"), error);
    sqlite3_reset(find);
    return number;
}

gboolean
mugai_index_has(MugaiIndex *index, const MugaiId *id)
{
    gint64 marks = 0;

    return mugai_index_refresh(index, NULL) && find_number(index, id, &marks, NULL) != 0;
}

MugaiEntry *
mugai_index_get(MugaiIndex *index, const MugaiId *id, GError **error)
{
    sqlite3_stmt *get = NULL;
    MugaiEntry *entry = NULL;
    int status = SQLITE_OK;

    if (!mugai_index_refresh(index, error))
        return NULL;
    get = index->statements[STATEMENT_GET];
    mugai_index_bind_text(get, 1, id->text);
    status = sqlite3_step(get);
    if (status == SQLITE_ROW)
        entry = mugai_index_read_row(index, get, error);
    else if (status == SQLITE_DONE)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "the index has no message %s",
                    id->text);
    else
        mugai_index_fail(index, N_("read"), error);
    sqlite3_reset(get);
    return entry;
}

/* --- changing --- */

/* In one transaction, or not at all. */
static gboolean
change_once(MugaiIndex *index, MugaiIndexChange change, gconstpointer data, GError **error)
{
    if (!mugai_index_refresh(index, error) || !mugai_index_execute(index, "BEGIN IMMEDIATE", error))
        return FALSE;
    if (change(index, data, error) && mugai_index_execute(index, "COMMIT", error))
        return TRUE;
    sqlite3_exec(index->database, "ROLLBACK", NULL, NULL, NULL);
    mugai_index_forget_keys(index);
    return FALSE;
}

gboolean
mugai_index_change(MugaiIndex *index, MugaiIndexChange change, gconstpointer data, GError **error)
{
    g_autoptr(GError) first = NULL;

    g_assert(index->writable);
    if (change_once(index, change, data, &first))
        return TRUE;
    if (g_error_matches(first, MUGAI_ERROR, MUGAI_ERROR_MALFORMED))
        return mugai_index_renew(index, error) && change_once(index, change, data, error);
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

static gboolean
remove_number(MugaiIndex *index, gint64 number, GError **error)
{
    sqlite3_stmt *remove = index->statements[STATEMENT_REMOVE];
    sqlite3_stmt *remove_fresh = index->statements[STATEMENT_REMOVE_FRESH];

    sqlite3_bind_int64(remove, 1, number);
    if (!mugai_index_run(index, remove, error))
        return FALSE;
    if (number < MUGAI_FRESH_NUMBER)
        return mugai_chunk_remove_row(index, number, error);
    sqlite3_bind_int64(remove_fresh, 1, number);
    return mugai_index_run(index, remove_fresh, error);
}

/* Removes the row of @id, if there is one; @ret_marks are those it had. */
static gboolean
remove_row(MugaiIndex *index, const MugaiId *id, gint64 *ret_marks, GError **error)
{
    g_autoptr(GError) local = NULL;
    gint64 number = find_number(index, id, ret_marks, &local);

    if (local != NULL) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return number == 0 || remove_number(index, number, error);
}

static gboolean
remove_entry(MugaiIndex *index, gconstpointer data, GError **error)
{
    gint64 marks = 0;

    return remove_row(index, data, &marks, error);
}

gboolean
mugai_index_remove(MugaiIndex *index, const MugaiId *id, GError **error)
{
    return mugai_index_change(index, remove_entry, id, error);
}

/* The whole entry, sealed, as a row has it; NULL with @error. */
static GByteArray *
seal_entry(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    gint64 number = 0;
    const MugaiVaultDataKey *data_key = mugai_index_sealing_key(index, &number, error);
    g_autoptr(GByteArray) content = g_byte_array_new();
    g_autoptr(GByteArray) packed = NULL;
    g_auto(MugaiWords) words = {0};

    if (data_key == NULL)
        return NULL;
    number = GINT64_TO_BE(number);
    packed = pack(entry);
    mugai_words_of_entry(entry, &words);
    for (gsize i = 0; i < FIELDS; i++)
        append_string(content, words.fields[i]);
    g_byte_array_append(content, packed->data, packed->len);
    return g_byte_array_prepend(mugai_vault_seal_octets(data_key, entry->id.text, content->data,
                                                        content->len),
                                (const guint8 *)&number, sizeof number);
}

/* @sealed: the whole of what @entry shows, or NULL. */
static gboolean
add_row(MugaiIndex *index, const MugaiEntry *entry, const GByteArray *sealed, gint64 marks,
        GError **error)
{
    sqlite3_stmt *add = index->statements[STATEMENT_ADD];
    g_autoptr(GByteArray) packed = pack(entry);

    mugai_index_prepend_checksum(packed, checksum_columns(entry->id.text, entry->received,
                                                          (gint64)entry->size));
    mugai_index_bind_text(add, 1, entry->id.text);
    sqlite3_bind_int64(add, 2, entry->received);
    sqlite3_bind_int64(add, 3, (gint64)entry->size);
    marks |= entry->held ? MUGAI_MARK_HELD : 0;
    marks |= entry->damaged ? MUGAI_MARK_DAMAGED : 0;
    sqlite3_bind_int64(add, 4, marks);
    sqlite3_bind_blob(add, 5, packed->data, (int)packed->len, SQLITE_STATIC);
    if (sealed != NULL)
        sqlite3_bind_blob(add, 6, sealed->data, (int)sealed->len, SQLITE_STATIC);
    return mugai_index_run(index, add, error);
}

static gboolean
add_fresh(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    sqlite3_stmt *add = index->statements[STATEMENT_ADD_FRESH];
    g_auto(MugaiWords) words = {0};

    mugai_words_of_entry(entry, &words);
    sqlite3_bind_int64(add, 1, sqlite3_last_insert_rowid(index->database));
    sqlite3_bind_int64(add, 2, entry->received);
    mugai_index_bind_text(add, 3, entry->id.text);
    for (int i = 0; i < FIELDS; i++)
        mugai_index_bind_text(add, 4 + i, words.fields[i]);
    sqlite3_bind_int64(add, 4 + FIELDS, mugai_words_checksum(&words));
    return mugai_index_run(index, add, error);
}

static gboolean
add_entry(MugaiIndex *index, gconstpointer data, GError **error)
{
    const MugaiEntry *entry = data;
    g_autoptr(MugaiEntry) shown = NULL;
    g_autoptr(GByteArray) sealed = NULL;
    gint64 marks = 0; /* stay: an entry may be replaced that was held meanwhile */

    if (index->store->seals_index) {
        sealed = seal_entry(index, entry, error);
        if (sealed == NULL)
            return FALSE;
        entry = shown = mugai_entry_without_content(entry);
    }
    return remove_row(index, &entry->id, &marks, error) &&
           add_row(index, entry, sealed, marks, error) && add_fresh(index, entry, error) &&
           mugai_chunk_seal(index, error);
}

static gboolean
add_missing(MugaiIndex *index, gconstpointer data, GError **error)
{
    gint64 marks = 0;

    return find_number(index, &((const MugaiEntry *)data)->id, &marks, NULL) != 0 ||
           add_entry(index, data, error);
}

static gboolean
add_many(MugaiIndex *index, gconstpointer data, GError **error)
{
    const GPtrArray *entries = data;

    for (guint i = 0; i < entries->len; i++) {
        if (!add_entry(index, entries->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_index_add(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    return mugai_index_change(index, add_entry, entry, error);
}

gboolean
mugai_index_add_many(MugaiIndex *index, const GPtrArray *entries, GError **error)
{
    return mugai_index_change(index, add_many, entries, error);
}

gboolean
mugai_index_add_missing(MugaiIndex *index, const MugaiEntry *entry, GError **error)
{
    return mugai_index_change(index, add_missing, entry, error);
}

typedef struct {
    const MugaiId *id;
    int mark;
    gboolean set;
} Marking;

static gboolean
mark_entry(MugaiIndex *index, gconstpointer data, GError **error)
{
    const Marking *marking = data;
    sqlite3_stmt *mark = index->statements[STATEMENT_MARK];

    mugai_index_bind_text(mark, 1, marking->id->text);
    sqlite3_bind_int(mark, 2, marking->mark);
    sqlite3_bind_int(mark, 3, marking->set ? marking->mark : 0);
    return mugai_index_run(index, mark, error);
}

gboolean
mugai_index_set_held(MugaiIndex *index, const MugaiId *id, gboolean held, GError **error)
{
    Marking marking = {.id = id, .mark = MUGAI_MARK_HELD, .set = held};

    return mugai_index_change(index, mark_entry, &marking, error);
}

gboolean
mugai_index_set_damaged(MugaiIndex *index, const MugaiId *id, gboolean damaged, GError **error)
{
    Marking marking = {.id = id, .mark = MUGAI_MARK_DAMAGED, .set = damaged};

    return mugai_index_change(index, mark_entry, &marking, error);
}
