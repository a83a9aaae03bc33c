/* render.h - the tree to the text of the output: body, sections, notice */
#pragma once

#include "leaf.h"
#include "mime.h"

#include <mugai/compose.h>
#include <mugai/id.h>

/* What is collected while the tree is written. */
typedef struct {
    const MugaiSettings *settings;
    MugaiReport *report;
    GHashTable *leaves;     /* MugaiNode -> MugaiLeaf */
    MugaiText *text;        /* the body so far */
    gsize missing;          /* octets that had no room in it */
    GPtrArray *sections;    /* of MugaiLeaf: attachments to show after the body */
    GPtrArray *false_types; /* of MugaiPart: in truth something else than they say */
    MugaiCleaned cleaned;
    gsize undecodable;
    gsize hidden;
    gsize deceptive;
    gboolean converted;
    gboolean alternative;
    gboolean shown; /* there is text of the message */
} MugaiRendering;

/* The whole text, lines ending in LF, never empty; fills the parts, ambiguities and warnings of
 * @report. */
GString *mugai_render(MugaiTree *tree, const MugaiSettings *settings, const MugaiId *id,
                      MugaiReport *report);

/* Appends the notice that closes every message (closing.c). */
void mugai_render_closing(MugaiText *notice, const MugaiRendering *rendering, const MugaiId *id);
