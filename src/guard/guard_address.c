/*
 * guard_address.c - the grammars of addresses, message ids and List-Id (section 2)
 *
 * Automata over GuardEvents, as those of guard_value.c.
 */
#include "guard_internal.h"

#include <mugai/profile.h>

static bool
is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5322 section 3.2.3 */
static bool
is_atext(uint8_t c)
{
    static const char others[] = "!#$%&'*+-/=?^_`{|}~";

    if (is_letter_or_digit(c))
        return true;
    for (size_t i = 0; i < sizeof(others) - 1; i++) {
        if ((uint8_t)others[i] == c)
            return true;
    }
    return false;
}

/* --- domains, local parts --- */

static void
begin_label(MugaiGuard *guard)
{
    guard->part_length = 0;
    guard->part_last = 0;
}

/* Whether the label or atom being read may end here. */
static bool
label_may_end(const MugaiGuard *guard)
{
    return guard->part_length > 0 && guard->part_last != '-';
}

/* One octet of a domain of LDH labels (RFC 5890 section 2.3.1). */
static bool
read_domain(MugaiGuard *guard, uint8_t octet)
{
    if (octet == '.') {
        bool ok = label_may_end(guard);

        begin_label(guard);
        return ok;
    }
    if (!is_letter_or_digit(octet) && (octet != '-' || guard->part_length == 0))
        return false;
    guard->part_last = octet;
    guard->part_length++;
    return guard->part_length <= MUGAI_PROFILE_LABEL_OCTETS;
}

/* --- address lists --- */

enum {
    ADDRESS_START = 0,
    ADDRESS_NAME,       /* in a quoted display name */
    ADDRESS_AFTER_NAME, /* the space is due */
    ADDRESS_WORD,       /* in an encoded word */
    ADDRESS_AFTER_WORD,
    ADDRESS_NEXT_WORD, /* after a fold: only a word may follow */
    ADDRESS_NEXT,      /* after a space: a word or the address */
    ADDRESS_ANGLE,     /* '<' is due */
    ADDRESS_LOCAL_START,
    ADDRESS_LOCAL,
    ADDRESS_QUOTED, /* in a quoted local part */
    ADDRESS_AT,     /* '@' is due */
    ADDRESS_DOMAIN,
    ADDRESS_END,
    ADDRESS_COMMA, /* after a comma */
    ADDRESS_UNDISCLOSED,
};

static bool
refuse_address(MugaiGuard *guard)
{
    return guard_refuse(guard, MUGAI_RULE_ADDRESS);
}

static bool
go(MugaiGuard *guard, uint8_t state)
{
    guard->state = state;
    return true;
}

static bool
begin_addr_spec(MugaiGuard *guard)
{
    guard->length = 0;
    guard->part_last = '.';
    guard->quoting_needed = false;
    return go(guard, ADDRESS_LOCAL_START);
}

static bool
begin_address_word(MugaiGuard *guard)
{
    guard_begin_word(guard, 1);
    return go(guard, ADDRESS_WORD);
}

static bool
begin_address(MugaiGuard *guard, GuardEvent event)
{
    if (guard->items == 0 && event == 'u' && guard_may_be_undisclosed(guard)) {
        guard->state = ADDRESS_UNDISCLOSED;
        return guard_collect(guard, event, MUGAI_RULE_ADDRESS);
    }
    if (event != '"' && event != '=' && event != '<')
        return refuse_address(guard);
    if (guard->items >= guard_items_max(guard))
        return guard_refuse(guard, MUGAI_RULE_ADDRESS_COUNT);
    guard->items++;
    guard->length = 0;
    if (event == '"')
        return go(guard, ADDRESS_NAME);
    return event == '=' ? begin_address_word(guard) : begin_addr_spec(guard);
}

static bool
read_display_name(MugaiGuard *guard, GuardEvent event)
{
    if (event < 0x20 || event == '\\')
        return refuse_address(guard);
    if (event != '"') {
        guard->length = 1;
        return true;
    }
    return guard->length > 0 ? go(guard, ADDRESS_AFTER_NAME) : refuse_address(guard);
}

static bool
read_undisclosed(MugaiGuard *guard, GuardEvent event)
{
    static const char undisclosed[GUARD_SHORT_OCTETS] = "undisclosed-recipients:;";

    if (event == GUARD_FOLD)
        return refuse_address(guard);
    if (event != GUARD_END)
        return guard_collect(guard, event, MUGAI_RULE_ADDRESS);
    return guard_demand(guard, guard_short_is(guard, undisclosed), MUGAI_RULE_ADDRESS);
}

/* A dot-atom; part_last is '.' at its start, so that a leading dot is seen as a double one. */
static bool
read_local(MugaiGuard *guard, GuardEvent event)
{
    if (event == '@') {
        begin_label(guard);
        return guard->quoting_needed ? refuse_address(guard) : go(guard, ADDRESS_DOMAIN);
    }
    if (event == '.' ? guard->part_last == '.' : !is_atext(event))
        return refuse_address(guard);
    guard->quoting_needed = event == '.'; /* a dot must not be the last octet */
    guard->part_last = event;
    return true;
}

/* A quoted local part must be one that no dot-atom can say. */
static bool
read_quoted_local(MugaiGuard *guard, GuardEvent event)
{
    if (event == '"') {
        if (guard->part_last == '.')
            guard->quoting_needed = true;
        return guard->quoting_needed && guard->part_length > 0 ? go(guard, ADDRESS_AT)
                                                               : refuse_address(guard);
    }
    if (event != '.' && event != ' ' && !is_atext(event))
        return refuse_address(guard);
    if (event == ' ' || (event == '.' && guard->part_last == '.'))
        guard->quoting_needed = true;
    guard->part_length = 1;
    guard->part_last = event;
    return true;
}

static bool
read_local_start(MugaiGuard *guard, GuardEvent event)
{
    guard->part_length = 0;
    if (event == '"')
        return go(guard, ADDRESS_QUOTED);
    guard->state = ADDRESS_LOCAL;
    return event == '@' ? refuse_address(guard) : read_local(guard, event);
}

static bool
read_address_domain(MugaiGuard *guard, GuardEvent event)
{
    if (event == '>')
        return label_may_end(guard) ? go(guard, ADDRESS_END) : refuse_address(guard);
    return guard_demand(guard, read_domain(guard, event), MUGAI_RULE_ADDRESS);
}

/* Octets of the addr-spec, angle brackets not counted. */
static bool
count_addr_spec(MugaiGuard *guard, GuardEvent event)
{
    if (event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_FOLD);
    if (guard->state == ADDRESS_DOMAIN && event == '>')
        return true;
    guard->length++;
    return guard_demand(guard, guard->length <= MUGAI_PROFILE_ADDR_SPEC_OCTETS, MUGAI_RULE_ADDRESS);
}

static bool
read_addr_spec(MugaiGuard *guard, GuardEvent event)
{
    if (!count_addr_spec(guard, event))
        return false;
    switch (guard->state) {
    case ADDRESS_LOCAL_START:
        return read_local_start(guard, event);
    case ADDRESS_LOCAL:
        return read_local(guard, event);
    case ADDRESS_QUOTED:
        return read_quoted_local(guard, event);
    case ADDRESS_AT:
        begin_label(guard);
        return event == '@' ? go(guard, ADDRESS_DOMAIN) : refuse_address(guard);
    default:
        return read_address_domain(guard, event);
    }
}

/* What may stand between a display name and what follows it, and between addresses. */
static bool
read_between(MugaiGuard *guard, GuardEvent event)
{
    switch (guard->state) {
    case ADDRESS_AFTER_NAME:
        return event == ' ' ? go(guard, ADDRESS_ANGLE) : refuse_address(guard);
    case ADDRESS_AFTER_WORD:
        if (event == GUARD_FOLD)
            return go(guard, ADDRESS_NEXT_WORD);
        return event == ' ' ? go(guard, ADDRESS_NEXT) : refuse_address(guard);
    case ADDRESS_NEXT:
        if (event == '<')
            return begin_addr_spec(guard);
        return event == '=' ? begin_address_word(guard) : refuse_address(guard);
    case ADDRESS_NEXT_WORD:
        return event == '=' ? begin_address_word(guard) : refuse_address(guard);
    case ADDRESS_ANGLE:
        return event == '<' ? begin_addr_spec(guard) : refuse_address(guard);
    case ADDRESS_COMMA:
        return event == ' ' || event == GUARD_FOLD ? go(guard, ADDRESS_START)
                                                   : refuse_address(guard);
    default: /* ADDRESS_END */
        if (event == GUARD_END)
            return true;
        return event == ',' ? go(guard, ADDRESS_COMMA) : refuse_address(guard);
    }
}

bool
guard_address_list(MugaiGuard *guard, GuardEvent event)
{
    switch (guard->state) {
    case ADDRESS_START:
        return begin_address(guard, event);
    case ADDRESS_NAME:
        return read_display_name(guard, event);
    case ADDRESS_WORD:
        return guard_word(guard, event, ADDRESS_AFTER_WORD);
    case ADDRESS_UNDISCLOSED:
        return read_undisclosed(guard, event);
    case ADDRESS_LOCAL_START:
    case ADDRESS_LOCAL:
    case ADDRESS_QUOTED:
    case ADDRESS_AT:
    case ADDRESS_DOMAIN:
        return read_addr_spec(guard, event);
    default:
        return read_between(guard, event);
    }
}

/* --- message ids, List-Id --- */

enum {
    ID_START = 0,
    ID_LEFT,
    ID_RIGHT,
    ID_END,
    ID_BETWEEN,
};

static bool
refuse_id(MugaiGuard *guard)
{
    return guard_refuse(guard, MUGAI_RULE_MESSAGE_ID);
}

static bool
begin_id(MugaiGuard *guard, GuardEvent event)
{
    if (event != '<' || guard->items >= guard_items_max(guard))
        return refuse_id(guard);
    guard->items++;
    guard->length = 1;
    guard->part_length = 0;
    return go(guard, ID_LEFT);
}

/* Atext with dots up to '@', then a dot-atom up to '>'. */
static bool
read_id(MugaiGuard *guard, GuardEvent event)
{
    bool left = guard->state == ID_LEFT;

    guard->length++;
    if (guard->length > MUGAI_PROFILE_MESSAGE_ID_OCTETS)
        return refuse_id(guard);
    if (event == (left ? '@' : '>')) {
        if (guard->part_length == 0 || (!left && guard->part_last == '.'))
            return refuse_id(guard);
        guard->part_length = 0;
        guard->part_last = '.';
        return go(guard, left ? ID_RIGHT : ID_END);
    }
    if (event == '.' ? !left && guard->part_last == '.' : !is_atext(event))
        return refuse_id(guard);
    if (event != '.')
        guard->part_length = 1; /* dots alone are no atom */
    guard->part_last = event;
    return true;
}

bool
guard_message_ids(MugaiGuard *guard, GuardEvent event)
{
    switch (guard->state) {
    case ID_START:
    case ID_BETWEEN:
        return begin_id(guard, event);
    case ID_LEFT:
    case ID_RIGHT:
        return read_id(guard, event);
    default:
        if (event == GUARD_END)
            return true;
        if ((event != ' ' && event != GUARD_FOLD) || guard_items_max(guard) == 1)
            return refuse_id(guard);
        return go(guard, ID_BETWEEN);
    }
}

bool
guard_list_id(MugaiGuard *guard, GuardEvent event)
{
    if (event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_FOLD);
    switch (guard->state) {
    case ID_START:
        begin_label(guard);
        return event == '<' ? go(guard, ID_RIGHT) : guard_refuse(guard, MUGAI_RULE_VALUE);
    case ID_RIGHT:
        if (event == '>')
            return label_may_end(guard) ? go(guard, ID_END) : guard_refuse(guard, MUGAI_RULE_VALUE);
        return guard_demand(guard, read_domain(guard, event), MUGAI_RULE_VALUE);
    default:
        return guard_demand(guard, event == GUARD_END, MUGAI_RULE_VALUE);
    }
}
