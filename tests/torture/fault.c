/*
 * fault.c - makes calls of the C library fail, in a program that knows nothing of it (LD_PRELOAD)
 *
 * FAULT_CONTROL names a file that this library and the test both map; faults.py has the same
 * layout. The test arms it: "in processes of this role, of the calls of these groups, the n-th
 * fails, in this way". A counted call that is not the n-th goes through. So one run of a message
 * after the other, n = 1, 2, 3 …, until a run in which nothing was hit, has tried every call there
 * is.
 *
 * Invariants: 1. without FAULT_CONTROL, or unarmed, every call is passed on unchanged;
 *             2. after the start nothing here makes a system call of its own, but to kill: a locked
 *                process may ask for no more than it did before.
 * Limits: calls that the C library makes within itself are not seen (fopen is, its open is not).
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAGIC 0x66617531u
#define GROUPS 32

/* The order of group_names. */
typedef enum {
    OPEN,
    READ,
    WRITE,
    SENDFILE,
    SYNC,
    LINK,
    UNLINK,
    RENAME,
    MKDIR,
    TRUNCATE,
    MEMFD,
    SOCKET,
    SOCKETPAIR,
    SEND,
    RECEIVE,
    ACCEPT,
    POLL,
    PIPE,
    MMAP,
    MALLOC,
    STATVFS,
    STAT,
    DUP,
    SEEK,
    FORK,
    SPAWN,
    PIDFD,
    THREAD,
    WAIT,
} Group;

static const char group_names[GROUPS][16] = {
    "open",  "read",     "write", "sendfile", "sync",       "link", "unlink",  "rename",
    "mkdir", "truncate", "memfd", "socket",   "socketpair", "send", "receive", "accept",
    "poll",  "pipe",     "mmap",  "malloc",   "statvfs",    "stat", "dup",     "seek",
    "fork",  "spawn",    "pidfd", "thread",   "wait",
};

typedef enum {
    ROLE_NONE = 0,
    ROLE_MUGAID,
    ROLE_PARENT, /* of the worker's children */
    ROLE_CHILD,
} Role;

typedef enum {
    KIND_ERROR = 0, /* errno is set, nothing is done */
    KIND_SHORT,     /* half of what was asked for is read or written */
    KIND_KILL,      /* the process dies as of SIGKILL */
    KIND_EXIT,      /* it ends, with success, saying nothing */
} Kind;

typedef enum {
    THREADS_ALL = 0,
    THREADS_BUT_INDEXER,
    THREADS_INDEXER,
} Threads;

typedef struct {
    uint32_t magic; /* written by us: somebody is here */
    uint32_t armed;
    uint32_t role;
    uint32_t groups; /* a bit each */
    uint32_t kind;
    uint32_t error; /* errno */
    uint32_t nth;
    uint32_t persistent; /* all from the n-th on */
    uint32_t threads;
    uint32_t counted;
    uint32_t hits;
    char function[36];       /* the last that was hit */
    uint32_t totals[GROUPS]; /* calls counted while armed */
    char names[GROUPS][16];
} Control;

static Control *control;
static Role role;
static __thread int is_indexer;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* --- the decision --- */

static Role
own_role(void)
{
    if (strcmp(program_invocation_short_name, "mugaid") == 0)
        return ROLE_MUGAID;
    return strcmp(program_invocation_short_name, "mugai-worker") == 0 ? ROLE_PARENT : ROLE_NONE;
}

static void __attribute__((constructor)) start(void)
{
    const char *path = getenv("FAULT_CONTROL");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = MAP_FAILED;

    if (fd < 0)
        return;
    mapped = mmap(NULL, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED)
        return;
    role = own_role();
    memcpy(((Control *)mapped)->names, group_names, sizeof(group_names));
    ((Control *)mapped)->magic = MAGIC;
    control = mapped;
}

static void __attribute__((noreturn)) die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    __builtin_trap(); /* where not even that is allowed */
}

static int
is_meant(Group group)
{
    if (control == NULL || __atomic_load_n(&control->armed, __ATOMIC_ACQUIRE) == 0 ||
        control->role != role)
        return 0;
    if (control->threads != THREADS_ALL && (control->threads == THREADS_INDEXER) != is_indexer)
        return 0;
    __atomic_fetch_add(&control->totals[group], 1, __ATOMIC_RELAXED);
    return (control->groups & 1u << group) != 0;
}

/* Whether this call is to go wrong: errno is set. */
static int
hit(Group group, const char *function)
{
    uint32_t number = 0;

    if (!is_meant(group))
        return 0;
    number = __atomic_add_fetch(&control->counted, 1, __ATOMIC_RELAXED);
    if (number != control->nth && !(control->persistent && number > control->nth))
        return 0;
    strncpy(control->function, function, sizeof(control->function) - 1);
    __atomic_add_fetch(&control->hits, 1, __ATOMIC_RELEASE);
    if (control->kind == KIND_KILL)
        die();
    if (control->kind == KIND_EXIT)
        _exit(EXIT_SUCCESS);
    errno = (int)control->error;
    return 1;
}

/* --- calls --- */

#define REAL(type, name, parameters)                                                               \
    static type(*real) parameters;                                                                 \
    if (real == NULL)                                                                              \
    real = (type(*) parameters)dlsym(RTLD_NEXT, #name)

/* A call that fails by giving @failed. */
#define WRAP(group, type, name, parameters, arguments, failed)                                     \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(type, name, parameters);                                                              \
        if (hit(group, #name))                                                                     \
            return failed;                                                                         \
        return real arguments;                                                                     \
    }

/* One that moves up to `length` octets. */
#define WRAP_TRANSFER(group, name, parameters, arguments)                                          \
    ssize_t name parameters                                                                        \
    {                                                                                              \
        REAL(ssize_t, name, parameters);                                                           \
        if (hit(group, #name)) {                                                                   \
            if (control->kind != KIND_SHORT)                                                       \
                return -1;                                                                         \
            length = length > 1 ? length / 2 : length;                                             \
        }                                                                                          \
        return real arguments;                                                                     \
    }

/* One that opens, with a mode if it makes something. */
#define WRAP_OPEN(name, parameters, arguments)                                                     \
    int name parameters                                                                            \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
        REAL(int, name, parameters);                                                               \
        if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                                                \
            va_list more;                                                                          \
            va_start(more, flags);                                                                 \
            mode = va_arg(more, mode_t);                                                           \
            va_end(more);                                                                          \
        }                                                                                          \
        if (hit(OPEN, #name))                                                                      \
            return -1;                                                                             \
        return real arguments;                                                                     \
    }

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
WRAP_OPEN(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
WRAP(OPEN, FILE *, fopen, (const char *path, const char *how), (path, how), NULL)
WRAP(OPEN, FILE *, fopen64, (const char *path, const char *how), (path, how), NULL)
WRAP(OPEN, DIR *, opendir, (const char *path), (path), NULL)
WRAP(OPEN, DIR *, fdopendir, (int fd), (fd), NULL)

WRAP_TRANSFER(READ, read, (int fd, void *octets, size_t length), (fd, octets, length))
WRAP_TRANSFER(READ, pread, (int fd, void *octets, size_t length, off_t at),
              (fd, octets, length, at))
WRAP_TRANSFER(READ, pread64, (int fd, void *octets, size_t length, off64_t at),
              (fd, octets, length, at))
WRAP_TRANSFER(WRITE, pwrite, (int fd, const void *octets, size_t length, off_t at),
              (fd, octets, length, at))
WRAP_TRANSFER(WRITE, pwrite64, (int fd, const void *octets, size_t length, off64_t at),
              (fd, octets, length, at))
WRAP_TRANSFER(SENDFILE, sendfile, (int to, int from, off_t *at, size_t length),
              (to, from, at, length))
WRAP_TRANSFER(SENDFILE, sendfile64, (int to, int from, off64_t *at, size_t length),
              (to, from, at, length))
WRAP_TRANSFER(SEND, send, (int fd, const void *octets, size_t length, int flags),
              (fd, octets, length, flags))
WRAP_TRANSFER(RECEIVE, recv, (int fd, void *octets, size_t length, int flags),
              (fd, octets, length, flags))

WRAP(SYNC, int, fsync, (int fd), (fd), -1)
WRAP(SYNC, int, fdatasync, (int fd), (fd), -1)
WRAP(LINK, int, link, (const char *from, const char *to), (from, to), -1)
WRAP(LINK, int, linkat, (int at, const char *from, int there, const char *to, int flags),
     (at, from, there, to, flags), -1)
WRAP(UNLINK, int, unlink, (const char *path), (path), -1)
WRAP(UNLINK, int, unlinkat, (int at, const char *path, int flags), (at, path, flags), -1)
WRAP(RENAME, int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(MKDIR, int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(MKDIR, int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), -1)
WRAP(TRUNCATE, int, ftruncate, (int fd, off_t length), (fd, length), -1)
WRAP(TRUNCATE, int, ftruncate64, (int fd, off64_t length), (fd, length), -1)
WRAP(TRUNCATE, int, fallocate64, (int fd, int mode, off64_t from, off64_t length),
     (fd, mode, from, length), -1)
WRAP(MEMFD, int, memfd_create, (const char *name, unsigned int flags), (name, flags), -1)
WRAP(SOCKET, int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(SOCKETPAIR, int, socketpair, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends), -1)
WRAP(RECEIVE, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags),
     -1)
WRAP(ACCEPT, int, accept, (int fd, __SOCKADDR_ARG address, socklen_t *length),
     (fd, address, length), -1)
WRAP(ACCEPT, int, accept4, (int fd, __SOCKADDR_ARG address, socklen_t *length, int flags),
     (fd, address, length, flags), -1)
WRAP(POLL, int, poll, (struct pollfd * waits, nfds_t count, int milliseconds),
     (waits, count, milliseconds), -1)
WRAP(POLL, int, select,
     (int count, fd_set *to_read, fd_set *to_write, fd_set *other, struct timeval *patience),
     (count, to_read, to_write, other, patience), -1)
WRAP(PIPE, int, pipe2, (int ends[2], int flags), (ends, flags), -1)
WRAP(MMAP, void *, mmap, (void *at, size_t length, int access, int flags, int fd, off_t from),
     (at, length, access, flags, fd, from), MAP_FAILED)
WRAP(MMAP, void *, mmap64, (void *at, size_t length, int access, int flags, int fd, off64_t from),
     (at, length, access, flags, fd, from), MAP_FAILED)
WRAP(STATVFS, int, fstatvfs, (int fd, struct statvfs *status), (fd, status), -1)
WRAP(STATVFS, int, fstatvfs64, (int fd, struct statvfs64 *status), (fd, status), -1)
WRAP(STAT, int, stat, (const char *path, struct stat *status), (path, status), -1)
WRAP(STAT, int, stat64, (const char *path, struct stat64 *status), (path, status), -1)
WRAP(STAT, int, fstat, (int fd, struct stat *status), (fd, status), -1)
WRAP(STAT, int, fstat64, (int fd, struct stat64 *status), (fd, status), -1)
WRAP(STAT, int, faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags),
     -1)
WRAP(DUP, int, dup, (int fd), (fd), -1)
WRAP(DUP, int, dup2, (int fd, int to), (fd, to), -1)
WRAP(SEEK, off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence), -1)
WRAP(SEEK, off64_t, lseek64, (int fd, off64_t at, int whence), (fd, at, whence), -1)
WRAP(SPAWN, int, posix_spawn,
     (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]),
     (pid, path, actions, attributes, arguments, environment), errno)
WRAP(PIDFD, int, pidfd_open, (pid_t pid, unsigned int flags), (pid, flags), -1)
WRAP(WAIT, int, waitid, (idtype_t type, id_t id, siginfo_t *status, int options),
     (type, id, status, options), -1)
WRAP(WAIT, pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), -1)

/* --- calls with something of their own --- */

/* What fortified callers use; the wrappers above do the rest. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);
ssize_t __read_chk(int fd, void *octets, size_t length, size_t room);
ssize_t __pread_chk(int fd, void *octets, size_t length, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *octets, size_t length, off64_t at, size_t room);
ssize_t __recv_chk(int fd, void *octets, size_t length, size_t room, int flags);
int __poll_chk(struct pollfd *waits, nfds_t count, int milliseconds, size_t room);

int
__open_2(const char *path, int flags)
{
    return open(path, flags);
}

int
__open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

int
__openat_2(int at, const char *path, int flags)
{
    return openat(at, path, flags);
}

int
__openat64_2(int at, const char *path, int flags)
{
    return openat64(at, path, flags);
}

ssize_t
__read_chk(int fd, void *octets, size_t length, size_t room)
{
    return read(fd, octets, length);
}

ssize_t
__pread_chk(int fd, void *octets, size_t length, off_t at, size_t room)
{
    return pread(fd, octets, length, at);
}

ssize_t
__pread64_chk(int fd, void *octets, size_t length, off64_t at, size_t room)
{
    return pread64(fd, octets, length, at);
}

ssize_t
__recv_chk(int fd, void *octets, size_t length, size_t room, int flags)
{
    return recv(fd, octets, length, flags);
}

int
__poll_chk(struct pollfd *waits, nfds_t count, int milliseconds, size_t room)
{
    return poll(waits, count, milliseconds);
}

/* Streams alone are cut short: a packet goes whole or not at all. A child is not asked which it is,
 * for the lock forbids the question; what it sends goes over a stream. */
static int
is_stream(int fd)
{
    int type = 0;
    socklen_t length = sizeof(type);

    return role == ROLE_CHILD ||
           (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct iovec first = {NULL, 0};
    struct msghdr shorter = *message;
    REAL(ssize_t, sendmsg, (int, const struct msghdr *, int));

    if (!hit(SEND, "sendmsg"))
        return real(fd, message, flags);
    if (control->kind != KIND_SHORT)
        return -1;
    if (message->msg_iovlen == 0 || !is_stream(fd))
        return real(fd, message, flags);
    first = message->msg_iov[0];
    first.iov_len = first.iov_len > 1 ? first.iov_len / 2 : first.iov_len;
    shorter.msg_iov = &first;
    shorter.msg_iovlen = 1;
    return real(fd, &shorter, flags);
}

/* One octet to a pipe of one's own is how threads wake each other; while there is room it cannot
 * fail, and libmilter waits for ever if it does. */
ssize_t
write(int fd, const void *octets, size_t length)
{
    REAL(ssize_t, write, (int, const void *, size_t));

    if ((role == ROLE_MUGAID && length == 1) || !hit(WRITE, "write"))
        return real(fd, octets, length);
    if (control->kind != KIND_SHORT)
        return -1;
    return real(fd, octets, length > 1 ? length / 2 : length);
}

ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    REAL(ssize_t, writev, (int, const struct iovec *, int));

    if (!hit(WRITE, "writev"))
        return real(fd, parts, count);
    if (control->kind != KIND_SHORT || count == 0)
        return -1;
    return write(fd, parts[0].iov_base, (parts[0].iov_len + 1) / 2);
}

pid_t
fork(void)
{
    pid_t pid = -1;
    REAL(pid_t, fork, (void));

    if (hit(FORK, "fork"))
        return -1;
    pid = real();
    if (pid == 0 && role == ROLE_PARENT)
        role = ROLE_CHILD;
    return pid;
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
               void *data)
{
    REAL(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *));

    return hit(THREAD, "pthread_create") ? errno : real(thread, attributes, run, data);
}

/* GLib names its threads; libmilter does not. */
int
pthread_setname_np(pthread_t thread, const char *name)
{
    REAL(int, pthread_setname_np, (pthread_t, const char *));

    is_indexer = is_indexer || strcmp(name, "indexer") == 0;
    return real(thread, name);
}

void *
malloc(size_t length)
{
    return hit(MALLOC, "malloc") ? NULL : __libc_malloc(length);
}

void *
calloc(size_t count, size_t length)
{
    return hit(MALLOC, "calloc") ? NULL : __libc_calloc(count, length);
}

void *
realloc(void *old, size_t length)
{
    return hit(MALLOC, "realloc") ? NULL : __libc_realloc(old, length);
}

void *
aligned_alloc(size_t alignment, size_t length)
{
    return hit(MALLOC, "aligned_alloc") ? NULL : __libc_memalign(alignment, length);
}

int
posix_memalign(void **ret_octets, size_t alignment, size_t length)
{
    if (hit(MALLOC, "posix_memalign"))
        return ENOMEM;
    *ret_octets = __libc_memalign(alignment, length);
    return *ret_octets == NULL ? ENOMEM : 0;
}
