/*
 * test_lock_service.c - from inside of mugaid's lock everything is tried that somebody who has got
 * hold of the service would try, and everything that serving mail needs
 *
 * Each attempt runs in a process of its own: it locks itself and tries. A system call that is not
 * to be made at all must end the process with SIGSYS; a path out of reach must be refused with
 * EACCES, and the same attempt must succeed without the lock.
 */
#include <criterion/criterion.h>
#include <mugai/sandbox.h>
#include <mugai/store.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
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
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DONE 0
#define REFUSED 1
#define FAILED 2
#define UNLOCKED 3

/* store: to keep; readable: to read; run: to remove from; outside: nothing of all that */
static const char *const directories[] = {"store", "readable", "run", "outside"};
static char *root;

static char *
path_of(const char *name)
{
    return g_build_filename(root, name, NULL);
}

static void
make_file(const char *name)
{
    g_autofree char *path = path_of(name);

    cr_assert(g_file_set_contents(path, "content", -1, NULL));
}

static void
make_directories(void)
{
    g_autofree char *link = NULL;
    g_autofree char *target = NULL;

    root = g_dir_make_tmp("mugai-lock-XXXXXX", NULL);
    cr_assert_not_null(root);
    for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *path = path_of(directories[i]);
        g_autofree char *file = g_build_filename(directories[i], "file", NULL);

        cr_assert_eq(mkdir(path, 0700), 0);
        make_file(file);
    }
    link = path_of("store/way-out");
    target = path_of("outside/file");
    cr_assert_eq(symlink(target, link), 0);
}

/* The service is never root, and what it keeps is its own. */
static void
become_service(void)
{
    g_autoptr(MugaiUser) user = geteuid() == 0 ? mugai_user_find("nobody", NULL) : NULL;

    if (!mugai_sandbox_become(user, MUGAI_GROUPS_NONE, NULL))
        _exit(FAILED);
}

static void
give_to_service(void)
{
    g_autoptr(MugaiUser) user = mugai_user_find("nobody", NULL);

    cr_assert_not_null(user);
    for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *path = path_of(directories[i]);
        g_autofree char *file = g_build_filename(path, "file", NULL);

        cr_assert(chown(path, user->uid, user->gid) == 0 && chown(file, user->uid, user->gid) == 0);
    }
    cr_assert_eq(chown(root, user->uid, user->gid), 0);
}

static void
remove_tree(const char *path)
{
    GDir *opened = g_dir_open(path, 0, NULL);

    for (const char *name = NULL; opened != NULL && (name = g_dir_read_name(opened)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL);

        remove_tree(inner);
    }
    if (opened != NULL)
        g_dir_close(opened);
    g_remove(path);
}

static void
remove_directories(void)
{
    remove_tree(root);
    g_free(root);
}

TestSuite(lock_service, .init = make_directories, .fini = remove_directories);

static gboolean
lock(void)
{
    g_autofree char *store = path_of("store");
    g_autofree char *readable = path_of("readable");
    g_autofree char *run = path_of("run");
    const MugaiLockPath paths[] = {
        {store, MUGAI_LOCK_KEEP},
        {readable, MUGAI_LOCK_READ},
        {run, MUGAI_LOCK_REMOVE},
        {"/dev/urandom", MUGAI_LOCK_READ},
    };

    return mugai_lock_service(paths, G_N_ELEMENTS(paths), NULL);
}

/* How a process ends that tries. */
typedef int (*Attempt)(gconstpointer data);

typedef enum { UNBOUND = 0, LOCKED, AS_SERVICE } Bonds;

static int
run_attempt(Attempt attempt, gconstpointer data, Bonds bonds)
{
    int status = 0;
    pid_t pid = fork();

    cr_assert_geq(pid, 0);
    if (pid == 0) {
        /* Criterion's own handlers are not what is tested. */
        signal(SIGABRT, SIG_DFL);
        if (bonds == AS_SERVICE)
            become_service();
        if (bonds != UNBOUND && !lock())
            _exit(UNLOCKED);
        _exit(attempt(data));
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(!WIFEXITED(status) || WEXITSTATUS(status) != UNLOCKED, "the lock was not applied");
    return status;
}

/* --- system calls that end the process --- */

typedef struct {
    const char *name;
    long number;
    long arguments[6];
} Call;

static const char true_program[] = "/bin/true";

static const Call fatal[] = {
    {"execute a program", SYS_execve, {(long)true_program, 0, 0}},
    {"execute from a descriptor", SYS_execveat, {0, (long)"", 0, 0, AT_EMPTY_PATH}},
    {"fork", SYS_fork, {0}},
    {"fork and share", SYS_vfork, {0}},
    {"clone a process", SYS_clone, {SIGCHLD}},
    {"clone into a namespace", SYS_clone, {CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNET}},
    {"make an internet socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"make an internet datagram socket", SYS_socket, {AF_INET6, SOCK_DGRAM, 0}},
    {"make a raw socket", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
    {"make a netlink socket", SYS_socket, {AF_NETLINK, SOCK_DGRAM, 0}},
    {"make a unix stream", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"make a unix packet socket", SYS_socket, {AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0}},
    {"make an internet pair", SYS_socketpair, {AF_INET, SOCK_STREAM, 0, 0}},
    {"bind a socket", SYS_bind, {0, 0, 0}},
    {"listen", SYS_listen, {0, 1}},
    {"trace itself", SYS_ptrace, {PTRACE_TRACEME, 0, 0, 0}},
    {"trace another", SYS_ptrace, {PTRACE_ATTACH, 1, 0, 0}},
    {"signal another", SYS_kill, {1, 0}},
    {"signal its group", SYS_kill, {0, 0}},
    {"signal another's thread", SYS_tgkill, {1, 1, 0}},
    {"signal a thread", SYS_tkill, {1, 0}},
    {"queue a signal", SYS_rt_sigqueueinfo, {1, 0, 0}},
    {"watch another", SYS_pidfd_open, {1, 0}},
    {"signal by descriptor", SYS_pidfd_send_signal, {0, 0, 0, 0}},
    {"take a descriptor", SYS_pidfd_getfd, {0, 0, 0}},
    {"read another's memory", SYS_process_vm_readv, {1, 0, 0, 0, 0, 0}},
    {"write another's memory", SYS_process_vm_writev, {1, 0, 0, 0, 0, 0}},
    {"map memory to execute",
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"make memory executable", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}},
    {"make keyed memory executable", SYS_pkey_mprotect, {0, 4096, PROT_EXEC, -1}},
    {"share memory", SYS_shmget, {0, 4096, 0}},
    {"change a file's mode", SYS_chmod, {(long)"/", 0}},
    {"change a mode beneath", SYS_fchmodat, {AT_FDCWD, (long)"/", 0}},
    {"change a file's owner", SYS_chown, {(long)"/", 0, 0}},
    {"change an owner beneath", SYS_fchownat, {AT_FDCWD, (long)"/", 0, 0, 0}},
    {"change a file's times", SYS_utimensat, {AT_FDCWD, (long)"/", 0, 0}},
    {"set an attribute", SYS_setxattr, {0, 0, 0, 0, 0}},
    {"truncate by path", SYS_truncate, {0, 0}},
    {"make a device", SYS_mknod, {0, 0, 0}},
    {"make a symbolic link", SYS_symlink, {(long)"/etc/passwd", (long)"x"}},
    {"make a symbolic link beneath", SYS_symlinkat, {0, AT_FDCWD, 0}},
    {"open by handle", SYS_open_by_handle_at, {AT_FDCWD, 0, 0}},
    {"open with another call", SYS_openat2, {AT_FDCWD, 0, 0, 0}},
    {"become a user", SYS_setuid, {0}},
    {"become three users", SYS_setresuid, {0, 0, 0}},
    {"become a user for files", SYS_setfsuid, {0}},
    {"become a group", SYS_setresgid, {0, 0, 0}},
    {"join groups", SYS_setgroups, {0, 0}},
    {"set capabilities", SYS_capset, {0, 0}},
    {"become dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}},
    {"forget who it dies with", SYS_prctl, {PR_SET_PDEATHSIG, 0, 0, 0, 0}},
    {"set another filter", SYS_seccomp, {0, 0, 0}},
    {"set other rules", SYS_landlock_create_ruleset, {0, 0, LANDLOCK_CREATE_RULESET_VERSION}},
    {"set a limit", SYS_setrlimit, {RLIMIT_CORE, 0}},
    {"set another's limit", SYS_prlimit64, {1, RLIMIT_CORE, 0, 0}},
    {"mount", SYS_mount, {0, 0, 0, 0, 0}},
    {"unmount", SYS_umount2, {0, 0}},
    {"open a tree", SYS_open_tree, {0, 0, 0}},
    {"change its root", SYS_chroot, {(long)"/"}},
    {"swap roots", SYS_pivot_root, {0, 0}},
    {"leave a namespace", SYS_unshare, {CLONE_NEWUSER}},
    {"enter a namespace", SYS_setns, {0, 0}},
    {"use io_uring", SYS_io_uring_setup, {1, 0}},
    {"use asynchronous I/O", SYS_io_setup, {1, 0}},
    {"handle page faults", SYS_userfaultfd, {0}},
    {"load a program into the kernel", SYS_bpf, {0, 0, 0}},
    {"measure others", SYS_perf_event_open, {0, 0, 0, 0, 0}},
    {"use keys", SYS_keyctl, {0, 0, 0, 0, 0}},
    {"add a key", SYS_add_key, {0, 0, 0, 0, 0}},
    {"load a module", SYS_init_module, {0, 0, 0}},
    {"load a module from a file", SYS_finit_module, {0, 0, 0}},
    {"load a kernel", SYS_kexec_load, {0, 0, 0, 0}},
    {"restart the machine", SYS_reboot, {0, 0, 0, 0}},
    {"set the clock", SYS_clock_settime, {CLOCK_REALTIME, 0}},
    {"name the host", SYS_sethostname, {0, 0}},
    {"read the kernel's log", SYS_syslog, {10, 0, 0}},
    {"use ports", SYS_iopl, {3}},
    {"be another kind of Linux", SYS_personality, {0}},
    {"own a descriptor's signals", SYS_fcntl, {0, F_SETOWN, 1}},
    {"choose a descriptor's signal", SYS_fcntl, {0, F_SETSIG, SIGKILL}},
    {"call by another numbering", 0x40000000 | SYS_getpid, {0}},
};

static int
make_call(gconstpointer data)
{
    const Call *call = data;
    const long *at = call->arguments;

    (void)syscall(call->number, at[0], at[1], at[2], at[3], at[4], at[5]);
    return DONE;
}

Test(lock_service, I6_what_serving_mail_does_not_need_ends_the_service)
{
    if (MUGAI_WITH_ADDRESS_SANITIZER) /* not locked there, by contract */
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(fatal); i++) {
        int status = run_attempt(make_call, &fatal[i], LOCKED);

        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "it could %s: %x",
                  fatal[i].name, (guint)status);
    }
}

static gpointer
call_by_another_numbering(gpointer unused)
{
    (void)syscall(0x40000000 | SYS_getpid);
    return unused;
}

static int
call_from_a_thread(gconstpointer unused)
{
    g_thread_join(g_thread_new("another", call_by_another_numbering, NULL));
    return DONE;
}

Test(lock_service, I6_what_one_thread_does_ends_them_all)
{
    int status = 0;

    if (MUGAI_WITH_ADDRESS_SANITIZER)
        return;
    status = run_attempt(call_from_a_thread, NULL, TRUE);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%x", (guint)status);
}

/* --- paths out of reach --- */

/* Two paths below the directory of the test, and an answer. */
typedef struct {
    const char *name;
    gboolean (*try)(const char *from, const char *to);
    const char *from;
    const char *to;
} Path;

static gboolean
opened(int fd)
{
    return fd >= 0;
}

static gboolean
try_read(const char *from, const char *to)
{
    return opened(open(from, O_RDONLY | O_CLOEXEC));
}

static gboolean
try_list(const char *from, const char *to)
{
    return opened(open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static gboolean
try_write(const char *from, const char *to)
{
    return opened(open(from, O_WRONLY | O_CLOEXEC));
}

static gboolean
try_create(const char *from, const char *to)
{
    return opened(open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static gboolean
try_unnamed(const char *from, const char *to)
{
    return opened(open(from, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static gboolean
try_unlink(const char *from, const char *to)
{
    return unlink(from) == 0;
}

static gboolean
try_make_directory(const char *from, const char *to)
{
    return mkdir(from, 0700) == 0;
}

static gboolean
try_remove_directory(const char *from, const char *to)
{
    return unlinkat(AT_FDCWD, from, AT_REMOVEDIR) == 0;
}

static gboolean
try_rename(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

static gboolean
try_link(const char *from, const char *to)
{
    return link(from, to) == 0;
}

static const Path out_of_reach[] = {
    {"read a file", try_read, "outside/file", NULL},
    {"read a file of the system", try_read, "/etc/passwd", NULL},
    {"read another process", try_read, "/proc/1/status", NULL},
    {"read through a link in the store", try_read, "store/way-out", NULL},
    {"write through a link in the store", try_write, "store/way-out", NULL},
    {"read by way of ..", try_read, "store/../outside/file", NULL},
    {"list a directory", try_list, "outside", NULL},
    {"list the root", try_list, "/", NULL},
    {"read beside the socket", try_read, "run/file", NULL},
    {"write beside the socket", try_write, "run/file", NULL},
    {"create beside the socket", try_create, "run/new", NULL},
    {"write a file", try_write, "outside/file", NULL},
    {"write what is to be read", try_write, "readable/file", NULL},
    {"create in what is to be read", try_create, "readable/new", NULL},
    {"create a file", try_create, "outside/new", NULL},
    {"create a file without a name", try_unnamed, "outside", NULL},
    {"remove a file", try_unlink, "outside/file", NULL},
    {"remove what is to be read", try_unlink, "readable/file", NULL},
    {"make a directory", try_make_directory, "outside/new", NULL},
    {"rename out of the store", try_rename, "store/file", "outside/new"},
    {"rename into the store", try_rename, "outside/file", "store/new"},
    {"link out of the store", try_link, "store/file", "outside/new"},
    {"link into the store", try_link, "outside/file", "store/new"},
    {"remove a directory of the store", try_remove_directory, "store/empty", NULL},
};

static int
try_path(gconstpointer data)
{
    const Path *path = data;
    g_autofree char *from = path->from[0] == '/' ? g_strdup(path->from) : path_of(path->from);
    g_autofree char *to = path->to != NULL ? path_of(path->to) : NULL;

    if (path->try(from, to))
        return DONE;
    /* EXDEV: what Landlock says to another directory. */
    return errno == EACCES || errno == EXDEV ? REFUSED : FAILED;
}

static void
expect_ending(const Path *path, Bonds bonds, int ending)
{
    int status = 0;

    make_file("store/file");
    make_file("outside/file");
    make_file("readable/file");
    status = run_attempt(try_path, path, bonds);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == ending, "%s, locked %d: %x", path->name,
              bonds == LOCKED, (guint)status);
}

Test(lock_service, I6_no_path_but_the_named_ones_is_in_reach)
{
    g_autofree char *empty = path_of("store/empty");

    if (MUGAI_WITH_ADDRESS_SANITIZER)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(out_of_reach); i++) {
        g_mkdir(empty, 0700);
        expect_ending(&out_of_reach[i], LOCKED, REFUSED);
        /* Or the refusal would not be the lock's. */
        expect_ending(&out_of_reach[i], UNBOUND, DONE);
        for (gsize j = 0; j < G_N_ELEMENTS(directories); j++) {
            g_autofree char *made = g_build_filename(root, directories[j], "new", NULL);

            g_remove(made);
        }
    }
}

static int
reconnect(gconstpointer data)
{
    int fd = *(const int *)data;
    struct sockaddr_in address = {.sin_family = AF_UNSPEC};

    (void)connect(fd, (struct sockaddr *)&address, sizeof(address));
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = GUINT16_TO_BE(9)};
    address.sin_addr.s_addr = GUINT32_TO_BE(INADDR_LOOPBACK);
    (void)connect(fd, (struct sockaddr *)&address, sizeof(address));
    return errno == EACCES ? REFUSED : DONE;
}

Test(lock_service, I6_a_connection_of_the_milter_cannot_be_made_to_go_elsewhere)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = 0;

    if (MUGAI_WITH_ADDRESS_SANITIZER ||
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 4)
        return;
    status = run_attempt(reconnect, &fd, UNBOUND);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
    status = run_attempt(reconnect, &fd, LOCKED);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED);
}

/* --- what serving mail needs --- */

static int
keep_a_file(gconstpointer data)
{
    g_autofree char *store = path_of("store");
    g_autofree char *day = path_of("store/2026");
    g_autofree char *linked = path_of("store/2026/object");
    g_autofree char *renamed = path_of("store/2026/renamed");
    g_autofree char *unnamed = NULL;
    char octets[4] = "";
    int directory = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = -1;
    int again = -1;

    if (directory < 0 || mkdirat(directory, "2026", 0700) != 0 || fsync(directory) != 0)
        return FAILED;
    file = openat(directory, "2026", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    unnamed = g_strdup_printf("/proc/self/fd/%d", file);
    if (file < 0 || write(file, "abc", 3) != 3 || ftruncate(file, 3) != 0 || fsync(file) != 0 ||
        linkat(AT_FDCWD, unnamed, AT_FDCWD, linked, AT_SYMLINK_FOLLOW) != 0 ||
        rename(linked, renamed) != 0)
        return FAILED;
    again = open(unnamed, O_RDONLY | O_CLOEXEC);
    if (again < 0 || read(again, octets, sizeof(octets)) != 3 || strcmp(octets, "abc") != 0 ||
        unlink(renamed) != 0)
        return FAILED;
    return g_file_test(day, G_FILE_TEST_IS_DIR) ? DONE : FAILED;
}

static int
use_the_index(gconstpointer data)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    g_autoptr(MugaiStore) store = NULL;
    g_autoptr(MugaiIndex) index = NULL;
    const MugaiId id = {"20261120-ABCDE-FGHJK"};

    g_free(config->store_path);
    config->store_path = path_of("store");
    store = mugai_store_open(config, NULL);
    index = store != NULL ? mugai_index_open(store, TRUE, NULL) : NULL;
    return index != NULL && !mugai_index_has(index, &id) ? DONE : FAILED;
}

static int
read_and_remove(gconstpointer data)
{
    g_autofree char *readable = path_of("readable/file");
    g_autofree char *socket_file = path_of("run/file");
    g_autofree char *contents = NULL;

    return g_file_get_contents(readable, &contents, NULL, NULL) && unlink(socket_file) == 0
               ? DONE
               : FAILED;
}

static int
spool_in_memory(gconstpointer data)
{
    int memory = memfd_create("message", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", memory);
    char octet = 0;
    int again = -1;

    if (memory < 0 || write(memory, "x", 1) != 1)
        return FAILED;
    again = open(path, O_RDONLY | O_CLOEXEC);
    return again >= 0 && read(again, &octet, 1) == 1 ? DONE : FAILED;
}

static gpointer
count_in_thread(gpointer data)
{
    g_autofree char *memory = g_malloc(8 * 1024 * 1024);

    memset(memory, 1, 8 * 1024 * 1024);
    return GINT_TO_POINTER(memory[4096]);
}

static int
run_threads(gconstpointer data)
{
    GThread *threads[8];
    gint sum = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("thread", count_in_thread, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        sum += GPOINTER_TO_INT(g_thread_join(threads[i]));
    g_usleep(1);
    return sum == (gint)G_N_ELEMENTS(threads) && g_get_real_time() > 0 ? DONE : FAILED;
}

static int
write_the_log(gconstpointer data)
{
    /* Whether there is a log or not: it is looked for anew. */
    openlog("test_lock_service", LOG_NDELAY, LOG_MAIL);
    syslog(LOG_DEBUG, "a line");
    closelog();
    syslog(LOG_DEBUG, "another line");
    return DONE;
}

static int
talk(gconstpointer data)
{
    int ends[2];
    char octet = 0;

    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
                   send(ends[0], "x", 1, MSG_NOSIGNAL) == 1 && recv(ends[1], &octet, 1, 0) == 1
               ? DONE
               : FAILED;
}

Test(lock_service, what_serving_mail_needs_goes_on)
{
    const struct {
        const char *name;
        Attempt attempt;
    } needed[] = {{"keep a file", keep_a_file},
                  {"use the index", use_the_index},
                  {"read and remove", read_and_remove},
                  {"spool in memory", spool_in_memory},
                  {"run threads", run_threads},
                  {"write the log", write_the_log},
                  {"talk", talk}};

    if (geteuid() == 0)
        give_to_service();
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        int status = run_attempt(needed[i].attempt, NULL, AS_SERVICE);

        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == DONE, "cannot %s: %x", needed[i].name,
                  (guint)status);
    }
}

static int
find_a_bug(gconstpointer data)
{
    abort();
}

Test(lock_service, a_bug_of_our_own_ends_as_one)
{
    int status = run_attempt(find_a_bug, NULL, LOCKED);

    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%x", (guint)status);
}

Test(lock_service, a_path_that_is_not_there_is_an_error)
{
    g_autofree char *absent = path_of("absent");
    const MugaiLockPath paths[] = {{absent, MUGAI_LOCK_READ}};
    g_autoptr(GError) error = NULL;

    if (MUGAI_WITH_ADDRESS_SANITIZER)
        return;
    cr_expect_not(mugai_lock_service(paths, 1, &error));
    cr_expect_not_null(strstr(error->message, absent));
}
