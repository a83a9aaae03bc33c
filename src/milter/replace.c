/*
 * replace.c - puts the sanitized message in the place of the original
 *
 * The MTA still holds the original; here it is told, change by change, to forget it: every field it
 * showed is deleted, the approved ones are added, the body is replaced. The MTA's own trace field,
 * which milters do not see, stays.
 *
 * A field is deleted by its name and number, counted among those of the same name as the message
 * was received. So the last of a name goes first: deleting one then moves none that is still to be
 * deleted.
 *
 * Invariants: 1. nothing is changed without proof of both: an approved message (I1) and a kept
 *                original (I2);
 *             2. what is added is taken apart from approved octets and put together by the MTA to
 *                the same octets;
 *             3. no field that the MTA has shown is left.
 * Trust: approved octets are in the profile; that is what makes taking them apart so simple.
 * Errors: SYSTEM when the MTA is gone: it then takes the whole message back.
 */
#include "replace.h"

#include "cork.h"

#include <mugai/error.h>
#include <mugai/limits.h>

#include <errno.h>
#include <string.h>

/* What a name costs beside its octets. */
#define FIELD_OVERHEAD_OCTETS 64u

typedef struct {
    char *name; /* as it was first spelled */
    int count;
} Field;

struct MugaiFields {
    GPtrArray *in_order;   /* of Field */
    GHashTable *by_folded; /* lower-case name -> Field */
    gsize octets;
};

static void
field_free(gpointer data)
{
    Field *field = data;

    g_free(field->name);
    g_free(field);
}

MugaiFields *
mugai_fields_new(void)
{
    MugaiFields *fields = g_new0(MugaiFields, 1);

    fields->in_order = g_ptr_array_new_with_free_func(field_free);
    fields->by_folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return fields;
}

void
mugai_fields_free(MugaiFields *fields)
{
    if (fields == NULL)
        return;
    g_hash_table_unref(fields->by_folded);
    g_ptr_array_unref(fields->in_order);
    g_free(fields);
}

gboolean
mugai_fields_add(MugaiFields *fields, const char *name, GError **error)
{
    g_autofree char *folded = g_ascii_strdown(name, -1);
    Field *field = g_hash_table_lookup(fields->by_folded, folded);

    if (field != NULL) {
        field->count++;
        return TRUE;
    }
    fields->octets += 2 * strlen(name) + FIELD_OVERHEAD_OCTETS;
    if (fields->octets > MUGAI_LIMIT_FIELD_NAMES_OCTETS) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT,
                            "the message has too many field names");
        return FALSE;
    }
    field = g_new0(Field, 1);
    field->name = g_strdup(name);
    field->count = 1;
    g_ptr_array_add(fields->in_order, field);
    g_hash_table_insert(fields->by_folded, g_steal_pointer(&folded), field);
    return TRUE;
}

static gboolean
mta_refused(GError **error, const char *what)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "the MTA did not take a change: %s", what);
    return FALSE;
}

static gboolean
delete_fields(SMFICTX *ctx, const MugaiFields *fields, GError **error)
{
    for (guint i = 0; i < fields->in_order->len; i++) {
        const Field *field = g_ptr_array_index(fields->in_order, i);

        for (int number = field->count; number > 0; number--) {
            if (smfi_chgheader(ctx, field->name, number, NULL) != MI_SUCCESS)
                return mta_refused(error, "a field to delete");
        }
    }
    return TRUE;
}

/* Adds one field: @field is "Name: value" with its folds, without the last CRLF. The MTA wants name
 * and value apart, the value with its leading space (SMFIP_HDR_LEADSPC was agreed on), folds as LF.
 * */
static gboolean
add_field(SMFICTX *ctx, const char *octets, gsize length, GError **error)
{
    g_autoptr(GString) field = g_string_new_len(octets, (gssize)length);
    char *colon = strchr(field->str, ':');

    g_string_replace(field, "\r\n", "\n", 0);
    colon = strchr(field->str, ':');
    g_assert(colon != NULL);
    *colon = '\0';
    return smfi_addheader(ctx, field->str, colon + 1) == MI_SUCCESS ||
           mta_refused(error, "a field to add");
}

/* The end of the field that begins at @octets: the CRLF after it that is no fold. */
static gsize
field_length(const char *octets, const char *end)
{
    const char *at = octets;

    for (;;) {
        at = memmem(at, (gsize)(end - at), "\r\n", 2);
        g_assert(at != NULL && at + 2 < end);
        if (at[2] != ' ')
            return (gsize)(at - octets);
        at += 2;
    }
}

/* Adds all fields and finds the body. */
static gboolean
add_fields(SMFICTX *ctx, const char *octets, const char *end, const char **ret_body, GError **error)
{
    const char *at = octets;

    while (*at != '\r') {
        gsize length = field_length(at, end);

        if (!add_field(ctx, at, length, error))
            return FALSE;
        at += length + 2;
    }
    *ret_body = at + 2;
    return TRUE;
}

static gboolean
change_all(SMFICTX *ctx, const MugaiFields *fields, const MugaiApproved *approved, GError **error)
{
    gsize length = 0;
    const char *octets = mugai_approved_octets(approved, &length);
    const char *body = NULL;

    if (!delete_fields(ctx, fields, error) ||
        !add_fields(ctx, octets, octets + length, &body, error))
        return FALSE;
    /* libmilter cuts it into chunks itself and only reads it. */
    return smfi_replacebody(ctx, (unsigned char *)body, (int)(octets + length - body)) ==
               MI_SUCCESS ||
           mta_refused(error, "the body");
}

gboolean
mugai_replace_apply(SMFICTX *ctx, const MugaiFields *fields, const MugaiApproved *approved,
                    const MugaiReceipt *receipt, GError **error)
{
    g_assert(receipt != NULL);
    mugai_cork_begin();
    if (change_all(ctx, fields, approved, error))
        return mugai_cork_end() || mta_refused(error, g_strerror(errno));
    mugai_cork_drop();
    return FALSE;
}
