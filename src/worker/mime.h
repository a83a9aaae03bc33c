/* mime.h - raw octets to a bounded tree of parts; the only reader of MIME structure */
#pragma once

#include "params.h"

#include <gmime/gmime.h>
#include <mugai/config.h>
#include <mugai/report.h>

typedef enum {
    MUGAI_NODE_LEAF = 0,
    MUGAI_NODE_MULTIPART,
    MUGAI_NODE_MESSAGE, /* message/rfc822: one child, its content */
} MugaiNodeKind;

/**
 * MugaiNode:
 * A part of the message: what its headers say of it, and for leaves where its octets are. Hostile
 * throughout.
 */
typedef struct MugaiNode {
    MugaiNodeKind kind;
    struct MugaiNode *parent; /* NULL at the top */
    char *path;               /* as IMAP numbers parts */
    char *type;               /* "text/plain", lower case, clean; never empty */
    char *declared_type;      /* as the header says, "" without one */
    MugaiValue *content_type;
    char *disposition; /* "attachment", "inline", ... lower case, "" without one */
    char *name;        /* decoded, one clean line, "" without one */
    gboolean
        unreadable; /* ambiguous in a way that leaves no meaning: its octets may not be shown */
    gboolean
        doubtful; /* its encoding is none that we know: shown only if it does not look encoded */
    gboolean beyond_limit; /* nested deeper than the limit */
    GMimeContentEncoding encoding;
    GMimeMessage *message; /* MESSAGE: the inner one; borrowed */
    GMimePart *part;       /* LEAF: borrowed; NULL when it has no content that can be had */
    GMimeMessage *again;   /* what was parsed a second time to find the children; owned, or NULL */
    char *outside; /* MULTIPART: what stands before the first and after the last delimiter, raw; or
                      NULL */
    GPtrArray *children; /* of MugaiNode */
} MugaiNode;

/**
 * MugaiTree:
 * The whole message. Remarks go to the report given to mugai_tree_parse().
 */
typedef struct {
    GMimeMessage *message; /* NULL if there is nothing at all that could be read */
    MugaiNode *root;       /* NULL likewise */
    guint skipped;         /* leaves beyond the limit: not in the tree */
} MugaiTree;

/* Parses the message in @stream. Total: what cannot be a message is one leaf without headers. */
MugaiTree *mugai_tree_parse(GMimeStream *stream, const MugaiSettings *settings,
                            MugaiReport *report);
void mugai_tree_free(MugaiTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiTree, mugai_tree_free)

/* The leaf with @path, or NULL. */
MugaiNode *mugai_tree_find(MugaiTree *tree, const char *path);
