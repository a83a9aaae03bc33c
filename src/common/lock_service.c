/*
 * lock_service.c - the lock of mugaid's service: Landlock for its directories, and a written list
 * of system calls
 *
 * What serving mail needs: connections on sockets that are there already, files of the store,
 * threads, memory that is not code, the log. There is no call in the list that executes a program,
 * starts a process, reaches another one, makes a socket other than for the log or a pair, gives
 * files other modes or owners, or makes memory executable. A few calls that libraries try and live
 * without are refused; everything else kills, and the starter says so in the log.
 *
 * Invariants: 1. once locked, never unlocked: no new privileges, threads inherit both;
 *             2. the list is an allow-list, of values too where they decide.
 * Limits: a call with a path is Landlock's to judge; on a kernel without it the path counts for
 * nothing, and the user that the service runs as is what holds. A datagram socket may be connected
 * to any path that this user may write to: that is how the log is found again. Whether a path is
 * there, and its attributes, may be asked of any. A build with AddressSanitizer is not locked, see
 * lock.c.
 */
#include "lock_private.h"

#include <mugai/error.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANY_NAMESPACE                                                                              \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)

/* Whatever their arguments. */
static const int allowed[] = {
    /* descriptors */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(sendfile),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(pipe), /* as pipe2, by a C library older than Debian 12's */
    SCMP_SYS(pipe2),
    SCMP_SYS(memfd_create),
    /* files of the store, and those that are read */
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(flock),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    /* connections: of the milter, to the worker, to the starter, to the log */
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock), /* the key of the seal */
    SCMP_SYS(munlock),
    /* threads */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(pause),
    SCMP_SYS(restart_syscall),
    /* time, randomness, who one is */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(sysinfo),
    /* the end */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Allowed if argument @argument is @value in the bits of @mask. */
static const struct {
    int call;
    unsigned argument;
    guint64 mask, value;
} allowed_values[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    /* the C library tries clone3() first, whose arguments no filter sees */
    {SCMP_SYS(clone), 0, CLONE_THREAD | ANY_NAMESPACE, CLONE_THREAD},
    {SCMP_SYS(prctl), 0, G_MAXUINT32, PR_SET_NAME},
    {SCMP_SYS(socketpair), 0, G_MAXUINT32, AF_UNIX},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_GETFD},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_SETFD},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_GETFL},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_SETFL},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_GETLK},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_SETLK},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_SETLKW},
    {SCMP_SYS(fcntl), 1, G_MAXUINT32, F_DUPFD_CLOEXEC},
};

/* What libraries try, and what they are told. */
static const struct {
    int call;
    int answer;
} refused[] = {
    {SCMP_SYS(clone3), ENOSYS},   {SCMP_SYS(waitid), ECHILD}, {SCMP_SYS(fchmod), EPERM},
    {SCMP_SYS(fchown), EPERM},    {SCMP_SYS(ioctl), ENOTTY},  {SCMP_SYS(statx), ENOSYS},
    {SCMP_SYS(getrusage), EPERM},
};

static gboolean
add_values(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp unix_socket = SCMP_A0(SCMP_CMP_EQ, AF_UNIX);
    /* with SOCK_CLOEXEC or without, not a stream: whoever can be asked for something has those */
    const struct scmp_arg_cmp datagrams =
        SCMP_A1(SCMP_CMP_MASKED_EQ, (scmp_datum_t) ~(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_DGRAM);
    const struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());

    for (gsize i = 0; i < G_N_ELEMENTS(allowed_values); i++) {
        struct scmp_arg_cmp compare = {.arg = allowed_values[i].argument,
                                       .op = SCMP_CMP_MASKED_EQ,
                                       .datum_a = allowed_values[i].mask,
                                       .datum_b = allowed_values[i].value};

        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_values[i].call, 1, compare) != 0)
            return FALSE;
    }
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, unix_socket, datagrams) ==
               0 &&
           /* abort() */
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself) == 0;
}

static gboolean
add_rules(scmp_filter_ctx filter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO((guint16)refused[i].answer), refused[i].call,
                             0) != 0)
            return FALSE;
    }
    return add_values(filter);
}

static gboolean
filter_calls(GError **error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    gboolean filtered =
        filter != NULL && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
        /* of itself libseccomp ends the one thread, with what it has locked */
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, MUGAI_LOCK_AS_TREE) == 0 &&
        add_rules(filter) && seccomp_load(filter) == 0;

    if (filter != NULL)
        seccomp_release(filter);
    if (!filtered)
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM,
                            "the filter of system calls cannot be loaded");
    return filtered;
}

gboolean
mugai_lock_service(const MugaiLockPath *paths, gsize n_paths, GError **error)
{
    if (MUGAI_WITH_ADDRESS_SANITIZER)
        return TRUE;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot give up new privileges");
        return FALSE;
    }
    return mugai_lock_restrict(paths, n_paths, error) && filter_calls(error);
}
