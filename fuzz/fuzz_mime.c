/*
 * fuzz_mime.c - the tree of a message is bounded, and its leaves can be decoded
 *
 * Properties: 1. no more nodes than the limit, none deeper than the limit;
 *             2. every leaf is found again under its path;
 *             3. decoding ends, hands over exactly the octets that it counted and hashed, and
 *                does so twice;
 *             4. all leaves together are no more octets than the message has, but for an empty line
 *                where a header section has no end, and a header section where there is none.
 */
#include "../src/worker/decode.h"
#include "../src/worker/gmime_cleanup.h"
#include "../src/worker/mime.h"
#include "fuzz.h"

#include <string.h>

/* What a leaf gave. */
typedef struct {
    GChecksum *sum;
    guint64 size;
} Taken;

static gboolean
take(const char *octets, gsize length, gpointer data)
{
    Taken *taken = data;

    g_checksum_update(taken->sum, (const guchar *)octets, (gssize)length);
    taken->size += length;
    return TRUE;
}

static guint64
expect_decoded(const MugaiNode *leaf)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    Taken taken = {.sum = sum};
    MugaiDecoded first = {0};
    MugaiDecoded second = {0};

    mugai_leaf_decode(leaf, take, &taken, &first);
    mugai_leaf_decode(leaf, NULL, NULL, &second);
    g_assert_cmpuint(first.size, ==, taken.size);
    g_assert_cmpstr(first.sha256, ==, g_checksum_get_string(sum));
    g_assert_cmpuint(first.size, ==, second.size);
    g_assert_cmpstr(first.sha256, ==, second.sha256);
    g_assert_cmpint(first.broken, ==, second.broken);
    return first.size;
}

/* What is true of the whole tree. */
typedef struct {
    MugaiTree *tree;
    guint nodes;
    guint deepest;
    guint64 octets;
} Survey;

static void
survey(Survey *seen, MugaiNode *node, guint depth)
{
    seen->nodes++;
    seen->deepest = MAX(seen->deepest, depth);
    g_assert_cmpstr(node->type, !=, "");
    g_assert_true(g_utf8_validate(node->name, -1, NULL));
    g_assert_true(g_utf8_validate(node->type, -1, NULL));
    g_assert_cmpint(strcspn(node->name, "\r\n\t"), ==, strlen(node->name));
    for (guint i = 0; i < node->children->len; i++)
        survey(seen, g_ptr_array_index(node->children, i), depth + 1);
    if (node->children->len > 0)
        return;
    g_assert_true(mugai_tree_find(seen->tree, node->path) == node);
    seen->octets += expect_decoded(node);
}

static gsize
count_lines(const guint8 *octets, gsize length)
{
    gsize count = 0;

    for (gsize i = 0; i < length; i++)
        count += octets[i] == '\n' ? 1 : 0;
    return count;
}

static void
read_tree(const guint8 *octets, gsize length, FuzzSettings which)
{
    const MugaiSettings *settings = fuzz_settings(which);
    g_autoptr(GMimeStream) stream =
        g_mime_stream_mem_new_with_buffer(length == 0 ? "" : (const char *)octets, length);
    g_autoptr(MugaiReport) report = mugai_report_new();
    gint64 start = fuzz_clock();
    g_autoptr(MugaiTree) tree = mugai_tree_parse(stream, settings, report);
    Survey seen = {.tree = tree};

    if (tree->root != NULL)
        survey(&seen, tree->root, 0);
    fuzz_expect_linear(start, length);
    g_assert_cmpuint(seen.nodes, <=, settings->limits.parts);
    g_assert_cmpuint(seen.deepest, <=, settings->limits.depth);
    g_assert_cmpuint(tree->skipped, <=, length);
    g_assert_cmpuint(seen.octets, <=, length + count_lines(octets, length) + 2);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    fuzz_warm_up();
    read_tree(octets, length, FUZZ_SETTINGS_DEFAULT);
    read_tree(octets, length, FUZZ_SETTINGS_NARROW);
    return 0;
}
