#!/usr/bin/python3
"""test_cli_postfix.py - mugai postfix on a private copy of the configuration that Debian's Postfix comes with

Run by "meson test cli-postfix", which names the program in MUGAI. What main.cf says afterwards is read by postconf, and
by comparing octets; no Postfix runs.
"""

import concurrent.futures
import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

POSTCONF = shutil.which("postconf", path=os.environ.get("PATH", "") + ":/usr/sbin")
OURS = "unix:mugai/mugai.sock"
MAIN = """\
# main.cf of somebody who wrote it by hand
compatibility_level = 3.6
myhostname = mx.example.jp
queue_directory = {queue}
mydestination = localhost
smtpd_milters = inet:127.0.0.1:8891,
    # a comment in between
    { inet:127.0.0.1:8893, default_action=accept }
# the end, without a line end"""


class AtOnce(unittest.TestSuite):
    """Each test has a directory of its own, and most of its time is Postfix' own waiting."""

    def run(self, result, debug=False):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda test: test(result), self))
        return result


def load_tests(loader, tests, pattern):
    return AtOnce(test for suite in tests for test in suite)


class PostfixTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="mugai-postfix-")
        self.addCleanup(shutil.rmtree, folder)
        self.folder = pathlib.Path(folder)
        self.queue = self.folder / "queue"
        self.queue.mkdir()
        self.directory = self.folder / "postfix"
        self.directory.mkdir()
        self.main = self.directory / "main.cf"
        self.main.write_text(MAIN.replace("{queue}", str(self.queue)))
        shutil.copy("/usr/share/postfix/master.cf.dist", self.directory / "master.cf")
        self.config = self.folder / "mugai.conf"
        self.config.write_text(f"[milter]\nsocket = unix:{self.queue}/mugai/mugai.sock\n")

    def age(self):
        """Postfix' programs wait a second or two before they read a file that has just been written."""
        for path in (self.main, self.directory / "master.cf"):
            if path.exists():
                os.utime(path, (1, 1))

    def mugai(self, *words, stdin=""):
        self.age()
        done = subprocess.run([os.environ["MUGAI"], "postfix", *words, "--config", self.config, "--postfix-config",
                               self.directory], input=stdin, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def get(self, name):
        self.age()
        return subprocess.run([POSTCONF, "-c", self.directory, "-xh", name], check=True, capture_output=True,
                              text=True).stdout.strip()

    def set(self, *settings):
        self.age()
        subprocess.run([POSTCONF, "-c", self.directory, "-e", *settings], check=True)

    def test_enable_puts_mugaid_after_the_others_and_is_safe(self):
        status, said, complaint = self.mugai("--enable", "--yes")
        self.assertEqual((status, complaint), (0, ""), said)
        value = self.get("smtpd_milters")
        self.assertTrue(value.startswith("inet:127.0.0.1:8891"), value)
        self.assertIn("default_action=accept }", value)  # of another milter: it stays as it is
        self.assertTrue(value.endswith(OURS), value)
        self.assertEqual(self.get("milter_default_action"), "tempfail")
        self.assertEqual(self.get("smtputf8_enable"), "no")
        self.assertEqual(self.get("non_smtpd_milters"), "")
        self.assertIn("is now   inet:127.0.0.1:8891", said)
        self.assertIn(f"will be  inet:127.0.0.1:8891", said)

    def test_disable_leaves_main_cf_octet_for_octet_as_it_was(self):
        for words, text in ((["--enable"], self.main.read_bytes()),
                            (["--enable", "--all"], b"queue_directory=%b\n\n" % bytes(self.queue))):
            with self.subTest(words=words, text=text):
                self.main.write_bytes(text)
                self.main.chmod(0o640)
                self.assertEqual(self.mugai(*words, "--yes")[0], 0)
                self.assertNotEqual(self.main.read_bytes(), text)
                self.assertEqual(self.mugai("--disable", "--yes")[0], 0)
                self.assertEqual(self.main.read_bytes(), text)
                self.assertEqual(self.main.stat().st_mode & 0o777, 0o640)
                self.assertEqual(sorted(os.listdir(self.directory)), ["main.cf", "master.cf"])

    def test_disable_after_enabling_twice_leaves_what_was_before_the_first(self):
        before = self.main.read_bytes()
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.assertEqual(self.mugai("--enable", "--all", "--yes")[0], 0)
        self.assertTrue(self.get("non_smtpd_milters").endswith(OURS))
        self.assertIn("so already", self.mugai("--enable", "--all", "--yes")[1])
        self.assertEqual(self.mugai("--disable", "--yes")[0], 0)
        self.assertEqual(self.main.read_bytes(), before)

    def test_what_somebody_changed_meanwhile_is_kept(self):
        self.assertEqual(self.mugai("--enable", "--all", "--yes")[0], 0)
        self.set("myhostname = changed.example.jp")
        status, said, _ = self.mugai("--disable", "--yes")
        self.assertEqual(status, 0)
        self.assertIn("somebody else", said)
        self.assertEqual(self.get("myhostname"), "changed.example.jp")
        for name in ("smtpd_milters", "non_smtpd_milters"):
            self.assertNotIn("mugai", self.get(name))
        self.assertIn("inet:127.0.0.1:8891", self.get("smtpd_milters"))
        self.assertIn("{ inet:127.0.0.1:8893, default_action=accept }", self.get("smtpd_milters"))

    def test_accept_is_refused_and_nothing_changed(self):
        for action in ("accept", "quarantine"):
            with self.subTest(action=action):
                self.main.write_text(MAIN.replace("{queue}", str(self.queue)) + f"\nmilter_default_action = {action}\n")
                before = self.main.read_bytes()
                status, _, complaint = self.mugai("--enable", "--yes")
                self.assertEqual(status, 78)
                self.assertIn(f"milter_default_action = {action}", complaint)
                self.assertIn("postconf -e", complaint)
                self.assertEqual(self.main.read_bytes(), before)
                status, said, _ = self.mugai("--check")
                self.assertEqual(status, 1)
                self.assertRegex(said, rf"wrong +postfix +milter_default_action = {action}")

    def test_mail_has_to_wait_while_mugaid_is_away(self):
        text = MAIN.replace("{queue}", str(self.queue)).replace("smtpd_milters = ", f"smtpd_milters = {OURS}\nx = ")
        for action, found in (("reject", "wrong"), ("tempfail", "ok"), ("shutdown", "ok")):
            self.main.write_text(f"{text}\nmilter_default_action = {action}\n")
            self.assertRegex(self.mugai("--check")[1], rf"{found} +postfix +milter_default_action = {action}")

    def test_nobody_to_ask_is_no_yes(self):
        before = self.main.read_bytes()
        status, said, complaint = self.mugai("--enable", stdin="y\n")
        self.assertEqual(status, 2)
        self.assertIn("--yes", complaint)
        self.assertIn("will be", said)
        self.assertEqual(self.main.read_bytes(), before)

    def test_somebody_is_asked_and_obeyed(self):
        before = self.main.read_bytes()
        for typed, changed in ((b"n\n", False), (b"\n", False), (b"y\n", True)):
            ours, theirs = pty.openpty()
            child = subprocess.Popen([os.environ["MUGAI"], "postfix", "--enable", "--config", self.config,
                                      "--postfix-config", self.directory], stdin=theirs, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
            os.write(ours, typed)
            said, _ = child.communicate(timeout=60)
            os.close(ours)
            os.close(theirs)
            self.assertIn("[y/N]", said)
            self.assertEqual(self.main.read_bytes() != before, changed, typed)
            self.assertEqual(child.returncode, 0 if changed else 1)

    def test_check_before_and_after(self):
        status, said, _ = self.mugai("--check")
        self.assertEqual(status, 1)
        self.assertIn("mugai postfix --enable", said)
        self.assertRegex(said, r"wrong +postfix +smtputf8_enable = yes")
        self.mugai("--enable", "--yes")
        status, said, _ = self.mugai("--check")
        self.assertEqual(status, 0, said)
        self.assertNotIn("wrong", said)
        self.assertRegex(said, r"note +postfix +non_smtpd_milters")

    def test_check_finds_what_makes_it_unsafe(self):
        self.mugai("--enable", "--yes")
        whole = self.main.read_bytes()
        for value, word in ((f"{{ {OURS}, default_action=accept }}", "default_action"),
                            (f"{{ {OURS}, default_action = quarantine }}", "default_action"),
                            (f"{OURS}, inet:127.0.0.1:8891", "not the last"),
                            ("unix:mugai/mugai.sock2", "does not name")):
            with self.subTest(value=value):
                self.set(f"smtpd_milters = {value}")
                status, said, _ = self.mugai("--check")
                self.assertEqual(status, 1, said)
                self.assertIn(word, said)
                self.main.write_bytes(whole)

    def test_check_reads_what_master_cf_overrides(self):
        self.mugai("--enable", "--yes")
        with (self.directory / "master.cf").open("a") as master:
            master.write("2525 inet n - y - - smtpd\n -o milter_default_action=accept\n -o smtpd_milters=\n")
        status, said, _ = self.mugai("--check")
        self.assertEqual(status, 1)
        self.assertIn("2525/inet/milter_default_action = accept", said)
        self.assertIn("2525/inet/smtpd_milters", said)

    def check(self):
        status, said, _ = self.mugai("--check")
        return status, said

    def test_check_finds_every_way_past_mugaid(self):
        """Each of these was seen to let an original through a real Postfix."""
        self.mugai("--enable", "--yes")
        whole, services = self.main.read_bytes(), (self.directory / "master.cf").read_text()
        self.assertEqual(self.check()[0], 0)
        for setting in ("receive_override_options = no_address_mappings, no_milters", "smtpd_milter_maps = static:DISABLE",
                        f"smtpd_milters = {{ {OURS}, default_action=ACCEPT }}", "milter_default_action = ACCEPT"):
            with self.subTest(setting=setting):
                self.set(setting)
                status, said = self.check()
                self.assertEqual(status, 1, said)
                self.assertRegex(said, rf"wrong +postfix +{setting.split()[0]}")
                self.main.write_bytes(whole)
        for option in ("receive_override_options=no_milters", "smtpd_milter_maps=static:DISABLE", "smtpd_milters=",
                       "{ smtpd_milters = { unix:mugai/mugai.sock, default_action=accept } }",
                       "smtpd_milters=unix:mugai/mugai.sock,inet:127.0.0.1:8891", "milter_default_action=$foo"):
            for service in ("smtp      inet  n", "2525 inet n", "smtpd pass -"):
                with self.subTest(option=option, service=service):
                    self.main.write_bytes(whole + b"foo = accept\n")
                    (self.directory / "master.cf").write_text(
                        services.replace("smtp      inet", "#smtp      inet") +
                        f"{service} - y - - smtpd\n  -o {option}\n")
                    status, said = self.check()
                    self.assertEqual(status, 1, said)
                    self.assertRegex(said, r"wrong +postfix +master.cf: ")

    def test_a_listener_for_this_host_alone_is_a_note(self):
        """As content filters hand mail back."""
        self.mugai("--enable", "--yes")
        services = (self.directory / "master.cf").read_text()
        for option in ("receive_override_options=no_milters", "smtpd_milters="):
            for name in ("127.0.0.1:10025", "[::1]:10025", "localhost:10025"):
                with self.subTest(option=option, name=name):
                    (self.directory / "master.cf").write_text(services + f"{name} inet n - y - - smtpd\n  -o {option}\n")
                    status, said = self.check()
                    self.assertEqual(status, 0, said)
                    self.assertRegex(said, rf"note +postfix +master.cf: {re.escape(name)}/")

    def test_enable_looks_first_and_changes_nothing_where_it_would_be_unsafe(self):
        services = (self.directory / "master.cf").read_text()
        whole = self.main.read_text()
        for main, service in ((whole, "2525 inet n - y - - smtpd\n  -o milter_default_action=accept\n"),
                              (whole + "\nsmtpd_milters = { unix:mugai/mugai.sock, default_action=accept }\n", ""),
                              (whole + "\nx = unix:mugai/mugai.sock\nsmtpd_milters = $x, inet:127.0.0.1:8891\n", ""),
                              (whole + "\nmilter_default_action = ACCEPT\n", ""),
                              (whole + "\nreceive_override_options = no_milters\n", "")):
            with self.subTest(main=main[len(whole):], service=service):
                self.main.write_text(main)
                (self.directory / "master.cf").write_text(services + service)
                status, said, complaint = self.mugai("--enable", "--yes")
                self.assertEqual(status, 78, said + complaint)
                self.assertEqual(self.main.read_text(), main)
                self.assertEqual(sorted(os.listdir(self.directory)), ["main.cf", "master.cf"])

    def test_enable_puts_mugaid_behind_what_came_after_it(self):
        self.mugai("--enable", "--yes")
        self.set(f"smtpd_milters = {{ {OURS}, connect_timeout=3s }}, inet:127.0.0.1:8891, inet:127.0.0.1:8893")
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.assertEqual(self.get("smtpd_milters"),
                         f"inet:127.0.0.1:8891, inet:127.0.0.1:8893, {{ {OURS}, connect_timeout=3s }}")

    def test_disable_takes_mugaid_out_whatever_happened_between(self):
        """A copy of before that names mugaid would put it back, and with it stopped all mail would wait."""
        self.mugai("--enable", "--yes")
        self.set("smtpd_banner = x")
        self.assertEqual(self.mugai("--enable", "--all", "--yes")[0], 0)
        status, said, _ = self.mugai("--disable", "--yes")
        self.assertEqual(status, 0)
        for name in ("smtpd_milters", "non_smtpd_milters"):
            self.assertNotIn("mugai", self.get(name))
        self.assertEqual(self.get("smtpd_banner"), "x")
        self.assertNotIn("octet for octet", said)
        self.assertEqual(sorted(os.listdir(self.directory)), ["main.cf", "master.cf"])

    def test_disable_without_the_copy_of_before_takes_mugaid_out(self):
        self.mugai("--enable", "--yes")
        (self.directory / "main.cf.before-mugai").unlink()
        self.assertEqual(self.mugai("--disable", "--yes")[0], 0)
        self.assertNotIn("mugai", self.get("smtpd_milters"))

    def test_disable_says_where_mugaid_stands_that_it_cannot_take_out(self):
        self.main.write_text(self.main.read_text() + f"\nmine = {OURS}\nsmtpd_milters = $mine\n")
        before = self.main.read_bytes()
        status, _, complaint = self.mugai("--disable", "--yes")
        self.assertEqual(status, 78)
        self.assertIn("smtpd_milters = $mine", complaint)
        self.assertEqual(self.main.read_bytes(), before)

    def test_who_may_not_write_is_told_so(self):
        if os.geteuid() == 0:
            os.chown(self.folder, 65534, 65534)
            self.folder.chmod(0o755)
        self.directory.chmod(0o555)
        self.age()
        done = subprocess.run([os.environ["MUGAI"], "postfix", "--enable", "--yes", "--config", self.config,
                               "--postfix-config", self.directory], capture_output=True, text=True, timeout=60,
                              user=65534, group=65534, extra_groups=[])
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("root", done.stderr)

    def test_a_chroot_by_default_counts(self):
        """Without a compatibility_level "-" means yes."""
        self.config.write_text(f"[milter]\nsocket = unix:{self.folder}/elsewhere.sock\n")
        subprocess.run([POSTCONF, "-c", self.directory, "-F", "smtp/inet/chroot = -"], check=True)
        self.set("compatibility_level = 3.6")
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.mugai("--disable", "--yes")
        self.set("compatibility_level = 0")
        status, _, complaint = self.mugai("--enable", "--yes")
        self.assertEqual(status, 78)
        self.assertIn("chroot", complaint)

    def test_socket_outside_of_the_chroot_is_refused_with_what_to_do(self):
        self.config.write_text(f"[milter]\nsocket = unix:{self.folder}/elsewhere.sock\n")
        status, _, complaint = self.mugai("--enable", "--yes")
        self.assertEqual(status, 78)
        self.assertIn("chroot", complaint)
        subprocess.run([POSTCONF, "-c", self.directory, "-F", "smtp/inet/chroot = n"], check=True)
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.assertTrue(self.get("smtpd_milters").endswith(f"unix:{self.folder}/elsewhere.sock"))

    def test_attached_says_where_postfix_names_mugaid(self):
        self.assertEqual(self.mugai("--attached"), (1, "", ""))
        self.mugai("--enable", "--all", "--yes")
        with (self.directory / "master.cf").open("a") as master:
            master.write("2525 inet n - y - - smtpd\n -o smtpd_milters=local:mugai/mugai.sock\n")
        in_master = "master.cf: 2525/inet/smtpd_milters"
        self.assertEqual(self.mugai("--attached"), (0, f"main.cf: smtpd_milters\nmain.cf: non_smtpd_milters\n{in_master}\n", ""))
        status, _, complaint = self.mugai("--disable", "--yes")
        self.assertEqual(status, 1)
        self.assertIn(f"{in_master} still names mugaid", complaint)
        self.assertEqual(self.mugai("--attached"), (0, f"{in_master}\n", ""))

    def link(self):
        """main.cf becomes a link into another directory, as those have it who keep it elsewhere."""
        there = self.folder / "kept"
        there.mkdir()
        file = self.main.rename(there / "main.cf.mx")
        file.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(file, 65534, 65534)
        self.main.symlink_to("../kept/main.cf.mx")
        return file

    def assert_linked(self, file, before):
        self.assertEqual(os.readlink(self.main), "../kept/main.cf.mx")
        self.assertEqual(os.listdir(file.parent), [file.name])
        after = file.stat()
        self.assertEqual((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid))

    def test_main_cf_that_is_a_link_stays_one_and_the_file_that_it_leads_to_changes(self):
        text, file = self.main.read_bytes(), self.link()
        before = file.stat()
        status, said, complaint = self.mugai("--enable", "--yes")
        self.assertEqual((status, complaint), (0, ""), said)
        self.assertIn(f"the file that changes is {file}\n", said)
        self.assert_linked(file, before)
        self.assertIn(OURS.encode(), file.read_bytes())
        self.assertEqual(self.mugai("--enable", "--all", "--yes")[0], 0)
        self.assert_linked(file, before)
        status, said, _ = self.mugai("--disable", "--yes")
        self.assertEqual(status, 0)
        self.assertIn("octet for octet", said)
        self.assert_linked(file, before)
        self.assertEqual(file.read_bytes(), text)
        self.assertEqual(sorted(os.listdir(self.directory)), ["main.cf", "master.cf"])

    def test_the_link_stays_also_where_somebody_has_changed_the_file_meanwhile(self):
        file = self.link()
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        file.write_text(file.read_text() + "smtpd_banner = x\n")
        before = file.stat()
        self.assertEqual(self.mugai("--disable", "--yes")[0], 0)
        self.assert_linked(file, before)
        self.assertNotIn(OURS, file.read_text())
        self.assertIn("smtpd_banner = x\n", file.read_text())

    def test_mode_and_owner_of_main_cf_stay(self):
        self.main.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(self.main, 65534, 65534)
        before = self.main.stat()
        for option in ("--enable", "--disable"):
            self.assertEqual(self.mugai(option, "--yes")[0], 0)
            after = self.main.stat()
            self.assertEqual((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid))

    def assert_refused(self, *words, option="--enable", before=(), status=77):
        """Nothing is changed, nothing is left behind."""
        text, names, inode = self.main.read_bytes(), sorted(os.listdir(self.directory)), self.main.stat().st_ino
        if os.access(self.main, os.W_OK):
            self.age()
        done = subprocess.run([*before, os.environ["MUGAI"], "postfix", option, "--yes", "--config", self.config, "--postfix-config",
                               self.directory], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual((self.main.read_bytes(), sorted(os.listdir(self.directory)), self.main.stat().st_ino), (text, names, inode))

    def test_main_cf_with_another_name_is_not_torn_away_from_it(self):
        for option in ("--enable", "--disable"):
            os.link(self.main, self.folder / "other")
            self.assert_refused("nothing was changed", "hard links", option=option)
            self.assertTrue(self.main.samefile(self.folder / "other"))
            (self.folder / "other").unlink()
            self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        file = self.link()
        os.link(file, self.folder / "other")
        self.assert_refused("nothing was changed", "hard links", str(file), option="--disable")

    def test_main_cf_that_nobody_is_to_write_to_is_left_alone(self):
        self.main.chmod(0o444)
        self.assert_refused("chmod u+w")

    if os.geteuid() == 0:  # another one is told so by test_who_may_not_write_is_told_so
        def test_main_cf_that_root_cannot_write_to_is_said_so_beforehand(self):
            where = {"main.cf": self.main, "its directory": self.directory}
            for what, path in where.items():
                with self.subTest(what):
                    self.assert_refused("nothing was changed", "Read-only file system", str(path), before=[
                        "unshare", "--mount", "sh", "-ec", 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"', path])
            # As containers have it: it can be written to, and not be replaced.
            self.assert_refused("Device or resource busy", status=73, before=[
                "unshare", "--mount", "sh", "-ec", 'mount --bind "$0" "$0"; exec "$@"', self.main])
            if subprocess.run(["chattr", "+i", self.main], stderr=subprocess.DEVNULL).returncode == 0:  # not on every file system
                try:
                    self.assert_refused("Operation not permitted", "chattr", str(self.main))
                finally:
                    subprocess.run(["chattr", "-i", self.main], check=True)

    def chroot(self, **services):
        """smtp="n": and so on, as master.cf has it."""
        self.age()
        subprocess.run([POSTCONF, "-c", self.directory, "-F", *(f"{name}/{kind}/chroot = {value}" for name, value in services.items()
                                                               for kind in [{"smtp": "inet", "cleanup": "unix"}[name]])], check=True)

    def assert_is_ours(self, address, found=r"ok +postfix +smtpd_milters ends in "):
        """--check knows it, --enable has nothing to do, --disable takes it out."""
        self.set(f"smtpd_milters = inet:127.0.0.1:8891, {address}")
        status, said = self.check()
        self.assertEqual(status, 0, said)
        self.assertRegex(said, found + re.escape(address))
        self.assertIn("so already", self.mugai("--enable", "--yes")[1])
        self.assertEqual(self.mugai("--disable", "--yes")[0], 0)
        self.assertEqual(self.get("smtpd_milters"), "inet:127.0.0.1:8891")

    def assert_is_mended(self, address, becomes, *words):
        """It is meant to be mugaid's and does not lead there: --check says so, --enable writes another one."""
        self.set(f"smtpd_milters = inet:127.0.0.1:8891, {address}")
        status, said = self.check()
        self.assertEqual(status, 1, said)
        for word in (*words, f"write {OURS}"):
            self.assertRegex(said, rf"(?m)^wrong +postfix +smtpd_milters: .*{re.escape(word)}")
        self.assertNotRegex(said, r" smtpd_milters does not name|ok +postfix +smtpd_milters")
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.assertEqual(self.get("smtpd_milters"), f"inet:127.0.0.1:8891, {becomes}")
        self.set(f"smtpd_milters = inet:127.0.0.1:8891, {address}")
        self.assertEqual(self.mugai("--disable", "--yes")[0], 0)
        self.assertEqual(self.get("smtpd_milters"), "inet:127.0.0.1:8891")

    def test_whatever_leads_to_the_socket_is_mugaids(self):
        """Postfix 3.7 takes "local" for "unix"; a path in the chroot begins at the queue directory, without one at the root."""
        self.mugai("--enable", "--yes")
        (self.folder / "link").symlink_to(self.queue)
        for chroot, addresses in (("y", ("unix:/mugai/mugai.sock",)),
                                  ("n", (f"unix:{self.queue}/mugai/mugai.sock", f"local:{self.folder}/link/mugai/mugai.sock"))):
            self.chroot(smtp=chroot)
            for address in ("local:mugai/mugai.sock", "unix:./mugai//mugai.sock", "{ local:mugai/mugai.sock, connect_timeout=3s }",
                            *addresses):
                with self.subTest(chroot=chroot, address=address):
                    self.assert_is_ours(address)

    def test_an_address_that_works_without_a_chroot_alone_is_wrong_in_one_and_the_other_way_round(self):
        self.mugai("--enable", "--yes")
        whole = f"unix:{self.queue}/mugai/mugai.sock"
        for chroot, address, word in (("y", whole, f"from the chroot {self.queue}"),
                                      ("n", "unix:/mugai/mugai.sock", "without a chroot")):
            self.chroot(smtp=chroot)
            with self.subTest(chroot=chroot):
                self.assert_is_mended(address, OURS, word, address)
                self.assert_is_mended(f"{{ {address}, connect_timeout=3s }}", f"{{ {OURS}, connect_timeout=3s }}", word)
        # One smtpd in it and another one not.
        with (self.directory / "master.cf").open("a") as master:
            master.write("2525 inet n - y - - smtpd\n")
        for address in (whole, "unix:/mugai/mugai.sock"):
            with self.subTest(address=address):
                self.assert_is_mended(address, OURS)
        self.assert_is_ours("local:mugai/mugai.sock")

    def test_what_sendmail_takes_is_asked_for_by_cleanup(self):
        self.chroot(smtp="n", cleanup="y")
        self.mugai("--enable", "--all", "--yes")
        self.set(*(f"{name} = unix:{self.queue}/mugai/mugai.sock" for name in ("smtpd_milters", "non_smtpd_milters")))
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertEqual(re.findall(r"(?m)^(\w+) +postfix +(\w*smtpd_milters)", said),
                         [("ok", "smtpd_milters"), ("wrong", "non_smtpd_milters")])
        self.mugai("--enable", "--all", "--yes")
        self.assertEqual(self.get("non_smtpd_milters"), OURS)
        self.assertEqual(self.get("smtpd_milters"), f"unix:{self.queue}/mugai/mugai.sock")
        # A socket that cleanup cannot get at.
        self.mugai("--disable", "--yes")
        self.config.write_text(f"[milter]\nsocket = unix:{self.folder}/elsewhere.sock\n")
        before = self.main.read_bytes()
        status, said, _ = self.mugai("--enable", "--all", "--yes")
        self.assertEqual(status, 78)
        self.assertRegex(said, r"wrong +postfix +non_smtpd_milters: .*out of reach from the chroot")
        self.assertEqual(self.main.read_bytes(), before)
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)

    def test_a_service_with_milters_of_its_own_has_a_chroot_of_its_own(self):
        self.mugai("--enable", "--yes")
        services = (self.directory / "master.cf").read_text()
        for chroot, found in (("n", "ok"), ("y", "wrong")):
            (self.directory / "master.cf").write_text(
                services + f"2525 inet n - {chroot} - - smtpd\n  -o smtpd_milters=unix:{self.queue}/mugai/mugai.sock\n")
            status, said = self.check()
            self.assertEqual(status, 0 if found == "ok" else 1, said)
            self.assertRegex(said, rf"{found} +postfix +master.cf: 2525/inet/smtpd_milters")

    def test_what_leads_elsewhere_is_another_milter(self):
        self.mugai("--enable", "--yes")
        for address in ("unix:mugai/mugai.sock2", "UNIX:mugai/mugai.sock", "local:/elsewhere/mugai.sock", "mugai/mugai.sock",
                        "inet:127.0.0.1:8892"):
            with self.subTest(address=address):
                self.set(f"smtpd_milters = {address}")
                status, said = self.check()
                self.assertEqual(status, 1)
                self.assertIn("smtpd_milters does not name", said)

    def test_queue_directory_by_a_link_is_the_same(self):
        (self.folder / "link").symlink_to(self.queue)
        self.config.write_text(f"[milter]\nsocket = unix:{self.folder}/link/mugai/mugai.sock\n")
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.assertTrue(self.get("smtpd_milters").endswith(OURS))
        # A link that leads out of the chroot does so outside of it alone.
        self.mugai("--disable", "--yes")
        (self.folder / "elsewhere").mkdir()
        (self.queue / "mugai").symlink_to(self.folder / "elsewhere")
        status, _, complaint = self.mugai("--enable", "--yes")
        self.assertEqual(status, 78)
        self.assertIn("out of reach", complaint)
        self.chroot(smtp="n", cleanup="y")
        self.main.write_text(self.main.read_text() + f"\nnon_smtpd_milters = {OURS}\n")
        self.set(f"smtpd_milters = {OURS}")
        self.assertEqual(re.findall(r"(?m)^(\w+) +postfix +(\w*smtpd_milters)", self.check()[1]),
                         [("ok", "smtpd_milters"), ("wrong", "non_smtpd_milters")])

    def test_mugaid_is_asked_once(self):
        self.mugai("--enable", "--yes")
        self.set(f"smtpd_milters = local:mugai/mugai.sock, inet:127.0.0.1:8891, {OURS}")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"wrong +postfix +smtpd_milters names mugaid 2 times")
        self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
        self.assertEqual(self.get("smtpd_milters"), f"inet:127.0.0.1:8891, {OURS}")

    def test_internet_socket_has_postfixs_order_of_words(self):
        for ours, theirs in (("inet:10025@127.0.0.1", "inet:127.0.0.1:10025"), ("inet6:10025@::1", "inet:[::1]:10025")):
            self.config.write_text(f"[milter]\nsocket = {ours}\n")
            self.assertEqual(self.mugai("--enable", "--yes")[0], 0)
            self.assertTrue(self.get("smtpd_milters").endswith(theirs), self.get("smtpd_milters"))
            self.mugai("--disable", "--yes")
        for socket, addresses in (("inet:10025@127.0.0.1", ("inet:localhost:10025", "inet:[127.0.0.1]:10025")),
                                  ("inet6:10025@::1", ("inet:[::1]:10025",))):
            self.config.write_text(f"[milter]\nsocket = {socket}\n")
            self.mugai("--enable", "--yes")
            for address in addresses:
                self.assert_is_ours(address)
            self.mugai("--disable", "--yes")

    def test_no_postfix_and_wrong_words_are_said(self):
        self.main.unlink()
        status, _, complaint = self.mugai("--enable", "--yes")
        self.assertEqual(status, 69)
        self.assertIn("main.cf", complaint)
        self.assertEqual(self.mugai()[0], 2)
        self.assertEqual(self.mugai("--enable", "--disable")[0], 2)


if __name__ == "__main__":
    unittest.main()
