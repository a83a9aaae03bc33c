/* cmd_verify.c - not written yet */
