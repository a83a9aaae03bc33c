/*
 * fuzz_headers.c - header fields written anew conform, whatever they were made from
 *
 * Properties: 1. composed fields, ended by compose, are a message that the guard accepts;
 *             2. the same fields give the same octets;
 *             3. what the report says of them is one clean line each;
 *             4. time is linear.
 */
#include "../src/worker/gmime_cleanup.h"
#include "../src/worker/headers.h"
#include "fuzz.h"

#include <mugai/text.h>

static GMimeMessage *
parse(const guint8 *octets, gsize length)
{
    g_autoptr(GMimeStream) stream =
        g_mime_stream_mem_new_with_buffer(length == 0 ? "" : (const char *)octets, length);
    g_autoptr(GMimeParser) parser = g_mime_parser_new_with_stream(stream);

    return g_mime_parser_construct_message(parser, NULL);
}

static void
expect_clean_line(const char *line)
{
    g_autofree char *clean = mugai_text_clean_line(line, -1, G_MAXSIZE / 2);

    g_assert_cmpstr(clean, ==, line);
}

static GString *
compose(const guint8 *octets, gsize length, const MugaiSettings *settings)
{
    GMimeMessage *message = parse(octets, length);
    g_autoptr(MugaiReport) report = mugai_report_new();
    GString *out = g_string_new(NULL);
    gint64 start = fuzz_clock();

    mugai_headers_compose(out, message, settings, fuzz_id(), fuzz_time(), report);
    fuzz_expect_linear(start, length);
    mugai_compose_finish(out, fuzz_id(), report, "x\n", 2);
    fuzz_expect_conforming(out->str, out->len, MUGAI_GUARD_INERT_LINKS);
    expect_clean_line(report->subject);
    expect_clean_line(report->from);
    expect_clean_line(report->message_id);
    expect_clean_line(report->date);
    g_clear_object(&message);
    return out;
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    GString *first = NULL;
    GString *between = NULL;
    GString *second = NULL;

    fuzz_warm_up();
    first = compose(octets, length, fuzz_settings(FUZZ_SETTINGS_DEFAULT));
    between = compose(octets, length, fuzz_settings(FUZZ_SETTINGS_NARROW));
    second = compose(octets, length, fuzz_settings(FUZZ_SETTINGS_DEFAULT));
    g_assert_true(g_string_equal(first, second));
    g_string_free(first, TRUE);
    g_string_free(between, TRUE);
    g_string_free(second, TRUE);
    return 0;
}
