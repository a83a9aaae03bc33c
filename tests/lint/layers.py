#!/usr/bin/python3
"""layers.py - every library is used by one folder only, and dependencies point one way

    layers.py SOURCE_ROOT BUILD_ROOT

Read four times, for a rule that is only written down gets broken: what the sources include, which symbols the objects
lack, what the link lines name, which shared libraries the programs need.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys

# library -> (how its headers begin, its shared object, the folders that may use it)
LIBRARIES = {
    "libmilter": (("libmilter/",), "libmilter.so", ("src/milter", "src/gate")),
    "GMime": (("gmime/",), "libgmime-3.0.so", ("src/worker",)),
    "libxml2": (("libxml/",), "libxml2.so", ("filters",)),
    "SQLite": (("sqlite3",), "libsqlite3.so", ("src/store",)),
    "json-glib": (("json-glib/",), "libjson-glib-1.0.so", ("src/common",)),
    "libarchive": (("archive.h", "archive_entry.h"), "libarchive.so", ("src/archive",)),
    "libcurl": (("curl/",), "libcurl.so", ("src/release",)),
    "libidn2": (("idn2.h",), "libidn2.so", ("filters",)),
    "libmagic": (("magic.h",), "libmagic.so", ("src/worker",)),
    "libseccomp": (("seccomp.h",), "libseccomp.so", ("src/common",)),
    "nettle": (("nettle/",), "libnettle.so", ("src/common",)),
    "libsodium": (("sodium.h", "sodium/"), "libsodium.so", ("src/seal", "src/gate")),
    "zlib": (("zlib.h", "zconf.h"), "libz.so", ("src/store", "src/worker")),
}

# program -> the libraries of the table that it may be linked with
PROGRAMS = {
    "mugaid": ("src/milter/mugaid", {"libseccomp", "libmilter", "SQLite", "json-glib", "libsodium", "nettle",
                                       "zlib"}),
    "mugai": ("src/cli/mugai", {"SQLite", "json-glib", "libarchive", "libcurl", "libsodium", "nettle", "zlib"}),
    "mugai-stored": ("src/stored/mugai-stored", {"SQLite", "json-glib", "libcurl", "libsodium", "nettle", "zlib"}),
    "mugai-gate": ("src/gate/mugai-gate", {"libmilter", "libsodium"}),
    "mugai-worker": ("src/worker/mugai-worker", {"GMime", "libxml2", "libidn2", "libmagic", "libseccomp",
                                               "nettle", "zlib"}),
}

COMMON = {"digest", "error", "fd", "i18n", "limits", "profile", "log", "media", "passed", "config", "policy", "wire", "sandbox", "text", "time", "id", "record",
          "report", "sanitize"}
# folder -> the contracts of include/mugai that it may know; the layers of the design from the bottom up
CONTRACTS = {
    "src/guard": {"guard", "profile", "limits"},
    "src/gate": {"guard", "profile"},
    "src/common": COMMON | {"address"},
    "src/compose": COMMON | {"compose"},
    "filters": COMMON | {"filter", "charset"},
    "src/worker": COMMON | {"compose", "filter", "charset"},
    "src/store": COMMON | {"audit", "pending", "released", "retention", "seal", "store", "vault"},
    "src/archive": COMMON | {"archive"},
    "src/release": COMMON | {"address", "release"},
    "src/daily": COMMON | {"address", "audit", "compose", "daily", "guard", "release", "seal", "store", "vault"},
    "src/seal": COMMON | {"seal", "vault"},
    "src/approve": COMMON | {"compose", "guard", "approve", "seal"},
    "src/catalog": COMMON | {"approve", "catalog", "fsck", "retention", "store"},
    "src/desk": COMMON | {"approve", "audit", "catalog", "desk", "fsck", "pending", "release", "released",
                           "retention", "store"},
    "src/probe": COMMON | {"probe"},
    "src/milter": COMMON | {"approve", "audit", "catalog", "probe", "store", "vault"},
    "src/stored": COMMON | {"desk"},
    "src/cli": COMMON | {"approve", "archive", "daily", "desk", "fsck", "guard", "pending", "probe", "release", "retention", "seal",
                          "store", "vault"},
}

# What the guard may leave for others to define: the four functions that a freestanding compiler may call, their
# fortified forms, and the compiler's own.
GUARD_MAY_LACK = {"memcpy", "memmove", "memset", "memcmp", "__memcpy_chk", "__memmove_chk", "__memset_chk",
                  "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
GATE_MAY_NEED = ("libmilter.so", "libsodium.so", "libc.so", "libpthread.so", "ld-linux")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def folder_of(path):
    """The folder of the design that a path relative to the root lies in."""
    return next((folder for folder in CONTRACTS if str(path).startswith(folder + "/")), None)


def exported(shared_object):
    """Symbols that a shared library gives."""
    path = output("gcc", "-print-file-name=" + shared_object).strip()
    lines = output("nm", "-D", "--defined-only", path).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if line}


def undefined(path):
    """Symbols that an object or an archive lacks, all in all."""
    defined, lacking = set(), set()
    for line in output("nm", str(path)).splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in "Uwv":
            lacking.add(words[1])
        elif len(words) == 3:
            defined.add(words[2])
    return lacking - defined


def check_includes(source):
    """Third-party headers and contracts, as the sources name them."""
    paths = [path for folder in (*CONTRACTS, "include") for path in sorted((source / folder).rglob("*.[ch]"))]
    for path in paths:
        relative = path.relative_to(source)
        folder = folder_of(relative)
        for sign, header in re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', path.read_text(), re.MULTILINE):
            yield from check_include(relative, folder, sign, header)


def check_include(relative, folder, sign, header):
    for library, (prefixes, _, allowed) in LIBRARIES.items():
        if header.startswith(prefixes) and folder not in allowed:
            yield f"{relative}: includes {header}; {library} belongs to {', '.join(allowed)}"
    if folder is None:
        return
    contract = re.fullmatch(r"mugai/(\w+)\.h", header)
    if contract and contract[1] not in CONTRACTS[folder]:
        yield f"{relative}: includes {header}, which its layer may not know"
    if sign == '"' and "/" in header:
        yield f"{relative}: includes \"{header}\" from another folder"


def check_objects(build):
    """Symbols of libraries that objects lack."""
    exports = {library: exported(entry[1]) for library, entry in LIBRARIES.items()}
    seen = 0
    for entry in json.loads((build / "compile_commands.json").read_text()):
        relative = pathlib.Path(entry["output"])
        folder = folder_of(relative)
        if folder is None:
            continue
        seen += 1
        lacking = undefined(build / relative)
        for library, symbols in exports.items():
            used = sorted(lacking & symbols)
            if used and folder not in LIBRARIES[library][2]:
                yield f"{relative}: uses {', '.join(used[:3])} of {library}"
    if seen == 0:
        yield "no object was looked at: is this the build directory?"


def link_lines(build):
    """target -> the words of its link line in build.ninja."""
    found, target = {}, None
    for line in (build / "build.ninja").read_text().splitlines():
        if match := re.match(r"build (\S+): c_LINKER", line):
            target = match[1]
        elif target and line.startswith(" LINK_ARGS = "):
            found[target] = shlex.split(line.partition("=")[2])
            target = None
    return found


def check_programs(build):
    """Link lines, and what the finished programs say they need."""
    lines = link_lines(build)
    for program, (path, allowed) in PROGRAMS.items():
        needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", str(build / path)))
        named = [pathlib.Path(word).name for word in lines[path]]
        for library, (_, shared_object, _) in LIBRARIES.items():
            short = "-l" + shared_object[3:-3]
            if library in allowed:
                continue
            if any(name.startswith(shared_object) for name in needed):
                yield f"{program}: needs {library}"
            if any(name.startswith(shared_object) or name == short for name in named):
                yield f"{program}: its link line names {library}"


def check_gate(build):
    """The gate shares nothing with the boundary host but the guard: no GLib, no library beside these."""
    path = str(build / PROGRAMS["mugai-gate"][0])
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", path))
    yield from (f"mugai-gate: needs {name}" for name in needed if not name.startswith(GATE_MAY_NEED))
    archives = {pathlib.Path(word).name for word in shlex.split(gate_link_words(build)) if word.endswith(".a")}
    yield from (f"mugai-gate: is linked with {name}" for name in sorted(archives - {"libgate.a", "libguard.a"}))


def gate_link_words(build):
    """The objects and archives that the gate is made of."""
    pattern = rf"build {PROGRAMS['mugai-gate'][0]}: c_LINKER (.*)"
    return re.search(pattern, (build / "build.ninja").read_text())[1].replace("|", " ")


def check_guard(build):
    """The guard stands on nothing."""
    lacking = undefined(build / "src/guard/libguard.a") - GUARD_MAY_LACK
    if lacking:
        yield f"libguard.a: lacks {', '.join(sorted(lacking))}"


def main(source, build):
    source, build = pathlib.Path(source), pathlib.Path(build)
    problems = [*check_includes(source), *check_objects(build), *check_programs(build), *check_guard(build),
                *check_gate(build)]
    print("\n".join(problems) or "every library in its folder, every folder in its layer")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
