#!/usr/bin/python3
"""maintainer.py - what the packages' prerm and postrm say, and what they leave

    maintainer.py SOURCE_ROOT

Each script runs for itself, with its paths in a folder of the test's own, beside a postconf that reads main.cf there and a
deb-systemd-helper that writes down what it is asked. What debhelper puts in is debhelper's.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1))


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mugai-maintainer-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("etc/postfix", "etc/mugai", "bin", "var/spool/postfix/mugai", "var/lib/mugai/store"):
            (self.root / name).mkdir(parents=True)
        self.tool("postconf", f'grep -h "milters" {self.root}/etc/postfix/main.cf | sed "s/.*= //"')
        self.tool("deb-systemd-helper", f'echo "$*" >> {self.root}/asked')

    def tool(self, name, text):
        (self.root / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.root / "bin" / name).chmod(0o755)

    def run_script(self, name, *words):
        text = (SOURCE / "packaging/debian" / name).read_text()
        for path in ("/etc/", "/var/"):
            text = text.replace(path, f"{self.root}{path}")
        done = subprocess.run(["sh", "-c", text, name, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={"PATH": f"{self.root}/bin:{os.environ['PATH']}"})
        self.assertEqual((done.returncode, done.stdout), (0, ""), (name, done.stderr))
        return done.stderr

    def main_cf(self, milters):
        (self.root / "etc/postfix/main.cf").write_text(f"smtpd_milters = {milters}\n")

    def copies(self):
        return sorted(path.name for path in (self.root / "etc/postfix").glob("main.cf.*"))

    def test_remove_says_that_postfix_still_asks_and_by_which_command_it_stops(self):
        self.main_cf("inet:localhost:8891, unix:mugai/mugai.sock")
        said = self.run_script("mugai.prerm", "remove")
        self.assertIn("Postfix still asks mugaid", said)
        self.assertIn("mugai postfix --disable", said)
        self.assertNotIn("postconf -e", said)
        self.assertEqual(self.run_script("mugai.prerm", "upgrade", "0.2.0"), "")
        self.main_cf("inet:localhost:8891")
        self.assertEqual(self.run_script("mugai.prerm", "remove"), "")

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
        for line in (SOURCE / "packaging/debian/rules").read_text().splitlines():
            self.assertFalse("dh_installsystemd" in line and "--no-start" in line, line)

    def test_purge_takes_the_copies_of_main_cf_unless_somebody_may_want_to_go_back(self):
        folder = self.root / "etc/postfix"
        for milters, again, stay in (("", False, False), ("unix:mugai/mugai.sock", False, True), ("inet:127.0.0.1:9", True, True)):
            self.main_cf(milters)
            for name in ("main.cf.before-mugai", "main.cf.with-mugai", "main.cf.old"):
                (folder / name).write_text("")
            if again:
                (folder / "main.cf.with-mugai").write_bytes((folder / "main.cf").read_bytes())
            self.assertEqual(self.run_script("mugai.postrm", "remove"), "")
            self.assertEqual(len(self.copies()), 3)
            said = self.run_script("mugai.postrm", "purge")
            self.assertEqual(self.copies(), ["main.cf.before-mugai", "main.cf.old", "main.cf.with-mugai"] if stay else ["main.cf.old"])
            self.assertEqual("main.cf.before-mugai" in said, stay)

    def test_purge_leaves_what_is_in_quarantine(self):
        (self.root / "var/lib/mugai/store/x").write_text("")
        self.assertIn("the quarantine stays", self.run_script("mugai.postrm", "purge"))
        self.assertTrue((self.root / "var/lib/mugai/store/x").exists())


if __name__ == "__main__":
    unittest.main()
