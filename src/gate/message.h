/*
 * message.h - one message as the MTA shows it, decided at its end
 *
 * Without libmilter: fields and body are fed in, a decision comes out, and what was approved can be
 * read back field by field.
 */
#pragma once

#include "seal_check.h"

#define MUGAI_GATE_ID_OCTETS 20u
#define MUGAI_GATE_REASON_OCTETS 200u

typedef enum {
    MUGAI_GATE_TEMPFAIL = 0, /* our own failure, or our clock's: try again later */
    MUGAI_GATE_REFUSE,
    MUGAI_GATE_PASS,
} MugaiGateVerdict;

typedef struct {
    MugaiGateVerdict verdict;
    char reason[MUGAI_GATE_REASON_OCTETS]; /* of a message that does not pass: clean ASCII, no
                                              octet of the message in it */
} MugaiGateDecision;

/* What a message has to be. */
typedef struct {
    bool inert_links;
    bool allow_unsealed; /* a message without a seal passes too, and without keys seals are not
                            looked at */
    MugaiGateTimes times;
} MugaiGatePolicy;

typedef struct MugaiGateMessage MugaiGateMessage;

/* NULL without memory. */
MugaiGateMessage *mugai_gate_message_new(const MugaiGatePolicy *policy);
void mugai_gate_message_free(MugaiGateMessage *message);

/* In this order: fields, the end of the header section, the body in pieces of any size. What comes
 * out of order makes the message fail. @value: what stands after the colon, folds as LF. */
void mugai_gate_message_add_field(MugaiGateMessage *message, const char *name, const char *value);
void mugai_gate_message_end_header(MugaiGateMessage *message);
void mugai_gate_message_add_body(MugaiGateMessage *message, const void *octets, size_t length);

/* Decides, once. @keys: those of the moment; @now: seconds since 1970. */
void mugai_gate_message_finish(MugaiGateMessage *message, const MugaiGateKeys *keys, int64_t now,
                               MugaiGateDecision *ret);

/* Calls @visit with each field of a message that has passed, in order: its name, its number among
 * those of the same name (from 1), and its value, as they were approved. False as soon as @visit
 * gives false, and for a message that has not passed. */
typedef bool (*MugaiGateFieldVisit)(char *name, int number, char *value, void *data);
bool mugai_gate_message_visit_fields(MugaiGateMessage *message, MugaiGateFieldVisit visit,
                                     void *data);

/* For the log, whatever the decision: what the message says of itself, hostile; "" if it says
 * nothing of that form. */
const char *mugai_gate_message_id(const MugaiGateMessage *message);
const char *mugai_gate_message_key_id(const MugaiGateMessage *message);
