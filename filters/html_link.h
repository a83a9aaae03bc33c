/* html_link.h - where a link leads, and whether its words say so */
#pragma once

#include <glib.h>

typedef struct {
    char *target; /* as shown: absolute, of a kind that can be followed, without blanks and brackets
                   */
    char *host;   /* in A-labels, lower case; NULL for a telephone number */
    gboolean foreign; /* the host as written in the target differs from @host: show that too */
} HtmlLink;

/* NULL for what is no place outside of the mail: javascript:, data:, cid:, fragments, relative ones
 * without @base. */
HtmlLink *html_link_new(const char *href, const char *base);
void html_link_free(HtmlLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlLink, html_link_free)

/* Whether @words, the text of the link, are the target itself. */
gboolean html_link_is_said(const HtmlLink *link, const char *words);
/* Whether @words name a host, and another than the link's. */
gboolean html_link_is_deceptive(const HtmlLink *link, const char *words);
