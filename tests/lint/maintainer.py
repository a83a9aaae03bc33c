#!/usr/bin/python3
"""maintainer.py - what the packages' prerm and postrm say, and what they leave

    maintainer.py SOURCE_ROOT MUGAI

Each script runs for itself, with its paths in a folder of the test's own, beside Postfix' own postconf and the program MUGAI,
which read their configuration there, and a deb-systemd-helper that writes down what it is asked. What debhelper puts in is
debhelper's.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

POSTCONF = shutil.which("postconf", path=os.environ.get("PATH", "") + ":/usr/sbin")


class Scripts(unittest.TestCase):
    source = mugai = None  # paths

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mugai-maintainer-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("etc/postfix", "etc/mugai", "etc/default", "bin", "var/spool/postfix/mugai", "var/lib/mugai/store"):
            (self.root / name).mkdir(parents=True)
        self.postfix, self.queue = self.root / "etc/postfix", self.root / "var/spool/postfix"
        self.config = self.root / "etc/mugai/mugai.conf"
        self.tool("postconf", f'exec {POSTCONF} -c {self.postfix} "$@"')
        self.tool("mugai", f'exec {self.mugai} "$@" --config {self.config}')
        self.tool("deb-systemd-helper", f'echo "$*" >> {self.root}/asked')
        self.socket(f"{self.queue}/mugai/mugai.sock")
        self.main_cf("")
        self.write("master.cf", "smtp inet n - y - - smtpd\n")

    def tool(self, name, text):
        (self.root / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.root / "bin" / name).chmod(0o755)

    def text(self, name):
        return (self.source / "packaging/debian" / name).read_text()

    def run_script(self, name, *words):
        text = self.text(name)
        for path in ("/etc/", "/var/"):
            text = text.replace(path, f"{self.root}{path}")
        done = subprocess.run(["sh", "-c", text, name, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={"PATH": f"{self.root}/bin:{os.environ['PATH']}"})
        self.assertEqual((done.returncode, done.stdout), (0, ""), (name, done.stderr))
        return done.stderr

    def write(self, name, text):
        """Postfix' programs wait before they read what has just been written."""
        (self.postfix / name).write_text(text)
        os.utime(self.postfix / name, (1, 1))

    def main_cf(self, milters, name="main.cf"):
        self.write(name, f"compatibility_level = 3.6\nqueue_directory = {self.queue}\nsmtpd_milters = {milters}\n")

    def socket(self, path):
        self.config.write_text(f"[milter]\nsocket = unix:{path}\n")

    def copies(self):
        return sorted(path.name for path in self.postfix.glob("main.cf.*"))

    def test_remove_says_that_postfix_still_asks_and_by_which_command_it_stops(self):
        self.main_cf("inet:localhost:8891, unix:mugai/mugai.sock")
        said = self.run_script("mugai.prerm", "remove")
        self.assertIn("Postfix still asks mugaid", said)
        self.assertIn("mugai postfix --disable", said)
        self.assertNotIn("postconf -e", said)
        self.assertEqual(self.run_script("mugai.prerm", "upgrade", "0.2.0"), "")
        self.main_cf("inet:localhost:8891")
        self.assertEqual(self.run_script("mugai.prerm", "remove"), "")

    def test_remove_knows_a_socket_that_was_moved_and_each_place_where_postfix_names_one(self):
        self.socket(f"{self.queue}/private/sanitizer")
        self.main_cf("unix:private/other")
        self.assertEqual(self.run_script("mugai.prerm", "remove"), "")
        self.main_cf("inet:localhost:8891, local:private/sanitizer")
        self.assertIn("Postfix still asks mugaid", self.run_script("mugai.prerm", "remove"))
        self.assertEqual(self.run_script("mugai.prerm", "upgrade", "0.2.0"), "")
        self.main_cf("")
        self.write("master.cf", "smtp inet n - y - - smtpd\n -o smtpd_milters=unix:private/sanitizer\n")
        self.assertIn("Postfix still asks mugaid", self.run_script("mugai.prerm", "remove"))
        # One that mugai cannot read any more: what it can be is the one as shipped.
        self.config.write_text("[milter\n")
        self.assertEqual(self.run_script("mugai.prerm", "remove"), "")
        self.main_cf("unix:mugai/mugai.sock")
        self.assertIn("Postfix still asks mugaid", self.run_script("mugai.prerm", "remove"))

    def test_remove_of_the_gate_knows_a_socket_that_was_moved(self):
        options = self.root / "etc/default/mugai-gate"
        for socket, address in ((f"unix:{self.queue}/private/gate", "unix:private/gate"), ("unix:/run/gate", "unix:/run/gate"),
                                ("inet:10026@127.0.0.1", "inet:127.0.0.1:10026")):
            for between in (" ", "="):
                with self.subTest(socket=socket, between=between):
                    options.write_text(f'# --socket unix:/x\nMUGAI_GATE_OPTIONS="--socket{between}{socket} '
                                       '--public-keys /etc/mugai/keys"\n')
                    self.main_cf(f"inet:localhost:8891, {address}")
                    self.assertIn(f"take {address.partition(':')[2]}, and", self.run_script("mugai-gate.prerm", "remove"))
                    self.main_cf("inet:localhost:8891")
                    self.assertEqual(self.run_script("mugai-gate.prerm", "remove"), "")

    def test_gate_says_so_at_remove_and_at_purge(self):
        self.main_cf("inet:localhost:8891 unix:mugai-gate/gate.sock")
        for script, word in (("mugai-gate.prerm", "remove"), ("mugai-gate.postrm", "purge")):
            said = self.run_script(script, word)
            self.assertIn("Postfix still asks mugai-gate", said)
            self.assertIn("smtpd_milters", said)
            self.assertEqual(self.run_script(script, "upgrade", "0.2.0"), "")
        self.main_cf("unix:mugai/mugai.sock")
        self.assertEqual(self.run_script("mugai-gate.prerm", "remove") + self.run_script("mugai-gate.postrm", "purge"), "")
        (self.root / "etc/postfix/main.cf").unlink()
        self.assertEqual(self.run_script("mugai-gate.postrm", "purge"), "")

    def test_timers_that_an_administrator_enabled_are_disabled_by_remove_alone(self):
        self.main_cf("")
        self.run_script("mugai.prerm", "upgrade", "0.2.0")
        self.assertFalse((self.root / "asked").exists())
        self.run_script("mugai.prerm", "remove")
        asked = (self.root / "asked").read_text()
        for timer in ("mugai-digest.timer", "mugai-metrics.timer"):
            self.assertRegex(asked, rf"(?m)^(?=.*\bdisable\b).*\b{timer}\b")
        # They stop by what debhelper puts in, unless it is told to leave them alone.
        for line in (self.source / "packaging/debian/rules").read_text().splitlines():
            self.assertFalse("dh_installsystemd" in line and "--no-start" in line, line)

    def test_purge_takes_the_copies_of_main_cf_unless_somebody_may_want_to_go_back(self):
        """They say which milter is mugaid's: the configuration, which did, is gone by then."""
        all_copies, other = ["main.cf.before-mugai", "main.cf.old", "main.cf.with-mugai"], "inet:127.0.0.1:9"
        for ours in ("unix:mugai/mugai.sock", "{ unix:private/sanitizer, connect_timeout=3s }", "inet:127.0.0.1:10025"):
            for now, stay in (("", False), (other, False), (f"{ours}, {other}, unix:x", True), (f"{other}, {ours}", True)):
                with self.subTest(ours=ours, now=now):
                    self.main_cf(f"{other}\n  # {ours}", "main.cf.before-mugai")
                    self.main_cf(f"{other}, {ours}", "main.cf.with-mugai")
                    self.write("main.cf.old", "")
                    self.main_cf(now)
                    self.assertEqual(self.run_script("mugai.postrm", "remove"), "")
                    self.assertEqual(self.copies(), all_copies)
                    said = self.run_script("mugai.postrm", "purge")
                    self.assertEqual(self.copies(), all_copies if stay else ["main.cf.old"])
                    self.assertEqual("main.cf.before-mugai" in said, stay)

    def test_purge_leaves_what_is_in_quarantine(self):
        (self.root / "var/lib/mugai/store/x").write_text("")
        self.assertIn("the quarantine stays", self.run_script("mugai.postrm", "purge"))
        self.assertTrue((self.root / "var/lib/mugai/store/x").exists())


if __name__ == "__main__":
    Scripts.mugai, Scripts.source = pathlib.Path(sys.argv.pop(2)), pathlib.Path(sys.argv.pop(1))
    unittest.main()
