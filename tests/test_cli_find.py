"""test_cli_find.py - what is in quarantine is found, and fsck knows whether it is still what it was

Run by "meson test", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. Nothing of mugai is imported.
"""

import concurrent.futures
import contextlib
import csv
import hashlib
import io
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_cli  # noqa: E402
from test_cli import EX_DATAERR, NO, PLAIN, RECEIVED, USAGE, with_attachment  # noqa: E402

DAY = 86400


class Finding(test_cli.Case):
    def ids(self, *arguments):
        return [json.loads(line)["id"] for line in self.check(0, "list", "--json", *arguments).stdout.splitlines()]

    def keep_many(self, count):
        """Ids, oldest first."""
        return [self.keep(PLAIN, received=RECEIVED + number) for number in range(count)]

    def test_every_way_to_look(self):
        plain = self.keep(PLAIN)
        html = self.keep(b"Message-ID: <Q@example.org>\r\nContent-Type: text/html\r\n\r\n<p>hello</p>", received=RECEIVED + 1)
        attached = self.keep(with_attachment(), received=RECEIVED + 2)
        unknown = self.keep(PLAIN, received=RECEIVED + 3, state="kept")
        self.check(0, "hold", html, "--reason", "evidence")
        for arguments, expected in ((("--name", "PORT.b"), [attached]), (("--message-id", "<1@EXAMPLE.com>"), [unknown, plain]),
                                    (("--message-id", "q@example.org"), [html]), (("--message-id", "@example.org"), []),
                                    (("--text", "q@example.org"), [html]), (("--text", plain), [plain]),
                                    (("--text", plain.lower().replace("-", "")), [plain]), (("--removed",), [attached]),
                                    (("--held",), [html]), (("--damaged",), []), (("--state", "kept"), [unknown]),
                                    (("--state", "kept", "--removed"), []), (("--text", "積書", "--state", "passed"), [plain]),
                                    (("--limit", "0"), [unknown, attached, html, plain]), (("--before", attached), [html, plain]),
                                    (("--before", attached, "--limit", "1"), [html])):
            with self.subTest(arguments):
                self.assertEqual(self.ids(*arguments), expected)

    def test_terms_too_short_are_refused(self):
        self.keep(PLAIN)
        for arguments in (("--text", "積"), ("--subject", "x"), ("--from", "ｘ"), ("--to", "@"), ("--name", "."), ("--text", ""),
                          ("--queue-id", ""), ("--json", "--csv"), ("--limit", "-1"), ("--state", "psased"), ("--state", "")):
            with self.subTest(arguments):
                self.assertEqual(self.check(USAGE, "list", *arguments).stdout, b"")
        self.assertIn(b"passed, notice-only or kept", self.check(USAGE, "list", "--state", "psased").stderr)
        self.assertIn(b"2 characters", self.check(USAGE, "list", "--json", "--text", "積").stderr)

    def test_pages_are_the_whole_list(self):
        kept = self.keep_many(7)
        pages, before = [], []
        while page := self.ids("--limit", "3", *before):
            pages += page
            before = ["--before", page[-1]]
        self.assertEqual(pages, kept[::-1])
        self.check(NO, "list", "--before", test_cli.ID)
        self.check(EX_DATAERR, "list", "--before", "20261120")

    def test_table_on_a_terminal_says_that_there_is_more(self):
        kept = self.keep_many(3)
        status, got = self.on_terminal(120, "list", "--limit", "2")
        lines = got.decode().splitlines()
        self.assertEqual((status, len(lines)), (0, 3))
        self.assertEqual([line.split()[0] for line in lines[1:]], kept[:0:-1])

    def test_csv_is_read_back_and_no_formula(self):
        subject = b'=cmd|"/C calc"!A1, and more'
        identity = self.keep(with_attachment(subject, b"+1.bin"), sender="-x@example.com")
        done = self.check(0, "list", "--csv")
        self.assertTrue(done.stdout.startswith(b"\xef\xbb\xbf"))
        self.assertEqual(done.stdout.count(b"\r\n"), 2)
        (row,) = csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"), newline=""))
        self.assertEqual((row["id"], row["state"], row["held"]), (identity, "passed", ""))
        self.assertEqual(row["subject"], "'" + subject.decode())
        self.assertEqual((row["sender"], row["attachments"]), ("'-x@example.com", "'+1.bin"))
        self.assertEqual(row["recipients"], "shisho@city.example.jp")
        self.assertEqual(row["size"], str(len(with_attachment(subject, b"+1.bin"))))
        for value in row.values():
            self.assertNotRegex(value, "^[=+@-]")

    def test_colour_is_for_terminals_that_want_it(self):
        self.keep(PLAIN, state="notice-only")
        self.assertNotIn(b"\x1b", self.check(0, "list").stdout)
        with unittest.mock.patch.dict(os.environ, {"TERM": "xterm", "NO_COLOR": ""}):
            self.assertIn(b"\x1b[33mnotice-only", self.on_terminal(120, "list")[1])
            os.environ["NO_COLOR"] = "1"
            self.assertNotIn(b"\x1b", self.on_terminal(120, "list")[1])

    def test_show_tells_what_happened(self):
        identity = self.keep(PLAIN)
        self.check(0, "hold", identity, "--reason", "asked by the police")
        self.check_raw_get(identity)
        text = self.check(0, "show", identity).stdout.decode()
        self.assertRegex(text, r"State +passed, held\n")
        history = text[text.index("History"):]
        for expected in (r"received, passed", r"hold by \S+.*: asked by the police", r"get by", r"show by"):
            self.assertRegex(history, expected)
        self.assertTrue(json.loads(self.check(0, "show", "--json", identity).stdout)["held"])

    def test_show_tells_what_servers_found_of_the_sender(self):
        verdict = b"Authentication-Results: mx.example.jp; spf=fail \x1b[31m smtp.mailfrom=a@b.jp"
        identity = self.keep(verdict + b"\r\n" + PLAIN)
        text = self.check(0, "show", identity).stdout.decode()
        self.assertRegex(text, r"Checks +Authentication-Results: mx.example.jp; spf=fail")
        self.assertNotIn("\x1b", text)
        found = json.loads(self.check(0, "show", "--json", identity).stdout)["authentication"]
        self.assertEqual(len(found), 1)
        self.assertIn("spf=fail", found[0])

    def check_raw_get(self, identity):
        self.assertEqual(self.run_mugai("get", identity).stdout, PLAIN)


class Fsck(test_cli.Case):
    """A store that is looked at, broken and mended."""

    def fsck(self, status, *arguments):
        """Findings as (kind, name, repaired), sorted; and the summary."""
        lines, summary = self.findings(status, *arguments)
        return sorted((line["finding"], line["name"], line["repaired"]) for line in lines), summary

    def listed(self, *arguments):
        return {said["id"]: said for said in map(json.loads, self.check(0, "list", "--json", *arguments).stdout.splitlines())}

    def objects(self):
        return {path: path.read_bytes() for path in self.store.glob("*/*/*/*")}

    def test_all_is_well(self):
        for number in range(3):
            self.keep(with_attachment(), received=RECEIVED + number * DAY)
        self.assertEqual(self.fsck(0)[0], [])
        findings, summary = self.fsck(0, "--repair")
        self.assertEqual((findings, summary["objects"], summary["repaired"]), ([], 3, 0))
        self.assertRegex(self.check(0, "fsck").stdout, rb"^3 originals \(.*\) read, 0 findings, 0 repaired\n$")

    def test_I8_lost_index_comes_back_from_the_objects_alone(self):
        kept = [self.keep(with_attachment(), received=RECEIVED + number) for number in range(20)]
        self.check(0, "hold", kept[3], "--reason", "evidence")
        before = self.objects()
        self.lose_index()
        self.assertEqual(self.fsck(NO)[0], [("index", "index.sqlite", False)])
        self.check(NO, "list")
        findings, _ = self.fsck(NO, "--repair")
        self.assertEqual(findings, sorted([("index", "index.sqlite", True), *(("unlisted", name, True) for name in kept)]))
        self.assertEqual(list(self.listed()), kept[::-1])
        self.assertEqual(list(self.listed("--name", "report.bin", "--to", "shisho", "--removed", "--state", "kept")), kept[::-1])
        self.assertEqual(list(self.listed("--held")), [kept[3]])
        self.assertEqual(self.fsck(0)[0], [])
        self.assertEqual(self.objects(), before)

    def test_I8_damaged_index_is_made_anew(self):
        kept = [self.keep(PLAIN) for _ in range(40)]
        index = self.store / "index.sqlite"
        octets = bytearray(index.read_bytes())
        octets[8192:] = bytes(len(octets) - 8192)
        self.lose_index()
        index.write_bytes(octets)
        index.chmod(0o600)
        self.assertEqual(self.fsck(NO)[0], [("index", "index.sqlite", False)])
        self.fsck(NO, "--repair")
        self.assertEqual(sorted(self.listed()), sorted(kept))
        self.assertEqual(self.fsck(0)[0], [])

    def test_damaged_objects_are_told_of_marked_and_never_deleted(self):
        whole, bent, cut = (self.keep(os.urandom(100000), received=RECEIVED + number) for number in range(3))
        good = {identity: self.object_of(identity).read_bytes() for identity in (bent, cut)}
        octets = bytearray(good[bent])
        octets[50000] ^= 1
        self.object_of(bent).write_bytes(octets)
        self.object_of(cut).write_bytes(good[cut][:50000])
        before = self.objects()
        expected = sorted([("damaged", bent, False), ("damaged", cut, False)])
        for arguments in ((), ("--repair",), ("--repair",)):
            self.assertEqual(self.fsck(NO, *arguments)[0], expected)
        self.assertEqual(self.objects(), before)
        self.assertEqual(list(self.listed("--damaged")), [cut, bent])
        self.assertTrue(self.listed()[bent]["damaged"])
        self.assertNotIn("damaged", self.listed()[whole])
        self.lose_index()  # listed, though nobody can say what it was
        self.fsck(NO, "--repair")
        self.assertEqual(list(self.listed("--damaged")), [cut, bent])
        for identity, octets in good.items():
            self.object_of(identity).write_bytes(octets)
        self.fsck(NO, "--repair")
        self.assertEqual((list(self.listed("--damaged")), self.fsck(0)[0]), ([], []))
        self.assertEqual(self.listed()[bent]["original"]["size"], 100000)

    def test_swapped_names_are_found(self):
        one, other, tomorrow = (self.keep(os.urandom(1000), received=RECEIVED + late) for late in (0, 1, DAY))

        def swap(a, b):
            octets = self.object_of(a).read_bytes()
            self.object_of(a).write_bytes(self.object_of(b).read_bytes())
            self.object_of(b).write_bytes(octets)

        for second in (other, tomorrow):
            with self.subTest(second):
                both = sorted([("damaged", one, False), ("damaged", second, False)])
                swap(one, second)
                self.assertEqual(self.fsck(NO)[0], both)
                for identity in (one, second):
                    self.assertEqual(self.check(EX_DATAERR, "get", identity).stdout, b"")
                self.fsck(NO, "--repair")
                self.assertEqual(self.check(EX_DATAERR, "get", one).stdout, b"")
                swap(one, second)
                self.fsck(NO, "--repair")
                self.assertEqual(self.fsck(0)[0], [])
        swap(one, other)
        self.lose_index()  # the objects know it themselves
        self.assertEqual([finding for finding in self.fsck(NO, "--repair")[0] if finding[0] == "damaged"],
                         sorted([("damaged", one, False), ("damaged", other, False)]))

    def test_another_original_is_not_handed_out(self):
        identity = self.keep(PLAIN)
        other = PLAIN.replace(b"example.com", b"example.net")
        self.assertEqual((len(other), other != PLAIN), (len(PLAIN), True))
        self.replace_content(identity, PLAIN)
        self.assertEqual(self.fsck(0)[0], [])
        self.assertEqual(self.check(0, "get", identity).stdout, PLAIN)
        self.replace_content(identity, other)
        for arguments in ((), ("--repair",)):
            for way in ((), ("--text",), ("--part", "1"), ("--zip", "--password-file", "/dev/null")):
                done = self.run_mugai("get", identity, *way, "-o", self.directory / "target")
                self.assertNotEqual(done.returncode, 0)
                self.assertFalse((self.directory / "target").exists())
            self.assertRegex(self.check(EX_DATAERR, "get", identity).stderr.decode(),
                             rf"(?s){identity} is whole, but not the original .*{hashlib.sha256(other).hexdigest()}")
            self.assertEqual(self.fsck(NO, *arguments)[0], [("changed", identity, False)])

    def spoil(self, table, column, where="1"):
        """One octet of the column is another now."""
        with contextlib.closing(sqlite3.connect(self.store / "index.sqlite")) as index, index:
            for number, value in index.execute(f"SELECT number, {column} FROM {table} WHERE {where}").fetchall():
                octets = bytearray(value.encode() if isinstance(value, str) else value)
                octets[len(octets) // 2] ^= 1
                index.execute(f"UPDATE {table} SET {column} = ? WHERE number = ?",
                              (octets.decode() if isinstance(value, str) else bytes(octets), number))

    def test_I8_one_wrong_octet_in_an_entry(self):
        first, middle, last = (self.keep(PLAIN, received=RECEIVED + number) for number in range(3))
        self.spoil("messages", "packed", f"id = '{middle}'")
        done = self.check(0, "list", "--json")
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()], [last, middle, first])
        self.assertIn(b"mugai fsck --repair", done.stderr)
        self.assertEqual(list(self.listed("--text", "積書")), [last, middle, first])  # it may be one
        self.assertEqual(self.check(0, "get", middle).stdout, PLAIN)
        self.assertIn(b"mugai fsck --repair", self.check(0, "show", middle).stdout)
        self.assertEqual(self.fsck(NO)[0], [("unlisted", middle, False)])
        self.assertEqual(self.fsck(NO, "--repair")[0], [("unlisted", middle, True)])
        self.assertEqual(self.fsck(0)[0], [])
        self.assertEqual([said["state"] for said in self.listed().values()], ["passed", "kept", "passed"])
        self.assertEqual(self.check(0, "list").stderr, b"")

    def test_I8_wrong_words(self):
        kept = [self.keep(PLAIN, received=RECEIVED + number) for number in range(3)]
        self.spoil("fresh", "subject", f"id = '{kept[1]}'")
        done = self.check(0, "list", "--json", "--subject", "積書")
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()], kept[::-1])
        self.assertIn(b"mugai fsck --repair", done.stderr)
        self.assertEqual(self.fsck(NO)[0], [("index", "index.sqlite", False)])
        self.assertEqual(self.fsck(NO, "--repair")[0], [("index", "index.sqlite", True)])
        self.assertEqual(self.fsck(0)[0], [])
        self.assertEqual([said["state"] for said in self.listed("--subject", "積書").values()], ["passed"] * 3)

    def test_files_of_others_are_told_of_and_left(self):
        identity = self.keep(PLAIN)
        day = self.object_of(identity).parent
        strays = ["lost+found/x", "2026/note", "20ab", f"{day.relative_to(self.store)}/{identity}.eml.gz.bak",
                  f"{day.relative_to(self.store)}/{test_cli.ID}.hold", f"2026/11/21/{identity}.eml.gz"]
        for name in strays:
            path = self.store / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        before = self.objects()
        expected = sorted(("stray", name if name != "lost+found/x" else "lost+found", False) for name in strays)
        for arguments in ((), ("--repair",)):
            self.assertEqual(self.fsck(NO, *arguments)[0], expected)
        self.assertEqual(self.objects(), before)

    def test_hostile_names_steer_no_terminal(self):
        self.keep(PLAIN)
        (self.store / "\x1b[2J\"\\\n").touch()
        self.assertEqual(self.check(NO, "fsck").stdout.count(b"\n"), 2)
        self.assertEqual(self.fsck(NO)[0][0][0], "stray")

    def test_two_hosts_are_merged_by_copying(self):
        mine = [self.keep(PLAIN.replace(b"hello", b"mine %d" % number), received=RECEIVED + 2 * number) for number in range(5)]
        first = self.store
        self.store = self.directory / "other"
        self.store.mkdir(mode=0o700)
        self.config.write_text(self.config.read_text().replace(str(first), str(self.store)))
        theirs = [self.keep(PLAIN.replace(b"hello", b"theirs %d" % number), received=RECEIVED + 2 * number + 1)
                  for number in range(5)]
        self.assertEqual(set(mine) & set(theirs), set())
        # what rsync -a first/ other/ does, index and all
        shutil.copytree(first, self.store, dirs_exist_ok=True, ignore=shutil.ignore_patterns("index.sqlite*", "log"))
        self.assertEqual(self.fsck(NO, "--repair")[0], sorted(("unlisted", identity, True) for identity in mine))
        both = [identity for pair in zip(mine, theirs) for identity in pair]
        self.assertEqual(list(self.listed()), both[::-1])
        self.assertEqual({said["state"] for said in self.listed("--before", mine[1], "--limit", "1").values()}, {"passed"})
        for number, identity in enumerate(mine):
            self.assertIn(b"mine %d" % number, self.run_mugai("get", identity).stdout)
        self.assertEqual(self.fsck(0)[0], [])

    def test_I8_restore_drill(self):
        kept = [self.keep(with_attachment(b"drill %d" % number), received=RECEIVED + number * DAY // 3) for number in range(12)]
        backup = self.directory / "backup"
        shutil.copytree(self.store, backup, ignore=shutil.ignore_patterns("index.sqlite*", "log"))
        lost = kept[::2]
        for identity in lost:
            self.object_of(identity).unlink()
        self.assertEqual(self.fsck(NO)[0], sorted(("lost", identity, False) for identity in lost))
        self.assertEqual(self.fsck(NO, "--repair")[0], sorted(("lost", identity, True) for identity in lost))
        self.assertEqual(list(self.listed()), kept[1::2][::-1])
        self.assertEqual(self.fsck(0)[0], [])
        shutil.copytree(backup, self.store, dirs_exist_ok=True)
        self.assertEqual(self.fsck(NO, "--repair")[0], sorted(("unlisted", identity, True) for identity in lost))
        self.assertEqual(list(self.listed()), kept[::-1])
        for number, identity in enumerate(kept):
            self.assertEqual(self.run_mugai("get", identity).stdout, with_attachment(b"drill %d" % number))
            self.assertEqual(list(self.listed("--subject", f"drill {number}", "--until", "2030-01-01"))[-1:], [identity])
        self.assertEqual(self.fsck(0)[0], [])

    def test_marks_that_are_wrong_are_set_right(self):
        held, free = self.keep(PLAIN), self.keep(PLAIN)
        self.check(0, "hold", held, "--reason", "x")
        with sqlite3.connect(self.store / "index.sqlite") as database:
            database.execute("UPDATE messages SET marks = 1 - marks")
        self.assertEqual([finding[0] for finding in self.fsck(NO)[0]], ["mark", "mark"])
        self.fsck(NO, "--repair")
        self.assertEqual(list(self.listed("--held")), [held])
        self.assertIn(free, self.listed())
        self.assertEqual(self.fsck(0)[0], [])

    def test_I8_repair_while_messages_arrive_loses_none(self):
        kept = [self.keep(PLAIN, received=RECEIVED + number) for number in range(60)]
        self.lose_index()
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            repair = threads.submit(self.run_mugai, "fsck", "--repair")
            arrived = []
            while not repair.done() or len(arrived) < 10:
                arrived.append(self.keep(PLAIN, received=RECEIVED + 1000 + len(arrived)))
        self.assertEqual(repair.result().returncode, NO, repair.result().stderr)
        states = {identity: said["state"] for identity, said in self.listed().items()}
        self.assertEqual(states, {**dict.fromkeys(kept, "kept"), **dict.fromkeys(arrived, "passed")})
        self.assertEqual(self.fsck(0)[0], [])

    def test_it_is_written_down(self):
        self.keep(PLAIN)
        self.fsck(0, "--repair")
        self.assertRegex(self.check(0, "log").stdout.decode(), r" fsck .*--repair")

    def test_wrong_usage(self):
        self.check(USAGE, "fsck", "word")
        self.store.chmod(0o755)
        self.assertIn(b"chmod 700", self.run_mugai("fsck").stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
