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
} Search;

void mugai_search_clear(Search *search);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, mugai_search_clear)

/* USAGE for a term that is too short or too long. */
gboolean mugai_search_init(Search *search, const MugaiQuery *query, GError **error);
/* Whether all conditions hold. */
gboolean mugai_search_matches(const Search *search, const MugaiWords *words);

G_END_DECLS
