/* test_params.c - parameters of Content-Type and Content-Disposition as RFC 2045, RFC 2231 and the
 * world write them */
#include "../src/worker/params.h"

#include <criterion/criterion.h>
#include <string.h>

static void
expect_param(const MugaiValue *value, const char *name, const char *expected)
{
    const char *got = mugai_value_get(value, name);

    if (expected == NULL)
        cr_expect_null(got, "%s is \"%s\"", name, got);
    else
        cr_expect(got != NULL && g_str_equal(got, expected), "%s is \"%s\" and not \"%s\"", name,
                  got, expected);
}

/* That @raw has exactly the value and the parameter "name", and nothing to remark. */
static void
expect_name(const char *raw, const char *expected)
{
    g_autoptr(MugaiValue) value = mugai_value_parse(raw);

    expect_param(value, "name", expected);
    cr_expect_not(value->repeated, "%s", raw);
    cr_expect_not(value->discontinuous, "%s", raw);
    cr_expect_not(value->malformed, "%s", raw);
}

/* --- the value --- */

Test(params, the_value_is_lower_case_without_blanks)
{
    static const struct {
        const char *raw, *value;
    } cases[] = {
        {"text/plain", "text/plain"},
        {"Text/HTML", "text/html"},
        {"  text/plain  ", "text/plain"},
        {"text/plain;", "text/plain"},
        {"text/plain ; x=y", "text/plain"},
        {"text / plain", "text/plain"},
        {"\r\n text/plain", "text/plain"},
        {"text/(comment)plain", "text/plain"},
        {"", ""},
        {"attachment", "attachment"},
        {"Attachment;filename=a", "attachment"},
        {"   ", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MugaiValue) value = mugai_value_parse(cases[i].raw);

        cr_expect_str_eq(value->value, cases[i].value, "\"%s\" is \"%s\"", cases[i].raw,
                         value->value);
    }
}

Test(params, without_a_parameter_there_is_none)
{
    g_autoptr(MugaiValue) value = mugai_value_parse("text/plain");

    cr_expect_eq(value->params->len, 0);
    expect_param(value, "charset", NULL);
    cr_expect_not(value->malformed);
}

/* --- ordinary parameters --- */

Test(params, tokens_and_quoted_strings)
{
    expect_name("text/plain; name=a.txt", "a.txt");
    expect_name("text/plain; name=\"a.txt\"", "a.txt");
    expect_name("text/plain;name=a.txt", "a.txt");
    expect_name("text/plain; NAME=\"A b; c=d\"", "A b; c=d");
    expect_name("text/plain;\r\n\tname = \"a.txt\"", "a.txt");
    expect_name("text/plain; name=\"say \\\"hi\\\" \\\\\"", "say \"hi\" \\");
    expect_name("text/plain; name=\"\"", "");
    expect_name("text/plain; x=y; name=a; z=w", "a");
    expect_name("text/plain; name=\"a\r\n b\"", "a b");
}

Test(params, parameters_keep_their_order_and_names_are_lower_case)
{
    g_autoptr(MugaiValue) value =
        mugai_value_parse("multipart/mixed; Boundary=\"=_b\"; CHARSET=utf-8");
    const MugaiParam *first = NULL;

    cr_assert_eq(value->params->len, 2);
    first = g_ptr_array_index(value->params, 0);
    cr_expect_str_eq(first->name, "boundary");
    cr_expect_str_eq(first->value, "=_b");
    expect_param(value, "charset", "utf-8");
}

Test(params, comments_are_left_out)
{
    expect_name("text/plain (a; name=x); name=a.txt (b (nested \\) c))", "a.txt");
    expect_name("(c)text/plain(c);(c)name(c)=(c)\"a.txt\"(c)", "a.txt");
    expect_name("text/plain; name=\"a(b).txt\"", "a(b).txt");
}

/* --- broken parameters --- */

Test(params, missing_semicolons_are_remarked)
{
    g_autoptr(MugaiValue) value = mugai_value_parse("text/plain name=a.txt");
    g_autoptr(MugaiValue) between =
        mugai_value_parse("text/plain; charset=\"utf-8\" name=\"a.txt\"");

    cr_expect(value->malformed);
    cr_expect(between->malformed);
    expect_param(between, "charset", "utf-8");
    expect_param(between, "name", "a.txt");
}

Test(params, unquoted_blanks_belong_to_a_name)
{
    g_autoptr(MugaiValue) value =
        mugai_value_parse("application/pdf; name=my annual report.pdf; x=y");

    expect_param(value, "name", "my annual report.pdf");
    expect_param(value, "x", "y");
}

Test(params, unquoted_parentheses_belong_to_a_name)
{
    g_autoptr(MugaiValue) value =
        mugai_value_parse("application/pdf; name=report (1) (final).pdf; x=y");

    expect_param(value, "name", "report (1) (final).pdf");
    expect_param(value, "x", "y");
    cr_expect(value->malformed);
}

Test(params, a_semicolon_in_a_comment_ends_nothing)
{
    g_autoptr(MugaiValue) value = mugai_value_parse("x/y; name=a (z; b=c); d=e");

    expect_param(value, "name", "a");
    expect_param(value, "b", NULL);
    expect_param(value, "d", "e");
}

Test(params, what_is_left_open_is_remarked)
{
    static const char *const open[] = {"text/plain; name=\"a.txt", "text/plain; name=\"a.txt\\",
                                       "text/plain (comment", "text/plain; name=a (b"};

    for (gsize i = 0; i < G_N_ELEMENTS(open); i++) {
        g_autoptr(MugaiValue) value = mugai_value_parse(open[i]);

        cr_expect(value->malformed, "%s", open[i]);
        cr_expect_str_eq(value->value, "text/plain");
    }
}

Test(params, a_repeated_parameter_is_remarked_when_it_says_something_else)
{
    g_autoptr(MugaiValue) same = mugai_value_parse("text/plain; name=a; name=\"a\"");
    g_autoptr(MugaiValue) other = mugai_value_parse("text/plain; name=a; name=b");
    g_autoptr(MugaiValue) cased = mugai_value_parse("text/plain; name=a; NAME=b");

    cr_expect_not(same->repeated);
    cr_expect(other->repeated);
    cr_expect(cased->repeated);
    expect_param(other, "name", "a");
    expect_param(cased, "name", "a");
}

Test(params, empty_parameters_do_no_harm)
{
    static const char *const raw[] = {"text/plain;;; name=a", "text/plain; ; name=a;",
                                      "text/plain;\r\n ;name=a"};

    for (gsize i = 0; i < G_N_ELEMENTS(raw); i++) {
        g_autoptr(MugaiValue) value = mugai_value_parse(raw[i]);

        expect_param(value, "name", "a");
    }
}

/* --- RFC 2231 --- */

Test(params, extended_values_are_decoded)
{
    expect_name("x/y; name*=UTF-8''%E8%A6%8B%E7%A9%8D.pdf", "見積.pdf");
    expect_name("x/y; name*=utf-8'ja'%e8%a6%8b.pdf", "見.pdf");
    expect_name("x/y; name*=Shift_JIS'ja'%95%5C.txt", "表.txt");
    expect_name("x/y; name*=ISO-2022-JP''%1B$B8%2B%1B%28B.txt", "見.txt");
    expect_name("x/y; name*=us-ascii''plain.txt", "plain.txt");
    expect_name("x/y; name*=''plain%20name.txt", "plain name.txt");
    expect_name("x/y; name*=\"UTF-8''%E8%A6%8B.pdf\"", "見.pdf");
}

Test(params, continuations_are_joined)
{
    expect_name("x/y; name*0=\"long \"; name*1=\"file \"; name*2=name.txt", "long file name.txt");
    expect_name("x/y; name*0*=UTF-8''%E8%A6; name*1*=%8B.pdf", "見.pdf");
    expect_name("x/y; name*0*=UTF-8''%E8%A6%8B; name*1=\"100%25.pdf\"", "見100%25.pdf");
    expect_name("x/y; name*0*=Shift_JIS''%95; name*1*=%5C.txt", "表.txt");
}

static void
expect_discontinuous(const char *raw)
{
    g_autoptr(MugaiValue) value = mugai_value_parse(raw);

    cr_expect(value->discontinuous, "%s", raw);
}

Test(params, continuations_missing_repeated_or_out_of_order_are_remarked)
{
    expect_discontinuous("x/y; name*0=a; name*2=c");
    expect_discontinuous("x/y; name*1=b; name*2=c");
    expect_discontinuous("x/y; name*0=a; name*0=b");
    expect_discontinuous("x/y; name*0=a; name*1=b; name*1=c");
    expect_discontinuous("x/y; name*1=b; name*0=a");
}

Test(params, out_of_order_continuations_are_put_in_order)
{
    g_autoptr(MugaiValue) value = mugai_value_parse("x/y; name*1=.e; name*2=xe; name*0=a");

    expect_param(value, "name", "a.exe");
    cr_expect(value->discontinuous);
}

Test(params, many_continuations_are_in_the_order_of_numbers)
{
    GString *raw = g_string_new("x/y");
    GString *expected = g_string_new(NULL);
    g_autoptr(MugaiValue) value = NULL;

    for (int i = 0; i < 30; i++) {
        g_string_append_printf(raw, "; name*%d=%c", i, 'a' + i % 26);
        g_string_append_c(expected, (char)('a' + i % 26));
    }
    value = mugai_value_parse(raw->str);
    expect_param(value, "name", expected->str);
    cr_expect_not(value->discontinuous);
    g_string_free(raw, TRUE);
    g_string_free(expected, TRUE);
}

Test(params, odd_percents_stay_and_do_no_harm)
{
    static const char *const raw[] = {"x/y; name*=UTF-8''100%",
                                      "x/y; name*=UTF-8''a%2",
                                      "x/y; name*=UTF-8''%ZZ",
                                      "x/y; name*=UTF-8''%",
                                      "x/y; name*=UTF-8'%41",
                                      "x/y; name*=%41",
                                      "x/y; name*=",
                                      "x/y; name*0*=UTF-8''%E8%A; name*1*=6%8B",
                                      "x/y; name*=UTF-8''%00a"};

    for (gsize i = 0; i < G_N_ELEMENTS(raw); i++) {
        g_autoptr(MugaiValue) value = mugai_value_parse(raw[i]);
        const char *name = mugai_value_get(value, "name");

        cr_expect_not_null(name, "%s", raw[i]);
        cr_expect(g_utf8_validate(name, -1, NULL), "%s", raw[i]);
    }
    {
        g_autoptr(MugaiValue) value = mugai_value_parse("x/y; name*=UTF-8''100%.txt");

        expect_param(value, "name", "100%.txt");
    }
}

Test(params, the_extended_form_of_a_name_counts_wherever_it_stands)
{
    expect_name("x/y; name=\"a.txt\"; name*=UTF-8''b.exe", "b.exe");
    expect_name("x/y; name*=UTF-8''b.exe; name=\"a.txt\"", "b.exe");
    expect_name("x/y; name=a.txt; name*0=b; name*1=.exe", "b.exe");
}

Test(params, two_forms_are_remarked_where_they_are_no_fallback)
{
    static const char *const raw[] = {"multipart/mixed; boundary=a; boundary*=''b",
                                      "multipart/mixed; boundary*=''b; boundary=a",
                                      "text/plain; charset=a; charset*0=b",
                                      "x/y; name*=''a; name*=''b", "x/y; name*0=a; name*=''b"};

    for (gsize i = 0; i < G_N_ELEMENTS(raw); i++) {
        g_autoptr(MugaiValue) value = mugai_value_parse(raw[i]);

        cr_expect(value->repeated, "%s", raw[i]);
    }
}

/* --- names as Japanese mail programs write them --- */

Test(params, encoded_words_in_names_are_decoded_wherever_they_stand)
{
    expect_name("x/y; name=\"=?UTF-8?B?6KaL56mNLnBkZg==?=\"", "見積.pdf");
    expect_name("x/y; name==?UTF-8?B?6KaL56mNLnBkZg==?=", "見積.pdf");
    expect_name(
        "x/y; name=\"=?ISO-2022-JP?B?GyRCOCsbKEI=?=\r\n =?ISO-2022-JP?B?GyRCQFEbKEIucGRm?=\"",
        "見積.pdf");
    expect_name("x/y; name=\"=?utf-8?q?=E8=A6=8B=E7=A9=8D.pdf?=\"", "見積.pdf");
}

Test(params, an_encoded_word_outside_of_a_name_is_remarked)
{
    g_autoptr(MugaiValue) name = mugai_value_parse("x/y; name=\"=?UTF-8?B?YQ==?=\"");
    g_autoptr(MugaiValue) filename = mugai_value_parse("attachment; filename=\"=?UTF-8?B?YQ==?=\"");
    g_autoptr(MugaiValue) boundary =
        mugai_value_parse("multipart/mixed; boundary=\"=?UTF-8?B?YQ==?=\"");

    cr_expect_not(name->encoded_words);
    cr_expect_not(filename->encoded_words);
    cr_expect(boundary->encoded_words);
}

Test(params, raw_utf_8_names)
{
    expect_name("x/y; name=\"見積.pdf\"", "見積.pdf");
    expect_name("x/y; name=見積.pdf", "見積.pdf");
}

/* 表 is 95 5C, whose second octet looks like a backslash: before the end of the quotes as well. */
Test(params, raw_shift_jis_names_with_trailing_backslashes)
{
    expect_name("x/y; name=\"\x95\x5C\x8E\xA6.txt\"", "表示.txt");
    expect_name("x/y; name=\"\x94\x5C\x97\xCD.txt\"", "能力.txt");
    expect_name("x/y; name=\"\x97\x5C\x92\xE8\x95\x5C\"", "予定表");
    expect_name("x/y; name=\"\x97\x5C\x92\xE8\x95\x5C\"; z=w", "予定表");
    expect_name("x/y; name=\x97\x5C\x92\xE8\x95\x5C.xls", "予定表.xls");
}

/* In ISO-2022-JP 、is 1B 24 42 21 22: its second octet looks like a quotation mark. */
Test(params, raw_iso_2022_jp_names_with_quotes_and_backslashes_inside)
{
    expect_name("x/y; name=\"\x1b$BF|!\"K\\\x1b(B.txt\"", "日、本.txt");
    expect_name("x/y; name=\"\x1b$BF|;K\x1b(B.txt\"; z=w", "日史.txt");
    expect_name("x/y; name=\"\x1b$BK\\\x1b(B\"", "本");
}

Test(params, raw_euc_jp_names)
{
    expect_name("x/y; name=\"\xB8\xAB\xC0\xD1\xBD\xF1\xA4\xCE\xB7\xEF.pdf\"", "見積書の件.pdf");
}

/* --- bounds --- */

Test(params, I7_long_names_are_read_in_linear_time)
{
    static const char *const pieces[] = {
        "a",  "\\\"", "=?UTF-8?B?YQ==?= ", "%41", "(", "\x95\x5C", "\x1b$B!\"", "'", "; x=y", ";",
        "*0", "(a)"};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        GString *raw = g_string_new("x/y; name=\"");
        GString *extended = g_string_new("x/y; name*=UTF-8''");
        gint64 start = g_get_monotonic_time();
        g_autoptr(MugaiValue) value = NULL;
        g_autoptr(MugaiValue) other = NULL;

        while (raw->len < 400 * 1024) {
            g_string_append(raw, pieces[i]);
            g_string_append(extended, pieces[i]);
        }
        value = mugai_value_parse(raw->str);
        other = mugai_value_parse(extended->str);
        cr_expect_str_eq(value->value, "x/y");
        cr_expect_lt(g_get_monotonic_time() - start, 10 * G_USEC_PER_SEC, "%s", pieces[i]);
        g_string_free(raw, TRUE);
        g_string_free(extended, TRUE);
    }
}

Test(params, a_name_of_20_kb_is_whole)
{
    g_autofree char *name = g_strnfill(20000, 'n');
    g_autofree char *raw = g_strdup_printf("x/y; name=\"%s\"", name);
    g_autofree char *bare = g_strdup_printf("x/y; name=%s", name);

    expect_name(raw, name);
    expect_name(bare, name);
}

Test(params, I7_thousands_of_parameters_and_continuations_are_read_in_linear_time)
{
    GString *params = g_string_new("x/y");
    GString *continuations = g_string_new("x/y");
    gint64 start = g_get_monotonic_time();
    g_autoptr(MugaiValue) value = NULL;
    g_autoptr(MugaiValue) other = NULL;

    for (int i = 0; i < 40000; i++) {
        g_string_append_printf(params, ";p%d=v", i);
        g_string_append_printf(continuations, ";name*%d=v", i);
    }
    value = mugai_value_parse(params->str);
    other = mugai_value_parse(continuations->str);
    cr_expect_lt(g_get_monotonic_time() - start, 20 * G_USEC_PER_SEC);
    cr_expect_str_eq(value->value, "x/y");
    g_string_free(params, TRUE);
    g_string_free(continuations, TRUE);
}

Test(params, any_octets_give_valid_utf_8)
{
    static const char alphabet[] = "ab;=\"\\*'%0 1()\r\n\x95\x5C\x1b$B!?Q\xE8\xA6\x8B\xFF/,<";
    g_autoptr(GRand) random = g_rand_new_with_seed(20261120);

    for (int round = 0; round < 50000; round++) {
        char raw[40] = "x/y; name";
        g_autoptr(MugaiValue) value = NULL;

        for (int i = 9; i < 39; i++)
            raw[i] = alphabet[g_rand_int_range(random, 0, sizeof(alphabet) - 1)];
        value = mugai_value_parse(raw);
        cr_assert(g_utf8_validate(value->value, -1, NULL));
        for (guint i = 0; i < value->params->len; i++) {
            const MugaiParam *param = g_ptr_array_index(value->params, i);

            cr_assert(g_utf8_validate(param->name, -1, NULL));
            cr_assert(g_utf8_validate(param->value, -1, NULL));
        }
    }
}
