/*
 * unlock.c - opens what is sealed, with a private key that does not leave this process
 *
 * The desk is asked which data keys an original and the index are sealed with; those that the
 * private key opens go with the request. What walks over the whole store takes the private key
 * itself, and so only where the store is opened in this process.
 *
 * Invariants: 1. the passphrase is asked for once, and wiped;
 *             2. data keys are wiped when the request is over.
 */
#include "cli.h"

#include <string.h>
#include <sysexits.h>

static void
wipe(gpointer text)
{
    explicit_bzero(text, strlen(text));
    g_free(text);
}

typedef struct {
    const MugaiVaultKey *key;
    GPtrArray *data_keys;
    GError *error;
} Opening;

static gboolean
read_box(const MugaiAnswer *answer, MugaiVaultBox *ret_box)
{
    g_autofree guchar *octets = NULL;
    gsize length = 0;

    octets = g_base64_decode(answer->text, &length);
    if (length != sizeof(ret_box->octets) ||
        g_strlcpy(ret_box->key_id, answer->name, sizeof(ret_box->key_id)) >=
            sizeof(ret_box->key_id))
        return FALSE;
    memcpy(ret_box->octets, octets, length);
    return TRUE;
}

/* Those that are sealed to others are left; one of ours that does not open is damage. */
static gboolean
open_box(const MugaiAnswer *answer, gpointer data)
{
    Opening *opening = data;
    g_auto(MugaiVaultDataKey) data_key = {0};
    MugaiVaultBox box = {0};

    if (answer->kind != MUGAI_ANSWER_BOX ||
        !g_str_equal(answer->name, mugai_vault_key_id(opening->key)))
        return TRUE;
    if (!read_box(answer, &box))
        return mugai_cli_fail(&opening->error, EX_PROTOCOL, _("a sealed key that is none"));
    if (!mugai_vault_key_unbox(opening->key, &box, 1, &data_key, &opening->error))
        return FALSE;
    g_ptr_array_add(opening->data_keys, mugai_data_key_format(answer->octets, &data_key));
    return TRUE;
}

static gboolean
collect(const MugaiCommon *common, const MugaiConfig *config, MugaiRequest *request, GError **error)
{
    const MugaiRequest keys = {
        .verb = MUGAI_VERB_KEYS,
        .id = request->id,
        /* The names in the index are of no use to who wants the original. */
        .brief = request->verb != MUGAI_VERB_LIST && request->verb != MUGAI_VERB_SHOW,
    };
    Opening opening = {.key = common->key, .data_keys = request->data_keys};

    if (mugai_cli_ask(config, &keys, open_box, &opening, error) < 0) {
        g_clear_error(&opening.error);
        return FALSE;
    }
    if (opening.error == NULL)
        return TRUE;
    g_propagate_error(error, opening.error);
    return FALSE;
}

static MugaiVaultKey *
open_key(const MugaiCommon *common, GError **error)
{
    char *passphrase = mugai_cli_passphrase(common->passphrase_file, FALSE, error);
    MugaiVaultKey *key =
        passphrase != NULL ? mugai_vault_key_open(common->private_key, passphrase, error) : NULL;

    mugai_cli_passphrase_free(passphrase);
    return key;
}

static gboolean
walks(const MugaiRequest *request)
{
    return request->verb == MUGAI_VERB_FSCK || request->verb == MUGAI_VERB_REPLAY;
}

gboolean
mugai_cli_unlock(MugaiCommon *common, const MugaiConfig *config, MugaiRequest *request,
                 GError **error)
{
    if (common->private_key == NULL)
        return common->passphrase_file == NULL ||
               mugai_cli_misuse(error, _("--passphrase-file is for --private-key FILE"));
    if (walks(request) && !mugai_cli_may_open_store(config))
        return mugai_cli_misuse(error, _("the whole store is opened by its owner or root alone: a "
                                         "private key is not handed to mugai-stored"));
    common->key = open_key(common, error);
    if (common->key == NULL)
        return FALSE;
    if (walks(request)) {
        request->vault_key = common->key;
        return TRUE;
    }
    common->data_keys = g_ptr_array_new_with_free_func(wipe);
    request->data_keys = common->data_keys;
    return collect(common, config, request, error);
}
