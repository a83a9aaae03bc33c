/*
 * leaf.c - the life of one leaf: measured, hashed, shown or not, and its line in the report
 *
 *      leaf_type.c     what it says it is, and what it is in truth
 *      leaf_text.c     its octets -> the UTF-8 that a filter reads
 *      leaf_blocks.c   files hidden in its text taken out
 *      leaf_choose.c   which of two alternatives is shown
 *
 * A leaf is shown if its type has a filter, its headers have one meaning, and what it decodes to is
 * text; otherwise it is removed, with a word that says why.
 *
 * Invariants: 1. a leaf that is read is in the report, with size and digest of all its octets (I3);
 *             2. its text comes from a filter of the allow-list.
 * Trust: the octets are hostile; they are held only up to the limits, and only where they become
 * text.
 */
#include "leaf.h"

#include "decode.h"
#include "leaf_blocks.h"
#include "leaf_text.h"
#include "leaf_type.h"
#include "truetype.h"

#include <mugai/charset.h>

#include <string.h>

void
mugai_leaf_free(MugaiLeaf *leaf)
{
    if (leaf == NULL)
        return;
    mugai_text_free(leaf->text);
    if (leaf->gaps != NULL)
        g_array_unref(leaf->gaps);
    g_free(leaf);
}

const char *
mugai_leaf_shown_name(const MugaiPart *part, const MugaiSettings *settings)
{
    return *part->name == '\0' ? mugai_settings_notice(settings, "notice/unnamed") : part->name;
}

/* --- octets --- */

typedef struct {
    GString *octets;
    gsize limit;
    gboolean cut;
} Collected;

static gboolean
collect(const char *octets, gsize length, gpointer data)
{
    Collected *collected = data;
    gsize room = collected->limit - collected->octets->len;

    collected->cut = length > room;
    g_string_append_len(collected->octets, octets, (gssize)MIN(length, room));
    return !collected->cut;
}

/* Keeps the first octets. */
static gboolean
collect_head(const char *octets, gsize length, gpointer data)
{
    (void)collect(octets, length, data);
    return TRUE;
}

/* --- the report --- */

static void
set_fate(MugaiPart *part, MugaiDisposition disposition, const char *reason)
{
    part->disposition = disposition;
    g_free(part->reason);
    part->reason = g_strdup(reason);
}

static MugaiPart *
make_part(const MugaiNode *node, MugaiReport *report)
{
    MugaiPart *part = mugai_part_new(node->path);

    g_free(part->type);
    g_free(part->declared_type);
    g_free(part->name);
    part->type = g_strdup(node->type);
    part->declared_type = g_strdup(node->declared_type);
    part->name = g_strdup(node->name);
    g_ptr_array_add(report->parts, part);
    return part;
}

static void
measure(const MugaiNode *node, MugaiOctetsFunc sink, gpointer data, MugaiPart *part,
        MugaiReport *report)
{
    MugaiDecoded decoded = {0};

    mugai_leaf_decode(node, sink, data, &decoded);
    part->size = decoded.size;
    g_strlcpy(part->sha256, decoded.sha256, sizeof(part->sha256));
    if (decoded.broken)
        mugai_report_remark(report->ambiguities, "broken-encoding", "part %s", node->path);
}

/* --- reading --- */

MugaiText *
mugai_leaf_read_outside(const MugaiNode *node, const MugaiSettings *settings, MugaiReport *report)
{
    gsize length = node->outside == NULL ? 0 : strlen(node->outside);
    MugaiCharset charset = MUGAI_CHARSET_NONE;
    MugaiFilterNotes notes = {0};
    MugaiText *text = NULL;
    GString *utf8 = NULL;

    if (length == 0)
        return NULL;
    charset = mugai_charset_recognise((const guint8 *)node->outside, length, MUGAI_CHARSET_NONE);
    utf8 = g_string_new(NULL);
    mugai_charset_decode(charset, (const guint8 *)node->outside, length, utf8);
    text = mugai_text_new(settings->limits.text_octets);
    mugai_filter_plain(utf8->str, utf8->len, settings, text, &notes);
    g_string_free(utf8, TRUE);
    mugai_leaf_take_out_blocks(text, NULL, 0, node, settings, report);
    return text;
}

static void
show(MugaiLeaf *leaf, const MugaiNode *node, MugaiFilter filter, GString *octets,
     const MugaiSettings *settings, MugaiReport *report, gsize *budget)
{
    MugaiCharset charset = MUGAI_CHARSET_NONE;
    gboolean plain = g_str_equal(node->type, "text/plain");
    const char *truth = NULL;
    GString *utf8 = NULL;
    guint found = mugai_leaf_take_out_yenc(node, octets, settings, report);

    charset = mugai_leaf_find_charset(node, octets, report);
    if (!mugai_leaf_is_text(node, octets, charset, &truth)) {
        set_fate(leaf->part, MUGAI_UNREADABLE, node->doubtful ? "ambiguous" : "unreadable");
        if (truth == NULL)
            truth = mugai_truetype_of(octets->str, octets->len);
        mugai_leaf_set_true_type(leaf, truth, report);
        return;
    }
    utf8 = mugai_leaf_make_utf8(node, octets, charset, &leaf->undecodable);
    leaf->text = mugai_text_new(MIN(settings->limits.text_octets, *budget));
    filter(utf8->str, utf8->len, settings, leaf->text, &leaf->notes);
    leaf->gaps = g_array_new(FALSE, FALSE, sizeof(MugaiGap));
    mugai_leaf_take_out_blocks(leaf->text, leaf->gaps, found, node, settings, report);
    *budget -= mugai_text_length(leaf->text);
    g_string_free(utf8, TRUE);
    if (leaf->notes.unreadable) {
        mugai_text_truncate(leaf->text, 0);
        set_fate(leaf->part, MUGAI_UNREADABLE, "unreadable");
    } else
        set_fate(leaf->part, plain ? MUGAI_KEPT : MUGAI_CONVERTED, plain ? "text" : "filter");
}

static void
hide(MugaiLeaf *leaf, const MugaiNode *node, const GString *head, MugaiReport *report)
{
    if (node->kind != MUGAI_NODE_LEAF && !node->beyond_limit)
        set_fate(leaf->part, MUGAI_UNREADABLE, "unreadable");
    else if (node->beyond_limit)
        set_fate(leaf->part, MUGAI_REMOVED, "limit");
    else if (node->unreadable)
        set_fate(leaf->part, MUGAI_UNREADABLE, "ambiguous");
    else
        set_fate(leaf->part, MUGAI_REMOVED, mugai_leaf_removal_reason(node->type));
    mugai_leaf_set_true_type(leaf, mugai_truetype_of(head->str, head->len), report);
}

/* Whether it came as a file, or in a message that did. */
static gboolean
is_attached(const MugaiNode *node)
{
    if (g_str_equal(node->disposition, "attachment") || *node->name != '\0')
        return TRUE;
    for (node = node->parent; node != NULL; node = node->parent) {
        if (node->kind == MUGAI_NODE_MESSAGE)
            return TRUE;
    }
    return FALSE;
}

MugaiLeaf *
mugai_leaf_read(const MugaiNode *node, const MugaiSettings *settings, MugaiReport *report,
                gsize *budget)
{
    MugaiLeaf *leaf = g_new0(MugaiLeaf, 1);
    MugaiFilter filter = node->unreadable ? NULL : mugai_filter_for_type(node->type);
    gboolean wanted = settings->attachments == MUGAI_ATTACHMENTS_TEXT || !is_attached(node);
    gboolean shown = node->kind == MUGAI_NODE_LEAF && !node->unreadable && filter != NULL && wanted;
    Collected collected = {.limit = shown ? settings->limits.part_octets : MUGAI_TRUETYPE_OCTETS};

    leaf->part = make_part(node, report);
    leaf->is_section = g_str_equal(node->disposition, "attachment") || *node->name != '\0';
    collected.octets = g_string_new(NULL);
    measure(node, shown ? collect : collect_head, &collected, leaf->part, report);
    if (shown && collected.cut)
        mugai_report_remark(report->warnings, "limit", "part %s: only its beginning was read",
                            node->path);
    if (shown)
        show(leaf, node, filter, collected.octets, settings, report, budget);
    else
        hide(leaf, node, collected.octets, report);
    g_string_free(collected.octets, TRUE);
    return leaf;
}
