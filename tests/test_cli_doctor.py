#!/usr/bin/python3
"""test_cli_doctor.py - mugai doctor beside a mugaid that runs: all well, and each thing broken in turn

Run by "meson test cli-doctor", which names the programs in MUGAID, MUGAI and MUGAI_WORKER. Postfix' settings are
test_cli_postfix.py's.
"""

import ctypes
import datetime
import errno
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from test_milter import MILTER_USER, OLD_ID, WORKER_USER, Daemon, MilterTest, wait_for  # noqa: E402

LOCKED = os.environ["MUGAI_LOCKED"] == "yes"
# Whom Postfix becomes: a user that every Debian has, with a group of its own.
POSTFIX_USER = "mail"


def id_of(day):
    """The first one of a day; its last character is a check, see id.c."""
    digits, check = f"{day:%Y%m%d}000000000", 0
    for digit in digits + "0":
        check = (check << 1 ^ (0x25 if check & 0x10 else 0)) ^ int(digit)
    return f"{digits[:8]}-{digits[8:13]}-{digits[13:]}{'0123456789ABCDEFGHJKMNPQRSTVWXYZ'[check]}"


def answer_adjtimex(number):
    """From now on the kernel answers it with that error: 0 is "a time server keeps the clock"."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    allow, answer = 0x7fff0000, 0x00050000 | number
    context = ctypes.c_void_p(seccomp.seccomp_init(allow))
    for name in (b"adjtimex", b"clock_adjtime"):
        if seccomp.seccomp_rule_add(context, answer, seccomp.seccomp_syscall_resolve_name(name), 0) != 0:
            raise OSError(f"no rule for {name}")
    if seccomp.seccomp_load(context) != 0:
        raise OSError("no filter")


@unittest.skipUnless(os.geteuid() == 0, "it is run as root")
class DoctorTest(MilterTest):
    postfix = None  # the directory of a main.cf

    def doctor(self, daemon, *words, **identity):
        """Exit status, and what -> [(found, text)]."""
        postfix = ["--postfix-config", self.postfix] if self.postfix else ["--no-postfix"]
        done = subprocess.run([os.environ["MUGAI"], "doctor", "--json", *postfix, "--config", daemon.config, *words],
                              capture_output=True, text=True, timeout=120, **identity)
        self.assertEqual(done.stderr, "")
        found = {}
        for line in done.stdout.splitlines():
            entry = json.loads(line)
            found.setdefault(entry["what"], []).append((entry["found"], entry["text"]))
        return done.returncode, found

    def assert_wrong(self, daemon, what, *words, options=()):
        """This and nothing else is wrong, and the text has the words."""
        status, found = self.doctor(daemon, *options)
        wrong = {name: texts for name, entries in found.items()
                 if (texts := [text for how, text in entries if how == "wrong"])}
        if not LOCKED:
            wrong.pop("lock", None)
        self.assertEqual(status, 1, found)
        self.assertEqual(list(wrong), [what], wrong)
        for word in words:
            self.assertIn(word, " ".join(wrong[what]))
        return found

    def test_all_is_well_and_the_message_is_kept_like_any_other(self):
        daemon = self.daemon()
        status, found = self.doctor(daemon)
        if LOCKED:
            self.assertEqual(status, 0, found)
            self.assertEqual([how for how, _ in found["lock"]], ["ok"])
        for what in ("configuration", "store", "worker", "socket", "message"):
            self.assertEqual([how for how, _ in found[what]], ["ok"], found[what])
        original, = daemon.objects().values()
        self.assertIn(b"mugai doctor", original)
        daemon.wait_log("outcome=")

    def test_no_message_leaves_nothing_behind(self):
        daemon = self.daemon()
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual(found["socket"][0][0], "ok")
        self.assertNotIn("message", found)
        self.assertEqual(daemon.objects(), {})

    def test_wrong_configuration_is_the_one_finding(self):
        daemon = Daemon(self.folder, milter__sokcet="x")
        found = self.assert_wrong(daemon, "configuration", "mugai.conf", "sokcet")
        self.assertEqual(list(found), ["configuration"])

    def test_no_mugaid(self):
        self.assert_wrong(Daemon(self.folder), "socket", "systemctl status mugaid")

    def assert_wrong_where_a_stranger_answers(self, octets, what, said, *options):
        daemon = Daemon(self.folder)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(daemon.socket)
            listener.listen()

            def answer():
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(octets)
                    connection.recv(100)

            thread = threading.Thread(target=answer)
            thread.start()
            self.assert_wrong(daemon, what, said, options=list(options))
            thread.join()

    def test_something_else_at_the_socket(self):
        self.assert_wrong_where_a_stranger_answers(b"220 mail.example ESMTP\r\n", "socket", "no milter")

    if LOCKED:  # else what runs is never locked, and is not told to be
        def test_a_milter_without_the_lock_is_told(self):
            self.assert_wrong_where_a_stranger_answers(b"\0\0\0\x0dO" + bytes((0, 0, 0, 6)) + bytes(8), "lock",
                                                       "without its lock", "--no-message")

    def attached(self, activated=False):
        """A mugaid whose socket lies as the package has it, and a Postfix that asks there. activated: the socket is root's
        and is passed, as mugaid.socket does it."""
        folder = pathlib.Path(self.folder)
        self.place, self.postfix = folder / "queue", folder / "postfix"
        self.place.mkdir()
        shutil.chown(self.place, MILTER_USER, POSTFIX_USER)
        self.place.chmod(0o2750)
        self.postfix.mkdir(mode=0o755)
        (self.postfix / "main.cf").write_text(
            f"compatibility_level = 3.6\nqueue_directory = {folder}\nmail_owner = {POSTFIX_USER}\n"
            "smtpd_milters = unix:queue/milter.sock\nmilter_default_action = tempfail\nsmtputf8_enable = no\n")
        shutil.copy("/usr/share/postfix/master.cf.dist", self.postfix / "master.cf")
        for path in self.postfix.iterdir():
            os.utime(path, (1, 1))  # its programs wait for a new one to grow old
        path = f"{self.place}/milter.sock"
        daemon = Daemon(self.folder, milter__socket=f"unix:{path}")
        self.addCleanup(daemon.stop)
        if activated:
            listener = socket.socket(socket.AF_UNIX)
            self.addCleanup(listener.close)
            listener.bind(path)
            listener.listen()
            shutil.chown(path, MILTER_USER, POSTFIX_USER)
            os.chmod(path, 0o660)
            daemon.inherited = (listener.fileno(),)
            daemon.before = (sys.executable, HERE / "activate.py", str(listener.fileno()), "--")
        return daemon.start()

    def test_Postfix_gets_at_the_socket_or_is_told_not_to(self):
        daemon = self.attached()
        status, found = self.doctor(daemon, "--no-message")
        self.assertEqual([how for how, _ in found["socket"]], ["ok", "ok"], found)
        self.assertIn(POSTFIX_USER, found["socket"][1][1])
        self.place.chmod(0o700)
        self.assert_wrong(daemon, "socket", f"user {POSTFIX_USER} does not get there", "Permission denied", "systemd-tmpfiles")
        self.place.chmod(0o2750)
        shutil.chown(self.place / "milter.sock", group="root")
        self.assert_wrong(daemon, "socket", f"user {POSTFIX_USER} does not get there", "systemctl restart mugaid")

    def test_socket_that_systemd_keeps_is_as_good_as_ones_own(self):
        daemon = self.attached(activated=True)
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual([how for how, _ in found["socket"]], ["ok", "ok"], found)
        self.assertIn(str(daemon.service()), found["lock"][0][1])
        if LOCKED:
            self.assertEqual([how for how, _ in found["lock"]], ["ok"], found)
        daemon.stop()
        self.assert_wrong(daemon, "socket", "does not answer", "systemctl status mugaid", options=["--no-message"])

    def test_who_cannot_become_Postfix_user_says_so(self):
        daemon = self.attached()
        owner = daemon.store.stat()
        _, found = self.doctor(daemon, "--no-message", user=owner.st_uid, group=owner.st_gid, extra_groups=[])
        self.assertEqual([how for how, _ in found["socket"]], ["ok", "note"], found)
        self.assertIn("run this as root", found["socket"][1][1])

    def test_sockets_that_mail_can_do_without(self):
        folder = pathlib.Path(self.folder)
        access = folder / "stored.sock"
        daemon = self.daemon(metrics__socket=f"unix:{folder}/metrics.sock", access__socket=access, access__viewer=4711)
        status, found = self.doctor(daemon, "--no-message")
        self.assertEqual([how for how, _ in found["metrics"] + found["access"]], ["ok", "note"], found)
        self.assertIn("systemctl restart mugai-stored.socket", found["access"][0][1])
        if LOCKED:
            self.assertEqual(status, 0, found)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(access))
            listener.listen()
            listener.setblocking(False)
            _, found = self.doctor(daemon, "--no-message")
            self.assertEqual(found["access"][0][0], "ok", found)
            with self.assertRaises(BlockingIOError):  # it hears nothing of that
                listener.accept()
        daemon.stop()
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual([how for how, _ in found["metrics"] + found["access"]], ["note", "note"], found)
        self.assertIn("systemctl restart mugaid", found["metrics"][0][1])

    def test_rights_of_the_store(self):
        daemon = self.daemon()
        shutil.chown(daemon.store, WORKER_USER)
        _, found = self.doctor(daemon, "--no-message")
        self.assertIn(f"chown {MILTER_USER}", found["store"][0][1])
        shutil.chown(daemon.store, MILTER_USER)
        daemon.store.chmod(0o750)
        _, found = self.doctor(daemon, "--no-message")
        self.assertIn("chmod", found["store"][0][1])

    def test_key_that_others_can_read(self):
        base = pathlib.Path(self.folder) / "seal"
        subprocess.run([os.environ["MUGAI"], "keygen", "--output", base], check=True, stdout=subprocess.DEVNULL)
        key = base.with_suffix(".key")
        shutil.chown(key, MILTER_USER)
        daemon = self.daemon(seal__key=key)
        status, found = self.doctor(daemon)
        self.assertEqual([how for how, _ in found["seal"]], ["ok", "ok"], found)
        key.chmod(0o644)
        self.assert_wrong(daemon, "seal", "chmod")

    def test_full_disk(self):
        daemon = self.daemon(store__min_free=900000000)
        status, found = self.doctor(daemon)
        self.assertEqual(status, 1)
        self.assertEqual(found["disk"][0][0], "wrong")
        self.assertIn("452", found["message"][0][1])

    def test_broken_worker(self):
        daemon = self.daemon()
        daemon.write_config(worker="/bin/false")
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual(found["worker"][0][0], "wrong")
        # One that has to end is no ending of ours.
        daemon.write_config()
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual(found["worker"][0][0], "ok")

    def test_broken_index(self):
        daemon = self.daemon()
        self.doctor(daemon)
        identity, = daemon.objects()
        wait_for(lambda: identity in self.listed(daemon))
        daemon.stop()
        index, = [path for path in daemon.store.iterdir() if path.is_file() and path.read_bytes()[:6] == b"SQLite"]
        octets = index.read_bytes()
        index.write_bytes(octets[:100] + b"\xff" * (len(octets) - 100))
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual(found["index"][0][0], "wrong", found)
        self.assertIn("fsck --repair", found["index"][0][1])

    def objects_of_two_days(self):
        """A store whose newest original, of today, is mugaid's, and an older one that nobody can read."""
        daemon = self.daemon()
        self.assertEqual(self.doctor(daemon)[1]["original"], [("ok", "there is none yet")])
        newest, = daemon.store.glob("*/*/*/*.eml.gz")
        old = daemon.store / "2020/01/01" / f"{OLD_ID}.eml.gz"
        old.parent.mkdir(parents=True, mode=0o755)
        old.write_bytes(b"no gzip")
        return daemon, newest

    def test_the_newest_original_is_read_to_its_end(self):
        daemon, newest = self.objects_of_two_days()
        _, found = self.doctor(daemon, "--no-message")
        identity = newest.name.partition(".")[0]
        self.assertEqual(found["original"], [("ok", f"the newest one is whole: {identity}")])
        octets = newest.read_bytes()
        for damaged in (octets[:-1], octets[:-8] + bytes(8), b"overwritten", b""):
            newest.write_bytes(damaged)
            with self.subTest(damaged[-8:]):
                self.assert_wrong(daemon, "original", identity, "mugai fsck", options=["--no-message"])

    def test_the_newest_original_is_mugaids_to_read(self):
        daemon, newest = self.objects_of_two_days()
        for path in (newest, newest.parents[2]):
            mode = path.stat().st_mode & 0o7777
            shutil.chown(path, "root")
            path.chmod(0o700 if path.is_dir() else 0o600)
            with self.subTest(path):
                self.assert_wrong(daemon, "original", "Permission denied", f"chown -R {MILTER_USER}: {daemon.store}",
                                  options=["--no-message"])
            shutil.chown(path, MILTER_USER)
            path.chmod(mode)
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual(found["original"][0][0], "ok")

    def test_a_sealed_original_is_looked_at_without_the_key(self):
        base = pathlib.Path(self.folder) / "vault"
        passphrase = pathlib.Path(self.folder) / "passphrase"
        passphrase.write_text("correct horse battery staple\n")
        subprocess.run([os.environ["MUGAI"], "keygen", "--vault", "--passphrase-file", passphrase, "--output", base],
                       check=True, stdout=subprocess.DEVNULL)
        daemon = self.daemon(store__seal_to=base.with_suffix(".pub"))
        self.doctor(daemon)
        newest, = daemon.store.glob("*/*/*/*.eml.sealed")
        _, found = self.doctor(daemon, "--no-message")
        self.assertEqual(found["original"][0][0], "ok", found)
        newest.write_bytes(newest.read_bytes()[:-1])
        self.assert_wrong(daemon, "original", "mugai fsck", options=["--no-message"])

    def doctor_of(self, daemon, kept=None, at=None):
        """What it finds of the clock, and of its message: where a time server keeps the clock or none does, and at that time."""
        program = [os.environ["MUGAI"], "doctor", "--json", "--no-postfix", "--config", daemon.config]
        done = subprocess.run([*(["faketime", "-f", at] if at else []), *program], capture_output=True, text=True, timeout=120,
                              preexec_fn=(lambda: answer_adjtimex(0 if kept else errno.EPERM)) if kept is not None else None)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        (how, text), = [(entry["found"], entry["text"]) for entry in found if entry["what"] == "clock"]
        message, = [entry["found"] for entry in found if entry["what"] == "message"]
        return how, text, message

    def keep_of(self, daemon, days):
        """An original of so many days ahead, alone."""
        for path in daemon.store.glob("2*"):
            shutil.rmtree(path)
        day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        path = daemon.store / day.strftime("%Y/%m/%d") / f"{id_of(day)}.eml.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        for part in (path, *list(path.parents)[:3]):
            shutil.chown(part, MILTER_USER)

    def purge(self, daemon):
        return subprocess.run([os.environ["MUGAI"], "purge", "--dry-run", "--config", daemon.config], capture_output=True, text=True)

    def test_a_clock_that_the_originals_contradict_is_wrong_and_no_message_is_kept_under_it(self):
        """Doctor and purge say the same; a time server's word tells a silence from a clock that is ahead, nothing else."""
        daemon = self.daemon()
        for days, kept, how in ((3, True, "wrong"), (3, False, "wrong"), (-9, False, "wrong"), (-9, True, "note"), (-5, True, "ok"),
                                (-5, False, "note"), (1, True, "ok")):
            with self.subTest(days=days, kept=kept):
                self.keep_of(daemon, days)
                purge = self.purge(daemon)
                found, text, message = self.doctor_of(daemon, kept)
                self.assertEqual(found, how, text)
                self.assertEqual("purge says" in text, purge.returncode == 78, purge.stderr)
                if purge.returncode == 78:
                    self.assertIn(purge.stderr.partition(": ")[2].strip(), text)
                sent = len(list(daemon.store.glob("2*/*/*/*.eml.gz"))) == 2
                self.assertEqual((sent, message), (False, "note") if how == "wrong" else (True, "ok"))

    if LOCKED:  # else a sanitizer wants to be loaded before faketime
        def test_a_clock_of_another_century_is_wrong(self):
            daemon = self.daemon()
            self.keep_of(daemon, 0)
            for at, word in (("1970-01-01 00:10:00", "cannot be"), ("2025-12-31 23:59:00", "cannot be"),
                             ("2100-01-01 00:00:00", "clock ahead")):
                with self.subTest(at=at):
                    found, text, message = self.doctor_of(daemon, kept=False, at=at)
                    self.assertEqual((found, message), ("wrong", "note"), text)
                    self.assertIn(word, text)
                    self.assertIn(at[:10], text)

    def test_for_people_a_line_each(self):
        daemon = self.daemon()
        done = subprocess.run([os.environ["MUGAI"], "doctor", "--no-postfix", "--no-message", "--config", daemon.config],
                              capture_output=True, text=True, timeout=120)
        for line in done.stdout.splitlines():
            self.assertRegex(line, r"^(ok|note|wrong) +[a-z ]+  +\S")
        self.assertEqual(subprocess.run([os.environ["MUGAI"], "doctor", "x"], capture_output=True).returncode, 2)


if __name__ == "__main__":
    unittest.main()
