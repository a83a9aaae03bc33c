/* guard.c - not written yet */
