/* test_fields.c - section 2: form, order and number of the header fields */
#include "message.h"

static const char *const trace_names[] = {"Received", "Return-Path", "Delivered-To",
                                          "X-Original-To"};

/* 2 Header fields: form ------------------------------------------------------------------------ */

Test(guard, names_are_spelled_exactly)
{
    static const char *const foreign[] = {
        "Bcc",
        "Comments",
        "X-Mailer",
        "Resent-From",
        "Content-Disposition",
        "Mugai-Else",
        "Received-SPF",
        "Return-Receipt-To",
        "Content-Language",
        "Status",
    };

    for (Slot slot = TRACE; slot <= MUGAI_SEAL; slot++) {
        const char *name = slots[slot].name, *value = slots[slot].value;
        size_t length = strlen(name);
        char *first = text("%s", name), *last = text("%s", name);
        const char *wrong[] = {
            first,
            last,
            text("%sx", name),
            text("%.*s", (int)length - 1, name),
            name + 1,
            text("x%s", name),
            text("%s ", name),
            text("%s-", name),
        };

        *first ^= 0x20;
        last[length - 1] ^= 0x20;
        for (size_t i = 0; i < COUNT(wrong); i++)
            expect(compose(true, slot, text("%s: %s\r\n", wrong[i], value)), 0, R(FIELD_NAME),
                   text("'%s'", wrong[i]));
        /* A fold of the field before it, which may be where this one is missed. */
        expect(compose(true, slot, text(" %s: %s\r\n", name, value)), 0, ~CONFORMS,
               text("' %s'", name));
    }
    for (size_t i = 0; i < COUNT(foreign); i++)
        for (Slot slot = TRACE; slot <= EMPTY_LINE; slot++)
            expect(compose(true, slot, text("%s: x\r\n%s", foreign[i], base_lines(slot, true))), 0,
                   R(FIELD_NAME), foreign[i]);
}

Test(guard, a_line_that_is_no_field_is_refused)
{
    const Case cases[] = {
        {"no colon", R(FIELD_NAME), "Received\r\n"},
        {"no name", R(FIELD_NAME), ": x\r\n"},
        {"colon alone", R(FIELD_NAME), ":\r\n"},
        {"text", R(FIELD_NAME), "From someone Fri Nov 20 10:00:00 2026\r\n"},
        {"long name", R(FIELD_NAME), text("%s: x\r\n", letters(600))},
        {"a fold before any field", R(FOLD) | R(FIELD_NAME), " x\r\n"},
    };

    EXPECT_LINES(TRACE, cases);
}

Test(guard, a_wrong_name_is_refused_on_its_line)
{
    Verdict verdict = judge(compose(false, MIME_VERSION, "X-Mailer: x\r\n"), 0, "name");

    cr_expect_eq(verdict.rule, MUGAI_RULE_FIELD_NAME);
    cr_expect_eq(verdict.line, 4);
    cr_expect_leq(verdict.column, strlen("X-Mailer:"));
}

Test(guard, one_space_stands_after_the_colon_and_none_at_the_end)
{
    for (Slot slot = TRACE; slot <= MUGAI_SEAL; slot++) {
        const char *name = slots[slot].name, *value = slots[slot].value;
        const struct {
            const char *name, *lines;
            Rules refused;
        } cases[] = {
            {"no space", text("%s:%s\r\n", name, value), R(FIELD_SPACE)},
            {"two spaces", text("%s:  %s\r\n", name, value), R(FIELD_SPACE)},
            {"trailing space", text("%s: %s \r\n", name, value),
             R(FIELD_SPACE) | slots[slot].own_rule},
            {"no value", text("%s:\r\n", name), R(FIELD_SPACE)},
            {"a space for a value", text("%s: \r\n", name), R(FIELD_SPACE)},
            {"two spaces for a value", text("%s:  \r\n", name), R(FIELD_SPACE)},
            {"fold after the colon", text("%s:\r\n %s\r\n", name, value), R(FIELD_SPACE) | R(FOLD)},
            {"fold after the space", text("%s: \r\n %s\r\n", name, value),
             R(FIELD_SPACE) | R(FOLD)},
            {"blank line folded on", text("%s: %s\r\n \r\n", name, value),
             R(FOLD) | R(FIELD_SPACE) | slots[slot].own_rule},
            {"as it is", text("%s: %s\r\n", name, value), CONFORMS},
        };

        for (size_t i = 0; i < COUNT(cases); i++)
            expect(compose(true, slot, cases[i].lines), 0, cases[i].refused,
                   text("%s, %s", name, cases[i].name));
    }
}

Test(guard, a_folded_line_begins_with_one_space)
{
    const Case cases[] = {
        {"one space", CONFORMS, "a\r\n b"},
        {"several lines", CONFORMS, "a\r\n b\r\n c d\r\n e"},
        {"two spaces", R(FOLD), "a\r\n  b"},
        {"TAB", R(OCTET), "a\r\n\tb"},
        {"space and TAB", R(OCTET), "a\r\n \tb"},
        {"blank line between", R(FOLD) | R(FIELD_SPACE), "a\r\n \r\n b"},
        {"blank line at the end", R(FOLD) | R(FIELD_SPACE), "a\r\n b\r\n "},
        {"trailing space at the end", R(FIELD_SPACE), "a\r\n b "},
        /* reading: "no trailing space" goes for every line of a value */
        {"trailing space before the fold", R(FIELD_SPACE) | R(FOLD), "a \r\n b"},
    };

    EXPECT_VALUES(TRACE, cases);
}

/* guard.h: relays fold their trace fields with one TAB; everything else stays as it is. */
Test(guard, a_fold_of_a_relay_may_begin_with_one_tab)
{
    static const struct {
        const char *name, *value;
        Rules refused, refused_relayed;
    } cases[] = {
        {"TAB", "a\r\n\tb", R(OCTET), CONFORMS},
        {"TABs and spaces", "a\r\n\tb c\r\n d\r\n\te", R(OCTET), CONFORMS},
        {"two TABs", "a\r\n\t\tb", R(OCTET), R(OCTET) | R(FOLD)},
        {"TAB and space", "a\r\n\t b", R(OCTET), R(FOLD)},
        {"space and TAB", "a\r\n \tb", R(OCTET), R(OCTET) | R(FOLD)},
        {"two spaces", "a\r\n  b", R(FOLD), R(FOLD)},
        {"blank line of a TAB", "a\r\n\t\r\n b", R(OCTET), R(FOLD)},
        {"last line a TAB", "a\r\n\t", R(OCTET), R(FOLD)},
        {"TAB inside", "a\tb", R(OCTET), R(OCTET)},
        {"TAB inside a folded line", "a\r\n\tb\tc", R(OCTET), R(OCTET)},
        {"TAB at the end", "a\t", R(OCTET), R(OCTET)},
        {"TAB before a fold", "a\t\r\n b", R(OCTET), R(OCTET)},
        {"TAB for the space", "\ta", R(OCTET) | R(FIELD_SPACE), R(OCTET) | R(FIELD_SPACE)},
        {"trailing space before it", "a \r\n\tb", R(FIELD_SPACE) | R(FOLD) | R(OCTET),
         R(FIELD_SPACE) | R(FOLD)},
        {"trailing space after it", "a\r\n\tb ", R(OCTET), R(FIELD_SPACE)},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t j = 0; j < COUNT(trace_names); j++) {
            const char *line = text("%s: %s\r\n", trace_names[j], cases[i].value);
            const char *name = text("%s, %s", trace_names[j], cases[i].name);

            expect(compose(false, TRACE, line), 0, cases[i].refused, name);
            expect(compose(false, TRACE, line), MUGAI_GUARD_INERT_LINKS, cases[i].refused, name);
            expect(compose(false, TRACE, line), MUGAI_GUARD_RELAYED, cases[i].refused_relayed,
                   name);
        }
}

Test(guard, own_fields_and_the_body_know_no_tab_even_when_relayed)
{
    Message full = compose(true, SLOTS, "");
    const char *a = word("a");
    const struct {
        Slot slot;
        const char *lines;
    } cases[] = {
        {TRACE, "\tx\r\n"},
        {SUBJECT, "Subject: a\r\n\tb\r\n"},
        {SUBJECT, text("Subject: %s\r\n\t%s\r\n", a, a)},
        {TO, "To: <a@b>,\r\n\t<c@d>\r\n"},
        {REFERENCES, "References: <a@b>\r\n\t<c@d>\r\n"},
        {EMPTY_LINE, "\t\r\n"},
        {EMPTY_LINE, "\r\n\t"},
        {EMPTY_LINE, "\r\n\t\r\n"},
        {BODY, "\tDQo=\r\n"},
        {BODY, "DQo=\r\n\t"},
        {BODY, "DQo=\r\n\t\r\n"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        Message message = compose(false, cases[i].slot, cases[i].lines);

        expect(message, MUGAI_GUARD_RELAYED, R(OCTET) | R(FOLD) | R(BASE64) | R(FIELD_NAME),
               text("case %zu", i));
    }
    expect(full, MUGAI_GUARD_RELAYED | MUGAI_GUARD_INERT_LINKS, CONFORMS, "no TAB");
    for (size_t at = strstr(full.octets, "Date: ") - full.octets; at <= full.length; at++)
        expect(spliced(full, at, 0, "\t", 1), MUGAI_GUARD_RELAYED, ~CONFORMS, text("at %zu", at));
}

Test(guard, a_tab_counts_in_a_relayed_line)
{
    const char *longest = text("Received: x\r\n\t%s\r\n", letters(997));
    const char *longer = text("Received: x\r\n\t%s\r\n", letters(998));

    expect(compose(false, TRACE, longest), MUGAI_GUARD_RELAYED, CONFORMS, "998");
    expect(compose(false, TRACE, longer), MUGAI_GUARD_RELAYED, R(HEADER_LINE_LONG), "999");
}

/* reading: a fold stands where the profile names one: between encoded words, message ids and
 * addresses, and in values that are any printable ASCII: trace fields, plain text. */
Test(guard, folds_stand_only_where_the_profile_names_them)
{
    static const Slot never[] = {DATE,         SENDER,       LIST_ID,   AUTO_SUBMITTED,
                                 MIME_VERSION, CONTENT_TYPE, ENCODING,  MUGAI_ID,
                                 MUGAI_RESULT, MUGAI_SEAL,   MESSAGE_ID};

    for (size_t i = 0; i < COUNT(never); i++) {
        const char *value = slots[never[i]].value;

        for (size_t at = 1; at < strlen(value); at++) {
            const char *rest = value[at] == ' ' ? value + at + 1 : value + at;

            expect(compose(true, never[i],
                           field(never[i], text("%.*s\r\n %s", (int)at, value, rest))),
                   0, R(FOLD) | R(FIELD_SPACE) | slots[never[i]].own_rule,
                   text("%s folded at %zu", slots[never[i]].name, at));
        }
    }
}

/* 2 Header fields: order and count ------------------------------------------------------------- */

Test(guard, required_fields_are_required_and_the_others_are_not)
{
    for (Slot slot = TRACE; slot <= MUGAI_SEAL; slot++) {
        Rules refused = slots[slot].required ? R(FIELD_MISSING) | R(FIELD_ORDER) : CONFORMS;

        expect(compose(true, slot, ""), 0, refused, text("every field but %s", slots[slot].name));
        expect(compose(false, slot, field(slot, slots[slot].value)), 0, CONFORMS,
               text("with %s", slots[slot].name));
    }
    expect(compose(true, MUGAI_RESULT, ""), 0, R(FIELD_MISSING), "the last field");
}

Test(guard, own_fields_stand_in_their_order)
{
    for (Slot first = DATE; first <= MUGAI_SEAL; first++)
        for (Slot second = first + 1; second <= MUGAI_SEAL; second++) {
            Message with_second_early =
                compose(true, first,
                        text("%s%s", base_lines(second, true), base_lines(first, true)));

            /* The second one comes again at its place. */
            expect(with_second_early, 0,
                   R(FIELD_ORDER) |
                       (slots[first].required || second > first + 1 ? R(FIELD_MISSING) : 0),
                   text("%s before %s", slots[second].name, slots[first].name));
        }
}

Test(guard, own_fields_stand_once)
{
    for (Slot slot = DATE; slot <= MUGAI_SEAL; slot++) {
        const char *line = base_lines(slot, true);

        expect(compose(true, slot, text("%s%s", line, line)), 0, R(FIELD_ORDER),
               text("%s twice", slots[slot].name));
        expect(compose(true, EMPTY_LINE, text("%s\r\n", line)), 0, R(FIELD_ORDER),
               text("%s at the end", slots[slot].name));
    }
}

Test(guard, trace_fields_stand_before_own_fields)
{
    for (size_t i = 0; i < COUNT(trace_names); i++)
        for (Slot slot = DATE; slot <= MUGAI_SEAL; slot++)
            expect(compose(true, slot, text("%s%s: x\r\n", base_lines(slot, true), trace_names[i])),
                   0, R(FIELD_ORDER), text("%s after %s", trace_names[i], slots[slot].name));
}

Test(guard, trace_fields_stand_in_any_order)
{
    for (size_t i = 0; i < COUNT(trace_names); i++)
        for (size_t j = 0; j < COUNT(trace_names); j++)
            expect(compose(true, TRACE, text("%s: x\r\n%s: y\r\n", trace_names[i], trace_names[j])),
                   0, CONFORMS, text("%s, %s", trace_names[i], trace_names[j]));
}

Test(guard, trace_fields_are_counted_each_for_itself)
{
    const char *all =
        text("%s%s%s%s", repeat("Return-Path: <a@b>\r\n", 4, ""),
             repeat("Received: x\r\n", 100, ""), repeat("Delivered-To: a@b\r\n", 4, ""),
             repeat("X-Original-To: a@b\r\n", 4, ""));

    for (size_t i = 0; i < COUNT(trace_names); i++) {
        const char *line = text("%s: x\r\n", trace_names[i]);
        size_t most = i == 0 ? 100 : 4;

        expect(compose(false, TRACE, repeat(line, most, "")), 0, CONFORMS,
               text("%s, most", trace_names[i]));
        expect(compose(false, TRACE, repeat(line, most + 1, "")), 0, R(FIELD_COUNT),
               text("%s, more", trace_names[i]));
        expect(compose(false, TRACE, text("%s%s", all, line)), 0, R(FIELD_COUNT),
               text("all and %s", trace_names[i]));
        expect(compose(false, TRACE, repeat(line, 300, "")), 0, R(FIELD_COUNT),
               text("%s, 300", trace_names[i]));
    }
    expect(compose(false, TRACE, all), 0, CONFORMS, "all of each kind");
}

Test(guard, trace_values_are_any_printable_ascii)
{
    for (size_t i = 0; i < COUNT(trace_names); i++)
        for (char octet = 0x20; octet < 0x7F; octet++)
            expect(compose(false, TRACE, text("%s: a%cz\r\n", trace_names[i], octet)), 0, CONFORMS,
                   text("%s with '%c'", trace_names[i], octet));
}
