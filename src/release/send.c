/*
 * send.c - one message to a mail server, and what came of each recipient
 *
 * EHLO, MAIL, a RCPT for each, DATA: nobody has anything until the server answers the final dot.
 * What breaks before the dot is sent has certainly not arrived; what breaks after it may have.
 *
 * Trust: replies are hostile text, decided on by their codes and cleaned.
 */
#include "release_private.h"

#include <errno.h>
#include <mugai/error.h>
#include <mugai/text.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_OCTETS (64u * 1024u)
#define REPLY_CHARACTERS_MAX 300u

typedef struct {
    const char *sender;
    const char *fields; /* that go before the message */
    int original;
    MugaiReleaseFacts facts;
    const GPtrArray *recipients;
    GPtrArray *pending; /* those of them that the server has not refused */
    MugaiDialogue *dialogue;
} Sending;

/* --- what came of it --- */

/* Whose reply @code is a no. */
static MugaiReleaseOutcome
refusal(guint code)
{
    return code / 100 == 5 ? MUGAI_RELEASE_REFUSED : MUGAI_RELEASE_FAILED;
}

static void
settle(MugaiReleaseRecipient *recipient, MugaiReleaseOutcome outcome, const char *reply)
{
    recipient->outcome = outcome;
    g_free(recipient->reply);
    recipient->reply = mugai_text_clean_line(reply, -1, REPLY_CHARACTERS_MAX);
}

static void
settle_pending(const Sending *sending, MugaiReleaseOutcome outcome, const char *reply)
{
    for (guint i = 0; i < sending->pending->len; i++)
        settle(sending->pending->pdata[i], outcome, reply);
}

/* The last reply with its code. */
static char *
reply_of(const Sending *sending, guint code)
{
    return g_strdup_printf("%u %s", code, mugai_dialogue_reply(sending->dialogue));
}

/* --- commands --- */

/* Whether the server takes what is not ASCII. */
static gboolean
offers_8bitmime(const Sending *sending)
{
    g_auto(GStrv) lines = g_strsplit(mugai_dialogue_reply(sending->dialogue), "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        if (g_ascii_strcasecmp(*line, "8BITMIME") == 0)
            return TRUE;
    }
    return FALSE;
}

/* Asks, and says whether the answer is @wanted; who is pending is settled where it is not. */
static gboolean
demand(const Sending *sending, const char *command, guint wanted, GError **error)
{
    g_autofree char *reply = NULL;
    guint code = 0;

    if (!mugai_dialogue_ask(sending->dialogue, command, &code, error))
        return FALSE;
    if (code == wanted)
        return TRUE;
    reply = reply_of(sending, code);
    settle_pending(sending, refusal(code), reply);
    return FALSE;
}

static gboolean
greet(const Sending *sending, GError **error)
{
    g_autofree char *ehlo = g_strconcat("EHLO ", mugai_dialogue_own_name(), NULL);

    if (!demand(sending, ehlo, 250, error))
        return FALSE;
    if (!sending->facts.eight_bit || offers_8bitmime(sending))
        return TRUE;
    settle_pending(
        sending, MUGAI_RELEASE_REFUSED,
        N_("the original has 8-bit octets, which this mail server does not take (8BITMIME); "
           "mugai get --zip gives it out exactly"));
    return FALSE;
}

/* TRUE if the server takes one of them at least. */
static gboolean
name_recipients(const Sending *sending, GError **error)
{
    for (guint i = 0; i < sending->recipients->len; i++) {
        MugaiReleaseRecipient *recipient = sending->recipients->pdata[i];
        g_autofree char *command = g_strdup_printf("RCPT TO:<%s>", recipient->address);
        g_autofree char *reply = NULL;
        guint code = 0;

        if (!mugai_dialogue_ask(sending->dialogue, command, &code, error))
            return FALSE;
        if (code / 100 == 2)
            continue;
        reply = reply_of(sending, code);
        settle(recipient, refusal(code), reply);
        g_ptr_array_remove(sending->pending, recipient);
    }
    return sending->pending->len > 0;
}

/* --- the message --- */

/* RFC 5321 section 4.5.2: a dot at the beginning of a line is doubled. */
static void
append_stuffed(GString *out, const char *octets, gsize length, char *previous)
{
    for (gsize i = 0; i < length; i++) {
        if (octets[i] == '.' && *previous == '\n')
            g_string_append_c(out, '.');
        g_string_append_c(out, octets[i]);
        *previous = octets[i];
    }
}

static gboolean
send_original(const Sending *sending, GError **error)
{
    g_autofree char *buffer = g_malloc(CHUNK_OCTETS);
    g_autoptr(GString) out = g_string_sized_new(CHUNK_OCTETS + CHUNK_OCTETS / 8);
    char previous = '\n';
    off_t at = 0;
    gssize count = 0;

    while ((count = TEMP_FAILURE_RETRY(pread(sending->original, buffer, CHUNK_OCTETS, at))) > 0) {
        g_string_truncate(out, 0);
        append_stuffed(out, buffer, (gsize)count, &previous);
        if (!mugai_dialogue_send(sending->dialogue, out->str, out->len, error))
            return FALSE;
        at += count;
    }
    if (count == 0 && (guint64)at == sending->facts.size)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the original");
    return FALSE;
}

/* The final dot: from here on it may have arrived. */
static void
finish(const Sending *sending)
{
    g_autoptr(GError) lost = NULL;
    g_autofree char *reply = NULL;
    guint code = 0;

    if (!mugai_dialogue_ask(sending->dialogue, ".", &code, &lost)) {
        settle_pending(sending, MUGAI_RELEASE_UNKNOWN, lost->message);
        return;
    }
    reply = reply_of(sending, code);
    settle_pending(sending, code / 100 == 2 ? MUGAI_RELEASE_ACCEPTED : refusal(code), reply);
}

static gboolean
send_message(const Sending *sending, GError **error)
{
    if (!demand(sending, "DATA", 354, error))
        return FALSE;
    if (!mugai_dialogue_send(sending->dialogue, sending->fields, strlen(sending->fields), error) ||
        !send_original(sending, error))
        return FALSE;
    finish(sending);
    return TRUE;
}

/* FALSE with @error where the connection broke before the final dot. */
static gboolean
converse(Sending *sending, GError **error)
{
    g_autofree char *mail = g_strdup_printf("MAIL FROM:<%s>%s", sending->sender,
                                            sending->facts.eight_bit ? " BODY=8BITMIME" : "");

    return greet(sending, error) && demand(sending, mail, 250, error) &&
           name_recipients(sending, error) && send_message(sending, error);
}

void
mugai_release_hand_over(const MugaiMailServer *server, const char *sender, const char *fields,
                        int fd, const GPtrArray *recipients)
{
    g_autoptr(GPtrArray) pending = g_ptr_array_new();
    g_autoptr(MugaiDialogue) dialogue = NULL;
    g_autoptr(GError) error = NULL;
    Sending sending = {
        .sender = sender,
        .fields = fields,
        .original = fd,
        .recipients = recipients,
        .pending = pending,
    };

    g_assert(recipients->len > 0 && recipients->len <= MUGAI_RELEASE_RECIPIENTS_MAX);
    for (guint i = 0; i < recipients->len; i++)
        g_ptr_array_add(pending, recipients->pdata[i]);
    if (mugai_release_examine(fd, &sending.facts, &error))
        dialogue = mugai_dialogue_open(server, &error);
    sending.dialogue = dialogue;
    if (dialogue != NULL)
        converse(&sending, &error);
    if (error != NULL)
        settle_pending(&sending, MUGAI_RELEASE_FAILED, error->message);
}

void
mugai_release_send(const MugaiConfig *config, const MugaiId *id, int fd,
                   const GPtrArray *recipients)
{
    g_autofree char *fields = mugai_release_fields(config, id, recipients);
    const MugaiMailServer server = {.url = config->release_server,
                                    .tls = config->release_tls,
                                    .ca_file = config->release_ca_file};

    mugai_release_hand_over(&server, config->release_sender, fields, fd, recipients);
}
