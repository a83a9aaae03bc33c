/*
 * main.c - mugai, the administrator's command: a table of verbs, a file each
 *
 * Errors: 0; 1 for "no"; 2 for wrong usage; EX_* of sysexits.h otherwise. One line on standard
 * error says why. Output that did not arrive is an error too: standard output is checked at the
 * end, and a closed pipe kills nobody.
 */
#include "cli.h"

#include <locale.h>
#include <mugai/log.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv, GError **error);
    const char *arguments;
    const char *summary;
} Verb;

static const Verb verbs[] = {
    {"sanitize", cmd_sanitize, "[FILE] [--report FILE] [--id ID] [--received TIME]",
     N_("one message")},
    {"sanitize", NULL, "--output DIR PATH...", N_("many messages")},
    {"verify", cmd_verify, "[--inert-links] [FILE...]", N_("is it in the output profile?")},
    {"list", cmd_list, "[--since TIME] [--subject TEXT] ... [--json]", N_("what is in quarantine")},
    {"stats", cmd_stats, "[--since TIME] [--by day|sender|recipient|type]",
     N_("how much, of what")},
    {"show", cmd_show, "ID [--json]", N_("envelope and parts of a message")},
    {"get", cmd_get, "ID [--part PATH] [--zip] [-o FILE|DIR]",
     N_("the original, or one part of it")},
    {"get", NULL, "ID --text [-o FILE|DIR]", N_("its sanitized text again")},
    {"release", cmd_release, "ID --to ADDRESS... --reason TEXT [--again]",
     N_("send the original on")},
    {"request", cmd_request, "ID --to ADDRESS... --reason TEXT",
     N_("the same, where it takes two")},
    {"request", NULL, "ID --withdraw", N_("take that back")},
    {"approve", cmd_approve, "ID [--reason TEXT]", N_("what another person has requested")},
    {"replay", cmd_replay, "--with-config FILE [--since TIME] [--diff]", N_("what would change?")},
    {"fsck", cmd_fsck, "[--repair] [--json]", N_("is every original what it was?")},
    {"keygen", cmd_keygen, "--output BASE", N_("a pair of keys for the seal: BASE.key, BASE.pub")},
    {"keygen", NULL, "--vault --output BASE", N_("a pair for sealed originals, with a passphrase")},
    {"hold", cmd_hold, "ID... --reason TEXT", N_("keep beyond the days of retention")},
    {"unhold", cmd_unhold, "ID... --reason TEXT", N_("let go again")},
    {"delete", cmd_delete, "ID... --reason TEXT", N_("delete originals now")},
    {"purge", cmd_purge, "[--dry-run] [--force] [--json]",
     N_("delete what is older than retention")},
    {"digest", cmd_digest, "[--since TIME] [--dry-run] [--again] [--json]",
     N_("mail what was removed")},
    {"log", cmd_log, "[--since TIME] [--id ID] ... [--verify]", N_("who looked at what")},
    {"postfix", cmd_postfix, "--enable|--disable|--check|--attached ...",
     N_("attach it to Postfix")},
    {"doctor", cmd_doctor, "[--no-message] [--json]", N_("is this host's mugai well?")},
    {"check-config", cmd_check_config, "[FILE]", N_("is the configuration right?")},
};

static const Verb *
find_verb(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (verbs[i].run != NULL && g_str_equal(verbs[i].name, name))
            return &verbs[i];
    }
    return NULL;
}

static void
print_usage(FILE *out)
{
    fputs(_("mugai - mail sanitization: the administrator's command\n\n"), out);
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        fprintf(out, "  mugai %-12s %-50s %s\n", verbs[i].name, verbs[i].arguments,
                _(verbs[i].summary));
    fputs("\n  mugai --version [--libraries [--json]]\n\n", out);
    fprintf(out, _("Every verb takes --config FILE (default %s) and --help.\n"),
            MUGAI_CONFIG_DEFAULT_FILE);
}

static int
run_verb(const Verb *verb, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    int status = verb->run(argc, argv, &error);

    if (error == NULL)
        return status;
    text = mugai_cli_explain(error);
    mugai_cli_complain("%s", text);
    return mugai_cli_exit_status(error);
}

static int
run(int argc, char **argv)
{
    const Verb version = {"--version", cmd_version, NULL, NULL};
    const Verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;

    if (argc > 1 && g_str_equal(argv[1], version.name))
        verb = &version;
    if (verb != NULL)
        return run_verb(verb, argc - 1, argv + 1);
    if (argc == 2 && (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h"))) {
        print_usage(stdout);
        return EX_OK;
    }
    if (argc > 1)
        mugai_cli_complain(_("there is no \"%s\""), argv[1]);
    print_usage(stderr);
    return 2;
}

int
main(int argc, char **argv)
{
    int status = 0;

    mugai_log_open("mugai", TRUE);
    setlocale(LC_CTYPE, "");
    mugai_cli_choose_language();
    signal(SIGPIPE, SIG_IGN);
    status = run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    mugai_cli_complain(_("standard output: not all of it could be written"));
    return EX_IOERR;
}
