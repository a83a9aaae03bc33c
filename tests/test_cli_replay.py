"""test_cli_replay.py - what a change of configuration would change is known before it is made

Run by "meson test", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. Nothing of mugai is imported; diffs
are applied by a reader of their own.
"""

import json
import os
import pathlib
import random
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import log_reader  # noqa: E402
import test_cli  # noqa: E402

DIFFERENT, USAGE = 1, 2
EX_DATAERR, EX_CONFIG = 65, 78
LINKS = b"From: a@example.com\r\nSubject: links\r\n\r\nbefore\r\nsee https://example.com/x for more\r\nafter\r\n"


def patched(text, diff):
    """What a unified diff makes of a text; AssertionError where it does not fit."""
    old, new, at = text.split("\n"), [], 0
    lines = iter(diff)
    line = next(lines, None)
    while line is not None:
        first, old_count, _, new_count = map(int, re.fullmatch(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@", line).groups())
        first -= old_count > 0
        new += old[at:first]
        at, begun = first, len(new)
        while (line := next(lines, None)) is not None and not line.startswith("@@"):
            if line[0] in " -":
                assert old[at] == line[1:], (old[at], line)
                at += 1
            if line[0] in " +":
                new.append(line[1:])
        assert (at - first, len(new) - begun) == (old_count, new_count)
    return "\n".join(new + old[at:])


class Replay(test_cli.Case):
    def planned(self, *lines):
        """Another configuration: the present one and these lines."""
        path = self.directory / "planned.conf"
        path.write_text(self.config.read_text() + "\n".join(lines) + "\n")
        return path

    def replay(self, status, planned, *arguments):
        return self.check(status, "replay", "--with-config", planned, *arguments).stdout.decode()

    def differing(self, planned, *arguments):
        """id -> what JSON says"""
        lines = self.replay(DIFFERENT, planned, "--json", *arguments).splitlines()
        return {line["id"]: line for line in map(json.loads, lines)}

    def test_the_same_configuration_changes_nothing(self):
        for octets in (test_cli.PLAIN, LINKS, test_cli.with_attachment(), b"", os.urandom(5000)):
            self.keep(octets)
        same = self.planned()
        self.assertEqual(self.replay(0, same), "0 of 5 come out differently\n")
        self.assertEqual(self.replay(0, same, "--json", "--diff"), "")

    def test_only_what_differs_is_named(self):
        self.keep(test_cli.PLAIN)
        identity = self.keep(LINKS)
        planned = self.planned("[sanitize]", "links = keep")
        self.assertEqual(self.replay(DIFFERENT, planned), f"{identity}  the text\n1 of 2 come out differently\n")
        self.assertEqual(set(self.differing(planned)), {identity})

    def test_the_diff_makes_one_text_of_the_other(self):
        rng = random.Random(5)
        messages = [LINKS, test_cli.with_attachment()]
        for _ in range(6):
            choices = [b"plain", b"", b"a \"quoted\" \\ one", b"\ttab", b"@@ -1,1 +1,1 @@",
                       *(b"http://example.com/%d" % n for n in range(3))]
            lines = rng.choices(choices, k=rng.randrange(1, 60))
            messages.append(b"Subject: x\r\n\r\n" + b"\r\n".join(lines) + b"\r\n")
        identities = [self.keep(octets) for octets in messages]
        planned = self.planned("[sanitize]", "links = keep", "language = en")
        told = self.differing(planned, "--diff")
        self.assertEqual(set(told), set(identities))
        for identity in identities:
            before, after = (self.run_mugai("get", identity, "--text", "--config", path).stdout.decode()
                             for path in (self.config, planned))
            self.assertNotEqual(before, after)
            self.assertEqual(patched(before, told[identity]["diff"]), after)

    def test_the_diff_as_lines(self):
        self.keep(LINKS)
        out = self.replay(DIFFERENT, self.planned("[sanitize]", "links = keep"), "--diff").splitlines()
        self.assertIn("+see https://example.com/x for more", out)
        self.assertIn("-see hxxps[:]//example[.]com/x for more", out)
        self.assertEqual(len([line for line in out if line[0] in "+-"]), 2)
        self.assertIn(" before", out)

    def test_counts_of_parts_are_compared(self):
        identity = self.keep(test_cli.with_attachment())
        planned = self.planned("[limits]", "parts = 1")
        said = self.differing(planned)[identity]
        names = ("kept", "converted", "removed", "unreadable")
        before, after = ([said[side][name] for name in names] for side in ("before", "after"))
        self.assertNotEqual(before, after)
        out = self.replay(DIFFERENT, planned)
        for name, first, second in zip(names, before, after):
            self.assertEqual(f"{name} {first} -> {second}" in out, first != second)

    def test_time_and_limit(self):
        day = 86400
        ids = [self.keep(LINKS, received=test_cli.RECEIVED + n * day) for n in (0, 1, 1, 2)]
        planned = self.planned("[sanitize]", "links = keep")
        self.assertEqual(set(self.differing(planned, "--since", "2026-11-21")), set(ids[1:]))
        self.assertEqual(set(self.differing(planned, "--since", "2026-11-21", "--until", "2026-11-22")), set(ids[1:3]))
        self.assertEqual(set(self.differing(planned, "--limit", "1")), {ids[0]})

    def test_what_cannot_be_compared_is_said(self):
        damaged = self.keep(LINKS)
        path = self.object_of(damaged)
        path.write_bytes(path.read_bytes()[:-1])
        done = self.check(EX_DATAERR, "replay", "--with-config", self.planned())
        self.assertIn(damaged, done.stderr.decode())
        other = self.keep(LINKS)
        self.assertEqual(set(self.differing(self.planned("[sanitize]", "links = keep"))), {other})

    def test_I9_it_is_written_down_first(self):
        self.keep(LINKS)
        planned = self.planned("[sanitize]", "links = keep")
        self.replay(DIFFERENT, planned, "--diff")
        entries, faults = log_reader.check(self.store / "log", None)
        self.assertEqual(faults, [])
        self.assertEqual((entries[-1]["verb"], entries[-1]["outcome"]), ("replay", "granted"))
        self.assertIn("--diff", entries[-1]["words"])
        (self.store / "log").chmod(0o755)
        done = self.run_mugai("replay", "--with-config", planned, "--diff")
        self.assertGreater(done.returncode, 2)
        self.assertEqual(done.stdout, b"")

    def test_nothing_is_changed(self):
        identity = self.keep(LINKS)
        octets = self.object_of(identity).read_bytes()
        listed = self.check(0, "list", "--json").stdout
        self.replay(DIFFERENT, self.planned("[sanitize]", "links = keep"))
        self.assertEqual(self.object_of(identity).read_bytes(), octets)
        self.assertEqual(self.check(0, "list", "--json").stdout, listed)

    def test_wrong_usage(self):
        planned = self.planned()
        for arguments in ((), ("--with-config", planned, "word"), ("--with-config", planned, "--limit", "-1"),
                          ("--with-config", planned, "--since", "then")):
            with self.subTest(arguments):
                self.check(USAGE, "replay", *arguments)
        self.check(EX_CONFIG, "replay", "--with-config", self.planned("[store]", "pat = x"))
        self.check(EX_CONFIG, "replay", "--with-config", self.directory / "missing")

    def test_what_an_octet_0_would_hide_is_not_left_out(self):
        planned = self.planned()
        planned.write_bytes(planned.read_bytes() + b"\0\n[sanitize]\nlinks = keep\n")
        done = self.check(EX_CONFIG, "replay", "--with-config", planned)
        line = planned.read_bytes().partition(b"\0")[0].count(b"\n") + 1
        self.assertIn(b"planned.conf:%d:" % line, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
