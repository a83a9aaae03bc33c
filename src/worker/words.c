/* words.c - not written yet */
