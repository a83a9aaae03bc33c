"""make_lib.py - what the generators of the corpus share: octets of messages, payloads, and a folder per case

A str stands for text whose line ends are CRLF on the wire (written as LF) and whose characters are
UTF-8; bytes stand for themselves. A trick carries a payload: a word that belongs to it alone.
"""

import base64
import binascii
import hashlib
import json
import quopri
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
made = {}

DATE = "Fri, 20 Nov 2026 10:00:00 +0900"


def octets(*pieces):
    """The pieces one after the other, as octets on the wire."""
    return b"".join(p if isinstance(p, bytes) else p.replace("\n", "\r\n").encode() for p in pieces)


def fields(subject="打合せの件", frm="yamada@example.com", to="soumu@city.example.lg.jp", date=DATE,
           mid="<case@example.com>", mime="1.0", extra=""):
    """The head of a message without the empty line; None leaves a field out."""
    out = b""
    for name, value in (("From", frm), ("To", to), ("Subject", subject), ("Date", date),
                        ("Message-ID", mid), ("MIME-Version", mime)):
        if value is not None:
            out += name.encode() + b": " + (value if isinstance(value, bytes) else word(value)) + b"\r\n"
    return out + octets(extra)


def word(text, charset="utf-8"):
    """One encoded word, or the text itself where it is ASCII."""
    if text.isascii():
        return text.encode()
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(text.encode(charset)) + b"?="


def b64(data, width=76):
    """Base64 of data (str: UTF-8, LF kept as CRLF) in lines."""
    raw = base64.b64encode(octets(data))
    return b"".join(raw[i:i + width] + b"\r\n" for i in range(0, len(raw), width))


def qp(data):
    return quopri.encodestring(octets(data).replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def uu(data, name="invoice.exe", mode="644"):
    lines = [binascii.b2a_uu(data[i:i + 45]).rstrip(b"\n") for i in range(0, len(data), 45)]
    return b"\r\n".join([f"begin {mode} {name}".encode(), *lines, b"`", b"end", b""])


def part(head, body=""):
    """A body part: its header lines, an empty line, its body; the body ends in a line end."""
    head, body = octets(head), octets(body)
    if head and not head.endswith(b"\r\n"):
        head += b"\r\n"
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    return head + b"\r\n" + body


def plain(text, charset="utf-8", more=""):
    """A text/plain part as 8 bit."""
    body = text if isinstance(text, bytes) else octets(text).decode().encode(charset)
    return part(f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n{more}", body)


def html(text, charset="utf-8", more=""):
    body = text if isinstance(text, bytes) else octets(text).decode().encode(charset)
    return part(f"Content-Type: text/html; charset={charset}\nContent-Transfer-Encoding: 8bit\n{more}", body)


def attach(name, data, ctype="application/octet-stream", disposition="attachment", more=""):
    """A base64 attachment; name may be bytes or None."""
    head = octets(f"Content-Type: {ctype}\nContent-Transfer-Encoding: base64\n",
                  f"Content-Disposition: {disposition}")
    if name is not None:
        head += b'; filename="' + (name if isinstance(name, bytes) else word(name)) + b'"'
    return part(head + b"\r\n" + octets(more), b64(data))


def multi(*parts, kind="mixed", boundary="=_b1", params="", preamble="", epilogue="", close=True):
    """(header line, body) of a multipart."""
    b = boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{params}\n'
    body = octets(preamble)
    for one in parts:
        body += b"--" + b + b"\r\n" + octets(one)
    if close:
        body += b"--" + b + b"--\r\n"
    return octets(head), body + octets(epilogue)


def nested(*parts, **how):
    """A multipart as a part of another."""
    return part(*multi(*parts, **how))


def mail(head_and_body, **how):
    """A whole message from (header lines, body)."""
    head, body = head_and_body
    return fields(**how) + octets(head) + b"\r\n" + octets(body)


def text_mail(body, charset="utf-8", cte="8bit", params="", **how):
    """A single-part text/plain message; body str is encoded in charset."""
    raw = body if isinstance(body, bytes) else octets(body).decode().encode(charset)
    return mail((f"Content-Type: text/plain; charset={charset}{params}\n"
                 f"Content-Transfer-Encoding: {cte}\n", raw), **how)


def html_mail(body, charset="utf-8", **how):
    raw = body if isinstance(body, bytes) else octets(body).decode().encode(charset)
    return mail((f"Content-Type: text/html; charset={charset}\nContent-Transfer-Encoding: 8bit\n", raw), **how)


def token(name):
    """The word that belongs to one trick alone."""
    return "Schad" + hashlib.sha256(name.encode()).hexdigest()[:12].translate(
        str.maketrans("0123456789", "ghijklmnop")) + "Stoff"


def program(payload, times=12):
    """Octets that look like a Windows program and say the payload over and over, at every alignment."""
    return b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + (payload.encode() + b"\r\n!") * times


def case(name, message, **expect):
    """Writes a case: input.eml, expect.json, and expected.txt where the text is known to the letter."""
    if name in made:
        raise SystemExit(f"{name}: made twice")
    made[name] = expect
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "input.eml").write_bytes(octets(message))
    text = expect.pop("text", None)
    if text is not None:
        (folder / "expected.txt").write_text(text if text.endswith("\n") else text + "\n", newline="\n")
    (folder / "expect.json").write_text(json.dumps(expect, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def trick(name, build, **expect):
    """A case whose message is build(payload), and whose payload must be nowhere."""
    payload = token(name)
    case(name, build(payload), payload=[payload], **expect)


def forget_others():
    """Removes the folders of cases that no generator makes any more."""
    for folder in HERE.iterdir():
        if folder.is_dir() and folder.name not in made and (folder / "expect.json").exists():
            shutil.rmtree(folder)
