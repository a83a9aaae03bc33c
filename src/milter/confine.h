/* confine.h - what of the machine's files the service keeps within reach */
#pragma once

#include <mugai/config.h>

/* Locks the service: of files it has the store and the log of looks, the socket's directory to
 * remove the socket, and the directories that a reload reads: of @config_file, of the notices, of
 * the keys of seal and log. After the socket is there and before the first thread. SYSTEM. */
gboolean mugai_confine(const MugaiConfig *config, const char *socket_path, const char *config_file,
                       GError **error);
