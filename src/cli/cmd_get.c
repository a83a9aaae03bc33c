/*
 * cmd_get.c - the original, byte for byte; one decoded part of it; either in an encrypted zip; or
 * the sanitized text once more
 *
 * Invariants: 1. nothing but the text goes to a terminal: what else is in there could steer it;
 *             2. a file that exists is not overwritten; one that could not be written whole is
 *                removed; none is executable;
 *             3. files are opened here, with the caller's rights.
 * Trust: names of parts are hostile and become file names in names.c alone.
 */
#include "cli.h"

#include <mugai/archive.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

typedef struct {
    char *part;
    char *output;
    char *reason;
    char *password_file;
    gboolean zip;
    gboolean text;
} GetOptions;

static void
get_options_clear(GetOptions *options)
{
    g_free(options->part);
    g_free(options->output);
    g_free(options->reason);
    g_free(options->password_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GetOptions, get_options_clear)

/* What was given, and what becomes of it. */
typedef struct {
    const MugaiId *id;
    const GetOptions *options;
    const char *password; /* NULL: no zip */
    GError *error;        /* why it could not be written */
    gboolean written;
} Gift;

/* --- its name and its wrapping --- */

static gboolean
is_directory(const char *path)
{
    struct stat status;

    return g_str_has_suffix(path, "/") || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

/* Whether anybody will see what the file is called. */
static gboolean
needs_name(const GetOptions *options)
{
    return options->zip || (options->output != NULL && is_directory(options->output));
}

/* What the file is called: a part after its name in the message, if it has one. */
static char *
name_gift(const Gift *gift, const char *hostile)
{
    const char *id = gift->id->text;
    g_autofree char *typed = NULL;
    g_autofree char *fallback = NULL;

    if (gift->options->part == NULL)
        return g_strconcat(id, gift->options->text ? ".txt" : ".eml", NULL);
    typed = mugai_cli_file_name(gift->options->part, "");
    fallback = g_strdup_printf("%s-part-%s", id, typed);
    return mugai_cli_file_name(hostile != NULL ? hostile : "", fallback);
}

/* The first line of the file @path; the conventional password without one. */
static char *
read_password(const char *path, GError **error)
{
    g_autofree char *password = NULL;
    g_autoptr(GError) why = NULL;
    gsize length = 0;

    if (path == NULL)
        return g_strdup(MUGAI_ARCHIVE_PASSWORD);
    if (!g_file_get_contents(path, &password, &length, &why)) {
        g_autofree char *text = mugai_cli_say(why->message);

        g_set_error(error, MUGAI_CLI_ERROR, EX_NOINPUT, "%s", text);
        return NULL;
    }
    /* As UTF-16 a word is its first character, an octet 0 and what is not read. */
    if (strlen(password) < length) {
        mugai_cli_misuse(error, _("%s: an octet 0 stands in it: write the password as text"), path);
        return NULL;
    }
    length = strcspn(password, "\r\n");
    password[length] = '\0';
    if (length > 0 && length <= MUGAI_ARCHIVE_PASSWORD_OCTETS_MAX)
        return g_steal_pointer(&password);
    mugai_cli_misuse(error, _("%s: a password of 1 to %u octets is wanted in its first line"), path,
                     MUGAI_ARCHIVE_PASSWORD_OCTETS_MAX);
    return NULL;
}

/* A file with what there is in a zip, whose name takes @name's place. -1 with @error. */
static int
wrap(const Gift *gift, const MugaiAnswer *answer, char **name, GError **error)
{
    g_auto(MugaiFd) zip = mugai_desk_open_unnamed(error);
    g_autofree char *inner = g_steal_pointer(name);

    *name = g_strconcat(gift->options->part != NULL ? inner : gift->id->text, ".zip", NULL);
    return zip >= 0 && mugai_archive_zip(answer->descriptor, inner, answer->received,
                                         gift->password, zip, error)
               ? mugai_fd_steal(&zip)
               : -1;
}

/* --- giving it out --- */

static gboolean
write_file(int from, const char *path, GError **error)
{
    g_auto(MugaiFd) file = mugai_cli_create(path, error);

    if (file < 0)
        return FALSE;
    if (!mugai_cli_copy(from, file, path, error)) {
        unlink(path);
        return FALSE;
    }
    return close(mugai_fd_steal(&file)) == 0 || mugai_cli_fail(error, EX_IOERR, "%s", path);
}

/* Into a directory under a name of its own, which is then said. */
static gboolean
write_into(const char *directory, int octets, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    if (!write_file(octets, path, error))
        return FALSE;
    puts(path);
    return TRUE;
}

static gboolean
give(int octets, const char *name, const char *output, GError **error)
{
    if (output == NULL)
        return mugai_cli_copy(octets, STDOUT_FILENO, _("standard output"), error);
    return is_directory(output) ? write_into(output, octets, name, error)
                                : write_file(octets, output, error);
}

static gboolean
take(const MugaiAnswer *answer, gpointer data)
{
    Gift *gift = data;
    const char *output = gift->options->output;
    g_autofree char *name = NULL;
    g_auto(MugaiFd) zip = -1;

    if (answer->kind != MUGAI_ANSWER_GIFT || gift->written)
        return TRUE;
    gift->written = TRUE;
    name = name_gift(gift, answer->name);
    if (gift->password == NULL)
        return give(answer->descriptor, name, output, &gift->error);
    zip = wrap(gift, answer, &name, &gift->error);
    return zip >= 0 && give(zip, name, output, &gift->error);
}

static int
get(MugaiCommon *common, const MugaiConfig *config, const MugaiId *id, const GetOptions *options,
    GError **error)
{
    g_autofree char *password = options->zip ? read_password(options->password_file, error) : NULL;
    Gift gift = {.id = id, .options = options, .password = password};
    MugaiRequest request = {
        .verb = MUGAI_VERB_GET,
        .id = *id,
        .part = options->part,
        .reason = options->reason,
        .words = common->words,
        .as_text = options->text,
        .named = needs_name(options),
    };
    int status = -1;

    if ((options->zip && password == NULL) || !mugai_cli_unlock(common, config, &request, error))
        return -1;
    status = mugai_cli_ask(config, &request, take, &gift, error);
    if (status < 0 || gift.error == NULL) {
        g_clear_error(&gift.error);
        return status;
    }
    g_propagate_error(error, gift.error);
    return -1;
}

static gboolean
check_usage(const GetOptions *options, GError **error)
{
    if (options->text && (options->part != NULL || options->zip))
        return mugai_cli_misuse(error, _("--text is the whole message's, and needs no zip"));
    if (options->password_file != NULL && !options->zip)
        return mugai_cli_misuse(error, _("--password-file is for --zip"));
    return TRUE;
}

int
cmd_get(int argc, char **argv, GError **error)
{
    g_auto(GetOptions) options = {0};
    g_auto(MugaiCommon) common = {0};
    g_autofree char *zip_help =
        g_strdup_printf(_("In a zip encrypted with AES-256, password \"%s\""),
                        MUGAI_ARCHIVE_PASSWORD);
    const GOptionEntry entries[] = {
        {"part", 0, 0, G_OPTION_ARG_FILENAME, &options.part,
         N_("Only this part, decoded; show names them"), "PATH"},
        {"text", 0, 0, G_OPTION_ARG_NONE, &options.text, N_("The sanitized text once more"), NULL},
        {"zip", 0, 0, G_OPTION_ARG_NONE, &options.zip, zip_help, NULL},
        {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &options.password_file,
         N_("Another password for the zip: the first line of FILE"), "FILE"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         N_("Write to FILE, which must not exist, or under a safe name into the directory DIR"),
         "FILE|DIR"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &options.reason, N_("For the log: why"), "TEXT"},
        MUGAI_CLI_KEY_OPTIONS(common),
        {NULL},
    };
    g_autoptr(MugaiConfig) config = NULL;
    MugaiId id = {0};

    if (!mugai_cli_parse(
            &common, entries, "ID",
            N_("Gives the original out, byte for byte as it was received.\n\n"
               "Into a directory it is written as ID.eml, a part under the name it has "
               "in the message,\ncleaned: letters and digits of any script stay, spaces "
               "and signs become \"_\", no dot or dash\nleads, no name of a Windows "
               "device, 200 octets at most; ID-part-PATH where nothing is left.\nThe "
               "path is printed. No file is overwritten, none is executable."),
            argc, argv, error) ||
        !mugai_cli_read_id(&common, &id, error) || !check_usage(&options, error))
        return -1;
    if (options.output == NULL && !options.text && isatty(STDOUT_FILENO)) {
        mugai_cli_complain(_(
            "an original does not go to a terminal, which it could steer: use -o FILE or a pipe"));
        return 1;
    }
    config = mugai_cli_load_config(&common, error);
    return config != NULL ? get(&common, config, &id, &options, error) : -1;
}
