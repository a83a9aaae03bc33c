/*
 * process.c - what a process per message costs
 *
 *     process MESSAGES ROUNDS FILE WORKER...
 *
 * has the message in FILE sanitized MESSAGES times in each of ROUNDS rounds by each WORKER in turn,
 * one message at a time with a pause after each (Postfix makes one too), through the client that
 * mugaid uses, and prints for each worker the processor time a message cost it and its children
 * (user and system), the client's own, and the time a message took. The first worker is what the
 * others are compared with, round by round: machines change their speed, so only figures of one
 * round are.
 *
 * Given mugai-worker and pooled_worker, the difference is what is paid for I6.
 */
#include <mugai/approve.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define ROUNDS_MAX 1000
#define WORKERS_MAX 8
#define PAUSE_MICROSECONDS 4000

/* Microseconds a message. */
typedef struct {
    double workers;
    double client;
    double latency;
    double faults; /* a number, of the workers' pages */
} Cost;

static double
used(int who, double *ret_faults)
{
    struct rusage usage;

    getrusage(who, &usage);
    if (ret_faults != NULL)
        *ret_faults = (double)usage.ru_minflt;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Microseconds that the messages took, without the pauses. */
static double
sanitize(MugaiPool *pool, int fd, guint n_messages)
{
    const MugaiTime received = {.seconds = 1711929600, .offset = 9 * 60 * 60};
    MugaiId id;
    gint64 latency = 0;

    for (guint i = 0; i < n_messages; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MugaiApproved) approved = NULL;
        gint64 begin = g_get_monotonic_time();

        mugai_id_new(received.seconds, &id);
        approved = mugai_ticket_collect(mugai_pool_submit(pool, fd, &id, received, NULL), &error);
        if (approved == NULL)
            g_error("%s", error->message);
        if (mugai_approved_failure(approved) != NULL)
            g_error("%s", mugai_approved_failure(approved));
        latency += g_get_monotonic_time() - begin;
        g_usleep(PAUSE_MICROSECONDS);
    }
    return (double)latency;
}

/* A worker's life with @n_messages in it: all of it, for only of what has ended the kernel says
 * what it used. */
static Cost
live(const char *worker, int fd, guint n_messages)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    g_autoptr(MugaiPool) pool = NULL;
    g_autoptr(GError) error = NULL;
    Cost cost = {0};
    double faults = 0;
    double faults_before = 0;
    double workers = used(RUSAGE_CHILDREN, &faults_before);
    double client = 0;

    config->worker_program = g_strdup(worker);
    pool = mugai_pool_new(config, &error);
    if (pool == NULL)
        g_error("%s: %s", worker, error->message);
    client = used(RUSAGE_SELF, NULL);
    cost.latency = sanitize(pool, fd, n_messages);
    cost.client = used(RUSAGE_SELF, NULL) - client;
    g_clear_pointer(&pool, mugai_pool_free);
    cost.workers = used(RUSAGE_CHILDREN, &faults) - workers;
    cost.faults = faults - faults_before;
    return cost;
}

/* What a message costs, without the worker's start. */
static Cost
measure(const char *worker, int fd, guint n_messages)
{
    Cost idle = live(worker, fd, 0);
    Cost busy = live(worker, fd, n_messages);

    return (Cost){
        .workers = (busy.workers - idle.workers) / n_messages,
        .client = busy.client / n_messages,
        .latency = busy.latency / n_messages,
        .faults = (busy.faults - idle.faults) / n_messages,
    };
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

typedef enum { WORKERS, CLIENT, LATENCY, FAULTS, DIFFERENCE, RATIO } Figure;

static double
figure_of(const Cost *cost, const Cost *first, Figure figure)
{
    switch (figure) {
    case WORKERS:
        return cost->workers;
    case CLIENT:
        return cost->client;
    case LATENCY:
        return cost->latency;
    case FAULTS:
        return cost->faults;
    case DIFFERENCE:
        return cost->workers - first->workers;
    case RATIO:
        return cost->workers / first->workers;
    }
    g_assert_not_reached();
}

/* Minimum and median over the rounds. */
static void
print_figure(const Cost costs[WORKERS_MAX][ROUNDS_MAX], guint worker, guint n_rounds, Figure figure)
{
    double values[ROUNDS_MAX];

    for (guint i = 0; i < n_rounds; i++)
        values[i] = figure_of(&costs[worker][i], &costs[0][i], figure);
    qsort(values, n_rounds, sizeof(values[0]), compare);
    if (figure == RATIO)
        g_print(" %8.3f", values[n_rounds / 2]);
    else
        g_print(" %8.0f %8.0f", values[0], values[n_rounds / 2]);
}

static void
print_table(const Cost costs[WORKERS_MAX][ROUNDS_MAX], char **workers, guint n_workers,
            guint n_rounds)
{
    g_print("microseconds a message, minimum and median of %u rounds; faults are pages\n"
            "%17s %17s %17s %17s %17s %8s\n",
            n_rounds, "workers' CPU", "client's CPU", "latency", "faults", "CPU - first's",
            "ratio");
    for (guint i = 0; i < n_workers; i++) {
        for (Figure figure = WORKERS; figure <= RATIO; figure++)
            print_figure(costs, i, n_rounds, figure);
        g_print("  %s\n", workers[i]);
    }
}

int
main(int argc, char **argv)
{
    static Cost costs[WORKERS_MAX][ROUNDS_MAX];
    guint n_messages = argc > 4 ? (guint)atoi(argv[1]) : 0;
    guint n_rounds = argc > 4 ? (guint)atoi(argv[2]) : 0;
    guint n_workers = argc > 4 ? (guint)argc - 4 : 0;
    int fd = argc > 4 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0 || n_messages == 0 || n_rounds == 0 || n_rounds > ROUNDS_MAX ||
        n_workers > WORKERS_MAX) {
        g_printerr("Usage: process MESSAGES ROUNDS FILE WORKER...\n");
        return 2;
    }
    for (guint round = 0; round < n_rounds; round++) {
        for (guint i = 0; i < n_workers; i++)
            costs[i][round] = measure(argv[4 + i], fd, n_messages);
    }
    print_table(costs, argv + 4, n_workers, n_rounds);
    return EXIT_SUCCESS;
}
