#!/usr/bin/python3
"""test_language.py - the command speaks Japanese or English, and never both at once

Run by "meson test language", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP and the sources in
MUGAI_SOURCE. A copy of mugai stands beside a catalogue as it does when it is installed: there is no other way to have
it read one.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_cli  # noqa: E402

SOURCE = pathlib.Path(os.environ["MUGAI_SOURCE"])
PO = SOURCE / "packaging/po"
SPEAKING = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
# What a line without Japanese may consist of: identifiers and what came with a message.
IDENTIFIERS = re.compile(r"""^(\s*|\d{8}-.*|\s*sha256\ [0-9a-f]{64}|\s*mugai\ --version\ \[--libraries\ \[--json\]\]
                         |\s*mugai\ [a-z-]+\ \[OPTION….*)$""", re.VERBOSE)
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
VERBS = ("sanitize", "verify", "list", "stats", "show", "get", "release", "request", "approve", "replay", "fsck", "keygen", "hold",
         "unhold", "delete", "purge", "digest", "log", "postfix", "doctor", "check-config")


def msgids(path):
    text = path.read_text(encoding="utf-8")
    return sorted("".join(re.findall(r'"(.*)"', found)) for found in re.findall(r'^msgid ((?:".*"\n)+)', text, re.MULTILINE))


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Catalogue(unittest.TestCase):
    def test_the_template_has_what_the_sources_say_and_japanese_has_all_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            fresh = pathlib.Path(folder) / "mugai.pot"
            subprocess.run([PO / "extract", SOURCE, fresh], check=True, capture_output=True)
            self.assertEqual(msgids(fresh), msgids(PO / "mugai.pot"), "run packaging/po/extract . packaging/po/mugai.pot")
            self.assertEqual(msgids(fresh), msgids(PO / "ja.po"))
        self.assertGreater(len(msgids(PO / "ja.po")), 300)
        self.assertEqual((PO / "POTFILES").read_text().split(),
                         sorted(str(path.relative_to(SOURCE)) for path in [*SOURCE.glob("src/cli/*.c"),
                                                                           SOURCE / "src/cli/cli.h"]))

    def test_nothing_is_untranslated_or_fuzzy(self):
        done = subprocess.run(["msgfmt", "--check", "--statistics", "--output-file=/dev/null", PO / "ja.po"],
                              capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr.strip(), r"^\d+ translated messages\.$")


class Speaking(test_cli.Case):
    def setUp(self):
        super().setUp()
        catalogue = self.directory / "share/locale/ja/LC_MESSAGES/mugai.mo"
        catalogue.parent.mkdir(parents=True)
        (self.directory / "bin").mkdir()
        self.mugai = shutil.copy(test_cli.MUGAI, self.directory / "bin/mugai")
        subprocess.run(["msgfmt", f"--output-file={catalogue}", PO / "ja.po"], check=True)
        self.id = self.keep(test_cli.with_attachment(subject="件名".encode()))

    def say(self, *arguments, stdin="", config=True, **speaking):
        environment = {name: value for name, value in os.environ.items() if name not in SPEAKING} | speaking
        words = [arguments[0], *(["--config", str(self.config)] if config else []), *map(str, arguments[1:])]
        return subprocess.run([self.mugai, *words], input=stdin, capture_output=True, encoding="utf-8", env=environment,
                              timeout=120)

    def both(self, *arguments, **more):
        """The Japanese and the English run; of the same exit status."""
        japanese = self.say(*arguments, LC_ALL="ja_JP.UTF-8", **more)
        english = self.say(*arguments, LC_ALL="C.UTF-8", **more)
        self.assertEqual(japanese.returncode, english.returncode, japanese.stderr + english.stderr)
        return japanese, english

    def assert_japanese(self, text):
        for line in text.splitlines():
            if not IDENTIFIERS.match(line):
                self.assertRegex(line, JAPANESE, text)

    def check_both(self, *arguments, **more):
        japanese, english = self.both(*arguments, **more)
        self.assert_japanese(japanese.stdout + japanese.stderr)
        self.assertNotEqual(japanese.stdout + japanese.stderr, "")
        self.assertNotRegex(re.sub("件名", "", english.stdout + english.stderr), JAPANESE)
        return japanese

    def test_help_of_every_verb(self):
        self.check_both("--help", config=False)
        for verb in VERBS:
            with self.subTest(verb):
                text = self.check_both(verb, "--help", config=False).stdout
                for line in re.findall(r"^  --?.*", text, re.MULTILINE):
                    self.assertRegex(line, JAPANESE)

    def test_what_a_verb_prints(self):
        for arguments in (["list"], ["show", self.id], ["fsck"], ["purge", "--dry-run"], ["check-config"],
                          ["log", "--verify"], ["doctor", "--no-message", "--no-postfix"]):
            with self.subTest(arguments):
                self.check_both(*arguments)
        for verb in ("hold", "unhold", "delete"):
            with self.subTest(verb):
                done = self.say(verb, self.id, "--reason", "理由", LC_ALL="ja_JP.UTF-8")
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stdout, JAPANESE)

    def test_errors(self):
        nobody = "20261120-00000-00000"
        self.config.with_name("wrong.conf").write_text("[store]\nnonsense = 1\n")
        for arguments in (["show"], ["show", nobody], ["show", "x"], ["list", "--nonsense"], ["list", "--since", "then"],
                          ["list", "--json", "--csv"], ["hold", self.id], ["hold", nobody, "--reason", "r"],
                          ["sanitize", "/nonexistent"], ["verify", "/nonexistent"], ["get", nobody, "-o", "x"],
                          ["release", self.id, "--to", "a@example.com", "--reason", "r"], ["keygen"],
                          ["keygen", "--output", "/nonexistent/x"]):
            with self.subTest(arguments):
                done = self.check_both(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertTrue(done.stderr.startswith("mugai: "))
        done = self.check_both("check-config", self.config.with_name("wrong.conf"), config=False)
        self.assertIn("設定が正しくありません（詳細: ", done.stderr)
        self.assertIn("nonsense", done.stderr)

    def test_what_programs_read_is_the_same_in_both(self):
        for arguments in (["list", "--json"], ["list", "--csv"], ["show", self.id, "--json"], ["fsck", "--json"]):
            with self.subTest(arguments):
                japanese, english = self.both(*arguments)
                self.assertEqual(japanese.stdout, english.stdout)
                self.assertNotEqual(japanese.stdout, "")
        japanese, english = self.both("doctor", "--no-message", "--no-postfix", "--json")
        self.assertNotRegex(japanese.stdout, JAPANESE)

    def test_the_log_of_looks_is_english(self):
        log = self.directory / "looks"
        log.mkdir(mode=0o700)
        with self.config.open("a") as config:
            config.write(f"[log]\npath = {log}\n")
        for _ in range(2):
            self.both("show", "20261120-00000-00000")
        octets = b"".join(path.read_bytes() for path in log.rglob("*") if path.is_file())
        self.assertIn(b"20261120-00000-00000", octets)
        outcomes = set(re.findall(rb'"outcome" ?: ?"([^"]*)"', octets))
        self.assertEqual(outcomes, {b"granted", b"refused: there is no message 20261120-00000-00000"})

    def test_columns_stand_under_their_headings(self):
        heading, row = self.say("list", LC_ALL="ja_JP.UTF-8").stdout.splitlines()
        self.assertEqual(columns(heading[:heading.index("差出人")]), columns(row[:row.index("<suzuki")]))
        self.assertEqual(columns(heading[:heading.index("状態")]), columns(row[:row.index("通過")]))
        lines = self.say("show", self.id, LC_ALL="ja_JP.UTF-8").stdout.splitlines()
        for label in ("番号", "受信", "差出人", "件名"):
            line = next(line for line in lines if line.startswith(label))
            self.assertEqual(columns(re.match(rf"{label}\s+", line).group()), 12, line)

    def test_who_chooses_the_language(self):
        for japanese, speaking in ((True, {"LANG": "ja_JP.UTF-8"}), (True, {"LC_MESSAGES": "ja_JP", "LANG": "en_US.UTF-8"}),
                                   (True, {"LANG": "en_US.UTF-8", "LANGUAGE": "ja:en"}), (False, {"LANG": "en_US.UTF-8"}),
                                   (False, {"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}), (False, {}),
                                   (False, {"LC_ALL": "C", "LANGUAGE": "ja"}),
                                   (False, {"LANG": "ja_JP.UTF-8", "LANGUAGE": "en"})):
            with self.subTest(speaking):
                self.assertEqual(bool(JAPANESE.search(self.say("--help", config=False, **speaking).stdout)), japanese)

    def test_no_variable_moves_the_catalogue(self):
        shutil.copytree(self.directory / "share/locale", self.directory / "elsewhere")
        shutil.rmtree(self.directory / "share")
        done = self.say("--help", config=False, LC_ALL="ja_JP.UTF-8", TEXTDOMAINDIR=str(self.directory / "elsewhere"),
                        NLSPATH=str(self.directory / "elsewhere"), LOCPATH=str(self.directory / "elsewhere"))
        self.assertNotRegex(done.stdout, JAPANESE)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], defaultTest=None)
