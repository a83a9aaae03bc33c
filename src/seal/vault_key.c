/*
 * vault_key.c - the keys of the vault: made once, the private one behind a passphrase
 *
 * Invariants: 1. a private key, and what a passphrase was made into, exist in sodium_malloc()'s
 *                memory (locked, kept out of core dumps, fenced, wiped);
 *             2. in its file a private key is never in the clear.
 * Trust: the files are the administrator's; what a private one asks of memory and time is bounded
 *         all the same.
 * Errors: CONFIG for a file that is none, SEALED for another passphrase.
 * Limits: the passphrase is the caller's to wipe.
 */
#include "key.h"
#include "key_file.h"
#include "vault_private.h"

#include <mugai/error.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE_MARK "mugai-vault-private-1"
#define FIELDS 7u
/* A whole line is below 300. */
#define LINE_OCTETS 512u
#define PASSES_MAX 64u
#define MEMORY_KIB_MAX (1024u * 1024u)
#define BOX_OCTETS (crypto_box_SECRETKEYBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)

struct MugaiVaultKey {
    guint8 *secret; /* crypto_box_SECRETKEYBYTES, in guarded memory */
    guint8 public_key[crypto_box_PUBLICKEYBYTES];
    char id[MUGAI_VAULT_ID_DIGITS + 1];
};

/* What stands in a private key file. */
typedef struct {
    MugaiVaultCost cost;
    guint8 salt[crypto_pwhash_SALTBYTES];
    guint8 public_key[crypto_box_PUBLICKEYBYTES];
    guint8 nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    guint8 box[BOX_OCTETS];
} PrivateFile;

/* --- memory --- */

void
mugai_vault_data_key_clear(MugaiVaultDataKey *data_key)
{
    sodium_memzero(data_key, sizeof(*data_key));
}

void
mugai_vault_hash_key(const guint8 public_key[crypto_box_PUBLICKEYBYTES],
                     guint8 ret_id[MUGAI_VAULT_KEY_ID_OCTETS])
{
    guint8 hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, public_key, crypto_box_PUBLICKEYBYTES);
    memcpy(ret_id, hash, MUGAI_VAULT_KEY_ID_OCTETS);
}

/* Guarded memory; NULL with @error. */
static guint8 *
allocate(gsize size, GError **error)
{
    guint8 *octets = sodium_malloc(size);

    if (octets == NULL)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "vault: no memory for a key");
    return octets;
}

/* Without a key in it yet. */
static MugaiVaultKey *
key_new(GError **error)
{
    guint8 *secret = mugai_seal_start(error) ? allocate(crypto_box_SECRETKEYBYTES, error) : NULL;
    MugaiVaultKey *key = NULL;

    if (secret == NULL)
        return NULL;
    key = g_new0(MugaiVaultKey, 1);
    key->secret = secret;
    return key;
}

/* All that follows from key->secret. */
static void
complete(MugaiVaultKey *key)
{
    guint8 id[MUGAI_VAULT_KEY_ID_OCTETS];

    crypto_scalarmult_base(key->public_key, key->secret);
    mugai_vault_hash_key(key->public_key, id);
    sodium_bin2hex(key->id, sizeof(key->id), id, sizeof(id));
    (void)sodium_mprotect_readonly(key->secret);
}

void
mugai_vault_key_free(MugaiVaultKey *key)
{
    if (key == NULL)
        return;
    sodium_free(key->secret);
    g_free(key);
}

const char *
mugai_vault_key_id(const MugaiVaultKey *key)
{
    return key->id;
}

/* --- the passphrase --- */

/* The key that @passphrase makes, in guarded memory; NULL with @error. */
static guint8 *
stretch(const char *passphrase, const PrivateFile *file, GError **error)
{
    guint8 *key = allocate(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, error);

    if (key == NULL)
        return NULL;
    if (crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, passphrase,
                      strlen(passphrase), file->salt, file->cost.passes,
                      (size_t)file->cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0)
        return key;
    sodium_free(key);
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                "vault: the passphrase takes %u MiB of memory, which are not there",
                file->cost.memory_kib / 1024);
    return NULL;
}

/* --- the private file --- */

static void
append_base64(GString *line, const guint8 *octets, gsize length)
{
    g_autofree char *base64 = g_base64_encode(octets, length);

    g_string_append(line, base64);
}

/* The line up to and with the blank before the box. */
static char *
format_head(const PrivateFile *file)
{
    GString *line = g_string_new(NULL);

    g_string_printf(line, PRIVATE_MARK " %u %u ", file->cost.passes, file->cost.memory_kib);
    append_base64(line, file->salt, sizeof(file->salt));
    g_string_append_c(line, ' ');
    append_base64(line, file->public_key, sizeof(file->public_key));
    g_string_append_c(line, ' ');
    append_base64(line, file->nonce, sizeof(file->nonce));
    g_string_append_c(line, ' ');
    return g_string_free(line, FALSE);
}

static char *
format_file(const PrivateFile *file)
{
    GString *line = g_string_new(NULL);
    g_autofree char *head = format_head(file);

    g_string_append(line, head);
    append_base64(line, file->box, sizeof(file->box));
    g_string_append_c(line, '\n');
    return g_string_free(line, FALSE);
}

static gboolean
read_base64(const char *text, guint8 *ret_octets, gsize length)
{
    size_t got = 0;

    return sodium_base642bin(ret_octets, length, text, strlen(text), NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == length;
}

static gboolean
read_number(const char *text, guint minimum, guint maximum, guint *ret_number)
{
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(text, 10, minimum, maximum, &number, NULL))
        return FALSE;
    *ret_number = (guint)number;
    return TRUE;
}

/* One form alone: what was read, written again, must be the same. */
static gboolean
parse_file(const char *line, PrivateFile *ret_file)
{
    g_auto(GStrv) fields = g_strsplit(line, " ", -1);
    g_autofree char *again = NULL;

    if (g_strv_length(fields) != FIELDS || !g_str_equal(fields[0], PRIVATE_MARK))
        return FALSE;
    g_strchomp(fields[FIELDS - 1]);
    if (!read_number(fields[1], crypto_pwhash_OPSLIMIT_MIN, PASSES_MAX, &ret_file->cost.passes) ||
        !read_number(fields[2], crypto_pwhash_MEMLIMIT_MIN / 1024, MEMORY_KIB_MAX,
                     &ret_file->cost.memory_kib) ||
        !read_base64(fields[3], ret_file->salt, sizeof(ret_file->salt)) ||
        !read_base64(fields[4], ret_file->public_key, sizeof(ret_file->public_key)) ||
        !read_base64(fields[5], ret_file->nonce, sizeof(ret_file->nonce)) ||
        !read_base64(fields[6], ret_file->box, sizeof(ret_file->box)))
        return FALSE;
    again = format_file(ret_file);
    return g_str_has_prefix(again, line) && strlen(line) + 1 >= strlen(again);
}

static gboolean
refuse_passphrase(const char *path, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SEALED,
                "private key %s: this is not its passphrase, or the file was changed", path);
    return FALSE;
}

static gboolean
open_box(MugaiVaultKey *key, const PrivateFile *file, const char *path, const char *passphrase,
         GError **error)
{
    g_autofree char *head = format_head(file);
    guint8 *opener = stretch(passphrase, file, error);
    gboolean opened = FALSE;

    if (opener == NULL)
        return FALSE;
    opened = crypto_aead_xchacha20poly1305_ietf_decrypt(key->secret, NULL, NULL, file->box,
                                                        sizeof(file->box), (const guint8 *)head,
                                                        strlen(head), file->nonce, opener) == 0;
    sodium_free(opener);
    if (!opened)
        return refuse_passphrase(path, error);
    complete(key);
    /* Authenticated with the box: what else stands there was written by who had the passphrase. */
    return memcmp(key->public_key, file->public_key, sizeof(key->public_key)) == 0 ||
           mugai_key_file_refuse(error, path, N_("holds two keys that are no pair"));
}

MugaiVaultKey *
mugai_vault_key_open(const char *path, const char *passphrase, GError **error)
{
    g_autoptr(MugaiVaultKey) key = key_new(error);
    char line[LINE_OCTETS] = "";
    PrivateFile file = {0};

    if (key == NULL || !mugai_key_file_read(path, line, sizeof(line), error))
        return NULL;
    if (!parse_file(line, &file)) {
        mugai_key_file_refuse(error, path, N_("is no private key of mugai keygen --vault"));
        return NULL;
    }
    return open_box(key, &file, path, passphrase, error) ? g_steal_pointer(&key) : NULL;
}

/* --- making --- */

static gboolean
make_private_file(const char *path, const MugaiVaultKey *key, const char *passphrase,
                  MugaiVaultCost cost, GError **error)
{
    PrivateFile file = {.cost = cost};
    g_autofree char *head = NULL;
    g_autofree char *line = NULL;
    guint8 *opener = NULL;

    memcpy(file.public_key, key->public_key, sizeof(file.public_key));
    randombytes_buf(file.salt, sizeof(file.salt));
    randombytes_buf(file.nonce, sizeof(file.nonce));
    head = format_head(&file);
    opener = stretch(passphrase, &file, error);
    if (opener == NULL)
        return FALSE;
    crypto_aead_xchacha20poly1305_ietf_encrypt(file.box, NULL, key->secret,
                                               crypto_box_SECRETKEYBYTES, (const guint8 *)head,
                                               strlen(head), NULL, file.nonce, opener);
    sodium_free(opener);
    line = format_file(&file);
    return mugai_key_file_make(path, S_IRUSR | S_IWUSR, line, error);
}

static gboolean
make_public_file(const char *path, const MugaiVaultKey *key, GError **error)
{
    g_autofree char *base64 = g_base64_encode(key->public_key, sizeof(key->public_key));
    g_autofree char *line = g_strconcat(MUGAI_PUBLIC_KEY_MARK, base64, "\n", NULL);

    return mugai_key_file_make(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, line, error);
}

gboolean
mugai_vault_keygen(const char *private_path, const char *public_path, const char *passphrase,
                   MugaiVaultCost cost, char **ret_key_id, GError **error)
{
    g_autoptr(MugaiVaultKey) key = NULL;

    if (*passphrase == '\0') {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_USAGE, "an empty passphrase is none");
        return FALSE;
    }
    key = key_new(error);
    if (key == NULL)
        return FALSE;
    randombytes_buf(key->secret, crypto_box_SECRETKEYBYTES);
    complete(key);
    if (!make_private_file(private_path, key, passphrase, cost, error))
        return FALSE;
    if (!make_public_file(public_path, key, error)) {
        (void)unlink(private_path);
        return FALSE;
    }
    *ret_key_id = g_strdup(key->id);
    return TRUE;
}

/* --- data keys --- */

char *
mugai_vault_box_names(const MugaiVaultBox *boxes, guint n_boxes)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < n_boxes; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", boxes[i].key_id);
    return g_string_free(names, FALSE);
}

gboolean
mugai_vault_key_unbox(const MugaiVaultKey *key, const MugaiVaultBox *boxes, guint n_boxes,
                      MugaiVaultDataKey *ret_data_key, GError **error)
{
    g_auto(MugaiVaultDataKey) data_key = {0};
    g_autofree char *names = NULL;
    gboolean found = FALSE;

    for (guint i = 0; i < n_boxes; i++) {
        if (!g_str_equal(boxes[i].key_id, key->id))
            continue;
        found = TRUE;
        if (crypto_box_seal_open(data_key.octets, boxes[i].octets, sizeof(boxes[i].octets),
                                 key->public_key, key->secret) == 0) {
            *ret_data_key = data_key;
            return TRUE;
        }
    }
    names = mugai_vault_box_names(boxes, n_boxes);
    if (found)
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                    "its data key for %s is not what was sealed", key->id);
    else
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SEALED,
                    "it is sealed to %s, and this is the private key of %s", names, key->id);
    return FALSE;
}
