"""make_headers.py - fields of heads: words of every age, addresses of every shape, what must not pass"""

import base64

from make_charsets import euc, jis
from make_lib import DATE, attach, case, fields, mail, multi, octets, part, plain, program, text_mail, trick, word

BODY = "本文です。\n"


def head(name, raw, expect, **how):
    """A message whose head is raw (bytes, whole lines) beside the other usual fields."""
    usual = {"From": b"yamada@example.com", "To": b"soumu@city.example.lg.jp", "Subject": b"S", "Date": DATE.encode(),
             "Message-ID": b"<h@example.com>"}
    raw = octets(raw)
    have = {line.split(b":")[0].strip().lower() for line in raw.replace(b"\r\n", b"\n").split(b"\n") if b":" in line}
    lines = b"".join(k.encode() + b": " + v + b"\r\n" for k, v in usual.items()
                     if k.lower().encode() not in have and k not in how.get("without", ()))
    how.pop("without", None)
    case("field-" + name, lines + raw + octets("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + BODY),
         contains=["本文です。"], headers=expect, **how)


def subject(name, value, expect, **how):
    raw = value if isinstance(value, bytes) else value.replace("\n", "\r\n").encode()
    head("subject-" + name, b"Subject: " + raw + b"\r\n", {"Subject": expect}, **how)


def ew(data, charset="ISO-2022-JP", kind="B"):
    if kind == "B":
        return b"=?" + charset.encode() + b"?B?" + base64.b64encode(data) + b"?="
    return b"=?" + charset.encode() + b"?Q?" + b"".join(b"=%02X" % o for o in data) + b"?="


def subjects():
    text = "防災訓練の実施について"
    subject("utf8-b", ew(text.encode(), "UTF-8"), text)
    subject("utf8-q", ew(text.encode(), "UTF-8", "Q"), text)
    subject("jis-b", ew(jis(text)), text)
    subject("jis-q", ew(jis(text), kind="Q"), text)
    subject("sjis-b", ew(text.encode("cp932"), "Shift_JIS"), text)
    subject("euc-b", ew(text.encode("euc_jp"), "EUC-JP"), text)
    subject("lower-case", ew(text.encode(), "utf-8").replace(b"?B?", b"?b?"), text)
    subject("nec-characters", ew(jis("㈱髙﨑商店①")), "㈱髙﨑商店①")
    subject("half-width-kana", ew(jis("ﾃｽﾄのお知らせ")), "ﾃｽﾄのお知らせ")
    subject("sjis-half-width-kana", ew("ﾃｽﾄ".encode("cp932"), "Shift_JIS"), "ﾃｽﾄ")
    raw = text.encode()
    subject("utf8-character-split", ew(raw[:10], "UTF-8") + b"\r\n " + ew(raw[10:], "UTF-8"), text)
    j = jis(text)
    subject("jis-split-without-escapes", ew(j[:13]) + b"\r\n " + ew(j[13:]), text)
    subject("two-words-no-blank-between-text", ew("防災".encode(), "UTF-8") + b" " + ew("訓練".encode(), "UTF-8"), "防災訓練")
    subject("word-and-ascii", b"Re: " + ew(text.encode(), "UTF-8") + b" (2)", f"Re: {text} (2)")
    subject("words-touching", ew("防災".encode(), "UTF-8") + ew("訓練".encode(), "UTF-8"), "防災訓練")
    subject("word-touching-ascii", b"Fwd:" + ew(text.encode(), "UTF-8"), f"Fwd:{text}")
    subject("without-padding", b"=?UTF-8?B?" + base64.b64encode("件名".encode() + b"ab").rstrip(b"=") + b"?=", "件名ab")
    subject("too-much-padding", b"=?UTF-8?B?" + base64.b64encode("件名です".encode()).rstrip(b"=") + b"====?=", "件名です")
    subject("jis-without-last-escape", ew(jis("防災訓練").removesuffix(b"\x1b(B")), "防災訓練")
    subject("q-with-raw-blanks", b"=?UTF-8?Q?Hello there =E4=BB=B6?=", "Hello there 件")
    subject("language-tag", b"=?UTF-8*ja?B?" + base64.b64encode("件名です".encode()) + b"?=", "件名です")
    subject("in-quotes", b'"' + ew("件名です".encode(), "UTF-8") + b'"', {"contains": ["件名です"]})
    subject("raw-utf8", text.encode(), text)
    subject("raw-jis", jis(text), text)
    subject("raw-sjis", "防災訓練の実施についてのお知らせです".encode("cp932"), "防災訓練の実施についてのお知らせです")
    subject("raw-euc", "防災訓練の実施についてのお知らせです".encode("euc_jp"), "防災訓練の実施についてのお知らせです")
    subject("us-ascii-label-raw-utf8", b"=?us-ascii?B?" + base64.b64encode(text.encode()) + b"?=", text)
    subject("jis-label-sjis-octets", ew(text.encode("cp932"), "ISO-2022-JP"), text)
    subject("utf8-label-jis-octets", ew(jis(text), "UTF-8"), text)
    subject("unknown-charset", ew(text.encode(), "x-nobody-knows"), text)
    subject("broken-word", "=?UTF-8?B?broken", {"absent": ["\r", "\n"]})
    subject("folded-ascii", "a subject that was\n folded by\n\tits sender", "a subject that was folded by its sender")
    subject("empty", "", {"any": True})
    long_text = "令和八年度総合防災訓練の実施に伴う関係機関連絡会議の開催について（通知）" * 6
    chunks = [long_text[i:i + 12] for i in range(0, len(long_text), 12)]
    subject("long", b"\r\n ".join(ew(jis(c)) for c in chunks), long_text)
    subject("long-in-one-word", ew(long_text.encode(), "UTF-8"), long_text)
    subject("emoji", ew("お祝い🎉です".encode(), "UTF-8"), "お祝い🎉です")
    subject("ivs-stays", ew("辻\U000e0101様".encode(), "UTF-8"), "辻\U000e0101様")
    subject("literal-equals-question", b"What =? is this", "What =? is this")
    subject("decodes-to-line-end", ew("件名です\r\nBcc: x@evil.example".encode(), "UTF-8"), {"contains": ["件名です"], "absent": ["\n", "\r"]})
    subject("decodes-to-nul", ew("件名\0です".encode(), "UTF-8"), {"contains": ["件名", "です"], "absent": ["\0"]})
    subject("bidi-override", ew("件名\u202eです".encode(), "UTF-8"), {"contains": ["件名", "です"], "absent": ["\u202e"]})
    subject("decodes-to-encoded-word", ew(ew("二重".encode(), "UTF-8"), "UTF-8"), {"absent": ["二重"]})
    head("subject-twice", "Subject: the first\nSubject: the second\n", {"Subject": {"any": True}}, report={"ambiguous_min": 1})
    head("subject-utf16", b"Subject: " + ew("件名です".encode("utf-16"), "UTF-16") + b"\r\n", {"Subject": "件名です"})


def addresses():
    y = ew("山田太郎".encode(), "UTF-8").decode()
    frm = lambda name, raw, expect, **how: head("from-" + name, (b"From: " + octets(raw) + b"\r\n"), {"From": expect}, **how)
    frm("name", y + " <yamada@example.com>", "山田太郎 <yamada@example.com>")
    frm("bare", "yamada@example.com", "yamada@example.com")
    frm("quoted-name", '"Yamada, Taro" <yamada@example.com>', "Yamada, Taro <yamada@example.com>")
    frm("word-in-quotes", f'"{y}" <yamada@example.com>', "山田太郎 <yamada@example.com>")
    frm("jis-name", ew(jis("髙橋①")) + b" <t@example.com>", "髙橋① <t@example.com>")
    frm("raw-utf8-name", "山田太郎 <yamada@example.com>", "山田太郎 <yamada@example.com>")
    frm("raw-sjis-name", "山田太郎課長".encode("cp932") + b" <yamada@example.com>", "山田太郎課長 <yamada@example.com>")
    frm("raw-jis-name", jis("山田太郎") + b" <yamada@example.com>", "山田太郎 <yamada@example.com>")
    frm("raw-jis-name-in-quotes", b'"' + jis("山田太郎") + b'" <yamada@example.com>', "山田太郎 <yamada@example.com>")
    frm("comment-as-name", f"yamada@example.com ({y})", {"contains": ["yamada@example.com"]})
    frm("route", "<@a.example,@b.example:yamada@example.com>", "yamada@example.com")
    frm("no-angle-close", "Yamada <yamada@example.com", {"contains": ["yamada@example.com"]})
    frm("several", "a@example.com, b@example.com", "a@example.com, b@example.com")
    frm("idn", "taro@例え.jp", {"contains": ["taro@xn--r8jz45g.jp"]})
    frm("group", "Undisclosed: ;", {"any": True})
    frm("empty", "", {"any": True})
    frm("old-mobile-dots", "taro..yamada.@docomo.ne.jp", '"taro..yamada."@docomo.ne.jp')
    frm("old-mobile-in-angle", f"{y} <.taro.@ezweb.ne.jp>", '山田太郎 <".taro."@ezweb.ne.jp>')
    frm("name-holds-address", '"president@city.example.lg.jp" <attacker@evil.example>', {"contains": ["attacker@evil.example"]},
        warnings=1, notice=["差出人の表示名"])
    frm("name-holds-address-encoded", ew("市長 <mayor@city.example.lg.jp>".encode(), "UTF-8") + b" <attacker@evil.example>",
        {"contains": ["attacker@evil.example"]}, warnings=1, notice=["差出人の表示名"])
    frm("mailsploit-line-end", ew("mayor@city.example.lg.jp\r\n".encode(), "UTF-8") + b" <attacker@evil.example>",
        {"contains": ["attacker@evil.example"], "absent": ["\n", "\r"]})
    frm("mailsploit-nul", ew(b"mayor@city.example.lg.jp\0", "UTF-8") + ew(b"x", "UTF-8") + b"@evil.example", {"absent": ["\0"]})
    frm("bidi-in-name", ew("\u202e郎太田山".encode(), "UTF-8") + b" <a@example.com>", {"contains": ["a@example.com"], "absent": ["\u202e"]})
    frm("name-of-5000", '"' + "N" * 5000 + '" <a@example.com>', {"contains": ["a@example.com"]})
    frm("local-part-of-300", "a" * 300 + "@example.com", {"any": True})
    frm("smtputf8", "山田@example.jp", {"any": True})
    frm("blanks-around-at", "yamada @ example.com", {"contains": ["yamada@example.com"]})
    frm("quoted-local", '"taro yamada"@example.com', '"taro yamada"@example.com')
    frm("display-without-quotes-dots", "Yamada T. Co. <a@example.com>", "Yamada T. Co. <a@example.com>")
    head("from-twice", "From: a@example.com\nFrom: b@evil.example\n", {"From": {"any": True}}, report={"ambiguous_min": 1})
    head("from-missing", "X-A: b\n", {"From": {"any": True}}, without=("From",))
    head("from-with-sender", "From: a@example.com\nSender: list@example.org\nReply-To: " + y + " <r@example.com>\n",
         {"From": "a@example.com", "Sender": "list@example.org", "Reply-To": "山田太郎 <r@example.com>"})
    head("to-group", "To: 課内: a@city.example.lg.jp, b@city.example.lg.jp;\n", {"To": {"contains": ["a@city.example.lg.jp", "b@city.example.lg.jp"]}})
    head("to-undisclosed", "To: undisclosed-recipients:;\n", {"To": {"contains": ["undisclosed-recipients"]}})
    head("to-undisclosed-japanese", "To: 宛先非公開:;\n", {"To": {"any": True}})
    head("to-missing", "X-A: b\n", {"To": None}, without=("To",))
    head("to-comments", "To: a@example.jp (first (nested) one), (lone) b@example.jp\n", {"To": {"contains": ["a@example.jp", "b@example.jp"]}})
    head("to-twice", "To: a@example.jp\nTo: b@example.jp\n", {"To": {"any": True}}, report={"ambiguous_min": 1})
    head("to-semicolons", "To: a@example.jp; b@example.jp\n", {"To": {"contains": ["a@example.jp", "b@example.jp"]}})
    head("cc-many", "Cc: " + ",\n ".join(f"{y} <u{i}@example.jp>" for i in range(60)) + "\n",
         {"Cc": {"contains": ["u0@example.jp", "u59@example.jp"]}})
    head("bcc-does-not-pass", "Bcc: secret@example.jp\n", {"Bcc": None}, absent=["secret@example.jp"])


def the_rest():
    date = lambda name, raw, expect, **how: head("date-" + name, octets("Date: " + raw + "\n"), {"Date": expect}, **how)
    date("usual", DATE, DATE, report={"ambiguous": 0})
    date("comment", "Fri, 20 Nov 2026 10:00:00 +0900 (JST)", DATE)
    date("two-digit-year", "Fri, 20 Nov 26 10:00:00 +0900", DATE)
    date("zone-name", "Fri, 20 Nov 2026 01:00:00 GMT", {"contains": ["20 Nov 2026 01:00:00", "0000"]})
    date("no-weekday", "20 Nov 2026 10:00:00 +0900", DATE)
    date("wrong-weekday", "Mon, 20 Nov 2026 10:00:00 +0900", DATE)
    date("one-digit-day", "Thu, 5 Nov 2026 9:05:00 +0900", {"contains": ["05 Nov 2026 09:05:00 +0900"]})
    date("no-seconds", "Fri, 20 Nov 2026 10:00 +0900", DATE)
    for name, raw in (("impossible", "Fri, 35 Nov 2026 10:00:00 +0900"), ("words", "yesterday"), ("year-9999999", "1 Jan 9999999 0:0:0 +0000"),
                      ("zone-9999", "Fri, 20 Nov 2026 10:00:00 +9999"), ("empty", "")):
        date(name, raw, {"matches": r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$"})
    head("date-missing", "X-A: b\n", {"Date": {"contains": ["20 Nov 2026 12:34:56"]}}, without=("Date",))
    head("date-twice", f"Date: {DATE}\nDate: Thu, 19 Nov 2026 10:00:00 +0900\n", {"Date": {"any": True}}, report={"ambiguous_min": 1})
    mid = lambda name, raw, expect: head("id-" + name, octets("Message-ID: " + raw + "\n"), {"Message-ID": expect})
    mid("usual", "<a.b-c_d@mail.example.com>", "<a.b-c_d@mail.example.com>")
    mid("exchange", "<TY2PR01MB1234ABCD$1@TY2PR01MB1234.jpnprd01.prod.outlook.com>", "<TY2PR01MB1234ABCD$1@TY2PR01MB1234.jpnprd01.prod.outlook.com>")
    for name, raw in (("no-angle", "abc@example.com"), ("two-ats", "<a@b@c>"), ("blank-inside", "<a b@example.com>"), ("empty", ""),
                      ("no-at", "<abcdef>"), ("eight-bit", "<件名@example.com>"), ("of-2000", "<" + "a" * 2000 + "@example.com>")):
        mid(name, raw, {"matches": r"^<[^<> @]+@[^<> @]+>$"})
    head("id-missing", "X-A: b\n", {"Message-ID": {"matches": r"^<[^<> @]+@[^<> @]+>$"}}, without=("Message-ID",))
    head("thread", "In-Reply-To: <p1@example.com>\nReferences: <p0@example.com>\n <p1@example.com>\n",
         {"In-Reply-To": "<p1@example.com>", "References": "<p0@example.com> <p1@example.com>"})
    head("thread-old-phrase", "In-Reply-To: Your message of Monday <p1@example.com>\n", {"In-Reply-To": "<p1@example.com>"})
    head("thread-200-references", "References: " + "\n ".join(f"<r{i}@example.com>" for i in range(200)) + "\n",
         {"References": {"contains": ["<r199@example.com>"]}})
    head("thread-commas", "References: <a@example.com>,<b@example.com>\n", {"References": {"contains": ["<a@example.com>", "<b@example.com>"]}})
    head("list-id-with-words", "List-Id: =?UTF-8?B?6Ziy54G9?= <bousai.example.org>\n", {"List-Id": "<bousai.example.org>"})
    head("importance-high", "Importance: High\n", {"Importance": "high"})
    head("precedence-bulk", "Precedence: BULK\n", {"Precedence": "bulk"})
    head("precedence-nonsense", "Precedence: first-class\n", {"Precedence": None})
    head("auto-submitted-with-words", "Auto-Submitted: auto-replied (vacation)\n", {"Auto-Submitted": "auto-replied"})
    head("auto-submitted-no", "Auto-Submitted: no\n", {"Auto-Submitted": None})
    head("mugai-fields-forged", "Mugai-Id: 20200101-00000-00000\nMugai-Result: profile=1; kept=9; converted=9; removed=9; unreadable=9; ambiguous=9\n",
         {"Subject": "S"}, absent=["20200101-00000", "kept=9"])
    head("received-kept", "Received: from mx.example.com (mx.example.com [192.0.2.1])\n by mail.example.jp with ESMTPS id 4A;\n"
         " Fri, 20 Nov 2026 10:00:00 +0900 (JST)\n", {"Received": {"contains": ["from mx.example.com", "192.0.2.1"]}})
    head("received-eight-bit", "Received: from 日本 by mail.example.jp; Fri, 20 Nov 2026 10:00:00 +0900\n", {"Subject": "S"})
    for i, name in enumerate(("Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To", "Read-Receipt-To",
                              "List-Unsubscribe", "X-Mailer", "User-Agent", "X-Originating-IP", "DKIM-Signature", "Authentication-Results",
                              "ARC-Seal", "Received-SPF", "X-MS-Exchange-Organization-SCL", "Thread-Topic", "X-Spam-Status", "Organization",
                              "Errors-To", "Content-Description", "Content-ID", "Content-Base", "Content-Location", "Resent-From",
                              "Apparently-To", "Return-Path", "Newsgroups", "X-UIDL", "Status", "Comments", "Keywords", "Face",
                              "Content-Disposition", "Content-MD5", "Autocrypt", "Expires", "Delivered-To", "BIMI-Selector")):
        if i < 6 or i % 3 == 0:
            trick(f"field-must-not-pass-{name.lower()}", lambda p, name=name: text_mail(BODY, extra=f"{name}: <x{p}@track.example>\n"),
                  contains=["本文です。"], headers={name: None})
    case("field-blank-before-colon", octets(f"From : a@example.com\nSubject : the subject\nDate : {DATE}\n\nbody words\n"),
         contains=["body words"], headers={"Subject": "the subject", "From": "a@example.com"}, report={"ambiguous_min": 1})
    case("field-nul-in-subject", octets("From: a@example.com\n") + b"Subject: before\0after\r\n" + octets(f"Date: {DATE}\n\nbody words\n"),
         contains=["body words"], headers={"Subject": {"contains": ["before"], "absent": ["\0"]}}, report={"ambiguous_min": 1})
    case("field-bare-lf-ends", octets(f"From: a@example.com\nSubject: the subject\nDate: {DATE}\n\nbody words\n").replace(b"\r\n", b"\n"),
         contains=["body words"], headers={"Subject": "the subject"})
    case("field-all-lower-case", octets(f"from: a@example.com\nsubject: the subject\ndate: {DATE}\nmessage-id: <l@example.com>\n\nbody words\n"),
         contains=["body words"], headers={"Subject": "the subject", "Message-ID": "<l@example.com>"})
    case("field-no-blank-after-colon", octets(f"From:a@example.com\nSubject:the subject\nDate:{DATE}\n\nbody words\n"),
         contains=["body words"], headers={"Subject": "the subject", "Date": DATE})
    case("field-mbox-line-first", octets(f"From someone Fri Nov 20 10:00:00 2026\nFrom: a@example.com\nSubject: the subject\nDate: {DATE}\n\nbody words\n"),
         contains=["body words"], headers={"Subject": "the subject"})
    case("field-value-of-20000", text_mail(BODY, subject="語" * 5000), contains=["本文です。"], headers={"Subject": {"contains": ["語" * 100]}})
    for name, more, shown in (("2231-utf8", "filename*=utf-8''%E8%AD%B0%E4%BA%8B%E9%8C%B2.exe", "議事録.exe"),
                       ("2231-continued", "filename*0*=utf-8''%E8%AD%B0%E4%BA%8B;\n filename*1*=%E9%8C%B2; filename*2=\".exe\"", "議事録.exe"),
                       ("2231-character-split", "filename*0*=utf-8''%E8%AD%B0%E4;\n filename*1*=%BA%8B%E9%8C%B2.exe", "議事録.exe"),
                       ("2231-jis", "filename*=iso-2022-jp''%1B%24B5D%3Bv%1B%28B.exe", "議事.exe"),
                       ("2231-sjis", "filename*=Shift_JIS''%8Bc%8E%96%98%5E.exe", "議事録.exe"),
                       ("2231-language", "filename*=UTF-8'ja'%E8%AD%B0%E4%BA%8B.exe", "議事.exe"),
                       ("2231-without-charset", "filename*=''%E8%AD%B0%E4%BA%8B.exe", "議事.exe"),
                       ("2231-percent-without-star", "filename=\"%E8%AD%B0%E4%BA%8B.exe\"", ".exe"),
                       ("2047-in-quotes", 'filename="=?UTF-8?B?6K2w5LqL6Yyy?=.exe"', "議事録.exe"),
                       ("2047-without-quotes", "filename==?UTF-8?B?6K2w5LqL6Yyy?=.exe", "議事録.exe"),
                       ("2047-folded", 'filename="=?UTF-8?B?6K2w5LqL?=\n =?UTF-8?B?6Yyy?=.exe"', "議事録.exe"),
                       ("raw-utf8", 'filename="議事録.exe"', "議事録.exe"),
                       ("unquoted-blanks", "filename=meeting minutes 3.exe", "meeting minutes 3.exe"),
                       ("only-in-type", "x=y", "fallback.exe"),
                       ("half-width-kana", "filename*=utf-8''%EF%BE%83%EF%BD%BD%EF%BE%84.exe", "ﾃｽﾄ.exe")):
        trick(f"name-of-file-{name}", lambda p, more=more, name=name: mail(multi(plain(BODY), part(
              "Content-Type: application/octet-stream" + ("; name=fallback.exe" if name == "only-in-type" else "")
              + "\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n " + more + "\n",
              base64.encodebytes(program(p)).replace(b"\n", b"\r\n")))), contains=["本文です。"], notice=[shown])
    for name, raw in (("sjis", "表示能力.exe".encode("cp932")), ("euc", "議事録の写し.exe".encode("euc_jp")), ("jis", jis("議事録") + b".exe")):
        shown = {"sjis": "表示能力.exe", "euc": "議事録の写し.exe", "jis": "議事録.exe"}[name]
        trick(f"name-of-file-raw-{name}", lambda p, raw=raw: mail(multi(plain(BODY), attach(raw, program(p)))), contains=["本文です。"],
              notice=[shown])
    percent = "".join(f"%{o:02X}" for o in ("令和八年度" * 60 + ".exe").encode())
    case("name-of-file-long-japanese", mail(multi(plain(BODY), part("Content-Type: application/octet-stream\n"
         f"Content-Disposition: attachment; filename*=utf-8''{percent}\n", "x\n"))), contains=["本文です。", "令和八年度"])


def build():
    subjects()
    addresses()
    the_rest()
