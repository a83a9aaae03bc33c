#!/usr/bin/python3
"""conf_page.py - mugai.conf(5), made from the shipped configuration, so that its sentences stand in one place

    conf_page.py MUGAI_CONF > mugai.conf.5

Each key there has its default and a comment that says what it is; a key that is a comment itself has no default.
"""

import re
import sys

HEAD = r""".TH MUGAI.CONF 5 2026-11-28 "mugai 0.1.0" "mugai"
.SH NAME
mugai.conf \- what mugai does on this boundary host
.SH DESCRIPTION
.I /etc/mugai/mugai.conf
is read by
.BR mugaid (8),
.BR mugai (1)
and
.BR mugai\-stored (8).
Groups begin with a line [GROUP]; KEY = VALUE follows; a line that begins with # is a comment.
Unknown groups and keys, keys that stand twice and unsafe values are errors, with the line and what to write instead.
"""
TAIL = r""".SH EXAMPLES
.EX
# mugai check-config
# systemctl reload mugaid
.EE
.SH SEE ALSO
.BR mugai (1),
.BR mugaid (8)
"""


def escape(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def page(lines):
    out, comment = [HEAD], []
    for line in lines:
        group, key = re.match(r"#?\[([^\]]+)\]$", line), re.match(r"#?(\w+) = ?(.*)$", line)
        if group:
            out.append(f".SH \"[{escape(group[1])}]\"\n")
            out += [escape(" ".join(comment)) + "\n"] if comment else []
        elif key:
            default = "no default; for example " if line.startswith("#") else "default "
            shown = f"{default}{key[2]}" if key[2] else "empty by default"
            out.append(f".TP\n.B {escape(key[1])}\n({escape(shown)})\n.br\n{escape(' '.join(comment))}\n")
        elif line.startswith("# "):
            comment.append(line[2:])
            continue
        comment = []
    return "".join(out) + TAIL


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    with open(sys.argv[1], encoding="utf-8") as conf:
        # What stands before the first group is for who edits the file.
        text = conf.read()
    sys.stdout.write(page(text[text.index("\n["):].splitlines()))
