/*
 * charset_decode.c - mugai's decoder as a filter, for the comparison with an independent one
 * (charset_oracle.mjs)
 *
 * Reads lines "LABEL HEX" and writes for each the octets' UTF-8 in hexadecimal, or "unknown".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mugai/charset.h>

static GByteArray *
from_hex(const char *hex)
{
    GByteArray *octets = g_byte_array_new();

    for (; g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]); hex += 2) {
        guint8 octet = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(octets, &octet, 1);
    }
    return octets;
}

static void
answer(const char *label, const char *hex)
{
    MugaiCharset charset = mugai_charset_for_label(label, -1);
    g_autoptr(GByteArray) octets = from_hex(hex);
    g_autoptr(GString) utf8 = g_string_new(NULL);

    if (charset == MUGAI_CHARSET_NONE) {
        puts("unknown");
        return;
    }
    mugai_charset_decode(charset, octets->data, octets->len, utf8);
    for (gsize i = 0; i < utf8->len; i++)
        printf("%02x", (guint8)utf8->str[i]);
    putchar('\n');
}

int
main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        char *blank = strrchr(line, ' ');
        if (blank == NULL)
            return EXIT_FAILURE;
        *blank = '\0';
        answer(line, blank + 1);
    }
    free(line);
    return EXIT_SUCCESS;
}
