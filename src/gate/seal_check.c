/*
 * seal_check.c - reads the value of a Mugai-Seal field and decides whether to believe it
 *
 * Invariants: 1. only MUGAI_GATE_SEAL_RIGHT is a yes, and it is said in one place, after key,
 *                signature and time, in this order: what a seal says of its time is nothing until
 *                its signature is right;
 *             2. a value has one reading: no blank, digit or letter case more or less is taken.
 * Trust: the value is hostile. The guard decides its form as well; this does not rely on it.
 */
#include "seal_check.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(((MugaiGateSeal *)NULL)->signature) == crypto_sign_BYTES, "Ed25519");
_Static_assert(MUGAI_GATE_HASH_OCTETS == crypto_hash_sha256_BYTES, "SHA-256");

/* --- reading --- */

/* Steps over @text, which must stand at *@at. */
static bool
skip(const char **at, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

/* Copies the run of characters of @alphabet at *@at, @minimum to @maximum of them. */
static bool
take(const char **at, const char *alphabet, size_t minimum, size_t maximum, char *ret)
{
    size_t length = strspn(*at, alphabet);

    if (length < minimum || length > maximum)
        return false;
    memcpy(ret, *at, length);
    ret[length] = '\0';
    *at += length;
    return true;
}

static bool
read_time(MugaiGateSeal *seal)
{
    if (seal->time_digits[0] == '0')
        return false;
    seal->time = 0;
    for (const char *digit = seal->time_digits; *digit != '\0'; digit++)
        seal->time = seal->time * 10 + (*digit - '0');
    return true;
}

static bool
read_signature(const char *base64, unsigned char ret[crypto_sign_BYTES])
{
    const char *end = NULL;
    size_t length = 0;

    return sodium_base642bin(ret, crypto_sign_BYTES, base64, strlen(base64), NULL, &length, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           length == crypto_sign_BYTES && *end == '\0';
}

bool
mugai_gate_seal_read(const char *value, MugaiGateSeal *ret)
{
    static const char base64_alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    char signature[MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS + 1] = "";
    MugaiGateSeal seal = {0};

    if (!skip(&value, " version=1; key=") ||
        !take(&value, "0123456789abcdef", MUGAI_PROFILE_SEAL_KEY_DIGITS,
              MUGAI_PROFILE_SEAL_KEY_DIGITS, seal.key_id) ||
        !skip(&value, "; time=") ||
        !take(&value, "0123456789", 1, MUGAI_PROFILE_SEAL_TIME_DIGITS_MAX, seal.time_digits) ||
        !skip(&value, "; signature=") ||
        !take(&value, base64_alphabet, sizeof(signature) - 1, sizeof(signature) - 1, signature) ||
        *value != '\0')
        return false;
    if (!read_time(&seal) || !read_signature(signature, seal.signature))
        return false;
    *ret = seal;
    return true;
}

/* --- deciding --- */

/* What the signature is over, ASCII. */
static size_t
format_signed(char *text, size_t size, const MugaiGateSeal *seal, const char *id,
              const unsigned char hash[MUGAI_GATE_HASH_OCTETS])
{
    char digits[2 * MUGAI_GATE_HASH_OCTETS + 1];
    int length = 0;

    sodium_bin2hex(digits, sizeof(digits), hash, MUGAI_GATE_HASH_OCTETS);
    length = snprintf(text, size, MUGAI_PROFILE_SEAL_CONTEXT "%s\n%s\n%s\n", id, seal->time_digits,
                      digits);
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

static MugaiGateSealVerdict
check_time(const MugaiGateSeal *seal, const MugaiGateTimes *times, int64_t now)
{
    if (seal->time < now - times->max_age)
        return MUGAI_GATE_SEAL_OLD;
    if (seal->time > now + times->max_ahead)
        return MUGAI_GATE_SEAL_AHEAD;
    return MUGAI_GATE_SEAL_RIGHT;
}

MugaiGateSealVerdict
mugai_gate_seal_check(const MugaiGateSeal *seal, const MugaiGateKeys *keys, const char *id,
                      const unsigned char hash[MUGAI_GATE_HASH_OCTETS], const MugaiGateTimes *times,
                      int64_t now)
{
    char text[256];
    size_t length = format_signed(text, sizeof(text), seal, id, hash);
    MugaiGateSealVerdict verdict = MUGAI_GATE_SEAL_UNKNOWN_KEY;

    if (length == 0)
        return MUGAI_GATE_SEAL_WRONG;
    /* Ids are short: two keys may have the same one, made so by somebody. */
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i].id, seal->key_id) != 0)
            continue;
        if (crypto_sign_verify_detached(seal->signature, (const unsigned char *)text, length,
                                        keys->keys[i].octets) == 0)
            return check_time(seal, times, now);
        verdict = MUGAI_GATE_SEAL_WRONG;
    }
    return verdict;
}
