#!/usr/bin/python3
"""test_attach.py - mugai postfix on a Postfix that runs: mail passes, is sanitized, waits, and passes again

Run by "meson test --suite e2e attach", which names the programs in MUGAID, MUGAI and MUGAI_WORKER. Needs root.
"""

import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
import messages  # noqa: E402

CASE = messages.make(messages.webmail_zip_japanese_name)


class AttachTest(unittest.TestCase):
    def setUp(self):
        self.lab = harness.Lab(harness.programs_from_environment(), loopback=True)
        self.addCleanup(self.lab.close)
        for name in ("smtpd_milters", "milter_default_action"):
            del self.lab.boundary._settings[name]
        self.lab.boundary.reconfigure()
        self.main = self.lab.boundary.config / "main.cf"

    def postfix(self, *words):
        """As root, who owns main.cf."""
        done = subprocess.run([self.lab.mugaid.bin / "mugai", "postfix", "--config", self.lab.mugaid.config,
                               "--postfix-config", self.lab.boundary.config, *words], capture_output=True, text=True,
                              timeout=harness.DEADLINE_SECONDS)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def sanitized(self):
        """Whether what arrives of a mail is mugai's; a Postfix that reloads may still have an old smtpd."""
        self.assertEqual(self.lab.deliver(CASE.octets)[0], 250, self.lab.boundary.read_log())
        path, = self.lab.arrived()
        octets = harness.arrived_octets(path)
        self.assertNotEqual(b"\r\nMugai-Id: " in octets, b"multipart/mixed" in octets)
        return b"\r\nMugai-Id: " in octets

    def test_attached_and_taken_off_while_postfix_runs(self):
        before = self.main.read_bytes()
        self.assertFalse(self.sanitized())
        status, said = self.postfix("--check")
        self.assertEqual(status, 1)
        status, said = self.postfix("--enable", "--yes")
        self.assertEqual(status, 0, said)
        self.assertIn("Postfix was reloaded", said)
        self.assertNotIn("does not answer", said)
        harness.wait_until(self.sanitized, "mail is sanitized")
        self.assertEqual(self.postfix("--check")[0], 0)
        # Away: mail waits at its sender.
        self.lab.mugaid.kill()
        self.assertEqual(self.lab.deliver(CASE.octets)[0] // 100, 4)
        self.lab.mugaid.start()
        self.assertTrue(self.sanitized())
        status, said = self.postfix("--disable", "--yes")
        self.assertEqual(status, 0)
        self.assertIn("octet for octet", said)
        self.assertEqual(self.main.read_bytes(), before)
        harness.wait_until(lambda: not self.sanitized(), "mail passes as it came")

    def test_every_address_that_a_check_takes_for_mugaids_is(self):
        """And what it says leads elsewhere does: smtpd runs in its chroot here."""
        whole = f"unix:{self.lab.mugaid.socket}"
        for address in ("local:mugai/mugai.sock", "unix:/mugai/mugai.sock", whole):
            with self.subTest(address=address):
                self.lab.boundary.reconfigure(smtpd_milters=address, milter_default_action="tempfail", smtputf8_enable="no")
                self.assertEqual(self.postfix("--check")[0], 1 if address == whole else 0)
                if address == whole:
                    self.assertEqual(self.lab.deliver(CASE.octets)[0] // 100, 4)
                else:
                    self.assertTrue(self.sanitized())


if __name__ == "__main__":
    unittest.main()
