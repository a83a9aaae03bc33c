/*
 * approve.h - has a message sanitized by mugai-worker and decided by the guard
 *
 * The client side of the worker. Whatever the worker does, the outcome is a value that the guard
 * has approved: its candidate, or the notice-only message (I1, I4).
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/sanitize.h>

G_BEGIN_DECLS

/* A message the guard has said yes to; made in approve.c alone. Immutable. */
typedef struct MugaiApproved MugaiApproved;
void mugai_approved_free(MugaiApproved *approved);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiApproved, mugai_approved_free)

/* The octets, owned by @approved. */
const char *mugai_approved_octets(const MugaiApproved *approved, gsize *ret_length);
/* SHA-256 of the octets, lower-case hex, owned by @approved. */
const char *mugai_approved_sha256(const MugaiApproved *approved);
/* What the worker said; of a notice-only message: empty but for a warning. */
const MugaiReport *mugai_approved_report(const MugaiApproved *approved);
/* NULL if it is the worker's candidate; of a notice-only message: why ("worker: killed by signal
 * 9"), for the log. */
const char *mugai_approved_failure(const MugaiApproved *approved);
/* Of a notice-only message: the MugaiErrorCode of why. */
gint mugai_approved_failure_code(const MugaiApproved *approved);
/* How long the guard took for these octets. */
gint64 mugai_approved_guard_microseconds(const MugaiApproved *approved);

/* Who it was of a worker that ended. */
typedef enum {
    MUGAI_DEATH_PARENT = 0, /* its children die with it and are not counted beside */
    MUGAI_DEATH_CHILD,
    MUGAI_DEATHS,
} MugaiDeath;

/**
 * MugaiLauncher:
 * What starts mugai-worker and ends it by force. Safe to use from many threads.
 */
typedef struct MugaiLauncher MugaiLauncher;
struct MugaiLauncher {
    /* Starts a worker with the socket @fd, which stays the caller's; its pidfd, and its number for
     * kill. -1: SYSTEM. */
    int (*start)(MugaiLauncher *launcher, int fd, pid_t *ret_pid, GError **error);
    /* Nothing if it has ended. */
    void (*kill)(MugaiLauncher *launcher, pid_t pid);
    /* How many of those it started ended without having been told to, as far as pools have seen it;
     * atomic. */
    gint deaths[MUGAI_DEATHS];
};

/* The program: @config->worker_program, or the one installed with the caller, or the one built
 * beside it. SYSTEM. */
char *mugai_worker_find(const MugaiConfig *config, GError **error);
/* Starts @program as a child that talks on @fd. Started by root it becomes @user before it reads
 * anything, with NULL "nobody". 0 or an errno. */
int mugai_worker_spawn(const char *program, const char *user, int fd, pid_t *ret_pid);

/* A running worker and the settings it was started with. Safe to use from many threads. A worker
 * that died is started anew by the next submit. */
typedef struct MugaiPool MugaiPool;

/* Starts mugai-worker, as a child of the caller. SYSTEM or WORKER if it does not come up. With
 * @config->seal_key everything the pool approves is sealed with that key, which the worker never
 * sees; CONFIG if it is none. */
MugaiPool *mugai_pool_new(const MugaiConfig *config, GError **error);
/* Has it started by @launcher, which outlives the pool. */
MugaiPool *mugai_pool_new_launched(const MugaiConfig *config, MugaiLauncher *launcher,
                                   GError **error);
/* Lets it finish what it has and ends it; tickets must have been collected. */
void mugai_pool_free(MugaiPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiPool, mugai_pool_free)

/* A message under way. */
typedef struct MugaiTicket MugaiTicket;

/* Hands the message in @original_fd (regular file or memfd; only read, at offsets of its own) to
 * the worker and returns at once. @envelope (only read now; NULL: nobody knows it) decides which
 * policy applies. Never fails: what goes wrong shows in collect. */
MugaiTicket *mugai_pool_submit(MugaiPool *pool, int original_fd, const MugaiId *id,
                               MugaiTime received, const MugaiEnvelope *envelope);
/* Waits, bounded by the worker's seconds, and frees @ticket. GUARD if the guard refuses even the
 * notice-only message. While nobody has read the message, so that a later attempt may pass it
 * whole: LIMIT if all children were busy for MUGAI_LIMIT_WORKER_WAIT_SECONDS, SYSTEM or WORKER if
 * no worker can be started. */
MugaiApproved *mugai_ticket_collect(MugaiTicket *ticket, GError **error);
/* Gives up a message. */
void mugai_ticket_cancel(MugaiTicket *ticket);

/* Decoded octets of the leaf @path of the message in @original_fd, written to @out_fd.
 * NOT_FOUND without such a part, WORKER, LIMIT. */
gboolean mugai_pool_extract_part(MugaiPool *pool, int original_fd, const char *path, int out_fd,
                                 GError **error);

G_END_DECLS
