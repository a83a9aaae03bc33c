/* blocks.h - files that hide in text: uuencode, yEnc, BinHex, armour, raw base64, MIME pasted into
 * text */
#pragma once

#include <glib.h>

/* One block found. */
typedef struct {
    const char *type;   /* media type it stands for, static */
    char *name;         /* as written there, hostile; "" without one */
    const char *octets; /* the block's lines in the text */
    gsize length;
} MugaiBlock;

/* Told of each block, in order, and where in the text without blocks it stood. */
typedef void (*MugaiBlockFunc)(const MugaiBlock *block, gsize offset, gpointer data);

/* Whether @octets, in any charset, hold yEnc: its octets have no charset, so they must go before
 * the text is decoded. */
gboolean mugai_blocks_has_yenc(const char *octets, gsize length);

/* The text without its blocks, newly allocated. Linear. */
GString *mugai_blocks_take_out(const char *utf8, gsize length, MugaiBlockFunc found, gpointer data);
