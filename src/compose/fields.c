/* fields.c - not written yet */
