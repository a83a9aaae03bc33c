/*
 * json.c - JSON as mugai keeps it: written so that no terminal obeys it, read within bounds
 *
 * Invariants: 1. JSON written here holds no octet that a terminal obeys: whatever is not clean is
 *                escaped.
 * Trust: strings to be written are hostile. JSON is read back from our own store; a damaged one
 * must not hurt either.
 * Errors: MALFORMED.
 */
#include "json.h"

#include <mugai/error.h>
#include <mugai/text.h>
#include <mugai/time.h>
#include <string.h>

/* Our JSON nests four levels; json-glib's parser recurses and has no bound of its own. */
#define JSON_DEPTH_MAX 16u

static gboolean
malformed(GError **error, const char *what)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "malformed JSON: %s", what);
    return FALSE;
}

/* --- writing --- */

void
mugai_json_add_string(JsonBuilder *builder, const char *name, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);

    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, valid);
}

void
mugai_json_add_number(JsonBuilder *builder, const char *name, guint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)MIN(value, (guint64)G_MAXINT64));
}

void
mugai_json_add_strings(JsonBuilder *builder, const char *name, const GPtrArray *values)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
    for (guint i = 0; i < values->len; i++) {
        g_autofree char *valid = g_utf8_make_valid(values->pdata[i], -1);

        json_builder_add_string_value(builder, valid);
    }
    json_builder_end_array(builder);
}

void
mugai_json_add_time(JsonBuilder *builder, const char *name, gint64 seconds, gint32 offset)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(offset);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
    g_autoptr(GDateTime) local = utc != NULL ? g_date_time_to_timezone(utc, zone) : NULL;
    g_autofree char *text =
        local != NULL ? g_date_time_format(local, "%Y-%m-%dT%H:%M:%S%:z") : NULL;

    mugai_json_add_string(builder, name, text != NULL ? text : "");
}

static void
append_escape(GString *out, gunichar c)
{
    if (c < 0x10000) {
        g_string_append_printf(out, "\\u%04x", c);
        return;
    }
    c -= 0x10000;
    g_string_append_printf(out, "\\u%04x\\u%04x", 0xD800 | (c >> 10), 0xDC00 | (c & 0x3FF));
}

/* Whatever is not clean (@ascii: or not ASCII) can stand only inside of strings, and becomes an
 * escape there. Line feeds are those between members: json-glib has escaped the ones in strings. */
static char *
escape(const char *json, gboolean ascii)
{
    GString *out = g_string_sized_new(strlen(json) + 1);

    for (const char *at = json; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        gunichar c = g_utf8_get_char(at);

        if (c == '\n' || (mugai_text_is_clean(c) && !(ascii && c >= 0x80)))
            g_string_append_unichar(out, c);
        else
            append_escape(out, c);
    }
    return g_string_free(out, FALSE);
}

char *
mugai_json_generate(JsonBuilder *builder, gboolean pretty, gboolean ascii)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *json = json_to_string(root, pretty);

    return escape(json, ascii);
}

/* --- reading --- */

JsonNode *
mugai_json_find(JsonObject *object, const char *name, JsonNodeType type)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && json_node_get_node_type(node) == type ? node : NULL;
}

gboolean
mugai_json_read_string(JsonObject *object, const char *name, char **ret_value, GError **error)
{
    JsonNode *node = mugai_json_find(object, name, JSON_NODE_VALUE);

    if (node == NULL || json_node_get_value_type(node) != G_TYPE_STRING)
        return malformed(error, name);
    g_free(*ret_value);
    *ret_value = g_strdup(json_node_get_string(node));
    return TRUE;
}

gboolean
mugai_json_read_strings(JsonObject *object, const char *name, guint count_max, GPtrArray *values,
                        GError **error)
{
    JsonNode *node = mugai_json_find(object, name, JSON_NODE_ARRAY);
    JsonArray *array = node != NULL ? json_node_get_array(node) : NULL;

    if (array == NULL || json_array_get_length(array) > count_max)
        return malformed(error, name);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);

        if (!JSON_NODE_HOLDS_VALUE(element) || json_node_get_value_type(element) != G_TYPE_STRING)
            return malformed(error, name);
        g_ptr_array_add(values, g_strdup(json_node_get_string(element)));
    }
    return TRUE;
}

/* Whether brackets never nest deeper than JSON_DEPTH_MAX; all else is the parser's to judge. */
static gboolean
is_shallow(const char *json, gsize length)
{
    guint depth = 0;
    gboolean quoted = FALSE;

    for (gsize i = 0; i < length; i++) {
        if (quoted && json[i] == '\\')
            i++;
        else if (json[i] == '"')
            quoted = !quoted;
        else if (!quoted && (json[i] == '{' || json[i] == '[') && ++depth > JSON_DEPTH_MAX)
            return FALSE;
        else if (!quoted && (json[i] == '}' || json[i] == ']') && depth > 0)
            depth--;
    }
    return TRUE;
}

JsonObject *
mugai_json_parse(JsonParser *parser, const char *json, gssize length, GError **error)
{
    gsize octets = length < 0 ? strlen(json) : (gsize)length;
    JsonNode *root = NULL;

    if (g_utf8_validate(json, (gssize)octets, NULL) && is_shallow(json, octets) &&
        json_parser_load_from_data(parser, json, (gssize)octets, NULL))
        root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
        malformed(error, N_("not a JSON object"));
        return NULL;
    }
    return json_node_get_object(root);
}

gboolean
mugai_json_read_time(JsonObject *object, const char *name, gint64 *ret_seconds, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GDateTime) time = NULL;

    if (!mugai_json_read_string(object, name, &text, error))
        return FALSE;
    time = g_date_time_new_from_iso8601(text, NULL);
    if (time == NULL || g_date_time_to_unix(time) < 0 ||
        g_date_time_to_unix(time) > MUGAI_TIME_SECONDS_MAX)
        return malformed(error, name);
    *ret_seconds = g_date_time_to_unix(time);
    return TRUE;
}
