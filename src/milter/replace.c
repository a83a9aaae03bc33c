/* replace.c - not written yet */
