/*
 * fuzz_id.c - an id is read in whatever way it was typed, or refused
 *
 * Properties: 1. what is read is in the canonical form, and reading that gives the same;
 *             2. the same id typed carelessly is the same id;
 *             3. one wrong character, and one swap of neighbours, is refused;
 *             4. a refusal leaves the output alone and says so in one line.
 */
#include "fuzz.h"

#include <mugai/error.h>
#include <mugai/id.h>
#include <string.h>

static void
expect_same(const char *typed, const MugaiId *id)
{
    MugaiId again = {0};
    g_autoptr(GError) error = NULL;

    mugai_id_parse(typed, &again, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again.text, ==, id->text);
}

/* Lower case, without dashes, O for 0 and l for 1. */
static void
expect_careless(const MugaiId *id)
{
    GString *typed = g_string_new(" ");

    for (const char *p = id->text; *p != '\0'; p++) {
        if (*p != '-')
            g_string_append_c(typed, *p == '0' ? 'o' : *p == '1' ? 'l' : g_ascii_tolower(*p));
    }
    expect_same(id->text, id);
    expect_same(typed->str, id);
    g_string_free(typed, TRUE);
}

static void
expect_mistake_found(const MugaiId *id, gsize at)
{
    MugaiId wrong = *id;
    MugaiId out = {0};

    if (wrong.text[at] == '-')
        return;
    wrong.text[at] = wrong.text[at] == '7' ? '3' : '7';
    g_assert_false(mugai_id_parse(wrong.text, &out, NULL));
    wrong = *id;
    if (at + 1 < MUGAI_ID_LENGTH && id->text[at + 1] != '-' && id->text[at + 1] != id->text[at]) {
        wrong.text[at] = id->text[at + 1];
        wrong.text[at + 1] = id->text[at];
        g_assert_false(mugai_id_parse(wrong.text, &out, NULL));
    }
    g_assert_cmpint(out.text[0], ==, '\0');
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_autofree char *typed = g_strndup((const char *)octets, length);
    MugaiId id = {0};
    g_autoptr(GError) error = NULL;

    if (!mugai_id_parse(typed, &id, &error)) {
        g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED);
        g_assert_cmpint(id.text[0], ==, '\0');
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
        return 0;
    }
    g_assert_no_error(error);
    g_assert_cmpuint(strlen(id.text), ==, MUGAI_ID_LENGTH);
    g_assert_true(id.text[8] == '-' && id.text[14] == '-');
    expect_careless(&id);
    for (gsize at = 0; at < MUGAI_ID_LENGTH; at++)
        expect_mistake_found(&id, at);
    return 0;
}
