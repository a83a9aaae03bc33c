/* filters.c - the filters by kind, and what they need before any part */
#include <libxml/parser.h>
#include <mugai/filter.h>
#include <mugai/media.h>

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
    static const MugaiFilter filters[MUGAI_FILTERS] = {
        [MUGAI_FILTER_NONE] = NULL,
        [MUGAI_FILTER_PLAIN] = mugai_filter_plain,
        [MUGAI_FILTER_HTML] = mugai_filter_html,
        [MUGAI_FILTER_CALENDAR] = mugai_filter_calendar,
        [MUGAI_FILTER_CARD] = mugai_filter_card,
        [MUGAI_FILTER_FIELDS] = mugai_filter_fields,
    };

    return filters[mugai_media_filter(type)];
}
