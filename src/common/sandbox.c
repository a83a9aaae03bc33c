/*
 * sandbox.c - gives up what a process will not need again
 *
 * What rlimits and prctl can take away from a child that is about to read a message; users and
 * capabilities are user.c's, files and system calls those of the two locks.
 *
 * Limits: RLIMIT_NPROC does not bind a process with CAP_SYS_RESOURCE. AddressSanitizer reserves
 *         terabytes of address space, so a build with it goes without the memory limit.
 */
#include <mugai/sandbox.h>

#include <mugai/error.h>

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define OCTETS_PER_MIB (1024u * 1024u)

/* Sets soft and hard limit to @value, or to the hard limit in force where that is lower still. */
static gboolean
set_limit(__rlimit_resource_t resource, const char *name, rlim_t value, GError **error)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) == 0) {
        limit.rlim_max = MIN(limit.rlim_max, value);
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(resource, &limit) == 0)
            return TRUE;
    }
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "cannot set the limit %s", name);
    return FALSE;
}

static gboolean
set_process_flags(GError **error)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        return TRUE;
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM,
                          "cannot give up core dumps and new privileges");
    return FALSE;
}

gboolean
mugai_sandbox_limit(guint seconds, guint memory_mib, guint descriptors, GError **error)
{
    rlim_t memory =
        MUGAI_WITH_ADDRESS_SANITIZER ? RLIM_INFINITY : (rlim_t)memory_mib * OCTETS_PER_MIB;

    return set_process_flags(error) && set_limit(RLIMIT_CORE, "CORE", 0, error) &&
           set_limit(RLIMIT_CPU, "CPU", seconds, error) &&
           set_limit(RLIMIT_AS, "AS", memory, error) &&
           set_limit(RLIMIT_NPROC, "NPROC", 0, error) &&
           set_limit(RLIMIT_NOFILE, "NOFILE", descriptors, error);
}

gboolean
mugai_sandbox_limit_files(guint64 octets, GError **error)
{
    return set_limit(RLIMIT_FSIZE, "FSIZE", octets, error);
}
