/* words_read.h - a header value as text, and which of it came out of encoded words; for words.c
 * alone */
#pragma once

#include <mugai/charset.h>

#include "words.h"

G_BEGIN_DECLS

typedef struct {
    GString *utf8;     /* valid, without NUL */
    GByteArray *coded; /* for each octet of utf8: 1 if it came out of a word */
} WordsText;

static inline void
words_text_clear(WordsText *text)
{
    if (text->utf8 != NULL)
        g_string_free(text->utf8, TRUE);
    if (text->coded != NULL)
        g_byte_array_unref(text->coded);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WordsText, words_text_clear)

static inline gboolean
words_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value @raw, folds undone, words and raw octets decoded. @notes is added to. */
WordsText mugai_words_read(const char *raw, gsize length, MugaiWordsNotes *notes);

/* @octets of one encoding, said to be @labelled. */
WordsText mugai_words_read_octets(const guint8 *octets, gsize length, MugaiCharset labelled,
                                  MugaiWordsNotes *notes);

G_END_DECLS
