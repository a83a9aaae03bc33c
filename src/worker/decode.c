/*
 * decode.c - the transfer encoding of a leaf undone (RFC 2045 section 6)
 *
 * GMime's decoders forgive everything: what they were given is watched beside them, so that an
 * encoding that other readers would decode otherwise is named. Octets pass through in chunks,
 * hashed and counted on the way.
 *
 * Trust: the octets are hostile. Memory does not depend on their number.
 */
#include "decode.h"

#include <mugai/digest.h>

#include <string.h>

/* Few: each page of a buffer costs a new child a fault. */
#define CHUNK_OCTETS 32768u

/* Watches encoded octets for what decoders disagree about. */
typedef struct {
    GMimeContentEncoding encoding;
    guint64 base64_octets;
    gboolean padded;
    gboolean broken;
    guint quoted; /* octets still due after '=' */
} Watch;

/* What an octet is in base64: one of the 64 if nothing else. */
#define BASE64_BLOCK_OCTETS 128
enum { BASE64_BLANK = 1, BASE64_PADDING = 2, BASE64_OTHER = 4 };

static guint8
base64_kind(char c)
{
    if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
        return BASE64_BLANK;
    if (c == '=')
        return BASE64_PADDING;
    return g_ascii_isalnum(c) || c == '+' || c == '/' ? 0 : BASE64_OTHER;
}

static void
watch_base64_octet(Watch *watch, guint8 kind)
{
    if (kind == BASE64_BLANK)
        return;
    if (kind == BASE64_OTHER || (kind == 0 && watch->padded)) {
        watch->broken = TRUE;
        return;
    }
    watch->padded = watch->padded || kind == BASE64_PADDING;
    watch->base64_octets++;
}

/* Sixteen octets at once, a register of any machine's; as a condition each is 0 or 0xFF. */
typedef guint8 Octets16 __attribute__((vector_size(16)));

/* Whether a block holds nothing but blanks, which are counted, and the 64. */
static gboolean
is_plain_base64(const char *octets, guint *blanks)
{
    Octets16 plain = ~(Octets16){0};
    Octets16 blank_sums = {0}; /* of conditions: counted downwards */
    guint8 sum = 0;

    for (guint i = 0; i < BASE64_BLOCK_OCTETS; i += sizeof(Octets16)) {
        Octets16 c = {0};
        Octets16 blank = {0};

        memcpy(&c, octets + i, sizeof c);
        blank = (Octets16)(c == '\n') | (Octets16)(c == '\r') | (Octets16)(c == ' ') |
                (Octets16)(c == '\t');
        plain &= blank | (Octets16)((c | 0x20) - 'a' < 26) | (Octets16)(c - '0' < 10) |
                 (Octets16)(c == '+') | (Octets16)(c == '/');
        blank_sums -= blank;
    }
    for (guint i = 0; i < sizeof(Octets16); i++) {
        if (plain[i] == 0)
            return FALSE;
        sum += blank_sums[i];
    }
    *blanks = sum;
    return TRUE;
}

/* Nearly all of a message may be base64: octets are looked at one by one only where something else
 * is among them. */
static void
watch_base64(Watch *watch, const char *octets, gsize length)
{
    const char *end = octets + length;
    guint blanks = 0;

    while (octets < end) {
        if (!watch->padded && end - octets >= BASE64_BLOCK_OCTETS &&
            is_plain_base64(octets, &blanks)) {
            watch->base64_octets += BASE64_BLOCK_OCTETS - blanks;
            octets += BASE64_BLOCK_OCTETS;
            continue;
        }
        for (guint i = 0; i < BASE64_BLOCK_OCTETS && octets < end; i++)
            watch_base64_octet(watch, base64_kind(*octets++));
    }
}

static void
watch_quoted_printable(Watch *watch, const char *octets, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        char c = octets[i];

        if (watch->quoted == 0) {
            watch->quoted = c == '=' ? 2 : 0;
            continue;
        }
        if (watch->quoted == 2 && (c == '\r' || c == '\n' || c == ' ' || c == '\t')) {
            watch->quoted = c == '\n' ? 0 : 2;
            continue;
        }
        if (!g_ascii_isxdigit(c))
            watch->broken = TRUE;
        watch->quoted = g_ascii_isxdigit(c) ? watch->quoted - 1 : 0;
    }
}

static void
watch_octets(Watch *watch, const char *octets, gsize length)
{
    if (watch->encoding == GMIME_CONTENT_ENCODING_BASE64)
        watch_base64(watch, octets, length);
    else if (watch->encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
        watch_quoted_printable(watch, octets, length);
}

static gboolean
watch_found_broken(const Watch *watch)
{
    return watch->broken ||
           (watch->encoding == GMIME_CONTENT_ENCODING_BASE64 && watch->base64_octets % 4 != 0);
}

static void
finish_decoded(MugaiDigest *sum, const Watch *watch, MugaiDecoded *decoded)
{
    g_autofree char *text = mugai_digest_finish(sum);

    g_strlcpy(decoded->sha256, text, sizeof(decoded->sha256));
    decoded->broken = watch_found_broken(watch);
}

void
mugai_leaf_decode(const MugaiNode *leaf, MugaiOctetsFunc sink, gpointer data,
                  MugaiDecoded *ret_decoded)
{
    GMimeDataWrapper *content = leaf->part == NULL ? NULL : g_mime_part_get_content(leaf->part);
    GMimeStream *stream = content == NULL ? NULL : g_mime_data_wrapper_get_stream(content);
    g_autoptr(MugaiDigest) sum = mugai_digest_new();
    g_autofree char *in = g_malloc(CHUNK_OCTETS);
    g_autofree char *out = g_malloc(CHUNK_OCTETS * 2);
    GMimeEncoding decoder = {0};
    Watch watch = {0};
    gssize octets = 0;

    *ret_decoded = (MugaiDecoded){0};
    watch.encoding = leaf->encoding;
    g_mime_encoding_init_decode(&decoder, watch.encoding);
    if (stream != NULL)
        g_mime_stream_reset(stream);
    while (stream != NULL && (octets = g_mime_stream_read(stream, in, CHUNK_OCTETS)) > 0) {
        gsize decoded = g_mime_encoding_outlen(&decoder, (gsize)octets);

        g_assert(decoded <= CHUNK_OCTETS * 2);
        watch_octets(&watch, in, (gsize)octets);
        decoded = g_mime_encoding_step(&decoder, in, (gsize)octets, out);
        mugai_digest_update(sum, out, decoded);
        ret_decoded->size += decoded;
        if (sink != NULL && !sink(out, decoded, data))
            sink = NULL;
    }
    finish_decoded(sum, &watch, ret_decoded);
}
