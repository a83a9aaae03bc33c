/*
 * closing.c - the notice that closes every message: what was done to it, what to beware of, whom to
 * ask
 *
 * Short, calm and complete: one line for each removed part, one for each kind of warning. The
 * sentences are the administrator's (packaging/notices); which of them are said is decided here.
 */
#include "render.h"

#include <mugai/limits.h>

#include <string.h>

/* More U+FFFD than this are said in the notice: a single one explains itself. */
#define UNDECODABLE_SAID 3u

static gboolean
is_listed(const MugaiPart *part)
{
    return part->disposition < MUGAI_CONVERTED && !g_str_equal(part->reason, "alternative");
}

static void
write_part_line(MugaiText *notice, const MugaiSettings *settings, const MugaiPart *part,
                guint number)
{
    g_autofree char *ordinal = g_strdup_printf("%u", number);
    g_autofree char *size = mugai_compose_size(part->size);
    g_autofree char *type_key = g_strdup_printf("type/%s", mugai_leaf_type_word(part->type));
    g_autofree char *reason_key = g_strdup_printf("reason/%s", part->reason);
    const char *reason = g_hash_table_lookup(settings->notice, reason_key);

    mugai_compose_notice(notice, settings, "notice/part", "number", ordinal, "name",
                         mugai_leaf_shown_name(part, settings), "type",
                         mugai_settings_notice(settings, type_key), "size", size, NULL);
    if (reason != NULL)
        mugai_compose_notice(notice, settings, "notice/part-reason", "reason", reason, NULL);
}

static void
write_removed(MugaiText *notice, const MugaiRendering *rendering)
{
    const GPtrArray *parts = rendering->report->parts;
    g_autofree char *count = NULL;
    g_autofree char *more = NULL;
    guint listed = 0;
    guint number = 0;

    for (guint i = 0; i < parts->len; i++)
        listed += is_listed(g_ptr_array_index(parts, i)) ? 1 : 0;
    if (listed == 0)
        return;
    count = g_strdup_printf("%u", listed);
    mugai_compose_notice(notice, rendering->settings, "notice/removed", "count", count, NULL);
    for (guint i = 0; i < parts->len && number < MUGAI_LIMIT_NOTICE_PARTS; i++) {
        const MugaiPart *part = g_ptr_array_index(parts, i);

        if (is_listed(part))
            write_part_line(notice, rendering->settings, part, ++number);
    }
    more = g_strdup_printf("%u", listed - number);
    if (listed > number)
        mugai_compose_notice(notice, rendering->settings, "notice/part-more", "count", more, NULL);
}

/* What introduces the first of the warnings. */
static void
begin_warnings(MugaiText *notice, const MugaiRendering *rendering, gboolean *begun)
{
    if (!*begun)
        mugai_compose_notice(notice, rendering->settings, "notice/warnings", NULL);
    *begun = TRUE;
}

static void
write_warning(MugaiText *notice, const MugaiRendering *rendering, gboolean *begun, const char *key,
              const char *count)
{
    begin_warnings(notice, rendering, begun);
    mugai_compose_notice(notice, rendering->settings, key, "count", count, NULL);
}

/* Each part that is in truth something else, by its name. */
static void
write_false_types(MugaiText *notice, const MugaiRendering *rendering, gboolean *begun)
{
    for (guint i = 0; i < rendering->false_types->len && i < MUGAI_LIMIT_NOTICE_PARTS; i++) {
        const MugaiPart *part = g_ptr_array_index(rendering->false_types, i);
        g_autofree char *type_key = g_strdup_printf("type/%s", mugai_leaf_type_word(part->type));

        begin_warnings(notice, rendering, begun);
        mugai_compose_notice(notice, rendering->settings, "warning/false-type", "name",
                             mugai_leaf_shown_name(part, rendering->settings), "type",
                             mugai_settings_notice(rendering->settings, type_key), NULL);
    }
}

static gboolean
has_warning(const MugaiReport *report, const char *code)
{
    for (guint i = 0; i < report->warnings->len; i++) {
        const char *warning = g_ptr_array_index(report->warnings, i);

        if (g_str_has_prefix(warning, code) && warning[strlen(code)] == ':')
            return TRUE;
    }
    return FALSE;
}

static void
write_warnings(MugaiText *notice, const MugaiRendering *rendering)
{
    g_autofree char *hidden = g_strdup_printf("%" G_GSIZE_FORMAT, rendering->hidden);
    g_autofree char *links = g_strdup_printf("%" G_GSIZE_FORMAT, rendering->deceptive);
    g_autofree char *ambiguities = g_strdup_printf("%u", rendering->report->ambiguities->len);
    gboolean begun = FALSE;

    if (has_warning(rendering->report, "sender"))
        write_warning(notice, rendering, &begun, "warning/sender", "");
    if (rendering->deceptive > 0)
        write_warning(notice, rendering, &begun, "warning/deceptive-link", links);
    if (has_warning(rendering->report, "differs"))
        write_warning(notice, rendering, &begun, "warning/differs", "");
    if (has_warning(rendering->report, "limit"))
        write_warning(notice, rendering, &begun, "warning/limit", "");
    if (has_warning(rendering->report, "unknown-charset"))
        write_warning(notice, rendering, &begun, "warning/charset", "");
    write_false_types(notice, rendering, &begun);
    if (rendering->hidden > 0)
        write_warning(notice, rendering, &begun, "warning/hidden", hidden);
    if (rendering->cleaned.directions > 0)
        write_warning(notice, rendering, &begun, "warning/control", "");
    if (rendering->report->ambiguities->len > 0)
        write_warning(notice, rendering, &begun, "warning/ambiguous", ambiguities);
}

void
mugai_render_closing(MugaiText *notice, const MugaiRendering *rendering, const MugaiId *id)
{
    const MugaiSettings *settings = rendering->settings;
    g_autofree char *missing = mugai_compose_size(rendering->missing);
    g_autofree char *undecodable = g_strdup_printf("%" G_GSIZE_FORMAT, rendering->undecodable);

    mugai_compose_notice(notice, settings, "notice/rule", NULL);
    if (!rendering->shown)
        mugai_compose_notice(notice, settings, "notice/nothing", NULL);
    mugai_compose_notice(notice, settings, "notice/sanitized", NULL);
    if (rendering->converted)
        mugai_compose_notice(notice, settings, "notice/converted", NULL);
    if (rendering->missing > 0)
        mugai_compose_notice(notice, settings, "notice/cut", "size", missing, NULL);
    if (rendering->undecodable > UNDECODABLE_SAID)
        mugai_compose_notice(notice, settings, "notice/undecodable", "count", undecodable, NULL);
    write_removed(notice, rendering);
    if (rendering->alternative)
        mugai_compose_notice(notice, settings, "notice/alternative", NULL);
    write_warnings(notice, rendering);
    mugai_compose_notice_end(notice, settings, id);
}
