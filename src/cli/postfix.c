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

#include <stdlib.h>
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

/* --- services --- */

/* One of master.cf. */
typedef struct {
    char *name; /* "smtp/inet" */
    char *command;
    gboolean open;     /* takes mail from other hosts */
    gboolean chrooted; /* in the queue directory */
    gboolean own;      /* main.cf does not say which milters it asks */
} Service;

static void
service_free(gpointer data)
{
    Service *service = data;

    g_free(service->name);
    g_free(service->command);
    g_free(service);
}

/* One of inet that is not bound to this host alone, or what postscreen hands on to. */
static gboolean
is_open(const char *name, const char *type)
{
    static const char *const own[] = {"127.", "localhost:", "::1:", "[::1]:"};

    if (!g_str_equal(type, "inet") && !g_str_equal(type, "pass"))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        if (g_str_has_prefix(name, own[i]))
            return FALSE;
    }
    return TRUE;
}

/* "NAME TYPE private unpriv CHROOT wakeup maxproc COMMAND ...". "-" is no since the compatibility
 * level 1, and Debian writes it out. */
static Service *
read_service(const char *line, gboolean by_default)
{
    g_auto(GStrv) split = g_strsplit_set(line, " \t", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    Service *service = NULL;

    for (gsize i = 0; split[i] != NULL; i++) {
        if (*split[i] != '\0')
            g_ptr_array_add(words, split[i]);
    }
    if (words->len < 8)
        return NULL;
    service = g_new0(Service, 1);
    service->name = g_strconcat(words->pdata[0], "/", words->pdata[1], NULL);
    service->command = g_strdup(words->pdata[7]);
    service->open = is_open(words->pdata[0], words->pdata[1]);
    service->chrooted =
        g_str_equal(words->pdata[4], "y") || (by_default && g_str_equal(words->pdata[4], "-"));
    service->own = strstr(line, "smtpd_milters") != NULL || strstr(line, "no_milters") != NULL;
    return service;
}

static GPtrArray *
list_services(const char *directory)
{
    const char *const arguments[] = {"-M", NULL};
    g_autofree char *said = mugai_postfix_run("postconf", directory, arguments, NULL);
    g_autofree char *level = mugai_postfix_get(directory, "compatibility_level", TRUE, NULL);
    gboolean by_default = level != NULL && g_ascii_strtod(level, NULL) < 1.0;
    g_auto(GStrv) lines = g_strsplit(said != NULL ? said : "", "\n", -1);
    GPtrArray *services = g_ptr_array_new_with_free_func(service_free);

    for (gsize i = 0; lines[i] != NULL; i++) {
        Service *service = read_service(lines[i], by_default);

        if (service != NULL)
            g_ptr_array_add(services, service);
    }
    return services;
}

/* What "-o" of master.cf says, macros expanded: lines "SERVICE/TYPE/NAME = VALUE". */
static GStrv
list_overrides(const char *directory)
{
    const char *const arguments[] = {"-Px", NULL};
    g_autofree char *said = mugai_postfix_run("postconf", directory, arguments, NULL);

    return g_strsplit(said != NULL ? said : "", "\n", -1);
}

/* --- the socket --- */

/* From where the socket is asked for: in the chroot a path begins at the queue directory, without
 * it at the root; one without a slash in front at the queue directory either way. */
typedef struct {
    gboolean inside, outside;
} Askers;

static void
add_asker(Askers *askers, const Service *service)
{
    if (service->chrooted)
        askers->inside = TRUE;
    else
        askers->outside = TRUE;
}

/* Those who go by @parameter of main.cf. */
static Askers
askers_of(const MugaiPostfixMilter *milter, const char *parameter)
{
    const char *command = g_str_equal(parameter, "smtpd_milters") ? "smtpd" : "cleanup";
    Askers askers = {FALSE, FALSE};

    for (guint i = 0; i < milter->services->len; i++) {
        const Service *service = milter->services->pdata[i];

        if (!service->own && g_str_equal(service->command, command))
            add_asker(&askers, service);
    }
    return askers;
}

/* @path with all links in it followed, as far as it is there. */
static char *
resolve(const char *path)
{
    g_autofree char *real = realpath(path, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *above = NULL;
    g_autofree char *whole = NULL;

    if (real != NULL)
        return g_steal_pointer(&real);
    if (g_str_equal(folder, path))
        return g_strdup(path);
    above = resolve(folder);
    whole = g_build_filename(above, name, NULL);
    return g_canonicalize_filename(whole, "/");
}

/* @path below the queue directory; NULL if it is not. */
static const char *
below_queue(const MugaiPostfixMilter *milter, const char *path)
{
    gsize length = strlen(milter->queue);

    return g_str_has_prefix(path, milter->queue) && path[length] == '/' ? path + length + 1 : NULL;
}

/* Whether who asks for @address, from @inside of the chroot or not, gets at mugaid's socket.
 * Postfix knows "local" as well, and no capitals. */
static gboolean
leads_to(const MugaiPostfixMilter *milter, const char *address, gboolean inside)
{
    const char *path = strchr(address, ':');
    g_autofree char *whole = NULL;
    g_autofree char *resolved = NULL;

    if (milter->path == NULL || path == NULL ||
        (!g_str_has_prefix(address, "unix:") && !g_str_has_prefix(address, "local:")))
        return FALSE;
    path++;
    whole = inside || *path != '/' ? g_build_filename(milter->queue, path, NULL) : g_strdup(path);
    resolved = resolve(whole);
    return g_str_equal(resolved, milter->path) &&
           (!inside || below_queue(milter, resolved) != NULL);
}

/* "inet:[127.0.0.1]:25" as "127.0.0.1:25"; NULL of what is no such address. */
static char *
plain_host(const char *address)
{
    g_autoptr(GString) text = NULL;

    if (!g_str_has_prefix(address, "inet:"))
        return NULL;
    text = g_string_new(address + strlen("inet:"));
    g_string_replace(text, "[", "", 0);
    g_string_replace(text, "]", "", 0);
    if (g_str_has_prefix(text->str, "localhost:"))
        g_string_replace(text, "localhost", "127.0.0.1", 1);
    return g_ascii_strdown(text->str, -1);
}

static gboolean
is_same_host(const MugaiPostfixMilter *milter, const char *address)
{
    g_autofree char *ours = plain_host(milter->name);
    g_autofree char *theirs = plain_host(address);

    return ours != NULL && theirs != NULL && g_str_equal(ours, theirs);
}

/* Whether @address is meant to be mugaid's; whether it is, for all that ask, is another matter. */
static gboolean
is_ours(const MugaiPostfixMilter *milter, const char *address)
{
    return is_same_host(milter, address) || leads_to(milter, address, FALSE) ||
           leads_to(milter, address, TRUE);
}

static gboolean
reaches(const MugaiPostfixMilter *milter, const char *address, Askers askers)
{
    return is_same_host(milter, address) || ((!askers.inside || leads_to(milter, address, TRUE)) &&
                                             (!askers.outside || leads_to(milter, address, FALSE)));
}

static gboolean
name_local(MugaiPostfixMilter *milter, const char *path, GError **error)
{
    const char *inside = NULL;

    milter->path = resolve(path);
    inside = below_queue(milter, milter->path);
    /* Such a name means the same with a chroot and without. */
    milter->name = g_strconcat("unix:", inside != NULL ? inside : path, NULL);
    if (inside != NULL || !askers_of(milter, "smtpd_milters").inside)
        return TRUE;
    g_set_error(error, MUGAI_CLI_ERROR, EX_CONFIG,
                _("[milter] socket %s is out of reach: smtpd runs in the chroot %s; write a path "
                  "inside of it"),
                path, milter->queue);
    return FALSE;
}

static char *
name_host(const char *socket)
{
    g_auto(GStrv) words = g_strsplit(strchr(socket, ':') + 1, "@", 2);

    return g_strdup_printf(g_str_has_prefix(socket, "inet6:") ? "inet:[%s]:%s" : "inet:%s:%s",
                           words[1] != NULL ? words[1] : "localhost", words[0]);
}

MugaiPostfixMilter *
mugai_postfix_milter_new(const char *directory, const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiPostfixMilter) milter = g_new0(MugaiPostfixMilter, 1);
    g_autofree char *queue = mugai_postfix_get(directory, "queue_directory", TRUE, error);

    if (queue == NULL)
        return NULL;
    milter->queue = resolve(queue);
    milter->services = list_services(directory);
    if (g_str_has_prefix(config->socket, "inet"))
        milter->name = name_host(config->socket);
    else if (!name_local(milter, strchr(config->socket, ':') + 1, error))
        return NULL;
    return g_steal_pointer(&milter);
}

void
mugai_postfix_milter_free(MugaiPostfixMilter *milter)
{
    g_free(milter->name);
    g_free(milter->path);
    g_free(milter->queue);
    g_clear_pointer(&milter->services, g_ptr_array_unref);
    g_free(milter);
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

/* Of "{ unix:x, timeout=1 }" unix:x, if that is ours; else NULL. */
static char *
find_address(const MugaiPostfixMilter *milter, const char *entry)
{
    g_auto(GStrv) words = g_strsplit_set(entry, "{}, \t", -1);

    for (gsize i = 0; words[i] != NULL; i++) {
        if (is_ours(milter, words[i]))
            return g_strdup(words[i]);
    }
    return NULL;
}

/* Those of the entries that are ours. */
static GPtrArray *
find_ours(const MugaiPostfixMilter *milter, const GPtrArray *entries)
{
    GPtrArray *ours = g_ptr_array_new();

    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *address = find_address(milter, entries->pdata[i]);

        if (address != NULL)
            g_ptr_array_add(ours, entries->pdata[i]);
    }
    return ours;
}

gboolean
mugai_postfix_lists(const MugaiPostfixMilter *milter, const char *value)
{
    g_autoptr(GPtrArray) entries = cut(value);
    g_autoptr(GPtrArray) ours = find_ours(milter, entries);

    return ours->len > 0;
}

gboolean
mugai_postfix_is_right(const MugaiPostfixMilter *milter, const char *parameter, const char *value)
{
    g_autoptr(GPtrArray) entries = cut(value);
    g_autoptr(GPtrArray) ours = find_ours(milter, entries);
    g_autofree char *address = ours->len == 1 ? find_address(milter, ours->pdata[0]) : NULL;

    return address != NULL && ours->pdata[0] == entries->pdata[entries->len - 1] &&
           reaches(milter, address, askers_of(milter, parameter));
}

char *
mugai_postfix_without(const MugaiPostfixMilter *milter, const char *value)
{
    g_autoptr(GPtrArray) entries = cut(value);
    g_autoptr(GPtrArray) ours = find_ours(milter, entries);

    for (guint i = 0; i < ours->len; i++)
        g_ptr_array_remove(entries, ours->pdata[i]);
    g_ptr_array_add(entries, NULL);
    return g_strjoinv(", ", (char **)entries->pdata);
}

/* The last entry that is ours, with its options, and with an address that reaches mugaid. */
static char *
take_ours(const MugaiPostfixMilter *milter, const char *parameter, const char *value)
{
    g_autoptr(GPtrArray) entries = cut(value);
    g_autoptr(GPtrArray) ours = find_ours(milter, entries);
    const char *last = ours->len > 0 ? ours->pdata[ours->len - 1] : milter->name;
    g_autofree char *address = find_address(milter, last);
    g_autoptr(GString) entry = g_string_new(last);

    if (!reaches(milter, address, askers_of(milter, parameter)))
        g_string_replace(entry, address, milter->name, 1);
    return g_strdup(entry->str);
}

char *
mugai_postfix_with_last(const MugaiPostfixMilter *milter, const char *parameter, const char *value)
{
    g_autofree char *ours = take_ours(milter, parameter, value);
    g_autofree char *others = mugai_postfix_without(milter, value);

    return *others == '\0' ? g_strdup(ours) : g_strconcat(others, ", ", ours, NULL);
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
    const MugaiPostfixMilter *milter;
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

/* Whether all that ask get there by the address of @entry. */
static gboolean
check_reach(const Check *check, const char *place, const char *entry, Askers askers)
{
    const MugaiPostfixMilter *milter = check->milter;
    g_autofree char *address = find_address(milter, entry);

    if (reaches(milter, address, askers))
        return TRUE;
    if (!reaches(milter, milter->name, askers))
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("%s: %s is out of reach from the chroot %s: write a path inside of "
                             "it as [milter] socket"),
                           place, address, milter->queue);
    else if (!leads_to(milter, address, TRUE))
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("%s: %s is not mugaid's socket for who asks from the chroot %s: "
                             "write %s"),
                           place, address, milter->queue, milter->name);
    else
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("%s: %s is not mugaid's socket for who asks without a chroot: "
                             "write %s"),
                           place, address, milter->name);
    return FALSE;
}

/* A list that names mugaid, once and as it should last. */
static void
check_entries(const Check *check, const char *place, const char *value, Askers askers)
{
    g_autoptr(GPtrArray) entries = cut(value);
    g_autoptr(GPtrArray) ours = find_ours(check->milter, entries);
    const char *entry = ours->pdata[ours->len - 1];
    gboolean reached = TRUE;

    for (guint i = 0; i < ours->len; i++) {
        check_entry(check, place, ours->pdata[i]);
        reached = check_reach(check, place, ours->pdata[i], askers) && reached;
    }
    if (ours->len > 1)
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("%s names mugaid %u times, and mail goes through it as often: leave "
                             "one of them"),
                           place, ours->len);
    if (entry != entries->pdata[entries->len - 1])
        mugai_findings_add(
            check->findings, MUGAI_FOUND_WRONG, "postfix",
            _("%s: %s is not the last milter: what comes after it changes what mugaid "
              "has approved, and SPF, DKIM and DMARC must see mail before it"),
            place, check->milter->name);
    else if (reached)
        mugai_findings_add(check->findings, MUGAI_FOUND_OK, "postfix", _("%s ends in %s"), place,
                           entry);
}

static void
check_list(const Check *check, const char *parameter, gboolean wanted)
{
    g_autofree char *said = mugai_postfix_get(check->directory, parameter, TRUE, NULL);
    const char *value = said != NULL ? said : "";

    if (mugai_postfix_lists(check->milter, value))
        check_entries(check, parameter, value, askers_of(check->milter, parameter));
    else
        mugai_findings_add(check->findings, wanted ? MUGAI_FOUND_WRONG : MUGAI_FOUND_NOTE,
                           "postfix", _("%s does not name %s: %s"), parameter, check->milter->name,
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

/* The service of "SERVICE/TYPE/NAME = VALUE". */
static const Service *
find_service(const MugaiPostfixMilter *milter, const char *line)
{
    for (guint i = 0; i < milter->services->len; i++) {
        const Service *service = milter->services->pdata[i];
        gsize length = strlen(service->name);

        if (g_str_has_prefix(line, service->name) && line[length] == '/')
            return service;
    }
    return NULL;
}

/* @line: "SERVICE/TYPE/NAME = VALUE" of @service, macros expanded. */
static void
check_override(const Check *check, const Service *service, const char *line)
{
    g_auto(GStrv) sides = g_strsplit(line, " =", 2);
    g_autofree char *place = g_strconcat("master.cf: ", sides[0], NULL);
    const char *name = strrchr(place, '/') + 1;
    const char *value = g_strstrip(sides[1]);
    Askers askers = {FALSE, FALSE};

    add_asker(&askers, service);
    if (g_str_equal(name, "milter_default_action") && mugai_postfix_is_unsafe(value))
        mugai_findings_add(check->findings, MUGAI_FOUND_WRONG, "postfix",
                           _("master.cf: %s: lets mail through as it came while mugaid is away"),
                           line);
    else if (g_str_equal(name, "smtpd_milters") && mugai_postfix_lists(check->milter, value))
        check_entries(check, place, value, askers);
    else if (g_str_equal(name, "smtpd_milters"))
        mugai_findings_add(check->findings, service->open ? MUGAI_FOUND_WRONG : MUGAI_FOUND_NOTE,
                           "postfix",
                           _("master.cf: %s: mail that comes in there does not go through mugaid"),
                           line);
    else
        check_bypass(check, place, name, value, service->open);
}

/* "-o" of master.cf comes before main.cf. */
static void
check_services(const Check *check)
{
    g_auto(GStrv) lines = list_overrides(check->directory);

    for (gsize i = 0; lines[i] != NULL; i++) {
        const Service *service = find_service(check->milter, lines[i]);

        if (service != NULL && strstr(lines[i], " =") != NULL)
            check_override(check, service, lines[i]);
    }
}

/* A line of postconf -Px: where that service names @milter by milters of its own; else NULL. */
static char *
place_in_service(const MugaiPostfixMilter *milter, const char *line)
{
    g_auto(GStrv) sides = g_strsplit(line, " =", 2);

    if (g_strv_length(sides) < 2 || !g_str_has_suffix(sides[0], "/smtpd_milters") ||
        !mugai_postfix_lists(milter, sides[1]))
        return NULL;
    return g_strconcat("master.cf: ", sides[0], NULL);
}

gboolean
mugai_postfix_names(const char *directory, const char *parameter, const MugaiPostfixMilter *milter)
{
    g_autofree char *value = mugai_postfix_get(directory, parameter, TRUE, NULL);

    return value != NULL && mugai_postfix_lists(milter, value);
}

GPtrArray *
mugai_postfix_places(const char *directory, const MugaiPostfixMilter *milter)
{
    static const char *const parameters[] = {"smtpd_milters", "non_smtpd_milters"};
    GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = list_overrides(directory);

    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
        if (mugai_postfix_names(directory, parameters[i], milter))
            g_ptr_array_add(places, g_strconcat("main.cf: ", parameters[i], NULL));
    }
    for (gsize i = 0; lines[i] != NULL; i++) {
        char *place = place_in_service(milter, lines[i]);

        if (place != NULL)
            g_ptr_array_add(places, place);
    }
    return places;
}

void
mugai_postfix_check(const char *directory, const MugaiConfig *config, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiPostfixMilter) milter = mugai_postfix_milter_new(directory, config, &error);
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
