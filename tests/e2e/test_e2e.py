#!/usr/bin/python3
"""test_e2e.py - mail goes through real Postfixes and mugaid; a test per promise

Run by "meson test --suite e2e" as root, which names the programs in MUGAID, MUGAI and MUGAI_WORKER. Names say which
invariant of the design a test holds. The readers of the output share no code with mugai: Python's email package, and
profile_reader.py, which was written from the output profile alone.
"""

import atexit
import concurrent.futures
import email
import email.policy
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402
import messages  # noqa: E402
import profile_reader  # noqa: E402
import sealed_reader  # noqa: E402

VAULT = pathlib.Path(sealed_reader.__file__).resolve().parent / "vault"

lab = None


def setUpModule():
    global lab
    harness.end_on_signals()
    lab = harness.Lab(harness.programs_from_environment())
    atexit.register(lab.close)


def tearDownModule():
    lab.close()


def leaves(part):
    """Leaf parts as people count them: a delivery status is one, a forwarded message is its parts."""
    if part.is_multipart() and part.get_content_type() != "message/delivery-status":
        return sum(leaves(inner) for inner in part.get_payload())
    return 1


class Arrived:
    """A message on the LGWAN side, read by Python's email package."""

    def __init__(self, path):
        self.octets = harness.arrived_octets(path)
        self.message = email.message_from_bytes(self.octets, policy=email.policy.default)
        self.parts = list(self.message.walk())
        self.text = self.message.get_content() if len(self.parts) == 1 else ""
        self.id = str(self.message["Mugai-Id"])
        self.counts = {name: int(number) for name, number in
                       re.findall(r"(\w+)=(\d+)", str(self.message["Mugai-Result"]))}

    def notice(self):
        """The lines that mugai wrote itself."""
        return [line for line in self.text.splitlines() if line.startswith("■ ")]


class EndToEnd(unittest.TestCase):
    """What all tests here look at."""

    longMessage = True

    def setUp(self):
        self.assertEqual(lab.arrived(), [], "left over from another test")

    def deliver(self, octets, **envelope):
        """Sends a message that must be accepted."""
        code, text = lab.deliver(octets, **envelope)
        self.assertEqual(code, 250, f"{text}\n{lab.mugaid.read_log()[-2000:]}")

    def arrivals(self, count):
        """Exactly so many messages, each conforming and with one text/plain part."""
        paths = lab.arrived()
        self.assertEqual(len(paths), count)
        found = [Arrived(path) for path in paths]
        for one in found:
            self.assert_conforms(one.octets)
            self.assertEqual([part.get_content_type() for part in one.parts], ["text/plain"])
        return found

    def assert_conforms(self, octets, inert_links=True):
        self.assertIsNone(profile_reader.check(octets, inert_links, relayed=True))
        option = ["--inert-links"] if inert_links else []
        status, said, complaint = lab.mugaid.cli("verify", *option, stdin=octets)
        self.assertEqual(status, 0, (said + complaint).decode(errors="replace"))

    def assert_refused(self, octets, code=451):
        """Refused for now, and nothing arrives."""
        refused, text = lab.deliver(octets)
        self.assertEqual(refused, code, text)
        self.assertEqual(lab.arrived(), [])

    def assert_nowhere(self, token, one):
        """The token is in no form in what arrived: not in its octets, not in its text."""
        squeezed = b"".join(one.octets.split())
        text = "".join(one.text.split()).encode()
        for form in messages.forms(token):
            self.assertNotIn(form, squeezed)
            self.assertNotIn(form, text)

    def original(self, identity, *options):
        status, octets, complaint = lab.mugaid.cli("get", identity, *options)
        self.assertEqual(status, 0, complaint.decode(errors="replace"))
        return octets

    def shown(self, identity):
        """What the index says; it comes after the accept, so it is waited for."""
        def ask():
            status, said, _ = lab.mugaid.cli("show", identity, "--json")
            return status == 0 and json.loads(said)

        return harness.wait_until(ask, f"mugai show {identity}", 20)

    def assert_counted(self, one, parts):
        """I3: as many leaves as there are, in the header, in the report, and each with one disposition."""
        report = self.shown(one.id)
        said = [part["disposition"] for part in report["parts"]]
        for disposition in ("kept", "converted", "removed", "unreadable"):
            self.assertEqual(one.counts[disposition], said.count(disposition))
        self.assertEqual(len(said), parts)


class Messages(EndToEnd):
    """Realistic mail: what arrives, and what is in quarantine. One test a message, made below."""

    def check(self, case):
        self.deliver(case.octets, sender=case.sender, recipients=case.recipients)
        found = self.arrivals(len(case.recipients))
        one = found[0]
        self.assertEqual({other.id for other in found}, {one.id})
        self.check_text(case, one)
        self.assertEqual(self.original(one.id), case.octets)
        sent = email.message_from_bytes(case.octets, policy=email.policy.compat32)
        self.assert_counted(one, leaves(sent))

    def check_text(self, case, one):
        for sentence in case.sentences:
            self.assertIn(sentence, one.text)
        for string in case.absent:
            self.assertNotIn(string, one.text)
        for token in case.tokens:
            self.assert_nowhere(token, one)
        if case.subject is not None:
            self.assertEqual(str(one.message["Subject"]), case.subject)
        self.check_notice(case, one)

    def check_notice(self, case, one):
        notice = one.notice()
        self.assertTrue(any("無害化" in line for line in notice))
        for name in case.removed:
            self.assertTrue(any(name in line for line in notice), f"{name} in {notice}")
        self.assertTrue(any(one.id in line for line in notice), notice)
        if case.removed:
            self.assertTrue(any("情報政策課" in line for line in notice), notice)


class Hostile(EndToEnd):
    """Mail that nobody should send: it arrives conforming, with what can be read of it."""

    def check(self, case):
        self.deliver(case.octets, sender=case.sender, recipients=case.recipients)
        (one,) = self.arrivals(1)
        for sentence in case.sentences:
            self.assertIn(sentence, one.text)
        self.assertTrue(self.original(one.id))


def _make_tests(group, registered, prefix):
    """A method for each registered message, named after it."""
    for function in registered:
        def test(self, function=function):
            self.check(messages.make(function))
        setattr(group, f"test_{prefix}_{function.__name__}", test)


_make_tests(Messages, messages.ALL, "I1_I2_I3")
_make_tests(Hostile, messages.HOSTILE, "I1_I4")


class Originals(EndToEnd):
    """What the administrator gets back."""

    def test_I2_envelope_is_kept(self):
        recipients = [messages.TANAKA, "suzuki@city.example.lg.jp"]
        self.deliver(messages.iphone_photo().octets, sender="Envelope@internet.example", recipients=recipients)
        envelope = self.shown(self.arrivals(2)[0].id)["envelope"]
        self.assertEqual(envelope["sender"], "Envelope@internet.example")
        self.assertEqual(envelope["recipients"], recipients)
        self.assertEqual(envelope["client_address"], harness.INTERNET_ADDRESS)
        self.assertEqual(envelope["client_name"], "mail.internet.example")
        self.assertEqual(envelope["helo"], "mail.internet.example")
        self.assertIn(envelope["queue_id"], lab.boundary.read_log())

    def test_I2_removed_part_comes_back_octet_for_octet(self):
        self.deliver(messages.outlook_html_with_docx().octets)
        (one,) = self.arrivals(1)
        parts = {part["name"]: part["path"] for part in self.shown(one.id)["parts"]}
        self.assertEqual(self.original(one.id, "--part", parts["見積書.docx"]), messages.office("outlook"))

    def test_I2_id_may_be_typed_carelessly(self):
        case = messages.iso_2022_jp_plain()
        self.deliver(case.octets)
        (one,) = self.arrivals(1)
        self.assertEqual(self.original(one.id.lower().replace("-", "")), case.octets)

    def test_I2_original_is_a_plain_gzip_file(self):
        case = messages.shift_jis_plain()
        self.deliver(case.octets)
        (one,) = self.arrivals(1)
        (path,) = lab.mugaid.store.rglob(f"{one.id}.eml.gz")
        self.assertEqual(harness.run(["gzip", "-dc", str(path)]), case.octets)

    def test_I2_original_is_sealed_where_keys_are_configured_and_the_private_one_opens_it(self):
        public = lab.mugaid.keys / "vault.pub"
        shutil.copy(VAULT / "vault.pub", public)
        public.chmod(0o644)
        lab.mugaid.stop()
        lab.mugaid.start(store={"seal_to": public, "seal_index": "yes"})
        self.addCleanup(lab.mugaid.start)
        self.addCleanup(lab.mugaid.stop)
        case = messages.shift_jis_plain()
        self.deliver(case.octets)
        (one,) = self.arrivals(1)
        (path,) = lab.mugaid.store.rglob(f"{one.id}.eml.*")
        self.assertEqual(path.name, f"{one.id}.eml.sealed")
        object_octets = harness.run([sys.executable, sealed_reader.__file__, str(VAULT / "vault.key"),
                                     str(VAULT / "passphrase"), str(path)])
        self.assertEqual(gzip.decompress(object_octets), case.octets)

    def test_list_finds_it_by_subject_sender_and_attachment(self):
        self.deliver(messages.gmail_alternative_with_pdf().octets, sender="listed@internet.example")
        (one,) = self.arrivals(1)
        for option, value in (("--subject", "請求書"), ("--from", "listed@internet"), ("--text", "請求書 11月"),
                              ("--to", "tanaka@")):
            status, said, complaint = lab.mugaid.cli("list", option, value, "--json")
            self.assertEqual(status, 0, complaint.decode(errors="replace"))
            self.assertIn(one.id, said.decode())

    def test_unknown_and_mistyped_ids_are_told_apart(self):
        self.deliver(messages.iso_2022_jp_plain().octets)
        (one,) = self.arrivals(1)
        mistyped = one.id[:-1] + ("0" if one.id[-1] != "0" else "1")
        status, said, complaint = lab.mugaid.cli("get", mistyped)
        self.assertNotEqual(status, 0)
        self.assertEqual(said, b"")
        self.assertIn(b"mistyped", complaint)

    def test_I2_everything_is_found_after_a_restart(self):
        case = messages.euc_jp_plain()
        self.deliver(case.octets)
        (one,) = self.arrivals(1)
        lab.mugaid.stop()
        lab.mugaid.start()
        self.assertEqual(self.original(one.id), case.octets)

    def test_I2_original_survives_a_kill_directly_after_the_accept(self):
        case = messages.webmail_zip_japanese_name()
        self.deliver(case.octets)
        lab.mugaid.kill()
        lab.mugaid.start()
        (one,) = self.arrivals(1)
        self.assertEqual(self.original(one.id), case.octets)


class Failures(EndToEnd):
    """Whatever breaks: a temporary rejection or the notice alone, never the original, never a lost message."""

    def setUp(self):
        super().setUp()
        self.case = messages.outlook_html_with_docx()
        self.addCleanup(self._restart)

    @staticmethod
    def _restart():
        """With a kill: that is quicker than libmilter's end, and a daemon must stand it."""
        lab.mugaid.kill()
        lab.mugaid.start()

    def assert_passes(self):
        self.deliver(self.case.octets)
        (one,) = self.arrivals(1)
        self.assertIn(self.case.sentences[0], one.text)
        self.assertEqual(self.original(one.id), self.case.octets)

    def assert_notice_only(self):
        """The notice alone arrived; the original is in quarantine, and marked."""
        (one,) = self.arrivals(1)
        self.assertTrue(all(line.startswith("■ ") for line in one.text.splitlines() if line), one.text)
        self.assert_nowhere(self.case.tokens[0], one)
        self.assertIn(one.id, one.text)
        self.assertEqual(self.original(one.id), self.case.octets)
        self.assertEqual(self.shown(one.id)["state"], "notice-only")

    def assert_refused_or_notice_only(self):
        """The two ends that I4 leaves to a failure."""
        code, text = lab.deliver(self.case.octets)
        if code == 250:
            self.assert_notice_only()
        else:
            self.assertEqual(code, 451, text)
            self.assertEqual(lab.arrived(), [])

    def test_I4_stopped_mugaid_means_451_and_the_retry_passes(self):
        self.assertEqual(lab.mugaid.stop(), 0, lab.mugaid.read_log()[-1000:])
        self.assert_refused(self.case.octets)
        lab.mugaid.start()
        self.assert_passes()

    def test_I4_mugaid_killed_in_mid_message_means_451(self):
        with lab.client() as client:
            client.ehlo()
            client.mail("sender@internet.example")
            client.rcpt(messages.TANAKA)
            client.docmd("DATA")
            client.sock.sendall(self.case.octets[:500])
            lab.mugaid.kill()
            client.sock.sendall(self.case.octets[500:] + b".\r\n")
            code, _ = client.getreply()
        self.assertEqual(code, 451)
        self.assertEqual(lab.arrived(), [])
        lab.mugaid.start()
        self.assert_passes()

    def test_I2_I4_store_without_write_permission_means_451(self):
        before = lab.mugaid.objects()
        folders = [lab.mugaid.store, *(path for path in lab.mugaid.store.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o500)
        try:
            self.assert_refused(self.case.octets)
        finally:
            for folder in folders:
                folder.chmod(0o700)
        self.assertEqual(lab.mugaid.objects(), before)
        self.assert_passes()

    def test_I2_I4_store_below_its_minimum_of_free_space_means_452(self):
        lab.mugaid.kill()
        lab.mugaid.start(store={"min_free": "100000000"})
        self.assert_refused(self.case.octets, 452)
        self._restart()
        self.assert_passes()

    def test_I4_program_that_is_no_worker_lets_nothing_through(self):
        lab.mugaid.kill()
        try:
            lab.mugaid.start(worker={"program": "/bin/false"})
        except harness.HarnessError:
            self.assert_refused(self.case.octets)
        else:
            self.assert_refused_or_notice_only()
        self._restart()
        self.assert_passes()

    def test_I4_worker_that_hangs_never_lets_the_original_through(self):
        """A child that was being forked when the others were stopped may still serve the message: then it is sanitized."""
        lab.mugaid.kill()
        lab.mugaid.start(worker={"seconds": "2"})
        lab.mugaid.signal_workers(signal.SIGSTOP)
        code, text = lab.deliver(self.case.octets)
        if code == 250:
            (one,) = self.arrivals(1)
            self.assert_nowhere(self.case.tokens[0], one)
            self.assertEqual(self.original(one.id), self.case.octets)
        else:
            self.assertEqual(code, 451, text)
            self.assertEqual(lab.arrived(), [])
        self._restart()
        self.assert_passes()

    def test_I4_worker_killed_before_a_message_is_started_anew(self):
        lab.mugaid.signal_workers(signal.SIGKILL)
        code, _ = lab.deliver(self.case.octets)
        self.assertEqual(code, 250)
        (one,) = self.arrivals(1)
        self.assert_nowhere(self.case.tokens[0], one)
        self.assert_passes()

    def test_I4_worker_killed_in_mid_message_lets_nothing_but_text_through(self):
        lab.mugaid.signal_workers(signal.SIGSTOP)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            before = set(lab.mugaid.objects())
            reply = pool.submit(lab.deliver, self.case.octets)
            harness.wait_until(lambda: set(lab.mugaid.objects()) - before, "the original is kept")
            lab.mugaid.signal_workers(signal.SIGKILL)
            self.assertEqual(reply.result()[0], 250)
        (one,) = self.arrivals(1)
        self.assert_nowhere(self.case.tokens[0], one)
        self.assertIn(self.shown(one.id)["state"], ("passed", "notice-only"))
        self.assertEqual(self.original(one.id), self.case.octets)
        self.assert_passes()

    def test_I4_far_side_away_keeps_the_sanitized_message_in_the_queue(self):
        lab.lgwan.stop()
        try:
            self.deliver(self.case.octets)
            harness.wait_until(lambda: "status=deferred" in lab.boundary.read_log(), "the message is deferred")
        finally:
            lab.lgwan.start()
        lab.boundary.flush()
        (one,) = self.arrivals(1)
        self.assertEqual(self.original(one.id), self.case.octets)


class Sessions(EndToEnd):
    """SMTP sessions of all kinds."""

    CASES = (messages.iso_2022_jp_plain, messages.outlook_html_with_docx, messages.shift_jis_plain,
             messages.gmail_alternative_with_pdf, messages.thunderbird_eight_bit)

    def test_I2_several_messages_on_one_connection(self):
        with lab.client() as client:
            for function in self.CASES:
                code, text = client.deliver("s@internet.example", [messages.TANAKA], function().octets)
                self.assertEqual(code, 250, text)
        found = self.arrivals(len(self.CASES))
        originals = {self.original(one.id) for one in found}
        self.assertEqual(originals, {function().octets for function in self.CASES})

    def test_reset_forgets_the_message_and_its_recipients(self):
        before = len(lab.mugaid.objects())
        with lab.client() as client:
            client.ehlo()
            client.mail("forgotten@internet.example")
            client.rcpt("forgotten@city.example.lg.jp")
            client.rset()
            code, text = client.deliver("s@internet.example", [messages.TANAKA], self.CASES[0]().octets)
            self.assertEqual(code, 250, text)
        (one,) = self.arrivals(1)
        self.assertEqual(self.shown(one.id)["envelope"]["recipients"], [messages.TANAKA])
        self.assertEqual(len(lab.mugaid.objects()), before + 1)

    def test_connection_lost_in_mid_message_leaves_nothing(self):
        before = lab.mugaid.objects()
        client = lab.client()
        client.ehlo()
        client.mail("s@internet.example")
        client.rcpt(messages.TANAKA)
        client.docmd("DATA")
        client.sock.sendall(self.CASES[1]().octets[:700])
        client.sock.shutdown(socket.SHUT_RDWR)
        client.close()
        harness.wait_until(lambda: "lost connection after DATA" in lab.boundary.read_log(), "Postfix noticed")
        self.assertEqual(lab.arrived(), [])
        self.assertEqual(lab.mugaid.objects(), before)

    def test_I1_I2_fifty_connections_at_once(self):
        def send(number):
            text = f"{number}番目の同時送信です。\n"
            part = messages.multipart("mixed", "par", [
                messages.text_part(text, "iso-2022-jp", "7bit"),
                messages.attachment("application/pdf", messages.portable_document(f"parallel{number}"),
                                    messages.named(f"同時{number}.pdf"))])
            octets = messages.message(part, messages.word(f"同時{number}"))
            return text.strip(), octets, lab.deliver(octets)

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            sent = list(pool.map(send, range(50)))
        self.assertEqual({reply[0] for _, _, reply in sent}, {250})
        found = self.arrivals(50)
        self.assertEqual(len({one.id for one in found}), 50)
        for sentence, octets, _ in sent:
            (one,) = [one for one in found if sentence in one.text.splitlines()]
            self.assertEqual(self.original(one.id), octets)


class Settings(EndToEnd):
    """What an administrator can choose."""

    def start_with(self, **settings):
        lab.mugaid.kill()
        self.addCleanup(Failures._restart)
        lab.mugaid.start(**settings)

    def test_notice_in_english(self):
        self.start_with(sanitize={"language": "en", "contact": "the help desk"})
        self.deliver(messages.outlook_html_with_docx().octets)
        (one,) = self.arrivals(1)
        notice = "\n".join(one.notice())
        for expected in ("sanitized", "見積書.docx", "the help desk", one.id):
            self.assertIn(expected, notice)

    def test_links_may_be_kept(self):
        self.start_with(sanitize={"links": "keep"})
        self.deliver(messages.links_become_inert().octets)
        (path,) = lab.arrived()
        one = Arrived(path)
        self.assert_conforms(one.octets, inert_links=False)
        self.assertIn("https://evil.internet.example/x?a=1", one.text)
        self.assertNotIn("javascript:alert", one.text)

    def test_shipped_configuration_is_valid(self):
        shipped = pathlib.Path(__file__).resolve().parents[2] / "packaging/mugai.conf"
        copy = lab.directory / "shipped.conf"
        copy.write_bytes(shipped.read_bytes())
        status, said, complaint = lab.mugaid.cli("check-config", config=copy)
        self.assertEqual(status, 0, (said + complaint).decode(errors="replace"))

    def test_wrong_configuration_is_refused_with_its_line(self):
        wrong = lab.directory / "wrong.conf"
        wrong.write_text("[store]\npath = /tmp\nretention = 3\n")
        status, said, complaint = lab.mugaid.cli("check-config", config=wrong)
        self.assertNotEqual(status, 0)
        self.assertIn(b"wrong.conf:3", said + complaint)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("test_e2e.py: needs root, for it makes network namespaces and starts Postfix; run packaging/check")
    unittest.main(verbosity=2)
