/* guard_internal.h - what the files of the guard know of each other */
#pragma once

#include <mugai/guard.h>

/* What a grammar is fed beside the octets 0x20-0x7E. */
enum {
    GUARD_END = 0,  /* the value is at its end */
    GUARD_FOLD = 1, /* a line end and the blank after it: stands for one space */
};

typedef uint8_t GuardEvent;

/* A short value or a name, NULs behind it, at least one. */
enum { GUARD_SHORT_OCTETS = sizeof(((MugaiGuard *)NULL)->short_octets) };

/* One grammar: takes an event, returns false after guard_refuse(). */
typedef bool (*GuardGrammar)(MugaiGuard *guard, GuardEvent event);

/* Refuses at the octet being read. Always false; nothing more is read then. */
bool guard_refuse(MugaiGuard *guard, MugaiGuardRule rule);
/* Refuses unless @condition. Returns it. */
bool guard_demand(MugaiGuard *guard, bool condition, MugaiGuardRule rule);

/* guard_value.c, guard_word.c, guard_address.c: the grammars of section 2 */
bool guard_trace(MugaiGuard *guard, GuardEvent event);
bool guard_date(MugaiGuard *guard, GuardEvent event);
bool guard_address_list(MugaiGuard *guard, GuardEvent event);
bool guard_unstructured(MugaiGuard *guard, GuardEvent event);
bool guard_message_ids(MugaiGuard *guard, GuardEvent event);
bool guard_list_id(MugaiGuard *guard, GuardEvent event);
bool guard_fixed(MugaiGuard *guard, GuardEvent event);
bool guard_mugai_id(MugaiGuard *guard, GuardEvent event);
bool guard_mugai_result(MugaiGuard *guard, GuardEvent event);
bool guard_mugai_seal(MugaiGuard *guard, GuardEvent event);

/* What a grammar may ask of the field it reads. */
uint16_t guard_items_max(const MugaiGuard *guard);
bool guard_may_be_undisclosed(const MugaiGuard *guard);
bool guard_is_fixed_value(const MugaiGuard *guard);

/* Adds an octet to a short value; refuses by @rule what is too long. */
bool guard_collect(MugaiGuard *guard, GuardEvent event, MugaiGuardRule rule);
/* Whether the short value collected, or the name, is @short_value. */
bool guard_short_is(const MugaiGuard *guard, const char short_value[GUARD_SHORT_OCTETS]);

/* Begins an encoded word of which the first @octets, '=' or "=?", are read already. */
void guard_begin_word(MugaiGuard *guard, uint16_t octets);
/* Goes on with it; at its end guard->state becomes @after. */
bool guard_word(MugaiGuard *guard, GuardEvent event, uint8_t after);

/* guard_text.c: sections 3 and 4 */
void guard_text_begin(MugaiGuard *guard, bool in_word);
/* The value of a base64 octet, or 64 if it is none. */
uint32_t guard_base64_value(uint8_t octet);
bool guard_base64(MugaiGuard *guard, uint8_t octet);
/* Whether the base64 and the UTF-8 in it may end here; refuses if not. */
bool guard_base64_end(MugaiGuard *guard);
