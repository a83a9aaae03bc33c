/*
 * guard_value.c - the grammars of short values and of those with a fixed form (section 2)
 *
 * Each is an automaton over GuardEvents: octets 0x20-0x7E, a fold, the end. guard.c has already
 * seen to it that a value is not empty and does not begin with a space. Short values are collected
 * and looked at when whole: for these a refusal is reported at the octet that is too many, or at
 * the end.
 */
#include "guard_internal.h"

#include <mugai/profile.h>

static bool
is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

bool
guard_trace(MugaiGuard *guard, GuardEvent event)
{
    (void)guard;
    (void)event;
    return true;
}

/* --- short values --- */

bool
guard_collect(MugaiGuard *guard, GuardEvent event, MugaiGuardRule rule)
{
    if (event == GUARD_FOLD)
        return guard_refuse(guard, MUGAI_RULE_FOLD);
    if (guard->short_length >= GUARD_SHORT_OCTETS - 1)
        return guard_refuse(guard, rule);
    guard->short_octets[guard->short_length++] = event;
    return true;
}

bool
guard_short_is(const MugaiGuard *guard, const char short_value[GUARD_SHORT_OCTETS])
{
    for (size_t i = 0; i < GUARD_SHORT_OCTETS; i++) {
        if (guard->short_octets[i] != (uint8_t)short_value[i])
            return false;
    }
    return true;
}

bool
guard_fixed(MugaiGuard *guard, GuardEvent event)
{
    if (event != GUARD_END)
        return guard_collect(guard, event, MUGAI_RULE_VALUE);
    return guard_demand(guard, guard_is_fixed_value(guard), MUGAI_RULE_VALUE);
}

/* Crockford's base32 in capitals */
static bool
is_crockford(uint8_t octet)
{
    return is_digit(octet) || (octet >= 'A' && octet <= 'Z' && octet != 'I' && octet != 'L' &&
                               octet != 'O' && octet != 'U');
}

/* Whether @octet may stand for @place of a pattern. */
static bool
has_place(uint8_t octet, char place)
{
    if (place == '9')
        return is_digit(octet);
    if (place == 'C')
        return is_crockford(octet);
    return place == 'x' || octet == (uint8_t)place; /* 'x' is looked at afterwards */
}

static bool
short_has_pattern(const MugaiGuard *guard, const char pattern[GUARD_SHORT_OCTETS])
{
    for (size_t i = 0; i < GUARD_SHORT_OCTETS; i++) {
        if (!has_place(guard->short_octets[i], pattern[i]))
            return false;
    }
    return true;
}

static uint32_t
number(const uint8_t *digits, size_t length)
{
    uint32_t value = 0;

    for (size_t i = 0; i < length; i++)
        value = value * 10 + (uint32_t)(digits[i] - '0');
    return value;
}

/* Whether there is such a day in the Gregorian calendar. */
static bool
is_day(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month > 12 || day < 1)
        return false;
    return day <= days[month] + (month == 2 && leap ? 1u : 0u);
}

/* Day of the week, Sunday is 0. The year begins in March here, so that a leap day is its last. */
static uint32_t
day_of_week(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t months = (month + 9) % 12;

    if (months >= 10)
        year--;
    return (year + year / 4 - year / 100 + year / 400 + (13 * months + 2) / 5 + day + 2) % 7;
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
is_date(const MugaiGuard *guard)
{
    static const char pattern[GUARD_SHORT_OCTETS] = "xxx, 99 xxx 9999 99:99:99 x9999";
    const uint8_t *o = guard->short_octets;
    uint32_t day = 0, month = 0, year = 0;

    if (!short_has_pattern(guard, pattern) || (o[26] != '+' && o[26] != '-'))
        return false;
    day = number(o + 5, 2);
    month = find_name(o + 8, "JanFebMarAprMayJunJulAugSepOctNovDec", 12) + 1;
    year = number(o + 12, 4);
    return year >= 1900 && is_day(year, month, day) &&
           find_name(o, "SunMonTueWedThuFriSat", 7) == day_of_week(year, month, day) &&
           number(o + 17, 2) <= 23 && number(o + 20, 2) <= 59 && number(o + 23, 2) <= 60 &&
           number(o + 29, 2) <= 59;
}

bool
guard_date(MugaiGuard *guard, GuardEvent event)
{
    if (event != GUARD_END)
        return guard_collect(guard, event, MUGAI_RULE_DATE);
    return guard_demand(guard, is_date(guard), MUGAI_RULE_DATE);
}

static bool
is_mugai_id(const MugaiGuard *guard)
{
    static const char pattern[GUARD_SHORT_OCTETS] = "99999999-CCCCC-CCCCC";
    const uint8_t *o = guard->short_octets;

    return short_has_pattern(guard, pattern) &&
           is_day(number(o, 4), number(o + 4, 2), number(o + 6, 2));
}

bool
guard_mugai_id(MugaiGuard *guard, GuardEvent event)
{
    if (event != GUARD_END)
        return guard_collect(guard, event, MUGAI_RULE_MUGAI_ID);
    return guard_demand(guard, is_mugai_id(guard), MUGAI_RULE_MUGAI_ID);
}

/* --- Mugai-Result, Mugai-Seal --- */

/* In a form capitals stand for these parts, every other octet for itself. */
enum {
    PART_NUMBER = 'N',    /* without leading zeros */
    PART_KEY = 'K',       /* a key's name */
    PART_TIME = 'T',      /* a number from 1 */
    PART_SIGNATURE = 'S', /* 64 octets in base64 */
};

/* NULs behind it: every guard->state is a place in a form. */
enum { FORM_OCTETS = UINT8_MAX + 1 };

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

/* A value of the form @form; guard->state is the place in it. */
static bool
read_form(MugaiGuard *guard, GuardEvent event, const char form[FORM_OCTETS], MugaiGuardRule rule)
{
    char due = form[guard->state];

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
        guard->state++;
    }
    if (event != (uint8_t)form[guard->state])
        return guard_refuse(guard, rule);
    if (event != GUARD_END)
        guard->state++;
    return true;
}

bool
guard_mugai_result(MugaiGuard *guard, GuardEvent event)
{
    static const char form[FORM_OCTETS] =
        "profile=1; kept=N; converted=N; removed=N; unreadable=N; ambiguous=N";

    return read_form(guard, event, form, MUGAI_RULE_MUGAI_RESULT);
}

bool
guard_mugai_seal(MugaiGuard *guard, GuardEvent event)
{
    static const char form[FORM_OCTETS] = "version=1; key=K; time=T; signature=S";

    return read_form(guard, event, form, MUGAI_RULE_SEAL);
}
