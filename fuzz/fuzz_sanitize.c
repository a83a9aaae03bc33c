/*
 * fuzz_sanitize.c - whatever comes in, what goes out conforms
 *
 * Properties: 1. the guard accepts the candidate, for all settings (I1, I4);
 *             2. the same octets give the same candidate and the same report, whatever was
 *                sanitized between (I5);
 *             3. every leaf of the tree is in the report once, and Mugai-Result says the
 *                report's numbers (I3);
 *             4. the part that the report names is the part that is extracted, octet for octet;
 *             5. the report survives its journey to the daemon;
 *             6. no line of the message looks like one of mugai's own (profile, section 5);
 *             7. time is linear in the octets (I7).
 */
#include "../src/worker/gmime_cleanup.h"
#include "../src/worker/mime.h"
#include "fuzz.h"

#include <mugai/limits.h>
#include <mugai/profile.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reading all parts again, each from the beginning, would be quadratic in their number. */
#define EXTRACTED_PARTS 4u

/* A block inside of a text ("1/2") and what lies beyond the limit ("*") have no octets of their
 * own. */
static gboolean
has_octets(const MugaiPart *part)
{
    return strpbrk(part->path, "/*") == NULL;
}

static MugaiResult *
sanitize(const guint8 *octets, gsize length, FuzzSettings which)
{
    const MugaiSettings *settings = fuzz_settings(which);
    gint64 start = fuzz_clock();
    MugaiResult *result = mugai_sanitize_octets(octets, length, settings, fuzz_id(), fuzz_time());

    fuzz_expect_linear(start, length);
    fuzz_expect_conforming(g_bytes_get_data(result->candidate, NULL),
                           g_bytes_get_size(result->candidate), fuzz_guard_flags(settings));
    return result;
}

static void
expect_counts(const MugaiResult *result)
{
    const MugaiReport *report = result->report;
    guint kept = mugai_report_count(report, MUGAI_KEPT);
    guint converted = mugai_report_count(report, MUGAI_CONVERTED);
    guint removed = mugai_report_count(report, MUGAI_REMOVED);
    guint unreadable = mugai_report_count(report, MUGAI_UNREADABLE);
    g_autofree char *line =
        g_strdup_printf("\r\nMugai-Result: profile=1; kept=%u; converted=%u; removed=%u; "
                        "unreadable=%u; ambiguous=%u\r\n",
                        kept, converted, removed, unreadable, report->ambiguities->len);
    gsize length = 0;
    const char *candidate = g_bytes_get_data(result->candidate, &length);

    g_assert_cmpuint(kept + converted + removed + unreadable, ==, report->parts->len);
    g_assert_nonnull(g_strstr_len(candidate, (gssize)length, line));
}

/* Every line that begins with the square after blanks is one of ours: it has the sign. */
static void
expect_no_forged_mark(const MugaiResult *result)
{
    gsize length = 0;
    g_autofree char *decoded = fuzz_body_text(g_bytes_get_data(result->candidate, NULL),
                                              g_bytes_get_size(result->candidate), &length);
    g_autofree char *text = g_strndup(decoded, length);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        const char *p = *line;

        while (*p != '\0' && g_unichar_isspace(g_utf8_get_char(p)))
            p = g_utf8_next_char(p);
        if (g_utf8_get_char(p) == 0x25A0)
            g_assert_true(g_str_has_prefix(*line, MUGAI_PROFILE_MARK FUZZ_SIGN));
    }
}

/* Counts the parts of @report whose path is @path. */
static guint
count_path(const MugaiReport *report, const char *path)
{
    guint count = 0;

    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = g_ptr_array_index(report->parts, i);

        count += g_str_equal(part->path, path) ? 1 : 0;
    }
    return count;
}

static guint
expect_leaves(const MugaiNode *node, const MugaiReport *report)
{
    guint leaves = 0;

    if (node->children->len == 0) {
        g_assert_cmpuint(count_path(report, node->path), ==, 1);
        return 1;
    }
    for (guint i = 0; i < node->children->len; i++)
        leaves += expect_leaves(g_ptr_array_index(node->children, i), report);
    return leaves;
}

static void
expect_whole_tree(const guint8 *octets, gsize length, FuzzSettings which, const MugaiReport *report)
{
    g_autoptr(GMimeStream) stream =
        g_mime_stream_mem_new_with_buffer(length == 0 ? "" : (const char *)octets, length);
    g_autoptr(MugaiReport) scratch = mugai_report_new();
    g_autoptr(MugaiTree) tree = mugai_tree_parse(stream, fuzz_settings(which), scratch);
    guint leaves = tree->root == NULL ? 0 : expect_leaves(tree->root, report);

    g_assert_cmpuint(report->parts->len, >=, leaves + (tree->skipped > 0 ? 1 : 0));
    g_assert_true(leaves > 0 || length == 0 || tree->skipped > 0);
}

static void
expect_same_report(const MugaiReport *a, const MugaiReport *b)
{
    g_autoptr(GVariant) first = g_variant_ref_sink(mugai_report_to_variant(a));
    g_autoptr(GVariant) second = g_variant_ref_sink(mugai_report_to_variant(b));

    g_assert_true(g_variant_equal(first, second));
}

static void
expect_same(const MugaiResult *a, const MugaiResult *b)
{
    g_assert_true(g_bytes_equal(a->candidate, b->candidate));
    expect_same_report(a->report, b->report);
}

static void
expect_report_travels(const MugaiReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) variant = g_variant_ref_sink(mugai_report_to_variant(report));
    g_autoptr(MugaiReport) arrived = mugai_report_from_variant(variant, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_variant_get_size(variant), <=, MUGAI_LIMIT_REPORT_OCTETS);
    expect_same_report(report, arrived);
}

static void
expect_part(int fd, const MugaiPart *part)
{
    int out = memfd_create("part", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    g_autofree char *octets = NULL;
    g_autofree char *digest = NULL;
    off_t size = 0;

    mugai_sanitize_extract_part(fd, part->path, fuzz_settings(FUZZ_SETTINGS_DEFAULT), out, &error);
    g_assert_no_error(error);
    size = lseek(out, 0, SEEK_END);
    g_assert_cmpuint((guint64)size, ==, part->size);
    octets = g_malloc((gsize)size + 1);
    g_assert_cmpint(pread(out, octets, (gsize)size, 0), ==, size);
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)octets, (gsize)size);
    g_assert_cmpstr(digest, ==, part->sha256);
    close(out);
}

static void
expect_extracted(const guint8 *octets, gsize length, const MugaiReport *report)
{
    int fd = memfd_create("message", MFD_CLOEXEC);

    g_assert_cmpint(write(fd, octets, length), ==, (gssize)length);
    for (guint i = 0; i < MIN(report->parts->len, EXTRACTED_PARTS); i++) {
        const MugaiPart *part = g_ptr_array_index(report->parts, i);

        g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
        if (has_octets(part))
            expect_part(fd, part);
    }
    close(fd);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    FuzzSettings other = length % 2 == 0 ? FUZZ_SETTINGS_NARROW : FUZZ_SETTINGS_OPEN;
    g_autoptr(MugaiResult) first = NULL;
    g_autoptr(MugaiResult) between = NULL;
    g_autoptr(MugaiResult) second = NULL;

    fuzz_warm_up();
    first = sanitize(octets, length, FUZZ_SETTINGS_DEFAULT);
    between = sanitize(octets, length, other);
    second = sanitize(octets, length, FUZZ_SETTINGS_DEFAULT);
    expect_same(first, second);
    expect_counts(first);
    expect_counts(between);
    if (other == FUZZ_SETTINGS_OPEN)
        expect_no_forged_mark(between);
    expect_whole_tree(octets, length, FUZZ_SETTINGS_DEFAULT, first->report);
    expect_whole_tree(octets, length, other, between->report);
    expect_extracted(octets, length, first->report);
    expect_report_travels(first->report);
    return 0;
}
