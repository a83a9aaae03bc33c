#!/usr/bin/python3
"""html_reference_make.py OUTPUT - the named character references of HTML 5, from Python's own copy of the standard's
table, as a sorted C table"""

import html.entities
import sys


def main():
    names = html.entities.html5
    rows = []
    for name in sorted(n[:-1] for n in names if n.endswith(";")):
        characters = [ord(c) for c in names[name + ";"]] + [0]
        rows.append('    { "%s", %s, { 0x%X, 0x%X } },' % (
            name, "TRUE" if name in names else "FALSE", characters[0], characters[1]))
    with open(sys.argv[1], "w", encoding="ascii") as output:
        output.write("/* made by html_reference_make.py */\n#include \"html_reference.h\"\n\n"
                     "const HtmlReferenceName html_reference_names[] = {\n%s\n};\n"
                     "const gsize html_reference_name_count = %d;\n" % ("\n".join(rows), len(rows)))


main()
