/* test_html.c - what a browser shows is there, in reading order; what it hides is not
 *
 * Expected texts are written by hand, from what a browser draws.
 */
#include <criterion/criterion.h>
#include <mugai/filter.h>
#include <string.h>

#define TEXT_OCTETS (16u * 1024u * 1024u)

typedef struct {
    const char *html;
    const char *text;
} Example;

static MugaiText *
convert(const char *html, gsize length, const char *language, MugaiLinks links,
        MugaiFilterNotes *notes)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new(language);
    MugaiText *text = mugai_text_new(TEXT_OCTETS);

    settings->links = links;
    mugai_filter_html(html, length, settings, text, notes);
    return text;
}

static void
check_in(const char *language, MugaiLinks links, const char *html, const char *expected)
{
    MugaiFilterNotes notes = {0};
    g_autoptr(MugaiText) text = convert(html, strlen(html), language, links, &notes);

    cr_assert_str_eq(mugai_text_string(text), expected, "%s\ngives\n%s\nnot\n%s", html,
                     mugai_text_string(text), expected);
}

static void
check(const char *html, const char *expected)
{
    check_in("ja", MUGAI_LINKS_KEEP, html, expected);
}

static void
check_all(const Example *examples, gsize count)
{
    for (gsize i = 0; i < count; i++)
        check(examples[i].html, examples[i].text);
}

/* Of @html everything but "seen" must be hidden; @count characters of it. */
static void
check_hidden(const char *html, gsize count)
{
    MugaiFilterNotes notes = {0};
    g_autoptr(MugaiText) text = convert(html, strlen(html), "ja", MUGAI_LINKS_KEEP, &notes);

    cr_assert_str_eq(mugai_text_string(text), "seen\n", "%s gives %s", html,
                     mugai_text_string(text));
    cr_assert_eq(notes.hidden_characters, count, "%s hides %zu", html, notes.hidden_characters);
}

static gsize
deceptive_links(const char *html)
{
    MugaiFilterNotes notes = {0};
    g_autoptr(MugaiText) text = convert(html, strlen(html), "ja", MUGAI_LINKS_KEEP, &notes);

    cr_assert_gt(mugai_text_length(text), 0);
    return notes.deceptive_links;
}

Test(html, nothing_gives_nothing)
{
    static const Example examples[] = {
        {"", ""},
        {" \n\t ", ""},
        {"<html><head><title>件名</title></head><body></body></html>", ""},
        {"<br><br><p></p><div>&nbsp;</div>", ""},
        {"<!-- only a comment -->", ""},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, blocks_are_lines_and_paragraphs_stand_apart)
{
    static const Example examples[] = {
        {"text", "text\n"},
        {"<div>a</div><div>b</div>", "a\nb\n"},
        {"<p>a</p><p>b</p>", "a\n\nb\n"},
        {"<p>a<p>b", "a\n\nb\n"},
        {"a<p>b</p>c", "a\n\nb\n\nc\n"},
        {"<h1>題</h1>文", "題\n\n文\n"},
        {"<div>a<div>b</div></div>c", "a\nb\nc\n"},
        {"<p style='margin:0'>a</p><p style='margin:0'>b</p>", "a\nb\n"},
        {"a<br>b<br><br>c<br><br><br><br>d", "a\nb\n\nc\n\nd\n"},
        {"<p>a</p><p>&nbsp;</p><p>&nbsp;</p><p>b</p>", "a\n\nb\n"},
        {"a<hr>b", "a\n----------------------------------------\nb\n"},
        {"<span style='display:block'>a</span><span style='display:block'>b</span>", "a\nb\n"},
        {"<ul><li style='display:inline'>a <li style='display:inline'>b</ul>", "a b\n"},
        {"a</p>b", "a\n\nb\n"},
        {"a</br>b", "a\nb\n"},
        {"<center>a</center><address>b</address>c", "a\nb\nc\n"},
        {"<details><summary>s</summary>d</details>", "s\nd\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, white_space_collapses_as_css_has_it)
{
    static const Example examples[] = {
        {"  a \n\t b  ", "a b\n"},
        {"a <b> b </b> c", "a b c\n"},
        {"<b>a</b>\n<i>b</i>", "a b\n"},
        {"<p> a </p> <p> b </p>", "a\n\nb\n"},
        {"a&nbsp;&nbsp;b", "a  b\n"},
        {"日本\n語の\r\n 文章", "日本語の文章\n"},
        {"日本\nEnglish\n語", "日本 English 語\n"},
        {"한국\n어", "한국 어\n"},
        {"日 本", "日 本\n"},
        {"<pre>\n a\n\n   b  \n</pre>", " a\n\n   b\n"},
        {"<div style='white-space:pre-wrap'>a\n  b</div>", "a\n  b\n"},
        {"<div style='white-space:pre-line'>a   b\n  c</div>", "a b\nc\n"},
        {"<textarea>\na</textarea>", "[入力欄: a]\n"},
        {"<p style='text-transform:uppercase'>Straße <b>x</b></p>", "STRAßE X\n"},
        {"<p style='text-transform:capitalize'>hello big world, don't</p>",
         "Hello Big World, Don't\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, long_lines_are_not_wrapped)
{
    g_autofree char *words = g_strnfill(20000, 'x');
    g_autofree char *html = g_strdup_printf("<p>%s %s</p>", words, words);
    g_autofree char *expected = g_strdup_printf("%s %s\n", words, words);

    check(html, expected);
}

Test(html, character_references_are_read_as_browsers_read_them)
{
    static const Example examples[] = {
        {"&lt;b&gt; &amp;amp; &quot;&#x3042;&#12356;&quot;", "<b> &amp; \"あい\"\n"},
        {"&copy 2026 &nbsp;x&notit; &hearts;", "© 2026  x¬it; ♥\n"},
        {"&#150;&#x80;", "–€\n"},
        {"&#0;&#xD800;&#x110000;&#99999999999999999999;",
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\n"},
        {"&check;&NotEqualTilde;&lpar;&nosuchname;&", "✓≂̸(&nosuchname;&\n"},
        {"a&#10;b&Tab;c", "a b c\n"},
        {"<a href='https://a.example/?x=1&copy=2&amp;y=3'>l</a>",
         "l <https://a.example/?x=1&copy=2&y=3>\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, lists_nest_and_count)
{
    static const Example examples[] = {
        {"<ul><li>a<li>b</ul>", "・a\n・b\n"},
        {"a<ul><li>b<ul><li>c<li>d</ul><li>e</ul>f", "a\n\n・b\n  ・c\n  ・d\n・e\n\nf\n"},
        {"<ol><li>a<li>b<li value=7>c<li>d</ol>", "1. a\n2. b\n7. c\n8. d\n"},
        {"<ol start=3><li>a<li>b</ol>", "3. a\n4. b\n"},
        {"<ol start=-1><li>a<li>b</ol>", "-1. a\n0. b\n"},
        {"<ol reversed><li>a<li>b<ul><li>x</ul><li>c</ol>", "3. a\n2. b\n   ・x\n1. c\n"},
        {"<ol type=a><li>a<li>b</ol>", "a. a\nb. b\n"},
        {"<ol type=A start=27><li>a</ol>", "AA. a\n"},
        {"<ol type=i start=3><li>a<li>b</ol>", "iii. a\niv. b\n"},
        {"<ol type=I start=1994><li>a</ol>", "MCMXCIV. a\n"},
        {"<ul style='list-style:none'><li>a<li>b</ul>", "a\nb\n"},
        {"<ol style='list-style-type:upper-alpha'><li>a</ol>", "A. a\n"},
        {"<ul><li>a<br>b<p>c</p></ul>", "・a\n  b\n\n  c\n"},
        {"<dl><dt>語<dd>意味<dt>b<dd>c</dl>", "語\n    意味\nb\n    c\n"},
        {"<li>a<li>b", "・a\n・b\n"},
        {"<ul><li></ul>a", "a\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
    check_in("en", MUGAI_LINKS_KEEP, "<ul><li>a</ul>", "* a\n");
}

Test(html, quotes_have_a_mark_on_each_line)
{
    static const Example examples[] = {
        {"a<blockquote>b<br>c</blockquote>d", "a\n\n> b\n> c\n\nd\n"},
        {"<blockquote><p>a<p>b</blockquote>", "> a\n>\n> b\n"},
        {"<blockquote>a<blockquote>b</blockquote>c</blockquote>", "> a\n>\n> > b\n>\n> c\n"},
        {"<blockquote><ul><li>a<li>b</ul></blockquote>", "> ・a\n> ・b\n"},
        {"<q>a</q>", "“a”\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, tables_of_data_keep_rows_and_columns)
{
    static const Example examples[] = {
        {"<table><tr><th>品名<th>数<tr><td>りんご<td>3<tr><td>メロン大<td>12</table>",
         "品名      数\nりんご    3\nメロン大  12\n"},
        {"<table border=1><tr><td>a<td>b</table>", "a  b\n"},
        {"<table><tr><td>小計</td><td>1,000円</td></tr><tr><td>消費税</td><td>100円</td></tr></"
         "table>",
         "小計    1,000円\n消費税  100円\n"},
        {"x<table border=1><caption>表</caption><tr><td>a<td>bb<tr><td>ccc<td>d</table>y",
         "x\n表\n\na    bb\nccc  d\n\ny\n"},
        {"<table border=1><tr><td>a<td>b<td>c<tr><td>d<td><td>f</table>", "a  b  c\nd     f\n"},
        {"<table border=1><tr><td rowspan=2>a<td>b<tr><td>c</table>", "a  b\n   c\n"},
        {"<table border=1><tr><td colspan=2>wide one<td>x<tr><td>a<td>b<td>c</table>",
         "wide one  x\na  b      c\n"},
        {"<table border=1><tr><td>a<br>b<td>c<tr><td>d<td>e</table>", "a  c\nb\nd  e\n"},
        {"<blockquote><table border=1><tr><td>a<td>b<tr><td>c<td>d</table></blockquote>",
         "> a  b\n> c  d\n"},
        {"<ul><li>x<table border=1><tr><td>a<td>b<tr><td>c<td>d</table></ul>",
         "・x\n\n  a  b\n  c  d\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, tables_for_layout_flow)
{
    static const Example examples[] = {
        {"<table><tr><td><p>a</p><p>b</p></td><td><p>c</p><p>d</p></td></tr></table>",
         "a\n\nb\n\nc\n\nd\n"},
        {"<table><tr><td>a<tr><td>b</table>", "a\nb\n"},
        {"<table><tr><td><table><tr><td>a</table><tr><td>b<table><tr><td>c</table></table>",
         "a\nb\nc\n"},
        {"<table><tr><td>a<table><tr><td>k<td>v<tr><td>kk<td>w</table><td>z</table>",
         "a\n\nk   v\nkk  w\n\nz\n"},
        {"<table><tr><td></td><td>&nbsp;</td><td>a</td></tr></table>", "a\n"},
        {"a<table><tr><td>b</table>c", "a\nb\nc\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, images_are_named_and_trackers_are_not)
{
    static const Example examples[] = {
        {"<img src=x alt='市の ロゴ'>", "[画像: 市の ロゴ]\n"},
        {"a<img alt=b>c", "a [画像: b]c\n"},
        {"a<img>b<img alt=''>c<img alt=' '>", "abc\n"},
        {"<img alt=t width=1 height=1>a<img alt=t style='width:1px'>", "a\n"},
        {"<a href='https://a.example/'><img alt='詳細'></a>",
         "[画像: 詳細] <https://a.example/>\n"},
        {"<a href='https://a.example/'><img></a>", "[画像] <https://a.example/>\n"},
        {"<a href='https://a.example/'><img width=1 height=1></a>", ""},
    };

    check_all(examples, G_N_ELEMENTS(examples));
    check_in("en", MUGAI_LINKS_KEEP, "<img alt=b>", "[image: b]\n");
}

Test(html, ruby_reads_as_in_print)
{
    static const Example examples[] = {
        {"<ruby>漢字<rt>かんじ</rt></ruby>", "漢字（かんじ）\n"},
        {"<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>だ",
         "漢（かん）字（じ）だ\n"},
        {"<ruby>漢字<rt></ruby>", "漢字\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, form_fields_are_named)
{
    static const Example examples[] = {
        {"<label>氏名 <input name=n value='山田'></label>", "氏名 [入力欄: 山田]\n"},
        {"<input placeholder='住所'>", "[入力欄: 住所]\n"},
        {"<input type=hidden value=secret>a", "a\n"},
        {"<input type=password value=secret>", "[パスワード欄]\n"},
        {"<input type=checkbox checked>a <input type=radio>b", "[x]a ( )b\n"},
        {"<input type=submit><input type=reset><input type=button value=x>",
         "[ボタン: 送信] [ボタン: リセット] [ボタン: x]\n"},
        {"<button>押す</button>", "[ボタン: 押す]\n"},
        {"<select><optgroup label=g><option>a<option>b</optgroup><option label=c></select>",
         "[選択: g / a / b / c]\n"},
        {"<textarea placeholder=p></textarea> <textarea><b>t</textarea>",
         "[入力欄: p] [入力欄: <b>t]\n"},
        {"<fieldset><legend>区分</legend>a</fieldset>", "区分\na\n"},
        {"<input type=file>", "[ファイル選択]\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
    check_in("en", MUGAI_LINKS_KEEP, "<button>b</button><input value=v>",
             "[button: b] [input: v]\n");
}

Test(html, a_link_shows_its_true_target_once)
{
    static const Example examples[] = {
        {"<a href='https://a.example/x'>こちら</a>。", "こちら <https://a.example/x>。\n"},
        {"<a href='https://a.example/'>https://a.example/</a>", "https://a.example/\n"},
        {"<a href='https://a.example'>https://a.example/</a>", "https://a.example/\n"},
        {"<a href='https://a.example/'>a.example</a>", "a.example\n"},
        {"<a href='https://a.example/'>http://a.example/</a>",
         "http://a.example/ <https://a.example/>\n"},
        {"<a href='mailto:k@a.example?subject=x'>k@a.example</a>", "k@a.example\n"},
        {"<a href='mailto:k%40a.example'>係</a>", "係 <k@a.example>\n"},
        {"<a href='tel:+81-3-1'>電話</a>", "電話 <tel:+81-3-1>\n"},
        {"<a href=' ht\ntps:\\\\a.example\\x y'>l</a>", "l <https://a.example\\x%20y>\n"},
        {"<a href='//a.example/x'>l</a>", "l <https://a.example/x>\n"},
        {"<base href='https://b.example/d/'><a href='e?f'>l</a>", "l <https://b.example/d/e?f>\n"},
        {"<a href='https://a.example/'> l </a>m", "l <https://a.example/> m\n"},
        {"<a href='https://a.example/'><div>l</div></a>m", "l <https://a.example/>\nm\n"},
        {"<a href='https://a.example/'><table><tr><td>l</table></a>m",
         "l <https://a.example/>\nm\n"},
        {"<a href='https://a.example/'>a<a href='https://b.example/'>b</a>",
         "a <https://a.example/>b <https://b.example/>\n"},
        {"<a href='https://a.example/'></a>x<a name=y>z</a>", "xz\n"},
        {"<p><a href='https://a.example/'>a</p><p>b</a></p>", "a\n\nb <https://a.example/>\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, a_link_that_leads_nowhere_outside_has_no_target)
{
    static const char *const targets[] = {"javascript:alert(1)",
                                          "JaVa&#10;Script:alert(1)",
                                          "data:text/html,x",
                                          "cid:x@y",
                                          "vbscript:x",
                                          "file:///etc/passwd",
                                          "#top",
                                          "",
                                          "x.html",
                                          "about:blank",
                                          "blob:https://a.example/x",
                                          " \x01javascript:x",
                                          "https:",
                                          "https:///",
                                          "mailto:",
                                          "tel:"};

    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *html = g_strdup_printf("<a href=\"%s\">l</a>", targets[i]);

        check(html, "l\n");
    }
}

Test(html, no_target_is_shown_when_links_are_removed)
{
    check_in("ja", MUGAI_LINKS_REMOVE,
             "<a href='https://a.example/x'>l</a> <a href='mailto:a@b.example'>m</a>", "l m\n");
    check_in("ja", MUGAI_LINKS_REMOVE, "<a href='https://a.example/'>www.b.example</a>",
             "www.b.example ※表示と異なるリンク先\n");
}

Test(html, a_link_that_says_another_host_is_marked)
{
    static const char *const deceptive[] = {
        "<a href='https://evil.example/'>https://bank.example/</a>",
        "<a href='https://evil.example/'>www.bank.co.jp</a>",
        "<a href='https://evil.example/'>ログインは bank.co.jp から</a>",
        "<a href='https://evil.example/'>bank.com</a>",
        "<a href='https://bank.example.evil.example/'>https://bank.example</a>",
        "<a href='https://www.bank.example@evil.example/'>www.bank.example</a>",
        "<a href='https://evilbank.example/'>www.bank.example</a>",
        "<a href='mailto:a@evil.example'>a@bank.example</a>",
        "<a href='https://evil.example/bank.com'>bank.com</a>",
        "<a href='https://evil.example/'><b>www.</b><i>bank</i>.com</a>",
        "<a href='https://evil.example/'>ｗｗｗ．ｂａｎｋ．ｃｏｍ</a>",
        "<a href='https://evil.example/'>www.ba\xE2\x80\x8Bnk.com</a>",
        "<a href='https://evil.example/'>ログインはこちら。bank。com</a>",
        "<a href='https://evil.example/'>「bank.co.jp」へ</a>",
        "<a href='https://evil.example/'>銀行のページ、ｂａｎｋ。ｃｏｍ</a>",
        "<a href='https://evil.example/'>ｶﾀｶﾅ www｡bank｡com</a>",
        "<a href='https://evil.example/'>カタカナ・www.ba\xC2\xADnk.com</a>",
        "<a href='https://evil。example/'>https://bank.example/</a>",
    };
    static const char *const honest[] = {
        "<a href='https://bank.example/a'>https://bank.example/b</a>",
        "<a href='https://www.bank.example/'>bank.example</a>",
        "<a href='https://bank.example/'>www.bank.example</a>",
        "<a href='https://BANK.example:443/'>Bank.Example</a>",
        "<a href='https://cdn.bank.example/x'>www.bank.example</a>",
        "<a href='https://files.example/'>報告書.pdf</a>",
        "<a href='https://files.example/'>Node.js ver.2.1 e.g. No.3</a>",
        "<a href='https://files.example/'>こちらをクリック</a>",
        "<a href='https://files.example/'>「お知らせ」です。詳細は、こちら・あちら。</a>",
        "<a href='https://bank.example/x'>https://bank.example/go/other.com</a>",
        "<a href='mailto:a@bank.example'>a@bank.example</a>",
        "<a href='https://user@bank.example/'>bank.example</a>",
        "<a href='https://例え.jp/'>https://例え.jp/</a>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(deceptive); i++)
        cr_assert_eq(deceptive_links(deceptive[i]), 1, "%s", deceptive[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(honest); i++)
        cr_assert_eq(deceptive_links(honest[i]), 0, "%s", honest[i]);
    check("<a href='https://evil.example/'>www.bank.com</a>です",
          "www.bank.com ※表示と異なるリンク先: <https://evil.example/>です\n");
    check_in("en", MUGAI_LINKS_KEEP, "<a href='https://evil.example/'>www.bank.com</a>",
             "www.bank.com [link goes to: <https://evil.example/>]\n");
}

Test(html, international_hosts_have_their_a_label_beside)
{
    static const Example examples[] = {
        {"<a href='https://例え.jp/x'>l</a>", "l <https://例え.jp/x> (xn--r8jz45g.jp)\n"},
        {"<a href='https://раураl.com/'>l</a>", "l <https://раураl.com/> (xn--l-7sba6dbr.com)\n"},
        {"<a href='https://xn--r8jz45g.jp/'>l</a>", "l <https://xn--r8jz45g.jp/>\n"},
        {"<a href='https://%65vil.example/'>l</a>", "l <https://%65vil.example/> (evil.example)\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, hidden_text_is_left_out_and_counted)
{
    static const char *const styles[] = {
        "display:none",
        "DISPLAY : NONE !important",
        "visibility:hidden",
        "visibility:collapse",
        "opacity:0",
        "opacity:0.0",
        "font-size:0",
        "font-size:0px",
        "font-size:0%",
        "font:0/0 a",
        "font:bold 0px/1 arial",
        "color:#fff",
        "color:#FFFFFF",
        "color:white",
        "color:rgb(255,255,255)",
        "color:hsl(0,0%,100%)",
        "color:#fefefe",
        "color:transparent",
        "color:rgba(0,0,0,0)",
        "color:#0000",
        "background:#000",
        "background-color:black;color:#010101",
        "-webkit-text-fill-color:transparent",
        "position:absolute;left:-9999px",
        "position:absolute;top:-200em",
        "position:fixed;left:-9999px",
        "text-indent:-9999px",
        "margin-left:-5000px",
        "max-height:0;overflow:hidden",
        "height:0px;overflow:hidden",
        "width:0;overflow:hidden",
        "clip:rect(0,0,0,0);position:absolute",
        "clip-path:inset(100%)",
        "transform:scale(0)",
        "transform:translateX(-9999px)",
        "content-visibility:hidden",
        "filter:opacity(0)",
        "disp\\6c ay:none",
        "display/**/:/**/none",
        "display:block;display:none",
        "color:red;;;display:none;",
        "background:url(a;b);display:none",
        "font-family:'a;b';display:none",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(styles); i++) {
        g_autofree char *html =
            g_strdup_printf("seen<div style=\"%s\">ab <b>c</b><div>d</div></div>", styles[i]);

        check_hidden(html, 4);
    }
}

Test(html, what_hides_by_itself_is_left_out)
{
    check_hidden("seen<div hidden>abc</div>", 3);
    check_hidden("seen<template>abc</template>", 3);
    check_hidden("seen<video>abc</video><canvas>d</canvas><audio>e</audio><datalist>f</datalist>",
                 6);
    check_hidden("seen<dialog>abc</dialog>", 3);
    check_hidden("<title>x</title>seen<script>x</script><style>x</style><iframe>x</"
                 "iframe><noframes>x</noframes>",
                 0);
    check_hidden("seen<!-- abc --><!--[if mso]>abc<![endif]--><?php abc ?><!doctype abc></ abc>",
                 0);
    check_hidden("<!--><!--->seen<!-- a --!><!-- > abc --><!----!><!-- - -- --->", 0);
    check_hidden(
        "<table><tr><td>seen<td style='display:none'>abc<tr style='display:none'><td>d</table>", 4);
    check_hidden("<body bgcolor=black text=black>abc<font color=white>seen</font></body>", 3);
    check_hidden("<img alt=x style='display:none'><input value=x hidden>seen", 0);
    check_hidden("<a href='https://a.example/' style='display:none'>abc</a>seen", 3);
}

Test(html, what_is_shown_after_all_is_there)
{
    static const Example examples[] = {
        {"<![if !mso]>a<![endif]>b", "ab\n"},
        {"<!--[if !mso]><!-->a<!--<![endif]-->b", "ab\n"},
        {"<noscript>a</noscript>", "a\n"},
        {"<div style='visibility:hidden'>x<span style='visibility:visible'>a</span></div>", "a\n"},
        {"<div style='font-size:0'>x<span style='font-size:12px'>a</span></div>", "a\n"},
        {"<div style='display:none;display:block'>a</div>", "a\n"},
        {"<div style='display:none !important;display:block'>x</div>a", "a\n"},
        {"<p style='color:#fff;background:#000'>a</p>", "a\n"},
        {"<table bgcolor='#000000'><tr><td style='color:white'>a</table>", "a\n"},
        {"<div style='background:url(x.png)'><span style='color:white'>a</span></div>", "a\n"},
        {"<table><tr><td background=x.png><font color=white>a</table>", "a\n"},
        {"<!-- x --> --> <!---> --> a", "--> --> a\n"},
        {"<div style='background:linear-gradient(red,blue);color:#fff'>a</div>", "a\n"},
        {"<div style='height:0'>a</div>", "a\n"},
        {"<span style='height:0;overflow:hidden'>a</span>", "a\n"},
        {"<div style='left:-9999px'>a</div>", "a\n"},
        {"<div style='opacity:.5'>a</div>", "a\n"},
        {"<p style='color:white'><a href='#'>a</a></p>", "a\n"},
        {"a<!-- b -- > c -->d", "ad\n"},
        {"a<!-- b --!>c", "ac\n"},
        {"<div style='max-height:0;overflow:hidden;padding:20px'>a</div>", "a\n"},
        {"<td style='height:0;overflow:hidden'>a</td>", "a\n"},
        {"<object>a</object>", "a\n"},
        {"<svg><title>x</title><text>a</text></svg>", "a\n"},
        {"<xmp><b>a</b>&amp;</xmp>", "<b>a</b>&amp;\n"},
        {"a<plaintext><b>c</plaintext>", "a\n\n<b>c</plaintext>\n"},
        {"<style>p{display:none</style>a", "a\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, style_sheets_count)
{
    static const char *const sheets[] = {
        ".x{display:none}",
        "p{display:none}",
        "#i{display:none}",
        "p.x{display:none}",
        "p#i.x{display:none}",
        "h1,p,h2{display:none}",
        ".a .x{display:none}",
        "div>p{display:none}",
        "div.a > p.y{display:none}",
        "*{color:black}.x{display:none}",
        "@media screen{.x{display:none}}",
        "@media all and (min-width:600px){.x{display:none}}",
        "@media (max-width:5000px){p{display:none}}",
        "/* c */.x/* d */{display/**/:none}",
        "<!-- .x{display:none} -->",
        ".x{display:block}.x{display:none}",
        ".x.y{display:none}.x{display:block}",
        "p{display:none !important}#i{display:block}",
        ".x:hover{display:block}.x{display:none}",
        "@import url(x.css);.x{display:none}",
        "@font-face{font-family:x}.x{display:none}",
        "@media print{p{color:red}}.x{display:none}",
        ".x{color:#fff}",
        "@media only screen and (prefers-color-scheme:light){.x{display:none}}",
        "@supports (display:grid){.x{display:none}}",
        ".\\78{display:none}",
        "body .a p{display:none}",
        "html>body>div>p{display:none}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(sheets); i++) {
        g_autofree char *html =
            g_strdup_printf("<html><head><style>%s</style></head><body>seen<div class=a>"
                            "<p id=i class='x y'>abc</p></div></body></html>",
                            sheets[i]);
        g_autofree char *late =
            g_strdup_printf("seen<div class=a><p id=i class='x y'>abc</p></div><style>%s</style>",
                            sheets[i]);

        check_hidden(html, 3);
        check_hidden(late, 3);
    }
}

Test(html, rules_that_do_not_apply_hide_nothing)
{
    static const char *const sheets[] = {
        "@media print{.x{display:none}}",
        "@media screen and (max-width:600px){.x{display:none}}",
        "@media not screen{.x{display:none}}",
        "@media (prefers-color-scheme:dark){.x{color:#fff}}",
        ".x:hover{display:none}",
        ".z{display:none}",
        "div.x{display:none}",
        ".z .x{display:none}",
        "body>p{display:none}",
        ".x{display:none}#i{display:block}",
        ".x{display:none}.x{display:inline}",
        "@media print{.y{color:red}.x{display:none}}",
        ".x::before{display:none}",
        "@keyframes k{0%{opacity:0}}",
        "@media handheld{.x{display:none}}",
        "p[title]{display:none}",
        "p + p{display:none}",
        "td[class=y]{background:#000}.x{color:#fff}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(sheets); i++) {
        g_autofree char *html =
            g_strdup_printf("<style>%s</style><div class=a><p id=i class='x y'>a</p></div>",
                            sheets[i]);

        check(html, "a\n");
    }
    check("<style media=print>.x{display:none}</style><p class=x>a", "a\n");
}

Test(html, tags_nest_as_in_a_browser)
{
    static const Example examples[] = {
        {"<div><span style='display:none'>x</div>a", "a\n"},
        {"<span style='display:none'>x<div>y</span>z</div></span>a", "a\n"},
        {"<p><font style='display:none'>x</p>y<p>z</font>a", "a\n"},
        {"<font style='display:none'>x<div>y</font>a</div>", "a\n"},
        {"<b style='display:none'>x<p>y</b>a</p>", "a\n"},
        {"<div style='display:none'>x<p>y</div>a", "a\n"},
        {"<div style='display:none'><table><tr><td>x</div>y</table></div>a", "a\n"},
        {"<p style='display:none'>x<div>a</div>", "a\n"},
        {"<table><tr><td style='display:none'>x<td>a</table>", "a\n"},
        {"<table><tr><td>a<tr><td>b</table>", "a\nb\n"},
        {"<td>a</td><tr>b</tr>", "ab\n"},
        {"<div style='display:none'/>x</div>a", "a\n"},
        {"<br/>a<br / >b", "a\nb\n"},
        {"<a <b>c", "c\n"},
        {"a < b <3 c", "a < b <3 c\n"},
        {"a<b", "a\n"},
        {"<p title='>'>a</p>", "a\n"},
        {"<p a=\"'>'\" b='\">\"'>a</p>", "a\n"},
        {"<DIV STYLE=DISPLAY:NONE>x</DIV>a", "a\n"},
        {"<div style='display:none' style='display:block'>x</div>a", "a\n"},
        {"<title>a</b></title>b", "b\n"},
        {"<script>'</scr'+'ipt>'</script>b", "b\n"},
        {"<style>/*</style>b", "b\n"},
        {"<select><b>a</b><option>b<div>c</select>d", "[選択: bc]d\n"},
        {"<body><p>a</body></html>b", "ab\n"},
        {"<unknown style='display:none'>x</unknown>a", "a\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, documents_without_a_type_have_their_quirks)
{
    static const Example examples[] = {
        {"<p style='display:none'>x<table><tr><td>y</table>z</p>a", "a\n"},
        {"<!doctype html><p style='display:none'>x<table><tr><td>a</table>b", "a\nb\n"},
        {"\xEF\xBB\xBF<!doctype html><p style='display:none'>x<table><tr><td>a</table>", "a\n"},
        {" <!-- c --> <!DOCTYPE html><p style='display:none'>x<table><tr><td>a</table>", "a\n"},
        {"<style>.Hide{display:none}</style><p class=hIDE>x</p>a", "a\n"},
        {"<!doctype html><style>.Hide{display:none}</style><p class=hide>a</p>", "a\n"},
        {"<div style='font-size:0;color:white'><table><tr><td>a</table></div>", "a\n"},
        {"<!doctype html><div style='font-size:0'>x<table><tr><td>y</table></div>a", "a\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, what_stands_in_a_table_but_no_cell_comes_before_it)
{
    static const Example examples[] = {
        {"<table>a<tr><td>b</table>", "a\nb\n"},
        {"<table><tr><td>b</td>a</table>", "a\nb\n"},
        {"<table style='display:none'>a<tr><td>x</table>", "a\n"},
        {"<table style='display:none'><b>a</b><tr><td>x</table>", "a\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, forms_end_without_ending_what_is_open_inside)
{
    static const Example examples[] = {
        {"<form style='display:none'>x<div>y</form>z</div>a", "a\n"},
        {"<form>a<form style='display:none'>b</form>", "ab\n"},
        {"<table><form style='display:none'><tr><td>a</form></table>", "a\n"},
    };

    check_all(examples, G_N_ELEMENTS(examples));
}

Test(html, attributes_never_leak)
{
    check("<p title=LEAK data-x=LEAK onclick=LEAK aria-label=LEAK name=LEAK lang=LEAK>a</p>"
          "<img src=LEAK title=LEAK srcset=LEAK><input name=LEAK title=LEAK formaction=LEAK>"
          "<form action=LEAK><object data=LEAK></object><meta content=LEAK><link href=LEAK "
          "title=LEAK>"
          "<script src=LEAK></script><bgsound src=LEAK><embed src=LEAK><iframe src=LEAK "
          "srcdoc=LEAK>LEAK</iframe>",
          "a\n\n[入力欄]\n");
}

Test(html, a_declared_charset_is_not_heeded)
{
    check("<?xml version='1.0' encoding='utf-7'?><meta charset=iso-2022-jp>"
          "<meta http-equiv=content-type content='text/html; charset=shift_jis'>日本語 +ADw-b+AD4-",
          "日本語 +ADw-b+AD4-\n");
}

Test(html, text_that_others_wrote_before_stays)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiText) text = mugai_text_new(TEXT_OCTETS);
    MugaiFilterNotes notes = {0};

    mugai_text_append(text, "before\n", -1);
    mugai_filter_html("<p>a</p>", 8, settings, text, &notes);
    mugai_filter_html("<p>b</p>", 8, settings, text, &notes);
    cr_assert_str_eq(mugai_text_string(text), "before\na\nb\n");
    cr_assert(!notes.unreadable);
}

Test(html, I7_attributes_are_cut)
{
    g_autofree char *words = g_strnfill(100000, 'x');
    g_autofree char *html =
        g_strdup_printf("<img alt='%s'><a href='https://a.example/%s'>l</a>", words, words);
    MugaiFilterNotes notes = {0};
    g_autoptr(MugaiText) text = convert(html, strlen(html), "ja", MUGAI_LINKS_KEEP, &notes);

    cr_assert_lt(mugai_text_length(text), 5000);
}

Test(html, I7_indents_are_bounded)
{
    g_autoptr(GString) html = g_string_new(NULL);
    MugaiFilterNotes notes = {0};
    g_autoptr(MugaiText) text = NULL;

    for (int i = 0; i < 300; i++)
        g_string_append(html, "<blockquote><ul><li>");
    g_string_append(html, "a<br>b");
    text = convert(html->str, html->len, "ja", MUGAI_LINKS_KEEP, &notes);
    cr_assert_lt(mugai_text_length(text), 200);
}

Test(html, I7_a_text_ends_at_its_limit)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiText) text = mugai_text_new(10);
    MugaiFilterNotes notes = {0};

    mugai_filter_html("<p>0123456789abcdef</p>", 23, settings, text, &notes);
    cr_assert(mugai_text_length(text) <= 10);
    cr_assert(mugai_text_missing(text) > 0);
}
