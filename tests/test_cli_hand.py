"""test_cli_hand.py - originals are handed out the way they were asked for: as text, in an encrypted zip, under a name
that does no harm

Run by "meson test", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. Nothing of mugai is imported; zips
are read by 7-Zip, which shares no code with libarchive.
"""

import base64
import email
import email.policy
import os
import pathlib
import re
import stat
import struct
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import log_reader  # noqa: E402
import test_cli  # noqa: E402

NO, USAGE = 1, 2
EX_DATAERR, EX_NOINPUT, EX_CANTCREAT = 65, 66, 73
UNKNOWN = "20261120-00000-00000"
AES_256 = 3


def encoded_name(name):
    return "=?utf-8?B?" + base64.b64encode(name.encode()).decode() + "?="


def with_part(name):
    """A message whose part 2 has this name, as senders of today write it."""
    return test_cli.with_attachment(name=encoded_name(name).encode())


class Case(test_cli.Case):
    def last(self):
        entries, faults = log_reader.check(self.store / "log", None)
        self.assertEqual(faults, [])
        return entries[-1]

    def part_into(self, directory, identity, part="2"):
        """The path of what "get --part -o DIR/" wrote."""
        done = self.check(0, "get", identity, "--part", part, "-o", f"{directory}/")
        return pathlib.Path(done.stdout.decode().rstrip("\n"))


class Text(Case):
    def test_I5_it_is_the_text_that_went_on(self):
        message = test_cli.with_attachment()
        identity = self.keep(message)
        text = self.check(0, "get", identity, "--text").stdout.decode()
        received = f"@{test_cli.RECEIVED}"
        went_on = self.check(0, "sanitize", "--id", identity, "--received", received, stdin=message).stdout
        parsed = email.message_from_bytes(went_on, policy=email.policy.default)
        self.assertEqual(text, parsed.get_payload(decode=True).decode().replace("\r\n", "\n"))
        self.assertIn("hello", text)
        self.assertIn(identity, text)
        self.assertNotIn("\r", text)

    def test_it_may_go_to_a_terminal(self):
        identity = self.keep(b"Subject: x\r\n\r\n\x1b]0;owned\x07before \x1b[31mafter\r\n")
        status, got = self.on_terminal(80, "get", identity, "--text")
        self.assertEqual(status, 0)
        self.assertIn(b"after", got)
        self.assertNotIn(b"\x1b", got)
        self.assertNotIn(b"\x07", got)

    def test_it_goes_into_a_directory(self):
        identity = self.keep(test_cli.PLAIN)
        done = self.check(0, "get", identity, "--text", "-o", self.directory)
        path = self.directory / f"{identity}.txt"
        self.assertEqual(done.stdout.decode(), f"{path}\n")
        self.assertIn("hello", path.read_text())

    def test_I9_it_is_written_down(self):
        identity = self.keep(test_cli.PLAIN)
        self.check(0, "get", identity, "--text", "--reason", "電話で依頼")
        entry = self.last()
        self.assertEqual((entry["verb"], entry["id"], entry["outcome"], entry["reason"]),
                         ("get", identity, "granted", "電話で依頼"))
        self.assertIn("--text", entry["words"])
        self.check(NO, "get", UNKNOWN, "--text")
        self.assertRegex(self.last()["outcome"], "^refused: ")

    def test_wrong_usage(self):
        for more in (("--part", "1"), ("--zip",), ("--password-file", "/dev/null")):
            with self.subTest(more):
                self.check(USAGE, "get", UNKNOWN, "--text", *more)


class Zip(Case):
    def unpack(self, path, password):
        """name -> octets, as 7-Zip reads it; None with a wrong password."""
        target = self.directory / "unpacked"
        target.mkdir(exist_ok=True)
        done = subprocess.run(["7z", "x", "-y", f"-p{password}", f"-o{target}", path], capture_output=True, timeout=60)
        found = {entry.name: entry.read_bytes() for entry in target.iterdir()}
        for entry in target.iterdir():
            entry.unlink()
        return found if done.returncode == 0 else None

    def test_I2_the_original_is_in_it_octet_for_octet(self):
        message = test_cli.with_attachment() + bytes(range(256)) + b"\n\r\0"
        identity = self.keep(message)
        path = self.directory / "out.zip"
        self.check(0, "get", identity, "--zip", "-o", path)
        self.assertEqual(self.unpack(path, "infected"), {f"{identity}.eml": message})
        self.assertIsNone(self.unpack(path, "wrong"))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_it_is_encrypted_with_aes_256(self):
        identity = self.keep(test_cli.PLAIN)
        octets = self.run_mugai("get", identity, "--zip").stdout
        path = self.directory / "out.zip"
        path.write_bytes(octets)
        with zipfile.ZipFile(path) as archive:
            [member] = archive.infolist()
        self.assertTrue(member.flag_bits & 1)
        kind, size, _, vendor, strength = struct.unpack("<HHH2sB", member.extra[member.extra.index(b"\x01\x99"):][:9])
        self.assertEqual((kind, size, vendor, strength), (0x9901, 7, b"AE", AES_256))
        self.assertNotIn(b"suzuki@example.com", octets)

    def test_empty_and_large_originals(self):
        for octets in (b"", os.urandom(3 * 1024 * 1024)):
            identity = self.keep(octets)
            path = self.directory / f"{len(octets)}.zip"
            self.check(0, "get", identity, "--zip", "-o", path)
            self.assertEqual(self.unpack(path, "infected"), {f"{identity}.eml": octets})

    def test_another_password(self):
        identity = self.keep(test_cli.PLAIN)
        password = self.directory / "password"
        password.write_text("correct horse\nsecond line\n")
        path = self.directory / "out.zip"
        self.check(0, "get", identity, "--zip", "--password-file", password, "-o", path)
        self.assertIsNone(self.unpack(path, "infected"))
        self.assertEqual(self.unpack(path, "correct horse"), {f"{identity}.eml": test_cli.PLAIN})
        for wrong in ("", "\n", "x" * 129, "correct horse\n".encode("utf-16-le").decode()):
            password.write_text(wrong)
            with self.subTest(wrong[:3]):
                self.check(USAGE, "get", identity, "--zip", "--password-file", password, "-o", self.directory / "no")
                self.assertFalse((self.directory / "no").exists())
        self.check(EX_NOINPUT, "get", identity, "--zip", "--password-file", self.directory / "missing")
        self.check(USAGE, "get", identity, "--password-file", password)

    def test_a_part_goes_in_under_its_cleaned_name(self):
        identity = self.keep(with_part("../../請求書 ７月.exe"))
        done = self.check(0, "get", identity, "--part", "2", "--zip", "-o", self.directory)
        path = pathlib.Path(done.stdout.decode().rstrip("\n"))
        self.assertEqual(path.name, "請求書_7月.exe.zip")
        self.assertEqual(self.unpack(path, "infected"), {"請求書_7月.exe": test_cli.PAYLOAD})

    def test_into_a_directory_it_is_called_after_the_id(self):
        identity = self.keep(test_cli.PLAIN)
        self.check(0, "get", identity, "--zip", "-o", f"{self.directory}/")
        self.assertEqual(self.unpack(self.directory / f"{identity}.zip", "infected"), {f"{identity}.eml": test_cli.PLAIN})

    def test_it_does_not_go_to_a_terminal(self):
        identity = self.keep(test_cli.PLAIN)
        self.assertEqual(self.on_terminal(80, "get", identity, "--zip"), (NO, b""))


class Names(Case):
    def setUp(self):
        super().setUp()
        self.target = self.directory / "target"
        self.target.mkdir()

    def test_japanese_names_stay(self):
        for name in ("見積書.xlsx", "ﾃｽﾄ.pdf", "第１回（案）.doc", "「重要」お知らせ・続き.txt", "report-2026_v1.2.tar.gz"):
            with self.subTest(name):
                path = self.part_into(self.target, self.keep(with_part(name)))
                self.assertEqual(path.parent, self.target)
                self.assertEqual(path.read_bytes(), test_cli.PAYLOAD)
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual({path.name for path in self.target.iterdir()},
                         {"見積書.xlsx", "テスト.pdf", "第1回(案).doc", "「重要」お知らせ・続き.txt",
                          "report-2026_v1.2.tar.gz"})

    def test_no_name_does_harm(self):
        hostile = ["../../etc/passwd", "/etc/passwd", "..", ".", "...", ".bashrc", "-rf", "--help", "..\\..\\boot.ini",
                   "C:\\x.exe", "a／..／b", "‥/x", "a\nb", "a\x00b", "a\x1b[31mb", "\u202etxt.exe", "a\u200bb",
                   "CON", "con.txt", "Aux", "COM1.doc", "com¹.doc", "lpt9", "NUL.tar.gz", "prn ", "x.exe.", "x.exe. . ",
                   "$(touch x)", "`id`", "a;b", "a|b", "a&b", "a*?b", "~root", "%PATH%", "a\"b'c", "<a>", " ",
                   "あ" * 300 + ".docx", "x" * 5000, "x." + "y" * 400, "\u0301" * 50]
        for name in hostile:
            with self.subTest(name[:20]):
                identity = self.keep(with_part(name))
                path = self.part_into(self.target, identity)
                self.assertEqual(path.parent, self.target)
                self.assertEqual(path.read_bytes(), test_cli.PAYLOAD)
                self.assert_harmless(path.name)
                path.unlink()
        self.assertEqual(list(self.target.iterdir()), [])
        self.assertEqual(sorted(entry.name for entry in self.directory.iterdir()), ["mugai.conf", "store", "target"])

    def assert_harmless(self, name):
        self.assertLessEqual(len(name.encode()), 201)
        self.assertNotIn(name[0], ".-~ ")
        self.assertNotIn(name[-1], ". ")
        self.assertIsNone(re.search(r"[\x00-\x20\x7f/\\:*?\"'<>|&;$`%~!#^{}]", name), name)
        self.assertIsNone(re.search("[\u0080-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\uff0f\ufeff]", name))
        self.assertIsNone(re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name, re.IGNORECASE))

    def test_the_extension_of_a_long_name_stays(self):
        path = self.part_into(self.target, self.keep(with_part("あ" * 100 + ".docx")))
        self.assertTrue(path.name.endswith(".docx"))
        self.assertTrue(path.name.startswith("あああ"))

    def test_a_part_without_a_name_is_called_after_its_number(self):
        identity = self.keep(test_cli.with_attachment())
        self.assertEqual(self.part_into(self.target, identity, "1").name, f"{identity}-part-1")

    def test_nothing_is_overwritten(self):
        identity = self.keep(with_part("x.pdf"))
        for make in (lambda path: path.write_bytes(b"old"), lambda path: path.symlink_to(self.directory / "elsewhere")):
            path = self.target / "x.pdf"
            make(path)
            done = self.check(EX_CANTCREAT, "get", identity, "--part", "2", "-o", self.target)
            self.assertIn(b"not overwritten", done.stderr)
            path.unlink()
        self.assertFalse((self.directory / "elsewhere").exists())

    def test_the_original_is_called_after_its_id(self):
        identity = self.keep(test_cli.PLAIN)
        self.check(0, "get", identity, "-o", self.target)
        self.assertEqual((self.target / f"{identity}.eml").read_bytes(), test_cli.PLAIN)
        self.check(EX_CANTCREAT, "get", identity, "-o", f"{self.directory}/missing/")

    def test_help_says_how_names_are_made(self):
        done = subprocess.run([test_cli.MUGAI, "get", "--help"], capture_output=True, check=True)
        for word in (b"DIR", b"Windows", b"overwritten", b"executable"):
            self.assertIn(word, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
