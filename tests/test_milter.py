#!/usr/bin/python3
"""test_milter.py - mugaid at its socket, without an MTA: what it lets through, and what it does when all goes wrong

Run by "meson test milter", which names the programs in MUGAID, MUGAI and MUGAI_WORKER. The MTA's side is milter_client.py,
the judge of what would be handed on is profile_reader.py; neither shares code with mugai. Workers that misbehave are
small programs written here, named by [worker] program. Names say which invariant of the design a test holds.
"""

import concurrent.futures
import fcntl
import gzip
import hashlib
import json
import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import log_reader  # noqa: E402
import milter_client  # noqa: E402
import profile_reader  # noqa: E402
import seal  # noqa: E402
from milter_client import Connection  # noqa: E402

# Whom mugaid becomes where these tests run as root: users that every Debian has.
MILTER_USER, WORKER_USER = "games", "daemon"
READY_SECONDS = 60
OLD_ID = "20200101-00000-00007"
END_SECONDS = 60
# Below it are the numbers of what a service manager passes.
ABOVE_PASSED = 10

MESSAGE = textwrap.dedent("""\
    Received: from far (far.example [198.51.100.7])
    \tby near.example; Fri, 20 Nov 2026 10:00:00 +0900
    From: "Sender" <sender@example.org>
    To: to@example.jp
    Subject: report of the week
    Date: Fri, 20 Nov 2026 10:00:00 +0900
    Message-ID: <1@example.org>
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary="b"

    --b
    Content-Type: text/plain; charset=utf-8

    the visible text
    --b
    Content-Type: application/octet-stream; name="evil.exe"
    Content-Transfer-Encoding: base64

    TVpBVFRBQ0hNRU5UUEFZTE9BRA==
    --b--
    """).replace("\n", "\r\n").encode()

# What a misbehaving worker has to say before it may misbehave: it is warm. Descriptor 3, see src/common/wire.c.
WORKER_PROLOGUE = """\
#!/usr/bin/python3
import array, os, signal, socket, struct, subprocess, sys, time
request = socket.socket(fileno=3)
setup = [request.recv(20)]
setup += [request.recv(1 << 20) for _ in range(struct.unpack("=5I", setup[0])[1])]
request.send(struct.pack("=I", 0x6d755231) + b"\\0")

def receive_job():
    descriptors = array.array("i")
    data, control, _, _ = request.recvmsg(1024, socket.CMSG_SPACE(8))
    if not data:
        sys.exit(0)
    for _, _, octets in control:
        descriptors.frombytes(octets)
    result = socket.socket(fileno=descriptors[1])
    result.send(b"b")
    return data, descriptors[0], result
"""


def wait_for(condition):
    """Waits for what there is no event for; its first true value."""
    until = time.monotonic() + READY_SECONDS
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError("it did not come to that")
        time.sleep(0.02)
    return value


# The descriptor of a worker's child that jobs come over; who has one closes it.
REQUESTS = "3"


def has_message(pid):
    """Whether a worker's child has a message; not one that has ended."""
    return os.path.lexists(f"/proc/{pid}/fd/1") and not os.path.lexists(f"/proc/{pid}/fd/{REQUESTS}")


def programs():
    return os.environ["MUGAID"], os.environ["MUGAI_WORKER"]


class Daemon:
    """A mugaid with a store and a socket of its own."""

    as_user = None  # whoever runs the tests
    inherited = ()  # descriptors that somebody has left open
    before = ()  # a command that executes mugaid at its end
    log_options = ("--log-stderr",)

    def __init__(self, folder, worker=None, **settings):
        self.folder = pathlib.Path(folder)
        self.socket = str(self.folder / "milter.sock")
        self.store = self.folder / "store"
        self.config = self.folder / "mugai.conf"
        self.log = self.folder / "log"
        self.make_store()
        self.write_config(worker, **settings)
        self.process = None

    def make_store(self):
        self.store.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            for path in (self.folder, self.store):
                shutil.chown(path, MILTER_USER)
            # The starter, too, has to ask for leave: it finds workers in here.
            self.folder.chmod(0o711)

    def write_config(self, worker=None, **settings):
        keys = {"worker.program": worker or programs()[1], "worker.count": 3, "worker.seconds": 20,
                "sanitize.language": "en", "milter.socket": f"unix:{self.socket}", "store.path": self.store,
                "store.min_free": 1, "milter.user": MILTER_USER, "worker.user": WORKER_USER}
        keys.update({name.replace("__", "."): value for name, value in settings.items()})
        groups = {}
        for name, value in keys.items():
            group, key = name.split(".")
            groups.setdefault(group, []).append(f"{key} = {value}\n")
        self.config.write_text("".join(f"[{group}]\n" + "".join(lines) for group, lines in groups.items()))

    def spawn(self):
        """Starts it; the descriptor on which it says that it is ready."""
        ready, low = os.pipe()
        said = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, ABOVE_PASSED)
        os.close(low)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.before, programs()[0], "--config", self.config, *self.log_options, "--ready-fd", str(said)],
                pass_fds=[said, *self.inherited], stdout=log, stderr=log, **self.identity())
        os.close(said)
        return ready

    def identity(self):
        if self.as_user is None:
            return {}
        return {"user": self.as_user, "group": pwd.getpwnam(self.as_user).pw_gid, "extra_groups": []}

    def start(self):
        ready = self.spawn()
        said = os.read(ready, 1)
        os.close(ready)
        if said != b"r":
            raise AssertionError(f"mugaid did not start: {self.read_log()}")
        return self

    def read_log(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_log(self, text, since=0):
        """Waits until @text is logged; there is no event for a line in a file."""
        until = time.monotonic() + READY_SECONDS
        while text not in self.read_log()[since:]:
            if time.monotonic() > until:
                raise AssertionError(f"not logged: {text}\n{self.read_log()}")
            time.sleep(0.02)

    def service(self):
        """The process that serves mail: the starter's child of the same name."""
        found = subprocess.run(["pgrep", "-x", "-P", str(self.process.pid), "mugaid"], capture_output=True, text=True)
        return int(found.stdout)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        # In a build with sanitizers this is also where leaks show.
        if status != 0:
            raise AssertionError(f"mugaid ended with {status}: {self.read_log()}")

    def kill(self):
        """The power fails: no chance to tidy up for any of it."""
        service = os.pidfd_open(self.service())
        self.process.kill()
        self.process.wait()
        select.select([service], [], [], END_SECONDS)
        os.close(service)

    def connect(self, **options):
        return Connection(self.socket, **options)

    def send(self, octets=MESSAGE, **options):
        with self.connect() as connection:
            return connection.message(octets, **options)

    def objects(self):
        """id -> original, of all that the store keeps."""
        return {path.name.removesuffix(".eml.gz"): gzip.decompress(path.read_bytes())
                for path in sorted(self.store.glob("*/*/*/*.eml.gz"))}


def field(octets, name):
    """The value of the one field @name."""
    values = [value for key, value in milter_client.split_message(octets)[0] if key.lower() == name.lower()]
    assert len(values) == 1, (name, values)
    return values[0].strip().decode()


def text_of(octets):
    import base64
    return base64.b64decode(octets.partition(b"\r\n\r\n")[2]).decode()


class MilterTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mugai-milter-")
        self.addCleanup(shutil.rmtree, self.folder)

    def daemon(self, worker=None, **settings):
        daemon = Daemon(self.folder, worker, **settings)
        self.addCleanup(daemon.stop)
        return daemon.start()

    def fake_worker(self, behaviour):
        path = pathlib.Path(self.folder) / "worker"
        path.write_text(WORKER_PROLOGUE + textwrap.dedent(behaviour))
        path.chmod(0o700)
        return str(path)

    def listed(self, daemon):
        """Ids and states as the command line says them to the store's owner; nothing while there is no index."""
        owner = daemon.store.stat()
        done = subprocess.run([os.environ["MUGAI"], "list", "--json", "--config", daemon.config], capture_output=True,
                              timeout=READY_SECONDS, user=owner.st_uid, group=owner.st_gid)
        entries = [json.loads(line) for line in done.stdout.splitlines()]
        return {entry["id"]: entry["state"] for entry in entries}

    def wait_listed(self, daemon, expected):
        """The index comes behind the answers."""
        until = time.monotonic() + READY_SECONDS
        while (listed := self.listed(daemon)) != expected and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(listed, expected)

    def assert_conforms(self, octets, inert_links=True):
        self.assertIsNotNone(octets)
        self.assertIsNone(profile_reader.check(octets, inert_links))

    def assert_notice_only(self, daemon, answer, octets):
        """Accepted, but nothing of the message in it; the original is kept."""
        self.assertTrue(answer.accepted, f"{answer}\n{daemon.read_log()}")
        self.assert_conforms(octets)
        self.assertNotIn("the visible text", text_of(octets))
        self.assertNotIn(b"report of the week", octets)
        self.assertEqual(list(daemon.objects()), [field(octets, b"Mugai-Id")])
        daemon.wait_log("outcome=notice-only")


class Passing(MilterTest):
    """What an ordinary message meets."""

    def test_I1_only_the_sanitized_message_is_left(self):
        daemon = self.daemon()
        answer, octets = daemon.send()
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)
        self.assertIn("the visible text", text_of(octets))
        self.assertIn("evil.exe", text_of(octets))
        self.assertNotIn(b"TVpBVFRBQ0hNRU5U", octets)
        self.assertEqual(field(octets, b"Subject"), "report of the week")

    def test_an_internet_socket_serves_as_well(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()
        daemon = self.daemon(milter__socket=f"inet:{address[1]}@{address[0]}")
        daemon.socket = address
        answer, octets = daemon.send()
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)

    def test_I1_no_field_of_the_original_is_left_however_often_and_however_spelled(self):
        fields = b"".join(b"%s: %d\r\n" % (name, i) for i, name in enumerate(
            [b"X-One", b"x-one", b"X-ONE", b"X-Two", b"Mugai-Id", b"mugai-result", b"Received", b"RECEIVED"] * 40))
        daemon = self.daemon()
        answer, octets = daemon.send(fields + MESSAGE)
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)
        self.assertGreaterEqual(len(answer.deleted), 320 + 8)
        self.assertEqual(answer.changed, [])

    def test_I1_no_field_is_left_where_the_changes_are_more_than_is_sent_at_once(self):
        daemon = self.daemon()
        # Of one name the last has to go first: whatever came out of order would leave some.
        fields = b"".join(b"X-%s: %d\r\n" % (b"n" * 200, i) for i in range(900))
        answer, octets = daemon.send(fields + MESSAGE)
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)
        self.assertGreaterEqual(len(answer.deleted), 900)

    @unittest.skipIf(os.geteuid() != 0, "the kernel tells root alone")
    def test_the_mta_is_not_woken_for_each_change(self):
        def writes():
            return int(re.search(r"syscw: (\d+)", pathlib.Path(f"/proc/{service}/io").read_text())[1])
        daemon = self.daemon()
        service = daemon.service()
        fields = b"".join(b"X-%d: value\r\n" % i for i in range(500))
        with daemon.connect() as connection:
            connection.message(MESSAGE)
            before = writes()
            answer, _ = connection.message(fields + MESSAGE)
            self.assertGreaterEqual(len(answer.deleted), 500)
            self.assertLess(writes() - before, 100)

    def test_I4_an_mta_that_leaves_before_the_changes_is_not_said_to_have_them(self):
        gone = pathlib.Path(self.folder, "gone")
        daemon = self.daemon(worker=self.fake_worker(f"""
            job = receive_job()
            while not os.path.exists("{gone}"):
                time.sleep(0.01)
            """))
        fields, body = milter_client.split_message(MESSAGE)
        with daemon.connect() as connection:
            connection.envelope("s@example.org", ["r@example.jp"], "LEAVES")
            connection.content(fields, body)
            wait_for(daemon.objects)
        gone.touch()
        daemon.wait_log('queue-id="LEAVES"')
        self.assertIn(" outcome=refused ", daemon.read_log())

    def test_I2_the_original_is_kept_byte_for_byte(self):
        original = (b"X-No-Space:value\r\nX-Tab:\tvalue\r\nX-Spaces:   value  \r\nX-Empty:\r\nX-Raw: \x81\xfe\x01\r\n"
                    b"X-Folded: one\r\n\ttwo\r\n   three\r\nSubject: s\r\n\r\nbody \x00\x80\r\nbare\nlf\rcr\r\n.\r\nno end")
        daemon = self.daemon()
        answer, octets = daemon.send(original)
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assertEqual(daemon.objects(), {field(octets, b"Mugai-Id"): original})

    def test_I2_large_and_empty_messages_are_kept_byte_for_byte(self):
        daemon = self.daemon()
        head = b"Subject: s\r\n\r\n"
        for size in (0, 1, 65534, 65535, 65536, 131070, 1 << 20, (1 << 20) + 1, 5 << 20):
            original = head + (b"0123456789abcdef" * (size // 16 + 1))[:size]
            for end_with_body in (True, False):
                with self.subTest(size=size, end_with_body=end_with_body):
                    answer, octets = daemon.send(original, end_with_body=end_with_body)
                    self.assertTrue(answer.accepted, daemon.read_log())
                    self.assert_conforms(octets)
                    self.assertEqual(daemon.objects()[field(octets, b"Mugai-Id")], original)

    def test_message_without_any_field_or_octet_passes(self):
        daemon = self.daemon()
        answer, octets = daemon.send(b"\r\n\r\n")
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)

    def test_envelope_client_and_queue_id_are_kept_with_the_original(self):
        daemon = self.daemon()
        daemon.send(sender="", recipients=["a@example.jp", "b@example.jp"], queue_id="4XyZ")
        path, = daemon.store.glob("*/*/*/*.eml.gz")
        octets = path.read_bytes()
        for text in (b'"a@example.jp"', b'"b@example.jp"', b'"4XyZ"', b'"192.0.2.1"', b'"client.example"',
                     b'"helo.example"'):
            self.assertIn(text, octets)

    def test_a_field_that_a_nul_has_cut_passes(self):
        daemon = self.daemon()
        with daemon.connect() as connection:
            connection.envelope("s@example.org", ["r@example.jp"], "Q")
            fields = [(b"Subject", b" cut"), (b"X-Empty-Value", b""), (b"X-Space", b" ")]
            connection.content(fields, b"text\r\n")
            answer = connection.answer()
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(milter_client.apply_answer(fields, b"text\r\n", answer))

    def test_a_policy_is_for_its_recipients_alone(self):
        octets = MESSAGE.replace(b"the visible text", b"see https://example.org/")
        daemon = self.daemon(**{"policy open__recipients": "*@open.example.jp", "policy open__links": "keep",
                                "policy open__language": "ja"})
        opened = daemon.send(octets, recipients=["a@open.example.jp", "b@OPEN.example.jp"])[1]
        self.assertIn("https://example.org/", text_of(opened))
        self.assertIn("原本", text_of(opened))
        daemon.wait_log("policy=open")
        for recipients in (["a@example.jp"], ["a@open.example.jp", "a@example.jp"],
                           ["a@example.jp", "a@open.example.jp"], ["a@open.example.jp@example.jp"]):
            with self.subTest(recipients):
                self.assert_conforms(daemon.send(octets, recipients=recipients)[1], inert_links=True)
        daemon.wait_log("policy=several")

    def test_the_text_of_a_policy_is_made_again(self):
        octets = MESSAGE.replace(b"the visible text", b"see https://example.org/")
        daemon = self.daemon(**{"policy open__recipients": "a@open.example.jp", "policy open__links": "keep"})
        passed = daemon.send(octets, recipients=["a@open.example.jp"])[1]
        owner = daemon.store.stat()
        done = subprocess.run([os.environ["MUGAI"], "get", "--text", "--config", daemon.config, field(passed, b"Mugai-Id")],
                              capture_output=True, timeout=READY_SECONDS, user=owner.st_uid, group=owner.st_gid)
        self.assertEqual(done.stdout.decode(), text_of(passed).replace("\r\n", "\n"), done.stderr)

    def test_what_is_larger_than_a_policy_takes_is_refused_for_good_and_not_kept(self):
        daemon = self.daemon(**{"policy small__recipients": "a@small.example.jp", "policy small__message_mib": 1})
        octets = MESSAGE + b"x" * 76 + b"\r\n"
        large = MESSAGE + (b"x" * 76 + b"\r\n") * 14000
        for recipients in (["a@small.example.jp"], ["b@example.jp", "a@small.example.jp"]):
            answer, _ = daemon.send(large, recipients=recipients)
            self.assertFalse(answer.accepted)
            self.assertEqual(answer.reply[:9], "552 5.3.4")
        self.assertEqual(daemon.objects(), {})
        self.assertTrue(daemon.send(octets, recipients=["a@small.example.jp"])[0].accepted)
        self.assertTrue(daemon.send(large, recipients=["b@example.jp"])[0].accepted)

    def test_links_are_kept_when_configured_and_inert_otherwise(self):
        octets = MESSAGE.replace(b"the visible text", b"see https://example.org/")
        daemon = self.daemon(sanitize__links="keep")
        self.assertIn("https://example.org/", text_of(daemon.send(octets)[1]))
        daemon.stop()
        self.assert_conforms(self.daemon().send(octets)[1], inert_links=True)


class Connections(MilterTest):
    """Several messages, several connections, MTAs that cannot or do not keep to the rules."""

    def test_several_messages_on_one_connection(self):
        daemon = self.daemon()
        with daemon.connect() as connection:
            for i in range(5):
                answer, octets = connection.message(MESSAGE.replace(b"visible", b"visible %d" % i))
                self.assertTrue(answer.accepted, daemon.read_log())
                self.assertIn(f"visible {i}", text_of(octets))
        self.assertEqual(len(daemon.objects()), 5)

    def test_aborted_messages_leave_nothing(self):
        daemon = self.daemon()
        fields, body = milter_client.split_message(MESSAGE)
        with daemon.connect() as connection:
            for stage in range(3):
                connection.envelope("s@example.org", ["secret@example.jp"], f"ABORTED{stage}")
                for name, value in fields[:stage * 4]:
                    connection.event(b"L", name + b"\0" + value + b"\0")
                if stage == 2:
                    connection.event(b"N")
                    connection.event(b"B", body)
                connection.abort()
            answer, octets = connection.message(MESSAGE)
            self.assertTrue(answer.accepted, daemon.read_log())
            self.assert_conforms(octets)
        self.assertEqual(daemon.objects(), {field(octets, b"Mugai-Id"): MESSAGE})

    def test_aborted_message_is_given_up_at_once(self):
        daemon = self.daemon()
        descriptors = pathlib.Path(f"/proc/{daemon.service()}/fd")
        fields, body = milter_client.split_message(MESSAGE)
        # An index that is made is closed and opened again before the first entry: its files are not those of a message.
        self.wait_listed(daemon, {field(daemon.send()[1], b"Mugai-Id"): "passed"})
        with daemon.connect() as connection:
            connection.message(MESSAGE)
            before = len(list(descriptors.iterdir()))
            connection.envelope("s@example.org", ["r@example.jp"], "ABORTED")
            connection.content(fields, body + b"x" * (2 << 20))
            connection.answer()
            connection.envelope("s@example.org", ["r@example.jp"], "ABORTED")
            connection.event(b"L", b"Subject\0 s\0")
            self.assertTrue(daemon.send()[0].accepted)
            connection.abort()
            until = time.monotonic() + READY_SECONDS
            while len(list(descriptors.iterdir())) > before and time.monotonic() < until:
                time.sleep(0.02)
            self.assertLessEqual(len(list(descriptors.iterdir())), before)

    def test_lost_connections_leave_nothing(self):
        daemon = self.daemon()
        for _ in range(5):
            connection = daemon.connect()
            connection.envelope("s@example.org", ["r@example.jp"], "LOST")
            connection.event(b"L", b"Subject\0 s\0")
            connection.socket.close()
        self.assertTrue(daemon.send()[0].accepted)
        self.assertEqual(len(daemon.objects()), 1)

    def test_fifty_connections_at_once(self):
        daemon = self.daemon()

        def one(number):
            return daemon.send(MESSAGE.replace(b"visible", b"visible %d." % number))

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            results = list(pool.map(one, range(50)))
        for number, (answer, octets) in enumerate(results):
            self.assertTrue(answer.accepted, daemon.read_log())
            self.assert_conforms(octets)
            self.assertIn(f"visible {number}.", text_of(octets))
        self.assertEqual(len(daemon.objects()), 50)
        self.assertNotIn("notice-only", daemon.read_log())

    def test_I1_an_mta_that_does_not_grant_changes_is_not_served(self):
        daemon = self.daemon()
        for actions, steps in ((milter_client.ALL_ACTIONS & ~milter_client.CHGBODY, milter_client.ALL_STEPS),
                               (milter_client.ALL_ACTIONS & ~milter_client.CHGHDRS, milter_client.ALL_STEPS),
                               (milter_client.ALL_ACTIONS & ~milter_client.ADDHDRS, milter_client.ALL_STEPS),
                               (milter_client.ALL_ACTIONS, milter_client.ALL_STEPS & ~milter_client.HDR_LEADSPC)):
            with self.subTest(actions=hex(actions), steps=hex(steps)):
                with self.assertRaises(milter_client.Closed):
                    daemon.connect(actions=actions, steps=steps)
        daemon.wait_log("alert: the MTA does not let headers and body be changed")
        self.assertTrue(daemon.send()[0].accepted)

    def test_an_mta_that_wants_a_reply_to_everything_is_served(self):
        daemon = self.daemon()
        steps = milter_client.HDR_LEADSPC | 0x7F
        for end_with_body in (True, False):
            with daemon.connect(steps=steps) as connection:
                answer, octets = connection.message(MESSAGE, end_with_body=end_with_body)
            self.assertTrue(answer.accepted, daemon.read_log())
            self.assert_conforms(octets)

    def test_too_many_recipients_are_answered_at_the_end(self):
        daemon = self.daemon()
        answer, _ = daemon.send(recipients=[f"r{i}@example.jp" for i in range(10001)])
        self.assertTrue(answer.temporary, answer)
        answer, octets = daemon.send(recipients=[f"r{i}@example.jp" for i in range(10000)])
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assert_conforms(octets)


class Failing(MilterTest):
    """I4: every failure ends in a temporary refusal or in the notice-only message."""

    def misbehave(self, behaviour, **settings):
        daemon = self.daemon(self.fake_worker(behaviour), worker__seconds=2, **settings)
        answer, octets = daemon.send()
        return daemon, answer, octets

    def test_I4_worker_that_dies_on_every_message(self):
        daemon, answer, _ = self.misbehave("""
            while True:
                receive_job()
                os._exit(1)
            """)
        # It is started anew for one more attempt, and dies again; of another message's death, perhaps, before it read.
        self.assertTrue(answer.accepted or answer.temporary, daemon.read_log())
        self.assertEqual(len(daemon.objects()), 1)

    def test_I4_worker_that_ends_without_a_result(self):
        self.assert_notice_only(*self.misbehave("""
            while True:
                _, original, result = receive_job()
                result.close()
                os.close(original)
            """))

    def test_I4_worker_that_hangs(self):
        started = time.monotonic()
        self.assert_notice_only(*self.misbehave("""
            kept = []
            while True:
                kept.append(receive_job())
            """))
        self.assertLess(time.monotonic() - started, 15)

    def test_I4_worker_that_is_stopped(self):
        self.assert_notice_only(*self.misbehave("""
            receive_job()
            os.kill(os.getpid(), signal.SIGSTOP)
            """))

    def test_I4_worker_that_never_ends_its_result(self):
        self.assert_notice_only(*self.misbehave("""
            while True:
                _, _, result = receive_job()
                try:
                    while True:
                        result.send(struct.pack("=IIII", 0x6d754f31, 1, 0, 1 << 20)[:1])
                        time.sleep(0.1)
                except OSError:
                    pass
            """))

    def test_I4_worker_that_writes_garbage(self):
        self.assert_notice_only(*self.misbehave("""
            while True:
                _, _, result = receive_job()
                try:
                    result.sendall(os.urandom(1 << 20))
                except OSError:
                    pass
                result.close()
            """))

    def test_I4_worker_that_promises_more_than_is_allowed(self):
        self.assert_notice_only(*self.misbehave("""
            while True:
                _, _, result = receive_job()
                result.sendall(struct.pack("=IIII", 0x6d754f31, 1, 0, 0xFFFFFFFF))
                result.close()
            """))

    def test_I1_worker_that_gives_the_original_back(self):
        self.assert_notice_only(*self.misbehave("""
            while True:
                _, original, result = receive_job()
                octets = os.read(original, 1 << 20)
                result.sendall(struct.pack("=IIII", 0x6d754f31, 1, 0, len(octets)) + octets)
                result.close()
            """))

    def relay_worker(self, change):
        """A worker that lets a real one work and changes the candidate; @change: Python that sets payload or report."""
        return self.fake_worker("""
            real, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            subprocess.Popen([%r], preexec_fn=lambda: os.dup2(inner.fileno(), 3, inheritable=True), close_fds=False)
            inner.close()
            for packet in setup:
                real.send(packet)
            real.recv(8192)
            while True:
                data, original, result = receive_job()
                ours, theirs = socket.socketpair()
                socket.send_fds(real, [data], [original, theirs.fileno()])
                theirs.close()
                octets = b""
                while True:
                    more = ours.recv(1 << 20)
                    if not more:
                        break
                    octets += more
                octets = octets[1:]  # it began, too
                magic, outcome, report_octets, payload_octets = struct.unpack("=IIII", octets[:16])
                report, payload = octets[16:16 + report_octets], octets[16 + report_octets:]
                %s
                result.sendall(struct.pack("=IIII", magic, outcome, len(report), len(payload)) + report + payload)
                result.close()
                os.close(original)
            """ % (programs()[1], change)).replace("", "")

    def changed(self, change):
        daemon = self.daemon(self.relay_worker(change))
        answer, octets = daemon.send()
        return daemon, answer, octets

    def test_worker_behind_a_relay_that_changes_nothing_is_believed(self):
        daemon, answer, octets = self.changed("pass")
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assertIn("the visible text", text_of(octets))

    def test_I1_conforming_message_with_another_id(self):
        daemon, answer, octets = self.changed(
            "import re; payload = re.sub(rb'Mugai-Id: [^\\r]*', b'Mugai-Id: 20261120-00000-00000', payload)")
        self.assert_notice_only(daemon, answer, octets)
        daemon.wait_log("another id")

    def test_I1_candidate_with_one_field_more(self):
        daemon, answer, octets = self.changed("payload = b'X-Evil: 1\\r\\n' + payload")
        self.assert_notice_only(daemon, answer, octets)
        daemon.wait_log("guard: line 1")

    def test_I1_candidate_with_octets_after_it(self):
        self.assert_notice_only(*self.changed("payload = payload + b'evil\\r\\n'"))

    def test_I4_result_without_a_report(self):
        self.assert_notice_only(*self.changed("report = b''"))

    def test_I4_report_that_is_none(self):
        self.assert_notice_only(*self.changed("report = os.urandom(len(report))"))

    def test_I4_octets_after_the_result(self):
        self.assert_notice_only(*self.changed(
            "result.sendall(struct.pack('=IIII', magic, outcome, len(report), len(payload)) + report + payload);"
            " payload = b'more'; report = b''"))

    def test_I4_worker_that_cannot_be_started_again(self):
        worker = self.fake_worker("""
            os.unlink(sys.argv[0])
            receive_job()
            os._exit(1)
            """)
        daemon = self.daemon(worker)
        for _ in range(2):
            answer, _ = daemon.send()
            self.assertTrue(answer.temporary, answer)
        self.assertIn("451", answer.reply)
        daemon.wait_log("outcome=refused reply=451")

    def test_I4_worker_that_does_not_start_is_an_error_of_the_start(self):
        daemon = Daemon(self.folder, "/bin/false")
        ready = daemon.spawn()
        self.assertEqual(os.read(ready, 1), b"")
        os.close(ready)
        self.assertNotEqual(daemon.process.wait(READY_SECONDS), 0)
        self.assertIn("worker", daemon.read_log())

    def test_I2_store_that_cannot_be_written_is_answered_451(self):
        daemon = self.daemon()
        identity = field(daemon.send()[1], b"Mugai-Id")
        self.wait_listed(daemon, {identity: "passed"})  # else the indexer makes files while they are removed
        shutil.rmtree(daemon.store)
        answer, octets = daemon.send()
        self.assertIsNone(octets)
        self.assertTrue(answer.reply.startswith("451 4.3.0 "), answer)
        daemon.make_store()
        daemon.stop()
        daemon.start()
        self.assertTrue(daemon.send()[0].accepted)

    def test_I2_full_store_is_answered_452(self):
        answer, octets = self.daemon(store__min_free=1 << 30).send()
        self.assertIsNone(octets)
        self.assertTrue(answer.reply.startswith("452 4.3.1 "), answer)

    def test_I4_killed_worker_costs_no_message(self):
        daemon = self.daemon()
        killed = 0
        with daemon.connect() as connection:
            while killed < 5:
                # None: what the last one left behind has answered, or the next one is just being started.
                found = subprocess.run(["pgrep", "-P", str(daemon.process.pid), "mugai-worker"], capture_output=True).stdout
                for worker in map(int, found.split()):
                    os.kill(worker, signal.SIGKILL)
                    killed += 1
                answer, octets = connection.message(MESSAGE)
                self.assertTrue(answer.accepted, daemon.read_log())
                self.assertIn("the visible text", text_of(octets))
        self.assertNotIn("notice-only", daemon.read_log())


class Running(MilterTest):
    """Starting, reloading, ending."""

    def test_socket_is_for_owner_and_group(self):
        daemon = self.daemon()
        self.assertEqual(stat.S_IMODE(os.stat(daemon.socket).st_mode), 0o660)

    def test_socket_left_by_a_killed_mugaid_is_taken_over(self):
        daemon = self.daemon()
        daemon.kill()
        self.assertTrue(os.path.exists(daemon.socket))
        daemon.start()
        self.assertTrue(daemon.send()[0].accepted)

    def test_second_mugaid_does_not_take_the_socket_away(self):
        daemon = self.daemon()
        second = Daemon(self.folder)
        ready = second.spawn()
        self.assertEqual(os.read(ready, 1), b"")
        os.close(ready)
        self.assertNotEqual(second.process.wait(READY_SECONDS), 0)
        self.assertIn("another mugaid serves", daemon.read_log())
        self.assertTrue(daemon.send()[0].accepted)

    def test_file_in_the_place_of_the_socket_is_not_removed(self):
        daemon = Daemon(self.folder)
        pathlib.Path(daemon.socket).write_text("precious")
        os.close(daemon.spawn())
        self.assertNotEqual(daemon.process.wait(READY_SECONDS), 0)
        self.assertEqual(pathlib.Path(daemon.socket).read_text(), "precious")

    def test_reload_changes_new_messages(self):
        daemon = self.daemon()
        octets = MESSAGE.replace(b"the visible text", b"see https://example.org/")
        with daemon.connect() as connection:
            self.assertNotIn("https://", text_of(connection.message(octets)[1]))
            for links, expected in (("keep", True), ("remove", False), ("keep", True)):
                since = len(daemon.read_log())
                daemon.write_config(sanitize__links=links)
                daemon.process.send_signal(signal.SIGHUP)
                daemon.wait_log("reload: done", since)
                self.assertEqual("https://" in text_of(connection.message(octets)[1]), expected)
        self.assertIsNone(daemon.process.poll())

    def test_reload_of_a_wrong_configuration_changes_nothing(self):
        daemon = self.daemon()
        daemon.write_config(sanitize__links="perhaps")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: the old settings stay: ")
        self.assertTrue(daemon.send()[0].accepted)

    def test_I9_every_configuration_that_comes_into_force_is_written_down(self):
        daemon, key = self.daemon(), seal.Key(bytes(range(32)))
        log = daemon.store / "log"
        daemon.stop()
        private = daemon.folder / "log.key"
        private.write_text(key.private_line())
        private.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(private, MILTER_USER)
        shutil.rmtree(log)
        hashes = []
        for links in ("remove", "keep", "perhaps"):
            daemon.write_config(sanitize__links=links, log__key=private)
            hashes.append(hashlib.sha256(daemon.config.read_bytes()).hexdigest())
            if links == "remove":
                daemon.start()
                continue
            since = len(daemon.read_log())
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_log("reload: done" if links == "keep" else "reload: the old settings stay", since)
        entries, faults = log_reader.check(log, key)
        self.assertEqual(faults, [])
        self.assertEqual([(entry["verb"], entry["via"], entry.get("sha256")) for entry in entries],
                         [("configure", "mugaid", digest) for digest in (*hashes[:2], None)])
        self.assertEqual([entry["outcome"][:7] for entry in entries], ["granted", "granted", "refused"])
        self.assertIn(f"log 3:{log_reader.sha256(next(log.glob('*.jsonl')).read_bytes().splitlines()[2])}",
                      daemon.read_log())

    def test_I9_a_configuration_that_was_written_down_but_cannot_be_used_changes_nothing_and_is_refused(self):
        daemon = self.daemon()
        daemon.write_config(seal__key=daemon.folder / "there-is-none.key", log__level=3)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: the old settings stay: ")
        entries, faults = log_reader.check(daemon.store / "log")
        self.assertEqual(faults, [])
        self.assertEqual([entry["outcome"][:7] for entry in entries], ["granted", "granted", "refused"])
        since = len(daemon.read_log())
        self.assertTrue(daemon.send()[0].accepted)
        daemon.wait_log("outcome=passed", since)

    def test_I9_a_configuration_that_cannot_be_written_down_does_not_come_into_force(self):
        daemon = self.daemon()
        log = daemon.store / "log"
        log.rename(daemon.store / "aside")
        log.write_text("")
        daemon.write_config(store__min_free=1 << 30)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reload: the old settings stay: ")
        self.assertTrue(daemon.send()[0].accepted)
        daemon.stop()
        os.close(daemon.spawn())
        self.assertEqual(daemon.process.wait(END_SECONDS), 71, daemon.read_log())

    def test_end_waits_for_the_message_under_way(self):
        daemon = self.daemon()
        fields, body = milter_client.split_message(MESSAGE)
        with daemon.connect() as connection:
            connection.envelope("s@example.org", ["r@example.jp"], "Q")
            connection.event(b"L", b"Subject\0 s\0")
            # Events are not answered; a second message on another connection shows that this one has been read.
            self.assertTrue(daemon.send()[0].accepted)
            daemon.process.send_signal(signal.SIGTERM)
            connection.content(fields, body)
            answer = connection.answer()
        self.assertTrue(answer.accepted, daemon.read_log())
        self.assertEqual(daemon.process.wait(END_SECONDS), 0, daemon.read_log())
        self.assertEqual(len(daemon.objects()), 2)

    def test_wrong_configuration_is_said_with_line_and_key(self):
        daemon = Daemon(self.folder, worker__seconds=0)
        os.close(daemon.spawn())
        self.assertEqual(daemon.process.wait(READY_SECONDS), 78, daemon.read_log())
        self.assertIn("seconds", daemon.read_log())

    def test_I8_index_catches_up_with_objects_it_does_not_have(self):
        daemon = self.daemon()
        ids = [field(daemon.send()[1], b"Mugai-Id") for _ in range(3)]
        daemon.stop()
        self.assertEqual(self.listed(daemon), dict.fromkeys(ids, "passed"))
        for path in daemon.store.glob("index.sqlite*"):
            path.unlink()
        since = len(daemon.read_log())
        daemon.start()
        daemon.wait_log("index: 3 messages are added later", since)
        later = field(daemon.send()[1], b"Mugai-Id")
        # what became of the others is not in their objects: they may have been answered with a 4xx
        self.wait_listed(daemon, {**dict.fromkeys(ids, "kept"), later: "passed"})
        self.assertNotIn("fsck", daemon.read_log())

    def test_I8_new_index_says_how_older_messages_come_back(self):
        daemon = self.daemon()
        identity = field(daemon.send()[1], b"Mugai-Id")
        daemon.stop()
        (newest,) = daemon.store.glob("*/*/*/*.eml.gz")
        older = daemon.store / "2020" / "01" / "01" / (OLD_ID + ".eml.gz")
        older.parent.mkdir(parents=True, mode=0o700)
        shutil.copy(newest, older)
        owner = daemon.store.stat()
        for path in (older, *older.parents[:3]):
            os.chown(path, owner.st_uid, owner.st_gid)
        for path in daemon.store.glob("index.sqlite*"):
            path.unlink()
        since = len(daemon.read_log())
        daemon.start()
        daemon.wait_log("mugai fsck --repair", since)
        self.wait_listed(daemon, {identity: "kept"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
