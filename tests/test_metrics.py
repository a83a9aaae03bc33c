#!/usr/bin/python3
"""test_metrics.py - mugaid's log lines and metrics, read by what reads them: syslog, promtool, an HTTP client

Run by "meson test metrics", which names the programs in MUGAID, MUGAI and MUGAI_WORKER and the sources in
MUGAI_SOURCE_ROOT.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_milter  # noqa: E402
from test_milter import Daemon, MESSAGE, wait_for  # noqa: E402

SOURCE = pathlib.Path(os.environ["MUGAI_SOURCE_ROOT"])
SECONDS = 30
ALERT, CRITICAL, ERROR, INFO = 1, 2, 3, 6  # syslog(3)
SILENT_WORKER = """\
    while True:
        _, original, result = receive_job()
        result.close()
        os.close(original)
    """
# A /dev of its own, whose log is the first argument: the one name that the C library logs to.
OWN_LOG = """\
set -e
mount -t tmpfs tmpfs /mnt
for name in null zero random urandom; do : > /mnt/$name; mount --bind /dev/$name /mnt/$name; done
ln -s "$1" /mnt/log
mount --rbind /mnt /dev
shift
exec "$@"
"""


def children(pid, name):
    found = subprocess.run(["pgrep", "-P", str(pid), name], capture_output=True, text=True)
    return [int(child) for child in found.stdout.split()]


def kill_waiting_child(daemon):
    """Which one: of the worker of a daemon that has no message."""
    child = children(children(daemon.process.pid, "mugai-worker")[0], "mugai-worker")[0]
    os.kill(child, signal.SIGKILL)
    return child


def ask(address, request=b"GET /metrics HTTP/1.0\r\n\r\n"):
    """Everything that is answered."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    with socket.socket(family) as client:
        client.connect(address)  # with a timeout it would not wait for a place in the queue
        client.settimeout(SECONDS)
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def values(text):
    """series -> value of an exposition."""
    return {series: float(value) for series, _, value in
            (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))}


def promtool(*arguments, **options):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=SECONDS, **options)


def keys_of(line):
    """The keys of a line of the log, quoted values taken off first."""
    return re.findall(r"(?:^| )([a-z-]+)=", re.sub(r'"(?:[^"\\]|\\.)*"', '""', line.partition("mugaid: ")[2]))


class MetricsTest(test_milter.MilterTest):
    def measured(self, worker=None, **settings):
        self.address = f"{self.folder}/metrics.sock"
        return self.daemon(worker, metrics__socket=f"unix:{self.address}", **settings)

    def forging_worker(self):
        """A real one behind a relay that adds what the profile does not have."""
        return test_milter.Failing.relay_worker(self, "payload = b'X-Evil: 1\\r\\n' + payload")

    def scraped(self):
        answer = ask(self.address)
        self.assertTrue(answer.startswith("HTTP/1.0 200 OK\r\n"), answer[:200])
        return answer.partition("\r\n\r\n")[2]

    def assert_counts(self, **expected):
        counted = values(self.scraped())
        self.assertEqual({outcome: counted[f'mugai_messages_total{{outcome="{outcome}"}}']
                          for outcome in ("passed", "notice-only", "refused")},
                         {"passed": 0, "notice-only": 0, "refused": 0,
                          **{name.replace("_", "-"): number for name, number in expected.items()}})
        return counted


class Counting(MetricsTest):
    """Each message is one more of something."""

    def test_what_passed_is_counted_with_its_parts_and_times(self):
        daemon = self.measured()
        for _ in range(3):
            daemon.send()
        counted = self.assert_counts(passed=3)
        self.assertEqual(counted['mugai_parts_total{disposition="kept"}'], 3)
        self.assertEqual(counted['mugai_parts_total{disposition="removed"}'], 3)
        self.assertEqual({name: count for name, count in counted.items() if name.startswith("mugai_filtered_parts_total")},
                         {f'mugai_filtered_parts_total{{filter="{name}"}}': 3 if name == "plain" else 0
                          for name in ("plain", "html", "calendar", "card", "fields")})
        self.assertEqual(counted["mugai_original_bytes_total"], 3 * len(MESSAGE))
        for stage in ("receive", "store", "worker", "guard", "replace"):
            self.assertEqual(counted[f'mugai_stage_seconds_count{{stage="{stage}"}}'], 3)
            self.assertGreater(counted[f'mugai_stage_seconds_sum{{stage="{stage}"}}'], 0)

    def test_a_worker_without_a_result_is_counted_as_the_cause(self):
        daemon = self.measured(self.fake_worker(SILENT_WORKER))
        daemon.send()
        counted = self.assert_counts(notice_only=1)
        self.assertEqual(counted['mugai_failures_total{outcome="notice-only",cause="worker"}'], 1)

    def test_what_the_guard_refuses_is_counted_as_the_cause(self):
        daemon = self.measured(self.forging_worker())
        daemon.send()
        counted = self.assert_counts(notice_only=1)
        self.assertEqual(counted['mugai_failures_total{outcome="notice-only",cause="guard"}'], 1)

    def test_what_a_full_store_refuses_is_counted_as_the_cause(self):
        daemon = self.measured(store__min_free=1 << 40)
        daemon.send()
        counted = self.assert_counts(refused=1)
        self.assertEqual(counted['mugai_failures_total{outcome="refused",cause="store-full"}'], 1)
        self.assertGreater(counted["mugai_store_min_free_bytes"], counted["mugai_store_free_bytes"])

    def test_an_aborted_message_is_none(self):
        daemon = self.measured()
        with daemon.connect() as connection:
            connection.envelope("a@example.org", ["b@example.jp"], "Q")
            connection.send(b"A")
            connection.message(MESSAGE)
        self.assert_counts(passed=1)

    def test_free_space_is_that_of_the_file_system(self):
        daemon = self.measured()
        status = os.statvfs(daemon.store)
        counted = values(self.scraped())
        self.assertEqual(counted["mugai_store_min_free_bytes"], 1 << 20)
        self.assertLess(abs(counted["mugai_store_free_bytes"] - status.f_bavail * status.f_frsize), 1 << 30)


class Deaths(MetricsTest):
    """Of worker processes, which no message need show."""

    def kill_worker(self, daemon):
        os.kill(children(daemon.process.pid, "mugai-worker")[0], signal.SIGKILL)

    def parents(self):
        return values(self.scraped())['mugai_worker_deaths_total{who="parent"}']

    def assert_deaths(self, counted, parent=0, child=0):
        self.assertEqual([counted[f'mugai_worker_deaths_total{{who="{who}"}}'] for who in ("parent", "child")],
                         [parent, child])

    def test_a_killed_worker_is_counted_where_every_message_passes(self):
        daemon = self.measured()
        for deaths in range(1, 4):
            self.kill_worker(daemon)
            # What it left behind may still answer the first one.
            wait_for(lambda: daemon.send()[0].accepted and self.parents() == deaths)
        counted = values(self.scraped())
        self.assert_deaths(counted, parent=3)
        self.assertEqual(sum(counted[f'mugai_messages_total{{outcome="{name}"}}'] for name in ("notice-only", "refused")), 0)

    def test_a_child_that_is_killed_while_it_waits_is_counted(self):
        daemon = self.measured()
        kill_waiting_child(daemon)
        wait_for(lambda: daemon.send()[0].accepted
                 and values(self.scraped())['mugai_worker_deaths_total{who="child"}'] == 1)
        self.assert_deaths(values(self.scraped()), child=1)

    def test_a_child_without_a_result_is_counted(self):
        daemon = self.measured(self.fake_worker(SILENT_WORKER))
        daemon.send()
        self.assert_deaths(self.assert_counts(notice_only=1), child=1)

    def test_a_reload_is_no_death_and_forgets_none(self):
        daemon = self.measured()
        self.kill_worker(daemon)
        daemon.send()
        for _ in range(2):
            since = len(daemon.read_log())
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_log("reload: done", since)
            daemon.send()
        self.assert_deaths(self.assert_counts(passed=3), parent=1)


class Store(MetricsTest):
    def test_what_the_store_has_is_counted_when_mugaid_starts(self):
        daemon = self.measured()
        for _ in range(3):
            daemon.send()
        daemon.stop()
        daemon.start()
        wait_for(lambda: "mugai_store_objects" in self.scraped())
        counted = values(self.scraped())
        sizes = [path.stat().st_size for path in daemon.store.glob("*/*/*/*.eml.gz")]
        self.assertEqual(counted["mugai_store_objects"], 3)
        self.assertEqual(counted["mugai_store_bytes"], sum(sizes))
        self.assertLessEqual(counted["mugai_store_oldest_timestamp_seconds"],
                             counted["mugai_store_counted_timestamp_seconds"])
        self.assertGreater(counted["mugai_store_oldest_timestamp_seconds"], 0)


class Textfile(MetricsTest):
    """What mugai-metrics.service starts."""

    def hand_over(self, status=0):
        unit = (SOURCE / "packaging/systemd/mugai-metrics.service").read_text().replace("\\\n", " ")
        commands = [line.split() for line in re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)]
        self.assertEqual(len(commands), 2)
        for command in commands:
            done = subprocess.run([word.replace("/var/lib/mugai/metrics.sock", self.address)
                                   .replace("/var/lib/prometheus/node-exporter", str(self.collector)) for word in command],
                                  umask=0o022, capture_output=True, timeout=SECONDS)
            if done.returncode != 0:
                break
        self.assertEqual(done.returncode != 0, status != 0, done.stderr)

    def test_the_file_is_what_mugaid_answers_and_stays_where_it_does_not(self):
        daemon = self.measured()
        self.collector = daemon.folder / "collector"
        self.collector.mkdir()
        daemon.send()
        self.hand_over()
        daemon.send()
        self.hand_over()
        written = self.collector / "mugai.prom"
        before = written.read_text()
        self.assertEqual(values(before)['mugai_messages_total{outcome="passed"}'], 2)
        self.assertEqual(promtool("check", "metrics", input=before).stderr, "")
        self.assertEqual(written.stat().st_mode & 0o777, 0o644)
        daemon.stop()
        self.hand_over(status=1)
        self.assertEqual([path.name for path in self.collector.glob("*.prom")], ["mugai.prom"])
        self.assertEqual(written.read_text(), before)


class Asking(MetricsTest):
    """The sockets."""

    def test_promtool_finds_nothing_to_say(self):
        daemon = self.measured()
        daemon.send()
        wait_for(lambda: "mugai_store_objects" in self.scraped())
        done = promtool("check", "metrics", input=self.scraped())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_the_loopback_interface_serves_as_well(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()
        self.daemon(metrics__listen=f"127.0.0.1:{address[1]}")
        self.assertIn("\nmugai_start_time_seconds ", ask(address))

    def test_without_a_line_in_the_configuration_nobody_listens(self):
        daemon = self.daemon()
        daemon.send()
        self.assertEqual(sorted(path.name for path in daemon.folder.glob("*.sock")), ["milter.sock"])

    def test_the_socket_is_for_owner_and_group(self):
        self.measured()
        self.assertEqual(os.stat(self.address).st_mode & 0o777, 0o660)

    def test_a_socket_left_by_a_killed_mugaid_is_taken_over(self):
        daemon = self.measured()
        daemon.kill()
        daemon.start()
        self.assert_counts()

    def test_what_is_no_question_for_metrics_is_told_so(self):
        self.measured()
        for request, status in ((b"POST /metrics HTTP/1.0\r\n\r\n", "405"), (b"GET / HTTP/1.0\r\n\r\n", "404"),
                                (b"GET /metricsx HTTP/1.0\r\n\r\n", "404"), (b"\0\n\n", "405"),
                                (b"GET /metrics?x HTTP/1.1\r\nHost: a\r\n\r\n", "200"), (b"x" * 4095, "400")):
            self.assertEqual(ask(self.address, request)[9:12], status, request[:30])

    def test_whoever_says_nothing_holds_up_nobody_and_is_left(self):
        daemon = self.measured()
        silent = []
        for _ in range(20):
            silent.append(socket.socket(socket.AF_UNIX))
            self.addCleanup(silent[-1].close)
            silent[-1].connect(self.address)
            silent[-1].settimeout(SECONDS)
        self.assert_counts()
        self.assertTrue(daemon.send()[0].accepted)
        for client in silent:
            self.assertEqual(client.recv(1), b"")

    def test_the_end_waits_for_nobody_who_asks(self):
        daemon = self.measured()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.address)
            daemon.stop()


class Lines(MetricsTest):
    """What is logged of a message."""

    def documented(self):
        """The keys that ARCHITECTURE explains, in the order of the line."""
        text = (SOURCE / "src/ARCHITECTURE.md").read_text()
        table = text.partition("## The log line")[2].partition("\n## ")[0]
        return re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)

    def line(self, daemon, outcome):
        daemon.wait_log(f"outcome={outcome}")
        return next(line for line in daemon.read_log().splitlines() if f"outcome={outcome}" in line)

    def assert_keys(self, line, absent):
        self.assertEqual(keys_of(line), [key for key in self.documented() if key not in absent])

    def test_the_keys_of_a_message_that_passed_are_the_documented_ones(self):
        daemon = self.daemon(log__subjects="yes", log__addresses="yes")
        daemon.send()
        self.assert_keys(self.line(daemon, "passed"), {"policy", "reply", "failure"})

    def test_neither_address_nor_subject_is_logged_unless_configured(self):
        daemon = self.daemon()
        daemon.send()
        line = self.line(daemon, "passed")
        self.assert_keys(line, {"policy", "reply", "failure", "from", "subject"})
        self.assertNotIn("@", line)
        self.assertNotIn("report of the week", line)

    def test_the_stages_add_up_to_the_whole(self):
        daemon = self.daemon()
        daemon.send()
        times = {key: float(value) for key, value in re.findall(r"([a-z-]*ms)=([0-9]+\.[0-9])\b",
                                                                self.line(daemon, "passed"))}
        whole = times.pop("ms")
        self.assertEqual(len(times), 5)
        self.assertLess(abs(sum(times.values()) - whole), 1.0)

    def test_a_refused_message_has_its_id_and_no_more_than_is_known(self):
        daemon = self.daemon(store__min_free=1 << 40)
        daemon.send()
        self.assert_keys(self.line(daemon, "refused"),
                         {"id", "from", "size", "output", "policy", "kept", "converted", "removed", "unreadable",
                          "ambiguities", "warnings", "receive-ms", "store-ms", "worker-ms", "guard-ms", "replace-ms",
                          "subject"})


class LoggedDaemon(Daemon):
    """One that logs to syslog: a datagram socket of the test's own."""

    log_options = ()

    def __init__(self, folder, worker=None, **settings):
        super().__init__(folder, worker, **settings)
        path = f"{folder}/syslog"
        self.syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.syslog.bind(path)
        os.chmod(path, 0o666)
        self.syslog.settimeout(SECONDS)
        self.before = ("unshare", "--mount", "sh", "-c", OWN_LOG, "sh", path)

    def priority_of(self, text):
        """The severity of the first line that has @text."""
        while text not in (line := self.syslog.recv(65536).decode()):
            pass
        return int(re.match(r"<(\d+)>", line)[1]) & 7


@unittest.skipUnless(os.geteuid() == 0, "a /dev of its own takes root")
class Priorities(MetricsTest):
    def logged(self, worker=None, **settings):
        daemon = LoggedDaemon(self.folder, worker, **settings)
        self.addCleanup(daemon.syslog.close)
        self.addCleanup(daemon.stop)
        return daemon.start()

    def test_a_message_that_passed_is_information(self):
        daemon = self.logged()
        daemon.send()
        self.assertEqual(daemon.priority_of("outcome=passed"), INFO)

    def test_a_guard_that_refuses_is_an_alert(self):
        daemon = self.logged(self.forging_worker())
        daemon.send()
        self.assertEqual(daemon.priority_of("outcome=notice-only"), ALERT)

    def test_a_worker_without_a_result_is_an_error(self):
        daemon = self.logged(self.fake_worker(SILENT_WORKER))
        daemon.send()
        self.assertEqual(daemon.priority_of("outcome=notice-only"), ERROR)

    def test_a_killed_worker_is_an_error_where_every_message_passes(self):
        daemon = self.logged()
        Deaths.kill_worker(self, daemon)
        self.assertTrue(daemon.send()[0].accepted)
        self.assertEqual(daemon.priority_of("was ended by signal 9"), ERROR)

    def test_a_store_without_room_is_critical(self):
        daemon = self.logged(store__min_free=1 << 40)
        daemon.send()
        self.assertEqual(daemon.priority_of("outcome=refused"), CRITICAL)


class JournalDaemon(Daemon):
    """One that is told, as systemd tells, that its standard error is the journal."""

    before = ("sh", "-c", 'exec env JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) "$@"', "sh")


class Journal(MetricsTest):
    """Workers write to standard error, which is the journal's where mugaid is a service."""

    def killed_child(self, daemon):
        """The line about a child that was killed while it waited for a message."""
        self.addCleanup(daemon.stop)
        daemon.start()
        said = f"child {kill_waiting_child(daemon)} was ended by signal 9"
        daemon.wait_log(said)
        return next(line for line in daemon.read_log().splitlines() if said in line)

    def test_a_killed_child_is_an_error_there_as_well(self):
        self.assertRegex(self.killed_child(JournalDaemon(self.folder)), rf"^<{ERROR}>mugai-worker: error: ")

    def test_elsewhere_a_line_has_no_prefix(self):
        daemon = Daemon(self.folder)
        daemon.before = ("env", "JOURNAL_STREAM=8:1")  # of the service that started whoever starts it
        self.assertRegex(self.killed_child(daemon), "^mugai-worker: error: ")


class Shipped(MetricsTest):
    """What packaging/ has for Prometheus and Grafana."""

    files = ("packaging/prometheus/mugai-rules.yml", "packaging/grafana/mugai-dashboard.json", "tests/mugai_rules_test.yml")

    def exposed(self):
        """What a mugaid gives that has counted its store."""
        self.measured()
        wait_for(lambda: "mugai_store_objects" in self.scraped())
        return self.scraped()

    def test_promtool_takes_the_rules(self):
        done = promtool("check", "rules", SOURCE / "packaging/prometheus/mugai-rules.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_fires_on_what_it_is_for_and_on_nothing_else(self):
        done = promtool("test", "rules", SOURCE / "tests/mugai_rules_test.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_metric_that_rules_and_dashboard_ask_for_is_there(self):
        there = {re.split(r"[{ ]", line)[0] for line in self.exposed().splitlines() if not line.startswith("#")}
        for name in self.files:
            asked = set(re.findall(r"\bmugai_\w+\b(?!\.)", (SOURCE / name).read_text()))
            self.assertGreater(len(asked), 5, name)
            self.assertEqual(asked - there, set(), name)

    def test_every_panel_and_every_rule_asks_for_a_metric(self):
        dashboard = json.loads((SOURCE / "packaging/grafana/mugai-dashboard.json").read_text())
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        asked += (SOURCE / "packaging/prometheus/mugai-rules.yml").read_text().split("- alert: ")[1:]
        self.assertGreater(len(asked), 8)
        for expression in asked:
            self.assertRegex(expression, r"\bmugai_\w+")

    def test_the_documented_metrics_are_those_that_are_there(self):
        text = (SOURCE / "src/ARCHITECTURE.md").read_text()
        table = text.partition("## The metrics")[2].partition("\n## ")[0]
        documented = re.findall(r"^\| `(mugai_\w+)` \|", table, re.MULTILINE)
        self.assertEqual(documented, re.findall(r"^# TYPE (\S+)", self.exposed(), re.MULTILINE))


if __name__ == "__main__":
    unittest.main(verbosity=2)
