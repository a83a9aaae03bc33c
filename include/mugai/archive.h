/* archive.h - a file in an encrypted zip: how malware is handed to those who analyse it, so that no
 * scanner on the way opens or removes it */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What analysts and their tools try first; it keeps scanners out and nobody else. */
#define MUGAI_ARCHIVE_PASSWORD "infected"
#define MUGAI_ARCHIVE_PASSWORD_OCTETS_MAX 128u

/* Writes all of the file @from to @to, an empty file, as a zip with the one member @name (UTF-8, a
 * plain file name), encrypted with AES-256 (WinZip's AE) under @password. @modified: unix
 * seconds. SYSTEM. */
gboolean mugai_archive_zip(int from, const char *name, gint64 modified, const char *password,
                           int to, GError **error);

G_END_DECLS
