/*
 * session.c - what libmilter calls: connections and the messages on them
 *
 *      negotiate -> connect -> helo -> { message } -> close
 *      message: mail -> rcpt… -> data -> header… -> eoh -> body… -> eom, or abort at any time
 *
 * The message begins with its first header field: by then all recipients and the queue id are
 * known, so the store's object and the spool are begun and everything that follows is streamed into
 * both. What goes wrong on the way is kept and answered at the end of the message, for in between
 * no replies are sent (SMFIP_NR_*).
 *
 * Invariants: 1. a message is accepted on one path only: finish_message() returning TRUE;
 *                everything else is a 4xx (I4), or 552 where a policy takes none of that size;
 *             2. there the order is fixed: the original is kept, the guard has said yes, then the
 *                MTA is told (I1, I2);
 *             3. a connection on which the MTA does not grant all that is needed is not served;
 *             4. an aborted message leaves nothing behind, not on the connection and not in the
 *                store.
 * Trust: everything but the MTA's framing is hostile: addresses, names, octets. They are stored,
 *         handed to the worker, quoted for the log, and not interpreted.
 * Errors: SYSTEM, FULL, LIMIT, GUARD: each a reply of mugai_error_reply().
 * Limits: memory of a connection: 64 KiB buffer, 64 KiB chunk, 1 MiB spool, recipients and field
 *         names (below), and at the end of a message what the worker gave: 14 MiB at most, a few
 *         KiB as a rule.
 */
#include "session.h"

#include "replace.h"
#include "spool.h"

#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>
#include <mugai/policy.h>
#include <mugai/text.h>
#include <mugai/time.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* Without these nothing is sanitized; the leading space because the original is kept octet for
 * octet. */
#define ACTIONS_NEEDED (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY)
#define STEPS_NEEDED SMFIP_HDR_LEADSPC
/* Nothing is decided before the end of a message, so nothing needs a reply before. */
#define STEPS_WANTED                                                                               \
    (SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT |             \
     SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)

/* Octets of all recipients: 10,000 of usual length, or fewer long ones. */
#define RECIPIENTS_OCTETS_MAX (MUGAI_LIMIT_ENVELOPE_OCTETS / 4u)
#define LOGGED_CHARACTERS 200u

/* A message under way. */
typedef struct {
    MugaiService *service;
    MugaiEnvelope *envelope;
    gsize recipients_octets;
    MugaiTime received;
    gint64 begun;     /* monotonic; with the first field */
    gint64 stage_end; /* of the last stage that it has come through */
    MugaiTimes times;
    MugaiId id; /* empty before the first field */
    /* From the first field on: */
    MugaiObject *object;
    MugaiSpool *spool;
    MugaiFields *fields;
    MugaiTreatment treatment; /* at the end, when all recipients are known */
    GError *failure;          /* the first, to be answered at the end */
} Message;

typedef struct {
    char *client_name;
    char *client_address;
    char *helo;
    Message *message; /* NULL between messages */
} Session;

/* Set once, before libmilter runs. */
static MugaiDuty *the_duty;
static MugaiIndexer *the_indexer;
static MugaiMetrics *the_metrics;

/* --- messages --- */

static void
message_free(Message *message)
{
    if (message == NULL)
        return;
    mugai_spool_free(message->spool);
    mugai_object_abort(message->object);
    mugai_fields_free(message->fields);
    mugai_envelope_free(message->envelope);
    g_clear_error(&message->failure);
    if (message->service != NULL)
        mugai_duty_leave(the_duty, message->service);
    g_free(message);
}

/* Text of the MTA's, as valid UTF-8. */
static void
set_valid(char **field, const char *value)
{
    g_free(*field);
    *field = g_utf8_make_valid(value != NULL ? value : "", -1);
}

static Message *
message_new(const Session *session)
{
    Message *message = g_new0(Message, 1);

    message->received = mugai_time_local(g_get_real_time() / G_USEC_PER_SEC);
    for (gsize i = 0; i < MUGAI_STAGES; i++)
        message->times.microseconds[i] = -1;
    message->fields = mugai_fields_new();
    message->envelope = mugai_envelope_new(message->received.seconds);
    set_valid(&message->envelope->client_name, session->client_name);
    set_valid(&message->envelope->client_address, session->client_address);
    set_valid(&message->envelope->helo, session->helo);
    message->service = mugai_duty_enter(the_duty);
    if (message->service == NULL)
        g_set_error_literal(&message->failure, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "mugaid is ending");
    return message;
}

/* An address of the envelope without <>, valid UTF-8. */
static char *
bare_address(const char *argument)
{
    gsize length = strlen(argument);

    if (length >= 2 && argument[0] == '<' && argument[length - 1] == '>')
        return g_utf8_make_valid(argument + 1, (gssize)(length - 2));
    return g_utf8_make_valid(argument, -1);
}

static void
add_recipient(Message *message, const char *argument)
{
    GPtrArray *recipients = message->envelope->recipients;

    message->recipients_octets += strlen(argument);
    if (recipients->len < MUGAI_LIMIT_RECIPIENTS &&
        message->recipients_octets <= RECIPIENTS_OCTETS_MAX)
        g_ptr_array_add(recipients, bare_address(argument));
    else if (message->failure == NULL)
        g_set_error_literal(&message->failure, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                            "too many recipients");
}

/* Begins object and spool; later calls do nothing. */
static gboolean
begin_original(SMFICTX *ctx, Message *message)
{
    static char queue_id_macro[] = "i";

    if (message->failure != NULL || message->object != NULL)
        return message->failure == NULL;
    message->begun = message->stage_end = g_get_monotonic_time();
    set_valid(&message->envelope->queue_id, smfi_getsymval(ctx, queue_id_macro));
    message->object =
        mugai_store_begin(message->service->store, message->envelope, &message->failure);
    if (message->object == NULL)
        return FALSE;
    message->id = *mugai_object_id(message->object);
    message->spool = mugai_spool_new(message->service->config->store_path, message->object);
    return TRUE;
}

static void
add_field(SMFICTX *ctx, Message *message, const char *name, const char *value)
{
    if (begin_original(ctx, message) && mugai_fields_add(message->fields, name, &message->failure))
        (void)mugai_spool_append_field(message->spool, name, value, &message->failure);
}

static void
add_octets(SMFICTX *ctx, Message *message, const void *octets, gsize length)
{
    if (begin_original(ctx, message))
        (void)mugai_spool_append(message->spool, octets, length, &message->failure);
}

/* --- the end of a message --- */

static void
end_stage(Message *message, MugaiStage stage)
{
    gint64 now = g_get_monotonic_time();

    message->times.microseconds[stage] = now - message->stage_end;
    message->stage_end = now;
}

/* The guard decides within the wait for the worker. */
static void
end_worker(Message *message, const MugaiApproved *approved)
{
    gint64 guard = mugai_approved_guard_microseconds(approved);

    end_stage(message, MUGAI_STAGE_WORKER);
    message->times.microseconds[MUGAI_STAGE_WORKER] -= guard;
    message->times.microseconds[MUGAI_STAGE_GUARD] = guard;
}

/* A size that the recipients' policy does not take is refused for good: the sender is told so by
 * its own server. */
static gboolean
check_size(const Message *message, GError **error)
{
    gsize most = message->treatment.message_octets;

    if (most == 0 || mugai_spool_octets(message->spool) <= most)
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SIZE,
                "larger than the %" G_GSIZE_FORMAT " octets of its policy", most);
    return FALSE;
}

/* The original, durable, and the message that goes on in its place, approved: both at once, for the
 * worker does not wait for the disk. */
static gboolean
keep_and_sanitize(Message *message, MugaiReceipt **ret_receipt, MugaiApproved **ret_approved,
                  GError **error)
{
    int original_fd = mugai_spool_finish(message->spool, error);
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autoptr(MugaiApproved) approved = NULL;
    MugaiTicket *ticket = NULL;

    if (original_fd < 0 || !check_size(message, error))
        return FALSE;
    ticket = mugai_pool_submit(message->service->pool, original_fd, &message->id, message->received,
                               message->envelope);
    receipt = mugai_object_finish(g_steal_pointer(&message->object), error);
    if (receipt == NULL) {
        mugai_ticket_cancel(ticket);
        return FALSE;
    }
    end_stage(message, MUGAI_STAGE_STORE);
    approved = mugai_ticket_collect(ticket, error);
    if (approved == NULL)
        return FALSE;
    end_worker(message, approved);
    *ret_receipt = g_steal_pointer(&receipt);
    *ret_approved = g_steal_pointer(&approved);
    return TRUE;
}

/* --- what is said of it --- */

static void
append_quoted(GString *line, const char *key, const char *text)
{
    g_autofree char *quoted = mugai_text_quote(text, LOGGED_CHARACTERS);

    g_string_append_printf(line, " %s=\"%s\"", key, quoted);
}

/* What both log lines begin with. ARCHITECTURE has the list of all keys. */
static GString *
begin_line(const Message *message)
{
    const MugaiEnvelope *envelope = message->envelope;
    g_autofree char *queue_id = mugai_text_quote(envelope->queue_id, LOGGED_CHARACTERS);
    GString *line = g_string_new(NULL);

    g_string_append_printf(line, "queue-id=\"%s\"", queue_id);
    if (message->id.text[0] != '\0')
        g_string_append_printf(line, " id=%s", message->id.text);
    if (message->service != NULL && message->service->config->log_addresses)
        append_quoted(line, "from", envelope->sender);
    g_string_append_printf(line, " recipients=%u", envelope->recipients->len);
    if (message->spool != NULL)
        g_string_append_printf(line, " size=%" G_GUINT64_FORMAT,
                               mugai_spool_octets(message->spool));
    return line;
}

static void
append_counts(GString *line, const MugaiReport *report)
{
    g_string_append_printf(
        line, " kept=%u converted=%u removed=%u unreadable=%u ambiguities=%u warnings=%u",
        mugai_report_count(report, MUGAI_KEPT), mugai_report_count(report, MUGAI_CONVERTED),
        mugai_report_count(report, MUGAI_REMOVED), mugai_report_count(report, MUGAI_UNREADABLE),
        report->ambiguities->len, report->warnings->len);
}

static void
append_policy(GString *line, const Message *message)
{
    const char *name =
        mugai_treatment_name(&message->treatment, message->service->config->policies);

    if (name[0] != '\0')
        g_string_append_printf(line, " policy=%s", name);
}

/* Milliseconds with one decimal, of the whole and of each stage that it came to. */
static void
append_times(GString *line, const Message *message)
{
    gint64 whole = message->begun > 0 ? g_get_monotonic_time() - message->begun : 0;

    g_string_append_printf(line, " ms=%.1f", (double)whole / 1000.0);
    for (gsize i = 0; i < MUGAI_STAGES; i++) {
        if (message->times.microseconds[i] >= 0)
            g_string_append_printf(line, " %s-ms=%.1f", mugai_stage_name((MugaiStage)i),
                                   (double)message->times.microseconds[i] / 1000.0);
    }
}

/* A guard that says no needs somebody at once, a store without room soon; a policy that does
 * nobody. */
static MugaiLogLevel
level_of(int code)
{
    static const struct {
        MugaiErrorCode code;
        MugaiLogLevel level;
    } levels[] = {
        {MUGAI_ERROR_GUARD, MUGAI_LOG_ALERT},
        {MUGAI_ERROR_FULL, MUGAI_LOG_CRITICAL},
        {MUGAI_ERROR_SIZE, MUGAI_LOG_INFO},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (code == (int)levels[i].code)
            return levels[i].level;
    }
    return MUGAI_LOG_ERROR;
}

static void
log_passed(const Message *message, const MugaiApproved *approved, gsize length)
{
    const MugaiReport *report = mugai_approved_report(approved);
    const char *failure = mugai_approved_failure(approved);
    g_autoptr(GString) line = begin_line(message);

    g_string_append_printf(line, " output=%" G_GSIZE_FORMAT, length);
    append_policy(line, message);
    append_counts(line, report);
    append_times(line, message);
    g_string_append_printf(line, " outcome=%s",
                           mugai_verdict_name(failure == NULL ? MUGAI_VERDICT_PASSED
                                                              : MUGAI_VERDICT_NOTICE_ONLY));
    if (failure != NULL)
        append_quoted(line, "failure", failure);
    if (message->service->config->log_subjects)
        append_quoted(line, "subject", report->subject);
    mugai_log(failure == NULL ? MUGAI_LOG_INFO : level_of(mugai_approved_failure_code(approved)),
              "%s", line->str);
}

static void
note_passed(const Message *message, const MugaiReceipt *receipt, const MugaiApproved *approved)
{
    gboolean whole = mugai_approved_failure(approved) == NULL;
    gsize length = 0;

    (void)mugai_approved_octets(approved, &length);
    log_passed(message, approved, length);
    mugai_metrics_add_message(the_metrics, whole ? MUGAI_VERDICT_PASSED : MUGAI_VERDICT_NOTICE_ONLY,
                              mugai_approved_failure_code(approved), &message->times);
    mugai_metrics_add_content(the_metrics, mugai_approved_report(approved),
                              mugai_receipt_size(receipt), length);
}

static void
note_refused(const Message *message, const GError *error)
{
    g_autoptr(GString) line = begin_line(message);

    append_times(line, message);
    g_string_append_printf(line, " outcome=%s reply=%s", mugai_verdict_name(MUGAI_VERDICT_REFUSED),
                           mugai_error_reply(error)->code);
    append_quoted(line, "failure", error->message);
    mugai_log(level_of(error->code), "%s", line->str);
    mugai_metrics_add_message(the_metrics, MUGAI_VERDICT_REFUSED, error->code, &message->times);
}

/* The one path on which a message is accepted. */
static gboolean
finish_message(SMFICTX *ctx, Message *message, GError **error)
{
    g_autoptr(MugaiReceipt) receipt = NULL;   /* made by the store alone, after the sync */
    g_autoptr(MugaiApproved) approved = NULL; /* made by approve.c alone, after the guard's yes */
    const MugaiConfig *config = NULL;

    if (!begin_original(ctx, message)) {
        g_propagate_error(error, g_steal_pointer(&message->failure));
        return FALSE;
    }
    end_stage(message, MUGAI_STAGE_RECEIVE);
    config = message->service->config;
    mugai_policy_choose(config->settings, config->policies, message->envelope, &message->treatment);
    if (!keep_and_sanitize(message, &receipt, &approved, error) ||
        !mugai_replace_apply(ctx, message->fields, approved, receipt, error))
        return FALSE;
    end_stage(message, MUGAI_STAGE_REPLACE);
    note_passed(message, receipt, approved);
    mugai_indexer_add(the_indexer, g_steal_pointer(&receipt), g_steal_pointer(&approved),
                      message->received);
    return TRUE;
}

static sfsistat
refuse(SMFICTX *ctx, const GError *error)
{
    const MugaiReply *reply = mugai_error_reply(error);

    /* Should it fail, libmilter answers with its own 451. */
    (void)smfi_setreply(ctx, (char *)reply->code, (char *)reply->enhanced, (char *)reply->text);
    return reply->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* --- callbacks --- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long reserved2,
             unsigned long reserved3, unsigned long *ret_actions, unsigned long *ret_steps,
             unsigned long *ret_reserved2, unsigned long *ret_reserved3)
{
    static char data_macros[] = "i";

    if ((actions & ACTIONS_NEEDED) != ACTIONS_NEEDED || (steps & STEPS_NEEDED) != STEPS_NEEDED) {
        mugai_log(MUGAI_LOG_ALERT,
                  "the MTA does not let headers and body be changed (actions=0x%lx steps=0x%lx): "
                  "mail is not served; with Postfix set milter_protocol = 6",
                  actions, steps);
        return SMFIS_REJECT;
    }
    *ret_actions = ACTIONS_NEEDED;
    if ((actions & SMFIF_SETSYMLIST) != 0 &&
        smfi_setsymlist(ctx, SMFIM_DATA, data_macros) == MI_SUCCESS)
        *ret_actions |= SMFIF_SETSYMLIST;
    *ret_steps = STEPS_NEEDED | (steps & STEPS_WANTED);
    *ret_reserved2 = 0;
    *ret_reserved3 = 0;
    if (smfi_getpriv(ctx) == NULL)
        (void)smfi_setpriv(ctx, g_new0(Session, 1));
    return SMFIS_CONTINUE;
}

static char *
address_text(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (address == NULL)
        return g_strdup("");
    if (address->sa_family == AF_UNIX)
        return g_strdup("local");
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
                  sizeof(text));
    if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
                  sizeof(text));
    return g_strdup(text);
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, struct sockaddr *address)
{
    Session *session = smfi_getpriv(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    set_valid(&session->client_name, name);
    g_free(session->client_address);
    session->client_address = address_text(address);
    return SMFIS_NOREPLY;
}

static sfsistat
on_helo(SMFICTX *ctx, char *name)
{
    Session *session = smfi_getpriv(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    set_valid(&session->helo, name);
    return SMFIS_NOREPLY;
}

static sfsistat
on_mail(SMFICTX *ctx, char **arguments)
{
    Session *session = smfi_getpriv(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    g_clear_pointer(&session->message, message_free);
    session->message = message_new(session);
    g_free(session->message->envelope->sender);
    session->message->envelope->sender = bare_address(arguments[0]);
    return SMFIS_NOREPLY;
}

/* The message that the connection is in; NULL if the MTA does not keep to the order of things. */
static Message *
current_message(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);

    return session != NULL ? session->message : NULL;
}

static sfsistat
on_recipient(SMFICTX *ctx, char **arguments)
{
    Message *message = current_message(ctx);

    if (message == NULL)
        return SMFIS_TEMPFAIL;
    add_recipient(message, arguments[0]);
    return SMFIS_NOREPLY;
}

/* Asked for because the queue id comes with it. */
static sfsistat
on_data(SMFICTX *ctx)
{
    return current_message(ctx) != NULL ? SMFIS_NOREPLY : SMFIS_TEMPFAIL;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
    Message *message = current_message(ctx);

    if (message == NULL)
        return SMFIS_TEMPFAIL;
    add_field(ctx, message, name, value);
    return SMFIS_NOREPLY;
}

static sfsistat
on_end_of_header(SMFICTX *ctx)
{
    Message *message = current_message(ctx);

    if (message == NULL)
        return SMFIS_TEMPFAIL;
    add_octets(ctx, message, "\r\n", 2);
    return SMFIS_NOREPLY;
}

/* What a chunk of the body is answered with. At the end of the message libmilter sends changes,
 * before it refuses. Asked for is the deletion of a field that no message has, so that nothing is
 * changed. A refusal for its place leaves errno alone; anything else is a connection on which
 * nothing can be said, and an MTA that must not wait for an answer. */
static sfsistat
answer_chunk(SMFICTX *ctx)
{
    static char name[] = "Mugai-Id";

    errno = 0;
    if (smfi_chgheader(ctx, name, G_MAXINT, NULL) == MI_SUCCESS)
        return SMFIS_CONTINUE;
    return errno == 0 ? SMFIS_NOREPLY : SMFIS_TEMPFAIL;
}

/* The MTA sends the last chunk together with the end of the message. Then libmilter goes on to
 * on_end_of_message() only if this returns SMFIS_CONTINUE, while for all chunks before it wants
 * SMFIS_NOREPLY, and it does not say which is which: without the right answer the MTA waits for
 * ever. */
static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
    Message *message = current_message(ctx);

    if (message == NULL)
        return SMFIS_TEMPFAIL;
    add_octets(ctx, message, octets, length);
    return answer_chunk(ctx);
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);
    g_autoptr(GError) error = NULL;
    sfsistat answer = SMFIS_TEMPFAIL;

    if (session == NULL || session->message == NULL)
        return SMFIS_TEMPFAIL;
    if (finish_message(ctx, session->message, &error)) {
        answer = SMFIS_CONTINUE;
    } else {
        note_refused(session->message, error);
        answer = refuse(ctx, error);
    }
    g_clear_pointer(&session->message, message_free);
    return answer;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);

    if (session != NULL)
        g_clear_pointer(&session->message, message_free);
    return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
    Session *session = smfi_getpriv(ctx);

    if (session == NULL)
        return SMFIS_CONTINUE;
    g_clear_pointer(&session->message, message_free);
    g_free(session->client_name);
    g_free(session->client_address);
    g_free(session->helo);
    g_free(session);
    (void)smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

gboolean
mugai_session_register(GError **error)
{
    static char name[] = "mugaid";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = ACTIONS_NEEDED,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };

    if (smfi_register(callbacks) == MI_SUCCESS)
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                        "libmilter does not take the callbacks");
    return FALSE;
}

void
mugai_session_use(MugaiDuty *duty, MugaiIndexer *indexer, MugaiMetrics *metrics)
{
    the_duty = duty;
    the_indexer = indexer;
    the_metrics = metrics;
}
