/*
 * test_guard.c - the guard against every sentence of the output profile, version 1
 *
 * Written from the profile and guard.h alone, by someone who has not seen the guard. Each case is a
 * conforming message in which one thing is replaced; it says which rules may be named in the
 * refusal, or none for "conforms". Where the profile is silent, the stricter reading that a
 * canonical writer satisfies is taken and marked "reading:".
 *
 * Limits: that octets in any chunks give the same answer is tried with single octets, with the
 * whole, and with cuts of changing length, not with all possible cuts.
 */
#include <criterion/criterion.h>
#include <mugai/guard.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Scratch memory ----------------------------------------------------------------------------------
 * Every string of a test lives in one pool, which the test's process takes with it; loops over many
 * cases reset it. */

enum { POOL_OCTETS = 64 * 1024 * 1024 };
static char *pool;
static size_t pool_used;

static char *
take(size_t octets)
{
    if (pool == NULL)
        pool = malloc(POOL_OCTETS);
    if (pool == NULL || octets > POOL_OCTETS - pool_used)
        abort();
    pool_used += octets;
    return pool + pool_used - octets;
}

__attribute__((format(printf, 1, 2)))
static char *
text(const char *format, ...)
{
    va_list arguments;
    int length;
    char *made;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    made = take((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(made, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return made;
}

/* @piece @count times, @between between two of them. */
static char *
repeat(const char *piece, size_t count, const char *between)
{
    char *made = take(count * (strlen(piece) + strlen(between)) + 1), *at = made;

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            at = stpcpy(at, between);
        at = stpcpy(at, piece);
    }
    *at = '\0';
    return made;
}

static char *
letters(size_t count)
{
    return repeat("a", count, "");
}

/* Base64 and UTF-8, written here and not taken from anywhere ----------------------------------- */

static char *
base64(const char *octets, size_t length)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *made = take(length / 3 * 4 + 5), *at = made;

    for (size_t i = 0; i < length; i += 3) {
        uint32_t bits = (uint32_t)(uint8_t)octets[i] << 16;

        bits |= i + 1 < length ? (uint32_t)(uint8_t)octets[i + 1] << 8 : 0;
        bits |= i + 2 < length ? (uint8_t)octets[i + 2] : 0;
        *at++ = alphabet[bits >> 18];
        *at++ = alphabet[bits >> 12 & 63];
        *at++ = i + 1 < length ? alphabet[bits >> 6 & 63] : '=';
        *at++ = i + 2 < length ? alphabet[bits & 63] : '=';
    }
    *at = '\0';
    return made;
}

/* The body of a message for @length octets of text: base64 in lines of 76. */
static char *
body_of(const char *octets, size_t length)
{
    const char *encoded = base64(octets, length);
    size_t left = strlen(encoded);
    char *made = take(left + left / 76 * 2 + 3), *at = made;

    for (; left > 0; encoded += left < 76 ? left : 76, left -= left < 76 ? left : 76) {
        at = stpncpy(at, encoded, left < 76 ? left : 76);
        at = stpcpy(at, "\r\n");
    }
    *at = '\0';
    return made;
}

/* @text as one text line and more, CRLF put behind it. */
static char *
body(const char *line)
{
    return body_of(text("%s\r\n", line), strlen(line) + 2);
}

static char *
word_of(const char *octets, size_t length)
{
    return text("=?UTF-8?B?%s?=", base64(octets, length));
}

static char *
word(const char *line)
{
    return word_of(line, strlen(line));
}

/* @code_point as UTF-8, surrogates too; returns its octets' number. */
static size_t
encode(uint32_t code_point, char octets[4])
{
    if (code_point < 0x80) {
        octets[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        octets[0] = (char)(0xC0 | code_point >> 6);
        octets[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        octets[0] = (char)(0xE0 | code_point >> 12);
        octets[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        octets[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    octets[0] = (char)(0xF0 | code_point >> 18);
    octets[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    octets[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    octets[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

/* A conforming message, and one thing in it replaced ------------------------------------------- */

typedef enum {
    TRACE, DATE, FROM, SENDER, REPLY_TO, TO, CC, SUBJECT, MESSAGE_ID, IN_REPLY_TO, REFERENCES,
    LIST_ID, AUTO_SUBMITTED, PRECEDENCE, IMPORTANCE, MIME_VERSION, CONTENT_TYPE, ENCODING,
    MUGAI_ID, MUGAI_RESULT, MUGAI_SEAL, EMPTY_LINE, BODY, SLOTS
} Slot;

typedef uint64_t Rules; /* a set of MugaiGuardRule; empty: conforms */

#define R(name) (UINT64_C(1) << MUGAI_RULE_##name)
#define CONFORMS UINT64_C(0)

/* A seal: form and base64 are right, the signature is nobody's. */
#define SEAL_KEY "0123456789abcdef"
#define SEAL_BEGIN "version=1; key=" SEAL_KEY "; time=1795107600; signature="
#define SEAL_SIGNATURE \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKLMNOPQRSTUQ=="

static const struct {
    const char *name;
    bool required;
    Rules own_rule; /* of a wrong value */
    const char *value;
} slots[SLOTS] = {
    [TRACE] =
        {"Received", false, 0,
         "from relay.example.jp (relay.example.jp [192.0.2.1])\r\n"
         " by mx.example.jp (Postfix) with ESMTP id 4XyZ; Fri, 20 Nov 2026 10:00:00 +0900 (JST)"},
    [DATE] = {"Date", true, R(DATE), "Fri, 20 Nov 2026 10:00:00 +0900"},
    [FROM] = {"From", true, R(ADDRESS), "\"Taro Yamada\" <taro@example.jp>"},
    [SENDER] = {"Sender", false, R(ADDRESS), "<office@example.jp>"},
    [REPLY_TO] = {"Reply-To", false, R(ADDRESS), "<taro@example.jp>, <\"ji..ro\"@example.ne.jp>"},
    [TO] = {"To", false, R(ADDRESS),
            "=?UTF-8?B?5bGx55Sw?= =?UTF-8?B?5aSq6YOO?= <a@example.lg.jp>,\r\n <b@example.lg.jp>"},
    [CC] = {"Cc", false, R(ADDRESS), "undisclosed-recipients:;"},
    [SUBJECT] = {"Subject", false, R(TEXT), "=?UTF-8?B?6JGb86CEgOWfjg==?=\r\n =?UTF-8?B?5biC?="},
    [MESSAGE_ID] = {"Message-ID", true, R(MESSAGE_ID), "<20261120.abc@mx.example.jp>"},
    [IN_REPLY_TO] = {"In-Reply-To", false, R(MESSAGE_ID), "<1@example.jp> <2..@example.jp>"},
    [REFERENCES] = {"References", false, R(MESSAGE_ID),
                    "<1@example.jp>\r\n <2@example.jp> <3@example.jp>"},
    [LIST_ID] = {"List-Id", false, R(VALUE), "<news.example.jp>"},
    [AUTO_SUBMITTED] = {"Auto-Submitted", false, R(VALUE), "auto-replied"},
    [PRECEDENCE] = {"Precedence", false, R(VALUE), "list"},
    [IMPORTANCE] = {"Importance", false, R(VALUE), "normal"},
    [MIME_VERSION] = {"MIME-Version", true, R(VALUE), "1.0"},
    [CONTENT_TYPE] = {"Content-Type", true, R(VALUE), "text/plain; charset=utf-8"},
    [ENCODING] = {"Content-Transfer-Encoding", true, R(VALUE), "base64"},
    [MUGAI_ID] = {"Mugai-Id", true, R(MUGAI_ID), "20261120-7K3QX-9ZT4M"},
    [MUGAI_RESULT] = {"Mugai-Result", true, R(MUGAI_RESULT),
                      "profile=1; kept=1; converted=2; removed=30; unreadable=0; ambiguous=0"},
    [MUGAI_SEAL] = {"Mugai-Seal", false, R(SEAL), SEAL_BEGIN SEAL_SIGNATURE},
};

/* Two lines of base64, of which the first does not end a line of the text; with selectors, a
 * private use character and an inert link. */
static const char base_text[] =
    "\xE8\x91\x9B\xF3\xA0\x84\x80\xE5\x9F\x8E\xE5\xB8\x82\xE5\xBD\xB9\xE6\x89\x80 \xEE\x80\x80"
    " #\xEF\xB8\x8F\xE2\x83\xA3"
    " hxxps[:]//example[.]jp/ a\tb and more, past the first line\r\n\r\n\xE2\x96\xA0 end\r\n";

typedef struct {
    const char *octets;
    size_t length;
} Message;

static char *
field(Slot slot, const char *value)
{
    return text("%s: %s\r\n", slots[slot].name, value);
}

/* What stands at @slot of the base message, whole lines. @full: the optional fields too. */
static const char *
base_lines(Slot slot, bool full)
{
    if (slot == EMPTY_LINE)
        return "\r\n";
    if (slot == BODY)
        return body_of(base_text, strlen(base_text));
    return full || slots[slot].required ? field(slot, slots[slot].value) : "";
}

/* The base message with @lines (whole, with their CRLF) at @slot; SLOTS: nothing replaced. */
static Message
compose(bool full, Slot slot, const char *lines)
{
    const char *pieces[SLOTS];
    size_t length = 0;
    char *octets, *at;

    for (Slot i = 0; i < SLOTS; i++) {
        pieces[i] = i == slot ? lines : base_lines(i, full);
        length += strlen(pieces[i]);
    }
    at = octets = take(length + 1);
    for (Slot i = 0; i < SLOTS; i++)
        at = stpcpy(at, pieces[i]);
    return (Message){octets, length};
}

/* The same octets with @removed of them at @at replaced by @length octets from @octets. */
static Message
spliced(Message message, size_t at, size_t removed, const char *octets, size_t length)
{
    size_t after = message.length - at - removed;
    char *made = take(message.length - removed + length + 1), *end;

    end = mempcpy(made, message.octets, at);
    end = mempcpy(end, octets, length);
    memcpy(end, message.octets + at + removed, after);
    return (Message){made, at + length + after};
}

static Message
appended(Message message, const char *octets)
{
    return spliced(message, message.length, 0, octets, strlen(octets));
}

/* Asking the guard ----------------------------------------------------------------------------- */

typedef struct {
    bool conforms;
    MugaiGuardRule rule;
    uint64_t line, column;
} Verdict;

static Verdict
verdict_of(MugaiGuard *guard)
{
    bool conforms = mugai_guard_finish(guard);

    return (Verdict){conforms, guard->rule, guard->line, guard->column};
}

static bool
feed(MugaiGuard *guard, const char *octets, size_t length)
{
    return mugai_guard_feed(guard, (const uint8_t *)octets, length);
}

static Verdict
judge_whole(Message message, uint32_t flags)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, flags);
    feed(&guard, message.octets, message.length);
    return verdict_of(&guard);
}

/* Chunks of @first octets, of @step more each time, and past 100 from @first again. */
static Verdict
judge_in_chunks(Message message, uint32_t flags, size_t first, size_t step)
{
    MugaiGuard guard;
    size_t size = first;

    mugai_guard_init(&guard, flags);
    for (size_t at = 0; at < message.length; at += size, size = size > 100 ? first : size + step) {
        if (size > message.length - at)
            size = message.length - at;
        feed(&guard, message.octets + at, size);
    }
    return verdict_of(&guard);
}

static bool
same(Verdict a, Verdict b)
{
    return a.conforms == b.conforms && a.rule == b.rule &&
           (a.conforms || (a.line == b.line && a.column == b.column));
}

static Verdict
judge(Message message, uint32_t flags, const char *name)
{
    Verdict verdict = judge_whole(message, flags);

    if (!same(verdict, judge_in_chunks(message, flags, 1, 0)) ||
        !same(verdict, judge_in_chunks(message, flags, 2, 1)))
        cr_expect(false, "%s: the answer depends on how the octets were cut", name);
    if (verdict.conforms != (verdict.rule == MUGAI_RULE_NONE))
        cr_expect(false, "%s: answer %d with rule %d", name, verdict.conforms, verdict.rule);
    return verdict;
}

/* Silent when the guard says what @refused says, for loops over very many cases. */
static bool
expect(Message message, uint32_t flags, Rules refused, const char *name)
{
    Verdict verdict = judge(message, flags, name);
    bool right = refused == CONFORMS ? verdict.conforms
                                     : !verdict.conforms && (refused >> verdict.rule & 1) != 0;

    if (!right)
        cr_expect(false, "%s: %s at %ju:%ju, rule %d (%s)", name,
                  verdict.conforms ? "accepted" : "refused", (uintmax_t)verdict.line,
                  (uintmax_t)verdict.column, verdict.rule, mugai_guard_rule_text(verdict.rule));
    return right;
}

/* A value of one field, in the base message. */
typedef struct {
    const char *name;
    Rules refused;
    const char *value;
} Case;

static void
expect_values(Slot slot, const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(compose(false, slot, field(slot, cases[i].value)), 0, cases[i].refused,
               text("%s, %s", slots[slot].name, cases[i].name));
    }
}

/* The same with whole lines in place of a value. */
static void
expect_lines(Slot slot, const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(compose(false, slot, cases[i].value), 0, cases[i].refused, cases[i].name);
}

#define EXPECT_VALUES(slot, cases) expect_values(slot, cases, COUNT(cases))
#define EXPECT_LINES(slot, cases) expect_lines(slot, cases, COUNT(cases))

/* Where in @message octet @at is. */
static Verdict
place_of(Message message, size_t at)
{
    Verdict place = {.line = 1, .column = 1};

    for (size_t i = 0; i < at; i++) {
        place.column++;
        if (message.octets[i] == '\n')
            place = (Verdict){.line = place.line + 1, .column = 1};
    }
    return place;
}

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

    if (verdict.conforms || (rules >> verdict.rule & 1) == 0 || (!in_line_end && !same(verdict,
            (Verdict){false, verdict.rule, place.line, place.column}))) {
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
        {"LF", R(LINE_END), "DQo=\n"},
        {"CR", R(LINE_END), "DQo=\r"},
        {"LF CR", R(LINE_END), "DQo=\n\r"},
        {"CR CR LF", R(LINE_END), "DQo=\r\r\n"},
        {"none", R(LINE_END), "DQo="},
        {"CRLF", CONFORMS, "DQo=\r\n"},
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
    Message message = compose(false, BODY,
                              text("%s%sA\r\n", body_of(letters(57), 57), repeat("YWFh", 19, "")));
    Verdict verdict = judge(message, 0, "place");

    EXPECT_LINES(BODY, cases);
    cr_expect_eq(verdict.rule, MUGAI_RULE_BODY_LINE_LONG);
    cr_expect_eq(verdict.line, 11); /* eight fields, the empty line, a full line */
    cr_expect_eq(verdict.column, 77);
}

Test(guard, input_that_ends_in_the_header_section_is_refused)
{
    Message header = compose(false, EMPTY_LINE, "");

    header.length -= strlen(body_of(base_text, strlen(base_text)));
    expect(header, 0, R(HEADER_END), "no empty line");
    header.length -= 2;
    expect(header, 0, R(HEADER_END) | R(LINE_END), "no CRLF");
}

static const char *const trace_names[] = {"Received", "Return-Path", "Delivered-To",
                                          "X-Original-To"};

/* 2 Header fields: form ------------------------------------------------------------------------ */

Test(guard, names_are_spelled_exactly)
{
    static const char *const foreign[] = {
        "Bcc", "Comments", "X-Mailer", "Resent-From", "Content-Disposition", "Mugai-Else",
        "Received-SPF", "Return-Receipt-To", "Content-Language", "Status",
    };

    for (Slot slot = TRACE; slot <= MUGAI_SEAL; slot++) {
        const char *name = slots[slot].name, *value = slots[slot].value;
        size_t length = strlen(name);
        char *first = text("%s", name), *last = text("%s", name);
        const char *wrong[] = {
            first, last, text("%sx", name), text("%.*s", (int)length - 1, name), name + 1,
            text("x%s", name), text("%s ", name), text("%s-", name),
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
    static const Slot never[] = {DATE,         SENDER,   LIST_ID,  AUTO_SUBMITTED, MIME_VERSION,
                                 CONTENT_TYPE, ENCODING, MUGAI_ID, MUGAI_RESULT,   MUGAI_SEAL,
                                 MESSAGE_ID};

    for (size_t i = 0; i < COUNT(never); i++) {
        const char *value = slots[never[i]].value;

        for (size_t at = 1; at < strlen(value); at++) {
            const char *rest = value[at] == ' ' ? value + at + 1 : value + at;

            expect(
                compose(true, never[i], field(never[i], text("%.*s\r\n %s", (int)at, value, rest))),
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
            Message with_second_early = compose(true, first, text("%s%s", base_lines(second, true),
                                                                  base_lines(first, true)));

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
    const char *all = text(
        "%s%s%s%s", repeat("Return-Path: <a@b>\r\n", 4, ""), repeat("Received: x\r\n", 100, ""),
        repeat("Delivered-To: a@b\r\n", 4, ""), repeat("X-Original-To: a@b\r\n", 4, ""));

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

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define ATEXT LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~"

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
    static const Slot fixed[] = {DATE, AUTO_SUBMITTED, PRECEDENCE, IMPORTANCE, MIME_VERSION,
                                 CONTENT_TYPE, ENCODING, MUGAI_RESULT};
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
        {"nothing in it", BAD_WORD, "=?UTF-8?B?" "?="},
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
        {"question mark too many", BAD_WORD, "=?UTF-8?B?YWFh?" "?="},
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
        const char *words = cases[i].second == NULL ? word(cases[i].first)
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
    const Case versions[] = {
        {"1.1", R(VALUE), "1.1"}, {"2.0", R(VALUE), "2.0"}, {"1", R(VALUE), "1"}};
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
            expect(compose(false, MUGAI_SEAL, field(MUGAI_SEAL, seal(key, "1", SEAL_SIGNATURE))),
                   0, strchr(digits, octet) != NULL ? CONFORMS : R(SEAL), key);
        }
}

Test(guard, the_time_of_a_seal_is_a_number_of_up_to_eleven_digits)
{
    static const char *const right[] = {"1",  "9",          "10",         "100",
                                        "20", "1795107600", "9999999999", "10000000000",
                                        "99999999999"};
    static const char *const wrong[] = {"",   "0",  "00", "01",  "000000000001", "100000000000",
                                        "-1", "+1", "1.", "1e9", "0x1",          "a",
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
        {MOST - 1, CONFORMS},      {MOST, CONFORMS},          {MOST + 1, R(BODY_LONG)},
        {MOST + 2, R(BODY_LONG)},  {2 * MOST, R(BODY_LONG)},
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
        {"one of two, then a letter", "\xC3" "a", false},
        {"one of three, then a letter", "\xE3" "a", false},
        {"two of three, then a letter", "\xE3\x81" "a", false},
        {"three of four, then a letter", "\xF0\x9F\x98" "a", false},
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
        wrong += !continues(&guard, body_of(octets, length + 3), rules, "after a letter",
                            code_point);
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

        wrong += !continues(&guard, text("%s\r\n%s", word_of(octets, length), after),
                            conforms ? CONFORMS : R(ENCODED_WORD), "in an encoded word",
                            code_point);
    }
}

Test(guard, a_character_is_refused_on_the_line_that_holds_it)
{
    Message message = compose(
        false, BODY, body(text("%s%s\xE2\x80\x8B%s", letters(57), letters(6), letters(57))));
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
        {"each after its own", "a\xEF\xB8\x80" "b\xEF\xB8\x81\xE8\x91\x9B\xF3\xA0\x84\x80", true},
        {"at the end of a line", "a\xEF\xB8\x80\r\nb", true},
        {"two in a row", "a\xEF\xB8\x80\xEF\xB8\x80", false},
        {"two in a row, ideographic", "\xE8\x91\x9B\xF3\xA0\x84\x80\xF3\xA0\x84\x81", false},
        {"two in a row, mixed", "\xE8\x91\x9B\xEF\xB8\x8F\xF3\xA0\x84\x80", false},
        {"two in a row, mixed the other way", "\xE8\x91\x9B\xF3\xA0\x84\x80\xEF\xB8\x8F", false},
        {"at the beginning", "\xEF\xB8\x80" "a", false},
        {"at the beginning, ideographic", "\xF3\xA0\x84\x80", false},
        {"at the beginning of a line", "a\r\n\xEF\xB8\x80" "b", false},
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
        "://", "http://example.jp", "www.", "WWW.", "wWw.", "mailto:", "MAILTO:", "mAiLtO:",
        "wwww.", "www.www", "mailto:://", ":://", "mmailto:", "w.www.", "x://y",
    };
    static const char *const inert[] = {
        "hxxps[:]//example[.]com", "www[.]example", "mailto[:]a", ":/ /", ": //", "ww.w", "w ww.",
        "www", "www ", "mailto", "mail to:", "mailto :", "//", ":/", "ww.", ":/\r\n/", "www\r\n.",
        "mailto\r\n:", "mailt\xC3\xB3:", "\xEF\xBD\x97ww.",
    };

    for (size_t before = 0; before < 62; before++, pool_used = 0) {
        for (size_t i = 0; i < COUNT(live); i++) {
            Message message = compose(false, BODY,
                                      body(text("%s%s", repeat("-", before, ""), live[i])));

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
