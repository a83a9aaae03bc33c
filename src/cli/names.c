/*
 * names.c - what a file is called that is made of a hostile name
 *
 * Made anew: after NFKC, which takes away what merely looks like a slash or a dot to somebody, only
 * letters, digits and marks of any script stay, brackets and points of writing systems, and a few
 * signs of ASCII; all else becomes "_". So there is nothing in it for a file system, a shell, a
 * terminal or a Windows share to misunderstand.
 */
#include "cli.h"

#include <mugai/text.h>
#include <string.h>

/* A name may have 255 octets; ".zip" may follow. */
#define NAME_OCTETS_MAX 200u
#define EXTENSION_OCTETS_MAX 20u
#define NAME_CHARACTERS_MAX 500u

static gboolean
stays(gunichar c)
{
    if (c < 0x80)
        return g_ascii_isalnum((gchar)c) || strchr("-._+=@,()[]", (int)c) != NULL;
    if (!mugai_text_is_clean(c) || mugai_text_is_selector(c))
        return FALSE;
    return g_unichar_isalnum(c) || g_unichar_ismark(c) ||
           (g_unichar_ispunct(c) && c >= 0x3000 && c <= 0x30FF);
}

static GString *
clean_name(const char *hostile)
{
    g_autofree char *line = mugai_text_clean_line(hostile, -1, NAME_CHARACTERS_MAX);
    g_autofree char *plain = g_utf8_normalize(line, -1, G_NORMALIZE_NFKC);
    GString *name = g_string_new(NULL);

    for (const char *at = plain; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (stays(c))
            g_string_append_unichar(name, c);
        else if (name->len == 0 || name->str[name->len - 1] != '_')
            g_string_append_c(name, '_');
    }
    return name;
}

/* No hidden file, no option; and Windows drops dots at the end. */
static void
trim(GString *name)
{
    gsize leading = strspn(name->str, ".-_");

    g_string_erase(name, 0, (gssize)leading);
    while (name->len > 0 && strchr("._", name->str[name->len - 1]) != NULL)
        g_string_truncate(name, name->len - 1);
}

/* CON, COM1.txt: devices to Windows, in any directory and whatever follows the first dot. */
static gboolean
is_device(const char *name)
{
    return g_regex_match_simple("^(con|prn|aux|nul|conin|conout|(com|lpt)[0-9])(\\.|$)", name,
                                G_REGEX_CASELESS, 0);
}

/* Cuts to NAME_OCTETS_MAX, between characters, and leaves the extension where it is one. */
static void
shorten(GString *name)
{
    g_autofree char *extension = NULL;
    const char *dot = strrchr(name->str, '.');
    gsize room = NAME_OCTETS_MAX;

    if (name->len <= NAME_OCTETS_MAX)
        return;
    extension = g_strdup(dot != NULL && strlen(dot) <= EXTENSION_OCTETS_MAX ? dot : "");
    room -= strlen(extension);
    while (((guchar)name->str[room] & 0xC0) == 0x80)
        room--;
    g_string_truncate(name, room);
    g_string_append(name, extension);
}

char *
mugai_cli_file_name(const char *hostile, const char *fallback)
{
    GString *name = clean_name(hostile);

    trim(name);
    shorten(name);
    if (is_device(name->str))
        g_string_prepend_c(name, '_');
    if (name->len == 0)
        g_string_assign(name, fallback);
    return g_string_free(name, FALSE);
}
