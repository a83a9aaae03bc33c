/* test_text.c - sections 3 and 4: the body and its text */
#include "message.h"

/* 3 Body --------------------------------------------------------------------------------------- */

Test(guard, a_body_is_canonical_base64)
{
    const char *full = repeat("YWFh", 19, "");
    const Case cases[] = {
        {"CRLF alone", CONFORMS, "DQo=\r\n"},
        {"no padding", CONFORMS, "YQ0K\r\n"},
        {"two for padding", CONFORMS, "YWENCg==\r\n"},
        {"last line of 76", CONFORMS, body(letters(55))},
        {"last line of 72", CONFORMS, body(letters(52))},
        {"last line of 76, padded", CONFORMS, body(letters(54))},
        {"last line of 4", CONFORMS, body(letters(58))},
        {"three lines", CONFORMS, body(letters(150))},
        {"nothing", R(BODY_EMPTY), ""},
        {"empty line", R(BASE64) | R(BODY_EMPTY), "\r\n"},
        {"empty line at the end", R(BASE64), "YQ0K\r\n\r\n"},
        {"empty line after padding", R(BASE64), "DQo=\r\n\r\n"},
        {"empty line between", R(BASE64), text("%s\r\n\r\nYQ0K\r\n", full)},
        {"first line of 72", R(BASE64), text("%s\r\nYQ0K\r\n", full + 4)},
        {"first line of 4", R(BASE64), "YWFh\r\nYQ0K\r\n"},
        {"first line of 75", R(BASE64), text("%sYWF\r\nYQ0K\r\n", repeat("YWFh", 18, ""))},
        {"second line of 72", R(BASE64), text("%s\r\n%s\r\nYQ0K\r\n", full, full + 4)},
        {"one character", R(BASE64), "Y\r\n"},
        {"two characters", R(BASE64), "DQ\r\n"},
        {"three characters", R(BASE64), "DQo\r\n"},
        {"five characters", R(BASE64), "YQ0KY\r\n"},
        {"padding alone", R(BASE64), "====\r\n"},
        {"three for padding", R(BASE64), "Y===\r\n"},
        {"one character before padding", R(BASE64), "YQ0KY===\r\n"},
        {"padding after a whole", R(BASE64), "YQ0K====\r\n"},
        {"padding on a line of its own", R(BASE64), text("%s\r\n====\r\n", full)},
        {"data after padding", R(BASE64), "YWENCg==YQ0K\r\n"},
        {"data in padding", R(BASE64), "YWENCg=K\r\n"},
        {"line after two for padding", R(BASE64),
         text("%sYQ==\r\nDQo=\r\n", repeat("YWFh", 18, ""))},
        {"line after one for padding", R(BASE64),
         text("%sYWE=\r\nDQo=\r\n", repeat("YWFh", 18, ""))},
        {"line after padding that ends the text", R(BASE64),
         text("%sDQo=\r\nDQo=\r\n", repeat("YWFh", 18, ""))},
        {"bits left, two for padding", R(BASE64), "YWENCh==\r\n"},
        {"highest bit left, two for padding", R(BASE64), "YWENCo==\r\n"},
        {"bits left, one for padding", R(BASE64), "DQp=\r\n"},
        {"highest bit left, one for padding", R(BASE64), "DQq=\r\n"},
        {"other alphabet", R(BASE64), "YQ-_\r\n"},
        {"space inside", R(BASE64), "YQ 0K\r\n"},
        {"space at the end", R(BASE64), "YQ0K \r\n"},
        {"space at the beginning", R(BASE64), " YQ0K\r\n"},
        {"point at the end", R(BASE64), "YQ0K\r\n.\r\n"},
        {"text", R(BASE64), "YWFh, YWFh\r\n"},
        {"MIME part after it", R(BASE64), "YQ0K\r\n--a\r\n"},
    };

    EXPECT_LINES(BODY, cases);
}

Test(guard, only_the_base64_alphabet_stands_in_a_body)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (char octet = 0x20; octet < 0x7F; octet++) {
        /* What it decodes to may be refused too, but by another rule. */
        Verdict verdict = judge(compose(false, BODY, text("YW%cBDQo=\r\n", octet)), 0, "alphabet");
        bool in_alphabet = strchr(alphabet, octet) != NULL;

        cr_expect_eq(verdict.rule == MUGAI_RULE_BASE64, !in_alphabet, "'%c' gives rule %d", octet,
                     verdict.rule);
    }
}

Test(guard, a_body_decodes_to_4_mib_at_most)
{
    enum { MOST = 4 * 1024 * 1024 };
    char *octets = take(2 * MOST);
    size_t kept = pool_used;
    const struct {
        size_t length;
        Rules refused;
    } cases[] = {
        {MOST - 1, CONFORMS},     {MOST, CONFORMS},         {MOST + 1, R(BODY_LONG)},
        {MOST + 2, R(BODY_LONG)}, {2 * MOST, R(BODY_LONG)},
    };

    for (size_t i = 0; i < COUNT(cases); i++, pool_used = kept) {
        size_t at = 0;

        memset(octets, 'a', cases[i].length);
        for (at = 1000; at < cases[i].length; at += 1000)
            memcpy(octets + at - 2, "\r\n", 2);
        memcpy(octets + cases[i].length - 2, "\r\n", 2);
        expect(compose(false, BODY, body_of(octets, cases[i].length)), 0, cases[i].refused,
               text("%zu octets", cases[i].length));
    }
}

/* 4 The text ----------------------------------------------------------------------------------- */

Test(guard, text_is_valid_utf8)
{
    static const struct {
        const char *name, *octets;
        bool conforms;
    } cases[] = {
        {"U+00A0", "\xC2\xA0", true},
        {"U+07FF", "\xDF\xBF", true},
        {"U+0800", "\xE0\xA0\x80", true},
        {"U+D7FF", "\xED\x9F\xBF", true},
        {"U+E000", "\xEE\x80\x80", true},
        {"U+FFFD", "\xEF\xBF\xBD", true},
        {"U+10000", "\xF0\x90\x80\x80", true},
        {"U+10FFFD", "\xF4\x8F\xBF\xBD", true},
        {"2 octets for U+0000", "\xC0\x80", false},
        {"2 octets for U+002F", "\xC0\xAF", false},
        {"2 octets for U+007F", "\xC1\xBF", false},
        {"3 octets for U+0080", "\xE0\x82\x80", false},
        {"3 octets for U+07FF", "\xE0\x9F\xBF", false},
        {"4 octets for U+0800", "\xF0\x80\xA0\x80", false},
        {"4 octets for U+FFFF", "\xF0\x8F\xBF\xBF", false},
        {"first surrogate", "\xED\xA0\x80", false},
        {"last surrogate", "\xED\xBF\xBF", false},
        {"pair of surrogates", "\xED\xA0\xBD\xED\xB8\x80", false},
        {"past U+10FFFF", "\xF4\x90\x80\x80", false},
        {"F5", "\xF5\x80\x80\x80", false},
        {"five octets", "\xF8\x88\x80\x80\x80", false},
        {"six octets", "\xFC\x84\x80\x80\x80\x80", false},
        {"FE", "\xFE", false},
        {"FF", "\xFF", false},
        {"continuation", "\x80", false},
        {"last continuation", "\xBF", false},
        {"continuation too many", "\xC3\xA4\xA4", false},
        {"one of two, then a letter",
         "\xC3"
         "a",
         false},
        {"one of three, then a letter",
         "\xE3"
         "a",
         false},
        {"two of three, then a letter",
         "\xE3\x81"
         "a",
         false},
        {"three of four, then a letter",
         "\xF0\x9F\x98"
         "a",
         false},
        {"two of three, then a character", "\xE3\x81\xE3\x81\x82", false},
        {"two of three, then the line's end", "\xE3\x81", false},
        {"first octet, then the line's end", "\xF0", false},
        {"Shift_JIS", "\x83\x65\x83\x58\x83\x67", false},
        {"EUC-JP", "\xA4\xC6\xA4\xB9\xA4\xC8", false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t before = 0; before < 3; before++)
            expect(compose(false, BODY, body(text("%s%s", letters(before), cases[i].octets))), 0,
                   cases[i].conforms ? CONFORMS : R(UTF8),
                   text("%s after %zu", cases[i].name, before));
    expect(compose(false, BODY, body_of("a\r\n\xE3\x81", 5)), 0, R(UTF8) | R(TEXT_LINE_END),
           "cut at the end");
}

Test(guard, lines_of_the_text_end_in_crlf)
{
    static const struct {
        const char *name, *octets;
        Rules refused;
    } cases[] = {
        {"one line", "a\r\n", CONFORMS},
        {"empty line", "\r\n", CONFORMS},
        {"empty lines", "a\r\n\r\n\r\nb\r\n\r\n", CONFORMS},
        {"no end", "a", R(TEXT_LINE_END)},
        {"CR at the end", "a\r", R(TEXT_LINE_END)},
        {"LF at the end", "a\n", R(TEXT_LINE_END) | R(CHARACTER)},
        {"second line without end", "a\r\nb", R(TEXT_LINE_END)},
        {"LF between", "a\nb\r\n", R(TEXT_LINE_END) | R(CHARACTER)},
        {"CR between", "a\rb\r\n", R(TEXT_LINE_END) | R(CHARACTER)},
        {"LF CR", "a\n\r", R(TEXT_LINE_END) | R(CHARACTER)},
        {"CR CR LF", "a\r\r\n", R(TEXT_LINE_END) | R(CHARACTER)},
        {"CR LF LF", "a\r\n\n", R(TEXT_LINE_END) | R(CHARACTER)},
        {"NEL", "a\xC2\x85", R(TEXT_LINE_END) | R(CHARACTER)},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        expect(compose(false, BODY, body_of(cases[i].octets, strlen(cases[i].octets))), 0,
               cases[i].refused, cases[i].name);
}

Test(guard, lines_of_the_text_hold_8192_octets_at_most)
{
    const char *kana = "\xE3\x81\x82";
    const Case cases[] = {
        {"8191", CONFORMS, body(letters(8191))},
        {"8192", CONFORMS, body(letters(8192))},
        {"8193", R(TEXT_LINE_LONG), body(letters(8193))},
        {"8194", R(TEXT_LINE_LONG), body(letters(8194))},
        {"10000", R(TEXT_LINE_LONG), body(letters(10000))},
        {"8192 in kana", CONFORMS, body(text("aa%s", repeat(kana, 2730, "")))},
        {"8193 in kana", R(TEXT_LINE_LONG), body(repeat(kana, 2731, ""))},
        {"two lines of 8192", CONFORMS, body(text("%s\r\n%s", letters(8192), letters(8192)))},
        {"second line 8193", R(TEXT_LINE_LONG),
         body(text("%s\r\n%s", letters(8192), letters(8193)))},
    };

    EXPECT_LINES(BODY, cases);
}

/* Section 4, "clean characters are all code points but these". */
static const struct {
    uint32_t first, last;
} not_clean[] = {
    {0x0000, 0x0008},   {0x000A, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},
    {0x034F, 0x034F},   {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0x3164, 0x3164},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF},
    {0xFDD0, 0xFDEF},
};

static bool
is_clean(uint32_t code_point)
{
    for (size_t i = 0; i < COUNT(not_clean); i++)
        if (code_point >= not_clean[i].first && code_point <= not_clean[i].last)
            return false;
    return (code_point & 0xFFFE) != 0xFFFE;
}

static bool
is_surrogate(uint32_t code_point)
{
    return code_point >= 0xD800 && code_point <= 0xDFFF;
}

static bool
is_selector(uint32_t code_point)
{
    return (code_point >= 0xFE00 && code_point <= 0xFE0F) ||
           (code_point >= 0xE0100 && code_point <= 0xE01EF);
}

static Rules
rules_of(uint32_t code_point)
{
    if (is_surrogate(code_point))
        return R(UTF8);
    if (code_point == '\r' || code_point == '\n')
        return R(CHARACTER) | R(TEXT_LINE_END);
    return is_clean(code_point) ? CONFORMS : R(CHARACTER);
}

/* Gives a copy of @guard, which has read as far as the change, @octets to the message's end. */
static bool
continues(const MugaiGuard *guard, const char *octets, Rules refused, const char *where,
          uint32_t code_point)
{
    MugaiGuard copy = *guard;
    Verdict verdict;

    feed(&copy, octets, strlen(octets));
    verdict = verdict_of(&copy);
    if (refused == CONFORMS ? verdict.conforms
                            : !verdict.conforms && (refused >> verdict.rule & 1) != 0)
        return true;
    cr_expect(false, "U+%04X %s: %s, rule %d", code_point, where,
              verdict.conforms ? "accepted" : "refused", verdict.rule);
    return false;
}

Test(guard, every_code_point_is_clean_or_refused)
{
    Message header = compose(false, BODY, "");
    MugaiGuard guard;
    unsigned wrong = 0;

    mugai_guard_init(&guard, MUGAI_GUARD_INERT_LINKS);
    cr_assert(feed(&guard, header.octets, header.length));
    for (uint32_t code_point = 0; code_point <= 0x10FFFF && wrong < 20; code_point++) {
        char octets[16] = "a";
        size_t length = 1 + encode(code_point, octets + 1);
        Rules rules = rules_of(code_point);

        memcpy(octets + length, "b\r\n", 3);
        pool_used = 0;
        wrong +=
            !continues(&guard, body_of(octets, length + 3), rules, "after a letter", code_point);
        wrong += !continues(&guard, body_of(octets + 1, length + 2),
                            is_selector(code_point) ? R(SELECTOR) : rules, "at the beginning",
                            code_point);
    }
}

Test(guard, every_code_point_in_an_encoded_word_is_clean_or_refused)
{
    Message message = compose(false, SUBJECT, "Subject: ");
    const char *rest = strstr(message.octets, "Subject: ") + strlen("Subject: ");
    char *after = take(message.length + 1);
    size_t kept = pool_used;
    MugaiGuard guard;
    unsigned wrong = 0;

    mugai_guard_init(&guard, 0);
    cr_assert(feed(&guard, message.octets, (size_t)(rest - message.octets)));
    strcpy(after, rest);
    for (uint32_t code_point = 0; code_point <= 0x10FFFF && wrong < 20;
         code_point++, pool_used = kept) {
        char octets[16] = "a";
        size_t length = 1 + encode(code_point, octets + 1);
        bool conforms = is_clean(code_point) && code_point != '\t' && !is_surrogate(code_point);

        wrong +=
            !continues(&guard, text("%s\r\n%s", word_of(octets, length), after),
                       conforms ? CONFORMS : R(ENCODED_WORD), "in an encoded word", code_point);
    }
}

Test(guard, a_character_is_refused_on_the_line_that_holds_it)
{
    Message message =
        compose(false, BODY,
                body(text("%s%s\xE2\x80\x8B%s", letters(57), letters(6), letters(57))));
    Verdict verdict = judge(message, 0, "place");

    cr_expect_eq(verdict.rule, MUGAI_RULE_CHARACTER);
    cr_expect_eq(verdict.line, 11);
    cr_expect(verdict.column >= 9 && verdict.column <= 12, "column %ju", (uintmax_t)verdict.column);
}

Test(guard, selectors_follow_one_character)
{
    static const struct {
        const char *name, *octets;
        bool conforms;
    } cases[] = {
        {"kanji, ideographic", "\xE8\x91\x9B\xF3\xA0\x84\x80", true},
        {"kanji, last one", "\xE8\x91\x9B\xF3\xA0\x87\xAF", true},
        {"kanji, standard", "\xE7\xA5\x9E\xEF\xB8\x80", true},
        {"letter", "a\xEF\xB8\x80", true},
        {"digit and keycap", "1\xEF\xB8\x8F\xE2\x83\xA3", true},
        {"emoji", "\xF0\x9F\x98\x80\xEF\xB8\x8F", true},
        {"private use", "\xEE\x80\x80\xF3\xA0\x84\x80", true},
        {"each after its own",
         "a\xEF\xB8\x80"
         "b\xEF\xB8\x81\xE8\x91\x9B\xF3\xA0\x84\x80",
         true},
        {"at the end of a line", "a\xEF\xB8\x80\r\nb", true},
        {"two in a row", "a\xEF\xB8\x80\xEF\xB8\x80", false},
        {"two in a row, ideographic", "\xE8\x91\x9B\xF3\xA0\x84\x80\xF3\xA0\x84\x81", false},
        {"two in a row, mixed", "\xE8\x91\x9B\xEF\xB8\x8F\xF3\xA0\x84\x80", false},
        {"two in a row, mixed the other way", "\xE8\x91\x9B\xF3\xA0\x84\x80\xEF\xB8\x8F", false},
        {"at the beginning",
         "\xEF\xB8\x80"
         "a",
         false},
        {"at the beginning, ideographic", "\xF3\xA0\x84\x80", false},
        {"at the beginning of a line",
         "a\r\n\xEF\xB8\x80"
         "b",
         false},
        {"after an empty line", "a\r\n\r\n\xF3\xA0\x84\x80", false},
        {"after a space", "a \xEF\xB8\x80", false},
        {"after a space, ideographic", "a \xF3\xA0\x84\x80", false},
        {"after a TAB", "a\t\xEF\xB8\x80", false},
        /* reading: every character of category Zs is a space */
        {"after an ideographic space", "a\xE3\x80\x80\xF3\xA0\x84\x80", false},
        {"after a no-break space", "a\xC2\xA0\xEF\xB8\x80", false},
        {"after an ogham space", "a\xE1\x9A\x80\xEF\xB8\x80", false},
        {"after an en quad", "a\xE2\x80\x80\xEF\xB8\x80", false},
        {"after a hair space", "a\xE2\x80\x8A\xEF\xB8\x80", false},
        {"after a narrow no-break space", "a\xE2\x80\xAF\xEF\xB8\x80", false},
        {"after a mathematical space", "a\xE2\x81\x9F\xEF\xB8\x80", false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        expect(compose(false, BODY, body(cases[i].octets)), 0,
               cases[i].conforms ? CONFORMS : R(SELECTOR), cases[i].name);
}

/* Each link at every place in a quantum and around the end of a line of base64. */
Test(guard, links_are_inert_when_that_is_asked)
{
    static const char *const live[] = {
        "://",        "http://example.jp",
        "www.",       "WWW.",
        "wWw.",       "mailto:",
        "MAILTO:",    "mAiLtO:",
        "wwww.",      "www.www",
        "mailto:://", ":://",
        "mmailto:",   "w.www.",
        "x://y",
    };
    static const char *const inert[] = {
        "hxxps[:]//example[.]com",
        "www[.]example",
        "mailto[:]a",
        ":/ /",
        ": //",
        "ww.w",
        "w ww.",
        "www",
        "www ",
        "mailto",
        "mail to:",
        "mailto :",
        "//",
        ":/",
        "ww.",
        ":/\r\n/",
        "www\r\n.",
        "mailto\r\n:",
        "mailt\xC3\xB3:",
        "\xEF\xBD\x97ww.",
    };

    for (size_t before = 0; before < 62; before++, pool_used = 0) {
        for (size_t i = 0; i < COUNT(live); i++) {
            Message message =
                compose(false, BODY, body(text("%s%s", repeat("-", before, ""), live[i])));

            expect(message, MUGAI_GUARD_INERT_LINKS, R(LINK),
                   text("%s after %zu", live[i], before));
            expect(message, 0, CONFORMS, text("%s after %zu, links kept", live[i], before));
        }
        for (size_t i = 0; i < COUNT(inert); i++)
            expect(compose(false, BODY, body(text("%s%s", repeat("-", before, ""), inert[i]))),
                   MUGAI_GUARD_INERT_LINKS, CONFORMS, text("%s after %zu", inert[i], before));
    }
}

Test(guard, a_link_is_refused_in_every_letter_case)
{
    static const char *const links[] = {"www.", "mailto:"};

    for (size_t i = 0; i < COUNT(links); i++)
        for (unsigned capitals = 0; capitals < 1u << (strlen(links[i]) - 1); capitals++) {
            char *link = text("%s", links[i]);

            for (size_t at = 0; at + 1 < strlen(link); at++)
                link[at] &= (capitals >> at & 1) != 0 ? (char)~0x20 : (char)0x7F;
            expect(compose(false, BODY, body(text("a %s b", link))), MUGAI_GUARD_INERT_LINKS,
                   R(LINK), link);
        }
}

Test(guard, nothing_may_follow_a_message)
{
    Message message = compose(true, SLOTS, "");
    static const char *const tails[] = {
        " ", "a", "\r", "\n", "\r\n", "YQ0K\r\n", "Date: x\r\n", "=", ".\r\n",
    };

    for (size_t i = 0; i < COUNT(tails); i++)
        expect(appended(message, tails[i]), 0, R(BASE64) | R(LINE_END), text("tail %zu", i));
}
