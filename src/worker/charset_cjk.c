/*
 * charset_cjk.c - the encodings of two octets and more: one character at a time, as the Encoding
 * Standard says
 *
 * Each function is the decoder of its section in the standard (https://encoding.spec.whatwg.org/),
 * with the standard's rule for what is swallowed by an error: an ASCII octet never, so that broken
 * text cannot eat a quote or a tag.
 *
 * ISO-2022-JP reads more than the standard, for mail holds more than web pages: escapes of other
 * editions of JIS, half-width kana by shift-out or by raw octets, the extra rows of cp50220 and
 * cp50221, controls and blanks inside of two-octet text, and a line end that comes before the
 * escape back. Two escapes in a row are no error either: they arise wherever encoded words are
 * joined.
 */
#include "charset_sink.h"
#include "charset_tables.h"

#define HALF_WIDTH_KANA 0xFF61

/* An error at a pair: the trail is taken too, unless it is ASCII. */
static gsize
bad_pair(guint8 trail, Sink *sink)
{
    sink_replace(sink);
    return trail < 0x80 ? 1 : 2;
}

static gsize
put_pair(gunichar code, guint8 trail, Sink *sink)
{
    if (code == 0)
        return bad_pair(trail, sink);
    sink_put(sink, code);
    return 2;
}

/* Errors at the end of the octets take all that is left. */
static gsize
bad_end(gsize length, Sink *sink)
{
    sink_replace(sink);
    return length;
}

gsize
mugai_charset_step_shift_jis(const guint8 *octets, gsize length, Sink *sink)
{
    guint8 lead = octets[0];
    guint8 trail = length > 1 ? octets[1] : 0;

    if (lead == 0x80 || sink_between(lead, 0xA1, 0xDF)) {
        sink_put(sink, lead == 0x80 ? lead : HALF_WIDTH_KANA + lead - 0xA1u);
        return 1;
    }
    if (lead == 0xA0 || lead > 0xFC || length == 1)
        return bad_end(1, sink);
    if (trail < 0x40 || trail == 0x7F || trail > 0xFC)
        return bad_pair(trail, sink);
    gsize row = lead - (lead < 0xA0 ? 0x81u : 0xC1u);
    return put_pair(mugai_charset_jis0208[row * 188 + trail - (trail < 0x7F ? 0x40u : 0x41u)],
                    trail, sink);
}

/* JIS X 0212 behind 0x8F. */
static gsize
step_euc_jp_three(const guint8 *octets, gsize length, Sink *sink)
{
    if (length < 3)
        return bad_end(length, sink);
    if (!sink_between(octets[2], 0xA1, 0xFE))
        return 1 + bad_pair(octets[2], sink);
    return 1 + put_pair(mugai_charset_jis0212[(octets[1] - 0xA1) * 94 + octets[2] - 0xA1],
                        octets[2], sink);
}

gsize
mugai_charset_step_euc_jp(const guint8 *octets, gsize length, Sink *sink)
{
    guint8 lead = octets[0];
    guint8 trail = length > 1 ? octets[1] : 0;

    if ((lead != 0x8E && lead != 0x8F && !sink_between(lead, 0xA1, 0xFE)) || length == 1)
        return bad_end(1, sink);
    if (lead == 0x8E && sink_between(trail, 0xA1, 0xDF))
        return put_pair(HALF_WIDTH_KANA + trail - 0xA1u, trail, sink);
    if (lead == 0x8F && sink_between(trail, 0xA1, 0xFE))
        return step_euc_jp_three(octets, length, sink);
    if (lead < 0xA1 || !sink_between(trail, 0xA1, 0xFE))
        return bad_pair(trail, sink);
    return put_pair(mugai_charset_jis0208[(lead - 0xA1) * 94 + trail - 0xA1], trail, sink);
}

static gunichar
gb18030_code(guint pointer)
{
    guint low = 0;
    guint high = MUGAI_GB18030_RANGES;

    if (pointer == 7457)
        return 0xE7C7;
    if (pointer >= 189000)
        return pointer > 1237575 ? 0 : 0x10000 + pointer - 189000;
    if (pointer > 39419)
        return 0;
    while (high - low > 1) {
        guint middle = (low + high) / 2;
        if (mugai_charset_gb18030_ranges[middle].pointer <= pointer)
            low = middle;
        else
            high = middle;
    }
    return mugai_charset_gb18030_ranges[low].code + pointer -
           mugai_charset_gb18030_ranges[low].pointer;
}

/* Four octets; a broken one gives back all but the first. */
static gsize
step_gb18030_four(const guint8 *octets, gsize length, Sink *sink)
{
    if (length > 2 && !sink_between(octets[2], 0x81, 0xFE))
        return bad_end(1, sink);
    if (length > 3 && !sink_between(octets[3], '0', '9'))
        return bad_end(1, sink);
    if (length < 4)
        return bad_end(length, sink);
    guint pointer = (guint)(octets[0] - 0x81) * 12600 + (guint)(octets[1] - '0') * 1260 +
                    (guint)(octets[2] - 0x81) * 10 + (guint)(octets[3] - '0');
    gunichar code = gb18030_code(pointer);
    if (code == 0)
        return bad_end(4, sink);
    sink_put(sink, code);
    return 4;
}

gsize
mugai_charset_step_gb18030(const guint8 *octets, gsize length, Sink *sink)
{
    guint8 lead = octets[0];
    guint8 trail = length > 1 ? octets[1] : 0;

    if (lead == 0x80) {
        sink_put(sink, 0x20AC);
        return 1;
    }
    if (lead == 0xFF || length == 1)
        return bad_end(1, sink);
    if (sink_between(trail, '0', '9'))
        return step_gb18030_four(octets, length, sink);
    if (trail < 0x40 || trail == 0x7F || trail == 0xFF)
        return bad_pair(trail, sink);
    gsize pointer = (gsize)(lead - 0x81) * 190 + trail - (trail < 0x7F ? 0x40u : 0x41u);
    return put_pair(mugai_charset_gb18030[pointer], trail, sink);
}

/* The four places of Big5 that are a letter and an accent. */
static gsize
put_big5_accented(gsize pointer, guint8 trail, Sink *sink)
{
    if (pointer != 1133 && pointer != 1135 && pointer != 1164 && pointer != 1166)
        return bad_pair(trail, sink);
    sink_put(sink, pointer < 1164 ? 0xCA : 0xEA);
    sink_put(sink, pointer == 1133 || pointer == 1164 ? 0x304 : 0x30C);
    return 2;
}

gsize
mugai_charset_step_big5(const guint8 *octets, gsize length, Sink *sink)
{
    guint8 lead = octets[0];
    guint8 trail = length > 1 ? octets[1] : 0;

    if (lead == 0x80 || lead == 0xFF || length == 1)
        return bad_end(1, sink);
    if (!sink_between(trail, 0x40, 0x7E) && !sink_between(trail, 0xA1, 0xFE))
        return bad_pair(trail, sink);
    gsize pointer = (gsize)(lead - 0x81) * 157 + trail - (trail < 0x7F ? 0x40u : 0x62u);
    if (mugai_charset_big5[pointer] == 0)
        return put_big5_accented(pointer, trail, sink);
    return put_pair(mugai_charset_big5[pointer], trail, sink);
}

gsize
mugai_charset_step_euc_kr(const guint8 *octets, gsize length, Sink *sink)
{
    guint8 lead = octets[0];
    guint8 trail = length > 1 ? octets[1] : 0;

    if (lead == 0x80 || lead == 0xFF || length == 1)
        return bad_end(1, sink);
    if (!sink_between(trail, 0x41, 0xFE))
        return bad_pair(trail, sink);
    return put_pair(mugai_charset_euc_kr[(lead - 0x81) * 190 + trail - 0x41], trail, sink);
}

typedef enum { JIS_ASCII, JIS_ROMAN, JIS_KATAKANA, JIS_0208, JIS_0212 } JisSet;

/* What may follow ESC. */
static const struct {
    char escape[4];
    JisSet set;
} jis_escapes[] = {
    {"(B", JIS_ASCII}, {"(J", JIS_ROMAN}, {"(I", JIS_KATAKANA}, {"$@", JIS_0208},
    {"$B", JIS_0208},  {"(H", JIS_ROMAN}, /* what some early programs wrote for (J */
    {"$(@", JIS_0208}, {"$(B", JIS_0208}, {"$(D", JIS_0212}, /* the long forms, and iso-2022-jp-1 */
};

/* The length of the escape at @octets, which begin behind ESC, and the set it calls; 0 if it is
 * none. */
static gsize
jis_escape(const guint8 *octets, gsize length, JisSet *ret_set)
{
    for (gsize i = 0; i < G_N_ELEMENTS(jis_escapes); i++) {
        gsize n = strlen(jis_escapes[i].escape);
        if (length >= n && memcmp(octets, jis_escapes[i].escape, n) == 0) {
            *ret_set = jis_escapes[i].set;
            return n;
        }
    }
    return 0;
}

static void
jis_put_single(guint8 octet, JisSet set, Sink *sink)
{
    if (sink_between(octet, 0xA1, 0xDF))
        sink_put(sink, HALF_WIDTH_KANA + octet - 0xA1u);
    else if (octet >= 0x80 || (set == JIS_KATAKANA && octet > 0x5F))
        sink_replace(sink);
    else if (set == JIS_KATAKANA && octet > 0x20)
        sink_put(sink, HALF_WIDTH_KANA + octet - 0x21u);
    else if (set == JIS_ROMAN && (octet == 0x5C || octet == 0x7E))
        sink_put(sink, octet == 0x5C ? 0xA5 : 0x203E);
    else
        sink_put(sink, octet);
}

/* Rows 95 to 119 are the private use area and IBM's characters: leads above 0x7E, as cp50221 writes
 * them. */
static gsize
jis_put_double(const guint8 *octets, gsize length, JisSet set, Sink *sink)
{
    guint8 trail = length > 1 ? octets[1] : 0;
    guint8 last = set == JIS_0208 ? 0x97 : 0x7E;
    gsize pointer = (octets[0] - 0x21u) * 94u + trail - 0x21u;
    gunichar code = 0;

    if (octets[0] > last || trail < 0x21) {
        sink_replace(sink);
        return 1;
    }
    if (trail < 0x7F)
        code = set == JIS_0208 ? mugai_charset_jis0208[pointer] : mugai_charset_jis0212[pointer];
    if (code == 0)
        sink_replace(sink);
    else
        sink_put(sink, code);
    return 2;
}

void
mugai_charset_iso_2022_jp(const guint8 *octets, gsize length, Sink *sink)
{
    JisSet set = JIS_ASCII;
    JisSet back = JIS_ASCII; /* where shift-in leads */

    for (gsize i = 0, taken; i < length; i += taken) {
        guint8 octet = octets[i];
        taken = 1;
        if (octet == 0x1B) {
            taken += jis_escape(octets + i + 1, length - i - 1, &set);
            if (taken == 1)
                sink_replace(sink);
        } else if (octet == 0x0E && set != JIS_KATAKANA) {
            back = set;
            set = JIS_KATAKANA;
        } else if (octet == 0x0F) {
            set = set == JIS_KATAKANA ? back : set;
        } else if (set >= JIS_0208 && octet > 0x20) {
            taken = jis_put_double(octets + i, length - i, set, sink);
        } else {
            /* RFC 1468: a line ends in ASCII. */
            if (octet == '\n' || octet == '\r')
                set = JIS_ASCII;
            jis_put_single(octet, set, sink);
        }
    }
}
