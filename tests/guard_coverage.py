#!/usr/bin/python3
"""guard_coverage.py - the tests of the guard take every branch of it both ways

    guard_coverage.py SOURCE_ROOT

clang counts: of each condition that is not constant, how often it was true and how often false; of each switch, how
often each case. That is of the source, so what the optimiser makes of it does not matter. Nothing can be excluded.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

COMPILE = ["clang", "-std=gnu11", "-D_GNU_SOURCE", "-g", "-O1"]
COUNTED = ["-fprofile-instr-generate", "-fcoverage-mapping"]
KINDS = ("branches", "regions", "functions")
SECONDS = 300


def run(*command, **options):
    """What it said; an error status is an error here too."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=SECONDS, **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: status {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


def build(root, scratch):
    """The tests with a guard that counts; only what is counted has sources in the report."""
    objects = []
    for folder, flags in (("src/guard", COUNTED), ("tests/guard", [])):
        for source in sorted((root / folder).glob("*.c")):
            objects.append(str(scratch / (source.stem + ".o")))
            run(*COMPILE, *flags, "-I", str(root / "include"), "-c", str(source), "-o", objects[-1])
    program = str(scratch / "test_guard")
    run("clang", *COUNTED, *objects, "-lcriterion", "-o", program)
    return program


def measure(program, scratch):
    """The report of llvm-cov on one run of the tests; each test is a process and writes its own counts."""
    run(program, "--jobs=2", stderr=subprocess.STDOUT,
        env={**os.environ, "LLVM_PROFILE_FILE": str(scratch / "%p.profraw")})
    merged = str(scratch / "merged.profdata")
    run("llvm-profdata", "merge", "-o", merged, *map(str, scratch.glob("*.profraw")))
    return json.loads(run("llvm-cov", "export", program, f"-instr-profile={merged}"))["data"][0]


def missed(report):
    """Conditions that were never true or never false."""
    for file in report["files"]:
        for line, column, _, _, true, false, *_ in file["branches"]:
            for count, word in ((true, "true"), (false, "false")):
                if count == 0:
                    yield f"{file['filename']}:{line}:{column}: never {word}"


def main(root):
    root = pathlib.Path(root).resolve()
    with tempfile.TemporaryDirectory(prefix="guard-coverage-") as scratch:
        report = measure(build(root, pathlib.Path(scratch)), pathlib.Path(scratch))
    totals, files = report["totals"], {pathlib.Path(file["filename"]) for file in report["files"]}
    sources = set((root / "src/guard").glob("*.c"))
    print("\n".join(missed(report)))
    for kind in KINDS:
        print(f"{kind}: {totals[kind]['covered']} of {totals[kind]['count']}")
    whole = [totals[kind]["covered"] == totals[kind]["count"] > 0 for kind in KINDS]
    whole.append(sources <= files and len(sources) > 0)
    print(f"{sum(whole)} passed, {len(whole) - sum(whole)} failed, 0 skipped")
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
