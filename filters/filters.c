/* filters.c - not written yet */
