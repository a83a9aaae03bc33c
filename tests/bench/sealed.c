/*
 * sealed.c - what sealing costs beside keeping an original as it is
 *
 * sealed DIRECTORY: keeps messages in stores of its own in DIRECTORY, by turns plain, sealed to one
 * key and to two, so that what else the machine does meets all three, and prints the medians of
 * processor and wall time of one message. Then the same for entries of the index, and how long it
 * takes to look through all of them for what is nowhere.
 */
#include "town.h"

#include <glib/gstdio.h>
#include <mugai/store.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FORMS 3u /* of a store, by how many keys it seals to */
#define ROUNDS_SMALL 400u
#define ROUNDS_LARGE 20u
#define SMALL_OCTETS (4u * 1024u)
#define LARGE_OCTETS (10u * 1024u * 1024u)
#define ENTRIES 100000u
#define BATCH 64u

static void
must(gboolean done, const GError *error)
{
    if (!done)
        g_error("%s", error != NULL ? error->message : "wrong usage");
}

static double
microseconds(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static char *
make_public_key(const char *directory, guint number)
{
    g_autofree char *private_path = g_strdup_printf("%s/%u.key", directory, number);
    char *public_path = g_strdup_printf("%s/%u.pub", directory, number);
    MugaiVaultCost cost = {.passes = 1, .memory_kib = 8};
    g_autofree char *id = NULL;
    g_autoptr(GError) error = NULL;

    must(mugai_vault_keygen(private_path, public_path, "x", cost, &id, &error), error);
    return public_path;
}

/* A store that seals to the first @count of @keys. */
static MugaiStore *
make_store(const char *directory, char *const *keys, guint count)
{
    g_autofree char *path = g_strdup_printf("%s/store-%u", directory, count);
    g_autofree char *file = g_strdup_printf("%s/%u.conf", directory, count);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(GError) error = NULL;
    MugaiStore *store = NULL;

    must(g_mkdir(path, 0700) == 0, NULL);
    g_string_printf(text, "[store]\npath = %s\nmin_free = 1\n", path);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "seal_index = yes\nseal_to = " : ", ",
                               keys[i]);
    must(g_file_set_contents(file, text->str, -1, &error), error);
    config = mugai_config_load(file, &error);
    must(config != NULL, error);
    store = mugai_store_open(config, &error);
    must(store != NULL, error);
    return store;
}

typedef struct {
    double cpu, wall;
} Cost;

static Cost
keep(MugaiStore *store, const char *octets, gsize length)
{
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(time(NULL));
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autoptr(GError) error = NULL;
    double cpu = microseconds(CLOCK_PROCESS_CPUTIME_ID);
    double wall = microseconds(CLOCK_MONOTONIC);
    MugaiObject *object = mugai_store_begin(store, envelope, &error);

    must(object != NULL, error);
    for (gsize at = 0; at < length; at += 65536)
        must(mugai_object_append(object, octets + at, MIN(65536, length - at), &error), error);
    receipt = mugai_object_finish(object, &error);
    must(receipt != NULL, error);
    return (Cost){microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
                  microseconds(CLOCK_MONOTONIC) - wall};
}

static int
compare_doubles(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

static double
median(double *values, guint count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return values[count / 2];
}

static void
measure(MugaiStore *const *stores, const char *name, const char *octets, gsize length, guint rounds)
{
    g_autofree double *cpu = g_new0(double, FORMS *rounds);
    g_autofree double *wall = g_new0(double, FORMS *rounds);
    double plain = 0;

    for (guint round = 0; round < rounds; round++) {
        for (guint form = 0; form < FORMS; form++) {
            Cost cost = keep(stores[form], octets, length);

            cpu[form * rounds + round] = cost.cpu;
            wall[form * rounds + round] = cost.wall;
        }
    }
    for (guint form = 0; form < FORMS; form++) {
        double used = median(cpu + form * rounds, rounds);

        plain = form == 0 ? used : plain;
        g_print("%-6s %u keys: %9.0f us of processor (%.2f of plain), %9.0f us in all\n", name,
                form, used, used / plain, median(wall + form * rounds, rounds));
    }
}

/* --- the index --- */

static gboolean
count_entry(const MugaiEntry *entry, gpointer data)
{
    (void)entry;
    ++*(guint *)data;
    return TRUE;
}

/* Looks for what is nowhere; the time taken. */
static double
search(MugaiStore *store)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, FALSE, &error);
    MugaiQuery query = {.subject = "zzzz nowhere"};
    double start = microseconds(CLOCK_MONOTONIC);
    guint found = 0;

    must(index != NULL && mugai_index_list(index, &query, count_entry, &found, &error), error);
    return microseconds(CLOCK_MONOTONIC) - start;
}

static double
fill(MugaiStore *store)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, TRUE, &error);
    double used = 0;

    must(index != NULL, error);
    for (guint at = 0; at < ENTRIES; at += BATCH) {
        g_autoptr(GPtrArray) entries =
            g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
        double start = 0;

        for (guint i = 0; i < BATCH; i++)
            g_ptr_array_add(entries, town_draw_entry(at + i));
        start = microseconds(CLOCK_PROCESS_CPUTIME_ID);
        must(mugai_index_add_many(index, entries, &error), error);
        used += microseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    }
    return used / ENTRIES;
}

static void
measure_index(MugaiStore *const *stores, const MugaiVaultKey *key)
{
    for (guint form = 0; form < 2; form++) {
        double entry = fill(stores[form]);
        double locked = search(stores[form]);

        mugai_store_use_key(stores[form], key);
        g_print(
            "index  %u keys: %9.0f us of processor an entry; %u looked through in %.0f ms, with "
            "the key %.0f ms\n",
            form, entry, ENTRIES, locked / 1000, search(stores[form]) / 1000);
    }
}

int
main(int argc, char **argv)
{
    g_autofree char *octets = g_malloc(LARGE_OCTETS);
    char *keys[FORMS - 1] = {NULL};
    MugaiStore *stores[FORMS] = {NULL};
    g_autofree char *private_path = NULL;
    g_autoptr(MugaiVaultKey) key = NULL;
    g_autoptr(GError) error = NULL;

    must(argc == 2, NULL);
    for (gsize i = 0; i < LARGE_OCTETS; i++)
        octets[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUV"[g_random_int() % 32];
    for (guint i = 0; i < FORMS - 1; i++)
        keys[i] = make_public_key(argv[1], i);
    for (guint i = 0; i < FORMS; i++)
        stores[i] = make_store(argv[1], keys, i);
    measure(stores, "small", octets, SMALL_OCTETS, ROUNDS_SMALL);
    measure(stores, "10 MiB", octets, LARGE_OCTETS, ROUNDS_LARGE);
    private_path = g_strdup_printf("%s/0.key", argv[1]);
    key = mugai_vault_key_open(private_path, "x", &error);
    must(key != NULL, error);
    measure_index(stores, key);
    for (guint i = 0; i < FORMS; i++)
        mugai_store_free(stores[i]);
    for (guint i = 0; i < FORMS - 1; i++)
        g_free(keys[i]);
    return EXIT_SUCCESS;
}
