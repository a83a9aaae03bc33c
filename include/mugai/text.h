/* text.h - buffers that are born with a limit, clean characters, and the one quoting of hostile
 * text */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MugaiText:
 * UTF-8 text that grows to a limit and not beyond: what does not fit is counted, not stored. The
 * cut falls between characters. Contents are always valid UTF-8 without NUL.
 */
typedef struct MugaiText MugaiText;

/* @limit: octets the text may hold. Never fails. */
MugaiText *mugai_text_new(gsize limit);
void mugai_text_free(MugaiText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiText, mugai_text_free)

/* Appends @length octets (-1: up to NUL) of @utf8. Invalid sequences and NUL become U+FFFD each. */
void mugai_text_append(MugaiText *text, const char *utf8, gssize length);
void mugai_text_append_printf(MugaiText *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The octets, NUL-terminated, owned by @text, valid until the next append. */
const char *mugai_text_string(const MugaiText *text);
gsize mugai_text_length(const MugaiText *text);
/* How many octets did not fit; 0 when all is there. */
gsize mugai_text_missing(const MugaiText *text);
/* Cuts back to @length octets, which must be a character border at or before the end. */
void mugai_text_truncate(MugaiText *text, gsize length);

/* Whether @c is a clean character of the profile (section 4). TAB is clean, CR and LF are not. */
gboolean mugai_text_is_clean(gunichar c);
/* Whether @c is a variation selector (U+FE00-FE0F, U+E0100-E01EF), whose place the profile
 * restricts. */
gboolean mugai_text_is_selector(gunichar c);

/* Whether @c is one of the kana and Han characters that Japanese is written with as a rule: a clean
 * letter of two columns, without case, with no other form for it to be normalised to (NFKC),
 * neither space nor mark nor selector. Nobody need look it up. */
static inline gboolean
mugai_text_is_japanese(gunichar c)
{
    return (c >= 0x4E00 && c <= 0x9FEF) || (c >= 0x3041 && c <= 0x3096) ||
           (c >= 0x30A1 && c <= 0x30FA);
}

/* Whether @utf8 has a clean character that is no space. NULL and invalid UTF-8 say nothing. */
gboolean mugai_text_says_something(const char *utf8);

/* What mugai_text_clean() took out. */
typedef struct {
    guint64 controls;   /* C0, C1 and escape sequences' introducers */
    guint64 directions; /* bidirectional overrides, embeddings, isolates and marks */
    guint64 invisibles; /* zero-width, fillers, tags, soft hyphens, misplaced selectors */
    guint64 invalid; /* noncharacters, U+FFF0-FFFB; U+FFFD itself stays and is not counted here */
} MugaiCleaned;

/* Appends @length octets of @utf8 to @text as clean characters: everything not clean is dropped and
 * counted in
 * @cleaned (may be NULL); CRLF, CR, LF, NEL, U+2028 and U+2029 become one LF each, form feed and
 * vertical tab too. Selectors stay only where the profile lets them. Runs of more than 8 combining
 * marks are cut to 8. */
void mugai_text_append_clean(MugaiText *text, const char *utf8, gssize length,
                             MugaiCleaned *cleaned);

/* Clean characters on one line (line ends and TAB become a space, runs of spaces one), cut to
 * @characters with "…". Newly allocated. For subjects, names, anything shown in one line. */
char *mugai_text_clean_line(const char *utf8, gssize length, gsize characters);

/* Hostile text made safe for a log line or a terminal: printable characters stay, `"` and `\` get a
 * backslash, all that is not clean becomes \x{HEX}; at most @characters of them, then "…". No
 * quotes around. Newly allocated. */
char *mugai_text_quote(const char *utf8, gsize characters);

/* Columns @utf8 takes on a terminal: wide and full-width characters count two, combining marks
 * none. */
gsize mugai_text_columns(const char *utf8, gssize length);

/* The mark "■ " put before @line; see profile section 5. */
#define MUGAI_TEXT_MARK "\xE2\x96\xA0 "

G_END_DECLS
