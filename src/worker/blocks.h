/* blocks.h - files that hide in text: uuencode, yEnc, BinHex, armour, raw base64, MIME pasted into text */
#pragma once

#include <glib.h>

/* One block found. */
typedef struct {
    const char *type;   /* media type it stands for, static */
    char *name;         /* as written there, hostile; "" without one */
    const char *octets; /* the block's lines in the text */
    gsize length;
} MugaiBlock;

/* Told of each block, in order; returns the line to put in its place (newly allocated, without line end), or NULL. */
typedef char *(*MugaiBlockFunc)(const MugaiBlock *block, gpointer data);

/* The text without its blocks, newly allocated. Linear. */
GString *mugai_blocks_take_out(const char *utf8, gsize length, MugaiBlockFunc found, gpointer data);
