/* test_text.c - buffers with a limit, clean characters, selectors, one line of hostile text */
#include "candidate.h"

#include <mugai/text.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define ELLIPSIS "\xE2\x80\xA6"

static char *
clean(const char *utf8, gssize length, MugaiCleaned *cleaned)
{
    g_autoptr(MugaiText) text = mugai_text_new(1024 * 1024);

    mugai_text_append_clean(text, utf8, length, cleaned);
    cr_assert_eq(mugai_text_missing(text), 0);
    return g_strdup(mugai_text_string(text));
}

static void
expect_clean(const char *utf8, const char *expected)
{
    g_autofree char *got = clean(utf8, -1, NULL);

    cr_expect_str_eq(got, expected, "\"%s\" gave \"%s\"", utf8, got);
}

/* --- limits --- */

Test(text, is_empty_when_new)
{
    g_autoptr(MugaiText) text = mugai_text_new(10);

    cr_assert_str_eq(mugai_text_string(text), "");
    cr_assert_eq(mugai_text_length(text), 0);
    cr_assert_eq(mugai_text_missing(text), 0);
}

Test(text, I7_holds_exactly_its_limit_and_counts_the_rest)
{
    g_autoptr(MugaiText) text = mugai_text_new(5);

    mugai_text_append(text, "abcde", -1);
    cr_assert_eq(mugai_text_missing(text), 0);
    mugai_text_append(text, "fg", 2);
    cr_assert_str_eq(mugai_text_string(text), "abcde");
    cr_assert_eq(mugai_text_missing(text), 2);
}

Test(text, is_cut_between_characters)
{
    for (gsize limit = 0; limit <= 12; limit++) {
        g_autoptr(MugaiText) text = mugai_text_new(limit);

        mugai_text_append(text, "\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80\xE6\x9C\xAC", -1);
        cr_assert(g_utf8_validate(mugai_text_string(text), -1, NULL), "limit %zu", limit);
        cr_assert_eq(mugai_text_length(text), strlen(mugai_text_string(text)));
        cr_assert_eq(mugai_text_length(text) + mugai_text_missing(text), 12);
        cr_assert_leq(mugai_text_length(text), limit);
        cr_assert_gt(mugai_text_length(text) + 4, limit);
    }
}

Test(text, has_no_holes_after_a_cut)
{
    g_autoptr(MugaiText) text = mugai_text_new(4);

    mugai_text_append(text, "ab\xE6\x97\xA5", -1);
    mugai_text_append(text, "c", -1);
    cr_assert_str_eq(mugai_text_string(text), "ab");
    cr_assert_eq(mugai_text_missing(text), 4);
}

Test(text, makes_valid_what_is_not)
{
    static const struct {
        const char *octets;
        gsize length;
    } cases[] = {
        {"\xFF", 1},
        {"a\0b", 3},
        {"\xE6\x97", 2},
        {"\xC0\xAF", 2},
        {"\xED\xA0\x80", 3},
        {"\xF4\x90\x80\x80", 4},
        {"\xE6\x97\xA5\x80", 4},
        {"\0\0\0", 3},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MugaiText) text = mugai_text_new(100);

        mugai_text_append(text, cases[i].octets, (gssize)cases[i].length);
        cr_expect(g_utf8_validate(mugai_text_string(text), (gssize)mugai_text_length(text), NULL));
        cr_expect_not_null(strstr(mugai_text_string(text), REPLACEMENT), "case %zu", i);
        cr_expect_eq(strlen(mugai_text_string(text)), mugai_text_length(text));
    }
}

Test(text, puts_a_replacement_for_each_nul)
{
    g_autoptr(MugaiText) text = mugai_text_new(100);

    mugai_text_append(text, "a\0\0b", 4);
    cr_assert_str_eq(mugai_text_string(text), "a" REPLACEMENT REPLACEMENT "b");
}

Test(text, prints_and_truncates)
{
    g_autoptr(MugaiText) text = mugai_text_new(100);

    mugai_text_append_printf(text, "%d %s", 42, "\xE6\x97\xA5");
    cr_assert_str_eq(mugai_text_string(text), "42 \xE6\x97\xA5");
    mugai_text_truncate(text, 3);
    cr_assert_str_eq(mugai_text_string(text), "42 ");
}

/* --- clean characters --- */

/* The guard, fed a header that conforms. */
static MugaiGuard
guard_at_body(void)
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
    MugaiGuard guard;

    mugai_guard_init(&guard, 0);
    cr_assert(mugai_guard_feed(&guard, (const uint8_t *)header, sizeof(header) - 1));
    return guard;
}

static bool
guard_accepts_text(const MugaiGuard *at_body, const char *text, gsize length)
{
    MugaiGuard guard = *at_body;
    g_autofree char *base64 = g_base64_encode((const guchar *)text, length);

    mugai_guard_feed(&guard, (const uint8_t *)base64, strlen(base64));
    mugai_guard_feed(&guard, (const uint8_t *)"\r\n", 2);
    return mugai_guard_finish(&guard);
}

/* "a@c\r\n" where @c is a code point. */
static gsize
write_line(char *line, gunichar c)
{
    int octets = 0;

    line[0] = 'a';
    octets = g_unichar_to_utf8(c, line + 1);
    line[octets + 1] = '\r';
    line[octets + 2] = '\n';
    return (gsize)octets + 3;
}

Test(text, clean_characters_are_the_guards_over_all_code_points)
{
    MugaiGuard at_body = guard_at_body();
    char line[16];

    for (gunichar c = 0; c <= 0x10FFFF; c++) {
        gsize length = write_line(line, c);
        gboolean surrogate = c >= 0xD800 && c <= 0xDFFF;

        cr_assert_eq(guard_accepts_text(&at_body, line, length),
                     mugai_text_is_clean(c) && !surrogate, "U+%04X", c);
    }
    cr_assert_not(mugai_text_is_clean(0x110000));
}

Test(text, cleaning_keeps_what_the_guard_accepts_over_all_code_points)
{
    g_autoptr(MugaiText) text = mugai_text_new(100);
    char line[16];

    for (gunichar c = 1; c <= 0x10FFFF; c++) {
        gboolean stays = mugai_text_is_clean(c) && !(c >= 0xD800 && c <= 0xDFFF);
        gboolean line_end = c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == 0x85 ||
                            c == 0x2028 || c == 0x2029;
        gsize length = write_line(line, c) - 2;

        mugai_text_truncate(text, 0);
        mugai_text_append_clean(text, line, (gssize)length, NULL);
        if (stays)
            cr_assert_eq(mugai_text_length(text), length, "U+%04X is lost", c);
        else if (line_end)
            cr_assert_str_eq(mugai_text_string(text), "a\n", "U+%04X is no line end", c);
        else if (c < 0xD800 || c > 0xDFFF)
            cr_assert_str_eq(mugai_text_string(text), "a", "U+%04X stays", c);
    }
}

Test(text, japanese_needs_no_table_over_all_code_points)
{
    guint count = 0;

    for (gunichar c = 0; c <= 0x110000; c++) {
        char utf8[7] = "";
        g_autofree char *normal = NULL;

        if (!mugai_text_is_japanese(c))
            continue;
        count++;
        g_unichar_to_utf8(c, utf8);
        normal = g_utf8_normalize(utf8, -1, G_NORMALIZE_NFKC);
        cr_assert_str_eq(normal, utf8, "U+%04X", c);
        cr_assert(mugai_text_is_clean(c) && !mugai_text_is_selector(c), "U+%04X", c);
        cr_assert(g_unichar_isalnum(c) && g_unichar_tolower(c) == c, "U+%04X", c);
        cr_assert(g_unichar_iswide(c) && !g_unichar_iszerowidth(c), "U+%04X", c);
        cr_assert(!g_unichar_isspace(c) && !g_unichar_ismark(c), "U+%04X", c);
    }
    /* Hiragana, katakana, and the Han characters of JIS X 0208 and all around them. */
    cr_assert_eq(count, 86u + 90u + 20976u);
}

Test(text, columns_are_those_of_each_character_over_all_code_points)
{
    for (gunichar c = 1; c <= 0x10FFFF; c++) {
        gboolean none = g_unichar_iszerowidth(c) || mugai_text_is_selector(c);
        gsize expected = (none && c >= 0x80) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        char utf8[7] = "";

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        utf8[g_unichar_to_utf8(c, utf8)] = '\0';
        cr_assert_eq(mugai_text_columns(utf8, -1), expected, "U+%04X", c);
    }
}

Test(text, selectors_stay_where_the_guard_lets_them_over_all_code_points)
{
    MugaiGuard at_body = guard_at_body();
    g_autoptr(MugaiText) text = mugai_text_new(100);
    char line[16];

    for (gunichar c = 0; c <= 0x10FFFF; c++) {
        gsize length = write_line(line, c) - 2;
        gboolean accepted = FALSE;

        if (!mugai_text_is_clean(c) || mugai_text_is_selector(c))
            continue;
        memcpy(line + length, "\xEF\xB8\x8F\r\n", 6);
        accepted = guard_accepts_text(&at_body, line, length + 5);
        mugai_text_truncate(text, 0);
        mugai_text_append_clean(text, line, (gssize)length + 3, NULL);
        cr_assert_eq(mugai_text_length(text) == length + 3, accepted, "U+%04X before a selector",
                     c);
    }
}

Test(text, selectors_are_those_of_the_profile)
{
    for (gunichar c = 0; c <= 0x10FFFF; c++) {
        gboolean expected = (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);

        cr_assert_eq(!mugai_text_is_selector(c), !expected, "U+%04X", c);
    }
}

Test(text, keeps_one_selector_after_a_base_and_no_other)
{
    expect_clean("\xE8\x91\x9B\xF3\xA0\x84\x80\xE5\x9F\x8E",
                 "\xE8\x91\x9B\xF3\xA0\x84\x80\xE5\x9F\x8E");
    expect_clean("a\xEF\xB8\x8F\xEF\xB8\x8E"
                 "b",
                 "a\xEF\xB8\x8F"
                 "b");
    expect_clean("a\xEF\xB8\x8F\xF3\xA0\x84\x80\xEF\xB8\x8E"
                 "b",
                 "a\xEF\xB8\x8F"
                 "b");
    expect_clean("\xEF\xB8\x8Fx", "x");
    expect_clean("x\n\xEF\xB8\x8Fy", "x\ny");
    expect_clean("x\r\n\xF3\xA0\x84\x80y", "x\ny");
    expect_clean("x \xEF\xB8\x8Fy", "x y");
    expect_clean("x\t\xEF\xB8\x8Fy", "x\ty");
    expect_clean("x\xE3\x80\x80\xEF\xB8\x8Fy", "x\xE3\x80\x80y");
    expect_clean("\x1b\xEF\xB8\x8Fy", "y");
    expect_clean("\xE2\x80\x8B\xEF\xB8\x8Fy", "y");
}

Test(text, a_selector_at_the_start_of_an_append_has_no_base)
{
    g_autoptr(MugaiText) text = mugai_text_new(100);

    mugai_text_append_clean(text, "a ", -1, NULL);
    mugai_text_append_clean(text, "\xEF\xB8\x8Fy", -1, NULL);
    cr_assert_str_eq(mugai_text_string(text), "a y");
}

Test(text, gaiji_and_variants_stay)
{
    expect_clean("\xEE\x80\x80\xF3\xB0\x80\x80\xF4\x8F\xBF\xBD",
                 "\xEE\x80\x80\xF3\xB0\x80\x80\xF4\x8F\xBF\xBD");
    expect_clean("\xE9\xAB\x99\xE5\xB4\x8E\xE2\x91\xA0\xE3\x88\xB1",
                 "\xE9\xAB\x99\xE5\xB4\x8E\xE2\x91\xA0\xE3\x88\xB1");
}

Test(text, every_line_end_becomes_one_lf)
{
    expect_clean("a\r\nb\rc\nd\x0b"
                 "e\x0c"
                 "f\xC2\x85g\xE2\x80\xA8h\xE2\x80\xA9i",
                 "a\nb\nc\nd\ne\nf\ng\nh\ni");
    expect_clean("a\r\n\r\nb", "a\n\nb");
    expect_clean("a\n\rb", "a\n\nb");
    expect_clean("a\r\r\nb", "a\n\nb");
}

Test(text, counts_what_it_took_out_by_kind)
{
    MugaiCleaned cleaned = {0};
    g_autofree char *got = clean("a\x1b[31m\x01\xC2\x9B"
                                 "b\xE2\x80\xAE\xE2\x80\xAC\xE2\x81\xA6\xD8\x9C"
                                 "c\xE2\x80\x8B\xC2\xAD"
                                 "\xF3\xA0\x81\x81\xEF\xB8\x8F\xEF\xB8\x8F"
                                 "d\xEF\xBF\xBE\xEF\xB7\x90\xEF\xBF\xBB" REPLACEMENT,
                                 -1, &cleaned);

    cr_expect_str_eq(got, "a[31mbc\xEF\xB8\x8F"
                          "d" REPLACEMENT);
    cr_expect_eq(cleaned.controls, 3, "controls %d", (int)cleaned.controls);
    cr_expect_eq(cleaned.directions, 4, "directions %d", (int)cleaned.directions);
    cr_expect_eq(cleaned.invisibles, 4, "invisibles %d", (int)cleaned.invisibles);
    cr_expect_eq(cleaned.invalid, 3, "invalid %d", (int)cleaned.invalid);
}

Test(text, cleaning_shows_where_octets_were_invalid)
{
    g_autofree char *got = clean("a\0b\xFF"
                                 "c",
                                 5, NULL);

    cr_assert_str_eq(got, "a" REPLACEMENT "b" REPLACEMENT "c");
}

Test(text, counting_goes_on_where_it_was)
{
    MugaiCleaned cleaned = {.controls = 5};
    g_autofree char *got = clean("\x01", -1, &cleaned);

    cr_assert_str_eq(got, "");
    cr_assert_eq(cleaned.controls, 6);
}

Test(text, floods_of_combining_marks_are_cut_to_eight)
{
    GString *flood = g_string_new("a");
    g_autofree char *got = NULL;

    for (int i = 0; i < 1000; i++)
        g_string_append(flood, "\xCC\x81");
    g_string_append(flood, "b\xCC\x81\xCC\x82");
    got = clean(flood->str, -1, NULL);
    cr_expect_str_eq(got, "a\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81"
                          "b\xCC\x81\xCC\x82");
    g_string_free(flood, TRUE);
}

Test(text, dakuten_and_real_clusters_stay)
{
    expect_clean("\xE3\x81\x8B\xE3\x82\x99\xE3\x83\x8F\xE3\x82\x9A",
                 "\xE3\x81\x8B\xE3\x82\x99\xE3\x83\x8F\xE3\x82\x9A");
}

Test(text, cleaning_takes_any_octets)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20261120);

    for (int round = 0; round < 20000; round++) {
        MugaiGuard at_body = guard_at_body();
        char octets[18]; /* at most 54 of text: one line of base64 */
        gsize length = (gsize)g_rand_int_range(random, 0, sizeof(octets));
        g_autofree char *got = NULL;
        g_auto(GStrv) lines = NULL;
        g_autofree char *crlf = NULL;
        g_autofree char *whole = NULL;
        g_autofree char *quoted = NULL;

        for (gsize i = 0; i < length; i++)
            octets[i] = (char)g_rand_int_range(random, 0, 256);
        got = clean(octets, (gssize)length, NULL);
        lines = g_strsplit(got, "\n", -1);
        crlf = g_strjoinv("\r\n", lines);
        whole = g_strconcat(crlf, "\r\n", NULL);
        quoted = mugai_text_quote(got, 100);
        cr_assert(guard_accepts_text(&at_body, whole, strlen(whole)), "round %d: %s", round,
                  quoted);
    }
}

/* --- one line --- */

static void
expect_line(const char *utf8, gsize characters, const char *expected)
{
    g_autofree char *got = mugai_text_clean_line(utf8, -1, characters);

    cr_expect_str_eq(got, expected, "got \"%s\"", got);
}

Test(text, clean_line_is_one_line_of_single_spaces)
{
    expect_line("a\r\n b\tc\nd  e", 100, "a b c d e");
    expect_line("  a  ", 100, "a");
    expect_line("", 100, "");
    expect_line(" \t\r\n", 100, "");
    expect_line("a\xE2\x80\xAE"
                "b\x1b[0m",
                100, "ab[0m");
}

Test(text, clean_line_is_cut_with_an_ellipsis)
{
    expect_line("abc", 3, "abc");
    expect_line("abcd", 3, "abc" ELLIPSIS);
    expect_line("abc   ", 3, "abc");
    expect_line("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 2, "\xE6\x97\xA5\xE6\x9C\xAC" ELLIPSIS);
}

Test(text, clean_line_leaves_no_selector_alone)
{
    expect_line(" \xEF\xB8\x8Fx", 10, "x");
    expect_line("a \xEF\xB8\x8Fx", 10, "a x");
}

Test(text, clean_line_takes_a_length)
{
    g_autofree char *got = mugai_text_clean_line("abcdef", 3, 100);

    cr_assert_str_eq(got, "abc");
}

/* --- quoting --- */

static void
expect_quoted(const char *utf8, gsize characters, const char *expected)
{
    g_autofree char *got = mugai_text_quote(utf8, characters);

    cr_expect_str_eq(got, expected, "got \"%s\"", got);
}

/* A reason of one ideographic space, or of what nobody sees, is none. */
Test(text, blanks_say_nothing)
{
    const char *const nothing[] = {NULL,     "",       " \t\r\n", "\u3000",       "\u3000 \u00a0",
                                   "\u200b", "\u3164", "\u202e",  "\ufeff\u2060", "\xff"};
    const char *const something[] = {"x", " x ", "電話", "\u3000調査\u3000", "?", "\u200bx"};

    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++)
        cr_assert_not(mugai_text_says_something(nothing[i]), "%zu", i);
    for (gsize i = 0; i < G_N_ELEMENTS(something); i++)
        cr_assert(mugai_text_says_something(something[i]), "%zu", i);
}

Test(text, quoting_shows_what_is_not_printable)
{
    expect_quoted("a\"b\\c", 100, "a\\\"b\\\\c");
    expect_quoted("\n\x1b[2J\x7f", 100, "\\x{A}\\x{1B}[2J\\x{7F}");
    expect_quoted("\xE2\x80\xAE\xC2\x9B\xF3\xA0\x81\x81", 100, "\\x{202E}\\x{9B}\\x{E0041}");
    expect_quoted("\xE6\x97\xA5\xE6\x9C\xAC", 100, "\xE6\x97\xA5\xE6\x9C\xAC");
    expect_quoted("\xFF", 100, REPLACEMENT);
}

Test(text, quoting_is_cut_with_an_ellipsis)
{
    expect_quoted("abc", 3, "abc");
    expect_quoted("abcd", 3, "abc" ELLIPSIS);
    expect_quoted("", 0, "");
}

Test(text, quoting_leaves_nothing_unclean_over_all_code_points)
{
    for (gunichar c = 1; c <= 0x10FFFF; c++) {
        char octets[8] = {0};
        g_autofree char *quoted = NULL;

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        g_unichar_to_utf8(c, octets);
        quoted = mugai_text_quote(octets, 1);
        for (const char *p = quoted; *p != '\0'; p = g_utf8_next_char(p))
            cr_assert(mugai_text_is_clean(g_utf8_get_char(p)) && *p != '\n' && *p != '\t', "U+%04X",
                      c);
    }
}

/* --- columns --- */

Test(text, columns_are_those_of_a_terminal)
{
    cr_expect_eq(mugai_text_columns("", -1), 0);
    cr_expect_eq(mugai_text_columns("abc", 2), 2);
    cr_expect_eq(mugai_text_columns("\xE6\x97\xA5\xE6\x9C\xAC", 3), 2);
    cr_expect_eq(mugai_text_columns("abc", -1), 3);
    cr_expect_eq(mugai_text_columns("\xE6\x97\xA5\xE6\x9C\xAC", -1), 4);
    cr_expect_eq(mugai_text_columns("\xEF\xBD\xB1", -1), 1); /* half-width katakana */
    cr_expect_eq(mugai_text_columns("\xEF\xBC\xA1", -1), 2); /* full-width A */
    cr_expect_eq(mugai_text_columns("e\xCC\x81", -1), 1);    /* combining acute */
    cr_expect_eq(mugai_text_columns("\xE8\x91\x9B\xF3\xA0\x84\x80", -1), 2); /* with a selector */
    cr_expect_eq(mugai_text_columns("\xE3\x81\x8B\xE3\x82\x99", -1), 2);     /* combining dakuten */
}
