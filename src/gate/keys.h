/* keys.h - the public keys of the boundary hosts that the gate believes */
#pragma once

#include <mugai/profile.h>
#include <stdbool.h>
#include <stddef.h>

#define MUGAI_GATE_PUBLIC_KEY_OCTETS 32u
/* Boundary hosts, times two for a change-over, and to spare. */
#define MUGAI_GATE_KEYS_MAX 256u
#define MUGAI_GATE_ERROR_OCTETS 512u

typedef struct {
    char id[MUGAI_PROFILE_SEAL_KEY_DIGITS + 1]; /* of its own octets, not of its file */
    unsigned char octets[MUGAI_GATE_PUBLIC_KEY_OCTETS];
} MugaiGateKey;

typedef struct {
    size_t count;
    MugaiGateKey keys[MUGAI_GATE_KEYS_MAX];
} MugaiGateKeys;

/* Adds the key in the file @path, or all of a directory's *.pub. On failure @error says why and
 * names the file; @keys may then hold some of them. */
bool mugai_gate_keys_add_file(MugaiGateKeys *keys, const char *path,
                              char error[MUGAI_GATE_ERROR_OCTETS]);
bool mugai_gate_keys_add_directory(MugaiGateKeys *keys, const char *path,
                                   char error[MUGAI_GATE_ERROR_OCTETS]);
