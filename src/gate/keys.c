/*
 * keys.c - reads public key files: one line, "mugai-seal-public-1 " and the base64 of 32 octets
 *
 * Invariants: 1. a key's id is computed from the key, so that a file cannot name itself another;
 *             2. a file or directory that others than its owner may write is refused: who can add a
 *                key can pass mail.
 * Trust: the files are the administrator's.
 */
#include "keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "mugai-seal-public-1 "
#define BASE64_CHARACTERS 44u /* of 32 octets */
/* A line and one octet more, to see that there is more. */
#define LINE_OCTETS (sizeof(MARK) - 1 + BASE64_CHARACTERS + 2)
#define SUFFIX ".pub"

_Static_assert(MUGAI_GATE_PUBLIC_KEY_OCTETS == crypto_sign_PUBLICKEYBYTES, "Ed25519");

static bool
refuse(char error[MUGAI_GATE_ERROR_OCTETS], const char *path, const char *why)
{
    snprintf(error, MUGAI_GATE_ERROR_OCTETS, "%s: %s", path, why);
    return false;
}

static bool
is_kept_safely(int fd, mode_t kind, const char *path, char error[MUGAI_GATE_ERROR_OCTETS])
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return refuse(error, path, strerror(errno));
    if ((status.st_mode & S_IFMT) != kind)
        return refuse(error, path, kind == S_IFDIR ? "is no directory" : "is no file");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(error, path, "others than its owner may write it: chmod go-w");
    return true;
}

/* All of the file, at most LINE_OCTETS, NUL-terminated. */
static bool
read_line(int fd, char line[LINE_OCTETS + 1])
{
    size_t length = 0;

    while (length < LINE_OCTETS) {
        ssize_t got = read(fd, line + length, LINE_OCTETS - length);

        if (got < 0 && errno != EINTR)
            return false;
        if (got == 0)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    line[length] = '\0';
    return true;
}

static bool
parse_line(const char *line, unsigned char octets[MUGAI_GATE_PUBLIC_KEY_OCTETS])
{
    const char *base64 = line + strlen(MARK);
    const char *end = NULL;
    size_t length = 0;

    if (strncmp(line, MARK, strlen(MARK)) != 0 || strcspn(base64, "\n") != BASE64_CHARACTERS)
        return false;
    if (sodium_base642bin(octets, MUGAI_GATE_PUBLIC_KEY_OCTETS, base64, BASE64_CHARACTERS, NULL,
                          &length, &end, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    return length == MUGAI_GATE_PUBLIC_KEY_OCTETS && end == base64 + BASE64_CHARACTERS &&
           (*end == '\0' || strcmp(end, "\n") == 0);
}

static bool
add_key(MugaiGateKeys *keys, const unsigned char octets[MUGAI_GATE_PUBLIC_KEY_OCTETS])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    MugaiGateKey *key = &keys->keys[keys->count];

    if (keys->count == MUGAI_GATE_KEYS_MAX)
        return false;
    memcpy(key->octets, octets, MUGAI_GATE_PUBLIC_KEY_OCTETS);
    crypto_hash_sha256(hash, octets, MUGAI_GATE_PUBLIC_KEY_OCTETS);
    sodium_bin2hex(key->id, sizeof(key->id), hash, MUGAI_PROFILE_SEAL_KEY_DIGITS / 2);
    keys->count++;
    return true;
}

static bool
add_open_file(MugaiGateKeys *keys, int fd, const char *path, char error[MUGAI_GATE_ERROR_OCTETS])
{
    unsigned char octets[MUGAI_GATE_PUBLIC_KEY_OCTETS];
    char line[LINE_OCTETS + 1] = "";

    if (!is_kept_safely(fd, S_IFREG, path, error))
        return false;
    if (!read_line(fd, line))
        return refuse(error, path, strerror(errno));
    if (!parse_line(line, octets))
        return refuse(error, path, "is no public key of mugai keygen");
    return add_key(keys, octets) || refuse(error, path, "is one key too many");
}

bool
mugai_gate_keys_add_file(MugaiGateKeys *keys, const char *path, char error[MUGAI_GATE_ERROR_OCTETS])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool added = false;

    if (fd < 0)
        return refuse(error, path, strerror(errno));
    added = add_open_file(keys, fd, path, error);
    close(fd);
    return added;
}

static bool
is_key_name(const char *name)
{
    size_t length = strlen(name);

    return name[0] != '.' && length > strlen(SUFFIX) &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static bool
add_entries(MugaiGateKeys *keys, DIR *directory, const char *path,
            char error[MUGAI_GATE_ERROR_OCTETS])
{
    const struct dirent *entry = NULL;
    char name[4096];

    if (!is_kept_safely(dirfd(directory), S_IFDIR, path, error))
        return false;
    for (errno = 0; (entry = readdir(directory)) != NULL; errno = 0) {
        if (!is_key_name(entry->d_name))
            continue;
        if (snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) >= (int)sizeof(name))
            return refuse(error, path, "a path is too long");
        if (!mugai_gate_keys_add_file(keys, name, error))
            return false;
    }
    return errno == 0 || refuse(error, path, strerror(errno));
}

bool
mugai_gate_keys_add_directory(MugaiGateKeys *keys, const char *path,
                              char error[MUGAI_GATE_ERROR_OCTETS])
{
    DIR *directory = opendir(path);
    bool added = false;

    if (directory == NULL)
        return refuse(error, path, strerror(errno));
    added = add_entries(keys, directory, path, error);
    closedir(directory);
    return added;
}
