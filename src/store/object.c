/* object.c - not written yet */
