/*
 * scan.c - one linear look at the raw octets, so that the parser meets no more than it can bear
 *
 * GMime spends a kilobyte and more on every part and is quadratic in the parameters of a field: a
 * million delimiters or a field of a megabyte must not reach it. This scan knows as little of MIME
 * as it needs: header sections are at the beginning and after every line that begins with "--";
 * fields in them begin where a line does not begin with a blank; delimiters are lines made of "--"
 * and a boundary that some field named.
 *
 *     HEADER ──empty line──▶ BODY ──"--" line──▶ HEADER
 *        └──line without a colon──▶ BODY
 *
 * An empty line that is missing between the header section and the body is put in: GMime would drop
 * the lines up to the next one. What is beyond a limit is left out by parsing a concatenation of
 * ranges of the original. It is all in the original.
 *
 * Invariants: 1. the ranges are ascending and disjoint; 2. memory does not depend on the message.
 * Trust: every octet is hostile.
 */
#include "scan.h"

#include "gmime_cleanup.h"

#include <string.h>

#define CHUNK_OCTETS (64u * 1024u)
/* One field, continuations included: real ones (a thousand recipients) stay below. */
#define FIELD_OCTETS (128u * 1024u)
/* How much of a line is looked at. */
#define HEAD_OCTETS 1024u
/* Boundaries remembered; more multiparts than that are beyond every limit. */
#define BOUNDARIES_MAX 1000u

/* Octets of the original, or an empty line that it lacks. */
typedef struct {
    gint64 start, end;
    gboolean empty_line;
} Range;

typedef struct {
    const MugaiLimits *limits;
    GArray *ranges;         /* of Range: what may be parsed */
    GHashTable *boundaries; /* of char* */
    guint delimiters;
    gboolean parts_cut;
    gboolean mended;
    /* the section */
    gboolean in_header;
    gboolean first_section;
    gboolean delimited; /* it follows a delimiter that is one for certain */
    guint fields;
    gsize section_octets;
    gsize field_octets;
    gboolean header_cut;
    /* the line */
    gint64 line_start;
    gsize line_octets;
    char head[HEAD_OCTETS + 1];
    gsize head_octets;
    gboolean has_colon;
    char last;
    /* what was seen */
    guint lines, lf_cr_lines;
    gboolean crlf, bare_lf, bare_cr, header_nul, blank_before_colon, no_empty_line;
} Scan;

static void
keep(Scan *scan, gint64 start, gint64 end)
{
    Range *last =
        scan->ranges->len == 0 ? NULL : &g_array_index(scan->ranges, Range, scan->ranges->len - 1);
    Range range = {.start = start, .end = end};

    if (start >= end)
        return;
    if (last != NULL && !last->empty_line && last->end == start)
        last->end = end;
    else
        g_array_append_val(scan->ranges, range);
}

/* Between the fields and a line that cannot be one. */
static void
keep_empty_line(Scan *scan)
{
    Range range = {.empty_line = TRUE};

    g_array_append_val(scan->ranges, range);
    scan->mended = TRUE;
}

/* The value of a "boundary=" parameter in the line's head, newly allocated, or NULL. */
static char *
find_boundary(const Scan *scan)
{
    g_autofree char *lower = g_ascii_strdown(scan->head, -1);
    const char *found = strstr(lower, "boundary");
    const char *value = NULL;

    if (found == NULL)
        return NULL;
    value = scan->head + (found - lower) + strlen("boundary");
    value += strspn(value, " \t*0");
    if (*value != '=')
        return NULL;
    value += 1 + strspn(value + 1, " \t");
    if (*value == '"')
        return g_strndup(value + 1, strcspn(value + 1, "\"\r\n"));
    return g_strndup(value, strcspn(value, "; \t\r\n"));
}

/* Whether the line is a delimiter; *@ret_opens: a part follows it. */
static gboolean
is_delimiter(const Scan *scan, gboolean *ret_opens)
{
    gsize length = scan->head_octets;
    g_autofree char *boundary = NULL;

    while (length > 2 && strchr(" \t\r\n", scan->head[length - 1]) != NULL)
        length--;
    boundary = g_strndup(scan->head + 2, length - 2);
    *ret_opens = g_hash_table_contains(scan->boundaries, boundary);
    if (*ret_opens)
        return TRUE;
    length = strlen(boundary);
    if (length < 2 || !g_str_has_suffix(boundary, "--"))
        return FALSE;
    boundary[length - 2] = '\0';
    return g_hash_table_contains(scan->boundaries, boundary);
}

static void
begin_section(Scan *scan)
{
    scan->in_header = TRUE;
    scan->fields = 0;
    scan->section_octets = 0;
    scan->field_octets = 0;
}

/* The blank before the colon of a field ("Subject : x"): Postfix and readers disagree about the
 * name. */
static gboolean
has_blank_before_colon(const Scan *scan)
{
    const char *colon = memchr(scan->head, ':', scan->head_octets);

    return colon != NULL && colon > scan->head && (colon[-1] == ' ' || colon[-1] == '\t');
}

static void
remember_boundary(Scan *scan)
{
    char *boundary =
        g_hash_table_size(scan->boundaries) < BOUNDARIES_MAX ? find_boundary(scan) : NULL;

    if (boundary != NULL)
        g_hash_table_add(scan->boundaries, boundary);
}

/* How much of a header line may be parsed. */
static gsize
header_room(const Scan *scan)
{
    gsize field_before = scan->field_octets - scan->line_octets;

    if (scan->fields > scan->limits->header_fields ||
        scan->section_octets > scan->limits->header_octets)
        return 0;
    return field_before >= FIELD_OCTETS ? 0 : MIN(scan->line_octets, FIELD_OCTETS - field_before);
}

static void
end_header_line(Scan *scan, gint64 line_end)
{
    gboolean blank = scan->head[0] == ' ' || scan->head[0] == '\t';
    gsize room = 0;

    if (!blank) {
        scan->fields++;
        scan->field_octets = 0;
    }
    scan->section_octets += scan->line_octets;
    scan->field_octets += scan->line_octets;
    scan->blank_before_colon |= !blank && has_blank_before_colon(scan);
    scan->header_nul |= memchr(scan->head, '\0', scan->head_octets) != NULL;
    remember_boundary(scan);
    room = header_room(scan);
    scan->header_cut |= room < scan->line_octets;
    if (room == 0)
        return;
    keep(scan, scan->line_start, MIN(line_end, scan->line_start + (gint64)room));
    if (room < scan->line_octets)
        keep(scan, line_end - 1, line_end); /* the line still ends */
}

static gboolean
is_empty_line(const Scan *scan)
{
    return scan->line_octets == 1 || (scan->line_octets == 2 && scan->head[0] == '\r');
}

/* Whether the line can be part of a header section. */
static gboolean
is_header_line(const Scan *scan)
{
    return scan->has_colon || scan->head[0] == ' ' || scan->head[0] == '\t' ||
           (scan->first_section && scan->fields == 0 && g_str_has_prefix(scan->head, "From "));
}

static void
end_line(Scan *scan, gint64 line_end)
{
    gboolean dashes = scan->head[0] == '-' && scan->head[1] == '-';

    scan->head[scan->head_octets] = '\0';
    scan->lines++;
    scan->lf_cr_lines += scan->head[0] == '\r' && scan->line_octets > 2 ? 1 : 0;
    if (scan->in_header && !is_empty_line(scan) && is_header_line(scan) && !dashes) {
        end_header_line(scan, line_end);
        return;
    }
    if (scan->in_header && !is_empty_line(scan) && !dashes &&
        (scan->first_section || scan->delimited)) {
        scan->no_empty_line = TRUE;
        keep_empty_line(scan);
    }
    scan->in_header = FALSE;
    scan->first_section = FALSE;
    scan->delimited = FALSE;
    if (dashes && is_delimiter(scan, &scan->delimited))
        scan->delimiters++;
    if (dashes)
        begin_section(scan);
    scan->parts_cut = scan->delimiters > 2 * scan->limits->parts;
    if (!scan->parts_cut)
        keep(scan, scan->line_start, line_end);
}

static void
begin_line(Scan *scan, gint64 start)
{
    scan->line_start = start;
    scan->line_octets = 0;
    scan->head_octets = 0;
    scan->head[0] = '\0';
    scan->head[1] = '\0';
    scan->has_colon = FALSE;
}

/* Notes the line ends in a piece of a line; @before is the octet before it. */
static void
look_at_line_end(Scan *scan, const char *piece, gsize octets, char before)
{
    const char *end = piece + octets;

    if (piece[octets - 1] == '\n') {
        char last = octets > 1 ? piece[octets - 2] : before;

        scan->crlf |= last == '\r';
        scan->bare_lf |= last != '\r';
    }
    if (before == '\r' && piece[0] != '\n')
        scan->bare_cr = TRUE;
    for (const char *cr = memchr(piece, '\r', octets); cr != NULL && cr + 1 < end && !scan->bare_cr;
         cr = memchr(cr + 1, '\r', (gsize)(end - cr) - 1))
        scan->bare_cr = cr[1] != '\n';
}

static void
take_piece(Scan *scan, const char *piece, gsize octets)
{
    gsize head = MIN(octets, HEAD_OCTETS - scan->head_octets);

    memcpy(scan->head + scan->head_octets, piece, head);
    scan->head_octets += head;
    scan->line_octets += octets;
    scan->has_colon |= scan->in_header && memchr(piece, ':', octets) != NULL;
    look_at_line_end(scan, piece, octets, scan->last);
    scan->last = piece[octets - 1];
}

static void
take_chunk(Scan *scan, const char *chunk, gsize octets, gint64 offset)
{
    gsize i = 0;

    while (i < octets && !scan->parts_cut) {
        const char *line_end = memchr(chunk + i, '\n', octets - i);
        gsize piece = line_end == NULL ? octets - i : (gsize)(line_end - (chunk + i)) + 1;

        take_piece(scan, chunk + i, piece);
        i += piece;
        if (line_end == NULL)
            return;
        end_line(scan, offset + (gint64)i);
        begin_line(scan, offset + (gint64)i);
    }
}

static void
name_findings(const Scan *scan, MugaiReport *report)
{
    if (scan->bare_cr)
        mugai_report_remark(report->ambiguities, "bare-cr", "a carriage return without line feed");
    if (scan->crlf && scan->bare_lf)
        mugai_report_remark(report->ambiguities, "mixed-line-ends",
                            "some lines end in CRLF, some in LF");
    if (scan->header_nul)
        mugai_report_remark(report->ambiguities, "header-nul", "a NUL in a header field");
    if (scan->blank_before_colon)
        mugai_report_remark(report->ambiguities, "blank-before-colon",
                            "a blank between field name and colon");
    if (scan->no_empty_line)
        mugai_report_remark(report->ambiguities, "header-end",
                            "the header section ends without an empty line");
    if (scan->header_cut)
        mugai_report_remark(report->warnings, "limit",
                            "header fields beyond the limit were left out");
    if (scan->parts_cut)
        mugai_report_remark(report->warnings, "limit", "parts beyond the limit were left out");
}

static GMimeStream *
concatenate(GMimeStream *stream, const Scan *scan)
{
    GMimeStream *all = g_mime_stream_cat_new();

    for (guint i = 0; i < scan->ranges->len; i++) {
        const Range *range = &g_array_index(scan->ranges, Range, i);
        g_autoptr(GMimeStream) part =
            range->empty_line ? g_mime_stream_mem_new_with_buffer("\n", 1)
                              : g_mime_stream_substream(stream, range->start, range->end);

        g_mime_stream_cat_add_source(GMIME_STREAM_CAT(all), part);
    }
    return all;
}

/* Line ends that no parser knows: CR alone (the old Macintosh), or LF CR. CRs become LFs, or go. */
static GMimeStream *
mend_line_ends(GMimeStream *stream, const MugaiLimits *limits, gboolean cr_alone)
{
    g_autofree char *octets = g_malloc(limits->part_octets);
    gssize length = g_mime_stream_read(stream, octets, limits->part_octets);
    gsize mended = 0;

    for (gssize i = 0; i < length; i++) {
        if (octets[i] != '\r')
            octets[mended++] = octets[i];
        else if (cr_alone)
            octets[mended++] = '\n';
    }
    return g_mime_stream_mem_new_with_buffer(octets, mended);
}

GMimeStream *
mugai_scan(GMimeStream *stream, const MugaiLimits *limits, MugaiReport *report)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    g_autoptr(GHashTable) boundaries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *chunk = g_malloc(CHUNK_OCTETS);
    g_autofree Scan *scan = g_new0(Scan, 1);
    gint64 offset = 0;
    gssize octets = 0;

    *scan =
        (Scan){.limits = limits, .ranges = ranges, .boundaries = boundaries, .first_section = TRUE};
    begin_section(scan);
    while (!scan->parts_cut && (octets = g_mime_stream_read(stream, chunk, CHUNK_OCTETS)) > 0) {
        take_chunk(scan, chunk, (gsize)octets, offset);
        offset += octets;
    }
    if (scan->line_octets > 0 && !scan->parts_cut)
        end_line(scan, offset);
    name_findings(scan, report);
    g_mime_stream_reset(stream);
    if (scan->bare_cr && !scan->crlf && !scan->bare_lf)
        return mend_line_ends(stream, limits, TRUE);
    if (scan->lf_cr_lines > scan->lines / 3)
        return mend_line_ends(stream, limits, FALSE);
    return scan->header_cut || scan->parts_cut || scan->mended ? concatenate(stream, scan)
                                                               : g_object_ref(stream);
}
