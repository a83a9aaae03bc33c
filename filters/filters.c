/*
 * filters.c - the allow-list: which media types are made into text, and by what
 *
 * What is not in the table is removed. Add a line only with a filter that rebuilds its text from
 * what it understood.
 */
#include <libxml/parser.h>
#include <mugai/filter.h>

static const struct {
    const char *type;
    MugaiFilter filter;
} allowed[] = {
    {"text/html", mugai_filter_html},
    {"application/xhtml+xml", mugai_filter_html},
    /* The worker turns these two into HTML first. */
    {"text/enriched", mugai_filter_html},
    {"text/richtext", mugai_filter_html},
    {"text/calendar", mugai_filter_calendar},
    {"text/vcard", mugai_filter_card},
    {"text/x-vcard", mugai_filter_card},
    {"text/directory", mugai_filter_card},
    /* What a bounce is made of: fields in plain lines (RFC 3464, RFC 8098, RFC 5965). */
    {"message/delivery-status", mugai_filter_fields},
    {"message/global-delivery-status", mugai_filter_fields},
    {"message/disposition-notification", mugai_filter_fields},
    {"message/global-disposition-notification", mugai_filter_fields},
    {"message/feedback-report", mugai_filter_fields},
    {"message/global-headers", mugai_filter_plain},
};

/* libxml2 takes memory that it does not get for the end of what it reads, and the rest would be
 * missing unsaid. So the process ends, as it does with GLib's own allocations. */
static void *
allocate(size_t octets)
{
    return g_malloc(MAX(octets, 1));
}

static void *
reallocate(void *old, size_t octets)
{
    return g_realloc(old, MAX(octets, 1));
}

void
mugai_filter_warm_up(void)
{
    xmlMemSetup(g_free, allocate, reallocate, g_strdup);
    xmlInitParser();
}

MugaiFilter
mugai_filter_for_type(const char *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++) {
        if (g_str_equal(allowed[i].type, type))
            return allowed[i].filter;
    }
    /* Every other text type is lines for the eye (RFC 2046 section 4.1). */
    return g_str_has_prefix(type, "text/") ? mugai_filter_plain : NULL;
}
