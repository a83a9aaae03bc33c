/* digest.h - SHA-256 (FIPS 180-4), as it comes: nettle's, for it uses the processor's own */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MugaiDigest MugaiDigest;

MugaiDigest *mugai_digest_new(void);
void mugai_digest_free(MugaiDigest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiDigest, mugai_digest_free)

void mugai_digest_update(MugaiDigest *digest, const void *octets, gsize length);
/* Of all octets so far, 64 digits of lower-case hex, newly allocated; @digest is then as new. */
char *mugai_digest_finish(MugaiDigest *digest);

/* Of @length octets, as above. */
char *mugai_digest_text(const void *octets, gsize length);

G_END_DECLS
