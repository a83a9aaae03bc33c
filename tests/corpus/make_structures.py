"""make_structures.py - every structure of MIME that honest mail has: what a clerk should read of each"""

from make_lib import (DATE, attach, b64, case, fields, html, html_mail, mail, multi, nested, octets, part, plain,
                      program, qp, text_mail, word)

HELLO = "お世話になっております。\n防災訓練の日程をお送りします。\n"
PAGE = "<html><body><p>お世話になっております。</p><p>防災訓練の日程をお送りします。</p></body></html>\n"
S1, S2 = "お世話になっております。", "防災訓練の日程をお送りします。"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde" + b"\0" * 60
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\x11" * 200 + b"\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n" + b"%" * 300
CLEAN = {"ambiguous": 0}


def report(**how):
    return {"ambiguous": 0, **how}


def singles():
    case("single-plain-utf8", text_mail(HELLO), text=HELLO, headers={"Subject": "打合せの件"},
         report=report(kept=1, converted=0, removed=0, unreadable=0))
    case("single-plain-no-mime-headers", fields(mime=None) + octets("\nPlain words only.\nSecond line.\n"),
         text="Plain words only.\nSecond line.\n", report=report(kept=1))
    case("single-plain-base64", mail(("Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: base64\n",
         b64(HELLO))), text=HELLO, report=report(kept=1))
    case("single-plain-qp", mail(("Content-Type: text/plain; charset=UTF-8\n"
         "Content-Transfer-Encoding: quoted-printable\n", qp(HELLO))), text=HELLO, report=report(kept=1))
    case("single-plain-qp-soft-breaks", mail(("Content-Type: text/plain; charset=us-ascii\n"
         "Content-Transfer-Encoding: quoted-printable\n", "one line that was =\nbroken twice =\nby its sender\n")),
         text="one line that was broken twice by its sender\n", report=report(kept=1))
    case("single-plain-lower-case-encoding-name", mail(("content-type: TEXT/PLAIN; CHARSET=\"UTF-8\"\n"
         "content-transfer-encoding: BASE64\n", b64(HELLO))), text=HELLO, report=report(kept=1))
    case("single-empty-body", text_mail(""), report=report(), contains=["■"])
    case("single-only-blank-lines", text_mail("\n\n \n\n"), contains=["■"])
    case("single-no-line-end-at-the-end", text_mail("最後の行に改行なし".encode()), text="最後の行に改行なし\n")
    case("single-html", html_mail(PAGE), contains=[S1, S2], absent=["<p>", "<html"],
         report=report(kept=0, converted=1), notice=["HTML"])
    case("single-html-english-notice", html_mail("<p>Good morning</p>"), language="en", contains=["Good morning"],
         notice=["This mail was sanitized.", "The HTML body was turned into plain text.", "Number:"])
    case("single-plain-english-notice", mail(multi(plain("The figures.\n"), attach("figures.pdf", PDF,
         "application/pdf"))), language="en", contains=["The figures."],
         notice=["This mail was sanitized.", "removed", "figures.pdf", "quarantine", "Number:"])
    case("single-pdf", mail((f"Content-Type: application/pdf; name=\"nittei.pdf\"\n"
         "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=nittei.pdf\n", b64(PDF))),
         notice=["nittei.pdf"], absent=["JVBERi"],
         report=report(parts=[{"name": "nittei.pdf", "size": len(PDF), "disposition": "removed"}]))
    case("single-image", mail(("Content-Type: image/png\nContent-Transfer-Encoding: base64\n", b64(PNG))),
         absent=["iVBOR"], report=report(removed=1, parts=[{"type": "image/png", "size": len(PNG)}]),
         notice=["画像", "名前なし"])
    case("single-calendar", mail(("Content-Type: text/calendar; charset=utf-8; method=PUBLISH\n"
         "Content-Transfer-Encoding: 8bit\n", "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n"
         "SUMMARY:庁内会議\nLOCATION:第1会議室\nDTSTART;VALUE=DATE:20261201\nEND:VEVENT\nEND:VCALENDAR\n")),
         anywhere=["庁内会議", "第1会議室"], matches=["2026"], absent=["BEGIN:VEVENT"], report=report(converted=1))
    case("single-unknown-type-of-text", mail(("Content-Type: text/x-jouhou; charset=utf-8\n"
         "Content-Transfer-Encoding: 8bit\n", HELLO)), contains=[S1, S2])
    case("single-text-markdown", mail(("Content-Type: text/markdown; charset=utf-8\n"
         "Content-Transfer-Encoding: 8bit\n", "# 見出し\n\n本文です。\n")), contains=["見出し", "本文です。"])
    case("single-csv", mail(("Content-Type: text/csv; charset=utf-8\nContent-Transfer-Encoding: base64\n",
         b64("番号,氏名\n1,山田\n"))), contains=["番号", "氏名", "山田"])
    case("single-text-without-subtype", mail(("Content-Type: text\n", "old style words\n")),
         contains=["old style words"])
    case("single-binary-cte", text_mail("表示される本文\n", cte="binary"), text="表示される本文\n")
    case("single-cte-blank-at-end", mail(("Content-Type: text/plain; charset=utf-8\n"
         "Content-Transfer-Encoding: base64 \n", b64(HELLO))), text=HELLO)
    case("single-qp-charset-in-single-quotes", mail(("Content-Type: text/plain; charset='utf-8'\n"
         "Content-Transfer-Encoding: quoted-printable\n", qp(HELLO))), contains=[S1, S2])


def mixes():
    case("mixed-text-and-pdf", mail(multi(plain(HELLO), attach("防災訓練.pdf", PDF, "application/pdf"))),
         text=HELLO, notice=["防災訓練.pdf", "PDF"], sizes={"防災訓練.pdf": len(PDF)},
         report=report(kept=1, removed=1, parts=[{"path": "1", "disposition": "kept"},
                       {"path": "2", "name": "防災訓練.pdf", "type": "application/pdf", "size": len(PDF),
                        "disposition": "removed"}]))
    case("mixed-two-texts", mail(multi(plain("一つ目の文です。\n"), plain("二つ目の文です。\n"))),
         contains=["一つ目の文です。", "二つ目の文です。"], report=report(kept=2))
    case("mixed-text-image-text", mail(multi(plain("写真の前。\n"), attach("IMG_0001.JPG", JPEG, "image/jpeg",
         "inline"), plain("写真の後。\n"))), contains=["写真の前。", "写真の後。"],
         notice=["IMG_0001.JPG", "画像"], report=report(kept=2, removed=1))
    case("mixed-text-attachment-is-text", mail(multi(plain("本文です。\n"), attach("議事録.txt", "議題は予算です。\n",
         "text/plain; charset=utf-8"))), contains=["本文です。", "添付「議事録.txt」の内容", "議題は予算です。"],
         report=report(kept=2, removed=0))
    case("mixed-text-attachment-sjis", mail(multi(plain("本文です。\n"), attach("memo.txt",
         "髙橋様①".encode("cp932"), "text/plain; charset=Shift_JIS"))), contains=["本文です。", "髙橋様①"])
    case("mixed-text-attachment-without-charset", mail(multi(plain("本文です。\n"), attach("memo.txt",
         "申請書の受付は本庁舎一階の市民課窓口で行います。\r\n".encode("cp932"), "text/plain"))),
         contains=["本文です。", "申請書の受付は本庁舎一階の市民課窓口で行います。"])
    case("mixed-html-attachment", mail(multi(plain("本文です。\n"), attach("page.html",
         "<html><body><p>添付の頁です。</p><script>alert(1)</script></body></html>", "text/html; charset=utf-8"))),
         contains=["本文です。", "添付の頁です。"], absent=["alert(1)", "<p>"])
    case("mixed-csv-attachment", mail(multi(plain("名簿です。\n"), attach("meibo.csv", "番号,氏名\n1,佐藤\n2,鈴木\n",
         "text/csv; charset=utf-8"))), contains=["名簿です。", "番号", "佐藤", "鈴木"])
    case("mixed-octet-stream-named-txt", mail(multi(plain("本文です。\n"), attach("data.txt", "x" * 50))),
         contains=["本文です。"], anywhere=["data.txt"])
    case("mixed-ten-attachments", mail(multi(plain(HELLO), *[attach(f"資料{i}.zip", b"PK\3\4" + bytes([i]) * (100 + i),
         "application/zip") for i in range(1, 11)])), contains=[S1], notice=["資料1.zip", "資料10.zip", "10"],
         report=report(kept=1, parts=[{"name": "資料10.zip", "size": 114}]))
    case("mixed-nothing-but-attachments", mail(multi(attach("a.png", PNG, "image/png"), attach("b.jpg", JPEG,
         "image/jpeg"))), notice=["a.png", "b.jpg", "表示できる文字がありません"], report=report(removed=2))
    case("mixed-no-parts", mail(multi()), contains=["■"])
    case("mixed-one-empty-text-and-file", mail(multi(plain(""), attach("scan0001.pdf", PDF, "application/pdf"))),
         notice=["scan0001.pdf"])
    case("mixed-part-without-headers", mail(multi(b"\r\nNo header at all.\r\n", plain("次の文です。\n"))),
         contains=["No header at all.", "次の文です。"])
    case("mixed-preamble-usual-sentence", mail(multi(plain(HELLO), attach("a.pdf", PDF, "application/pdf"),
         preamble="This is a multi-part message in MIME format.\n\n")), text=HELLO,
         absent=["multi-part message"], report=report(kept=1))
    case("mixed-in-mixed-in-mixed", mail(multi(nested(nested(plain("一番奥の文です。\n"), boundary="c"),
         plain("中の文です。\n"), boundary="b"), plain("外の文です。\n"), boundary="a")),
         contains=["一番奥の文です。", "中の文です。", "外の文です。"],
         report=report(kept=3, parts=[{"path": "1.1.1"}, {"path": "1.2"}, {"path": "2"}]))
    for kind in ("parallel", "form-data", "x-unknown-kind", "voice-message", "byteranges", "multilingual"):
        case(f"multipart-{kind}", mail(multi(plain("初めの文です。\n"), plain("終わりの文です。\n"), kind=kind)),
             contains=["初めの文です。", "終わりの文です。"], report=report(kept=2))
    case("multipart-appledouble", mail(multi(plain("添付します。\n"), nested(part(
         "Content-Type: application/applefile; name=plan.xls\nContent-Transfer-Encoding: base64\n",
         b64(b"\0\5\x16\7\0\2\0\0" + b"\0" * 90)), attach("plan.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 90,
         "application/vnd.ms-excel"), kind="appledouble", boundary="ad"))), contains=["添付します。"],
         notice=["plan.xls"], report=report(kept=1, parts=[{"path": "2.1"}, {"path": "2.2"}]))
    case("multipart-without-subtype", fields() + octets('Content-Type: multipart; boundary=zz\n\n--zz\n'
         'Content-Type: text/plain; charset=utf-8\n\n中の文です。\n--zz--\n'), contains=["中の文です。"])


def alternatives():
    alt = lambda p, h, **k: mail(multi(*([p] if p is not None else []), html(h), kind="alternative", **k))
    case("alternative-plain-and-html", alt(plain(HELLO), PAGE), text=HELLO, notice=["別形式"],
         report=report(kept=1, converted=0, parts=[{"path": "1", "disposition": "kept"},
                       {"path": "2", "disposition": "removed"}]))
    case("alternative-empty-plain", alt(plain("\n"), PAGE), contains=[S1, S2], report=report(converted=1))
    case("alternative-blank-plain", alt(plain(" \n\n \u3000\n"), PAGE), contains=[S1, S2], report=report(converted=1))
    long_page = "<p>避難所の開設状況を次のとおりお知らせします。</p>" + "".join(
        f"<p>第{i}避難所の収容人数は{i * 100}人で、現在は受け入れが可能です。</p>" for i in range(1, 30))
    case("alternative-stub-japanese", alt(plain("このメールはHTML形式です。表示できない場合はブラウザでご覧ください。\n"),
         long_page), contains=["避難所の開設状況", "第29避難所"], report=report(converted=1))
    case("alternative-stub-english", alt(plain("Please view this message in a browser.\n"), long_page),
         contains=["避難所の開設状況", "第29避難所"])
    case("alternative-different-words", alt(plain("集合は市役所の正面玄関に午前九時です。持ち物は雨具と飲み物です。\n"),
         "<p>口座番号を新しいものに変更しましたので本日中に全額を振り込んでください。</p>"),
         contains=["集合は市役所の正面玄関"], warnings=1, notice=["文字版とHTML版で内容が異なります"])
    case("alternative-same-words-no-warning", alt(plain(HELLO), PAGE), text=HELLO, warnings_max=0,
         no_notice=["内容が異なります"])
    case("alternative-html-first", mail(multi(html(PAGE), plain(HELLO), kind="alternative")), contains=[S1, S2],
         report=report(kept=1))
    case("alternative-html-only", alt(None, PAGE), contains=[S1, S2], report=report(converted=1, kept=0))
    case("alternative-three-forms", mail(multi(plain(HELLO), part("Content-Type: text/enriched; charset=utf-8\n",
         "<bold>お世話</bold>になっております。\n"), html(PAGE), kind="alternative")), contains=[S1, S2],
         report=report(kept=1))
    case("alternative-with-related-html", mail(multi(plain(HELLO), nested(html(PAGE + "<img src='cid:a@b' alt='地図'>"),
         attach("map.png", PNG, "image/png", "inline", "Content-ID: <a@b>\n"), kind="related", boundary="rel"),
         kind="alternative")), text=HELLO, report=report(kept=1, parts=[{"path": "2.1"}, {"path": "2.2"}]))
    case("alternative-in-mixed-with-file", mail(multi(nested(plain(HELLO), html(PAGE), kind="alternative",
         boundary="alt"), attach("配布資料.pptx", b"PK\3\4" + b"\0" * 300,
         "application/vnd.openxmlformats-officedocument.presentationml.presentation"))), contains=[S1, S2],
         notice=["配布資料.pptx"], report=report(kept=1))
    case("alternative-with-calendar", mail(multi(plain("会議の招集です。議題は予算です。\n"), html("<p>会議の招集です。議題は予算です。</p>"),
         part("Content-Type: text/calendar; charset=utf-8; method=REQUEST\nContent-Transfer-Encoding: base64\n",
         b64("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nTZID:Tokyo Standard Time\n"
             "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\n"
             "END:VTIMEZONE\nBEGIN:VEVENT\nUID:1@example.com\nSUMMARY:予算会議\n"
             "DTSTART;TZID=Tokyo Standard Time:20261201T133000\nDTEND;TZID=Tokyo Standard Time:20261201T150000\n"
             "LOCATION:本庁舎三階\nORGANIZER;CN=山田太郎:mailto:yamada@example.com\n"
             "ATTENDEE;CN=佐藤花子;PARTSTAT=NEEDS-ACTION:mailto:sato@city.example.lg.jp\n"
             "END:VEVENT\nEND:VCALENDAR\n")), kind="alternative")),
         contains=["会議の招集です。"])
    case("related-html-with-image", mail(multi(html("<p>地図を見てください。</p><img src='cid:x' alt='庁舎の地図'>"),
         attach("map.png", PNG, "image/png", "inline", "Content-ID: <x>\n"), kind="related")),
         contains=["地図を見てください。", "[画像: 庁舎の地図]"], report=report(converted=1, removed=1))
    case("related-with-start", mail(multi(attach("logo.gif", b"GIF89a" + b"\0" * 50, "image/gif", "inline",
         "Content-ID: <logo>\n"), html(PAGE, more="Content-ID: <root>\n"), kind="related",
         params='; start="<root>"; type="text/html"')), contains=[S1, S2], report=report(converted=1, removed=1))
    case("related-plain-root", mail(multi(plain(HELLO), attach("x.png", PNG, "image/png"), kind="related")),
         text=HELLO)
    case("alternative-nested-alternative", mail(multi(nested(plain(HELLO), html(PAGE), kind="alternative",
         boundary="in"), html(PAGE), kind="alternative")), contains=[S1, S2])
    case("alternative-plain-part-with-mixed-html-and-file", mail(multi(plain(HELLO), nested(html(PAGE),
         attach("申込書.xlsx", b"PK\3\4" + b"\1" * 200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
         boundary="mx"), kind="alternative")), contains=[S1, S2], notice=["申込書.xlsx"])


INNER = fields(subject="元の件名です", frm="sato@example.org", to="yamada@example.com",
               date="Thu, 19 Nov 2026 09:00:00 +0900", mid="<inner@example.org>")


def inner_message(text, head="Content-Type: text/plain; charset=utf-8\n", subject="元の件名です"):
    return fields(subject=subject, frm="sato@example.org", to="yamada@example.com",
                  date="Thu, 19 Nov 2026 09:00:00 +0900", mid="<inner@example.org>") + octets(head + "\n" + text)


def messages():
    fwd = lambda message, head="Content-Type: message/rfc822\n": part(head, message)
    case("forward-one", mail(multi(plain("転送します。\n"), fwd(inner_message("元の本文です。\n")))),
         contains=["転送します。", "転送されたメール", "sato@example.org", "元の本文です。"], anywhere=["元の件名です"],
         report=report(kept=2, removed=0))
    case("forward-with-name", mail(multi(plain("転送します。\n"), fwd(inner_message("元の本文です。\n"),
         'Content-Type: message/rfc822; name="元.eml"\nContent-Disposition: attachment; filename="元.eml"\n'))),
         contains=["転送します。", "元の件名です", "元の本文です。"])
    third = fwd(inner_message("三つ目の本文です。\n", subject="三つ目"))
    second = fwd(mail(multi(plain("二つ目の本文です。\n"), third, boundary="in2"), subject="二つ目"))
    first = fwd(mail(multi(plain("一つ目の本文です。\n"), second, boundary="in1"), subject="一つ目"))
    case("forward-three-deep", mail(multi(plain("外の本文です。\n"), first)), contains=["外の本文です。", "一つ目",
         "一つ目の本文です。", "二つ目", "二つ目の本文です。", "三つ目", "三つ目の本文です。"], report=report(kept=4))
    case("forward-single-message-body", mail(("Content-Type: message/rfc822\n", inner_message("元の本文です。\n"))),
         contains=["元の件名です", "元の本文です。"], report=report(kept=1))
    case("forward-message-global", mail(multi(plain("転送します。\n"), fwd(fields(frm="山田 <yamada@example.jp>".encode(),
         subject="生の件名です".encode()) + octets("Content-Type: text/plain; charset=utf-8\n\n元の本文です。\n"),
         "Content-Type: message/global\n"))), contains=["転送します。", "生の件名です", "元の本文です。"])
    case("forward-base64-encoded-message", mail(multi(plain("転送します。\n"), part("Content-Type: message/rfc822\n"
         "Content-Transfer-Encoding: base64\n", b64(inner_message("包まれた本文です。\n"))))),
         contains=["転送します。"], report={"ambiguous_min": 1})
    case("forward-with-attachment", mail(multi(plain("転送します。\n"), fwd(mail(multi(plain("元の本文です。\n"),
         attach("契約書.pdf", PDF, "application/pdf"), boundary="i"))))), contains=["転送します。", "元の本文です。"],
         notice=["契約書.pdf"], report=report(kept=2, removed=1))
    case("forward-html-message", mail(multi(plain("転送します。\n"), fwd(html_mail(PAGE)))), contains=["転送します。", S1, S2],
         report=report(kept=1, converted=1))
    case("forward-jis-message", mail(multi(plain("転送します。\n"), fwd(text_mail("古い文字の本文です。\n", "iso-2022-jp",
         "7bit", subject=b"=?ISO-2022-JP?B?" + __import__("base64").b64encode("古い件名".encode("iso-2022-jp")) + b"?=")))),
         contains=["転送します。", "古い件名", "古い文字の本文です。"])
    case("forward-empty-message", mail(multi(plain("転送します。\n"), fwd(b""))), contains=["転送します。"])
    case("digest-default-type", mail(multi(b"\r\n" + inner_message("一通目の本文です。\n", subject="一通目の件名"),
         b"\r\n" + inner_message("二通目の本文です。\n", subject="二通目の件名"), kind="digest")),
         contains=["一通目の件名", "一通目の本文です。", "二通目の件名", "二通目の本文です。"], report=report(kept=2))
    case("digest-in-mailing-list", mail(multi(plain("本日の目次: 一通目、二通目\n"), nested(
         part("Content-Type: message/rfc822\n", inner_message("一通目の本文です。\n", subject="一通目の件名")),
         b"\r\n" + inner_message("二通目の本文です。\n", subject="二通目の件名"), kind="digest", boundary="dg"),
         plain("ここまで配信です。\n")), extra="List-Id: <ml.example.org>\nPrecedence: list\n"),
         contains=["本日の目次", "一通目の件名", "一通目の本文です。", "二通目の件名", "二通目の本文です。", "ここまで配信です。"],
         headers={"List-Id": "<ml.example.org>", "Precedence": "list"})


def reports():
    postfix = multi(
        part("Content-Description: Notification\nContent-Type: text/plain; charset=utf-8\n",
             "This is the mail system at host mx.example.org.\n\n<nobody@example.jp>: host mail.example.jp said:\n"
             "    550 5.1.1 <nobody@example.jp>: Recipient address rejected: User unknown\n"),
        part("Content-Description: Delivery report\nContent-Type: message/delivery-status\n",
             "Reporting-MTA: dns; mx.example.org\nX-Postfix-Queue-ID: 4ABCDE\n"
             "Arrival-Date: Fri, 20 Nov 2026 09:59:00 +0900 (JST)\n\nFinal-Recipient: rfc822; nobody@example.jp\n"
             "Original-Recipient: rfc822;nobody@example.jp\nAction: failed\nStatus: 5.1.1\n"
             "Remote-MTA: dns; mail.example.jp\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"),
        part("Content-Description: Undelivered Message\nContent-Type: message/rfc822\n",
             inner_message("届かなかった本文です。\n", subject="届かなかった件名")),
        kind="report", params="; report-type=delivery-status")
    case("bounce-postfix", mail(postfix, frm="MAILER-DAEMON@mx.example.org", subject="Undelivered Mail Returned to Sender",
         extra="Auto-Submitted: auto-replied\n"), contains=["User unknown", "nobody@example.jp", "5.1.1", "届かなかった件名",
         "届かなかった本文です。"], headers={"Auto-Submitted": "auto-replied"}, report=report(removed=0, unreadable=0))
    case("bounce-headers-only", mail(multi(plain("The message could not be delivered.\n"),
         part("Content-Type: message/delivery-status\n", "Reporting-MTA: dns; a.example\n\n"
              "Final-Recipient: rfc822; x@example.jp\nAction: failed\nStatus: 5.2.2\n"
              "Diagnostic-Code: smtp; 552 5.2.2 mailbox full\n"),
         part("Content-Type: text/rfc822-headers\n", octets("From: yamada@example.com\nSubject: ") + word("満杯で戻る件名")
              + octets("\nMessage-ID: <a@example.com>\n")), kind="report", params="; report-type=delivery-status")),
         contains=["could not be delivered", "x@example.jp", "mailbox full"], anywhere=["満杯で戻る件名"],
         report=report(removed=0, unreadable=0))
    case("bounce-gmail", mail(multi(nested(nested(plain("アドレスが見つからなかったため、メールは nobody@example.jp に配信されませんでした。\n"),
         html("<p>アドレスが見つからなかったため、メールは nobody@example.jp に配信されませんでした。</p>"), kind="alternative",
         boundary="a2"), attach("icon.png", PNG, "image/png", "inline"), kind="related", boundary="a1"),
         part("Content-Type: message/delivery-status\n", "Reporting-MTA: dns; googlemail.com\n"
              "Received-From-MTA: dns; someone@gmail.com\n\nFinal-Recipient: rfc822; nobody@example.jp\nAction: failed\n"
              "Status: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"),
         part("Content-Type: message/rfc822\n", inner_message("届かない本文です。\n", subject="届かない件名")),
         kind="report", params="; report-type=delivery-status"), frm="mailer-daemon@googlemail.com"),
         contains=["配信されませんでした", "does not exist", "届かない件名"])
    case("bounce-exchange", mail(multi(nested(plain("次の受信者または配布リストへの配信に失敗しました。\n\nnobody@example.jp\n"),
         html("<p>次の受信者または配布リストへの配信に失敗しました。</p><p>nobody@example.jp</p>"), kind="alternative", boundary="x"),
         part("Content-Type: message/delivery-status\n", "Reporting-MTA: dns;EXCH01.example.local\n\n"
              "Original-recipient: rfc822;nobody@example.jp\nFinal-recipient: rfc822;nobody@example.jp\nAction: failed\n"
              "Status: 5.1.10\nRemote-MTA: dns;mx.example.jp\nX-Display-Name: =?utf-8?B?5bGx55Sw?=\n"),
         part("Content-Type: message/rfc822\n", inner_message("社内からの本文です。\n", subject="社内からの件名")),
         kind="report", params="; report-type=delivery-status")),
         contains=["配信に失敗しました", "5.1.10", "社内からの件名", "社内からの本文です。"])
    case("bounce-qmail-plain", text_mail("Hi. This is the qmail-send program at example.org.\nI'm afraid I wasn't able to "
         "deliver your message.\n\n<nobody@example.jp>:\nSorry, no mailbox here by that name.\n\n"
         "--- Below this line is a copy of the message.\n\nSubject: old subject\n\nThe text.\n", frm="MAILER-DAEMON@example.org"),
         contains=["qmail-send", "no mailbox here", "old subject", "The text."])
    case("bounce-delayed", mail(multi(plain("THIS IS A WARNING MESSAGE ONLY.\n"), part(
         "Content-Type: message/delivery-status\n", "Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; x@example.jp\n"
         "Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: Wed, 25 Nov 2026 10:00:00 +0900\n"), kind="report",
         params="; report-type=delivery-status")), contains=["WARNING MESSAGE ONLY", "x@example.jp", "4.4.1"],
         anywhere=["delayed"])
    case("bounce-utf8-status", mail(multi(plain("配信できませんでした。\n"), part("Content-Type: message/global-delivery-status\n"
         "Content-Transfer-Encoding: 8bit\n", "Reporting-MTA: dns; a.example\n\nFinal-Recipient: utf-8; 宛先@example.jp\n"
         "Action: failed\nStatus: 5.1.1\n"), kind="report", params="; report-type=delivery-status")),
         contains=["配信できませんでした。", "宛先@example.jp", "5.1.1"])
    case("mdn-read-receipt", mail(multi(plain("開封されたことを確認しました。\n"), part("Content-Type: message/disposition-notification\n",
         "Reporting-UA: pc.example; Mailer\nFinal-Recipient: rfc822; sato@example.jp\n"
         "Original-Message-ID: <orig@example.com>\nDisposition: manual-action/MDN-sent-manually; displayed\n"),
         kind="report", params="; report-type=disposition-notification")),
         contains=["開封されたことを確認しました。", "sato@example.jp", "displayed"], report=report(removed=0, unreadable=0))
    case("mdn-deleted-unread", mail(multi(plain("Your message was deleted without being read.\n"), part(
         "Content-Type: message/disposition-notification\n", "Final-Recipient: rfc822; sato@example.jp\n"
         "Disposition: automatic-action/MDN-sent-automatically; deleted\n"), kind="report",
         params="; report-type=disposition-notification")), contains=["without being read"], anywhere=["deleted"])
    case("feedback-report", mail(multi(plain("This is an email abuse report.\n"), part("Content-Type: message/feedback-report\n",
         "Feedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\nSource-IP: 192.0.2.1\n"
         "Original-Mail-From: <spam@example.net>\n"), part("Content-Type: message/rfc822\n",
         inner_message("迷惑な本文です。\n", subject="迷惑な件名")), kind="report", params="; report-type=feedback-report")),
         contains=["abuse report", "192.0.2.1", "迷惑な件名"], report=report(removed=0, unreadable=0))
    case("report-dmarc-aggregate", mail(multi(plain("This is a DMARC aggregate report.\n"),
         attach("example.org!city.example.lg.jp!1!2.xml.gz", b"\x1f\x8b\x08\0" + b"\0" * 100, "application/gzip"))),
         contains=["DMARC aggregate"], anywhere=["xml.gz"])


def crypto():
    smime = attach("smime.p7s", b"0\x80\6\x09*\x86H\x86\xf7\r\1\7\2\xa0\x80" + b"\1" * 300, "application/pkcs7-signature")
    case("signed-smime", mail(multi(plain(HELLO), smime, kind="signed",
         params='; protocol="application/pkcs7-signature"; micalg=sha-256')), text=HELLO, notice=["smime.p7s"],
         report=report(kept=1, removed=1))
    case("signed-smime-html", mail(multi(nested(plain(HELLO), html(PAGE), kind="alternative", boundary="i"), smime,
         kind="signed", params='; protocol="application/pkcs7-signature"; micalg=sha-256')), contains=[S1, S2])
    case("signed-pgp-mime", mail(multi(plain(HELLO), part('Content-Type: application/pgp-signature; name="signature.asc"\n',
         "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEEabcdefg=\n=abcd\n-----END PGP SIGNATURE-----\n"), kind="signed",
         params='; protocol="application/pgp-signature"; micalg=pgp-sha256')), text=HELLO, absent=["iQEzBAEBCAAd"],
         report=report(kept=1, removed=1))
    case("encrypted-pgp-mime", mail(multi(part("Content-Type: application/pgp-encrypted\n", "Version: 1\n"),
         part('Content-Type: application/octet-stream; name="encrypted.asc"\n', "-----BEGIN PGP MESSAGE-----\n\n"
              "hQEMA1234567890abcdefgh\n=abcd\n-----END PGP MESSAGE-----\n"), kind="encrypted",
         params='; protocol="application/pgp-encrypted"')), absent=["hQEMA12345", "\nVersion: 1"],
         notice=["encrypted.asc", "暗号化"], report=report(removed=2))
    p7m = b"0\x80\6\x09*\x86H\x86\xf7\r\1\7\3\xa0\x80" + b"\2" * 400
    case("encrypted-smime", mail(('Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\n'
         "Content-Transfer-Encoding: base64\n", b64(p7m))), notice=["smime.p7m", "暗号化"], absent=["MIAGCSqG"],
         report=report(removed=1, parts=[{"name": "smime.p7m", "size": len(p7m)}]))
    case("signed-smime-opaque", mail(('Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\n'
         "Content-Transfer-Encoding: base64\n", b64(p7m))), notice=["smime.p7m"], report=report(removed=1))
    case("signed-pgp-inline", text_mail("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n署名された本文です。\n"
         "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEEabcdefgh\nijklmnopqrstuvwxyz01234=\n=abcd\n"
         "-----END PGP SIGNATURE-----\n"), contains=["署名された本文です。"], absent=["iQEzBAEBCAAd"],
         report=report(removed=1))
    case("encrypted-pgp-inline", text_mail("前文です。\n-----BEGIN PGP MESSAGE-----\nVersion: X\n\n"
         "hQEMA1234567890abcdefgh\nijklmnopqrstuvwxyz01234=\n=abcd\n-----END PGP MESSAGE-----\n後文です。\n"),
         contains=["前文です。", "後文です。"], absent=["hQEMA12345"], report=report(kept=1, removed=1))
    case("tnef-winmail", mail(multi(plain(HELLO), attach("winmail.dat", b"\x78\x9f\x3e\x22" + b"\0" * 300,
         "application/ms-tnef"))), contains=[S1, S2], notice=["winmail.dat"])


def others():
    for kind, body in (("partial; id=\"a@b\"; number=2; total=3", "middle of it\n"),
                       ("partial; id=\"a@b\"; number=1; total=2", "Subject: x\nContent-Type: text/plain\n\nstart of it\n")):
        number = "1" if "number=1" in kind else "2"
        case(f"message-partial-{number}", mail((f"Content-Type: message/{kind}\n", body)),
             absent=["of it"], report=report(removed=1), notice=["分割されたメールの一部"])
    case("message-external-body-url", mail(multi(plain("資料はこちらです。\n"), part(
         'Content-Type: message/external-body; access-type=URL; URL="http://evil.example/file.exe"\n',
         "Content-Type: application/octet-stream\nContent-ID: <z@example>\n\nTHIS IS NOT REALLY THE BODY\n"))),
         contains=["資料はこちらです。"], absent=["evil.example", "NOT REALLY"], notice=["外部を参照"],
         report=report(kept=1, removed=1))
    case("message-external-body-ftp", mail(("Content-Type: message/external-body; access-type=anon-ftp;\n"
         ' site="ftp.evil.example"; directory="pub"; name="tool.exe"\n', "Content-Type: application/octet-stream\n\n")),
         absent=["ftp.evil.example"], notice=["外部を参照"], report=report(removed=1))
    case("message-http", mail(multi(plain("本文です。\n"), part("Content-Type: message/http\n", "GET / HTTP/1.1\nHost: a\n\n"))),
         contains=["本文です。"])
    case("text-enriched", mail(("Content-Type: text/enriched; charset=utf-8\n", "<bold>重要</bold>なお知らせです。\n\n"
         "<color><param>red</param>締切</color>は<italic>金曜</italic>です。 1 << 2\n")),
         contains=["重要なお知らせです。", "締切は金曜です。", "1 < 2"], absent=["<bold>", "<param>", "red"],
         report=report(converted=1))
    case("text-richtext", mail(("Content-Type: text/richtext; charset=us-ascii\n", "<bold>Now</bold> is the time<nl>\n"
         "for all.<nl>\n")), contains=["Now is the time", "for all."], absent=["<bold>", "<nl>"])
    case("text-vcard", mail(multi(plain("名刺を送ります。\n"), attach("yamada.vcf", "BEGIN:VCARD\nVERSION:3.0\nN:山田;太郎;;;\n"
         "FN:山田 太郎\nORG:株式会社例;営業部\nTEL;TYPE=WORK,VOICE:03-1234-5678\nEMAIL:yamada@example.com\nEND:VCARD\n",
         "text/vcard; charset=utf-8"))), contains=["名刺を送ります。"], anywhere=["山田 太郎", "株式会社例", "03-1234-5678",
         "yamada@example.com"], report=report(kept=1, converted=1))
    case("text-x-vcard-21-qp", mail(multi(plain("名刺です。\n"), part("Content-Type: text/x-vcard; name=a.vcf\n"
         "Content-Transfer-Encoding: 7bit\n", "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
         "=E4=BD=90=E8=97=A4;=E8=8A=B1=E5=AD=90\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
         "=E4=BD=90=E8=97=A4=E8=8A=B1=E5=AD=90\nTEL;HOME:090-0000-0000\nEND:VCARD\n"))),
         contains=["名刺です。"], anywhere=["佐藤花子", "090-0000-0000"])
    event = ("BEGIN:VCALENDAR\nPRODID:-//x//y\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VTIMEZONE\nTZID:Asia/Tokyo\nBEGIN:STANDARD\n"
             "DTSTART:19700101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nTZNAME:JST\nEND:STANDARD\nEND:VTIMEZONE\n"
             "BEGIN:VEVENT\nUID:e1@example.com\nSUMMARY:防災計画の\n 見直し会議\nDTSTART;TZID=Asia/Tokyo:20261201T133000\n"
             "DTEND;TZID=Asia/Tokyo:20261201T150000\nLOCATION:本庁舎三階\\, 大会議室\n"
             "ORGANIZER;CN=山田太郎:mailto:yamada@example.com\n"
             "ATTENDEE;CN=佐藤花子;ROLE=REQ-PARTICIPANT:mailto:sato@city.example.lg.jp\n"
             "DESCRIPTION:資料を\\n持参してください。\nBEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY\nEND:VALARM\n"
             "END:VEVENT\nEND:VCALENDAR\n")
    what = dict(anywhere=["防災計画の見直し会議", "本庁舎三階, 大会議室", "佐藤花子", "山田太郎", "持参してください。"],
                matches=[r"2026[-/年]\s?12[-/月]\s?0?1", "13[:時]30", "15[:時]00", r"Tokyo|JST|\+09:?00|日本"],
                absent=["BEGIN:", "UID:", "TRIGGER", "\\,"])
    case("calendar-request-tzid", mail(multi(plain("招集します。\n"), part("Content-Type: text/calendar; charset=utf-8;"
         " method=REQUEST\nContent-Transfer-Encoding: 8bit\n", event.format(method="REQUEST")))), contains=["招集します。"],
         report=report(converted=1, kept=1), **what)
    case("calendar-cancel-attachment", mail(multi(plain("取り消します。\n"), attach("invite.ics", event.format(method="CANCEL"),
         "text/calendar; charset=utf-8; method=CANCEL"))), contains=["取り消します。"], **what)
    case("calendar-utc", mail(("Content-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
         "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:遠隔会議\nDTSTART:20261201T043000Z\nDURATION:PT1H\nEND:VEVENT\n"
         "END:VCALENDAR\n")), anywhere=["遠隔会議"], matches=[r"0?4[:時]30.*(UTC|Z|GMT|協定)|13[:時]30.*(JST|\+09|日本|Tokyo)"])
    case("calendar-with-inline-attach", mail(("Content-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
         "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:会議\nDTSTART:20261201T043000Z\n"
         "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAA" * 3 + "\nEND:VEVENT\nEND:VCALENDAR\n")),
         anywhere=["会議"], absent=["TVqQAAMAAAAE"])
    case("flowed-delsp-japanese", text_mail("この文は送り手の都合で途中で \n折られていますが、一つの \n文です。\n\n次の段落です。\n",
         params="; format=flowed; delsp=yes"), contains=["この文は送り手の都合で途中で折られていますが、一つの文です。", "次の段落です。"])
    case("flowed-ascii-and-quotes", text_mail("This paragraph was broken \nby its sender.\n\n> A quote of two \n> lines.\n"
         " From here on.\n-- \nYamada\n", params="; format=flowed"),
         contains=["This paragraph was broken by its sender.", "> A quote of two lines.", "From here on.", "Yamada"])
    case("flowed-not-declared", text_mail("Not flowed \nat all.\n"), contains=["Not flowed", "at all."],
         absent=["flowed at"])
    case("mailing-list-footer", mail(multi(plain("投稿の本文です。\n"), part("Content-Type: text/plain; charset=iso-2022-jp\n"
         "Content-Transfer-Encoding: 7bit\nContent-Disposition: inline\n", "退会はこちらへ\n".encode("iso-2022-jp"))),
         extra="List-Id: Bousai ML <bousai.ml.example.org>\nList-Unsubscribe: <mailto:leave@ml.example.org>\nPrecedence: list\n"
               "X-ML-Name: bousai\n", subject="[bousai:00123] 投稿"),
         contains=["投稿の本文です。", "退会はこちらへ"], headers={"List-Id": "<bousai.ml.example.org>",
         "Subject": "[bousai:00123] 投稿", "List-Unsubscribe": None, "X-ML-Name": None})
    case("mac-resource-fork-binhex-part", mail(multi(plain("送ります。\n"), part("Content-Type: application/mac-binhex40; name=a.hqx\n",
         "(This file must be converted with BinHex 4.0)\n\n:$f*TEQKPH#jdCA4aC@4b!!!:\n"))), contains=["送ります。"],
         notice=["a.hqx"], absent=["TEQKPH"])


def build():
    for make in (singles, mixes, alternatives, messages, reports, crypto, others):
        make()
