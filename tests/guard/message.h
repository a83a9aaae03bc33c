/*
 * message.h - what the tests of the guard share: messages to make and answers to expect
 *
 * The tests hold the guard against every sentence of the output profile, version 1. They were
 * written from the profile and guard.h alone, by someone who has not seen the guard. Each case is a
 * conforming message in which one thing is replaced; it says which rules may be named in the
 * refusal, or none for "conforms". Where the profile is silent, the stricter reading that a
 * canonical writer satisfies is taken and marked "reading:".
 */
#pragma once

#include <criterion/criterion.h>
#include <mugai/guard.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define ATEXT LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~"

/* Strings: all live in one pool, which the test's process takes with it. Loops over many cases keep
 * @pool_used and put it back. */

extern size_t pool_used;

char *take(size_t octets);
__attribute__((format(printf, 1, 2))) char *text(const char *format, ...);
/* @piece @count times, @between between two of them. */
char *repeat(const char *piece, size_t count, const char *between);
/* @count times 'a'. */
char *letters(size_t count);
char *base64(const char *octets, size_t length);
/* The body of a message for @length octets of text: base64 in lines of 76. */
char *body_of(const char *octets, size_t length);
/* @line as one text line and more, CRLF put behind it. */
char *body(const char *line);
/* An encoded word. */
char *word_of(const char *octets, size_t length);
char *word(const char *line);
/* @code_point as UTF-8, surrogates too; returns its octets' number. */
size_t encode(uint32_t code_point, char octets[4]);

/* A conforming message, and one thing in it replaced. */

typedef enum {
    TRACE,
    DATE,
    FROM,
    SENDER,
    REPLY_TO,
    TO,
    CC,
    SUBJECT,
    MESSAGE_ID,
    IN_REPLY_TO,
    REFERENCES,
    LIST_ID,
    AUTO_SUBMITTED,
    PRECEDENCE,
    IMPORTANCE,
    MIME_VERSION,
    CONTENT_TYPE,
    ENCODING,
    MUGAI_ID,
    MUGAI_RESULT,
    MUGAI_SEAL,
    EMPTY_LINE,
    BODY,
    SLOTS
} Slot;

typedef uint64_t Rules; /* a set of MugaiGuardRule; empty: conforms */

#define R(name) (UINT64_C(1) << MUGAI_RULE_##name)
#define CONFORMS UINT64_C(0)

/* A seal: form and base64 are right, the signature is nobody's. */
#define SEAL_KEY "0123456789abcdef"
#define SEAL_BEGIN "version=1; key=" SEAL_KEY "; time=1795107600; signature="
#define SEAL_SIGNATURE                                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKLMNOPQRSTUQ=="

typedef struct {
    const char *name;
    bool required;
    Rules own_rule; /* of a wrong value */
    const char *value;
} SlotForm;

extern const SlotForm slots[SLOTS];

typedef struct {
    const char *octets;
    size_t length;
} Message;

/* The line of the field at @slot with @value. */
char *field(Slot slot, const char *value);
/* What stands at @slot of the base message, whole lines. @full: the optional fields too. */
const char *base_lines(Slot slot, bool full);
/* The base message with @lines (whole, with their CRLF) at @slot; SLOTS: nothing replaced. */
Message compose(bool full, Slot slot, const char *lines);
/* @message with @removed octets at @at replaced by @length octets from @octets. */
Message spliced(Message message, size_t at, size_t removed, const char *octets, size_t length);
Message appended(Message message, const char *octets);

/* Asking the guard. */

typedef struct {
    bool conforms;
    MugaiGuardRule rule;
    uint64_t line, column;
} Verdict;

Verdict verdict_of(MugaiGuard *guard);
bool feed(MugaiGuard *guard, const char *octets, size_t length);
/* Fed at once. */
Verdict judge_whole(Message message, uint32_t flags);
bool same(Verdict a, Verdict b);
/* Fed at once and in chunks, which must give the same. */
Verdict judge(Message message, uint32_t flags, const char *name);
/* Whether the guard says what @refused says; silent if so, for loops over very many cases. */
bool expect(Message message, uint32_t flags, Rules refused, const char *name);

/* A value of one field, in the base message. */
typedef struct {
    const char *name;
    Rules refused;
    const char *value;
} Case;

void expect_values(Slot slot, const Case *cases, size_t count);
/* The same with whole lines in place of a value. */
void expect_lines(Slot slot, const Case *cases, size_t count);

#define EXPECT_VALUES(slot, cases) expect_values(slot, cases, COUNT(cases))
#define EXPECT_LINES(slot, cases) expect_lines(slot, cases, COUNT(cases))

/* Where in @message octet @at is. */
Verdict place_of(Message message, size_t at);
