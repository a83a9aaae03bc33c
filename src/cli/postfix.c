/*
 * postfix.c - the Postfix that asks mugaid: its settings, by its own postconf
 *
 * Nothing of main.cf or master.cf is parsed here: postconf(1) is asked. What it prints of a list of
 * milters is cut at commas and blanks, braces kept together, as Postfix does itself.
 *
 * Errors: what postconf said.
 */
#include "postfix.h"

#include "cli.h"
#include "findings.h"

#include <string.h>
#include <sysexits.h>

char *
mugai_postfix_run(const char *program, const char *directory, const char *const *arguments,
                  GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *found = g_find_program_in_path(program);
    g_autofree char *path = found != NULL ? NULL : g_build_filename("/usr/sbin", program, NULL);
    g_autofree char *said = NULL;
    g_autofree char *complaint = NULL;
    int status = 0;

    g_ptr_array_add(words, found != NULL ? found : path);
    if (directory != NULL) {
        g_ptr_array_add(words, (char *)"-c");
        g_ptr_array_add(words, (char *)directory);
    }
    for (gsize i = 0; arguments[i] != NULL; i++)
        g_ptr_array_add(words, (char *)arguments[i]);
    g_ptr_array_add(words, NULL);
    if (!g_spawn_sync(NULL, (char **)words->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said,
                      &complaint, &status, error))
        return NULL;
    if (status != 0) {
        g_set_error(error, MUGAI_CLI_ERROR, EX_UNAVAILABLE, "%s: %s", program,
                    g_strstrip(complaint));
        return NULL;
    }
    g_strchomp(said);
    return g_steal_pointer(&said);
}

char *
mugai_postfix_get(const char *directory, const char *parameter, gboolean expanded, GError **error)
{
    const char *const arguments[] = {expanded ? "-xh" : "-h", parameter, NULL};

    return mugai_postfix_run("postconf", directory, arguments, error);
}

char *
mugai_postfix_directory(const char *directory, GError **error)
{
    return mugai_postfix_get(directory, "config_directory", TRUE, error);
}

/* --- the socket --- */

/* Whether the service named in @line, "SERVICE/TYPE/...", takes mail from other hosts: one of inet
 * that is not bound to this one alone, or what postscreen hands on to. */
static gboolean
is_open(const char *line)
{
    static const char *const own[] = {"127.", "localhost:", "::1:", "[::1]:"};
    g_auto(GStrv) words = g_strsplit(line, "/", 3);

    if (g_strv_length(words) < 3 ||
        (!g_str_equal(words[1], "inet") && !g_str_equal(words[1], "pass")))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        if (g_str_has_prefix(words[0], own[i]))
            return FALSE;
    }
    return TRUE;
}

/* Whether an smtpd of master.cf that the network reaches runs in a chroot. "-" is no since the
 * compatibility level 1, and Debian writes it out. */
static gboolean
is_chrooted(const char *directory)
{
    const char *const arguments[] = {"-F", "*/*/chroot", NULL};
    g_autofree char *said = mugai_postfix_run("postconf", directory, arguments, NULL);
    g_autofree char *level = mugai_postfix_get(directory, "compatibility_level", TRUE, NULL);
    gboolean by_default = level != NULL && g_ascii_strtod(level, NULL) < 1.0;
    g_auto(GStrv) lines = g_strsplit(said != NULL ? said : "", "\n", -1);

    for (gsize i = 0; lines[i] != NULL; i++) {
        if (is_open(lines[i]) && (g_str_has_suffix(lines[i], "= y") ||
                                  (by_default && g_str_has_suffix(lines[i], "= -"))))
            return TRUE;
    }
    return FALSE;
}

static char *
name_local(const char *directory, const char *path, GError **error)
{
    g_autofree char *queue = mugai_postfix_get(directory, "queue_directory", TRUE, error);
    g_autofree char *inside = queue != NULL ? g_strconcat(queue, "/", NULL) : NULL;

    if (inside == NULL)
        return NULL;
    /* Such a name means the same with a chroot and without. */
    if (g_str_has_prefix(path, inside))
        return g_strconcat("unix:", path + strlen(inside), NULL);
    if (!is_chrooted(directory))
        return g_strconcat("unix:", path, NULL);
    g_set_error(error, MUGAI_CLI_ERROR, EX_CONFIG,
                _("[milter] socket %s is out of reach: smtpd runs in the chroot %s; write a path "
                  "inside of it"),
                path, queue);
    return NULL;
}

char *
mugai_postfix_socket(const char *directory, const MugaiConfig *config, GError **error)
{
    const char *rest = strchr(config->socket, ':') + 1;
    g_auto(GStrv) words = NULL;

    if (!g_str_has_prefix(config->socket, "inet"))
        return name_local(directory, rest, error);
    words = g_strsplit(rest, "@", 2);
    return g_strdup_printf(g_str_has_prefix(config->socket, "inet6:") ? "inet:[%s]:%s"
                                                                      : "inet:%s:%s",
                           words[1] != NULL ? words[1] : "localhost", words[0]);
}

/* --- lists of milters --- */

/* The entries; those in braces with their braces. */
static GPtrArray *
cut(const char *value)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func(g_free);
    const char *begin = NULL;
    int depth = 0;

    for (const char *at = value;; at++) {
        gboolean between = depth == 0 && strchr(", \t\r\n", *at) != NULL;

        if (begin != NULL && between) {
            g_ptr_array_add(entries, g_strndup(begin, (gsize)(at - begin)));
            begin = NULL;
        } else if (begin == NULL && !between) {
            begin = at;
        }
        if (*at == '\0')
            break;
        depth += (*at == '{') - (*at == '}');
    }
    if (begin != NULL)
        g_ptr_array_add(entries, g_strdup(begin));
    return entries;
}

/* "{ unix:x, timeout=1 }" names unix:x. */
static gboolean
is_entry_of(const char *entry, const char *milter)
{
    g_auto(GStrv) words = g_strsplit_set(entry, "{}, \t", -1);

    return g_strv_contains((const char *const *)words, milter);
}

/* The last entry of @milter, or NULL. */
static const char *
find_entry(const GPtrArray *entries, const char *milter)
{
    for (guint i = entries->len; i > 0; i--) {
        if (is_entry_of(entries->pdata[i - 1], milter))
            return entries->pdata[i - 1];
    }
    return NULL;
}

gboolean
mugai_postfix_lists(const char *value, const char *milter)
{
    g_autoptr(GPtrArray) entries = cut(value);

    return find_entry(entries, milter) != NULL;
}

char *
mugai_postfix_without(const char *value, const char *milter)
{
    g_autoptr(GPtrArray) entries = cut(value);

    for (guint i = entries->len; i > 0; i--) {
        if (is_entry_of(entries->pdata[i - 1], milter))
            g_ptr_array_remove_index(entries, i - 1);
    }
    g_ptr_array_add(entries, NULL);
    return g_strjoinv(", ", (char **)entries->pdata);
}

char *
mugai_postfix_with_last(const char *value, const char *milter)
{
    g_autoptr(GPtrArray) entries = cut(value);
    const char *found = find_entry(entries, milter);
    const char *ours = found != NULL ? found : milter;
    g_autofree char *others =
        found != NULL ? mugai_postfix_without(value, milter) : g_strdup(value);

    return *others == '\0' ? g_strdup(ours) : g_strconcat(others, ", ", ours, NULL);
}

gboolean
mugai_postfix_ends_in(const char *value, const char *milter)
{
    g_autoptr(GPtrArray) entries = cut(value);

    return entries->len > 0 && is_entry_of(entries->pdata[entries->len - 1], milter);
}

gboolean
mugai_postfix_is_unsafe(const char *action)
{
    return g_ascii_strcasecmp(action, "accept") == 0 ||
           g_ascii_strcasecmp(action, "quarantine") == 0;
}

/* --- the check --- */

typedef struct {
    const char *directory;
    const char *milter;
    GPtrArray *findings;
} Check;

/* An entry's own default_action; Postfix does not mind its case. */
static void
check_entry(const Check *check, const char *place, const char *entry)
{
    g_auto(GStrv) words = g_strsplit_set(entry, " \t", -1);
    g_autofree char *joined = g_strjoinv("", words);
    g_autofree char *tight = g_ascii_strdown(joined, -1);

    if (strstr(tight, "default_action=accept") == NULL &&
        strstr(tight, "default_action=quarantine") == NULL)
        return;
    mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                       _("%s: %s lets mail through as it came while mugaid is away: take its "
                         "default_action out"),
                       place, entry);
}

/* A list that names mugaid, as it should last. */
static void
check_entries(const Check *check, const char *place, const char *value)
{
    g_autoptr(GPtrArray) entries = cut(value);

    for (guint i = 0; i < entries->len; i++) {
        if (is_entry_of(entries->pdata[i], check->milter))
            check_entry(check, place, entries->pdata[i]);
    }
    if (mugai_postfix_ends_in(value, check->milter))
        mugai_findings_add(check->findings, MUGAI_FOUND_OK, "postfix", _("%s ends in %s"), place,
                           check->milter);
    else
        mugai_findings_add(
            check->findings, MUGAI_FOUND_WRONG, "postfix",
            _("%s: %s is not the last milter: what comes after it changes what mugaid "
              "has approved, and SPF, DKIM and DMARC must see mail before it"),
            place, check->milter);
}

static void
check_list(const Check *check, const char *parameter, gboolean wanted)
{
    g_autofree char *said = mugai_postfix_get(check->directory, parameter, TRUE, NULL);
    const char *value = said != NULL ? said : "";

    if (mugai_postfix_lists(value, check->milter))
        check_entries(check, parameter, value);
    else
        mugai_findings_add(check->findings, wanted ? MUGAI_FOUND_WRONG : MUGAI_FOUND_NOTE,
                           "postfix", _("%s does not name %s: %s"), parameter, check->milter,
                           wanted
                               ? _("run \"mugai postfix --enable\"")
                               : _("mail that programs on this host send by sendmail passes as it "
                                   "is; \"mugai postfix --enable --all\" changes that"));
}

/* "shutdown" ends the connection with a 421, so mail waits as well. */
static void
check_default_action(const Check *check)
{
    g_autofree char *action =
        mugai_postfix_get(check->directory, "milter_default_action", TRUE, NULL);

    if (action == NULL || mugai_postfix_is_unsafe(action))
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("milter_default_action = %s lets mail through as it came while mugaid "
                             "is away: write tempfail"),
                           action != NULL ? action : "?");
    else if (g_str_equal(action, "tempfail") || g_str_equal(action, "shutdown"))
        mugai_findings_add(check->findings, MUGAI_FOUND_OK, "postfix",
                           _("milter_default_action = %s"), action);
    else
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("milter_default_action = %s: mail bounces while mugaid is away, it "
                             "does not wait: write tempfail"),
                           action);
}

static void
check_smtputf8(const Check *check)
{
    g_autofree char *value = mugai_postfix_get(check->directory, "smtputf8_enable", TRUE, NULL);
    gboolean off = value != NULL && g_str_equal(value, "no");

    mugai_findings_add(check->findings, off ? MUGAI_FOUND_OK : MUGAI_FOUND_WRONG, "postfix",
                       off ? _("smtputf8_enable = %s")
                           : _("smtputf8_enable = %s: for addresses beyond ASCII Postfix writes "
                               "fields that the output profile does not have: write no"),
                       value != NULL ? value : "?");
}

/* What takes milters away from mail, where @name has @value. @open: from mail of other hosts. */
static void
check_bypass(const Check *check, const char *place, const char *name, const char *value,
             gboolean open)
{
    MugaiFound found = open ? MUGAI_FOUND_WRONG : MUGAI_FOUND_NOTE;
    g_autofree char *folded = g_ascii_strdown(value, -1);

    if (g_str_equal(name, "receive_override_options") && strstr(folded, "no_milters") != NULL)
        mugai_findings_add(check->findings, found, "postfix",
                           _("%s = %s: mail that comes in there passes mugaid by, as it came"),
                           place, value);
    else if (g_str_equal(name, "smtpd_milter_maps") && *value != '\0')
        mugai_findings_add(check->findings, found, "postfix",
                           _("%s = %s: where it names a client, it takes the place of "
                             "smtpd_milters, and mail passes mugaid by: take it out"),
                           place, value);
}

static void
check_main_bypass(const Check *check, const char *name)
{
    g_autofree char *value = mugai_postfix_get(check->directory, name, TRUE, NULL);

    check_bypass(check, name, name, value != NULL ? value : "", TRUE);
}

/* @line: "SERVICE/TYPE/NAME = VALUE", macros expanded. */
static void
check_override(const Check *check, const char *line)
{
    g_auto(GStrv) sides = g_strsplit(line, " =", 2);
    g_autofree char *place = g_strconcat("master.cf: ", sides[0], NULL);
    const char *name = strrchr(place, '/') + 1;
    const char *value = g_strstrip(sides[1]);
    gboolean open = is_open(line);

    if (g_str_equal(name, "milter_default_action") && mugai_postfix_is_unsafe(value))
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("master.cf: %s: lets mail through as it came while mugaid is away"),
                           line);
    else if (g_str_equal(name, "smtpd_milters") && mugai_postfix_lists(value, check->milter))
        check_entries(check, place, value);
    else if (g_str_equal(name, "smtpd_milters"))
        mugai_findings_add(check->findings, open ? MUGAI_FOUND_WRONG : MUGAI_FOUND_NOTE, "postfix",
                           _("master.cf: %s: mail that comes in there does not go through mugaid"),
                           line);
    else
        check_bypass(check, place, name, value, open);
}

/* "-o" of master.cf comes before main.cf. */
static void
check_services(const Check *check)
{
    const char *const arguments[] = {"-Px", NULL};
    g_autofree char *said = mugai_postfix_run("postconf", check->directory, arguments, NULL);
    g_auto(GStrv) lines = g_strsplit(said != NULL ? said : "", "\n", -1);

    for (gsize i = 0; lines[i] != NULL; i++) {
        if (strchr(lines[i], '/') != NULL && strstr(lines[i], " =") != NULL)
            check_override(check, lines[i]);
    }
}

void
mugai_postfix_check(const char *directory, const MugaiConfig *config, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *milter = mugai_postfix_socket(directory, config, &error);
    const Check check = {directory, milter, findings};

    if (milter == NULL) {
        mugai_findings_add_error(findings, "postfix", error);
        return;
    }
    check_list(&check, "smtpd_milters", TRUE);
    check_list(&check, "non_smtpd_milters", FALSE);
    check_default_action(&check);
    check_smtputf8(&check);
    check_main_bypass(&check, "receive_override_options");
    check_main_bypass(&check, "smtpd_milter_maps");
    check_services(&check);
}
