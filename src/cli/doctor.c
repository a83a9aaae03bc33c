/*
 * doctor.c - looks at what mugaid stands on: rights, store, disk, clock, kernel, worker
 *
 * Nothing is changed. The message that goes through the worker is ours and is kept nowhere.
 */
#include "doctor.h"

#include "cli.h"
#include "findings.h"

#include <mugai/retention.h>
#include <mugai/sandbox.h>
#include <mugai/seal.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#define INDEX_MAKING_USECONDS (1000 * 1000)
#define OCTETS_PER_MIB (1024u * 1024u)
/* No mugai is older: a clock before that has lost its battery. 2026-01-01T00:00:00Z */
#define SECONDS_MIN 1767225600
#define LSM_FILE "/sys/kernel/security/lsm"

static const char message[] = "From: doctor <doctor@localhost.localdomain>\r\n"
                              "Subject: mugai doctor\r\n"
                              "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
                              "\r\n"
                              "mugai doctor\r\n";

/* --- rights --- */

/* What is @user's alone, as mugaid needs it. */
static void
check_private(const char *what, const char *path, const MugaiUser *user, GPtrArray *findings)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        g_autofree char *why = mugai_cli_say(g_strerror(errno));

        mugai_findings_add(findings, MUGAI_FOUND_WRONG, what, _("%s: %s"), path, why);
    } else if (status.st_uid != user->uid)
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, what,
                           _("%s is not %s's: run \"chown %s %s\""), path, user->name, user->name,
                           path);
    else if ((status.st_mode & 077) != 0)
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, what,
                           _("%s is open to other users: run \"chmod go= %s\""), path, path);
    else
        mugai_findings_add(findings, MUGAI_FOUND_OK, what, _("%s is %s's alone"), path, user->name);
}

static void
check_key(const char *what, const char *path, const MugaiUser *user, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiSealKey) key = NULL;

    if (path == NULL)
        return;
    check_private(what, path, user, findings);
    key = mugai_seal_key_load(path, &error);
    if (key != NULL)
        mugai_findings_add(findings, MUGAI_FOUND_OK, what, _("key %s"), mugai_seal_key_id(key));
    else
        mugai_findings_add_error(findings, what, error);
}

void
mugai_doctor_check_rights(const MugaiConfig *config, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiUser) user = mugai_user_find(config->milter_user, &error);
    g_autoptr(MugaiUser) worker = NULL;

    if (user != NULL)
        worker = mugai_user_find(config->worker_user, &error);
    if (worker == NULL) {
        mugai_findings_add_error(findings, "users", error);
        return;
    }
    if (worker->uid == user->uid)
        mugai_findings_add(
            findings, MUGAI_FOUND_WRONG, "users",
            _("%s serves mail and reads what is hostile: give [worker] a user of its "
              "own"),
            user->name);
    check_private("store", config->store_path, user, findings);
    if (config->log_path != NULL)
        check_private("log of looks", config->log_path, user, findings);
    check_key("seal", config->seal_key, user, findings);
    check_key("log key", config->log_key, user, findings);
}

/* --- store and disk --- */

/* NULL: whole. Milliseconds, of a file that is read to its end. */
static GError *
try_index(MugaiStore *store, gint64 *ret_milliseconds)
{
    GError *error = NULL;
    gint64 begun = g_get_monotonic_time();
    g_autoptr(MugaiIndex) index = mugai_index_open(store, FALSE, &error);

    if (index != NULL)
        (void)mugai_index_check(index, &error);
    *ret_milliseconds = (g_get_monotonic_time() - begun) / 1000;
    return error;
}

/* A MugaiDoctorAttempt: reads the newest original of the store of @data, a MugaiConfig, to its end;
 * its id, or nothing of an empty store. */
static gboolean
read_newest(gconstpointer data, char **ret_text, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(data, error);
    g_autoptr(MugaiOriginal) original = NULL;
    g_auto(MugaiOriginalFacts) facts = {0};
    MugaiId id = {0};

    if (store == NULL || !mugai_store_find_last(store, &id, error))
        return FALSE;
    if (id.text[0] != '\0') {
        original = mugai_store_read(store, &id, error);
        if (original == NULL || !mugai_original_verify(original, &facts, error))
            return FALSE;
    }
    *ret_text = g_strdup(id.text);
    return TRUE;
}

/* Root may read all of them, mugaid's user need not. */
static gboolean
read_newest_as(const MugaiUser *user, const MugaiConfig *config, char **ret_text, GError **error)
{
    return mugai_sandbox_can_become()
               ? mugai_doctor_try_as(user, read_newest, config, ret_text, error)
               : read_newest(config, ret_text, error);
}

static void
add_unread(const MugaiConfig *config, const GError *error, GPtrArray *findings)
{
    g_autofree char *why = mugai_cli_say(error->message);

    if (g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED))
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "original",
                           _("the newest one is damaged (%s): run \"mugai fsck\", which names all "
                             "that are, and put "
                             "them back from a backup"),
                           why);
    else
        mugai_findings_add(
            findings, MUGAI_FOUND_WRONG, "original",
            _("%s cannot read the newest one (%s): run \"chown -R %s: %s\", then \"mugai fsck\""),
            config->milter_user, why, config->milter_user, config->store_path);
}

/* The newest one alone: reading all is fsck's. */
static void
check_newest(const MugaiConfig *config, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiUser) user = mugai_user_find(config->milter_user, NULL);
    g_autofree char *id = NULL;

    if (user == NULL)
        return; /* mugai_doctor_check_rights() says why */
    if (!read_newest_as(user, config, &id, &error))
        add_unread(config, error, findings);
    else if (id[0] == '\0')
        mugai_findings_add(findings, MUGAI_FOUND_OK, "original", _("there is none yet"));
    else
        mugai_findings_add(findings, MUGAI_FOUND_OK, "original", _("the newest one is whole: %s"),
                           id);
}

void
mugai_doctor_check_store(const MugaiConfig *config, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(config, &error);
    gint64 milliseconds = 0;

    if (store == NULL) {
        mugai_findings_add_error(findings, "store", error);
        return;
    }
    check_newest(config, findings);
    error = try_index(store, &milliseconds);
    if (g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED)) {
        /* It looks like that, too, while a mugaid that has just been started makes it. */
        g_clear_error(&error);
        g_usleep(INDEX_MAKING_USECONDS);
        error = try_index(store, &milliseconds);
    }
    if (error == NULL)
        mugai_findings_add(findings, MUGAI_FOUND_OK, "index", _("whole, read in %" PRId64 " ms"),
                           milliseconds);
    else if (g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        mugai_findings_add(findings, MUGAI_FOUND_NOTE, "index",
                           _("there is none yet: mugaid makes it with the first message"));
    else {
        g_autofree char *why = mugai_cli_say(error->message);

        mugai_findings_add(
            findings, MUGAI_FOUND_WRONG, "index",
            _("%s: run \"mugai fsck --repair\", which makes it anew from the originals"), why);
    }
}

void
mugai_doctor_check_disk(const MugaiConfig *config, GPtrArray *findings)
{
    struct statvfs status;
    guint64 free_mib = 0;

    if (statvfs(config->store_path, &status) != 0) {
        g_autofree char *why = mugai_cli_say(g_strerror(errno));

        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "disk", _("%s: %s"), config->store_path,
                           why);
        return;
    }
    free_mib = (guint64)status.f_bavail * status.f_frsize / OCTETS_PER_MIB;
    if (free_mib < config->min_free_mib)
        mugai_findings_add(
            findings, MUGAI_FOUND_WRONG, "disk",
            _("%" PRIu64 " MiB free, [store] min_free is %" PRIu64
              ": new mail waits at its senders; make room, or shorten retention_days "
              "and run \"mugai purge\""),
            free_mib, config->min_free_mib);
    else
        mugai_findings_add(findings,
                           free_mib < 2 * config->min_free_mib ? MUGAI_FOUND_NOTE : MUGAI_FOUND_OK,
                           "disk", _("%" PRIu64 " MiB free, [store] min_free is %" PRIu64),
                           free_mib, config->min_free_mib);
    if (status.f_favail < 10000 && status.f_files > 0)
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "disk",
                           _("%" PRIu64 " files can be made: the file system needs more "
                             "inodes"),
                           (guint64)status.f_favail);
}

/* --- clock and kernel --- */

/* Whether a time server keeps it, as the kernel knows. */
static gboolean
is_kept(void)
{
    struct timex clock = {.modes = 0};

    return adjtimex(&clock) >= 0 && (clock.status & STA_UNSYNC) == 0;
}

/* What is in the store says of it, as purge asks. */
static MugaiClock
ask_store(const MugaiConfig *config, gint64 now, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(config, error);

    return store != NULL ? mugai_retention_check_clock(store, now, error) : MUGAI_CLOCK_UNKNOWN;
}

/* The store against the clock: a message of a day to come cannot be. Of a silence the kernel knows
 * more: where a time server keeps the clock, no mail has come; else it may as well be ahead. */
static gboolean
add_misfit(MugaiClock clock, const char *now, const GError *error, GPtrArray *findings)
{
    gboolean silence = clock == MUGAI_CLOCK_SILENCE && is_kept();
    g_autofree char *why = mugai_cli_say(error->message);

    mugai_findings_add(findings, silence ? MUGAI_FOUND_NOTE : MUGAI_FOUND_WRONG, "clock",
                       silence ? _("%s, kept by a time server; mugai purge says: %s")
                               : _("%s; mugai purge says: %s"),
                       now, why);
    return silence;
}

gboolean
mugai_doctor_check_clock(const MugaiConfig *config, GPtrArray *findings)
{
    gint64 seconds = time(NULL);
    g_autofree char *now = mugai_cli_time(seconds);
    g_autoptr(GError) error = NULL;
    MugaiClock clock = MUGAI_CLOCK_UNKNOWN;

    if (seconds < SECONDS_MIN) {
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "clock",
                           _("%s: that cannot be; ids, retention and seals go by it: set it"), now);
        return FALSE;
    }
    clock = ask_store(config, seconds, &error);
    if (clock == MUGAI_CLOCK_BEHIND || clock == MUGAI_CLOCK_SILENCE)
        return add_misfit(clock, now, error, findings);
    /* Why the store cannot be asked, mugai_doctor_check_store() says. */
    if (is_kept())
        mugai_findings_add(findings, MUGAI_FOUND_OK, "clock", _("%s, kept by a time server"), now);
    else
        mugai_findings_add(findings, MUGAI_FOUND_NOTE, "clock",
                           _("%s; the kernel does not know whether that is right: is chrony or "
                             "systemd-timesyncd running?"),
                           now);
    return TRUE;
}

void
mugai_doctor_check_kernel(GPtrArray *findings)
{
    g_autofree char *modules = NULL;

    if (g_file_get_contents(LSM_FILE, &modules, NULL, NULL) && strstr(modules, "landlock") == NULL)
        mugai_findings_add(findings, MUGAI_FOUND_NOTE, "kernel",
                           _("it was started without Landlock: add landlock to its lsm= option"));
    else
        mugai_findings_add(findings, modules != NULL ? MUGAI_FOUND_OK : MUGAI_FOUND_NOTE, "kernel",
                           modules != NULL ? _("has Landlock")
                                           : _("cannot be asked for Landlock (%s)"),
                           LSM_FILE);
}

/* --- the worker --- */

static MugaiApproved *
sanitize(const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiPool) pool = mugai_pool_new(config, error);
    g_auto(MugaiFd) fd = pool != NULL ? mugai_desk_open_unnamed(error) : -1;
    MugaiTime now = mugai_cli_local_time(time(NULL));
    MugaiId id;

    if (fd < 0)
        return NULL;
    if (!mugai_cli_write(fd, message, strlen(message))) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "temporary file");
        return NULL;
    }
    mugai_id_new(now.seconds, &id);
    return mugai_ticket_collect(mugai_pool_submit(pool, fd, &id, now, NULL), error);
}

void
mugai_doctor_check_worker(const MugaiConfig *config, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiApproved) approved = sanitize(config, &error);
    const char *failure = approved != NULL ? mugai_approved_failure(approved) : error->message;
    g_autofree char *why = failure != NULL ? mugai_cli_say(failure) : NULL;

    if (failure == NULL)
        mugai_findings_add(
            findings, MUGAI_FOUND_OK, "worker",
            _("started, locked itself, sanitized a message, and the guard said yes"));
    else
        mugai_findings_add(
            findings, MUGAI_FOUND_WRONG, "worker",
            _("%s: no text of any mail goes on, only notices; the log may know more, "
              "and reinstalling the package mends the program"),
            why);
}
