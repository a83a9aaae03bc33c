/* release.h - originals go out again, by SMTP, to whom the configuration allows */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/id.h>

G_BEGIN_DECLS

/* Recipients of one release. */
#define MUGAI_RELEASE_RECIPIENTS_MAX 20u

typedef enum {
    MUGAI_RELEASE_FAILED = 0, /* certainly not now; a later try may */
    MUGAI_RELEASE_REFUSED,    /* certainly not, for good (5xx) */
    MUGAI_RELEASE_UNKNOWN,    /* all was sent, and no answer came: it may have arrived */
    MUGAI_RELEASE_ACCEPTED,   /* the server has taken it on */
} MugaiReleaseOutcome;

/* One recipient and what came of it. */
typedef struct {
    char *address; /* plain */
    MugaiReleaseOutcome outcome;
    char *reply; /* why, one clean line: the server's own words, or ours */
} MugaiReleaseRecipient;

MugaiReleaseRecipient *mugai_release_recipient_new(const char *address);
void mugai_release_recipient_free(MugaiReleaseRecipient *recipient);

/* Why @address may not get originals; NULL if it may. */
char *mugai_release_object(const MugaiConfig *config, const char *address);

/* Whether the original in @fd can go by SMTP without a change: CRLF line ends only, the last octet
 * one of them, no NUL, no line over 998 octets, nothing that would become part of the fields before
 * it. MALFORMED with what and where, SYSTEM. */
gboolean mugai_release_check_original(int fd, GError **error);

/* A mail server, and how the connection to it is protected. Borrowed. */
typedef struct {
    const char *url;     /* smtp://HOST:PORT or smtps://HOST:PORT */
    guint tls;           /* a MugaiTls */
    const char *ca_file; /* PEM; NULL: the system's */
} MugaiMailServer;

/* Hands @fields (ended by CRLF each, or "") and what is in @fd, as mugai_release_check_original()
 * wants it, to @server for @recipients (1 to MUGAI_RELEASE_RECIPIENTS_MAX of MugaiReleaseRecipient)
 * at once, and fills in what came of each. */
void mugai_release_hand_over(const MugaiMailServer *server, const char *sender, const char *fields,
                             int fd, const GPtrArray *recipients);

/* Hands the original in @fd, behind Resent-* fields (RFC 5322 section 3.6.6) with nothing of it
 * changed, to [release] server: the same. */
void mugai_release_send(const MugaiConfig *config, const MugaiId *id, int fd,
                        const GPtrArray *recipients);

G_END_DECLS
