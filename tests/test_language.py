#!/usr/bin/python3
"""test_language.py - the command speaks Japanese or English, and never both at once

Run by "meson test language", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP and the sources in
MUGAI_SOURCE. A copy of mugai stands beside a catalogue as it does when it is installed: there is no other way to have
it read one.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_cli  # noqa: E402

SOURCE = pathlib.Path(os.environ["MUGAI_SOURCE"])
PO = SOURCE / "packaging/po"
PLACEHOLDER = re.compile(r"%(?:(\d)\$)?[0-9.]*[hlzj]*([sdiu])")
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
        self.assertGreater(len(msgids(PO / "ja.po")), 800)

    def test_nothing_is_untranslated_or_fuzzy(self):
        done = subprocess.run(["msgfmt", "--check", "--statistics", "--output-file=/dev/null", PO / "ja.po"],
                              capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr.strip(), r"^\d+ translated messages\.$")


def sentences():
    """(English, Japanese) of what others than the command say, of one line each, with names of gettext's macros as what they
    stand for."""
    text = re.sub(r"%(\d\$)?<PRI([ud])64>", r"%\1l\2", (PO / "ja.po").read_text(encoding="utf-8"))
    for places, english, japanese in re.findall(r'^#: (.*)\n(?:#, .*\n)?msgid "(.+)"\nmsgstr "(.+)"$', text, re.MULTILINE):
        if any(place == "src/cli/foreign.h" or not place.startswith("src/cli/") for place in places.split()):
            yield json.loads(f'"{english}"'), json.loads(f'"{japanese}"')


def fill(text, sentence, reason=""):
    """@text with something in the place of each placeholder, the same as in @sentence, and @reason behind it."""
    kinds = [kind for _, kind in PLACEHOLDER.findall(sentence)]
    values = [f"Xy{place}z" if kind == "s" else str(700 + place) for place, kind in enumerate(kinds)]
    if sentence.endswith(": %s"):
        values[-1] += reason
        reason = ""
    order = iter(values)
    text = PLACEHOLDER.sub(lambda found: values[int(found[1]) - 1] if found[1] else next(order), text)
    return text.rstrip(": ") + reason if reason else text


class Recognising(unittest.TestCase):
    def say(self, lines, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            say = stage(pathlib.Path(folder), os.environ["MUGAI_SAY"])
            done = subprocess.run([say, *arguments], input="".join(f"{line}\n" for line in lines), capture_output=True, check=True,
                                  encoding="utf-8", env={**os.environ, "LC_ALL": "ja_JP.UTF-8"}, timeout=60)
        return done.stdout.split("\n")[:-1]

    def check(self, cases):
        wrong = [(english, said, japanese)
                 for (english, japanese), said in zip(cases, self.say([english for english, _ in cases]), strict=True)
                 if said != japanese]
        self.assertEqual(wrong, [])

    def test_every_sentence_is_known_again_with_anything_in_it_and_a_reason_behind_it(self):
        cases = []
        for english, japanese in sentences():
            cases.append((fill(english, english), fill(japanese, english)))
            if re.search(r"[^:\] ]$|[^\]]: $", english):
                cases.append((fill(english, english, ": Permission denied"), fill(japanese, english, ": 権限がありません")))
        self.check(cases)
        self.assertGreater(len(cases), 900)

    def test_sentences_in_sentences(self):
        self.check([
            # the more is a sentence's own, the surer: not "original %s: %s", and not "... : %s"
            ("original x: the id is taken", "原本 x: この番号は使われています"),
            ("refused: there is no message x", "拒否: メール x はありません"),
            ("/a b: [store] path: write an absolute path, beginning with /", "/a b: [store] path: / で始まる絶対パスを書いてください"),
            ("not written down, so not done: log /l: write: No space left on device",
             "記録できなかったため、実行しませんでした: 記録 /l: 書き込み: ディスクの空きがありません"),
            ("store /s has no index: mugaid makes it when it starts, mugai fsck --repair at once; shown from the object itself",
             "隔離庫 /s に索引がありません。mugaid が起動時に作ります。すぐ作るには mugai fsck --repair を実行してください。"
             "原本そのものから示します"),
            ("a@x.jp: the mail server does not answer: Connection timed out; b@x.jp: 550 who?; c@x.jp: No route to host",
             "a@x.jp: メールサーバーが応答しません: 接続が時間切れになりました; b@x.jp: 550 who?; c@x.jp: 宛先への経路がありません"),
        ])

    def test_what_stands_in_a_sentence_is_put_in_as_it_is(self):
        self.check([
            ("%s%n%99999d: Permission denied", "%s%n%99999d: 権限がありません"),
            ("there is no message %n%s%1$s", "メール %n%s%1$s はありません"),
            ('part 1: "not a date"', "部分 1:「not a date」"),
            ("part %s: %s", "部分 %s: %s"),
        ])

    def test_what_nobody_knows_stays_as_it_is(self):
        lines = ["", ":", ": ", " : ", "%", "nobody knows this", "nobody: knows: this: ", "Permission", "permission denied",
                 "there are no message x", "abc octets that are no entry: changed, or put in"]
        self.check([(line, line) for line in lines])

    def test_what_is_not_known_whole_is_a_detail(self):
        for line in ("nobody knows this", "nobody knows this: Permission denied", "nobody knows this: x is held already",
                     "/a b: nobody knows this", "x: y", ""):
            with self.subTest(line):
                self.assertEqual(self.say([line], "73"), [f"書けません（詳細: {line}）"])
        for line, japanese in (("x: Permission denied", "x: 権限がありません"), ("/a b: Is a directory", "/a b: ディレクトリです"),
                               ("[a b] c: Is a directory", "[a b] c: ディレクトリです")):
            with self.subTest(line):
                self.assertEqual(self.say([line], "73"), [japanese])

    def test_a_hostile_text_is_read_in_bounded_time(self):
        whole = 32 * 1024
        lines = [(piece * whole)[:whole] for piece in (
            ": ", "a b: ", "x", " ", '"', "index of ", "index of %s: ", "refused: failed: ", "a (group b), ", "; ", "%s is ",
            "x is held: ", "part 1: ", "Permission denied: ", "; shown from the object itself", "あ: ")]
        begin = time.monotonic()
        self.assertEqual(len(self.say(lines)), len(lines))
        self.assertLess(time.monotonic() - begin, 20)
        long = "Permission denied: " * whole
        self.check([(long[:96 * 1024].strip(), long[:96 * 1024].strip())])


def stage(folder, program):
    """A copy of @program as it is installed, beside the catalogue."""
    catalogue = folder / "share/locale/ja/LC_MESSAGES/mugai.mo"
    catalogue.parent.mkdir(parents=True)
    (folder / "bin").mkdir()
    subprocess.run(["msgfmt", f"--output-file={catalogue}", PO / "ja.po"], check=True)
    return shutil.copy(program, folder / "bin")


class Speaking(test_cli.Case):
    def setUp(self):
        super().setUp()
        self.mugai = stage(self.directory, test_cli.MUGAI)
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
        self.assertIn("この項目はありません", done.stderr)
        self.assertIn("nonsense", done.stderr)

    def assert_whole(self, *arguments, words=()):
        """Nothing that a module said is left in English."""
        done = self.check_both(*arguments)
        text = done.stdout + done.stderr
        self.assertNotIn("詳細", text)
        self.assertNotRegex(text, r"\b(the|is|are|not|of|be|cannot|no|it)\b(?!-)")
        for word in words:
            self.assertIn(word, text)

    def test_what_modules_say(self):
        nobody = "20261120-00000-00000"
        for arguments in (["show", nobody], ["show", "x"], ["get", self.id, "--part", "9"], ["hold", nobody, "--reason", "r"],
                          ["list", "--text", "x"], ["approve", self.id], ["unhold", self.id, "--reason", "r"], ["purge"],
                          ["release", self.id, "--to", "a@example.com", "--reason", "r"], ["get", self.id, "-o", "/nonexistent/x"]):
            with self.subTest(arguments):
                self.assert_whole(*arguments)
        self.assert_whole("log", words=("拒否: ", "許可"))
        self.assert_whole("show", self.id, words=("添付ファイル", "拒否: メールに部分 9 がありません"))

    def test_what_is_wrong_with_a_configuration(self):
        wrong = self.config.with_name("wrong.conf")
        for text in ("[store]\npaht = /x\n", "[stroe]\npath = /x\n", "[store]\npath = x\n", "[worker]\ncount = many\n",
                     "[sanitize]\nlinks = blue\n", "[sanitize]\nlanguage = fr\n", "[milter]\nsocket = x\n", "nonsense\n",
                     "[store]\npath = /x\npath = /y\n", "[release]\nserver = x\n", "[release]\nallowed = x\n",
                     "[store]\nseal_index = yes\n", "[policy a b]\n", "[policy a]\nlinks = keep\n", "[store]\nseal_to = /missing\n"):
            with self.subTest(text):
                wrong.write_text(text)
                done = self.check_both("check-config", wrong, config=False)
                self.assertNotIn("詳細", done.stderr)
                self.assertNotRegex(done.stderr, r"\b(write|is|not|the|take|be)\b")

    def test_damage_and_a_log_that_was_tampered_with(self):
        self.object_of(self.id).write_bytes(b"no gzip at all")
        for arguments in (["show", self.id], ["get", self.id], ["fsck"]):
            with self.subTest(arguments):
                self.assert_whole(*arguments)
        file, = (self.store / "log").glob("*.jsonl")
        lines = file.read_bytes().splitlines(keepends=True)
        for changed in (lines[:1] + lines[2:], lines[:-1], [lines[0].replace(b"show", b"list"), *lines[1:]], [*lines, b"{torn"]):
            file.write_bytes(b"".join(changed))
            self.assert_whole("log", "--verify", words=("誤り",))

    def test_a_reason_that_somebody_typed_stays_as_it_is(self):
        self.say("hold", self.id, "--reason", "deleted", LC_ALL="ja_JP.UTF-8")
        self.assertIn("deleted", self.say("log", "--verb", "hold", LC_ALL="ja_JP.UTF-8").stdout)

    @unittest.skipUnless(os.geteuid() == 0, "it becomes other users")
    def test_what_mugai_stored_says_is_told_in_the_language_of_who_asks(self):
        self.directory.chmod(0o755)
        with self.config.open("a") as config:
            config.write(f"[access]\nsocket = {self.directory}/stored.sock\n")
        for path in (self.directory, self.store, *self.store.rglob("*")):
            os.chown(path, 61998, 61998)
        reader, writer = os.pipe()
        with (self.directory / "service.log").open("wb") as log:
            service = subprocess.Popen([os.environ["MUGAI_STORED"], "--config", self.config, "--ready-fd", str(writer),
                                        "--log-stderr"], pass_fds=[writer], stdin=subprocess.DEVNULL, stderr=log, user=61998,
                                       group=61998, extra_groups=[], env={**os.environ, "LC_ALL": "ja_JP.UTF-8"})
        os.close(writer)
        with os.fdopen(reader) as ready:
            ready.read(1)
        try:
            done = subprocess.run([self.mugai, "list", "--config", self.config], capture_output=True, encoding="utf-8", user=61999,
                                  group=61999, extra_groups=[], env={**os.environ, "LC_ALL": "ja_JP.UTF-8"}, timeout=60)
        finally:
            service.terminate()
            service.wait(timeout=60)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("list を使えるのは", done.stderr)
        self.assertNotIn("group", done.stderr)
        self.assertIn("refused: list is for", self.say("log", "--json", LC_ALL="ja_JP.UTF-8").stdout)
        self.assertNotRegex((self.directory / "service.log").read_text(), JAPANESE)

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
