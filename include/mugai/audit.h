/*
 * audit.h - the log of looks (I9): who looked at what, kept so that tampering shows
 *
 * Files. <log>/YYYY-MM.jsonl, the month that of the clock in UTC, never before that of an older
 * file; owner-only; only ever appended to. <log> is <store>/log, or [log] path.
 *
 * Lines. One entry a line, ended by LF (a crash may have left the last of a file without): one JSON
 * object in ASCII (mugai_record_to_json()). Members:
 *
 *     n          1 and so on over all files, without a gap
 *     previous   SHA-256 of the line before, without its LF, 64 lower-case hexadecimal digits; the
 *                first entry of all has 64 zeros
 *     time       ISO 8601 with the offset of local time
 *     host, uid, user, login_uid, login_user, sudo_user, via, verb, id, part, words, reason,
 *     outcome, sha256, sealed, size, received    see record.h; what is not said is left out
 *     torn_octets, torn_sha256, lost_head    see "Repairs"
 *     key, signature    last; left out where no key is configured
 *
 * Signature. Ed25519, base64, over the ASCII text "mugai-log-1" LF n LF H LF, H the SHA-256 of the
 * line as it is without key and signature: up to the octet before `,"key":"`, and then `}`.
 *
 * Head. <log>/.head is one line: "mugai-log-head-1 " n " " SHA-256 of the line n, and where there
 * is a key " " key " " signature, over the text "mugai-log-head-1" LF n LF SHA-256 LF. It is
 * replaced after each entry and never ahead of the files: so entries that are missing at the end
 * are missed. Who can write to <log> and has kept an older head can put both back; what finds that
 * is a head written down elsewhere, which is why programs send each one to syslog: without a key it
 * is the only thing that does. The head of a log that begins, before its first entry, is 0 and 64
 * zeros.
 *
 * <log>/.configuration is the SHA-256 of the configuration that the log was written by last:
 * another one is written down before it is gone by.
 *
 * Repairs. What a crash leaves after the last whole entry stays where it is, ended by a line end;
 * the next entry is one of the verb "repair", whose torn_octets and torn_sha256 say what stands
 * between it and the entry before. Where the head names an entry that is not there any more, or is
 * gone itself, a "repair" says so in lost_head, and the chain goes on from what is there.
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/record.h>

G_BEGIN_DECLS

/* One line at most, LF included; longer ones are no entries. */
#define MUGAI_AUDIT_LINE_OCTETS_MAX (256u * 1024u)

/* Entries that are written at once. */
#define MUGAI_AUDIT_RECORDS_MAX 256u

typedef struct MugaiAudit MugaiAudit;

/* Opens the log of @config, and makes <store>/log where it is missing (a [log] path must be there).
 * Owner-only and not a link, SYSTEM otherwise; CONFIG where the key is not usable. For one thread;
 * any number of processes at once. */
MugaiAudit *mugai_audit_open(const MugaiConfig *config, GError **error);
void mugai_audit_free(MugaiAudit *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiAudit, mugai_audit_free)

/* Writes @records (1 to MUGAI_AUDIT_RECORDS_MAX of MugaiRecord) down, all or, on failure, none that
 * anybody was promised; they are on the disk when this returns. Fills in number, previous, time and
 * offset. Whoever wants to give something out calls this first and gives out nothing where it
 * fails: SYSTEM, FULL, LIMIT.
 * @ret_head, newly allocated, is "N:SHA-256" of the last one: for syslog. */
gboolean mugai_audit_append(MugaiAudit *audit, const GPtrArray *records, char **ret_head,
                            GError **error);

/* Opens the log of @config, appends @records, and sends the head to syslog: what the command and
 * the desk do before they do anything. Where @config is another one than the log was written by
 * last, an entry "configure" of this process goes before. Errors of both, behind "not written down,
 * so not done: ". */
gboolean mugai_audit_write_down(const MugaiConfig *config, const GPtrArray *records,
                                GError **error);

/* An entry that says that @config is in force. */
MugaiRecord *mugai_audit_configure(const MugaiConfig *config, const MugaiActor *actor);
/* It is the one that the log is written by from now on. What is only remembered, in
 * <log>/.configuration, is not synced: at worst it is said twice. */
void mugai_audit_remember(const MugaiAudit *audit, const MugaiConfig *config);

/* Calls @visit for each entry from @since to before @until (unix seconds; 0: no bound), oldest
 * first, until it returns FALSE. @line is as it stands in the file, without its end. What is no
 * entry is passed over: verifying finds it. */
typedef gboolean (*MugaiAuditVisit)(const char *line, const MugaiRecord *record, gpointer data);
gboolean mugai_audit_visit(MugaiAudit *audit, gint64 since, gint64 until, MugaiAuditVisit visit,
                           gpointer data, GError **error);

/* --- is it as it was written? --- */

/* What verifying goes by beside the log itself. */
typedef struct {
    const char *const *public_keys; /* paths of files, NULL-terminated: every entry must be signed
                                       with one of them, or with the configured one. NULL: with
                                       the configured one, if there is one */
    const char *head; /* "N:SHA-256", written down elsewhere; may be NULL. What is not signed up to
                         N is of the time before there was a key */
} MugaiAuditProof;

typedef struct {
    guint64 entries, signed_entries, torn; /* torn: pieces that crashes left, said by repairs */
    guint64 faults;
    gint64 begins; /* time of the first entry */
    char *head;    /* "N:SHA-256" of the last entry, "0:" and zeros without one */
} MugaiAuditSummary;

void mugai_audit_summary_clear(MugaiAuditSummary *summary);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiAuditSummary, mugai_audit_summary_clear)

/* Called with each fault and, @fault FALSE, each remark: where ("2026-11.jsonl:12") and what, both
 * safe to print. */
typedef void (*MugaiAuditTell)(gboolean fault, const char *where, const char *what, gpointer data);

/* Reads all of it. TRUE: it was read, @ret_summary says with how many faults. FALSE: it could not
 * be read, MALFORMED for a @proof that is none. */
gboolean mugai_audit_verify(MugaiAudit *audit, const MugaiAuditProof *proof, MugaiAuditTell tell,
                            gpointer data, MugaiAuditSummary *ret_summary, GError **error);

G_END_DECLS
