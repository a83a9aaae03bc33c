/* metrics.h - what mugaid has done so far, in numbers that Prometheus reads */
#pragma once

#include <mugai/approve.h>
#include <mugai/report.h>

/* Where a message spends its time. In the order of things, each begins where the one before ends:
 * together they are the whole. */
typedef enum {
    MUGAI_STAGE_RECEIVE = 0, /* from the first field to the end of the data */
    MUGAI_STAGE_STORE,       /* until the original is durable; the worker works meanwhile */
    MUGAI_STAGE_WORKER,      /* what was still to be waited for the worker then */
    MUGAI_STAGE_GUARD,       /* its decision */
    MUGAI_STAGE_REPLACE,     /* handing the new message to the MTA */
    MUGAI_STAGES,
} MugaiStage;

/* "receive", ...: the same word in the log and in the metrics. */
const char *mugai_stage_name(MugaiStage stage);

/* Microseconds of each stage of one message; -1: it did not come to that. */
typedef struct {
    gint64 microseconds[MUGAI_STAGES];
} MugaiTimes;

typedef enum {
    MUGAI_VERDICT_REFUSED = 0,
    MUGAI_VERDICT_NOTICE_ONLY,
    MUGAI_VERDICT_PASSED,
    MUGAI_VERDICTS,
} MugaiVerdict;

const char *mugai_verdict_name(MugaiVerdict verdict);

/* What is known of the store at the moment of asking; the caller's to find out. */
typedef struct {
    guint64 free_octets, min_free_octets;
    gboolean counted; /* whether there is what follows */
    guint64 objects, octets;
    gint64 oldest;     /* unix seconds of its day; 0: no object */
    gint64 counted_at; /* unix seconds */
} MugaiFigures;

/* Counters; adding to them neither locks nor waits. Safe to use from many threads. */
typedef struct MugaiMetrics MugaiMetrics;

/* @started: unix seconds. @launcher, whose deaths are rendered with the rest, outlives the metrics.
 */
MugaiMetrics *mugai_metrics_new(gint64 started, const MugaiLauncher *launcher);
void mugai_metrics_free(MugaiMetrics *metrics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiMetrics, mugai_metrics_free)

/* One message that was answered. @code: the MugaiErrorCode of what went wrong; not read where it
 * has passed. */
void mugai_metrics_add_message(MugaiMetrics *metrics, MugaiVerdict verdict, int code,
                               const MugaiTimes *times);
/* What a message that was accepted was made of, and into how much. */
void mugai_metrics_add_content(MugaiMetrics *metrics, const MugaiReport *report,
                               guint64 original_octets, guint64 output_octets);

/* All of it in Prometheus' text format 0.0.4. Newly allocated; without @figures (NULL) nothing of
 * the store. */
char *mugai_metrics_render(const MugaiMetrics *metrics, const MugaiFigures *figures);
