/*
 * config.c - reads mugai.conf strictly
 *
 * One table says which keys there are, what they may be and where their value goes; reading,
 * defaults and error texts follow from it. Unknown groups and keys, values out of range and unsafe
 * values are errors that name file, line and key and say what to write instead.
 *
 * What one value may be is in config_value.c, where in the file something stands in config_text.c.
 *
 * Trust: the file is the administrator's. It is read before any message, by trusted processes
 * alone.
 */
#include "config_private.h"
#include "settings.h"

#include <mugai/address.h>
#include <mugai/digest.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>
#include <mugai/policy.h>

#include <string.h>

#define IN_CONFIG(member) FALSE, G_STRUCT_OFFSET(MugaiConfig, member)
#define IN_POLICY(member) FALSE, G_STRUCT_OFFSET(MugaiPolicy, member)
#define IN_SETTINGS(member) TRUE, G_STRUCT_OFFSET(MugaiSettings, member)
#define KIB 1024u
#define MIB (1024u * 1024u)

static const MugaiConfigKey keys[] = {
    {"milter", "socket", TYPE_SOCKET, IN_CONFIG(socket), 0, 0, 0, NULL},
    {"milter", "user", TYPE_USER, IN_CONFIG(milter_user), 0, 0, 0, NULL},
    {"worker", "count", TYPE_UINT, IN_CONFIG(worker_count), 0, MUGAI_LIMIT_WORKER_COUNT_MAX, 0,
     NULL},
    {"worker", "seconds", TYPE_UINT, IN_CONFIG(worker_seconds), 1, MUGAI_LIMIT_WORKER_SECONDS_MAX,
     0, NULL},
    {"worker", "memory", TYPE_UINT, IN_CONFIG(worker_memory_mib), MUGAI_LIMIT_WORKER_MEMORY_MIB_MIN,
     MUGAI_LIMIT_WORKER_MEMORY_MIB_MAX, 0, NULL},
    {"worker", "program", TYPE_PATH, IN_CONFIG(worker_program), 0, 0, 0, NULL},
    {"worker", "user", TYPE_USER, IN_CONFIG(worker_user), 0, 0, 0, NULL},
    {"sanitize", "links", TYPE_CHOICE, IN_SETTINGS(links), 0, 0, 0, "defang|remove|keep"},
    {"sanitize", "body", TYPE_CHOICE, IN_SETTINGS(body), 0, 0, 0, "plain|html"},
    {"sanitize", "attachments", TYPE_CHOICE, IN_SETTINGS(attachments), 0, 0, 0, "remove|text"},
    {"sanitize", "language", TYPE_LANGUAGE, IN_SETTINGS(language), 0, 0, 0, NULL},
    {"sanitize", "contact", TYPE_STRING, IN_SETTINGS(contact), 0, 0, 0, NULL},
    {"sanitize", "notices", TYPE_NOTICES, IN_CONFIG(notices), 0, 0, 0, NULL},
    {"limits", "parts", TYPE_UINT, IN_SETTINGS(limits.parts), 1, MUGAI_LIMIT_PARTS_MAX, 0, NULL},
    {"limits", "depth", TYPE_UINT, IN_SETTINGS(limits.depth), 1, MUGAI_LIMIT_DEPTH_MAX, 0, NULL},
    {"limits", "header_fields", TYPE_UINT, IN_SETTINGS(limits.header_fields), 1,
     MUGAI_LIMIT_HEADER_FIELDS_MAX, 0, NULL},
    {"limits", "header_kib", TYPE_SIZE, IN_SETTINGS(limits.header_octets), 1,
     MUGAI_LIMIT_HEADER_OCTETS_MAX / KIB, KIB, NULL},
    {"limits", "part_mib", TYPE_SIZE, IN_SETTINGS(limits.part_octets), 1,
     MUGAI_LIMIT_PART_OCTETS_MAX / MIB, MIB, NULL},
    {"limits", "text_kib", TYPE_SIZE, IN_SETTINGS(limits.text_octets), 1,
     MUGAI_LIMIT_TEXT_OCTETS_MAX / KIB, KIB, NULL},
    {"limits", "name_characters", TYPE_UINT, IN_SETTINGS(limits.name_characters), 1,
     MUGAI_LIMIT_NAME_CHARACTERS_MAX, 0, NULL},
    {"store", "path", TYPE_PATH, IN_CONFIG(store_path), 0, 0, 0, NULL},
    {"store", "retention_days", TYPE_UINT, IN_CONFIG(retention_days), 1,
     MUGAI_LIMIT_RETENTION_DAYS_MAX, 0, NULL},
    {"store", "min_free", TYPE_UINT64, IN_CONFIG(min_free_mib), 1, G_MAXUINT64 / MIB, 0, NULL},
    {"store", "compression", TYPE_UINT, IN_CONFIG(compression), 0, 9, 0, NULL},
    {"store", "seal_to", TYPE_PUBLIC_KEYS, IN_CONFIG(seal_to), 0, 0, 0, NULL},
    {"store", "seal_index", TYPE_BOOLEAN, IN_CONFIG(seal_index), 0, 0, 0, NULL},
    {"seal", "key", TYPE_PATH, IN_CONFIG(seal_key), 0, 0, 0, NULL},
    {"log", "level", TYPE_UINT, IN_CONFIG(log_level), MUGAI_LOG_ERROR, MUGAI_LOG_DEBUG, 0, NULL},
    {"log", "subjects", TYPE_BOOLEAN, IN_CONFIG(log_subjects), 0, 0, 0, NULL},
    {"log", "addresses", TYPE_BOOLEAN, IN_CONFIG(log_addresses), 0, 0, 0, NULL},
    {"log", "path", TYPE_PATH, IN_CONFIG(log_path), 0, 0, 0, NULL},
    {"log", "key", TYPE_PATH, IN_CONFIG(log_key), 0, 0, 0, NULL},
    {"metrics", "socket", TYPE_UNIX_SOCKET, IN_CONFIG(metrics_socket), 0, 0, 0, NULL},
    {"metrics", "listen", TYPE_LOOPBACK, IN_CONFIG(metrics_listen), 0, 0, 0, NULL},
    {"release", "server", TYPE_SERVER, IN_CONFIG(release_server), 0, 0, 0, NULL},
    {"release", "tls", TYPE_CHOICE, IN_CONFIG(release_tls), 0, 0, 0, "required|opportunistic|auto"},
    {"release", "ca_file", TYPE_PATH, IN_CONFIG(release_ca_file), 0, 0, 0, NULL},
    {"release", "sender", TYPE_ADDRESS, IN_CONFIG(release_sender), 0, 0, 0, NULL},
    {"release", "allowed", TYPE_PATTERNS, IN_CONFIG(release_allowed), 0, 0, 0, NULL},
    {"release", "never", TYPE_PATTERNS, IN_CONFIG(release_never), 0, 0, 0, NULL},
    {"release", "two_person", TYPE_BOOLEAN, IN_CONFIG(release_two_person), 0, 0, 0, NULL},
    {"digest", "server", TYPE_SERVER, IN_CONFIG(digest_server), 0, 0, 0, NULL},
    {"digest", "tls", TYPE_CHOICE, IN_CONFIG(digest_tls), 0, 0, 0, "required|opportunistic|auto"},
    {"digest", "ca_file", TYPE_PATH, IN_CONFIG(digest_ca_file), 0, 0, 0, NULL},
    {"digest", "sender", TYPE_ADDRESS, IN_CONFIG(digest_sender), 0, 0, 0, NULL},
    {"digest", "to", TYPE_ADDRESSES, IN_CONFIG(digest_to), 0, 0, 0, NULL},
    {"digest", "subjects", TYPE_BOOLEAN, IN_CONFIG(digest_subjects), 0, 0, 0, NULL},
    {"digest", "recipients", TYPE_PATTERNS, IN_CONFIG(digest_recipients), 0, 0, 0, NULL},
    {"access", "socket", TYPE_PATH, IN_CONFIG(access_socket), 0, 0, 0, NULL},
    {"access", "viewer", TYPE_GROUP, IN_CONFIG(viewer), 0, 0, 0, NULL},
    {"access", "releaser", TYPE_GROUP, IN_CONFIG(releaser), 0, 0, 0, NULL},
    {"access", "auditor", TYPE_GROUP, IN_CONFIG(auditor), 0, 0, 0, NULL},
    {"access", "administrator", TYPE_GROUP, IN_CONFIG(administrator), 0, 0, 0, NULL},
};

/* Of each [policy NAME]. */
static const MugaiConfigKey policy_keys[] = {
    {"policy", "recipients", TYPE_PATTERNS, IN_POLICY(recipients), 0, 0, 0, NULL},
    {"policy", "senders", TYPE_PATTERNS, IN_POLICY(senders), 0, 0, 0, NULL},
    {"policy", "clients", TYPE_NETWORKS, IN_POLICY(clients), 0, 0, 0, NULL},
    {"policy", "links", TYPE_CHOICE, IN_SETTINGS(links), 0, 0, 0, "defang|remove|keep"},
    {"policy", "body", TYPE_CHOICE, IN_SETTINGS(body), 0, 0, 0, "plain|html"},
    {"policy", "attachments", TYPE_CHOICE, IN_SETTINGS(attachments), 0, 0, 0, "remove|text"},
    {"policy", "language", TYPE_LANGUAGE, IN_SETTINGS(language), 0, 0, 0, NULL},
    {"policy", "contact", TYPE_STRING, IN_SETTINGS(contact), 0, 0, 0, NULL},
    {"policy", "text_kib", TYPE_SIZE, IN_SETTINGS(limits.text_octets), 1,
     MUGAI_LIMIT_TEXT_OCTETS_MAX / KIB, KIB, NULL},
    {"policy", "message_mib", TYPE_SIZE, IN_POLICY(message_octets), 1, 1024, MIB, NULL},
    {"policy", "retention_days", TYPE_UINT, IN_POLICY(retention_days), 1,
     MUGAI_LIMIT_RETENTION_DAYS_MAX, 0, NULL},
};

/* A policy's group is POLICY_PREFIX and its name. */
#define POLICY_PREFIX "policy "

MugaiConfig *
mugai_config_new(void)
{
    MugaiConfig *config = g_new0(MugaiConfig, 1);

    config->socket = g_strdup("unix:/var/spool/postfix/mugai/mugai.sock");
    config->milter_user = g_strdup("mugai");
    config->worker_user = g_strdup("mugai-worker");
    config->worker_seconds = MUGAI_LIMIT_WORKER_SECONDS_DEFAULT;
    config->worker_memory_mib = MUGAI_LIMIT_WORKER_MEMORY_MIB_DEFAULT;
    config->settings = mugai_settings_new("ja");
    config->policies = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_policy_free);
    config->store_path = g_strdup("/var/lib/mugai/store");
    config->retention_days = 90;
    config->min_free_mib = 1024;
    config->log_level = MUGAI_LOG_INFO;
    config->release_tls = MUGAI_TLS_AUTO;
    config->release_allowed = g_new0(char *, 1);
    config->release_never = g_strsplit(MUGAI_ADDRESS_LGWAN, ",", -1);
    config->digest_tls = MUGAI_TLS_AUTO;
    config->access_socket = g_strdup("/run/mugai/stored.sock");
    return config;
}

void
mugai_config_free(MugaiConfig *config)
{
    if (config == NULL)
        return;
    g_free(config->socket);
    g_free(config->milter_user);
    g_free(config->worker_program);
    g_free(config->worker_user);
    g_free(config->notices);
    g_free(config->store_path);
    g_clear_pointer(&config->seal_to, g_ptr_array_unref);
    g_free(config->seal_key);
    g_free(config->log_path);
    g_free(config->log_key);
    g_free(config->metrics_socket);
    g_free(config->metrics_listen);
    g_free(config->release_server);
    g_free(config->release_ca_file);
    g_free(config->release_sender);
    g_strfreev(config->release_allowed);
    g_strfreev(config->release_never);
    g_free(config->digest_server);
    g_free(config->digest_ca_file);
    g_free(config->digest_sender);
    g_strfreev(config->digest_to);
    g_strfreev(config->digest_recipients);
    g_free(config->access_socket);
    g_free(config->viewer);
    g_free(config->releaser);
    g_free(config->auditor);
    g_free(config->administrator);
    g_free(config->path);
    g_free(config->sha256);
    g_ptr_array_unref(config->policies);
    mugai_settings_free(config->settings);
    g_free(config);
}

static const MugaiConfigKey *
find_in(const MugaiConfigKey *table, gsize length, const char *group, const char *key)
{
    for (gsize i = 0; i < length; i++) {
        if (g_str_equal(table[i].group, group) && (key == NULL || g_str_equal(table[i].key, key)))
            return &table[i];
    }
    return NULL;
}

static const MugaiConfigKey *
find_key(const char *group, const char *key)
{
    const MugaiConfigKey *found = find_in(keys, G_N_ELEMENTS(keys), group, key);

    return found != NULL ? found : find_in(policy_keys, G_N_ELEMENTS(policy_keys), group, key);
}

static void
append_name(GString *names, const char *name)
{
    g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
}

/* The groups there are, with commas between them. */
static char *
list_groups(void)
{
    GString *names = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (i == 0 || !g_str_equal(keys[i].group, keys[i - 1].group))
            append_name(names, keys[i].group);
    }
    append_name(names, POLICY_PREFIX "NAME");
    return g_string_free(names, FALSE);
}

/* What may stand in @group, a table's. */
static char *
list_keys(const char *group)
{
    GString *names = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (g_str_equal(keys[i].group, group))
            append_name(names, keys[i].key);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(policy_keys); i++) {
        if (g_str_equal(policy_keys[i].group, group))
            append_name(names, policy_keys[i].key);
    }
    return g_string_free(names, FALSE);
}

/* @known: @group as the tables have it, NULL: they have it not. */
static gboolean
refuse_name(const MugaiConfigSource *source, const char *group, const char *known, const char *key,
            GError **error)
{
    g_autofree char *names = known != NULL ? list_keys(known) : list_groups();
    g_autofree char *why = g_strdup_printf(known != NULL ? N_("unknown key: write one of %s")
                                                         : N_("unknown group: write one of %s"),
                                           names);

    return mugai_config_refuse(source, group, key, error, why);
}

static gboolean
is_policy(const char *group)
{
    return g_str_has_prefix(group, POLICY_PREFIX) &&
           mugai_policy_is_name(group + strlen(POLICY_PREFIX));
}

static gboolean
refuse_unknown(const MugaiConfigSource *source, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(source->file, NULL);

    for (char **group = groups; *group != NULL; group++) {
        const char *known = is_policy(*group) ? "policy" : *group;
        g_auto(GStrv) names = NULL;

        if (g_str_has_prefix(*group, "policy") && !is_policy(*group))
            return mugai_config_refuse(
                source, *group, NULL, error,
                N_("write [policy NAME]: 1 to 32 letters, digits, \"-\" and \"_\""));
        if (find_key(known, NULL) == NULL)
            return refuse_name(source, *group, NULL, NULL, error);
        names = g_key_file_get_keys(source->file, *group, NULL, error);
        if (names == NULL)
            return FALSE;
        for (char **name = names; *name != NULL; name++) {
            if (find_key(known, *name) == NULL)
                return refuse_name(source, *group, known, *name, error);
        }
    }
    return TRUE;
}

/* The value of @key, newly allocated; NULL where there is none, or with @error. */
static char *
read_text(const MugaiConfigSource *source, const MugaiConfigKey *key, GError **error)
{
    g_autofree char *value = NULL;

    if (!g_key_file_has_key(source->file, key->group, key->key, NULL))
        return NULL;
    value = g_key_file_get_string(source->file, key->group, key->key, NULL);
    if (value != NULL && g_utf8_validate(value, -1, NULL))
        return g_strstrip(g_steal_pointer(&value));
    mugai_config_refuse(source, key->group, key->key, error,
                        N_("the value is not readable as UTF-8 text"));
    return NULL;
}

/* What each value for itself does not show. */
static gboolean
refuse_unsafe(const MugaiConfigSource *source, const MugaiConfig *config, GError **error)
{
    gboolean set_worker = g_key_file_has_key(source->file, "worker", "user", NULL);
    g_autofree char *why = NULL;

    if (!g_str_equal(config->worker_user, config->milter_user))
        return TRUE;
    why = g_strdup_printf(N_("%s serves mail and reads what is hostile: write a user of its own"),
                          config->worker_user);
    return mugai_config_refuse(source, set_worker ? "worker" : "milter", "user", error, why);
}

/* In the order of the table, so that the language is known before its notices are read. */
static gboolean
read_keys(const MugaiConfigSource *source, MugaiConfig *config, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        gpointer base = keys[i].in_settings ? (gpointer)config->settings : (gpointer)config;
        g_autoptr(GError) why = NULL;
        g_autofree char *value = read_text(source, &keys[i], &why);

        if (value != NULL)
            mugai_config_set_value(source, &keys[i], value, base, config->settings, config, &why);
        if (why != NULL) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
read_policy(const MugaiConfigSource *source, const char *group, MugaiConfig *config, GError **error)
{
    MugaiPolicy *policy = mugai_policy_new(group + strlen(POLICY_PREFIX), config->settings);

    g_ptr_array_add(config->policies, policy);
    if (config->policies->len > MUGAI_LIMIT_POLICIES)
        return mugai_config_refuse(source, group, NULL, error,
                                   N_("more policies than mugai takes (32)"));
    for (gsize i = 0; i < G_N_ELEMENTS(policy_keys); i++) {
        MugaiConfigKey key = policy_keys[i];
        gpointer base = key.in_settings ? (gpointer)policy->settings : (gpointer)policy;
        g_autoptr(GError) why = NULL;
        g_autofree char *value = NULL;

        key.group = group;
        value = read_text(source, &key, &why);
        if (value != NULL)
            mugai_config_set_value(source, &key, value, base, policy->settings, config, &why);
        if (why != NULL) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    if (policy->recipients == NULL && policy->senders == NULL && policy->clients == NULL)
        return mugai_config_refuse(
            source, group, NULL, error,
            N_("for whom? write recipients, senders or clients; what is for all mail stands "
               "in [sanitize]"));
    return TRUE;
}

/* After all else: what a policy does not say is as in [sanitize] and [limits]. */
static gboolean
read_policies(const MugaiConfigSource *source, MugaiConfig *config, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(source->file, NULL);

    for (char **group = groups; *group != NULL; group++) {
        if (is_policy(*group) && !read_policy(source, *group, config, error))
            return FALSE;
    }
    return TRUE;
}

/* Whether @path, which may be NULL, is another one than @taken. */
static gboolean
is_apart(const char *path, const char *taken)
{
    g_autofree char *one = path != NULL ? g_canonicalize_filename(path, "/") : NULL;
    g_autofree char *other = g_canonicalize_filename(taken, "/");

    return g_strcmp0(one, other) != 0;
}

/* What one key asks of another. */
static gboolean
check_together(const MugaiConfigSource *source, const MugaiConfig *config, GError **error)
{
    const char *milter = strchr(config->socket, ':') + 1;
    const char *metrics =
        config->metrics_socket != NULL ? config->metrics_socket + strlen("unix:") : NULL;

    if (config->seal_index && config->seal_to == NULL)
        return mugai_config_refuse(source, "store", "seal_index", error,
                                   N_("yes takes seal_to: without a key nothing can be sealed"));
    if (!is_apart(metrics, milter))
        return mugai_config_refuse(source, "metrics", "socket", error,
                                   N_("that is [milter] socket: write another path"));
    return is_apart(config->log_path, config->store_path) ||
           mugai_config_refuse(source, "log", "path", error,
                               N_("that is [store] path: write another path"));
}

MugaiConfig *
mugai_config_read(const char *name, const char *text, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;
    MugaiConfigSource source = {.path = name, .contents = text, .file = file};

    if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_KEEP_TRANSLATIONS, &why)) {
        mugai_config_refuse_line(&source, why, error);
        return NULL;
    }
    config->path = g_strdup(name);
    config->sha256 = mugai_digest_text(text, strlen(text));
    if (!refuse_unknown(&source, error) || !mugai_config_refuse_twice(&source, error) ||
        !read_keys(&source, config, error) || !read_policies(&source, config, error) ||
        !check_together(&source, config, error) || !refuse_unsafe(&source, config, error))
        return NULL;
    return g_steal_pointer(&config);
}

MugaiConfig *
mugai_config_load(const char *path, GError **error)
{
    g_autofree char *contents = mugai_config_read_file(path, error);

    return contents != NULL ? mugai_config_read(path, contents, error) : NULL;
}
