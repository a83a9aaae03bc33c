#!/usr/bin/python3
"""kill.py - mail flows through the real Postfix while processes are killed, the disk fills, the store goes away

Clients send numbered messages at once and remember what they were told: accepted, refused for now, or nothing (the
connection was lost). What was not accepted they send again, as real ones do, until it is. Meanwhile mugaid's processes
die of SIGKILL, chosen by a generator whose seed is printed; mugaid is started again as systemd would. In the end:

    I4  every message that a client saw accepted is on the far side, exactly once; once more at most for each time that
        its reply was lost; every other one the client still has, and can deliver
    I1  nothing arrives that is not in the profile, or has a piece of what was to be removed
    I2  the original of every arrived message is in the store, octet for octet
    I2  nothing is in the store but whole originals
"""

import atexit
import contextlib
import ctypes
import os
import random
import re
import select
import signal
import smtplib
import sys
import threading
import time
import unittest

import torture
from torture import FULL, SEED, Census, Original, Store, say, test_milter, wait_until

import harness  # noqa: E402

CLIENTS = 6
KILLS = 240 if FULL else 25
# Sizes of messages, one after the other: small ones, some of many reads, one beyond the spool's memory.
SIZES = (0, 0, 0, 4000, 0, 0, 200_000, 0, 0, 1_500_000)
# A client does not ask again at once.
RETRY_SECONDS = 0.05
# Where in a message a kill strikes is what chance decides, up to this much after an answer.
KILL_WITHIN_SECONDS = 0.04
SMALL_DISK_MIB = 256

lab = None
numbers = iter(range(1, sys.maxsize))
numbers_lock = threading.Lock()


def own_mounts():
    """A small disk is mounted where nobody else sees it, and is gone with us."""
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newns = 0x20000
    if libc.unshare(clone_newns) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    harness.run(["mount", "--make-rprivate", "/"])


def setUpModule():
    global lab
    torture.begin()
    own_mounts()
    say(f"seed {SEED}, {torture.FORM} form")
    lab = harness.Lab(harness.programs_from_environment(), settings={"worker": {"count": 3, "seconds": 20},
                                                                     "store": {"min_free": 1}})
    atexit.register(lab.close)


def tearDownModule():
    lab.close()


class Sent:
    """A message as its client knows it."""

    def __init__(self):
        with numbers_lock:
            number = next(numbers)
        self.original = Original(number, SIZES[number % len(SIZES)])
        self.accepted = False
        self.lost = 0  # times that no reply came: it may have been taken


class Load:
    """Clients that deliver message after message until they are told to stop, and have nothing left then."""

    def __init__(self):
        self.sent, self.failures = [], []
        self.accepted = self.refused = self.lost = 0
        self._changed = threading.Condition()
        self._stop, self._give_up = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        try:
            while not self._stop.is_set():
                message = Sent()
                with self._changed:
                    self.sent.append(message)
                until = time.monotonic() + 10 * torture.DEADLINE_SECONDS
                while not self._deliver(message) and not self._give_up.is_set():
                    assert time.monotonic() < until, f"message {message.original.number} is never accepted"
                    time.sleep(RETRY_SECONDS)
        except Exception as error:
            self.failures.append(error)
            with self._changed:
                self._changed.notify_all()

    def _deliver(self, message):
        code, text = self._send(message.original.octets)
        assert code is None or code == 250 or 400 <= code < 500, f"{code} {text}"
        with self._changed:
            if code == 250:
                message.accepted = True
                self.accepted += 1
            elif code is None:
                message.lost += 1
                self.lost += 1
            else:
                self.refused += 1
            self._changed.notify_all()
        return message.accepted

    @staticmethod
    def _send(octets):
        """The reply; (None, why) if there was none."""
        try:
            client = lab.client(torture.DEADLINE_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            return 421, str(error)  # it was not even offered
        try:
            return client.deliver("sender@internet.example", [f"tanaka@{harness.LGWAN_DOMAIN}"], octets)
        except (smtplib.SMTPException, OSError) as error:
            return None, str(error)
        finally:
            client.close()

    def wait(self, attribute, more, seconds=torture.DEADLINE_SECONDS):
        """Until so many more were accepted, or refused."""
        goal = getattr(self, attribute) + more
        with self._changed:
            came = self._changed.wait_for(lambda: self.failures or getattr(self, attribute) >= goal, seconds)
        if self.failures:
            raise self.failures[0]
        assert came, f"{attribute}: no {more} more in {seconds} seconds\n{lab.mugaid.read_log()[-3000:]}"

    def stop(self, give_up=False):
        """All that was begun is delivered when this returns, unless the test has failed."""
        if give_up:
            self._give_up.set()
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]


class Killer:
    """Kills mugaid's processes and starts mugaid again, as systemd would."""

    def __init__(self, chance):
        self.chance = chance
        self.kills = {}
        self.started = 0

    def start_mugaid(self):
        lab.mugaid.start()
        self.started += 1

    def strike(self):
        """Kills one process; which one is what chance decides."""
        census = Census(lab.mugaid.pid)
        parents, children = census.workers()
        groups = {"mugaid": census.members("mugaid"), "worker's parent": parents, "waiting child": children}
        name = self.chance.choice(["mugaid", "mugaid", "worker's parent", "waiting child", "working child"])
        time.sleep(self.chance.random() * KILL_WITHIN_SECONDS)
        if name == "working child":
            groups[name] = self.find_working(parents)
        if not groups[name]:
            return
        victim = self.chance.choice(sorted(groups[name]))
        family = [os.pidfd_open(pid) for pid in groups["mugaid"]]
        with contextlib.suppress(ProcessLookupError):  # a child that has just ended
            os.kill(victim, signal.SIGKILL)
            self.kills[name] = self.kills.get(name, 0) + 1
        if name == "mugaid":
            self.revive(family)
        for descriptor in family:
            os.close(descriptor)

    @staticmethod
    def find_working(parents):
        """Children with a message."""
        for _ in range(2000):
            found = list(filter(test_milter.has_message, torture.children_of(parents)))
            if found:
                return found
        return []

    def revive(self, family):
        """None of mugaid's processes outlives the other, with all its threads; then there is a new one."""
        for descriptor in family:
            assert select.select([descriptor], [], [], torture.DEADLINE_SECONDS)[0], "a mugaid outlives the other"
        lab.mugaid.stop()
        self.start_mugaid()


class Arrivals:
    """What came to the far side."""

    def __init__(self):
        self.by_number = {}  # number of the message -> [Mugai-Id]
        self.octets = {}     # Mugai-Id -> [octets]
        for path in self.take():
            octets = harness.arrived_octets(path)
            self.octets.setdefault(torture.test_milter.field(octets, b"Mugai-Id"), []).append(octets)

    @staticmethod
    def take():
        def empty():
            for postfix in (lab.boundary, lab.lgwan):
                if postfix.queued():
                    postfix.flush()
                    return False
            return True

        wait_until(empty, "both queues are empty", 5 * torture.DEADLINE_SECONDS)
        return lab.maildir.take()

    def check(self, sent, postfix_restarted):
        originals = {message.original.number: message.original for message in sent}
        for identity, copies in self.octets.items():
            kept = torture.original_by_id(lab.mugaid.config, identity)
            number = int(re.search(rb"^Message-ID: <(\d+)@torture", kept, re.MULTILINE)[1])
            original = originals[number]
            assert kept == original.octets, f"the original of message {number} is another one"
            for octets in copies:
                wrong = original.wrong_with(octets, relayed=True)
                assert not wrong, f"message {number}: {wrong}"
                original.outcome(octets)
            # One Postfix that dies before it has told the other sends its message again: that is SMTP.
            assert len(copies) == 1 or postfix_restarted, f"message {number} came {len(copies)} times as {identity}"
            self.by_number.setdefault(number, []).append(identity)
        torture.verify(lab.directory, [octets for copies in self.octets.values() for octets in copies])
        for message in sent:
            came = len(self.by_number.get(message.original.number, []))
            assert message.accepted and 1 <= came <= 1 + message.lost, \
                f"message {message.original.number} came {came} times, {message.lost} replies were lost"

    def notice_only(self, sent):
        originals = {message.original.number: message.original for message in sent}
        return sum(originals[number].outcome(self.octets[identity][0]) == "notice-only"
                   for number, identities in self.by_number.items() for identity in identities)


class Kill(unittest.TestCase):
    def setUp(self):
        self.chance = random.Random(f"{SEED} {self.id().split('.')[-1]}")
        self.killer = Killer(self.chance)
        self.store = Store(lab.mugaid.store)
        self.store.new_objects()
        self.load = None

    def tearDown(self):
        if self.load is not None:
            with contextlib.suppress(Exception):  # it was said before
                self.load.stop(give_up=True)
            Arrivals.take()

    def begin(self):
        self.load = Load()
        self.load.wait("accepted", CLIENTS)

    def finish(self, postfix_restarted=False):
        """Everything is delivered and as it should be."""
        load = self.load
        load.stop()
        arrivals = Arrivals()
        arrivals.check(load.sent, postfix_restarted)
        kept = self.store.new_objects()
        sent = {message.original.octets for message in load.sent}
        self.assertEqual([identity for identity, octets in kept.items() if octets not in sent], [])
        self.assertEqual(self.store.leftovers(), [])
        wait_until(lambda: not Census(lab.mugaid.pid).zombies(), "zombies are buried")
        say(f"  {self.id().split('.')[-1]}: {len(load.sent)} messages of {CLIENTS} clients, "
            f"{load.refused} times refused, {load.lost} replies lost; "
            f"arrived: {sum(map(len, arrivals.octets.values()))}, "
            f"{arrivals.notice_only(load.sent)} of them as notice-only; kills: {self.killer.kills}, mugaid "
            f"started again {self.killer.started} times. Lost: 0, unsanitized: 0")

    def test_I4_nothing_is_lost_when_processes_are_killed(self):
        self.begin()
        while sum(self.killer.kills.values()) < KILLS:
            self.load.wait("accepted", self.chance.randrange(1, 5))
            self.killer.strike()
        self.load.wait("accepted", CLIENTS)
        self.finish()

    def test_I4_nothing_is_lost_when_a_postfix_is_restarted(self):
        self.begin()
        for _ in range(10 if FULL else 2):
            postfix = self.chance.choice([lab.boundary, lab.lgwan])
            self.load.wait("accepted", self.chance.randrange(1, 20))
            postfix.stop()
            self.killer.strike()
            # Not as root does Postfix say, before it starts, what it found of a message that was being taken.
            postfix.log.chmod(0o666)
            postfix.start()
        self.load.wait("accepted", CLIENTS)
        self.finish(postfix_restarted=True)

    def move_store(self, come_back):
        away = lab.mugaid.store.with_name("store-away")
        if come_back:
            away.rename(lab.mugaid.store)
        else:
            lab.mugaid.store.rename(away)

    def test_I4_nothing_is_lost_when_the_store_is_gone(self):
        self.begin()
        for turn in range(6 if FULL else 2):
            self.load.wait("accepted", self.chance.randrange(1, 10))
            self.move_store(come_back=False)
            try:
                self.load.wait("refused", CLIENTS)
                if turn % 2 == 0:
                    # A new mugaid finds no store and does not serve.
                    lab.mugaid.kill()
                    with self.assertRaises(harness.HarnessError):
                        lab.mugaid.start()
                    self.load.wait("refused", CLIENTS)
            finally:
                self.move_store(come_back=True)
            if turn % 2 == 0:
                self.killer.start_mugaid()
            self.load.wait("accepted", CLIENTS)
        self.finish()

    @contextlib.contextmanager
    def small_disk(self):
        """The store on a disk of its own."""
        owner = lab.mugaid.owner
        lab.mugaid.stop()
        harness.run(["mount", "-t", "tmpfs", "-o",
                     f"size={SMALL_DISK_MIB}m,mode=700,uid={owner.pw_uid},gid={owner.pw_gid}", "tmpfs",
                     str(lab.mugaid.store)])
        try:
            lab.mugaid.start()
            yield lab.mugaid.store
        finally:
            lab.mugaid.stop()
            harness.run(["umount", "--lazy", str(lab.mugaid.store)])
            lab.mugaid.start()

    def fill(self, left):
        """Room for no more than @left octets in the store."""
        filler = lab.mugaid.store / "filler"

        def free():
            status = os.statvfs(lab.mugaid.store)
            return status.f_bavail * status.f_frsize

        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):  # the clients were faster
            while free() > left:
                file.write(bytes(65536))
        return filler

    def test_I4_nothing_is_lost_when_the_disk_is_full(self):
        with self.small_disk():
            self.begin()
            for turn in range(6 if FULL else 2):
                self.load.wait("accepted", self.chance.randrange(1, 5))
                # Below the configured minimum; and above it, with no room for a large message.
                filler = self.fill(0 if turn % 2 == 0 else 1_300_000)
                self.load.wait("refused", CLIENTS)
                if turn % 2 == 0:
                    self.killer.strike()
                filler.unlink()
                self.load.wait("accepted", CLIENTS)
            self.finish()


if __name__ == "__main__":
    unittest.main(verbosity=1)
