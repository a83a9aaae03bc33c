"""test_cli.py - the command line is a contract: what each verb gives out, and its exit status

Run by "meson test", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. Nothing of mugai is imported.
"""

import base64
import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import pathlib
import pty
import re
import shutil
import stat
import struct
import subprocess
import tempfile
import termios
import time
import unicodedata
import unittest
import zlib

MUGAI = os.environ["MUGAI"]
WORKER = os.environ["MUGAI_WORKER"]
KEEP = os.environ["MUGAI_KEEP"]

NO, USAGE = 1, 2
EX_DATAERR, EX_NOINPUT, EX_OSERR, EX_CANTCREAT, EX_IOERR, EX_CONFIG = 65, 66, 71, 73, 74, 78

ID = "20261120-00000-00000"
RECEIVED = 1795168815  # 2026-11-20T10:00:15Z
PLAIN = (b"From: =?utf-8?B?6Yi05pyo?= <suzuki@example.com>\r\nTo: shisho@city.example.jp\r\n"
         b"Date: Fri, 20 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.com>\r\n"
         b"Subject: =?utf-8?B?6KaL56mN5pu444Gu44GU6YCB5LuY?=\r\n\r\nhello\r\n")  # 見積書のご送付
PAYLOAD = bytes(range(256)) * 40


def with_attachment(subject=b"with attachment", name=b"report.bin"):
    return (b"From: suzuki@example.com\r\nTo: shisho@city.example.jp\r\nSubject: " + subject + b"\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
            b"--b\r\nContent-Type: application/octet-stream; name=\"" + name + b"\"\r\n"
            b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"" + name + b"\"\r\n\r\n"
            + base64.encodebytes(PAYLOAD).replace(b"\n", b"\r\n") + b"--b--\r\n")


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mugai-cli-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.store = self.directory / "store"
        self.store.mkdir(mode=0o700)
        self.config = self.directory / "mugai.conf"
        self.config.write_text(f"[worker]\nprogram = {WORKER}\ncount = 2\n"
                               f"[store]\npath = {self.store}\nmin_free = 1\n")

    def run_mugai(self, verb, *arguments, stdin=b"", config=True, **more):
        command = [MUGAI, verb, *(["--config", str(self.config)] if config else []), *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=120, **more)

    def check(self, status, verb, *arguments, **more):
        done = self.run_mugai(verb, *arguments, **more)
        self.assertEqual(done.returncode, status, done.stderr.decode(errors="replace"))
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        return done

    def assert_conforms(self, octets):
        self.check(0, "verify", "--inert-links", stdin=octets)

    def keep(self, octets, state="passed", received=RECEIVED, sender="suzuki@example.com",
             recipients=("shisho@city.example.jp",)):
        done = subprocess.run([KEEP, self.config, state, str(received), sender, *recipients], input=octets,
                              capture_output=True, check=True, timeout=60)
        return done.stdout.decode().strip()

    def object_of(self, identity):
        return self.store / identity[:4] / identity[4:6] / identity[6:8] / f"{identity}.eml.gz"

    def lose_index(self):
        for path in self.store.glob("index.sqlite*"):
            path.unlink()

    def findings(self, status, *arguments):
        """What fsck says: its findings, and the summary."""
        *lines, summary = map(json.loads, self.check(status, "fsck", "--json", *arguments).stdout.splitlines())
        self.assertEqual(summary["findings"], len(lines))
        return lines, summary

    def replace_content(self, identity, content):
        """Another message behind the header of the object of IDENTITY, whole."""
        path = self.object_of(identity)
        octets = path.read_bytes()
        self.assertEqual(octets[:4], b"\x1f\x8b\x08\x1a")  # deflated; name, comment and CRC of the header
        end = octets.index(b"\0", octets.index(b"\0", 10) + 1) + 1 + 2
        deflater = zlib.compressobj(wbits=-15)
        path.write_bytes(octets[:end] + deflater.compress(content) + deflater.flush()
                         + struct.pack("<II", zlib.crc32(content), len(content)))

    def on_terminal(self, columns, *arguments):
        """Runs mugai with a terminal as standard output: (exit status, what the terminal got)."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        child = subprocess.Popen([MUGAI, arguments[0], "--config", str(self.config), *arguments[1:]],
                                 stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        os.close(theirs)
        got = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while chunk := os.read(ours, 65536):
                got += chunk
        os.close(ours)
        return child.wait(timeout=60), got


class Usage(Case):
    def test_version_and_help(self):
        self.assertRegex(subprocess.run([MUGAI, "--version"], capture_output=True, check=True).stdout,
                         rb"^mugai \d+\.\d+\.\d+\n$")
        done = subprocess.run([MUGAI, "--help"], capture_output=True, check=True)
        for verb in (b"sanitize", b"verify", b"list", b"show", b"get", b"check-config"):
            self.assertIn(b"mugai " + verb, done.stdout)
            self.assertIn(b"Usage", subprocess.run([MUGAI, verb, b"--help"], capture_output=True, check=True).stdout)

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["nonsense"], ["--nonsense"], ["list", "--nonsense"], ["list", "word"], ["show"],
                          ["get"], ["get", ID, ID], ["sanitize", "a", "b"], ["sanitize", "--report", "-"],
                          ["sanitize", "--output", "d"], ["sanitize", "--output", "d", "--id", ID, "f"],
                          ["sanitize", "--received", "yesterday"], ["list", "--since", "then"], ["list", "--limit", "-1"],
                          ["list", "--limit", "many"], ["check-config", "a", "b"]):
            with self.subTest(arguments):
                done = subprocess.run([MUGAI, *arguments], capture_output=True, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, USAGE)
                self.assertEqual(done.stdout, b"")
                self.assertTrue(done.stderr.startswith(b"mugai"))

    def test_output_that_does_not_arrive_is_an_error(self):
        for arguments in (["--version"], ["--help"], ["sanitize"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([MUGAI, *arguments], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, EX_IOERR)
                self.assertIn(b"standard output", done.stderr)

    def test_closed_pipe_is_an_error_and_no_signal(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([MUGAI, "sanitize"], stdout=writer, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        os.close(writer)
        self.assertEqual(done.returncode, EX_IOERR)

    def test_check_config(self):
        self.assertEqual(self.check(0, "check-config", self.config, config=False).stdout, b"ok\n")
        self.assertEqual(self.check(0, "check-config").stdout, b"ok\n")
        self.config.write_text("[store]\npat = /x\n")
        done = self.check(EX_CONFIG, "check-config")
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"pat", done.stderr)
        self.check(EX_CONFIG, "check-config", self.directory / "missing", config=False)

    def test_named_configuration_must_exist(self):
        for verb in (["list"], ["show", ID], ["get", ID], ["sanitize"]):
            with self.subTest(verb):
                done = subprocess.run([MUGAI, *verb, "--config", str(self.directory / "missing")], capture_output=True,
                                      stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, EX_CONFIG)


class Sanitize(Case):
    def test_any_input_gives_a_conforming_message(self):
        png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
        inputs = {"empty": b"", "nul": b"\0", "one octet": b"x", "random": os.urandom(300000), "png": png * 50,
                  "line": b"a" * 5000000, "line ends": b"\n" * 100000, "plain": PLAIN, "attachment": with_attachment(),
                  "unix line ends": PLAIN.replace(b"\r\n", b"\n")}
        for name, octets in inputs.items():
            with self.subTest(name):
                self.assert_conforms(self.check(0, "sanitize", stdin=octets).stdout)

    def test_endless_input_ends(self):
        done = self.check(0, "sanitize", "/dev/zero")
        self.assert_conforms(done.stdout)
        self.assertIn(b"only the first", done.stderr)

    def test_needs_no_configuration(self):
        self.assert_conforms(self.check(0, "sanitize", stdin=PLAIN, config=False).stdout)

    def test_I5_file_pipe_and_dash_give_the_same_octets(self):
        path = self.directory / "m.eml"
        path.write_bytes(PLAIN)
        options = ("--id", ID, "--received", "2026-11-20T10:00:15+09:00")
        outputs = {self.check(0, "sanitize", *options, path).stdout,
                   self.check(0, "sanitize", *options, stdin=PLAIN).stdout,
                   self.check(0, "sanitize", "-", *options, stdin=PLAIN).stdout,
                   self.check(0, "sanitize", *options, stdin=PLAIN, config=False).stdout}
        with path.open("rb") as file:
            outputs.add(subprocess.run([MUGAI, "sanitize", *options], stdin=file, capture_output=True).stdout)
        self.assertEqual(len(outputs), 1)
        self.assertIn(b"Mugai-Id: " + ID.encode(), outputs.pop())

    def test_received_is_read_in_both_forms(self):
        undated = b"From: a@example.jp\r\n\r\nx\r\n"
        for typed, date in (("2026-11-20T10:00:15+09:00", b"Date: Fri, 20 Nov 2026 10:00:15 +0900\r\n"),
                            ("2026-11-20T01:00:15Z", b"Date: Fri, 20 Nov 2026 01:00:15 +0000\r\n")):
            self.assertIn(date, self.check(0, "sanitize", "--received", typed, stdin=undated).stdout)
        done = self.check(0, "sanitize", "--received", f"@{RECEIVED}", stdin=undated, env={**os.environ, "TZ": "Asia/Tokyo"})
        self.assertIn(b"Date: Fri, 20 Nov 2026 19:00:15 +0900\r\n", done.stdout)
        for typed in ("2026-11-20", "2026-11-20T10:00:15", "@", "@x", "@-1", "@99999999999999", "1960-01-01T00:00:00Z"):
            with self.subTest(typed):
                self.check(USAGE, "sanitize", "--received", typed, stdin=undated)

    def test_report_says_what_came_and_went(self):
        report = self.directory / "report.json"
        message = with_attachment()
        done = self.check(0, "sanitize", "--report", report, "--id", ID.lower().replace("-", ""), "--received",
                          f"@{RECEIVED}", stdin=message)
        said = json.loads(report.read_text())
        self.assertEqual(stat.S_IMODE(report.stat().st_mode), 0o600)
        self.assertEqual(said["id"], ID)
        self.assertEqual(said["original"], {"size": len(message), "sha256": hashlib.sha256(message).hexdigest()})
        self.assertEqual(said["output"], {"size": len(done.stdout), "sha256": hashlib.sha256(done.stdout).hexdigest()})
        self.assertRegex(said["received"], r"^2026-11-2\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
        (text, attachment) = said["parts"]
        self.assertEqual((text["disposition"], attachment["disposition"]), ("kept", "removed"))
        self.assertEqual(attachment["name"], "report.bin")
        self.assertEqual(attachment["sha256"], hashlib.sha256(PAYLOAD).hexdigest())
        self.assertEqual(set(attachment), {"path", "type", "declared_type", "name", "size", "sha256", "disposition", "reason"})

    def test_what_cannot_be_read_is_no_input(self):
        for path in (self.directory / "missing", self.directory):
            with self.subTest(path):
                done = self.check(EX_NOINPUT, "sanitize", path)
                self.assertEqual(done.stdout, b"")

    def test_mistyped_id_is_refused(self):
        done = self.check(EX_DATAERR, "sanitize", "--id", "20261120-00000-00001", stdin=PLAIN)
        self.assertIn(b"mistyped", done.stderr)
        self.assertEqual(done.stdout, b"")


class Seal(Case):
    def test_keygen_makes_two_files_and_says_where_they_go(self):
        done = self.check(0, "keygen", "--output", self.directory / "seal")
        private, public = self.directory / "seal.key", self.directory / "seal.pub"
        self.assertEqual(stat.S_IMODE(private.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(public.stat().st_mode), 0o644)
        mark, octets = public.read_text().split()
        self.assertEqual(mark, "mugai-seal-public-1")
        key_id = hashlib.sha256(base64.b64decode(octets)).hexdigest()[:16]
        self.assertTrue(done.stdout.startswith(f"key {key_id}\n".encode()), done.stdout)
        for path in (private, public):
            self.assertIn(str(path).encode(), done.stdout)
        self.assertNotIn(private.read_bytes().split()[1], done.stdout + done.stderr)

    def test_keygen_overwrites_nothing(self):
        for there in ("seal.key", "seal.pub"):
            (self.directory / there).write_text("precious")
            done = self.check(EX_CANTCREAT, "keygen", "--output", self.directory / "seal")
            self.assertIn(there.encode(), done.stderr)
            self.assertEqual((self.directory / there).read_text(), "precious")
            self.assertEqual(len(list(self.directory.glob("seal.*"))), 1)
            (self.directory / there).unlink()

    def test_keygen_wants_an_output_and_nothing_else(self):
        self.check(USAGE, "keygen")
        self.check(USAGE, "keygen", "--output", "")
        self.check(USAGE, "keygen", "--output", self.directory / "seal", "more")

    def test_command_line_seals_nothing_and_needs_no_key(self):
        with open(self.config, "a") as config:
            config.write(f"[seal]\nkey = {self.directory}/not/there\n")
        done = self.check(0, "sanitize", stdin=PLAIN)
        self.assertNotIn(b"Mugai-Seal", done.stdout)
        self.assert_conforms(done.stdout)


class SanitizeMany(Case):
    def setUp(self):
        super().setUp()
        self.mail = self.directory / "mail"
        self.output = self.directory / "out"

    def write(self, name, octets=PLAIN):
        path = self.mail / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
        return path

    def outputs(self, directory=None):
        directory = directory or self.output
        return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())

    def assert_all_conform(self):
        for name in self.outputs():
            self.assert_conforms((self.output / name).read_bytes())

    def test_folder_keeps_relative_names(self):
        names = ["a.eml", "deep/b", "deep/deeper/日本.eml", "empty"]
        for name in names:
            self.write(name, b"" if name == "empty" else PLAIN)
        done = self.check(0, "sanitize", "--output", self.output, self.mail)
        self.assertEqual(self.outputs(), sorted(names))
        self.assertIn(b"4 messages of 4 files", done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assert_all_conform()

    def test_many_more_than_fly_at_once(self):
        for number in range(60):
            self.write(f"{number:02}.eml", PLAIN.replace(b"hello", f"number {number}".encode()))
        self.check(0, "sanitize", "--output", self.output, self.mail)
        self.assertEqual(len({(self.output / name).read_bytes().split(b"\r\n\r\n")[1] for name in self.outputs()}), 60)
        self.assert_all_conform()

    def test_files_and_reports(self):
        first, second = self.write("x/a.eml"), self.write("y/b.eml")
        reports = self.directory / "reports"
        self.check(0, "sanitize", "--output", self.output, "--report", reports, first, second)
        self.assertEqual(self.outputs(), ["a.eml", "b.eml"])
        self.assertEqual(self.outputs(reports), ["a.eml.json", "b.eml.json"])
        said = json.loads((reports / "a.eml.json").read_text())
        self.assertEqual(said["original"]["sha256"], hashlib.sha256(PLAIN).hexdigest())
        self.assertEqual(said["output"]["sha256"], hashlib.sha256((self.output / "a.eml").read_bytes()).hexdigest())

    def test_maildir_gives_its_messages_alone(self):
        for name in ("new/1.host", "cur/2.host:2,S", "tmp/3.host", "dovecot-uidlist", ".Sent/cur/4.host:2,S", ".Sent/new/5",
                     ".Sent/tmp/6", ".Sent/maildirfolder"):
            self.write(name)
        self.check(0, "sanitize", "--output", self.output, self.mail)
        self.assertEqual(self.outputs(), [".Sent/cur/4.host:2,S", ".Sent/new/5", "cur/2.host:2,S", "new/1.host"])

    def test_mbox_is_split_and_nothing_in_it_changed(self):
        separator = b"From suzuki@example.com Fri Nov 20 10:00:00 2026\n"
        first = b"Subject: one\n\nnot after an empty line:\nFrom me\n>From you\n"
        second = b"Subject: two\n\n\n"
        for name, end in (("unix", b"\n"), ("dos", b"\r\n")):
            mbox = separator + first + b"\n" + separator + separator + second + b"\n" + separator + b"Subject: last\n\nx"
            self.write(name, mbox.replace(b"\n", end))
        reports = self.directory / "reports"
        self.check(0, "sanitize", "--output", self.output, "--report", reports, self.mail)
        self.assertEqual(self.outputs(), [f"{name}.{number:04}.eml" for name in ("dos", "unix") for number in (1, 2, 3)])
        for name, end in (("unix", b"\n"), ("dos", b"\r\n")):
            for number, expected in enumerate((first, separator + second, b"Subject: last\n\nx"), 1):
                said = json.loads((reports / f"{name}.{number:04}.eml.json").read_text())
                digest = hashlib.sha256(expected.replace(b"\n", end)).hexdigest()
                with self.subTest(name=name, number=number):
                    self.assertEqual(said["original"]["sha256"], digest)
        self.assert_all_conform()

    def test_from_line_alone_is_an_empty_message(self):
        for name, octets in (("bare", b"From "), ("line", b"From x\n"), ("two", b"From x\n\nFrom y\n\n")):
            self.write(name, octets)
        self.check(0, "sanitize", "--output", self.output, self.mail)
        self.assertEqual(self.outputs(), ["bare.0001.eml", "line.0001.eml", "two.0001.eml", "two.0002.eml"])

    def test_nothing_is_overwritten(self):
        path = self.write("a.eml")
        self.write("b.eml")
        self.output.mkdir()
        (self.output / "a.eml").write_bytes(b"mine")
        done = self.check(EX_CANTCREAT, "sanitize", "--output", self.output, self.mail)
        self.assertEqual((self.output / "a.eml").read_bytes(), b"mine")
        self.assertEqual(self.outputs(), ["a.eml", "b.eml"])
        self.assertIn(b"1 messages of 2 files sanitized, 1 errors", done.stderr)
        self.check(EX_CANTCREAT, "sanitize", "--output", self.mail, self.mail)
        self.assertEqual(path.read_bytes(), PLAIN)

    def test_what_cannot_be_read_is_said_and_the_rest_goes_on(self):
        self.write("a.eml")
        done = self.check(EX_NOINPUT, "sanitize", "--output", self.output, self.directory / "missing", "/dev/null", self.mail)
        self.assertEqual(self.outputs(), ["a.eml"])
        self.assertIn(b"missing", done.stderr)
        self.assertIn(b"/dev/null", done.stderr)

    def test_links_pipes_and_circles_are_passed_over(self):
        self.write("a.eml")
        (self.mail / "circle").symlink_to(self.mail)
        (self.mail / "elsewhere").symlink_to("/etc/passwd")
        os.mkfifo(self.mail / "pipe")
        self.check(0, "sanitize", "--output", self.output, self.mail)
        self.assertEqual(self.outputs(), ["a.eml"])


class Verify(Case):
    def test_says_where_and_why(self):
        path = self.directory / "bad.eml"
        path.write_bytes(PLAIN)
        done = self.check(NO, "verify", path)
        self.assertRegex(done.stdout.decode(), rf"^{re.escape(str(path))}:\d+:\d+: \S.*\n$")
        self.assertEqual(done.stderr, b"")
        self.assertRegex(self.check(NO, "verify", stdin=b"").stdout, rb"^-:\d+:\d+: \S")

    def test_many_files_are_each_looked_at(self):
        good, bad = self.directory / "good.eml", self.directory / "bad.eml"
        good.write_bytes(self.check(0, "sanitize", stdin=PLAIN).stdout)
        bad.write_bytes(good.read_bytes() + b"x")
        self.assertEqual(self.check(0, "verify", good, good).stdout, b"")
        self.assertEqual(self.check(NO, "verify", bad, good, bad).stdout.count(b"\n"), 2)
        done = self.check(EX_NOINPUT, "verify", bad, self.directory / "missing", good)
        self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_inert_links_is_stricter(self):
        self.config.write_text(self.config.read_text() + "[sanitize]\nlinks = keep\n")
        octets = self.check(0, "sanitize", stdin=PLAIN.replace(b"hello", b"http://example.com/")).stdout
        self.check(0, "verify", stdin=octets)
        self.check(NO, "verify", "--inert-links", stdin=octets)

    def test_hostile_file_names_are_quoted(self):
        path = self.directory / "\x1b[2J\nx"
        path.write_bytes(b"x")
        self.assertEqual(self.check(NO, "verify", path).stdout.count(b"\n"), 1)


class Quarantine(Case):
    def rows(self, *arguments):
        return self.check(0, "list", *arguments).stdout.decode().splitlines()[1:]

    def ids(self, *arguments):
        return [json.loads(line)["id"] for line in self.check(0, "list", "--json", *arguments).stdout.splitlines()]

    def test_list_without_an_index_says_so(self):
        done = self.check(NO, "list")
        self.assertIn(b"index", done.stderr)

    def test_list_newest_first_and_filtered(self):
        first = self.keep(PLAIN)
        second = self.keep(with_attachment(), received=RECEIVED + 60, sender="tanaka@example.org", state="notice-only")
        self.assertEqual(self.ids(), [second, first])
        self.assertEqual([row.split()[0] for row in self.rows()], [second, first])
        for arguments, expected in ((("--subject", "見積"), [first]), (("--subject", "見積書の"), [first]),
                                    (("--subject", "ATTACH"), [second]), (("--from", "鈴木"), [first]),
                                    (("--from", "ｔａｎａｋａ"), [second]), (("--to", "shisho"), [second, first]),
                                    (("--text", "report.BIN"), [second]), (("--text", first[:14]), [first]),
                                    (("--state", "passed"), [first]), (("--limit", "1"), [second]),
                                    (("--subject", "nothing"), [])):
            with self.subTest(arguments):
                self.assertEqual(self.ids(*arguments), expected)

    def test_list_arguments_are_octets_whatever_the_locale(self):
        first = self.keep(PLAIN)
        done = self.check(0, "list", "--json", "--subject", "見積", env={**os.environ, "LC_ALL": "C"})
        self.assertEqual(json.loads(done.stdout)["id"], first)

    def test_list_moments(self):
        now = int(time.time())
        old, recent = self.keep(PLAIN), self.keep(PLAIN, received=now - 5400)
        for arguments, expected in ((("--since", "-2h"), [recent]), (("--since", "-30m"), []), (("--until", "-7d"), [old]),
                                    (("--since", "-1d", "--until", "-1h"), [recent]),
                                    (("--since", "2026-11-20T10:00:15Z", "--until", "2026-11-20T10:00:16Z"), [old]),
                                    (("--since", "2026-11-20T10:00:16Z", "--until", "2026-11-20T11:00:00Z"), [])):
            with self.subTest(arguments):
                self.assertEqual(self.ids(*arguments), expected if now > RECEIVED + 864000 else self.ids(*arguments))
        for typed in ("today", "yesterday", "2026-11-20", "2026-11-20 10:00", "2026-11-20T10:00:00+09:00", "-1m"):
            with self.subTest(typed):
                self.check(0, "list", "--since", typed, "--until", typed)

    def test_list_local_days(self):
        identity = self.keep(PLAIN)  # 19:00:15 in Tokyo
        tokyo = {**os.environ, "TZ": "Asia/Tokyo"}
        for since, until, found in (("2026-11-20", "2026-11-21", True), ("2026-11-20 19:00", "2026-11-20 19:01", True),
                                    ("2026-11-20 10:00", "2026-11-20 19:00", False)):
            done = self.check(0, "list", "--since", since, "--until", until, env=tokyo)
            self.assertEqual(identity in done.stdout.decode(), found)
        self.assertIn("2026-11-20 19:00", done.stdout.decode() + self.check(0, "list", env=tokyo).stdout.decode())

    def test_list_fits_the_terminal_with_wide_characters(self):
        self.keep(PLAIN.replace(b"=?utf-8?B?6KaL56mN5pu444Gu44GU6YCB5LuY?=", "見積書のご送付".encode() * 20))
        self.keep(with_attachment(b"short"), state="notice-only")
        for columns in (80, 99, 100, 120, 200):
            status, got = self.on_terminal(columns, "list")
            lines = re.sub(r"\x1b\[\d*m", "", got.decode()).splitlines()
            self.assertEqual((status, len(lines)), (0, 3))
            for line in lines:
                widths = [2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line]
                with self.subTest(columns=columns, line=line):
                    self.assertLessEqual(sum(widths), columns)
        status, got = self.on_terminal(20, "list")
        self.assertEqual(status, 0)

    def test_hostile_messages_steer_no_terminal(self):
        hostile = "\x1b]0;owned\x07\x9b31m\u202egnp.exe\u2066".encode()
        identity = self.keep(with_attachment(b"evil " + hostile, b"name" + hostile), sender="\x1b[2J@example.com")
        for arguments in (("list",), ("list", "--json"), ("show", identity), ("show", identity, "--json")):
            with self.subTest(arguments):
                done = self.check(0, *arguments)
                for character in done.stdout.decode():
                    self.assertNotEqual(unicodedata.category(character), "Cf", repr(character))
                    self.assertTrue(unicodedata.category(character) != "Cc" or character == "\n", repr(character))

    def test_show_says_what_became_of_each_part(self):
        identity = self.keep(with_attachment())
        text = self.check(0, "show", identity).stdout.decode()
        for expected in (identity, "suzuki@example.com", "shisho@city.example.jp", "with attachment", "report.bin", "removed",
                         "kept", hashlib.sha256(PAYLOAD).hexdigest(), hashlib.sha256(with_attachment()).hexdigest(), "whole"):
            self.assertIn(expected, text)
        self.assertNotIn("hello", text)
        said = json.loads(self.check(0, "show", "--json", identity).stdout)
        self.assertEqual((said["id"], said["state"], len(said["parts"])), (identity, "passed", 2))
        self.assertEqual(said["envelope"]["sender"], "suzuki@example.com")

    def test_I8_show_works_without_an_index(self):
        identity = self.keep(with_attachment(), state="-")
        done = self.check(0, "show", identity)
        self.assertIn(b"shown from the object itself", done.stderr)
        for expected in (b"suzuki@example.com", b"report.bin", b"removed", b"with attachment"):
            self.assertIn(expected, done.stdout)
        said = json.loads(self.check(0, "show", "--json", identity).stdout)
        self.assertEqual((said["id"], len(said["parts"])), (identity, 2))
        self.assertEqual(said["original"]["sha256"], hashlib.sha256(with_attachment()).hexdigest())

    def test_show_tells_of_a_lost_original(self):
        identity = self.keep(PLAIN)
        self.object_of(identity).unlink()
        self.assertIn(b"there is no message", self.check(0, "show", identity).stdout)

    def test_I2_get_gives_the_original_back_byte_for_byte(self):
        for octets in (PLAIN, with_attachment(), b"", b"\0\r\n\xff", os.urandom(3000000)):
            identity = self.keep(octets)
            self.assertEqual(self.check_raw("get", identity), octets)
            self.assertEqual(self.check_raw("get", identity.lower().replace("-", " ")), octets)
            self.assertEqual(gzip.decompress(self.object_of(identity).read_bytes()), octets)

    def check_raw(self, *arguments):
        done = self.run_mugai(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_get_to_a_file_that_is_not_there(self):
        identity, path = self.keep(PLAIN), self.directory / "original.eml"
        self.assertEqual(self.check(0, "get", identity, "-o", path).stdout, b"")
        self.assertEqual(path.read_bytes(), PLAIN)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        path.write_bytes(b"mine")
        self.check(EX_CANTCREAT, "get", identity, "-o", path)
        self.assertEqual(path.read_bytes(), b"mine")
        self.check(EX_CANTCREAT, "get", identity, "-o", self.directory / "missing" / "x")

    def test_get_gives_a_part_decoded(self):
        identity = self.keep(with_attachment())
        paths = [part["path"] for part in json.loads(self.check(0, "show", "--json", identity).stdout)["parts"]]
        self.assertEqual(self.check_raw("get", identity, "--part", paths[1]), PAYLOAD)
        self.assertIn(b"hello", self.check_raw("get", identity, "--part", paths[0]))
        for path in ("9", "", "x", "../1"):
            with self.subTest(path):
                self.assertEqual(self.check(NO, "get", identity, "--part", path).stdout, b"")

    def test_get_writes_to_no_terminal(self):
        identity = self.keep(PLAIN)
        status, got = self.on_terminal(80, "get", identity)
        self.assertEqual((status, got), (NO, b""))

    def test_mistyped_and_unknown_are_told_apart(self):
        identity = self.keep(PLAIN)
        wrong = identity[:-1] + ("0" if identity[-1] != "0" else "1")
        for verb in ("get", "show"):
            self.assertIn(b"mistyped", self.check(EX_DATAERR, verb, wrong).stderr)
            done = self.check(NO, verb, ID)
            self.assertNotIn(b"mistyped", done.stderr)

    def test_I2_damaged_original_is_not_given_out(self):
        identity, path = self.keep(os.urandom(200000)), self.directory / "x.eml"
        octets = bytearray(self.object_of(identity).read_bytes())
        octets[-5] ^= 1
        self.object_of(identity).write_bytes(octets)
        self.assertEqual(self.check(EX_DATAERR, "get", identity).stdout, b"")
        self.check(EX_DATAERR, "get", identity, "-o", path)
        self.assertFalse(path.exists())

    def test_output_that_does_not_arrive_is_an_error(self):
        identity = self.keep(PLAIN)
        for arguments in (["list"], ["list", "--json"], ["show", identity], ["get", identity]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([MUGAI, *arguments, "--config", self.config], stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, EX_IOERR)

    def test_store_open_to_others_is_refused(self):
        self.store.chmod(0o755)
        for arguments in (["list"], ["show", ID], ["get", ID]):
            self.assertIn(b"chmod 700", self.check(EX_OSERR, *arguments).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
