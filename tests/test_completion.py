#!/usr/bin/python3
"""test_completion.py - what bash completes of mugai and mugai-gate: every verb, every option of each, values that are a few

Run by "meson test completion", which names the programs in MUGAI and MUGAI_GATE and the scripts' directory in
COMPLETIONS. bash sources a script and is asked for COMPREPLY, as it is when somebody presses the tab key.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(os.environ["COMPLETIONS"])
ASK = """\
. "$1"; shift
function=$(complete -p "$1" | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mugai-completion-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("mugai", "mugai-gate"):
            (self.folder / name).symlink_to(os.environ[name.upper().replace("-", "_")])
        self.environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}

    def ask(self, *words):
        done = subprocess.run(["bash", "--norc", "-c", ASK, "bash", SCRIPTS / words[0], *words], cwd=self.folder,
                              env=self.environment, check=True, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        offered = done.stdout.splitlines()
        self.assertEqual(sorted(offered), sorted(set(offered)), words)
        return offered

    def help(self, *words):
        return subprocess.run([*words, "--help"], env=self.environment, check=True, capture_output=True, text=True).stdout

    def test_every_verb(self):
        verbs = set(re.findall(r"^  mugai ([a-z][a-z-]*)", self.help("mugai"), re.MULTILINE))
        self.assertGreater(len(verbs), 15)
        self.assertEqual(set(self.ask("mugai", "")), verbs | {"--help", "--version"})
        self.assertEqual(set(self.ask("mugai", "p")), {verb for verb in verbs if verb.startswith("p")})

    def test_every_option_of_every_verb(self):
        for verb in self.ask("mugai", ""):
            if verb.startswith("-"):
                continue
            options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", self.help("mugai", verb), re.MULTILINE))
            self.assertIn("--config", options, verb)
            self.assertEqual(set(self.ask("mugai", verb, "-")), options, verb)
            self.assertEqual(set(self.ask("mugai", verb, "--co")),
                             {option for option in options if option.startswith("--co")}, verb)

    def run_verb(self, *words):
        config = self.folder / "mugai.conf"
        config.write_text(f"[store]\npath = {self.folder}/store\n")
        done = subprocess.run(["mugai", *words, "--config", config], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        return done.returncode, done.stderr

    def test_every_value_of_an_option_that_has_a_few(self):
        """Those of --help, which are those that the program takes, which are those that it names when it is given another."""
        closed = {(verb, option): set(values.split("|")) for verb in self.ask("mugai", "") if not verb.startswith("-")
                  for option, values in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)=([a-z-]+\|[a-z|-]+)", self.help("mugai", verb),
                                                   re.MULTILINE)}
        self.assertEqual(set(closed), {("list", "--state"), ("stats", "--by")})
        (self.folder / "store").mkdir(mode=0o700)
        self.run_verb("fsck", "--repair")  # finds no index, makes one
        for (verb, option), values in closed.items():
            with self.subTest(verb=verb, option=option):
                self.assertEqual(set(self.ask("mugai", verb, option, "")), values)
                self.assertEqual(set(self.ask("mugai", verb, option, "=")), values)
                for value in values:
                    self.assertEqual(self.ask("mugai", verb, option, value[:3]), [value])
                    self.assertEqual(self.ask("mugai", verb, "--json", option, "=", value[:3]), [value])
                    self.assertEqual(self.run_verb(verb, option, value), (0, ""))
                status, complaint = self.run_verb(verb, option, "nonsense")
                self.assertEqual(status, 2, complaint)
                named = re.search(r"[a-z-]+(?:, [a-z-]+)* or [a-z-]+", complaint)[0]
                self.assertEqual(set(re.split(", | or ", named)), values)
        self.assertEqual(self.ask("mugai", "list", "--subject", ""), [])

    def test_version_takes_its_options_in_their_order(self):
        self.assertEqual(self.ask("mugai", "--version", ""), ["--libraries"])
        self.assertEqual(self.ask("mugai", "--version", "--l"), ["--libraries"])
        self.assertEqual(self.ask("mugai", "--version", "--libraries", ""), ["--json"])
        for words in (["--libraries", "--json", ""], ["--json", ""], ["x"]):
            self.assertEqual(self.ask("mugai", "--version", *words), [], words)
        done = subprocess.run(["mugai", "--version", "--libraries", "--json"], env=self.environment, capture_output=True)
        self.assertEqual(done.returncode, 0)

    def test_files_where_files_are_meant(self):
        (self.folder / "letter one.eml").write_text("")
        (self.folder / "folder").mkdir()
        for words in (["sanitize"], ["verify"], ["check-config"], ["list", "--config"], ["replay", "--with-config"],
                      ["get", "--password-file"], ["get", "--private-key"], ["keygen", "--passphrase-file"], ["get", "-o"]):
            self.assertEqual(self.ask("mugai", *words, "let"), ["letter one.eml"], words)
        for verb in ("sanitize", "keygen"):
            self.assertEqual(self.ask("mugai", verb, "--output", "fol"), ["folder"])
        self.assertEqual(self.ask("mugai", "show", "let"), [])
        self.assertEqual(self.ask("mugai-gate", "--public-key", "let"), ["letter one.eml"])
        self.assertEqual(self.ask("mugai-gate", "--public-keys", "fol"), ["folder"])

    def test_options_of_the_gate(self):
        options = set(re.findall(r"^  (--[a-z-]+)", self.help("mugai-gate"), re.MULTILINE)) | {"--version"}
        self.assertEqual(set(self.ask("mugai-gate", "-")), options)
        values = re.search(r"^  --action ([a-z|]+)$", self.help("mugai-gate"), re.MULTILINE)[1].split("|")
        self.assertEqual(self.ask("mugai-gate", "--action", ""), values)
        self.assertEqual(self.ask("mugai-gate", "--action", "=", "h"), ["hold"])
        for value in (*values, "nonsense"):
            done = subprocess.run(["mugai-gate", "--action", value, "--allow-unsealed", "--user", "mail", "--check"],
                                  env=self.environment, capture_output=True, text=True)
            self.assertEqual(done.returncode == 0, value in values, done.stderr)
            if value not in values:
                self.assertIn(" or ".join(values), done.stderr)

    def test_word_that_is_no_verb_completes_nothing(self):
        self.assertEqual(self.ask("mugai", "no-such-verb", "-"), [])


if __name__ == "__main__":
    unittest.main()
