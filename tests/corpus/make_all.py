#!/usr/bin/python3
"""make_all.py - makes every case of the corpus anew, and removes those that no generator makes any more

The folders are what the test reads; they are committed. Run this after changing a generator, and look
at what git says has changed.
"""

import sys

sys.dont_write_bytecode = True

import make_charsets
import make_headers
import make_html
import make_lib
import make_real
import make_structures
import make_text
import make_tricks

for generator in (make_structures, make_tricks, make_charsets, make_headers, make_html, make_text, make_real):
    generator.build()
make_lib.forget_others()
tricks = sum("payload" in expect for expect in make_lib.made.values())
print(f"{len(make_lib.made)} cases, {tricks} of them with a payload")
