/*
 * leaf_blocks.c - files that hide in a leaf's text: out of the text, into the report
 *
 * blocks.c knows a block when it sees one; here each becomes a part of the message with a path
 * under the leaf's, a size, a digest and a name, and the place where it stood is remembered, so
 * that the reader is told there.
 *
 * Invariant: each block that is taken out of a text is a part of the report (I3).
 * Trust: blocks, their names and what they decode to are hostile; the octets are measured and
 * hashed, and go nowhere else.
 * Limits: only uuencode is decoded before it is measured; of other forms the lines themselves are.
 */
#include "leaf_blocks.h"

#include "blocks.h"

#include <mugai/digest.h>

#include <string.h>

/* Where blocks found in a text are reported. */
typedef struct {
    const MugaiNode *node;
    const MugaiSettings *settings;
    MugaiReport *report;
    GArray *gaps; /* NULL: where they were does not matter */
    guint number; /* of blocks found in the part so far */
} Finding;

/* Uuencoded lines with the blanks that were trimmed from their ends: GMime's decoder wants them. */
static GString *
pad_uuencoded(const char *octets, gsize length)
{
    g_auto(GStrv) lines = NULL;
    g_autofree char *copy = g_strndup(octets, length);
    GString *padded = g_string_sized_new(length + 64);

    lines = g_strsplit(copy, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        gsize needed = 1 + (((gsize) * *line - 0x20) % 64 + 2) / 3 * 4;

        g_string_append(padded, *line);
        for (gsize i = strlen(*line); **line >= 0x20 && **line <= 0x60 && i < needed; i++)
            g_string_append_c(padded, '`');
        g_string_append_c(padded, '\n');
    }
    return padded;
}

/* The file in a block where GMime has a decoder for it, else the block's own lines. */
static GString *
decode_block(const MugaiBlock *block)
{
    gboolean uuencode = g_str_equal(block->type, "application/x-uuencode") &&
                        g_str_has_prefix(block->octets, "begin ");
    const char *first = memchr(block->octets, '\n', block->length);
    gsize skipped = first == NULL ? 0 : (gsize)(first - block->octets) + 1;
    GMimeEncoding decoder = {0};
    GString *padded = NULL;
    GString *file = NULL;

    if (!uuencode || first == NULL)
        return g_string_new_len(block->octets, (gssize)block->length);
    padded = pad_uuencoded(block->octets + skipped, block->length - skipped);
    g_mime_encoding_init_decode(&decoder, GMIME_CONTENT_ENCODING_UUENCODE);
    decoder.state |= GMIME_UUDECODE_STATE_BEGIN; /* the first line has been read */
    file = g_string_sized_new(g_mime_encoding_outlen(&decoder, padded->len));
    g_string_set_size(file, g_mime_encoding_outlen(&decoder, padded->len));
    g_string_truncate(file, g_mime_encoding_step(&decoder, padded->str, padded->len, file->str));
    g_string_free(padded, TRUE);
    return file;
}

/* A block in the text is a part of the message like any other: counted, hashed, named (I3). */
static void
report_block(const MugaiBlock *block, gsize offset, gpointer data)
{
    Finding *finding = data;
    g_autofree char *path = g_strdup_printf("%s/%u", finding->node->path, ++finding->number);
    GString *file = decode_block(block);
    g_autofree char *sum = mugai_digest_text(file->str, file->len);
    MugaiPart *part = mugai_part_new(path);

    g_free(part->type);
    g_free(part->name);
    g_free(part->reason);
    part->type = g_strdup(block->type);
    part->name = mugai_text_clean_line(block->name, -1, finding->settings->limits.name_characters);
    part->size = file->len;
    g_string_free(file, TRUE);
    g_strlcpy(part->sha256, sum, sizeof(part->sha256));
    part->disposition = MUGAI_REMOVED;
    part->reason = g_strdup("encoded-block");
    if (g_str_equal(block->type, "multipart/mixed"))
        mugai_report_remark(finding->report->ambiguities, "mime-in-text", "part %s",
                            finding->node->path);
    g_ptr_array_add(finding->report->parts, part);
    if (finding->gaps != NULL) {
        MugaiGap gap = {.offset = offset, .part = part};

        g_array_append_val(finding->gaps, gap);
    }
}

void
mugai_leaf_take_out_blocks(MugaiText *text, GArray *gaps, guint number, const MugaiNode *node,
                           const MugaiSettings *settings, MugaiReport *report)
{
    Finding finding = {
        .node = node, .settings = settings, .report = report, .gaps = gaps, .number = number};
    GString *rest = mugai_blocks_take_out(mugai_text_string(text), mugai_text_length(text),
                                          report_block, &finding);

    if (finding.number > number) {
        mugai_text_truncate(text, 0);
        mugai_text_append(text, rest->str, (gssize)rest->len);
    }
    g_string_free(rest, TRUE);
}

guint
mugai_leaf_take_out_yenc(const MugaiNode *node, GString *octets, const MugaiSettings *settings,
                         MugaiReport *report)
{
    Finding finding = {.node = node, .settings = settings, .report = report};
    GString *rest = NULL;

    if (!mugai_blocks_has_yenc(octets->str, octets->len))
        return 0;
    rest = mugai_blocks_take_out(octets->str, octets->len, report_block, &finding);
    /* Not as a C string: there may be a NUL in it. */
    g_string_truncate(octets, 0);
    g_string_append_len(octets, rest->str, (gssize)rest->len);
    g_string_free(rest, TRUE);
    return finding.number;
}
