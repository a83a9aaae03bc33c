#!/usr/bin/env python3
"""coverage.py - what the fuzz targets reach: the table of README.md

    coverage.py BUILD [--seconds N] [TARGET...]

Builds the targets in BUILD (made by this script, or new) with clang's own counting of lines and
branches, fuzzes each for N seconds from the committed corpus, and says how much of the files that
the target is there for was reached, by the corpus and all that was found. A file of which nothing
was linked counts as nothing reached and is named. CLANG and LLVM ("-14" by default) are the
compiler and what its tools' names end in.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
LLVM = os.environ.get("LLVM", "-14")
CLANG = os.environ.get("CLANG", "clang" + LLVM)
COUNTED = "-fprofile-instr-generate -fcoverage-mapping"

# target -> the files whose reading of hostile input it tries
FILES = {
    "guard": ["src/guard/*.c"],
    "sanitize": ["src/worker/sanitize.c", "src/worker/scan.c", "src/worker/render.c",
                 "src/worker/closing.c", "src/worker/leaf*.c",
                 "filters/flowed.c", "src/compose/*.c"],
    "mime": ["src/worker/mime*.c", "src/worker/decode.c"],
    "headers": ["src/worker/headers.c", "src/compose/fields.c"],
    "words": ["src/worker/words*.c", "src/worker/params.c"],
    "html": ["filters/[!f]*.c", "filters/fields.c", "filters/filters.c"],
    "charset": ["src/worker/charset.c", "src/worker/charset_cjk.c", "src/worker/charset_labels.c",
                "src/worker/charset_recognise.c"],
    "blocks": ["src/worker/blocks.c"],
    "links": ["src/compose/links.c"],
    "wire": ["src/common/wire.c"],
    "desk": ["src/desk/request.c", "src/desk/answer.c", "src/desk/members.c", "src/desk/packet.c"],
    "config": ["src/common/config.c", "src/common/settings.c"],
    "object": ["src/store/object.c", "src/store/original.c"],
    "sealed": ["src/seal/vault_read.c", "src/seal/vault_write.c"],
    "report": ["src/common/report.c", "src/common/json.c"],
    "replace": ["src/milter/replace.c"],
    "id": ["src/common/id.c"],
    "seal": ["src/gate/message.c", "src/gate/seal_check.c", "src/seal/seal.c"],
}


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False,
                          **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: exit {done.returncode}\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def build(directory, targets):
    if not (directory / "build.ninja").exists():
        run("meson", "setup", directory, SOURCE, "-Dfuzz=true", "-Dtests=disabled",
            "-Db_lundef=false", f"-Dc_args={COUNTED}", f"-Dc_link_args={COUNTED}",
            env={**os.environ, "CC": CLANG})
    run("ninja", "-C", directory, *(f"fuzz/fuzz_{target}" for target in targets))


def reached(program, target, seconds, scratch):
    """{path in the source tree: its summary by llvm-cov}"""
    found, raw, data = scratch / "found", scratch / "raw", scratch / "data"
    found.mkdir()
    corpora = [found, SOURCE / "fuzz/corpus" / target]
    dictionary = SOURCE / f"fuzz/{target}.dict"
    run(program, f"-max_total_time={seconds}", "-timeout=25", "-seed=1",
        *([f"-dict={dictionary}"] if dictionary.exists() else []), *corpora, cwd=scratch)
    run(program, "-runs=0", *corpora, cwd=scratch,
        env={**os.environ, "LLVM_PROFILE_FILE": str(raw)})
    run("llvm-profdata" + LLVM, "merge", "-sparse", raw, "-o", data)
    exported = run("llvm-cov" + LLVM, "export", "-summary-only", "-instr-profile", data, program)
    return {os.path.relpath(os.path.realpath(file["filename"]), SOURCE): file["summary"]
            for file in json.loads(exported)["data"][0]["files"]}


def share(summaries, kind):
    count = sum(summary[kind]["count"] for summary in summaries)
    return f"{100 * sum(summary[kind]['covered'] for summary in summaries) / count:.0f}"


def row(directory, target, seconds):
    paths = sorted(str(path.relative_to(SOURCE)) for pattern in FILES[target]
                   for path in SOURCE.glob(pattern))
    with tempfile.TemporaryDirectory(prefix="mugai-coverage-") as scratch:
        summaries = reached(directory / "fuzz" / f"fuzz_{target}", target, seconds,
                            pathlib.Path(scratch))
    for path in paths:
        if path not in summaries:
            print(f"{target}: nothing of {path} is linked", file=sys.stderr)
        else:
            summary = summaries[path]
            print(f"  {path}: lines {share([summary], 'lines')}, of branches "
                  f"{summary['branches']['covered']}/{summary['branches']['count']}",
                  file=sys.stderr)
    linked = [summaries[path] for path in paths if path in summaries]
    files = ", ".join(f"`{pattern}`" for pattern in FILES[target])
    return f"| {target} | {files} | {share(linked, 'lines')} | {share(linked, 'branches')} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("targets", nargs="*", default=list(FILES))
    arguments = parser.parse_intermixed_args()
    build(arguments.build, arguments.targets)
    print(f"{datetime.date.today()}, {arguments.seconds} seconds each:\n\n"
          "| target | files | lines % | branches % |\n|---|---|---|---|", flush=True)
    for target in arguments.targets:
        print(row(arguments.build, target, arguments.seconds), flush=True)


if __name__ == "__main__":
    main()
