#!/usr/bin/python3
"""overload.py - more clients than there is room for, and more messages than a day has

Over the milter socket, so that nobody but mugaid sets the bounds.

    I4  200 connections at once, some quick, some octet by octet, some that stop in the middle and go on when the others
        are served, some that vanish: each that says its message to the end is answered, and accepted
    I7  the memory of all of mugaid's processes stays bounded, and is printed
    I7  afterwards threads and descriptors are what they were
    I7  message after message (100,000 in the full form): the second half needs no more memory or descriptors than the
        first
"""

import random
import shutil
import socket
import tempfile
import threading
import time
import unittest

import torture
from torture import FULL, SEED, Baseline, Census, Original, milter_client, say, test_milter, wait_until

CONNECTIONS = 200
# Half of them are quick, and of the others as many slow as stopped as vanishing.
KINDS = ("quick", "quick", "quick", "slow", "stopped", "vanishing")
MESSAGES = 100_000 if FULL else 2_000
SENDERS = 4
# A connection: 64 KiB buffer, 64 KiB chunk, 1 MiB spool, stack and what the allocator keeps; see session.c. The
# worker's children are bounded apart from that.
CONNECTION_KIB = 2048
# What an allocator needs before it comes to rest, and what it keeps of it.
SLACK_KIB = 16 * 1024
LARGE_OCTETS = 300_000


class Answers:
    """What became of each client."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts, self.failures = {}, []

    def add(self, kind, error=None):
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if error is not None:
                self.failures.append(f"{kind}: {error!r}")


class Crowd:
    """Many clients at once, each on a connection and in a thread of its own."""

    def __init__(self, daemon, chance):
        self.daemon, self.chance, self.answers = daemon, chance, Answers()
        self.all_connected = threading.Barrier(CONNECTIONS)
        self.quick_left = threading.Semaphore(0)
        self.others_served = threading.Event()
        self.threads = []
        for number in range(CONNECTIONS):
            kind = KINDS[number % len(KINDS)]
            original = Original(number + 1, LARGE_OCTETS if chance.random() < 0.2 else 0)
            self.threads.append(threading.Thread(target=self._run, args=(kind, original, chance.random()), daemon=True))

    def _run(self, kind, original, share):
        try:
            with self.daemon.connect() as connection:
                self.all_connected.wait(torture.DEADLINE_SECONDS)
                getattr(self, "_" + kind)(connection, original, share)
            self.answers.add(kind)
        except Exception as error:
            self.answers.add(kind, error)
        finally:
            self.quick_left.release()

    @staticmethod
    def _judge(original, answer, delivered):
        assert answer.accepted, answer
        assert not original.wrong_with(delivered) and original.outcome(delivered) == "passed"

    def _quick(self, connection, original, _):
        self._judge(original, *connection.message(original.octets))

    def _events(self, connection, original):
        """All octets of the message's events, as one string."""
        sent = []
        plain, connection.socket = connection.socket, Recorder(sent)
        try:
            fields, body = milter_client.split_message(original.octets)
            connection.envelope("sender@example.org", ["to@example.jp"], "4SLOW")
            connection.content(fields, body)
        finally:
            connection.socket = plain
        return fields, body, b"".join(sent)

    def _finish(self, connection, original, fields, body):
        answer = connection.answer()
        self._judge(original, answer, milter_client.apply_answer(fields, body, answer))

    def _slow(self, connection, original, _):
        fields, body, octets = self._events(connection, Original(original.number))
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for at in range(len(octets)):
            connection.socket.sendall(octets[at:at + 1])
        self._finish(connection, original, fields, body)

    def _stopped(self, connection, original, share):
        fields, body, octets = self._events(connection, original)
        cut = max(1, int(share * (len(octets) - 1)))
        connection.socket.sendall(octets[:cut])
        assert self.others_served.wait(torture.DEADLINE_SECONDS), "the others are not served"
        connection.socket.sendall(octets[cut:])
        self._finish(connection, original, fields, body)

    def _vanishing(self, connection, original, share):
        _, _, octets = self._events(connection, original)
        connection.socket.sendall(octets[:max(1, int(share * (len(octets) - 1)))])
        # No farewell: what the kernel says to the other side when a client has died.
        connection.socket.shutdown(socket.SHUT_RDWR)

    def run(self):
        for thread in self.threads:
            thread.start()
        for _ in range(sum(KINDS[number % len(KINDS)] != "stopped" for number in range(CONNECTIONS))):
            assert self.quick_left.acquire(timeout=2 * torture.DEADLINE_SECONDS), "clients are not answered"
        self.others_served.set()
        for thread in self.threads:
            thread.join(torture.DEADLINE_SECONDS)
            assert not thread.is_alive(), "a client is not answered"


class Recorder:
    """In a socket's place: keeps what is sent."""

    def __init__(self, sent):
        self.sendall = sent.append


class Peak(threading.Thread):
    """Looks at the memory of all of mugaid's processes, again and again."""

    def __init__(self, census):
        super().__init__(daemon=True)
        self.census, self.service_kib, self.all_kib, self.threads = census, 0, 0, 0
        self._end = threading.Event()

    def run(self):
        while not self._end.is_set():
            everyone = {pid: self.census.of(pid, "Pss") for pid in torture.family(self.census.pid)}
            self.all_kib = max(self.all_kib, sum(everyone.values()))
            self.service_kib = max(self.service_kib, self.census.memory_kib())
            self.threads = max(self.threads, self.census.threads())
            time.sleep(torture.LOOK_SECONDS)

    def end(self):
        self._end.set()
        self.join()


class Overload(unittest.TestCase):
    def setUp(self):
        torture.begin()
        self.folder = tempfile.mkdtemp(prefix="mugai-overload-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.daemon = test_milter.Daemon(self.folder, worker__seconds=30)
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.census = Census(self.daemon.process.pid)
        for number in range(20):
            self.daemon.send(Original(number).octets)
        self.rest()

    def rest(self):
        """Connections are closed, workers wait."""
        wait_until(lambda: len(self.census.workers()[1]) == 3 and not self.census.zombies(), "the workers wait")

    def test_I4_each_of_200_connections_at_once_is_answered(self):
        say(f"seed {SEED}")
        baseline, at_rest = Baseline(self.census), self.census.memory_kib()
        crowd, peak = Crowd(self.daemon, random.Random(SEED)), Peak(self.census)
        peak.start()
        crowd.run()
        peak.end()
        self.assertEqual(crowd.answers.failures, [])
        self.assertEqual(sum(crowd.answers.counts.values()), CONNECTIONS)
        # libmilter's pool keeps threads for what comes next; they end when nothing comes.
        self.rest()
        wait_until(lambda: len(self.census.descriptors()) <= baseline.descriptors and not self.census.temporary(),
                   "descriptors are what they were")
        wait_until(lambda: self.census.threads() <= baseline.threads + 2, "threads are what they were", 300)
        say(f"  {crowd.answers.counts}; mugaid at most {peak.service_kib // 1024} MiB (at rest {at_rest // 1024}), "
            f"{peak.threads} threads; all processes together {peak.all_kib // 1024} MiB (proportional)")
        self.assertLess(peak.service_kib - at_rest, CONNECTIONS * CONNECTION_KIB)

    def send_many(self, count, first):
        """So many messages, from several connections at once."""
        numbers, failures = iter(range(first, first + count)), []
        lock = threading.Lock()

        def work():
            try:
                with self.daemon.connect() as connection:
                    while True:
                        with lock:
                            number = next(numbers, None)
                        if number is None:
                            return
                        original = Original(number)
                        answer, delivered = connection.message(original.octets)
                        assert answer.accepted, answer
                        if number % 100 == 0:
                            assert not original.wrong_with(delivered) and original.outcome(delivered) == "passed"
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self.rest()

    def measure(self):
        parents, _ = self.census.workers()
        return {"mugaid KiB": self.census.memory_kib(), "worker's parent KiB": self.census.of(parents[0], "Rss"),
                "descriptors": len(self.census.descriptors()), "threads": self.census.threads()}

    def test_I7_message_after_message_nothing_grows(self):
        self.send_many(MESSAGES // 2, 1)
        middle = self.measure()
        begun = time.monotonic()
        self.send_many(MESSAGES // 2, MESSAGES // 2 + 1)
        end = self.measure()
        say(f"  {MESSAGES} messages; after the first half: {middle}; after the second: {end}; "
            f"{MESSAGES / 2 / (time.monotonic() - begun):.0f} messages a second, checked")
        self.assertLessEqual(end["descriptors"], middle["descriptors"] + 2)
        self.assertLessEqual(end["threads"], middle["threads"] + 2)
        self.assertLess(end["mugaid KiB"] - middle["mugaid KiB"], SLACK_KIB)
        self.assertLess(end["worker's parent KiB"] - middle["worker's parent KiB"], SLACK_KIB)


if __name__ == "__main__":
    unittest.main(verbosity=1)
