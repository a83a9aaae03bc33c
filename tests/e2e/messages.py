"""messages.py - mail as the programs of this world write it, built here by hand, with what must come out of it

Every case is a function marked @case that returns a Case. Octets end every line in CRLF unless a case
says otherwise. Attachments are recognisable: a token that must be found in no form behind mugai.

Nothing here uses Python's email package: the tests read the output with it, and a reader must not have
written the input.
"""

import base64
import binascii
import dataclasses
import hashlib
import io
import quopri
import zipfile

DATE = "Fri, 20 Nov 2026 10:15:30 +0900"
TANAKA = "tanaka@city.example.lg.jp"
ALL = []


@dataclasses.dataclass
class Case:
    """A message and what is promised for it."""

    octets: bytes
    sentences: list                                   # in the text that arrives
    subject: str = None                               # decoded, as it arrives; None: not looked at
    removed: list = dataclasses.field(default_factory=list)   # names in the notice, on a line each
    tokens: list = dataclasses.field(default_factory=list)    # bytes that arrive in no form
    absent: list = dataclasses.field(default_factory=list)    # strings that are not in the text
    sender: str = "sender@internet.example"
    recipients: list = dataclasses.field(default_factory=lambda: [TANAKA])
    name: str = ""


def case(function):
    """Registers a function that makes a Case."""
    ALL.append(function)
    return function


def make(function):
    """The Case of a registered function."""
    made = function()
    made.name = function.__name__
    return made


# --- octets of the old days ---

def _nec_selected():
    """IBM's characters at the places where NEC put them, which is where ISO-2022-JP can say them (rows 89-92)."""
    table = {}
    for lead in (0xED, 0xEE):
        for trail in list(range(0x40, 0x7F)) + list(range(0x80, 0xFD)):
            octets = bytes((lead, trail))
            table.setdefault(octets.decode("cp932", "replace"), octets)
    table.pop("\ufffd", None)
    return table


_NEC_SELECTED = _nec_selected()


def _jis_pair(character):
    """Two octets of JIS X 0208 with the vendors' rows, from Windows-31J by arithmetic."""
    lead, trail = _NEC_SELECTED.get(character) or character.encode("cp932")
    row = (lead - (0x70 if lead < 0xA0 else 0xB0)) * 2
    if trail >= 0x9F:
        return bytes((row, trail - 0x7E))
    return bytes((row - 1, trail - (0x1F if trail < 0x7F else 0x20)))


def iso_2022_jp(text):
    """ISO-2022-JP as Japanese mail programs write it: NEC and IBM characters and half-width kana included."""
    out, mode = bytearray(), b"\x1b(B"
    for character in text:
        if ord(character) < 0x80:
            wanted, octets = b"\x1b(B", character.encode()
        elif 0xFF61 <= ord(character) <= 0xFF9F:
            wanted, octets = b"\x1b(I", bytes((ord(character) - 0xFF40,))
        else:
            wanted, octets = b"\x1b$B", _jis_pair(character)
        if wanted != mode:
            out += wanted
            mode = wanted
        out += octets
    return bytes(out + (b"\x1b(B" if mode != b"\x1b(B" else b""))


def encode(text, charset):
    """Text in a charset of mail, line ends as CRLF."""
    text = text.replace("\n", "\r\n")
    if charset.lower() == "iso-2022-jp":
        return iso_2022_jp(text)
    return text.encode({"shift_jis": "cp932"}.get(charset.lower(), charset))


def word(text, charset="UTF-8", scheme="B"):
    """One encoded word (RFC 2047)."""
    octets = encode(text, charset)
    if scheme == "B":
        body = base64.b64encode(octets).decode()
    else:
        body = "".join(chr(o) if o < 0x80 and chr(o).isalnum() else f"={o:02X}" for o in octets)
    return f"=?{charset}?{scheme}?{body}?="


def words(text, charset="UTF-8", each=12):
    """A long text as several encoded words, a line each."""
    return "\r\n ".join(word(text[at:at + each], charset) for at in range(0, len(text), each))


def percent(text, charset="UTF-8"):
    """A parameter value as RFC 2231 writes it."""
    octets = encode(text, charset)
    return "".join(chr(o) if o < 0x80 and (chr(o).isalnum() or o == 0x2E) else f"%{o:02X}" for o in octets)


# --- parts ---

def fields(*pairs):
    """A header section, without the empty line."""
    return b"".join(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
                    for name, value in pairs)


def in_base64(octets):
    lines = base64.encodebytes(octets).splitlines()
    return b"\r\n".join(lines) + b"\r\n"


def in_quoted_printable(octets):
    lines = [quopri.encodestring(line) for line in octets.split(b"\r\n")]
    return b"\r\n".join(line.replace(b"=\n", b"=\r\n") for line in lines)


def text_part(text, charset="UTF-8", encoding="base64", kind="plain", quoted=False):
    """(header, body) of a text part."""
    octets = encode(text, charset)
    value = f'text/{kind}; charset="{charset}"' if quoted else f"text/{kind}; charset={charset}"
    body = {"base64": in_base64, "quoted-printable": in_quoted_printable}.get(encoding, lambda o: o)(octets)
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    return fields(("Content-Type", value), ("Content-Transfer-Encoding", encoding)), body


def attachment(kind, octets, parameters, disposition="attachment", more=()):
    """(header, body) of a part in base64; parameters: what follows the type and the disposition."""
    header = fields(("Content-Type", kind + parameters[0]), ("Content-Transfer-Encoding", "base64"),
                    ("Content-Disposition", disposition + parameters[1]), *more)
    return header, in_base64(octets)


def named(name, charset="UTF-8"):
    """name and filename as Japanese mail programs write them: encoded words in quotes."""
    return f';\r\n name="{word(name, charset)}"', f';\r\n filename="{word(name, charset)}"'


def multipart(subtype, boundary, parts, parameters="", preamble=b""):
    """(header, body) of a multipart."""
    header = fields(("Content-Type", f'multipart/{subtype};{parameters}\r\n boundary="{boundary}"'))
    edge = b"--" + boundary.encode()
    body = preamble
    for part_header, part_body in parts:
        body += edge + b"\r\n" + part_header + b"\r\n" + part_body
        if not body.endswith(b"\r\n"):
            body += b"\r\n"
    return header, body + edge + b"--\r\n"


def message(part, subject, sender="Sender <sender@internet.example>", to=f"<{TANAKA}>", more=(), date=DATE,
            identity="m1@internet.example"):
    """A whole message around a part."""
    header, body = part
    top = [("Date", date), ("From", sender), ("To", to), ("Subject", subject), ("Message-ID", f"<{identity}>"),
           *more, ("MIME-Version", "1.0")]
    return fields(*(pair for pair in top if pair[1] is not None)) + header + b"\r\n" + body


# --- things that get attached ---

def token(name):
    """Octets that occur nowhere by accident."""
    return b"MUGAI-PAYLOAD-" + hashlib.sha256(name.encode()).hexdigest().encode()


def forms(octets):
    """How octets may hide in a text: as they are, in hex, quoted-printable and base64 at each of its three places."""
    found = [octets, binascii.hexlify(octets), in_quoted_printable(octets)[:60].rstrip(b"=\r\n")]
    for shift in range(3):
        inner = base64.b64encode(b"\0" * shift + octets)
        found.append(inner[4 * bool(shift):4 * bool(shift) + 32])
    return found


OFFICE = "application/vnd.openxmlformats-officedocument."
_RELATIONS = "http://schemas.openxmlformats.org/"


def office(name, kind="word/document.xml"):
    """The least Word or Excel document that is one, with a token in it; stored, so that the token can be seen."""
    main = "wordprocessingml.document.main" if kind.startswith("word") else "spreadsheetml.sheet.main"
    members = (
        ("[Content_Types].xml",
         f'<Types xmlns="{_RELATIONS}package/2006/content-types"><Default Extension="rels" ContentType='
         f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/{kind}" '
         f'ContentType="{OFFICE}{main}+xml"/></Types>'),
        ("_rels/.rels",
         f'<Relationships xmlns="{_RELATIONS}package/2006/relationships"><Relationship Id="r1" Type="{_RELATIONS}'
         f'officeDocument/2006/relationships/officeDocument" Target="{kind}"/></Relationships>'),
        (kind,
         f'<w:document xmlns:w="{_RELATIONS}wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>見積書 '
         f"{token(name).decode()}</w:t></w:r></w:p></w:body></w:document>"))
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_STORED) as archive:
        for member, text in members:
            archive.writestr(zipfile.ZipInfo(member, (2026, 11, 20, 0, 0, 0)),
                             '<?xml version="1.0" encoding="UTF-8"?>\n' + text)
    return octets.getvalue()


def picture(name):
    return b"\x89PNG\r\n\x1a\n" + token(name)


def portable_document(name):
    return b"%PDF-1.7\n% " + token(name) + b"\n%%EOF\n"


def program(name):
    return b"MZ\x90\x00" + bytes(60) + token(name)


def noise(size):
    """Octets that do not compress, the same every time."""
    block = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(2048))
    return (block * (size // len(block) + 1))[:size]


# --- Outlook ---

@case
def outlook_html_with_docx():
    text = "総務課の山田です。\n見積書をお送りします。ご確認をお願いいたします。\n"
    html = ("<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><meta http-equiv=\"Content-Type\" "
            "content=\"text/html; charset=iso-2022-jp\"><style>p.MsoNormal {margin:0mm}</style></head>"
            "<body lang=JA><div class=WordSection1><p class=MsoNormal>総務課の山田です。<o:p></o:p></p>"
            "<p class=MsoNormal>見積書をお送りします。ご確認をお願いいたします。<o:p></o:p></p></div></body></html>\n")
    body = multipart("alternative", "----=_NextPart_001_0011_01DC5A1B.7E3F4C20", [
        text_part(text, "iso-2022-jp", "7bit", quoted=True),
        text_part(html, "iso-2022-jp", "quoted-printable", "html", quoted=True)])
    docx = attachment(OFFICE + "wordprocessingml.document", office("outlook"), named("見積書.docx", "iso-2022-jp"))
    whole = multipart("mixed", "----=_NextPart_000_0010_01DC5A1B.7E3F4C20", [body, docx],
                      preamble=b"This is a multipart message in MIME format.\r\n\r\n")
    more = [("X-Mailer", "Microsoft Outlook 16.0"), ("Thread-Index", "AdxaGwAAAAAAAAAAAAAAAAAAAAAAAA=="),
            ("Content-Language", "ja"), ("X-Priority", "3")]
    return Case(message(whole, word("見積書の送付", "iso-2022-jp"), more=more,
                        sender=word("山田 太郎", "iso-2022-jp") + " <yamada@internet.example>"),
                ["総務課の山田です。", "見積書をお送りします。ご確認をお願いいたします。"], "見積書の送付",
                ["見積書.docx"], [token("outlook")])


@case
def outlook_html_only():
    html = ("<html><head><style><!-- @font-face {font-family:Meiryo} --></style><script>alert(1)</script></head>"
            "<body><p>会議は<b>15時</b>から第1会議室で行います。</p><ul><li>予算案</li><li>人事</li></ul></body></html>\n")
    return Case(message(text_part(html, "UTF-8", "base64", "html", quoted=True), word("会議のご案内")),
                ["会議は15時から第1会議室で行います。", "予算案", "人事"], "会議のご案内",
                absent=["alert(1)", "font-family", "<p>"])


@case
def outlook_html_letter_with_docx():
    html = """<html><head><meta charset="utf-8"><style>p.MsoNormal {margin:0mm}</style></head><body lang=JA>
<p class=MsoNormal>総務課 田中様</p>
<p class=MsoNormal>いつもお世話になっております。<b>見積書</b>をお送りします。</p>
<table border=1><tr><th>品名</th><th>数量</th><th>金額</th></tr>
<tr><td>ノートパソコン</td><td>10</td><td>1,250,000円</td></tr>
<tr><td>プリンター</td><td>2</td><td>96,000円</td></tr></table>
<p class=MsoNormal>詳しくは<a href="https://www.internet.example/catalog?id=7">カタログ</a>をご覧ください。</p>
<ul><li>納期：12月15日</li><li>支払：翌月末</li></ul>
<script>document.write("payload")</script></body></html>
"""
    docx = attachment(OFFICE + "wordprocessingml.document", office("letter"), named("見積書（第1版）.docx"))
    whole = multipart("mixed", "----=_NextPart_000_0020_01DC5A1B.7E3F4C20",
                      [text_part(html, "utf-8", "quoted-printable", "html", quoted=True), docx],
                      preamble=b"This is a multipart message in MIME format.\r\n\r\n")
    return Case(message(whole, word("【見積書】ノートパソコン ほか"), more=[("X-Mailer", "Microsoft Outlook 16.0")],
                        sender=word("山田 太郎") + " <yamada@internet.example>"),
                ["総務課 田中様", "見積書をお送りします。", "ノートパソコン", "1,250,000円", "納期：12月15日"],
                "【見積書】ノートパソコン ほか", ["見積書（第1版）.docx"], [token("letter")],
                absent=["document.write", "https://", "MsoNormal"])


@case
def outlook_related_inline_image():
    html = '<html><body><p>地図をご覧ください。</p><img src="cid:image001.png@01DC5A1B"></body></html>\n'
    image = attachment("image/png", picture("related"), (';\r\n name="image001.png"', ';\r\n filename="image001.png"'),
                       "inline", [("Content-ID", "<image001.png@01DC5A1B>")])
    inner = multipart("alternative", "alt_1", [text_part("地図をご覧ください。\n", "UTF-8"),
                                               text_part(html, "UTF-8", "quoted-printable", "html")])
    whole = multipart("related", "rel_1", [inner, image], ' type="multipart/alternative";')
    return Case(message(whole, word("地図")), ["地図をご覧ください。"], "地図", ["image001.png"], [token("related")])


@case
def outlook_winmail_dat():
    tnef = b"\x78\x9f\x3e\x22" + token("tnef")
    parts = [text_part("添付の書類をご確認ください。\n", "iso-2022-jp", "7bit"),
             attachment("application/ms-tnef", tnef, (';\r\n name="winmail.dat"', ';\r\n filename="winmail.dat"'))]
    return Case(message(multipart("mixed", "_tnef", parts), word("書類", "iso-2022-jp")),
                ["添付の書類をご確認ください。"], "書類", ["winmail.dat"], [token("tnef")])


# --- iPhone, Gmail, Thunderbird, webmail ---

@case
def iphone_photo():
    parts = [text_part("現場の写真です。\n\niPhoneから送信\n", "utf-8"),
             attachment("image/jpeg", b"\xff\xd8\xff\xe0" + token("iphone"),
                        (";\r\n name=IMG_0123.jpeg", ";\r\n filename=IMG_0123.jpeg"), "inline",
                        [("X-Apple-Auto-Archive", "1")]),
             text_part("\n以上\n", "utf-8")]
    whole = multipart("mixed", "Apple-Mail-7C1E5B42-0F7B-4C51-9B1D-3A8E0C3F2E11", parts)
    return Case(message(whole, word("写真", "utf-8"), more=[("X-Mailer", "iPhone Mail (22B91)")]),
                ["現場の写真です。", "iPhoneから送信", "以上"], "写真", ["IMG_0123.jpeg"], [token("iphone")])


@case
def iphone_plain_reply():
    text = ("了解しました。\n\niPhoneから送信\n\n> 2026/11/19 18:02、田中 <tanaka@city.example.lg.jp>のメール:\n> \n"
            "> 明日の件です。\n")
    more = [("In-Reply-To", "<q1@city.example.lg.jp>"),
            ("References", "<q0@city.example.lg.jp> <q1@city.example.lg.jp>")]
    return Case(message(text_part(text, "utf-8", "quoted-printable"), "Re: " + word("明日の件", "utf-8"), more=more),
                ["了解しました。", "> 明日の件です。"], "Re: 明日の件")


@case
def gmail_alternative_with_pdf():
    html = '<div dir="ltr">請求書をお送りします。<br><div>よろしくお願いします。</div></div>\n'
    inner = multipart("alternative", "000000000000a1b2c3062a5f4e01", [
        text_part("請求書をお送りします。\nよろしくお願いします。\n", "UTF-8"), text_part(html, "UTF-8", "base64", "html")])
    pdf = attachment("application/pdf", portable_document("gmail"), (f'; name="{word("請求書 11月.pdf")}"',
                     f'; filename="{word("請求書 11月.pdf")}"'), more=[("X-Attachment-Id", "f_m3q1")])
    return Case(message(multipart("mixed", "000000000000a1b2c4062a5f4e03", [inner, pdf]), word("請求書"),
                        sender=word("鈴木一郎") + " <suzuki@internet.example>"),
                ["請求書をお送りします。", "よろしくお願いします。"], "請求書", ["請求書 11月.pdf"], [token("gmail")])


@case
def gmail_emoji_subject():
    text = "おめでとうございます🎉 またよろしくお願いします。\n"
    return Case(message(text_part(text, "UTF-8"), word("🎉お祝い🎊")),
                ["おめでとうございます🎉 またよろしくお願いします。"], "🎉お祝い🎊")


@case
def thunderbird_rfc2231_names():
    name = "令和8年度_予算要求書（第2版・修正後）一覧表.xlsx"
    pieces = [percent(name[at:at + 6]) for at in range(0, len(name), 6)]
    pieces[0] = "UTF-8''" + pieces[0]
    split = "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))
    book = attachment(OFFICE + "spreadsheetml.sheet", office("thunderbird", "xl/workbook.xml"),
                      (f';\r\n name="{word(name[:12])}\r\n {word(name[12:])}"', split))
    flowed = (fields(("Content-Type", "text/plain; charset=UTF-8; format=flowed"),
                     ("Content-Transfer-Encoding", "8bit")),
              "予算要求書の修正版です。\r\n差し替えをお願いします。\r\n".encode())
    return Case(message(multipart("mixed", "------------0Rk8VdX1bq2mF5s7TtqzKc3N", [flowed, book],
                                  preamble=b"This is a multi-part message in MIME format.\r\n"),
                        words("予算要求書（修正版）の再送について：差し替えのお願い"),
                        more=[("User-Agent", "Mozilla Thunderbird"), ("Content-Language", "ja")]),
                ["予算要求書の修正版です。", "差し替えをお願いします。"], "予算要求書（修正版）の再送について：差し替えのお願い",
                [name], [token("thunderbird")])


@case
def thunderbird_eight_bit():
    text = "8ビットのまま送る本文です。\n濁点とかな：がぎぐげご。\n"
    return Case(message(text_part(text, "UTF-8", "8bit"), word("8ビット")),
                ["8ビットのまま送る本文です。", "濁点とかな：がぎぐげご。"], "8ビット")


@case
def webmail_zip_japanese_name():
    packed = b"PK\x03\x04" + token("zip")
    parts = [text_part("資料一式を圧縮して送ります。\n", "utf-8", "quoted-printable"),
             attachment("application/zip", packed, named("資料一式（最終）.zip", "utf-8"))]
    return Case(message(multipart("mixed", "=_b1f9c2d4e6", parts), word("資料一式", "utf-8"),
                        more=[("X-Mailer", "Roundcube Webmail/1.6.5")]),
                ["資料一式を圧縮して送ります。"], "資料一式", ["資料一式（最終）.zip"], [token("zip")])


@case
def webmail_shift_jis_name():
    parts = [text_part("様式をお送りします。\n", "Shift_JIS", "8bit"),
             attachment("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + token("sjis"),
                        named("様式第1号_ソ表予能.doc", "Shift_JIS"))]
    return Case(message(multipart("mixed", "_sj_", parts), word("様式", "Shift_JIS")),
                ["様式をお送りします。"], "様式", ["様式第1号_ソ表予能.doc"], [token("sjis")])


# --- charsets ---

@case
def iso_2022_jp_plain():
    text = "お世話になっております。\n市民課の佐藤です。\n本日の資料をお送りします。\n"
    return Case(message(text_part(text, "ISO-2022-JP", "7bit"), word("資料送付の件", "ISO-2022-JP")),
                ["お世話になっております。", "市民課の佐藤です。", "本日の資料をお送りします。"], "資料送付の件")


@case
def iso_2022_jp_nec_and_ibm_characters():
    text = "①㈱髙橋商店 ②№5 ③㍻30年 ④﨑山様\n電話：㈹０３－１２３４\n"
    return Case(message(text_part(text, "iso-2022-jp", "7bit"), word("㈱髙橋商店①", "iso-2022-jp"),
                        sender=word("髙橋 﨑", "iso-2022-jp") + " <takahashi@internet.example>"),
                ["①㈱髙橋商店 ②№5 ③㍻30年 ④﨑山様"], "㈱髙橋商店①")


@case
def iso_2022_jp_half_width_kana():
    text = "ﾃｽﾄﾒｰﾙです。ｶﾞｲﾄﾞﾗｲﾝを確認。\n"
    return Case(message(text_part(text, "iso-2022-jp", "7bit"), word("半角かな", "iso-2022-jp")),
                ["ﾃｽﾄﾒｰﾙです。ｶﾞｲﾄﾞﾗｲﾝを確認。"], "半角かな")


@case
def shift_jis_plain():
    text = "ソフトの表示能力を予定どおり構築。①㈱髙﨑。\n"
    return Case(message(text_part(text, "Shift_JIS", "base64"), word("表示能力", "Shift_JIS")),
                ["ソフトの表示能力を予定どおり構築。①㈱髙﨑。"], "表示能力")


@case
def euc_jp_plain():
    text = "ユニックスの計算機から送信された電子メールです。\n"
    return Case(message(text_part(text, "EUC-JP", "8bit"), word("計算機の停止について", "EUC-JP")),
                ["ユニックスの計算機から送信された電子メールです。"], "計算機の停止について")


@case
def utf_8_quoted_printable_header():
    text = "本文はUTF-8です。葛\U000E0100飾区と書きます。\n"
    return Case(message(text_part(text, "utf-8", "quoted-printable"), word("住所 変更", "utf-8", "Q")),
                ["本文はUTF-8です。葛\U000E0100飾区と書きます。"], "住所 変更")


@case
def western_mail():
    text = "Grüße aus Köln – “see you” soon.\n"
    return Case(message(text_part(text, "windows-1252", "quoted-printable"), word("Grüße", "ISO-8859-1", "Q")),
                ["Grüße aus Köln – “see you” soon."], "Grüße")


@case
def plain_ascii_without_mime():
    octets = (fields(("Date", DATE), ("From", "cron@internet.example"), ("To", TANAKA), ("Subject", "disk report"),
                     ("Message-ID", "<cron1@internet.example>")) + b"\r\nAll disks are fine.\r\n..dots stay\r\n")
    return Case(octets, ["All disks are fine.", "..dots stay"], "disk report")


@case
def missing_date_and_message_id():
    octets = fields(("From", "old@internet.example"), ("To", TANAKA), ("Subject", "bare")) + b"\r\nNo date, no id.\r\n"
    return Case(octets, ["No date, no id."], "bare")


# --- structures ---

@case
def nested_multiparts():
    innermost = multipart("alternative", "n3", [text_part("いちばん内側の本文です。\n"),
                                                text_part("<p>いちばん内側の本文です。</p>\n", kind="html")])
    related = multipart("related", "n2", [innermost, attachment("image/gif", b"GIF89a" + token("nested-gif"),
                        ('; name="logo.gif"', '; filename="logo.gif"'), "inline")])
    inner = multipart("mixed", "n1", [related, attachment("application/pdf", portable_document("nested-pdf"),
                                                          named("内側.pdf"))])
    whole = multipart("mixed", "n0", [inner, text_part("外側の追伸です。\n"),
                                      attachment("application/octet-stream", program("nested-exe"),
                                                 ('; name="setup.exe"', '; filename="setup.exe"'))])
    return Case(message(whole, word("入れ子")), ["いちばん内側の本文です。", "外側の追伸です。"], "入れ子",
                ["logo.gif", "内側.pdf", "setup.exe"],
                [token("nested-gif"), token("nested-pdf"), token("nested-exe")])


@case
def forwarded_message():
    inner = message(multipart("mixed", "fw1", [
        text_part("転送元の本文です。\n", "iso-2022-jp", "7bit"),
        attachment("application/vnd.ms-excel.sheet.macroEnabled.12", office("forwarded", "xl/workbook.xml"),
                   named("集計.xlsm"))]),
        word("元の件名", "iso-2022-jp"), identity="inner@internet.example")
    wrapped = (fields(("Content-Type", "message/rfc822"), ("Content-Disposition", "attachment")), inner)
    whole = multipart("mixed", "fw0", [text_part("参考までに転送します。\n"), wrapped])
    return Case(message(whole, "Fwd: " + word("元の件名")), ["参考までに転送します。", "転送元の本文です。"],
                "Fwd: 元の件名", ["集計.xlsm"], [token("forwarded")])


@case
def bounce():
    status = (fields(("Reporting-MTA", "dns; mail.internet.example")) + b"\r\n"
              + fields(("Final-Recipient", "rfc822; nobody@internet.example"), ("Action", "failed"),
                       ("Status", "5.1.1"), ("Diagnostic-Code", "smtp; 550 5.1.1 User unknown")))
    original = message(text_part("届かなかったメールの本文。\n"), word("届かなかった件"), sender=f"<{TANAKA}>",
                       to="<nobody@internet.example>")
    whole = multipart("report", "rp0", [
        (fields(("Content-Type", "text/plain; charset=us-ascii"), ("Content-Description", "Notification")),
         b"I'm sorry to have to inform you that your message could not be delivered.\r\n"),
        (fields(("Content-Type", "message/delivery-status")), status),
        (fields(("Content-Type", "message/rfc822")), original)], " report-type=delivery-status;")
    return Case(message(whole, "Undelivered Mail Returned to Sender",
                        sender="MAILER-DAEMON@internet.example (Mail Delivery System)",
                        more=[("Auto-Submitted", "auto-replied")]),
                ["your message could not be delivered"], "Undelivered Mail Returned to Sender", sender="")


@case
def mailing_list():
    more = [("List-Id", "<bosai.internet.example>"), ("Precedence", "list"),
            ("Sender", "bosai-bounces@internet.example"),
            ("List-Unsubscribe", "<mailto:leave@internet.example>"), ("Reply-To", "bosai@internet.example")]
    return Case(message(text_part("防災訓練の日程が決まりました。\n", "iso-2022-jp", "7bit"),
                        word("[bosai:00123] 防災訓練", "iso-2022-jp"), more=more),
                ["防災訓練の日程が決まりました。"], "[bosai:00123] 防災訓練", sender="bosai-bounces@internet.example")


@case
def mobile_carrier_address():
    octets = message(text_part("携帯から送っています。\n", "Shift_JIS", "8bit"), word("携帯から", "Shift_JIS"),
                     sender="taro..yamada.@docomo.example")
    return Case(octets, ["携帯から送っています。"], "携帯から", sender='"taro..yamada."@docomo.example')


@case
def calendar_invitation():
    event = ("BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nDTSTART:20261124T010000Z\n"
             "SUMMARY:定例会\nEND:VEVENT\nEND:VCALENDAR\n")
    invitation = (fields(("Content-Type", "text/calendar; charset=utf-8; method=REQUEST"),
                         ("Content-Transfer-Encoding", "base64")), in_base64(encode(event, "utf-8")))
    whole = multipart("alternative", "cal", [text_part("定例会の招待です。\n"), invitation])
    return Case(message(whole, word("招待：定例会")), ["定例会の招待です。"], "招待：定例会")


@case
def signed_mail():
    signature = attachment("application/pkcs7-signature", b"\x30\x80" + token("smime"),
                           ('; name="smime.p7s"', '; filename="smime.p7s"'))
    whole = multipart("signed", "sg", [text_part("署名付きの連絡です。\n"), signature],
                      ' protocol="application/pkcs7-signature"; micalg=sha-256;')
    return Case(message(whole, word("署名付き")), ["署名付きの連絡です。"], "署名付き", ["smime.p7s"],
                [token("smime")])


@case
def only_an_attachment():
    header, body = attachment("application/pdf", portable_document("alone"), named("通知書.pdf"))
    return Case(message((header, body), word("通知書")), [], "通知書", ["通知書.pdf"], [token("alone")])


@case
def links_become_inert():
    html = ('<p>詳しくは<a href="https://evil.internet.example/x?a=1">こちら</a>をご覧ください。</p>'
            '<p><a href="javascript:alert(2)">押す</a></p>\n')
    return Case(message(text_part(html, kind="html"), word("お知らせ")), ["詳しくは", "evil"], "お知らせ",
                absent=["https://", "javascript:alert", "<a"])


@case
def twenty_attachments():
    parts = [text_part("添付が20個あります。\n")]
    parts += [attachment("application/pdf", portable_document(f"many{number}"), named(f"資料{number}.pdf"))
              for number in range(1, 21)]
    return Case(message(multipart("mixed", "many", parts), word("多数の添付")), ["添付が20個あります。"], "多数の添付",
                [f"資料{number}.pdf" for number in range(1, 21)], [token("many1"), token("many20")])


@case
def twenty_megabytes():
    parts = [text_part("大きなファイルを送ります。\n", "iso-2022-jp", "7bit"),
             attachment("video/mp4", token("big") + noise(15 * 1024 * 1024), named("動画.mp4"))]
    octets = message(multipart("mixed", "big", parts), word("大きな添付", "iso-2022-jp"))
    assert len(octets) > 20_000_000
    return Case(octets, ["大きなファイルを送ります。"], "大きな添付", ["動画.mp4"], [token("big")])


@case
def long_plain_text():
    lines = [f"{number}行目：これは長いメールの一行です。" for number in range(1, 3001)]
    return Case(message(text_part("\n".join(lines) + "\n"), word("長文")), [lines[0], lines[1499], lines[-1]], "長文")


@case
def long_single_line():
    line = "句読点のない長い段落" * 120
    return Case(message(text_part(line + "\n"), word("長い行")), [line], "長い行")


@case
def five_hundred_recipients():
    recipients = [f"staff{number:03}@city.example.lg.jp" for number in range(500)]
    return Case(message(text_part("職員各位　全庁のお知らせです。\n", "iso-2022-jp", "7bit"),
                        word("全庁のお知らせ", "iso-2022-jp"), to="undisclosed-recipients:;"),
                ["職員各位　全庁のお知らせです。"], "全庁のお知らせ", recipients=recipients)


# --- what an attacker or a broken program sends ---

HOSTILE = []


def hostile(function):
    """Registers a message whose form is wrong: it must arrive in the profile, whatever of it can be read."""
    HOSTILE.append(function)
    return function


def _plain(header, body):
    return (fields(("Date", DATE), ("From", "x@internet.example"), ("To", TANAKA)) + header
            + b"Message-ID: <h@internet.example>\r\n\r\n" + body)


@hostile
def nul_in_header():
    return Case(_plain(b"Subject: before\0after\r\n", b"NUL in the header.\r\n"), ["NUL in the header."])


@hostile
def nul_in_body():
    body = b"A NUL\0 in the body.\r\n" + b"The rest is a text like any other.\r\n" * 20
    return Case(_plain(b"Subject: nul\r\n", body),
                ["in the body.", "The rest is a text like any other."])


@hostile
def blank_before_colon():
    return Case(_plain(b"Subject : blank\r\nContent-Type : text/html\r\n", b"Blank before the colon.\r\n"),
                ["Blank before the colon."])


@hostile
def bare_line_feeds():
    return Case(_plain(b"Subject: lf\r\n", b"one\ntwo\nthree\r\n"), ["one", "two", "three"])


@hostile
def bare_carriage_returns():
    return Case(_plain(b"Subject: cr\r\n", b"one\rtwo\rthree\r\n"), ["one", "two", "three"])


@hostile
def line_without_colon_in_header():
    return Case(_plain(b"Subject: broken\r\nthis is no field\r\nX-After: 1\r\n", b"Body of a broken header.\r\n"),
                ["Body of a broken header."])


@hostile
def raw_shift_jis_subject():
    return Case(_plain(b"Subject: " + "生の件名".encode("cp932") + b"\r\n", b"Raw octets in the subject.\r\n"),
                ["Raw octets in the subject."])


@hostile
def multipart_without_end():
    return Case(_plain(b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n',
                       b"--b\r\nContent-Type: text/plain\r\n\r\nThe end is missing.\r\n"), ["The end is missing."])


@hostile
def multipart_without_boundary():
    return Case(_plain(b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n", b"No boundary at all.\r\n"), [])


@hostile
def two_content_types():
    evil = b"Content-Type: text/plain\r\nContent-Type: application/x-msdownload; name=a.exe\r\n"
    return Case(_plain(b"MIME-Version: 1.0\r\n" + evil, b"Two types.\r\n"), [])


@hostile
def forged_mugai_fields():
    forged = b"Mugai-Id: 20260101-AAAAA-AAAAA\r\nMugai-Result: profile=1; kept=9; converted=0\r\n"
    return Case(_plain(forged + b"Subject: forged\r\n", "■ 番号: 20260101-AAAAA-AAAAA\r\nforged\r\n".encode()),
                ["forged"])


@hostile
def thousand_headers():
    many = b"".join(b"X-Field-%d: %s\r\n" % (number, b"v" * 60) for number in range(1000))
    return Case(_plain(many + b"Subject: many\r\n", b"After a thousand fields.\r\n"), ["After a thousand fields."])


@hostile
def empty_body():
    return Case(_plain(b"Subject: empty\r\n", b""), [])


@hostile
def deep_nesting():
    part = text_part("deepest\n", "us-ascii", "7bit")
    for level in range(200):
        part = multipart("mixed", f"deep{level}", [part])
    return Case(message(part, "deep"), [])


@hostile
def broken_base64():
    header = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n"
    return Case(_plain(header, b"VGhpcyBpcyB*!!=\r\n====\r\nabc\r\n"), [])
