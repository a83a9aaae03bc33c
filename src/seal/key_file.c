/*
 * key_file.c - key files: made once, read strictly
 *
 * Invariants: 1. a file that is there is never written to;
 *             2. a file that others may read or change is no key.
 * Trust: the files are the administrator's.
 * Errors: CONFIG for what is read, EXISTS and SYSTEM for what is made.
 */
#include "key_file.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- reading --- */

gboolean
mugai_key_file_refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "private key %s: %s", path, why);
    return FALSE;
}

static gboolean
is_kept_safely(int fd, const char *path, GError **error)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return mugai_key_file_refuse(error, path, g_strerror(errno));
    if (!S_ISREG(status.st_mode))
        return mugai_key_file_refuse(error, path, N_("is no file"));
    if ((status.st_mode & S_IRWXO) != 0)
        return mugai_key_file_refuse(
            error, path,
            N_("everybody may use it: chmod 600, and make a new key if others had access"));
    if ((status.st_mode & S_IWGRP) != 0)
        return mugai_key_file_refuse(error, path, N_("its group may write it: chmod 600"));
    return TRUE;
}

static gboolean
read_line(int fd, char *line, gsize size, const char *path, GError **error)
{
    gsize length = 0;

    while (length < size - 1) {
        ssize_t got = TEMP_FAILURE_RETRY(read(fd, line + length, size - 1 - length));

        if (got < 0)
            return mugai_key_file_refuse(error, path, g_strerror(errno));
        if (got == 0)
            break;
        length += (gsize)got;
    }
    line[length] = '\0';
    return TRUE;
}

gboolean
mugai_key_file_read(const char *path, char *line, gsize size, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    gboolean done = FALSE;

    if (fd < 0)
        return mugai_key_file_refuse(error, path, g_strerror(errno));
    done = is_kept_safely(fd, path, error) && read_line(fd, line, size, path, error);
    close(fd);
    return done;
}

/* --- making --- */

static gboolean
fail(GError **error, const char *path, const char *what)
{
    int saved_errno = errno;

    mugai_error_set_errno(error, saved_errno,
                          saved_errno == EEXIST ? MUGAI_ERROR_EXISTS : MUGAI_ERROR_SYSTEM, "%s: %s",
                          path, what);
    return FALSE;
}

static gboolean
sync_directory(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = fd >= 0 && fsync(fd) == 0;

    if (!synced)
        fail(error, directory, N_("cannot be synced"));
    if (fd >= 0)
        close(fd);
    return synced;
}

static gboolean
write_line(int fd, const char *line, const char *path, GError **error)
{
    gsize length = strlen(line);

    while (length > 0) {
        ssize_t written = TEMP_FAILURE_RETRY(write(fd, line, length));

        if (written < 0)
            return fail(error, path, N_("cannot be written"));
        line += written;
        length -= (gsize)written;
    }
    return fsync(fd) == 0 || fail(error, path, N_("cannot be synced"));
}

gboolean
mugai_key_file_make(const char *path, mode_t mode, const char *line, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    gboolean made = FALSE;

    if (fd < 0)
        return fail(error, path, N_("cannot be made"));
    made = write_line(fd, line, path, error) &&
           (fchmod(fd, mode) == 0 || fail(error, path, N_("cannot get its mode"))) &&
           sync_directory(path, error);
    close(fd);
    if (!made)
        (void)unlink(path);
    return made;
}
