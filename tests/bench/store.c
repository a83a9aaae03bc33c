/*
 * store.c - what the index costs and how fast it finds: builds one of many entries and searches it
 *
 * store [--entries N] [--batch N] [--terms N] [--directory DIR] [--json FILE]: entries like those
 * of a town's mail, the same each time (a generator with a fixed seed), added as mugaid adds them.
 * Where DIR has an index of so many entries already, it is searched alone. Prints for each tenth
 * the rate and the processor time of an entry, octets an entry, and for each kind of query median,
 * 95th percentile and maximum over many terms, and the 95th percentile of processor time. Exit
 * status 1 if a promise is broken: 100 ms, 1.5 KB, a flat cost.
 */
#include "town.h"

#include <mugai/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LIMIT 100
#define PROMISED_MILLISECONDS 100.0
#define PROMISED_OCTETS 1536.0
/* The slowest tenth may take this much longer than the quickest: the machine has others. */
#define PROMISED_FLATNESS 2.0

/* --- the benchmark --- */

typedef struct {
    gint64 entries, batch, terms;
    char *directory, *json;
} Options;

typedef struct {
    Options options;
    MugaiConfig config;
    MugaiIndex *index;
    GPtrArray *samples; /* of MugaiEntry */
    GString *json;
    gboolean present; /* the entries are there already */
    gboolean broken;  /* a promise */
} Bench;

static void
must(gboolean done, const GError *error)
{
    if (!done)
        g_error("%s", error != NULL ? error->message : "this does not work");
}

static double
milliseconds_since(gint64 start)
{
    return (double)(g_get_monotonic_time() - start) / 1000;
}

/* Microseconds of processor time: on a machine that does other things too, what an entry costs. */
static double
processor_time(void)
{
    struct timespec used = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

typedef struct {
    double milliseconds, cpu_microseconds;
} Cost;

/* Entries are drawn outside of the time taken. */
static void
add_batch(Bench *bench, guint64 first, guint64 count, Cost *cost)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    g_autoptr(GError) error = NULL;
    gint64 start = 0;
    guint64 step = MAX((guint64)bench->options.entries / (guint64)bench->options.terms, 1);
    double used = 0;

    for (guint64 i = 0; i < count; i++)
        g_ptr_array_add(entries, town_draw_entry(first + i));
    start = g_get_monotonic_time();
    used = processor_time();
    if (!bench->present)
        must(mugai_index_add_many(bench->index, entries, &error), error);
    cost->cpu_microseconds += processor_time() - used;
    cost->milliseconds += milliseconds_since(start);
    for (guint64 i = count; i-- > 0;) {
        if ((first + i) % step == 0)
            g_ptr_array_add(bench->samples, g_ptr_array_steal_index(entries, (guint)i));
    }
}

static void
build(Bench *bench)
{
    guint64 total = (guint64)bench->options.entries;
    guint64 slice = MAX(total / 10, 1);
    double quickest = G_MAXDOUBLE;
    double slowest = 0;

    printf("%12s %12s %12s\n", "entries", "entries/s", "CPU us each");
    g_string_append(bench->json, "{\"cpu_microseconds\":[");
    for (guint64 from = 0; from < total; from += slice) {
        Cost cost = {0};
        guint64 to = MIN(from + slice, total);
        double each = 0;

        for (guint64 at = from; at < to; at += (guint64)bench->options.batch)
            add_batch(bench, at, MIN((guint64)bench->options.batch, to - at), &cost);
        each = cost.cpu_microseconds / (double)(to - from);
        quickest = MIN(quickest, each);
        slowest = MAX(slowest, each);
        printf("%12" G_GUINT64_FORMAT " %12.0f %12.0f\n", to,
               (double)(to - from) / cost.milliseconds * 1000, each);
        fflush(stdout);
        g_string_append_printf(bench->json, "%s%.0f", from > 0 ? "," : "", each);
    }
    bench->broken |= !bench->present && slowest > quickest * PROMISED_FLATNESS;
}

/* Whether the index has the entry that is drawn first. */
static gboolean
is_present(const Bench *bench)
{
    guint64 state = town_seed;
    g_autoptr(MugaiEntry) first = town_draw_entry(0);

    town_seed = state;
    return mugai_index_has(bench->index, &first->id);
}

static void
weigh(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->options.directory, "index.sqlite", NULL);
    struct stat status = {0};
    double octets = 0;

    g_assert(stat(path, &status) == 0);
    octets = (double)status.st_size / (double)bench->options.entries;
    printf("%.0f octets an entry\n", octets);
    g_string_append_printf(bench->json, "],\"octets\":%.0f,\"queries\":{", octets);
    bench->broken |= octets > PROMISED_OCTETS;
}

static gboolean
count_entry(const MugaiEntry *entry, gpointer data)
{
    (void)entry;
    ++*(guint *)data;
    return TRUE;
}

static int
compare_times(gconstpointer a, gconstpointer b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

/* Makes the @nth query of a kind; strings it allocates are put into @kept. */
typedef void (*MakeQuery)(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept);

/* The value below which @percent of the sorted @times lie. */
static double
percentile(const GArray *times, guint percent)
{
    return g_array_index(times, double, (times->len - 1) * percent / 100);
}

static void
note_times(Bench *bench, const char *name, guint found, GArray *times, GArray *cpu)
{
    gboolean first = bench->json->str[bench->json->len - 1] == '{';

    g_array_sort(times, compare_times);
    g_array_sort(cpu, compare_times);
    printf("%-28s %8.1f %8.2f %8.2f %8.2f %8.2f\n", name, (double)found / times->len,
           percentile(times, 50), percentile(times, 95), percentile(times, 100),
           percentile(cpu, 95));
    g_string_append_printf(
        bench->json,
        "%s\"%s\":{\"found\":%.1f,\"p50\":%.2f,\"p95\":%.2f,\"max\":%.2f,\"cpu_p95\":%.2f}",
        first ? "" : ",", name, (double)found / times->len, percentile(times, 50),
        percentile(times, 95), percentile(times, 100), percentile(cpu, 95));
    bench->broken |= percentile(times, 95) > PROMISED_MILLISECONDS;
}

static void
measure(Bench *bench, const char *name, MakeQuery make)
{
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) cpu = g_array_new(FALSE, FALSE, sizeof(double));
    guint found = 0;

    for (guint nth = 0; nth < (guint)bench->options.terms; nth++) {
        g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        MugaiQuery query = {.limit = LIMIT};
        gint64 start = 0;
        double used = 0;
        double taken = 0;

        make(bench, nth, &query, kept);
        start = g_get_monotonic_time();
        used = processor_time();
        must(mugai_index_list(bench->index, &query, count_entry, &found, &error), error);
        used = (processor_time() - used) / 1000;
        taken = milliseconds_since(start);
        g_array_append_val(times, taken);
        g_array_append_val(cpu, used);
    }
    note_times(bench, name, found, times, cpu);
}

/* --- kinds of queries --- */

static const MugaiEntry *
sample(const Bench *bench, guint nth)
{
    return bench->samples->pdata[nth % bench->samples->len];
}

static const char *
keep_string(GPtrArray *kept, char *text)
{
    g_ptr_array_add(kept, text);
    return text;
}

/* @count characters of @text from a place drawn. */
static const char *
cut_text(GPtrArray *kept, const char *text, glong count)
{
    glong length = g_utf8_strlen(text, -1);
    glong from = length > count ? (glong)town_draw((guint32)(length - count)) : 0;

    return keep_string(kept, g_utf8_substring(text, from, MIN(from + count, length)));
}

static void
newest(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth, (void)query, (void)kept;
}

static void
an_hour(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->since = sample(bench, nth)->received;
    query->until = query->since + 3600;
}

static void
subject_of_two(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->subject = cut_text(kept, sample(bench, nth)->subject, 2);
}

/* What is in no subject, though each character is. */
static void
subject_of_two_absent(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void)bench, (void)nth;
    g_string_append_unichar(text, 0x6000 + town_draw(2000));
    g_string_append_unichar(text, 0x5000 + town_draw(2000));
    query->subject = keep_string(kept, g_strdup(text->str));
}

static void
subject_rare(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    g_autoptr(GString) text = g_string_new("・");

    (void)bench, (void)nth;
    town_append_place(text);
    query->subject = keep_string(kept, g_strdup(text->str));
}

static void
subject_whole(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->subject = sample(bench, nth)->subject;
}

static void
from_whole(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->from = sample(bench, nth)->envelope->sender;
}

static void
from_name(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->from = keep_string(kept, g_strconcat(TOWN_PICK(town_surnames)[0], " ",
                                                TOWN_PICK(town_givens)[0], NULL));
}

/* Made of what is everywhere: no list is short. */
static void
from_absent(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->from = keep_string(kept, g_strconcat(TOWN_PICK(town_surnames)[1], ".",
                                                TOWN_PICK(town_givens)[1], "@", NULL));
}

static void
to_whole(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->to = sample(bench, nth)->envelope->recipients->pdata[0];
}

static void
name_of_part(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->name = keep_string(kept, g_strdup_printf("%s_2026%02u", TOWN_PICK(town_topics),
                                                    1 + town_draw(12)));
}

static void
text_of_two_latin(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->text =
        keep_string(kept, g_strdup_printf("%c%c", 'a' + town_draw(26), 'a' + town_draw(26)));
}

static void
text_of_four(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->text = cut_text(kept, sample(bench, nth)->from, 4);
}

static void
text_absent_latin(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->text =
        keep_string(kept, g_strconcat(TOWN_PICK(town_surnames)[1], TOWN_PICK(town_givens)[1],
                                      TOWN_PICK(town_surnames)[1], NULL));
}

static void
text_absent_japanese(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->text =
        keep_string(kept, g_strconcat(TOWN_PICK(town_topics), TOWN_PICK(town_surnames)[0], NULL));
}

static void
by_queue_id(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->queue_id = sample(bench, nth)->envelope->queue_id;
}

static void
by_text_id(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->text = sample(bench, nth)->id.text;
}

static void
by_message_id(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    g_autoptr(MugaiReport) report =
        mugai_report_from_json(sample(bench, nth)->report_json, -1, NULL);

    g_assert(report != NULL);
    query->message_id = keep_string(kept, g_strdup(report->message_id));
}

static void
notice_only(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth, (void)kept;
    query->state = "notice-only";
}

static void
notice_only_subject(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    notice_only(bench, nth, query, kept);
    subject_of_two(bench, nth, query, kept);
}

static void
removed_from(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->removed = TRUE;
    from_name(bench, nth, query, kept);
}

static void
warnings_text(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->warnings = TRUE;
    text_of_four(bench, nth, query, kept);
}

static void
day_and_text(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    an_hour(bench, nth, query, kept);
    query->until = query->since + 86400;
    subject_of_two(bench, nth + 1, query, kept);
}

static void
all_together(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    an_hour(bench, nth, query, kept);
    query->since -= 86400 * 30;
    query->removed = TRUE;
    query->state = "passed";
    from_name(bench, nth, query, kept);
    subject_of_two(bench, nth, query, kept);
    query->to = "city.example.lg.jp";
}

static void
held(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth, (void)kept;
    query->held = TRUE;
}

static void
search(Bench *bench)
{
    static const struct {
        const char *name;
        MakeQuery make;
    } kinds[] = {
        {"newest", newest},
        {"an hour", an_hour},
        {"subject, 2 characters", subject_of_two},
        {"subject, 2, absent", subject_of_two_absent},
        {"subject, rare", subject_rare},
        {"subject, whole", subject_whole},
        {"from, address", from_whole},
        {"from, name", from_name},
        {"from, absent", from_absent},
        {"to, address", to_whole},
        {"name of a part", name_of_part},
        {"text, 2 latin", text_of_two_latin},
        {"text, 4 characters", text_of_four},
        {"text, absent latin", text_absent_latin},
        {"text, absent japanese", text_absent_japanese},
        {"text, id", by_text_id},
        {"queue id", by_queue_id},
        {"message id", by_message_id},
        {"state", notice_only},
        {"state, subject", notice_only_subject},
        {"removed, from", removed_from},
        {"warnings, text", warnings_text},
        {"a day, subject", day_and_text},
        {"all together", all_together},
        {"held", held},
    };

    printf("%-28s %8s %8s %8s %8s %8s  (ms)\n", "query", "found", "p50", "p95", "max", "CPU p95");
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        measure(bench, kinds[i].name, kinds[i].make);
    g_string_append(bench->json, "}}\n");
}

static void
hold_some(Bench *bench)
{
    for (guint i = 0; i < bench->samples->len; i += 10) {
        g_autoptr(GError) error = NULL;

        must(mugai_index_set_held(bench->index, &sample(bench, i)->id, TRUE, &error), error);
    }
}

static void
run(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(&bench->config, &error);

    must(store != NULL, error);
    bench->index = mugai_index_open(store, TRUE, &error);
    must(bench->index != NULL, error);
    bench->present = is_present(bench);
    build(bench);
    hold_some(bench);
    g_clear_pointer(&bench->index, mugai_index_free);
    weigh(bench);
    bench->index = mugai_index_open(store, FALSE, &error);
    must(bench->index != NULL, error);
    search(bench);
    g_clear_pointer(&bench->index, mugai_index_free);
}

int
main(int argc, char **argv)
{
    Bench bench = {.options = {.entries = 1000000, .batch = 16, .terms = 200}};
    const GOptionEntry entries[] = {
        {"entries", 0, 0, G_OPTION_ARG_INT64, &bench.options.entries, "In the index", "N"},
        {"batch", 0, 0, G_OPTION_ARG_INT64, &bench.options.batch, "Added together", "N"},
        {"terms", 0, 0, G_OPTION_ARG_INT64, &bench.options.terms, "Queries of a kind", "N"},
        {"directory", 0, 0, G_OPTION_ARG_FILENAME, &bench.options.directory, "Empty, mode 0700",
         "DIR"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &bench.options.json, "Figures as JSON", "FILE"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    must(g_option_context_parse(context, &argc, &argv, &error), error);
    if (bench.options.directory == NULL)
        bench.options.directory = g_dir_make_tmp("mugai-bench-XXXXXX", &error);
    must(bench.options.directory != NULL, error);
    bench.config.store_path = bench.options.directory;
    bench.samples = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    bench.json = g_string_new(NULL);
    run(&bench);
    if (bench.options.json != NULL)
        must(g_file_set_contents(bench.options.json, bench.json->str, -1, &error), error);
    puts(bench.broken ? "a promise is broken" : "as promised");
    g_ptr_array_unref(bench.samples);
    g_string_free(bench.json, TRUE);
    return bench.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
