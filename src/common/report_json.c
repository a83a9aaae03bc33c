/*
 * report_json.c - envelope and report as JSON, written and read again
 *
 * Apart from report.c, so that the process that reads hostile octets has no JSON in it.
 *
 * Trust: strings are hostile. JSON is read back from our own store; a damaged one must not hurt
 * either.
 * Errors: MALFORMED.
 */
#include "json.h"
#include "report_private.h"

#include <mugai/limits.h>

/* --- written --- */

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

/* --- read --- */

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

static gboolean
read_part(JsonObject *object, MugaiPart *part, GError **error)
{
    JsonNode *size = mugai_json_find(object, "size", JSON_NODE_VALUE);
    g_autofree char *sha256 = NULL;
    g_autofree char *disposition = NULL;

    if (size == NULL || json_node_get_value_type(size) != G_TYPE_INT64)
        return mugai_report_malformed(error, N_("size of a part"));
    return mugai_json_read_string(object, "path", &part->path, error) &&
           mugai_json_read_string(object, "type", &part->type, error) &&
           mugai_json_read_string(object, "declared_type", &part->declared_type, error) &&
           mugai_json_read_string(object, "name", &part->name, error) &&
           mugai_json_read_string(object, "reason", &part->reason, error) &&
           mugai_json_read_string(object, "sha256", &sha256, error) &&
           mugai_json_read_string(object, "disposition", &disposition, error) &&
           mugai_report_set_facts(part, (guint64)json_node_get_int(size), sha256,
                                  mugai_report_find_disposition(disposition), error);
}

static gboolean
read_parts(JsonObject *object, GPtrArray *parts, GError **error)
{
    JsonNode *node = mugai_json_find(object, "parts", JSON_NODE_ARRAY);
    JsonArray *array = node != NULL ? json_node_get_array(node) : NULL;

    if (array == NULL || json_array_get_length(array) > MUGAI_LIMIT_PARTS_MAX)
        return mugai_report_malformed(error, N_("parts"));
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);

        if (!JSON_NODE_HOLDS_OBJECT(element))
            return mugai_report_malformed(error, N_("parts"));
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
