/*
 * record.h - one entry of the log of looks (I9): who did what, when, why, and what came of it;
 * plain data and its JSON form
 *
 * The JSON is the line that <store>/log holds; its format is written down in audit.h.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Digits of a SHA-256 and the NUL. */
#define MUGAI_RECORD_HASH_SIZE 65u

/* Who asks. Strings are valid UTF-8, never NULL, "" where there is nothing. */
typedef struct {
    guint32 uid;      /* from the kernel: getuid(), or SO_PEERCRED of a client */
    char *user;       /* its name */
    gint64 login_uid; /* whom the login session began with (/proc/PID/loginuid), -1: nobody */
    char *login_user; /* its name */
    char *sudo_user;  /* whom sudo names; kept only where @uid is 0, which could lie anyway */
    char *via;        /* the program that asks: "mugai", "mugaid" */
    char *host;       /* where it runs */
} MugaiActor;

/* The caller of this process. */
MugaiActor *mugai_actor_self(const char *via);
/* The process @pid, which the kernel says is @uid's. Whom its session began with is what can be
 * read now: it is no more than a help if the process may have ended. */
MugaiActor *mugai_actor_peer(guint32 uid, gint32 pid, const char *via);
void mugai_actor_free(MugaiActor *actor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiActor, mugai_actor_free)

/* One entry. Strings NULL: not said. Everything but number, previous and time is the caller's. */
typedef struct {
    guint64 number;                        /* 1 and so on, without a gap */
    char previous[MUGAI_RECORD_HASH_SIZE]; /* SHA-256 of the line before; zeros for the first */
    gint64 time;                           /* unix seconds */
    gint32 offset;                         /* of local time then, seconds east of UTC */
    MugaiActor *actor;
    char *verb;       /* "list", "show", "get", "hold", ...; "repair" is the log's own */
    char *id;         /* of the message */
    char *part;       /* of the message, as show numbers them */
    GPtrArray *words; /* of char*: what was typed after the verb; may be NULL */
    char *reason;
    char *outcome; /* "granted", "refused: WHY", "failed: WHY" */
    /* of an original that goes, or of a configuration */
    char *sha256;
    gint64 received; /* unix seconds; -1: not said */
    guint64 size;    /* octets */
    gboolean has_size;
    gboolean sealed; /* it could not be opened: @sha256 is the one at the end of its file, see
                        vault.h */
    /* of "repair" alone */
    guint64 torn_octets; /* what stood after the last whole entry; 0: nothing */
    char *torn_sha256;
    char *lost_head; /* "N:HASH" that should have been the end and was not, "none": the head was
                        gone; NULL: all is well */
    /* of the signature; NULL: unsigned */
    char *key;       /* sixteen lower-case hexadecimal digits */
    char *signature; /* 88 characters of base64 */
} MugaiRecord;

/* An entry of @actor (copied) that does @verb to @id (may be NULL), with @outcome. */
MugaiRecord *mugai_record_new(const MugaiActor *actor, const char *verb, const char *id,
                              const char *outcome);
void mugai_record_free(MugaiRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiRecord, mugai_record_free)

/* One line of ASCII without its end, members in the order of audit.h, key and signature left out.
 */
char *mugai_record_to_json(const MugaiRecord *record);
/* Reads a whole line, signed or not. MALFORMED. What it says may be anybody's lie. */
MugaiRecord *mugai_record_from_json(const char *json, gssize length, GError **error);

G_END_DECLS
