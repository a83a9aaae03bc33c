/* media.h - the allow-list: which media types are made into text, and by which filter */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    MUGAI_FILTER_NONE = 0, /* the part is removed */
    MUGAI_FILTER_PLAIN,
    MUGAI_FILTER_HTML,
    MUGAI_FILTER_CALENDAR,
    MUGAI_FILTER_CARD,
    MUGAI_FILTER_FIELDS,
    MUGAI_FILTERS
} MugaiFilterKind;

/* Which filter reads a part of the media type @type ("text/html", lower case; anything else is
 * none). */
MugaiFilterKind mugai_media_filter(const char *type);

/* "none", "plain", "html", "calendar", "card", "fields" */
const char *mugai_media_filter_name(MugaiFilterKind kind);

G_END_DECLS
