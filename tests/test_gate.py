#!/usr/bin/python3
"""test_gate.py - mugai-gate at its socket, without an MTA: what passes, and that nothing else does

Run by "meson test gate", which names the programs in MUGAI_GATE, MUGAID and MUGAI_WORKER. The MTA's side is
milter_client.py, the boundary's signature is made by seal.py; neither shares code with mugai.
"""

import base64
import concurrent.futures
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import milter_client  # noqa: E402
import seal  # noqa: E402
import test_milter  # noqa: E402
from milter_client import Connection  # noqa: E402

READY_SECONDS = 60
DAY = 24 * 60 * 60

KEY, OTHER_KEY = (seal.Key(bytes([number]) * 32) for number in (1, 2))

RECEIVED = (b"Received: from boundary.example (boundary.example [192.0.2.2])\r\n\tby lgwan.example (Postfix)"
            b" with ESMTP id 4Q;\r\n\tFri, 20 Nov 2026 10:00:01 +0900 (JST)\r\n")
MESSAGE = textwrap.dedent("""\
    Received: by relay.example; Fri, 20 Nov 2026 10:00:00 +0900
    Date: Fri, 20 Nov 2026 10:00:00 +0900
    From: "Sender" <sender@example.org>
    To: "One" <one@example.jp>,
     "Two" <two@example.jp>
    Subject: report of the week
    Message-ID: <1@example.org>
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: base64
    Mugai-Id: 20261120-00000-00000
    Mugai-Result: profile=1; kept=1; converted=0; removed=0; unreadable=0; ambiguous=0

    aGVsbG8NCg==
    """).replace("\n", "\r\n").encode()


def with_text(text):
    """MESSAGE with another text, lines ending in CRLF."""
    encoded = base64.b64encode(text)
    lines = [encoded[at:at + 76] for at in range(0, len(encoded), 76)]
    return MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + b"".join(line + b"\r\n" for line in lines)


class Gate:
    """A mugai-gate with a socket and a folder of keys of its own; options: as on its command line, without --."""

    def __init__(self, folder, keys=(KEY,), **options):
        self.folder = pathlib.Path(folder)
        self.keys = self.folder / "keys"
        self.log = self.folder / "log"
        sockets = self.folder / "sockets"
        for directory in (self.keys, sockets):
            directory.mkdir(exist_ok=True)
        self.socket = str(sockets / "gate.sock")
        self.options = {"socket": f"unix:{self.socket}", "public-keys": self.keys, "log-stderr": True}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("nobody")
            os.chown(sockets, owner.pw_uid, owner.pw_gid)
            self.options["user"] = "nobody"
        self.folder.chmod(0o755)
        self.options.update({name.replace("_", "-"): value for name, value in options.items()})
        self.write_keys(*keys)
        self.process = None

    def write_keys(self, *keys):
        for path in self.keys.glob("*.pub"):
            path.unlink()
        for key in keys:
            (self.keys / f"{key.id}.pub").write_text(key.public_line())

    def command(self, *more):
        words = [os.environ["MUGAI_GATE"]]
        for name, value in self.options.items():
            if value is True:
                words.append(f"--{name}")
            elif value is not None:
                words += [f"--{name}", str(value)]
        return words + list(more)

    def run(self, *more):
        """Runs it to its end: (status, what it said)."""
        done = subprocess.run(self.command(*more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=READY_SECONDS, text=True, umask=0o022)
        return done.returncode, done.stdout

    def start(self):
        ready, said = os.pipe()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command("--ready-fd", str(said)), pass_fds=[said], stdout=log,
                                            stderr=log)
        os.close(said)
        octet = os.read(ready, 1)
        os.close(ready)
        if octet != b"r":
            raise AssertionError(f"mugai-gate did not start: {self.read_log()}")
        return self

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        # In a build with sanitizers this is also where leaks show.
        if status != 0:
            raise AssertionError(f"mugai-gate ended with {status}: {self.read_log()}")

    def read_log(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    wait_log = test_milter.Daemon.wait_log

    def reload(self):
        """SIGHUP, until it has been worked off."""
        since = len(self.read_log())
        self.process.send_signal(signal.SIGHUP)
        self.wait_log("reload: ", since)

    def connect(self, **options):
        return Connection(self.socket, **options)

    def send(self, octets, **options):
        with self.connect() as connection:
            return connection.message(octets, **options)


class GateTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mugai-gate-")
        self.addCleanup(shutil.rmtree, self.folder)

    def gate(self, *arguments, **options):
        gate = Gate(self.folder, *arguments, **options)
        self.addCleanup(gate.stop)
        return gate.start()

    def assert_passes(self, gate, octets, **options):
        answer, handed_on = gate.send(octets, **options)
        self.assertTrue(answer.accepted, f"{answer}\n{gate.read_log()}")
        self.assertEqual(answer.held, "")
        self.assertEqual(handed_on, octets)
        return answer

    def assert_waits(self, gate, octets, reason, **options):
        answer, _ = gate.send(octets, **options)
        self.assertEqual(answer.reply, "451 4.7.1 mugai-gate: try again later", gate.read_log())
        self.assertEqual(answer.changed, [])
        gate.wait_log(f'outcome=tempfail reason="{reason}"')

    def assert_refused(self, gate, octets, reason, **options):
        answer, _ = gate.send(octets, **options)
        self.assertTrue(answer.reply.startswith("550 5.7.1 mugai-gate: "), f"{answer}\n{gate.read_log()}")
        self.assertRegex(answer.reply, reason)
        self.assertEqual(answer.changed, [])
        return answer


class Passing(GateTest):
    """What passes, passes unchanged."""

    def test_sealed_message_passes(self):
        gate = self.gate()
        self.assert_passes(gate, seal.seal(MESSAGE, KEY), queue_id="4QUEUE")
        gate.wait_log(f'queue-id="4QUEUE" id="20261120-00000-00000" key="{KEY.id}" outcome=passed reason=""')

    def test_I1_every_approved_field_is_written_back_in_its_place(self):
        sealed = seal.seal(RECEIVED + MESSAGE, KEY)
        fields, _ = milter_client.split_message(sealed)
        answer = self.assert_passes(self.gate(), sealed)
        counts, expected = {}, []
        for name, value in fields:
            counts[name] = counts.get(name, 0) + 1
            expected.append((name, counts[name], value))
        self.assertEqual(answer.changed, expected)
        self.assertEqual((answer.deleted, answer.added, answer.body), ([], [], None))

    def test_trace_fields_that_relays_added_pass(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        self.assert_passes(gate, RECEIVED * 3 + sealed)
        self.assert_passes(gate, b"Return-Path: <a@example.org>\r\nDelivered-To: b@example.jp\r\n" + sealed)

    def test_texts_of_all_sizes_pass_however_the_end_comes(self):
        gate = self.gate()
        for octets in (3, 57, 65535, 65536, 1 << 20, 3 << 20):
            line = b"0123456789abcdef" * 16 + b"\r\n"
            text = (line * (octets // len(line) + 1))[:max(octets - 2, 1)].rstrip(b"\r\n") + b"\r\n"
            sealed = seal.seal(with_text(text), KEY)
            for end_with_body in (True, False):
                with self.subTest(octets=octets, end_with_body=end_with_body):
                    self.assert_passes(gate, sealed, end_with_body=end_with_body)

    def test_field_longer_than_a_usual_milter_packet_passes(self):
        addresses = b",\r\n ".join(b"<%04d-%s@example.jp>" % (i, b"a" * 55) for i in range(1000))
        message = re.sub(rb"To: [^\0]*?\r\n(?=Subject)", b"To: " + addresses + b"\r\n", MESSAGE)
        self.assertGreater(len(addresses), 70000)
        self.assert_passes(self.gate(), seal.seal(message, KEY))

    def test_several_messages_and_connections_at_once(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        broken = sealed.replace(b"report", b"Report")

        def client(number):
            with gate.connect() as connection:
                return [connection.message(broken if (number + i) % 3 == 0 else sealed)[0].accepted
                        for i in range(30)]

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            for number, accepted in enumerate(pool.map(client, range(20))):
                self.assertEqual(accepted, [(number + i) % 3 != 0 for i in range(30)])

    def test_message_after_an_aborted_one_is_decided_alone(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        fields, body = milter_client.split_message(sealed)
        with gate.connect() as connection:
            for stage in range(3):
                connection.envelope("s@example.org", ["r@example.jp"], "Q")
                for name, value in fields[:stage * 5]:
                    connection.event(b"L", name + b"\0" + value + b"\0")
                if stage == 2:
                    connection.event(b"N")
                    connection.event(b"B", body)
                connection.abort()
            answer, handed_on = connection.message(sealed)
        self.assertTrue(answer.accepted, gate.read_log())
        self.assertEqual(handed_on, sealed)


class Refusing(GateTest):
    """What is refused, and with which words."""

    def test_message_outside_the_profile_is_refused_with_place_and_rule(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        for octets, reason in (
                (b"X-Evil: 1\r\n" + sealed, r"line 1, column \d+: "),
                (sealed.replace(b"text/plain", b"text/html"), r"line 9, column \d+: "),
                (sealed.replace(b"aGVsbG8NCg==", b"aGVsbG8NCg="), r"line 15, column \d+: "),
                (b"From: a@example.org\r\n\r\nhello\r\n", r"line 1, column \d+: .*; it did not come through mugaid$"),
                (b"\r\n\r\n", r"line \d+, column \d+: "),
                (sealed.replace(b"Subject: ", b"subject: "), r"line 6, column \d+: ")):
            with self.subTest(octets=octets[:60]):
                self.assert_refused(gate, octets, reason)

    def test_fold_with_a_tab_is_for_trace_fields_alone(self):
        gate = self.gate()
        self.assert_refused(gate, seal.seal(MESSAGE.replace(b",\r\n \"Two", b",\r\n\t\"Two"), KEY), "line 5, ")

    def test_message_without_a_seal_is_refused(self):
        gate = self.gate()
        self.assert_refused(gate, MESSAGE, "no seal$")
        gate.wait_log('id="20261120-00000-00000" key="" outcome=rejected reason="no seal"')

    def test_seal_of_an_unknown_key_is_refused(self):
        gate = self.gate()
        self.assert_refused(gate, seal.seal(MESSAGE, OTHER_KEY), "seal of an unknown key$")
        gate.wait_log(f'key="{OTHER_KEY.id}" outcome=rejected reason="seal of an unknown key"')

    def test_forged_seal_under_a_known_key_is_refused(self):
        forged = seal.seal(MESSAGE, OTHER_KEY).replace(OTHER_KEY.id.encode(), KEY.id.encode())
        self.assert_refused(self.gate(), forged, "the signature does not fit: changed on the way or forged$")

    def test_seal_of_another_message_is_refused(self):
        other = seal.seal(with_text(b"other\r\n"), KEY)
        field = re.search(rb"Mugai-Seal: [^\r]*\r\n", other)[0]
        self.assert_refused(self.gate(), MESSAGE.replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n"), "does not fit")

    def test_second_seal_is_refused(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        field = re.search(rb"Mugai-Seal: [^\r]*\r\n", sealed)[0]
        self.assert_refused(gate, sealed.replace(field, field * 2), r"line 14, column ")
        self.assert_refused(gate, field + sealed, r"line 2, column ")

    def test_one_octet_altered_anywhere_is_refused(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        first = sealed.index(b"Date: ")
        with gate.connect() as connection:
            for at in range(first, len(sealed)):
                for change in (0x01, 0x20, 0x80):
                    altered = bytearray(sealed)
                    altered[at] ^= change
                    if altered[at] == 0:
                        continue  # nothing a milter is shown
                    answer, _ = connection.message(bytes(altered))
                    self.assertTrue(answer.reply.startswith("550 5.7.1 mugai-gate: "),
                                    f"octet {at} {sealed[at:at + 1]} -> {altered[at:at + 1]}: {answer}")
            self.assertTrue(connection.message(sealed)[0].accepted)

    def test_one_octet_more_or_less_anywhere_is_refused(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        first = sealed.index(b"Date: ")
        with gate.connect() as connection:
            for at in range(first, len(sealed)):
                for altered in (sealed[:at] + sealed[at + 1:], sealed[:at] + b"A" + sealed[at:]):
                    if milter_client.split_message(altered) == milter_client.split_message(sealed):
                        continue  # the CR of a fold, which milters are not shown
                    answer, _ = connection.message(altered)
                    self.assertFalse(answer.accepted, f"octet {at}: {altered[at - 10:at + 10]}: {answer}")

    def test_every_line_removed_or_twice_is_refused(self):
        gate = self.gate()
        sealed = seal.seal(MESSAGE, KEY)
        lines = sealed.split(b"\r\n")
        for i in range(1, len(lines) - 1):
            for replacement in ([], [lines[i]] * 2):
                altered = b"\r\n".join(lines[:i] + replacement + lines[i + 1:])
                with self.subTest(line=lines[i], times=len(replacement)):
                    self.assert_refused(gate, altered, ".")

    def test_I1_fields_hidden_in_names_and_values_are_none(self):
        gate = self.gate()
        fields, body = milter_client.split_message(seal.seal(MESSAGE, KEY))
        names = [name for name, _ in fields]
        at = names.index(b"MIME-Version")
        (_, first), (second_name, second) = fields[at], fields[at + 1]
        joined_value = fields[:at] + [(b"MIME-Version", first + b"\n" + second_name + b":" + second)] + fields[at + 2:]
        joined_name = (fields[:at] + [(b"MIME-Version:" + first + b"\r\n" + second_name, second)] + fields[at + 2:])
        for variant in (joined_value, joined_name):
            with gate.connect() as connection:
                connection.envelope("s@example.org", ["r@example.jp"], "Q")
                connection.content(variant, body)
                answer = connection.answer()
            self.assertRegex(answer.reply, "^550 5.7.1 mugai-gate: a header field that is none")
            self.assertEqual(answer.changed, [])

    def test_clickable_links_are_refused_when_told_so(self):
        octets = seal.seal(with_text(b"see https://example.org/\r\n"), KEY)
        gate = self.gate()
        self.assert_passes(gate, octets)
        gate.stop()
        self.assert_refused(self.gate(inert_links=True), octets, "line 15, column ")

    def test_hostile_octets_are_quoted_in_the_log(self):
        gate = self.gate()
        self.assert_refused(gate, MESSAGE.replace(b"20261120-00000-00000", b"2026\"\\\x1b[31m\x80\xff-0000-0"),
                            "line ", queue_id="4\"\n\x07Q")
        gate.wait_log('queue-id="4\\"\\x0A\\x07Q" id="2026\\"\\\\\\x1B[31m\\x80\\xFF-0000-0"')
        self.assertNotRegex(gate.read_log(), r"[^\n\x20-\x7e]")


class Times(GateTest):
    """How long a seal is believed."""

    def test_replay_older_than_allowed_is_refused(self):
        gate = self.gate()
        now = time.time()
        self.assert_passes(gate, seal.seal(MESSAGE, KEY, now - 6 * DAY + 60))
        self.assert_refused(gate, seal.seal(MESSAGE, KEY, now - 6 * DAY - 60),
                            "sealed [0-9]+ seconds ago, more than 518400 seconds allowed$")
        self.assert_refused(gate, seal.seal(MESSAGE, KEY, now - 8 * DAY - 60),
                            "sealed 8 days ago, more than 6 days allowed$")
        self.assert_refused(gate, seal.seal(MESSAGE, KEY, 1), "sealed [0-9]+ days ago")

    def test_seal_ahead_of_our_clock_waits(self):
        gate = self.gate()
        now = time.time()
        self.assert_passes(gate, seal.seal(MESSAGE, KEY, now + 240))
        self.assert_waits(gate, seal.seal(MESSAGE, KEY, now + 400),
                          "sealed 6 minutes ahead of our clock, more than 5 minutes allowed")
        answer, _ = gate.send(seal.seal(MESSAGE, KEY, 99999999999))
        self.assertTrue(answer.reply.startswith("451 4.7.1 "), answer)

    def test_ages_are_configured(self):
        gate = self.gate(max_age="2h", max_ahead="0")
        now = time.time()
        self.assert_passes(gate, seal.seal(MESSAGE, KEY, now - 7000))
        self.assert_refused(gate, seal.seal(MESSAGE, KEY, now - 7300), "sealed 73[0-9][0-9] seconds ago, more than 7200 seconds allowed$")
        answer, _ = gate.send(seal.seal(MESSAGE, KEY, now + 60))
        self.assertTrue(answer.reply.startswith("451 4.7.1 "), answer)

    def test_what_an_unknown_or_wrong_seal_says_of_its_time_is_not_told(self):
        gate = self.gate()
        self.assert_refused(gate, seal.seal(MESSAGE, OTHER_KEY, 1000), "unknown key$")
        wrong = seal.seal(MESSAGE, KEY, 1000).replace(b"time=1000;", b"time=1001;")
        self.assert_refused(gate, wrong, "does not fit")


class Keys(GateTest):
    """Whom the gate believes."""

    def test_two_keys_at_once(self):
        gate = self.gate(keys=(KEY, OTHER_KEY))
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))
        self.assert_passes(gate, seal.seal(MESSAGE, OTHER_KEY))

    def test_keys_of_files_and_directories(self):
        path = pathlib.Path(self.folder) / "other"
        path.write_text(OTHER_KEY.public_line())
        gate = self.gate(public_key=path)
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))
        self.assert_passes(gate, seal.seal(MESSAGE, OTHER_KEY))

    def test_reload_changes_keys_for_messages_on_open_connections(self):
        gate = self.gate()
        first, second = seal.seal(MESSAGE, KEY), seal.seal(MESSAGE, OTHER_KEY)
        with gate.connect() as connection:
            for keys in ((KEY,), (KEY, OTHER_KEY), (OTHER_KEY,), (KEY,)):
                gate.write_keys(*keys)
                gate.reload()
                self.assertEqual(connection.message(first)[0].accepted, KEY in keys)
                self.assertEqual(connection.message(second)[0].accepted, OTHER_KEY in keys)
        self.assertIsNone(gate.process.poll())

    def test_key_is_taken_away_while_an_mta_does_not_read(self):
        # More to write back than a socket takes without a reader.
        addresses = b",\r\n ".join(b"<%04d-%s@example.jp>" % (i, b"a" * 55 + b"." + b"b" * 34) for i in range(1000))
        fields = b"To: " + addresses + b"\r\nCc: " + addresses + b"\r\n"
        message = re.sub(rb"To: [^\0]*?\r\n(?=Subject)", fields, MESSAGE)
        gate = self.gate()
        with gate.connect() as silent:
            silent.envelope("s@example.org", ["r@example.jp"], "Q")
            silent.content(*milter_client.split_message(seal.seal(message, KEY)))
            # It has been decided once its answer begins.
            silent.socket.recv(1, socket.MSG_PEEK)
            gate.write_keys(OTHER_KEY)
            gate.reload()
            self.assertIn("reload: done", gate.read_log())
            self.assert_refused(gate, seal.seal(MESSAGE, KEY), "unknown key")
            self.assertTrue(silent.answer().accepted)

    def test_reload_of_wrong_keys_changes_nothing(self):
        gate = self.gate()
        wrong = gate.keys / "wrong.pub"
        for spoil in (lambda: wrong.write_text("nonsense\n"), lambda: gate.write_keys(),
                      lambda: wrong.write_text(KEY.private_line())):
            since = len(gate.read_log())
            spoil()
            gate.reload()
            gate.wait_log("reload: the old keys stay", since)
            self.assert_passes(gate, seal.seal(MESSAGE, KEY))
        self.assert_refused(gate, MESSAGE, "no seal")

    def test_wrong_key_files_are_errors_of_the_start(self):
        gate = Gate(self.folder)
        path = gate.keys / "b.pub"
        good = OTHER_KEY.public_line()
        for contents in ("", "\n", good[:-2] + "\n", good.replace("public", "private"), good + "\n", " " + good,
                         good.replace("-1 ", "-2 "), good[:-3] + "B=\n", "x" * 100000):
            path.write_text(contents)
            status, said = gate.run("--check")
            self.assertEqual(status, 78, contents[:80])
            self.assertIn(str(path), said)
        path.write_text(good)
        self.assertEqual(gate.run("--check"), (0, "ok\n"))

    def test_keys_that_others_may_write_are_refused(self):
        gate = Gate(self.folder)
        path = next(gate.keys.iterdir())
        for spoiled, mode, right in ((path, 0o664, 0o644), (path, 0o646, 0o644), (gate.keys, 0o775, 0o755),
                                     (gate.keys, 0o757, 0o755)):
            spoiled.chmod(mode)
            status, said = gate.run("--check")
            self.assertEqual(status, 78, said)
            self.assertIn("may write it", said)
            spoiled.chmod(right)
        self.assertEqual(gate.run("--check"), (0, "ok\n"))

    def test_only_pub_files_of_a_directory_are_keys(self):
        gate = Gate(self.folder)
        (gate.keys / "README").write_text("nothing of yours")
        (gate.keys / "old.pub.disabled").write_text("neither")
        self.assertEqual(gate.run("--check"), (0, "ok\n"))
        gate.write_keys()
        self.assertEqual(gate.run("--check")[0], 78)


class Unsealed(GateTest):
    """--allow-unsealed: the profile alone."""

    def test_message_of_the_profile_passes_without_seal_and_key(self):
        gate = self.gate(keys=(), allow_unsealed=True)
        self.assert_passes(gate, MESSAGE)
        self.assert_passes(gate, seal.seal(MESSAGE, OTHER_KEY))
        self.assert_refused(gate, b"X: y\r\n" + MESSAGE, "line 1, ")

    def test_seal_that_is_there_must_be_right_where_keys_are(self):
        gate = self.gate(allow_unsealed=True)
        self.assert_passes(gate, MESSAGE)
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))
        self.assert_refused(gate, seal.seal(MESSAGE, OTHER_KEY), "unknown key")
        self.assert_refused(gate, seal.seal(MESSAGE, KEY, 1000), "sealed ")

    def test_without_it_a_key_is_needed(self):
        gate = Gate(self.folder)
        del gate.options["public-keys"]
        status, said = gate.run("--check")
        self.assertEqual(status, 2)
        self.assertIn("--public-key", said)


class Holding(GateTest):
    """--action hold."""

    def test_refused_message_is_held_with_the_reason_and_passes_otherwise(self):
        gate = self.gate(action="hold")
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))
        for octets, reason in ((MESSAGE, "no seal"), (b"X: y\r\n" + MESSAGE, "line 1, column ")):
            answer, _ = gate.send(octets, queue_id="4HELD")
            self.assertTrue(answer.accepted, answer)
            self.assertIn(reason, answer.held)
            self.assertEqual(answer.changed, [])
            gate.wait_log(f'outcome=held reason="{reason}')

    def test_mta_that_cannot_hold_gets_a_451(self):
        gate = self.gate(action="hold")
        with gate.connect(actions=milter_client.ALL_ACTIONS & ~0x20) as connection:
            connection.send(b"M", b"<s@example.org>\0")
            command, data = connection.receive()
        self.assertEqual(command, b"y")
        self.assertTrue(data.startswith(b"451 4.7.1 "), data)


class Failing(GateTest):
    """Whatever else happens: no yes."""

    def test_mta_that_does_not_grant_what_is_needed_gets_a_451(self):
        gate = self.gate()
        for options in ({"actions": milter_client.ALL_ACTIONS & ~milter_client.CHGHDRS},
                        {"steps": milter_client.ALL_STEPS & ~milter_client.HDR_LEADSPC}, {"actions": 0, "steps": 0}):
            with gate.connect(**options) as connection:
                for _ in range(2):
                    connection.send(b"M", b"<s@example.org>\0")
                    command, data = connection.receive()
                    self.assertEqual(command, b"y", options)
                    self.assertTrue(data.startswith(b"451 4.7.1 "), data)
        gate.wait_log("alert: the MTA does not let us")

    def replies(self, gate, packets):
        """Everything the gate says to packets in any order, until it closes."""
        connection = gate.connect()
        answered = []

        def listen():
            try:
                while True:
                    answered.append(connection.receive())
            except milter_client.Closed:
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            for command, data in packets:
                connection.send(command, data)
            connection.send(b"Q")
        except (BrokenPipeError, ConnectionResetError):
            pass
        listener.join(READY_SECONDS)
        self.assertFalse(listener.is_alive())
        connection.socket.close()
        return answered

    def test_commands_in_any_order_are_never_accepted(self):
        gate = self.gate()
        fields, body = milter_client.split_message(seal.seal(MESSAGE, KEY))
        events = [(b"L", name + b"\0" + value + b"\0") for name, value in fields]
        whole = [(b"M", b"<s@example.org>\0"), (b"R", b"<r@example.jp>\0"), (b"T", b""), *events, (b"N", b""),
                 (b"B", body), (b"E", b"")]
        pieces = whole + [(b"A", b""), (b"E", body), (b"B", b""), (b"D", b"Ti\0Q\0"), (b"L", b"\0\0"), (b"U", b"X\0"),
                          (b"H", b"h\0"), (b"L", b"no end"), (b"\xff", b"?"), (b"M", b""), (b"O", b"short"),
                          (b"E", b"\0" * 70000), (b"K", b"")]
        chance = random.Random(4)
        for _ in range(400):
            packets = list(whole)
            for _ in range(chance.randint(1, 4)):
                kind, at = chance.randint(0, 2), chance.randrange(len(packets))
                if kind == 0 and packets[at][0] in (b"L", b"N", b"B"):
                    del packets[at]
                elif kind == 1:
                    packets.insert(at, chance.choice(pieces))
                else:
                    other = chance.randrange(len(packets))
                    packets[at], packets[other] = packets[other], packets[at]
            said = self.replies(gate, packets)
            if b"m" in [command for command, _ in said]:
                self.assert_was_whole(packets, whole)
        for _ in range(300):
            self.replies(gate, chance.choices(pieces, k=chance.randint(1, 30)))
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))

    def assert_was_whole(self, packets, whole):
        """What was accepted had, since a message began, all that is sealed, in order, and nothing beside."""
        def own_fields(packets):
            return [packet for packet in packets
                    if packet[0] in (b"L", b"N") and not packet[1].startswith(b"Received\0")]

        ignored = (b"D", b"U", b"R", b"T", b"H", b"K")
        wanted = whole[3:-1]
        for start in range(len(packets)):
            if packets[start][0] != b"M":
                continue
            left = [packet for packet in packets[start + 1:] if packet[0] not in ignored]
            seen = left[:next((i for i, packet in enumerate(left) if packet[0] == b"E"), len(left)) + 1]
            octets = b"".join(data for command, data in seen if command in (b"B", b"E"))
            if own_fields(seen) == own_fields(wanted) and octets == wanted[-1][1]:
                return
        self.fail(f"accepted: {packets}")

    def test_killed_under_way_says_nothing(self):
        gate = self.gate()
        fields, body = milter_client.split_message(seal.seal(MESSAGE, KEY))
        with gate.connect() as connection:
            connection.envelope("s@example.org", ["r@example.jp"], "Q")
            for name, value in fields:
                connection.event(b"L", name + b"\0" + value + b"\0")
            gate.process.kill()
            gate.process.wait()
            with self.assertRaises((milter_client.Closed, BrokenPipeError, ConnectionResetError)):
                connection.content([], body)
                connection.answer()


class Running(GateTest):
    """Starting and ending."""

    def test_socket_is_for_owner_and_group(self):
        gate = self.gate()
        self.assertEqual(stat.S_IMODE(os.stat(gate.socket).st_mode), 0o660)

    def test_socket_goes_with_the_gate(self):
        gate = self.gate()
        gate.stop()
        self.assertFalse(os.path.exists(gate.socket))

    def test_socket_left_by_a_killed_gate_is_taken_over(self):
        gate = self.gate()
        gate.process.kill()
        gate.process.wait()
        self.assertTrue(os.path.exists(gate.socket))
        gate.start()
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))

    def test_second_gate_does_not_take_the_socket_away(self):
        gate = self.gate()
        status, said = Gate(self.folder).run()
        self.assertNotEqual(status, 0)
        self.assertIn("somebody else serves", said)
        self.assert_passes(gate, seal.seal(MESSAGE, KEY))

    def test_file_in_the_place_of_the_socket_is_not_removed(self):
        gate = Gate(self.folder)
        pathlib.Path(gate.socket).write_text("precious")
        self.assertNotEqual(gate.run()[0], 0)
        self.assertEqual(pathlib.Path(gate.socket).read_text(), "precious")

    def test_wrong_options_are_named(self):
        gate = Gate(self.folder)
        for more in (["--max-age", "six"], ["--max-age", "6w"], ["--max-age", "-1"], ["--max-age", "99999d"],
                     ["--max-ahead", ""], ["--action", "accept"], ["--ready-fd", "x"], ["--nonsense"], ["word"]):
            with self.subTest(more=more):
                status, said = gate.run(*more)
                self.assertEqual(status, 2)
                self.assertNotEqual(said, "")

    def test_unused_socket_and_wrong_user_are_errors_of_the_start(self):
        self.assertNotEqual(Gate(self.folder, socket="unix:/nowhere/at/all").run()[0], 0)
        self.assertEqual(Gate(self.folder, user="nobody-at-all").run("--check")[0], 78)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_is_given_up_or_refused(self):
        for user in (None, "root"):
            status, said = Gate(self.folder, user=user).run("--check")
            self.assertEqual(status, 78)
            self.assertIn("root", said)
        gate = self.gate()
        fields = dict(line.split(":\t", 1) for line in
                      pathlib.Path(f"/proc/{gate.process.pid}/status").read_text().splitlines() if ":\t" in line)
        owner = pwd.getpwnam("nobody")
        self.assertEqual(fields["Uid"].split(), [str(owner.pw_uid)] * 4)
        self.assertEqual(fields["Gid"].split(), [str(owner.pw_gid)] * 4)
        self.assertNotIn("0", fields["Groups"].split())
        self.assertEqual([fields[name] for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")], ["0" * 16] * 4)
        self.assertEqual(fields["NoNewPrivs"], "1")


class Boundary(GateTest):
    """What mugaid seals, the gate believes."""

    def boundary(self, worker=None, **settings):
        folder = pathlib.Path(self.folder) / "boundary"
        folder.mkdir()
        path = folder / "seal.key"
        path.write_text(KEY.private_line())
        path.chmod(0o600)
        if os.geteuid() == 0:
            pathlib.Path(self.folder).chmod(0o755)
            shutil.chown(path, test_milter.MILTER_USER)
        settings.setdefault("seal__key", path)
        daemon = test_milter.Daemon(folder, worker, **settings)
        self.addCleanup(daemon.stop)
        return daemon

    def test_sealed_message_of_mugaid_passes(self):
        daemon, gate = self.boundary().start(), self.gate()
        for _ in range(3):
            answer, octets = daemon.send()
            self.assertTrue(answer.accepted, daemon.read_log())
            self.assertIn(b"\r\nMugai-Seal: version=1; key=" + KEY.id.encode(), octets)
            self.assertIn("the visible text", test_milter.text_of(octets))
            self.assert_passes(gate, octets)
            self.assert_passes(gate, RECEIVED + octets)

    def test_I4_notice_only_message_is_sealed_too(self):
        worker = pathlib.Path(self.folder) / "worker"
        worker.write_text(test_milter.WORKER_PROLOGUE + textwrap.dedent("""
            while True:
                _, _, result = receive_job()
                result.sendall(b"nonsense")
                result.close()
            """))
        worker.chmod(0o755)
        daemon = self.boundary(str(worker)).start()
        answer, octets = daemon.send()
        self.assertTrue(answer.accepted, daemon.read_log())
        daemon.wait_log("outcome=notice-only")
        self.assert_passes(self.gate(), octets)

    def test_time_of_a_seal_is_the_time_of_sealing(self):
        daemon = self.boundary().start()
        before = int(time.time())
        octets = daemon.send()[1]
        moment = int(re.search(rb"time=(\d+);", octets)[1])
        self.assertTrue(before <= moment <= time.time(), (before, moment))

    def test_I1_without_a_key_nothing_is_sealed(self):
        daemon = self.boundary()
        daemon.write_config()
        daemon.start()
        octets = daemon.send()[1]
        self.assertNotIn(b"Mugai-Seal", octets)
        self.assert_refused(self.gate(), octets, "no seal")

    def test_wrong_key_is_an_error_of_the_start(self):
        daemon = self.boundary()
        (daemon.folder / "seal.key").chmod(0o644)
        os.close(daemon.spawn())
        self.assertEqual(daemon.process.wait(READY_SECONDS), 78, daemon.read_log())
        self.assertIn("seal.key", daemon.read_log())

    def test_reload_changes_the_key_unless_it_is_wrong(self):
        daemon, gate = self.boundary().start(), self.gate(keys=(KEY, OTHER_KEY))
        path = daemon.folder / "seal.key"
        for contents, mode, log, key in (("nonsense\n", 0o600, "reload: the old settings stay: ", KEY),
                                         (OTHER_KEY.private_line(), 0o604, "reload: the old settings stay: ", KEY),
                                         (OTHER_KEY.private_line(), 0o600, "reload: done", OTHER_KEY)):
            path.write_text(contents)
            path.chmod(mode)
            since = len(daemon.read_log())
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_log(log, since)
            octets = daemon.send()[1]
            self.assertIn(key.id.encode(), octets)
            self.assert_passes(gate, octets)


if __name__ == "__main__":
    unittest.main(verbosity=2)
