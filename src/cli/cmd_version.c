/*
 * cmd_version.c - mugai --version: of mugai, and of the libraries that its programs load here
 *
 * Whoever reads of a hole in a library asks which version is loaded on this host. The dynamic
 * linker is asked what each program loads, without running it, and dpkg which package of which
 * version that file is of. As JSON it is a bill of materials in the form CycloneDX 1.4.
 *
 * Limits: without dpkg the version is that of the file's name, which is the interface's and not the
 * library's. What a library loads itself later on (converters of the C library) is not listed.
 */
#include "cli.h"

#include <mugai/approve.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LINKER "/lib64/ld-linux-x86-64.so.2"

typedef struct {
    char *path; /* where the file really lies */
    char *package;
    char *version;
    GPtrArray *programs; /* of const char*: who loads it */
} Library;

static void
library_free(gpointer data)
{
    Library *library = data;

    g_free(library->path);
    g_free(library->package);
    g_free(library->version);
    g_ptr_array_unref(library->programs);
    g_free(library);
}

static char *
run(GPtrArray *words)
{
    g_autofree char *said = NULL;

    g_ptr_array_add(words, NULL);
    if (!g_spawn_sync(NULL, (char **)words->pdata, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said, NULL,
                      NULL, NULL))
        return g_strdup("");
    return g_steal_pointer(&said);
}

/* --- what is loaded --- */

static Library *
find_library(GPtrArray *libraries, const char *path)
{
    Library *library = NULL;

    for (guint i = 0; i < libraries->len; i++) {
        library = libraries->pdata[i];
        if (g_str_equal(library->path, path))
            return library;
    }
    library = g_new0(Library, 1);
    library->path = g_strdup(path);
    library->programs = g_ptr_array_new();
    g_ptr_array_add(libraries, library);
    return library;
}

/* Lines of the linker: "	NAME => /PATH (0x...)", or without the arrow. */
static void
add_libraries(GPtrArray *libraries, const char *program, const char *path)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *said = NULL;
    g_auto(GStrv) lines = NULL;

    g_ptr_array_add(words, (char *)LINKER);
    g_ptr_array_add(words, (char *)"--list");
    g_ptr_array_add(words, (char *)path);
    said = run(words);
    lines = g_strsplit(said, "\n", -1);
    for (gsize i = 0; lines[i] != NULL; i++) {
        const char *begin = strchr(lines[i], '/');
        const char *end = begin != NULL ? strstr(begin, " (0x") : NULL;
        g_autofree char *name = NULL;
        g_autofree char *real = NULL;

        begin = end != NULL && strstr(begin, "=> ") != NULL ? strstr(begin, "=> ") + 3 : begin;
        name = end != NULL ? g_strndup(begin, (gsize)(end - begin)) : NULL;
        real = name != NULL ? realpath(name, NULL) : NULL;
        if (real != NULL)
            g_ptr_array_add(find_library(libraries, real)->programs, (gpointer)program);
    }
}

/* Beside this program, as installed or as built. */
static char *
find_program(const char *installed, const char *built)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : g_strdup(".");
    g_autofree char *one = g_build_filename(folder, installed, NULL);

    return g_file_test(one, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&one)
                                                       : g_build_filename(folder, built, NULL);
}

static GPtrArray *
list_libraries(void)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    GPtrArray *libraries = g_ptr_array_new_with_free_func(library_free);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *daemon = find_program("../sbin/mugaid", "../milter/mugaid");
    g_autofree char *stored = find_program("../sbin/mugai-stored", "../stored/mugai-stored");
    g_autofree char *gate = find_program("../sbin/mugai-gate", "../gate/mugai-gate");
    g_autofree char *worker = mugai_worker_find(config, NULL);
    const struct {
        const char *name;
        const char *path;
    } programs[] = {
        {"mugai", self},          {"mugaid", daemon},   {"mugai-stored", stored},
        {"mugai-worker", worker}, {"mugai-gate", gate},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (programs[i].path != NULL && g_file_test(programs[i].path, G_FILE_TEST_IS_EXECUTABLE))
            add_libraries(libraries, programs[i].name, programs[i].path);
    }
    return libraries;
}

/* --- whose it is --- */

/* Lines "PACKAGE:ARCHITECTURE: /PATH". A package of before /lib became /usr/lib knows the shorter
 * path. */
static void
find_packages(GPtrArray *libraries)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *said = NULL;
    g_auto(GStrv) lines = NULL;

    g_ptr_array_add(words, g_strdup("dpkg-query"));
    g_ptr_array_add(words, g_strdup("-S"));
    for (guint i = 0; i < libraries->len; i++) {
        const Library *library = libraries->pdata[i];

        g_ptr_array_add(words, g_strdup(library->path));
        if (g_str_has_prefix(library->path, "/usr/"))
            g_ptr_array_add(words, g_strdup(library->path + strlen("/usr")));
    }
    said = run(words);
    lines = g_strsplit(said, "\n", -1);
    for (guint i = 0; i < libraries->len; i++) {
        Library *library = libraries->pdata[i];

        for (gsize j = 0; lines[j] != NULL && library->package == NULL; j++) {
            const char *at = strstr(lines[j], ": /");

            if (at != NULL && g_str_has_suffix(library->path, at + 2))
                library->package = g_strndup(lines[j], strcspn(lines[j], ":,"));
        }
    }
}

static void
find_versions(GPtrArray *libraries)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *said = NULL;
    g_auto(GStrv) lines = NULL;

    g_ptr_array_add(words, (char *)"dpkg-query");
    g_ptr_array_add(words, (char *)"-W");
    g_ptr_array_add(words, (char *)"-f=${Package} ${Version}\\n");
    for (guint i = 0; i < libraries->len; i++) {
        const Library *library = libraries->pdata[i];

        if (library->package != NULL)
            g_ptr_array_add(words, library->package);
    }
    said = run(words);
    lines = g_strsplit(said, "\n", -1);
    for (guint i = 0; i < libraries->len; i++) {
        Library *library = libraries->pdata[i];
        g_autofree char *begin =
            library->package != NULL ? g_strconcat(library->package, " ", NULL) : g_strdup("\n");
        const char *suffix = strstr(library->path, ".so.");

        for (gsize j = 0; lines[j] != NULL && library->version == NULL; j++) {
            if (g_str_has_prefix(lines[j], begin))
                library->version = g_strdup(lines[j] + strlen(begin));
        }
        if (library->version == NULL)
            library->version = g_strdup(suffix != NULL ? suffix + strlen(".so.") : "?");
        if (library->package == NULL)
            library->package = g_path_get_basename(library->path);
    }
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    const Library *one = *(const Library *const *)a;
    const Library *other = *(const Library *const *)b;
    int by_package = strcmp(one->package, other->package);

    return by_package != 0 ? by_package : strcmp(one->path, other->path);
}

/* --- saying it --- */

static char *
join(const GPtrArray *names)
{
    GString *joined = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(joined, "%s%s", i > 0 ? " " : "", (const char *)names->pdata[i]);
    return g_string_free(joined, FALSE);
}

static void
print_lines(const GPtrArray *libraries)
{
    for (guint i = 0; i < libraries->len; i++) {
        const Library *library = libraries->pdata[i];
        g_autofree char *programs = join(library->programs);

        printf("%-24s %-36s %s\n", library->package, library->version, programs);
    }
}

static void
print_json(const GPtrArray *libraries)
{
    puts("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.4\",\"version\":1,\n"
         "\"metadata\":{\"component\":{\"type\":\"application\",\"name\":\"mugai\",\"version\":"
         "\"" MUGAI_VERSION "\"}},\n\"components\":[");
    for (guint i = 0; i < libraries->len; i++) {
        const Library *library = libraries->pdata[i];
        g_autofree char *programs = join(library->programs);
        g_autofree char *name = mugai_cli_json_string(library->package);
        g_autofree char *version = mugai_cli_json_string(library->version);
        g_autofree char *path = mugai_cli_json_string(library->path);

        printf("{\"type\":\"library\",\"name\":%s,\"version\":%s,\"properties\":["
               "{\"name\":\"mugai:file\",\"value\":%s},"
               "{\"name\":\"mugai:programs\",\"value\":\"%s\"}]}%s\n",
               name, version, path, programs, i + 1 < libraries->len ? "," : "");
    }
    puts("]}");
}

int
cmd_version(int argc, char **argv, GError **error)
{
    gboolean json = argc == 3 && g_str_equal(argv[2], "--json");
    g_autoptr(GPtrArray) libraries = NULL;

    if (argc > 1 && (!g_str_equal(argv[1], "--libraries") || (argc > 2 && !json))) {
        mugai_cli_misuse(error, _("it is: mugai --version [--libraries [--json]]"));
        return -1;
    }
    if (!json)
        puts("mugai " MUGAI_VERSION);
    if (argc == 1)
        return EX_OK;
    libraries = list_libraries();
    find_packages(libraries);
    find_versions(libraries);
    g_ptr_array_sort(libraries, compare);
    if (json)
        print_json(libraries);
    else
        print_lines(libraries);
    return EX_OK;
}
