/* query_private.h - a query as the index works with it */
#pragma once

#include "index_private.h"

G_BEGIN_DECLS

/* A query, folded. */
typedef struct {
    GArray *conditions; /* of Condition; all must hold, see query.c */
    GPtrArray *demands; /* of alternatives (GPtrArray of GArray of guint32): an entry that matches
                           has, for each demand, all hashes of one alternative */
    int marks;          /* MUGAI_MARK_*, all must be set */
    gint64 since, until;
    gboolean unlocked; /* set before: a sealed entry may match by what is sealed */
} Search;

void mugai_search_clear(Search *search);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, mugai_search_clear)

/* USAGE for a term that is too short or too long. */
gboolean mugai_search_init(Search *search, const MugaiQuery *query, GError **error);
/* Whether all conditions hold. */
gboolean mugai_search_matches(const Search *search, const MugaiWords *words);
/* Whether they hold, or may where the words are those of an entry that is sealed. */
gboolean mugai_search_may_match(const Search *search, const MugaiWords *words);

gboolean mugai_bits_is_empty(const MugaiBits *bits);
/* Sets @ret_bits to the rows of @chunk that may match. */
gboolean mugai_search_find(MugaiIndex *index, const Search *search, gint64 chunk,
                           MugaiBits *ret_bits, GError **error);
/* Sorts the hashes of @search: those that fewest rows of @chunk have come first. */
gboolean mugai_search_sort(MugaiIndex *index, Search *search, gint64 chunk, GError **error);

G_END_DECLS
