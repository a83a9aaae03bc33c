/*
 * language.c - in which language the command speaks: English, or Japanese from the catalogue
 *
 * The process itself stays in the C locale but for its character set. A translation is looked up in
 * a locale of its own, so that nothing else changes with the language: not the numbers, not what
 * the C library says of errno, and so not the log of looks nor syslog, which an administrator
 * greps. What the modules say is English, and said anew by say.c where it is shown; what even that
 * does not know, a library's own words, stands behind a sentence that says what sort of trouble it
 * is.
 *
 * Trust: the catalogue lies beside the program, where no variable of the caller's moves it: root
 * runs this, and a catalogue has format strings.
 */
#include "cli.h"

#include <libintl.h>
#include <locale.h>
#include <string.h>
#include <sysexits.h>

#define DOMAIN "mugai"
#define FOLDER "../share/locale"

static locale_t japanese; /* 0: English */

/* LC_ALL, LC_MESSAGES, LANG, the first that is set; LANGUAGE before them, but not in the C locale:
 * as gettext(3) has it. */
static gboolean
wants_japanese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL;
    const char *language = g_getenv("LANGUAGE");

    for (gsize i = 0; i < G_N_ELEMENTS(names) && (locale == NULL || *locale == '\0'); i++)
        locale = g_getenv(names[i]);
    if (locale == NULL || *locale == '\0' || g_str_equal(locale, "C") ||
        g_str_equal(locale, "POSIX"))
        return FALSE;
    return g_str_has_prefix(language != NULL && *language != '\0' ? language : locale, "ja");
}

/* A host without ja_JP has C.UTF-8, in which gettext goes by LANGUAGE. */
void
mugai_cli_choose_language(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *bin = self != NULL ? g_path_get_dirname(self) : NULL;
    g_autofree char *folder = bin != NULL ? g_build_filename(bin, FOLDER, NULL) : NULL;

    if (folder == NULL || !wants_japanese())
        return;
    bindtextdomain(DOMAIN, folder);
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    g_setenv("LANGUAGE", "ja", TRUE);
    japanese = newlocale(LC_MESSAGES_MASK | LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

void
mugai_cli_speak_english(void)
{
    if (japanese != (locale_t)0)
        freelocale(japanese);
    japanese = (locale_t)0;
}

gboolean
mugai_cli_speaks_english(void)
{
    return japanese == (locale_t)0;
}

const char *
mugai_cli_translate(const char *msgid)
{
    locale_t before = (locale_t)0;
    const char *text = msgid;

    if (japanese == (locale_t)0 || *msgid == '\0')
        return msgid;
    before = uselocale(japanese);
    text = dgettext(DOMAIN, msgid);
    uselocale(before);
    return text;
}

/* --- what the modules say --- */

const char *
mugai_cli_word(const char *word)
{
    static const char *const words[] = {
        N_("passed"),
        N_("notice-only"),
        N_("kept"),
        N_("converted"),
        N_("removed"),
        N_("unreadable"),
        N_("held"),
        N_("deleted"),
        N_("no longer held"),
        N_("no longer requested"),
        N_("waits for another releaser: mugai approve ID"),
        N_("damaged"),
        N_("changed"),
        N_("misplaced"),
        N_("lost"),
        N_("unlisted"),
        N_("mark"),
        N_("index"),
        N_("stray"),
        N_("granted"),
        /* why a part was */
        N_("alternative"),
        N_("ambiguous"),
        N_("attachment"),
        N_("encoded-block"),
        N_("encrypted"),
        N_("external-body"),
        N_("filter"),
        N_("limit"),
        N_("partial"),
        N_("text"),
        NULL,
    };

    return g_strv_contains(words, word) ? _(word) : word;
}

static const struct {
    int status;
    const char *sentence;
} sentences[] = {
    {EX_OK, N_("take note")},
    {1, N_("it is not there, or it is refused")},
    {2, N_("the command was called wrongly")},
    {EX_DATAERR, N_("the data are not as they must be")},
    {EX_NOINPUT, N_("it cannot be read")},
    {EX_UNAVAILABLE, N_("the service cannot be used")},
    {EX_OSERR, N_("the system refused")},
    {EX_CANTCREAT, N_("it cannot be written")},
    {EX_IOERR, N_("reading or writing failed")},
    {EX_TEMPFAIL, N_("not now, try again later")},
    {EX_NOPERM, N_("it is not allowed")},
    {EX_CONFIG, N_("the configuration is wrong")},
};

char *
mugai_cli_detail(int status, const char *english)
{
    const char *sentence = N_("it could not be done");
    char *said = mugai_cli_say_whole(english);

    if (said != NULL)
        return said;
    for (gsize i = 0; i < G_N_ELEMENTS(sentences); i++) {
        if (sentences[i].status == status)
            sentence = sentences[i].sentence;
    }
    return g_strdup_printf(_("%s (details: %s)"), _(sentence), english);
}

int
mugai_cli_exit_status(const GError *error)
{
    return error->domain == MUGAI_CLI_ERROR ? error->code : mugai_error_exit_status(error);
}

char *
mugai_cli_explain(const GError *error)
{
    if (error->domain == MUGAI_CLI_ERROR)
        return g_strdup(error->message);
    return mugai_cli_detail(mugai_error_exit_status(error), error->message);
}

void
mugai_cli_pass_on(GError **error, const GError *why)
{
    int status = mugai_cli_exit_status(why);
    g_autofree char *text = mugai_cli_detail(status, why->message);

    g_set_error_literal(error, MUGAI_CLI_ERROR, status, text);
}
