/* leaf_type.h - what a leaf says it is, and what it is in truth; for leaf.c alone */
#pragma once

#include "leaf.h"

/* Why a leaf of @type that has no filter is removed: a key of the notice's group [reason], static.
 */
const char *mugai_leaf_removal_reason(const char *type);

/* A leaf that is not shown is named by @truth, what truetype.c found it to be. Where that is
 * something else than its headers and name say, a warning is added to @report. */
void mugai_leaf_set_true_type(MugaiLeaf *leaf, const char *truth, MugaiReport *report);
