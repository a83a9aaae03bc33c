/*
 * words.h - header text of any age to UTF-8: encoded words (RFC 2047) as the world writes them, and
 * raw octets
 *
 * Understands: characters split over two words (adjacent words of one charset and encoding are
 * joined before decoding), words inside quoted strings, raw blanks inside, lower case, wrong
 * padding, a missing escape at the end (ISO-2022-JP), RFC 2231 language suffixes, raw ISO-2022-JP,
 * Shift_JIS, EUC-JP and UTF-8 octets. Blanks between words vanish.
 */
#pragma once

#include <glib.h>

/* What was odd; may be NULL in the calls. */
typedef struct {
    gsize undecodable;   /* U+FFFD that decoding put in */
    gboolean raw_octets; /* there were octets above 0x7F outside of encoded words */
    gboolean bad_words;  /* something looked like an encoded word and was not one */
} MugaiWordsNotes;

/* Decodes unstructured text (a Subject, a display name): folds are undone (CRLF or LF before a
 * blank vanishes, the blank stays), everything becomes valid UTF-8. Characters are not cleaned.
 * Newly allocated. */
char *mugai_words_decode(const char *raw, gsize length, MugaiWordsNotes *notes);

/* Rewrites a structured value (addresses, media type with parameters) for GMime's parsers: every
 * run of encoded words becomes UTF-8 B words, wherever it stands, quoted strings included; raw
 * octets above 0x7F (and raw ISO-2022-JP) become UTF-8 B words too; pure ASCII stays octet for
 * octet. Structure characters outside are untouched. Newly allocated. */
char *mugai_words_normalise(const char *raw, gsize length, MugaiWordsNotes *notes);

/* Decodes the octets of a parameter (RFC 2231 percent-decoded, or raw) said to be in charset @label
 * (may be NULL or ""). Newly allocated UTF-8. */
char *mugai_words_decode_parameter(const guint8 *octets, gsize length, const char *label,
                                   MugaiWordsNotes *notes);
