#!/usr/bin/python3
"""test_gate.py - what the gate promises, through two real Postfixes: what mugaid sealed arrives, nothing else does

Run by "meson test --suite e2e" as root, which names the programs in MUGAID, MUGAI, MUGAI_WORKER and MUGAI_GATE. Written
from the promise: the readme, "The seal" in src/ARCHITECTURE.md, mugai-gate --help. Seals of our own are made by
tests/seal.py. Whoever sends by deliver_inside() stands on the boundary host and speaks to the LGWAN side's Postfix,
past mugaid. The sender has a mailbox on the boundary host, so that what bounces is read.
"""

import atexit
import concurrent.futures
import os
import pathlib
import pwd
import random
import re
import sys
import time
import typing
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402
import seal  # noqa: E402

SENDER = "sender@internet.example"
TANAKA = f"tanaka@{harness.LGWAN_DOMAIN}"
SECRET = b"HIDDEN"
DAY = 24 * 3600
MAX_AGE = 6 * DAY  # the gate's own, unless told otherwise
OTHER_KEY = seal.Key(b"a key of somebody else's........")
PREFIX = "5.7.1 mugai-gate: "
DECISION = re.compile(r'queue-id="(.*?)" id="(.*?)" key="(.*?)" outcome=(\w+) reason="(.*)"')

lab = key = mailbox = None


class Decision(typing.NamedTuple):
    """One line of the gate's log."""
    queue_id: str
    id: str
    key: str
    outcome: str
    reason: str


def setUpModule():
    global lab, key, mailbox
    harness.end_on_signals()
    lab = harness.Lab(harness.programs_from_environment(harness.GATE_PROGRAMS), gate={})
    atexit.register(lab.close)
    key = seal.Key.from_private_line((lab.mugaid.keys / "seal.key").read_text())
    # Many refusals on one connection and many hops: that the gate refuses is to be seen, not that Postfix does.
    lab.lgwan.reconfigure(smtpd_error_sleep_time="0", smtpd_soft_error_limit="100000",
                          smtpd_hard_error_limit="100000", hopcount_limit="10000")
    owner = pwd.getpwnam("nobody")
    mailbox = harness.Maildir(lab.directory / "sender", owner)
    lab.boundary.reconfigure(virtual_mailbox_domains="internet.example", virtual_mailbox_base=mailbox.directory,
                             virtual_mailbox_maps="static:box/", virtual_mailbox_limit="0",
                             virtual_uid_maps=f"static:{owner.pw_uid}", virtual_gid_maps=f"static:{owner.pw_gid}")


def tearDownModule():
    lab.close()


def mail(text="こんにちは。", subject="見積書の件"):
    """A message as somebody outside sends it."""
    return (f"From: sender <{SENDER}>\r\nTo: {TANAKA}\r\nSubject: {subject}\r\n"
            "Date: Fri, 20 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@internet.example>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").encode()


def own_part(octets):
    """From Date on: what no relay may change."""
    return octets[(b"\r\n" + octets).index(b"\r\nDate: "):]


def without_seal(octets):
    return re.sub(rb"Mugai-Seal: [^\r]*\r\n", b"", octets)


def resealed(octets, by, moment=None):
    """The same message with another seal."""
    return seal.seal(without_seal(octets), by, moment)


def seal_of(octets):
    """Key id, time and signature."""
    return re.search(rb"Mugai-Seal: version=1; key=(.*); time=(.*); signature=(.*)\r\n", octets).groups()


def decisions(since):
    """What the gate has logged of messages from an octet of its log on."""
    return [Decision(*found) for found in DECISION.findall(lab.gate.read_log()[since:])]


class GateTest(unittest.TestCase):
    """What all tests here look at. Nothing is left over, no matter how a test ends."""

    def setUp(self):
        self.assertEqual(lab.arrived(), [], "left over from another test")
        mailbox.take()
        self.since = len(lab.gate.read_log())

    def arrivals(self, count):
        """Exactly so many messages, each conforming."""
        paths = lab.arrived()
        self.assertEqual(len(paths), count, lab.gate.read_log()[self.since:])
        found = [harness.arrived_octets(path) for path in paths]
        for octets in found:
            status, said, _ = lab.mugaid.cli("verify", "--inert-links", stdin=octets)
            self.assertEqual(status, 0, said)
        return found

    def sealed(self, octets=None):
        """Own part of a message that went through both hosts."""
        code, text = lab.deliver(octets or mail())
        self.assertEqual(code, 250, text)
        found, = self.arrivals(1)
        return own_part(found)

    def unsealed(self, octets=None):
        """A message of the profile that mugaid has not seen."""
        status, octets, said = lab.mugaid.cli("sanitize", "-", stdin=octets or mail())
        self.assertEqual(status, 0, said)
        return octets

    def decided(self, since, outcome):
        """The gate's one decision since then."""
        one, = harness.wait_until(lambda: decisions(since), "the gate logs what it decided")
        self.assertEqual(one.outcome, outcome)
        return one

    @staticmethod
    def wait_postfix_log(begin, rest):
        """The LGWAN side's Postfix has a line with both; it writes through a process of its own, so later."""
        line = re.compile(re.escape(begin) + ".*" + re.escape(rest))
        harness.wait_until(lambda: line.search(lab.lgwan.read_log()), f"{begin} {rest} in Postfix' log")

    def assert_passes(self, octets):
        code, text = lab.deliver_inside(octets)
        self.assertEqual(code, 250, text)
        found, = self.arrivals(1)
        self.assertEqual(own_part(found), own_part(octets))

    def assert_refused(self, octets, reason):
        """The client is told why, both logs say so too, nothing arrives."""
        since = len(lab.gate.read_log())
        code, text = lab.deliver_inside(octets)
        self.assertEqual(code, 550, text)
        one = self.decided(since, "rejected")
        self.assertRegex(one.reason, reason)
        self.assertEqual(text, PREFIX + one.reason)
        self.wait_postfix_log(f"{one.queue_id}: milter-reject: END-OF-MESSAGE from inner.city.example.jp", text)
        self.assertEqual(lab.arrived(), [])
        return one

    def restart_gate(self, **changes):
        """With other options until the test's end."""
        def start(**options):
            lab.gate.kill()
            lab.gate.start(**options)

        self.addCleanup(start)
        start(**changes)
        self.since = len(lab.gate.read_log())


class Passing(GateTest):
    """What mugaid has sealed."""

    def test_sealed_message_arrives_conforming(self):
        octets = self.sealed()
        key_id, moment, _ = seal_of(octets)
        self.assertEqual(resealed(octets, key, int(moment)), octets)
        self.assertLess(abs(time.time() - int(moment)), 60)
        one = self.decided(self.since, "passed")
        self.assertEqual((one.id, one.key), (seal.identifier(octets), key_id.decode()))
        self.wait_postfix_log(f"{one.queue_id}: removed", "")

    def test_largest_text_arrives(self):
        self.sealed(mail("\r\n".join(["十" * 300] * 1200)))

    def test_I1_long_list_of_recipients_arrives(self):
        """Postfix cuts what a milter inserts at 60,000 octets a field, and the seal would not fit any more."""
        names = ",\r\n ".join(f"市役所情報政策課職員その{i} <a{i}@internet.example>" for i in range(1000))
        self.sealed(mail().replace(TANAKA.encode(), names.encode()))

    def test_I1_many_at_once_are_not_mixed_up(self):
        bad = [mail(f"not sealed {i}") for i in range(12)]
        good = [mail(f"sealed {i}", f"sealed {i}") for i in range(12)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            refused = [pool.submit(lab.deliver_inside, octets) for octets in bad]
            accepted = [pool.submit(lab.deliver, octets) for octets in good]
            self.assertEqual({reply.result()[0] for reply in refused}, {550})
            self.assertEqual({reply.result()[0] for reply in accepted}, {250})
        subjects = sorted(re.search(rb"\r\nSubject: (.*)\r\n", octets)[1] for octets in self.arrivals(12))
        self.assertEqual(subjects, sorted(f"sealed {i}".encode() for i in range(12)))

    def test_further_hops_may_add_their_fields(self):
        """As a mailbox has it, with Return-Path, X-Original-To, Delivered-To and Received, it is sent on, and again."""
        lab.deliver(mail())
        first, = self.arrivals(1)
        octets = first
        for hop in range(3):
            with self.subTest(hop=hop):
                code, text = lab.deliver_inside(octets, recipients=[f"hop{hop}@{harness.LGWAN_DOMAIN}"])
                self.assertEqual(code, 250, text)
                octets, = self.arrivals(1)
                self.assertEqual(own_part(octets), own_part(first))
        self.assertEqual(octets.count(b"Delivered-To: "), 4)
        self.assertEqual(octets.count(b"Received: "), 5)
        self.assert_refused(b"Delivered-To: x@y.example\r\n" + octets, "^line [0-9]+(, column [0-9]+)?: ")

    def test_message_in_chunks_arrives(self):
        octets = self.sealed()
        cuts = sorted(random.Random(4).sample(range(1, len(octets)), 9))
        chunks = [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)])]
        self.assertEqual(self.send_chunks(chunks)[0], 250)
        self.assertEqual([own_part(found) for found in self.arrivals(1)], [octets])
        for at in (0, 5, 9):
            changed = [*chunks[:at], chunks[at] + b"A", *chunks[at + 1:]]
            self.assertEqual(self.send_chunks(changed)[0], 550)
        self.assertEqual(self.send_chunks([*chunks[:5], chunks[5] + b"\r\n.\r\n", *chunks[6:]])[0], 550)
        self.assertEqual(lab.arrived(), [])

    @staticmethod
    def send_chunks(chunks):
        """By BDAT; the reply to the last one."""
        with lab.inside_client() as client:
            client.ehlo()
            client.mail(SENDER)
            client.rcpt(TANAKA)
            for i, chunk in enumerate(chunks):
                last = b" LAST" if i == len(chunks) - 1 else b""
                client.sock.sendall(b"BDAT %d%s\r\n%s" % (len(chunk), last, chunk))
                reply = client.getreply()
                if reply[0] != 250:
                    break
            return reply


class Bypassing(GateTest):
    """The boundary host is misconfigured, or somebody on it goes past mugaid."""

    def test_message_past_mugaid_does_not_arrive(self):
        self.assert_refused(mail(), "^line 1, column [0-9]+: .*; it did not come through mugaid$")

    def test_conforming_message_without_a_seal_does_not_arrive(self):
        self.assert_refused(self.unsealed(), "^no seal$")

    def test_boundary_without_mugaid_bounces_all(self):
        sealed = self.sealed()
        self.addCleanup(lab.boundary.reconfigure, smtpd_milters="unix:mugai/mugai.sock")
        lab.boundary.reconfigure(smtpd_milters="")
        for octets, reason in ((mail(), ": line 4, column "), (self.unsealed(), ": no seal")):
            self.assert_bounces(octets, reason)
        self.assertEqual(lab.deliver(sealed)[0], 250)
        self.assertEqual([own_part(found) for found in self.arrivals(1)], [sealed])

    def assert_bounces(self, octets, reason):
        """The boundary host takes it and tells the sender why it cannot be delivered."""
        code, text = lab.deliver(octets)
        self.assertEqual(code, 250, text)
        self.assertEqual(lab.arrived(), [])
        path, = mailbox.take()
        said = " ".join(path.read_text(errors="replace").split())
        self.assertIn("Status: 5.7.1", said)
        self.assertIn("550 " + PREFIX.rstrip(": ") + reason, said)
        self.assertEqual(decisions(self.since)[-1].outcome, "rejected")


class Forging(GateTest):
    """Seals that are none, seals of something else, old ones."""

    def test_forged_seals_do_not_pass(self):
        octets = self.sealed()
        key_id, moment, signature = seal_of(octets)
        foreign = resealed(octets, OTHER_KEY)
        one = self.assert_refused(foreign, "unknown key")
        self.assertEqual(one.key, OTHER_KEY.id)
        forged = foreign.replace(OTHER_KEY.id.encode(), key_id)
        one = self.assert_refused(forged, "signature does not fit")
        self.assertEqual((one.key, one.id), (key.id, seal.identifier(octets)))
        for nothing in (b"A" * 86 + b"==", signature[:42] + b"A" * 44 + b"=="):
            self.assert_refused(octets.replace(signature, nothing), "signature does not fit")
        self.assert_refused(octets.replace(signature, b""), "^line ")
        for moved in (int(moment) - 1, int(moment) + 1):
            self.assert_refused(octets.replace(moment, str(moved).encode()), "signature does not fit")
        self.assert_passes(octets)

    def test_seal_and_what_it_covers_belong_together(self):
        first = self.sealed(mail("one", "one"))
        second = resealed(self.sealed(mail("two", "two")), key, time.time() - 100)
        self.assert_passes(second)
        pairs = list(zip(seal_of(first), seal_of(second)))
        ids = [seal.identifier(octets).encode() for octets in (first, second)]
        whole = [re.search(rb"Mugai-Seal: .*\r\n", octets)[0] for octets in (first, second)]
        for old, new in (pairs[1], pairs[2], ids, whole, (b"Subject: one", b"Subject: two")):
            self.assert_refused(first.replace(old, new), "signature does not fit")
        head, _, body = first.partition(b"\r\n\r\n")
        self.assert_refused(head + b"\r\n\r\n" + second.partition(b"\r\n\r\n")[2], "signature does not fit")
        self.assert_refused(head + b"\r\n" + whole[1] + b"\r\n" + body, "^line ")

    def test_I1_one_octet_altered_on_the_way(self):
        """72 places in header and body. Where Postfix mends it, what arrives is what was sealed."""
        octets = self.sealed(mail("本文です。\r\n" * 40))
        chance, begin = random.Random(20261120), octets.index(b"\r\n\r\n")
        places = chance.sample(range(begin), 36) + chance.sample(range(begin, len(octets)), 36)
        accepted, said = 0, []
        with lab.inside_client() as client:
            for place in places:
                new = chance.choice([octet for octet in b"\0\t\r\n .:=AZaz09/\x7f\xff" if octet != octets[place]])
                altered = octets[:place] + bytes([new]) + octets[place + 1:]
                code, text = client.deliver(SENDER, [TANAKA], altered)
                self.assertIn(code, (250, 550), f"{new:#x} at {place}: {text}")
                accepted += code == 250
                if code == 550:
                    said.append(text)
        self.assertLess(accepted, 10)
        for found in self.arrivals(accepted):
            self.assertEqual(own_part(found), octets)
        self.assertEqual([PREFIX + one.reason for one in decisions(self.since) if one.outcome == "rejected"], said)

    def test_old_and_early_seals_do_not_pass(self):
        octets, now = self.sealed(), int(time.time())
        for moment in (now - MAX_AGE + 60, now + 120):
            self.assert_passes(resealed(octets, key, moment))
        self.assert_refused(resealed(octets, key, now - MAX_AGE - 60),
                            "^sealed [0-9]+ seconds ago, more than [0-9]+ seconds allowed$")
        code, text = lab.deliver_inside(resealed(octets, key, now + 3600))  # whose clock is wrong? it waits
        self.assertEqual(code, 451, text)
        self.assertEqual(lab.arrived(), [])

    def test_replay_after_max_age_does_not_arrive(self):
        octets = self.sealed()
        self.restart_gate(max_age="2")
        end = int(seal_of(octets)[1]) + 2
        # Whole seconds, of a clock that is a tick behind (time(2)).
        harness.wait_until(lambda: time.time() > end + 1.5, "the seal is old")
        self.assert_refused(octets, "^sealed [0-9]+ seconds ago, more than 2 seconds allowed$")


class Hostile(GateTest):
    """What SMTP can carry and the profile has not. Where Postfix mends it, what arrives is what was sealed."""

    @classmethod
    def variants(cls, octets):
        """Name -> the sealed message made hostile."""
        def field(old, new):
            assert octets.count(old) == 1, old
            return octets.replace(old, new)

        def body(extra):
            return octets + extra

        subject = re.search(rb"Subject: [^\r]*", octets)[0]
        return {
            "nul in a field": field(subject, subject + b"\0" + SECRET),
            "nul in the body": body(b"\0" + SECRET + b"\r\n"),
            "bare cr in a field": field(subject, subject + b"\rX-Secret: HIDDEN"),
            "bare cr in the body": body(b"\r" + SECRET),
            "bare lf for a line end": field(subject + b"\r\n", subject + b"\n"),
            "bare lf in a field": field(subject, subject + b"\nX-Secret: HIDDEN"),
            "8-bit field": field(subject, "Subject: 生".encode()),
            "8-bit body": body("生\r\n".encode()),
            "fold with a tab": field(subject, subject + b"\r\n\tHIDDEN"),
            "fold with a space": field(subject, subject + b"\r\n HIDDEN"),
            "blank before the colon": field(b"Subject: ", b"Subject : "),
            "fields with blanks before the colon": field(subject, subject + b"\r\nX-Secret : HIDDEN"),
            "lower-case name": field(b"Subject: ", b"subject: "),
            "second subject": field(subject, subject + b"\r\nSubject: HIDDEN"),
            "subject removed": field(subject + b"\r\n", b""),
            "unknown field before": b"X-Secret: HIDDEN\r\n" + octets,
            "fields out of order": b"MIME-Version: 1.0\r\n" + field(b"MIME-Version: 1.0\r\n", b""),
            "another type": field(b"text/plain;", b"text/html; "),
            "1,100 Received": b"Received: from a by b; x\r\n" * 1100 + octets,
            "1,100 Delivered-To": b"Delivered-To: a@b.example\r\n" * 1100 + octets,
            "long line in a trace field": b"Received: " + b"a" * 1000 + b"\r\n" + octets,
            "very long line in a trace field": b"Received: " + b"a" * 200000 + b"\r\n" + octets,
            "long line in an own field": field(subject, b"Subject: " + b"a" * 1100),
            "long line in the body": body(b"A" * 1000 + b"\r\n"),
            "very long line in the body": body(b"A" * 100000 + b"\r\n"),
            "resent from": b"Resent-From: <a@b.example>\r\n" + octets,
            "mbox line": b"From sender Fri Nov 20 10:00:00 2026\r\n" + octets,
            "line with a dot alone": body(b".\r\nHIDDEN\r\n"),
            "empty line after": body(b"\r\n"),
            "without a body": octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
            "without a header": octets.partition(b"\r\n\r\n")[2],
            "second message behind": body(b"\r\n" + mail("HIDDEN")),
        }

    def assert_only_sealed(self, octets, count):
        for found in self.arrivals(count):
            self.assertEqual(own_part(found), octets)
            self.assertNotIn(SECRET, found)

    def test_I1_nothing_hostile_arrives(self):
        octets, mended = self.sealed(), []
        for name, hostile in self.variants(octets).items():
            with self.subTest(name), lab.inside_client() as client:
                since = len(lab.gate.read_log())
                code, text = client.deliver(SENDER, [TANAKA], hostile)
                if code == 250:
                    mended.append(name)
                else:
                    self.assertEqual((code, text), (550, PREFIX + self.decided(since, "rejected").reason))
        self.assert_only_sealed(octets, len(mended))
        self.assertEqual(mended, ["nul in a field", "bare lf for a line end", "blank before the colon"])

    def test_I1_second_of_three_on_one_connection(self):
        octets = self.sealed()
        for bad in (mail("HIDDEN"), without_seal(octets), octets + b"AAAA\r\n"):
            with lab.inside_client() as client:
                codes = [client.deliver(SENDER, [TANAKA], each)[0] for each in (octets, bad, octets)]
            self.assertEqual(codes, [250, 550, 250])
        self.assert_only_sealed(octets, 6)

    def test_I1_smuggled_ends_of_data(self):
        """One server's end of message is another's text: whatever is behind it is decided like the rest."""
        octets = self.sealed()
        behind = (f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{TANAKA}>\r\nDATA\r\n").encode() + mail("HIDDEN", "HIDDEN")
        for end in (b"\r\n.\r\n", b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n.\0\r\n", b"\r\n..\r\n",
                    b"\r\n.\r\n.\r\n"):
            with self.subTest(end=end):
                replies = self.send_raw(octets.removesuffix(b"\r\n") + end + behind)
                self.assertIn(replies[0], (250, 550))
                self.assert_only_sealed(octets, replies[:1].count(250))

    @staticmethod
    def send_raw(octets):
        """What is sent behind DATA, as it is; codes of all replies until the connection's end."""
        with lab.inside_client() as client:
            client.ehlo()
            client.mail(SENDER)
            client.rcpt(TANAKA)
            client.docmd("DATA")
            client.sock.sendall(octets + b"\r\n.\r\nQUIT\r\n")
            replies = client.file.read()
            client.close()
        return [int(code) for code in re.findall(rb"(?m)^(\d{3}) ", replies)]

    def test_I1_hostile_envelopes_change_nothing(self):
        octets, sent = self.sealed(), 0
        envelopes = (
            ("<>", f"<{TANAKA}>"),
            ('<"a\\"b <x>: y"@internet.example>', f'<"a b: c\\\td"@{harness.LGWAN_DOMAIN}>'),
            ("<@a.example,@b.example:x@internet.example>", f"<{TANAKA}> ORCPT=rfc822;x+0D+0AX-Secret:+20HIDDEN"),
            (f"<{SENDER}> ENVID=+0D+0AX-Secret:+20HIDDEN RET=HDRS", f"<{TANAKA}> NOTIFY=NEVER"),
            ("<送信者@internet.example> SMTPUTF8", f"<田中@{harness.LGWAN_DOMAIN}>"),
            (f"<{'x' * 900}@internet.example>", f"<{'y' * 900}@{harness.LGWAN_DOMAIN}>"),
        )
        for sender, recipient in envelopes:
            with self.subTest(sender), lab.inside_client() as client:
                client.command_encoding = "utf-8"
                client.ehlo("a\x01<b>\x7f")
                steps = [client.docmd("MAIL FROM:" + sender)[0], client.docmd("RCPT TO:" + recipient)[0]]
                if steps == [250, 250]:
                    self.assertEqual(client.data(mail("HIDDEN"))[0], 550)
                    client.docmd("MAIL FROM:" + sender)
                    client.docmd("RCPT TO:" + recipient)
                    self.assertEqual(client.data(octets)[0], 250)
                    sent += 1
        found = [harness.arrived_octets(path) for path in lab.arrived()]
        self.assertEqual([own_part(one) for one in found], [octets] * sent)
        self.assertGreaterEqual(sent, 3)
        for one in found:
            self.assertNotRegex(one, rb"(?m)^X-Secret")


class Holding(GateTest):
    def test_refused_message_is_held_and_others_arrive(self):
        self.restart_gate(action="hold")
        self.addCleanup(lambda: harness.run(lab.lgwan_host.command(
            ["postsuper", "-c", str(lab.lgwan.config), "-d", "ALL", "hold"])))
        code, text = lab.deliver_inside(mail("HIDDEN"))
        self.assertEqual(code, 250, text)
        held = self.decided(self.since, "held")
        self.assertRegex(held.reason, "^line 1, column [0-9]+: ")
        self.wait_postfix_log(f"{held.queue_id}: milter-hold: END-OF-MESSAGE", "from=<" + SENDER)
        self.sealed()
        self.assertEqual([path.name for path in lab.lgwan.held()], [held.queue_id])


class Away(GateTest):
    """While the gate or mugaid is away, mail waits: milter_default_action is tempfail on both."""

    def test_I4_gate_killed_means_mail_waits_and_arrives_once(self):
        since = len(lab.boundary.read_log())
        lab.gate.kill()
        try:
            code, text = lab.deliver_inside(mail())
            self.assertEqual(code // 100, 4, text)
            self.assertEqual(lab.deliver(mail())[0], 250)
            harness.wait_until(lambda: "status=deferred" in lab.boundary.read_log()[since:], "it is deferred")
        finally:
            lab.gate.start()
        self.assertEqual(lab.maildir.take(), [])
        lab.boundary.flush()
        self.arrivals(1)
        self.assertEqual(mailbox.take(), [])

    def test_I4_gate_killed_in_mid_message(self):
        octets = self.sealed()
        with lab.inside_client() as client:
            client.ehlo()
            client.mail(SENDER)
            client.rcpt(TANAKA)
            client.docmd("DATA")
            client.sock.sendall(octets[:500])
            lab.gate.kill()
            try:
                client.sock.sendall(octets[500:] + b".\r\n")
                code, text = client.getreply()
            finally:
                lab.gate.start()
        self.assertEqual(code // 100, 4, text)
        self.assertEqual(lab.arrived(), [])
        self.assert_passes(octets)

    def test_I4_mugaid_killed_means_the_client_keeps_it(self):
        lab.mugaid.kill()
        try:
            code, text = lab.deliver(mail())
            self.assertEqual(code // 100, 4, text)
            self.assertEqual(lab.arrived(), [])
        finally:
            lab.mugaid.start()
        self.sealed()


class Keys(GateTest):
    """Change-over."""

    def test_keys_change_while_mail_is_under_way(self):
        old_public, under_way = lab.gate.keys / "seal.pub", self.sealed()
        new_private, new_public = lab.mugaid.keygen("next")
        new = seal.Key.from_private_line(new_private.read_text())
        copy = lab.gate.add_key(new_public)
        self.addCleanup(self.put_back, copy, old_public, old_public.read_bytes())
        self.assertIn(new.id, lab.gate.reload())
        self.seal_with(new_private)
        octets = self.sealed()
        self.assertEqual(seal_of(octets)[0].decode(), new.id)
        self.assert_passes(under_way)
        old_public.unlink()
        lab.gate.reload()
        self.assert_refused(under_way, "unknown key")
        self.assert_passes(octets)
        self.seal_with(lab.mugaid.keys / "seal.key")
        Bypassing.assert_bounces(self, mail(), ": seal of an unknown key")

    @staticmethod
    def seal_with(private):
        lab.mugaid.stop()
        lab.mugaid.settings["seal"]["key"] = private
        lab.mugaid.start()

    def put_back(self, new_public, old_public, octets):
        old_public.write_bytes(octets)
        new_public.unlink()
        lab.gate.reload()
        self.seal_with(lab.mugaid.keys / "seal.key")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("test_gate.py: needs root, for it makes network namespaces and starts Postfix")
    unittest.main(verbosity=2)
