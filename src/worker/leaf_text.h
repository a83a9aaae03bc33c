/* leaf_text.h - the octets of a leaf to the UTF-8 that a filter reads; for leaf.c alone */
#pragma once

#include "mime.h"

#include <mugai/charset.h>

/* What @octets, the decoded octets of @node, are written in; a label that nobody knows is a warning
 * in @report. Never NONE. */
MugaiCharset mugai_leaf_find_charset(const MugaiNode *node, const GString *octets,
                                     MugaiReport *report);

/* Whether @octets, in @charset, are text that may be shown. @ret_truth: the type that libmagic
 * found, static until it is asked again, where it was asked; else untouched. */
gboolean mugai_leaf_is_text(const MugaiNode *node, const GString *octets, MugaiCharset charset,
                            const char **ret_truth);

/* @octets as the filter for @node's type wants them, newly allocated: valid UTF-8, lines end in LF.
 * @ret_undecodable: U+FFFD that decoding put in. */
GString *mugai_leaf_make_utf8(const MugaiNode *node, const GString *octets, MugaiCharset charset,
                              gsize *ret_undecodable);
