/*
 * config.c - reads mugai.conf strictly
 *
 * One table says which keys there are, what they may be and where their value goes; reading,
 * defaults and error texts follow from it. Unknown groups and keys, values out of range and unsafe
 * values are errors that name file, line and key and say what to write instead. GKeyFile keeps no
 * line numbers, so find_line() looks a key up again, for the error text only.
 *
 * Trust: the file is the administrator's. It is read before any message, by trusted processes
 * alone.
 */
#include "public_key.h"
#include "settings.h"

#include <mugai/address.h>
#include <mugai/digest.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>
#include <mugai/policy.h>
#include <mugai/text.h>

#include <string.h>

typedef enum {
    TYPE_UINT = 0, /* guint */
    TYPE_UINT64,   /* guint64 */
    TYPE_SIZE,     /* gsize, in units */
    TYPE_CHOICE,   /* one of names, the index is the value (guint) */
    TYPE_STRING,   /* anything on one line */
    TYPE_PATH,     /* absolute */
    TYPE_SOCKET,
    TYPE_UNIX_SOCKET,
    TYPE_LOOPBACK, /* an address of this host alone, and a port */
    TYPE_USER,
    TYPE_GROUP, /* or nobody */
    TYPE_BOOLEAN,
    TYPE_LANGUAGE,
    TYPE_NOTICES,
    TYPE_SERVER,      /* smtp:// or smtps:// */
    TYPE_ADDRESS,     /* of mail */
    TYPE_ADDRESSES,   /* separated by commas (GStrv) */
    TYPE_PATTERNS,    /* of addresses, separated by commas (GStrv) */
    TYPE_NETWORKS,    /* the same of networks */
    TYPE_PUBLIC_KEYS, /* paths of key files, separated by commas (GPtrArray of MugaiPublicKey) */
} KeyType;

typedef struct {
    const char *group;
    const char *key;
    KeyType type;
    gboolean in_settings;
    gsize offset;
    guint64 minimum, maximum; /* of TYPE_UINT, UINT64, SIZE in the unit of the file */
    gsize unit;               /* TYPE_SIZE: octets of one unit */
    const char *names;        /* TYPE_CHOICE: separated by | */
} Key;

#define IN_CONFIG(member) FALSE, G_STRUCT_OFFSET(MugaiConfig, member)
#define IN_POLICY(member) FALSE, G_STRUCT_OFFSET(MugaiPolicy, member)
#define IN_SETTINGS(member) TRUE, G_STRUCT_OFFSET(MugaiSettings, member)
#define KIB 1024u
#define MIB (1024u * 1024u)
#define WHY_CHARACTERS 400u

static const Key keys[] = {
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
static const Key policy_keys[] = {
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

/* The number of the line where @group, or @key of it unless NULL, stands last; 0 if it is not
 * found. */
static guint
find_line(const char *contents, const char *group, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(contents, "\n", -1);
    g_autofree char *header = g_strdup_printf("[%s]", group);
    gboolean inside = FALSE;
    guint found = 0;

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);

        if (line[0] == '[')
            inside = g_str_has_prefix(line, header);
        if (key == NULL && inside)
            return i + 1;
        if (inside && key != NULL && g_str_has_prefix(line, key) &&
            strchr(" \t=", line[strlen(key)]) != NULL)
            found = i + 1;
    }
    return found;
}

/* Where in which file; enough to say what is wrong. */
typedef struct {
    const char *path;
    const char *contents;
    GKeyFile *file;
} Source;

/* The file may hold anything, and what is said of it goes to terminals and logs. */
static void
set_error(GError **error, const char *place, const char *why)
{
    g_autofree char *clean = mugai_text_clean_line(why, -1, WHY_CHARACTERS);

    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "%s: %s", place, clean);
}

static gboolean
refuse(const Source *source, const char *group, const char *key, GError **error, const char *why)
{
    guint line = find_line(source->contents, group, key);
    g_autofree char *place = g_strdup_printf("%s:%u", source->path, line);
    g_autofree char *what = key == NULL ? g_strdup_printf("[%s]: %s", group, why)
                                        : g_strdup_printf("[%s] %s: %s", group, key, why);

    set_error(error, place, what);
    return FALSE;
}

static const Key *
find_in(const Key *table, gsize length, const char *group, const char *key)
{
    for (gsize i = 0; i < length; i++) {
        if (g_str_equal(table[i].group, group) && (key == NULL || g_str_equal(table[i].key, key)))
            return &table[i];
    }
    return NULL;
}

static const Key *
find_key(const char *group, const char *key)
{
    const Key *found = find_in(keys, G_N_ELEMENTS(keys), group, key);

    return found != NULL ? found : find_in(policy_keys, G_N_ELEMENTS(policy_keys), group, key);
}

static gboolean
set_number(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    g_autofree char *why = NULL;
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(value, 10, key->minimum, key->maximum, &number, NULL)) {
        why = g_strdup_printf(N_("\"%s\" is not a number from %" G_GUINT64_FORMAT
                                 " to %" G_GUINT64_FORMAT),
                              value, key->minimum, key->maximum);
        return refuse(source, key->group, key->key, error, why);
    }
    if (key->type == TYPE_UINT)
        *(guint *)target = (guint)number;
    else if (key->type == TYPE_UINT64)
        *(guint64 *)target = number;
    else
        *(gsize *)target = (gsize)number * key->unit;
    return TRUE;
}

static gboolean
set_choice(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    g_auto(GStrv) names = g_strsplit(key->names, "|", -1);
    g_autofree char *why = NULL;

    for (guint i = 0; names[i] != NULL; i++) {
        if (g_str_equal(names[i], value)) {
            *(guint *)target = i;
            return TRUE;
        }
    }
    why = g_strdup_printf(N_("\"%s\" is unknown: write one of %s"), value, key->names);
    return refuse(source, key->group, key->key, error, why);
}

static gboolean
set_string(const char *value, gpointer target)
{
    char **string = target;

    g_free(*string);
    *string = g_strdup(value);
    return TRUE;
}

/* Absolute, and fit to stand in one line of a log. */
static gboolean
is_path(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (g_ascii_iscntrl(*p))
            return FALSE;
    }
    return g_path_is_absolute(value);
}

static gboolean
set_path(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    if (!is_path(value))
        return refuse(source, key->group, key->key, error,
                      N_("write an absolute path, beginning with /"));
    return set_string(value, target);
}

/* Whether @value is inet:PORT@ADDRESS or inet6:PORT@ADDRESS. */
static gboolean
is_inet(const char *value)
{
    g_autoptr(GRegex) form = g_regex_new("^inet6?:([0-9]{1,5})@.", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *port = NULL;

    if (!g_regex_match(form, value, 0, &match))
        return FALSE;
    port = g_match_info_fetch(match, 1);
    return g_ascii_string_to_unsigned(port, 10, 1, G_MAXUINT16, NULL, NULL);
}

/* A socket everybody on the network may reach is refused: whoever reaches it fills the quarantine.
 */
static gboolean
set_socket(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    gboolean unix_socket = g_str_has_prefix(value, "unix:/") || g_str_has_prefix(value, "local:/");
    gboolean inet = is_inet(value);
    const char *host = strchr(value, '@');

    if (!unix_socket && !inet)
        return refuse(source, key->group, key->key, error,
                      N_("write unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS"));
    if (inet &&
        (g_str_equal(host, "@0.0.0.0") || g_str_equal(host, "@::") || g_str_equal(host, "@*")))
        return refuse(source, key->group, key->key, error,
                      N_("name one address: every host could reach this socket"));
    return set_string(value, target);
}

static gboolean
set_unix_socket(const Source *source, const Key *key, const char *value, gpointer target,
                GError **error)
{
    if (!g_str_has_prefix(value, "unix:") || !is_path(value + strlen("unix:")))
        return refuse(source, key->group, key->key, error, N_("write unix:/PATH"));
    return set_string(value, target);
}

/* Whoever reaches it needs no password, so nobody outside of this host may. */
static gboolean
set_loopback(const Source *source, const Key *key, const char *value, gpointer target,
             GError **error)
{
    static const char *const hosts[] = {"127.0.0.1:", "[::1]:"};

    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        if (g_str_has_prefix(value, hosts[i]) &&
            g_ascii_string_to_unsigned(value + strlen(hosts[i]), 10, 1, G_MAXUINT16, NULL, NULL))
            return set_string(value, target);
    }
    return refuse(source, key->group, key->key, error,
                  N_("write 127.0.0.1:PORT or [::1]:PORT: only this host may ask"));
}

/* Whether there is such a user is asked where somebody is to become it. */
static gboolean
set_user(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    if (!g_regex_match_simple("^[A-Za-z_][A-Za-z0-9_.-]*$", value, G_REGEX_DOLLAR_ENDONLY, 0) ||
        g_str_equal(value, "root"))
        return refuse(source, key->group, key->key, error,
                      N_("write the name of a user, and not root's"));
    return set_string(value, target);
}

/* By name or number; empty: nobody. Who is in root's group is root, or nearly, and whoever is root
 * needs no role. */
static gboolean
set_group(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    if (value[0] == '\0') {
        g_clear_pointer((char **)target, g_free);
        return TRUE;
    }
    if (!g_regex_match_simple("^([A-Za-z_][A-Za-z0-9_.-]*|[1-9][0-9]{0,8})$", value,
                              G_REGEX_DOLLAR_ENDONLY, 0) ||
        g_str_equal(value, "root"))
        return refuse(source, key->group, key->key, error,
                      N_("write the name or number of a group, not root's, or nothing"));
    return set_string(value, target);
}

static gboolean
set_boolean(const Source *source, const Key *key, const char *value, gpointer target,
            GError **error)
{
    gboolean yes = g_str_equal(value, "yes") || g_str_equal(value, "true");

    if (!yes && !g_str_equal(value, "no") && !g_str_equal(value, "false"))
        return refuse(source, key->group, key->key, error, N_("write yes or no"));
    *(gboolean *)target = yes;
    return TRUE;
}

/* No path, no name and password: what else a URL may have has no meaning here. */
static gboolean
set_server(const Source *source, const Key *key, const char *value, gpointer target, GError **error)
{
    if (!g_regex_match_simple("^smtps?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|"
                              "\\[[0-9A-Fa-f:.]+\\])(:[1-9][0-9]{0,4})?$",
                              value, G_REGEX_DOLLAR_ENDONLY, 0))
        return refuse(source, key->group, key->key, error,
                      N_("write smtp://HOST:PORT or smtps://HOST:PORT"));
    return set_string(value, target);
}

static gboolean
set_address(const Source *source, const Key *key, const char *value, gpointer target,
            GError **error)
{
    if (!mugai_address_is_plain(value))
        return refuse(source, key->group, key->key, error, N_("write a mail address: NAME@DOMAIN"));
    return set_string(value, target);
}

/* A list with commas between, each of which @is_one must know; @forms says what may be written. */
static gboolean
set_list(const Source *source, const Key *key, const char *value, gboolean (*is_one)(const char *),
         const char *forms, gpointer target, GError **error)
{
    g_auto(GStrv) list = g_strsplit(value, ",", -1);
    g_autofree char *why = NULL;

    for (guint i = 0; list[i] != NULL; i++) {
        if (is_one(g_strstrip(list[i])))
            continue;
        why = g_strdup_printf(N_("\"%s\" is %s, with commas between them"), list[i], forms);
        return refuse(source, key->group, key->key, error, why);
    }
    g_strfreev(*(GStrv *)target);
    *(GStrv *)target = g_steal_pointer(&list);
    return TRUE;
}

/* Another language has other sentences, and those of the administrator's own directory. */
static gboolean
set_language(const Source *source, const Key *key, const char *value, const char *notices,
             MugaiSettings *settings, GError **error)
{
    if (!mugai_settings_known_language(value))
        return refuse(source, key->group, key->key, error, N_("write ja or en"));
    mugai_settings_set_language(settings, value);
    return notices == NULL || mugai_settings_load_notices(settings, notices, error);
}

static gboolean
set_public_keys(const Source *source, const Key *key, const char *value, gpointer target,
                GError **error)
{
    g_autofree char *why = NULL;
    GPtrArray *keys_read = mugai_public_keys_load(value, &why);

    if (keys_read == NULL)
        return refuse(source, key->group, key->key, error, why);
    g_clear_pointer((GPtrArray **)target, g_ptr_array_unref);
    *(GPtrArray **)target = keys_read;
    return TRUE;
}

/* @base: what @key's offset is in; @settings: of @config or of a policy. */
static gboolean
set_value(const Source *source, const Key *key, const char *value, gpointer base,
          MugaiSettings *settings, const MugaiConfig *config, GError **error)
{
    gpointer target = G_STRUCT_MEMBER_P(base, key->offset);

    switch (key->type) {
    case TYPE_UINT:
    case TYPE_UINT64:
    case TYPE_SIZE:
        return set_number(source, key, value, target, error);
    case TYPE_CHOICE:
        return set_choice(source, key, value, target, error);
    case TYPE_STRING:
        return set_string(value, target);
    case TYPE_PATH:
        return set_path(source, key, value, target, error);
    case TYPE_SOCKET:
        return set_socket(source, key, value, target, error);
    case TYPE_UNIX_SOCKET:
        return set_unix_socket(source, key, value, target, error);
    case TYPE_LOOPBACK:
        return set_loopback(source, key, value, target, error);
    case TYPE_USER:
        return set_user(source, key, value, target, error);
    case TYPE_GROUP:
        return set_group(source, key, value, target, error);
    case TYPE_BOOLEAN:
        return set_boolean(source, key, value, target, error);
    case TYPE_LANGUAGE:
        return set_language(source, key, value, config->notices, settings, error);
    case TYPE_NOTICES:
        if (!is_path(value))
            return refuse(source, key->group, key->key, error,
                          N_("write an absolute path, beginning with /"));
        return set_string(value, target) && mugai_settings_load_notices(settings, value, error);
    case TYPE_SERVER:
        return set_server(source, key, value, target, error);
    case TYPE_ADDRESS:
        return set_address(source, key, value, target, error);
    case TYPE_ADDRESSES:
        return set_list(source, key, value, mugai_address_is_plain,
                        N_("no mail address: write NAME@DOMAIN"), target, error);
    case TYPE_PATTERNS:
        return set_list(source, key, value, mugai_address_is_pattern,
                        N_("no pattern: write NAME@DOMAIN, *@DOMAIN, *@*.DOMAIN or *.DOMAIN"),
                        target, error);
    case TYPE_NETWORKS:
        return set_list(source, key, value, mugai_policy_is_network,
                        N_("no network: write 192.0.2.0/24, 2001:db8::/32 or one address"), target,
                        error);
    case TYPE_PUBLIC_KEYS:
        return set_public_keys(source, key, value, target, error);
    }
    g_assert_not_reached();
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
refuse_name(const Source *source, const char *group, const char *known, const char *key,
            GError **error)
{
    g_autofree char *names = known != NULL ? list_keys(known) : list_groups();
    g_autofree char *why = g_strdup_printf(known != NULL ? N_("unknown key: write one of %s")
                                                         : N_("unknown group: write one of %s"),
                                           names);

    return refuse(source, group, key, error, why);
}

static gboolean
is_policy(const char *group)
{
    return g_str_has_prefix(group, POLICY_PREFIX) &&
           mugai_policy_is_name(group + strlen(POLICY_PREFIX));
}

static gboolean
refuse_unknown(const Source *source, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(source->file, NULL);

    for (char **group = groups; *group != NULL; group++) {
        const char *known = is_policy(*group) ? "policy" : *group;
        g_auto(GStrv) names = NULL;

        if (g_str_has_prefix(*group, "policy") && !is_policy(*group))
            return refuse(source, *group, NULL, error,
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
read_text(const Source *source, const Key *key, GError **error)
{
    g_autofree char *value = NULL;

    if (!g_key_file_has_key(source->file, key->group, key->key, NULL))
        return NULL;
    value = g_key_file_get_string(source->file, key->group, key->key, NULL);
    if (value != NULL && g_utf8_validate(value, -1, NULL))
        return g_strstrip(g_steal_pointer(&value));
    refuse(source, key->group, key->key, error, N_("the value is not readable as UTF-8 text"));
    return NULL;
}

/* GKeyFile takes the last of two, and whoever wrote the first would not be told. */
static gboolean
refuse_twice(const Source *source, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(source->contents, "\n", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *group = g_strdup("");

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strstrip(lines[i]);
        char *sign = strchr(line, '=');
        g_autofree char *key = NULL;

        if (line[0] == '[') {
            g_free(group);
            group = g_strndup(line + 1, strcspn(line + 1, "]"));
        }
        if (line[0] == '[' || line[0] == '#' || sign == NULL)
            continue;
        key = g_strchomp(g_strndup(line, (gsize)(sign - line)));
        if (!g_hash_table_add(seen, g_strconcat(group, "/", key, NULL)))
            return refuse(source, group, key, error,
                          N_("stands there twice: remove one of the two"));
    }
    return TRUE;
}

/* Whether GKeyFile reads the first @count lines. */
static gboolean
is_read_to(const char *contents, guint count)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    const char *end = contents;

    for (; count > 0 && *end != '\0'; count--) {
        end += strcspn(end, "\n");
        end += *end == '\n';
    }
    return g_key_file_load_from_data(file, contents, (gsize)(end - contents),
                                     G_KEY_FILE_KEEP_TRANSLATIONS, NULL);
}

/* Of a file that GKeyFile cannot read; it says why and not where: in the last line of the shortest
 * beginning that it cannot read either. */
static void
refuse_line(const Source *source, const GError *why, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(source->contents, "\n", -1);
    g_autofree char *place = NULL;
    guint good = 0;
    guint bad = g_strv_length(lines);

    while (bad - good > 1) {
        guint middle = good + (bad - good) / 2;

        if (is_read_to(source->contents, middle))
            good = middle;
        else
            bad = middle;
    }
    place = g_strdup_printf("%s:%u", source->path, bad);
    set_error(error, place,
              g_error_matches(why, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_UNKNOWN_ENCODING)
                  ? why->message
                  : N_("write [GROUP], and after it KEY = VALUE or a line that begins with #"));
}

/* What each value for itself does not show. */
static gboolean
refuse_unsafe(const Source *source, const MugaiConfig *config, GError **error)
{
    gboolean set_worker = g_key_file_has_key(source->file, "worker", "user", NULL);
    g_autofree char *why = NULL;

    if (!g_str_equal(config->worker_user, config->milter_user))
        return TRUE;
    why = g_strdup_printf(N_("%s serves mail and reads what is hostile: write a user of its own"),
                          config->worker_user);
    return refuse(source, set_worker ? "worker" : "milter", "user", error, why);
}

/* In the order of the table, so that the language is known before its notices are read. */
static gboolean
read_keys(const Source *source, MugaiConfig *config, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        gpointer base = keys[i].in_settings ? (gpointer)config->settings : (gpointer)config;
        g_autoptr(GError) why = NULL;
        g_autofree char *value = read_text(source, &keys[i], &why);

        if (value != NULL)
            set_value(source, &keys[i], value, base, config->settings, config, &why);
        if (why != NULL) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
read_policy(const Source *source, const char *group, MugaiConfig *config, GError **error)
{
    MugaiPolicy *policy = mugai_policy_new(group + strlen(POLICY_PREFIX), config->settings);

    g_ptr_array_add(config->policies, policy);
    if (config->policies->len > MUGAI_LIMIT_POLICIES)
        return refuse(source, group, NULL, error, N_("more policies than mugai takes (32)"));
    for (gsize i = 0; i < G_N_ELEMENTS(policy_keys); i++) {
        Key key = policy_keys[i];
        gpointer base = key.in_settings ? (gpointer)policy->settings : (gpointer)policy;
        g_autoptr(GError) why = NULL;
        g_autofree char *value = NULL;

        key.group = group;
        value = read_text(source, &key, &why);
        if (value != NULL)
            set_value(source, &key, value, base, policy->settings, config, &why);
        if (why != NULL) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    if (policy->recipients == NULL && policy->senders == NULL && policy->clients == NULL)
        return refuse(
            source, group, NULL, error,
            N_("for whom? write recipients, senders or clients; what is for all mail stands "
               "in [sanitize]"));
    return TRUE;
}

/* After all else: what a policy does not say is as in [sanitize] and [limits]. */
static gboolean
read_policies(const Source *source, MugaiConfig *config, GError **error)
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
check_together(const Source *source, const MugaiConfig *config, GError **error)
{
    const char *milter = strchr(config->socket, ':') + 1;
    const char *metrics =
        config->metrics_socket != NULL ? config->metrics_socket + strlen("unix:") : NULL;

    if (config->seal_index && config->seal_to == NULL)
        return refuse(source, "store", "seal_index", error,
                      N_("yes takes seal_to: without a key nothing can be sealed"));
    if (!is_apart(metrics, milter))
        return refuse(source, "metrics", "socket", error,
                      N_("that is [milter] socket: write another path"));
    return is_apart(config->log_path, config->store_path) ||
           refuse(source, "log", "path", error, N_("that is [store] path: write another path"));
}

MugaiConfig *
mugai_config_read(const char *name, const char *text, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;
    Source source = {.path = name, .contents = text, .file = file};

    if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_KEEP_TRANSLATIONS, &why)) {
        refuse_line(&source, why, error);
        return NULL;
    }
    config->path = g_strdup(name);
    config->sha256 = mugai_digest_text(text, strlen(text));
    if (!refuse_unknown(&source, error) || !refuse_twice(&source, error) ||
        !read_keys(&source, config, error) || !read_policies(&source, config, error) ||
        !check_together(&source, config, error) || !refuse_unsafe(&source, config, error))
        return NULL;
    return g_steal_pointer(&config);
}

/* Of a file whose tail a power cut has zeroed: all that stood there would be at its default. */
static void
refuse_nul(const char *path, const char *contents, GError **error)
{
    g_autofree char *place = NULL;
    guint line = 1;

    for (const char *at = contents; *at != '\0'; at++)
        line += *at == '\n';
    place = g_strdup_printf("%s:%u", path, line);
    set_error(error, place,
              N_("an octet 0 stands here, and nothing behind it would be read: write the file "
                 "anew"));
}

char *
mugai_config_read_file(const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *contents = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &contents, &length, &why))
        set_error(error, path, why->message);
    else if (strlen(contents) < length)
        refuse_nul(path, contents, error);
    else
        return g_steal_pointer(&contents);
    return NULL;
}

MugaiConfig *
mugai_config_load(const char *path, GError **error)
{
    g_autofree char *contents = mugai_config_read_file(path, error);

    return contents != NULL ? mugai_config_read(path, contents, error) : NULL;
}
