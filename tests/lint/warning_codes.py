#!/usr/bin/python3
"""warning_codes.py - each code of a warning that the worker may write has a sentence for the digest, in each language

    warning_codes.py SOURCE_ROOT
"""

import configparser
import pathlib
import re
import sys

CALL = re.compile(r"mugai_report_remark\([^,]*warnings,")
REMARK = re.compile(r'mugai_report_remark\(\s*(?:\w+(?:->|\.))*warnings,\s*"([a-z-]+)"')


def main(root):
    sources = [path.read_text() for folder in ("src/worker", "filters") for path in (root / folder).glob("*.c")]
    calls = sum(len(CALL.findall(text)) for text in sources)
    codes = [code for text in sources for code in REMARK.findall(text)]
    missing = []
    for path in sorted((root / "packaging/notices").glob("*.conf")):
        notices = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",), comment_prefixes=("#",))
        notices.read(path)
        missing += [f"{path.name}: [digest] warning-{code}" for code in sorted(set(codes))
                    if not notices["digest"].get(f"warning-{code}")]
    print("\n".join(missing))
    print(f"{len(set(codes))} codes in {len(codes)} of {calls} calls")
    return 1 if missing or not codes or len(codes) != calls else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
