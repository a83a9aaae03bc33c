/* test_words.c - header text as the world writes it is read whole, and nothing of it is lost */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "words.h"

static void
expect_decoded(const char *raw, const char *text)
{
    g_autofree char *utf8 = mugai_words_decode(raw, strlen(raw), NULL);

    cr_expect_str_eq(utf8, text, "%s\n  gave \"%s\"\n  not  \"%s\"", raw, utf8, text);
}

static void
expect_normal(const char *raw, const char *normal)
{
    g_autofree char *value = mugai_words_normalise(raw, strlen(raw), NULL);

    cr_expect_str_eq(value, normal, "%s\n  gave \"%s\"\n  not  \"%s\"", raw, value, normal);
}

Test(words, encoded_words_of_both_encodings_are_read)
{
    expect_decoded("Hello world", "Hello world");
    expect_decoded("=?UTF-8?B?5bGx55Sw?=", "山田");
    expect_decoded("=?utf-8?q?=e5=B1=B1_=E7=94=B0?= <a@b.example>", "山 田 <a@b.example>");
    expect_decoded("=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?=", "山田");
    expect_decoded("=?Shift_JIS?B?jlKTYw==?=", "山田");
    expect_decoded("=?EUC-JP?Q?=BB=B3=C5=C4?=", "山田");
    expect_decoded("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße");
    expect_decoded("=?utf-8*ja?B?5bGx?= =?utf-8*en-GB?B?55Sw?=", "山田");
    expect_decoded("(=?UTF-8?B?5bGx?=)", "(山)");
    expect_decoded("\"=?UTF-8?B?5bGx55Sw?=\" <a@b>", "\"山田\" <a@b>");
}

Test(words, characters_split_over_two_words_are_whole_again)
{
    expect_decoded("=?utf-8?B?5bE=?= =?utf-8?B?sQ==?=", "山");
    expect_decoded("=?utf-8?Q?=E5=B1?=\r\n =?utf-8?Q?=B1?=", "山");
    expect_decoded("=?utf-8?Q?=E5=B1?==?utf-8?B?sQ==?=", "山");
    expect_decoded("=?UTF-8?B?5Q==?= =?utf8?B?sQ==?= =?utf-8?B?sQ==?=", "山");
    expect_decoded("=?ISO-2022-JP?B?GyRCOzM=?= =?ISO-2022-JP?B?RUQbKEI=?=", "山田");
    expect_decoded("=?ISO-2022-JP?B?GyRCOw==?= =?iso-2022-jp?B?M0VEGyhC?=", "山田");
    expect_decoded("=?Shift_JIS?B?jlKT?= =?Shift_JIS?B?Yw==?=", "山田");
}

Test(words, blanks_between_words_vanish_and_others_stay)
{
    expect_decoded("=?UTF-8?B?5bGx?= \t\r\n  =?Shift_JIS?B?k2M=?=", "山田");
    expect_decoded("=?UTF-8?B?5bGx?= a =?UTF-8?B?55Sw?=", "山 a 田");
    expect_decoded("a =?UTF-8?B?5bGx?=b", "a 山b");
    expect_decoded("  a  b  ", "  a  b  ");
    expect_decoded(" =?UTF-8?B?5bGx?= ", " 山 ");
    expect_decoded("Re:\r\n =?UTF-8?B?5bGx?=\n\tx", "Re: 山\tx");
    expect_decoded("=?UTF-8?Q?" "?= =?UTF-8?B?5bGx?=", "山");
}

Test(words, what_programs_get_wrong_is_read)
{
    /* A missing escape at the end, wrong padding, blanks inside, no end. */
    expect_decoded("=?ISO-2022-JP?B?GyRCOzNFRA==?= abc", "山田 abc");
    expect_decoded("=?UTF-8?B?5bGx55S?=", "山�");
    expect_decoded("=?UTF-8?B?5bGx55SwYQ?=", "山田a");
    expect_decoded("=?UTF-8?B?5bGx55SwYQ====?=", "山田a");
    expect_decoded("=?UTF-8?B?5bGxYQ==5bGx?=", "山a山");
    expect_decoded("=?UTF-8?B?5b Gx 55\r\n Sw?=", "山田");
    expect_decoded("=?UTF-8?Q?a b=E5=B1=B1 c?=", "a b山 c");
    expect_decoded("=?UTF-8?Q?raw \xE5\xB1\xB1?=", "raw 山");
    expect_decoded("=?UTF-8?Q?100%=?=", "100%=");
    expect_decoded("=?UTF-8?Q?Really?" "?=", "Really?");
    expect_decoded("=?UTF-8?Q?Sure?=E5=B1=B1?=", "Sure?山");
    expect_decoded("=?UTF-8?B?5bGx55Sw", "山田");
    expect_decoded("=?UTF-8?B?5bGx55Sw?", "山田");
    expect_decoded("=?UTF-8?B?5bGx =?UTF-8?B?55Sw?=", "山田");
    expect_decoded("=?UTF-8?Q?=E5=B1=B1", "山");
    expect_decoded("\x1B$B;3 =?UTF-8?B?5bGx?=", "山 山");
    expect_decoded("=? UTF-8 ?B?5bGx?=", "山");
    expect_decoded("=?\"UTF-8\"?B?5bGx?=", "山");
}

Test(words, lying_and_unknown_labels_do_not_garble)
{
    expect_decoded("=?UTF-8?B?jlKTYyCRvphZgrOC8Q==?=", "山田 太郎さん");
    expect_decoded("=?ISO-2022-JP?B?5bGx55Sw?=", "山田");
    expect_decoded("=?us-ascii?Q?=1B$B;3ED=1B(B?=", "山田");
    expect_decoded("=?iso-8859-1?B?5bGx55Sw5aSq6YOO?=", "山田太郎");
    expect_decoded("=?x-unknown?B?5bGx55Sw?=", "山田");
    expect_decoded("=?unknown-8bit?Q?=BB=B3=C5=C4?=", "山田");
}

Test(words, what_is_no_encoded_word_stays_as_it_was)
{
    static const char *const same[] = {
        "=?UTF-7?Q?+MEI-?=", "=?unicode-1-1-utf-7?B?K01FSS0=?=", "=?hz-gb-2312?Q?~{VPND~}?=", "=?iso-2022-kr?Q?=0E!!?=",
        "=?UTF-8?B?!!!?=", "=?UTF-8?X?abc?=", "=?UTF-8?BB?abc?=", "=?UTF-8?B", "=??B?5bGx?=", "=?", "?=", "=?=", "a=?b?c",
        "=?UTF-8?B?A?=", "=?UTF-8?B?====?=", "=?UTF-8?B?", "=?UTF-8?Q?", "if (a=?b) c?=d",
        "=?a-label-far-too-long-for-any-charset-that-was-ever-registered-in-the-world?B?5bGx?=",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(same); i++)
        expect_decoded(same[i], same[i]);
    expect_decoded("=?UTF-7?Q?+MEI-?= =?UTF-8?B?5bGx?= =?UTF-8?B?!?=", "=?UTF-7?Q?+MEI-?= 山 =?UTF-8?B?!?=");
}

Test(words, raw_octets_of_all_four_encodings_are_read)
{
    expect_decoded("\xE5\xB1\xB1\xE7\x94\xB0 <a@b>", "山田 <a@b>");
    expect_decoded("\x8E\x52\x93\x63\x82\xB3\x82\xF1 <a@b>", "山田さん <a@b>");
    expect_decoded("\xBB\xB3\xC5\xC4\xA4\xB5\xA4\xF3 <a@b>", "山田さん <a@b>");
    expect_decoded("\x1B$B;3ED$5$s\x1B(B <a@b>", "山田さん <a@b>");
    expect_decoded("\x1B$B;3ED\r\n $5$s\x1B(B", "山田 さん");
    expect_decoded("\x1B$B;3ED", "山田");
    expect_decoded("Gr\xFC\xDF" "e aus K\xF6ln", "Grüße aus Köln");
    expect_decoded("\x1B$B=?=?=?\x1B(B =?UTF-8?B?5bGx?=", "戎戎戎 山");
    expect_decoded("\x1B$B=?UTF-8?B?5bGx?=\x1B(B", "戎孕騰舷多汲曝申");
    expect_decoded("\xE5\xB1\xB1 =?Shift_JIS?B?k2M=?= \xE5\xB1\xB1", "山 田 山");
}

Test(words, I3_oddities_are_told)
{
    static const struct {
        const char *raw;
        MugaiWordsNotes notes;
    } cases[] = {
        {"plain =?UTF-8?B?5bGx?=", {0, FALSE, FALSE}},   {"=?UTF-8?Q?raw=FF?=", {1, FALSE, FALSE}},
        {"\xE5\xB1\xB1", {0, TRUE, FALSE}},               {"=?UTF-7?Q?a?=", {0, FALSE, TRUE}},
        {"=?UTF-8?B?!?= \xFF\xFF\xFF", {0, TRUE, TRUE}}, {"a =? b", {0, FALSE, FALSE}},
        {"=?UTF-8?B?YQBi?=", {1, FALSE, FALSE}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        MugaiWordsNotes notes = {0};
        g_autofree char *utf8 = mugai_words_decode(cases[i].raw, strlen(cases[i].raw), &notes);
        cr_expect_eq(notes.undecodable, cases[i].notes.undecodable, "%s: %zu", utf8, notes.undecodable);
        cr_expect_eq(notes.raw_octets, cases[i].notes.raw_octets, "%s", utf8);
        cr_expect_eq(notes.bad_words, cases[i].notes.bad_words, "%s", utf8);
    }
}

Test(words, NUL_does_not_end_the_text)
{
    static const char raw[] = "a\0b =?UTF-8?Q?c=00d?=";
    MugaiWordsNotes notes = {0};
    g_autofree char *utf8 = mugai_words_decode(raw, sizeof(raw) - 1, &notes);

    cr_expect_str_eq(utf8, "a�b c�d");
    cr_expect_eq(notes.undecodable, 2);
}

Test(words, structure_is_kept_and_text_becomes_utf_8_words)
{
    expect_normal("Taro Yamada <taro@example.jp>,\r\n \"A, B\" <b@c>", "Taro Yamada <taro@example.jp>,\r\n \"A, B\" <b@c>");
    expect_normal("=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= <a@b>", "=?UTF-8?B?5bGx55Sw?= <a@b>");
    expect_normal("\"=?UTF-8?Q?=E5=B1=B1?= x\" <a@b>", "\"=?UTF-8?B?5bGxIHg=?=\" <a@b>");
    expect_normal("\x8E\x52\x93\x63 \x91\xBE\x98\x59 <t@x>, b@c", "=?UTF-8?B?5bGx55SwIOWkqumDjg==?= <t@x>, b@c");
    expect_normal("\x1B$B;3ED\x1B(B <a@b>", "=?UTF-8?B?5bGx55Sw?= <a@b>");
    expect_normal("application/pdf; name=\"\xE5\xB1\xB1 1.pdf\"; x=y", "application/pdf; name=\"=?UTF-8?B?5bGxIDEucGRm?=\"; x=y");
    expect_normal("a/b; name=\xE5\xB1\xB1.pdf; size=3", "a/b; name==?UTF-8?B?5bGxLnBkZg==?=; size=3");
    expect_normal("a@b (\xE5\xB1\xB1)", "a@b (=?UTF-8?B?5bGx?=)");
    expect_normal("=?utf-8?B?5bGx?= and =?utf-8?B?5bGx?= <a@b>", "=?UTF-8?B?5bGx?= and =?UTF-8?B?5bGx?= <a@b>");
    expect_normal("=?utf-8?Q?a=2C_b_=3Cevil=40x=3E?= <a@b>", "=?UTF-8?B?YSwgYiA8ZXZpbEB4Pg==?= <a@b>");
}

/* The quote and the backslash that are halves of Shift_JIS characters, and those inside of ISO-2022-JP. */
Test(words, halves_of_characters_are_no_structure)
{
    expect_normal("\"\x95\x5C\x8E\xA6\" <a@b>", "\"=?UTF-8?B?6KGo56S6?=\" <a@b>");
    expect_normal("\x1B$B\"<\"(\x1B(B <a@b>", "=?UTF-8?B?4oqG4oC7?= <a@b>");
    expect_normal("\"a \\\" \x94\x5C\x97\xCD\" <a@b>", "\"=?UTF-8?B?YSAiIOiDveWKmw==?=\" <a@b>");
}

Test(words, an_open_quote_hides_no_address)
{
    expect_normal("\"\xE5\xB1\xB1 <a@b>", "\"=?UTF-8?B?5bGx?= <a@b>");
    expect_normal("\"x <a@b>, \xE5\xB1\xB1 <c@d>", "\"x <a@b>, =?UTF-8?B?5bGx?= <c@d>");
}

/* The next parser must find only words that we have written. */
Test(words, refused_words_are_wrapped_for_the_next_parser)
{
    static const char *const raw[] = {"=?UTF-7?Q?+MEI-?= <a@b>", "\"=?UTF-7?Q?+MEI-?=\" <a@b>", "x=?UTF-8?B?!!?= <a@b>"};

    for (gsize i = 0; i < G_N_ELEMENTS(raw); i++) {
        g_autofree char *value = mugai_words_normalise(raw[i], strlen(raw[i]), NULL);
        g_autofree char *shown = mugai_words_decode(value, strlen(value), NULL);
        for (const char *at = value; (at = strstr(at, "=?")) != NULL && at[2] != '='; at += 2)
            cr_expect(g_str_has_prefix(at, "=?UTF-8?B?") && !g_str_has_prefix(at, "=?UTF-8?B?!"), "%s", value);
        cr_expect_str_eq(shown, raw[i]);
    }
}

#define LITERAL(text) (text), sizeof(text) - 1

/* Found by fuzzing. */
Test(words, nothing_but_our_words_is_left_to_the_next_parser)
{
    static const struct {
        const char *raw;
        gsize length;
    } cases[] = {
        {LITERAL("=\x1B$(G =?utf-7?Q?x?=")}, {LITERAL("a==?x?Q?" "?=?e?Q?f?=")}, {LITERAL("\"\\\x1B\" <a@b>")},
        {LITERAL("\x1B$B =?utf-7?Q?x?=")},   {LITERAL("a\0=?utf-7?Q?x?=")},
        {"", 0}, {NULL, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *value = mugai_words_normalise(cases[i].raw, cases[i].length, NULL);
        cr_expect(g_str_is_ascii(value));
        cr_expect_null(strchr(value, 0x1B), "%s", value);
        for (const char *at = value; (at = strstr(at, "=?")) != NULL; at += 2)
            cr_expect(g_str_has_prefix(at, "=?UTF-8?B?") || at[-1] == '?' || at[2] == '=', "%s", value);
    }
}

Test(words, a_mark_between_words_does_not_make_it_utf_16)
{
    expect_decoded("\xFE\xFF <a@b>", "�� <a@b>");
}

Test(words, words_written_are_short_and_split_no_character)
{
    g_autoptr(GString) raw = g_string_new(NULL);
    g_autofree char *value = NULL;
    g_autofree char *shown = NULL;

    for (int i = 0; i < 300; i++)
        g_string_append(raw, i % 7 == 0 ? "a" : "𠮷");
    value = mugai_words_normalise(raw->str, raw->len, NULL);
    g_auto(GStrv) parts = g_strsplit(value, " ", -1);
    for (char **part = parts; *part != NULL; part++) {
        g_autofree char *text = mugai_words_decode(*part, strlen(*part), NULL);
        cr_expect_leq(strlen(*part), 75);
        cr_expect_null(strstr(text, "�"), "%s", *part);
    }
    shown = mugai_words_decode(value, strlen(value), NULL);
    cr_expect_str_eq(shown, raw->str);
}

Test(words, parameters_are_read_with_their_label_or_without)
{
    static const struct {
        const char *octets;
        const char *label;
        const char *text;
    } cases[] = {
        {"\x8E\x52.txt", "Shift_JIS", "山.txt"},     {"\xE5\xB1\xB1.txt", "utf-8", "山.txt"},
        {"\xE5\xB1\xB1.txt", "shift_jis", "山.txt"}, {"\x1B$B;3\x1B(B.txt", "iso-2022-jp", "山.txt"},
        {"\xE5\xB1\xB1.txt", NULL, "山.txt"},         {"=?UTF-8?B?5bGx?=.txt", "", "山.txt"},
        {"+MEI-.txt", "utf-7", "+MEI-.txt"},          {"gr\xFC\xDF.txt", "iso-8859-1", "grüß.txt"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            mugai_words_decode_parameter((const guint8 *)cases[i].octets, strlen(cases[i].octets), cases[i].label, NULL);
        cr_expect_str_eq(text, cases[i].text);
    }
}

/* Of this process, so that a busy machine makes no difference. */
static double
cpu_seconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
seconds_for(const char *piece, gsize octets)
{
    g_autoptr(GString) raw = g_string_sized_new(octets + 100);
    g_autofree char *shown = NULL;
    g_autofree char *value = NULL;
    double start = 0;

    g_string_append(raw, "\xE5\xB1\xB1 "); /* what is plain ASCII would only be copied */
    while (raw->len < octets)
        g_string_append(raw, piece);
    start = cpu_seconds();
    shown = mugai_words_decode(raw->str, raw->len, NULL);
    value = mugai_words_normalise(raw->str, raw->len, NULL);
    cr_assert(g_utf8_validate(shown, -1, NULL));
    return cpu_seconds() - start;
}

/* Ten times the octets, about ten times the seconds; what is quadratic takes a hundred times as many. */
Test(words, I7_hostile_values_take_linear_time)
{
    static const char *const pieces[] = {
        "=?UTF-8?B?5bGx?= ", "=?UTF-8?Q?=E5?==?x?Q?", "=?", "=?a?B?", "=?a?Q?", "=?a?Q?x?=41", "?=", "a", "=", "\"", "\\\"", "\"\\",
        " ", "\r\n ", "\xE5", "\xE5\xB1\xB1 ", "\x1B$B", "\x1B", "\x1B$B;3", "=?a?B?=?=", "(", "=?utf-7?B?", "=?UTF-8?B?!?=", "x \xFF ",
        "\"\xE5\xB1\xB1", "=?UTF-8?Q?\"?=\"",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        double small = seconds_for(pieces[i], 100000);
        double large = seconds_for(pieces[i], 1000000);
        cr_expect_lt(large, 40 * small + 0.2, "\"%s\": %.3f s, then %.3f s", pieces[i], small, large);
    }
}

Test(words, I7_any_octets_give_valid_text)
{
    static const char pool[] = "=?UTF-8?B?q?Q?" "?==_ \"\\<>(),;@\r\n\t\x1B$B(J\xE5\xB1\xB1\x8E\x52\xFF" "ab5x";
    g_autoptr(GRand) rand = g_rand_new_with_seed(2047);

    for (int round = 0; round < 50000; round++) {
        char raw[48];
        gsize length = (gsize)g_rand_int_range(rand, 0, sizeof(raw) + 1);
        for (gsize i = 0; i < length; i++)
            raw[i] = pool[g_rand_int_range(rand, 0, sizeof(pool))];
        g_autofree char *shown = mugai_words_decode(raw, length, NULL);
        g_autofree char *value = mugai_words_normalise(raw, length, NULL);
        cr_assert(g_utf8_validate(shown, -1, NULL));
        cr_assert(g_str_is_ascii(value), "%s", value);
    }
}
