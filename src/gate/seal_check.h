/* seal_check.h - reads the value of a Mugai-Seal field and decides whether to believe it */
#pragma once

#include "keys.h"

#include <stdint.h>

#define MUGAI_GATE_HASH_OCTETS 32u

typedef struct {
    char key_id[MUGAI_PROFILE_SEAL_KEY_DIGITS + 1];
    char time_digits[MUGAI_PROFILE_SEAL_TIME_DIGITS_MAX + 1];
    int64_t time; /* seconds since 1970 */
    unsigned char signature[64];
} MugaiGateSeal;

/* How long a seal is believed, in seconds. */
typedef struct {
    int64_t max_age;
    int64_t max_ahead; /* of our clock */
} MugaiGateTimes;

typedef enum {
    MUGAI_GATE_SEAL_NONE = 0, /* nothing was asked or answered */
    MUGAI_GATE_SEAL_UNKNOWN_KEY,
    MUGAI_GATE_SEAL_WRONG, /* of a known key, but not over this message */
    MUGAI_GATE_SEAL_OLD,
    MUGAI_GATE_SEAL_AHEAD,
    MUGAI_GATE_SEAL_RIGHT,
} MugaiGateSealVerdict;

/* Reads @value, what stands after the field's colon. False if it has not exactly the form of the
 * profile; @ret is then untouched. */
bool mugai_gate_seal_read(const char *value, MugaiGateSeal *ret);

/* @id: the message's Mugai-Id; @hash: SHA-256 of its sealed octets; @now: seconds since 1970. */
MugaiGateSealVerdict mugai_gate_seal_check(const MugaiGateSeal *seal, const MugaiGateKeys *keys,
                                           const char *id,
                                           const unsigned char hash[MUGAI_GATE_HASH_OCTETS],
                                           const MugaiGateTimes *times, int64_t now);
