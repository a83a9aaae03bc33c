/*
 * leaf_text.c - the octets of a leaf to the UTF-8 that a filter reads
 *
 *      octets: charset -> text at all? -> UTF-8 -> line ends -> what the type needs: flowed lines
 *              unwrapped, text/enriched as HTML, of a header section the fields worth reading
 *
 * Invariants: 1. octets are valid UTF-8 before anything reads them, and their line ends are LF
 *                before anything looks for lines;
 *             2. octets under an encoding that nobody knows are not shown if they look encoded.
 * Trust: octets, labels and parameters are hostile. A charset is believed only if it can be true.
 * Limits: whether octets are text is a guess by their control characters and libmagic; a file made
 * of letters alone is text, and is shown as such.
 */
#include "leaf_text.h"

#include "gmime_cleanup.h"
#include "truetype.h"
#include "words.h"

#include <mugai/filter.h>
#include <mugai/text.h>

#include <string.h>

/* Where <meta charset> is looked for: the Encoding Standard's prescan. */
#define META_OCTETS 1024u
/* A text in which more than one octet of so many is a control, and more than a few are, is no text.
 */
#define CONTROLS_ONE_IN 16u
#define CONTROLS_FEW 8u

/* --- charset --- */

/* The label in <meta charset=...> or <meta ... content="...charset=...">, newly allocated, or NULL.
 */
static char *
find_meta_charset(const GString *octets)
{
    g_autofree char *start = g_ascii_strdown(octets->str, (gssize)MIN(octets->len, META_OCTETS));
    const char *meta = strstr(start, "<meta");
    const char *label = NULL;

    for (; meta != NULL; meta = strstr(meta + 1, "<meta")) {
        const char *end = strchr(meta, '>');
        const char *charset = strstr(meta, "charset");

        if (charset == NULL || end == NULL || charset > end)
            continue;
        label = charset + strlen("charset");
        label += strspn(label, " \t\r\n");
        if (*label != '=')
            continue;
        label += 1 + strspn(label + 1, " \t\r\n\"'");
        return g_strndup(label, strcspn(label, " \t\r\n\"'/>;"));
    }
    return NULL;
}

MugaiCharset
mugai_leaf_find_charset(const MugaiNode *node, const GString *octets, MugaiReport *report)
{
    const char *label = mugai_value_get(node->content_type, "charset");
    g_autofree char *meta = NULL;
    MugaiCharset labelled = MUGAI_CHARSET_NONE;

    if (label == NULL && g_str_equal(node->type, "text/html"))
        label = meta = find_meta_charset(octets);
    if (label != NULL && *label != '\0') {
        labelled = mugai_charset_for_label(label, -1);
        if (labelled == MUGAI_CHARSET_NONE) {
            g_autofree char *quoted = mugai_text_quote(label, 40);

            mugai_report_remark(report->warnings, "unknown-charset", "part %s: \"%s\"", node->path,
                                quoted);
        }
    }
    return mugai_charset_recognise((const guint8 *)octets->str, octets->len, labelled);
}

/* --- text or not --- */

/* Whether @octets, in @charset, are text: few controls, and if any, nothing that libmagic knows for
 * something else. Where it was asked, @ret_truth is what it said. */
static gboolean
looks_like_text(const GString *octets, MugaiCharset charset, const char **ret_truth)
{
    gsize controls = 0;

    if (charset == MUGAI_CHARSET_UTF_16LE || charset == MUGAI_CHARSET_UTF_16BE)
        return TRUE;
    for (gsize i = 0; i < octets->len; i++) {
        guchar c = (guchar)octets->str[i];

        if (c < 0x20 && (c == 0 || strchr("\t\n\v\f\r\x0e\x0f\x1b", c) == NULL))
            controls++;
    }
    if (controls == 0)
        return TRUE;
    *ret_truth = mugai_truetype_of(octets->str, octets->len);
    return (controls <= CONTROLS_FEW || controls <= octets->len / CONTROLS_ONE_IN) &&
           (g_str_has_prefix(*ret_truth, "text/") ||
            g_str_equal(*ret_truth, "application/octet-stream"));
}

/* Whether a line is one of base64, or of quoted-printable with something encoded in it. */
static gboolean
is_encoded_line(const char *line, gsize octets)
{
    gsize letters = 0;
    const char *equals = memchr(line, '=', octets);

    while (octets > 0 && strchr(" \t\r", line[octets - 1]) != NULL && line[octets - 1] != '\0')
        octets--;
    while (letters < octets &&
           (g_ascii_isalnum(line[letters]) || strchr("+/=", line[letters]) != NULL) &&
           line[letters] != '\0')
        letters++;
    if (octets >= 8 && letters == octets && (octets % 4 == 0 || octets > 40))
        return TRUE;
    return equals != NULL && (equals == line + octets - 1 ||
                              (equals + 2 < line + octets && g_ascii_isxdigit(equals[1]) &&
                               g_ascii_isxdigit(equals[2])));
}

/* Whether some line of @octets looks like an encoding that was not undone. */
static gboolean
looks_encoded(const GString *octets)
{
    const char *end = octets->str + octets->len;

    for (const char *line = octets->str; line < end;) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));

        if (line_end == NULL)
            line_end = end;
        if (is_encoded_line(line, (gsize)(line_end - line)))
            return TRUE;
        line = line_end + 1;
    }
    return FALSE;
}

gboolean
mugai_leaf_is_text(const MugaiNode *node, const GString *octets, MugaiCharset charset,
                   const char **ret_truth)
{
    return looks_like_text(octets, charset, ret_truth) &&
           !(node->doubtful && looks_encoded(octets));
}

/* --- UTF-8 --- */

static gboolean
has_parameter(const MugaiNode *node, const char *name, const char *value)
{
    const char *found = mugai_value_get(node->content_type, name);

    return found != NULL && g_ascii_strcasecmp(found, value) == 0;
}

/* Every line end to LF, in place: CRLF, CR alone, and the CR CR LF of those who made CRLF of CRLF.
 */
static void
normalise_line_ends(GString *utf8)
{
    gsize length = 0;

    for (gsize i = 0; i < utf8->len;) {
        const char *cr = memchr(utf8->str + i, '\r', utf8->len - i);
        gsize plain = cr != NULL ? (gsize)(cr - utf8->str) - i : utf8->len - i;
        gsize crs = 0;

        memmove(utf8->str + length, utf8->str + i, plain);
        length += plain;
        i += plain;
        crs = strspn(utf8->str + i, "\r");
        i += crs;
        if (utf8->str[i] == '\n')
            continue;
        memset(utf8->str + length, '\n', crs);
        length += crs;
    }
    g_string_truncate(utf8, length);
}

/* Folds undone, in place: a line end before a blank goes. */
static void
unfold(GString *utf8)
{
    gsize length = 0;

    for (gsize i = 0; i < utf8->len; i++) {
        gboolean fold = utf8->str[i] == '\n' && i + 1 < utf8->len &&
                        strchr(" \t", utf8->str[i + 1]) != NULL && utf8->str[i + 1] != '\0';

        if (!fold)
            utf8->str[length++] = utf8->str[i];
    }
    g_string_truncate(utf8, length);
}

/* text/enriched (RFC 1896) by way of HTML: GMime turns its commands into tags. */
static GString *
enriched_to_html(const GString *utf8, guint32 flags)
{
    g_autoptr(GMimeStream) memory = g_mime_stream_mem_new();
    g_autoptr(GMimeStream) filtered = g_mime_stream_filter_new(memory);
    GMimeFilter *filter = g_mime_filter_enriched_new(flags);
    GByteArray *html = NULL;

    g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered), filter);
    g_object_unref(filter);
    g_mime_stream_write(filtered, utf8->str, utf8->len);
    g_mime_stream_flush(filtered);
    html = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
    return g_string_new_len((const char *)html->data, (gssize)html->len);
}

/* The fields of a header section that tell a reader which message it was of. */
static GString *
headers_to_text(GString *utf8)
{
    static const char *const shown[] = {"from", "to",      "cc",         "reply-to",
                                        "date", "subject", "message-id", NULL};
    g_auto(GStrv) lines = NULL;
    GString *text = g_string_new(NULL);

    unfold(utf8);
    lines = g_strsplit(utf8->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        const char *colon = strchr(*line, ':');
        g_autofree char *name =
            colon == NULL ? g_strdup("") : g_ascii_strdown(*line, colon - *line);
        g_autofree char *decoded = NULL;

        if (!g_strv_contains(shown, g_strchomp(name)))
            continue;
        decoded = mugai_words_decode(*line, strlen(*line), NULL);
        g_string_append_printf(text, "%s\n", decoded);
    }
    return text;
}

/* What some texts need before their filter. Takes and returns ownership. */
static GString *
prepare(const MugaiNode *node, GString *utf8)
{
    GString *prepared = utf8;

    if (g_str_equal(node->type, "text/plain") && has_parameter(node, "format", "flowed"))
        prepared = mugai_flowed_unwrap(utf8->str, utf8->len, has_parameter(node, "delsp", "yes"));
    else if (g_str_equal(node->type, "text/enriched"))
        prepared = enriched_to_html(utf8, 0);
    else if (g_str_equal(node->type, "text/richtext"))
        prepared = enriched_to_html(utf8, GMIME_FILTER_ENRICHED_IS_RICHTEXT);
    else if (g_str_equal(node->type, "text/rfc822-headers") ||
             g_str_equal(node->type, "message/global-headers"))
        prepared = headers_to_text(utf8);
    if (prepared != utf8)
        g_string_free(utf8, TRUE);
    return prepared;
}

GString *
mugai_leaf_make_utf8(const MugaiNode *node, const GString *octets, MugaiCharset charset,
                     gsize *ret_undecodable)
{
    GString *utf8 = g_string_sized_new(octets->len + octets->len / 2);

    *ret_undecodable =
        mugai_charset_decode(charset, (const guint8 *)octets->str, octets->len, utf8);
    normalise_line_ends(utf8);
    return prepare(node, utf8);
}
