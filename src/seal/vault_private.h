/* vault_private.h - what the files of the vault share */
#pragma once

#include <mugai/vault.h>
#include <sodium.h>

G_BEGIN_DECLS

/* The parts of a sealed original; see vault.h. */
#define MUGAI_VAULT_MARK "mugai-sealed-1\r\n"
#define MUGAI_VAULT_MARK_OCTETS 16u
#define MUGAI_VAULT_KEY_ID_OCTETS (MUGAI_VAULT_ID_DIGITS / 2)
#define MUGAI_VAULT_RECIPIENT_OCTETS (MUGAI_VAULT_KEY_ID_OCTETS + MUGAI_VAULT_BOX_OCTETS)
#define MUGAI_VAULT_FIXED_OCTETS (MUGAI_VAULT_MARK_OCTETS + MUGAI_ID_LENGTH + 4u + 4u)
#define MUGAI_VAULT_STREAM_OCTETS crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define MUGAI_VAULT_MORE_OCTETS crypto_secretstream_xchacha20poly1305_ABYTES
#define MUGAI_VAULT_SIZE_OCTETS 8u
#define MUGAI_VAULT_HASH_DIGITS 64u
#define MUGAI_VAULT_TRAILER_OCTETS (MUGAI_VAULT_SIZE_OCTETS + MUGAI_VAULT_HASH_DIGITS)

G_STATIC_ASSERT(sizeof(MUGAI_VAULT_MARK) - 1 == MUGAI_VAULT_MARK_OCTETS);
G_STATIC_ASSERT(MUGAI_VAULT_STREAM_OCTETS == 24 && MUGAI_VAULT_MORE_OCTETS == 17);
G_STATIC_ASSERT(sizeof(((MugaiVaultDataKey *)NULL)->octets) ==
                crypto_secretstream_xchacha20poly1305_KEYBYTES);
G_STATIC_ASSERT(MUGAI_VAULT_BOX_OCTETS == crypto_box_SEALBYTES + sizeof(MugaiVaultDataKey));
G_STATIC_ASSERT(MUGAI_PUBLIC_KEY_OCTETS == crypto_box_PUBLICKEYBYTES);

/* The first octets of the SHA-256 of a public key. */
void mugai_vault_hash_key(const guint8 public_key[crypto_box_PUBLICKEYBYTES],
                          guint8 ret_id[MUGAI_VAULT_KEY_ID_OCTETS]);

G_END_DECLS
