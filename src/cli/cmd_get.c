/*
 * cmd_get.c - the original, byte for byte; one decoded part of it; either in an encrypted zip; or
 * the sanitized text once more
 *
 * The object is read to the end and its checksum compared before the first octet is given out. A
 * part is cut out by the worker; nothing is parsed here. The text is that of a message which the
 * guard has approved.
 *
 * Invariants: 1. nothing but the text goes to a terminal: what else is in there could steer it;
 *             2. a file that exists is not overwritten; one that could not be written whole is
 *                removed; none is executable;
 *             3. it is written down who gets what before the first octet is given out (I9).
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

/* What is to be given out. */
typedef struct {
    MugaiFd octets; /* a file without a name */
    char *name;     /* of the file that it becomes in a directory */
    MugaiTime received;
} Gift;

static void
gift_clear(Gift *gift)
{
    if (gift->octets >= 0)
        close(gift->octets);
    g_free(gift->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gift, gift_clear)

static void
replace_octets(Gift *gift, MugaiFd *octets)
{
    close(gift->octets);
    gift->octets = g_steal_fd(octets);
}

static void
set_name(Gift *gift, char *name)
{
    g_free(gift->name);
    gift->name = name;
}

/* --- making it --- */

static gboolean
is_directory(const char *path)
{
    struct stat status;

    return g_str_has_suffix(path, "/") || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

/* Puts the sanitized text in place of the original. */
static gboolean
take_text(const MugaiConfig *config, const MugaiId *id, const MugaiEnvelope *envelope, Gift *gift,
          GError **error)
{
    g_autoptr(MugaiApproved) approved =
        mugai_cli_sanitize(config, gift->octets, id, gift->received, envelope, error);
    g_auto(MugaiFd) file = approved != NULL ? mugai_cli_open_unnamed(error) : -1;
    g_autofree char *text = NULL;

    if (file < 0)
        return FALSE;
    if (mugai_approved_failure(approved) != NULL)
        mugai_cli_complain("only the notice could be made: %s", mugai_approved_failure(approved));
    text = mugai_cli_approved_text(approved);
    if (!mugai_cli_write(file, text, strlen(text)))
        return mugai_cli_fail(error, EX_OSERR, "copy of the text");
    replace_octets(gift, &file);
    set_name(gift, g_strconcat(id->text, ".txt", NULL));
    return TRUE;
}

/* What the file of the part @path is called: after its name in the message, if it has one. */
static char *
name_part(const MugaiApproved *approved, const MugaiId *id, const char *path)
{
    const GPtrArray *parts = mugai_approved_report(approved)->parts;
    g_autofree char *typed = mugai_cli_file_name(path, "");
    g_autofree char *fallback = g_strdup_printf("%s-part-%s", id->text, typed);

    for (guint i = 0; i < parts->len; i++) {
        const MugaiPart *part = parts->pdata[i];

        if (g_str_equal(part->path, path))
            return mugai_cli_file_name(part->name, fallback);
    }
    return g_steal_pointer(&fallback);
}

/* Whether anybody will see what the file is called. */
static gboolean
needs_name(const GetOptions *options)
{
    return options->zip || (options->output != NULL && is_directory(options->output));
}

/* Puts the decoded part in place of the original. */
static gboolean
take_part(const MugaiConfig *config, const MugaiId *id, const GetOptions *options, Gift *gift,
          GError **error)
{
    g_autoptr(MugaiPool) pool = mugai_pool_new(config, error);
    g_auto(MugaiFd) part = pool != NULL ? mugai_cli_open_unnamed(error) : -1;
    g_autoptr(MugaiApproved) approved = NULL;

    if (part < 0 || !mugai_pool_extract_part(pool, gift->octets, options->part, part, error))
        return FALSE;
    if (needs_name(options)) {
        approved =
            mugai_ticket_collect(mugai_pool_submit(pool, gift->octets, id, gift->received, NULL),
                                 error);
        if (approved == NULL)
            return FALSE;
        set_name(gift, name_part(approved, id, options->part));
    }
    replace_octets(gift, &part);
    return TRUE;
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
        g_set_error(error, MUGAI_CLI_ERROR, EX_NOINPUT, "%s", why->message);
        return NULL;
    }
    length = strcspn(password, "\r\n");
    password[length] = '\0';
    if (length > 0 && length <= MUGAI_ARCHIVE_PASSWORD_OCTETS_MAX)
        return g_steal_pointer(&password);
    mugai_cli_misuse(error, "%s: a password of 1 to %u octets is wanted in its first line", path,
                     MUGAI_ARCHIVE_PASSWORD_OCTETS_MAX);
    return NULL;
}

/* Puts what there is into a zip. */
static gboolean
wrap(const MugaiId *id, const GetOptions *options, Gift *gift, GError **error)
{
    g_autofree char *password = read_password(options->password_file, error);
    g_auto(MugaiFd) zip = password != NULL ? mugai_cli_open_unnamed(error) : -1;

    if (zip < 0 ||
        !mugai_archive_zip(gift->octets, gift->name, gift->received.seconds, password, zip, error))
        return FALSE;
    replace_octets(gift, &zip);
    set_name(gift, g_strconcat(options->part != NULL ? gift->name : id->text, ".zip", NULL));
    return TRUE;
}

static gboolean
fetch(const MugaiConfig *config, const MugaiId *id, const GetOptions *options, Gift *gift,
      GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(config, error);
    g_autoptr(MugaiOriginal) original = store != NULL ? mugai_store_read(store, id, error) : NULL;

    if (original == NULL)
        return FALSE;
    gift->received = mugai_cli_local_time(mugai_original_envelope(original)->received);
    gift->octets = mugai_cli_fetch(original, NULL, NULL, error);
    if (gift->octets < 0)
        return FALSE;
    set_name(gift, g_strconcat(id->text, ".eml", NULL));
    if (options->text && !take_text(config, id, mugai_original_envelope(original), gift, error))
        return FALSE;
    if (options->part != NULL && !take_part(config, id, options, gift, error))
        return FALSE;
    return !options->zip || wrap(id, options, gift, error);
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
    return close(g_steal_fd(&file)) == 0 || mugai_cli_fail(error, EX_IOERR, "%s", path);
}

/* Into a directory under a name of its own, which is then said. */
static gboolean
write_into(const char *directory, const Gift *gift, GError **error)
{
    g_autofree char *path = g_build_filename(directory, gift->name, NULL);

    if (!write_file(gift->octets, path, error))
        return FALSE;
    puts(path);
    return TRUE;
}

static gboolean
give(const Gift *gift, const char *output, GError **error)
{
    if (output == NULL)
        return mugai_cli_copy(gift->octets, STDOUT_FILENO, "standard output", error);
    return is_directory(output) ? write_into(output, gift, error)
                                : write_file(gift->octets, output, error);
}

static gboolean
get(const MugaiConfig *config, const MugaiId *id, const GetOptions *options, GPtrArray *words,
    GError **error)
{
    GError *why = NULL;
    g_auto(Gift) gift = {.octets = -1};
    g_autoptr(MugaiRecord) record = mugai_cli_record("get", id);

    record->part = g_strdup(options->part);
    record->reason = g_strdup(options->reason);
    record->words = g_ptr_array_ref(words);
    fetch(config, id, options, &gift, &why);
    return mugai_cli_note(config, record, why, error) && give(&gift, options->output, error);
}

static gboolean
check_usage(const GetOptions *options, GError **error)
{
    if (options->text && (options->part != NULL || options->zip))
        return mugai_cli_misuse(error, "--text is the whole message's, and needs no zip");
    if (options->password_file != NULL && !options->zip)
        return mugai_cli_misuse(error, "--password-file is for --zip");
    return TRUE;
}

int
cmd_get(int argc, char **argv, GError **error)
{
    g_auto(GetOptions) options = {0};
    const GOptionEntry entries[] = {
        {"part", 0, 0, G_OPTION_ARG_FILENAME, &options.part,
         "Only this part, decoded; show names them", "PATH"},
        {"text", 0, 0, G_OPTION_ARG_NONE, &options.text, "The sanitized text once more", NULL},
        {"zip", 0, 0, G_OPTION_ARG_NONE, &options.zip,
         "In a zip encrypted with AES-256, password \"" MUGAI_ARCHIVE_PASSWORD "\"", NULL},
        {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &options.password_file,
         "Another password for the zip: the first line of FILE", "FILE"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         "Write to FILE, which must not exist, or under a safe name into the directory DIR",
         "FILE|DIR"},
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &options.reason, "For the log: why", "TEXT"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    MugaiId id = {0};

    if (!mugai_cli_parse(&common, entries, "ID",
                         "Gives the original out, byte for byte as it was received.\n\n"
                         "Into a directory it is written as ID.eml, a part under the name it has "
                         "in the message,\ncleaned: letters and digits of any script stay, spaces "
                         "and signs become \"_\", no dot or dash\nleads, no name of a Windows "
                         "device, 200 octets at most; ID-part-PATH where nothing is left.\nThe "
                         "path is printed. No file is overwritten, none is executable.",
                         argc, argv, error) ||
        !mugai_cli_read_id(&common, &id, error) || !check_usage(&options, error))
        return -1;
    if (options.output == NULL && !options.text && isatty(STDOUT_FILENO)) {
        mugai_cli_complain(
            "an original does not go to a terminal, which it could steer: use -o FILE or a pipe");
        return 1;
    }
    config = mugai_cli_load_config(&common, error);
    return config != NULL && get(config, &id, &options, common.words, error) ? EX_OK : -1;
}
