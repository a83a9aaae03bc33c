#!/usr/bin/python3
"""test_documents.py - the documents' commands are ones that can be run; the manual pages are whole

Run by "meson test documents", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP, and the page that is made
in MUGAI_CONF_PAGE. What a command is, documents.py says. This is the fast form of tests/packages/documents, which types all
of them on machines of its own: here mugai's own run for real, on a store of the test's own, in the order in which they
stand; of the others it is looked at whether what they name is there. And a document may not have a command that the slow
form would not run.
"""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE / "packages")]
import documents  # noqa: E402
import test_cli  # noqa: E402
from documents import ROOT, Paragraph, typed  # noqa: E402

SETTINGS_PAGE = pathlib.Path(os.environ["MUGAI_CONF_PAGE"])
PAGES = [*documents.PAGES, *documents.PAGES_JA]
HANDBOOKS = [documents.HANDBOOK, documents.HANDBOOK_JA]
ALL = [documents.README, *HANDBOOKS, *PAGES, SETTINGS_PAGE]
# What mugai says no to where the example is run; each is the right answer there.
ANSWERS = {
    "release": {0, 77, 78},  # as shipped nobody may get anything
    "replay": {0, 1},
    "fsck": {0, 1},
    "postfix": {0, 1},
    "doctor": {0, 1},  # no mugaid runs here
}


def slow_form():
    """tests/packages/documents, which is a program and no module."""
    loader = importlib.machinery.SourceFileLoader("slow_form", str(HERE / "packages/documents"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("slow_form", loader))
    loader.exec_module(module)
    return module


def units(words):
    named = [word for word in words if word.startswith("mugai")]
    return named and all((ROOT / "packaging/systemd" / (word if "." in word else word + ".service")).exists() for word in named)


def packages(words):
    (version,) = re.findall(r"^mugai \(([^)]+)\)", (ROOT / "packaging/debian/changelog").read_text(), re.MULTILINE)[:1]
    names = [re.match(rf"\S*/(mugai[a-z-]*)_{re.escape(version)}_amd64\.deb$", word) for word in words if "deb" in word]
    control = (ROOT / "packaging/debian/control").read_text()
    return names and all(name and f"Package: {name[1]}\n" in control for name in names)


def postfix_settings(words):
    known = subprocess.run(["postconf", "-d"], capture_output=True, text=True, check=True).stdout
    return all(f"\n{word.partition('=')[0]} =" in f"\n{known}" for word in words if "=" in word)


# Programs of others that name what is ours or Postfix', and whether it is there.
ELSEWHERE = {"systemctl": units, "apt-get": packages, "postconf": postfix_settings}


def options_of_verbs(text, verbs):
    """{verb: options}, from the paragraphs of a page that begin with a verb. One that begins with an option is for the verbs
    that it names in bold, all of them if none; between .RS and .RE it belongs to the verb before."""
    named, entry, inside = {verb: set() for verb in verbs}, "", False
    paragraphs = re.split(r"^(?=\.(?:SH|PP|TP|RS|RE)\b)", text, flags=re.MULTILINE)
    for paragraph in paragraphs:
        if paragraph.startswith((".RS", ".RE")):
            inside = paragraph.startswith(".RS")
            continue
        if not paragraph.startswith(".TP\n"):
            continue
        tag, _, rest = paragraph.removeprefix(".TP\n").partition("\n")
        head = "".join(shlex.split(tag.partition(" ")[2]))
        if not inside:
            entry = re.match(r"[a-z|-]*", head)[0].split("|")
            if head.startswith("-"):
                bold = " ".join(re.findall(r"^\.BR? (.*)", rest, re.MULTILINE))
                entry = [verb for verb in verbs if verb in re.findall(r"[a-z-]+", bold)] or verbs
        for verb in verbs.intersection(entry):
            named[verb] |= set(re.findall(r"--[a-z-]+", paragraph))
    return named


class Documents(test_cli.Case):
    def setUp(self):
        super().setUp()
        self.here = self.directory / "here"
        self.here.mkdir()
        (self.here / "passphrase").write_text("words\n")
        (self.here / "mugai.conf").write_bytes(self.config.read_bytes())
        self.identity = self.keep(test_cli.with_attachment(), received=int(time.time()))

    def run_one(self, command):
        """As somebody types it, in a folder of its own; the configuration is the test's."""
        words = shlex.split(command)
        verb = words[1]
        command = re.sub(r"^mugai (\S+)", rf"{os.environ['MUGAI']} \1 --config {self.config}", command)
        if verb == "postfix":
            command = command.replace("--enable", "--check") + f" --postfix-config {self.postfix()}"
        done = subprocess.run(["bash", "-c", command], cwd=self.here, env={**os.environ, "ID": self.identity},
                              capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertIn(done.returncode, ANSWERS.get(verb, {0}), (command, done.stdout, done.stderr))
        self.assertNotIn(b"Unknown option", done.stderr)
        for path in self.here.glob("original.eml"):
            path.unlink()  # the next document writes it again
        for pattern in ("*.zip", "seal.*", "vault.*", "*.bin", "*-part-*", "*.exe"):
            for path in self.here.glob(pattern):
                path.unlink()

    def postfix(self):
        folder = self.directory / "postfix"
        if not folder.exists():
            folder.mkdir()
            (folder / "main.cf").write_text(f"compatibility_level = 3.6\nqueue_directory = {self.directory}/queue\n")
            (folder / "master.cf").write_text("smtp inet n - y - - smtpd\n")
        return folder

    def test_every_command_runs(self):
        for document in ALL:
            found = typed(document)
            for _, command in found:
                with self.subTest(document=document.name, command=command):
                    program, *words = shlex.split(command, comments=True)
                    if program == "mugai" and "--private-key" not in words:  # whose passphrase is asked for on a terminal
                        self.run_one(command)
                    else:
                        self.assertTrue(ELSEWHERE.get(program, lambda _: True)(words), command)
            self.assertTrue(found, document)

    def test_a_milter_that_is_there_already_stays_and_ours_becomes_the_last(self):
        folder = self.postfix()
        for document in HANDBOOKS:
            for _, command in typed(document):
                if not command.startswith("postconf -e") or "smtpd_milters" not in command:
                    continue
                for before in ("", "inet:localhost:8891, { unix:x, default_action=tempfail }"):
                    with self.subTest(document=document.name, before=before):
                        (folder / "main.cf").write_text(f"smtpd_milters = {before}\n")
                        postconf = f'postconf() {{ command postconf -c {folder} "$@"; }}\n'
                        subprocess.run(["bash", "-ec", postconf + command], check=True)
                        after = subprocess.run(["postconf", "-c", folder, "-h", "smtpd_milters"], check=True,
                                               capture_output=True, text=True).stdout.strip()
                        self.assertEqual(after, f"{before} unix:mugai-gate/gate.sock".strip())


class Commands(unittest.TestCase):
    """The slow form runs each."""

    def test_each_is_of_a_program_that_the_machines_have_or_that_is_in_the_source(self):
        for document in ALL:
            for _, command in typed(document):
                program = documents.program_of(command)
                self.assertTrue(documents.is_known(program), (document.name, command))

    def test_each_span_of_a_sentence_that_looks_like_one_is_one(self):
        told = subprocess.run([os.environ["MUGAI"], "--help"], capture_output=True, text=True, check=True).stdout
        verbs = set(re.findall(r"^  mugai ([a-z][a-z-]+)", told, re.MULTILINE))
        for document in [documents.README, *HANDBOOKS]:
            for step in documents.steps(document):
                for span in step.spans if isinstance(step, Paragraph) else []:
                    self.assertFalse(documents.may_be_command(span, verbs), (document.name, span))

    def test_those_of_the_source_are_there_and_take_what_is_given_to_them(self):
        found = {}
        for document in [documents.README, *HANDBOOKS]:
            for command in [*(command for _, command in typed(document)), *documents.in_sentences(document)]:
                program, *words = shlex.split(command.removeprefix("sudo "), comments=True)
                if program in documents.OF_THE_SOURCE:
                    found.setdefault(program, []).extend(words)
        self.assertEqual(set(found), set(documents.OF_THE_SOURCE))
        for program, words in found.items():
            self.assertTrue(os.access(ROOT / program, os.X_OK), program)
            usage = (ROOT / program).read_text()
            for word in words:  # a path and what stands for one are the reader's own
                self.assertTrue(word.isupper() or "/" in word or word in usage, (program, word))

    def test_what_the_slow_form_goes_by_is_in_the_documents(self):
        self.assertEqual(slow_form().unread(), [])
        sentences = set(documents.in_sentences(documents.HANDBOOK)) | set(documents.in_sentences(documents.README))
        self.assertLessEqual(set(documents.COMPLETED), sentences)
        everything = {command for document in ALL for _, command in typed(document)} | sentences
        self.assertLessEqual(set(documents.STATUS), everything)
        for place in documents.PLACES:
            self.assertTrue(any(place in sentence for sentence in sentences), place)

    def test_the_table_of_roles_has_each_verb_that_a_user_types(self):
        table = documents.roles()
        self.assertEqual(documents.who_may("mugai get X --text", table), ["viewer", "releaser", "administrator"])
        self.assertEqual(documents.who_may("mugai get X --part 2 --zip", table), ["releaser"])
        for document in [documents.HANDBOOK, *documents.english_pages()]:
            for who, command in typed(document):
                if who == "$" and not command.startswith("mugai keygen"):
                    self.assertTrue(documents.who_may(command, table), command)

    def test_both_editions_have_the_same(self):
        def plain(path):
            return [(who, re.sub(r'"[^"]*"', "TEXT", command)) for who, command in typed(path)]
        for english, japanese in [HANDBOOKS, *zip(documents.PAGES, [ROOT / "packaging/man/ja" / page.name for page in documents.PAGES]),
                                  (SETTINGS_PAGE, ROOT / "packaging/man/ja" / documents.SETTINGS_PAGE)]:
            self.assertEqual(plain(english), plain(japanese), japanese)
        # The Japanese edition is shorter.
        self.assertLessEqual(set(documents.in_sentences(documents.HANDBOOK_JA)), set(documents.in_sentences(documents.HANDBOOK)))


class Shipped(unittest.TestCase):
    """What documents name is where they say."""

    def test_each_file_that_a_document_names_is_in_the_package_and_not_compressed(self):
        debian = ROOT / "packaging/debian"
        plain = re.findall(r"-X(\.\w+)", (debian / "rules").read_text())
        there = {}
        for name in ("mugai.docs", "mugai.examples", "mugai.install"):
            for line in (debian / name).read_text().split("\n") if (debian / name).exists() else []:
                there[pathlib.Path(line.split(" ")[0]).name] = name
        named = set()
        for path in HANDBOOKS:
            for before, name in re.findall(r"(.{0,20})`([\w./-]+\.(?:md|py|h))`", path.read_text().replace("\n", " ")):
                if not re.search(r"(?:[Ii]n the source,? |ソースの ?)$", before):
                    named.add((path.name, name.removeprefix("examples/")))
        for path in PAGES:
            named |= {(path.name, name) for name in re.findall(r"/usr/share/doc/mugai/(\S+)", path.read_text())}
        self.assertGreater(len(named), 5)
        for document, name in named:
            self.assertIn(name, there, document)
            if there[name] != "mugai.examples":
                self.assertIn(pathlib.Path(name).suffix, plain, (document, name))


class Pages(unittest.TestCase):
    def test_each_page_is_there_in_both_languages_and_groff_has_nothing_to_say(self):
        # Of lines of Japanese, which have no blanks, it says that it cannot break them as it would like.
        names = {path.name for path in PAGES if path.parent.name == "man"} | {documents.SETTINGS_PAGE}
        self.assertEqual(names, {path.name for path in PAGES if path.parent.name == "ja"})
        for page in [*PAGES, SETTINGS_PAGE]:
            done = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-Wbreak", "-z", page], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)

    def test_every_verb_and_option_that_a_page_names_is_there(self):
        for name, program in (("mugai-gate.8", "MUGAI_GATE"), ("mugaid.8", "MUGAID"), ("mugai-stored.8", "MUGAI_STORED")):
            told = subprocess.run([os.environ[program], "--help"], capture_output=True, text=True, check=True).stdout
            there = set(re.findall(r"--[a-z-]+", told)) - {"--help", "--version"}
            for page in (ROOT / "packaging/man" / name, ROOT / "packaging/man/ja" / name):
                named = set(re.findall(r"--[a-z-]+", page.read_text().replace("\\-", "-").partition(".EX")[0]))
                self.assertEqual(named, there, page)
        told = subprocess.run([os.environ["MUGAI"], "--help"], capture_output=True, text=True, check=True).stdout
        verbs = set(re.findall(r"^  mugai ([a-z-]+)", told, re.MULTILINE)) - {"--version"}
        for page in (ROOT / "packaging/man/mugai.1", ROOT / "packaging/man/ja/mugai.1"):
            named = set(re.findall(r"[a-z]+(?:-[a-z]+)?", page.read_text().replace("\\-", "-")))
            self.assertEqual(verbs - named, set(), page)

    def test_each_page_has_the_options_of_each_verb_and_no_other(self):
        mugai = os.environ["MUGAI"]
        told = subprocess.run([mugai, "--help"], capture_output=True, text=True, check=True).stdout
        verbs = set(re.findall(r"^  mugai ([a-z][a-z-]+)", told, re.MULTILINE))
        there = {}
        for verb in verbs:
            told = subprocess.run([mugai, verb, "--help"], capture_output=True, text=True, check=True).stdout
            there[verb] = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", told, re.MULTILINE))
        for page in (ROOT / "packaging/man/mugai.1", ROOT / "packaging/man/ja/mugai.1"):
            text = page.read_text().replace("\\-", "-")
            named = options_of_verbs(text, verbs)
            for verb in verbs:
                self.assertEqual(named[verb], there[verb], (page, verb))
            synopsis = text.split("\n.SH ")[2]
            self.assertLessEqual({"--version", "--libraries", "--json", "--config"}, set(re.findall(r"--[a-z-]+", synopsis)), page)

    def test_the_japanese_page_of_settings_has_all_keys_their_defaults_and_no_other(self):
        shipped, told = {}, {}
        group = None
        for line in (ROOT / "packaging/mugai.conf").read_text().splitlines():
            if match := re.match(r"#?\[(\w+)", line):
                group = match[1]
            elif match := re.match(r"(#?)(\w+) = ?(.*)$", line):
                shipped[group, match[2]] = "" if match[1] else match[3]
        text = (ROOT / "packaging/man/ja/mugai.conf.5").read_text().replace("\\-", "-")
        for part in re.split(r"^\.SH ", text, flags=re.MULTILINE)[1:]:
            if not (match := re.match(r'"\[(\w+)', part)):
                continue
            for names, default in re.findall(r"^\.TP\n\.BR? (.*)\n(?:\((.*)\)\n)?", part, re.MULTILINE):
                for name in re.findall(r"\w+", names):
                    told[match[1], name] = (default or "").removeprefix("既定は空").removeprefix("既定なし").removeprefix("既定 ")
        self.assertEqual(told, shipped)


if __name__ == "__main__":
    unittest.main()
