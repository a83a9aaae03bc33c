/*
 * params.h - "value; name=value; ..." of Content-Type and Content-Disposition, as the world writes
 * them
 *
 * Not GMime's own reader: it decodes parameters with the charset the sender names, through
 * converters of its own that lose what real Japanese mail is full of, and does not say which
 * continuations were missing, repeated or out of order.
 */
#pragma once

#include <glib.h>

typedef struct {
    char *value;       /* "text/plain": lower case, no blanks, clean; "" if there is none */
    GPtrArray *params; /* of MugaiParam, in order of appearance */
    gboolean repeated; /* a parameter stands there twice with different values; the first counts */
    gboolean discontinuous; /* RFC 2231 continuations missing, repeated or out of order */
    gboolean encoded_words; /* an encoded word outside of a name: RFC 2047 section 5 forbids it */
    gboolean malformed;     /* junk between parameters, a quote or comment left open */
} MugaiValue;

typedef struct {
    char *name;        /* lower case, clean, without "*0*" */
    char *value;       /* decoded UTF-8, not clean */
    gboolean extended; /* it came in a form of RFC 2231 */
} MugaiParam;

/* Reads @raw (NUL-terminated, folds allowed). Total, linear. */
MugaiValue *mugai_value_parse(const char *raw);
void mugai_value_free(MugaiValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiValue, mugai_value_free)

/* The first parameter @name, or NULL. */
const char *mugai_value_get(const MugaiValue *value, const char *name);

/* Whether parameter @name was written in a form of RFC 2231. */
gboolean mugai_value_is_extended(const MugaiValue *value, const char *name);
