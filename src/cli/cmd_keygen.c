/* cmd_keygen.c - makes the two keys of the seal and says where each goes; never overwrites one */
#include "cli.h"

#include <mugai/seal.h>
#include <mugai/text.h>
#include <stdio.h>
#include <sysexits.h>

#define NAME_CHARACTERS 4096u

static const char next_steps[] =
    "\n"
    "%s.key is private and stays on the boundary host, readable for mugaid alone:\n"
    "    install -o mugai -m 600 %s.key /etc/mugai/seal.key, and remove this copy\n"
    "    /etc/mugai/mugai.conf: [seal] key = /etc/mugai/seal.key, then reload mugaid\n"
    "%s.pub is public and goes to the LGWAN side, where mugai-gate reads it, first:\n"
    "    what is sealed with a key that the gate does not know is refused there\n";

static void
say_what_was_made(const char *base, const char *key_id)
{
    g_autofree char *quoted = mugai_text_quote(base, NAME_CHARACTERS);

    printf("key %s\n", key_id);
    printf(next_steps, quoted, quoted, quoted);
}

int
cmd_keygen(int argc, char **argv, GError **error)
{
    g_autofree char *base = NULL;
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &base,
         "Write the private key to BASE.key, the public one to BASE.pub", "BASE"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autofree char *private_path = NULL;
    g_autofree char *public_path = NULL;
    g_autofree char *key_id = NULL;

    if (!mugai_cli_parse(&common, entries, "",
                         "Makes the keys with which mugaid signs what leaves and mugai-gate checks "
                         "it.",
                         argc, argv, error))
        return -1;
    if (base == NULL || *base == '\0' || common.arguments[0] != NULL) {
        mugai_cli_misuse(error, "keygen takes --output BASE and nothing else");
        return -1;
    }
    private_path = g_strconcat(base, ".key", NULL);
    public_path = g_strconcat(base, ".pub", NULL);
    if (!mugai_seal_keygen(private_path, public_path, &key_id, error))
        return -1;
    say_what_was_made(base, key_id);
    return EX_OK;
}
