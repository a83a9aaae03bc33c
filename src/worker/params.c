/*
 * params.c - reads parameters of MIME fields (RFC 2045 section 5.1, RFC 2231), and what is sent in
 * their place
 *
 * Three steps: cut the raw octets into name and value, gather the continuations of a name, decode.
 * Quoted strings are cut with an eye on raw Shift_JIS and ISO-2022-JP, in which octets 0x22 and
 * 0x5C are halves of characters.
 *
 * Trust: every octet is hostile. Limits: PARAMS_MAX parameters are read, the rest of the field is
 * ignored and counts as malformed.
 */
#include "params.h"

#include "words.h"

#include <mugai/text.h>

#include <string.h>

#define PARAMS_MAX 200u
#define NAME_CHARACTERS 100u

/* One "name=value" as it stands there. */
typedef struct {
    char *base;        /* lower case, without the stars */
    int index;         /* of a continuation, -1 without */
    gboolean extended; /* ends in a star: percent-encoded */
    GString *octets;
} Segment;

static void
segment_free(Segment *segment)
{
    g_free(segment->base);
    g_string_free(segment->octets, TRUE);
    g_free(segment);
}

static void
param_free(MugaiParam *param)
{
    g_free(param->name);
    g_free(param->value);
    g_free(param);
}

void
mugai_value_free(MugaiValue *value)
{
    if (value == NULL)
        return;
    g_free(value->value);
    g_ptr_array_unref(value->params);
    g_free(value);
}

static MugaiParam *
find_param(const MugaiValue *value, const char *name)
{
    for (guint i = 0; i < value->params->len; i++) {
        MugaiParam *param = g_ptr_array_index(value->params, i);

        if (g_str_equal(param->name, name))
            return param;
    }
    return NULL;
}

const char *
mugai_value_get(const MugaiValue *value, const char *name)
{
    const MugaiParam *param = find_param(value, name);

    return param == NULL ? NULL : param->value;
}

gboolean
mugai_value_is_extended(const MugaiValue *value, const char *name)
{
    const MugaiParam *param = find_param(value, name);

    return param != NULL && param->extended;
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* After blanks and comments at @p. */
static const char *
skip_comments(const char *p, MugaiValue *value)
{
    guint depth = 0;

    for (; *p != '\0'; p++) {
        if (depth > 0 && *p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '(')
            depth++;
        else if (depth > 0 && *p == ')')
            depth--;
        else if (depth == 0 && !is_blank(*p))
            return p;
    }
    if (depth > 0)
        value->malformed = TRUE;
    return p;
}

static gboolean
is_shift_jis_lead(guchar c)
{
    return (c >= 0x81 && c <= 0x9F) || (c >= 0xE0 && c <= 0xFC);
}

/* Reads a quoted string after its opening quote; returns where it went on. */
static const char *
read_quoted(const char *p, GString *octets, gboolean shift_jis, MugaiValue *value)
{
    gboolean jis = FALSE;

    for (; *p != '\0'; p++) {
        if (*p == 0x1B && (p[1] == '$' || p[1] == '('))
            jis = p[1] == '$';
        if (!jis && *p == '"')
            return p + 1;
        if (*p == '\r' || *p == '\n')
            continue;
        if (shift_jis && is_shift_jis_lead((guchar)*p) && p[1] != '\0')
            g_string_append_c(octets, *p++);
        else if (!jis && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
            p++;
        g_string_append_c(octets, *p);
    }
    value->malformed = TRUE;
    return p;
}

/* A value without quotes: up to the semicolon, for unquoted blanks are common in names, and so are
 * "report (1).pdf": a comment is only what ends the value. */
static const char *
read_bare(const char *p, GString *octets, MugaiValue *value)
{
    gboolean literal = FALSE;

    while (*p != '\0' && *p != ';') {
        const char *after = *p == '(' && !literal ? skip_comments(p, value) : p;

        if (after != p && (*after == ';' || *after == '\0')) {
            p = after;
            break;
        }
        literal |= after != p;
        g_string_append_c(octets, *p++);
    }
    value->malformed |= literal;
    while (octets->len > 0 && is_blank(octets->str[octets->len - 1]))
        g_string_truncate(octets, octets->len - 1);
    return p;
}

/* "filename*1*" to base, index and star. */
static void
split_name(const char *name, gsize length, Segment *segment, MugaiValue *value)
{
    g_autofree char *lower = g_ascii_strdown(name, (gssize)length);
    char *star = NULL;
    guint64 index = 0;

    g_strstrip(lower);
    length = strlen(lower);
    if (length > 0 && lower[length - 1] == '*') {
        segment->extended = TRUE;
        lower[length - 1] = '\0';
    }
    star = strchr(lower, '*');
    segment->index = -1;
    if (star != NULL && g_ascii_string_to_unsigned(star + 1, 10, 0, PARAMS_MAX, &index, NULL)) {
        segment->index = (int)index;
        *star = '\0';
    } else if (star != NULL)
        value->discontinuous = TRUE;
    segment->base = mugai_text_clean_line(lower, -1, NAME_CHARACTERS);
}

/* Reads one parameter at @p into @segments; returns where the next may begin. */
static const char *
read_segment(const char *p, gboolean shift_jis, GPtrArray *segments, MugaiValue *value)
{
    gsize name = strcspn(p, "=;(");
    const char *equals = skip_comments(p + name, value);
    Segment *segment = NULL;

    if (*equals != '=') {
        value->malformed = TRUE;
        return equals + (*equals == ';' || *equals == '\0' ? 0 : strcspn(equals, ";"));
    }
    segment = g_new0(Segment, 1);
    segment->octets = g_string_new(NULL);
    split_name(p, name, segment, value);
    g_ptr_array_add(segments, segment);
    p = skip_comments(equals + 1, value);
    return *p == '"' ? read_quoted(p + 1, segment->octets, shift_jis, value)
                     : read_bare(p, segment->octets, value);
}

static GPtrArray *
read_segments(const char *p, MugaiValue *value)
{
    GPtrArray *segments = g_ptr_array_new_with_free_func((GDestroyNotify)segment_free);
    gboolean shift_jis = !g_utf8_validate(p, -1, NULL);

    for (p = skip_comments(p, value); *p != '\0'; p = skip_comments(p, value)) {
        if (*p == ';') {
            p++;
            continue;
        }
        if (segments->len >= PARAMS_MAX) {
            value->malformed = TRUE;
            break;
        }
        p = skip_comments(read_segment(p, shift_jis, segments, value), value);
        value->malformed |= *p != ';' && *p != '\0';
    }
    return segments;
}

static void
append_percent_decoded(GString *out, const char *p, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (p[i] == '%' && i + 2 < length && g_ascii_isxdigit(p[i + 1]) &&
            g_ascii_isxdigit(p[i + 2])) {
            g_string_append_c(out, (char)(g_ascii_xdigit_value(p[i + 1]) << 4 |
                                          g_ascii_xdigit_value(p[i + 2])));
            i += 2;
        } else
            g_string_append_c(out, p[i]);
    }
}

/* "charset'language'octets" of a first extended segment: the charset to *@ret_label, the rest is
 * returned. */
static const char *
split_charset(const char *octets, char **ret_label)
{
    const char *first = strchr(octets, '\'');
    const char *second = first == NULL ? NULL : strchr(first + 1, '\'');

    if (second == NULL)
        return octets;
    g_free(*ret_label);
    *ret_label = g_strndup(octets, (gsize)(first - octets));
    return second + 1;
}

/* The segment of @base with @index, or NULL; says when there is another one. */
static const Segment *
find_segment(GPtrArray *segments, const char *base, int index, MugaiValue *value)
{
    const Segment *found = NULL;

    for (guint i = 0; i < segments->len; i++) {
        const Segment *segment = g_ptr_array_index(segments, i);

        if (segment->index != index || !g_str_equal(segment->base, base))
            continue;
        if (found != NULL)
            value->discontinuous = TRUE;
        else
            found = segment;
    }
    return found;
}

/* The continuations of @base in the order of their numbers, decoded. */
static char *
join_continuations(GPtrArray *segments, const char *base, MugaiValue *value)
{
    g_autofree char *label = NULL;
    GString *octets = g_string_new(NULL);
    char *decoded = NULL;
    int last = -1;
    guint left = 0;
    gboolean extended = FALSE;

    for (guint i = 0; i < segments->len; i++) {
        const Segment *segment = g_ptr_array_index(segments, i);

        if (segment->index < 0 || !g_str_equal(segment->base, base))
            continue;
        left++;
        value->discontinuous |= segment->index != last + 1;
        last = segment->index;
    }
    for (int index = 0; left > 0 && index <= (int)PARAMS_MAX; index++) {
        const Segment *segment = find_segment(segments, base, index, value);
        const char *p = segment == NULL ? NULL : segment->octets->str;

        if (segment == NULL)
            continue;
        left--;
        if (segment->extended && !extended)
            p = split_charset(p, &label);
        extended |= segment->extended;
        if (segment->extended)
            append_percent_decoded(octets, p,
                                   segment->octets->len - (gsize)(p - segment->octets->str));
        else
            g_string_append_len(octets, segment->octets->str, (gssize)segment->octets->len);
    }
    decoded = extended ? mugai_words_decode_parameter((const guint8 *)octets->str, octets->len,
                                                      label, NULL)
                       : mugai_words_decode(octets->str, octets->len, NULL);
    g_string_free(octets, TRUE);
    return decoded;
}

static char *
decode_single(const Segment *segment)
{
    g_autofree char *label = NULL;
    GString *octets = NULL;
    const char *p = segment->octets->str;
    char *decoded = NULL;

    if (!segment->extended)
        return mugai_words_decode(p, segment->octets->len, NULL);
    octets = g_string_new(NULL);
    p = split_charset(p, &label);
    append_percent_decoded(octets, p, segment->octets->len - (gsize)(p - segment->octets->str));
    decoded = mugai_words_decode_parameter((const guint8 *)octets->str, octets->len, label, NULL);
    g_string_free(octets, TRUE);
    return decoded;
}

static gboolean
is_name(const char *base)
{
    return g_str_equal(base, "name") || g_str_equal(base, "filename");
}

/* A second form of @param. An extended one replaces a plain one, as RFC 6266 has it; else the first
 * counts. Two forms of a name may differ, for a plain one is a fallback in ASCII. */
static void
add_form(MugaiValue *value, MugaiParam *param, gboolean extended, char *decoded)
{
    gboolean fallback = is_name(param->name) && param->extended != extended;

    if (!fallback)
        value->repeated |= !g_str_equal(param->value, decoded);
    if (!extended || param->extended) {
        g_free(decoded);
        return;
    }
    g_free(param->value);
    param->value = decoded;
    param->extended = TRUE;
}

static void
add_param(MugaiValue *value, const Segment *segment, char *decoded)
{
    gboolean extended = segment->extended || segment->index >= 0;
    MugaiParam *param = find_param(value, segment->base);

    if (param != NULL) {
        add_form(value, param, extended, decoded);
        return;
    }
    param = g_new0(MugaiParam, 1);
    param->name = g_strdup(segment->base);
    param->value = decoded;
    param->extended = extended;
    g_ptr_array_add(value->params, param);
}

static void
add_params(MugaiValue *value, GPtrArray *segments)
{
    g_autoptr(GHashTable) joined = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < segments->len; i++) {
        const Segment *segment = g_ptr_array_index(segments, i);

        if (!is_name(segment->base) && strstr(segment->octets->str, "=?") != NULL)
            value->encoded_words = TRUE;
        if (segment->index < 0)
            add_param(value, segment, decode_single(segment));
        else if (g_hash_table_add(joined, segment->base))
            add_param(value, segment, join_continuations(segments, segment->base, value));
    }
}

/* The value before the parameters. A missing semicolon ("text/plain charset=x") ends it too. */
static char *
read_token(const char **p, MugaiValue *value)
{
    GString *token = g_string_new(NULL);
    g_autofree char *clean = NULL;

    *p = skip_comments(*p, value);
    while (**p != '\0' && **p != ';') {
        const char *next = *p + 1;

        g_string_append_c(token, **p);
        *p = skip_comments(next, value);
        if (*p > next && **p != ';' && **p != '/' && **p != '\0' && next[-1] != '/') {
            value->malformed = TRUE;
            break;
        }
    }
    clean = mugai_text_clean_line(token->str, (gssize)token->len, NAME_CHARACTERS);
    g_string_free(token, TRUE);
    return g_ascii_strdown(clean, -1);
}

MugaiValue *
mugai_value_parse(const char *raw)
{
    g_autoptr(MugaiValue) value = g_new0(MugaiValue, 1);
    g_autoptr(GPtrArray) segments = NULL;

    value->params = g_ptr_array_new_with_free_func((GDestroyNotify)param_free);
    value->value = read_token(&raw, value);
    segments = read_segments(raw, value);
    add_params(value, segments);
    return g_steal_pointer(&value);
}
