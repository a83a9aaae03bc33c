/*
 * guard_word.c - encoded words and the text of Subject (section 2)
 *
 * An encoded word is =?UTF-8?B? base64 ?=. The base64 goes to guard_text.c, for the same rules hold
 * for its characters as for those of the body.
 */
#include "guard_internal.h"

#include <mugai/profile.h>

static const char prefix[] = "=?UTF-8?B?";
enum { PREFIX_OCTETS = sizeof(prefix) - 1 };

void
guard_begin_word(MugaiGuard *guard, uint16_t octets)
{
    guard->word_octets = octets;
    guard->part_last = 0;
    guard_text_begin(guard, true);
}

bool
guard_word(MugaiGuard *guard, GuardEvent event, uint8_t after)
{
    uint16_t at = guard->word_octets;

    if (event == GUARD_END || event == GUARD_FOLD || at >= MUGAI_PROFILE_ENCODED_WORD_OCTETS)
        return guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    guard->word_octets++;
    if (at < PREFIX_OCTETS)
        return guard_demand(guard, event == (uint8_t)prefix[at], MUGAI_RULE_ENCODED_WORD);
    if (guard->part_last == '?') {
        guard->state = after;
        return guard_demand(guard, event == '=', MUGAI_RULE_ENCODED_WORD);
    }
    if (event != '?')
        return guard_base64(guard, event);
    if (at == PREFIX_OCTETS)
        return guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    guard->part_last = event;
    return guard_base64_end(guard);
}

enum {
    TEXT_START = 0,
    TEXT_EQUALS, /* the value began with '=' */
    TEXT_ASCII,
    TEXT_WORD,
    TEXT_AFTER_WORD,
    TEXT_NEXT_WORD, /* after the space or fold between two words */
};

static bool
begin_text_word(MugaiGuard *guard, uint16_t octets)
{
    guard_begin_word(guard, octets);
    guard->state = TEXT_WORD;
    return true;
}

static bool
read_text_ascii(MugaiGuard *guard, GuardEvent event)
{
    if (guard->part_last == '=' && event == '?')
        return guard_refuse(guard, MUGAI_RULE_TEXT);
    guard->state = TEXT_ASCII;
    guard->part_last = event;
    return true;
}

bool
guard_unstructured(MugaiGuard *guard, GuardEvent event)
{
    switch (guard->state) {
    case TEXT_START:
        guard->state = event == '=' ? TEXT_EQUALS : TEXT_ASCII;
        guard->part_last = event;
        return true;
    case TEXT_EQUALS:
        return event == '?' ? begin_text_word(guard, 2) : read_text_ascii(guard, event);
    case TEXT_ASCII:
        return read_text_ascii(guard, event);
    case TEXT_WORD:
        return guard_word(guard, event, TEXT_AFTER_WORD);
    case TEXT_AFTER_WORD:
        if (event != GUARD_END && event != ' ' && event != GUARD_FOLD)
            return guard_refuse(guard, MUGAI_RULE_TEXT);
        guard->state = TEXT_NEXT_WORD;
        return true;
    default: /* TEXT_NEXT_WORD */
        return event == '=' ? begin_text_word(guard, 1) : guard_refuse(guard, MUGAI_RULE_TEXT);
    }
}
