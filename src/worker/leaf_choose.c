/*
 * leaf_choose.c - which of two alternatives is shown
 *
 * The plain text, unless the administrator wants HTML or the plain one says next to nothing. Two
 * texts are compared as sets of letter pairs, which needs no words and so works for Japanese.
 *
 * Invariants: 1. HTML without a letter is never chosen, nor plain text without one beside HTML with
 *                some;
 *             2. memory is constant, and of each text only the beginning is read.
 * Trust: both texts are what filters made of hostile octets. A sender who says one thing in plain
 * text and another in HTML gets the reader a warning.
 * Limits: two texts differ when they share less than half; one changed word is not noticed.
 */
#include "leaf.h"

#include <string.h>

/* The bigrams of a text without blanks and link targets, as a set of hashes. */
#define BIGRAM_BITS 16u
#define COMPARED_OCTETS (64u * 1024u)

typedef struct {
    guint64 set[1u << (BIGRAM_BITS - 6)];
    guint members;
    gsize characters;
} Bigrams;

static void
collect_bigrams(const MugaiText *text, Bigrams *bigrams)
{
    const char *p = mugai_text_string(text);
    const char *end = p + MIN(mugai_text_length(text), COMPARED_OCTETS);
    gunichar last = 0;

    *bigrams = (Bigrams){0};
    for (; p < end && *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        guint32 hash = 0;

        if (*p == '<' && strncmp(p, "<http", 5) == 0) {
            p += strcspn(p, ">\n");
            if (*p == '\0')
                return;
            continue;
        }
        if (!mugai_text_is_japanese(c)) {
            if (!g_unichar_isalnum(c))
                continue;
            c = g_unichar_tolower(c);
        }
        hash = (last * 2654435761u ^ c * 40503u * 65537u) >> (32 - BIGRAM_BITS);
        bigrams->members += (guint)(~bigrams->set[hash >> 6] >> (hash & 63) & 1);
        bigrams->set[hash >> 6] |= 1ull << (hash & 63);
        bigrams->characters++;
        last = c;
    }
}

/* How many bigrams are in both. */
static guint
count_common(const Bigrams *a, const Bigrams *b)
{
    guint common = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(a->set); i++) {
        for (guint64 left = a->set[i] & b->set[i]; left != 0; left &= left - 1)
            common++;
    }
    return common;
}

/* Whether less than half of either is in the other. */
static gboolean
differ(const Bigrams *a, const Bigrams *b)
{
    guint common = 0;

    if (a->characters == 0 || b->characters == 0)
        return FALSE;
    common = count_common(a, b);
    return common * 100 / a->members < 50 && common * 100 / b->members < 50;
}

/* A plain text that only says "view this in a browser". */
static gboolean
is_stub(const Bigrams *plain, const Bigrams *html)
{
    return plain->characters == 0 ||
           (plain->characters < 300 && plain->characters * 3 < html->characters);
}

MugaiAlternative
mugai_leaf_choose(const MugaiLeaf *plain, const MugaiLeaf *html, const MugaiSettings *settings,
                  MugaiReport *report)
{
    Bigrams *sets = g_new(Bigrams, 2);
    MugaiAlternative choice = MUGAI_ALTERNATIVE_PLAIN;

    collect_bigrams(plain->text, &sets[0]);
    collect_bigrams(html->text, &sets[1]);
    if (sets[1].characters > 0 &&
        (settings->body == MUGAI_BODY_HTML || is_stub(&sets[0], &sets[1])))
        choice = MUGAI_ALTERNATIVE_HTML;
    else if (differ(&sets[0], &sets[1]))
        mugai_report_remark(report->warnings, "differs",
                            "plain and HTML text say different things");
    g_free(sets);
    return choice;
}
