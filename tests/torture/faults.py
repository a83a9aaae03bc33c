#!/usr/bin/python3
"""faults.py - every fallible call of a message is made to fail, the 1st, the 2nd, the 3rd … (SQLite's method)

fault.c sits in mugaid and its workers and counts calls; here a message is sent over the milter socket once for each
call that it makes, and that one call fails: with an error, with half of what was asked for, or with the death of the
process. A sweep ends with the message during which nothing was left to fail. After each:

    I1, I4  accepted, or refused for now, or the connection lost (the MTA then refuses for now by itself); nothing else
    I1      what the MTA was told to hand on is in the profile, by two readers, without the original's poison
    I2      what was accepted is found by its id, octet for octet
    I2      nothing is visible in the store but whole objects of this message
    I4      the next message, without faults, passes; mugaid is alive, unless the fault was to kill it or memory was
            short (GLib ends the process then; the MTA has a 4xx)
    I7      threads and descriptors are what they were, no file without a name is left open, nobody is left unburied
"""

import contextlib
import errno
import mmap
import os
import pathlib
import shutil
import struct
import tempfile
import time
import unittest

import torture
from torture import FULL, Baseline, Census, Original, Store, milter_client, say, test_milter, wait_until

MUGAID, PARENT, CHILD = 1, 2, 3
ERROR, SHORT, KILL, EXIT = 0, 1, 2, 3
ALL_THREADS, MILTER_THREADS, INDEXER_THREAD = 0, 1, 2
GROUPS = 32
# Calls of one message: far below; a sweep that comes here would never end.
SWEEP_MAX = 50000
# A message that no child takes is given up after five times as much.
WORKER_SECONDS = 5
# What a message beyond the spool's memory has.
LARGE_OCTETS = 1400 * 1024

# Group of calls -> errors that its manual pages name and that mean something here.
ERRORS = {
    "open": ("EMFILE", "EIO", "ENOSPC", "EINTR"), "read": ("EIO", "EINTR"), "write": ("ENOSPC", "EIO", "EINTR"),
    "sendfile": ("EIO", "ENOMEM", "EINTR"), "sync": ("EIO", "ENOSPC", "EINTR"), "link": ("EIO", "ENOSPC", "EEXIST"),
    "unlink": ("EIO",), "rename": ("EIO",), "mkdir": ("ENOSPC", "EIO"), "truncate": ("EIO", "ENOSPC"),
    "memfd": ("ENOMEM", "EMFILE"), "socket": ("EMFILE",), "socketpair": ("EMFILE", "ENOMEM"),
    "send": ("ENOBUFS", "EPIPE", "EINTR"), "receive": ("ECONNRESET", "ENOMEM", "EINTR"),
    "accept": ("EMFILE", "ECONNABORTED", "EINTR"), "poll": ("ENOMEM", "EINTR"), "pipe": ("EMFILE",),
    "mmap": ("ENOMEM",), "statvfs": ("EIO",), "stat": ("EIO", "ENOMEM"), "dup": ("EMFILE",), "seek": ("EIO",),
    "fork": ("EAGAIN",), "spawn": ("EAGAIN", "ENOENT"), "pidfd": ("EMFILE",), "thread": ("EAGAIN",),
    "wait": ("EINTR",),
}
# Without these libmilter does not serve at all: it tries again without a pause, or gives up and mugaid ends.
LISTENING = ("accept", "poll")
# Most of it libmilter's, a few calls for each event; not all of them in the short form.
CHATTER = ("read", "poll")
SHORTENED = ("read", "write", "sendfile", "send", "receive")
# After these GLib has nothing left to do but to end the process.
ENDS_MUGAID = ("malloc", "thread")


class Control:
    """The memory that fault.c reads; the layout of its struct Control."""

    FIELDS = ("magic", "armed", "role", "groups", "kind", "error", "nth", "persistent", "threads", "counted", "hits")
    FUNCTION, TOTALS = 44, 80
    NAMES = TOTALS + 4 * GROUPS
    OCTETS = NAMES + 16 * GROUPS

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(self.OCTETS))
        self.path.chmod(0o666)
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), self.OCTETS)

    def get(self, field):
        return struct.unpack_from("=I", self.memory, 4 * self.FIELDS.index(field))[0]

    def set(self, field, value):
        struct.pack_into("=I", self.memory, 4 * self.FIELDS.index(field), value)

    def text(self, offset, length):
        return self.memory[offset:offset + length].split(b"\0")[0].decode()

    def names(self):
        """name of a group -> its bit."""
        found = {self.text(self.NAMES + 16 * i, 16): 1 << i for i in range(GROUPS)}
        found.pop("", None)
        assert found and self.get("magic"), "fault.so is not in mugaid"
        return found

    def function(self):
        return self.text(self.FUNCTION, self.TOTALS - self.FUNCTION)

    def totals(self):
        return {name: struct.unpack_from("=I", self.memory, self.TOTALS + 4 * i)[0]
                for i, name in enumerate(self.names())}

    def arm(self, fault, nth):
        names = self.names()
        groups = sum(names[group] for group in fault.groups or set(names) - {"malloc"})
        self.memory[self.FUNCTION:self.TOTALS] = bytes(self.TOTALS - self.FUNCTION)
        for field, value in (("role", fault.role), ("groups", groups), ("kind", fault.kind), ("error", fault.error),
                             ("nth", nth), ("persistent", int(fault.persistent)), ("threads", fault.threads),
                             ("counted", 0), ("hits", 0), ("armed", 1)):
            self.set(field, value)

    def disarm(self):
        self.set("armed", 0)


class Fault:
    """What goes wrong: in which process, with which calls, how."""

    def __init__(self, role, groups, kind, error="", persistent=False, threads=ALL_THREADS, stride=1):
        self.role, self.groups, self.kind, self.persistent, self.threads = role, groups, kind, persistent, threads
        self.error = getattr(errno, error) if error else 0
        self.stride = stride
        self.name = " ".join(filter(None, ("+".join(groups) or "any", ("", "short", "kill", "exit")[kind], error,
                                           "from then on" if persistent else "")))

    def may_end_mugaid(self):
        return self.role == MUGAID and (self.kind in (KILL, EXIT) or bool(set(self.groups) & set(ENDS_MUGAID)))


class Daemon(test_milter.Daemon):
    """mugaid with fault.so in it."""

    def __init__(self, folder, **settings):
        super().__init__(folder, **settings)
        self.control = Control(pathlib.Path(folder) / "control")
        self.starts = 0

    def spawn(self):
        self.starts += 1
        os.environ.update(LD_PRELOAD=os.environ["MUGAI_FAULT"], FAULT_CONTROL=str(self.control.path))
        try:
            return super().spawn()
        finally:
            del os.environ["LD_PRELOAD"], os.environ["FAULT_CONTROL"]

    def census(self):
        return Census(self.process.pid)


class Tally:
    """What a sweep has seen."""

    def __init__(self):
        self.outcomes = {}
        self.functions = {}

    def add(self, outcome, function):
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        self.functions[function] = self.functions.get(function, 0) + 1

    def add_all(self, other):
        for mine, theirs in ((self.outcomes, other.outcomes), (self.functions, other.functions)):
            for key, number in theirs.items():
                mine[key] = mine.get(key, 0) + number

    @staticmethod
    def text(counts):
        return ", ".join(f"{number} {key}" for key, number in sorted(counts.items(), key=lambda item: -item[1]))


class Bench:
    """A daemon under torture and all that is known of it."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.daemon = Daemon(folder, **settings)
        self.store = Store(self.daemon.store)
        self.delivered = []
        self.number = 0
        self.baseline = None
        self.total = Tally()

    def start(self):
        self.daemon.start()
        self.send_clean()
        self.rest()
        self.baseline = Baseline(self.daemon.census())

    def next_original(self, octets=0):
        self.number += 1
        return Original(self.number, octets)

    def send(self, original):
        """(answer, what is handed on); (None, None) if the connection was lost."""
        with contextlib.suppress(milter_client.Closed, ConnectionError):
            return self.daemon.send(original.octets)
        return None, None

    def judge(self, original, answer, delivered):
        """The outcome, if it is one that is allowed."""
        kept = self.store.new_objects()
        foreign = [identity for identity, octets in kept.items() if octets != original.octets]
        assert not foreign, f"objects that are not this message: {foreign}"
        if answer is None:
            return "connection lost"
        if not answer.accepted:
            assert answer.temporary, answer
            return "refused for now"
        wrong = original.wrong_with(delivered)
        assert not wrong, wrong
        identity = test_milter.field(delivered, b"Mugai-Id")
        assert list(kept) == [identity], f"{identity} was accepted, the store has {list(kept)}"
        assert torture.original_by_id(self.daemon.config, identity) == original.octets
        self.delivered.append(delivered)
        return original.outcome(delivered)

    def rest(self):
        """Waits until the workers are all waiting."""
        def waiting():
            parents, children = self.daemon.census().workers()
            return len(parents) == 1 and len(children) == 3 and not self.daemon.census().zombies()

        wait_until(waiting, "one parent and three children that wait")

    def send_clean(self, may_end=False):
        """A message without faults passes: at once or, after a refusal, when it is sent again, as clients do."""
        until = time.monotonic() + torture.DEADLINE_SECONDS
        while True:
            if self.daemon.process.poll() is not None:
                assert may_end, f"mugaid ended with {self.daemon.process.returncode}"
                self.daemon.start()
            original = self.next_original()
            outcome = self.judge(original, *self.send(original))
            if outcome == "passed":
                return
            assert outcome in ("refused for now", "connection lost"), f"a message without a fault: {outcome}"
            assert time.monotonic() < until, "no message passes any more"
            time.sleep(torture.LOOK_SECONDS)

    def attempt(self, fault, nth, size, prepare, settle):
        """One message with one fault; the outcome, None if there was no such call."""
        original = self.next_original(size)
        prepare()
        self.daemon.control.arm(fault, nth)
        answer, delivered = self.send(original)
        settle(answer)
        self.daemon.control.disarm()
        outcome = self.judge(original, answer, delivered)
        if self.daemon.control.get("hits") == 0:
            assert outcome == "passed", f"{outcome} without a fault"
            return None
        self.total.add(outcome, self.daemon.control.function())
        starts = self.daemon.starts
        self.send_clean(fault.may_end_mugaid())
        if self.daemon.starts != starts:
            self.rest()
            self.baseline = Baseline(self.daemon.census())
        return outcome

    def sweep(self, fault, size=0, prepare=lambda: None, settle=lambda answer: None):
        """The 1st, 2nd, 3rd … call until there is none left; how many there were."""
        before = dict(self.total.outcomes)
        nth = 1
        while nth < SWEEP_MAX:
            try:
                if self.attempt(fault, nth, size, prepare, settle) is None:
                    break
                nth += fault.stride
            except Exception as error:
                raise AssertionError(
                    f"{fault.name}, call {nth} ({self.daemon.control.function()}): {error!r}\n"
                    f"{self.daemon.read_log()[-3000:]}") from error
        assert nth < SWEEP_MAX, f"{fault.name}: no end"
        outcomes = {key: number - before.get(key, 0) for key, number in self.total.outcomes.items()}
        if nth > 1:
            say(f"  {fault.name}: {Tally.text({key: n for key, n in outcomes.items() if n})}")
        return nth - 1

    def finish(self):
        """After all: nothing has grown, nothing is left over, and everything that was handed on conforms."""
        self.rest()
        self.baseline.come_back()
        assert not self.store.leftovers(), self.store.leftovers()
        torture.verify(self.folder, self.delivered)
        self.daemon.stop()


def error_faults(role, threads=ALL_THREADS, without=()):
    """Each group with each of its errors, once; in the full form also from that call on."""
    found = []
    for group, errors in ERRORS.items():
        if group in without:
            continue
        for error in errors if FULL else errors[:1] + tuple(e for e in errors[1:] if e == "EINTR"):
            found.append(Fault(role, (group,), ERROR, error, threads=threads))
            # Interrupted for ever is not what EINTR means; and where no connection can be taken nobody can be answered.
            if FULL and error != "EINTR" and group not in LISTENING:
                found.append(Fault(role, (group,), ERROR, error, persistent=True, threads=threads))
    found += [Fault(role, (group,), SHORT, threads=threads) for group in SHORTENED if group not in without]
    for fault in found if not FULL and role == MUGAID else ():
        fault.stride = 5 if fault.groups[0] in CHATTER else 1
    return found


class Faults(unittest.TestCase):
    def setUp(self):
        torture.begin()
        self.folder = tempfile.mkdtemp(prefix="mugai-faults-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.bench = Bench(self.folder, worker__seconds=WORKER_SECONDS)
        self.addCleanup(self.end)
        self.bench.start()
        say(f"{self.id().split('.')[-1]} ({torture.FORM})")

    def end(self):
        process = self.bench.daemon.process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def tearDown(self):
        total = self.bench.total
        say(f"  in all {sum(total.outcomes.values())} faults: {Tally.text(total.outcomes)}; "
            f"mugaid started {self.bench.daemon.starts} times\n  calls: {Tally.text(total.functions)}")

    def sweeps(self, faults, **options):
        """All of @faults; the groups in which there was something to fail."""
        groups = set()
        for fault in faults:
            if self.bench.sweep(fault, **options) > 0:
                groups |= set(fault.groups)
        self.bench.finish()
        return groups

    def test_I4_each_call_of_mugaid_fails(self):
        groups = self.sweeps(error_faults(MUGAID, MILTER_THREADS))
        self.assertLessEqual({"open", "write", "sync", "link", "memfd", "socketpair", "send", "receive", "poll",
                              "statvfs", "accept"}, groups)

    def forget_days(self):
        """No directory of a day is left, so that they are made anew."""
        for year in self.bench.daemon.store.glob("[0-9]*"):
            shutil.rmtree(year)

    def test_I4_each_call_of_mugaid_fails_for_a_large_message_on_a_new_day(self):
        faults = [fault for fault in error_faults(MUGAID, MILTER_THREADS)
                  if fault.groups[0] in ("open", "write", "sendfile", "sync", "link", "mkdir", "memfd", "statvfs")]
        groups = self.sweeps(faults, size=LARGE_OCTETS, prepare=self.forget_days)
        self.assertLessEqual({"mkdir", "sendfile", "open", "sync"}, groups)

    def test_I4_memory_of_mugaid_runs_out(self):
        self.sweeps([Fault(MUGAID, ("malloc",), ERROR, "ENOMEM", stride=1 if FULL else 25)])

    def test_I2_mugaid_is_killed_at_each_call(self):
        self.sweeps([Fault(MUGAID, (), KILL, stride=1 if FULL else 7)])

    def test_I4_calls_fail_while_a_worker_is_started(self):
        def kill_parent():
            parents, _ = self.bench.daemon.census().workers()
            for pid in parents:
                os.kill(pid, 9)
            wait_until(lambda: not set(parents) & set(self.bench.daemon.census().workers()[0])
                       or self.bench.daemon.census().zombies(), "the worker is dead")

        groups = ("spawn", "socketpair", "pidfd", "send", "receive", "poll", "wait")
        faults = [fault for fault in error_faults(MUGAID, MILTER_THREADS) if fault.groups[0] in groups]
        if not FULL:
            faults = [fault for fault in faults if fault.groups[0] in ("spawn", "pidfd")]
        self.assertIn("spawn", self.sweeps(faults, prepare=kill_parent))

    def test_I4_each_call_of_the_indexer_fails(self):
        """The index is behind the accept path: nothing that befalls it is seen in an answer."""
        def settle(answer):
            self.assertTrue(answer is not None and answer.accepted, answer)
            wait_until(self.indexer_is_done, "the indexer rests")

        faults = error_faults(MUGAID, INDEXER_THREAD)
        for fault in faults:
            fault.stride = 1 if FULL else 5
        self.assertIn("write", self.sweeps(faults, settle=settle))

    def indexer_is_done(self):
        """It sleeps on its condition, and has counted no call since the last look."""
        before = self.bench.daemon.control.get("counted")
        asleep = []
        for pid in self.bench.daemon.census().members("mugaid"):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    if (task / "comm").read_text().strip() == "indexer":
                        asleep.append((task / "wchan").read_text().startswith("futex"))
        return asleep and all(asleep) and self.bench.daemon.control.get("counted") == before

    def settle_parent(self, answer):
        """Until the parent of the children has forked the next one and buried the last."""
        wait_until(lambda: self.bench.daemon.control.get("hits") > 0 or self.parent_rests(), "the parent rests")

    def parent_rests(self):
        census = self.bench.daemon.census()
        return len(census.workers()[1]) == 3 and not census.zombies()

    def test_I4_each_call_of_the_workers_parent_fails(self):
        faults = error_faults(PARENT) + [Fault(PARENT, (), KILL), Fault(PARENT, (), EXIT),
                                         Fault(PARENT, ("malloc",), ERROR, "ENOMEM")]
        self.assertIn("fork", self.sweeps(faults, settle=self.settle_parent))

    def test_I4_each_call_of_a_worker_child_fails(self):
        # Where a regular file is read from cannot fail to be set.
        stride = 1 if FULL else 3
        faults = error_faults(CHILD, without=("seek",))
        faults += [Fault(CHILD, (), KILL, stride=stride), Fault(CHILD, (), EXIT, stride=stride),
                   Fault(CHILD, ("malloc",), ERROR, "ENOMEM", stride=1 if FULL else 101)]
        self.assertLessEqual({"send", "malloc"}, self.sweeps(faults))


if __name__ == "__main__":
    unittest.main(verbosity=1)
