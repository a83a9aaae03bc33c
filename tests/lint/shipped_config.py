#!/usr/bin/python3
"""shipped_config.py - packaging/mugai.conf names every key that mugai reads, each with a sentence before it

    shipped_config.py SOURCE_ROOT
"""

import pathlib
import re
import sys


def keys_read(source):
    """(group, key) of the table in config.c."""
    table = (source / "src/common/config.c").read_text()
    return set(re.findall(r'^    \{"(\w+)", "(\w+)", TYPE_', table, re.MULTILINE))


def keys_shipped(lines):
    """(group, key) -> whether a comment stands before it; a key without a default is itself a comment, and so
    is the example of a policy."""
    found, group, explained = {}, None, False
    for line in lines:
        if match := re.match(r"#?\[(\w+)[^\]]*\]$", line):
            group = match[1]
        elif match := re.match(r"#?(\w+) =", line):
            found[group, match[1]] = explained
        explained = line.startswith("# ")
    return found


def main(source):
    source = pathlib.Path(source)
    shipped = keys_shipped((source / "packaging/mugai.conf").read_text().splitlines())
    read = keys_read(source)
    problems = [f"mugai.conf lacks [{group}] {key}" for group, key in sorted(read - set(shipped))]
    problems += [f"mugai.conf has [{group}] {key}, which mugai does not read"
                 for group, key in sorted(set(shipped) - read)]
    problems += [f"[{group}] {key} has no sentence before it" for (group, key), explained in shipped.items()
                 if not explained]
    problems += ["config.c has no table of keys that this test understands"] * (not read)
    print("\n".join(problems) or f"{len(read)} keys, all shipped and explained")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
