#!/usr/bin/python3
"""test_instructions.py - the pure function takes no more instructions than it did: a slip is seen on any machine

    test_instructions.py [--record]

Run by "meson test instructions", which names tests/instructions.c's program in MUGAI_INSTRUCTIONS. valgrind's callgrind
counts what runs inside of instructions_measured() alone: no start, no process, no clock, so the figure is the same on a
slow machine, a busy one and a quick one. tests/instructions.json has what was counted; beyond 5 percent, up or down, the
test fails. Who made mugai cheaper, or dearer for a good reason, records anew with --record and commits the file with
the change: the difference is the change's price.

Two counts for each message. "own": mugai's own code, which is all in the program (its parts are linked statically).
"all": with what it has the libraries do, for a loop over strlen() is a slip whose instructions are the C library's.

What would make counts differ from one processor to the next, and what keeps it from it:
  - The C library has strlen(), memcpy() and the like for each generation of processors; valgrind shows it those that the
    host has. GLIBC_TUNABLES takes them away one by one, until what every amd64 has is left (SSE2). Sizes from which
    memcpy() works otherwise come from the host's caches: they are set.
  - nettle has SHA-256 for processors with and without SHA-NI, which no valgrind of Debian 12 shows: the plain one.
    NETTLE_FAT_OVERRIDE says so for valgrinds to come.
  - Symbols are bound before, not at their first call, where the dynamic linker saves registers as the processor has them.
  - The code is that of Debian 12's gcc (meson.build leaves the test out of other builds) and libraries.
Each message has a process of its own, in an empty environment: nothing of one counts in another.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "bench"))
import three_messages  # noqa: E402

PROGRAM = os.environ.get("MUGAI_INSTRUCTIONS", "")
RECORDED = HERE / "instructions.json"
BAND = 0.05
CORPUS = ("bounce-postfix", "block-uuencode", "calendar-request-tzid", "alternative-with-related-html")
VALGRIND_SECONDS = 120

WITHOUT = ("AVX", "AVX2", "AVX512F", "AVX512VL", "AVX512BW", "AVX_Fast_Unaligned_Load", "BMI1", "BMI2", "ERMS", "FSRM",
           "LZCNT", "MOVBE", "POPCNT", "RTM", "SSE3", "SSSE3", "SSE4_1", "SSE4_2", "XSAVE", "XSAVEC")
TUNABLES = ("glibc.cpu.hwcaps=" + ",".join("-" + name for name in WITHOUT),
            "glibc.cpu.x86_non_temporal_threshold=0xc0000", "glibc.cpu.x86_rep_movsb_threshold=0x800",
            "glibc.cpu.x86_rep_stosb_threshold=0x800", "glibc.cpu.x86_shared_cache_size=0x100000",
            "glibc.cpu.x86_data_cache_size=0x8000")
ENVIRONMENT = {"GLIBC_TUNABLES": ":".join(TUNABLES), "NETTLE_FAT_OVERRIDE": "none", "LD_BIND_NOW": "1",
               "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# Of a function of the C library that a processor has beyond SSE2.
OF_ONE_PROCESSOR = re.compile(r"^__\w+_(avx|evex|ssse3|sse4|sse42|erms|movbe)")


def simple(content_type, text, encoding="8bit", fields=""):
    return (f"From: a@example.jp\nTo: b@city.example.lg.jp\nDate: Mon, 1 Apr 2024 08:59:57 +0900\nSubject: count\n{fields}"
            f"MIME-Version: 1.0\nContent-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n").encode() + text


def many_parts(count):
    parts = "".join(f"--b\nContent-Type: text/plain; name=\"{number}.txt\"\n\npart {number}\n" for number in range(count))
    return simple("multipart/mixed; boundary=b", (parts + "--b--\n").encode(), "7bit")


def styled_rows(count):
    """A newsletter: tables in tables, styles in elements."""
    row = ('<tr style="background:#fff"><td width=50%% style="padding:4px;font-size:12px"><b>No. %d</b><br>'
           '<a href="https://shop.example.jp/item?id=%d">%s</a></td><td><span style="color:red">1,980</span></td></tr>')
    rows = "".join(row % (number, number, three_messages.PARAGRAPH[:30]) for number in range(count))
    return f"<html><body><table><tr><td><table>{rows}</table></td></tr></table></body></html>\n"


def messages():
    """Name -> octets: the three of speed, and what these do not go through."""
    paragraphs = (three_messages.PARAGRAPH + "\n") * 100
    fields = "".join(f"X-Field-{number}: {number} of many\n" for number in range(300))
    own = {
        "iso-2022-jp": simple("text/plain; charset=iso-2022-jp", paragraphs.encode("iso-2022-jp"), "7bit"),
        "shift_jis": simple("text/plain", paragraphs.encode("shift_jis")),
        "links": simple("text/plain", b"see https://www.example.jp/a?b=c or mailto:a@example.jp now\n" * 300, "7bit"),
        "newsletter": simple("text/html; charset=utf-8", styled_rows(100).encode()),
        "parts": many_parts(100),
        "fields": simple("text/plain", b"text\n", "7bit", fields),
    }
    corpus = {name: (HERE / "corpus" / name / "input.eml").read_bytes() for name in CORPUS}
    return {**three_messages.all_messages(), **own, **corpus}


def read_counts(profile):
    """Of a file of callgrind: object -> its own instructions, and the names of all functions."""
    names, counts, current, inclusive = {}, collections.Counter(), None, False
    functions = set()
    for line in profile.read_text().splitlines():
        if match := re.match(r"c?(ob|fn)=\((\d+)\)(?: (.*))?$", line):
            kind, number, name = match.groups()
            if name is not None:
                names[kind, number] = name
            if line.startswith("ob="):
                current = names[kind, number]
            elif kind == "fn":
                functions.add(names[kind, number])
        elif line.startswith("calls="):
            inclusive = True  # the next line is what the called one took
        elif line[:1] in set("0123456789+-*"):
            counts[current] += 0 if inclusive else int(line.split()[1])
            inclusive = False
    return counts, functions


def count(octets):
    """{"own": instructions of mugai's code, "all": of everything that it called}, and the functions' names."""
    with tempfile.TemporaryDirectory(prefix="mugai-instructions-") as directory:
        profile, message = pathlib.Path(directory, "profile"), pathlib.Path(directory, "message")
        message.write_bytes(octets)
        done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=instructions_measured",
                               f"--callgrind-out-file={profile}", PROGRAM, str(message)], env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=VALGRIND_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"valgrind: exit status {done.returncode}\n{done.stderr}")
        counts, functions = read_counts(profile)
    own = sum(value for name, value in counts.items() if pathlib.Path(name).name == pathlib.Path(PROGRAM).name)
    return {"own": own, "all": sum(counts.values())}, functions


def count_all():
    """Name -> counts, name -> functions."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(messages(), pool.map(count, messages().values())))
    return {name: pair[0] for name, pair in found.items()}, {name: pair[1] for name, pair in found.items()}


def complaint(counted, recorded):
    """What is wrong with a count, "" if nothing is."""
    if recorded is None:
        return "never recorded: run tests/test_instructions.py --record"
    change = counted / recorded - 1
    if abs(change) <= BAND:
        return ""
    return (f"{counted:,} instructions, recorded {recorded:,}: {change:+.1%}. "
            + ("What made it dearer?" if change > 0 else "Cheaper: record it, so that it stays."))


class Instructions(unittest.TestCase):
    """A test for each message is made below."""

    @classmethod
    def setUpClass(cls):
        cls.counted, cls.functions = count_all()
        cls.recorded = json.loads(RECORDED.read_text())

    def test_what_is_recorded_is_what_is_counted(self):
        self.assertEqual(sorted(self.recorded), sorted(self.counted))

    def test_no_function_is_of_one_kind_of_processor(self):
        for name, functions in self.functions.items():
            self.assertEqual([function for function in functions if OF_ONE_PROCESSOR.match(function)], [], name)

    def check(self, name):
        for kind in ("own", "all"):
            with self.subTest(kind):
                wrong = complaint(self.counted[name][kind], self.recorded.get(name, {}).get(kind))
                self.assertEqual(wrong, "", f"{name}, {kind}")


def add_tests():
    for name in messages():
        setattr(Instructions, "test_message_" + re.sub(r"\W", "_", name), lambda self, name=name: self.check(name))


def record():
    counted, _ = count_all()
    before = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    RECORDED.write_text(json.dumps(counted, indent=1) + "\n")
    for name, counts in counted.items():
        for kind, value in counts.items():
            old = before.get(name, {}).get(kind)
            print(f"{name:32}{kind:5}{value:15,}" + (f"{value / old - 1:+9.1%}" if old else ""))


if __name__ == "__main__":
    if not PROGRAM:
        sys.exit("MUGAI_INSTRUCTIONS names no program; it is BUILD/tests/instructions")
    if sys.argv[1:] == ["--record"]:
        record()
    else:
        add_tests()
        unittest.main()
