/* filter.h - a filter makes clean text from one part: rebuilt from what it understood, never edited
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/text.h>

G_BEGIN_DECLS

/* What a filter noticed beside the text. Zeroed by the caller. */
typedef struct {
    gsize hidden_characters; /* text a reader would not have seen, left out */
    gsize deceptive_links;   /* shown host differs from the target's */
    gboolean unreadable;     /* nothing of it could be understood */
    gboolean truncated;      /* the filter stopped at a limit; what is there is true but not all */
} MugaiFilterNotes;

/* Appends to @text what a person would have read in the part. @utf8: the part, decoded to valid
 * UTF-8, hostile; total: every input gives some text or none. Linear in @length. The text may hold
 * characters that are not clean (composing cleans them), lines end in LF. Links are written as they
 * are; making them inert is a later stage. */
typedef void (*MugaiFilter)(const char *utf8, gsize length, const MugaiSettings *settings,
                            MugaiText *text, MugaiFilterNotes *notes);

void mugai_filter_plain(const char *utf8, gsize length, const MugaiSettings *settings,
                        MugaiText *text, MugaiFilterNotes *notes);
void mugai_filter_html(const char *utf8, gsize length, const MugaiSettings *settings,
                       MugaiText *text, MugaiFilterNotes *notes);

void mugai_filter_calendar(const char *utf8, gsize length, const MugaiSettings *settings,
                           MugaiText *text, MugaiFilterNotes *notes);
void mugai_filter_card(const char *utf8, gsize length, const MugaiSettings *settings,
                       MugaiText *text, MugaiFilterNotes *notes);

void mugai_filter_fields(const char *utf8, gsize length, const MugaiSettings *settings,
                         MugaiText *text, MugaiFilterNotes *notes);

/* @utf8 of a text/plain; format=flowed with its soft line breaks undone (RFC 3676); @delete_space:
 * DelSp=yes. */
GString *mugai_flowed_unwrap(const char *utf8, gsize length, gboolean delete_space);

/* Initialises what the filters need, once per process, before any part. */
void mugai_filter_warm_up(void);

/* The filter for a media type ("text/html", lower case), by the allow-list in media.h, or NULL:
 * then the part is removed. */
MugaiFilter mugai_filter_for_type(const char *type);

G_END_DECLS
