/*
 * log.c - who looked at what, and whether that is still what was written down
 *
 * Reading the log is a look itself: written down before anything is told; after verifying, which
 * must see what others have left there.
 */
#include "desk_private.h"

#include <errno.h>
#include <mugai/audit.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>

/* --- showing --- */

typedef struct {
    const MugaiDesk *desk;
    const MugaiRequest *request;
} Filter;

static gboolean
is_by(const MugaiActor *actor, const char *user)
{
    return g_str_equal(actor->user, user) || g_str_equal(actor->login_user, user) ||
           g_str_equal(actor->sudo_user, user);
}

static gboolean
is_wanted(const MugaiRequest *request, const MugaiRecord *record)
{
    return (request->user == NULL || is_by(record->actor, request->user)) &&
           (request->logged_verb == NULL || g_str_equal(record->verb, request->logged_verb)) &&
           (request->id.text[0] == '\0' || g_strcmp0(record->id, request->id.text) == 0);
}

static gboolean
tell_look(const char *line, const MugaiRecord *record, gpointer data)
{
    const Filter *filter = data;
    const MugaiDesk *desk = filter->desk;

    return !is_wanted(filter->request, record) ||
           desk->tell(&(MugaiAnswer){.kind = MUGAI_ANSWER_LOOK, .text = (char *)line}, desk->data);
}

int
mugai_desk_log(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiAudit) audit = NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    Filter filter = {desk, request};

    g_clear_pointer(&record->id, g_free); /* a look at the log, not at the message */
    if (!mugai_desk_note(desk, record, NULL, error))
        return -1;
    audit = mugai_audit_open(desk->config, error);
    return audit != NULL && mugai_audit_visit(audit, request->since, request->until, tell_look,
                                              &filter, error)
               ? EX_OK
               : -1;
}

/* --- verifying --- */

/* Kept until the look itself is written down. */
typedef struct {
    gboolean fault;
    char *where, *what;
} Finding;

static void
finding_clear(gpointer data)
{
    Finding *finding = data;

    g_free(finding->where);
    g_free(finding->what);
}

static void
keep_finding(gboolean fault, const char *where, const char *what, gpointer data)
{
    Finding finding = {fault, g_strdup(where), g_strdup(what)};

    g_array_append_val((GArray *)data, finding);
}

/* A public key as a file, which is what is verified with: its path, which ends with @fds. */
static gboolean
add_key(GPtrArray *paths, GArray *fds, const char *key, GError **error)
{
    int fd = memfd_create("mugai-key", MFD_CLOEXEC);
    gsize length = strlen(key);

    if (fd >= 0) {
        g_array_append_val(fds, fd);
        g_ptr_array_add(paths, g_strdup_printf("/proc/self/fd/%d", fd));
        if (TEMP_FAILURE_RETRY(write(fd, key, length)) == (gssize)length)
            return TRUE;
    }
    mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "copy of a public key");
    return FALSE;
}

static void
close_fd(gpointer fd)
{
    close(*(int *)fd);
}

static gboolean
verify(MugaiAudit *audit, const MugaiRequest *request, GArray *findings, MugaiAuditSummary *summary,
       GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    MugaiAuditProof proof = {.head = request->head};

    g_array_set_clear_func(fds, close_fd);
    for (guint i = 0; request->keys != NULL && i < request->keys->len; i++) {
        if (!add_key(paths, fds, request->keys->pdata[i], error))
            return FALSE;
    }
    if (paths->len > 0) {
        g_ptr_array_add(paths, NULL);
        proof.public_keys = (const char *const *)paths->pdata;
    }
    return mugai_audit_verify(audit, &proof, keep_finding, findings, summary, error);
}

static void
tell_findings(const MugaiDesk *desk, const GArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = &g_array_index(findings, Finding, i);
        const MugaiAnswer answer = {.kind = MUGAI_ANSWER_FAULT,
                                    .flag = finding->fault,
                                    .name = finding->where,
                                    .text = finding->what};

        if (!desk->tell(&answer, desk->data))
            return;
    }
}

/* --- does it begin where the store does? --- */

/* mugaid writes down that it begins before it keeps anything. What is older than the log came from
 * another host, or the log was taken away; without any entry it was. */
static gboolean
check_beginning(const MugaiDesk *desk, MugaiAuditSummary *summary, GArray *findings, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);
    MugaiId oldest = {0};
    gboolean fault = summary->entries == 0;

    if (store == NULL || !mugai_store_find_first(store, 0, &oldest, error))
        return FALSE;
    if (oldest.text[0] == '\0' ||
        (!fault && mugai_id_day(&oldest) + 2 * MUGAI_TIME_DAY_SECONDS > summary->begins))
        return TRUE;
    summary->faults += fault;
    keep_finding(
        fault, oldest.text,
        fault ? N_("there are originals, and the log has no entry: it was taken away")
              : N_("is older than the log: it came from another host, or the log began anew"),
        findings);
    return TRUE;
}

int
mugai_desk_verify(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiAudit) audit = mugai_audit_open(desk->config, error);
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    g_auto(MugaiAuditSummary) summary = {0};
    MugaiAnswer answer = {.kind = MUGAI_ANSWER_VERIFIED};

    g_array_set_clear_func(findings, finding_clear);
    if (audit == NULL || !verify(audit, request, findings, &summary, error) ||
        !check_beginning(desk, &summary, findings, error) ||
        !mugai_desk_note(desk, record, NULL, error))
        return -1;
    tell_findings(desk, findings);
    answer.objects = summary.entries;
    answer.signatures = summary.signed_entries;
    answer.findings = summary.faults;
    answer.text = summary.head;
    desk->tell(&answer, desk->data);
    return summary.faults > 0 ? 1 : EX_OK;
}
