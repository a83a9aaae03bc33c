/* test_metrics.c - what is counted is what is said; the forms of Prometheus' text are promtool's to
 * judge, see test_metrics.py */
#include "metrics.h"

#include <mugai/error.h>

#include <criterion/criterion.h>
#include <string.h>

#define THREADS 8
#define MESSAGES_EACH 100000

static const MugaiTimes no_times = {{-1, -1, -1, -1, -1}};
/* One that has started nothing. */
static const MugaiLauncher launcher;

/* Whether @metrics are rendered with @line among the lines. */
static void
expect_line(const MugaiMetrics *metrics, const MugaiFigures *figures, const char *line)
{
    g_autofree char *text = mugai_metrics_render(metrics, figures);
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);

    cr_expect_not_null(strstr(text, whole), "%s is not in\n%s", line, text);
}

Test(metrics, every_series_is_there_before_the_first_message)
{
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(1764300000, &launcher);

    expect_line(metrics, NULL, "mugai_start_time_seconds 1764300000");
    expect_line(metrics, NULL, "mugai_messages_total{outcome=\"passed\"} 0");
    expect_line(metrics, NULL, "mugai_messages_total{outcome=\"notice-only\"} 0");
    expect_line(metrics, NULL, "mugai_messages_total{outcome=\"refused\"} 0");
    expect_line(metrics, NULL, "mugai_failures_total{outcome=\"notice-only\",cause=\"guard\"} 0");
    expect_line(metrics, NULL, "mugai_failures_total{outcome=\"refused\",cause=\"store-full\"} 0");
    expect_line(metrics, NULL, "mugai_worker_deaths_total{who=\"parent\"} 0");
    expect_line(metrics, NULL, "mugai_worker_deaths_total{who=\"child\"} 0");
    expect_line(metrics, NULL, "mugai_stage_seconds_count{stage=\"replace\"} 0");
}

Test(metrics, outcomes_are_counted_with_their_cause)
{
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(0, &launcher);

    mugai_metrics_add_message(metrics, MUGAI_VERDICT_PASSED, 0, &no_times);
    mugai_metrics_add_message(metrics, MUGAI_VERDICT_NOTICE_ONLY, MUGAI_ERROR_GUARD, &no_times);
    mugai_metrics_add_message(metrics, MUGAI_VERDICT_REFUSED, MUGAI_ERROR_FULL, &no_times);
    mugai_metrics_add_message(metrics, MUGAI_VERDICT_REFUSED, MUGAI_ERROR_EXISTS, &no_times);
    expect_line(metrics, NULL, "mugai_messages_total{outcome=\"passed\"} 1");
    expect_line(metrics, NULL, "mugai_messages_total{outcome=\"refused\"} 2");
    expect_line(metrics, NULL, "mugai_failures_total{outcome=\"notice-only\",cause=\"guard\"} 1");
    expect_line(metrics, NULL, "mugai_failures_total{outcome=\"refused\",cause=\"store-full\"} 1");
    /* whatever else it is */
    expect_line(metrics, NULL, "mugai_failures_total{outcome=\"refused\",cause=\"system\"} 1");
}

Test(metrics, deaths_are_those_of_the_launcher)
{
    const MugaiLauncher deadly = {.deaths = {[MUGAI_DEATH_PARENT] = 2, [MUGAI_DEATH_CHILD] = 3}};
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(0, &deadly);

    expect_line(metrics, NULL, "mugai_worker_deaths_total{who=\"parent\"} 2");
    expect_line(metrics, NULL, "mugai_worker_deaths_total{who=\"child\"} 3");
}

Test(metrics, a_time_is_in_the_first_bucket_that_holds_it_and_in_all_above)
{
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(0, &launcher);
    const MugaiTimes times = {{1000, 1001, 90 * G_USEC_PER_SEC, 0, -1}};

    mugai_metrics_add_message(metrics, MUGAI_VERDICT_PASSED, 0, &times);
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"receive\",le=\"0.0005\"} 0");
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"receive\",le=\"0.001\"} 1");
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"store\",le=\"0.001\"} 0");
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"store\",le=\"0.0025\"} 1");
    expect_line(metrics, NULL, "mugai_stage_seconds_sum{stage=\"store\"} 0.001001");
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"worker\",le=\"60\"} 0");
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"worker\",le=\"+Inf\"} 1");
    expect_line(metrics, NULL, "mugai_stage_seconds_bucket{stage=\"guard\",le=\"0.0001\"} 1");
    expect_line(metrics, NULL, "mugai_stage_seconds_sum{stage=\"worker\"} 90.000000");
    /* It did not come to that. */
    expect_line(metrics, NULL, "mugai_stage_seconds_count{stage=\"replace\"} 0");
}

Test(metrics, parts_remarks_and_octets_are_added_up)
{
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(0, &launcher);
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiPart *part = mugai_part_new("1");

    part->disposition = MUGAI_CONVERTED;
    g_free(part->type);
    part->type = g_strdup("text/html");
    g_ptr_array_add(report->parts, part);
    part = mugai_part_new("2");
    part->disposition = MUGAI_REMOVED;
    g_free(part->type);
    part->type = g_strdup("text/calendar");
    g_ptr_array_add(report->parts, part);
    mugai_report_remark(report->warnings, "one", "%s", "x");
    mugai_metrics_add_content(metrics, report, 1000, 300);
    mugai_metrics_add_content(metrics, report, 24, 1);
    expect_line(metrics, NULL, "mugai_parts_total{disposition=\"converted\"} 2");
    expect_line(metrics, NULL, "mugai_parts_total{disposition=\"removed\"} 2");
    expect_line(metrics, NULL, "mugai_parts_total{disposition=\"kept\"} 0");
    expect_line(metrics, NULL, "mugai_filtered_parts_total{filter=\"html\"} 2");
    expect_line(metrics, NULL, "mugai_filtered_parts_total{filter=\"plain\"} 0");
    /* removed: no filter has read it */
    expect_line(metrics, NULL, "mugai_filtered_parts_total{filter=\"calendar\"} 0");
    expect_line(metrics, NULL, "mugai_warnings_total 2");
    expect_line(metrics, NULL, "mugai_ambiguities_total 0");
    expect_line(metrics, NULL, "mugai_original_bytes_total 1024");
    expect_line(metrics, NULL, "mugai_output_bytes_total 301");
}

Test(metrics, of_the_store_is_said_what_is_known)
{
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(0, &launcher);
    MugaiFigures figures = {.free_octets = 7, .min_free_octets = 5};
    g_autofree char *unknown = mugai_metrics_render(metrics, NULL);

    cr_expect_null(strstr(unknown, "mugai_store_"));
    expect_line(metrics, &figures, "mugai_store_free_bytes 7");
    expect_line(metrics, &figures, "mugai_store_min_free_bytes 5");
    figures.objects = 3;
    figures.octets = 999;
    figures.oldest = 86400;
    figures.counted_at = 90000;
    {
        g_autofree char *uncounted = mugai_metrics_render(metrics, &figures);

        cr_expect_null(strstr(uncounted, "mugai_store_objects"));
    }
    figures.counted = TRUE;
    expect_line(metrics, &figures, "mugai_store_objects 3");
    expect_line(metrics, &figures, "mugai_store_bytes 999");
    expect_line(metrics, &figures, "mugai_store_oldest_timestamp_seconds 86400");
    expect_line(metrics, &figures, "mugai_store_counted_timestamp_seconds 90000");
}

/* How many threads have come; they begin together, or each would be done before the next. */
static gint there;

static gpointer
count_many(gpointer metrics)
{
    const MugaiTimes times = {{1, 1, 1, 1, 1}};

    g_atomic_int_inc(&there);
    while (g_atomic_int_get(&there) < THREADS)
        g_thread_yield();
    for (guint i = 0; i < MESSAGES_EACH; i++)
        mugai_metrics_add_message(metrics, MUGAI_VERDICT_PASSED, 0, &times);
    return NULL;
}

Test(metrics, no_thread_loses_the_count_of_another)
{
    g_autoptr(MugaiMetrics) metrics = mugai_metrics_new(0, &launcher);
    GThread *threads[THREADS] = {NULL};

    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new(NULL, count_many, metrics);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    expect_line(metrics, NULL, "mugai_messages_total{outcome=\"passed\"} 800000");
    expect_line(metrics, NULL, "mugai_stage_seconds_count{stage=\"guard\"} 800000");
    expect_line(metrics, NULL, "mugai_stage_seconds_sum{stage=\"guard\"} 0.800000");
}
