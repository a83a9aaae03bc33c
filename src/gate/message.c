/*
 * message.c - one message as the MTA shows it, decided at its end
 *
 *      FIELDS -> BODY -> DECIDED        (anything else, and lack of memory: FAILED)
 *
 * The guard gets the octets "Name" ":" value CRLF of each field, an empty line, and the body. From
 * the field Date on the same octets, but for those of the field Mugai-Seal, go into a hash. At the
 * end the guard says whether it is a message of the profile, and the seal whether it is the
 * boundary's.
 *
 * Invariants: 1. PASS is said in one place, decide(), after the guard's yes to all octets and,
 *                unless unsealed messages are allowed, a right seal over them;
 *             2. fields and octets are two forms of the same: a name or value from which other
 *                fields could be made is refused, so what is written back is what was approved;
 *             3. nothing is mended but LF to CRLF in values, the form in which milters get folds;
 *             4. memory: what is in this struct, and the fields, which the guard bounds by
 *                MUGAI_PROFILE_HEADER_SECTION_OCTETS; once refused, they are let go.
 * Trust: every octet is hostile.
 */
#include "message.h"

#include <mugai/guard.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_OCTETS_FIRST 4096u

typedef enum {
    STATE_FAILED = 0,
    STATE_FIELDS,
    STATE_BODY,
    STATE_DECIDED,
} State;

struct MugaiGateMessage {
    MugaiGatePolicy policy;
    State state;
    MugaiGuard guard;
    bool refused;  /* by the guard */
    bool no_field; /* something was called a field that is none */
    bool passed;
    bool in_sealed; /* Date has come */
    crypto_hash_sha256_state hash;
    char id[MUGAI_GATE_ID_OCTETS + 1];
    bool has_seal;
    bool seal_is_read;
    MugaiGateSeal seal;
    /* name NUL value NUL, one after the other */
    char *fields;
    size_t fields_octets, fields_room;
};

MugaiGateMessage *
mugai_gate_message_new(const MugaiGatePolicy *policy)
{
    MugaiGateMessage *message = calloc(1, sizeof(*message));
    uint32_t flags = MUGAI_GUARD_RELAYED;

    if (message == NULL)
        return NULL;
    if (policy->inert_links)
        flags |= MUGAI_GUARD_INERT_LINKS;
    message->policy = *policy;
    message->state = STATE_FIELDS;
    mugai_guard_init(&message->guard, flags);
    crypto_hash_sha256_init(&message->hash);
    return message;
}

void
mugai_gate_message_free(MugaiGateMessage *message)
{
    if (message == NULL)
        return;
    free(message->fields);
    free(message);
}

/* --- octets --- */

static void
let_fields_go(MugaiGateMessage *message)
{
    free(message->fields);
    message->fields = NULL;
    message->fields_octets = message->fields_room = 0;
}

static void
feed(MugaiGateMessage *message, const void *octets, size_t length, bool sealed)
{
    if (message->refused)
        return;
    message->refused = !mugai_guard_feed(&message->guard, octets, length);
    if (message->refused)
        let_fields_go(message);
    else if (sealed)
        crypto_hash_sha256_update(&message->hash, octets, length);
}

/* A field's value with CRLF for LF. */
static void
feed_value(MugaiGateMessage *message, const char *value, bool sealed)
{
    const char *line = value;

    for (const char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        feed(message, line, (size_t)(end - line), sealed);
        feed(message, "\r\n", 2, sealed);
        line = end + 1;
    }
    feed(message, line, strlen(line), sealed);
}

/* --- fields --- */

/* A name that can end at no other colon, a value that can end in no other line. */
static bool
is_field(const char *name, const char *value)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (*at <= 0x20 || *at >= 0x7F || *at == ':')
            return false;
    }
    for (const char *lf = strchr(value, '\n'); lf != NULL; lf = strchr(lf + 1, '\n')) {
        if (lf[1] != ' ' && lf[1] != '\t')
            return false;
    }
    return *name != '\0' && strchr(value, '\r') == NULL;
}

/* Room for @octets more. */
static bool
make_room(MugaiGateMessage *message, size_t octets)
{
    size_t needed = message->fields_octets + octets;
    size_t room = message->fields_room != 0 ? message->fields_room : FIELDS_OCTETS_FIRST;
    char *fields = NULL;

    if (needed <= message->fields_room)
        return true;
    while (room < needed)
        room *= 2;
    fields = realloc(message->fields, room);
    if (fields == NULL)
        return false;
    message->fields = fields;
    message->fields_room = room;
    return true;
}

/* Keeps a field that the guard has not refused; so it is bounded. */
static void
keep_field(MugaiGateMessage *message, const char *name, const char *value)
{
    size_t name_octets = strlen(name) + 1;
    size_t value_octets = strlen(value) + 1;

    if (message->refused)
        return;
    if (!make_room(message, name_octets + value_octets)) {
        message->state = STATE_FAILED;
        return;
    }
    memcpy(message->fields + message->fields_octets, name, name_octets);
    memcpy(message->fields + message->fields_octets + name_octets, value, value_octets);
    message->fields_octets += name_octets + value_octets;
}

/* What the decision and the log want to know, of the first field of each name. */
static void
look_at(MugaiGateMessage *message, const char *name, const char *value)
{
    if (strcmp(name, "Date") == 0)
        message->in_sealed = true;
    if (strcmp(name, "Mugai-Id") == 0 && message->id[0] == '\0' && value[0] == ' ' &&
        strlen(value + 1) == MUGAI_GATE_ID_OCTETS)
        memcpy(message->id, value + 1, MUGAI_GATE_ID_OCTETS);
    if (strcmp(name, "Mugai-Seal") == 0 && !message->has_seal) {
        message->has_seal = true;
        message->seal_is_read = mugai_gate_seal_read(value, &message->seal);
    }
}

void
mugai_gate_message_add_field(MugaiGateMessage *message, const char *name, const char *value)
{
    bool sealed = false;

    if (message->state != STATE_FIELDS) {
        message->state = STATE_FAILED;
        return;
    }
    if (!is_field(name, value))
        message->no_field = true;
    look_at(message, name, value);
    sealed = message->in_sealed && strcmp(name, "Mugai-Seal") != 0;
    feed(message, name, strlen(name), sealed);
    feed(message, ":", 1, sealed);
    feed_value(message, value, sealed);
    feed(message, "\r\n", 2, sealed);
    keep_field(message, name, value);
}

void
mugai_gate_message_end_header(MugaiGateMessage *message)
{
    if (message->state != STATE_FIELDS) {
        message->state = STATE_FAILED;
        return;
    }
    message->state = STATE_BODY;
    feed(message, "\r\n", 2, true);
}

void
mugai_gate_message_add_body(MugaiGateMessage *message, const void *octets, size_t length)
{
    if (message->state != STATE_BODY) {
        message->state = STATE_FAILED;
        return;
    }
    feed(message, octets, length, true);
}

/* --- the decision --- */

__attribute__((format(printf, 3, 4))) static void
answer(MugaiGateDecision *decision, MugaiGateVerdict verdict, const char *format, ...)
{
    va_list arguments;

    decision->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(decision->reason, sizeof(decision->reason), format, arguments);
    va_end(arguments);
}

/* "8 days", for a reader: rounded down, in the largest unit of which there are two. */
static void
format_duration(char out[32], int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (seconds >= 2 * units[i].seconds) {
            snprintf(out, 32, "%lld %s", (long long)(seconds / units[i].seconds), units[i].name);
            return;
        }
    }
    snprintf(out, 32, "%lld seconds", (long long)seconds);
}

static void
refuse_time(const MugaiGateMessage *message, bool old, int64_t now, MugaiGateDecision *ret)
{
    const MugaiGateTimes *times = &message->policy.times;
    char distance[32];
    char allowed[32];

    format_duration(distance, old ? now - message->seal.time : message->seal.time - now);
    format_duration(allowed, old ? times->max_age : times->max_ahead);
    if (strcmp(distance, allowed) == 0) {
        snprintf(distance, sizeof(distance), "%lld seconds",
                 (long long)(old ? now - message->seal.time : message->seal.time - now));
        snprintf(allowed, sizeof(allowed), "%lld seconds",
                 (long long)(old ? times->max_age : times->max_ahead));
    }
    /* Of two clocks that differ ours may be the wrong one: the mail waits until that is mended. */
    answer(ret, old ? MUGAI_GATE_REFUSE : MUGAI_GATE_TEMPFAIL, "sealed %s %s, more than %s allowed",
           distance, old ? "ago" : "ahead of our clock", allowed);
}

/* Whether the seal lets the message pass; @ret says why not. */
static bool
seal_passes(MugaiGateMessage *message, const MugaiGateKeys *keys, int64_t now,
            MugaiGateDecision *ret)
{
    unsigned char hash[MUGAI_GATE_HASH_OCTETS];
    MugaiGateSealVerdict verdict = MUGAI_GATE_SEAL_NONE;

    if (message->policy.allow_unsealed && (!message->has_seal || keys->count == 0))
        return true;
    crypto_hash_sha256_final(&message->hash, hash);
    if (message->has_seal && message->seal_is_read)
        verdict = mugai_gate_seal_check(&message->seal, keys, message->id, hash,
                                        &message->policy.times, now);
    switch (verdict) {
    case MUGAI_GATE_SEAL_RIGHT:
        return true;
    case MUGAI_GATE_SEAL_UNKNOWN_KEY:
        answer(ret, MUGAI_GATE_REFUSE, "seal of an unknown key");
        return false;
    case MUGAI_GATE_SEAL_WRONG:
        answer(ret, MUGAI_GATE_REFUSE, "the signature does not fit: changed on the way or forged");
        return false;
    case MUGAI_GATE_SEAL_OLD:
    case MUGAI_GATE_SEAL_AHEAD:
        refuse_time(message, verdict == MUGAI_GATE_SEAL_OLD, now, ret);
        return false;
    case MUGAI_GATE_SEAL_NONE:
        break;
    }
    answer(ret, MUGAI_GATE_REFUSE, message->has_seal ? "a seal that cannot be read" : "no seal");
    return false;
}

static void
decide(MugaiGateMessage *message, const MugaiGateKeys *keys, int64_t now, MugaiGateDecision *ret)
{
    if (message->no_field)
        answer(ret, MUGAI_GATE_REFUSE, "a header field that is none");
    else if (!mugai_guard_finish(&message->guard))
        answer(ret, MUGAI_GATE_REFUSE, "line %llu, column %llu: %s%s",
               (unsigned long long)message->guard.line, (unsigned long long)message->guard.column,
               mugai_guard_rule_text(message->guard.rule),
               message->id[0] == '\0' && !message->has_seal ? "; it did not come through mugaid"
                                                            : "");
    else if (seal_passes(message, keys, now, ret)) {
        message->passed = true;
        answer(ret, MUGAI_GATE_PASS, "%s", "");
    }
}

void
mugai_gate_message_finish(MugaiGateMessage *message, const MugaiGateKeys *keys, int64_t now,
                          MugaiGateDecision *ret)
{
    answer(ret, MUGAI_GATE_TEMPFAIL, "the message could not be taken in");
    if (message->state == STATE_FIELDS || message->state == STATE_BODY)
        decide(message, keys, now, ret);
    message->state = STATE_DECIDED;
}

/* --- what was approved --- */

static int
count_before(const MugaiGateMessage *message, const char *name)
{
    int count = 0;

    for (const char *at = message->fields; at < name; at += strlen(at) + 1) {
        count += strcasecmp(at, name) == 0;
        at += strlen(at) + 1;
    }
    return count;
}

bool
mugai_gate_message_visit_fields(MugaiGateMessage *message, MugaiGateFieldVisit visit, void *data)
{
    char *at = message->fields;

    if (!message->passed)
        return false;
    while (at < message->fields + message->fields_octets) {
        char *name = at;
        char *value = name + strlen(name) + 1;

        if (!visit(name, count_before(message, name) + 1, value, data))
            return false;
        at = value + strlen(value) + 1;
    }
    return true;
}

const char *
mugai_gate_message_id(const MugaiGateMessage *message)
{
    return message->id;
}

const char *
mugai_gate_message_key_id(const MugaiGateMessage *message)
{
    return message->seal_is_read ? message->seal.key_id : "";
}
