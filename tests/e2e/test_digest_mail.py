"""test_digest_mail.py - the digest of a day arrives once, conforms, and is said to be in doubt where it is

Run by "meson test --suite e2e", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. A real Postfix takes it;
what no Postfix does (fall silent after the final dot), a server of 40 lines does. Nothing of mugai is imported.
"""

import email
import email.policy
import json
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import harness  # noqa: E402
import test_cli  # noqa: E402
import test_release  # noqa: E402
from test_release import EX_CONFIG, EX_TEMPFAIL, EX_UNAVAILABLE, LATER, NO, NOBODY, SATO, TANAKA, USAGE  # noqa: E402

SENDER = "mugai@city.example.jp"
DAY = ("--since", "2026-11-20", "--until", "2026-11-21")
HOSTILE = b"=?utf-8?B?6KuL5rGC5pu4?= http://evil.example/"  # 請求書


class Digests:
    def configure(self, at, to=TANAKA, more="", **_):
        self.config.write_text(f"[worker]\nprogram = {test_cli.WORKER}\ncount = 1\n[store]\npath = {self.store}\n"
                               f"min_free = 1\n[digest]\nserver = {at}\nsender = {SENDER}\nto = {to}\n"
                               f"tls = opportunistic\nsubjects = yes\n{more}")

    def digest(self, status, *arguments):
        return self.check(status, "digest", *DAY, *arguments)

    def outcomes(self):
        return [entry["outcome"].partition(":")[0] for entry in self.entries() if entry["verb"] == "digest"]


class Arrives(Digests, test_release.Town):
    def setUp(self):
        super().setUp()
        self.identity = self.keep(test_cli.with_attachment(subject=HOSTILE, name=b"invoice.exe"))
        self.other = self.keep(test_cli.PLAIN, received=test_cli.RECEIVED - 3 * 86400)

    def test_it_arrives_once_conforms_and_names_what_was_removed(self):
        key = self.directory / "seal"
        self.check(0, "keygen", "--output", key, config=False)
        self.configure(f"smtp://localhost:{self.postfix.port}", to=f"{TANAKA}, {SATO}",
                       more=f"[seal]\nkey = {key}.key\n")
        self.digest(0)
        copies = self.arrived()
        self.assertEqual(len(copies), 2)
        for octets in copies:
            self.assert_conforms(octets[octets.index(b"\r\nDate: ") + 2:])  # Postfix folds its Received with a TAB
            mail = email.message_from_bytes(octets, policy=email.policy.SMTP)
            self.assertTrue(mail["Mugai-Seal"])
            self.assertEqual((mail["From"], mail["To"]), (SENDER, f"{TANAKA}, {SATO}"))
            text = mail.get_content()
            for word in (self.identity, "invoice.exe", "suzuki@example.com", "受信 1 件"):
                self.assertIn(word, text)
            self.assertNotIn(self.other, text)
        self.assertIn(b"--again", self.digest(NO).stderr)
        self.assertEqual(self.arrived(), [])
        self.digest(0, "--again")
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(self.outcomes(), ["granted", "sending", "sent", "granted", "granted", "sending", "sent"])
        self.assertNotIn(b"digest.lock", self.run_mugai("fsck").stdout)

    def test_another_day_is_another_digest(self):
        self.digest(0)
        self.check(0, "digest", "--since", "2026-11-16", "--until", "2026-11-20")
        self.assertEqual(len(self.arrived()), 2)

    def test_who_was_refused_is_named_and_what_failed_is_tried_again(self):
        at = f"smtp://localhost:{self.postfix.port}"
        self.configure(at, to=LATER)
        self.digest(EX_TEMPFAIL)
        self.configure(at, to=f"{TANAKA}, {NOBODY}")
        self.assertIn(NOBODY.encode(), self.digest(EX_UNAVAILABLE).stderr)
        self.assertEqual(len(self.arrived()), 1)

    def test_dry_run_shows_it_and_sends_nothing(self):
        self.assertIn("invoice.exe", self.digest(0, "--dry-run").stdout.decode())
        counts = json.loads(self.digest(0, "--dry-run", "--json").stdout)
        self.assertEqual((counts["messages"], counts["removed"], counts["sent"]), (1, 1, False))
        self.assertEqual(self.arrived(), [])
        self.assertEqual(self.outcomes(), ["granted", "granted"])


class Breaks(Digests, test_release.Case):
    def setUp(self):
        super().setUp()
        self.keep(test_cli.with_attachment())

    def test_killed_after_the_dot_it_is_not_sent_twice_but_said(self):
        silent = test_release.threading.Event()
        self.addCleanup(silent.set)
        server = self.server({".": silent})
        process = subprocess.Popen([test_cli.MUGAI, "digest", "--config", self.config, *DAY])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(server.saw["."].wait(60))
        process.kill()
        process.wait()
        silent.set()
        self.assertIn(b"perhaps sent", self.digest(NO).stderr)
        self.assertEqual(len(server.messages), 1)
        self.digest(0, "--again")
        self.assertEqual(len(server.messages), 2)

    def test_no_server_is_tempfail_and_the_next_try_sends_it(self):
        self.configure(f"smtp://127.0.0.1:{harness.free_port()}")
        self.digest(EX_TEMPFAIL)
        server = self.server()
        self.digest(0)
        self.assertEqual(len(server.messages), 1)
        self.assert_conforms(server.messages[0])

    def test_wrong_use_is_said(self):
        self.configure("smtp://127.0.0.1:1", to="*@city.example.jp")
        self.assertIn(b"NAME@DOMAIN", self.digest(EX_CONFIG).stderr)
        self.config.write_text(f"[store]\npath = {self.store}\n")
        self.assertIn(b"[digest] server", self.digest(EX_CONFIG).stderr)
        self.check(USAGE, "digest", "--since", "today", "--until", "yesterday")
        self.check(USAGE, "digest", "word")


if __name__ == "__main__":
    unittest.main()
