/*
 * replay.c - runs a fuzz target once for each file: corpora and old crashes as an ordinary test
 *
 * Usage: replay_TARGET FILE|DIRECTORY…. A directory stands for the files directly in it; one that
 * is missing has none. Fails if there was nothing to run.
 */
#include "fuzz.h"

#include <stdio.h>

static guint
replay_file(const char *path)
{
    g_autofree char *octets = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *exact = NULL;

    if (!g_file_get_contents(path, &octets, &length, &error))
        g_error("%s", error->message);
    /* A copy without the NUL that GLib adds, so that reading past the end is seen. */
    exact = g_memdup2(octets, length);
    LLVMFuzzerTestOneInput(exact, length);
    return 1;
}

static guint
replay(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    guint count = 0;

    if (directory == NULL)
        return g_file_test(path, G_FILE_TEST_EXISTS) ? replay_file(path) : 0;
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        count += replay_file(file);
    }
    return count;
}

int
main(int argc, char **argv)
{
    guint count = 0;

    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%u inputs replayed\n", count);
    return count == 0;
}
