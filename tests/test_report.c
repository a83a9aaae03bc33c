/* test_report.c - reports and envelopes survive their journeys; what is not exactly one is refused
 * */
#include <criterion/criterion.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/report.h>
#include <string.h>

/* All of ASCII's controls, DEL, a C1 control sequence introducer, an override, a tag, a
 * noncharacter, an emoji. */
#define HOSTILE                                                                                    \
    "\"\\\x01\x02\x07\x08\t\n\x0b\x0c\r\x1b["                                                      \
    "2J\x1f\x7f\xC2\x9B\xE2\x80\xAE\xF3\xA0\x81\x81\xEF\xBF\xBF\xF0\x9F\x98\x80"                   \
    "{[}]:,'</script>\xE6\x97\xA5\xE6\x9C\xAC"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const MugaiFacts facts = {
    .id = "20261120-00000-00000",
    .received = 1795168815,
    .offset = 9 * 3600,
    .original_size = 12345,
    .original_sha256 = DIGEST,
    .output_size = 678,
    .output_sha256 = DIGEST,
};

static MugaiPart *
hostile_part(const char *path, MugaiDisposition disposition)
{
    MugaiPart *part = mugai_part_new(path);

    g_free(part->name);
    part->name = g_strdup(HOSTILE);
    g_free(part->type);
    part->type = g_strdup("text/html");
    part->size = 98765432109;
    g_strlcpy(part->sha256, DIGEST, sizeof part->sha256);
    part->disposition = disposition;
    return part;
}

static MugaiReport *
hostile_report(void)
{
    MugaiReport *report = mugai_report_new();

    g_free(report->subject);
    report->subject = g_strdup(HOSTILE);
    g_ptr_array_add(report->parts, hostile_part("1", MUGAI_KEPT));
    g_ptr_array_add(report->parts, hostile_part("2.1", MUGAI_UNREADABLE));
    g_ptr_array_add(report->parts, hostile_part("2.2", MUGAI_REMOVED));
    g_ptr_array_add(report->parts, hostile_part("3", MUGAI_REMOVED));
    g_ptr_array_add(report->ambiguities, g_strdup(HOSTILE));
    g_ptr_array_add(report->warnings, g_strdup("code: " HOSTILE));
    g_ptr_array_add(report->warnings, g_strdup(""));
    g_ptr_array_add(report->authentication, g_strdup(HOSTILE));
    return report;
}

static void
check_same_part(const MugaiPart *a, const MugaiPart *b)
{
    cr_assert_str_eq(a->path, b->path);
    cr_assert_str_eq(a->type, b->type);
    cr_assert_str_eq(a->declared_type, b->declared_type);
    cr_assert_str_eq(a->name, b->name);
    cr_assert_eq(a->size, b->size);
    cr_assert_str_eq(a->sha256, b->sha256);
    cr_assert_eq(a->disposition, b->disposition);
    cr_assert_str_eq(a->reason, b->reason);
}

static void
check_same_strings(const GPtrArray *a, const GPtrArray *b)
{
    cr_assert_eq(a->len, b->len);
    for (guint i = 0; i < a->len; i++)
        cr_assert_str_eq(a->pdata[i], b->pdata[i]);
}

static void
check_same(const MugaiReport *a, const MugaiReport *b)
{
    cr_assert_str_eq(a->subject, b->subject);
    cr_assert_str_eq(a->from, b->from);
    cr_assert_str_eq(a->message_id, b->message_id);
    cr_assert_str_eq(a->date, b->date);
    check_same_strings(a->ambiguities, b->ambiguities);
    check_same_strings(a->warnings, b->warnings);
    check_same_strings(a->authentication, b->authentication);
    cr_assert_eq(a->parts->len, b->parts->len);
    for (guint i = 0; i < a->parts->len; i++)
        check_same_part(a->parts->pdata[i], b->parts->pdata[i]);
}

static void
check_json_refused(const char *json, gssize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) report = mugai_report_from_json(json, length, &error);

    cr_assert_null(report);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
}

static void
check_variant_refused(GVariant *variant)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(variant);
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) report = mugai_report_from_variant(owned, &error);

    cr_assert_null(report);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
}

static MugaiEnvelope *
hostile_envelope(void)
{
    MugaiEnvelope *envelope = mugai_envelope_new(1795168815);

    g_free(envelope->sender);
    envelope->sender = g_strdup(HOSTILE);
    g_ptr_array_add(envelope->recipients, g_strdup("a@example.jp"));
    g_ptr_array_add(envelope->recipients, g_strdup(HOSTILE));
    g_free(envelope->helo);
    envelope->helo = g_strdup(HOSTILE);
    return envelope;
}

Test(report, variant_brings_everything_back)
{
    g_autoptr(MugaiReport) report = hostile_report();
    g_autoptr(GVariant) variant = g_variant_ref_sink(mugai_report_to_variant(report));
    g_autoptr(GBytes) octets = g_variant_get_data_as_bytes(variant);
    g_autoptr(GVariant) travelled =
        g_variant_ref_sink(g_variant_new_from_bytes(g_variant_get_type(variant), octets, FALSE));
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiReport) back = mugai_report_from_variant(travelled, &error);

    cr_assert_null(error);
    check_same(report, back);
}

Test(report, json_brings_everything_back)
{
    g_autoptr(MugaiReport) report = hostile_report();
    g_autoptr(MugaiEnvelope) envelope = hostile_envelope();

    for (int pretty = 0; pretty < 2; pretty++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *json =
            mugai_report_to_json(report, &facts, envelope, "passed", pretty != 0);
        g_autoptr(MugaiReport) back = mugai_report_from_json(json, -1, &error);

        cr_assert_null(error);
        check_same(report, back);
    }
}

Test(report, json_without_what_was_found_of_the_sender_is_read)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autofree char *json = mugai_report_to_json(report, &facts, NULL, NULL, FALSE);
    g_autoptr(MugaiReport) back = mugai_report_from_json(json, -1, NULL);

    cr_assert_null(strstr(json, "authentication"));
    cr_assert_not_null(back);
    cr_assert_eq(back->authentication->len, 0);
}

Test(report, json_obeys_no_terminal_command)
{
    g_autoptr(MugaiReport) report = hostile_report();
    g_autoptr(MugaiEnvelope) envelope = hostile_envelope();
    g_autofree char *json = mugai_report_to_json(report, &facts, envelope, "passed", FALSE);

    for (const char *at = json; *at != '\0'; at++)
        cr_assert((guchar)*at >= 0x20 && *at != 0x7F);
    cr_assert_null(strstr(json, "\xC2\x9B"));
    cr_assert_null(strstr(json, "\xE2\x80\xAE"));
    cr_assert_not_null(strstr(json, "\xE6\x97\xA5\xE6\x9C\xAC"), "Japanese stays readable");
    cr_assert_not_null(strstr(json, "\"received\":\"2026-11-20T19:00:15+09:00\""));
    cr_assert_not_null(strstr(json, "\"state\":\"passed\""));
    cr_assert_not_null(strstr(json, "\"disposition\":\"removed\""));
}

Test(report, envelope_is_ascii_and_comes_back)
{
    g_autoptr(MugaiEnvelope) envelope = hostile_envelope();
    g_autofree char *json = mugai_envelope_to_json(envelope);
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiEnvelope) back = mugai_envelope_from_json(json, -1, &error);

    cr_assert_null(error);
    for (const char *at = json; *at != '\0'; at++)
        cr_assert(*at >= 0x20 && *at < 0x7F);
    cr_assert_eq(back->received, envelope->received);
    cr_assert_str_eq(back->sender, envelope->sender);
    check_same_strings(back->recipients, envelope->recipients);
    cr_assert_str_eq(back->client_name, "");
    cr_assert_str_eq(back->helo, envelope->helo);
}

Test(report, invalid_utf8_in_an_envelope_does_not_make_invalid_json)
{
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(0);
    g_autofree char *json = NULL;
    g_autoptr(MugaiEnvelope) back = NULL;

    g_ptr_array_add(envelope->recipients, g_strdup("\xFF\xFE\x80@example.jp"));
    json = mugai_envelope_to_json(envelope);
    back = mugai_envelope_from_json(json, -1, NULL);
    cr_assert_not_null(back);
}

Test(report, unknown_members_of_an_envelope_are_ignored)
{
    g_autoptr(MugaiEnvelope) envelope = hostile_envelope();
    g_autofree char *json = mugai_envelope_to_json(envelope);
    g_autofree char *more = g_strdup_printf("{\"future\":[{}],%s", json + 1);
    g_autoptr(MugaiEnvelope) back = mugai_envelope_from_json(more, -1, NULL);

    cr_assert_not_null(back);
}

Test(report, json_that_is_not_ours_is_refused)
{
    g_autofree char *deep = g_strnfill(1000000, '[');
    g_autofree char *quoted = g_strdup_printf("\"%s", deep);
    const char *const wrong[] = {
        "", "{", "[]", "null", "{}", "\"x\"", "{} {}", "{\"received\":1}", "\xFF", deep, quoted,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        check_json_refused(wrong[i], -1);
        cr_assert_null(mugai_envelope_from_json(wrong[i], -1, &error));
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
    }
}

Test(report, every_cut_of_json_is_refused)
{
    g_autoptr(MugaiReport) report = hostile_report();
    g_autofree char *json = mugai_report_to_json(report, &facts, NULL, NULL, FALSE);

    for (gsize length = 0; length < strlen(json); length++)
        check_json_refused(json, (gssize)length);
}

Test(report, variants_of_another_type_are_refused)
{
    check_variant_refused(g_variant_new_string("hello"));
    check_variant_refused(g_variant_new_parsed("('', '', '', '', @a(sssstsys) [], @as [])"));
    check_variant_refused(
        g_variant_new_parsed("('', '', '', '', @a(sssstsus) [], @as [], @as [])"));
}

Test(report, variants_with_wrong_values_are_refused)
{
    check_variant_refused(g_variant_new_parsed(
        "('', '', '', '', [('1', '', '', '', uint64 1, 'abc', byte 0, '')], @as [], @as [])"));
    check_variant_refused(g_variant_new_parsed(
        "('', '', '', '', [('1', '', '', '', uint64 1, %s, byte 4, '')], @as [], @as [])", DIGEST));
    check_variant_refused(
        g_variant_new_parsed("('', '', '', '', [('1', '', '', '', uint64 9223372036854775808, %s, "
                             "byte 1, '')], @as [], @as [])",
                             DIGEST));
    check_variant_refused(g_variant_new_parsed(
        "('', '', '', '', [('1', '', '', '', uint64 1, %s, byte 1, '')], @as [], @as [])",
        "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"));
}

Test(report, variants_beyond_the_limits_are_refused)
{
    g_autoptr(MugaiReport) remarks = mugai_report_new();
    g_autoptr(MugaiReport) parts = mugai_report_new();

    for (guint i = 0; i < MUGAI_LIMIT_REMARKS + 1; i++)
        g_ptr_array_add(remarks->warnings, g_strdup("x"));
    check_variant_refused(mugai_report_to_variant(remarks));
    for (guint i = 0; i < MUGAI_LIMIT_PARTS_MAX + 1; i++)
        g_ptr_array_add(parts->parts, mugai_part_new("1"));
    check_variant_refused(mugai_report_to_variant(parts));
}

Test(report, damaged_octets_are_refused_or_have_one_meaning)
{
    g_autoptr(MugaiReport) report = hostile_report();
    g_autoptr(GVariant) variant = g_variant_ref_sink(mugai_report_to_variant(report));
    gsize length = g_variant_get_size(variant);

    for (int i = 0; i < 20000; i++) {
        guint8 *octets = g_memdup2(g_variant_get_data(variant), length);
        gsize cut =
            g_random_int_range(0, 4) == 0 ? (gsize)g_random_int_range(0, (gint32)length) : length;
        g_autoptr(GVariant) damaged = NULL;
        g_autoptr(MugaiReport) back = NULL;
        g_autoptr(GVariant) again = NULL;

        octets[g_random_int_range(0, (gint32)length)] = (guint8)g_random_int();
        damaged = g_variant_ref_sink(g_variant_new_from_data(g_variant_get_type(variant), octets,
                                                             cut, FALSE, g_free, octets));
        back = mugai_report_from_variant(damaged, NULL);
        if (back == NULL)
            continue;
        again = g_variant_ref_sink(mugai_report_to_variant(back));
        cr_assert_eq(g_variant_get_size(again), cut);
        cr_assert_arr_eq(g_variant_get_data(again), octets, cut);
    }
}

Test(report, remarks_are_kept_once_cleaned_and_counted_beyond_the_limit)
{
    g_autoptr(MugaiReport) report = mugai_report_new();

    mugai_report_remark(report->warnings, "name", "%s", HOSTILE);
    mugai_report_remark(report->warnings, "name", "%s", HOSTILE);
    cr_assert_eq(report->warnings->len, 1);
    cr_assert_null(strpbrk(report->warnings->pdata[0], "\x1b\n\r\x7f"));
    cr_assert(g_str_has_prefix(report->warnings->pdata[0], "name: "));
    for (guint i = 0; i < 1000; i++)
        mugai_report_remark(report->warnings, "part", "%u", i);
    cr_assert_eq(report->warnings->len, MUGAI_LIMIT_REMARKS);
    /* 1,001 remarks, 199 of them in the list */
    cr_assert_str_eq(report->warnings->pdata[MUGAI_LIMIT_REMARKS - 1], "more: 802 remarks");
}

Test(report, I3_dispositions_are_counted)
{
    g_autoptr(MugaiReport) report = hostile_report();

    cr_assert_eq(mugai_report_count(report, MUGAI_KEPT), 1);
    cr_assert_eq(mugai_report_count(report, MUGAI_CONVERTED), 0);
    cr_assert_eq(mugai_report_count(report, MUGAI_REMOVED), 2);
    cr_assert_eq(mugai_report_count(report, MUGAI_UNREADABLE), 1);
}

Test(report, a_new_part_is_an_unreadable_nothing)
{
    MugaiPart *part = mugai_part_new("1.2");
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "", 0);

    cr_assert_eq(part->disposition, MUGAI_UNREADABLE);
    cr_assert_str_eq(part->sha256, digest);
    cr_assert_str_eq(mugai_disposition_name(part->disposition), "unreadable");
    mugai_part_free(part);
}
