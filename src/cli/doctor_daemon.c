/*
 * doctor_daemon.c - looks at the mugaid that runs: does it answer, is it locked, what does it pass
 *
 * Its process is told by the kernel, which knows who listens at the socket. Root gets at any
 * socket, so Postfix' user tries as well.
 *
 * Limits: of a socket of the form inet: nobody tells whose it is, so the lock is not looked at.
 */
#include "doctor.h"

#include "cli.h"
#include "findings.h"
#include "postfix.h"

#include <mugai/guard.h>
#include <mugai/probe.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SOCKET_SECONDS 10u
/* Worker's seconds and what it waits for a free one come on top. */
#define MESSAGE_SECONDS 30u
#define RECIPIENT "postmaster@localhost"
#define SUBJECT "mugai doctor: a test"
#define BODY                                                                                       \
    "This is a test by \"mugai doctor\". Its original is in quarantine like that of any mail,\r\n" \
    "and goes with retention.\r\n"

/* The value of a field of /proc/PID/status, NULL without it. */
static char *
find_field(const char *status, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(status, "\n", -1);
    gsize length = strlen(name);

    for (gsize i = 0; lines[i] != NULL; i++) {
        if (strncmp(lines[i], name, length) == 0 && lines[i][length] == ':')
            return g_strstrip(g_strdup(lines[i] + length + 1));
    }
    return NULL;
}

static gboolean
field_is(const char *status, const char *name, const char *value)
{
    g_autofree char *found = find_field(status, name);

    return g_strcmp0(found, value) == 0;
}

/* What the service gives up before it serves. */
static void
check_lock(int fd, GPtrArray *findings)
{
    struct ucred listener = {.pid = 0};
    socklen_t length = sizeof(listener);
    g_autofree char *path = NULL;
    g_autofree char *status = NULL;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &length) != 0 || listener.pid <= 0)
        return;
    path = g_strdup_printf("/proc/%d/status", listener.pid);
    if (!g_file_get_contents(path, &status, NULL, NULL))
        mugai_findings_add(findings, MUGAI_FOUND_NOTE, "lock",
                           _("process %d listens and cannot be looked at: run this as root"),
                           listener.pid);
    else if (listener.uid != 0 && field_is(status, "Seccomp", "2") &&
             field_is(status, "NoNewPrivs", "1") && field_is(status, "CapPrm", "0000000000000000"))
        mugai_findings_add(
            findings, MUGAI_FOUND_OK, "lock",
            _("process %d is not root, has no capability and a filter of system calls"),
            listener.pid);
    else
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "lock",
                           _("process %d serves mail without its lock: restart mugaid and read its "
                             "log"),
                           listener.pid);
}

static void
check_answer(const MugaiProbeAnswer *answer, GPtrArray *findings)
{
    MugaiGuard guard;

    if (!answer->accepted) {
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "message",
                           _("a test message was not accepted (%s): mail waits at its senders; "
                             "mugaid's log says why"),
                           answer->reply != NULL ? answer->reply : "451");
        return;
    }
    mugai_guard_init(&guard, 0);
    mugai_guard_feed(&guard, (const uint8_t *)answer->message->str, answer->message->len);
    if (mugai_guard_finish(&guard))
        mugai_findings_add(
            findings, MUGAI_FOUND_OK, "message",
            _("a test message went through mugaid and came out in the output profile; "
              "its original is in quarantine, subject \"%s\""),
            SUBJECT);
    else
        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "message",
                           _("what came back for a test message is not in the output profile (%s): "
                             "take Postfix off the network and tell the makers of mugai"),
                           mugai_guard_rule_text(guard.rule));
}

static void
send_message(int fd, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiProbeAnswer) answer =
        mugai_probe_send_message(fd, RECIPIENT, SUBJECT, BODY, &error);

    if (answer != NULL)
        check_answer(answer, findings);
    else
        mugai_findings_add_error(findings, "message", error);
}

gboolean
mugai_doctor_check_daemon(const MugaiConfig *config, gboolean message, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    guint patience = message ? config->worker_seconds + MESSAGE_SECONDS : SOCKET_SECONDS;
    g_auto(MugaiFd) fd = mugai_probe_open(config->socket, patience, &error);

    if (fd < 0 || !mugai_probe_receive_options(fd, &error)) {
        g_autofree char *why = mugai_cli_say(error->message);

        mugai_findings_add(findings, MUGAI_FOUND_WRONG, "socket",
                           _("%s: is mugaid running (\"systemctl status mugaid\"), and may you "
                             "connect (root, or Postfix' group)?"),
                           why);
        return FALSE;
    }
    mugai_findings_add(findings, MUGAI_FOUND_OK, "socket", _("mugaid answers at %s"),
                       config->socket);
    check_lock(fd, findings);
    if (message)
        send_message(fd, findings);
    return TRUE;
}

/* --- the socket, as Postfix gets at it --- */

/* A MugaiDoctorAttempt: @data is the socket's name. */
static gboolean
reach(gconstpointer data, char **ret_text, GError **error)
{
    g_auto(MugaiFd) fd = mugai_probe_open(data, SOCKET_SECONDS, error);

    *ret_text = g_strdup(data);
    return fd >= 0;
}

static void
try_reach(const MugaiConfig *config, const MugaiUser *user, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *why = NULL;

    if (mugai_doctor_try_as(user, reach, config->socket, &text, &error)) {
        mugai_findings_add(findings, MUGAI_FOUND_OK, "socket", _("Postfix' user %s gets there"),
                           user->name);
        return;
    }
    why = mugai_cli_say(error->message);
    mugai_findings_add(findings, MUGAI_FOUND_WRONG, "socket",
                       _("%s: Postfix' user %s does not get there, so mail waits at its senders: "
                         "run \"systemd-tmpfiles --create mugai.conf\" and \"systemctl restart "
                         "mugaid\", and let that user into the directories above"),
                       why, user->name);
}

void
mugai_doctor_check_reach(const MugaiConfig *config, const char *directory, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *owner = mugai_postfix_get(directory, "mail_owner", TRUE, NULL);
    g_autoptr(MugaiUser) user = NULL;

    if (owner == NULL)
        return; /* mugai_postfix_check() says why */
    if (!mugai_sandbox_can_become()) {
        mugai_findings_add(findings, MUGAI_FOUND_NOTE, "socket",
                           _("whether Postfix' user %s gets there was not tried: run this as root"),
                           owner);
        return;
    }
    user = mugai_user_find(owner, &error);
    if (user != NULL)
        try_reach(config, user, findings);
    else
        mugai_findings_add_error(findings, "socket", error);
}

/* --- sockets that mail can do without --- */

/* Whether somebody has the socket @path open. A datagram is never what it takes, so the kernel
 * answers and whoever serves it hears nothing. */
static gboolean
is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_auto(MugaiFd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return FALSE;
    }
    return fd >= 0 && (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
                       errno == EPROTOTYPE);
}

static void
check_socket(const char *what, const char *path, const char *unit, GPtrArray *findings)
{
    g_autofree char *why = NULL;

    if (is_served(path)) {
        mugai_findings_add(findings, MUGAI_FOUND_OK, what, _("somebody serves %s"), path);
        return;
    }
    why = mugai_cli_say(g_strerror(errno));
    mugai_findings_add(findings, MUGAI_FOUND_NOTE, what,
                       _("%s: %s: nobody seems to serve it: run \"systemctl restart %s\""), path,
                       why, unit);
}

/* Without a role nobody asks mugai-stored anything. */
void
mugai_doctor_check_sockets(const MugaiConfig *config, GPtrArray *findings)
{
    if (config->metrics_socket != NULL)
        check_socket(N_("metrics"), config->metrics_socket + strlen("unix:"), "mugaid", findings);
    if (config->viewer != NULL || config->releaser != NULL || config->auditor != NULL ||
        config->administrator != NULL)
        check_socket(N_("access"), config->access_socket, "mugai-stored.socket", findings);
}
