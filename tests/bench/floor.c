/*
 * floor.c - the milters that mugai is measured against: they put five fields and 2 KB of body in
 * the place of every message
 *
 *     floor ADDRESS
 *
 * looks at nothing: what Postfix pays for any milter that replaces a message it pays for this one.
 *
 *     floor ADDRESS DIRECTORY
 *
 * deletes the fields that there were, and does what least.c does: nobody pays less who sanitizes as
 * mugai promises to.
 *
 * Says "ready" on standard output when it listens.
 */
#include "least.h"

#include <cork.h>
#include <libmilter/mfapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_OCTETS 2048
#define LINE_OCTETS 64

/* Of one message after the other on a connection; only where something is done about them. */
typedef struct {
    GString *octets;
    GPtrArray *names; /* of its fields */
} Message;

static gboolean keeps;

/* --- what least.c is given --- */

static Message *
message_of(SMFICTX *ctx)
{
    Message *message = smfi_getpriv(ctx);

    if (message == NULL && keeps) {
        message = g_new0(Message, 1);
        message->octets = g_string_new(NULL);
        message->names = g_ptr_array_new_with_free_func(g_free);
        smfi_setpriv(ctx, message);
    }
    return message;
}

static void
forget(SMFICTX *ctx)
{
    Message *message = smfi_getpriv(ctx);

    if (message == NULL)
        return;
    g_string_free(message->octets, TRUE);
    g_ptr_array_unref(message->names);
    g_free(message);
    smfi_setpriv(ctx, NULL);
}

static gboolean
handle(const Message *message)
{
    static int count;
    g_autofree char *name =
        g_strdup_printf("%d-%d.eml", (int)getpid(), g_atomic_int_add(&count, 1));

    return least_handle(name, message->octets->str, message->octets->len);
}

/* The last of a name first. */
static gboolean
delete_fields(SMFICTX *ctx, const Message *message)
{
    for (guint i = message->names->len; i > 0; i--) {
        char *name = message->names->pdata[i - 1];
        int number = 0;

        for (guint j = 0; j < i; j++)
            number += g_ascii_strcasecmp(message->names->pdata[j], name) == 0;
        if (smfi_chgheader(ctx, name, number, NULL) != MI_SUCCESS)
            return FALSE;
    }
    return TRUE;
}

/* --- callbacks --- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long reserved2,
             unsigned long reserved3, unsigned long *ret_actions, unsigned long *ret_steps,
             unsigned long *ret_reserved2, unsigned long *ret_reserved3)
{
    const unsigned long no_replies = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
                                     SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH;

    *ret_actions = SMFIF_ADDHDRS | SMFIF_CHGBODY | (keeps ? SMFIF_CHGHDRS : 0);
    *ret_steps = steps & (SMFIP_NOUNKNOWN | no_replies);
    *ret_reserved2 = 0;
    *ret_reserved3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
    Message *message = message_of(ctx);

    if (message != NULL) {
        g_string_append_printf(message->octets, "%s: %s\r\n", name, value);
        g_ptr_array_add(message->names, g_strdup(name));
    }
    return SMFIS_NOREPLY;
}

static sfsistat
on_end_of_header(SMFICTX *ctx)
{
    Message *message = message_of(ctx);

    if (message != NULL)
        g_string_append(message->octets, "\r\n");
    return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
    Message *message = message_of(ctx);

    if (message != NULL)
        g_string_append_len(message->octets, (const char *)octets, (gssize)length);
    return SMFIS_CONTINUE;
}

static gboolean
add_content(SMFICTX *ctx)
{
    char body[BODY_OCTETS];
    char name[] = "X-Floor-1";
    char value[] = "five fields stand for those that are written anew";

    memset(body, 'x', sizeof(body));
    for (int i = LINE_OCTETS; i <= BODY_OCTETS; i += LINE_OCTETS)
        memcpy(body + i - 2, "\r\n", 2);
    for (char digit = '1'; digit <= '5'; digit++) {
        name[strlen(name) - 1] = digit;
        if (smfi_addheader(ctx, name, value) != MI_SUCCESS)
            return FALSE;
    }
    return smfi_replacebody(ctx, (unsigned char *)body, sizeof(body)) == MI_SUCCESS;
}

static gboolean
replace(SMFICTX *ctx, const Message *message)
{
    gboolean changed = FALSE;

    if (message == NULL)
        return add_content(ctx);
    if (!handle(message))
        return FALSE;
    mugai_cork_begin();
    changed = delete_fields(ctx, message) && add_content(ctx);
    return mugai_cork_end() && changed;
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
    gboolean done = replace(ctx, message_of(ctx));

    forget(ctx);
    return done ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
    forget(ctx);
    return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
    char name[] = "floor";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY,
        .xxfi_header = on_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_negotiate = on_negotiate,
    };

    keeps = argc == 3;
    if (keeps) {
        callbacks.xxfi_eoh = on_end_of_header;
        callbacks.xxfi_abort = on_abort;
        callbacks.xxfi_close = on_abort;
        least_begin(argv[2]);
    }
    if (argc < 2 || argc > 3 || smfi_register(callbacks) != MI_SUCCESS ||
        smfi_setconn(argv[1]) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
        fprintf(stderr, "Usage: floor ADDRESS [DIRECTORY]\n");
        return EXIT_FAILURE;
    }
    puts("ready");
    fflush(stdout);
    return smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
