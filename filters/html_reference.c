/* html_reference.c - character references as browsers read them
 *
 * HTML standard, section 13.2.5.72: names without ';' where old pages have them, numbers 128-159 as
 * windows-1252. libxml2 knows neither, nor the names that came after HTML 4.
 */
#include "html_reference.h"

#include <string.h>

/* The longest name there is, and the longest that may stand without ';'. */
#define NAME_OCTETS_MAX 31u
#define BARE_OCTETS_MAX 6u

/* What the numbers 128-159 mean: windows-1252; 0 where it is the number itself. */
static const guint16 windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static const HtmlReferenceName *
look_up(const char *name, gsize length)
{
    gsize low = 0;
    gsize high = html_reference_name_count;

    while (low < high) {
        gsize middle = low + (high - low) / 2;
        const char *known = html_reference_names[middle].name;
        int order = strncmp(name, known, length);

        if (order == 0 && known[length] == '\0')
            return &html_reference_names[middle];
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static gsize
read_name(const char *at, const char *end, gboolean attribute, gunichar ret[2])
{
    const char *name = at + 1;
    const HtmlReferenceName *found = NULL;
    gsize length = 0;

    while (length < NAME_OCTETS_MAX && name + length < end && g_ascii_isalnum(name[length]))
        length++;
    if (name + length < end && name[length] == ';' && (found = look_up(name, length)) != NULL) {
        memcpy(ret, found->characters, sizeof found->characters);
        return length + 2;
    }
    for (gsize part = MIN(length, BARE_OCTETS_MAX); part > 1; part--) {
        gboolean runs_on = part < length || (name + part < end && name[part] == '=');

        found = look_up(name, part);
        if (found == NULL || !found->bare)
            continue;
        memcpy(ret, found->characters, sizeof found->characters);
        return attribute && runs_on ? 0 : part + 1;
    }
    return 0;
}

static gunichar
repair_number(guint32 number)
{
    if (number >= 0x80 && number < 0xA0 && windows_1252[number - 0x80] != 0)
        return windows_1252[number - 0x80];
    if (number == 0 || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000))
        return 0xFFFD;
    return number;
}

static gsize
read_number(const char *at, const char *end, gunichar *ret)
{
    gboolean hex = end - at > 2 && (at[2] == 'x' || at[2] == 'X');
    const char *begin = at + (hex ? 3 : 2);
    const char *digit = begin;
    guint32 number = 0;

    for (; digit < end && (hex ? g_ascii_isxdigit(*digit) : g_ascii_isdigit(*digit)); digit++)
        number = MIN(number * (hex ? 16u : 10u) + (guint32)g_ascii_xdigit_value(*digit), 0x110000u);
    if (digit == begin)
        return 0;
    *ret = repair_number(number);
    return (gsize)(digit - at) + (digit < end && *digit == ';');
}

gsize
html_reference_read(const char *at, const char *end, gboolean attribute, gunichar ret_characters[2])
{
    ret_characters[0] = 0;
    ret_characters[1] = 0;
    if (end - at < 3)
        return 0;
    if (at[1] == '#')
        return read_number(at, end, &ret_characters[0]);
    return g_ascii_isalpha(at[1]) ? read_name(at, end, attribute, ret_characters) : 0;
}
