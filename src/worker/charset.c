/*
 * charset.c - octets of any age to UTF-8, as browsers decode them
 *
 * Implements the WHATWG Encoding Standard on tables that were made when mugai was built
 * (charset_make.c): no converter of the C library is called, no file is opened, nothing is
 * allocated but the text.
 *
 * Invariants: decoding is total and gives valid UTF-8; each U+FFFD it puts in is counted; time is
 * linear. Trust: all octets are hostile. Limits: what encoding octets are in is decided in
 * charset_recognise.c; decoding believes its caller.
 */
#include <mugai/charset.h>
#include <mugai/error.h>

#include "charset_sink.h"
#include "charset_tables.h"

static const char *const names[MUGAI_CHARSET_COUNT] = {
    [MUGAI_CHARSET_NONE] = "unknown",
    [MUGAI_CHARSET_UTF_8] = "UTF-8",
    [MUGAI_CHARSET_IBM866] = "IBM866",
    [MUGAI_CHARSET_ISO_8859_2] = "ISO-8859-2",
    [MUGAI_CHARSET_ISO_8859_3] = "ISO-8859-3",
    [MUGAI_CHARSET_ISO_8859_4] = "ISO-8859-4",
    [MUGAI_CHARSET_ISO_8859_5] = "ISO-8859-5",
    [MUGAI_CHARSET_ISO_8859_6] = "ISO-8859-6",
    [MUGAI_CHARSET_ISO_8859_7] = "ISO-8859-7",
    [MUGAI_CHARSET_ISO_8859_8] = "ISO-8859-8",
    [MUGAI_CHARSET_ISO_8859_8_I] = "ISO-8859-8-I",
    [MUGAI_CHARSET_ISO_8859_10] = "ISO-8859-10",
    [MUGAI_CHARSET_ISO_8859_13] = "ISO-8859-13",
    [MUGAI_CHARSET_ISO_8859_14] = "ISO-8859-14",
    [MUGAI_CHARSET_ISO_8859_15] = "ISO-8859-15",
    [MUGAI_CHARSET_ISO_8859_16] = "ISO-8859-16",
    [MUGAI_CHARSET_KOI8_R] = "KOI8-R",
    [MUGAI_CHARSET_KOI8_U] = "KOI8-U",
    [MUGAI_CHARSET_MACINTOSH] = "macintosh",
    [MUGAI_CHARSET_WINDOWS_874] = "windows-874",
    [MUGAI_CHARSET_WINDOWS_1250] = "windows-1250",
    [MUGAI_CHARSET_WINDOWS_1251] = "windows-1251",
    [MUGAI_CHARSET_WINDOWS_1252] = "windows-1252",
    [MUGAI_CHARSET_WINDOWS_1253] = "windows-1253",
    [MUGAI_CHARSET_WINDOWS_1254] = "windows-1254",
    [MUGAI_CHARSET_WINDOWS_1255] = "windows-1255",
    [MUGAI_CHARSET_WINDOWS_1256] = "windows-1256",
    [MUGAI_CHARSET_WINDOWS_1257] = "windows-1257",
    [MUGAI_CHARSET_WINDOWS_1258] = "windows-1258",
    [MUGAI_CHARSET_X_MAC_CYRILLIC] = "x-mac-cyrillic",
    [MUGAI_CHARSET_GBK] = "GBK",
    [MUGAI_CHARSET_GB18030] = "gb18030",
    [MUGAI_CHARSET_BIG5] = "Big5",
    [MUGAI_CHARSET_EUC_JP] = "EUC-JP",
    [MUGAI_CHARSET_ISO_2022_JP] = "ISO-2022-JP",
    [MUGAI_CHARSET_SHIFT_JIS] = "Shift_JIS",
    [MUGAI_CHARSET_EUC_KR] = "EUC-KR",
    [MUGAI_CHARSET_UTF_16BE] = "UTF-16BE",
    [MUGAI_CHARSET_UTF_16LE] = "UTF-16LE",
};

const char *
mugai_charset_name(MugaiCharset charset)
{
    g_return_val_if_fail(charset >= 0 && charset < MUGAI_CHARSET_COUNT, names[MUGAI_CHARSET_NONE]);
    return names[charset];
}

/* What the second octet of a UTF-8 sequence may be (Unicode, table 3-7); beyond it all are 80 to
 * BF. */
static gboolean
utf_8_second_fits(guint8 lead, guint8 second)
{
    guint8 low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    guint8 high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    return sink_between(second, low, high);
}

gsize
mugai_charset_utf_8_sequence(const guint8 *octets, gsize length, gboolean *ret_whole)
{
    guint8 lead = octets[0];
    gsize need = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
    gsize have = 1;

    if (need > 1 && length > 1 && utf_8_second_fits(lead, octets[1]))
        have = 2;
    while (have > 1 && have < need && have < length && sink_between(octets[have], 0x80, 0xBF))
        have++;
    *ret_whole = need > 1 && have == need;
    return have;
}

/* All sequences up to the next ASCII octet or error; one U+FFFD for each maximal beginning of a
 * sequence, as the standard has it. */
static gsize
step_utf_8(const guint8 *octets, gsize length, Sink *sink)
{
    gboolean whole = TRUE;
    gsize valid = 0;
    gsize taken = 0;

    while (whole && valid < length && octets[valid] >= 0x80) {
        taken = mugai_charset_utf_8_sequence(octets + valid, length - valid, &whole);
        valid += whole ? taken : 0;
    }
    sink_run(sink, octets, valid);
    if (!whole)
        sink_replace(sink);
    return whole ? valid : valid + taken;
}

static void
decode_steps(SinkStep step, const guint8 *octets, gsize length, Sink *sink)
{
    gsize i = 0;

    while (i < length) {
        gsize run = sink_ascii_run(octets + i, length - i);
        sink_run(sink, octets + i, run);
        i += run;
        if (i < length)
            i += step(octets + i, length - i, sink);
    }
}

static void
decode_single(const guint16 table[128], const guint8 *octets, gsize length, Sink *sink)
{
    gsize i = 0;

    while (i < length) {
        gsize run = sink_ascii_run(octets + i, length - i);
        sink_run(sink, octets + i, run);
        for (i += run; i < length && octets[i] >= 0x80; i++) {
            if (table[octets[i] - 0x80] != 0)
                sink_put(sink, table[octets[i] - 0x80]);
            else
                sink_replace(sink);
        }
    }
}

static gboolean
is_surrogate(gunichar unit, gunichar first)
{
    return unit >= first && unit < first + 0x400;
}

/* @high: which of the two octets is the high one. */
static void
decode_utf_16(gsize high, const guint8 *octets, gsize length, Sink *sink)
{
    gunichar lead = 0; /* a surrogate that waits for its other half */

    for (gsize i = 0; i + 1 < length; i += 2) {
        gunichar unit = (gunichar)octets[i + high] << 8 | octets[i + 1 - high];
        if (lead != 0 && is_surrogate(unit, 0xDC00)) {
            sink_put(sink, 0x10000 + ((lead - 0xD800) << 10) + (unit - 0xDC00));
            lead = 0;
            continue;
        }
        if (lead != 0 || is_surrogate(unit, 0xDC00))
            sink_replace(sink);
        lead = is_surrogate(unit, 0xD800) ? unit : 0;
        if (!is_surrogate(unit, 0xD800) && !is_surrogate(unit, 0xDC00))
            sink_put(sink, unit);
    }
    if (lead != 0 || length % 2 != 0)
        sink_replace(sink);
}

static void
decode_octets(MugaiCharset charset, const guint8 *octets, gsize length, Sink *sink)
{
    static const SinkStep steps[MUGAI_CHARSET_COUNT] = {
        [MUGAI_CHARSET_NONE] = step_utf_8,
        [MUGAI_CHARSET_UTF_8] = step_utf_8,
        [MUGAI_CHARSET_GBK] = mugai_charset_step_gb18030,
        [MUGAI_CHARSET_GB18030] = mugai_charset_step_gb18030,
        [MUGAI_CHARSET_BIG5] = mugai_charset_step_big5,
        [MUGAI_CHARSET_EUC_JP] = mugai_charset_step_euc_jp,
        [MUGAI_CHARSET_SHIFT_JIS] = mugai_charset_step_shift_jis,
        [MUGAI_CHARSET_EUC_KR] = mugai_charset_step_euc_kr,
    };

    if (steps[charset] != NULL)
        decode_steps(steps[charset], octets, length, sink);
    else if (charset == MUGAI_CHARSET_ISO_2022_JP)
        mugai_charset_iso_2022_jp(octets, length, sink);
    else if (charset == MUGAI_CHARSET_UTF_16BE || charset == MUGAI_CHARSET_UTF_16LE)
        decode_utf_16(charset == MUGAI_CHARSET_UTF_16LE, octets, length, sink);
    else
        decode_single(mugai_charset_single[charset], octets, length, sink);
}

/* The length of @charset's own byte order mark, if @octets begin with it. */
static gsize
mark_length(MugaiCharset charset, const guint8 *octets, gsize length)
{
    static const struct {
        MugaiCharset charset;
        const char *mark;
    } marks[] = {
        {MUGAI_CHARSET_UTF_8, "\xEF\xBB\xBF"},
        {MUGAI_CHARSET_UTF_16BE, "\xFE\xFF"},
        {MUGAI_CHARSET_UTF_16LE, "\xFF\xFE"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        gsize n = strlen(marks[i].mark);
        if (marks[i].charset == charset && length >= n && memcmp(octets, marks[i].mark, n) == 0)
            return n;
    }
    return 0;
}

gsize
mugai_charset_decode(MugaiCharset charset, const guint8 *octets, gsize length, GString *utf8)
{
    Sink sink = {.utf8 = utf8};
    gsize mark = 0;

    g_return_val_if_fail(charset >= 0 && charset < MUGAI_CHARSET_COUNT, 0);
    mark = mark_length(charset, octets, length);
    decode_octets(charset, octets + mark, length - mark, &sink);
    sink_flush(&sink);
    return sink.replaced;
}

gboolean
mugai_charset_warm_up(GError **error)
{
    static const struct {
        MugaiCharset charset;
        const char *octets;
        const char *utf8;
    } known[] = {
        {MUGAI_CHARSET_UTF_8, "\xE9\xAB\x99", "髙"}, {MUGAI_CHARSET_SHIFT_JIS, "\xFB\xFC", "髙"},
        {MUGAI_CHARSET_EUC_JP, "\xFC\xE2", "髙"},    {MUGAI_CHARSET_ISO_2022_JP, "\x1B$B|b", "髙"},
        {MUGAI_CHARSET_GBK, "\xF3{", "髙"},          {MUGAI_CHARSET_GB18030, "\xF3{", "髙"},
        {MUGAI_CHARSET_BIG5, "\xB0\xAA", "高"},      {MUGAI_CHARSET_EUC_KR, "\xCD\xD4", "高"},
        {MUGAI_CHARSET_WINDOWS_1252, "\x80", "€"},   {MUGAI_CHARSET_KOI8_R, "\xC4", "д"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autoptr(GString) utf8 = g_string_new(NULL);
        mugai_charset_decode(known[i].charset, (const guint8 *)known[i].octets,
                             strlen(known[i].octets), utf8);
        if (strcmp(utf8->str, known[i].utf8) != 0) {
            g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM, "the table of %s is damaged",
                        mugai_charset_name(known[i].charset));
            return FALSE;
        }
    }
    return TRUE;
}
