/*
 * key.c - key files of the seal: made once, read at each start
 *
 * Invariants: a seed exists in sodium_malloc()'s memory (locked, kept out of core dumps, fenced)
 *                and in its file, and where it must pass through a buffer that is wiped;
 * Trust: the files are the administrator's; they are read strictly all the same, for what is wrong
 *         in them should be said at the start and not by the gate.
 */
#include "key.h"
#include "key_file.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE_MARK "mugai-seal-private-1 "
#define BASE64_CHARACTERS 44u /* of 32 octets */
/* A line of a key file, its LF, and the NUL that libsodium writes. */
#define LINE_OCTETS (sizeof(PRIVATE_MARK) - 1 + BASE64_CHARACTERS + 2)

G_STATIC_ASSERT(crypto_sign_SEEDBYTES == 32 && crypto_sign_PUBLICKEYBYTES == 32);

/* --- memory --- */

gboolean
mugai_seal_start(GError **error)
{
    if (sodium_init() >= 0)
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "libsodium does not start");
    return FALSE;
}

/* The key of @seed, which is wiped. */
static MugaiSealKey *
key_new(unsigned char seed[crypto_sign_SEEDBYTES], GError **error)
{
    unsigned char octets[crypto_sign_PUBLICKEYBYTES];
    unsigned char *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
    MugaiSealPublic public_key;
    MugaiSealKey *key = NULL;

    if (secret == NULL) {
        sodium_memzero(seed, crypto_sign_SEEDBYTES);
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "seal: no memory for the key");
        return NULL;
    }
    key = g_new0(MugaiSealKey, 1);
    key->secret = secret;
    crypto_sign_seed_keypair(octets, key->secret, seed);
    sodium_memzero(seed, crypto_sign_SEEDBYTES);
    mugai_seal_key_public(key, &public_key);
    memcpy(key->id, public_key.id, sizeof(key->id));
    (void)sodium_mprotect_readonly(key->secret);
    return key;
}

void
mugai_seal_key_free(MugaiSealKey *key)
{
    if (key == NULL)
        return;
    sodium_free(key->secret);
    g_free(key);
}

const char *
mugai_seal_key_id(const MugaiSealKey *key)
{
    return key->id;
}

/* --- reading --- */

static gboolean
parse_line(const char *line, unsigned char seed[crypto_sign_SEEDBYTES])
{
    const char *base64 = line + strlen(PRIVATE_MARK);
    const char *end = NULL;
    size_t length = 0;

    if (!g_str_has_prefix(line, PRIVATE_MARK) || strcspn(base64, "\n") != BASE64_CHARACTERS)
        return FALSE;
    if (sodium_base642bin(seed, crypto_sign_SEEDBYTES, base64, BASE64_CHARACTERS, NULL, &length,
                          &end, sodium_base64_VARIANT_ORIGINAL) != 0)
        return FALSE;
    return length == crypto_sign_SEEDBYTES && end == base64 + BASE64_CHARACTERS &&
           (*end == '\0' || strcmp(end, "\n") == 0);
}

MugaiSealKey *
mugai_seal_key_load(const char *path, GError **error)
{
    unsigned char seed[crypto_sign_SEEDBYTES] = {0};
    char line[LINE_OCTETS + 1] = "";
    MugaiSealKey *key = NULL;

    if (!mugai_seal_start(error))
        return NULL;
    (void)sodium_mlock(seed, sizeof(seed));
    (void)sodium_mlock(line, sizeof(line));
    if (mugai_key_file_read(path, line, sizeof(line), error)) {
        if (parse_line(line, seed))
            key = key_new(seed, error);
        else
            mugai_key_file_refuse(error, path, N_("is no private key of mugai keygen"));
    }
    (void)sodium_munlock(line, sizeof(line)); /* wipes */
    (void)sodium_munlock(seed, sizeof(seed));
    return key;
}

/* --- making --- */

/* "MARK BASE64" LF of 32 octets. */
static void
format_line(char line[LINE_OCTETS], const char *mark, const unsigned char octets[32])
{
    gsize length = g_strlcpy(line, mark, LINE_OCTETS);

    sodium_bin2base64(line + length, LINE_OCTETS - length, octets, 32,
                      sodium_base64_VARIANT_ORIGINAL);
    g_strlcat(line, "\n", LINE_OCTETS);
}

static gboolean
make_private_file(const char *path, const MugaiSealKey *key, GError **error)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    char line[LINE_OCTETS] = "";
    gboolean made = FALSE;

    (void)sodium_mlock(seed, sizeof(seed));
    (void)sodium_mlock(line, sizeof(line));
    crypto_sign_ed25519_sk_to_seed(seed, key->secret);
    format_line(line, PRIVATE_MARK, seed);
    made = mugai_key_file_make(path, S_IRUSR | S_IWUSR, line, error);
    (void)sodium_munlock(line, sizeof(line)); /* wipes */
    (void)sodium_munlock(seed, sizeof(seed));
    return made;
}

static gboolean
make_public_file(const char *path, const MugaiSealKey *key, GError **error)
{
    char line[LINE_OCTETS] = "";
    MugaiSealPublic public_key;

    mugai_seal_key_public(key, &public_key);
    format_line(line, MUGAI_SEAL_PUBLIC_MARK, public_key.octets);
    return mugai_key_file_make(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, line, error);
}

gboolean
mugai_seal_keygen(const char *private_path, const char *public_path, char **ret_key_id,
                  GError **error)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    g_autoptr(MugaiSealKey) key = NULL;

    if (!mugai_seal_start(error))
        return FALSE;
    (void)sodium_mlock(seed, sizeof(seed));
    randombytes_buf(seed, sizeof(seed));
    key = key_new(seed, error);
    (void)sodium_munlock(seed, sizeof(seed));
    if (key == NULL || !make_private_file(private_path, key, error))
        return FALSE;
    if (!make_public_file(public_path, key, error)) {
        (void)unlink(private_path);
        return FALSE;
    }
    *ret_key_id = g_strdup(key->id);
    return TRUE;
}
