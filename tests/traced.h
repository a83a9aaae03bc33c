/* traced.h - a writer of one original in a process of its own that is watched, killed, or whose
 * system calls fail; after store_fixture.h */
#pragma once

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

static inline MugaiReceipt *
keep(MugaiStore *store, const MugaiEnvelope *envelope, const char *octets, gsize length,
     GError **error)
{
    g_autoptr(MugaiObject) object = mugai_store_begin(store, envelope, error);

    if (object == NULL || !mugai_object_append(object, octets, length / 2, error) ||
        !mugai_object_append(object, octets + length / 2, length - length / 2, error))
        return NULL;
    return mugai_object_finish(g_steal_pointer(&object), error);
}

static inline MugaiId
keep_or_fail(MugaiStore *store, const char *octets, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(MugaiReceipt) receipt = keep(store, envelope, octets, length, &error);

    cr_assert_not_null(receipt, "%s", error != NULL ? error->message : "");
    return *mugai_receipt_id(receipt);
}

/* --- writers that are watched, killed, or whose system calls fail --- */

typedef struct __ptrace_syscall_info SystemCall;

/* What happens to a traced writer at each stop at a system call; FALSE kills it. */
typedef gboolean (*AtSystemCall)(pid_t child, const SystemCall *call, gpointer data);

static inline void
write_and_exit(MugaiStore *store, const char *octets, gsize length, int times)
{
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    gboolean kept = TRUE;

    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    while (kept && times-- > 0) {
        g_autoptr(MugaiReceipt) receipt = keep(store, envelope, octets, length, NULL);

        kept = receipt != NULL;
    }
    _exit(kept ? 0 : 1);
}

/* Keeps @octets in a process of its own: 0 kept, 1 refused, -1 killed. */
static inline int
keep_traced(const Fixture *fixture, const char *octets, gsize length, int times,
            AtSystemCall at_call, gpointer data)
{
    SystemCall call;
    int status = 0;
    pid_t child = fork();

    cr_assert(child >= 0);
    if (child == 0)
        write_and_exit(fixture->store, octets, length, times);
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while (WIFSTOPPED(status)) {
        ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        waitpid(child, &status, 0);
        if (!WIFSTOPPED(status))
            break;
        cr_assert_gt(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call), 0);
        if (!at_call(child, &call, data)) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline gboolean
count_down(pid_t child, const SystemCall *call, gpointer data)
{
    (void)child, (void)call;
    return --*(guint *)data > 0;
}

/* M: a directory is made, S: synced, W: written, L: linked. */
static inline gboolean
write_down(pid_t child, const SystemCall *call, gpointer data)
{
    GString *trace = data;

    (void)child;
    if (call->op != PTRACE_SYSCALL_INFO_ENTRY)
        return TRUE;
    if (call->entry.nr == SYS_mkdirat)
        g_string_append_c(trace, 'M');
    else if (call->entry.nr == SYS_fsync)
        g_string_append_c(trace, 'S');
    else if (call->entry.nr == SYS_linkat)
        g_string_append_c(trace, 'L');
    else if (call->entry.nr == SYS_write && (trace->len == 0 || trace->str[trace->len - 1] != 'W'))
        g_string_append_c(trace, 'W');
    return TRUE;
}

#ifdef __x86_64__
typedef struct {
    guint nth; /* of the calls below: this one fails */
    guint seen;
    gboolean failing; /* between its entry and its exit */
} Torture;

static inline gboolean
can_fail(guint64 number)
{
    const long numbers[] = {SYS_openat, SYS_mkdirat, SYS_write, SYS_fsync, SYS_linkat, SYS_fstatfs};

    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if ((long)number == numbers[i])
            return TRUE;
    }
    return FALSE;
}

/* Replaces the nth call by none at all and its answer by EIO. */
static inline gboolean
fail_nth(pid_t child, const SystemCall *call, gpointer data)
{
    Torture *torture = data;
    struct user_regs_struct registers;
    gboolean begins = call->op == PTRACE_SYSCALL_INFO_ENTRY && can_fail(call->entry.nr) &&
                      ++torture->seen == torture->nth;

    if (!begins && !torture->failing)
        return TRUE;
    ptrace(PTRACE_GETREGS, child, NULL, &registers);
    if (begins)
        registers.orig_rax = (unsigned long long)-1;
    else
        registers.rax = (unsigned long long)-EIO;
    torture->failing = begins;
    ptrace(PTRACE_SETREGS, child, NULL, &registers);
    return TRUE;
}
#endif
