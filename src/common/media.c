/*
 * media.c - the allow-list of media types
 *
 * What is not in the table is removed. Add a line only with a filter that rebuilds its text from
 * what it understood (include/mugai/filter.h).
 */
#include <mugai/media.h>

static const struct {
    const char *type;
    MugaiFilterKind filter;
} allowed[] = {
    {"text/html", MUGAI_FILTER_HTML},
    {"application/xhtml+xml", MUGAI_FILTER_HTML},
    /* The worker turns these two into HTML first. */
    {"text/enriched", MUGAI_FILTER_HTML},
    {"text/richtext", MUGAI_FILTER_HTML},
    {"text/calendar", MUGAI_FILTER_CALENDAR},
    {"text/vcard", MUGAI_FILTER_CARD},
    {"text/x-vcard", MUGAI_FILTER_CARD},
    {"text/directory", MUGAI_FILTER_CARD},
    /* What a bounce is made of: fields in plain lines (RFC 3464, RFC 8098, RFC 5965). */
    {"message/delivery-status", MUGAI_FILTER_FIELDS},
    {"message/global-delivery-status", MUGAI_FILTER_FIELDS},
    {"message/disposition-notification", MUGAI_FILTER_FIELDS},
    {"message/global-disposition-notification", MUGAI_FILTER_FIELDS},
    {"message/feedback-report", MUGAI_FILTER_FIELDS},
    {"message/global-headers", MUGAI_FILTER_PLAIN},
};

MugaiFilterKind
mugai_media_filter(const char *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++) {
        if (g_str_equal(allowed[i].type, type))
            return allowed[i].filter;
    }
    /* Every other text type is lines for the eye (RFC 2046 section 4.1). */
    return g_str_has_prefix(type, "text/") ? MUGAI_FILTER_PLAIN : MUGAI_FILTER_NONE;
}

const char *
mugai_media_filter_name(MugaiFilterKind kind)
{
    static const char *const names[MUGAI_FILTERS] = {
        [MUGAI_FILTER_NONE] = "none", [MUGAI_FILTER_PLAIN] = "plain",
        [MUGAI_FILTER_HTML] = "html", [MUGAI_FILTER_CALENDAR] = "calendar",
        [MUGAI_FILTER_CARD] = "card", [MUGAI_FILTER_FIELDS] = "fields",
    };

    return names[kind];
}
