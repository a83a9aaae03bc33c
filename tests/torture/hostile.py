#!/usr/bin/python3
"""hostile.py - bombs, towers and what is known to take quadratic time, through mugaid, with neighbours beside them

Each message goes over the milter socket while a neighbour sends small ones all the time. The messages of
test_corpus.py (sizes and counts beyond every limit) are taken from there; here are those that are too big for it, and
those that aim at what was once a hole in a library, named by the CVE. After each:

    I1  what is handed on is in the profile
    I4  a message is delivered for each, the whole or the notice alone
    I7  it took no longer than a message may, a child had no more address space than a child may, and mugaid itself
        grew by no more than what messages under way may cost
    I7  no neighbour waited longer than a message may take
"""

import base64
import gzip
import io
import pathlib
import shutil
import struct
import tempfile
import threading
import time
import unittest
import zipfile

import torture
from torture import FULL, Census, Original, milter_client, say, test_milter

import profile_reader  # noqa: E402
import test_corpus  # noqa: E402

WORKER_SECONDS = 30
WORKER_MEMORY_MIB = 512
# Killing, reaping, a machine that is busy: what is not the message's own time.
GRACE_SECONDS = 30
# mugaid's own memory for two messages under way, see the limits of session.c: what the worker gave, names of fields,
# spool and buffers; and what an allocator keeps.
SERVICE_GROWTH_MIB = 128

HEAD, TEXT, HTML, MIXED = test_corpus.HEAD, test_corpus.TEXT, test_corpus.HTML, test_corpus.MIXED
SEEN = test_corpus.SEEN
FIRST = MIXED + b"--bb\r\n" + TEXT + SEEN + b"\r\n"
# Where Postfix cuts a field, before it shows it to a milter; libmilter takes no more than 64 KiB.
FIELD_OCTETS = 60_000
MANY_FIELDS, MANY_PARTS = 100_000, 1_000_000


def attached(kind, name, octets):
    """A text, and this beside it."""
    return (HEAD + FIRST + b"--bb\r\nContent-Type: " + kind.encode() + b"; name=" + name.encode()
            + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(octets).replace(b"\n", b"\r\n")
            + b"--bb--\r\n")


def part(kind, octets):
    """A text, and a part to be converted beside it."""
    return (HEAD + FIRST + b"--bb\r\nContent-Type: " + kind.encode() + b"; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n\r\n" + octets + b"\r\n--bb--\r\n")


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, octets in members:
            file.writestr(name, octets)
    return out.getvalue()


def nested_zip(depth):
    """A zip of zips of … of zeros: some hundred octets that are a thousand times more on each level."""
    octets = bytes(1_000_000)
    for level in range(depth):
        octets = zip_of([(f"{level}-{number}.zip", octets) for number in range(8)])
    return octets


def laughs(levels, fan, kind="&"):
    """An XML document whose entities multiply."""
    lines = ["<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e0 'lol'>"]
    lines += [f"<!ENTITY e{i} '" + f"{kind}e{i - 1};" * fan + "'>" for i in range(1, levels)]
    lines.append(f"]><html xmlns='http://www.w3.org/1999/xhtml'><body>&e{levels - 1};</body></html>")
    return "".join(lines).encode()


def gzip_with_extra():
    """A gzip header with the longest extra field and a name without end."""
    plain = gzip.compress(b"text")
    extra = struct.pack("<H", 65535) + bytes(65535)
    return plain[:3] + b"\x0c" + plain[4:10] + extra + b"n" * 100000 + b"\0" + plain[10:]


def elf_of_notes():
    """An ELF file of 65,535 sections, all notes, all the same one."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, 64, 0, 64, 56, 0, 64, 65535, 0)
    section = struct.pack("<IIQQQQIIQQ", 0, 7, 0, 0, 64, 4096, 0, 0, 4, 0)
    return head + section * 65535


def compound_document():
    """A compound document whose sector chain runs in a circle."""
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(10) + struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head = head.ljust(76, b"\0") + struct.pack("<I", 0) + b"\xff" * 432
    return head + struct.pack("<128I", *([0] * 128)) * 100


def quadratic_cases():
    """What the CVEs of our libraries were about, as mail."""
    word = b"=?UTF-8?B?" + base64.b64encode("件名".encode()) + b"?="
    return {
        # libxml2
        "CVE-2003-1564 billion laughs": part("application/xhtml+xml", laughs(12, 12)),
        "CVE-2003-1564 quadratic blow-up": part(
            "text/html", b"<!DOCTYPE x [<!ENTITY a '" + b"a" * 60000 + b"'>]><html><body>" + b"&a;" * 60000),
        "CVE-2021-3541 parameter entities": part("text/xml", laughs(30, 40, "%")),
        "CVE-2008-3281 entities in attributes": part(
            "application/xhtml+xml", laughs(12, 12).replace(b"<body>", b"<body title='&e11;'>")),
        "CVE-2012-0841 names that collide": part(
            "text/html", b"".join(b"<p " + b" ".join(b"%s%d=1" % (b"Aa" * (i % 20) + b"BB" * (20 - i % 20), i)
                                                     for i in range(200)) + b">" for _ in range(400))),
        "CVE-2015-8242 sections never closed": part("text/html", b"<![CDATA[" * 200000),
        "CVE-2022-40303 one huge name": part("text/html", b"<" + b"a" * 8_000_000 + b">"),
        "CVE-2024-34459 tower of elements": part("text/html", b"<div><span>" * 400_000 + b"end"),
        "tower of tables": part("text/html", b"<table><tr><td>" * 200_000),
        "tower of formatting": part("text/html", b"<a><b><i><p>" * 200_000),
        "tower of lists and selects": part("text/html", b"<ul><li><select><option>" * 100_000),
        # libmagic
        "CVE-2013-7345 awk without end": attached("application/octet-stream", "a.awk", b"\n" * 200_000 + b"BEGIN"),
        "CVE-2014-3538 white space before a match": part("text/plain", b" " * 16000 + b"\n" * 16000 + b"BEGIN {"),
        "CVE-2014-1943 indirect upon indirect": attached(
            "application/octet-stream", "i.bin", b"\x00\x00\x00\x0c" * 30000),
        "CVE-2014-9620 an ELF file of notes": attached("application/x-executable", "n.elf", elf_of_notes()),
        "CVE-2012-1571 a compound document in a circle": attached("application/msword", "c.doc", compound_document()),
        # zlib
        "CVE-2022-37434 a gzip header with all in it": attached("application/gzip", "h.gz", gzip_with_extra()),
        "CVE-2018-25032 distances": attached("application/zip", "d.zip", zip_of([("x", bytes(range(256)) * 20000)])),
        # libidn2, libunistring
        "CVE-2019-18224 a label without end": part(
            "text/html", "".join(f"<a href='http://{'あ' * 3000}{i}.example/'>x</a>" for i in range(300)).encode()),
        "CVE-2017-14062 punycode that overflows": part(
            "text/html", b"".join(b"<a href='http://xn--%s%d.example/'>x</a>" % (b"9" * 60, i) for i in range(3000))),
        "combining marks in a host": part(
            "text/html", ("<a href='http://a" + "\u0301\u0323" * 200_000 + ".example/'>x</a>").encode()),
        # GMime
        "CVE-2010-0409 uuencode": HEAD + TEXT + SEEN + b"\r\nbegin 644 a\r\n" + (b"`" * 61 + b"\r\n") * 30000,
        "parameters in a thousand pieces, from the end": HEAD + b"Content-Type: text/plain; charset=utf-8"
        + b"".join(b";\r\n a*%d=b" % i for i in range(20000, 0, -1)) + b"\r\n\r\n" + SEEN,
        "groups in groups of addresses": HEAD.replace(b"b@example.jp", b"g:" * 40000 + b"b@example.jp" + b";" * 40000)
        + TEXT + SEEN,
        "references without end": HEAD + b"References:" + b"\r\n <a@b>" * 60000 + b"\r\n" + TEXT + SEEN,
        "words in words": HEAD.replace(b"big\r\n", b"\r\n ".join([word] * 10000) + b"\r\n") + TEXT + SEEN,
        "boundaries that begin alike": HEAD + b"Content-Type: multipart/mixed; boundary=\"" + b"b" * 60 + b"\"\r\n\r\n"
        + b"".join(b"--" + b"b" * (i % 60) + b"\r\n" for i in range(400_000)) + TEXT,
    }


def bombs():
    return {
        "zip of zips of zips": attached("application/zip", "42.zip", nested_zip(4)),
        "docx of 50 MB": attached(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "big.docx",
            zip_of([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:t>" + bytes(50_000_000))])),
        "gzip of 50 MB": attached("application/gzip", "b.gz", gzip.compress(bytes(50_000_000), 6)),
        "100,000 header fields": HEAD + b"".join(b"X-%d: b\r\n" % i for i in range(MANY_FIELDS)) + TEXT + SEEN,
        "1,000,000 parts": HEAD + FIRST + b"--bb\r\n\r\nx\r\n" * MANY_PARTS + b"--bb--\r\n",
        "1,000,000 lines that begin a part": HEAD + TEXT + SEEN + b"\r\n" + b"--\r\n" * MANY_PARTS,
        "100,000 multiparts in each other": HEAD + test_corpus.tower(100_000),
        "100,000 messages in each other": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 100_000 + TEXT + SEEN,
        "a line of 30 MB": HEAD + TEXT + SEEN + b"x" * 30_000_000,
    }


class Neighbour(threading.Thread):
    """Sends small messages all the time; remembers how long each took."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.mugaid, self.seconds, self.failure = daemon, [], None
        self._end = threading.Event()

    def run(self):
        number = 0
        try:
            while not self._end.is_set():
                number += 1
                original = Original(number)
                begun = time.monotonic()
                answer, delivered = self.mugaid.send(original.octets)
                self.seconds.append(time.monotonic() - begun)
                assert answer.accepted and original.outcome(delivered) == "passed", answer
        except Exception as error:
            self.failure = error

    def end(self):
        self._end.set()
        self.join()
        if self.failure is not None:
            raise self.failure


class Watch(threading.Thread):
    """Looks at the children of the worker while they live: the most memory that one had."""

    def __init__(self, census):
        super().__init__(daemon=True)
        self.census, self.peak_kib, self.space_kib = census, 0, 0
        self._end = threading.Event()

    def run(self):
        parents, _ = self.census.workers()
        while not self._end.is_set():
            for pid in torture.children_of(parents):
                try:
                    status = pathlib.Path(f"/proc/{pid}/status").read_text()
                except OSError:  # it has ended
                    continue
                values = dict(line.split(":", 1) for line in status.splitlines())
                if "VmHWM" in values:
                    self.peak_kib = max(self.peak_kib, int(values["VmHWM"].split()[0]))
                    self.space_kib = max(self.space_kib, int(values["VmPeak"].split()[0]))
            time.sleep(torture.LOOK_SECONDS)

    def end(self):
        self._end.set()
        self.join()


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torture.begin()
        cls.folder = tempfile.mkdtemp(prefix="mugai-hostile-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.daemon = test_milter.Daemon(cls.folder, worker__seconds=WORKER_SECONDS, worker__memory=WORKER_MEMORY_MIB)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.start()
        for number in range(20):
            cls.daemon.send(Original(number).octets)
        cls.census = Census(cls.daemon.process.pid)
        cls.at_rest_kib = cls.census.memory_kib()

    def send(self, name, octets):
        """Delivers one; (seconds, whether its text was seen)."""
        fields, body = milter_client.split_message(octets)
        fields = [(field, value[:FIELD_OCTETS]) for field, value in fields]
        begun = time.monotonic()
        with self.daemon.connect() as connection:
            connection.envelope("sender@example.org", ["to@example.jp"], "4HOSTILE")
            connection.content(fields, body)
            answer = connection.answer()
        delivered = milter_client.apply_answer(fields, body, answer)
        seconds = time.monotonic() - begun
        self.assertTrue(answer.accepted, f"{name}: {answer}\n{self.daemon.read_log()[-2000:]}")
        self.assertIsNone(profile_reader.check(delivered, True), name)
        self.assertLess(seconds, WORKER_SECONDS + GRACE_SECONDS, name)
        text = test_milter.text_of(delivered)
        return seconds, "unreadable=1;" not in test_milter.field(delivered, b"Mugai-Result") or SEEN.decode() in text

    def deliver_all(self, cases):
        neighbour, watch = Neighbour(self.daemon), Watch(self.census)
        neighbour.start()
        watch.start()
        whole, slowest = 0, (0, "")
        for name, octets in cases.items():
            seconds, seen = self.send(name, octets)
            whole += seen
            slowest = max(slowest, (seconds, name))
            if FULL or not seen:
                say(f"    {name}: {len(octets):,} octets, {seconds:.2f} s" + ("" if seen else ", notice-only"))
        watch.end()
        neighbour.end()
        growth = (max(self.census.of(pid, "Rss") for pid in self.census.members("mugaid")) - self.at_rest_kib) // 1024
        say(f"  {len(cases)} messages, {whole} of them read, the others as notice-only; slowest: {slowest[1]}, "
            f"{slowest[0]:.1f} s\n  a child's memory: {watch.peak_kib // 1024} MiB at most, its address space "
            f"{watch.space_kib // 1024} of {WORKER_MEMORY_MIB} MiB; mugaid grew by {growth} MiB\n"
            f"  {len(neighbour.seconds)} messages of the neighbour: "
            f"{sum(neighbour.seconds) / len(neighbour.seconds):.3f} s each, {max(neighbour.seconds):.1f} s at most")
        self.assertLessEqual(watch.space_kib, WORKER_MEMORY_MIB * 1024)
        self.assertLess(growth, SERVICE_GROWTH_MIB)
        self.assertLess(max(neighbour.seconds), WORKER_SECONDS)

    def test_I7_bombs_and_towers(self):
        self.deliver_all(bombs())

    def test_I7_what_once_took_quadratic_time(self):
        self.deliver_all(quadratic_cases())

    def test_I7_sizes_and_counts_beyond_every_limit(self):
        cases = {name: octets for name, (octets, _) in test_corpus.big_messages().items()}
        del cases["big-random-octets"]  # no MTA makes fields of it
        # In the short form only the corpus test's own run meets the others.
        self.deliver_all(cases if FULL else dict(list(cases.items())[::4]))


if __name__ == "__main__":
    unittest.main(verbosity=1)
