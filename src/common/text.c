/*
 * text.c - text buffers born with a limit, clean characters, and the quoting of hostile text
 *
 * The table below is section 4 of the profile and stands here and in the guard, which may share no
 * code with anything and decides over what is made here; a test compares the two over all code
 * points.
 *
 * Invariants: 1. a MugaiText is valid UTF-8 without NUL and never longer than its limit;
 *             2. once something did not fit, nothing more is stored: a text has no holes.
 * Trust: the octets given to append may be anything.
 */
#include <mugai/text.h>

#include <stdarg.h>
#include <string.h>

/* Combining marks on one character: more is no writing system, but a way to cover the lines above.
 */
#define MARKS_MAX 8

struct MugaiText {
    GString *string;
    gsize limit;
    gsize missing;
};

typedef enum {
    CLASS_CONTROL = 0,
    CLASS_DIRECTION,
    CLASS_INVISIBLE,
    CLASS_INVALID,
} UncleanClass;

static const struct {
    gunichar first, last;
    UncleanClass class;
} unclean[] = {
    {0x0000, 0x0008, CLASS_CONTROL},     {0x000A, 0x001F, CLASS_CONTROL},
    {0x007F, 0x009F, CLASS_CONTROL},     {0x00AD, 0x00AD, CLASS_INVISIBLE},
    {0x034F, 0x034F, CLASS_INVISIBLE},   {0x061C, 0x061C, CLASS_DIRECTION},
    {0x115F, 0x1160, CLASS_INVISIBLE},   {0x17B4, 0x17B5, CLASS_INVISIBLE},
    {0x180B, 0x180F, CLASS_INVISIBLE},   {0x200B, 0x200D, CLASS_INVISIBLE},
    {0x200E, 0x200F, CLASS_DIRECTION},   {0x2028, 0x2029, CLASS_CONTROL},
    {0x202A, 0x202E, CLASS_DIRECTION},   {0x2060, 0x2065, CLASS_INVISIBLE},
    {0x2066, 0x2069, CLASS_DIRECTION},   {0x206A, 0x206F, CLASS_INVISIBLE},
    {0x3164, 0x3164, CLASS_INVISIBLE},   {0xD800, 0xDFFF, CLASS_INVALID},
    {0xFDD0, 0xFDEF, CLASS_INVALID},     {0xFEFF, 0xFEFF, CLASS_INVISIBLE},
    {0xFFA0, 0xFFA0, CLASS_INVISIBLE},   {0xFFF0, 0xFFFB, CLASS_INVALID},
    {0x1BCA0, 0x1BCA3, CLASS_INVISIBLE}, {0x1D173, 0x1D17A, CLASS_INVISIBLE},
    {0xE0000, 0xE00FF, CLASS_INVISIBLE}, {0xE01F0, 0xE0FFF, CLASS_INVISIBLE},
};

/* The index into unclean[] of @c, or -1 if it is clean or a noncharacter of a plane's end. */
static int
find_unclean(gunichar c)
{
    gsize low = 0;
    gsize high = G_N_ELEMENTS(unclean);

    while (low < high) {
        gsize middle = (low + high) / 2;

        if (c < unclean[middle].first)
            high = middle;
        else if (c > unclean[middle].last)
            low = middle + 1;
        else
            return (int)middle;
    }
    return -1;
}

gboolean
mugai_text_is_clean(gunichar c)
{
    /* Most of what is written: the table has one character in there. */
    if ((c >= 0x20 && c < 0x7F) || (c >= 0x2070 && c < 0xD800 && c != 0x3164))
        return TRUE;
    return c <= 0x10FFFF && (c & 0xFFFE) != 0xFFFE && find_unclean(c) < 0;
}

gboolean
mugai_text_is_selector(gunichar c)
{
    return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

gboolean
mugai_text_says_something(const char *utf8)
{
    if (utf8 == NULL || !g_utf8_validate(utf8, -1, NULL))
        return FALSE;
    for (; *utf8 != '\0'; utf8 = g_utf8_next_char(utf8)) {
        gunichar c = g_utf8_get_char(utf8);

        if (mugai_text_is_clean(c) && !g_unichar_isspace(c))
            return TRUE;
    }
    return FALSE;
}

MugaiText *
mugai_text_new(gsize limit)
{
    MugaiText *text = g_new0(MugaiText, 1);

    text->string = g_string_new(NULL);
    text->limit = limit;
    return text;
}

void
mugai_text_free(MugaiText *text)
{
    if (text == NULL)
        return;
    g_string_free(text->string, TRUE);
    g_free(text);
}

/* Appends valid UTF-8 without NUL. */
static void
append_valid(MugaiText *text, const char *utf8, gsize length)
{
    gsize room = text->limit - text->string->len;
    gsize fits = length;

    if (text->missing > 0)
        fits = 0;
    else if (length > room) {
        fits = room;
        while (fits > 0 && ((guchar)utf8[fits] & 0xC0) == 0x80)
            fits--;
    }
    g_string_append_len(text->string, utf8, (gssize)fits);
    text->missing += length - fits;
}

void
mugai_text_append(MugaiText *text, const char *utf8, gssize length)
{
    const char *end = NULL;
    gsize left = length < 0 ? strlen(utf8) : (gsize)length;

    /* g_utf8_validate_len() also stops at NUL. */
    while (!g_utf8_validate_len(utf8, left, &end)) {
        append_valid(text, utf8, (gsize)(end - utf8));
        append_valid(text, "\xEF\xBF\xBD", 3);
        left -= (gsize)(end - utf8) + 1;
        utf8 = end + 1;
    }
    append_valid(text, utf8, left);
}

void
mugai_text_append_printf(MugaiText *text, const char *format, ...)
{
    g_autofree char *formatted = NULL;
    va_list arguments;

    va_start(arguments, format);
    formatted = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    mugai_text_append(text, formatted, -1);
}

const char *
mugai_text_string(const MugaiText *text)
{
    return text->string->str;
}

gsize
mugai_text_length(const MugaiText *text)
{
    return text->string->len;
}

gsize
mugai_text_missing(const MugaiText *text)
{
    return text->missing;
}

void
mugai_text_truncate(MugaiText *text, gsize length)
{
    g_assert(length <= text->string->len);
    g_assert(length == text->string->len || ((guchar)text->string->str[length] & 0xC0) != 0x80);
    g_string_truncate(text->string, length);
}

/* What the character before the present one was, for selectors and marks. */
typedef struct {
    gboolean base; /* a selector may follow */
    guint marks;   /* combining marks since the last other character */
} Before;

static void
count_unclean(MugaiCleaned *cleaned, gunichar c)
{
    int found = find_unclean(c);
    UncleanClass class = found < 0 ? CLASS_INVALID : unclean[found].class;

    switch (class) {
    case CLASS_CONTROL:
        cleaned->controls++;
        return;
    case CLASS_DIRECTION:
        cleaned->directions++;
        return;
    case CLASS_INVISIBLE:
        cleaned->invisibles++;
        return;
    case CLASS_INVALID:
        cleaned->invalid++;
        return;
    }
}

static gboolean
is_line_end(gunichar c)
{
    return c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

/* Whether @c, which ends no line, stays where it stands; updates @before. */
static gboolean
stays(gunichar c, Before *before, MugaiCleaned *cleaned)
{
    if (!mugai_text_is_clean(c)) {
        count_unclean(cleaned, c);
        return FALSE;
    }
    if (mugai_text_is_selector(c)) {
        gboolean ok = before->base;

        before->base = FALSE;
        if (!ok)
            cleaned->invisibles++;
        return ok;
    }
    before->base = !g_unichar_isspace(c);
    if (!g_unichar_ismark(c)) {
        before->marks = 0;
        return TRUE;
    }
    if (before->marks < MARKS_MAX) {
        before->marks++;
        return TRUE;
    }
    cleaned->invisibles++;
    return FALSE;
}

/* The character of three octets at @p, in valid UTF-8. */
static gunichar
character_of_three(const char *p)
{
    return ((guchar)p[0] & 0x0Fu) << 12 | ((guchar)p[1] & 0x3Fu) << 6 | ((guchar)p[2] & 0x3Fu);
}

static gboolean
is_japanese(const char *p)
{
    return ((guchar)*p & 0xF0) == 0xE0 && mugai_text_is_japanese(character_of_three(p));
}

/* The octets of printable ASCII and of Japanese at the start of @p: most text, and all of it stays.
 * Of valid UTF-8. */
static gsize
plain_run(const char *p, const char *end)
{
    const char *start = p;

    for (;;) {
        if (p < end && (guchar)*p >= 0x20 && (guchar)*p < 0x7F)
            p++;
        else if (p < end && is_japanese(p))
            p += 3;
        else
            return (gsize)(p - start);
    }
}

void
mugai_text_append_clean(MugaiText *text, const char *utf8, gssize length, MugaiCleaned *cleaned)
{
    MugaiCleaned ignored = {0};
    Before before = {0};
    g_autofree char *valid = NULL;
    const char *p = utf8;
    const char *end = utf8 + (length < 0 ? (gssize)strlen(utf8) : length);
    const char *begin = NULL; /* of what stays and is not appended yet */

    if (cleaned == NULL)
        cleaned = &ignored;
    if (!g_utf8_validate_len(utf8, (gsize)(end - utf8), NULL)) {
        valid = g_utf8_make_valid(utf8, end - utf8);
        p = valid;
        end = valid + strlen(valid);
    }
    begin = p;
    while (p < end) {
        gsize run = plain_run(p, end);
        gunichar c = 0;
        const char *next = NULL;

        if (run > 0) {
            before = (Before){.base = p[run - 1] != ' '};
            p += run;
            continue;
        }
        c = g_utf8_get_char(p);
        next = g_utf8_next_char(p);
        if (is_line_end(c)) {
            append_valid(text, begin, (gsize)(p - begin));
            append_valid(text, "\n", 1);
            before = (Before){0};
            if (c == '\r' && next < end && *next == '\n')
                next++;
            begin = next;
        } else if (!stays(c, &before, cleaned)) {
            append_valid(text, begin, (gsize)(p - begin));
            begin = next;
        }
        p = next;
    }
    append_valid(text, begin, (gsize)(end - begin));
}

char *
mugai_text_clean_line(const char *utf8, gssize length, gsize characters)
{
    g_autoptr(MugaiText) clean = mugai_text_new(G_MAXSIZE / 2);
    GString *line = g_string_new(NULL);
    gboolean space = FALSE;
    gsize count = 0;

    mugai_text_append_clean(clean, utf8, length, NULL);
    for (const char *p = mugai_text_string(clean); *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == ' ' || c == '\t' || c == '\n') {
            space = line->len > 0;
            continue;
        }
        if (count + (space ? 1 : 0) >= characters) {
            g_string_append(line, "\xE2\x80\xA6");
            break;
        }
        if (space)
            g_string_append_c(line, ' ');
        count += space ? 2 : 1;
        space = FALSE;
        /* A selector at the very start has lost its base to trimming: it is dropped with it. */
        if (line->len > 0 || !mugai_text_is_selector(c))
            g_string_append_unichar(line, c);
    }
    return g_string_free(line, FALSE);
}

char *
mugai_text_quote(const char *utf8, gsize characters)
{
    g_autofree char *valid = g_utf8_make_valid(utf8, -1);
    GString *quoted = g_string_new(NULL);
    gsize count = 0;

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p), count++) {
        gunichar c = g_utf8_get_char(p);

        if (count >= characters) {
            g_string_append(quoted, "\xE2\x80\xA6");
            break;
        }
        if (c == '"' || c == '\\')
            g_string_append_c(quoted, '\\');
        if (!mugai_text_is_clean(c) || c == '\t' || mugai_text_is_selector(c))
            g_string_append_printf(quoted, "\\x{%X}", c);
        else
            g_string_append_unichar(quoted, c);
    }
    return g_string_free(quoted, FALSE);
}

gsize
mugai_text_columns(const char *utf8, gssize length)
{
    const char *end = utf8 + (length < 0 ? (gssize)strlen(utf8) : length);
    gsize columns = 0;

    for (const char *p = utf8; p < end; p = g_utf8_next_char(p)) {
        gunichar c = 0;

        if ((guchar)*p < 0x80 || is_japanese(p)) {
            columns += (guchar)*p < 0x80 ? 1 : 2;
            continue;
        }
        c = g_utf8_get_char(p);
        if (!g_unichar_iszerowidth(c) && !mugai_text_is_selector(c))
            columns += g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}
