/*
 * test_lock.c - from inside of the lock everything is tried that a hostile process would try
 *
 * Each attempt runs in a process of its own: it locks itself, tries, and says with its exit status
 * whether it was let do what it tried. To be killed by the filter (SIGSYS) and to be refused both
 * count as held.
 */
#include <criterion/criterion.h>
#include <mugai/sandbox.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns TRUE if it could do it. */
typedef gboolean (*Attempt)(void);

static gboolean
could(long result)
{
    return result >= 0;
}

static gboolean
try_open(void)
{
    return could(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static gboolean
try_create(void)
{
    return could(open("/tmp/mugai-test-lock", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static gboolean
try_open_beneath_descriptor(void)
{
    return could(openat(STDIN_FILENO, "passwd", O_RDONLY | O_CLOEXEC));
}

static gboolean
try_openat2(void)
{
    guint64 how[3] = {O_RDONLY, 0, 0};

    return could(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how)));
}

static gboolean
try_stat(void)
{
    struct stat status;

    return could(stat("/etc/passwd", &status));
}

/* The flag is for descriptors, but the kernel takes a path beside it. */
static gboolean
try_stat_beside_descriptors(void)
{
    struct stat status;

    return could(fstatat(AT_FDCWD, "/etc/passwd", &status, AT_EMPTY_PATH));
}

static gboolean
try_unlink(void)
{
    return could(unlink("/tmp/mugai-test-lock-absent")) || errno == ENOENT;
}

static gboolean
try_internet_socket(void)
{
    return could(socket(AF_INET, SOCK_STREAM, 0));
}

static gboolean
try_unix_socket(void)
{
    return could(socket(AF_UNIX, SOCK_STREAM, 0));
}

static gboolean
try_socket_pair(void)
{
    int ends[2];

    return could(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static gboolean
try_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    return could(connect(STDIN_FILENO, (const struct sockaddr *)&address, sizeof(address))) ||
           errno == ENOTSOCK;
}

static gboolean
try_execute(void)
{
    char program[] = "/bin/true";
    char *arguments[] = {program, NULL};

    return could(execv(program, arguments));
}

static gboolean
try_fork(void)
{
    return could(fork());
}

static gboolean
try_thread(void)
{
    return could(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
}

static gboolean
try_signal(void)
{
    return could(kill(getppid(), 0));
}

static gboolean
try_signal_oneself(void)
{
    return could(kill(getpid(), 0));
}

static gboolean
try_trace(void)
{
    return could(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static gboolean
try_map_executable(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static gboolean
try_make_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static gboolean
try_memory_file(void)
{
    return could(memfd_create("x", 0));
}

static gboolean
try_pipe(void)
{
    int ends[2];

    return could(pipe(ends));
}

static gboolean
try_duplicate(void)
{
    return could(dup(STDIN_FILENO));
}

static gboolean
try_receive_descriptor(void)
{
    struct msghdr message = {0};

    return could(recvmsg(STDIN_FILENO, &message, 0)) || errno == ENOTSOCK;
}

/* No larger files: that is allowed, other limits and other processes are not. */
static gboolean
try_limit_another(void)
{
    struct rlimit limit = {0};

    return could(prlimit(getppid(), RLIMIT_FSIZE, &limit, NULL));
}

static gboolean
try_become_dumpable(void)
{
    return could(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static gboolean
try_raise_limit(void)
{
    struct rlimit limit = {0};

    return could(setrlimit(RLIMIT_CORE, &limit));
}

static gboolean
try_io_uring(void)
{
    return could(syscall(SYS_io_uring_setup, 1, NULL)) || errno == EFAULT;
}

static gboolean
try_other_memory(void)
{
    return could(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static gboolean
try_x32(void)
{
    return could(syscall(0x40000000 | SYS_getpid));
}

static const struct {
    const char *name;
    Attempt attempt;
} attempts[] = {
    {"open a file", try_open},
    {"create a file", try_create},
    {"open beneath a descriptor", try_open_beneath_descriptor},
    {"openat2", try_openat2},
    {"look at a path", try_stat},
    {"look at a path as if at a descriptor", try_stat_beside_descriptors},
    {"unlink", try_unlink},
    {"make an internet socket", try_internet_socket},
    {"make a unix socket", try_unix_socket},
    {"make a socket pair", try_socket_pair},
    {"connect", try_connect},
    {"execute a program", try_execute},
    {"fork", try_fork},
    {"clone", try_thread},
    {"signal the parent", try_signal},
    {"signal itself", try_signal_oneself},
    {"be traced", try_trace},
    {"map executable memory", try_map_executable},
    {"make memory executable", try_make_executable},
    {"make a memory file", try_memory_file},
    {"make a pipe", try_pipe},
    {"duplicate a descriptor", try_duplicate},
    {"receive a descriptor", try_receive_descriptor},
    {"become dumpable", try_become_dumpable},
    {"set a limit", try_raise_limit},
    {"set a limit of another process", try_limit_another},
    {"use io_uring", try_io_uring},
    {"read another process", try_other_memory},
    {"call by another numbering", try_x32},
};

/* Runs @attempt in a process of its own; TRUE if it was not let. */
static gboolean
is_held(const MugaiLock *lock, Attempt attempt, gboolean locked)
{
    int status = 0;
    pid_t pid = fork();

    cr_assert_geq(pid, 0);
    if (pid == 0) {
        if (locked && !mugai_lock_apply(lock, NULL))
            _exit(3);
        _exit(attempt() ? 1 : 0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 3, "the lock could not be applied");
    return (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
           (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(lock, I6_nothing_can_be_opened_connected_executed_or_signalled)
{
    g_autoptr(MugaiLock) lock = mugai_lock_new(NULL);

    cr_assert_not_null(lock);
    if (MUGAI_WITH_ADDRESS_SANITIZER) /* not locked there, by contract */
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++)
        cr_expect(is_held(lock, attempts[i].attempt, TRUE), "it could %s", attempts[i].name);
}

/* Or the test above would hold for a lock that is none. */
Test(lock, without_it_the_attempts_succeed)
{
    static const Attempt harmless[] = {try_open,           try_stat,           try_internet_socket,
                                       try_unix_socket,    try_socket_pair,    try_fork,
                                       try_signal_oneself, try_map_executable, try_memory_file,
                                       try_pipe,           try_duplicate};

    for (gsize i = 0; i < G_N_ELEMENTS(harmless); i++)
        cr_expect(!is_held(NULL, harmless[i], FALSE), "attempt %zu fails without a lock", i);
}

static gboolean
work(void)
{
    g_autofree char *memory = g_malloc(8 * 1024 * 1024);
    char octet = 0;

    memset(memory, 1, 8 * 1024 * 1024);
    memory = g_realloc(memory, 16 * 1024 * 1024);
    return read(STDIN_FILENO, &octet, 0) == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) <= 0 &&
           g_get_monotonic_time() > 0 && memory[1] == 1;
}

Test(lock, work_on_what_is_open_goes_on)
{
    g_autoptr(MugaiLock) lock = mugai_lock_new(NULL);

    cr_assert_not_null(lock);
    cr_expect(!is_held(lock, work, TRUE));
}
