/*
 * record.c - one entry of the log of looks, as plain data and as JSON; and who is asking
 *
 * Trust: words, reasons and names of users are hostile; JSON is read back from a log that somebody
 * may have tampered with.
 * Errors: MALFORMED.
 */
#include "json.h"

#include <mugai/record.h>

#include <mugai/error.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

/* Words on one command line that are read back. */
#define WORDS_MAX 10000u
/* What /proc/self/loginuid says of a process outside of any login. */
#define NO_LOGIN 4294967295

/* --- who --- */

static char *
name_of(guint32 uid)
{
    const struct passwd *entry = getpwuid(uid);

    return g_utf8_make_valid(entry != NULL ? entry->pw_name : "", -1);
}

static gint64
read_login_uid(const char *process)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/loginuid", process);
    g_autofree char *text = NULL;
    guint64 uid = NO_LOGIN;

    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        !g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, NO_LOGIN, &uid, NULL) ||
        uid == NO_LOGIN)
        return -1;
    return (gint64)uid;
}

static MugaiActor *
actor_new(guint32 uid, const char *process, const char *sudo_user, const char *via)
{
    MugaiActor *actor = g_new0(MugaiActor, 1);

    actor->uid = uid;
    actor->user = name_of(uid);
    actor->login_uid = read_login_uid(process);
    actor->login_user = actor->login_uid >= 0 ? name_of((guint32)actor->login_uid) : g_strdup("");
    actor->sudo_user = g_utf8_make_valid(sudo_user, -1);
    actor->via = g_strdup(via);
    actor->host = g_utf8_make_valid(g_get_host_name(), -1);
    return actor;
}

MugaiActor *
mugai_actor_self(const char *via)
{
    const char *sudo = g_getenv("SUDO_USER");

    return actor_new(getuid(), "self", getuid() == 0 && sudo != NULL ? sudo : "", via);
}

MugaiActor *
mugai_actor_peer(guint32 uid, gint32 pid, const char *via)
{
    g_autofree char *process = g_strdup_printf("%d", pid);

    return actor_new(uid, process, "", via);
}

static MugaiActor *
copy_actor(const MugaiActor *actor)
{
    MugaiActor *copy = g_new0(MugaiActor, 1);

    copy->uid = actor->uid;
    copy->user = g_strdup(actor->user);
    copy->login_uid = actor->login_uid;
    copy->login_user = g_strdup(actor->login_user);
    copy->sudo_user = g_strdup(actor->sudo_user);
    copy->via = g_strdup(actor->via);
    copy->host = g_strdup(actor->host);
    return copy;
}

void
mugai_actor_free(MugaiActor *actor)
{
    if (actor == NULL)
        return;
    g_free(actor->user);
    g_free(actor->login_user);
    g_free(actor->sudo_user);
    g_free(actor->via);
    g_free(actor->host);
    g_free(actor);
}

/* --- plain data --- */

MugaiRecord *
mugai_record_new(const MugaiActor *actor, const char *verb, const char *id, const char *outcome)
{
    MugaiRecord *record = g_new0(MugaiRecord, 1);

    record->actor = copy_actor(actor);
    record->verb = g_strdup(verb);
    record->id = g_strdup(id);
    record->outcome = g_strdup(outcome);
    record->received = -1;
    return record;
}

void
mugai_record_free(MugaiRecord *record)
{
    if (record == NULL)
        return;
    g_free(record->verb);
    g_free(record->id);
    g_free(record->part);
    g_free(record->reason);
    g_free(record->outcome);
    g_free(record->sha256);
    g_free(record->lost_head);
    g_free(record->torn_sha256);
    g_free(record->key);
    g_free(record->signature);
    mugai_actor_free(record->actor);
    g_clear_pointer(&record->words, g_ptr_array_unref);
    g_free(record);
}

/* --- JSON, written --- */

/* Adds what is there. */
static void
add_said(JsonBuilder *builder, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        mugai_json_add_string(builder, name, value);
}

static void
add_actor(JsonBuilder *builder, const MugaiActor *actor)
{
    mugai_json_add_string(builder, "host", actor->host);
    mugai_json_add_number(builder, "uid", actor->uid);
    mugai_json_add_string(builder, "user", actor->user);
    if (actor->login_uid >= 0)
        mugai_json_add_number(builder, "login_uid", (guint64)actor->login_uid);
    add_said(builder, "login_user", actor->login_user);
    add_said(builder, "sudo_user", actor->sudo_user);
    mugai_json_add_string(builder, "via", actor->via);
}

char *
mugai_record_to_json(const MugaiRecord *record)
{
    g_autoptr(JsonBuilder) builder = json_builder_new_immutable();

    json_builder_begin_object(builder);
    mugai_json_add_number(builder, "n", record->number);
    mugai_json_add_string(builder, "previous", record->previous);
    mugai_json_add_time(builder, "time", record->time, record->offset);
    add_actor(builder, record->actor);
    mugai_json_add_string(builder, "verb", record->verb);
    add_said(builder, "id", record->id);
    add_said(builder, "part", record->part);
    if (record->words != NULL && record->words->len > 0)
        mugai_json_add_strings(builder, "words", record->words);
    add_said(builder, "reason", record->reason);
    mugai_json_add_string(builder, "outcome", record->outcome);
    add_said(builder, "sha256", record->sha256);
    if (record->sealed) {
        json_builder_set_member_name(builder, "sealed");
        json_builder_add_boolean_value(builder, TRUE);
    }
    if (record->has_size)
        mugai_json_add_number(builder, "size", record->size);
    if (record->received >= 0)
        mugai_json_add_time(builder, "received", record->received, 0);
    if (record->torn_octets > 0) {
        mugai_json_add_number(builder, "torn_octets", record->torn_octets);
        mugai_json_add_string(builder, "torn_sha256", record->torn_sha256);
    }
    add_said(builder, "lost_head", record->lost_head);
    json_builder_end_object(builder);
    return mugai_json_generate(builder, FALSE, TRUE);
}

/* --- JSON, read --- */

static gboolean
malformed(GError **error, const char *name)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "malformed entry of the log: %s", name);
    return FALSE;
}

/* A string that need not be there; @fallback then. */
static gboolean
read_said(JsonObject *object, const char *name, const char *fallback, char **ret_value,
          GError **error)
{
    if (json_object_has_member(object, name))
        return mugai_json_read_string(object, name, ret_value, error);
    g_free(*ret_value);
    *ret_value = g_strdup(fallback);
    return TRUE;
}

/* A whole number that need not be there; @ret_value is untouched then. */
static gboolean
read_number(JsonObject *object, const char *name, gint64 maximum, gint64 *ret_value, GError **error)
{
    JsonNode *node = mugai_json_find(object, name, JSON_NODE_VALUE);

    if (!json_object_has_member(object, name))
        return TRUE;
    if (node == NULL || json_node_get_value_type(node) != G_TYPE_INT64 ||
        json_node_get_int(node) < 0 || json_node_get_int(node) > maximum)
        return malformed(error, name);
    *ret_value = json_node_get_int(node);
    return TRUE;
}

static gboolean
read_actor(JsonObject *object, MugaiActor *actor, GError **error)
{
    gint64 uid = -1;

    actor->login_uid = -1;
    if (!read_number(object, "uid", G_MAXUINT32, &uid, error) ||
        !read_number(object, "login_uid", G_MAXUINT32, &actor->login_uid, error) ||
        !mugai_json_read_string(object, "user", &actor->user, error) ||
        !read_said(object, "login_user", "", &actor->login_user, error) ||
        !read_said(object, "sudo_user", "", &actor->sudo_user, error) ||
        !mugai_json_read_string(object, "via", &actor->via, error) ||
        !mugai_json_read_string(object, "host", &actor->host, error))
        return FALSE;
    if (uid < 0)
        return malformed(error, "uid");
    actor->uid = (guint32)uid;
    return TRUE;
}

static gboolean
is_hash(const char *text)
{
    return strlen(text) == MUGAI_RECORD_HASH_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == MUGAI_RECORD_HASH_SIZE - 1;
}

static gboolean
read_place(JsonObject *object, MugaiRecord *record, GError **error)
{
    g_autofree char *previous = NULL;
    gint64 number = 0;

    if (!read_number(object, "n", G_MAXINT64 - 1, &number, error) ||
        !mugai_json_read_string(object, "previous", &previous, error) ||
        !mugai_json_read_time(object, "time", &record->time, error))
        return FALSE;
    if (number < 1 || !is_hash(previous))
        return malformed(error, number < 1 ? "n" : "previous");
    record->number = (guint64)number;
    g_strlcpy(record->previous, previous, sizeof record->previous);
    return TRUE;
}

/* TRUE, which need not be there; nothing else is written. */
static gboolean
read_flag(JsonObject *object, const char *name, gboolean *ret_value, GError **error)
{
    JsonNode *node = mugai_json_find(object, name, JSON_NODE_VALUE);

    if (!json_object_has_member(object, name))
        return TRUE;
    if (node == NULL || json_node_get_value_type(node) != G_TYPE_BOOLEAN ||
        !json_node_get_boolean(node))
        return malformed(error, name);
    *ret_value = TRUE;
    return TRUE;
}

static gboolean
read_facts(JsonObject *object, MugaiRecord *record, GError **error)
{
    gint64 size = 0;
    gint64 torn = 0;

    record->has_size = json_object_has_member(object, "size");
    if (!read_said(object, "sha256", NULL, &record->sha256, error) ||
        !read_flag(object, "sealed", &record->sealed, error) ||
        !read_number(object, "size", G_MAXINT64, &size, error) ||
        !read_number(object, "torn_octets", G_MAXINT64, &torn, error) ||
        !read_said(object, "torn_sha256", "", &record->torn_sha256, error) ||
        !read_said(object, "lost_head", NULL, &record->lost_head, error) ||
        !read_said(object, "key", NULL, &record->key, error) ||
        !read_said(object, "signature", NULL, &record->signature, error))
        return FALSE;
    record->size = (guint64)size;
    record->torn_octets = (guint64)torn;
    return !json_object_has_member(object, "received") ||
           mugai_json_read_time(object, "received", &record->received, error);
}

/* Printable ASCII, as all that was written here. */
static gboolean
is_printable(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isprint(text[i]))
            return FALSE;
    }
    return TRUE;
}

MugaiRecord *
mugai_record_from_json(const char *json, gssize length, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(MugaiRecord) record = g_new0(MugaiRecord, 1);
    gsize octets = length < 0 ? strlen(json) : (gsize)length;
    JsonObject *object = NULL;

    if (is_printable(json, octets))
        object = mugai_json_parse(parser, json, (gssize)octets, error);
    else
        malformed(error, N_("not ASCII"));

    if (object == NULL)
        return NULL;
    record->actor = g_new0(MugaiActor, 1);
    record->received = -1;
    record->words = g_ptr_array_new_with_free_func(g_free);
    if (!read_place(object, record, error) || !read_actor(object, record->actor, error) ||
        !mugai_json_read_string(object, "verb", &record->verb, error) ||
        !read_said(object, "id", NULL, &record->id, error) ||
        !read_said(object, "part", NULL, &record->part, error) ||
        (json_object_has_member(object, "words") &&
         !mugai_json_read_strings(object, "words", WORDS_MAX, record->words, error)) ||
        !read_said(object, "reason", NULL, &record->reason, error) ||
        !mugai_json_read_string(object, "outcome", &record->outcome, error) ||
        !read_facts(object, record, error))
        return NULL;
    return g_steal_pointer(&record);
}
