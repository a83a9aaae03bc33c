/*
 * sign.c - signs short texts and checks such signatures: the entries of the log of looks
 *
 * Trust: texts and signatures to be checked are hostile; a public key file is the administrator's.
 * Errors: CONFIG.
 */
#include "key.h"

#include <mugai/error.h>
#include <string.h>

/* A line of a public key file is 65 octets. */
#define PUBLIC_FILE_OCTETS_MAX 1024u

G_STATIC_ASSERT(sizeof(((MugaiSealPublic *)NULL)->octets) == crypto_sign_PUBLICKEYBYTES);

static void
set_id(MugaiSealPublic *public_key)
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, public_key->octets, sizeof(public_key->octets));
    sodium_bin2hex(public_key->id, sizeof(public_key->id), hash, MUGAI_PROFILE_SEAL_KEY_DIGITS / 2);
}

void
mugai_seal_key_public(const MugaiSealKey *key, MugaiSealPublic *ret_public)
{
    crypto_sign_ed25519_sk_to_pk(ret_public->octets, key->secret);
    set_id(ret_public);
}

static gboolean
refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "public key %s: %s", path, why);
    return FALSE;
}

gboolean
mugai_seal_public_load(const char *path, MugaiSealPublic *ret_public, GError **error)
{
    MugaiSealPublic read = {0};
    g_autoptr(GError) local = NULL;
    g_autofree char *line = NULL;
    gsize length = 0;
    size_t got = 0;

    if (!mugai_seal_start(error))
        return FALSE;
    if (!g_file_get_contents(path, &line, &length, &local))
        return refuse(error, path, local->message);
    g_strchomp(line);
    if (length > PUBLIC_FILE_OCTETS_MAX || !g_str_has_prefix(line, MUGAI_SEAL_PUBLIC_MARK) ||
        sodium_base642bin(read.octets, sizeof(read.octets), line + strlen(MUGAI_SEAL_PUBLIC_MARK),
                          strlen(line + strlen(MUGAI_SEAL_PUBLIC_MARK)), NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != sizeof(read.octets))
        return refuse(error, path, N_("is no public key of mugai keygen"));
    set_id(&read);
    *ret_public = read;
    return TRUE;
}

char *
mugai_seal_sign_text(const MugaiSealKey *key, const char *text)
{
    unsigned char signature[crypto_sign_BYTES];
    char *base64 = g_malloc(MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS + 1);

    crypto_sign_detached(signature, NULL, (const unsigned char *)text, strlen(text), key->secret);
    return sodium_bin2base64(base64, MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS + 1, signature,
                             sizeof(signature), sodium_base64_VARIANT_ORIGINAL);
}

gboolean
mugai_seal_verify_text(const MugaiSealPublic *public_key, const char *text, const char *base64)
{
    unsigned char signature[crypto_sign_BYTES];
    size_t length = 0;

    return sodium_base642bin(signature, sizeof(signature), base64, strlen(base64), NULL, &length,
                             NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           length == sizeof(signature) &&
           crypto_sign_verify_detached(signature, (const unsigned char *)text, strlen(text),
                                       public_key->octets) == 0;
}
