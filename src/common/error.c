/*
 * error.c - what follows from an error: one SMTP reply, one exit status
 *
 * Two tables and nothing else. What a table does not know gets the cautious answer: a temporary
 * rejection, so that the message stays with its sender (I4).
 */
#include <mugai/error.h>

#include <stdarg.h>
#include <sysexits.h>

G_DEFINE_QUARK(mugai - error - quark, mugai_error)

static const MugaiReply reply_default = {"451", "4.3.0",
                                         "Message could not be sanitized, try again later"};

static const struct {
    MugaiErrorCode code;
    MugaiReply reply;
} replies[] = {
    {MUGAI_ERROR_FULL, {"452", "4.3.1", "Insufficient system storage, try again later"}},
    {MUGAI_ERROR_LIMIT, {"451", "4.3.4", "Message exceeds a limit, try again later"}},
    {MUGAI_ERROR_SIZE, {"552", "5.3.4", "Message is larger than the recipient may get"}},
};

static const struct {
    MugaiErrorCode code;
    int status;
} exits[] = {
    {MUGAI_ERROR_SYSTEM, EX_OSERR},
    {MUGAI_ERROR_LIMIT, EX_DATAERR},
    {MUGAI_ERROR_MALFORMED, EX_DATAERR},
    {MUGAI_ERROR_FULL, EX_CANTCREAT},
    {MUGAI_ERROR_WORKER, EX_SOFTWARE},
    {MUGAI_ERROR_GUARD, EX_SOFTWARE},
    {MUGAI_ERROR_NOT_FOUND, 1},
    {MUGAI_ERROR_CONFIG, EX_CONFIG},
    {MUGAI_ERROR_USAGE, 2},
    {MUGAI_ERROR_SIZE, EX_DATAERR},
    {MUGAI_ERROR_EXISTS, EX_CANTCREAT},
};

const MugaiReply *
mugai_error_reply(const GError *error)
{
    if (error == NULL || error->domain != MUGAI_ERROR)
        return &reply_default;
    for (gsize i = 0; i < G_N_ELEMENTS(replies); i++) {
        if (error->code == (int)replies[i].code)
            return &replies[i].reply;
    }
    return &reply_default;
}

int
mugai_error_exit_status(const GError *error)
{
    if (error == NULL || error->domain != MUGAI_ERROR)
        return EX_SOFTWARE;
    for (gsize i = 0; i < G_N_ELEMENTS(exits); i++) {
        if (error->code == (int)exits[i].code)
            return exits[i].status;
    }
    return EX_SOFTWARE;
}

void
mugai_error_set_errno(GError **error, int saved_errno, MugaiErrorCode code, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, MUGAI_ERROR, (int)code, "%s: %s", what, g_strerror(saved_errno));
}
