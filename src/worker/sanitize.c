/*
 * sanitize.c - the pure function: a message's octets to a candidate and a report (I5)
 *
 * Four steps. mime.c makes the tree. Every leaf is read once: measured, hashed, and made into text where the allow-list
 * has a filter for it. Of alternatives one is chosen. Then the text is written in the order a reader would have met it:
 * the body, the sections made from attachments, the notice.
 *
 * Invariants: 1. every leaf of the tree is in the report once, with one disposition (I3);
 *             2. all text goes through mugai_compose_body() or mugai_compose_notice(), so all of it is clean and inert;
 *             3. nothing depends on anything but octets, settings, id and time (I5).
 * Trust: everything that comes out of the tree is hostile, names and types included.
 */
#include "gmime_cleanup.h"
#include "headers.h"
#include "leaf.h"
#include "mime.h"
#include "truetype.h"

#include <mugai/charset.h>
#include <mugai/compose.h>
#include <mugai/error.h>
#include <mugai/filter.h>
#include <mugai/limits.h>
#include <mugai/sanitize.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* More U+FFFD than this are said in the notice: a single one explains itself. */
#define UNDECODABLE_SAID 3u

/* What is collected while the tree is written. */
typedef struct {
    const MugaiSettings *settings;
    MugaiReport *report;
    GHashTable *leaves;    /* MugaiNode -> MugaiLeaf */
    MugaiText *text;       /* the body so far */
    gsize missing;         /* octets that had no room in it */
    GPtrArray *sections;   /* of MugaiLeaf: attachments to show after the body */
    MugaiCleaned cleaned;
    gsize undecodable;
    gsize hidden;
    gsize deceptive;
    gboolean converted;
    gboolean alternative;
    gboolean shown;        /* there is text of the message */
} Rendering;

void
mugai_result_free(MugaiResult *result)
{
    if (result == NULL)
        return;
    g_bytes_unref(result->candidate);
    mugai_report_free(result->report);
    g_free(result);
}

gboolean
mugai_sanitize_warm_up(GError **error)
{
    g_mime_init();
    mugai_filter_warm_up();
    return mugai_charset_warm_up(error) && mugai_truetype_warm_up(error);
}

/* --- text --- */

static void
separate(Rendering *rendering)
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

static void
write_leaf(Rendering *rendering, MugaiLeaf *leaf)
{
    gsize before = mugai_text_missing(rendering->text);
    gsize start = mugai_text_length(rendering->text);
    gsize length = mugai_text_length(leaf->text);

    rendering->undecodable += leaf->undecodable;
    rendering->hidden += leaf->notes.hidden_characters;
    rendering->deceptive += leaf->notes.deceptive_links;
    rendering->missing += mugai_text_missing(leaf->text);
    rendering->converted |= g_str_equal(leaf->part->type, "text/html");
    if (is_blank(mugai_text_string(leaf->text)))
        return;
    rendering->shown = TRUE;
    mugai_compose_body(rendering->text, mugai_text_string(leaf->text), length, rendering->settings->links,
                       &rendering->cleaned);
    if (mugai_text_missing(rendering->text) > before) {
        gsize written = mugai_text_length(rendering->text) - start;

        rendering->missing += length > written ? length - written : 1;
    }
}

static void
write_notice_line(Rendering *rendering, const char *key)
{
    mugai_compose_notice(rendering->text, rendering->settings, key, NULL);
}

/* Text outside of the parts is left out, unless the message has no other. */
static void
write_outside(Rendering *rendering, const MugaiNode *node)
{
    g_autoptr(MugaiText) text = mugai_leaf_read_outside(node, rendering->settings, rendering->report);

    for (guint i = 0; i < node->children->len; i++)
        write_outside(rendering, g_ptr_array_index(node->children, i));
    if (text == NULL || is_blank(mugai_text_string(text)))
        return;
    rendering->shown = TRUE;
    separate(rendering);
    mugai_compose_body(rendering->text, mugai_text_string(text), mugai_text_length(text), rendering->settings->links,
                       &rendering->cleaned);
}

/* --- alternatives --- */

static void
dispose(Rendering *rendering, MugaiNode *node, const char *reason)
{
    MugaiLeaf *leaf = g_hash_table_lookup(rendering->leaves, node);

    if (leaf != NULL && leaf->text != NULL) {
        leaf->part->disposition = MUGAI_REMOVED;
        g_free(leaf->part->reason);
        leaf->part->reason = g_strdup(reason);
        leaf->is_section = FALSE;
        rendering->alternative = TRUE;
        return;
    }
    for (guint i = 0; leaf == NULL && i < node->children->len; i++)
        dispose(rendering, g_ptr_array_index(node->children, i), reason);
}

/* The leaf whose text stands for @node in a choice: itself, or the first shown one below. */
static MugaiLeaf *
find_body(Rendering *rendering, MugaiNode *node, const char *type)
{
    MugaiLeaf *leaf = g_hash_table_lookup(rendering->leaves, node);

    if (leaf != NULL)
        return leaf->text != NULL && !leaf->is_section && g_str_equal(node->type, type) ? leaf : NULL;
    for (guint i = 0; i < node->children->len; i++) {
        leaf = find_body(rendering, g_ptr_array_index(node->children, i), type);
        if (leaf != NULL)
            return leaf;
    }
    return NULL;
}

static void
choose_alternative(Rendering *rendering, MugaiNode *node)
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
choose_alternatives(Rendering *rendering, MugaiNode *node)
{
    for (guint i = 0; i < node->children->len; i++)
        choose_alternatives(rendering, g_ptr_array_index(node->children, i));
    if (node->kind == MUGAI_NODE_MULTIPART && g_str_equal(node->type, "multipart/alternative"))
        choose_alternative(rendering, node);
}

/* --- writing --- */

static void
write_header_line(Rendering *rendering, GMimeObject *message, const char *field, const char *key)
{
    g_autofree char *value = mugai_headers_line(message, field, MUGAI_LIMIT_SUBJECT_CHARACTERS);

    if (*value != '\0')
        mugai_compose_notice(rendering->text, rendering->settings, key, "value", value, NULL);
}

/* The short header block of a message in the message. */
static void
write_message_start(Rendering *rendering, const MugaiNode *node)
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
write_node(Rendering *rendering, MugaiNode *node)
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
write_sections(Rendering *rendering)
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

/* --- the notice --- */

static gboolean
is_listed(const MugaiPart *part)
{
    return part->disposition < MUGAI_CONVERTED && !g_str_equal(part->reason, "alternative");
}

static void
write_part_line(MugaiText *notice, const MugaiSettings *settings, const MugaiPart *part, guint number)
{
    g_autofree char *ordinal = g_strdup_printf("%u", number);
    g_autofree char *size = mugai_compose_size(part->size);
    g_autofree char *type_key = g_strdup_printf("type/%s", mugai_leaf_type_word(part->type));
    g_autofree char *reason_key = g_strdup_printf("reason/%s", part->reason);
    const char *reason = g_hash_table_lookup(settings->notice, reason_key);

    mugai_compose_notice(notice, settings, "notice/part", "number", ordinal, "name", mugai_leaf_shown_name(part, settings), "type",
                         mugai_settings_notice(settings, type_key), "size", size, NULL);
    if (reason != NULL)
        mugai_compose_notice(notice, settings, "notice/part-reason", "reason", reason, NULL);
}

static void
write_removed(MugaiText *notice, const Rendering *rendering)
{
    const GPtrArray *parts = rendering->report->parts;
    g_autofree char *count = NULL;
    g_autofree char *more = NULL;
    guint listed = 0;
    guint number = 0;

    for (guint i = 0; i < parts->len; i++)
        listed += is_listed(g_ptr_array_index(parts, i)) ? 1 : 0;
    if (listed == 0)
        return;
    count = g_strdup_printf("%u", listed);
    mugai_compose_notice(notice, rendering->settings, "notice/removed", "count", count, NULL);
    for (guint i = 0; i < parts->len && number < MUGAI_LIMIT_NOTICE_PARTS; i++) {
        const MugaiPart *part = g_ptr_array_index(parts, i);

        if (is_listed(part))
            write_part_line(notice, rendering->settings, part, ++number);
    }
    more = g_strdup_printf("%u", listed - number);
    if (listed > number)
        mugai_compose_notice(notice, rendering->settings, "notice/part-more", "count", more, NULL);
}

/* What introduces the first of the warnings. */
static void
begin_warnings(MugaiText *notice, const Rendering *rendering, gboolean *begun)
{
    if (!*begun)
        mugai_compose_notice(notice, rendering->settings, "notice/warnings", NULL);
    *begun = TRUE;
}

static void
write_warning(MugaiText *notice, const Rendering *rendering, gboolean *begun, const char *key, const char *count)
{
    begin_warnings(notice, rendering, begun);
    mugai_compose_notice(notice, rendering->settings, key, "count", count, NULL);
}

static gboolean
has_false_type(const MugaiReport *report, const MugaiPart *part)
{
    g_autofree char *prefix = g_strdup_printf("false-type: part %s: ", part->path);

    for (guint i = 0; i < report->warnings->len; i++) {
        if (g_str_has_prefix(g_ptr_array_index(report->warnings, i), prefix))
            return TRUE;
    }
    return FALSE;
}

/* Each part that is in truth something else, by its name. */
static void
write_false_types(MugaiText *notice, const Rendering *rendering, gboolean *begun)
{
    const GPtrArray *parts = rendering->report->parts;

    for (guint i = 0; i < parts->len && i < MUGAI_LIMIT_NOTICE_PARTS; i++) {
        const MugaiPart *part = g_ptr_array_index(parts, i);
        g_autofree char *type_key = g_strdup_printf("type/%s", mugai_leaf_type_word(part->type));

        if (part->disposition >= MUGAI_CONVERTED || !has_false_type(rendering->report, part))
            continue;
        begin_warnings(notice, rendering, begun);
        mugai_compose_notice(notice, rendering->settings, "warning/false-type", "name",
                             mugai_leaf_shown_name(part, rendering->settings), "type",
                             mugai_settings_notice(rendering->settings, type_key), NULL);
    }
}

static gboolean
has_warning(const MugaiReport *report, const char *code)
{
    for (guint i = 0; i < report->warnings->len; i++) {
        const char *warning = g_ptr_array_index(report->warnings, i);

        if (g_str_has_prefix(warning, code) && warning[strlen(code)] == ':')
            return TRUE;
    }
    return FALSE;
}

static void
write_warnings(MugaiText *notice, const Rendering *rendering)
{
    g_autofree char *hidden = g_strdup_printf("%" G_GSIZE_FORMAT, rendering->hidden);
    g_autofree char *links = g_strdup_printf("%" G_GSIZE_FORMAT, rendering->deceptive);
    g_autofree char *ambiguities = g_strdup_printf("%u", rendering->report->ambiguities->len);
    gboolean begun = FALSE;

    if (has_warning(rendering->report, "sender"))
        write_warning(notice, rendering, &begun, "warning/sender", "");
    if (rendering->deceptive > 0)
        write_warning(notice, rendering, &begun, "warning/deceptive-link", links);
    if (has_warning(rendering->report, "differs"))
        write_warning(notice, rendering, &begun, "warning/differs", "");
    write_false_types(notice, rendering, &begun);
    if (rendering->hidden > 0)
        write_warning(notice, rendering, &begun, "warning/hidden", hidden);
    if (rendering->cleaned.directions > 0)
        write_warning(notice, rendering, &begun, "warning/control", "");
    if (rendering->report->ambiguities->len > 0)
        write_warning(notice, rendering, &begun, "warning/ambiguous", ambiguities);
}

static void
write_notice(MugaiText *notice, const Rendering *rendering, const MugaiId *id)
{
    const MugaiSettings *settings = rendering->settings;
    g_autofree char *missing = mugai_compose_size(rendering->missing);
    g_autofree char *undecodable = g_strdup_printf("%" G_GSIZE_FORMAT, rendering->undecodable);

    mugai_compose_notice(notice, settings, "notice/rule", NULL);
    if (!rendering->shown)
        mugai_compose_notice(notice, settings, "notice/nothing", NULL);
    mugai_compose_notice(notice, settings, "notice/sanitized", NULL);
    if (rendering->converted)
        mugai_compose_notice(notice, settings, "notice/converted", NULL);
    if (rendering->missing > 0)
        mugai_compose_notice(notice, settings, "notice/cut", "size", missing, NULL);
    if (rendering->undecodable > UNDECODABLE_SAID)
        mugai_compose_notice(notice, settings, "notice/undecodable", "count", undecodable, NULL);
    write_removed(notice, rendering);
    if (rendering->alternative)
        mugai_compose_notice(notice, settings, "notice/alternative", NULL);
    write_warnings(notice, rendering);
    mugai_compose_notice_end(notice, settings, id);
}

/* --- the whole --- */

static void
read_leaves(Rendering *rendering, MugaiNode *node, gsize *budget)
{
    MugaiLeaf *leaf = NULL;

    for (guint i = 0; i < node->children->len; i++)
        read_leaves(rendering, g_ptr_array_index(node->children, i), budget);
    /* A container without children is a leaf too: something was there, and nothing of it could be read. */
    if (node->kind != MUGAI_NODE_LEAF && node->children->len > 0)
        return;
    leaf = mugai_leaf_read(node, rendering->settings, rendering->report, budget);
    g_hash_table_insert(rendering->leaves, node, leaf);
}

/* Leaves beyond the limit are one part of the report: there is no telling what they were (I3). */
static void
report_skipped(Rendering *rendering, guint skipped)
{
    MugaiPart *part = NULL;

    if (skipped == 0)
        return;
    part = mugai_part_new("*");
    g_free(part->reason);
    part->reason = g_strdup("limit");
    part->disposition = MUGAI_REMOVED;
    g_ptr_array_add(rendering->report->parts, part);
    mugai_report_remark(rendering->report->warnings, "limit", "%u parts beyond the limit were not read", skipped);
}

static void
remark_findings(const Rendering *rendering)
{
    GPtrArray *warnings = rendering->report->warnings;

    if (rendering->hidden > 0)
        mugai_report_remark(warnings, "hidden", "%" G_GSIZE_FORMAT " characters out of sight", rendering->hidden);
    if (rendering->deceptive > 0)
        mugai_report_remark(warnings, "deceptive-link", "%" G_GSIZE_FORMAT " links lead elsewhere than they say",
                            rendering->deceptive);
    if (rendering->cleaned.directions > 0)
        mugai_report_remark(warnings, "control", "%" G_GUINT64_FORMAT " direction-changing characters",
                            rendering->cleaned.directions);
    if (rendering->undecodable > 0)
        mugai_report_remark(warnings, "undecodable", "%" G_GSIZE_FORMAT " sequences", rendering->undecodable);
    if (rendering->missing > 0)
        mugai_report_remark(warnings, "cut", "%" G_GSIZE_FORMAT " octets of text", rendering->missing);
}

/* Body, sections and notice as one text whose last line is whole. */
static GString *
render(Rendering *rendering, MugaiTree *tree, const MugaiId *id)
{
    g_autoptr(MugaiText) notice = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);
    GString *whole = NULL;

    if (tree->root != NULL) {
        gsize budget = rendering->settings->limits.text_octets * 4;

        read_leaves(rendering, tree->root, &budget);
        choose_alternatives(rendering, tree->root);
        write_node(rendering, tree->root);
        if (!rendering->shown)
            write_outside(rendering, tree->root);
    }
    write_sections(rendering);
    report_skipped(rendering, tree->skipped);
    remark_findings(rendering);
    write_notice(notice, rendering, id);
    whole = g_string_new(mugai_text_string(rendering->text));
    if (whole->len > 0 && whole->str[whole->len - 1] != '\n')
        g_string_append_c(whole, '\n');
    if (whole->len > 0)
        g_string_append_c(whole, '\n');
    g_string_append(whole, mugai_text_string(notice));
    return whole;
}

static MugaiResult *
sanitize_stream(GMimeStream *stream, const MugaiSettings *settings, const MugaiId *id, MugaiTime received)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(MugaiTree) tree = mugai_tree_parse(stream, settings, report);
    g_autoptr(MugaiText) text = mugai_text_new(settings->limits.text_octets);
    g_autoptr(GHashTable) leaves = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)mugai_leaf_free);
    g_autoptr(GPtrArray) sections = g_ptr_array_new();
    Rendering rendering = {.settings = settings, .report = report, .leaves = leaves, .text = text, .sections = sections};
    MugaiResult *result = g_new0(MugaiResult, 1);
    GString *out = g_string_new(NULL);
    GString *whole = NULL;

    mugai_headers_compose(out, tree->message, settings, id, received, report);
    whole = render(&rendering, tree, id);
    mugai_compose_finish(out, id, report, whole->str, whole->len);
    g_string_free(whole, TRUE);
    result->candidate = g_string_free_to_bytes(out);
    result->report = g_steal_pointer(&report);
    return result;
}

MugaiResult *
mugai_sanitize_fd(int fd, const MugaiSettings *settings, const MugaiId *id, MugaiTime received)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_fs_new(fd);

    g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
    return sanitize_stream(stream, settings, id, received);
}

MugaiResult *
mugai_sanitize_octets(const guint8 *octets, gsize length, const MugaiSettings *settings, const MugaiId *id,
                      MugaiTime received)
{
    /* GMime makes no stream of NULL. */
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_buffer(length == 0 ? "" : (const char *)octets, length);

    return sanitize_stream(stream, settings, id, received);
}

/* --- one part --- */

typedef struct {
    int fd;
    int saved_errno;
} Sink;

static gboolean
write_octets(const char *octets, gsize length, gpointer data)
{
    Sink *sink = data;

    while (length > 0 && sink->saved_errno == 0) {
        gssize written = write(sink->fd, octets, length);

        if (written < 0 && errno != EINTR)
            sink->saved_errno = errno;
        if (written > 0) {
            octets += written;
            length -= (gsize)written;
        }
    }
    return sink->saved_errno == 0;
}

gboolean
mugai_sanitize_extract_part(int fd, const char *path, const MugaiSettings *settings, int out_fd, GError **error)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_fs_new(fd);
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(MugaiTree) tree = NULL;
    const MugaiNode *leaf = NULL;
    MugaiDecoded decoded = {0};
    Sink sink = {.fd = out_fd};

    g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
    tree = mugai_tree_parse(stream, settings, report);
    leaf = mugai_tree_find(tree, path);
    if (leaf == NULL) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "the message has no part %s", path);
        return FALSE;
    }
    mugai_leaf_decode(leaf, write_octets, &sink, &decoded);
    if (sink.saved_errno != 0) {
        mugai_error_set_errno(error, sink.saved_errno, MUGAI_ERROR_SYSTEM, "cannot write part %s", path);
        return FALSE;
    }
    return TRUE;
}
