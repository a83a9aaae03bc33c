/*
 * wire.h - what mugaid and mugai-worker say to each other
 *
 * Down (trusted to worker), over a SOCK_SEQPACKET socket, one GVariant a packet: settings first,
 * one a packet, then jobs, each with two descriptors. Up (hostile), over the job's own stream
 * socket: one octet when the child begins, one header, the report, the payload, end of file.
 */
#pragma once

#include <glib.h>
#include <mugai/id.h>
#include <mugai/policy.h>
#include <mugai/sanitize.h>

G_BEGIN_DECLS

/* The descriptor on which mugai-worker finds the request socket. */
#define MUGAI_WIRE_FD 3

typedef enum {
    MUGAI_JOB_NONE = 0,
    MUGAI_JOB_SANITIZE, /* payload: the candidate */
    MUGAI_JOB_EXTRACT,  /* payload: one decoded part, no report */
} MugaiJobKind;

typedef struct {
    MugaiJobKind kind;
    MugaiId id;               /* SANITIZE */
    MugaiTime received;       /* SANITIZE */
    MugaiTreatment treatment; /* SANITIZE */
    char path[256];           /* EXTRACT */
} MugaiJob;

/* What the parent of the children must know once. */
typedef struct {
    guint children;   /* waiting or working at once, 1 to MUGAI_LIMIT_WORKER_COUNT_MAX */
    guint seconds;    /* wall clock and CPU of one message */
    guint memory_mib; /* address space of one child */
} MugaiWireBounds;

/* Sends the first packets: bounds, and all @settings (of MugaiSettings, one at least) that a
 * treatment may name. SYSTEM. */
gboolean mugai_wire_send_setup(int fd, const GPtrArray *settings, const MugaiWireBounds *bounds,
                               GError **error);
GPtrArray *mugai_wire_receive_setup(int fd, MugaiWireBounds *ret_bounds, GError **error);

/* The parent's answer to the setup, one packet: all is warm, or the reason why not. */
gboolean mugai_wire_send_ready(int fd, const char *failure, GError **error);
/* Waits @seconds at most. WORKER with the reason. */
gboolean mugai_wire_receive_ready(int fd, guint seconds, GError **error);

/* The parent says that a child ended wrongly that waited for a job: nobody else would learn of it.
 * Lost where nobody asks for long. */
void mugai_wire_send_death(int fd);
/* How many it has said since the last time; does not wait. Only after "ready". */
guint mugai_wire_count_deaths(int fd);

/* Sends a job with the descriptors of original and result. SYSTEM (EPIPE: the worker is gone). */
gboolean mugai_wire_send_job(int fd, const MugaiJob *job, int original_fd, int result_fd,
                             GError **error);
/* Waits for a job. FALSE without error at the end of the socket. Descriptors are close-on-exec and
 * the caller's. */
gboolean mugai_wire_receive_job(int fd, MugaiJob *ret_job, int *ret_original_fd, int *ret_result_fd,
                                GError **error);

/* The header of a result: 16 octets, then report_octets of report and payload_octets of payload. */
typedef enum {
    MUGAI_OUTCOME_NONE = 0,
    MUGAI_OUTCOME_DONE,
    MUGAI_OUTCOME_NOT_FOUND, /* EXTRACT: no such part */
} MugaiOutcome;

/* Says that the message is about to be read. A child says so before its first hostile octet, so a
 * socket that ends without it belongs to a message that nobody has read. */
gboolean mugai_wire_send_begun(int fd);

/* Writes a whole result. SYSTEM. @report may be NULL. */
gboolean mugai_wire_send_result(int fd, MugaiOutcome outcome, const MugaiReport *report,
                                const void *payload, gsize payload_octets, GError **error);
/* Reads a whole result, until the monotonic time @deadline (g_get_monotonic_time() microseconds).
 * Strict: WORKER for anything but one well-formed result followed by end of file; LIMIT over
 * @payload_limit; SYSTEM if nobody has read the message. @ret_report gets NULL where the result has
 * none. */
gboolean mugai_wire_receive_result(int fd, gint64 deadline, gsize payload_limit,
                                   MugaiOutcome *ret_outcome, MugaiReport **ret_report,
                                   GBytes **ret_payload, GError **error);

G_END_DECLS
