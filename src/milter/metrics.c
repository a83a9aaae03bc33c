/*
 * metrics.c - what mugaid has done so far, in numbers that Prometheus reads
 *
 * Every number is an atomic counter of its own, so a message costs a few additions and no lock.
 * What is rendered while messages are answered may have one counter a message ahead of another.
 *
 * Invariants: 1. labels are words of this file: nothing of a message becomes a name, so the number
 *                of series is fixed;
 *             2. a series is there from the start, with 0: an alert on its growth sees the first;
 *             3. the count of a histogram is the sum of its buckets, at any time.
 */
#include "metrics.h"

#include <mugai/error.h>
#include <mugai/media.h>

#include <stdatomic.h>

/* A microsecond of the guard to the longest that a worker may take. */
static const struct {
    gint64 microseconds;
    const char *seconds;
} buckets[] = {
    {100, "0.0001"},  {500, "0.0005"},  {1000, "0.001"},      {2500, "0.0025"}, {5000, "0.005"},
    {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},      {100000, "0.1"},  {250000, "0.25"},
    {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"},     {5000000, "5"},   {10000000, "10"},
    {30000000, "30"}, {60000000, "60"}, {G_MAXINT64, "+Inf"},
};

/* Why a message did not pass as it should have. The last one takes every other code. */
static const struct {
    int code;
    const char *name;
} causes[] = {
    {MUGAI_ERROR_FULL, "store-full"}, {MUGAI_ERROR_WORKER, "worker"},
    {MUGAI_ERROR_GUARD, "guard"},     {MUGAI_ERROR_LIMIT, "limit"},
    {MUGAI_ERROR_SIZE, "size"},       {MUGAI_ERROR_MALFORMED, "malformed"},
    {MUGAI_ERROR_SYSTEM, "system"},
};

#define BUCKETS G_N_ELEMENTS(buckets)
#define CAUSES G_N_ELEMENTS(causes)
#define DISPOSITIONS (MUGAI_KEPT + 1)

typedef _Atomic guint64 Counter;

typedef struct {
    Counter in_bucket[BUCKETS]; /* each observation in one */
    Counter microseconds;
} Histogram;

struct MugaiMetrics {
    gint64 started;
    const MugaiLauncher *launcher;
    Counter messages[MUGAI_VERDICTS];
    Counter failures[MUGAI_VERDICTS][CAUSES];
    Counter parts[DISPOSITIONS];
    Counter filtered[MUGAI_FILTERS]; /* parts that are shown */
    Counter ambiguities, warnings;
    Counter original_octets, output_octets;
    Histogram stages[MUGAI_STAGES];
};

const char *
mugai_stage_name(MugaiStage stage)
{
    static const char *const names[MUGAI_STAGES] = {"receive", "store", "worker", "guard",
                                                    "replace"};

    return names[stage];
}

const char *
mugai_verdict_name(MugaiVerdict verdict)
{
    static const char *const names[MUGAI_VERDICTS] = {"refused", "notice-only", "passed"};

    return names[verdict];
}

MugaiMetrics *
mugai_metrics_new(gint64 started, const MugaiLauncher *launcher)
{
    MugaiMetrics *metrics = g_new0(MugaiMetrics, 1);

    metrics->started = started;
    metrics->launcher = launcher;
    return metrics;
}

void
mugai_metrics_free(MugaiMetrics *metrics)
{
    g_free(metrics);
}

/* --- counting --- */

/* Nothing else is ordered by a counter. */
static void
add(Counter *counter, guint64 number)
{
    atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

static guint64
value_of(const Counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
observe(Histogram *histogram, gint64 microseconds)
{
    gsize bucket = 0;

    if (microseconds < 0)
        return;
    while (microseconds > buckets[bucket].microseconds)
        bucket++;
    add(&histogram->in_bucket[bucket], 1);
    add(&histogram->microseconds, (guint64)microseconds);
}

static gsize
cause_of(int code)
{
    gsize cause = 0;

    while (cause < CAUSES - 1 && causes[cause].code != code)
        cause++;
    return cause;
}

void
mugai_metrics_add_message(MugaiMetrics *metrics, MugaiVerdict verdict, int code,
                          const MugaiTimes *times)
{
    add(&metrics->messages[verdict], 1);
    if (verdict != MUGAI_VERDICT_PASSED)
        add(&metrics->failures[verdict][cause_of(code)], 1);
    for (gsize i = 0; i < MUGAI_STAGES; i++)
        observe(&metrics->stages[i], times->microseconds[i]);
}

void
mugai_metrics_add_content(MugaiMetrics *metrics, const MugaiReport *report, guint64 original_octets,
                          guint64 output_octets)
{
    for (gsize i = 0; i < DISPOSITIONS; i++)
        add(&metrics->parts[i], mugai_report_count(report, (MugaiDisposition)i));
    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];

        if (part->disposition >= MUGAI_CONVERTED)
            add(&metrics->filtered[mugai_media_filter(part->type)], 1);
    }
    add(&metrics->ambiguities, report->ambiguities->len);
    add(&metrics->warnings, report->warnings->len);
    add(&metrics->original_octets, original_octets);
    add(&metrics->output_octets, output_octets);
}

/* --- rendering --- */

static void
begin(GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
append(GString *text, const char *series, guint64 value)
{
    g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", series, value);
}

static void
append_single(GString *text, const char *name, const char *type, const char *help, guint64 value)
{
    begin(text, name, type, help);
    append(text, name, value);
}

static void
append_labelled(GString *text, const char *name, const char *label, const char *word, guint64 value)
{
    g_string_append_printf(text, "%s{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", name, label, word, value);
}

static void
append_messages(GString *text, const MugaiMetrics *metrics)
{
    begin(text, "mugai_messages_total", "counter", "Messages answered, by outcome.");
    for (gsize i = 0; i < MUGAI_VERDICTS; i++)
        append_labelled(text, "mugai_messages_total", "outcome", mugai_verdict_name(i),
                        value_of(&metrics->messages[i]));
    begin(text, "mugai_failures_total", "counter",
          "Messages that were refused or passed as the notice alone, by cause.");
    for (gsize i = 0; i < MUGAI_VERDICT_PASSED; i++) {
        for (gsize cause = 0; cause < CAUSES; cause++)
            g_string_append_printf(
                text, "mugai_failures_total{outcome=\"%s\",cause=\"%s\"} %" G_GUINT64_FORMAT "\n",
                mugai_verdict_name(i), causes[cause].name, value_of(&metrics->failures[i][cause]));
    }
}

static void
append_deaths(GString *text, const MugaiMetrics *metrics)
{
    static const char *const names[MUGAI_DEATHS] = {"parent", "child"};

    begin(text, "mugai_worker_deaths_total", "counter",
          "Worker processes that ended without having been told to: a parent, seen with the next "
          "message, or a child that had one; of a child that waited nothing is known.");
    for (gsize i = 0; i < MUGAI_DEATHS; i++)
        append_labelled(text, "mugai_worker_deaths_total", "who", names[i],
                        (guint64)g_atomic_int_get(&metrics->launcher->deaths[i]));
}

static void
append_content(GString *text, const MugaiMetrics *metrics)
{
    begin(text, "mugai_parts_total", "counter", "Parts of accepted messages, by disposition.");
    for (gsize i = 0; i < DISPOSITIONS; i++)
        append_labelled(text, "mugai_parts_total", "disposition",
                        mugai_disposition_name((MugaiDisposition)i), value_of(&metrics->parts[i]));
    begin(text, "mugai_filtered_parts_total", "counter",
          "Parts of accepted messages that are shown, by the filter that made their text.");
    for (gsize i = MUGAI_FILTER_NONE + 1; i < MUGAI_FILTERS; i++)
        append_labelled(text, "mugai_filtered_parts_total", "filter",
                        mugai_media_filter_name((MugaiFilterKind)i),
                        value_of(&metrics->filtered[i]));
    append_single(text, "mugai_ambiguities_total", "counter", "Ambiguities of accepted messages.",
                  value_of(&metrics->ambiguities));
    append_single(text, "mugai_warnings_total", "counter", "Warnings of accepted messages.",
                  value_of(&metrics->warnings));
    append_single(text, "mugai_original_bytes_total", "counter",
                  "Size of the originals of accepted messages.",
                  value_of(&metrics->original_octets));
    append_single(text, "mugai_output_bytes_total", "counter",
                  "Size of the messages that went on in their place.",
                  value_of(&metrics->output_octets));
}

static void
append_histogram(GString *text, const char *stage, const Histogram *histogram)
{
    guint64 count = 0;
    guint64 sum = value_of(&histogram->microseconds);

    for (gsize i = 0; i < BUCKETS; i++) {
        count += value_of(&histogram->in_bucket[i]);
        g_string_append_printf(
            text, "mugai_stage_seconds_bucket{stage=\"%s\",le=\"%s\"} %" G_GUINT64_FORMAT "\n",
            stage, buckets[i].seconds, count);
    }
    g_string_append_printf(text,
                           "mugai_stage_seconds_sum{stage=\"%s\"} %" G_GUINT64_FORMAT
                           ".%06" G_GUINT64_FORMAT "\n",
                           stage, sum / G_USEC_PER_SEC, sum % G_USEC_PER_SEC);
    append_labelled(text, "mugai_stage_seconds_count", "stage", stage, count);
}

static void
append_figures(GString *text, const MugaiFigures *figures)
{
    append_single(text, "mugai_store_free_bytes", "gauge",
                  "Space left for originals on the file system of the store.",
                  figures->free_octets);
    append_single(text, "mugai_store_min_free_bytes", "gauge",
                  "Below it messages are answered with 452.", figures->min_free_octets);
    if (!figures->counted)
        return;
    append_single(text, "mugai_store_objects", "gauge", "Originals in the store when counted.",
                  figures->objects);
    append_single(text, "mugai_store_bytes", "gauge", "Size of their files.", figures->octets);
    append_single(text, "mugai_store_oldest_timestamp_seconds", "gauge",
                  "Beginning of the day (UTC) of the oldest original; 0 without one.",
                  (guint64)figures->oldest);
    append_single(text, "mugai_store_counted_timestamp_seconds", "gauge",
                  "When the store was counted.", (guint64)figures->counted_at);
}

char *
mugai_metrics_render(const MugaiMetrics *metrics, const MugaiFigures *figures)
{
    GString *text = g_string_new(NULL);

    begin(text, "mugai_build_info", "gauge", "1, of the version in the label.");
    append_labelled(text, "mugai_build_info", "version", MUGAI_VERSION, 1);
    append_single(text, "mugai_start_time_seconds", "gauge", "When mugaid was started.",
                  (guint64)metrics->started);
    append_messages(text, metrics);
    append_deaths(text, metrics);
    append_content(text, metrics);
    begin(text, "mugai_stage_seconds", "histogram", "Time of a message in each stage.");
    for (gsize i = 0; i < MUGAI_STAGES; i++)
        append_histogram(text, mugai_stage_name((MugaiStage)i), &metrics->stages[i]);
    if (figures != NULL)
        append_figures(text, figures);
    return g_string_free(text, FALSE);
}
