/* test_addresses.c - section 2: dates and addresses */
#include "message.h"

/* 2 Header fields: values ---------------------------------------------------------------------- */

Test(guard, date_is_a_full_date_time)
{
    const Case cases[] = {
        {"leap day", CONFORMS, "Tue, 29 Feb 2028 23:59:59 +0900"},
        {"leap day of a century", CONFORMS, "Tue, 29 Feb 2000 00:00:00 +0000"},
        {"leap second", CONFORMS, "Sat, 31 Dec 2016 23:59:60 +0000"},
        {"first year", CONFORMS, "Mon, 01 Jan 1900 00:00:00 +0000"},
        {"epoch", CONFORMS, "Thu, 01 Jan 1970 00:00:00 -0000"},
        {"last year", CONFORMS, "Fri, 31 Dec 9999 23:59:59 +1400"},
        {"west", CONFORMS, "Fri, 20 Nov 2026 10:00:00 -1130"},
        {"zone's largest minute", CONFORMS, "Fri, 20 Nov 2026 10:00:00 +0959"},
        {"zone's minute 60", R(DATE), "Fri, 20 Nov 2026 10:00:00 +0960"},
        {"no weekday", R(DATE), "20 Nov 2026 10:00:00 +0900"},
        {"no seconds", R(DATE), "Fri, 20 Nov 2026 10:00 +0900"},
        {"no zone", R(DATE), "Fri, 20 Nov 2026 10:00:00"},
        {"no zone but its space", R(DATE) | R(FIELD_SPACE), "Fri, 20 Nov 2026 10:00:00 "},
        {"zone by name", R(DATE), "Fri, 20 Nov 2026 10:00:00 GMT"},
        {"zone of three digits", R(DATE), "Fri, 20 Nov 2026 10:00:00 +090"},
        {"zone of five digits", R(DATE), "Fri, 20 Nov 2026 10:00:00 +09000"},
        {"zone with a colon", R(DATE), "Fri, 20 Nov 2026 10:00:00 +09:00"},
        {"zone without a sign", R(DATE), "Fri, 20 Nov 2026 10:00:00 0900"},
        {"zone after two spaces", R(DATE), "Fri, 20 Nov 2026 10:00:00  +0900"},
        {"comment", R(DATE), "Fri, 20 Nov 2026 10:00:00 +0900 (JST)"},
        {"one-digit day", R(DATE), "Sun, 1 Nov 2026 10:00:00 +0900"},
        {"day after two spaces", R(DATE), "Sun,  1 Nov 2026 10:00:00 +0900"},
        {"no space after the comma", R(DATE), "Fri,20 Nov 2026 10:00:00 +0900"},
        {"no comma", R(DATE), "Fri 20 Nov 2026 10:00:00 +0900"},
        {"day 0", R(DATE), "Sat, 00 Nov 2026 10:00:00 +0900"},
        {"day 30 of November", CONFORMS, "Mon, 30 Nov 2026 10:00:00 +0900"},
        {"day 31 of November", R(DATE), "Tue, 31 Nov 2026 10:00:00 +0900"},
        {"day 31 of January", CONFORMS, "Sat, 31 Jan 2026 10:00:00 +0900"},
        {"day 32", R(DATE), "Sun, 32 Jan 2026 10:00:00 +0900"},
        {"no leap day", R(DATE), "Mon, 29 Feb 2027 10:00:00 +0900"},
        {"no leap day in a century", R(DATE), "Mon, 29 Feb 2100 10:00:00 +0900"},
        {"February 30", R(DATE), "Wed, 30 Feb 2028 10:00:00 +0900"},
        {"another day of the week", R(DATE), "Thu, 20 Nov 2026 10:00:00 +0900"},
        {"no day of the week", R(DATE), "Fre, 20 Nov 2026 10:00:00 +0900"},
        {"long day of the week", R(DATE), "Friday, 20 Nov 2026 10:00:00 +0900"},
        {"no month", R(DATE), "Fri, 20 Nev 2026 10:00:00 +0900"},
        {"month as a number", R(DATE), "Fri, 20 11 2026 10:00:00 +0900"},
        {"long month", R(DATE), "Fri, 20 November 2026 10:00:00 +0900"},
        {"two-digit year", R(DATE), "Fri, 20 Nov 26 10:00:00 +0900"},
        {"three-digit year", R(DATE), "Fri, 20 Nov 126 10:00:00 +0900"},
        {"before 1900", R(DATE), "Sun, 31 Dec 1899 10:00:00 +0900"},
        {"hour 23", CONFORMS, "Fri, 20 Nov 2026 23:00:00 +0900"},
        {"hour 24", R(DATE), "Fri, 20 Nov 2026 24:00:00 +0900"},
        {"minute 60", R(DATE), "Fri, 20 Nov 2026 10:60:00 +0900"},
        {"second 61", R(DATE), "Fri, 20 Nov 2026 10:00:61 +0900"},
        {"one-digit hour", R(DATE), "Fri, 20 Nov 2026 9:00:00 +0900"},
        {"one-digit minute", R(DATE), "Fri, 20 Nov 2026 10:0:00 +0900"},
        {"ISO 8601", R(DATE), "2026-11-20T10:00:00+09:00"},
        /* reading: names as RFC 5322 spells them, a year of four digits */
        {"day in small letters", R(DATE), "fri, 20 Nov 2026 10:00:00 +0900"},
        {"month in capitals", R(DATE), "Fri, 20 NOV 2026 10:00:00 +0900"},
        {"five-digit year", R(DATE), "Fri, 20 Nov 12026 10:00:00 +0900"},
    };

    EXPECT_VALUES(DATE, cases);
}

Test(guard, every_day_of_400_years_has_its_day_of_the_week)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    Message before = compose(false, DATE, "");
    unsigned weekday = 0; /* 1 January 1900 was a Monday */
    size_t kept = pool_used;

    for (unsigned year = 1900; year < 2300; year++)
        for (unsigned month = 0; month < 12; month++) {
            bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

            for (unsigned day = 1; day <= lengths[month] + (month == 1 && leap);
                 day++, weekday = (weekday + 1) % 7) {
                const char *rest = text("%02u %s %u 10:00:00 +0900\r\n", day, months[month], year);
                const char *date = text("Date: %s, %s", days[weekday], rest);
                const char *wrong = text("Date: %s, %s", days[(weekday + 1 + day % 6) % 7], rest);

                if (!judge_whole(spliced(before, 0, 0, date, strlen(date)), 0).conforms)
                    cr_assert(false, "refused: %s", date);
                if (judge_whole(spliced(before, 0, 0, wrong, strlen(wrong)), 0).conforms)
                    cr_assert(false, "accepted: %s", wrong);
                pool_used = kept;
            }
        }
}

Test(guard, an_address_is_an_addr_spec_with_or_without_a_display_name)
{
    const Case cases[] = {
        {"addr-spec", CONFORMS, "<taro@example.jp>"},
        {"quoted name", CONFORMS, "\"Taro\" <taro@example.jp>"},
        {"every octet of a quoted name", CONFORMS,
         "\" !#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~\" <taro@example.jp>"},
        {"name that looks like an address", CONFORMS, "\"jiro@example.jp\" <taro@example.jp>"},
        {"encoded word", CONFORMS, text("%s <taro@example.jp>", word("\xE5\xA4\xAA\xE9\x83\x8E"))},
        {"two words, a space between", CONFORMS,
         text("%s %s <taro@example.jp>", word("a"), word("b"))},
        {"two words, a fold between", CONFORMS,
         text("%s\r\n %s <taro@example.jp>", word("a"), word("b"))},
        {"two words, nothing between", R(ADDRESS) | R(ENCODED_WORD),
         text("%s%s <taro@example.jp>", word("a"), word("b"))},
        {"two words, two spaces between", R(ADDRESS),
         text("%s  %s <taro@example.jp>", word("a"), word("b"))},
        {"addr-spec without brackets", R(ADDRESS), "taro@example.jp"},
        {"atoms for a name", R(ADDRESS), "Taro <taro@example.jp>"},
        {"backslash in a name", R(ADDRESS), "\"Ta\\ro\" <taro@example.jp>"},
        {"quoted quote in a name", R(ADDRESS), "\"Ta\\\"ro\" <taro@example.jp>"},
        {"quote in a name", R(ADDRESS), "\"Ta\"ro\" <taro@example.jp>"},
        {"name without its end", R(ADDRESS), "\"Taro <taro@example.jp>"},
        {"name without an address", R(ADDRESS), "\"Taro\""},
        {"name and a space", R(ADDRESS) | R(FIELD_SPACE), "\"Taro\" "},
        {"no space after the name", R(ADDRESS), "\"Taro\"<taro@example.jp>"},
        {"two spaces after the name", R(ADDRESS), "\"Taro\"  <taro@example.jp>"},
        {"no space after the word", R(ADDRESS) | R(ENCODED_WORD),
         text("%s<taro@example.jp>", word("a"))},
        {"two spaces after the word", R(ADDRESS), text("%s  <taro@example.jp>", word("a"))},
        {"word and quoted name", R(ADDRESS), text("%s \"a\" <taro@example.jp>", word("a"))},
        {"quoted name and word", R(ADDRESS), text("\"a\" %s <taro@example.jp>", word("a"))},
        {"two quoted names", R(ADDRESS), "\"a\" \"b\" <taro@example.jp>"},
        {"word and atom", R(ADDRESS), text("%s a <taro@example.jp>", word("a"))},
        {"comment after", R(ADDRESS), "<taro@example.jp> (Taro)"},
        {"comment before", R(ADDRESS), "(Taro) <taro@example.jp>"},
        {"route", R(ADDRESS), "<@relay.example.jp:taro@example.jp>"},
        {"group", R(ADDRESS), "Team: <taro@example.jp>;"},
        {"undisclosed recipients", R(ADDRESS), "undisclosed-recipients:;"},
        {"two brackets", R(ADDRESS), "<<taro@example.jp>>"},
        {"no closing bracket", R(ADDRESS), "<taro@example.jp"},
        {"no opening bracket", R(ADDRESS), "taro@example.jp>"},
        {"text after", R(ADDRESS), "<taro@example.jp>a"},
        /* reading: "one space" is not "one space or fold"; nor are folds in quotes named */
        {"fold after the name", R(ADDRESS) | R(FOLD), "\"Taro\"\r\n <taro@example.jp>"},
        {"fold after the word", R(ADDRESS) | R(FOLD), text("%s\r\n <taro@example.jp>", word("a"))},
        {"fold in a quoted name", R(ADDRESS) | R(FOLD), "\"Taro\r\n Yamada\" <taro@example.jp>"},
        /* reading: a name of nothing is no name */
        {"empty name", R(ADDRESS), "\"\" <taro@example.jp>"},
    };

    EXPECT_VALUES(FROM, cases);
}

Test(guard, a_local_part_is_a_dot_atom_or_where_that_does_not_fit_quoted)
{
    const Case cases[] = {
        {"every octet of atext", CONFORMS, "<!#$%&'*+-/=?^_`{|}~.09AZaz@example.jp>"},
        {"one octet", CONFORMS, "<a@example.jp>"},
        {"dots doubled, quoted", CONFORMS, "<\"taro..yamada\"@example.jp>"},
        {"dot at the end, quoted", CONFORMS, "<\"taro.\"@example.jp>"},
        {"dot at the beginning, quoted", CONFORMS, "<\".taro\"@example.jp>"},
        {"space, quoted", CONFORMS, "<\"taro yamada\"@example.jp>"},
        {"every octet of atext, quoted", CONFORMS, "<\"!#$%&'*+-/=?^_`{|}~..09AZaz\"@example.jp>"},
        {"dots doubled", R(ADDRESS), "<taro..yamada@example.jp>"},
        {"dot at the end", R(ADDRESS), "<taro.@example.jp>"},
        {"dot at the beginning", R(ADDRESS), "<.taro@example.jp>"},
        {"space", R(ADDRESS), "<taro yamada@example.jp>"},
        {"dot-atom, quoted", R(ADDRESS), "<\"taro.yamada\"@example.jp>"},
        {"atom, quoted", R(ADDRESS), "<\"taro\"@example.jp>"},
        {"quoted at, quoted", R(ADDRESS), "<\"taro@ya..\"@example.jp>"},
        {"parenthesis, quoted", R(ADDRESS), "<\"taro(..\"@example.jp>"},
        {"comma, quoted", R(ADDRESS), "<\"taro,..\"@example.jp>"},
        {"colon, quoted", R(ADDRESS), "<\"taro:..\"@example.jp>"},
        {"bracket, quoted", R(ADDRESS), "<\"taro<..\"@example.jp>"},
        {"backslash, quoted", R(ADDRESS), "<\"taro\\..\"@example.jp>"},
        {"quote, quoted", R(ADDRESS), "<\"taro\"..\"@example.jp>"},
        {"quoted without its end", R(ADDRESS), "<\"taro..@example.jp>"},
        {"quoted and atom", R(ADDRESS), "<\"taro..\"yamada@example.jp>"},
        {"fold, quoted", R(ADDRESS) | R(FOLD), "<\"taro\r\n yamada\"@example.jp>"},
        {"colon", R(ADDRESS), "<taro:yamada@example.jp>"},
        {"parenthesis", R(ADDRESS), "<taro(a)@example.jp>"},
        {"none", R(ADDRESS), "<@example.jp>"},
        {"no at", R(ADDRESS), "<taro>"},
        {"nothing", R(ADDRESS), "<>"},
        {"two at", R(ADDRESS), "<taro@yamada@example.jp>"},
        {"space before the at", R(ADDRESS), "<taro @example.jp>"},
        {"space at the beginning", R(ADDRESS), "< taro@example.jp>"},
        /* reading: nothing in quotes is no local part */
        {"nothing, quoted", R(ADDRESS), "<\"\"@example.jp>"},
    };

    EXPECT_VALUES(FROM, cases);
}

/* Every printable octet at one place of a value: those of the alphabet conform, no other does. */
Test(guard, each_part_of_a_value_has_its_alphabet)
{
    static const struct {
        Slot slot;
        const char *before, *after, *alphabet, *not_alphabet; /* one of the two is NULL */
    } places[] = {
        {FROM, "<a", "z@b>", ATEXT ".", NULL},
        {FROM, "<", "@b>", ATEXT, NULL},
        {FROM, "<\"a..", "z\"@b>", ATEXT ". ", NULL},
        {FROM, "<a@b", "c>", LETTERS DIGITS "-.", NULL},
        {FROM, "<a@", "c>", LETTERS DIGITS, NULL},
        {FROM, "<a@b", ">", LETTERS DIGITS, NULL},
        {FROM, "\"a", "b\" <a@b>", NULL, "\"\\"},
        {FROM, "\"", "\" <a@b>", NULL, "\"\\"},
        {MESSAGE_ID, "<a", "z@b>", ATEXT ".", NULL},
        {MESSAGE_ID, "<", "@b>", ATEXT, NULL},
        {MESSAGE_ID, "<a@b", "c>", ATEXT ".", NULL},
        {MESSAGE_ID, "<a@", "c>", ATEXT, NULL},
        {MESSAGE_ID, "<a@b", ">", ATEXT, NULL},
        {LIST_ID, "<a", "b>", LETTERS DIGITS "-.", NULL},
        {LIST_ID, "<", "b>", LETTERS DIGITS, NULL},
        {LIST_ID, "<b", ">", LETTERS DIGITS, NULL},
        {SUBJECT, "a", "z", NULL, ""},
        /* Of base64, the six bits that begin a printable octet. */
        {SUBJECT, "=?UTF-8?B?", "mFh?=", "IJKLMNOPQRSTUVWXYZabcdef", NULL},
    };

    for (size_t i = 0; i < COUNT(places); i++)
        for (char octet = 0x20; octet < 0x7F; octet++) {
            const char *value = text("%s%c%s", places[i].before, octet, places[i].after);
            bool conforms = places[i].alphabet != NULL
                                ? strchr(places[i].alphabet, octet) != NULL
                                : strchr(places[i].not_alphabet, octet) == NULL;

            expect(compose(false, places[i].slot, field(places[i].slot, value)), 0,
                   conforms ? CONFORMS : ~CONFORMS, value);
        }
}

/* reading: see date_is_a_full_date_time. A digit may stand for a digit, '-' for '+', no more. */
Test(guard, no_octet_of_a_fixed_form_may_be_another_one)
{
    static const Slot fixed[] = {DATE,         AUTO_SUBMITTED, PRECEDENCE, IMPORTANCE,
                                 MIME_VERSION, CONTENT_TYPE,   ENCODING,   MUGAI_RESULT};
    size_t kept = pool_used;

    for (size_t i = 0; i < COUNT(fixed); i++)
        for (size_t at = 0; at < strlen(slots[fixed[i]].value); at++)
            for (char octet = 0x20; octet < 0x7F; octet++, pool_used = kept) {
                char *value = text("%s", slots[fixed[i]].value), was = value[at];
                bool by_digits = (fixed[i] == DATE || fixed[i] == MUGAI_RESULT) &&
                                 strchr(DIGITS, was) != NULL && strchr(DIGITS, octet) != NULL;

                value[at] = octet;
                if (octet != was && !by_digits && !(was == '+' && octet == '-'))
                    expect(compose(false, fixed[i], field(fixed[i], value)), 0,
                           slots[fixed[i]].own_rule | R(FIELD_SPACE), value);
            }
}

/* @octets: of the whole addr-spec. */
static char *
addr_spec(const char *local, size_t octets)
{
    const char *labels = text("%s.%s.%s", letters(60), letters(60), letters(40));

    return text("%s@%s.%s", local, labels, letters(octets - strlen(local) - strlen(labels) - 2));
}

Test(guard, an_addr_spec_has_254_octets_at_most)
{
    const char *local = letters(64);
    const Case cases[] = {
        {"254", CONFORMS, text("<%s>", addr_spec(local, 254))},
        {"255", R(ADDRESS), text("<%s>", addr_spec(local, 255))},
        {"254 after a name", CONFORMS, text("\"Taro Yamada\" <%s>", addr_spec(local, 254))},
        {"255 after a name", R(ADDRESS), text("\"Taro Yamada\" <%s>", addr_spec(local, 255))},
        {"254 with quotes", CONFORMS, text("<%s>", addr_spec(text("\"%s..\"", letters(60)), 254))},
        {"255 with quotes", R(ADDRESS),
         text("<%s>", addr_spec(text("\"%s..\"", letters(60)), 255))},
        {"254 as the second", CONFORMS, text("<a@b>, <%s>", addr_spec(local, 254))},
        {"255 as the second", R(ADDRESS), text("<a@b>, <%s>", addr_spec(local, 255))},
        {"600", R(ADDRESS), text("<%s@%s>", local, repeat(letters(60), 9, "."))},
        {"local part of 600", R(ADDRESS), text("<%s@example.jp>", letters(600))},
    };

    EXPECT_VALUES(FROM, cases);
}

/* Domains as they stand in addresses and in List-Id. */
static const struct {
    const char *name, *domain;
    bool conforms;
} domains[] = {
    {"labels", "mx-1.example.lg.jp", true},
    {"capitals", "MX.Example.JP", true},
    {"digits", "123.4", true},
    {"one label", "localhost", true},
    {"one octet", "a", true},
    {"A-label", "xn--wgv71a119e.xn--jvrz9z", true},
    {"hyphens", "a--b.c-d", true},
    {"label of 63", "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg0.jp", true},
    {"label of 63 at the end", "a.aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg0",
     true},
    {"label of 64", "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg01.jp", false},
    {"label of 64 at the end", "a.aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg01",
     false},
    {"nothing", "", false},
    {"dot", ".", false},
    {"dot at the beginning", ".example.jp", false},
    {"dot at the end", "example.jp.", false},
    {"dots doubled", "example..jp", false},
    {"hyphen at the beginning", "-example.jp", false},
    {"hyphen at the end of a label", "example-.jp", false},
    {"hyphen at the beginning of the last", "example.-jp", false},
    {"hyphen at the end", "example.jp-", false},
    {"hyphen alone", "a.-.jp", false},
    {"A-label's mark alone", "xn--.jp", false},
    {"underscore", "ex_ample.jp", false},
    {"literal", "[192.0.2.1]", false},
    {"space", "example .jp", false},
    {"colon", "example.jp:25", false},
    {"comment", "example.jp(a)", false},
    {"at", "a@b", false},
};

Test(guard, a_domain_is_ldh_labels)
{
    for (size_t i = 0; i < COUNT(domains); i++) {
        const char *address = field(FROM, text("<taro@%s>", domains[i].domain));
        const char *list = field(LIST_ID, text("<%s>", domains[i].domain));

        expect(compose(false, FROM, address), 0, domains[i].conforms ? CONFORMS : R(ADDRESS),
               text("From, %s", domains[i].name));
        expect(compose(false, LIST_ID, list), 0, domains[i].conforms ? CONFORMS : R(VALUE),
               text("List-Id, %s", domains[i].name));
    }
}

Test(guard, between_addresses_stand_a_comma_and_a_space_or_fold)
{
    const Case cases[] = {
        {"comma and space", CONFORMS, "<a@b>, <c@d>"},
        {"comma and fold", CONFORMS, "<a@b>,\r\n <c@d>"},
        {"with names", CONFORMS,
         "\"A\" <a@b>,\r\n \"C\" <c@d>, =?UTF-8?B?YQ==?= <e@f>,\r\n =?UTF-8?B?YQ==?= <g@h>"},
        {"comma alone", R(ADDRESS), "<a@b>,<c@d>"},
        {"comma and two spaces", R(ADDRESS), "<a@b>,  <c@d>"},
        {"space before the comma", R(ADDRESS), "<a@b> , <c@d>"},
        {"space alone", R(ADDRESS), "<a@b> <c@d>"},
        {"nothing", R(ADDRESS), "<a@b><c@d>"},
        {"fold alone", R(ADDRESS) | R(FOLD), "<a@b>\r\n <c@d>"},
        {"fold before the comma", R(ADDRESS) | R(FOLD), "<a@b>\r\n , <c@d>"},
        {"comma, space and fold", R(ADDRESS) | R(FOLD) | R(FIELD_SPACE), "<a@b>, \r\n <c@d>"},
        {"two commas", R(ADDRESS), "<a@b>,, <c@d>"},
        {"empty address", R(ADDRESS), "<a@b>, , <c@d>"},
        {"semicolon", R(ADDRESS), "<a@b>; <c@d>"},
        {"comma at the end", R(ADDRESS), "<a@b>,"},
        {"comma and space at the end", R(ADDRESS) | R(FIELD_SPACE), "<a@b>, "},
        {"comma at the beginning", R(ADDRESS), ", <a@b>"},
    };

    EXPECT_VALUES(FROM, cases);
    EXPECT_VALUES(TO, cases);
}

Test(guard, addresses_are_counted)
{
    static const struct {
        Slot slot;
        size_t most;
    } fields[] = {{FROM, 16}, {SENDER, 1}, {REPLY_TO, 16}, {TO, 1000}, {CC, 1000}};

    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *more = repeat("<a@example.jp>", fields[i].most + 1, ",\r\n ");
        const Case cases[] = {
            {"one", CONFORMS, "<a@example.jp>"},
            {"as many as there may be", CONFORMS,
             repeat("<a@example.jp>", fields[i].most, ",\r\n ")},
            {"one more", R(ADDRESS_COUNT), more},
            {"twice as many", R(ADDRESS_COUNT), text("%s, %s", more, more)},
        };

        EXPECT_VALUES(fields[i].slot, cases);
    }
}

Test(guard, undisclosed_recipients_stand_in_to_and_cc_alone)
{
    const Case allowed[] = {
        {"as it is", CONFORMS, "undisclosed-recipients:;"},
        {"capital", R(ADDRESS), "Undisclosed-recipients:;"},
        {"space", R(ADDRESS), "undisclosed-recipients: ;"},
        {"no semicolon", R(ADDRESS), "undisclosed-recipients:"},
        {"no colon", R(ADDRESS), "undisclosed-recipients;"},
        {"shorter", R(ADDRESS), "undisclosed-recipient:;"},
        {"more after it", R(ADDRESS), "undisclosed-recipients:;;"},
        {"an address after it", R(ADDRESS), "undisclosed-recipients:;, <a@b>"},
        {"an address in it", R(ADDRESS), "undisclosed-recipients:<a@b>;"},
        {"an address before it", R(ADDRESS), "<a@b>, undisclosed-recipients:;"},
    };
    const Case refused[] = {{"undisclosed", R(ADDRESS), "undisclosed-recipients:;"}};

    EXPECT_VALUES(TO, allowed);
    EXPECT_VALUES(CC, allowed);
    EXPECT_VALUES(FROM, refused);
    EXPECT_VALUES(SENDER, refused);
    EXPECT_VALUES(REPLY_TO, refused);
}

Test(guard, a_subject_is_plain_ascii_or_encoded_words_alone)
{
    const char *a = word("a");
    const Case cases[] = {
        {"plain", CONFORMS, "Hello, world"},
        {"one octet", CONFORMS, "a"},
        {"equals sign alone", CONFORMS, "="},
        {"equals sign and question mark apart", CONFORMS, "a= ?b ?= ="},
        {"end of a word", CONFORMS, "a?="},
        {"spaces between", CONFORMS, "a  b   c"},
        {"every octet", CONFORMS, "!\"#$%&'()*+,-./09:;<=>@AZ[\\]^_`az{|}~ ?"},
        {"word", CONFORMS, a},
        {"words, a space between", CONFORMS, text("%s %s", a, a)},
        {"words, a fold between", CONFORMS, text("%s\r\n %s\r\n %s %s", a, a, a, a)},
        {"64 words", CONFORMS, repeat(word("\xE3\x81\x82\xE3\x81\x84\xE3\x81\x86"), 64, "\r\n ")},
        {"begin of a word", R(TEXT) | R(ENCODED_WORD), "=?"},
        {"begin of a word in plain", R(TEXT), "a =? b"},
        {"begin of a word at the end", R(TEXT), "a=?"},
        {"begin after an equals sign", R(TEXT), "a==?"},
        {"plain before a word", R(TEXT), text("a %s", a)},
        {"plain after a word", R(TEXT) | R(ENCODED_WORD), text("%s a", a)},
        {"plain between words", R(TEXT) | R(ENCODED_WORD), text("%s a %s", a, a)},
        {"plain at a word", R(TEXT) | R(ENCODED_WORD), text("%sa", a)},
        {"words, nothing between", R(TEXT) | R(ENCODED_WORD), text("%s%s", a, a)},
        {"words, two spaces between", R(TEXT) | R(ENCODED_WORD), text("%s  %s", a, a)},
        {"words, space and fold between", R(TEXT) | R(ENCODED_WORD) | R(FOLD) | R(FIELD_SPACE),
         text("%s \r\n %s", a, a)},
        {"word and trailing space", R(FIELD_SPACE) | R(TEXT) | R(ENCODED_WORD), text("%s ", a)},
        /* reading: plain text is folded as trace fields are, printable ASCII both */
        {"fold in plain", CONFORMS, "Hello,\r\n world"},
        {"begin of a word over a fold", CONFORMS, "a=\r\n ?b"},
        {"fold in plain, begin of a word", R(TEXT) | R(ENCODED_WORD), "Hello,\r\n =?world"},
        {"word after plain and fold", R(TEXT), text("Hello,\r\n %s", a)},
        {"plain after word and fold", R(TEXT) | R(ENCODED_WORD), text("%s\r\n world", a)},
    };

    EXPECT_VALUES(SUBJECT, cases);
}
