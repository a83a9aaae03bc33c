/*
 * sources.c - the messages in files, folders, Maildirs and mbox files
 *
 * A folder is walked in the order of names, without following symbolic links. Of a Maildir (a
 * folder that has cur and new) only the messages in cur and new count, and its subfolders. An mbox
 * file begins with "From "; a message begins after a line "From " that is first or follows an empty
 * line, and nothing in it is changed.
 *
 * Trust: names and contents are whatever lies there. An mbox file that shrinks while it is read
 * ends the program (SIGBUS).
 */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

/* Nesting of folders: a file system that goes deeper goes round in circles. */
#define DEPTH_MAX 100u
#define FROM_LINE "From "

/* --- folders --- */

static void
source_free(gpointer data)
{
    MugaiSource *source = data;

    g_free(source->path);
    g_free(source->relative);
    g_free(source);
}

GPtrArray *
mugai_cli_sources_new(void)
{
    return g_ptr_array_new_with_free_func(source_free);
}

static void
add_source(GPtrArray *sources, const char *path, const char *relative)
{
    MugaiSource *source = g_new0(MugaiSource, 1);

    source->path = g_strdup(path);
    source->relative = g_strdup(relative);
    g_ptr_array_add(sources, source);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in the folder @path, sorted; NULL with errno set. */
static GPtrArray *
list_names(const char *path)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;

    if (folder == NULL)
        return NULL;
    while ((entry = readdir(folder)) != NULL) {
        if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    closedir(folder);
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

static gboolean
has_folder(const char *path, const char *name)
{
    g_autofree char *folder = g_build_filename(path, name, NULL);

    return g_file_test(folder, G_FILE_TEST_IS_DIR);
}

static gboolean walk(const char *path, const char *relative, guint depth, GPtrArray *sources);

/* What lies in a folder; TRUE if all of it could be read. */
static gboolean
walk_entry(const char *path, const char *relative, gboolean in_maildir, const char *name,
           guint depth, GPtrArray *sources)
{
    g_autofree char *below = g_build_filename(path, name, NULL);
    g_autofree char *relative_below =
        relative[0] != '\0' ? g_build_filename(relative, name, NULL) : g_strdup(name);
    struct stat status;

    if (lstat(below, &status) != 0) {
        mugai_cli_complain_of(below, g_strerror(errno));
        return FALSE;
    }
    if (S_ISDIR(status.st_mode) && !(in_maildir && g_str_equal(name, "tmp")))
        return walk(below, relative_below, depth + 1, sources);
    if (S_ISREG(status.st_mode) && !in_maildir)
        add_source(sources, below, relative_below);
    return TRUE;
}

static gboolean
walk(const char *path, const char *relative, guint depth, GPtrArray *sources)
{
    g_autoptr(GPtrArray) names = depth <= DEPTH_MAX ? list_names(path) : NULL;
    gboolean is_maildir = has_folder(path, "cur") && has_folder(path, "new");
    gboolean all = TRUE;

    if (names == NULL) {
        mugai_cli_complain_of(path, depth <= DEPTH_MAX ? g_strerror(errno)
                                                       : _("folders nest too deeply"));
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++)
        all = walk_entry(path, relative, is_maildir, names->pdata[i], depth, sources) && all;
    return all;
}

gboolean
mugai_cli_find_sources(const char *path, GPtrArray *sources)
{
    g_autofree char *name = g_path_get_basename(path);
    struct stat status;

    if (stat(path, &status) != 0) {
        mugai_cli_complain_of(path, g_strerror(errno));
        return FALSE;
    }
    if (S_ISDIR(status.st_mode))
        return walk(path, "", 0, sources);
    if (!S_ISREG(status.st_mode)) {
        mugai_cli_complain(_("%s: neither a file nor a folder"), path);
        return FALSE;
    }
    add_source(sources, path, name);
    return TRUE;
}

/* --- mbox --- */

static gboolean
begins_from_line(const char *at, const char *end)
{
    return (gsize)(end - at) >= strlen(FROM_LINE) && memcmp(at, FROM_LINE, strlen(FROM_LINE)) == 0;
}

/* The beginning of the line after @at, or @end. */
static const char *
next_line(const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (gsize)(end - at));

    return feed != NULL ? feed + 1 : end;
}

/* Octets of the empty line that ends at @at, 0 if there is none; @begin is the beginning of a line
 * before it. */
static gsize
empty_line_before(const char *begin, const char *at)
{
    gsize length = at - begin >= 2 && at[-2] == '\r' ? 2 : 1;

    if ((gsize)(at - begin) < length || at[-1] != '\n')
        return 0;
    return at - length == begin || at[-(gssize)length - 1] == '\n' ? length : 0;
}

/* Where the message that begins at @begin ends, and in @ret_next its next "From " line, or @end. */
static const char *
find_message_end(const char *begin, const char *end, const char **ret_next)
{
    const char *line = begin;

    while (line < end && !(begins_from_line(line, end) && empty_line_before(begin, line) > 0))
        line = next_line(line, end);
    *ret_next = line;
    return line - empty_line_before(begin, line);
}

static gboolean
visit_slice(const char *begin, const char *end, guint number, MugaiMessageVisit visit,
            gpointer data, GError **error)
{
    g_auto(MugaiFd) message = mugai_desk_open_unnamed(error);

    if (message < 0)
        return FALSE;
    if (!mugai_cli_write(message, begin, (gsize)(end - begin)))
        return mugai_cli_fail(error, EX_OSERR, _("copy of a message"));
    return visit(message, number, data, error);
}

static gboolean
visit_mbox(GMappedFile *mapped, MugaiMessageVisit visit, gpointer data, GError **error)
{
    const char *at = g_mapped_file_get_contents(mapped);
    const char *end = at + g_mapped_file_get_length(mapped);

    for (guint number = 1; at < end; number++) {
        const char *begin = next_line(at, end);
        const char *stop = find_message_end(begin, end, &at);

        if (!visit_slice(begin, stop, number, visit, data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_cli_visit_messages(int fd, MugaiMessageVisit visit, gpointer data, GError **error)
{
    char head[sizeof FROM_LINE - 1];
    g_autoptr(GMappedFile) mapped = NULL;

    if (pread(fd, head, sizeof head, 0) != (gssize)sizeof head ||
        memcmp(head, FROM_LINE, sizeof head) != 0)
        return visit(fd, 0, data, error);
    mapped = g_mapped_file_new_from_fd(fd, FALSE, error);
    return mapped != NULL && visit_mbox(mapped, visit, data, error);
}
