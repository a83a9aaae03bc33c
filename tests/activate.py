#!/usr/bin/python3
"""activate.py - becomes a program to which sockets are passed, as systemd passes them: sd_listen_fds(3)

    activate.py DESCRIPTOR… -- PROGRAM ARGUMENT…

DESCRIPTORs are open here and become 3, 4 and so on; none of these may be another one's number that PROGRAM needs.
$LISTEN_PID, where it is set, stays: whoever reads it is not meant then.
"""

import fcntl
import os
import sys

FIRST, ABOVE = 3, 100


def main(words):
    place = words.index("--")
    copies = [fcntl.fcntl(int(word), fcntl.F_DUPFD_CLOEXEC, ABOVE) for word in words[:place]]
    for number, copy in enumerate(copies, FIRST):
        os.dup2(copy, number)
    os.environ.setdefault("LISTEN_PID", str(os.getpid()))
    os.environ["LISTEN_FDS"] = str(len(copies))
    os.execv(words[place + 1], words[place + 1:])


if __name__ == "__main__":
    main(sys.argv[1:])
