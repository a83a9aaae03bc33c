/* html_scan.c - hostile HTML cut into tags and text as a browser cuts it
 *
 * The tokenizer of the HTML standard, section 13.2.5, as far as it decides what is text:
 * libxml2 2.9 reads comments, raw text and broken tags otherwise, and whoever knows the difference
 * hides text in it or makes it appear.
 *
 * Invariants: 1. every octet is looked at a bounded number of times; 2. a token lies wholly inside
 * the input. Trust: the input is hostile. Comments, declarations and processing instructions give
 * no token at all.
 */
#include "html_scan.h"

#include <string.h>

static const struct {
    const char *name;
    gsize octets;
} attributes[HTML_ATTRIBUTE_COUNT] = {
#define X(code, text, limit) {text, limit},
    HTML_ATTRIBUTES(X)
#undef X
};

const char *
html_attribute_name(HtmlAttribute attribute)
{
    return attributes[attribute].name;
}

gsize
html_attribute_octets(HtmlAttribute attribute)
{
    return attributes[attribute].octets;
}

void
html_scan_init(HtmlScan *scan, const char *utf8, gsize length)
{
    gsize mark = length >= 3 && memcmp(utf8, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    *scan = (HtmlScan){.at = utf8 + mark, .end = utf8 + length};
}

static gboolean
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static gboolean
begins_with(const HtmlScan *scan, const char *prefix)
{
    gsize length = strlen(prefix);

    return (gsize)(scan->end - scan->at) >= length && strncmp(scan->at, prefix, length) == 0;
}

static void
skip_past(HtmlScan *scan, char c)
{
    const char *found = memchr(scan->at, c, (gsize)(scan->end - scan->at));

    scan->at = found != NULL ? found + 1 : scan->end;
}

/* After "<!--". "-->", "--!>", and directly after the opening also ">" and "->" end a comment. */
static void
skip_comment(HtmlScan *scan)
{
    if (begins_with(scan, ">") || begins_with(scan, "->")) {
        skip_past(scan, '>');
        return;
    }
    while (scan->at < scan->end) {
        skip_past(scan, '-');
        if (!begins_with(scan, "-"))
            continue;
        while (begins_with(scan, "-"))
            scan->at++;
        if (begins_with(scan, ">") || begins_with(scan, "!>")) {
            skip_past(scan, '>');
            return;
        }
    }
}

/* At a '<'. Whether markup begins here; otherwise the '<' is text. */
static gboolean
is_markup(const HtmlScan *scan)
{
    char next = scan->end - scan->at > 1 ? scan->at[1] : '\0';

    return g_ascii_isalpha(next) || next == '/' || next == '!' || next == '?';
}

static void
skip_attribute_name(HtmlScan *scan)
{
    const char *begin = scan->at;

    while (scan->at < scan->end && !is_space(*scan->at) && *scan->at != '/' && *scan->at != '>' &&
           (*scan->at != '=' || scan->at == begin))
        scan->at++;
}

static void
skip_spaces(HtmlScan *scan)
{
    while (scan->at < scan->end && is_space(*scan->at))
        scan->at++;
}

/* After the '=' of an attribute. */
static HtmlSpan
read_value(HtmlScan *scan)
{
    HtmlSpan value = {"", 0};

    skip_spaces(scan);
    if (begins_with(scan, "\"") || begins_with(scan, "'")) {
        char quote = *scan->at++;

        value.octets = scan->at;
        skip_past(scan, quote);
        value.length = (gsize)(scan->at - value.octets);
        value.length -= value.length > 0 && scan->at[-1] == quote;
        return value;
    }
    value.octets = scan->at;
    while (scan->at < scan->end && !is_space(*scan->at) && *scan->at != '>')
        scan->at++;
    value.length = (gsize)(scan->at - value.octets);
    return value;
}

static void
keep_attribute(HtmlToken *token, HtmlSpan name, HtmlSpan value)
{
    for (guint i = 0; i < HTML_ATTRIBUTE_COUNT; i++) {
        /* Most differ in their first letter. */
        if (name.length == 0 || (name.octets[0] | 0x20) != attributes[i].name[0] ||
            name.length != strlen(attributes[i].name) ||
            g_ascii_strncasecmp(name.octets, attributes[i].name, name.length) != 0)
            continue;
        if (token->attributes[i].octets == NULL)
            token->attributes[i] = value;
        return;
    }
}

static void
read_attribute(HtmlScan *scan, HtmlToken *token)
{
    HtmlSpan name = {scan->at, 0};
    HtmlSpan value = {"", 0};

    skip_attribute_name(scan);
    name.length = (gsize)(scan->at - name.octets);
    skip_spaces(scan);
    if (begins_with(scan, "=")) {
        scan->at++;
        value = read_value(scan);
    }
    if (name.length <= strlen("placeholder"))
        keep_attribute(token, name, value);
}

/* After the name of a tag. FALSE when the input ends inside it: a browser shows nothing of such a
 * tag. */
static gboolean
read_attributes(HtmlScan *scan, HtmlToken *token)
{
    while (scan->at < scan->end) {
        if (*scan->at == '>') {
            token->closed = scan->at[-1] == '/';
            scan->at++;
            return TRUE;
        }
        if (is_space(*scan->at) || *scan->at == '/')
            scan->at++;
        else
            read_attribute(scan, token);
    }
    return FALSE;
}

/* At the first letter of a name. */
static gboolean
read_tag(HtmlScan *scan, HtmlToken *token, HtmlTokenKind kind)
{
    const char *name = scan->at;

    while (scan->at < scan->end && !is_space(*scan->at) && *scan->at != '/' && *scan->at != '>')
        scan->at++;
    *token = (HtmlToken){.kind = kind, .element = html_element(name, (gsize)(scan->at - name))};
    if (!read_attributes(scan, token))
        return FALSE;
    if (kind == HTML_TOKEN_START &&
        (html_element_traits(token->element) & (HTML_RAW | HTML_RAW_SHOWN)) != 0)
        scan->raw = token->element;
    return TRUE;
}

/* At a '<' that is markup. FALSE when it gives no token. */
static gboolean
read_markup(HtmlScan *scan, HtmlToken *token)
{
    gboolean end_tag = scan->at[1] == '/';

    if (g_ascii_isalpha(scan->at[1])) {
        scan->at += 1;
        return read_tag(scan, token, HTML_TOKEN_START);
    }
    if (end_tag && scan->end - scan->at > 2 && g_ascii_isalpha(scan->at[2])) {
        scan->at += 2;
        return read_tag(scan, token, HTML_TOKEN_END);
    }
    if (begins_with(scan, "<!--")) {
        scan->at += 4;
        skip_comment(scan);
        return FALSE;
    }
    if (!scan->begun && (gsize)(scan->end - scan->at) > strlen("<!doctype") &&
        g_ascii_strncasecmp(scan->at, "<!doctype", strlen("<!doctype")) == 0)
        scan->doctype = TRUE;
    skip_past(scan, '>');
    return FALSE;
}

/* Whether "</name" at @at ends the raw text of @element. */
static gboolean
ends_raw(const HtmlScan *scan, const char *at, HtmlElement element)
{
    const char *name = html_element_name(element);
    gsize length = strlen(name);

    if ((gsize)(scan->end - at) < length + 3 || at[1] != '/' ||
        g_ascii_strncasecmp(at + 2, name, length) != 0)
        return FALSE;
    return is_space(at[2 + length]) || at[2 + length] == '/' || at[2 + length] == '>';
}

static const char *
find_raw_end(const HtmlScan *scan, HtmlElement element)
{
    const char *at = scan->at;

    if (element == HTML_PLAINTEXT)
        return scan->end;
    while (at < scan->end) {
        const char *found = memchr(at, '<', (gsize)(scan->end - at));

        if (found == NULL)
            return scan->end;
        if (ends_raw(scan, found, element))
            return found;
        at = found + 1;
    }
    return scan->end;
}

static gboolean
read_raw(HtmlScan *scan, HtmlToken *token)
{
    HtmlElement element = scan->raw;
    const char *end = find_raw_end(scan, element);
    HtmlTokenKind kind = HTML_TOKEN_LITERAL;

    if ((html_element_traits(element) & HTML_RAW) != 0)
        kind = HTML_TOKEN_RAW;
    else if (element == HTML_TEXTAREA)
        kind = HTML_TOKEN_TEXT;
    *token = (HtmlToken){.kind = kind, .element = element};
    token->text = (HtmlSpan){scan->at, (gsize)(end - scan->at)};
    scan->at = end;
    scan->raw = HTML_UNKNOWN;
    return TRUE;
}

static gboolean
read_text(HtmlScan *scan, HtmlToken *token)
{
    const char *begin = scan->at;

    while (scan->at < scan->end && (*scan->at != '<' || !is_markup(scan))) {
        const char *found = memchr(scan->at + 1, '<', (gsize)(scan->end - scan->at - 1));

        scan->at = found != NULL ? found : scan->end;
    }
    *token = (HtmlToken){.kind = HTML_TOKEN_TEXT, .text = {begin, (gsize)(scan->at - begin)}};
    return TRUE;
}

gboolean
html_scan_next(HtmlScan *scan, HtmlToken *ret_token)
{
    if (scan->raw != HTML_UNKNOWN)
        return read_raw(scan, ret_token);
    if (!scan->begun)
        skip_spaces(scan);
    while (scan->at < scan->end) {
        gboolean markup = *scan->at == '<' && is_markup(scan);

        if (markup ? read_markup(scan, ret_token) : read_text(scan, ret_token)) {
            scan->begun = TRUE;
            return TRUE;
        }
        if (!scan->begun)
            skip_spaces(scan);
    }
    return FALSE;
}
