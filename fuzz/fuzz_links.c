/*
 * fuzz_links.c - after defanging nothing is left that a mail program makes clickable
 *
 * Properties: 1. no pattern of the profile survives DEFANG or REMOVE, a telephone number
 *                neither;
 *             2. KEEP changes nothing;
 *             3. DEFANG loses nothing: taking its brackets out again gives the text that was
 *                there;
 *             4. DEFANG of what was defanged changes nothing;
 *             5. the body made of it conforms, and time is linear.
 */
#include "../src/compose/links.h"
#include "fuzz.h"

#include <mugai/compose.h>
#include <mugai/limits.h>
#include <string.h>

static GString *
make_inert(const char *text, gsize length, MugaiLinks links)
{
    GString *out = g_string_new(NULL);
    gint64 start = fuzz_clock();

    mugai_links_append_inert(out, text, length, links);
    fuzz_expect_linear(start, length);
    return out;
}

static void
expect_no_pattern(const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);

    g_assert_null(strstr(lower, "://"));
    g_assert_null(strstr(lower, "www."));
    g_assert_null(strstr(lower, "mailto:"));
    for (const char *p = lower; (p = strstr(p, "tel:")) != NULL; p++)
        g_assert_true((p > lower && g_ascii_isalnum(p[-1])) ||
                      (p[4] != '+' && !g_ascii_isdigit(p[4])));
}

/* The text as it was, but for the case of its letters. */
static char *
undo(const char *text)
{
    static const char *const changes[][2] = {
        {"[:]", ":"}, {"[.]", "."}, {"hxxp", "http"}, {"fxp", "ftp"}};
    char *undone = g_ascii_strdown(text, -1);

    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_auto(GStrv) pieces = g_strsplit(undone, changes[i][0], -1);

        g_free(undone);
        undone = g_strjoinv(changes[i][1], pieces);
    }
    return undone;
}

static void
expect_body(const char *text, gsize length, MugaiLinks links)
{
    g_autoptr(MugaiText) body = mugai_text_new(MUGAI_LIMIT_TEXT_OCTETS_MAX);
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(GString) message = g_string_new("Date: Fri, 20 Nov 2026 10:00:00 +0900\r\n"
                                              "From: <a@b>\r\nMessage-ID: <a@b>\r\n");

    mugai_compose_body(body, text, length, links, NULL);
    if (mugai_text_missing(body) > 0)
        return;
    mugai_compose_finish(message, fuzz_id(), report, mugai_text_string(body),
                         mugai_text_length(body));
    fuzz_expect_conforming(message->str, message->len, MUGAI_GUARD_INERT_LINKS);
}

static void
expect_defanged(const char *text, gsize length)
{
    g_autoptr(GString) defanged = make_inert(text, length, MUGAI_LINKS_DEFANG);
    g_autoptr(GString) again = make_inert(defanged->str, defanged->len, MUGAI_LINKS_DEFANG);
    g_autofree char *undone = undo(defanged->str);
    g_autofree char *expected = undo(text);

    expect_no_pattern(defanged->str);
    g_assert_cmpstr(defanged->str, ==, again->str);
    g_assert_cmpstr(undone, ==, expected);
    expect_body(text, length, MUGAI_LINKS_DEFANG);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_autofree char *valid =
        g_utf8_make_valid(length == 0 ? "" : (const char *)octets, (gssize)length);
    gsize valid_length = strlen(valid);
    g_autoptr(GString) kept = make_inert(valid, valid_length, MUGAI_LINKS_KEEP);
    g_autoptr(GString) removed = make_inert(valid, valid_length, MUGAI_LINKS_REMOVE);

    g_assert_cmpstr(kept->str, ==, valid);
    expect_no_pattern(removed->str);
    expect_body(valid, valid_length, MUGAI_LINKS_REMOVE);
    expect_defanged(valid, valid_length);
    return 0;
}
