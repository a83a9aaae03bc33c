/*
 * guard_value.c - the grammars of the field values (section 2)
 *
 * Each is an automaton over GuardEvents: octets 0x20-0x7E, a fold, the end. guard.c has already
 * seen to it that a value is not empty and does not begin with a space. Short values with a fixed
 * form are collected and looked at when whole; for these a refusal is reported at the octet that
 * cannot be, or at the end.
 */
#include "guard_internal.h"

#include <mugai/profile.h>

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter_or_digit(uint8_t c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
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

static bool
equals(const uint8_t *octets, size_t length, const char *string)
{
    size_t i = 0;

    while (i < length && string[i] != '\0' && (uint8_t)string[i] == octets[i])
        i++;
    return i == length && string[i] == '\0';
}

bool
guard_trace(MugaiGuard *guard, GuardEvent event)
{
    (void)guard;
    (void)event;
    return true;
}

/* --- short values --- */

/* Collects a short value; TRUE with *@ret_whole when it is at its end. */
static bool
collect(MugaiGuard *guard, GuardEvent event, MugaiGuardRule rule, bool *ret_whole)
{
    *ret_whole = event == GUARD_END;
    if (event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_FOLD);
    if (event == GUARD_END)
        return true;
    if (guard->short_length >= sizeof(guard->short_octets))
        return guard_refuse(guard, rule);
    guard->short_octets[guard->short_length++] = event;
    return true;
}

bool
guard_fixed(MugaiGuard *guard, GuardEvent event)
{
    bool whole = false;

    if (!collect(guard, event, MUGAI_RULE_VALUE, &whole))
        return false;
    if (!whole)
        return true;
    for (const char *const *value = guard_fixed_values(guard); *value != NULL; value++) {
        if (equals(guard->short_octets, guard->short_length, *value))
            return true;
    }
    return guard_refuse(guard, MUGAI_RULE_VALUE);
}

/* Whether @octets have the form of @pattern: '9' is any digit, 'C' one of Crockford's base32, the
 * rest itself. */
static bool
has_form(const uint8_t *octets, size_t length, const char *pattern)
{
    size_t i = 0;

    for (; i < length && pattern[i] != '\0'; i++) {
        uint8_t c = octets[i];

        if (pattern[i] == '9'   ? !is_digit(c)
            : pattern[i] == 'C' ? !is_digit(c) && (c < 'A' || c > 'Z' || c == 'I' || c == 'L' ||
                                                   c == 'O' || c == 'U')
                                : c != (uint8_t)pattern[i])
            return false;
    }
    return i == length && pattern[i] == '\0';
}

static uint32_t
number(const uint8_t *digits, size_t length)
{
    uint32_t value = 0;

    for (size_t i = 0; i < length; i++)
        value = value * 10 + (uint32_t)(digits[i] - '0');
    return value;
}

/* Days of @month (1-12) in @year of the Gregorian calendar; 0 if there is no such month. */
static uint32_t
days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month > 12)
        return 0;
    return days[month] + (month == 2 && leap ? 1u : 0u);
}

/* Day of the week, Sunday is 0, by Sakamoto's method. */
static uint32_t
day_of_week(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint8_t shift[] = {0, 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

    if (month < 3)
        year--;
    return (year + year / 4 - year / 100 + year / 400 + shift[month] + day) % 7;
}

/* The index of the three octets in @names, which has @count times three; @count if it is none. */
static uint32_t
find_name(const uint8_t *octets, const char *names, uint32_t count)
{
    uint32_t i = 0;

    while (i < count &&
           (octets[0] != (uint8_t)names[3 * i] || octets[1] != (uint8_t)names[3 * i + 1] ||
            octets[2] != (uint8_t)names[3 * i + 2]))
        i++;
    return i;
}

/* "Fri, 20 Nov 2026 10:00:00 +0900", each part in its range (RFC 5322 section 3.3). */
static bool
is_date(const uint8_t *o, size_t length)
{
    uint32_t month = 0;
    uint32_t day = 0;
    uint32_t year = 0;

    if (length != 31 || o[3] != ',' || !has_form(o + 4, 4, " 99 ") ||
        !has_form(o + 11, 15, " 9999 99:99:99 ") || (o[26] != '+' && o[26] != '-') ||
        !has_form(o + 27, 4, "9999"))
        return false;
    month = find_name(o + 8, "JanFebMarAprMayJunJulAugSepOctNovDec", 12) + 1;
    day = number(o + 5, 2);
    year = number(o + 12, 4);
    return year >= 1900 && day >= 1 && day <= days_of_month(year, month) &&
           find_name(o, "SunMonTueWedThuFriSat", 7) == day_of_week(year, month, day) &&
           number(o + 17, 2) <= 23 && number(o + 20, 2) <= 59 && number(o + 23, 2) <= 60 &&
           number(o + 29, 2) <= 59;
}

bool
guard_date(MugaiGuard *guard, GuardEvent event)
{
    bool whole = false;

    if (!collect(guard, event, MUGAI_RULE_DATE, &whole))
        return false;
    return !whole || is_date(guard->short_octets, guard->short_length) ||
           guard_refuse(guard, MUGAI_RULE_DATE);
}

static bool
is_mugai_id(const uint8_t *o, size_t length)
{
    uint32_t day = 0;

    if (!has_form(o, length, "99999999-CCCCC-CCCCC"))
        return false;
    day = number(o + 6, 2);
    return day >= 1 && day <= days_of_month(number(o, 4), number(o + 4, 2));
}

bool
guard_mugai_id(MugaiGuard *guard, GuardEvent event)
{
    bool whole = false;

    if (!collect(guard, event, MUGAI_RULE_MUGAI_ID, &whole))
        return false;
    return !whole || is_mugai_id(guard->short_octets, guard->short_length) ||
           guard_refuse(guard, MUGAI_RULE_MUGAI_ID);
}

/* --- Mugai-Result, Mugai-Seal --- */

/* In a form capitals stand for these parts, every other octet for itself. */
enum {
    PART_NUMBER = 'N',    /* without leading zeros */
    PART_KEY = 'K',       /* a key's name */
    PART_TIME = 'T',      /* a number from 1 */
    PART_SIGNATURE = 'S', /* 64 octets in base64 */
};

/* The octet at @at of 64 octets in base64: 86 characters, the unused bits of the last one zero, and
 * the padding. */
static bool
is_signature_octet(uint16_t at, uint8_t octet)
{
    uint32_t value = guard_base64_value(octet);

    if (at >= MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS - 2)
        return octet == '=' && at < MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS;
    if (at == MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS - 3)
        return value < 64 && (value & 15) == 0;
    return value < 64;
}

/* Whether the part being read, of which there are guard->part_length octets, goes on with @octet.
 */
static bool
part_goes_on(const MugaiGuard *guard, char part, uint8_t octet)
{
    switch (part) {
    case PART_KEY:
        return guard->part_length < MUGAI_PROFILE_SEAL_KEY_DIGITS &&
               (is_digit(octet) || (octet >= 'a' && octet <= 'f'));
    case PART_TIME:
        return guard->part_length < MUGAI_PROFILE_SEAL_TIME_DIGITS_MAX && is_digit(octet) &&
               (guard->part_length > 0 || octet != '0');
    case PART_SIGNATURE:
        return is_signature_octet(guard->part_length, octet);
    default: /* PART_NUMBER */
        return is_digit(octet) && (guard->part_length != 1 || guard->part_last != '0');
    }
}

static bool
part_may_end(const MugaiGuard *guard, char part)
{
    switch (part) {
    case PART_KEY:
        return guard->part_length == MUGAI_PROFILE_SEAL_KEY_DIGITS;
    case PART_SIGNATURE:
        return guard->part_length == MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS;
    default:
        return guard->part_length > 0;
    }
}

/* A value of the form @form; guard->length is the place in it. */
static bool
read_form(MugaiGuard *guard, GuardEvent event, const char *form, MugaiGuardRule rule)
{
    char due = form[guard->length];

    if (event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_FOLD);
    if (due >= 'A' && due <= 'Z') {
        if (part_goes_on(guard, due, event)) {
            guard->part_length++;
            guard->part_last = event;
            return true;
        }
        if (!part_may_end(guard, due))
            return guard_refuse(guard, rule);
        guard->part_length = 0;
        guard->length++;
        due = form[guard->length];
    }
    if (event != (uint8_t)due)
        return guard_refuse(guard, rule);
    if (due != '\0')
        guard->length++;
    return true;
}

bool
guard_mugai_result(MugaiGuard *guard, GuardEvent event)
{
    return read_form(guard, event,
                     "profile=1; kept=N; converted=N; removed=N; unreadable=N; ambiguous=N",
                     MUGAI_RULE_MUGAI_RESULT);
}

bool
guard_mugai_seal(MugaiGuard *guard, GuardEvent event)
{
    return read_form(guard, event, "version=1; key=K; time=T; signature=S", MUGAI_RULE_SEAL);
}

/* --- encoded words --- */

static void
begin_word(MugaiGuard *guard)
{
    guard->word_octets = 0;
    guard_text_begin(guard, true);
}

/* One octet of an encoded word; *@ret_whole after its last. */
static bool
read_word(MugaiGuard *guard, uint8_t octet, bool *ret_whole)
{
    static const char prefix[] = "=?UTF-8?B?";
    uint16_t at = guard->word_octets++;

    *ret_whole = false;
    if (guard->word_octets > MUGAI_PROFILE_ENCODED_WORD_OCTETS)
        return guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    if (at < sizeof(prefix) - 1)
        return octet == (uint8_t)prefix[at] || guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    if (guard->part_last == '?') {
        guard->part_last = 0;
        *ret_whole = true;
        return octet == '=' || guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    }
    if (octet != '?')
        return guard_base64(guard, octet);
    if (at == sizeof(prefix) - 1)
        return guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    guard->part_last = '?';
    return guard_base64_end(guard);
}

/* --- text --- */

enum {
    TEXT_START = 0,
    TEXT_EQUALS, /* the value began with '=' */
    TEXT_ASCII,
    TEXT_WORD,
    TEXT_AFTER_WORD,
    TEXT_NEXT_WORD, /* after the space or fold between two words */
};

static bool
read_text_ascii(MugaiGuard *guard, GuardEvent event)
{
    if (guard->part_last == '=' && event == '?')
        return guard_refuse(guard, MUGAI_RULE_TEXT);
    guard->part_last = event;
    return true;
}

static bool
read_text_word(MugaiGuard *guard, GuardEvent event)
{
    bool whole = false;

    if (event == GUARD_END || event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    if (!read_word(guard, event, &whole))
        return false;
    if (whole)
        guard->state = TEXT_AFTER_WORD;
    return true;
}

static bool
begin_text_word(MugaiGuard *guard, GuardEvent event)
{
    begin_word(guard);
    guard->part_last = 0;
    guard->state = TEXT_WORD;
    return read_text_word(guard, event);
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
        if (event == '?')
            return begin_text_word(guard, '=') && read_text_word(guard, '?');
        guard->state = TEXT_ASCII;
        return read_text_ascii(guard, event);
    case TEXT_ASCII:
        return read_text_ascii(guard, event);
    case TEXT_WORD:
        return read_text_word(guard, event);
    case TEXT_AFTER_WORD:
        if (event == GUARD_END)
            return true;
        if (event != ' ' && event != GUARD_FOLD)
            return guard_refuse(guard, MUGAI_RULE_TEXT);
        guard->state = TEXT_NEXT_WORD;
        return true;
    default:
        return event == '=' ? begin_text_word(guard, event) : guard_refuse(guard, MUGAI_RULE_TEXT);
    }
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
    ADDRESS_UNDISCLOSED_END,
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
read_address_word(MugaiGuard *guard, GuardEvent event)
{
    bool whole = false;

    if (event == GUARD_END || event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_ENCODED_WORD);
    if (!read_word(guard, event, &whole))
        return false;
    return !whole || go(guard, ADDRESS_AFTER_WORD);
}

static bool
begin_address_word(MugaiGuard *guard, GuardEvent event)
{
    begin_word(guard);
    guard->part_last = 0;
    guard->state = ADDRESS_WORD;
    return read_address_word(guard, event);
}

static bool
begin_address(MugaiGuard *guard, GuardEvent event)
{
    if (guard->items == 0 && event == 'u' && guard_may_be_undisclosed(guard)) {
        guard->length = 1;
        return go(guard, ADDRESS_UNDISCLOSED);
    }
    if (event != '"' && event != '=' && event != '<')
        return refuse_address(guard);
    if (guard->items >= guard_items_max(guard))
        return guard_refuse(guard, MUGAI_RULE_ADDRESS_COUNT);
    guard->items++;
    guard->length = 0;
    if (event == '"')
        return go(guard, ADDRESS_NAME);
    return event == '=' ? begin_address_word(guard, event) : begin_addr_spec(guard);
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
    static const char form[] = "undisclosed-recipients:;";

    if (event != (uint8_t)form[guard->length])
        return refuse_address(guard);
    guard->length++;
    return guard->length < sizeof(form) - 1 || go(guard, ADDRESS_UNDISCLOSED_END);
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
    return read_domain(guard, event) || refuse_address(guard);
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
    return guard->length <= MUGAI_PROFILE_ADDR_SPEC_OCTETS || refuse_address(guard);
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
        return event == '=' ? begin_address_word(guard, event) : refuse_address(guard);
    case ADDRESS_NEXT_WORD:
        return event == '=' ? begin_address_word(guard, event) : refuse_address(guard);
    case ADDRESS_ANGLE:
        return event == '<' ? begin_addr_spec(guard) : refuse_address(guard);
    case ADDRESS_COMMA:
        return event == ' ' || event == GUARD_FOLD ? go(guard, ADDRESS_START)
                                                   : refuse_address(guard);
    default: /* ADDRESS_END, ADDRESS_UNDISCLOSED_END */
        if (event == GUARD_END)
            return true;
        return event == ',' && guard->state == ADDRESS_END ? go(guard, ADDRESS_COMMA)
                                                           : refuse_address(guard);
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
        return read_address_word(guard, event);
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
        return read_domain(guard, event) || guard_refuse(guard, MUGAI_RULE_VALUE);
    default:
        return event == GUARD_END || guard_refuse(guard, MUGAI_RULE_VALUE);
    }
}
