/*
 * approve.c - makes MugaiApproved, and nothing else does
 *
 * Invariants: 1. the octets of a MugaiApproved were fed to the guard, all of them and unchanged
 *                since, and it said yes (I1);
 *             2. they bear the id they were approved for: a hostile worker cannot pass the message
 *                of somebody else;
 *             3. none of them is a seal: that is the boundary's to write, never the worker's;
 *             4. with a key nothing is approved unsealed, and the seal is put on first: the guard
 *                decides about all that leaves;
 *             5. the notice-only message goes the same way.
 * Trust: candidate and report are hostile. The guard and what compose writes from constants and the
 *         id are not, yet the guard decides about both.
 */
#include "decide.h"

#include <mugai/compose.h>
#include <mugai/digest.h>
#include <mugai/error.h>
#include <mugai/guard.h>

#include <string.h>

struct MugaiApproved {
    GBytes *octets;
    char *sha256;
    MugaiReport *report;
    char *failure;
    gint failure_code;
    gint64 guard_microseconds;
};

void
mugai_approved_free(MugaiApproved *approved)
{
    if (approved == NULL)
        return;
    g_bytes_unref(approved->octets);
    g_free(approved->sha256);
    mugai_report_free(approved->report);
    g_free(approved->failure);
    g_free(approved);
}

const char *
mugai_approved_octets(const MugaiApproved *approved, gsize *ret_length)
{
    return g_bytes_get_data(approved->octets, ret_length);
}

const char *
mugai_approved_sha256(const MugaiApproved *approved)
{
    return approved->sha256;
}

const MugaiReport *
mugai_approved_report(const MugaiApproved *approved)
{
    return approved->report;
}

const char *
mugai_approved_failure(const MugaiApproved *approved)
{
    return approved->failure;
}

gint
mugai_approved_failure_code(const MugaiApproved *approved)
{
    return approved->failure_code;
}

gint64
mugai_approved_guard_microseconds(const MugaiApproved *approved)
{
    return approved->guard_microseconds;
}

static gboolean
guard_accepts(GBytes *octets, MugaiLinks links, GError **error)
{
    gsize length = 0;
    const guint8 *data = g_bytes_get_data(octets, &length);
    MugaiGuard guard;

    mugai_guard_init(&guard, links == MUGAI_LINKS_KEEP ? 0 : MUGAI_GUARD_INERT_LINKS);
    mugai_guard_feed(&guard, data, length);
    if (mugai_guard_finish(&guard))
        return TRUE;
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_GUARD,
                "guard: line %" G_GUINT64_FORMAT ", column %" G_GUINT64_FORMAT ": %s", guard.line,
                guard.column, mugai_guard_rule_text(guard.rule));
    return FALSE;
}

/* For octets that the guard has accepted: there the field stands once, and its name at the start of
 * one line only. */
static gboolean
bears_id(GBytes *octets, const MugaiId *id, GError **error)
{
    g_autofree char *line = g_strdup_printf("\r\nMugai-Id: %s\r\n", id->text);
    gsize length = 0;
    const char *data = g_bytes_get_data(octets, &length);

    if (memmem(data, length, line, strlen(line)) != NULL)
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_GUARD,
                        "guard: the message bears another id");
    return FALSE;
}

/* Asked before the guard is: of octets that it accepts the field can stand nowhere else. */
static gboolean
is_unsealed(GBytes *octets, GError **error)
{
    static const char name[] = "\r\nMugai-Seal: ";
    gsize length = 0;
    const char *data = g_bytes_get_data(octets, &length);

    if (memmem(data, length, name, sizeof(name) - 1) == NULL)
        return TRUE;
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_GUARD, "guard: the worker wrote a seal");
    return FALSE;
}

/* What leaves: with @key the sealed message, without one the message as it is. */
static GBytes *
seal(const MugaiSealKey *key, const MugaiId *id, GBytes *octets, GError **error)
{
    if (!is_unsealed(octets, error))
        return NULL;
    if (key == NULL)
        return g_bytes_ref(octets);
    return mugai_seal_message(key, id, g_get_real_time() / G_USEC_PER_SEC, octets, error);
}

static MugaiApproved *
approve(const MugaiSettings *settings, const MugaiSealKey *key, const MugaiId *id, GBytes *octets,
        GError **error)
{
    g_autoptr(GBytes) message = seal(key, id, octets, error);
    gint64 begun = g_get_monotonic_time();
    MugaiApproved *approved = NULL;

    if (message == NULL || !guard_accepts(message, settings->links, error) ||
        !bears_id(message, id, error))
        return NULL;
    approved = g_new0(MugaiApproved, 1);
    approved->guard_microseconds = g_get_monotonic_time() - begun;
    approved->sha256 =
        mugai_digest_text(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
    approved->octets = g_steal_pointer(&message);
    return approved;
}

MugaiApproved *
mugai_approve_candidate(const MugaiSettings *settings, const MugaiSealKey *key, const MugaiId *id,
                        GBytes *candidate, MugaiReport **report, GError **error)
{
    MugaiApproved *approved = approve(settings, key, id, candidate, error);

    if (approved != NULL)
        approved->report = g_steal_pointer(report);
    return approved;
}

MugaiApproved *
mugai_approve_notice_only(const MugaiSettings *settings, const MugaiSealKey *key, const MugaiId *id,
                          MugaiTime received, const GError *why, GError **error)
{
    gsize length = 0;
    char *octets = mugai_compose_notice_only(settings, id, received, &length);
    g_autoptr(GBytes) message = g_bytes_new_take(octets, length);
    MugaiApproved *approved = approve(settings, key, id, message, error);

    if (approved == NULL)
        return NULL;
    approved->failure = g_strdup(why->message);
    approved->failure_code = why->code;
    approved->report = mugai_report_new();
    mugai_report_remark(approved->report->warnings, "notice-only", "%s", why->message);
    return approved;
}
