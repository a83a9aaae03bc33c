#!/usr/bin/python3
"""test_cli_version.py - mugai --version: the libraries that its programs load, as readelf and dpkg say them

Run by "meson test cli-version", which names the programs in MUGAI, MUGAID, MUGAI_STORED, MUGAI_WORKER and MUGAI_GATE.
"""

import json
import os
import re
import subprocess
import unittest

PROGRAMS = {"mugai": "MUGAI", "mugaid": "MUGAID", "mugai-stored": "MUGAI_STORED", "mugai-worker": "MUGAI_WORKER",
            "mugai-gate": "MUGAI_GATE"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class VersionTest(unittest.TestCase):
    def test_every_library_that_a_program_needs_is_listed_with_its_packages_version(self):
        done = run(os.environ["MUGAI"], "--version", "--libraries", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        bill = json.loads(done.stdout)
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.4"))
        listed = {}
        for component in bill["components"]:
            properties = {entry["name"]: entry["value"] for entry in component["properties"]}
            for program in properties["mugai:programs"].split():
                listed.setdefault(program, {})[properties["mugai:file"]] = component
        self.assertEqual(set(listed), set(PROGRAMS))
        for program, variable in PROGRAMS.items():
            needed = re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-d", os.environ[variable]).stdout)
            self.assertTrue(needed)
            for name in needed:
                found = [component for path, component in listed[program].items()
                         if os.path.basename(path).startswith(name.rsplit(".so", 1)[0] + ".so")]
                self.assertTrue(found, f"{program} needs {name}")
                version = run("dpkg-query", "-W", "-f", "${Version}\n", found[0]["name"]).stdout.split("\n")[0]
                self.assertEqual(found[0]["version"], version, name)

    def test_version_alone_and_wrong_words(self):
        self.assertRegex(run(os.environ["MUGAI"], "--version").stdout, r"^mugai \d+\.\d+\.\d+\n$")
        self.assertIn("libglib2.0", run(os.environ["MUGAI"], "--version", "--libraries").stdout)
        for words in (["--nonsense"], ["--libraries", "x"], ["--json"]):
            self.assertEqual(run(os.environ["MUGAI"], "--version", *words).returncode, 2)


if __name__ == "__main__":
    unittest.main()
