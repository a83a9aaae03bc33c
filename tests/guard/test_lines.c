/* test_lines.c - the guard itself, and section 1 of the profile: octets and lines */
#include "message.h"

/* The guard itself ----------------------------------------------------------------------------- */

Test(guard, I1_base_messages_conform)
{
    expect(compose(false, SLOTS, ""), 0, CONFORMS, "required fields alone");
    expect(compose(true, SLOTS, ""), 0, CONFORMS, "every field");
    expect(compose(true, SLOTS, ""), MUGAI_GUARD_INERT_LINKS, CONFORMS, "every field, inert links");
}

Test(guard, I1_a_guard_that_was_not_finished_has_not_said_yes)
{
    Message message = compose(true, SLOTS, "");
    MugaiGuard guard;

    memset(&guard, 0xA5, sizeof(guard));
    mugai_guard_init(&guard, 0);
    cr_expect_eq(guard.rule, MUGAI_RULE_UNFINISHED);
    cr_expect(feed(&guard, message.octets, 0));
    cr_expect(feed(&guard, message.octets, message.length));
    cr_expect_eq(guard.rule, MUGAI_RULE_UNFINISHED);
    cr_expect(mugai_guard_finish(&guard));
    cr_expect_eq(guard.rule, MUGAI_RULE_NONE);
}

Test(guard, I1_empty_input_is_refused)
{
    expect((Message){"", 0}, 0, R(HEADER_END) | R(FIELD_MISSING), "nothing");
    expect((Message){"\r\n", 2}, 0, R(FIELD_MISSING) | R(HEADER_END), "empty line alone");
    expect((Message){"\r\n\r\n", 4}, 0, R(FIELD_MISSING), "two empty lines");
}

/* What may yet become a conforming message is not refused before its end, and does not conform. */
Test(guard, I1_every_beginning_is_taken_and_none_conforms)
{
    Message message = compose(true, SLOTS, "");

    for (size_t length = 0; length < message.length; length++) {
        MugaiGuard guard;

        mugai_guard_init(&guard, MUGAI_GUARD_INERT_LINKS);
        if (!feed(&guard, message.octets, length))
            cr_assert(false, "refused after %zu octets by rule %d", length, guard.rule);
        if (mugai_guard_finish(&guard) || guard.rule <= MUGAI_RULE_NONE ||
            guard.rule >= MUGAI_RULE_COUNT)
            cr_assert(false, "the first %zu octets are not refused", length);
    }
}

Test(guard, I1_nothing_after_a_refusal_changes_it)
{
    Message message = compose(true, SLOTS, "");
    const char *tails[] = {"x", "\r\n", "\r\n\r\n", message.octets};
    MugaiGuard guard;
    Verdict refusal;

    mugai_guard_init(&guard, 0);
    cr_expect(feed(&guard, message.octets, 40));
    cr_expect(!feed(&guard, "\x80", 1), "an octet that cannot be is refused at once");
    refusal = (Verdict){false, guard.rule, guard.line, guard.column};
    cr_expect_eq(refusal.rule, MUGAI_RULE_OCTET);
    for (size_t i = 0; i < COUNT(tails); i++) {
        cr_expect(!feed(&guard, tails[i], strlen(tails[i])));
        cr_expect(same(refusal, (Verdict){false, guard.rule, guard.line, guard.column}));
    }
    cr_expect(!feed(&guard, "", 0));
    cr_expect(same(refusal, verdict_of(&guard)));
}

Test(guard, I1_a_new_message_forgets_the_old_one)
{
    Message message = compose(true, SLOTS, "");
    MugaiGuard guard;

    mugai_guard_init(&guard, 0);
    feed(&guard, "no message", 10);
    mugai_guard_finish(&guard);
    mugai_guard_init(&guard, 0);
    cr_expect(feed(&guard, message.octets, message.length));
    cr_expect(mugai_guard_finish(&guard));
}

Test(guard, every_rule_has_its_own_sentence)
{
    for (int rule = 0; rule < MUGAI_RULE_COUNT; rule++) {
        const char *sentence = mugai_guard_rule_text((MugaiGuardRule)rule);

        cr_assert(sentence != NULL && *sentence != '\0', "rule %d", rule);
        for (int other = 0; other < rule; other++)
            cr_expect_str_neq(sentence, mugai_guard_rule_text((MugaiGuardRule)other),
                              "rules %d, %d", rule, other);
    }
    cr_expect_not_null(mugai_guard_rule_text(MUGAI_RULE_COUNT));
    cr_expect_not_null(mugai_guard_rule_text((MugaiGuardRule)1000));
}

/* 1 Octets and lines --------------------------------------------------------------------------- */

static bool
expect_octet_refused(Message base, size_t at, uint8_t octet)
{
    Message message = spliced(base, at, 1, (const char[]){(char)octet}, 1);
    bool in_line_end = at > 0 && (base.octets[at - 1] == '\r' || octet == '\r' || octet == '\n');
    Verdict verdict = judge(message, 0, "octet"), place = place_of(message, at);
    Rules rules = in_line_end                      ? R(OCTET) | R(LINE_END)
                  : octet == '\r' || octet == '\n' ? R(LINE_END)
                                                   : R(OCTET);

    if (verdict.conforms || (rules >> verdict.rule & 1) == 0 ||
        (!in_line_end &&
         !same(verdict, (Verdict){false, verdict.rule, place.line, place.column}))) {
        cr_expect(false, "octet 0x%02X at %ju:%ju gives rule %d at %ju:%ju", octet,
                  (uintmax_t)place.line, (uintmax_t)place.column, verdict.rule,
                  (uintmax_t)verdict.line, (uintmax_t)verdict.column);
        return false;
    }
    return true;
}

Test(guard, an_octet_outside_printable_ascii_is_refused_where_it_stands)
{
    static const uint8_t border[] = {0x00, 0x09, 0x1F, 0x7F, 0x80, 0xFF};
    Message base = compose(true, SLOTS, "");
    size_t kept = pool_used;

    for (size_t at = 0; at < base.length; at++)
        for (size_t i = 0; i < COUNT(border); i++, pool_used = kept)
            if (!expect_octet_refused(base, at, border[i]))
                return;
    for (unsigned octet = 0; octet <= 0xFF; octet++, pool_used = kept)
        if ((octet < 0x20 || octet > 0x7E) && octet != '\r' && octet != '\n')
            expect_octet_refused(base, 20, (uint8_t)octet);
}

/* A CR or LF for any octet; for one of a line end, it leaves the other bare or doubled. */
Test(guard, bare_cr_and_bare_lf_are_refused_anywhere)
{
    Message base = compose(true, SLOTS, "");
    size_t kept = pool_used;

    for (size_t at = 0; at < base.length; at++, pool_used = kept)
        for (int i = 0; i < 2; i++) {
            char octet = "\r\n"[i];
            Message message = spliced(base, at, 1, &octet, 1);

            /* Put for itself, it is no change. */
            if (octet != base.octets[at] &&
                !expect(message, 0, R(LINE_END) | R(OCTET), "bare CR or LF"))
                cr_assert(false, "octet 0x%02X at %zu", (unsigned)octet, at);
        }
}

Test(guard, line_ends_are_crlf_pairs)
{
    const Case header[] = {
        {"LF", R(LINE_END), "Received: from a\n"},
        {"CR", R(LINE_END), "Received: from a\r"},
        {"LF CR", R(LINE_END), "Received: from a\n\r"},
        {"CR CR LF", R(LINE_END), "Received: from a\r\r\n"},
        {"CR in a line", R(LINE_END), "Received: from\r a\r\n"},
        {"LF in a line", R(LINE_END), "Received: from\n a\r\n"},
        {"CRLF", CONFORMS, "Received: from a\r\n"},
    };
    const Case ends[] = {
        {"LF", R(LINE_END), "DQo=\n"},      {"CR", R(LINE_END), "DQo=\r"},
        {"LF CR", R(LINE_END), "DQo=\n\r"}, {"CR CR LF", R(LINE_END), "DQo=\r\r\n"},
        {"none", R(LINE_END), "DQo="},      {"CRLF", CONFORMS, "DQo=\r\n"},
    };
    const Case empty_line[] = {
        {"LF between", R(LINE_END), "\n"},
        {"CR between", R(LINE_END), "\r"},
        {"blank between", R(FOLD), " \r\n"},
        {"nothing between", R(HEADER_END) | R(FIELD_NAME) | R(BASE64) | R(HEADER_LINE_LONG), ""},
        {"two between", R(BASE64) | R(BODY_EMPTY), "\r\n\r\n"},
        {"one between", CONFORMS, "\r\n"},
    };

    EXPECT_LINES(TRACE, header);
    EXPECT_LINES(BODY, ends);
    EXPECT_LINES(EMPTY_LINE, empty_line);
}

Test(guard, header_lines_have_998_octets_at_most)
{
    const Case trace[] = {
        {"first line 998", CONFORMS, letters(998 - 10)},
        {"first line 999", R(HEADER_LINE_LONG), letters(999 - 10)},
        {"folded line 998", CONFORMS, text("a\r\n %s", letters(997))},
        {"folded line 999", R(HEADER_LINE_LONG), text("a\r\n %s", letters(998))},
    };
    const Case subject[] = {
        {"998", CONFORMS, letters(998 - 9)},
        {"999", R(HEADER_LINE_LONG), letters(999 - 9)},
    };
    Message message = compose(false, SUBJECT, field(SUBJECT, letters(2000)));
    Verdict verdict = judge(message, 0, "place");

    EXPECT_VALUES(TRACE, trace);
    EXPECT_VALUES(SUBJECT, subject);
    cr_expect_eq(verdict.line, 3);
    cr_expect_eq(verdict.column, 999);
}

/* A header section of exactly @octets, line ends counted and the empty line not. */
static Message
header_of(size_t octets)
{
    Message bare = compose(false, BODY, "");
    size_t left = octets - (bare.length - strlen("\r\n"));
    const char *line = text(" %s\r\n", letters(900));
    char *lines = take(left + 1), *at = stpcpy(lines, "Received: x\r\n");

    left -= strlen(lines);
    for (; left > 2 * strlen(line); left -= strlen(line))
        at = stpcpy(at, line);
    at = stpcpy(at, text(" %s\r\n", letters(left / 2 - 3)));
    stpcpy(at, text(" %s\r\n", letters(left - left / 2 - 3)));
    return compose(false, TRACE, lines);
}

Test(guard, header_section_has_256_kib_at_most)
{
    expect(header_of(256 * 1024 - 1), 0, CONFORMS, "one less");
    expect(header_of(256 * 1024), 0, CONFORMS, "256 KiB");
    expect(header_of(256 * 1024 + 1), 0, R(HEADER_LONG), "one more");
    expect(header_of(1024 * 1024), 0, R(HEADER_LONG), "1 MiB");
}

Test(guard, body_lines_have_76_octets_at_most)
{
    const char *filled = letters(57 - 2);
    const Case cases[] = {
        {"76", CONFORMS, body(filled)},
        {"77", R(BODY_LINE_LONG), text("%sA\r\n", repeat("YWFh", 19, ""))},
        {"80", R(BODY_LINE_LONG), text("%s\r\n", base64(text("%saaa\r\n", filled), 60))},
    };
    Message message =
        compose(false, BODY, text("%s%sA\r\n", body_of(letters(57), 57), repeat("YWFh", 19, "")));
    Verdict verdict = judge(message, 0, "place");

    EXPECT_LINES(BODY, cases);
    cr_expect_eq(verdict.rule, MUGAI_RULE_BODY_LINE_LONG);
    cr_expect_eq(verdict.line, 11); /* eight fields, the empty line, a full line */
    cr_expect_eq(verdict.column, 77);
}

Test(guard, input_that_ends_in_the_header_section_is_refused)
{
    Message header = compose(false, EMPTY_LINE, "");

    header.length -= strlen(base_lines(BODY, false));
    expect(header, 0, R(HEADER_END), "no empty line");
    header.length -= 2;
    expect(header, 0, R(HEADER_END) | R(LINE_END), "no CRLF");
}
