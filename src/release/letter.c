/*
 * letter.c - may this original go, to this address, and what stands above it
 *
 * Invariants: an original that SMTP, or a server's reading of it, would change is refused: what
 * arrives is what was received. A bare CR or LF could end a message early on servers that take it
 * for a line end ("SMTP smuggling").
 * Trust: the original is hostile; addresses are plain, by the configuration or by
 * mugai_release_object().
 */
#include "release_private.h"

#include <errno.h>
#include <mugai/address.h>
#include <mugai/error.h>
#include <mugai/text.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_OCTETS (64u * 1024u)
/* RFC 5322 section 2.1.1 */
#define LINE_OCTETS_MAX 998u

/* --- to whom --- */

/* Whether one of @patterns is @address itself. */
static gboolean
is_named(const char *address, char *const *patterns)
{
    for (; *patterns != NULL; patterns++) {
        if (g_ascii_strcasecmp(address, *patterns) == 0)
            return TRUE;
    }
    return FALSE;
}

char *
mugai_release_object(const MugaiConfig *config, const char *address)
{
    g_autofree char *clean = mugai_text_clean_line(address, -1, 100);

    if (config->release_server == NULL || config->release_sender == NULL)
        return g_strdup(
            N_("nothing is released before [release] server and sender are configured"));
    if (!mugai_address_is_plain(address))
        return g_strdup_printf(N_("\"%s\" is no address that a release takes: NAME@DOMAIN"), clean);
    if (mugai_address_matches_any(address, config->release_never))
        return g_strdup_printf(N_("%s can never get an original: [release] never"), address);
    if (!mugai_address_matches_any(address, config->release_allowed))
        return g_strdup_printf(N_("%s is not among those who may get originals: [release] allowed"),
                               address);
    /* Whoever empties never has not asked for a whole domain of the LGWAN side. */
    if (mugai_address_is_lgwan(address) && !is_named(address, config->release_allowed))
        return g_strdup_printf(
            N_("%s may never get an original unless [release] allowed names it in "
               "full: its domain is one of the LGWAN side"),
            address);
    return NULL;
}

MugaiReleaseRecipient *
mugai_release_recipient_new(const char *address)
{
    MugaiReleaseRecipient *recipient = g_new0(MugaiReleaseRecipient, 1);

    recipient->address = g_strdup(address);
    recipient->reply = g_strdup("");
    return recipient;
}

void
mugai_release_recipient_free(MugaiReleaseRecipient *recipient)
{
    if (recipient == NULL)
        return;
    g_free(recipient->address);
    g_free(recipient->reply);
    g_free(recipient);
}

/* --- can it go? --- */

typedef struct {
    MugaiReleaseFacts facts;
    guint8 previous; /* octet */
    gsize line;      /* octets of this one so far */
} Look;

/* What is wrong with @octet after those before it; NULL if nothing is. */
static const char *
look_at(Look *look, guint8 octet)
{
    guint8 previous = look->previous;

    look->previous = octet;
    look->facts.eight_bit |= octet >= 0x80;
    if (look->facts.size++ == 0 && (octet == ' ' || octet == '\t'))
        return N_("it begins with a blank, which would join it to the field before");
    if (octet == '\0')
        return "a NUL";
    if (previous == '\r' && octet != '\n')
        return N_("a bare carriage return");
    if (octet == '\n' && previous != '\r')
        return N_("a bare line feed");
    if (octet == '\n')
        look->line = 0;
    else if (octet != '\r' && ++look->line > LINE_OCTETS_MAX)
        return N_("a line of more than 998 octets");
    return NULL;
}

static gboolean
refuse(const Look *look, const char *what, GError **error)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                "this original cannot go by SMTP without a change: %s at octet %" G_GUINT64_FORMAT
                "; mugai get --zip gives it out exactly",
                what, look->facts.size);
    return FALSE;
}

gboolean
mugai_release_examine(int fd, MugaiReleaseFacts *ret_facts, GError **error)
{
    g_autofree guint8 *buffer = g_malloc(CHUNK_OCTETS);
    Look look = {.previous = '\n'};
    gssize count = 0;

    while ((count = TEMP_FAILURE_RETRY(pread(fd, buffer, CHUNK_OCTETS, (off_t)look.facts.size))) >
           0) {
        for (gssize i = 0; i < count; i++) {
            const char *what = look_at(&look, buffer[i]);

            if (what != NULL)
                return refuse(&look, what, error);
        }
    }
    if (count < 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "the original");
        return FALSE;
    }
    if (look.previous != '\n')
        return refuse(&look, N_("no line end"), error);
    *ret_facts = look.facts;
    return TRUE;
}

gboolean
mugai_release_check_original(int fd, GError **error)
{
    MugaiReleaseFacts facts = {0};

    return mugai_release_examine(fd, &facts, error);
}

/* --- what stands above it --- */

/* RFC 5322 section 3.3, whatever the locale. */
static char *
format_date(void)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    int offset = (int)(g_date_time_get_utc_offset(now) / G_TIME_SPAN_MINUTE);

    return g_strdup_printf(
        "%s, %d %s %d %02d:%02d:%02d %c%02d%02d", days[g_date_time_get_day_of_week(now) - 1],
        g_date_time_get_day_of_month(now), months[g_date_time_get_month(now) - 1],
        g_date_time_get_year(now), g_date_time_get_hour(now), g_date_time_get_minute(now),
        g_date_time_get_second(now), offset < 0 ? '-' : '+', ABS(offset) / 60, ABS(offset) % 60);
}

char *
mugai_release_fields(const MugaiConfig *config, const MugaiId *id, const GPtrArray *recipients)
{
    g_autofree char *date = format_date();
    g_autofree char *unique = g_uuid_string_random();
    GString *fields = g_string_new(NULL);

    g_string_append_printf(fields, "Resent-Date: %s\r\nResent-From: %s\r\nResent-To: ", date,
                           config->release_sender);
    for (guint i = 0; i < recipients->len; i++) {
        const MugaiReleaseRecipient *recipient = recipients->pdata[i];

        g_string_append_printf(fields, "%s%s", i > 0 ? ",\r\n " : "", recipient->address);
    }
    g_string_append_printf(fields, "\r\nResent-Message-ID: <%s.%s@%s>\r\n", id->text, unique,
                           strchr(config->release_sender, '@') + 1);
    return g_string_free(fields, FALSE);
}
