/*
 * lock.c - the lock of the process that reads hostile octets: Landlock and a written list of system
 * calls
 *
 * The list below is all that parsing, converting and sending a result needs. It names calls on
 * descriptors that are open already, memory without the right to execute, and the end of the
 * process. There is no call in it that takes a path, makes a socket, a process or a descriptor, or
 * reaches another process; a message comes over one socket that is closed before it is read, and
 * the size of files can be limited further. Asking for a path is refused (the C library asks for a
 * converter when GMime meets an odd charset, and lives with the answer); every other call that is
 * not in the list kills.
 *
 * Invariants: 1. once locked, never unlocked (no new privileges, the filter is inherited);
 *             2. the list is an allow-list.
 * Limits: the descriptors that are open at the time of the lock stay usable. A build with
 * AddressSanitizer is not locked: it reads /proc and starts a symbolizer when it finds something.
 */
#include "lock_private.h"

#include <mugai/error.h>
#include <mugai/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Whatever their arguments. */
static const int allowed[] = {
    /* descriptors that are open */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* time, randomness for hash tables, waiting for nobody */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
    /* who one is: abort() asks before it raises, and to raise is to be killed */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    /* the end */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Refused with EACCES. newfstatat() is also glibc's fstat(), but with the flag for that the kernel
 * takes a path all the same. */
static const int refused[] = {SCMP_SYS(open),      SCMP_SYS(openat), SCMP_SYS(stat),
                              SCMP_SYS(lstat),     SCMP_SYS(access), SCMP_SYS(readlink),
                              SCMP_SYS(newfstatat)};

static gboolean
add_rules(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp requests = SCMP_A0(SCMP_CMP_EQ, MUGAI_WIRE_FD);
    const struct scmp_arg_cmp own = SCMP_A0(SCMP_CMP_EQ, 0);
    const struct scmp_arg_cmp file_size = SCMP_A1(SCMP_CMP_EQ, RLIMIT_FSIZE);

    for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++) {
        if (seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0) != 0)
            return FALSE;
    }
    return seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1, requests) == 0 &&
           seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, own, file_size) ==
               0 &&
           seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec) == 0 &&
           seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec) == 0;
}

/* The filter as a program for the kernel: made once, for it takes longer than a message. */
struct MugaiLock {
    struct sock_filter *program;
    unsigned short length;
};

/* Reads the program that libseccomp writes to a descriptor. */
static gboolean
export_program(scmp_filter_ctx filter, MugaiLock *lock)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);
    off_t octets = 0;
    gboolean whole = FALSE;

    if (fd < 0)
        return FALSE;
    if (seccomp_export_bpf(filter, fd) == 0)
        octets = lseek(fd, 0, SEEK_END);
    if (octets > 0 && octets / (off_t)sizeof(struct sock_filter) <= BPF_MAXINSNS) {
        lock->program = g_malloc((gsize)octets);
        lock->length = (unsigned short)(octets / (off_t)sizeof(struct sock_filter));
        whole = pread(fd, lock->program, (gsize)octets, 0) == octets;
    }
    close(fd);
    return whole;
}

MugaiLock *
mugai_lock_new(GError **error)
{
    g_autoptr(MugaiLock) lock = g_new0(MugaiLock, 1);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    gboolean made = filter != NULL && add_rules(filter) &&
                    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, MUGAI_LOCK_AS_TREE) == 0 &&
                    export_program(filter, lock);

    if (filter != NULL)
        seccomp_release(filter);
    if (made)
        return g_steal_pointer(&lock);
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                        "the filter of system calls cannot be made");
    return NULL;
}

void
mugai_lock_free(MugaiLock *lock)
{
    if (lock == NULL)
        return;
    g_free(lock->program);
    g_free(lock);
}

static gboolean
filter_calls(const MugaiLock *lock, GError **error)
{
    struct sock_fprog program = {.len = lock->length, .filter = lock->program};

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                          "the filter of system calls cannot be loaded");
    return FALSE;
}

gboolean
mugai_lock_apply(const MugaiLock *lock, GError **error)
{
    if (MUGAI_WITH_ADDRESS_SANITIZER)
        return TRUE;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot give up new privileges");
        return FALSE;
    }
    return mugai_lock_restrict(NULL, 0, error) && filter_calls(lock, error);
}
