/* id.c - not written yet */
