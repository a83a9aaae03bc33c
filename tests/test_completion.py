#!/usr/bin/python3
"""test_completion.py - what bash completes of mugai and mugai-gate: every verb, every option of each

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
        self.assertEqual(self.ask("mugai-gate", "--action", "h"), ["hold"])

    def test_word_that_is_no_verb_completes_nothing(self):
        self.assertEqual(self.ask("mugai", "no-such-verb", "-"), [])


if __name__ == "__main__":
    unittest.main()
