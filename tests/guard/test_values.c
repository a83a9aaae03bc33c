/* test_values.c - section 2: Subject, message ids, fixed values, the fields of mugai */
#include "message.h"

#define BAD_WORD (R(ENCODED_WORD) | R(TEXT) | R(ADDRESS))

Test(guard, encoded_words_have_one_form)
{
    const Case cases[] = {
        /* Base64 comes in fours: of at most 75 octets the longest form has 72, the next one 76. */
        {"72 octets", CONFORMS, word(letters(45))},
        {"72 octets, padded", CONFORMS, word(letters(43))},
        {"76 octets", BAD_WORD, word(letters(46))},
        {"long", BAD_WORD, word(letters(600))},
        {"no padding needed", CONFORMS, "=?UTF-8?B?YWFh?="},
        {"one for padding", CONFORMS, "=?UTF-8?B?YWE=?="},
        {"two for padding", CONFORMS, "=?UTF-8?B?YQ==?="},
        {"spaces", CONFORMS, word(" a b ")},
        {"all of the alphabet", CONFORMS, "=?UTF-8?B?44GC5aSq8J+YgOOAgj8/Pj4+?="},
        {"charset in small letters", BAD_WORD, "=?utf-8?B?YWFh?="},
        {"other charset", BAD_WORD, "=?ISO-2022-JP?B?YWFh?="},
        {"language", BAD_WORD, "=?UTF-8*ja?B?YWFh?="},
        {"encoding in small letters", BAD_WORD, "=?UTF-8?b?YWFh?="},
        {"quoted-printable", BAD_WORD, "=?UTF-8?Q?YWFh?="},
        {"nothing in it", BAD_WORD,
         "=?UTF-8?B?"
         "?="},
        {"padding alone", BAD_WORD, "=?UTF-8?B?====?="},
        {"no padding", BAD_WORD, "=?UTF-8?B?YQ?="},
        {"half the padding", BAD_WORD, "=?UTF-8?B?YQ=?="},
        {"too much padding", BAD_WORD, "=?UTF-8?B?YQ===?="},
        {"padding after a whole", BAD_WORD, "=?UTF-8?B?YWFh====?="},
        {"one character", BAD_WORD, "=?UTF-8?B?Y?="},
        {"five characters", BAD_WORD, "=?UTF-8?B?YWFhY?="},
        {"bits left, two for padding", BAD_WORD, "=?UTF-8?B?YR==?="},
        {"bits left, one for padding", BAD_WORD, "=?UTF-8?B?YWF=?="},
        {"data after padding", BAD_WORD, "=?UTF-8?B?YQ==YWFh?="},
        {"padding inside", BAD_WORD, "=?UTF-8?B?Y=Fh?="},
        {"other alphabet", BAD_WORD, "=?UTF-8?B?YW-_?="},
        {"space inside", BAD_WORD, "=?UTF-8?B?YWFh YWFh?="},
        {"fold inside", BAD_WORD | R(FOLD), "=?UTF-8?B?YWFh\r\n YWFh?="},
        {"no end", BAD_WORD, "=?UTF-8?B?YWFh"},
        {"half an end", BAD_WORD, "=?UTF-8?B?YWFh?"},
        {"no encoding", BAD_WORD, "=?UTF-8?YWFh?="},
        {"question mark too many", BAD_WORD,
         "=?UTF-8?B?YWFh?"
         "?="},
        {"cut in the charset", BAD_WORD, "=?UTF"},
    };

    EXPECT_VALUES(SUBJECT, cases);
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(compose(false, TO, field(TO, text("%s <a@b>", cases[i].value))), 0, cases[i].refused,
               text("display name, %s", cases[i].name));
}

Test(guard, encoded_words_hold_whole_clean_characters)
{
    static const struct {
        const char *name, *first, *second; /* second word: NULL for none */
        bool conforms;
    } cases[] = {
        {"whole", "\xE5\xA4\xAA", "\xE9\x83\x8E", true},
        {"four octets", "\xF0\x9F\x98\x80", NULL, true},
        {"split after one octet", "a\xE5", "\xA4\xAA", false},
        {"split after two octets", "\xE5\xA4", "\xAA", false},
        {"split after three octets", "\xF0\x9F\x98", "\x80", false},
        {"cut at the end", "\xE5\xA4\xAA", "\xE9\x83", false},
        {"continuation alone", "a\x80", NULL, false},
        {"not the shortest form", "\xC1\xA1", NULL, false},
        {"not the shortest form of three", "\xE0\x81\xA1", NULL, false},
        {"surrogate", "\xED\xA0\x80", NULL, false},
        {"past U+10FFFF", "\xF4\x90\x80\x80", NULL, false},
        {"CRLF", "a\r\nb", NULL, false},
        {"LF", "a\nb", NULL, false},
        {"CR", "a\rb", NULL, false},
        {"TAB", "a\tb", NULL, false},
        {"NEL", "a\xC2\x85", NULL, false},
        {"DEL", "a\x7F", NULL, false},
        {"escape", "a\x1B[0m", NULL, false},
        {"zero width space", "a\xE2\x80\x8B", NULL, false},
        {"right-to-left override", "a\xE2\x80\xAExe.txt", NULL, false},
        {"tag", "a\xF3\xA0\x81\xA1", NULL, false},
        {"non-character", "a\xEF\xBF\xBF", NULL, false},
        {"private use", "\xEE\x80\x80\xF3\xB0\x80\x80\xF4\x80\x80\x80", NULL, true},
        {"replacement character", "\xEF\xBF\xBD", NULL, true},
        {"selector after its character", "\xE8\x91\x9B\xF3\xA0\x84\x80", "\xE5\x9F\x8E\xEF\xB8\x80",
         true},
        {"two selectors", "\xE8\x91\x9B\xF3\xA0\x84\x80\xF3\xA0\x84\x81", NULL, false},
        {"selector after a space", "a \xEF\xB8\x80", NULL, false},
        {"selector at the beginning", "\xEF\xB8\x80x", NULL, false},
        /* reading: a word stands for itself, so its selectors follow their characters in it */
        {"selector at the beginning of the second", "\xE8\x91\x9B", "\xF3\xA0\x84\x80", false},
        {"link", "https://www.example.jp/", NULL, true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *words = cases[i].second == NULL
                                ? word(cases[i].first)
                                : text("%s %s", word(cases[i].first), word(cases[i].second));

        expect(compose(false, SUBJECT, field(SUBJECT, words)), 0,
               cases[i].conforms ? CONFORMS : R(ENCODED_WORD), text("Subject, %s", cases[i].name));
        expect(compose(false, CC, field(CC, text("<a@b>, %s <c@d>", words))), 0,
               cases[i].conforms ? CONFORMS : R(ENCODED_WORD) | R(ADDRESS),
               text("Cc, %s", cases[i].name));
    }
    expect(compose(false, SUBJECT, field(SUBJECT, word_of("a\0b", 3))), 0, R(ENCODED_WORD), "NUL");
}

Test(guard, message_ids_have_one_form)
{
    const Case cases[] = {
        {"dot-atoms", CONFORMS, "<a.b@c.d>"},
        {"one octet on each side", CONFORMS, "<a@b>"},
        {"every octet of atext", CONFORMS,
         "<!#$%&'*+-/=?^_`{|}~.09AZaz@!#$%&'*+-/=?^_`{|}~.09AZaz>"},
        {"dots doubled on the left", CONFORMS, "<a..b@c>"},
        {"dot at the beginning", CONFORMS, "<.a@c>"},
        {"dot before the at", CONFORMS, "<a.@c>"},
        {"long label on the right", CONFORMS, text("<a@%s>", letters(100))},
        {"underscore on the right", CONFORMS, "<a@b_c.local>"},
        {"250 octets", CONFORMS, text("<%s@example.jp>", letters(250 - 13))},
        {"251 octets", R(MESSAGE_ID), text("<%s@example.jp>", letters(251 - 13))},
        {"250 octets, the right one long", CONFORMS, text("<a@%s>", letters(250 - 4))},
        {"251 octets, the right one long", R(MESSAGE_ID), text("<a@%s>", letters(251 - 4))},
        {"600 octets", R(MESSAGE_ID), text("<%s@example.jp>", letters(600))},
        {"no brackets", R(MESSAGE_ID), "a@b"},
        {"no opening bracket", R(MESSAGE_ID), "a@b>"},
        {"no closing bracket", R(MESSAGE_ID), "<a@b"},
        {"no at", R(MESSAGE_ID), "<a.b>"},
        {"two at", R(MESSAGE_ID), "<a@b@c>"},
        {"nothing", R(MESSAGE_ID), "<>"},
        {"nothing on the left", R(MESSAGE_ID), "<@b>"},
        {"nothing on the right", R(MESSAGE_ID), "<a@>"},
        {"dots doubled on the right", R(MESSAGE_ID), "<a@b..c>"},
        {"dot after the at", R(MESSAGE_ID), "<a@.b>"},
        {"dot at the end", R(MESSAGE_ID), "<a@b.>"},
        {"domain literal", R(MESSAGE_ID), "<a@[192.0.2.1]>"},
        {"quoted", R(MESSAGE_ID), "<\"a..b\"@c>"},
        {"space", R(MESSAGE_ID), "<a b@c>"},
        {"space at the end", R(MESSAGE_ID), "<a@c >"},
        {"colon", R(MESSAGE_ID), "<a:b@c>"},
        {"comment", R(MESSAGE_ID), "<a@b> (c)"},
        {"text before", R(MESSAGE_ID), "id <a@b>"},
        {"text after", R(MESSAGE_ID), "<a@b>c"},
        {"two brackets", R(MESSAGE_ID), "<<a@b>>"},
        /* reading: dots alone are not "atext with dots" */
        {"a dot on the left", R(MESSAGE_ID), "<.@b>"},
    };
    const Case two[] = {
        {"two ids", R(MESSAGE_ID), "<a@b> <c@d>"},
        {"two ids with a fold", R(MESSAGE_ID) | R(FOLD), "<a@b>\r\n <c@d>"},
    };

    EXPECT_VALUES(MESSAGE_ID, cases);
    EXPECT_VALUES(MESSAGE_ID, two);
    EXPECT_VALUES(IN_REPLY_TO, cases);
    EXPECT_VALUES(REFERENCES, cases);
}

Test(guard, message_ids_are_counted_and_stand_apart)
{
    static const struct {
        Slot slot;
        size_t most;
    } fields[] = {{IN_REPLY_TO, 16}, {REFERENCES, 64}};
    const char *long_id = text("<%s@example.jp>", letters(250 - 13));
    const char *longer_id = text("<%s@example.jp>", letters(251 - 13));

    for (size_t i = 0; i < COUNT(fields); i++) {
        const Case cases[] = {
            {"one", CONFORMS, "<a@b>"},
            {"a space between", CONFORMS, "<a@b> <c@d>"},
            {"a fold between", CONFORMS, "<a@b>\r\n <c@d>"},
            {"as many as there may be, spaces", CONFORMS, repeat("<a@b>", fields[i].most, " ")},
            {"as many as there may be, folds", CONFORMS, repeat(long_id, fields[i].most, "\r\n ")},
            {"one more, spaces", R(MESSAGE_ID), repeat("<a@b>", fields[i].most + 1, " ")},
            {"one more, folds", R(MESSAGE_ID), repeat(long_id, fields[i].most + 1, "\r\n ")},
            {"the second one too long", R(MESSAGE_ID), text("<a@b> %s", longer_id)},
            {"nothing between", R(MESSAGE_ID), "<a@b><c@d>"},
            {"two spaces between", R(MESSAGE_ID), "<a@b>  <c@d>"},
            {"space and fold between", R(MESSAGE_ID) | R(FOLD) | R(FIELD_SPACE),
             "<a@b> \r\n <c@d>"},
            {"comma between", R(MESSAGE_ID), "<a@b>, <c@d>"},
            {"text between", R(MESSAGE_ID), "<a@b> c <d@e>"},
            {"trailing space", R(FIELD_SPACE) | R(MESSAGE_ID), "<a@b> "},
        };

        EXPECT_VALUES(fields[i].slot, cases);
    }
}

Test(guard, list_id_is_a_domain_in_brackets)
{
    const Case cases[] = {
        {"domain", CONFORMS, "<news.example.jp>"},
        {"no brackets", R(VALUE), "news.example.jp"},
        {"name before", R(VALUE), "\"News\" <news.example.jp>"},
        {"text after", R(VALUE), "<news.example.jp>a"},
        {"two", R(VALUE), "<news.example.jp> <b>"},
        {"no end", R(VALUE), "<news.example.jp"},
    };

    EXPECT_VALUES(LIST_ID, cases);
}

Test(guard, fixed_values_are_spelled_exactly)
{
    static const struct {
        Slot slot;
        const char *values[3];
    } fields[] = {
        {AUTO_SUBMITTED, {"auto-generated", "auto-replied", "auto-notified"}},
        {PRECEDENCE, {"bulk", "list", "junk"}},
        {IMPORTANCE, {"high", "normal", "low"}},
        {MIME_VERSION, {"1.0"}},
        {CONTENT_TYPE, {"text/plain; charset=utf-8"}},
        {ENCODING, {"base64"}},
    };

    for (size_t i = 0; i < COUNT(fields); i++)
        for (size_t j = 0; j < COUNT(fields[i].values) && fields[i].values[j] != NULL; j++) {
            const char *value = fields[i].values[j], *other = fields[i].values[(j + 1) % 3];
            char *capital = text("%s", value);
            const Case cases[] = {
                {"as it is", CONFORMS, value},
                {"capital", *value == '1' ? CONFORMS : R(VALUE), capital},
                {"shorter", R(VALUE), text("%.*s", (int)strlen(value) - 1, value)},
                {"without its first", R(VALUE), value + 1},
                {"longer", R(VALUE), text("%sx", value)},
                {"doubled", R(VALUE), text("%s%s", value, value)},
                {"half of it, half of another", R(VALUE) | R(FIELD_SPACE),
                 text("%.*s%s", (int)(strlen(value) / 2), value,
                      other == NULL ? "" : other + strlen(other) / 2)},
                {"semicolon", R(VALUE), text("%s;", value)},
                {"comment", R(VALUE), text("%s (a)", value)},
                {"quoted", R(VALUE), text("\"%s\"", value)},
            };

            *capital &= *value == '1' ? (char)0x7F : (char)~0x20;
            EXPECT_VALUES(fields[i].slot, cases);
        }
}

Test(guard, mime_fields_have_no_other_values)
{
    const Case versions[] = {{"1.1", R(VALUE), "1.1"},
                             {"2.0", R(VALUE), "2.0"},
                             {"1", R(VALUE), "1"}};
    const Case types[] = {
        {"no charset", R(VALUE), "text/plain"},
        {"charset in capitals", R(VALUE), "text/plain; charset=UTF-8"},
        {"charset quoted", R(VALUE), "text/plain; charset=\"utf-8\""},
        {"no space", R(VALUE), "text/plain;charset=utf-8"},
        {"fold", R(VALUE) | R(FOLD), "text/plain;\r\n charset=utf-8"},
        {"format", R(VALUE), "text/plain; charset=utf-8; format=flowed"},
        {"html", R(VALUE), "text/html; charset=utf-8"},
        {"multipart", R(VALUE), "multipart/mixed; boundary=a"},
    };
    const Case encodings[] = {
        {"7bit", R(VALUE), "7bit"},
        {"8bit", R(VALUE), "8bit"},
        {"quoted-printable", R(VALUE), "quoted-printable"},
        {"all capitals", R(VALUE), "BASE64"},
    };
    const Case automatic[] = {{"no", R(VALUE), "no"}};
    const Case precedence[] = {{"first-class", R(VALUE), "first-class"}};

    EXPECT_VALUES(MIME_VERSION, versions);
    EXPECT_VALUES(CONTENT_TYPE, types);
    EXPECT_VALUES(ENCODING, encodings);
    EXPECT_VALUES(AUTO_SUBMITTED, automatic);
    EXPECT_VALUES(PRECEDENCE, precedence);
}

Test(guard, mugai_id_is_a_date_and_ten_characters)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const Case cases[] = {
        {"leap day", CONFORMS, "20280229-00000-00000"},
        {"no leap day", R(MUGAI_ID), "20270229-00000-00000"},
        {"month 0", R(MUGAI_ID), "20260020-00000-00000"},
        {"month 12", CONFORMS, "20261231-00000-00000"},
        {"month 13", R(MUGAI_ID), "20261301-00000-00000"},
        {"day 0", R(MUGAI_ID), "20261100-00000-00000"},
        {"day 31 of November", R(MUGAI_ID), "20261131-00000-00000"},
        {"day 32", R(MUGAI_ID), "20261232-00000-00000"},
        {"seven digits", R(MUGAI_ID), "2026112-00000-00000"},
        {"nine digits", R(MUGAI_ID), "202611201-00000-00000"},
        {"letter in the date", R(MUGAI_ID), "2026112A-00000-00000"},
        {"four characters", R(MUGAI_ID), "20261120-0000-00000"},
        {"six characters", R(MUGAI_ID), "20261120-000000-00000"},
        {"four at the end", R(MUGAI_ID), "20261120-00000-0000"},
        {"six at the end", R(MUGAI_ID), "20261120-00000-000000"},
        {"no dashes", R(MUGAI_ID), "202611200000000000"},
        {"one dash", R(MUGAI_ID), "20261120-0000000000"},
        {"space for a dash", R(MUGAI_ID), "20261120 00000-00000"},
        {"dash at the end", R(MUGAI_ID), "20261120-00000-00000-"},
        {"in brackets", R(MUGAI_ID), "<20261120-00000-00000>"},
        {"date alone", R(MUGAI_ID), "20261120"},
        {"date with dashes", R(MUGAI_ID), "2026-11-20-00000-00000"},
    };
    size_t kept;

    EXPECT_VALUES(MUGAI_ID, cases);
    kept = pool_used;
    for (size_t at = 0; at < 20; at++)
        for (char octet = 0x21; octet < 0x7F; octet++, pool_used = kept) {
            char *id = text("20261120-7K3QX-9ZT4M");
            const char *allowed = at < 8 ? DIGITS : id[at] == '-' ? "-" : alphabet;

            id[at] = octet;
            if (at < 8 && strchr(DIGITS, octet) != NULL)
                continue; /* which dates there are is said above */
            expect(compose(false, MUGAI_ID, field(MUGAI_ID, id)), 0,
                   strchr(allowed, octet) != NULL ? CONFORMS : R(MUGAI_ID), id);
        }
}

Test(guard, mugai_result_is_five_numbers)
{
    static const char *const names[] = {"kept", "converted", "removed", "unreadable", "ambiguous"};
    const Case cases[] = {
        {"zeros", CONFORMS, "profile=1; kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"larger ones", CONFORMS,
         "profile=1; kept=10; converted=9; removed=100; unreadable=10000; ambiguous=1048576"},
        {"profile 2", R(MUGAI_RESULT),
         "profile=2; kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"profile 01", R(MUGAI_RESULT),
         "profile=01; kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"no profile", R(MUGAI_RESULT),
         "kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"order", R(MUGAI_RESULT),
         "profile=1; converted=0; kept=0; removed=0; unreadable=0; ambiguous=0"},
        {"no ambiguous", R(MUGAI_RESULT),
         "profile=1; kept=0; converted=0; removed=0; unreadable=0"},
        {"semicolon at the end", R(MUGAI_RESULT),
         "profile=1; kept=0; converted=0; removed=0; unreadable=0; ambiguous=0;"},
        {"one more", R(MUGAI_RESULT),
         "profile=1; kept=0; converted=0; removed=0; unreadable=0; ambiguous=0; x=0"},
        {"no space", R(MUGAI_RESULT),
         "profile=1;kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"two spaces", R(MUGAI_RESULT),
         "profile=1;  kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"comma", R(MUGAI_RESULT),
         "profile=1, kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
        {"capital", R(MUGAI_RESULT),
         "Profile=1; kept=0; converted=0; removed=0; unreadable=0; ambiguous=0"},
    };
    static const char *const numbers[] = {"",    "-1", "+1", "00", "01",    "1.0",
                                          "0x1", "a",  "1 ", " 1", "1,000", "1a"};

    EXPECT_VALUES(MUGAI_RESULT, cases);
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < COUNT(numbers); j++) {
            const char *value = slots[MUGAI_RESULT].value,
                       *at = strstr(value, names[i]) + strlen(names[i]) + 1;
            const char *made = text("%.*s%s%s", (int)(at - value), value, numbers[j],
                                    at + strspn(at, "0123456789"));

            expect(compose(false, MUGAI_RESULT, field(MUGAI_RESULT, made)), 0,
                   R(MUGAI_RESULT) | R(FIELD_SPACE), made);
        }
}

static const char *
seal(const char *key, const char *time, const char *signature)
{
    return text("version=1; key=%s; time=%s; signature=%s", key, time, signature);
}

Test(guard, a_seal_is_version_key_time_and_signature)
{
    const char *right = slots[MUGAI_SEAL].value;
    const Case cases[] = {
        {"a seal", CONFORMS, seal(SEAL_KEY, "1795107600", SEAL_SIGNATURE)},
        {"version 2", R(SEAL), text("version=2%s", right + 9)},
        {"version 01", R(SEAL), text("version=01%s", right + 9)},
        {"no version", R(SEAL), right + strlen("version=1; ")},
        {"no key", R(SEAL), "version=1; time=1; signature=" SEAL_SIGNATURE},
        {"no time", R(SEAL), "version=1; key=" SEAL_KEY "; signature=" SEAL_SIGNATURE},
        {"no signature", R(SEAL), "version=1; key=" SEAL_KEY "; time=1"},
        {"ends after signature=", R(SEAL), "version=1; key=" SEAL_KEY "; time=1; signature="},
        {"key and time swapped", R(SEAL),
         "version=1; time=1; key=" SEAL_KEY "; signature=" SEAL_SIGNATURE},
        {"time after the signature", R(SEAL),
         "version=1; key=" SEAL_KEY "; signature=" SEAL_SIGNATURE "; time=1"},
        {"semicolon at the end", R(SEAL), text("%s;", right)},
        {"one part more", R(SEAL), text("%s; x=1", right)},
        {"signature twice", R(SEAL), text("%s; signature=%s", right, SEAL_SIGNATURE)},
        {"the letters of the form", R(SEAL), "version=1; key=K; time=T; signature=S"},
        {"space in front", R(SEAL) | R(FIELD_SPACE), text(" %s", right)},
        {"space behind", R(SEAL) | R(FIELD_SPACE), text("%s ", right)},
    };
    size_t kept;

    EXPECT_VALUES(MUGAI_SEAL, cases);
    /* No octet between the parts may be another one. */
    kept = pool_used;
    for (size_t at = 0; at < strlen(SEAL_BEGIN); at++)
        for (char octet = 0x20; octet < 0x7F; octet++, pool_used = kept) {
            char *value = text("%s", right), was = value[at];
            bool in_part = (at >= 15 && at < 31) || (at >= 38 && at < 48);

            value[at] = octet;
            if (!in_part && octet != was)
                expect(compose(false, MUGAI_SEAL, field(MUGAI_SEAL, value)), 0,
                       R(SEAL) | R(FIELD_SPACE), value);
        }
}

Test(guard, the_key_of_a_seal_is_sixteen_lower_case_hexadecimal_digits)
{
    static const char *const wrong[] = {"",
                                        "0",
                                        "0123456789abcde",
                                        "0123456789abcdef0",
                                        "0123456789abcdef0123456789abcdef",
                                        "0123456789ABCDEF",
                                        "0123456789abcdeF",
                                        "0x23456789abcdef"};
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < COUNT(wrong); i++)
        expect(compose(false, MUGAI_SEAL, field(MUGAI_SEAL, seal(wrong[i], "1", SEAL_SIGNATURE))),
               0, R(SEAL), text("key '%s'", wrong[i]));
    for (size_t at = 0; at < 16; at += 5)
        for (char octet = 0x20; octet < 0x7F; octet++) {
            char *key = text("%s", SEAL_KEY);

            key[at] = octet;
            expect(compose(false, MUGAI_SEAL, field(MUGAI_SEAL, seal(key, "1", SEAL_SIGNATURE))), 0,
                   strchr(digits, octet) != NULL ? CONFORMS : R(SEAL), key);
        }
}

Test(guard, the_time_of_a_seal_is_a_number_of_up_to_eleven_digits)
{
    static const char *const right[] = {"1",          "9",           "10",
                                        "100",        "20",          "1795107600",
                                        "9999999999", "10000000000", "99999999999"};
    static const char *const wrong[] = {"",   "0",  "00", "01",   "000000000001", "100000000000",
                                        "-1", "+1", "1.", "1e9",  "0x1",          "a",
                                        "1a", " 1", "1 ", "1,000"};

    for (size_t i = 0; i < COUNT(right); i++)
        expect(compose(false, MUGAI_SEAL,
                       field(MUGAI_SEAL, seal(SEAL_KEY, right[i], SEAL_SIGNATURE))),
               0, CONFORMS, text("time %s", right[i]));
    for (size_t i = 0; i < COUNT(wrong); i++)
        expect(compose(false, MUGAI_SEAL,
                       field(MUGAI_SEAL, seal(SEAL_KEY, wrong[i], SEAL_SIGNATURE))),
               0, R(SEAL), text("time '%s'", wrong[i]));
    for (char octet = 0x20; octet < 0x7F; octet++) {
        bool digit = strchr(DIGITS, octet) != NULL;

        expect(compose(false, MUGAI_SEAL,
                       field(MUGAI_SEAL, seal(SEAL_KEY, text("%c", octet), SEAL_SIGNATURE))),
               0, digit && octet != '0' ? CONFORMS : R(SEAL), text("time '%c'", octet));
        expect(compose(false, MUGAI_SEAL,
                       field(MUGAI_SEAL, seal(SEAL_KEY, text("1%c5", octet), SEAL_SIGNATURE))),
               0, digit ? CONFORMS : R(SEAL), text("time '1%c5'", octet));
    }
}

/* The signature of a seal with @octet at @at. */
static Message
with_signature_octet(size_t at, char octet)
{
    char *signature = text("%s", SEAL_SIGNATURE);

    signature[at] = octet;
    return compose(false, MUGAI_SEAL, field(MUGAI_SEAL, seal(SEAL_KEY, "1", signature)));
}

Test(guard, the_signature_of_a_seal_is_64_octets_in_base64)
{
    static const char *const alphabet = LETTERS DIGITS "+/";
    static const size_t lengths[] = {0, 1, 3, 32, 48, 60, 61, 62, 63, 65, 66, 67, 128};
    char octets[128];
    size_t kept;

    /* Any 64 octets conform, no other number does. */
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (char)(0xFF - 37 * i);
    for (size_t at = 0; at + 64 <= sizeof(octets); at++)
        expect(compose(false, MUGAI_SEAL,
                       field(MUGAI_SEAL, seal(SEAL_KEY, "1", base64(octets + at, 64)))),
               0, CONFORMS, text("octets from %zu", at));
    for (size_t i = 0; i < COUNT(lengths); i++)
        expect(compose(false, MUGAI_SEAL,
                       field(MUGAI_SEAL, seal(SEAL_KEY, "1", base64(octets, lengths[i])))),
               0, R(SEAL), text("%zu octets", lengths[i]));
    /* Each place has its alphabet; four bits of the last character before the padding are zero. */
    kept = pool_used;
    for (size_t at = 0; at < 88; at++)
        for (char octet = 0x20; octet < 0x7F; octet++, pool_used = kept) {
            const char *allowed = at < 85 ? alphabet : at == 85 ? "AQgw" : "=";

            expect(with_signature_octet(at, octet), 0,
                   strchr(allowed, octet) != NULL ? CONFORMS : R(SEAL) | R(FIELD_SPACE),
                   text("'%c' at %zu of the signature", octet, at));
        }
}

Test(guard, the_padding_of_a_signature_is_two_octets)
{
    const char *bare = text("%.86s", SEAL_SIGNATURE);
    const Case cases[] = {
        {"none", R(SEAL), seal(SEAL_KEY, "1", bare)},
        {"one", R(SEAL), seal(SEAL_KEY, "1", text("%s=", bare))},
        {"three", R(SEAL), seal(SEAL_KEY, "1", text("%s===", bare))},
        {"four", R(SEAL), seal(SEAL_KEY, "1", text("%s====", bare))},
        {"three after 85", R(SEAL), seal(SEAL_KEY, "1", text("%.85s===", bare))},
        {"octets in place of it", R(SEAL), seal(SEAL_KEY, "1", text("%sAA", bare))},
        {"octets after it", R(SEAL), seal(SEAL_KEY, "1", SEAL_SIGNATURE "AAAA")},
        {"URL's alphabet", R(SEAL), seal(SEAL_KEY, "1", text("-_%.84s==", bare))},
    };

    EXPECT_VALUES(MUGAI_SEAL, cases);
}

Test(guard, a_seal_stands_once_behind_every_other_own_field)
{
    const char *line = base_lines(MUGAI_SEAL, true);

    for (Slot slot = DATE; slot <= MUGAI_RESULT; slot++)
        expect(compose(false, slot, text("%s%s", line, field(slot, slots[slot].value))), 0,
               R(FIELD_ORDER) | R(FIELD_MISSING), text("a seal before %s", slots[slot].name));
    expect(compose(false, TRACE, line), 0, R(FIELD_ORDER), "a seal at the beginning");
    expect(compose(false, TRACE, text("%s%s", line, base_lines(TRACE, true))), 0, R(FIELD_ORDER),
           "a seal before a trace field");
    expect(compose(false, MUGAI_SEAL, text("%s%s", line, line)), 0, R(FIELD_ORDER), "two seals");
    expect(compose(false, MUGAI_SEAL,
                   text("%s%s", line,
                        field(MUGAI_SEAL, "version=1; key=fedcba9876543210; time=2; "
                                          "signature=" SEAL_SIGNATURE))),
           0, R(FIELD_ORDER), "two seals of two keys");
}

/* Relays fold what is theirs; a seal they must not. */
Test(guard, a_seal_stands_on_one_line_even_when_relayed)
{
    const char *value = slots[MUGAI_SEAL].value;
    static const char *const blanks[] = {" ", "\t"};

    for (size_t i = 0; i < COUNT(blanks); i++)
        for (size_t at = 0; at < strlen(value); at++) {
            const char *rest = value[at] == ' ' ? value + at + 1 : value + at;
            const char *folded = text("%.*s\r\n%s%s", (int)at, value, blanks[i], rest);

            expect(compose(false, MUGAI_SEAL, field(MUGAI_SEAL, folded)), MUGAI_GUARD_RELAYED,
                   R(FOLD) | R(FIELD_SPACE) | R(SEAL) | R(OCTET), text("folded at %zu", at));
        }
}
