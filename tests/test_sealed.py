#!/usr/bin/python3
"""test_sealed.py - mugaid with [store] seal_to: what it keeps, only the holder of a private key can open

Run by "meson test sealed", which names the programs in MUGAID, MUGAI and MUGAI_WORKER. Sealed originals are opened by
sealed_reader.py, which shares no code with mugai. The vector in tests/vault was made once and stays.
"""

import gzip
import hashlib
import json
import os
import pathlib
import pty
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_reader  # noqa: E402
import sealed_reader  # noqa: E402
import test_milter  # noqa: E402
from test_milter import MESSAGE, MILTER_USER, READY_SECONDS, MilterTest, field, wait_for  # noqa: E402

VAULT = pathlib.Path(__file__).resolve().parent / "vault"
VECTOR_ID = "20261120-5V0M4-N1W0B"
PASSPHRASE = (VAULT / "passphrase").read_bytes().splitlines()[0]
NO, USAGE, EX_CANTCREAT, EX_NOPERM, EX_CONFIG = 1, 2, 73, 77, 78


def key_id(public_file):
    return hashlib.sha256(sealed_reader.base64.b64decode(public_file.read_text().split()[1])).hexdigest()[:16]


def unseal(path, private_file=VAULT / "vault.key", passphrase=PASSPHRASE):
    """(id, envelope, original) as the second reader has them."""
    key = sealed_reader.private_key(private_file.read_bytes(), passphrase)
    identity, envelope, content, size = sealed_reader.unseal(path.read_bytes(), *key)
    original = gzip.decompress(content)
    assert size == len(original)
    return identity, json.loads(envelope), original


def run(*arguments, **options):
    return subprocess.run([os.environ["MUGAI"], *map(str, arguments)], capture_output=True, timeout=READY_SECONDS,
                          **options)


class Vector(unittest.TestCase):
    def test_the_vector_is_opened_by_the_second_reader(self):
        identity, envelope, original = unseal(VAULT / (VECTOR_ID + ".eml.sealed"))
        self.assertEqual(identity, VECTOR_ID)
        self.assertEqual(envelope["sender"], "suzuki@example.com")
        self.assertEqual(original, (VAULT / "original.eml").read_bytes())

    def test_the_second_reader_as_a_program(self):
        done = subprocess.run([sys.executable, sealed_reader.__file__, VAULT / "vault.key", VAULT / "passphrase",
                               VAULT / (VECTOR_ID + ".eml.sealed")], capture_output=True)
        self.assertEqual(gzip.decompress(done.stdout), (VAULT / "original.eml").read_bytes())


class Keygen(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mugai-vault-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.words = self.folder / "passphrase"

    def keygen(self, *arguments, **options):
        return run("keygen", "--vault", "--output", self.folder / "v", *arguments, **options)

    def expect_pair(self, passphrase):
        private, public = self.folder / "v.key", self.folder / "v.pub"
        self.assertEqual(stat.S_IMODE(private.stat().st_mode), 0o600)
        octets, _ = sealed_reader.private_key(private.read_bytes(), passphrase)
        self.assertEqual(sealed_reader.base64.b64encode(octets).decode(), public.read_text().split()[1])
        # Guessing is dear: 64 MiB at the least.
        self.assertGreaterEqual(int(private.read_text().split()[2]), 64 * 1024)

    def test_the_passphrase_comes_from_a_file(self):
        self.words.write_text("one two\r\nthree\n")
        done = self.keygen("--passphrase-file", self.words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect_pair(b"one two")
        self.assertTrue(done.stdout.startswith(f"key {key_id(self.folder / 'v.pub')}\n".encode()), done.stdout)
        for secret in (b"one two", (self.folder / "v.key").read_bytes().split()[-1]):
            self.assertNotIn(secret, done.stdout + done.stderr)
        self.assertEqual(self.keygen("--passphrase-file", self.words).returncode, EX_CANTCREAT)

    def test_no_passphrase_no_key(self):
        for contents in (b"", b"\n", b"x" * 2000):
            self.words.write_bytes(contents)
            self.assertEqual(self.keygen("--passphrase-file", self.words).returncode, USAGE, contents[:3])
        done = self.keygen(start_new_session=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(b"--passphrase-file", done.stderr)
        self.assertEqual(run("keygen", "--output", self.folder / "v", "--passphrase-file", self.words).returncode, USAGE)
        self.assertEqual(sorted(self.folder.iterdir()), [self.words])

    def typed(self, *lines):
        """What keygen shows on a terminal where somebody types, and how it ends."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(os.environ["MUGAI"], ["mugai", "keygen", "--vault", "--output", str(self.folder / "v")])
        shown = b""
        for prompt, line in zip((b"key: ", b"more: "), lines):
            while not shown.endswith(prompt):
                shown += os.read(terminal, 1024)
            os.write(terminal, line + b"\n")
        try:
            while octets := os.read(terminal, 1024):
                shown += octets
        except OSError:
            pass  # the other end is closed
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown

    def test_the_passphrase_is_typed_twice_and_not_shown(self):
        status, shown = self.typed(b"secret words", b"secret word")
        self.assertEqual(status, USAGE, shown)
        self.assertFalse((self.folder / "v.key").exists())
        status, shown = self.typed(b"secret words", b"secret words")
        self.assertEqual(status, 0, shown)
        self.assertNotIn(b"secret", shown)
        self.expect_pair(b"secret words")


class Sealed(MilterTest):
    def sealed_daemon(self, *more, **settings):
        public = pathlib.Path(self.folder) / "vault.pub"
        shutil.copy(VAULT / "vault.pub", public)
        return self.daemon(store__seal_to=public, **settings)

    def make_pair(self, name):
        """A second pair: its private and its public file."""
        words = pathlib.Path(self.folder) / "words"
        words.write_text("words\n")
        base = pathlib.Path(self.folder) / name
        done = run("keygen", "--vault", "--output", base, "--passphrase-file", words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return base.with_suffix(".key"), base.with_suffix(".pub")

    def sealed(self, daemon):
        """id -> file, of all that the store has sealed."""
        return {path.name.removesuffix(".eml.sealed"): path for path in daemon.store.glob("*/*/*/*.eml.sealed")}

    def command(self, daemon, verb, *arguments):
        owner = daemon.store.stat()
        return run(verb, *arguments, "--config", daemon.config, user=owner.st_uid, group=owner.st_gid)

    def keep_one(self, daemon, octets=MESSAGE):
        answer, passed = daemon.send(octets)
        self.assertTrue(answer.accepted, daemon.read_log())
        identity = field(passed, b"Mugai-Id")
        return identity, self.sealed(daemon)[identity]

    def test_I2_the_original_is_kept_sealed_and_comes_back_octet_for_octet(self):
        daemon = self.sealed_daemon()
        head = b"Subject: s\r\n\r\n"
        for size in (0, 65536, 300000, 10 << 20):
            octets = head + (b"0123456789abcdef" * (size // 16 + 1))[:size]
            identity, path = self.keep_one(daemon, octets)
            self.assertEqual(unseal(path)[::2], (identity, octets))
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(list(daemon.store.glob("*/*/*/*.eml.gz")), [])

    def test_nothing_of_the_original_is_readable_in_its_file_and_the_command_says_whose_key_it_takes(self):
        daemon = self.sealed_daemon()
        identity, path = self.keep_one(daemon)
        envelope = unseal(path)[1]
        self.assertEqual(envelope["recipients"], ["to@example.jp"])
        for text in (b"visible text", b"evil.exe", b"report of the week"):
            self.assertNotIn(text, path.read_bytes())
        self.wait_listed(daemon, {identity: "passed"})
        public = key_id(VAULT / "vault.pub")
        got = self.command(daemon, "get", identity, "-o", pathlib.Path(self.folder) / "original.eml")
        self.assertEqual(got.returncode, EX_NOPERM, got.stderr)
        self.assertIn(public.encode(), got.stderr)
        self.assertIn(f"sealed to {public}", daemon.read_log())

    def test_I9_the_log_has_whom_originals_are_sealed_to(self):
        daemon = self.sealed_daemon()
        daemon.stop()
        entries, faults = log_reader.check(daemon.store / "log")
        self.assertEqual(faults, [])
        self.assertEqual(entries[0]["words"], [str(daemon.config), f"sealed to {key_id(VAULT / 'vault.pub')}"])

    def test_I8_what_cannot_be_opened_is_listed_by_its_envelope(self):
        daemon = self.sealed_daemon()
        ids = [self.keep_one(daemon)[0] for _ in range(2)]
        daemon.stop()
        for path in daemon.store.glob("index.sqlite*"):
            path.unlink()
        daemon.start()
        self.wait_listed(daemon, dict.fromkeys(ids, "kept"))
        entry = json.loads(self.command(daemon, "list", "--from", "sender@example", "--limit", "1", "--json").stdout)
        self.assertEqual((entry["envelope"]["sender"], entry["subject"]), ("sender@example.org", ""))
        self.assertEqual(entry["original"]["size"], len(MESSAGE))
        self.assertIn("sealed", entry["warnings"][0])

    def test_what_the_index_has_of_the_content_is_sealed_as_well(self):
        daemon = self.sealed_daemon(store__seal_index="yes")
        identity, _ = self.keep_one(daemon)
        self.wait_listed(daemon, {identity: "passed"})
        entry = json.loads(self.command(daemon, "list", "--from", "sender@example", "--json").stdout)
        self.assertTrue(entry["sealed"])
        self.assertEqual([part["disposition"] for part in entry["parts"]], ["kept", "removed"])
        for text in ("report of the week", "evil.exe", hashlib.sha256(MESSAGE).hexdigest()):
            self.assertNotIn(text, json.dumps(entry))
        self.assertEqual(self.command(daemon, "list", "--subject", "report", "--json").stdout, b"")
        self.assertIn(b"(sealed)", self.command(daemon, "list").stdout)
        daemon.stop()
        done = self.command(daemon, "fsck", "--repair")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.listed(daemon), {identity: "passed"})

    # --- with the private key ---

    def key_options(self, private=VAULT / "vault.key", passphrase=PASSPHRASE):
        """A private key file and its passphrase as their owner has them."""
        key, words = pathlib.Path(self.folder) / "mine.key", pathlib.Path(self.folder) / "mine.words"
        key.write_bytes(private.read_bytes())
        words.write_bytes(passphrase + b"\n")
        for path in (key, words):
            path.chmod(0o600)
        return "--private-key", key, "--passphrase-file", words

    def opened(self, daemon, verb, *arguments, status=0, options=None):
        """What root gets with the key."""
        done = run(verb, *arguments, *(options or self.key_options()), "--config", daemon.config)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr.decode() if status else done.stdout

    def test_I2_the_key_opens_the_original_its_parts_and_its_text(self):
        daemon = self.sealed_daemon()
        answer, passed = daemon.send()
        self.assertTrue(answer.accepted)
        identity = field(passed, b"Mugai-Id")
        self.assertEqual(self.opened(daemon, "get", identity), MESSAGE)
        self.assertEqual(self.opened(daemon, "get", identity, "--part", "2"), b"MZATTACHMENTPAYLOAD")
        self.assertEqual(self.opened(daemon, "get", identity, "--text").decode(),
                         test_milter.text_of(passed).replace("\r\n", "\n"))
        self.wait_listed(daemon, {identity: "passed"})
        whole = hashlib.sha256(MESSAGE).hexdigest()
        self.assertIn(f"whole, sha256 {whole}", self.opened(daemon, "show", identity).decode())
        without = self.command(daemon, "show", identity).stdout.decode()
        self.assertIn(f"undamaged, sealed to {key_id(VAULT / 'vault.pub')}", without)
        self.assertNotIn(whole, without.split("Parts")[0])

    def test_I9_what_is_opened_is_written_down_and_no_key_with_it(self):
        daemon = self.sealed_daemon()
        identity, _ = self.keep_one(daemon)
        self.opened(daemon, "get", identity, "--reason", "asked for")
        entries, faults = log_reader.check(daemon.store / "log")
        self.assertEqual((faults, entries[-1]["verb"], entries[-1]["reason"]), ([], "get", "asked for"))
        log = b"".join(path.read_bytes() for path in (daemon.store / "log").iterdir())
        self.assertNotIn(PASSPHRASE, log)
        self.assertFalse(any(entry["verb"] == "keys" for entry in entries))

    def test_another_key_or_passphrase_opens_nothing(self):
        daemon = self.sealed_daemon()
        identity, _ = self.keep_one(daemon)
        private, _ = self.make_pair("other")
        other = self.key_options(private, b"words")
        self.assertIn(key_id(VAULT / "vault.pub"), self.opened(daemon, "get", identity, status=EX_NOPERM, options=other))
        wrong = self.key_options(passphrase=b"wrong")
        self.assertIn("passphrase", self.opened(daemon, "get", identity, status=EX_NOPERM, options=wrong))
        self.opened(daemon, "get", identity, status=EX_CONFIG, options=self.readable_by_all())
        self.assertIn("--private-key", self.opened(daemon, "get", identity, status=USAGE,
                                                   options=self.key_options()[2:]))

    def readable_by_all(self):
        options = self.key_options()
        options[1].chmod(0o644)
        return options

    def test_a_sealed_index_is_searched_and_shown_with_the_key_alone(self):
        daemon = self.sealed_daemon(store__seal_index="yes")
        identity, _ = self.keep_one(daemon)
        self.wait_listed(daemon, {identity: "passed"})
        for query in (["--subject", "report"], ["--name", "evil"], ["--text", "the week"]):
            found = self.opened(daemon, "list", *query, "--json")
            self.assertEqual(json.loads(found)["id"], identity)
            blind = self.command(daemon, "list", *query, "--json")
            self.assertEqual(blind.stdout, b"")
            self.assertIn(b"were not searched", blind.stderr)
        self.assertNotIn(b"searched", self.command(daemon, "list", "--to", "example").stderr)
        self.assertIn("report of the week", self.opened(daemon, "show", identity).decode())
        self.assertIn("(sealed)", self.command(daemon, "show", identity).stdout.decode())
        private, _ = self.make_pair("other")
        self.assertEqual(self.opened(daemon, "list", "--subject", "report", "--json",
                                     options=self.key_options(private, b"words")), b"")

    def test_I8_with_the_key_fsck_makes_whole_entries_and_replay_compares(self):
        daemon = self.sealed_daemon()
        identity, _ = self.keep_one(daemon)
        daemon.stop()
        for index in daemon.store.glob("index.sqlite*"):
            index.unlink()
        self.opened_no(daemon, "fsck", "--repair")
        entry = json.loads(self.command(daemon, "list", "--subject", "report of", "--json").stdout)
        self.assertEqual((entry["id"], entry["original"]["sha256"]), (identity, hashlib.sha256(MESSAGE).hexdigest()))
        planned = pathlib.Path(self.folder) / "planned.conf"
        planned.write_text(daemon.config.read_text().replace("language = en", "language = ja"))
        said = self.opened_no(daemon, "replay", "--with-config", planned)
        self.assertIn(identity, said)
        self.assertEqual(self.command(daemon, "replay", "--with-config", daemon.config).returncode, 65)

    def opened_no(self, daemon, verb, *arguments):
        done = run(verb, *arguments, *self.key_options(), "--config", daemon.config)
        self.assertEqual(done.returncode, NO, done.stderr)
        return done.stdout.decode()

    def test_fsck_finds_damage_without_a_key_and_rebuilds_what_can_be_known(self):
        daemon = self.sealed_daemon()
        (whole, _), (damaged, path) = self.keep_one(daemon), self.keep_one(daemon)
        self.wait_listed(daemon, {whole: "passed", damaged: "passed"})
        daemon.stop()
        done = self.command(daemon, "fsck")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        octets = bytearray(path.read_bytes())
        octets[len(octets) // 2] ^= 1
        path.write_bytes(octets)
        finding, _ = map(json.loads, self.command(daemon, "fsck", "--json").stdout.splitlines())
        self.assertEqual((finding["finding"], finding["name"]), ("damaged", damaged))
        for index in daemon.store.glob("index.sqlite*"):
            index.unlink()
        self.assertEqual(self.command(daemon, "fsck", "--repair").returncode, NO)
        # What is known is known: a second time there is nothing to repair but the damage.
        again = [json.loads(line) for line in self.command(daemon, "fsck", "--repair", "--json").stdout.splitlines()]
        self.assertEqual([line["finding"] for line in again[:-1]], ["damaged"])
        self.assertEqual(self.listed(daemon), {whole: "kept", damaged: "kept"})

    def test_hold_delete_and_purge_know_both_forms(self):
        daemon = self.sealed_daemon()
        first, path = self.keep_one(daemon)
        second, _ = self.keep_one(daemon)
        daemon.stop()
        hash_at_end = path.read_bytes()[-64:].decode()
        self.assertEqual(self.command(daemon, "hold", first, "--reason", "court").returncode, 0)
        self.assertEqual(self.command(daemon, "delete", first, "--reason", "x").returncode, NO)
        self.assertEqual(self.command(daemon, "unhold", first, "--reason", "done").returncode, 0)
        done = self.command(daemon, "delete", first, "--reason", "x")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.sealed(daemon)), [second])
        entry = [entry for entry in log_reader.check(daemon.store / "log")[0] if entry["verb"] == "delete"][-1]
        self.assertEqual((entry["sealed"], entry["sha256"], entry["size"]), (True, hash_at_end, len(MESSAGE)))
        self.assertEqual(self.listed(daemon), {second: "passed"})

    def test_I2_killed_while_a_message_comes_in_nothing_is_left_and_what_was_accepted_is_whole(self):
        daemon = self.sealed_daemon()
        identity, path = self.keep_one(daemon)
        descriptors = pathlib.Path(f"/proc/{daemon.service()}/fd")
        day = str(path.parent)
        with daemon.connect() as connection:
            connection.envelope("s@example.org", ["r@example.jp"], "KILLED")
            connection.event(b"N")
            for _ in range(40):
                connection.event(b"B", b"x" * 60000 + b"\r\n")
            # The object has no name yet, and most of the message is in it.
            wait_for(lambda: any(os.readlink(link).startswith(day + "/#") and link.stat().st_size > 1 << 20
                                 for link in list(descriptors.iterdir()) if link.is_symlink()))
            daemon.kill()
        self.assertEqual(unseal(path)[::2], (identity, MESSAGE))
        self.assertEqual(list(self.sealed(daemon)), [identity])
        daemon.start()
        self.keep_one(daemon)

    def test_a_wrong_key_file_changes_nothing_and_a_second_key_is_taken_up_by_a_reload(self):
        daemon = self.sealed_daemon()
        private, public = self.make_pair("second")
        both = f"{daemon.folder / 'vault.pub'}, {public}"
        right = public.read_text()
        public.write_text(right[:-9] + "\n")
        daemon.write_config(store__seal_to=both)
        checked = run("check-config", daemon.config)
        self.assertEqual(checked.returncode, EX_CONFIG)
        self.assertIn(str(public).encode(), checked.stderr)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: the old settings stay: ")
        self.assertIn(str(public), daemon.read_log())
        _, path = self.keep_one(daemon)
        self.assertRaises(KeyError, unseal, path, private, b"words")
        public.write_text(right)
        self.assertEqual(run("check-config", daemon.config).returncode, 0)
        since = len(daemon.read_log())
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: done", since)
        _, path = self.keep_one(daemon)
        for key, passphrase in ((VAULT / "vault.key", PASSPHRASE), (private, b"words")):
            self.assertEqual(unseal(path, key, passphrase)[2], MESSAGE)

    def test_a_store_may_hold_both_forms(self):
        daemon = self.sealed_daemon()
        sealed, _ = self.keep_one(daemon)
        daemon.write_config()
        since = len(daemon.read_log())
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: done", since)
        plain = field(daemon.send()[1], b"Mugai-Id")
        self.assertEqual(daemon.objects(), {plain: MESSAGE})
        self.assertEqual(list(self.sealed(daemon)), [sealed])
        self.wait_listed(daemon, {sealed: "passed", plain: "passed"})
        daemon.stop()
        done = self.command(daemon, "fsck")
        self.assertEqual(done.returncode, 0, done.stdout)
        got = self.command(daemon, "get", plain, "-o", daemon.folder / "original.eml")
        self.assertEqual((daemon.folder / "original.eml").read_bytes(), MESSAGE, got.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
