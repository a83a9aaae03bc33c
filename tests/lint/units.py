#!/usr/bin/python3
"""units.py - the units of packaging/systemd say what systemd understands, and leave little within reach

    units.py SOURCE_ROOT

Debian's packages have each of them, where systemd of the release looks.
systemd itself is asked, without one that runs: "verify" of each unit with the programs that it starts as files that
exist, "security --offline" for its own measure of what is exposed, and the dry runs of sysusers and tmpfiles.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

EXPOSURE_MAX = 1.2


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def verified(unit, folder):
    """Complaints of systemd-analyze verify about a copy whose programs exist."""
    text = re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", unit.read_text(), flags=re.MULTILINE)
    (folder / unit.name).write_text(text)
    for other in unit.parent.glob("*.s[eo][cr][kv]*"):  # units name each other
        if other.name != unit.name and not (folder / other.name).exists():
            (folder / other.name).write_text(re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", other.read_text(), flags=re.MULTILINE))
    status, said = run("systemd-analyze", "verify", "--man=no", str(folder / unit.name))
    return [f"{unit.name}: {said.strip() or status}"] if status != 0 or said.strip() else []


def exposed(unit):
    _, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    if level is None or float(level[1]) > EXPOSURE_MAX:
        return [f"{unit.name}: exposure {level and level[1]}, at most {EXPOSURE_MAX} is allowed\n{said}"]
    print(f"{unit.name}: exposure {level[1]}")
    return []


def users(folder):
    """sysusers.d makes every user that a unit or a line of tmpfiles.d names."""
    made = set()
    for path in (folder / "sysusers.d").glob("*.conf"):
        made |= set(re.findall(r"^u\s+(\S+)", path.read_text(), re.MULTILINE))
    named = set()
    for unit in folder.glob("*.service"):
        named |= set(re.findall(r"^(?:User|Group)=(.+)$", unit.read_text(), re.MULTILINE))
    for unit in folder.glob("*.socket"):
        named |= set(setting(unit.read_text(), "SocketUser"))
    for path in (folder / "tmpfiles.d").glob("*.conf"):
        named |= set(re.findall(r"^d\s+\S+\s+\d+\s+(\S+)", path.read_text(), re.MULTILINE))
    problems = [f"nobody makes the user {name}" for name in sorted(named - made)]
    for path in (folder / "sysusers.d").glob("*.conf"):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "etc").mkdir()
            status, said = run("systemd-sysusers", f"--root={root}", str(path.resolve()))
            entries = pathlib.Path(root, "etc/passwd")
            found = entries.read_text() if entries.exists() else ""
            if status != 0 or any(f"{name}:" not in found for name in re.findall(r"^u\s+(\S+)", path.read_text(), re.M)):
                problems.append(f"{path.name}: {said}")
    return problems


def setting(text, name):
    return re.findall(rf"^{name} ?= ?(.+)$", text, re.MULTILINE)


def milter_socket(source):
    """mugaid.socket makes what mugaid makes itself: where mugai.conf says, whose the directory is, with mugaid's mode."""
    unit = (source / "packaging/systemd/mugaid.socket").read_text()
    path = setting((source / "packaging/mugai.conf").read_text(), "socket")[0].removeprefix("unix:")
    mode = re.search(r"^#define SOCKET_MODE (\d+)$", (source / "src/milter/listener.c").read_text(), re.MULTILINE)[1]
    folder = re.search(rf"^d {pathlib.Path(path).parent} +\d+ (\S+) (\S+) ",
                       (source / "packaging/systemd/tmpfiles.d/mugai.conf").read_text(), re.MULTILINE)
    wanted = {"ListenStream": path, "SocketMode": mode, "SocketUser": folder[1], "SocketGroup": folder[2]}
    return [f"mugaid.socket: {name}={setting(unit, name)}, not {value}" for name, value in wanted.items()
            if setting(unit, name) != [value]]


def packaged(source, units):
    """Each unit is in one package, in the directory that debian/rules asks systemd for: lib/ and usr/lib/ differ."""
    lines = [line.split() for path in (source / "packaging/debian").glob("*.install") for line in path.read_text().splitlines()]
    places = {unit.name: [line[1:] for line in lines if line[0] == f"packaging/systemd/{unit.name}"] for unit in units}
    return [f"{name}: debian/*.install have it in {found}" for name, found in places.items() if found != [["${env:UNITS}"]]]


def main(source):
    folder = pathlib.Path(source) / "packaging/systemd"
    units = sorted(path for kind in ("service", "socket", "timer") for path in folder.glob(f"*.{kind}"))
    problems = [] if len(units) >= 8 else ["there are units missing"]
    with tempfile.TemporaryDirectory() as copies:
        for unit in units:
            problems += verified(unit, pathlib.Path(copies))
    for unit in folder.glob("*.service"):
        problems += exposed(unit)
    problems += packaged(pathlib.Path(source), units)
    problems += users(folder)
    problems += milter_socket(pathlib.Path(source))
    print("\n".join(problems) or f"{len(units)} units")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
