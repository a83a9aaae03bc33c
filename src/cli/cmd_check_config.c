/* cmd_check_config.c - not written yet */
