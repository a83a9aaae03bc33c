/* key.h - the private key as seal.c uses it */
#pragma once

#include <mugai/seal.h>
#include <sodium.h>

struct MugaiSealKey {
    unsigned char *secret; /* crypto_sign_SECRETKEYBYTES, in guarded memory */
    char id[MUGAI_PROFILE_SEAL_KEY_DIGITS + 1];
};
