/*
 * seal.c - puts the field Mugai-Seal into a message
 *
 * Invariants: 1. what the signature is over is what the message holds from its Date on: both come
 *                from the same octets here;
 *             2. the message's own octets are not changed, the field is put between them.
 * Trust: the message may still be hostile. Where header section and Date are is looked for as in a
 *         message of the profile; of another one the guard refuses whatever comes out.
 */
#include "key.h"

#include <mugai/error.h>

#include <string.h>

#define HEADER_END "\r\n\r\n"

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_GUARD, "seal: %s", why);
    return FALSE;
}

/* Where the sealed octets begin, and where the header section's last line ends. */
static gboolean
find_places(const char *octets, gsize length, gsize *ret_date, gsize *ret_end, GError **error)
{
    const char *end = memmem(octets, length, HEADER_END, strlen(HEADER_END));
    const char *date = NULL;

    if (end == NULL)
        return refuse(error, N_("the message has no header section"));
    date = length >= 5 && memcmp(octets, "Date:", 5) == 0
               ? octets
               : memmem(octets, (gsize)(end - octets), "\r\nDate:", 7);
    if (date == NULL)
        return refuse(error, N_("the message has no Date"));
    *ret_date = (gsize)(date - octets) + (date == octets ? 0 : 2);
    *ret_end = (gsize)(end - octets) + 2;
    return TRUE;
}

/* The signature, in base64, over id, time and the hash of the sealed octets. */
static void
sign(const MugaiSealKey *key, const MugaiId *id, const char *time, const unsigned char *sealed,
     gsize length, char ret_base64[MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS + 1])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    unsigned char signature[crypto_sign_BYTES];
    char digits[2 * crypto_hash_sha256_BYTES + 1];
    g_autofree char *text = NULL;

    crypto_hash_sha256(hash, sealed, length);
    sodium_bin2hex(digits, sizeof(digits), hash, sizeof(hash));
    text = g_strdup_printf(MUGAI_PROFILE_SEAL_CONTEXT "%s\n%s\n%s\n", id->text, time, digits);
    crypto_sign_detached(signature, NULL, (const unsigned char *)text, strlen(text), key->secret);
    sodium_bin2base64(ret_base64, MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS + 1, signature,
                      sizeof(signature), sodium_base64_VARIANT_ORIGINAL);
}

GBytes *
mugai_seal_message(const MugaiSealKey *key, const MugaiId *id, gint64 now, GBytes *message,
                   GError **error)
{
    char signature[MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS + 1];
    g_autofree char *time = g_strdup_printf("%" G_GINT64_FORMAT, now);
    gsize length = 0;
    const char *octets = g_bytes_get_data(message, &length);
    GString *sealed = NULL;
    gsize date = 0;
    gsize end = 0;

    if (!find_places(octets, length, &date, &end, error))
        return NULL;
    sign(key, id, time, (const unsigned char *)octets + date, length - date, signature);
    sealed = g_string_sized_new(length + 256);
    g_string_append_len(sealed, octets, (gssize)end);
    g_string_append_printf(sealed, "Mugai-Seal: version=1; key=%s; time=%s; signature=%s\r\n",
                           key->id, time, signature);
    g_string_append_len(sealed, octets + end, (gssize)(length - end));
    return g_string_free_to_bytes(sealed);
}
