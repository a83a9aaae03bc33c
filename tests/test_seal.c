/*
 * test_seal.c - the boundary's signature: keys are made once and kept to few, and what is sealed
 * holds what the signature says
 *
 * The known answer is RFC 8032's first key (section 7.1); OpenSSL's pkeyutl has verified it, and
 * tests/seal.py computes the same.
 */
#include "candidate.h"

#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/seal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define PRIVATE_LINE "mugai-seal-private-1 " SEED "\n"
#define KEY_ID "21fe31dfa154a261"
#define NOW 1795168815

#define RECEIVED "Received: by relay.example; Fri, 20 Nov 2026 10:00:00 +0900\r\n"
#define OWN_FIELDS                                                                                 \
    "Date: Fri, 20 Nov 2026 10:00:00 +0900\r\n"                                                    \
    "From: <a@example.org>\r\n"                                                                    \
    "Message-ID: <1@example.org>\r\n"                                                              \
    "MIME-Version: 1.0\r\n"                                                                        \
    "Content-Type: text/plain; charset=utf-8\r\n"                                                  \
    "Content-Transfer-Encoding: base64\r\n"                                                        \
    "Mugai-Id: 20261120-00000-00000\r\n"                                                           \
    "Mugai-Result: profile=1; kept=1; converted=0; removed=0; unreadable=0; ambiguous=0\r\n"
#define BODY "\r\naGVsbG8NCg==\r\n"
#define SEAL                                                                                       \
    "Mugai-Seal: version=1; key=" KEY_ID "; time=1795168815; "                                     \
    "signature=29nf24fin80Dri5jMUUR4Rcd3o8hv/z8gBUvmSeQyyhD8EATvngUpYZomfwjO2ouKvemrqxFtUA/"       \
    "m1YyuCZVAA==\r\n"

/* A directory of its own for each test, which runs in a process of its own. */
static char *directory;
static char *private_path;
static char *public_path;

static void
make_directory(void)
{
    directory = g_dir_make_tmp("mugai-seal-XXXXXX", NULL);
    cr_assert_not_null(directory);
    private_path = g_build_filename(directory, "seal.key", NULL);
    public_path = g_build_filename(directory, "seal.pub", NULL);
}

static void
remove_directory(void)
{
    g_remove(private_path);
    g_remove(public_path);
    g_rmdir(directory);
    g_free(private_path);
    g_free(public_path);
    g_free(directory);
}

TestSuite(seal, .init = make_directory, .fini = remove_directory);

static void
write_private(const char *contents, mode_t mode)
{
    cr_assert(g_file_set_contents(private_path, contents, -1, NULL));
    cr_assert_eq(g_chmod(private_path, mode), 0);
}

static MugaiSealKey *
load_known_key(void)
{
    g_autoptr(GError) error = NULL;
    MugaiSealKey *key = NULL;

    write_private(PRIVATE_LINE, 0600);
    key = mugai_seal_key_load(private_path, &error);
    cr_assert_not_null(key, "%s", error != NULL ? error->message : "");
    return key;
}

static void
expect_refused(const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiSealKey) key = mugai_seal_key_load(private_path, &error);

    cr_expect_null(key, "%s", what);
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG), "%s", what);
    cr_expect_not_null(strstr(error->message, private_path), "%s", error->message);
    cr_expect_null(strstr(error->message, "nWGxne"), "the seed is in the error text");
}

/* The sealed message; NULL with *@error set. */
static GBytes *
seal(const MugaiSealKey *key, const char *message, GError **error)
{
    g_autoptr(GBytes) octets = g_bytes_new_static(message, strlen(message));
    MugaiId id = {.text = "20261120-00000-00000"};

    return mugai_seal_message(key, &id, NOW, octets, error);
}

static void
expect_sealed(const char *message, const char *expected)
{
    g_autoptr(MugaiSealKey) key = load_known_key();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) sealed = seal(key, message, &error);
    gsize length = 0;
    const char *octets = NULL;

    cr_assert_not_null(sealed, "%s", error != NULL ? error->message : "");
    octets = g_bytes_get_data(sealed, &length);
    cr_expect_eq(length, strlen(expected));
    cr_expect_eq(memcmp(octets, expected, MIN(length, strlen(expected))), 0, "%.*s", (int)length,
                 octets);
    expect_conforming(octets, length, MUGAI_GUARD_INERT_LINKS);
}

Test(seal, known_answer_verified_with_openssl)
{
    expect_sealed(RECEIVED OWN_FIELDS BODY, RECEIVED OWN_FIELDS SEAL BODY);
}

Test(seal, trace_fields_are_not_sealed_for_relays_add_theirs)
{
    expect_sealed(OWN_FIELDS BODY, OWN_FIELDS SEAL BODY);
    expect_sealed(RECEIVED RECEIVED OWN_FIELDS BODY, RECEIVED RECEIVED OWN_FIELDS SEAL BODY);
}

Test(seal, id_of_a_key_is_the_beginning_of_its_hash)
{
    g_autoptr(MugaiSealKey) key = load_known_key();

    cr_expect_str_eq(mugai_seal_key_id(key), KEY_ID);
}

Test(seal, what_has_no_place_for_a_seal_is_refused)
{
    g_autoptr(MugaiSealKey) key = load_known_key();
    const char *messages[] = {"", "Date: x\r\n", "X: y\r\n\r\nbody\r\n", "\r\n\r\nDate: x\r\n",
                              "X: y\r\n\r\nDate: z\r\n\r\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) sealed = seal(key, messages[i], &error);

        cr_expect_null(sealed, "%s", messages[i]);
        cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_GUARD), "%s", messages[i]);
    }
}

/* --- keys --- */

Test(seal, made_keys_are_a_pair_that_signs_and_verifies)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *key_id = NULL;
    g_autofree char *line = NULL;
    g_autofree guchar *public_key = NULL;
    g_autoptr(MugaiSealKey) key = NULL;
    g_autoptr(GBytes) sealed = NULL;
    g_autofree char *value = NULL;
    g_autofree guchar *signature = NULL;
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, OWN_FIELDS BODY, -1);
    g_autofree char *text =
        g_strdup_printf("mugai-seal-1\n20261120-00000-00000\n1795168815\n%s\n", hash);
    gsize length = 0;

    cr_assert(mugai_seal_keygen(private_path, public_path, &key_id, &error), "%s",
              error != NULL ? error->message : "");
    cr_assert(g_file_get_contents(public_path, &line, NULL, NULL));
    cr_assert(g_str_has_prefix(line, "mugai-seal-public-1 "));
    public_key = g_base64_decode(line + strlen("mugai-seal-public-1 "), &length);
    cr_assert_eq(length, 32);
    key = mugai_seal_key_load(private_path, &error);
    cr_assert_not_null(key);
    cr_expect_str_eq(mugai_seal_key_id(key), key_id);
    sealed = seal(key, OWN_FIELDS BODY, &error);
    cr_assert_not_null(sealed);
    value = field_of(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed), "Mugai-Seal");
    cr_assert_not_null(strstr(value, "signature="));
    signature = g_base64_decode(strstr(value, "signature=") + strlen("signature="), &length);
    cr_assert_eq(length, 64);
    cr_expect_eq(
        crypto_sign_verify_detached(signature, (const guchar *)text, strlen(text), public_key), 0);
}

Test(seal, private_key_is_for_its_owner_alone_whatever_the_umask)
{
    g_autofree char *key_id = NULL;
    struct stat status;

    umask(0);
    cr_assert(mugai_seal_keygen(private_path, public_path, &key_id, NULL));
    cr_assert_eq(stat(private_path, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    cr_assert_eq(stat(public_path, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0644);
}

Test(seal, two_keys_are_never_the_same)
{
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    cr_assert(mugai_seal_keygen(private_path, public_path, &first, NULL));
    g_remove(private_path);
    g_remove(public_path);
    cr_assert(mugai_seal_keygen(private_path, public_path, &second, NULL));
    cr_expect_str_neq(first, second);
}

static void
expect_not_overwritten(const char *there, const char *other)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *key_id = NULL;
    g_autofree char *contents = NULL;

    cr_assert(g_file_set_contents(there, "precious", -1, NULL));
    cr_expect_not(mugai_seal_keygen(private_path, public_path, &key_id, &error));
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS));
    cr_expect_null(key_id);
    cr_assert(g_file_get_contents(there, &contents, NULL, NULL));
    cr_expect_str_eq(contents, "precious");
    cr_expect_not(g_file_test(other, G_FILE_TEST_EXISTS), "half a pair is left");
    g_remove(there);
}

Test(seal, files_that_are_there_are_not_overwritten)
{
    expect_not_overwritten(private_path, public_path);
    expect_not_overwritten(public_path, private_path);
}

Test(seal, link_in_the_place_of_a_key_is_not_followed)
{
    g_autofree char *target = g_build_filename(directory, "target", NULL);
    g_autofree char *key_id = NULL;

    cr_assert_eq(symlink(target, private_path), 0);
    cr_expect_not(mugai_seal_keygen(private_path, public_path, &key_id, NULL));
    cr_expect_not(g_file_test(target, G_FILE_TEST_EXISTS));
}

Test(seal, key_that_others_may_read_or_the_group_may_write_is_refused)
{
    const mode_t wrong[] = {0604, 0602, 0601, 0660, 0620, 0644, 0666, 0777};
    const mode_t right[] = {0400, 0600, 0440, 0640};

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *what = g_strdup_printf("mode %o", (guint)wrong[i]);

        write_private(PRIVATE_LINE, wrong[i]);
        expect_refused(what);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(right); i++) {
        g_autoptr(MugaiSealKey) key = NULL;

        write_private(PRIVATE_LINE, right[i]);
        key = mugai_seal_key_load(private_path, NULL);
        cr_expect_not_null(key, "mode %o", (guint)right[i]);
    }
}

Test(seal, what_is_no_private_key_is_refused_and_the_file_named)
{
    const char *wrong[] = {
        "",
        "\n",
        "mugai-seal-private-1 ",
        "mugai-seal-private-1 \n",
        "mugai-seal-public-1 " SEED "\n",
        "mugai-seal-private-2 " SEED "\n",
        " mugai-seal-private-1 " SEED "\n",
        "mugai-seal-private-1  " SEED "\n",
        "mugai-seal-private-1 " SEED " \n",
        "mugai-seal-private-1 " SEED "\r\n",
        "mugai-seal-private-1 " SEED "\n\n",
        "mugai-seal-private-1 " SEED "\nmore",
        "mugai-seal-private-1 nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B=\n", /* unused bits */
        "mugai-seal-private-1 nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2AA\n", /* 33 octets */
        "mugai-seal-private-1 nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyu\n",     /* 30 octets */
        "mugai-seal-private-1 nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n", /* other alphabet */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        write_private(wrong[i], 0600);
        expect_refused(wrong[i]);
    }
}

Test(seal, directory_fifo_and_nothing_are_no_keys)
{
    expect_refused("nothing");
    cr_assert_eq(mkfifo(private_path, 0600), 0);
    expect_refused("fifo");
    g_remove(private_path);
    cr_assert_eq(g_mkdir(private_path, 0700), 0);
    expect_refused("directory");
}
