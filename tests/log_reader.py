"""log_reader.py - the log of looks verified a second time, from the words of include/mugai/audit.h alone"""

import base64
import hashlib
import json
import pathlib
import re


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def check(directory, key=None):
    """(entries, faults); key: the seal.Key that all of it must be signed with, None: nothing is signed."""
    entries, faults, previous, torn = [], [], "0" * 64, b""
    for path in sorted(pathlib.Path(directory).glob("[0-9]*-*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            if not isinstance(entry, dict) or "n" not in entry:
                torn += line
                continue
            line = line.removesuffix(b"\n")
            said = entry.get("torn_octets", 0)
            if torn[said:] not in (b"", b"\n") or (said and sha256(torn[:said]) != entry["torn_sha256"]):
                faults.append(f"before {entry['n']}: what is no entry")
            if entry["n"] != len(entries) + 1 or entry["previous"] != previous:
                faults.append(f"at {entry['n']}: chain")
            if "lost_head" in entry:
                faults.append(f"at {entry['n']}: the head was {entry['lost_head']}")
            if key is not None:
                parts = re.fullmatch(rb'(.*),"key":"([0-9a-f]{16})","signature":"([^"]*)"\}', line)
                text = f"mugai-log-1\n{entry['n']}\n{sha256(parts[1] + b'}')}\n" if parts else ""
                if not parts or parts[2].decode() != key.id or key.sign(text.encode()) != base64.b64decode(parts[3]):
                    faults.append(f"at {entry['n']}: signature")
            entries.append(entry)
            previous, torn = sha256(line), b""
    mark, number, digest, *seal = (pathlib.Path(directory) / ".head").read_text().split()
    if (mark, int(number), digest) != ("mugai-log-head-1", len(entries), previous):
        faults.append("head")
    if key is not None and base64.b64decode(seal[1]) != key.sign(f"mugai-log-head-1\n{number}\n{digest}\n".encode()):
        faults.append("signature of the head")
    return entries, faults
