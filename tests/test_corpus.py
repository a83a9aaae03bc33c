#!/usr/bin/python3
"""test_corpus.py - what a clerk should read of each message of tests/corpus, and what must never get through

    MUGAI=.../mugai MUGAI_WORKER=.../mugai-worker test_corpus.py [NAME-PATTERN...]

Sanitizes every case with the real program, then looks at the output with means of its own: Python's reader of
mail, the second reader of the profile, `mugai verify`. tests/corpus/README.md says what expect.json means.
Messages too big for a folder are made here. One line per failing case, then "N passed, N failed, 0 skipped".
"""

import base64
import binascii
import email
import email.policy
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

import profile_reader

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
MUGAI = os.environ["MUGAI"]
ID = "20261120-458Y3-J572A"
RECEIVED = "2026-11-20T12:34:56+09:00"
DISPOSITIONS = ("kept", "converted", "removed", "unreadable")
FAILED = ("このメールの内容は表示できませんでした", "The content of this mail could not be shown")
SCREEN_COLUMNS = 80
# Every so many cases is sanitized once more by the single-message command, to the same octets.
AGAIN_EVERY = 8


class Output:
    """What came out for one case."""

    def __init__(self, octets, report):
        self.octets = octets
        self.report = report
        self.message = email.message_from_bytes(octets, policy=email.policy.default)
        head, _, body = octets.partition(b"\r\n\r\n")
        self.text = base64.b64decode(body).decode("utf-8").replace("\r\n", "\n")
        lines = self.text.split("\n")
        self.said = "\n".join(line[2:] for line in lines if line.startswith("■ "))
        first = next((i for i, line in enumerate(lines) if line.startswith("■ ")), len(lines))
        self.before = "\n".join(lines[:first]).rstrip("\n")
        frame = [i for i, line in enumerate(lines) if re.fullmatch("■ (―+|-+)", line)]
        self.notice = lines[frame[-1]:] if frame else []


# The payload, in every form that it could hide in -------------------------------------------------

def runs_of_base64(octets):
    """What is the same in the base64 of any text that holds octets, for each alignment."""
    for shift in range(3):
        raw = base64.b64encode(b"\0" * shift + octets)
        skip = (0, 2, 3)[shift]
        keep = len(raw) - (4 if (len(octets) + shift) % 3 else 0)
        yield raw[skip:keep]


def runs_of_uu(octets):
    for shift in range(3):
        piece = octets[(3 - shift) % 3:]
        piece = piece[:len(piece) - len(piece) % 3][:18]
        yield binascii.b2a_uu(piece).rstrip(b"\n")[1:]


def forms(payload):
    """(name of the form, octets) of everything the payload must not be found as."""
    octets = payload.encode()
    yield "plain", octets
    yield "backwards", octets[::-1]
    yield "hexadecimal", octets.hex().encode()
    for code in ("utf-16-le", "utf-16-be"):
        for run in runs_of_base64(payload.encode(code)):
            yield "base64 of UTF-16", run
    for run in runs_of_base64(octets):
        yield "base64", run
        yield "base64 for URLs", run.translate(bytes.maketrans(b"+/", b"-_"))
    for run in runs_of_uu(octets):
        yield "uuencode", run
    yield "quoted-printable", b"".join(b"=%02X" % o for o in octets)
    yield "percent", b"".join(b"%%%02X" % o for o in octets)
    yield "entities", "".join(f"&#{o};" for o in octets).encode()
    yield "tag characters", "".join(chr(0xE0000 + o) for o in octets).encode()
    yield "variation selectors", "".join(chr(0xE0100 + o - 16) for o in octets).encode()


def haystacks(output):
    """The whole output, as it is and decoded in every way a reader or an attacker could."""
    squeezed = re.sub(rb"[\r\n]+[ >|]*", b"", output.text.encode())
    heads = "\n".join(f"{name}: {value}" for name, value in output.message.items())
    yield "the text", output.text.encode()
    yield "the message", output.octets
    yield "the text without line ends", squeezed.replace(b"=", b"") + b"\n" + squeezed
    yield "the text without blanks", re.sub(rb"\s", b"", output.text.encode())
    yield "the header", heads.encode("utf-8", "surrogateescape")
    yield "the text, visible", "".join(c for c in output.text if unicodedata.category(c) not in ("Cf", "Mn")).encode()


def payload_found(payload, output):
    for place, octets in haystacks(output):
        lower = octets.lower()
        for name, form in forms(payload):
            if form in octets or (name in ("plain", "backwards", "quoted-printable", "percent", "hexadecimal")
                                  and form.lower() in lower):
                return f"payload as {name} in {place}"
    return None


# Expectations: each check yields what differs -----------------------------------------------------

def without_blanks_at_ends(text):
    """Blanks at the end of a line are seen by nobody."""
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).rstrip("\n")


def check_text(expect, output, expected_text):
    if expected_text is not None and without_blanks_at_ends(output.before) != without_blanks_at_ends(expected_text):
        yield f"text is {output.before[:200]!r}, not {expected_text[:200]!r}"
    place = 0
    for sentence in expect.get("contains", []):
        found = output.text.find(sentence, place)
        if found < 0:
            where = "not in this order" if sentence in output.text else "missing"
            yield f"{sentence[:60]!r} {where} in {output.text[:200]!r}"
            break
        place = found + len(sentence)
    unmarked = [line for line in output.text.split("\n") if line.strip() and not line.startswith("■ ")]
    if "lines" in expect and unmarked != expect["lines"]:
        yield f"lines without the mark are {unmarked}, not {expect['lines']}"
    for sentence in expect.get("anywhere", []):
        if sentence not in output.text:
            yield f"{sentence[:60]!r} is missing in {output.text[:200]!r}"
    for pattern in expect.get("matches", []):
        if not re.search(pattern, output.text):
            yield f"/{pattern}/ matches nothing in {output.text[:200]!r}"
    for sentence in expect.get("once", []):
        if output.text.count(sentence) != 1:
            yield f"{sentence!r} is there {output.text.count(sentence)} times"
    heads = "\n".join(f"{name}: {value}" for name, value in output.message.items())
    for sentence in expect.get("absent", []):
        if sentence in output.text or (sentence != "\n" and sentence in heads):
            yield f"{sentence[:60]!r} must not be there"


def shown_sizes(size):
    """How a size may be written for a reader."""
    for unit, names in ((1, ("B", "バイト")), (1000, ("KB", "kB")), (1024, ("KB", "kB", "KiB")),
                        (10 ** 6, ("MB",)), (1 << 20, ("MB", "MiB"))):
        for name in names:
            for shown in (f"{size // unit}", f"{round(size / unit)}", f"{-(-size // unit)}", f"{size / unit:.1f}"):
                yield f"{shown} {name}"


def check_notice(expect, output):
    for sentence in expect.get("notice", []):
        if sentence not in output.said:
            yield f"notice does not say {sentence[:60]!r}: {output.said[:300]!r}"
    for sentence in expect.get("no_notice", []):
        if sentence in output.said:
            yield f"notice says {sentence!r}"
    for name, size in expect.get("sizes", {}).items():
        lines = [line for line in output.notice if name in line]
        if not any(shown in line for line in lines for shown in shown_sizes(size)):
            yield f"notice does not say that {name} has {size} octets: {lines}"
    if not output.notice:
        yield "there is no notice"
    names = [part["name"] for part in output.report["parts"] if part["name"]]
    for line in output.notice:
        named = re.match(r"■ (\d+\. |.*「)", line) or any(name[:10] in line for name in names)
        if sum(2 if unicodedata.east_asian_width(c) in "FWA" else 1 for c in line) > SCREEN_COLUMNS and not named:
            yield f"notice line wider than a screen: {line!r}"


def addr_spec(address):
    """addr_spec of a header object, a local part that is no dot-atom in quotes: some versions of Python drop them."""
    local = address.username
    if not re.fullmatch(r"[^\s.@\"]+(\.[^\s.@\"]+)*", local) and not local.startswith('"'):
        local = f'"{local}"'
    return f"{local}@{address.domain}"


def shown_header(message, name):
    value = message[name]
    if value is None:
        return None
    if hasattr(value, "addresses") and value.addresses and not value.defects:
        return ", ".join(f"{a.display_name} <{addr_spec(a)}>" if a.display_name else addr_spec(a) for a in value.addresses)
    return str(value)


def check_headers(expect, output):
    for name, wanted in expect.get("headers", {}).items():
        value = shown_header(output.message, name)
        if wanted is None or isinstance(wanted, str):
            if value != wanted:
                yield f"{name} is {value!r}, not {wanted!r}"
            continue
        for piece in wanted.get("contains", []):
            if piece not in (value or ""):
                yield f"{name} is {value!r}, without {piece[:60]!r}"
        for piece in wanted.get("absent", []):
            if piece in (value or ""):
                yield f"{name} is {value!r}, with {piece!r}"
        if "matches" in wanted and not re.search(wanted["matches"], value or ""):
            yield f"{name} is {value!r}, not /{wanted['matches']}/"


def same_part(wanted, part):
    return all(part[key] in value if isinstance(value, list) else part[key] == value for key, value in wanted.items())


def check_report(expect, output):
    parts = output.report["parts"]
    counts = {d: sum(part["disposition"] == d for part in parts) for d in DISPOSITIONS}
    counts["ambiguous"] = len(output.report["ambiguities"])
    said = dict(re.findall(r"(\w+)=(\d+)", output.message["Mugai-Result"]))
    for name, count in counts.items():
        if int(said[name]) != count:
            yield f"Mugai-Result says {name}={said[name]}, the report {count}"
    for name, wanted in expect.get("report", {}).items():
        if name == "parts":
            for one in wanted:
                if not any(same_part(one, part) for part in parts):
                    yield f"report has no part {one}: {[{k: part[k] for k in one} for part in parts]}"
        elif name.endswith("_min"):
            if counts[name[:-4]] < wanted:
                yield f"{counts[name[:-4]]} {name[:-4]}, expected {wanted} or more"
        elif counts[name] != wanted:
            why = output.report["ambiguities"] if name == "ambiguous" else [
                (part["path"], part["type"], part["disposition"], part["reason"]) for part in parts]
            yield f"{counts[name]} {name}, expected {wanted}: {why}"
    for part in parts:
        if not re.fullmatch("[0-9a-f]{64}", part["sha256"]) or part["disposition"] not in DISPOSITIONS:
            yield f"part {part['path']} has a bad digest or disposition"
    warnings = output.report["warnings"]
    if len(warnings) < expect.get("warnings", 0):
        yield f"warnings {warnings}, expected {expect['warnings']} or more"
    if len(warnings) > expect.get("warnings_max", len(warnings)):
        yield f"warnings {warnings}, expected none"


def check_reader(output):
    """Python's own reader of mail finds the same text that a plain base64 decoder finds."""
    message = output.message
    if message.is_multipart() or message.get_content_type() != "text/plain" or message.defects:
        yield "Python's reader does not find one text/plain part without defects"
    elif message.get_content().replace("\r\n", "\n") != output.text:
        yield "Python's reader finds another text"


def differences(expect, output, expected_text):
    reason = profile_reader.check(output.octets, True)
    if reason is not None:
        yield f"profile: {reason}"
        return
    for sentence in FAILED:
        if sentence in output.said:
            yield "the worker gave up: notice only"
            return
    for check in (check_notice, check_headers, check_report):
        yield from check(expect, output)
    yield from check_text(expect, output, expected_text)
    yield from check_reader(output)
    for payload in expect.get("payload", []):
        found = payload_found(payload, output)
        if found:
            yield found


# Messages too big for a folder ----------------------------------------------------------------------

HEAD = (b"From: a@example.com\r\nTo: b@example.jp\r\nSubject: big\r\nDate: Fri, 20 Nov 2026 10:00:00 +0900\r\n"
        b"Message-ID: <big@example.com>\r\nMIME-Version: 1.0\r\n")
TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
HTML = TEXT.replace(b"plain", b"html")
MIXED = b"Content-Type: multipart/mixed; boundary=bb\r\n\r\n"
SEEN = "見える文です。".encode()


def tower(depth, kind=b"mixed"):
    out = b""
    for i in range(depth):
        out += b"Content-Type: multipart/%s; boundary=t%dt\r\n\r\n--t%dt\r\n" % (kind, i, i)
    return out + TEXT + SEEN + b"\r\n"


def big_messages():
    """name -> (octets, expectations): sizes and counts beyond every limit, with words that must still be there."""
    seen = {"contains": ["見える文です。"]}
    first = MIXED + b"--bb\r\n" + TEXT + SEEN + b"\r\n"
    word = b"=?UTF-8?B?5Lu25ZCN?= "
    return {
        "big-text-of-3-mib": (HEAD + TEXT + (SEEN + b"\r\n") * 130000, {**seen, "notice": ["省きました"]}),
        "big-line-of-5-mb": (HEAD + TEXT + SEEN + b"x" * 5000000, {**seen, "notice": ["省きました"]}),
        "big-attachment-of-20-mb": (HEAD + first + b"--bb\r\nContent-Type: application/zip; name=a.zip\r\n"
                                    b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"UEsDBA" + b"A" * 70 + b"\r\n") * 256000
                                    + b"--bb--\r\n", {**seen, "notice": ["a.zip", "MB"], "report": {"kept": 1}}),
        "big-60000-parts": (HEAD + first + b"--bb\r\n\r\nx\r\n" * 60000 + b"--bb--\r\n", {**seen, "notice": ["多すぎる"]}),
        "big-nesting-of-10000": (HEAD + MIXED + b"--bb\r\n" + TEXT + SEEN + b"\r\n--bb\r\n" + tower(10000), seen),
        "big-nested-messages-2000": (HEAD + MIXED + b"--bb\r\n" + TEXT + SEEN + b"\r\n--bb\r\n"
                                     + b"Content-Type: message/rfc822\r\n\r\n" * 2000 + TEXT + b"deep\r\n", seen),
        "big-40000-header-fields": (HEAD + b"X-A: b\r\n" * 40000 + TEXT + SEEN, seen),
        "big-50000-folds": (HEAD + b"X-A: b\r\n" + b" c\r\n" * 50000 + TEXT + SEEN, seen),
        "big-30000-addresses": (HEAD.replace(b"b@example.jp", b"x@example.jp, " * 30000 + b"b@example.jp") + TEXT + SEEN, seen),
        "big-99999-comments": (HEAD.replace(b"a@example.com", b"(" * 99999 + b"a@example.com") + TEXT + SEEN, seen),
        "big-99999-colons": (HEAD.replace(b"a@example.com", b":" * 99999) + TEXT + SEEN, seen),
        "big-20000-encoded-words": (HEAD.replace(b"big\r\n", word * 20000 + b"\r\n") + TEXT + SEEN, seen),
        "big-20000-parameters": (HEAD + b"Content-Type: text/plain; charset=utf-8" + b"; a*0*=b" * 20000 + b"\r\n\r\n" + SEEN, seen),
        "big-30000-begin-lines": (HEAD + TEXT + SEEN + b"\r\n" + b"begin 644 a.exe\r\n" * 30000, seen),
        "big-flowed-2-mb": (HEAD + TEXT.replace(b"utf-8", b"utf-8; format=flowed") + SEEN + b"\r\n" + b"word \r\n" * 300000, seen),
        "big-html-of-20-mb": (HEAD + HTML + b"<p>" + SEEN + b"</p>" + b"<p>word</p>" * 1800000, {**seen, "notice": ["省きました"]}),
        "big-html-million-unclosed": (HEAD + HTML + SEEN + b"<b>" * 1000000 + b"end of it", {"contains": ["見える文です。", "end of it"]}),
        "big-html-tables-1000-deep": (HEAD + HTML + b"<table><tr><td>" * 1000 + SEEN + b"</table>" * 1000, seen),
        "big-html-60000-attributes": (HEAD + HTML + b"<p" + b"".join(b" a%d=b" % i for i in range(60000)) + b">" + SEEN, seen),
        "big-html-million-entities": (HEAD + HTML + SEEN + b"&amp;" * 1000000, {"contains": ["見える文です。&&&&"]}),
        "big-html-comment-never-closed": (HEAD + HTML + b"<p>" + SEEN + b"</p><!--" + b"x" * 5000000, seen),
        "big-html-million-less-than": (HEAD + HTML + SEEN + b"<" * 1000000, seen),
        "big-html-style-rules": (HEAD + HTML + b"<style>" + b".a .b>i{color:red}" * 50000 + b"</style>" + b"<i class='a b'>x</i>" * 5000
                                 + SEEN, seen),
        "big-base64-million-junk": (HEAD + first + b"--bb\r\nContent-Type: application/x-a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                                    + b"!=" * 1000000 + b"\r\n--bb--\r\n", seen),
        "big-boundary-prefixes": (HEAD + first + b"--b\r\n" * 500000 + b"--bb--\r\n", seen),
        "big-combining-flood": (HEAD + TEXT + SEEN + "\u0301".encode() * 500000, seen),
        "big-jis-escapes": (HEAD + TEXT.replace(b"utf-8", b"iso-2022-jp") + b"\x1b$B\x1b(B" * 300000 + b"after\r\n", {"contains": ["after"]}),
        "big-gzip-bomb-attached": (HEAD + first + b"--bb\r\nContent-Type: application/gzip; name=bomb.gz\r\nContent-Transfer-Encoding: base64"
                                   b"\r\n\r\n" + base64.encodebytes(__import__("gzip").compress(bytes(50000000))) + b"--bb--\r\n",
                                   {**seen, "anywhere": ["bomb.gz"]}),
        "big-random-octets": (bytes((i * 7919 + (i >> 3) * 104729) & 255 for i in range(300000)), {}),
    }


# Running ----------------------------------------------------------------------------------------------

def configuration(folder, language):
    path = folder / f"{language}.conf"
    # What a message takes is not the question here, and checked builds on busy machines are slow.
    path.write_text(f"[sanitize]\nlanguage = {language}\n[worker]\nseconds = 300\n")
    return path


def sanitize_batch(folder, language, number, names, inputs):
    """Sanitizes many by one command; returns its complaint or None."""
    work = folder / f"{language}{number}"
    (work / "in").mkdir(parents=True)
    for name in names:
        (work / "in" / f"{name}.eml").write_bytes(inputs[name])
    done = subprocess.run([MUGAI, "sanitize", "--config", folder / f"{language}.conf", "--received", RECEIVED,
                           "--output", work / "out", "--report", work / "report", work / "in"],
                          capture_output=True, timeout=3000)
    return None if done.returncode == 0 else f"exit {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}"


def sanitize_one(folder, language, octets, name, number=ID):
    """Sanitizes one by the single-message command; returns (exit code, output, report)."""
    report = folder / f"{name}.one.json"
    done = subprocess.run([MUGAI, "sanitize", "--config", folder / f"{language}.conf", "--id", number, "--received", RECEIVED,
                           "--report", report], input=octets, capture_output=True, timeout=300)
    return done.returncode, done.stdout, json.loads(report.read_text()) if report.exists() else None


def load_cases(patterns):
    """name -> (octets, expect, text or None)."""
    cases = {}
    for folder in sorted(CORPUS.iterdir()):
        if (folder / "expect.json").exists():
            text = folder / "expected.txt"
            cases[folder.name] = ((folder / "input.eml").read_bytes(), json.loads((folder / "expect.json").read_text()),
                                  text.read_bytes().decode() if text.exists() else None)
    chosen = {n: c for n, c in cases.items() if not patterns or any(fnmatch.fnmatch(n, p) for p in patterns)}
    if not patterns or any(p.startswith("big") for p in patterns):
        for name, (octets, expect) in big_messages().items():
            if not patterns or any(fnmatch.fnmatch(name, p) for p in patterns):
                chosen[name] = (octets, expect, None)
    return chosen


def batches(cases):
    """(language, number, names): two for each language; a message that begins like an mbox goes alone."""
    for language in ("ja", "en"):
        names = [n for n, (octets, expect, _) in cases.items()
                 if expect.get("language", "ja") == language and not octets.startswith(b"From ")]
        for number in range(2):
            if names[number::2]:
                yield language, number, names[number::2]


def collect(folder, cases):
    """Sanitizes everything, two at a time; returns name -> Output or a complaint."""
    inputs = {name: octets for name, (octets, _, _) in cases.items()}
    outputs = {}
    with ThreadPoolExecutor(2) as pool:
        jobs = list(batches(cases))
        complaints = [c for c in pool.map(lambda job: sanitize_batch(folder, *job, inputs), jobs) if c]
        for language, number, names in jobs:
            for name in names:
                outputs[name] = read_output(folder / f"{language}{number}", name, complaints)
        alone = {n: sanitize_one(folder, cases[n][1].get("language", "ja"), inputs[n], n) for n in cases if n not in outputs}
    for name, (code, octets, report) in alone.items():
        outputs[name] = Output(octets, report) if code == 0 else f"exit {code}"
    return outputs


def read_output(work, name, complaints):
    """A conforming report and message of one case, or what is wrong with them."""
    try:
        octets = (work / "out" / f"{name}.eml").read_bytes()
        return Output(octets, json.loads((work / "report" / f"{name}.eml.json").read_text()))
    except (OSError, ValueError, UnicodeDecodeError, binascii.Error) as error:
        return f"no readable output: {error} {complaints}"


def refused_by_verify(folder, outputs):
    """name -> what `mugai verify --inert-links` says against it."""
    good = folder / "verify"
    good.mkdir()
    for name, output in outputs.items():
        if isinstance(output, Output):
            (good / name).write_bytes(output.octets)
    done = subprocess.run([MUGAI, "verify", "--inert-links", *sorted(good.iterdir())], capture_output=True, text=True)
    refused = {}
    for line in done.stdout.splitlines() + done.stderr.splitlines():
        name = Path(line.split(":")[0]).name
        refused[name] = f"verify: {line}"
    if done.returncode not in (0, 1) or (done.returncode == 1) != bool(refused):
        refused["verify"] = f"verify: exit {done.returncode}"
    return refused


def differs_the_second_time(folder, cases, outputs):
    """Every so many cases again, alone and under the id of the first time: the octets must be the same (I5)."""
    differing = {}
    for name in sorted(n for n in cases if isinstance(outputs[n], Output))[::AGAIN_EVERY]:
        language, octets = cases[name][1].get("language", "ja"), cases[name][0]
        code, again, _ = sanitize_one(folder, language, octets, name, outputs[name].report["id"])
        if code != 0 or again != outputs[name].octets:
            differing[name] = f"I5: sanitized once more it differs (exit {code})"
    return differing


def main(patterns):
    cases = load_cases(patterns)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for language in ("ja", "en"):
            configuration(folder, language)
        outputs = collect(folder, cases)
        refused = refused_by_verify(folder, outputs)
        again = differs_the_second_time(folder, cases, outputs)
        for name, (_, expect, text) in cases.items():
            output = outputs[name]
            wrong = [output] if isinstance(output, str) else list(differences(expect, output, text))
            wrong += [said[name] for said in (refused, again) if name in said]
            if wrong:
                failed += 1
                print(f"{name}: {'; '.join(wrong)}")
        if "verify" in refused:
            failed += 1
            print(refused["verify"])
    print(f"{len(cases) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
