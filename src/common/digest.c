/*
 * digest.c - SHA-256 by nettle
 *
 * Every octet of a message is hashed twice, as it came and decoded: GLib's digest, in plain C, was
 * more than half of what a large message cost.
 */
#include <mugai/digest.h>

#include <nettle/sha2.h>

struct MugaiDigest {
    struct sha256_ctx context;
};

MugaiDigest *
mugai_digest_new(void)
{
    MugaiDigest *digest = g_new(MugaiDigest, 1);

    sha256_init(&digest->context);
    return digest;
}

void
mugai_digest_free(MugaiDigest *digest)
{
    g_free(digest);
}

void
mugai_digest_update(MugaiDigest *digest, const void *octets, gsize length)
{
    sha256_update(&digest->context, length, octets);
}

char *
mugai_digest_finish(MugaiDigest *digest)
{
    static const char digits[] = "0123456789abcdef";
    guint8 octets[SHA256_DIGEST_SIZE];
    char *text = g_malloc0(2 * sizeof(octets) + 1);

    sha256_digest(&digest->context, sizeof(octets), octets);
    for (gsize i = 0; i < sizeof(octets); i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    return text;
}

char *
mugai_digest_text(const void *octets, gsize length)
{
    MugaiDigest digest;

    sha256_init(&digest.context);
    mugai_digest_update(&digest, octets, length);
    return mugai_digest_finish(&digest);
}
