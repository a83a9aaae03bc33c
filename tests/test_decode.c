/* test_decode.c - that what was wrong with a transfer encoding is noticed wherever it stands (RFC
 * 2045 section 6.8) */
#include "../src/worker/decode.h"
#include "../src/worker/gmime_cleanup.h"

#include <criterion/criterion.h>
#include <mugai/sanitize.h>
#include <string.h>

/* 60 lines of 76 and a shorter one, as mail has them; no padding. */
#define DATA_OCTETS 3444u
#define HEAD "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"

static char *
encode(void)
{
    GString *lines = g_string_new(NULL);
    g_autofree guchar *data = g_malloc(DATA_OCTETS);
    g_autofree char *base64 = NULL;

    for (guint i = 0; i < DATA_OCTETS; i++)
        data[i] = (guchar)(i * 167 + i / 251);
    base64 = g_base64_encode(data, DATA_OCTETS);
    for (const char *at = base64; *at != '\0'; at += MIN(76, strlen(at))) {
        g_string_append_len(lines, at, (gssize)MIN(76, strlen(at)));
        g_string_append(lines, "\r\n");
    }
    return g_string_free(lines, FALSE);
}

static MugaiDecoded
decode(const char *lines)
{
    g_autofree char *octets = g_strconcat(HEAD, lines, NULL);
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_buffer(octets, strlen(octets));
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(MugaiTree) tree = mugai_tree_parse(stream, settings, report);
    MugaiDecoded decoded = {0};

    mugai_leaf_decode(mugai_tree_find(tree, "1"), NULL, NULL, &decoded);
    return decoded;
}

/* @lines with @octets put in at @at. */
static MugaiDecoded
decode_with(const char *lines, gsize at, const char *octets)
{
    g_autoptr(GString) changed = g_string_new(lines);

    g_string_insert(changed, (gssize)at, octets);
    return decode(changed->str);
}

static void
warm(void)
{
    cr_assert(mugai_sanitize_warm_up(NULL));
}

TestSuite(decode, .init = warm);

Test(decode, base64_as_it_should_be_is_not_broken)
{
    g_autofree char *lines = encode();
    MugaiDecoded decoded = decode(lines);

    cr_expect_not(decoded.broken);
    cr_expect_eq(decoded.size, DATA_OCTETS);
}

/* Four of them, so that the number of octets gives nothing away. */
Test(decode, foreign_octets_are_noticed_wherever_they_stand)
{
    g_autofree char *lines = encode();

    for (gsize at = 0; at < 600; at++)
        cr_expect(decode_with(lines, at, "----").broken, "at %zu", at);
}

Test(decode, every_foreign_octet_is_noticed)
{
    g_autofree char *lines = encode();

    for (guint octet = 1; octet < 256; octet++) {
        const char four[] = {(char)octet, (char)octet, (char)octet, (char)octet, '\0'};
        gboolean ours = g_ascii_isalnum(octet) || strchr("+/= \t\r\n", (int)octet) != NULL;

        if (!ours)
            cr_expect(decode_with(lines, 300, four).broken, "0x%02X", octet);
    }
}

Test(decode, every_octet_of_base64_counts)
{
    g_autofree char *lines = encode();

    for (guint octet = 1; octet < 256; octet++) {
        const char one[] = {(char)octet, '\0'};
        const char four[] = {(char)octet, (char)octet, (char)octet, (char)octet, '\0'};

        if (!g_ascii_isalnum(octet) && octet != '+' && octet != '/')
            continue;
        cr_expect(decode_with(lines, 300, one).broken, "0x%02X", octet);
        cr_expect_not(decode_with(lines, 300, four).broken, "0x%02X", octet);
    }
}

Test(decode, an_octet_more_than_fours_is_noticed_wherever_it_stands)
{
    g_autofree char *lines = encode();

    for (gsize at = 0; at < 600; at++)
        cr_expect(decode_with(lines, at, "Q").broken, "at %zu", at);
}

Test(decode, blanks_are_nothing_wherever_they_stand)
{
    static const char *const blanks[] = {" ", "\t", "\r", "\n"};
    g_autofree char *lines = encode();

    for (gsize at = 0; at < 600; at++) {
        MugaiDecoded decoded = decode_with(lines, at, blanks[at % G_N_ELEMENTS(blanks)]);

        cr_expect_not(decoded.broken, "at %zu", at);
        cr_expect_eq(decoded.size, DATA_OCTETS);
    }
}

/* Some decoders stop there, others go on. Of as many octets as there may be behind it. */
Test(decode, what_stands_behind_padding_is_noticed)
{
    g_autofree char *lines = encode();

    for (gsize at = 0; at < 600; at++)
        cr_expect(decode_with(lines, at, "====").broken, "at %zu", at);
    for (gsize length = 130; length < 530; length++) {
        g_autofree char *some = g_strndup(lines, length);

        cr_expect(decode_with(some, 124, "====").broken, "%zu octets", length);
    }
}

Test(decode, padding_at_the_end_is_as_it_should_be)
{
    g_autofree char *lines = encode();
    g_autofree char *padded = g_strconcat(lines, "QQ==\r\n", NULL);
    g_autofree char *halved = g_strconcat(lines, "QUE=\r\n", NULL);

    cr_expect_not(decode(padded).broken);
    cr_expect_eq(decode(padded).size, DATA_OCTETS + 1);
    cr_expect_not(decode(halved).broken);
    cr_expect_eq(decode(halved).size, DATA_OCTETS + 2);
}
