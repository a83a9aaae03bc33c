/* key_file.h - the files that private and public keys stand in: one line each */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* FALSE with CONFIG: "private key PATH: WHY". */
gboolean mugai_key_file_refuse(GError **error, const char *path, const char *why);

/* Reads the private key file @path into @line, NUL-terminated and cut at @size: a file as long as
 * that is longer than it may be. CONFIG where it cannot be read, or others may read or change it.
 */
gboolean mugai_key_file_read(const char *path, char *line, gsize size, GError **error);

/* Makes @path with @line in it, synced; nothing is left of it on failure. EXISTS, SYSTEM. */
gboolean mugai_key_file_make(const char *path, mode_t mode, const char *line, GError **error);

G_END_DECLS
