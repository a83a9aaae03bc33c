/* audit_private.h - what the files of the log of looks share */
#pragma once

#include "store_private.h"

#include <mugai/audit.h>
#include <mugai/seal.h>

G_BEGIN_DECLS

#define MUGAI_AUDIT_HEAD ".head"
#define MUGAI_AUDIT_CONFIGURATION ".configuration"
#define MUGAI_AUDIT_ENTRY_CONTEXT "mugai-log-1\n"
#define MUGAI_AUDIT_HEAD_CONTEXT "mugai-log-head-1\n"
#define MUGAI_AUDIT_HEAD_MARK "mugai-log-head-1 "

struct MugaiAudit {
    int directory; /* locked while the end is read and written */
    char *path;
    uid_t owner; /* of the directory, and so of its files */
    gid_t group;
    MugaiSealKey *key; /* NULL: entries are not signed */
};

/* --- audit_lines.c: files and lines --- */

/* The names of the log's files, oldest first. */
GPtrArray *mugai_audit_list_files(MugaiAudit *audit, GError **error);

/* The lines of one open file, up to a size that it had. */
typedef struct {
    int file;
    guint64 at, size; /* octets */
    guint64 line;     /* number of the last one, from 1 */
    char *buffer;
    gsize start, end; /* of what is buffered */
    gboolean inside;  /* the last piece did not end */
} MugaiAuditReader;

/* Reads from @at, the beginning of a line, to @size; @file stays the caller's. */
void mugai_audit_reader_init(MugaiAuditReader *reader, int file, guint64 at, guint64 size);
void mugai_audit_reader_clear(MugaiAuditReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiAuditReader, mugai_audit_reader_clear)

/* A line, or a piece of one that does not end or is too long; valid until the next is read. */
typedef struct {
    const char *octets; /* NUL-terminated */
    gsize length;       /* without the LF */
    gboolean whole;     /* it is a line; the last one of a file may lack its LF */
    gboolean ended;     /* its LF was there */
} MugaiAuditPiece;

/* FALSE at the end, or with @error. */
gboolean mugai_audit_reader_next(MugaiAuditReader *reader, MugaiAuditPiece *ret_piece,
                                 GError **error);

/* SHA-256 of @length octets, as digits. */
void mugai_audit_hash(const char *octets, gsize length, char ret_hash[MUGAI_RECORD_HASH_SIZE]);

/* What .head says. */
typedef struct {
    gboolean present;
    guint64 number; /* 0: of a log that has no entry yet */
    char hash[MUGAI_RECORD_HASH_SIZE];
    char *key, *signature; /* NULL: unsigned */
} MugaiAuditHead;

void mugai_audit_head_clear(MugaiAuditHead *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiAuditHead, mugai_audit_head_clear)

/* TRUE, and not present, where there is none. MALFORMED if it is none of ours. */
gboolean mugai_audit_head_read(MugaiAudit *audit, MugaiAuditHead *ret_head, GError **error);
/* "N:HASH" as people write heads down. */
gboolean mugai_audit_head_parse(const char *text, MugaiAuditHead *ret_head);
/* The text that a head's signature, or an entry's (@context), is over. */
char *mugai_audit_signed_text(const char *context, guint64 number, const char *hash);

G_END_DECLS
