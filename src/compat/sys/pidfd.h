/* sys/pidfd.h - what C libraries before glibc 2.36 lack (RHEL 9): meson.build puts this folder into
 * the way of the compiler there, and only there */
#pragma once

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of <sys/wait.h> itself since then. */
#define P_PIDFD ((idtype_t)3)

static inline int
pidfd_open(pid_t pid, unsigned int flags)
{
    return (int)syscall(SYS_pidfd_open, pid, flags);
}
