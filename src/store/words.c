/*
 * words.c - what of an entry can be searched, and the hashes by which it is found
 *
 * Text is folded (NFKC, case) on both sides. Japanese has no spaces, so every pair of neighbouring
 * characters is a hash, and every three of ASCII, where a pair says little. A line that is found
 * whole is one hash.
 *
 * Invariants: an entry that a term is in has all hashes of the term: hashes may find too much,
 *             never too little.
 * Trust: entries are hostile; a hash that collides costs time and brings nothing wrong, for what is
 *        found is compared with the text itself.
 */
#include "index_private.h"

#include <string.h>
#include <zlib.h>

/* Folded octets of a field that are searched: room for a thousand recipients. Lines beyond are left
 * out. */
#define FIELD_OCTETS_MAX (64u * 1024u)

/* Of the hash: the golden ratio, of 64 bits. */
#define MULTIPLIER G_GUINT64_CONSTANT(0x9E3779B97F4A7C15)

/* Date and first group of an id, as it is read out on the telephone. */
#define ID_BEGINNING 14

void
mugai_words_clear(MugaiWords *words)
{
    for (gsize i = 0; i < FIELDS; i++)
        g_clear_pointer(&words->fields[i], g_free);
}

char *
mugai_words_fold(const char *text)
{
    g_autofree char *valid = NULL;
    g_autofree char *normal = NULL;
    g_autofree char *folded = NULL;

    if (g_str_is_ascii(text)) /* the same, quicker: most is addresses */
        return g_ascii_strdown(text, -1);
    valid = g_utf8_make_valid(text, -1);
    normal = g_utf8_normalize(valid, -1, G_NORMALIZE_NFKC);
    folded = g_utf8_casefold(normal, -1);
    /* Folding may have taken it apart again. */
    return g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC);
}

char *
mugai_words_fold_message_id(const char *message_id)
{
    char *folded = g_strstrip(mugai_words_fold(message_id));
    gsize length = strlen(folded);

    if (length >= 2 && folded[0] == '<' && folded[length - 1] == '>') {
        memmove(folded, folded + 1, length - 2);
        folded[length - 2] = '\0';
    }
    return folded;
}

/* --- the text of an entry --- */

/* A line each, so that no search finds what spans two of them. */
static void
append_line(GString *text, const char *line)
{
    g_autofree char *folded = line[0] != '\0' ? mugai_words_fold(line) : NULL;

    if (folded != NULL && text->len + strlen(folded) < FIELD_OCTETS_MAX) {
        g_string_append(text, folded);
        g_string_append_c(text, '\n');
    }
}

/* Whether something was kept from the reader: an alternative that is not shown was not. */
static gboolean
is_withheld(const MugaiPart *part)
{
    return part->disposition == MUGAI_UNREADABLE ||
           (part->disposition == MUGAI_REMOVED && !g_str_equal(part->reason, "alternative"));
}

static void
append_report(GString *const texts[FIELDS], const MugaiReport *report)
{
    g_autofree char *message_id = mugai_words_fold_message_id(report->message_id);
    gboolean withheld = FALSE;

    for (guint i = 0; i < report->parts->len; i++) {
        const MugaiPart *part = report->parts->pdata[i];

        append_line(texts[FIELD_NAME], part->name);
        withheld |= is_withheld(part);
    }
    append_line(texts[FIELD_MESSAGE_ID], message_id);
    if (withheld)
        append_line(texts[FIELD_MARK], MUGAI_WORD_REMOVED);
    if (report->warnings->len > 0)
        append_line(texts[FIELD_MARK], MUGAI_WORD_WARNINGS);
}

void
mugai_words_of_entry(const MugaiEntry *entry, MugaiWords *ret_words)
{
    const MugaiEnvelope *envelope = entry->envelope;
    g_autoptr(MugaiReport) report = mugai_entry_report(entry);
    g_autofree char *state = g_strconcat(MUGAI_WORD_STATE, entry->state, NULL);
    g_autofree char *beginning = g_strndup(entry->id.text, ID_BEGINNING);
    GString *texts[FIELDS];

    for (gsize i = 0; i < FIELDS; i++)
        texts[i] = g_string_new(NULL);
    append_line(texts[FIELD_FROM], entry->from);
    append_line(texts[FIELD_FROM], envelope->sender);
    for (guint i = 0; i < envelope->recipients->len; i++)
        append_line(texts[FIELD_TO], envelope->recipients->pdata[i]);
    append_line(texts[FIELD_SUBJECT], entry->sealed ? "" : entry->subject);
    append_line(texts[FIELD_MARK], entry->sealed ? MUGAI_WORD_SEALED : "");
    append_line(texts[FIELD_ID], entry->id.text);
    append_line(texts[FIELD_ID], beginning);
    append_line(texts[FIELD_QUEUE_ID], envelope->queue_id);
    append_line(texts[FIELD_MARK], state);
    if (report != NULL)
        append_report(texts, report);
    for (gsize i = 0; i < FIELDS; i++)
        ret_words->fields[i] = g_string_free(texts[i], FALSE);
}

gboolean
mugai_words_has_line(const MugaiWords *words, Field field, const char *folded)
{
    gsize length = strlen(folded);
    const char *line = words->fields[field];
    const char *end = NULL;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        if ((gsize)(end - line) == length && memcmp(line, folded, length) == 0)
            return TRUE;
    }
    return FALSE;
}

/* --- hashes --- */

static guint32
hash(Field field, const gunichar *characters, gsize count)
{
    guint64 mixed = ((guint64)field + 1) * MULTIPLIER;

    for (gsize i = 0; i < count; i++) {
        mixed = (mixed ^ characters[i]) * MULTIPLIER;
        mixed ^= mixed >> 29;
    }
    return (guint32)(mixed >> 16);
}

static void
append_hash(GArray *hashes, Field field, const gunichar *characters, gsize count)
{
    guint32 value = hash(field, characters, count);

    g_array_append_val(hashes, value);
}

static gboolean
is_ascii(const gunichar *characters, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (characters[i] >= 0x80)
            return FALSE;
    }
    return TRUE;
}

/* Every two, and every three of ASCII. */
static void
hash_text(Field field, const char *text, GArray *hashes)
{
    glong length = 0;
    g_autofree gunichar *characters = g_utf8_to_ucs4_fast(text, -1, &length);

    for (glong i = 0; i + 1 < length; i++) {
        const gunichar *at = characters + i;

        if (at[0] == '\n' || at[1] == '\n')
            continue;
        append_hash(hashes, field, at, 2);
        if (i + 2 < length && at[2] != '\n' && is_ascii(at, 3))
            append_hash(hashes, field, at, 3);
    }
}

static void
hash_lines(Field field, const char *text, GArray *hashes)
{
    const char *end = NULL;

    for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        g_autofree char *line = g_strndup(text, (gsize)(end - text));
        guint32 value = mugai_words_hash_line(field, line);

        g_array_append_val(hashes, value);
    }
}

guint32
mugai_words_checksum(const MugaiWords *words)
{
    uLong checksum = 0;

    for (gsize i = 0; i < FIELDS; i++)
        checksum = crc32_z(checksum, (const Bytef *)words->fields[i], strlen(words->fields[i]) + 1);
    return (guint32)checksum;
}

gboolean
mugai_words_of_row(sqlite3_stmt *row, int first, MugaiWords *ret_words)
{
    for (int i = 0; i < FIELDS; i++) {
        const char *text = (const char *)sqlite3_column_text(row, first + i);

        ret_words->fields[i] = (char *)(guintptr)(text != NULL ? text : "");
    }
    return sqlite3_column_int64(row, first + FIELDS) == mugai_words_checksum(ret_words);
}

void
mugai_words_hash(const MugaiWords *words, GArray *hashes)
{
    for (Field field = 0; field < FIELDS; field++) {
        if (field < FIELDS_OF_TEXT)
            hash_text(field, words->fields[field], hashes);
        else
            hash_lines(field, words->fields[field], hashes);
    }
}

void
mugai_words_hash_term(Field field, const char *folded, GArray *hashes)
{
    glong length = 0;
    g_autofree gunichar *characters = g_utf8_to_ucs4_fast(folded, -1, &length);

    /* Three of ASCII stand for the pairs in them. */
    for (glong i = 0; i + 1 < length; i++) {
        const gunichar *at = characters + i;
        gboolean before = i > 0 && is_ascii(at - 1, 3);
        gboolean after = i + 2 < length && is_ascii(at, 3);

        if (after)
            append_hash(hashes, field, at, 3);
        else if (!before)
            append_hash(hashes, field, at, 2);
    }
}

guint32
mugai_words_hash_line(Field field, const char *folded)
{
    glong length = 0;
    g_autofree gunichar *characters = g_utf8_to_ucs4_fast(folded, -1, &length);

    return hash(field, characters, (gsize)length);
}
