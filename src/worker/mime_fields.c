/*
 * mime_fields.c - what the fields of a part say of it: its type, name, disposition and encoding
 *
 * Content-Type, Content-Disposition and Content-Transfer-Encoding are read from the raw fields by
 * params.c. What two readers could understand in two ways is named in the report.
 *
 * Invariants: 1. a part whose type or encoding stands there twice, and not the same, is unreadable;
 *             2. one whose encoding nobody knows is doubtful;
 *             3. a type that is there and makes no sense is never text, but for RFC 1049's "text".
 * Trust: every field is hostile.
 */
#include "mime_fields.h"

#include <mugai/i18n.h>

#include <mugai/text.h>

#include <string.h>

void
mugai_mime_remark(MugaiReport *report, const MugaiNode *node, const char *code, const char *detail)
{
    mugai_report_remark(report->ambiguities, code, "part %s: %s", node->path, detail);
}

/* The raw value of @name; more than one of them, and not the same, is an ambiguity and
 * @ret_conflict. */
static const char *
read_single(MugaiNode *node, GMimeObject *object, const char *name, MugaiReport *report,
            gboolean *ret_conflict)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(headers);
    const char *first = NULL;

    *ret_conflict = FALSE;
    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);
        const char *raw = g_mime_header_get_raw_value(header);

        if (raw == NULL || g_ascii_strcasecmp(g_mime_header_get_name(header), name) != 0)
            continue;
        if (first != NULL) {
            g_autofree char *code = g_strdup_printf("duplicate-%s", name);
            g_autofree char *lower = g_ascii_strdown(code, -1);
            gboolean same = g_str_equal(first, raw);

            mugai_mime_remark(report, node, lower, same ? N_("repeated") : N_("contradictory"));
            *ret_conflict |= !same;
        } else
            first = raw;
    }
    return first;
}

static void
remark_value(MugaiReport *report, const MugaiNode *node, const char *field, const MugaiValue *value)
{
    g_autofree char *lower = g_ascii_strdown(field, -1);

    if (value->repeated)
        mugai_mime_remark(report, node, "duplicate-parameter", lower);
    if (value->discontinuous)
        mugai_mime_remark(report, node, "parameter-continuation", lower);
    if (value->encoded_words)
        mugai_mime_remark(report, node, "encoded-parameter", lower);
    if (value->malformed)
        mugai_mime_remark(report, node, "malformed-field", lower);
}

static gboolean
is_media_type(const char *type)
{
    const char *slash = strchr(type, '/');

    if (slash == NULL || slash == type || slash[1] == '\0')
        return FALSE;
    for (const char *p = type; *p != '\0'; p++) {
        if (p != slash && !g_ascii_isalnum(*p) && strchr("!#$&^_.+-", *p) == NULL)
            return FALSE;
    }
    return TRUE;
}

static void
read_name(MugaiNode *node, const MugaiValue *disposition, const MugaiSettings *settings,
          MugaiReport *report)
{
    const char *filename = mugai_value_get(disposition, "filename");
    const char *name = mugai_value_get(node->content_type, "name");
    const char *best = filename != NULL && *filename != '\0' ? filename : name;

    if (filename != NULL && name != NULL && *filename != '\0' && *name != '\0' &&
        !g_str_equal(filename, name))
        mugai_mime_remark(report, node, "two-names", "name and filename differ");
    node->name =
        mugai_text_clean_line(best == NULL ? "" : best, -1, settings->limits.name_characters);
}

void
mugai_mime_read_fields(MugaiNode *node, GMimeObject *object, const MugaiSettings *settings,
                       MugaiReport *report)
{
    gboolean conflict = FALSE;
    const char *raw = read_single(node, object, "Content-Type", report, &conflict);
    g_autoptr(MugaiValue) disposition = NULL;

    node->unreadable |= conflict;
    node->content_type = mugai_value_parse(raw == NULL ? "" : raw);
    node->declared_type = g_strdup(node->content_type->value);
    remark_value(report, node, "Content-Type", node->content_type);
    if (raw != NULL && !is_media_type(node->declared_type))
        mugai_mime_remark(report, node, "invalid-type", "Content-Type is no media type");

    raw = read_single(node, object, "Content-Disposition", report, &conflict);
    disposition = mugai_value_parse(raw == NULL ? "" : raw);
    node->disposition = g_strdup(disposition->value);
    remark_value(report, node, "Content-Disposition", disposition);
    read_name(node, disposition, settings, report);
}

void
mugai_mime_type_leaf(MugaiNode *leaf, GMimeObject *object)
{
    GMimeContentType *parsed = g_mime_object_get_content_type(object);

    if (is_media_type(leaf->declared_type)) {
        leaf->type = g_strdup(leaf->declared_type);
        return;
    }
    /* RFC 1049 had no subtypes. */
    if (g_str_equal(leaf->declared_type, "text")) {
        leaf->type = g_strdup("text/plain");
        return;
    }
    /* Without a usable field: text for the whole message and inside of multiparts (RFC 2045
     * section 5.2), except what GMime knows by its place. A field that is there and makes no sense
     * is never text. */
    if (*leaf->declared_type == '\0' && *leaf->name == '\0' &&
        (parsed == NULL || g_mime_content_type_is_type(parsed, "text", "plain")))
        leaf->type = g_strdup("text/plain");
    else
        leaf->type = g_strdup("application/octet-stream");
}

/* --- transfer encoding --- */

static const struct {
    const char *name;
    GMimeContentEncoding encoding;
} encodings[] = {
    {"7bit", GMIME_CONTENT_ENCODING_7BIT},
    {"8bit", GMIME_CONTENT_ENCODING_8BIT},
    {"binary", GMIME_CONTENT_ENCODING_BINARY},
    {"base64", GMIME_CONTENT_ENCODING_BASE64},
    {"quoted-printable", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE},
    {"x-uuencode", GMIME_CONTENT_ENCODING_UUENCODE},
    {"uuencode", GMIME_CONTENT_ENCODING_UUENCODE},
    {"x-uue", GMIME_CONTENT_ENCODING_UUENCODE},
};

void
mugai_mime_read_encoding(MugaiNode *node, GMimeObject *object, MugaiReport *report)
{
    gboolean conflict = FALSE;
    const char *raw = read_single(node, object, "Content-Transfer-Encoding", report, &conflict);
    g_autoptr(MugaiValue) value = mugai_value_parse(raw == NULL ? "" : raw);

    node->unreadable |= conflict;
    if (raw == NULL)
        return;
    remark_value(report, node, "Content-Transfer-Encoding", value);
    if (strchr(raw, '(') != NULL || strchr(raw, ';') != NULL)
        mugai_mime_remark(report, node, "unknown-encoding",
                          "more than a word in Content-Transfer-Encoding");
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
        if (!g_str_equal(value->value, encodings[i].name))
            continue;
        node->encoding = encodings[i].encoding;
        return;
    }
    mugai_mime_remark(report, node, "unknown-encoding", value->value);
    node->doubtful = TRUE;
}

gboolean
mugai_mime_is_encoded(const MugaiNode *node)
{
    return node->unreadable || node->doubtful || node->encoding == GMIME_CONTENT_ENCODING_BASE64 ||
           node->encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
           node->encoding == GMIME_CONTENT_ENCODING_UUENCODE;
}

void
mugai_mime_read_container_encoding(MugaiNode *node, GMimeObject *object, MugaiReport *report)
{
    mugai_mime_read_encoding(node, object, report);
    if (mugai_mime_is_encoded(node))
        mugai_mime_remark(report, node, "encoded-container",
                          "a multipart or message with an encoding");
}
