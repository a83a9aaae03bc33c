#!/usr/bin/python3
"""packages.py - packaging/packages.sh installs every Debian package that a dependency of meson.build comes from

    packages.py SOURCE_ROOT BUILD_ROOT

A library that the builder's machine has by accident would else be missed on a fresh one.
"""

import json
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def package_of(dependency):
    """The Debian package with a dependency's pkg-config file; None for what has none."""
    directory = output("pkg-config", "--variable=pcfiledir", dependency)
    path = pathlib.Path(directory, dependency + ".pc").resolve()
    return output("dpkg", "-S", str(path)).partition(":")[0] or None if directory else None


def main(source, build):
    listed = set(re.findall(r"[\w.+-]+", (pathlib.Path(source) / "packaging/packages.sh").read_text()))
    introduced = json.loads((pathlib.Path(build) / "meson-info/intro-dependencies.json").read_text())
    names = sorted({dependency["name"] for dependency in introduced})
    packages = {name: package_of(name) for name in names}
    problems = [f"{name} comes from {package}, which packages.sh does not install"
                for name, package in packages.items() if package and package not in listed]
    problems += ["no dependency was found"] * (not any(packages.values()))
    print("\n".join(problems) or "\n".join(f"{name}: {package}" for name, package in packages.items()))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
