/*
 * guard.h - decides whether a message is in the output profile, and says where and why not
 *
 * Freestanding C11: no library, no allocation, no recursion, no table built at run time. The whole
 * state is in MugaiGuard, whose size is constant; octets are fed in chunks of any size, the answer
 * does not depend on how they were cut. Time is linear in the number of octets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of mugai_guard_init(). */
enum {
    MUGAI_GUARD_INERT_LINKS =
        1u << 0, /* refuse "://", "www." and "mailto:" in the text (profile, section 4) */
    MUGAI_GUARD_RELAYED =
        1u << 1, /* relays have added trace fields since: a fold of theirs may begin with one TAB
                    instead of the space, for so does Postfix fold its Received */
};

/*
 * Why a message was refused. Zero is "not decided": a guard that has not been finished has not said
 * yes. Each rule belongs to a sentence of the profile; mugai_guard_rule_text() gives it in English.
 */
typedef enum {
    MUGAI_RULE_UNFINISHED = 0,
    MUGAI_RULE_NONE,             /* finished, conforms */
    MUGAI_RULE_OCTET,            /* 1: an octet that is neither 0x20-0x7E nor part of CRLF */
    MUGAI_RULE_LINE_END,         /* 1: bare CR, bare LF, or no CRLF at the very end */
    MUGAI_RULE_HEADER_LINE_LONG, /* 1: header line over 998 octets */
    MUGAI_RULE_BODY_LINE_LONG,   /* 1, 3: body line over 76 octets */
    MUGAI_RULE_HEADER_LONG,      /* 1: header section over 256 KiB */
    MUGAI_RULE_HEADER_END,       /* 1: the input ends inside the header section */
    MUGAI_RULE_FIELD_NAME,  /* 2: a field that the profile does not have, or spelled otherwise */
    MUGAI_RULE_FIELD_ORDER, /* 2: own fields out of order, repeated, or a trace field after them */
    MUGAI_RULE_FIELD_COUNT, /* 2: more trace fields of a kind than allowed */
    MUGAI_RULE_FIELD_MISSING, /* 2: a field that must be there is not */
    MUGAI_RULE_FIELD_SPACE, /* 2: not exactly one space after the colon, value empty, trailing space
                             */
    MUGAI_RULE_FOLD,        /* 2: a folded line that does not begin with one space and a non-space,
                                  or a fold where the field has no place for one */
    MUGAI_RULE_DATE,        /* 2: Date is not an RFC 5322 date-time in its full form */
    MUGAI_RULE_ADDRESS,     /* 2: address list, display name, addr-spec or domain */
    MUGAI_RULE_ADDRESS_COUNT, /* 2: more addresses than the field may have */
    MUGAI_RULE_TEXT, /* 2: text is neither plain ASCII without "=?" nor encoded words alone */
    MUGAI_RULE_ENCODED_WORD, /* 2: form, length, base64 or characters of an encoded word */
    MUGAI_RULE_MESSAGE_ID,   /* 2: a message id, or their number */
    MUGAI_RULE_VALUE, /* 2: a value out of a fixed set (MIME fields, Precedence, ...) or List-Id */
    MUGAI_RULE_MUGAI_ID,       /* 2: form of Mugai-Id */
    MUGAI_RULE_MUGAI_RESULT,   /* 2: form of Mugai-Result */
    MUGAI_RULE_SEAL,           /* 2: form of Mugai-Seal */
    MUGAI_RULE_BASE64,         /* 3: body is not canonical base64, or its lines are not filled */
    MUGAI_RULE_BODY_EMPTY,     /* 3: no body */
    MUGAI_RULE_BODY_LONG,      /* 3: over 4 MiB decoded */
    MUGAI_RULE_UTF8,           /* 4: text is not valid UTF-8 */
    MUGAI_RULE_TEXT_LINE_END,  /* 4: a line of the text does not end in CRLF */
    MUGAI_RULE_TEXT_LINE_LONG, /* 4: a line of the text over 8,192 octets */
    MUGAI_RULE_CHARACTER,      /* 4: a character that is not clean */
    MUGAI_RULE_SELECTOR,       /* 4: a variation selector without a base character before it */
    MUGAI_RULE_LINK,           /* 4: a link that is not inert */
    MUGAI_RULE_COUNT
} MugaiGuardRule;

/* The whole state; its fields are the guard's own, but it may live anywhere, on the stack as well.
 */
typedef struct {
    uint32_t flags;
    MugaiGuardRule rule;   /* set at the first refusal, then never changed */
    uint64_t line, column; /* of the refusal: both from 1, in octets of the message (not of the
                              decoded text) */
    /* where we are */
    uint64_t at_line, at_column;   /* of the octet being read */
    uint64_t end_line, end_column; /* of the last line end, for what is found missing there */
    uint32_t section_octets;
    uint8_t place;
    uint8_t after_cr;
    uint8_t last_octet;
    /* the field */
    uint8_t field;
    uint8_t own_last; /* the last own field seen, in the order of the profile */
    uint8_t trace_counts[4];
    uint32_t own_seen; /* a bit for each own field */
    /* its name or, of a short one, its value; NULs behind it */
    uint8_t short_length;
    uint8_t short_octets[32];
    /* the grammar of its value */
    uint8_t state;     /* of its automaton, or the place in its form */
    uint8_t part_last; /* last octet of the label or atom being read */
    uint8_t quoting_needed;
    uint16_t items;
    uint16_t length;
    uint16_t part_length;
    uint16_t word_octets;
    /* base64, UTF-8 and the text in them */
    uint8_t quantum_count;
    uint8_t padding_due; /* the second of two '=' */
    uint8_t base64_ended;
    uint8_t in_word;
    uint8_t utf8_left, utf8_low, utf8_high;
    uint8_t base; /* the last character may carry a variation selector */
    uint8_t text_after_cr;
    uint8_t text_complete; /* the text ends in CRLF so far */
    uint32_t quantum;
    uint32_t code_point;
    uint32_t decoded_octets;
    uint32_t text_line_octets;
    uint64_t recent; /* the last eight octets of the text in lower case */
} MugaiGuard;

/* Begins a message. @flags: MUGAI_GUARD_* or 0. */
void mugai_guard_init(MugaiGuard *guard, uint32_t flags);

/* Feeds @length octets. Returns false as soon as and as long as the message is refused. */
bool mugai_guard_feed(MugaiGuard *guard, const uint8_t *octets, size_t length);

/* Ends the message: true if and only if all that was fed is a conforming message. */
bool mugai_guard_finish(MugaiGuard *guard);

/* A short English sentence for @rule, static; never NULL. */
const char *mugai_guard_rule_text(MugaiGuardRule rule);

#ifdef __cplusplus
}
#endif
