/* least.h - what a milter pays at least that gives a message a process of its own and keeps it */
#pragma once

#include <glib.h>

/* Keeps originals in the directory @path, and forks children ahead that have GMime and libxml2
 * loaded and used. Once per process, before its first thread. Ends it with a message where it
 * cannot. */
void least_begin(const char *path);

/* Has a child read @octets, and keeps them as @name meanwhile: written to an unnamed file, synced,
 * named, the directory synced. FALSE if either has failed. From any thread. */
gboolean least_handle(const char *name, const char *octets, gsize length);
