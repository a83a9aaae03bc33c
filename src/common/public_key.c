/*
 * public_key.c - reads the public keys that originals are sealed to
 *
 * Here and not beside the private ones, for it takes no cryptography: a wrong key file is a wrong
 * configuration, and everybody who reads the configuration finds it.
 *
 * Trust: the files are the administrator's.
 * Limits: whether the octets are a point that can be sealed to is for src/seal to say.
 */
#include "public_key.h"

#include <mugai/i18n.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line is 66. */
#define FILE_OCTETS_MAX 256u

void
mugai_public_key_free(MugaiPublicKey *key)
{
    if (key == NULL)
        return;
    g_free(key->path);
    g_free(key);
}

/* The key of @contents, a whole file. One form alone: what is decoded must be what was encoded. */
static gboolean
decode(const char *contents, gsize length, guint8 octets[MUGAI_PUBLIC_KEY_OCTETS])
{
    g_autofree char *line = g_strndup(contents, length);
    const char *base64 = line + strlen(MUGAI_PUBLIC_KEY_MARK);
    g_autofree guint8 *decoded = NULL;
    g_autofree char *again = NULL;
    gsize got = 0;

    if (!g_str_has_prefix(line, MUGAI_PUBLIC_KEY_MARK))
        return FALSE;
    line[strcspn(line, "\n")] = '\0';
    decoded = g_base64_decode(base64, &got);
    again = g_base64_encode(decoded, got);
    if (got != MUGAI_PUBLIC_KEY_OCTETS || !g_str_equal(base64, again) || length > strlen(line) + 1)
        return FALSE;
    memcpy(octets, decoded, got);
    return TRUE;
}

/* Up to FILE_OCTETS_MAX octets of the file @path, and no waiting for what is none; -1 with errno.
 */
static gssize
read_file(const char *path, char contents[FILE_OCTETS_MAX])
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    gssize length = -1;
    int saved_errno = 0;

    if (file < 0)
        return -1;
    if (fstat(file, &status) == 0) {
        errno = EINVAL;
        if (S_ISREG(status.st_mode))
            length = TEMP_FAILURE_RETRY(read(file, contents, FILE_OCTETS_MAX));
    }
    saved_errno = errno;
    close(file);
    errno = saved_errno;
    return length;
}

static MugaiPublicKey *
load(const char *path, char **ret_why)
{
    g_autoptr(MugaiPublicKey) key = g_new0(MugaiPublicKey, 1);
    char contents[FILE_OCTETS_MAX] = "";
    gssize length = 0;

    key->path = g_strdup(path);
    if (!g_path_is_absolute(path))
        *ret_why = g_strdup(N_("write absolute paths, beginning with /, with commas between them"));
    else if ((length = read_file(path, contents)) < 0)
        *ret_why = g_strdup_printf("%s: %s", path, g_strerror(errno));
    else if (!decode(contents, (gsize)length, key->octets))
        *ret_why = g_strdup_printf(N_("%s is no public key of mugai keygen --vault"), path);
    return *ret_why == NULL ? g_steal_pointer(&key) : NULL;
}

static gboolean
has_key(const GPtrArray *keys, const MugaiPublicKey *key)
{
    for (guint i = 0; i < keys->len; i++) {
        const MugaiPublicKey *other = keys->pdata[i];

        if (memcmp(other->octets, key->octets, sizeof(key->octets)) == 0)
            return TRUE;
    }
    return FALSE;
}

GPtrArray *
mugai_public_keys_load(const char *value, char **ret_why)
{
    g_auto(GStrv) paths = g_strsplit(value, ",", -1);
    g_autoptr(GPtrArray) keys =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_public_key_free);

    *ret_why = NULL;
    if (paths[0] == NULL)
        *ret_why =
            g_strdup(N_("write the path of a public key; to seal nothing, leave the line out"));
    else if (g_strv_length(paths) > MUGAI_PUBLIC_KEYS_MAX)
        *ret_why = g_strdup_printf(N_("name %u keys at most"), MUGAI_PUBLIC_KEYS_MAX);
    for (guint i = 0; paths[i] != NULL && *ret_why == NULL; i++) {
        g_autoptr(MugaiPublicKey) key = load(g_strstrip(paths[i]), ret_why);

        if (key != NULL && has_key(keys, key))
            *ret_why = g_strdup_printf(N_("%s holds the same key as one before it"), key->path);
        else if (key != NULL)
            g_ptr_array_add(keys, g_steal_pointer(&key));
    }
    return *ret_why == NULL ? g_steal_pointer(&keys) : NULL;
}
