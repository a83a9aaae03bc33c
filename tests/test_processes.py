#!/usr/bin/python3
"""test_processes.py - who mugaid's processes are, what they may, and what is left when one of them is killed

Run by "meson test processes", which names the programs in MUGAID, MUGAI_WORKER and MUGAI_HOSTILE_WORKER: the last one
does what the first word of a message tells it to do (tests/hostile_sanitize.c). MUGAI_LOCKED is "no" for a build with
AddressSanitizer, which has users and no locks. What a process is comes from the
kernel, /proc/PID/status; no user is made: mugaid becomes users that every Debian has. Started by root all of it is
tested, started by somebody else what does not need root.
"""

import array
import ctypes
import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import socket
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_milter  # noqa: E402
from test_milter import END_SECONDS, MESSAGE, MILTER_USER, WORKER_USER, Daemon, MilterTest, text_of  # noqa: E402

LOCKED = os.environ["MUGAI_LOCKED"] == "yes"
IS_ROOT = os.geteuid() == 0
# CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SETPCAP: <linux/capability.h>
STARTERS_CAPABILITIES = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8
FILTERED = "2" if LOCKED else "0"  # seccomp(2)
# In /proc/PID/limits.
NO_PROCESSES = re.compile(r"^Max processes +0 +0 ", re.MULTILINE)
EX_SOFTWARE, EX_CONFIG = 70, 78
SYS_PIDFD_GETFD = 438
# How long the hostile worker's messages may take; the grace comes on top.
SECONDS = 2


def status_of(pid, task=None):
    """The fields of /proc/PID/status, or of one thread's."""
    path = pathlib.Path(f"/proc/{pid}/status" if task is None else f"/proc/{pid}/task/{task}/status")
    fields = (line.partition(":") for line in path.read_text().splitlines())
    return {name: value.strip() for name, _, value in fields}


def living(pids):
    """Those that have not ended, with their names."""
    found = {}
    for pid in pids:
        try:
            status = status_of(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if not status["State"].startswith("Z"):
            found[pid] = status["Name"]
    return found


def children_of(pid, name="worker"):
    """The kernel's list may lack one when another ends in the same moment: ask again if it matters."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return [child for child, own_name in living(found).items() if own_name.endswith(name)]


def only_child(pid, name):
    def find():
        found = children_of(pid, name)
        return found[0] if len(found) == 1 else None

    return test_milter.wait_for(find)


class Family:
    """All of a running mugaid, watched by descriptors, so that a number used anew is no confusion."""

    def __init__(self, daemon):
        self.starter = daemon.process.pid
        self.service = only_child(self.starter, "mugaid")
        self.worker = only_child(self.starter, "worker")
        self.waiting = []
        self._watched = {pid: os.pidfd_open(pid) for pid in (self.starter, self.service, self.worker)}
        for pid in test_milter.wait_for(lambda: children_of(self.worker)):
            try:
                self._watched[pid] = os.pidfd_open(pid)
            except ProcessLookupError:  # one that had a message, and has ended since
                continue
            self.waiting.append(pid)

    def wait_end(self, pids=None):
        """Waits until they have ended; those that have not."""
        left = []
        for pid in pids or self._watched:
            if not select.select([self._watched[pid]], [], [], END_SECONDS)[0]:
                left.append(pid)
        return left

    def close(self):
        for descriptor in self._watched.values():
            os.close(descriptor)


class ProcessesTest(MilterTest):
    def family(self, daemon):
        family = Family(daemon)
        self.addCleanup(family.close)
        return family

    def hostile(self, seconds=SECONDS, **settings):
        """A mugaid whose worker does what messages say."""
        return self.daemon(os.environ["MUGAI_HOSTILE_WORKER"], worker__seconds=seconds, **settings)

    def send_hanging(self, connection, family):
        """Hands a message over that will not end; a child that is at it."""
        def find_begun():
            return next(filter(test_milter.has_message, children_of(family.worker)), None)

        connection.envelope("s@example.org", ["r@example.jp"], "Q")
        connection.content([(b"hang", b" 1")], b"")
        # It is another user's, and says nothing.
        return test_milter.wait_for(find_begun)

    def assert_passes(self, daemon, octets=MESSAGE):
        answer, passed = daemon.send(octets)
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(passed)
        return text_of(passed)

    def assert_nothing_left(self, daemon, family):
        self.assertEqual(family.wait_end(), [], daemon.read_log())

    def assert_is(self, pid, user, groups=None, capabilities=0):
        """All ids, all sets, of all threads."""
        uid, gid = (user.pw_uid, user.pw_gid)
        for task in os.listdir(f"/proc/{pid}/task"):
            status = status_of(pid, task)
            self.assertEqual(status["Uid"].split(), [str(uid)] * 4)
            self.assertEqual(status["Gid"].split(), [str(gid)] * 4)
            if groups is not None:
                self.assertEqual({int(word) for word in status["Groups"].split()}, groups)
            for name in ("CapInh", "CapAmb"):
                self.assertEqual(int(status[name], 16), 0, name)
            for name in ("CapPrm", "CapEff") + (("CapBnd",) if IS_ROOT else ()):
                self.assertEqual(int(status[name], 16), capabilities, name)
            self.assertEqual(status["NoNewPrivs"], "1")
        # What belongs to an undumpable process under /proc is root's, whoever the process is.
        if LOCKED:
            self.assertEqual(os.stat(f"/proc/{pid}/environ").st_uid, 0)

    def assert_filtered(self, pid):
        for task in os.listdir(f"/proc/{pid}/task"):
            self.assertEqual(status_of(pid, task)["Seccomp"], FILTERED)

    def refused_start(self, daemon):
        """What a mugaid says that does not start, and its exit status."""
        ready = daemon.spawn()
        self.assertEqual(os.read(ready, 1), b"")
        os.close(ready)
        return daemon.read_log(), daemon.process.wait(END_SECONDS)


@unittest.skipUnless(IS_ROOT, "root gives itself up here")
class StartedByRoot(ProcessesTest):
    """Three users: root for the starter alone."""

    def test_I6_every_process_is_who_it_should_be(self):
        daemon = self.daemon()
        family = self.family(daemon)
        milter, worker = pwd.getpwnam(MILTER_USER), pwd.getpwnam(WORKER_USER)
        self.assert_is(family.starter, pwd.getpwnam("root"), capabilities=STARTERS_CAPABILITIES)
        self.assert_is(family.service, milter, set(os.getgrouplist(MILTER_USER, milter.pw_gid)))
        self.assert_filtered(family.service)
        self.assert_is(family.worker, worker, set())
        self.assertTrue(family.waiting)
        for pid in family.waiting:
            self.assert_is(pid, worker, set())
        self.assert_passes(daemon)
        # With all its threads.
        self.assert_is(family.service, milter)
        self.assert_filtered(family.service)

    def test_I6_child_that_waits_is_limited_and_filtered(self):
        family = self.family(self.daemon())

        def is_locked(pid):
            return (NO_PROCESSES.search(pathlib.Path(f"/proc/{pid}/limits").read_text())
                    and status_of(pid)["Seccomp"] == FILTERED)

        for pid in family.waiting:
            test_milter.wait_for(lambda pid=pid: is_locked(pid))
            self.assertIn(test_milter.REQUESTS, os.listdir(f"/proc/{pid}/fd"))

    def test_I6_child_with_a_message_is_filtered(self):
        daemon = self.hostile()
        family = self.family(daemon)
        with daemon.connect() as connection:
            hanging = self.send_hanging(connection, family)
            self.assert_is(hanging, pwd.getpwnam(WORKER_USER), set())
            self.assertTrue(connection.answer().accepted)

    def test_what_is_kept_belongs_to_the_milters_user(self):
        daemon = self.daemon()
        self.assert_passes(daemon)
        path, = daemon.store.glob("*/*/*/*.eml.gz")
        uid = pwd.getpwnam(MILTER_USER).pw_uid
        for one in (path, *path.parents[:3], pathlib.Path(daemon.socket)):
            self.assertEqual(one.stat().st_uid, uid, one)

    def test_store_of_another_user_is_not_opened(self):
        for owner in ("root", WORKER_USER):
            with self.subTest(owner=owner):
                daemon = Daemon(self.folder)
                shutil.chown(daemon.store, owner)
                said, status = self.refused_start(daemon)
                self.assertIn("store", said)
                self.assertNotEqual(status, 0)

    def test_users_that_cannot_be_become_are_refused_with_what_to_do(self):
        for key, value, word in (("milter__user", "mugai-nobody-has-this", "adduser"),
                                 ("worker__user", "mugai-nobody-has-this", "adduser"),
                                 ("worker__user", MILTER_USER, "a user of its own"),
                                 ("milter__user", "root", "not root's")):
            with self.subTest(key=key, value=value):
                said, status = self.refused_start(Daemon(self.folder, **{key: value}))
                self.assertIn(value, said)
                self.assertIn(word, said)
                self.assertEqual(status, EX_CONFIG)

    def test_configuration_that_the_milters_user_cannot_read_is_an_error_of_the_start(self):
        daemon = Daemon(self.folder)
        daemon.config.chmod(0o600)
        said, status = self.refused_start(daemon)
        self.assertIn("mugai.conf", said)
        self.assertNotEqual(status, 0)

    def test_I6_worker_that_root_starts_for_the_command_is_nobodys(self):
        # As mugai does: descriptor 3 is a socket. It waits for its settings, which is when it is looked at.
        ours, theirs = test_milter.socket.socketpair(test_milter.socket.AF_UNIX,
                                                     test_milter.socket.SOCK_SEQPACKET)
        child = os.fork()
        if child == 0:
            os.dup2(theirs.fileno(), 3)
            os.execv(test_milter.programs()[1], ["mugai-worker"])
        theirs.close()
        nobody = pwd.getpwnam("nobody")
        try:
            test_milter.wait_for(lambda: status_of(child)["Name"] == "mugai-worker"
                                 and status_of(child)["Uid"].split() == [str(nobody.pw_uid)] * 4
                                 and status_of(child)["NoNewPrivs"] == "1")
            self.assert_is(child, nobody, set())
        finally:
            ours.close()
            os.waitpid(child, 0)


class HostileService(ProcessesTest):
    """What a service under somebody's control could do with what it has."""

    def socket_to_starter(self, family):
        """A copy of the service's end of the pair that the starter made."""
        libc = ctypes.CDLL(None)
        process = os.pidfd_open(family.service)
        self.addCleanup(os.close, process)
        for name in os.listdir(f"/proc/{family.service}/fd"):
            copied = libc.syscall(SYS_PIDFD_GETFD, process, int(name), 0)
            try:
                found = socket.socket(fileno=copied)
            except OSError:  # no socket
                os.close(copied)
                continue
            self.addCleanup(found.close)
            maker = found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
            if found.type == socket.SOCK_SEQPACKET and struct.unpack("iII", maker)[0] == family.starter:
                return found
        raise AssertionError("the service has no socket to its starter")

    @unittest.skipUnless(IS_ROOT, "nobody else may take a descriptor from an undumpable process")
    def test_I6_starter_keeps_no_descriptor_that_it_is_sent(self):
        daemon = self.daemon()
        starter = self.socket_to_starter(self.family(daemon))
        end, sent = os.pipe()
        self.addCleanup(os.close, end)
        for kind, number in ((0, 0), (1, 0), (2, 0), (3, 0), (3, -1), (3, 1 << 30), (4, 0)):
            # none, start, kill, tell, tell what nobody has ever said, and one that is none
            for count in range(1, 5):
                starter.sendmsg([struct.pack("=IIi", kind, 0, number)],
                                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sent] * count))])
        os.close(sent)
        # A pipe ends when nobody has its other end.
        self.assertEqual(select.select([end], [], [], END_SECONDS)[0], [end])
        self.assertEqual(os.read(end, 1), b"")
        self.assert_passes(daemon)

    def test_I6_what_somebody_left_open_is_not_the_services(self):
        end, left_open = os.pipe()
        self.addCleanup(os.close, end)
        daemon = Daemon(self.folder)
        daemon.inherited = (left_open,)
        self.addCleanup(daemon.stop)
        daemon.start()
        os.close(left_open)
        self.assertEqual(select.select([end], [], [], END_SECONDS)[0], [end])
        self.assert_passes(daemon)

    def started_by(self, script):
        """A mugaid that a shell becomes after @script."""
        daemon = Daemon(self.folder)
        daemon.before = ("sh", "-c", script + 'exec "$@"', "sh")
        self.addCleanup(daemon.stop)
        return daemon.start()

    def test_I6_closed_standard_stream_is_nothing_elses(self):
        daemon = self.started_by("exec 0<&- 2>&-; ")
        for pid in (daemon.process.pid, daemon.service()):
            for number in (0, 2):
                self.assertEqual(os.readlink(f"/proc/{pid}/fd/{number}"), "/dev/null")
        self.assert_passes(daemon)

    def test_child_of_somebody_else_is_not_waited_for(self):
        written = pathlib.Path(self.folder) / "child"
        daemon = self.started_by(f"sleep 1000 & echo $! > {written}; ")
        self.addCleanup(os.kill, int(written.read_text()), signal.SIGKILL)
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.process.wait(END_SECONDS), 0)


class Dying(ProcessesTest):
    """One of them is killed: it is replaced, or all end and nothing is left."""

    def test_I4_killed_worker_is_replaced(self):
        daemon = self.daemon()
        for _ in range(3):
            family = self.family(daemon)
            os.kill(family.worker, signal.SIGKILL)
            self.assertIn("the visible text", self.assert_passes(daemon))
            self.assertEqual(family.wait_end([family.worker, *family.waiting]), [])
            self.assertEqual(only_child(family.starter, "mugaid"), family.service)
        daemon.wait_log("was ended by signal 9")
        self.assertNotIn("notice-only", daemon.read_log())

    def test_I4_stopped_worker_is_killed_and_replaced(self):
        daemon = self.hostile(worker__count=2)
        family = self.family(daemon)
        os.kill(family.worker, signal.SIGSTOP)
        # Those of its children that wait take messages; then there is nobody, until it is replaced.
        for _ in range(4):
            self.assert_passes(daemon)
        self.assertEqual(family.wait_end([family.worker]), [])
        self.assertNotIn("notice-only", daemon.read_log())

    def test_I4_child_that_hangs_is_ended_in_time(self):
        daemon = self.hostile()
        family = self.family(daemon)
        answer, octets = daemon.send(b"hang: 1\r\nSubject: s\r\n\r\n")
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)
        # Not "no result in time": the worker's parent has done it.
        daemon.wait_log("ended without a result")
        self.assertRegex(daemon.read_log(), r"mugai-worker: error: child \d+ was ended by signal 9\n")
        self.assertEqual(self.family(daemon).worker, family.worker)

    def test_killed_service_ends_everything(self):
        daemon = self.daemon()
        family = self.family(daemon)
        os.kill(family.service, signal.SIGKILL)
        self.assertEqual(daemon.process.wait(END_SECONDS), EX_SOFTWARE)
        self.assert_nothing_left(daemon, family)
        self.assertIn("the service was ended by signal 9", daemon.read_log())
        daemon.start()
        self.assert_passes(daemon)

    def test_killed_service_ends_a_child_that_hangs(self):
        # By itself it would have ten minutes.
        daemon = self.hostile(seconds=600)
        with daemon.connect() as connection:
            self.send_hanging(connection, self.family(daemon))
            family = self.family(daemon)
            os.kill(family.service, signal.SIGKILL)
            self.assertEqual(daemon.process.wait(END_SECONDS), EX_SOFTWARE)
            self.assert_nothing_left(daemon, family)

    def test_killed_starter_ends_everything(self):
        daemon = self.daemon()
        family = self.family(daemon)
        os.kill(family.starter, signal.SIGKILL)
        daemon.process.wait(END_SECONDS)
        self.assert_nothing_left(daemon, family)
        daemon.start()
        self.assert_passes(daemon)

    def test_end_leaves_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon()
            self.assert_passes(daemon)
            family = self.family(daemon)
            daemon.process.send_signal(number)
            self.assertEqual(daemon.process.wait(END_SECONDS), 0, daemon.read_log())
            self.assert_nothing_left(daemon, family)
            self.assertFalse(os.path.exists(daemon.socket))


class Reloading(ProcessesTest):
    """The lock lets a reload read what it was told of at the start."""

    def reload(self, daemon, expected):
        since = len(daemon.read_log())
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log(expected, since)
        return daemon.read_log()[since:]

    def write_notices(self, name, sentence):
        folder = pathlib.Path(self.folder) / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        (folder / "en.conf").write_text(f"[notice]\nsanitized = {sentence}\n")
        return folder

    def elsewhere(self):
        """A directory that mugaid is not told of at its start."""
        folder = test_milter.tempfile.mkdtemp(prefix="mugai-elsewhere-")
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        return pathlib.Path(folder)

    def test_reload_starts_another_worker_and_ends_the_old_one(self):
        daemon = self.daemon()
        for _ in range(3):
            before = self.family(daemon)
            self.reload(daemon, "reload: done")
            self.assertEqual(before.wait_end([before.worker]), [])
            self.assert_passes(daemon)
            self.assertEqual(self.family(daemon).service, before.service)

    def test_reload_that_is_asked_for_before_mugaid_is_ready_waits(self):
        daemon = Daemon(self.folder)
        self.addCleanup(daemon.stop)
        ready = daemon.spawn()
        self.addCleanup(os.close, ready)
        only_child(daemon.process.pid, "mugaid")
        daemon.process.send_signal(signal.SIGHUP)
        self.assertEqual(os.read(ready, 1), b"r", daemon.read_log())
        daemon.wait_log("reload: done")
        self.assert_passes(daemon)

    def test_notices_that_were_there_at_the_start_are_read_again(self):
        daemon = self.daemon(sanitize__notices=self.write_notices("notices", "first text"))
        self.assertIn("first text", self.assert_passes(daemon))
        self.write_notices("notices", "second text")
        self.reload(daemon, "reload: done")
        self.assertIn("second text", self.assert_passes(daemon))

    def test_notices_elsewhere_take_a_restart_and_it_is_said_where_there_is_a_lock(self):
        daemon = self.daemon()
        notices = self.elsewhere()
        (notices / "en.conf").write_text("[notice]\nsanitized = elsewhere\n")
        daemon.write_config(sanitize__notices=notices)
        if LOCKED:  # else nothing is out of reach
            said = self.reload(daemon, "reload: the old settings stay: ")
            self.assertIn(str(notices / "en.conf"), said)
            self.assertIn("takes a restart", said)
            self.assertNotIn("elsewhere", self.assert_passes(daemon))
        daemon.stop()
        daemon.start()
        self.assertIn("elsewhere", self.assert_passes(daemon))

    def test_what_only_a_restart_changes_is_said(self):
        daemon = self.daemon()
        daemon.write_config(worker="/bin/false", store__path=self.elsewhere())
        said = self.reload(daemon, "reload: done")
        self.assertIn("a new [worker] program takes a restart", said)
        self.assertIn("a new [store] path takes a restart", said)
        self.assert_passes(daemon)


@unittest.skipUnless(IS_ROOT, "the tests above have been started by somebody")
class StartedBySomebody(ProcessesTest):
    """As systemd's User= does: one user, and the rest of the locks."""

    def daemon(self, worker=None, **settings):
        daemon = Daemon(self.folder, worker, **settings)
        daemon.as_user = MILTER_USER
        daemon.log.touch()
        shutil.chown(daemon.log, MILTER_USER)
        self.addCleanup(daemon.stop)
        return daemon.start()

    def test_I6_capabilities_and_filters_are_the_same(self):
        # Neither user is there: nobody asks.
        daemon = self.daemon(milter__user="mugai-nobody-has-this", worker__user="mugai-nor-this")
        family = self.family(daemon)
        user = pwd.getpwnam(MILTER_USER)
        for pid in (family.starter, family.service, family.worker, *family.waiting):
            status = status_of(pid)
            self.assertEqual(status["Uid"].split(), [str(user.pw_uid)] * 4)
            self.assertEqual({status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}, {"0" * 16})
            self.assertEqual(status["NoNewPrivs"], "1")
        self.assert_filtered(family.service)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: done")
        self.assert_passes(daemon)


if __name__ == "__main__":
    unittest.main(verbosity=2)
