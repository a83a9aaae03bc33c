/*
 * settings.c - what decides the output: the [sanitize] and [limits] of a configuration, and the
 * notice texts
 *
 * The sentences of the notices are compiled in from packaging/notices and are complete by
 * construction: a file of an administrator only replaces sentences that exist. In the hash table a
 * sentence is called "group/key".
 *
 * Invariants: 1. every MugaiSettings has exactly the sentences of the built-in file of its
 * language;
 *             2. to_variant and from_variant are inverse.
 * Trust: the variant comes from mugaid, the notice file from an administrator; both are read
 * strictly all the same.
 */
#include "notice-resource.h"
#include "settings.h"

#include <mugai/error.h>
#include <mugai/limits.h>

#include <gio/gio.h>
#include <string.h>

/* links, body, attachments, language, contact, limits in the order of the struct, sentences */
#define SETTINGS_TYPE "(yyyss(uuutttu)a{ss})"

static GKeyFile *
load_builtin(const char *language)
{
    g_autofree char *path = g_strdup_printf("/mugai/notices/%s.conf", language);
    g_autoptr(GBytes) octets = g_resource_lookup_data(mugai_notice_get_resource(), path,
                                                      G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    gboolean loaded = FALSE;

    g_assert(octets != NULL);
    loaded = g_key_file_load_from_bytes(file, octets, G_KEY_FILE_NONE, NULL);
    g_assert(loaded);
    return g_steal_pointer(&file);
}

/* Calls g_hash_table_replace for each sentence of @file; FALSE at the first that @known (if any)
 * has not. */
static gboolean
add_sentences(GHashTable *notice, GKeyFile *file, const char *file_name, gboolean only_known,
              GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

    for (char **group = groups; *group != NULL; group++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, *group, NULL, error);

        if (keys == NULL)
            return FALSE;
        for (char **key = keys; *key != NULL; key++) {
            g_autofree char *name = g_strconcat(*group, "/", *key, NULL);
            g_autofree char *sentence = g_key_file_get_string(file, *group, *key, NULL);

            if (sentence == NULL) {
                g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                            "%s: [%s] %s: not readable as UTF-8 text", file_name, *group, *key);
                return FALSE;
            }
            if (only_known && !g_hash_table_contains(notice, name)) {
                g_set_error(
                    error, MUGAI_ERROR, MUGAI_ERROR_CONFIG,
                    "%s: unknown sentence \"%s\" in group [%s]: remove it, or see the shipped file",
                    file_name, *key, *group);
                return FALSE;
            }
            g_hash_table_replace(notice, g_steal_pointer(&name), g_steal_pointer(&sentence));
        }
    }
    return TRUE;
}

static void
load_sentences(MugaiSettings *settings)
{
    g_autoptr(GKeyFile) builtin = load_builtin(settings->language);
    gboolean added = FALSE;

    /* Others may hold the table: it is replaced, never emptied. */
    g_clear_pointer(&settings->notice, g_hash_table_unref);
    settings->notice = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    added = add_sentences(settings->notice, builtin, "built-in", FALSE, NULL);
    g_assert(added);
}

MugaiSettings *
mugai_settings_new(const char *language)
{
    MugaiSettings *settings = g_new0(MugaiSettings, 1);

    settings->language = g_strdup(language);
    settings->contact = g_strdup("");
    settings->attachments = MUGAI_ATTACHMENTS_TEXT;
    settings->limits = (MugaiLimits){
        .parts = MUGAI_LIMIT_PARTS_DEFAULT,
        .depth = MUGAI_LIMIT_DEPTH_DEFAULT,
        .header_fields = MUGAI_LIMIT_HEADER_FIELDS_DEFAULT,
        .header_octets = MUGAI_LIMIT_HEADER_OCTETS_DEFAULT,
        .part_octets = MUGAI_LIMIT_PART_OCTETS_DEFAULT,
        .text_octets = MUGAI_LIMIT_TEXT_OCTETS_DEFAULT,
        .name_characters = MUGAI_LIMIT_NAME_CHARACTERS_DEFAULT,
    };
    load_sentences(settings);
    return settings;
}

MugaiSettings *
mugai_settings_copy(const MugaiSettings *settings)
{
    MugaiSettings *copy = g_memdup2(settings, sizeof(*settings));

    copy->language = g_strdup(settings->language);
    copy->contact = g_strdup(settings->contact);
    g_hash_table_ref(copy->notice);
    return copy;
}

void
mugai_settings_free(MugaiSettings *settings)
{
    if (settings == NULL)
        return;
    g_free(settings->language);
    g_free(settings->contact);
    g_hash_table_unref(settings->notice);
    g_free(settings);
}

gboolean
mugai_settings_known_language(const char *language)
{
    return g_str_equal(language, "ja") || g_str_equal(language, "en");
}

void
mugai_settings_set_language(MugaiSettings *settings, const char *language)
{
    g_free(settings->language);
    settings->language = g_strdup(language);
    load_sentences(settings);
}

gboolean
mugai_settings_load_notices(MugaiSettings *settings, const char *directory, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s.conf", settings->language);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = mugai_config_read_file(path, error);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;

    if (text == NULL)
        return FALSE;
    if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_KEEP_TRANSLATIONS, &why)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG, "%s: %s", path, why->message);
        return FALSE;
    }
    return add_sentences(settings->notice, file, path, TRUE, error);
}

const char *
mugai_settings_notice(const MugaiSettings *settings, const char *key)
{
    const char *sentence = g_hash_table_lookup(settings->notice, key);

    if (sentence == NULL)
        g_error("no notice sentence %s", key);
    return sentence;
}

GVariant *
mugai_settings_to_variant(const MugaiSettings *settings)
{
    const MugaiLimits *limits = &settings->limits;
    g_auto(GVariantBuilder) sentences = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));
    g_autoptr(GList) keys =
        g_list_sort(g_hash_table_get_keys(settings->notice), (GCompareFunc)strcmp);

    for (GList *key = keys; key != NULL; key = key->next)
        g_variant_builder_add(&sentences, "{ss}", key->data,
                              g_hash_table_lookup(settings->notice, key->data));
    return g_variant_new("(yyyss(uuutttu)a{ss})", settings->links, settings->body,
                         settings->attachments, settings->language, settings->contact,
                         limits->parts, limits->depth, limits->header_fields,
                         (guint64)limits->header_octets, (guint64)limits->part_octets,
                         (guint64)limits->text_octets, limits->name_characters, &sentences);
}

static gboolean
settings_are_bounded(const MugaiSettings *settings)
{
    const MugaiLimits *limits = &settings->limits;

    return settings->links <= MUGAI_LINKS_KEEP && settings->body <= MUGAI_BODY_HTML &&
           settings->attachments <= MUGAI_ATTACHMENTS_TEXT && limits->parts >= 1 &&
           limits->parts <= MUGAI_LIMIT_PARTS_MAX && limits->depth >= 1 &&
           limits->depth <= MUGAI_LIMIT_DEPTH_MAX && limits->header_fields >= 1 &&
           limits->header_fields <= MUGAI_LIMIT_HEADER_FIELDS_MAX && limits->header_octets >= 1 &&
           limits->header_octets <= MUGAI_LIMIT_HEADER_OCTETS_MAX && limits->part_octets >= 1 &&
           limits->part_octets <= MUGAI_LIMIT_PART_OCTETS_MAX && limits->text_octets >= 1 &&
           limits->text_octets <= MUGAI_LIMIT_TEXT_OCTETS_MAX && limits->name_characters >= 1 &&
           limits->name_characters <= MUGAI_LIMIT_NAME_CHARACTERS_MAX;
}

MugaiSettings *
mugai_settings_from_variant(GVariant *variant, GError **error)
{
    g_autoptr(MugaiSettings) settings = NULL;
    g_autoptr(GVariantIter) sentences = NULL;
    const char *language = NULL;
    const char *contact = NULL;
    const char *key = NULL;
    const char *sentence = NULL;
    guint8 links = 0;
    guint8 body = 0;
    guint8 attachments = 0;
    guint64 sizes[3] = {0};
    MugaiLimits limits = {0};

    if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(SETTINGS_TYPE)) ||
        !g_variant_is_normal_form(variant)) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "settings of another form");
        return NULL;
    }
    g_variant_get(variant, "(yyy&s&s(uuutttu)a{ss})", &links, &body, &attachments, &language,
                  &contact, &limits.parts, &limits.depth, &limits.header_fields, &sizes[0],
                  &sizes[1], &sizes[2], &limits.name_characters, &sentences);
    if (!mugai_settings_known_language(language)) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                            "settings with an unknown language");
        return NULL;
    }
    limits.header_octets = sizes[0];
    limits.part_octets = sizes[1];
    limits.text_octets = sizes[2];
    settings = mugai_settings_new(language);
    settings->links = (MugaiLinks)links;
    settings->body = (MugaiBody)body;
    settings->attachments = (MugaiAttachments)attachments;
    settings->limits = limits;
    g_free(settings->contact);
    settings->contact = g_strdup(contact);
    while (g_variant_iter_next(sentences, "{&s&s}", &key, &sentence)) {
        if (!g_hash_table_contains(settings->notice, key)) {
            g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                                "settings with an unknown sentence");
            return NULL;
        }
        g_hash_table_replace(settings->notice, g_strdup(key), g_strdup(sentence));
    }
    if (!settings_are_bounded(settings)) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT, "settings beyond their limits");
        return NULL;
    }
    return g_steal_pointer(&settings);
}
