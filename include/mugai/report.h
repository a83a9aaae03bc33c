/* report.h - what became of a message: its envelope, its parts, its oddities; plain data, GVariant
 * and JSON forms */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MugaiEnvelope:
 * What cannot be derived from the message itself. All strings are as the MTA handed them over, made
 * valid UTF-8; hostile. Stored as JSON in the object's gzip header.
 */
typedef struct {
    gint64 received;       /* seconds since 1970, UTC */
    char *sender;          /* without <>; "" for the null sender */
    GPtrArray *recipients; /* of char*, without <> */
    char *client_name;
    char *client_address;
    char *helo;
    char *queue_id;
} MugaiEnvelope;

MugaiEnvelope *mugai_envelope_new(gint64 received);
/* One that shares nothing with @envelope. */
MugaiEnvelope *mugai_envelope_copy(const MugaiEnvelope *envelope);
void mugai_envelope_free(MugaiEnvelope *envelope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiEnvelope, mugai_envelope_free)

/* ASCII JSON (everything else as \u escapes), one line, no NUL. */
char *mugai_envelope_to_json(const MugaiEnvelope *envelope);
/* MALFORMED if it is not such JSON; unknown members are ignored. */
MugaiEnvelope *mugai_envelope_from_json(const char *json, gssize length, GError **error);

typedef enum {
    MUGAI_UNREADABLE = 0, /* could not be read with one meaning: not shown */
    MUGAI_REMOVED,        /* understood, and left out */
    MUGAI_CONVERTED,      /* shown as text made from it */
    MUGAI_KEPT,           /* text/plain, shown */
} MugaiDisposition;

/* "kept", "converted", "removed", "unreadable" */
const char *mugai_disposition_name(MugaiDisposition disposition);

/* One leaf part. Strings are valid UTF-8, never NULL, hostile. */
typedef struct {
    char *path;          /* as IMAP numbers parts: "1", "2.1" */
    char *type;          /* what it is taken for: "text/html" */
    char *declared_type; /* what its header says, "" without one */
    char *name;          /* file name, decoded and cleaned; "" without one */
    guint64 size;        /* octets decoded */
    char sha256[65];     /* of the decoded octets, lower-case hex */
    MugaiDisposition disposition;
    char *reason; /* a word: "attachment", "alternative", "limit", ... */
} MugaiPart;

MugaiPart *mugai_part_new(const char *path);
void mugai_part_free(MugaiPart *part);

/**
 * MugaiReport:
 * What the worker says of one message. Everything in it is a claim of an untrusted process. Counted
 * references, of any thread's: who has only one of several changes nothing.
 */
typedef struct {
    char *subject; /* decoded, one clean line */
    char *from;    /* header From, decoded, one clean line */
    char *message_id;
    char *date;                /* as emitted */
    GPtrArray *parts;          /* of MugaiPart */
    GPtrArray *ambiguities;    /* of char*: "code: detail" */
    GPtrArray *warnings;       /* of char* */
    GPtrArray *authentication; /* of char*: "NAME: value" of the fields in which a mail server says
                                  what it found of the sender (RFC 8601), above the first Received,
                                  one clean line each; anybody's claim where no server removes
                                  forged ones (section 5) */
} MugaiReport;

MugaiReport *mugai_report_new(void);
/* Another reference, to be freed as the first. */
MugaiReport *mugai_report_ref(const MugaiReport *report);
void mugai_report_free(MugaiReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiReport, mugai_report_free)

/* Adds a remark to @list (ambiguities or warnings), each once, at most MUGAI_LIMIT_REMARKS. */
void mugai_report_remark(GPtrArray *list, const char *code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* How many parts have @disposition. */
guint mugai_report_count(const MugaiReport *report, MugaiDisposition disposition);

/* To and from the form that travels; from: strict. */
GVariant *mugai_report_to_variant(const MugaiReport *report);
MugaiReport *mugai_report_from_variant(GVariant *variant, GError **error);

/* What the trusted side knows of a message. */
typedef struct {
    const char *id;
    gint64 received;
    gint32 offset; /* of local time, seconds east of UTC */
    guint64 original_size;
    const char *original_sha256; /* lower-case hex */
    guint64 output_size;
    const char *output_sha256;
} MugaiFacts;

/* The report of DESIGN as JSON, one line when @pretty is FALSE: id, received, original, output,
 * parts, ambiguities, warnings, and subject, from, message_id; "authentication" where there is any.
 * With @envelope (may be NULL) also "envelope", with @state (may be NULL) also "state". Newly
 * allocated UTF-8. */
char *mugai_report_to_json(const MugaiReport *report, const MugaiFacts *facts,
                           const MugaiEnvelope *envelope, const char *state, gboolean pretty);
/* Reads back what mugai_report_to_json() wrote (the index keeps it). MALFORMED otherwise. */
MugaiReport *mugai_report_from_json(const char *json, gssize length, GError **error);

G_END_DECLS
