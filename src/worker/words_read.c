/*
 * words_read.c - reads a header value: encoded words as the world writes them, and raw octets
 * between them
 *
 * A value is read as a row of pieces: encoded words and what stands between them. Neighbouring
 * words of one charset are put together before they are decoded, for many programs split
 * characters; what is between is decoded as a whole, so that the quote in the middle of a Shift_JIS
 * or ISO-2022-JP character is no quote. Only then structure is looked at.
 *
 * Invariants: no text is lost: what is not an encoded word stays what it was. The result is valid
 * UTF-8 without NUL. Time is linear: the search for the end of a word stops where the next one
 * begins. Trust: everything here is hostile. Limits: UTF-7, HZ and the Korean and Chinese ISO-2022
 * are not decoded; such a word is shown as it was written.
 */
#include "words_read.h"

#include <string.h>

/* The longest label looked for; the standard's longest has 19 characters, "iso_8859-1:1987*ja" and
 * the like more. */
#define LABEL_OCTETS_MAX 60
#define ESCAPE 0x1B

typedef struct {
    const char *label;
    gsize label_length;
    gboolean base64;
    const char *payload;
    const char *payload_end;
    const char *after;
} Word;

typedef struct {
    WordsText text;
    GByteArray *run; /* octets of neighbouring words, not decoded yet */
    MugaiCharset charset;
    gboolean after_word;
    MugaiWordsNotes *notes;
} Reader;

static gboolean
is_all_blank(const char *from, const char *to)
{
    while (from < to && words_is_blank(*from))
        from++;
    return from == to;
}

/* The six bits of a base64 digit (the one for URLs too), or -1. */
static int
base64_value(char c)
{
    if (g_ascii_isupper(c))
        return c - 'A';
    if (g_ascii_islower(c))
        return c - 'a' + 26;
    if (g_ascii_isdigit(c))
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Base64 with blanks in it, with padding that is wrong, missing or in the middle. FALSE if it is no
 * base64. */
static gboolean
decode_base64(const char *from, const char *to, GByteArray *octets)
{
    guint bits = 0;
    guint n_bits = 0;

    for (; from < to; from++) {
        int value = base64_value(*from);
        if (*from == '=') {
            n_bits = 0;
            continue;
        }
        if (words_is_blank(*from))
            continue;
        if (value < 0)
            return FALSE;
        bits = (bits << 6 | (guint)value) & 0xFFFF;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            guint8 octet = (guint8)(bits >> n_bits);
            g_byte_array_append(octets, &octet, 1);
        }
    }
    return TRUE;
}

/* The Q encoding with raw blanks and octets in it; a "=" that is no escape stays. */
static void
decode_q(const char *from, const char *to, GByteArray *octets)
{
    for (; from < to; from++) {
        guint8 octet = *from == '_' ? ' ' : (guint8)*from;
        if (octet == '=' && to - from > 2 && g_ascii_isxdigit(from[1]) &&
            g_ascii_isxdigit(from[2])) {
            octet = (guint8)(g_ascii_xdigit_value(from[1]) << 4 | g_ascii_xdigit_value(from[2]));
            from += 2;
        }
        g_byte_array_append(octets, &octet, 1);
    }
}

/* Whether "?=" at @at is the end of a Q word, not a raw question mark before an escaped octet of
 * it. */
static gboolean
is_q_end(const char *at, const char *end)
{
    const char *next = at + 2;

    if (end - at < 4 || !g_ascii_isxdigit(at[2]) || !g_ascii_isxdigit(at[3]))
        return TRUE;
    for (next = at + 4; next < end && !words_is_blank(*next) && next - at < LABEL_OCTETS_MAX;
         next++)
        if (next + 1 < end && next[0] == '?' && next[1] == '=')
            return FALSE;
    return TRUE;
}

/* The end of a word without "?=", which is where the next word begins or the value ends, for base64
 * a blank too. FALSE if the text does not look cut off but like no word at all. */
static gboolean
find_cut_end(Word *word, const char *end)
{
    const char *at = word->base64 ? word->payload : end;

    while (at < end && (base64_value(*at) >= 0 || *at == '='))
        at++;
    word->after = at < end && *at == '?' ? at + 1 : at;
    for (word->payload_end = at; word->payload_end > word->payload; word->payload_end--)
        if (!words_is_blank(word->payload_end[-1]) && word->payload_end[-1] != '?')
            break;
    return word->payload_end > word->payload &&
           (word->after == end || words_is_blank(*word->after));
}

static gboolean
find_end(Word *word, const char *end)
{
    const char *at = word->payload;

    for (; at < end; at++) {
        gboolean two = end - at > 1;
        if (two && at[0] == '?' && at[1] == '=' && (word->base64 || is_q_end(at, end))) {
            word->payload_end = at;
            word->after = at + 2;
            return TRUE;
        }
        if (two && at[0] == '=' && at[1] == '?' && !(end - at > 2 && at[2] == '='))
            break;
    }
    return find_cut_end(word, at);
}

/* Reads the frame of a word at @at, which is "=?". FALSE if it has none. */
static gboolean
read_frame(const char *at, const char *end, Word *ret_word)
{
    Word word = {.label = at + 2};
    const char *mark = memchr(at + 2, '?', MIN((gsize)(end - at - 2), LABEL_OCTETS_MAX));
    const char *star = NULL;

    if (mark == NULL || mark == word.label || end - mark < 3 || mark[2] != '?')
        return FALSE;
    if (strchr("BbQq", mark[1]) == NULL || mark[1] == '\0')
        return FALSE;
    star = memchr(word.label, '*',
                  (gsize)(mark - word.label)); /* RFC 2231: a language behind the charset */
    word.label_length = (gsize)((star != NULL ? star : mark) - word.label);
    word.base64 = mark[1] == 'B' || mark[1] == 'b';
    word.payload = mark + 3;
    if (!find_end(&word, end))
        return FALSE;
    *ret_word = word;
    return TRUE;
}

/* Charsets that show one thing to whoever decodes them and another to whoever does not. */
static gboolean
is_never_decoded(const char *label, gsize length)
{
    static const char *const never[] = {"utf-7", "utf7", "hz", "iso-2022-kr", "iso-2022-cn"};
    g_autofree char *lower = g_ascii_strdown(label, (gssize)length);

    for (gsize i = 0; i < G_N_ELEMENTS(never); i++)
        if (strstr(lower, never[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* Appends valid @utf8; NUL becomes U+FFFD. */
static void
append_utf8(Reader *reader, const GString *utf8, gboolean coded)
{
    gsize before = reader->text.utf8->len;

    for (const char *at = utf8->str; at < utf8->str + utf8->len; at++) {
        if (*at != '\0') {
            g_string_append_c(reader->text.utf8, *at);
            continue;
        }
        g_string_append(reader->text.utf8, "\xEF\xBF\xBD");
        reader->notes->undecodable++;
    }
    g_byte_array_set_size(reader->text.coded, (guint)reader->text.utf8->len);
    for (gsize i = before; i < reader->text.utf8->len; i++)
        reader->text.coded->data[i] = (guint8)coded;
}

static void
append(Reader *reader, const guint8 *octets, gsize length, MugaiCharset labelled, gboolean coded)
{
    g_autoptr(GString) utf8 = g_string_sized_new(length);
    MugaiCharset charset = mugai_charset_recognise(octets, length, labelled);

    /* Between words stands ASCII at least; two octets that look like a mark must not turn addresses
     * into Chinese. */
    if (!coded && (charset == MUGAI_CHARSET_UTF_16BE || charset == MUGAI_CHARSET_UTF_16LE))
        charset = MUGAI_CHARSET_UTF_8;
    reader->notes->undecodable += mugai_charset_decode(charset, octets, length, utf8);
    append_utf8(reader, utf8, coded);
}

static void
flush_run(Reader *reader)
{
    if (reader->run->len > 0)
        append(reader, reader->run->data, reader->run->len, reader->charset, TRUE);
    g_byte_array_set_size(reader->run, 0);
}

static void
read_between(Reader *reader, const char *from, const char *to)
{
    if (from == to)
        return;
    flush_run(reader);
    for (const char *at = from; at < to && !reader->notes->raw_octets; at++)
        reader->notes->raw_octets = (guint8)*at >= 0x80;
    append(reader, (const guint8 *)from, (gsize)(to - from), MUGAI_CHARSET_NONE, FALSE);
    reader->after_word = FALSE;
}

/* Takes the word, after the text from @between up to it. FALSE, and nothing taken, if it cannot be
 * read. */
static gboolean
read_word(Reader *reader, const char *between, const char *at, const Word *word)
{
    MugaiCharset charset = mugai_charset_for_label(word->label, (gssize)word->label_length);
    g_autoptr(GByteArray) octets = g_byte_array_new();

    if (charset == MUGAI_CHARSET_NONE && is_never_decoded(word->label, word->label_length))
        return FALSE;
    if (!word->base64)
        decode_q(word->payload, word->payload_end, octets);
    else if (!decode_base64(word->payload, word->payload_end, octets))
        return FALSE;
    if (octets->len == 0 && word->payload < word->payload_end)
        return FALSE;
    if (!reader->after_word || !is_all_blank(between, at))
        read_between(reader, between, at);
    if (charset != reader->charset)
        flush_run(reader);
    reader->charset = charset;
    reader->after_word = TRUE;
    g_byte_array_append(reader->run, octets->data, octets->len);
    return TRUE;
}

/* The end of the two-octet ISO-2022-JP text that begins with the escape at @at, or @at. Inside,
 * "=?" is a kanji. */
static const char *
skip_jis(const char *at, const char *end)
{
    const char *next = at + 3;

    if (end - at < 3 || at[1] != '$' || (at[2] != '@' && at[2] != 'B' && at[2] != '('))
        return at;
    while (next<end && * next> ' ' && *next < 0x7F)
        next++;
    return next;
}

static void
read_pieces(Reader *reader, const char *from, const char *end)
{
    const char *between = from;

    while (from < end) {
        const char *jis = *from == ESCAPE ? skip_jis(from, end) : from;
        Word word = {.label = NULL};
        if (jis > from) {
            from = jis;
        } else if (end - from < 2 || from[0] != '=' || from[1] != '?' ||
                   !read_frame(from, end, &word)) {
            from++;
        } else if (read_word(reader, between, from, &word)) {
            from = between = word.after;
        } else {
            reader->notes->bad_words = TRUE;
            from += 2;
        }
    }
    read_between(reader, between, end);
    flush_run(reader);
}

/* Whether a line end is at @at that a blank follows. */
static gboolean
is_fold(const char *at, const char *end)
{
    if (*at == '\r' && end - at > 1 && at[1] == '\n')
        at++;
    return *at == '\n' && end - at > 1 && (at[1] == ' ' || at[1] == '\t');
}

/* Line ends before a blank vanish, the blank stays. */
static GString *
unfold(const char *raw, gsize length)
{
    GString *flat = g_string_sized_new(length);

    for (const char *at = raw; at < raw + length; at++)
        if (!is_fold(at, raw + length))
            g_string_append_c(flat, *at);
    return flat;
}

static Reader
reader_new(MugaiWordsNotes *notes)
{
    return (Reader){
        .text = {g_string_new(NULL), g_byte_array_new()},
        .run = g_byte_array_new(),
        .notes = notes,
    };
}

static WordsText
reader_finish(Reader *reader)
{
    g_byte_array_unref(reader->run);
    return reader->text;
}

WordsText
mugai_words_read(const char *raw, gsize length, MugaiWordsNotes *notes)
{
    Reader reader = reader_new(notes);
    g_autoptr(GString) flat = unfold(raw, length);

    read_pieces(&reader, flat->str, flat->str + flat->len);
    return reader_finish(&reader);
}

WordsText
mugai_words_read_octets(const guint8 *octets, gsize length, MugaiCharset labelled,
                        MugaiWordsNotes *notes)
{
    Reader reader = reader_new(notes);

    append(&reader, octets, length, labelled, TRUE);
    return reader_finish(&reader);
}
