/*
 * request.c - one request: who asks, for what, and what the desk answers
 *
 * Invariants: 1. who asks and what he may is known before his request is read, from the kernel;
 *             2. the last packet says how it ended; without one it has not.
 * Trust: the request is hostile. The configuration is read anew for each, by the service's user.
 * Limits: a client that does not read is left after SEND_SECONDS, whatever it paid for with
 * waiting.
 */
#include "peer.h"
#include "serve.h"

#include <mugai/desk.h>
#include <mugai/error.h>
#include <mugai/log.h>
#include <mugai/text.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

/* A request is sent at once. */
#define RECEIVE_SECONDS 10
/* Somebody reads a list with a pager. */
#define SEND_SECONDS 600
/* Of everything, fsck of a full disk included. */
#define REQUEST_SECONDS (24u * 3600u)
#define NAME_CHARACTERS_MAX 400u

/* The client. */
typedef struct {
    int fd;
    GError *error; /* an answer that could not be sent; none is sent after it */
} Client;

static gboolean
send_answer(const MugaiAnswer *answer, gpointer data)
{
    Client *client = data;

    return client->error == NULL && mugai_answer_send(client->fd, answer, &client->error);
}

static void
send_end(int fd, int status, const char *why)
{
    g_autofree char *text = g_strdup(why);
    const MugaiAnswer end = {
        .kind = MUGAI_ANSWER_END, .outcome = (guint)status, .text = text, .descriptor = -1};

    mugai_answer_send(fd, &end, NULL);
}

void
mugai_serve_refuse(int fd, int status, const char *why)
{
    send_end(fd, status, why);
}

static MugaiConfig *
load(const char *config_file, GError **error)
{
    MugaiConfig *config = mugai_config_load(config_file, error);

    /* mugaid alone seals: nothing that a person has in hand is signed. */
    if (config != NULL)
        g_clear_pointer(&config->seal_key, g_free);
    return config;
}

/* Exit status, or -1 with @error. */
static int
serve(Client *client, const MugaiPeer *peer, const MugaiConfig *config, const MugaiRequest *request,
      GError **error)
{
    g_autoptr(MugaiActor) actor = mugai_actor_peer(peer->uid, peer->pid, "mugai");
    const MugaiDesk desk = {
        .config = config,
        .actor = actor,
        .roles =
            mugai_desk_find_roles(config, (const gid_t *)peer->groups->data, peer->groups->len),
        .tell = send_answer,
        .data = client,
    };
    int status = mugai_desk_serve(&desk, request, error);

    if (status < 0 || client->error == NULL)
        return status;
    g_set_error(error, MUGAI_DESK_ERROR, EX_IOERR, "an answer could not be sent: %s",
                client->error->message);
    return -1;
}

static int
run(Client *client, const char *config_file, uid_t *ret_uid, const char **ret_verb, GError **error)
{
    g_auto(MugaiPeer) peer = {0};
    g_auto(MugaiRequest) request = {0};
    g_autoptr(MugaiConfig) config = NULL;

    if (!mugai_peer_read(client->fd, &peer, error))
        return -1;
    *ret_uid = peer.uid;
    if (!mugai_request_receive(client->fd, &request, error))
        return -1;
    *ret_verb = mugai_verb_name(request.verb);
    config = load(config_file, error);
    return config != NULL ? serve(client, &peer, config, &request, error) : -1;
}

static void
bound_time(int fd)
{
    const struct timeval receive = {.tv_sec = RECEIVE_SECONDS};
    const struct timeval send = {.tv_sec = SEND_SECONDS};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send, sizeof(send));
    alarm(REQUEST_SECONDS);
}

static int
status_of(const GError *error)
{
    return error->domain == MUGAI_DESK_ERROR ? error->code : mugai_error_exit_status(error);
}

int
mugai_serve_request(int fd, const char *config_file)
{
    Client client = {.fd = fd};
    g_autoptr(GError) error = NULL;
    g_autofree char *quoted = NULL;
    const char *verb = "nothing";
    uid_t uid = (uid_t)-1;
    int status = 0;

    bound_time(fd);
    status = run(&client, config_file, &uid, &verb, &error);
    if (error != NULL) {
        status = status_of(error);
        quoted = mugai_text_quote(error->message, NAME_CHARACTERS_MAX);
    }
    send_end(fd, status, error != NULL ? error->message : NULL);
    mugai_log(MUGAI_LOG_INFO, "%s for uid %u: %d%s%s", verb, uid, status,
              quoted != NULL ? ": " : "", quoted != NULL ? quoted : "");
    g_clear_error(&client.error);
    return EX_OK;
}
