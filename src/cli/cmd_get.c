/* cmd_get.c - not written yet */
