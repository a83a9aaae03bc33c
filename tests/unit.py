"""unit.py - what a unit of packaging/systemd says, for tests that start a program as systemd would

There is no systemd here; systemd-analyze knows its groups of system calls, libseccomp makes the filter.
"""

import ctypes
import os
import re
import subprocess

ANALYZE = "/usr/bin/systemd-analyze"


def calls_of(words):
    """System calls of a line of SystemCallFilter=, groups resolved by systemd-analyze."""
    calls = set()
    for word in words:
        if not word.startswith("@"):
            calls.add(word)
            continue
        said = subprocess.run([ANALYZE, "syscall-filter", word], check=True, capture_output=True, text=True).stdout
        calls |= calls_of(line.split()[0] for line in said.splitlines()[1:] if line.strip() and "#" not in line)
    return calls


class Unit:
    def __init__(self, path):
        self._text = path.read_text()

    def lines(self, name):
        """All values of a setting."""
        return re.findall(rf"^{name}=(.*)$", self._text, re.MULTILINE)

    def _allowed_calls(self):
        """As systemd.exec(5) has it: lines with ~ take away from what was allowed before. @default is always there."""
        allowed = calls_of(["@default"])
        for line in self.lines("SystemCallFilter"):
            words = line.lstrip("~").split()
            allowed = allowed - calls_of(words) if line.startswith("~") else allowed | calls_of(words)
        return allowed

    def filter(self):
        return Filter(self._allowed_calls())


class Filter:
    """A filter of system calls, loaded by a child before it executes the program."""

    ALLOW, ERRNO = 0x7fff0000, 0x00050000

    def __init__(self, allowed):
        self.library = ctypes.CDLL("libseccomp.so.2")
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(self.ERRNO | 1)))
        for name in allowed:
            number = self.library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                assert self.library.seccomp_rule_add(self.context, ctypes.c_uint32(self.ALLOW), number, 0) == 0, name

    def load(self):
        if self.library.seccomp_load(self.context) != 0:
            os._exit(99)
