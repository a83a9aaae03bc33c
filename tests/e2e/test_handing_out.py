"""test_handing_out.py - who may not open the quarantine gets from mugai-stored what his role allows, and no more

Run by "meson test --suite e2e", which names the programs in MUGAI, MUGAI_STORED, MUGAI_WORKER and MUGAI_KEEP. The service
and each person are Unix users of their own, by numbers that nobody else has; a real Postfix with STARTTLS takes what is
released. Nothing of mugai is imported.
"""

import base64
import contextlib
import grp
import json
import os
import pathlib
import pwd
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
VAULT = HERE.parent / "vault"
sys.path[:0] = [str(HERE), str(HERE.parent)]

import harness  # noqa: E402
import test_cli  # noqa: E402
import test_release  # noqa: E402
from test_release import EX_NOPERM, EX_TEMPFAIL, MESSAGE, NO, TANAKA, SATO, WHY  # noqa: E402
from unit import Unit  # noqa: E402

STORED = os.environ["MUGAI_STORED"]
UNITS = HERE.parent.parent / "packaging/systemd"
FILTER = Unit(UNITS / "mugai-stored.service").filter()
EX_DATAERR, EX_UNAVAILABLE, EX_CANTCREAT, EX_CONFIG, EX_NOINPUT = 65, 69, 73, 78, 66
# The README's table.
EVERYBODY = {"viewer", "releaser", "auditor", "administrator"}
MAY = {
    "list": EVERYBODY, "stats": EVERYBODY, "show": EVERYBODY, "get --text": {"viewer", "releaser", "administrator"},
    "get": {"releaser"}, "get --part": {"releaser"}, "get --zip": {"releaser"}, "release": {"releaser"},
    "request": {"releaser"}, "approve": {"releaser"}, "request --withdraw": {"releaser"},
    "hold": {"administrator"}, "unhold": {"administrator"}, "delete": {"administrator"}, "purge": {"administrator"},
    "fsck": {"administrator"}, "replay": {"administrator"}, "log": {"auditor"}, "log --verify": {"auditor"},
}


def free_numbers(count):
    """Numbers that are no user's and no group's."""
    taken = {user.pw_uid for user in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    return [number for number in range(61000, 62000) if number not in taken][:count]


SERVICE, *NUMBERS = free_numbers(11)
GROUPS = dict(zip(sorted(EVERYBODY), NUMBERS[:4]))
PEOPLE = dict(zip([*sorted(EVERYBODY), "second", "stranger"], NUMBERS[4:]))
ROLES = {**{role: {role} for role in EVERYBODY}, "second": {"releaser"}, "stranger": set()}


def encoded(name):
    return b"=?utf-8?B?" + base64.b64encode(name.encode()) + b"?="


def become(uid, groups):
    """In a child that root has started: a session of that user's, as PAM makes it."""
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/loginuid").write_text(str(uid))
    os.setgroups(groups)
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.chdir("/")


def become_service(calls):
    """As a unit has it: its user, no group, its filter of system calls."""
    become(SERVICE, [])
    calls.load()


class Case(test_release.Town):
    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)
        os.chown(self.store, SERVICE, SERVICE)
        (self.directory / "run").mkdir(mode=0o755)
        os.chown(self.directory / "run", SERVICE, SERVICE)
        self.socket = self.directory / "run/stored.sock"
        self.inbox = self.directory / "inbox"
        self.inbox.mkdir()
        self.inbox.chmod(0o1777)
        self.two_person = False
        self.sealed = False
        self.configure_tls()
        self.service = None
        self.start_service()
        self.addCleanup(self.stop_service)

    def configure(self, at, **keys):
        super().configure(at, **keys)
        if hasattr(self, "socket"):
            text = self.config.read_text().rstrip("\n") + f"\ntwo_person = {'yes' if self.two_person else 'no'}\n"
            groups = "".join(f"{role} = {group}\n" for role, group in GROUPS.items())
            seal_to = f"[store]\nseal_to = {self.public_key()}\n" if self.sealed else ""
            self.config.write_text(f"{text}[access]\nsocket = {self.socket}\n{groups}{seal_to}")

    def public_key(self):
        path = self.directory / "vault.pub"
        path.write_bytes((VAULT / "vault.pub").read_bytes())
        path.chmod(0o644)
        return path

    def seal(self):
        self.sealed = True
        self.configure_tls()

    def private_key(self, person):
        """Options that name a key that this person alone can read."""
        key, words = self.to_get(person, "vault.key"), self.to_get(person, "words")
        for path, source in ((key, "vault.key"), (words, "passphrase")):
            path.write_bytes((VAULT / source).read_bytes())
            path.chmod(0o600)
            os.chown(path, PEOPLE[person], PEOPLE[person])
        return "--private-key", key, "--passphrase-file", words

    def need_two(self):
        self.two_person = True
        self.configure_tls()

    # --- the service ---

    def start_service(self, by_root=False):
        reader, writer = os.pipe()
        with open(self.directory / "service.log", "ab") as log:
            self.service = subprocess.Popen(
                [STORED, "--config", self.config, "--ready-fd", str(writer), "--log-stderr"], pass_fds=[writer],
                stdin=subprocess.DEVNULL, stderr=log, start_new_session=True,
                preexec_fn=None if by_root else lambda: become_service(FILTER))
        os.close(writer)
        with open(reader, "rb") as ready:
            readable, _, _ = select.select([ready], [], [], 60)
            self.assertTrue(readable and ready.read(1) == b"r", (self.directory / "service.log").read_text())

    def stop_service(self, number=signal.SIGTERM):
        if self.service is None:
            return None
        (os.killpg if number == signal.SIGKILL else os.kill)(self.service.pid, number)
        service, self.service = self.service, None
        return service.wait(60)

    def keep(self, octets, received=test_cli.RECEIVED):
        done = subprocess.run([test_cli.KEEP, self.config, "passed", str(received), "suzuki@example.com",
                               "shisho@city.example.jp"], input=octets, capture_output=True, check=True, timeout=60,
                              preexec_fn=lambda: become(SERVICE, []))
        return done.stdout.decode().strip()

    # --- people ---

    def start(self, person, *arguments, **more):
        verb, *rest = map(str, arguments)
        groups = [GROUPS[role] for role in ROLES[person]]
        return subprocess.Popen([test_cli.MUGAI, verb, "--config", self.config, *rest], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                preexec_fn=lambda: become(PEOPLE[person], groups), **more)

    def ask(self, person, status, *arguments):
        """What person got on standard output, when it ended with that status; self.said is standard error."""
        child = self.start(person, *arguments)
        got, said = child.communicate(timeout=120)
        self.said = said.decode(errors="replace")
        self.assertEqual(child.returncode, status, (arguments, self.said))
        return got

    def last(self):
        return self.entries()[-1]

    def to_get(self, person, name):
        """A path that only that person can write to."""
        folder = self.inbox / person
        if not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, PEOPLE[person], PEOPLE[person])
        return folder / name


class Sealed(Case):
    """The private key stays with whoever has it: mugai-stored is handed the data key of one original."""

    def setUp(self):
        super().setUp()
        self.seal()

    def test_who_has_the_key_gets_and_releases_and_a_role_is_needed_all_the_same(self):
        original = test_cli.with_attachment(name=encoded("見積書.pdf"))
        identity = self.keep(original)
        self.ask("releaser", EX_NOPERM, "get", identity)
        self.assertIn("sealed to ", self.said)
        key = self.private_key("releaser")
        self.assertEqual(self.ask("releaser", 0, "get", identity, *key), original)
        self.assertEqual(self.ask("releaser", 0, "get", identity, "--part", "2", *key), test_cli.PAYLOAD)
        self.ask("viewer", EX_NOPERM, "get", identity, *self.private_key("viewer"))
        self.assertIn("hello", self.ask("viewer", 0, "get", identity, "--text", *self.private_key("viewer")).decode())
        self.ask("releaser", EX_NOPERM, "release", identity, "--to", TANAKA, *WHY)
        self.ask("releaser", 0, "release", identity, "--to", TANAKA, *WHY, *key)
        arrived, = self.arrived()
        self.assertTrue(arrived.endswith(b"\r\n" + original))
        self.assertIn("undamaged, sealed to ", self.ask("auditor", 0, "show", identity).decode())
        self.assertNotIn("keys", {entry["verb"] for entry in self.entries()})

    def test_of_two_persons_the_one_who_approves_needs_the_key(self):
        self.need_two()
        identity = self.keep(MESSAGE)
        self.ask("releaser", 0, "request", identity, "--to", TANAKA, *WHY)
        self.ask("second", EX_NOPERM, "approve", identity)
        self.assertIn("sealed to ", self.said)
        self.ask("second", 0, "approve", identity, *self.private_key("second"))
        arrived, = self.arrived()
        self.assertTrue(arrived.endswith(MESSAGE))

    def test_the_whole_store_is_not_opened_for_who_may_not_open_it(self):
        self.keep(MESSAGE)
        self.ask("administrator", 2, "fsck", "--repair", *self.private_key("administrator"))
        self.assertIn("mugai-stored", self.said)
        self.ask("administrator", 0, "fsck")

    def test_the_key_of_another_original_opens_nothing(self):
        first, second = self.keep(MESSAGE), self.keep(MESSAGE)
        path, = self.store.glob(f"*/*/*/{second}.eml.sealed")
        octets, = (other.read_bytes() for other in self.store.glob(f"*/*/*/{first}.eml.sealed"))
        path.write_bytes(octets.replace(first.encode(), second.encode()))
        self.ask("releaser", 65, "get", second, *self.private_key("releaser"))
        self.assertEqual(self.ask("releaser", 0, "get", first, *self.private_key("releaser")), MESSAGE)


class HandingOut(Case):
    def test_from_list_to_verify(self):
        original = test_cli.with_attachment(name=encoded("見積書 2026.pdf"))
        identity = self.keep(original)
        self.assertIn(identity, self.ask("releaser", 0, "list", "--subject", "attachment").decode())
        self.assertEqual(self.ask("releaser", 0, "list", "--subject", "nothing", "--json"), b"")
        shown = self.ask("releaser", 0, "show", identity).decode()
        self.assertRegex(shown, r"(?m)^  2 +removed: attachment .*octet-stream.*見積書 2026\.pdf")
        self.assertEqual(json.loads(self.ask("viewer", 0, "show", identity, "--json"))["id"], identity)
        self.assertEqual(self.ask("releaser", 0, "get", identity), original)
        path = self.to_get("releaser", "a.eml")
        self.ask("releaser", 0, "get", identity, "-o", path, "--reason", "調査")
        self.assertEqual((path.read_bytes(), path.stat().st_mode & 0o777, path.stat().st_uid),
                         (original, 0o600, PEOPLE["releaser"]))
        self.assertEqual((self.last()["uid"], self.last()["verb"], self.last()["reason"]),
                         (PEOPLE["releaser"], "get", "調査"))
        self.ask("releaser", EX_CANTCREAT, "get", identity, "-o", path)
        part = self.ask("releaser", 0, "get", identity, "--part", "2", "-o", f"{path.parent}/").decode().strip()
        self.assertEqual(part, f"{path.parent}/見積書_2026.pdf")
        self.assertEqual(pathlib.Path(part).read_bytes(), test_cli.PAYLOAD)
        self.ask("releaser", 0, "get", identity, "--part", "2", "--zip", "-o", f"{path.parent}/")
        packed = subprocess.run(["7z", "x", "-so", "-pinfected", f"{part}.zip"], capture_output=True, check=True)
        self.assertEqual(packed.stdout, test_cli.PAYLOAD)
        self.ask("releaser", NO, "get", identity, "--part", "9")
        self.assertIn("hello", self.ask("viewer", 0, "get", identity, "--text").decode())
        self.assertEqual(self.ask("releaser", 0, "release", identity, "--to", TANAKA, *WHY).decode(),
                         f"{identity} released to {TANAKA}\n")
        arrived, = self.arrived()
        self.assertTrue(arrived.endswith(b"\r\n" + original))
        self.assertIn(b"using TLSv1.", arrived)
        self.ask("releaser", NO, "release", identity, "--to", TANAKA, *WHY)
        self.assertIn("--again is wanted", self.said)
        self.ask("releaser", EX_NOPERM, "release", identity, "--to", "x@city.example.lg.jp", *WHY)
        self.ask("releaser", 0, "release", identity, "--to", TANAKA, "--again", *WHY)
        self.assertEqual(len(self.arrived()), 1)
        log = self.ask("auditor", 0, "log", "--id", identity, "--verb", "release").decode()
        self.assertEqual(len(log.splitlines()), 4)
        self.assertIn("no fault found", self.ask("auditor", 0, "log", "--verify").decode())
        self.assertEqual({entry["via"] for entry in self.entries()}, {"mugai"})

    def test_the_list_is_the_one_that_root_gets(self):
        for number in range(40):
            self.keep(b"Subject: number %d\r\n\r\nx\r\n" % number)
        self.keep(b"".join(b"Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" if i == 0 else
                           b"--b\r\nContent-Type: application/x; name=\"%s\"\r\n\r\nx\r\n" % (b"n" * 100) for i in range(900))
                  + b"--b--\r\n")
        for options in ((), ("--json",), ("--csv",), ("--limit", "3"), ("--subject", "number 1")):
            with self.subTest(options):
                self.assertEqual(self.ask("viewer", 0, "list", *options), self.check(0, "list", *options).stdout)
        self.assertGreater(len(self.ask("viewer", 0, "list", "--json", "--subject", "many")), 70000)
        self.ask("viewer", 2, "list", "--subject", "x")

    def test_administration(self):
        identity = self.keep(MESSAGE)
        admin = "administrator"
        self.assertEqual(self.ask(admin, 0, "hold", identity, *WHY).decode(), f"{identity} held\n")
        self.ask(admin, NO, "hold", identity, *WHY)
        self.assertIn("held already", self.said)
        self.ask(admin, NO, "delete", identity, *WHY)
        self.assertIn("0 findings", self.ask(admin, 0, "fsck").decode())
        self.assertIn("0 originals purged", self.ask(admin, 0, "purge", "--force").decode())
        self.ask(admin, 0, "unhold", identity, *WHY)
        other = self.to_get(admin, "other.conf")
        other.write_text(self.config.read_text() + "[sanitize]\nlanguage = en\n")
        self.assertIn("1 of 1 come out differently", self.ask(admin, 1, "replay", "--with-config", other, "--diff").decode())
        evil = self.inbox / "evil"
        evil.write_text(f"#!/bin/sh\ncp -r {self.store} {evil}.d\n")
        evil.chmod(0o755)
        for text in (f"[worker]\nprogram = {evil}\n", f"[worker]\nprogram = x\nprogram = {evil}\n",
                     f"[sanitize]\nnotices = {self.inbox}\n"):
            other.write_text(text)
            self.ask(admin, EX_NOPERM, "replay", "--with-config", other)
            self.assertRegex(self.last()["outcome"], "^refused: ")
        self.assertFalse(evil.with_name("evil.d").exists())
        self.assertEqual(self.ask(admin, 0, "delete", identity, *WHY).decode(), f"{identity} deleted\n")
        self.ask(admin, NO, "show", identity)


class Roles(Case):
    def test_each_gets_exactly_what_it_may(self):
        self.need_two()
        identity = self.keep(test_cli.with_attachment())
        config = self.directory / "same.conf"
        config.write_text(self.config.read_text())
        to = ("--to", TANAKA, *WHY)
        commands = {
            "list": ("list",), "stats": ("stats", "--by", "day"), "show": ("show", identity), "get": ("get", identity), "get --text": ("get", identity, "--text"),
            "get --part": ("get", identity, "--part", "2"), "get --zip": ("get", identity, "--zip"),
            "release": ("release", identity, *to), "request": ("request", identity, *to), "approve": ("approve", identity),
            "request --withdraw": ("request", identity, "--withdraw"), "hold": ("hold", identity, *WHY),
            "unhold": ("unhold", identity, *WHY), "delete": ("delete", identity, *WHY), "purge": ("purge", "--dry-run"),
            "fsck": ("fsck",), "replay": ("replay", "--with-config", config), "log": ("log",),
            "log --verify": ("log", "--verify"),
        }
        self.assertEqual(set(commands), set(MAY))
        for person in ("viewer", "auditor", "stranger", "releaser", "administrator"):
            for name, command in commands.items():
                with self.subTest(person=person, command=name):
                    child = self.start(person, *command)
                    got, said = child.communicate(timeout=60)
                    refused = re.search(rb"is for: (.*); see \[access\]", said)
                    self.assertEqual(refused is None, bool(MAY[name] & ROLES[person]), said)
                    if refused is None:
                        continue
                    self.assertEqual((child.returncode, got), (EX_NOPERM, b""))
                    self.assertEqual(set(re.findall(r"group (\d+)", refused[1].decode())),
                                     {str(GROUPS[role]) for role in MAY[name]})
                    entry = self.last()
                    self.assertEqual((entry["uid"], entry["verb"]),
                                     (PEOPLE[person], "withdraw" if "withdraw" in name else command[0]))
                    self.assertRegex(entry["outcome"], "^refused: .* is for: ")
        self.assertEqual(self.arrived(), [])

    def test_a_role_without_a_group_is_nobodys(self):
        self.config.write_text(re.sub(r"(?m)^releaser = .*$", "releaser =", self.config.read_text()))
        self.ask("releaser", EX_NOPERM, "get", self.keep(MESSAGE))
        self.assertIn("releaser (no group)", self.said)

    def test_nobody_but_the_service_can_read_the_files(self):
        identity = self.keep(MESSAGE)
        files = [path for path in [self.store, *self.store.rglob("*")]]
        self.assertGreater(len(files), 4)
        for person in PEOPLE:
            groups = [GROUPS[role] for role in ROLES[person]]
            for path in (self.store, self.object_of(identity), self.store / "index.sqlite"):
                done = subprocess.run(["ls" if path.is_dir() else "cat", path], capture_output=True,
                                      preexec_fn=lambda: become(PEOPLE[person], groups))
                self.assertNotEqual(done.returncode, 0, path)
        for path in files:
            self.assertEqual((path.stat().st_uid, path.stat().st_mode & 0o077), (SERVICE, 0), path)

    def test_files_are_opened_with_the_rights_of_who_names_them(self):
        identity = self.keep(MESSAGE)
        mine, theirs = self.to_get("releaser", "password"), self.directory / "run/password"
        for path, owner in ((mine, PEOPLE["releaser"]), (theirs, SERVICE)):
            path.write_text("secret\n")
            path.chmod(0o600)
            os.chown(path, owner, owner)
        target = self.to_get("releaser", "a.zip")
        self.ask("releaser", 0, "get", identity, "--zip", "--password-file", mine, "-o", target)
        self.ask("releaser", EX_NOINPUT, "get", identity, "--zip", "--password-file", theirs, "-o", f"{target}2")
        self.ask("releaser", EX_CANTCREAT, "get", identity, "-o", self.directory / "run/x.eml")
        self.ask("administrator", EX_CONFIG, "replay", "--with-config", theirs)
        self.ask("auditor", EX_CONFIG, "log", "--verify", "--key", theirs)
        self.assertNotIn("secret", self.said)

    def test_what_cannot_be_written_down_is_not_given_out(self):
        identity = self.keep(MESSAGE)
        self.ask("viewer", 0, "list")
        log = self.store / "log"
        log.chmod(0o755)
        for person, command in (("viewer", ("list",)), ("releaser", ("get", identity)), ("viewer", ("get", identity, "--text")),
                                ("releaser", ("release", identity, "--to", TANAKA, *WHY)), ("auditor", ("log",))):
            child = self.start(person, *command)
            got, said = child.communicate(timeout=60)
            self.assertEqual((got, child.returncode != 0), (b"", True), command)
        log.chmod(0o700)
        self.assertEqual(self.arrived(), [])
        self.assertEqual(self.ask("releaser", 0, "get", identity), MESSAGE)

    def test_without_the_service_it_is_said_what_to_do(self):
        self.stop_service()
        self.ask("viewer", EX_UNAVAILABLE, "list")
        self.assertIn("mugai-stored", self.said)


class TwoPersons(Case):
    def setUp(self):
        super().setUp()
        self.need_two()

    def pending(self, identity):
        return self.object_of(identity).with_name(identity + ".request")

    def request(self, person, identity, *more, status=0, to=TANAKA):
        return self.ask(person, status, "request", identity, "--to", to, *WHY, *more)

    def test_what_is_approved_is_what_was_requested(self):
        identity = self.keep(MESSAGE)
        self.request("releaser", identity)
        path = self.object_of(identity)
        owner = path.stat()
        self.replace_content(identity, MESSAGE + b"more\r\n")
        os.chown(path, owner.st_uid, owner.st_gid)
        self.lose_index()  # nobody else knows what it was
        self.ask("second", EX_DATAERR, "approve", identity)
        self.assertIn("not the original that was requested", self.said)
        self.assertTrue(self.pending(identity).exists())
        self.assertEqual(self.arrived(), [])
        self.replace_content(identity, MESSAGE)
        os.chown(path, owner.st_uid, owner.st_gid)
        self.ask("second", 0, "approve", identity)
        self.assertEqual(len(self.arrived()), 1)

    def test_one_requests_and_another_one_approves(self):
        identity = self.keep(MESSAGE)
        self.ask("releaser", EX_NOPERM, "release", identity, "--to", TANAKA, *WHY)
        self.assertIn("mugai request", self.said)
        self.check(EX_NOPERM, "release", identity, "--to", TANAKA, *WHY)
        self.ask("second", NO, "approve", identity)
        self.request("releaser", identity)
        self.assertEqual((self.pending(identity).stat().st_mode & 0o777, self.pending(identity).stat().st_uid),
                         (0o600, SERVICE))
        shown = self.ask("viewer", 0, "show", identity).decode()
        self.assertRegex(shown, rf"(?m)^Requested +20.* release to {TANAKA} by uid {PEOPLE['releaser']}, .*: {WHY[1]}$")
        self.ask("releaser", EX_NOPERM, "approve", identity)
        self.assertIn("another person", self.said)
        self.check(EX_NOPERM, "approve", identity)
        self.assertEqual(self.arrived(), [])
        self.assertEqual(self.ask("second", 0, "approve", identity).decode(), f"{identity} released to {TANAKA}\n")
        self.assertTrue(self.arrived()[0].endswith(b"\r\n" + MESSAGE))
        entry = self.last()
        self.assertEqual((entry["verb"], entry["uid"], entry["reason"], entry["outcome"]),
                         ("approve", PEOPLE["second"], WHY[1], "granted"))
        self.assertIn(TANAKA, entry["words"])
        self.assertFalse(self.pending(identity).exists())
        self.ask("second", NO, "approve", identity)
        self.assertNotIn("Requested", self.ask("viewer", 0, "show", identity).decode())
        self.request("releaser", identity, status=NO)
        self.request("second", identity, "--again")
        self.ask("releaser", 0, "approve", identity, "--reason", "確認済")
        self.assertEqual((len(self.arrived()), self.last()["reason"]), (1, "確認済"))

    def test_who_is_root_is_nobody_in_particular(self):
        identity = self.keep(MESSAGE)
        self.check(EX_NOPERM, "request", identity, "--to", TANAKA, *WHY)
        self.request("releaser", identity)
        self.check(EX_NOPERM, "approve", identity)
        self.check(0, "request", identity, "--withdraw")
        self.ask("second", NO, "approve", identity)
        self.assertEqual(self.arrived(), [])

    def test_one_waits_at_a_time_and_can_be_taken_back(self):
        identity = self.keep(MESSAGE)
        self.request("releaser", identity)
        self.request("second", identity, status=NO, to=SATO)
        self.assertIn("withdraw", self.said)
        self.ask("second", 0, "request", identity, "--withdraw")
        self.ask("second", NO, "approve", identity)
        self.ask("releaser", NO, "request", identity, "--withdraw")
        self.request("releaser", identity, to="x@city.example.lg.jp", status=EX_NOPERM)
        self.request("second", identity, to=SATO)
        self.ask("releaser", 0, "approve", identity)
        self.assertEqual(len(self.arrived()), 1)

    def test_a_week_later_it_is_over(self):
        identity = self.keep(MESSAGE)
        for days, status in ((6, 0), (8, EX_NOPERM), (-1, EX_NOPERM)):
            with self.subTest(days):
                self.request("releaser", identity, "--again")
                line = json.loads(self.pending(identity).read_text())
                line["time"] = subprocess.run(["date", "-Iseconds", "-d", f"{-days} days"], capture_output=True,
                                              check=True).stdout.decode().strip()
                self.pending(identity).write_text(json.dumps(line, separators=(",", ":")) + "\n")
                self.ask("second", status, "approve", identity)
        self.assertNotIn("Requested", self.ask("viewer", 0, "show", identity).decode())
        self.request("second", identity, "--again")
        self.assertEqual(len(self.arrived()), 1)

    def test_of_approvals_at_once_one_is_carried_out(self):
        identity = self.keep(MESSAGE)
        for again in ((), ("--again",)):
            self.request("releaser", identity, *again)
            children = [self.start("second", "approve", identity) for _ in range(6)]
            said = [child.communicate(timeout=60) for child in children]
            self.assertEqual(sorted(child.returncode for child in children), [0] + [NO] * 5, said)
            self.assertEqual(len(self.arrived()), 1)

    def test_what_certainly_did_not_go_out_still_waits(self):
        identity = self.keep(MESSAGE)
        port = harness.free_port()
        self.request("releaser", identity)
        self.configure(f"smtp://127.0.0.1:{port}")
        self.ask("second", EX_TEMPFAIL, "approve", identity)
        self.assertIn("still waits", self.said)
        self.configure_tls()
        self.ask("second", 0, "approve", identity)
        self.assertEqual(len(self.arrived()), 1)

    def test_it_goes_where_the_original_goes(self):
        identity = self.keep(MESSAGE)
        self.request("releaser", identity)
        self.assertIn("0 findings", self.ask("administrator", 0, "fsck").decode())
        self.ask("administrator", 0, "delete", identity, *WHY)
        self.assertEqual([path.name for path in self.store.rglob(identity + "*")], [])


class Service(Case):
    def test_killed_in_the_middle_it_leaves_a_true_state(self):
        identity = self.keep(MESSAGE)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        slow = self.server({".": go_on})
        child = self.start("releaser", "release", identity, "--to", TANAKA, *WHY)
        self.assertTrue(slow.saw["."].wait(60))
        self.stop_service(signal.SIGKILL)
        _, said = child.communicate(timeout=60)
        self.assertEqual(child.returncode, EX_TEMPFAIL)
        self.assertIn(b"mugai log", said)
        go_on.set()
        self.assertEqual(self.kept(identity), [([TANAKA], "begun")])
        self.start_service()
        self.ask("releaser", NO, "release", identity, "--to", TANAKA, *WHY)
        self.assertIn("may have arrived", self.said)
        self.configure_tls()
        self.ask("releaser", 0, "release", identity, "--to", TANAKA, "--again", *WHY)
        self.assertEqual(len(self.arrived()), 1)
        self.assertIn("no fault found", self.ask("auditor", 0, "log", "--verify").decode())

    def test_an_approval_killed_in_the_middle_is_not_carried_out_twice(self):
        self.two_person = True
        identity = self.keep(MESSAGE)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        slow = self.server({".": go_on})
        self.ask("releaser", 0, "request", identity, "--to", TANAKA, "--again", *WHY)
        child = self.start("second", "approve", identity)
        self.assertTrue(slow.saw["."].wait(60))
        self.stop_service(signal.SIGKILL)
        child.communicate(timeout=60)
        go_on.set()
        self.start_service()
        self.ask("second", NO, "approve", identity)
        self.assertEqual(self.kept(identity), [([TANAKA], "begun")])

    def test_asked_to_end_it_finishes_what_is_under_way(self):
        identity = self.keep(MESSAGE)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        slow = self.server({".": go_on})
        child = self.start("releaser", "release", identity, "--to", TANAKA, *WHY)
        self.assertTrue(slow.saw["."].wait(60))
        os.kill(self.service.pid, signal.SIGTERM)
        go_on.set()
        self.assertEqual((child.wait(60), self.service.wait(60)), (0, 0))
        child.communicate()
        self.service = None
        self.assertEqual(self.kept(identity)[-1], ([TANAKA], "released"))

    def connect(self, person):
        """A connection of that person's, kept open by a process of his: its standard input ends it."""
        code = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(sys.argv[1]);"
                "print('in', flush=True); s.send(sys.stdin.buffer.read() or b'?'); print(s.recv(65536)[:1])")
        child = subprocess.Popen([sys.executable, "-c", code, str(self.socket)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, preexec_fn=lambda: become(PEOPLE[person], []))
        self.assertEqual(child.stdout.readline(), b"in\n")
        return child

    def test_who_says_nothing_keeps_nobody_waiting_but_himself(self):
        silent = [self.connect("stranger") for _ in range(8)]
        harness.wait_until(lambda: self.children() >= 8, "all are taken")
        self.ask("stranger", EX_TEMPFAIL, "list")
        self.assertIn("too much at once", self.said)
        self.ask("viewer", NO, "list")
        for child in silent:
            child.communicate(b"\xff" * 1000, timeout=60)
        harness.wait_until(lambda: self.children() == 0, "all have ended")
        self.ask("stranger", EX_NOPERM, "list")

    def children(self):
        with open(f"/proc/{self.service.pid}/task/{self.service.pid}/children", encoding="ascii") as children:
            return len(children.read().split())

    def test_garbage_is_answered_and_ends_nothing(self):
        self.keep(MESSAGE)
        for octets in (b"i", b"m", b"i" + b"\0" * 100, b"i" + os.urandom(500), b"x", b"i" + b"\xff" * 60000):
            child = self.connect("viewer")
            got, _ = child.communicate(octets, timeout=60)
            self.assertEqual(got, b"b'i'\n", octets[:20])
        self.ask("viewer", 0, "list")

    def test_it_has_given_up_what_it_does_not_need(self):
        self.assertEqual((self.status("NoNewPrivs"), int(self.status("CapPrm"), 16)), ("1", 0))
        self.assertEqual({int(uid) for uid in self.status("Uid").split()}, {SERVICE})

    def status(self, field):
        text = pathlib.Path(f"/proc/{self.service.pid}/status").read_text()
        return re.search(rf"(?m)^{field}:\t(.*)$", text)[1]

    def test_what_the_timers_start_works_under_the_filters_of_its_units(self):
        self.keep(MESSAGE, received=int(time.time()))
        more = (f"[digest]\nserver = smtp://localhost:{self.postfix.port}\nsender = mugai@city.example.jp\n"
                f"to = {TANAKA}\ntls = opportunistic\n")
        self.config.write_text(self.config.read_text() + more)
        for verb in ("purge", "fsck", "digest"):
            calls = Unit(UNITS / f"mugai-{verb}.service").filter()
            done = subprocess.run([test_cli.MUGAI, verb, "--config", self.config], capture_output=True, timeout=60,
                                  preexec_fn=lambda: become_service(calls))
            self.assertEqual(done.returncode, 0, (verb, done.stderr))
        self.assertEqual(len(self.arrived()), 1)

    def test_started_by_root_it_becomes_the_user_of_the_store(self):
        self.stop_service()
        nobody = pwd.getpwnam("nobody").pw_uid
        for path in (self.store, *self.store.rglob("*")):
            os.chown(path, nobody, nobody)
        (self.directory / "run").chmod(0o755)
        os.chown(self.directory / "run", 0, 0)
        self.config.write_text("[milter]\nuser = nobody\n" + self.config.read_text())
        self.start_service(by_root=True)
        self.assertEqual({int(uid) for uid in self.status("Uid").split()}, {nobody})
        self.assertEqual(int(self.status("CapPrm"), 16) | int(self.status("CapBnd"), 16), 0)
        self.ask("releaser", NO, "show", test_cli.ID)

    def test_systemds_socket_is_served_and_left_when_nobody_asks(self):
        self.stop_service()
        self.keep(MESSAGE)
        self.socket.unlink(missing_ok=True)
        systemd = subprocess.Popen(["systemd-socket-activate", "--seqpacket", "-l", self.socket, STORED, "--config",
                                    self.config, "--idle", "1", "--log-stderr"], stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: become(SERVICE, []))
        self.addCleanup(systemd.kill)
        harness.wait_until(self.socket.exists, "systemd listens")
        self.socket.chmod(0o666)
        harness.wait_until(lambda: self.listens(), "systemd listens")
        self.assertIn("suzuki", self.ask("viewer", 0, "list").decode())
        self.assertEqual(systemd.wait(60), 0)

    def listens(self):
        return str(self.socket) in pathlib.Path("/proc/net/unix").read_text()

    def test_another_one_is_not_started_beside_it(self):
        done = subprocess.run([STORED, "--config", self.config, "--log-stderr"], capture_output=True, timeout=60,
                              preexec_fn=lambda: become(SERVICE, []))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"served already", done.stderr)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    harness.end_on_signals()
    unittest.main(verbosity=2)
