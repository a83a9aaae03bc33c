#!/usr/bin/python3
"""e2e.py - what mugai costs a Postfix, beside a milter that does nothing and any other

    e2e.py --floor PROGRAM [--rounds N] [--messages small,medium,large] [--scale F] [--json FILE]
           [--candidate NAME=ADDRESS[@PID]]...

MUGAID, MUGAI and MUGAI_WORKER in the environment name the programs, as for the other tests. One private Postfix in a
network namespace of its own has a listener for each candidate: "floor", which does nothing; "least", which only keeps
the original and has a process of its own read it (least.c); "mugai"; and those given by milter address (as
smtpd_milters has it; PID: of the process whose tree is counted). What it relays a sink takes.

In each round every candidate gets the same load, one after the other: messages over eight connections (smtp-source),
until the client is done (accepted) and until the queue is empty (drained); the processor time of the candidate's
processes; and the time of one message after the other on one connection. Shown are medians over the rounds, and of the
ratios to "floor" in the same round: machines change their speed.

Then memory, as the kernel shares it out among processes (PSS), of the whole tree of all but the first two: idle, at most
with eight large messages at once, and at most with two messages of 10 MB at once and with two of 100 MB. What a process
keeps in files without a name (the spool) is the kernel's and not counted. Needs root.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import pwd
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import harness  # noqa: E402
import three_messages  # noqa: E402

CONNECTIONS = 8
FLOORS = {"floor": False, "least": True}  # whether it keeps originals
COUNTS = {"small": 400, "medium": 240, "large": 16}  # messages a round; always a multiple of CONNECTIONS
# Octets of an attachment, which becomes a third longer in base64, and how many such messages: both take the same time, so
# that who looks now and then sees as much of the ones as of the others.
HUGE = {"10 MB": (7_400_000, 40), "100 MB": (74_000_000, 4)}
HUGE_CONNECTIONS, LARGE_COUNT = 2, 24
LATENCY_COUNTS = {"small": 40, "medium": 30, "large": 4}
FIRST_PORT, SINK_PORT = 2501, 2500
ADDRESS, SENDER, RECIPIENT = "127.0.0.1", "sender@internet.example", "tanaka@" + harness.LGWAN_DOMAIN
TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and all that came from it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a process that has just ended
            for child in task.read_text().split():
                found += tree(int(child))
    return found


def processor_seconds(pid):
    """Used so far by the tree of a process, with what has ended and was waited for."""
    ticks = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
    return ticks / TICKS


def proportional_kib(pid):
    """Memory of the tree of a process: what is shared counts once."""
    total = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


class Peak(threading.Thread):
    """The highest memory of a tree while something runs."""

    def __init__(self, pid):
        super().__init__()
        self._pid, self._over, self.kib = pid, threading.Event(), 0

    def run(self):
        while not self._over.wait(0.005):
            self.kib = max(self.kib, proportional_kib(self._pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()


class Postfix(harness.Postfix):
    """With a listener for each candidate: name -> (port, milter)."""

    def __init__(self, host, directory, listeners):
        super().__init__(host, directory, "boundary.city.example.jp", [ADDRESS], SINK_PORT - 1, {
            "relay_domains": harness.LGWAN_DOMAIN,
            "relay_transport": f"smtp:[{ADDRESS}]:{SINK_PORT}",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "milter_default_action": "tempfail",
            "message_size_limit": "0",
            "smtp_destination_concurrency_limit": "20",
        })
        self._listeners = listeners

    def _write(self):
        super()._write()
        with open(self.config / "master.cf", "a") as master:
            for port, milter in self._listeners.values():
                master.write(f"{ADDRESS}:{port} inet n - y - - smtpd -o smtpd_milters={milter}\n")


class Bench:
    """Postfix, sink and candidates. Use with "with"."""

    def __init__(self, options):
        self._stack = contextlib.ExitStack()
        self.pids = {}
        try:
            self._build(options)
        except BaseException:
            self._stack.close()
            raise

    def _build(self, options):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="mugai-bench-"))
        directory.chmod(0o755)
        self._stack.callback(harness.Janitor(directory).close)
        self._host = harness.Namespace("bench")
        milters = {name: f"unix:bench/{name}.sock" for name in FLOORS} | {"mugai": "unix:mugai/mugai.sock"}
        for candidate in options.candidate:
            name, _, address = candidate.partition("=")
            milters[name], _, pid = address.partition("@")
            self.pids[name] = int(pid) if pid else None
        self.ports = {name: FIRST_PORT + i for i, name in enumerate(milters)}
        self._postfix = Postfix(self._host, directory / "boundary",
                                {name: (self.ports[name], milter) for name, milter in milters.items()})
        self._start_floors(options.floor, directory)
        self._mugaid = harness.Mugaid(self._host, directory / "mugaid", self._postfix.queue / "mugai",
                                      harness.programs_from_environment())
        self._stack.callback(self._mugaid.stop)
        self._mugaid.start()
        self.pids["mugai"] = self._mugaid.pid
        self._spawn(self._host.command(["smtp-sink", "-u", "nobody", f"{ADDRESS}:{SINK_PORT}", "256"]))
        self._postfix.start()
        self._write_messages(directory)

    def _spawn(self, command, **arguments):
        """A child that ends with us."""
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **arguments)
        self._stack.callback(child.wait)
        self._stack.callback(child.terminate)
        return child

    def _start_floors(self, program, directory):
        nobody, sockets, kept = pwd.getpwnam("nobody"), self._postfix.queue / "bench", directory / "kept"
        for folder in (sockets, kept):
            folder.mkdir()
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        for name, keeps in FLOORS.items():
            keeping = [kept] if keeps else []
            child = self._spawn([program, f"unix:{sockets}/{name}.sock", *keeping], stdout=subprocess.PIPE,
                                user=nobody.pw_uid, umask=0)
            if child.stdout.readline() != b"ready\n":
                raise harness.HarnessError(f"{name} did not come up")
            self.pids[name] = child.pid

    def _write_messages(self, directory):
        self._octets, self._files = three_messages.all_messages(), {}
        huge = {name: three_messages.message(name.replace(" ", "-"), three_messages.attachment(
            "application/octet-stream", "huge.bin", three_messages.noise("huge", octets)))
            for name, (octets, _) in HUGE.items()}
        for name, octets in {**self._octets, **huge}.items():
            self._files[name] = directory / f"{name}.eml"
            self._files[name].write_bytes(octets.replace(b"\r\n", b"\n"))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def _drain(self):
        harness.wait_until(lambda: not self._postfix.queued(), "the queue is empty")

    def load(self, candidate, message, count, connections=CONNECTIONS):
        """Messages over so many connections: figures a message."""
        pid = self.pids[candidate]
        before, begun = processor_seconds(pid) if pid else 0, time.monotonic()
        harness.run(self._host.command(
            ["smtp-source", "-d", "-s", str(connections), "-m", str(count), "-F", str(self._files[message]),
             "-f", SENDER, "-t", RECIPIENT, f"{ADDRESS}:{self.ports[candidate]}"]))
        accepted = time.monotonic() - begun
        self._drain()
        drained = time.monotonic() - begun
        used = processor_seconds(pid) - before if pid else 0
        return {"accepted": count / accepted, "drained": count / drained, "cpu_ms": used / count * 1000}

    def latency(self, candidate, message, count):
        """Milliseconds of one message after the other, median."""
        times = []
        with harness.Client(self._host, ADDRESS, self.ports[candidate]) as client:
            for _ in range(count):
                begun = time.monotonic()
                code, text = client.deliver(SENDER, [RECIPIENT], self._octets[message])
                times.append((time.monotonic() - begun) * 1000)
                if code != 250:
                    raise harness.HarnessError(f"{candidate}: {code} {text}")
        self._drain()
        return statistics.median(times)

    def _peak(self, candidate, message, count, connections):
        with Peak(self.pids[candidate]) as peak:
            self.load(candidate, message, count, connections)
        return peak.kib / 1024

    def memory(self, candidate):
        """MiB when idle, and at most with messages at once."""
        pid = self.pids[candidate]
        if not pid:
            return {}
        idle = proportional_kib(pid) / 1024
        return {"idle_mib": idle, "peak_mib": self._peak(candidate, "large", LARGE_COUNT, CONNECTIONS),
                "huge_mib": {name: self._peak(candidate, name, count, HUGE_CONNECTIONS)
                             for name, (_, count) in HUGE.items()}}


def measure(bench, options):
    """message -> candidate -> figure -> one value a round."""
    figures = {}
    for message in options.messages.split(","):
        count = max(CONNECTIONS, int(COUNTS[message] * options.scale) // CONNECTIONS * CONNECTIONS)
        table = figures[message] = {name: {} for name in bench.ports}
        for candidate in bench.ports:
            bench.load(candidate, message, CONNECTIONS)  # to warm it
        for _ in range(options.rounds):
            for candidate in bench.ports:
                row = bench.load(candidate, message, count)
                row["latency_ms"] = bench.latency(candidate, message, LATENCY_COUNTS[message])
                for figure, value in row.items():
                    table[candidate].setdefault(figure, []).append(value)
    return figures


def ratio(table, candidate, figure):
    """To the floor, median of the ratios round by round."""
    return statistics.median(own / floor if floor else 0 for own, floor in
                             zip(table[candidate][figure], table["floor"][figure]))


def show(figures, memory):
    print(f"medians; ratios to the floor of the same round ({platform.processor() or platform.machine()}, "
          f"{os.cpu_count()} processors, {platform.release()})")
    print(f"{'message':8}{'candidate':14}{'accepted/s':>11}{'drained/s':>11}{'ratio':>7}{'latency ms':>12}{'ratio':>7}"
          f"{'CPU ms':>9}")
    for message, table in figures.items():
        for candidate, row in table.items():
            middle = {figure: statistics.median(values) for figure, values in row.items()}
            print(f"{message:8}{candidate:14}{middle['accepted']:11.1f}{middle['drained']:11.1f}"
                  f"{ratio(table, candidate, 'drained'):7.2f}{middle['latency_ms']:12.2f}"
                  f"{ratio(table, candidate, 'latency_ms'):7.2f}{middle['cpu_ms']:9.2f}")
    for candidate, row in memory.items():
        huge = " and ".join(f"{mib:.0f} with {name}" for name, mib in row.get("huge_mib", {}).items())
        if row:
            print(f"{candidate}: PSS {row['idle_mib']:.0f} MiB idle, {row['peak_mib']:.0f} MiB at most with "
                  f"{CONNECTIONS} large messages at once, {huge} ({HUGE_CONNECTIONS} at once)")


def main():
    parser = argparse.ArgumentParser(description="What mugai costs a Postfix.")
    parser.add_argument("--floor", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", default="small,medium,large")
    parser.add_argument("--scale", type=float, default=1.0, help="messages a round, times this")
    parser.add_argument("--json")
    parser.add_argument("--candidate", action="append", default=[], help="NAME=ADDRESS[@PID]")
    options = parser.parse_args()
    with Bench(options) as bench:
        figures = measure(bench, options)
        memory = {candidate: bench.memory(candidate) for candidate in bench.ports if candidate not in FLOORS}
    show(figures, memory)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"figures": figures, "memory": memory}, indent=1) + "\n")


if __name__ == "__main__":
    main()
