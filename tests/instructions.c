/*
 * instructions.c - what test_instructions.py counts the instructions of: the pure function, once
 * for each FILE
 *
 *     instructions FILE...
 *
 * Settings, id and time are fixed. Each message is sanitized once before it is measured, so that
 * what a library does at first use counts in no message, whatever the order of the files.
 */
#include <mugai/sanitize.h>

#include <stdlib.h>

/* Found by callgrind by its name: neither static nor inlined nor merged. */
__attribute__((noinline, noclone)) MugaiResult *
instructions_measured(const char *octets, gsize length, const MugaiSettings *settings);

MugaiResult *
instructions_measured(const char *octets, gsize length, const MugaiSettings *settings)
{
    const MugaiId id = {"20240401-00000-00000"};
    const MugaiTime received = {.seconds = 1711929600, .offset = 9 * 60 * 60};

    return mugai_sanitize_octets((const guint8 *)octets, length, settings, &id, received);
}

static void
sanitize_twice(const char *path, const MugaiSettings *settings)
{
    const MugaiId id = {"20240401-00000-00000"};
    const MugaiTime received = {.seconds = 1711929600, .offset = 9 * 60 * 60};
    g_autoptr(MugaiResult) before = NULL;
    g_autoptr(MugaiResult) result = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *octets = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &octets, &length, &error))
        g_error("%s", error->message);
    before = mugai_sanitize_octets((const guint8 *)octets, length, settings, &id, received);
    result = instructions_measured(octets, length, settings);
    /* I5, and what was measured was all of it. */
    g_assert(g_bytes_equal(before->candidate, result->candidate));
}

int
main(int argc, char **argv)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(GError) error = NULL;

    if (argc < 2) {
        g_printerr("Usage: instructions FILE...\n");
        return 2;
    }
    if (!mugai_sanitize_warm_up(&error))
        g_error("%s", error->message);
    for (int i = 1; i < argc; i++)
        sanitize_twice(argv[i], settings);
    return EXIT_SUCCESS;
}
