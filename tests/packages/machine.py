"""machine.py - a Debian that systemd has booted in a container: what boot and documents have in common

Needs root, debootstrap, systemd-container and a mirror (MUGAI_MIRROR). A machine has a network of its own with nothing in
it but itself and the machines that it is connected to.

Invariants
1. Only the processes started here are ended, by their number: the container by its own "power off".
2. Nothing waits for a fixed time: until() waits for a condition, up to PATIENCE.
"""

import codecs
import contextlib
import errno
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import smtplib
import subprocess
import sys
import termios
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
MIRROR = os.environ.get("MUGAI_MIRROR", "http://deb.debian.org/debian")
WANTED = "systemd,systemd-sysv,dbus,postfix,ca-certificates,procps,iproute2,curl,prometheus-node-exporter"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
PATIENCE = 120
NAMESPACES = ("-m", "-u", "-i", "-n", "-p", "-C")


class Failed(Exception):
    pass


def ensure(true, what):
    if not true:
        raise Failed(what)


def run(*command, status=0, **more):
    more = {"stdin": subprocess.DEVNULL, **more} if "input" not in more else more
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    ensure(status is None or done.returncode == status, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def until(true, what):
    """Systemd tells nobody outside of the machine: it is asked. WHAT is text, or makes it."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        ensure(time.monotonic() < deadline, what() if callable(what) else what)
        time.sleep(0.2)


def make_root(release, root, wanted=WANTED):
    ensure(not root.exists(), f"{root} is there already")
    run("debootstrap", "--variant=minbase", f"--include={wanted}", release, root, MIRROR)
    for path in pathlib.Path("/etc/apt/apt.conf.d").glob("*proxy*"):
        run("cp", path, root / "etc/apt/apt.conf.d")
    in_root(root, "apt-get update -q")


def in_root(root, script):
    """A script of the shell in a root that is not booted, with the network of this host; it starts no service."""
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    mounted = f"mount -t proc proc {root}/proc && cp /etc/resolv.conf {root}/etc && exec chroot {root} sh -ec '{script}'"
    run("unshare", "--mount", "sh", "-c", mounted, env=ENVIRONMENT)
    policy.unlink()


def packages(debs):
    """The packages in a directory, built where they are missing."""
    if not list(debs.glob("mugai_*.deb")):
        run(SOURCE / "packaging/build-deb", debs)
    return [*debs.glob("mugai_*.deb"), *debs.glob("mugai-gate_*.deb")]


class Machine:
    def __init__(self, root):
        self.root = root
        self._cgroups = []
        self.container = subprocess.Popen(
            ["systemd-nspawn", "--directory", root, "--register=no", "--keep-unit", "--private-network",
             "--console=read-only", "--boot"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=self._enter_cgroup())
        self.pid = None

    def booted(self):
        """Waits until it is."""
        until(self._find, "the machine does not start")
        until(lambda: self.run("systemctl", "is-system-running", status=None).strip() in ("running", "degraded"), "booting")
        self.run("ip", "link", "set", "lo", "up")

    def _enter_cgroup(self):
        """Several containers at once: each takes the control groups in which it is started for its own."""
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            _, controller, path = line.split(":", 2)
            if controller in ("", "name=systemd"):
                top = pathlib.Path("/sys/fs/cgroup", {"": "unified", "name=systemd": "systemd"}[controller])
                top = top if top.exists() else pathlib.Path("/sys/fs/cgroup")
                group = top / path.lstrip("/") / f"mugai-{os.getpid()}-{self.root.name}"
                group.mkdir()
                self._cgroups.append(group)
        return lambda: [(group / "cgroup.procs").write_text(str(os.getpid())) for group in self._cgroups]

    def _find(self):
        children = pathlib.Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children").read_text().split()
        self.pid = next((pid for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "systemd"), None)
        return self.pid is not None

    def run(self, *command, status=0):
        return run("nsenter", "-t", self.pid, *NAMESPACES, *map(str, command), status=status, env=ENVIRONMENT)

    def shell(self, script, status=0):
        return self.run("sh", "-c", script, status=status)

    def active(self, unit):
        return self.run("systemctl", "is-active", unit, status=None).strip() == "active"

    def main_pid(self, unit):
        return self.run("systemctl", "show", "-p", "MainPID", "--value", unit).strip()

    def path(self, inside):
        """A file of the machine, as this host sees it, whatever is mounted there."""
        return pathlib.Path(f"/proc/{self.pid}/root") / inside.lstrip("/")

    def connect(self, other, ours, theirs):
        """A cable between two machines; addresses with their prefix lengths."""
        name = f"to-{other.root.name}"[:15]
        back = f"to-{self.root.name}"[:15]
        run("ip", "link", "add", name, "netns", self.pid, "type", "veth", "peer", "name", back, "netns", other.pid)
        for machine, link, address in ((self, name, ours), (other, back, theirs)):
            machine.run("ip", "address", "add", address, "dev", link)
            machine.run("ip", "link", "set", link, "up")

    def send(self, octets, sender, recipient, host="127.0.0.1"):
        """Gives a message to a server by SMTP from the network of the machine; (code, what was said)."""
        said = run("nsenter", "-t", self.pid, "-n", sys.executable, "-B", __file__, host, sender, recipient,
                   input=octets.decode("ascii"))
        code, _, text = said.partition(" ")
        return int(code), text

    def type(self, user, command, answers):
        """Typed by a user who has logged in, at a terminal of his own: (exit status, what the terminal got, answers given).

        answers: {what a question looks like: what is typed}. Who asks something else waits until PATIENCE is over.
        """
        ours, theirs = pty.openpty()
        child = subprocess.Popen(["nsenter", "-t", self.pid, *NAMESPACES, "runuser", "--login", user, "--session-command",
                                  command], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                 preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                                 env={"PATH": ENVIRONMENT["PATH"], "TERM": "dumb"})
        os.close(theirs)
        got, seen, answered = "", 0, 0
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        deadline = time.monotonic() + PATIENCE
        with open(ours, "rb+", buffering=0) as terminal:
            while chunk := self._read(terminal, deadline):
                got += decoder.decode(chunk)
                for question, answer in answers.items():
                    if re.search(question + r"\s*$", got[seen:]):
                        seen, answered = len(got), answered + 1
                        terminal.write(answer.encode() + b"\n")
            if chunk is None:
                child.kill()
        return (child.wait() if chunk is not None else None), got.replace("\r\n", "\n"), answered

    @staticmethod
    def _read(terminal, deadline):
        """What came; nothing where the other end is closed; None where nothing came in time."""
        if not select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
            return None
        try:
            return terminal.read(65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""

    def close(self):
        if self.pid is not None:
            os.kill(int(self.pid), signal.SIGRTMIN + 4)  # systemd: power off
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.container.wait(PATIENCE)
        self.container.kill()
        self.container.wait()
        for group in self._cgroups:
            self._remove_cgroup(group)

    @staticmethod
    def _remove_cgroup(group):
        for path, _, _ in os.walk(group, topdown=False):
            os.rmdir(path)


def send(host, sender, recipient):
    try:
        with smtplib.SMTP(host, 25, timeout=60) as server:
            server.sendmail(sender, [recipient], sys.stdin.read())
        return "250 taken"
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = refused.recipients[recipient]
    except smtplib.SMTPResponseException as refused:
        code, text = refused.smtp_code, refused.smtp_error
    return f"{code} {text.decode(errors='replace')}"


if __name__ == "__main__":
    print(send(*sys.argv[1:]))
