/* release_private.h - what the files of release share */
#pragma once

#include <mugai/release.h>

G_BEGIN_DECLS

/* What mugai_release_check_original() learns beside. */
typedef struct {
    gboolean eight_bit; /* some octet is not ASCII */
    guint64 size;
} MugaiReleaseFacts;

/* mugai_release_check_original(), and the facts. */
gboolean mugai_release_examine(int fd, MugaiReleaseFacts *ret_facts, GError **error);

/* The Resent-* fields, each ended by CRLF. Newly allocated. */
char *mugai_release_fields(const MugaiConfig *config, const MugaiId *id,
                           const GPtrArray *recipients);

/* --- dialogue.c: SMTP as lines and replies --- */

typedef struct MugaiDialogue MugaiDialogue;

/* Connects, encrypted as @server says, up to where commands may be given. NULL with
 * @error: SYSTEM. */
MugaiDialogue *mugai_dialogue_open(const MugaiMailServer *server, GError **error);
/* Ends the connection, with a QUIT unless a reply is outstanding. */
void mugai_dialogue_free(MugaiDialogue *dialogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiDialogue, mugai_dialogue_free)

/* What this host calls itself in EHLO. */
const char *mugai_dialogue_own_name(void);
/* Sends all @length octets. SYSTEM. */
gboolean mugai_dialogue_send(MugaiDialogue *dialogue, const char *octets, gsize length,
                             GError **error);
/* Sends the line @command, which has no line end, and waits for the reply. SYSTEM. */
gboolean mugai_dialogue_ask(MugaiDialogue *dialogue, const char *command, guint *ret_code,
                            GError **error);
/* Waits for a reply: its code, 200 to 599. SYSTEM, MALFORMED. */
gboolean mugai_dialogue_listen(MugaiDialogue *dialogue, guint *ret_code, GError **error);
/* The text of the last reply, lines with LF between, codes left out; hostile. */
const char *mugai_dialogue_reply(const MugaiDialogue *dialogue);

G_END_DECLS
