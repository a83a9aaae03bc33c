/* test_html_limits.c - HTML made to take for ever: the text is still there, time stays linear,
 * memory bounded
 *
 * Each shape is read at a size and at four times that size; four times the work takes less than
 * nine times as long, where anything quadratic would take sixteen.
 */
#include <criterion/criterion.h>
#include <mugai/filter.h>
#include <mugai/sandbox.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define SMALL_OCTETS 200000u
#define GROWTH 4u
#define SLOWER_MAX 9.0
/* Below this many seconds a clock says nothing; above this many a test takes too long. With
 * sanitizers everything takes some four times as long. */
#define SECONDS_MIN 0.02
#define SECONDS_MAX (MUGAI_WITH_ADDRESS_SANITIZER ? 8.0 : 2.0)

static double
seconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Reads @html; the word "END" must be in the text. Returns the seconds it took. */
static double
time_of(const GString *html)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiText) text = mugai_text_new(64u * 1024u * 1024u);
    MugaiFilterNotes notes = {0};
    double begin = seconds();

    mugai_filter_html(html->str, html->len, settings, text, &notes);
    begin = seconds() - begin;
    cr_assert(strstr(mugai_text_string(text), "END") != NULL, "the text of %.60s is gone",
              html->str);
    return begin;
}

/* @before, then @unit until there are @octets, then @after and the word. */
static GString *
build(const char *before, const char *unit, const char *after, gsize octets)
{
    GString *html = g_string_new(before);

    while (html->len < octets)
        g_string_append(html, unit);
    g_string_append(html, after);
    g_string_append(html, "END");
    return html;
}

static void
check_linear(const GString *small, const GString *large)
{
    double one = MAX(time_of(small), SECONDS_MIN);
    double four = time_of(large);

    cr_assert(four < one * SLOWER_MAX, "%.60s: %.3f s, four times as much %.3f s", small->str, one,
              four);
    cr_assert(four < SECONDS_MAX, "%.60s takes %.3f s", large->str, four);
}

static void
check_shape(const char *before, const char *unit, const char *after)
{
    g_autoptr(GString) small = build(before, unit, after, SMALL_OCTETS);
    g_autoptr(GString) large = build(before, unit, after, GROWTH * SMALL_OCTETS);

    check_linear(small, large);
}

/* @opening as often as fits into half of @octets, then as often @closing. */
static GString *
build_pairs(const char *opening, const char *closing, gsize octets)
{
    GString *html = g_string_new(NULL);
    gsize count = octets / (strlen(opening) + strlen(closing));

    for (gsize i = 0; i < count; i++)
        g_string_append(html, opening);
    g_string_append(html, "END");
    for (gsize i = 0; i < count; i++)
        g_string_append(html, closing);
    return html;
}

static void
check_pairs(const char *opening, const char *closing)
{
    g_autoptr(GString) small = build_pairs(opening, closing, SMALL_OCTETS);
    g_autoptr(GString) large = build_pairs(opening, closing, GROWTH * SMALL_OCTETS);

    check_linear(small, large);
}

Test(html_limits, I7_tags_never_closed)
{
    check_shape("", "<div>", "");
    check_shape("", "<b>", "");
    check_shape("", "<font color=red>", "");
    check_shape("", "<a href='https://a.example/'>", "");
    check_shape("", "<ul><li>", "");
    check_shape("", "<blockquote>x", "");
    check_shape("", "<unknown>", "");
}

Test(html_limits, I7_end_tags_without_a_begin)
{
    check_pairs("<div>", "</table>");
    check_pairs("<span>", "</p>");
    check_pairs("<p>", "</b>");
    check_pairs("<b>", "</i>");
    check_shape("<div><table><tr><td><span><span>", "</div>", "");
    check_shape("", "</p>", "");
}

Test(html_limits, I7_tags_closed_out_of_order)
{
    g_autoptr(GString) unit = g_string_new(NULL);

    for (int i = 0; i < 400; i++)
        g_string_append(unit, "<b><div>");
    for (int i = 0; i < 400; i++)
        g_string_append(unit, "</b>");
    for (int i = 0; i < 400; i++)
        g_string_append(unit, "</div>");
    check_shape("", unit->str, "");
    check_pairs("<b><p>", "</b></p>");
}

Test(html_limits, I7_tables_in_tables)
{
    g_autoptr(GString) thousand = g_string_new(NULL);

    check_pairs("<table><tr><td>x", "</td></tr></table>");
    check_shape("", "<table><tr><td>x", "");
    check_shape("", "<table>", "");
    for (int i = 0; i < 1000; i++)
        g_string_append(thousand, "<table><tr><td>");
    g_string_append(thousand, "END");
    for (int i = 0; i < 1000; i++)
        g_string_append(thousand, "</td></tr></table>");
    cr_assert(time_of(thousand) < SECONDS_MAX);
}

Test(html_limits, I7_tables_of_many_cells)
{
    check_shape("<table><tr>", "<td>x", "</table>");
    check_shape("<table border=1>", "<tr><td>x<td>y", "</table>");
    check_shape("<table border=1>", "<tr><td rowspan=60000 colspan=60000>x<td>y", "</table>");
}

Test(html_limits, I7_attributes_by_the_thousand)
{
    g_autoptr(GString) small = g_string_new("<p ");
    g_autoptr(GString) large = g_string_new("<p ");

    for (guint i = 0; i < GROWTH * 15000; i++) {
        if (i < 15000)
            g_string_append_printf(small, "a%u=1 ", i);
        g_string_append_printf(large, "a%u=1 ", i);
    }
    g_string_append(small, ">END");
    g_string_append(large, ">END");
    check_linear(small, large);
    check_shape("<p ", "id=x class=y ", ">");
    check_shape("<p title='", "x", "'>");
    check_shape("<p style='", "color:red;", "'>");
    check_shape("<p class='", "a b ", "'>");
    check_shape("<a href='https://a.example/", "x", "'>l</a>");
    check_shape("", "<p/a/b/c/d>", "");
}

Test(html_limits, I7_references_by_the_million)
{
    check_shape("", "&amp;", "");
    check_shape("", "&lt", "");
    check_shape("", "&nosuch;", "");
    check_shape("", "&#12354;", "");
    check_shape("", "&", "");
    check_shape("&#", "0", ";");
    check_shape("&", "a", ";");
}

Test(html_limits, I7_comments_and_raw_text)
{
    check_shape("", "<!-- -->", "");
    check_shape("<!--", "-", "-->");
    check_shape("<!--", "--!", "-->");
    check_shape("<!--", "<!--", "-->");
    check_shape("<script>", "</scrip", "</script>");
    check_shape("<style>", "<", "</style>");
    check_shape("", "<title></title>", "");
    check_shape("", "<! ", ">");
    check_shape("", "< ", "");
}

Test(html_limits, I7_style_sheets)
{
    check_shape("<style>", ".a{color:red}", "</style><p class=a>");
    check_shape("<style>", "{", "</style>");
    check_shape("<style>", "@media screen{", "</style>");
    check_shape("<style>", "/*", "*/</style>");
    check_shape("<style>", ".a,", "b{color:red}</style>");
    check_shape("<style>", ".a .a ", "{color:red}</style>");
    check_shape("", "<style>.a{color:red}</style>", "");
    check_shape("<style>.a .b .c .d{color:red}</style>", "<div class='a b c'>", "");
}

Test(html_limits, I7_many_rules_that_all_fit)
{
    g_autoptr(GString) rules = g_string_new("<style>");

    for (int i = 0; i < 2000; i++)
        g_string_append(rules, ".a .b{font-size:12px}");
    g_string_append(rules, "</style><div class=a>");
    check_shape(rules->str, "<p class=b>x", "");
}

Test(html_limits, I7_text_and_lines)
{
    check_shape("", "x", "");
    check_shape("", "\xE3\x81\x82", "");
    check_shape("", " ", "");
    check_shape("", "<br>", "");
    check_shape("<pre>", "\n", "");
    check_shape("", "e\xCC\x81\xCC\x81\xCC\x81", "");
    check_shape("", "<img alt=x>", "");
    check_shape("", "<select><option>x", "</select>");
    check_shape("", "<ruby>x<rt>y", "");
    check_shape("", "<a href='https://a.example/'>www.b.example</a>", "");
}

Test(html_limits, I7_the_deepest_text_is_there)
{
    g_autoptr(GString) html = g_string_new(NULL);

    for (int i = 0; i < 5000; i++)
        g_string_append_printf(html, "<div>%s", i % 100 == 0 ? "level " : "");
    g_string_append(html, "END");
    time_of(html);
}

/* What reading @unit over and over takes at most. Each test is a process of its own.
 * AddressSanitizer's own memory, freed blocks it keeps among it, is several times ours: there only
 * the time is held. */
static void
check_memory(const char *unit, gsize octets, glong kib)
{
    g_autoptr(GString) html = build("<table>", unit, "", octets);
    struct rusage usage = {0};

    time_of(html);
    getrusage(RUSAGE_SELF, &usage);
    cr_assert(MUGAI_WITH_ADDRESS_SANITIZER || usage.ru_maxrss < kib, "%.60s takes %ld KiB", unit,
              usage.ru_maxrss);
}

Test(html_limits, I7_twenty_megabytes_in_bounded_memory)
{
    check_memory(
        "<tr><td><p>\xE6\x9C\xAC\xE6\x96\x87 text text text text text text text text text text "
        "text text text text text text text text text text text text text text text text</p>\n",
        20000000, 120 * 1024);
}

Test(html_limits, I7_many_open_tags_take_bounded_memory)
{
    check_memory("<div>", 2000000, 40 * 1024);
}

Test(html_limits, I7_many_cells_take_bounded_memory)
{
    check_memory("<tr><td>x<td>y", 5000000, 50 * 1024);
}
