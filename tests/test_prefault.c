/* test_prefault.c - what a child has before it needs it, counted by the kernel */
#include "../src/worker/prefault.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define WRITTEN 64
#define READ 48 /* of a file, each in a window of its own */
#define WINDOW (16 * PAGE)

static char *memory;         /* written to by the parent, so that a child has it to copy */
static const char *contents; /* of a file */

static void
make_pages(void)
{
    char name[] = "/tmp/prefault.XXXXXX";
    int file = mkstemp(name);

    cr_assert_geq(file, 0);
    unlink(name);
    cr_assert_eq(ftruncate(file, READ * WINDOW), 0);
    for (off_t at = 0; at < READ * WINDOW; at += PAGE)
        cr_assert_eq(pwrite(file, "x", 1, at), 1);
    contents = mmap(NULL, READ * WINDOW, PROT_READ, MAP_PRIVATE, file, 0);
    memory =
        mmap(NULL, 2 * WRITTEN * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(contents != MAP_FAILED && memory != MAP_FAILED);
    cr_assert_eq(madvise(memory, 2 * WRITTEN * PAGE, MADV_NOHUGEPAGE), 0);
    for (int i = 0; i < 2 * WRITTEN; i++)
        memory[i * PAGE] = 1;
    close(file);
}

/* Every second page is written to, every window read; a sanitizer would look elsewhere before. */
__attribute__((no_sanitize("address"))) static void
work(void)
{
    volatile char sum = 0;

    for (int i = 0; i < WRITTEN; i++)
        memory[2 * i * PAGE]++;
    for (int i = 0; i < READ; i++)
        sum = (char)(sum + contents[i * WINDOW]);
}

static long
count_faults(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

/* Traps that working costs a child, at most 255. */
static int
measure_child(const MugaiPrefault *prefault)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        long before = 0;

        if (prefault != NULL)
            mugai_prefault_apply(prefault);
        (void)count_faults(); /* its own */
        before = count_faults();
        work();
        _exit((int)MIN(count_faults() - before, 255));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

Test(prefault, what_was_learned_costs_no_trap_later)
{
    g_autoptr(MugaiPrefault) prefault = NULL;

    make_pages();
    cr_assert_geq(measure_child(NULL), WRITTEN + READ);
    prefault = mugai_prefault_learn(work);
    cr_assert_leq(measure_child(prefault), 8);
}

static void
touch_nothing(void)
{
}

/* What nobody touches is not copied: of the pages between those that are written to, none. */
Test(prefault, no_more_is_had_than_was_touched)
{
    g_autoptr(MugaiPrefault) without = mugai_prefault_learn(touch_nothing);
    g_autoptr(MugaiPrefault) with = NULL;
    gsize more = 0;

    make_pages();
    with = mugai_prefault_learn(work);
    more = mugai_prefault_count(with) - mugai_prefault_count(without);
    /* A window may be shared with a neighbour, a stack reach farther, a sanitizer note something.
     */
    cr_assert_geq(more, WRITTEN + READ - 4, "%zu", more);
    cr_assert_leq(more, WRITTEN + READ + WRITTEN / 2, "%zu", more);
}

static void
fail(void)
{
    work();
    abort();
}

Test(prefault, a_rehearsal_that_fails_teaches_nothing)
{
    g_autoptr(MugaiPrefault) prefault = NULL;

    make_pages();
    prefault = mugai_prefault_learn(fail);
    cr_assert_eq(mugai_prefault_count(prefault), 0);
    cr_assert_geq(measure_child(prefault), WRITTEN + READ); /* and nothing else happens */
}

/* What was learned of pages that have gone meanwhile. */
Test(prefault, what_has_gone_is_passed_over)
{
    g_autoptr(MugaiPrefault) prefault = NULL;

    make_pages();
    prefault = mugai_prefault_learn(work);
    munmap(memory, 2 * WRITTEN * PAGE);
    mugai_prefault_apply(prefault);
}
