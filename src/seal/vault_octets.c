/*
 * vault_octets.c - seal a few octets under a key that is itself sealed
 *
 * For what is many and small: the public keys are used once for a data key, and that seals a great
 * number of entries.
 *
 * Invariants: a nonce is random and of 24 octets: none comes twice under a key.
 * Trust: what is opened is hostile.
 */
#include "vault_private.h"

#include <string.h>

#define NONCE_OCTETS crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_OCTETS crypto_aead_xchacha20poly1305_ietf_ABYTES

G_STATIC_ASSERT(sizeof(MugaiVaultDataKey) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

void
mugai_vault_data_key_make(MugaiVaultDataKey *ret_data_key)
{
    randombytes_buf(ret_data_key->octets, sizeof(ret_data_key->octets));
}

gboolean
mugai_vault_boxes_read(const guint8 *octets, gsize length,
                       MugaiVaultBox ret_boxes[MUGAI_PUBLIC_KEYS_MAX], guint *ret_count)
{
    gsize count = length / MUGAI_VAULT_RECIPIENT_OCTETS;

    if (length % MUGAI_VAULT_RECIPIENT_OCTETS != 0 || count > MUGAI_PUBLIC_KEYS_MAX)
        return FALSE;
    for (gsize i = 0; i < count; i++) {
        sodium_bin2hex(ret_boxes[i].key_id, sizeof(ret_boxes[i].key_id), octets,
                       MUGAI_VAULT_KEY_ID_OCTETS);
        memcpy(ret_boxes[i].octets, octets + MUGAI_VAULT_KEY_ID_OCTETS, MUGAI_VAULT_BOX_OCTETS);
        octets += MUGAI_VAULT_RECIPIENT_OCTETS;
    }
    *ret_count = (guint)count;
    return TRUE;
}

GByteArray *
mugai_vault_seal_octets(const MugaiVaultDataKey *data_key, const char *about, const guint8 *octets,
                        gsize length)
{
    GByteArray *sealed = g_byte_array_new();
    unsigned long long got = 0;

    g_byte_array_set_size(sealed, (guint)(NONCE_OCTETS + length + TAG_OCTETS));
    randombytes_buf(sealed->data, NONCE_OCTETS);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed->data + NONCE_OCTETS, &got, octets, length,
                                               (const guint8 *)about, strlen(about), NULL,
                                               sealed->data, data_key->octets);
    return sealed;
}

GByteArray *
mugai_vault_open_octets(const MugaiVaultDataKey *data_key, const char *about, const guint8 *octets,
                        gsize length)
{
    g_autoptr(GByteArray) opened = g_byte_array_new();
    unsigned long long got = 0;

    if (length < NONCE_OCTETS + TAG_OCTETS)
        return NULL;
    g_byte_array_set_size(opened, (guint)(length - NONCE_OCTETS - TAG_OCTETS + 1));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened->data, &got, NULL, octets + NONCE_OCTETS,
                                                   length - NONCE_OCTETS, (const guint8 *)about,
                                                   strlen(about), octets, data_key->octets) != 0)
        return NULL;
    g_byte_array_set_size(opened, (guint)got);
    return g_steal_pointer(&opened);
}
