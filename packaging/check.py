"""check.py - builds mugai three times and runs every test; called by packaging/check, which installs what is needed

    normal      gcc, as installed: unit tests, proof and coverage of the guard, lint, end to end
    sanitizers  gcc with AddressSanitizer and UndefinedBehaviorSanitizer: unit tests but the comparisons with others
    fuzz        clang with the same and libFuzzer: all targets in some three minutes (unit tests replay what failed before)

The last two are compiled, and the Debian packages taken through their life in a root of their own, beside the tests end to
end of the first, which wait more than they compute.

Tests of Criterion, of unittest and of programs that end in a last line like ours are counted one by one, others as one.
A compiler's warning is a failure, and so is a skipped test, a crash, a fuzz target without a corpus, and a group of
tests in which nothing was run.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
RELEASE = "bookworm"
FUZZ_AT_ONCE = 2
# For all targets together; each starts and ends in a second or two beside its share of them.
FUZZ_ALL_SECONDS = int(os.environ.get("MUGAI_FUZZ_SECONDS", "160"))
FUZZ_MEMORY_MIB = 2048
FUZZ_INPUT_SECONDS = 25
# These run GMime's own parsers, and GMime 3.2.13 itself leaks (a domain literal behind a dot: "a@b.[192.0.2.1]"). A child
# of mugai-worker ends with its message; leaks of ours are found by the unit tests and the replayed corpus.
FUZZ_LIBRARY_LEAKS = ("headers", "mime", "sanitize")
# Some wait for a process or a disk; what must not be disturbed says so in its meson.build.
TESTS_AT_ONCE = (os.cpu_count() or 1) + 1
DETAILS = 8000
CHECKED = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:detect_stack_use_after_return=1",
           "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}
WITHOUT_LEAKS = {**CHECKED, "ASAN_OPTIONS": CHECKED["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")}
SANITIZERS = ["-Db_sanitize=address,undefined", "-Db_lundef=false"]


running = set()  # processes, of all threads


class Results:
    """What passed, failed and was skipped; says so as it comes. Threads may share one."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def say(self, text):
        print(f"[{time.monotonic() - self._started:5.0f} s] {text}", flush=True)

    def add(self, name, passed=0, failed=0, skipped=0, details=""):
        """One group. A group in which nothing was run is a failure."""
        if passed + failed + skipped == 0:
            failed, details = 1, details or "nothing was run"
        word = "FAILED " if failed else "SKIPPED" if skipped else "ok     "
        with self._lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped
            self.say(f"{word} {name}: {passed} passed" + f", {failed} failed" * bool(failed)
                     + f", {skipped} skipped" * bool(skipped))
            if failed or skipped:
                print(details[-DETAILS:].rstrip(), flush=True)

    def last_line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def end(child):
    """With all that it has started: a shell hears of it when its own child has ended."""
    with contextlib.suppress(ProcessLookupError):  # another thread has seen its end
        os.killpg(child.pid, signal.SIGTERM)


def run(command, progress=None, **options):
    """(exit status, all it said); lines that match progress are shown as they come."""
    environment = {**os.environ, **options.pop("env", {})}
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env=environment, start_new_session=True, **options)
    running.add(child)
    said = []
    try:
        for line in child.stdout:
            said.append(line.decode(errors="replace"))
            if progress and re.match(progress, said[-1]):
                print("          ", said[-1].strip(), flush=True)
        child.wait()
    except BaseException:
        end(child)
        child.wait()
        raise
    finally:
        running.discard(child)
    return child.returncode, "".join(said)


def build(results, directory, name, options, compiler="gcc"):
    """Configures and compiles; whether there is something to test. A warning is a failure of its own."""
    results.say(f"building: {name}")
    status, said = run(["meson", "setup", str(directory), str(SOURCE), "-Dtests=enabled", *options],
                       env={"CC": compiler})
    if status == 0:
        status, more = run(["nice", "ninja", "-C", str(directory)])
        said += more
    warnings = [line for line in said.splitlines() if re.search(r"\bwarning: ", line)]
    if status != 0:
        results.add(f"{name} build", failed=1, details=said[max(said.find("FAILED:"), 0):])
    else:
        results.add(f"{name} build without a warning", passed=int(not warnings), failed=int(bool(warnings)),
                    details="\n".join(warnings))
    return status == 0


def count(said, result):
    """(passed, failed, skipped) of one test, by what its framework says in the end and by meson's word for its result."""
    criterion = re.search(r"Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)", said)
    counted = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", said, re.MULTILINE)
    unittest = re.search(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(?: \((.*)\))?", said, re.MULTILINE)
    if criterion:
        tested, passed = int(criterion[1]), int(criterion[2])
        failed, skipped = tested - passed, len(re.findall(r"^\[SKIP\]", said, re.MULTILINE))
    elif unittest:
        bad = {kind: int(number) for kind, number in re.findall(r"([a-z ]+)=(\d+)", unittest[2] or "")}
        skipped = bad.get("skipped", 0)
        failed = sum(number for kind, number in bad.items() if kind.strip() in ("failures", "errors"))
        passed = int(unittest[1]) - failed - skipped
    elif counted:
        passed, failed, skipped = map(int, counted.groups())
    else:
        passed, failed, skipped = int(result == "OK"), 0, int(result == "SKIP")
    if result not in ("OK", "SKIP") and failed == 0:
        failed = 1
    return max(passed, 0), failed, skipped


def meson_tests(results, directory, name, selection, environment=None):
    """Runs tests of a build directory and adds each meson test as a group."""
    log = directory / "meson-logs/testlog.json"
    log.unlink(missing_ok=True)
    results.say(f"testing: {name}")
    _, said = run(["meson", "test", "-C", str(directory), "--no-rebuild", "--num-processes", str(TESTS_AT_ONCE),
                   *selection], env=environment or {}, progress=r" *\d+/\d+ ")
    tests = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if not tests:
        results.add(name, details=said)
    for test in tests:
        passed, failed, skipped = count(test.get("stdout", "") + test.get("stderr", ""), test["result"])
        details = "\n".join(filter(None, (test["result"], test.get("stdout"), test.get("stderr"))))
        results.add(f"{name}: {test['name'].split(' / ')[-1]}", passed, failed, skipped, details)


def life_of_packages(results, release):
    """Builds, installs, upgrades, removes them in a clean root."""
    results.say(f"testing: packages on {release}")
    status, said = run(["nice", str(SOURCE / "tests/packages/run"), release])
    results.add(f"packages on {release}", *count(said, "OK" if status == 0 else "FAIL"), said)


def without(*suites):
    return [word for suite in suites for word in ("--no-suite", suite)]


def files_in(directory):
    return sorted(str(path) for path in directory.glob("*") if path.is_file()) if directory.is_dir() else []


def fuzz(target, seconds, scratch):
    """Some seconds of one target; (name, whether it stood, what it said).

    With one seed, so that two checks of one commit try the same; what searches for new faults is run by hand, for hours."""
    name = target.name.removeprefix("fuzz_")
    corpus, dictionary, new = SOURCE / "fuzz/corpus" / name, SOURCE / f"fuzz/{name}.dict", scratch / name
    if not files_in(corpus):
        return f"fuzz {name}", False, f"there is no corpus in {corpus}"
    new.mkdir()
    status, said = run([str(target), f"-rss_limit_mb={FUZZ_MEMORY_MIB}", f"-timeout={FUZZ_INPUT_SECONDS}",
                        f"-max_total_time={seconds}", "-seed=1", f"-artifact_prefix={scratch / name}-",
                        *([f"-dict={dictionary}"] if dictionary.exists() else []), str(new), str(corpus)],
                       env=WITHOUT_LEAKS if name in FUZZ_LIBRARY_LEAKS else CHECKED, cwd=scratch)
    keep(scratch, name)
    runs = re.search(r"Done (\d+) runs", said)
    return f"fuzz {name}, {runs[1] if runs else 'no'} runs", status == 0 and runs is not None, said


def keep(scratch, name):
    """Saves inputs that failed from being removed with the build: they belong into fuzz/crashes/NAME."""
    for kind in ("crash", "leak", "oom", "timeout"):
        for path in scratch.glob(f"{name}-{kind}-*"):
            kept = pathlib.Path("/tmp") / path.name
            shutil.copy(path, kept)
            print(f"         a failing input is kept: {kept}", flush=True)


def fuzz_all(results, directory):
    targets = sorted(path for path in (directory / "fuzz").glob("fuzz_*")
                     if path.is_file() and os.access(path, os.X_OK))
    if not targets:
        results.add("fuzz targets")
        return
    seconds = max(FUZZ_ALL_SECONDS * FUZZ_AT_ONCE // len(targets), 1)
    results.say(f"fuzzing: {len(targets)} targets, {seconds} seconds each, {FUZZ_AT_ONCE} at a time")
    scratch = directory / "fuzz-scratch"
    scratch.mkdir()
    with concurrent.futures.ThreadPoolExecutor(FUZZ_AT_ONCE) as pool:
        for name, passed, said in pool.map(lambda target: fuzz(target, seconds, scratch), targets):
            results.add(name, passed=int(passed), failed=int(not passed), details=said)


@contextlib.contextmanager
def one_beside():
    """A thread that does one thing after the other beside what the caller does; nothing of it outlives a failure."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(running):
                end(child)
            raise


def everything(results, directory):
    temporary = directory / "tmp"
    temporary.mkdir(mode=0o1777)
    temporary.chmod(0o1777)
    os.environ["TMPDIR"] = str(temporary)  # what a test leaves behind goes away with the build
    normal, checked, fuzzed = (directory / name for name in ("normal", "sanitizers", "fuzz"))
    normal_is_built = build(results, normal, "normal (gcc)", [])
    if normal_is_built:
        meson_tests(results, normal, "unit", without("lint", "e2e", "torture"))
        meson_tests(results, normal, "lint", ["--suite", "lint"])
    with one_beside() as beside:
        checked_is_built = beside.submit(build, results, checked, "sanitizers (gcc)", SANITIZERS)
        fuzzed_is_built = beside.submit(build, results, fuzzed, "fuzz (clang)", [*SANITIZERS, "-Dfuzz=true"], "clang")
        packages = beside.submit(life_of_packages, results, RELEASE)
        if normal_is_built:
            meson_tests(results, normal, "e2e", ["--suite", "e2e"])
            meson_tests(results, normal, "torture, short form", ["--suite", "torture"])
        if checked_is_built.result():
            meson_tests(results, checked, "unit with sanitizers",
                        without("lint", "e2e", "torture", "reference", "proof"), CHECKED)
        packages.result()
        if fuzzed_is_built.result():
            fuzz_all(results, fuzzed)


@contextlib.contextmanager
def build_directory(arguments):
    """The directory that was asked for, or a temporary one that goes away."""
    if arguments:
        directory = pathlib.Path(arguments[0]).resolve()
        directory.mkdir(parents=True)
        yield directory
        return
    directory = pathlib.Path(tempfile.mkdtemp(prefix="mugai-check-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def leave(number, frame):
    raise SystemExit(128 + number)


def main(arguments):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    results = Results()
    with build_directory(arguments) as directory:
        everything(results, directory)
    print(results.last_line(), flush=True)
    return 1 if results.failed or results.skipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
