/*
 * message.c - conforming messages for the tests of the guard, one thing in them replaced, and what
 * the guard says of them
 *
 * Limits: that octets in any chunks give the same answer is tried with single octets, with the
 * whole, and with cuts of changing length, not with all possible cuts.
 */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Scratch memory ----------------------------------------------------------------------------------
 * Every string of a test lives in one pool, which the test's process takes with it; loops over many
 * cases reset it. */

enum { POOL_OCTETS = 64 * 1024 * 1024 };
static char *pool;
size_t pool_used;

char *
take(size_t octets)
{
    if (pool == NULL)
        pool = malloc(POOL_OCTETS);
    if (pool == NULL || octets > POOL_OCTETS - pool_used)
        abort();
    pool_used += octets;
    return pool + pool_used - octets;
}

__attribute__((format(printf, 1, 2))) char *
text(const char *format, ...)
{
    va_list arguments;
    char *printed = NULL;
    char *made;
    int length;

    va_start(arguments, format);
    length = vasprintf(&printed, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort();
    made = take((size_t)length + 1);
    memcpy(made, printed, (size_t)length + 1);
    free(printed);
    return made;
}

/* @piece @count times, @between between two of them. */
char *
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

char *
letters(size_t count)
{
    return repeat("a", count, "");
}

/* Base64 and UTF-8, written here and not taken from anywhere ----------------------------------- */

char *
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
char *
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
char *
body(const char *line)
{
    return body_of(text("%s\r\n", line), strlen(line) + 2);
}

char *
word_of(const char *octets, size_t length)
{
    return text("=?UTF-8?B?%s?=", base64(octets, length));
}

char *
word(const char *line)
{
    return word_of(line, strlen(line));
}

/* @code_point as UTF-8, surrogates too; returns its octets' number. */
size_t
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

const SlotForm slots[SLOTS] = {
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

char *
field(Slot slot, const char *value)
{
    return text("%s: %s\r\n", slots[slot].name, value);
}

/* What stands at @slot of the base message, whole lines. @full: the optional fields too. */
const char *
base_lines(Slot slot, bool full)
{
    if (slot == EMPTY_LINE)
        return "\r\n";
    if (slot == BODY)
        return body_of(base_text, strlen(base_text));
    return full || slots[slot].required ? field(slot, slots[slot].value) : "";
}

/* The base message with @lines (whole, with their CRLF) at @slot; SLOTS: nothing replaced. */
Message
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
Message
spliced(Message message, size_t at, size_t removed, const char *octets, size_t length)
{
    size_t after = message.length - at - removed;
    char *made = take(message.length - removed + length + 1), *end;

    end = mempcpy(made, message.octets, at);
    end = mempcpy(end, octets, length);
    memcpy(end, message.octets + at + removed, after);
    return (Message){made, at + length + after};
}

Message
appended(Message message, const char *octets)
{
    return spliced(message, message.length, 0, octets, strlen(octets));
}

/* Asking the guard ----------------------------------------------------------------------------- */

Verdict
verdict_of(MugaiGuard *guard)
{
    bool conforms = mugai_guard_finish(guard);

    return (Verdict){conforms, guard->rule, guard->line, guard->column};
}

bool
feed(MugaiGuard *guard, const char *octets, size_t length)
{
    return mugai_guard_feed(guard, (const uint8_t *)octets, length);
}

Verdict
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
    for (size_t at = 0; at<message.length; at += size, size = size> 100 ? first : size + step) {
        if (size > message.length - at)
            size = message.length - at;
        feed(&guard, message.octets + at, size);
    }
    return verdict_of(&guard);
}

bool
same(Verdict a, Verdict b)
{
    return a.conforms == b.conforms && a.rule == b.rule &&
           (a.conforms || (a.line == b.line && a.column == b.column));
}

Verdict
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
bool
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

void
expect_values(Slot slot, const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(compose(false, slot, field(slot, cases[i].value)), 0, cases[i].refused,
               text("%s, %s", slots[slot].name, cases[i].name));
    }
}

/* The same with whole lines in place of a value. */
void
expect_lines(Slot slot, const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(compose(false, slot, cases[i].value), 0, cases[i].refused, cases[i].name);
}

/* Where in @message octet @at is. */
Verdict
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
