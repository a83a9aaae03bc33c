/* public_key.h - public key files of the vault, as mugai.conf names them */
#pragma once

#include <mugai/config.h>

G_BEGIN_DECLS

void mugai_public_key_free(MugaiPublicKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiPublicKey, mugai_public_key_free)

/* The keys in the files that @value names, commas between them: 1 to MUGAI_PUBLIC_KEYS_MAX, none
 * twice. NULL: @ret_why says what to write instead, newly allocated. */
GPtrArray *mugai_public_keys_load(const char *value, char **ret_why);

G_END_DECLS
