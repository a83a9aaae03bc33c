"""make_text.py - plain text as people write it: nothing of it may change that does not have to"""

from make_lib import case, text_mail

TABLE = "施設名　　　定員　　備考\n――――――――――――\n体育館　　　３００　駐車場あり\n公民館　　　　８０　なし\n"


def build():
    for name, text in (
            ("signature", "よろしくお願いします。\n\n-- \n山田太郎\n○○株式会社　営業部\nTEL 03-1234-5678\n"),
            ("telephone-is-no-link", "TEL: 03-1234-5678\nＴＥＬ：０３\n電話 tel 03-1234\n"),
            ("drawn-table", TABLE), ("quoted", "> > 一昨日の文\n> 昨日の文\n今日の文\n"),
            ("box-drawing", "┌──┬──┐\n│甲　│乙　│\n└──┴──┘\n"),
            ("leading-blanks", "    字下げの文\n　全角の字下げ\n"), ("blank-lines", "一\n\n\n二\n"),
            ("kanji-of-level-four", "𠀋𡈽𠮟𣘺𩸽𪚲\n"), ("old-forms", "髙﨑德增寬栁\n"), ("circled", "①②③⑳ⅠⅩⅰ㈱㈲℡㌔㍉㍾㍽㍼㍻㋿\n"),
            ("symbols", "〒100-0001 ※★☆◎●◆△▼→⇒＃＆＠§〆ヶ々〃\n"), ("wave-dashes", "〜～−－—―‐\n"), ("yen-and-backslash", "¥100 \\100 ￥100\n"),
            ("many-languages", "日本語 한국어 中文 Русский Ελληνικά Việt ไทย हिन्दी\n"), ("hebrew-and-arabic", "שלום مرحبا\n"),
            ("emoji", "☀️🌧️👍🏽🇯🇵\n"), ("accents", "Crème brûlée, Ångström, naïve\n"),
            ("square-bullets-elsewhere", "項目は■印のもの\n・■ ではない\n"),
            ("plus-minus", "+1 -1 --- === *** ___\n"), ("code", "if (a < b && c > d) { x = \"y\"; }\n"),
            ("percent-and-braces", "100% {id} {count} %s %n\n"), ("digits", "1234567890 一二三 １２３\n"), ("one-letter", "a\n"),
            ("full-width-space-only-line", "上\n　\n下\n"), ("line-of-3000-letters", "長" * 2000 + "\n短\n")):
        case("text-" + name, text_mail(text), text=text, report={"ambiguous": 0, "kept": 1})
    case("text-square-mark-first", text_mail("■ 日時\n■場所\n　■ 持ち物\n"), contains=["> ■ 日時", "> ■場所", "> 　■ 持ち物"])
    case("text-many-short-lines", text_mail("".join(f"{i}番\n" for i in range(3000))), contains=["0番\n1番", "2999番"])
    case("text-line-separator", text_mail("一行目\u2028二行目\u2029三行目\n"), contains=["一行目", "二行目", "三行目"])
    case("text-form-feed", text_mail("一頁\f二頁\v三頁\n"), contains=["一頁", "二頁", "三頁"])
    case("text-mixed-line-ends", text_mail(b"first\nsecond\r\nthird\rfourth\r\n"), contains=["first\nsecond\nthird", "fourth"])
    case("text-not-unicode-normalised", text_mail("ｶﾞ ガ カ\u3099 神 ﬁ ㌢\n"), text="ｶﾞ ガ カ\u3099 神 ﬁ ㌢\n")
