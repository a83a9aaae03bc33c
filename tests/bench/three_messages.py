#!/usr/bin/python3
"""three_messages.py - the three messages that speed is measured with

    three_messages.py DIRECTORY

writes small.eml (9 KB: text and HTML), medium.eml (138 KB: the same with a .docx) and large.eml (9.5 MB: with a PDF),
always the same octets: a figure is one of a message, and tomorrow's message has to be today's. What is random in real
files (compressed data) is SHAKE-128 of a word.
"""

import base64
import hashlib
import io
import pathlib
import sys
import zipfile

EPOCH = (2024, 4, 1, 9, 0, 0)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

PARAGRAPH = ("お世話になっております。総務課の山田です。先日ご相談しました件につきまして、下記のとおりご連絡いたします。"
             "ご不明な点がございましたら、お手数ですが本メールへの返信にてお知らせください。よろしくお願いいたします。")

HEADER = """\
Received: from mail.example.co.jp (mail.example.co.jp [192.0.2.10])
\tby mx.city.example.lg.jp (Postfix) with ESMTPS id 4V7ABC1234
\tfor <soumu@city.example.lg.jp>; Mon,  1 Apr 2024 09:00:00 +0900 (JST)
Received: from desktop (unknown [198.51.100.7])
\tby mail.example.co.jp (Postfix) with ESMTPSA id 4V7ABC0001;
\tMon,  1 Apr 2024 08:59:58 +0900 (JST)
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.co.jp; s=s1;
\tt=1711929598; h=from:to:subject:date; bh=%(hash)s;
\tb=%(signature)s
Date: Mon, 1 Apr 2024 08:59:57 +0900
From: %(from)s <yamada@example.co.jp>
To: %(to)s <soumu@city.example.lg.jp>
Cc: <kikaku@city.example.lg.jp>
Message-ID: <20240401085957.%(name)s@example.co.jp>
Subject: %(subject)s
X-Mailer: Example Mail 1.0
User-Agent: Example/1.0
MIME-Version: 1.0
Content-Type: multipart/%(kind)s; boundary="%(boundary)s"
"""


def noise(word, octets):
    return hashlib.shake_128(word.encode()).digest(octets)


def encoded_word(text):
    return "=?UTF-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def base64_lines(octets):
    return base64.encodebytes(octets).decode()


def text_part():
    text = "\n".join([PARAGRAPH] * 4) + "\n\nhttps://www.city.example.lg.jp/soumu/index.html\n"
    return ("Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: base64\n\n"
            + base64_lines(text.encode()))


def html_part():
    row = ('<tr><td style="padding:4px;color:#333333">項目%d</td><td><a href="https://www.example.co.jp/%d?utm=mail">'
           "詳細はこちら</a></td></tr>\n")
    html = ("<!DOCTYPE html><html><head><meta charset=utf-8><style>p{margin:0 0 1em}.s{color:#888}</style></head><body>\n"
            + "".join(f"<p>{PARAGRAPH}</p>\n" for _ in range(4))
            + "<table>" + "".join(row % (number, number) for number in range(17)) + "</table>\n"
            + '<p class="s">&copy; Example<img src="https://www.example.co.jp/pixel.gif" width=1 height=1></p></body></html>\n')
    return ("Content-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: base64\n\n"
            + base64_lines(html.encode()))


def attachment(media_type, name, octets):
    return (f'Content-Type: {media_type}; name="{name}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{name}"\n\n' + base64_lines(octets))


def docx():
    body = "".join(f"<w:p><w:r><w:t>{number}. {PARAGRAPH}</w:t></w:r></w:p>" for number in range(40))
    document = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxml'
                f'formats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>')
    types = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/'
             'package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in (("[Content_Types].xml", types.encode()), ("word/document.xml", document.encode()),
                             ("word/media/image1.png", b"\x89PNG\r\n\x1a\n" + noise("image", 79_000))):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), octets)
    return out.getvalue()


def pdf():
    stream = noise("page", 6_900_000)
    return (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Length "
            + str(len(stream)).encode() + b">>\nstream\n" + stream + b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n")


def multipart(boundary, parts):
    return "".join(f"--{boundary}\n{part}" for part in parts) + f"--{boundary}--\n"


def message(name, extra):
    header = HEADER % {
        "name": name, "kind": "mixed" if extra else "alternative", "boundary": "outer" if extra else "inner",
        "hash": base64.b64encode(noise("bh", 32)).decode(),
        "signature": base64.b64encode(noise("b", 256)).decode(),
        "from": encoded_word("山田 太郎"), "to": encoded_word("総務課"),
        "subject": encoded_word("令和6年度の打合せについて")}
    body = multipart("inner", [text_part(), html_part()])
    if extra:
        body = multipart("outer", ['Content-Type: multipart/alternative; boundary="inner"\n\n' + body, extra])
    return (header + "\n" + body).replace("\n", "\r\n").encode()


def all_messages():
    """Name -> octets with CRLF."""
    return {
        "small": message("small", ""),
        "medium": message("medium", attachment(DOCX, "report.docx", docx())),
        "large": message("large", attachment("application/pdf", "plan.pdf", pdf())),
    }


def main():
    directory = pathlib.Path(sys.argv[1])
    for name, octets in all_messages().items():
        (directory / f"{name}.eml").write_bytes(octets)
        print(f"{name}: {len(octets)} octets")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
