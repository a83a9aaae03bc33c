/*
 * blocks.c - finds files that hide in text and takes them out
 *
 * A text of nothing but characters can still carry a program: any of these encodings is turned back
 * into a file by a mail program or a curious reader. Each kind is known by its first line, and ends
 * where its grammar says or where its lines stop looking like it, so that an open end takes no
 * sentence with it.
 *
 * Invariant: every line of the text is copied or in exactly one block.
 * Trust: the text is hostile. Limits: a block mixed with other text line by line is not found.
 */
#include "blocks.h"

#include <string.h>

/* Lines of raw base64 that are no accident. */
#define BASE64_LINES 10u
/* A line of base64 by which a file could be carried. */
#define BASE64_LINE_OCTETS 30u
/* Lines of a part's head in text that are looked at. */
#define HEAD_LINES 50u
/* Quote marks and indentation before the lines of a block. */
#define QUOTE_OCTETS 16u

typedef struct {
    const char *p; /* without prefix, line end and trailing blanks */
    gsize octets;
    const char *next; /* where the next line begins */
} Line;

typedef gboolean (*LineTest)(const Line *line);

/* The text, and of each kind of last line whether the rest of the text has none: it is looked for
 * once. */
typedef struct {
    const char *end;
    const char *prefix; /* what the lines of a quoted or indented block begin with */
    gsize prefix_octets;
    GHashTable *absent; /* of LineTest */
} Reading;

/* The end of a block that begins at @line, or NULL if there is none; @ret_name may be set. */
typedef const char *(*BlockEnd)(Reading *reading, const Line *line, char **ret_name);

static Line
read_line(const Reading *reading, const char *p)
{
    const char *line_end = memchr(p, '\n', (gsize)(reading->end - p));
    Line line = {.p = p, .next = line_end == NULL ? reading->end : line_end + 1};

    line.octets = (gsize)((line_end == NULL ? reading->end : line_end) - p);
    if (line.octets >= reading->prefix_octets &&
        memcmp(p, reading->prefix, reading->prefix_octets) == 0) {
        line.p += reading->prefix_octets;
        line.octets -= reading->prefix_octets;
    }
    while (line.octets > 0 && strchr(" \t\r", line.p[line.octets - 1]) != NULL &&
           line.p[line.octets - 1] != '\0')
        line.octets--;
    return line;
}

static gboolean
begins(const Line *line, const char *prefix)
{
    gsize length = strlen(prefix);

    return line->octets >= length && memcmp(line->p, prefix, length) == 0;
}

static gboolean
equals(const Line *line, const char *string)
{
    return line->octets == strlen(string) && begins(line, string);
}

/* --- uuencode --- */

/* A line of uuencoded octets: the first says how many, the rest are that many; writers disagree
 * about a checksum and trailing blanks. */
static gboolean
is_uu_line(const Line *line)
{
    gsize octets = 0;
    gsize needed = 0;

    if (line->octets == 0 || line->p[0] < 0x20 || line->p[0] > 0x60)
        return FALSE;
    octets = (gsize)(line->p[0] - 0x20) & 0x3F;
    needed = 1 + (octets + 2) / 3 * 4;
    if (line->octets > needed + 2 || (octets > 0 && line->octets + 4 < needed))
        return FALSE;
    for (gsize i = 0; i < line->octets; i++) {
        if (line->p[i] < 0x20 || line->p[i] > 0x60)
            return FALSE;
    }
    return TRUE;
}

/* After "begin", blanks and an optional mode: the name. NULL if the line cannot begin a file. */
static char *
uu_name(const Line *line, gboolean *ret_has_mode)
{
    const char *p = line->p + strlen("begin");
    const char *end = line->p + line->octets;
    const char *digits = NULL;

    if (p >= end || *p != ' ')
        return NULL;
    p += strspn(p, " ");
    for (digits = p; digits < end && *digits >= '0' && *digits <= '7'; digits++)
        continue;
    *ret_has_mode = digits - p >= 3 && digits - p <= 4 && digits < end && *digits == ' ';
    if (*ret_has_mode)
        p = digits + strspn(digits, " ");
    return p < end ? g_strndup(p, (gsize)(end - p)) : NULL;
}

static const char *
uuencode_end(Reading *reading, const Line *begin, char **ret_name)
{
    gboolean has_mode = FALSE;
    g_autofree char *name = begins(begin, "begin") ? uu_name(begin, &has_mode) : NULL;
    Line line = {0};
    const char *before = begin->next;
    gboolean any = FALSE;

    if (name == NULL || begin->next >= reading->end)
        return NULL;
    for (line = read_line(reading, begin->next); is_uu_line(&line);
         line = read_line(reading, line.next)) {
        any = TRUE;
        before = line.next;
        if (line.next >= reading->end)
            break;
    }
    /* Outlook Express takes a "begin" without mode; a sentence that begins so has no such line
     * after it. */
    if (!any && !(has_mode && equals(&line, "end")))
        return NULL;
    *ret_name = g_steal_pointer(&name);
    return equals(&line, "end") || is_uu_line(&line) ? line.next : before;
}

/* --- blocks between two marks --- */

/* ASCII without blanks, or nothing: no sentence. */
static gboolean
is_opaque(const Line *line)
{
    for (gsize i = 0; i < line->octets; i++) {
        if (line->p[i] <= 0x20 || line->p[i] > 0x7E)
            return FALSE;
    }
    return TRUE;
}

/* After the first line that is @last; without one, after the lines that are no sentences. */
static const char *
find_last_line(Reading *reading, const Line *begin, LineTest last)
{
    const char *p = begin->next;

    for (; p < reading->end && !g_hash_table_contains(reading->absent, (gpointer)last);) {
        Line line = read_line(reading, p);

        if (last(&line))
            return line.next;
        p = line.next;
    }
    g_hash_table_add(reading->absent, (gpointer)last);
    for (p = begin->next; p < reading->end;) {
        Line line = read_line(reading, p);

        if (!is_opaque(&line))
            return p;
        p = line.next;
    }
    return p;
}

static gboolean
ends_begin_base64(const Line *line)
{
    return equals(line, "====");
}

static const char *
begin_base64_end(Reading *reading, const Line *begin, char **ret_name)
{
    const char *name = NULL;

    if (!begins(begin, "begin-base64"))
        return NULL;
    name = g_strrstr_len(begin->p, (gssize)begin->octets, " ");
    if (name != NULL)
        *ret_name = g_strndup(name + 1, begin->octets - (gsize)(name + 1 - begin->p));
    return find_last_line(reading, begin, ends_begin_base64);
}

static gboolean
ends_yenc(const Line *line)
{
    return begins(line, "=yend");
}

static const char *
yenc_end(Reading *reading, const Line *begin, char **ret_name)
{
    const char *name = NULL;

    if (!begins(begin, "=ybegin "))
        return NULL;
    name = g_strstr_len(begin->p, (gssize)begin->octets, "name=");
    if (name != NULL)
        *ret_name = g_strndup(name + 5, begin->octets - (gsize)(name + 5 - begin->p));
    return find_last_line(reading, begin, ends_yenc);
}

static gboolean
ends_binhex(const Line *line)
{
    return line->octets > 1 && line->p[line->octets - 1] == ':';
}

static const char *
binhex_end(Reading *reading, const Line *begin, char **ret_name)
{
    return begins(begin, "(This file must be converted with BinHex")
               ? find_last_line(reading, begin, ends_binhex)
               : NULL;
}

static gboolean
ends_armour(const Line *line)
{
    return begins(line, "-----END ");
}

/* What is signed in clear is text for people: only its signature goes, which has an armour of its
 * own. */
static const char *
armour_end(Reading *reading, const Line *begin, char **ret_name)
{
    if (!begins(begin, "-----BEGIN ") || begin->octets < 16 ||
        memcmp(begin->p + begin->octets - 5, "-----", 5) != 0 ||
        begins(begin, "-----BEGIN PGP SIGNED MESSAGE"))
        return NULL;
    return find_last_line(reading, begin, ends_armour);
}

/* --- raw base64 --- */

static gboolean
is_base64_line(const Line *line)
{
    gsize padding = 0;

    if (line->octets < BASE64_LINE_OCTETS)
        return FALSE;
    while (padding < 2 && line->p[line->octets - 1 - padding] == '=')
        padding++;
    for (gsize i = 0; i < line->octets - padding; i++) {
        if (!g_ascii_isalnum(line->p[i]) && line->p[i] != '+' && line->p[i] != '/')
            return FALSE;
    }
    return TRUE;
}

/* Whether the line has two of upper case, lower case and digits: a ruler of one letter is no file.
 */
static gboolean
is_mixed(const Line *line)
{
    guint classes = 0;

    for (gsize i = 0; i < line->octets; i++)
        classes |= g_ascii_isupper(line->p[i])   ? 1
                   : g_ascii_islower(line->p[i]) ? 2
                   : g_ascii_isdigit(line->p[i]) ? 4
                                                 : 0;
    return (classes & (classes - 1)) != 0;
}

/* A run of enough lines of one length, and the shorter one that ends it; or one line as long as
 * such a run. */
static const char *
base64_end(Reading *reading, const Line *begin, char **ret_name)
{
    Line line = *begin;
    guint lines = 0;
    const char *last = begin->p;

    if (!is_base64_line(begin) || !is_mixed(begin))
        return NULL;
    if (begin->octets >= BASE64_LINES * 60)
        return begin->next;

    while (is_base64_line(&line) && line.octets == begin->octets) {
        lines++;
        last = line.next;
        if (line.next >= reading->end)
            return lines >= BASE64_LINES ? reading->end : NULL;
        line = read_line(reading, line.next);
    }
    if (lines < BASE64_LINES)
        return NULL;
    /* The rest of the file: shorter, and with padding or nothing but the alphabet. */
    if (line.octets > 0 && line.octets < begin->octets && line.octets % 4 == 0 &&
        strspn(line.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") >=
            line.octets)
        last = line.next;
    return last;
}

/* --- MIME in text --- */

static gboolean
is_mime_field(const Line *line)
{
    const char *colon = memchr(line->p, ':', line->octets);

    return colon != NULL && line->octets > 8 &&
           (g_ascii_strncasecmp(line->p, "Content-", 8) == 0 ||
            g_ascii_strncasecmp(line->p, "MIME-Version", 12) == 0);
}

/* Where the first line beginning with two dashes, or equal to @close unless NULL, begins or ends.
 */
static const char *
find_dashes(const Reading *reading, const char *p, const char *close)
{
    while (p < reading->end) {
        Line line = read_line(reading, p);

        if (close != NULL ? equals(&line, close) : begins(&line, "--"))
            return close != NULL ? line.next : p;
        p = line.next;
    }
    return reading->end;
}

/* A delimiter line with MIME fields under it: up to its closing delimiter, or to the end of the
 * text. */
static const char *
mime_end(Reading *reading, const Line *begin, char **ret_name)
{
    g_autofree char *close = NULL;
    Line field = {0};

    if (!begins(begin, "--") || begin->octets < 3 || begin->next >= reading->end)
        return NULL;
    field = read_line(reading, begin->next);
    if (!is_mime_field(&field))
        return NULL;
    close = g_strdup_printf("%.*s--", (int)MIN(begin->octets, 4096), begin->p);
    return find_dashes(reading, begin->next, close);
}

/* Whether @line says that what follows is encoded. */
static gboolean
says_encoded(const Line *line)
{
    static const char name[] = "Content-Transfer-Encoding:";
    const char *value = line->p + sizeof(name) - 1;

    if (line->octets < sizeof(name) || g_ascii_strncasecmp(line->p, name, sizeof(name) - 1) != 0)
        return FALSE;
    value += strspn(value, " \t");
    return g_ascii_strncasecmp(value, "base64", 6) == 0 ||
           g_ascii_strncasecmp(value, "quoted-printable", 16) == 0 ||
           g_ascii_strncasecmp(value, "x-uu", 4) == 0;
}

/* The head of a part with nobody's delimiter before it, and the encoded body that follows. */
static const char *
encoded_body_end(Reading *reading, const Line *begin, char **ret_name)
{
    Line line = *begin;
    gboolean encoded = FALSE;

    if (!is_mime_field(begin))
        return NULL;
    for (guint i = 0; i < HEAD_LINES && line.octets > 0 && line.next < reading->end; i++) {
        encoded |= says_encoded(&line);
        line = read_line(reading, line.next);
    }
    if (!encoded)
        return NULL;
    while (line.octets > 0 && line.next < reading->end)
        line = read_line(reading, line.next);
    return find_dashes(reading, line.next, NULL);
}

static const struct {
    const char *type;
    BlockEnd end;
} kinds[] = {
    {"application/x-uuencode", uuencode_end},
    {"application/x-uuencode", begin_base64_end},
    {"application/x-yenc", yenc_end},
    {"application/mac-binhex40", binhex_end},
    {"application/pgp-encrypted", armour_end},
    {"application/octet-stream", base64_end},
    {"multipart/mixed", mime_end},
    {"multipart/mixed", encoded_body_end},
};

/* The first octets by which one of the kinds can begin; most lines begin otherwise. */
static gboolean
may_begin(const Line *line)
{
    return line->octets > 2 && (begins(line, "begin") || strchr("=(-CcMm \t", line->p[0]) != NULL ||
                                is_base64_line(line));
}

static const char *
find_block_after_prefix(Reading *reading, const char *begin, const Line *line,
                        MugaiBlock *ret_block)
{
    for (gsize i = 0; may_begin(line) && i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *name = NULL;
        const char *block_end = kinds[i].end(reading, line, &name);

        if (block_end == NULL)
            continue;
        *ret_block = (MugaiBlock){.type = kinds[i].type,
                                  .octets = begin,
                                  .length = (gsize)(block_end - begin)};
        ret_block->name = name == NULL ? g_strdup("") : g_steal_pointer(&name);
        return block_end;
    }
    return NULL;
}

/* What a reply or a list puts before each line. */
static gsize
quote_octets(const char *p, const char *end)
{
    gsize i = 0;

    while (i < QUOTE_OCTETS && p + i < end && (p[i] == '>' || p[i] == ' ' || p[i] == '\t'))
        i++;
    return i;
}

static const char *
find_block(Reading *reading, const char *p, MugaiBlock *ret_block)
{
    gsize quote = quote_octets(p, reading->end);
    const char *block_end = NULL;
    Line line = {0};

    reading->prefix = p;
    reading->prefix_octets = quote;
    line = read_line(reading, p);
    block_end = find_block_after_prefix(reading, p, &line, ret_block);
    reading->prefix_octets = 0;
    return block_end;
}

gboolean
mugai_blocks_has_yenc(const char *octets, gsize length)
{
    return (length > 8 && memcmp(octets, "=ybegin ", 8) == 0) ||
           memmem(octets, length, "\n=ybegin ", 9) != NULL;
}

GString *
mugai_blocks_take_out(const char *utf8, gsize length, MugaiBlockFunc found, gpointer data)
{
    GString *text = g_string_sized_new(length + 1);
    g_autoptr(GHashTable) absent = g_hash_table_new(NULL, NULL);
    const char *end = utf8 + length;
    Reading reading = {.end = end, .prefix = utf8, .absent = absent};
    const char *p = utf8;

    while (p < end) {
        Line line = read_line(&reading, p);
        MugaiBlock block = {0};
        const char *block_end = find_block(&reading, p, &block);

        if (block_end == NULL)
            g_string_append_len(text, p, line.next - p);
        else
            found(&block, text->len, data);
        p = block_end == NULL ? line.next : block_end;
        g_free(block.name);
    }
    return text;
}
