#!/usr/bin/python3
"""hardening.py - the built programs have the protections that meson.build asks for

    hardening.py BUILD_ROOT

PIE, full RELRO, no executable stack, stack protector, FORTIFY: read from the programs themselves; zeroed automatics
leave no trace there and are read from the compiler's command lines. Programs that only run while building, *_make, are
left out.
"""

import json
import pathlib
import re
import subprocess
import sys

PROGRAMS = ("src/milter/mugaid", "src/cli/mugai", "src/worker/mugai-worker", "src/gate/mugai-gate",
            "src/stored/mugai-stored")
FLAGS = ("-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=2", "-ftrivial-auto-var-init=zero",
         "-fPIE")


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, str(path)], check=True, capture_output=True, text=True).stdout


def check_program(build, program):
    path = build / program
    header, segments = readelf("-h", path), readelf("-l", path)
    dynamic, symbols = readelf("-d", path), readelf("--dyn-syms", path)
    stack = re.search(r"GNU_STACK .*0x[0-9a-f]+ ([R ][W ][E ]) +0x", segments)
    promises = {
        "is position independent": re.search(r"Type:\s+DYN", header) and "INTERP" in segments,
        "has RELRO": "GNU_RELRO" in segments,
        "binds everything at start": "BIND_NOW" in dynamic or re.search(r"FLAGS_1.*\bNOW\b", dynamic),
        "has no executable stack": stack and "E" not in stack[1],
        "has a stack protector": "__stack_chk_fail" in symbols,
        "has fortified calls": re.search(r"\b__\w+_chk\b(?<!__stack_chk)", symbols),
    }
    return [f"{program}: not true that it {promise}" for promise, kept in promises.items() if not kept]


def check_flags(build):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if not entry["output"].startswith(("src/", "filters/")) or "_make.p/" in entry["output"]:
            continue
        for flag in FLAGS:
            static_needs = flag == "-fPIE" and "-fPIC" in entry["command"]
            if flag not in entry["command"] and not static_needs:
                yield f"{entry['output']}: compiled without {flag}"


def main(build):
    build = pathlib.Path(build)
    problems = [problem for program in PROGRAMS for problem in check_program(build, program)]
    problems += check_flags(build)
    print("\n".join(problems) or f"{len(PROGRAMS)} programs are hardened")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
