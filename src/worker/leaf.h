/* leaf.h - one leaf of the tree: measured, hashed, and made into text where that is allowed */
#pragma once

#include "mime.h"

#include <mugai/filter.h>
#include <mugai/text.h>

/* Where a block was taken out of a text. */
typedef struct {
    gsize offset;          /* in the text that is left */
    const MugaiPart *part; /* the block, in the report */
} MugaiGap;

typedef struct {
    MugaiPart *part;     /* its line in the report; owned by the report */
    MugaiText *text;     /* what a filter made of it; NULL if it is not shown */
    GArray *gaps;        /* of MugaiGap, ascending; NULL without any */
    gboolean is_section; /* an attachment: shown after the body, under its name */
    gboolean false_type; /* in truth something else than its headers and name say */
    gsize undecodable;   /* U+FFFD that decoding put in */
    MugaiFilterNotes notes;
} MugaiLeaf;

void mugai_leaf_free(MugaiLeaf *leaf);

/* Reads @node, adds its part and its ambiguities to @report. @budget: octets of text all leaves
 * together may still hold, counted down. */
MugaiLeaf *mugai_leaf_read(const MugaiNode *node, const MugaiSettings *settings,
                           MugaiReport *report, gsize *budget);

/* The text that stands outside of the parts of @node, as plain text without blocks; NULL if there
 * is none. Blocks found in it are added to @report. */
MugaiText *mugai_leaf_read_outside(const MugaiNode *node, const MugaiSettings *settings,
                                   MugaiReport *report);

typedef enum {
    MUGAI_ALTERNATIVE_PLAIN = 0,
    MUGAI_ALTERNATIVE_HTML,
} MugaiAlternative;

/* Which of two alternatives is shown; a warning is added when they say different things. */
MugaiAlternative mugai_leaf_choose(const MugaiLeaf *plain, const MugaiLeaf *html,
                                   const MugaiSettings *settings, MugaiReport *report);

/* The key in the notice's group [type] for a media type: "image", "document", ... "data". */
const char *mugai_leaf_type_word(const char *type);

/* The name of @part for a reader: its own, or the notice's word for none. */
const char *mugai_leaf_shown_name(const MugaiPart *part, const MugaiSettings *settings);
