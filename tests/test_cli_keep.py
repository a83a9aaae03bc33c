"""test_cli_keep.py - who looked at what is written down before anything is shown, and originals are kept as long as
they must be and no longer

Run by "meson test", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. Nothing of mugai is imported; the
log is read a second time by log_reader.py, and signatures are made a second time by seal.py.
"""

import datetime
import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import log_reader  # noqa: E402
import seal  # noqa: E402
import test_cli  # noqa: E402

DAY = 86400
NO, USAGE = 1, 2
EX_DATAERR, EX_OSERR, EX_CANTCREAT, EX_CONFIG = 65, 71, 73, 78
UNKNOWN = "20261120-00000-00000"
MESSAGE = b"From: suzuki@example.com\r\nSubject: estimate\r\n\r\nhello\r\n"


class Case(test_cli.Case):
    key = None

    def setUp(self):
        super().setUp()
        self.log = self.store / "log"

    def configure(self, **keys):
        sections = {}
        for name, value in keys.items():
            section, _, key = name.partition("__")
            sections.setdefault(section, []).append(f"{key} = {value}\n")
        store = sections.pop("store", [])
        self.config.write_text(f"[worker]\nprogram = {test_cli.WORKER}\ncount = 2\n[store]\npath = {self.store}\n"
                               f"min_free = 1\n" + "".join(store)
                               + "".join(f"[{name}]\n" + "".join(lines) for name, lines in sections.items()))

    def sign(self):
        """Entries are signed from now on."""
        self.key = seal.Key(hashlib.sha256(b"a key for tests").digest())
        private = self.directory / "log.key"
        private.write_text(self.key.private_line())
        private.chmod(0o600)
        self.configure(log__key=private)

    def all_entries(self):
        entries, faults = log_reader.check(self.log, self.key)
        self.assertEqual(faults, [])
        return entries

    def entries(self):
        """Those of somebody who asked for something."""
        return [entry for entry in self.all_entries() if entry["verb"] != "configure"]

    def last(self):
        return self.entries()[-1]

    def verify(self, *arguments):
        """(exit status, what it says)"""
        done = self.run_mugai("log", "--verify", *arguments)
        self.assertIn(done.returncode, (0, NO), done.stderr)
        return done.returncode, done.stdout.decode()

    def keep_old(self, days, state="passed", octets=MESSAGE):
        return self.keep(octets, state, received=int(time.time() - days * DAY))

    def seconds(self, *arguments):
        """How long a command takes here and now: kills are drawn from that."""
        begun = time.monotonic()
        self.check(0, *arguments)
        return time.monotonic() - begun

    def hold_path(self, identity):
        return self.object_of(identity).with_name(identity + ".hold")


class WrittenDown(Case):
    def test_I9_every_look_is_one_entry_with_who_when_what_and_why(self):
        identity = self.keep(test_cli.with_attachment())
        before = int(time.time())
        self.check(0, "list", "--subject", "見積", "--since", "-9d")
        self.check(0, "show", identity)
        self.check(0, "get", identity, "--reason", "電話で依頼")
        self.check(0, "get", identity, "--part", "2", "-o", self.directory / "part")
        self.check(0, "hold", identity, "--reason", "a case")
        self.check(0, "unhold", identity, "--reason", "closed")
        self.check(0, "purge", "--dry-run", "--force")
        self.check(0, "delete", identity, "--reason", "asked for")
        self.check(0, "log", "--since", "-1h")
        entries = self.entries()
        self.assertEqual([(entry["verb"], entry.get("id")) for entry in entries],
                         [("list", None), ("show", identity), ("get", identity), ("get", identity), ("hold", identity),
                          ("unhold", identity), ("purge", None), ("delete", identity), ("log", None)])
        self.assertEqual(entries[0]["words"][2:], ["--subject", "見積", "--since", "-9d"])
        self.assertEqual([entry.get("reason") for entry in entries],
                         [None, None, "電話で依頼", None, "a case", "closed", None, "asked for", None])
        self.assertEqual(entries[3]["part"], "2")
        for entry in entries:
            self.assertEqual((entry["uid"], entry["via"], entry["outcome"]), (os.getuid(), "mugai", "granted"))
            moment = datetime.datetime.fromisoformat(entry["time"])
            self.assertAlmostEqual(before, moment.timestamp(), delta=120)
            self.assertEqual(moment.utcoffset(), datetime.datetime.now().astimezone().utcoffset())

    def test_I9_refused_tries_are_written_down(self):
        identity = self.keep(MESSAGE)
        path = self.object_of(identity)
        octets = bytearray(path.read_bytes())
        octets[-1] ^= 1
        path.write_bytes(octets)
        self.check(NO, "get", UNKNOWN)
        self.assertRegex(self.last()["outcome"], "^refused: there is no message")
        self.check(EX_DATAERR, "get", identity)
        self.assertRegex(self.last()["outcome"], "^refused: .*damaged")
        self.check(NO, "show", UNKNOWN)
        self.assertRegex(self.last()["outcome"], "^refused: ")
        self.check(NO, "unhold", identity, "--reason", "x")
        self.assertRegex(self.last()["outcome"], "^refused: .*not held")

    @unittest.skipUnless(os.getuid() == 0, "sudo is root's")
    def test_I9_sudo_is_seen_through(self):
        self.keep(MESSAGE)
        self.check(0, "list", env={**os.environ, "SUDO_USER": "tanaka"})
        self.assertEqual(self.last()["sudo_user"], "tanaka")
        for name in ("--user", "--verb"):
            self.check(USAGE, "log", name, "")
        done = self.check(0, "log", "--user", "tanaka", "--verb", "list")
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def assert_nothing_given_out(self, identity, status, **more):
        target = self.directory / "target"
        for arguments in (["get", identity], ["get", identity, "-o", target], ["show", identity], ["list"],
                          ["list", "--json"], ["log"], ["log", "--verify"], ["show", identity, "--json"]):
            with self.subTest(arguments):
                done = self.check(status, *arguments, **more)
                self.assertEqual(done.stdout, b"")
                if arguments != ["log", "--verify"]:
                    self.assertIn(b"not written down", done.stderr)
                self.assertFalse(target.exists())
        for arguments in (["hold", identity, "--reason", "x"], ["delete", identity, "--reason", "x"]):
            self.check(status, *arguments, **more)
            self.assertTrue(self.object_of(identity).exists())
            self.assertFalse(self.hold_path(identity).exists())
        self.check(status, "purge", "--force", **more)
        self.assertTrue(self.object_of(identity).exists())

    def test_I9_what_cannot_be_written_down_is_not_given_out(self):
        identity = self.keep_old(100)
        self.check(0, "list")
        name = next(self.log.glob("*.jsonl")).name
        for spoil in ("directory", "file", "link"):
            with self.subTest(spoil):
                aside = self.directory / "aside"
                shutil.move(self.log, aside)
                if spoil == "directory":
                    self.log.write_text("")  # no directory at all
                elif spoil == "link":
                    self.log.symlink_to(aside)
                else:
                    self.log.mkdir(mode=0o700)
                    (self.log / name).mkdir()
                self.assert_nothing_given_out(identity, EX_OSERR)
                self.log.unlink() if spoil != "file" else shutil.rmtree(self.log)
                shutil.move(aside, self.log)
        self.check(0, "get", identity)

    def test_I9_log_open_to_others_is_refused(self):
        identity = self.keep_old(100)
        self.check(0, "list")
        self.log.chmod(0o750)
        self.assert_nothing_given_out(identity, EX_OSERR)

    def test_I9_full_disk_gives_nothing_out_and_leaves_the_log_whole(self):
        identity = self.keep_old(100)
        self.check(0, "list")
        size = next(self.log.glob("*.jsonl")).stat().st_size

        def limit():  # a few octets more and no further: as a disk that is full in the middle of an entry
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, size + 40))

        # the original itself, put in a file of its own, is smaller
        self.assertLess(len(MESSAGE), size + 40)
        self.assert_nothing_given_out(identity, EX_OSERR, preexec_fn=limit)
        self.assertEqual(next(self.log.glob("*.jsonl")).stat().st_size, size)
        self.check(0, "get", identity)
        self.assertEqual(len(self.entries()), 2)

    def test_I9_what_is_not_done_for_want_of_a_head_is_not_in_the_log(self):
        identity = self.keep_old(100)
        self.check(0, "list")
        file = next(self.log.glob("*.jsonl"))
        before = file.read_bytes()
        (self.log / ".head.new").mkdir()  # as a disk that is full between the two
        self.assert_nothing_given_out(identity, EX_OSERR)
        for arguments in (("hold", identity, "--reason", "x"), ("delete", identity, "--reason", "x"), ("purge", "--force")):
            self.check(EX_OSERR, *arguments)
        self.assertEqual(file.read_bytes(), before)
        self.assertTrue(self.object_of(identity).exists())
        (self.log / ".head.new").rmdir()
        self.check(0, "get", identity)
        self.assertEqual([entry["verb"] for entry in self.entries()], ["list", "get"])
        self.assertEqual(self.verify()[0], 0)

    def test_I9_a_changed_configuration_is_written_down_by_whoever_goes_by_it(self):
        identity = self.keep(MESSAGE)
        hashes = []
        for allowed in ("a@example.com", "b@example.com", "a@example.com"):
            self.configure(release__allowed=allowed)
            hashes.append(hashlib.sha256(self.config.read_bytes()).hexdigest())
            for arguments in (("list",), ("get", identity)):
                self.check(0, *arguments)
        said = [(entry["verb"], entry.get("sha256"), entry.get("words")) for entry in self.all_entries()]
        self.assertEqual([verb for verb, *_ in said], ["configure", "list", "get"] * 3)
        self.assertEqual([entry[1:] for entry in said[::3]], [(digest, [str(self.config)]) for digest in hashes])
        self.assertEqual(hashes[0], hashes[2])
        (self.log / ".configuration").write_text("spoiled")
        self.check(0, "list")
        self.assertEqual([entry["verb"] for entry in self.all_entries()][-2:], ["configure", "list"])

    def test_log_elsewhere(self):
        elsewhere = self.directory / "elsewhere"
        self.configure(log__path=elsewhere)
        self.keep(MESSAGE)
        self.check(EX_OSERR, "list")
        elsewhere.mkdir(mode=0o700)
        self.check(0, "list")
        self.assertFalse(self.log.exists())
        self.assertEqual([entry["verb"] for entry in log_reader.check(elsewhere)[0]], ["configure", "list"])

    def test_key_that_cannot_be_used_gives_nothing_out(self):
        self.keep(MESSAGE)
        self.sign()
        self.check(0, "list")
        (self.directory / "log.key").chmod(0o644)
        self.assertEqual(self.check(EX_CONFIG, "list").stdout, b"")


class Shown(Case):
    def test_filters(self):
        identity = self.keep(MESSAGE)
        self.check(0, "list")
        self.check(0, "show", identity)
        self.check(NO, "get", UNKNOWN)
        for arguments, count in ((["--verb", "show"], 1), (["--id", identity.lower().replace("-", "")], 1),
                                 (["--id", UNKNOWN], 1), (["--until", "-1h"], 0), (["--user", "nobody-such"], 0),
                                 (["--since", "2099-01-01"], 0), (["--since", "-1h", "--verb", "list"], 1)):
            with self.subTest(arguments):
                self.assertEqual(len(self.check(0, "log", *arguments).stdout.splitlines()), count)

    def test_json_is_the_lines_as_they_are_kept(self):
        self.keep(MESSAGE)
        self.check(0, "list", "--subject", "見積")
        done = self.check(0, "log", "--json")
        self.assertEqual(done.stdout, next(self.log.glob("*.jsonl")).read_bytes())

    def test_hostile_words_steer_no_terminal(self):
        identity = self.keep(MESSAGE)
        evil = "\x1b]0;x\x07\x9b2J\u202e\n{\"n\":1}\xff"
        self.check(0, "list", "--subject", evil)
        self.check(0, "get", identity, "--reason", evil)
        for arguments in (["log"], ["log", "--json"], ["log", "--verify"]):
            status, shown = self.on_terminal(80, *arguments)
            self.assertEqual(status, 0)
            self.assertNotRegex(shown.replace(b"\r\n", b"\n"), rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae")
        self.assertEqual(self.entries()[1]["reason"][:8], evil[:8])

    def test_wrong_usage(self):
        for arguments in (["log", "word"], ["log", "--head", "1:" + "0" * 64], ["log", "--verify", "--json"],
                          ["log", "--since", "then"], ["hold"], ["hold", UNKNOWN], ["hold", UNKNOWN, "--reason", " "],
                          ["hold", UNKNOWN, "--reason", "x" * 5000], ["delete", UNKNOWN], ["purge", UNKNOWN]):
            with self.subTest(arguments):
                self.check(USAGE, *arguments)


class Tampering(Case):
    """Whatever is done to the files shows, and where it was done."""

    def setUp(self):
        super().setUp()
        self.keep(MESSAGE)
        self.begin()
        for number in range(8):
            self.check(0, "list", "--subject", f"number {number}")
        self.file = next(self.log.glob("*.jsonl"))
        self.lines = self.file.read_bytes().splitlines(keepends=True)
        self.assertEqual(self.verify()[0], 0)
        self.lines = self.file.read_bytes().splitlines(keepends=True)
        self.whole = {path.name: path.read_bytes() for path in self.log.iterdir()}

    def begin(self):
        pass

    def restore(self):
        shutil.rmtree(self.log)
        self.log.mkdir(mode=0o700)
        for name, octets in self.whole.items():
            (self.log / name).write_bytes(octets)

    def found(self, lines, where):
        """Whether writing lines instead is found at once, and after two more entries, at one of the lines."""
        for later in (False, True):
            self.restore()
            self.file.write_bytes(b"".join(lines))
            if later:
                self.check(0, "list")
                self.check(0, "list")
            status, said = self.verify()
            self.assertEqual(status, NO, said)
            self.assertRegex(said, where)

    def test_change(self):
        for at in range(len(self.lines)):
            changed = list(self.lines)
            changed[at] = changed[at].replace(b"number", b"member").replace(b'"user":"', b'"user":"x')
            self.assertNotEqual(changed[at], self.lines[at])
            with self.subTest(at):
                place = rf"jsonl:({at + 1}|{at + 2}|{at + 3}):|\.head"
                self.found(changed, place)

    def test_every_octet_counts(self):
        octets = b"".join(self.lines)
        for at in random.Random(5).sample(range(len(octets) - 1), 40):
            with self.subTest(at):
                changed = bytearray(octets)
                changed[at] ^= 1
                self.found([bytes(changed)], rf"jsonl:{octets[:at].count(10) + 1}:|jsonl:{octets[:at].count(10) + 2}:|\.head")

    def test_removal(self):
        for at in range(len(self.lines)):
            with self.subTest(at):
                self.found(self.lines[:at] + self.lines[at + 1:], rf"jsonl:({at + 1}|{at + 2}):|\.head|lost|left")

    def test_reordering(self):
        for at in range(len(self.lines) - 1):
            with self.subTest(at):
                swapped = list(self.lines)
                swapped[at:at + 2] = reversed(swapped[at:at + 2])
                self.found(swapped, rf"jsonl:({at + 1}|{at + 2}):")

    def test_insertion(self):
        for at in range(len(self.lines) + 1):
            for what in (self.lines[2], b"x\n", b"\n", b"{}\n"):
                with self.subTest(at=at, what=what):
                    if at == len(self.lines) and what != self.lines[2]:
                        continue  # no entry at the end is what a crash leaves: said, and no fault
                    self.found(self.lines[:at] + [what] + self.lines[at:], rf"jsonl:({at + 1}|{at + 2}):|\.head")

    def test_truncation(self):
        octets = b"".join(self.lines)
        for length in (0, 1, len(self.lines[0]), len(octets) // 2, len(octets) - len(self.lines[-1]), len(octets) - 2):
            with self.subTest(length):
                self.found([octets[:length]], r"\.head|was not as it had been left")

    def test_file_removed(self):
        self.file.unlink()
        self.assertEqual(self.verify()[0], NO)
        self.restore()
        self.file.unlink()
        self.check(0, "list")
        self.assertEqual(self.verify()[0], NO)

    def test_head_removed_or_old(self):
        for head in (None, b"", b"mugai-log-head-1 3 " + hashlib.sha256(self.lines[2][:-1]).hexdigest().encode() + b"x\n",
                     b"mugai-log-head-1 900 " + b"0" * 64 + b"\n"):
            for later in (False, True):
                with self.subTest(head=head, later=later):
                    self.restore()
                    (self.log / ".head").unlink()
                    if head is not None:
                        (self.log / ".head").write_bytes(head)
                    if later:
                        self.check(0, "list")
                    self.assertEqual(self.verify()[0], NO)

    def test_files_joined_or_in_another_month(self):
        other = self.log / "2001-01.jsonl"
        self.file.rename(other)
        status, said = self.verify()
        self.assertEqual(status, NO)
        self.assertIn("belongs into another file", said)
        self.restore()
        self.file.write_bytes(b"".join(self.lines) * 2)
        self.assertRegex(self.verify()[1], rf"jsonl:{len(self.lines) + 1}: entry 1 where")

    def test_head_written_down_elsewhere(self):
        heads = [f"{number + 1}:{hashlib.sha256(line[:-1]).hexdigest()}" for number, line in enumerate(self.lines)]
        for head in heads:
            self.assertEqual(self.verify("--head", head)[0], 0)
        self.assertEqual(self.verify("--head", "3:" + "0" * 64)[0], NO)
        self.check(EX_DATAERR, "log", "--verify", "--head", "3")
        # the whole log written anew from the fourth entry on, as one can who has all keys and the head
        self.restore()
        self.file.write_bytes(b"".join(self.lines[:4]))
        (self.log / ".head").unlink()
        for _ in range(9):
            self.check(0, "list")
        self.assertIn("not the one that the head given names", self.verify("--head", heads[6])[1])
        self.assertIn("cut off", self.verify("--head", "90:" + "0" * 64)[1])


class TakenAway(Case):
    def test_a_store_without_its_log(self):
        identity = self.keep_old(5)
        self.check(0, "list")
        self.assertEqual(self.verify()[0], 0)
        shutil.rmtree(self.log)
        status, said = self.verify()
        self.assertEqual(status, NO)
        self.assertIn("the log has no entry", said)
        status, said = self.verify()  # as a host whose store was copied there: that may be so
        self.assertEqual(status, 0)
        self.assertRegex(said, f"{identity}: .*is older than the log")

    def test_an_empty_store_needs_no_log(self):
        self.store.mkdir(mode=0o700, exist_ok=True)
        self.assertEqual(self.verify()[0], 0)


class SignedTampering(Tampering):
    """The same, signed; and what only a signature finds."""

    def begin(self):
        self.sign()

    def test_head_written_down_elsewhere(self):
        status, said = self.verify()
        self.assertEqual(status, 0)
        self.assertRegex(said, r"signed; head \d+:[0-9a-f]{64}")

    def forge(self, lines, keep_signature):
        """A chain that is right in itself, made by somebody without the key."""
        previous, forged = "0" * 64, []
        for line in lines:
            entry = json.loads(line)
            entry["previous"] = previous
            if not keep_signature:
                del entry["key"], entry["signature"]
            forged.append(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
            previous = hashlib.sha256(forged[-1][:-1]).hexdigest()
        return forged, f"mugai-log-head-1 {len(forged)} {previous}\n"

    def test_chain_forged_without_the_key(self):
        for keep_signature in (False, True):
            for first in (0, 4):
                with self.subTest(keep_signature=keep_signature, first=first):
                    changed = [line.replace(b"number 3", b"number 9") for line in self.lines]
                    forged, head = self.forge(changed, keep_signature)
                    self.restore()
                    self.file.write_bytes(b"".join(self.lines[:first] + forged[first:]))
                    (self.log / ".head").write_text(head)
                    public = self.directory / "log.pub"
                    public.write_text(self.key.public_line())
                    self.assertEqual(self.verify("--key", public)[0], NO)
                    self.assertEqual(self.verify()[0], NO)

    def test_key_configured_later(self):
        shutil.rmtree(self.log)
        self.key = None
        self.configure()
        for _ in range(3):
            self.check(0, "list")
        entries = self.all_entries()
        head = f"{len(entries)}:{log_reader.sha256(next(self.log.glob('*.jsonl')).read_bytes().splitlines()[-1])}"
        self.sign()
        status, said = self.verify()
        self.assertEqual(status, NO)
        self.assertIn(f"--head {len(entries)}:", said)
        self.check(0, "list")
        self.assertEqual(self.verify()[0], NO)
        self.assertEqual(self.verify("--head", head)[0], 0)
        self.assertEqual(self.verify("--head", head.replace(f"{len(entries)}:", f"{len(entries) - 1}:"))[0], NO)

    def test_truncation_with_a_head_made_without_the_key(self):
        for later in (False, True):
            self.restore()
            self.file.write_bytes(b"".join(self.lines[:5]))
            digest = hashlib.sha256(self.lines[4][:-1]).hexdigest()
            (self.log / ".head").write_text(f"mugai-log-head-1 5 {digest}\n")
            if later:
                self.check(0, "list")
            self.assertEqual(self.verify()[0], NO)

    def test_key_changed(self):
        old = self.directory / "old.pub"
        old.write_text(self.key.public_line())
        new = seal.Key(bytes(32))
        (self.directory / "log.key").write_text(new.private_line())
        self.check(0, "list")
        self.assertIn("is not known", self.verify()[1])
        self.assertEqual(self.verify("--key", old)[0], 0)
        self.check(EX_CONFIG, "log", "--verify", "--key", self.config)

    def test_second_reader_agrees(self):
        self.assertEqual(len(self.all_entries()), len(self.lines))


class Crashes(Case):
    def test_torn_entry_is_kept_and_said(self):
        self.keep(MESSAGE)
        for _ in range(3):
            self.check(0, "list")
        file = next(self.log.glob("*.jsonl"))
        whole, head = file.read_bytes(), (self.log / ".head").read_bytes()
        self.check(0, "list", "--subject", "torn")
        line = file.read_bytes()[len(whole):]
        for torn in (line[:1], line[:57], line[:-2], b"\x00" * 30, b"\x00" * 30 + b"\n", line[:9] + b"\n" + line[:9],
                     b"x" * 600000):
            with self.subTest(torn[:60]):
                file.write_bytes(whole + torn)
                (self.log / ".head").write_bytes(head)
                self.check(0, "list")
                status, said = self.verify()
                self.assertEqual(status, 0, said)
                self.assertIn("a crash has torn", said)
                self.assertTrue(file.read_bytes().startswith(whole + torn))
                repair = self.entries()[3]
                self.assertEqual((repair["verb"], repair["torn_octets"]), ("repair", len(torn)))

    def test_entry_that_lacks_its_line_end_alone_is_one(self):
        self.keep(MESSAGE)
        self.check(0, "list")
        head = (self.log / ".head").read_bytes()
        self.check(0, "list")
        file = next(self.log.glob("*.jsonl"))
        file.write_bytes(file.read_bytes()[:-1])
        (self.log / ".head").write_bytes(head)
        self.assertEqual(self.verify()[0], 0)
        self.check(0, "list")
        self.assertEqual(self.verify()[0], 0)
        self.assertEqual([entry["verb"] for entry in self.entries()], ["list", "list", "log", "list", "log"])

    def test_entry_on_the_disk_whose_head_is_not(self):
        self.keep(MESSAGE)
        self.check(0, "list")
        head = (self.log / ".head").read_bytes()
        self.check(0, "list")
        (self.log / ".head").write_bytes(head)
        self.check(0, "list")
        self.assertEqual(self.verify()[0], 0)
        self.assertEqual(len(self.entries()), 4)

    def test_killed_at_any_moment(self):
        identity = self.keep(MESSAGE)
        draw = random.Random(7)
        handed_out, whole = 0, self.seconds("get", identity)
        for _ in range(60):
            child = subprocess.Popen([test_cli.MUGAI, "get", "--config", self.config, identity], stdout=subprocess.PIPE)
            time.sleep(draw.random() * 1.5 * whole)
            child.kill()
            handed_out += bool(child.communicate()[0])
        status, said = self.verify()
        self.assertEqual(status, 0, said)
        got = sum(entry["verb"] == "get" for entry in self.entries())
        self.assertGreaterEqual(got, handed_out)
        self.assertGreater(handed_out, 0)


class Holding(Case):
    def test_hold_survives_the_index_and_copying(self):
        identity = self.keep_old(100)
        self.check(0, "hold", identity, "--reason", "監査")
        self.lose_index()
        said = json.loads(self.hold_path(identity).read_text())
        self.assertEqual((said["verb"], said["id"], said["reason"]), ("hold", identity, "監査"))
        self.assertEqual(self.hold_path(identity).stat().st_mode & 0o777, 0o600)
        copy = self.directory / "copy"
        shutil.copytree(self.store, copy)
        self.store = copy
        self.configure()
        self.check(0, "purge", "--force")
        self.assertTrue(self.object_of(identity).exists())

    def test_second_hold_is_refused_and_says_who_holds(self):
        identity = self.keep(MESSAGE)
        self.check(0, "hold", identity, "--reason", "first")
        done = self.check(NO, "hold", identity, "--reason", "second")
        self.assertIn(b"first", done.stderr)
        self.assertEqual(json.loads(self.hold_path(identity).read_text())["reason"], "first")

    def test_one_that_cannot_be_held_does_not_keep_the_others(self):
        identity = self.keep(MESSAGE)
        done = self.check(NO, "hold", UNKNOWN, identity, "--reason", "x")
        self.assertIn(identity.encode(), done.stdout)
        self.assertTrue(self.hold_path(identity).exists())
        self.check(EX_DATAERR, "hold", identity[:-1] + "*", identity, "--reason", "x")

    def test_held_is_not_deleted(self):
        identity = self.keep(MESSAGE)
        self.check(0, "hold", identity, "--reason", "x")
        self.check(NO, "delete", identity, "--reason", "y")
        self.assertTrue(self.object_of(identity).exists())
        self.check(0, "unhold", identity, "--reason", "z")
        self.check(0, "delete", identity, "--reason", "y")
        self.assertFalse(self.object_of(identity).exists())
        self.assertNotIn(identity, self.check(0, "list").stdout.decode())


class Purging(Case):
    def setUp(self):
        super().setUp()
        self.recent = self.keep_old(0)

    def objects(self):
        return sorted(path.name.removesuffix(".eml.gz") for path in self.store.rglob("*.eml.gz"))

    def listed(self):
        return {json.loads(line)["id"] for line in self.check(0, "list", "--json").stdout.splitlines()}

    def test_days_are_counted_from_receipt_to_the_second(self):
        now = int(time.time())
        old = self.keep(MESSAGE, received=now - 90 * DAY - 1)
        young = self.keep(MESSAGE, received=now - 90 * DAY + 600)
        self.check(0, "purge")
        self.assertEqual(self.objects(), sorted([young, self.recent]))
        self.assertEqual(self.listed(), {young, self.recent})
        self.assertFalse(self.object_of(old).exists())

    def test_retention_is_what_is_configured(self):
        old = self.keep_old(3)
        self.check(0, "purge")
        self.assertIn(old, self.objects())
        self.configure(store__retention_days=2)
        self.check(0, "purge")
        self.assertEqual(self.objects(), [self.recent])

    def test_retention_by_rule_is_that_of_the_recipient_and_the_longest_of_several(self):
        rules = {"policy_a__recipients": "*@a.example.jp", "policy_a__retention_days": 30,
                 "policy_b__recipients": "*@b.example.jp", "policy_b__retention_days": 365,
                 "policy_c__senders": "news@example.com"}  # says no days: as for everybody

        def kept(days, *recipients, sender="suzuki@example.com"):
            return self.keep(MESSAGE, received=int(time.time() - days * DAY), recipients=recipients, sender=sender)

        goes = {kept(31, "x@a.example.jp"), kept(91, "x@c.example.jp"), kept(366, "x@b.example.jp"),
                kept(366, "x@a.example.jp", "x@b.example.jp"), kept(91, "x@c.example.jp", sender="news@example.com")}
        stays = {kept(29, "x@a.example.jp"), kept(89, "x@c.example.jp"), kept(364, "x@b.example.jp"), self.recent,
                 kept(364, "x@a.example.jp", "x@b.example.jp"), kept(89, "x@c.example.jp", "x@a.example.jp"),
                 kept(89, "x@c.example.jp", sender="news@example.com")}
        long = kept(364, "y@b.example.jp")
        stays.add(long)
        self.configure(**{key.replace("policy_", "policy "): value for key, value in rules.items()})
        until = datetime.datetime.fromtimestamp(time.time() + DAY).strftime("%Y-%m-%d")
        self.assertRegex(self.check(0, "show", long).stdout.decode(), rf"Kept until +{until} ")
        damaged, held = kept(364, "z@b.example.jp"), kept(31, "x@a.example.jp")
        self.check(0, "hold", held, "--reason", "x")
        self.assertRegex(self.check(0, "show", held).stdout.decode(), "Kept until +somebody lets it go")
        said = [json.loads(line) for line in self.check(0, "purge", "--dry-run", "--json").stdout.splitlines()]
        self.assertEqual({line["id"] for line in said if line["outcome"] == "would be purged"}, goes)
        self.assertEqual({line["id"] for line in said if line["outcome"] == "held"}, {held})
        path = self.object_of(damaged)
        path.write_bytes(path.read_bytes()[:-1])
        self.check(0, "purge")  # not old enough, whatever it is
        self.assertEqual(set(self.objects()), stays | {damaged, held})
        self.assertEqual(sorted(entry["reason"] for entry in self.entries() if entry["verb"] == "purge" and "id" in entry),
                         sorted(["older than 30 days", "older than 365 days", "older than 365 days"] + ["older than 90 days"] * 2))

    def test_what_was_purged_stays_in_the_log(self):
        old = self.keep_old(91)
        octets = gzip.decompress(self.object_of(old).read_bytes())
        self.check(0, "purge")
        entry = next(entry for entry in self.entries() if entry.get("id") == old)
        self.assertEqual((entry["verb"], entry["size"], entry["sha256"]),
                         ("purge", len(octets), hashlib.sha256(octets).hexdigest()))
        self.assertRegex(entry["received"], r"^\d{4}-\d\d-\d\dT")
        self.assertEqual(gzip.decompress(gzip.compress(MESSAGE)), octets)

    def test_dry_run_deletes_nothing_and_says_the_same(self):
        old, held = self.keep_old(91), self.keep_old(92)
        self.check(0, "hold", held, "--reason", "x")
        dry = self.check(0, "purge", "--dry-run", "--json").stdout.decode()
        self.assertEqual(self.objects(), sorted([old, held, self.recent]))
        done = self.check(0, "purge", "--json").stdout.decode()
        self.assertEqual(dry.replace("would be purged", "purged"), done)
        self.assertEqual({json.loads(line)["id"]: json.loads(line)["outcome"] for line in done.splitlines()},
                         {old: "purged", held: "held"})
        self.assertEqual(self.objects(), sorted([held, self.recent]))

    def test_damaged_object_stays_and_is_said(self):
        old, damaged = self.keep_old(91), self.keep_old(91)
        path = self.object_of(damaged)
        path.write_bytes(path.read_bytes()[:-3])
        done = self.check(EX_DATAERR, "purge")
        self.assertIn(damaged.encode(), done.stderr)
        self.assertEqual(self.objects(), sorted([damaged, self.recent]))
        self.assertFalse(self.object_of(old).exists())
        self.check(0, "delete", damaged, "--reason", "seen")
        self.assertEqual(self.objects(), [self.recent])

    def test_another_original_in_its_place_stays_and_is_said(self):
        old, other = self.keep_old(91), self.keep_old(91)
        self.replace_content(other, MESSAGE.replace(b"hello", b"olleh"))
        for arguments in (("--dry-run",), ()):
            done = self.check(EX_DATAERR, "purge", *arguments)
            self.assertIn(other, done.stderr.decode())
            self.assertNotIn(old, done.stderr.decode())
        self.assertEqual(self.objects(), sorted([other, self.recent]))
        self.check(0, "delete", other, "--reason", "seen")
        self.assertEqual(self.objects(), [self.recent])

    def test_what_is_lost_is_told_of_as_long_as_it_should_be_there(self):
        lost, held = self.keep_old(10), self.keep_old(10)
        self.check(0, "hold", held, "--reason", "evidence")
        for identity in (lost, held):
            self.object_of(identity).unlink()
        self.configure(**{"policy short__recipients": "*@short.example.jp", "policy short__retention_days": 5})
        self.check(0, "purge")
        self.assertEqual(self.listed(), {self.recent, lost, held})
        self.configure(store__retention_days=5)
        self.check(0, "purge")
        self.assertEqual(self.listed(), {self.recent, held})
        self.assertEqual([kind for kind, *_ in self.fsck(NO)], ["lost", "stray"])

    def test_object_without_entry_and_entry_without_object(self):
        unlisted, gone = self.keep_old(91, state="-"), self.keep_old(91)
        self.object_of(gone).unlink()
        self.assertIn(gone, self.listed())
        octets = gzip.decompress(self.object_of(unlisted).read_bytes())
        self.check(0, "purge")
        self.assertFalse(self.object_of(unlisted).exists())
        self.assertEqual(self.listed(), {self.recent})
        (entry,) = (entry for entry in self.entries() if entry.get("id") == gone)  # nobody's loss goes unseen
        self.assertRegex(entry["outcome"], "^failed: .*lost")
        self.assertEqual((entry["verb"], entry["sha256"]), ("purge", hashlib.sha256(octets).hexdigest()))

    def test_show_says_what_became_of_one_that_is_gone(self):
        old, deleted = self.keep_old(91), self.keep(MESSAGE)
        self.check(0, "show", old)
        self.check(0, "purge")
        self.check(0, "delete", deleted, "--reason", "asked for")
        self.lose_index()
        for identity, told in ((old, r"History .* show by .*\n.* purge by [^\n]*: older than 90 days\n$"),
                               (deleted, r"History .* delete by [^\n]*: asked for\n$"), (UNKNOWN, "^$")):
            with self.subTest(identity):
                done = self.check(NO, "show", identity)
                self.assertRegex(done.stdout.decode(), "(?s)" + told)
                self.assertIn(b"there is no message", done.stderr)
                self.assertEqual(self.check(NO, "show", "--json", identity).stdout, b"")

    def fsck(self, status, *arguments):
        return sorted((line["finding"], line["name"], line["what"]) for line in self.findings(status, *arguments)[0])

    def test_what_is_lost_stays_in_the_log(self):
        lost, held, whole = (self.keep(MESSAGE, received=int(time.time()) - number) for number in range(3))
        self.check(0, "hold", held, "--reason", "evidence")
        sha256 = hashlib.sha256(gzip.decompress(self.object_of(lost).read_bytes())).hexdigest()
        self.object_of(lost).with_name(f"{lost}.released").write_text("")
        for identity in (lost, held):
            self.object_of(identity).unlink()
        self.fsck(NO)
        self.assertEqual([entry["outcome"] for entry in self.entries() if entry["verb"] == "fsck"], ["granted"])
        self.assertIn(lost, self.listed())
        found = self.fsck(NO, "--repair")
        self.assertEqual([kind for kind, *_ in found], ["lost", "lost", "stray", "stray"])
        losses = {entry["id"]: entry for entry in self.entries() if entry["verb"] == "fsck" and "id" in entry}
        self.assertEqual(sorted(losses), sorted([lost, held]))
        for identity, entry in losses.items():
            self.assertEqual((entry["sha256"], entry["size"], entry["reason"] if "reason" in entry else None),
                             (sha256, len(MESSAGE), None))
            self.assertRegex(entry["outcome"], "^failed: the original is lost" + (", it was held" if identity == held else "$"))
        self.assertIn(b"the original is lost", self.check(NO, "show", lost).stdout)
        # The findings end when somebody says that the loss is seen.
        self.assertEqual([kind for kind, *_ in self.fsck(NO, "--repair")], ["stray", "stray"])
        self.check(NO, "delete", held, "--reason", "seen")
        self.check(0, "unhold", held, "--reason", "seen")
        self.check(0, "delete", lost, "--reason", "seen")
        self.assertEqual(self.fsck(0), [])
        self.check(NO, "delete", lost, "--reason", "seen")
        self.check(NO, "unhold", held, "--reason", "seen")
        self.assertIn(whole, self.listed())

    def test_what_nobody_can_read_beside_an_original_is_told_of(self):
        identities = [self.keep(MESSAGE) for _ in range(3)]
        suffixes = (".released", ".request", ".hold")
        for identity, suffix in zip(identities, suffixes):
            path = self.object_of(identity).with_name(identity + suffix)
            path.write_text('{"n":1,"previ')
            path.chmod(0o600)
        found = self.fsck(NO)
        self.assertEqual(sorted(pathlib.Path(name).name for kind, name, _ in found if kind == "stray"),
                         sorted(identity + suffix for identity, suffix in zip(identities, suffixes)))
        for identity, word in zip(identities[:2], (b"released", b"requested")):
            self.assertIn(word, self.check(0, "show", identity).stderr)
        self.check(0, "unhold", identities[2], "--reason", "x")
        self.assertEqual(len(self.fsck(NO, "--repair")), 2)
        for octets in (b"", bytes(300), b"\0" + b'{"n":1'):
            path = self.object_of(identities[0]).with_name(identities[0] + ".released")
            path.write_bytes(octets)
            self.assertIn((identities[0] + ".released"), [pathlib.Path(name).name for _, name, _ in self.fsck(NO)])
        path.unlink()
        path.mkdir()
        self.assertIn((identities[0] + ".released"), [pathlib.Path(name).name for _, name, _ in self.fsck(NO)])

    def test_without_an_index_none_is_made(self):
        old = self.keep_old(91)
        self.lose_index()
        self.check(0, "purge")
        self.assertFalse(self.object_of(old).exists())
        self.assertFalse((self.store / "index.sqlite").exists())

    def test_empty_directories_go_and_others_stay(self):
        old = self.keep_old(400)
        foreign = self.keep_old(500)
        (self.object_of(foreign).parent / "notes.txt").write_text("not ours")
        self.check(0, "purge")
        self.assertFalse((self.store / old[:4] / old[4:6] / old[6:8]).exists())
        self.assertTrue((self.object_of(foreign).parent / "notes.txt").exists())
        self.assertTrue(self.object_of(self.recent).exists())

    def test_clock_that_cannot_be_right_deletes_nothing(self):
        old = self.keep_old(91)
        future = self.keep_old(-3)
        done = self.check(EX_CONFIG, "purge")
        self.assertIn(b"clock", done.stderr)
        self.assertIn(old, self.objects())
        self.assertRegex(self.last()["outcome"], "^failed: the clock")
        self.check(0, "delete", future, "--reason", "x")
        self.check(0, "delete", self.recent, "--reason", "x")
        self.check(EX_CONFIG, "purge")  # nothing young in the store: as if the clock were years ahead
        self.assertEqual(self.objects(), [old])
        self.check(0, "purge", "--force")
        self.assertEqual(self.objects(), [])
        self.check(0, "purge")

    def test_interrupted_purge_is_finished_by_the_next(self):
        draw = random.Random(3)
        old = [self.keep_old(91 + number % 3) for number in range(24)]
        killed, whole = 0, self.seconds("purge", "--dry-run")
        while killed < 12 and len(self.objects()) > 1:
            child = subprocess.Popen([test_cli.MUGAI, "purge", "--config", self.config], stdout=subprocess.DEVNULL)
            time.sleep(draw.random() * 1.5 * whole)
            child.kill()
            child.wait()
            killed += 1
            logged = {entry.get("id") for entry in self.entries_after_a_crash() if entry["verb"] == "purge"}
            for identity in set(old) - set(self.objects()):
                self.assertIn(identity, logged)
        self.check(0, "purge")
        self.assertEqual(self.objects(), [self.recent])
        self.assertEqual(self.listed(), {self.recent})
        self.assertEqual(self.verify()[0], 0)

    def entries_after_a_crash(self):
        lines = [line for path in self.log.glob("*.jsonl") for line in path.read_bytes().splitlines()]
        return [json.loads(line) for line in lines if line.endswith(b"}") and re.match(rb'\{"n":', line)]


if __name__ == "__main__":
    unittest.main(verbosity=2)
