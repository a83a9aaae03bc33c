/*
 * mime.c - raw octets to a bounded tree of parts
 *
 * GMime cuts the message into parts; here the cuts become a tree of our own, in which each part has
 * one type, one name and one path, and whatever could be read in two ways is named in the report.
 * Parameters and names are read by params.c from the raw fields.
 *
 * Invariants: 1. every leaf of GMime's tree is a leaf here or counted in skipped (I3);
 *             2. recursion is bounded by the configured depth.
 * Trust: everything is hostile. g_mime_multipart_get_boundary() is never called: GMime 3.2.13 loops
 * for ever in it.
 */
#include "mime.h"

#include "decode.h"
#include "gmime_cleanup.h"
#include "headers.h"
#include "scan.h"

#include <mugai/limits.h>
#include <mugai/text.h>

#include <string.h>

/* RFC 2046 section 5.1.1 */
#define BOUNDARY_OCTETS 70u

static MugaiNode *node_new(MugaiTree *tree, GMimeObject *object, MugaiNode *parent,
                           const char *path, guint depth, const MugaiSettings *settings,
                           MugaiReport *report, guint *count);

static GMimeMessage *construct_message(GMimeStream *stream, MugaiReport *report);

static void
node_free(MugaiNode *node)
{
    if (node == NULL)
        return;
    g_free(node->path);
    g_free(node->type);
    g_free(node->declared_type);
    mugai_value_free(node->content_type);
    g_free(node->disposition);
    g_free(node->name);
    g_free(node->outside);
    g_ptr_array_unref(node->children);
    g_clear_object(&node->again);
    g_free(node);
}

void
mugai_tree_free(MugaiTree *tree)
{
    if (tree == NULL)
        return;
    node_free(tree->root);
    g_clear_object(&tree->message);
    g_free(tree);
}

/* --- fields of a part --- */

static void
remark(MugaiReport *report, const MugaiNode *node, const char *code, const char *detail)
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

            remark(report, node, lower, same ? "repeated" : "contradictory");
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
        remark(report, node, "duplicate-parameter", lower);
    if (value->discontinuous)
        remark(report, node, "parameter-continuation", lower);
    if (value->encoded_words)
        remark(report, node, "encoded-parameter", lower);
    if (value->malformed)
        remark(report, node, "malformed-field", lower);
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
        remark(report, node, "two-names", "name and filename differ");
    node->name =
        mugai_text_clean_line(best == NULL ? "" : best, -1, settings->limits.name_characters);
}

static void
read_fields(MugaiNode *node, GMimeObject *object, const MugaiSettings *settings,
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
        remark(report, node, "invalid-type", "Content-Type is no media type");

    raw = read_single(node, object, "Content-Disposition", report, &conflict);
    disposition = mugai_value_parse(raw == NULL ? "" : raw);
    node->disposition = g_strdup(disposition->value);
    remark_value(report, node, "Content-Disposition", disposition);
    read_name(node, disposition, settings, report);
}

/* --- leaves --- */

/* Sets what @leaf is taken for. */
static void
type_leaf(MugaiNode *leaf, GMimeObject *object)
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

/* Reads the transfer encoding. One that is not known, empty or said twice, has no meaning that two
 * readers share. */
static void
read_encoding(MugaiNode *node, GMimeObject *object, MugaiReport *report)
{
    gboolean conflict = FALSE;
    const char *raw = read_single(node, object, "Content-Transfer-Encoding", report, &conflict);
    g_autoptr(MugaiValue) value = mugai_value_parse(raw == NULL ? "" : raw);

    node->unreadable |= conflict;
    if (raw == NULL)
        return;
    remark_value(report, node, "Content-Transfer-Encoding", value);
    if (strchr(raw, '(') != NULL || strchr(raw, ';') != NULL)
        remark(report, node, "unknown-encoding", "more than a word in Content-Transfer-Encoding");
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
        if (!g_str_equal(value->value, encodings[i].name))
            continue;
        node->encoding = encodings[i].encoding;
        return;
    }
    remark(report, node, "unknown-encoding", value->value);
    node->doubtful = TRUE;
}

static gboolean
is_encoded(const MugaiNode *node)
{
    return node->unreadable || node->doubtful || node->encoding == GMIME_CONTENT_ENCODING_BASE64 ||
           node->encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
           node->encoding == GMIME_CONTENT_ENCODING_UUENCODE;
}

/* A multipart or a message may not be encoded (RFC 2045 section 6.4). */
static void
read_container_encoding(MugaiNode *node, GMimeObject *object, MugaiReport *report)
{
    read_encoding(node, object, report);
    if (is_encoded(node))
        remark(report, node, "encoded-container", "a multipart or message with an encoding");
}

/* --- the tree --- */

static void
add_child(MugaiTree *tree, MugaiNode *node, GMimeObject *child, const char *path, guint depth,
          const MugaiSettings *settings, MugaiReport *report, guint *count)
{
    MugaiNode *made = NULL;

    if (child == NULL)
        return;
    made = node_new(tree, child, node, path, depth, settings, report, count);
    if (made != NULL)
        g_ptr_array_add(node->children, made);
}

/* Where the children of @node are numbered: the top of a message has no number of its own. */
static char *
child_path(const char *prefix, int number)
{
    return *prefix == '\0' ? g_strdup_printf("%d", number)
                           : g_strdup_printf("%s.%d", prefix, number);
}

/* Whether @text says more than that this is a MIME message. */
static gboolean
is_more_than_usual(const char *text)
{
    g_autofree char *line = mugai_text_clean_line(text, -1, 200);
    g_autofree char *lower = g_ascii_strdown(line, -1);

    return *lower != '\0' && strstr(lower, "mime") == NULL && strstr(lower, "multi-part") == NULL &&
           strstr(lower, "multipart") == NULL;
}

/* Keeps what stands outside of the delimiters: some readers show it, some take it for a part. */
static void
read_outside(MugaiNode *node, GMimeMultipart *multipart, gboolean encoded, MugaiReport *report)
{
    const char *prologue = g_mime_multipart_get_prologue(multipart);
    const char *epilogue = g_mime_multipart_get_epilogue(multipart);
    gboolean before = prologue != NULL && is_more_than_usual(prologue);
    gboolean after = epilogue != NULL && is_more_than_usual(epilogue);

    if (before)
        remark(report, node, "text-before-parts", "text before the first delimiter");
    if (after)
        remark(report, node, "text-after-parts", "text after the last delimiter");
    if (!encoded && (before || after))
        node->outside = g_strconcat(before ? prologue : "", before && after ? "\n" : "",
                                    after ? epilogue : "", NULL);
}

/* What makes readers disagree about where parts begin: a boundary that is no boundary, or one that
 * the delimiters of another multipart around it fit too. */
static void
check_boundary(const MugaiNode *node, MugaiReport *report)
{
    const char *boundary = mugai_value_get(node->content_type, "boundary");

    if (boundary == NULL || *boundary == '\0') {
        remark(report, node, "boundary", "missing");
        return;
    }
    if (strlen(boundary) > BOUNDARY_OCTETS)
        remark(report, node, "boundary", "longer than 70 octets");
    if (mugai_value_is_extended(node->content_type, "boundary"))
        remark(report, node, "boundary", "continued or encoded");
    for (const MugaiNode *outer = node->parent; outer != NULL; outer = outer->parent) {
        const char *other = mugai_value_get(outer->content_type, "boundary");

        if (outer->kind != MUGAI_NODE_MULTIPART || other == NULL || *other == '\0')
            continue;
        if (g_str_equal(boundary, other))
            remark(report, node, "boundary", "the same inside and outside");
        else if (g_str_has_prefix(boundary, other) || g_str_has_prefix(other, boundary))
            remark(report, node, "boundary", "one is the beginning of another");
    }
}

/* Octets found inside of the message are scanned like the message itself. */
static GMimeMessage *
construct_again(GMimeStream *stream, const MugaiSettings *settings, MugaiReport *report)
{
    g_autoptr(GMimeStream) bounded = mugai_scan(stream, &settings->limits, report);

    return construct_message(bounded, report);
}

/* The boundary that the delimiters in @text show, newly allocated, or NULL: the first line that
 * begins with two dashes and has a field or an empty line under it. */
static char *
guess_boundary(const char *text)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        const char *next = NULL;
        gsize octets = 0;

        line += *line == '\n' ? 1 : 0;
        next = strchr(line, '\n');
        if (next == NULL)
            return NULL;
        octets = strcspn(line, " \t\r\n\"");
        if (strncmp(line, "--", 2) == 0 && octets > 2 && octets < 200 &&
            strchr("\r\n", line[octets]) != NULL &&
            (g_ascii_strncasecmp(next + 1, "Content-", 8) == 0 || next[1] == '\r' ||
             next[1] == '\n'))
            return g_strndup(line + 2, octets - 2);
    }
    return NULL;
}

/* A multipart whose boundary is missing or wrong, read with the one its delimiters show; NULL if
 * there is none. */
static GMimeMultipart *
read_with_guessed_boundary(MugaiNode *node, GMimeMultipart *multipart,
                           const MugaiSettings *settings, MugaiReport *report)
{
    const char *text = g_mime_multipart_get_prologue(multipart);
    g_autofree char *boundary = text == NULL ? NULL : guess_boundary(text);
    g_autofree char *whole = NULL;
    g_autoptr(GMimeStream) stream = NULL;
    GMimeObject *content = NULL;

    if (boundary == NULL)
        return NULL;
    whole = g_strdup_printf("Content-Type: multipart/mixed; boundary=\"%s\"\n\n%s", boundary, text);
    stream = g_mime_stream_mem_new_with_buffer(whole, strlen(whole));
    node->again = construct_again(stream, settings, report);
    content = node->again == NULL ? NULL : g_mime_message_get_mime_part(node->again);
    if (!GMIME_IS_MULTIPART(content) || g_mime_multipart_get_count(GMIME_MULTIPART(content)) == 0)
        return NULL;
    remark(report, node, "boundary", "not the one that was declared");
    return GMIME_MULTIPART(content);
}

static void
add_multipart(MugaiTree *tree, MugaiNode *node, GMimeMultipart *multipart, const char *prefix,
              guint depth, const MugaiSettings *settings, MugaiReport *report, guint *count)
{
    GMimeMultipart *read = multipart;
    gboolean encoded = FALSE;

    node->kind = MUGAI_NODE_MULTIPART;
    node->type = g_strdup(*node->declared_type == '\0' ? "multipart/mixed" : node->declared_type);
    read_container_encoding(node, GMIME_OBJECT(multipart), report);
    check_boundary(node, report);
    encoded = is_encoded(node);
    if (!encoded && g_mime_multipart_get_count(multipart) == 0)
        read = read_with_guessed_boundary(node, multipart, settings, report);
    if (read != NULL)
        read_outside(node, read, encoded, report);
    else {
        remark(report, node, "empty-multipart", "no part was found");
        read_outside(node, multipart, encoded, report);
        return;
    }
    for (int i = 0; i < g_mime_multipart_get_count(read); i++) {
        g_autofree char *path = child_path(prefix, i + 1);

        add_child(tree, node, g_mime_multipart_get_part(read, i), path, depth + 1, settings, report,
                  count);
    }
}

/* The content of the message in @node: its parts are numbered under it. */
static void
add_content(MugaiTree *tree, MugaiNode *node, guint depth, const MugaiSettings *settings,
            MugaiReport *report, guint *count)
{
    GMimeObject *content = g_mime_message_get_mime_part(node->message);
    g_autofree char *path =
        GMIME_IS_MULTIPART(content) ? g_strdup(node->path) : child_path(node->path, 1);

    add_child(tree, node, content, path, depth + 1, settings, report, count);
}

static void
add_message(MugaiTree *tree, MugaiNode *node, GMimeMessagePart *part, guint depth,
            const MugaiSettings *settings, MugaiReport *report, guint *count)
{
    node->kind = MUGAI_NODE_MESSAGE;
    node->type = g_strdup(*node->declared_type == '\0' ? "message/rfc822" : node->declared_type);
    node->message = g_mime_message_part_get_message(part);
    read_container_encoding(node, GMIME_OBJECT(part), report);
    if (node->message != NULL)
        add_content(tree, node, depth, settings, report, count);
}

/* A message in base64 or quoted-printable is against the rules, and most readers open it all the
 * same. */
static gboolean
collect_octets(const char *octets, gsize length, gpointer data)
{
    GByteArray *array = data;

    g_byte_array_append(array, (const guint8 *)octets, (guint)length);
    return array->len < MUGAI_LIMIT_PART_OCTETS_MAX;
}

/* "multipart" without a subtype is a multipart to most readers, to GMime it is a leaf. */
static void
add_leaf_multipart(MugaiTree *tree, MugaiNode *node, const char *prefix, guint depth,
                   const MugaiSettings *settings, MugaiReport *report, guint *count)
{
    const char *boundary = mugai_value_get(node->content_type, "boundary");
    g_autofree char *header = NULL;
    GByteArray *octets = NULL;
    g_autoptr(GMimeStream) stream = NULL;
    MugaiDecoded decoded = {0};
    GMimeObject *content = NULL;

    if (!g_str_has_prefix(node->declared_type, "multipart") || boundary == NULL ||
        is_encoded(node) || strpbrk(boundary, "\"\\\r\n") != NULL)
        return;
    header = g_strdup_printf("Content-Type: multipart/mixed; boundary=\"%s\"\n\n", boundary);
    octets = g_byte_array_new();
    g_byte_array_append(octets, (const guint8 *)header, (guint)strlen(header));
    mugai_leaf_decode(node, collect_octets, octets, &decoded);
    stream = g_mime_stream_mem_new_with_byte_array(octets);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), TRUE);
    node->again = construct_again(stream, settings, report);
    content = node->again == NULL ? NULL : g_mime_message_get_mime_part(node->again);
    if (GMIME_IS_MULTIPART(content)) {
        g_free(node->type);
        add_multipart(tree, node, GMIME_MULTIPART(content), prefix, depth, settings, report, count);
    }
}

static void
add_encoded_message(MugaiTree *tree, MugaiNode *node, guint depth, const MugaiSettings *settings,
                    MugaiReport *report, guint *count)
{
    GByteArray *octets = NULL;
    g_autoptr(GMimeStream) stream = NULL;
    MugaiDecoded decoded = {0};

    if (!g_str_equal(node->type, "message/rfc822") && !g_str_equal(node->type, "message/global"))
        return;
    octets = g_byte_array_new();
    mugai_leaf_decode(node, collect_octets, octets, &decoded);
    stream = g_mime_stream_mem_new_with_byte_array(octets);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), TRUE);
    node->again = construct_again(stream, settings, report);
    if (node->again == NULL || g_mime_message_get_mime_part(node->again) == NULL)
        return;
    remark(report, node, "encoded-container", "a message with an encoding");
    node->kind = MUGAI_NODE_MESSAGE;
    node->message = node->again;
    add_content(tree, node, depth, settings, report, count);
}

static MugaiNode *
node_new(MugaiTree *tree, GMimeObject *object, MugaiNode *parent, const char *path, guint depth,
         const MugaiSettings *settings, MugaiReport *report, guint *count)
{
    MugaiNode *node = NULL;

    if (*count >= settings->limits.parts) {
        tree->skipped++;
        return NULL;
    }
    (*count)++;
    node = g_new0(MugaiNode, 1);
    node->parent = parent;
    node->path = g_strdup(*path == '\0' ? "1" : path);
    node->children = g_ptr_array_new_with_free_func((GDestroyNotify)node_free);
    read_fields(node, object, settings, report);
    if (depth >= settings->limits.depth && !GMIME_IS_PART(object)) {
        node->type = g_strdup("application/octet-stream");
        remark(report, node, "depth", "nested deeper than the limit");
        node->beyond_limit = TRUE;
        return node;
    }
    if (GMIME_IS_MULTIPART(object))
        add_multipart(tree, node, GMIME_MULTIPART(object), path, depth, settings, report, count);
    else if (GMIME_IS_MESSAGE_PART(object))
        add_message(tree, node, GMIME_MESSAGE_PART(object), depth, settings, report, count);
    else {
        node->part = GMIME_IS_PART(object) ? GMIME_PART(object) : NULL;
        type_leaf(node, object);
        read_encoding(node, object, report);
        if (!node->unreadable && depth < settings->limits.depth) {
            add_encoded_message(tree, node, depth, settings, report, count);
            add_leaf_multipart(tree, node, path, depth, settings, report, count);
        }
    }
    return node;
}

/* --- parsing --- */

/* What GMime warns of that read_single() and params.c do not see themselves. */
static void
take_warning(gint64 offset, GMimeParserWarning warning, const char *item, gpointer data)
{
    MugaiReport *report = data;
    g_autofree char *quoted = mugai_text_quote(item == NULL ? "" : item, 60);

    switch (warning) {
    case GMIME_WARN_MALFORMED_MULTIPART:
    case GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY:
        mugai_report_remark(report->ambiguities, "boundary", "multipart without parts or boundary");
        return;
    case GMIME_WARN_TRUNCATED_MESSAGE:
        mugai_report_remark(report->ambiguities, "truncated", "the last boundary is missing");
        return;
    case GMIME_WARN_MALFORMED_MESSAGE:
        mugai_report_remark(report->ambiguities, "malformed-message", "the message is malformed");
        return;
    case GMIME_CRIT_INVALID_HEADER_NAME:
        mugai_report_remark(report->ambiguities, "header-name", "invalid: \"%s\"", quoted);
        return;
    case GMIME_CRIT_NESTING_OVERFLOW:
        mugai_report_remark(report->ambiguities, "depth", "nested deeper than the parser goes");
        return;
    default:
        return;
    }
}

static GMimeMessage *
construct_message(GMimeStream *stream, MugaiReport *report)
{
    g_autoptr(GMimeParser) parser = g_mime_parser_new_with_stream(stream);
    g_autoptr(GMimeParserOptions) options = g_mime_parser_options_new();

    g_mime_parser_set_persist_stream(parser, TRUE);
    g_mime_parser_options_set_warning_callback(options, take_warning, report);
    return g_mime_parser_construct_message(parser, options);
}

/* GMime finds no message in some octets that are one to a human reader: they are read as a body
 * without header. */
static GMimeMessage *
construct_headless(GMimeStream *stream, MugaiReport *report)
{
    static const char header[] = "MIME-Version: 1.0\n\n";
    g_autoptr(GMimeStream) before = g_mime_stream_mem_new_with_buffer(header, sizeof(header) - 1);
    g_autoptr(GMimeStream) both = g_mime_stream_cat_new();

    mugai_report_remark(report->ambiguities, "no-header", "no header section could be read");
    g_mime_stream_reset(stream);
    g_mime_stream_cat_add_source(GMIME_STREAM_CAT(both), before);
    g_mime_stream_cat_add_source(GMIME_STREAM_CAT(both), stream);
    return construct_message(both, report);
}

MugaiTree *
mugai_tree_parse(GMimeStream *raw, const MugaiSettings *settings, MugaiReport *report)
{
    MugaiTree *tree = g_new0(MugaiTree, 1);
    g_autoptr(GMimeStream) stream = mugai_scan(raw, &settings->limits, report);
    GMimeObject *content = NULL;
    guint count = 0;

    tree->message = construct_message(stream, report);
    if (tree->message == NULL || g_mime_message_get_mime_part(tree->message) == NULL) {
        g_clear_object(&tree->message);
        tree->message = construct_headless(stream, report);
    }
    content = tree->message == NULL ? NULL : g_mime_message_get_mime_part(tree->message);
    if (content != NULL)
        tree->root = node_new(tree, content, NULL, GMIME_IS_MULTIPART(content) ? "" : "1", 0,
                              settings, report, &count);
    return tree;
}

static MugaiNode *
find_node(MugaiNode *node, const char *path)
{
    if (node == NULL)
        return NULL;
    /* A container in which nothing was found is a leaf of the report. */
    if (node->children->len == 0)
        return g_str_equal(node->path, path) ? node : NULL;
    for (guint i = 0; i < node->children->len; i++) {
        MugaiNode *found = find_node(g_ptr_array_index(node->children, i), path);

        if (found != NULL)
            return found;
    }
    return NULL;
}

MugaiNode *
mugai_tree_find(MugaiTree *tree, const char *path)
{
    return find_node(tree->root, path);
}
