/*
 * released.c - to whom an original was released: a file beside the object, only ever appended to
 *
 * Invariants: 1. a line is durable before anybody is told;
 *             2. looking and beginning happen under the lock of the day's directory: two tries at
 *                once do not both find that nobody has it;
 *             3. a try that failed takes back its own beginning and no other's: what may have
 *                arrived before it still may;
 *             4. what cannot be read was released: a crash may have torn a line, whoever releases
 *                once more says so.
 * Errors: NOT_FOUND, EXISTS, MALFORMED, FULL, SYSTEM.
 */
#include "retention_private.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/released.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Some thousand releases of one message. */
#define RELEASED_OCTETS_MAX (4u * 1024u * 1024u)

#define UNREADABLE "to whom %s was released cannot be read, so everybody may have it: "

#define BEGUN "begun"
#define RELEASED "released"
#define FAILED "failed"

static char *
released_name(const MugaiId *id)
{
    return g_strconcat(id->text, MUGAI_STORE_RELEASED_SUFFIX, NULL);
}

static gboolean
fail(const MugaiId *id, const char *step, GError **error)
{
    mugai_error_set_errno(error, errno, mugai_store_error_code(errno), "releases of %s: %s",
                          id->text, step);
    return FALSE;
}

/* --- reading --- */

/* The file's text, "" without one; NULL with @error. */
static char *
read_text(int day, const MugaiId *id, GError **error)
{
    g_autofree char *name = released_name(id);
    int file = openat(day, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autofree char *text = NULL;
    struct stat status;
    gssize count = -1;

    if (file < 0 && errno == ENOENT)
        return g_strdup("");
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > RELEASED_OCTETS_MAX)
        errno = EFBIG;
    else if (file >= 0) {
        text = g_malloc(RELEASED_OCTETS_MAX + 1);
        count = TEMP_FAILURE_RETRY(read(file, text, RELEASED_OCTETS_MAX));
    }
    if (count < 0)
        fail(id, N_("read"), error);
    else if (count == 0 || memchr(text, '\0', (gsize)count) != NULL) {
        /* A disk that has forgotten says zeros, or nothing. */
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, UNREADABLE "no list", id->text);
        count = -1;
    } else
        text[count] = '\0';
    if (file >= 0)
        close(file);
    return count < 0 ? NULL : g_steal_pointer(&text);
}

static GPtrArray *
read_records(int day, const MugaiId *id, GError **error)
{
    g_autofree char *text = read_text(day, id, error);
    g_auto(GStrv) lines = text != NULL ? g_strsplit(text, "\n", -1) : NULL;
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)mugai_record_free);

    if (lines == NULL)
        return NULL;
    for (char **line = lines; *line != NULL; line++) {
        MugaiRecord *record = NULL;

        if ((*line)[0] == '\0')
            continue;
        record = mugai_record_from_json(*line, -1, error);
        if (record == NULL) {
            g_prefix_error(error, UNREADABLE, id->text);
            return NULL;
        }
        g_ptr_array_add(records, record);
    }
    return g_steal_pointer(&records);
}

GPtrArray *
mugai_released_read(MugaiStore *store, const MugaiId *id, GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    GPtrArray *records = NULL;

    if (day < 0)
        return NULL;
    records = read_records(day, id, error);
    close(day);
    return records;
}

/* --- looking --- */

static gboolean
names(const MugaiRecord *record, const char *recipient)
{
    for (guint i = 0; record->words != NULL && i < record->words->len; i++) {
        if (g_ascii_strcasecmp(record->words->pdata[i], recipient) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The entry by which @recipient has it, or may have it; NULL if there is none. */
static const MugaiRecord *
find_release(const GPtrArray *records, const char *recipient)
{
    const MugaiRecord *begun = NULL;
    guint open = 0; /* tries that nobody knows the end of */

    for (guint i = 0; i < records->len; i++) {
        const MugaiRecord *record = records->pdata[i];

        if (!names(record, recipient))
            continue;
        if (g_strcmp0(record->outcome, RELEASED) == 0)
            return record;
        if (g_strcmp0(record->outcome, FAILED) == 0) {
            open -= open > 0 ? 1 : 0;
            continue;
        }
        if (open++ == 0)
            begun = record;
    }
    return open > 0 ? begun : NULL;
}

static gboolean
refuse(const MugaiId *id, const MugaiRecord *record, const char *recipient, GError **error)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(record->time);
    g_autofree char *when = time != NULL ? g_date_time_format(time, "%F %T %z") : NULL;
    gboolean released = g_strcmp0(record->outcome, RELEASED) == 0;

    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS,
                released ? N_("%s was released to %s already, %s by %s")
                         : N_("%s may have arrived at %s already: a release began %s by %s, and "
                              "nobody knows how it ended"),
                id->text, recipient, when != NULL ? when : N_("at some time"), record->actor->user);
    return FALSE;
}

static gboolean
check_in(int day, const MugaiId *id, const GPtrArray *recipients, GError **error)
{
    g_autoptr(GPtrArray) records = read_records(day, id, error);

    if (records == NULL)
        return FALSE;
    for (guint i = 0; i < recipients->len; i++) {
        const MugaiRecord *record = find_release(records, recipients->pdata[i]);

        if (record != NULL)
            return refuse(id, record, recipients->pdata[i], error);
    }
    return TRUE;
}

gboolean
mugai_released_check(MugaiStore *store, const MugaiId *id, const GPtrArray *recipients,
                     GError **error)
{
    int day = mugai_store_open_day(store, id, error);
    gboolean nobody = day >= 0 && check_in(day, id, recipients, error);

    if (day >= 0)
        close(day);
    return nobody;
}

/* --- writing --- */

/* Whether the file ends within a line, which a crash has torn. */
static gboolean
is_torn(int file)
{
    struct stat status;
    char last = '\n';

    return fstat(file, &status) == 0 && status.st_size > 0 &&
           (pread(file, &last, 1, status.st_size - 1) != 1 || last != '\n');
}

static gboolean
write_line(int day, int file, const char *line, const MugaiId *id, GError **error)
{
    struct stat before = {0};
    struct stat status;

    if (fstat(file, &before) == 0 && fstat(day, &status) == 0 &&
        (geteuid() == status.st_uid || fchown(file, status.st_uid, status.st_gid) == 0) &&
        mugai_store_write(file, (const guint8 *)line, strlen(line)) &&
        TEMP_FAILURE_RETRY(fsync(file)) == 0 && TEMP_FAILURE_RETRY(fsync(day)) == 0)
        return TRUE;
    fail(id, N_("write"), error);
    if (before.st_size == 0) { /* a list of nothing would count as one that cannot be read */
        g_autofree char *name = released_name(id);

        unlinkat(day, name, 0);
    }
    return FALSE;
}

static gboolean
append(int day, const MugaiId *id, const MugaiRecord *record, const GPtrArray *recipients,
       const char *outcome, GError **error)
{
    MugaiRecord line = *record; /* borrows all it has */
    g_autofree char *name = released_name(id);
    g_autofree char *json = NULL;
    g_autofree char *text = NULL;
    gboolean written = FALSE;
    int file =
        openat(day, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (file < 0)
        return fail(id, N_("open"), error);
    line.words = (GPtrArray *)(guintptr)recipients;
    line.outcome = (char *)(guintptr)outcome;
    json = mugai_record_to_json(&line);
    text = g_strconcat(is_torn(file) ? "\n" : "", json, "\n", NULL);
    written = write_line(day, file, text, id, error);
    close(file);
    return written;
}

gboolean
mugai_released_begin(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                     const GPtrArray *recipients, gboolean again, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    gboolean begun = day >= 0 && mugai_store_has_object(day, id, error) &&
                     (again || check_in(day, id, recipients, error)) &&
                     append(day, id, record, recipients, BEGUN, error);

    if (day >= 0)
        close(day);
    return begun;
}

gboolean
mugai_released_end(MugaiStore *store, const MugaiId *id, const MugaiRecord *record,
                   const GPtrArray *recipients, gboolean arrived, GError **error)
{
    int day = mugai_hold_lock_day(store, id, error);
    gboolean ended = day >= 0 && mugai_store_has_object(day, id, error) &&
                     append(day, id, record, recipients, arrived ? RELEASED : FAILED, error);

    if (day >= 0)
        close(day);
    return ended;
}
