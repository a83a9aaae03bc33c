"""test_release.py - originals go out by SMTP as they came, encrypted, to whom they may and once

Run by "meson test --suite e2e", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. A real Postfix with
STARTTLS and a certificate of its own takes them; what no Postfix does (fall silent, lack 8BITMIME), a server of 40 lines
does. Nothing of mugai is imported.
"""

import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import harness  # noqa: E402
import log_reader  # noqa: E402
import test_cli  # noqa: E402

NO, USAGE = 1, 2
EX_DATAERR, EX_UNAVAILABLE, EX_TEMPFAIL, EX_NOPERM, EX_CONFIG = 65, 69, 75, 77, 78
TANAKA, SATO = "tanaka@city.example.jp", "sato@city.example.jp"
NOBODY, LATER = "nobody@city.example.jp", "later@city.example.jp"
SENDER = "mail-admin@city.example.jp"
WHY = ("--reason", "電話で依頼")
MESSAGE = (b"Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0900\r\nFrom: suzuki@example.com\r\n"
           b"To: shisho@city.example.jp\r\nSubject: =?utf-8?B?6KaL56mN?=\r\nX-Odd:   folded\r\n\tline  \r\n"
           b"Message-ID: <1@example.com>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0900\r\n\r\n"
           b".\r\n..\r\n.leading dot\r\ntrailing blank \r\n\r\n" + b"x" * 998 + b"\r\nFrom here\r\n\r\n\r\n")
EIGHT_BIT = MESSAGE + "添付のとおり。\r\n".encode() + bytes(range(0x80, 0x100)) + b"\r\n"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_authority(directory, name):
    """A CA: its certificate."""
    certificate = directory / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", directory / f"{name}.key", "-out", certificate)
    return certificate


def make_certificate(directory, name, authority, host):
    """A certificate for host, signed: it and its key."""
    request, key, certificate, names = (directory / f"{name}.{kind}" for kind in ("csr", "key", "pem", "ext"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", key, "-out", request)
    names.write_text(f"subjectAltName=DNS:{host}\n")
    openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority.with_suffix(".key"), "-days", "2",
            "-extfile", names, "-out", certificate)
    return certificate, key


class Server:
    """An SMTP server that does what it is told. replies: {command: reply}, None to hang up, an Event to wait for."""

    def __init__(self, replies=None, extensions=("8BITMIME",)):
        self.replies, self.extensions = replies or {}, extensions
        self.commands, self.messages = [], []
        self.saw = {name: threading.Event() for name in ("DATA", ".")}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            self._closing = True
            last.sendall(b"END\r\n")
        self._thread.join()
        self._listener.close()

    def _serve(self):
        self._closing = False
        while not self._closing:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rwb", buffering=0) as stream, contextlib.suppress(OSError):
                self._talk(stream)

    def _talk(self, stream):
        stream.write(b"220 ready\r\n")
        while line := stream.readline():
            self.commands.append(line)
            verb = line.split(None, 1)[0].upper().decode(errors="replace")
            if not self._answer(stream, line.decode(errors="replace").rstrip("\r\n"), verb) or verb == "QUIT":
                return
            if verb == "DATA" and not self._take(stream):
                return

    def _answer(self, stream, line, verb):
        hello = "\r\n".join(["250-here", *(f"250-{word}" for word in self.extensions), "250 HELP"])
        default = {"EHLO": hello, "DATA": "354 go on"}.get(verb, "250 ok")
        if verb in self.saw:
            self.saw[verb].set()
        reply = self.replies.get(line, self.replies.get(verb, default))
        if isinstance(reply, threading.Event):
            reply.wait(60)
            reply = default
        if reply is None:
            return False
        stream.write(reply.encode() + b"\r\n")
        return True

    def _take(self, stream):
        """The message, and what is said to it; False to hang up."""
        octets = b""
        while line := stream.readline():
            if line == b".\r\n":
                self.messages.append(octets)
                return self._answer(stream, ".", ".")
            octets += line[1:] if line.startswith(b".") else line
        return False


class Case(test_cli.Case):
    def configure(self, at, **keys):
        release = {"server": at, "sender": SENDER, "allowed": "*@city.example.jp, guest@example.com", **keys}
        lines = "".join(f"{key} = {value}\n" for key, value in release.items() if value is not None)
        self.config.write_text(f"[worker]\nprogram = {test_cli.WORKER}\ncount = 1\n[store]\npath = {self.store}\n"
                               f"min_free = 1\n[release]\n{lines}")

    def entries(self):
        entries, faults = log_reader.check(self.store / "log", None)
        self.assertEqual(faults, [])
        return entries

    def outcomes(self):
        return [entry["outcome"] for entry in self.entries() if entry["verb"] == "release"]

    def kept(self, identity):
        """(recipients, outcome) of what stands beside the object."""
        path = self.object_of(identity).with_name(identity + ".released")
        if not path.exists():
            return []
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        return [(line["words"], line["outcome"]) for line in map(json.loads, path.read_text().splitlines())]

    def release(self, status, identity, *arguments, to=(TANAKA,)):
        recipients = [word for address in to for word in ("--to", address)]
        return self.check(status, "release", identity, *recipients, *(arguments or WHY))

    def server(self, replies=None, **more):
        server = Server(replies, **more)
        self.addCleanup(server.close)
        self.configure(f"smtp://127.0.0.1:{server.port}")
        return server


class Town(Case):
    """With a real Postfix that takes what is released."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="mugai-release-"))
        cls.home.chmod(0o755)
        cls.janitor = harness.Janitor(cls.home)
        cls.addClassCleanup(cls.janitor.close)
        cls.authority, cls.stranger = (make_authority(cls.home, name) for name in ("ca", "stranger"))
        certificate, key = make_certificate(cls.home, "server", cls.authority, "localhost")
        owner = pwd.getpwnam("nobody")
        cls.maildir = harness.Maildir(cls.home / "maildir", owner)
        cls.postfix = harness.Postfix(harness.Loopback(), cls.home / "postfix", "mail.city.example.jp", ["127.0.0.1"],
                                      harness.free_port(), {
            "virtual_mailbox_domains": "city.example.jp, example.com",
            "virtual_mailbox_base": cls.maildir.directory, "virtual_mailbox_maps": "static:box/",
            "virtual_mailbox_limit": "0", "virtual_uid_maps": f"static:{owner.pw_uid}",
            "virtual_gid_maps": f"static:{owner.pw_gid}", "smtpd_tls_security_level": "may",
            "smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key, "smtpd_tls_received_header": "yes",
            "smtpd_recipient_restrictions":
                "check_recipient_access inline:{ {nobody@city.example.jp = 550 5.1.1 no such user},"
                " {later@city.example.jp = 450 4.2.1 mailbox busy} }",
        })
        cls.postfix.start()

    def setUp(self):
        super().setUp()
        self.maildir.take()
        self.configure_tls()

    def configure_tls(self, **keys):
        self.configure(f"smtp://localhost:{self.postfix.port}",
                       **{"tls": "required", "ca_file": self.authority, **keys})

    def arrived(self):
        harness.wait_until(lambda: not self.postfix.queued(), "the queue is empty")
        return [harness.arrived_octets(path) for path in self.maildir.take()]


class WithPostfix(Town):
    def test_I2_it_arrives_octet_for_octet_behind_resent_fields(self):
        for original in (MESSAGE, EIGHT_BIT, test_cli.with_attachment()):
            identity = self.keep(original)
            done = self.release(0, identity, to=(TANAKA, "guest@example.com"))
            self.assertEqual(done.stdout.decode(), f"{identity} released to {TANAKA}\n"
                                                   f"{identity} released to guest@example.com\n")
            copies = self.arrived()
            self.assertEqual(len(copies), 2)
            for octets in copies:
                found = re.search(rb"\r\nResent-Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ \w{3} 20\d\d \d\d:\d\d:\d\d "
                                  rb"[+-]\d{4}\r\nResent-From: mail-admin@city\.example\.jp\r\n"
                                  rb"Resent-To: tanaka@city\.example\.jp,\r\n guest@example\.com\r\n"
                                  rb"Resent-Message-ID: <[\w.-]+@city\.example\.jp>\r\n", octets)
                self.assertIsNotNone(found, octets[:2000])
                self.assertEqual(octets[found.end():], original)
                self.assertIn(b"using TLSv1.", octets[:found.start()])
                self.assertIn(b"Return-Path: <mail-admin@city.example.jp>", octets[:found.start()])

    def test_a_server_that_nobody_vouches_for_gets_nothing(self):
        identity = self.keep(MESSAGE)
        other_name = {"server": f"smtp://127.0.0.1:{self.postfix.port}"}
        for keys in ({"ca_file": self.stranger}, {"ca_file": None}, other_name):
            with self.subTest(keys):
                self.configure_tls(**keys)
                self.release(EX_TEMPFAIL, identity)
                self.assertRegex(self.outcomes()[-1], "^failed: .*(certificate|SSL)")
        self.assertEqual(self.arrived(), [])
        self.configure_tls()
        self.release(0, identity)
        self.assertEqual(len(self.arrived()), 1)

    def test_partly_accepted_is_said_of_each(self):
        identity = self.keep(MESSAGE)
        done = self.release(EX_TEMPFAIL, identity, to=(NOBODY, TANAKA, LATER))
        self.assertEqual(done.stdout.decode(), f"{identity} released to {TANAKA}\n")
        self.assertRegex(done.stderr.decode(), f"not released to {NOBODY}: 550 5.1.1 .*no such user")
        self.assertRegex(done.stderr.decode(), f"not released to {LATER}: 450 4.2.1 .*mailbox busy")
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(self.kept(identity), [([NOBODY, TANAKA, LATER], "begun"), ([TANAKA], "released"),
                                               ([NOBODY, LATER], "failed")])
        self.assertRegex(self.outcomes()[-1], f"failed: not released to {NOBODY}: 550.*{LATER}: 450")
        self.release(NO, identity)
        self.release(EX_UNAVAILABLE, identity, to=(NOBODY,))
        self.release(EX_TEMPFAIL, identity, to=(LATER,))

    def test_a_second_time_wants_again(self):
        identity = self.keep(MESSAGE)
        self.release(0, identity)
        for to in ((TANAKA,), (TANAKA.upper(),), (SATO, TANAKA)):
            done = self.release(NO, identity, to=to)
            self.assertRegex(done.stderr.decode(), "--again is wanted: .* was released to .* already, 20.* by ")
        self.assertEqual(len(self.arrived()), 1)
        self.assertRegex(self.outcomes()[-1], "^refused: ")
        self.release(0, identity, to=(SATO,))
        self.release(0, identity, *WHY, "--again")
        self.assertEqual(len(self.arrived()), 2)

    def test_I8_it_is_known_without_index_and_log(self):
        identity = self.keep(MESSAGE)
        self.release(0, identity)
        self.assertNotIn(b".released", self.check(0, "fsck").stdout)
        self.lose_index()
        shutil.rmtree(self.store / "log")
        self.release(NO, identity)
        self.assertEqual(len(self.arrived()), 1)

    def test_I9_who_and_why_are_in_the_log(self):
        identity = self.keep(MESSAGE)
        self.release(0, identity)
        entry = self.entries()[-1]
        self.assertEqual((entry["verb"], entry["id"], entry["reason"], entry["uid"], entry["outcome"], entry["size"]),
                         ("release", identity, WHY[1], os.getuid(), "granted", len(MESSAGE)))
        self.assertIn(TANAKA, entry["words"])
        self.assertRegex(self.check(0, "show", identity).stdout.decode(), f"release to {TANAKA} by .*: {WHY[1]}")


class WithServer(Case):
    def test_what_must_be_encrypted_is_not_sent_in_clear(self):
        identity = self.keep(MESSAGE)
        server = self.server()
        for host, keys in (("127.0.0.1", {"tls": "required"}), ("x.localhost", {}), ("x.localhost", {"tls": "auto"})):
            with self.subTest(host, **keys):
                self.configure(f"smtp://{host}:{server.port}", **keys)
                self.release(EX_TEMPFAIL, identity)
        self.assertNotIn("MAIL", [command[:4].decode() for command in server.commands])
        self.assertEqual([outcome for _, outcome in self.kept(identity)], ["begun", "failed"] * 3)
        for keys in ({"tls": "opportunistic"}, {"tls": "auto"}):
            self.configure(f"smtp://127.0.0.1:{server.port}", **keys)
            self.release(0, identity, *WHY, "--again")
        self.assertEqual(len(server.messages), 2)

    def test_who_is_not_allowed_is_not_asked_for(self):
        identity = self.keep(MESSAGE)
        server = self.server()
        cases = [(["other@example.com"], "allowed"), ([TANAKA, "other@example.com"], "allowed"),
                 (["tanaka@city.example.lg.jp"], "never"), (["x@sub.city.example.jp"], "allowed"),
                 (["tanaka%city.lg.jp@city.example.jp"], "no address"), (["tanaka@city.example.jp\r\nRCPT TO:<x@y.jp>"],
                 "no address"), (["<tanaka@city.example.jp>"], "no address"), (["\"a\"@city.example.jp"], "no address"),
                 ([""], "no address"), (["田中@city.example.jp"], "no address")]
        for to, word in cases:
            with self.subTest(to):
                done = self.release(EX_NOPERM, identity, to=to)
                self.assertIn(word, done.stderr.decode())
                self.assertRegex(self.outcomes()[-1], f"(?s)^refused: .*{word}")
        lgwan = ("tanaka@city.example.lg.jp", "tanaka@lg.jp", "Tanaka@a.ASP.LGWAN.JP", "tanaka@lgwan.jp")
        for never in (None, "", "x@example.com"):  # whoever changes it has not let LGWAN in
            self.configure(f"smtp://127.0.0.1:{server.port}", never=never,
                           allowed="*.lg.jp, lg.jp, *@*.jp, city.example.lg.jp, tanaka@*.lg.jp, tanaka2@lg.jp")
            for to in lgwan:
                self.assertIn("never", self.release(EX_NOPERM, identity, to=(to,)).stderr.decode())
        self.configure(f"smtp://127.0.0.1:{server.port}", allowed="tanaka@lg.jp")
        self.release(EX_NOPERM, identity, to=("tanaka@lg.jp",))
        self.configure(f"smtp://127.0.0.1:{server.port}", allowed="")
        self.release(EX_NOPERM, identity)
        self.assertEqual((server.commands, self.kept(identity)), ([], []))
        self.configure(f"smtp://127.0.0.1:{server.port}", never="x@lg.jp", allowed="Tanaka@city.example.lg.jp")
        self.release(0, identity, to=("tanaka@city.example.lg.jp",))  # two words by which it was asked for

    def test_nothing_is_released_before_it_is_configured(self):
        identity = self.keep(MESSAGE)
        for key in ("server", "sender"):
            self.configure("smtp://127.0.0.1:1", **{key: None})
            self.release(EX_CONFIG, identity)
        for key, value in (("server", "http://x"), ("server", "smtp://user:pw@x"), ("server", "smtp://x/y"),
                           ("server", "smtp://x:0"), ("sender", "a b@c.jp"), ("allowed", "*@*"), ("tls", "maybe"),
                           ("never", "lg"), ("ca_file", "relative.pem")):
            with self.subTest(key=key, value=value):
                self.configure("smtp://127.0.0.1:1", **{key: value})
                self.check(EX_CONFIG, "check-config")

    def test_what_smtp_would_change_is_refused(self):
        server = self.server()
        head = b"Subject: x\r\n\r\n"
        for octets, word in ((head + b"a\nb\r\n", "line feed"), (head + b"a\rb\r\n", "carriage return"),
                             (head + b"a\r\r\n", "carriage return"), (head + b"a\0b\r\n", "NUL"),
                             (head + b"x" * 999 + b"\r\n", "998"), (head + b"a", "no line end"),
                             (head + b"a\r", "no line end"),
                             (head + b"\n.\n" + b"MAIL FROM:<x@y.jp>\r\n", "line feed"), (b" x\r\n" + head, "blank"),
                             (head + b"a\r\n.\r", "no line end")):
            with self.subTest(octets[-30:]):
                identity = self.keep(octets)
                done = self.release(EX_DATAERR, identity)
                self.assertIn(word, done.stderr.decode())
                self.assertIn("get --zip", done.stderr.decode())
                self.assertEqual(self.kept(identity), [])
                self.assertRegex(self.outcomes()[-1], "^refused: ")
        self.assertEqual(server.commands, [])

    def test_8bit_octets_are_announced_and_only_sent_where_they_are_taken(self):
        server = self.server()
        self.release(0, self.keep(EIGHT_BIT))
        self.assertIn(f"MAIL FROM:<{SENDER}> BODY=8BITMIME\r\n".encode(), server.commands)
        self.assertTrue(server.messages[0].endswith(EIGHT_BIT))
        old = self.server(extensions=())
        done = self.release(EX_UNAVAILABLE, self.keep(EIGHT_BIT))
        self.assertIn("8BITMIME", done.stderr.decode())
        self.release(0, self.keep(MESSAGE))
        self.assertIn(f"MAIL FROM:<{SENDER}>\r\n".encode(), old.commands)
        self.assertEqual(len(old.messages), 1)

    def test_a_server_that_is_down_leaves_all_as_it_was(self):
        identity = self.keep(MESSAGE)
        self.configure(f"smtp://127.0.0.1:{harness.free_port()}")
        for _ in range(2):
            self.release(EX_TEMPFAIL, identity)
        self.assertEqual([outcome.partition(":")[0] for outcome in self.outcomes()], ["granted", "failed"] * 2)
        self.assertEqual(self.entries()[-1]["reason"], WHY[1])
        self.server()
        self.release(0, identity)

    def test_what_the_server_refuses_leaves_all_as_it_was(self):
        for command, reply, status in (("MAIL", "550 5.7.1 no", EX_UNAVAILABLE), ("MAIL", "451 4.3.0 no", EX_TEMPFAIL),
                                       ("RCPT", "550 5.1.1 no", EX_UNAVAILABLE),
                                       ("DATA", "554 5.5.1 no", EX_UNAVAILABLE),
                                       ("DATA", "250 what", EX_TEMPFAIL), (".", "554 5.7.1 virus", EX_UNAVAILABLE),
                                       (".", "452 4.3.1 full", EX_TEMPFAIL), ("MAIL", None, EX_TEMPFAIL),
                                       ("RCPT", "garbage", EX_TEMPFAIL), ("DATA", None, EX_TEMPFAIL),
                                       ("RCPT", "421 4.3.2 bye", EX_TEMPFAIL)):
            with self.subTest(command=command, reply=reply):
                identity = self.keep(MESSAGE)
                self.server({command: reply})
                self.release(status, identity)
                self.assertEqual(self.kept(identity)[-1], ([TANAKA], "failed"))
                self.assertRegex(self.outcomes()[-1], "^failed: not released")
                self.server()
                self.release(0, identity)

    def test_a_reply_from_hell_does_not_reach_the_terminal(self):
        self.server({"RCPT": "550-\x1b[31mred\r\n550 \x07end"})
        done = self.release(EX_UNAVAILABLE, self.keep(MESSAGE))
        self.assertNotIn(b"\x07", done.stderr)

    def test_what_may_have_arrived_is_not_sent_twice(self):
        identity = self.keep(MESSAGE)
        self.server({".": None})
        done = self.release(EX_TEMPFAIL, identity)
        self.assertIn("may have been released", done.stderr.decode())
        self.server()
        self.assertIn("may have arrived", self.release(NO, identity).stderr.decode())
        self.release(0, identity, *WHY, "--again")

    def test_a_list_that_the_disk_has_forgotten_is_no_empty_list(self):
        identity = self.keep(MESSAGE)
        server = self.server()
        self.release(0, identity)
        path = self.object_of(identity).with_name(identity + ".released")
        octets = path.read_bytes()
        for spoiled in (b"\0" + octets[1:], bytes(len(octets)), b""):
            with self.subTest(spoiled[:3]):
                path.write_bytes(spoiled)
                self.assertIn("--again is wanted", self.release(EX_DATAERR, identity).stderr.decode())
        self.assertEqual(len(server.messages), 1)
        self.release(0, identity, *WHY, "--again")
        self.assertEqual(len(server.messages), 2)

    def test_another_original_is_not_released(self):
        identity = self.keep(MESSAGE)
        server = self.server()
        self.replace_content(identity, MESSAGE.replace(b"From here", b"From gone"))
        self.assertIn("not the original that the index knows", self.release(EX_DATAERR, identity).stderr.decode())
        self.assertEqual((server.commands, self.kept(identity)), ([], []))
        self.replace_content(identity, MESSAGE)
        self.release(0, identity)

    def test_a_later_try_that_fails_does_not_make_it_unsent(self):
        identity = self.keep(MESSAGE)
        self.server({".": None})
        self.release(EX_TEMPFAIL, identity)
        self.configure(f"smtp://127.0.0.1:{harness.free_port()}")
        for _ in range(2):
            self.release(EX_TEMPFAIL, identity, *WHY, "--again")
            self.assertIn("may have arrived", self.release(NO, identity).stderr.decode())
        server = self.server()
        self.release(NO, identity)
        self.assertEqual(server.messages, [])
        self.release(0, identity, *WHY, "--again")
        self.assertIn("was released", self.release(NO, identity).stderr.decode())

    def start(self, identity):
        return subprocess.Popen([test_cli.MUGAI, "release", "--config", str(self.config), identity, "--to", TANAKA,
                                 "--reason", "x"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_killed_on_the_way_it_is_not_sent_twice(self):
        identity = self.keep(MESSAGE)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        slow = self.server({".": go_on})
        child = self.start(identity)
        self.assertTrue(slow.saw["."].wait(60))
        child.kill()
        child.wait()
        go_on.set()
        self.assertEqual(self.kept(identity), [([TANAKA], "begun")])
        path = self.object_of(identity).with_name(identity + ".released")
        path.write_bytes(path.read_bytes()[:-20])  # torn by the power that failed
        self.server()
        self.release(EX_DATAERR, identity)
        self.release(0, identity, *WHY, "--again")

    def test_of_two_at_once_one_is_sent(self):
        identity = self.keep(MESSAGE)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        slow = self.server({"DATA": go_on})
        child = self.start(identity)
        self.assertTrue(slow.saw["DATA"].wait(60))
        self.release(NO, identity)
        go_on.set()
        self.assertEqual(child.wait(60), 0)
        self.assertEqual(len(slow.messages), 1)

    def test_of_many_that_begin_together_one_is_sent(self):
        identity = self.keep(MESSAGE)
        server = self.server()
        children = [self.start(identity) for _ in range(8)]
        self.assertEqual(sorted(child.wait(60) for child in children), [0] + [NO] * 7)
        self.assertEqual(len(server.messages), 1)

    def test_what_is_deleted_leaves_no_list_of_releases(self):
        identity = self.keep(MESSAGE)
        self.server()
        self.release(0, identity)
        self.check(0, "delete", identity, "--reason", "x")
        self.assertEqual([path.name for path in self.store.rglob(identity + "*")], [])

    def test_wrong_usage(self):
        identity = self.keep(MESSAGE)
        self.server()
        for arguments in ((identity,), (identity, "--to", TANAKA), (identity, *WHY), ("--to", TANAKA, *WHY),
                          (identity, "--to", TANAKA, "--to", TANAKA.upper(), *WHY),
                          (identity, "--to", TANAKA, "--reason", " "),
                          (identity, *WHY, *[word for i in range(21) for word in ("--to", f"a{i}@city.example.jp")])):
            with self.subTest(arguments):
                self.check(USAGE, "release", *arguments)
        self.check(NO, "release", "20261120-00000-00000", "--to", TANAKA, *WHY)


if __name__ == "__main__":
    harness.end_on_signals()
    unittest.main(verbosity=2)
