/*
 * desk.c - one request: may it be, then what its verb does, then how it ended
 *
 * Invariants: 1. no verb runs that roles.c has not granted; a refusal is written down (I9);
 *             2. -1 has an error, and it is the desk's own: whoever asked gets status and words.
 */
#include "desk_private.h"

#include <stdarg.h>
#include <sysexits.h>

G_DEFINE_QUARK(mugai - desk - error - quark, mugai_desk_error)

static const struct {
    const char *name; /* in the log */
    MugaiDeskVerb run;
} verbs[MUGAI_VERBS] = {
    [MUGAI_VERB_LIST] = {"list", mugai_desk_list},
    [MUGAI_VERB_SHOW] = {"show", mugai_desk_show},
    [MUGAI_VERB_GET] = {"get", mugai_desk_get},
    [MUGAI_VERB_RELEASE] = {"release", mugai_desk_release},
    [MUGAI_VERB_REQUEST] = {"request", mugai_desk_request},
    [MUGAI_VERB_APPROVE] = {"approve", mugai_desk_approve},
    [MUGAI_VERB_WITHDRAW] = {"withdraw", mugai_desk_withdraw},
    [MUGAI_VERB_HOLD] = {"hold", mugai_desk_hold},
    [MUGAI_VERB_UNHOLD] = {"unhold", mugai_desk_hold},
    [MUGAI_VERB_DELETE] = {"delete", mugai_desk_delete},
    [MUGAI_VERB_PURGE] = {"purge", mugai_desk_purge},
    [MUGAI_VERB_FSCK] = {"fsck", mugai_desk_fsck},
    [MUGAI_VERB_REPLAY] = {"replay", mugai_desk_replay},
    [MUGAI_VERB_LOG] = {"log", mugai_desk_log},
    [MUGAI_VERB_VERIFY] = {"log", mugai_desk_verify},
    [MUGAI_VERB_KEYS] = {"keys", mugai_desk_keys},
    [MUGAI_VERB_STATS] = {"stats", mugai_desk_stats},
};

const char *
mugai_verb_name(MugaiVerb verb)
{
    g_assert(verb > MUGAI_VERB_NONE && verb < MUGAI_VERBS);
    return verbs[verb].name;
}

void
mugai_desk_complain(const MugaiDesk *desk, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    desk->tell(&(MugaiAnswer){.kind = MUGAI_ANSWER_COMPLAINT, .text = text}, desk->data);
}

gboolean
mugai_desk_refuse(GError **error, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error != NULL)
        *error = g_error_new_valist(MUGAI_DESK_ERROR, status, format, arguments);
    va_end(arguments);
    return FALSE;
}

/* What is there already, or held, or released, is a "no", not a failure. */
static int
status_of(const GError *error)
{
    if (error->domain == MUGAI_DESK_ERROR)
        return error->code;
    return g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS) ? 1
                                                                   : mugai_error_exit_status(error);
}

static int
run(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiRecord) record = NULL;

    if (mugai_desk_check_role(desk, request, &why))
        return verbs[request->verb].run(desk, request, error);
    record = mugai_desk_record(desk, request);
    mugai_desk_note(desk, record, why, error);
    return -1;
}

int
mugai_desk_serve(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(GError) why = NULL;
    int status = run(desk, request, &why);

    if (status >= 0)
        return status;
    g_set_error_literal(error, MUGAI_DESK_ERROR, status_of(why), why->message);
    return -1;
}
