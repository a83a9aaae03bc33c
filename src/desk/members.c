/*
 * members.c - plain data as the numbered members that travel
 *
 * A table says which members there are, what they may be and where they are kept; writing, reading
 * and freeing follow from it. What has its default, zero or NULL, is left out.
 *
 * Invariants: 1. what was read has one form: members in ascending order, none twice, none at its
 *                default, each within its limit.
 * Trust: a request is hostile, an answer tells of hostile mail.
 */
#include "members.h"

#include <mugai/limits.h>
#include <mugai/store.h>
#include <mugai/time.h>
#include <string.h>

/* magic, members: number and value */
#define PACKET_TYPE "(ua(yv))"
#define MEMBERS_TYPE "a(yv)"

#define IN_ENTRY(member) G_STRUCT_OFFSET(MugaiEntry, member)

/* All of its texts are there, "" where there is nothing. */
static const MugaiMember entry_members[] = {
    {MUGAI_MEMBER_ID, IN_ENTRY(id), 0},
    {MUGAI_MEMBER_SECONDS, IN_ENTRY(received), 0},
    {MUGAI_MEMBER_TEXT, IN_ENTRY(state), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_ENVELOPE, IN_ENTRY(envelope), 0},
    {MUGAI_MEMBER_TEXT, IN_ENTRY(subject), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ENTRY(from), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ENTRY(size), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ENTRY(sha256), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ENTRY(report_json), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_FLAG, IN_ENTRY(held), 0},
    {MUGAI_MEMBER_FLAG, IN_ENTRY(damaged), 0},
    {MUGAI_MEMBER_FLAG, IN_ENTRY(sealed), 0},
};

static const MugaiMembers entry_table = {0, entry_members, G_N_ELEMENTS(entry_members)};

/* --- writing --- */

static GVariant *write_members(const MugaiMembers *table, gconstpointer base);

static GVariant *
write_texts(const GPtrArray *texts)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_BYTESTRING_ARRAY);
    for (guint i = 0; i < texts->len; i++)
        g_variant_builder_add_value(&builder, g_variant_new_bytestring(texts->pdata[i]));
    return g_variant_builder_end(&builder);
}

static GVariant *
write_envelope(const MugaiEnvelope *envelope)
{
    g_autofree char *json = mugai_envelope_to_json(envelope);

    return g_variant_new_bytestring(json);
}

/* NULL: at its default. */
static GVariant *
write_value(const MugaiMember *member, gconstpointer base)
{
    gconstpointer at = (const char *)base + member->offset;
    gpointer pointer = NULL;

    switch (member->type) {
    case MUGAI_MEMBER_FLAG:
        return *(const gboolean *)at ? g_variant_new_boolean(TRUE) : NULL;
    case MUGAI_MEMBER_COUNT:
        return *(const guint *)at != 0 ? g_variant_new_uint32(*(const guint *)at) : NULL;
    case MUGAI_MEMBER_NUMBER:
        return *(const guint64 *)at != 0 ? g_variant_new_uint64(*(const guint64 *)at) : NULL;
    case MUGAI_MEMBER_SECONDS:
        return *(const gint64 *)at != 0 ? g_variant_new_int64(*(const gint64 *)at) : NULL;
    case MUGAI_MEMBER_ID:
        return *(const char *)at != '\0' ? g_variant_new_bytestring(at) : NULL;
    case MUGAI_MEMBER_TEXT:
    case MUGAI_MEMBER_TEXTS:
    case MUGAI_MEMBER_SECRETS:
    case MUGAI_MEMBER_ENVELOPE:
    case MUGAI_MEMBER_ENTRY:
        pointer = *(const gpointer *)at;
        break;
    }
    if (pointer == NULL)
        return NULL;
    if (member->type == MUGAI_MEMBER_TEXT)
        return g_variant_new_bytestring(pointer);
    if (member->type == MUGAI_MEMBER_TEXTS || member->type == MUGAI_MEMBER_SECRETS)
        return write_texts(pointer);
    return member->type == MUGAI_MEMBER_ENVELOPE ? write_envelope(pointer)
                                                 : write_members(&entry_table, pointer);
}

static GVariant *
write_members(const MugaiMembers *table, gconstpointer base)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE(MEMBERS_TYPE));
    for (gsize i = 0; i < table->count; i++) {
        GVariant *value = write_value(&table->members[i], base);

        if (value != NULL)
            g_variant_builder_add(&builder, "(yv)", (guchar)i, value);
    }
    return g_variant_builder_end(&builder);
}

GVariant *
mugai_members_write(const MugaiMembers *table, gconstpointer data)
{
    g_assert(table->count <= G_MAXUINT8);
    return g_variant_new("(u@" MEMBERS_TYPE ")", table->magic, write_members(table, data));
}

/* --- freeing --- */

static void
free_entry(gpointer entry)
{
    mugai_members_clear(&entry_table, entry);
    g_free(entry);
}

void
mugai_members_clear(const MugaiMembers *table, gpointer data)
{
    for (gsize i = 0; i < table->count; i++) {
        gpointer *at = (gpointer)((char *)data + table->members[i].offset);

        switch (table->members[i].type) {
        case MUGAI_MEMBER_TEXT:
            g_clear_pointer(at, g_free);
            break;
        case MUGAI_MEMBER_TEXTS:
        case MUGAI_MEMBER_SECRETS:
            g_clear_pointer(at, g_ptr_array_unref);
            break;
        case MUGAI_MEMBER_ENVELOPE:
            g_clear_pointer(at, mugai_envelope_free);
            break;
        case MUGAI_MEMBER_ENTRY:
            g_clear_pointer(at, free_entry);
            break;
        default:
            break;
        }
    }
}

/* --- reading --- */

static gboolean read_members(const MugaiMembers *table, GVariant *variant, gpointer base);

/* A text without a NUL in it, of at most @max octets; NULL otherwise. */
static char *
read_text(GVariant *value, guint64 max)
{
    gsize length = 0;
    const char *octets = NULL;

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING))
        return NULL;
    octets = g_variant_get_fixed_array(value, &length, 1);
    if (length == 0 || length - 1 > max || memchr(octets, '\0', length) != octets + length - 1)
        return NULL;
    return g_strndup(octets, length - 1);
}

static void
wipe(gpointer text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

static GPtrArray *
read_texts(GVariant *value, guint64 max, GDestroyNotify free_text)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(free_text);

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING_ARRAY) ||
        g_variant_n_children(value) > max)
        return NULL;
    for (gsize i = 0; i < g_variant_n_children(value); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
        char *text = read_text(child, MUGAI_MEMBER_TYPED_OCTETS);

        if (text == NULL)
            return NULL;
        g_ptr_array_add(texts, text);
    }
    return g_steal_pointer(&texts);
}

static gboolean
read_id(GVariant *value, MugaiId *ret_id)
{
    g_autofree char *text = read_text(value, MUGAI_ID_LENGTH);
    MugaiId id = {0};

    if (text == NULL || !mugai_id_parse(text, &id, NULL) || !g_str_equal(id.text, text))
        return FALSE;
    *ret_id = id;
    return TRUE;
}

static MugaiEnvelope *
read_envelope(GVariant *value)
{
    g_autofree char *json = read_text(value, MUGAI_LIMIT_ENVELOPE_OCTETS);

    return json != NULL ? mugai_envelope_from_json(json, -1, NULL) : NULL;
}

static MugaiEntry *
read_entry(GVariant *value)
{
    MugaiEntry *entry = g_new0(MugaiEntry, 1);

    if (read_members(&entry_table, value, entry) && entry->id.text[0] != '\0' &&
        entry->state != NULL && entry->envelope != NULL && entry->subject != NULL &&
        entry->from != NULL && entry->sha256 != NULL && entry->report_json != NULL)
        return entry;
    free_entry(entry);
    return NULL;
}

/* FALSE: out of its limits. */
static gboolean
read_seconds(GVariant *value, gint64 *ret_seconds)
{
    gint64 seconds = 0;

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_INT64))
        return FALSE;
    seconds = g_variant_get_int64(value);
    *ret_seconds = seconds;
    return seconds != 0 && seconds >= -MUGAI_TIME_SECONDS_MAX && seconds <= MUGAI_TIME_SECONDS_MAX;
}

static gboolean
read_count(const MugaiMember *member, GVariant *value, guint *ret_count)
{
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32))
        return FALSE;
    *ret_count = g_variant_get_uint32(value);
    return *ret_count != 0 && *ret_count <= member->max;
}

static gboolean
read_number(GVariant *value, guint64 *ret_number)
{
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
        return FALSE;
    *ret_number = g_variant_get_uint64(value);
    return *ret_number != 0;
}

static gboolean
read_value(const MugaiMember *member, GVariant *value, gpointer base)
{
    gpointer at = (char *)base + member->offset;
    gpointer *pointer = at;

    switch (member->type) {
    case MUGAI_MEMBER_FLAG:
        *(gboolean *)at =
            g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean(value);
        return *(gboolean *)at;
    case MUGAI_MEMBER_COUNT:
        return read_count(member, value, at);
    case MUGAI_MEMBER_NUMBER:
        return read_number(value, at);
    case MUGAI_MEMBER_SECONDS:
        return read_seconds(value, at);
    case MUGAI_MEMBER_ID:
        return read_id(value, at);
    case MUGAI_MEMBER_TEXT:
        return (*pointer = read_text(value, member->max)) != NULL;
    case MUGAI_MEMBER_TEXTS:
        return (*pointer = read_texts(value, member->max, g_free)) != NULL;
    case MUGAI_MEMBER_SECRETS:
        return (*pointer = read_texts(value, member->max, wipe)) != NULL;
    case MUGAI_MEMBER_ENVELOPE:
        return (*pointer = read_envelope(value)) != NULL;
    case MUGAI_MEMBER_ENTRY:
        return (*pointer = read_entry(value)) != NULL;
    }
    g_assert_not_reached();
}

/* What was read of a bad one is in @base, to be cleared. */
static gboolean
read_members(const MugaiMembers *table, GVariant *variant, gpointer base)
{
    gsize next = 0;

    if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(MEMBERS_TYPE)))
        return FALSE;
    for (gsize i = 0; i < g_variant_n_children(variant); i++) {
        g_autoptr(GVariant) value = NULL;
        guchar number = 0;

        g_variant_get_child(variant, i, "(yv)", &number, &value);
        if (number < next || number >= table->count ||
            !read_value(&table->members[number], value, base))
            return FALSE;
        next = number + 1u;
    }
    return TRUE;
}

gboolean
mugai_members_read(const MugaiMembers *table, GVariant *packet, gpointer data)
{
    g_autoptr(GVariant) members = NULL;
    guint32 said = 0;

    if (!g_variant_is_of_type(packet, G_VARIANT_TYPE(PACKET_TYPE)) ||
        !g_variant_is_normal_form(packet))
        return FALSE;
    g_variant_get(packet, "(u@" MEMBERS_TYPE ")", &said, &members);
    return said == table->magic && read_members(table, members, data);
}
