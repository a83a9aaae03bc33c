/* html_guard.c - hostile HTML rebuilt as markup that libxml2 reads as a browser would, in linear
 * time
 *
 * libxml2 2.9 nests by the rules of HTML 4, walks its stack of open elements for every end tag,
 * compares each attribute of a tag with all others, and knows other comments, raw texts and
 * character references than browsers. So nothing of the input reaches it as it came: the guard
 * writes each tag anew as an empty <br> that carries the true name and the few attributes that
 * matter, each once and cut to its bound, and text with its references decoded and its markup
 * characters escaped. libxml2 then has no element open, and nesting is html_tree.c's alone.
 *
 * Invariants: 1. the output is linear in the input; 2. the memory does not depend on the input's
 * length; 3. what is written is well-formed; 4. no attribute outside of HTML_ATTRIBUTES and no raw
 * text is written.
 */
#include "html_guard.h"

#include <string.h>

#include "html_reference.h"
#include "html_scan.h"

/* Text rebuilt in one step: the longest wait for a reader, the most memory for one. */
#define STEP_OCTETS 4096u

struct HtmlGuard {
    HtmlScan scan;
    HtmlToken token; /* the text being written, if its length is not 0 */
    GString *ready;  /* written, not read yet */
    gsize taken;     /* octets of @ready already read */
};

HtmlGuard *
html_guard_new(const char *utf8, gsize length)
{
    HtmlGuard *guard = g_new0(HtmlGuard, 1);

    html_scan_init(&guard->scan, utf8, length);
    guard->ready = g_string_sized_new(2 * STEP_OCTETS);
    return guard;
}

void
html_guard_free(HtmlGuard *guard)
{
    g_string_free(guard->ready, TRUE);
    g_free(guard);
}

/* Controls other than white space and what is no character go: libxml2 would stop at them or
 * complain. */
static void
write_character(GString *out, gunichar c)
{
    if (c == '&')
        g_string_append(out, "&amp;");
    else if (c == '<')
        g_string_append(out, "&lt;");
    else if (c == '"')
        g_string_append(out, "&quot;");
    else if (c == '\r' || c == '\f')
        g_string_append_c(out, '\n');
    else if (c >= 0x20 || c == '\n' || c == '\t')
        g_string_append_unichar(out, c == 0xFFFE || c == 0xFFFF ? 0xFFFD : c);
}

/* Writes the character or reference at @at, moves on. */
static const char *
write_next(HtmlGuard *guard, const char *at, const char *end, gboolean attribute)
{
    gunichar characters[2] = {0, 0};
    gsize length = *at == '&' ? html_reference_read(at, end, attribute, characters) : 0;

    if (length == 0) {
        characters[0] = g_utf8_get_char(at);
        length = g_utf8_skip[(guchar)*at];
    }
    if (at[0] == '\r' && at + 1 < end && at[1] == '\n')
        length = 2;
    write_character(guard->ready, characters[0]);
    if (characters[1] != 0)
        write_character(guard->ready, characters[1]);
    return at + length;
}

/* Octets at @at that write_character() would leave as they are, and that begin no reference. */
static gsize
count_plain(const char *at, const char *end)
{
    const char *p = at;

    /* U+FFFE and U+FFFF begin with 0xEF. */
    while (p < end && ((guchar)*p >= 0x20 || *p == '\n' || *p == '\t') && *p != '&' && *p != '<' &&
           *p != '"' && (guchar)*p != 0xEF)
        p++;
    return (gsize)(p - at);
}

/* Writes what is plain at @at until @guard->ready is @limit long, the last character whole; moves
 * on. It looks no further than it writes: text comes in steps, and would be looked through in each.
 */
static const char *
write_plain(HtmlGuard *guard, const char *at, const char *end, gsize limit)
{
    gsize room = MIN(limit - guard->ready->len, (gsize)(end - at));
    gsize length = count_plain(at, at + room);

    while (length == room && at + room < end && ((guchar)at[room] & 0xC0) == 0x80)
        length = ++room;
    g_string_append_len(guard->ready, at, (gssize)length);
    return at + length;
}

static void
write_attribute(HtmlGuard *guard, HtmlAttribute attribute, HtmlSpan value)
{
    const char *at = value.octets;
    const char *end = at + value.length;
    gsize limit = 0;

    g_string_append_c(guard->ready, ' ');
    g_string_append(guard->ready, html_attribute_name(attribute));
    g_string_append(guard->ready, "=\"");
    limit = guard->ready->len + html_attribute_octets(attribute);
    while (at < end && guard->ready->len < limit) {
        at = write_plain(guard, at, end, limit);
        if (at < end && guard->ready->len < limit)
            at = write_next(guard, at, end, TRUE);
    }
    g_string_append_c(guard->ready, '"');
}

static void
write_tag(HtmlGuard *guard)
{
    const HtmlToken *token = &guard->token;

    g_string_append(guard->ready, "<" HTML_GUARD_TAG " " HTML_GUARD_NAME "=\"");
    g_string_append(guard->ready, token->kind == HTML_TOKEN_END ? "/" : "");
    g_string_append(guard->ready, html_element_name(token->element));
    g_string_append_c(guard->ready, '"');
    for (guint i = 0; token->kind == HTML_TOKEN_START && i < HTML_ATTRIBUTE_COUNT; i++) {
        if (token->attributes[i].octets != NULL)
            write_attribute(guard, (HtmlAttribute)i, token->attributes[i]);
    }
    if (token->closed)
        g_string_append(guard->ready, " " HTML_GUARD_CLOSED "=\"\"");
    g_string_append_c(guard->ready, '>');
}

static void
write_text(HtmlGuard *guard)
{
    HtmlSpan *text = &guard->token.text;
    const char *at = text->octets;
    const char *end = at + text->length;
    gsize limit = guard->ready->len + STEP_OCTETS;

    while (at < end && guard->ready->len < limit) {
        at = write_plain(guard, at, end, limit);
        if (at == end || guard->ready->len >= limit)
            break;
        if (guard->token.kind == HTML_TOKEN_LITERAL && *at == '&') {
            write_character(guard->ready, '&');
            at++;
        } else {
            at = write_next(guard, at, end, FALSE);
        }
    }
    *text = (HtmlSpan){at, (gsize)(end - at)};
}

/* Writes a little more. FALSE at the end of the input. */
static gboolean
step(HtmlGuard *guard)
{
    if (guard->token.text.length == 0 && !html_scan_next(&guard->scan, &guard->token))
        return FALSE;
    if (guard->token.kind == HTML_TOKEN_RAW)
        guard->token.text.length = 0;
    else if (guard->token.text.length > 0)
        write_text(guard);
    else if (guard->token.kind == HTML_TOKEN_START || guard->token.kind == HTML_TOKEN_END)
        write_tag(guard);
    return TRUE;
}

int
html_guard_read(void *guard_pointer, char *buffer, int length)
{
    HtmlGuard *guard = guard_pointer;
    gsize wanted = (gsize)MAX(length, 0);
    gsize given = 0;

    while (guard->ready->len - guard->taken < wanted && step(guard))
        ;
    given = MIN(wanted, guard->ready->len - guard->taken);
    if (given > 0)
        memcpy(buffer, guard->ready->str + guard->taken, given);
    guard->taken += given;
    if (guard->taken > STEP_OCTETS || guard->taken == guard->ready->len) {
        g_string_erase(guard->ready, 0, (gssize)guard->taken);
        guard->taken = 0;
    }
    return (int)given;
}
