/* cmd_list.c - not written yet */
