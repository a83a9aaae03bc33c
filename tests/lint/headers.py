#!/usr/bin/python3
"""headers.py - every contract in include/mugai compiles alone, with gcc and with clang, without a warning

    headers.py SOURCE_ROOT
"""

import pathlib
import subprocess
import sys

WARNINGS = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wstrict-prototypes", "-Wundef"]


def complaint(compiler, include, header, flags):
    """What the compiler says about a file that includes nothing but the header, twice."""
    program = f"#include <mugai/{header.name}>\n#include <mugai/{header.name}>\nextern int mugai_nothing;\n"
    done = subprocess.run([compiler, "-x", "c", "-fsyntax-only", *WARNINGS, f"-I{include}", *flags, "-"],
                          input=program, capture_output=True, text=True)
    return f"{compiler}: {header.name}:\n{done.stderr}" if done.returncode else None


def main(source):
    include = pathlib.Path(source) / "include"
    headers = sorted((include / "mugai").glob("*.h"))
    flags = subprocess.run(["pkg-config", "--cflags", "gio-2.0"], check=True, capture_output=True,
                           text=True).stdout.split()
    problems = [said for compiler in ("gcc", "clang") for header in headers
                if (said := complaint(compiler, include, header, flags))]
    problems += ["no header was found"] * (not headers)
    print("\n".join(problems) or f"{len(headers)} headers compile alone")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
