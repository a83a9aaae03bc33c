#!/usr/bin/env python3
"""guard_differential.py - the guard and the second reader, asked about the same messages

    guard_differential.py ORACLE [--cases N] [--seed N]
    guard_differential.py ORACLE --every

ORACLE is guard_oracle. Conforming messages are changed in one place: an octet replaced, inserted or
deleted, in the message itself or, to get past the base64, in what it encodes (the text of the body,
of an encoded word), or a line moved, left out or doubled. Prints the messages on which the two
differ, then one line of figures. Exit 1 when they differ anywhere. Same seed, same cases. --every:
no chance, but every octet at every place of every message; some five million cases.

Limits: one change at a time finds what one octet decides; limits in the thousands are the part of
tests/guard.
"""

import argparse
import base64
import random
import re
import struct
import subprocess
import sys

import profile_reader

BATCH = 5000  # messages given to the oracle at a time
SHOWN = 20    # disagreements printed
INERT_LINKS, RELAYED = 1, 2  # MUGAI_GUARD_*


# Conforming messages ------------------------------------------------------------------------------

def word(text):
    return b"=?UTF-8?B?" + base64.b64encode(text) + b"?="


def body(text):
    encoded = base64.b64encode(text)
    return b"".join(encoded[at:at + 76] + b"\r\n" for at in range(0, len(encoded), 76))


def message(before_date=b"", date=b"Fri, 20 Nov 2026 10:00:00 +0900", sender=b"<a@example.jp>",
            after_from=b"", message_id=b"<1.a@b>", after_message_id=b"", seal=b"", text=b"\r\n"):
    return (before_date + b"Date: " + date + b"\r\nFrom: " + sender + b"\r\n" + after_from
            + b"Message-ID: " + message_id + b"\r\n" + after_message_id
            + b"MIME-Version: 1.0\r\n"
              b"Content-Type: text/plain; charset=utf-8\r\n"
              b"Content-Transfer-Encoding: base64\r\n"
              b"Mugai-Id: 20261120-7K3QX-9ZT4M\r\n"
              b"Mugai-Result: profile=1; kept=1; converted=20; removed=0; unreadable=0; ambiguous=0"
              b"\r\n" + seal + b"\r\n" + body(text))


def seal_field(key, time, signature):
    return b"Mugai-Seal: version=1; key=%b; time=%b; signature=%b\r\n" % (key, time, signature)


def base_messages():
    name = word("太郎".encode())
    label = b"a" * 63
    yield message()
    yield message(text=("葛\U000E0100城 神\uFE00\U000F0000 1\uFE0F\u20E3\r\n\r\n"
                        "hxxp[:]//a[.]b www[.]c mailto[:]d\r\n").encode())
    yield message(text=("あ" * 30 + "\r\n■ " + "い\t" * 40
                        + "\uD7FF\uE000\uFFFD\U00010000\U0010FFFD\u00A0\r\n").encode())
    yield message(text=b"a" * 55 + b"\r\n")
    yield message(
        before_date=b"Received: from a (b [192.0.2.1])\r\n by c; Fri,\r\n 20 Nov 2026\r\n"
                    b"Return-Path: <a@b>\r\nDelivered-To: a\r\nX-Original-To: b\r\nReceived: x\r\n",
        after_from=b'Sender: "A, B" <"a..b"@c.d>\r\n'
                   b"Reply-To: <a@b>, " + name + b" " + name + b" <c@d>\r\n"
                   b"To: " + name + b"\r\n " + name + b' <e@f>,\r\n <".g h."@i-j.k>\r\n'
                   b"Cc: undisclosed-recipients:;\r\n"
                   b"Subject: " + name + b"\r\n " + word("葛\U000E0100 a".encode())
                   + b" " + word(b"abc") + b"\r\n",
        after_message_id=b"In-Reply-To: <..a@b> <c@d.e>\r\nReferences: <a@b>\r\n <c@d>\r\n"
                         b"List-Id: <a-b.c>\r\nAuto-Submitted: auto-notified\r\n"
                         b"Precedence: junk\r\nImportance: low\r\n",
        text=b"a\r\n")
    yield message(seal=seal_field(  # what an Ed25519 key made; the others have the form alone
        b"719d6d64ceb5adf8", b"1795136400",
        b"GHo6qazzgTe9MrlIZFBVpYO+Ntz2wFfU2rbFot203JTHeEip2MfiPCeB6bqAPh9fs1V7FU1KtWiY6XoHu/kqBw=="))
    yield message(before_date=b"Received: x\r\n", text=b"a\r\n",
                  seal=seal_field(b"0123456789abcdef", b"1", b"+/" * 42 + b"+w=="))
    yield message(seal=seal_field(b"f" * 16, b"98765432109", b"A" * 86 + b"=="))
    yield message(
        date=b"Tue, 29 Feb 2028 23:59:59 -1159",
        sender=b", ".join([b"\"x\" <a.b@" + label + b".c>"] + [b"<a@b>"] * 15),
        after_from=b"Subject: Re: plain = ? text\r\n folded once\r\n",
        after_message_id=b"In-Reply-To:" + b" <a@b>" * 16 + b"\r\n"
                         b"Auto-Submitted: auto-generated\r\nPrecedence: list\r\n")
    yield message(
        before_date=b"Delivered-To: a\r\n" * 4 + b"Received: " + b"x" * 988 + b"\r\n",
        sender=b"<" + b"l" * 64 + b"@" + b".".join([label, label, b"m" * 61]) + b">",
        after_from=b"To: <a@b>,\r\n <c@d>, <e@f>\r\nSubject: " + b"s" * 989 + b"\r\n",
        message_id=b"<" + b"i" * 243 + b"@b.jp>",
        after_message_id=b"References:" + b" <a@b>" * 64 + b"\r\n"
                         b"Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\n"
                         b"Importance: high\r\n")


# Changes ------------------------------------------------------------------------------------------

HEADER_OCTETS = b"\t\r\n \t\"<>@.,;:=?-+/09AZaz"
SEAL_OCTETS = b"0129afgFGAQgwxz+/=;:- \t\r\n"
UTF8_OCTETS = b"\r\n \t\x00\x7F\x80\xBF\xC0\xC2\xE0\xED\xEF\xF0\xF4\xF5\xFF"
# Beside and at the ends of every range of the profile's section 4.
RANGES = (profile_reader.NOT_CLEAN + profile_reader.SELECTORS + profile_reader.SPACES
          + [(0xD800, 0xDFFF)])
BORDERS = [border + step for bounds in RANGES for border in bounds for step in (-1, 0, 1)
           if 0 <= border + step <= 0x10FFFF]
LINKS = ["://", "Www.", "mailTO:", "www", ":/"]


def change_octet(octets, chance, likely=HEADER_OCTETS):
    """One octet replaced, inserted or deleted; every other new one is @likely to mean something."""
    at = chance.randrange(len(octets) + 1)
    inserted, removed = chance.choice([(1, 1), (1, 0), (0, 1)])
    choices = likely if chance.random() < 0.5 else range(256)
    return octets[:at] + bytes(chance.choices(choices, k=inserted)) + octets[at + removed:]


def change_text(text, chance):
    """An octet changed; or a character, mostly one at a border of some table; or a link put in."""
    if chance.random() < 0.4:
        return change_octet(text, chance, UTF8_OCTETS)
    kind = chance.random()
    new = (chr(chance.choice(BORDERS)) if kind < 0.6 else chance.choice(LINKS) if kind < 0.8
           else chr(chance.randrange(0x110000)))
    characters = text.decode()
    at = chance.randrange(len(characters) + 1)
    changed = characters[:at] + new + characters[at + chance.randrange(2):]
    return changed.encode("utf-8", "surrogatepass")


def change_body(octets, chance):
    header, _, encoded = octets.partition(b"\r\n\r\n")
    return header + b"\r\n\r\n" + body(change_text(base64.b64decode(encoded), chance))


WORD = re.compile(rb"=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=")


def change_word(octets, chance):
    words = list(WORD.finditer(octets))
    if not words:
        return change_octet(octets, chance)
    chosen = chance.choice(words)
    changed = word(change_text(base64.b64decode(chosen[1]), chance))
    return octets[:chosen.start()] + changed + octets[chosen.end():]


def change_seal(octets, chance):
    """An octet of the field's line, its line ends and the first octet after it."""
    at = octets.find(b"\r\nMugai-Seal: ")
    if at < 0:
        return change_octet(octets, chance)
    end = octets.index(b"\r\n", at + 2) + 2
    return octets[:at] + change_octet(octets[at:end], chance, SEAL_OCTETS) + octets[end:]


def change_fold(octets, chance):
    """A fold, or where there is none, the beginning of a line, begins with TAB."""
    folds = [found.end() for found in re.finditer(rb"\r\n(?= )", octets)]
    at = chance.choice(folds or [found.end() for found in re.finditer(rb"\r\n", octets)])
    removed = chance.randrange(2)
    return octets[:at] + b"\t" + octets[at + removed:]


def change_lines(octets, chance):
    lines = octets.split(b"\r\n")
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.randrange(3)):
        lines.insert(chance.randrange(len(lines) + 1), line)
    return b"\r\n".join(lines)


CHANGES = ([change_octet] * 6 + [change_body] * 3 + [change_word] * 2
           + [change_seal, change_fold, change_lines])


def changed_by_chance(cases, seed):
    chance = random.Random(seed)
    bases = list(base_messages())
    for base in bases:
        yield base, 0
        yield base, INERT_LINKS | RELAYED
    for _ in range(cases - 2 * len(bases)):
        changed = chance.choice(CHANGES)(chance.choice(bases), chance)
        yield changed, chance.choice([0, INERT_LINKS]) | chance.choice([0, RELAYED])


def changed_everywhere():
    for base in base_messages():
        for at in range(len(base) + 1):
            yield base[:at] + base[at + 1:], INERT_LINKS
            for octet in range(256):
                yield base[:at] + bytes([octet]) + base[at + 1:], INERT_LINKS
                yield base[:at] + bytes([octet]) + base[at:], INERT_LINKS


# Comparing ----------------------------------------------------------------------------------------

def ask_oracle(oracle, batch):
    given = b"".join(struct.pack("<IB", len(octets), flags) + octets for octets, flags in batch)
    answers = subprocess.run([oracle], input=given, stdout=subprocess.PIPE, check=True).stdout
    if len(answers) != len(batch):
        raise RuntimeError(f"{len(answers)} answers to {len(batch)} messages")
    return answers


def compare(oracle, batch, figures):
    for (octets, flags), guard in zip(batch, ask_oracle(oracle, batch)):
        reason = profile_reader.check(octets, flags & INERT_LINKS != 0, flags & RELAYED != 0)
        figures["cases"] += 1
        figures["conforming"] += reason is None
        if (reason is None) != (guard == 1):
            figures["differ"] += 1
            if figures["differ"] <= SHOWN:
                print(f"guard says {guard}, reader says {reason}, flags {flags}: {octets!r}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("oracle")
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", action="store_true")
    arguments = parser.parse_args()
    for base in base_messages():
        reason = profile_reader.check(base, True)
        if reason is not None:
            sys.exit(f"base message: {reason}: {base!r}")
    figures = {"cases": 0, "conforming": 0, "differ": 0}
    batch = []
    cases = (changed_everywhere() if arguments.every
             else changed_by_chance(arguments.cases, arguments.seed))
    for case in cases:
        batch.append(case)
        if len(batch) == BATCH:
            compare(arguments.oracle, batch, figures)
            batch = []
    compare(arguments.oracle, batch, figures)
    print(f"{figures['cases']} cases, {figures['conforming']} conforming, "
          f"{figures['differ']} disagreements")
    return 1 if figures["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
