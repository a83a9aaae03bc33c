#!/usr/bin/python3
"""test_gate_octets.py - what comes through the real Postfix behind the gate is what was sealed, octet for octet

Run by "meson test --suite e2e" as root, which names the programs in MUGAID, MUGAI, MUGAI_WORKER and MUGAI_GATE. An MTA
may show a milter less than it keeps; here is sent what Postfix is known to cut (NULs, blanks before colons) and what
chance makes of it. The seal is made and checked by tests/seal.py.
"""

import atexit
import os
import pathlib
import random
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402
import seal  # noqa: E402

MESSAGE = (b"From: sender@internet.example\r\nTo: tanaka@city.example.lg.jp\r\nSubject: " + "見積書".encode() + b"\r\n"
           b"Date: Fri, 20 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@internet.example>\r\n\r\nhello\r\n")
TRACE = b"Received: from a.example by b.example; Fri, 20 Nov 2026 10:00:00 +0900\r\n"
SECRET = b"HIDDEN"

lab = None


def setUpModule():
    global lab
    harness.end_on_signals()
    lab = harness.Lab(harness.programs_from_environment(harness.GATE_PROGRAMS), gate={})
    atexit.register(lab.close)
    # Many refusals on one connection are what is wanted here.
    lab.lgwan.reconfigure(smtpd_error_sleep_time="0", smtpd_soft_error_limit="100000",
                          smtpd_hard_error_limit="100000")


def tearDownModule():
    lab.close()


def own_part(octets):
    """From Date on: what no relay may change."""
    return octets[(b"\r\n" + octets).index(b"\r\nDate: "):]


def variants(sealed):
    """The message with something in its header section that some reader may not see."""
    header, _, body = sealed.partition(b"\r\n\r\n")
    lines = header.split(b"\r\n")
    for i, line in enumerate(lines):
        changed = [line + b"\0" + SECRET, line + b"\0" + SECRET + b"\r\n fold", line + b"\0\r\n fold",
                   line + b"\r\n \0" + SECRET]
        if not line.startswith((b" ", b"\t")):
            changed += [line.replace(b":", blanks + b":", 1) for blanks in (b" ", b"\t", b" \t  ")]
            changed += [line.replace(b": ", b":\0" + SECRET + b" ", 1), line.replace(b":", b"\0:", 1),
                        b"\0" + SECRET + b": 1\r\n" + line, b"\r" + line, line + b"\r", line + b"\r\n",
                        b"X-" + SECRET + b" : 1\r\n" + line, line + b"\0" + b"a" * 5000 + SECRET,
                        line + b"\0" * 3000 + SECRET]
        for replacement in changed:
            yield b"\r\n".join(lines[:i] + [replacement] + lines[i + 1:]) + b"\r\n\r\n" + body
    chance = random.Random(7)
    for _ in range(200):
        octets = bytearray(header)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(octets))
            octets[at:at] = chance.choice([b"\0" + SECRET, b" :", b"\0", b"\r", b"\t", b" ", b"\0\r\n ", b"\r\n\0"])
        yield bytes(octets) + b"\r\n\r\n" + body


class Octets(unittest.TestCase):
    def setUp(self):
        self.assertEqual(lab.arrived(), [], "left over from another test")

    def sealed_message(self):
        """A message that mugaid has sealed, as it arrived behind the gate."""
        code, text = lab.deliver(MESSAGE)
        self.assertEqual(code, 250, text)
        path, = lab.arrived()
        return harness.arrived_octets(path)

    def test_message_arrives_as_it_was_sealed(self):
        key = seal.Key.from_private_line((lab.mugaid.keys / "seal.key").read_text())
        octets = own_part(self.sealed_message())
        field = re.search(rb"Mugai-Seal: [^\r]*\r\n", octets)[0]
        moment = int(re.search(rb"time=(\d+);", field)[1])
        self.assertEqual(seal.seal(octets.replace(field, b""), key, moment), octets)
        self.assertIn(f'key="{key.id}" outcome=passed', lab.gate.read_log())

    def test_message_past_mugaid_does_not_arrive(self):
        code, text = lab.deliver_inside(MESSAGE)
        self.assertEqual(code, 550)
        self.assertIn("5.7.1 mugai-gate: line 1, ", text)
        self.assertEqual(lab.arrived(), [])

    def test_I1_nothing_that_the_gate_was_not_shown_gets_through(self):
        sealed = TRACE + own_part(self.sealed_message())
        sent, accepted = 0, 0
        with lab.inside_client() as client:
            for octets in variants(sealed):
                code, text = client.deliver("sender@internet.example", [f"tanaka@{harness.LGWAN_DOMAIN}"], octets)
                self.assertIn(code, (250, 550), text)
                sent += 1
                accepted += code == 250
        arrived = [harness.arrived_octets(path) for path in lab.arrived()]
        self.assertEqual(len(arrived), accepted)
        self.assertGreater(accepted, 20, "none was taken for what the gate was shown")
        self.assertGreater(sent - accepted, 100)
        for octets in arrived:
            self.assertEqual(own_part(octets), own_part(sealed))
            self.assertNotIn(SECRET, octets)
            self.assertNotIn(b"\0", octets)
            self.assertNotRegex(octets.partition(b"\r\n\r\n")[0], rb"(?m)^[^:\s]+[ \t]+:")

    def test_while_the_gate_is_away_mail_waits(self):
        lab.gate.stop()
        try:
            code, text = lab.deliver_inside(MESSAGE)
            self.assertEqual(code // 100, 4, text)
        finally:
            lab.gate.start()
        self.assertEqual(lab.arrived(), [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("test_gate_octets.py: needs root, for it makes network namespaces and starts Postfix")
    unittest.main(verbosity=2)
