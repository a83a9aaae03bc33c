/*
 * insert.c - what it costs to keep one more message in a store of few and in one of many
 *
 *     insert FEW MANY [--json FILE]
 *
 * Two stores are filled with so many originals of one day, all in one directory, and with as many
 * entries in the index. Then each gets the same messages, in turns: object begun, written, synced
 * and named, entry added. Shown are medians of processor time and of all time (with the disk's
 * syncs), and the ratio of many to few. The filling itself is files written without a sync.
 */
#include "../remove_tree.h"
#include "town.h"

#include <mugai/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 40
#define INSERTS_A_TURN 16
#define MESSAGE_OCTETS 9000u
#define BATCH 1024u
#define RECEIVED 1711929600 /* 2024-04-01T00:00:00Z */
#define DAY "2024/04/01"

typedef struct {
    char *path;
    MugaiStore *store;
    MugaiIndex *index;
    double cpu[TURNS]; /* microseconds an insert */
    double all[TURNS];
} Filled;

static char message[MESSAGE_OCTETS];

static void
must(gboolean done, const GError *error)
{
    if (!done)
        g_error("%s", error != NULL ? error->message : "this does not work");
}

/* As mugaid keeps one. @ret_id: its id. */
static void
keep(Filled *filled, MugaiId *ret_id)
{
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(RECEIVED);
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autoptr(GError) error = NULL;
    MugaiObject *object = mugai_store_begin(filled->store, envelope, &error);

    must(object != NULL, error);
    must(mugai_object_append(object, message, sizeof(message), &error), error);
    receipt = mugai_object_finish(object, &error);
    must(receipt != NULL, error);
    *ret_id = *mugai_receipt_id(receipt);
}

static void
insert(Filled *filled, guint64 number)
{
    g_autoptr(MugaiEntry) entry = town_draw_entry(number);
    g_autoptr(GError) error = NULL;

    keep(filled, &entry->id);
    must(mugai_index_add(filled->index, entry, &error), error);
}

/* Copies of one object under other names. */
static void
copy_objects(Filled *filled, guint count)
{
    g_autofree char *octets = NULL;
    g_autofree char *first = NULL;
    g_autoptr(GError) error = NULL;
    MugaiId id;
    gsize length = 0;

    keep(filled, &id);
    first = g_strdup_printf("%s/" DAY "/%s.eml.gz", filled->path, id.text);
    must(g_file_get_contents(first, &octets, &length, &error), error);
    for (guint i = 1; i < count; i++) {
        g_autofree char *path = NULL;
        FILE *file = NULL;

        mugai_id_from_bits(RECEIVED, i * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15), &id);
        path = g_strdup_printf("%s/" DAY "/%s.eml.gz", filled->path, id.text);
        file = fopen(path, "we");
        must(file != NULL && fwrite(octets, 1, length, file) == length && fclose(file) == 0, NULL);
    }
}

static void
add_entries(Filled *filled, guint count)
{
    for (guint from = 0; from < count; from += BATCH) {
        g_autoptr(GPtrArray) entries =
            g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
        g_autoptr(GError) error = NULL;

        for (guint i = from; i < MIN(from + BATCH, count); i++)
            g_ptr_array_add(entries, town_draw_entry(i));
        must(mugai_index_add_many(filled->index, entries, &error), error);
    }
}

static void
fill(Filled *filled, guint count)
{
    g_autoptr(GError) error = NULL;
    MugaiConfig config = {0};

    filled->path = g_dir_make_tmp("mugai-bench-XXXXXX", &error);
    must(filled->path != NULL, error);
    config.store_path = filled->path;
    filled->store = mugai_store_open(&config, &error);
    must(filled->store != NULL, error);
    filled->index = mugai_index_open(filled->store, TRUE, &error);
    must(filled->index != NULL, error);
    copy_objects(filled, count);
    add_entries(filled, count);
}

static double
seconds(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
take_turn(Filled *filled, guint turn)
{
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double all = seconds(CLOCK_MONOTONIC);

    for (guint i = 0; i < INSERTS_A_TURN; i++)
        insert(filled, turn * INSERTS_A_TURN + i);
    filled->cpu[turn] = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / INSERTS_A_TURN * 1e6;
    filled->all[turn] = (seconds(CLOCK_MONOTONIC) - all) / INSERTS_A_TURN * 1e6;
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double
median(const double values[TURNS])
{
    double sorted[TURNS];

    memcpy(sorted, values, sizeof(sorted));
    qsort(sorted, TURNS, sizeof(sorted[0]), compare);
    return sorted[TURNS / 2];
}

static double
median_ratio(const double many[TURNS], const double few[TURNS])
{
    double ratios[TURNS];

    for (guint i = 0; i < TURNS; i++)
        ratios[i] = many[i] / few[i];
    return median(ratios);
}

static void
clear(Filled *filled)
{
    mugai_index_free(filled->index);
    mugai_store_free(filled->store);
    remove_tree(filled->path);
    g_free(filled->path);
}

int
main(int argc, char **argv)
{
    static Filled few;
    static Filled many;
    g_autofree char *json = NULL;
    g_autoptr(GError) error = NULL;

    if (argc != 3 && (argc != 5 || !g_str_equal(argv[3], "--json"))) {
        g_printerr("Usage: insert FEW MANY [--json FILE]\n");
        return 2;
    }
    memset(message, 'x', sizeof(message));
    fill(&few, (guint)atoi(argv[1]));
    fill(&many, (guint)atoi(argv[2]));
    for (guint turn = 0; turn < TURNS; turn++) {
        take_turn(&few, turn);
        take_turn(&many, turn);
    }
    json = g_strdup_printf("{\"few\":%s,\"many\":%s,\"cpu_us\":[%.1f,%.1f],\"cpu_ratio\":%.3f,"
                           "\"all_us\":[%.1f,%.1f],\"all_ratio\":%.3f}\n",
                           argv[1], argv[2], median(few.cpu), median(many.cpu),
                           median_ratio(many.cpu, few.cpu), median(few.all), median(many.all),
                           median_ratio(many.all, few.all));
    fputs(json, stdout);
    if (argc == 5)
        must(g_file_set_contents(argv[4], json, -1, &error), error);
    clear(&few);
    clear(&many);
    return EXIT_SUCCESS;
}
