/*
 * test_sanitize.c - the pure function: whatever comes in, a message of the profile goes out, and
 * says what is missing
 *
 * Every result is read by the guard, and its counts are compared with the report's.
 */
#include "candidate.h"

#include <mugai/compose.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/sanitize.h>
#include <sys/mman.h>
#include <unistd.h>

#define SQUARE "\xE2\x96\xA0"
#define TOP                                                                                        \
    "From: =?UTF-8?B?5bGx55Sw?= <yamada@example.com>\r\nTo: <soumu@city.example.jp>\r\n"           \
    "Subject: =?UTF-8?B?6KaL56mN?=\r\nDate: Fri, 20 Nov 2026 10:00:00 +0900\r\n"                   \
    "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"

static const MugaiTime received = {.seconds = 1795168815, .offset = 9 * 3600};
static MugaiSettings *settings;

static void
warm_up(void)
{
    g_autoptr(GError) error = NULL;

    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    cr_assert(mugai_sanitize_warm_up(&error), "%s", error == NULL ? "" : error->message);
    settings = mugai_settings_new("ja");
}

static void
cool_down(void)
{
    mugai_settings_free(settings);
}

TestSuite(sanitize, .init = warm_up, .fini = cool_down, .timeout = 120);

static MugaiId
some_id(void)
{
    MugaiId id;

    mugai_id_from_bits(received.seconds, 0x123456789ABu, &id);
    return id;
}

/* That counts agree, and that every part is there once (I3). */
static void
expect_counts(const MugaiResult *result)
{
    const MugaiReport *report = result->report;
    guint kept = mugai_report_count(report, MUGAI_KEPT);
    guint converted = mugai_report_count(report, MUGAI_CONVERTED);
    guint removed = mugai_report_count(report, MUGAI_REMOVED);
    guint unreadable = mugai_report_count(report, MUGAI_UNREADABLE);
    g_autofree char *expected =
        g_strdup_printf("profile=1; kept=%u; converted=%u; removed=%u; unreadable=%u; ambiguous=%u",
                        kept, converted, removed, unreadable, report->ambiguities->len);
    g_autofree char *said = field_of(g_bytes_get_data(result->candidate, NULL),
                                     g_bytes_get_size(result->candidate), "Mugai-Result");
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);

    cr_expect_str_eq(said, expected);
    cr_expect_eq(kept + converted + removed + unreadable, report->parts->len);
    for (guint i = 0; i < report->parts->len; i++) {
        MugaiPart *part = g_ptr_array_index(report->parts, i);

        cr_expect(g_hash_table_add(paths, part->path), "part %s is there twice", part->path);
    }
}

/* Sanitizes, and expects what must hold for every message. */
static MugaiResult *
sanitize(const char *octets, gsize length)
{
    MugaiId id = some_id();
    g_autofree guint8 *exact = g_memdup2(octets, length);
    MugaiResult *result = mugai_sanitize_octets(exact, length, settings, &id, received);
    g_autofree char *said = NULL;

    expect_conforming(g_bytes_get_data(result->candidate, NULL),
                      g_bytes_get_size(result->candidate),
                      settings->links == MUGAI_LINKS_KEEP ? 0 : MUGAI_GUARD_INERT_LINKS);
    said = field_of(g_bytes_get_data(result->candidate, NULL), g_bytes_get_size(result->candidate),
                    "Mugai-Id");
    cr_expect_str_eq(said, id.text);
    expect_counts(result);
    return result;
}

static MugaiResult *
sanitize_string(const char *message)
{
    return sanitize(message, strlen(message));
}

static char *
text_in(const MugaiResult *result)
{
    return text_of(g_bytes_get_data(result->candidate, NULL), g_bytes_get_size(result->candidate));
}

static const MugaiPart *
part(const MugaiResult *result, const char *path)
{
    for (guint i = 0; i < result->report->parts->len; i++) {
        const MugaiPart *each = g_ptr_array_index(result->report->parts, i);

        if (g_str_equal(each->path, path))
            return each;
    }
    cr_assert_fail("there is no part %s", path);
    return NULL;
}

static void
expect_part(const MugaiResult *result, const char *path, const char *type,
            MugaiDisposition disposition)
{
    const MugaiPart *found = part(result, path);

    cr_expect_str_eq(found->type, type, "part %s is %s", path, found->type);
    cr_expect_eq(found->disposition, disposition, "part %s is %s", path,
                 mugai_disposition_name(found->disposition));
}

static void
expect_text(const MugaiResult *result, const char *wanted)
{
    g_autofree char *text = text_in(result);

    cr_expect_not_null(strstr(text, wanted), "\"%s\" is not in\n%.3000s", wanted, text);
}

static void
expect_no_text(const MugaiResult *result, const char *unwanted)
{
    g_autofree char *text = text_in(result);

    cr_expect_null(strstr(text, unwanted), "\"%s\" is in\n%.3000s", unwanted, text);
}

/* The sentence of the notice up to its first placeholder. */
static char *
sentence(const char *key)
{
    const char *whole = mugai_settings_notice(settings, key);

    return g_strndup(whole, strcspn(whole, "{"));
}

static void
expect_sentence(const MugaiResult *result, const char *key)
{
    g_autofree char *wanted = sentence(key);

    expect_text(result, wanted);
}

/* --- total --- */

Test(sanitize, I4_the_empty_input_gives_the_notice)
{
    g_autoptr(MugaiResult) result = sanitize("", 0);

    expect_sentence(result, "notice/sanitized");
    expect_sentence(result, "notice/nothing");
    expect_text(result, "20261120-");
}

Test(sanitize, I4_short_inputs_of_every_octet_conform)
{
    for (int octet = 0; octet < 256; octet++) {
        char octets[4] = {(char)octet, (char)octet, '\n', (char)octet};

        for (gsize length = 1; length <= 4; length++) {
            g_autoptr(MugaiResult) result = sanitize(octets, length);

            cr_expect_not_null(result);
        }
    }
}

Test(sanitize, I4_random_octets_conform)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20261120);

    for (int round = 0; round < 100; round++) {
        gsize length = (gsize)g_rand_int_range(random, 0, 20000);
        g_autofree char *octets = g_malloc(length + 1);
        g_autoptr(MugaiResult) result = NULL;

        for (gsize i = 0; i < length; i++)
            octets[i] = (char)g_rand_int_range(random, 0, 256);
        result = sanitize(octets, length);
    }
}

/* Octets as messages have them, but thrown together. */
Test(sanitize, I4_random_pieces_of_messages_conform)
{
    static const char *const pieces[] = {"From: a@b",
                                         "Subject: =?UTF-8?B?",
                                         "?=",
                                         "\r\n",
                                         "\r\n\r\n",
                                         "\n",
                                         "\r",
                                         ": ",
                                         "Content-Type: ",
                                         "multipart/mixed; boundary=b",
                                         "text/html",
                                         "text/plain; charset=",
                                         "iso-2022-jp",
                                         "--b",
                                         "--b--",
                                         "\x1b$B",
                                         "\x1b(B",
                                         "\x95\x5C",
                                         "<p>",
                                         "message/rfc822",
                                         "Content-Transfer-Encoding: base64",
                                         "QUJD",
                                         "=",
                                         "quoted-printable",
                                         SQUARE " ",
                                         "http://a/",
                                         "\xE2\x80\xAE",
                                         "\0x",
                                         "; name=\"",
                                         "begin 644 a\n",
                                         "end\n",
                                         "\t",
                                         " ",
                                         "Date: ",
                                         "To: ",
                                         "References: <a@b> ",
                                         "multipart/alternative; boundary=b"};
    g_autoptr(GRand) random = g_rand_new_with_seed(20261120);

    for (int round = 0; round < 1500; round++) {
        GString *message = g_string_new(NULL);
        g_autoptr(MugaiResult) result = NULL;

        for (int i = g_rand_int_range(random, 1, 60); i > 0; i--)
            g_string_append(message, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
        result = sanitize(message->str, message->len);
        g_string_free(message, TRUE);
    }
}

Test(sanitize, I4_a_png_gives_a_conforming_message)
{
    static const char png[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xDE\0\0\0\x0cIDATx\x9c"
        "c\xF8\xCF\xC0\0\0\3\1\1\0\xC9\xFE\x92\xEF\0\0\0\0IEND\xAE"
        "B`\x82";
    g_autoptr(MugaiResult) result = sanitize(png, sizeof(png) - 1);

    expect_sentence(result, "notice/sanitized");
}

Test(sanitize, I7_ten_megabytes_of_one_line_conform)
{
    gsize length = 10 * 1024 * 1024;
    g_autofree char *line = g_malloc(length);
    g_autoptr(MugaiResult) result = NULL;

    memset(line, 'x', length);
    result = sanitize(line, length);
    expect_sentence(result, "notice/sanitized");
}

Test(sanitize, I7_ten_megabytes_of_nul_conform)
{
    gsize length = 10 * 1024 * 1024;
    g_autofree char *nul = g_malloc0(length);
    g_autoptr(MugaiResult) result = sanitize(nul, length);

    expect_sentence(result, "notice/sanitized");
}

Test(sanitize, I4_nul_in_header_and_body_conforms)
{
    static const char message[] = "Subject: a\0b\r\nFrom: x\0y@z\r\nContent-Type: text/plain\0; "
                                  "charset=utf-8\r\n\r\nbo\0dy\r\n";
    g_autoptr(MugaiResult) result = sanitize(message, sizeof(message) - 1);

    expect_sentence(result, "notice/sanitized");
}

Test(sanitize, any_sentences_of_an_administrator_conform)
{
    static const char *const sentences[] = {
        "", "\n", "a\nb", "\xE2\x80\xAE", "http://x.jp/", "\x1b[2J", " ", "\xEF\xB8\x8F", "=?x"};

    for (gsize i = 0; i < G_N_ELEMENTS(sentences); i++) {
        g_autoptr(GList) keys = g_hash_table_get_keys(settings->notice);
        g_autoptr(MugaiResult) empty = NULL;
        g_autoptr(MugaiResult) removed = NULL;

        for (GList *key = keys; key != NULL; key = key->next)
            g_hash_table_replace(settings->notice, g_strdup(key->data), g_strdup(sentences[i]));
        empty = sanitize("", 0);
        removed = sanitize_string("Content-Type: application/zip; name=a.zip\r\n\r\nx");
    }
}

/* --- pure --- */

static const char mixed[] = TOP
    "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
    "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
    "--a\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n\r\n見積書をお送りします。\r\nhttps://www.example.com/\r\n"
    "--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>見積書をお送りします。</p>\r\n"
    "--a--\r\n"
    "--m\r\nContent-Type: application/zip; name=\"=?UTF-8?B?6KaL56mNLnppcA==?=\"\r\n"
    "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBAAAAAA=\r\n"
    "--m\r\nContent-Type: text/csv; charset=shift_jis; name=a.csv\r\nContent-Disposition: "
    "attachment; filename=a.csv\r\n\r\n"
    "\x95\x5C,1\r\n"
    "--m--\r\n";

static void
expect_same(const MugaiResult *a, const MugaiResult *b)
{
    g_autoptr(GVariant) first = g_variant_ref_sink(mugai_report_to_variant(a->report));
    g_autoptr(GVariant) second = g_variant_ref_sink(mugai_report_to_variant(b->report));

    cr_expect(g_bytes_equal(a->candidate, b->candidate));
    cr_expect(g_variant_equal(first, second));
}

Test(sanitize, I5_the_same_octets_give_the_same_octets)
{
    g_autoptr(MugaiResult) first = sanitize_string(mixed);
    g_autoptr(MugaiResult) other = sanitize_string("Subject: other\r\n\r\nother\r\n");
    g_autoptr(MugaiResult) second = sanitize_string(mixed);

    expect_text(other, "other");
    expect_same(first, second);
}

Test(sanitize, I5_environment_and_clock_do_not_matter)
{
    g_autoptr(MugaiResult) first = sanitize_string(mixed);
    g_autoptr(MugaiResult) second = NULL;

    g_setenv("TZ", "America/St_Johns", TRUE);
    g_setenv("LANG", "ja_JP.SJIS", TRUE);
    g_setenv("LC_ALL", "ja_JP.UTF-8", TRUE);
    second = sanitize_string(mixed);
    expect_same(first, second);
}

Test(sanitize, I5_a_file_gives_what_the_octets_give)
{
    MugaiId id = some_id();
    int fd = memfd_create("message", MFD_CLOEXEC);
    g_autoptr(MugaiResult) octets = sanitize_string(mixed);
    g_autoptr(MugaiResult) file = NULL;

    cr_assert_eq(write(fd, mixed, sizeof(mixed) - 1), sizeof(mixed) - 1);
    lseek(fd, 0, SEEK_SET);
    file = mugai_sanitize_fd(fd, settings, &id, received);
    expect_same(octets, file);
    close(fd);
}

Test(sanitize, the_time_of_receipt_stands_in_for_a_missing_date_alone)
{
    g_autoptr(MugaiResult) without = sanitize_string("From: <a@b.jp>\r\n\r\nx\r\n");
    g_autoptr(MugaiResult) with = sanitize_string(mixed);

    cr_expect_str_eq(without->report->date, "Fri, 20 Nov 2026 19:00:15 +0900");
    cr_expect_str_eq(with->report->date, "Fri, 20 Nov 2026 10:00:00 +0900");
}

/* --- what is shown, what is not --- */

Test(sanitize, I3_every_leaf_is_in_the_report_once)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);

    cr_expect_eq(result->report->parts->len, 4);
    expect_part(result, "1.1", "text/plain", MUGAI_KEPT);
    expect_part(result, "1.2", "text/html", MUGAI_REMOVED);
    expect_part(result, "2", "application/zip", MUGAI_REMOVED);
    expect_part(result, "3", "text/csv", MUGAI_CONVERTED);
}

Test(sanitize, a_part_is_measured_and_hashed_as_decoded)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);
    const MugaiPart *zip = part(result, "2");
    g_autofree char *sum =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)"PK\3\4\0\0\0\0", 8);

    cr_expect_eq(zip->size, 8);
    cr_expect_str_eq(zip->sha256, sum);
    cr_expect_str_eq(zip->name, "見積.zip");
}

Test(sanitize, removed_parts_are_named_with_type_and_size)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);

    expect_sentence(result, "notice/removed");
    expect_text(result, "見積.zip");
    expect_text(result, mugai_settings_notice(settings, "type/archive"));
    expect_text(result, "8 B");
}

Test(sanitize, text_attachments_are_sections_under_their_name)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);
    g_autofree char *text = text_in(result);
    const char *name = strstr(text, "a.csv");
    const char *content = strstr(text, "表");

    cr_assert_not_null(name);
    cr_assert_not_null(content);
    cr_expect_lt(name, content);
    cr_expect_gt(name, strstr(text, "見積書を"), "the body comes first");
}

Test(sanitize, links_are_inert_unless_kept)
{
    g_autoptr(MugaiResult) defanged = sanitize_string(mixed);
    g_autoptr(MugaiResult) kept = NULL;

    expect_text(defanged, "hxxps[:]//www[.]example[.]com/");
    settings->links = MUGAI_LINKS_KEEP;
    kept = sanitize_string(mixed);
    expect_text(kept, "https://www.example.com/");
}

Test(sanitize, the_plain_alternative_is_shown_unless_html_is_asked_for)
{
    static const char message[] =
        TOP "Content-Type: multipart/alternative; boundary=a\r\n\r\n"
            "--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe minutes of the meeting, in "
            "plain form.\r\n"
            "--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>The minutes of the meeting, "
            "in <b>rich</b> form.</p>\r\n--a--\r\n";
    g_autoptr(MugaiResult) plain = sanitize_string(message);
    g_autoptr(MugaiResult) html = NULL;

    expect_text(plain, "plain form");
    expect_no_text(plain, "rich");
    expect_part(plain, "1", "text/plain", MUGAI_KEPT);
    expect_part(plain, "2", "text/html", MUGAI_REMOVED);
    settings->body = MUGAI_BODY_HTML;
    html = sanitize_string(message);
    expect_text(html, "rich form");
    expect_no_text(html, "plain form");
    expect_part(html, "1", "text/plain", MUGAI_REMOVED);
    expect_part(html, "2", "text/html", MUGAI_CONVERTED);
}

Test(sanitize, an_empty_plain_alternative_gives_way_to_html)
{
    g_autoptr(MugaiResult) result = sanitize_string(
        TOP "Content-Type: multipart/alternative; boundary=a\r\n\r\n"
            "--a\r\nContent-Type: text/plain\r\n\r\n \r\n\r\n"
            "--a\r\nContent-Type: text/html\r\n\r\n<p>All of it is here.</p>\r\n--a--\r\n");

    expect_text(result, "All of it is here.");
    expect_part(result, "2", "text/html", MUGAI_CONVERTED);
}

Test(sanitize, a_stub_beside_html_gives_way_to_html)
{
    g_autoptr(MugaiResult) result = sanitize_string(
        TOP "Content-Type: multipart/alternative; boundary=a\r\n\r\n"
            "--a\r\nContent-Type: text/plain\r\n\r\nPlease view this mail in a browser.\r\n"
            "--a\r\nContent-Type: text/html\r\n\r\n<h1>Notice of the assembly</h1><p>The assembly "
            "of residents meets on the "
            "twentieth of November at ten in the great hall of the city. Bring your invitation, "
            "and the form that came with it, "
            "filled in and signed. Who cannot come may send somebody else with a "
            "letter.</p>\r\n--a--\r\n");

    expect_text(result, "great hall");
}

Test(sanitize, html_alone_is_converted)
{
    g_autoptr(MugaiResult) result =
        sanitize_string(TOP "Content-Type: text/html; charset=utf-8\r\n\r\n"
                            "<script>alert(1)</script><p>本文<b>です</b>。</p><!-- no -->");

    expect_text(result, "本文です。");
    expect_no_text(result, "alert");
    expect_no_text(result, "<");
    expect_sentence(result, "notice/converted");
    expect_part(result, "1", "text/html", MUGAI_CONVERTED);
}

Test(sanitize, a_message_in_the_message_is_shown_in_place)
{
    g_autoptr(MugaiResult) result =
        sanitize_string(TOP "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
                            "--m\r\n\r\nBefore.\r\n"
                            "--m\r\nContent-Type: message/rfc822\r\n\r\n"
                            "From: Inner Sender <inner@example.org>\r\nSubject: Inner "
                            "subject\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n"
                            "--n\r\n\r\nInner text.\r\n--n\r\nContent-Type: image/png; "
                            "name=inner.png\r\n\r\nx\r\n--n--\r\n"
                            "--m\r\n\r\nAfter.\r\n--m--\r\n");
    g_autofree char *text = text_in(result);
    const char *before = strstr(text, "Before.");
    const char *subject = strstr(text, "Inner subject");
    const char *inner = strstr(text, "Inner text.");
    const char *after = strstr(text, "After.");

    cr_assert(before != NULL && subject != NULL && inner != NULL && after != NULL, "%s", text);
    cr_expect(before < subject && subject < inner && inner < after, "%s", text);
    expect_text(result, "Inner Sender");
    expect_text(result, "inner.png");
    expect_part(result, "1", "text/plain", MUGAI_KEPT);
    expect_part(result, "2.1", "text/plain", MUGAI_KEPT);
    expect_part(result, "2.2", "image/png", MUGAI_REMOVED);
    expect_part(result, "3", "text/plain", MUGAI_KEPT);
}

/* --- the notice --- */

Test(sanitize, every_line_of_the_notice_has_the_mark_and_no_line_of_the_mail_has)
{
    g_autoptr(MugaiResult) result = sanitize_string(
        TOP "Content-Type: text/plain; charset=utf-8\r\n\r\n" SQUARE
            " 番号: 00000000-FORGED\r\n  " SQUARE " x\r\n\xE2\x80\x8B" SQUARE " y\r\n");
    g_autofree char *text = text_in(result);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gboolean in_notice = FALSE;

    for (char **line = lines; line[0] != NULL && line[1] != NULL; line++) {
        in_notice |= g_str_has_prefix(*line, SQUARE);
        cr_expect_eq(g_str_has_prefix(*line, SQUARE " "), in_notice, "\"%s\"", *line);
        cr_expect(!in_notice || strstr(*line, "FORGED") == NULL, "\"%s\"", *line);
    }
    expect_text(result, "> " SQUARE " 番号: 00000000-FORGED");
}

Test(sanitize, names_cannot_forge_lines)
{
    g_autoptr(MugaiResult) result = sanitize_string(
        TOP
        "Content-Type: application/zip; name*=UTF-8''a%0D%0A%E2%96%A0%20FORGED%0Ab.zip\r\n\r\nx");
    g_autofree char *text = text_in(result);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    expect_text(result, "FORGED");
    for (char **line = lines; *line != NULL; line++)
        cr_expect_not(g_str_has_prefix(*line, SQUARE " FORGED"), "%s", *line);
}

Test(sanitize, notices_speak_the_language_configured)
{
    g_autoptr(MugaiResult) ja = sanitize_string(mixed);
    g_autoptr(MugaiResult) en = NULL;

    expect_text(ja, "このメールは無害化されています");
    mugai_settings_free(settings);
    settings = mugai_settings_new("en");
    en = sanitize_string(mixed);
    expect_text(en, "This mail was sanitized.");
    expect_no_text(en, "無害化");
    expect_text(en, "archive");
}

Test(sanitize, the_notice_says_whom_to_ask_and_the_id)
{
    MugaiId id = some_id();
    g_autoptr(MugaiResult) result = NULL;

    g_free(settings->contact);
    settings->contact = g_strdup("情報政策課（内線1234）");
    result = sanitize_string(mixed);
    expect_text(result, "情報政策課（内線1234）");
    expect_text(result, id.text);
}

Test(sanitize, ambiguities_are_said_in_notice_and_report)
{
    g_autoptr(MugaiResult) result =
        sanitize_string("From: <a@b.jp>\r\nContent-Type: text/plain\r\nContent-Type: "
                        "text/html\r\n\r\n<b>x</b>\r\n");

    cr_expect_gt(result->report->ambiguities->len, 0);
    expect_sentence(result, "warning/ambiguous");
    expect_part(result, "1", part(result, "1")->type, MUGAI_UNREADABLE);
    expect_no_text(result, "<b>");
}

/* --- attachments that a policy does not want --- */

#define WITH_FILES                                                                                 \
    TOP "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nthe body\r\n"                 \
        "--a\r\nContent-Type: text/plain; name=notes.txt\r\n\r\nthe notes\r\n"                     \
        "--a\r\nContent-Disposition: attachment\r\n\r\nthe nameless\r\n"                           \
        "--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nthe forwarded\r\n--a--\r\n"

Test(sanitize, attachments_are_shown_as_text_unless_they_are_to_be_removed)
{
    static const char *const files[] = {"the notes", "the nameless", "the forwarded"};
    g_autoptr(MugaiResult) shown = sanitize_string(WITH_FILES);
    g_autoptr(MugaiResult) removed = NULL;

    settings->attachments = MUGAI_ATTACHMENTS_REMOVE;
    removed = sanitize_string(WITH_FILES);
    expect_text(shown, "the body");
    expect_text(removed, "the body");
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        expect_text(shown, files[i]);
        expect_no_text(removed, files[i]);
    }
    expect_part(removed, "2", "text/plain", MUGAI_REMOVED);
    expect_part(removed, "3", "text/plain", MUGAI_REMOVED);
    cr_expect_eq(mugai_report_count(removed->report, MUGAI_REMOVED), 3);
    expect_text(removed, "notes.txt");
}

/* --- what servers found of the sender --- */

#define VERDICT                                                                                    \
    "Authentication-Results: mx.example.jp;\r\n\tspf=pass "                                        \
    "smtp.mailfrom=a@b.jp;\r\n\tdkim=fail\r\n"
#define TRACE "Received: from a by b; Mon, 1 Apr 2024 09:00:00 +0900\r\n"

Test(sanitize, what_servers_on_this_side_found_of_the_sender_is_reported)
{
    g_autoptr(MugaiResult) result = sanitize_string(
        VERDICT "received-spf: Pass (mx) client-ip=192.0.2.1\r\n" TRACE
                "Authentication-Results: far.example; spf=pass\r\n" TOP "\r\nx\r\n");
    const GPtrArray *found = result->report->authentication;

    cr_assert_eq(found->len, 2);
    cr_expect_str_eq(found->pdata[0], "Authentication-Results: mx.example.jp; spf=pass "
                                      "smtp.mailfrom=a@b.jp; dkim=fail");
    cr_expect_str_eq(found->pdata[1], "Received-SPF: Pass (mx) client-ip=192.0.2.1");
}

Test(sanitize, I7_what_servers_found_of_the_sender_is_bounded_and_clean)
{
    GString *message = g_string_new(NULL);
    g_autoptr(MugaiResult) result = NULL;

    for (int i = 0; i < 100; i++) {
        g_string_append(message, "Authentication-Results: \x1b[2J\xe2\x80\xae\xff ");
        for (int j = 0; j < 100; j++)
            g_string_append_printf(message, "%060d\r\n ", j);
        g_string_append(message, "\r\n");
    }
    g_string_append(message, TOP "\r\nx\r\n");
    result = sanitize(message->str, message->len);
    cr_assert_eq(result->report->authentication->len, MUGAI_LIMIT_AUTHENTICATION_FIELDS);
    for (guint i = 0; i < MUGAI_LIMIT_AUTHENTICATION_FIELDS; i++) {
        const char *line = result->report->authentication->pdata[i];
        g_autofree char *clean = mugai_text_clean_line(line, -1, G_MAXSIZE / 2);

        cr_expect_str_eq(line, clean);
        /* and the sign that it was cut */
        cr_expect_leq(g_utf8_strlen(line, -1), MUGAI_LIMIT_AUTHENTICATION_CHARACTERS + 1);
    }
    g_string_free(message, TRUE);
}

/* --- limits --- */

Test(sanitize, I7_text_over_the_limit_is_cut_and_the_notice_says_how_much)
{
    GString *message = g_string_new(TOP "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    g_autoptr(MugaiResult) result = NULL;
    g_autofree char *text = NULL;

    settings->limits.text_octets = 10000;
    for (int i = 0; i < 1000; i++)
        g_string_append_printf(message, "line %4d of a thousand lines, each of 48 octets\r\n", i);
    result = sanitize(message->str, message->len);
    text = text_in(result);
    expect_text(result, "line    0 of");
    expect_no_text(result, "line  999 of");
    expect_sentence(result, "notice/cut");
    /* 1,000 lines of 48 octets and a line end; less the 10,000 that are there */
    expect_text(result, "39 KB");
    cr_expect_gt(strlen(text), 10000);
    cr_expect_lt(strlen(text), 12000);
    g_string_free(message, TRUE);
}

Test(sanitize, I7_text_under_the_limit_is_whole)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);
    g_autofree char *cut = sentence("notice/cut");

    expect_no_text(result, cut);
}

Test(sanitize, I3_parts_over_the_limit_are_said)
{
    GString *message = g_string_new(TOP "Content-Type: multipart/mixed; boundary=m\r\n\r\n");
    g_autoptr(MugaiResult) result = NULL;

    settings->limits.parts = 10;
    for (int i = 0; i < 50; i++)
        g_string_append_printf(message, "--m\r\nContent-Type: text/plain\r\n\r\npart number %d\r\n",
                               i);
    g_string_append(message, "--m--\r\n");
    result = sanitize(message->str, message->len);
    expect_text(result, "part number 0");
    expect_no_text(result, "part number 49");
    cr_expect_leq(result->report->parts->len, 11);
    expect_sentence(result, "notice/removed");
    cr_expect_gt(mugai_report_count(result->report, MUGAI_REMOVED), 0);
    g_string_free(message, TRUE);
}

static GString *
nested(int depth)
{
    GString *message = g_string_new(TOP);

    for (int i = 0; i < depth; i++)
        g_string_append_printf(message,
                               "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i,
                               i);
    g_string_append(message, "\r\nAt the bottom.\r\n");
    for (int i = depth; i-- > 0;)
        g_string_append_printf(message, "--b%d--\r\n", i);
    return message;
}

Test(sanitize, I7_depth_is_bounded_and_said)
{
    GString *shallow = nested(5);
    GString *deep = nested(60);
    GString *abyss = nested(5000);
    g_autoptr(MugaiResult) read = sanitize(shallow->str, shallow->len);
    g_autoptr(MugaiResult) unread = sanitize(deep->str, deep->len);
    g_autoptr(MugaiResult) lost = sanitize(abyss->str, abyss->len);

    expect_text(read, "At the bottom.");
    expect_no_text(unread, "At the bottom.");
    cr_expect_gt(mugai_report_count(unread->report, MUGAI_UNREADABLE) +
                     mugai_report_count(unread->report, MUGAI_REMOVED),
                 0);
    cr_expect_gt(lost->report->parts->len, 0);
    g_string_free(shallow, TRUE);
    g_string_free(deep, TRUE);
    g_string_free(abyss, TRUE);
}

Test(sanitize, names_over_the_limit_are_cut)
{
    GString *message = g_string_new(TOP "Content-Type: application/zip; name=\"");
    g_autoptr(MugaiResult) result = NULL;

    for (int i = 0; i < 400; i++)
        g_string_append(message, "名");
    g_string_append(message, ".zip\"\r\n\r\nx");
    settings->limits.name_characters = 20;
    result = sanitize(message->str, message->len);
    cr_expect_leq(g_utf8_strlen(part(result, "1")->name, -1), 21);
    g_string_free(message, TRUE);
}

Test(sanitize, I7_a_part_beyond_its_limit_is_cut_or_left_out_and_said)
{
    GString *message =
        g_string_new(TOP "Content-Type: text/html; charset=utf-8\r\n\r\n<p>beginning</p>");
    g_autoptr(MugaiResult) result = NULL;

    settings->limits.part_octets = 4096;
    for (int i = 0; i < 2000; i++)
        g_string_append(message, "<p>filler</p>");
    g_string_append(message, "<p>the very end</p>");
    result = sanitize(message->str, message->len);
    expect_no_text(result, "the very end");
    cr_expect(mugai_report_count(result->report, MUGAI_REMOVED) == 1 ||
              result->report->warnings->len > 0);
    cr_expect_eq(part(result, "1")->size,
                 message->len - strlen(TOP "Content-Type: text/html; charset=utf-8\r\n\r\n"));
    g_string_free(message, TRUE);
}

Test(sanitize, I7_a_million_fields_conform)
{
    GString *message = g_string_new(NULL);
    g_autoptr(MugaiResult) result = NULL;

    for (int i = 0; i < 100000; i++)
        g_string_append(message, "Received: from a by b\r\nReferences: <a@b>\r\nX: y\r\n");
    g_string_append(message, "\r\nx\r\n");
    result = sanitize(message->str, message->len);
    g_string_free(message, TRUE);
}

/* --- one part --- */

static char *
extract(const char *message, gsize length, const char *path, gsize *ret_length, GError **error)
{
    int in = memfd_create("message", MFD_CLOEXEC);
    int out = memfd_create("part", MFD_CLOEXEC);
    char *octets = NULL;

    cr_assert_eq(write(in, message, length), (gssize)length);
    lseek(in, 0, SEEK_SET);
    if (mugai_sanitize_extract_part(in, path, settings, out, error)) {
        *ret_length = (gsize)lseek(out, 0, SEEK_END);
        octets = g_malloc0(*ret_length + 1);
        cr_assert_eq(pread(out, octets, *ret_length, 0), (gssize)*ret_length);
    }
    close(in);
    close(out);
    return octets;
}

Test(sanitize, a_part_is_extracted_octet_for_octet)
{
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    g_autofree char *zip = extract(mixed, sizeof(mixed) - 1, "2", &length, &error);

    cr_assert_null(error);
    cr_assert_eq(length, 8);
    cr_assert_arr_eq(zip, "PK\3\4\0\0\0\0", 8);
}

Test(sanitize, every_part_extracted_is_the_one_reported)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);

    for (guint i = 0; i < result->report->parts->len; i++) {
        const MugaiPart *each = g_ptr_array_index(result->report->parts, i);
        g_autoptr(GError) error = NULL;
        gsize length = 0;
        g_autofree char *octets = extract(mixed, sizeof(mixed) - 1, each->path, &length, &error);
        g_autofree char *sum = NULL;

        cr_assert_null(error);
        sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)octets, length);
        cr_expect_str_eq(sum, each->sha256, "part %s", each->path);
        cr_expect_eq(length, each->size);
    }
}

Test(sanitize, containers_in_which_nothing_was_found_are_parts_that_can_be_had)
{
    static const char *const messages[] = {
        TOP "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
        TOP "Content-Type: multipart/mixed\r\n\r\nx\r\n",
        TOP "Content-Type: message/rfc822\r\n\r\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(MugaiResult) result = sanitize_string(messages[i]);

        cr_assert_geq(result->report->parts->len, 1);
        for (guint j = 0; j < result->report->parts->len; j++) {
            const MugaiPart *each = g_ptr_array_index(result->report->parts, j);
            g_autoptr(GError) error = NULL;
            gsize length = 0;
            g_autofree char *octets =
                extract(messages[i], strlen(messages[i]), each->path, &length, &error);

            cr_expect_not_null(octets, "message %zu: no part %s", i, each->path);
            cr_expect_eq(length, each->size, "message %zu, part %s", i, each->path);
        }
    }
}

Test(sanitize, a_part_that_is_not_there_is_not_found)
{
    static const char *const paths[] = {"",
                                        "0",
                                        "4",
                                        "1",
                                        "1.3",
                                        "2.1",
                                        "1.1.1",
                                        "-1",
                                        "1.",
                                        ".1",
                                        "1..1",
                                        "x",
                                        "99999999999999999999"};

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        gsize length = 0;
        g_autofree char *octets = extract(mixed, sizeof(mixed) - 1, paths[i], &length, &error);

        cr_expect_null(octets, "\"%s\"", paths[i]);
        cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND), "\"%s\"", paths[i]);
    }
}

/* --- the head --- */

Test(sanitize, the_report_knows_sender_subject_and_message_id)
{
    g_autoptr(MugaiResult) result = sanitize_string(mixed);

    cr_expect_str_eq(result->report->subject, "見積");
    cr_expect_not_null(strstr(result->report->from, "山田"));
    cr_expect_not_null(strstr(result->report->from, "yamada@example.com"));
    cr_expect_not_null(strstr(result->report->message_id, "1@example.com"));
}

Test(sanitize, foreign_fields_do_not_pass)
{
    g_autoptr(MugaiResult) result =
        sanitize_string("From: <a@b.jp>\r\nMugai-Id: 20200101-00000-00000\r\nMugai-Evil: x\r\n"
                        "X-Evil: PAYLOAD\r\nDisposition-Notification-To: <spy@evil.example>\r\n"
                        "Return-Receipt-To: <spy@evil.example>\r\nBcc: <hidden@b.jp>\r\n\r\nx\r\n");
    g_autofree char *message =
        g_strndup(g_bytes_get_data(result->candidate, NULL), g_bytes_get_size(result->candidate));

    cr_expect_null(strstr(message, "20200101"));
    cr_expect_null(strstr(message, "PAYLOAD"));
    cr_expect_null(strstr(message, "spy@"));
    cr_expect_null(strstr(message, "hidden@"));
}

Test(sanitize, a_missing_message_id_is_made_from_the_id)
{
    MugaiId id = some_id();
    g_autoptr(MugaiResult) result = sanitize_string("From: <a@b.jp>\r\n\r\nx\r\n");
    g_autofree char *field = field_of(g_bytes_get_data(result->candidate, NULL),
                                      g_bytes_get_size(result->candidate), "Message-ID");

    cr_expect_not_null(strstr(field, id.text), "%s", field);
}

/* The yEnc block goes before the charset is known, the other after: their numbers go on, and a NUL
 * before them does not end the text. */
Test(sanitize, I3_every_block_in_a_text_has_a_path_of_its_own)
{
    static const char message[] =
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        "first\r\n=ybegin line=128 size=3 name=a.bin\r\nabc\r\n=yend size=3\r\n"
        "second\0\r\nbegin 644 b.bin\r\n#0V%T\r\n`\r\nend\r\nthird\r\n";
    g_autoptr(MugaiResult) result = sanitize(message, sizeof(message) - 1);
    g_autofree char *text = text_in(result);

    cr_assert_eq(result->report->parts->len, 3);
    cr_expect_str_eq(part(result, "1/1")->name, "a.bin");
    cr_expect_str_eq(part(result, "1/2")->name, "b.bin");
    cr_expect_not_null(strstr(text, "first"));
    cr_expect_not_null(strstr(text, "second"));
    cr_expect_not_null(strstr(text, "third"));
}

/* Postfix shows a milter, mugai-gate among them, no more than 60,000 octets of a field. */
Test(sanitize, no_field_is_longer_than_postfix_shows_a_milter)
{
    g_autoptr(GString) message = g_string_new("From: <a@b.jp>\r\nTo: <first@b.jp>");
    g_autoptr(MugaiResult) result = NULL;
    g_autofree char *field = NULL;
    g_autofree char *warnings = NULL;

    for (guint i = 0; i < 900; i++)
        g_string_append_printf(message, ",\r\n <%0180u@b.jp>", i);
    g_string_append(message, "\r\n\r\nx\r\n");
    result = sanitize(message->str, message->len);
    field = field_of(g_bytes_get_data(result->candidate, NULL), g_bytes_get_size(result->candidate),
                     "To");
    cr_expect_lt(strlen(field), 60000 - strlen("To: \r\n"));
    cr_expect_gt(strlen(field), 50000);
    g_ptr_array_add(result->report->warnings, NULL);
    warnings = g_strjoinv("\n", (char **)result->report->warnings->pdata);
    cr_expect_not_null(strstr(warnings, "To: not all addresses are shown"), "%s", warnings);
}
