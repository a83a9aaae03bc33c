#!/usr/bin/python3
"""growth.py - does cost grow with the size of things, and not faster; do two cores do twice the work

    growth.py --functions PROGRAM --insert PROGRAM [--scale F] [--json FILE]

MUGAI and MUGAI_WORKER in the environment name the programs. Four series through the pure function (functions --sanitize,
processor time): octets of text, octets of an attachment, parts, header fields. Shown are the cost of all, of one unit,
and of one unit more since the size before ("step"), which is free of what any message costs. A series is flat if the
cost of one unit is nowhere more than FLAT times what it was at a smaller size, and neither is the step at the largest
size more than FLAT times the dearest step before: a loop in a loop would make it ten times that.

Then inserts into a store of 10 and of 100,000 messages (insert.c), and "mugai sanitize --output" on a folder of 10,000
mails: with all processors, on one of them, and with all but a single worker, in turns. Its files are in memory: file
systems get slow at making files where many have just been deleted, and that is not what is asked here.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import three_messages  # noqa: E402

FLAT = 1.25
OCTETS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
PARTS = (1, 10, 100, 1_000)
FIELDS = (10, 30, 100, 300, 1_000)
FEW, MANY = 10, 100_000
MAILS, MAIL_ROUNDS = 10_000, 3
MEMORY = "/dev/shm"

HEAD = ("From: a@example.jp\nTo: b@city.example.lg.jp\nDate: Mon, 1 Apr 2024 08:59:57 +0900\nSubject: growth\n"
        "Message-ID: <1@example.jp>\nMIME-Version: 1.0\n")


def crlf(text):
    return text.replace("\n", "\r\n").encode()


def of_text(octets):
    line = three_messages.PARAGRAPH[:60] + "\n"
    return crlf(HEAD + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
                + line * (octets // (len(line.encode()) + 1) + 1))


def of_attachment(octets):
    file = b"%PDF-1.7\n" + three_messages.noise("growth", octets * 3 // 4)
    return crlf(HEAD + 'Content-Type: multipart/mixed; boundary="b"\n\n--b\n'
                + three_messages.attachment("application/pdf", "a.pdf", file) + "--b--\n")


def of_parts(count):
    return crlf(HEAD + 'Content-Type: multipart/mixed; boundary="b"\n\n' + "".join(
        f'--b\nContent-Type: text/plain; name="{number}.txt"\n\npart {number}\n' for number in range(count)) + "--b--\n")


def of_fields(count):
    own = HEAD.count("\n")
    return crlf(HEAD + "".join(f"X-Field-{number}: one of many\n" for number in range(count - own)) + "\ntext\n")


SERIES = {"octets of text": (of_text, OCTETS), "octets of an attachment": (of_attachment, OCTETS),
          "parts": (of_parts, PARTS), "header fields": (of_fields, FIELDS)}


def costs(program, make, sizes):
    """Microseconds for each size."""
    with tempfile.TemporaryDirectory(prefix="mugai-bench-") as directory:
        paths = [pathlib.Path(directory, f"{size}.eml") for size in sizes]
        for path, size in zip(paths, sizes):
            path.write_bytes(make(size))
        return list(map(float, subprocess.run([program, "--sanitize", *map(str, paths)], check=True,
                                              capture_output=True, text=True).stdout.split()))


def steps(sizes, used):
    """Cost of one unit more, from each size to the next."""
    return [(used[i] - used[i - 1]) / (sizes[i] - sizes[i - 1]) for i in range(1, len(sizes))]


def growth(sizes, used):
    """How much dearer a unit gets: 1 or less is flat."""
    each = [cost / size for cost, size in zip(used, sizes)]
    rise = max(later / min(each[:i]) for i, later in enumerate(each) if i > 0)
    step = steps(sizes, used)
    return max(rise, step[-1] / max(step[:-1]))


def measure_series(program):
    found = {}
    for name, (make, sizes) in SERIES.items():
        used = costs(program, make, sizes)
        found[name] = {"sizes": sizes, "us": used, "steps": steps(sizes, used), "growth": growth(sizes, used)}
    return found


def folder_of_mails(directory, count):
    folder = pathlib.Path(directory, "in")
    folder.mkdir()
    octets = three_messages.all_messages()["small"]
    for number in range(count):
        (folder / f"{number:05}.eml").write_bytes(octets.replace(b"<20240401085957.", b"<%d." % number))
    return folder


def sanitize_all(directory, folder, workers, processors):
    """Messages a second with so many workers (0: as configured by default), on these processors."""
    config, output = pathlib.Path(directory, "mugai.conf"), pathlib.Path(directory, "out")
    config.write_text(f"[worker]\nprogram = {os.environ['MUGAI_WORKER']}\ncount = {workers}\n")
    output.mkdir()
    begun = time.monotonic()
    subprocess.run([os.environ["MUGAI"], "sanitize", "--config", str(config), "--output", str(output), str(folder)],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                   preexec_fn=lambda: os.sched_setaffinity(0, processors))
    rate = sum(1 for _ in folder.iterdir()) / (time.monotonic() - begun)
    made = sum(path.is_file() for path in output.rglob("*"))
    if made < sum(1 for _ in folder.iterdir()):
        sys.exit(f"sanitize --output: {made} files came out, fewer than went in")
    shutil.rmtree(output)
    return rate


def measure_many(count):
    every = os.sched_getaffinity(0)
    candidates = {"all": (0, every), "one_processor": (0, {min(every)}), "one_worker": (1, every)}
    with tempfile.TemporaryDirectory(prefix="mugai-bench-", dir=MEMORY) as directory:
        folder, rates = folder_of_mails(directory, count), {name: [] for name in candidates}
        for _ in range(MAIL_ROUNDS):
            for name, (workers, processors) in candidates.items():
                rates[name].append(sanitize_all(directory, folder, workers, processors))
    return {"mails": count, **{name: statistics.median(values) for name, values in rates.items()},
            "ratio": statistics.median(many / single for many, single in zip(rates["all"], rates["one_processor"]))}


def show(found):
    for name, series in found["series"].items():
        print(f"{name}: growth {series['growth']:.2f}")
        for i, (size, used) in enumerate(zip(series["sizes"], series["us"])):
            step = f"{series['steps'][i - 1]:12.4f}" if i else ""
            print(f"  {size:12,} {used:12.1f} us {used / size:12.4f} us a unit {step}")
    insert, many = found["insert"], found["many"]
    print(f"insert into {insert['few']} and {insert['many']:,}: CPU {insert['cpu_us'][0]:.0f} and "
          f"{insert['cpu_us'][1]:.0f} us, ratio {insert['cpu_ratio']:.2f}; all time ratio {insert['all_ratio']:.2f}")
    print(f"sanitize --output, {many['mails']:,} mails: {many['all']:.0f}/s, on one processor "
          f"{many['one_processor']:.0f}/s: {many['ratio']:.2f} times; with one worker {many['one_worker']:.0f}/s")


def main():
    parser = argparse.ArgumentParser(description="Does cost grow with size, and not faster?")
    parser.add_argument("--functions", required=True)
    parser.add_argument("--insert", required=True)
    parser.add_argument("--scale", type=float, default=1.0, help="messages in store and folder, times this")
    parser.add_argument("--json")
    options = parser.parse_args()
    found = {"series": measure_series(options.functions)}
    found["insert"] = json.loads(subprocess.run([options.insert, str(FEW), str(int(MANY * options.scale))], check=True,
                                                stdout=subprocess.PIPE, text=True).stdout)
    found["many"] = measure_many(int(MAILS * options.scale))
    show(found)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
