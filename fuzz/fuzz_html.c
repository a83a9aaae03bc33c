/*
 * fuzz_html.c - every filter gives valid text within its limit, in linear time
 *
 * The first octet says which filter; where it has the bits 0xC0, the rest is read again and again
 * up to 16 KiB, so that what is quadratic in one small thing shows.
 *
 * Properties: 1. what a filter appends is valid UTF-8 without NUL and no longer than its limit;
 *             2. a lower limit gives the beginning of the same text;
 *             3. the same octets give the same text and notes;
 *             4. time is linear.
 */
#include "fuzz.h"

#include <mugai/filter.h>
#include <string.h>

#define REPEATED_OCTETS (16u * 1024)
#define TEXT_OCTETS (4u * 1024 * 1024)
#define LOW_OCTETS 100u

static const char *const types[] = {
    "text/html",
    "text/html",
    "text/html",
    "text/html",
    "text/calendar",
    "text/vcard",
    "message/delivery-status",
    "text/plain",
};

static MugaiText *
filter(const char *type, const char *utf8, gsize length, gsize limit, MugaiFilterNotes *notes)
{
    MugaiText *text = mugai_text_new(limit);
    gint64 start = fuzz_clock();

    mugai_filter_for_type(type)(utf8, length, fuzz_settings(FUZZ_SETTINGS_DEFAULT), text, notes);
    fuzz_expect_linear(start, length);
    g_assert_true(g_utf8_validate(mugai_text_string(text), -1, NULL));
    g_assert_cmpuint(strlen(mugai_text_string(text)), ==, mugai_text_length(text));
    g_assert_cmpuint(mugai_text_length(text), <=, limit);
    return text;
}

static void
expect_filtered(const char *type, const char *utf8, gsize length)
{
    MugaiFilterNotes notes = {0};
    MugaiFilterNotes again = {0};
    MugaiFilterNotes low = {0};
    g_autoptr(MugaiText) whole = filter(type, utf8, length, TEXT_OCTETS, &notes);
    g_autoptr(MugaiText) beginning = filter(type, utf8, length, LOW_OCTETS, &low);
    g_autoptr(MugaiText) second = filter(type, utf8, length, TEXT_OCTETS, &again);

    g_assert_cmpstr(mugai_text_string(whole), ==, mugai_text_string(second));
    g_assert_cmpmem(&notes, sizeof(notes), &again, sizeof(again));
    g_assert_true(g_str_has_prefix(mugai_text_string(whole), mugai_text_string(beginning)));
}

static char *
repeat(const char *utf8, gsize *length)
{
    GString *repeated = g_string_new(NULL);

    while (*length > 0 && repeated->len + *length <= REPEATED_OCTETS)
        g_string_append_len(repeated, utf8, (gssize)*length);
    *length = repeated->len;
    return g_string_free(repeated, FALSE);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_autofree char *valid = NULL;
    g_autofree char *repeated = NULL;
    gsize valid_length = 0;

    if (length < 1)
        return 0;
    fuzz_warm_up();
    valid = g_utf8_make_valid((const char *)octets + 1, (gssize)length - 1);
    valid_length = strlen(valid);
    if ((octets[0] & 0xC0) == 0xC0) {
        repeated = repeat(valid, &valid_length);
        expect_filtered(types[octets[0] % G_N_ELEMENTS(types)], repeated, valid_length);
    } else
        expect_filtered(types[octets[0] % G_N_ELEMENTS(types)], valid, valid_length);
    return 0;
}
