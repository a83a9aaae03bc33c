/* decode.h - the transfer encoding of a leaf undone, and watched for what decoders disagree about
 */
#pragma once

#include "mime.h"

/* Takes decoded octets; FALSE stops the decoding. */
typedef gboolean (*MugaiOctetsFunc)(const char *octets, gsize length, gpointer data);

/* What decoding noticed. */
typedef struct {
    guint64 size; /* decoded octets */
    char sha256[65];
    gboolean broken; /* the transfer encoding was not what it should be, some of the octets are
                        guessed */
} MugaiDecoded;

/* Decodes the transfer encoding of @leaf and hands the octets to @sink (may be NULL). */
void mugai_leaf_decode(const MugaiNode *leaf, MugaiOctetsFunc sink, gpointer data,
                       MugaiDecoded *ret_decoded);
