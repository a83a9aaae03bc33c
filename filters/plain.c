/* plain.c - not written yet */
