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

/* @octets as valid UTF-8 with its NULs, which a decoder lets through. */
static GString *
make_valid(const char *octets, gsize length)
{
    GString *valid = g_string_new(NULL);

    for (gsize i = 0; i < length; i++) {
        const char *nul = memchr(octets + i, '\0', length - i);
        gsize piece = nul == NULL ? length - i : (gsize)(nul - octets) - i;
        g_autofree char *made = g_utf8_make_valid(octets + i, (gssize)piece);

        g_string_append(valid, made);
        if (nul != NULL)
            g_string_append_c(valid, '\0');
        i += piece;
    }
    return valid;
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
    g_autoptr(GString) valid = NULL;
    g_autofree char *repeated = NULL;
    gsize repeated_length = 0;

    if (length < 1)
        return 0;
    fuzz_warm_up();
    valid = make_valid((const char *)octets + 1, length - 1);
    expect_filtered(types[octets[0] % G_N_ELEMENTS(types)], valid->str, valid->len);
    if ((octets[0] & 0xC0) != 0xC0)
        return 0;
    repeated_length = valid->len;
    repeated = repeat(valid->str, &repeated_length);
    expect_filtered(types[octets[0] % G_N_ELEMENTS(types)], repeated, repeated_length);
    return 0;
}
