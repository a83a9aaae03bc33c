/*
 * fuzz_report.c - the readers of reports, envelopes and settings take what was written, or nothing
 *
 * The input is read as JSON and as the octets of variants.
 *
 * Properties: 1. what is read can be written, and reading that gives the same;
 *             2. JSON of an envelope is one line of ASCII, of a report valid UTF-8;
 *             3. a refusal has an error of ours.
 */
#include "fuzz.h"

#include <mugai/error.h>
#include <mugai/report.h>
#include <string.h>

static const MugaiFacts facts = {
    .id = "20261120-14D2P-F2DBR",
    .received = 1795168815,
    .offset = 32400,
    .original_size = 1,
    .original_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    .output_size = 2,
    .output_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

static void
expect_refusal(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == MUGAI_ERROR);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void
expect_same(const MugaiReport *a, const MugaiReport *b)
{
    g_autoptr(GVariant) first = g_variant_ref_sink(mugai_report_to_variant(a));
    g_autoptr(GVariant) second = g_variant_ref_sink(mugai_report_to_variant(b));

    g_assert_true(g_variant_equal(first, second));
}

/* A report that has been read, through JSON and back. */
static void
expect_json_round_trip(const MugaiReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = mugai_report_to_json(report, &facts, NULL, NULL, FALSE);
    g_autoptr(MugaiReport) again = mugai_report_from_json(json, -1, &error);
    g_autofree char *second = NULL;

    g_assert_no_error(error);
    g_assert_true(g_utf8_validate(json, -1, NULL));
    g_assert_null(strchr(json, '\n'));
    second = mugai_report_to_json(again, &facts, NULL, NULL, FALSE);
    g_assert_cmpstr(json, ==, second);
}

static void
read_report_json(const char *json, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) report = mugai_report_from_json(json, (gssize)length, &error);

    if (report == NULL)
        expect_refusal(error);
    else
        expect_json_round_trip(report);
}

static void
read_envelope_json(const char *json, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_from_json(json, (gssize)length, &error);
    g_autoptr(MugaiEnvelope) again = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    if (envelope == NULL) {
        expect_refusal(error);
        return;
    }
    first = mugai_envelope_to_json(envelope);
    for (const char *p = first; *p != '\0'; p++)
        g_assert_true(*p >= 0x20 && *p < 0x7F);
    again = mugai_envelope_from_json(first, -1, &error);
    g_assert_no_error(error);
    second = mugai_envelope_to_json(again);
    g_assert_cmpstr(first, ==, second);
}

static GVariant *
variant_like(GVariant *floating_model, GBytes *octets)
{
    g_autoptr(GVariant) model = g_variant_ref_sink(floating_model);

    return g_variant_ref_sink(g_variant_new_from_bytes(g_variant_get_type(model), octets, FALSE));
}

static void
read_report_variant(GBytes *octets)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) empty = mugai_report_new();
    g_autoptr(GVariant) variant = variant_like(mugai_report_to_variant(empty), octets);
    g_autoptr(MugaiReport) report = mugai_report_from_variant(variant, &error);
    g_autoptr(GVariant) again = NULL;
    g_autoptr(MugaiReport) second = NULL;

    if (report == NULL) {
        expect_refusal(error);
        return;
    }
    again = g_variant_ref_sink(mugai_report_to_variant(report));
    second = mugai_report_from_variant(again, &error);
    g_assert_no_error(error);
    expect_same(report, second);
    expect_json_round_trip(report);
}

static void
read_settings_variant(GBytes *octets)
{
    g_autoptr(GError) error = NULL;
    const MugaiSettings *model = fuzz_settings(FUZZ_SETTINGS_DEFAULT);
    g_autoptr(GVariant) variant = variant_like(mugai_settings_to_variant(model), octets);
    g_autoptr(MugaiSettings) settings = mugai_settings_from_variant(variant, &error);

    if (settings == NULL)
        expect_refusal(error);
    else
        g_assert_cmpuint(g_hash_table_size(settings->notice), >=, 1);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_autoptr(GBytes) bytes = g_bytes_new(octets, length);
    const char *json = length == 0 ? "" : (const char *)octets;

    read_report_json(json, length);
    read_envelope_json(json, length);
    read_report_variant(bytes);
    read_settings_variant(bytes);
    return 0;
}
