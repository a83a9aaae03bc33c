/*
 * guard_text.c - base64, UTF-8 and the characters of the text (sections 3 and 4)
 *
 * Base64 octets go in, decoded octets fall out into the UTF-8 automaton, its code points into the
 * rules on characters. The same three steps serve the body and each encoded word; in a word there
 * are no lines, so no line end, no TAB.
 *
 * Invariants: 1. at most three decoded octets a call; 2. no state but MugaiGuard.
 */
#include "guard_internal.h"

#include <mugai/profile.h>

/* Section 4: what is not clean beside U+0000-001F, U+007F-009F and the last two of every plane.
 * Ascending. */
static const struct {
    uint32_t first, last;
} unclean[] = {
    {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},   {0x115F, 0x1160},
    {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF},
};

#define UNCLEAN_COUNT (sizeof(unclean) / sizeof(unclean[0]))

static bool
is_clean(uint32_t c)
{
    if (c < 0xA0)
        return c >= 0x20 && c < 0x7F;
    if ((c & 0xFFFE) == 0xFFFE)
        return false;
    for (size_t i = 0; i < UNCLEAN_COUNT && unclean[i].first <= c; i++) {
        if (c <= unclean[i].last)
            return false;
    }
    return true;
}

static bool
is_selector(uint32_t c)
{
    return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

/* The spaces of Unicode that are clean. */
static bool
is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

void
guard_text_begin(MugaiGuard *guard, bool in_word)
{
    guard->in_word = in_word;
    guard->quantum = 0;
    guard->quantum_count = 0;
    guard->padding_due = false;
    guard->base64_ended = false;
    guard->utf8_left = 0;
    guard->base = false;
    guard->text_after_cr = false;
    guard->text_complete = false;
    guard->text_line_octets = 0;
    guard->recent = 0;
}

/* Whether the octets read last end in @pattern, which is in lower case and has @length octets. */
static bool
ends_in(const MugaiGuard *guard, const char *pattern, unsigned length)
{
    uint64_t wanted = 0;

    for (unsigned i = 0; i < length; i++)
        wanted = wanted << 8 | (uint8_t)pattern[i];
    return (guard->recent & (UINT64_MAX >> (64 - 8 * length))) == wanted;
}

static bool
check_link(MugaiGuard *guard, uint8_t octet)
{
    guard->recent =
        guard->recent << 8 | (uint8_t)(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
    if ((guard->flags & MUGAI_GUARD_INERT_LINKS) == 0)
        return true;
    if ((octet == '/' && ends_in(guard, "://", 3)) || (octet == '.' && ends_in(guard, "www.", 4)) ||
        (octet == ':' && ends_in(guard, "mailto:", 7)))
        return guard_refuse(guard, MUGAI_RULE_LINK);
    return true;
}

/* One code point that is neither CR nor LF. */
static bool
check_character(MugaiGuard *guard, uint32_t c)
{
    bool tab = c == '\t' && !guard->in_word;

    if (!tab && !is_clean(c))
        return guard_refuse(guard, guard->in_word ? MUGAI_RULE_ENCODED_WORD : MUGAI_RULE_CHARACTER);
    if (is_selector(c)) {
        if (!guard->base)
            return guard_refuse(guard,
                                guard->in_word ? MUGAI_RULE_ENCODED_WORD : MUGAI_RULE_SELECTOR);
        guard->base = false;
    } else
        guard->base = !is_space(c);
    return true;
}

static bool
end_text_line(MugaiGuard *guard)
{
    guard->text_after_cr = false;
    guard->text_line_octets = 0;
    guard->text_complete = true;
    guard->base = false;
    return true;
}

/* One code point of the body or of an encoded word. */
static bool
read_character(MugaiGuard *guard, uint32_t c)
{
    if (guard->in_word)
        return check_character(guard, c);
    if (guard->text_after_cr)
        return c == '\n' ? end_text_line(guard) : guard_refuse(guard, MUGAI_RULE_TEXT_LINE_END);
    guard->text_complete = false;
    if (c == '\r') {
        guard->text_after_cr = true;
        return true;
    }
    if (c == '\n')
        return guard_refuse(guard, MUGAI_RULE_TEXT_LINE_END);
    return check_character(guard, c);
}

static bool
refuse_utf8(MugaiGuard *guard)
{
    return guard_refuse(guard, guard->in_word ? MUGAI_RULE_ENCODED_WORD : MUGAI_RULE_UTF8);
}

/* The first octet of a character of two to four (Unicode table 3-7). */
static bool
begin_utf8(MugaiGuard *guard, uint8_t octet)
{
    guard->utf8_low = 0x80;
    guard->utf8_high = 0xBF;
    if (octet >= 0xC2 && octet <= 0xDF) {
        guard->utf8_left = 1;
        guard->code_point = octet & 0x1Fu;
    } else if (octet >= 0xE0 && octet <= 0xEF) {
        guard->utf8_left = 2;
        guard->code_point = octet & 0x0Fu;
        if (octet == 0xE0)
            guard->utf8_low = 0xA0;
        if (octet == 0xED)
            guard->utf8_high = 0x9F;
    } else if (octet >= 0xF0 && octet <= 0xF4) {
        guard->utf8_left = 3;
        guard->code_point = octet & 0x07u;
        if (octet == 0xF0)
            guard->utf8_low = 0x90;
        if (octet == 0xF4)
            guard->utf8_high = 0x8F;
    } else
        return refuse_utf8(guard);
    return true;
}

static bool
read_utf8(MugaiGuard *guard, uint8_t octet)
{
    if (guard->utf8_left == 0 && octet < 0x80)
        return read_character(guard, octet);
    if (guard->utf8_left == 0)
        return begin_utf8(guard, octet);
    if (octet < guard->utf8_low || octet > guard->utf8_high)
        return refuse_utf8(guard);
    guard->utf8_low = 0x80;
    guard->utf8_high = 0xBF;
    guard->code_point = guard->code_point << 6 | (octet & 0x3Fu);
    guard->utf8_left--;
    return guard->utf8_left > 0 || read_character(guard, guard->code_point);
}

/* One decoded octet. */
static bool
read_decoded(MugaiGuard *guard, uint8_t octet)
{
    if (guard->in_word)
        return read_utf8(guard, octet);
    guard->decoded_octets++;
    if (guard->decoded_octets > MUGAI_PROFILE_TEXT_OCTETS)
        return guard_refuse(guard, MUGAI_RULE_BODY_LONG);
    if (octet != '\r' && octet != '\n') {
        guard->text_line_octets++;
        if (guard->text_line_octets > MUGAI_PROFILE_TEXT_LINE_OCTETS)
            return guard_refuse(guard, MUGAI_RULE_TEXT_LINE_LONG);
    }
    return read_utf8(guard, octet) && check_link(guard, octet);
}

static bool
refuse_base64(MugaiGuard *guard)
{
    return guard_refuse(guard, guard->in_word ? MUGAI_RULE_ENCODED_WORD : MUGAI_RULE_BASE64);
}

uint32_t
guard_base64_value(uint8_t octet)
{
    if (octet >= 'A' && octet <= 'Z')
        return octet - (uint32_t)'A';
    if (octet >= 'a' && octet <= 'z')
        return octet - (uint32_t)'a' + 26;
    if (octet >= '0' && octet <= '9')
        return octet - (uint32_t)'0' + 52;
    if (octet == '+')
        return 62;
    return octet == '/' ? 63 : 64;
}

/* The end of a quantum: @bits are 24, of which @octets times 8 are used. */
static bool
end_quantum(MugaiGuard *guard, uint32_t bits, unsigned octets)
{
    guard->base64_ended = octets < 3;
    guard->quantum = 0;
    guard->quantum_count = 0;
    guard->padding_due = false;
    if ((bits & 0xFFFFFFu >> 8 * octets) != 0)
        return refuse_base64(guard);
    for (unsigned i = 0; i < octets; i++) {
        if (!read_decoded(guard, (uint8_t)(bits >> (16 - 8 * i))))
            return false;
    }
    return true;
}

/* '=' ends a quantum of three characters, "==" one of two. */
static bool
read_padding(MugaiGuard *guard)
{
    if (guard->quantum_count == 3)
        return end_quantum(guard, guard->quantum << 6, 2);
    if (guard->quantum_count != 2)
        return refuse_base64(guard);
    if (guard->padding_due)
        return end_quantum(guard, guard->quantum << 12, 1);
    guard->padding_due = true;
    return true;
}

bool
guard_base64(MugaiGuard *guard, uint8_t octet)
{
    uint32_t value = guard_base64_value(octet);

    if (guard->base64_ended)
        return refuse_base64(guard);
    if (octet == '=')
        return read_padding(guard);
    if (value > 63 || guard->padding_due)
        return refuse_base64(guard);
    guard->quantum = guard->quantum << 6 | value;
    guard->quantum_count++;
    return guard->quantum_count < 4 || end_quantum(guard, guard->quantum, 3);
}

bool
guard_base64_end(MugaiGuard *guard)
{
    if (guard->quantum_count != 0)
        return refuse_base64(guard);
    if (guard->utf8_left != 0)
        return refuse_utf8(guard);
    if (!guard->in_word && !guard->text_complete)
        return guard_refuse(guard, MUGAI_RULE_TEXT_LINE_END);
    return true;
}
