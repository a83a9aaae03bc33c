/*
 * desk.h - the counter of the quarantine: what is asked of it, what it answers, and who may ask
 *
 * mugai asks. Where the caller may open the store, root and the service's own user, the desk
 * answers in the same process; everybody else asks mugai-stored, which answers with the same desk.
 * Either way it asks first whether the caller may, writes down what is asked (I9), and then does
 * it.
 *
 * Requests and answers are plain data. What travels are their members, of which request.c and
 * answer.c in src/desk have the tables: another member, as the key of a sealed object will be one,
 * is one more line there.
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/fsck.h>
#include <mugai/record.h>
#include <mugai/retention.h>
#include <mugai/store.h>
#include <mugai/vault.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Errors of the desk: the code is the exit status of mugai (sysexits.h). */
#define MUGAI_DESK_ERROR (mugai_desk_error_quark())
GQuark mugai_desk_error_quark(void);

/* --- what is asked --- */

typedef enum {
    MUGAI_VERB_NONE = 0,
    MUGAI_VERB_LIST,
    MUGAI_VERB_SHOW,
    MUGAI_VERB_GET,
    MUGAI_VERB_RELEASE,
    MUGAI_VERB_REQUEST, /* a release that somebody else is to approve */
    MUGAI_VERB_APPROVE,
    MUGAI_VERB_WITHDRAW, /* takes a request back */
    MUGAI_VERB_HOLD,
    MUGAI_VERB_UNHOLD,
    MUGAI_VERB_DELETE,
    MUGAI_VERB_PURGE,
    MUGAI_VERB_FSCK,
    MUGAI_VERB_REPLAY,
    MUGAI_VERB_LOG,
    MUGAI_VERB_VERIFY, /* log --verify */
    MUGAI_VERB_KEYS,   /* what the original of id, and unless brief the index, is sealed with */
    MUGAI_VERB_STATS,
    MUGAI_VERBS,
} MugaiVerb;

/* What stats counts apart. */
typedef enum {
    MUGAI_BY_NOTHING = 0,
    MUGAI_BY_DAY,       /* local, of receipt: "2026-11-20" */
    MUGAI_BY_SENDER,    /* the domain of the envelope sender, "<>" without one */
    MUGAI_BY_RECIPIENT, /* the domain of each envelope recipient */
    MUGAI_BY_TYPE,      /* the true type of each part */
    MUGAI_BYS,
} MugaiBy;

/**
 * MugaiRequest:
 * One thing that is asked. Strings are octets as typed, hostile; NULL: not said.
 */
typedef struct {
    MugaiVerb verb;
    MugaiId id;
    char *part;
    char *reason;
    GPtrArray *words; /* of char*, as typed, for the log */
    /* list; since, until and limit also of log and replay */
    gint64 since, until; /* unix seconds, 0: no bound */
    guint limit;         /* 0: none */
    char *from, *to, *subject, *name, *text, *state, *queue_id, *message_id;
    gboolean removed, warnings, held, damaged;
    MugaiId before;
    gboolean brief;          /* show: the entry alone */
    gboolean as_text;        /* get: the sanitized text */
    gboolean named;          /* get: also what the part is called */
    GPtrArray *recipients;   /* release, request: of char* */
    gboolean again;          /* release, request: also to whom it was released before */
    gboolean dry_run, force; /* purge */
    gboolean repair;         /* fsck */
    MugaiBy by;              /* stats; limit: the most frequent ones alone */
    /* replay: the other configuration, what its file is called, and whether texts are wanted */
    char *config_text, *config_name;
    gboolean diff;
    /* log */
    char *user, *logged_verb;
    char *head;      /* with VERIFY: "N:SHA-256" */
    GPtrArray *keys; /* with VERIFY: of char*, public keys as their files have them */
    /* show, get, release, approve, list: of char*, what KEYS has told and a private key has opened
     * (mugai_data_key_format()) */
    GPtrArray *data_keys;
    /* fsck, replay: opens whatever it can. Does not travel: for who may open the store himself */
    const MugaiVaultKey *vault_key;
} MugaiRequest;

/* Frees what a request that was read has. */
void mugai_request_clear(MugaiRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiRequest, mugai_request_clear)

/* Data key @number as it travels, newly allocated: to be wiped. */
char *mugai_data_key_format(guint64 number, const MugaiVaultDataKey *data_key);
/* FALSE if @text is none. */
gboolean mugai_data_key_parse(const char *text, guint64 *ret_number, MugaiVaultDataKey *ret_key);

/* "list": as the log has it. */
const char *mugai_verb_name(MugaiVerb verb);

/* --- what is answered --- */

typedef enum {
    MUGAI_ANSWER_NONE = 0,
    MUGAI_ANSWER_COMPLAINT, /* text: for standard error */
    MUGAI_ANSWER_ENTRY,     /* entry: one of a list */
    MUGAI_ANSWER_SHOWN,     /* entry; sha256 of the original, NULL: what is wrong with it in text */
    MUGAI_ANSWER_PENDING,   /* text: a request for a release (record.h) that waits */
    MUGAI_ANSWER_LOOK,      /* text: a line of the log */
    MUGAI_ANSWER_GIFT,      /* descriptor: a file; name: of the part in the message; received */
    MUGAI_ANSWER_DONE,      /* text: what became of id */
    MUGAI_ANSWER_RELEASED,  /* name: a recipient, outcome: a MugaiReleaseOutcome, text: why not */
    MUGAI_ANSWER_FINDING,   /* outcome: a MugaiFsckKind, name, text, flag: repaired */
    MUGAI_ANSWER_PROGRESS,  /* objects, octets so far */
    MUGAI_ANSWER_FSCK,      /* the summary: objects, octets, findings, repaired, recent */
    MUGAI_ANSWER_PURGED, /* id, outcome: a MugaiPurgeOutcome, received, size, sha256, text: why */
    MUGAI_ANSWER_PURGE,  /* the summary: purge */
    MUGAI_ANSWER_DIFFERENCE, /* id, before, after */
    MUGAI_ANSWER_REPLAY,     /* the summary: objects compared, findings: different, failed */
    MUGAI_ANSWER_FAULT,      /* of the log: flag: it is one, name: where, text: what */
    MUGAI_ANSWER_VERIFIED, /* of the log: objects: entries, signatures, findings, text: the head */
    MUGAI_ANSWER_END,      /* outcome: the exit status; text: why, NULL if that is said */
    MUGAI_ANSWER_BOX,      /* octets: which data key, 0 the original's, others the index's; name:
                              the id of the key it is sealed to; text: sealed, in base64 */
    MUGAI_ANSWER_TALLY,    /* tally; name: of what, hostile, NULL: of all, which comes first */
    MUGAI_ANSWERS,
} MugaiAnswerKind;

#define MUGAI_DISPOSITIONS 4u

/* What sanitizing made of a message. */
typedef struct {
    char *sha256;
    char *failure;                    /* NULL: none */
    char *text;                       /* NULL: not asked for */
    guint counts[MUGAI_DISPOSITIONS]; /* of parts, by MugaiDisposition */
} MugaiSide;

/* Messages and their parts, counted. */
typedef struct {
    guint64 messages, passed, notice_only, unknown; /* unknown: what became of it */
    guint64 octets;                                 /* of the originals; by type: of the parts */
    guint64 parts[MUGAI_DISPOSITIONS];              /* by MugaiDisposition */
    guint64 warned, held, damaged;                  /* messages */
} MugaiTally;

/**
 * MugaiAnswer:
 * One piece of an answer. One that the desk makes owns nothing, one that was read owns all. Strings
 * are hostile: they tell of mail.
 */
typedef struct {
    MugaiAnswerKind kind;
    MugaiId id;
    char *name, *text, *sha256;
    guint outcome;
    gboolean flag;
    gint64 received; /* unix seconds, -1: not known */
    guint64 size;
    gboolean has_size;
    MugaiEntry *entry;
    int descriptor; /* of GIFT alone */
    guint64 objects, octets, findings, repaired, recent, failed, signatures;
    MugaiPurgeSummary purge;
    MugaiSide before, after;
    MugaiTally tally;
} MugaiAnswer;

void mugai_answer_clear(MugaiAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiAnswer, mugai_answer_clear)

/* --- who may ask --- */

typedef enum {
    MUGAI_ROLE_VIEWER = 1 << 0,
    MUGAI_ROLE_RELEASER = 1 << 1,
    MUGAI_ROLE_AUDITOR = 1 << 2,
    MUGAI_ROLE_ADMINISTRATOR = 1 << 3,
} MugaiRole;

/* Roles, each a bit. */
typedef guint MugaiRoles;

/* The roles that [access] gives to members of @groups. A group that there is not has no members. */
MugaiRoles mugai_desk_find_roles(const MugaiConfig *config, const gid_t *groups, gsize n_groups);

/* --- what travels --- */

/* To and from the form that travels; from: strict, MALFORMED on anything that would not have been
 * written. What was read is cleared by the reader's caller. A descriptor travels beside it. */
GVariant *mugai_request_to_variant(const MugaiRequest *request);
gboolean mugai_request_from_variant(GVariant *variant, MugaiRequest *ret_request, GError **error);
GVariant *mugai_answer_to_variant(const MugaiAnswer *answer);
gboolean mugai_answer_from_variant(GVariant *variant, MugaiAnswer *ret_answer, GError **error);

/* Sends and receives a packet over a SOCK_SEQPACKET socket, in the time that the socket allows; a
 * long one travels as a sealed memfd. Sending: LIMIT, SYSTEM. Receiving: MALFORMED, SYSTEM, and
 * NOT_FOUND at the end of the socket. */
gboolean mugai_request_send(int fd, const MugaiRequest *request, GError **error);
gboolean mugai_request_receive(int fd, MugaiRequest *ret_request, GError **error);
gboolean mugai_answer_send(int fd, const MugaiAnswer *answer, GError **error);
gboolean mugai_answer_receive(int fd, MugaiAnswer *ret_answer, GError **error);

/* --- asking --- */

/* Is told each answer; FALSE: nobody listens any more. */
typedef gboolean (*MugaiDeskTell)(const MugaiAnswer *answer, gpointer data);

typedef struct {
    const MugaiConfig *config;
    const MugaiActor *actor; /* who asks */
    gboolean direct;         /* in a process of the caller's, who may open the store: may all */
    MugaiRoles roles;        /* of others */
    MugaiDeskTell tell;
    gpointer data;
} MugaiDesk;

/* Does what is asked and tells the answers. The exit status; or -1 with a MUGAI_DESK_ERROR, of
 * which nobody was told yet. */
int mugai_desk_serve(const MugaiDesk *desk, const MugaiRequest *request, GError **error);

/* An empty file without a name for reading and writing, -1 with @error. */
int mugai_desk_open_unnamed(GError **error);

G_END_DECLS
