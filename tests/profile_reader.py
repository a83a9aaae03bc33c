#!/usr/bin/env python3
"""profile_reader.py - a second reader of the output profile, slow and plain

Says whether messages conform to the output profile, version 1, and if not, why. It shares nothing
with the guard but the profile's text: no octet automaton, but whole messages cut into lines, fields
and characters. Tests compare the two; a message on which they differ shows an error in one of them,
or a sentence of the profile that can be read in two ways.

    profile_reader.py [--inert-links] [--relayed] FILE...

prints nothing and exits 0 if all conform, else "FILE: section: reason" and exits 1. --relayed: as
they arrive behind relays, where a fold of a trace field may begin with one TAB (Postfix does that).

Where the profile is silent, the stricter reading is taken; such places are marked "reading:".
"""

import base64
import binascii
import re
import sys
from datetime import date
from functools import lru_cache

# Section 1
HEADER_LINE_OCTETS = 998
BODY_LINE_OCTETS = 76
HEADER_SECTION_OCTETS = 256 * 1024
# Section 2
ENCODED_WORD_OCTETS = 75
ADDR_SPEC_OCTETS = 254
MESSAGE_ID_OCTETS = 250
# Sections 3 and 4
TEXT_OCTETS = 4 * 1024 * 1024
TEXT_LINE_OCTETS = 8192

# How many checks of one part of a message are remembered: the differential test changes one part
# at a time.
REMEMBERED = 1 << 14


class Refused(Exception):
    """The message does not conform; str() is "section: reason"."""


def demand(holds, section, reason):
    if not holds:
        raise Refused(f"{section}: {reason}")


# Section 4: characters ----------------------------------------------------------------------------

NOT_CLEAN = (
    [(0x0000, 0x0008), (0x000A, 0x001F), (0x007F, 0x009F)]
    + [(0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
       (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
       (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3),
       (0x1D173, 0x1D17A), (0xE0000, 0xE00FF), (0xE01F0, 0xE0FFF)]
    + [(0xFDD0, 0xFDEF)]
    + [(plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF) for plane in range(17)]
)
SELECTORS = [(0xFE00, 0xFE0F), (0xE0100, 0xE01EF)]
# reading: "a space" is every character of the Unicode category Zs, not U+0020 alone.
SPACES = [(0x0020, 0x0020), (0x00A0, 0x00A0), (0x1680, 0x1680), (0x2000, 0x200A),
          (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]
# What may not stand before a selector, beside the start of the line.
NO_BASE = SELECTORS + SPACES + [(0x0000, 0x001F), (0x007F, 0x009F)]


def character_class(ranges):
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


NOT_CLEAN_CHARACTER = re.compile(f"[{character_class(NOT_CLEAN)}]")
MISPLACED_SELECTOR = re.compile(
    f"(?:\\A|[{character_class(NO_BASE)}])[{character_class(SELECTORS)}]")


def check_characters(line, section):
    """@line: characters without the line end."""
    demand(NOT_CLEAN_CHARACTER.search(line) is None, section, "a character that is not clean")
    demand(MISPLACED_SELECTOR.search(line) is None, section, "a selector without a character")


def decode_base64(encoded, section):
    """Canonical base64 is what an encoder gives back for the octets it stands for."""
    try:
        octets = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        octets = b""
    demand(octets != b"" and base64.b64encode(octets) == encoded, section, "not canonical base64")
    return octets


def decode_utf8(octets, section):
    try:
        return octets.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused(f"{section}: not valid UTF-8") from None


# Section 2: the pieces of values ------------------------------------------------------------------
# A value is a str of printable ASCII in which a fold is still there, as CR LF SPACE.

BETWEEN = r"(?: |\r\n )"  # "one space or fold between"
ATEXT = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]"
DOT_ATOM = rf"{ATEXT}+(?:\.{ATEXT}+)*"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = rf"{LABEL}(?:\.{LABEL})*"
ENCODED_WORD = r"=\?UTF-8\?B\?[A-Za-z0-9+/=]*\?="
ENCODED_WORDS = rf"{ENCODED_WORD}(?:{BETWEEN}{ENCODED_WORD})*"
QUOTED_NAME = r'"[ !#-\[\]-~]+"'
# "a quoted string of atext, dots and spaces, where [a dot-atom] does not fit"
LOCAL_PART = rf'(?:{DOT_ATOM}|"(?!{DOT_ATOM}")(?:{ATEXT}|[. ])+")'
ADDRESS = re.compile(
    rf"(?:(?P<name>{ENCODED_WORDS}|{QUOTED_NAME}) )?<(?P<addr_spec>{LOCAL_PART}@{DOMAIN})>")
ADDRESS_BETWEEN = re.compile(r",(?: |\r\n )")
# "dot-atom or atext with dots" is any run of the two; reading: with at least one of atext in it. On
# the right, an LDH domain is a dot-atom too.
MESSAGE_ID = rf"<\.*{ATEXT}(?:{ATEXT}|\.)*@{DOT_ATOM}>"
MESSAGE_IDS = re.compile(rf"{MESSAGE_ID}(?:{BETWEEN}{MESSAGE_ID})*")
LIST_ID = re.compile(rf"<{DOMAIN}>")
MUGAI_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", re.ASCII)
NUMBER = r"(?:0|[1-9][0-9]*)"
MUGAI_RESULT = re.compile(
    rf"profile=1; kept={NUMBER}; converted={NUMBER}; removed={NUMBER}; "
    rf"unreadable={NUMBER}; ambiguous={NUMBER}")
# The field of the seal. The signature's form: decode_base64() sees to what a pattern cannot say.
MUGAI_SEAL = re.compile(
    r"version=1; key=[0-9a-f]{16}; time=[1-9][0-9]{0,10}; signature=([A-Za-z0-9+/]{86}==)")
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DATE = re.compile(
    r"([A-Z][a-z][a-z]), (\d\d) ([A-Z][a-z][a-z]) (\d{4}) (\d\d):(\d\d):(\d\d) [+-]\d\d(\d\d)",
    re.ASCII)


def check_encoded_words(words):
    """Every word stands for itself: reading: a selector may not begin one."""
    for word in re.findall(ENCODED_WORD, words):
        demand(len(word) <= ENCODED_WORD_OCTETS, 2, "an encoded word is too long")
        octets = decode_base64(word[len("=?UTF-8?B?"):-len("?=")].encode(), 2)
        text = decode_utf8(octets, 2)
        demand("\t" not in text, 2, "a tab in an encoded word")  # line ends are never clean
        check_characters(text, 2)


def check_trace(value):
    del value  # printable ASCII, which it is


def days_of_month(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def check_date(value):
    """RFC 5322 section 3.3, with what its text demands beside its grammar: the day exists, the
    weekday is that day's, the year is 1900 or later, the seconds may be 60. reading: names as
    spelled there, the year has four digits."""
    found = DATE.fullmatch(value)
    demand(found is not None, 2, "not a full date-time")
    weekday, day, month, year, hour, minute, second, zone_minute = found.groups()
    demand(month in MONTHS and int(year) >= 1900, 2, "no such month or year")
    month = MONTHS.index(month) + 1
    demand(1 <= int(day) <= days_of_month(int(year), month), 2, "no such day")
    of_that_day = DAYS[date(int(year), month, int(day)).weekday()]
    demand(of_that_day == weekday, 2, "another day of the week")
    demand(int(hour) <= 23 and int(minute) <= 59 and int(second) <= 60, 2, "no such time")
    demand(int(zone_minute) <= 59, 2, "no such zone")


def check_addresses(value, most):
    count, at = 0, 0
    while True:
        found = ADDRESS.match(value, at)
        demand(found is not None, 2, "not an address")
        demand(len(found["addr_spec"]) <= ADDR_SPEC_OCTETS, 2, "an addr-spec is too long")
        if found["name"] is not None and found["name"].startswith("="):
            check_encoded_words(found["name"])
        count, at = count + 1, found.end()
        if at == len(value):
            break
        found = ADDRESS_BETWEEN.match(value, at)
        demand(found is not None, 2, "not one comma and one space or fold between addresses")
        at = found.end()
    demand(count <= most, 2, "too many addresses")


def check_recipients(value):
    if value != "undisclosed-recipients:;":
        check_addresses(value, 1000)


def check_text(value):
    if re.fullmatch(ENCODED_WORDS, value):
        check_encoded_words(value)
        return
    # reading: plain text may be folded, as trace fields are, whose values are printable ASCII too
    demand("=?" not in value, 2, "neither plain ASCII nor encoded words alone")


def check_message_ids(value, most):
    demand(MESSAGE_IDS.fullmatch(value) is not None, 2, "not message ids")
    ids = re.split(BETWEEN, value)
    demand(len(ids) <= most, 2, "too many message ids")
    demand(max(map(len, ids)) <= MESSAGE_ID_OCTETS, 2, "a message id is too long")


def check_mugai_id(value):
    found = MUGAI_ID.fullmatch(value)
    demand(found is not None, 2, "not a mugai id")
    year, month, day = (int(number) for number in found.groups())
    demand(1 <= month <= 12 and 1 <= day <= days_of_month(year, month), 2, "no such date")


def check_mugai_seal(value):
    """The form alone: what was signed, with which key and when, is the gate's to decide."""
    found = MUGAI_SEAL.fullmatch(value)
    demand(found is not None, 2, "not a seal")
    decode_base64(found[1].encode(), 2)  # "the four unused bits zero"; 86 and "==" are 64 octets


def one_of(*values):
    def check_value(value):
        demand(value in values, 2, "not one of the values of this field")
    return check_value


def matching(pattern):
    def check_value(value):
        demand(pattern.fullmatch(value) is not None, 2, "value not of the form of this field")
    return check_value


# Section 2: the fields ----------------------------------------------------------------------------

TRACE_FIELDS = {"Received": 100, "Return-Path": 4, "Delivered-To": 4, "X-Original-To": 4}

OWN_FIELDS = [  # in their order: name, whether it must be there, check of the value
    ("Date", True, check_date),
    ("From", True, lambda value: check_addresses(value, 16)),
    ("Sender", False, lambda value: check_addresses(value, 1)),
    ("Reply-To", False, lambda value: check_addresses(value, 16)),
    ("To", False, check_recipients),
    ("Cc", False, check_recipients),
    ("Subject", False, check_text),
    ("Message-ID", True, lambda value: check_message_ids(value, 1)),
    ("In-Reply-To", False, lambda value: check_message_ids(value, 16)),
    ("References", False, lambda value: check_message_ids(value, 64)),
    ("List-Id", False, matching(LIST_ID)),
    ("Auto-Submitted", False, one_of("auto-generated", "auto-replied", "auto-notified")),
    ("Precedence", False, one_of("bulk", "list", "junk")),
    ("Importance", False, one_of("high", "normal", "low")),
    ("MIME-Version", True, one_of("1.0")),
    ("Content-Type", True, one_of("text/plain; charset=utf-8")),
    ("Content-Transfer-Encoding", True, one_of("base64")),
    ("Mugai-Id", True, check_mugai_id),
    ("Mugai-Result", True, matching(MUGAI_RESULT)),
    ("Mugai-Seal", False, check_mugai_seal),
]
OWN_NAMES = [name for name, _, _ in OWN_FIELDS]
VALUE_CHECKS = ({name: check_value for name, _, check_value in OWN_FIELDS}
                | {name: check_trace for name in TRACE_FIELDS})

FIELD = re.compile(r"([!-9;-~]+): ([!-~](?:.*[!-~])?)", re.DOTALL)
FOLD = re.compile(r"\r\n [!-~]")
RELAYED_FOLD = re.compile(r"\r\n[ \t][!-~]")


@lru_cache(REMEMBERED)
def read_field(field):
    """@field: one field with its folded lines, without the last CRLF. Returns its name and None, or
    None and why it is refused."""
    try:
        lines = field.split("\r\n")
        demand(max(map(len, lines)) <= HEADER_LINE_OCTETS, 1, "a header line is too long")
        fold = RELAYED_FOLD if field.partition(":")[0] in TRACE_FIELDS else FOLD
        demand(len(fold.findall(field)) == len(lines) - 1, 2, "a fold is not of one space")
        # reading: no line of a value ends in a space, not only the last one
        demand(not any(line.endswith(" ") for line in lines), 2, "a trailing space")
        found = FIELD.fullmatch(field)
        demand(found is not None, 2, "not a name, a colon, one space and a value")
        name, value = found.groups()
        demand(name in VALUE_CHECKS, 2, "a field that the profile does not have")
        VALUE_CHECKS[name](value)
        return name, None
    except Refused as refusal:
        return None, str(refusal)


def check_header(header):
    """@header: the header section, without the last CRLF."""
    demand(len(header) + len("\r\n") <= HEADER_SECTION_OCTETS, 1, "the header section is too long")
    names = []
    # A line that begins with a space belongs to the field before it. (check() has seen to it that
    # TABs stand only in messages that were relayed, and there only at the beginning of a line.)
    for field in re.split(r"\r\n(?![ \t])", header):
        name, reason = read_field(field)
        if reason is not None:
            raise Refused(reason)
        names.append(name)
    own = [name for name in names if name in OWN_NAMES]
    trace = names[:len(names) - len(own)]
    demand(all(name in TRACE_FIELDS for name in trace), 2, "a trace field after own fields")
    for name, most in TRACE_FIELDS.items():
        demand(trace.count(name) <= most, 2, f"more than {most} {name}")
    in_order = [name for name in OWN_NAMES if name in own]
    demand(own == in_order, 2, "own fields repeated or out of order")
    for name, required, _ in OWN_FIELDS:
        demand(name in own or not required, 2, f"no {name}")


# Sections 3 and 4: the body -----------------------------------------------------------------------

def decode_body(body):
    """@body: what follows the empty line. Returns the text's octets."""
    demand(body != "", 3, "no body")
    lines = body.removesuffix("\r\n").split("\r\n")
    demand(all(len(line) <= BODY_LINE_OCTETS for line in lines), 1, "a body line is too long")
    for line in lines[:-1]:
        demand(len(line) == BODY_LINE_OCTETS, 3, "a line before the last is not filled")
    demand(len(lines[-1]) >= 4 and len(lines[-1]) % 4 == 0, 3, "last line no multiple of 4")
    text = decode_base64("".join(lines).encode(), 3)
    demand(len(text) <= TEXT_OCTETS, 3, "the text is too long")
    return text


def check_text_of_body(octets):
    demand(octets.endswith(b"\r\n"), 4, "the text does not end in CRLF")
    for line in octets.removesuffix(b"\r\n").split(b"\r\n"):
        demand(len(line) <= TEXT_LINE_OCTETS, 4, "a line of the text is too long")
        check_characters(decode_utf8(line, 4), 4)


def check_links(octets):
    text = octets.lower()  # of bytes: ASCII letters alone
    for link in (b"://", b"www.", b"mailto:"):
        demand(link not in text, 4, "a link that is not inert")


@lru_cache(REMEMBERED)
def reason_of_header(header):
    return reason_of(check_header, header)


@lru_cache(REMEMBERED)
def reason_of_body(body, inert_links):
    def check_body(body):
        text = decode_body(body)
        check_text_of_body(text)
        if inert_links:
            check_links(text)
    return reason_of(check_body, body)


def reason_of(check_part, part):
    try:
        check_part(part)
        return None
    except Refused as refusal:
        return str(refusal)


OCTETS = re.compile(rb"(?:[\x20-\x7E]|\r\n)*")
RELAYED_OCTETS = re.compile(rb"(?:[\x20-\x7E]|\r\n\t?)*")


def check(octets: bytes, inert_links: bool, relayed: bool = False) -> str | None:
    """None if @octets are a conforming message, else "section: reason"."""
    if (RELAYED_OCTETS if relayed else OCTETS).fullmatch(octets) is None:
        return "1: an octet that is neither printable ASCII nor in a CRLF"
    if not octets.endswith(b"\r\n"):
        return "1: the last line does not end in CRLF"
    header, empty_line, body = octets.decode("ascii").partition("\r\n\r\n")
    if empty_line == "":
        return "1: no empty line after the header section"
    return reason_of_header(header) or reason_of_body(body, inert_links)


def main(arguments):
    options = [argument for argument in arguments if argument.startswith("--")]
    files = [argument for argument in arguments if not argument.startswith("--")]
    if not files or not set(options) <= {"--inert-links", "--relayed"}:
        print("usage: profile_reader.py [--inert-links] [--relayed] FILE...", file=sys.stderr)
        return 2
    conform = True
    for name in files:
        with open(name, "rb") as file:
            reason = check(file.read(), "--inert-links" in options, "--relayed" in options)
        if reason is not None:
            print(f"{name}: {reason}")
            conform = False
    return 0 if conform else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
