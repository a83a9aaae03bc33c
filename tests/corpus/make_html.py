"""make_html.py - pages as offices, shops and programs send them: what a person would have read"""

from make_lib import case, html, html_mail, mail, multi, plain


def page(name, body, *sentences, **how):
    case("html-" + name, html_mail(body), contains=list(sentences), **how)


def blocks():
    page("paragraphs", "<p>一段落目。</p><p>二段落目。</p>", "一段落目。\n", "二段落目。")
    page("line-breaks", "一行目<br>二行目<br/>三行目", "一行目\n二行目\n三行目")
    page("divs-are-lines", "<div>一行目</div><div>二行目</div>", "一行目\n二行目")
    page("spans-stay-together", "<p>申<span>請</span><b>書</b>の<i>提出</i></p>", "申請書の提出")
    page("white-space-folds", "<p>one\n   two\t three</p>", "one two three")
    page("japanese-lines-in-source", "<p>これは\n一つの文</p>", matches=["これは ?一つの文"])
    page("headings", "<h1>大見出し</h1><p>本文</p><h2>小見出し</h2><p>続き</p>", "大見出し\n", "本文\n", "小見出し\n", "続き")
    page("list-of-points", "<p>次のとおり</p><ul><li>雨具<li>飲み物<li>昼食</ul><p>以上</p>", "次のとおり\n", "雨具\n", "飲み物\n", "昼食\n", "以上")
    page("list-numbered-from-five", "<ol start=5><li>五番<li>六番</ol>", "5", "五番", "6", "六番")
    page("list-nested", "<ol><li>一<ul><li>いの一<li>いの二</ul><li>二</ol>", "1", "一", "いの一", "いの二", "2", "二")
    page("table-of-data", "<table border=1><tr><th>施設</th><th>定員</th></tr><tr><td>体育館</td><td>300</td></tr>"
         "<tr><td>公民館</td><td>80</td></tr></table>", "施設", "定員", "体育館", "300", "公民館", "80",
         matches=[r"施設[^\n]*定員\n", r"体育館[^\n]*300", r"公民館[^\n]*80"])
    page("table-of-layout", "<table width=600><tr><td><table><tr><td>上の文です。</td></tr></table></td></tr>"
         "<tr><td>下の文です。</td></tr></table>", "上の文です。\n", "下の文です。")
    page("table-with-empty-cells", "<table border=1><tr><td>甲</td><td></td><td>丙</td></tr></table>", "甲", "丙")
    page("table-spans", "<table border=1><tr><th colspan=2>令和八年度</th></tr><tr><td>前期</td><td>後期</td></tr></table>",
         "令和八年度", "前期", "後期")
    page("table-caption", "<table border=1><caption>表一</caption><tr><td>甲</td><td>乙</td></tr></table>", "表一", "甲", "乙")
    page("quote", "<p>返事です。</p><blockquote><p>元の文です。</p></blockquote>", "返事です。", "> 元の文です。")
    page("quote-in-quote", "<blockquote>外<blockquote>内</blockquote></blockquote>", "> 外", matches=[r"> ?> 内"])
    page("pre", "<pre>一\n  二\n    三</pre>", "一\n  二\n    三")
    page("ruby", "<p><ruby>難波<rt>なんば</rt></ruby>です</p>", "難波（なんば）です")
    page("ruby-with-rp", "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>", "漢（かん）字（じ）")
    page("image-alt", "<p>地図</p><img src='http://example.com/a.png' alt='案内図'>", "地図", "[画像: 案内図]", absent=["a.png"])
    page("image-tracking-pixel", "<p>本文です。</p><img src='http://t.example/o.gif?id=abcdef' width=1 height=1>", "本文です。",
         absent=["abcdef", "t.example"])
    page("rule", "<p>上</p><hr><p>下</p>", "上\n", "下")
    page("form", "<form><label>氏名</label><input type=text value='山田'><select><option>未定<option selected>出席</select>"
         "<textarea>備考です</textarea><button>送信</button></form>", "氏名", "備考です", "送信")
    page("entities", "<p>&lt;b&gt; &amp; &copy; &#12354; &#x3044; &nbsp;&yen;100&hellip;</p>", "<b> & © あ い", "¥100…")
    page("entity-without-semicolon", "<p>A&ampB &copy 2026 &notin</p>", "A&B © 2026")
    page("entity-windows-1252", "<p>&#150; &#147;quoted&#148;</p>", "– “quoted”")
    page("entity-null-and-surrogate", "<p>a&#0;b&#xD800;c&#x110000;d</p>", "a", "b", "c", "d")
    page("long-line-stays-one", "<p>" + "長い文です。" * 400 + "</p>", "長い文です。" * 400)
    page("definition-list", "<dl><dt>日時</dt><dd>十二月一日</dd></dl>", "日時", "十二月一日")
    page("details", "<details open><summary>要約</summary><p>中身</p></details>", "要約", "中身")
    page("center-and-font", "<center><font size=5 color=red>重要なお知らせ</font></center>", "重要なお知らせ")
    page("deleted-and-inserted", "<p><del>旧</del><ins>新</ins></p>", "旧", "新")
    page("sub-and-sup", "<p>H<sub>2</sub>O と m<sup>2</sup></p>", "H2O", "m2")
    page("no-body-tag", "ただの文字<b>太字</b>です", "ただの文字太字です")
    page("empty", "<html><body></body></html>", "表示できる文字がありません")
    page("only-image", "<img src=cid:x>", "■")
    page("unclosed-everything", "<p>一<b>二<i>三<table><tr><td>四", "一", "二", "三", "四")
    page("misnested", "<b><p>一</b>二</p><i>三</b></i>四", "一", "二", "三", "四")
    page("upper-case", "<HTML><BODY><P>本文<BR>次の行</P></BODY></HTML>", "本文\n次の行")
    page("xhtml", '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns='
         '"http://www.w3.org/1999/xhtml"><body><p>本文<br />次の行</p></body></html>', "本文\n次の行", absent=["xml", "DTD"])
    page("less-than-in-text", "<p>1 < 2 かつ 3 > 2</p>", "1 < 2 かつ 3 > 2")
    page("text-after-body", "<html><body><p>中</p></body></html>外の文", "中", "外の文")
    page("two-bodies", "<html><body>一つ目</body></html><html><body>二つ目</body></html>", "一つ目", "二つ目")
    page("deep-500", "<div>" * 500 + "奥の文です。" + "</div>" * 500, "奥の文です。")
    page("deep-3000", "<div>" * 3000 + "奥の文です。" + "</div>" * 3000 + "<p>後の文です。</p>", "奥の文です。", "後の文です。")
    page("deep-tables-300", "<table><tr><td>" * 300 + "奥の文です。" + "</td></tr></table>" * 300, "奥の文です。")
    page("attributes-2000", "<p " + " ".join(f"a{i}=b" for i in range(2000)) + ">本文です。</p>", "本文です。")
    page("outlook-list", "<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]>"
         "<span style='font-family:Symbol'>&#183;<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; </span></span><![endif]>"
         "<span>持ち物の一覧</span></p>", "持ち物の一覧", absent=["supportLists"])
    page("outlook-conditional-else", "<!--[if !mso]><!--><p>一般の文です。</p><!--<![endif]-->", "一般の文です。")
    page("visible-after-hidden", "<div style='display:none'>隠れた前書き</div><p>見える本文です。</p>", "見える本文です。",
         absent=["隠れた前書き"], warnings=1, notice=["隠されていました"])
    page("white-on-dark-is-visible", "<table><tr><td style='background:#003366'><span style='color:#ffffff'>白い見出し</span></td></tr></table>",
         "白い見出し", warnings_max=0)
    page("white-on-image-is-visible", "<div style='background:url(a.png)'><span style='color:#fff'>写真の上の文字</span></div>", "写真の上の文字")
    page("small-type-is-visible", "<p style='font-size:1px'>細則</p><p style='font-size:9px'>注意書き</p>", "注意書き")
    page("hidden-then-shown-by-rule", "<style>.a{display:none}.a{display:block}</style><p class=a>見える文です。</p>", "見える文です。")
    page("media-print-does-not-hide", "<style>@media print{p{display:none}}</style><p>見える文です。</p>", "見える文です。")
    page("mobile-only-part", "<style>.m{display:none}@media(max-width:480px){.m{display:block}.d{display:none}}</style>"
         "<p class=m>携帯の文</p><p class=d>机の文</p>", "机の文", absent=["携帯の文"])


def links():
    page("link-plain", "<p>詳細は<a href='https://www.example.com/info'>こちら</a>です。</p>", "こちら", "hxxps[:]//www[.]example[.]com/info",
         absent=["https://", "www."])
    page("link-text-is-address", "<a href='https://example.com/a'>https://example.com/a</a>", "hxxps[:]//example[.]com/a",
         absent=["https://"], once=["hxxps[:]//example[.]com/a"], warnings_max=0)
    page("link-deceptive", "<a href='http://evil.example/login'>https://www.mizuho.example.jp/</a>", "mizuho[.]example[.]jp", "evil[.]example",
         absent=["://", "www."], warnings=1, notice=["行き先が違うリンク"])
    page("link-userinfo", "<a href='http://www.bank.example@evil.example/x'>銀行</a>", "銀行", "evil[.]example", absent=["://"])
    page("link-idn", "<a href='https://例え.jp/'>例</a>", "xn--r8jz45g", absent=["://"])
    page("link-homograph", "<a href='https://аpple.example/'>apple.example</a>", "xn--pple-43d", absent=["://"], warnings=1)
    page("link-mailto", "<a href='mailto:kacho@example.com?subject=x'>課長</a>", "課長", "kacho@example.com", absent=["mailto:"])
    page("link-tel", "<a href='tel:0312345678'>電話</a>", "電話", absent=["tel:"])
    page("link-anchor-only", "<a name=top></a><a href='#top'>先頭へ</a>", "先頭へ", absent=["#top"])
    page("link-image", "<a href='https://example.com/x'><img src=a.png alt='申込ボタン'></a>", "申込ボタン", "hxxps[:]//example[.]com/x")
    page("link-no-text", "<p>前</p><a href='https://example.com/hidden'></a><p>後</p>", "前", "後", absent=["https://"])
    page("link-line-end-inside", "<a href='https://example.com/a\nb&#10;■ 偽'>文</a>", "文", absent=["\n■ 偽", "://"])
    page("link-protocol-relative", "<a href='//example.com/p'>頁</a>", "頁", absent=["://"])
    page("link-upper-case", "<a href='HTTPS://EXAMPLE.COM/A'>頁</a> WWW.EXAMPLE.COM MAILTO:a@example.com", "頁", absent=["://", "WWW.", "MAILTO:"])
    page("link-full-width-scheme", "<p>ｈｔｔｐ：／／evil.example と https：//evil.example</p>", "evil", absent=["://"])
    case("plain-link-defanged", mail(("Content-Type: text/plain; charset=utf-8\n",
         "詳細は https://www.example.com/info.html をご覧ください。\nwww.example.jp や mailto:a@example.jp、tel:0312345678 も。\n")),
         contains=["詳細は", "hxxps[:]//www[.]example[.]com/info", "をご覧ください。", "example"],
         absent=["https://", "www.", "mailto:", "tel:0"])
    case("plain-link-split-by-zero-width", mail(("Content-Type: text/plain; charset=utf-8\n",
         "htt\u200bps:/\u200b/evil.example/ と ww\u200bw.evil.example\n")), contains=["evil"], absent=["://", "www."])
    case("plain-link-ftp-and-file", mail(("Content-Type: text/plain; charset=utf-8\n",
         "ftp://a.example/x file:///etc/passwd \\\\server\\share javascript:alert(1)\n")), contains=["a", "example"], absent=["://"])
    case("plain-text-that-looks-like-html", mail(("Content-Type: text/plain; charset=utf-8\n", "<b>太字</b>ではない & 文字のまま\n")),
         text="<b>太字</b>ではない & 文字のまま\n")
    case("plain-mail-address-stays", mail(("Content-Type: text/plain; charset=utf-8\n", "連絡先は soumu@city.example.lg.jp です。\n")),
         text="連絡先は soumu@city.example.lg.jp です。\n")


def build():
    blocks()
    links()
