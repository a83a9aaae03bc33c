/*
 * many.c - sanitize --output: many messages at once, as many as the worker has children
 *
 *      files -> messages -> submitted, oldest first in a queue -> collected -> written
 *
 * Invariants: 1. nothing is overwritten: not an output, and so not an input that lies in the output
 *                directory;
 *             2. a message that cannot be read or written is said on standard error and the rest
 *                goes on; the exit status tells at the end.
 */
#include "cli.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#define BAR_COLUMNS 30u
#define BAR_MICROSECONDS (100 * G_TIME_SPAN_MILLISECOND)

/* A message under way. */
typedef struct {
    MugaiTicket *ticket;
    char *relative; /* of its output */
    int original;
    MugaiId id;
} Flight;

typedef struct {
    const MugaiMany *many;
    MugaiPool *pool;
    GQueue flights;
    guint flights_max;
    const char *relative; /* of the file at hand */
    guint files, files_done, messages, notices, errors;
    int status;       /* exit status: the first trouble's */
    gint64 bar_drawn; /* monotonic; 0: never, no terminal */
    gboolean has_terminal;
} Run;

/* --- telling --- */

static void
draw_bar(Run *run)
{
    gint64 now = g_get_monotonic_time();
    guint filled =
        run->files > 0 ? (guint)((guint64)BAR_COLUMNS * run->files_done / run->files) : 0;
    char bar[BAR_COLUMNS + 1] = {0};

    if (!run->has_terminal || now < run->bar_drawn + BAR_MICROSECONDS)
        return;
    memset(bar, '-', BAR_COLUMNS);
    memset(bar, '#', filled);
    fprintf(stderr, _("\r[%s] %u of %u files, %u messages "), bar, run->files_done, run->files,
            run->messages);
    run->bar_drawn = now;
}

static void
clear_bar(Run *run)
{
    if (run->bar_drawn != 0)
        fputs("\r\033[K", stderr);
    run->bar_drawn = 0;
}

/* Says what is wrong with @name, and goes on. */
static void
trouble(Run *run, const char *name, int status, const GError *error)
{
    g_autofree char *text = NULL;

    clear_bar(run);
    text = mugai_cli_explain(error);
    mugai_cli_complain_of(name, text);
    run->errors++;
    if (run->status == EX_OK)
        run->status = status;
}

static void
print_summary(Run *run)
{
    clear_bar(run);
    fprintf(stderr, _("%u messages of %u files sanitized"), run->messages, run->files);
    if (run->notices > 0)
        fprintf(stderr, _(", %u of them to the notice alone"), run->notices);
    if (run->errors > 0)
        fprintf(stderr, _(", %u errors"), run->errors);
    fputc('\n', stderr);
}

/* --- writing --- */

/* DIR/relative, its folder made. */
static char *
make_place(const char *directory, const char *relative, const char *suffix, GError **error)
{
    g_autofree char *name = g_strconcat(relative, suffix, NULL);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    if (g_mkdir_with_parents(folder, S_IRWXU) != 0) {
        mugai_cli_fail(error, EX_CANTCREAT, "%s", folder);
        return NULL;
    }
    return g_steal_pointer(&path);
}

static gboolean
write_message(const Run *run, const Flight *flight, const MugaiApproved *approved, GError **error)
{
    g_autofree char *path = make_place(run->many->output, flight->relative, "", error);
    g_auto(MugaiFd) file = path != NULL ? mugai_cli_create(path, error) : -1;
    gsize length = 0;
    const char *octets = mugai_approved_octets(approved, &length);

    return file >= 0 &&
           (mugai_cli_write(file, octets, length) || mugai_cli_fail(error, EX_IOERR, "%s", path));
}

static gboolean
write_report(const Run *run, const Flight *flight, const MugaiApproved *approved, GError **error)
{
    g_autofree char *path = NULL;

    if (run->many->reports == NULL)
        return TRUE;
    path = make_place(run->many->reports, flight->relative, ".json", error);
    return path != NULL && mugai_cli_write_report(path, approved, flight->original, &flight->id,
                                                  run->many->received, error);
}

/* --- flights --- */

static void
flight_free(Flight *flight)
{
    close(flight->original);
    g_free(flight->relative);
    g_free(flight);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Flight, flight_free)

/* Waits for the oldest message and writes it. */
static void
land_oldest(Run *run)
{
    g_autoptr(Flight) flight = g_queue_pop_head(&run->flights);
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiApproved) approved = mugai_ticket_collect(flight->ticket, &error);

    if (approved == NULL) {
        trouble(run, flight->relative, mugai_error_exit_status(error), error);
        return;
    }
    if (!write_message(run, flight, approved, &error) ||
        !write_report(run, flight, approved, &error)) {
        trouble(run, flight->relative, EX_CANTCREAT, error);
        return;
    }
    run->messages++;
    run->notices += mugai_approved_failure(approved) != NULL;
    draw_bar(run);
}

/* Sends one message on its way; takes a descriptor of its own. */
static gboolean
start_message(int fd, guint number, gpointer data, GError **error)
{
    Run *run = data;
    g_autoptr(Flight) flight = g_new0(Flight, 1);

    flight->original = dup(fd);
    if (flight->original < 0)
        return mugai_cli_fail(error, EX_OSERR, _("descriptor"));
    flight->relative = number > 0 ? g_strdup_printf("%s.%04u.eml", run->relative, number)
                                  : g_strdup(run->relative);
    mugai_id_new(run->many->received.seconds, &flight->id);
    if (run->flights.length >= run->flights_max)
        land_oldest(run);
    flight->ticket =
        mugai_pool_submit(run->pool, flight->original, &flight->id, run->many->received, NULL);
    g_queue_push_tail(&run->flights, g_steal_pointer(&flight));
    return TRUE;
}

static void
sanitize_file(Run *run, const MugaiSource *source)
{
    g_autoptr(GError) error = NULL;
    g_auto(MugaiFd) fd = mugai_cli_open_input(source->path, &error);

    run->relative = source->relative;
    if (fd < 0 || !mugai_cli_visit_messages(fd, start_message, run, &error))
        trouble(run, source->relative, EX_NOINPUT, error);
    run->files_done++;
    draw_bar(run);
}

static guint
count_flights(const MugaiConfig *config)
{
    return config->worker_count != 0 ? config->worker_count : g_get_num_processors() + 1;
}

int
mugai_cli_sanitize_many(const MugaiMany *many, GError **error)
{
    g_autoptr(GPtrArray) sources = mugai_cli_sources_new();
    g_autoptr(MugaiPool) pool = NULL;
    Run run = {
        .many = many,
        .flights = G_QUEUE_INIT,
        .flights_max = count_flights(many->config),
        .has_terminal = isatty(STDERR_FILENO),
    };

    for (char **path = many->paths; *path != NULL; path++) {
        if (!mugai_cli_find_sources(*path, sources))
            run.status = EX_NOINPUT;
    }
    pool = mugai_pool_new(many->config, error);
    if (pool == NULL)
        return -1;
    run.pool = pool;
    run.files = sources->len;
    for (guint i = 0; i < sources->len; i++)
        sanitize_file(&run, sources->pdata[i]);
    while (run.flights.length > 0)
        land_oldest(&run);
    print_summary(&run);
    return run.status;
}
