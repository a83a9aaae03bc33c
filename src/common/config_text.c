/*
 * config_text.c - mugai.conf as lines of text: where something stands, and what GKeyFile does not
 * see
 *
 * GKeyFile keeps no line numbers, takes the last of two equal keys, and ends at an octet 0 without
 * a word. So a key is looked up again for an error's text, and what it would pass over is looked
 * for.
 *
 * Trust: as in config.c. What is said of the file goes to terminals and logs, so it is cleaned.
 */
#include "config_private.h"

#include <mugai/error.h>
#include <mugai/text.h>

#include <string.h>

#define WHY_CHARACTERS 400u

/* The number of the line where @group, or @key of it unless NULL, stands last; 0 if it is not
 * found. */
static guint
find_line(const char *contents, const char *group, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(contents, "\n", -1);
    g_autofree char *header = g_strdup_printf("[%s]", group);
    gboolean inside = FALSE;
    guint found = 0;

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);

        if (line[0] == '[')
            inside = g_str_has_prefix(line, header);
        if (key == NULL && inside)
            return i + 1;
        if (inside && key != NULL && g_str_has_prefix(line, key) &&
            strchr(" \t=", line[strlen(key)]) != NULL)
            found = i + 1;
    }
    return found;
}

/* The file may hold anything, and what is said of it goes to terminals and logs. */
static void
set_error(GError **error, const char *place, const char *why)
{
    g_autofree char *clean = mugai_text_clean_line(why, -1, WHY_CHARACTERS);

    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "%s: %s", place, clean);
}

gboolean
mugai_config_refuse(const MugaiConfigSource *source, const char *group, const char *key,
                    GError **error, const char *why)
{
    guint line = find_line(source->contents, group, key);
    g_autofree char *place = g_strdup_printf("%s:%u", source->path, line);
    g_autofree char *what = key == NULL ? g_strdup_printf("[%s]: %s", group, why)
                                        : g_strdup_printf("[%s] %s: %s", group, key, why);

    set_error(error, place, what);
    return FALSE;
}

/* GKeyFile takes the last of two, and whoever wrote the first would not be told. */
gboolean
mugai_config_refuse_twice(const MugaiConfigSource *source, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(source->contents, "\n", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *group = g_strdup("");

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);
        char *sign = strchr(line, '=');
        g_autofree char *key = NULL;

        if (line[0] == '[') {
            g_free(group);
            group = g_strndup(line + 1, strcspn(line + 1, "]"));
        }
        if (line[0] == '[' || line[0] == '#' || sign == NULL)
            continue;
        key = g_strchomp(g_strndup(line, (gsize)(sign - line)));
        if (!g_hash_table_add(seen, g_strconcat(group, "/", key, NULL)))
            return mugai_config_refuse(source, group, key, error,
                                       N_("stands there twice: remove one of the two"));
    }
    return TRUE;
}

/* Whether GKeyFile reads the first @count lines. */
static gboolean
is_read_to(const char *contents, guint count)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    const char *end = contents;

    for (; count > 0 && *end != '\0'; count--) {
        end += strcspn(end, "\n");
        end += *end == '\n';
    }
    return g_key_file_load_from_data(file, contents, (gsize)(end - contents),
                                     G_KEY_FILE_KEEP_TRANSLATIONS, NULL);
}

/* Of a file that GKeyFile cannot read; it says why and not where: in the last line of the shortest
 * beginning that it cannot read either. */
void
mugai_config_refuse_line(const MugaiConfigSource *source, const GError *why, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(source->contents, "\n", -1);
    g_autofree char *place = NULL;
    guint good = 0;
    guint bad = g_strv_length(lines);

    while (bad - good > 1) {
        guint middle = good + (bad - good) / 2;

        if (is_read_to(source->contents, middle))
            good = middle;
        else
            bad = middle;
    }
    place = g_strdup_printf("%s:%u", source->path, bad);
    set_error(error, place,
              g_error_matches(why, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_UNKNOWN_ENCODING)
                  ? why->message
                  : N_("write [GROUP], and after it KEY = VALUE or a line that begins with #"));
}

/* Of a file whose tail a power cut has zeroed: all that stood there would be at its default. */
static void
refuse_nul(const char *path, const char *contents, GError **error)
{
    g_autofree char *place = NULL;
    guint line = 1;

    for (const char *at = contents; *at != '\0'; at++)
        line += *at == '\n';
    place = g_strdup_printf("%s:%u", path, line);
    set_error(error, place,
              N_("an octet 0 stands here, and nothing behind it would be read: write the file "
                 "anew"));
}

char *
mugai_config_read_file(const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *contents = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &contents, &length, &why))
        set_error(error, path, why->message);
    else if (strlen(contents) < length)
        refuse_nul(path, contents, error);
    else
        return g_steal_pointer(&contents);
    return NULL;
}
