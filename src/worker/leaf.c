/*
 * leaf.c - one leaf: its octets measured and hashed, its text made by a filter of the allow-list
 *
 * A leaf is shown if its type has a filter, its headers have one meaning, and what it decodes to is
 * text; otherwise it is removed, with a word that says why.
 *
 * Trust: the octets are hostile; they are held only up to the limits, and only where they become
 * text.
 */
#include "leaf.h"

#include "blocks.h"
#include "decode.h"
#include "gmime_cleanup.h"
#include "truetype.h"
#include "words.h"

#include <mugai/charset.h>
#include <mugai/compose.h>
#include <mugai/digest.h>
#include <mugai/limits.h>

#include <string.h>

/* Where <meta charset> is looked for: the Encoding Standard's prescan. */
#define META_OCTETS 1024u
/* A text in which more than one octet of so many is a control, and more than a few are, is no text.
 */
#define CONTROLS_ONE_IN 16u
#define CONTROLS_FEW 8u

/* --- types --- */

static const struct {
    const char *prefix, *word;
} type_words[] = {
    {"image/", "image"},
    {"audio/", "audio"},
    {"video/", "video"},
    {"text/html", "html"},
    {"text/calendar", "calendar"},
    {"text/", "text"},
    {"message/", "message"},
    {"application/pdf", "pdf"},
    {"application/msword", "document"},
    {"application/rtf", "document"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml", "document"},
    {"application/vnd.ms-word", "document"},
    {"application/vnd.oasis.opendocument.text", "document"},
    {"application/vnd.ms-excel", "spreadsheet"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml", "spreadsheet"},
    {"application/vnd.oasis.opendocument.spreadsheet", "spreadsheet"},
    {"application/vnd.ms-powerpoint", "presentation"},
    {"application/vnd.openxmlformats-officedocument.presentationml", "presentation"},
    {"application/vnd.oasis.opendocument.presentation", "presentation"},
    {"application/zip", "archive"},
    {"application/x-zip", "archive"},
    {"application/x-7z", "archive"},
    {"application/x-rar", "archive"},
    {"application/vnd.rar", "archive"},
    {"application/gzip", "archive"},
    {"application/x-gzip", "archive"},
    {"application/x-tar", "archive"},
    {"application/x-lzh", "archive"},
    {"application/x-msdos-program", "program"},
    {"application/pkcs7-signature", "signature"},
    {"application/x-pkcs7-signature", "signature"},
    {"application/pgp-signature", "signature"},
    {"application/pkcs7-mime", "encrypted"},
    {"application/x-pkcs7-mime", "encrypted"},
    {"application/pgp-encrypted", "encrypted"},
};

const char *
mugai_leaf_type_word(const char *type)
{
    if (mugai_truetype_is_program(type))
        return "program";
    for (gsize i = 0; i < G_N_ELEMENTS(type_words); i++) {
        if (g_str_has_prefix(type, type_words[i].prefix))
            return type_words[i].word;
    }
    return "data";
}

const char *
mugai_leaf_shown_name(const MugaiPart *part, const MugaiSettings *settings)
{
    return *part->name == '\0' ? mugai_settings_notice(settings, "notice/unnamed") : part->name;
}

/* Types that are removed for a reason of their own; the words are keys of the notice's group
 * [reason]. */
static const char *
removal_reason(const char *type)
{
    if (g_str_equal(type, "message/partial"))
        return "partial";
    if (g_str_equal(type, "message/external-body"))
        return "external-body";
    if (g_str_equal(mugai_leaf_type_word(type), "encrypted"))
        return "encrypted";
    return "attachment";
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

/* Whether @octets, in @charset, are text: few controls, and if any, nothing that libmagic knows for
 * something else. Where it was asked, @ret_truth is what it said. */
static gboolean
looks_like_text(const GString *octets, MugaiCharset charset, const char **ret_truth)
{
    gsize controls = 0;

    if (charset == MUGAI_CHARSET_UTF_16LE || charset == MUGAI_CHARSET_UTF_16BE)
        return TRUE;
    for (gsize i = 0; i < octets->len; i++) {
        guchar c = (guchar)octets->str[i];

        if (c < 0x20 && (c == 0 || strchr("\t\n\v\f\r\x0e\x0f\x1b", c) == NULL))
            controls++;
    }
    if (controls == 0)
        return TRUE;
    *ret_truth = mugai_truetype_of(octets->str, octets->len);
    return (controls <= CONTROLS_FEW || controls <= octets->len / CONTROLS_ONE_IN) &&
           (g_str_has_prefix(*ret_truth, "text/") ||
            g_str_equal(*ret_truth, "application/octet-stream"));
}

/* Whether a line is one of base64, or of quoted-printable with something encoded in it. */
static gboolean
is_encoded_line(const char *line, gsize octets)
{
    gsize letters = 0;
    const char *equals = memchr(line, '=', octets);

    while (octets > 0 && strchr(" \t\r", line[octets - 1]) != NULL && line[octets - 1] != '\0')
        octets--;
    while (letters < octets &&
           (g_ascii_isalnum(line[letters]) || strchr("+/=", line[letters]) != NULL) &&
           line[letters] != '\0')
        letters++;
    if (octets >= 8 && letters == octets && (octets % 4 == 0 || octets > 40))
        return TRUE;
    return equals != NULL && (equals == line + octets - 1 ||
                              (equals + 2 < line + octets && g_ascii_isxdigit(equals[1]) &&
                               g_ascii_isxdigit(equals[2])));
}

/* Whether some line of @octets looks like an encoding that was not undone. */
static gboolean
looks_encoded(const GString *octets)
{
    const char *end = octets->str + octets->len;

    for (const char *line = octets->str; line < end;) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));

        if (line_end == NULL)
            line_end = end;
        if (is_encoded_line(line, (gsize)(line_end - line)))
            return TRUE;
        line = line_end + 1;
    }
    return FALSE;
}

/* --- the true type --- */

/* Keeps the first octets. */
static gboolean
collect_head(const char *octets, gsize length, gpointer data)
{
    (void)collect(octets, length, data);
    return TRUE;
}

/* Whether the name says itself that this is a program. */
static gboolean
is_named_program(const char *name)
{
    static const char *const endings[] = {"exe", "com", "scr", "dll", "msi", "bat",
                                          "cmd", "sh",  "py",  "pl",  "jar", "lnk",
                                          "js",  "vbs", "ps1", "so",  "apk", NULL};
    const char *dot = strrchr(name, '.');
    g_autofree char *ending = dot == NULL ? NULL : g_ascii_strdown(dot + 1, -1);

    return ending != NULL && g_strv_contains(endings, ending);
}

/* A part that is not shown is named by what it is in truth; where that is something else than its
 * headers and name say, the reader is warned. */
static void
set_true_type(MugaiLeaf *leaf, const char *truth, MugaiReport *report)
{
    MugaiPart *part = leaf->part;
    const char *declared = mugai_leaf_type_word(part->type);
    const char *found = mugai_leaf_type_word(truth);
    gboolean known = !g_str_equal(found, "data") && !g_str_equal(found, "text");

    if (mugai_truetype_is_program(truth)
            ? !g_str_equal(declared, "program") && !is_named_program(part->name)
            : known && !g_str_equal(declared, "data") && !g_str_equal(found, declared) &&
                  !g_str_equal(found, "archive")) {
        g_autofree char *name = mugai_text_quote(part->name, MUGAI_LIMIT_NAME_CHARACTERS_MAX);

        leaf->false_type = TRUE;
        mugai_report_remark(report->warnings, "false-type", "part %s: \"%s\" is %s", part->path,
                            name, truth);
    }
    if (known || mugai_truetype_is_program(truth) ||
        g_str_equal(part->type, "application/octet-stream")) {
        g_free(part->type);
        part->type = g_strdup(truth);
    }
}

/* --- charset --- */

/* The label in <meta charset=...> or <meta ... content="...charset=...">, newly allocated, or NULL.
 */
static char *
find_meta_charset(const GString *octets)
{
    g_autofree char *start = g_ascii_strdown(octets->str, (gssize)MIN(octets->len, META_OCTETS));
    const char *meta = strstr(start, "<meta");
    const char *label = NULL;

    for (; meta != NULL; meta = strstr(meta + 1, "<meta")) {
        const char *end = strchr(meta, '>');
        const char *charset = strstr(meta, "charset");

        if (charset == NULL || end == NULL || charset > end)
            continue;
        label = charset + strlen("charset");
        label += strspn(label, " \t\r\n");
        if (*label != '=')
            continue;
        label += 1 + strspn(label + 1, " \t\r\n\"'");
        return g_strndup(label, strcspn(label, " \t\r\n\"'/>;"));
    }
    return NULL;
}

static MugaiCharset
find_charset(const MugaiNode *node, const GString *octets, MugaiReport *report)
{
    const char *label = mugai_value_get(node->content_type, "charset");
    g_autofree char *meta = NULL;
    MugaiCharset labelled = MUGAI_CHARSET_NONE;

    if (label == NULL && g_str_equal(node->type, "text/html"))
        label = meta = find_meta_charset(octets);
    if (label != NULL && *label != '\0') {
        labelled = mugai_charset_for_label(label, -1);
        if (labelled == MUGAI_CHARSET_NONE) {
            g_autofree char *quoted = mugai_text_quote(label, 40);

            mugai_report_remark(report->warnings, "unknown-charset", "part %s: \"%s\"", node->path,
                                quoted);
        }
    }
    return mugai_charset_recognise((const guint8 *)octets->str, octets->len, labelled);
}

/* --- the leaf --- */

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

/* Where blocks found in a text are reported. */
typedef struct {
    const MugaiNode *node;
    const MugaiSettings *settings;
    MugaiReport *report;
    GArray *gaps; /* NULL: where they were does not matter */
    guint number; /* of blocks found in the part so far */
} Finding;

/* Uuencoded lines with the blanks that were trimmed from their ends: GMime's decoder wants them. */
static GString *
pad_uuencoded(const char *octets, gsize length)
{
    g_auto(GStrv) lines = NULL;
    g_autofree char *copy = g_strndup(octets, length);
    GString *padded = g_string_sized_new(length + 64);

    lines = g_strsplit(copy, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        gsize needed = 1 + (((gsize) * *line - 0x20) % 64 + 2) / 3 * 4;

        g_string_append(padded, *line);
        for (gsize i = strlen(*line); **line >= 0x20 && **line <= 0x60 && i < needed; i++)
            g_string_append_c(padded, '`');
        g_string_append_c(padded, '\n');
    }
    return padded;
}

/* The file in a block where GMime has a decoder for it, else the block's own lines. */
static GString *
decode_block(const MugaiBlock *block)
{
    gboolean uuencode = g_str_equal(block->type, "application/x-uuencode") &&
                        g_str_has_prefix(block->octets, "begin ");
    const char *first = memchr(block->octets, '\n', block->length);
    gsize skipped = first == NULL ? 0 : (gsize)(first - block->octets) + 1;
    GMimeEncoding decoder = {0};
    GString *padded = NULL;
    GString *file = NULL;

    if (!uuencode || first == NULL)
        return g_string_new_len(block->octets, (gssize)block->length);
    padded = pad_uuencoded(block->octets + skipped, block->length - skipped);
    g_mime_encoding_init_decode(&decoder, GMIME_CONTENT_ENCODING_UUENCODE);
    decoder.state |= GMIME_UUDECODE_STATE_BEGIN; /* the first line has been read */
    file = g_string_sized_new(g_mime_encoding_outlen(&decoder, padded->len));
    g_string_set_size(file, g_mime_encoding_outlen(&decoder, padded->len));
    g_string_truncate(file, g_mime_encoding_step(&decoder, padded->str, padded->len, file->str));
    g_string_free(padded, TRUE);
    return file;
}

/* A block in the text is a part of the message like any other: counted, hashed, named (I3). */
static void
report_block(const MugaiBlock *block, gsize offset, gpointer data)
{
    Finding *finding = data;
    g_autofree char *path = g_strdup_printf("%s/%u", finding->node->path, ++finding->number);
    GString *file = decode_block(block);
    g_autofree char *sum = mugai_digest_text(file->str, file->len);
    MugaiPart *part = mugai_part_new(path);

    g_free(part->type);
    g_free(part->name);
    part->type = g_strdup(block->type);
    part->name = mugai_text_clean_line(block->name, -1, finding->settings->limits.name_characters);
    part->size = file->len;
    g_string_free(file, TRUE);
    g_strlcpy(part->sha256, sum, sizeof(part->sha256));
    set_fate(part, MUGAI_REMOVED, "encoded-block");
    if (g_str_equal(block->type, "multipart/mixed"))
        mugai_report_remark(finding->report->ambiguities, "mime-in-text", "part %s",
                            finding->node->path);
    g_ptr_array_add(finding->report->parts, part);
    if (finding->gaps != NULL) {
        MugaiGap gap = {.offset = offset, .part = part};

        g_array_append_val(finding->gaps, gap);
    }
}

/* Takes the files that hide in @text out of it; where they were goes to @gaps unless NULL. @number:
 * blocks found in the part before. */
static void
take_out_blocks(MugaiText *text, GArray *gaps, guint number, const MugaiNode *node,
                const MugaiSettings *settings, MugaiReport *report)
{
    Finding finding = {
        .node = node, .settings = settings, .report = report, .gaps = gaps, .number = number};
    GString *rest = mugai_blocks_take_out(mugai_text_string(text), mugai_text_length(text),
                                          report_block, &finding);

    if (finding.number > number) {
        mugai_text_truncate(text, 0);
        mugai_text_append(text, rest->str, (gssize)rest->len);
    }
    g_string_free(rest, TRUE);
}

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
    take_out_blocks(text, NULL, 0, node, settings, report);
    return text;
}

static gboolean
has_parameter(const MugaiNode *node, const char *name, const char *value)
{
    const char *found = mugai_value_get(node->content_type, name);

    return found != NULL && g_ascii_strcasecmp(found, value) == 0;
}

/* Every line end to LF, in place: CRLF, CR alone, and the CR CR LF of those who made CRLF of CRLF.
 */
static void
normalise_line_ends(GString *utf8)
{
    gsize length = 0;

    for (gsize i = 0; i < utf8->len;) {
        gsize crs = strspn(utf8->str + i, "\r");

        if (crs == 0) {
            utf8->str[length++] = utf8->str[i++];
            continue;
        }
        i += crs;
        if (utf8->str[i] == '\n')
            continue;
        memset(utf8->str + length, '\n', crs);
        length += crs;
    }
    g_string_truncate(utf8, length);
}

/* Folds undone, in place: a line end before a blank goes. */
static void
unfold(GString *utf8)
{
    gsize length = 0;

    for (gsize i = 0; i < utf8->len; i++) {
        gboolean fold = utf8->str[i] == '\n' && i + 1 < utf8->len &&
                        strchr(" \t", utf8->str[i + 1]) != NULL && utf8->str[i + 1] != '\0';

        if (!fold)
            utf8->str[length++] = utf8->str[i];
    }
    g_string_truncate(utf8, length);
}

/* text/enriched (RFC 1896) by way of HTML: GMime turns its commands into tags. */
static GString *
enriched_to_html(const GString *utf8, guint32 flags)
{
    g_autoptr(GMimeStream) memory = g_mime_stream_mem_new();
    g_autoptr(GMimeStream) filtered = g_mime_stream_filter_new(memory);
    GMimeFilter *filter = g_mime_filter_enriched_new(flags);
    GByteArray *html = NULL;

    g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered), filter);
    g_object_unref(filter);
    g_mime_stream_write(filtered, utf8->str, utf8->len);
    g_mime_stream_flush(filtered);
    html = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
    return g_string_new_len((const char *)html->data, (gssize)html->len);
}

/* The fields of a header section that tell a reader which message it was of. */
static GString *
headers_to_text(GString *utf8)
{
    static const char *const shown[] = {"from", "to",      "cc",         "reply-to",
                                        "date", "subject", "message-id", NULL};
    g_auto(GStrv) lines = NULL;
    GString *text = g_string_new(NULL);

    unfold(utf8);
    lines = g_strsplit(utf8->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        const char *colon = strchr(*line, ':');
        g_autofree char *name =
            colon == NULL ? g_strdup("") : g_ascii_strdown(*line, colon - *line);
        g_autofree char *decoded = NULL;

        if (!g_strv_contains(shown, g_strchomp(name)))
            continue;
        decoded = mugai_words_decode(*line, strlen(*line), NULL);
        g_string_append_printf(text, "%s\n", decoded);
    }
    return text;
}

/* What some texts need before their filter. Takes and returns ownership. */
static GString *
prepare(const MugaiNode *node, GString *utf8)
{
    GString *prepared = utf8;

    if (g_str_equal(node->type, "text/plain") && has_parameter(node, "format", "flowed"))
        prepared = mugai_flowed_unwrap(utf8->str, utf8->len, has_parameter(node, "delsp", "yes"));
    else if (g_str_equal(node->type, "text/enriched"))
        prepared = enriched_to_html(utf8, 0);
    else if (g_str_equal(node->type, "text/richtext"))
        prepared = enriched_to_html(utf8, GMIME_FILTER_ENRICHED_IS_RICHTEXT);
    else if (g_str_equal(node->type, "text/rfc822-headers") ||
             g_str_equal(node->type, "message/global-headers"))
        prepared = headers_to_text(utf8);
    if (prepared != utf8)
        g_string_free(utf8, TRUE);
    return prepared;
}

/* yEnc has no charset: it goes before there is one. Returns how many blocks went. */
static guint
take_out_yenc(const MugaiNode *node, GString *octets, const MugaiSettings *settings,
              MugaiReport *report)
{
    Finding finding = {.node = node, .settings = settings, .report = report};
    GString *rest = NULL;

    if (!mugai_blocks_has_yenc(octets->str, octets->len))
        return 0;
    rest = mugai_blocks_take_out(octets->str, octets->len, report_block, &finding);
    /* Not as a C string: there may be a NUL in it. */
    g_string_truncate(octets, 0);
    g_string_append_len(octets, rest->str, (gssize)rest->len);
    g_string_free(rest, TRUE);
    return finding.number;
}

static void
show(MugaiLeaf *leaf, const MugaiNode *node, MugaiFilter filter, GString *octets,
     const MugaiSettings *settings, MugaiReport *report, gsize *budget)
{
    MugaiCharset charset = MUGAI_CHARSET_NONE;
    gboolean plain = g_str_equal(node->type, "text/plain");
    const char *truth = NULL;
    GString *utf8 = NULL;
    guint found = take_out_yenc(node, octets, settings, report);

    charset = find_charset(node, octets, report);
    if (!looks_like_text(octets, charset, &truth) || (node->doubtful && looks_encoded(octets))) {
        set_fate(leaf->part, MUGAI_UNREADABLE, node->doubtful ? "ambiguous" : "unreadable");
        if (truth == NULL)
            truth = mugai_truetype_of(octets->str, octets->len);
        set_true_type(leaf, truth, report);
        return;
    }
    utf8 = g_string_sized_new(octets->len + octets->len / 2);
    leaf->undecodable =
        mugai_charset_decode(charset, (const guint8 *)octets->str, octets->len, utf8);
    normalise_line_ends(utf8);
    utf8 = prepare(node, utf8);
    leaf->text = mugai_text_new(MIN(settings->limits.text_octets, *budget));
    filter(utf8->str, utf8->len, settings, leaf->text, &leaf->notes);
    leaf->gaps = g_array_new(FALSE, FALSE, sizeof(MugaiGap));
    take_out_blocks(leaf->text, leaf->gaps, found, node, settings, report);
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
        set_fate(leaf->part, MUGAI_REMOVED, removal_reason(node->type));
    set_true_type(leaf, mugai_truetype_of(head->str, head->len), report);
}

MugaiLeaf *
mugai_leaf_read(const MugaiNode *node, const MugaiSettings *settings, MugaiReport *report,
                gsize *budget)
{
    MugaiLeaf *leaf = g_new0(MugaiLeaf, 1);
    MugaiFilter filter = node->unreadable ? NULL : mugai_filter_for_type(node->type);
    gboolean shown = node->kind == MUGAI_NODE_LEAF && !node->unreadable && filter != NULL;
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

/* --- alternatives --- */

/* The bigrams of a text without blanks and link targets, as a set of hashes. */
#define BIGRAM_BITS 16u
#define COMPARED_OCTETS (64u * 1024u)

typedef struct {
    guint64 set[1u << (BIGRAM_BITS - 6)];
    guint members;
    gsize characters;
} Bigrams;

static void
collect_bigrams(const MugaiText *text, Bigrams *bigrams)
{
    const char *p = mugai_text_string(text);
    const char *end = p + MIN(mugai_text_length(text), COMPARED_OCTETS);
    gunichar last = 0;

    *bigrams = (Bigrams){0};
    for (; p < end && *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        guint32 hash = 0;

        if (*p == '<' && strncmp(p, "<http", 5) == 0) {
            p += strcspn(p, ">\n");
            if (*p == '\0')
                return;
            continue;
        }
        if (!g_unichar_isalnum(c))
            continue;
        c = g_unichar_tolower(c);
        hash = (last * 2654435761u ^ c * 40503u * 65537u) >> (32 - BIGRAM_BITS);
        bigrams->members += (guint)(~bigrams->set[hash >> 6] >> (hash & 63) & 1);
        bigrams->set[hash >> 6] |= 1ull << (hash & 63);
        bigrams->characters++;
        last = c;
    }
}

/* How many bigrams are in both. */
static guint
count_common(const Bigrams *a, const Bigrams *b)
{
    guint common = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(a->set); i++) {
        for (guint64 left = a->set[i] & b->set[i]; left != 0; left &= left - 1)
            common++;
    }
    return common;
}

/* Whether less than half of either is in the other. */
static gboolean
differ(const Bigrams *a, const Bigrams *b)
{
    guint common = 0;

    if (a->characters == 0 || b->characters == 0)
        return FALSE;
    common = count_common(a, b);
    return common * 100 / a->members < 50 && common * 100 / b->members < 50;
}

/* A plain text that only says "view this in a browser". */
static gboolean
is_stub(const Bigrams *plain, const Bigrams *html)
{
    return plain->characters == 0 ||
           (plain->characters < 300 && plain->characters * 3 < html->characters);
}

MugaiAlternative
mugai_leaf_choose(const MugaiLeaf *plain, const MugaiLeaf *html, const MugaiSettings *settings,
                  MugaiReport *report)
{
    Bigrams *sets = g_new(Bigrams, 2);
    MugaiAlternative choice = MUGAI_ALTERNATIVE_PLAIN;

    collect_bigrams(plain->text, &sets[0]);
    collect_bigrams(html->text, &sets[1]);
    if (sets[1].characters > 0 &&
        (settings->body == MUGAI_BODY_HTML || is_stub(&sets[0], &sets[1])))
        choice = MUGAI_ALTERNATIVE_HTML;
    else if (differ(&sets[0], &sets[1]))
        mugai_report_remark(report->warnings, "differs",
                            "plain and HTML text say different things");
    g_free(sets);
    return choice;
}
