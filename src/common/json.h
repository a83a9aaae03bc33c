/* json.h - what the files of src/common share to write and read JSON */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Each adds the member @name; strings are made valid UTF-8, numbers end at G_MAXINT64. */
void mugai_json_add_string(JsonBuilder *builder, const char *name, const char *value);
void mugai_json_add_number(JsonBuilder *builder, const char *name, guint64 value);
void mugai_json_add_strings(JsonBuilder *builder, const char *name, const GPtrArray *values);
/* ISO 8601 with @offset, seconds east of UTC; "" for a time that no calendar has. */
void mugai_json_add_time(JsonBuilder *builder, const char *name, gint64 seconds, gint32 offset);

/* What was built, as text without anything a terminal obeys; @ascii: without anything else than
 * ASCII. Newly allocated. */
char *mugai_json_generate(JsonBuilder *builder, gboolean pretty, gboolean ascii);

/* The object that @json is, as long as @parser lives. MALFORMED, also when it nests too deeply. */
JsonObject *mugai_json_parse(JsonParser *parser, const char *json, gssize length, GError **error);
/* The member @name of @object if it is of @type, else NULL. */
JsonNode *mugai_json_find(JsonObject *object, const char *name, JsonNodeType type);
/* Each reads the member @name, which must be there: MALFORMED. Strings replace what @ret_value
 * holds or are appended to @values, @count_max at most; a time is one that can be written again. */
gboolean mugai_json_read_string(JsonObject *object, const char *name, char **ret_value,
                                GError **error);
gboolean mugai_json_read_strings(JsonObject *object, const char *name, guint count_max,
                                 GPtrArray *values, GError **error);
gboolean mugai_json_read_time(JsonObject *object, const char *name, gint64 *ret_seconds,
                              GError **error);

G_END_DECLS
