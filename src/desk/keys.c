/*
 * keys.c - what is sealed, and opened for one request by keys that come with it
 *
 * Who has a private key keeps it. He asks which data keys an original and the index are sealed
 * with, opens them himself, and sends what he has opened with the request that needs it: the desk
 * sees the key of one original, and of the days of the index, for as long as it answers.
 *
 * Invariants: a sealed data key is told to whoever may list; nothing is opened by it, so it is not
 *             written down as a look.
 * Trust: what comes as a data key may be anything: it opens what it is the key of, or nothing.
 */
#include "desk_private.h"

#include <string.h>
#include <sysexits.h>

#define KEY_OCTETS sizeof(((MugaiVaultDataKey *)NULL)->octets)
#define KEY_DIGITS (2u * KEY_OCTETS)

char *
mugai_data_key_format(guint64 number, const MugaiVaultDataKey *data_key)
{
    GString *text = g_string_sized_new(24 + KEY_DIGITS);

    g_string_append_printf(text, "%" G_GUINT64_FORMAT " ", number);
    for (gsize i = 0; i < KEY_OCTETS; i++)
        g_string_append_printf(text, "%02x", data_key->octets[i]);
    return g_string_free(text, FALSE);
}

/* One form alone: decimal digits, a blank, lower-case hexadecimal digits. */
gboolean
mugai_data_key_parse(const char *text, guint64 *ret_number, MugaiVaultDataKey *ret_key)
{
    gsize digits = strspn(text, "0123456789");
    g_autofree char *number = g_strndup(text, digits);
    const char *hex = text + digits + 1;

    if (text[digits] != ' ' || strlen(hex) != KEY_DIGITS ||
        strspn(hex, "0123456789abcdef") != KEY_DIGITS ||
        !g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT64, ret_number, NULL))
        return FALSE;
    for (gsize i = 0; i < KEY_OCTETS; i++)
        ret_key->octets[i] =
            (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return TRUE;
}

/* --- opened --- */

gboolean
mugai_desk_unlock(MugaiOriginal *original, const MugaiRequest *request, GError **error)
{
    gboolean locked = mugai_original_is_sealed(original) && !mugai_original_is_open(original);

    for (guint i = 0; locked && request->data_keys != NULL && i < request->data_keys->len; i++) {
        g_auto(MugaiVaultDataKey) data_key = {0};
        guint64 number = 0;

        if (mugai_data_key_parse(request->data_keys->pdata[i], &number, &data_key) && number == 0)
            return mugai_original_unlock(original, &data_key, error);
    }
    return TRUE;
}

void
mugai_desk_unlock_index(MugaiIndex *index, const MugaiRequest *request)
{
    for (guint i = 0; request->data_keys != NULL && i < request->data_keys->len; i++) {
        g_auto(MugaiVaultDataKey) data_key = {0};
        guint64 number = 0;

        if (mugai_data_key_parse(request->data_keys->pdata[i], &number, &data_key) && number > 0)
            mugai_index_unlock(index, (gint64)number, &data_key);
    }
}

/* --- sealed --- */

/* FALSE: nobody listens any more. */
static gboolean
tell_boxes(gint64 number, const MugaiVaultBox *boxes, guint n_boxes, gpointer data)
{
    const MugaiDesk *desk = data;

    for (guint i = 0; i < n_boxes; i++) {
        g_autofree char *sealed = g_base64_encode(boxes[i].octets, sizeof(boxes[i].octets));
        const MugaiAnswer answer = {.kind = MUGAI_ANSWER_BOX,
                                    .octets = (guint64)number,
                                    .name = (char *)boxes[i].key_id,
                                    .text = sealed};

        if (!desk->tell(&answer, desk->data))
            return FALSE;
    }
    return TRUE;
}

static gboolean
tell_of_original(const MugaiDesk *desk, MugaiStore *store, const MugaiId *id, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(store, id, error);
    const MugaiVaultBox *boxes = NULL;
    guint n_boxes = 0;

    if (original == NULL)
        return FALSE;
    boxes = mugai_original_boxes(original, &n_boxes);
    return tell_boxes(0, boxes, n_boxes, (gpointer)desk) || TRUE;
}

/* Where there is no index, nothing in it is sealed. */
static gboolean
tell_of_index(const MugaiDesk *desk, MugaiStore *store, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, FALSE, &why);

    if (index != NULL)
        return mugai_index_visit_keys(index, tell_boxes, (gpointer)desk, error);
    if (g_error_matches(why, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

int
mugai_desk_keys(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, error);

    return store != NULL &&
                   (request->id.text[0] == '\0' ||
                    tell_of_original(desk, store, &request->id, error)) &&
                   (request->brief || tell_of_index(desk, store, error))
               ? EX_OK
               : -1;
}

/* What cannot be opened is a refusal, and that is written down, too. */
MugaiIndex *
mugai_desk_look(const MugaiDesk *desk, const MugaiRequest *request, MugaiStore **ret_store,
                GError **error)
{
    GError *why = NULL;
    MugaiStore *store = *ret_store = mugai_store_open(desk->config, &why);
    g_autoptr(MugaiIndex) index = store != NULL ? mugai_index_open(store, FALSE, &why) : NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);

    if (index != NULL)
        mugai_desk_unlock_index(index, request);
    return mugai_desk_note(desk, record, why, error) ? g_steal_pointer(&index) : NULL;
}
