/*
 * config_value.c - what a value of mugai.conf may be
 *
 * Each type of key has its form; what has it goes where the key's entry in the table of config.c
 * says, what has it not is refused with what to write instead.
 *
 * Trust: as in config.c.
 */
#include "config_private.h"
#include "public_key.h"
#include "settings.h"

#include <mugai/address.h>
#include <mugai/error.h>
#include <mugai/policy.h>

#include <string.h>

static gboolean
set_number(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
           gpointer target, GError **error)
{
    g_autofree char *why = NULL;
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(value, 10, key->minimum, key->maximum, &number, NULL)) {
        why = g_strdup_printf(N_("\"%s\" is not a number from %" G_GUINT64_FORMAT
                                 " to %" G_GUINT64_FORMAT),
                              value, key->minimum, key->maximum);
        return mugai_config_refuse(source, key->group, key->key, error, why);
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
set_choice(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
           gpointer target, GError **error)
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
    return mugai_config_refuse(source, key->group, key->key, error, why);
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
set_path(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
         gpointer target, GError **error)
{
    if (!is_path(value))
        return mugai_config_refuse(source, key->group, key->key, error,
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
set_socket(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
           gpointer target, GError **error)
{
    gboolean unix_socket = g_str_has_prefix(value, "unix:/") || g_str_has_prefix(value, "local:/");
    gboolean inet = is_inet(value);
    const char *host = strchr(value, '@');

    if (!unix_socket && !inet)
        return mugai_config_refuse(source, key->group, key->key, error,
                                   N_("write unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS"));
    if (inet &&
        (g_str_equal(host, "@0.0.0.0") || g_str_equal(host, "@::") || g_str_equal(host, "@*")))
        return mugai_config_refuse(source, key->group, key->key, error,
                                   N_("name one address: every host could reach this socket"));
    return set_string(value, target);
}

static gboolean
set_unix_socket(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
                gpointer target, GError **error)
{
    if (!g_str_has_prefix(value, "unix:") || !is_path(value + strlen("unix:")))
        return mugai_config_refuse(source, key->group, key->key, error, N_("write unix:/PATH"));
    return set_string(value, target);
}

/* Whoever reaches it needs no password, so nobody outside of this host may. */
static gboolean
set_loopback(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
             gpointer target, GError **error)
{
    static const char *const hosts[] = {"127.0.0.1:", "[::1]:"};

    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        if (g_str_has_prefix(value, hosts[i]) &&
            g_ascii_string_to_unsigned(value + strlen(hosts[i]), 10, 1, G_MAXUINT16, NULL, NULL))
            return set_string(value, target);
    }
    return mugai_config_refuse(source, key->group, key->key, error,
                               N_("write 127.0.0.1:PORT or [::1]:PORT: only this host may ask"));
}

/* Whether there is such a user is asked where somebody is to become it. */
static gboolean
set_user(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
         gpointer target, GError **error)
{
    if (!g_regex_match_simple("^[A-Za-z_][A-Za-z0-9_.-]*$", value, G_REGEX_DOLLAR_ENDONLY, 0) ||
        g_str_equal(value, "root"))
        return mugai_config_refuse(source, key->group, key->key, error,
                                   N_("write the name of a user, and not root's"));
    return set_string(value, target);
}

/* By name or number; empty: nobody. Who is in root's group is root, or nearly, and whoever is root
 * needs no role. */
static gboolean
set_group(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
          gpointer target, GError **error)
{
    if (value[0] == '\0') {
        g_clear_pointer((char **)target, g_free);
        return TRUE;
    }
    if (!g_regex_match_simple("^([A-Za-z_][A-Za-z0-9_.-]*|[1-9][0-9]{0,8})$", value,
                              G_REGEX_DOLLAR_ENDONLY, 0) ||
        g_str_equal(value, "root"))
        return mugai_config_refuse(
            source, key->group, key->key, error,
            N_("write the name or number of a group, not root's, or nothing"));
    return set_string(value, target);
}

static gboolean
set_boolean(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
            gpointer target, GError **error)
{
    gboolean yes = g_str_equal(value, "yes") || g_str_equal(value, "true");

    if (!yes && !g_str_equal(value, "no") && !g_str_equal(value, "false"))
        return mugai_config_refuse(source, key->group, key->key, error, N_("write yes or no"));
    *(gboolean *)target = yes;
    return TRUE;
}

/* No path, no name and password: what else a URL may have has no meaning here. */
static gboolean
set_server(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
           gpointer target, GError **error)
{
    if (!g_regex_match_simple("^smtps?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|"
                              "\\[[0-9A-Fa-f:.]+\\])(:[1-9][0-9]{0,4})?$",
                              value, G_REGEX_DOLLAR_ENDONLY, 0))
        return mugai_config_refuse(source, key->group, key->key, error,
                                   N_("write smtp://HOST:PORT or smtps://HOST:PORT"));
    return set_string(value, target);
}

static gboolean
set_address(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
            gpointer target, GError **error)
{
    if (!mugai_address_is_plain(value))
        return mugai_config_refuse(source, key->group, key->key, error,
                                   N_("write a mail address: NAME@DOMAIN"));
    return set_string(value, target);
}

/* A list with commas between, each of which @is_one must know; @forms says what may be written. */
static gboolean
set_list(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
         gboolean (*is_one)(const char *), const char *forms, gpointer target, GError **error)
{
    g_auto(GStrv) list = g_strsplit(value, ",", -1);
    g_autofree char *why = NULL;

    for (guint i = 0; list[i] != NULL; i++) {
        if (is_one(g_strstrip(list[i])))
            continue;
        why = g_strdup_printf(N_("\"%s\" is %s, with commas between them"), list[i], forms);
        return mugai_config_refuse(source, key->group, key->key, error, why);
    }
    g_strfreev(*(GStrv *)target);
    *(GStrv *)target = g_steal_pointer(&list);
    return TRUE;
}

/* Another language has other sentences, and those of the administrator's own directory. */
static gboolean
set_language(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
             const char *notices, MugaiSettings *settings, GError **error)
{
    if (!mugai_settings_known_language(value))
        return mugai_config_refuse(source, key->group, key->key, error, N_("write ja or en"));
    mugai_settings_set_language(settings, value);
    return notices == NULL || mugai_settings_load_notices(settings, notices, error);
}

static gboolean
set_public_keys(const MugaiConfigSource *source, const MugaiConfigKey *key, const char *value,
                gpointer target, GError **error)
{
    g_autofree char *why = NULL;
    GPtrArray *keys_read = mugai_public_keys_load(value, &why);

    if (keys_read == NULL)
        return mugai_config_refuse(source, key->group, key->key, error, why);
    g_clear_pointer((GPtrArray **)target, g_ptr_array_unref);
    *(GPtrArray **)target = keys_read;
    return TRUE;
}

gboolean
mugai_config_set_value(const MugaiConfigSource *source, const MugaiConfigKey *key,
                       const char *value, gpointer base, MugaiSettings *settings,
                       const MugaiConfig *config, GError **error)
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
            return mugai_config_refuse(source, key->group, key->key, error,
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
