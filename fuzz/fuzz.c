/* fuzz.c - what fuzz targets have in common */
#include "fuzz.h"

#include <mugai/limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* As mugai_log_open() does for the programs. */
__attribute__((constructor)) static void
make_criticals_fatal(void)
{
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
}

static MugaiSettings *
make_narrow(void)
{
    MugaiSettings *settings = mugai_settings_new("en");

    settings->links = MUGAI_LINKS_REMOVE;
    settings->body = MUGAI_BODY_HTML;
    settings->limits = (MugaiLimits){
        .parts = 6,
        .depth = 3,
        .header_fields = 12,
        .header_octets = 1024,
        .part_octets = 512,
        .text_octets = 256,
        .name_characters = 8,
    };
    return settings;
}

/* Puts FUZZ_SIGN before every sentence. */
static void
sign_sentences(MugaiSettings *settings)
{
    g_autoptr(GList) keys = g_hash_table_get_keys(settings->notice);

    for (GList *key = keys; key != NULL; key = key->next) {
        const char *sentence = mugai_settings_notice(settings, key->data);

        g_hash_table_replace(settings->notice, g_strdup(key->data),
                             g_strconcat(FUZZ_SIGN, sentence, NULL));
    }
}

static MugaiSettings *
make_open(void)
{
    MugaiSettings *settings = mugai_settings_new("en");

    sign_sentences(settings);
    settings->links = MUGAI_LINKS_KEEP;
    g_free(settings->contact);
    settings->contact = g_strdup("Information Policy Division (ext. 1234)");
    return settings;
}

const MugaiSettings *
fuzz_settings(FuzzSettings which)
{
    static MugaiSettings *made[FUZZ_SETTINGS_COUNT];

    if (made[which] == NULL) {
        made[FUZZ_SETTINGS_DEFAULT] = mugai_settings_new("ja");
        made[FUZZ_SETTINGS_NARROW] = make_narrow();
        made[FUZZ_SETTINGS_OPEN] = make_open();
    }
    return made[which];
}

const MugaiId *
fuzz_id(void)
{
    static MugaiId id;

    if (id.text[0] == '\0')
        mugai_id_from_bits(1795168815, 0x123456789ABu, &id);
    return &id;
}

MugaiTime
fuzz_time(void)
{
    return (MugaiTime){.seconds = 1795168815, .offset = 9 * 3600};
}

guint32
fuzz_guard_flags(const MugaiSettings *settings)
{
    return settings->links == MUGAI_LINKS_KEEP ? 0 : MUGAI_GUARD_INERT_LINKS;
}

void
fuzz_expect_conforming(const void *message, gsize length, guint32 flags)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, flags);
    mugai_guard_feed(&guard, message, length);
    if (mugai_guard_finish(&guard))
        return;
    fprintf(stderr, "%.*s\n", (int)MIN(length, 20000), (const char *)message);
    g_error("the guard refuses at line %" G_GUINT64_FORMAT ", column %" G_GUINT64_FORMAT ": %s",
            guard.line, guard.column, mugai_guard_rule_text(guard.rule));
}

char *
fuzz_body_text(const void *message, gsize length, gsize *ret_length)
{
    const char *body = g_strstr_len(message, (gssize)length, "\r\n\r\n");
    g_autofree char *base64 = NULL;

    g_assert_nonnull(body);
    body += 4;
    base64 = g_strndup(body, length - (gsize)(body - (const char *)message));
    return (char *)g_base64_decode(base64, ret_length);
}

gint64
fuzz_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void
fuzz_expect_linear(gint64 start, gsize octets)
{
    gint64 used = fuzz_clock() - start;

    if (used > 3 * G_USEC_PER_SEC + (gint64)octets * 10)
        g_error("%" G_GINT64_FORMAT " microseconds for %" G_GSIZE_FORMAT " octets", used, octets);
}
