/* leaf_blocks.h - files that hide in a leaf's text: out of the text, into the report; for leaf.c
 * alone */
#pragma once

#include "leaf.h"

/* Takes yEnc out of the decoded @octets of @node, in place, and adds its blocks to @report: yEnc
 * has no charset, so it goes before there is one. Returns how many blocks went. */
guint mugai_leaf_take_out_yenc(const MugaiNode *node, GString *octets,
                               const MugaiSettings *settings, MugaiReport *report);

/* Takes the files that hide in @text, a text of @node, out of it and adds them to @report; where
 * they were is appended to @gaps (of MugaiGap) unless NULL. @number: blocks found in the part
 * before. */
void mugai_leaf_take_out_blocks(MugaiText *text, GArray *gaps, guint number, const MugaiNode *node,
                                const MugaiSettings *settings, MugaiReport *report);
