/* body.c - not written yet */
