/*
 * probe.c - the MTA's side of the milter protocol: is somebody there, and what becomes of a message
 *
 * Version 6, as Postfix speaks it: a packet is its length in four octets, a letter and data. It
 * asks for every step and no reply that the milter does not want to give.
 *
 * Trust: what the milter says is bounded by PACKET_OCTETS_MAX and MESSAGE_OCTETS_MAX; text of it is
 * the caller's to quote.
 * Limits: of changed and deleted fields nothing is kept: its one field is deleted by mugaid, or is
 * missing in what is handed on.
 */
#include "connect.h"

#include <mugai/error.h>
#include <mugai/probe.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VERSION 6u
/* All that version 6 has. */
#define ACTIONS 0x1ffu
#define STEPS 0x1fffffu
/* libmilter's own bound is 64 KiB and a little. */
#define PACKET_OCTETS_MAX 70000u
#define MESSAGE_OCTETS_MAX (8u * 1024 * 1024)

/* --- packets --- */

static gboolean
send_packet(int fd, char command, const void *data, gsize length, GError **error)
{
    g_autoptr(GByteArray) packet = g_byte_array_new();
    guint32 prefix = GUINT32_TO_BE((guint32)length + 1);

    g_byte_array_append(packet, (const guint8 *)&prefix, sizeof(prefix));
    g_byte_array_append(packet, (const guint8 *)&command, 1);
    g_byte_array_append(packet, data, (guint)length);
    for (gsize sent = 0; sent < packet->len;) {
        ssize_t more = send(fd, packet->data + sent, packet->len - sent, MSG_NOSIGNAL);

        if (more < 0 && errno != EINTR) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the milter does not listen");
            return FALSE;
        }
        sent += (gsize)MAX(more, 0);
    }
    return TRUE;
}

static gboolean
receive_octets(int fd, void *octets, gsize length, GError **error)
{
    for (gsize got = 0; got < length;) {
        ssize_t more = recv(fd, (char *)octets + got, length - got, 0);

        if (more < 0 && errno == EINTR)
            continue;
        if (more == 0) {
            g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                                "the milter has closed the connection");
            return FALSE;
        }
        if (more < 0) {
            mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the milter does not answer");
            return FALSE;
        }
        got += (gsize)more;
    }
    return TRUE;
}

/* The data of a packet, NUL behind it. */
static GByteArray *
receive_packet(int fd, char *ret_command, GError **error)
{
    g_autoptr(GByteArray) data = g_byte_array_new();
    guint32 length = 0;

    if (!receive_octets(fd, &length, sizeof(length), error))
        return NULL;
    length = GUINT32_FROM_BE(length);
    if (length == 0 || length > PACKET_OCTETS_MAX) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                            "what answers there is no milter");
        return NULL;
    }
    if (!receive_octets(fd, ret_command, 1, error))
        return NULL;
    g_byte_array_set_size(data, length);
    data->data[length - 1] = '\0';
    return receive_octets(fd, data->data, length - 1, error) ? g_steal_pointer(&data) : NULL;
}

/* --- options --- */

int
mugai_probe_open(const char *name, guint seconds, GError **error)
{
    const guint32 offer[] = {GUINT32_TO_BE(VERSION), GUINT32_TO_BE(ACTIONS), GUINT32_TO_BE(STEPS)};
    int fd = mugai_probe_connect(name, seconds, error);

    if (fd < 0 || send_packet(fd, 'O', offer, sizeof(offer), error))
        return fd;
    close(fd);
    return -1;
}

gboolean
mugai_probe_receive_options(int fd, GError **error)
{
    char command = '\0';
    g_autoptr(GByteArray) data = receive_packet(fd, &command, error);

    if (data == NULL)
        return FALSE;
    if (command == 'O' && data->len > 3 * sizeof(guint32))
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                        "what answers there is no milter of version 6");
    return FALSE;
}

/* --- a message --- */

void
mugai_probe_answer_free(MugaiProbeAnswer *answer)
{
    if (answer == NULL)
        return;
    g_free(answer->reply);
    g_string_free(answer->message, TRUE);
    g_free(answer);
}

static gboolean
send_text(int fd, char command, const char *text, GError **error)
{
    return send_packet(fd, command, text, strlen(text) + 1, error);
}

/* Two strings, each with its NUL. */
static gboolean
send_pair(int fd, char command, const char *name, const char *value, GError **error)
{
    g_autoptr(GString) data = g_string_new(name);

    g_string_append_c(data, '\0');
    g_string_append(data, value);
    return send_packet(fd, command, data->str, data->len + 1, error);
}

/* mugaid wants no reply to any of it but the last; another milter may, and is told apart by it. */
static gboolean
send_whole(int fd, const char *recipient, const char *subject, const char *body, GError **error)
{
    g_autofree char *path = g_strdup_printf("<%s>", recipient);

    return send_packet(fd, 'C', "localhost\0L\0\0localhost", 23, error) &&
           send_text(fd, 'H', "localhost", error) && send_text(fd, 'M', "<>", error) &&
           send_text(fd, 'R', path, error) && send_packet(fd, 'T', "", 0, error) &&
           send_pair(fd, 'L', "Subject", subject, error) && send_packet(fd, 'N', "", 0, error) &&
           send_packet(fd, 'B', body, strlen(body), error) && send_packet(fd, 'E', "", 0, error);
}

/* An added field, or one of a place: both end in name and value. */
static void
add_field(MugaiProbeAnswer *answer, const GByteArray *data)
{
    const char *name = (const char *)data->data;
    gsize length = strlen(name);
    const char *value = length + 1 < data->len ? name + length + 1 : "";
    g_auto(GStrv) lines = g_strsplit(value, "\n", -1);
    g_autofree char *folded = g_strjoinv("\r\n", lines);

    g_string_append_printf(answer->message, "%s:%s\r\n", name, folded);
}

/* FALSE once the outcome is there. */
static gboolean
take(MugaiProbeAnswer *answer, GString *body, char command, const GByteArray *data)
{
    switch (command) {
    case 'h':
        add_field(answer, data);
        return TRUE;
    case 'b':
        g_string_append_len(body, (const char *)data->data, (gssize)data->len - 1);
        return TRUE;
    case 'c':
    case 'a':
        answer->accepted = TRUE;
        return FALSE;
    case 'y':
        answer->reply = g_strdup((const char *)data->data);
        return FALSE;
    case 't':
    case 'r':
    case 'd':
        return FALSE;
    default: /* progress, other changes */
        return TRUE;
    }
}

MugaiProbeAnswer *
mugai_probe_send_message(int fd, const char *recipient, const char *subject, const char *body,
                         GError **error)
{
    g_autoptr(MugaiProbeAnswer) answer = g_new0(MugaiProbeAnswer, 1);
    g_autoptr(GString) new_body = g_string_new(NULL);
    gboolean more = TRUE;

    answer->message = g_string_new(NULL);
    if (!send_whole(fd, recipient, subject, body, error))
        return NULL;
    while (more) {
        char command = '\0';
        g_autoptr(GByteArray) data = receive_packet(fd, &command, error);

        if (data == NULL)
            return NULL;
        more = take(answer, new_body, command, data);
        if (new_body->len + answer->message->len > MESSAGE_OCTETS_MAX) {
            g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                                "the milter's message does not end");
            return NULL;
        }
    }
    g_string_append(answer->message, "\r\n");
    g_string_append_len(answer->message, new_body->str, (gssize)new_body->len);
    (void)send_packet(fd, 'Q', "", 0, NULL);
    return g_steal_pointer(&answer);
}
