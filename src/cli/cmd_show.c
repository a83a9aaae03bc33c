/* cmd_show.c - not written yet */
