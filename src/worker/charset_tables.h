/*
 * charset_tables.h - the indexes of the WHATWG Encoding Standard, made at build time by
 * charset_make.c
 *
 * Indexed by the standard's "pointer"; 0 is "nothing there".
 */
#pragma once

#include <glib.h>
#include <mugai/charset.h>

G_BEGIN_DECLS

#define MUGAI_JIS0208_SIZE 11280
#define MUGAI_JIS0212_SIZE 8836
#define MUGAI_GB18030_SIZE 23940
#define MUGAI_EUC_KR_SIZE 23940
#define MUGAI_BIG5_SIZE 19782
#define MUGAI_GB18030_RANGES 206

extern const guint16 mugai_charset_single[MUGAI_CHARSET_COUNT][128];
extern const guint16 mugai_charset_jis0208[MUGAI_JIS0208_SIZE];
extern const guint16 mugai_charset_jis0212[MUGAI_JIS0212_SIZE];
extern const guint16 mugai_charset_gb18030[MUGAI_GB18030_SIZE];
extern const guint16 mugai_charset_euc_kr[MUGAI_EUC_KR_SIZE];
extern const guint32 mugai_charset_big5[MUGAI_BIG5_SIZE];

/* Four-octet GB18030 of the basic plane: from @pointer on, code points count up from @code. */
typedef struct {
    guint16 pointer;
    guint16 code;
} MugaiGbRange;
extern const MugaiGbRange mugai_charset_gb18030_ranges[MUGAI_GB18030_RANGES];

G_END_DECLS
