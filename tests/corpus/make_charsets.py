"""make_charsets.py - letters of every age and land, rightly and wrongly labelled

The octets are made with Python's codecs and, where those are stricter than real mail, by hand: JIS with
the NEC and IBM rows as Japanese mail programs write them.
"""

import base64

from make_lib import attach, b64, case, fields, html_mail, mail, multi, octets, part, plain, text_mail

PLAIN = "打合せの日程をお知らせします。集合は午前九時です。\n"
ODD = "㈱髙﨑商店の①番と②番、№5、㍻28年、Ⅲ期。\n"
KANA = "ｱｲｳｴｵ ﾃｽﾄ\n"

nec_selected = {}
for _lead in (0xED, 0xEE):
    for _trail in [*range(0x40, 0x7F), *range(0x80, 0xFD)]:
        try:
            nec_selected.setdefault(bytes([_lead, _trail]).decode("cp932"), (_lead, _trail))
        except UnicodeDecodeError:
            pass


def cell(character):
    """The two octets (0x21-0x7E) of a character in JIS with the NEC rows, or None."""
    raw = nec_selected.get(character) or tuple(character.encode("cp932"))
    if len(raw) != 2:
        return None
    lead, trail = raw
    row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2
    if trail >= 0x9F:
        return bytes([row + 1 + 0x21, trail - 0x9F + 0x21])
    return bytes([row + 0x21, trail - 0x40 - (trail > 0x7F) + 0x21])


def jis(text, back=b"\x1b(B"):
    """ISO-2022-JP as CP50221 writes it, half-width kana by their own escape; back: how it returns to ASCII."""
    out, state = b"", back
    for c in text:
        if c < "\x80":
            want, code = back, c.encode()
        elif "\uff61" <= c <= "\uff9f":
            want, code = b"\x1b(I", bytes([ord(c) - 0xFF61 + 0x21])
        else:
            want, code = b"\x1b$B", cell(c)
        if want != state:
            out, state = out + want, want
        out += code
    return out if state == back else out + back


def euc(text):
    out = b""
    for c in text:
        if c < "\x80":
            out += c.encode()
        elif "\uff61" <= c <= "\uff9f":
            out += b"\x8e" + bytes([ord(c) - 0xFF61 + 0xA1])
        else:
            out += bytes(o | 0x80 for o in cell(c))
    return out


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def same(name, raw, label, text, **how):
    """A single part of octets under a label must read as text, exactly."""
    case("letters-" + name, text_mail(crlf(raw), label), text=text, **how)


def japanese():
    same("jis", jis(PLAIN), "iso-2022-jp", PLAIN, report={"ambiguous": 0})
    same("jis-nec-ibm", jis(ODD), "ISO-2022-JP", ODD)
    same("jis-half-width-kana", jis(KANA), "iso-2022-jp", KANA)
    same("jis-label-cp50221", jis(ODD + KANA), "CP50221", ODD + KANA)
    same("jis-roman-back", jis(PLAIN, b"\x1b(J"), "iso-2022-jp", PLAIN)
    same("jis-without-last-escape", jis("終わりです").removesuffix(b"\x1b(B") + b"\n", "iso-2022-jp", "終わりです\n")
    same("jis-1978-escape", jis(PLAIN).replace(b"\x1b$B", b"\x1b$@"), "iso-2022-jp", PLAIN)
    same("jis-in-quoted-printable-soft", jis(PLAIN), "iso-2022-jp", PLAIN)
    case("letters-jis-base64", mail(("Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: base64\n",
         b64(crlf(jis(PLAIN + ODD))))), text=PLAIN + ODD)
    case("letters-jis-label-in-quotes-and-blanks", mail(('Content-Type: text/plain; charset=" iso-2022-jp "\n', crlf(jis(PLAIN)))),
         text=PLAIN)
    same("sjis", PLAIN.encode("cp932"), "Shift_JIS", PLAIN, report={"ambiguous": 0})
    for label in ("windows-31j", "x-sjis", "sjis", "ms_kanji", "cp932", "ms932"):
        same(f"sjis-odd-label-{label.replace('_', '-')}", (ODD + KANA).encode("cp932"), label, ODD + KANA)
    same("sjis-trail-5c", "表示・能力・ソフト・十日\n".encode("cp932"), "Shift_JIS", "表示・能力・ソフト・十日\n")
    same("sjis-wave-dash", "10～12時、－5度、＼100\n".encode("cp932"), "Shift_JIS", "10～12時、－5度、＼100\n")
    same("sjis-user-area", "外字".encode("cp932") + b"\xf0\x40\xf9\xfc\n", "Shift_JIS", "外字\ue000\ue757\n")
    case("letters-sjis-one-bad-octet", text_mail("前の文です。".encode("cp932") + b"\xfd" + "後の文です。\r\n".encode("cp932"), "Shift_JIS"),
         contains=["前の文です。", "\ufffd", "後の文です。"])
    case("letters-sjis-many-bad-octets", text_mail(("前の文です。".encode("cp932") + b"\xfd\xfe\xff" * 20
         + "後の文です。\r\n".encode("cp932")), "Shift_JIS"), contains=["前の文です。", "後の文です。"], notice=["読めない文字"])
    same("euc", PLAIN.encode("euc_jp"), "EUC-JP", PLAIN, report={"ambiguous": 0})
    same("euc-nec-ibm-kana", euc(ODD + KANA), "euc-jp", ODD + KANA)
    same("euc-jisx0212", "丂仐\n".encode("euc_jp"), "x-euc-jp", "丂仐\n")
    same("utf8-mark", b"\xef\xbb\xbf" + PLAIN.encode(), "utf-8", PLAIN)
    same("utf8-label-utf-8-unicode", PLAIN.encode(), "unicode-1-1-utf-8", PLAIN)
    same("utf8-label-utf8", PLAIN.encode(), "UTF8", PLAIN)
    both = "申請書の受付を開始しました。窓口は本庁舎一階です。ご不明な点はお問い合わせください。\n"
    octs = {"jis": jis(both), "utf8": both.encode(), "sjis": both.encode("cp932"), "euc": both.encode("euc_jp")}
    for kind, raw in octs.items():
        for label in ("us-ascii", "iso-8859-1", "utf-8", "x-unknown"):
            if (kind, label) != ("utf8", "utf-8"):
                case(f"letters-{kind}-labelled-{label}", text_mail(crlf(raw), label), text=both)
        case(f"letters-{kind}-unlabelled", mail(("Content-Type: text/plain\n", crlf(raw))), text=both)
        case(f"letters-{kind}-no-mime", fields(mime=None) + b"\r\n" + crlf(raw), text=both)
        case(f"letters-{kind}-html-unlabelled", mail(("Content-Type: text/html\n", b"<p>" + crlf(raw) + b"</p>")),
             contains=[both.strip()])
    for label, codec in (("Shift_JIS", "cp932"), ("EUC-JP", "euc_jp"), ("ISO-2022-JP", "iso2022_jp"), ("x-sjis", "cp932")):
        case(f"letters-html-meta-{label.lower().replace('_', '-')}", mail(("Content-Type: text/html\n",
             f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={label}"></head><body>短い文</body></html>'
             .encode(codec))), contains=["短い文"])
    case("letters-html-meta-contradicts-header", html_mail('<meta charset="Shift_JIS"><p>正しい文字です。</p>'), contains=["正しい文字です。"])
    case("letters-two-parts-two-charsets", mail(multi(plain(jis("日本の文です。\r\n"), "iso-2022-jp"),
         plain("Grüße aus München\r\n".encode("latin-1"), "iso-8859-1"), plain("Привет\r\n".encode("koi8_r"), "koi8-r"))),
         contains=["日本の文です。", "Grüße aus München", "Привет"])
    case("letters-utf8-body-cut-in-a-character", text_mail("途中で切れた文".encode()[:-1]), contains=["途中で切れた"])
    case("letters-carrier-pictograms-sjis", text_mail(b"\xf9\x9f" + "晴れです。\r\n".encode("cp932"), "Shift_JIS"), contains=["晴れです。"])
    case("letters-jis-escape-garbage", text_mail(b"\x1b$B\x1b$B" + jis(PLAIN)[3:].replace(b"\n", b"\r\n") + b"\x1b\x1b(B end\r\n", "iso-2022-jp"),
         contains=["打合せの日程", "end"])


def others():
    for codec, label, text in (
            ("gb18030", "gb18030", "会议通知：请于九点到达。㐀\U00020000\n"), ("gbk", "gb2312", "会议通知：请于九点到达。镕\n"),
            ("gbk", "GBK", "会议通知：请于九点到达。\n"), ("big5", "big5", "會議通知：請於九點到達。\n"),
            ("cp949", "euc-kr", "회의 안내: 아홉 시에 오세요. 똠방각하\n"), ("cp949", "ks_c_5601-1987", "회의 안내\n"),
            ("koi8_r", "koi8-r", "Здравствуйте, встреча в девять.\n"), ("koi8_u", "koi8-u", "Зустріч о дев’ятій, її ґанок.\n".replace("’", "'")),
            ("cp1250", "windows-1250", "Příliš žluťoučký kůň – „ano“.\n"), ("cp1251", "windows-1251", "Встреча – «завтра».\n"),
            ("cp1252", "windows-1252", "“Café” – €5 … naïve\n"), ("cp1253", "windows-1253", "Καλημέρα – «ναι».\n"),
            ("cp1254", "windows-1254", "Toplantı şu gün, İğ.\n"), ("cp1255", "windows-1255", "שלום לכולם\n"),
            ("cp1256", "windows-1256", "مرحبا بكم\n"), ("cp1257", "windows-1257", "Šiandien – ąžuolas.\n"),
            ("cp1258", "windows-1258", "Xin chào Đà Nẵng\n".replace("ẵ", "ă")), ("cp1252", "iso-8859-1", "“Café” – €5\n"),
            ("iso8859_2", "iso-8859-2", "Žluťoučký kůň\n"), ("iso8859_3", "iso-8859-3", "Ĉu vi parolas ĝin?\n"),
            ("iso8859_4", "iso-8859-4", "Āboli ķēde\n"), ("iso8859_5", "iso-8859-5", "Добрый день\n"),
            ("iso8859_6", "iso-8859-6", "مرحبا\n"), ("iso8859_7", "iso-8859-7", "Καλημέρα\n"),
            ("iso8859_8", "iso-8859-8", "שלום\n"), ("cp1254", "iso-8859-9", "Şöyle böyle\n"),
            ("iso8859_10", "iso-8859-10", "Ðađ Ŧŧ Ŋŋ\n"), ("iso8859_13", "iso-8859-13", "Ąžuolas\n"),
            ("iso8859_14", "iso-8859-14", "Ŵŵ Ŷŷ\n"), ("iso8859_15", "iso-8859-15", "Cœur à 5 €\n"),
            ("iso8859_16", "iso-8859-16", "Țară și Ștefan\n"), ("cp874", "tis-620", "สวัสดีครับ\n"),
            ("mac_roman", "macintosh", "Café “déjà vu”\n"), ("cp866", "ibm866", "Добрый день\n"),
            ("mac_cyrillic", "x-mac-cyrillic", "Добрый день\n")):
        raw = text.encode(codec)
        same(f"{label}-{codec.replace('_', '-')}", raw, label, text)
    for codec, label, mark in (("utf-16-le", "utf-16", b"\xff\xfe"), ("utf-16-be", "utf-16", b"\xfe\xff"),
                               ("utf-16-le", "utf-16le", b""), ("utf-16-be", "utf-16be", b""), ("utf-16-le", "utf-16", b"")):
        text = "打合せの日程です。𠮷野\n"
        case(f"letters-{label}-{codec}-{'with' if mark else 'without'}-mark", mail((
             f"Content-Type: text/plain; charset={label}\nContent-Transfer-Encoding: base64\n",
             b64(mark + text.replace("\n", "\r\n").encode(codec)))), text=text)


def build():
    japanese()
    others()
