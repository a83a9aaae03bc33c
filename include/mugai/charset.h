/*
 * charset.h - octets of any age to UTF-8, as browsers decode them (WHATWG Encoding Standard)
 *
 * The tables are made when mugai is built and are part of the program: decoding opens no file and
 * needs no converter.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An encoding of the Encoding Standard; 0 is none. */
typedef enum {
    MUGAI_CHARSET_NONE = 0,
    MUGAI_CHARSET_UTF_8,
    MUGAI_CHARSET_IBM866,
    MUGAI_CHARSET_ISO_8859_2,
    MUGAI_CHARSET_ISO_8859_3,
    MUGAI_CHARSET_ISO_8859_4,
    MUGAI_CHARSET_ISO_8859_5,
    MUGAI_CHARSET_ISO_8859_6,
    MUGAI_CHARSET_ISO_8859_7,
    MUGAI_CHARSET_ISO_8859_8,
    MUGAI_CHARSET_ISO_8859_8_I,
    MUGAI_CHARSET_ISO_8859_10,
    MUGAI_CHARSET_ISO_8859_13,
    MUGAI_CHARSET_ISO_8859_14,
    MUGAI_CHARSET_ISO_8859_15,
    MUGAI_CHARSET_ISO_8859_16,
    MUGAI_CHARSET_KOI8_R,
    MUGAI_CHARSET_KOI8_U,
    MUGAI_CHARSET_MACINTOSH,
    MUGAI_CHARSET_WINDOWS_874,
    MUGAI_CHARSET_WINDOWS_1250,
    MUGAI_CHARSET_WINDOWS_1251,
    MUGAI_CHARSET_WINDOWS_1252,
    MUGAI_CHARSET_WINDOWS_1253,
    MUGAI_CHARSET_WINDOWS_1254,
    MUGAI_CHARSET_WINDOWS_1255,
    MUGAI_CHARSET_WINDOWS_1256,
    MUGAI_CHARSET_WINDOWS_1257,
    MUGAI_CHARSET_WINDOWS_1258,
    MUGAI_CHARSET_X_MAC_CYRILLIC,
    MUGAI_CHARSET_GBK,
    MUGAI_CHARSET_GB18030,
    MUGAI_CHARSET_BIG5,
    MUGAI_CHARSET_EUC_JP,
    MUGAI_CHARSET_ISO_2022_JP,
    MUGAI_CHARSET_SHIFT_JIS,
    MUGAI_CHARSET_EUC_KR,
    MUGAI_CHARSET_UTF_16BE,
    MUGAI_CHARSET_UTF_16LE,
    MUGAI_CHARSET_COUNT
} MugaiCharset;

/* Decodes a known character of each family. SYSTEM, naming the charset, if a table is not what it
 * should be. */
gboolean mugai_charset_warm_up(GError **error);

/* The encoding for a label ("Shift-JIS", " latin1 ", "cp932"): the standard's table and what mail
 * adds to it. NONE if unknown; UTF-7 and HZ are unknown on purpose. @length -1: up to NUL. */
MugaiCharset mugai_charset_for_label(const char *label, gssize length);
/* The standard's name ("Shift_JIS"), static. */
const char *mugai_charset_name(MugaiCharset charset);

/* Which encoding @octets are really in, given what the label said (NONE: no or unknown label).
 * Believes a label that can be true; recognises UTF-8, UTF-16 with mark, ISO-2022-JP, Shift_JIS and
 * EUC-JP under us-ascii, iso-8859-1, windows-1252, utf-8 and no label. Never NONE. */
MugaiCharset mugai_charset_recognise(const guint8 *octets, gsize length, MugaiCharset labelled);

/* Appends @octets decoded to @utf8. Total; what cannot be decoded becomes U+FFFD as the standard
 * says. Returns how many U+FFFD that were. A byte order mark of the charset is dropped. */
gsize mugai_charset_decode(MugaiCharset charset, const guint8 *octets, gsize length, GString *utf8);

G_END_DECLS
