/*
 * fuzz_blocks.c - files that hide in text are taken out, and nothing else is
 *
 * Properties: 1. every octet is in the text that is left or in exactly one block: put back where
 * they were, the blocks give the text that was there;
 *             2. offsets ascend and lie within the text that is left;
 *             3. a file put between two sentences in any of the encodings is found, and the
 * sentences stay;
 *             4. time is linear.
 */
#include "../src/worker/blocks.h"
#include "fuzz.h"

#include <string.h>

typedef struct {
    GString *blocks; /* one behind the other */
    GArray *offsets; /* of gsize, each with the length of its block behind it */
} Found;

static void
take(const MugaiBlock *block, gsize offset, gpointer data)
{
    Found *found = data;

    g_assert_nonnull(block->type);
    g_assert_nonnull(block->name);
    g_assert_cmpuint(block->length, >, 0);
    g_string_append_len(found->blocks, block->octets, (gssize)block->length);
    g_array_append_val(found->offsets, offset);
    g_array_append_val(found->offsets, block->length);
}

/* The text with its blocks where they were. */
static void
expect_whole(const GString *left, const Found *found, const char *text, gsize length)
{
    g_autoptr(GString) whole = g_string_new(NULL);
    gsize in_left = 0;
    gsize in_blocks = 0;

    for (guint i = 0; i < found->offsets->len; i += 2) {
        gsize offset = g_array_index(found->offsets, gsize, i);
        gsize octets = g_array_index(found->offsets, gsize, i + 1);

        g_assert_cmpuint(offset, >=, in_left);
        g_assert_cmpuint(offset, <=, left->len);
        g_string_append_len(whole, left->str + in_left, (gssize)(offset - in_left));
        g_string_append_len(whole, found->blocks->str + in_blocks, (gssize)octets);
        in_left = offset;
        in_blocks += octets;
    }
    g_string_append_len(whole, left->str + in_left, (gssize)(left->len - in_left));
    g_assert_cmpuint(whole->len, ==, length);
    g_assert_true(memcmp(whole->str, text, length) == 0);
}

static guint
count_blocks(const char *text, gsize length, gboolean check)
{
    g_autoptr(GString) blocks = g_string_new(NULL);
    g_autoptr(GArray) offsets = g_array_new(FALSE, FALSE, sizeof(gsize));
    Found found = {.blocks = blocks, .offsets = offsets};
    gint64 start = fuzz_clock();
    g_autoptr(GString) left = mugai_blocks_take_out(text, length, take, &found);

    fuzz_expect_linear(start, length);
    expect_whole(left, &found, text, length);
    if (check) {
        g_assert_true(g_str_has_prefix(left->str, "one sentence.\n"));
        g_assert_true(g_str_has_suffix(left->str, "another sentence.\n"));
    }
    return offsets->len / 2;
}

/* @octets as a file in text. */
static void
expect_found(const guint8 *octets, gsize length)
{
    g_autofree char *base64 = g_base64_encode(octets, length);
    g_autoptr(GString) text = g_string_new("one sentence.\n\n-----BEGIN PGP MESSAGE-----\n\n");

    for (gsize i = 0; i < strlen(base64); i += 64)
        g_string_append_printf(text, "%.64s\n", base64 + i);
    g_string_append(text, "-----END PGP MESSAGE-----\nanother sentence.\n");
    g_assert_cmpuint(count_blocks(text->str, text->len, TRUE), >=, 1);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_autofree char *text = g_strndup(length == 0 ? "" : (const char *)octets, length);
    gsize octets_left = strlen(text);

    (void)count_blocks(text, octets_left, FALSE);
    expect_found(octets, MIN(length, 4096));
    return 0;
}
