/* test_compose.c - everything that is composed conforms: the guard reads what compose wrote, for
 * hostile values too */
#include "candidate.h"

#include <mugai/compose.h>
#include <mugai/limits.h>
#include <mugai/profile.h>

#define SQUARE "\xE2\x96\xA0"
#define EMOJI "\xF0\x9F\x98\x80"
#define NICHI "\xE6\x97\xA5"

static const MugaiTime received = {.seconds = 1795168815, .offset = 9 * 3600};

static MugaiId
some_id(void)
{
    MugaiId id;

    mugai_id_from_bits(received.seconds, 0x123456789ABu, &id);
    return id;
}

/* A message around @fields, which stand where the profile has them between Date and Message-ID. */
static GString *
message_with(const char *fields, const char *text)
{
    MugaiId id = some_id();
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autofree char *date = mugai_compose_date(received);
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "Date: %s\r\n", date);
    if (!g_str_has_prefix(fields, "From:"))
        g_string_append(out, "From: <a@example.jp>\r\n");
    g_string_append_printf(out, "%sMessage-ID: <a@example.jp>\r\n", fields);
    mugai_compose_finish(out, &id, report, text, strlen(text));
    return out;
}

/* --- subjects --- */

/* The decoded value of @subject as composed; it must conform on the way. */
static char *
round_trip(const char *subject)
{
    GString *field = g_string_new(NULL);
    GString *message = NULL;
    GString *decoded = g_string_new(NULL);
    g_autofree char *value = NULL;
    g_auto(GStrv) words = NULL;

    mugai_compose_text_field(field, "Subject", subject);
    message = message_with(field->str, "x\n");
    expect_conforming(message->str, message->len, 0);
    value = field_of(message->str, message->len, "Subject");
    g_string_free(field, TRUE);
    g_string_free(message, TRUE);
    if (value == NULL || !g_str_has_prefix(value, "=?"))
        return g_string_free(decoded, TRUE), g_steal_pointer(&value);
    words = g_strsplit(value, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        gsize length = 0;
        g_autofree char *base64 = g_strndup(*word + 10, strlen(*word) - 12);
        g_autofree guchar *octets = g_base64_decode(base64, &length);

        cr_assert(g_utf8_validate((char *)octets, (gssize)length, NULL),
                  "a character is split over two words");
        g_string_append_len(decoded, (char *)octets, (gssize)length);
    }
    return g_string_free(decoded, FALSE);
}

static void
expect_subject(const char *subject)
{
    g_autofree char *got = round_trip(subject);

    cr_expect_str_eq(got, subject, "\"%s\" became \"%s\"", subject, got);
}

/* @piece so often that @characters pieces stand there. */
static char *
repeat(const char *piece, gsize count)
{
    GString *string = g_string_new(NULL);

    for (gsize i = 0; i < count; i++)
        g_string_append(string, piece);
    return g_string_free(string, FALSE);
}

Test(compose, subjects_say_what_they_said)
{
    expect_subject("Hello");
    expect_subject("a =? b");
    expect_subject("=?UTF-8?B?eA==?=");
    expect_subject("見積書の件");
    expect_subject("Re: 見積書の件 (2) \"x\" <y> \\");
    expect_subject("髙﨑①㈱" EMOJI);
    expect_subject("a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m "
                   "n o p q r s t u v w x y z");
}

Test(compose, subjects_of_every_length_conform)
{
    static const char *const pieces[] = {
        "x", "ab ", NICHI, EMOJI, "\xE8\x91\x9B\xF3\xA0\x84\x80", "a\xCC\x81", "\xC3\xA9 "};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        for (gsize count = 1; count <= 120; count++) {
            g_autofree char *subject = repeat(pieces[i], count);

            expect_subject(g_strchomp(subject));
        }
    }
}

Test(compose, selectors_never_begin_an_encoded_word)
{
    for (gsize before = 0; before < 60; before++) {
        g_autofree char *pad = repeat("x", before);
        g_autofree char *subject =
            g_strconcat(pad, "\xE8\x91\x9B\xF3\xA0\x84\x80\xE5\x9F\x8E\xEF\xB8\x8F", NICHI, NULL);

        expect_subject(subject);
    }
}

Test(compose, long_subjects_conform)
{
    g_autofree char *ascii = repeat("x", 20000);
    g_autofree char *words = repeat("word ", 4000);
    g_autofree char *wide = repeat(NICHI, 5000);

    expect_subject(ascii);
    expect_subject(g_strchomp(words));
    expect_subject(wide);
}

Test(compose, an_empty_subject_is_no_field)
{
    GString *out = g_string_new(NULL);

    mugai_compose_text_field(out, "Subject", "");
    cr_assert_str_eq(out->str, "");
    g_string_free(out, TRUE);
}

Test(compose, lines_are_folded_for_people)
{
    g_autofree char *words = repeat("word ", 200);
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    mugai_compose_text_field(out, "Subject", g_strchomp(words));
    lines = g_strsplit(out->str, "\r\n", -1);
    for (char **line = lines; *line != NULL; line++)
        cr_expect_leq(strlen(*line), 78);
    g_string_free(out, TRUE);
}

/* --- addresses --- */

static GString *
address_message(const char *field, GPtrArray *addresses)
{
    GString *out = g_string_new(NULL);
    GString *message = NULL;

    mugai_compose_address_field(out, field, addresses);
    message = message_with(out->str, "x\n");
    g_string_free(out, TRUE);
    return message;
}

static void
expect_address(const char *name, const char *local, const char *domain, const char *expected)
{
    g_autoptr(GPtrArray) addresses =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
    GString *message = NULL;
    g_autofree char *value = NULL;

    cr_expect(mugai_compose_address_fits(local, domain), "%s@%s", local, domain);
    g_ptr_array_add(addresses, mugai_address_new(name, local, domain));
    message = address_message("From", addresses);
    expect_conforming(message->str, message->len, 0);
    value = field_of(message->str, message->len, "From");
    cr_expect_str_eq(value, expected, "%s", value);
    g_string_free(message, TRUE);
}

Test(compose, addresses_are_written_in_one_way)
{
    expect_address("", "a.b", "example.jp", "<a.b@example.jp>");
    expect_address("A B", "a", "example.jp", "\"A B\" <a@example.jp>");
    expect_address("A, B; <c@d>", "a", "example.jp", "\"A, B; <c@d>\" <a@example.jp>");
    expect_address("山田", "a", "xn--wgv71a119e.jp", "=?UTF-8?B?5bGx55Sw?= <a@xn--wgv71a119e.jp>");
    expect_address("say \"hi\"", "a", "example.jp", "=?UTF-8?B?c2F5ICJoaSI=?= <a@example.jp>");
    expect_address("back\\slash", "a", "example.jp", "=?UTF-8?B?YmFja1xzbGFzaA==?= <a@example.jp>");
}

Test(compose, old_mobile_addresses_are_quoted)
{
    expect_address("", "a..b", "docomo.ne.jp", "<\"a..b\"@docomo.ne.jp>");
    expect_address("", ".a", "ezweb.ne.jp", "<\".a\"@ezweb.ne.jp>");
    expect_address("", "a.", "docomo.ne.jp", "<\"a.\"@docomo.ne.jp>");
    expect_address("", "a b", "example.jp", "<\"a b\"@example.jp>");
    expect_address("", "+._-'/=?^`{|}~!#$%&*", "example.jp", "<+._-'/=?^`{|}~!#$%&*@example.jp>");
}

Test(compose, what_cannot_be_an_address_does_not_fit)
{
    static const char *const locals[] = {"",    "a@b",          "a\"b", "a\\b",   "a<b", "a,b",
                                         "a(b", "\xE5\xB1\xB1", "a\tb", "a\r\nb", "a[b"};
    static const char *const domains[] = {"",      ".",      "a.",     ".a",          "a..b",
                                          "-a.jp", "a-.jp",  "a_b.jp", "[192.0.2.1]", "日本.jp",
                                          "a b",   "a\r\nb", "a,b",    "a@b"};
    g_autofree char *label_63 = repeat("x", 63);
    g_autofree char *label_64 = repeat("x", 64);

    for (gsize i = 0; i < G_N_ELEMENTS(locals); i++)
        cr_expect_not(mugai_compose_address_fits(locals[i], "example.jp"), "local part %zu", i);
    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++)
        cr_expect_not(mugai_compose_address_fits("a", domains[i]), "domain %zu", i);
    cr_expect(mugai_compose_address_fits("a", label_63));
    cr_expect_not(mugai_compose_address_fits("a", label_64));
}

Test(compose, addresses_are_bounded_quotes_included)
{
    g_autofree char *local = repeat("a", 254 - 11);
    g_autofree char *dotted = g_strconcat(".", local + 1, NULL);
    g_autofree char *whole = g_strdup_printf("<%s@example.jp>", local);

    cr_expect(mugai_compose_address_fits(local, "example.jp"));
    expect_address("", local, "example.jp", whole);
    cr_expect_not(mugai_compose_address_fits(dotted, "example.jp"));
    cr_expect(mugai_compose_address_fits(dotted + 2, "example.jp"));
    cr_expect_not(mugai_compose_address_fits(local, "example.jpn"));
}

Test(compose, dot_atoms_and_domains)
{
    cr_expect(mugai_compose_is_dot_atom("a.b"));
    cr_expect_not(mugai_compose_is_dot_atom(""));
    cr_expect_not(mugai_compose_is_dot_atom(".a"));
    cr_expect_not(mugai_compose_is_dot_atom("a."));
    cr_expect_not(mugai_compose_is_dot_atom("a..b"));
    cr_expect_not(mugai_compose_is_dot_atom("a b"));
    cr_expect(mugai_compose_is_domain("localhost"));
    cr_expect(mugai_compose_is_domain("xn--wgv71a119e.jp"));
    cr_expect(mugai_compose_is_domain("1.2.3.4"));
}

/* That what fits conforms, and that what does not fit would not, is left to chance here and to the
 * guard. */
Test(compose, whatever_fits_conforms)
{
    static const char alphabet[] = "aaaaaaaabbbbbb......---_ 1@\"\\<,:([=\xE5+'";
    g_autoptr(GRand) random = g_rand_new_with_seed(20261120);
    guint fitting = 0;

    for (int round = 0; round < 50000; round++) {
        char local[8] = "";
        char domain[8] = "";

        for (int i = 0; i < 7; i++) {
            local[i] = alphabet[g_rand_int_range(random, 0, sizeof(alphabet))];
            domain[i] = alphabet[g_rand_int_range(random, 0, sizeof(alphabet))];
        }
        if (mugai_compose_address_fits(local, domain)) {
            g_autoptr(GPtrArray) addresses =
                g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
            GString *message = NULL;

            g_ptr_array_add(addresses, mugai_address_new("", local, domain));
            message = address_message("From", addresses);
            expect_conforming(message->str, message->len, 0);
            g_string_free(message, TRUE);
            fitting++;
        }
    }
    cr_assert_gt(fitting, 100);
}

Test(compose, a_thousand_addresses_conform)
{
    g_autoptr(GPtrArray) addresses =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
    GString *message = NULL;
    gsize at = 0;

    for (int i = 0; i < 1000; i++) {
        g_autofree char *name =
            g_strdup_printf("宛先その%d番目のとても長い表示名である%s", i, i % 3 == 0 ? EMOJI : "");
        g_autofree char *local = g_strdup_printf("recipient.%d", i);

        g_ptr_array_add(addresses,
                        mugai_address_new(i % 2 == 0 ? name : "A B", local, "city.example.lg.jp"));
    }
    message = address_message("To", addresses);
    expect_conforming(message->str, message->len, 0);
    for (const char *p = message->str; (p = strstr(p, "recipient.")) != NULL; p++)
        at++;
    cr_expect_eq(at, 1000);
    g_string_free(message, TRUE);
}

Test(compose, display_names_of_every_length_conform)
{
    static const char *const pieces[] = {"x",   "ab ", NICHI,
                                         EMOJI, "\"",  "\xE8\x91\x9B\xF3\xA0\x84\x80",
                                         "=?"};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        for (gsize count = 1; count <= MUGAI_LIMIT_DISPLAY_NAME_CHARACTERS;
             count += 1 + count / 40) {
            g_autofree char *name = repeat(pieces[i], count);
            g_autoptr(GPtrArray) addresses =
                g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
            GString *message = NULL;

            g_strchomp(name);
            for (int j = 0; j < 16; j++)
                g_ptr_array_add(addresses, mugai_address_new(name, "a", "example.jp"));
            message = address_message("From", addresses);
            expect_conforming(message->str, message->len, 0);
            g_string_free(message, TRUE);
        }
    }
}

/* --- dates --- */

Test(compose, dates_are_in_full_form)
{
    static const struct {
        MugaiTime time;
        const char *date;
    } cases[] = {
        {{1795136400, 9 * 3600}, "Fri, 20 Nov 2026 10:00:00 +0900"},
        {{0, 0}, "Thu, 01 Jan 1970 00:00:00 +0000"},
        {{951782400, 0}, "Tue, 29 Feb 2000 00:00:00 +0000"},
        {{1795136400, -(3 * 3600 + 1800)}, "Thu, 19 Nov 2026 21:30:00 -0330"},
        {{1795136400, -1800}, "Fri, 20 Nov 2026 00:30:00 -0030"},
        {{1798729199, 9 * 3600}, "Thu, 31 Dec 2026 23:59:59 +0900"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *date = mugai_compose_date(cases[i].time);

        cr_expect_str_eq(date, cases[i].date, "%s", date);
    }
}

Test(compose, any_date_at_all_conforms)
{
    static const gint64 seconds[] = {
        G_MININT64,   -1,           0,          1,           -62135596801, -62135596800,
        253402300799, 253402300800, G_MAXINT64, -2208988801, -2208988800};
    static const gint32 offsets[] = {G_MININT32 + 1, -86400, -86340, -1,     0,         1, 59, 60,
                                     50400,          86340,  86400,  360000, G_MAXINT32};

    for (gsize i = 0; i < G_N_ELEMENTS(seconds); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(offsets); j++) {
            MugaiId id = some_id();
            g_autoptr(MugaiReport) report = mugai_report_new();
            g_autofree char *date = mugai_compose_date((MugaiTime){seconds[i], offsets[j]});
            GString *out = g_string_new(NULL);

            g_string_append_printf(out, "Date: %s\r\nFrom: <a@b>\r\nMessage-ID: <a@b>\r\n", date);
            mugai_compose_finish(out, &id, report, "x\n", 2);
            expect_conforming(out->str, out->len, 0);
            g_string_free(out, TRUE);
        }
    }
}

/* --- the body --- */

static char *
body(const char *utf8, gssize length, MugaiLinks links)
{
    g_autoptr(MugaiText) text = mugai_text_new(16 * 1024 * 1024);

    mugai_compose_body(text, utf8, length < 0 ? strlen(utf8) : (gsize)length, links, NULL);
    cr_assert_eq(mugai_text_missing(text), 0);
    return g_strdup(mugai_text_string(text));
}

static void
expect_body(const char *utf8, const char *expected)
{
    g_autofree char *got = body(utf8, -1, MUGAI_LINKS_DEFANG);

    cr_expect_str_eq(got, expected, "\"%s\" became \"%s\"", utf8, got);
}

/* That @text is a body the guard accepts. */
static void
expect_body_conforms(const char *text)
{
    GString *message = message_with("", text);

    expect_conforming(message->str, message->len, MUGAI_GUARD_INERT_LINKS);
    g_string_free(message, TRUE);
}

Test(compose, bodies_end_in_a_line_end_and_stay_what_they_are)
{
    expect_body("a", "a\n");
    expect_body("a\n", "a\n");
    expect_body("a\r\n\r\nb", "a\n\nb\n");
    expect_body("", "");
    expect_body("\n", "\n");
    expect_body("  indented\t\xE8\x91\x9B\xF3\xA0\x84\x80",
                "  indented\t\xE8\x91\x9B\xF3\xA0\x84\x80\n");
}

Test(compose, long_lines_are_cut_and_nothing_is_lost)
{
    static const char *const pieces[] = {
        "x", NICHI, EMOJI, "a\xCC\x81\xCC\x82", "\xE8\x91\x9B\xF3\xA0\x84\x80", "www.", "http://"};
    static const gsize octets[] = {8180, 8185, 8188, 8189,  8190,  8191,  8192, 8193,
                                   8194, 8195, 8200, 16380, 16384, 16390, 20000};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(octets); j++) {
            g_autofree char *line = repeat(pieces[i], octets[j] / strlen(pieces[i]));
            g_autofree char *kept = body(line, -1, MUGAI_LINKS_KEEP);
            g_autofree char *defanged = body(line, -1, MUGAI_LINKS_DEFANG);
            g_auto(GStrv) lines = g_strsplit(kept, "\n", -1);
            g_autofree char *joined = g_strjoinv("", lines);

            cr_expect_str_eq(joined, line);
            expect_body_conforms(defanged);
        }
    }
}

Test(compose, a_cut_line_keeps_marks_and_selectors_with_their_base)
{
    for (gsize before = 8170; before < 8195; before++) {
        g_autofree char *pad = repeat("x", before);
        g_autofree char *line =
            g_strconcat(pad, "\xE8\x91\x9B\xF3\xA0\x84\x80 a\xCC\x81\xCC\x82\xEF\xB8\x8F", NICHI,
                        NULL);
        g_autofree char *got = body(line, -1, MUGAI_LINKS_DEFANG);

        expect_body_conforms(got);
        cr_expect_null(strstr(got, "\n\xCC"), "a mark begins a line");
        cr_expect_null(strstr(got, "\n\xF3\xA0\x84\x80"), "a selector begins a line");
    }
}

/* --- forged marks --- */

/* No line of a message begins with the square after optional blanks. */
static void
expect_no_mark(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        const char *p = *line;

        while (*p != '\0' && g_unichar_isspace(g_utf8_get_char(p)))
            p = g_utf8_next_char(p);
        cr_expect_not(g_str_has_prefix(p, SQUARE), "\"%.40s\"", *line);
    }
}

Test(compose, forged_marks_are_quoted)
{
    expect_body(SQUARE " notice", "> " SQUARE " notice\n");
    expect_body(SQUARE, "> " SQUARE "\n");
    expect_body("x\n\n" SQUARE "y", "x\n\n> " SQUARE "y\n");
    expect_body("  \t" SQUARE " z", ">   \t" SQUARE " z\n");
    expect_body("\xE3\x80\x80\xC2\xA0" SQUARE, "> \xE3\x80\x80\xC2\xA0" SQUARE "\n");
    expect_body("x " SQUARE, "x " SQUARE "\n");
    expect_body("> " SQUARE, "> " SQUARE "\n");
}

Test(compose, forged_marks_behind_what_is_taken_out_are_quoted)
{
    static const char *const before[] = {"\xE2\x80\x8B",  "\xE2\x80\xAE",  "\xEF\xBB\xBF",
                                         "\x1b",          "\xC2\xAD",      "\xEF\xB8\x8F",
                                         "\x7f",          "\xE3\x85\xA4",  "x\r",
                                         "x\x0b",         "x\x0c",         "x\xC2\x85",
                                         "x\xE2\x80\xA8", "x\xE2\x80\xA9", "\xE2\x80\x83",
                                         "\xE1\x9A\x80",  "\xE2\x81\x9F"};

    for (gsize i = 0; i < G_N_ELEMENTS(before); i++) {
        g_autofree char *text = g_strconcat(before[i], SQUARE " x", NULL);
        g_autofree char *got = body(text, -1, MUGAI_LINKS_DEFANG);

        expect_no_mark(got);
        cr_expect_not_null(strstr(got, "> "), "%zu: %s", i, got);
    }
}

Test(compose, forged_marks_after_a_cut_are_quoted)
{
    for (gsize before = 8180; before < 8200; before++) {
        g_autofree char *pad = repeat("x", before);
        g_autofree char *blanks = repeat(" ", before);
        g_autofree char *line = g_strconcat(pad, "   " SQUARE " x", NULL);
        g_autofree char *blank_line = g_strconcat(blanks, SQUARE " x", NULL);
        g_autofree char *got = body(line, -1, MUGAI_LINKS_DEFANG);
        g_autofree char *blank_got = body(blank_line, -1, MUGAI_LINKS_DEFANG);

        expect_no_mark(got);
        expect_no_mark(blank_got);
        expect_body_conforms(got);
        expect_body_conforms(blank_got);
    }
}

Test(compose, a_text_of_marks_alone_conforms)
{
    g_autofree char *marks = repeat(SQUARE, 20000);
    g_autofree char *lines = repeat(SQUARE "\n", 5000);
    g_autofree char *got = body(marks, -1, MUGAI_LINKS_DEFANG);
    g_autofree char *lines_got = body(lines, -1, MUGAI_LINKS_DEFANG);

    expect_no_mark(got);
    expect_no_mark(lines_got);
    expect_body_conforms(got);
}

/* --- links --- */

Test(compose, links_are_defanged_for_the_eye_too)
{
    expect_body("https://example.com/", "hxxps[:]//example[.]com/\n");
    expect_body("http://example.com", "hxxp[:]//example[.]com\n");
    expect_body("HTTP://Example.COM/a.html", "hxxp[:]//Example[.]COM/a.html\n");
    expect_body("see www.example.com.", "see www[.]example[.]com.\n");
    expect_body("mailto:a@example.com", "mailto[:]a@example[.]com\n");
    expect_body("tel:03-1234-5678", "tel[:]03-1234-5678\n");
    expect_body("ftp://example.com", "fxp[:]//example[.]com\n");
    expect_body("https://www.example.com", "hxxps[:]//www[.]example[.]com\n");
    expect_body("hotel: 3F", "hotel: 3F\n");
    expect_body("a: b / c. d", "a: b / c. d\n");
}

Test(compose, links_can_be_kept_or_removed)
{
    g_autofree char *kept = body("http://www.example.com/ mailto:a", -1, MUGAI_LINKS_KEEP);
    g_autofree char *removed =
        body("x http://www.example.com/?q=1 y www.a.jp z mailto:b@c", -1, MUGAI_LINKS_REMOVE);

    cr_expect_str_eq(kept, "http://www.example.com/ mailto:a\n");
    cr_expect_null(strstr(removed, "example"), "%s", removed);
    cr_expect_null(strstr(removed, "a.jp"), "%s", removed);
    cr_expect_null(strstr(removed, "b@c"), "%s", removed);
    cr_expect(g_str_has_prefix(removed, "x "));
    cr_expect_not_null(strstr(removed, " y "));
    cr_expect_not_null(strstr(removed, " z "));
}

Test(compose, no_pattern_survives_however_they_meet)
{
    static const char *const pieces[] = {
        "http",         "://", ":",       "//",      "/",    "www.",  "ww",    "w", ".", "WWW.",
        "mail",         "to:", "mailto:", "MailTo:", "tel:", "tel:0", "TEL:1", "a", " ", "\n",
        "\xE2\x80\x8B", "[",   "]",       "x.y",     NICHI,  "@"};
    g_autoptr(GRand) random = g_rand_new_with_seed(20261120);

    for (int round = 0; round < 30000; round++) {
        GString *input = g_string_new(NULL);

        for (int i = g_rand_int_range(random, 1, 9); i > 0; i--)
            g_string_append(input, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
        for (MugaiLinks links = MUGAI_LINKS_DEFANG; links <= MUGAI_LINKS_REMOVE; links++) {
            g_autofree char *got = body(input->str, -1, links);
            g_autofree char *lower = g_ascii_strdown(got, -1);

            cr_assert(strstr(lower, "://") == NULL && strstr(lower, "www.") == NULL &&
                          strstr(lower, "mailto:") == NULL,
                      "\"%s\" became \"%s\"", input->str, got);
            for (const char *p = lower; (p = strstr(p, "tel:")) != NULL; p++)
                cr_assert((p > lower && g_ascii_isalnum(p[-1])) || !g_ascii_isdigit(p[4]),
                          "\"%s\" became \"%s\"", input->str, got);
        }
        g_string_free(input, TRUE);
    }
}

Test(compose, defanging_takes_linear_time)
{
    static const char *const pieces[] = {"://",     "www.", "a",  "http", ".",
                                         "mailto:", "w",    "a.", "tel:"};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autofree char *flood = repeat(pieces[i], 400000);
        gint64 start = g_get_monotonic_time();
        g_autofree char *got = body(flood, -1, MUGAI_LINKS_DEFANG);
        g_autofree char *removed = body(flood, -1, MUGAI_LINKS_REMOVE);

        cr_expect_str_not_empty(got);
        cr_expect_str_not_empty(removed);
        cr_expect_lt(g_get_monotonic_time() - start, 10 * G_USEC_PER_SEC, "%s", pieces[i]);
    }
}

/* --- notices --- */

static char *
notice(const char *sentence, const char *name, const char *value)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("en");
    g_autoptr(MugaiText) text = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);

    g_hash_table_replace(settings->notice, g_strdup("notice/part"), g_strdup(sentence));
    mugai_compose_notice(text, settings, "notice/part", name, value, NULL);
    return g_strdup(mugai_text_string(text));
}

static void
expect_notice(const char *sentence, const char *value, const char *expected)
{
    g_autofree char *got = notice(sentence, "name", value);

    cr_expect_str_eq(got, expected, "%s", got);
}

Test(compose, notice_sentences_are_filled_in)
{
    expect_notice("file {name}.", "a.doc", SQUARE " file a.doc.\n");
    expect_notice("{name}{name}", "a", SQUARE " aa\n");
    expect_notice("{other} {name", "a", SQUARE " {other} {name\n");
    expect_notice("no value", "a", SQUARE " no value\n");
}

Test(compose, an_empty_sentence_is_no_line)
{
    expect_notice("", "a", "");
}

Test(compose, sentences_of_many_lines_are_marked_on_each)
{
    expect_notice("one\ntwo {name}\nthree", "a",
                  SQUARE " one\n" SQUARE " two a\n" SQUARE " three\n");
}

Test(compose, values_stay_on_their_line)
{
    expect_notice("[{name}]",
                  "a\nb\r\nc\xE2\x80\xA8"
                  "d\x0b"
                  "e",
                  SQUARE " [a b c d e]\n");
    expect_notice("[{name}]", "\n\n" SQUARE " forged", SQUARE " [" SQUARE " forged]\n");
}

Test(compose, values_are_not_looked_at_for_placeholders)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("en");
    g_autoptr(MugaiText) text = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);

    g_hash_table_replace(settings->notice, g_strdup("notice/part"), g_strdup("{name} {size}"));
    mugai_compose_notice(text, settings, "notice/part", "name", "{size}{name}", "size", "{name}",
                         NULL);
    cr_assert_str_eq(mugai_text_string(text), SQUARE " {size}{name} {name}\n");
}

Test(compose, values_are_clean_and_inert)
{
    expect_notice("{name}", "a\xE2\x80\xAEgpj.exe\x1b[2J", SQUARE " agpj.exe[2J\n");
    expect_notice("{name}", "http://x.jp/", SQUARE " hxxp[:]//x[.]jp/\n");
    expect_notice("http:{name}", "//x.jp", SQUARE " hxxp[:]//x[.]jp\n");
    expect_notice("www{name}", ".x.jp", SQUARE " www[.]x[.]jp\n");
}

Test(compose, long_values_leave_a_line_that_conforms)
{
    static const char *const pieces[] = {
        "x", NICHI, EMOJI, "\xE8\x91\x9B\xF3\xA0\x84\x80", "www.", "a\xCC\x81", "http://a."};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autofree char *value = repeat(pieces[i], 30000);
        g_autofree char *got = notice("{name}{name}{name}{name}", "name", value);
        g_auto(GStrv) lines = g_strsplit(got, "\n", -1);

        cr_expect_str_eq(lines[1], "");
        expect_body_conforms(got);
    }
}

Test(compose, a_sentence_of_many_placeholders_conforms)
{
    g_autofree char *sentence = repeat("{name}", 300);
    g_autofree char *value = repeat("www.", 150);
    g_autofree char *got = notice(sentence, "name", value);

    expect_body_conforms(got);
}

Test(compose, the_end_says_the_id_and_whom_to_ask)
{
    MugaiId id = some_id();
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiText) without = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);
    g_autoptr(MugaiText) with = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);

    mugai_compose_notice_end(without, settings, &id);
    cr_expect_not_null(strstr(mugai_text_string(without), id.text));
    g_free(settings->contact);
    settings->contact = g_strdup("情報政策課");
    mugai_compose_notice_end(with, settings, &id);
    cr_expect_not_null(strstr(mugai_text_string(with), id.text));
    cr_expect_not_null(strstr(mugai_text_string(with), "情報政策課"));
    cr_expect_gt(mugai_text_length(with), mugai_text_length(without));
}

Test(compose, sizes_are_short_decimal_numbers)
{
    static const struct {
        guint64 octets;
        const char *size;
    } cases[] = {{0, "0 B"},       {1, "1 B"},          {999, "999 B"},       {1000, "1 KB"},
                 {34000, "34 KB"}, {1500000, "1.5 MB"}, {20000000, "20.0 MB"}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *size = mugai_compose_size(cases[i].octets);

        cr_expect_str_eq(size, cases[i].size, "%s", size);
    }
}

Test(compose, sizes_never_read_as_a_thousand_of_the_smaller_unit)
{
    static const guint64 octets[] = {999499,    999500,    999999,     1000000,
                                     999949999, 999950000, 1000000000, G_MAXUINT64};

    for (gsize i = 0; i < G_N_ELEMENTS(octets); i++) {
        g_autofree char *size = mugai_compose_size(octets[i]);

        cr_expect_neq(strncmp(size, "1000 KB", 7), 0, "%s", size);
    }
}

/* --- the notice-only message --- */

Test(compose, I4_the_notice_only_message_conforms_in_every_setting)
{
    static const char *const languages[] = {"ja", "en"};

    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
        for (MugaiLinks links = MUGAI_LINKS_DEFANG; links <= MUGAI_LINKS_KEEP; links++) {
            g_autoptr(MugaiSettings) settings = mugai_settings_new(languages[i]);
            MugaiId id = some_id();
            gsize length = 0;
            g_autofree char *message = NULL;

            settings->links = links;
            message = mugai_compose_notice_only(settings, &id, received, &length);
            expect_conforming(message, length, MUGAI_GUARD_INERT_LINKS);
        }
    }
}

Test(compose, I4_the_notice_only_message_conforms_with_any_sentences)
{
    static const char *const sentences[] = {"",        "\n", "\xE2\x80\xAE",       "http://x.jp/",
                                            "\x1b[2J", " ",  "\xEF\xB8\x8F",       "=?x",
                                            "a\nb",    "\t", "{id}{contact}{name}"};

    for (gsize i = 0; i < G_N_ELEMENTS(sentences); i++) {
        g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
        g_autoptr(GList) keys = g_hash_table_get_keys(settings->notice);
        MugaiId id = some_id();
        gsize length = 0;
        g_autofree char *message = NULL;

        for (GList *key = keys; key != NULL; key = key->next)
            g_hash_table_replace(settings->notice, g_strdup(key->data), g_strdup(sentences[i]));
        message = mugai_compose_notice_only(settings, &id, received, &length);
        expect_conforming(message, length, MUGAI_GUARD_INERT_LINKS);
    }
}

Test(compose, I5_the_notice_only_message_is_the_same_twice)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiSettings) again = mugai_settings_new("ja");
    MugaiId id = some_id();
    gsize length = 0;
    gsize length_again = 0;
    g_autofree char *message = mugai_compose_notice_only(settings, &id, received, &length);
    g_autofree char *message_again = mugai_compose_notice_only(again, &id, received, &length_again);

    cr_assert_eq(length, length_again);
    cr_assert_arr_eq(message, message_again, length);
}

Test(compose, the_notice_only_message_says_the_id_and_counts_one_unreadable_part)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    MugaiId id = some_id();
    gsize length = 0;
    g_autofree char *message = mugai_compose_notice_only(settings, &id, received, &length);
    g_autofree char *text = text_of(message, length);
    g_autofree char *result = field_of(message, length, "Mugai-Result");
    g_autofree char *field = field_of(message, length, "Mugai-Id");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    cr_expect_not_null(strstr(text, id.text));
    cr_expect_str_eq(field, id.text);
    cr_expect_str_eq(result,
                     "profile=1; kept=0; converted=0; removed=0; unreadable=1; ambiguous=0");
    for (char **line = lines; line[1] != NULL; line++)
        cr_expect(g_str_has_prefix(*line, MUGAI_PROFILE_MARK), "%s", *line);
}

/* --- finish --- */

Test(compose, finish_fills_lines_of_any_length)
{
    for (gsize length = 1; length < 300; length++) {
        g_autofree char *line = repeat("x", length);
        g_autofree char *text = g_strconcat(line, "\n", NULL);
        GString *message = message_with("", text);
        g_autofree char *got = NULL;

        expect_conforming(message->str, message->len, 0);
        got = text_of(message->str, message->len);
        cr_expect_str_eq(got, text);
        g_string_free(message, TRUE);
    }
}

Test(compose, finish_counts_what_the_report_counts)
{
    MugaiId id = some_id();
    g_autoptr(MugaiReport) report = mugai_report_new();
    GString *out = g_string_new(
        "Date: Fri, 20 Nov 2026 10:00:00 +0900\r\nFrom: <a@b>\r\nMessage-ID: <a@b>\r\n");
    g_autofree char *result = NULL;

    for (int i = 0; i < 1 + 2 + 3 + 4; i++) {
        MugaiPart *part = mugai_part_new("1");

        part->disposition = i < 1   ? MUGAI_KEPT
                            : i < 3 ? MUGAI_CONVERTED
                            : i < 6 ? MUGAI_REMOVED
                                    : MUGAI_UNREADABLE;
        g_ptr_array_add(report->parts, part);
    }
    mugai_report_remark(report->ambiguities, "a", "b");
    mugai_report_remark(report->ambiguities, "c", "d");
    mugai_compose_finish(out, &id, report, "x\n", 2);
    expect_conforming(out->str, out->len, 0);
    result = field_of(out->str, out->len, "Mugai-Result");
    cr_assert_str_eq(result,
                     "profile=1; kept=1; converted=2; removed=3; unreadable=4; ambiguous=2");
    g_string_free(out, TRUE);
}
