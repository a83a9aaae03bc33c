"""make_real.py - the shapes that mail programs, carriers and services give to ordinary mail"""

import base64

from make_charsets import jis
from make_lib import DATE, attach, b64, case, fields, html, html_mail, mail, multi, nested, octets, part, plain, qp, text_mail, word

DOC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 400
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 80


def iso(text):
    return jis(text).replace(b"\n", b"\r\n")


def build():
    outlook = ('<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
               '<meta name=Generator content="Microsoft Word 15"><style><!--\n@font-face{font-family:"ＭＳ ゴシック"}\n'
               'p.MsoNormal{margin:0mm;font-size:10.5pt}\n--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit"/></xml><![endif]-->'
               '</head><body lang=JA><div class=WordSection1><p class=MsoNormal>総務課　御中<o:p></o:p></p><p class=MsoNormal>'
               '<span lang=EN-US><o:p>&nbsp;</o:p></span></p><p class=MsoNormal>見積書を送付いたします。<o:p></o:p></p></div></body></html>')
    case("real-outlook-html", mail(multi(nested(part("Content-Type: text/plain; charset=\"iso-2022-jp\"\nContent-Transfer-Encoding: 7bit\n",
         iso("総務課　御中\n\n見積書を送付いたします。\n")), part("Content-Type: text/html; charset=\"iso-2022-jp\"\n"
         "Content-Transfer-Encoding: quoted-printable\n", qp(outlook.encode("iso-2022-jp", "xmlcharrefreplace"))), kind="alternative",
         boundary="_000_TY2PR01"), attach("=?iso-2022-jp?B?" + base64.b64encode(jis("見積書.doc")).decode() + "?=", DOC, "application/msword"),
         boundary="_004_TY2PR01"), extra="X-MS-Has-Attach: yes\nAccept-Language: ja-JP\nThread-Index: AdXYZ\n"),
         contains=["総務課　御中", "見積書を送付いたします。"], notice=["見積書.doc"], headers={"Thread-Index": None}, report={"ambiguous": 0})
    case("real-outlook-html-only", html_mail(outlook), contains=["総務課　御中", "見積書を送付いたします。"],
         absent=["MsoNormal", "font-face", "shapedefaults"])
    case("real-outlook-reply-header", html_mail("<div><p>承知しました。</p></div><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> "
         "佐藤 &lt;sato@city.example.lg.jp&gt;<br><b>Sent:</b> Friday<br><b>Subject:</b> 件名</p></div><p>元の文です。</p>"),
         contains=["承知しました。", "From:", "佐藤 <sato@city.example.lg.jp>", "元の文です。"])
    case("real-gmail", mail(multi(plain("添付します。\n\n2026年11月19日(木) 9:00 佐藤 <sato@example.jp>:\n\n> お願いします。\n"),
         html('<div dir="ltr">添付します。</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">2026年11月19日(木) 9:00 佐藤 '
              '&lt;<a href="mailto:sato@example.jp">sato@example.jp</a>&gt;:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">'
              'お願いします。</blockquote></div>'), kind="alternative", boundary="000000000000abcdef05")),
         contains=["添付します。", "> お願いします。"], warnings_max=0)
    case("real-gmail-html-quote", html_mail('<div dir="ltr">承知です。</div><blockquote class="gmail_quote">お願いします。</blockquote>'),
         contains=["承知です。", "> お願いします。"])
    case("real-iphone-photo", mail(multi(part("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n", b64("現場の写真です。\n\n")),
         attach("IMG_1234.HEIC", b"\0\0\0\x24ftypheic" + b"\0" * 200, "image/heic", "inline"), part("Content-Type: text/plain; charset=utf-8\n"
         "Content-Transfer-Encoding: base64\n", b64("\n\niPhoneから送信\n")), boundary="Apple-Mail-1-2"), extra="X-Mailer: iPhone Mail (20A)\n",
         mime="1.0 (1.0)"), contains=["現場の写真です。", "iPhoneから送信"], notice=["IMG_1234.HEIC"], headers={"X-Mailer": None})
    case("real-apple-mail-two-html", mail(multi(plain("前の文です。\n\n後の文です。\n"), nested(html("<div>前の文です。</div>"),
         attach("図.pdf", b"%PDF-1.4\n" + b"%" * 90, "application/pdf", "inline"), html("<div>後の文です。</div>"), boundary="in"),
         kind="alternative", boundary="Apple-Mail-3")), contains=["前の文です。", "後の文です。"], notice=["図.pdf"])
    case("real-thunderbird", mail(("Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 8bit\n"
         "Content-Language: ja\n", "お世話になります。\n\n> 引用です。\n\n以上です。\n"), extra="User-Agent: Mozilla Thunderbird\n"),
         contains=["お世話になります。", "> 引用です。", "以上です。"], headers={"User-Agent": None})
    case("real-thunderbird-forward-inline", text_mail("転送します。\n\n-------- 転送されたメッセージ --------\n件名: \t元の件名\n日付: \tThu, 19 Nov 2026\n"
         "送信元: \tsato@example.jp\n\n元の文です。\n"), contains=["転送します。", "転送されたメッセージ", "元の件名", "元の文です。"])
    case("real-becky", fields(subject=b"=?ISO-2022-JP?B?" + base64.b64encode(jis("見積の件")) + b"?=") + octets("X-Mailer: Becky! ver. 2.75 [ja]\n"
         "Content-Type: text/plain; charset=\"ISO-2022-JP\"\nContent-Transfer-Encoding: 7bit\n\n") + iso("①見積書　㈱例\nｶﾀｶﾅ\n"),
         text="①見積書　㈱例\nｶﾀｶﾅ\n", headers={"Subject": "見積の件"})
    case("real-docomo", fields(subject=b"=?Shift_JIS?B?" + base64.b64encode("今日の件".encode("cp932")) + b"?=", frm="taro..x.@docomo.ne.jp")
         + octets("Content-Type: text/plain; charset=Shift_JIS\nContent-Transfer-Encoding: 8bit\n\n") + "了解です。\r\n".encode("cp932"),
         contains=["了解です。"], headers={"Subject": "今日の件", "From": '"taro..x."@docomo.ne.jp'})
    case("real-decome-html", mail(multi(nested(nested(part("Content-Type: text/plain; charset=iso-2022-jp\n", iso("お祝いです。\n")),
         part("Content-Type: text/html; charset=iso-2022-jp\n", iso('<body bgcolor="#FFCCCC"><marquee>お祝いです。</marquee><img src="cid:0"></body>\n')),
         kind="alternative", boundary="a"), attach("deco.gif", b"GIF89a" + b"\0" * 40, "image/gif", "inline", "Content-ID: <0>\n"), kind="related",
         boundary="r"), boundary="m")), contains=["お祝いです。"], notice=["deco.gif"])
    case("real-ezweb-photo", mail(multi(part("Content-Type: text/plain; charset=iso-2022-jp\n", iso("写真です。\n")),
         attach("110101_1000~01.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 90 + b"\xff\xd9", "image/jpeg"))), contains=["写真です。"], notice=["110101_1000~01.jpg"])
    case("real-groupware-notice", text_mail("【グループウェア】予定が登録されました。\n\n件名：予算会議\n日時：2026/12/01 13:30～15:00\n参加者：山田、佐藤\n",
         frm="no-reply@groupware.example.jp", extra="Auto-Submitted: auto-generated\n"), contains=["予定が登録されました。", "件名：予算会議", "13:30～15:00"],
         headers={"Auto-Submitted": "auto-generated"})
    case("real-exchange-voting", mail(multi(plain("出欠をお願いします。\n"), attach("winmail.dat", b"\x78\x9f\x3e\x22\1\0" + b"\0" * 200, "application/ms-tnef"),
         boundary="_002_")), contains=["出欠をお願いします。"], notice=["winmail.dat"])
    case("real-scanner", mail(multi(part("Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n", "This E-mail was sent from \"RNP0026\".\n\nScan Date: 11.20.2026\n"),
         attach("202611201000.pdf", b"%PDF-1.4\n" + b"%" * 400, "application/pdf")), subject="Message from \"RNP0026\"", frm="scanner@city.example.lg.jp"),
         contains=["This E-mail was sent from \"RNP0026\"."], notice=["202611201000.pdf"])
    case("real-cron", text_mail("/bin/sh: 1: backup: not found\n", "us-ascii", subject="Cron <root@host> backup", frm='"(Cron Daemon)" <root@host.example.jp>'),
         text="/bin/sh: 1: backup: not found\n", headers={"Subject": "Cron <root@host> backup"})
    case("real-zip-with-password-follows", mail(multi(plain("添付ファイルのパスワードは別途お送りします。\n"), attach("資料_20261120.zip",
         b"PK\3\4\x14\0\1\0\0\0" + b"\0" * 200, "application/x-zip-compressed"))), contains=["パスワードは別途"], notice=["資料_20261120.zip", "圧縮ファイル"],
         sizes={"資料_20261120.zip": 210})
    news = ('<table width="100%" bgcolor="#eeeeee"><tr><td align=center><table width=600><tr><td><h1 style="color:#333">週刊お知らせ</h1></td></tr>'
            '<tr><td style="font-size:14px">今週の催しをご案内します。<a href="https://click.example.com/?u=12345&amp;c=1">詳しく見る</a></td></tr>'
            '<tr><td style="font-size:10px;color:#999">配信停止は<a href="https://example.com/stop">こちら</a></td></tr></table></td></tr></table>'
            '<img src="https://open.example.com/o.gif" width="1" height="1">')
    case("real-newsletter", html_mail('<div style="display:none;max-height:0">先読みの文</div>' + news, extra="List-Unsubscribe: <https://example.com/u>\n"
         "Precedence: bulk\n"), contains=["週刊お知らせ", "今週の催し", "詳しく見る", "click[.]example[.]com", "配信停止は", "こちら"],
         absent=["先読みの文", "open.example", "open[.]example", "https://"], headers={"Precedence": "bulk", "List-Unsubscribe": None})
    case("real-phishing", html_mail("<p>お客様の口座が停止されました。</p><p><a href='http://203.0.113.5/bank/'>https://www.bank.example.jp/login</a></p>"
         "<div style='font-size:0;color:#fff'>random words to confuse filters</div>", frm='"銀行 <info@bank.example.jp>" <x@evil.example>'.encode()),
         contains=["口座が停止", "bank[.]example[.]jp"], absent=["random words", "://"], warnings=2,
         notice=["行き先が違うリンク", "差出人の表示名", "隠されていました"])
    case("real-vacation", text_mail("不在にしております。\n", subject="自動応答: 打合せの件", extra="Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n"
         "Precedence: junk\n"), text="不在にしております。\n", headers={"Auto-Submitted": "auto-replied", "Precedence": "junk"})
    case("real-fax-gateway", mail(multi(part("Content-Type: text/html\n", "<html><body>FAX を受信しました。<br>頁数: 3</body></html>"),
         attach("fax0001.tif", b"II*\0" + b"\0" * 100, "image/tiff"))), contains=["FAX を受信しました。\n頁数: 3"], notice=["fax0001.tif"])
    case("real-lotus-notes", mail(multi(part("Content-type: text/plain; charset=ISO-2022-JP\nContent-transfer-encoding: 7BIT\n", iso("会議の件です。\n")),
         part("Content-type: application/octet-stream; \n\tname=\"=?ISO-2022-JP?B?" + base64.b64encode(jis("資料.lwp")).decode() + "?=\"\n"
              "Content-transfer-encoding: base64\nContent-Disposition: attachment; filename=\"=?ISO-2022-JP?B?" + base64.b64encode(jis("資料.lwp")).decode()
              + "?=\"\n", b64(b"WordPro" + b"\0" * 100)), boundary="0__=A1")), contains=["会議の件です。"], notice=["資料.lwp"])
    case("real-jalert-short", text_mail("訓練 これは訓練です\n", "iso-2022-jp", "7bit", subject="訓練"), text="訓練 これは訓練です\n")
    case("real-lgwan-approval-mail", text_mail("電子申請が届きました。\n\n受付番号：2026-000123\n手続名：住民票の写し\nURL：https://shinsei.example.lg.jp/a?id=1&k=2\n"),
         contains=["電子申請が届きました。", "2026-000123", "住民票の写し", "shinsei[.]example[.]lg[.]jp"], absent=["https://"])
    case("real-yahoo-groups-old", fields(mime=None, date="Mon, 3 Mar 2003 3:03:03 JST") + octets("\n") + iso("昔の文です。\n"), text="昔の文です。\n")
    case("real-hotmail-html-base64", mail(("Content-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: base64\n",
         b64("<html><head><style type=\"text/css\">P{margin:0}</style></head><body dir=ltr><div>了解しました。</div></body></html>"))),
         contains=["了解しました。"], absent=["margin"])
    case("real-attachment-only-named-body", mail(multi(part("Content-Type: text/plain; charset=utf-8; name=\"body.txt\"\n", "名前のある本文です。\n"),
         attach("a.xls", DOC, "application/vnd.ms-excel"))), contains=["名前のある本文です。"], notice=["a.xls", "表計算"])
    case("real-e-mail-as-eml-file", mail(multi(plain("迷惑メールの報告です。\n"), attach("sample.eml", text_mail("中の本文です。\n", subject="中の件名"),
         "application/octet-stream"))), contains=["迷惑メールの報告です。"], notice=["sample.eml"])
