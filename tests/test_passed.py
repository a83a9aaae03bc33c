#!/usr/bin/python3
"""test_passed.py - mugaid and mugai-stored at a socket that the service manager has opened and keeps: sd_listen_fds(3)

Run by "meson test passed", which names the programs in MUGAID, MUGAI, MUGAI_WORKER and MUGAI_STORED. The manager is this
process: it holds the socket while mugaid comes and goes, and activate.py passes it on.
"""

import os
import pathlib
import select
import signal
import socket
import stat
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import milter_client  # noqa: E402
import test_milter  # noqa: E402
from milter_client import Connection  # noqa: E402
from test_milter import END_SECONDS, MESSAGE, Daemon, MilterTest  # noqa: E402
from test_processes import Family  # noqa: E402

BACKLOG = 64
# As in src/milter/listener.c.
LINGER_SECONDS = 15
WRONG_USAGE, EX_OSERR, EX_CONFIG = 2, 71, 78


def listening(address, kind=socket.SOCK_STREAM):
    """As systemd opens it; (address, port) or a path."""
    listener = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX, kind)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener


def descriptors(pid, listener):
    """How often the process has that socket."""
    wanted = f"socket:[{os.fstat(listener.fileno()).st_ino}]"
    found = []
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(path))
        except FileNotFoundError:  # closed since
            continue
    return found.count(wanted)


class PassedTest(MilterTest):
    def listen(self, address=None):
        listener = listening(address or str(pathlib.Path(self.folder) / "milter.sock"))
        self.addCleanup(listener.close)
        return listener

    def make(self, *passed, variables=(), **settings):
        daemon = Daemon(self.folder, **settings)
        numbers = [str(one.fileno()) for one in passed]
        daemon.inherited = tuple(map(int, numbers))
        daemon.before = ("env", *variables, sys.executable, HERE / "activate.py", *numbers, "--")
        self.addCleanup(daemon.stop)
        return daemon

    def refused(self, *passed, **settings):
        """A start that does not come about: exit status and what it said."""
        daemon = self.make(*passed, **settings)
        ready = daemon.spawn()
        self.assertEqual(os.read(ready, 1), b"", daemon.read_log())
        os.close(ready)
        return daemon.process.wait(END_SECONDS), daemon.read_log()


class Serving(PassedTest):
    def test_passed_socket_is_served_and_stays_as_it_is(self):
        listener = self.listen()
        path = listener.getsockname()
        os.chmod(path, 0o600)
        before = os.stat(path)
        daemon = self.make(listener).start()
        self.assertTrue(daemon.send()[0].accepted)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: done")
        self.assertTrue(daemon.send()[0].accepted)
        daemon.stop()
        after = os.stat(path)
        self.assertEqual((after.st_ino, after.st_mode, after.st_uid, after.st_ctime_ns),
                         (before.st_ino, before.st_mode, before.st_uid, before.st_ctime_ns))

    def test_who_connects_while_mugaid_is_not_there_is_served_by_the_next(self):
        listener = self.listen()
        daemon = self.make(listener).start()
        for _ in range(3):
            daemon.stop()
            waiting = [milter_client.connect(daemon.socket) for _ in range(20)]
            daemon.start()
            for one in waiting:
                with Connection(one) as connection:
                    self.assertTrue(connection.message(MESSAGE)[0].accepted, daemon.read_log())
        self.assertEqual(len(daemon.objects()), 60)

    def test_who_connects_while_mugaid_ends_is_left_to_the_next(self):
        daemon = self.make(self.listen()).start()
        with daemon.connect() as connected:
            daemon.process.send_signal(signal.SIGTERM)
            daemon.wait_log("ending: 1 connections are open")
            late = milter_client.connect(daemon.socket)
            late.sendall(b"\0\0\0\x0dO" + b"\0\0\0\6" + b"\0\0\1\xff" + b"\0\x1f\xff\xff")
            self.assertTrue(connected.message(MESSAGE)[0].accepted, daemon.read_log())
        self.assertEqual(daemon.process.wait(END_SECONDS), 0)
        late.settimeout(0)
        self.assertRaises(BlockingIOError, late.recv, 1)
        daemon.start()
        late.settimeout(test_milter.READY_SECONDS)
        self.assertEqual(late.recv(5)[4:], b"O")
        late.close()

    def test_who_is_connected_is_served_until_he_leaves(self):
        """An SMTP session has one connection, whatever goes on between its messages."""
        daemon = self.make(self.listen()).start()
        with daemon.connect() as idle, daemon.connect() as busy:
            self.assertTrue(busy.message(MESSAGE)[0].accepted)
            daemon.process.send_signal(signal.SIGTERM)
            daemon.wait_log("ending: 2 connections are open")
            for connection in (idle, busy, idle):
                self.assertTrue(connection.message(MESSAGE)[0].accepted, daemon.read_log())
            self.assertIsNone(daemon.process.poll())
        self.assertEqual(daemon.process.wait(END_SECONDS), 0, daemon.read_log())
        self.assertNotIn("stayed open", daemon.read_log())

    def test_who_has_not_said_a_word_yet_is_served_too(self):
        daemon = self.make(self.listen()).start()
        silent = milter_client.connect(daemon.socket)
        # Taken in the order in which they come: so the silent one has been.
        self.assertTrue(daemon.send()[0].accepted)
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_log("ending: ")
        with Connection(silent) as connection:
            self.assertTrue(connection.message(MESSAGE)[0].accepted, daemon.read_log())
        self.assertEqual(daemon.process.wait(END_SECONDS), 0, daemon.read_log())

    def test_I4_who_does_not_leave_is_not_waited_for(self):
        daemon = self.make(self.listen()).start()
        with daemon.connect() as connection:
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.process.wait(LINGER_SECONDS * 2), 0, daemon.read_log())
            self.assertRaises((milter_client.Closed, OSError), connection.message, MESSAGE)
        self.assertIn("1 connections stayed open", daemon.read_log())
        self.assertEqual(daemon.objects(), {})

    def test_I6_only_the_service_has_the_socket(self):
        listener = self.listen()
        daemon = self.make(listener, variables=("LISTEN_FDNAMES=a",)).start()
        family = Family(daemon)
        self.addCleanup(family.close)
        has = {pid: descriptors(pid, listener) for pid in (family.starter, family.service, family.worker, *family.waiting)}
        self.assertEqual({pid for pid, count in has.items() if count}, {family.service})
        self.assertEqual(has[family.service], 1)
        for pid in (family.worker, *family.waiting):
            self.assertNotIn(b"LISTEN_", pathlib.Path(f"/proc/{pid}/environ").read_bytes())

    def test_internet_socket_is_served_as_well_and_lingers(self):
        listener = self.listen(("127.0.0.1", 0))
        for host in ("127.0.0.1", "localhost"):
            port = listener.getsockname()[1]
            daemon = self.make(listener, milter__socket=f"inet:{port}@{host}").start()
            with Connection(("127.0.0.1", port)) as connection:
                daemon.process.send_signal(signal.SIGTERM)
                daemon.wait_log("ending: 1 connections are open")
                self.assertTrue(connection.message(MESSAGE)[0].accepted, daemon.read_log())
            self.assertEqual(daemon.process.wait(END_SECONDS), 0)
            daemon.log.unlink()


class Refusing(PassedTest):
    def test_what_is_passed_to_another_process_is_not_taken(self):
        listener = self.listen(str(pathlib.Path(self.folder) / "another.sock"))
        daemon = self.make(listener, variables=("LISTEN_PID=1",)).start()
        self.assertTrue(stat.S_ISSOCK(os.stat(daemon.socket).st_mode))
        self.assertTrue(daemon.send()[0].accepted)
        self.assertEqual(descriptors(daemon.service(), listener), 0)
        daemon.stop()
        self.assertFalse(os.path.exists(daemon.socket))

    def test_without_a_passed_socket_mugaid_makes_its_own(self):
        daemon = self.make().start()
        self.assertTrue(daemon.send()[0].accepted)
        daemon.stop()
        self.assertFalse(os.path.exists(daemon.socket))

    def assert_kept(self, listener):
        """A start that fails removes nothing that is not its own."""
        self.assertTrue(stat.S_ISSOCK(os.stat(listener.getsockname()).st_mode))

    def test_several_are_refused(self):
        one, other = self.listen(), self.listen(str(pathlib.Path(self.folder) / "another.sock"))
        status, said = self.refused(one, other)
        self.assertEqual(status, EX_OSERR, said)
        self.assertIn("what was passed is not one socket of ListenStream=", said)
        self.assert_kept(one)

    def test_what_does_not_listen_is_refused(self):
        path = str(pathlib.Path(self.folder) / "milter.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams, open("/dev/null") as no_socket:
            bound.bind(path)
            datagrams.bind(path + ".d")
            for wrong in (bound, datagrams, no_socket):
                status, said = self.refused(wrong)
                self.assertEqual(status, EX_OSERR, said)
                self.assertIn("what was passed is not one socket of ListenStream=", said)
            self.assert_kept(bound)
        with listening(path + ".p", socket.SOCK_SEQPACKET) as packets:
            self.assertEqual(self.refused(packets)[0], EX_OSERR)

    def test_another_socket_than_the_configured_one_is_refused_and_both_are_named(self):
        another = str(pathlib.Path(self.folder) / "another.sock")
        listener = self.listen(another)
        status, said = self.refused(listener)
        self.assertEqual(status, EX_CONFIG, said)
        self.assertIn(f"unix:{another}, [milter] socket is unix:{self.folder}/milter.sock", said)
        self.assert_kept(listener)
        internet = self.listen(("127.0.0.1", 0))
        port = internet.getsockname()[1]
        for name in (f"inet:{port}@127.0.0.2", f"inet:{port ^ 1}@localhost", f"inet6:{port}@::1"):
            status, said = self.refused(internet, milter__socket=name)
            self.assertEqual(status, EX_CONFIG, said)
            self.assertIn(f"inet:{port}@127.0.0.1, [milter] socket is {name}", said)

    def test_other_spellings_of_the_configured_socket_are_the_same(self):
        listener = self.listen()
        daemon = self.make(listener, milter__socket=f"local:{listener.getsockname()}").start()
        self.assertTrue(daemon.send()[0].accepted)

    def test_descriptor_that_is_to_say_ready_is_not_the_socket(self):
        listener = self.listen()
        daemon = self.make(listener)
        done = subprocess.run([*daemon.before, os.environ["MUGAID"], "--config", daemon.config, "--ready-fd", "3"],
                              pass_fds=daemon.inherited, capture_output=True, timeout=END_SECONDS)
        self.assertEqual(done.returncode, WRONG_USAGE, done.stderr)

    def test_I6_what_else_somebody_left_open_is_closed(self):
        listener = self.listen()
        end, left_open = os.pipe()
        self.addCleanup(os.close, end)
        daemon = self.make(listener)
        daemon.inherited += (left_open,)
        daemon.start()
        os.close(left_open)
        self.assertEqual(select.select([end], [], [], END_SECONDS)[0], [end])
        self.assertEqual(os.read(end, 1), b"")
        self.assertTrue(daemon.send()[0].accepted)


class Stored(MilterTest):
    """mugai-stored takes the same from systemd, of another kind."""

    def start(self, *passed):
        daemon = Daemon(self.folder, access__socket=f"{self.folder}/stored.sock")
        numbers = [str(one.fileno()) for one in passed]
        with open(daemon.log, "ab") as log:
            return daemon, subprocess.Popen(
                [sys.executable, HERE / "activate.py", *numbers, "--", os.environ["MUGAI_STORED"], "--config", daemon.config,
                 "--log-stderr", "--idle", "1"], pass_fds=[int(one) for one in numbers], stdout=log, stderr=log)

    def test_passed_socket_is_served_and_stays(self):
        with listening(f"{self.folder}/another.sock", socket.SOCK_SEQPACKET) as listener:
            daemon, process = self.start(listener)
            self.assertEqual(process.wait(END_SECONDS), 0, daemon.read_log())  # nobody asks
            self.assertFalse(os.path.exists(f"{self.folder}/stored.sock"))
            self.assertTrue(os.path.exists(listener.getsockname()))

    def test_stream_is_refused(self):
        with listening(f"{self.folder}/another.sock") as listener:
            daemon, process = self.start(listener)
            self.assertEqual(process.wait(END_SECONDS), EX_OSERR)
            self.assertIn("what was passed is not one socket of ListenSequentialPacket=", daemon.read_log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
