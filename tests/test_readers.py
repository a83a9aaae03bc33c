#!/usr/bin/python3
"""test_readers.py - several readers of mail that know nothing of each other find the same one text

    MUGAI=.../mugai MUGAI_WORKER=.../mugai-worker test_readers.py BUILD-DIRECTORY [NAME-PATTERN...]

Sanitizes the corpus and gives every output to Python's email, MIME-tools and Email::MIME (Perl), mailparser and
postal-mime (Node, installed from the lock file into BUILD-DIRECTORY), ripmime and munpack. Each must find one
text/plain part and nothing else, with the text that a plain base64 decoder finds. Ends with
"N passed, N failed, 0 skipped", N being messages.
"""

import base64
import email
import email.policy
import json
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True

import test_corpus

HERE = Path(__file__).resolve().parent / "readers"
READERS = ("email", "MIME-tools", "Email::MIME", "mailparser", "postal-mime", "ripmime", "munpack")
# ripmime takes a text in which "Subject:" begins a line for a bounce of qmail and cuts it in two: that is no MIME.
RIPMIME_GUESSES_OFF = ["--disable-qmail-bounce"]
# And a decoded text with a MIME field at the start of a line it reads as a message once more, which cannot be turned
# off: what it finds in such a text (a header section that lacked its end, shown as text) says nothing of the message.
RIPMIME_REREADS = re.compile(r"^Content-[A-Za-z-]+:", re.MULTILINE | re.IGNORECASE)
FILES_A_RUN = 100


def normal(text):
    """Line ends alike, and no difference in how many end the last line: readers differ in that by design."""
    return None if text is None else text.replace("\r\n", "\n").rstrip("\n")


def install(build):
    """The Node readers, exactly as the lock file says; returns their directory."""
    where = Path(build) / "readers"
    where.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, where / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=where, check=True, timeout=600)
    return where


def json_lines(command, files, cwd):
    done = subprocess.run([*command, *map(str, files)], cwd=cwd, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr[-500:]}")
    for line in done.stdout.splitlines():
        found = json.loads(line)
        yield found["reader"], Path(found["file"]).name, found["type"], found["text"]


def read_python(files):
    for path in files:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.SMTP)
        leaves = [part for part in message.walk() if not part.is_multipart()]
        yield "email", path.name, "+".join(part.get_content_type() for part in leaves), leaves[0].get_content()


def read_unpacked(reader, command, files, folder):
    """A program that writes the parts it finds as files into a directory of its own."""
    for path in files:
        into = folder / f"{reader}-{path.name}"
        into.mkdir()
        subprocess.run([part.format(into=into, path=path) for part in command], capture_output=True, timeout=60, cwd=into,
                       check=True)
        parts = [part for part in into.iterdir() if part.stat().st_size > 0 and not part.name.endswith(".desc")]
        text = parts[0].read_bytes().decode("utf-8", "replace") if parts else None
        yield reader, path.name, "+".join(["text/plain"] * len(parts)), text
        shutil.rmtree(into)


def read_all(files, modules, folder):
    """Everything that every reader finds: (reader, name, types, text)."""
    found = list(read_python(files))
    found += read_unpacked("ripmime", ["ripmime", "-i", "{path}", "-d", "{into}", *RIPMIME_GUESSES_OFF], files, folder)
    found += read_unpacked("munpack", ["munpack", "-q", "-t", "-f", "-C", "{into}", "{path}"], files, folder)
    found += json_lines(["perl", str(HERE / "read.pl")], files, None)
    found += json_lines(["node", str(HERE / "read.mjs")], files, modules)
    return found


def sanitized(folder, patterns):
    """name -> the text by a plain decoder; the messages are files of that name in folder/messages."""
    for language in ("ja", "en"):
        test_corpus.configuration(folder, language)
    outputs = test_corpus.collect(folder, test_corpus.load_cases(patterns or ["[!b]*", "b[!i]*"]))
    (folder / "messages").mkdir()
    texts = {}
    for name, output in outputs.items():
        if isinstance(output, str):
            texts[name] = None
            continue
        (folder / "messages" / name).write_bytes(output.octets)
        texts[name] = base64.b64decode(output.octets.partition(b"\r\n\r\n")[2]).decode()
    return texts


def disagreements(texts, found):
    """name -> what the readers found instead."""
    wrong = {name: ["not sanitized"] for name, text in texts.items() if text is None}
    seen = set()
    for reader, name, types, text in found:
        seen.add((reader, name))
        if reader == "ripmime" and texts[name] is not None and RIPMIME_REREADS.search(texts[name]):
            continue
        if types != "text/plain":
            wrong.setdefault(name, []).append(f"{reader} finds {types or 'nothing'}")
        elif normal(text) != normal(texts[name]):
            wrong.setdefault(name, []).append(f"{reader} finds another text: {(text or '')[:120]!r}")
    for name in texts:
        missing = [reader for reader in READERS if (reader, name) not in seen]
        if missing and name not in wrong:
            wrong[name] = [f"not read by {', '.join(missing)}"]
    return wrong


def main(build, patterns):
    modules = install(build)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = sanitized(folder, patterns)
        files = sorted((folder / "messages").iterdir())
        runs = [files[i:i + FILES_A_RUN] for i in range(0, len(files), FILES_A_RUN)]
        with ThreadPoolExecutor(2) as pool:
            found = [one for run in pool.map(lambda run: read_all(run, modules, folder), runs) for one in run]
    wrong = disagreements(texts, found)
    for name, reasons in sorted(wrong.items()):
        print(f"{name}: {'; '.join(reasons)}")
    print(f"{len(texts) - len(wrong)} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong or not texts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
