/*
 * vault.h - originals that only the holder of a private key can open
 *
 * Whoever writes one has public keys alone, so the host that keeps sealed originals cannot open
 * them. Everything is libsodium's; tests/sealed_reader.py opens both files in some 40 lines.
 *
 * A sealed original, numbers big-endian:
 *
 *     16  "mugai-sealed-1" CR LF
 *     20  its id, ASCII
 *      4  N, how many keys it is sealed to, 1 to 16
 *      4  E, octets of the envelope
 *  N * 88  for each key: 8 octets of its id, and 80, the data key (32) in crypto_box_seal()
 *      E  the envelope, JSON in UTF-8 (mugai_envelope_to_json()), readable for everybody
 *     24  header of crypto_secretstream_xchacha20poly1305 under the data key
 *      .  chunks of it: 65,536 octets of content and 17 more each, the last one of less or as many;
 *         the last one has TAG_FINAL, the others TAG_MESSAGE; the additional data of the first one
 *         is all of the file before the 24 octets, of the others none
 *      8  octets of the original
 *     64  SHA-256 of all octets before, lower-case hexadecimal digits
 *
 * The content is the object as it would stand in the store unsealed: gzip (store.h). So the key
 * finds whatever was changed, cut off, moved or put behind, envelope, id and keys included; and
 * without a key the SHA-256 finds what a disk or a copy has damaged, but not what somebody has
 * changed who can count.
 *
 * Key files are one line each, the id of a key the first 8 octets of the SHA-256 of the public key.
 * Public: "mugai-vault-public-1 " and the base64 of the 32 octets (X25519). Private:
 * "mugai-vault-private-1 PASSES KIB SALT PUBLIC NONCE BOX": Argon2id (crypto_pwhash() with
 * ALG_ARGON2ID13) makes 32 octets of passphrase and SALT (16) with PASSES and KIB of memory; these
 * and NONCE (24) open BOX, crypto_aead_xchacha20poly1305_ietf of the private key (32), with the
 * line up to and with the blank before BOX as additional data. SALT, PUBLIC, NONCE and BOX in
 * base64.
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/id.h>

G_BEGIN_DECLS

#define MUGAI_VAULT_ID_DIGITS 16u
#define MUGAI_VAULT_BOX_OCTETS 80u
#define MUGAI_VAULT_CHUNK_OCTETS 65536u

/* What opens one sealed original and no other. Wiped when cleared. */
typedef struct {
    guint8 octets[32];
} MugaiVaultDataKey;
void mugai_vault_data_key_clear(MugaiVaultDataKey *data_key);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiVaultDataKey, mugai_vault_data_key_clear)

/* A data key, sealed to the key of that id. */
typedef struct {
    char key_id[MUGAI_VAULT_ID_DIGITS + 1];
    guint8 octets[MUGAI_VAULT_BOX_OCTETS];
} MugaiVaultBox;

/* --- keys --- */

/* What it takes to try one passphrase: passes over so much memory. */
typedef struct {
    guint passes;
    guint memory_kib;
} MugaiVaultCost;
/* libsodium's "moderate": most of a second. */
#define MUGAI_VAULT_COST_DEFAULT ((MugaiVaultCost){.passes = 3, .memory_kib = 256 * 1024})

/* Makes a new pair: @private_path (mode 0600), which @passphrase opens, and @public_path (0644),
 * both synced. Files that are there already are never touched: EXISTS. USAGE for an empty
 * passphrase. SYSTEM, then neither is left. @ret_key_id: newly allocated. */
gboolean mugai_vault_keygen(const char *private_path, const char *public_path,
                            const char *passphrase, MugaiVaultCost cost, char **ret_key_id,
                            GError **error);

/* A private key. Immutable, for many threads; out of swap and core dumps where the system lets us,
 * wiped when freed. */
typedef struct MugaiVaultKey MugaiVaultKey;
void mugai_vault_key_free(MugaiVaultKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiVaultKey, mugai_vault_key_free)

/* Opens the private key file @path. CONFIG, naming @path, if it is none or others may read it;
 * SEALED if @passphrase is not the one. */
MugaiVaultKey *mugai_vault_key_open(const char *path, const char *passphrase, GError **error);
const char *mugai_vault_key_id(const MugaiVaultKey *key);
/* Opens the one of @boxes that is for @key. SEALED, naming the keys that would do, if none is;
 * MALFORMED if it is not what was sealed. */
gboolean mugai_vault_key_unbox(const MugaiVaultKey *key, const MugaiVaultBox *boxes, guint n_boxes,
                               MugaiVaultDataKey *ret_data_key, GError **error);

/* "KEYID, KEYID" of @boxes, newly allocated. */
char *mugai_vault_box_names(const MugaiVaultBox *boxes, guint n_boxes);

/* --- sealing --- */

/* Whom to seal to. Immutable, for many threads. */
typedef struct MugaiVaultRecipients MugaiVaultRecipients;
/* @public_keys: of MugaiPublicKey. CONFIG, naming the file, for one that nothing can be sealed to.
 */
MugaiVaultRecipients *mugai_vault_recipients_new(const GPtrArray *public_keys, GError **error);
void mugai_vault_recipients_free(MugaiVaultRecipients *recipients);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiVaultRecipients, mugai_vault_recipients_free)
/* "KEYID, KEYID", newly allocated. */
char *mugai_vault_recipients_names(const MugaiVaultRecipients *recipients);

/* --- a few octets: entries of the index --- */

/* A random one. */
void mugai_vault_data_key_make(MugaiVaultDataKey *ret_data_key);
/* 88 octets for each recipient, as in a sealed original; newly allocated. */
GByteArray *mugai_vault_boxes_make(const MugaiVaultRecipients *recipients,
                                   const MugaiVaultDataKey *data_key);
/* Reads them back; FALSE if @length is no such number, or of more keys than there may be. */
gboolean mugai_vault_boxes_read(const guint8 *octets, gsize length,
                                MugaiVaultBox ret_boxes[MUGAI_PUBLIC_KEYS_MAX], guint *ret_count);
/* A nonce and @octets in crypto_aead_xchacha20poly1305_ietf with @about as additional data. */
GByteArray *mugai_vault_seal_octets(const MugaiVaultDataKey *data_key, const char *about,
                                    const guint8 *octets, gsize length);
/* NULL if it is not what was sealed, with this key, about this. */
GByteArray *mugai_vault_open_octets(const MugaiVaultDataKey *data_key, const char *about,
                                    const guint8 *octets, gsize length);

/* --- originals --- */

/* One sealed original being written to @fd, which stays the caller's. @envelope is shorter than
 * MUGAI_LIMIT_ENVELOPE_OCTETS. */
typedef struct MugaiVaultWriter MugaiVaultWriter;
MugaiVaultWriter *mugai_vault_writer_new(const MugaiVaultRecipients *recipients, const MugaiId *id,
                                         const char *envelope, int fd);
void mugai_vault_writer_free(MugaiVaultWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiVaultWriter, mugai_vault_writer_free)
/* FALSE with errno set. */
gboolean mugai_vault_writer_append(MugaiVaultWriter *writer, const void *octets, gsize length);
/* Ends it; @original_octets is what the trailer says. FALSE with errno set. */
gboolean mugai_vault_writer_finish(MugaiVaultWriter *writer, guint64 original_octets);

/* --- opening --- */

/* One sealed original being read from @fd, which stays the caller's. */
typedef struct MugaiVaultReader MugaiVaultReader;
/* Reads its header. MALFORMED, SYSTEM. */
MugaiVaultReader *mugai_vault_reader_new(int fd, GError **error);
void mugai_vault_reader_free(MugaiVaultReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiVaultReader, mugai_vault_reader_free)
/* What stands in the clear; all of it owned by the reader, and nobody's word until it is unlocked.
 */
const char *mugai_vault_reader_id(const MugaiVaultReader *reader);
const char *mugai_vault_reader_envelope(const MugaiVaultReader *reader);
guint64 mugai_vault_reader_original_octets(const MugaiVaultReader *reader);
/* The one at its end. */
const char *mugai_vault_reader_sha256(const MugaiVaultReader *reader);
const MugaiVaultBox *mugai_vault_reader_boxes(const MugaiVaultReader *reader, guint *ret_count);

/* Reads all of it without a key: MALFORMED if it does not have the SHA-256 at its end. */
gboolean mugai_vault_reader_check(const MugaiVaultReader *reader, GError **error);

/* Gives it the data key, and tries it. SEALED if it is not the one, MALFORMED if it is damaged. */
gboolean mugai_vault_reader_unlock(MugaiVaultReader *reader, const MugaiVaultDataKey *data_key,
                                   GError **error);
gboolean mugai_vault_reader_is_unlocked(const MugaiVaultReader *reader);
/* Goes back to the beginning of the content. */
void mugai_vault_reader_rewind(MugaiVaultReader *reader);
/* The next chunk of the content into @ret_content: how many octets, 0 at the end, where all of the
 * file was verified; -1 with MALFORMED or SYSTEM. */
gssize mugai_vault_reader_read(MugaiVaultReader *reader,
                               guint8 ret_content[MUGAI_VAULT_CHUNK_OCTETS], GError **error);

G_END_DECLS
