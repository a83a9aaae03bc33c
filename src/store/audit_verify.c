/*
 * audit_verify.c - read the log of looks back, and say whether it is as it was written
 *
 * Each entry is held against the one before (number and hash), its own signature, the file that it
 * stands in, and the heads: the one kept beside, and one written down elsewhere. Everything that
 * does not fit is a fault, told with its place; reading goes on after it, from what is there.
 *
 * Trust: every octet of the log may be a forger's; what is said of it is quoted.
 * Errors: SYSTEM; CONFIG and MALFORMED for keys and heads given that are none.
 * Limits: without a key, who can write to the log can write all of it anew; with a key that he has
 *         as well. A head written down elsewhere finds both.
 */
#include "audit_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/text.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Faults told one by one; a log that was cut to pieces has as many as lines. */
#define FAULTS_TOLD_MAX 1000u
#define WHAT_CHARACTERS 400u
#define MONTH_DIGITS 7u /* "YYYY-MM" */

/* --- reading --- */

/* The files as they were at one moment; they only grow. */
typedef struct {
    GPtrArray *names;
    GArray *sizes; /* of guint64 */
    MugaiAuditHead head;
    gboolean damaged_head;
} Snapshot;

static void
snapshot_clear(Snapshot *snapshot)
{
    g_clear_pointer(&snapshot->names, g_ptr_array_unref);
    g_clear_pointer(&snapshot->sizes, g_array_unref);
    mugai_audit_head_clear(&snapshot->head);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Snapshot, snapshot_clear)

static gboolean
fail(const MugaiAudit *audit, const char *what, GError **error)
{
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "log %s: %s", audit->path, what);
    return FALSE;
}

static gboolean
read_sizes(MugaiAudit *audit, Snapshot *snapshot, GError **error)
{
    for (guint i = 0; i < snapshot->names->len; i++) {
        struct stat status;
        guint64 size = 0;

        if (fstatat(audit->directory, snapshot->names->pdata[i], &status, AT_SYMLINK_NOFOLLOW) != 0)
            return fail(audit, snapshot->names->pdata[i], error);
        size = (guint64)status.st_size;
        g_array_append_val(snapshot->sizes, size);
    }
    return TRUE;
}

static gboolean
read_snapshot(MugaiAudit *audit, Snapshot *snapshot, GError **error)
{
    g_autoptr(GError) local = NULL;

    snapshot->sizes = g_array_new(FALSE, FALSE, sizeof(guint64));
    snapshot->names = mugai_audit_list_files(audit, error);
    if (snapshot->names == NULL || !read_sizes(audit, snapshot, error))
        return FALSE;
    if (mugai_audit_head_read(audit, &snapshot->head, &local))
        return TRUE;
    snapshot->damaged_head = g_error_matches(local, MUGAI_ERROR, MUGAI_ERROR_MALFORMED);
    if (!snapshot->damaged_head)
        g_propagate_error(error, g_steal_pointer(&local));
    return snapshot->damaged_head;
}

static gboolean
take_snapshot(MugaiAudit *audit, Snapshot *snapshot, GError **error)
{
    gboolean taken = FALSE;

    if (TEMP_FAILURE_RETRY(flock(audit->directory, LOCK_SH)) != 0)
        return fail(audit, N_("lock"), error);
    taken = read_snapshot(audit, snapshot, error);
    flock(audit->directory, LOCK_UN);
    return taken;
}

/* Called with each piece; FALSE ends the reading. */
typedef gboolean (*PieceVisit)(const char *file, guint64 line, const MugaiAuditPiece *piece,
                               gpointer data);

static gboolean
read_file(MugaiAudit *audit, const char *name, guint64 size, PieceVisit visit, gpointer data,
          gboolean *ret_stopped, GError **error)
{
    g_auto(MugaiAuditReader) reader = {0};
    MugaiAuditPiece piece = {0};
    g_autoptr(GError) local = NULL;
    int file = openat(audit->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file < 0)
        return fail(audit, name, error);
    mugai_audit_reader_init(&reader, file, 0, size);
    while (!*ret_stopped && mugai_audit_reader_next(&reader, &piece, &local))
        *ret_stopped = !visit(name, reader.line, &piece, data);
    close(file);
    if (local == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* All files from the one named @first on; NULL: all. */
static gboolean
read_files(MugaiAudit *audit, const Snapshot *snapshot, const char *first, PieceVisit visit,
           gpointer data, GError **error)
{
    gboolean stopped = FALSE;

    for (guint i = 0; i < snapshot->names->len && !stopped; i++) {
        const char *name = snapshot->names->pdata[i];

        if ((first == NULL || strcmp(name, first) >= 0) &&
            !read_file(audit, name, g_array_index(snapshot->sizes, guint64, i), visit, data,
                       &stopped, error))
            return FALSE;
    }
    return TRUE;
}

/* --- visiting --- */

typedef struct {
    gint64 since, until;
    MugaiAuditVisit visit;
    gpointer data;
} Visit;

static gboolean
visit_piece(const char *file, guint64 line, const MugaiAuditPiece *piece, gpointer data)
{
    const Visit *visit = data;
    g_autoptr(MugaiRecord) record =
        piece->whole ? mugai_record_from_json(piece->octets, (gssize)piece->length, NULL) : NULL;

    (void)file, (void)line;
    if (record == NULL || record->time < visit->since ||
        (visit->until != 0 && record->time >= visit->until))
        return TRUE;
    return visit->visit(piece->octets, record, visit->data);
}

/* "YYYY-MM" of @seconds in UTC: an entry never stands in a file of a month before its own. */
static char *
month_of(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

    return time != NULL ? g_date_time_format(time, "%Y-%m") : g_strdup("");
}

gboolean
mugai_audit_visit(MugaiAudit *audit, gint64 since, gint64 until, MugaiAuditVisit visit,
                  gpointer data, GError **error)
{
    g_auto(Snapshot) snapshot = {0};
    g_autofree char *first = month_of(since);
    Visit what = {.since = since, .until = until, .visit = visit, .data = data};

    return take_snapshot(audit, &snapshot, error) &&
           read_files(audit, &snapshot, first, visit_piece, &what, error);
}

/* --- verifying --- */

typedef struct {
    GArray *keys; /* of MugaiSealPublic */
    const MugaiAuditHead *heads[2];
    gboolean seen[2];
    MugaiAuditTell tell;
    gpointer data;
    MugaiAuditSummary *summary;
    /* the last entry */
    guint64 number;
    char hash[MUGAI_RECORD_HASH_SIZE];
    guint64 first_signed;  /* number; 0: none is */
    guint64 last_unsigned; /* of those before it; 0: there is none */
    /* what stands after it and is no entry */
    GChecksum *junk;
    guint64 junk_octets; /* less a line end held back */
    gboolean junk_end;   /* a line end is held back: it may be the repair's own */
    char *junk_place;
    char *place; /* of the line at hand */
} Check;

static void
check_clear(Check *check)
{
    g_clear_pointer(&check->keys, g_array_unref);
    g_clear_pointer(&check->junk, g_checksum_free);
    g_free(check->junk_place);
    g_free(check->place);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Check, check_clear)

static void G_GNUC_PRINTF(4, 5)
    tell(Check *check, gboolean fault, const char *where, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *what = NULL;
    va_list arguments;

    if (fault && ++check->summary->faults > FAULTS_TOLD_MAX)
        return;
    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    what = mugai_text_quote(text, WHAT_CHARACTERS);
    check->tell(fault, where, what, check->data);
}

/* --- what is no entry --- */

static void
add_junk(Check *check, const MugaiAuditPiece *piece)
{
    if (check->junk == NULL) {
        check->junk = g_checksum_new(G_CHECKSUM_SHA256);
        check->junk_place = g_strdup(check->place);
    }
    if (check->junk_end) {
        g_checksum_update(check->junk, (const guchar *)"\n", 1);
        check->junk_octets++;
    }
    g_checksum_update(check->junk, (const guchar *)piece->octets, (gssize)piece->length);
    check->junk_octets += piece->length;
    check->junk_end = piece->ended;
}

/* Whether the repair @record says what was read, with or without the line end held back. */
static gboolean
repair_fits(const Check *check, const MugaiRecord *record)
{
    g_autoptr(GChecksum) junk = g_checksum_copy(check->junk);
    guint64 octets = check->junk_octets;

    if (check->junk_end && record->torn_octets == octets + 1) {
        g_checksum_update(junk, (const guchar *)"\n", 1);
        octets++;
    }
    return record->torn_octets == octets &&
           g_str_equal(g_checksum_get_string(junk), record->torn_sha256);
}

/* What stands before the entry @record and is none; NULL: the end of the log. */
static void
settle_junk(Check *check, const MugaiRecord *record)
{
    gboolean repair = record != NULL && g_str_equal(record->verb, "repair");

    if (check->junk == NULL) {
        if (repair && record->torn_octets > 0)
            tell(check, TRUE, check->place, N_("the torn entry that this one tells of is missing"));
        return;
    }
    if (record == NULL)
        tell(check, FALSE, check->junk_place,
             N_("%" G_GUINT64_FORMAT
                " octets that are no whole entry: what a crash leaves; the next "
                "entry will say so"),
             check->junk_octets);
    else if (repair && repair_fits(check, record)) {
        check->summary->torn++;
        tell(check, FALSE, check->junk_place,
             N_("an entry that a crash has torn, as entry %" G_GUINT64_FORMAT " says"),
             record->number);
    } else
        tell(check, TRUE, check->junk_place,
             N_("%" G_GUINT64_FORMAT " octets that are no entry: changed, or put in"),
             check->junk_octets);
    g_clear_pointer(&check->junk, g_checksum_free);
    g_clear_pointer(&check->junk_place, g_free);
    check->junk_octets = 0;
    check->junk_end = FALSE;
}

/* --- the chain --- */

static void
check_place(Check *check, const MugaiRecord *record)
{
    guint64 expected = check->number + 1;

    if (record->number > expected)
        tell(check, TRUE, check->place,
             N_("entry %" G_GUINT64_FORMAT " where %" G_GUINT64_FORMAT
                " should be: %" G_GUINT64_FORMAT " entries are missing"),
             record->number, expected, record->number - expected);
    else if (record->number < expected)
        tell(check, TRUE, check->place,
             N_("entry %" G_GUINT64_FORMAT " where %" G_GUINT64_FORMAT
                " should be: put in, doubled or out of order"),
             record->number, expected);
    else if (!g_str_equal(record->previous, check->hash))
        tell(check, TRUE, check->place,
             check->number == 0 ? N_("the first entry follows one that is missing")
                                : N_("the entry before this one is not the one that was written: "
                                     "changed, or another"));
}

/* An entry may stand in a later month's file, where the clock went back, never in an earlier. */
static void
check_file(Check *check, const char *file, const MugaiRecord *record)
{
    g_autofree char *month = month_of(record->time);

    if (strncmp(month, file, MONTH_DIGITS) > 0)
        tell(check, TRUE, check->place, N_("entry %" G_GUINT64_FORMAT " belongs into another file"),
             record->number);
}

static const MugaiSealPublic *
find_key(const Check *check, const char *id)
{
    for (guint i = 0; i < check->keys->len; i++) {
        const MugaiSealPublic *key = &g_array_index(check->keys, MugaiSealPublic, i);

        if (g_str_equal(key->id, id))
            return key;
    }
    return NULL;
}

/* The hash of @line as it was before it was signed with @record's key; FALSE if that is not where
 * it stands. */
static gboolean
hash_unsigned(const MugaiAuditPiece *line, const MugaiRecord *record,
              char ret_hash[MUGAI_RECORD_HASH_SIZE])
{
    g_autofree char *tail =
        g_strdup_printf(",\"key\":\"%s\",\"signature\":\"%s\"}", record->key, record->signature);
    g_autoptr(GString) text = g_string_new_len(line->octets, (gssize)line->length);

    if (!g_str_has_suffix(line->octets, tail))
        return FALSE;
    g_string_truncate(text, text->len - strlen(tail));
    g_string_append_c(text, '}');
    mugai_audit_hash(text->str, text->len, ret_hash);
    return TRUE;
}

static void
check_signature(Check *check, const MugaiAuditPiece *line, const MugaiRecord *record)
{
    char hash[MUGAI_RECORD_HASH_SIZE];
    const MugaiSealPublic *key = record->key != NULL ? find_key(check, record->key) : NULL;
    g_autofree char *text = NULL;

    if (record->key == NULL || record->signature == NULL) {
        if (check->summary->signed_entries > 0)
            tell(check, TRUE, check->place, N_("entry %" G_GUINT64_FORMAT " is not signed"),
                 record->number);
        else
            check->last_unsigned = record->number;
        return;
    }
    if (check->summary->signed_entries++ == 0)
        check->first_signed = record->number;
    if (key == NULL) {
        tell(check, TRUE, check->place,
             N_("entry %" G_GUINT64_FORMAT
                " is signed with the key %s, which is not known: --key FILE"),
             record->number, record->key);
        return;
    }
    if (hash_unsigned(line, record, hash))
        text = mugai_audit_signed_text(MUGAI_AUDIT_ENTRY_CONTEXT, record->number, hash);
    if (text == NULL || !mugai_seal_verify_text(key, text, record->signature))
        tell(check, TRUE, check->place,
             N_("the signature of entry %" G_GUINT64_FORMAT " is wrong: it was changed"),
             record->number);
}

static void
check_heads(Check *check)
{
    for (gsize i = 0; i < G_N_ELEMENTS(check->heads); i++) {
        const MugaiAuditHead *head = check->heads[i];

        if (head == NULL || head->number != check->number || check->seen[i])
            continue;
        check->seen[i] = TRUE;
        if (!g_str_equal(head->hash, check->hash))
            tell(check, TRUE, check->place,
                 i == 0 ? N_("entry %" G_GUINT64_FORMAT
                             " is not the one that the head kept beside names: it or one "
                             "before it was changed")
                        : N_("entry %" G_GUINT64_FORMAT
                             " is not the one that the head given names: it or one "
                             "before it was changed"),
                 check->number);
    }
}

static gboolean
check_piece(const char *file, guint64 line, const MugaiAuditPiece *piece, gpointer data)
{
    Check *check = data;
    g_autoptr(MugaiRecord) record =
        piece->whole ? mugai_record_from_json(piece->octets, (gssize)piece->length, NULL) : NULL;

    g_free(check->place);
    check->place = g_strdup_printf("%s:%" G_GUINT64_FORMAT, file, line);
    if (record == NULL) {
        add_junk(check, piece);
        return TRUE;
    }
    settle_junk(check, record);
    check_place(check, record);
    check_file(check, file, record);
    check_signature(check, piece, record);
    if (record->lost_head != NULL)
        tell(check, TRUE, check->place,
             N_("when entry %" G_GUINT64_FORMAT
                " was written, what stands before it was not as it had "
                "been left: the head was %s"),
             record->number, record->lost_head);
    if (check->summary->entries++ == 0)
        check->summary->begins = record->time;
    check->number = record->number;
    mugai_audit_hash(piece->octets, piece->length, check->hash);
    check_heads(check);
    return TRUE;
}

/* Whoever takes all signatures away leaves a log as it was before there was a key; a head written
 * down elsewhere tells the two apart. */
static void
check_unsigned(Check *check)
{
    const MugaiAuditHead *given = check->heads[1];

    if (check->keys->len == 0 || check->last_unsigned == 0 ||
        (given != NULL && given->number >= check->last_unsigned))
        return;
    tell(check, TRUE, N_("the beginning"),
         N_("no entry up to %" G_GUINT64_FORMAT " is signed: it is older than the key, or the "
            "signatures were taken away; if it is older, its head is in syslog: --head "
            "%" G_GUINT64_FORMAT ":SHA-256"),
         check->last_unsigned, check->last_unsigned);
}

/* What shows only at the end: entries cut off there. */
static void
check_end(Check *check, const Snapshot *snapshot)
{
    const MugaiAuditHead *kept = &snapshot->head;

    settle_junk(check, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(check->heads); i++) {
        const MugaiAuditHead *head = check->heads[i];

        if (head == NULL || head->number == 0 || check->seen[i])
            continue;
        tell(check, TRUE, i == 0 ? MUGAI_AUDIT_HEAD : N_("the head given"),
             N_("names entry %" G_GUINT64_FORMAT ", and the log ends with %" G_GUINT64_FORMAT
                ": its end was cut off"),
             head->number, check->number);
    }
    if (snapshot->damaged_head || (!kept->present && check->summary->entries > 0))
        tell(check, TRUE, MUGAI_AUDIT_HEAD,
             snapshot->damaged_head ? N_("is no head") : N_("is missing"));
}

/* A crash may leave the head behind by what was written at once; one from before the first
 * signature is not signed. */
static void
check_kept_head(Check *check, const MugaiAuditHead *head)
{
    const MugaiSealPublic *key = head->key != NULL ? find_key(check, head->key) : NULL;
    g_autofree char *text =
        mugai_audit_signed_text(MUGAI_AUDIT_HEAD_CONTEXT, head->number, head->hash);

    if (!head->present)
        return;
    if (head->number + MUGAI_AUDIT_RECORDS_MAX + 1 < check->number)
        tell(check, TRUE, MUGAI_AUDIT_HEAD, N_("is an old one: of entry %" G_GUINT64_FORMAT),
             head->number);
    if (head->key == NULL && (check->first_signed == 0 || head->number < check->first_signed))
        return;
    if (key == NULL)
        tell(check, TRUE, MUGAI_AUDIT_HEAD,
             head->key == NULL ? N_("is not signed, and its entry is")
                               : N_("is signed with a key that is not known"));
    else if (!mugai_seal_verify_text(key, text, head->signature))
        tell(check, TRUE, MUGAI_AUDIT_HEAD, N_("its signature is wrong"));
}

/* --- all together --- */

static gboolean
gather_keys(const MugaiAudit *audit, const MugaiAuditProof *proof, GArray *keys, GError **error)
{
    MugaiSealPublic key = {0};

    if (audit->key != NULL) {
        mugai_seal_key_public(audit->key, &key);
        g_array_append_val(keys, key);
    }
    for (const char *const *path = proof->public_keys; path != NULL && *path != NULL; path++) {
        if (!mugai_seal_public_load(*path, &key, error))
            return FALSE;
        g_array_append_val(keys, key);
    }
    return TRUE;
}

static gboolean
read_given_head(const MugaiAuditProof *proof, MugaiAuditHead *head, GError **error)
{
    if (proof->head == NULL || mugai_audit_head_parse(proof->head, head))
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                "\"%s\" is no head: it has the form N:SHA-256", proof->head);
    return FALSE;
}

void
mugai_audit_summary_clear(MugaiAuditSummary *summary)
{
    g_clear_pointer(&summary->head, g_free);
}

gboolean
mugai_audit_verify(MugaiAudit *audit, const MugaiAuditProof *proof, MugaiAuditTell tell_one,
                   gpointer data, MugaiAuditSummary *ret_summary, GError **error)
{
    g_auto(Snapshot) snapshot = {0};
    g_auto(MugaiAuditHead) given = {0};
    g_auto(Check) check = {.tell = tell_one, .data = data, .summary = ret_summary};

    *ret_summary = (MugaiAuditSummary){0};
    memset(check.hash, '0', sizeof check.hash - 1);
    check.keys = g_array_new(FALSE, FALSE, sizeof(MugaiSealPublic));
    if (!read_given_head(proof, &given, error) || !gather_keys(audit, proof, check.keys, error) ||
        !take_snapshot(audit, &snapshot, error))
        return FALSE;
    check.heads[0] = &snapshot.head;
    check.heads[1] = proof->head != NULL ? &given : NULL;
    if (!read_files(audit, &snapshot, NULL, check_piece, &check, error))
        return FALSE;
    check_end(&check, &snapshot);
    check_unsigned(&check);
    check_kept_head(&check, &snapshot.head);
    ret_summary->head = g_strdup_printf("%" G_GUINT64_FORMAT ":%s", check.number, check.hash);
    return TRUE;
}
