/*
 * truetype.c - what a part is in truth (libmagic)
 *
 * The declared type and the name are the sender's claims; the first octets are what a program would
 * go by.
 *
 * Trust: the octets are hostile, and libmagic is a large reader of hostile octets: it runs in the
 * worker alone. Checks that decompress, or guess at texts, are off: text is not asked about here.
 */
#include "truetype.h"

#include <magic.h>
#include <mugai/error.h>
#include <string.h>

/* Set by the warm-up, before any message, and never again. */
static magic_t database;

gboolean
mugai_truetype_warm_up(GError **error)
{
    magic_t cookie = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
                                MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_APPTYPE |
                                MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_CSV);

    if (cookie == NULL || magic_load(cookie, NULL) != 0) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                    "cannot load the database of libmagic: %s",
                    cookie == NULL ? "out of memory" : magic_error(cookie));
        if (cookie != NULL)
            magic_close(cookie);
        return FALSE;
    }
    if (database != NULL)
        magic_close(database);
    database = cookie;
    return TRUE;
}

const char *
mugai_truetype_of(const char *octets, gsize length)
{
    const char *type =
        length == 0 ? NULL : magic_buffer(database, octets, MIN(length, MUGAI_TRUETYPE_OCTETS));

    /* The database wants more of a DOS header than Windows does. */
    if (length > 2 && memcmp(octets, "MZ", 2) == 0 &&
        (type == NULL || g_str_equal(type, "application/octet-stream")))
        return "application/x-dosexec";
    return type == NULL || strchr(type, '/') == NULL ? "application/octet-stream" : type;
}

gboolean
mugai_truetype_is_program(const char *type)
{
    static const char *const programs[] = {
        "application/x-dosexec",
        "application/vnd.microsoft.portable-executable",
        "application/x-msdownload",
        "application/x-executable",
        "application/x-pie-executable",
        "application/x-sharedlib",
        "application/x-object",
        "application/x-mach-binary",
        "application/x-java-applet",
        "application/java-archive",
        "application/x-ms-shortcut",
        "application/x-wine-extension-ini",
        "application/x-msi",
        "text/x-shellscript",
        "text/x-msdos-batch",
        "text/x-python",
        "text/x-perl",
        "application/x-bytecode.python",
        NULL,
    };

    return g_strv_contains(programs, type);
}
