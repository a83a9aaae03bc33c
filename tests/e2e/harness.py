"""harness.py - three hosts with real Postfixes, mugaid between them, for the end-to-end tests and quickstart

The hosts are network namespaces (or, for quickstart, all the loopback interface with free ports):

    internet  --192.0.2.0/24--  boundary: Postfix + mugaid  --198.51.100.0/24--  LGWAN: Postfix, Maildir

With Lab(gate={}) mugaid seals and the LGWAN side's Postfix has mugai-gate, which knows the key.

Invariants
1. Everything lives under one temporary directory and in namespaces named after this process. A janitor, a child in a
   session of its own, takes all of it away when this process closes the Lab or dies of whatever, SIGKILL included.
2. Only processes started here are ended: mugaid by its child handle, Postfix by its own "postfix stop".
3. Nothing waits for a fixed time: wait_until() waits for a condition, up to a deadline.

Limits: needs root.
"""

import contextlib
import ctypes
import fcntl
import grp
import os
import pathlib
import pwd
import select
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

LGWAN_DOMAIN = "city.example.lg.jp"
INTERNET_ADDRESS, BOUNDARY_OUTER = "192.0.2.1", "192.0.2.2"
BOUNDARY_INNER, LGWAN_ADDRESS = "198.51.100.2", "198.51.100.3"
HOSTS = (
    ("127.0.0.1", "localhost"),
    (INTERNET_ADDRESS, "mail.internet.example"),
    (BOUNDARY_OUTER, "boundary.city.example.jp"),
    (BOUNDARY_INNER, "inner.city.example.jp"),
    (LGWAN_ADDRESS, "lgwan.city.example.lg.jp"),
)
PROGRAMS = ("mugaid", "mugai", "mugai-worker")
GATE_PROGRAMS = (*PROGRAMS, "mugai-gate")
MAX_MESSAGE_OCTETS = 64 * 1024 * 1024
DEADLINE_SECONDS = 60
PORT_ATTEMPTS = 5
ACTIVATE = pathlib.Path(__file__).resolve().parent.parent / "activate.py"
# Below it are the numbers of what a service manager passes.
ABOVE_PASSED = 10

_libc = ctypes.CDLL(None, use_errno=True)


class HarnessError(Exception):
    """The hosts could not be set up or did not do in time what was waited for."""


def _die_with_parent():
    """In a child: a SIGTERM when we are gone."""
    pr_set_pdeathsig = 1
    _libc.prctl(pr_set_pdeathsig, signal.SIGTERM, 0, 0, 0)


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """Returns the first true value of condition(); HarnessError naming what after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise HarnessError(f"after {seconds} seconds still not: {what}")
        time.sleep(0.02)


def run(command, **options):
    """Runs a command to its end; HarnessError with what it said if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace")
        raise HarnessError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{said}")
    return done.stdout


def namespace_prefix(pid):
    """How the names of a process' hosts begin."""
    return f"mugai-{pid}-"


class Janitor:
    """A child that waits for our end and then tidies up. It holds nothing but a pipe from us."""

    def __init__(self, directory):
        self._directory, self._prefix = directory, namespace_prefix(os.getpid())
        reader, self._writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._work(reader)
        os.close(reader)

    def _work(self, reader):
        """The child: never returns."""
        status = 1
        try:
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.close(self._writer)
            os.read(reader, 1)
            self._clean()
            status = 0
        finally:
            os._exit(status)

    def _clean(self):
        for config in self._directory.glob("*/config"):
            subprocess.run(["postfix", "-c", str(config), "stop"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else ():
            if name.startswith(self._prefix):
                run(["ip", "netns", "delete", name])
        shutil.rmtree(self._directory)

    def close(self):
        """Everything is gone when this returns."""
        os.close(self._writer)
        if os.waitpid(self._pid, 0)[1] != 0:
            raise HarnessError(f"could not tidy up {self._directory}")


class Loopback:
    """The machine's own network: quickstart's three hosts share it and tell each other apart by port."""

    address = "127.0.0.1"

    def command(self, arguments):
        return list(arguments)

    @contextlib.contextmanager
    def entered(self):
        yield


class Namespace:
    """A host of its own: a network namespace, named after this process."""

    def __init__(self, name):
        self.name = namespace_prefix(os.getpid()) + name
        run(["ip", "netns", "add", self.name])
        run(["ip", "-n", self.name, "link", "set", "lo", "up"])

    def join(self, other, own_interface, own_address, other_interface, other_address):
        """A cable from here to another host."""
        run(["ip", "link", "add", own_interface, "netns", self.name, "type", "veth",
             "peer", "name", other_interface, "netns", other.name])
        for host, interface, address in ((self, own_interface, own_address),
                                         (other, other_interface, other_address)):
            run(["ip", "-n", host.name, "address", "add", address + "/24", "dev", interface])
            run(["ip", "-n", host.name, "link", "set", interface, "up"])

    def command(self, arguments):
        return ["ip", "netns", "exec", self.name, *arguments]

    @contextlib.contextmanager
    def entered(self):
        """The calling thread makes its sockets on this host while inside."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open("/run/netns/" + self.name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._set(there)
            try:
                yield
            finally:
                self._set(home)
        finally:
            os.close(there)
            os.close(home)

    @staticmethod
    def _set(descriptor):
        clone_newnet = 0x40000000
        if _libc.setns(descriptor, clone_newnet) != 0:
            raise OSError(ctypes.get_errno(), "setns")


class Client(smtplib.SMTP):
    """An SMTP client on the internet host that sends octets as they are."""

    def __init__(self, host, address, port, timeout=120):
        self._host_of_client = host
        super().__init__(address, port, local_hostname="mail.internet.example", timeout=timeout)

    def _get_socket(self, host, port, timeout):
        with self._host_of_client.entered():
            return super()._get_socket(host, port, timeout)

    def deliver(self, sender, recipients, octets):
        """One transaction; the reply to its end or to what was refused before, (code, text)."""
        self.ehlo_or_helo_if_needed()
        code, text = self.mail(sender, ["BODY=8BITMIME"])
        for recipient in recipients:
            if code == 250:
                code, text = self.rcpt(recipient)
        if code == 250:
            code, text = self.data(octets)
        else:
            self.rset()
        return code, text.decode(errors="replace")


class Postfix:
    """A private Postfix instance, everything of it under one directory, smtpd in its chroot as Debian has it."""

    def __init__(self, host, directory, hostname, listen, port, settings):
        self.host = host
        self.directory = pathlib.Path(directory)
        self.config = self.directory / "config"
        self.queue = self.directory / "queue"
        self.log = self.directory / "log"
        self.address, self.port = listen[0], port
        self._hostname, self._listen, self._settings = hostname, listen, settings
        self._make_directories()

    def _make_directories(self):
        for directory in (self.directory, self.config, self.queue, self.queue / "etc"):
            directory.mkdir(parents=True)
            directory.chmod(0o755)
        data = self.directory / "data"
        data.mkdir(mode=0o700)
        shutil.chown(data, "postfix", "postfix")
        hosts = "".join(f"{address} {name}\n" for address, name in HOSTS)
        (self.queue / "etc/hosts").write_text(hosts)
        (self.queue / "etc/nsswitch.conf").write_text("hosts: files\n")

    def _main_cf(self):
        return {
            "compatibility_level": "3.6",
            "myhostname": self._hostname,
            "queue_directory": self.queue,
            "data_directory": self.directory / "data",
            "maillog_file": self.log,
            "maillog_file_prefixes": self.directory,
            "inet_interfaces": "all" if self.port == 25 else ", ".join(self._listen),
            "inet_protocols": "ipv4",
            "disable_dns_lookups": "yes",
            "smtp_host_lookup": "native",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "local_header_rewrite_clients": "",
            "smtpd_client_event_limit_exceptions": "static:all",
            "message_size_limit": MAX_MESSAGE_OCTETS,
            "mailbox_size_limit": "0",
            "alias_maps": "",
            "alias_database": "",
            **self._settings,
        }

    def _write(self):
        lines = "".join(f"{key} = {value}\n" for key, value in self._main_cf().items())
        (self.config / "main.cf").write_text(lines)
        listeners = "".join(f"{address}:{self.port} inet n - y - - smtpd\n" for address in self._listen)
        (self.config / "master.cf").write_text(listeners + """\
pickup    unix n - y 60  1 pickup
cleanup   unix n - y -   0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - y -   - trivial-rewrite
bounce    unix - - y -   0 bounce
defer     unix - - y -   0 bounce
trace     unix - - y -   0 bounce
verify    unix - - y -   1 verify
flush     unix n - y 1000? 0 flush
proxymap  unix - - n -   - proxymap
smtp      unix - - y -   - smtp
relay     unix - - y -   - smtp
showq     unix n - y -   - showq
error     unix - - y -   - error
retry     unix - - y -   - error
discard   unix - - y -   - discard
virtual   unix - n n -   - virtual
anvil     unix - - y -   1 anvil
scache    unix - - y -   1 scache
tlsmgr    unix - - y 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
""")

    def command(self, verb):
        return self.host.command(["postfix", "-c", str(self.config), verb])

    def start(self):
        """Starts it; returns when it listens. HarnessError, with its log, if it does not."""
        self._write()
        try:
            run(self.command("start"))
        except HarnessError as error:
            raise HarnessError(f"{error}\n{self.read_log()}") from None

    def reconfigure(self, **settings):
        """Restarts it with other settings."""
        self._settings.update(settings)
        self.stop()
        self.start()

    def stop(self):
        if self.running():
            run(self.command("stop"))

    def running(self):
        return subprocess.run(self.command("status"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def flush(self):
        """Tries deferred messages again, now."""
        run(self.command("flush"))

    def queued(self):
        """Messages that it still has. A file "MICROSECONDS.PID" has no queue id yet, so nobody was told that it was taken;
        a cleanup that was killed leaves it for a day."""
        return [path for folder in ("incoming", "active", "deferred", "maildrop")
                for path in (self.queue / folder).rglob("*") if path.is_file() and "." not in path.name]

    def held(self):
        """Messages in its hold queue."""
        return [path for path in (self.queue / "hold").rglob("*") if path.is_file()]

    def release_held(self):
        run(self.host.command(["postsuper", "-c", str(self.config), "-H", "ALL"]))

    def read_log(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Maildir:
    """The mailbox of everybody on the LGWAN side."""

    def __init__(self, directory, owner):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o700)
        shutil.chown(self.directory, owner.pw_uid, owner.pw_gid)
        self._seen = set()

    def _names(self):
        new = self.directory / "box/new"
        return set(os.listdir(new)) if new.is_dir() else set()

    def take(self):
        """Paths of the messages that were not taken before."""
        names = sorted(self._names() - self._seen)
        self._seen |= set(names)
        return [self.directory / "box/new" / name for name in names]


class Daemon:
    """A program as a child of ours, run as an unprivileged user, which says when it is ready."""

    def __init__(self, host, directory):
        self.host = host
        self.directory = pathlib.Path(directory)
        self.owner = pwd.getpwnam("nobody")
        self.log = self.directory / "log"
        self._group = grp.getgrnam("postfix").gr_gid
        self._child = None
        self.listener = None

    def _make_own(self, directory, mode, group):
        directory.mkdir()
        os.chown(directory, self.owner.pw_uid, group)
        directory.chmod(mode)

    def _as_owner(self):
        return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": [self._group],
                "cwd": "/"}

    def _launch(self, command):
        """Starts it and waits until it is ready."""
        reader, low = os.pipe()
        writer = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, ABOVE_PASSED)
        os.close(low)
        command = [*map(str, command), "--ready-fd", str(writer), "--log-stderr"]
        passed = []
        if self.listener is not None:
            passed = [self.listener.fileno()]
            command = [sys.executable, str(ACTIVATE), str(passed[0]), "--", *command]
        try:
            with open(self.log, "ab") as log, self.host.entered():
                self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                               pass_fds=[writer, *passed], umask=0o007,
                                               preexec_fn=_die_with_parent, **self._as_owner())
        finally:
            os.close(writer)
        try:
            self._wait_ready(reader)
        finally:
            os.close(reader)

    def _wait_ready(self, reader):
        readable, _, _ = select.select([reader], [], [], DEADLINE_SECONDS)
        if not readable or os.read(reader, 1) == b"":
            self.stop()
            raise HarnessError(f"{type(self).__name__} did not come up\n{self.read_log()}")

    @property
    def pid(self):
        """Of the process that was started."""
        return self._child.pid

    def stop(self):
        """Ends it; its exit status, None if it was not running."""
        if self._child is None:
            return None
        self._child.send_signal(signal.SIGTERM)
        try:
            status = self._child.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            status = self._child.wait()
        self._child = None
        return status

    def close(self):
        self.stop()
        if self.listener is not None:
            self.listener.close()

    def read_log(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def reload(self):
        """SIGHUP; what it said to it when it has been worked off."""
        since = len(self.read_log())
        self._child.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload: " in self.read_log()[since:], "it says how the reload went")
        return self.read_log()[since:]


class Mugaid(Daemon):
    """mugaid, with Postfix' group on its socket."""

    def __init__(self, host, directory, socket_directory, programs, settings=None):
        super().__init__(host, directory)
        self.store = self.directory / "store"
        self.config = self.directory / "mugai.conf"
        self.bin = self.directory / "bin"
        self.keys = self.directory / "keys"
        self.socket = pathlib.Path(socket_directory) / "mugai.sock"
        self._make_directories(programs)
        self.settings = {
            "milter": {"socket": f"unix:{self.socket}"},
            "worker": {"program": self.bin / "mugai-worker"},
            "sanitize": {"contact": "情報政策課（内線 123）"},
            "store": {"path": self.store, "min_free": "16"},
        }
        for group, keys in (settings or {}).items():
            self.settings.setdefault(group, {}).update(keys)

    def _make_directories(self, programs):
        for directory in (self.directory, self.bin):
            directory.mkdir(parents=True)
            directory.chmod(0o755)
        for name in PROGRAMS:
            shutil.copy(programs[name], self.bin / name)
            (self.bin / name).chmod(0o755)
        self._make_own(self.store, 0o700, self.owner.pw_gid)
        self._make_own(self.keys, 0o700, self.owner.pw_gid)
        self._make_own(self.socket.parent, 0o2750, self._group)

    def _write_config(self, settings):
        lines = []
        for group, keys in settings.items():
            lines.append(f"[{group}]")
            lines += [f"{key} = {value}" for key, value in keys.items()]
        self.config.write_text("\n".join(lines) + "\n")
        self.config.chmod(0o644)

    def start(self, **changes):
        """Starts it and waits until it is ready. changes: group={key: value} for this run alone."""
        settings = {group: dict(keys) for group, keys in self.settings.items()}
        for group, keys in changes.items():
            settings.setdefault(group, {}).update(keys)
        self._write_config(settings)
        self._launch([self.bin / "mugaid", "--config", self.config])

    def activate(self):
        """Holds its socket from now on, as mugaid.socket does, and passes it at each start."""
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.socket))
        self.listener.listen()
        shutil.chown(self.socket, self.owner.pw_uid, self._group)
        self.socket.chmod(0o660)

    def kill(self):
        """The power fails: no chance to tidy up."""
        if self._child is not None:
            service = os.pidfd_open(self.service())
            self._child.kill()
            self._child.wait()
            self._child = None
            select.select([service], [], [], DEADLINE_SECONDS)
            os.close(service)

    def service(self):
        """Process id of the one that serves mail; our child is its starter."""
        return next(pid for pid in self._offspring() if self._name(pid) == "mugaid")

    @staticmethod
    def _name(pid):
        with contextlib.suppress(OSError):  # a process that has just ended
            return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()

    def workers(self):
        """Process ids of mugai-worker and its children."""
        return [pid for pid in self._offspring() if self._name(pid) != "mugaid"]

    def _offspring(self):
        """Process ids of all that came from our child."""
        found, parents = [], [self._child.pid]
        while parents:
            parent = parents.pop()
            for task in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
                with contextlib.suppress(OSError):  # a process that has just ended
                    children = [int(pid) for pid in task.read_text().split()]
                    found += children
                    parents += children
        return found

    def signal_workers(self, number):
        for pid in self.workers():
            with contextlib.suppress(ProcessLookupError):  # a child that has just ended
                os.kill(pid, number)

    def cli(self, verb, *arguments, stdin=b"", config=None):
        """Runs the mugai command as mugaid's user; (exit status, stdout, stderr)."""
        command = [str(self.bin / "mugai"), verb, "--config", str(config or self.config), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=DEADLINE_SECONDS,
                              **self._as_owner())
        return done.returncode, done.stdout, done.stderr

    def objects(self):
        """Names of the originals in quarantine."""
        return sorted(path.name for path in self.store.rglob("*.eml.gz"))

    def keygen(self, name):
        """A new pair of keys for the seal, the private one mugaid's: their paths."""
        status, _, said = self.cli("keygen", "--output", str(self.keys / name))
        if status != 0:
            raise HarnessError(f"mugai keygen: exit {status}\n{said.decode(errors='replace')}")
        return self.keys / f"{name}.key", self.keys / f"{name}.pub"


class Gate(Daemon):
    """mugai-gate on the LGWAN side. options: as on its command line, "_" for "-", True for those without a value."""

    def __init__(self, host, directory, socket_directory, program, options=None):
        super().__init__(host, directory)
        self.program = self.directory / "mugai-gate"
        self.keys = self.directory / "keys"
        self.socket = pathlib.Path(socket_directory) / "gate.sock"
        for own in (self.directory, self.keys):
            own.mkdir()
            own.chmod(0o755)
        self._make_own(self.socket.parent, 0o2750, self._group)
        shutil.copy(program, self.program)
        self.program.chmod(0o755)
        self.options = {"socket": f"unix:{self.socket}", "public_keys": self.keys, **(options or {})}

    def add_key(self, public_path):
        """Puts a public key beside the others; a running gate takes it at reload()."""
        copy = self.keys / pathlib.Path(public_path).name
        shutil.copyfile(public_path, copy)
        copy.chmod(0o644)
        return copy

    def start(self, **changes):
        """Starts it and waits until it is ready. changes: options for this run alone, None for without."""
        command = [self.program]
        for name, value in {**self.options, **changes}.items():
            if value is not None and value is not False:
                command += ["--" + name.replace("_", "-")] + ([] if value is True else [value])
        self._launch(command)

    def kill(self):
        """The power fails: no chance to tidy up."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


def free_port(address="127.0.0.1"):
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Lab:
    """The three hosts. Use with "with", or close() it.

    settings: of mugaid, {group: {key: value}}. gate: options of mugai-gate, {} for none; without it the LGWAN side has
    no gate and nothing is sealed. activated: this process keeps mugaid's socket, as systemd may.
    """

    def __init__(self, programs, loopback=False, settings=None, gate=None, activated=False):
        if os.geteuid() != 0:
            raise HarnessError("these tests need root: they make network namespaces and start Postfix")
        for needed in ("postfix",) if loopback else ("postfix", "ip"):
            if shutil.which(needed, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
                raise HarnessError(f"there is no {needed}; packaging/check installs what is needed")
        self.mugaid = self.gate = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mugai-"))
        self.directory.chmod(0o755)
        self._janitor = Janitor(self.directory)
        try:
            self._build(programs, loopback, settings, gate, activated)
        except BaseException:
            self.close()
            raise

    def _build(self, programs, loopback, settings, gate, activated):
        if loopback:
            self.internet = self.inner = self.lgwan_host = Loopback()
        else:
            self._make_namespaces()
        self._start_postfixes(loopback, gate is not None)
        self.mugaid = Mugaid(self.inner, self.directory / "mugaid", self.boundary.queue / "mugai", programs,
                             settings)
        if activated:
            self.mugaid.activate()
        if gate is not None:
            self._start_gate(programs["mugai-gate"], gate)
        self.mugaid.start()

    def _start_gate(self, program, options):
        """A gate that believes a new key, with which mugaid is to seal."""
        private, public = self.mugaid.keygen("seal")
        self.mugaid.settings.setdefault("seal", {}).setdefault("key", private)
        self.gate = Gate(self.lgwan_host, self.directory / "gate", self.lgwan.queue / "mugai", program, options)
        self.gate.add_key(public)
        self.gate.start()

    def _make_namespaces(self):
        self.internet, self.inner, self.lgwan_host = map(Namespace, ("internet", "boundary", "lgwan"))
        self.internet.join(self.inner, "eth0", INTERNET_ADDRESS, "eth0", BOUNDARY_OUTER)
        self.inner.join(self.lgwan_host, "eth1", BOUNDARY_INNER, "eth0", LGWAN_ADDRESS)

    def _postfix(self, name, host, hostname, address, port, settings):
        """A started Postfix; on loopback with a port that was free, another one if somebody was faster."""
        for attempt in range(PORT_ATTEMPTS):
            directory = self.directory / (name if attempt == 0 else f"{name}-{attempt}")
            chosen = port or free_port(address)
            postfix = Postfix(host, directory, hostname, [address], chosen, settings)
            try:
                postfix.start()
                return postfix
            except HarnessError:
                if port or attempt == PORT_ATTEMPTS - 1:
                    raise

    def _start_postfixes(self, loopback, gated):
        owner = pwd.getpwnam("nobody")
        self.maildir = Maildir(self.directory / "maildir", owner)
        port = None if loopback else 25
        inner_address = Loopback.address if loopback else LGWAN_ADDRESS
        outer_address = Loopback.address if loopback else BOUNDARY_OUTER
        self.lgwan = self._postfix("lgwan", self.lgwan_host, "lgwan.city.example.lg.jp", inner_address, port, {
            "virtual_mailbox_domains": LGWAN_DOMAIN,
            "virtual_mailbox_base": self.maildir.directory,
            "virtual_mailbox_maps": "static:box/",
            "virtual_mailbox_limit": "0",
            "virtual_uid_maps": f"static:{owner.pw_uid}",
            "virtual_gid_maps": f"static:{owner.pw_gid}",
            **({"smtpd_milters": "unix:mugai/gate.sock", "milter_default_action": "tempfail"} if gated else {}),
        })
        self.boundary = self._postfix("boundary", self.inner, "boundary.city.example.jp", outer_address, port, {
            "relay_domains": LGWAN_DOMAIN,
            "relayhost": f"[{self.lgwan.address}]:{self.lgwan.port}",
            "relay_transport": f"smtp:[{self.lgwan.address}]:{self.lgwan.port}",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_milters": "unix:mugai/mugai.sock",
            "milter_default_action": "tempfail",
        })

    def client(self, timeout=120):
        return Client(self.internet, self.boundary.address, self.boundary.port, timeout)

    def deliver(self, octets, sender="sender@internet.example", recipients=None):
        """One message on a connection of its own; the reply (code, text)."""
        with self.client() as client:
            return client.deliver(sender, recipients or [f"tanaka@{LGWAN_DOMAIN}"], octets)

    def inside_client(self, timeout=120):
        """An SMTP client of the LGWAN side's Postfix, on the boundary host: past mugaid."""
        return Client(self.inner, self.lgwan.address, self.lgwan.port, timeout)

    def deliver_inside(self, octets, sender="sender@internet.example", recipients=None):
        """As deliver(), but past mugaid."""
        with self.inside_client() as client:
            return client.deliver(sender, recipients or [f"tanaka@{LGWAN_DOMAIN}"], octets)

    def arrived(self):
        """Waits until neither Postfix has anything left to do; paths of what came into the Maildir since last time."""
        wait_until(lambda: not self.boundary.queued() and not self.lgwan.queued(), "both queues are empty")
        return self.maildir.take()

    def close(self):
        """Ends everything and takes it away; may be called again."""
        janitor, self._janitor = self._janitor, None
        if janitor is not None:
            try:
                for daemon in (self.mugaid, self.gate):
                    if daemon is not None:
                        daemon.close()
            finally:
                janitor.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def programs_from_environment(names=PROGRAMS):
    """Where meson built the programs: MUGAID, MUGAI, MUGAI_WORKER, and for GATE_PROGRAMS MUGAI_GATE."""
    programs = {}
    for name in names:
        variable = name.upper().replace("-", "_")
        path = os.environ.get(variable)
        if not path or not os.path.exists(path):
            raise HarnessError(f"{variable} must name the program {name}; run: meson test --suite e2e")
        programs[name] = path
    return programs


def arrived_octets(path):
    """An arrived file as the octets of SMTP: the Maildir's line ends made CRLF again, and nothing else changed."""
    return pathlib.Path(path).read_bytes().replace(b"\n", b"\r\n")


def end_on_signals():
    """SIGTERM and SIGHUP become what Ctrl-C is, so that a Lab closes when meson or a terminal gives up on us."""
    def leave(number, frame):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
