/*
 * fields.c - reports made of fields: delivery status (RFC 3464), disposition (RFC 8098), feedback
 * (RFC 5965)
 *
 * The fields that say who, why and when are shown as they stand there; all others may hold
 * anything, and are left out.
 */
#include <mugai/filter.h>

#include <string.h>

static const char *const shown[] = {
    "reporting-mta",
    "received-from-mta",
    "arrival-date",
    "original-recipient",
    "final-recipient",
    "action",
    "status",
    "remote-mta",
    "diagnostic-code",
    "last-attempt-date",
    "will-retry-until",
    "original-envelope-id",
    "localized-recipient",
    "reporting-ua",
    "original-message-id",
    "disposition",
    "failure",
    "error",
    "warning",
    "feedback-type",
    "user-agent",
    "original-mail-from",
    "original-rcpt-to",
    "reported-domain",
    "reported-uri",
    "source-ip",
    "source",
    "incidents",
    "delivery-result",
    "auth-failure",
    "authentication-results",
    "x-postfix-queue-id",
    "x-postfix-sender",
    "subject",
    "from",
    "to",
    "date",
    NULL,
};

/* The longest value that still says something to a reader. */
#define VALUE_OCTETS 2000u

static gboolean
is_shown(const char *line, gsize octets)
{
    const char *colon = memchr(line, ':', octets);
    g_autofree char *name = colon == NULL ? NULL : g_ascii_strdown(line, colon - line);

    return name != NULL && g_strv_contains(shown, g_strchomp(name));
}

void
mugai_filter_fields(const char *utf8, gsize length, const MugaiSettings *settings, MugaiText *text,
                    MugaiFilterNotes *notes)
{
    const char *end = utf8 + length;
    gboolean showing = FALSE;
    gboolean gap = FALSE;

    for (const char *p = utf8; p < end;) {
        const char *line_end = memchr(p, '\n', (gsize)(end - p));
        gsize octets = (gsize)((line_end == NULL ? end : line_end) - p);

        while (octets > 0 && g_ascii_isspace(p[octets - 1]))
            octets--;
        if (octets == 0)
            gap = mugai_text_length(text) > 0;
        else {
            showing = *p == ' ' || *p == '\t' ? showing : is_shown(p, octets);
            if (showing && gap)
                mugai_text_append(text, "\n", 1);
            if (showing) {
                mugai_text_append(text, p, (gssize)MIN(octets, VALUE_OCTETS));
                mugai_text_append(text, "\n", 1);
                gap = FALSE;
            }
        }
        p = line_end == NULL ? end : line_end + 1;
    }
}
