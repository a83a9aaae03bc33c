/*
 * fuzz_charset.c - octets in any encoding become UTF-8
 *
 * The first octet is the encoding that a label named, the second how much of the rest is the label
 * itself.
 *
 * Properties: 1. recognising always decides, and for the encoding it decided on as for the
 *                label's;
 *             2. decoding gives valid UTF-8 with as many U+FFFD at least as it says, at most
 *                three octets for one;
 *             3. decoding appends and touches nothing that was there;
 *             4. a label is an encoding whose name is a label of the same;
 *             5. time is linear.
 */
#include "fuzz.h"

#include <mugai/charset.h>
#include <string.h>

static gsize
count_replacements(const char *utf8)
{
    gsize count = 0;

    for (const char *p = utf8; (p = strstr(p, "\xEF\xBF\xBD")) != NULL; p += 3)
        count++;
    return count;
}

static void
expect_decoded(MugaiCharset charset, const guint8 *octets, gsize length)
{
    g_autoptr(GString) utf8 = g_string_new("before");
    gint64 start = fuzz_clock();
    gsize replaced = mugai_charset_decode(charset, octets, length, utf8);

    fuzz_expect_linear(start, length);
    g_assert_true(g_str_has_prefix(utf8->str, "before"));
    /* NUL is a character, and GLib does not count it as one. */
    for (gsize i = 0; i < utf8->len; i++)
        utf8->str[i] = utf8->str[i] == '\0' ? ' ' : utf8->str[i];
    g_assert_true(g_utf8_validate(utf8->str, (gssize)utf8->len, NULL));
    g_assert_cmpuint(replaced, <=, count_replacements(utf8->str));
    g_assert_cmpuint(utf8->len - strlen("before"), <=, 3 * length + 3);
}

static void
expect_label(const char *octets, gsize length)
{
    MugaiCharset charset = mugai_charset_for_label(octets, (gssize)length);

    g_assert_cmpint(charset, <, MUGAI_CHARSET_COUNT);
    if (charset != MUGAI_CHARSET_NONE)
        g_assert_cmpint(mugai_charset_for_label(mugai_charset_name(charset), -1), ==, charset);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    MugaiCharset labelled = MUGAI_CHARSET_NONE;
    MugaiCharset recognised = MUGAI_CHARSET_NONE;

    if (length < 2)
        return 0;
    fuzz_warm_up();
    labelled = (MugaiCharset)(octets[0] % MUGAI_CHARSET_COUNT);
    expect_label((const char *)octets + 2, MIN(octets[1], length - 2));
    octets += 2;
    length -= 2;
    recognised = mugai_charset_recognise(octets, length, labelled);
    g_assert_cmpint(recognised, >, MUGAI_CHARSET_NONE);
    g_assert_cmpint(recognised, <, MUGAI_CHARSET_COUNT);
    g_assert_cmpint(recognised, ==, mugai_charset_recognise(octets, length, labelled));
    expect_decoded(recognised, octets, length);
    if (labelled != MUGAI_CHARSET_NONE)
        expect_decoded(labelled, octets, length);
    return 0;
}
