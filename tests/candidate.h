/* candidate.h - what tests ask of a composed message: does the guard accept it, what does its text
 * say */
#pragma once

#include <criterion/criterion.h>
#include <glib.h>
#include <mugai/guard.h>
#include <string.h>

/* Fails, and says where and why, unless the guard accepts @message. */
static inline void
expect_conforming(const void *message, gsize length, uint32_t flags)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, flags);
    mugai_guard_feed(&guard, message, length);
    cr_assert(mugai_guard_finish(&guard),
              "line %" G_GUINT64_FORMAT ", column %" G_GUINT64_FORMAT ": %s\n%.*s", guard.line,
              guard.column, mugai_guard_rule_text(guard.rule), (int)MIN(length, 3000),
              (const char *)message);
}

/* The text of a conforming message with LF for CRLF, newly allocated. */
static inline char *
text_of(const void *message, gsize length)
{
    g_autofree char *whole = g_strndup(message, length);
    const char *body = strstr(whole, "\r\n\r\n");
    gsize decoded_length = 0;
    g_autofree guchar *decoded = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    cr_assert_not_null(body);
    decoded = g_base64_decode(body + 4, &decoded_length);
    text = g_strndup((const char *)decoded, decoded_length);
    lines = g_strsplit(text, "\r\n", -1);
    return g_strjoinv("\n", lines);
}

/* The value of the field @name of a message, unfolded as RFC 5322 says; NULL without it. Newly
 * allocated. */
static inline char *
field_of(const void *message, gsize length, const char *name)
{
    g_autofree char *whole = g_strndup(message, length);
    g_autofree char *start = g_strdup_printf("\r\n%s: ", name);
    g_autofree char *before = g_strconcat("\r\n", whole, NULL);
    const char *found = strstr(before, start);
    const char *end = strstr(before, "\r\n\r\n");
    GString *value = g_string_new(NULL);

    if (found == NULL || found > end) {
        g_string_free(value, TRUE);
        return NULL;
    }
    for (const char *p = found + strlen(start); p[0] != '\r' || p[2] == ' '; p++) {
        if (*p != '\r' && *p != '\n')
            g_string_append_c(value, *p);
    }
    return g_string_free(value, FALSE);
}
