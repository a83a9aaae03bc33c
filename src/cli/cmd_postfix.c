/*
 * cmd_postfix.c - mugai postfix: attaches mugaid to Postfix, takes it off, or looks whether all is
 * right
 *
 * main.cf is changed by postconf alone, in a directory of ours: first to look there as --check
 * does, and after the yes once more, to take the place of what main.cf was. postconf -e would put a
 * file where main.cf is a link, and give it another mode; so the file that the link leads to is
 * replaced, and keeps mode and owner. Before that main.cf is copied beside itself, and afterwards
 * once more, so that --disable can tell whether anybody has changed it since: if nobody has, the
 * first copy takes its place, octet for octet. The first copy never names mugaid.
 *
 * Invariants: 1. nothing is changed before both states were shown and somebody said yes;
 *             2. other milters stay, in their order, before mugaid;
 *             3. no setting under which mail passes as it came is left or made.
 */
#include "cli.h"
#include "findings.h"
#include "postfix.h"

#include <mugai/probe.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <utime.h>

#define BEFORE ".before-mugai"
#define AFTER ".with-mugai"
#define SOCKET_SECONDS 5u

typedef struct {
    gboolean enable, disable, check, attached, all, yes, json;
    char *directory;
} Options;

/* One parameter: as it is and as it is to be. */
typedef struct {
    const char *name;
    char *before;
    char *after;
} Change;

static void
change_free(gpointer data)
{
    Change *change = data;

    g_free(change->before);
    g_free(change->after);
    g_free(change);
}

/* --- what is to be changed --- */

/* @after is taken over. FALSE without the parameter. */
static gboolean
add_change(GPtrArray *changes, const char *directory, const char *name, char *after, GError **error)
{
    Change *change = g_new0(Change, 1);

    change->name = name;
    change->after = after;
    change->before = mugai_postfix_get(directory, name, FALSE, error);
    if (change->before != NULL && !g_str_equal(change->before, after))
        g_ptr_array_add(changes, change);
    else {
        gboolean read = change->before != NULL;

        change_free(change);
        return read;
    }
    return TRUE;
}

/* What a parameter names by another one's name is not ours to take apart. */
static gboolean
refuse_macro(const char *name, const char *value, const MugaiPostfixMilter *milter, GError **error)
{
    g_set_error(error, MUGAI_CLI_ERROR, EX_CONFIG,
                _("%s = %s: %s stands in another parameter: take it out there"), name, value,
                milter->name);
    return FALSE;
}

/* At the end of the list, whatever else is in it. */
static gboolean
add_milter(GPtrArray *changes, const char *directory, const char *name,
           const MugaiPostfixMilter *milter, GError **error)
{
    g_autofree char *value = mugai_postfix_get(directory, name, FALSE, error);
    g_autofree char *expanded = mugai_postfix_get(directory, name, TRUE, error);

    if (value == NULL || expanded == NULL)
        return FALSE;
    if (mugai_postfix_is_right(milter, name, expanded))
        return TRUE;
    if (mugai_postfix_lists(milter, expanded) && !mugai_postfix_lists(milter, value))
        return refuse_macro(name, value, milter, error);
    return add_change(changes, directory, name, mugai_postfix_with_last(milter, name, value),
                      error);
}

static gboolean
remove_milter(GPtrArray *changes, const char *directory, const char *name,
              const MugaiPostfixMilter *milter, GError **error)
{
    g_autofree char *value = mugai_postfix_get(directory, name, FALSE, error);
    g_autofree char *expanded = mugai_postfix_get(directory, name, TRUE, error);

    if (value == NULL || expanded == NULL)
        return FALSE;
    if (!mugai_postfix_lists(milter, expanded))
        return TRUE;
    if (!mugai_postfix_lists(milter, value))
        return refuse_macro(name, value, milter, error);
    return add_change(changes, directory, name, mugai_postfix_without(milter, value), error);
}

static gboolean
refuse_unsafe(const char *directory, GError **error)
{
    g_autofree char *action = mugai_postfix_get(directory, "milter_default_action", TRUE, error);

    if (action == NULL)
        return FALSE;
    if (!mugai_postfix_is_unsafe(action))
        return TRUE;
    g_set_error(error, MUGAI_CLI_ERROR, EX_CONFIG,
                _("milter_default_action = %s: mail would pass as it came whenever mugaid is away. "
                  "See which milter here needs that, give it a default_action of its own "
                  "(smtpd_milters = { inet:..., default_action=%s }), run \"postconf -e "
                  "milter_default_action=tempfail\", and come again"),
                action, action);
    return FALSE;
}

static gboolean
plan_enable(const Options *options, const MugaiPostfixMilter *milter, GPtrArray *changes,
            GError **error)
{
    const char *directory = options->directory;

    return refuse_unsafe(directory, error) &&
           add_milter(changes, directory, "smtpd_milters", milter, error) &&
           (!options->all || add_milter(changes, directory, "non_smtpd_milters", milter, error)) &&
           add_change(changes, directory, "milter_default_action", g_strdup("tempfail"), error) &&
           add_change(changes, directory, "smtputf8_enable", g_strdup("no"), error);
}

static gboolean
plan_disable(const Options *options, const MugaiPostfixMilter *milter, GPtrArray *changes,
             GError **error)
{
    return remove_milter(changes, options->directory, "smtpd_milters", milter, error) &&
           remove_milter(changes, options->directory, "non_smtpd_milters", milter, error);
}

/* --- main.cf --- */

static char *
path_of(const Options *options, const char *suffix, GError **error)
{
    g_autofree char *directory = mugai_postfix_directory(options->directory, error);

    return directory != NULL ? g_strconcat(directory, "/main.cf", suffix, NULL) : NULL;
}

/* With mode and owner of @like; whole or not at all. */
static gboolean
copy_as(const char *from, const char *to, const char *like, GError **error)
{
    g_autofree char *octets = NULL;
    g_autofree char *unfinished = g_strconcat(to, ".new", NULL);
    gsize length = 0;
    struct stat status;

    if (!g_file_get_contents(from, &octets, &length, error) ||
        !g_file_set_contents_full(unfinished, octets, (gssize)length,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, error))
        return FALSE;
    if (stat(like, &status) == 0 && chown(unfinished, status.st_uid, status.st_gid) == 0 &&
        chmod(unfinished, status.st_mode & 07777) == 0 && rename(unfinished, to) == 0)
        return TRUE;
    mugai_cli_fail(error, EX_CANTCREAT, "%s", to);
    (void)g_unlink(unfinished);
    return FALSE;
}

static gboolean
copy_file(const char *from, const char *to, GError **error)
{
    return copy_as(from, to, from, error);
}

/* Where main.cf really is. */
static char *
file_of(const Options *options, GError **error)
{
    g_autofree char *main_cf = path_of(options, "", error);
    char *file = main_cf != NULL ? realpath(main_cf, NULL) : NULL;

    if (main_cf != NULL && file == NULL)
        mugai_cli_fail(error, EX_NOINPUT, "%s", main_cf);
    return file;
}

static gboolean
same_octets(const char *one, const char *other)
{
    g_autoptr(GMappedFile) a = g_mapped_file_new(one, FALSE, NULL);
    g_autoptr(GMappedFile) b = g_mapped_file_new(other, FALSE, NULL);
    gsize length = a != NULL ? g_mapped_file_get_length(a) : 0;

    return a != NULL && b != NULL && length == g_mapped_file_get_length(b) &&
           (length == 0 ||
            memcmp(g_mapped_file_get_contents(a), g_mapped_file_get_contents(b), length) == 0);
}

static gboolean
edit(const char *directory, const GPtrArray *changes, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *said = NULL;

    g_ptr_array_add(words, g_strdup("-e"));
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = changes->pdata[i];

        g_ptr_array_add(words, g_strdup_printf("%s = %s", change->name, change->after));
    }
    g_ptr_array_add(words, NULL);
    said = mugai_postfix_run("postconf", directory, (const char *const *)words->pdata, error);
    return said != NULL;
}

/* postconf appends to a last line that has no end, and were it a comment, what it appends would be
 * one too. */
static gboolean
end_last_line(const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    gsize length = file != NULL ? g_mapped_file_get_length(file) : 0;
    g_auto(MugaiFd) fd = -1;

    if (file == NULL || length == 0 || g_mapped_file_get_contents(file)[length - 1] == '\n')
        return file != NULL;
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    return (fd >= 0 && mugai_cli_write(fd, "\n", 1)) ||
           mugai_cli_fail(error, EX_CANTCREAT, "%s", path);
}

/* Whether main.cf in @directory says now what it is to say: a later line of it may have the last
 * word. */
static gboolean
took(const char *directory, const GPtrArray *changes, GError **error)
{
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = changes->pdata[i];
        g_autofree char *value = mugai_postfix_get(directory, change->name, FALSE, error);

        if (value == NULL)
            return FALSE;
        if (g_str_equal(value, change->after))
            continue;
        g_set_error(error, MUGAI_CLI_ERROR, EX_SOFTWARE,
                    _("main.cf is what it was: %s would not become \"%s\""), change->name,
                    change->after);
        return FALSE;
    }
    return TRUE;
}

/* --- in a directory of ours --- */

typedef struct {
    char *directory;
} Workshop;

static void
workshop_clear(Workshop *workshop)
{
    static const char *const files[] = {"main.cf", "master.cf"};

    for (gsize i = 0; workshop->directory != NULL && i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(workshop->directory, files[i], NULL);

        (void)g_unlink(path);
    }
    if (workshop->directory != NULL)
        (void)g_rmdir(workshop->directory);
    g_free(workshop->directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Workshop, workshop_clear)

static gboolean
copy_to(const Options *options, const char *name, const char *directory, GError **error)
{
    g_autofree char *from = mugai_postfix_directory(options->directory, error);
    g_autofree char *original = from != NULL ? g_build_filename(from, name, NULL) : NULL;
    g_autofree char *copy = g_build_filename(directory, name, NULL);

    return original != NULL && copy_file(original, copy, error);
}

/* *@ret_main_cf: a main.cf with the changes, in @workshop. */
static gboolean
make(const Options *options, const GPtrArray *changes, Workshop *workshop, char **ret_main_cf,
     GError **error)
{
    g_autofree char *main_cf = NULL;

    workshop->directory = g_dir_make_tmp("mugai-postfix-XXXXXX", error);
    if (workshop->directory == NULL || !copy_to(options, "main.cf", workshop->directory, error) ||
        !copy_to(options, "master.cf", workshop->directory, error))
        return FALSE;
    main_cf = g_build_filename(workshop->directory, "main.cf", NULL);
    if (!end_last_line(main_cf, error) || !edit(workshop->directory, changes, error))
        return FALSE;
    /* Postfix' programs wait before they read what has just been written. */
    (void)g_utime(main_cf, &(struct utimbuf){0});
    if (!took(workshop->directory, changes, error))
        return FALSE;
    *ret_main_cf = g_steal_pointer(&main_cf);
    return TRUE;
}

/* Makes the changes there and looks at them: what would be wrong afterwards is said before anything
 * is changed. */
static gboolean
rehearse(const Options *options, const MugaiConfig *config, const GPtrArray *changes,
         GError **error)
{
    g_auto(Workshop) workshop = {NULL};
    g_autoptr(GPtrArray) findings = mugai_findings_new();
    g_autofree char *main_cf = NULL;

    if (!make(options, changes, &workshop, &main_cf, error))
        return FALSE;
    mugai_postfix_check(workshop.directory, config, findings);
    if (!mugai_findings_have_wrong(findings))
        return TRUE;
    (void)mugai_findings_print(findings, FALSE);
    g_set_error_literal(error, MUGAI_CLI_ERROR, EX_CONFIG,
                        _("nothing was changed: put right what is wrong, and come again"));
    return FALSE;
}

/* --- main.cf becomes another one --- */

/* The copy of before stays as long as nobody else has changed what mugai made of it. Then a new one
 * is taken, unless main.cf names mugaid already: that is no state of before, and there is none. */
static gboolean
keep_before(const char *main_cf, const char *before, const char *after, gboolean attached,
            GError **error)
{
    if (same_octets(main_cf, after))
        return TRUE;
    (void)g_unlink(after);
    if (!attached)
        return copy_file(main_cf, before, error);
    (void)g_unlink(before);
    return TRUE;
}

static gboolean
put(const Options *options, const GPtrArray *changes, GError **error)
{
    g_auto(Workshop) workshop = {NULL};
    g_autofree char *made = NULL;
    g_autofree char *file = file_of(options, error);

    return file != NULL && make(options, changes, &workshop, &made, error) &&
           copy_as(made, file, file, error);
}

/* @attached: main.cf names mugaid before. Made, or main.cf is what it was. */
static gboolean
put_and_keep(const Options *options, const GPtrArray *changes, gboolean attached, GError **error)
{
    g_autofree char *main_cf = path_of(options, "", error);
    g_autofree char *before = path_of(options, BEFORE, error);
    g_autofree char *after = path_of(options, AFTER, error);
    gboolean kept = FALSE;

    if (main_cf == NULL || before == NULL || after == NULL)
        return FALSE;
    kept = same_octets(main_cf, after);
    if (!keep_before(main_cf, before, after, attached, error))
        return FALSE;
    if (!put(options, changes, error)) {
        if (!kept)
            (void)g_unlink(before);
        return FALSE;
    }
    return !g_file_test(before, G_FILE_TEST_EXISTS) || copy_file(main_cf, after, error);
}

/* *@ret_whole: main.cf is again what it was. */
static gboolean
restore(const Options *options, const GPtrArray *changes, gboolean *ret_whole, GError **error)
{
    g_autofree char *main_cf = path_of(options, "", error);
    g_autofree char *file = file_of(options, error);
    g_autofree char *before = path_of(options, BEFORE, error);
    g_autofree char *after = path_of(options, AFTER, error);

    if (main_cf == NULL || file == NULL || before == NULL || after == NULL)
        return FALSE;
    *ret_whole = same_octets(main_cf, after) && g_file_test(before, G_FILE_TEST_EXISTS);
    if (*ret_whole ? !copy_file(before, file, error) : !put(options, changes, error))
        return FALSE;
    (void)g_unlink(before);
    (void)g_unlink(after);
    return TRUE;
}

/* --- talking --- */

static void
show(const GPtrArray *changes)
{
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = changes->pdata[i];
        g_autofree char *before = mugai_cli_fit(change->before, 0);
        g_autofree char *after = mugai_cli_fit(change->after, 0);

        printf(_("%s\n  is now   %s\n  will be  %s\n"), change->name, before, after);
    }
}

static gboolean
agreed(const Options *options, GError **error)
{
    char answer[8] = "";

    if (options->yes)
        return TRUE;
    if (!isatty(STDIN_FILENO))
        return mugai_cli_misuse(error,
                                _("nothing was changed: there is nobody to ask, give --yes"));
    fputs(_("Change main.cf so? [y/N] "), stdout);
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
        return TRUE;
    g_set_error_literal(error, MUGAI_CLI_ERROR, 1, _("nothing was changed"));
    return FALSE;
}

/* A Postfix that does not run reads main.cf when it is started. */
static gboolean
reload(const Options *options, GError **error)
{
    g_autofree char *running = mugai_postfix_run("postfix", options->directory,
                                                 (const char *const[]){"status", NULL}, NULL);
    g_autofree char *said = NULL;

    if (running == NULL) {
        puts(_("Postfix does not run; it will read this when it is started."));
        return TRUE;
    }
    said = mugai_postfix_run("postfix", options->directory, (const char *const[]){"reload", NULL},
                             error);
    if (said != NULL)
        puts(_("Postfix was reloaded."));
    return said != NULL;
}

static void
warn_if_silent(const MugaiConfig *config)
{
    g_autofree char *warning = g_strdup_printf(
        _("mugaid does not answer at %s: until it does, mail waits at its senders.\n"),
        config->socket);
    int fd = mugai_probe_open(config->socket, SOCKET_SECONDS, NULL);

    if (fd < 0 || !mugai_probe_receive_options(fd, NULL))
        fputs(warning, stdout);
    if (fd >= 0)
        close(fd);
}

static gboolean
enable(const Options *options, const MugaiConfig *config, const MugaiPostfixMilter *milter,
       const GPtrArray *changes, GError **error)
{
    gboolean attached = mugai_postfix_names(options->directory, "smtpd_milters", milter) ||
                        mugai_postfix_names(options->directory, "non_smtpd_milters", milter);

    if (!rehearse(options, config, changes, error))
        return FALSE;
    warn_if_silent(config);
    return agreed(options, error) && put_and_keep(options, changes, attached, error) &&
           reload(options, error);
}

static gboolean
disable(const Options *options, const GPtrArray *changes, GError **error)
{
    gboolean whole = FALSE;

    puts(_("From then on mail passes this host as it came."));
    if (!agreed(options, error) || !restore(options, changes, &whole, error))
        return FALSE;
    puts(whole ? _("main.cf is what it was, octet for octet.")
               : _("main.cf was changed by somebody else meanwhile: mugaid was taken out of it, "
                   "milter_default_action and smtputf8_enable stay."));
    return reload(options, error);
}

static gboolean
refuse(GError **error, const char *path, const char *why, const char *what)
{
    g_set_error(error, MUGAI_CLI_ERROR, EX_NOPERM, _("nothing was changed: %s: %s: %s"), path, why,
                what);
    return FALSE;
}

/* Whether @path can be written to: also root cannot where it is immutable, or what it lies on is
 * mounted so that nothing can be. */
static gboolean
may_write(const char *path, GError **error)
{
    int status = access(path, W_OK) == 0 ? 0 : errno;
    g_autofree char *why = mugai_cli_say(g_strerror(status));

    if (status == 0)
        return TRUE;
    return refuse(error, path, why,
                  status == EACCES
                      ? _("run this as root")
                      : _("somebody has seen to it (chattr +i, a mount that is read-only)"));
}

/* Copies lie beside main.cf; itself it may be a link to elsewhere. */
static gboolean
may_change(const Options *options, GError **error)
{
    g_autofree char *directory = mugai_postfix_directory(options->directory, error);
    g_autofree char *main_cf = path_of(options, "", error);
    g_autofree char *file = file_of(options, error);
    g_autofree char *folder = file != NULL ? g_path_get_dirname(file) : NULL;
    struct stat status;

    if (directory == NULL || main_cf == NULL || file == NULL)
        return FALSE;
    if (stat(file, &status) != 0)
        return mugai_cli_fail(error, EX_NOINPUT, "%s", file);
    if (status.st_nlink > 1)
        return refuse(error, file,
                      _("the file has other names (hard links), which would keep what "
                        "it was"),
                      _("find them, and leave one name or links of the other kind (ln -s)"));
    if ((status.st_mode & 0222) == 0)
        return refuse(error, file, _("nobody is to write to it, says its mode"),
                      _("see who looks after it; \"chmod u+w\" allows it"));
    if (g_file_test(main_cf, G_FILE_TEST_IS_SYMLINK))
        printf(_("%s is a link, and stays one: the file that changes is %s\n"), main_cf, file);
    return may_write(directory, error) && may_write(folder, error) && may_write(file, error);
}

static gboolean
change(const Options *options, const MugaiConfig *config, const MugaiPostfixMilter *milter,
       GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);

    if (!(options->enable ? plan_enable : plan_disable)(options, milter, changes, error))
        return FALSE;
    if (changes->len == 0) {
        puts(_("main.cf is so already."));
        return TRUE;
    }
    show(changes);
    if (!may_change(options, error))
        return FALSE;
    return options->enable ? enable(options, config, milter, changes, error)
                           : disable(options, changes, error);
}

/* 1 if Postfix does not ask mugaid anywhere. */
static int
say_places(const GPtrArray *places)
{
    for (guint i = 0; i < places->len; i++) {
        g_autofree char *place = mugai_cli_fit(places->pdata[i], 0);

        puts(place);
    }
    return places->len > 0 ? EX_OK : 1;
}

/* What is not main.cf's is not taken out. */
static int
warn_if_named(const GPtrArray *places)
{
    for (guint i = 0; i < places->len; i++)
        mugai_cli_complain(_("%s still names mugaid: take it out there"),
                           (const char *)places->pdata[i]);
    return places->len > 0 ? 1 : EX_OK;
}

static int
check(const Options *options, const MugaiConfig *config)
{
    g_autoptr(GPtrArray) findings = mugai_findings_new();

    mugai_postfix_check(options->directory, config, findings);
    return mugai_findings_print(findings, options->json);
}

static int
run(const Options *options, const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiPostfixMilter) milter = NULL;
    g_autoptr(GPtrArray) places = NULL;

    if (options->json)
        mugai_cli_speak_english();
    if (options->check)
        return check(options, config);
    milter = mugai_postfix_milter_new(options->directory, config, error);
    if (milter == NULL || (!options->attached && !change(options, config, milter, error)))
        return -1;
    if (options->enable)
        return check(options, config);
    places = mugai_postfix_places(options->directory, milter);
    return options->attached ? say_places(places) : warn_if_named(places);
}

int
cmd_postfix(int argc, char **argv, GError **error)
{
    Options options = {FALSE};
    const GOptionEntry entries[] = {
        {"enable", 0, 0, G_OPTION_ARG_NONE, &options.enable, N_("Have Postfix ask mugaid"), NULL},
        {"disable", 0, 0, G_OPTION_ARG_NONE, &options.disable, N_("No longer"), NULL},
        {"check", 0, 0, G_OPTION_ARG_NONE, &options.check,
         N_("Say how it is; exit status 1: wrong"), NULL},
        {"attached", 0, 0, G_OPTION_ARG_NONE, &options.attached,
         N_("Say where Postfix names mugaid; exit status 1: nowhere"), NULL},
        {"all", 0, 0, G_OPTION_ARG_NONE, &options.all,
         N_("With --enable: also mail that programs on this host send by sendmail"), NULL},
        {"yes", 0, 0, G_OPTION_ARG_NONE, &options.yes, N_("Do not ask"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_("With --check: one object a line"),
         NULL},
        {"postfix-config", 0, 0, G_OPTION_ARG_FILENAME, &options.directory,
         N_("Of the Postfix whose main.cf is in DIR"), "DIR"},
        {NULL},
    };
    g_auto(MugaiCommon) common = {0};
    g_autoptr(MugaiConfig) config = NULL;
    g_autofree char *directory = NULL;

    if (!mugai_cli_parse(
            &common, entries, "",
            N_("Attaches mugaid to Postfix: mail from outside (smtpd_milters), after all "
               "other milters. Shows what changes, and asks."),
            argc, argv, error))
        return -1;
    directory = options.directory;
    if (options.enable + options.disable + options.check + options.attached != 1 ||
        common.arguments[0] != NULL) {
        mugai_cli_misuse(error, _("give one of --enable, --disable, --check and --attached"));
        return -1;
    }
    config = mugai_cli_load_config(&common, error);
    return config != NULL ? run(&options, config, error) : -1;
}
