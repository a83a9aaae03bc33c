/*
 * mime_construct.c - GMime's parser: octets to GMime's message, its warnings to the report
 *
 * Invariant: octets found inside of a message are bounded by scan.c before the parser sees them,
 * as the message itself was.
 * Trust: the octets are hostile, so are the items of the parser's warnings.
 */
#include "mime_construct.h"

#include "gmime_cleanup.h"
#include "scan.h"

#include <mugai/text.h>

/* What GMime warns of that mime_fields.c and params.c do not see themselves. */
static void
take_warning(gint64 offset, GMimeParserWarning warning, const char *item, gpointer data)
{
    MugaiReport *report = data;
    g_autofree char *quoted = mugai_text_quote(item == NULL ? "" : item, 60);

    switch (warning) {
    case GMIME_WARN_MALFORMED_MULTIPART:
    case GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY:
        mugai_report_remark(report->ambiguities, "boundary", "multipart without parts or boundary");
        return;
    case GMIME_WARN_TRUNCATED_MESSAGE:
        mugai_report_remark(report->ambiguities, "truncated", "the last boundary is missing");
        return;
    case GMIME_WARN_MALFORMED_MESSAGE:
        mugai_report_remark(report->ambiguities, "malformed-message", "the message is malformed");
        return;
    case GMIME_CRIT_INVALID_HEADER_NAME:
        mugai_report_remark(report->ambiguities, "header-name", "invalid: \"%s\"", quoted);
        return;
    case GMIME_CRIT_NESTING_OVERFLOW:
        mugai_report_remark(report->ambiguities, "depth", "nested deeper than the parser goes");
        return;
    default:
        return;
    }
}

GMimeMessage *
mugai_mime_construct(GMimeStream *stream, MugaiReport *report)
{
    g_autoptr(GMimeParser) parser = g_mime_parser_new_with_stream(stream);
    g_autoptr(GMimeParserOptions) options = g_mime_parser_options_new();

    g_mime_parser_set_persist_stream(parser, TRUE);
    g_mime_parser_options_set_warning_callback(options, take_warning, report MUGAI_GMIME_NOTIFY);
    return g_mime_parser_construct_message(parser, options);
}

GMimeMessage *
mugai_mime_construct_headless(GMimeStream *stream, MugaiReport *report)
{
    static const char header[] = "MIME-Version: 1.0\n\n";
    g_autoptr(GMimeStream) before = g_mime_stream_mem_new_with_buffer(header, sizeof(header) - 1);
    g_autoptr(GMimeStream) both = g_mime_stream_cat_new();

    mugai_report_remark(report->ambiguities, "no-header", "no header section could be read");
    g_mime_stream_reset(stream);
    g_mime_stream_cat_add_source(GMIME_STREAM_CAT(both), before);
    g_mime_stream_cat_add_source(GMIME_STREAM_CAT(both), stream);
    return mugai_mime_construct(both, report);
}

GMimeMessage *
mugai_mime_construct_again(GMimeStream *stream, const MugaiSettings *settings, MugaiReport *report)
{
    g_autoptr(GMimeStream) bounded = mugai_scan(stream, &settings->limits, report);

    return mugai_mime_construct(bounded, report);
}
