/* cmd_sanitize.c - not written yet */
