/*
 * charset_sink.h - where decoders put characters, and what they look like; for charset*.c alone
 *
 * The small buffer makes a character cost a store, not a call; ASCII and valid UTF-8 go through in
 * runs.
 */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    GString *utf8;
    gsize replaced; /* U+FFFD put in */
    gsize used;     /* of buffer */
    char buffer[2048];
} Sink;

/* Decodes one character from octets that do not begin with ASCII (@length at least 1); how many
 * octets that took, never 0. What the standard calls "prepend" and "restore" is an octet not taken.
 */
typedef gsize (*SinkStep)(const guint8 *octets, gsize length, Sink *sink);

/* The multi-octet encodings, in charset_cjk.c. */
gsize mugai_charset_step_shift_jis(const guint8 *octets, gsize length, Sink *sink);
gsize mugai_charset_step_euc_jp(const guint8 *octets, gsize length, Sink *sink);
gsize mugai_charset_step_gb18030(const guint8 *octets, gsize length, Sink *sink);
gsize mugai_charset_step_big5(const guint8 *octets, gsize length, Sink *sink);
gsize mugai_charset_step_euc_kr(const guint8 *octets, gsize length, Sink *sink);
/* The well-formed beginning of the UTF-8 sequence at @octets (@length at least 1), and whether it
 * is all of one. */
gsize mugai_charset_utf_8_sequence(const guint8 *octets, gsize length, gboolean *ret_whole);
/* The one with a state: all octets at once. */
void mugai_charset_iso_2022_jp(const guint8 *octets, gsize length, Sink *sink);

static inline void
sink_flush(Sink *sink)
{
    g_string_append_len(sink->utf8, sink->buffer, (gssize)sink->used);
    sink->used = 0;
}

static inline void
sink_put(Sink *sink, gunichar c)
{
    char *to = sink->buffer + sink->used;

    if (sink->used > sizeof(sink->buffer) - 4) {
        sink_flush(sink);
        to = sink->buffer;
    }
    if (c < 0x80) {
        to[0] = (char)c;
        sink->used += 1;
    } else if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        sink->used += 2;
    } else if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        sink->used += 3;
    } else {
        to[0] = (char)(0xF0 | c >> 18);
        to[1] = (char)(0x80 | (c >> 12 & 0x3F));
        to[2] = (char)(0x80 | (c >> 6 & 0x3F));
        to[3] = (char)(0x80 | (c & 0x3F));
        sink->used += 4;
    }
}

static inline void
sink_replace(Sink *sink)
{
    sink->replaced++;
    sink_put(sink, 0xFFFD);
}

/* @run: valid UTF-8 as it stands. */
static inline void
sink_run(Sink *sink, const guint8 *run, gsize length)
{
    if (length > sizeof(sink->buffer) - sink->used) {
        sink_flush(sink);
        g_string_append_len(sink->utf8, (const char *)run, (gssize)length);
        return;
    }
    memcpy(sink->buffer + sink->used, run, length);
    sink->used += length;
}

/* How many of @octets are ASCII before the first that is not. */
static inline gsize
sink_ascii_run(const guint8 *octets, gsize length)
{
    gsize i = 0;

    for (; i + 8 <= length; i += 8) {
        guint64 eight;
        memcpy(&eight, octets + i, 8);
        if (eight & G_GUINT64_CONSTANT(0x8080808080808080))
            break;
    }
    while (i < length && octets[i] < 0x80)
        i++;
    return i;
}

static inline gboolean
sink_between(guint8 octet, guint8 low, guint8 high)
{
    return octet >= low && octet <= high;
}

G_END_DECLS
