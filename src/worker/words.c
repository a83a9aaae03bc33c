/*
 * words.c - header text of any age to UTF-8, and structured values to what GMime's parsers
 * understand
 *
 * words_read.c has turned a value into text and marked what came out of encoded words. Here such
 * text is given back, or written anew: as short UTF-8 words where it must be coded, octet for octet
 * where it is plain structure.
 *
 * Invariants: what is written for the next parser is ASCII without controls, and "=?" occurs in it
 * only where one of our own words begins. Time is linear.
 */
#include "words.h"

#include <string.h>

#include "words_read.h"

/* RFC 2047: 75 octets a word; 45 octets of text are 60 of base64 and 12 around them. */
#define WORD_TEXT_OCTETS 45

typedef struct {
    const char *text;
    guint8 *coded; /* for each octet of text: 1 if it must be inside of a word */
    gsize length;
    gboolean quote_open; /* a quoted string without an end was met: quotes mean nothing any more */
} Value;

char *
mugai_words_decode(const char *raw, gsize length, MugaiWordsNotes *notes)
{
    MugaiWordsNotes unwanted = {0};
    g_auto(WordsText) text = mugai_words_read(raw, length, notes != NULL ? notes : &unwanted);

    return g_strdup(text.utf8->str);
}

char *
mugai_words_decode_parameter(const guint8 *octets, gsize length, const char *label,
                             MugaiWordsNotes *notes)
{
    MugaiWordsNotes unwanted = {0};
    g_auto(WordsText) text = {NULL};

    if (label == NULL || *label == '\0')
        return mugai_words_decode((const char *)octets, length, notes);
    text = mugai_words_read_octets(octets, length, mugai_charset_for_label(label, -1),
                                   notes != NULL ? notes : &unwanted);
    return g_strdup(text.utf8->str);
}

/* How many octets of @text, at most @limit, end at the end of a character. */
static gsize
whole_characters(const char *text, gsize length, gsize limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((guint8)text[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

static void
write_words(GString *out, const char *text, gsize length)
{
    const char *blank = "";

    while (length > 0) {
        gsize n = whole_characters(text, length, WORD_TEXT_OCTETS);
        g_autofree char *base64 = g_base64_encode((const guchar *)text, n);
        g_string_append_printf(out, "%s=?UTF-8?B?%s?=", blank, base64);
        blank = " ";
        text += n;
        length -= n;
    }
}

/* What ends an atom when it is not part of a word. */
static gboolean
is_special(char c)
{
    return c == '\0' || strchr("()<>@,;:\\\"[]=", c) != NULL;
}

/* One atom from @i on: its end, and whether some of it must be coded. */
static gsize
atom_end(const Value *value, gsize i, gboolean *ret_coded)
{
    const char *text = value->text;
    const guint8 *coded = value->coded;

    *ret_coded = FALSE;
    for (; i < value->length && (coded[i] || (!is_special(text[i]) && !words_is_blank(text[i])));
         i++)
        *ret_coded = *ret_coded || coded[i];
    return i;
}

/* Coded atoms with nothing but blanks between them: the end of the last. 0 if the first is not
 * coded. */
static gsize
coded_run_end(const Value *value, gsize i)
{
    gsize end = 0;
    gboolean coded = FALSE;

    for (;;) {
        i = atom_end(value, i, &coded);
        if (!coded)
            return end;
        end = i;
        while (i < value->length && words_is_blank(value->text[i]))
            i++;
    }
}

/* The closing quote of the quoted string that opens at @i, or the end; and whether something in it
 * must be coded. */
static gsize
quoted_end(const Value *value, gsize i, gboolean *ret_coded)
{
    gboolean escaped = FALSE;

    *ret_coded = FALSE;
    for (i++; i < value->length && (value->coded[i] || escaped || value->text[i] != '"'); i++) {
        *ret_coded = *ret_coded || value->coded[i];
        escaped = !escaped && !value->coded[i] && value->text[i] == '\\';
    }
    return i;
}

/* The contents of a quoted string as words, its quotes around them. */
static void
write_quoted(GString *out, const Value *value, gsize from, gsize to)
{
    g_autoptr(GString) content = g_string_new(NULL);

    for (gsize i = from; i < to; i++) {
        if (!value->coded[i] && value->text[i] == '\\' && i + 1 < to)
            i++;
        g_string_append_c(content, value->text[i]);
    }
    g_string_append_c(out, '"');
    write_words(out, content->str, content->len);
    g_string_append_c(out, '"');
}

/* Writes the quoted string that opens at @i; returns its end, or @i if it has none. */
static gsize
write_quoted_string(GString *out, Value *value, gsize i)
{
    gboolean coded = FALSE;
    gsize end = quoted_end(value, i, &coded);

    value->quote_open = end == value->length;
    if (value->quote_open)
        return i;
    if (coded)
        write_quoted(out, value, i + 1, end);
    else
        g_string_append_len(out, value->text + i, (gssize)(end + 1 - i));
    return end + 1;
}

/* Writes what begins at @i, the value's next quoted string, coded run, atom or single character;
 * returns its end. */
static gsize
write_next(GString *out, Value *value, gsize i)
{
    const char *text = value->text;
    gboolean coded = FALSE;
    gsize end = i;

    if (text[i] == '"' && !value->coded[i] && !value->quote_open)
        end = write_quoted_string(out, value, i);
    if (end > i)
        return end;
    end = coded_run_end(value, i);
    if (end > 0) {
        write_words(out, text + i, end - i);
        return end;
    }
    end = MAX(atom_end(value, i, &coded), i + 1);
    g_string_append_len(out, text + i, (gssize)(end - i));
    return end;
}

/* What the parser that reads next shall not see as it is: other than ASCII, controls, and what
 * begins a word for it. */
static gboolean
must_be_coded(const char *at, const char *end)
{
    if ((guint8)*at >= 0x7F || ((guint8)*at < ' ' && !words_is_blank(*at)))
        return TRUE;
    return *at == '=' && at + 1 < end && at[1] == '?';
}

static gboolean
is_plain(const char *raw, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (must_be_coded(raw + i, raw + length))
            return FALSE;
    return TRUE;
}

char *
mugai_words_normalise(const char *raw, gsize length, MugaiWordsNotes *notes)
{
    MugaiWordsNotes unwanted = {0};
    g_auto(WordsText) text = {NULL};
    Value value = {NULL};
    GString *out = g_string_sized_new(length);
    gsize i = 0;

    if (is_plain(raw, length)) {
        g_string_append_len(out, raw, (gssize)length);
        return g_string_free(out, FALSE);
    }
    text = mugai_words_read(raw, length, notes != NULL ? notes : &unwanted);
    value = (Value){text.utf8->str, text.coded->data, text.utf8->len, FALSE};
    for (i = 0; i < value.length; i++)
        value.coded[i] |= must_be_coded(value.text + i, value.text + value.length);
    for (i = 0; i < value.length;)
        i = write_next(out, &value, i);
    return g_string_free(out, FALSE);
}
