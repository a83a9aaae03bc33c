/* probe.h - the MTA's side of the milter protocol: is somebody there, and what becomes of a message
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Connects to the milter @name ("unix:/PATH", "local:/PATH", "inet:PORT@ADDRESS", "inet6:...") and
 * sends the first packet of an MTA; waits at most @seconds for each step of it now and later. The
 * descriptor; -1 with SYSTEM if nobody is there, CONFIG if @name is none. */
int mugai_probe_open(const char *name, guint seconds, GError **error);

/* Whether the answer to the first packet is a milter's. SYSTEM, MALFORMED. */
gboolean mugai_probe_receive_options(int fd, GError **error);

/* What a milter said at the end of a message. */
typedef struct {
    gboolean accepted;
    char *reply;      /* "451 4.3.0 text"; NULL without one */
    GString *message; /* what an MTA would hand on, of fields that the milter added and its body */
} MugaiProbeAnswer;

void mugai_probe_answer_free(MugaiProbeAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiProbeAnswer, mugai_probe_answer_free)

/* Hands a message with the one field Subject: @subject and the text @body (lines end in CRLF) over
 * on a connection whose options were received, from the null sender to @recipient; waits for the
 * outcome. NULL with SYSTEM, MALFORMED. */
MugaiProbeAnswer *mugai_probe_send_message(int fd, const char *recipient, const char *subject,
                                           const char *body, GError **error);

G_END_DECLS
