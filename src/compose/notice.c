/*
 * notice.c - the sentences that mugai writes itself, and the message made of nothing else
 *
 * Every line gets the mark; values are cleaned to one line before they are put in, and are not
 * looked at for further placeholders. So no value can begin a line of its own or change a sentence
 * (profile, section 5).
 */
#include "links.h"

#include <mugai/compose.h>
#include <mugai/limits.h>
#include <mugai/profile.h>

#include <stdarg.h>
#include <string.h>

/* Values are names and counts; a long one is cut so that the notice stays readable. */
#define VALUE_CHARACTERS 600u

/* The value of "{name}" at @p in @pairs (names and values in turn), or NULL. */
static const char *
find_value(const char *p, GPtrArray *pairs, gsize *ret_length)
{
    for (guint i = 0; i + 1 < pairs->len; i += 2) {
        const char *name = g_ptr_array_index(pairs, i);
        gsize length = strlen(name);

        if (strncmp(p + 1, name, length) == 0 && p[length + 1] == '}') {
            *ret_length = length + 2;
            return g_ptr_array_index(pairs, i + 1);
        }
    }
    return NULL;
}

static char *
fill_in(const char *sentence, GPtrArray *pairs)
{
    GString *filled = g_string_new(NULL);

    while (*sentence != '\0') {
        gsize length = 0;
        const char *value = *sentence == '{' ? find_value(sentence, pairs, &length) : NULL;
        g_autofree char *clean = NULL;

        if (value == NULL) {
            g_string_append_c(filled, *sentence++);
            continue;
        }
        clean = mugai_text_clean_line(value, -1, VALUE_CHARACTERS);
        g_string_append(filled, clean);
        sentence += length;
    }
    return g_string_free(filled, FALSE);
}

static void
append_marked(MugaiText *text, const char *line)
{
    g_autoptr(MugaiText) clean = mugai_text_new(MUGAI_PROFILE_TEXT_LINE_OCTETS / 4);
    GString *inert = g_string_new(NULL);

    mugai_text_append_clean(clean, line, -1, NULL);
    mugai_links_append_inert(inert, mugai_text_string(clean), mugai_text_length(clean),
                             MUGAI_LINKS_DEFANG);
    g_strdelimit(inert->str, "\n", ' ');
    mugai_text_append(text, MUGAI_PROFILE_MARK, -1);
    mugai_text_append(text, inert->str, (gssize)inert->len);
    mugai_text_append(text, "\n", 1);
    g_string_free(inert, TRUE);
}

static char *
fill_in_arguments(const MugaiSettings *settings, const char *key, va_list arguments)
{
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();

    for (char *each = va_arg(arguments, char *); each != NULL; each = va_arg(arguments, char *))
        g_ptr_array_add(pairs, each);
    return fill_in(mugai_settings_notice(settings, key), pairs);
}

void
mugai_compose_notice(MugaiText *text, const MugaiSettings *settings, const char *key, ...)
{
    g_autofree char *filled = NULL;
    g_auto(GStrv) lines = NULL;
    va_list arguments;

    va_start(arguments, key);
    filled = fill_in_arguments(settings, key, arguments);
    va_end(arguments);
    if (*filled == '\0')
        return;
    lines = g_strsplit(filled, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        append_marked(text, *line);
}

char *
mugai_compose_size(guint64 octets)
{
    if (octets < 1000)
        return g_strdup_printf("%u B", (guint)octets);
    /* What would be rounded to 1000 KB is 1.0 MB. */
    if (octets < 999500)
        return g_strdup_printf("%u KB", (guint)((octets + 500) / 1000));
    return g_strdup_printf("%.1f MB", (double)octets / 1e6);
}

void
mugai_compose_notice_end(MugaiText *text, const MugaiSettings *settings, const MugaiId *id)
{
    mugai_compose_notice(text, settings, "notice/original", NULL);
    if (*settings->contact != '\0')
        mugai_compose_notice(text, settings, "notice/contact", "contact", settings->contact, NULL);
    mugai_compose_notice(text, settings, "notice/id", "id", id->text, NULL);
}

/* A sentence for a header field: an administrator may have written anything. */
static char *
sentence_line(const MugaiSettings *settings, const char *key)
{
    return mugai_text_clean_line(mugai_settings_notice(settings, key), -1, VALUE_CHARACTERS);
}

char *
mugai_compose_notice_only(const MugaiSettings *settings, const MugaiId *id, MugaiTime received,
                          gsize *ret_length)
{
    g_autoptr(MugaiText) text = mugai_text_new(MUGAI_LIMIT_NOTICE_OCTETS);
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(GPtrArray) from = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
    g_autofree char *date = mugai_compose_date(received);
    g_autofree char *sender = sentence_line(settings, "notice/no-sender");
    g_autofree char *subject = sentence_line(settings, "notice/failed-subject");
    GString *out = g_string_new(NULL);

    /* The whole message is one part that could not be read (I3). */
    g_ptr_array_add(report->parts, mugai_part_new("1"));
    g_ptr_array_add(from, mugai_address_new(sender, MUGAI_COMPOSE_LOCAL, MUGAI_COMPOSE_DOMAIN));
    g_string_append_printf(out, "Date: %s\r\n", date);
    mugai_compose_address_field(out, "From", from);
    mugai_compose_text_field(out, "Subject", subject);
    g_string_append_printf(out, "Message-ID: <%s@" MUGAI_COMPOSE_DOMAIN ">\r\n", id->text);
    mugai_compose_notice(text, settings, "notice/failed", NULL);
    mugai_compose_notice_end(text, settings, id);
    mugai_compose_finish(out, id, report, mugai_text_string(text), mugai_text_length(text));
    *ret_length = out->len;
    return g_string_free(out, FALSE);
}
