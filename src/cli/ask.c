/*
 * ask.c - asks the desk: in this process, or mugai-stored
 *
 * Invariants: 1. who is asked hangs on who the caller is and whose the store is, not on what
 *                succeeds: nobody who is refused here is served there, or the other way round.
 * Errors: those of the desk; EX_UNAVAILABLE without mugai-stored, EX_TEMPFAIL if it breaks off.
 */
#include "cli.h"

#include <errno.h>
#include <mugai/text.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>

#define REASON_OCTETS_MAX 4000u

gboolean
mugai_cli_check_reason(const char *reason, GError **error)
{
    if (!mugai_text_says_something(reason))
        return mugai_cli_misuse(error, _("--reason TEXT is wanted: it stands in the log"));
    if (strlen(reason) > REASON_OCTETS_MAX)
        return mugai_cli_misuse(error, _("--reason is longer than %u octets"), REASON_OCTETS_MAX);
    return TRUE;
}

typedef struct {
    MugaiDeskTell tell;
    gpointer data;
} Listener;

static gboolean
hear(const MugaiAnswer *answer, gpointer data)
{
    const Listener *listener = data;
    g_autofree char *text = NULL;

    if (answer->kind != MUGAI_ANSWER_COMPLAINT)
        return listener->tell(answer, listener->data);
    text = mugai_cli_detail(EX_OK, answer->text);
    mugai_cli_complain("%s", text);
    return TRUE;
}

static int
ask_here(const MugaiConfig *config, const MugaiRequest *request, Listener *listener, GError **error)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("mugai");
    const MugaiDesk desk = {
        .config = config, .actor = actor, .direct = TRUE, .tell = hear, .data = listener};

    g_autoptr(GError) why = NULL;
    int status = mugai_desk_serve(&desk, request, &why);

    if (why != NULL)
        mugai_cli_pass_on(error, why);
    return status;
}

/* --- mugai-stored --- */

static int
open_socket(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_auto(MugaiFd) fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
        errno = ENAMETOOLONG;
    else if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return mugai_fd_steal(&fd);
    mugai_cli_fail(error, EX_UNAVAILABLE,
                   _("the store is another user's, and mugai-stored cannot be asked at %s"), path);
    return -1;
}

/* Hands answers on to the last one: the exit status, or -1 with @error. */
static int
hear_all(int fd, Listener *listener, GError **error)
{
    gboolean listening = TRUE;

    while (listening) {
        g_auto(MugaiAnswer) answer = {.descriptor = -1};
        g_autoptr(GError) why = NULL;

        if (!mugai_answer_receive(fd, &answer, &why)) {
            g_autofree char *text = mugai_cli_say(why->message);

            g_set_error(error, MUGAI_CLI_ERROR, EX_TEMPFAIL,
                        _("%s; how far it came, \"mugai show\" and \"mugai log\" say"), text);
            return -1;
        }
        if (answer.kind != MUGAI_ANSWER_END) {
            listening = hear(&answer, listener);
            continue;
        }
        if (answer.text == NULL)
            return (int)answer.outcome;
        why = g_error_new_literal(MUGAI_CLI_ERROR, (int)answer.outcome, answer.text);
        mugai_cli_pass_on(error, why);
        return -1;
    }
    return EX_OK; /* all that was wanted */
}

static int
ask_there(const MugaiConfig *config, const MugaiRequest *request, Listener *listener,
          GError **error)
{
    g_auto(MugaiFd) fd = open_socket(config->access_socket, error);
    g_autoptr(GError) why = NULL;

    if (fd < 0)
        return -1;
    /* Who is refused before he has asked is told so all the same. */
    if (mugai_request_send(fd, request, &why) ||
        g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_SYSTEM))
        return hear_all(fd, listener, error);
    g_propagate_error(error, g_steal_pointer(&why));
    return -1;
}

/* --- who is asked --- */

/* So is one that is not there, to say so. */
gboolean
mugai_cli_may_open_store(const MugaiConfig *config)
{
    struct stat status;

    if (geteuid() == 0)
        return TRUE;
    if (stat(config->store_path, &status) != 0)
        return errno == ENOENT;
    return status.st_uid == geteuid();
}

int
mugai_cli_ask(const MugaiConfig *config, const MugaiRequest *request, MugaiDeskTell tell,
              gpointer data, GError **error)
{
    Listener listener = {tell, data};

    return (mugai_cli_may_open_store(config) ? ask_here : ask_there)(config, request, &listener,
                                                                     error);
}
