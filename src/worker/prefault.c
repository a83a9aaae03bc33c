/*
 * prefault.c - the pages that a message will touch, had before it comes
 *
 *      parent:  maps -> fork ----------------------------> read, wait
 *      scout:           rehearse -> which pages are there now? -> write
 *
 * The kernel says of each page whether it is there (Documentation/admin-guide/mm/pagemap.rst). In
 * the scout a page of a file is there if it was read since the fork, and a page of memory is its
 * own alone if it was written to since.
 *
 * Trust: the scout has seen our own rehearsal and no message. What it says is copied: nothing is
 *         shared with the children that come later.
 */
#include "prefault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_OCTETS 4096u
/* So much of a file the kernel maps at once around a page that is read (fault_around_bytes). */
#define WINDOW_OCTETS 65536u
#define ENTRY_PRESENT (G_GUINT64_CONSTANT(1) << 63)
#define ENTRY_FILE (G_GUINT64_CONSTANT(1) << 61)
#define ENTRY_EXCLUSIVE (G_GUINT64_CONSTANT(1) << 56)
/* Entries read at once. */
#define ENTRIES 512u
/* What is larger is no library and no heap of ours: the shadow memory of a sanitizer. */
#define MAPPING_OCTETS_MAX (256u * 1024u * 1024u)
/* They fit a pipe, so that the scout never waits. */
#define RANGES_MAX 1024u

typedef struct {
    guintptr start;
    guint32 octets;
    gint32 advice;
} Range;

G_STATIC_ASSERT(sizeof(Range) * RANGES_MAX <= 65536);

struct MugaiPrefault {
    GArray *ranges; /* of Range */
};

/* --- the scout --- */

/* Whether @last has @page already, or comes to have it. */
static gboolean
covers(Range *last, guintptr page, gint32 advice)
{
    if (last->advice != advice)
        return FALSE;
    if (advice == MADV_POPULATE_READ)
        return last->start / WINDOW_OCTETS == page / WINDOW_OCTETS;
    if (last->start + last->octets != page)
        return FALSE;
    last->octets += PAGE_OCTETS;
    return TRUE;
}

static void
note(GArray *ranges, guintptr page, gint32 advice)
{
    const Range range = {.start = page, .octets = PAGE_OCTETS, .advice = advice};

    if ((ranges->len == 0 ||
         !covers(&g_array_index(ranges, Range, ranges->len - 1), page, advice)) &&
        ranges->len < RANGES_MAX)
        g_array_append_val(ranges, range);
}

static void
note_page(GArray *ranges, guintptr page, gboolean writable, guint64 entry)
{
    if ((entry & ENTRY_PRESENT) == 0)
        return;
    if ((entry & ENTRY_FILE) != 0 && !writable)
        note(ranges, page, MADV_POPULATE_READ);
    else if ((entry & ENTRY_FILE) == 0 && (entry & ENTRY_EXCLUSIVE) != 0 && writable)
        note(ranges, page, MADV_POPULATE_WRITE);
}

static void
scan_mapping(GArray *ranges, int pagemap, guintptr start, guintptr end, gboolean writable)
{
    guint64 entries[ENTRIES];

    while (start < end) {
        gsize wanted = MIN((end - start) / PAGE_OCTETS, ENTRIES);
        gssize got = pread(pagemap, entries, wanted * sizeof entries[0],
                           (off_t)(start / PAGE_OCTETS * sizeof entries[0]));

        if (got < (gssize)sizeof entries[0])
            return;
        for (gsize i = 0; i < (gsize)got / sizeof entries[0]; i++, start += PAGE_OCTETS)
            note_page(ranges, start, writable, entries[i]);
    }
}

/* @maps: those of the parent: what is mapped later is nothing that a child begins with. */
static void
scan_all(GArray *ranges, char **maps)
{
    int pagemap = -1;

    /* For this moment its own /proc is its own again. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    for (gsize i = 0; pagemap >= 0 && maps[i] != NULL; i++) {
        unsigned long start = 0;
        unsigned long end = 0;
        char rights[5] = "";

        if (sscanf(maps[i], "%lx-%lx %4s", &start, &end, rights) == 3 && rights[3] == 'p' &&
            rights[0] == 'r' && end - start <= MAPPING_OCTETS_MAX)
            scan_mapping(ranges, pagemap, start, end, rights[1] == 'w');
    }
}

static void G_GNUC_NORETURN
run_scout(void (*rehearse)(void), GArray *ranges, char **maps, int fd)
{
    gsize octets = 0;

    rehearse();
    scan_all(ranges, maps);
    octets = ranges->len * sizeof(Range);
    _exit(write(fd, ranges->data, octets) == (gssize)octets ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --- the parent --- */

/* All that the scout writes, and its end. One that fails writes nothing. */
static void
read_scout(GArray *ranges, int fd, pid_t scout)
{
    Range range;

    while (TEMP_FAILURE_RETRY(read(fd, &range, sizeof range)) == sizeof range)
        g_array_append_val(ranges, range);
    (void)TEMP_FAILURE_RETRY(waitpid(scout, NULL, 0));
}

MugaiPrefault *
mugai_prefault_learn(void (*rehearse)(void))
{
    MugaiPrefault *prefault = g_new0(MugaiPrefault, 1);
    g_autofree char *text = NULL;
    g_auto(GStrv) maps = NULL;
    int ends[2] = {-1, -1};
    pid_t scout = -1;

    prefault->ranges = g_array_sized_new(FALSE, FALSE, sizeof(Range), RANGES_MAX);
    if (sysconf(_SC_PAGESIZE) != PAGE_OCTETS ||
        !g_file_get_contents("/proc/self/maps", &text, NULL, NULL) || pipe2(ends, O_CLOEXEC) != 0)
        return prefault;
    maps = g_strsplit(text, "\n", -1);
    scout = fork();
    if (scout == 0)
        run_scout(rehearse, prefault->ranges, maps, ends[1]);
    close(ends[1]);
    if (scout > 0)
        read_scout(prefault->ranges, ends[0], scout);
    close(ends[0]);
    return prefault;
}

void
mugai_prefault_free(MugaiPrefault *prefault)
{
    if (prefault == NULL)
        return;
    g_array_unref(prefault->ranges);
    g_free(prefault);
}

gsize
mugai_prefault_count(const MugaiPrefault *prefault)
{
    gsize octets = 0;

    for (guint i = 0; i < prefault->ranges->len; i++)
        octets += g_array_index(prefault->ranges, Range, i).octets;
    return octets / PAGE_OCTETS;
}

void
mugai_prefault_apply(const MugaiPrefault *prefault)
{
    for (guint i = 0; i < prefault->ranges->len; i++) {
        const Range *range = &g_array_index(prefault->ranges, Range, i);

        /* What cannot be had is had when it is touched. */
        (void)madvise((void *)range->start, range->octets, range->advice);
    }
}
