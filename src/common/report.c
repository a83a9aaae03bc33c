/*
 * report.c - what became of a message, as plain data, as the GVariant that travels and as JSON
 *
 * Invariants: 1. a report read from a GVariant has only valid UTF-8, known dispositions, real
 *                digests, and counts within limits.h: whoever holds one need not check again.
 * Trust: the strings of envelope and report are hostile, so is every GVariant. JSON is read back
 * from our own store; a damaged one must not hurt either.
 * Errors: MALFORMED.
 */
#include "json.h"

#include <mugai/report.h>

#include <mugai/error.h>
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

static gboolean
malformed(GError **error, const char *what)
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

/* What both forms must hold; @size and @disposition as they came. */
static gboolean
set_part_facts(MugaiPart *part, guint64 size, const char *sha256, guint disposition, GError **error)
{
    if (size > G_MAXINT64) /* JSON's numbers end there */
        return malformed(error, N_("size of a part"));
    if (!is_sha256(sha256))
        return malformed(error, N_("digest of a part"));
    if (disposition >= G_N_ELEMENTS(disposition_names))
        return malformed(error, N_("disposition of a part"));
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
    if (!set_part_facts(part, size, sha256, disposition, error))
        return FALSE;
    g_ptr_array_add(parts, g_steal_pointer(&part));
    return TRUE;
}

static gboolean
read_parts_variant(GVariant *variant, GPtrArray *parts, GError **error)
{
    gsize count = g_variant_n_children(variant);

    if (count > MUGAI_LIMIT_PARTS_MAX)
        return malformed(error, N_("too many parts"));
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
        return malformed(error, N_("too many remarks"));
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
        malformed(error, N_("not in normal form"));
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

/* --- JSON, written --- */

static void
add_envelope(JsonBuilder *builder, const MugaiEnvelope *envelope)
{
    json_builder_begin_object(builder);
    mugai_json_add_time(builder, "received", envelope->received, 0);
    mugai_json_add_string(builder, "sender", envelope->sender);
    mugai_json_add_strings(builder, "recipients", envelope->recipients);
    mugai_json_add_string(builder, "client_name", envelope->client_name);
    mugai_json_add_string(builder, "client_address", envelope->client_address);
    mugai_json_add_string(builder, "helo", envelope->helo);
    mugai_json_add_string(builder, "queue_id", envelope->queue_id);
    json_builder_end_object(builder);
}

char *
mugai_envelope_to_json(const MugaiEnvelope *envelope)
{
    g_autoptr(JsonBuilder) builder = json_builder_new_immutable();

    add_envelope(builder, envelope);
    return mugai_json_generate(builder, FALSE, TRUE);
}

static void
add_part(JsonBuilder *builder, const MugaiPart *part)
{
    json_builder_begin_object(builder);
    mugai_json_add_string(builder, "path", part->path);
    mugai_json_add_string(builder, "type", part->type);
    mugai_json_add_string(builder, "declared_type", part->declared_type);
    mugai_json_add_string(builder, "name", part->name);
    mugai_json_add_number(builder, "size", part->size);
    mugai_json_add_string(builder, "sha256", part->sha256);
    mugai_json_add_string(builder, "disposition", mugai_disposition_name(part->disposition));
    mugai_json_add_string(builder, "reason", part->reason);
    json_builder_end_object(builder);
}

static void
add_parts(JsonBuilder *builder, const GPtrArray *parts)
{
    json_builder_set_member_name(builder, "parts");
    json_builder_begin_array(builder);
    for (guint i = 0; i < parts->len; i++)
        add_part(builder, parts->pdata[i]);
    json_builder_end_array(builder);
}

static void
add_octets(JsonBuilder *builder, const char *name, guint64 size, const char *sha256)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    mugai_json_add_number(builder, "size", size);
    mugai_json_add_string(builder, "sha256", sha256);
    json_builder_end_object(builder);
}

char *
mugai_report_to_json(const MugaiReport *report, const MugaiFacts *facts,
                     const MugaiEnvelope *envelope, const char *state, gboolean pretty)
{
    g_autoptr(JsonBuilder) builder = json_builder_new_immutable();

    json_builder_begin_object(builder);
    mugai_json_add_string(builder, "id", facts->id);
    mugai_json_add_time(builder, "received", facts->received, facts->offset);
    if (state != NULL)
        mugai_json_add_string(builder, "state", state);
    if (envelope != NULL) {
        json_builder_set_member_name(builder, "envelope");
        add_envelope(builder, envelope);
    }
    mugai_json_add_string(builder, "subject", report->subject);
    mugai_json_add_string(builder, "from", report->from);
    mugai_json_add_string(builder, "message_id", report->message_id);
    mugai_json_add_string(builder, "date", report->date);
    add_octets(builder, "original", facts->original_size, facts->original_sha256);
    add_octets(builder, "output", facts->output_size, facts->output_sha256);
    add_parts(builder, report->parts);
    mugai_json_add_strings(builder, "ambiguities", report->ambiguities);
    mugai_json_add_strings(builder, "warnings", report->warnings);
    if (report->authentication->len > 0)
        mugai_json_add_strings(builder, "authentication", report->authentication);
    json_builder_end_object(builder);
    return mugai_json_generate(builder, pretty, FALSE);
}

/* --- JSON, read --- */

MugaiEnvelope *
mugai_envelope_from_json(const char *json, gssize length, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(0);
    JsonObject *object = mugai_json_parse(parser, json, length, error);

    if (object == NULL || !mugai_json_read_time(object, "received", &envelope->received, error) ||
        !mugai_json_read_string(object, "sender", &envelope->sender, error) ||
        !mugai_json_read_strings(object, "recipients", MUGAI_LIMIT_RECIPIENTS, envelope->recipients,
                                 error) ||
        !mugai_json_read_string(object, "client_name", &envelope->client_name, error) ||
        !mugai_json_read_string(object, "client_address", &envelope->client_address, error) ||
        !mugai_json_read_string(object, "helo", &envelope->helo, error) ||
        !mugai_json_read_string(object, "queue_id", &envelope->queue_id, error))
        return NULL;
    return g_steal_pointer(&envelope);
}

/* The number of @name, or G_N_ELEMENTS(disposition_names), which is none. */
static guint
find_disposition(const char *name)
{
    guint found = 0;

    while (found < G_N_ELEMENTS(disposition_names) && !g_str_equal(name, disposition_names[found]))
        found++;
    return found;
}

static gboolean
read_part(JsonObject *object, MugaiPart *part, GError **error)
{
    JsonNode *size = mugai_json_find(object, "size", JSON_NODE_VALUE);
    g_autofree char *sha256 = NULL;
    g_autofree char *disposition = NULL;

    if (size == NULL || json_node_get_value_type(size) != G_TYPE_INT64)
        return malformed(error, N_("size of a part"));
    return mugai_json_read_string(object, "path", &part->path, error) &&
           mugai_json_read_string(object, "type", &part->type, error) &&
           mugai_json_read_string(object, "declared_type", &part->declared_type, error) &&
           mugai_json_read_string(object, "name", &part->name, error) &&
           mugai_json_read_string(object, "reason", &part->reason, error) &&
           mugai_json_read_string(object, "sha256", &sha256, error) &&
           mugai_json_read_string(object, "disposition", &disposition, error) &&
           set_part_facts(part, (guint64)json_node_get_int(size), sha256,
                          find_disposition(disposition), error);
}

static gboolean
read_parts(JsonObject *object, GPtrArray *parts, GError **error)
{
    JsonNode *node = mugai_json_find(object, "parts", JSON_NODE_ARRAY);
    JsonArray *array = node != NULL ? json_node_get_array(node) : NULL;

    if (array == NULL || json_array_get_length(array) > MUGAI_LIMIT_PARTS_MAX)
        return malformed(error, N_("parts"));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);

        if (!JSON_NODE_HOLDS_OBJECT(element))
            return malformed(error, N_("parts"));
        g_ptr_array_add(parts, mugai_part_new(""));
        if (!read_part(json_node_get_object(element), parts->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

MugaiReport *
mugai_report_from_json(const char *json, gssize length, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(MugaiReport) report = mugai_report_new();
    JsonObject *object = mugai_json_parse(parser, json, length, error);

    if (object == NULL || !mugai_json_read_string(object, "subject", &report->subject, error) ||
        !mugai_json_read_string(object, "from", &report->from, error) ||
        !mugai_json_read_string(object, "message_id", &report->message_id, error) ||
        !mugai_json_read_string(object, "date", &report->date, error) ||
        !read_parts(object, report->parts, error) ||
        !mugai_json_read_strings(object, "ambiguities", MUGAI_LIMIT_REMARKS, report->ambiguities,
                                 error) ||
        !mugai_json_read_strings(object, "warnings", MUGAI_LIMIT_REMARKS, report->warnings,
                                 error) ||
        (json_object_has_member(object, "authentication") &&
         !mugai_json_read_strings(object, "authentication", MUGAI_LIMIT_AUTHENTICATION_FIELDS,
                                  report->authentication, error)))
        return NULL;
    return g_steal_pointer(&report);
}
