/* key.h - the private key as seal.c and sign.c use it */
#pragma once

#include <mugai/seal.h>
#include <sodium.h>

#define MUGAI_SEAL_PUBLIC_MARK "mugai-seal-public-1 "

struct MugaiSealKey {
    unsigned char *secret; /* crypto_sign_SECRETKEYBYTES, in guarded memory */
    char id[MUGAI_PROFILE_SEAL_KEY_DIGITS + 1];
};

/* Before anything else of libsodium's. SYSTEM. */
gboolean mugai_seal_start(GError **error);
