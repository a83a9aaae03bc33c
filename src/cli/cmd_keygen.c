/* cmd_keygen.c - makes a pair of keys, of the seal or of the vault, and says where each goes; never
 * overwrites one */
#include "cli.h"

#include <mugai/seal.h>
#include <mugai/text.h>
#include <mugai/vault.h>
#include <stdio.h>
#include <sysexits.h>

#define NAME_CHARACTERS 4096u

static const char seal_steps[] =
    N_("\n"
       "%s.key is private and stays on the boundary host, readable for mugaid alone:\n"
       "    install -o mugai -m 600 %s.key /etc/mugai/seal.key, and remove this copy\n"
       "    /etc/mugai/mugai.conf: [seal] key = /etc/mugai/seal.key, then reload mugaid\n"
       "%s.pub is public and goes to the LGWAN side, where mugai-gate reads it, first:\n"
       "    what is sealed with a key that the gate does not know is refused there\n");

static const char vault_steps[] =
    N_("\n"
       "%s.pub is public and goes to the boundary host:\n"
       "    install -m 644 %s.pub /etc/mugai/vault.pub\n"
       "    /etc/mugai/mugai.conf: [store] seal_to = /etc/mugai/vault.pub, then reload mugaid\n"
       "%s.key is private and does not stay there: keep it, and a copy of it, where originals are\n"
       "    opened. Without it, or without its passphrase, nobody opens what is sealed to it\n");

typedef struct {
    char *base;
    gboolean vault;
    char *passphrase_file;
} KeygenOptions;

static void
keygen_options_clear(KeygenOptions *options)
{
    g_free(options->base);
    g_free(options->passphrase_file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeygenOptions, keygen_options_clear)

static void
say_what_was_made(const KeygenOptions *options, const char *key_id)
{
    g_autofree char *quoted = mugai_text_quote(options->base, NAME_CHARACTERS);

    printf(_("key %s\n"), key_id);
    if (options->vault)
        printf(_(vault_steps), quoted, quoted, quoted);
    else
        printf(_(seal_steps), quoted, quoted, quoted);
}

static gboolean
make_vault_keys(const KeygenOptions *options, const char *private_path, const char *public_path,
                char **ret_key_id, GError **error)
{
    char *passphrase = mugai_cli_passphrase(options->passphrase_file, TRUE, error);
    gboolean made =
        passphrase != NULL && mugai_vault_keygen(private_path, public_path, passphrase,
                                                 MUGAI_VAULT_COST_DEFAULT, ret_key_id, error);

    mugai_cli_passphrase_free(passphrase);
    return made;
}

static gboolean
make_keys(const KeygenOptions *options, char **ret_key_id, GError **error)
{
    g_autofree char *private_path = g_strconcat(options->base, ".key", NULL);
    g_autofree char *public_path = g_strconcat(options->base, ".pub", NULL);

    if (options->vault)
        return make_vault_keys(options, private_path, public_path, ret_key_id, error);
    return mugai_seal_keygen(private_path, public_path, ret_key_id, error);
}

int
cmd_keygen(int argc, char **argv, GError **error)
{
    g_auto(KeygenOptions) options = {0};
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &options.base,
         N_("Write the private key to BASE.key, the public one to BASE.pub"), "BASE"},
        {"vault", 0, 0, G_OPTION_ARG_NONE, &options.vault,
         N_("Keys that originals are sealed to and opened with; asks for a passphrase twice"),
         NULL},
        {"passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &options.passphrase_file,
         N_("Take the passphrase from the first line of FILE"), "FILE"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autofree char *key_id = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Makes the keys with which mugaid signs what leaves and mugai-gate checks "
               "it, or with --vault those that open sealed originals."),
            argc, argv, error))
        return -1;
    if (options.base == NULL || *options.base == '\0' || common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("keygen takes --output BASE, and --vault with a passphrase"));
        return -1;
    }
    if (options.passphrase_file != NULL && !options.vault) {
        mugai_cli_misuse(error, _("--passphrase-file is for --vault: the seal has no passphrase"));
        return -1;
    }
    if (!make_keys(&options, &key_id, error))
        return -1;
    say_what_was_made(&options, key_id);
    return EX_OK;
}
