/*
 * fuzz_words.c - header text of any age becomes UTF-8, and plain text stays what it is
 *
 * Properties: 1. everything decoded is valid UTF-8;
 *             2. printable ASCII without "=?" is decoded to itself, and so it is normalised;
 *             3. normalised values are ASCII;
 *             4. a parameter is decoded whatever charset it is said to be in;
 *             5. time is linear.
 */
#include "../src/worker/params.h"
#include "../src/worker/words.h"
#include "fuzz.h"

#include <string.h>

/* Whether nothing in @octets can be an encoded word, a fold or an escape sequence. */
static gboolean
is_plain(const char *octets, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (octets[i] < 0x20 || octets[i] > 0x7E)
            return FALSE;
    }
    return g_strstr_len(octets, (gssize)length, "=?") == NULL;
}

static void
expect_decoded(const char *octets, gsize length)
{
    MugaiWordsNotes notes = {0};
    g_autofree char *decoded = mugai_words_decode(octets, length, &notes);

    g_assert_true(g_utf8_validate(decoded, -1, NULL));
    if (!is_plain(octets, length))
        return;
    g_assert_cmpmem(decoded, strlen(decoded), octets, length);
    g_assert_cmpuint(notes.undecodable, ==, 0);
    g_assert_false(notes.raw_octets);
    g_assert_false(notes.bad_words);
}

static void
expect_normalised(const char *octets, gsize length)
{
    g_autofree char *normal = mugai_words_normalise(octets, length, NULL);

    for (const char *p = normal; *p != '\0'; p++)
        g_assert_cmpint(*p, >, 0);
    if (is_plain(octets, length))
        g_assert_cmpmem(normal, strlen(normal), octets, length);
}

/* "LABEL octets": a parameter and the charset it is said to be in. */
static void
expect_parameter(const char *octets, gsize length)
{
    const char *space = memchr(octets, ' ', length);
    gsize label_length = space == NULL ? 0 : (gsize)(space - octets);
    g_autofree char *label = g_strndup(octets, label_length);
    const guint8 *value = (const guint8 *)octets + label_length;
    g_autofree char *labelled =
        mugai_words_decode_parameter(value, length - label_length, label, NULL);
    g_autofree char *unlabelled =
        mugai_words_decode_parameter(value, length - label_length, NULL, NULL);

    g_assert_true(g_utf8_validate(labelled, -1, NULL));
    g_assert_true(g_utf8_validate(unlabelled, -1, NULL));
}

/* The reader of parameters stands on the reader of words. */
static void
expect_value(const char *octets, gsize length)
{
    g_autofree char *raw = g_strndup(octets, length);
    g_autoptr(MugaiValue) value = mugai_value_parse(raw);

    g_assert_true(g_utf8_validate(value->value, -1, NULL));
    for (guint i = 0; i < value->params->len; i++) {
        const MugaiParam *param = g_ptr_array_index(value->params, i);

        g_assert_true(g_utf8_validate(param->name, -1, NULL));
        g_assert_true(g_utf8_validate(param->value, -1, NULL));
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    const char *raw = length == 0 ? "" : (const char *)octets;
    gint64 start = 0;

    fuzz_warm_up();
    start = fuzz_clock();
    expect_decoded(raw, length);
    expect_normalised(raw, length);
    expect_parameter(raw, length);
    expect_value(raw, length);
    fuzz_expect_linear(start, length);
    return 0;
}
