/* approve.c - not written yet */
