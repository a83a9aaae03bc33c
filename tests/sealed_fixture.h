/* sealed_fixture.h - a store that seals to a key of its own for each test; included once by each
 * test program */
#pragma once

#include "store_fixture.h"

/* As little as Argon2id takes. */
#define CHEAP ((MugaiVaultCost){.passes = 1, .memory_kib = 8})
#define PASSPHRASE "words"

/* --- a store with keys --- */

typedef struct {
    Fixture fixture;
    char *keys; /* a directory beside the store */
    MugaiConfig *config;
    MugaiVaultKey *key;
} Sealed;

static inline void
sealed_clear(Sealed *sealed)
{
    remove_tree(sealed->keys);
    g_free(sealed->keys);
    mugai_config_free(sealed->config);
    mugai_vault_key_free(sealed->key);
    fixture_clear(&sealed->fixture);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sealed, sealed_clear)

static inline MugaiVaultKey *
make_key(const Sealed *sealed, const char *name)
{
    g_autofree char *private_path = g_strdup_printf("%s/%s.key", sealed->keys, name);
    g_autofree char *public_path = g_strdup_printf("%s/%s.pub", sealed->keys, name);
    g_autofree char *id = NULL;
    MugaiVaultKey *key = NULL;

    cr_assert(mugai_vault_keygen(private_path, public_path, PASSPHRASE, CHEAP, &id, NULL));
    key = mugai_vault_key_open(private_path, PASSPHRASE, NULL);
    cr_assert_not_null(key);
    return key;
}

/* Opens the store again, so that it seals, or does not. */
static inline void
reopen(Sealed *sealed, gboolean seals)
{
    g_clear_pointer(&sealed->fixture.store, mugai_store_free);
    sealed->fixture.config.seal_to = seals ? sealed->config->seal_to : NULL;
    sealed->fixture.config.seal_index = seals;
    sealed->fixture.store = open_store(&sealed->fixture.config);
}

static inline Sealed
sealed_make(void)
{
    Sealed sealed = {.fixture = fixture_make(), .keys = g_dir_make_tmp("mugai-keys-XXXXXX", NULL)};
    g_autofree char *file = g_build_filename(sealed.keys, "mugai.conf", NULL);
    g_autofree char *text =
        g_strdup_printf("[store]\nseal_to=%s/a.pub\nseal_index=yes\n", sealed.keys);
    g_autoptr(GError) error = NULL;

    sealed.key = make_key(&sealed, "a");
    cr_assert(g_file_set_contents(file, text, -1, NULL));
    sealed.config = mugai_config_load(file, &error);
    cr_assert_not_null(sealed.config, "%s", error != NULL ? error->message : "");
    reopen(&sealed, TRUE);
    return sealed;
}
