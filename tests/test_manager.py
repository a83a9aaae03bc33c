#!/usr/bin/python3
"""test_manager.py - what mugaid tells systemd, and who it is where systemd starts it by packaging/systemd/mugaid.service

Run by "meson test manager", which names the programs in MUGAID, MUGAI and MUGAI_WORKER, and the units' directory in
UNITS. There is no systemd here: its socket is one of ours, and user, capabilities and the filter of system calls are
set as the unit's own lines say, with what systemd-analyze knows of groups of calls.
"""

import os
import pathlib
import pwd
import re
import select
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_milter  # noqa: E402
from milter_client import Connection  # noqa: E402
from test_milter import END_SECONDS, MESSAGE, MILTER_USER, READY_SECONDS, WORKER_USER, Daemon  # noqa: E402
from test_processes import LOCKED, STARTERS_CAPABILITIES, ProcessesTest, children_of, status_of  # noqa: E402
from unit import Unit  # noqa: E402

UNIT = Unit(pathlib.Path(os.environ["UNITS"]) / os.environ.get("UNIT", "mugaid.service"))


class Manager:
    """systemd's end: takes what the main process says, and nobody else's word."""

    def __init__(self, name):
        self.name = str(name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.settimeout(READY_SECONDS)
        self.socket.bind("\0" + self.name[1:] if self.name.startswith("@") else self.name)
        if not self.name.startswith("@"):
            os.chmod(self.name, 0o777)

    def next(self):
        """(process that said it, {variable: value})"""
        octets, control, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
        pid = int.from_bytes(control[0][2][:4], sys.byteorder)
        return pid, dict(line.split("=", 1) for line in octets.decode().splitlines())

    def close(self):
        self.socket.close()


class ManagerTest(ProcessesTest):
    def start(self, name=None, watchdog=0, **settings):
        """A mugaid that a manager has started."""
        manager = Manager(name or pathlib.Path(self.folder) / "notify")
        self.addCleanup(manager.close)
        daemon = Daemon(self.folder, **settings)
        words = [f"NOTIFY_SOCKET={manager.name}"]
        if watchdog:
            words += [f"WATCHDOG_USEC={watchdog}"]
        daemon.before = ("env", *words, *daemon.before)
        self.addCleanup(daemon.stop)
        return daemon.start(), manager


class Notifying(ManagerTest):
    def test_start_reload_and_end_are_told_in_order_by_the_main_process(self):
        daemon, manager = self.start()
        main = daemon.process.pid
        pid, said = manager.next()
        self.assertEqual((pid, said["READY"], said["STATUS"]), (main, "1", "Serving"))
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        daemon.process.send_signal(signal.SIGHUP)
        pid, said = manager.next()
        self.assertEqual((pid, said["RELOADING"]), (main, "1"))
        self.assertGreaterEqual(int(said["MONOTONIC_USEC"]), before)
        self.assertNotIn("READY", said)
        pid, said = manager.next()
        self.assertEqual((pid, said["READY"], said["STATUS"]), (main, "1", "Serving"))
        daemon.process.send_signal(signal.SIGTERM)
        pid, said = manager.next()
        self.assertEqual((pid, said["STOPPING"]), (main, "1"))
        self.assertEqual(daemon.process.wait(END_SECONDS), 0)

    def test_ready_is_told_when_mail_is_served(self):
        daemon, manager = self.start(name=f"@mugai-test-{os.getpid()}")
        self.assertEqual(manager.next()[1]["READY"], "1")
        self.assert_passes(daemon)

    def test_refused_reload_is_ready_again_and_says_so(self):
        daemon, manager = self.start()
        manager.next()
        with daemon.config.open("a") as config:
            config.write("[nonsense]\n")
        daemon.process.send_signal(signal.SIGHUP)
        self.assertEqual(manager.next()[1]["RELOADING"], "1")
        said = manager.next()[1]
        self.assertEqual(said["READY"], "1")
        self.assertIn("refused", said["STATUS"])
        self.assert_passes(daemon)

    def test_start_that_fails_is_never_ready(self):
        manager = Manager(pathlib.Path(self.folder) / "notify")
        self.addCleanup(manager.close)
        daemon = Daemon(self.folder, store__path="/nowhere/at/all")
        daemon.before = ("env", f"NOTIFY_SOCKET={manager.name}")
        self.refused_start(daemon)
        self.assertEqual(select.select([manager.socket], [], [], 0)[0], [])

    def test_worker_does_not_inherit_the_managers_socket(self):
        daemon, _ = self.start(watchdog=10 * 60 * 1000000)
        family = self.family(daemon)
        for pid in (family.worker, *family.waiting):
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            self.assertNotIn(b"NOTIFY_SOCKET", environment)
            self.assertNotIn(b"WATCHDOG", environment)


class Gate(ManagerTest):
    def test_gate_tells_that_it_is_ready_and_serves_and_ends_under_its_units_filter(self):
        manager = Manager(pathlib.Path(self.folder) / "notify")
        self.addCleanup(manager.close)
        os.chmod(self.folder, 0o777)
        identity = {"user": "games", "group": "games", "extra_groups": []} if os.geteuid() == 0 else {}
        gate = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), "--filtered",
                                 os.environ["MUGAI_GATE"], "--allow-unsealed", "--log-stderr", "--socket",
                                 f"unix:{self.folder}/gate.sock"], stderr=subprocess.DEVNULL,
                                env={**os.environ, "NOTIFY_SOCKET": manager.name, "UNIT": "mugai-gate.service"}, **identity)
        self.addCleanup(gate.wait)
        self.addCleanup(gate.kill)
        self.assertEqual(manager.next(), (gate.pid, {"READY": "1"}))
        with Connection(f"{self.folder}/gate.sock") as connection:
            answer, _ = connection.message(MESSAGE)
        self.assertEqual((answer.verdict, answer.reply[:9]), ("reply", "550 5.7.1"))
        gate.terminate()
        self.assertEqual(manager.next(), (gate.pid, {"STOPPING": "1"}))
        self.assertEqual(gate.wait(END_SECONDS), 0)


class Watchdog(ManagerTest):
    """The unit's patience is 60 seconds; here it is short."""

    def test_life_is_told_while_the_socket_answers_and_no_more_when_it_does_not(self):
        daemon, manager = self.start(watchdog=300000)
        self.assertEqual(manager.next()[1]["READY"], "1")
        for _ in range(3):
            pid, said = manager.next()
            self.assertEqual((pid, said), (daemon.process.pid, {"WATCHDOG": "1"}))
        self.assert_passes(daemon)
        # The service stands still; the starter, which does the telling, does not.
        service = daemon.service()
        os.kill(service, signal.SIGSTOP)
        try:
            deadline = time.monotonic() + READY_SECONDS
            while select.select([manager.socket], [], [], 1.5)[0]:  # five times what it was asked in
                manager.next()
                self.assertLess(time.monotonic(), deadline, "it is called alive all the same")
        finally:
            os.kill(service, signal.SIGCONT)
        self.assertEqual(manager.next()[1], {"WATCHDOG": "1"})

    def test_internet_socket_is_watched_as_well(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _, manager = self.start(watchdog=300000, milter__socket=f"inet:{port}@127.0.0.1")
        self.assertEqual(manager.next()[1]["READY"], "1")
        self.assertEqual(manager.next()[1], {"WATCHDOG": "1"})

    def test_watchdog_of_another_process_is_not_ours(self):
        again = Manager(pathlib.Path(self.folder) / "notify")
        self.addCleanup(again.close)
        daemon = Daemon(self.folder)
        daemon.before = ("env", f"NOTIFY_SOCKET={again.name}", "WATCHDOG_USEC=100000", "WATCHDOG_PID=1")
        self.addCleanup(daemon.stop)
        daemon.start()
        self.assertEqual(again.next()[1]["READY"], "1")
        self.assertEqual(select.select([again.socket], [], [], 1)[0], [])


class AsUnit(Daemon):
    """A mugaid started the way the unit says: its user, its capabilities, no new privileges, its filter."""

    def spawn(self):
        names = [word.lower().removeprefix("cap_") for word in UNIT.lines("AmbientCapabilities")[0].split()]
        bound = [word.lower().removeprefix("cap_") for word in UNIT.lines("CapabilityBoundingSet")[0].split()]
        user = pwd.getpwnam(MILTER_USER)

        def plus(words):
            return ",".join(f"+{word}" for word in words)

        self.before = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
                       f"--inh-caps=-all,{plus(names)}", f"--ambient-caps=-all,{plus(names)}",
                       f"--bounding-set=-all,{plus(bound)}", "--no-new-privs",
                       sys.executable, str(pathlib.Path(__file__).resolve()), "--filtered")
        return super().spawn()


@unittest.skipUnless(os.geteuid() == 0, "systemd is root")
class StartedByUnit(ManagerTest):
    def start_unit(self, **settings):
        daemon = AsUnit(self.folder, **settings)
        self.addCleanup(daemon.stop)
        return daemon.start()

    def test_I6_unit_starts_no_process_as_root_and_hostile_octets_have_a_user_of_their_own(self):
        daemon = self.start_unit()
        family = self.family(daemon)
        milter, worker = pwd.getpwnam(MILTER_USER), pwd.getpwnam(WORKER_USER)
        status = status_of(family.starter)
        self.assertEqual(status["Uid"].split(), [str(milter.pw_uid)] * 4)
        for name in ("CapPrm", "CapEff", "CapBnd"):
            self.assertEqual(int(status[name], 16), STARTERS_CAPABILITIES, name)
        self.assert_is(family.service, milter)
        self.assert_is(family.worker, worker, set())
        self.assertTrue(family.waiting)
        for pid in family.waiting:
            self.assert_is(pid, worker, set())
        self.assert_passes(daemon)

    def test_whole_life_under_the_units_filter(self):
        """Messages, a reload, a worker that is killed, an end that leaves nothing."""
        daemon = self.start_unit()
        family = self.family(daemon)
        self.assert_passes(daemon)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: done")
        self.assert_passes(daemon)
        for pid in children_of(family.starter, "worker"):
            os.kill(pid, signal.SIGKILL)
        daemon.wait_log("was ended by signal 9")
        self.assert_passes(daemon)
        last = self.family(daemon)
        daemon.stop()
        self.assertEqual(last.wait_end(), [])

    def test_worker_that_does_not_end_is_ended(self):
        """CAP_KILL is what it takes: it is another user's."""
        daemon = AsUnit(self.folder, os.environ["MUGAI_HOSTILE_WORKER"], worker__seconds=2)
        self.addCleanup(daemon.stop)
        daemon.start()
        family = self.family(daemon)
        with daemon.connect() as connection:
            self.send_hanging(connection, family)
            self.assertTrue(connection.answer().accepted, daemon.read_log())
        self.assertIn("outcome=notice-only", daemon.read_log())


def filtered(arguments):
    """What stands between setpriv and mugaid."""
    if LOCKED:  # leaks are looked for by tracing
        UNIT.filter().load()
    os.execvp(arguments[0], arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--filtered"]:
        filtered(sys.argv[2:])
    unittest.main()
