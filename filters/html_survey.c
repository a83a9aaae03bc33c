/* html_survey.c - what must be known of a document before its first word is shown: style sheets,
 * which may stand behind the text they hide; how many items a list has that counts down; the base
 * of its links
 *
 * Trust: the document is hostile. Limits: style text and lists counted are bounded; the rest of
 * them is not heeded.
 */
#include "html_survey.h"

#include "html_scan.h"

/* Style text read: templates have up to 100 KiB. */
#define STYLE_OCTETS_MAX (1024u * 1024u)
#define LISTS_MAX 10000u
#define NESTING_MAX 1000u
#define BASE_OCTETS_MAX 2048u

typedef struct {
    HtmlSurvey *survey;
    GArray *lists; /* of int: for each open list its place in the countdowns, -1 for one that counts
                      up */
    gsize style_octets;
    gboolean style_counts;
} Walk;

static gboolean
span_matches_media(HtmlSpan media)
{
    return media.octets == NULL || html_sheet_media_matches(media.octets, media.length);
}

static void
open_list(Walk *walk, gboolean reversed)
{
    int place = -1;
    guint none = 0;

    if (walk->lists->len >= NESTING_MAX)
        return;
    if (reversed && walk->survey->countdowns->len < LISTS_MAX) {
        place = (int)walk->survey->countdowns->len;
        g_array_append_val(walk->survey->countdowns, none);
    }
    g_array_append_val(walk->lists, place);
}

static void
count_item(Walk *walk)
{
    int place = walk->lists->len > 0 ? g_array_index(walk->lists, int, walk->lists->len - 1) : -1;

    if (place >= 0)
        g_array_index(walk->survey->countdowns, guint, place)++;
}

static gboolean
is_list(HtmlElement element)
{
    return element == HTML_OL || element == HTML_UL || element == HTML_MENU || element == HTML_DIR;
}

static void
see_start(Walk *walk, const HtmlToken *token)
{
    HtmlSpan href = token->attributes[HTML_ATTRIBUTE_HREF];

    if (is_list(token->element))
        open_list(walk, token->element == HTML_OL &&
                            token->attributes[HTML_ATTRIBUTE_REVERSED].octets != NULL);
    else if (token->element == HTML_LI)
        count_item(walk);
    else if (token->element == HTML_STYLE)
        walk->style_counts = span_matches_media(token->attributes[HTML_ATTRIBUTE_MEDIA]);
    else if (token->element == HTML_BASE && walk->survey->base == NULL && href.length > 0 &&
             href.length <= BASE_OCTETS_MAX)
        walk->survey->base = g_strndup(href.octets, href.length);
}

static void
see_style(Walk *walk, HtmlSpan text)
{
    if (!walk->style_counts || walk->style_octets + text.length > STYLE_OCTETS_MAX)
        return;
    walk->style_octets += text.length;
    html_sheet_add(walk->survey->sheet, text.octets, text.length);
}

static void
see(Walk *walk, const HtmlToken *token)
{
    if (token->kind == HTML_TOKEN_START)
        see_start(walk, token);
    else if (token->kind == HTML_TOKEN_RAW && token->element == HTML_STYLE)
        see_style(walk, token->text);
    else if (token->kind == HTML_TOKEN_END && is_list(token->element) && walk->lists->len > 0)
        g_array_set_size(walk->lists, walk->lists->len - 1);
}

HtmlSurvey *
html_survey_new(const char *utf8, gsize length)
{
    HtmlSurvey *survey = g_new0(HtmlSurvey, 1);
    g_autoptr(GArray) lists = g_array_new(FALSE, FALSE, sizeof(int));
    Walk walk = {.survey = survey, .lists = lists};
    HtmlScan scan;
    HtmlToken token;

    survey->sheet = html_sheet_new();
    survey->countdowns = g_array_new(FALSE, TRUE, sizeof(guint));
    html_scan_init(&scan, utf8, length);
    while (html_scan_next(&scan, &token))
        see(&walk, &token);
    survey->quirks = !scan.doctype;
    html_sheet_set_quirks(survey->sheet, survey->quirks);
    return survey;
}

void
html_survey_free(HtmlSurvey *survey)
{
    html_sheet_free(survey->sheet);
    g_array_unref(survey->countdowns);
    g_free(survey->base);
    g_free(survey);
}
