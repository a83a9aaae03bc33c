/*
 * fuzz_guard.c - the guard gives one answer, keeps to it, and agrees with a slow and simple reader
 *
 * The input is read twice: as a message, and as the text inside of a message whose header conforms.
 *
 * Properties: 1. how the octets are cut into chunks changes neither verdict nor place;
 *             2. a refusal is final;
 *             3. INERT_LINKS only takes away, RELAYED only gives;
 *             4. of a text the guard says what the reader below says, in both directions.
 */
#include "fuzz.h"

#include <mugai/profile.h>
#include <mugai/text.h>
#include <string.h>

static MugaiGuard
read_in_chunks(const guint8 *octets, gsize length, guint32 flags, gsize chunk)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, flags);
    for (gsize i = 0; i < length; i += chunk)
        mugai_guard_feed(&guard, octets + i, MIN(chunk, length - i));
    mugai_guard_finish(&guard);
    return guard;
}

static void
expect_same(const MugaiGuard *a, const MugaiGuard *b)
{
    g_assert_cmpint(a->rule, ==, b->rule);
    g_assert_cmpuint(a->line, ==, b->line);
    g_assert_cmpuint(a->column, ==, b->column);
}

static void
expect_final(const MugaiGuard *refused)
{
    static const guint8 good[] = "Date: Fri, 20 Nov 2026 10:00:00 +0900\r\n";
    MugaiGuard guard = *refused;

    if (guard.rule == MUGAI_RULE_NONE)
        return;
    g_assert_cmpint(guard.rule, >, MUGAI_RULE_NONE);
    g_assert_cmpint(guard.rule, <, MUGAI_RULE_COUNT);
    g_assert_cmpuint(guard.line, >, 0);
    g_assert_cmpuint(guard.column, >, 0);
    g_assert_false(mugai_guard_feed(&guard, good, sizeof(good) - 1));
    g_assert_false(mugai_guard_feed(&guard, good, 0));
    g_assert_false(mugai_guard_finish(&guard));
    expect_same(refused, &guard);
}

/* The verdict on @octets, the same however they are cut. */
static gboolean
decide(const guint8 *octets, gsize length, guint32 flags)
{
    MugaiGuard whole = read_in_chunks(octets, length, flags, MAX(length, 1));
    MugaiGuard single = read_in_chunks(octets, length, flags, 1);
    MugaiGuard odd = read_in_chunks(octets, length, flags, 2 + length % 61);

    expect_same(&whole, &single);
    expect_same(&whole, &odd);
    expect_final(&whole);
    return whole.rule == MUGAI_RULE_NONE;
}

/* --- the simple reader: section 4 of the profile --- */

/* Whether the selector at @at has something before it to select of. */
static gboolean
has_base(const char *start, const char *at)
{
    gunichar before = 0;

    if (at == start)
        return FALSE;
    before = g_utf8_get_char(g_utf8_prev_char(at));
    return before != '\r' && before != '\n' && before != '\t' && before != ' ' &&
           !mugai_text_is_selector(before) && g_unichar_type(before) != G_UNICODE_SPACE_SEPARATOR;
}

static gboolean
line_conforms(const char *line, gsize length)
{
    const char *end = line + length;

    if (length > MUGAI_PROFILE_TEXT_LINE_OCTETS)
        return FALSE;
    for (const char *at = line; at < end; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (!mugai_text_is_clean(c) || (mugai_text_is_selector(c) && !has_base(line, at)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
text_conforms(const char *text, gsize length)
{
    const char *end = text + length;

    if (length == 0 || memchr(text, '\0', length) != NULL ||
        !g_utf8_validate(text, (gssize)length, NULL))
        return FALSE;
    while (text < end) {
        const char *line_end = g_strstr_len(text, end - text, "\r\n");

        if (line_end == NULL || !line_conforms(text, (gsize)(line_end - text)))
            return FALSE;
        text = line_end + 2;
    }
    return TRUE;
}

static gboolean
links_are_inert(const char *text, gsize length)
{
    static const char *const patterns[] = {"://", "www.", "mailto:"};
    g_autofree char *lower = g_ascii_strdown(text, (gssize)length);

    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        if (g_strstr_len(lower, (gssize)length, patterns[i]) != NULL)
            return FALSE;
    }
    return TRUE;
}

/* A message whose text is the input. */
static GString *
wrap(const guint8 *octets, gsize length)
{
    static const char header[] =
        "Date: Fri, 20 Nov 2026 10:00:00 +0900\r\n"
        "From: <a@example.jp>\r\n"
        "Message-ID: <a@example.jp>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Mugai-Id: 20261120-00000-00000\r\n"
        "Mugai-Result: profile=1; kept=1; converted=0; removed=0; unreadable=0; ambiguous=0\r\n"
        "\r\n";
    GString *message = g_string_new(header);
    g_autofree char *base64 = g_base64_encode(octets, length);
    gsize left = strlen(base64);

    for (const char *line = base64; left > 0; line += MIN(left, 76), left -= MIN(left, 76)) {
        g_string_append_len(message, line, (gssize)MIN(left, 76));
        g_string_append(message, "\r\n");
    }
    return message;
}

static void
decide_text(const guint8 *octets, gsize length)
{
    GString *message = wrap(octets, length);
    g_autofree char *text = g_malloc0(length + 1);
    gboolean plain = decide((guint8 *)message->str, message->len, 0);
    gboolean inert = decide((guint8 *)message->str, message->len, MUGAI_GUARD_INERT_LINKS);
    gboolean conforms = FALSE;

    if (length > 0)
        memcpy(text, octets, length);
    conforms = text_conforms(text, length);
    g_assert_cmpint(plain, ==, conforms);
    g_assert_cmpint(inert, ==, conforms && links_are_inert(text, length));
    g_string_free(message, TRUE);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    gboolean plain = decide(octets, length, 0);
    gboolean relayed = decide(octets, length, MUGAI_GUARD_RELAYED);
    gboolean inert = decide(octets, length, MUGAI_GUARD_INERT_LINKS);
    gboolean both = decide(octets, length, MUGAI_GUARD_INERT_LINKS | MUGAI_GUARD_RELAYED);

    g_assert_true(!inert || (plain && both));
    g_assert_true(!plain || relayed);
    g_assert_true(!both || relayed);
    if (length <= MUGAI_PROFILE_TEXT_OCTETS)
        decide_text(octets, length);
    return 0;
}
