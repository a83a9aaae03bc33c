/*
 * dialogue.c - a connection to a mail server: made, encrypted and verified by libcurl, then lines
 * and replies
 *
 * libcurl connects, reads the greeting, says EHLO, STARTTLS and what TLS wants, and refuses octets
 * that somebody slipped in before the encryption. The commands after that are ours, for libcurl can
 * neither ask for 8BITMIME nor say which recipient was refused and why.
 *
 * Trust: the server's replies are hostile: bounded, and only their codes decide.
 * Errors: SYSTEM; MALFORMED for replies that are none.
 * Limits: REPLY_OCTETS_MAX, the times of RFC 5321 section 4.5.3.2.
 */
#include "release_private.h"

#include <curl/curl.h>
#include <errno.h>
#include <mugai/error.h>
#include <poll.h>
#include <string.h>

#define CONNECT_SECONDS 60L
#define REPLY_SECONDS 600
#define REPLY_OCTETS_MAX (64u * 1024u)

struct MugaiDialogue {
    CURL *curl;
    GString *received; /* not yet read as lines */
    GString *reply;
    gboolean waiting; /* something was sent that is not answered yet */
    char why[CURL_ERROR_SIZE];
};

/* --- connecting --- */

static gboolean
is_loopback(const char *url)
{
    return g_regex_match_simple("^smtps?://(localhost|127\\.[0-9.]+|\\[::1\\])(:[0-9]+)?$", url, 0,
                                0);
}

static MugaiTls
choose_tls(const MugaiMailServer *server)
{
    if (server->tls != MUGAI_TLS_AUTO)
        return (MugaiTls)server->tls;
    return is_loopback(server->url) ? MUGAI_TLS_OPPORTUNISTIC : MUGAI_TLS_REQUIRED;
}

const char *
mugai_dialogue_own_name(void)
{
    const char *name = g_get_host_name();

    return g_regex_match_simple("^[A-Za-z0-9][A-Za-z0-9.-]*$", name, G_REGEX_DOLLAR_ENDONLY, 0)
               ? name
               : "localhost";
}

static CURLcode
allow_smtp_only(CURL *curl)
{
#if CURL_AT_LEAST_VERSION(7, 85, 0)
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
}

static CURLcode
connect_to(MugaiDialogue *dialogue, const MugaiMailServer *server)
{
    gboolean required = choose_tls(server) == MUGAI_TLS_REQUIRED;
    g_autofree char *url = g_strdup_printf("%s/%s", server->url, mugai_dialogue_own_name());
    CURL *curl = dialogue->curl;

    if (curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK || allow_smtp_only(curl) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, CONNECT_SECONDS) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, dialogue->why) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_USE_SSL,
                         (long)(required ? CURLUSESSL_ALL : CURLUSESSL_TRY)) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, required ? 1L : 0L) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, required ? 2L : 0L) != CURLE_OK ||
        (server->ca_file != NULL &&
         (curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file) != CURLE_OK ||
          curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK)))
        g_error("libcurl does not know its options");
    return curl_easy_perform(curl);
}

MugaiDialogue *
mugai_dialogue_open(const MugaiMailServer *server, GError **error)
{
    g_autoptr(MugaiDialogue) dialogue = g_new0(MugaiDialogue, 1);
    CURLcode status = CURLE_OK;

    dialogue->received = g_string_new(NULL);
    dialogue->reply = g_string_new(NULL);
    dialogue->waiting = TRUE;
    dialogue->curl = curl_easy_init();
    if (dialogue->curl == NULL)
        g_error("libcurl cannot begin");
    status = connect_to(dialogue, server);
    if (status != CURLE_OK) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "%s: %s", server->url,
                    dialogue->why[0] != '\0' ? dialogue->why : curl_easy_strerror(status));
        return NULL;
    }
    dialogue->waiting = FALSE;
    return g_steal_pointer(&dialogue);
}

void
mugai_dialogue_free(MugaiDialogue *dialogue)
{
    if (dialogue == NULL)
        return;
    if (!dialogue->waiting)
        mugai_dialogue_send(dialogue, "QUIT\r\n", 6, NULL);
    curl_easy_cleanup(dialogue->curl);
    g_string_free(dialogue->received, TRUE);
    g_string_free(dialogue->reply, TRUE);
    g_free(dialogue);
}

/* --- octets --- */

/* Waits until the connection is ready for @events. */
static gboolean
wait_for(const MugaiDialogue *dialogue, short events, GError **error)
{
    struct pollfd ready = {.fd = -1, .events = events};
    curl_socket_t socket = CURL_SOCKET_BAD;
    int count = 0;

    curl_easy_getinfo(dialogue->curl, CURLINFO_ACTIVESOCKET, &socket);
    ready.fd = socket;
    count = TEMP_FAILURE_RETRY(poll(&ready, 1, REPLY_SECONDS * 1000));
    if (count > 0)
        return TRUE;
    if (count == 0)
        errno = ETIMEDOUT;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the mail server does not answer");
    return FALSE;
}

static gboolean
broken(CURLcode status, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "the connection broke: %s",
                curl_easy_strerror(status));
    return FALSE;
}

gboolean
mugai_dialogue_send(MugaiDialogue *dialogue, const char *octets, gsize length, GError **error)
{
    dialogue->waiting = TRUE;
    while (length > 0) {
        size_t sent = 0;
        CURLcode status = curl_easy_send(dialogue->curl, octets, length, &sent);

        if (status == CURLE_AGAIN) {
            if (!wait_for(dialogue, POLLOUT, error))
                return FALSE;
            continue;
        }
        if (status != CURLE_OK)
            return broken(status, error);
        octets += sent;
        length -= sent;
    }
    return TRUE;
}

static gboolean
receive(MugaiDialogue *dialogue, GError **error)
{
    char buffer[4096];
    size_t count = 0;
    CURLcode status = CURLE_AGAIN;

    while ((status = curl_easy_recv(dialogue->curl, buffer, sizeof buffer, &count)) ==
           CURLE_AGAIN) {
        if (!wait_for(dialogue, POLLIN, error))
            return FALSE;
    }
    if (status != CURLE_OK || count == 0)
        return broken(status != CURLE_OK ? status : CURLE_GOT_NOTHING, error);
    g_string_append_len(dialogue->received, buffer, (gssize)count);
    return TRUE;
}

/* --- replies --- */

static gboolean
no_reply(GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                "the mail server does not answer in SMTP");
    return FALSE;
}

/* Takes one line, without its end, out of what was received. */
static char *
read_line(MugaiDialogue *dialogue, GError **error)
{
    const char *end = NULL;
    char *line = NULL;

    while ((end = memchr(dialogue->received->str, '\n', dialogue->received->len)) == NULL) {
        if (dialogue->received->len > REPLY_OCTETS_MAX) {
            no_reply(error);
            return NULL;
        }
        if (!receive(dialogue, error))
            return NULL;
    }
    line = g_strndup(dialogue->received->str, (gsize)(end - dialogue->received->str));
    g_string_erase(dialogue->received, 0, end + 1 - dialogue->received->str);
    return g_strchomp(line);
}

/* "250-text", "250 text" or "250" */
static gboolean
is_reply_line(const char *line)
{
    return line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) &&
           g_ascii_isdigit(line[2]) && strchr("- ", line[3]) != NULL;
}

gboolean
mugai_dialogue_listen(MugaiDialogue *dialogue, guint *ret_code, GError **error)
{
    gboolean more = TRUE;

    g_string_truncate(dialogue->reply, 0);
    while (more) {
        g_autofree char *line = read_line(dialogue, error);

        if (line == NULL)
            return FALSE;
        if (!is_reply_line(line) || dialogue->reply->len > REPLY_OCTETS_MAX)
            return no_reply(error);
        more = line[3] == '-';
        g_string_append_printf(dialogue->reply, "%s%s", dialogue->reply->len > 0 ? "\n" : "",
                               line[3] != '\0' ? line + 4 : "");
        *ret_code = (guint)g_ascii_strtoull(line, NULL, 10);
    }
    dialogue->waiting = FALSE;
    return TRUE;
}

gboolean
mugai_dialogue_ask(MugaiDialogue *dialogue, const char *command, guint *ret_code, GError **error)
{
    g_autofree char *line = g_strconcat(command, "\r\n", NULL);

    g_assert(strpbrk(command, "\r\n") == NULL);
    return mugai_dialogue_send(dialogue, line, strlen(line), error) &&
           mugai_dialogue_listen(dialogue, ret_code, error);
}

const char *
mugai_dialogue_reply(const MugaiDialogue *dialogue)
{
    return dialogue->reply->str;
}
