/*
 * render.c - the tree to text, in the order a reader would have met it: body, sections made from
 * attachments, notice
 *
 * Every leaf is read once. Of alternatives one is chosen, the other is disposed of. What is left is
 * written in place; a message in the message with its own short header block.
 *
 * Invariants: 1. every leaf of the tree is in the report once, with one disposition (I3);
 *             2. all text goes through mugai_compose_body() or mugai_compose_notice(), so all of it
 * is clean and inert. Trust: everything that comes out of the tree is hostile, names and types
 * included.
 */
#include "render.h"

#include "headers.h"

#include <mugai/limits.h>

#include <string.h>

/* --- text --- */

static void
separate(MugaiRendering *rendering)
{
    gsize length = mugai_text_length(rendering->text);

    if (length > 0 && !g_str_has_suffix(mugai_text_string(rendering->text), "\n\n"))
        mugai_text_append(rendering->text, "\n", 1);
}

/* Whether @text has anything to see. */
static gboolean
is_blank(const char *text)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (!g_unichar_isspace(c) && mugai_text_is_clean(c))
            return FALSE;
    }
    return TRUE;
}

/* Hostile text, counted where it has no room. */
static void
write_text(MugaiRendering *rendering, const char *utf8, gsize length)
{
    gsize before = mugai_text_missing(rendering->text);
    gsize start = mugai_text_length(rendering->text);

    mugai_compose_body(rendering->text, utf8, length, rendering->settings->links,
                       &rendering->cleaned);
    if (length > 0 && mugai_text_missing(rendering->text) > before) {
        gsize written = mugai_text_length(rendering->text) - start;

        rendering->missing += length > written ? length - written : 1;
    }
}

/* The text of @leaf, and a line of our own where a block was taken out of it. */
static void
write_pieces(MugaiRendering *rendering, const MugaiLeaf *leaf)
{
    const char *utf8 = mugai_text_string(leaf->text);
    gsize length = mugai_text_length(leaf->text);
    gsize done = 0;

    for (guint i = 0; leaf->gaps != NULL && i < leaf->gaps->len; i++) {
        const MugaiGap *gap = &g_array_index(leaf->gaps, MugaiGap, i);

        if (gap->offset > length)
            break;
        write_text(rendering, utf8 + done, gap->offset - done);
        done = gap->offset;
        mugai_compose_notice(rendering->text, rendering->settings, "section/embedded", "name",
                             mugai_leaf_shown_name(gap->part, rendering->settings), NULL);
    }
    write_text(rendering, utf8 + done, length - done);
}

static void
write_leaf(MugaiRendering *rendering, MugaiLeaf *leaf)
{
    rendering->undecodable += leaf->undecodable;
    rendering->hidden += leaf->notes.hidden_characters;
    rendering->deceptive += leaf->notes.deceptive_links;
    rendering->missing += mugai_text_missing(leaf->text);
    rendering->converted |= g_str_equal(leaf->part->type, "text/html");
    if (is_blank(mugai_text_string(leaf->text)) && (leaf->gaps == NULL || leaf->gaps->len == 0))
        return;
    rendering->shown |= !is_blank(mugai_text_string(leaf->text));
    write_pieces(rendering, leaf);
}

static void
write_notice_line(MugaiRendering *rendering, const char *key)
{
    mugai_compose_notice(rendering->text, rendering->settings, key, NULL);
}

/* Text outside of the parts is left out, unless the message has no other. */
static void
write_outside(MugaiRendering *rendering, const MugaiNode *node)
{
    g_autoptr(MugaiText) text =
        mugai_leaf_read_outside(node, rendering->settings, rendering->report);

    for (guint i = 0; i < node->children->len; i++)
        write_outside(rendering, g_ptr_array_index(node->children, i));
    if (text == NULL || is_blank(mugai_text_string(text)))
        return;
    rendering->shown = TRUE;
    separate(rendering);
    write_text(rendering, mugai_text_string(text), mugai_text_length(text));
}

/* --- alternatives --- */

static void
dispose(MugaiRendering *rendering, MugaiNode *node, const char *reason)
{
    MugaiLeaf *leaf = g_hash_table_lookup(rendering->leaves, node);

    if (leaf != NULL && leaf->text != NULL && !leaf->is_section) {
        leaf->part->disposition = MUGAI_REMOVED;
        g_free(leaf->part->reason);
        leaf->part->reason = g_strdup(reason);
        rendering->alternative = TRUE;
        return;
    }
    for (guint i = 0; leaf == NULL && i < node->children->len; i++)
        dispose(rendering, g_ptr_array_index(node->children, i), reason);
}

/* The leaf whose text stands for @node in a choice: itself, or the first shown one below. */
static MugaiLeaf *
find_body(MugaiRendering *rendering, MugaiNode *node, const char *type)
{
    MugaiLeaf *leaf = g_hash_table_lookup(rendering->leaves, node);

    if (leaf != NULL)
        return leaf->text != NULL && !leaf->is_section && g_str_equal(node->type, type) ? leaf
                                                                                        : NULL;
    for (guint i = 0; i < node->children->len; i++) {
        leaf = find_body(rendering, g_ptr_array_index(node->children, i), type);
        if (leaf != NULL)
            return leaf;
    }
    return NULL;
}

static void
choose_alternative(MugaiRendering *rendering, MugaiNode *node)
{
    MugaiNode *plain_node = NULL;
    MugaiNode *html_node = NULL;
    MugaiLeaf *plain = NULL;
    MugaiLeaf *html = NULL;
    MugaiAlternative choice = MUGAI_ALTERNATIVE_PLAIN;

    for (guint i = 0; i < node->children->len; i++) {
        MugaiNode *child = g_ptr_array_index(node->children, i);

        if (plain == NULL && (plain = find_body(rendering, child, "text/plain")) != NULL)
            plain_node = child;
        else if (html == NULL && (html = find_body(rendering, child, "text/html")) != NULL)
            html_node = child;
    }
    if (plain == NULL || html == NULL)
        return;
    choice = mugai_leaf_choose(plain, html, rendering->settings, rendering->report);
    dispose(rendering, choice == MUGAI_ALTERNATIVE_PLAIN ? html_node : plain_node, "alternative");
}

static void
choose_alternatives(MugaiRendering *rendering, MugaiNode *node)
{
    for (guint i = 0; i < node->children->len; i++)
        choose_alternatives(rendering, g_ptr_array_index(node->children, i));
    if (node->kind == MUGAI_NODE_MULTIPART && g_str_equal(node->type, "multipart/alternative"))
        choose_alternative(rendering, node);
}

/* --- writing --- */

static void
write_header_line(MugaiRendering *rendering, GMimeObject *message, const char *field,
                  const char *key)
{
    g_autofree char *value = mugai_headers_line(message, field, MUGAI_LIMIT_SUBJECT_CHARACTERS);

    if (*value != '\0')
        mugai_compose_notice(rendering->text, rendering->settings, key, "value", value, NULL);
}

/* The short header block of a message in the message. */
static void
write_message_start(MugaiRendering *rendering, const MugaiNode *node)
{
    GMimeObject *message = GMIME_OBJECT(node->message);

    separate(rendering);
    write_notice_line(rendering, "section/message");
    write_header_line(rendering, message, "From", "header/from");
    write_header_line(rendering, message, "To", "header/to");
    write_header_line(rendering, message, "Cc", "header/cc");
    write_header_line(rendering, message, "Date", "header/date");
    write_header_line(rendering, message, "Subject", "header/subject");
    mugai_text_append(rendering->text, "\n", 1);
}

static void
write_node(MugaiRendering *rendering, MugaiNode *node)
{
    MugaiLeaf *leaf = g_hash_table_lookup(rendering->leaves, node);
    gboolean message = node->kind == MUGAI_NODE_MESSAGE && node->message != NULL;

    if (leaf != NULL) {
        if (leaf->part->disposition < MUGAI_CONVERTED)
            return;
        if (leaf->is_section) {
            g_ptr_array_add(rendering->sections, leaf);
            return;
        }
        separate(rendering);
        write_leaf(rendering, leaf);
        return;
    }
    if (message)
        write_message_start(rendering, node);
    for (guint i = 0; i < node->children->len; i++)
        write_node(rendering, g_ptr_array_index(node->children, i));
    if (message)
        write_notice_line(rendering, "section/end");
}

static void
write_sections(MugaiRendering *rendering)
{
    for (guint i = 0; i < rendering->sections->len; i++) {
        MugaiLeaf *leaf = g_ptr_array_index(rendering->sections, i);

        separate(rendering);
        mugai_compose_notice(rendering->text, rendering->settings, "section/attachment", "name",
                             mugai_leaf_shown_name(leaf->part, rendering->settings), NULL);
        write_leaf(rendering, leaf);
        write_notice_line(rendering, "section/end");
    }
}

/* --- the whole --- */

static void
read_leaves(MugaiRendering *rendering, MugaiNode *node, gsize *budget)
{
    MugaiLeaf *leaf = NULL;

    for (guint i = 0; i < node->children->len; i++)
        read_leaves(rendering, g_ptr_array_index(node->children, i), budget);
    /* A container without children is a leaf too: something was there, and nothing of it could be
     * read. */
    if (node->kind != MUGAI_NODE_LEAF && node->children->len > 0)
        return;
    leaf = mugai_leaf_read(node, rendering->settings, rendering->report, budget);
    g_hash_table_insert(rendering->leaves, node, leaf);
    if (leaf->false_type)
        g_ptr_array_add(rendering->false_types, leaf->part);
}

/* Leaves beyond the limit are one part of the report: there is no telling what they were (I3). */
static void
report_skipped(MugaiRendering *rendering, guint skipped)
{
    MugaiPart *part = NULL;

    if (skipped == 0)
        return;
    part = mugai_part_new("*");
    g_free(part->reason);
    part->reason = g_strdup("limit");
    part->disposition = MUGAI_REMOVED;
    g_ptr_array_add(rendering->report->parts, part);
    mugai_report_remark(rendering->report->warnings, "limit",
                        "%u parts beyond the limit were not read", skipped);
}

static void
remark_findings(const MugaiRendering *rendering)
{
    GPtrArray *warnings = rendering->report->warnings;

    if (rendering->hidden > 0)
        mugai_report_remark(warnings, "hidden", "%" G_GSIZE_FORMAT " characters out of sight",
                            rendering->hidden);
    if (rendering->deceptive > 0)
        mugai_report_remark(warnings, "deceptive-link",
                            "%" G_GSIZE_FORMAT " links lead elsewhere than they say",
                            rendering->deceptive);
    if (rendering->cleaned.directions > 0)
        mugai_report_remark(warnings, "control",
                            "%" G_GUINT64_FORMAT " direction-changing characters",
                            rendering->cleaned.directions);
    if (rendering->undecodable > 0)
        mugai_report_remark(warnings, "undecodable", "%" G_GSIZE_FORMAT " sequences",
                            rendering->undecodable);
    if (rendering->missing > 0)
        mugai_report_remark(warnings, "cut", "%" G_GSIZE_FORMAT " octets of text",
                            rendering->missing);
}

/* Body, sections and notice as one text whose last line is whole. */
static GString *
join(const MugaiRendering *rendering, const MugaiId *id)
{
    g_autoptr(MugaiText) notice = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);
    GString *whole = g_string_new(mugai_text_string(rendering->text));

    mugai_render_closing(notice, rendering, id);
    if (whole->len > 0 && whole->str[whole->len - 1] != '\n')
        g_string_append_c(whole, '\n');
    if (whole->len > 0)
        g_string_append_c(whole, '\n');
    g_string_append(whole, mugai_text_string(notice));
    return whole;
}

GString *
mugai_render(MugaiTree *tree, const MugaiSettings *settings, const MugaiId *id, MugaiReport *report)
{
    g_autoptr(MugaiText) text = mugai_text_new(settings->limits.text_octets);
    g_autoptr(GHashTable) leaves =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)mugai_leaf_free);
    g_autoptr(GPtrArray) sections = g_ptr_array_new();
    g_autoptr(GPtrArray) false_types = g_ptr_array_new();
    MugaiRendering rendering = {
        .settings = settings,
        .report = report,
        .leaves = leaves,
        .text = text,
        .sections = sections,
        .false_types = false_types,
    };
    gsize budget = settings->limits.text_octets * 4;

    if (tree->root != NULL) {
        read_leaves(&rendering, tree->root, &budget);
        choose_alternatives(&rendering, tree->root);
        write_node(&rendering, tree->root);
        if (!rendering.shown)
            write_outside(&rendering, tree->root);
    }
    write_sections(&rendering);
    report_skipped(&rendering, tree->skipped);
    remark_findings(&rendering);
    return join(&rendering, id);
}
