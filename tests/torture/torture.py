"""torture.py - what the tests of this folder share: messages with poison in them, a judge, and a look at processes

MUGAI_TORTURE=full asks for the full form; without it the short one of check is run. MUGAI_SEED=N chooses what chance
decides; the seed is printed. The judge reads outputs with profile_reader.py, which was written from the output profile
alone, and with `mugai verify`; originals with Python's gzip and with `mugai get`.
"""

import base64
import gzip
import os
import pathlib
import random
import resource
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "e2e")]
import harness  # noqa: E402
import messages  # noqa: E402
import milter_client  # noqa: E402
import profile_reader  # noqa: E402
import test_milter  # noqa: E402

FULL = os.environ.get("MUGAI_TORTURE") == "full"
SEED = int(os.environ.get("MUGAI_SEED", "20261120"))
# Nothing here is about speed: what has not come by then will not come.
DEADLINE_SECONDS = 120
# There is no event for what another process does to itself.
LOOK_SECONDS = 0.02
FORM = "full" if FULL else "short"
# Postfix' milter_content_timeout: what has no answer by then is refused for now by itself.
milter_client.TIMEOUT_SECONDS = 300


def say(text):
    print(text, flush=True)


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """The harness's, with more patience."""
    return harness.wait_until(condition, what, seconds)


def begin():
    """Before a test: mugaid is made to abort here, some hundred times; and what meson gives up on tidies up."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    harness.end_on_signals()


# --- messages ---

# Mugai-Result of a message of ours; and whether its sentence, and the name of what was removed, are in the text.
OUTCOMES = {f"profile=1; kept=0; {counts}; ambiguous=0": outcome for outcome, counts in (
    ("passed", "converted=1; removed=1; unreadable=0"), ("notice-only", "converted=0; removed=0; unreadable=1"),
    ("part unreadable", "converted=0; removed=1; unreadable=1"))}
SHOWN = {"passed": (True, True), "notice-only": (False, False), "part unreadable": (False, True)}


class Original:
    """A numbered message: a sentence that may pass, and poison that must not, in an attachment and in a script."""

    def __init__(self, number, octets=0):
        self.number = number
        self.sentence = f"the visible text of message {number}."
        self.tokens = [messages.token(f"attachment {number}"), messages.token(f"script {number}")]
        filler = random.Random(number).randbytes(max(octets * 3 // 4, 0))
        attached = base64.encodebytes(b"MZ" + self.tokens[0] + filler).replace(b"\n", b"\r\n")
        head = (f"From: \"Sender\" <sender@example.org>\nTo: to@example.jp\nSubject: torture {number}\n"
                f"Date: Fri, 20 Nov 2026 10:00:00 +0900\nMessage-ID: <{number}@torture.example.org>\n"
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n"
                f"--b\nContent-Type: text/html; charset=utf-8\n\n<p>{self.sentence}</p>"
                f"<script>{self.tokens[1].decode()}</script>\n"
                "--b\nContent-Type: application/octet-stream; name=\"evil.exe\"\n"
                "Content-Transfer-Encoding: base64\n\n")
        self.octets = head.replace("\n", "\r\n").encode() + attached + b"--b--\r\n"

    def outcome(self, delivered):
        """"passed", "notice-only", or "part unreadable" where that is said; nothing else is allowed (I3)."""
        text = test_milter.text_of(delivered)
        found = OUTCOMES.get(test_milter.field(delivered, b"Mugai-Result"))
        shown = (self.sentence in text, "evil.exe" in text)
        assert found is not None and shown == SHOWN[found], f"a part has vanished: {delivered[:2000]}\n{text}"
        return found

    def wrong_with(self, delivered, relayed=False):
        """What is wrong with what was handed on in its place; empty: nothing."""
        reason = profile_reader.check(delivered, True, relayed=relayed)
        found = [] if reason is None else [f"outside of the profile: {reason}"]
        squeezed = b"".join(delivered.split())
        text = b"" if reason is not None else "".join(test_milter.text_of(delivered).split()).encode()
        for token in self.tokens:
            found += [f"poison: {form!r}" for form in messages.forms(token) if form in squeezed or form in text]
        return found


# --- mugai's own programs ---

def mugai():
    return os.environ["MUGAI"]


def original_by_id(config, identity):
    """What `mugai get` gives."""
    got = subprocess.run([mugai(), "get", "--config", config, identity], capture_output=True)
    assert got.returncode == 0, f"mugai get {identity}: {got.stderr.decode(errors='replace')}"
    return got.stdout


def verify(folder, delivered):
    """`mugai verify` on each of the octets in @delivered."""
    paths = []
    for number, octets in enumerate(delivered):
        paths.append(folder / f"delivered-{number}.eml")
        paths[-1].write_bytes(octets)
    for start in range(0, len(paths), 500):
        done = subprocess.run([mugai(), "verify", "--inert-links", *paths[start:start + 500]], capture_output=True)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    for path in paths:
        path.unlink()


class Store:
    """The names in a store, looked at as a file system shows them."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._known = set()

    def new_objects(self):
        """Octets of the objects that have come since the last call, by id; each must be one whole gzip file."""
        found = {}
        for path in self.path.glob("*/*/*/*"):
            if path not in self._known:
                assert path.name.endswith(".eml.gz"), f"a name that is no object's: {path}"
                try:
                    found[path.name.removesuffix(".eml.gz")] = gzip.decompress(path.read_bytes())
                except (OSError, EOFError) as error:
                    raise AssertionError(f"half an object under its final name: {path}: {error}") from error
                self._known.add(path)
        return found

    def leftovers(self):
        """Names beside days, objects, the index and the log of looks."""
        top = [path for path in self.path.iterdir() if not path.name.startswith(("index.sqlite", "log"))]
        return [path for path in top if not (path.is_dir() and path.name.isdigit())]


# --- processes ---

def read_stat(pid):
    """(name, state, parent) of a process; None if it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    return name, rest.split()[0], int(rest.split()[1])


def family(pid):
    """{pid: (name, state)} of a process and all that came from it and has not lost its parents."""
    everyone = {int(name): read_stat(name) for name in os.listdir("/proc") if name.isdigit()}
    children = {}
    for one, stat in everyone.items():
        if stat is not None:
            children.setdefault(stat[2], []).append(one)
    found, left = {}, [pid]
    while left:
        one = left.pop()
        if everyone.get(one) is not None:
            found[one] = everyone[one][:2]
            left += children.get(one, [])
    return found


def children_of(parents):
    """Direct children, quickly."""
    found = []
    for pid in parents:
        try:
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:  # it has just ended
            pass
    return found


class Census:
    """Descriptors, threads and memory of a running mugaid and what it started."""

    def __init__(self, pid):
        self.pid = pid

    def members(self, name):
        return [pid for pid, (own, _) in family(self.pid).items() if own == name]

    def zombies(self):
        return [pid for pid, (_, state) in family(self.pid).items() if state == "Z"]

    def descriptors(self):
        """(pid, link) of each open descriptor of mugaid's processes."""
        found = []
        for pid in self.members("mugaid"):
            for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                try:
                    found.append((pid, os.readlink(entry)))
                except OSError:  # closed in this moment
                    pass
        return found

    def temporary(self):
        """Descriptors of messages under way: memory, and files without a name."""
        return [link for _, link in self.descriptors()
                if link.startswith("/memfd:") or link.endswith("(deleted)")]

    def threads(self):
        return sum(len(os.listdir(f"/proc/{pid}/task")) for pid in self.members("mugaid"))

    def memory_kib(self, key="Rss"):
        """Of mugaid's processes: "Rss" or "Pss" of /proc/PID/smaps_rollup."""
        return sum(self.of(pid, key) for pid in self.members("mugaid"))

    @staticmethod
    def of(pid, key):
        try:
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))

    def workers(self):
        """(parents, children) of mugai-worker."""
        everyone = family(self.pid)
        ours = [pid for pid, (name, _) in everyone.items() if name == "mugai-worker"]
        parents = [pid for pid in ours if (read_stat(pid) or (None, None, 0))[2] not in ours]
        return parents, [pid for pid in ours if pid not in parents]


class Baseline:
    """Threads and descriptors of a mugaid at rest, to come back to."""

    def __init__(self, census):
        self.census = census
        self.threads = census.threads()
        self.descriptors = len(census.descriptors())

    def come_back(self):
        """Waits until no more is open than there was."""
        census = self.census
        wait_until(lambda: census.threads() <= self.threads, f"{self.threads} threads again")
        wait_until(lambda: len(census.descriptors()) <= self.descriptors and not census.temporary(),
                   f"{self.descriptors} descriptors again, now: {census.descriptors()}")
        wait_until(lambda: not census.zombies(), "zombies are buried")
