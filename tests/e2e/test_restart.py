#!/usr/bin/python3
"""test_restart.py - mugaid is restarted while mail flows, as an upgrade does it, and nothing is lost

Run by "meson test --suite e2e". Eight clients deliver 1,000 numbered messages through the real Postfix; whoever is told
to come again comes again, as real ones do. Meanwhile mugaid ends by SIGTERM and is started again, ten times. In the end
each message has arrived once, sanitized, and its original is in the store. Where the socket is kept for mugaid, nobody is told to come again.
"""

import collections
import concurrent.futures
import gzip
import pathlib
import re
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import harness  # noqa: E402
import profile_reader  # noqa: E402

MESSAGES, RESTARTS, CLIENTS = 1000, 10, 8
# A client does not ask again at once.
AGAIN_SECONDS = 0.05
TRIES = 200


def message(number):
    return (f"From: sender@internet.example\r\nTo: tanaka@{harness.LGWAN_DOMAIN}\r\nSubject: number {number};\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
            f"--b\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\nPAYLOAD{number}\r\n--b--\r\n").encode()


class RestartTest(unittest.TestCase):
    activated = False

    def setUp(self):
        self.lab = harness.Lab(harness.programs_from_environment(), settings={"store": {"min_free": 1}},
                               activated=self.activated)
        self.addCleanup(self.lab.close)
        self.accepted, self.refused = 0, []
        self.lock = threading.Condition()

    def deliver(self, number):
        """Until it is accepted."""
        for _ in range(TRIES):
            code, text = self.lab.deliver(message(number))
            with self.lock:
                self.accepted += code == 250
                if code != 250:
                    self.refused.append(text)
                self.lock.notify_all()
            if code == 250:
                return
            self.assertEqual(code // 100, 4, text)
            time.sleep(AGAIN_SECONDS)
        self.fail(f"message {number} is never accepted")

    def wait_accepted(self, count):
        with self.lock:
            self.assertTrue(self.lock.wait_for(lambda: self.accepted >= count, harness.DEADLINE_SECONDS))

    def restart_under_load(self):
        """All of them are delivered meanwhile, and have arrived once; what is in the quarantine, number by number."""
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            under_way = [pool.submit(self.deliver, number) for number in range(MESSAGES)]
            for restart in range(RESTARTS):
                self.wait_accepted((restart + 1) * MESSAGES // (RESTARTS + 2))
                self.assertEqual(self.lab.mugaid.stop(), 0, self.lab.mugaid.read_log()[-2000:])
                self.lab.mugaid.start()
            for one in under_way:
                one.result()
        arrived = collections.Counter()
        for path in self.lab.arrived():
            octets = harness.arrived_octets(path)
            arrived[int(re.search(rb"^Subject: number (\d+);", octets, re.MULTILINE)[1])] += 1
            self.assertIsNone(profile_reader.check(octets, True, relayed=True))
        self.assertEqual(arrived, collections.Counter(range(MESSAGES)))
        originals = (gzip.decompress(path.read_bytes()) for path in self.lab.mugaid.store.rglob("*.eml.gz"))
        return collections.Counter(int(re.search(rb"PAYLOAD(\d+)", original)[1]) for original in originals)


class Restart(RestartTest):
    def test_I4_ten_restarts_under_load_lose_nothing_and_send_nothing_twice(self):
        kept = self.restart_under_load()
        self.assertTrue(self.refused, "no restart met a message")
        self.assertEqual(set(kept), set(range(MESSAGES)))


class Activated(RestartTest):
    """As with mugaid.socket: who connects while mugaid is not there waits."""

    activated = True

    def test_I4_ten_restarts_under_load_let_nobody_come_again(self):
        kept = self.restart_under_load()
        self.assertEqual(self.refused, [])
        self.assertEqual(kept, collections.Counter(range(MESSAGES)))

    def test_I4_a_session_that_is_open_goes_on_and_one_that_begins_waits(self):
        people = "a@internet.example", [f"b@{harness.LGWAN_DOMAIN}"]
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool, self.lab.client() as session:
            self.assertEqual(session.deliver(*people, message(0))[0], 250)
            ending = pool.submit(self.lab.mugaid.stop)
            harness.wait_until(lambda: "ending: 1 connections are open" in self.lab.mugaid.read_log(), "it ends")
            waiting = pool.submit(self.deliver, 1)
            try:
                self.assertEqual(session.deliver(*people, message(2))[0], 250)
                session.quit()
                self.assertEqual(ending.result(), 0)
                self.assertFalse(waiting.done())
            finally:
                ending.result()
                self.lab.mugaid.start()
                waiting.result()
        self.assertEqual(self.refused, [])
        self.assertEqual(len(self.lab.arrived()), 3)


if __name__ == "__main__":
    harness.end_on_signals()
    unittest.main()
