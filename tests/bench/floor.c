/*
 * floor.c - the milter that mugai is measured against: it looks at nothing and puts five fields and
 * 2 KB of body in the place of every message
 *
 *     floor ADDRESS
 *
 * Says "ready" on standard output when it listens. What Postfix pays for any milter that replaces a
 * message is what it pays for this one.
 */
#include <libmilter/mfapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_OCTETS 2048
#define LINE_OCTETS 64

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long reserved2,
             unsigned long reserved3, unsigned long *ret_actions, unsigned long *ret_steps,
             unsigned long *ret_reserved2, unsigned long *ret_reserved3)
{
    const unsigned long no_replies = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
                                     SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH;

    *ret_actions = SMFIF_ADDHDRS | SMFIF_CHGBODY;
    *ret_steps = steps & (SMFIP_NOUNKNOWN | no_replies);
    *ret_reserved2 = 0;
    *ret_reserved3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
    return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
    return SMFIS_CONTINUE;
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
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
            return SMFIS_TEMPFAIL;
    }
    return smfi_replacebody(ctx, (unsigned char *)body, sizeof(body)) == MI_SUCCESS
               ? SMFIS_CONTINUE
               : SMFIS_TEMPFAIL;
}

int
main(int argc, char **argv)
{
    char name[] = "floor";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGBODY,
        .xxfi_header = on_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_negotiate = on_negotiate,
    };

    if (argc != 2 || smfi_register(callbacks) != MI_SUCCESS ||
        smfi_setconn(argv[1]) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
        fprintf(stderr, "Usage: floor ADDRESS\n");
        return EXIT_FAILURE;
    }
    puts("ready");
    fflush(stdout);
    return smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
