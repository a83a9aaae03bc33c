/* guard_internal.h - what the three files of the guard know of each other */
#pragma once

#include <mugai/guard.h>

/* What a grammar is fed beside the octets 0x20-0x7E. */
enum {
    GUARD_END = 0,  /* the value is at its end */
    GUARD_FOLD = 1, /* a line end and the blank after it: stands for one space */
};

typedef uint8_t GuardEvent;

/* One grammar: takes an event, returns false after guard_refuse(). */
typedef bool (*GuardGrammar)(MugaiGuard *guard, GuardEvent event);

/* Refuses at the octet being read, unless it was refused before. Always false. */
bool guard_refuse(MugaiGuard *guard, MugaiGuardRule rule);

/* guard_value.c: the grammars of section 2 */
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
const char *const *guard_fixed_values(const MugaiGuard *guard);

/* guard_text.c: sections 3 and 4 */
void guard_text_begin(MugaiGuard *guard, bool in_word);
/* The value of a base64 octet, or 64 if it is none. */
uint32_t guard_base64_value(uint8_t octet);
bool guard_base64(MugaiGuard *guard, uint8_t octet);
/* Whether the base64 and the UTF-8 in it may end here; refuses if not. */
bool guard_base64_end(MugaiGuard *guard);
