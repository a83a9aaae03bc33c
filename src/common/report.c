/*
 * report.c - what became of a message, as plain data and as the GVariant that travels
 *
 * Invariants: 1. a report read from a GVariant has only valid UTF-8, known dispositions, real
 *                digests, and counts within limits.h: whoever holds one need not check again.
 * Trust: the strings of envelope and report are hostile, so is every GVariant.
 * Errors: MALFORMED.
 */
#include "report_private.h"

#include <mugai/limits.h>
#include <mugai/text.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PART_TYPE "(sssstsys)"
#define REPORT_TYPE "(ssssa" PART_TYPE "asasas)"

/* Characters of one remark: enough for a reason, too little to hide in. */
#define REMARK_CHARACTERS 300u

#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *const disposition_names[] = {
    [MUGAI_UNREADABLE] = "unreadable",
    [MUGAI_REMOVED] = "removed",
    [MUGAI_CONVERTED] = "converted",
    [MUGAI_KEPT] = "kept",
};

gboolean
mugai_report_malformed(GError **error, const char *what)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "malformed report: %s", what);
    return FALSE;
}

static void
set_string(char **field, const char *value)
{
    g_free(*field);
    *field = g_strdup(value);
}

/* --- plain data --- */

MugaiEnvelope *
mugai_envelope_new(gint64 received)
{
    MugaiEnvelope *envelope = g_new0(MugaiEnvelope, 1);

    envelope->received = received;
    envelope->sender = g_strdup("");
    envelope->recipients = g_ptr_array_new_with_free_func(g_free);
    envelope->client_name = g_strdup("");
    envelope->client_address = g_strdup("");
    envelope->helo = g_strdup("");
    envelope->queue_id = g_strdup("");
    return envelope;
}

MugaiEnvelope *
mugai_envelope_copy(const MugaiEnvelope *envelope)
{
    MugaiEnvelope *copy = g_new0(MugaiEnvelope, 1);

    copy->received = envelope->received;
    copy->sender = g_strdup(envelope->sender);
    copy->recipients = g_ptr_array_new_full(envelope->recipients->len, g_free);
    for (guint i = 0; i < envelope->recipients->len; i++)
        g_ptr_array_add(copy->recipients, g_strdup(envelope->recipients->pdata[i]));
    copy->client_name = g_strdup(envelope->client_name);
    copy->client_address = g_strdup(envelope->client_address);
    copy->helo = g_strdup(envelope->helo);
    copy->queue_id = g_strdup(envelope->queue_id);
    return copy;
}

void
mugai_envelope_free(MugaiEnvelope *envelope)
{
    if (envelope == NULL)
        return;
    g_free(envelope->sender);
    g_ptr_array_unref(envelope->recipients);
    g_free(envelope->client_name);
    g_free(envelope->client_address);
    g_free(envelope->helo);
    g_free(envelope->queue_id);
    g_free(envelope);
}

const char *
mugai_disposition_name(MugaiDisposition disposition)
{
    g_assert((gsize)disposition < G_N_ELEMENTS(disposition_names));
    return disposition_names[disposition];
}

guint
mugai_report_find_disposition(const char *name)
{
    guint found = 0;

    while (found < G_N_ELEMENTS(disposition_names) && !g_str_equal(name, disposition_names[found]))
        found++;
    return found;
}

MugaiPart *
mugai_part_new(const char *path)
{
    MugaiPart *part = g_new0(MugaiPart, 1);

    part->path = g_strdup(path);
    part->type = g_strdup("");
    part->declared_type = g_strdup("");
    part->name = g_strdup("");
    part->reason = g_strdup("");
    g_strlcpy(part->sha256, SHA256_OF_NOTHING, sizeof part->sha256); /* of size 0 */
    return part;
}

void
mugai_part_free(MugaiPart *part)
{
    if (part == NULL)
        return;
    g_free(part->path);
    g_free(part->type);
    g_free(part->declared_type);
    g_free(part->name);
    g_free(part->reason);
    g_free(part);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiPart, mugai_part_free)

MugaiReport *
mugai_report_new(void)
{
    MugaiReport *report = g_atomic_rc_box_new0(MugaiReport);

    report->subject = g_strdup("");
    report->from = g_strdup("");
    report->message_id = g_strdup("");
    report->date = g_strdup("");
    report->parts = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_part_free);
    report->ambiguities = g_ptr_array_new_with_free_func(g_free);
    report->warnings = g_ptr_array_new_with_free_func(g_free);
    report->authentication = g_ptr_array_new_with_free_func(g_free);
    return report;
}

MugaiReport *
mugai_report_ref(const MugaiReport *report)
{
    return g_atomic_rc_box_acquire((gpointer)(guintptr)report);
}

static void
clear_report(gpointer data)
{
    MugaiReport *report = data;

    g_free(report->subject);
    g_free(report->from);
    g_free(report->message_id);
    g_free(report->date);
    g_ptr_array_unref(report->parts);
    g_ptr_array_unref(report->ambiguities);
    g_ptr_array_unref(report->warnings);
    g_ptr_array_unref(report->authentication);
}

void
mugai_report_free(MugaiReport *report)
{
    if (report != NULL)
        g_atomic_rc_box_release_full(report, clear_report);
}

/* The last remark of a full list counts those that had no place. */
static void
count_remark(GPtrArray *list)
{
    gpointer *last = &list->pdata[list->len - 1];
    guint64 count = 1;

    if (g_str_has_prefix(*last, "more: "))
        count += g_ascii_strtoull((const char *)*last + strlen("more: "), NULL, 10);
    else
        count++; /* the one that gives its place up */
    g_free(*last);
    *last = g_strdup_printf("more: %" G_GUINT64_FORMAT " remarks", count);
}

void
mugai_report_remark(GPtrArray *list, const char *code, const char *format, ...)
{
    g_autofree char *detail = NULL;
    g_autofree char *line = NULL;
    g_autofree char *remark = NULL;
    va_list arguments;

    va_start(arguments, format);
    detail = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    line = g_strdup_printf("%s: %s", code, detail);
    remark = mugai_text_clean_line(line, -1, REMARK_CHARACTERS);
    if (g_ptr_array_find_with_equal_func(list, remark, g_str_equal, NULL))
        return;
    if (list->len < MUGAI_LIMIT_REMARKS)
        g_ptr_array_add(list, g_steal_pointer(&remark));
    else
        count_remark(list);
}

guint
mugai_report_count(const MugaiReport *report, MugaiDisposition disposition)
{
    guint count = 0;

    for (guint i = 0; i < report->parts->len; i++)
        count += ((const MugaiPart *)report->parts->pdata[i])->disposition == disposition;
    return count;
}

/* --- the form that travels --- */

static GVariant *
strings_to_variant(const GPtrArray *strings)
{
    return g_variant_new_strv((const char *const *)strings->pdata, strings->len);
}

GVariant *
mugai_report_to_variant(const MugaiReport *report)
{
    GVariantBuilder parts;

    g_variant_builder_init(&parts, G_VARIANT_TYPE("a" PART_TYPE));
    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];

        g_variant_builder_add(&parts, PART_TYPE, part->path, part->type, part->declared_type,
                              part->name, part->size, part->sha256, (guchar)part->disposition,
                              part->reason);
    }
    return g_variant_new("(ssssa" PART_TYPE "@as@as@as)", report->subject, report->from,
                         report->message_id, report->date, &parts,
                         strings_to_variant(report->ambiguities),
                         strings_to_variant(report->warnings),
                         strings_to_variant(report->authentication));
}

static gboolean
is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

gboolean
mugai_report_set_facts(MugaiPart *part, guint64 size, const char *sha256, guint disposition,
                       GError **error)
{
    if (size > G_MAXINT64) /* JSON's numbers end there */
        return mugai_report_malformed(error, N_("size of a part"));
    if (!is_sha256(sha256))
        return mugai_report_malformed(error, N_("digest of a part"));
    if (disposition >= G_N_ELEMENTS(disposition_names))
        return mugai_report_malformed(error, N_("disposition of a part"));
    part->size = size;
    g_strlcpy(part->sha256, sha256, sizeof part->sha256);
    part->disposition = (MugaiDisposition)disposition;
    return TRUE;
}

static gboolean
read_part_variant(GVariant *variant, GPtrArray *parts, GError **error)
{
    g_autoptr(MugaiPart) part = g_new0(MugaiPart, 1);
    const char *sha256 = NULL;
    guint64 size = 0;
    guchar disposition = 0;

    g_variant_get(variant, "(sssst&sys)", &part->path, &part->type, &part->declared_type,
                  &part->name, &size, &sha256, &disposition, &part->reason);
    if (!mugai_report_set_facts(part, size, sha256, disposition, error))
        return FALSE;
    g_ptr_array_add(parts, g_steal_pointer(&part));
    return TRUE;
}

static gboolean
read_parts_variant(GVariant *variant, GPtrArray *parts, GError **error)
{
    gsize count = g_variant_n_children(variant);

    if (count > MUGAI_LIMIT_PARTS_MAX)
        return mugai_report_malformed(error, N_("too many parts"));
    for (gsize i = 0; i < count; i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(variant, i);

        if (!read_part_variant(child, parts, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_remarks_variant(GVariant *variant, guint count_max, GPtrArray *remarks, GError **error)
{
    gsize count = g_variant_n_children(variant);

    if (count > count_max)
        return mugai_report_malformed(error, N_("too many remarks"));
    for (gsize i = 0; i < count; i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(variant, i);

        g_ptr_array_add(remarks, g_variant_dup_string(child, NULL));
    }
    return TRUE;
}

MugaiReport *
mugai_report_from_variant(GVariant *variant, GError **error)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(GVariant) parts = NULL;
    g_autoptr(GVariant) ambiguities = NULL;
    g_autoptr(GVariant) warnings = NULL;
    g_autoptr(GVariant) authentication = NULL;
    const char *lines[4] = {NULL};

    /* The normal form has only valid UTF-8 in its strings and all its children inside of it. */
    if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(REPORT_TYPE)) ||
        !g_variant_is_normal_form(variant)) {
        mugai_report_malformed(error, N_("not in normal form"));
        return NULL;
    }
    g_variant_get(variant, "(&s&s&s&s@a" PART_TYPE "@as@as@as)", &lines[0], &lines[1], &lines[2],
                  &lines[3], &parts, &ambiguities, &warnings, &authentication);
    set_string(&report->subject, lines[0]);
    set_string(&report->from, lines[1]);
    set_string(&report->message_id, lines[2]);
    set_string(&report->date, lines[3]);
    if (!read_parts_variant(parts, report->parts, error) ||
        !read_remarks_variant(ambiguities, MUGAI_LIMIT_REMARKS, report->ambiguities, error) ||
        !read_remarks_variant(warnings, MUGAI_LIMIT_REMARKS, report->warnings, error) ||
        !read_remarks_variant(authentication, MUGAI_LIMIT_AUTHENTICATION_FIELDS,
                              report->authentication, error))
        return NULL;
    return g_steal_pointer(&report);
}
