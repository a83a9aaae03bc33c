/*
 * confine.c - what of the machine's files the service keeps within reach
 *
 * Directories, not files: an editor replaces a file, and the new one is another to the kernel. What
 * a reload names outside of them takes a restart.
 *
 * Invariants: 1. whatever a library reads once is read before: the time zone.
 */
#include "confine.h"

#include <mugai/error.h>
#include <mugai/log.h>
#include <mugai/sandbox.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define PATHS_MAX (8u + MUGAI_PUBLIC_KEYS_MAX)

typedef struct {
    MugaiLockPath paths[PATHS_MAX];
    gsize n_paths;
    GPtrArray *owned; /* the strings in @paths */
} Reach;

static void
add(Reach *reach, char *path, MugaiLockAccess access)
{
    g_assert(reach->n_paths < PATHS_MAX);
    g_ptr_array_add(reach->owned, path);
    reach->paths[reach->n_paths++] = (MugaiLockPath){path, access};
}

/* The directory that the file @path really lies in. */
static gboolean
add_directory_of(Reach *reach, const char *path, GError **error)
{
    g_autofree char *resolved = realpath(path, NULL);

    if (resolved == NULL) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "%s", path);
        return FALSE;
    }
    add(reach, g_path_get_dirname(resolved), MUGAI_LOCK_READ);
    return TRUE;
}

static gboolean
add_public_keys(Reach *reach, const GPtrArray *public_keys, GError **error)
{
    for (guint i = 0; public_keys != NULL && i < public_keys->len; i++) {
        const MugaiPublicKey *key = public_keys->pdata[i];

        if (!add_directory_of(reach, key->path, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_confine(const MugaiConfig *config, const char *socket_path, const char *config_file,
              GError **error)
{
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    Reach reach = {.owned = owned};

    if (!mugai_lock_has_landlock())
        mugai_log(
            MUGAI_LOG_WARNING,
            "this kernel was started without Landlock: which files mugaid can reach is left to "
            "its user's rights; add landlock to the kernel's lsm= option");
    tzset();
    /* Where SQLite puts what it has no memory for. */
    g_setenv("SQLITE_TMPDIR", config->store_path, TRUE);
    add(&reach, g_strdup(config->store_path), MUGAI_LOCK_KEEP);
    if (config->log_path != NULL)
        add(&reach, g_strdup(config->log_path), MUGAI_LOCK_KEEP);
    /* SQLite and GLib draw random numbers from it. */
    add(&reach, g_strdup("/dev/urandom"), MUGAI_LOCK_READ);
    if (socket_path != NULL)
        add(&reach, g_path_get_dirname(socket_path), MUGAI_LOCK_REMOVE);
    if (config->notices != NULL)
        add(&reach, g_strdup(config->notices), MUGAI_LOCK_READ);
    if (!add_directory_of(&reach, config_file, error) ||
        (config->seal_key != NULL && !add_directory_of(&reach, config->seal_key, error)) ||
        (config->log_key != NULL && !add_directory_of(&reach, config->log_key, error)) ||
        !add_public_keys(&reach, config->seal_to, error))
        return FALSE;
    return mugai_lock_service(reach.paths, reach.n_paths, error);
}
