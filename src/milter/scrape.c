/*
 * scrape.c - hands the metrics out, on a unix socket and on the loopback interface
 *
 * HTTP/1.0 as far as Prometheus and curl speak it: GET /metrics, one answer, the end. One thread
 * serves a few connections at once and waits for none of them.
 *
 * Invariants: 1. no connection is kept longer than CLIENT_MICROSECONDS, whatever it does; with all
 *                places taken the oldest makes room for the next;
 *             2. the threads of the milter never wait for this one.
 * Trust: who connects is hostile. Of a request REQUEST_OCTETS are looked at and none are kept or
 *         logged; the answer has numbers and words of metrics.c.
 * Errors: after the start there are none: a connection that fails is closed.
 */
#include "scrape.h"

#include "socket.h"
#include "tally.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENERS 2u
#define CLIENTS 8u
#define BACKLOG 16
#define CLIENT_MICROSECONDS (2 * G_USEC_PER_SEC)
#define REQUEST_OCTETS 4096u
/* Whoever may read the metrics is put into the group, or the directory passes its own on. */
#define SOCKET_MODE 0660
/* After no connection could be taken: for want of descriptors, as a rule. */
#define PAUSE_MICROSECONDS 100000

typedef struct {
    int fd;          /* -1: a free place */
    gint64 deadline; /* monotonic */
    char request[REQUEST_OCTETS];
    gsize received;
    GString *answer; /* NULL: the request is not complete */
    gsize sent;
} Client;

struct MugaiScrape {
    int listeners[LISTENERS]; /* -1: not configured */
    int wake[2];              /* closing [1] ends the thread */
    GThread *thread;          /* NULL: not started */
    MugaiDuty *duty;
    const MugaiMetrics *metrics;
    MugaiTally *tally;
    Client clients[CLIENTS];
};

/* --- the sockets --- */

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static gboolean
no_socket(const char *what, GError **error)
{
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                          "cannot open the metrics' socket %s: a directory must exist and be "
                          "writable for mugaid, a port must be free",
                          what);
    return FALSE;
}

static gboolean
listen_at(int *ret_fd, const struct sockaddr *address, socklen_t length, const char *what,
          GError **error)
{
    const int yes = 1;

    *ret_fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*ret_fd < 0)
        return no_socket(what, error);
    if (address->sa_family != AF_UNIX)
        (void)setsockopt(*ret_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(*ret_fd, address, length) != 0 || listen(*ret_fd, BACKLOG) != 0)
        return no_socket(what, error);
    return TRUE;
}

/* @name: "unix:/PATH" */
static gboolean
listen_unix(int *ret_fd, const char *name, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = mugai_socket_path(name);

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return no_socket(path, error);
    }
    if (!mugai_socket_make_room(path, "[metrics] socket", error) ||
        !listen_at(ret_fd, (const struct sockaddr *)&address, sizeof(address), path, error))
        return FALSE;
    return chmod(path, SOCKET_MODE) == 0 || no_socket(path, error);
}

/* @name: "127.0.0.1:PORT" or "[::1]:PORT", as the configuration has checked it. */
static gboolean
listen_loopback(int *ret_fd, const char *name, GError **error)
{
    guint16 port = htons((guint16)g_ascii_strtoull(strrchr(name, ':') + 1, NULL, 10));
    const struct sockaddr_in v4 = {.sin_family = AF_INET,
                                   .sin_port = port,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                                    .sin6_port = port,
                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    if (name[0] == '[')
        return listen_at(ret_fd, (const struct sockaddr *)&v6, sizeof(v6), name, error);
    return listen_at(ret_fd, (const struct sockaddr *)&v4, sizeof(v4), name, error);
}

MugaiScrape *
mugai_scrape_open(const MugaiConfig *config, GError **error)
{
    g_autoptr(MugaiScrape) scrape = g_new0(MugaiScrape, 1);

    scrape->listeners[0] = scrape->listeners[1] = scrape->wake[0] = scrape->wake[1] = -1;
    for (gsize i = 0; i < CLIENTS; i++)
        scrape->clients[i].fd = -1;
    if (pipe2(scrape->wake, O_CLOEXEC) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "no pipe for the metrics");
        return NULL;
    }
    if (config->metrics_socket != NULL &&
        !listen_unix(&scrape->listeners[0], config->metrics_socket, error))
        return NULL;
    if (config->metrics_listen != NULL &&
        !listen_loopback(&scrape->listeners[1], config->metrics_listen, error))
        return NULL;
    return g_steal_pointer(&scrape);
}

/* --- answers --- */

/* NULL while mugaid is ending. */
static char *
render(const MugaiScrape *scrape)
{
    MugaiService *service = mugai_duty_enter(scrape->duty);
    MugaiFigures figures = {0};
    gboolean known = FALSE;
    char *text = NULL;

    if (service == NULL)
        return NULL;
    known = mugai_store_space(service->store, &figures.free_octets, &figures.min_free_octets);
    mugai_tally_read(scrape->tally, &figures);
    text = mugai_metrics_render(scrape->metrics, known ? &figures : NULL);
    mugai_duty_leave(scrape->duty, service);
    return text;
}

static GString *
make_answer(const char *status, const char *type, const char *text)
{
    GString *answer = g_string_new(NULL);

    g_string_append_printf(answer,
                           "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT
                           "\r\nConnection: close\r\n\r\n%s",
                           status, type, strlen(text), text);
    return answer;
}

static GString *
answer_request(const MugaiScrape *scrape, const char *request)
{
    static const char wanted[] = "GET /metrics";
    g_autofree char *text = NULL;

    if (!g_str_has_prefix(request, "GET "))
        return make_answer("405 Method Not Allowed", "text/plain", "GET /metrics\n");
    if (!g_str_has_prefix(request, wanted) || strchr(" ?\r\n", request[strlen(wanted)]) == NULL)
        return make_answer("404 Not Found", "text/plain", "GET /metrics\n");
    text = render(scrape);
    if (text == NULL)
        return make_answer("503 Service Unavailable", "text/plain", "mugaid is ending\n");
    return make_answer("200 OK", "text/plain; version=0.0.4; charset=utf-8", text);
}

/* --- connections --- */

static void
client_close(Client *client)
{
    close_fd(&client->fd);
    if (client->answer != NULL)
        g_string_free(client->answer, TRUE);
    client->answer = NULL;
}

/* An empty line ends the request. */
static gboolean
is_complete(const Client *client)
{
    return memmem(client->request, client->received, "\n\r\n", 3) != NULL ||
           memmem(client->request, client->received, "\n\n", 2) != NULL;
}

/* FALSE: there is nothing more to do with it. */
static gboolean
client_receive(const MugaiScrape *scrape, Client *client)
{
    ssize_t got = recv(client->fd, client->request + client->received,
                       REQUEST_OCTETS - 1 - client->received, 0);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        return FALSE;
    client->received += (gsize)got;
    client->request[client->received] = '\0';
    if (is_complete(client))
        client->answer = answer_request(scrape, client->request);
    else if (client->received == REQUEST_OCTETS - 1)
        client->answer = make_answer("400 Bad Request", "text/plain", "GET /metrics\n");
    return TRUE;
}

static gboolean
client_send(Client *client)
{
    ssize_t sent = send(client->fd, client->answer->str + client->sent,
                        client->answer->len - client->sent, MSG_NOSIGNAL);

    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    client->sent += (gsize)sent;
    return client->sent < client->answer->len;
}

static void
client_serve(const MugaiScrape *scrape, Client *client, short events)
{
    gboolean more = g_get_monotonic_time() < client->deadline;

    if (more && events != 0)
        more = client->answer == NULL ? client_receive(scrape, client) : client_send(client);
    if (!more)
        client_close(client);
}

/* A free place, or that of the oldest. */
static Client *
make_place(MugaiScrape *scrape)
{
    Client *oldest = &scrape->clients[0];

    for (gsize i = 0; i < CLIENTS; i++) {
        if (scrape->clients[i].fd < 0)
            return &scrape->clients[i];
        if (scrape->clients[i].deadline < oldest->deadline)
            oldest = &scrape->clients[i];
    }
    client_close(oldest);
    return oldest;
}

static void
take_connection(MugaiScrape *scrape, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    Client *client = NULL;

    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            g_usleep(PAUSE_MICROSECONDS);
        return;
    }
    client = make_place(scrape);
    client->fd = fd;
    client->deadline = g_get_monotonic_time() + CLIENT_MICROSECONDS;
    client->received = 0;
    client->sent = 0;
}

/* --- the thread --- */

/* Milliseconds until the first deadline; -1: there is none. */
static int
patience(const MugaiScrape *scrape)
{
    gint64 first = G_MAXINT64;

    for (gsize i = 0; i < CLIENTS; i++) {
        if (scrape->clients[i].fd >= 0)
            first = MIN(first, scrape->clients[i].deadline);
    }
    if (first == G_MAXINT64)
        return -1;
    return (int)(MAX(first - g_get_monotonic_time(), 0) / 1000 + 1);
}

/* poll() passes over what is -1. */
static void
fill(const MugaiScrape *scrape, struct pollfd *waits)
{
    waits[0] = (struct pollfd){.fd = scrape->wake[0], .events = POLLIN};
    for (gsize i = 0; i < LISTENERS; i++)
        waits[1 + i] = (struct pollfd){.fd = scrape->listeners[i], .events = POLLIN};
    for (gsize i = 0; i < CLIENTS; i++)
        waits[1 + LISTENERS + i] =
            (struct pollfd){.fd = scrape->clients[i].fd,
                            .events = scrape->clients[i].answer == NULL ? POLLIN : POLLOUT};
}

static gpointer
run(gpointer data)
{
    MugaiScrape *scrape = data;
    struct pollfd waits[1 + LISTENERS + CLIENTS];

    for (;;) {
        fill(scrape, waits);
        if (poll(waits, G_N_ELEMENTS(waits), patience(scrape)) < 0)
            continue;
        if (waits[0].revents != 0)
            return NULL;
        for (gsize i = 0; i < CLIENTS; i++) {
            if (scrape->clients[i].fd >= 0)
                client_serve(scrape, &scrape->clients[i], waits[1 + LISTENERS + i].revents);
        }
        for (gsize i = 0; i < LISTENERS; i++) {
            if (waits[1 + i].revents != 0)
                take_connection(scrape, scrape->listeners[i]);
        }
    }
}

gboolean
mugai_scrape_start(MugaiScrape *scrape, MugaiDuty *duty, const MugaiMetrics *metrics,
                   const MugaiConfig *config, GError **error)
{
    if (scrape->listeners[0] < 0 && scrape->listeners[1] < 0)
        return TRUE;
    scrape->duty = duty;
    scrape->metrics = metrics;
    scrape->tally = mugai_tally_new(config, error);
    if (scrape->tally == NULL)
        return FALSE;
    scrape->thread = g_thread_new("metrics", run, scrape);
    return TRUE;
}

void
mugai_scrape_free(MugaiScrape *scrape)
{
    if (scrape == NULL)
        return;
    close_fd(&scrape->wake[1]);
    if (scrape->thread != NULL)
        g_thread_join(scrape->thread);
    close_fd(&scrape->wake[0]);
    for (gsize i = 0; i < LISTENERS; i++)
        close_fd(&scrape->listeners[i]);
    for (gsize i = 0; i < CLIENTS; i++)
        client_close(&scrape->clients[i]);
    mugai_tally_free(scrape->tally);
    g_free(scrape);
}
