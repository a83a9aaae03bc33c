/*
 * session.c - what libmilter calls: connections and the messages on them
 *
 *      negotiate -> { mail -> header… -> eoh -> body… -> eom, or abort at any time } -> close
 *
 * What was approved is what the MTA showed; what it delivers is what it holds. An MTA may cut on
 * the way to a milter: a value at its NUL, blanks before a colon. Postfix 3.7 makes the same cuts
 * in what it holds, but nobody has promised that. So every approved field is written back in its
 * place, and what was not shown is gone with the old one. The field that Postfix puts on top itself
 * and shows no milter is its own.
 *
 * Invariants: 1. "continue" at the end of a message is said in one place, reply(), to a message
 *                that was approved and written back, or that the MTA has been told to hold;
 *             2. everything that goes wrong is a 451, never a yes and never a no;
 *             3. an MTA that does not grant what is needed gets a 451 to each message.
 * Trust: everything but the MTA's framing is hostile. Nothing of it is in a reply; in the log it is
 *         quoted.
 * Limits: the envelope is not sealed: a sealed message may be sent again, within --max-age, to
 *         other recipients by whoever has it and reaches this MTA. Postfix with a milter cuts
 *         fields at 60,000 octets; what was sealed with a longer one is refused.
 */
#include "session.h"

#include "log.h"

#include <libmilter/mfapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ACTIONS_WRITE_BACK SMFIF_CHGHDRS
#define ACTIONS_HOLD (SMFIF_CHGHDRS | SMFIF_QUARANTINE)
/* Values with their leading space: what was sealed. */
#define STEPS_NEEDED SMFIP_HDR_LEADSPC
/* Neither who sends nor to whom matters; nothing is decided before the end. Chunks of the body are
 * answered: libmilter wants another answer to the last one, and does not say which it is. */
#define STEPS_WANTED                                                                               \
    (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NOUNKNOWN | SMFIP_NODATA |              \
     SMFIP_NR_MAIL | SMFIP_NR_HDR | SMFIP_NR_EOH)
#define LOGGED_OCTETS 256u

typedef struct {
    bool unfit; /* the MTA does not grant what is needed */
    MugaiGateMessage *message;
} Session;

typedef enum {
    OUTCOME_TEMPFAIL = 0,
    OUTCOME_REJECTED,
    OUTCOME_HELD,
    OUTCOME_PASSED,
} Outcome;

/* Set once, before libmilter runs. */
static MugaiGateService *the_service;

/* --- the end of a message --- */

static bool
write_field(char *name, int number, char *value, void *data)
{
    SMFICTX *ctx = data;

    return smfi_chgheader(ctx, name, number, value) == MI_SUCCESS;
}

static Outcome
fail(MugaiGateDecision *decision, const char *why)
{
    decision->verdict = MUGAI_GATE_TEMPFAIL;
    snprintf(decision->reason, sizeof(decision->reason), "%s", why);
    return OUTCOME_TEMPFAIL;
}

/* Has the MTA hold the message, which was refused. */
static Outcome
hold(SMFICTX *ctx, MugaiGateDecision *decision)
{
    char reason[MUGAI_GATE_REASON_OCTETS + 16];

    snprintf(reason, sizeof(reason), "mugai-gate: %s", decision->reason);
    if (smfi_quarantine(ctx, reason) == MI_SUCCESS)
        return OUTCOME_HELD;
    return fail(decision, "the MTA did not hold the message");
}

static Outcome
carry_out(SMFICTX *ctx, MugaiGateMessage *message, MugaiGateDecision *decision)
{
    switch (decision->verdict) {
    case MUGAI_GATE_PASS:
        if (mugai_gate_message_visit_fields(message, write_field, ctx))
            return OUTCOME_PASSED;
        return fail(decision, "the MTA did not take a field back");
    case MUGAI_GATE_REFUSE:
        return the_service->hold ? hold(ctx, decision) : OUTCOME_REJECTED;
    case MUGAI_GATE_TEMPFAIL:
        break;
    }
    return OUTCOME_TEMPFAIL;
}

/* Decides under the lock, so that keys do not change meanwhile, and tells the MTA without it: one
 * that does not read what it is told would keep a key in force that was taken away. */
static Outcome
conclude(SMFICTX *ctx, MugaiGateMessage *message, MugaiGateDecision *decision)
{
    if (pthread_mutex_lock(&the_service->lock) != 0)
        return fail(decision, "the keys cannot be read");
    mugai_gate_message_finish(message, the_service->keys, (int64_t)time(NULL), decision);
    pthread_mutex_unlock(&the_service->lock);
    return carry_out(ctx, message, decision);
}

static void
log_outcome(SMFICTX *ctx, const MugaiGateMessage *message, Outcome outcome, const char *reason)
{
    static const char *const names[] = {"tempfail", "rejected", "held", "passed"};
    static const int levels[] = {LOG_ERR, LOG_WARNING, LOG_WARNING, LOG_INFO};
    static char queue_id_macro[] = "i";
    const char *macro = smfi_getsymval(ctx, queue_id_macro);
    char queue_id[LOGGED_OCTETS];
    char id[LOGGED_OCTETS];

    mugai_gate_quote(queue_id, sizeof(queue_id), macro != NULL ? macro : "");
    mugai_gate_quote(id, sizeof(id), message != NULL ? mugai_gate_message_id(message) : "");
    mugai_gate_log(levels[outcome], "queue-id=\"%s\" id=\"%s\" key=\"%s\" outcome=%s reason=\"%s\"",
                   queue_id, id, message != NULL ? mugai_gate_message_key_id(message) : "",
                   names[outcome], reason);
}

/* Should a reply's text not be taken, libmilter answers with its own of the same class. */
static sfsistat
reply(SMFICTX *ctx, Outcome outcome, const char *reason)
{
    static char temporary[] = "451";
    static char permanent[] = "550";
    static char policy[] = "5.7.1";
    static char policy_temporary[] = "4.7.1";
    char text[MUGAI_GATE_REASON_OCTETS + 16];

    switch (outcome) {
    case OUTCOME_PASSED:
    case OUTCOME_HELD:
        return SMFIS_CONTINUE;
    case OUTCOME_REJECTED:
        snprintf(text, sizeof(text), "mugai-gate: %s", reason);
        (void)smfi_setreply(ctx, permanent, policy, text);
        return SMFIS_REJECT;
    case OUTCOME_TEMPFAIL:
        break;
    }
    snprintf(text, sizeof(text), "mugai-gate: try again later");
    (void)smfi_setreply(ctx, temporary, policy_temporary, text);
    return SMFIS_TEMPFAIL;
}

/* --- callbacks --- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long reserved2,
             unsigned long reserved3, unsigned long *ret_actions, unsigned long *ret_steps,
             unsigned long *ret_reserved2, unsigned long *ret_reserved3)
{
    unsigned long needed = the_service->hold ? ACTIONS_HOLD : ACTIONS_WRITE_BACK;
    Session *session = smfi_getpriv(ctx);

    if (session == NULL) {
        session = calloc(1, sizeof(*session));
        if (session == NULL || smfi_setpriv(ctx, session) != MI_SUCCESS) {
            free(session);
            return SMFIS_REJECT;
        }
    }
    session->unfit = (actions & needed) != needed || (steps & STEPS_NEEDED) != STEPS_NEEDED;
    if (session->unfit)
        mugai_gate_log(LOG_ALERT,
                       "the MTA does not let us see and write back fields as they are (actions="
                       "0x%lx steps=0x%lx): mail is not served; with Postfix set milter_protocol "
                       "= 6",
                       actions, steps);
    *ret_actions = session->unfit ? 0 : needed;
    *ret_steps = session->unfit ? 0 : STEPS_NEEDED | (steps & STEPS_WANTED);
    *ret_reserved2 = 0;
    *ret_reserved3 = 0;
    return SMFIS_CONTINUE;
}

static void
forget_message(Session *session)
{
    mugai_gate_message_free(session->message);
    session->message = NULL;
}

/* A message that cannot be begun shows at its end. */
static sfsistat
on_mail(SMFICTX *ctx, char **arguments)
{
    Session *session = smfi_getpriv(ctx);

    if (session == NULL || session->unfit)
        return reply(ctx, OUTCOME_TEMPFAIL, "");
    forget_message(session);
    session->message = mugai_gate_message_new(&the_service->policy);
    return SMFIS_NOREPLY;
}

/* The message that the connection is in; NULL if there is none. */
static MugaiGateMessage *
current_message(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);

    return session != NULL ? session->message : NULL;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
    MugaiGateMessage *message = current_message(ctx);

    if (message != NULL)
        mugai_gate_message_add_field(message, name, value);
    return SMFIS_NOREPLY;
}

static sfsistat
on_end_of_header(SMFICTX *ctx)
{
    MugaiGateMessage *message = current_message(ctx);

    if (message != NULL)
        mugai_gate_message_end_header(message);
    return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
    MugaiGateMessage *message = current_message(ctx);

    if (message != NULL)
        mugai_gate_message_add_body(message, octets, length);
    return SMFIS_CONTINUE;
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);
    MugaiGateMessage *message = current_message(ctx);
    MugaiGateDecision decision = {.verdict = MUGAI_GATE_TEMPFAIL,
                                  .reason = "no message was begun, or no memory for one"};
    Outcome outcome = OUTCOME_TEMPFAIL;

    if (message != NULL)
        outcome = conclude(ctx, message, &decision);
    log_outcome(ctx, message, outcome, decision.reason);
    if (session != NULL)
        forget_message(session);
    return reply(ctx, outcome, decision.reason);
}

static sfsistat
on_abort(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);

    if (session != NULL)
        forget_message(session);
    return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);

    if (session != NULL)
        forget_message(session);
    free(session);
    (void)smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

bool
mugai_gate_session_register(MugaiGateService *service)
{
    static char name[] = "mugai-gate";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = ACTIONS_HOLD,
        .xxfi_envfrom = on_mail,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };

    the_service = service;
    /* A header field may be longer than the 64 KiB that libmilter takes at once by default. */
    (void)smfi_setmaxdatasize(MUGAI_PROFILE_HEADER_SECTION_OCTETS + 4096u);
    if (smfi_register(callbacks) == MI_SUCCESS)
        return true;
    mugai_gate_log(LOG_ERR, "libmilter does not take the callbacks");
    return false;
}
