/*
 * seal.h - the signature that the boundary host puts on what it passes
 *
 * Ed25519 in the field Mugai-Seal; its form and what it is over: src/ARCHITECTURE.md, "The seal".
 * mugai-gate, which checks it on the LGWAN side, shares no code with this.
 *
 * Key files are text, one line: "mugai-seal-private-1 " or "mugai-seal-public-1 " and the base64 of
 * 32 octets (the seed of RFC 8032 section 5.1.5; the public key).
 */
#pragma once

#include <glib.h>
#include <mugai/id.h>
#include <mugai/profile.h>

G_BEGIN_DECLS

/* A private key. Immutable, for many threads; kept out of swap and core dumps where the system
 * lets us, wiped when freed. */
typedef struct MugaiSealKey MugaiSealKey;
void mugai_seal_key_free(MugaiSealKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiSealKey, mugai_seal_key_free)

/* Reads a private key file. CONFIG, naming @path and what to do, if it cannot be read, is none, or
 * more than its owner and its group may read it, or more than its owner may write it. */
MugaiSealKey *mugai_seal_key_load(const char *path, GError **error);

/* The key's id as it stands in a seal: lower-case hexadecimal digits, owned by @key. */
const char *mugai_seal_key_id(const MugaiSealKey *key);

/* Makes a new pair of keys: @private_path (mode 0600) and @public_path (0644), both synced. Files
 * that are there already are never touched: EXISTS. SYSTEM if they cannot be written; then neither
 * is left. @ret_key_id: newly allocated. */
gboolean mugai_seal_keygen(const char *private_path, const char *public_path, char **ret_key_id,
                           GError **error);

/* @message (a header section in the profile's order, without a seal, and a body) with the seal as
 * its last field. @now: seconds since 1970. GUARD if @message has no place for it; whether the
 * result is in the profile, the guard has to decide. */
GBytes *mugai_seal_message(const MugaiSealKey *key, const MugaiId *id, gint64 now, GBytes *message,
                           GError **error);

/* --- the same keys for short texts: the log of looks --- */

/* A public key. */
typedef struct {
    char id[MUGAI_PROFILE_SEAL_KEY_DIGITS + 1];
    guint8 octets[32];
} MugaiSealPublic;

/* The public half of @key. */
void mugai_seal_key_public(const MugaiSealKey *key, MugaiSealPublic *ret_public);
/* Reads a public key file. CONFIG, naming @path, if it cannot be read or is none; SYSTEM. */
gboolean mugai_seal_public_load(const char *path, MugaiSealPublic *ret_public, GError **error);

/* The signature over the octets of @text in base64, newly allocated. Always the same for the same
 * text. @text begins with words of its own for each use, so that no signature serves another. */
char *mugai_seal_sign_text(const MugaiSealKey *key, const char *text);
/* Whether @base64 is the signature of @public_key's owner over @text. */
gboolean mugai_seal_verify_text(const MugaiSealPublic *public_key, const char *text,
                                const char *base64);

G_END_DECLS
