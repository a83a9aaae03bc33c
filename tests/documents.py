"""documents.py - the commands of the documents, in the order in which they stand, and how each is run

Documents are README.md, both editions of the handbook, and the manual pages. The rules, for all of them:

1. What is to be typed stands on a line of a ```console block (in a manual page: of an .EX block), behind "# " if root
   types it and behind "$ " if somebody else does. No other block has commands.
2. A command in a sentence is a span between backticks of at least two words, the first of which is a program; a name
   alone is no command. What the sentence leaves out, such as an id, is in COMPLETED.
3. tests/packages/documents runs every one of them as it stands, on machines that systemd has booted. What it cannot run,
   because it is a test or a build itself, is in OF_THE_SOURCE, with the reason; those programs are looked for.

Who writes down something else, such as a program that the machines do not have, is told so by test_documents.py.
"""

import pathlib
import re
import subprocess
import sys
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
HANDBOOK, HANDBOOK_JA = (ROOT / f"packaging/doc/handbook.{language}.md" for language in ("en", "ja"))
PAGES = sorted(ROOT.glob("packaging/man/*.[158]"))
PAGES_JA = sorted(ROOT.glob("packaging/man/ja/*.[158]"))
SETTINGS_PAGE = "mugai.conf.5"

# What the machines have.
PROGRAMS = {"apt-get", "curl", "getent", "groupadd", "install", "man", "mugai", "postconf", "postfix", "postqueue", "postsuper",
            "rsync", "sed", "shred", "systemctl", "usermod"}

# Of the source tree; a person is there to read what they say.
OF_THE_SOURCE = {
    "packaging/quickstart": "builds and sends mail by itself, on a bare Debian",
    "packaging/check": "runs every test",
    "packaging/build-deb": "makes the packages that are installed here",
    "tests/bench/run": "measures the machine that it runs on",
    "tests/packages/run": "is a test of the packages in a clean root",
    "tests/packages/boot": "is a test of the packages on such a machine",
    "tests/packages/documents": "is what runs all others",
}

# A command of a sentence that leaves out what it is about: what is typed behind it.
COMPLETED = {
    "mugai show": "$ID",
    "mugai keygen": "--output log",
    "mugai request": "--help",
    "mugai approve": "--help",
}

# What a sentence has for a thing that only the machine knows.
PLACES = ("NUMBER:HASH", "QUEUE-ID")

# Exit statuses of what is typed that are right and not 0, each with the reason.
STATUS = {
    "mugai replay --with-config mugai.conf --limit 100": (1, "the other configuration makes a difference, and the handbook says 1"),
    "mugai fsck --repair": (1, "the index is lost before it, and the handbook says 1"),
}


class Typed(typing.NamedTuple):
    """A line of a block."""
    who: str  # "#" or "$"
    command: str


class Paragraph(typing.NamedTuple):
    """A heading, a paragraph, an item of a list or a row of a table, in one line, and the spans that are in it."""
    text: str
    spans: list

    def commands(self):
        return [span for span in self.spans if is_command(span)]


def program_of(command):
    return command.removeprefix("sudo ").split()[0]


def is_known(program):
    return program in PROGRAMS or program in OF_THE_SOURCE


def is_command(span):
    return len(span.split()) > 1 and is_known(program_of(span))


def may_be_command(span, verbs):
    """Whether that looks like the command of a program that nobody has decided on. A verb of mugai with its options is none."""
    first, *more = span.removeprefix("sudo ").split()
    return bool(more) and re.fullmatch(r"[a-z][\w./-]*", first) is not None and more[0] != "=" and not is_known(first) \
        and not (first in verbs and more[0].startswith("--"))


def _paragraph(lines):
    text = " ".join(line.strip() for line in lines)
    return Paragraph(text, re.findall(r"`([^`]+)`", text))


def _blocks(text):
    """Of a document in Markdown: (kind, lines); kind is console, figure (any other block), or text."""
    lines, kind = [], None
    for line in text.splitlines():
        if line.startswith("```"):
            if kind not in ("console", "figure"):
                yield kind, lines
                lines, kind = [], "console" if line == "```console" else "figure"
            else:
                yield kind, lines
                lines, kind = [], None
            continue
        if kind not in ("console", "figure"):
            now = "indented" if line.startswith("    ") else "text"
            if not line or now != kind or line.startswith(("- ", "|", "#")):
                yield kind, lines
                lines = []
            kind = now
        lines += [line] if line else []
    yield kind, lines


def in_markdown(text):
    """Typed and Paragraph, in their order."""
    for kind, lines in _blocks(text):
        if kind == "console":
            yield from map(_typed, lines)
        elif kind in ("figure", "indented"):
            assert not any(is_known(program_of(line)) for line in lines if line.strip()), ("commands in no console block", lines)
        elif lines:
            yield _paragraph(lines)


def in_page(text):
    for block in re.findall(r"^\.EX\n(.*?)^\.EE", text, re.MULTILINE | re.DOTALL):
        yield from map(_typed, block.splitlines())


def _typed(line):
    assert line.startswith(("$ ", "# ")), f"neither for a user nor for root: {line}"
    return Typed(line[0], line[2:])


def steps(path):
    """What stands in a document. The page of settings in English is made of the configuration as shipped."""
    if path.suffix == ".md":
        return list(in_markdown(path.read_text()))
    if path.name == SETTINGS_PAGE and not path.exists():
        made = subprocess.run([sys.executable, path.parent / "conf_page.py", ROOT / "packaging/mugai.conf"],
                              capture_output=True, text=True, check=True)
        return list(in_page(made.stdout))
    return list(in_page(path.read_text()))


def english_pages():
    return [*PAGES, ROOT / "packaging/man" / SETTINGS_PAGE]


def typed(path):
    return [step for step in steps(path) if isinstance(step, Typed)]


def in_sentences(path):
    return [command for step in steps(path) if isinstance(step, Paragraph) for command in step.commands()]


def roles(path=HANDBOOK):
    """{span of a verb: the roles that may}, from the table of the handbook."""
    rows = [[cell.strip() for cell in step.text.strip("|").split("|")] for step in steps(path)
            if isinstance(step, Paragraph) and step.text.startswith("|")]
    (head,) = [row for row in rows if "viewer" in row]
    return {span: [role for role, cell in zip(head[1:], row[1:]) if cell]
            for row in rows[rows.index(head) + 1:] if len(row) == len(head) for span in re.findall(r"`([^`]+)`", row[0])}


def who_may(command, table):
    """The roles that may do it; none where it is nobody's in particular."""
    _, verb, *words = command.split()
    fitting = [span for span in table if span.split()[0] == verb and set(span.split()[1:]) <= set(words)]
    return table[max(fitting, key=len)] if fitting else []
