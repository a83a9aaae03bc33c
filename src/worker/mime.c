/*
 * mime.c - raw octets to a bounded tree of parts
 *
 *      mime_construct.c   octets -> GMime's message
 *      mime_fields.c      what the fields of a part say of it
 *
 * GMime cuts the message into parts; here the cuts become a tree of our own, in which each part has
 * one type, one name and one path, and whatever could be read in two ways is named in the report.
 *
 * Invariants: 1. every leaf of GMime's tree is a leaf here or counted in skipped (I3);
 *             2. recursion is bounded by the configured depth.
 * Trust: everything is hostile. g_mime_multipart_get_boundary() is never called: GMime 3.2.13 loops
 * for ever in it.
 */
#include "mime.h"

#include "decode.h"
#include "gmime_cleanup.h"
#include "mime_construct.h"
#include "mime_fields.h"
#include "scan.h"

#include <mugai/limits.h>
#include <mugai/text.h>

#include <string.h>

/* RFC 2046 section 5.1.1 */
#define BOUNDARY_OCTETS 70u

static MugaiNode *node_new(MugaiTree *tree, GMimeObject *object, MugaiNode *parent,
                           const char *path, guint depth, const MugaiSettings *settings,
                           MugaiReport *report, guint *count);

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
        mugai_mime_remark(report, node, "text-before-parts", "text before the first delimiter");
    if (after)
        mugai_mime_remark(report, node, "text-after-parts", "text after the last delimiter");
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
        mugai_mime_remark(report, node, "boundary", "missing");
        return;
    }
    if (strlen(boundary) > BOUNDARY_OCTETS)
        mugai_mime_remark(report, node, "boundary", "longer than 70 octets");
    if (mugai_value_is_extended(node->content_type, "boundary"))
        mugai_mime_remark(report, node, "boundary", "continued or encoded");
    for (const MugaiNode *outer = node->parent; outer != NULL; outer = outer->parent) {
        const char *other = mugai_value_get(outer->content_type, "boundary");

        if (outer->kind != MUGAI_NODE_MULTIPART || other == NULL || *other == '\0')
            continue;
        if (g_str_equal(boundary, other))
            mugai_mime_remark(report, node, "boundary", "the same inside and outside");
        else if (g_str_has_prefix(boundary, other) || g_str_has_prefix(other, boundary))
            mugai_mime_remark(report, node, "boundary", "one is the beginning of another");
    }
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
    node->again = mugai_mime_construct_again(stream, settings, report);
    content = node->again == NULL ? NULL : g_mime_message_get_mime_part(node->again);
    if (!GMIME_IS_MULTIPART(content) || g_mime_multipart_get_count(GMIME_MULTIPART(content)) == 0)
        return NULL;
    mugai_mime_remark(report, node, "boundary", "not the one that was declared");
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
    mugai_mime_read_container_encoding(node, GMIME_OBJECT(multipart), report);
    check_boundary(node, report);
    encoded = mugai_mime_is_encoded(node);
    if (!encoded && g_mime_multipart_get_count(multipart) == 0)
        read = read_with_guessed_boundary(node, multipart, settings, report);
    if (read != NULL)
        read_outside(node, read, encoded, report);
    else {
        mugai_mime_remark(report, node, "empty-multipart", "no part was found");
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
    mugai_mime_read_container_encoding(node, GMIME_OBJECT(part), report);
    if (node->message != NULL)
        add_content(tree, node, depth, settings, report, count);
}

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
        mugai_mime_is_encoded(node) || strpbrk(boundary, "\"\\\r\n") != NULL)
        return;
    header = g_strdup_printf("Content-Type: multipart/mixed; boundary=\"%s\"\n\n", boundary);
    octets = g_byte_array_new();
    g_byte_array_append(octets, (const guint8 *)header, (guint)strlen(header));
    mugai_leaf_decode(node, collect_octets, octets, &decoded);
    stream = g_mime_stream_mem_new_with_byte_array(octets);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), TRUE);
    node->again = mugai_mime_construct_again(stream, settings, report);
    content = node->again == NULL ? NULL : g_mime_message_get_mime_part(node->again);
    if (GMIME_IS_MULTIPART(content)) {
        g_free(node->type);
        add_multipart(tree, node, GMIME_MULTIPART(content), prefix, depth, settings, report, count);
    }
}

/* A message in base64 or quoted-printable is against the rules, and most readers open it all the
 * same. */
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
    node->again = mugai_mime_construct_again(stream, settings, report);
    if (node->again == NULL || g_mime_message_get_mime_part(node->again) == NULL)
        return;
    mugai_mime_remark(report, node, "encoded-container", "a message with an encoding");
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
    mugai_mime_read_fields(node, object, settings, report);
    if (depth >= settings->limits.depth && !GMIME_IS_PART(object)) {
        node->type = g_strdup("application/octet-stream");
        mugai_mime_remark(report, node, "depth", "nested deeper than the limit");
        node->beyond_limit = TRUE;
        return node;
    }
    if (GMIME_IS_MULTIPART(object))
        add_multipart(tree, node, GMIME_MULTIPART(object), path, depth, settings, report, count);
    else if (GMIME_IS_MESSAGE_PART(object))
        add_message(tree, node, GMIME_MESSAGE_PART(object), depth, settings, report, count);
    else {
        node->part = GMIME_IS_PART(object) ? GMIME_PART(object) : NULL;
        mugai_mime_type_leaf(node, object);
        mugai_mime_read_encoding(node, object, report);
        if (!node->unreadable && depth < settings->limits.depth) {
            add_encoded_message(tree, node, depth, settings, report, count);
            add_leaf_multipart(tree, node, path, depth, settings, report, count);
        }
    }
    return node;
}

/* --- parsing --- */

MugaiTree *
mugai_tree_parse(GMimeStream *raw, const MugaiSettings *settings, MugaiReport *report)
{
    MugaiTree *tree = g_new0(MugaiTree, 1);
    g_autoptr(GMimeStream) stream = mugai_scan(raw, &settings->limits, report);
    GMimeObject *content = NULL;
    guint count = 0;

    tree->message = mugai_mime_construct(stream, report);
    if (tree->message == NULL || g_mime_message_get_mime_part(tree->message) == NULL) {
        g_clear_object(&tree->message);
        tree->message = mugai_mime_construct_headless(stream, report);
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
