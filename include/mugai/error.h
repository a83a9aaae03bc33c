/* error.h - the one error domain: codes name the consequence, not the place */
#pragma once

#include <glib.h>
#include <mugai/i18n.h>

G_BEGIN_DECLS

/**
 * MugaiErrorCode:
 * A code says what must follow. A bug of our own is no code: it aborts.
 */
typedef enum {
    MUGAI_ERROR_SYSTEM = 0, /* the operating system refused: I/O, memory, a lost process */
    MUGAI_ERROR_LIMIT,      /* a bound of limits.h or of the configuration was met */
    MUGAI_ERROR_MALFORMED,  /* octets from outside do not have the form they must have */
    MUGAI_ERROR_FULL,       /* the store is below its minimum of free space */
    MUGAI_ERROR_WORKER,     /* the worker died, ran too long or talked nonsense */
    MUGAI_ERROR_GUARD,      /* the guard said no, even to the notice-only message */
    MUGAI_ERROR_NOT_FOUND,  /* a well-formed name of something that is not there */
    MUGAI_ERROR_CONFIG,     /* the configuration is wrong; the message names file, line and key */
    MUGAI_ERROR_USAGE,      /* the command was called wrongly */
    MUGAI_ERROR_SIZE,       /* a message larger than the recipient's policy takes */
    MUGAI_ERROR_EXISTS,     /* the thing to be made is there already */
    MUGAI_ERROR_SEALED,     /* it is sealed, and the key or passphrase that opens it is not here */
} MugaiErrorCode;

#define MUGAI_ERROR (mugai_error_quark())
GQuark mugai_error_quark(void);

/**
 * MugaiReply:
 * An SMTP reply (RFC 5321 section 4.2, RFC 3463): static strings.
 */
typedef struct {
    const char *code;     /* "451" */
    const char *enhanced; /* "4.3.0" */
    const char *text;     /* plain ASCII, one line, no hostile octet in it */
} MugaiReply;

/* The reply for @error; whatever is unknown, NULL included, is 451 4.3.0: never a 2xx (I4). A 5xx
 * is for SIZE alone. */
const MugaiReply *mugai_error_reply(const GError *error);

/* The exit status of sysexits.h for @error; 2 for MUGAI_ERROR_USAGE, 1 for MUGAI_ERROR_NOT_FOUND.
 */
int mugai_error_exit_status(const GError *error);

/* Sets @error to code, the formatted text, ": " and strerror(@saved_errno). */
void mugai_error_set_errno(GError **error, int saved_errno, MugaiErrorCode code, const char *format,
                           ...) G_GNUC_PRINTF(4, 5);

G_END_DECLS
